/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mib_test.c - the names of the counters, and those of RFC 4113: each by one, and no other
 */
#include "rig.h"

#include <stdio.h>

#define MIB_MAX 512

static uint64_t value(const struct inl_stack *stack, const char *name) {
    static struct inl_mib list[MIB_MAX];
    size_t n = inl_mib_get(stack, list, MIB_MAX);

    assert_true(n <= MIB_MAX);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return list[i].value;
        }
    }
    fail_msg("no counter %s", name);
    return 0;
}

static const char *const udp_names[] = {"udpHCInDatagrams", "udpNoPorts", "udpInErrors",
                                        "udpHCOutDatagrams"};

static void check_udp(const struct rig *r, const uint64_t want[2][4]) {
    for (int host = 0; host < 2; host++) {
        for (int i = 0; i < 4; i++) {
            uint64_t is = value(r->host[host], udp_names[i]);

            if (is != want[host][i]) {
                fail_msg("host %d: %s is %u", host, udp_names[i], (unsigned)is);
            }
        }
    }
}

static struct inl_sockaddr end(const char *text, uint16_t port) {
    struct inl_sockaddr sa = {.port = port};

    assert_int_equal(inl_addr_parse(text, &sa.addr), 0);
    return sa;
}

static void test_udp(void **state) {
    static const char *const peers[] = {"10.0.0.2", "fd00::2"};
    static uint8_t big[1400];

    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        enum inl_family family = v6 ? INL_AF_INET6 : INL_AF_INET;
        const struct inl_sockaddr to = end(peers[v6], 7), nobody = end(peers[v6], 9);
        const struct inl_sockaddr far = end(v6 ? "2001:db8:77::1" : "192.0.2.1", 7);
        uint64_t want[2][4] = {{0}};
        struct rig r;
        inl_sock a, b;

        rig_init(&r);
        a = inl_socket(r.host[0], family, INL_SOCK_DGRAM);
        b = inl_socket(r.host[1], family, INL_SOCK_DGRAM);
        assert_int_equal(inl_bind(r.host[1], b, &(struct inl_sockaddr){.addr = to.addr, .port = 7}),
                         0);
        assert_int_equal(inl_setsockopt(r.host[1], b, INL_OPT_RCVBUF, 4096), 0);

        assert_int_equal(inl_sendto(r.host[0], a, "x", 1, 0, &to), 1);
        rig_settle(&r);
        want[0][3]++;
        want[1][0]++;
        check_udp(&r, (const uint64_t(*)[4])want);

        assert_int_equal(inl_sendto(r.host[0], a, "x", 1, 0, &nobody), 1);
        rig_settle(&r);
        want[0][3]++;
        want[1][1]++;
        check_udp(&r, (const uint64_t(*)[4])want);

        do { /* until there is no room */
            assert_int_equal(inl_sendto(r.host[0], a, big, sizeof(big), 0, &to), sizeof(big));
            rig_settle(&r);
            want[0][3]++;
            want[1][0]++;
        } while (value(r.host[1], "udpInErrors") == 0);
        want[1][0]--;
        want[1][2]++;
        check_udp(&r, (const uint64_t(*)[4])want);
        assert_int_equal(value(r.host[1], "drop.socket-full"), 1);

        assert_int_equal(inl_sendto(r.host[0], a, "x", 1, 0, &far), -ENETUNREACH);
        check_udp(&r, (const uint64_t(*)[4])want); /* it was none; but IP knows of it */
        assert_int_equal(
            value(r.host[0], v6 ? "ipSystemStatsOutNoRoutes.2" : "ipSystemStatsOutNoRoutes.1"), 1);
        rig_done(&r);
    }
}

