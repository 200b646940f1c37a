/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forward_test.c - what a router passes on, which way, and what it says (RFC 1812 5, RFC 3704,
 * RFC 4443, RFC 4861 8.2, RFC 6890)
 */
#include "net.h"

#include "ip/addr.h"
#include "ip/route.h"
#include "ip/special.h"

static const uint8_t DATA[24] = "twenty-three bytes here";

static void add_route(struct net *n, const char *dst, unsigned bits, const char *gw, int link,
                      enum inl_route_kind kind, uint32_t weight) {
    const struct inl_route r = {.dst = addr(dst),
                                .prefix_len_bits = bits,
                                .gateway = gw ? addr(gw) : inl_addr_any6(),
                                .link = link,
                                .kind = kind,
                                .weight = weight};

    assert_int_equal(ip_route_add(n->ip, &r), 0);
}

/* A packet of 24 octets with these ports arrives on ETH0 from MAC_PEER. */
static enum inl_drop pass(struct net *n, const char *src, const char *dst, uint32_t ports,
                          uint8_t ttl) {
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_TCP);
    uint8_t data[24];
    struct wr w = wr_init(data, sizeof(data));
    struct frame f;

    memcpy(data, DATA, sizeof(data));
    wr_be32(&w, ports);
    h.src = h6.src = addr(src);
    h.dst = h6.dst = addr(dst);
    h.ttl = h6.hop_limit = ttl;
    if (inl_addr_is4(&h.src)) {
        frame_ip4(&f, h, data, sizeof(data));
    } else {
        frame_ip6(&f, h6, data, sizeof(data));
    }
    return net_feed(n, ETH0, &f);
}

