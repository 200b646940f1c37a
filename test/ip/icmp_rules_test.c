/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp_rules_test.c - tables of ICMP: who gets an echo, what each error means, when none is sent,
 * and extensions (RFC 792, RFC 1122 3.2.2, RFC 4443, RFC 4884)
 */
#include "net.h"

#include "base/csum.h"
#include "wire/icmpext.h"

#define PROTO_NOBODY 99

/* ---- requests ---- */

static enum inl_drop ask4(struct net *n, const char *src, const char *dst, struct icmp4_msg m) {
    struct ip4_hdr h = hdr4(IP_PROTO_ICMP4);
    struct frame f;

    h.src = addr(src);
    h.dst = addr(dst);
    frame_icmp4(&f, h, m);
    if (dst[0] != '1') {
        frame_to(&f, MAC_ALL);
    }
    return net_feed(n, ETH0, &f);
}

static enum inl_drop ask6(struct net *n, const char *src, const char *dst) {
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    h.src = addr(src);
    h.dst = addr(dst);
    frame_icmp6(&f, h, (struct icmp6_msg){.type = ICMP6_ECHO_REQUEST, .id = 3, .seq = 4});
    return net_feed(n, ETH0, &f);
}

static void test_echo_switches(void **state) {
    const struct icmp4_msg echo = {.type = ICMP4_ECHO_REQUEST, .id = 9};
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(ask4(&n, "10.0.0.2", "255.255.255.255", echo), INL_DROP_BROADCAST);
    assert_true(net_idle(&n));
    n.ip->icmp.echo_broadcast = true;
    assert_int_equal(ask4(&n, "10.0.0.2", "255.255.255.255", echo), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_ECHO_REPLY);
    assert_int_equal(s.icmp4.id, 9);
    assert_int_equal(inl_addr_to4(&s.ip4.src), 0x0a000001); /* an address of ours: not a group's */
    for (int i = 0; i < 30; i++) {                          /* within the limit of errors */
        ask4(&n, "10.0.0.2", "224.0.0.1", echo);
    }
    assert_int_equal(n.env.drop[INL_DROP_RATE_LIMITED], 21);
    while (net_take(&n, ETH0, &s)) {
    }
    n.ip->icmp.echo = false;
    assert_int_equal(ask4(&n, "10.0.0.2", "10.0.0.1", echo), INL_DROP_ICMP_SILENT);
    assert_int_equal(ask6(&n, "2001:db8::2", "2001:db8::1"), INL_DROP_ICMP_SILENT);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 4443 4.2: an answer from a unicast address of the interface; smurf: to neighbours only. */
static void test_echo_multicast6(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(ask6(&n, "2001:db8::2", "ff02::1"), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.type, ICMP6_ECHO_REPLY);
    assert_int_equal(s.icmp6.seq, 4);
    assert_true(inl_addr_eq(&s.ip6.src, &(struct inl_addr){{0x20, 1, 0xd, 0xb8, [15] = 1}}));
    assert_int_equal(ask6(&n, "2001:db8:77::2", "ff02::1"), INL_DROP_BROADCAST);
    assert_int_equal(ask6(&n, "ff02::1", "2001:db8::1"), INL_DROP_BAD_SOURCE);
    assert_true(net_idle(&n));
    for (int i = 0; i < 30; i++) { /* within the limit of errors, of which one is used */
        ask6(&n, "2001:db8::2", "ff02::1");
    }
    assert_int_equal(n.env.drop[INL_DROP_RATE_LIMITED], 21);
    while (net_take(&n, ETH0, &s)) {
    }
    net_stop(&n);
}

static void test_timestamp(void **state) {
    static const uint8_t times[12] = {1, 2, 3, 4};
    struct icmp4_msg m = {.type = ICMP4_TIMESTAMP, .id = 5, .seq = 6, .data = rd_init(times, 12)};
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(ask4(&n, "10.0.0.2", "10.0.0.1", m), INL_DROP_ICMP_SILENT);
    n.ip->icmp.timestamp = true;
    net_advance(&n, 1234 * INL_MS);
    assert_int_equal(ask4(&n, "10.0.0.2", "224.0.0.1", m), INL_DROP_BROADCAST);
    assert_int_equal(ask4(&n, "10.0.0.2", "10.0.0.1", m), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_TIMESTAMP_REPLY);
    assert_int_equal(s.icmp4.id, 5);
    assert_int_equal(rd_be32(&s.icmp4.data), 0x01020304);
    assert_int_equal(rd_be32(&s.icmp4.data), 0x80000000u + 1234);
    assert_int_equal(rd_be32(&s.icmp4.data), 0x80000000u + 1234);
    assert_int_equal(rd_left(&s.icmp4.data), 0);
    m.data = rd_init(times, 3);
    assert_int_equal(ask4(&n, "10.0.0.2", "10.0.0.1", m), INL_DROP_TRUNCATED);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* ---- what errors mean ---- */

struct quote {
    uint8_t b[600];
    size_t len;
};

static struct quote quote4(void) {
    struct ip4_hdr h = {.src = addr("10.0.0.1"),
                        .dst = addr("10.0.0.2"),
                        .proto = IP_PROTO_TCP,
                        .ttl = 3,
                        .total_len_bytes = 1000};
    struct quote q = {.len = 28};
    struct wr w = wr_init(q.b, sizeof(q.b));

    ip4_emit(&w, &h);
    wr_put(&w, "12345678", 8);
    return q;
}

static struct quote quote6(void) {
    struct ip6_hdr h = {.src = addr("2001:db8::1"),
                        .dst = addr("2001:db8::2"),
                        .next = IP_PROTO_TCP,
                        .hop_limit = 3,
                        .payload_len_bytes = 960};
    struct quote q = {.len = 48};
    struct wr w = wr_init(q.b, sizeof(q.b));

    ip6_emit(&w, &h);
    wr_put(&w, "12345678", 8);
    return q;
}

static enum inl_drop feed4(struct net *n, struct icmp4_msg m, const struct quote *q) {
    struct frame f;

    m.data = rd_init(q->b, q->len);
    frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), m);
    return net_feed(n, ETH0, &f);
}

