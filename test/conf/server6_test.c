/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server6_test.c - the DHCP server for IPv6, with our client in a world (RFC
 * 8415 18.3)
 */
#include "lan.h"

#include "stack/state.h"

#include <inlet/malloc.h>

struct lab {
    struct inl_world *world;
    int segment;
    inl_time now;
};

static void lab_run(struct lab *l, inl_dur by) {
    l->now = inl_time_add(l->now, by);
    inl_world_advance(l->world, l->now);
}

static struct inl_dhcp6_server_config serve(uint32_t n) {
    struct inl_dhcp6_server_config c;

    inl_dhcp6_server_config_init(&c);
    c.first = lan_addr("2001:db8::ff");
    c.range_n = n;
    c.dns_n = 1;
    c.dns[0] = lan_addr("2001:db8::53");
    memcpy(c.domain, "lab.test", 9);
    return c;
}

static void lab_start(struct lab *l, const struct inl_dhcp6_server_config *config) {
    struct inl_world_config c = {.alloc = inl_malloc(), .seed = 7, .now = {INL_S}};
    struct inl_addr ours = lan_addr("2001:db8::1");

    l->now = c.now;
    assert_int_equal(inl_world_new(&c, &l->world), 0);
    l->segment = inl_world_segment_add(l->world, "net0", 1500);
    assert_int_equal(inl_world_host_add(l->world, "router", NULL), 0);
    assert_true(inl_world_attach(l->world, 0, l->segment, NULL, NULL) >= 0);
    assert_int_equal(inl_addr_add(inl_world_stack(l->world, 0), 1, &ours, 64), 0);
    assert_int_equal(inl_dhcp6_server_start(inl_world_stack(l->world, 0), 1, config), 0);
}

static struct inl_stack *lab_client(struct lab *l, bool address, bool rapid_commit) {
    struct inl_dhcp6_config c;
    int host = inl_world_host_add(l->world, "client", NULL);
    struct inl_stack *s;

    assert_true(host > 0);
    assert_true(inl_world_attach(l->world, host, l->segment, NULL, NULL) >= 0);
    s = inl_world_stack(l->world, host);
    inl_dhcp6_config_init(&c);
    c.address = address;
    c.rapid_commit = rapid_commit;
    assert_int_equal(inl_dhcp6_start(s, 1, &c), 0);
    return s;
}

static struct inl_dhcp6_info info(const struct inl_stack *s) {
    struct inl_dhcp6_info i;

    assert_int_equal(inl_dhcp6_get(s, 1, &i), 0);
    return i;
}

static size_t leases(struct lab *l) {
    return inl_dhcp6_server_leases(inl_world_stack(l->world, 0), 1, NULL, 0);
}

/* Each gets its own address of the range (which carries into the next byte), by
 * four messages or by two, and the parameters; who is left over gets none. */
static void test_pool(void **state) {
    struct inl_dhcp6_server_config c = serve(3);
    struct inl_stack *s[4];
    struct inl_stats stats;
    struct inl_addr first = lan_addr("2001:db8::ff"), last = lan_addr("2001:db8::101");
    struct lab l;
    unsigned got = 0;

    (void)state;
    lab_start(&l, &c);
    for (int i = 0; i < 4; i++) {
        s[i] = lab_client(&l, true, i == 0);
    }
    lab_run(&l, 20 * INL_S);
    for (int i = 0; i < 4; i++) {
        struct inl_dhcp6_info a = info(s[i]);

        got += a.bound;
        if (a.bound) {
            assert_true(memcmp(a.addr.b, first.b, 16) >= 0 && memcmp(a.addr.b, last.b, 16) <= 0);
            assert_int_equal(a.dns_n, 1);
            assert_string_equal(a.domain, "lab.test");
            for (int k = 0; k < i; k++) {
                struct inl_dhcp6_info b = info(s[k]);

                assert_false(b.bound && inl_addr_eq(&a.addr, &b.addr));
            }
        }
    }
    assert_int_equal(got, 3);
    assert_int_equal(leases(&l), 3);
    inl_stats_get(inl_world_stack(l.world, 0), &stats);
    assert_true(stats.drop[INL_DROP_DHCP_NO_ADDRESS] > 0);
    inl_stats_get(s[0], &stats);
    if (info(s[0]).bound) {
        assert_int_equal(stats.cause[INL_CAUSE_DHCP6_REQUEST], 0);
    }
    for (int i = 0; i < 4; i++) { /* one gives its address back, and the fourth gets it */
        if (info(s[i]).bound) {
            assert_int_equal(inl_dhcp6_stop(s[i], 1, true), 0);
            break;
        }
    }
    lab_run(&l, 1000 * INL_S);
    assert_int_equal(leases(&l), 3);
    inl_world_free(l.world);
}

