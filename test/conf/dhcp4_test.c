/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4_test.c - the DHCP client for IPv4, whose server is the test (RFC
 * 2131 4.4)
 */
#include "dhcp4_side.h"

#include "ip/neigh.h"
#include "stack/state.h"

static void expect_news(struct lan *l) {
    struct inl_conf_event ev;

    assert_true(inl_conf_next_event(l->stack, &ev));
    assert_int_equal(ev.link, LAN_LINK);
    assert_int_equal(ev.what, INL_CONF_DHCP4);
    assert_false(inl_conf_next_event(l->stack, &ev));
}

static void bind_with(struct lan *l, const struct answer *how) {
    struct lan_msg m;
    struct answer offer = *how;
    struct dhcp4_msg q = expect(l, DHCP4_DISCOVER, 2 * INL_S, &m);

    offer.type = DHCP4_OFFER;
    assert_int_equal(answer(l, &offer, &q), INL_DROP_NONE);
    q = expect(l, DHCP4_REQUEST, 0, &m);
    assert_int_equal(answer(l, how, &q), INL_DROP_NONE);
}

static void bound(struct lan *l) {
    struct answer a = ack();

    start(l, false);
    bind_with(l, &a);
    assert_int_equal(info(l).state, INL_DHCP4_BOUND);
    expect_news(l);
}

static uint64_t ns(inl_time t) {
    return (uint64_t)t.ns;
}

/* ---- obtaining an address ---- */

static void test_obtain(void **state) {
    struct lan l;
    struct lan_msg m;
    struct inl_addr a;
    uint8_t id[64];
    struct answer yes = ack();

    (void)state;
    start(&l, false);
    assert_int_equal(info(&l).state, INL_DHCP4_INIT);
    struct dhcp4_msg q = expect(&l, DHCP4_DISCOVER, 1, &m);

    /* 4.1: from 0.0.0.0, to everybody; 4.4.1: no address in it, the broadcast bit
     */
    assert_true(inl_addr_is_any(&m.src));
    assert_true(inl_addr_is_broadcast(&m.dst));
    assert_int_equal(m.eth_dst[0], 0xff);
    assert_int_equal(m.cause, INL_CAUSE_DHCP4_DISCOVER);
    assert_true(inl_addr_is_any(&q.ciaddr));
    assert_int_equal(q.flags, DHCP4_BROADCAST);
    assert_true(m.payload_len >= DHCP4_MIN_BYTES);
    assert_false(dhcp4_opt_addr(&q, DHCP4_OPT_SERVER, &a));
    /* RFC 4361: type 255, IAID, DUID-LL */
    assert_int_equal(dhcp4_opt(&q, DHCP4_OPT_CLIENT_ID, id, sizeof(id)), 15);
    assert_int_equal(id[0], 255);
    assert_memory_equal(id + 9, LAN_MAC, 6);
    uint32_t xid = q.xid;
    uint8_t wishes[20], same[20];
    int wishes_n = dhcp4_opt(&q, DHCP4_OPT_PARAMS, wishes, sizeof(wishes));

    assert_true(wishes_n > 0);
    assert_int_equal(answer(&l, &OFFER, &q), INL_DROP_NONE);
    q = expect(&l, DHCP4_REQUEST, 0, &m);
    assert_int_equal(q.xid, xid);
    assert_int_equal(dhcp4_opt(&q, DHCP4_OPT_PARAMS, same, sizeof(same)), wishes_n);
    assert_memory_equal(wishes, same, (size_t)wishes_n);
    assert_true(inl_addr_is_broadcast(&m.dst));
    assert_true(inl_addr_is_any(&q.ciaddr));
    assert_true(dhcp4_opt_addr(&q, DHCP4_OPT_SERVER, &a) && inl_addr_to4(&a) == 0x0a0000fe);
    assert_true(dhcp4_opt_addr(&q, DHCP4_OPT_REQUESTED, &a) && inl_addr_to4(&a) == 0x0a000007);
    assert_false(info(&l).bound);

    assert_int_equal(answer(&l, &yes, &q), INL_DROP_NONE);
    struct inl_dhcp4_info i = info(&l);

    assert_int_equal(i.state, INL_DHCP4_BOUND);
    assert_true(i.bound && inl_addr_to4(&i.addr) == 0x0a000007);
    assert_int_equal(i.prefix_len_bits, 24);
    assert_int_equal(ns(i.expires), ns(l.now) + 3600 * (uint64_t)INL_S);
    assert_in_range(ns(i.renew) - ns(l.now), 1770 * (uint64_t)INL_S, 1800 * (uint64_t)INL_S);
    assert_in_range(ns(i.rebind) - ns(l.now), 3098 * (uint64_t)INL_S, 3150 * (uint64_t)INL_S);
    assert_true(lan_has_addr(&l, MINE));
    struct ip_path path;
    struct inl_addr far = lan_addr("192.0.2.1"), any = inl_addr_any4();

    assert_int_equal(ip_path_find(l.stack->ip, &far, &any, 0, &path), 0);
    assert_int_equal(inl_addr_to4(&path.next_hop), 0x0a0000fe);
    expect_news(&l);
    lan_stop(&l);
}

