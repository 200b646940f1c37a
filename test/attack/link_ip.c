/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link_ip.c - attacks on frames, IPv4, IPv6 and UDP: lengths that lie, options, source routes,
 * packets that are not for us, and what leaks into packets that we send
 */
#include "lab.h"
#include "wire/eth.h"

static uint8_t P[65536];

static size_t echo4(uint8_t *out, size_t data_len) {
    static const uint8_t data[1400];
    const struct inl_addr src = ip(EVIL4), dst = ip(VICTIM4);

    return make_icmp(out, &src, &dst, 64, 8, 0, 0x10001, data, data_len);
}

static size_t echo6(uint8_t *out, size_t data_len) {
    static const uint8_t data[1400];
    const struct inl_addr src = ip(EVIL6), dst = ip(VICTIM6);

    return make_icmp(out, &src, &dst, 64, 128, 0, 0x10001, data, data_len);
}

static size_t udp_to(uint8_t *out, uint16_t port, bool v6, size_t len) {
    static const uint8_t data[1400];
    const struct inl_sockaddr src = at(v6 ? EVIL6 : EVIL4, 53);
    const struct inl_sockaddr dst = at(v6 ? VICTIM6 : VICTIM4, port);

    return make_udp(out, &src, &dst, data, len);
}

/* ---- SEC-01: every prefix of a valid packet ---- */

static size_t sample(unsigned which, uint8_t *out) {
    const struct inl_addr e4 = ip(EVIL4), v4 = ip(VICTIM4), e6 = ip(EVIL6), v6 = ip(VICTIM6);
    struct seg syn = {.flags = TCP_SYN, .win = 1000, .opts = "\2\4\5\264\3\3\7", .opts_len = 7};
    uint8_t quoted[200], body[24] = {0};

    switch (which) {
    case 0:
        return echo4(out, 20);
    case 1:
        return echo6(out, 20);
    case 2:
        return udp_to(out, OPEN_PORT, false, 10);
    case 3:
        return udp_to(out, CLOSED_PORT, true, 10);
    case 4:
        return make_tcp(out, &syn);
    case 5:
        syn.src = EVIL6;
        syn.dst = VICTIM6;
        return make_tcp(out, &syn);
    case 6: /* an error about a segment of ours */
        syn.src = VICTIM4;
        syn.dst = EVIL4;
        return make_icmp(out, &e4, &v4, 64, 3, 3, 0, quoted, make_tcp(quoted, &syn));
    case 7:
        syn.src = VICTIM6;
        syn.dst = EVIL6;
        return make_icmp(out, &e6, &v6, 64, 2, 0, 1280, quoted, make_tcp(quoted, &syn));
    case 8: /* neighbour solicitation */
        memcpy(body, v6.b, 16);
        body[16] = 1;
        body[17] = 1;
        return make_icmp(out, &e6, &v6, 255, 135, 0, 0, body, 24);
    default:
        return 0;
    }
}

static void runts(enum inl_link_kind kind) {
    struct inl_config cfg;
    struct lab *lab;

    lab_config(&cfg);
    lab = lab_new_with(kind, &cfg);
    for (unsigned which = 0; which < 9; which++) {
        size_t n = sample(which, P);

        assert_true(n > 0);
        for (size_t cut = 0; cut < n; cut++) {
            uint64_t drops = lab_all_drops(lab);

            lab_mark(lab);
            lab_packet(lab, P, cut);
            assert_int_equal(lab->n, 0);
            assert_int_equal(lab_all_drops(lab), drops + 1);
        }
    }
    lab_free(lab);
}

static void sec01_runts(void **state) {
    (void)state;
    runts(INL_LINK_IP);
    runts(INL_LINK_ETHERNET);
}

static void sec01_runt_frames(void **state) {
    struct lab *lab = lab_new_ether();
    uint8_t f[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x66};

    (void)state;
    for (unsigned type = 0; type < 4; type++) {
        put16(f + 12, (unsigned[]){0x0800, 0x86dd, 0x0806, 46}[type]);
        put16(f + 14, type == 2 ? 1 : 0);
        for (size_t cut = 0; cut < 42; cut++) {
            uint64_t drops = lab_all_drops(lab);

            lab_frame(lab, f, cut);
            assert_int_equal(lab_all_drops(lab), drops + 1);
        }
    }
    assert_int_equal(lab->n, 0);
    lab_free(lab);
}

