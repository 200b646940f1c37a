/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_proto.c - messages of the control socket: good ones arrive, bad ones are refused, and a lab
 * survives whatever a client sends
 */
#include "host/lab.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static uint8_t payload[PROTO_PAYLOAD_MAX];

static struct proto_msg good(void) {
    struct proto_msg msg;

    proto_init(&msg, PROTO_HELLO);
    return msg;
}

static void test_check(void **state) {
    struct proto_msg msg = good();

    (void)state;
    assert_int_equal(proto_check(&msg, sizeof(msg)), 0);
    for (size_t len = 0; len < sizeof(msg); len++) {
        assert_int_equal(proto_check(&msg, len), -EPROTO);
    }
    assert_int_equal(proto_check(&msg, sizeof(msg) + 1), -EPROTO);
    msg.payload_len = 1;
    assert_int_equal(proto_check(&msg, sizeof(msg) + 1), 0);
    assert_int_equal(proto_check(&msg, sizeof(msg)), -EPROTO);
    msg.payload_len = UINT32_MAX;
    assert_int_equal(proto_check(&msg, sizeof(msg) + UINT32_MAX), -EPROTO);
    msg = good();
    msg.magic++;
    assert_int_equal(proto_check(&msg, sizeof(msg)), -EPROTO);
    msg = good();
    msg.version++;
    assert_int_equal(proto_check(&msg, sizeof(msg)), -EPROTO);
    msg = good();
    msg.op = 0;
    assert_int_equal(proto_check(&msg, sizeof(msg)), -EPROTO);
    msg.op = PROTO_OP_MAX;
    assert_int_equal(proto_check(&msg, sizeof(msg)), -EPROTO);
    msg = good();
    msg.is_reply = 2;
    assert_int_equal(proto_check(&msg, sizeof(msg)), -EPROTO);
    msg = good();
    memset(msg.text, 'x', sizeof(msg.text));
    assert_int_equal(proto_check(&msg, sizeof(msg)), -EPROTO);
    for (int family = 1; family < 256; family++) {
        msg = good();
        msg.addr[1].family = (uint8_t)family;
        /* 4 is refused because the address is not ::ffff:a.b.c.d */
        assert_int_equal(proto_check(&msg, sizeof(msg)), family == INL_AF_INET6 ? 0 : -EPROTO);
    }
}

static void test_transfer(void **state) {
    struct proto_msg msg = good(), got;
    int pair[2], fd = -1;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(proto_recv(pair[1], &got, payload, &fd), -EAGAIN);
    msg.id = 5;
    assert_int_equal(proto_send(pair[0], &msg, "hello", 5, pair[0]), 0);
    assert_int_equal(proto_recv(pair[1], &got, payload, &fd), 1);
    assert_true(got.id == 5 && got.payload_len == 5 && memcmp(payload, "hello", 5) == 0);
    assert_true(fd >= 0);
    close(fd);
    fd = -1;
    assert_int_equal(proto_send(pair[0], &msg, payload, PROTO_PAYLOAD_MAX + 1, -1), -EMSGSIZE);
    assert_int_equal(send(pair[0], "junk", 4, 0), 4);
    assert_int_equal(proto_recv(pair[1], &got, payload, &fd), -EPROTO);
    close(pair[0]);
    assert_int_equal(proto_recv(pair[1], &got, payload, &fd), 0);
    assert_int_equal(fd, -1);
    close(pair[1]);
}

static void test_addresses(void **state) {
    struct sockaddr_storage out;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(81)};
    struct proto_addr a;

    (void)state;
    in.sin_addr.s_addr = htonl(0x0a000001);
    for (size_t len = 0; len < sizeof(in); len++) {
        assert_int_equal(proto_addr_from_kernel(&in, len, &a), -EINVAL);
    }
    assert_int_equal(proto_addr_from_kernel(&in, sizeof(in), &a), 0);
    assert_true(a.family == INL_AF_INET && a.port == 80);
    assert_int_equal(proto_addr_to_kernel(&a, INL_AF_INET, &out), sizeof(in));
    assert_memory_equal(&out, &in, sizeof(in));
    assert_int_equal(proto_addr_to_kernel(&a, INL_AF_INET6, &out), sizeof(in6));
    memcpy(&in6, &out, sizeof(in6));
    assert_true(IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr));
    for (size_t len = 2; len < 24; len++) {
        assert_int_equal(proto_addr_from_kernel(&in6, len, &a), -EINVAL);
    }
    assert_int_equal(proto_addr_from_kernel(&in6, 24, &a), 0);
    in.sin_family = AF_UNIX;
    assert_int_equal(proto_addr_from_kernel(&in, sizeof(in), &a), -EAFNOSUPPORT);
    in.sin_family = AF_UNSPEC;
    assert_int_equal(proto_addr_from_kernel(&in, 2, &a), 0);
    assert_int_equal(a.family, 0);
}