/* RFC 6890 2.2.2 and 2.2.3, multicast, and what stands in no registry; both ends of each block. */
static void test_special(void **state) {
    static const struct {
        const char *first, *last;
        bool source, destination; /* and forwardable */
        bool lab;
    } t[] = {
        {"0.0.0.0", "0.255.255.255", false, false, false},
        {"1.0.0.0", "9.255.255.255", true, true, false},
        {"10.0.0.0", "100.63.255.255", true, true, false},
        {"100.64.0.0", "100.127.255.255", true, true, false},
        {"127.0.0.0", "127.255.255.255", false, false, false},
        {"169.253.255.255", "169.253.255.255", true, true, false},
        {"169.254.0.0", "169.254.255.255", false, false, false},
        {"172.16.0.0", "172.31.255.255", true, true, false},
        {"192.0.0.0", "192.0.0.7", true, true, false},
        {"192.0.0.8", "192.0.0.255", false, false, false},
        {"192.0.1.0", "192.0.1.255", true, true, false},
        {"192.0.2.0", "192.0.2.255", false, false, true},
        {"192.88.99.0", "192.168.255.255", true, true, false},
        {"198.18.0.0", "198.19.255.255", true, true, false},
        {"198.51.100.0", "198.51.100.255", false, false, true},
        {"203.0.113.0", "203.0.113.255", false, false, true},
        {"203.0.114.0", "223.255.255.255", true, true, false},
        {"224.0.0.0", "239.255.255.255", false, false, false},
        {"240.0.0.0", "255.255.255.255", false, false, false},
        {"::", "::1", false, false, false},
        {"64:ff9b::", "64:ff9b::ffff:ffff", true, true, false},
        {"100::", "100::ffff:ffff:ffff:ffff", true, true, false},
        {"2001::", "2001:0:ffff::1", true, true, false},
        {"2001:1::", "2001:1:ffff::1", false, false, false},
        {"2001:2::", "2001:2:0:ffff::1", true, true, false},
        {"2001:2:1::", "2001:1f:ffff::1", false, false, false},
        {"2001:200::", "2001:db7:ffff::1", true, true, false},
        {"2001:db8::", "2001:db8:ffff::1", false, false, true},
        {"2002::", "2002:ffff::1", true, true, false},
        {"fc00::", "fdff:ffff::1", true, true, false},
        {"fe80::", "febf:ffff::1", false, false, false},
        {"ff00::", "ffff::1", false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        for (int last = 0; last < 2; last++) {
            const struct inl_addr a = addr(last ? t[i].last : t[i].first);

            for (int strict = 0; strict < 2; strict++) {
                bool lab = t[i].lab && !strict;

                if (ip_special_forwardable(&a, true, strict) != (t[i].source || lab) ||
                    ip_special_forwardable(&a, false, strict) != (t[i].destination || lab)) {
                    fail_msg("%s", last ? t[i].last : t[i].first);
                }
            }
        }
    }
}

/* SEC-70: what may not leave its link, or may not be: dropped in silence. */
static void test_martians(void **state) {
    static const struct {
        const char *src, *dst;
        enum inl_drop why;
    } t[] = {
        {"169.254.1.1", "192.168.5.9", INL_DROP_MARTIAN},
        {"10.0.0.2", "169.254.1.1", INL_DROP_MARTIAN},
        {"192.0.0.99", "192.168.5.9", INL_DROP_MARTIAN},
        {"10.0.0.2", "192.0.0.99", INL_DROP_MARTIAN},
        {"10.0.0.2", "224.1.1.1", INL_DROP_NOT_FOR_US},
        {"240.0.0.1", "192.168.5.9", INL_DROP_BAD_SOURCE},
        {"127.0.0.1", "192.168.5.9", INL_DROP_MARTIAN},
        {"0.1.2.3", "192.168.5.9", INL_DROP_BAD_SOURCE},
        {"2001:db8::2", "fe80::9", INL_DROP_MARTIAN},
        {"fe80::2", "fe80::9", INL_DROP_MARTIAN},
        {"2001:1::1", "2001:db8:5::9", INL_DROP_MARTIAN},
        {"::", "2001:db8:5::9", INL_DROP_MARTIAN},
        {"::1", "2001:db8:5::9", INL_DROP_MARTIAN},
        {"2001:db8::2", "ff0e::1", INL_DROP_NOT_FOR_US},
    };
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        assert_int_equal(pass(&n, t[i].src, t[i].dst, 0, 9), t[i].why);
        assert_true(net_idle(&n));
    }
    assert_int_equal(pass(&n, "10.0.0.2", "192.0.2.1", 0, 9), INL_DROP_NONE);
    assert_int_equal(pass(&n, "2001:db8::2", "2001:db8:99::1", 0, 9), INL_DROP_NONE);
    n.ip->strict_martians = true;
    assert_int_equal(pass(&n, "10.0.0.2", "192.0.2.1", 0, 9), INL_DROP_MARTIAN);
    assert_int_equal(pass(&n, "2001:db8::2", "2001:db8:99::1", 0, 9), INL_DROP_MARTIAN);
    net_stop(&n);
}

/* SEC-17: a directed broadcast goes no further (RFC 2644); nor does a packet in a broadcast
 * frame (RFC 1812 5.3.4). */
