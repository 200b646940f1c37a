/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timers.c - every deadline of a connection
 *
 * Owns tcp_conn.tmr. One timer node in the wheel stands for all of them:
 *
 *   RACK        segments sent before one that has arrived are late (RFC 8985 6.2 step 5); the
 *               RTO waits meanwhile (section 8)
 *   TLP         nothing is heard of the last segments: probe, and restart the RTO (7)
 *   RTO         data, SYN or FIN is outstanding and the window is not closed (RFC 6298)
 *   PERSIST     the window is closed and something waits: probe it (RFC 9293 3.8.6.1), or a
 *               small segment is held back by SWS avoidance with nothing in flight: override
 *   DELACK      an ACK is owed (delack.c)
 *   KEEPALIVE   the application wants to know about a dead peer (RFC 9293 3.8.4)
 *   GIVE_UP     R2: something waits for the peer, and for how long at most (3.8.3)
 *   PACE        tokens (pace.c)
 *   FIN_WAIT2   an orphan waits for the peer's FIN
 *
 * The node is armed for the earliest; a deadline that moves later leaves it where it is, and
 * when it fires too early it is armed anew. So an ACK that restarts the RTO costs one store. But
 * where traffic jumps about among many connections, firing for nothing means fetching a connection
 * from memory; there the node follows at once, while its neighbours in the wheel are fresh
 * (tcp_timers_exact()).
 *
 * RTO, PERSIST and GIVE_UP follow from the state: tcp_timers_settle() looks at what is
 * outstanding after each event, nobody else starts them. Invariant (tcp_check()): work that
 * waits for the peer has a deadline.
 *
 * Functions are named by what happened.
 */
#include "tcp/quick.h"

#include <errno.h>

void tcp_tmr_init(struct tcp_conn *c) {
    timer_init(&c->tmr.node, TIMER_TCP_CONN);
    timer_init(&c->tmr.rest, TIMER_TCP_REST);
    for (int i = 0; i < TCP_TMR_MAX; i++) {
        c->tmr.due[i] = INL_TIME_NEVER;
    }
}

void tcp_tmr_set(struct tcp_conn *c, enum tcp_tmr which, inl_time due) {
    quick_tmr_set(c, which, due);
}

void tcp_tmr_clear(struct tcp_conn *c, enum tcp_tmr which) {
    c->tmr.due[which] = INL_TIME_NEVER;
}

static void tmr_in(struct tcp_conn *c, enum tcp_tmr which, inl_dur in_ns) {
    quick_tmr_set(c, which, inl_time_add(c->tcp->env->now, in_ns));
}

void tcp_timers_stop(struct tcp_conn *c) {
    for (int i = 0; i < TCP_TMR_MAX; i++) {
        c->tmr.due[i] = INL_TIME_NEVER;
    }
    timer_cancel(&c->tcp->env->wheel, &c->tmr.node);
    timer_cancel(&c->tcp->env->wheel, &c->tmr.rest);
}

/* R2: what the application says, what the two ends have agreed on, or the host's own limit. */
static inl_dur limit_ns(const struct tcp_conn *c) {
    inl_dur agreed = c->uto.remote_s > 0 ? tcp_uto_ns(c) : 0;

    if (agreed > 0) {
        return agreed;
    }
    if (c->opts.user_timeout_ns > 0) {
        return c->opts.user_timeout_ns;
    }
    return tcp_state_synced(c) ? c->tcp->cfg.give_up_ns : c->tcp->cfg.syn_give_up_ns;
}

static inl_dur give_up_ns(const struct tcp_conn *c) {
    inl_dur ns = limit_ns(c);

    return c->orphan && c->tcp->cfg.orphan_ns < ns ? c->tcp->cfg.orphan_ns : ns;
}

/* ---- events ---- */

void tcp_timers_heard(struct tcp_conn *c) {
    c->tmr.heard = c->tcp->env->now;
    c->tmr.keep_sent = 0;
}

