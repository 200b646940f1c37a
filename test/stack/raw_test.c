/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raw_test.c - raw and ping sockets through the public API (RFC 1122 3.4, RFC 3542 3)
 */
#include "rig.h"

#include <string.h>

static const struct inl_sockaddr nobody;

/* An echo request, of which identifier and checksum are the socket's business. */
static void echo(uint8_t b[16], bool v6, uint8_t seq) {
    memset(b, 0, 16);
    b[0] = v6 ? 128 : 8;
    b[7] = seq;
    memcpy(b + 8, "payload", 8);
}

static uint16_t port_of(struct rig *r, inl_sock s) {
    struct inl_sockaddr name;

    assert_int_equal(inl_getsockname(r->host[0], s, &name), 0);
    return name.port;
}

static void ping_to(const char *addr, bool v6) {
    enum inl_family family = v6 ? INL_AF_INET6 : INL_AF_INET;
    const struct inl_sockaddr to = at(addr, 0);
    struct rig r;
    uint8_t b[16], got[64];
    struct inl_msg msg = {.buf = got, .len_bytes = sizeof(got)};
    int64_t value;

    rig_init(&r);
    inl_sock s = inl_socket(r.host[0], family, INL_SOCK_PING);
    inl_sock other = inl_socket(r.host[0], family, INL_SOCK_PING);

    echo(b, v6, 1);
    assert_int_equal(inl_sendto(r.host[0], s, b, 16, 0, &to), 16);
    echo(b, v6, 2);
    assert_int_equal(inl_sendto(r.host[0], other, b, 16, 0, &to), 16);
    assert_int_not_equal(port_of(&r, s), port_of(&r, other));
    rig_settle(&r);
    assert_int_equal(rig_events(&r, 0, s) & INL_EV_READABLE, INL_EV_READABLE);
    assert_int_equal(inl_recvmsg(r.host[0], s, &msg, 0), 16);
    assert_int_equal(got[0], v6 ? 129 : 0);
    assert_int_equal(got[4] << 8 | got[5], port_of(&r, s));
    assert_int_equal(got[7], 1);
    assert_memory_equal(got + 8, "payload", 8);
    assert_int_equal(msg.ttl, 64);
    assert_true(is_addr(&msg.peer, addr));
    assert_int_equal(inl_recvmsg(r.host[0], s, &msg, 0), -EAGAIN); /* not the other one's */
    assert_int_equal(inl_recv(r.host[0], other, got, sizeof(got), 0), 16);
    assert_int_equal(got[7], 2);
    /* requests only, and whole ones */
    b[0] = v6 ? 129 : 0;
    assert_int_equal(inl_sendto(r.host[0], s, b, 16, 0, &to), -EINVAL);
    echo(b, v6, 3);
    assert_int_equal(inl_sendto(r.host[0], s, b, 7, 0, &to), -EINVAL);
    assert_int_equal(inl_getsockopt(r.host[0], s, INL_OPT_PROTOCOL, &value), 0);
    assert_int_equal(value, v6 ? 58 : 1);
    assert_int_equal(inl_setsockopt(r.host[0], s, INL_OPT_HDRINCL, 1), -ENOPROTOOPT);
    rig_done(&r);
}

static void test_ping(void **state) {
    (void)state;
    ping_to("10.0.0.2", false);
    ping_to("fd00::2", true);
}

/* An identifier is taken as a port is. */
static void test_ping_bind(void **state) {
    const struct inl_sockaddr want = at("0.0.0.0", 77);
    struct rig r;

    (void)state;
    rig_init(&r);
    inl_sock a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_PING);
    inl_sock b = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_PING);

    assert_int_equal(inl_bind(r.host[0], a, &want), 0);
    assert_int_equal(port_of(&r, a), 77);
    assert_int_equal(inl_bind(r.host[0], b, &want), -EADDRINUSE);
    rig_done(&r);
}