/* Nothing was answered, unless it is a parameter problem that quotes just what came. */
static void answered_with_a_problem_at_most(struct lab *lab, size_t n) {
    const struct sent *s;

    assert_in_range(lab->n, 0, 1);
    if (lab->n == 1) {
        s = lab_last(lab);
        assert_int_equal(s->data[0], 0x45);
        assert_int_equal(s->data[20], 12);
        assert_int_equal(s->len, 28 + n);
        assert_memory_equal(s->data + 28, P, n);
        lab_pass(lab, INL_S); /* for the next one */
        lab_mark(lab);
    }
}

/* ---- SEC-02: lengths of IPv4 ---- */

static void sec02_ip4_lengths(void **state) {
    struct lab *lab = lab_new();
    size_t n = echo4(P, 20);
    uint8_t good[100];

    (void)state;
    memcpy(good, P, n);
    for (unsigned ihl = 0; ihl < 16; ihl++) { /* with every total length */
        for (unsigned total = 0; total < 65536; total += total < 100 ? 1 : 997) {
            uint64_t drops = lab_all_drops(lab);

            if (ihl == 5 && total >= 28 && total <= n) {
                continue; /* a shorter echo request, and padding */
            }
            memcpy(P, good, n);
            P[0] = (uint8_t)(0x40 | ihl);
            put16(P + 2, total);
            if (ihl * 4 <= n) {
                fix_ip4(P);
            }
            lab_mark(lab);
            lab_packet(lab, P, n);
            assert_int_equal(lab_all_drops(lab), drops + 1);
            answered_with_a_problem_at_most(lab, total);
        }
    }
    lab_free(lab);
}

/* ---- SEC-03: options and source routes ---- */

static void sec03_options(void **state) {
    static const struct {
        uint8_t opts[12];
        size_t len;
        bool good;
    } t[] = {
        {{7, 0}, 4, false},                           /* length 0 */
        {{7, 1}, 4, false},                           /* length 1 */
        {{7, 40, 4}, 4, false},                       /* beyond the header */
        {{7, 255, 4}, 8, false},                      /* the same */
        {{1, 1, 1, 7}, 4, false},                     /* no length at all */
        {{131, 7, 4, 10, 0, 0, 3}, 8, false},         /* loose source route */
        {{137, 7, 4, 10, 0, 0, 3}, 8, false},         /* strict */
        {{131, 3, 4, 137, 3, 4}, 8, false},           /* both, empty */
        {{131, 7, 8, 10, 0, 0, 3}, 8, false},         /* used up: refused all the same */
        {{7, 7, 3, 0, 0, 0, 0}, 8, false},            /* pointer before the first slot */
        {{7, 7, 5, 0, 0, 0, 0}, 8, false},            /* between two */
        {{7, 7, 255, 0, 0, 0, 0}, 8, false},          /* far beyond */
        {{68, 8, 4, 0, 0, 0, 0, 0}, 8, false},        /* timestamps: pointer too small */
        {{68, 2}, 4, false},                          /* no pointer */
        {{148, 3, 0}, 4, false},                      /* router alert of 3 bytes */
        {{1, 1, 1, 1}, 4, true},                      /* nothing */
        {{0, 7, 0, 0}, 4, true},                      /* behind the end of the list */
        {{7, 7, 4, 0xde, 0xad, 0xbe, 0xef}, 8, true}, /* record route */
    };
    struct lab *lab = lab_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        size_t n = echo4(P, 8);
        uint64_t drops = lab_all_drops(lab);

        memmove(P + 20 + t[i].len, P + 20, n - 20);
        memcpy(P + 20, t[i].opts, t[i].len);
        n += t[i].len;
        P[0] = (uint8_t)(0x45 + t[i].len / 4);
        put16(P + 2, (unsigned)n);
        fix_ip4(P);
        lab_mark(lab);
        lab_packet(lab, P, n);
        if (lab_all_drops(lab) != drops + !t[i].good) {
            fail_msg("options %zu: %zu packets", i, lab->n);
        }
        if (!t[i].good) {
            answered_with_a_problem_at_most(lab, n);
            continue;
        }
        assert_int_equal(lab->n, 1);
        if (t[i].opts[0] == 7) { /* the route goes back (RFC 1122 3.2.2.6), with us in it */
            assert_int_equal(lab_last(lab)->data[0], 0x47);
            assert_memory_equal(lab_last(lab)->data + 20, "\7\7\10\12\0\0\1\0", 8);
        } else { /* answered without the options */
            assert_int_equal(lab_last(lab)->data[0], 0x45);
        }
    }
    lab_free(lab);
}