void tcp_timers_progress(struct tcp_conn *c, bool restart_rto) {
    c->tmr.progress = c->tcp->env->now;
    c->tmr.persist_shift = 0;
    c->soft_err = 0; /* whatever a router said, the path works */
    quick_tmr_clear(c, TCP_TMR_GIVE_UP);
    if (c->rtxq.n == 0) {
        quick_tmr_clear(c, TCP_TMR_RTO);
    } else if (restart_rto) {
        tmr_in(c, TCP_TMR_RTO, tcp_rto_ns(c));
    }
}

void tcp_timers_established(struct tcp_conn *c) {
    if (c->opts.keepalive) {
        tmr_in(c, TCP_TMR_KEEPALIVE, c->opts.keep_idle_ns);
    } else {
        tcp_tmr_clear(c, TCP_TMR_KEEPALIVE);
    }
}

void tcp_timers_limit_changed(struct tcp_conn *c) {
    if (tcp_tmr_armed(c, TCP_TMR_GIVE_UP)) {
        tcp_tmr_set(c, TCP_TMR_GIVE_UP, inl_time_add(c->tmr.progress, give_up_ns(c)));
    }
}

void tcp_timers_orphaned(struct tcp_conn *c) {
    tcp_timers_limit_changed(c);
    if (c->orphan && c->state == INL_TCP_FIN_WAIT_2) {
        tmr_in(c, TCP_TMR_FIN_WAIT2, c->tcp->cfg.fin_wait2_ns);
    }
}

/* What a probe sent was perhaps refused: it goes again at once, not after an RTO. */
void tcp_timers_window_opened(struct tcp_conn *c) {
    c->tmr.persist_shift = 0;
    c->tmr.probe = false;
    if (tcp_state_synced(c)) {
        tcp_output_extend_probe(c);
        tcp_rec_force(c, TCP_FORCE_WINDOW);
    }
}

static inl_dur persist_ns(const struct tcp_conn *c) {
    inl_dur rto = tcp_rto_ns(c);
    inl_dur max = c->tcp->cfg.rto_max_ns;

    return rto > max >> c->tmr.persist_shift ? max : rto << c->tmr.persist_shift;
}

void tcp_timers_probe_sent(struct tcp_conn *c) {
    c->tmr.probe = false;
    if (c->tmr.persist_shift < 16) {
        c->tmr.persist_shift++;
    }
    tmr_in(c, TCP_TMR_PERSIST, persist_ns(c));
}

void tcp_timers_keep_sent(struct tcp_conn *c) {
    c->tmr.keep_probe = false;
    c->tmr.keep_sent++;
}

/* ---- what follows from the state ---- */

bool tcp_wnd_closed(const struct tcp_conn *c) {
    return tcp_state_synced(c) && c->snd.wnd_bytes == 0;
}

static bool has_unsent(const struct tcp_conn *c) {
    return tcp_state_synced(c) &&
           (tcp_snd_unsent(c) > 0 || (c->snd.fin_wanted && !c->snd.fin_sent));
}

static void settle_persist(struct tcp_conn *c, bool closed, bool unsent, bool ready) {
    bool outstanding = c->rtxq.n > 0;

    if (closed && (outstanding || unsent)) {
        if (!tcp_tmr_armed(c, TCP_TMR_PERSIST) && !c->tmr.probe) {
            tmr_in(c, TCP_TMR_PERSIST, persist_ns(c));
        }
    } else if (unsent && (!outstanding || tcp_snd_held(c)) && !ready && !c->pace.waits) {
        if (!tcp_tmr_armed(c, TCP_TMR_PERSIST)) {
            tmr_in(c, TCP_TMR_PERSIST, c->ecn.hold ? tcp_rto_ns(c) : TCP_SWS_NS);
        }
    } else {
        tcp_tmr_clear(c, TCP_TMR_PERSIST);
        c->tmr.probe = false;
    }
}

void tcp_timers_exact(struct tcp_conn *c) {
    inl_time next = INL_TIME_NEVER;

    for (int i = 0; i < TCP_TMR_MAX; i++) {
        next = inl_time_min(next, c->tmr.due[i]);
    }
    if (inl_time_before(c->tmr.node.due, next)) {
        timer_arm(&c->tcp->env->wheel, &c->tmr.node, next);
    }
}

