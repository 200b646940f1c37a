/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp_test.c - echo, errors that are sent, errors that must not be, errors that come in
 */
#include "net.h"

#define PROTO_NOBODY 99

static const uint8_t DATA[24] = "twenty-three bytes here";

static void test_echo4(void **state) {
    static uint8_t big[1472];
    struct net n;
    struct ip4_hdr h = hdr4(IP_PROTO_ICMP4);
    struct icmp4_msg m = {.type = ICMP4_ECHO_REQUEST, .id = 0x1234, .seq = 7};
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    memset(big, 0x5a, sizeof(big));
    for (size_t len = 0; len <= sizeof(big); len += 368) {
        m.data = rd_init(big, len);
        h.tos = 0x10;
        h.dst = addr("192.168.5.1"); /* the source of the reply is what was asked (RFC 1122) */
        frame_icmp4(&f, h, m);
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
        assert_true(net_take(&n, ETH0, &s));
        assert_int_equal(s.icmp4.type, ICMP4_ECHO_REPLY);
        assert_int_equal(s.icmp4.id, 0x1234);
        assert_int_equal(s.icmp4.seq, 7);
        assert_int_equal(rd_left(&s.icmp4.data), len);
        if (len) {
            assert_memory_equal(rd_ptr(&s.icmp4.data), big, len);
        }
        assert_true(inl_addr_eq(&s.ip4.src, &h.dst));
        assert_true(inl_addr_eq(&s.ip4.dst, &h.src));
        assert_int_equal(s.ip4.tos, 0x10);
        assert_int_equal(s.cause, INL_CAUSE_ECHO_REPLY);
    }
    frame_icmp4(&f, h, m);
    f.b[14 + 20 + 2] ^= 1;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_CHECKSUM);
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void test_echo6(void **state) {
    struct net n;
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct icmp6_msg m = {
        .type = ICMP6_ECHO_REQUEST, .id = 1, .seq = 2, .data = rd_init(DATA, sizeof(DATA))};
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    frame_icmp6(&f, h, m);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.type, ICMP6_ECHO_REPLY);
    assert_int_equal(s.icmp6.seq, 2);
    assert_int_equal(rd_left(&s.icmp6.data), sizeof(DATA));
    assert_true(inl_addr_eq(&s.ip6.src, &h.dst));
    f.b[f.len - 1] ^= 1;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_CHECKSUM);
    h.src = inl_addr_any6(); /* nobody asks */
    frame_icmp6(&f, h, m);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_SOURCE);
    h = hdr6(IP_PROTO_ICMP6); /* an address of the other link: the answer comes from it */
    h.dst = addr("2001:db8:5::1");
    frame_icmp6(&f, h, m);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_true(inl_addr_eq(&s.ip6.src, &h.dst));
    /* from link-local to link-local: the answer stays on the link */
    h.src = addr("fe80::2");
    h.dst = addr("fe80::ff:fe00:101");
    frame_icmp6(&f, h, m);
    frame_to(&f, MAC_HOST1);
    assert_int_equal(net_feed(&n, ETH1, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH1, &s));
    assert_int_equal(s.nd.type, ICMP6_NEIGH_SOLICIT);
    assert_true(inl_addr_eq(&s.nd.target, &h.src));
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* SEC-17: no echo to groups, and none in the name of one. */
static void test_echo_groups(void **state) {
    static const char *const groups[] = {"255.255.255.255", "10.0.0.255", "224.0.0.1"};
    const struct icmp4_msg m4 = {.type = ICMP4_ECHO_REQUEST};
    const struct icmp6_msg m6 = {.type = ICMP6_ECHO_REQUEST};
    struct ip4_hdr h4 = hdr4(IP_PROTO_ICMP4);
    struct ip6_hdr h6 = hdr6(IP_PROTO_ICMP6);
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    for (int i = 0; i < 3; i++) {
        h4.dst = addr(groups[i]);
        frame_icmp4(&f, h4, m4);
        frame_to(&f, MAC_ALL);
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BROADCAST);
    }
    n.ip->icmp.echo_multicast = false;
    h6.dst = addr("ff02::1");
    frame_icmp6(&f, h6, m6);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BROADCAST);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* SEC-15: obsolete messages neither answer nor change anything. */
