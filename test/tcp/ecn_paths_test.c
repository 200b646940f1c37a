/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ecn_paths_test.c - what is remembered of paths that drop SYNs: how much, how long, of what
 */
#include "pair.h"

#include <string.h>

/* A connection between two addresses that has just asked for something. */
static struct tcp_conn *conn_between(struct pair *p, uint8_t src, uint8_t dst) {
    static struct tcp_conn c;

    memset(&c, 0, sizeof(c));
    c.tcp = p->host[0].tcp;
    c.local.addr.b[0] = 0x20;
    c.local.addr.b[15] = src;
    c.remote.addr.b[0] = 0x20;
    c.remote.addr.b[15] = dst;
    return &c;
}

static void path_fails(struct pair *p, uint8_t src, uint8_t dst, enum tcp_ecn_mode asked,
                       int times) {
    for (int i = 0; i < times; i++) {
        tcp_ecn_paths_failed(conn_between(p, src, dst), asked);
    }
}

static enum tcp_ecn_mode may(struct pair *p, uint8_t src, uint8_t dst) {
    return tcp_ecn_paths_may_ask(conn_between(p, src, dst), TCP_ECN_ACCURATE);
}

static struct pair *pair_that_remembers(unsigned seed, uint32_t paths) {
    struct pair *p = pair_new(seed, true);

    p->host[0].tcp->cfg.ecn_paths = paths;
    p->host[0].tcp->cfg.ecn_retry_ns = INL_S;
    return p;
}

static void pass_time(struct pair *p, inl_dur ns) {
    p->host[0].env.now = inl_time_add(p->host[0].env.now, ns);
}

static void test_addresses(void **state) {
    struct pair *p = pair_that_remembers(1, 4);

    (void)state;
    path_fails(p, 1, 2, TCP_ECN_ACCURATE, 3);
    assert_int_equal(may(p, 1, 2), TCP_ECN_CLASSIC);
    assert_int_equal(may(p, 2, 1), TCP_ECN_ACCURATE);
    assert_int_equal(may(p, 1, 3), TCP_ECN_ACCURATE);
    assert_int_equal(may(p, 3, 2), TCP_ECN_ACCURATE);
    assert_int_equal(tcp_ecn_paths_may_ask(conn_between(p, 1, 2), TCP_ECN_NONE), TCP_ECN_NONE);
    pair_free(p);
}

static void test_kinds(void **state) {
    struct pair *p = pair_that_remembers(2, 4);

    (void)state;
    path_fails(p, 1, 2, TCP_ECN_CLASSIC, 3);
    assert_int_equal(may(p, 1, 2), TCP_ECN_ACCURATE); /* that was never tried */
    assert_int_equal(tcp_ecn_paths_may_ask(conn_between(p, 1, 2), TCP_ECN_CLASSIC), TCP_ECN_NONE);
    path_fails(p, 1, 2, TCP_ECN_ACCURATE, 3);
    assert_int_equal(may(p, 1, 2), TCP_ECN_NONE);
    tcp_ecn_paths_passed(conn_between(p, 1, 2), TCP_ECN_CLASSIC);
    assert_int_equal(may(p, 1, 2), TCP_ECN_CLASSIC);
    tcp_ecn_paths_passed(conn_between(p, 1, 2), TCP_ECN_ACCURATE);
    assert_int_equal(may(p, 1, 2), TCP_ECN_ACCURATE);
    assert_int_equal(htab_count(&p->host[0].tcp->ecn_paths.table), 0);
    pair_free(p);
}

/* The pause doubles from the third failure on, up to 64 times the first one. */
static void test_pause(void **state) {
    struct pair *p = pair_that_remembers(3, 4);
    inl_dur pause = p->host[0].tcp->cfg.ecn_retry_ns;

    (void)state;
    path_fails(p, 1, 2, TCP_ECN_ACCURATE, 2);
    assert_int_equal(may(p, 1, 2), TCP_ECN_ACCURATE);
    for (unsigned i = 0; i < 300; i++) {
        inl_dur want = pause << (i < 6 ? i : 6);

        path_fails(p, 1, 2, TCP_ECN_ACCURATE, 1);
        pass_time(p, want - 1);
        assert_int_equal(may(p, 1, 2), TCP_ECN_CLASSIC);
        pass_time(p, 1);
        assert_int_equal(may(p, 1, 2), TCP_ECN_ACCURATE);
    }
    pair_free(p);
}

/* The path that was used longest ago gives way; memory does not grow with the paths. */
static void test_bound(void **state) {
    struct pair *p = pair_that_remembers(4, 16);
    struct tcp *tcp = p->host[0].tcp;
    size_t full;

    (void)state;
    for (uint8_t i = 0; i < 16; i++) {
        path_fails(p, 1, i, TCP_ECN_ACCURATE, 3);
    }
    full = tcp->env->mem.used_bytes;
    assert_int_equal(may(p, 1, 0), TCP_ECN_CLASSIC); /* used: the oldest one is now 1 */
    path_fails(p, 1, 100, TCP_ECN_ACCURATE, 3);
    assert_int_equal(may(p, 1, 1), TCP_ECN_ACCURATE);
    assert_int_equal(may(p, 1, 0), TCP_ECN_CLASSIC);
    assert_int_equal(may(p, 1, 2), TCP_ECN_CLASSIC);
    assert_int_equal(may(p, 1, 100), TCP_ECN_CLASSIC);
    for (unsigned i = 0; i < 65536; i++) {
        path_fails(p, (uint8_t)(i >> 8), (uint8_t)i, TCP_ECN_ACCURATE, 1);
        assert_true(htab_count(&tcp->ecn_paths.table) <= 16);
    }
    assert_int_equal(tcp->env->mem.used_bytes, full);
    assert_int_equal(tcp->ecn_paths.fallbacks, 16 * 3 + 3 + 65536);
    tcp->cfg.ecn_paths = 0; /* as if changed: nothing new, nothing lost */
    path_fails(p, 200, 200, TCP_ECN_ACCURATE, 5);
    assert_int_equal(may(p, 200, 200), TCP_ECN_ACCURATE);
    pair_free(p);
}

static void test_no_memory(void **state) {
    struct pair *p = pair_that_remembers(5, 4);
    struct mem *m = &p->host[0].tcp->env->mem;
    size_t limit = m->limit_bytes;

    (void)state;
    m->limit_bytes = m->used_bytes;
    path_fails(p, 1, 2, TCP_ECN_ACCURATE, 3);
    m->limit_bytes = limit;
    assert_int_equal(may(p, 1, 2), TCP_ECN_ACCURATE);
    assert_int_equal(htab_count(&p->host[0].tcp->ecn_paths.table), 0);
    pair_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_pause),     cmocka_unit_test(test_bound),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
