/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc_test.c - congestion control without connections: each algorithm against its formulas
 *
 * CUBIC is held against the equations of RFC 9438 in double precision.
 */
#include "tcp/cc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- congestion window ---- */

static struct tcp_cc cc_new(uint32_t mss, uint32_t segs) {
    struct tcp_cc cc;
    struct inl_tcp_config cfg = {.congestion = INL_CC_NEWRENO};

    tcp_cc_init(&cc, &cfg);
    tcp_cc_start(&cc, mss, segs);
    tcp_cc_limited(&cc, true);
    return cc;
}

static void acked(struct tcp_cc *cc, uint32_t bytes, enum tcp_cc_phase phase) {
    struct tcp_cc_ack ack = {
        .acked_bytes = bytes, .delivered_bytes = bytes, .phase = (uint8_t)phase};

    tcp_cc_on_ack(cc, &ack);
}

static void test_cc_initial_window(void **state) {
    (void)state; /* RFC 6928 2 */
    assert_int_equal(cc_new(1460, 10).cwnd_bytes, 14600);
    assert_int_equal(cc_new(536, 10).cwnd_bytes, 5360);
    assert_int_equal(cc_new(8960, 10).cwnd_bytes, 17920);
    assert_int_equal(cc_new(1460, 1).cwnd_bytes, 1460);
}

/* RFC 5681 3.1: the path takes smaller segments only. */
static void test_cc_smaller_mss(void **state) {
    struct tcp_cc cc = cc_new(1460, 10);

    (void)state;
    tcp_cc_mss(&cc, 730);
    assert_int_equal(cc.cwnd_bytes, 7300);
    tcp_cc_mss(&cc, 1460);
    assert_int_equal(cc.cwnd_bytes, 7300);
    tcp_cc_mss(&cc, 8960);
    assert_int_equal(cc.cwnd_bytes, 8960);
}

static void test_cc_growth(void **state) {
    struct tcp_cc cc = cc_new(1000, 10);

    (void)state;
    acked(&cc, 2000, TCP_CC_OPEN);
    assert_int_equal(cc.cwnd_bytes, 12000);
    tcp_cc_limited(&cc, false); /* the application was the limit: no growth */
    acked(&cc, 2000, TCP_CC_OPEN);
    assert_int_equal(cc.cwnd_bytes, 12000);
    tcp_cc_limited(&cc, true);
    tcp_cc_fast(&cc, 12000);
    assert_int_equal(cc.ssthresh_bytes, 6000);
    assert_int_equal(cc.cwnd_bytes, 9000);
    tcp_cc_inflate(&cc);
    assert_int_equal(cc.cwnd_bytes, 10000);
    tcp_cc_partial(&cc, 3000);
    assert_int_equal(cc.cwnd_bytes, 8000);
    tcp_cc_recovered(&cc, 20000);
    assert_int_equal(cc.cwnd_bytes, 6000);
    for (int i = 0; i < 6; i++) { /* congestion avoidance: one segment a window */
        assert_int_equal(cc.cwnd_bytes, 6000);
        acked(&cc, 1000, TCP_CC_OPEN);
    }
    assert_int_equal(cc.cwnd_bytes, 7000);
}

static void test_cc_timeout(void **state) {
    struct tcp_cc cc = cc_new(1000, 10);

    (void)state;
    tcp_cc_timeout(&cc, 10000, true);
    assert_int_equal(cc.cwnd_bytes, 1000);
    assert_int_equal(cc.ssthresh_bytes, 5000);
    tcp_cc_timeout(&cc, 1000, false); /* the same data again: held */
    assert_int_equal(cc.ssthresh_bytes, 5000);
    acked(&cc, 9000, TCP_CC_LOSS); /* RFC 3465 2.3: one segment */
    assert_int_equal(cc.cwnd_bytes, 2000);
    tcp_cc_timeout(&cc, 1000, true);
    assert_int_equal(cc.ssthresh_bytes, 2000); /* at least two segments */
}