static void test_obsolete(void **state) {
    static const struct {
        uint8_t type;
        enum inl_drop why;
    } rows[] = {{ICMP4_QUENCH, INL_DROP_ICMP_QUENCH},
                {ICMP4_REDIRECT, INL_DROP_ICMP_REDIRECT},
                {ICMP4_TIMESTAMP, INL_DROP_ICMP_SILENT},
                {ICMP4_MASK_REQUEST, INL_DROP_UNKNOWN_ICMP},
                {ICMP4_ROUTER_ADVERT, INL_DROP_UNKNOWN_ICMP},
                {ICMP4_ECHO_REPLY, INL_DROP_ICMP_NO_MATCH},
                {200, INL_DROP_UNKNOWN_ICMP}};
    struct net n;
    uint64_t gen;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    gen = ip_path_gen(n.ip);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        frame_icmp4(&f, hdr4(IP_PROTO_ICMP4),
                    (struct icmp4_msg){.type = rows[i].type, .data = rd_init(DATA, 20)});
        assert_int_equal(net_feed(&n, ETH0, &f), rows[i].why);
    }
    frame_icmp6(&f, hdr6(IP_PROTO_ICMP6), (struct icmp6_msg){.type = 200});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_UNKNOWN_ICMP);
    assert_int_equal(ip_path_gen(n.ip), gen);
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void test_unknown_protocol(void **state) {
    static const uint8_t protos[] = {PROTO_NOBODY, IP_PROTO_IPIP, IP_PROTO_IP6, IP_PROTO_GRE};
    static uint8_t big[1400];
    struct net n;
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    for (size_t i = 0; i < sizeof(protos); i++) { /* SEC-05: nothing is unpacked unasked */
        frame_ip4(&f, hdr4(protos[i]), DATA, sizeof(DATA));
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_UNKNOWN_PROTOCOL);
        assert_true(net_take(&n, ETH0, &s));
        assert_int_equal(s.icmp4.type, ICMP4_UNREACH);
        assert_int_equal(s.icmp4.code, ICMP4_UNREACH_PROTO);
        assert_int_equal(s.cause, INL_CAUSE_ICMP_PROTO_UNREACH);
        assert_int_equal(rd_left(&s.icmp4.data), f.len - 14);
        assert_memory_equal(rd_ptr(&s.icmp4.data), f.b + 14, f.len - 14);
    }
    /* the source of an error is what was asked, if it is ours */
    struct ip4_hdr h = hdr4(PROTO_NOBODY);

    h.dst = addr("192.168.5.1");
    frame_ip4(&f, h, DATA, sizeof(DATA));
    net_feed(&n, ETH0, &f);
    assert_true(net_take(&n, ETH0, &s));
    assert_true(inl_addr_eq(&s.ip4.src, &h.dst));
    /* as much as fits in 576 and 1280 */
    frame_ip4(&f, hdr4(PROTO_NOBODY), big, sizeof(big));
    net_feed(&n, ETH0, &f);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.ip4.total_len_bytes, 576);
    frame_ip6(&f, hdr6(PROTO_NOBODY), big, sizeof(big));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_UNKNOWN_PROTOCOL);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.len, 14 + 1280);
    assert_int_equal(s.icmp6.type, ICMP6_PARAM_PROBLEM);
    assert_int_equal(s.icmp6.code, ICMP6_PARAM_NEXT_HEADER);
    assert_int_equal(s.icmp6.pointer, 6);
    /* IPv4's ICMP in IPv6 and the other way round are unknown protocols as well, even if
     * somebody wants to hear of replies */
    ip_proto_set(n.ip, IP_PROTO_ICMP4, &n.ip->protos[IP_PROTO_TCP]);
    ip_proto_set(n.ip, IP_PROTO_ICMP6, &n.ip->protos[IP_PROTO_TCP]);
    frame_ip6(&f, hdr6(IP_PROTO_ICMP4), DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_UNKNOWN_PROTOCOL);
    frame_ip4(&f, hdr4(IP_PROTO_ICMP6), DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_UNKNOWN_PROTOCOL);
    assert_int_equal(n.inputs, 0);
    net_stop(&n);
}

