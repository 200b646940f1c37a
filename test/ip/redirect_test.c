/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * redirect_test.c - which redirects a host believes, and for how long (RFC 1122 3.2.2.2,
 * RFC 4861 8)
 */
#include "net.h"

#include "ip/redirect.h"

#define FAR "198.51.100.7"
#define FAR6 "2001:db8:77::7"
#define ROUTER6 "fe80::fe"
#define BETTER6 "fe80::99"

static bool hop_is(struct net *n, const char *dst, const char *hop) {
    const struct inl_addr d = addr(dst), h = addr(hop);
    const struct inl_addr any = inl_addr_is4(&d) ? inl_addr_any4() : inl_addr_any6();
    struct ip_path path;

    assert_int_equal(ip_path_find(n->ip, &d, &any, 0, &path), 0);
    return path.link == ETH0 && inl_addr_eq(&path.next_hop, &h);
}

struct told4 {
    const char *from, *gateway, *src, *dst;
    uint8_t code;
};

static enum inl_drop tell4(struct net *n, const struct told4 *t) {
    struct ip4_hdr h = hdr4(IP_PROTO_ICMP4);
    struct ip4_hdr inner = {.src = addr(t->src),
                            .dst = addr(t->dst),
                            .proto = IP_PROTO_TCP,
                            .ttl = 60,
                            .total_len_bytes = 40};
    uint8_t b[28] = {0};
    struct wr w = wr_init(b, sizeof(b));
    struct frame f;

    ip4_emit(&w, &inner);
    h.src = addr(t->from);
    frame_icmp4(&f, h,
                (struct icmp4_msg){.type = ICMP4_REDIRECT,
                                   .code = t->code,
                                   .gateway = addr(t->gateway),
                                   .data = rd_init(b, sizeof(b))});
    return net_feed(n, ETH0, &f);
}

static const struct told4 GOOD4 = {"10.0.0.254", "10.0.0.99", "10.0.0.1", FAR, 1};

static void test_ipv4(void **state) {
    static const struct told4 bad[] = {
        {"10.0.0.253", "10.0.0.99", "10.0.0.1", FAR, 1},    /* not our gateway */
        {"10.0.0.254", "192.168.5.99", "10.0.0.1", FAR, 1}, /* to another network */
        {"10.0.0.254", "198.51.100.1", "10.0.0.1", FAR, 1}, /* ... or to afar */
        {"10.0.0.254", "10.0.0.1", "10.0.0.1", FAR, 1},     /* to ourselves */
        {"10.0.0.254", "192.168.5.1", "10.0.0.1", FAR, 1},
        {"10.0.0.254", "10.0.0.254", "10.0.0.1", FAR, 1},       /* to himself */
        {"10.0.0.254", "10.0.0.255", "10.0.0.1", FAR, 1},       /* to everybody */
        {"10.0.0.254", "10.0.0.99", "10.0.0.3", FAR, 1},        /* about somebody else's packet */
        {"10.0.0.254", "10.0.0.99", "10.0.0.1", FAR, 4},        /* no such code */
        {"10.0.0.254", "10.0.0.99", "10.0.0.1", "10.0.0.7", 1}, /* about a neighbour */
        {"10.0.0.254", "10.0.0.99", "10.0.0.1", "224.0.0.9", 1},
    };
    struct net n;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(tell4(&n, &GOOD4), INL_DROP_ICMP_REDIRECT); /* the default */
    assert_true(hop_is(&n, FAR, "10.0.0.254"));
    n.ip->icmp.accept_redirects4 = true;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(tell4(&n, &bad[i]), INL_DROP_ICMP_REDIRECT);
    }
    assert_true(hop_is(&n, FAR, "10.0.0.254"));
    assert_int_equal(tell4(&n, &GOOD4), INL_DROP_NONE);
    assert_true(hop_is(&n, FAR, "10.0.0.99"));
    assert_true(hop_is(&n, "198.51.100.8", "10.0.0.254")); /* this host only */
    /* from the old gateway, who is not asked any more */
    assert_int_equal(tell4(&n, &(struct told4){"10.0.0.254", "10.0.0.98", "10.0.0.1", FAR, 1}),
                     INL_DROP_ICMP_REDIRECT);
    assert_true(net_idle(&n));
    net_advance(&n, 299 * INL_S);
    assert_true(hop_is(&n, FAR, "10.0.0.99"));
    net_advance(&n, 2 * INL_S);
    assert_true(hop_is(&n, FAR, "10.0.0.254"));
    net_stop(&n);
}

