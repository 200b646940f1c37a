/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short ways of plain connections (src/tcp/plain.h) against the long ones: what is sent is the
 * same, byte by byte and nanosecond by nanosecond, with losses and without, for IPv4 and IPv6.
 * (tcp_check(), after each step, holds what a plain connection is against its byte.)
 */
#include "base/rng.h"
#include "pair.h"

#define STEPS 400
#define WRITE_MAX 6000

static uint64_t seen;    /* everything that was sent, and when */
static uint64_t packets; /* how many */
static uint64_t short_ways;
static uint64_t stamped; /* how often a finished header lay ready */

static void note(const void *p, size_t len) {
    const uint8_t *b = p;

    for (size_t i = 0; i < len; i++) {
        seen = (seen ^ b[i]) * UINT64_C(0x100000001b3);
    }
}

static bool note_packet(struct pair *p, int from, const struct pkt *pkt) {
    note(&p->now, sizeof(p->now));
    note(&from, sizeof(from));
    note(pkt_data(pkt), pkt->len);
    note(&pkt->owner, sizeof(pkt->owner));
    note(&pkt->cause, sizeof(pkt->cause));
    packets++;
    return false;
}

static void read_all(const struct pair *p, int host, struct tcp_conn *c) {
    uint8_t buf[4096];

    while (tcp_recv(p->host[host].tcp, c, buf, sizeof(buf), 0) > 0) {
    }
}

/* Both write by turns that chance decides, few bytes or many, and read at once. */
static void talk(struct pair *p, struct tcp_conn *const c[2]) {
    static uint8_t bytes[WRITE_MAX];
    struct rng rng;

    rng_init(&rng, (const uint8_t[16]){7});
    for (int i = 0; i < STEPS; i++) {
        int who = (int)rng_below(&rng, 2);
        size_t len =
            rng_below(&rng, 3) > 0 ? 1 + rng_below(&rng, 100) : 1 + rng_below(&rng, WRITE_MAX);

        memset(bytes, i, sizeof(bytes));
        c[who]->opts.nodelay = i % 3 > 0;
        tcp_opts_changed(p->host[who].tcp, c[who], INL_OPT_TCP_NODELAY);
        if (i % 16 == 0) { /* what each header says */
            tcp_conn_opts(c[who])->tos = (uint8_t)(i / 4);
            tcp_conn_opts(c[who])->ttl = (uint8_t)(64 + i / 16);
            tcp_conn_opts(c[who])->owner = (uint64_t)i;
        }
        stamped += p->host[who].tcp->stamp_of == c[who] && p->host[who].tcp->stamp.gen != 0;
        short_ways += c[who]->plain;
        tcp_send(p->host[who].tcp, c[who], bytes, len, 0);
        pair_run_for(p, (inl_dur)rng_below(&rng, 30) * INL_MS);
        read_all(p, 0, c[0]);
        read_all(p, 1, c[1]);
    }
}

static uint64_t run(bool v6, uint32_t loss_ppm, bool long_ways) {
    struct pair *p = pair_new(5, v6);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    seen = UINT64_C(0xcbf29ce484222325);
    packets = 0;
    short_ways = 0;
    stamped = 0;
    p->host[0].tcp->long_ways = long_ways;
    p->host[1].tcp->long_ways = long_ways;
    pair_join(p, l, 80, c);
    p->drop = note_packet;
    p->loss_ppm = loss_ppm;
    talk(p, c);
    p->loss_ppm = 0;
    pair_run_for(p, 10 * INL_S);
    note(&c[0]->rtt, sizeof(c[0]->rtt));
    note(&c[0]->cc.cwnd_bytes, sizeof(c[0]->cc.cwnd_bytes));
    note(&c[1]->cc.cwnd_bytes, sizeof(c[1]->cc.cwnd_bytes));
    pair_free(p);
    return seen;
}

static void hold(bool v6, uint32_t loss_ppm) {
    uint64_t asked = run(v6, loss_ppm, true);
    uint64_t n = packets;

    assert_int_equal(short_ways, 0);
    assert_int_equal(run(v6, loss_ppm, false), asked);
    assert_int_equal(packets, n);
    assert_true(short_ways > STEPS / 2);
    assert_true(stamped > STEPS / 4);
}

static void test_same_packets(void **state) {
    (void)state;
    hold(false, 0);
    hold(true, 0);
}

static void test_same_packets_with_losses(void **state) {
    (void)state;
    hold(false, 10000);
    hold(true, 30000);
}

/* What the byte promises is looked at by tcp_check(). */
static void test_byte_is_checked(void **state) {
    struct pair *p = pair_new(6, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    const char *problem;

    (void)state;
    pair_join(p, l, 80, c);
    pair_run_for(p, INL_S);
    assert_true(c[0]->plain && c[1]->plain);
    c[0]->opts.cork = true;
    problem = tcp_problem(p->host[0].tcp, c[0]);
    assert_non_null(problem);
    assert_non_null(strstr(problem, "plain"));
    tcp_opts_changed(p->host[0].tcp, c[0], INL_OPT_TCP_CORK);
    assert_false(c[0]->plain);
    assert_null(tcp_problem(p->host[0].tcp, c[0]));
    pair_free(p);
}

/* A new connection may lie where the old one did. */
static void test_headers_are_forgotten(void **state) {
    struct pair *p = pair_new(6, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp *tcp = p->host[0].tcp;
    struct tcp_conn *c[2];

    (void)state;
    pair_join(p, l, 80, c);
    for (int i = 0; i < 4; i++) {
        tcp_send(tcp, c[0], "x", 1, 0);
        pair_run_for(p, INL_S);
    }
    assert_ptr_equal(tcp->stamp_of, c[0]);
    tcp_close(tcp, c[0]);
    tcp_close(p->host[1].tcp, c[1]);
    pair_run_for(p, 10 * INL_S);
    assert_null(tcp->stamp_of);
    pair_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_packets),
        cmocka_unit_test(test_same_packets_with_losses),
        cmocka_unit_test(test_byte_is_checked),
        cmocka_unit_test(test_headers_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
