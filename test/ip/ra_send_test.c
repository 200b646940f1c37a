/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ra_send_test.c - a router advertises itself: RFC 4861 6.1.1, 6.2
 */
#include "net.h"
#include "wire/ra.h"

#include <stdio.h>

static struct inl_ra_config config(void) {
    struct inl_ra_config c;

    inl_ra_init(&c);
    c.pref = INL_ROUTER_HIGH;
    c.managed = true;
    c.reachable_ms = 12345;
    c.retrans_ms = 678;
    c.mtu_bytes = 1400;
    c.prefix_count = 2;
    c.prefixes[0] = (struct inl_ra_prefix){
        .prefix = addr("2001:db8:1::"), .len_bits = 64, .valid_s = 1000, .preferred_s = 500};
    c.prefixes[1] =
        (struct inl_ra_prefix){.prefix = addr("2001:db8:2::1"), /* bits behind: not said */
                               .len_bits = 56,
                               .off_link = true,
                               .not_autonomous = true,
                               .valid_s = INL_FOREVER,
                               .preferred_s = INL_FOREVER};
    c.dns_count = 2;
    c.dns[0] = addr("2001:db8::53");
    c.dns[1] = addr("2001:db8::54");
    c.search_count = 2;
    strcpy(c.search[0], "lab.example");
    strcpy(c.search[1], "x.test");
    return c;
}

static inl_dur next_ra(struct net *n, struct seen *s) {
    inl_time begin = n->env.now;

    do {
        while (!net_take(n, ETH0, s)) {
            inl_time next = wheel_next(&n->env.wheel);

            assert_false(inl_time_is_never(next));
            net_advance(n, next.ns > n->env.now.ns ? next.ns - n->env.now.ns : 0);
        }
    } while (s->nd.type != ICMP6_ROUTER_ADVERT);
    return n->env.now.ns - begin.ns;
}

static enum inl_drop solicit(struct net *n, const char *src, bool mac) {
    struct nd_msg m = {.type = ICMP6_ROUTER_SOLICIT, .has_source_ll = mac};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    memcpy(m.source_ll, MAC_PEER, 6);
    h.src = addr(src);
    h.dst = addr("ff02::2");
    h.hop_limit = 255;
    frame_nd(&f, h, &m);
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 2});
    return net_feed(n, ETH0, &f);
}

/* 4.2, 6.2.3: every field and option, as a host reads it. */
static void test_content(void **state) {
    const struct inl_addr all = addr("ff02::1"), p1 = addr("2001:db8:1::");
    const struct inl_addr p2 = addr("2001:db8:2::"), d2 = addr("2001:db8::54");
    struct inl_ra_config c = config();
    struct inl_addr server;
    struct dns_name name, want;
    struct ra_opt o;
    struct net n;
    struct seen s;
    struct rd opts;

    (void)state;
    net_start(&n, NET_FORWARD);
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), 0);
    assert_int_equal(next_ra(&n, &s), 0);
    assert_int_equal(s.cause, INL_CAUSE_RA_PERIODIC);
    assert_int_equal(s.ip6.hop_limit, 255);
    assert_true(inl_addr_eq(&s.ip6.dst, &all));
    assert_true(inl_addr_is_link_local(&s.ip6.src));
    assert_int_equal(s.nd.hop_limit, 64);
    assert_true(s.nd.managed && !s.nd.other);
    assert_int_equal(s.nd.pref_bits, 1);
    assert_int_equal(s.nd.lifetime_s, 1800);
    assert_int_equal(s.nd.reachable_ms, 12345);
    assert_int_equal(s.nd.retrans_ms, 678);
    assert_true(s.nd.has_source_ll);
    assert_memory_equal(s.nd.source_ll, MAC_HOST, 6);
    opts = s.nd.options;
    assert_true(ra_next(&opts, &o)); /* link-layer address */
    assert_true(ra_next(&opts, &o));
    assert_int_equal(o.mtu_bytes, 1400);
    assert_true(ra_next(&opts, &o));
    assert_true(o.on_link && o.autonomous && o.bits == 64);
    assert_true(inl_addr_eq(&o.prefix, &p1));
    assert_int_equal(o.lifetime_s, 1000);
    assert_int_equal(o.preferred_s, 500);
    assert_true(ra_next(&opts, &o));
    assert_true(!o.on_link && !o.autonomous && o.bits == 56);
    assert_true(inl_addr_eq(&o.prefix, &p2));
    assert_memory_equal(rd_ptr(&opts) - 16, p2.b, 16); /* as it stands there */
    assert_int_equal(o.lifetime_s, INL_FOREVER);
    assert_true(ra_next(&opts, &o));
    assert_int_equal(o.lifetime_s, 1800);
    assert_true(ra_next_server(&o, &server) && ra_next_server(&o, &server));
    assert_true(inl_addr_eq(&server, &d2));
    assert_false(ra_next_server(&o, &server));
    assert_true(ra_next(&opts, &o));
    assert_true(ra_next_name(&o, &name));
    assert_true(dns_name_set(&want, "lab.example") && dns_name_eq(&want, &name));
    assert_true(ra_next_name(&o, &name));
    assert_true(dns_name_set(&want, "x.test") && dns_name_eq(&want, &name));
    assert_false(ra_next_name(&o, &name));
    assert_false(ra_next(&opts, &o));
    net_stop(&n);
}