static void test_broadcasts(void **state) {
    struct ip4_hdr h = hdr4(IP_PROTO_UDP);
    struct frame f;
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    pass(&n, "10.0.0.2", "192.168.5.255", 0, 9);
    assert_true(net_idle(&n));
    h.dst = addr("192.168.5.9");
    frame_ip4(&f, h, DATA, sizeof(DATA));
    frame_to(&f, MAC_ALL);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 4443 3.1, code 2: the source has no meaning on another link. */
static void test_scope6(void **state) {
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 2};
    const struct inl_addr peer = addr("fe80::2");
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, NET_FORWARD);
    ip_neigh_asked(n.ip, ETH0, &peer, mac);
    assert_int_equal(pass(&n, "fe80::2", "2001:db8:5::9", 0, 9), INL_DROP_NOT_FOR_US);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.type, ICMP6_UNREACH);
    assert_int_equal(s.icmp6.code, ICMP6_UNREACH_SCOPE);
    assert_int_equal(s.cause, INL_CAUSE_ICMP_SCOPE);
    assert_true(inl_addr_eq(&s.ip6.dst, &peer));
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 3704 2.2, 2.4; RFC 1812 5.3.8: in silence. */
static void test_reverse_path(void **state) {
    static const struct {
        const char *src, *dst;
        bool loose, strict;
    } t[] = {
        {"10.0.0.2", "192.168.5.9", true, true},
        {"198.51.100.1", "192.168.5.9", true, true}, /* behind the default route */
        {"192.168.5.7", "10.9.9.9", true, false},    /* of the other link */
        {"172.16.0.1", "192.168.5.9", false, false}, /* a black hole */
        {"172.17.0.1", "192.168.5.9", true, false},  /* elsewhere */
        {"172.18.0.1", "192.168.5.9", true, true},   /* by one of two ways */
        {"2001:db8::2", "2001:db8:5::9", true, true},
        {"2001:db8:5::7", "2001:db8:9::9", true, false},
        {"2001:db8:6::7", "2001:db8:5::9", false, false},
    };

    (void)state;
    for (int mode = INL_RP_FILTER_OFF; mode <= INL_RP_FILTER_STRICT; mode++) {
        struct net n;
        struct seen s;

        net_start(&n, NET_FORWARD);
        net_resolve(&n);
        n.ip->icmp.send_redirects = false;
        n.ip->rp_filter = (enum inl_rp_filter)mode;
        add_route(&n, "172.16.0.0", 16, NULL, 0, INL_ROUTE_BLACKHOLE, 0);
        add_route(&n, "172.17.0.0", 16, "192.168.5.3", ETH1, INL_ROUTE_UNICAST, 0);
        add_route(&n, "172.18.0.0", 16, "192.168.5.3", ETH1, INL_ROUTE_UNICAST, 1);
        add_route(&n, "172.18.0.0", 16, "10.0.0.3", ETH0, INL_ROUTE_UNICAST, 1);
        add_route(&n, "2001:db8:6::", 48, NULL, 0, INL_ROUTE_PROHIBIT, 0);
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
            bool ok = mode == INL_RP_FILTER_OFF ||
                      (mode == INL_RP_FILTER_LOOSE ? t[i].loose : t[i].strict);

            assert_int_equal(pass(&n, t[i].src, t[i].dst, 0, 9),
                             ok ? INL_DROP_NONE : INL_DROP_REVERSE_PATH);
            while (net_take(&n, ETH0, &s) || net_take(&n, ETH1, &s)) {
                assert_true(ok);
            }
        }
        net_stop(&n);
    }
}

/* A link of its own mind: what comes by it is asked otherwise than what comes by others. */
static void test_reverse_path_of_a_link(void **state) {
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    assert_int_equal(pass(&n, "192.168.5.7", "10.9.0.1", 0, 9), INL_DROP_NONE);
    assert_int_equal(ip_link_set_rp_filter(n.ip, ETH1, INL_RP_FILTER_STRICT), 0);
    assert_int_equal(pass(&n, "192.168.5.7", "10.9.0.1", 0, 9), INL_DROP_NONE);
    assert_int_equal(ip_link_set_rp_filter(n.ip, ETH0, INL_RP_FILTER_STRICT), 0);
    assert_int_equal(pass(&n, "192.168.5.7", "10.9.0.1", 0, 9), INL_DROP_REVERSE_PATH);
    assert_int_equal(pass(&n, "2001:db8:5::7", "2001:db8:9::1", 0, 9), INL_DROP_REVERSE_PATH);
    n.ip->rp_filter = INL_RP_FILTER_STRICT;
    assert_int_equal(ip_link_set_rp_filter(n.ip, ETH0, INL_RP_FILTER_OFF), 0);
    assert_int_equal(pass(&n, "192.168.5.7", "10.9.0.1", 0, 9), INL_DROP_NONE);
    assert_int_equal(pass(&n, "2001:db8:5::7", "2001:db8:9::1", 0, 9), INL_DROP_NONE);
    assert_int_equal(ip_link_set_rp_filter(n.ip, 9, INL_RP_FILTER_OFF), -ENODEV);
    assert_int_equal(ip_link_set_rp_filter(n.ip, ETH0, (enum inl_rp_filter)3), -EINVAL);
    net_stop(&n);
}

