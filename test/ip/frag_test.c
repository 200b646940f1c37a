/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag_test.c - packets that are cut, their numbers, what is known of paths, and options of IPv4
 */
#include "net.h"

#include "ip/ip4opt.h"

static uint8_t big[65536];

static int send_tx(struct net *n, struct ip_tx tx, size_t len) {
    struct pkt *p = pkt_new(&n->env.mem, 64, 64 + len);

    for (size_t i = 0; i < len; i++) {
        big[i] = (uint8_t)(i * 7 + i / 256);
    }
    memcpy(pkt_put(p, len), big, len);
    tx.cause = INL_CAUSE_UDP_SEND;
    return ip_out(n->ip, p, &tx);
}

static struct ip_tx to_peer(bool v6) {
    return (struct ip_tx){.dst = addr(v6 ? "2001:db8::2" : "10.0.0.2"), .proto = 99, .tos = 0x28};
}

/* Takes all fragments of one packet and puts them together; how many there were. */
static int collect(struct net *n, bool v6, uint32_t mtu, uint8_t *out, size_t *ret_len) {
    struct seen s;
    uint32_t id = 0;
    size_t at = 0;
    bool more = true;
    int count = 0;

    for (; more && net_take(n, ETH0, &s); count++) {
        struct rd data = v6 ? s.ip6.payload : s.ip4.payload;
        size_t off = s.ip4.frag_off_bytes;
        uint32_t this_id = s.ip4.id;

        assert_in_range(s.len, 1, mtu + 14);
        if (v6) {
            assert_int_equal(s.ip6.next, IP_PROTO_FRAGMENT);
            assert_int_equal(s.ip6.tclass, 0x28);
            assert_int_equal(rd_u8(&data), 99);
            assert_int_equal(rd_u8(&data), 0);
            off = rd_be16(&data);
            more = off & 1;
            off &= ~(size_t)7;
            this_id = rd_be32(&data);
        } else {
            more = s.ip4.mf;
            assert_int_equal(s.ip4.proto, 99);
            assert_int_equal(s.ip4.tos, 0x28);
            assert_false(s.ip4.df);
        }
        assert_true(count == 0 || id == this_id);
        id = this_id;
        assert_int_equal(off, at);
        if (more) { /* as full as can be */
            assert_in_range(s.len, mtu + 14 - 7, mtu + 14);
            assert_int_equal(rd_left(&data) % 8, 0);
        }
        memcpy(out + at, rd_ptr(&data), rd_left(&data));
        at += rd_left(&data);
    }
    assert_false(more);
    *ret_len = at;
    return count;
}