/* 4.4.1: between one and ten seconds before the first message, unless
 * configured. */
static void test_start_waits(void **state) {
    struct lan l;
    struct lan_msg m;

    (void)state;
    lan_start(&l);
    assert_int_equal(inl_dhcp4_start(l.stack, LAN_LINK, NULL), 0);
    assert_false(lan_next(&l, INL_S - 1, &m));
    assert_true(lan_next(&l, 9 * INL_S + 1, &m));
    assert_int_equal(inl_dhcp4_start(l.stack, LAN_LINK, NULL), -EEXIST);
    assert_int_equal(inl_dhcp4_start(l.stack, 2, NULL), -ENODEV);
    assert_int_equal(inl_dhcp4_start(l.stack, 0, NULL), -EINVAL);
    lan_stop(&l);
}

/* 4.1: 4, 8, 16, 32, 64, 64 seconds, each +-1. */
static void test_backoff(void **state) {
    static const int wait_s[] = {4, 8, 16, 32, 64, 64, 64};
    struct lan l;
    struct lan_msg m;
    inl_time last;
    bool exact = true;

    (void)state;
    start(&l, false);
    expect(&l, DHCP4_DISCOVER, 1, &m);
    last = m.at;
    for (size_t i = 0; i < sizeof(wait_s) / sizeof(wait_s[0]); i++) {
        struct dhcp4_msg q = expect(&l, DHCP4_DISCOVER, 100 * INL_S, &m);
        inl_dur w = inl_time_sub(m.at, last);

        assert_in_range(w, (wait_s[i] - 1) * INL_S, (wait_s[i] + 1) * INL_S);
        exact = exact && w == wait_s[i] * INL_S;
        assert_int_equal(m.cause, INL_CAUSE_DHCP4_RETRY);
        assert_int_equal(q.secs, inl_time_sub(m.at, (inl_time){INL_S}) / INL_S);
        last = m.at;
    }
    assert_false(exact); /* randomised */
    lan_stop(&l);
}

/* 3.1.5: the request is sent four times, then it begins again. */
static void test_request_unanswered(void **state) {
    struct lan l;
    struct lan_msg m;
    struct dhcp4_msg q;
    uint32_t xid;

    (void)state;
    start(&l, false);
    q = expect(&l, DHCP4_DISCOVER, 1, &m);
    xid = q.xid;
    answer(&l, &OFFER, &q);
    for (int i = 0; i < 4; i++) {
        q = expect(&l, DHCP4_REQUEST, 40 * INL_S, &m);
        assert_int_equal(q.xid, xid);
    }
    q = expect(&l, DHCP4_DISCOVER, 40 * INL_S, &m);
    assert_int_not_equal(q.xid, xid);
    lan_stop(&l);
}

/* 4.4.1: what does not belong to the exchange is discarded. */
static void test_strangers(void **state) {
    struct lan l;
    struct lan_msg m;
    struct answer a;
    struct dhcp4_msg q;

    (void)state;
    start(&l, false);
    q = expect(&l, DHCP4_DISCOVER, 1, &m);
    a = OFFER;
    a.wrong_xid = true;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = OFFER;
    a.wrong_mac = true;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = OFFER;
    a.request_op = true;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = ack(); /* nobody asked for it yet */
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a.type = DHCP4_NAK;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    assert_int_equal(info(&l).state, INL_DHCP4_SELECTING);
    /* another client's identifier (RFC 6842) */
    static const uint8_t other_id[] = {DHCP4_OPT_CLIENT_ID, 3, 1, 2, 3};

    a = OFFER;
    a.extra = other_id;
    a.extra_len = sizeof(other_id);
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    assert_int_equal(answer(&l, &OFFER, &q), INL_DROP_NONE);
    /* an ACK, and a NAK, of a server that was not chosen; an ACK for another
     * address */
    q = expect(&l, DHCP4_REQUEST, 0, &m);
    a = ack();
    a.server = "10.0.0.66";
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a.type = DHCP4_NAK;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = ack();
    a.yiaddr = "10.0.0.8";
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    assert_int_equal(info(&l).state, INL_DHCP4_REQUESTING);
    lan_stop(&l);
}

