/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_tables.c - the tables of connections: what a capture that was made to be slow costs, in steps
 */
#include "base/siphash.h"
#include "tools/decode/decode.h"
#include "tools/flows/flows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FLOWS 400u

static const uint8_t known[16] = {1}, secret[16] = {2};

/* Ethernet, IPv4 10.x.y.z > 192.0.2.1, TCP from @port to 80. */
static void make(uint8_t frame[54], uint32_t host, uint16_t port, uint8_t flags, uint32_t seq) {
    static const uint8_t head[54] = {
        2, 0, 0,  0, 0, 2, 2,  0,          0, 0, 0, 1, 8, 0, 0x45, 0,           0, 40,  0,  0,
        0, 0, 64, 6, 0, 0, 10, [30] = 192, 0, 2, 1, 0, 0, 0, 80,   [46] = 0x50, 0, 255, 255};

    memcpy(frame, head, 54);
    frame[27] = (uint8_t)(host >> 16);
    frame[28] = (uint8_t)(host >> 8);
    frame[29] = (uint8_t)host;
    frame[34] = (uint8_t)(port >> 8);
    frame[35] = (uint8_t)port;
    for (unsigned i = 0; i < 4; i++) {
        frame[38 + i] = (uint8_t)(seq >> (24 - 8 * i));
    }
    frame[42] = 1; /* an acknowledgment of something */
    frame[47] = flags;
}

static struct capfile_packet packet_of(const uint8_t frame[54]) {
    return (struct capfile_packet){
        .data = frame, .cap_bytes = 54, .len_bytes = 54, .link = CAPFILE_ETHERNET, .time_ns = 1};
}

static void feed(struct flows *f, uint32_t host, uint16_t port, uint8_t flags, uint32_t seq) {
    static uint64_t number;
    struct packet p;
    uint8_t frame[54];

    make(frame, host, port, flags, seq);
    const struct capfile_packet raw = packet_of(frame);

    packet_parse(&p, &raw);
    flows_packet(f, &p, ++number, NULL, 0);
}

/* Hosts whose flows meet in one of 1,024 buckets under the key `known`. */
static void meet(uint32_t hosts[FLOWS]) {
    for (uint32_t host = 1, n = 0; n < FLOWS; host++) {
        const uint8_t key[37] = {[10] = 255,
                                 255,
                                 10,
                                 (uint8_t)(host >> 16),
                                 (uint8_t)(host >> 8),
                                 (uint8_t)host,
                                 [26] = 255,
                                 255,
                                 192,
                                 0,
                                 2,
                                 1,
                                 0x30,
                                 0x39,
                                 0,
                                 80,
                                 6};

        if (siphash(known, key, sizeof(key)) % 1024 == 7) {
            hosts[n++] = host;
        }
    }
}

static uint64_t steps_of(const uint8_t key[16], const uint32_t hosts[FLOWS]) {
    struct flows_options o = {.max = 1000};
    struct flows f;

    memcpy(o.key, key, 16);
    assert_int_equal(flows_begin(&f, &o), 0);
    for (unsigned i = 0; i < FLOWS; i++) {
        feed(&f, hosts[i], 12345, FLOW_SYN, 1);
    }
    assert_int_equal(f.n, FLOWS);
    uint64_t steps = f.steps;

    flows_done(&f);
    return steps;
}

/* Who knows the key makes a list of the table; who does not, does not. */
static void test_collisions(void **state) {
    (void)state;
    static uint32_t hosts[FLOWS];

    meet(hosts);
    assert_int_equal(steps_of(known, hosts), FLOWS * (FLOWS - 1) / 2);
    assert_in_range(steps_of(secret, hosts), 0, FLOWS);
}