static void test_cut(void **state) {
    static uint8_t got[65536];
    static const size_t lens[] = {1500, 1481, 2960, 2961, 9000, 65495};
    struct net n;
    size_t len;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    for (int v6 = 0; v6 < 2; v6++) {
        for (size_t i = 0; i < 6; i++) {
            size_t step = v6 ? 1448 : 1480;

            assert_int_equal(send_tx(&n, to_peer(v6), lens[i]), IP_OUT_QUEUED);
            assert_int_equal(collect(&n, v6, 1500, got, &len), (lens[i] + step - 1) / step);
            assert_int_equal(len, lens[i]);
            assert_memory_equal(got, big, len);
            assert_true(net_idle(&n));
        }
        assert_int_equal(send_tx(&n, to_peer(v6), 65536), -EMSGSIZE);
    }
    assert_int_equal(send_tx(&n, to_peer(false), 65516), -EMSGSIZE);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* Exactly what fits has no fragment header (RFC 6946, RFC 8200 4.5). */
static void test_fits(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(send_tx(&n, to_peer(true), 1460), IP_OUT_QUEUED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.ip6.next, 99);
    assert_int_equal(send_tx(&n, to_peer(false), 1480), IP_OUT_QUEUED);
    assert_true(net_take(&n, ETH0, &s));
    assert_false(ip4_is_fragment(&s.ip4));
    for (int v6 = 0; v6 < 2; v6++) {
        struct ip_tx tx = to_peer(v6);

        tx.dont_fragment = true;
        assert_int_equal(send_tx(&n, tx, 1481), -EMSGSIZE);
        tx.dont_fragment = false;
        tx.df_if_fits = true;
        assert_int_equal(send_tx(&n, tx, 100), IP_OUT_QUEUED);
        assert_true(net_take(&n, ETH0, &s));
        assert_true(v6 || s.ip4.df);
        assert_int_equal(s.ip4.id, 0); /* atomic (RFC 6864 4.1) */
        assert_int_equal(send_tx(&n, tx, 1481), IP_OUT_QUEUED);
        for (int i = 0; i < 2; i++) {
            assert_true(net_take(&n, ETH0, &s));
            assert_false(s.ip4.df);
        }
    }
    assert_true(net_idle(&n));
    net_stop(&n);
}

static uint32_t label_of(struct net *n, uint8_t proto, uint8_t port, size_t len) {
    struct ip_tx tx = to_peer(true);
    struct pkt *p = pkt_new(&n->env.mem, 64, 64 + len);
    struct seen s;
    uint32_t label = 0;

    tx.proto = proto;
    memset(pkt_put(p, len), port, len);
    assert_int_equal(ip_out(n->ip, p, &tx), IP_OUT_QUEUED);
    for (int i = 0; ip_txq_pending(n->ip, ETH0); i++) {
        struct pkt *out = ip_txq_pop(n->ip, ETH0);

        memcpy(s.b, pkt_data(out), 60);
        pkt_free(out);
        s.ip6.flow = (uint32_t)(s.b[15] & 15) << 16 | (uint32_t)s.b[16] << 8 | s.b[17];
        assert_true(i == 0 || s.ip6.flow == label); /* fragments have the same */
        label = s.ip6.flow;
    }
    assert_int_not_equal(label, 0);
    return label;
}

/* RFC 6437 3: one flow, one label; others have others, and these are spread evenly. */
static void test_flow_labels(void **state) {
    uint32_t high[16] = {0}, label;
    struct net n;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(label_of(&n, IP_PROTO_UDP, 7, 20), label_of(&n, IP_PROTO_UDP, 7, 30));
    assert_int_equal(label_of(&n, IP_PROTO_UDP, 7, 20), label_of(&n, IP_PROTO_UDP, 7, 3000));
    assert_int_not_equal(label_of(&n, IP_PROTO_UDP, 7, 20), label_of(&n, IP_PROTO_UDP, 8, 20));
    assert_int_not_equal(label_of(&n, IP_PROTO_UDP, 7, 20), label_of(&n, IP_PROTO_TCP, 7, 20));
    assert_int_equal(label_of(&n, 99, 7, 20), label_of(&n, 99, 8, 20)); /* no ports there */
    label = label_of(&n, IP_PROTO_UDP, 7, 20);
    net_advance(&n, 1234567890); /* as long as it lives */
    assert_int_equal(label_of(&n, IP_PROTO_UDP, 7, 20), label);
    for (unsigned port = 0; port < 256; port++) {
        high[label_of(&n, IP_PROTO_UDP, (uint8_t)port, 20) >> 16]++;
    }
    for (int i = 0; i < 16; i++) {
        assert_in_range(high[i], 3, 40);
    }
    net_stop(&n);
}

/* No memory halfway: the rest is not sent, and nothing is lost of ours. */
static void test_no_memory(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    for (int v6 = 0; v6 < 2; v6++) {
        for (int fail_at = 1; fail_at < 4; fail_at++) {
            mem_fail_after(&n.env.mem, fail_at);
            assert_int_equal(send_tx(&n, to_peer(v6), 9000), -ENOBUFS);
            mem_fail_after(&n.env.mem, -1);
            while (net_take(&n, ETH0, &s)) {
            }
        }
    }
    net_stop(&n);
}

/* ---- identification (RFC 6864) ---- */

static uint16_t probe(struct net *n, const char *dst) {
    struct inl_addr d = addr(dst), s = addr("10.0.0.1");

    return ip4_id_next(n->ip, &s, &d, IP_PROTO_UDP);
}

/* A flow has no number twice before it has had all, and goes through them in no order. */
static void test_id_sequence(void **state) {
    static uint8_t seen[65536];
    struct net n;
    uint16_t last = 0;
    int steps = 0;

    (void)state;
    net_start(&n, 0);
    memset(seen, 0, sizeof(seen));
    for (int i = 0; i < 65536; i++) {
        uint16_t id = probe(&n, "10.0.0.2");

        assert_int_equal(seen[id], 0);
        seen[id] = 1;
        steps += (uint16_t)(id - last) < 16;
        last = id;
    }
    assert_true(steps < 65536 / 1000); /* a counter, or one with small gaps, has all of them; chance
                                          sixteen */
    net_stop(&n);
}

/* SEC-10, the idle scan: between two probes the victim sends something, or not; what the attacker
 * sees is the difference of two numbers. His best rule is taken: any small difference. */
static void test_id_tells_nothing(void **state) {
    struct net n;
    int hits = 0;
    uint32_t diff[2][16] = {{0}};

    (void)state;
    net_start(&n, 0);
    for (int i = 0; i < 100000; i++) {
        bool sends = rng_u32(&n.env.rng) & 1;
        uint16_t a = probe(&n, "10.0.0.66");
        uint16_t d;

        if (sends) {
            probe(&n, "10.0.0.2");
        }
        d = (uint16_t)(probe(&n, "10.0.0.66") - a);
        hits += (d == 2) == sends; /* a common counter would be right each time */
        diff[sends][d >> 12]++;
    }
    assert_in_range(hits, 49000, 51000);
    for (int k = 0; k < 16; k++) { /* nor does the size of the difference say anything */
        int64_t gap = (int64_t)diff[0][k] - diff[1][k];

        assert_true(gap < 1000 && gap > -1000);
    }
    net_stop(&n);
}

/* More flows than are kept: those in use keep their sequences. */
static void test_id_cache(void **state) {
    static uint8_t seen[65536];
    struct net n;
    char dst[32];
    int twice = 0;

    (void)state;
    net_start(&n, 0);
    memset(seen, 0, sizeof(seen));
    for (int i = 0; i < 20000; i++) {
        const struct inl_addr other = inl_addr_from4(0x0b000000u + (uint32_t)i);
        uint16_t id = probe(&n, "10.0.0.2");

        twice += seen[id]++ > 0;
        inl_addr_format(&other, dst, sizeof(dst));
        probe(&n, dst);
    }
    assert_int_equal(twice, 0);
    net_stop(&n);
}

/* ---- the path MTU (RFC 1191, RFC 8201) ---- */

/* A router says that a packet of that size was too big; it really left. */
static enum inl_drop claim(struct net *n, bool v6, uint32_t size, uint32_t mtu, int err) {
    struct frame f;
    struct ip4_hdr h4 = hdr4(IP_PROTO_UDP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_UDP);
    const struct ip_tx tx = {.dst = addr(v6 ? "2001:db8::9" : "10.0.0.9"), .proto = IP_PROTO_UDP};
    struct ip_err e = {.src = addr(v6 ? "2001:db8::1" : "10.0.0.1"),
                       .dst = tx.dst,
                       .quoted = rd_init(big, 8),
                       .mtu_bytes = mtu,
                       .err = err,
                       .proto = IP_PROTO_UDP};
    const struct pkt sent = {.buf = big, .len = 8};

    ip_sent_note(n->ip, &e.src, &tx, &sent);

    if (v6) {
        frame_ip6(&f, h6, big, size - 40);
    } else {
        frame_ip4(&f, h4, big, size - 20);
    }
    e.packet = rd_init(f.b + 14, 48); /* routers quote the beginning only */
    return ip_pmtu_claim(n->ip, &e);
}

static uint32_t known(struct net *n, bool v6) {
    struct inl_addr d = addr(v6 ? "2001:db8::9" : "10.0.0.9");

    return ip_pmtu_known(n->ip, &d);
}

static void test_pmtu_claims(void **state) {
    static const struct {
        bool v6;
        uint32_t size, mtu, want; /* want 0: not believed */
    } rows[] = {{false, 1500, 1400, 1400}, {false, 1500, 1500, 0},   {false, 1400, 1400, 0},
                {false, 1400, 65535, 0},   {false, 1500, 576, 576},  {false, 1500, 68, 576},
                {false, 1500, 1, 576},     {false, 1500, 0, 1492},   {false, 1492, 0, 1006},
                {false, 1006, 0, 576},     {false, 500, 300, 576},   {true, 1500, 1400, 1400},
                {true, 1500, 1280, 1280},  {true, 1500, 1279, 0},    {true, 1500, 0, 0},
                {true, 1280, 1280, 0},     {true, 1500, 1u << 31, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct net n;

        net_start(&n, 0);
        assert_int_equal(claim(&n, rows[i].v6, rows[i].size, rows[i].mtu, EMSGSIZE),
                         rows[i].want ? INL_DROP_NONE : INL_DROP_ICMP_BAD_MTU);
        assert_int_equal(known(&n, rows[i].v6), rows[i].want);
        assert_int_equal(known(&n, !rows[i].v6), 0);
        assert_int_equal(claim(&n, rows[i].v6, 1500, 1300, EHOSTUNREACH), INL_DROP_NONE);
        assert_int_equal(known(&n, rows[i].v6), rows[i].want);
        net_stop(&n);
    }
}

/* Ten minutes after the last news it is forgotten; larger is no news. */
static void test_pmtu_age(void **state) {
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int v6 = 0; v6 < 2; v6++) {
        claim(&n, v6, 1500, 1400, EMSGSIZE);
        net_advance(&n, 300 * INL_S);
        claim(&n, v6, 1500, 1450, EMSGSIZE);
        claim(&n, v6, 1500, 1400, EMSGSIZE);
        assert_int_equal(known(&n, v6), 1400);
        net_advance(&n, 300 * INL_S - 1);
        assert_int_equal(known(&n, v6), 1400);
        net_advance(&n, 1);
        assert_int_equal(known(&n, v6), 0);
        claim(&n, v6, 1500, 1400, EMSGSIZE);
        net_advance(&n, 300 * INL_S);
        claim(&n, v6, 1400, 1300, EMSGSIZE); /* smaller is */
        net_advance(&n, 599 * INL_S);
        assert_int_equal(known(&n, v6), 1300);
        net_advance(&n, INL_S);
        assert_int_equal(known(&n, v6), 0);
    }
    net_stop(&n);
}

/* At the cap, which is 8 here, the one goes that was asked for least recently. */
static void test_pmtu_cap(void **state) {
    struct net n;
    struct inl_addr d = inl_addr_from4(0x0a000100u);

    (void)state;
    net_start(&n, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct inl_addr a = inl_addr_from4(0x0a000100u + i);

        ip_pmtu_learn(n.ip, &a, 1300);
        assert_int_equal(ip_pmtu_known(n.ip, &d), 1300); /* in use */
        assert_true(htab_count(&n.ip->pmtus.table) <= 8);
    }
    d = inl_addr_from4(0x0a000200u);
    assert_int_equal(ip_pmtu_known(n.ip, &d), 0);
    net_stop(&n);
}

/* What is known decides what is cut, and into which pieces. */
static void test_pmtu_used(void **state) {
    static uint8_t got[4000];
    struct net n;
    struct seen s;
    size_t len;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    for (int v6 = 0; v6 < 2; v6++) {
        struct ip_tx tx = to_peer(v6);

        ip_pmtu_learn(n.ip, &tx.dst, 1300);
        assert_int_equal(send_tx(&n, tx, 1400), IP_OUT_QUEUED);
        assert_int_equal(collect(&n, v6, 1300, got, &len), 2);
        assert_int_equal(len, 1400);
        assert_int_equal(send_tx(&n, tx, v6 ? 1260 : 1280), IP_OUT_QUEUED);
        assert_true(net_take(&n, ETH0, &s));
        assert_int_equal(s.len, 1314);
        tx.dont_fragment = true;
        assert_int_equal(send_tx(&n, tx, 1400), -EMSGSIZE);
        tx.any_mtu = true; /* who finds out by himself */
        assert_int_equal(send_tx(&n, tx, 1400), IP_OUT_QUEUED);
        assert_true(net_take(&n, ETH0, &s));
        assert_true(net_idle(&n));
    }
    net_stop(&n);
}

/* ---- a router cuts (RFC 791, RFC 1812 4.2.2.7) ---- */

static void test_forward(void **state) {
    /* stream id (copied), record route (not copied), end */
    static const uint8_t opts[12] = {136, 4, 0, 7, 7, 7, 4, 0, 0, 0, 0, 0};
    struct inl_link_config c = {.kind = INL_LINK_IP, .name = "thin", .mtu_bytes = 576};
    struct inl_addr own = addr("172.16.0.1");
    struct ip4_hdr h = hdr4(99);
    struct net n;
    struct frame f;
    struct seen s;
    size_t at = 0;
    int thin;

    (void)state;
    net_start(&n, NET_FORWARD);
    thin = ip_link_add(n.ip, &c);
    assert_int_equal(ip_addr_add(n.ip, thin, &own, 24), 0);
    h.dst = addr("172.16.0.9");
    h.id = 777;
    h.frag_off_bytes = 80; /* a fragment itself, with more behind it */
    h.mf = true;
    h.opts = rd_init(opts, 12);
    frame_ip4(&f, h, big, 1200);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    for (int i = 0; net_take(&n, thin, &s); i++) {
        assert_int_equal(s.ip4.id, 777);
        assert_int_equal(s.ip4.ttl, 63);
        assert_int_equal(s.ip4.frag_off_bytes, 80 + at);
        assert_true(s.ip4.mf); /* all: the last one, too */
        assert_in_range(s.ip4.total_len_bytes, 1, 576);
        assert_int_equal(s.ip4.hdr_len_bytes, i == 0 ? 32 : 24);
        assert_memory_equal(rd_ptr(&s.ip4.opts), opts, 4);
        if (i == 0) { /* and the route is recorded */
            assert_memory_equal(rd_ptr(&s.ip4.opts) + 4, ((uint8_t[]){7, 7, 8, 172, 16, 0, 1}), 7);
        }
        assert_memory_equal(rd_ptr(&s.ip4.payload), big + at, rd_left(&s.ip4.payload));
        at += rd_left(&s.ip4.payload);
    }
    assert_int_equal(at, 1200);
    h.df = true;
    frame_ip4(&f, h, big, 1200);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TOO_BIG);
    assert_false(net_take(&n, thin, &s));
    net_stop(&n);
}

