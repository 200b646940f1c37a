/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dad_test.c - tentative addresses, duplicates and lifetimes: RFC 4862 5.4 and 5.5.4, RFC 7527,
 * RFC 9131
 */
#include "ip/addr.h"
#include "ip/dad.h"
#include "net.h"

#define WANTED "2001:db8::7"

static void set(struct net *n, const char *a, unsigned len, uint32_t preferred, uint32_t valid,
                bool check) {
    const struct inl_addr_config c = {.addr = addr(a),
                                      .prefix_len_bits = len,
                                      .preferred_s = preferred,
                                      .valid_s = valid,
                                      .check = check};

    assert_int_equal(ip_addr_set(n->ip, ETH0, &c), 0);
}

static bool info_of(struct net *n, const char *a, struct inl_addr_info *ret) {
    struct inl_addr_info all[32];
    struct inl_addr x = addr(a);
    size_t count = ip_addr_list(n->ip, all, 32);

    assert_true(count <= 32);
    for (size_t i = 0; i < count; i++) {
        if (inl_addr_eq(&all[i].addr, &x)) {
            *ret = all[i];
            return true;
        }
    }
    return false;
}

static int state_of(struct net *n, const char *a) {
    struct inl_addr_info info;

    return info_of(n, a, &info) ? (int)info.state : -1;
}

static void start(struct net *n) {
    net_start(n, 0);
    set(n, WANTED, 64, INL_FOREVER, INL_FOREVER, true);
}

/* The next frame, whenever it comes. */
static inl_dur next_frame(struct net *n, struct seen *s) {
    inl_time begin = n->env.now;

    while (!net_take(n, ETH0, s)) {
        inl_time next = wheel_next(&n->env.wheel);

        assert_true(next.ns - begin.ns < 100 * INL_S);
        net_advance(n, next.ns > n->env.now.ns ? next.ns - n->env.now.ns : 0);
    }
    return n->env.now.ns - begin.ns;
}

static void expect_question(struct net *n, struct seen *s) {
    struct inl_addr want = addr("ff02::1:ff00:7"), target = addr(WANTED);

    next_frame(n, s);
    assert_int_equal(s->cause, INL_CAUSE_NS_DAD);
    assert_int_equal(s->nd.type, ICMP6_NEIGH_SOLICIT);
    assert_true(inl_addr_is_any(&s->ip6.src));
    assert_int_equal(s->ip6.hop_limit, 255);
    assert_true(inl_addr_eq(&s->ip6.dst, &want));
    assert_true(inl_addr_eq(&s->nd.target, &target));
    assert_false(s->nd.has_source_ll);
    assert_true(s->nd.has_nonce);
}

/* What another host says of WANTED: a question (@nonce: NULL for none) or an advertisement. */
static enum inl_drop hear(struct net *n, uint8_t type, const char *src, const uint8_t *nonce) {
    struct nd_msg m = {.type = type, .target = addr(WANTED), .has_nonce = nonce != NULL};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    h.src = addr(src);
    h.dst = type == ICMP6_NEIGH_SOLICIT ? addr("ff02::1:ff00:7") : addr("ff02::1");
    h.hop_limit = 255;
    if (nonce) {
        memcpy(m.nonce, nonce, sizeof(m.nonce));
    }
    m.has_target_ll = type == ICMP6_NEIGH_ADVERT;
    memcpy(m.target_ll, MAC_OTHER, 6);
    frame_nd(&f, h, &m);
    frame_to(&f, type == ICMP6_NEIGH_SOLICIT ? (const uint8_t[]){0x33, 0x33, 0xff, 0, 0, 7}
                                             : (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
    return net_feed(n, ETH0, &f);
}

static bool usable(struct net *n) {
    struct inl_addr src = addr(WANTED), dst = addr("2001:db8::2");
    struct ip_path path;

    return ip_path_find(n->ip, &dst, &src, 0, &path) == 0;
}

/* 5.4: one question after up to a second, silence for RetransTimer, then it is ours, and the
 * routers are told (RFC 9131). */
static void test_unique(void **state) {
    struct inl_addr us = addr(WANTED), routers = addr("ff02::2");
    struct net n;
    struct seen s;

    (void)state;
    start(&n);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_TENTATIVE);
    assert_false(usable(&n));
    assert_false(ip_addr_is_local(n.ip, &us));
    assert_in_range(next_frame(&n, &s), 0, DAD_DELAY_MAX_NS);
    assert_int_equal(s.cause, INL_CAUSE_NS_DAD);
    net_advance(&n, NEIGH_RETRANS_NS - 1);
    assert_true(net_idle(&n));
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_TENTATIVE);
    net_advance(&n, 1);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_PREFERRED);
    assert_true(usable(&n));
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.cause, INL_CAUSE_NA_ANNOUNCE);
    assert_true(inl_addr_eq(&s.ip6.dst, &routers));
    assert_true(inl_addr_eq(&s.ip6.src, &us));
    assert_true(inl_addr_eq(&s.nd.target, &us));
    assert_false(s.nd.override);
    assert_false(s.nd.solicited);
    assert_true(s.nd.has_target_ll);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* 5.4.2: hosts that start together do not all ask in the same moment. */