static void test_cc_never_overflows(void **state) {
    struct tcp_cc cc = cc_new(65495, 10);

    (void)state;
    for (int i = 0; i < 100; i++) {
        acked(&cc, UINT32_MAX / 2, TCP_CC_OPEN);
        tcp_cc_inflate(&cc);
        assert_in_range(cc.cwnd_bytes, 65495, 1u << 30);
    }
    tcp_cc_idle(&cc, (inl_time){60 * INL_S});
    assert_int_equal(cc.cwnd_bytes, 2 * 65495);
}

/* ---- CUBIC ---- */

#define MSS 1000u

static struct tcp_cc cubic_new(bool hystart) {
    struct inl_tcp_config cfg = {.congestion = INL_CC_CUBIC, .hystart = hystart};
    struct tcp_cc cc;

    tcp_cc_init(&cc, &cfg);
    tcp_cc_start(&cc, MSS, 10);
    tcp_cc_limited(&cc, true);
    return cc;
}

static void cubic_acked(struct tcp_cc *cc, inl_dur now, uint32_t bytes, inl_dur srtt) {
    struct tcp_cc_ack ack = {
        .now = {now}, .acked_bytes = bytes, .delivered_bytes = bytes, .srtt_ns = srtt};

    tcp_cc_on_ack(cc, &ack);
}

/* The equations of RFC 9438 4.2 to 4.4, in segments and seconds. */
struct model {
    double w_max, cwnd, w_est, prior, k, t0;
};

static void model_begin(struct model *m, double now) {
    m->k = m->w_max > m->cwnd ? cbrt((m->w_max - m->cwnd) / 0.4) : 0;
    m->w_max = m->w_max > m->cwnd ? m->w_max : m->cwnd;
    m->w_est = m->cwnd;
    m->t0 = now;
}

static double model_w(const struct model *m, double t) {
    return 0.4 * pow(t - m->k, 3) + m->w_max;
}

static void model_ack(struct model *m, double now, double rtt) {
    double t = now - m->t0;
    double target = model_w(m, t + rtt);

    m->w_est += (m->w_est < m->prior ? 9.0 / 17 : 1) / m->cwnd;
    if (model_w(m, t) < m->w_est) {
        m->cwnd = fmax(m->cwnd, m->w_est);
    } else {
        target = fmin(fmax(target, m->cwnd), 1.5 * m->cwnd);
        m->cwnd += (target - m->cwnd) / m->cwnd;
    }
}

/* From a cut at `segs` segments on, for `seconds`, with an ACK a segment. */
static void cubic_follow(double segs, inl_dur rtt_ns, double seconds) {
    struct tcp_cc cc = cubic_new(false);
    double rtt = (double)rtt_ns / 1e9;
    struct model m = {.w_max = segs, .cwnd = floor(segs * 700) / 1000, .prior = segs};
    inl_dur now = INL_S;
    double end;

    cc.cwnd_bytes = (uint32_t)(segs * MSS);
    tcp_cc_enter_recovery(&cc, cc.cwnd_bytes);
    tcp_cc_exit_recovery(&cc);
    assert_int_equal(cc.cwnd_bytes, (uint32_t)(segs * 700));
    model_begin(&m, (double)now / 1e9);
    end = (double)now / 1e9 + seconds;
    while ((double)now / 1e9 < end) {
        cubic_acked(&cc, now, MSS, rtt_ns);
        model_ack(&m, (double)now / 1e9, rtt);
        if (fabs(cc.cwnd_bytes / 1000.0 - m.cwnd) > m.cwnd * 0.004 + 0.1) {
            fail_msg("%g segments, %g s: cwnd %g, model %g", segs, (double)now / 1e9,
                     cc.cwnd_bytes / 1000.0, m.cwnd);
        }
        now += (inl_dur)((double)rtt_ns / m.cwnd);
    }
    assert_true(m.cwnd > segs); /* it got past the place of the loss */
}

