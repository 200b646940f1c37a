/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reass_test.c - fragments: what becomes a datagram, what never does, and what waiting costs
 *
 * Every test runs for both IP versions. A datagram is protocol 6 with octets that depend on their
 * place, so a fragment at a wrong one is seen.
 */
#include "net.h"

#include <stdio.h>

#define UNFRAG_MAX 64

/* A fragment of a datagram to be. */
struct piece {
    bool v6;
    uint32_t id;
    uint32_t off;
    uint32_t len;
    bool more;
    uint8_t tos;
    uint8_t salt; /* other octets */
    const char *src;
    uint8_t proto;
};

static uint8_t octet(uint32_t i, uint8_t salt) {
    return (uint8_t)(i * 7 + i / 256 + salt);
}

static void piece_frame(struct frame *f, const struct piece *p) {
    uint8_t b[3000];
    struct ip4_hdr h4 = hdr4(p->proto ? p->proto : IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_FRAGMENT);

    assert_true(p->len + 8 <= sizeof(b));
    for (uint32_t i = 0; i < p->len; i++) {
        b[8 + i] = octet(p->off + i, p->salt);
    }
    if (p->off == 0 && p->len > 12) {
        b[8 + 12] = 0x50; /* TCP's data offset */
    }
    if (!p->v6) {
        h4.id = (uint16_t)p->id;
        h4.frag_off_bytes = (uint16_t)p->off;
        h4.mf = p->more;
        h4.tos = p->tos;
        h4.src = p->src ? addr(p->src) : h4.src;
        frame_ip4(f, h4, b + 8, p->len);
        return;
    }
    memset(b, 0, 8);
    b[0] = p->proto ? p->proto : IP_PROTO_TCP;
    b[2] = (uint8_t)(p->off >> 8);
    b[3] = (uint8_t)(p->off | p->more);
    b[6] = (uint8_t)(p->id >> 8);
    b[7] = (uint8_t)p->id;
    h6.tclass = p->tos;
    h6.src = p->src ? addr(p->src) : h6.src;
    frame_ip6(f, h6, b, 8 + p->len);
}

static enum inl_drop feed(struct net *n, struct piece p) {
    struct frame f;

    piece_frame(&f, &p);
    return net_feed(n, ETH0, &f);
}

static void check_payload(const struct net *n, uint32_t len) {
    assert_int_equal(n->payload_len, len);
    for (uint32_t i = 0; i < len; i++) {
        assert_int_equal(n->payload[i], i == 12 ? 0x50 : octet(i, 0));
    }
}

static size_t waiting(const struct net *n) {
    return htab_count(&n->ip->reass.table);
}

/* ---- what is put together ---- */

/* Five fragments in each order in which they can come; the last one of odd length. */
static void test_orders(void **state) {
    static const uint32_t offs[] = {0, 64, 200, 1208, 2000, 2013};
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int order = 0; order < 2 * 120; order++) {
        bool v6 = order >= 120, used[5] = {false};
        int code = order % 120;

        n.inputs = 0;
        for (int i = 5; i > 0; i--) {
            int pick = code % i, k = 0;

            code /= i;
            for (; used[k] || pick > 0; k++) {
                pick -= !used[k];
            }
            used[k] = true;
            assert_int_equal(n.inputs, 0);
            assert_int_equal(feed(&n, (struct piece){.v6 = v6,
                                                     .id = (uint32_t)order,
                                                     .off = offs[k],
                                                     .len = offs[k + 1] - offs[k],
                                                     .more = k < 4}),
                             INL_DROP_NONE);
        }
        assert_int_equal(n.inputs, 1);
        assert_true(n.rx.fragmented);
        assert_int_equal(n.rx.packet_len, 2013 + (v6 ? 40 : 20));
        assert_int_equal(n.rx.ttl, 64);
        check_payload(&n, 2013);
        assert_int_equal(waiting(&n), 0);
        assert_int_equal(n.ip->reass.bytes, 0);
    }
    net_stop(&n);
}

