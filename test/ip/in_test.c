/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * in_test.c - what is taken in, what is dropped and for which reason
 */
#include "net.h"

static const uint8_t DATA[24] = "twenty-three bytes here";

/* Feeds a TCP-like packet with that header; it must be dropped for that reason, in silence. */
static void drops4(struct net *n, struct ip4_hdr h, enum inl_drop why) {
    uint64_t before = n->env.drop[why];
    struct frame f;

    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(n, ETH0, &f), why);
    assert_int_equal(n->env.drop[why], before + 1);
    assert_int_equal(n->inputs, 0);
    assert_true(net_idle(n));
}

static void drops6(struct net *n, struct ip6_hdr h, enum inl_drop why) {
    struct frame f;

    frame_ip6(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(n, ETH0, &f), why);
    assert_int_equal(n->inputs, 0);
    assert_true(net_idle(n));
}

static void test_good(void **state) {
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    frame_ip4(&f, hdr4(IP_PROTO_TCP), DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    assert_false(n.rx.group);
    assert_int_equal(n.rx.packet_len, 20 + sizeof(DATA));
    assert_int_equal(n.rx.link, ETH0);
    assert_int_equal(n.rx.ttl, 64);
    frame_ip6(&f, hdr6(IP_PROTO_TCP), DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.inputs, 2);
    assert_int_equal(n.rx.packet_len, 40 + sizeof(DATA));
    /* an address that is gone is not ours any more, and one that came is at once */
    struct inl_addr own4 = addr("10.0.0.1"), own6 = addr("2001:db8::1");

    assert_int_equal(ip_addr_del(n.ip, ETH0, &own6), 0);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    frame_ip4(&f, hdr4(IP_PROTO_TCP), DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(ip_addr_del(n.ip, ETH0, &own4), 0);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    assert_int_equal(ip_addr_add(n.ip, ETH0, &own4, 24), 0);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    net_stop(&n);
}

/* Every proper prefix of a good frame is dropped (SEC-01), and none is answered. */
static void test_prefixes(void **state) {
    struct net n;
    struct frame f[5];
    const struct nd_msg ns = {.type = ICMP6_NEIGH_SOLICIT, .target = addr("2001:db8::1")};
    struct ip6_hdr h6 = hdr6(IP_PROTO_ICMP6);

    (void)state;
    net_start(&n, 0);
    h6.hop_limit = 255;
    frame_arp(&f[0], ARP_REQUEST, "10.0.0.2", MAC_PEER, "10.0.0.1");
    frame_icmp4(&f[1], hdr4(IP_PROTO_ICMP4),
                (struct icmp4_msg){.type = ICMP4_ECHO_REQUEST, .data = rd_init(DATA, 5)});
    frame_icmp6(&f[2], hdr6(IP_PROTO_ICMP6),
                (struct icmp6_msg){.type = ICMP6_ECHO_REQUEST, .data = rd_init(DATA, 5)});
    frame_nd(&f[3], h6, &ns);
    frame_ip4(&f[4], hdr4(IP_PROTO_TCP), DATA, sizeof(DATA));
    for (int i = 0; i < 5; i++) {
        for (size_t len = 0; len < f[i].len; len++) {
            assert_int_not_equal(net_feed_bytes(&n, ETH0, f[i].b, len), INL_DROP_NONE);
            assert_true(net_idle(&n));
        }
    }
    assert_int_equal(n.inputs, 0);
    net_stop(&n);
}

static void test_ethernet(void **state) {
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    frame_ip4(&f, hdr4(IP_PROTO_TCP), DATA, sizeof(DATA));
    frame_to(&f, MAC_OTHER);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US_LINK);
    frame_to(&f, MAC_ALL); /* RFC 1122 3.3.6: a unicast packet in a broadcast frame */
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_DESTINATION);
    frame_to(&f, MAC_HOST);
    f.b[6] |= 1; /* source address of a group */
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_SOURCE);
    f.b[6] &= 0xfe;
    f.b[12] = 0x88;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_UNKNOWN_ETHERTYPE);
    frame_ip6(&f, hdr6(IP_PROTO_TCP), DATA, sizeof(DATA));
    frame_to(&f, MAC_ALL);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_DESTINATION);
    assert_int_equal(n.inputs, 0);
    /* a link that is down takes nothing */
    frame_ip4(&f, hdr4(IP_PROTO_TCP), DATA, sizeof(DATA));
    ip_link_set_up(n.ip, ETH0, false);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_LINK_DOWN);
    assert_int_equal(net_feed(&n, 7, &f), INL_DROP_LINK_DOWN);
    assert_int_equal(net_feed(&n, -1, &f), INL_DROP_LINK_DOWN);
    net_stop(&n);
}