static void test_cubic_curve(void **state) {
    (void)state;
    cubic_follow(100, 100 * INL_MS, 15);
    cubic_follow(1000, 50 * INL_MS, 15);
    cubic_follow(10, 20 * INL_MS, 5); /* Reno's region all the time */
    cubic_follow(20000, 200 * INL_MS, 30);
    cubic_follow(7, 300 * INL_MS, 20);
}

static void test_cubic_fast_convergence(void **state) {
    struct tcp_cc cc = cubic_new(false);

    (void)state; /* RFC 9438 4.7 */
    cc.cwnd_bytes = 100 * MSS;
    tcp_cc_enter_recovery(&cc, 100 * MSS);
    assert_int_equal(cc.u.cubic.now.w_max, 100 * MSS);
    tcp_cc_exit_recovery(&cc);
    tcp_cc_enter_recovery(&cc, 70 * MSS); /* at 70, below W_max: 70 * (1 + 0.7) / 2 */
    assert_int_equal(cc.u.cubic.now.w_max, 59500);
    tcp_cc_exit_recovery(&cc);
    assert_int_equal(cc.cwnd_bytes, 49 * MSS);
    cc.cwnd_bytes = 60 * MSS; /* above it: as it stands */
    tcp_cc_enter_recovery(&cc, 60 * MSS);
    assert_int_equal(cc.u.cubic.now.w_max, 60 * MSS);
}

static void test_cubic_timeout(void **state) {
    struct tcp_cc cc = cubic_new(false);

    (void)state; /* RFC 9438 4.8 */
    cc.cwnd_bytes = 100 * MSS;
    tcp_cc_timeout(&cc, 100 * MSS, true);
    assert_int_equal(cc.ssthresh_bytes, 70 * MSS);
    assert_int_equal(cc.cwnd_bytes, MSS);
    for (int i = 0; i < 7; i++) {
        cubic_acked(&cc, INL_S, cc.cwnd_bytes, 0); /* slow start */
    }
    assert_true(cc.u.cubic.now.running);
    assert_int_equal(cc.u.cubic.now.k, 0);
    assert_in_range(cc.u.cubic.now.w_max, 70 * MSS, 71 * MSS); /* cwnd when it began */
    assert_int_equal((cc.u.cubic.now.w_est >> 14) / MSS, 70);
}

static void test_cubic_undo(void **state) {
    struct tcp_cc cc = cubic_new(false);
    struct tcp_cc before;

    (void)state; /* RFC 9438 4.9.2 */
    cc.cwnd_bytes = 100 * MSS;
    tcp_cc_enter_recovery(&cc, 100 * MSS);
    tcp_cc_exit_recovery(&cc);
    tcp_cc_undo_close(&cc);
    for (int i = 0; i < 200; i++) {
        cubic_acked(&cc, INL_S + i * 10 * INL_MS, MSS, 100 * INL_MS);
    }
    before = cc;
    tcp_cc_enter_recovery(&cc, cc.cwnd_bytes);
    tcp_cc_set_cwnd(&cc, cc.ssthresh_bytes);
    assert_true(cc.cwnd_bytes < before.cwnd_bytes);
    tcp_cc_undo(&cc);
    assert_int_equal(cc.cwnd_bytes, before.cwnd_bytes);
    assert_int_equal(cc.ssthresh_bytes, before.ssthresh_bytes);
    assert_int_equal(cc.u.cubic.now.w_max, before.u.cubic.now.w_max);
    assert_int_equal(cc.u.cubic.now.k, before.u.cubic.now.k);
    assert_int_equal(cc.u.cubic.now.begin.ns, before.u.cubic.now.begin.ns);
    assert_int_equal(cc.u.cubic.now.w_est, before.u.cubic.now.w_est);
    tcp_cc_undo(&cc); /* once */
    assert_int_equal(cc.cwnd_bytes, before.cwnd_bytes);
    /* long after, with a cwnd that is above: nothing */
    tcp_cc_enter_recovery(&cc, cc.cwnd_bytes);
    tcp_cc_set_cwnd(&cc, 2 * before.cwnd_bytes);
    tcp_cc_undo(&cc);
    assert_int_equal(cc.cwnd_bytes, 2 * before.cwnd_bytes);
}

