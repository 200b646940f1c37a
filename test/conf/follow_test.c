/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * follow_test.c - DHCPv6 as the flags of router advertisements say (RFC 4861 4.2, RFC 8415 4),
 * between two stacks on one link, in virtual time
 */
#include "lan.h"

#include <inlet/malloc.h>

#define MS(n) ((n)*INL_MS)

struct two {
    struct inl_world *world;
    struct inl_stack *router, *host;
    int link;
    struct inl_ra_config ra;
};

static void run(struct two *t, inl_dur by) {
    static inl_time now;

    now = by < 0 ? (inl_time){INL_S} : inl_time_add(now, by);
    inl_world_advance(t->world, now);
}

/* What the router says from now on. */
static void say(struct two *t, bool managed, bool other) {
    t->ra.managed = managed;
    t->ra.other = other;
    assert_int_equal(inl_ra_start(t->router, 1, &t->ra), 0);
    run(t, 30 * INL_S);
}

static void start(struct two *t) {
    struct inl_world_config wc = {.alloc = inl_malloc(), .seed = 3, .now = (inl_time){INL_S}};
    const struct inl_addr own = lan_addr("fd00::1");
    struct inl_impair fine = {.delay_ns = MS(1)};
    struct inl_dhcp6_server_config sc;
    struct inl_config c;

    memset(t, 0, sizeof(*t));
    assert_int_equal(inl_world_new(&wc, &t->world), 0);
    inl_config_init(&c);
    c.forward = true;
    assert_int_equal(inl_world_host_add(t->world, "router", &c), 0);
    assert_int_equal(inl_world_host_add(t->world, "host", NULL), 1);
    assert_int_equal(inl_world_segment_add(t->world, "net0", 1500), 0);
    assert_true(inl_world_attach(t->world, 0, 0, &fine, NULL) >= 0);
    assert_true(inl_world_attach(t->world, 1, 0, &fine, &t->link) >= 0);
    t->router = inl_world_stack(t->world, 0);
    t->host = inl_world_stack(t->world, 1);
    assert_int_equal(inl_addr_add(t->router, 1, &own, 64), 0);
    inl_ra_init(&t->ra);
    inl_dhcp6_server_config_init(&sc);
    sc.first = lan_addr("fd00::100");
    sc.range_n = 16;
    sc.dns_n = 1;
    sc.dns[0] = own;
    strcpy(sc.domain, "lab.test");
    assert_int_equal(inl_dhcp6_server_start(t->router, 1, &sc), 0);
    assert_int_equal(inl_autoconf_start(t->host, t->link, NULL), 0);
    run(t, -1);
}

static void stop(struct two *t) {
    inl_world_free(t->world);
}

static struct inl_dhcp6_info info(const struct two *t) {
    struct inl_dhcp6_info i;

    assert_int_equal(inl_dhcp6_get(t->host, t->link, &i), 0);
    return i;
}

static unsigned leases(const struct two *t) {
    return (unsigned)inl_dhcp6_server_leases(t->router, 1, NULL, 0);
}

/* Flags alone start nothing: it has to be asked for. */
static void test_not_asked(void **state) {
    struct two t;

    (void)state;
    start(&t);
    say(&t, true, true);
    assert_int_equal(info(&t).state, INL_DHCP6_OFF);
    assert_int_equal(inl_dhcp6_stop(t.host, t.link, false), -ENOENT);
    stop(&t);
}

/* O: parameters, no address. M after it: an address as well. Neither is taken back. */
static void test_other_then_managed(void **state) {
    struct two t;

    (void)state;
    start(&t);
    assert_int_equal(inl_dhcp6_follow(t.host, t.link, NULL), 0);
    assert_int_equal(inl_dhcp6_follow(t.host, t.link, NULL), -EEXIST);
    say(&t, false, false);
    assert_int_equal(info(&t).state, INL_DHCP6_OFF);
    say(&t, false, true);
    assert_int_equal(info(&t).state, INL_DHCP6_INFORMED);
    assert_string_equal(info(&t).domain, "lab.test");
    assert_int_equal(leases(&t), 0);
    say(&t, true, true);
    assert_int_equal(info(&t).state, INL_DHCP6_BOUND);
    assert_int_equal(leases(&t), 1);
    say(&t, false, true);
    assert_int_equal(info(&t).state, INL_DHCP6_BOUND);
    say(&t, false, false);
    assert_int_equal(info(&t).state, INL_DHCP6_BOUND);
    assert_int_equal(inl_dhcp6_stop(t.host, t.link, true), 0);
    run(&t, 10 * INL_S);
    assert_int_equal(leases(&t), 0);
    say(&t, true, true); /* and nobody follows any more */
    assert_int_equal(info(&t).state, INL_DHCP6_OFF);
    stop(&t);
}

/* Flags that go to and fro do not make a client begin again and again. */
static void test_flapping(void **state) {
    struct inl_stats before, after;
    struct two t;

    (void)state;
    start(&t);
    assert_int_equal(inl_dhcp6_follow(t.host, t.link, NULL), 0);
    say(&t, false, true);
    say(&t, true, false);
    assert_int_equal(info(&t).state, INL_DHCP6_BOUND);
    inl_stats_get(t.host, &before);
    for (int i = 0; i < 8; i++) {
        say(&t, i % 2, !(i % 2));
    }
    inl_stats_get(t.host, &after);
    assert_int_equal(after.cause[INL_CAUSE_DHCP6_SOLICIT], before.cause[INL_CAUSE_DHCP6_SOLICIT]);
    assert_int_equal(after.cause[INL_CAUSE_DHCP6_INFORM], before.cause[INL_CAUSE_DHCP6_INFORM]);
    assert_int_equal(info(&t).state, INL_DHCP6_BOUND);
    stop(&t);
}

/* What was heard before counts; a client of its own is left alone. */
static void test_late(void **state) {
    struct inl_dhcp6_config bad;
    struct two t;

    (void)state;
    start(&t);
    say(&t, true, false);
    assert_int_equal(inl_dhcp6_follow(t.host, t.link, NULL), 0);
    run(&t, 10 * INL_S);
    assert_int_equal(info(&t).state, INL_DHCP6_BOUND);
    assert_int_equal(inl_dhcp6_follow(t.host, 0, NULL), -EINVAL);
    assert_int_equal(inl_dhcp6_follow(t.host, 9, NULL), -ENODEV);
    assert_int_equal(inl_dhcp6_stop(t.host, t.link, false), 0);
    inl_dhcp6_config_init(&bad);
    bad.start_max_ns = -1;
    assert_int_equal(inl_dhcp6_follow(t.host, t.link, &bad), -EINVAL);
    stop(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_asked),
        cmocka_unit_test(test_other_then_managed),
        cmocka_unit_test(test_flapping),
        cmocka_unit_test(test_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
