/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ports_test.c - who may use a port, and which port is picked
 *
 * The conflict rules are one table. That ephemeral ports cannot be guessed is tested as what it
 * means: the port towards one destination says nothing about the port towards another, in
 * another host, or at the next bind.
 */
#include <inlet/malloc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip/ports.h"
#include "wire/ipproto.h"
#include <errno.h>

#define FIRST 49152
#define LAST 65535
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

struct rig {
    struct env env;
    struct ports *ports;
};

static void rig_init(struct rig *r, uint8_t seed, uint16_t first, uint16_t last) {
    const struct inl_alloc alloc = inl_malloc();
    const struct inl_config config = {.port_first = first, .port_last = last};
    const uint8_t key[16] = {seed};

    env_init(&r->env, &alloc, 0, key, (inl_time){0});
    assert_int_equal(ports_new(&r->env, &config, &r->ports), 0);
}

static void rig_done(struct rig *r) {
    ports_free(r->ports);
    assert_int_equal(r->env.mem.used_bytes, 0);
}

static struct inl_addr addr(const char *text) {
    struct inl_addr a;

    assert_int_equal(inl_addr_parse(text, &a), 0);
    return a;
}

static int take(struct rig *r, const char *text, uint16_t port, unsigned flags,
                struct port_bind **ret) {
    const struct inl_addr a = strcmp(text, "any4") == 0 ? inl_addr_any4() : addr(text);

    return ports_bind(r->ports, IP_PROTO_TCP, &a, port, flags, ret);
}

/* ---- conflicts ---- */

#define R PORTS_REUSE
#define L PORTS_LISTEN
#define V PORTS_V6ONLY

static void test_conflict_table(void **state) {
    static const struct {
        const char *a;
        unsigned a_flags;
        const char *b;
        unsigned b_flags;
        int expect;
    } rows[] = {
        {"10.0.0.1", 0, "10.0.0.1", 0, -EADDRINUSE},
        {"10.0.0.1", 0, "10.0.0.2", 0, 0},
        {"any4", 0, "10.0.0.1", 0, -EADDRINUSE},
        {"any4", 0, "any4", 0, -EADDRINUSE},
        {"any4", 0, "fd00::1", 0, 0},
        {"any4", 0, "::", 0, -EADDRINUSE},
        {"any4", 0, "::", V, 0},
        {"::", 0, "::", 0, -EADDRINUSE},
        {"::", V, "::", V, -EADDRINUSE},
        {"::", V, "::", 0, -EADDRINUSE},
        {"::", 0, "fd00::1", 0, -EADDRINUSE},
        {"::", V, "fd00::1", 0, -EADDRINUSE},
        {"::", 0, "10.0.0.1", 0, -EADDRINUSE},
        {"::", V, "10.0.0.1", 0, 0},
        {"fd00::1", 0, "fd00::1", 0, -EADDRINUSE},
        {"fd00::1", 0, "fd00::2", 0, 0},
        {"fd00::1", 0, "10.0.0.1", 0, 0},
        /* SO_REUSEADDR: both must say so, and nobody may listen */
        {"any4", R, "any4", R, 0},
        {"any4", R, "any4", 0, -EADDRINUSE},
        {"any4", 0, "any4", R, -EADDRINUSE},
        {"any4", R | L, "any4", R, -EADDRINUSE},
        {"any4", R | L, "10.0.0.1", R, -EADDRINUSE},
        {"10.0.0.1", R | L, "10.0.0.2", R, 0},
        {"::", R, "10.0.0.1", R, 0},
        {"::", R | L, "10.0.0.1", R, -EADDRINUSE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows) * 2; i++) {
        bool swap = i % 2 != 0 && !((rows[i / 2].a_flags | rows[i / 2].b_flags) & L);
        struct port_bind *a, *b = NULL;
        struct rig r;

        rig_init(&r, 1, FIRST, LAST);
        assert_int_equal(take(&r, swap ? rows[i / 2].b : rows[i / 2].a, 80,
                              swap ? rows[i / 2].b_flags : rows[i / 2].a_flags, &a),
                         0);
        assert_int_equal(take(&r, swap ? rows[i / 2].a : rows[i / 2].b, 80,
                              swap ? rows[i / 2].a_flags : rows[i / 2].b_flags, &b),
                         rows[i / 2].expect);
        ports_put(r.ports, a);
        ports_put(r.ports, b);
        /* The port is free again. */
        assert_int_equal(take(&r, "::", 80, 0, &a), 0);
        rig_done(&r);
    }
}