static enum inl_drop feed6(struct net *n, struct icmp6_msg m, const struct quote *q) {
    struct frame f;

    m.data = rd_init(q->b, q->len);
    frame_icmp6(&f, hdr6(IP_PROTO_ICMP6), m);
    return net_feed(n, ETH0, &f);
}

/* Every code, and what lies beyond the known ones. */
static void test_meaning4(void **state) {
    static const struct {
        uint8_t type, code;
        int err;
        bool hard;
    } t[] = {
        {3, 0, ENETUNREACH, false},   {3, 1, EHOSTUNREACH, false},  {3, 2, ENOPROTOOPT, true},
        {3, 3, ECONNREFUSED, true},   {3, 4, EMSGSIZE, false},      {3, 5, EOPNOTSUPP, false},
        {3, 6, ENETUNREACH, false},   {3, 7, EHOSTUNREACH, false},  {3, 8, EHOSTUNREACH, false},
        {3, 9, EACCES, true},         {3, 10, EACCES, true},        {3, 11, ENETUNREACH, false},
        {3, 12, EHOSTUNREACH, false}, {3, 13, EACCES, true},        {3, 14, EACCES, true},
        {3, 15, EACCES, true},        {3, 16, EHOSTUNREACH, false}, {3, 255, EHOSTUNREACH, false},
        {11, 0, EHOSTUNREACH, false}, {11, 1, EHOSTUNREACH, false}, {12, 0, EPROTO, false},
        {12, 1, EPROTO, false},
    };
    const struct quote q = quote4();
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        const struct icmp4_msg m = {
            .type = t[i].type, .code = t[i].code, .mtu_bytes = 1400, .pointer = 20};
        bool pointed = t[i].type == 12 && t[i].code == 0;

        assert_int_equal(feed4(&n, m, &q), INL_DROP_NONE);
        assert_int_equal(n.errors, i + 1);
        assert_int_equal(n.err.err, t[i].err);
        assert_int_equal(n.err.hard, t[i].hard);
        assert_int_equal(n.err.mtu_bytes, t[i].err == EMSGSIZE ? 1400 : 0);
        assert_int_equal(n.err.info, t[i].err == EMSGSIZE ? 1400 : pointed ? 20 : 0);
        assert_int_equal(n.err.type, t[i].type);
        assert_int_equal(n.err.code, t[i].code);
        assert_int_equal(n.err.proto, IP_PROTO_TCP);
        assert_int_equal(n.err.link, ETH0);
        assert_int_equal(inl_addr_to4(&n.err.reporter), 0x0a000002);
        assert_memory_equal(n.quoted, "12345678", 8);
    }
    net_stop(&n);
}