/* The time in which the application had nothing to send does not count (4.2, 5.8). */
static void test_cubic_pause(void **state) {
    struct tcp_cc cc = cubic_new(false);
    inl_dur begin;

    (void)state;
    cc.cwnd_bytes = 100 * MSS;
    tcp_cc_enter_recovery(&cc, 100 * MSS);
    tcp_cc_exit_recovery(&cc);
    cubic_acked(&cc, 10 * INL_S, MSS, 100 * INL_MS);
    begin = cc.u.cubic.now.begin.ns;
    assert_int_equal(begin, 10 * INL_S);
    tcp_cc_limited(&cc, false);
    cubic_acked(&cc, 14 * INL_S, MSS, 100 * INL_MS);
    assert_int_equal(cc.u.cubic.now.begin.ns, begin + 4 * INL_S);
    tcp_cc_limited(&cc, true);
    cubic_acked(&cc, 15 * INL_S, MSS, 100 * INL_MS);
    assert_int_equal(cc.u.cubic.now.begin.ns, begin + 4 * INL_S);
    tcp_cc_idle(&cc, (inl_time){60 * INL_S});
    cc.limited = true;
    cubic_acked(&cc, 75 * INL_S, MSS, 100 * INL_MS);
    assert_int_equal(cc.u.cubic.now.begin.ns, begin + 64 * INL_S);
}

static void test_cubic_never_overflows(void **state) {
    struct inl_tcp_config cfg = {.congestion = INL_CC_CUBIC};
    struct tcp_cc cc;

    (void)state;
    for (uint32_t mss = 1; mss <= 65495; mss = mss * 3 + 7) {
        tcp_cc_init(&cc, &cfg);
        tcp_cc_start(&cc, mss, 10);
        tcp_cc_limited(&cc, true);
        for (int i = 0; i < 40; i++) {
            cubic_acked(&cc, i * INL_S, UINT32_MAX, i * INL_S);
        }
        assert_int_equal(cc.cwnd_bytes, 1u << 30);
        tcp_cc_enter_recovery(&cc, UINT32_MAX);
        tcp_cc_exit_recovery(&cc);
        for (int i = 0; i < 4000; i++) {
            cubic_acked(&cc, i * 100 * INL_S, i % 2 ? UINT32_MAX : 1, 100 * INL_S);
            assert_in_range(cc.cwnd_bytes, mss, 1u << 30);
        }
    }
}

/* ---- HyStart++ ---- */

struct round {
    uint32_t nxt, una, end;
};

static const struct round first_round = {.nxt = 10 * MSS, .end = 10 * MSS};

/* One round of slow start: an ACK a segment, all with this RTT. */
static void hystart_play(struct tcp_cc *cc, struct round *r, inl_dur rtt, unsigned acks) {
    for (unsigned i = 0; i < acks; i++) {
        struct tcp_cc_ack ack = {.acked_bytes = MSS, .rtt_ns = rtt, .nxt = r->nxt};

        r->una += 1;
        ack.una = i + 1 < acks ? r->una : r->end;
        tcp_cc_on_ack(cc, &ack);
        r->una = ack.una;
        if (i + 1 == acks) {
            r->end = r->nxt;
        }
        r->nxt += 2 * MSS;
    }
}

