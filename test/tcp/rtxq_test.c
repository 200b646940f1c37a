/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtxq_test.c - the retransmission queue and the scoreboard: against a simple model, and their cost
 */
#include "pair.h"

#include <errno.h>
#include <string.h>

#define SEGS 200
#define SEG_BYTES 100u

/* ---- the queue ---- */

static void assert_sums(const struct tcp_rtxq *q) {
    uint32_t lost = 0;
    uint32_t sacked = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < q->n; i++) {
        const struct tcp_rtx *rtx = tcp_rtxq_at(q, i);

        lost += rtx->flags & TCP_RTX_LOST ? rtx->len : 0;
        sacked += rtx->flags & TCP_RTX_SACKED ? rtx->len : 0;
        n += (rtx->flags & TCP_RTX_SACKED) != 0;
        if (i + 1 < q->n) {
            assert_int_equal(seq_add(rtx->seq, rtx->len).v, tcp_rtxq_at(q, i + 1)->seq.v);
        }
    }
    assert_int_equal(q->lost_bytes, lost);
    assert_int_equal(q->sacked_bytes, sacked);
    assert_int_equal(q->sacked_n, n);
}

/* Both lists have just what the flags say; flight is in order of time. */
static void assert_lists(const struct tcp_rtxq *q) {
    uint32_t flight = 0;
    uint32_t lost = 0;
    int64_t at = 0;

    for (uint32_t s = q->flight.first; s != TCP_RTX_NIL; s = tcp_rtxq_in_slot(q, s)->next) {
        const struct tcp_rtx *rtx = tcp_rtxq_in_slot(q, s);

        assert_int_equal(rtx->flags & (TCP_RTX_LOST | TCP_RTX_SACKED), 0);
        assert_true(rtx->sent.ns >= at);
        at = rtx->sent.ns;
        flight++;
    }
    for (uint32_t s = q->lost.first; s != TCP_RTX_NIL; s = tcp_rtxq_in_slot(q, s)->next) {
        assert_int_equal(tcp_rtxq_in_slot(q, s)->flags & (TCP_RTX_LOST | TCP_RTX_SACKED),
                         TCP_RTX_LOST);
        lost++;
    }
    assert_int_equal(flight + lost + q->sacked_n, q->n);
}

/* One thing that can happen to a queue, chosen by lot; most often what happens most. */
static void happen(struct tcp_rtxq *q, struct mem *mem, struct rng *rng, seq_t *nxt, inl_time now) {
    uint32_t i = q->n > 0 ? (uint32_t)rng_below(rng, q->n) : 0;
    struct tcp_rtx *rtx = tcp_rtxq_at(q, i);
    uint64_t what = rng_below(rng, 100);

    if (q->n == 0 || (what < 30 && q->n < SEGS)) {
        assert_int_equal(tcp_rtxq_reserve(q, mem, SEGS * 4), 0);
        tcp_rtxq_push(q, *nxt, SEG_BYTES, 0, now);
        *nxt = seq_add(*nxt, SEG_BYTES);
    } else if (what < 45) {
        tcp_rtxq_mark_lost(q, rtx);
    } else if (what < 60 && !(rtx->flags & TCP_RTX_SACKED) && i > 0) {
        tcp_rtxq_mark_sacked(q, rtx);
    } else if (what < 75 && q->lost_bytes > 0) {
        tcp_rtxq_resent(q, tcp_rtxq_next_lost(q), now);
    } else if (what < 85) {
        tcp_rtxq_pop(q);
        tcp_rtxq_trim(q, mem);
    } else if (what < 90 && rtx->len > 1) {
        tcp_rtxq_cut(q, mem, i, 1 + (uint32_t)rng_below(rng, rtx->len - 1));
    } else if (what < 92) {
        tcp_rtxq_mark_head(q);
    } else if (what < 93) {
        tcp_rtxq_unmark_all(q, rng_below(rng, 2) ? TCP_RTX_LOST : TCP_RTX_SACKED);
    } else if (what < 94) {
        tcp_rtxq_mark_all(q);
    } else if (what < 95) {
        tcp_rtxq_split(q, mem, 10 + (uint32_t)rng_below(rng, SEG_BYTES));
    }
}

