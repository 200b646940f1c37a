/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nud_test.c - the neighbour cache's state machine, row by row: RFC 4861 appendix C as RFC 7048
 * changes it; times; limits; entries of a person
 *
 * The neighbour is PEER with MAC_PEER. Each row brings a fresh entry into a state, lets one thing
 * happen and looks at the state, the link-layer address and whether something was sent.
 */
#include "net.h"

#include <stdio.h>

#define TARGET "2001:db8::2"

static int send_to(struct net *n, const char *dst) {
    struct pkt *p = pkt_new(&n->env.mem, 64, 84);
    const struct ip_tx tx = {.dst = addr(dst), .proto = IP_PROTO_TCP, .cause = INL_CAUSE_TCP_DATA};

    memset(pkt_put(p, 20), 0, 20);
    return ip_out(n->ip, p, &tx);
}

static const struct neigh *entry(struct net *n, const char *a) {
    struct inl_addr x = addr(a);

    return ip_neigh_get(n->ip, ETH0, &x);
}

static void drain(struct net *n) {
    struct seen s;

    while (net_take(n, ETH0, &s)) {
    }
}

enum mac { M_NONE, M_SAME, M_OTHER };

static void set_mac(enum mac which, bool *has, uint8_t mac[6]) {
    *has = which != M_NONE;
    memcpy(mac, which == M_OTHER ? MAC_OTHER : MAC_PEER, 6);
}

static void hear(struct net *n, uint8_t type, bool solicited, bool override, enum mac mac) {
    struct nd_msg m = {.type = type,
                       .target = addr(type == ICMP6_NEIGH_SOLICIT ? "2001:db8::1" : TARGET),
                       .solicited = solicited,
                       .override = override};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    if (type == ICMP6_NEIGH_SOLICIT) {
        set_mac(mac, &m.has_source_ll, m.source_ll);
    } else {
        set_mac(mac, &m.has_target_ll, m.target_ll);
    }
    h.hop_limit = 255;
    frame_nd(&f, h, &m);
    net_feed(n, ETH0, &f);
}

/* An entry for TARGET in that state, as it comes to be there. */
static void bring(struct net *n, enum neigh_state state) {
    struct inl_addr dst = addr(TARGET), none = inl_addr_any6();
    struct ip_path path;

    net_start(n, 0);
    send_to(n, TARGET);
    if (state == NEIGH_INCOMPLETE) {
        drain(n);
        return;
    }
    hear(n, ICMP6_NEIGH_ADVERT, true, true, M_SAME);
    if (state != NEIGH_REACHABLE) {
        net_advance(n, ip_neigh_reachable_ns(n->ip, ETH0));
    }
    if (state == NEIGH_DELAY) {
        send_to(n, TARGET);
    } else if (state == NEIGH_PROBE || state == NEIGH_UNREACHABLE) {
        assert_int_equal(ip_path_find(n->ip, &dst, &none, 0, &path), 0);
        ip_neigh_doubt(n->ip, &path);
        net_advance(n, state == NEIGH_PROBE ? 0 : 3 * NEIGH_RETRANS_NS);
    }
    drain(n);
    assert_int_equal(entry(n, TARGET)->state, state);
    assert_memory_equal(entry(n, TARGET)->mac, MAC_PEER, 6);
}

static void confirm(struct net *n) {
    struct inl_addr dst = addr(TARGET), none = inl_addr_any6();
    struct ip_path path;

    assert_int_equal(ip_path_find(n->ip, &dst, &none, 0, &path), 0);
    ip_neigh_confirm(n->ip, &path);
}

#define I NEIGH_INCOMPLETE
#define R NEIGH_REACHABLE
#define S NEIGH_STALE
#define D NEIGH_DELAY
#define P NEIGH_PROBE
#define U NEIGH_UNREACHABLE

/* What an advertisement (solicited, override, whose address) makes of each state; then the
 * address that is known. */