static void test_hystart(void **state) {
    struct tcp_cc cc = cubic_new(true);
    struct round r = first_round;
    uint32_t before;

    (void)state;
    hystart_play(&cc, &r, 40 * INL_MS, 10);
    hystart_play(&cc, &r, 44 * INL_MS, 20); /* an eighth is 5 ms: not yet */
    assert_false(cc.hystart.css);
    hystart_play(&cc, &r, 50 * INL_MS, 7); /* too few samples */
    assert_false(cc.hystart.css);
    hystart_play(&cc, &r, 50 * INL_MS, 20);
    assert_false(cc.hystart.css); /* grew before, not in this round */
    hystart_play(&cc, &r, 57 * INL_MS, 20);
    assert_true(cc.hystart.css);
    before = cc.cwnd_bytes;
    hystart_play(&cc, &r, 57 * INL_MS, 20); /* a quarter */
    assert_int_equal(cc.cwnd_bytes, before + 20 * MSS / 4);
    hystart_play(&cc, &r, 56 * INL_MS, 20); /* false alarm: the RTT fell below where it began */
    assert_false(cc.hystart.css);
    before = cc.cwnd_bytes;
    hystart_play(&cc, &r, 56 * INL_MS, 20);
    assert_int_equal(cc.cwnd_bytes, before + 20 * MSS);
    hystart_play(&cc, &r, 70 * INL_MS, 20);
    assert_true(cc.hystart.css);
    for (int i = 0; i < 3; i++) {
        hystart_play(&cc, &r, 70 * INL_MS, 20);
        assert_true(cc.ssthresh_bytes > cc.cwnd_bytes);
    }
    hystart_play(&cc, &r, 70 * INL_MS, 20); /* the fifth, counting the one in which it began */
    assert_false(cc.hystart.on);
    assert_true(cc.cwnd_bytes >= cc.ssthresh_bytes);
    assert_int_equal(cc.u.cubic.now.k, 0); /* no W_max */
}

/* The threshold is at least 4 ms and at most 16 ms (RFC 9406 4.2). */
static void test_hystart_thresholds(void **state) {
    static const struct {
        inl_dur base, above, below;
    } rows[] = {
        {2 * INL_MS, 6 * INL_MS, 6 * INL_MS - 1000},
        {80 * INL_MS, 90 * INL_MS, 90 * INL_MS - 1000},
        {400 * INL_MS, 416 * INL_MS, 416 * INL_MS - 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int over = 0; over < 2; over++) {
            struct tcp_cc cc = cubic_new(true);
            struct round r = first_round;

            hystart_play(&cc, &r, rows[i].base, 20);
            hystart_play(&cc, &r, rows[i].base, 20);
            hystart_play(&cc, &r, over ? rows[i].above : rows[i].below, 20);
            assert_int_equal(cc.hystart.css, over);
        }
    }
}

static void test_hystart_ends_with_a_loss(void **state) {
    struct tcp_cc cc = cubic_new(true);
    struct round r = first_round;

    (void)state;
    tcp_cc_enter_recovery(&cc, cc.cwnd_bytes);
    assert_false(cc.hystart.on);
    cc = cubic_new(true);
    tcp_cc_ecn(&cc, cc.cwnd_bytes);
    assert_false(cc.hystart.on);
    cc = cubic_new(true);
    tcp_cc_timeout(&cc, cc.cwnd_bytes, true);
    hystart_play(&cc, &r, 10 * INL_MS, 20); /* later slow starts do without (4.3) */
    hystart_play(&cc, &r, 100 * INL_MS, 20);
    assert_false(cc.hystart.css);
}

/* ---- DCTCP ---- */

static struct tcp_cc dctcp_new(void) {
    struct inl_tcp_config cfg = {.congestion = INL_CC_DCTCP};
    struct tcp_cc cc;

    tcp_cc_init(&cc, &cfg);
    tcp_cc_start(&cc, MSS, 10);
    tcp_cc_limited(&cc, true);
    return cc;
}

/* A window of ten ACKs, of which the first `marked` say so. */
static void dctcp_window(struct tcp_cc *cc, uint32_t *una, unsigned marked) {
    for (unsigned i = 0; i < 10; i++) {
        struct tcp_cc_ack ack = {.acked_bytes = MSS, .ece = i < marked};

        *una += MSS;
        ack.una = *una;
        ack.nxt = *una + 9 * MSS;
        tcp_cc_on_ack(cc, &ack);
    }
}