static void test_meaning6(void **state) {
    static const struct {
        uint8_t type, code;
        int err;
        bool hard;
    } t[] = {
        {1, 0, ENETUNREACH, false},  {1, 1, EACCES, true},        {1, 2, EHOSTUNREACH, false},
        {1, 3, EHOSTUNREACH, false}, {1, 4, ECONNREFUSED, true},  {1, 5, EACCES, true},
        {1, 6, EACCES, true},        {1, 7, EHOSTUNREACH, false}, {1, 255, EHOSTUNREACH, false},
        {2, 0, EMSGSIZE, false},     {2, 9, EMSGSIZE, false},     {3, 0, EHOSTUNREACH, false},
        {3, 1, EHOSTUNREACH, false}, {4, 0, EPROTO, false},       {4, 1, ENOPROTOOPT, true},
        {4, 2, EPROTO, false},       {4, 3, EPROTO, false},       {100, 0, EPROTO, false},
        {127, 3, EPROTO, false},
    };
    const struct quote q = quote6();
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        const struct icmp6_msg m = {
            .type = t[i].type, .code = t[i].code, .mtu_bytes = 1400, .pointer = 40};

        assert_int_equal(feed6(&n, m, &q), INL_DROP_NONE);
        assert_int_equal(n.errors, i + 1);
        assert_int_equal(n.err.err, t[i].err);
        assert_int_equal(n.err.hard, t[i].hard);
        assert_int_equal(n.err.mtu_bytes, t[i].type == 2 ? 1400 : 0);
        assert_int_equal(n.err.info, t[i].type == 2 ? 1400 : t[i].type == 4 ? 40 : 0);
        assert_int_equal(n.err.proto, IP_PROTO_TCP);
        assert_memory_equal(n.quoted, "12345678", 8);
    }
    net_stop(&n);
}

/* RFC 4443 2.4 (d): behind extension headers, of a first fragment too; of a later one nothing is
 * known. */
static void test_quoted_headers(void **state) {
    static const uint8_t options[8] = {IP_PROTO_TCP, 0, 1, 4};
    uint8_t fragment[8] = {IP_PROTO_TCP, 0, 0, 1};
    const struct icmp6_msg m = {.type = ICMP6_UNREACH, .code = ICMP6_UNREACH_PORT};
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int i = 0; i < 3; i++) {
        struct quote q = quote6();

        fragment[2] = i == 2;
        memmove(q.b + 48, q.b + 40, 8);
        memcpy(q.b + 40, i == 0 ? options : fragment, 8);
        q.b[6] = i == 0 ? IP_PROTO_DSTOPTS : IP_PROTO_FRAGMENT;
        q.len = 56;
        assert_int_equal(feed6(&n, m, &q), i == 2 ? INL_DROP_ICMP_NO_MATCH : INL_DROP_NONE);
        assert_int_equal(n.errors, i == 2 ? 2 : i + 1);
        assert_int_equal(n.err.proto, IP_PROTO_TCP);
        assert_memory_equal(n.quoted, "12345678", 8);
    }
    net_stop(&n);
}

/* ---- extensions (RFC 4884) ---- */