static void test_protocols_and_ports_are_apart(void **state) {
    const struct inl_addr any = inl_addr_any4();
    struct port_bind *b;
    struct rig r;

    (void)state;
    rig_init(&r, 1, FIRST, LAST);
    assert_int_equal(ports_bind(r.ports, IP_PROTO_TCP, &any, 53, 0, &b), 0);
    assert_int_equal(ports_bind(r.ports, IP_PROTO_UDP, &any, 53, 0, &b), 0);
    assert_int_equal(ports_bind(r.ports, IP_PROTO_TCP, &any, 54, 0, &b), 0);
    assert_int_equal(ports_bind(r.ports, IP_PROTO_TCP, &any, 0, 0, &b), 0);
    assert_int_equal(ports_bind(r.ports, IP_PROTO_TCP, &any, 0, 0, &b), -EADDRINUSE);
    rig_done(&r);
}

static void test_one_listener_among_reusers(void **state) {
    struct port_bind *a, *b;
    struct rig r;

    (void)state;
    rig_init(&r, 1, FIRST, LAST);
    assert_int_equal(take(&r, "any4", 80, R, &a), 0);
    assert_int_equal(take(&r, "any4", 80, R, &b), 0);
    assert_int_equal(ports_set_flags(r.ports, a, R | L), 0);
    assert_int_equal(ports_set_flags(r.ports, b, R | L), -EADDRINUSE);
    assert_int_equal(b->flags, R);
    assert_int_equal(ports_set_flags(r.ports, a, R), 0);
    assert_int_equal(ports_set_flags(r.ports, b, R | L), 0);
    rig_done(&r);
}

/* A connection in TIME-WAIT shares its listener's binding. */
static void test_last_reference_frees_the_port(void **state) {
    struct port_bind *a, *b;
    struct rig r;

    (void)state;
    rig_init(&r, 1, FIRST, LAST);
    assert_int_equal(take(&r, "any4", 80, R | L, &a), 0);
    assert_ptr_equal(ports_get(a), a);
    ports_put(r.ports, a); /* the listener is gone, with its flag... */
    assert_int_equal(take(&r, "any4", 80, R, &b), -EADDRINUSE);
    assert_int_equal(ports_set_flags(r.ports, a, R), 0); /* ... once it says so */
    assert_int_equal(take(&r, "any4", 80, 0, &b), -EADDRINUSE);
    assert_int_equal(take(&r, "any4", 80, R, &b), 0);
    ports_put(r.ports, b);
    ports_put(r.ports, a);
    assert_int_equal(take(&r, "any4", 80, 0, &b), 0);
    ports_put(r.ports, NULL);
    assert_null(ports_get(NULL));
    rig_done(&r);
}

/* ---- ephemeral ports ---- */

static uint16_t pick(struct rig *r, const struct inl_sockaddr *remote) {
    const struct inl_addr a = addr("10.0.0.1");
    struct port_bind *b;

    assert_int_equal(ports_bind_ephemeral(r->ports, IP_PROTO_TCP, &a, remote,
                                          remote ? PORTS_EPHEMERAL : 0, NULL, NULL, &b),
                     0);
    assert_in_range(b->port, FIRST, LAST);
    return b->port;
}

static void test_used_up_range(void **state) {
    const struct inl_addr any = inl_addr_any4();
    bool seen[10] = {false};
    struct port_bind *b, *last = NULL;
    struct rig r;

    (void)state;
    rig_init(&r, 1, 50000, 50009);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(
            ports_bind_ephemeral(r.ports, IP_PROTO_UDP, &any, NULL, R, NULL, NULL, &last), 0);
        assert_in_range(last->port, 50000, 50009);
        assert_false(seen[last->port - 50000]);
        seen[last->port - 50000] = true;
    }
    assert_int_equal(ports_bind_ephemeral(r.ports, IP_PROTO_UDP, &any, NULL, R, NULL, NULL, &b),
                     -EADDRNOTAVAIL);
    ports_put(r.ports, last);
    assert_int_equal(ports_bind_ephemeral(r.ports, IP_PROTO_UDP, &any, NULL, R, NULL, NULL, &b), 0);
    assert_ptr_not_equal(b, NULL);
    rig_done(&r);
}

struct taken_once {
    uint16_t ports[16];
    int n;
};