static void test_dctcp_alpha(void **state) {
    struct tcp_cc cc = dctcp_new();
    double alpha = 1;
    uint32_t una = 0;

    (void)state; /* RFC 8257 3.3, against the equation */
    cc.ssthresh_bytes = 0;
    for (unsigned round = 0; round < 300; round++) {
        unsigned marked = round < 100 ? 0 : round < 200 ? 3 : 10;

        if (round == 0) { /* the first window ends with the first ACK */
            struct tcp_cc_ack ack = {.acked_bytes = MSS, .una = una + MSS, .nxt = una + 10 * MSS};

            una += MSS;
            tcp_cc_on_ack(&cc, &ack);
            alpha = alpha * 15 / 16;
        }
        dctcp_window(&cc, &una, marked);
        alpha = alpha * 15 / 16 + marked / 10.0 / 16;
        if (fabs((double)cc.u.dctcp.alpha / (1 << 20) - alpha) > 0.001) {
            fail_msg("round %u: alpha %u, %g", round, cc.u.dctcp.alpha, alpha);
        }
    }
    assert_in_range(cc.u.dctcp.alpha, (1 << 20) * 99 / 100, 1 << 20);
    for (unsigned round = 0; round < 300; round++) {
        dctcp_window(&cc, &una, 0);
    }
    assert_int_equal(cc.u.dctcp.alpha, 0); /* 4.2 */
}

static void test_dctcp_response(void **state) {
    struct tcp_cc cc = dctcp_new();

    (void)state;
    cc.cwnd_bytes = 100 * MSS;
    tcp_cc_ecn(&cc, 100 * MSS); /* alpha is 1 at first: the half */
    assert_int_equal(cc.cwnd_bytes, 50 * MSS);
    cc.u.dctcp.alpha = 1 << 18;
    tcp_cc_ecn(&cc, 50 * MSS); /* an eighth */
    assert_int_equal(cc.cwnd_bytes, 43750);
    assert_int_equal(cc.ssthresh_bytes, 43750);
    tcp_cc_enter_recovery(&cc, 40 * MSS); /* 3.5: a loss is a loss */
    assert_int_equal(cc.ssthresh_bytes, 20 * MSS);
    tcp_cc_timeout(&cc, 20 * MSS, true);
    assert_int_equal(cc.cwnd_bytes, MSS);
}

/* With AccECN the peer says how many bytes. */
static void test_dctcp_bytes(void **state) {
    struct tcp_cc cc = dctcp_new();
    struct tcp_cc_ack ack = {.acked_bytes = MSS, .una = MSS, .nxt = 11 * MSS};

    (void)state;
    tcp_cc_on_ack(&cc, &ack);
    cc.u.dctcp.alpha = 0;
    ack = (struct tcp_cc_ack){
        .acked_bytes = 10 * MSS, .ce_bytes = 4 * MSS, .una = 11 * MSS + 1, .nxt = 20 * MSS};
    tcp_cc_on_ack(&cc, &ack);
    assert_in_range(cc.u.dctcp.alpha, (1 << 20) * 4 / 160 - 2, (1 << 20) * 4 / 160 + 2);
}

/* ---- RFC 7661 ---- */

struct cwv {
    struct tcp_cc cc;
    inl_dur now;
    uint32_t una;
};

static void cwv_init(struct cwv *v, uint32_t segs) {
    struct inl_tcp_config cfg = {.congestion = INL_CC_NEWRENO, .cwnd_validation = true};

    tcp_cc_init(&v->cc, &cfg);
    tcp_cc_start(&v->cc, MSS, 10);
    tcp_cc_limited(&v->cc, true);
    v->cc.cwnd_bytes = segs * MSS;
    v->cc.ssthresh_bytes = segs * MSS;
    v->now = INL_S;
    v->una = UINT32_MAX - 20 * MSS;
}

