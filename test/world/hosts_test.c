/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hosts_test.c - hosts in a world: delivery by address, time, socket calls, many hosts
 *
 * Hosts talk UDP here: what TCP makes of a world is tested in test/sim.
 */
#include "wires.h"

#include <stdio.h>

#define PORT 5000

static struct inl_addr host_addr(int host) {
    return inl_addr_from4(0x0a000000u + (uint32_t)host + 1);
}

/* A host at 10.0.0.0/8 on the segment; returns its port. */
static int add_host(struct wires *x, int want_index, const struct inl_impair *impair) {
    struct inl_addr addr = host_addr(want_index);
    struct inl_config config;
    int link = -1;
    int port;

    inl_config_init(&config);
    config.groups.report = false; /* frames are counted */
    assert_int_equal(inl_world_host_add(x->world, "host", &config), want_index);
    port = inl_world_attach(x->world, want_index, x->segment, impair, &link);
    assert_true(port >= 0);
    assert_int_equal(link, 1);
    assert_int_equal(inl_addr_add(inl_world_stack(x->world, want_index), link, &addr, 8), 0);
    return port;
}

static inl_sock udp_bound(struct wires *x, int host) {
    const struct inl_sockaddr any = {.addr = INL_ADDR_ANY4, .port = PORT};
    struct inl_stack *st = inl_world_stack(x->world, host);
    inl_sock s = inl_socket(st, INL_AF_INET, INL_SOCK_DGRAM);

    assert_true(s >= 0);
    assert_int_equal(inl_bind(st, s, &any), 0);
    return s;
}

static void say(struct wires *x, int from, inl_sock s, int to, const char *text) {
    const struct inl_sockaddr dst = {.addr = host_addr(to), .port = PORT};

    assert_int_equal(inl_sendto(inl_world_stack(x->world, from), s, text, strlen(text), 0, &dst),
                     strlen(text));
}

static void hear(struct wires *x, int host, inl_sock s, const char *want) {
    char buf[64] = {0};

    assert_int_equal(inl_recv(inl_world_stack(x->world, host), s, buf, sizeof(buf) - 1, 0),
                     strlen(want));
    assert_string_equal(buf, want);
}

static uint64_t rx_frames(struct wires *x, int host) {
    struct inl_stats s;

    inl_stats_get(inl_world_stack(x->world, host), &s);
    return s.rx_frames;
}

static void mac_of(int host, int link, uint8_t mac[6]) {
    const uint8_t m[6] = {
        2, 0, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host, (uint8_t)link};

    memcpy(mac, m, sizeof(m));
}

/* A frame from outside to a host's address reaches this host and nobody else. */
static void unicast_reaches_one(void **state) {
    uint8_t buf[100];
    uint8_t mac[6];
    struct wires x;

    (void)state;
    wires_init(&x, NULL);
    for (int h = 0; h < 3; h++) {
        add_host(&x, h, NULL);
    }
    mac_of(1, 1, mac);
    wires_frame(buf, sizeof(buf), 1, mac);
    inl_world_port_rx(x.world, x.in, buf, sizeof(buf), MS(1));
    inl_world_advance(x.world, MS(1));
    assert_int_equal(rx_frames(&x, 0), 0);
    assert_int_equal(rx_frames(&x, 1), 1);
    assert_int_equal(rx_frames(&x, 2), 0);
    assert_int_equal(inl_world_port_tx(x.world, x.out, buf, sizeof(buf), MS(1)), 0);
    wires_done(&x);
}

static void broadcast_reaches_all_others(void **state) {
    static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t buf[100];
    struct wires x;

    (void)state;
    wires_init(&x, NULL);
    for (int h = 0; h < 3; h++) {
        add_host(&x, h, NULL);
    }
    wires_frame(buf, sizeof(buf), 1, all);
    inl_world_port_rx(x.world, x.in, buf, sizeof(buf), MS(1));
    inl_world_advance(x.world, MS(1));
    for (int h = 0; h < 3; h++) {
        assert_int_equal(rx_frames(&x, h), 1);
    }
    assert_int_equal(inl_world_port_tx(x.world, x.out, buf, sizeof(buf), MS(1)), 100);
    assert_int_equal(inl_world_port_tx(x.world, x.in, buf, sizeof(buf), MS(1)), 0);
    wires_done(&x);
}