/* RFC 1122 3.2.2, RFC 4443 2.4 (e): when never to send an error. */
static void test_suppressed(void **state) {
    static const uint8_t inner[28] = {0x45};
    struct ip4_hdr h = hdr4(PROTO_NOBODY);
    struct ip6_hdr h6 = hdr6(PROTO_NOBODY);
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    h.dst = addr("255.255.255.255"); /* to groups */
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_UNKNOWN_PROTOCOL);
    h.dst = addr("224.0.0.1");
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_UNKNOWN_PROTOCOL);
    h6.dst = addr("ff02::1");
    frame_ip6(&f, h6, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_UNKNOWN_PROTOCOL);
    assert_true(net_idle(&n));
    /* about errors, and about what cannot be told from one: seen when forwarding, with TTL 1 */
    h = hdr4(IP_PROTO_ICMP4);
    h.ttl = 1;
    h.dst = addr("192.168.5.9");
    frame_icmp4(&f, h, (struct icmp4_msg){.type = ICMP4_UNREACH, .data = rd_init(inner, 28)});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TTL_EXCEEDED);
    frame_ip4(&f, h, DATA, 0);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TTL_EXCEEDED);
    h.proto = IP_PROTO_TCP; /* about fragments but the first */
    h.frag_off_bytes = 8;
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TTL_EXCEEDED);
    h6 = hdr6(IP_PROTO_ICMP6);
    h6.hop_limit = 1;
    h6.dst = addr("2001:db8:5::9");
    frame_icmp6(&f, h6, (struct icmp6_msg){.type = ICMP6_UNREACH, .data = rd_init(DATA, 24)});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TTL_EXCEEDED);
    frame_icmp6(&f, h6, (struct icmp6_msg){.type = ICMP6_REDIRECT, .data = rd_init(DATA, 24)});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TTL_EXCEEDED);
    assert_true(net_idle(&n));
    /* an echo request is not an error: the same packet, answered */
    frame_icmp6(&f, h6, (struct icmp6_msg){.type = ICMP6_ECHO_REQUEST});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TTL_EXCEEDED);
    assert_false(net_idle(&n));
    net_stop(&n);
}

/* A frame that was broadcast, with a unicast packet in it, that a router would complain about. */
static void test_suppressed_link_group(void **state) {
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    h.ttl = 1;
    h.dst = addr("192.168.5.9");
    frame_ip4(&f, h, DATA, sizeof(DATA));
    frame_to(&f, MAC_ALL);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void test_rate_limit(void **state) {
    struct net n;
    struct frame f;
    struct seen s;
    int sent = 0;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    frame_ip4(&f, hdr4(PROTO_NOBODY), DATA, sizeof(DATA));
    for (int i = 0; i < 1000; i++) {
        net_feed(&n, ETH0, &f);
        sent += net_take(&n, ETH0, &s);
    }
    assert_int_equal(sent, 10);
    assert_int_equal(n.env.drop[INL_DROP_RATE_LIMITED], 990);
    net_advance(&n, 500 * INL_MS); /* ten a second */
    for (int i = 0; i < 1000; i++) {
        net_feed(&n, ETH0, &f);
        sent += net_take(&n, ETH0, &s);
    }
    assert_int_equal(sent, 15);
    net_stop(&n);
}

/* One limit for all destinations: a flood from everywhere gets about a thousand a second. */
static void test_rate_limit_all(void **state) {
    struct net n;
    struct ip4_hdr h = hdr4(PROTO_NOBODY);
    struct frame f;
    struct seen s;
    int sent = 0;

    (void)state;
    net_start(&n, 0);
    for (uint32_t i = 0; i < 20000; i++) {
        h.src = inl_addr_from4(0x0b000000 + i);
        frame_ip4(&f, h, DATA, sizeof(DATA));
        net_feed(&n, ETH0, &f);
        net_advance(&n, 50 * INL_US);
        if (i == 0) { /* the way back leads through the gateway */
            frame_arp(&f, ARP_REQUEST, "10.0.0.254", MAC_PEER, "10.0.0.1");
            net_feed(&n, ETH0, &f);
        }
        while (net_take(&n, ETH0, &s)) {
            sent += s.eth.type == ETH_TYPE_IP4;
        }
    }
    assert_in_range(sent, 500, 1300);
    net_stop(&n);
}

/* ---- errors that come in ---- */

struct quote {
    uint8_t b[64];
    size_t len;
};

static struct quote quote4(const char *src, const char *dst, uint8_t proto, uint16_t frag) {
    struct ip4_hdr h = {.src = addr(src),
                        .dst = addr(dst),
                        .proto = proto,
                        .ttl = 3,
                        .total_len_bytes = 1000,
                        .frag_off_bytes = frag};
    struct quote q;
    struct wr w = wr_init(q.b, sizeof(q.b));

    ip4_emit(&w, &h);
    wr_put(&w, "12345678", 8);
    q.len = wr_len(&w);
    return q;
}

static void feed_error4(struct net *n, struct icmp4_msg m, const struct quote *q,
                        enum inl_drop why) {
    struct frame f;

    m.data = rd_init(q->b, q->len);
    frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), m);
    assert_int_equal(net_feed(n, ETH0, &f), why);
}