/* Leases with which nothing can be done. */
static void test_bad_leases(void **state) {
    static const char *const bad_addr[] = {"0.0.0.0", "127.0.0.1", "224.0.0.1", ALL, SERVER};
    struct lan l;
    struct lan_msg m;
    struct answer a;
    struct dhcp4_msg q;

    (void)state;
    start(&l, false);
    q = expect(&l, DHCP4_DISCOVER, 1, &m);
    for (size_t i = 0; i < sizeof(bad_addr) / sizeof(bad_addr[0]); i++) {
        a = OFFER;
        a.yiaddr = bad_addr[i];
        assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_BAD_LEASE);
    }
    a = OFFER;
    a.server = NULL;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_BAD_LEASE);
    a = OFFER;
    a.lease_s = 0;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_BAD_LEASE);
    a.lease_s = 9;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_BAD_LEASE);
    assert_int_equal(lan_drops(&l, INL_DROP_DHCP_BAD_LEASE), 8);
    lan_stop(&l);
}

/* T1 and T2 must be in order, or the defaults count (4.4.5); UINT32_MAX is for
 * ever (3.3). */
static void test_times(void **state) {
    struct lan l;
    struct answer a = ack();
    struct inl_dhcp4_info i;

    (void)state;
    start(&l, false);
    a.t1_s = 3000;
    a.t2_s = 2000;
    bind_with(&l, &a);
    i = info(&l);
    assert_in_range(ns(i.renew) - ns(l.now), 1770 * (uint64_t)INL_S, 1800 * (uint64_t)INL_S);
    lan_stop(&l);

    start(&l, false);
    a.t1_s = 100;
    a.t2_s = 200;
    bind_with(&l, &a);
    i = info(&l);
    assert_in_range(ns(i.renew) - ns(l.now), 98 * (uint64_t)INL_S, 100 * (uint64_t)INL_S);
    assert_in_range(ns(i.rebind) - ns(l.now), 196 * (uint64_t)INL_S, 200 * (uint64_t)INL_S);
    lan_stop(&l);

    start(&l, false);
    a = ack();
    a.lease_s = UINT32_MAX;
    bind_with(&l, &a);
    assert_true(inl_time_is_never(info(&l).renew));
    assert_true(inl_time_is_never(info(&l).expires));
    lan_run(&l, 1000000 * INL_S);
    assert_int_equal(info(&l).state, INL_DHCP4_BOUND);
    lan_stop(&l);

    start(&l, false);
    a.lease_s = UINT32_MAX - 1; /* 136 years */
    bind_with(&l, &a);
    assert_int_equal(info(&l).state, INL_DHCP4_BOUND);
    lan_stop(&l);
}

/* ---- keeping it ---- */

/* 4.4.5: at T1 the server is asked, by unicast; then again after half of what
 * is left; at T2 everybody; and at the end of the lease the address goes. */