/* What no host has goes outside; also the address of a host of another segment. */
static void unknown_goes_outside(void **state) {
    uint8_t buf[100];
    uint8_t mac[6];
    struct wires x;
    int other;

    (void)state;
    wires_init(&x, NULL);
    add_host(&x, 0, NULL);
    other = inl_world_segment_add(x.world, "other", 1500);
    assert_int_equal(inl_world_host_add(x.world, "elsewhere", NULL), 1);
    assert_true(inl_world_attach(x.world, 1, other, NULL, NULL) >= 0);
    mac_of(1, 1, mac);
    wires_frame(buf, sizeof(buf), 1, mac);
    inl_world_port_rx(x.world, x.in, buf, sizeof(buf), MS(1));
    wires_frame(buf, sizeof(buf), 2, NULL);
    inl_world_port_rx(x.world, x.in, buf, sizeof(buf), MS(1));
    inl_world_advance(x.world, MS(1));
    assert_int_equal(rx_frames(&x, 0), 0);
    assert_int_equal(rx_frames(&x, 1), 0);
    assert_int_equal(inl_world_port_tx(x.world, x.out, buf, sizeof(buf), MS(1)), 100);
    assert_int_equal(inl_world_port_tx(x.world, x.out, buf, sizeof(buf), MS(1)), 100);
    wires_done(&x);
}

/* A host's question for an address comes out at the external port, which can answer. */
static void host_asks_outside(void **state) {
    const struct inl_sockaddr dst = {.addr = inl_addr_from4(0x0a0000fe), .port = PORT};
    uint8_t buf[1600];
    struct wires x;
    inl_sock s;

    (void)state;
    wires_init(&x, NULL);
    add_host(&x, 0, NULL);
    s = udp_bound(&x, 0);
    assert_int_equal(inl_sendto(inl_world_stack(x.world, 0), s, "hello", 5, 0, &dst), 5);
    assert_int_equal(inl_world_next_deadline(x.world).ns, 0);
    inl_world_advance(x.world, MS(0));
    assert_true(inl_world_port_tx(x.world, x.out, buf, sizeof(buf), MS(0)) >= 42);
    assert_int_equal(buf[12] << 8 | buf[13], 0x0806);
    wires_done(&x);
}

/* Question, answer and datagram cross the link: 3 ms there, 5 ms back. */
static void datagram_takes_its_time(void **state) {
    const struct inl_impair there = {.delay_ns = 3 * INL_MS};
    const struct inl_impair back = {.delay_ns = 5 * INL_MS};
    struct inl_event ev;
    struct wires x;
    inl_sock a, b;
    int host;

    (void)state;
    wires_init(&x, NULL);
    add_host(&x, 0, &there);
    add_host(&x, 1, &back);
    a = udp_bound(&x, 0);
    b = udp_bound(&x, 1);
    inl_world_advance(x.world, MS(100));
    while (inl_world_next_event(x.world, &host, &ev)) {
    }
    say(&x, 0, a, 1, "hello");
    inl_world_advance(x.world, (inl_time){MS(100 + 3 + 5 + 3).ns - 1});
    assert_false(inl_world_next_event(x.world, &host, &ev));
    inl_world_advance(x.world, MS(100 + 3 + 5 + 3));
    assert_true(inl_world_next_event(x.world, &host, &ev));
    assert_int_equal(host, 1);
    assert_int_equal(ev.sock, b);
    assert_true(ev.events & INL_EV_READABLE);
    hear(&x, 1, b, "hello");
    wires_done(&x);
}