static void test_bare_link(void **state) {
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, NET_BARE);
    frame_ip4(&f, hdr4(IP_PROTO_TCP), DATA, sizeof(DATA));
    assert_int_equal(net_feed_bytes(&n, ETH0, f.b + 14, f.len - 14), INL_DROP_NONE);
    frame_ip6(&f, hdr6(IP_PROTO_TCP), DATA, sizeof(DATA));
    assert_int_equal(net_feed_bytes(&n, ETH0, f.b + 14, f.len - 14), INL_DROP_NONE);
    assert_int_equal(n.inputs, 2);
    f.b[14] = 0x50;
    assert_int_equal(net_feed_bytes(&n, ETH0, f.b + 14, f.len - 14), INL_DROP_BAD_VERSION);
    assert_int_equal(net_feed_bytes(&n, ETH0, f.b, 0), INL_DROP_TRUNCATED);
    net_stop(&n);
}

static void test_ip4_header(void **state) {
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    frame_ip4(&f, hdr4(IP_PROTO_TCP), DATA, sizeof(DATA));
    f.b[14 + 10] ^= 1;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_CHECKSUM);
    frame_ip4(&f, hdr4(IP_PROTO_TCP), DATA, sizeof(DATA));
    f.b[14] = 0x65;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_VERSION);
    f.b[14] = 0x44;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_LENGTH);
    assert_int_equal(n.inputs, 0);
    /* link padding is not payload */
    frame_ip4(&f, hdr4(IP_PROTO_TCP), DATA, 3);
    memset(f.b + f.len, 0xaa, 23);
    f.len += 23;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.rx.packet_len, 23);
    /* a TTL that is used up is enough for ourselves (RFC 1122 3.2.1.7) */
    for (uint8_t ttl = 0; ttl < 2; ttl++) {
        struct ip4_hdr h = hdr4(IP_PROTO_TCP);

        h.ttl = ttl;
        frame_ip4(&f, h, DATA, sizeof(DATA));
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    }
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void test_ip4_addresses(void **state) {
    static const struct {
        const char *src, *dst;
        enum inl_drop why;
    } rows[] = {
        {"0.0.0.0", "10.0.0.1", INL_DROP_BAD_SOURCE},
        {"0.1.2.3", "10.0.0.1", INL_DROP_BAD_SOURCE},
        {"224.0.0.1", "10.0.0.1", INL_DROP_BAD_SOURCE},
        {"240.0.0.1", "10.0.0.1", INL_DROP_BAD_SOURCE},
        {"255.255.255.255", "10.0.0.1", INL_DROP_BAD_SOURCE},
        {"10.0.0.255", "10.0.0.1", INL_DROP_BAD_SOURCE},
        {"127.0.0.1", "10.0.0.1", INL_DROP_MARTIAN},
        {"127.9.9.9", "10.0.0.1", INL_DROP_MARTIAN},
        {"10.0.0.1", "10.0.0.1", INL_DROP_MARTIAN},
        {"192.168.5.1", "10.0.0.1", INL_DROP_MARTIAN},
        {"10.0.0.2", "127.0.0.1", INL_DROP_MARTIAN},
        {"10.0.0.2", "0.0.0.0", INL_DROP_BAD_DESTINATION},
        {"10.0.0.2", "241.0.0.1", INL_DROP_BAD_DESTINATION},
        {"10.0.0.2", "10.0.0.3", INL_DROP_NOT_FOR_US},
        {"10.0.0.2", "8.8.8.8", INL_DROP_NOT_FOR_US},
        {"10.0.0.2", "224.0.0.5", INL_DROP_NOT_FOR_US},
    };
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ip4_hdr h = hdr4(IP_PROTO_TCP);

        h.src = addr(rows[i].src);
        h.dst = addr(rows[i].dst);
        drops4(&n, h, rows[i].why);
    }
    net_stop(&n);
}

