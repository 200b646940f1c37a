/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_listen.c - attacks on listeners: floods of SYNs, guessed cookies, full queues
 */
#include "lab.h"

static uint8_t P[65536];

static size_t used(const struct lab *lab) {
    return lab->victim->env.mem.used_bytes;
}

/* ---- SEC-38: SYN flood ---- */

static void flood(struct lab *lab, uint32_t i) {
    const struct inl_addr a = inl_addr_from4(0x0b000000u + i);
    char src[40];
    struct seg s = {.src = src, .seq = i * 2654435761u, .flags = TCP_SYN, .win = 1000};

    inl_addr_format(&a, src, sizeof(src));
    lab_queue(lab, P, make_tcp(P, &s));
}

static void sec38_syn_flood(void **state) {
    struct lab *lab = lab_new();
    size_t full = 0;

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        flood(lab, i);
        if (i % 64 != 63) {
            continue;
        }
        lab_settle(lab);
        assert_in_range(lab->victim->tcp->half_open, 1, lab->config.tcp.max_half_open);
        assert_int_equal(lab->victim->tcp->conn_count, 0);
        full = i == 2047 ? used(lab) : full;
        if (i > 2047) {
            assert_int_equal(used(lab), full); /* what more comes costs nothing at all */
        }
    }
    assert_in_range(full - lab->base_used, 1, 256 << 10);
    assert_in_range(lab->n, 1, 40000); /* an answer to each, no more */
    lab_free(lab);
}

/* An honest client in the middle of it connects at once, and data flows. */
static void sec38_client_in_a_flood(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        flood(lab, i);
        if (i % 1000 != 999) {
            continue;
        }
        lab_settle(lab);
        assert_in_range(lab->victim->tcp->half_open, 1000, lab->config.tcp.max_half_open);
        peer_open(&p, lab);
        peer_send(&p, "hello", 5);
        assert_int_equal(inl_recv(lab->victim, p.sock, P, sizeof(P), 0), 5);
        peer_raw(&p, TCP_RST, 0, 0, NULL, 0);
        inl_close(lab->victim, p.sock);
    }
    assert_int_equal(lab->victim->tcp->cookies_good, 19);
    assert_int_equal(lab->victim->tcp->cookies_failed, 0);
    lab_free(lab);
}

/* Without cookies the table holds, and the newest get through. */
static void sec38_no_cookies(void **state) {
    struct inl_config cfg;
    struct lab *lab;
    struct peer p;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.syn_cookies = INL_SYN_COOKIES_NEVER;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    for (uint32_t i = 0; i < 5000; i++) {
        flood(lab, i);
    }
    lab_settle(lab);
    assert_int_equal(lab->victim->tcp->half_open, cfg.tcp.max_half_open);
    peer_open(&p, lab);
    assert_int_equal(lab->victim->tcp->half_open, cfg.tcp.max_half_open - 1);
    peer_raw(&p, TCP_RST, 0, 0, NULL, 0);
    inl_close(lab->victim, p.sock);
    lab_free(lab);
}

/* Guesses at cookies: none of many hits. */
static void sec38_guessed_cookies(void **state) {
    struct inl_config cfg;
    struct lab *lab;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.syn_cookies = INL_SYN_COOKIES_ALWAYS;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    flood(lab, 1);
    for (uint32_t i = 0; i < 100000; i++) {
        struct seg s = {.seq = 1000, .ack = i * 2654435761u, .flags = TCP_ACK, .win = 1000};

        lab_queue(lab, P, make_tcp(P, &s));
    }
    lab_settle(lab);
    assert_int_equal(lab->victim->tcp->conn_count, 0);
    assert_int_equal(lab->victim->tcp->cookies_failed, 100000);
    lab_free(lab);
}

/* What a half-open connection costs, all included. */
static void sec38_bytes_each(void **state) {
    enum { MANY = 16384 };
    struct inl_config cfg;
    struct lab *lab;
    size_t before;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.max_half_open = 20000;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    before = used(lab);
    for (uint32_t i = 0; i < MANY; i++) {
        flood(lab, i);
        if (i % 256 == 0) {
            lab_settle(lab);
        }
    }
    lab_settle(lab);
    assert_int_equal(lab->victim->tcp->half_open, MANY);
    print_message("%zu bytes a half-open connection\n", (used(lab) - before) / MANY);
    assert_in_range((used(lab) - before) / MANY, 1, 192);
    lab_free(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec38_syn_flood),  cmocka_unit_test(sec38_client_in_a_flood),
        cmocka_unit_test(sec38_no_cookies), cmocka_unit_test(sec38_guessed_cookies),
        cmocka_unit_test(sec38_bytes_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
