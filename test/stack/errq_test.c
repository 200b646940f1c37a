/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * errq_test.c - queues of errors of sockets without a peer: only what is about packets that really
 * left, and only of the socket that sent them (RFC 1122 4.1.3.3, RFC 5927 4.1 and 7)
 */
#include "rig.h"

enum kind {
    KIND_UDP,
    KIND_RAW,  /* a protocol of which the other host knows nothing */
    KIND_MADE, /* with an IPv4 header of the program's */
};

#define PROTO 99
#define PROOF_BYTES 8 /* of the transport header */

/* Two sockets that nothing but what they send tells apart. */
static void open_two(struct rig *r, enum kind kind, bool v6, inl_sock s[2]) {
    enum inl_family family = v6 ? INL_AF_INET6 : INL_AF_INET;
    const struct inl_sockaddr any = at(v6 ? "::" : "0.0.0.0", 5000);

    for (int i = 0; i < 2; i++) {
        s[i] = kind == KIND_UDP ? inl_socket(r->host[0], family, INL_SOCK_DGRAM)
                                : inl_socket_raw(r->host[0], family, PROTO);
        assert_true(s[i] >= 0);
        assert_int_equal(inl_setsockopt(r->host[0], s[i], INL_OPT_RECVERR, 1), 0);
        if (kind == KIND_UDP) {
            assert_int_equal(inl_setsockopt(r->host[0], s[i], INL_OPT_REUSEPORT, 1), 0);
            assert_int_equal(inl_bind(r->host[0], s[i], &any), 0);
        } else if (kind == KIND_MADE) {
            assert_int_equal(inl_setsockopt(r->host[0], s[i], INL_OPT_HDRINCL, 1), 0);
        }
    }
}

/* Sends something that the other host refuses. */
static void send_one(struct rig *r, enum kind kind, bool v6, inl_sock s, char x) {
    const struct inl_sockaddr to = at(v6 ? "fd00::2" : "10.0.0.2", kind == KIND_UDP ? 9 : 0);
    uint8_t b[40] = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, PROTO, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};
    size_t len = kind == KIND_MADE ? 40 : 20;

    memset(b + 20, x, 20);
    assert_int_equal(inl_sendto(r->host[0], s, kind == KIND_MADE ? b : b + 20, len, 0, &to), len);
    rig_settle(r);
}

static int errors(struct rig *r, inl_sock s) {
    uint8_t b[64];
    struct inl_msg msg = {.buf = b, .len_bytes = sizeof(b)};
    int n = 0;

    while (inl_recvmsg(r->host[0], s, &msg, INL_MSG_ERRQUEUE) >= 0) {
        n++;
    }
    inl_getsockopt(r->host[0], s, INL_OPT_ERROR, &(int64_t){0});
    return n;
}

/* The other host sends an ICMP message of our own making. */
static void forge(struct rig *r, bool v6, inl_sock liar, uint8_t *b, size_t len) {
    const struct inl_sockaddr to = at(v6 ? "fd00::1" : "10.0.0.1", 0);
    uint32_t sum = 0;

    b[2] = b[3] = 0;
    for (size_t i = 0; i < len; i += 2) {
        sum += (uint32_t)(b[i] << 8 | (i + 1 < len ? b[i + 1] : 0));
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    b[2] = (uint8_t)(sum >> 8); /* of IPv6 the socket makes it */
    b[3] = (uint8_t)sum;
    assert_int_equal(inl_sendto(r->host[1], liar, b, len, 0, &to), len);
    rig_settle(r);
    rig_pass(r, INL_S); /* whatever limits errors has forgotten it */
}

static void only_ours(enum kind kind, bool v6) {
    enum inl_family family = v6 ? INL_AF_INET6 : INL_AF_INET;
    uint8_t proto = v6 ? 58 : 1;
    size_t quote = 8 + (v6 ? 40 : 20), skip = v6 ? 0 : 20;
    uint8_t got[256];
    inl_sock s[2];
    struct rig r;

    rig_init(&r);
    open_two(&r, kind, v6, s);
    inl_sock sees = inl_socket_raw(r.host[0], family, proto);
    inl_sock liar = inl_socket_raw(r.host[1], family, proto);

    for (int i = 0; i < 2; i++) {
        send_one(&r, kind, v6, s[i], (char)('x' + i));
        assert_int_equal(errors(&r, s[i]), 1);
        assert_int_equal(errors(&r, s[!i]), 0);
        rig_pass(&r, INL_S);
    }
    /* neighbour discovery is among what it sees */
    int64_t n;

    do {
        n = inl_recv(r.host[0], sees, got, sizeof(got), 0);
        assert_true(n > 0);
    } while (got[skip] != (v6 ? (kind == KIND_UDP ? 1 : 4) : 3));
    uint8_t *error = got + skip;
    size_t len = (size_t)n - skip;

    forge(&r, v6, liar, error, len);
    assert_int_equal(errors(&r, s[0]) + errors(&r, s[1]), 1); /* as it was, it is believed */
    for (size_t i = quote; i < quote + PROOF_BYTES; i++) {
        error[i] ^= 0x10;
        forge(&r, v6, liar, error, len);
        assert_int_equal(errors(&r, s[0]) + errors(&r, s[1]), 0);
        error[i] ^= 0x10;
    }
    error[quote - 1] ^= 4; /* another destination */
    forge(&r, v6, liar, error, len);
    assert_int_equal(errors(&r, s[0]) + errors(&r, s[1]), 0);
    error[quote - 1] ^= 4;
    forge(&r, v6, liar, error, len);
    assert_int_equal(errors(&r, s[0]) + errors(&r, s[1]), 1);
    rig_done(&r);
}

static void test_udp(void **state) {
    (void)state;
    only_ours(KIND_UDP, false);
    only_ours(KIND_UDP, true);
}

static void test_raw(void **state) {
    (void)state;
    only_ours(KIND_RAW, false);
    only_ours(KIND_RAW, true);
    only_ours(KIND_MADE, false);
}

/* Who has not asked for the queue, or has not sent anything, has nothing in it. */
static void test_silent(void **state) {
    inl_sock s[2];
    struct rig r;

    (void)state;
    rig_init(&r);
    open_two(&r, KIND_UDP, false, s);
    assert_int_equal(inl_setsockopt(r.host[0], s[0], INL_OPT_RECVERR, 0), 0);
    send_one(&r, KIND_UDP, false, s[0], 'x');
    assert_int_equal(errors(&r, s[0]) + errors(&r, s[1]), 0);
    assert_int_equal(inl_poll(r.host[0], s[0]) & INL_EV_ERROR, 0);
    assert_int_equal(inl_poll(r.host[0], s[1]) & INL_EV_ERROR, 0);
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_udp),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_silent),
    };

    return cmocka_run_group_tests_name("errq", tests, NULL, NULL);
}
