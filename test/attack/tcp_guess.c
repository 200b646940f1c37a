/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_guess.c - what an attacker can predict (sequence numbers, ports), and how many replies he can
 * make a host send
 */
#include "lab.h"

#define CHALLENGES 10 /* a second and connection, at most */

/* ---- SEC-35, SEC-36: what can be predicted ---- */

/* Chi-square over 256 classes: 255 expected, standard deviation 22.6; false once in 10^6. */
static void assert_uniform(const uint32_t count[256], uint32_t all) {
    double expected = all / 256.0, chi = 0;

    for (int i = 0; i < 256; i++) {
        chi += (count[i] - expected) * (count[i] - expected) / expected;
    }
    if (chi > 375 || chi < 150) {
        fail_msg("chi-square is %f", chi);
    }
}

static void sec35_isn(void **state) {
    struct lab *lab = lab_new();
    struct inl_sockaddr local = at(VICTIM4, 80), remote = at(EVIL4, 1);
    uint32_t high[256] = {0}, low[256] = {0}, last = 0;
    struct inl_config other = lab->config;
    struct lab *lab2;

    (void)state;
    for (uint32_t i = 0; i < 1000000; i++) { /* neighbouring tuples at one time */
        uint32_t isn;

        remote.port = (uint16_t)i;
        remote.addr.b[13] = (uint8_t)(i >> 16);
        isn = tcp_isn(lab->victim->tcp, &local, &remote).v;
        high[(isn - last) >> 24]++;
        low[(isn - last) & 255]++;
        last = isn;
    }
    assert_uniform(high, 1000000);
    assert_uniform(low, 1000000);
    /* one tuple: a clock of 4 us (RFC 9293 3.4.1), no jumps */
    last = tcp_isn(lab->victim->tcp, &local, &remote).v;
    for (int i = 0; i < 1000; i++) {
        uint32_t isn;

        lab_pass(lab, 4 * INL_MS);
        inl_advance(lab->victim, lab->now);
        isn = tcp_isn(lab->victim->tcp, &local, &remote).v;
        assert_int_equal(isn - last, 1000);
        last = isn;
    }
    other.seed[0] ^= 1;
    lab2 = lab_new_with(INL_LINK_IP, &other);
    inl_advance(lab2->victim, lab->now);
    assert_int_not_equal(tcp_isn(lab2->victim->tcp, &local, &remote).v, last);
    lab_drop(lab2);
    lab_free(lab);
}

/* The port towards one destination says nothing about that towards another (RFC 6056 3.3.4). */
static void sec36_ports(void **state) {
    struct lab *lab = lab_new();
    uint32_t where[256] = {0}, step[256] = {0};
    uint16_t last = 0;

    (void)state;
    for (uint32_t i = 0; i < 25600; i++) {
        const struct inl_sockaddr to = {.addr = inl_addr_from4(0x0b000001u + i), .port = 80};
        inl_sock s = inl_socket(lab->victim, INL_AF_INET, INL_SOCK_STREAM);
        struct inl_sockaddr me;

        assert_int_equal(inl_connect(lab->victim, s, &to), -EINPROGRESS);
        assert_int_equal(inl_getsockname(lab->victim, s, &me), 0);
        assert_in_range(me.port, 49152, 65535);
        where[(me.port - 49152) >> 6]++;
        step[((uint16_t)(me.port - last) & 0x3fff) >> 6]++;
        last = me.port;
        inl_close(lab->victim, s);
    }
    assert_uniform(where, 25600);
    assert_uniform(step, 25600);
    lab_free(lab);
}

/* ---- SEC-40, SEC-66: replies ---- */

/* At most one reply, no longer than what it answers, and not more than 1,000 in a second. */
static void sec40_flood_of_closed_ports(void **state) {
    static const uint16_t flags[] = {TCP_SYN, TCP_ACK, TCP_SYN | TCP_ACK, TCP_FIN,
                                     0,       TCP_RST, TCP_RST | TCP_ACK};

    (void)state;
    for (int spread = 0; spread < 2; spread++) { /* one source; many */
        struct lab *lab = lab_new();
        size_t used = lab->victim->env.mem.used_bytes;

        for (uint32_t i = 0; i < 100000; i++) {
            char src[32] = EVIL4;
            struct seg s = {.src = src, .dport = CLOSED_PORT, .seq = i * 7919, .ack = i};
            size_t before = lab->n, bytes = lab->sent_bytes;

            if (spread) {
                const struct inl_addr a = inl_addr_from4(0x0a000100u + i % 50000);

                inl_addr_format(&a, src, sizeof(src));
            }
            s.flags = flags[i % COUNT_OF(flags)];
            s.sport = (uint16_t)(i + 1);
            if (s.sport == 0) {
                continue;
            }
            lab_seg(lab, &s);
            assert_in_range(lab->n - before, 0, s.flags & TCP_RST ? 0 : 1);
            assert_in_range(lab->sent_bytes - bytes, 0, 40);
            if (i % 100 == 99) {
                lab_pass(lab, INL_MS);
            }
        }
        assert_in_range(lab->n, 10, 1000); /* in one second */
        assert_int_equal(lab->victim->env.mem.used_bytes, used);
        lab_free(lab);
    }
}

/* On a connection: challenge ACKs are limited, and answers to old data are no larger. */
static void sec40_flood_of_a_connection(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    peer_open(&p, lab);
    for (int i = 0; i < 10000; i++) {
        peer_raw(&p, TCP_RST, 1 + i % 50000, 0, NULL, 0);
        peer_raw(&p, TCP_ACK, -1, 0, NULL, 0);
        peer_raw(&p, TCP_ACK, 100000 + i, 0, "x", 1);
        peer_raw(&p, TCP_ACK, 0, 1000 + i, NULL, 0);
        peer_raw(&p, TCP_ACK, -40000 - i, 0, NULL, 0);
        peer_raw(&p, TCP_SYN, i, 0, NULL, 0);
    }
    assert_in_range(lab->n, 1, CHALLENGES);
    assert_int_equal(peer_state(&p), INL_TCP_ESTABLISHED);
    lab_free(lab);
}

static void sec66_reflection(void **state) {
    static const uint8_t data[1400];
    struct lab *lab = lab_new();
    struct seg s = {.flags = TCP_PSH | TCP_ACK, .seq = 1, .ack = 1, .data = data, .len = 1400};

    (void)state;
    for (int i = 0; i < 3; i++) {
        s.dport = i == 0 ? CLOSED_PORT : OPEN_PORT;
        s.flags = i == 2 ? TCP_PSH : TCP_PSH | TCP_ACK;
        lab_mark(lab);
        lab_seg(lab, &s);
        lab_pass(lab, 10 * INL_S);
        assert_int_equal(lab->n, i == 2 ? 0 : 1);
        if (lab->n > 0) {
            assert_int_equal(lab_last(lab)->tcp.flags, TCP_RST);
            assert_int_equal(lab_last(lab)->len, 40);
        }
    }
    lab_free(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec35_isn),
        cmocka_unit_test(sec36_ports),
        cmocka_unit_test(sec40_flood_of_closed_ports),
        cmocka_unit_test(sec40_flood_of_a_connection),
        cmocka_unit_test(sec66_reflection),
    };

    return cmocka_run_group_tests_name("attack: TCP guessing", tests, NULL, NULL);
}
