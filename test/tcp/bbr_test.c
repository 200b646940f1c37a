/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bbr_test.c - BBR on a path of known rate, delay and queue (draft-ietf-ccwg-bbr)
 *
 * No connection and no TCP: segments go through one queue, ACKs come back a round trip later, a
 * loss is known when the next segment is acknowledged. The delivery rate is measured as rate.c
 * does. What is tested is that the model finds the path: rate, delay, and no more queue than
 * it needs, and that the states follow each other.
 */
#include "tcp/cc.h"

#include <inlet/malloc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MSS 1000u
#define SEGS 8192u

struct seg {
    inl_dur sent, back; /* when its ACK comes; 0: lost */
    bool marked;
    inl_dur first_sent, delivered_at;
    uint32_t delivered, lost, in_flight;
};

struct path {
    struct tcp_cc cc;
    uint64_t rate; /* of the bottleneck */
    inl_dur rtt, now, free_at, pace_at;
    uint32_t buffer, loss_ppm;
    inl_dur mark_above; /* queueing; 0: no ECN */
    struct seg seg[SEGS];
    uint32_t head, tail; /* counts */
    uint32_t recover;    /* recovery lasts until that one is acknowledged */
    uint32_t flight, delivered, lost;
    inl_dur delivered_at, first_sent, srtt;
    uint64_t random;
    unsigned seen; /* bit a state */
    uint64_t dropped, arrived;
    inl_dur queue_sum;
    uint64_t queue_n;
};

static struct mem mem;

static void path_init(struct path *p, uint64_t rate, inl_dur rtt, uint32_t buffer) {
    const struct inl_tcp_config cfg = {.congestion = INL_CC_BBR};
    const struct inl_alloc alloc = inl_malloc();

    memset(p, 0, sizeof(*p));
    mem_init(&mem, &alloc, 0);
    tcp_cc_init(&p->cc, &cfg);
    assert_int_equal(tcp_cc_use(&p->cc, &mem, &tcp_cc_bbr), 0);
    tcp_cc_start(&p->cc, MSS, 10);
    p->rate = rate;
    p->rtt = rtt;
    p->buffer = buffer;
    p->now = p->free_at = p->pace_at = INL_S;
    p->random = 88172645463325252u;
}

static void path_done(struct path *p) {
    tcp_cc_done(&p->cc, &mem);
    assert_int_equal(mem.used_bytes, 0);
}

static bool by_chance(struct path *p) {
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return p->random % 1000000 < p->loss_ppm;
}

static void path_send(struct path *p) {
    struct seg *s = &p->seg[p->tail++ % SEGS];
    uint64_t rate = tcp_cc_pacing_rate(&p->cc);
    inl_dur queue = p->free_at > p->now ? p->free_at - p->now : 0;

    if (p->flight == 0) {
        p->first_sent = p->delivered_at = p->now;
    }
    p->flight += MSS;
    *s = (struct seg){.sent = p->now,
                      .first_sent = p->first_sent,
                      .delivered_at = p->delivered_at,
                      .delivered = p->delivered,
                      .lost = p->lost,
                      .in_flight = p->flight};
    if ((uint64_t)queue * p->rate / (uint64_t)INL_S + MSS > p->buffer || by_chance(p)) {
        p->dropped += MSS;
    } else {
        p->free_at = p->now + queue + (inl_dur)(MSS * (uint64_t)INL_S / p->rate);
        s->back = p->free_at + p->rtt;
        s->marked = p->mark_above > 0 && queue > p->mark_above;
        p->queue_sum += queue;
        p->queue_n++;
    }
    p->pace_at = p->now + (rate ? (inl_dur)(MSS * (uint64_t)INL_S / rate) : 0);
}

static void path_sample(struct path *p, const struct seg *s, struct tcp_rate_sample *r) {
    inl_dur sending = s->sent - s->first_sent;
    inl_dur acking = p->now - s->delivered_at;

    r->interval_ns = sending > acking ? sending : acking;
    r->delivered_bytes = p->delivered - s->delivered;
    r->prior_delivered = s->delivered;
    r->lost_bytes = p->lost - s->lost;
    r->in_flight_bytes = s->in_flight;
    r->bytes_per_s = (uint64_t)r->delivered_bytes * (uint64_t)INL_S / (uint64_t)r->interval_ns;
}