/* A link below 1280 octets is none for IPv6 (RFC 8200 5). */
static void test_thin_link(void **state) {
    struct inl_link_config c = {
        .kind = INL_LINK_ETHERNET, .name = "thin", .mtu_bytes = 1279, .mac = {2, 0, 0, 0, 9, 9}};
    struct inl_addr own = addr("fd00::1");
    struct net n;
    int thin;

    (void)state;
    net_start(&n, 0);
    thin = ip_link_add(n.ip, &c);
    assert_true(thin > 0);
    assert_int_equal(ip_addr_add(n.ip, thin, &own, 64), -EINVAL);
    own = addr("10.9.9.1");
    assert_int_equal(ip_addr_add(n.ip, thin, &own, 24), 0);
    net_stop(&n);
}

/* ---- options (RFC 791, RFC 1122 3.2.1.8) ---- */

static void fills(struct net *n, const char *what, const uint8_t *in, const uint8_t *want,
                  size_t len) {
    const struct inl_addr own = addr("10.0.0.1");
    uint8_t o[40], off = 0;

    memcpy(o, in, len);
    assert_true(ip4_opts_fill(n->ip, o, len, &own, &off));
    if (memcmp(o, want, len) != 0) {
        fail_msg("%s", what);
    }
}

static void test_options(void **state) {
    struct net n;
    const struct inl_addr own = addr("10.0.0.1");
    uint8_t full[12] = {68, 12, 13, 0xf1, 9, 9, 9, 9, 1, 2, 3, 4}, off = 0;

    (void)state;
    net_start(&n, 0);
    net_advance(&n, 0x1234 * INL_MS - 1000);
    fills(&n, "record route", (uint8_t[]){7, 7, 4, 0, 0, 0, 0, 0},
          (uint8_t[]){7, 7, 8, 10, 0, 0, 1, 0}, 8);
    fills(&n, "no room", (uint8_t[]){7, 7, 8, 9, 9, 9, 9, 0}, (uint8_t[]){7, 7, 8, 9, 9, 9, 9, 0},
          8);
    fills(&n, "behind another", (uint8_t[]){1, 148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0},
          (uint8_t[]){1, 148, 4, 0, 0, 7, 7, 8, 10, 0, 0, 1}, 12);
    fills(&n, "time", (uint8_t[]){68, 8, 5, 0, 0, 0, 0, 0},
          (uint8_t[]){68, 8, 9, 0, 0x80, 0, 0x12, 0x34}, 8);
    fills(&n, "address and time", (uint8_t[]){68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0},
          (uint8_t[]){68, 12, 13, 1, 10, 0, 0, 1, 0x80, 0, 0x12, 0x34}, 12);
    fills(&n, "asked for us", (uint8_t[]){68, 12, 5, 3, 10, 0, 0, 1, 0, 0, 0, 0},
          (uint8_t[]){68, 12, 13, 3, 10, 0, 0, 1, 0x80, 0, 0x12, 0x34}, 12);
    fills(&n, "asked for another", (uint8_t[]){68, 12, 5, 3, 10, 0, 0, 2, 0, 0, 0, 0},
          (uint8_t[]){68, 12, 5, 3, 10, 0, 0, 2, 0, 0, 0, 0}, 12);
    fills(&n, "overflow", (uint8_t[]){68, 8, 9, 0x10, 1, 1, 1, 1},
          (uint8_t[]){68, 8, 9, 0x20, 1, 1, 1, 1}, 8);
    assert_false(ip4_opts_fill(n.ip, full, 12, &own, &off)); /* the sixteenth time */
    assert_int_equal(off, 20);
    net_stop(&n);
}