/* Connections between the same ends, one after the other, are one step each, also for their neighbours. */
static void test_replaced(void **state) {
    (void)state;
    static uint32_t hosts[FLOWS];
    struct flows_options o = {.max = 1000};
    struct flows f;

    meet(hosts);
    memcpy(o.key, known, 16);
    assert_int_equal(flows_begin(&f, &o), 0);
    for (uint32_t i = 0; i < 500; i++) {
        feed(&f, hosts[0], 12345, FLOW_SYN, 1000 * i);
        feed(&f, hosts[0], 12345, FLOW_RST, 1000 * i + 1);
    }
    assert_int_equal(f.n, 500);
    uint64_t before = f.steps;

    feed(&f, hosts[1], 12345, FLOW_SYN, 1);
    assert_int_equal(f.steps - before, 1);
    /* also where the table has grown meanwhile: more flows than its first buckets */
    flows_done(&f);
    o.max = 3000;
    assert_int_equal(flows_begin(&f, &o), 0);
    for (uint32_t i = 0; i < 2000; i++) {
        feed(&f, hosts[0], 12345, FLOW_SYN, 1000 * i);
        feed(&f, hosts[0], 12345, FLOW_RST, 1000 * i + 1);
    }
    before = f.steps;
    feed(&f, hosts[0], 12345, FLOW_ACK, 1000 * 1999 + 1);
    assert_int_equal(f.steps - before, 1);
    flows_done(&f);
}

/* What is beyond the limit is counted; what is there stays. */
static void test_limit(void **state) {
    (void)state;
    struct flows_options o = {.max = 3};
    struct flows f;

    assert_int_equal(flows_begin(&f, &o), 0);
    for (uint16_t port = 1; port <= 5; port++) {
        feed(&f, 1, port, FLOW_SYN, 1);
    }
    feed(&f, 1, 1, FLOW_ACK, 2);
    assert_int_equal(f.n, 3);
    assert_int_equal(f.left_out, 2);
    assert_int_equal(f.first->side[0].packets, 2);
    flows_done(&f);
}

/* Is the second segment of the first of @n conversations still told from its beginning? */
static bool is_relative(const uint8_t key[16], const uint32_t *hosts, unsigned n) {
    struct decode *d = calloc(1, sizeof(*d));
    struct decode_options o = {.numeric = true};
    static char text[65536];
    uint8_t frame[54];

    assert_non_null(d);
    memcpy(o.key, key, 16);
    decode_init(d, &o);
    for (unsigned i = 0; i <= n; i++) {
        make(frame, hosts[i % n], 12345, i < n ? FLOW_ACK : FLOW_ACK | FLOW_FIN,
             5000000 + (i == n));
        const struct capfile_packet p = packet_of(frame);

        text[decode_packet(d, &p, text, sizeof(text) - 1)] = '\0';
    }
    free(d);
    return strstr(text, "seq 1,") != NULL;
}

/* A bucket of the decoder's table has four ways, the oldest makes room; which meet is the key's secret. */
static void test_ways(void **state) {
    (void)state;
    const uint32_t buckets = DECODE_FLOWS / DECODE_FLOW_WAYS;
    uint32_t hosts[DECODE_FLOW_WAYS + 1];

    for (uint32_t host = 1, n = 0; n <= DECODE_FLOW_WAYS; host++) {
        const uint8_t ends[36] = {10,
                                  (uint8_t)(host >> 16),
                                  (uint8_t)(host >> 8),
                                  (uint8_t)host,
                                  [16] = 192,
                                  0,
                                  2,
                                  1,
                                  [32] = 0x30,
                                  0x39,
                                  0,
                                  80};
        uint64_t w[4];
        uint32_t ports;

        memcpy(w, ends, 32);
        memcpy(&ports, ends + 32, 4);
        if (siphash_words(known, w, 4, ports) % buckets == 7) {
            hosts[n++] = host;
        }
    }
    assert_true(is_relative(known, hosts, DECODE_FLOW_WAYS));
    assert_false(is_relative(known, hosts, DECODE_FLOW_WAYS + 1));
    assert_true(is_relative(secret, hosts, DECODE_FLOW_WAYS + 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_collisions),
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_ways),
    };

    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