static bool taken_before(void *ctx, uint16_t port) {
    struct taken_once *t = ctx;

    for (int i = 0; i < t->n; i++) {
        if (t->ports[i] == port) {
            return true;
        }
    }
    return false;
}

/* Connections share an ephemeral port towards other peers, not towards the same one. */
static void test_connects_share_by_tuple(void **state) {
    const struct inl_addr a = addr("10.0.0.1");
    const struct inl_sockaddr peers[2] = {{.addr = addr("10.0.0.2"), .port = 80},
                                          {.addr = addr("10.0.0.3"), .port = 80}};
    struct port_bind *b;
    struct rig r;

    (void)state;
    rig_init(&r, 1, 50000, 50009);
    for (int p = 0; p < 2; p++) {
        struct taken_once tuples = {.n = 0};

        for (int i = 0; i < 10; i++) {
            assert_int_equal(ports_bind_ephemeral(r.ports, IP_PROTO_TCP, &a, &peers[p],
                                                  PORTS_EPHEMERAL, taken_before, &tuples, &b),
                             0);
            assert_int_equal(b->refs, p + 1);
            tuples.ports[tuples.n++] = b->port;
        }
        assert_int_equal(ports_bind_ephemeral(r.ports, IP_PROTO_TCP, &a, &peers[p], PORTS_EPHEMERAL,
                                              taken_before, &tuples, &b),
                         -EADDRNOTAVAIL);
    }
    /* Nobody else gets in. */
    assert_int_equal(ports_bind(r.ports, IP_PROTO_TCP, &a, 50003, 0, &b), -EADDRINUSE);
    rig_done(&r);
}

static void test_explicit_port_is_not_picked(void **state) {
    const struct inl_sockaddr peer = {.addr = addr("10.0.0.2"), .port = 80};
    const struct inl_addr a = addr("10.0.0.1");
    struct port_bind *b;
    struct rig r;

    (void)state;
    rig_init(&r, 1, 50000, 50001);
    assert_int_equal(take(&r, "any4", 50000, R, &b), 0);
    assert_int_equal(
        ports_bind_ephemeral(r.ports, IP_PROTO_TCP, &a, &peer, PORTS_EPHEMERAL | R, NULL, NULL, &b),
        0);
    assert_int_equal(b->port, 50001);
    rig_done(&r);
}

/* Spread of n ports over 16 equal parts of the range: the statistic of the chi-squared test. With
 * 15 degrees of freedom a fair choice exceeds 50 once in 80,000 times. */
static double spread(const uint16_t *ports, int n) {
    double expect = n / 16.0, sum = 0;
    int count[16] = {0};

    for (int i = 0; i < n; i++) {
        count[(ports[i] - FIRST) / 1024]++;
    }
    for (int i = 0; i < 16; i++) {
        sum += (count[i] - expect) * (count[i] - expect) / expect;
    }
    return sum;
}

#define DRAWS 2000

static void test_bind_0_is_random(void **state) {
    uint16_t ports[DRAWS];
    int near = 0;
    struct rig r;

    (void)state;
    rig_init(&r, 7, FIRST, LAST);
    for (int i = 0; i < DRAWS; i++) {
        ports[i] = pick(&r, NULL);
        near += i > 0 && abs(ports[i] - ports[i - 1]) < 16;
    }
    assert_true(spread(ports, DRAWS) < 50);
    assert_true(near < 20); /* about 4 are expected, all if they were counted up */
    rig_done(&r);
}

/* RFC 6056 3.3.4: each destination has its own sequence. The k-th port towards one destination
 * and towards another differ by an amount that looks random. */
static void test_destinations_tell_nothing_of_each_other(void **state) {
    uint16_t ports[DRAWS];
    struct rig r;

    (void)state;
    rig_init(&r, 7, FIRST, LAST);
    for (int i = 0; i < DRAWS; i++) {
        const struct inl_sockaddr peer = {
            .addr = inl_addr_from4(0x0a010000u + (uint32_t)i % 1000),
            .port = (uint16_t)(80 + i / 1000),
        };

        ports[i] = pick(&r, &peer);
    }
    assert_true(spread(ports, DRAWS) < 50);
    rig_done(&r);
}

/* 3.3.4: how far the walk of one destination went says nothing of connections to others, but for
 * those few that share its counter. */