/* The largest that there can be, backwards and forwards; one octet more is none (SEC-07). */
static void test_largest(void **state) {
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int round = 0; round < 4; round++) {
        bool v6 = round & 1, back = round & 2;
        uint32_t total = v6 ? 65535 : 65515, step = 1400, count = (total + step - 1) / step;

        n.inputs = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t k = back ? count - 1 - i : i, left = total - k * step;

            assert_int_equal(feed(&n, (struct piece){.v6 = v6,
                                                     .id = 9,
                                                     .off = k * step,
                                                     .len = left < step ? left : step,
                                                     .more = left > step}),
                             INL_DROP_NONE);
        }
        assert_int_equal(n.inputs, 1);
        check_payload(&n, total);
    }
    for (int v6 = 0; v6 < 2; v6++) {
        assert_int_not_equal(feed(&n, (struct piece){.v6 = v6, .off = 65528, .len = 8}),
                             INL_DROP_NONE);
        assert_int_not_equal(
            feed(&n, (struct piece){.v6 = v6, .off = 65520, .len = 16, .more = true}),
            INL_DROP_NONE);
    }
    assert_int_equal(waiting(&n), 0);
    net_stop(&n);
}

/* What makes datagrams different (RFC 791 3.2, RFC 8200 4.5): nothing of one gets into another. */
static void test_keys(void **state) {
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int v6 = 0; v6 < 2; v6++) {
        const struct piece first = {.v6 = v6, .id = 1, .len = 64, .more = true};
        struct piece last = {.v6 = v6, .id = 1, .off = 64, .len = 9};
        struct piece other = last;

        n.inputs = 0;
        assert_int_equal(feed(&n, first), INL_DROP_NONE);
        other.id = 2;
        assert_int_equal(feed(&n, other), INL_DROP_NONE);
        other = last;
        other.src = v6 ? "2001:db8::7" : "10.0.0.7";
        assert_int_equal(feed(&n, other), INL_DROP_NONE);
        if (!v6) { /* the protocol is part of the key in IPv4 only */
            other = last;
            other.proto = IP_PROTO_UDP;
            assert_int_equal(feed(&n, other), INL_DROP_NONE);
        }
        assert_int_equal(n.inputs, 0);
        assert_int_equal(waiting(&n), v6 ? 3 : 4);
        last.proto = v6 ? IP_PROTO_UDP : 0; /* RFC 8200 4.5: only the first one's counts */
        assert_int_equal(feed(&n, last), INL_DROP_NONE);
        assert_int_equal(n.inputs, 1);
        check_payload(&n, 73);
        net_advance(&n, 61 * INL_S);
    }
    net_stop(&n);
}

/* Headers in front of the fragment header stay, and it is cut out from behind them. */
static void test_unfragmentable_part(void **state) {
    static const uint8_t chain[24] = {60, 0,  5, 2, 0, 0, 1, 0, /* router alert */
                                      44, 0,  1, 4, 0, 0, 0, 0, /* padding */
                                      6,  99, 0, 1, 0, 0, 0, 7};
    uint8_t b[100] = {0};
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    memcpy(b, chain, 24);
    b[24 + 12] = 0x50;
    frame_ip6(&f, hdr6(IP_PROTO_HOPOPTS), b, 24 + 64);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    b[24 - 5] = 64; /* the second one, behind the first */
    b[24 + 12] = 0x33;
    frame_ip6(&f, hdr6(IP_PROTO_HOPOPTS), b, 24 + 5);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    assert_int_equal(n.rx.proto, IP_PROTO_TCP);
    assert_int_equal(n.rx.packet_len, 40 + 16 + 69);
    assert_int_equal(n.payload_len, 69);
    assert_int_equal(n.payload[12], 0x50);
    assert_true(n.rx.alert);
    net_stop(&n);
}

/* ---- RFC 5722, RFC 8200 4.5 ---- */