static void test_ip4_groups(void **state) {
    static const char *const groups[] = {"255.255.255.255", "10.0.0.255", "224.0.0.1"};
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    for (int i = 0; i < 3; i++) {
        struct ip4_hdr h = hdr4(IP_PROTO_TCP);

        h.dst = addr(groups[i]);
        frame_ip4(&f, h, DATA, sizeof(DATA));
        frame_to(&f, MAC_ALL);
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
        assert_int_equal(n.inputs, i + 1);
        assert_true(n.rx.group);
    }
    /* the broadcast address goes with the address */
    struct inl_addr a = addr("10.0.0.1");
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);

    assert_int_equal(ip_addr_del(n.ip, ETH0, &a), 0);
    h.dst = addr("10.0.0.255");
    n.inputs = 0;
    drops4(&n, h, INL_DROP_NOT_FOR_US);
    net_stop(&n);
}

static void test_ip4_options(void **state) {
    static const uint8_t lsrr[8] = {131, 7, 4, 10, 0, 0, 9, 0};
    static const uint8_t ssrr[8] = {137, 7, 4, 10, 0, 0, 9, 0};
    static const uint8_t bad[4] = {7, 0, 0, 0};
    static const uint8_t nop[4] = {1, 1, 1, 0};
    static const uint8_t unknown[4] = {222, 4, 1, 2};
    struct net n;
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    h.opts = rd_init(lsrr, 8);
    drops4(&n, h, INL_DROP_SOURCE_ROUTED);
    h.opts = rd_init(ssrr, 8);
    drops4(&n, h, INL_DROP_SOURCE_ROUTED);
    net_resolve(&n);
    h.opts = rd_init(bad, 4); /* RFC 1122 3.2.2.5: the sender is told where */
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_OPTION);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_PARAM_PROBLEM);
    assert_int_equal(s.icmp4.pointer, 20);
    assert_int_equal(rd_left(&s.icmp4.data), 24 + sizeof(DATA)); /* not more than was received */
    assert_int_equal(n.inputs, 0);
    h.opts = rd_init(nop, 4);
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    h.opts = rd_init(unknown, 4);
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.rx.packet_len, 24 + sizeof(DATA));
    net_stop(&n);
}

static void test_ip6_addresses(void **state) {
    static const struct {
        const char *src, *dst;
        enum inl_drop why;
    } rows[] = {
        {"ff02::1", "2001:db8::1", INL_DROP_BAD_SOURCE},
        {"::", "2001:db8::1", INL_DROP_BAD_SOURCE},
        {"::", "ff02::1", INL_DROP_BAD_SOURCE}, /* only for ICMPv6 */
        {"::1", "2001:db8::1", INL_DROP_MARTIAN},
        {"::ffff:10.0.0.2", "2001:db8::1", INL_DROP_BAD_SOURCE}, /* never on the wire */
        {"2001:db8::2", "::ffff:10.0.0.1", INL_DROP_BAD_DESTINATION},
        {"2001:db8::1", "2001:db8::1", INL_DROP_MARTIAN},
        {"fe80::ff:fe00:1", "2001:db8::1", INL_DROP_MARTIAN},
        {"2001:db8::2", "::1", INL_DROP_MARTIAN},
        {"2001:db8::2", "::", INL_DROP_BAD_DESTINATION},
        {"2001:db8::2", "ff01::1", INL_DROP_BAD_DESTINATION},
        {"2001:db8::2", "ff00::1", INL_DROP_BAD_DESTINATION},
        {"2001:db8::2", "2001:db8::3", INL_DROP_NOT_FOR_US},
        {"2001:db8::2", "ff02::2", INL_DROP_NOT_FOR_US},
        {"2001:db8::2", "ff02::1:ff00:77", INL_DROP_NOT_FOR_US},
        {"fe80::2", "fe80::ff:fe00:101", INL_DROP_NOT_FOR_US}, /* of the other link */
    };
    struct net n;
    struct frame f;
    struct ip6_hdr h;

    (void)state;
    net_start(&n, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        h = hdr6(IP_PROTO_TCP);
        h.src = addr(rows[i].src);
        h.dst = addr(rows[i].dst);
        drops6(&n, h, rows[i].why);
    }
    static const char *const ours[] = {"fe80::ff:fe00:1", "2001:db8:5::1", "ff02::1",
                                       "ff02::1:ff00:1"};
    for (int i = 0; i < 4; i++) {
        h = hdr6(IP_PROTO_TCP);
        h.src = addr("fe80::2");
        h.dst = addr(ours[i]);
        frame_ip6(&f, h, DATA, sizeof(DATA));
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
        assert_int_equal(n.inputs, i + 1);
        assert_int_equal(n.rx.group, i >= 2);
    }
    net_stop(&n);
}