/* The oldest segment that was not lost is acknowledged; those before it were. */
static void path_ack(struct path *p) {
    struct tcp_cc_ack ack = {.now = {p->now}, .acked_bytes = MSS, .delivered_bytes = MSS};
    const struct seg *s;

    ack.prior_bytes = p->flight;
    while ((s = &p->seg[p->head++ % SEGS])->back == 0) {
        p->lost += MSS;
        p->flight -= MSS;
        ack.lost_bytes += MSS;
        tcp_cc_on_lost(&p->cc, &(struct tcp_cc_loss){.len = MSS,
                                                     .in_flight = s->in_flight,
                                                     .lost_since = p->lost - s->lost});
        if ((int32_t)(p->recover - p->head) < 0) {
            p->recover = p->tail;
        }
    }
    ack.phase = (int32_t)(p->recover - p->head) >= 0 ? TCP_CC_RECOVERY : TCP_CC_OPEN;
    p->flight -= MSS;
    p->delivered += MSS;
    p->arrived += MSS;
    p->delivered_at = p->now;
    p->first_sent = s->sent;
    p->srtt = p->srtt ? p->srtt + (p->now - s->sent - p->srtt) / 8 : p->now - s->sent;
    path_sample(p, s, &ack.rate);
    ack.delivered = p->delivered;
    ack.ece = s->marked;
    ack.flight_bytes = p->flight;
    ack.rtt_ns = p->now - s->sent;
    ack.srtt_ns = p->srtt;
    tcp_cc_on_ack(&p->cc, &ack);
    p->seen |= 1u << p->cc.u.bbr->state;
}

static inl_dur next_ack(const struct path *p) {
    for (uint32_t i = p->head; i != p->tail; i++) {
        if (p->seg[i % SEGS].back) {
            return p->seg[i % SEGS].back;
        }
    }
    return INT64_MAX;
}

static void path_run(struct path *p, inl_dur for_ns) {
    inl_dur end = p->now + for_ns;

    p->dropped = p->arrived = p->queue_n = 0;
    p->queue_sum = 0;
    while (p->now < end) {
        inl_dur ack = next_ack(p);
        bool room = p->flight + MSS <= p->cc.cwnd_bytes && p->tail - p->head < SEGS;
        inl_dur send = !room ? INT64_MAX : p->pace_at > p->now ? p->pace_at : p->now;

        if (ack == INT64_MAX && !room) { /* everything was lost: a timeout, and all goes again */
            p->lost += p->flight;
            p->flight = 0;
            p->head = p->tail;
            tcp_cc_timeout(&p->cc, 0, true);
            continue;
        }
        tcp_cc_limited(&p->cc, !room);
        p->now = ack < send ? ack : send;
        if (ack <= send) {
            path_ack(p);
        } else {
            path_send(p);
        }
    }
}

static uint64_t percent_of(const struct path *p, inl_dur ns) {
    return p->arrived * 100 / (p->rate * (uint64_t)(ns / INL_MS) / 1000);
}

#define BDP 50000u /* 1.25 MB/s, 40 ms */
#define RATE 1250000u
#define RTT (40 * INL_MS)

static struct path path;

static void test_finds_the_path(void **state) {
    struct path *p = &path;

    (void)state;
    path_init(p, RATE, RTT, 4 * BDP);
    path_run(p, 1 * INL_S);
    /* within a second; DOWN has nothing to do after DRAIN */
    assert_int_equal(p->seen, 1u << TCP_BBR_STARTUP | 1u << TCP_BBR_DRAIN | 1u << TCP_BBR_CRUISE);
    path_run(p, 4 * INL_S);
    assert_in_range(percent_of(p, 4 * INL_S), 94, 101);
    assert_in_range(p->queue_sum / (inl_dur)p->queue_n, 0, RTT / 4); /* and hardly a queue */
    assert_in_range(p->cc.u.bbr->min_rtt_ns, RTT, RTT + 2 * INL_MS);
    assert_int_equal(p->dropped, 0);
    path_run(p, 15 * INL_S);
    assert_int_equal(p->seen, 127); /* all states */
    assert_in_range(percent_of(p, 15 * INL_S), 90, 101);
    path_done(p);
}

/* 1% is not congestion. Each round with a loss holds the rate to what was measured, a little less
 * than before, until the next probe: so it is not all that the path has. */
static void test_random_loss(void **state) {
    struct path *p = &path;

    (void)state;
    path_init(p, RATE, RTT, 2 * BDP);
    p->loss_ppm = 10000;
    path_run(p, 20 * INL_S);
    assert_in_range(percent_of(p, 20 * INL_S), 65, 101);
    path_done(p);
}

