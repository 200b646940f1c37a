/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_parse.c - attacks on the reading of segments: data offset, options, MSS, window scale, the
 * urgent pointer
 */
#include "lab.h"

static uint8_t P[65536];

static void sec18_data_offset(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    peer_open(&p, lab);
    for (unsigned off = 0; off < 16; off++) {
        for (size_t len = 0; len <= 60; len++) { /* of the segment */
            const struct inl_addr src = ip(EVIL4), dst = ip(VICTIM4);
            uint8_t body[60] = {0};
            uint64_t drops = lab_all_drops(lab);
            size_t n;

            put16(body, p.port);
            put16(body + 2, p.vport);
            put32(body + 4, p.snd_nxt);
            put32(body + 8, p.rcv_nxt);
            body[12] = (uint8_t)(off << 4);
            body[13] = TCP_ACK;
            put16(body + 14, 1000);
            n = make_ip(P, &src, &dst, IP_PROTO_TCP, 64, body, len);
            fix_l4(P, 20, n);
            if (off >= 5 && off * 4 <= len) {
                continue; /* a good one */
            }
            lab_packet(lab, P, n);
            assert_int_equal(lab->n, 0);
            assert_int_equal(lab_all_drops(lab), drops + 1);
        }
    }
    assert_int_equal(peer_conn(&p)->rcv.nxt.v, p.snd_nxt);
    lab_free(lab);
}

/* ---- SEC-19: options ---- */

static void syn_with(struct lab *lab, uint16_t port, const uint8_t *opts, size_t len) {
    const struct seg syn = {
        .sport = port, .seq = 100, .flags = TCP_SYN, .win = 1000, .opts = opts, .opts_len = len};
    struct seg rst = {.sport = port, .seq = 101, .flags = TCP_RST};

    lab_mark(lab);
    lab_seg(lab, &syn);
    assert_int_equal(lab->n, 1);
    assert_int_equal(lab_last(lab)->tcp.flags & 0x17, TCP_SYN | TCP_ACK);
    lab_seg(lab, &rst);
    assert_int_equal(lab->victim->tcp->half_open, 0);
}

/* Every kind and length, at every place before the end. */
static void sec19_option_walk(void **state) {
    static const uint8_t gaps[] = {0, 1, 3, 36, 37, 38, 39};
    struct lab *lab = lab_new();
    uint8_t opts[40];

    (void)state;
    for (unsigned kind = 0; kind < 256; kind++) {
        for (unsigned len = 0; len < 256; len++) {
            size_t gap = gaps[(kind + len) % COUNT_OF(gaps)];

            memset(opts, 1, sizeof(opts));
            opts[gap] = (uint8_t)kind;
            if (gap < 39) {
                opts[gap + 1] = (uint8_t)len;
            }
            syn_with(lab, (uint16_t)(1 + kind), opts, 40);
        }
    }
    for (unsigned kind = 0; kind < 40; kind++) { /* all cuts of those that we know, and others */
        for (unsigned len = 0; len <= 40; len++) {
            for (size_t cut = 0; cut <= 40; cut += 4) {
                struct tcp_opts o;
                uint8_t *exact = malloc(cut ? cut : 1);

                assert_non_null(exact);
                memset(exact, 0xff, cut);
                if (cut > 1) {
                    exact[0] = (uint8_t)kind;
                    exact[1] = (uint8_t)len;
                }
                tcp_opts_parse(rd_init(exact, cut), &o);
                assert_in_range(o.sack_n, 0, TCP_SACK_MAX);
                assert_in_range(o.wscale, 0, TCP_WSCALE_MAX);
                free(exact);
            }
        }
    }
    lab_free(lab);
}

/* ---- SEC-20, SEC-21 ---- */