static const uint8_t OBJECTS[] = {
    0, 12, 1, 1,    0, 1, 0x00, 5, 0, 2, 0x13, 6, /* two labels: 16 exp 0 ttl 5, 33 exp 1 [S] ttl 6
                                                   */
    0, 16, 2, 0x0d, 0, 0, 0,    7, 0, 1, 0,    0, 10,
    9, 9,  9, /* incoming interface 7, 10.9.9.9 ... */
};

/* A quote of @pad octets and an extension of version @version; @spoil: with a wrong checksum. */
static struct quote extended(struct quote q, size_t pad, uint8_t version, bool spoil) {
    uint8_t *ext = q.b + pad;
    size_t len = 4 + 12 + 20;
    struct wr w = wr_init(ext, len);

    wr_u8(&w, (uint8_t)(version << 4));
    wr_u8(&w, 0);
    wr_be16(&w, 0);
    wr_put(&w, OBJECTS, 12);
    wr_be16(&w, 20);
    wr_put(&w, OBJECTS + 14, 14);
    wr_be32(&w, 1400); /* ... and an MTU */
    assert_false(w.bad);
    wr_set_be16(&w, 2, (uint16_t)(csum_fold(csum_add(0, ext, len)) ^ spoil));
    q.len = pad + len;
    return q;
}

static void test_extensions(void **state) {
    static const struct {
        size_t pad;
        uint16_t length;
        uint8_t version;
        bool spoil;
        bool good;
    } t[] = {
        {128, 128, 2, false, true},
        {160, 160, 2, false, true},
        {128, 128, 2, true, false}, /* checksum */
        {128, 128, 1, false, false},
        {64, 64, 2, false, false},   /* less than 128 octets are quoted */
        {128, 0, 2, false, false},   /* RFC 4884 5.4: no length, no extension */
        {128, 256, 2, false, false}, /* beyond the end */
    };
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        for (int v6 = 0; v6 < 2; v6++) {
            const struct quote q =
                extended(v6 ? quote6() : quote4(), t[i].pad, t[i].version, t[i].spoil);
            const struct icmp4_msg m4 = {.type = ICMP4_TIME_EXCEEDED, .quoted_bytes = t[i].length};
            const struct icmp6_msg m6 = {.type = ICMP6_TIME_EXCEEDED,
                                         .rest = (uint32_t)(t[i].length / 8) << 24};

            assert_int_equal(v6 ? feed6(&n, m6, &q) : feed4(&n, m4, &q), INL_DROP_NONE);
            assert_int_equal(rd_left(&n.err.extensions), t[i].good ? 32 : 0);
            assert_int_equal(rd_left(&n.err.packet),
                             t[i].length >= 128 && t[i].length < q.len ? t[i].length : q.len);
        }
    }
    net_stop(&n);
}

static void text_is(struct rd data, size_t quoted_bytes, const char *want) {
    char line[300];
    struct text t = text_init(line, sizeof(line));
    struct rd objects;

    icmpext_split(&data, quoted_bytes, true, &objects);
    icmpext_text(&t, objects);
    assert_string_equal(line, want);
}

static void test_extensions_text(void **state) {
    static const char want[] = ", MPLS label 16 exp 0 ttl 5, MPLS label 33 exp 1 [S] ttl 6, "
                               "interface 7 10.9.9.9 mtu 1400";
    struct quote q4 = extended(quote4(), 128, 2, false), q6 = extended(quote6(), 128, 2, false);

    (void)state;
    text_is(rd_init(q4.b, q4.len), 128, want);
    text_is(rd_init(q6.b, q6.len), 128, want);
    text_is(rd_init(q4.b, q4.len), 0, want); /* the old form is read as well (RFC 4884 5.5) */
}

