/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh_rate_test.c - how often neighbours that are not known are asked for (RFC 6583 6.4, 7.1):
 * a flood is cut, honest bursts are not, and what is known comes first
 */
#include "net.h"

#include <stdio.h>

#define BURST 256
#define PER_S 256
#define MAX 4096 /* so that the size of the cache does not matter here */

static void start(struct net *n) {
    net_start(n, 0);
    n->ip->neighs.max = MAX;
    n->ip->neighs.ask_interval_ns = INL_S / PER_S;
    n->ip->neighs.ask_burst = BURST;
    ip_neigh_rate_link(n->ip, ETH0);
    ip_neigh_rate_link(n->ip, ETH1);
}

static int send_to_addr(struct net *n, const struct inl_addr *dst) {
    struct pkt *p = pkt_new(&n->env.mem, 64, 84);
    const struct ip_tx tx = {.dst = *dst, .proto = IP_PROTO_TCP, .cause = INL_CAUSE_TCP_DATA};

    memset(pkt_put(p, 20), 0, 20);
    return ip_out(n->ip, p, &tx);
}

static int send_to(struct net *n, const char *dst) {
    struct inl_addr a = addr(dst);

    return send_to_addr(n, &a);
}

/* Neighbour i of ETH0, of IPv6. */
static struct inl_addr nobody(uint32_t i) {
    struct inl_addr a = addr("2001:db8::1:0:0");

    a.b[12] = (uint8_t)(i >> 24);
    a.b[13] = (uint8_t)(i >> 16);
    a.b[14] = (uint8_t)(i >> 8);
    a.b[15] = (uint8_t)i;
    return a;
}

/* Sends to so many neighbours from the first on. Returns how many packets were taken. */
static uint32_t flood(struct net *n, uint32_t first, uint32_t count) {
    uint32_t taken = 0;

    for (uint32_t i = first; i < first + count; i++) {
        struct inl_addr a = nobody(i);

        taken += send_to_addr(n, &a) >= 0;
    }
    return taken;
}

struct asked {
    uint32_t first; /* first questions */
    uint32_t again;
    uint32_t known; /* to one that is known */
};

static struct asked take(struct net *n, int link) {
    struct asked asked = {0};
    struct seen s;

    while (net_take(n, link, &s)) {
        asked.first += s.cause == INL_CAUSE_NS_SOLICIT || s.cause == INL_CAUSE_ARP_REQUEST;
        asked.again += s.cause == INL_CAUSE_NS_RETRY || s.cause == INL_CAUSE_ARP_RETRY;
        asked.known += memcmp(s.eth.dst, MAC_PEER, 6) == 0;
    }
    return asked;
}

/* Questions of so many ms of a flood: a packet to somebody else each 50 us. */
static uint32_t flood_for(struct net *n, uint32_t first, uint32_t ms) {
    uint32_t asked = 0;

    for (uint32_t i = 0; i < ms; i++) {
        flood(n, first + i * 20, 20);
        asked += take(n, ETH0).first;
        net_advance(n, INL_MS);
    }
    return asked;
}

static void test_flood(void **state) {
    struct net n;

    (void)state;
    start(&n);
    assert_in_range(flood_for(&n, 0, 1000), BURST + PER_S - 2, BURST + PER_S + 2);
    assert_in_range(n.env.drop[INL_DROP_NEIGH_RATE], 19000, 20000);
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_FULL], 0);
    assert_in_range(flood_for(&n, 1 << 20, 1000), PER_S - 2, PER_S + 2);
    net_stop(&n);
}

/* Hundreds of neighbours at once pass, and again after a second. */
static void test_burst(void **state) {
    struct net n;

    (void)state;
    start(&n);
    n.ip->links[ETH0].txq_cap = MAX;
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(flood(&n, i * BURST, BURST), i ? BURST : NEIGH_QUEUE_PACKETS_ALL);
        assert_int_equal(take(&n, ETH0).first, BURST);
        ip_neigh_flush(n.ip, ETH0);
        net_advance(&n, INL_S);
    }
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_RATE], 0);
    net_stop(&n);
}