/* RFC 1122 3.2.2.6: they go back with the answer. */
static void test_echo_options(void **state) {
    static const uint8_t opts[12] = {148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0};
    struct ip4_hdr h = hdr4(IP_PROTO_ICMP4);
    struct net n;
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    h.opts = rd_init(opts, 12);
    frame_icmp4(&f, h, (struct icmp4_msg){.type = ICMP4_ECHO_REQUEST, .data = rd_init(big, 5)});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_ECHO_REPLY);
    assert_int_equal(rd_left(&s.ip4.opts), 8);
    assert_memory_equal(rd_ptr(&s.ip4.opts), ((uint8_t[]){7, 7, 8, 10, 0, 0, 1, 0}), 8);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),          cmocka_unit_test(test_fits),
        cmocka_unit_test(test_flow_labels),  cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_id_sequence),  cmocka_unit_test(test_id_tells_nothing),
        cmocka_unit_test(test_id_cache),     cmocka_unit_test(test_pmtu_claims),
        cmocka_unit_test(test_pmtu_age),     cmocka_unit_test(test_pmtu_cap),
        cmocka_unit_test(test_pmtu_used),    cmocka_unit_test(test_forward),
        cmocka_unit_test(test_thin_link),    cmocka_unit_test(test_options),
        cmocka_unit_test(test_echo_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