/* ---- a lab and a hostile client ---- */

static struct labfile *one_host(void) {
    struct labfile *file;
    struct inl_addr addr = inl_addr_from4(0x0a000001);

    assert_int_equal(labfile_new("test", &file), 0);
    assert_int_equal(labfile_host_add(file, "h"), 0);
    assert_int_equal(labfile_link_add(file, "l"), 0);
    assert_int_equal(labfile_port_add(file, 0, 0), 0);
    assert_int_equal(labfile_addr_add(file, 0, 0, &addr, 24), 0);
    file->has_seed = true;
    return file;
}

/* Runs the loop until nothing waits. */
static void settle(struct lab *lab) {
    for (int i = 0; i < 8; i++) {
        assert_int_equal(loop_round(&lab->loop, loop_now()), 0);
        inl_world_advance(lab->world, loop_now());
    }
}

static int connect_to(struct lab *lab) {
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(control_add(lab, pair[1]), 0);
    return pair[0];
}

/* Random messages that pass the gate, with and without sockets; the seed is fixed. */
static void test_hostile_client(void **state) {
    struct labfile *file = one_host();
    struct lab *lab;
    uint32_t x = 12345;

    (void)state;
    assert_int_equal(lab_new(file, NULL, &lab), 0);
    int fd = connect_to(lab);
    int kept[64], n = 0;

    for (int round = 0; round < 4000; round++) {
        struct proto_msg msg;
        uint8_t *raw = (uint8_t *)&msg;
        int pair[2] = {-1, -1};

        for (size_t i = 0; i < sizeof(msg); i++) {
            x = x * 1664525 + 1013904223;
            raw[i] = (uint8_t)(x >> 24) & (i % 4 == 0 ? 0x07 : 0);
        }
        proto_init(&msg, (enum proto_op)(1 + (x >> 16) % (PROTO_OP_MAX - 1)));
        x = x * 1664525 + 1013904223;
        msg.id = x >> 8 & 3;
        msg.cookie = x >> 12 & 7;
        msg.arg[0] = (x >> 16 & 7) == 7 ? INT64_MIN : (int64_t)(x >> 16 & 15);
        msg.arg[1] = (x >> 20 & 7) == 7 ? INT64_MAX : (int64_t)(x >> 20 & 3);
        msg.addr[0].family = (x >> 24 & 1) ? INL_AF_INET6 : 0;
        msg.addr[0].addr[15] = (uint8_t)(x >> 25 & 1);
        msg.addr[0].port = (uint16_t)(x >> 26);
        if (msg.op == PROTO_DOWN) {
            continue;
        }
        if (msg.op == PROTO_SOCKET && n < 64) {
            assert_int_equal(
                socketpair(AF_UNIX, msg.arg[1] == INL_SOCK_STREAM ? SOCK_STREAM : SOCK_SEQPACKET, 0,
                           pair),
                0);
            kept[n++] = pair[0];
            send(pair[0], "s", 1, MSG_DONTWAIT);
            if (n == 64) {
                while (n > 32) {
                    close(kept[--n]);
                }
            }
        }
        if (proto_send(fd, &msg, payload, x >> 28, pair[1]) == 0) {
            settle(lab);
        }
        if (pair[1] >= 0) {
            close(pair[1]);
        }
        struct proto_msg answer;
        int came = -1, got;

        while ((got = proto_recv(fd, &answer, payload, &came)) > 0) {
        }
        if (got == 0) { /* dropped for a message that it must not send: come again */
            close(fd);
            fd = connect_to(lab);
        }
    }
    while (n > 0) {
        close(kept[--n]);
    }
    close(fd);
    settle(lab);
    lab_free(lab);
    labfile_free(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_transfer),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_hostile_client),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