static void test_renew_rebind_expire(void **state) {
    struct lan l;
    struct lan_msg m;
    struct dhcp4_msg q;
    struct inl_addr a;
    struct inl_dhcp4_info i;
    int renewals = 0, rebinds = 0;
    inl_time last;

    (void)state;
    bound(&l);
    i = info(&l);
    struct ip_path path;
    struct inl_addr server = lan_addr(SERVER), any = inl_addr_any4();

    /* the server must be resolved to be sent to */
    ip_neigh_asked(l.stack->ip, LAN_LINK, &server, LAN_SERVER_MAC);
    assert_int_equal(ip_path_find(l.stack->ip, &server, &any, 0, &path), 0);
    last = l.now;
    while (inl_time_before(l.now, i.rebind)) {
        ip_neigh_asked(l.stack->ip, LAN_LINK, &server, LAN_SERVER_MAC);
        lan_run(&l, 10 * INL_S);
        while (lan_take(&l, &m)) {
            q = parsed(&m);
            if (m.cause == INL_CAUSE_DHCP4_REBIND) {
                rebinds++;
                continue;
            }
            assert_int_equal(m.cause, INL_CAUSE_DHCP4_RENEW);
            assert_int_equal(q.type, DHCP4_REQUEST);
            assert_true(inl_addr_eq(&m.dst, &server));
            assert_int_equal(inl_addr_to4(&m.src), 0x0a000007);
            assert_int_equal(inl_addr_to4(&q.ciaddr), 0x0a000007);
            assert_int_equal(q.flags, 0);
            assert_false(dhcp4_opt_addr(&q, DHCP4_OPT_SERVER, &a));
            assert_false(dhcp4_opt_addr(&q, DHCP4_OPT_REQUESTED, &a));
            if (renewals == 0) {
                assert_true(inl_time_sub(m.at, i.renew) >= 0);
            } else {
                assert_true(inl_time_sub(m.at, last) >= 60 * INL_S);
            }
            last = m.at;
            renewals++;
        }
    }
    assert_in_range(renewals, 4, 7);
    assert_int_equal(info(&l).state, INL_DHCP4_REBINDING);
    while (inl_time_before(l.now, i.expires) && lan_next(&l, 300 * INL_S, &m)) {
        q = parsed(&m);
        if (q.type == DHCP4_DISCOVER) {
            break;
        }
        assert_true(inl_addr_is_broadcast(&m.dst));
        assert_int_equal(m.cause, INL_CAUSE_DHCP4_REBIND);
        assert_int_equal(inl_addr_to4(&q.ciaddr), 0x0a000007);
        rebinds++;
    }
    assert_in_range(rebinds, 2, 5);
    assert_true(lan_has_addr(&l, MINE) || !inl_time_before(l.now, i.expires));
    lan_run(&l, 400 * INL_S);
    assert_false(lan_has_addr(&l, MINE));
    assert_int_equal(ip_path_find(l.stack->ip, &server, &any, 0, &path), -ENETUNREACH);
    assert_int_equal(info(&l).state, INL_DHCP4_SELECTING);
    expect_news(&l);
    lan_stop(&l);
}

static struct dhcp4_msg until_renewal(struct lan *l, struct lan_msg *m) {
    struct inl_addr server = lan_addr(SERVER);

    lan_run(l, inl_time_sub(info(l).renew, l->now) - 1);
    ip_neigh_asked(l->stack->ip, LAN_LINK, &server, LAN_SERVER_MAC);
    return expect(l, DHCP4_REQUEST, 1, m);
}

static void test_renewed(void **state) {
    struct lan l;
    struct lan_msg m;
    struct answer a = ack();
    struct dhcp4_msg q;

    (void)state;
    bound(&l);
    q = until_renewal(&l, &m);
    assert_int_equal(info(&l).state, INL_DHCP4_RENEWING);
    a.wrong_xid = true;
    assert_int_equal(answer_to(&l, &a, &q, MINE), INL_DROP_DHCP_UNASKED);
    a.wrong_xid = false;
    lan_run(&l, 5 * INL_S);
    assert_int_equal(answer_to(&l, &a, &q, MINE), INL_DROP_NONE);
    assert_int_equal(info(&l).state, INL_DHCP4_BOUND);
    /* it counts from when it was asked for */
    assert_int_equal(ns(info(&l).expires), ns(m.at) + 3600 * (uint64_t)INL_S);
    struct inl_conf_event ev;

    assert_false(inl_conf_next_event(l.stack, &ev)); /* nothing has changed */
    /* the next time there is a smaller MTU, and no router any more */
    q = until_renewal(&l, &m);
    a.mtu = 1400;
    a.router = NULL;
    assert_int_equal(answer_to(&l, &a, &q, MINE), INL_DROP_NONE);
    expect_news(&l);
    assert_int_equal(ip_link_mtu(l.stack->ip, LAN_LINK), 1400);
    assert_int_equal(info(&l).routes_n, 0);
    assert_true(lan_has_addr(&l, MINE));
    /* and then another address */
    q = until_renewal(&l, &m);
    a.yiaddr = "10.0.0.9";
    assert_int_equal(answer_to(&l, &a, &q, MINE), INL_DROP_NONE);
    assert_false(lan_has_addr(&l, MINE));
    assert_true(lan_has_addr(&l, "10.0.0.9"));
    lan_stop(&l);
}