static void test_delay(void **state) {
    char text[] = "2001:db8::70";
    struct net n;
    struct seen s;
    int soon = 0;

    (void)state;
    net_start(&n, 0);
    for (char c = '0'; c <= '9'; c++) {
        text[11] = c;
        set(&n, text, 64, INL_FOREVER, INL_FOREVER, true);
        soon += next_frame(&n, &s) < DAD_DELAY_MAX_NS / 10;
        net_advance(&n, 3 * INL_S);
        while (net_take(&n, ETH0, &s)) {
        }
    }
    assert_in_range(soon, 0, 5);
    net_stop(&n);
}

/* 5.4.3: a tentative address is not answered for: neither who looks for it, nor a ping. */
static void test_silent(void **state) {
    const struct icmp6_msg ping = {.type = ICMP6_ECHO_REQUEST};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct net n;
    struct frame f;
    struct seen s;

    (void)state;
    start(&n);
    expect_question(&n, &s);
    assert_int_equal(hear(&n, ICMP6_NEIGH_SOLICIT, "2001:db8::2", NULL), INL_DROP_ADDR_TENTATIVE);
    h.dst = addr(WANTED);
    frame_icmp6(&f, h, ping);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    assert_true(net_idle(&n));
    net_advance(&n, 10 * INL_S);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_PREFERRED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(hear(&n, ICMP6_NEIGH_SOLICIT, "2001:db8::2", NULL), INL_DROP_NONE);
    net_stop(&n);
}

/* 5.4.3, 5.4.4: who has it, or wants it too, makes it a duplicate, for good. */
static void test_duplicate(void **state) {
    static const uint8_t other[ND_NONCE_BYTES] = {1, 2, 3, 4, 5, 6};

    (void)state;
    for (int how = 0; how < 3; how++) {
        for (int asked = 0; asked < 2; asked++) {
            struct net n;
            struct seen s;

            start(&n);
            if (asked) {
                expect_question(&n, &s);
            }
            assert_int_equal(hear(&n, how ? ICMP6_NEIGH_SOLICIT : ICMP6_NEIGH_ADVERT,
                                  how ? "::" : WANTED, how == 2 ? other : NULL),
                             INL_DROP_ADDR_CONFLICT);
            assert_int_equal(state_of(&n, WANTED), INL_ADDR_DUPLICATED);
            net_advance(&n, 1000 * INL_S);
            assert_int_equal(state_of(&n, WANTED), INL_ADDR_DUPLICATED);
            assert_false(usable(&n));
            assert_true(net_idle(&n));
            assert_int_equal(hear(&n, ICMP6_NEIGH_SOLICIT, "2001:db8::2", NULL),
                             INL_DROP_ADDR_TENTATIVE);
            assert_true(net_idle(&n));
            net_stop(&n);
        }
    }
}

/* RFC 7527: our own question that comes back is none; three more are asked until none does. */
static void test_echo(void **state) {
    struct net n;
    struct seen s;
    uint8_t nonce[ND_NONCE_BYTES];

    (void)state;
    start(&n);
    expect_question(&n, &s);
    memcpy(nonce, s.nd.nonce, sizeof(nonce));
    assert_int_equal(hear(&n, ICMP6_NEIGH_SOLICIT, "::", nonce), INL_DROP_OWN_ECHO);
    for (int i = 0; i < DAD_ECHO_TRANSMITS; i++) {
        expect_question(&n, &s);
        assert_memory_not_equal(s.nd.nonce, nonce, sizeof(nonce)); /* each its own */
        assert_int_equal(state_of(&n, WANTED), INL_ADDR_TENTATIVE);
    }
    net_advance(&n, NEIGH_RETRANS_NS);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_PREFERRED);
    net_stop(&n);
    start(&n); /* a loop that stays: never ours, one question a second */
    for (int i = 0; i < 100; i++) {
        expect_question(&n, &s);
        assert_int_equal(hear(&n, ICMP6_NEIGH_SOLICIT, "::", s.nd.nonce), INL_DROP_OWN_ECHO);
    }
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_TENTATIVE);
    net_stop(&n);
}

