/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * groups_test.c - multicast groups through the public API (inlet/group.h; RFC 1112 6, RFC 3678)
 */
#include "rig.h"

#include <inlet/group.h>
#include <string.h>

static const char *group_text(bool v6) {
    return v6 ? "ff15::5" : "239.5.5.5";
}

static struct inl_addr group_addr(bool v6) {
    return at(group_text(v6), 0).addr;
}

static inl_sock listener(struct rig *r, int host, bool v6, uint16_t port) {
    const struct inl_sockaddr any = at(v6 ? "::" : "0.0.0.0", port);
    inl_sock s = inl_socket(r->host[host], v6 ? INL_AF_INET6 : INL_AF_INET, INL_SOCK_DGRAM);

    assert_true(s >= 0);
    assert_int_equal(inl_setsockopt(r->host[host], s, INL_OPT_REUSEADDR, 1), 0);
    assert_int_equal(inl_bind(r->host[host], s, &any), 0);
    return s;
}

static void join(struct rig *r, int host, inl_sock s, bool v6) {
    const struct inl_addr g = group_addr(v6);

    assert_int_equal(inl_group(r->host[host], s, INL_GROUP_JOIN, 0, &g, NULL), 0);
}

static void say(struct rig *r, int host, inl_sock s, bool v6) {
    const struct inl_sockaddr to = at(group_text(v6), 5005);

    assert_int_equal(inl_sendto(r->host[host], s, "hello", 5, 0, &to), 5);
    rig_settle(r);
}

/* How many datagrams wait. */
static int heard(struct rig *r, int host, inl_sock s) {
    uint8_t b[16];
    int n = 0;

    while (inl_recv(r->host[host], s, b, sizeof(b), 0) == 5) {
        n++;
    }
    return n;
}

static void both(void (*test)(struct rig *r, bool v6)) {
    struct rig r;

    for (int v6 = 0; v6 < 2; v6++) {
        rig_init(&r);
        test(&r, v6);
        rig_done(&r);
    }
}

/* Every socket of the port gets one; who has not joined, too, unless he says otherwise. */
static void delivery(struct rig *r, bool v6) {
    const struct inl_addr g = group_addr(v6);
    const struct inl_addr from = at(v6 ? "fd00::1" : "10.0.0.1", 0).addr;
    inl_sock s = listener(r, 0, v6, 0);
    inl_sock a = listener(r, 1, v6, 5005);
    inl_sock b = listener(r, 1, v6, 5005);
    inl_sock c = listener(r, 1, v6, 5005);

    say(r, 0, s, v6);
    assert_int_equal(heard(r, 1, a) + heard(r, 1, b) + heard(r, 1, c), 0); /* nobody has joined */
    join(r, 1, a, v6);
    join(r, 1, b, v6);
    assert_int_equal(inl_setsockopt(r->host[1], c, INL_OPT_MULTICAST_ALL, 0), 0);
    say(r, 0, s, v6);
    assert_int_equal(heard(r, 1, a), 1);
    assert_int_equal(heard(r, 1, b), 1);
    assert_int_equal(heard(r, 1, c), 0);
    assert_int_equal(inl_setsockopt(r->host[1], c, INL_OPT_MULTICAST_ALL, 1), 0);
    assert_int_equal(inl_group(r->host[1], b, INL_GROUP_BLOCK, 0, &g, &from), 0);
    say(r, 0, s, v6);
    assert_int_equal(heard(r, 1, a), 1);
    assert_int_equal(heard(r, 1, b), 0); /* its own filter decides */
    assert_int_equal(heard(r, 1, c), 1);
    assert_int_equal(inl_close(r->host[1], a), 0); /* a socket that goes has left */
    say(r, 0, s, v6);
    assert_int_equal(heard(r, 1, c), 0);
}