/* In errors too nothing but what was received is quoted, and options are not obeyed. */
static void sec03_options_in_errors(void **state) {
    struct lab *lab = lab_new();
    size_t n = udp_to(P, CLOSED_PORT, false, 8);

    (void)state;
    memmove(P + 28, P + 20, n - 20);
    memcpy(P + 20, "\7\7\4\xde\xad\xbe\xef\0", 8);
    n += 8;
    P[0] = 0x47;
    put16(P + 2, (unsigned)n);
    fix_ip4(P);
    lab_packet(lab, P, n);
    assert_int_equal(lab->n, 1);
    assert_int_equal(lab_last(lab)->data[0], 0x45);
    assert_int_equal(lab_last(lab)->len, 28 + n);
    assert_memory_equal(lab_last(lab)->data + 28, P, n);
    lab_free(lab);
}

/* ---- SEC-04: the upper layer is shorter than its header ---- */

static void sec04_short_upper_layer(void **state) {
    static const uint8_t protos[] = {IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_ICMP4, IP_PROTO_ICMP6};
    struct lab *lab = lab_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(protos); i++) {
        for (int v6 = 0; v6 < 2; v6++) {
            const struct inl_addr src = ip(v6 ? EVIL6 : EVIL4), dst = ip(v6 ? VICTIM6 : VICTIM4);
            size_t most = protos[i] == IP_PROTO_TCP ? 20 : 8;

            if (protos[i] == (v6 ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6)) {
                continue; /* another row's: a protocol that we do not have there */
            }
            for (size_t len = 0; len < most; len++) {
                uint64_t drops = lab_all_drops(lab);
                uint8_t body[20] = {0, 53, 0, OPEN_PORT};
                size_t n = make_ip(P, &src, &dst, protos[i], 64, body, len);

                lab_packet(lab, P, n);
                assert_int_equal(lab->n, 0);
                assert_int_equal(lab_all_drops(lab), drops + 1);
            }
        }
    }
    lab_free(lab);
}

/* ---- SEC-05: nobody asked for tunnels ---- */

static void sec05_decapsulation(void **state) {
    static const uint8_t protos[] = {4, 41, 47, 50, 51, 94, 97, 137};
    struct lab *lab = lab_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(protos); i++) {
        for (int outer6 = 0; outer6 < 2; outer6++) {
            for (int inner6 = 0; inner6 < 2; inner6++) {
                const struct inl_addr src = ip(outer6 ? EVIL6 : EVIL4);
                const struct inl_addr dst = ip(outer6 ? VICTIM6 : VICTIM4);
                uint8_t inner[200], nested[300];
                size_t n = inner6 ? echo6(inner, 30) : echo4(inner, 30), m, k;

                m = make_ip(nested, &src, &dst, protos[i], 64, inner, n);
                for (int depth = 0; depth < 2; depth++) {
                    k = make_ip(P, &src, &dst, protos[i], 64, depth ? nested : inner,
                                depth ? m : n);
                    lab_mark(lab);
                    lab_packet(lab, P, k);
                    assert_in_range(lab->n, 0, 1); /* an error at most */
                    if (lab->n == 1) {
                        const struct sent *s = lab_last(lab);
                        size_t hdr = outer6 ? 40 : 20;

                        assert_int_equal(s->data[hdr], outer6 ? 4 : 3);
                        assert_int_equal(s->len, hdr + 8 + k);
                        assert_memory_equal(s->data + hdr + 8, P, k);
                    }
                    lab_pass(lab, INL_S);
                    if (!outer6) { /* a fragment of one */
                        put16(P + 6, 0x2000);
                        fix_ip4(P);
                        lab_mark(lab);
                        lab_packet(lab, P, k / 8 * 8 + 4);
                        assert_int_equal(lab->n, 0);
                    }
                }
            }
        }
    }
    lab_free(lab);
}

/* ---- SEC-30: sources that cannot be ---- */