static void test_renewals(void **state) {
    struct inl_dhcp6_server_config c = serve(3);
    struct inl_stack *s;
    struct inl_stats stats;
    struct inl_dhcp6_info i;
    struct lab l;

    (void)state;
    c.lease_s = 400;
    lab_start(&l, &c);
    s = lab_client(&l, true, false);
    lab_run(&l, 20 * INL_S);
    i = info(s);
    assert_true(i.bound);
    for (int k = 0; k < 50; k++) {
        lab_run(&l, 40 * INL_S);
        struct inl_dhcp6_info now = info(s);

        assert_true(now.bound && inl_addr_eq(&now.addr, &i.addr));
    }
    inl_stats_get(s, &stats);
    assert_in_range(stats.cause[INL_CAUSE_DHCP6_RENEW], 18, 21);
    assert_int_equal(leases(&l), 1);
    assert_int_equal(inl_dhcp6_server_stop(inl_world_stack(l.world, 0), 1), 0);
    lab_run(&l, 401 * INL_S);
    assert_false(info(s).bound);
    inl_world_free(l.world);
}

/* Parameters only, of a server without addresses. */
static void test_stateless(void **state) {
    struct inl_dhcp6_server_config c = serve(0);
    struct inl_stack *s;
    struct lab l;

    (void)state;
    lab_start(&l, &c);
    s = lab_client(&l, false, false);
    lab_run(&l, 10 * INL_S);
    assert_int_equal(info(s).state, INL_DHCP6_INFORMED);
    assert_int_equal(info(s).dns_n, 1);
    inl_world_free(l.world);
}

static void test_confirm(void **state) {
    struct inl_dhcp6_server_config c = serve(3);
    struct inl_stack *s;
    struct inl_stats stats;
    struct lab l;

    (void)state;
    lab_start(&l, &c);
    s = lab_client(&l, true, true);
    lab_run(&l, 20 * INL_S);
    assert_true(info(s).bound);
    inl_link_set_up(s, 1, false);
    lab_run(&l, 5 * INL_S);
    inl_link_set_up(s, 1, true);
    lab_run(&l, 8 * INL_S);
    assert_int_equal(info(s).state, INL_DHCP6_BOUND);
    inl_stats_get(inl_world_stack(l.world, 0), &stats);
    assert_true(stats.cause[INL_CAUSE_DHCP6_REPLY] >= 2);
    inl_world_free(l.world);
}

static void test_config(void **state) {
    struct inl_dhcp6_server_config c = serve(3);
    struct inl_stack *s;
    struct lab l;

    (void)state;
    lab_start(&l, &c);
    s = inl_world_stack(l.world, 0);
    assert_int_equal(inl_dhcp6_server_start(s, 1, &c), -EEXIST);
    assert_int_equal(inl_dhcp6_server_start(s, 9, &c), -ENODEV);
    assert_int_equal(inl_dhcp6_server_stop(s, 1), 0);
    assert_int_equal(inl_dhcp6_server_stop(s, 1), -ENOENT);
    c.first = lan_addr("2001:db8:1::1");
    assert_int_equal(inl_dhcp6_server_start(s, 1, &c), -EADDRNOTAVAIL);
    c.first = lan_addr("fe80::1");
    assert_int_equal(inl_dhcp6_server_start(s, 1, &c), -EINVAL);
    inl_world_free(l.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool),      cmocka_unit_test(test_renewals),
        cmocka_unit_test(test_stateless), cmocka_unit_test(test_confirm),
        cmocka_unit_test(test_config),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