/* However far the caller jumps, each event happens at its own time. */
static void jump_is_the_same_as_steps(void **state) {
    const struct inl_impair slow = {.delay_ns = 3 * INL_MS};
    inl_time last[2] = {{0}, {0}};

    (void)state;
    for (int jump = 0; jump < 2; jump++) {
        struct inl_world_stats stats;
        struct wires x;
        inl_sock a, b;

        wires_init(&x, NULL);
        add_host(&x, 0, &slow);
        add_host(&x, 1, &slow);
        a = udp_bound(&x, 0);
        b = udp_bound(&x, 1);
        say(&x, 0, a, 1, "hello");
        if (jump) {
            inl_world_advance(x.world, MS(1000));
        } else {
            for (int64_t us = 0; us <= 1000000; us += 100) {
                inl_world_advance(x.world, US(us));
            }
        }
        hear(&x, 1, b, "hello");
        inl_world_stats_get(x.world, &stats);
        assert_int_equal(stats.frames, 3);
        last[jump] = inl_world_next_deadline(x.world);
        wires_done(&x);
    }
    assert_int_equal(last[0].ns, last[1].ns);
}

/*
 * A host that slept is awake at the world's time when its sockets are called: the question that
 * nobody answers is repeated a second after it was asked, not at once.
 */
static void sleeper_wakes_on_time(void **state) {
    const struct inl_sockaddr dst = {.addr = inl_addr_from4(0x0a0000fe), .port = PORT};
    struct inl_stack *st;
    struct inl_world_stats stats;
    struct wires x;
    inl_sock s;

    (void)state;
    wires_init(&x, NULL);
    add_host(&x, 0, NULL);
    s = udp_bound(&x, 0);
    st = inl_world_stack(x.world, 0);
    inl_world_advance(x.world, MS(0));
    inl_world_advance(x.world, MS(3600000));
    assert_int_equal(inl_sendto(st, s, "hello", 5, 0, &dst), 5);
    inl_world_advance(x.world, MS(3600000));
    inl_world_advance(x.world, MS(3600500));
    inl_world_stats_get(x.world, &stats);
    assert_int_equal(stats.frames, 1);
    wires_done(&x);
}

static void idle_world_sleeps(void **state) {
    struct wires x;
    inl_sock s;
    unsigned wakes = 0;

    (void)state;
    wires_init(&x, NULL);
    for (int h = 0; h < 10; h++) {
        add_host(&x, h, NULL);
    }
    s = udp_bound(&x, 0);
    say(&x, 0, s, 1, "hello");
    while (!inl_time_before(MS(3600000), inl_world_next_deadline(x.world))) {
        inl_world_advance(x.world, inl_world_next_deadline(x.world));
        wakes++;
    }
    assert_true(wakes < 100); /* an hour */
    wires_done(&x);
}

/* As far as anything happens; time stays with the last event. */
static void advance_to_never(void **state) {
    const struct inl_impair impair = {.delay_ns = 3 * INL_MS};
    uint8_t buf[100];
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    wires_send(&x, 1, sizeof(buf), MS(5));
    inl_world_advance(x.world, INL_TIME_NEVER);
    assert_int_equal(inl_world_port_tx(x.world, x.out, buf, sizeof(buf), MS(8)), 100);
    assert_true(inl_time_is_never(inl_world_next_deadline(x.world)));
    wires_send(&x, 2, sizeof(buf), MS(0)); /* not before the last event */
    assert_int_equal(inl_world_next_deadline(x.world).ns, MS(8 + 3).ns);
    wires_done(&x);
}

#define HOSTS 1000
#define SAYINGS 5000

/* All hosts exist, two talk: the work is in proportion to the talk. Memory does not grow. */
static void thousand_hosts(void **state) {
    const struct inl_impair impair = {.delay_ns = INL_MS};
    struct inl_world_stats stats;
    int64_t blocks = 0;
    uint64_t idle_frames;
    struct wires x;
    inl_sock a, b;

    (void)state;
    wires_init(&x, NULL);
    for (int h = 0; h < HOSTS; h++) {
        add_host(&x, h, &impair);
    }
    a = udp_bound(&x, 17);
    b = udp_bound(&x, HOSTS - 1);
    for (int i = 0; i < SAYINGS; i++) {
        inl_time now = MS(10 * (i + 1));

        say(&x, 17, a, HOSTS - 1, "hello");
        inl_world_advance(x.world, now);
        hear(&x, HOSTS - 1, b, "hello");
        if (i == SAYINGS / 2) {
            blocks = x.blocks;
        }
    }
    assert_true(x.blocks <= blocks + 8); /* neighbours may be asked again just now */
    inl_world_stats_get(x.world, &stats);
    idle_frames = rx_frames(&x, 0); /* only questions to all */
    assert_true(idle_frames * 10 < stats.frames);
    assert_true(stats.frames >= SAYINGS);
    wires_done(&x);
}