static void test_count_of_connections_stays_hidden(void **state) {
    const struct inl_sockaddr watch = {.addr = addr("10.0.0.2"), .port = 80};
    uint16_t last, port;
    int told = 0;
    struct rig r;

    (void)state;
    rig_init(&r, 7, FIRST, LAST);
    last = pick(&r, &watch);
    for (uint32_t i = 0; i < DRAWS; i++) {
        const struct inl_sockaddr other = {.addr = inl_addr_from4(0x0a010000u + i), .port = 80};

        pick(&r, &other);
        port = pick(&r, &watch);
        told += port != (last == LAST ? FIRST : last + 1);
        last = port;
    }
    assert_in_range(told, 0, 20); /* 2 are expected; a common counter told all 2000 */
    rig_done(&r);
}

static void test_hosts_differ_by_seed(void **state) {
    const struct inl_sockaddr peer = {.addr = addr("10.0.0.2"), .port = 80};
    uint16_t ports[200];
    int same = 0;

    (void)state;
    for (int i = 0; i < 200; i++) {
        struct rig r, again;

        rig_init(&r, (uint8_t)i, FIRST, LAST);
        rig_init(&again, (uint8_t)i, FIRST, LAST);
        ports[i] = pick(&r, &peer);
        assert_int_equal(pick(&again, &peer), ports[i]); /* the same seed: the same port */
        same += i > 0 && ports[i] == ports[i - 1];
        rig_done(&r);
        rig_done(&again);
    }
    assert_true(same < 3);
    assert_true(spread(ports, 200) < 50);
}

/* A port towards the same destination comes back as late as possible. */
static void test_ports_are_reused_late(void **state) {
    const struct inl_sockaddr peer = {.addr = addr("10.0.0.2"), .port = 80};
    const struct inl_addr a = addr("10.0.0.1");
    static bool seen[LAST - FIRST + 1];
    struct port_bind *b;
    struct rig r;

    (void)state;
    rig_init(&r, 3, FIRST, LAST);
    for (int i = 0; i <= LAST - FIRST; i++) {
        assert_int_equal(
            ports_bind_ephemeral(r.ports, IP_PROTO_TCP, &a, &peer, PORTS_EPHEMERAL, NULL, NULL, &b),
            0);
        assert_false(seen[b->port - FIRST]);
        seen[b->port - FIRST] = true;
        ports_put(r.ports, b);
    }
    rig_done(&r);
}

/* ---- what only TIME-WAIT holds ---- */

/* A binding of which @waiting connections are left, in TIME-WAIT. */
static void take_waiting(struct rig *r, const char *text, uint16_t port, unsigned flags,
                         unsigned waiting) {
    struct port_bind *b;

    assert_int_equal(take(r, text, port, flags, &b), 0);
    for (unsigned i = 0; i < waiting; i++) {
        ports_get_waiting(b);
    }
    ports_put(r->ports, b);
}

static void pay(struct rig *r, const char *text, uint16_t port, unsigned n) {
    const struct inl_addr a = addr(text);

    for (unsigned i = 0; i < n; i++) {
        ports_put_waiting(r->ports, IP_PROTO_TCP, &a, port);
    }
}