/* A round trip of 100 ms in which so many segments are acknowledged, one by one. */
static void cwv_round(struct cwv *v, unsigned segs) {
    uint32_t end = v->una + segs * MSS;

    tcp_cc_limited(&v->cc, segs * MSS >= v->cc.cwnd_bytes);
    for (unsigned i = 0; i < segs; i++) {
        struct tcp_cc_ack ack = {.acked_bytes = MSS, .srtt_ns = 100 * INL_MS, .nxt = end};

        v->una += MSS;
        v->now += 100 * INL_MS / segs;
        ack.now.ns = v->now;
        ack.una = v->una;
        tcp_cc_on_ack(&v->cc, &ack);
    }
}

static void test_cwv_pipe_ack(void **state) {
    struct cwv v;

    (void)state;
    cwv_init(&v, 40);
    assert_false(v.cc.cwv.known);
    cwv_round(&v, 30);
    assert_int_equal(tcp_cwv_pipe(&v.cc), 30 * MSS);
    assert_false(v.cc.cwv.unproven);
    cwv_round(&v, 10);
    assert_int_equal(tcp_cwv_pipe(&v.cc), 30 * MSS); /* the most in the period */
    for (int i = 0; i < 10; i++) {
        cwv_round(&v, 10);
    }
    assert_int_equal(tcp_cwv_pipe(&v.cc), 10 * MSS); /* a second later */
    assert_true(v.cc.cwv.unproven);
    assert_int_equal(v.cc.cwnd_bytes, 40 * MSS); /* kept */
    cwv_round(&v, 20);
    assert_false(v.cc.cwv.unproven); /* half of it is enough */
}

static void test_cwv_loss(void **state) {
    struct cwv v;
    struct tcp_cc_ack lost = {.phase = TCP_CC_RECOVERY, .lost_bytes = 4 * MSS};

    (void)state; /* 4.4.1 */
    cwv_init(&v, 40);
    for (int i = 0; i < 20; i++) {
        cwv_round(&v, 16);
    }
    assert_true(v.cc.cwv.unproven);
    tcp_cc_enter_recovery(&v.cc, 6 * MSS);
    assert_int_equal(v.cc.ssthresh_bytes, 8 * MSS); /* max(16, 6) / 2 */
    tcp_cc_on_ack(&v.cc, &lost);
    tcp_cc_exit_recovery(&v.cc);
    assert_int_equal(v.cc.cwnd_bytes, 6 * MSS); /* (16 - 4) / 2 */
    assert_false(v.cc.cwv.known);
    /* a window that was used: from the flight, nothing more is taken off */
    cwv_init(&v, 20);
    cwv_round(&v, 20);
    tcp_cc_enter_recovery(&v.cc, 18 * MSS);
    tcp_cc_on_ack(&v.cc, &lost);
    tcp_cc_exit_recovery(&v.cc);
    assert_int_equal(v.cc.cwnd_bytes, 9 * MSS);
}

static void test_cwv_five_minutes(void **state) {
    struct cwv v;

    (void)state; /* 4.4.3 */
    cwv_init(&v, 80);
    cwv_round(&v, 80);
    tcp_cc_idle(&v.cc, (inl_time){v.now + 200 * INL_S});
    assert_in_range(v.cc.cwnd_bytes, 80 * MSS, 81 * MSS);
    assert_true(v.cc.cwv.unproven);
    v.cc.cwnd_bytes = 80 * MSS;
    tcp_cc_idle(&v.cc, (inl_time){v.now + 310 * INL_S});
    assert_int_equal(v.cc.cwnd_bytes, 40 * MSS);
    assert_int_equal(v.cc.ssthresh_bytes, 80 * MSS);
    v.cc.ssthresh_bytes = 10 * MSS;
    tcp_cc_idle(&v.cc, (inl_time){v.now + 610 * INL_S});
    assert_int_equal(v.cc.cwnd_bytes, 20 * MSS);
    assert_int_equal(v.cc.ssthresh_bytes, 30 * MSS); /* three quarters of 40 */
    tcp_cc_idle(&v.cc, (inl_time){v.now + 10000 * INL_S});
    assert_int_equal(v.cc.cwnd_bytes, 10 * MSS); /* not below the initial window */
    /* an application that trickles on for that long */
    cwv_init(&v, 80);
    for (int i = 0; i < 3100; i++) {
        cwv_round(&v, 2);
    }
    assert_int_equal(v.cc.cwnd_bytes, 40 * MSS);
}