static void test_errors_in(void **state) {
    static const struct {
        uint8_t type, code;
        int err;
        bool hard;
    } rows[] = {
        {ICMP4_UNREACH, ICMP4_UNREACH_NET, ENETUNREACH, false},
        {ICMP4_UNREACH, ICMP4_UNREACH_HOST, EHOSTUNREACH, false},
        {ICMP4_UNREACH, ICMP4_UNREACH_PROTO, ENOPROTOOPT, true},
        {ICMP4_UNREACH, ICMP4_UNREACH_PORT, ECONNREFUSED, true},
        {ICMP4_UNREACH, ICMP4_UNREACH_FRAG_NEEDED, EMSGSIZE, false},
        {ICMP4_UNREACH, ICMP4_UNREACH_FILTERED, EACCES, true},
        {ICMP4_TIME_EXCEEDED, 0, EHOSTUNREACH, false},
        {ICMP4_PARAM_PROBLEM, 0, EPROTO, false},
    };
    const struct quote good = quote4("10.0.0.1", "10.0.0.2", IP_PROTO_TCP, 0);
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        feed_error4(
            &n, (struct icmp4_msg){.type = rows[i].type, .code = rows[i].code, .mtu_bytes = 1400},
            &good, INL_DROP_NONE);
        assert_int_equal(n.errors, i + 1);
        assert_int_equal(n.err.err, rows[i].err);
        assert_int_equal(n.err.hard, rows[i].hard);
        assert_int_equal(n.err.type, rows[i].type);
        assert_int_equal(n.err.code, rows[i].code);
        assert_int_equal(n.err.mtu_bytes, rows[i].err == EMSGSIZE ? 1400 : 0);
        assert_memory_equal(n.quoted, "12345678", 8);
    }
    assert_int_equal(inl_addr_to4(&n.err.src), 0x0a000001);
    assert_int_equal(inl_addr_to4(&n.err.dst), 0x0a000002);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* SEC-12: quotes that are cut, or of what we cannot have sent. */
