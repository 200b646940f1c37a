/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * acd_test.c - IPv4 address conflict detection, RFC 5227
 */
#include "ip/acd.h"
#include "net.h"

struct claim {
    struct net net;
    struct ip_acd acd;
    int free, conflicts, lost;
};

static void on_result(void *ctx, enum ip_acd_result result) {
    struct claim *c = ctx;

    c->free += result == IP_ACD_FREE;
    c->conflicts += result == IP_ACD_CONFLICT;
    c->lost += result == IP_ACD_LOST;
    if (result == IP_ACD_FREE) {
        struct inl_addr a = addr("10.0.0.7");

        assert_int_equal(ip_addr_add(c->net.ip, ETH0, &a, 24), 0);
    }
}

static void claim_start(struct claim *c, unsigned flags, enum ip_acd_policy policy) {
    struct inl_addr a = addr("10.0.0.7");

    memset(c, 0, sizeof(*c));
    net_start(&c->net, flags);
    ip_acd_init(&c->acd);
    ip_acd_start(c->net.ip, &c->acd, ETH0, &a, policy, on_result, c);
}

static void claim_stop(struct claim *c) {
    ip_acd_stop(c->net.ip, &c->acd);
    net_stop(&c->net);
}

static void expect_arp(struct claim *c, enum inl_cause cause, const char *spa) {
    static const uint8_t zero[6];
    const struct inl_addr from = addr(spa), asked = addr("10.0.0.7");
    struct seen s;

    assert_true(net_take(&c->net, ETH0, &s));
    assert_int_equal(s.cause, cause);
    assert_int_equal(s.eth.type, ETH_TYPE_ARP);
    assert_memory_equal(s.eth.dst, MAC_ALL, 6);
    assert_int_equal(s.arp.op, ARP_REQUEST);
    assert_memory_equal(s.arp.sha, MAC_HOST, 6);
    assert_memory_equal(s.arp.tha, zero, 6);
    assert_true(inl_addr_eq(&s.arp.spa, &from));
    assert_true(inl_addr_eq(&s.arp.tpa, &asked));
}

/* Time passes until a frame leaves; how long that was. */
static inl_dur until_frame(struct claim *c) {
    inl_time start = c->net.env.now;

    while (net_idle(&c->net)) {
        inl_time next = wheel_next(&c->net.env.wheel);

        assert_true(inl_time_before(next, inl_time_add(start, 100 * INL_S)));
        net_advance(&c->net, next.ns > c->net.env.now.ns ? next.ns - c->net.env.now.ns : 0);
    }
    return c->net.env.now.ns - start.ns;
}

static void probes_pass(struct claim *c) {
    assert_in_range(until_frame(c), 0, ACD_PROBE_WAIT_NS);
    expect_arp(c, INL_CAUSE_ARP_PROBE, "0.0.0.0");
    for (int i = 1; i < ACD_PROBE_NUM; i++) {
        assert_in_range(until_frame(c), ACD_PROBE_MIN_NS, ACD_PROBE_MAX_NS);
        expect_arp(c, INL_CAUSE_ARP_PROBE, "0.0.0.0");
    }
}

static enum inl_drop hear(struct claim *c, uint16_t op, const char *spa, const uint8_t mac[6],
                          const char *tpa) {
    struct frame f;

    frame_arp(&f, op, spa, mac, tpa);
    frame_to(&f, MAC_ALL);
    return net_feed(&c->net, ETH0, &f);
}

static void make_ours(struct claim *c) {
    probes_pass(c);
    assert_int_equal(until_frame(c), ACD_ANNOUNCE_WAIT_NS);
    expect_arp(c, INL_CAUSE_ARP_ANNOUNCE, "10.0.0.7");
    assert_int_equal(until_frame(c), ACD_ANNOUNCE_INTERVAL_NS);
    expect_arp(c, INL_CAUSE_ARP_ANNOUNCE, "10.0.0.7");
    assert_int_equal(c->free, 1);
}

