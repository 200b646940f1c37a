/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gateway_test.c - a first hop that does not answer is replaced (RFC 1122 3.3.1.4, 3.3.1.5)
 */
#include "net.h"

#include "ip/gateway.h"
#include "ip/io.h"
#include "ip/route.h"

#include <stdio.h>

static const uint8_t MAC_GW[6] = {2, 0, 0, 0, 0, 0xfe};

static const char *far(bool v6) {
    return v6 ? "2001:db8:77::7" : "198.51.100.7";
}

static const char *first(bool v6) {
    return v6 ? "2001:db8::fe" : "10.0.0.254";
}

static const char *second(bool v6) {
    return v6 ? "2001:db8::fd" : "10.0.0.253";
}

static struct inl_route default_route(bool v6, const char *gw, uint32_t metric, uint32_t weight) {
    return (struct inl_route){.dst = v6 ? inl_addr_any6() : inl_addr_any4(),
                              .gateway = addr(gw),
                              .link = ETH0,
                              .metric = metric,
                              .weight = weight};
}

/* With a second default route, worse than the first. */
static void start(struct net *n, bool v6) {
    const struct inl_route r = default_route(v6, second(v6), 9, 0);

    net_start(n, 0);
    assert_int_equal(ip_route_add(n->ip, &r), 0);
}

static bool goes_by(struct net *n, bool v6, const char *gw) {
    const struct inl_addr d = addr(far(v6)), g = addr(gw);
    const struct inl_addr any = v6 ? inl_addr_any6() : inl_addr_any4();
    struct ip_path path;

    assert_int_equal(ip_path_find(n->ip, &d, &any, 0, &path), 0);
    return inl_addr_eq(&path.next_hop, &g);
}

/* Sends something far, and lets time pass; nobody answers. */
static void send_far(struct net *n, bool v6, inl_dur wait) {
    const struct ip_tx tx = {.dst = addr(far(v6)), .proto = 99, .cause = INL_CAUSE_UDP_SEND};
    struct pkt *pkt = pkt_new(&n->env.mem, 54, 100);
    struct seen s;

    memset(pkt_put(pkt, 8), 0, 8);
    assert_int_equal(ip_out(n->ip, pkt, &tx), IP_OUT_QUEUED);
    net_advance(n, wait);
    while (net_take(n, ETH0, &s)) {
    }
}

/* Three questions, one second apart; then the other one, for five minutes. */
static void test_silent(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct net n;
        uint64_t gen;

        start(&n, v6);
        gen = ip_path_gen(n.ip);
        assert_true(goes_by(&n, v6, first(v6)));
        send_far(&n, v6, 2900 * INL_MS);
        assert_true(goes_by(&n, v6, first(v6)));
        assert_true(ip_path_gen(n.ip) == gen);
        net_advance(&n, 200 * INL_MS);
        assert_true(goes_by(&n, v6, second(v6)));
        assert_true(ip_path_gen(n.ip) > gen); /* so that paths are found anew */
        send_far(&n, v6, 4 * INL_S);          /* neither: the better one is as good */
        assert_true(goes_by(&n, v6, first(v6)));
        net_advance(&n, 294 * INL_S);
        assert_true(goes_by(&n, v6, first(v6)));
        net_stop(&n);
    }
}

static void test_again(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct inl_addr gw = addr(first(v6));
        struct net n;

        start(&n, v6);
        send_far(&n, v6, 3100 * INL_MS);
        net_advance(&n, 299 * INL_S);
        assert_true(goes_by(&n, v6, second(v6)));
        net_advance(&n, 1 * INL_S);
        assert_true(goes_by(&n, v6, first(v6))); /* tried anew */
        send_far(&n, v6, 3100 * INL_MS);
        assert_true(goes_by(&n, v6, second(v6)));
        ip_neigh_asked(n.ip, ETH0, &gw, MAC_GW); /* it is there */
        assert_true(goes_by(&n, v6, first(v6)));
        net_stop(&n);
    }
}

/* It was there, and does not answer any more: 5 s of DELAY, three questions. */
static void test_goes(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct inl_addr gw = addr(first(v6));
        struct net n;

        start(&n, v6);
        ip_neigh_asked(n.ip, ETH0, &gw, MAC_GW);
        send_far(&n, v6, 7900 * INL_MS);
        assert_true(goes_by(&n, v6, first(v6)));
        net_advance(&n, 200 * INL_MS);
        assert_true(goes_by(&n, v6, second(v6)));
        net_stop(&n);
    }
}

/* Of next hops that share flows none gets any while it is dead. */
static void test_shared(void **state) {
    const struct inl_addr gw = addr("10.0.0.251"), dst = addr("198.51.100.9");
    struct ip_flow flow = {.src = addr("10.0.0.2"), .proto = IP_PROTO_UDP};
    struct inl_route r = default_route(false, "10.0.0.254", 0, 0);
    struct net n;
    int to_dead;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_route_del(n.ip, &r), 0);
    for (int i = 250; i < 254; i++) {
        char text[16];

        (void)snprintf(text, sizeof(text), "10.0.0.%d", i);
        r = default_route(false, text, 0, 1);
        assert_int_equal(ip_route_add(n.ip, &r), 0);
    }
    for (int dead = 0; dead < 2; dead++) {
        ip_gateway_neigh(n.ip, ETH0, &gw, dead);
        to_dead = 0;
        for (flow.ports = 0; flow.ports < 400; flow.ports++) {
            struct ip_path path;

            assert_int_equal(ip_path_flow(n.ip, &dst, &flow, &path), 0);
            to_dead += inl_addr_eq(&path.next_hop, &gw);
        }
        assert_true(dead ? to_dead == 0 : to_dead > 50);
    }
    net_stop(&n);
}

/* An entry lives as long as a route names it. */
static void test_entries(void **state) {
    const struct inl_addr gw = addr("10.0.0.253"), other = addr("10.0.0.7");
    struct inl_route r = default_route(false, "10.0.0.253", 9, 0);
    struct net n;
    size_t count;
    uint64_t gen;

    (void)state;
    net_start(&n, 0);
    count = htab_count(&n.ip->gateways.table);
    assert_int_equal(ip_route_add(n.ip, &r), 0);
    r.dst = addr("172.16.0.0");
    r.prefix_len_bits = 12;
    assert_int_equal(ip_route_add(n.ip, &r), 0);
    assert_int_equal(htab_count(&n.ip->gateways.table), count + 1);
    gen = ip_path_gen(n.ip);
    ip_gateway_neigh(n.ip, ETH0, &other, true); /* no gateway */
    ip_gateway_neigh(n.ip, ETH1, &gw, true);    /* not on that link */
    assert_true(ip_path_gen(n.ip) == gen);
    assert_int_equal(ip_route_del(n.ip, &r), 0);
    assert_int_equal(htab_count(&n.ip->gateways.table), count + 1);
    r = default_route(false, "10.0.0.253", 9, 0);
    assert_int_equal(ip_route_del(n.ip, &r), 0);
    assert_int_equal(htab_count(&n.ip->gateways.table), count);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent), cmocka_unit_test(test_again),   cmocka_unit_test(test_goes),
        cmocka_unit_test(test_shared), cmocka_unit_test(test_entries),
    };

    return cmocka_run_group_tests_name("gateways", tests, NULL, NULL);
}