struct told6 {
    const char *from, *target, *dst;
    uint8_t hop_limit;
    uint8_t ll0; /* first octet of the target's link-layer address; 0xff: no option */
};

static enum inl_drop tell6(struct net *n, const struct told6 *t) {
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    const struct inl_addr target = addr(t->target), dst = addr(t->dst);
    uint8_t body[40] = {0};
    struct frame f;

    memcpy(body, target.b, 16);
    memcpy(body + 16, dst.b, 16);
    memcpy(body + 32, (uint8_t[8]){2, 1, t->ll0, 0, 0, 0, 0, 0x99}, 8);
    h.src = addr(t->from);
    h.hop_limit = t->hop_limit;
    frame_icmp6(&f, h,
                (struct icmp6_msg){.type = ICMP6_REDIRECT,
                                   .data = rd_init(body, t->ll0 == 0xff ? 32 : 40)});
    return net_feed(n, ETH0, &f);
}

/* RFC 1812 5.2.7.2: a router has better sources. */
static void test_router(void **state) {
    struct inl_route r = {.link = ETH0};
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    n.ip->icmp.accept_redirects4 = true;
    assert_int_equal(tell4(&n, &GOOD4), INL_DROP_ICMP_REDIRECT);
    assert_true(hop_is(&n, FAR, "10.0.0.254"));
    r.dst = inl_addr_any6();
    r.gateway = addr(ROUTER6);
    r.metric = 0;
    assert_int_equal(ip_route_add(n.ip, &r), 0);
    r.gateway = addr("2001:db8::fe");
    assert_int_equal(ip_route_del(n.ip, &r), 0);
    assert_int_equal(tell6(&n, &(struct told6){ROUTER6, BETTER6, FAR6, 255, 2}),
                     INL_DROP_ICMP_REDIRECT);
    assert_true(hop_is(&n, FAR6, ROUTER6));
    net_stop(&n);
}

/* The cap: the oldest goes. Then a gateway that does not answer, and a link that goes down. */
static void test_limits(void **state) {
    static const char *const far[] = {"198.51.100.1", "198.51.100.2", "198.51.100.3",
                                      "198.51.100.4", "198.51.100.5"};
    const struct inl_addr gone = addr("10.0.0.99");
    struct net n;
    uint64_t gen;

    (void)state;
    net_start(&n, 0);
    n.ip->icmp.accept_redirects4 = true;
    for (int i = 0; i < 5; i++) {
        const struct told4 t = {"10.0.0.254", i == 4 ? "10.0.0.98" : "10.0.0.99", "10.0.0.1",
                                far[i], 0};

        gen = ip_path_gen(n.ip);
        assert_int_equal(tell4(&n, &t), INL_DROP_NONE);
        assert_true(ip_path_gen(n.ip) > gen); /* paths that are known are looked up again */
    }
    assert_true(hop_is(&n, far[0], "10.0.0.254"));
    assert_true(hop_is(&n, far[1], "10.0.0.99"));
    ip_redirect_forget(n.ip, ETH0, &gone);
    assert_true(hop_is(&n, far[1], "10.0.0.254"));
    assert_true(hop_is(&n, far[4], "10.0.0.98"));
    assert_int_equal(ip_link_set_up(n.ip, ETH0, false), 0);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, true), 0);
    assert_true(hop_is(&n, far[4], "10.0.0.254"));
    n.ip->redirects.max = 0;
    assert_int_equal(tell4(&n, &GOOD4), INL_DROP_ICMP_REDIRECT);
    net_stop(&n);
}