/* DupAddrDetectTransmits, and RetransTimer of the link. */
static void test_transmits(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    n.ip->dad_transmits = 3;
    n.ip->links[ETH0].retrans_ns = 5 * INL_S;
    set(&n, WANTED, 64, INL_FOREVER, INL_FOREVER, true);
    expect_question(&n, &s);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(next_frame(&n, &s), 5 * INL_S);
        assert_int_equal(s.cause, INL_CAUSE_NS_DAD);
    }
    net_advance(&n, 5 * INL_S - 1);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_TENTATIVE);
    net_advance(&n, 1);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_PREFERRED);
    net_stop(&n);
    net_start(&n, 0); /* none: at once, but never from within the call */
    n.ip->dad_transmits = 0;
    set(&n, WANTED, 64, INL_FOREVER, INL_FOREVER, true);
    net_advance(&n, 0);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_PREFERRED);
    net_stop(&n);
    net_start(&n, NET_BARE); /* nobody to ask */
    set(&n, WANTED, 64, INL_FOREVER, INL_FOREVER, true);
    net_advance(&n, 0);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_PREFERRED);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 4862 5.1: of each link, whatever the others have. */
static void test_transmits_of_link(void **state) {
    struct inl_link_config c = {
        .kind = INL_LINK_ETHERNET, .mtu_bytes = 1500, .mac = {2, 0, 0, 0, 0, 9}};
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    n.ip->links[ETH0].config.dad_transmits = 2; /* as inl_link_add() would have it */
    set(&n, WANTED, 64, INL_FOREVER, INL_FOREVER, true);
    expect_question(&n, &s);
    assert_int_equal(next_frame(&n, &s), INL_S);
    assert_int_equal(s.cause, INL_CAUSE_NS_DAD);
    net_advance(&n, INL_S);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_PREFERRED);
    c.dad_transmits = DAD_TRANSMITS_MAX + 1;
    assert_int_equal(ip_link_add(n.ip, &c), -EINVAL);
    c.dad_transmits = DAD_TRANSMITS_MAX;
    assert_true(ip_link_add(n.ip, &c) > 0);
    c.dad_transmits = INL_DAD_NONE;
    assert_true(ip_link_add(n.ip, &c) > 0);
    net_stop(&n);
    net_start(&n, 0);
    n.ip->links[ETH0].config.dad_transmits = INL_DAD_NONE;
    set(&n, WANTED, 64, INL_FOREVER, INL_FOREVER, true);
    net_advance(&n, 0);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_PREFERRED);
    net_stop(&n);
}

/* A link that comes back asks again; one that goes down asks nothing. */
static void test_link(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    start(&n);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, false), 0);
    net_advance(&n, 100 * INL_S);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_TENTATIVE);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, true), 0);
    expect_question(&n, &s);
    net_advance(&n, NEIGH_RETRANS_NS);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_PREFERRED);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, false), 0);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, true), 0);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_TENTATIVE);
    assert_false(usable(&n));
    expect_question(&n, &s);
    assert_int_equal(hear(&n, ICMP6_NEIGH_ADVERT, WANTED, NULL), INL_DROP_ADDR_CONFLICT);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_DUPLICATED);
    net_stop(&n);
}

/* 5.5.4: preferred, deprecated, gone; a deprecated address is used while it is the only one. */
static void test_lifetimes(void **state) {
    struct inl_addr dst = addr("2001:db8:77::2"), gone = addr("2001:db8:77::1");
    struct inl_addr none = inl_addr_any6();
    struct inl_addr_info info;
    struct ip_path path;
    struct net n;

    (void)state;
    net_start(&n, 0);
    set(&n, "2001:db8:77::1", 64, 100, 200, false);
    assert_true(info_of(&n, "2001:db8:77::1", &info));
    assert_int_equal(info.preferred_s, 100);
    assert_int_equal(info.valid_s, 200);
    assert_int_equal(info.prefix_len_bits, 64);
    assert_int_equal(ip_path_find(n.ip, &dst, &none, 0, &path), 0);
    assert_true(inl_addr_eq(&path.src, &gone));
    net_advance(&n, 100 * INL_S - 1);
    assert_int_equal(state_of(&n, "2001:db8:77::1"), INL_ADDR_PREFERRED);
    net_advance(&n, 1);
    assert_int_equal(state_of(&n, "2001:db8:77::1"), INL_ADDR_DEPRECATED);
    assert_false(path.gen == ip_path_gen(n.ip)); /* who keeps a path asks again */
    set(&n, "2001:db8:77::1", 64, 50, 300, false);
    assert_int_equal(state_of(&n, "2001:db8:77::1"), INL_ADDR_PREFERRED);
    net_advance(&n, 300 * INL_S - 1);
    assert_int_equal(state_of(&n, "2001:db8:77::1"), INL_ADDR_DEPRECATED);
    net_advance(&n, 1);
    assert_int_equal(state_of(&n, "2001:db8:77::1"), -1);
    assert_int_equal(ip_path_find(n.ip, &dst, &gone, 0, &path), -EADDRNOTAVAIL);
    set(&n, "10.0.0.8", 24, INL_FOREVER, INL_FOREVER, false);
    assert_true(info_of(&n, "10.0.0.8", &info));
    assert_int_equal(info.prefix_len_bits, 24);
    assert_int_equal(info.valid_s, INL_FOREVER);
    assert_int_equal(info.preferred_s, INL_FOREVER);
    net_stop(&n);
}