static void test_errors_unmatched(void **state) {
    const struct icmp4_msg m = {.type = ICMP4_UNREACH, .code = ICMP4_UNREACH_PORT};
    struct quote q = quote4("10.0.0.1", "10.0.0.2", IP_PROTO_TCP, 0);
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (q.len = 0; q.len < 28; q.len++) {
        feed_error4(&n, m, &q, q.len < 20 ? INL_DROP_TRUNCATED : INL_DROP_ICMP_NO_MATCH);
    }
    q.b[0] = 0x4f; /* header of 60 octets, of which 28 are there */
    feed_error4(&n, m, &q, INL_DROP_TRUNCATED);
    q = quote4("10.0.0.9", "10.0.0.2", IP_PROTO_TCP, 0);
    feed_error4(&n, m, &q, INL_DROP_ICMP_NO_MATCH);
    q = quote4("192.168.5.1", "10.0.0.2", IP_PROTO_TCP, 0); /* ours, but not who was told */
    feed_error4(&n, m, &q, INL_DROP_ICMP_NO_MATCH);
    q = quote4("10.0.0.1", "10.0.0.2", IP_PROTO_TCP, 8);
    feed_error4(&n, m, &q, INL_DROP_ICMP_NO_MATCH);
    q = quote4("10.0.0.1", "10.0.0.2", PROTO_NOBODY, 0);
    feed_error4(&n, m, &q, INL_DROP_ICMP_NO_MATCH);
    struct ip4_hdr h = hdr4(IP_PROTO_ICMP4); /* told to everybody */
    struct icmp4_msg all = m;
    struct frame f;

    q = quote4("10.0.0.255", "10.0.0.2", IP_PROTO_TCP, 0);
    all.data = rd_init(q.b, q.len);
    h.dst = addr("10.0.0.255");
    frame_icmp4(&f, h, all);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_ICMP_NO_MATCH);
    assert_int_equal(n.errors, 0);
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void test_errors6_in(void **state) {
    static const struct {
        uint8_t type, code;
        int err;
        bool hard;
    } rows[] = {
        {ICMP6_UNREACH, ICMP6_UNREACH_NO_ROUTE, ENETUNREACH, false},
        {ICMP6_UNREACH, ICMP6_UNREACH_ADDR, EHOSTUNREACH, false},
        {ICMP6_UNREACH, ICMP6_UNREACH_PORT, ECONNREFUSED, true},
        {ICMP6_UNREACH, ICMP6_UNREACH_PROHIBITED, EACCES, true},
        {ICMP6_TOO_BIG, 0, EMSGSIZE, false},
        {ICMP6_TIME_EXCEEDED, 0, EHOSTUNREACH, false},
        {ICMP6_PARAM_PROBLEM, ICMP6_PARAM_NEXT_HEADER, ENOPROTOOPT, true},
        {ICMP6_PARAM_PROBLEM, ICMP6_PARAM_FIELD, EPROTO, false},
        {100, 0, EPROTO, false}, /* unknown errors go to the transport (RFC 4443 2.4 a) */
    };
    const struct ip6_hdr inner = {.src = addr("2001:db8::1"),
                                  .dst = addr("2001:db8::2"),
                                  .next = IP_PROTO_TCP,
                                  .payload_len_bytes = 1000};
    struct net n;
    struct frame f;
    uint8_t b[64];
    struct wr w = wr_init(b, sizeof(b));

    (void)state;
    net_start(&n, 0);
    ip6_emit(&w, &inner);
    wr_put(&w, "12345678", 8);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        frame_icmp6(&f, hdr6(IP_PROTO_ICMP6),
                    (struct icmp6_msg){.type = rows[i].type,
                                       .code = rows[i].code,
                                       .mtu_bytes = 1300,
                                       .data = rd_init(b, wr_len(&w))});
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
        assert_int_equal(n.errors, i + 1);
        assert_int_equal(n.err.err, rows[i].err);
        assert_int_equal(n.err.hard, rows[i].hard);
        assert_int_equal(n.err.mtu_bytes, rows[i].err == EMSGSIZE ? 1300 : 0);
        assert_memory_equal(n.quoted, "12345678", 8);
    }
    for (size_t len = 0; len < wr_len(&w); len++) {
        frame_icmp6(&f, hdr6(IP_PROTO_ICMP6),
                    (struct icmp6_msg){.type = ICMP6_UNREACH, .data = rd_init(b, len)});
        assert_int_not_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    }
    b[23] ^= 1; /* not our source */
    frame_icmp6(&f, hdr6(IP_PROTO_ICMP6),
                (struct icmp6_msg){.type = ICMP6_UNREACH, .data = rd_init(b, wr_len(&w))});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_ICMP_NO_MATCH);
    struct inl_addr other = addr("2001:db8:5::1"); /* ours, but not who was told */

    memcpy(b + 8, other.b, 16);
    frame_icmp6(&f, hdr6(IP_PROTO_ICMP6),
                (struct icmp6_msg){.type = ICMP6_UNREACH, .data = rd_init(b, wr_len(&w))});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_ICMP_NO_MATCH);
    assert_true(net_idle(&n));
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo4),
        cmocka_unit_test(test_echo6),
        cmocka_unit_test(test_echo_groups),
        cmocka_unit_test(test_obsolete),
        cmocka_unit_test(test_unknown_protocol),
        cmocka_unit_test(test_suppressed),
        cmocka_unit_test(test_suppressed_link_group),
        cmocka_unit_test(test_rate_limit),
        cmocka_unit_test(test_rate_limit_all),
        cmocka_unit_test(test_errors_in),
        cmocka_unit_test(test_errors_unmatched),
        cmocka_unit_test(test_errors6_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