/* It stands in the way of others as it did before, until the last connection is gone. */
static void test_waiting_conflicts(void **state) {
    static const struct {
        const char *a;
        unsigned flags;
        const char *from; /* an address of the connections */
        const char *b;
        unsigned b_flags;
        int expect;
    } rows[] = {
        {"10.0.0.1", 0, "10.0.0.1", "10.0.0.1", 0, -EADDRINUSE},
        {"10.0.0.1", 0, "10.0.0.1", "10.0.0.1", R, -EADDRINUSE},
        {"10.0.0.1", R, "10.0.0.1", "10.0.0.1", 0, -EADDRINUSE},
        {"10.0.0.1", R, "10.0.0.1", "10.0.0.1", R | L, -EADDRINUSE},
        {"10.0.0.1", R, "10.0.0.1", "10.0.0.1", R, 0},
        {"10.0.0.1", PORTS_SHARE, "10.0.0.1", "10.0.0.1", PORTS_SHARE | L, 0},
        {"10.0.0.1", 0, "10.0.0.1", "10.0.0.2", 0, 0},
        {"10.0.0.1", 0, "10.0.0.1", "any4", 0, -EADDRINUSE},
        {"any4", 0, "10.0.0.1", "10.0.0.2", 0, -EADDRINUSE},
        {"::", 0, "10.0.0.1", "any4", 0, -EADDRINUSE},
        {"::", V, "fd00::1", "any4", 0, 0},
        {"::", V, "fd00::1", "fd00::1", 0, -EADDRINUSE},
        {"fd00::1", 0, "fd00::1", "fd00::1", 0, -EADDRINUSE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct port_bind *b = NULL;
        struct rig r;

        rig_init(&r, 1, FIRST, LAST);
        take_waiting(&r, rows[i].a, 8080, rows[i].flags, 2);
        assert_int_equal(take(&r, rows[i].b, 8081, rows[i].b_flags, &b), 0);
        ports_put(r.ports, b);
        pay(&r, rows[i].from, 8080, 1);
        assert_int_equal(take(&r, rows[i].b, 8080, rows[i].b_flags, &b), rows[i].expect);
        ports_put(r.ports, rows[i].expect ? NULL : b);
        pay(&r, rows[i].from, 8080, 1);
        assert_int_equal(take(&r, "::", 8080, 0, &b), 0);
        rig_done(&r);
    }
}

/* Half a byte counts to 15; more of them, other kinds, and a listener's stay what they were. */
static void test_waiting_is_small(void **state) {
    uint64_t before, pages;
    struct rig r;

    (void)state;
    rig_init(&r, 1, FIRST, LAST);
    take_waiting(&r, "10.0.0.1", 80, 0, 0);
    before = r.env.mem.blocks;
    for (uint16_t port = 1024; port < 2048; port++) {
        take_waiting(&r, "10.0.0.1", port, 0, 15);
    }
    pages = r.env.mem.blocks; /* one, and its set */
    take_waiting(&r, "10.0.0.2", 1024, 0, 16);
    assert_int_equal(r.env.mem.blocks, pages + 1); /* a struct port_bind */
    pay(&r, "10.0.0.2", 1024, 1);
    assert_int_equal(r.env.mem.blocks, pages + 2); /* a set and its page instead */
    pay(&r, "10.0.0.2", 1024, 15);
    assert_int_equal(r.env.mem.blocks, pages);
    for (uint16_t port = 1024; port < 2048; port++) {
        pay(&r, "10.0.0.1", port, 15);
    }
    assert_int_equal(r.env.mem.blocks, pages - 2);
    assert_int_equal(r.env.mem.blocks, before);
    rig_done(&r);
}

/* connect() shares the port with what waits there, and gets all of the binding back. */
static void test_connect_shares_with_waiting(void **state) {
    const struct inl_sockaddr peer = {.addr = addr("10.0.0.2"), .port = 80};
    const struct inl_addr a = addr("10.0.0.1");
    struct taken_once tuples = {.n = 0};
    struct port_bind *b, *other;
    struct rig r;

    (void)state;
    rig_init(&r, 1, 50000, 50001);
    take_waiting(&r, "10.0.0.1", 50000, PORTS_EPHEMERAL, 3);
    take_waiting(&r, "10.0.0.1", 50001, 0, 1); /* bound by hand */
    assert_int_equal(ports_bind_ephemeral(r.ports, IP_PROTO_TCP, &a, &peer, PORTS_EPHEMERAL,
                                          taken_before, &tuples, &b),
                     0);
    assert_int_equal(b->port, 50000);
    assert_int_equal(b->refs, 4);
    assert_int_equal(b->waiting, 3);
    pay(&r, "10.0.0.1", 50000, 2);
    assert_int_equal(b->refs, 2);
    ports_put(r.ports, b);
    tuples.ports[tuples.n++] = 50000;
    assert_int_equal(ports_bind_ephemeral(r.ports, IP_PROTO_TCP, &a, &peer, PORTS_EPHEMERAL,
                                          taken_before, &tuples, &b),
                     -EADDRNOTAVAIL);
    mem_fail_after(&r.env.mem, 0);
    assert_int_equal(
        ports_bind_ephemeral(r.ports, IP_PROTO_TCP, &a, &peer, PORTS_EPHEMERAL, NULL, NULL, &b),
        -ENOMEM);
    assert_int_equal(take(&r, "10.0.0.1", 50000, 0, &other), -EADDRINUSE);
    pay(&r, "10.0.0.1", 50000, 1);
    pay(&r, "10.0.0.1", 50001, 1);
    assert_int_equal(take(&r, "::", 50000, 0, &other), 0);
    rig_done(&r);
}

/* The most specific one pays first, put away or not; a binding of every port pays for all. */
static void test_who_pays(void **state) {
    struct port_bind *any, *all;
    struct rig r;

    (void)state;
    rig_init(&r, 1, FIRST, LAST);
    assert_int_equal(take(&r, "any4", 80, R, &any), 0);
    ports_get_waiting(any);
    take_waiting(&r, "10.0.0.1", 80, R, 1);
    assert_int_equal(take(&r, "any4", 0, 0, &all), 0);
    ports_get_waiting(all);
    pay(&r, "10.0.0.1", 80, 1);
    assert_int_equal(any->waiting, 1);
    pay(&r, "10.0.0.1", 80, 1);
    assert_int_equal(any->waiting, 0);
    pay(&r, "10.0.0.1", 80, 1);
    assert_int_equal(all->waiting, 0);
    rig_done(&r);
}

/* More kinds than there are sets, or no memory: the binding stays, and nothing is lost. */
static void test_waiting_without_room(void **state) {
    char text[16];
    struct port_bind *b;
    struct rig r;

    (void)state;
    rig_init(&r, 1, FIRST, LAST);
    for (int again = 0; again < 2; again++) {
        for (int i = 1; i <= 20; i++) {
            (void)snprintf(text, sizeof(text), "10.0.0.%d", i);
            take_waiting(&r, text, 80, 0, 2);
            assert_int_equal(take(&r, text, 80, 0, &b), -EADDRINUSE);
        }
        for (int i = 1; i <= 20; i++) {
            (void)snprintf(text, sizeof(text), "10.0.0.%d", i);
            pay(&r, text, 80, 2);
        }
    }
    for (int fail = 0; fail < 2; fail++) {
        assert_int_equal(take(&r, "10.0.0.1", 80, 0, &b), 0);
        ports_get_waiting(b);
        mem_fail_after(&r.env.mem, fail);
        ports_put(r.ports, b);
        mem_fail_after(&r.env.mem, -1);
        assert_int_equal(take(&r, "10.0.0.1", 80, 0, &b), -EADDRINUSE);
        pay(&r, "10.0.0.1", 80, 1);
    }
    assert_int_equal(take(&r, "::", 80, 0, &b), 0);
    ports_put(r.ports, b);
    take_waiting(&r, "10.0.0.1", 80, 0, 2); /* left to ports_free() */
    rig_done(&r);
}

static void test_no_memory(void **state) {
    const struct inl_addr any = inl_addr_any4();
    const struct inl_config config = {.port_first = FIRST, .port_last = LAST};
    struct port_bind *b = NULL;
    struct ports *none = NULL;
    struct rig r;

    (void)state;
    rig_init(&r, 1, FIRST, LAST);
    mem_fail_after(&r.env.mem, 0);
    assert_int_equal(ports_bind(r.ports, IP_PROTO_TCP, &any, 80, 0, &b), -ENOMEM);
    mem_fail_after(&r.env.mem, 0);
    assert_int_equal(ports_bind_ephemeral(r.ports, IP_PROTO_TCP, &any, NULL, 0, NULL, NULL, &b),
                     -ENOMEM);
    assert_null(b);
    mem_fail_after(&r.env.mem, 0);
    assert_int_equal(ports_new(&r.env, &config, &none), -ENOMEM);
    assert_null(none);
    assert_int_equal(ports_bind(r.ports, IP_PROTO_TCP, &any, 80, 0, &b), 0);
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conflict_table),
        cmocka_unit_test(test_protocols_and_ports_are_apart),
        cmocka_unit_test(test_one_listener_among_reusers),
        cmocka_unit_test(test_last_reference_frees_the_port),
        cmocka_unit_test(test_used_up_range),
        cmocka_unit_test(test_connects_share_by_tuple),
        cmocka_unit_test(test_explicit_port_is_not_picked),
        cmocka_unit_test(test_bind_0_is_random),
        cmocka_unit_test(test_destinations_tell_nothing_of_each_other),
        cmocka_unit_test(test_count_of_connections_stays_hidden),
        cmocka_unit_test(test_hosts_differ_by_seed),
        cmocka_unit_test(test_ports_are_reused_late),
        cmocka_unit_test(test_waiting_conflicts),
        cmocka_unit_test(test_waiting_is_small),
        cmocka_unit_test(test_connect_shares_with_waiting),
        cmocka_unit_test(test_who_pays),
        cmocka_unit_test(test_waiting_without_room),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