static void host_on_many_segments(void **state) {
    struct wires x;
    int link = 0;

    (void)state;
    wires_init(&x, NULL);
    assert_int_equal(inl_world_host_add(x.world, "a name that is longer than the 31 allowed", NULL),
                     0);
    assert_int_equal(strlen(inl_world_host_name(x.world, 0)), 31);
    for (int i = 1; i < INL_LINKS_MAX; i++) {
        assert_true(inl_world_attach(x.world, 0, x.segment, NULL, &link) >= 0);
        assert_int_equal(link, i);
    }
    assert_int_equal(inl_world_attach(x.world, 0, x.segment, NULL, &link), -ENOSPC);
    assert_int_equal(inl_world_attach(x.world, 1, x.segment, NULL, &link), -EINVAL);
    assert_int_equal(inl_world_attach(x.world, 0, 1, NULL, &link), -EINVAL);
    assert_null(inl_world_stack(x.world, 1));
    assert_null(inl_world_host_name(x.world, -1));
    assert_int_equal(inl_world_hosts(x.world), 1);
    wires_done(&x);
}

/* Every allocation of a small world's life fails once: a clean error or a later retry, no leak. */
struct faulty {
    int64_t blocks;
    int64_t until_fault;
    bool fault_hit;
};

static void *faulty_alloc(void *ctx, size_t size) {
    struct faulty *f = ctx;

    if (f->until_fault-- == 0) {
        f->fault_hit = true;
        return NULL;
    }
    f->blocks++;
    return malloc(size);
}

static void faulty_free(void *ctx, void *ptr, size_t size) {
    struct faulty *f = ctx;

    (void)size;
    f->blocks--;
    free(ptr);
}

static void small_life(struct faulty *f) {
    const struct inl_world_config c = {.alloc = {faulty_alloc, faulty_free, f}, .seed = 1};
    const struct inl_sockaddr dst = {.addr = host_addr(1), .port = PORT};
    struct inl_world *w;
    int segment;

    if (inl_world_new(&c, &w)) {
        return;
    }
    segment = inl_world_segment_add(w, "wire", 1500);
    for (int h = 0; h < 2; h++) {
        struct inl_addr addr = host_addr(h);
        int link;

        if (inl_world_host_add(w, "host", NULL) == h &&
            inl_world_attach(w, h, segment, &(struct inl_impair){.dup_ppm = 1000000}, &link) >= 0) {
            (void)inl_addr_add(inl_world_stack(w, h), link, &addr, 8);
        }
    }
    (void)inl_world_attach_external(w, segment, NULL);
    if (inl_world_hosts(w) == 2) {
        struct inl_stack *st = inl_world_stack(w, 0);
        inl_sock s = inl_socket(st, INL_AF_INET, INL_SOCK_DGRAM);

        if (s >= 0) {
            (void)inl_sendto(st, s, "hello", 5, 0, &dst);
        }
    }
    for (int64_t ms = 0; ms < 5000; ms += 100) {
        inl_world_advance(w, MS(ms));
    }
    inl_world_free(w);
}

static void every_allocation_may_fail(void **state) {
    struct faulty f = {.fault_hit = true};
    int64_t n = 0;

    (void)state;
    for (; f.fault_hit; n++) {
        f = (struct faulty){.until_fault = n};
        small_life(&f);
        assert_int_equal(f.blocks, 0);
    }
    assert_true(n > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unicast_reaches_one),     cmocka_unit_test(broadcast_reaches_all_others),
        cmocka_unit_test(unknown_goes_outside),    cmocka_unit_test(host_asks_outside),
        cmocka_unit_test(datagram_takes_its_time), cmocka_unit_test(jump_is_the_same_as_steps),
        cmocka_unit_test(sleeper_wakes_on_time),   cmocka_unit_test(idle_world_sleeps),
        cmocka_unit_test(advance_to_never),        cmocka_unit_test(thousand_hosts),
        cmocka_unit_test(host_on_many_segments),   cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