/* All shapes of two fragments that overlap, in both orders, between a first and a last one. */
static void test_overlaps(void **state) {
    struct net n;
    uint32_t id = 1;

    (void)state;
    net_start(&n, 0);
    n.ip->reass.max_source_datagrams = 1000000; /* that is not the matter here */
    n.ip->reass.max_datagrams = 1000000;
    n.ip->reass.max_bytes = n.ip->reass.max_source_bytes = (size_t)1 << 30;
    for (int v6 = 0; v6 < 2; v6++) {
        for (uint32_t a = 3; a < 8; a++) {
            for (uint32_t b = a + 1; b <= 8; b++) {
                for (uint32_t c = 3; c < 8; c++) {
                    for (uint32_t d = c + 1; d <= 8; d++) {
                        struct piece x = {.v6 = v6, .id = ++id, .more = true};
                        bool same = a == c && b == d, apart = b <= c || d <= a;
                        enum inl_drop want = apart  ? INL_DROP_NONE
                                             : same ? INL_DROP_FRAG_DUPLICATE
                                                    : INL_DROP_FRAG_OVERLAP;

                        x.off = a * 8;
                        x.len = (b - a) * 8;
                        assert_int_equal(feed(&n, x), INL_DROP_NONE);
                        x.off = c * 8;
                        x.len = (d - c) * 8;
                        assert_int_equal(feed(&n, x), want);
                        if (want != INL_DROP_FRAG_OVERLAP) {
                            continue;
                        }
                        for (uint32_t k = 0; k < 9; k++) { /* not even whole ones help now */
                            x.off = k * 24;
                            x.len = 24;
                            x.more = k < 8;
                            assert_int_equal(feed(&n, x), INL_DROP_FRAG_OVERLAP);
                        }
                    }
                }
            }
        }
        struct piece x = {.v6 = v6, .id = ++id, .off = 64, .len = 64, .more = true};

        assert_int_equal(feed(&n, x), INL_DROP_NONE); /* same place, other octets */
        x.salt = 1;
        assert_int_equal(feed(&n, x), INL_DROP_FRAG_OVERLAP);
    }
    assert_int_equal(n.inputs, 0);
    assert_true(net_idle(&n));
    net_advance(&n, 60 * INL_S);
    assert_int_equal(waiting(&n), 0);
    net_stop(&n);
}

/* Fragments that disagree about the end. */
static void test_ends(void **state) {
    static const struct {
        uint32_t off, len;
        bool more;
    } rows[][2] = {
        {{64, 16, false}, {80, 8, true}},  /* more behind the last one */
        {{64, 16, false}, {72, 16, true}}, /* over its end */
        {{64, 16, false}, {64, 8, false}}, /* two ends */
        {{64, 16, false}, {96, 8, false}},
        {{96, 8, true}, {64, 8, false}}, /* the end before what is there */
        {{64, 12, false}, {64, 16, false}},
    };
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int v6 = 0; v6 < 2; v6++) {
        for (size_t i = 0; i < 6; i++) {
            for (int k = 0; k < 2; k++) {
                struct piece x = {.v6 = v6,
                                  .id = (uint32_t)i,
                                  .off = rows[i][k].off,
                                  .len = rows[i][k].len,
                                  .more = rows[i][k].more};

                assert_int_equal(feed(&n, x), k ? INL_DROP_FRAG_OVERLAP : INL_DROP_NONE);
            }
        }
        /* the last one twice is nothing */
        struct piece x = {.v6 = v6, .id = 50, .off = 64, .len = 13};

        assert_int_equal(feed(&n, x), INL_DROP_NONE);
        assert_int_equal(feed(&n, x), INL_DROP_FRAG_DUPLICATE);
        x = (struct piece){.v6 = v6, .id = 50, .len = 64, .more = true};
        assert_int_equal(feed(&n, x), INL_DROP_NONE);
        assert_int_equal(n.inputs, v6 + 1);
        check_payload(&n, 77);
    }
    net_stop(&n);
}

/* ---- time ---- */