/* RFC 4191 2.3, 3.1: routes, each as long as its prefix needs; with the goodbye they end. */
static void test_routes(void **state) {
    static const uint8_t bits[] = {0, 33, 64, 128}, units[] = {1, 2, 2, 3};
    struct inl_ra_config c = config();
    struct net n;
    struct seen s;
    struct rd opts, raw;
    struct ra_opt o;

    (void)state;
    c.mtu_bytes = 0;
    c.prefix_count = c.dns_count = c.search_count = 0;
    c.route_count = 4;
    for (unsigned i = 0; i < 4; i++) {
        c.routes[i] = (struct inl_ra_route){.prefix = addr("2001:db8:ff00:1:2::7"),
                                            .len_bits = bits[i],
                                            .pref = (uint8_t)(i % 3),
                                            .lifetime_s = 100 + i};
    }
    net_start(&n, NET_FORWARD);
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), 0);
    for (int final = 0; final < 2; final++) {
        next_ra(&n, &s);
        opts = s.nd.options;
        assert_true(ra_next(&opts, &o)); /* link-layer address */
        for (unsigned i = 0; i < 4; i++) {
            struct inl_addr want = inl_addr_mask(&c.routes[i].prefix, bits[i]);

            raw = opts;
            rd_skip(&raw, 1);
            assert_int_equal(rd_u8(&raw), units[i]);
            assert_true(ra_next(&opts, &o));
            assert_int_equal(o.type, ND_OPT_ROUTE);
            assert_int_equal(o.bits, bits[i]);
            assert_int_equal(o.pref, i % 3);
            assert_int_equal(o.lifetime_s, final ? 0 : 100 + i);
            assert_true(inl_addr_eq(&o.prefix, &want));
        }
        assert_false(ra_next(&opts, &o));
        assert_int_equal(ip_ra_stop(n.ip, ETH0), 0);
    }
    c.routes[0].prefix = addr("fe80::");
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), -EINVAL);
    c.routes[0].prefix = addr("2001:db8::");
    c.routes[0].pref = 3;
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), -EINVAL);
    c.routes[0].pref = 0;
    c.routes[0].len_bits = 129;
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), -EINVAL);
    c.routes[0].len_bits = 32;
    c.route_count = INL_RA_ROUTES_MAX + 1;
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), -EINVAL);
    net_stop(&n);
}

static enum inl_drop other_says(struct net *n, const struct inl_ra_config *c) {
    return net_feed_ra(n, "fe80::b", c);
}

