/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ll4_test.c - IPv4 link-local addresses, alone and while no DHCP server answers (RFC 3927)
 */
#include "dhcp4_side.h"

#include "ip/ip.h"
#include "stack/state.h"

static uint32_t have(const struct lan *l) {
    struct inl_addr a;

    return inl_link_local4_get(l->stack, LAN_LINK, &a) ? inl_addr_to4(&a) : 0;
}

/* 2.1, 2.2: probed, then used and announced; of the right range; the same each time. */
static void test_obtain(void **state) {
    struct inl_conf_event ev;
    uint32_t first = 0;
    struct lan l;

    (void)state;
    for (int i = 0; i < 2; i++) {
        lan_start(&l);
        assert_int_equal(inl_link_local4_start(l.stack, LAN_LINK), 0);
        assert_int_equal(inl_link_local4_start(l.stack, LAN_LINK), -EEXIST);
        assert_int_equal(have(&l), 0);
        lan_run(&l, 3 * INL_S - 1); /* three probes and two seconds of silence take longer */
        assert_int_equal(have(&l), 0);
        lan_run(&l, 10 * INL_S);
        assert_in_range(have(&l), 0xa9fe0100, 0xa9fefeff);
        assert_int_equal(l.arps, 3 + 2);
        assert_true(inl_conf_next_event(l.stack, &ev));
        assert_int_equal(ev.what, INL_CONF_LINK_LOCAL4);
        first = first ? first : have(&l);
        assert_int_equal(have(&l), first);
        assert_int_equal(inl_link_local4_stop(l.stack, LAN_LINK), 0);
        assert_int_equal(inl_link_local4_stop(l.stack, LAN_LINK), -ENOENT);
        assert_int_equal(have(&l), 0);
        lan_stop(&l);
    }
}

/* A taken candidate is left for the next; after ten conflicts only one a minute is tried (2.2.1).
 */
static void test_taken(void **state) {
    struct lan l;
    unsigned before;

    (void)state;
    lan_start(&l);
    l.arp_conflict = true;
    assert_int_equal(inl_link_local4_start(l.stack, LAN_LINK), 0);
    lan_run(&l, 60 * INL_S);
    assert_int_equal(have(&l), 0);
    assert_in_range(l.arps, 10, 14);
    before = l.arps;
    lan_run(&l, 600 * INL_S);
    assert_in_range(l.arps - before, 8, 11);
    l.arp_conflict = false;
    lan_run(&l, 80 * INL_S);
    assert_true(have(&l));
    lan_stop(&l);
}

/* 2.5: defended once; who insists gets it, and we have another. */
static void test_defend(void **state) {
    struct inl_addr a;
    struct lan l;
    uint32_t was;

    (void)state;
    lan_start(&l);
    assert_int_equal(inl_link_local4_start(l.stack, LAN_LINK), 0);
    lan_run(&l, 10 * INL_S);
    was = have(&l);
    a = inl_addr_from4(was);
    lan_claim(&l, &a);
    lan_run(&l, INL_S);
    assert_int_equal(l.arps, 3 + 2 + 1);
    assert_int_equal(have(&l), was);
    lan_claim(&l, &a);
    assert_int_equal(have(&l), 0);
    lan_run(&l, 10 * INL_S);
    assert_true(have(&l) && have(&l) != was);
    lan_stop(&l);
}

/* While no DHCP server answers; it goes when one does, and comes again when the lease has ended. */
static void test_with_dhcp(void **state) {
    struct inl_dhcp4_config c;
    struct answer yes = ack();
    struct dhcp4_msg q;
    struct lan_msg m;
    struct lan l;

    (void)state;
    lan_start(&l);
    inl_dhcp4_config_init(&c);
    c.start_min_ns = c.start_max_ns = 0;
    c.conflict_check = false;
    c.link_local = true;
    assert_int_equal(inl_dhcp4_start(l.stack, LAN_LINK, &c), 0);
    lan_run(&l, 10 * INL_S);
    assert_int_equal(have(&l), 0);
    lan_run(&l, 60 * INL_S);
    assert_true(have(&l));
    while (lan_take(&l, &m)) {
    }
    q = expect(&l, DHCP4_DISCOVER, 100 * INL_S, &m);
    assert_int_equal(answer(&l, &OFFER, &q), INL_DROP_NONE);
    q = expect(&l, DHCP4_REQUEST, 0, &m);
    assert_int_equal(answer(&l, &yes, &q), INL_DROP_NONE);
    assert_int_equal(info(&l).state, INL_DHCP4_BOUND);
    assert_int_equal(have(&l), 0);
    lan_run(&l, 3600 * INL_S + 100 * INL_S);
    l.msgs = 0;
    assert_true(have(&l));
    assert_int_equal(inl_dhcp4_stop(l.stack, LAN_LINK, false), 0);
    assert_int_equal(have(&l), 0);
    lan_stop(&l);
}

/* 2.6.2: what is for a link-local address goes to no router. */
static void test_no_router(void **state) {
    struct inl_route def = {.dst = inl_addr_any4(), .gateway = lan_addr(SERVER), .link = LAN_LINK};
    struct inl_addr a = lan_addr(MINE), far = lan_addr("169.254.9.9"), any = inl_addr_any4();
    struct ip_path path;
    struct lan l;

    (void)state;
    lan_start(&l);
    assert_int_equal(inl_addr_add(l.stack, LAN_LINK, &a, 24), 0);
    assert_int_equal(inl_route_add(l.stack, &def), 0);
    assert_int_equal(ip_path_find(l.stack->ip, &far, &any, 0, &path), 0);
    assert_true(inl_addr_eq(&path.next_hop, &far));
    lan_stop(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_obtain),    cmocka_unit_test(test_taken),
        cmocka_unit_test(test_defend),    cmocka_unit_test(test_with_dhcp),
        cmocka_unit_test(test_no_router),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