/* Routes that lead nowhere: to the sender as ICMP, to our own sockets as errno. */
static void test_kinds(void **state) {
    static const struct {
        enum inl_route_kind kind;
        enum inl_drop why;
        uint8_t type4, code4, type6, code6; /* type 0: silence */
        int err;
    } t[] = {
        {INL_ROUTE_BLACKHOLE, INL_DROP_ROUTE_BLACKHOLE, 0, 0, 0, 0, -EINVAL},
        {INL_ROUTE_UNREACHABLE, INL_DROP_ROUTE_UNREACHABLE, 3, 1, 1, 6, -EHOSTUNREACH},
        {INL_ROUTE_PROHIBIT, INL_DROP_ROUTE_PROHIBIT, 3, 13, 1, 1, -EACCES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        const struct inl_addr d4 = addr("198.18.1.1"), d6 = addr("2001:db8:77::1");
        const struct inl_addr any = inl_addr_any4(), any6 = inl_addr_any6();
        struct ip_path path;
        struct net n;
        struct seen s;

        net_start(&n, NET_FORWARD);
        net_resolve(&n);
        add_route(&n, "198.18.0.0", 15, NULL, 0, t[i].kind, 0);
        add_route(&n, "2001:db8:77::", 48, NULL, 0, t[i].kind, 0);
        assert_int_equal(pass(&n, "10.0.0.2", "198.18.1.1", 0, 9), t[i].why);
        assert_int_equal(net_take(&n, ETH0, &s), t[i].type4 != 0);
        if (t[i].type4) {
            assert_int_equal(s.icmp4.type, t[i].type4);
            assert_int_equal(s.icmp4.code, t[i].code4);
        }
        assert_int_equal(pass(&n, "2001:db8::2", "2001:db8:77::1", 0, 9), t[i].why);
        assert_int_equal(net_take(&n, ETH0, &s), t[i].type6 != 0);
        if (t[i].type6) {
            assert_int_equal(s.icmp6.type, t[i].type6);
            assert_int_equal(s.icmp6.code, t[i].code6);
        }
        assert_int_equal(ip_path_find(n.ip, &d4, &any, 0, &path), t[i].err);
        assert_int_equal(ip_path_find(n.ip, &d6, &any6, 0, &path), t[i].err);
        /* a longer prefix leads out of it */
        add_route(&n, "198.18.1.0", 24, "192.168.5.3", ETH1, INL_ROUTE_UNICAST, 0);
        assert_int_equal(pass(&n, "10.0.0.2", "198.18.1.1", 0, 9), INL_DROP_NONE);
        net_stop(&n);
    }
}

static void test_kinds_refused(void **state) {
    const struct inl_route bad[] = {
        {.dst = addr("198.18.0.0"), .prefix_len_bits = 15, .kind = INL_ROUTE_BLACKHOLE, .link = 1},
        {.dst = addr("198.18.0.0"),
         .prefix_len_bits = 15,
         .kind = INL_ROUTE_BLACKHOLE,
         .gateway = addr("10.0.0.3")},
        {.dst = addr("198.18.0.0"), .prefix_len_bits = 15, .kind = (enum inl_route_kind)4},
        {.dst = addr("198.18.0.0"), .prefix_len_bits = 15, .link = 1, .weight = 33},
    };
    struct inl_route good = {
        .dst = addr("198.18.0.0"), .prefix_len_bits = 15, .kind = INL_ROUTE_BLACKHOLE};
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ip_route_add(n.ip, &bad[i]), -EINVAL);
    }
    assert_int_equal(ip_route_add(n.ip, &good), 0);
    assert_int_equal(ip_route_add(n.ip, &good), -EEXIST);
    good.kind = INL_ROUTE_PROHIBIT;
    assert_int_equal(ip_route_del(n.ip, &good), -ENOENT);
    good.kind = INL_ROUTE_BLACKHOLE;
    assert_int_equal(ip_route_del(n.ip, &good), 0);
    net_stop(&n);
}

/* ---- several ways ---- */

#define FLOWS 4000