/* 6.2.7: what another router says otherwise is told, each thing; what one does not say is not. */
static void test_inconsistent(void **state) {
    struct inl_ra_config ours = config(), silent = {.lifetime_s = 1800, .managed = true};
    struct inl_ra_config c;
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    c = ours;
    c.hop_limit = 63;
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_UNWANTED); /* we advertise nothing yet */
    assert_int_equal(ip_ra_start(n.ip, ETH0, &ours), 0);
    assert_int_equal(other_says(&n, &ours), INL_DROP_RA_UNWANTED);
    assert_int_equal(other_says(&n, &silent), INL_DROP_RA_UNWANTED);
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_INCONSISTENT);
    c = ours;
    c.lifetime_s = 9000; /* his own business, as is another prefix */
    c.prefixes[0].prefix = addr("2001:db8:3::");
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_UNWANTED);
    c = ours;
    c.managed = false;
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_INCONSISTENT);
    c = ours;
    c.other = true;
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_INCONSISTENT);
    c = ours;
    c.reachable_ms++;
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_INCONSISTENT);
    c = ours;
    c.retrans_ms++;
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_INCONSISTENT);
    c = ours;
    c.mtu_bytes++;
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_INCONSISTENT);
    c = ours;
    c.prefixes[1].valid_s--;
    c.prefixes[1].preferred_s--;
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_INCONSISTENT);
    c = ours;
    c.prefixes[0].preferred_s++;
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_INCONSISTENT);
    c = ours;
    c.prefixes[0].valid_s++;
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_INCONSISTENT);
    assert_int_equal(ip_ra_stop(n.ip, ETH0), 0);
    assert_int_equal(other_says(&n, &c), INL_DROP_RA_UNWANTED);
    net_stop(&n);
}

/* 6.2.4: random intervals between the two; the first three soon. 6.2.5: goodbye. */
static void test_intervals(void **state) {
    struct inl_ra_config c = config();
    inl_dur least = INT64_MAX, most = 0;
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, NET_FORWARD);
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), 0);
    next_ra(&n, &s);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(next_ra(&n, &s), 16 * INL_S);
    }
    for (int i = 0; i < 60; i++) {
        inl_dur d = next_ra(&n, &s);

        assert_in_range(d, 200 * INL_S, 600 * INL_S);
        least = d < least ? d : least;
        most = d > most ? d : most;
    }
    assert_true(least < 260 * INL_S && most > 540 * INL_S);
    assert_int_equal(ip_ra_stop(n.ip, ETH0), 0);
    assert_int_equal(next_ra(&n, &s), 0);
    assert_int_equal(s.cause, INL_CAUSE_RA_FINAL);
    assert_int_equal(s.nd.lifetime_s, 0);
    assert_int_equal(s.nd.pref_bits, 0); /* RFC 4191 2.2 */
    net_advance(&n, 5000 * INL_S);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* 6.2.6: an answer to all within half a second, three seconds after the last at the earliest. */
static void test_solicited(void **state) {
    struct inl_ra_config c = config();
    struct inl_addr peer = addr("fe80::2");
    struct net n;
    struct seen s;
    unsigned count = 0;

    (void)state;
    net_start(&n, NET_FORWARD);
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), 0);
    for (int i = 0; i < 3; i++) {
        next_ra(&n, &s);
    }
    net_advance(&n, 100 * INL_S);
    assert_int_equal(solicit(&n, "fe80::2", true), INL_DROP_NONE);
    assert_int_equal(ip_neigh_get(n.ip, ETH0, &peer)->state, NEIGH_STALE);
    assert_in_range(next_ra(&n, &s), 0, 500 * INL_MS);
    assert_int_equal(s.cause, INL_CAUSE_RA_REPLY);
    assert_int_equal(solicit(&n, "::", false), INL_DROP_NONE);
    assert_in_range(next_ra(&n, &s), 3 * INL_S, 3500 * INL_MS);
    for (int i = 0; i < 1000; i++) { /* 100 s of questions */
        assert_int_equal(solicit(&n, "::", false), INL_DROP_NONE);
        net_advance(&n, 100 * INL_MS);
        while (net_take(&n, ETH0, &s)) {
            count++;
        }
    }
    assert_in_range(count, 20, 34);
    net_stop(&n);
}