/* A NAK ends it at once; each one in turn makes the next beginning wait longer.
 */
static void test_nak(void **state) {
    struct lan l;
    struct lan_msg m;
    struct answer no = {.type = DHCP4_NAK, .server = SERVER};
    struct dhcp4_msg q;
    inl_time asked;

    (void)state;
    bound(&l);
    q = until_renewal(&l, &m);
    assert_int_equal(answer_to(&l, &no, &q, ALL), INL_DROP_NONE);
    assert_false(lan_has_addr(&l, MINE));
    expect_news(&l);
    for (inl_dur wait = INL_S; wait < 200 * INL_S; wait *= 2) {
        asked = l.now;
        q = expect(&l, DHCP4_DISCOVER, 100 * INL_S, &m);
        assert_int_equal(inl_time_sub(m.at, asked), wait < 64 * INL_S ? wait : 64 * INL_S);
        answer(&l, &OFFER, &q);
        q = expect(&l, DHCP4_REQUEST, 0, &m);
        assert_int_equal(answer(&l, &no, &q), INL_DROP_NONE);
    }
    lan_stop(&l);
}

/* INIT-REBOOT (4.4.2): the old address is asked for, without a server; a NAK
 * ends that. */
static void test_reboot(void **state) {
    struct lan l;
    struct lan_msg m;
    struct inl_addr a;
    struct inl_dhcp4_config c;
    struct answer yes = ack(), no = {.type = DHCP4_NAK, .server = SERVER};
    struct dhcp4_msg q;

    (void)state;
    for (int way = 0; way < 3; way++) {
        lan_start(&l);
        inl_dhcp4_config_init(&c);
        c.start_min_ns = c.start_max_ns = 0;
        c.conflict_check = false;
        c.previous = lan_addr(MINE);
        assert_int_equal(inl_dhcp4_start(l.stack, LAN_LINK, &c), 0);
        q = expect(&l, DHCP4_REQUEST, 1, &m);
        assert_int_equal(info(&l).state, INL_DHCP4_REBOOTING);
        assert_true(inl_addr_is_any(&q.ciaddr) && inl_addr_is_broadcast(&m.dst));
        assert_false(dhcp4_opt_addr(&q, DHCP4_OPT_SERVER, &a));
        assert_true(dhcp4_opt_addr(&q, DHCP4_OPT_REQUESTED, &a) && inl_addr_to4(&a) == 0x0a000007);
        if (way == 0) {
            assert_int_equal(answer(&l, &yes, &q), INL_DROP_NONE);
            assert_int_equal(info(&l).state, INL_DHCP4_BOUND);
        } else if (way == 1) {
            assert_int_equal(answer(&l, &no, &q), INL_DROP_NONE);
            expect(&l, DHCP4_DISCOVER, 2 * INL_S, &m);
        } else { /* nobody answers */
            expect(&l, DHCP4_REQUEST, 6 * INL_S, &m);
            expect(&l, DHCP4_DISCOVER, 10 * INL_S, &m);
        }
        lan_stop(&l);
    }
}

/* A link that comes up again may be another network: the address goes, and is
 * asked for. */
static void test_link_down_up(void **state) {
    struct lan l;
    struct lan_msg m;

    (void)state;
    bound(&l);
    assert_int_equal(inl_link_set_up(l.stack, LAN_LINK, false), 0);
    assert_false(lan_has_addr(&l, MINE));
    assert_false(lan_next(&l, 1000 * INL_S, &m));
    assert_int_equal(inl_link_set_up(l.stack, LAN_LINK, true), 0);
    expect(&l, DHCP4_REQUEST, 1, &m);
    assert_int_equal(info(&l).state, INL_DHCP4_REBOOTING);
    lan_stop(&l);
}

/* ---- conflicts ---- */

/* 4.4.1, RFC 5227: the address is probed; if it is free it is used and
 * announced. */