/* 2.1.1, 2.3: three probes, silence, two announcements; from then on it is answered for. */
static void test_undisputed(void **state) {
    struct claim c;
    struct seen s;

    (void)state;
    claim_start(&c, 0, IP_ACD_DEFEND_ONCE);
    probes_pass(&c);
    /* not ours yet: who asks for it gets no answer */
    assert_int_equal(hear(&c, ARP_REQUEST, "10.0.0.2", MAC_PEER, "10.0.0.7"), INL_DROP_NOT_FOR_US);
    net_advance(&c.net, ACD_ANNOUNCE_WAIT_NS - 1);
    assert_true(net_idle(&c.net));
    assert_int_equal(c.free, 0);
    net_advance(&c.net, 1);
    assert_int_equal(c.free, 1);
    expect_arp(&c, INL_CAUSE_ARP_ANNOUNCE, "10.0.0.7");
    assert_int_equal(until_frame(&c), ACD_ANNOUNCE_INTERVAL_NS);
    expect_arp(&c, INL_CAUSE_ARP_ANNOUNCE, "10.0.0.7");
    net_advance(&c.net, 100 * INL_S);
    assert_true(net_idle(&c.net));
    assert_int_equal(hear(&c, ARP_REQUEST, "10.0.0.2", MAC_PEER, "10.0.0.7"), INL_DROP_NONE);
    assert_true(net_take(&c.net, ETH0, &s));
    assert_int_equal(s.arp.op, ARP_REPLY);
    claim_stop(&c);
}