static void test_timeout(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    for (int v6 = 0; v6 < 2; v6++) {
        struct piece x = {.v6 = v6, .id = 3, .off = 640, .len = 64, .more = true};

        assert_int_equal(feed(&n, x), INL_DROP_NONE);
        net_advance(&n, 59 * INL_S);
        x.off = 0; /* the time runs from the first arrival */
        assert_int_equal(feed(&n, x), INL_DROP_NONE);
        net_advance(&n, INL_S - 1);
        assert_int_equal(waiting(&n), 1);
        assert_false(net_take(&n, ETH0, &s));
        net_resolve(&n);
        net_advance(&n, 1);
        assert_int_equal(waiting(&n), 0);
        assert_int_equal(n.env.drop[INL_DROP_FRAG_TIMEOUT], v6 * 2 + 1);
        assert_true(net_take(&n, ETH0, &s));
        assert_int_equal(s.cause, INL_CAUSE_ICMP_REASSEMBLY);
        if (v6) {
            assert_int_equal(s.icmp6.type, ICMP6_TIME_EXCEEDED);
            assert_int_equal(s.icmp6.code, 1);
            assert_int_equal(rd_left(&s.icmp6.data), 40 + 8 + 64); /* the fragment as it came */
            assert_int_equal(rd_ptr(&s.icmp6.data)[6], IP_PROTO_FRAGMENT);
        } else {
            assert_int_equal(s.icmp4.type, ICMP4_TIME_EXCEEDED);
            assert_int_equal(s.icmp4.code, 1);
            assert_int_equal(rd_left(&s.icmp4.data), 20 + 64);
            assert_int_equal(rd_ptr(&s.icmp4.data)[6], 0x20);
        }
        x.off = 640; /* without the first one nobody can be told */
        assert_int_equal(feed(&n, x), INL_DROP_NONE);
        net_advance(&n, 60 * INL_S);
        assert_int_equal(n.env.drop[INL_DROP_FRAG_TIMEOUT], v6 * 2 + 2);
        while (net_take(&n, ETH0, &s)) { /* the neighbour may be asked whether he is there */
            assert_int_not_equal(s.cause, INL_CAUSE_ICMP_REASSEMBLY);
        }
    }
    assert_int_equal(n.inputs, 0);
    net_stop(&n);
}

/* ---- caps (SEC-08) ---- */

static const char *source(char *buf, size_t cap, bool v6, int host) {
    snprintf(buf, cap, v6 ? "2001:db8:%x::2" : "10.0.%d.2", host + 1);
    return buf;
}

/* Who sends much loses his own. */
static void test_source_caps(void **state) {
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int v6 = 0; v6 < 2; v6++) {
        struct piece x = {.v6 = v6, .id = 0, .off = 800, .len = 800, .more = true};
        struct piece honest = {
            .v6 = v6, .id = 7, .len = 64, .more = true, .src = v6 ? "2001:db8:77::5" : "10.0.77.5"};
        uint64_t before = n.env.drop[INL_DROP_FRAG_LIMIT];

        assert_int_equal(feed(&n, honest), INL_DROP_NONE);
        for (x.id = 0; x.id < 1000; x.id++) {
            assert_int_equal(feed(&n, x), INL_DROP_NONE);
            assert_true(waiting(&n) <= 21);
        }
        assert_int_equal(waiting(&n), 21);
        assert_int_equal(n.env.drop[INL_DROP_FRAG_LIMIT], before + 980);
        /* bytes: each of these takes half of what a source may have */
        for (x.id = 1000, x.off = 60000; x.id < 1100; x.id++) {
            assert_int_equal(feed(&n, x), INL_DROP_NONE);
            assert_true(n.ip->reass.bytes <= (128 << 10) + 4096);
        }
        honest.off = 64;
        honest.more = false;
        n.inputs = 0;
        assert_int_equal(feed(&n, honest), INL_DROP_NONE);
        assert_int_equal(n.inputs, 1);
        net_advance(&n, 60 * INL_S);
    }
    net_stop(&n);
}