static void sec30_absurd_sources(void **state) {
    static const char *const bad4[] = {VICTIM4,           "0.0.0.0",    "0.1.2.3",
                                       "127.0.0.1",       "127.9.9.9",  "224.0.0.1",
                                       "255.255.255.255", "10.0.0.255", "240.0.0.1"};
    static const char *const bad6[] = {VICTIM6, "::", "::1", "ff02::1"};
    struct lab *lab = lab_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad4) + COUNT_OF(bad6); i++) {
        bool v6 = i >= COUNT_OF(bad4);
        const char *bad = v6 ? bad6[i - COUNT_OF(bad4)] : bad4[i];
        const struct inl_addr src = ip(bad), dst = ip(v6 ? VICTIM6 : VICTIM4);
        const struct inl_sockaddr from = at(bad, OPEN_PORT);
        const struct inl_sockaddr to = at(v6 ? VICTIM6 : VICTIM4, CLOSED_PORT);
        struct seg s = {bad,       v6 ? VICTIM6 : VICTIM4, OPEN_PORT,
                        OPEN_PORT, .flags = TCP_SYN,       .win = 9};
        uint64_t drops = lab_all_drops(lab);

        lab_seg(lab, &s); /* LAND, if it is his own address */
        s.dport = CLOSED_PORT;
        lab_seg(lab, &s);
        s.flags = TCP_ACK;
        lab_seg(lab, &s);
        lab_packet(lab, P, make_udp(P, &from, &to, "x", 1));
        lab_packet(lab, P, make_icmp(P, &src, &dst, 64, v6 ? 128 : 8, 0, 0, "x", 1));
        lab_packet(lab, P, make_ip(P, &src, &dst, 99, 64, "x", 1));
        lab_pass(lab, 5 * INL_S);
        if (lab->n != 0 || lab_all_drops(lab) != drops + 6) {
            fail_msg("%s: %zu replies, %d drops", bad, lab->n, (int)(lab_all_drops(lab) - drops));
        }
    }
    assert_int_equal(lab->victim->tcp->half_open, 0);
    lab_free(lab);
}

/* ---- SEC-50 to SEC-52: IPv6 ---- */

static void sec50_payload_length(void **state) {
    struct lab *lab = lab_new();
    size_t n = echo6(P, 20);
    static const int32_t delta[] = {-28, -27, -20, -1, 1, 12, 40, 41, 65535 - 28};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(delta); i++) {
        uint64_t drops = lab_all_drops(lab);

        put16(P + 4, (unsigned)(28 + delta[i]));
        lab_packet(lab, P, n);
        assert_int_equal(lab->n, 0);
        assert_int_equal(lab_all_drops(lab), drops + 1);
    }
    put16(P + 4, 28); /* padding behind is not looked at */
    lab_packet(lab, P, n + 40);
    assert_int_equal(lab->n, 1);
    assert_int_equal(lab_last(lab)->len, n);
    lab_free(lab);
}

/* IPv6 with @chain between the fixed header and an echo request */
static size_t chained6(uint8_t first, const uint8_t *chain, size_t len) {
    uint8_t inner[100];
    size_t n = echo6(inner, 0);

    memcpy(P, inner, 40);
    P[6] = first;
    memcpy(P + 40, chain, len);
    memcpy(P + 40 + len, inner + 40, n - 40);
    put16(P + 4, (unsigned)(len + n - 40));
    return len + n;
}

static void sec51_extension_headers(void **state) {
    static const uint8_t kinds[] = {0, 43, 60};
    struct lab *lab = lab_new();
    uint8_t chain[1000] = {0};
    uint64_t drops = lab_all_drops(lab), count = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        for (unsigned len = 1; len < 256; len++) { /* beyond the end */
            memset(chain, 0, sizeof(chain));
            chain[0] = 58;
            chain[1] = (uint8_t)len;
            lab_packet(lab, P, chained6(kinds[i], chain, 8) - (len == 1 ? 8 : 0));
            count++;
        }
        for (size_t cut = 0; cut < 8; cut++) { /* not even one whole header */
            const struct inl_addr src = ip(EVIL6), dst = ip(VICTIM6);

            memset(chain, 0, sizeof(chain));
            lab_packet(lab, P, make_ip(P, &src, &dst, kinds[i], 64, chain, cut));
            count++;
        }
    }
    assert_int_equal(lab->n, 0);
    assert_int_equal(lab_all_drops(lab), drops + count);
    /* options that overrun their header, in both headers that have them; a hundred headers */
    for (unsigned opt_len = 0; opt_len < 256; opt_len++) {
        memset(chain, 0, sizeof(chain));
        chain[0] = 58;
        chain[2] = 5; /* to be skipped if unknown */
        chain[3] = (uint8_t)opt_len;
        lab_mark(lab);
        lab_packet(lab, P, chained6(opt_len & 1 ? 60 : 0, chain, 8));
        assert_in_range(lab->n, 0, 1);
        if (lab->n == 1 && opt_len > 4) {
            assert_int_equal(lab_last(lab)->data[40], 4); /* no echo reply */
        }
        lab_pass(lab, INL_S);
    }
    for (size_t i = 0; i < 100; i++) {
        memset(chain + 8 * i, 0, 8);
        chain[8 * i] = i == 99 ? 58 : 60;
        chain[8 * i + 2] = 1;
        chain[8 * i + 3] = 4;
    }
    lab_mark(lab);
    lab_packet(lab, P, chained6(60, chain, 800));
    assert_true(lab->n == 0 || lab_last(lab)->data[40] == 4);
    lab_free(lab);
}

