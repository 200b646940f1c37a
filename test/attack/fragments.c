/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fragments.c - attacks with fragments, of both IP versions: overlaps, lengths beyond all measure,
 * floods, odd shapes; and what identification numbers tell
 *
 * What must not happen is the same everywhere: a datagram made of contradictions, more memory than
 * the caps, an answer to what is no datagram.
 */
#include "lab.h"

static uint8_t P[65536];

/* A fragment of an echo request with 3,000 octets of zeros: its checksum is right as a whole. */
static size_t piece(bool v6, uint32_t id, size_t off, size_t len, bool more, uint8_t fill) {
    const struct inl_addr src = ip(v6 ? EVIL6 : EVIL4), dst = ip(v6 ? VICTIM6 : VICTIM4);
    uint8_t echo[4000], body[4000] = {0};
    size_t hdr = v6 ? 40 : 20, n;

    memset(echo, 0, sizeof(echo));
    n = make_icmp(P, &src, &dst, 64, v6 ? 128 : 8, 0, 0x10001, echo, 3000);
    assert_int_equal(n, hdr + 3008);
    memcpy(echo, P + hdr, 3008);
    for (size_t i = 0; i < len; i++) {
        body[8 + i] = off + i < 3008 ? (uint8_t)(echo[off + i] ^ fill) : fill;
    }
    if (!v6) {
        n = make_ip(P, &src, &dst, IP_PROTO_ICMP4, 64, body + 8, len);
        put16(P + 4, id & 0xffff);
        put16(P + 6, (unsigned)(off / 8 | (more ? 0x2000u : 0)));
        fix_ip4(P);
        return n;
    }
    body[0] = IP_PROTO_ICMP6;
    put16(body + 2, (unsigned)(off | more));
    put16(body + 6, id & 0xffff);
    return make_ip(P, &src, &dst, 44, 64, body, 8 + len);
}

static void send_piece(struct lab *lab, bool v6, uint32_t id, size_t off, size_t len, bool more) {
    lab_packet(lab, P, piece(v6, id, off, len, more, 0));
}

/* ---- SEC-06: overlaps ---- */

/* All shapes of a third fragment over two that leave a hole, and then the rest: the honest one
 * alone makes an answer. */
static void sec06_overlap(void **state) {
    struct lab *lab = lab_new();
    uint32_t id = 0;

    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        for (size_t a = 0; a < 3008; a += 376) {
            for (size_t b = a + 376; b <= 3008; b += 376) {
                bool hits = a < 1504 || b > 2256; /* the hole is 1504 .. 2256 */

                id++;
                lab_mark(lab);
                send_piece(lab, v6, id, 0, 1504, true);
                send_piece(lab, v6, id, 2256, 752, false);
                if (hits && !(a == 0 && b == 1504) && !(a == 2256 && b == 3008) && b - a < 3008) {
                    lab_packet(lab, P, piece(v6, id, a, b - a, b < 3008, 0x55));
                    send_piece(lab, v6, id, 1504, 752, true);
                    assert_int_equal(lab->n, 0);
                    continue;
                }
                send_piece(lab, v6, id, 1504, 752, true);
                assert_int_equal(lab_last(lab)->proto, v6 ? IP_PROTO_FRAGMENT : IP_PROTO_ICMP4);
                assert_in_range(lab->n, 2, 3); /* an answer of 3,008 octets, in fragments */
            }
        }
    }
    lab_free(lab);
}

/* ---- SEC-07: beyond 65,535 ---- */

static void sec07_ping_of_death(void **state) {
    struct lab *lab = lab_new();

    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        for (size_t off = 65528; off > 65528 - 8 * 200; off -= 8) {
            uint64_t drops = lab_all_drops(lab);

            lab_packet(lab, P, piece(v6, 1, off, 2000, false, 0));
            assert_int_equal(lab_all_drops(lab), drops + 1);
            lab_pass(lab, INL_S);
        }
    }
    assert_int_equal(htab_count(&lab->victim->ip->reass.table), 0);
    lab_free(lab);
}

/* ---- SEC-08: floods of fragments ---- */

static size_t held(const struct lab *lab) {
    return lab->victim->env.mem.used_bytes;
}

static void sec08_fragment_flood(void **state) {
    struct lab *lab = lab_new();
    const struct inl_config *c = &lab->victim->config;
    size_t before = held(lab);

    (void)state;
    for (uint32_t i = 0; i < 30000; i++) { /* one source: a new datagram with each */
        lab_packet(lab, P, piece(i & 1, i, 64 + i % 7 * 8, 8, true, 0));
        assert_true(lab->victim->ip->reass.bytes <= 2 * (size_t)c->reass_source_bytes);
    }
    assert_true(htab_count(&lab->victim->ip->reass.table) <= 2 * c->reass_source_datagrams);
    for (uint32_t i = 0; i < 30000; i++) { /* 30,000 sources */
        size_t n = piece(i & 1, i, 60000 + i % 7 * 8, 8, true, 0);

        if (i & 1) {
            put16(P + 10, i);
        } else {
            put32(P + 12, 0x0b000000u + i);
            fix_ip4(P);
        }
        lab_packet(lab, P, n);
        assert_true(lab->victim->ip->reass.bytes <= c->reass_bytes);
    }
    assert_true(held(lab) <= before + c->reass_bytes + (1u << 20));
    /* one datagram in the smallest pieces, in the worst order: each costs the same */
    for (size_t off = 0; off < 3008; off += 16) {
        send_piece(lab, false, 7, off, 8, true);
    }
    lab_mark(lab);
    for (size_t off = 3008 - 8;; off -= 16) {
        send_piece(lab, false, 7, off, 8, off + 8 < 3008);
        if (off == 8) {
            break;
        }
    }
    assert_in_range(lab->n, 2, 3);
    lab_free(lab);
}