/* A raw socket sees what ICMP answers, whole; the filter keeps types away. */
static void test_copies(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 0);
    uint32_t blocked[8] = {1u << 8};
    struct rig r;
    uint8_t b[16], got[64];

    (void)state;
    rig_init(&r);
    inl_sock s = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_PING);
    inl_sock raw = inl_socket_raw(r.host[1], INL_AF_INET, 1);
    inl_sock other = inl_socket_raw(r.host[1], INL_AF_INET, 17);
    inl_sock six = inl_socket_raw(r.host[1], INL_AF_INET6, 1);

    echo(b, false, 1);
    assert_int_equal(inl_sendto(r.host[0], s, b, 16, 0, &to), 16);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[1], raw, got, sizeof(got), 0), 36);
    assert_int_equal(got[0], 0x45);
    assert_int_equal(got[20], 8);
    assert_int_equal(inl_recv(r.host[1], raw, got, sizeof(got), 0), -EAGAIN);
    assert_int_equal(inl_recv(r.host[1], other, got, sizeof(got), 0), -EAGAIN);
    assert_int_equal(inl_recv(r.host[1], six, got, sizeof(got), 0), -EAGAIN);
    assert_int_equal(inl_recv(r.host[0], s, got, sizeof(got), 0), 16); /* was answered, too */
    assert_int_equal(inl_icmp_filter(r.host[1], raw, blocked), 0);
    assert_int_equal(inl_icmp_filter(r.host[0], s, blocked), -EOPNOTSUPP);
    assert_int_equal(inl_sendto(r.host[0], s, b, 16, 0, &to), 16);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[1], raw, got, sizeof(got), 0), -EAGAIN);
    /* when the last one has gone, nobody looks any more */
    assert_int_equal(inl_close(r.host[1], raw), 0);
    assert_int_equal(inl_sendto(r.host[0], s, b, 16, 0, &to), 16);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[0], s, got, sizeof(got), 0), 16);
    rig_done(&r);
}

/* A protocol of one's own: refused while nobody wants it, and received when somebody does. */
static void own_protocol(const char *addr, bool v6) {
    enum inl_family family = v6 ? INL_AF_INET6 : INL_AF_INET;
    const struct inl_sockaddr to = at(addr, 0);
    size_t hdr = v6 ? 0 : 20;
    struct rig r;
    uint8_t got[64];

    rig_init(&r);
    inl_sock a = inl_socket_raw(r.host[0], family, 253);

    assert_int_equal(inl_send(r.host[0], a, "hello", 5, 0), -EDESTADDRREQ);
    assert_int_equal(inl_connect(r.host[0], a, &to), 0);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_TTL, 9), 0);
    assert_int_equal(inl_send(r.host[0], a, "hello", 5, 0), 5);
    rig_settle(&r);
    assert_int_equal(inl_send(r.host[0], a, "again", 5, 0), 5); /* whatever the first one met */
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[0], a, got, sizeof(got), 0), -ENOPROTOOPT);

    inl_sock b = inl_socket_raw(r.host[1], family, 253);
    struct inl_msg msg = {.buf = got, .len_bytes = sizeof(got)};

    assert_int_equal(inl_send(r.host[0], a, "hello", 5, 0), 5);
    rig_settle(&r);
    assert_int_equal(inl_recvmsg(r.host[1], b, &msg, 0), hdr + 5);
    assert_memory_equal(got + hdr, "hello", 5);
    assert_int_equal(msg.ttl, 9);
    assert_int_equal(inl_recv(r.host[0], a, got, sizeof(got), 0), -EAGAIN); /* nothing wrong */
    assert_int_equal(inl_connect(r.host[0], a, &nobody), 0);
    assert_int_equal(inl_send(r.host[0], a, "hello", 5, 0), -EDESTADDRREQ);
    rig_done(&r);
}

static void test_own_protocol(void **state) {
    (void)state;
    own_protocol("10.0.0.2", false);
    own_protocol("fd00::2", true);
}

static void test_header(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 0);
    struct rig r;
    uint8_t p[24] = {0x45, 0x04, 0, 0, 0x12, 0x34, 0, 0, 17,  253, 0,   0,
                     0,    0,    0, 0, 10,   0,    0, 2, 'a', 'b', 'c', 'd'};
    uint8_t got[64];

    (void)state;
    rig_init(&r);
    inl_sock a = inl_socket_raw(r.host[0], INL_AF_INET, 253);
    inl_sock b = inl_socket_raw(r.host[1], INL_AF_INET, 253);
    inl_sock six = inl_socket_raw(r.host[0], INL_AF_INET6, 253);

    assert_int_equal(inl_setsockopt(r.host[0], six, INL_OPT_HDRINCL, 1), -ENOPROTOOPT);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_HDRINCL, 1), 0);
    assert_int_equal(inl_sendto(r.host[0], a, p, sizeof(p), 0, &to), sizeof(p));
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[1], b, got, sizeof(got), 0), sizeof(p));
    assert_int_equal(got[1], 4);
    assert_int_equal(got[3], sizeof(p)); /* ours: length, */
    assert_int_equal(got[4] << 8 | got[5], 0x1234);
    assert_int_equal(got[8], 17);
    assert_int_equal(got[15], 1); /* source, and a checksum, or it had not come */
    p[0] = 0x44;
    assert_int_equal(inl_sendto(r.host[0], a, p, sizeof(p), 0, &to), -EINVAL);
    p[0] = 0x4f;
    assert_int_equal(inl_sendto(r.host[0], a, p, sizeof(p), 0, &to), -EINVAL);
    p[0] = 0x65;
    assert_int_equal(inl_sendto(r.host[0], a, p, sizeof(p), 0, &to), -EINVAL);
    assert_int_equal(inl_sendto(r.host[0], a, p, 12, 0, &to), -EINVAL);
    rig_done(&r);
}