/* A queue of half a BDP: the probes learn where it ends, and losses stay few. */
static void test_shallow_queue(void **state) {
    struct path *p = &path;

    (void)state;
    path_init(p, RATE, RTT, BDP / 2);
    path_run(p, 5 * INL_S);
    path_run(p, 20 * INL_S);
    assert_int_not_equal(p->cc.u.bbr->inflight_hi, UINT32_MAX);
    assert_in_range(percent_of(p, 20 * INL_S), 85, 101);
    assert_in_range(p->dropped * 1000 / p->arrived, 0, 20);
    path_done(p);
}

/* Marks instead of losses: the queue stays below where they begin, most of the time. */
static void test_marks(void **state) {
    struct path *p = &path;

    (void)state;
    path_init(p, RATE, RTT, 20 * BDP);
    p->mark_above = 10 * INL_MS;
    path_run(p, 5 * INL_S);
    assert_int_not_equal(p->cc.u.bbr->inflight_hi, UINT32_MAX);
    path_run(p, 20 * INL_S);
    assert_in_range(percent_of(p, 20 * INL_S), 80, 101);
    assert_in_range(p->queue_sum / (inl_dur)p->queue_n, 0, 5 * INL_MS);
    assert_int_equal(p->dropped, 0);
    path_done(p);
}

static void test_rate_falls_and_grows(void **state) {
    struct path *p = &path;

    (void)state;
    path_init(p, RATE, RTT, 4 * BDP);
    path_run(p, 6 * INL_S);
    p->rate = RATE / 2;
    path_run(p, 8 * INL_S); /* the highest rate is of two cycles */
    assert_in_range(p->cc.u.bbr->bw, RATE * 45 / 100, RATE * 60 / 100);
    path_run(p, 4 * INL_S);
    assert_in_range(percent_of(p, 4 * INL_S), 85, 101);
    p->rate = RATE;
    path_run(p, 20 * INL_S);
    path_run(p, 4 * INL_S);
    assert_in_range(percent_of(p, 4 * INL_S), 85, 101);
    path_done(p);
}

/* A link on which nothing comes through for a while, and everything is lost. */
static void test_outage(void **state) {
    struct path *p = &path;

    (void)state;
    path_init(p, RATE, RTT, 2 * BDP);
    path_run(p, 5 * INL_S);
    p->loss_ppm = 1000000;
    path_run(p, INL_S / 2);
    p->loss_ppm = 0;
    path_run(p, 10 * INL_S);
    path_run(p, 5 * INL_S);
    assert_in_range(percent_of(p, 5 * INL_S), 85, 101);
    path_done(p);
}

/* An ACK for which a round is over, with so much still in flight. */
static void ack_round(struct path *p, uint32_t flight, uint32_t prior) {
    struct tcp_cc_ack ack = {.acked_bytes = MSS,
                             .delivered_bytes = MSS,
                             .delivered = p->delivered + MSS,
                             .prior_bytes = prior,
                             .flight_bytes = flight,
                             .rtt_ns = RTT,
                             .srtt_ns = RTT,
                             .rate = {.prior_delivered = p->delivered,
                                      .delivered_bytes = MSS,
                                      .in_flight_bytes = flight,
                                      .bytes_per_s = RATE}};

    p->now += RTT;
    p->delivered += MSS;
    ack.now = (inl_time){p->now};
    tcp_cc_on_ack(&p->cc, &ack);
}

/* 5.3.2: who has taken the rate for too high would drain for ever. */
static void test_drains_three_rounds(void **state) {
    struct path *p = &path;
    struct tcp_bbr *b;

    (void)state;
    path_init(p, RATE, RTT, 4 * BDP);
    path_run(p, INL_S / 10);
    b = p->cc.u.bbr;
    b->full_bw_reached = true;
    for (int i = 0; i < 4; i++) { /* the first one begins it */
        ack_round(p, 8 * BDP, 8 * BDP);
        assert_int_equal(b->state, TCP_BBR_DRAIN);
    }
    ack_round(p, 8 * BDP, 8 * BDP);
    assert_int_equal(b->state, TCP_BBR_DOWN);
    path_done(p);
}

/* In UP, after a probe that cost too much. */
static struct tcp_bbr *probe_again(struct path *p) {
    struct tcp_bbr *b;