/* Many sources: the heaviest lose, and the light one stays. */
static void test_common_cap(void **state) {
    struct net n;
    char src[32];

    (void)state;
    net_start(&n, 0);
    for (int v6 = 0; v6 < 2; v6++) {
        struct piece light = {.v6 = v6, .id = 7, .len = 64, .more = true};

        assert_int_equal(feed(&n, light), INL_DROP_NONE);
        for (int i = 0; i < 200; i++) {
            struct piece x = {.v6 = v6,
                              .id = (uint32_t)i,
                              .off = 30000,
                              .len = 800,
                              .more = true,
                              .src = source(src, sizeof(src), v6, i)};

            assert_int_equal(feed(&n, x), INL_DROP_NONE);
            assert_true(n.ip->reass.bytes <= 256 << 10);
        }
        assert_true(waiting(&n) > 3);
        light.off = 64;
        light.more = false;
        n.inputs = 0;
        assert_int_equal(feed(&n, light), INL_DROP_NONE);
        assert_int_equal(n.inputs, 1);
        net_advance(&n, 60 * INL_S);
        assert_int_equal(htab_count(&n.ip->reass.sources), 0);
    }
    net_stop(&n);
}

/* Sources with a small datagram each: they are held in blocks of their size, and when there are too
 * many the oldest go. */
static void test_light_sources(void **state) {
    struct net n;
    char src[32];

    (void)state;
    net_start(&n, 0);
    for (int v6 = 0; v6 < 2; v6++) {
        struct piece x = {.v6 = v6, .id = 5};

        n.inputs = 0;
        for (int round = 0; round < 2; round++) {
            for (int i = round ? 20 : 0; i < 60; i++) {
                x.off = round ? 64 : 0;
                x.len = 64;
                x.more = !round;
                x.src = source(src, sizeof(src), v6, i);
                assert_int_equal(feed(&n, x), INL_DROP_NONE);
            }
            assert_int_equal(waiting(&n), round ? 0 : 40);
            assert_true(n.ip->reass.bytes <= 40 * 512);
        }
        assert_int_equal(n.inputs, 40);
    }
    net_stop(&n);
}

/* A flood of small ones from everywhere holds all of the memory: one that is larger than they gets
 * through, since they are older. */
static void test_larger_than_a_flood(void **state) {
    struct net n;
    char src[32];

    (void)state;
    net_start(&n, 0);
    n.ip->reass.max_datagrams = 1000;
    for (int v6 = 0; v6 < 2; v6++) {
        struct piece large = {.v6 = v6, .id = 9, .len = 800, .more = true};
        uint64_t before = n.env.drop[INL_DROP_FRAG_LIMIT];

        for (int i = 0; i < 100; i++) {
            struct piece x = {.v6 = v6,
                              .id = 5,
                              .off = 2800,
                              .len = 64,
                              .more = true,
                              .src = source(src, sizeof(src), v6, i)};

            assert_int_equal(feed(&n, x), INL_DROP_NONE);
        }
        assert_true(n.env.drop[INL_DROP_FRAG_LIMIT] > before);
        n.inputs = 0;
        for (int i = 0; i < 8; i++) {
            large.off = (uint32_t)i * large.len;
            large.more = i < 7;
            assert_int_equal(feed(&n, large), INL_DROP_NONE);
        }
        assert_int_equal(n.inputs, 1);
        net_advance(&n, 60 * INL_S);
    }
    net_stop(&n);
}

/* One with many addresses in his IPv6 prefix is one source. */
static void test_prefix_is_source(void **state) {
    struct net n;
    char src[40];

    (void)state;
    net_start(&n, 0);
    for (int i = 1; i < 100; i++) {
        snprintf(src, sizeof(src), "2001:db8:5:6::%x", i);
        assert_int_equal(
            feed(&n, (struct piece){.v6 = true, .off = 80, .len = 8, .more = true, .src = src}),
            INL_DROP_NONE);
    }
    assert_int_equal(waiting(&n), 20);
    assert_int_equal(htab_count(&n.ip->reass.sources), 1);
    net_stop(&n);
}