static void sec52_routing_header(void **state) {
    struct lab *lab = lab_new();
    uint8_t chain[24] = {58, 2};

    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        for (unsigned left = 0; left < 256; left += left < 3 ? 1 : 84) {
            memset(chain + 8, 0xfd, 16);
            chain[2] = (uint8_t)type;
            chain[3] = (uint8_t)left;
            lab_mark(lab);
            lab_packet(lab, P, chained6(43, chain, 24));
            assert_int_equal(lab->n, 1);
            if (left == 0) {
                assert_int_equal(lab_last(lab)->data[40], 129); /* nothing to route: an echo */
            } else {
                assert_int_equal(lab_last(lab)->data[40], 4); /* parameter problem, */
                assert_int_equal(lab_last(lab)->data[41], 0);
                assert_int_equal(lab_last(lab)->data[47], 42); /* at the routing type */
            }
            lab_pass(lab, INL_S);
        }
    }
    lab_free(lab);
}

/* ---- SEC-60, SEC-61: UDP ---- */

static void sec60_udp_length(void **state) {
    struct lab *lab = lab_new();

    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        size_t hdr = v6 ? 40 : 20, n = udp_to(P, v6 ? CLOSED_PORT : OPEN_PORT, v6, 20);

        for (unsigned len = 0; len < 65536; len += len < 100 ? 1 : 501) {
            uint64_t drops = lab_all_drops(lab);
            char buf[64];

            if (len >= 8 && len <= 28) {
                continue; /* can be; what is behind it is not data */
            }
            put16(P + hdr + 4, len);
            if (!v6) {
                put16(P + hdr + 6, 0); /* no checksum: the length itself must be refused */
            }
            lab_packet(lab, P, n);
            assert_int_equal(lab->n, 0);
            assert_int_equal(lab_all_drops(lab), drops + 1);
            assert_int_equal(inl_recv(lab->victim, lab->udp, buf, sizeof(buf), 0), -EAGAIN);
        }
    }
    udp_to(P, OPEN_PORT, false, 20);
    put16(P + 24, 12);
    put16(P + 26, 0);
    lab_packet(lab, P, 48);
    uint8_t buf[64];
    assert_int_equal(inl_recv(lab->victim, lab->udp, buf, sizeof(buf), 0), 4);
    lab_free(lab);
}

static void sec61_udp_loops(void **state) {
    struct lab *lab = lab_new();
    const struct inl_sockaddr from = at(EVIL4, 7), to = at(VICTIM4, 7);
    size_t largest = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) { /* in one second: echo ports, one source */
        size_t before = lab->n, n = make_udp(P, &from, &to, P + 1000, (size_t)i % 1400);

        lab_packet(lab, P, n);
        assert_in_range(lab->n - before, 0, 1);
        if (lab->n > before && lab_last(lab)->len > largest) {
            largest = lab_last(lab)->len;
        }
        if (i % 20 == 19) {
            lab_pass(lab, INL_MS);
        }
    }
    assert_in_range(lab->n, 1, 21);
    assert_in_range(largest, 36, 576);
    lab_mark(lab); /* an answer is never answered: errors about errors */
    for (int type = 0; type < 20; type++) {
        uint8_t quoted[100];
        size_t n = udp_to(quoted, 9, false, 4);
        const struct inl_addr src = ip(EVIL4), dst = ip(VICTIM4);

        if (type == 8) {
            continue;
        }
        lab_pass(lab, INL_S);
        lab_packet(lab, P, make_icmp(P, &src, &dst, 64, (uint8_t)type, 0, 0, quoted, n));
    }
    assert_int_equal(lab->n, 0);
    lab_free(lab);
}

/* ---- SEC-65: no byte of what we send is left over from before ---- */