/* Each name once, whole, and always in the same place. */
static void test_names(void **state) {
    static struct inl_mib list[MIB_MAX], again[MIB_MAX];
    struct rig r;
    size_t n, links;

    (void)state;
    rig_init(&r);
    n = inl_mib_get(r.host[0], list, MIB_MAX);
    assert_int_equal(inl_mib_get(r.host[0], again, 3), n);
    assert_int_equal(inl_mib_get(r.host[0], NULL, 0), n);
    assert_memory_equal(list, again, 3 * sizeof(list[0]));
    links = inl_mib_link_get(r.host[0], r.link[0], list + n, MIB_MAX - n);
    assert_int_equal(links, 2 * 28);
    assert_int_equal(inl_mib_link_get(r.host[0], 7, again, MIB_MAX), 0);
    assert_int_equal(inl_mib_link_get(r.host[0], -1, again, MIB_MAX), 0);
    for (size_t i = 0; i < n + links; i++) {
        assert_in_range(strlen(list[i].name), 3, sizeof(list[i].name) - 1);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(list[i].name, list[k].name);
        }
    }
    assert_int_equal(value(r.host[0], "ipForwarding"), 2);
    assert_int_equal(value(r.host[0], "ipDefaultTTL"), 64);
    assert_int_equal(value(r.host[0], "ipv6IpForwarding"), 2);
    assert_int_equal(value(r.host[0], "ipv6IpDefaultHopLimit"), 64);
    assert_int_equal(value(r.host[0], "ipReasmTimeout"), 60);
    rig_done(&r);
}

/* The counter of a link; 0 if it has not happened. */
static uint64_t at_link(const struct rig *r, int link, const char *reason) {
    static struct inl_mib list[MIB_MAX];
    size_t n = inl_mib_link_get(r->host[0], link, list, MIB_MAX);
    char name[48];

    snprintf(name, sizeof(name), "drop.%s.%d", reason, link);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return list[i].value;
        }
    }
    return 0;
}

/* Reasons of drops, in and out, stand at their link and at no other; the sum of all links, and of
 * what has none, is the stack's. */
static void test_drops_of_links(void **state) {
    static uint8_t junk[64] = {0x95}, cut[20] = {0x45};
    const struct inl_link_config more = {.kind = INL_LINK_IP, .name = "more", .mtu_bytes = 1500};
    const struct inl_rx_frame frames[] = {{.data = junk, .len_bytes = 64},
                                          {.data = cut, .len_bytes = 20}};
    const struct inl_sockaddr far = end("192.0.2.1", 7), there = end("10.0.0.2", 7);
    struct inl_sockaddr own = end("10.7.0.1", 7);
    struct inl_stats stats;
    struct rig r;
    inl_sock s;
    int other;

    (void)state;
    rig_init(&r);
    other = inl_link_add(r.host[0], &more);
    assert_int_equal(inl_addr_add(r.host[0], other, &own.addr, 24), 0);
    inl_rx(r.host[0], r.link[0], frames, 1, r.now);
    inl_rx(r.host[0], other, frames, 1, r.now);
    inl_rx(r.host[0], other, frames, 1, r.now);
    inl_rx(r.host[0], other, frames + 1, 1, r.now);
    s = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_sendto(r.host[0], s, "x", 1, 0, &far), -ENETUNREACH);
    for (int i = 0; i < 600; i++) { /* the queue of the link is full in the end */
        inl_sendto(r.host[0], s, "x", 1, 0, &there);
    }
    inl_stats_get(r.host[0], &stats);
    assert_int_equal(at_link(&r, r.link[0], "bad-version"), 1);
    assert_int_equal(at_link(&r, other, "bad-version"), 2);
    assert_int_equal(at_link(&r, r.link[0], "bad-length"), 0);
    assert_int_equal(at_link(&r, other, "bad-length"), 1);
    assert_true(stats.drop[INL_DROP_TX_QUEUE_FULL] > 0);
    assert_int_equal(at_link(&r, other, "tx-queue-full"), 0);
    for (int i = 0; i < INL_DROP_MAX; i++) {
        const char *reason = inl_drop_name((enum inl_drop)i);
        uint64_t sum = at_link(&r, 0, reason) + at_link(&r, 1, reason) + at_link(&r, 2, reason);

        assert_int_equal(sum, i == INL_DROP_NO_ROUTE ? 0 : stats.drop[i]);
    }
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_udp),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_drops_of_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