/* 6.1.1 */
static void test_refused(void **state) {
    struct inl_ra_config c = config();
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    assert_int_equal(solicit(&n, "fe80::2", true), INL_DROP_RA_UNWANTED);
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), 0);
    assert_int_equal(solicit(&n, "::", true), INL_DROP_BAD_SOURCE);
    assert_int_equal(ip_ra_start(n.ip, 9, &c), -ENODEV);
    net_stop(&n);
    net_start(&n, 0);
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), -EINVAL); /* a host */
    net_stop(&n);
}

static void test_config(void **state) {
    struct inl_ra_config c;
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
#define REFUSES(change)                                                                            \
    c = config();                                                                                  \
    change;                                                                                        \
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), -EINVAL)
    REFUSES(c.max_interval_s = 3);
    REFUSES(c.max_interval_s = 1801; c.lifetime_s = 9000);
    REFUSES(c.min_interval_s = 2);
    REFUSES(c.min_interval_s = 451);
    REFUSES(c.lifetime_s = 599);
    REFUSES(c.lifetime_s = 9001);
    REFUSES(c.pref = 3);
    REFUSES(c.reachable_ms = 3600001);
    REFUSES(c.mtu_bytes = 1279);
    REFUSES(c.mtu_bytes = 1501);
    REFUSES(c.prefix_count = INL_RA_PREFIXES_MAX + 1);
    REFUSES(c.prefixes[0].len_bits = 129);
    REFUSES(c.prefixes[0].preferred_s = 1001);
    REFUSES(c.prefixes[0].prefix = addr("fe80::"));
    REFUSES(c.dns_count = INL_RA_DNS_MAX + 1);
    REFUSES(c.dns[0] = addr("192.0.2.1"));
    REFUSES(c.search_count = INL_RA_SEARCH_MAX + 1);
    REFUSES(strcpy(c.search[0], "a..b"));
    REFUSES(memset(c.search[0], 'a', sizeof(c.search[0])));
    c = config();
    c.lifetime_s = 0; /* a router, but not by default */
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), 0);
    net_stop(&n);
}

/* What one inlet advertises another one takes. */
static void test_pair(void **state) {
    struct inl_ra_config c = config();
    struct inl_autoconf_info info;
    struct inl_route gone = {.dst = inl_addr_any6(), .gateway = addr("2001:db8::fe"), .link = ETH0};
    struct inl_addr dst = addr("2600::1"), none = inl_addr_any6();
    struct net r, h;
    struct seen s;
    struct frame f;
    struct ip_path path;

    (void)state;
    net_start(&r, NET_FORWARD);
    net_start(&h, 0);
    memcpy(h.ip->links[ETH0].config.mac, MAC_PEER, 6); /* the other end of the wire */
    assert_int_equal(ip_route_del(h.ip, &gone), 0);
    assert_int_equal(ip_autoconf_start(h.ip, ETH0, NULL), 0);
    assert_int_equal(ip_ra_start(r.ip, ETH0, &c), 0);
    next_ra(&r, &s);
    memcpy(f.b, s.b, s.len);
    f.len = s.len;
    assert_int_equal(net_feed(&h, ETH0, &f), INL_DROP_NONE);
    net_advance(&h, 3 * INL_S);
    assert_int_equal(ip_autoconf_get(h.ip, ETH0, &info), 0);
    assert_int_equal(info.router_count, 1);
    assert_int_equal(info.routers[0].pref, INL_ROUTER_HIGH);
    assert_int_equal(info.dns_count, 2);
    assert_string_equal(info.search[0].name, "lab.example.");
    assert_int_equal(info.mtu_bytes, 1400);
    assert_int_equal(ip_path_find(h.ip, &dst, &none, 0, &path), 0);
    assert_true(inl_addr_eq(&path.next_hop, &s.ip6.src));
    net_advance(&h, 0);
    while (net_take(&h, ETH0, &s)) {
    }
    net_stop(&h);
    net_stop(&r);
}