static void test_check_free(void **state) {
    struct lan l;
    struct answer a = ack();

    (void)state;
    start(&l, true);
    bind_with(&l, &a);
    assert_int_equal(info(&l).state, INL_DHCP4_CHECKING);
    assert_false(lan_has_addr(&l, MINE));
    lan_run(&l, 10 * INL_S);
    assert_int_equal(info(&l).state, INL_DHCP4_BOUND);
    assert_true(lan_has_addr(&l, MINE));
    assert_int_equal(l.arps, 3 + 2); /* probes, announcements */
    lan_stop(&l);
}

/* It is taken: DHCPDECLINE, and ten seconds at least before it begins again
 * (3.1.5). */
static void test_check_taken(void **state) {
    struct lan l;
    struct lan_msg m;
    struct inl_addr a;
    struct answer yes = ack();
    struct dhcp4_msg q;

    (void)state;
    start(&l, true);
    bind_with(&l, &yes);
    l.arp_conflict = true;
    q = expect(&l, DHCP4_DECLINE, 3 * INL_S, &m);
    assert_true(inl_addr_is_broadcast(&m.dst) && inl_addr_is_any(&m.src));
    assert_true(inl_addr_is_any(&q.ciaddr));
    assert_int_equal(q.secs, 0);
    assert_true(dhcp4_opt_addr(&q, DHCP4_OPT_REQUESTED, &a) && inl_addr_to4(&a) == 0x0a000007);
    assert_true(dhcp4_opt_addr(&q, DHCP4_OPT_SERVER, &a) && inl_addr_to4(&a) == 0x0a0000fe);
    assert_int_equal(dhcp4_opt(&q, DHCP4_OPT_PARAMS, NULL, 0), -1);
    assert_false(lan_has_addr(&l, MINE));
    assert_false(lan_next(&l, 10 * INL_S - 1, &m));
    expect(&l, DHCP4_DISCOVER, 2 * INL_S, &m);
    lan_stop(&l);
}

/* Taken later: defended once, then given up. */
static void test_lost_later(void **state) {
    struct lan l;
    struct lan_msg m;
    struct answer yes = ack();
    struct inl_addr mine = lan_addr(MINE);

    (void)state;
    start(&l, true);
    bind_with(&l, &yes);
    lan_run(&l, 10 * INL_S);
    assert_true(lan_has_addr(&l, MINE));
    expect_news(&l);
    lan_claim(&l, &mine);
    assert_true(lan_has_addr(&l, MINE));
    lan_run(&l, INL_S);
    lan_claim(&l, &mine);
    expect(&l, DHCP4_DECLINE, 0, &m);
    assert_false(lan_has_addr(&l, MINE));
    expect_news(&l);
    lan_stop(&l);
}

/* ---- giving it back ---- */

static void test_release(void **state) {
    struct lan l;
    struct lan_msg m;
    struct inl_addr a, server = lan_addr(SERVER);
    struct dhcp4_msg q;

    (void)state;
    bound(&l);
    ip_neigh_asked(l.stack->ip, LAN_LINK, &server, LAN_SERVER_MAC);
    assert_int_equal(inl_dhcp4_stop(l.stack, LAN_LINK, true), 0);
    q = expect(&l, DHCP4_RELEASE, 0, &m);
    assert_true(inl_addr_eq(&m.dst, &server));
    assert_int_equal(inl_addr_to4(&q.ciaddr), 0x0a000007);
    assert_true(dhcp4_opt_addr(&q, DHCP4_OPT_SERVER, &a) && inl_addr_eq(&a, &server));
    assert_false(dhcp4_opt_addr(&q, DHCP4_OPT_REQUESTED, &a));
    assert_false(lan_has_addr(&l, MINE));
    assert_int_equal(inl_dhcp4_stop(l.stack, LAN_LINK, true), -ENOENT);
    assert_int_equal(info(&l).state, INL_DHCP4_OFF);
    lan_stop(&l);
}

/* ---- options ---- */

/* RFC 3442: classless routes, and then no router option; RFC 3396: in two
 * pieces. */