/* RFC 8200: the payload length against the frame (SEC-50). */
static void test_ip6_length(void **state) {
    static const uint16_t lies[] = {sizeof(DATA) + 1, sizeof(DATA) + 40, 65535};
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    for (int i = 0; i < 3; i++) {
        frame_ip6(&f, hdr6(IP_PROTO_TCP), DATA, sizeof(DATA));
        f.b[14 + 4] = (uint8_t)(lies[i] >> 8);
        f.b[14 + 5] = (uint8_t)lies[i];
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TRUNCATED);
    }
    assert_int_equal(n.inputs, 0);
    frame_ip6(&f, hdr6(IP_PROTO_TCP), DATA, sizeof(DATA));
    f.b[14 + 5] = 9;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.rx.packet_len, 49);
    net_stop(&n);
}

/* Options of unknown type do what their two highest bits say (RFC 8200 4.2). */
static void test_ip6_options(void **state) {
    static const struct {
        uint8_t type;
        bool group;
        enum inl_drop why;
        bool answered;
    } rows[] = {
        {0x1e, false, INL_DROP_NONE, false},          {0x5e, false, INL_DROP_BAD_EXT_HEADER, false},
        {0x9e, false, INL_DROP_BAD_EXT_HEADER, true}, {0x9e, true, INL_DROP_BAD_EXT_HEADER, true},
        {0xde, false, INL_DROP_BAD_EXT_HEADER, true}, {0xde, true, INL_DROP_BAD_EXT_HEADER, false},
    };
    struct net n;
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t b[8 + 20] = {IP_PROTO_TCP, 0, rows[i].type, 4};
        struct ip6_hdr h = hdr6(IP_PROTO_DSTOPTS);

        h.dst = rows[i].group ? addr("ff02::1") : h.dst;
        frame_ip6(&f, h, b, sizeof(b));
        assert_int_equal(net_feed(&n, ETH0, &f), rows[i].why);
        assert_int_equal(net_take(&n, ETH0, &s), rows[i].answered);
        if (rows[i].answered) {
            assert_int_equal(s.icmp6.type, ICMP6_PARAM_PROBLEM);
            assert_int_equal(s.icmp6.code, ICMP6_PARAM_OPTION);
            assert_int_equal(s.icmp6.pointer, 42);
            assert_int_equal(s.cause, INL_CAUSE_ICMP_PARAM_PROBLEM);
        }
    }
    assert_int_equal(n.inputs, 1);
    net_stop(&n);
}

