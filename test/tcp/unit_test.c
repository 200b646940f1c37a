/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unit_test.c - the parts of TCP that can be asked alone: states, ISN, RTO, windows, queue
 */
#include "pair.h"

#include <errno.h>
#include <string.h>

/* ---- states ---- */

/* RFC 9293 figure 5, with the ways that a RST, an abort or a timeout adds. */
static void test_state_table(void **state) {
    static const char *const may[INL_TCP_STATES_MAX] = {
        [INL_TCP_CLOSED] = "SR",       [INL_TCP_LISTEN] = "",         [INL_TCP_SYN_SENT] = "REC",
        [INL_TCP_SYN_RECEIVED] = "EC", [INL_TCP_ESTABLISHED] = "1WC", [INL_TCP_FIN_WAIT_1] = "2GTC",
        [INL_TCP_FIN_WAIT_2] = "TC",   [INL_TCP_CLOSE_WAIT] = "AC",   [INL_TCP_CLOSING] = "TC",
        [INL_TCP_LAST_ACK] = "C",      [INL_TCP_TIME_WAIT] = "C",
    };
    static const char letters[] = "CLSRE12WGAT";

    (void)state;
    for (int from = 0; from < INL_TCP_STATES_MAX; from++) {
        for (int to = 0; to < INL_TCP_STATES_MAX; to++) {
            bool want = strchr(may[from], letters[to]) != NULL;

            if (tcp_state_may((enum inl_tcp_state)from, (enum inl_tcp_state)to) != want) {
                fail_msg("%s -> %s", inl_tcp_state_name((enum inl_tcp_state)from),
                         inl_tcp_state_name((enum inl_tcp_state)to));
            }
        }
    }
    assert_false(tcp_state_may(INL_TCP_STATES_MAX, INL_TCP_CLOSED));
    assert_false(tcp_state_may(INL_TCP_CLOSED, INL_TCP_STATES_MAX));
}

/* ---- initial sequence numbers ---- */

static void test_isn(void **state) {
    struct pair *p = pair_new(30, false);
    struct pair *q = pair_new(31, false);
    struct inl_sockaddr local = {.addr = p->host[0].addr, .port = 1000};
    struct inl_sockaddr remote = {.addr = p->host[1].addr, .port = 80};
    seq_t first = tcp_isn(p->host[0].tcp, &local, &remote);
    unsigned near = 0;

    (void)state;
    /* another secret, another number */
    assert_int_not_equal(first.v, tcp_isn(q->host[0].tcp, &local, &remote).v);
    /* 4 us a tick */
    p->host[0].env.now = inl_time_add(p->host[0].env.now, INL_S);
    assert_int_equal(seq_diff(tcp_isn(p->host[0].tcp, &local, &remote), first), 250000);
    /* neighbouring tuples tell nothing: differences are spread over the whole circle */
    for (uint16_t port = 1001; port < 2001; port++) {
        seq_t before = tcp_isn(p->host[0].tcp, &local, &remote);

        local.port = port;
        near += (uint32_t)seq_diff(tcp_isn(p->host[0].tcp, &local, &remote), before) >> 28 == 0;
    }
    assert_in_range(near, 1000 / 16 / 2, 1000 / 16 * 2);
    pair_free(p);
    pair_free(q);
}

/* ---- RFC 6298 ---- */

static struct tcp_conn *lone_conn(struct pair *p) {
    struct tcp_conn *c = tcp_conn_alloc(p->host[0].tcp);

    assert_non_null(c);
    return c;
}

static void test_rto_arithmetic(void **state) {
    struct pair *p = pair_new(32, false);
    struct tcp_conn *c = lone_conn(p);

    (void)state;
    assert_int_equal(tcp_rto_ns(c), INL_S); /* 2.1 */
    tcp_rtt_sample(c, 400 * INL_MS);        /* 2.2: SRTT = R, RTTVAR = R/2 */
    assert_int_equal(c->rtt.srtt_ns, 400 * INL_MS);
    assert_int_equal(c->rtt.rttvar_ns, 200 * INL_MS);
    assert_int_equal(tcp_rto_ns(c), 1200 * INL_MS);
    tcp_rtt_sample(c, 800 * INL_MS); /* 2.3: RTTVAR first, with the old SRTT */
    assert_int_equal(c->rtt.rttvar_ns, 250 * INL_MS);
    assert_int_equal(c->rtt.srtt_ns, 450 * INL_MS);
    assert_int_equal(tcp_rto_ns(c), 1450 * INL_MS);
    tcp_rto_backoff(c); /* 5.5 */
    tcp_rto_backoff(c);
    assert_int_equal(tcp_rto_ns(c), 5800 * INL_MS);
    tcp_rtt_sample(c, 450 * INL_MS); /* a sample ends the back-off */
    assert_int_equal(c->rtt.backoff, 0);
    pair_free(p);
}