static void test_classless_routes(void **state) {
    static const uint8_t joined[] = {DHCP4_OPT_ROUTES,
                                     9,
                                     24,
                                     192,
                                     0,
                                     2,
                                     10,
                                     0,
                                     0,
                                     1,
                                     0,
                                     DHCP4_OPT_DNS,
                                     4,
                                     9,
                                     9,
                                     9,
                                     9,
                                     DHCP4_OPT_ROUTES,
                                     11,
                                     10,
                                     0,
                                     0,
                                     2,
                                     16,
                                     172,
                                     16,
                                     0,
                                     0,
                                     0,
                                     0};
    struct lan l;
    struct answer a = ack();
    struct inl_dhcp4_info i;

    (void)state;
    start(&l, false);
    a.extra = joined;
    a.extra_len = sizeof(joined);
    bind_with(&l, &a);
    i = info(&l);
    assert_int_equal(i.state, INL_DHCP4_BOUND);
    assert_int_equal(i.routes_n, 3);
    assert_int_equal(inl_addr_to4(&i.routes[0].dst), 0xc0000200);
    assert_int_equal(i.routes[1].prefix_len_bits, 0);
    assert_int_equal(inl_addr_to4(&i.routes[1].gateway), 0x0a000002);
    assert_int_equal(i.routes[2].prefix_len_bits, 16);
    assert_true(inl_addr_is_any(&i.routes[2].gateway));
    assert_int_equal(i.dns_n, 1);
    assert_int_equal(inl_addr_to4(&i.dns[0]), 0x09090909);
    lan_stop(&l);
}

/* A route that was there before stays when the lease goes. */
static void test_own_route_stays(void **state) {
    struct lan l;
    struct answer a = ack();
    struct inl_route r = {.dst = inl_addr_any4(), .gateway = lan_addr(SERVER), .link = LAN_LINK};

    (void)state;
    start(&l, false);
    assert_int_equal(inl_route_add(l.stack, &r), 0);
    bind_with(&l, &a);
    assert_int_equal(inl_dhcp4_stop(l.stack, LAN_LINK, false), 0);
    assert_int_equal(inl_route_del(l.stack, &r), 0);
    lan_stop(&l);
}

static void test_other_options(void **state) {
    static const uint8_t good[] = {DHCP4_OPT_DOMAIN, 8, 'l', 'a', 'b', '.', 't', 'e', 's', 't'};
    static const uint8_t bad[] = {DHCP4_OPT_DOMAIN, 8, 'l', '\n', 'b', '.', 't', 'e', 's', 't'};
    struct lan l;
    struct answer a = ack();

    (void)state;
    start(&l, false);
    a.extra = good;
    a.extra_len = sizeof(good);
    a.mask = 0;
    a.mtu = 576; /* below what IPv6 needs: not taken */
    bind_with(&l, &a);
    assert_string_equal(info(&l).domain, "lab.test");
    assert_int_equal(info(&l).prefix_len_bits, 8); /* class A */
    assert_int_equal(ip_link_mtu(l.stack->ip, LAN_LINK), 1500);
    lan_stop(&l);

    start(&l, false);
    a.extra = bad;
    a.mask = 0xff00ff00; /* holes: none */
    bind_with(&l, &a);
    assert_string_equal(info(&l).domain, "");
    assert_int_equal(info(&l).prefix_len_bits, 8);
    lan_stop(&l);
}

/* Allocation k fails, for all k: nothing is lost but time. */
static void test_no_memory(void **state) {
    (void)state;
    for (int64_t k = 0; k < 20; k++) {
        struct lan l;
        struct lan_msg m;
        struct answer yes = ack();

        start(&l, false);
        mem_fail_after(&l.stack->env.mem, k);
        for (int i = 0; i < 8 && !info(&l).bound; i++) {
            if (lan_next(&l, 70 * INL_S, &m)) {
                struct dhcp4_msg q = parsed(&m);

                answer(&l, q.type == DHCP4_DISCOVER ? &OFFER : &yes, &q);
            }
        }
        mem_fail_after(&l.stack->env.mem, -1);
        assert_true(info(&l).bound);
        lan_stop(&l);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_obtain),
        cmocka_unit_test(test_start_waits),
        cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_request_unanswered),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_bad_leases),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_renew_rebind_expire),
        cmocka_unit_test(test_renewed),
        cmocka_unit_test(test_nak),
        cmocka_unit_test(test_reboot),
        cmocka_unit_test(test_link_down_up),
        cmocka_unit_test(test_check_free),
        cmocka_unit_test(test_check_taken),
        cmocka_unit_test(test_lost_later),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_classless_routes),
        cmocka_unit_test(test_own_route_stays),
        cmocka_unit_test(test_other_options),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