static const struct {
    bool solicited, override;
    enum mac mac;
    struct {
        enum neigh_state from, to;
        enum mac knows;
    } row[6];
} adverts[] = {
    /* INCOMPLETE with queued packets: recorded, STALE, and as these are sent, DELAY */
    {0,
     0,
     M_SAME,
     {{I, D, M_SAME},
      {R, R, M_SAME},
      {S, S, M_SAME},
      {D, D, M_SAME},
      {P, P, M_SAME},
      {U, U, M_SAME}}},
    {0,
     1,
     M_SAME,
     {{I, D, M_SAME},
      {R, R, M_SAME},
      {S, S, M_SAME},
      {D, D, M_SAME},
      {P, P, M_SAME},
      {U, U, M_SAME}}},
    {1,
     0,
     M_SAME,
     {{I, R, M_SAME},
      {R, R, M_SAME},
      {S, R, M_SAME},
      {D, R, M_SAME},
      {P, R, M_SAME},
      {U, R, M_SAME}}},
    {1,
     1,
     M_SAME,
     {{I, R, M_SAME},
      {R, R, M_SAME},
      {S, R, M_SAME},
      {D, R, M_SAME},
      {P, R, M_SAME},
      {U, R, M_SAME}}},
    {0,
     0,
     M_OTHER,
     {{I, D, M_OTHER},
      {R, S, M_SAME},
      {S, S, M_SAME},
      {D, D, M_SAME},
      {P, P, M_SAME},
      {U, U, M_SAME}}},
    {1,
     0,
     M_OTHER,
     {{I, R, M_OTHER},
      {R, S, M_SAME},
      {S, S, M_SAME},
      {D, D, M_SAME},
      {P, P, M_SAME},
      {U, U, M_SAME}}},
    {0,
     1,
     M_OTHER,
     {{I, D, M_OTHER},
      {R, S, M_OTHER},
      {S, S, M_OTHER},
      {D, S, M_OTHER},
      {P, S, M_OTHER},
      {U, S, M_OTHER}}},
    {1,
     1,
     M_OTHER,
     {{I, R, M_OTHER},
      {R, R, M_OTHER},
      {S, R, M_OTHER},
      {D, R, M_OTHER},
      {P, R, M_OTHER},
      {U, R, M_OTHER}}},
    {0,
     0,
     M_NONE,
     {{I, I, M_NONE},
      {R, R, M_SAME},
      {S, S, M_SAME},
      {D, D, M_SAME},
      {P, P, M_SAME},
      {U, U, M_SAME}}},
    {0,
     1,
     M_NONE,
     {{I, I, M_NONE},
      {R, R, M_SAME},
      {S, S, M_SAME},
      {D, D, M_SAME},
      {P, P, M_SAME},
      {U, U, M_SAME}}},
    {1,
     0,
     M_NONE,
     {{I, I, M_NONE},
      {R, R, M_SAME},
      {S, R, M_SAME},
      {D, R, M_SAME},
      {P, R, M_SAME},
      {U, R, M_SAME}}},
    {1,
     1,
     M_NONE,
     {{I, I, M_NONE},
      {R, R, M_SAME},
      {S, R, M_SAME},
      {D, R, M_SAME},
      {P, R, M_SAME},
      {U, R, M_SAME}}},
};

/* A solicitation from the neighbour: what is new is taken, and proves nothing. The answer is a
 * packet that is sent, if the solicitation does not say to which link-layer address. */
static const struct {
    enum mac mac;
    struct {
        enum neigh_state from, to;
        enum mac knows;
    } row[6];
} solicits[] = {
    {M_NONE,
     {{I, I, M_NONE},
      {R, R, M_SAME},
      {S, D, M_SAME},
      {D, D, M_SAME},
      {P, P, M_SAME},
      {U, U, M_SAME}}},
    {M_SAME,
     {{I, D, M_SAME},
      {R, R, M_SAME},
      {S, S, M_SAME},
      {D, D, M_SAME},
      {P, P, M_SAME},
      {U, U, M_SAME}}},
    {M_OTHER,
     {{I, D, M_OTHER},
      {R, S, M_OTHER},
      {S, S, M_OTHER},
      {D, S, M_OTHER},
      {P, S, M_OTHER},
      {U, S, M_OTHER}}},
};