/* The gateway that a redirect named does not answer: back to the default (RFC 4861 7.3.3). */
static void test_dead_gateway(void **state) {
    const struct inl_addr far = addr(FAR);
    struct net n;
    struct seen s;
    struct pkt *pkt;
    const struct ip_tx tx = {.dst = far, .proto = IP_PROTO_UDP, .cause = INL_CAUSE_UDP_SEND};

    (void)state;
    net_start(&n, 0);
    n.ip->icmp.accept_redirects4 = true;
    assert_int_equal(tell4(&n, &GOOD4), INL_DROP_NONE);
    pkt = pkt_new(&n.env.mem, 54, 100);
    memset(pkt_put(pkt, 8), 0, 8);
    assert_int_equal(ip_out(n.ip, pkt, &tx), IP_OUT_QUEUED);
    net_advance(&n, 10 * INL_S);
    while (net_take(&n, ETH0, &s)) {
        assert_int_equal(s.eth.type, ETH_TYPE_ARP);
        assert_int_equal(inl_addr_to4(&s.arp.tpa), 0x0a000063);
    }
    assert_true(hop_is(&n, FAR, "10.0.0.254"));
    net_stop(&n);
}

/* RFC 4861 7.2.5: it says that it is a host. */
static void no_router(struct net *n) {
    struct nd_msg m = {.type = ICMP6_NEIGH_ADVERT, .target = addr(BETTER6), .override = true};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    m.has_target_ll = true;
    memcpy(m.target_ll, ((uint8_t[]){2, 0, 0, 0, 0, 0x99}), 6);
    h.src = addr(BETTER6);
    h.hop_limit = 255;
    frame_nd(&f, h, &m);
    assert_int_equal(net_feed(n, ETH0, &f), INL_DROP_NONE);
}

/* RFC 7048 3: its target was known, and does not answer now. 5 s and 3 questions later it is
 * UNREACHABLE, and not used any more. */
static void use_until_unreachable(struct net *n) {
    const struct inl_addr better = addr(BETTER6);
    const struct ip_tx tx = {.dst = addr(FAR6), .proto = 99, .cause = INL_CAUSE_UDP_SEND};
    struct pkt *pkt = pkt_new(&n->env.mem, 54, 100);
    struct seen s;

    memset(pkt_put(pkt, 8), 0, 8);
    assert_int_equal(ip_out(n->ip, pkt, &tx), IP_OUT_QUEUED);
    net_advance(n, 7900 * INL_MS);
    assert_true(hop_is(n, FAR6, BETTER6));
    net_advance(n, 200 * INL_MS);
    assert_int_equal(ip_neigh_get(n->ip, ETH0, &better)->state, NEIGH_UNREACHABLE);
    while (net_take(n, ETH0, &s)) {
    }
}