/* No memory for fragments, by configuration or by bad luck: nothing else suffers. */
static void test_no_memory(void **state) {
    struct net n;

    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        net_start(&n, 0);
        for (int fail_at = 0; fail_at < 4; fail_at++) {
            mem_fail_after(&n.env.mem, fail_at);
            for (uint32_t k = 0; k < 6; k++) {
                feed(&n, (struct piece){.v6 = v6,
                                        .id = (uint32_t)fail_at,
                                        .off = k * 1000,
                                        .len = 1000,
                                        .more = k < 5});
            }
            mem_fail_after(&n.env.mem, -1);
        }
        assert_true(n.env.drop[INL_DROP_NO_MEMORY] >= 3);
        net_advance(&n, 60 * INL_S);
        n.ip->reass.max_bytes = 0;
        assert_int_equal(feed(&n, (struct piece){.v6 = v6, .len = 64, .more = true}),
                         INL_DROP_FRAG_LIMIT);
        assert_int_equal(waiting(&n), 0);
        net_stop(&n);
    }
}

/* ---- marks of congestion (RFC 3168 5.3) ---- */

static void test_ecn(void **state) {
    static const struct {
        uint8_t a, b;
        int want; /* -1: dropped */
    } rows[] = {{0, 0, 0}, {1, 1, 1}, {2, 2, 2}, {3, 3, 3},  {2, 3, 3},
                {3, 2, 3}, {1, 3, 3}, {3, 1, 3}, {0, 3, -1}, {3, 0, -1}};
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int v6 = 0; v6 < 2; v6++) {
        for (uint32_t i = 0; i < 10; i++) {
            struct piece x = {.v6 = v6, .id = i, .len = 64, .more = true};

            x.tos = (uint8_t)(0xb8 | rows[i].a);
            n.inputs = 0;
            assert_int_equal(feed(&n, x), INL_DROP_NONE);
            x.off = 64;
            x.more = false;
            x.tos = (uint8_t)(0xb8 | rows[i].b);
            assert_int_equal(feed(&n, x), rows[i].want < 0 ? INL_DROP_FRAG_ECN : INL_DROP_NONE);
            assert_int_equal(n.inputs, rows[i].want >= 0);
            if (n.inputs) {
                assert_int_equal(n.rx.tos, 0xb8 | rows[i].want);
            }
        }
    }
    net_stop(&n);
}

/* ---- first fragments that hide something ---- */

static void test_tiny(void **state) {
    struct net n;
    struct seen s;
    struct frame f;
    /* a header of eight octets, then TCP's, of which one octet is missing */
    uint8_t b[60] = {60, 0, 0, 1, 0, 0, 0, 9, 6, 0, 1, 4};

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(feed(&n, (struct piece){.id = 1, .len = 16, .more = true}),
                     INL_DROP_FRAG_TINY); /* RFC 1858 3.1 */
    assert_int_equal(feed(&n, (struct piece){.id = 1, .off = 8, .len = 24, .more = true}),
                     INL_DROP_FRAG_TINY); /* RFC 1858 3.2, RFC 3128 */
    assert_int_equal(feed(&n, (struct piece){.id = 1, .off = 8, .len = 24, .proto = 17}),
                     INL_DROP_NONE);
    assert_true(net_idle(&n));
    /* RFC 7112: and the sender is told */
    assert_int_equal(feed(&n, (struct piece){.v6 = true, .id = 1, .len = 16, .more = true}),
                     INL_DROP_FRAG_TINY);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.type, ICMP6_PARAM_PROBLEM);
    assert_int_equal(s.icmp6.code, 3);
    assert_int_equal(s.icmp6.pointer, 0);
    b[8 + 8 + 12] = 0x60; /* 24 octets of TCP header */
    frame_ip6(&f, hdr6(IP_PROTO_FRAGMENT), b, 8 + 8 + 16);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_FRAG_TINY);
    assert_true(net_take(&n, ETH0, &s));
    b[8 + 1] = 200; /* an options header that is not whole */
    frame_ip6(&f, hdr6(IP_PROTO_FRAGMENT), b, 8 + 40);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_FRAG_TINY);
    b[8 + 1] = 0;
    frame_ip6(&f, hdr6(IP_PROTO_FRAGMENT), b, 8 + 8 + 24);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.inputs, 0);
    net_stop(&n);
}