/* 6.2.6: the delay of an answer is random; and no question puts off what is due before. */
static void test_answers(void **state) {
    struct inl_ra_config c = config();
    inl_dur least = INT64_MAX, most = 0;
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, NET_FORWARD);
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), 0);
    for (int i = 0; i < 43; i++) {
        inl_dur d;

        next_ra(&n, &s);
        if (i < 3) {
            continue;
        }
        net_advance(&n, 10 * INL_S);
        assert_int_equal(solicit(&n, "::", false), INL_DROP_NONE);
        d = next_ra(&n, &s);
        least = d < least ? d : least;
        most = d > most ? d : most;
    }
    assert_in_range(least, 1, 60 * INL_MS);
    assert_in_range(most, 440 * INL_MS, 500 * INL_MS);
    net_advance(&n, 10 * INL_S);
    assert_int_equal(solicit(&n, "::", false), INL_DROP_NONE);
    for (int i = 0; i < 50; i++) {
        inl_time due = wheel_next(&n.env.wheel);

        assert_int_equal(solicit(&n, "::", false), INL_DROP_NONE);
        assert_true(wheel_next(&n.env.wheel).ns <= due.ns);
    }
    net_stop(&n);
}

/* 4.2: from a link-local address, or not at all. */
static void test_source(void **state) {
    struct inl_addr own = addr("fe80::ff:fe00:1");
    struct inl_ra_config c = config();
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, NET_FORWARD);
    assert_int_equal(ip_addr_del(n.ip, ETH0, &own), 0);
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), 0);
    net_advance(&n, 1000 * INL_S);
    assert_true(net_idle(&n));
    assert_int_equal(ip_addr_add(n.ip, ETH0, &own, 64), 0);
    next_ra(&n, &s);
    assert_true(inl_addr_eq(&s.ip6.src, &own));
    net_stop(&n);
}

/* 9: with all that it can have, it fits every link. */
static void test_longest(void **state) {
    struct inl_ra_config c = config();
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, NET_FORWARD);
    c.prefix_count = INL_RA_PREFIXES_MAX;
    c.route_count = INL_RA_ROUTES_MAX;
    c.dns_count = INL_RA_DNS_MAX;
    c.search_count = INL_RA_SEARCH_MAX;
    for (int i = 0; i < INL_RA_PREFIXES_MAX; i++) {
        c.prefixes[i] = c.prefixes[0];
    }
    for (int i = 0; i < INL_RA_ROUTES_MAX; i++) {
        c.routes[i] = (struct inl_ra_route){.prefix = addr("2001:db8:9::1"), .len_bits = 128};
    }
    for (int i = 0; i < INL_RA_DNS_MAX; i++) {
        c.dns[i] = c.dns[0];
    }
    for (int i = 0; i < INL_RA_SEARCH_MAX; i++) {
        for (int k = 0; k < 63; k++) {
            c.search[i][k] = k == 31 ? '.' : 'a';
        }
        c.search[i][63] = 0;
    }
    assert_int_equal(ip_ra_start(n.ip, ETH0, &c), 0);
    next_ra(&n, &s);
    assert_in_range(s.ip6.payload_len_bytes, 800, 1280 - 40);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content),      cmocka_unit_test(test_longest),
        cmocka_unit_test(test_inconsistent), cmocka_unit_test(test_routes),
        cmocka_unit_test(test_intervals),    cmocka_unit_test(test_solicited),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_config),
        cmocka_unit_test(test_pair),         cmocka_unit_test(test_answers),
        cmocka_unit_test(test_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