static void test_rto_limits(void **state) {
    struct pair *p = pair_new(33, false);
    struct tcp_conn *c = lone_conn(p);

    (void)state;
    for (int i = 0; i < 200; i++) {
        tcp_rtt_sample(c, 10 * INL_US);
    }
    assert_int_equal(tcp_rto_ns(c), 200 * INL_MS);
    for (int i = 0; i < 100; i++) {
        tcp_rto_backoff(c);
        assert_in_range(tcp_rto_ns(c), 400 * INL_MS, 60 * INL_S);
    }
    assert_int_equal(tcp_rto_ns(c), 60 * INL_S);
    tcp_rtt_sample(c, 0);
    assert_true(c->rtt.srtt_ns > 0); /* 0 means no sample */
    tcp_rtt_sample(c, 1000 * INL_S);
    assert_int_equal(tcp_rto_ns(c), 60 * INL_S);
    pair_free(p);
}

static void test_rto_after_lost_syn(void **state) {
    struct pair *p = pair_new(34, false);
    struct tcp_conn *c = lone_conn(p);

    (void)state;
    tcp_rtt_established(c);
    assert_int_equal(tcp_rto_ns(c), INL_S);
    tcp_rtt_syn_rtx(c);
    tcp_rto_backoff(c);
    tcp_rtt_established(c); /* 5.7 */
    assert_int_equal(tcp_rto_ns(c), 3 * INL_S);
    pair_free(p);
}

/* ---- retransmission queue ---- */

static inl_time at(int64_t ns) {
    return (inl_time){ns};
}

/* n entries of 100 bytes each from sequence number `from`, sent at 0, 1, 2, ... ns */
static void fill(struct tcp_rtxq *q, struct mem *mem, uint32_t from, uint32_t n) {
    tcp_rtxq_init(q);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(tcp_rtxq_reserve(q, mem, 1000), 0);
        tcp_rtxq_push(q, seq_mk(from + 100 * i), 100, 0, at(i));
    }
}

/* Takes off what ack covers; when the oldest of it was sent, NEVER if any of it was sent twice. */
static void rtxq_ack(struct tcp_rtxq *q, struct mem *mem, seq_t ack, inl_time *ret_sent) {
    struct tcp_rtx *rtx;
    bool again = false;

    *ret_sent = INL_TIME_NEVER;
    while ((rtx = tcp_rtxq_covered(q, ack))) {
        *ret_sent = inl_time_min(*ret_sent, rtx->sent);
        again |= (rtx->flags & TCP_RTX_AGAIN) != 0;
        tcp_rtxq_pop(q);
    }
    if (q->n > 0 && seq_lt(tcp_rtxq_at(q, 0)->seq, ack)) {
        tcp_rtxq_cut_head(q, ack);
    }
    tcp_rtxq_trim(q, mem);
    *ret_sent = again ? INL_TIME_NEVER : *ret_sent;
}

static void test_rtxq_ack(void **state) {
    struct pair *p = pair_new(35, false);
    struct mem *mem = &p->host[0].env.mem;
    uint32_t base = UINT32_MAX - 250; /* wraps */
    size_t before = mem->used_bytes;
    struct tcp_rtxq q;
    inl_time sent;

    (void)state;
    fill(&q, mem, base, 40);
    rtxq_ack(&q, mem, seq_mk(base), &sent);
    assert_int_equal(q.n, 40);
    assert_true(inl_time_is_never(sent));
    rtxq_ack(&q, mem, seq_mk(base + 250), &sent); /* ends inside the third */
    assert_int_equal(q.n, 38);
    assert_int_equal(sent.ns, 0);
    assert_int_equal(tcp_rtxq_at(&q, 0)->seq.v, base + 250);
    assert_int_equal(tcp_rtxq_at(&q, 0)->len, 50);
    tcp_rtxq_mark_head(&q);
    tcp_rtxq_resent(&q, tcp_rtxq_next_lost(&q), at(99));
    rtxq_ack(&q, mem, seq_mk(base + 400), &sent);
    assert_true(inl_time_is_never(sent)); /* Karn */
    rtxq_ack(&q, mem, seq_mk(base + 500), &sent);
    assert_int_equal(sent.ns, 4);
    rtxq_ack(&q, mem, seq_mk(base + 4000), &sent);
    assert_int_equal(q.n, 0);
    assert_int_equal(mem->used_bytes, before);
    pair_free(p);
}