/* The last octet of the next hop of a flow. */
static uint8_t hop_of(struct net *n, const struct inl_addr *dst, uint32_t ports) {
    const struct ip_flow flow = {.src = addr("10.0.0.2"), .ports = ports, .proto = 6};
    struct ip_hop hop;

    assert_int_equal(ip_route_lookup(n->ip, dst, &flow, &hop), 0);
    return hop.gateway.b[15];
}

/* Flows are shared by weight, stay where they are, and only those of a hop that goes away move. */
static void test_ecmp(void **state) {
    static uint8_t before[FLOWS];
    const struct inl_addr dst = addr("198.18.1.1");
    struct inl_route gone = {.dst = addr("198.18.0.0"),
                             .prefix_len_bits = 15,
                             .gateway = addr("192.168.5.3"),
                             .link = ETH1};
    unsigned count[8] = {0};
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    add_route(&n, "198.18.0.0", 15, "192.168.5.2", ETH1, INL_ROUTE_UNICAST, 1);
    add_route(&n, "198.18.0.0", 15, "192.168.5.3", ETH1, INL_ROUTE_UNICAST, 1);
    add_route(&n, "198.18.0.0", 15, "192.168.5.4", ETH1, INL_ROUTE_UNICAST, 2);
    for (uint32_t i = 0; i < FLOWS; i++) {
        before[i] = hop_of(&n, &dst, i << 16 | 80);
        assert_int_equal(hop_of(&n, &dst, i << 16 | 80), before[i]);
        assert_in_range(before[i], 2, 4);
        count[before[i]]++;
    }
    assert_in_range(count[2], 880, 1120); /* four standard deviations */
    assert_in_range(count[3], 880, 1120);
    assert_in_range(count[4], 1870, 2130);
    assert_int_equal(ip_route_del(n.ip, &gone), 0);
    count[2] = count[4] = 0;
    for (uint32_t i = 0; i < FLOWS; i++) {
        uint8_t now = hop_of(&n, &dst, i << 16 | 80);

        assert_true(now == before[i] || before[i] == 3);
        count[now] += before[i] == 3;
    }
    assert_true(count[2] > 200 && count[4] > 500);
    net_stop(&n);
}

/* A worse metric is no alternative, nor is a link that is down. */
static void test_ecmp_metric(void **state) {
    const struct inl_addr dst = addr("198.18.1.1"), alone = addr("198.19.1.1");
    const struct inl_route worse = {.dst = addr("198.18.0.0"),
                                    .prefix_len_bits = 15,
                                    .gateway = addr("192.168.5.9"),
                                    .link = ETH1,
                                    .metric = 5,
                                    .weight = 1};
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    add_route(&n, "198.19.0.0", 16, "10.0.0.3", ETH0, INL_ROUTE_UNICAST, 0);
    add_route(&n, "198.19.0.0", 16, "10.0.0.4", ETH0, INL_ROUTE_UNICAST, 0);
    for (uint32_t i = 0; i < 300; i++) { /* without a weight the first has all */
        assert_int_equal(hop_of(&n, &alone, i), 3);
    }
    add_route(&n, "198.18.0.0", 15, "10.0.0.7", ETH0, INL_ROUTE_UNICAST, 1);
    add_route(&n, "198.18.0.0", 15, "10.0.0.8", ETH0, INL_ROUTE_UNICAST, 1);
    add_route(&n, "198.18.0.0", 15, "192.168.5.6", ETH1, INL_ROUTE_UNICAST, 1);
    assert_int_equal(ip_route_add(n.ip, &worse), 0);
    for (uint32_t i = 0; i < 300; i++) {
        assert_in_range(hop_of(&n, &dst, i), 6, 8);
    }
    assert_int_equal(ip_link_set_up(n.ip, ETH1, false), 0);
    for (uint32_t i = 0; i < 300; i++) {
        assert_in_range(hop_of(&n, &dst, i), 7, 8);
    }
    net_stop(&n);
}

/* The last octet of the MAC address that one packet goes to. */
static uint8_t mac_of(struct net *n, const struct frame *f) {
    struct seen s = {0};

    assert_int_equal(net_feed(n, ETH0, f), INL_DROP_NONE);
    assert_true(net_take(n, ETH1, &s));
    assert_true(net_idle(n));
    assert_in_range(s.eth.dst[5], 2, 3);
    return s.eth.dst[5];
}