static void sec20_tiny_mss(void **state) {
    static const uint16_t tiny[] = {0, 1, 7, 48, 63};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tiny); i++) {
        static uint8_t data[30000];
        struct lab *lab = lab_new();
        uint8_t opt[4] = {2, 4, 0, (uint8_t)tiny[i]};
        struct peer p;
        int64_t n;

        peer_open_opts(&p, lab, opt, 4);
        n = inl_send(lab->victim, p.sock, data, sizeof(data), 0);
        assert_true(n > 0);
        for (int k = 0; k < 200 && peer_conn(&p)->snd.una_off < (uint64_t)n; k++) {
            lab_settle(lab);
            peer_ack_all(&p);
            lab_pass(lab, 10 * INL_MS);
        }
        assert_int_equal(peer_conn(&p)->snd.una_off, n);
        assert_in_range(lab->n, 1, (uint64_t)n / 60 + 10); /* packets for that many bytes */
        lab_free(lab);
    }
}

static void sec21_window_scale(void **state) {
    (void)state;
    for (unsigned scale = 0; scale < 256; scale += scale < 40 ? 1 : 43) {
        struct lab *lab = lab_new();
        uint8_t opt[4] = {3, 3, (uint8_t)scale, 0};
        struct peer p;

        peer_open_opts(&p, lab, opt, 4);
        assert_int_equal(peer_conn(&p)->opt.snd_scale, scale > 14 ? 14 : scale);
        p.win = 65535;
        peer_raw(&p, TCP_ACK, 0, 0, NULL, 0);
        assert_int_equal(peer_conn(&p)->snd.wnd_bytes, 65535u << (scale > 14 ? 14 : scale));
        lab_drop(lab);
    }
}

/* ---- SEC-22: the urgent pointer ---- */

static void sec22_urgent(void **state) {
    static const uint16_t urgs[] = {0, 1, 4, 5, 6, 1000, 65535};

    (void)state;
    for (size_t w = 0; w < COUNT_OF(wraps); w++) {
        for (size_t i = 0; i < COUNT_OF(urgs); i++) {
            struct lab *lab = lab_new();
            struct peer p;
            struct seg s;
            char buf[100];
            int64_t got;

            peer_open_at(&p, lab, wraps[w] - 2, wraps[w]);
            s = (struct seg){.sport = p.port,
                             .flags = TCP_URG | TCP_ACK,
                             .urg = urgs[i],
                             .win = 1000,
                             .ack = p.rcv_nxt,
                             .seq = p.snd_nxt};
            lab_seg(lab, &s); /* no data */
            s.seq += 5;
            s.data = "fghij";
            s.len = 5;
            lab_seg(lab, &s); /* out of order */
            s.flags |= TCP_FIN;
            s.seq += 5;
            s.data = "klm";
            s.len = 3;
            lab_seg(lab, &s); /* with FIN */
            s.flags = TCP_URG | TCP_ACK;
            s.seq = p.snd_nxt;
            s.data = "abcde";
            s.len = 5;
            lab_seg(lab, &s);
            got = inl_recv(lab->victim, p.sock, buf, sizeof(buf), 0);
            assert_true(got > 0);
            if (got < 13) { /* at a mark a read stops once */
                got += inl_recv(lab->victim, p.sock, buf + got, sizeof(buf) - (size_t)got, 0);
            }
            assert_int_equal(got, 13);
            assert_memory_equal(buf, "abcdefghijklm", 13);
            assert_int_equal(inl_recv(lab->victim, p.sock, buf, sizeof(buf), 0), 0);
            assert_int_equal(peer_state(&p), INL_TCP_CLOSE_WAIT);
            s = (struct seg){.sport = 9, .flags = TCP_URG | TCP_SYN, .urg = urgs[i], .win = 1000};
            lab_mark(lab);
            lab_seg(lab, &s); /* on a SYN */
            assert_int_equal(lab_last(lab)->tcp.flags & 0x37, TCP_SYN | TCP_ACK);
            lab_free(lab);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec18_data_offset), cmocka_unit_test(sec19_option_walk),
        cmocka_unit_test(sec20_tiny_mss),    cmocka_unit_test(sec21_window_scale),
        cmocka_unit_test(sec22_urgent),
    };

    return cmocka_run_group_tests_name("attack: TCP parsing", tests, NULL, NULL);
}