/* RFC 3542 3.1: made and checked where the socket says, and for ICMPv6 always. */
static void test_checksum_offset(void **state) {
    const struct inl_sockaddr to = at("fd00::2", 0);
    struct rig r;
    uint8_t got[64];
    int64_t value;

    (void)state;
    rig_init(&r);
    inl_sock a = inl_socket_raw(r.host[0], INL_AF_INET6, 253);
    inl_sock b = inl_socket_raw(r.host[1], INL_AF_INET6, 253);
    inl_sock icmp = inl_socket_raw(r.host[0], INL_AF_INET6, 58);

    assert_int_equal(inl_setsockopt(r.host[1], b, INL_OPT_CSUM_OFFSET, 2), 0);
    assert_int_equal(inl_sendto(r.host[0], a, "ab\0\0cd", 6, 0, &to), 6);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[1], b, got, sizeof(got), 0), -EAGAIN); /* a wrong one */
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_CSUM_OFFSET, 2), 0);
    assert_int_equal(inl_sendto(r.host[0], a, "ab\0\0cd", 6, 0, &to), 6);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[1], b, got, sizeof(got), 0), 6);
    assert_true(got[2] != 0 || got[3] != 0);
    assert_int_equal(inl_sendto(r.host[0], a, "abc", 3, 0, &to), -EINVAL);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_CSUM_OFFSET, 3), -EINVAL);
    assert_int_equal(inl_getsockopt(r.host[0], icmp, INL_OPT_CSUM_OFFSET, &value), 0);
    assert_int_equal(value, 2);
    assert_int_equal(inl_setsockopt(r.host[0], icmp, INL_OPT_CSUM_OFFSET, -1), -EINVAL);
    rig_done(&r);
}

/* One that is connected hears of its peer only. */
static void test_connected(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 0), us = at("10.0.0.1", 0),
                              other = at("10.0.0.9", 0);
    struct rig r;
    uint8_t b[16], got[64];

    (void)state;
    rig_init(&r);
    inl_sock s = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_PING);
    inl_sock his = inl_socket_raw(r.host[1], INL_AF_INET, 1);
    inl_sock not_his = inl_socket_raw(r.host[1], INL_AF_INET, 1);

    assert_int_equal(inl_connect(r.host[1], his, &us), 0);
    assert_int_equal(inl_connect(r.host[1], not_his, &other), 0);
    echo(b, false, 1);
    assert_int_equal(inl_sendto(r.host[0], s, b, 16, 0, &to), 16);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[1], his, got, sizeof(got), 0), 36);
    assert_int_equal(inl_recv(r.host[1], not_his, got, sizeof(got), 0), -EAGAIN);
    rig_done(&r);
}

/* Nobody fills our memory with copies that no program reads. */
static void test_bounded(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 0);
    struct inl_stats stats;
    uint8_t b[1000] = {8};
    struct rig r;
    int n = 0;

    (void)state;
    rig_init(&r);
    inl_sock s = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_PING);
    inl_sock raw = inl_socket_raw(r.host[1], INL_AF_INET, 1);

    assert_int_equal(inl_setsockopt(r.host[1], raw, INL_OPT_RCVBUF, 5000), 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(inl_sendto(r.host[0], s, b, sizeof(b), 0, &to), sizeof(b));
        rig_settle(&r);
    }
    while (inl_recv(r.host[1], raw, b, sizeof(b), 0) > 0) {
        n++;
    }
    assert_in_range(n, 2, 4);
    inl_stats_get(r.host[1], &stats);
    assert_int_equal(stats.drop[INL_DROP_SOCKET_FULL], 20 - n);
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ping),      cmocka_unit_test(test_ping_bind),
        cmocka_unit_test(test_copies),    cmocka_unit_test(test_own_protocol),
        cmocka_unit_test(test_header),    cmocka_unit_test(test_checksum_offset),
        cmocka_unit_test(test_connected), cmocka_unit_test(test_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
