/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settle.c - an event is over: what follows from the state
 *
 * Every event on a connection ends here. Is there something to send? Then the connection takes its
 * place in the ready list of its link. Which deadlines follow from what is outstanding? And what do
 * its buffers hold now?
 *
 * tcp_output_plan() knows what is to be sent, but most events need no such question: after a
 * segment in order there is nothing to send, and after a write there is, if windows are open. So
 * three answers are quick: surely nothing, surely something, and ask. The first two follow from the
 * rules of output.c for a connection on which nothing is being repaired or probed, and leave the
 * same notes. tcp_settle_agrees() holds them against the plan.
 *
 * Owns tcp_conn.in_ready, with conn.c, which takes a connection out of the list.
 */
#include "tcp/quick.h"

enum work { WORK_NONE, WORK_SURE, WORK_ASK };

/* Something other than new data and ACKs that may ride on it could want a segment, or decides about
 * new data. */
static bool is_special(const struct tcp_conn *c) {
    return (c->state != INL_TCP_ESTABLISHED && c->state != INL_TCP_CLOSE_WAIT) ||
           (c->ackd.runs | c->rack.tlp_due | c->tmr.probe | c->tmr.keep_probe | c->undo.frto |
            c->snd.fin_wanted | c->ecn.hold | c->pmtud.state) != 0 ||
           c->rec.dupacks != 0 || c->rtxq.lost_bytes != 0 || c->rtxq.sacked_bytes != 0;
}

/* New data, of which there is some: does output.c's plan_new() surely name a segment? */
static bool data_may_go(const struct tcp_conn *c, uint64_t unsent) {
    uint32_t flight = tcp_snd_flight(c);
    uint32_t mss = c->opt.snd_mss_bytes;
    uint32_t len = unsent < mss ? (uint32_t)unsent : mss;

    if (flight >= c->snd.wnd_bytes || len > c->snd.wnd_bytes - flight ||
        (flight > 0 && (flight >= c->cc.cwnd_bytes || len > c->cc.cwnd_bytes - flight)) ||
        c->rtxq.n >= c->rtxq.cap || inl_time_before(c->tcp->env->now, c->pace.next) ||
        !quick_no_options(c)) {
        return false;
    }
    return len == mss || ((flight == 0 || c->opts.nodelay) && !tcp_snd_held(c));
}

static enum work work_of(const struct tcp_conn *c) {
    uint64_t unsent;

    if (is_special(c)) {
        return WORK_ASK;
    }
    unsent = tcp_snd_unsent(c);
    if (unsent > 0) {
        return data_may_go(c, unsent) ? WORK_SURE : WORK_ASK;
    }
    return c->ackd.now == INL_CAUSE_NONE ? WORK_NONE : WORK_SURE;
}

/* Is there something to send? Leaves the notes that tcp_output_plan() leaves. */
static bool has_work(struct tcp_conn *c) {
    enum work work = work_of(c);
    struct tcp_plan plan;

    if (work == WORK_ASK) {
        return tcp_output_plan(c, &plan);
    }
    c->pace.waits = false;
    tcp_cc_limited(&c->cc, false);
    if (tcp_snd_unsent(c) == 0) {
        tcp_rate_app_limited(c);
    }
    return work == WORK_SURE;
}

bool tcp_settle_agrees(const struct tcp_conn *c) {
    struct tcp_conn copy = *c;
    enum work work = work_of(c);
    struct tcp_plan plan;

    if (work == WORK_ASK || (c->rtxq.n == c->rtxq.cap && tcp_snd_unsent(c) > 0)) {
        return true; /* the plan would make room in the queue */
    }
    return tcp_output_plan(&copy, &plan) == (work == WORK_SURE);
}

static void make_ready(struct tcp_conn *c) {
    /* without a route the segment is built all the same: ip_out() refuses it */
    tcp_conn_path(c);
    list_del(&c->turn);
    list_add_tail(&c->tcp->ready[c->path.link], &c->turn);
    c->in_ready = true;
}

/* Nothing is outstanding, and nothing waits for a window: no deadline follows. */
static bool no_deadlines(const struct tcp_conn *c) {
    return c->rtxq.n == 0 && c->snd.wnd_bytes > 0 && tcp_state_synced(c) && !c->pace.waits &&
           (c->in_ready || (!c->snd.fin_wanted && tcp_snd_unsent(c) == 0));
}

static void settle_timers(struct tcp_conn *c) {
    if (!no_deadlines(c)) {
        tcp_timers_settle(c, c->in_ready);
        return;
    }
    quick_tmr_clear(c, TCP_TMR_RTO);
    quick_tmr_clear(c, TCP_TMR_RACK);
    quick_tmr_clear(c, TCP_TMR_TLP);
    quick_tmr_clear(c, TCP_TMR_PACE);
    quick_tmr_clear(c, TCP_TMR_PERSIST);
    quick_tmr_clear(c, TCP_TMR_GIVE_UP);
    c->rack.tlp_due = false;
    c->tmr.probe = false;
}

void tcp_conn_settle(struct tcp_conn *c) {
    if (c->state == INL_TCP_CLOSED || c->state == INL_TCP_TIME_WAIT) {
        tcp_mem_update(c);
        return;
    }
    if (!c->in_ready && has_work(c)) {
        make_ready(c);
    }
    settle_timers(c);
    quick_mem_update(c); /* the plan may have made room in the retransmission queue */
    quick_rest_later(c);
}

void tcp_conn_touch(struct tcp_conn *c) {
    if (c->in_ready) {
        tcp_conn_settle(c);
    } else if (c->state != INL_TCP_CLOSED && list_empty(&c->turn)) {
        list_add_tail(&c->tcp->touched, &c->turn);
    }
}