/* ---- what they share ---- */

/* RFC 3465 2.2: L */
static void test_abc_limit(void **state) {
    struct tcp_cc cc = cc_new(1000, 10);

    (void)state;
    cc.abc_limit_segs = 2;
    acked(&cc, 5000, TCP_CC_OPEN);
    assert_int_equal(cc.cwnd_bytes, 12000);
    acked(&cc, 1500, TCP_CC_OPEN);
    assert_int_equal(cc.cwnd_bytes, 13500);
    acked(&cc, 5000, TCP_CC_LOSS); /* 2.3: one after a timeout */
    assert_int_equal(cc.cwnd_bytes, 14500);
}

static void test_switch(void **state) {
    struct tcp_cc cc = cc_new(1000, 10);

    (void)state;
    acked(&cc, 10000, TCP_CC_OPEN);
    tcp_cc_use(&cc, NULL, &tcp_cc_cubic);
    assert_int_equal(cc.cwnd_bytes, 20000);
    assert_true(cc.u.cubic.now.flat);
    assert_false(cc.hystart.on); /* not in the middle */
    tcp_cc_enter_recovery(&cc, 20000);
    assert_int_equal(cc.ssthresh_bytes, 14000);
    tcp_cc_use(&cc, NULL,
               &tcp_cc_newreno); /* in the middle of an episode: nothing to undo any more */
    tcp_cc_undo(&cc);
    assert_int_equal(cc.ssthresh_bytes, 14000);
}

static void test_ecn(void **state) {
    struct tcp_cc cc = cc_new(1000, 10);

    (void)state; /* RFC 3168 6.1.2; RFC 9438 4.6: down to one segment, ssthresh to two */
    tcp_cc_ecn(&cc, 10000);
    assert_int_equal(cc.cwnd_bytes, 5000);
    assert_int_equal(cc.ssthresh_bytes, 5000);
    tcp_cc_ecn(&cc, 1000);
    assert_int_equal(cc.cwnd_bytes, 1000);
    assert_int_equal(cc.ssthresh_bytes, 2000);
    tcp_cc_undo(&cc);
    assert_int_equal(cc.cwnd_bytes, 1000);
}

static void test_names(void **state) {
    (void)state;
    assert_string_equal(inl_cc_name(INL_CC_NEWRENO), "newreno");
    assert_string_equal(inl_cc_name(INL_CC_CUBIC), "cubic");
    assert_null(inl_cc_name(INL_CC_ALGOS_MAX));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cc_initial_window),
        cmocka_unit_test(test_cc_smaller_mss),
        cmocka_unit_test(test_cc_growth),
        cmocka_unit_test(test_cc_timeout),
        cmocka_unit_test(test_cc_never_overflows),
        cmocka_unit_test(test_cubic_curve),
        cmocka_unit_test(test_cubic_fast_convergence),
        cmocka_unit_test(test_cubic_timeout),
        cmocka_unit_test(test_cubic_undo),
        cmocka_unit_test(test_cubic_pause),
        cmocka_unit_test(test_cubic_never_overflows),
        cmocka_unit_test(test_hystart),
        cmocka_unit_test(test_hystart_thresholds),
        cmocka_unit_test(test_hystart_ends_with_a_loss),
        cmocka_unit_test(test_dctcp_alpha),
        cmocka_unit_test(test_dctcp_response),
        cmocka_unit_test(test_dctcp_bytes),
        cmocka_unit_test(test_cwv_pipe_ack),
        cmocka_unit_test(test_cwv_loss),
        cmocka_unit_test(test_cwv_five_minutes),
        cmocka_unit_test(test_abc_limit),
        cmocka_unit_test(test_switch),
        cmocka_unit_test(test_ecn),
        cmocka_unit_test(test_names),

    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