void tcp_timers_waits(struct tcp_conn *c) {
    c->tmr.progress = c->tcp->env->now;
    tmr_in(c, TCP_TMR_GIVE_UP, give_up_ns(c));
}

void tcp_timers_settle(struct tcp_conn *c, bool ready) {
    bool closed = tcp_wnd_closed(c);
    bool unsent = has_unsent(c);

    if (c->rtxq.n == 0 || closed) {
        tcp_tmr_clear(c, TCP_TMR_RTO);
        tcp_tmr_clear(c, TCP_TMR_RACK);
    } else if (!tcp_tmr_armed(c, TCP_TMR_RTO) && !tcp_tmr_armed(c, TCP_TMR_RACK)) {
        tmr_in(c, TCP_TMR_RTO, tcp_rto_ns(c));
    }
    if (c->rack.tlp_due || tcp_tmr_armed(c, TCP_TMR_TLP)) {
        tcp_tlp_settle(c);
    }
    if (c->pace.waits || tcp_tmr_armed(c, TCP_TMR_PACE)) {
        tcp_pace_settle(c);
    }
    settle_persist(c, closed, unsent, ready);
    if (c->rtxq.n == 0 && !(closed && unsent)) {
        tcp_tmr_clear(c, TCP_TMR_GIVE_UP);
    } else if (!tcp_tmr_armed(c, TCP_TMR_GIVE_UP)) {
        tcp_timers_waits(c);
    }
}

/* ---- expiry ---- */

static void on_rto(struct tcp_conn *c) {
    if (c->rtxq.n == 0 || tcp_wnd_closed(c)) {
        return;
    }
    if (tcp_state_synced(c)) {
        tcp_pmtud_timeout(c);
        tcp_rec_timeout(c);
    } else {
        tcp_rtt_syn_rtx(c);
        tcp_tfo_timeout(c);
        tcp_rec_force(c, TCP_FORCE_RTO);
    }
    tcp_rto_backoff(c);
    if (c->rtt.backoff >= TCP_R1_RTX) { /* RFC 9293 3.8.3 (b): reaches or exceeds */
        ip_neigh_doubt(c->tcp->ip, &c->path);
    }
    if (c->rtt.backoff == TCP_R1_RTX) { /* (c) */
        tcp_conn_event(c, INL_EV_TROUBLE);
    }
    tmr_in(c, TCP_TMR_RTO, tcp_rto_ns(c));
}

static void on_persist(struct tcp_conn *c) {
    if (tcp_wnd_closed(c)) {
        c->tmr.probe = true;
    } else {
        c->tmr.sws_override = true;
        tcp_ecn_on_rto(c);
    }
}

/* A user timeout also decides how long a peer may stay silent to probes. */
static bool keep_is_over(const struct tcp_conn *c) {
    inl_dur silent = inl_time_sub(c->tcp->env->now, c->tmr.heard);

    if (c->opts.user_timeout_ns > 0) {
        return c->tmr.keep_sent > 0 && silent >= c->opts.user_timeout_ns;
    }
    return c->tmr.keep_sent >= c->opts.keep_count;
}

static void on_keepalive(struct tcp_conn *c) {
    inl_time idle_end = inl_time_add(c->tmr.heard, c->opts.keep_idle_ns);

    if (!c->opts.keepalive || !tcp_state_synced(c)) {
        return;
    }
    if (c->rtxq.n > 0) { /* MUST-26; then the RTO finds out */
        tmr_in(c, TCP_TMR_KEEPALIVE, c->opts.keep_idle_ns);
    } else if (inl_time_before(c->tcp->env->now, idle_end)) {
        tcp_tmr_set(c, TCP_TMR_KEEPALIVE, idle_end);
    } else if (keep_is_over(c)) {
        tcp_conn_reset(c, ETIMEDOUT, INL_CAUSE_TCP_RST_TIMEOUT);
    } else {
        c->tmr.keep_probe = true;
        tmr_in(c, TCP_TMR_KEEPALIVE, c->opts.keep_intvl_ns);
    }
}