/* ---- SEC-09: odd fragments ---- */

static void sec09_odd_fragments(void **state) {
    struct lab *lab = lab_new();

    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        for (size_t len = 0; len < 16; len++) { /* empty, or not a multiple of 8 */
            uint64_t drops = lab_all_drops(lab);

            if (len % 8 == 0 && len > 0) {
                continue;
            }
            lab_packet(lab, P, piece(v6, 1, 64, len, true, 0));
            assert_true(lab_all_drops(lab) > drops);
            lab_pass(lab, INL_S);
        }
        lab_mark(lab);
        lab_packet(lab, P, piece(v6, 1, 64, 0, false, 0));
        assert_int_equal(lab->n, 0);
        lab_packet(lab, P, piece(v6, 1, 0, 3000, true, 0) - 1); /* cut on the way */
        assert_int_equal(lab->n, 0);
    }
    assert_int_equal(htab_count(&lab->victim->ip->reass.table), 0);
    lab_free(lab);
}

/* ---- SEC-10: what the identification tells ---- */

/* Idle scan: a ping of the attacker, perhaps one of a "victim" whose address he borrows, another of
 * his own. */
static void sec10_idle_scan(void **state) {
    struct lab *lab = lab_new();
    const struct inl_addr us = ip(VICTIM4), evil = ip(EVIL4), other = ip("10.0.0.77");
    int right = 0, trials = 20000;
    uint32_t coin = 1;

    (void)state;
    for (int i = 0; i < trials; i++) {
        uint16_t id[2];
        bool third;

        coin = coin * 1664525u + 1013904223u;
        third = coin >> 31;
        for (int k = 0; k < 2; k++) {
            lab_mark(lab);
            lab_packet(lab, P, make_icmp(P, &evil, &us, 64, 8, 0, 1, "x", 1));
            assert_int_equal(lab->n, 1);
            id[k] = (uint16_t)(lab_last(lab)->data[4] << 8 | lab_last(lab)->data[5]);
            if (k == 0 && third) {
                lab_packet(lab, P, make_icmp(P, &other, &us, 64, 8, 0, 1, "x", 1));
            }
        }
        right += ((uint16_t)(id[1] - id[0]) > 1) == third;
    }
    assert_in_range(right, trials / 2 - trials / 50, trials / 2 + trials / 50);
    lab_free(lab);
}

/* ---- SEC-53: fragments of IPv6 only ---- */

static void sec53_headers_in_fragments(void **state) {
    const struct inl_addr src = ip(EVIL6), dst = ip(VICTIM6);
    struct lab *lab = lab_new();

    (void)state;
    for (unsigned depth = 1; depth < 100; depth++) { /* fragment headers in fragment headers */
        uint8_t chain[1000] = {0};

        for (unsigned i = 0; i < depth; i++) {
            chain[8 * i] = i + 1 < depth ? 44 : 58;
            chain[8 * i + 3] = depth & 1;
            chain[8 * i + 7] = (uint8_t)depth;
        }
        lab_mark(lab);
        lab_packet(lab, P, make_ip(P, &src, &dst, 44, 64, chain, 8 * depth + 16));
        assert_in_range(lab->n, 0, 1);
        lab_pass(lab, INL_S);
    }
    /* the chain of headers goes on behind the first fragment (RFC 7112) */
    for (size_t cut = 0; cut < 16; cut += 8) {
        uint8_t chain[64] = {60, 0, 0, 1, 0, 0, 0, 3, 58, 3, 1, 4};

        lab_pass(lab, INL_S);
        lab_mark(lab);
        lab_packet(lab, P, make_ip(P, &src, &dst, 44, 64, chain, 8 + 16 + cut));
        assert_int_equal(lab->n, 1);
        assert_int_equal(lab_last(lab)->data[40], 4);
        assert_int_equal(lab_last(lab)->data[41], 3);
    }
    /* whatever is sent, an answer that fits has no fragment header; "too big: 100" changes nothing
     */
    {
        static const uint8_t data[40];
        uint8_t quoted[100];
        size_t n = make_icmp(quoted, &dst, &src, 64, 129, 0, 1, data, sizeof(data));

        lab_packet(lab, P, make_icmp(P, &src, &dst, 64, 2, 0, 100, quoted, n));
        lab_mark(lab);
        lab_packet(lab, P, make_icmp(P, &src, &dst, 64, 128, 0, 1, quoted, 50));
        assert_int_equal(lab->n, 1);
        assert_int_equal(lab_last(lab)->proto, IP_PROTO_ICMP6);
    }
    lab_free(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec06_overlap),        cmocka_unit_test(sec07_ping_of_death),
        cmocka_unit_test(sec08_fragment_flood), cmocka_unit_test(sec09_odd_fragments),
        cmocka_unit_test(sec10_idle_scan),      cmocka_unit_test(sec53_headers_in_fragments),
    };

    return cmocka_run_group_tests_name("attack: fragments", tests, NULL, NULL);
}