/* Objects whose lengths lie, and interfaces of all kinds. */
static void test_extension_objects(void **state) {
    static const struct {
        uint8_t b[40];
        size_t len;
        const char *want;
    } t[] = {
        {{0, 3, 2, 8}, 4, ""},          /* shorter than its header */
        {{0, 8, 2, 8, 0, 0, 0}, 7, ""}, /* beyond the end */
        {{0, 6, 2, 8, 0, 0}, 6, ", interface [malformed]"},
        {{0, 4, 9, 4}, 4, ", extension class 9 type 4"},
        {{0, 8, 1, 1, 0xff, 0xff, 0xff, 0xff}, 8, ", MPLS label 1048575 exp 7 [S] ttl 255"},
        {{0, 12, 2, 0x82, 8, 'e', 't', 'h', '1', 0, 0, 0}, 12, ", outgoing interface eth1"},
        {{0, 12, 2, 2, 7, 'e', 't', 'h', '1', 0, 0, 0}, 12, ", interface [malformed]"},
        {{0, 12, 2, 2, 12, 'e', 't', 'h', '1', 0, 0, 0}, 12, ", interface [malformed]"},
        {{0, 5, 2, 2, 0}, 5, ", interface [malformed]"},
        {{0, 24, 2, 0xc4, 0, 2, 0, 0, 0x20, 1, 0xd, 0xb8, [23] = 1}, 24, ", next hop 2001:db8::1"},
        {{0, 12, 2, 4, 0, 3, 0, 0, 1, 2, 3, 4}, 12, ", interface [malformed]"},
    };
    char line[200];

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        uint8_t *exact = malloc(t[i].len);
        struct text text = text_init(line, sizeof(line));

        memcpy(exact, t[i].b, t[i].len);
        icmpext_text(&text, rd_init(exact, t[i].len));
        assert_string_equal(line, t[i].want);
        free(exact);
    }
}

/* ---- when no error is sent ---- */