static uint64_t all_that_is_sent(enum inl_link_kind kind, uint8_t fill) {
    struct inl_config cfg;
    struct lab *lab;
    struct peer p;
    uint64_t sum;

    lab_config(&cfg);
    lab = lab_new_with(kind, &cfg);
    lab->fill = fill;
    for (unsigned which = 0; which < 9; which++) {
        lab_packet(lab, P, sample(which, P));
        lab_pass(lab, INL_S);
    }
    lab_packet(lab, P, udp_to(P, CLOSED_PORT, false, 1));
    lab_packet(lab, P, udp_to(P, CLOSED_PORT, true, 1));
    peer_open(&p, lab);
    peer_send(&p, "odd", 3);
    assert_int_equal(inl_send(lab->victim, p.sock, "a", 1, 0), 1);
    lab_pass(lab, 10 * INL_S); /* retransmitted */
    peer_raw(&p, TCP_RST, 7, 0, NULL, 0);
    peer_raw(&p, TCP_SYN, 7, 0, NULL, 0);
    lab_serves(lab);
    sum = lab->sum;
    lab_free(lab);
    return sum;
}

static void sec65_memory_disclosure(void **state) {
    (void)state;
    for (int kind = INL_LINK_ETHERNET; kind <= INL_LINK_IP; kind++) {
        uint64_t zero = all_that_is_sent((enum inl_link_kind)kind, 0);

        assert_true(all_that_is_sent((enum inl_link_kind)kind, 0xff) == zero);
        assert_true(all_that_is_sent((enum inl_link_kind)kind, 0x5a) == zero);
    }
}

/* ---- SEC-70: not ours ---- */

static void sec70_martians(void **state) {
    static const char *const others[] = {"10.0.0.3",  "11.0.0.1",  "127.0.0.1", "0.0.0.0",
                                         "240.0.0.1", "224.0.0.9", "fd00::3",   "2001:db8::1",
                                         "::1",       "ff02::9",   "fe80::1"};
    struct lab *lab = lab_new();
    struct lab *ether;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct inl_addr dst = ip(others[i]);
        struct inl_addr src = ip(inl_addr_is4(&dst) ? EVIL4 : EVIL6);
        struct inl_sockaddr from = {.addr = src, .port = 9}, to = {.addr = dst, .port = OPEN_PORT};
        struct seg s = {inl_addr_is4(&dst) ? EVIL4 : EVIL6, others[i], .flags = TCP_SYN};
        uint64_t drops = lab_all_drops(lab);

        lab_seg(lab, &s);
        lab_packet(lab, P, make_udp(P, &from, &to, "x", 1));
        lab_packet(lab, P, make_icmp(P, &src, &dst, 1, inl_addr_is4(&dst) ? 8 : 128, 0, 0, "", 0));
        assert_int_equal(lab->n, 0);
        assert_int_equal(lab_all_drops(lab), drops + 3);
    }
    lab_free(lab);
    ether = lab_new_ether();
    for (int i = 0; i < 3; i++) { /* another's frame; everybody's frame with one host's packet */
        size_t n = echo4(P + 14, 8);
        uint64_t drops = lab_all_drops(ether);

        memcpy(P,
               i == 0   ? "\2\0\0\0\0\x77"
               : i == 1 ? "\377\377\377\377\377\377"
                        : "\2\0\0\0\0\1",
               6);
        memcpy(P + 6, i == 2 ? "\377\377\377\377\377\377" : "\2\0\0\0\0\x66", 6);
        put16(P + 12, ETH_TYPE_IP4);
        lab_frame(ether, P, n + 14);
        assert_int_equal(ether->n, 0);
        assert_int_equal(lab_all_drops(ether), drops + 1);
    }
    lab_free(ether);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec01_runts),
        cmocka_unit_test(sec01_runt_frames),
        cmocka_unit_test(sec02_ip4_lengths),
        cmocka_unit_test(sec03_options),
        cmocka_unit_test(sec03_options_in_errors),
        cmocka_unit_test(sec04_short_upper_layer),
        cmocka_unit_test(sec05_decapsulation),
        cmocka_unit_test(sec30_absurd_sources),
        cmocka_unit_test(sec50_payload_length),
        cmocka_unit_test(sec51_extension_headers),
        cmocka_unit_test(sec52_routing_header),
        cmocka_unit_test(sec60_udp_length),
        cmocka_unit_test(sec61_udp_loops),
        cmocka_unit_test(sec65_memory_disclosure),
        cmocka_unit_test(sec70_martians),
    };

    return cmocka_run_group_tests_name("attack: link and IP", tests, NULL, NULL);
}