    path_init(p, RATE, RTT, 4 * BDP);
    path_run(p, INL_S);
    b = p->cc.u.bbr;
    b->inflight_hi = BDP;
    b->probe_too_high = true;
    b->full_bw_now = false;
    b->full_bw_count = 0;
    b->state = TCP_BBR_UP;
    b->acks = TCP_BBR_ACKS_FEEDBACK;
    return b;
}

/* 5.3.3.6: it ends where the last one failed, and if that does no harm goes on at once. */
static void test_careful_probe(void **state) {
    struct path *p = &path;
    struct tcp_bbr *b = probe_again(p);

    (void)state;
    ack_round(p, BDP / 2, BDP / 2);
    assert_int_equal(b->state, TCP_BBR_UP);
    ack_round(p, BDP - MSS, BDP);
    assert_int_equal(b->state, TCP_BBR_DOWN);
    ack_round(p, BDP - MSS, BDP); /* the round after: no loss */
    assert_int_equal(b->state, TCP_BBR_REFILL);
    ack_round(p, BDP - MSS, BDP);
    ack_round(p, BDP - MSS, BDP); /* and now it may stay */
    assert_int_equal(b->state, TCP_BBR_UP);
    path_done(p);

    b = probe_again(p); /* with losses: not at once */
    ack_round(p, BDP - MSS, BDP);
    b->probe_samples = true;
    tcp_cc_on_lost(&p->cc,
                   &(struct tcp_cc_loss){.len = MSS, .in_flight = BDP, .lost_since = BDP / 10});
    ack_round(p, BDP - MSS, BDP);
    assert_int_not_equal(b->state, TCP_BBR_REFILL);
    path_done(p);
}

/* 5.5.11.2: what a false alarm has ended goes on. */
static void test_undo(void **state) {
    struct path *p = &path;
    struct tcp_bbr *b;

    (void)state;
    path_init(p, RATE, RTT, 4 * BDP);
    path_run(p, INL_S / 10);
    b = p->cc.u.bbr;
    tcp_cc_enter_recovery(&p->cc, BDP);
    b->undo_state = TCP_BBR_STARTUP;
    b->full_bw_reached = true;
    b->state = TCP_BBR_DRAIN;
    p->cc.cwnd_bytes /= 2;
    tcp_cc_undo(&p->cc);
    assert_int_equal(b->state, TCP_BBR_STARTUP);
    assert_false(b->full_bw_reached);
    path_done(p);

    b = probe_again(p);
    tcp_cc_enter_recovery(&p->cc, BDP);
    b->probe_samples = true;
    tcp_cc_on_lost(&p->cc,
                   &(struct tcp_cc_loss){.len = MSS, .in_flight = BDP, .lost_since = BDP / 10});
    assert_int_equal(b->state, TCP_BBR_DOWN);
    p->cc.cwnd_bytes /= 2;
    tcp_cc_undo(&p->cc);
    assert_int_equal(b->state, TCP_BBR_REFILL);
    assert_int_equal(b->inflight_hi, BDP);
    path_done(p);
}

/* 5.5.10.2: no bound comes from a flight that the application kept small. */
static void test_loss_of_a_small_flight(void **state) {
    struct path *p = &path;
    struct tcp_bbr *b = probe_again(p);

    (void)state;
    b->probe_samples = true;
    tcp_cc_on_lost(&p->cc,
                   &(struct tcp_cc_loss){
                       .len = MSS, .in_flight = 5 * MSS, .lost_since = MSS, .app_limited = true});
    assert_int_equal(b->inflight_hi, BDP);
    assert_int_equal(b->state, TCP_BBR_DOWN);
    path_done(p);
}

static void test_without_memory(void **state) {
    struct path *p = &path;

    (void)state;
    path_init(p, RATE, RTT, BDP);
    tcp_cc_use(&p->cc, &mem, &tcp_cc_cubic);
    mem_fail_after(&mem, 0);
    assert_true(tcp_cc_use(&p->cc, &mem, &tcp_cc_bbr) < 0);
    assert_ptr_equal(p->cc.ops, &tcp_cc_cubic); /* as it was */
    path_done(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_the_path),
        cmocka_unit_test(test_random_loss),
        cmocka_unit_test(test_shallow_queue),
        cmocka_unit_test(test_rate_falls_and_grows),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_outage),
        cmocka_unit_test(test_drains_three_rounds),
        cmocka_unit_test(test_careful_probe),
        cmocka_unit_test(test_undo),
        cmocka_unit_test(test_loss_of_a_small_flight),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