/* Packets of a flow leave by one way; ports, the flow label, and neither in fragments count. */
static void test_ecmp_packets(void **state) {
    static const char *const hops[] = {"192.168.5.2", "192.168.5.3", "2001:db8:5::2",
                                       "2001:db8:5::3"};
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_TCP);
    unsigned seen4 = 0, seen_frag = 0, seen6 = 0, seen_label = 0;
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    for (size_t i = 0; i < 4; i++) {
        const uint8_t mac[6] = {2, 0, 0, 0, 5, (uint8_t)(2 + i % 2)};
        const struct inl_addr a = addr(hops[i]);

        assert_int_equal(ip_neigh_add(n.ip, ETH1, &a, mac), 0);
        add_route(&n, i < 2 ? "198.18.0.0" : "2001:db8:77::", i < 2 ? 15 : 48, hops[i], ETH1,
                  INL_ROUTE_UNICAST, 1);
    }
    h.dst = addr("198.18.1.1");
    h6.dst = addr("2001:db8:77::1");
    for (uint32_t i = 0; i < 40; i++) {
        uint8_t data[24] = {(uint8_t)i, 1};

        h.mf = false;
        frame_ip4(&f, h, data, sizeof(data));
        seen4 |= 1u << mac_of(&n, &f);
        h.mf = true;
        frame_ip4(&f, h, data, sizeof(data));
        seen_frag |= 1u << mac_of(&n, &f);
        h6.flow = 0;
        frame_ip6(&f, h6, data, sizeof(data));
        seen6 |= 1u << mac_of(&n, &f);
        h6.flow = 7; /* one label: one way, whatever the ports */
        frame_ip6(&f, h6, data, sizeof(data));
        seen_label |= 1u << mac_of(&n, &f);
    }
    assert_int_equal(seen4, 1u << 2 | 1u << 3);
    assert_int_equal(seen6, 1u << 2 | 1u << 3);
    assert_true(seen_frag == 1u << 2 || seen_frag == 1u << 3);
    assert_true(seen_label == 1u << 2 || seen_label == 1u << 3);
    net_stop(&n);
}

/* ---- redirects that we send ---- */

static bool take_redirect(struct net *n, struct seen *s) {
    bool found = false;
    struct seen one;

    while (net_take(n, ETH0, &one)) {
        if (one.cause == INL_CAUSE_ICMP_REDIRECT) {
            *s = one;
            found = true;
        }
    }
    return found;
}

static void know_gateways(struct net *n) {
    static const char *const gws[] = {"10.0.0.254", "2001:db8::fe", "fe80::99"};

    for (int i = 0; i < 3; i++) {
        const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x99};
        const struct inl_addr a = addr(gws[i]);

        assert_int_equal(ip_neigh_add(n->ip, ETH0, &a, mac), 0);
    }
}

/* A packet that is cut before it leaves by the link that it came by. */
static void cut_on_the_way(struct net *n) {
    static uint8_t data[1000];
    struct ip4_hdr h = hdr4(99);
    struct frame f;

    h.dst = addr("198.18.1.1");
    frame_ip4(&f, h, data, sizeof(data));
    n->ip->links[ETH0].config.mtu_bytes = 600;
    assert_int_equal(net_feed(n, ETH0, &f), INL_DROP_NONE);
    n->ip->links[ETH0].config.mtu_bytes = 1500;
}