/* RFC 1112 6.1, 7.1: what we send, we hear if we listen; a TTL of 0 goes nowhere else. */
static void looping(struct rig *r, bool v6) {
    inl_sock s = listener(r, 0, v6, 0);
    inl_sock mine = listener(r, 0, v6, 5005);
    inl_sock other = listener(r, 1, v6, 5005);
    int64_t value;

    join(r, 1, other, v6);
    say(r, 0, s, v6);
    assert_int_equal(heard(r, 0, mine), 0);
    assert_int_equal(heard(r, 1, other), 1);
    join(r, 0, mine, v6);
    say(r, 0, s, v6);
    assert_int_equal(heard(r, 0, mine), 1);
    assert_int_equal(heard(r, 1, other), 1);
    assert_int_equal(inl_setsockopt(r->host[0], s, INL_OPT_MULTICAST_LOOP, 0), 0);
    assert_int_equal(inl_getsockopt(r->host[0], s, INL_OPT_MULTICAST_LOOP, &value), 0);
    assert_int_equal(value, 0);
    say(r, 0, s, v6);
    assert_int_equal(heard(r, 0, mine), 0);
    assert_int_equal(heard(r, 1, other), 1);
    assert_int_equal(inl_setsockopt(r->host[0], s, INL_OPT_MULTICAST_LOOP, 1), 0);
    assert_int_equal(inl_setsockopt(r->host[0], s, INL_OPT_MULTICAST_TTL, 0), 0);
    say(r, 0, s, v6);
    assert_int_equal(heard(r, 0, mine), 1);
    assert_int_equal(heard(r, 1, other), 0);
}

/* A datagram that is longer than the MTU comes round whole. */
static void looping_long(struct rig *r, bool v6) {
    const struct inl_sockaddr to = at(group_text(v6), 5005);
    static uint8_t sent[9000], got[9001];
    inl_sock s = listener(r, 0, v6, 5005);

    join(r, 0, s, v6);
    memset(sent, 'x', sizeof(sent));
    assert_int_equal(inl_sendto(r->host[0], s, sent, sizeof(sent), 0, &to), sizeof(sent));
    rig_settle(r);
    assert_int_equal(inl_recv(r->host[0], s, got, sizeof(got), 0), sizeof(sent));
    assert_memory_equal(sent, got, sizeof(sent));
}

static void calls(struct rig *r, bool v6) {
    const struct inl_addr g = group_addr(v6);
    inl_sock s = listener(r, 0, v6, 5005);
    inl_sock tcp = inl_socket(r->host[0], INL_AF_INET, INL_SOCK_STREAM);
    inl_sock four = listener(r, 0, false, 5006);
    struct inl_group_info infos[8];
    struct inl_addr sources[1];
    bool exclude = false;
    bool found = false;
    size_t n;

    assert_int_equal(inl_group(r->host[0], tcp, INL_GROUP_JOIN, 0, &g, NULL), -EOPNOTSUPP);
    assert_int_equal(inl_group(r->host[0], -1, INL_GROUP_JOIN, 0, &g, NULL), -EBADF);
    if (v6) {
        assert_int_equal(inl_group(r->host[0], four, INL_GROUP_JOIN, 0, &g, NULL), -EINVAL);
    }
    assert_int_equal(inl_group_get_filter(r->host[0], s, 0, &g, &exclude, sources, 1),
                     -EADDRNOTAVAIL);
    assert_int_equal(inl_group_set_filter(r->host[0], s, 0, &g, true, NULL, 0), 0);
    assert_int_equal(inl_group_get_filter(r->host[0], s, 0, &g, &exclude, sources, 1), 0);
    assert_true(exclude);
    n = inl_group_snapshot(r->host[0], infos, 8);
    for (size_t i = 0; i < n && i < 8; i++) {
        if (is_addr(&(struct inl_sockaddr){.addr = infos[i].group}, group_text(v6))) {
            assert_int_equal(infos[i].sockets, 1);
            assert_true(infos[i].exclude);
            assert_int_equal(infos[i].version, v6 ? 2 : 3);
            found = true;
        }
    }
    assert_true(found);
    assert_int_equal(inl_setsockopt(r->host[0], s, INL_OPT_MULTICAST_LINK, 9), -ENODEV);
    assert_int_equal(inl_setsockopt(r->host[0], s, INL_OPT_MULTICAST_LINK, 1), 0);
    say(r, 0, s, v6);
    assert_int_equal(heard(r, 0, s), 1);
}

#define BOTH(name)                                                                                 \
    static void test_##name(void **state) {                                                        \
        (void)state;                                                                               \
        both(name);                                                                                \
    }

BOTH(delivery)
BOTH(looping)
BOTH(looping_long)
BOTH(calls)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivery),
        cmocka_unit_test(test_looping),
        cmocka_unit_test(test_looping_long),
        cmocka_unit_test(test_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
