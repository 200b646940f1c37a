/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * switch_test.c - switches: learning, ageing, the cap, moves, floods, limits, loops refused
 *
 * Segment i has the external port ext[i] and, by its port at[i], the switch.
 */
#include "wires.h"

#define SEGMENTS 4

static const uint8_t ALL[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct net {
    struct wires x;
    int sw;
    int seg[SEGMENTS], ext[SEGMENTS], at[SEGMENTS];
    inl_time now;
};

static void net_init(struct net *n, const struct inl_switch_config *config,
                     const struct inl_impair *impair) {
    memset(n, 0, sizeof(*n));
    wires_init(&n->x, NULL);
    n->sw = inl_world_switch_add(n->x.world, "sw", config);
    assert_int_equal(n->sw, 0);
    assert_string_equal(inl_world_switch_name(n->x.world, n->sw), "sw");
    for (int i = 0; i < SEGMENTS; i++) {
        n->seg[i] = inl_world_segment_add(n->x.world, "seg", i == 3 ? 1400 : 1500);
        n->ext[i] = inl_world_attach_external(n->x.world, n->seg[i], NULL);
        n->at[i] = inl_world_switch_attach(n->x.world, n->sw, n->seg[i], impair);
        assert_true(n->seg[i] >= 0 && n->ext[i] >= 0 && n->at[i] >= 0);
    }
}

static void mac(uint8_t b[6], unsigned id) {
    memcpy(b, (uint8_t[6]){2, 0xaa, 0, 0, (uint8_t)(id >> 8), (uint8_t)id}, 6);
}

/* A frame from station @src (0: a group's address) goes in at a segment; a bit for each segment
 * where it comes out. */
static unsigned send_to(struct net *n, int segment, unsigned src, const uint8_t dst[6],
                        size_t len) {
    uint8_t b[1600], got[1600];
    unsigned out = 0;

    wires_frame(b, len, 1, dst);
    mac(b + 6, src);
    if (src == 0) {
        b[6] |= 1;
    }
    inl_world_port_rx(n->x.world, n->ext[segment], b, len, n->now);
    inl_world_advance(n->x.world, n->now);
    for (int i = 0; i < SEGMENTS; i++) {
        while (inl_world_port_tx(n->x.world, n->ext[i], got, sizeof(got), n->now) > 0) {
            assert_false(out & 1u << i); /* once */
            assert_memory_equal(got, b, len);
            out |= 1u << i;
        }
    }
    return out;
}

static unsigned send(struct net *n, int segment, unsigned src, unsigned dst) {
    uint8_t to[6];

    mac(to, dst);
    return send_to(n, segment, src, to, 100);
}

static struct inl_world_stats stats(const struct net *n) {
    struct inl_world_stats s;

    inl_world_stats_get(n->x.world, &s);
    return s;
}

/* Unknown: everywhere but where it came from. Known: there alone. To groups: everywhere. */
static void learns(void **state) {
    struct inl_switch_mac macs[4];
    struct net n;

    (void)state;
    net_init(&n, NULL, NULL);
    assert_int_equal(send(&n, 0, 1, 2), 0xe);
    assert_int_equal(stats(&n).switch_floods, 1);
    assert_int_equal(send(&n, 1, 2, 1), 0x1);
    assert_int_equal(send(&n, 0, 1, 2), 0x2);
    assert_int_equal(send_to(&n, 2, 3, ALL, 60), 0xb);
    assert_int_equal(send(&n, 1, 2, 3), 0x4);
    assert_int_equal(stats(&n).switch_floods, 2);
    assert_int_equal(send(&n, 0, 4, 1), 0); /* both on one segment: stays there */
    n.now = MS(500);
    inl_world_advance(n.x.world, n.now);
    assert_int_equal(inl_world_switch_macs(n.x.world, n.sw, macs, 4), 4);
    assert_int_equal(macs[0].mac[5], 1);
    assert_int_equal(macs[0].port, n.at[0]);
    assert_int_equal(macs[3].mac[5], 4);
    assert_int_equal(macs[3].age_ns, 500 * INL_MS);
    assert_int_equal(inl_world_switch_macs(n.x.world, 7, macs, 4), 0);
    wires_done(&n.x);
}

/* Who was not heard for 300 s is not known any more; each frame counts as hearing. */
static void ages(void **state) {
    struct net n;

    (void)state;
    net_init(&n, NULL, NULL);
    send(&n, 0, 1, 9);
    send(&n, 1, 2, 9);
    n.now = (inl_time){299 * INL_S};
    assert_int_equal(send(&n, 1, 2, 1), 0x1);
    n.now = (inl_time){300 * INL_S};
    assert_int_equal(send(&n, 1, 2, 1), 0xd);
    assert_int_equal(send(&n, 0, 1, 2), 0x2);
    n.now = (inl_time){601 * INL_S};
    inl_world_advance(n.x.world, n.now);
    assert_int_equal(inl_world_switch_macs(n.x.world, n.sw, NULL, 0), 0);
    wires_done(&n.x);
}

/* A station that is plugged in elsewhere is found there with its first frame. */
static void moves(void **state) {
    struct net n;

    (void)state;
    net_init(&n, NULL, NULL);
    send(&n, 0, 1, 9);
    send(&n, 1, 2, 9);
    assert_int_equal(send(&n, 1, 2, 1), 0x1);
    send(&n, 2, 1, 9);
    assert_int_equal(stats(&n).switch_moves, 1);
    assert_int_equal(send(&n, 1, 2, 1), 0x4);
    wires_done(&n.x);
}

/* A flood of false addresses fills the table, and pushes out nobody that is known. */
static void cap(void **state) {
    const struct inl_switch_config small = {.max_macs = 16, .age_ns = 10 * INL_S};
    struct net n;

    (void)state;
    net_init(&n, &small, NULL);
    send(&n, 0, 1, 9);
    for (unsigned i = 0; i < 5000; i++) {
        send(&n, 2, 100 + i, 1);
    }
    assert_int_equal(inl_world_switch_macs(n.x.world, n.sw, NULL, 0), 16);
    assert_int_equal(stats(&n).switch_full, 5000 - 15);
    assert_int_equal(send(&n, 1, 2, 1), 0x1);
    assert_int_equal(send(&n, 0, 1, 2), 0xe); /* there was no room for 2: to all */
    n.now = (inl_time){10 * INL_S};
    send(&n, 1, 2, 9);
    assert_int_equal(send(&n, 0, 1, 2), 0x2);
    wires_done(&n.x);
}

static void not_sent_on(void **state) {
    static const uint8_t pause[6] = {0x01, 0x80, 0xc2, 0, 0, 0x01};
    static const uint8_t last[6] = {0x01, 0x80, 0xc2, 0, 0, 0x0f};
    static const uint8_t after[6] = {0x01, 0x80, 0xc2, 0, 0, 0x10};
    struct net n;

    (void)state;
    net_init(&n, NULL, NULL);
    assert_int_equal(send_to(&n, 0, 1, pause, 60), 0);
    assert_int_equal(send_to(&n, 0, 1, last, 60), 0);
    assert_int_equal(send_to(&n, 0, 1, after, 60), 0xe);
    assert_int_equal(send(&n, 0, 0, 2), 0); /* from a group */
    assert_int_equal(inl_world_switch_macs(n.x.world, n.sw, NULL, 0), 1);
    assert_int_equal(send_to(&n, 0, 1, ALL, 1414), 0xe);
    assert_int_equal(send_to(&n, 0, 1, ALL, 1415), 0x6); /* segment 3 has an MTU of 1400 */
    assert_int_equal(stats(&n).switch_too_long, 1);
    wires_done(&n.x);
}

/* What a switch sends suffers what its port says: here, a way of 10 ms. */
static void impaired(void **state) {
    const struct inl_impair slow = {.delay_ns = 10 * INL_MS};
    struct net n;
    uint8_t got[200];

    (void)state;
    net_init(&n, NULL, &slow);
    assert_int_equal(send(&n, 0, 1, 2), 0);
    assert_int_equal(inl_world_next_deadline(n.x.world).ns, 10 * INL_MS);
    inl_world_advance(n.x.world, MS(10));
    for (int i = 1; i < SEGMENTS; i++) {
        assert_int_equal(inl_world_port_tx(n.x.world, n.ext[i], got, sizeof(got), MS(10)), 100);
    }
    send(&n, 0, 1, 2); /* freed on its way */
    wires_done(&n.x);
}

static void refused(void **state) {
    const struct inl_switch_config bad = {.age_ns = -1};
    struct net n;
    int other, seg;

    (void)state;
    net_init(&n, NULL, NULL);
    assert_int_equal(inl_world_switch_add(n.x.world, "x", &bad), -EINVAL);
    assert_int_equal(inl_world_switch_attach(n.x.world, 3, n.seg[0], NULL), -EINVAL);
    assert_int_equal(inl_world_switch_attach(n.x.world, n.sw, 99, NULL), -EINVAL);
    /* two ways between the same segments would let frames run in a circle */
    assert_int_equal(inl_world_switch_attach(n.x.world, n.sw, n.seg[0], NULL), -ELOOP);
    other = inl_world_switch_add(n.x.world, "other", NULL);
    assert_true(inl_world_switch_attach(n.x.world, other, n.seg[0], NULL) >= 0);
    assert_int_equal(inl_world_switch_attach(n.x.world, other, n.seg[1], NULL), -ELOOP);
    seg = inl_world_segment_add(n.x.world, "behind", 1500);
    assert_true(inl_world_switch_attach(n.x.world, other, seg, NULL) >= 0);
    assert_int_equal(inl_world_switch_attach(n.x.world, n.sw, seg, NULL), -ELOOP);
    /* a chain of two works; the station between them hears what passes on its segment */
    n.ext[3] = inl_world_attach_external(n.x.world, seg, NULL);
    assert_int_equal(send(&n, 2, 5, 9), 0xb);
    assert_int_equal(send(&n, 3, 6, 5), 0x5);
    assert_int_equal(send(&n, 2, 5, 6), 0x9);
    wires_done(&n.x);
}

/* Two hosts that have a segment each resolve each other's address and talk. */
static void hosts_talk(void **state) {
    const struct inl_sockaddr any = {.addr = INL_ADDR_ANY4, .port = 5000};
    struct inl_sockaddr to = {.addr = inl_addr_from4(0x0a000002), .port = 5000};
    struct net n;
    inl_sock s[2];
    char buf[8];

    (void)state;
    net_init(&n, NULL, NULL);
    for (int h = 0; h < 2; h++) {
        struct inl_addr a = inl_addr_from4(0x0a000001u + (uint32_t)h);
        struct inl_stack *st;
        int link;

        assert_int_equal(inl_world_host_add(n.x.world, "h", NULL), h);
        assert_true(inl_world_attach(n.x.world, h, n.seg[h], NULL, &link) >= 0);
        st = inl_world_stack(n.x.world, h);
        assert_int_equal(inl_addr_add(st, link, &a, 24), 0);
        s[h] = inl_socket(st, INL_AF_INET, INL_SOCK_DGRAM);
        assert_int_equal(inl_bind(st, s[h], &any), 0);
    }
    inl_world_advance(n.x.world, (inl_time){20 * INL_S});
    assert_int_equal(inl_sendto(inl_world_stack(n.x.world, 0), s[0], "hello", 5, 0, &to), 5);
    inl_world_advance(n.x.world, (inl_time){21 * INL_S});
    assert_int_equal(inl_recv(inl_world_stack(n.x.world, 1), s[1], buf, sizeof(buf), 0), 5);
    wires_done(&n.x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns),      cmocka_unit_test(ages),       cmocka_unit_test(moves),
        cmocka_unit_test(cap),         cmocka_unit_test(impaired),   cmocka_unit_test(refused),
        cmocka_unit_test(not_sent_on), cmocka_unit_test(hosts_talk),
    };

    return cmocka_run_group_tests_name("switches", tests, NULL, NULL);
}