/* RFC 6946: a fragment that is the whole datagram has nothing to do with others of its number. */
static void test_atomic(void **state) {
    struct net n;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(feed(&n, (struct piece){.v6 = true, .id = 1, .len = 64, .more = true}),
                     INL_DROP_NONE);
    assert_int_equal(feed(&n, (struct piece){.v6 = true, .id = 1, .len = 40}), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    assert_int_equal(n.payload_len, 40);
    assert_true(n.rx.fragmented);
    assert_int_equal(feed(&n, (struct piece){.v6 = true, .id = 1, .off = 64, .len = 13}),
                     INL_DROP_NONE);
    assert_int_equal(n.inputs, 2);
    check_payload(&n, 77);
    net_stop(&n);
}

/* A fragment header within a fragment, and twice in a packet (SEC-53). */
static void test_nested(void **state) {
    struct net n;
    struct frame f;
    uint8_t b[120] = {44, 0, 0, 1, 0, 0, 0, 5, 6, 0, 0, 0, 0, 0, 0, 6};

    (void)state;
    net_start(&n, 0);
    b[16 + 12] = 0x50;
    for (int inner = 0; inner < 2; inner++) { /* atomic, or not */
        b[8 + 3] = (uint8_t)inner;
        b[3] = 1;
        b[7] = (uint8_t)(5 + inner);
        frame_ip6(&f, hdr6(IP_PROTO_FRAGMENT), b, 16 + 48);
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
        assert_int_equal(feed(&n, (struct piece){.v6 = true, .id = b[7], .off = 56, .len = 8}),
                         INL_DROP_BAD_EXT_HEADER);
    }
    b[3] = 0; /* both atomic */
    b[8 + 3] = 0;
    frame_ip6(&f, hdr6(IP_PROTO_FRAGMENT), b, 16 + 48);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_EXT_HEADER);
    assert_int_equal(n.inputs, 0);
    assert_int_equal(waiting(&n), 0);
    net_stop(&n);
}

/* RFC 6980: neighbour discovery is not taken out of fragments, atomic ones included. */
static void test_nd(void **state) {
    const struct nd_msg ns = {.type = ICMP6_NEIGH_SOLICIT,
                              .target = addr("2001:db8::1"),
                              .source_ll = {2, 0, 0, 0, 0, 2},
                              .has_source_ll = true};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    uint8_t b[200], msg[64];
    struct wr w = wr_init(msg, sizeof(msg));
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    h.hop_limit = 255;
    nd_emit(&w, &ns, &h.src, &h.dst);
    assert_int_equal(wr_len(&w), 32);
    h.next = IP_PROTO_FRAGMENT;
    memcpy(b, (uint8_t[8]){58}, 8);
    memcpy(b + 8, msg, 32);
    frame_ip6(&f, h, b, 40);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_FRAGMENT);
    b[3] = 1;
    frame_ip6(&f, h, b, 8 + 16);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    memcpy(b + 8, msg + 16, 16);
    b[3] = 16;
    frame_ip6(&f, h, b, 8 + 16);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_FRAGMENT);
    assert_true(net_idle(&n));
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_unfragmentable_part),
        cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_source_caps),
        cmocka_unit_test(test_common_cap),
        cmocka_unit_test(test_light_sources),
        cmocka_unit_test(test_larger_than_a_flood),
        cmocka_unit_test(test_prefix_is_source),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_ecn),
        cmocka_unit_test(test_tiny),
        cmocka_unit_test(test_atomic),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_nd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