static void test_rtxq_lost(void **state) {
    struct pair *p = pair_new(36, false);
    struct mem *mem = &p->host[0].env.mem;
    struct tcp_rtxq q;
    inl_time sent;

    (void)state;
    fill(&q, mem, 0, 20);
    assert_null(tcp_rtxq_next_lost(&q));
    tcp_rtxq_mark_all(&q);
    assert_int_equal(q.lost_bytes, 2000);
    for (uint32_t i = 0; i < 20; i++) {
        struct tcp_rtx *rtx = tcp_rtxq_next_lost(&q);

        assert_int_equal(rtx->seq.v, 100 * i);
        tcp_rtxq_resent(&q, rtx, at(50));
    }
    assert_null(tcp_rtxq_next_lost(&q));
    assert_int_equal(q.lost_bytes, 0);
    tcp_rtxq_mark_all(&q);
    rtxq_ack(&q, mem, seq_mk(150), &sent);
    assert_int_equal(q.lost_bytes, 1850);
    tcp_rtxq_done(&q, mem);
    pair_free(p);
}

static void test_rtxq_split(void **state) {
    struct pair *p = pair_new(37, false);
    struct mem *mem = &p->host[0].env.mem;
    struct tcp_rtxq q;
    uint32_t seq = 0;

    (void)state;
    fill(&q, mem, 0, 5);
    assert_int_equal(tcp_rtxq_reserve(&q, mem, 1000), 0);
    tcp_rtxq_push(&q, seq_mk(500), 96, TCP_RTX_FIN | TCP_RTX_PSH, at(9)); /* 95 of data */
    assert_int_equal(tcp_rtxq_split(&q, mem, 30), 0);
    assert_int_equal(q.n, 5 * 4 + 4);
    for (uint32_t i = 0; i < q.n; i++) {
        assert_int_equal(tcp_rtxq_at(&q, i)->seq.v, seq);
        assert_in_range(tcp_rtx_data(tcp_rtxq_at(&q, i)), 1, 30);
        assert_int_equal((tcp_rtxq_at(&q, i)->flags & TCP_RTX_FIN) != 0, i == q.n - 1);
        seq += tcp_rtxq_at(&q, i)->len;
    }
    assert_int_equal(seq, 596);
    assert_int_equal(q.lost_bytes, 596); /* too long for the path: none arrived */
    tcp_rtxq_done(&q, mem);
    pair_free(p);
}

static void test_rtxq_bound(void **state) {
    struct pair *p = pair_new(38, false);
    struct mem *mem = &p->host[0].env.mem;
    struct tcp_rtxq q;

    (void)state;
    fill(&q, mem, 0, 64);
    assert_int_equal(q.n, q.cap);
    assert_int_equal(tcp_rtxq_reserve(&q, mem, 64), -ENOBUFS);
    mem_fail_after(mem, 0);
    assert_int_equal(tcp_rtxq_reserve(&q, mem, 65), -ENOMEM);
    assert_int_equal(q.n, 64);
    tcp_rtxq_done(&q, mem);
    pair_free(p);
}

/* ---- challenge ACKs ---- */

static void test_challenge_limit(void **state) {
    struct pair *p = pair_new(39, false);
    struct tcp_conn *c = lone_conn(p);
    struct tcp_conn *d = lone_conn(p);
    int n = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        n += tcp_challenge_allowed(c);
    }
    assert_int_equal(n, 10);
    assert_true(tcp_challenge_allowed(d)); /* no common limit to measure */
    p->host[0].env.now = inl_time_add(p->host[0].env.now, INL_S);
    assert_true(tcp_challenge_allowed(c));
    pair_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_table),        cmocka_unit_test(test_isn),
        cmocka_unit_test(test_rto_arithmetic),     cmocka_unit_test(test_rto_limits),
        cmocka_unit_test(test_rto_after_lost_syn), cmocka_unit_test(test_rtxq_ack),
        cmocka_unit_test(test_rtxq_lost),          cmocka_unit_test(test_rtxq_split),
        cmocka_unit_test(test_rtxq_bound),         cmocka_unit_test(test_challenge_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