/* RFC 1812 5.2.7.2 */
static void test_redirect4(void **state) {
    struct net n;
    struct seen s = {0};

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    know_gateways(&n); /* so that nothing waits for them */
    assert_int_equal(pass(&n, "10.0.0.2", "198.18.1.1", 7, 9), INL_DROP_NONE);
    assert_true(take_redirect(&n, &s));
    assert_int_equal(s.icmp4.type, ICMP4_REDIRECT);
    assert_int_equal(s.icmp4.code, 1);
    assert_int_equal(inl_addr_to4(&s.icmp4.gateway), 0x0a0000fe);
    assert_int_equal(inl_addr_to4(&s.ip4.src), 0x0a000001);
    assert_int_equal(inl_addr_to4(&s.ip4.dst), 0x0a000002);
    assert_int_equal(rd_left(&s.icmp4.data), 44);
    assert_int_equal(pass(&n, "10.0.0.2", "192.168.5.9", 7, 9), INL_DROP_NONE); /* another link */
    assert_false(take_redirect(&n, &s));
    assert_int_equal(pass(&n, "10.77.0.2", "198.18.1.1", 7, 9), INL_DROP_NONE); /* from afar */
    assert_false(take_redirect(&n, &s));
    /* part of the network lies behind another link */
    add_route(&n, "10.0.0.128", 26, NULL, ETH1, INL_ROUTE_UNICAST, 0);
    assert_int_equal(pass(&n, "10.0.0.2", "10.0.0.130", 7, 9), INL_DROP_NONE);
    assert_false(take_redirect(&n, &s));
    cut_on_the_way(&n);
    assert_true(take_redirect(&n, &s));
    n.ip->icmp.send_redirects = false;
    assert_int_equal(pass(&n, "10.0.0.2", "198.18.1.1", 7, 9), INL_DROP_NONE);
    assert_false(take_redirect(&n, &s));
    n.ip->icmp.send_redirects = true;
    for (int i = 0; i < 30; i++) {
        pass(&n, "10.0.0.2", "198.18.1.1", 7, 9);
    }
    assert_true(n.env.drop[INL_DROP_RATE_LIMITED] >= 20);
    net_stop(&n);
}

/* RFC 4861 8.2: to a neighbour, and to a router that is known by its link-local address. */
static void test_redirect6(void **state) {
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x99};
    const struct inl_addr router = addr("fe80::99"), neighbour = addr("2001:db8::99");
    const struct inl_addr own = addr("fe80::ff:fe00:1");
    struct net n;
    struct seen s = {0};

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    add_route(&n, "2001:db8:77::", 48, "fe80::99", ETH0, INL_ROUTE_UNICAST, 0);
    ip_neigh_asked(n.ip, ETH0, &router, mac);
    assert_int_equal(pass(&n, "2001:db8::2", "2001:db8:77::1", 7, 9), INL_DROP_NONE);
    assert_true(take_redirect(&n, &s));
    assert_int_equal(s.icmp6.type, ICMP6_REDIRECT);
    assert_int_equal(s.ip6.hop_limit, 255);
    assert_true(inl_addr_eq(&s.ip6.src, &own));
    assert_true(inl_addr_eq(&s.nd.target, &router));
    assert_int_equal(s.nd.dst.b[5], 0x77);
    assert_true(s.nd.has_target_ll);
    assert_memory_equal(s.nd.target_ll, mac, 6);
    assert_int_equal(s.ip6.payload_len_bytes, 40 + 8 + 8 + 64); /* the packet, 64 octets, whole */
    assert_int_equal(pass(&n, "2001:db8::2", "2001:db8::99", 7, 9), INL_DROP_NONE);
    assert_true(take_redirect(&n, &s));
    assert_true(inl_addr_eq(&s.nd.target, &neighbour));
    assert_false(s.nd.has_target_ll);
    /* the default router is known by its global address only */
    assert_int_equal(pass(&n, "2001:db8::2", "2001:db8:78::1", 7, 9), INL_DROP_NONE);
    assert_false(take_redirect(&n, &s));
    assert_int_equal(pass(&n, "2001:db8:6::2", "2001:db8:77::1", 7, 9), INL_DROP_NONE);
    assert_false(take_redirect(&n, &s));
    net_stop(&n);
}