static void expect(struct net *n, enum neigh_state to, enum mac knows, const char *what, size_t i,
                   size_t k) {
    const struct neigh *e = entry(n, TARGET);

    if (!e || e->state != to ||
        (knows != M_NONE && memcmp(e->mac, knows == M_OTHER ? MAC_OTHER : MAC_PEER, 6) != 0)) {
        fail_msg("%s %zu, column %zu: state %d", what, i, k, e ? (int)e->state : -1);
    }
}

static void test_adverts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(adverts) / sizeof(adverts[0]); i++) {
        for (size_t k = 0; k < 6; k++) {
            struct net n;

            bring(&n, adverts[i].row[k].from);
            hear(&n, ICMP6_NEIGH_ADVERT, adverts[i].solicited, adverts[i].override, adverts[i].mac);
            expect(&n, adverts[i].row[k].to, adverts[i].row[k].knows, "advertisement", i, k);
            if (adverts[i].row[k].from == I) { /* what waited is sent when it can be */
                assert_int_equal(net_idle(&n), adverts[i].row[k].to == I);
            } else {
                assert_true(net_idle(&n));
            }
            drain(&n);
            net_stop(&n);
        }
    }
}

static void test_solicits(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(solicits) / sizeof(solicits[0]); i++) {
        for (size_t k = 0; k < 6; k++) {
            struct net n;

            bring(&n, solicits[i].row[k].from);
            hear(&n, ICMP6_NEIGH_SOLICIT, false, false, solicits[i].mac);
            expect(&n, solicits[i].row[k].to, solicits[i].row[k].knows, "solicitation", i, k);
            drain(&n);
            net_stop(&n);
        }
    }
}

/* "Upper-layer reachability confirmation" and "sending packet", in each state. */
static void test_use(void **state) {
    static const enum neigh_state from[] = {R, S, D, P, U}, sent[] = {R, D, D, P, U};
    struct seen s;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct net n;

        bring(&n, from[i]);
        assert_int_equal(send_to(&n, TARGET), IP_OUT_QUEUED);
        assert_true(net_take(&n, ETH0, &s)); /* at once, to the address that is known */
        assert_memory_equal(s.eth.dst, MAC_PEER, 6);
        assert_int_equal(s.cause, INL_CAUSE_TCP_DATA);
        assert_true(net_idle(&n));
        expect(&n, sent[i], M_SAME, "send", i, 0);
        confirm(&n);
        expect(&n, R, M_SAME, "confirm", i, 0);
        net_stop(&n);
    }
}

static inl_dur next_solicit(struct net *n, struct seen *s) {
    inl_time start = n->env.now;

    while (!net_take(n, ETH0, s)) {
        inl_time next = wheel_next(&n->env.wheel);

        assert_true(inl_time_before(next, INL_TIME_NEVER));
        net_advance(n, next.ns > n->env.now.ns ? next.ns - n->env.now.ns : 0);
        assert_true(n->env.now.ns - start.ns < 200 * INL_S);
    }
    return n->env.now.ns - start.ns;
}

/* RFC 7048: asked in person, then everybody is, after longer and longer waits, while it is used;
 * the packets go on. At last one who sends hears that there is nobody. */