static void test_ipv6(void **state) {
    static const struct {
        struct told6 told;
        enum inl_drop why;
    } bad[] = {
        {{ROUTER6, BETTER6, FAR6, 254, 2}, INL_DROP_BAD_HOP_LIMIT},
        {{"2001:db8::2", BETTER6, FAR6, 255, 2}, INL_DROP_ICMP_REDIRECT},  /* not link-local */
        {{"fe80::fd", BETTER6, FAR6, 255, 2}, INL_DROP_ICMP_REDIRECT},     /* not our router */
        {{ROUTER6, "2001:db8::99", FAR6, 255, 2}, INL_DROP_ICMP_REDIRECT}, /* neither a router */
        {{ROUTER6, ROUTER6, FAR6, 255, 2}, INL_DROP_ICMP_REDIRECT},
        {{ROUTER6, BETTER6, "ff0e::1", 255, 2}, INL_DROP_ICMP_REDIRECT},
        {{ROUTER6, BETTER6, "2001:db8::7", 255, 2}, INL_DROP_ICMP_REDIRECT}, /* a neighbour */
    };
    const struct told6 good = {ROUTER6, BETTER6, FAR6, 255, 2};
    const struct told6 on_link = {ROUTER6, "2001:db8:78::1", "2001:db8:78::1", 255, 0xff};
    const struct inl_addr better = addr(BETTER6), nobody = addr("fe80::77");
    struct inl_route r = {.gateway = addr("2001:db8::fe"), .link = ETH0};
    const struct neigh *nb;
    struct net n;

    (void)state;
    net_start(&n, 0);
    /* from the gateway itself, but by an address that is not link-local */
    assert_int_equal(tell6(&n, &(struct told6){"2001:db8::fe", BETTER6, FAR6, 255, 2}),
                     INL_DROP_ICMP_REDIRECT);
    r.dst = inl_addr_any6();
    assert_int_equal(ip_route_del(n.ip, &r), 0);
    r.gateway = addr(ROUTER6);
    assert_int_equal(ip_route_add(n.ip, &r), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(tell6(&n, &bad[i].told), bad[i].why);
    }
    assert_true(hop_is(&n, FAR6, ROUTER6));
    n.ip->icmp.accept_redirects6 = false;
    assert_int_equal(tell6(&n, &good), INL_DROP_ICMP_REDIRECT);
    n.ip->icmp.accept_redirects6 = true;
    assert_int_equal(tell6(&n, &good), INL_DROP_NONE);
    assert_true(hop_is(&n, FAR6, BETTER6));
    nb = ip_neigh_get(n.ip, ETH0, &better); /* RFC 4861 8.3: its link-layer address is known */
    assert_non_null(nb);
    assert_int_equal(nb->state, NEIGH_STALE);
    assert_int_equal(nb->mac[5], 0x99);
    assert_true(nb->router);
    ip_neigh_asked(n.ip, ETH0, &better, (const uint8_t[]){2, 0, 0, 0, 0, 0x98});
    assert_true(nb->router); /* 7.2.3: that is not what a solicitation says */
    ip_neigh_asked(n.ip, ETH0, &nobody, (const uint8_t[]){2, 0, 0, 0, 0, 0x97});
    assert_false(ip_neigh_get(n.ip, ETH0, &nobody)->router);
    no_router(&n);
    assert_true(hop_is(&n, FAR6, ROUTER6));
    assert_int_equal(tell6(&n, &good), INL_DROP_NONE);
    use_until_unreachable(&n);
    assert_true(hop_is(&n, FAR6, ROUTER6));
    assert_int_equal(tell6(&n, &on_link), INL_DROP_NONE); /* the destination is a neighbour */
    assert_true(hop_is(&n, "2001:db8:78::1", "2001:db8:78::1"));
    net_stop(&n);
}

/* RFC 4861 8.1, 8.3: to us alone, by the link of the gateway; the one heard last counts. */
static void test_ipv6_which(void **state) {
    struct inl_route r = {.dst = inl_addr_any6(), .gateway = addr("2001:db8::fe"), .link = ETH0};
    struct nd_msg m = {.type = ICMP6_REDIRECT, .target = addr(BETTER6), .dst = addr(FAR6)};
    struct told6 good = {ROUTER6, BETTER6, FAR6, 255, 2};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    uint8_t body[32];
    struct icmp6_msg icmp = {.type = ICMP6_REDIRECT, .data = rd_init(body, sizeof(body))};
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_route_del(n.ip, &r), 0);
    r.gateway = addr(ROUTER6);
    assert_int_equal(ip_route_add(n.ip, &r), 0);
    memcpy(body, m.target.b, 16);
    memcpy(body + 16, m.dst.b, 16);
    h.hop_limit = 255;
    h.src = addr(ROUTER6);
    h.dst = addr("ff02::1");
    frame_icmp6(&f, h, icmp);
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_ICMP_REDIRECT);
    h.dst = addr("2001:db8:5::1"); /* a host of that name on the other link */
    frame_icmp6(&f, h, icmp);
    frame_to(&f, MAC_HOST1);
    assert_int_equal(net_feed(&n, ETH1, &f), INL_DROP_ICMP_REDIRECT);
    assert_true(hop_is(&n, FAR6, ROUTER6));
    assert_int_equal(tell6(&n, &good), INL_DROP_NONE);
    assert_true(hop_is(&n, FAR6, BETTER6));
    good = (struct told6){BETTER6, "fe80::98", FAR6, 255, 2}; /* the gateway by now */
    assert_int_equal(tell6(&n, &good), INL_DROP_NONE);
    assert_true(hop_is(&n, FAR6, "fe80::98"));
    assert_int_equal(htab_count(&n.ip->redirects.table), 1);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),   cmocka_unit_test(test_router),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_dead_gateway),
        cmocka_unit_test(test_ipv6),   cmocka_unit_test(test_ipv6_which),
    };

    return cmocka_run_group_tests_name("redirects", tests, NULL, NULL);
}