static void test_lists_follow_flags(void **state) {
    struct pair *p = pair_new(50, false);
    struct mem *mem = &p->host[0].env.mem;
    size_t before = mem->used_bytes;
    struct tcp_rtxq q;
    seq_t nxt = seq_mk(UINT32_MAX - 5000); /* wraps */

    (void)state;
    tcp_rtxq_init(&q);
    for (int64_t t = 1; t < 20000; t++) {
        happen(&q, mem, &p->rng, &nxt, (inl_time){t / 3}); /* some at the same time */
        assert_sums(&q);
        assert_lists(&q);
    }
    tcp_rtxq_done(&q, mem);
    assert_int_equal(mem->used_bytes, before);
    pair_free(p);
}

/* Retransmissions that were lost go before others; each kind as it was found. */
static void test_lost_by_turn(void **state) {
    struct pair *p = pair_new(51, false);
    struct mem *mem = &p->host[0].env.mem;
    const uint32_t want[] = {1, 2, 0, 3, 4};
    struct tcp_rtxq q;

    (void)state;
    tcp_rtxq_init(&q);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(tcp_rtxq_reserve(&q, mem, 100), 0);
        tcp_rtxq_push(&q, seq_mk(i), 1, 0, (inl_time){1});
    }
    for (uint32_t i = 1; i < 3; i++) {
        tcp_rtxq_resent(&q, tcp_rtxq_at(&q, i), (inl_time){2});
    }
    tcp_rtxq_mark_lost(&q, tcp_rtxq_at(&q, 0));
    tcp_rtxq_mark_lost(&q, tcp_rtxq_at(&q, 3));
    tcp_rtxq_mark_lost(&q, tcp_rtxq_at(&q, 1));
    tcp_rtxq_mark_lost(&q, tcp_rtxq_at(&q, 4));
    tcp_rtxq_mark_lost(&q, tcp_rtxq_at(&q, 2));
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(tcp_rtxq_next_lost(&q)->seq.v, want[i]);
        tcp_rtxq_resent(&q, tcp_rtxq_next_lost(&q), (inl_time){3});
    }
    assert_null(tcp_rtxq_next_lost(&q));
    tcp_rtxq_done(&q, mem);
    pair_free(p);
}

/* 64 cuts; then one for every 16 entries that are acknowledged. */
static void test_cuts_are_bounded(void **state) {
    struct pair *p = pair_new(52, false);
    struct mem *mem = &p->host[0].env.mem;
    struct tcp_rtxq q;
    unsigned n = 0;

    (void)state;
    tcp_rtxq_init(&q);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(tcp_rtxq_reserve(&q, mem, 1000), 0);
        tcp_rtxq_push(&q, seq_mk(1000 * i), 1000, 0, (inl_time){1});
    }
    while (tcp_rtxq_cut(&q, mem, q.n - 1, 1) == 0) {
        n++;
    }
    assert_int_equal(n, 64);
    for (int i = 0; i < 15; i++) {
        tcp_rtxq_pop(&q);
    }
    assert_int_equal(tcp_rtxq_cut(&q, mem, 1, 1), -ENOBUFS);
    tcp_rtxq_pop(&q);
    assert_int_equal(tcp_rtxq_cut(&q, mem, 1, 1), 0);
    assert_int_equal(tcp_rtxq_cut(&q, mem, 1, 1), -ENOBUFS);
    assert_sums(&q);
    tcp_rtxq_done(&q, mem);
    pair_free(p);
}