static void test_refused(void **state) {
    struct inl_addr_config c = {.addr = addr(WANTED), .prefix_len_bits = 64, .valid_s = 10};
    struct net n;

    (void)state;
    net_start(&n, 0);
    c.preferred_s = 11;
    assert_int_equal(ip_addr_set(n.ip, ETH0, &c), -EINVAL);
    c.preferred_s = c.valid_s = 0;
    assert_int_equal(ip_addr_set(n.ip, ETH0, &c), -EINVAL);
    c.valid_s = 1;
    c.origin = (enum inl_addr_origin)9;
    assert_int_equal(ip_addr_set(n.ip, ETH0, &c), -EINVAL);
    c.origin = INL_ADDR_MANUAL;
    assert_int_equal(ip_addr_set(n.ip, 9, &c), -ENODEV);
    c.addr = addr("ff02::1:ff00:1"); /* a group that we are in */
    assert_int_equal(ip_addr_set(n.ip, ETH0, &c), -EINVAL);
    c.addr = addr("10.0.0.255");
    c.prefix_len_bits = 24;
    assert_int_equal(ip_addr_set(n.ip, ETH0, &c), -EINVAL);
    net_stop(&n);
}

/* IPv4 asks by ARP (acd_test.c). */
static void test_ip4(void **state) {
    struct net n;
    struct seen s;
    struct frame f;

    (void)state;
    for (int taken = 0; taken < 2; taken++) {
        net_start(&n, 0);
        set(&n, "10.0.0.7", 24, 1000, 2000, true);
        assert_int_equal(state_of(&n, "10.0.0.7"), INL_ADDR_TENTATIVE);
        next_frame(&n, &s);
        assert_int_equal(s.cause, INL_CAUSE_ARP_PROBE);
        if (taken) {
            frame_arp(&f, ARP_REPLY, "10.0.0.7", MAC_OTHER, "10.0.0.1");
            assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_ADDR_CONFLICT);
        }
        net_advance(&n, 20 * INL_S);
        assert_int_equal(state_of(&n, "10.0.0.7"),
                         taken ? INL_ADDR_DUPLICATED : INL_ADDR_PREFERRED);
        net_stop(&n);
    }
}

/* RFC 4861 7.2.6: what is announced says whether it is a router who does. */
static void test_announced(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    for (unsigned forward = 0; forward < 2; forward++) {
        net_start(&n, forward ? NET_FORWARD : 0);
        set(&n, WANTED, 64, INL_FOREVER, INL_FOREVER, true);
        expect_question(&n, &s);
        next_frame(&n, &s);
        assert_int_equal(s.cause, INL_CAUSE_NA_ANNOUNCE);
        assert_int_equal(s.nd.router, forward);
        assert_false(s.nd.solicited || s.nd.override);
        net_stop(&n);
    }
}

/* RFC 4862 5.5.4: what is sent to a deprecated address is taken, from an invalid one nothing goes. */
static void test_deprecated_takes(void **state) {
    static const uint8_t data[20];
    struct ip6_hdr h = hdr6(IP_PROTO_TCP);
    struct net n;
    struct frame f;

    (void)state;
    net_start(&n, 0);
    set(&n, WANTED, 64, 100, 200, false);
    h.dst = addr(WANTED);
    frame_ip6(&f, h, data, sizeof(data));
    net_advance(&n, 150 * INL_S);
    assert_int_equal(state_of(&n, WANTED), INL_ADDR_DEPRECATED);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    net_advance(&n, 50 * INL_S);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    assert_int_equal(n.inputs, 1);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unique),
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_delay),
        cmocka_unit_test(test_duplicate),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_transmits),
        cmocka_unit_test(test_transmits_of_link),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_lifetimes),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_ip4),
        cmocka_unit_test(test_announced),
        cmocka_unit_test(test_deprecated_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