/* Both families draw on one bucket of a link; another link has its own. */
static void test_links(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    start(&n);
    flood(&n, 0, BURST);
    take(&n, ETH0);
    assert_int_equal(send_to(&n, "10.0.0.77"), -ENOBUFS);
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_RATE], 1);
    assert_true(net_idle(&n));
    send_to(&n, "192.168.5.77");
    assert_true(net_take(&n, ETH1, &s));
    assert_int_equal(s.cause, INL_CAUSE_ARP_REQUEST);
    net_advance(&n, INL_S / PER_S);
    send_to(&n, "10.0.0.77");
    assert_int_equal(take(&n, ETH0).first, 1);
    net_stop(&n);
}

/* Packets to known neighbours go on, these are probed, and questions are repeated. */
static void test_known(void **state) {
    struct net n;
    struct asked asked;

    (void)state;
    start(&n);
    net_resolve(&n);
    take(&n, ETH0);
    net_advance(&n, ip_neigh_reachable_ns(n.ip, ETH0)); /* STALE */
    flood(&n, 0, 2 * BURST);
    assert_int_equal(take(&n, ETH0).first, BURST);
    assert_int_equal(send_to(&n, "10.0.0.2"), IP_OUT_QUEUED);
    assert_int_equal(send_to(&n, "2001:db8::2"), IP_OUT_QUEUED);
    asked = take(&n, ETH0);
    assert_int_equal(asked.first, 0);
    assert_int_equal(asked.known, 2);
    net_advance(&n, NEIGH_RETRANS_NS);
    assert_int_equal(take(&n, ETH0).again, BURST);
    net_advance(&n, NEIGH_DELAY_NS - NEIGH_RETRANS_NS - 1);
    take(&n, ETH0);
    flood(&n, 1 << 20, 2 * BURST); /* nothing is left when they are probed */
    assert_int_equal(take(&n, ETH0).first, BURST);
    net_advance(&n, 1);
    asked = take(&n, ETH0);
    assert_int_equal(asked.known, 2);
    net_stop(&n);
}

/* Who did not answer is asked anew by the next packet: that counts, too. */
static void test_failed(void **state) {
    struct net n;
    struct inl_addr a = nobody(0);

    (void)state;
    start(&n);
    send_to_addr(&n, &a);
    net_advance(&n, NEIGH_TRIES * NEIGH_RETRANS_NS);
    take(&n, ETH0);
    assert_int_equal(ip_neigh_get(n.ip, ETH0, &a)->state, NEIGH_FAILED);
    flood(&n, 1, BURST);
    take(&n, ETH0);
    assert_int_equal(send_to_addr(&n, &a), -ENOBUFS);
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_RATE], 1);
    assert_true(net_idle(&n));
    assert_int_equal(ip_neigh_get(n.ip, ETH0, &a)->state, NEIGH_FAILED);
    net_stop(&n);
}

/* The gateways of routes are asked for in any case, and who speaks first is learnt. */
static void test_gateway(void **state) {
    struct net n;
    struct frame f;

    (void)state;
    start(&n);
    flood(&n, 0, 2 * BURST);
    take(&n, ETH0);
    send_to(&n, "198.18.0.1");
    assert_int_equal(take(&n, ETH0).first, 1);
    send_to(&n, "2001:db8:77::1");
    assert_int_equal(take(&n, ETH0).first, 1);
    assert_int_equal(send_to(&n, "10.0.0.2"), -ENOBUFS);
    frame_arp(&f, ARP_REQUEST, "10.0.0.2", MAC_PEER, "10.0.0.1");
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    take(&n, ETH0);
    assert_int_equal(send_to(&n, "10.0.0.2"), IP_OUT_QUEUED);
    assert_int_equal(take(&n, ETH0).known, 1);
    net_stop(&n);
}

static void test_off(void **state) {
    struct net n;

    (void)state;
    start(&n);
    n.ip->neighs.ask_interval_ns = 0;
    assert_int_equal(flood_for(&n, 0, 100), 2000);
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_RATE], 0);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flood), cmocka_unit_test(test_burst),  cmocka_unit_test(test_links),
        cmocka_unit_test(test_known), cmocka_unit_test(test_failed), cmocka_unit_test(test_gateway),
        cmocka_unit_test(test_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