static void test_cut_without_memory(void **state) {
    struct pair *p = pair_new(53, false);
    struct mem *mem = &p->host[0].env.mem;
    struct tcp_rtxq q;

    (void)state;
    tcp_rtxq_init(&q);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(tcp_rtxq_reserve(&q, mem, 100), 0);
        tcp_rtxq_push(&q, seq_mk(10 * i), 10, 0, (inl_time){1});
    }
    assert_int_equal(q.n, q.cap);
    mem_fail_after(mem, 0);
    assert_int_equal(tcp_rtxq_cut(&q, mem, 2, 5), -ENOMEM);
    assert_int_equal(q.n, 8);
    assert_lists(&q);
    tcp_rtxq_done(&q, mem);
    pair_free(p);
}

/* ---- the scoreboard ---- */

static bool drop_all_data(struct pair *p, int from, const struct pkt *pkt) {
    (void)p;
    return from == 0 && pkt->len > 100;
}

/* A connection with so many segments in flight that get nowhere. */
static struct tcp_conn *stuck(struct pair *p, uint32_t segs) {
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    static char buf[1 << 20];

    l->opts.rcvbuf_bytes = 1 << 22;
    pair_join(p, l, 80, c);
    p->drop = drop_all_data;
    c[0]->cc.cwnd_bytes = segs * c[0]->opt.snd_mss_bytes;
    c[0]->snd.wnd_bytes = UINT32_MAX / 4;
    c[0]->snd.max_wnd_bytes = UINT32_MAX / 4;
    tcp_send(p->host[0].tcp, c[0], buf, (size_t)segs * c[0]->opt.snd_mss_bytes, 0);
    pair_run_for(p, INL_MS);
    return c[0];
}

static seq_t seg_at(const struct tcp_conn *c, uint32_t i) {
    return seq_add(c->snd.una, i * c->opt.snd_mss_bytes);
}

static void sack(struct tcp_conn *c, uint32_t from, uint32_t to) {
    struct tcp_seg seg = {.ack = c->snd.una, .flags = TCP_ACK};
    struct tcp_acked a = {.seg = &seg, .sent = INL_TIME_NEVER};

    seg.o.present = TCP_HAS_SACK;
    seg.o.sack_n = 1;
    seg.o.sack[0] = (struct tcp_sack_block){seg_at(c, from), seg_at(c, to)};
    tcp_sack_input(c, &a);
}

/* How many entries a walk over a block looks at: the jumps that sack.c follows, not halved. */
static uint32_t steps(const struct tcp_conn *c, uint32_t i, uint32_t to) {
    uint32_t n = 0;

    while (i < to) {
        assert_true(tcp_rtxq_at(&c->rtxq, i)->flags & TCP_RTX_SACKED);
        i += tcp_rtxq_at(&c->rtxq, i)->next;
        n++;
    }
    assert_int_equal(i, to);
    return n;
}

static void test_same_block_costs_nothing(void **state) {
    struct pair *p = pair_new(54, false);
    struct tcp_conn *c = stuck(p, 500);

    (void)state;
    assert_true(c->rtxq.n >= 400);
    for (uint32_t to = 2; to <= 400; to++) {
        sack(c, 1, to); /* as a receiver tells it, one more each time */
        assert_int_equal(c->rtxq.sacked_n, to - 1);
        assert_in_range(steps(c, 1, to), 1, 2);
    }
    pair_free(p);
}

/* Growing downwards, from the middle, and asked for from anywhere: the paths get short. */
static void test_jumps_get_longer(void **state) {
    struct pair *p = pair_new(55, false);
    struct tcp_conn *c = stuck(p, 500);
    uint32_t total = 0;

    (void)state;
    for (uint32_t from = 400; from-- > 1;) {
        sack(c, from, from + 1);
    }
    assert_int_equal(c->rtxq.sacked_n, 399);
    for (uint32_t from = 1; from < 400; from++) {
        sack(c, from, 400);
    }
    for (uint32_t from = 1; from < 400; from++) {
        total += steps(c, from, 400);
    }
    assert_true(total <= 2 * 399);
    pair_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_follow_flags),       cmocka_unit_test(test_lost_by_turn),
        cmocka_unit_test(test_cuts_are_bounded),         cmocka_unit_test(test_cut_without_memory),
        cmocka_unit_test(test_same_block_costs_nothing), cmocka_unit_test(test_jumps_get_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