static void test_unreachable(void **state) {
    static const inl_dur waits[] = {NEIGH_RETRANS_NS, 3 * NEIGH_RETRANS_NS, 9 * NEIGH_RETRANS_NS};
    struct net n;
    struct seen s;

    (void)state;
    bring(&n, NEIGH_DELAY);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(next_solicit(&n, &s), i ? NEIGH_RETRANS_NS : NEIGH_DELAY_NS);
        assert_int_equal(s.nd.type, ICMP6_NEIGH_SOLICIT);
        assert_memory_equal(s.eth.dst, MAC_PEER, 6);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(next_solicit(&n, &s), waits[i]);
        assert_int_equal(s.nd.type, ICMP6_NEIGH_SOLICIT);
        assert_memory_equal(s.eth.dst, ((uint8_t[]){0x33, 0x33, 0xff, 0, 0, 2}), 6);
        assert_int_equal(entry(&n, TARGET)->state, NEIGH_UNREACHABLE);
        assert_int_equal(send_to(&n, TARGET), IP_OUT_QUEUED);
        assert_true(net_take(&n, ETH0, &s));
        assert_memory_equal(s.eth.dst, MAC_PEER, 6);
        assert_int_equal(n.errors, 0);
    }
    net_advance(&n, 27 * NEIGH_RETRANS_NS);
    assert_int_equal(entry(&n, TARGET)->state, NEIGH_FAILED);
    send_to(&n, TARGET);
    net_advance(&n, 3 * NEIGH_RETRANS_NS);
    assert_int_equal(n.errors, 1);
    net_advance(&n, 60 * INL_S);
    assert_null(entry(&n, TARGET));
    drain(&n);
    net_stop(&n);
    /* not used: one question to all, then forgotten */
    bring(&n, NEIGH_UNREACHABLE);
    net_advance(&n, 3 * NEIGH_RETRANS_NS);
    assert_null(entry(&n, TARGET));
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 4861 6.3.2: ReachableTime is drawn from 0.5 to 1.5 times the base, anew every few hours. */
static void test_reachable_time(void **state) {
    inl_dur least = INT64_MAX, most = 0;
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int i = 0; i < 100; i++) {
        inl_dur d = ip_neigh_reachable_ns(n.ip, ETH0);

        assert_in_range(d, NEIGH_REACHABLE_NS / 2, NEIGH_REACHABLE_NS * 3 / 2);
        net_advance(&n, NEIGH_REDRAW_NS - 1);
        assert_int_equal(ip_neigh_reachable_ns(n.ip, ETH0), d);
        net_advance(&n, 1);
        least = d < least ? d : least;
        most = d > most ? d : most;
    }
    assert_true(least < NEIGH_REACHABLE_NS * 6 / 10);
    assert_true(most > NEIGH_REACHABLE_NS * 14 / 10);
    net_stop(&n);
}

/* RFC 6583: at most a quarter of the entries is being resolved, so many packets wait at most, and
 * a scan pushes out no neighbour that works. */
static void test_scan(void **state) {
    struct net n;
    char text[64];
    unsigned good = 24; /* of 32 */

    (void)state;
    net_start(&n, 0);
    for (unsigned i = 0; i < good; i++) {
        struct frame f;
        struct seen s;

        (void)snprintf(text, sizeof(text), "10.0.0.%u", 100 + i);
        frame_arp(&f, ARP_REQUEST, text, MAC_PEER, "10.0.0.1");
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
        assert_true(net_take(&n, ETH0, &s));
    }
    for (unsigned i = 0; i < 5000; i++) {
        (void)snprintf(text, sizeof(text), "2001:db8::%x", 0x1000 + i);
        send_to(&n, text);
        drain(&n);
        assert_true(n.ip->neighs.unresolved_count <= 8);
        assert_true(htab_count(&n.ip->neighs.table) <= 32);
    }
    for (unsigned i = 0; i < good; i++) {
        (void)snprintf(text, sizeof(text), "10.0.0.%u", 100 + i);
        assert_non_null(entry(&n, text));
    }
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_FAILED], 5000 - 8);
    net_advance(&n, 300 * INL_S);
    assert_int_equal(n.ip->neighs.unresolved_count, 0);
    net_stop(&n);
}