/*
 * R2. A peer with a closed window that answers probes is alive, however long it takes
 * (MUST-37): but only a socket may wait so long, an orphan's memory is ours to defend. And
 * an application that has set a limit means it (RFC 6429 4).
 */
static void on_give_up(struct tcp_conn *c) {
    inl_time since = c->tmr.progress;
    inl_time due;

    if (tcp_wnd_closed(c) && c->owned && c->opts.user_timeout_ns == 0) {
        since = inl_time_max(since, c->tmr.heard);
    }
    due = inl_time_add(since, give_up_ns(c));
    if (inl_time_before(c->tcp->env->now, due)) {
        tcp_tmr_set(c, TCP_TMR_GIVE_UP, due);
    } else if (tcp_state_synced(c)) {
        tcp_conn_reset(c, c->soft_err ? c->soft_err : ETIMEDOUT, INL_CAUSE_TCP_RST_TIMEOUT);
    } else {
        tcp_conn_finish(c, c->soft_err ? c->soft_err : ETIMEDOUT);
    }
}

static void on_fin_wait2(struct tcp_conn *c) {
    if (c->orphan && c->state == INL_TCP_FIN_WAIT_2) {
        tcp_conn_finish(c, 0);
    }
}

static void on_due(struct tcp_conn *c, enum tcp_tmr which) {
    switch (which) {
    case TCP_TMR_RACK:
        tcp_rec_on_rack_timer(c);
        break;
    case TCP_TMR_TLP:
        tcp_tlp_on_timer(c);
        break;
    case TCP_TMR_RTO:
        on_rto(c);
        break;
    case TCP_TMR_PERSIST:
        on_persist(c);
        break;
    case TCP_TMR_DELACK:
        tcp_ackd_on_timer(c);
        break;
    case TCP_TMR_KEEPALIVE:
        on_keepalive(c);
        break;
    case TCP_TMR_GIVE_UP:
        on_give_up(c);
        break;
    case TCP_TMR_FIN_WAIT2:
        on_fin_wait2(c);
        break;
    case TCP_TMR_PACE: /* settling looks what may go now */
    case TCP_TMR_MAX:
        break;
    }
}

static void conn_on_timer(struct tcp_conn *c) {
    inl_time now = c->tcp->env->now;
    inl_time next = INL_TIME_NEVER;
    inl_time rest = c->tmr.rest_at;
    bool news = false;

    quick_conn_fetch(c->tcp, c);
    for (int i = 0; i < TCP_TMR_MAX && c->state != INL_TCP_CLOSED; i++) {
        if (c->tmr.due[i].ns <= now.ns) {
            c->tmr.due[i] = INL_TIME_NEVER;
            news = true;
            on_due(c, (enum tcp_tmr)i);
        }
    }
    if (c->state == INL_TCP_CLOSED) {
        return;
    }
    for (int i = 0; i < TCP_TMR_MAX; i++) {
        next = inl_time_min(next, c->tmr.due[i]);
    }
    timer_arm(&c->tcp->env->wheel, &c->tmr.node, next);
    tcp_conn_settle(c);
    if (!news) {
        c->tmr.rest_at = rest; /* the node fired too early, and that is no event */
    }
}

void tcp_timer(struct tcp *tcp, struct timer *timer) {
    if (timer->kind == TIMER_TCP_TIME_WAIT) {
        tcp_tw_on_timer(tcp);
    } else if (timer->kind == TIMER_TCP_SYN) {
        tcp_synq_on_timer(tcp, TIMER_ENTRY(timer, struct tcp_syn, timer));
    } else if (timer->kind == TIMER_TCP_REST) {
        tcp_rest_on_timer(TIMER_ENTRY(timer, struct tcp_conn, tmr.rest));
    } else {
        conn_on_timer(TIMER_ENTRY(timer, struct tcp_conn, tmr.node));
    }
    tcp_reap(tcp);
}
