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
 * three answers are quick (quick.h): surely nothing, surely something, and ask. tcp_settle_agrees()
 * holds the first two, the plan that follows from them, and the notes that they leave against the
 * long way.
 *
 * What a plain connection does (plain.h) is settled by tcp_plain_settle().
 *
 * Owns tcp_conn.plain; and tcp_conn.in_ready, with conn.c, which takes a connection out of the list.
 */
#include "tcp/plain.h"
#include "tcp/quick.h"

/* Is there something to send? */
static bool has_work(struct tcp_conn *c) {
    struct tcp_plan plan;
    uint32_t len;
    enum quick_work work = quick_work(c, &len);

    if (work == QUICK_ASK) {
        return tcp_output_plan_asked(c, &plan);
    }
    quick_work_notes(c);
    return work == QUICK_SURE;
}

bool tcp_settle_agrees(const struct tcp_conn *c) {
    struct tcp_conn quick = *c;
    struct tcp_conn asked = *c;
    struct tcp_plan a, b;
    uint32_t len;
    bool sure;

    if (quick_work(c, &len) == QUICK_ASK || c->rtxq.n == c->rtxq.cap) {
        return true; /* the long way would make room in the queue */
    }
    sure = tcp_output_plan(&quick, &a);
    if (tcp_output_plan_asked(&asked, &b) != sure || quick.pace.waits != asked.pace.waits ||
        quick.cc.limited != asked.cc.limited || quick.rate.app_limited != asked.rate.app_limited ||
        quick.rate.app_limited_end != asked.rate.app_limited_end) {
        return false;
    }
    return !sure || (seq_eq(a.seq, b.seq) && a.data_len == b.data_len && a.flags == b.flags &&
                     a.kind == b.kind && a.cause == b.cause && a.rtx == b.rtx);
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
    if (c->tcp->scattered && timer_armed(&c->tmr.node)) {
        tcp_timers_exact(c);
    }
    quick_mem_update(c); /* the plan may have made room in the retransmission queue */
    quick_rest_later(c);
    c->plain = tcp_plain_is(c);
}

void tcp_conn_touch(struct tcp_conn *c) {
    c->plain = false; /* until it is settled */
    if (c->in_ready) {
        tcp_conn_settle(c);
    } else if (c->state != INL_TCP_CLOSED && list_empty(&c->turn)) {
        list_add_tail(&c->tcp->touched, &c->turn);
    }
}