/* 2.1.1: whoever has it, or probes for it too, is a conflict, at any time until the end. */
static void test_taken(void **state) {
    static const struct {
        uint16_t op;
        const char *spa, *tpa;
        bool taken;
    } heard[] = {
        {ARP_REPLY, "10.0.0.7", "10.0.0.1", true},    {ARP_REQUEST, "10.0.0.7", "10.0.0.9", true},
        {ARP_REQUEST, "10.0.0.7", "10.0.0.7", true},  {ARP_REQUEST, "0.0.0.0", "10.0.0.7", true},
        {ARP_REQUEST, "10.0.0.9", "10.0.0.7", false}, {ARP_REQUEST, "0.0.0.0", "10.0.0.8", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(heard) / sizeof(heard[0]); i++) {
        for (int probes = 0; probes <= ACD_PROBE_NUM; probes++) {
            struct claim c;

            claim_start(&c, 0, IP_ACD_DEFEND_ONCE);
            for (int k = 0; k < probes; k++) {
                until_frame(&c);
                expect_arp(&c, INL_CAUSE_ARP_PROBE, "0.0.0.0");
            }
            net_advance(&c.net, 1);
            hear(&c, heard[i].op, heard[i].spa, MAC_OTHER, heard[i].tpa);
            net_advance(&c.net, 100 * INL_S);
            assert_int_equal(c.conflicts, heard[i].taken);
            assert_int_equal(c.free, !heard[i].taken);
            assert_int_equal(c.net.env.drop[INL_DROP_ADDR_CONFLICT], heard[i].taken);
            claim_stop(&c);
        }
    }
}

/* Our own probe, sent back by the network, is no conflict. */
static void test_echo(void **state) {
    struct claim c;

    (void)state;
    claim_start(&c, 0, IP_ACD_DEFEND_ONCE);
    net_advance(&c.net, ACD_PROBE_WAIT_NS);
    assert_int_equal(hear(&c, ARP_REQUEST, "0.0.0.0", MAC_HOST, "10.0.0.7"), INL_DROP_OWN_ECHO);
    net_advance(&c.net, 100 * INL_S);
    assert_int_equal(c.conflicts, 0);
    assert_int_equal(c.free, 1);
    claim_stop(&c);
}

/* 2.4 (b): defended once in ten seconds; who insists, gets it. */
static void test_defend_once(void **state) {
    struct claim c;

    (void)state;
    claim_start(&c, 0, IP_ACD_DEFEND_ONCE);
    make_ours(&c);
    for (int i = 0; i < 2; i++) { /* far enough from each other */
        assert_int_equal(hear(&c, ARP_REQUEST, "10.0.0.7", MAC_OTHER, "10.0.0.9"),
                         INL_DROP_ADDR_CONFLICT);
        expect_arp(&c, INL_CAUSE_ARP_DEFEND, "10.0.0.7");
        assert_true(net_idle(&c.net));
        net_advance(&c.net, ACD_DEFEND_INTERVAL_NS);
    }
    hear(&c, ARP_REPLY, "10.0.0.7", MAC_OTHER, "10.0.0.1");
    expect_arp(&c, INL_CAUSE_ARP_DEFEND, "10.0.0.7");
    net_advance(&c.net, ACD_DEFEND_INTERVAL_NS - 1);
    assert_int_equal(c.lost, 0);
    hear(&c, ARP_REPLY, "10.0.0.7", MAC_OTHER, "10.0.0.1");
    assert_int_equal(c.lost, 1);
    assert_true(net_idle(&c.net));
    claim_stop(&c);
}

/* 2.4 (a) and (c) */
static void test_policies(void **state) {
    struct claim c;

    (void)state;
    claim_start(&c, 0, IP_ACD_YIELD);
    make_ours(&c);
    hear(&c, ARP_REPLY, "10.0.0.7", MAC_OTHER, "10.0.0.1");
    assert_int_equal(c.lost, 1);
    assert_true(net_idle(&c.net));
    claim_stop(&c);
    claim_start(&c, 0, IP_ACD_DEFEND);
    make_ours(&c);
    for (int i = 0; i < 30; i++) { /* one a second: three answers */
        hear(&c, ARP_REPLY, "10.0.0.7", MAC_OTHER, "10.0.0.1");
        if (i % 10 == 0) {
            expect_arp(&c, INL_CAUSE_ARP_DEFEND, "10.0.0.7");
        }
        assert_true(net_idle(&c.net));
        net_advance(&c.net, INL_S);
    }
    assert_int_equal(c.lost, 0);
    claim_stop(&c);
}

/* An address that was given by hand is kept, and said to be ours once in ten seconds. */
static void test_static(void **state) {
    struct claim c;
    struct seen s;

    (void)state;
    claim_start(&c, 0, IP_ACD_YIELD);
    ip_acd_stop(c.net.ip, &c.acd);
    for (int i = 0; i < 25; i++) {
        assert_int_equal(hear(&c, ARP_REQUEST, "10.0.0.1", MAC_OTHER, "10.0.0.9"),
                         INL_DROP_ADDR_CONFLICT);
        if (i % 10 == 0) {
            assert_true(net_take(&c.net, ETH0, &s));
            assert_int_equal(s.cause, INL_CAUSE_ARP_DEFEND);
            assert_int_equal(inl_addr_to4(&s.arp.spa), 0x0a000001);
        }
        assert_true(net_idle(&c.net));
        net_advance(&c.net, INL_S);
    }
    claim_stop(&c);
}

/* 2.1.1: after ten addresses that were taken, one attempt a minute. */
static void test_rate_limit(void **state) {
    struct inl_addr a = addr("10.0.0.7");
    struct claim c;

    (void)state;
    claim_start(&c, 0, IP_ACD_DEFEND_ONCE);
    for (int i = 0; i < ACD_MAX_CONFLICTS; i++) {
        assert_in_range(until_frame(&c), 0, ACD_PROBE_WAIT_NS);
        expect_arp(&c, INL_CAUSE_ARP_PROBE, "0.0.0.0");
        hear(&c, ARP_REPLY, "10.0.0.7", MAC_OTHER, "10.0.0.1");
        assert_int_equal(c.conflicts, i + 1);
        ip_acd_start(c.net.ip, &c.acd, ETH0, &a, IP_ACD_DEFEND_ONCE, on_result, &c);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(until_frame(&c) >= ACD_RATE_LIMIT_NS);
        expect_arp(&c, INL_CAUSE_ARP_PROBE, "0.0.0.0");
        hear(&c, ARP_REPLY, "10.0.0.7", MAC_OTHER, "10.0.0.1");
        ip_acd_start(c.net.ip, &c.acd, ETH0, &a, IP_ACD_DEFEND_ONCE, on_result, &c);
    }
    claim_stop(&c);
}

/* 2.1: a link that comes back may lead elsewhere: the address is probed for again. */
static void test_link_up(void **state) {
    struct claim c;

    (void)state;
    claim_start(&c, 0, IP_ACD_DEFEND_ONCE);
    make_ours(&c);
    assert_int_equal(ip_link_set_up(c.net.ip, ETH0, false), 0);
    net_advance(&c.net, 100 * INL_S);
    assert_int_equal(ip_link_set_up(c.net.ip, ETH0, true), 0);
    make_ours(&c); /* and FREE is not said twice */
    assert_int_equal(ip_link_set_up(c.net.ip, ETH0, false), 0);
    assert_int_equal(ip_link_set_up(c.net.ip, ETH0, true), 0);
    hear(&c, ARP_REPLY, "10.0.0.7", MAC_OTHER, "10.0.0.1");
    assert_int_equal(c.lost, 1);
    assert_int_equal(c.conflicts, 0);
    claim_stop(&c);
}

/* Nobody can be asked on a link without link-layer addresses. */
static void test_bare(void **state) {
    struct claim c;

    (void)state;
    claim_start(&c, NET_BARE, IP_ACD_DEFEND_ONCE);
    assert_int_equal(c.free, 0); /* never from within the call */
    net_advance(&c.net, 0);
    assert_int_equal(c.free, 1);
    net_advance(&c.net, 100 * INL_S);
    assert_true(net_idle(&c.net));
    claim_stop(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undisputed), cmocka_unit_test(test_taken),
        cmocka_unit_test(test_echo),       cmocka_unit_test(test_defend_once),
        cmocka_unit_test(test_policies),   cmocka_unit_test(test_static),
        cmocka_unit_test(test_rate_limit), cmocka_unit_test(test_link_up),
        cmocka_unit_test(test_bare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