/* RFC 7045 2.1: a router passes on what it does not know, as it came. */
static void test_extension_headers(void **state) {
    static const uint8_t headers[][16] = {
        {99, 0, 1, 4},                /* options: what a router may skip, it skips */
        {99, 0, 0xc3, 1, 0, 1, 1, 0}, /* one that a destination would complain about */
        {99, 0, 0, 3},                /* routing type 0, three segments left */
        {99, 0, 0, 1, 0, 0, 0, 9},    /* a first fragment */
        {99, 0, 0, 8, 0, 0, 0, 9},    /* a later one, too short to be true */
        {0xff, 0xff, 0xff, 0xff},
    };
    static const uint8_t nexts[] = {0, 0, 60, 43, 44, 44, 135, 253, 59};
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    n.ip->icmp.send_redirects = false;
    for (size_t i = 0; i < sizeof(nexts); i++) {
        for (size_t k = 0; k < sizeof(headers) / sizeof(headers[0]); k++) {
            struct ip6_hdr h = hdr6(nexts[i]);
            struct frame f;
            struct seen s;

            h.dst = addr("2001:db8::2");
            h.src = addr("2001:db8:5::9");
            frame_ip6(&f, h, headers[k], sizeof(headers[k]));
            assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
            assert_true(net_take(&n, ETH0, &s));
            assert_int_equal(s.cause, INL_CAUSE_FORWARDED);
            assert_int_equal(s.ip6.next, nexts[i]);
            assert_int_equal(rd_left(&s.ip6.payload), sizeof(headers[k]));
            assert_memory_equal(rd_ptr(&s.ip6.payload), headers[k], sizeof(headers[k]));
        }
    }
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void set_address(struct net *n, const char *text, bool check) {
    const struct inl_addr a = addr(text);
    const struct inl_addr_config c = {.addr = a,
                                      .prefix_len_bits = 64,
                                      .preferred_s = INL_FOREVER,
                                      .valid_s = INL_FOREVER,
                                      .check = check};

    ip_addr_del(n->ip, ETH0, &a);
    assert_int_equal(ip_addr_set(n->ip, ETH0, &c), 0);
}

/* RFC 4862 5.4: an address that may be another's is not sent from, nor is a packet for it passed
 * on; that of a duplicate is. */
static void test_tentative(void **state) {
    const struct inl_addr own = addr("2001:db8::7");
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    add_route(&n, "2001:db8:77::", 48, "fe80::99", ETH0, INL_ROUTE_UNICAST, 0);
    set_address(&n, "fe80::ff:fe00:1", true); /* the source of redirects */
    assert_int_equal(pass(&n, "2001:db8::2", "2001:db8:77::1", 7, 9), INL_DROP_NONE);
    assert_false(take_redirect(&n, &s));
    set_address(&n, "fe80::ff:fe00:1", false);
    assert_int_equal(pass(&n, "2001:db8::2", "2001:db8:77::1", 7, 9), INL_DROP_NONE);
    assert_true(take_redirect(&n, &s));
    set_address(&n, "2001:db8:6::1", true); /* a network that is not ours yet */
    assert_int_equal(pass(&n, "2001:db8:6::2", "2001:db8:77::1", 7, 9), INL_DROP_NONE);
    assert_false(take_redirect(&n, &s));
    set_address(&n, "2001:db8::7", true);
    assert_int_equal(pass(&n, "2001:db8:5::2", "2001:db8::7", 7, 9), INL_DROP_NOT_FOR_US);
    ip_addr_deactivate(n.ip, ip_addr_edit(n.ip, &own, ETH0), INL_ADDR_DUPLICATED);
    assert_int_equal(pass(&n, "2001:db8:5::2", "2001:db8::7", 7, 9), INL_DROP_NONE);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_special),
        cmocka_unit_test(test_martians),
        cmocka_unit_test(test_broadcasts),
        cmocka_unit_test(test_scope6),
        cmocka_unit_test(test_reverse_path),
        cmocka_unit_test(test_reverse_path_of_a_link),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_kinds_refused),
        cmocka_unit_test(test_ecmp),
        cmocka_unit_test(test_ecmp_metric),
        cmocka_unit_test(test_ecmp_packets),
        cmocka_unit_test(test_redirect4),
        cmocka_unit_test(test_redirect6),
        cmocka_unit_test(test_tentative),
        cmocka_unit_test(test_extension_headers),
    };

    return cmocka_run_group_tests_name("forwarding", tests, NULL, NULL);
}