static void test_ip6_routing_header(void **state) {
    struct net n;
    struct frame f;
    struct seen s;
    uint8_t b[24 + 20] = {IP_PROTO_TCP, 2, 0, 1};

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    frame_ip6(&f, hdr6(IP_PROTO_ROUTING), b, sizeof(b));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_SOURCE_ROUTED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.type, ICMP6_PARAM_PROBLEM);
    assert_int_equal(s.icmp6.code, ICMP6_PARAM_FIELD);
    b[3] = 0; /* no segments left: an old header that does nothing */
    frame_ip6(&f, hdr6(IP_PROTO_ROUTING), b, sizeof(b));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    /* nothing inside is nothing wrong (RFC 8200 4.7) */
    frame_ip6(&f, hdr6(IP_PROTO_NONE), b, sizeof(b));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 4861 7.2.1: several addresses share a solicited-node group, which is left with the last. */
static void test_solicited_node(void **state) {
    static const char *const ours[] = {"2001:db8:aa::1", "2001:db8::1", "fe80::ff:fe00:1"};
    const struct inl_addr more = addr(ours[0]);
    struct ip6_hdr h = hdr6(IP_PROTO_TCP);
    struct frame f;
    struct net n;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_addr_add(n.ip, ETH0, &more, 64), 0);
    h.src = addr("fe80::2");
    h.dst = addr("ff02::1:ff00:1");
    frame_ip6(&f, h, DATA, sizeof(DATA));
    for (int i = 0; i < 3; i++) {
        const struct inl_addr a = addr(ours[i]);

        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
        assert_int_equal(ip_addr_del(n.ip, ETH0, &a), 0);
    }
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    net_stop(&n);
}

static void test_transparent(void **state) {
    struct net n;
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_TCP);
    struct inl_addr a = addr("93.184.216.34");
    struct inl_addr peer = addr("10.0.0.2");
    struct ip_path path;
    struct frame f;

    (void)state;
    net_start(&n, NET_TRANSPARENT);
    h.dst = a;
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    h6.dst = addr("2001:4860::1");
    frame_ip6(&f, h6, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.inputs, 2);
    assert_true(ip_addr_is_local(n.ip, &a));
    assert_int_equal(ip_path_find(n.ip, &peer, &a, 0, &path), 0);
    assert_true(inl_addr_eq(&path.src, &a));
    a = addr("10.0.0.255"); /* but no group */
    assert_int_equal(ip_path_find(n.ip, &peer, &a, 0, &path), -EADDRNOTAVAIL);
    a = addr("93.184.216.34");
    n.inputs = 0;
    h.dst = addr("224.0.0.9"); /* groups are not everybody's */
    drops4(&n, h, INL_DROP_NOT_FOR_US);
    net_stop(&n);
    net_start(&n, 0);
    assert_int_equal(ip_path_find(n.ip, &peer, &a, 0, &path), -EADDRNOTAVAIL);
    net_stop(&n);
}

/* RFC 7934 wants more than one; a link has places for so many, and one that goes makes room. */
static void test_address_limit(void **state) {
    struct inl_addr a = addr("2001:db8:9::");
    struct net n;
    int err = 0;

    (void)state;
    net_start(&n, 0);
    for (unsigned i = 1; i < 1000 && err == 0; i++) {
        a.b[14] = (uint8_t)(i >> 8);
        a.b[15] = (uint8_t)i;
        err = ip_addr_add(n.ip, ETH0, &a, 64);
    }
    assert_int_equal(err, -ENOSPC);
    assert_int_equal(n.ip->links[ETH0].addr_count, IP_ADDRS_PER_LINK_MAX);
    a.b[14] = 0;
    a.b[15] = 1;
    assert_int_equal(ip_addr_del(n.ip, ETH0, &a), 0);
    assert_int_equal(ip_addr_add(n.ip, ETH0, &a, 64), 0);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),           cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_ethernet),       cmocka_unit_test(test_bare_link),
        cmocka_unit_test(test_ip4_header),     cmocka_unit_test(test_ip4_addresses),
        cmocka_unit_test(test_ip4_groups),     cmocka_unit_test(test_ip4_options),
        cmocka_unit_test(test_ip6_addresses),  cmocka_unit_test(test_ip6_length),
        cmocka_unit_test(test_ip6_options),    cmocka_unit_test(test_ip6_routing_header),
        cmocka_unit_test(test_solicited_node), cmocka_unit_test(test_transparent),
        cmocka_unit_test(test_address_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