/* What a person has said stays, whatever the network says. */
static void test_permanent(void **state) {
    struct inl_neigh_info info[40];
    struct inl_addr a = addr(TARGET), b = addr("10.0.0.2"), us = addr("10.0.0.1");
    struct inl_addr group = addr("ff02::1");
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    send_to(&n, TARGET); /* waits */
    drain(&n);
    assert_int_equal(ip_neigh_add(n.ip, ETH0, &a, MAC_OTHER), 0);
    assert_true(net_take(&n, ETH0, &s)); /* and goes */
    assert_memory_equal(s.eth.dst, MAC_OTHER, 6);
    assert_int_equal(ip_neigh_add(n.ip, ETH0, &b, MAC_OTHER), 0);
    hear(&n, ICMP6_NEIGH_ADVERT, true, true, M_SAME);
    hear(&n, ICMP6_NEIGH_SOLICIT, false, false, M_SAME);
    drain(&n);
    net_advance(&n, 4000 * INL_S);
    send_to(&n, TARGET);
    assert_true(net_take(&n, ETH0, &s));
    assert_memory_equal(s.eth.dst, MAC_OTHER, 6);
    assert_true(net_idle(&n));
    for (unsigned i = 0; i < 200; i++) { /* no scan makes it go */
        char text[64];

        (void)snprintf(text, sizeof(text), "2001:db8::%x", 0x1000 + i);
        send_to(&n, text);
        drain(&n);
    }
    assert_int_equal(ip_neigh_list(n.ip, info, 40), 2 + 8);
    assert_int_equal(info[0].state, INL_NEIGH_PERMANENT);
    assert_true(inl_addr_eq(&info[1].addr, &a)); /* the one used last */
    assert_memory_equal(info[1].mac, MAC_OTHER, 6);
    assert_int_equal(info[5].state, INL_NEIGH_INCOMPLETE);
    assert_int_equal(ip_neigh_list(n.ip, NULL, 0), 2 + 8);
    assert_int_equal(ip_neigh_del(n.ip, ETH0, &a), 0);
    assert_int_equal(ip_neigh_del(n.ip, ETH0, &a), -ENOENT);
    assert_int_equal(ip_neigh_add(n.ip, ETH0, &us, MAC_OTHER), -EINVAL);
    assert_int_equal(ip_neigh_add(n.ip, ETH0, &group, MAC_OTHER), -EINVAL);
    assert_int_equal(ip_neigh_add(n.ip, ETH0, &a, MAC_ALL), -EINVAL);
    assert_int_equal(ip_neigh_add(n.ip, 9, &a, MAC_OTHER), -ENODEV);
    for (unsigned i = 0; i < 31; i++) { /* a cache full of them takes no other */
        struct inl_addr more = inl_addr_from4(0x0a000064u + i);

        assert_int_equal(ip_neigh_add(n.ip, ETH0, &more, MAC_OTHER), 0);
    }
    assert_int_equal(ip_neigh_add(n.ip, ETH0, &a, MAC_OTHER), -ENOSPC);
    assert_int_equal(send_to(&n, TARGET), -ENOBUFS);
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_FULL], 1);
    net_stop(&n);
}

/* RFC 4861 4.3, 7.3.3: a probe goes to the neighbour alone, and says who asks. */
static void test_probe(void **state) {
    struct inl_addr target = addr(TARGET);
    struct net n;
    struct seen s;

    (void)state;
    bring(&n, D);
    net_advance(&n, NEIGH_DELAY_NS);
    for (int i = 0; i < 3; i++) {
        assert_true(net_take(&n, ETH0, &s));
        assert_int_equal(s.nd.type, ICMP6_NEIGH_SOLICIT);
        assert_memory_equal(s.eth.dst, MAC_PEER, 6);
        assert_true(inl_addr_eq(&s.ip6.dst, &target));
        assert_true(s.nd.has_source_ll);
        assert_memory_equal(s.nd.source_ll, MAC_HOST, 6);
        assert_true(net_idle(&n));
        net_advance(&n, NEIGH_RETRANS_NS);
    }
    drain(&n);
    net_stop(&n);
}

/* RFC 4861 7.2.5: of who was never asked for, or did not answer in time, nothing is learnt. */
static void test_unknown(void **state) {
    struct net n;

    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        net_start(&n, 0);
        hear(&n, ICMP6_NEIGH_ADVERT, kind & 1, kind & 2, M_SAME);
        assert_null(entry(&n, TARGET));
        send_to(&n, TARGET);
        net_advance(&n, 3 * NEIGH_RETRANS_NS);
        assert_int_equal(entry(&n, TARGET)->state, NEIGH_FAILED);
        hear(&n, ICMP6_NEIGH_ADVERT, kind & 1, kind & 2, M_SAME);
        assert_int_equal(entry(&n, TARGET)->state, NEIGH_FAILED);
        drain(&n);
        net_stop(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adverts),
        cmocka_unit_test(test_solicits),
        cmocka_unit_test(test_use),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_reachable_time),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_permanent),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