/* RFC 1122 3.2.2: not about ICMP errors, to groups, from what is no host, or later fragments. */
static void test_never4(void **state) {
    static const struct {
        const char *src, *dst;
        uint8_t proto, icmp_type;
        uint16_t frag;
        bool error;
    } t[] = {
        {"10.0.0.2", "10.0.0.1", PROTO_NOBODY, 0, 0, true},
        {"10.0.0.2", "10.0.0.255", PROTO_NOBODY, 0, 0, false},
        {"10.0.0.2", "255.255.255.255", PROTO_NOBODY, 0, 0, false},
        {"10.0.0.2", "224.0.0.1", PROTO_NOBODY, 0, 0, false},
        {"0.0.0.0", "10.0.0.1", PROTO_NOBODY, 0, 0, false},
        {"127.0.0.1", "10.0.0.1", PROTO_NOBODY, 0, 0, false},
        {"224.0.0.5", "10.0.0.1", PROTO_NOBODY, 0, 0, false},
        {"240.0.0.1", "10.0.0.1", PROTO_NOBODY, 0, 0, false},
        {"10.0.0.255", "10.0.0.1", PROTO_NOBODY, 0, 0, false},
        {"255.255.255.255", "10.0.0.1", PROTO_NOBODY, 0, 0, false},
        {"10.0.0.1", "10.0.0.1", PROTO_NOBODY, 0, 0, false},
        /* passing through a router whose TTL check fails */
        {"10.0.0.2", "192.168.5.9", IP_PROTO_TCP, 0, 0, true},
        {"10.0.0.2", "192.168.5.9", IP_PROTO_TCP, 0, 8, false},
        {"10.0.0.2", "192.168.5.9", IP_PROTO_ICMP4, ICMP4_ECHO_REQUEST, 0, true},
        {"10.0.0.2", "192.168.5.9", IP_PROTO_ICMP4, ICMP4_ECHO_REPLY, 0, true},
        {"10.0.0.2", "192.168.5.9", IP_PROTO_ICMP4, ICMP4_UNREACH, 0, false},
        {"10.0.0.2", "192.168.5.9", IP_PROTO_ICMP4, ICMP4_QUENCH, 0, false},
        {"10.0.0.2", "192.168.5.9", IP_PROTO_ICMP4, ICMP4_REDIRECT, 0, false},
        {"10.0.0.2", "192.168.5.9", IP_PROTO_ICMP4, ICMP4_TIME_EXCEEDED, 0, false},
        {"10.0.0.2", "192.168.5.9", IP_PROTO_ICMP4, ICMP4_PARAM_PROBLEM, 0, false},
        {"10.0.0.2", "192.168.5.9", IP_PROTO_ICMP4, ICMP4_ECHO_REQUEST, 8, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        uint8_t body[24] = {t[i].icmp_type};
        struct ip4_hdr h = {.src = addr(t[i].src),
                            .dst = addr(t[i].dst),
                            .ttl = 1,
                            .proto = t[i].proto,
                            .frag_off_bytes = t[i].frag};
        struct net n;
        struct frame f;
        struct seen s;

        net_start(&n, NET_FORWARD);
        net_resolve(&n);
        frame_ip4(&f, h, body, sizeof(body));
        net_feed(&n, ETH0, &f);
        if (net_take(&n, ETH0, &s) != t[i].error) {
            fail_msg("row %zu: %s > %s", i, t[i].src, t[i].dst);
        }
        net_stop(&n);
    }
}

/* RFC 4443 2.4 (e). */
static void test_never6(void **state) {
    static const struct {
        const char *src, *dst;
        uint8_t proto, icmp_type;
        bool error;
    } t[] = {
        {"2001:db8::2", "2001:db8::1", PROTO_NOBODY, 0, true},
        {"2001:db8::2", "ff02::1", PROTO_NOBODY, 0, false}, /* (e.3) */
        {"::", "2001:db8::1", PROTO_NOBODY, 0, false},      /* (e.6) */
        {"ff02::1", "2001:db8::1", PROTO_NOBODY, 0, false}, /* (e.6) */
        {"2001:db8::1", "2001:db8::1", PROTO_NOBODY, 0, false},
        {"2001:db8::2", "2001:db8:5::9", IP_PROTO_TCP, 0, true},
        {"2001:db8::2", "2001:db8:5::9", IP_PROTO_ICMP6, ICMP6_ECHO_REQUEST, true},
        {"2001:db8::2", "2001:db8:5::9", IP_PROTO_ICMP6, 200, true},
        {"2001:db8::2", "2001:db8:5::9", IP_PROTO_ICMP6, ICMP6_UNREACH, false}, /* (e.1) */
        {"2001:db8::2", "2001:db8:5::9", IP_PROTO_ICMP6, ICMP6_TOO_BIG, false},
        {"2001:db8::2", "2001:db8:5::9", IP_PROTO_ICMP6, ICMP6_TIME_EXCEEDED, false},
        {"2001:db8::2", "2001:db8:5::9", IP_PROTO_ICMP6, ICMP6_PARAM_PROBLEM, false},
        {"2001:db8::2", "2001:db8:5::9", IP_PROTO_ICMP6, 100, false},
        {"2001:db8::2", "2001:db8:5::9", IP_PROTO_ICMP6, ICMP6_REDIRECT, false}, /* (e.2) */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        uint8_t body[24] = {t[i].icmp_type};
        struct ip6_hdr h = {
            .src = addr(t[i].src), .dst = addr(t[i].dst), .hop_limit = 1, .next = t[i].proto};
        struct net n;
        struct frame f;
        struct seen s;

        net_start(&n, NET_FORWARD);
        net_resolve(&n);
        frame_ip6(&f, h, body, sizeof(body));
        net_feed(&n, ETH0, &f);
        if (net_take(&n, ETH0, &s) != t[i].error) {
            fail_msg("row %zu: %s > %s", i, t[i].src, t[i].dst);
        }
        net_stop(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo_switches),
        cmocka_unit_test(test_echo_multicast6),
        cmocka_unit_test(test_timestamp),
        cmocka_unit_test(test_meaning4),
        cmocka_unit_test(test_meaning6),
        cmocka_unit_test(test_quoted_headers),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_extensions_text),
        cmocka_unit_test(test_extension_objects),
        cmocka_unit_test(test_never4),
        cmocka_unit_test(test_never6),
    };

    return cmocka_run_group_tests_name("ICMP: rules", tests, NULL, NULL);
}
