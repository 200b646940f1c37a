/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recovery.c - episodes of loss recovery (RFC 5681 3.2, 6582, 3042, 6675 5, 6937)
 *
 * Owns tcp_conn.rec. An episode begins when something is found lost, takes the window down once,
 * and ends when all that was outstanding at its begin is acknowledged (or proves to be a false
 * alarm: undo.c). Who finds losses:
 *
 *   with SACK     RACK, by time (rack.c). The window during fast recovery is PRR's: it gets to
 *                 ssthresh in proportion to what arrives, and when less is in flight than that,
 *                 grows as in slow start while ACKs advance and nothing more is found lost,
 *                 else sends one byte for each that arrives (RFC 6937 3: PRR-SSRB, PRR-CRB).
 *   without       the third duplicate ACK, and each partial ACK thereafter (NewReno)
 *   both          the retransmission timer
 *
 * The first loss of an episode goes out whatever cwnd says (`force`), others within cwnd.
 *
 * Without SACK, duplicate ACKs are counted only while something is outstanding. A new fast recovery
 * begins only if all data of the last episode is acknowledged (RFC 6582 3.2 step 1), so that
 * duplicate ACKs for needlessly retransmitted segments do not cut the window again. The first two
 * let a new segment out each (limited transmit); with SACK that follows from what is in flight.
 */
#include "tcp/internal.h"

#define DUPACK_THRESHOLD 3u
#define RECOVER_BEHIND_MAX (1 << 30)
#define QUIET_NS INL_S

void tcp_rec_init(struct tcp_conn *c) {
    c->rec = (struct tcp_recovery){.recover = c->snd.iss};
    c->undo = (struct tcp_undo){.open = false};
    tcp_rack_init(c);
}

/* ---- what goes out whatever cwnd says ---- */

void tcp_rec_force(struct tcp_conn *c, enum tcp_force why) {
    if (c->rtxq.n > 0) {
        tcp_rtxq_mark_head(&c->rtxq);
        c->rec.force = (uint8_t)why;
    }
}

void tcp_rec_forced(struct tcp_conn *c) {
    if (c->rec.force == TCP_FORCE_PMTU && c->rtxq.lost_bytes > 0) {
        return; /* all that was too long goes again: no congestion was seen (RFC 1191 6.4) */
    }
    c->rec.force = TCP_FORCE_NONE;
}

/* ---- sent ---- */

void tcp_rec_sent(struct tcp_conn *c, uint32_t bytes) {
    if (c->rec.fast) {
        c->rec.prr_out += bytes;
    }
}

void tcp_rec_resent(struct tcp_conn *c, const struct tcp_rtx *rtx) {
    tcp_rec_forced(c);
    if (!c->rec.fast && !c->rec.timeout) {
        return;
    }
    tcp_undo_resent(c, rtx->seq);
    if (c->opt.sack_ok && rtx == tcp_rtxq_at(&c->rtxq, 0)) {
        /* RFC 6675 6: the timer measures from the last time that the oldest was sent */
        tcp_tmr_set(c, TCP_TMR_RTO, inl_time_add(c->tcp->env->now, tcp_rto_ns(c)));
    }
}

/* ---- begin and end ---- */

/* What was in flight when losses were found, given what was not known to have arrived. */
static uint32_t flight_at_loss(const struct tcp_conn *c, uint32_t flight) {
    if (c->cc.limited && flight < c->cc.cwnd_bytes) {
        /*
         * The ACKs came in one burst, before cwnd could be filled again. One by one they would
         * have found it full.
         */
        return c->cc.cwnd_bytes;
    }
    return flight;
}

static void fast_enter(struct tcp_conn *c) {
    c->rec.fast = true;
    c->rec.had_partial = false;
    c->rec.recover = c->snd.nxt;
    c->rec.prr_delivered = 0;
    c->rec.prr_out = 0;
    c->rec.prr_flight = tcp_snd_flight(c);
    tcp_undo_begin(c);
    tcp_tlp_init(c);
    tcp_ecn_reduced(c);
    tcp_trace_event(c, INL_TCP_EVENT_RECOVERY_BEGIN);
}

/* It was nothing: what waits to go again need not. */
static void rec_undone(struct tcp_conn *c) {
    tcp_rtxq_unmark_all(&c->rtxq, TCP_RTX_LOST);
    tcp_rack_forget(c);
    c->rec.fast = false;
    c->rec.timeout = false;
    c->rec.dupacks = 0;
    c->rec.force = TCP_FORCE_NONE;
    c->rec.recover = c->snd.una;
    tcp_trace_event(c, INL_TCP_EVENT_UNDO);
}

/* RFC 5681 3.1: ssthresh is set for the first timeout of a segment, and then held. */
void tcp_rec_timeout(struct tcp_conn *c) {
    bool again = c->rec.timeout && seq_eq(c->rec.rto_una, c->snd.una);
    bool frto = again || (!c->rec.timeout && !c->rec.fast && seq_gt(c->snd.una, c->rec.recover));

    tcp_cc_timeout(&c->cc, tcp_snd_flight(c) - c->rtxq.sacked_bytes, !again);
    tcp_ecn_reduced(c);
    tcp_ecn_on_rto(c);
    c->rec.fast = false;
    c->rec.timeout = true;
    c->rec.dupacks = 0;
    c->rec.recover = c->snd.nxt;
    c->rec.rto_una = c->snd.una;
    if (!again) {
        tcp_undo_begin(c);
    }
    tcp_tlp_init(c);
    tcp_tmr_clear(c, TCP_TMR_RACK);
    if (c->opt.sack_ok) {
        tcp_rtxq_unmark_all(&c->rtxq, TCP_RTX_SACKED); /* RFC 2018 8 */
        tcp_rack_mark_on_rto(c);
        tcp_rtxl_rebuild(&c->rtxq); /* slow start goes by sequence numbers */
    } else {
        tcp_rtxq_mark_all(&c->rtxq);
    }
    tcp_rec_force(c, TCP_FORCE_RTO);
    if (frto) {
        tcp_undo_frto(c);
    } else {
        tcp_undo_frto_end(c);
    }
    tcp_trace_event(c, INL_TCP_EVENT_TIMEOUT);
}

static void timeout_over(struct tcp_conn *c) {
    c->rec.timeout = false; /* RFC 3465 2.3: the ACK that ends it belonged to it */
    tcp_undo_over(c);
    tcp_rack_recovered(c);
    tcp_trace_event(c, INL_TCP_EVENT_RECOVERY_END);
}

/* ---- without SACK ---- */

uint32_t tcp_rec_cwnd(const struct tcp_conn *c) {
    uint32_t cwnd = c->cc.cwnd_bytes;

    if (!c->opt.sack_ok && !c->rec.fast && !c->rec.timeout && c->rec.dupacks < DUPACK_THRESHOLD) {
        cwnd += c->rec.dupacks * c->opt.snd_mss_bytes;
    }
    return cwnd;
}

static void reno_acked(struct tcp_conn *c, uint32_t acked_bytes, bool *ret_restart_rto) {
    c->rec.dupacks = 0;
    if (!c->rec.fast) {
        return;
    }
    if (seq_ge(c->snd.una, c->rec.recover)) {
        c->rec.fast = false;
        tcp_cc_recovered(&c->cc, tcp_snd_flight(c));
        tcp_undo_over(c);
        tcp_trace_event(c, INL_TCP_EVENT_RECOVERY_END);
        return;
    }
    tcp_cc_partial(&c->cc, acked_bytes);
    *ret_restart_rto = !c->rec.had_partial; /* RFC 6582 3.2 step 3: for the first one only */
    c->rec.had_partial = true;
    tcp_rec_force(c, TCP_FORCE_PARTIAL);
}

static void reno_dupack(struct tcp_conn *c) {
    if (c->rec.dupacks == 0) {
        c->rec.before_lt = c->snd.nxt;
    }
    if (c->rec.dupacks < UINT32_MAX) {
        c->rec.dupacks++;
    }
    if (c->rec.fast) {
        tcp_cc_inflate(&c->cc);
    } else if (c->rec.dupacks == DUPACK_THRESHOLD && seq_gt(c->snd.una, c->rec.recover) &&
               !tcp_pmtud_lost(c, tcp_rtxq_at(&c->rtxq, 0))) {
        uint32_t flight = (uint32_t)seq_diff(c->rec.before_lt, c->snd.una);

        fast_enter(c);
        tcp_cc_fast(&c->cc, flight_at_loss(c, flight));
        tcp_rec_force(c, TCP_FORCE_FAST);
    }
}

/* ---- with SACK ---- */

/* RFC 6937 3 */
static void prr_set(struct tcp_conn *c, uint32_t delivered, bool safe) {
    uint32_t pipe = tcp_rec_pipe(c);
    uint32_t ssthresh = c->cc.ssthresh_bytes;
    int64_t credit = (int64_t)c->rec.prr_delivered - c->rec.prr_out;
    int64_t send;

    if (pipe > ssthresh) {
        uint64_t share = (uint64_t)c->rec.prr_delivered * ssthresh;

        send = (int64_t)((share + c->rec.prr_flight - 1) / c->rec.prr_flight) - c->rec.prr_out;
    } else {
        if (safe) {
            credit = (credit > delivered ? credit : delivered) + c->opt.snd_mss_bytes;
        }
        send = (int64_t)ssthresh - pipe;
        send = credit < send ? credit : send;
    }
    tcp_cc_set_cwnd(&c->cc, pipe + (send > 0 ? (uint32_t)send : 0));
}

static void sack_found(struct tcp_conn *c, uint32_t lost, uint32_t flight, uint32_t delivered,
                       bool safe) {
    if (lost > 0 && !c->rec.fast && !c->rec.timeout) {
        fast_enter(c);
        tcp_cc_enter_recovery(&c->cc, flight_at_loss(c, flight));
        c->rec.force = TCP_FORCE_RACK;
    }
    if (c->rec.fast) {
        c->rec.prr_delivered += delivered;
        prr_set(c, delivered, safe && lost == 0);
    }
}

static void sack_ack(struct tcp_conn *c, const struct tcp_acked *a) {
    uint32_t lost;

    tcp_rack_on_ack(c, a);
    if (c->rec.fast && seq_ge(c->snd.una, c->rec.recover)) {
        c->rec.fast = false;
        tcp_cc_exit_recovery(&c->cc);
        tcp_undo_over(c);
        tcp_rack_recovered(c);
        tcp_trace_event(c, INL_TCP_EVENT_RECOVERY_END);
    }
    lost = tcp_rack_detect(c);
    if (lost > 0 || c->rec.fast) {
        sack_found(c, lost, c->tcp->ack.prior_bytes, a->delivered, a->acked > 0);
    }
    if (tcp_tlp_ack(c, a) && !c->rec.fast && !c->rec.timeout) {
        tcp_cc_enter_recovery(&c->cc, c->rack.tlp_flight); /* RFC 8985 7.4.2 */
        tcp_cc_exit_recovery(&c->cc);
    }
}

/* What was sent before RACK.segment is late now. */
void tcp_rec_on_rack_timer(struct tcp_conn *c) {
    uint32_t flight = tcp_rec_pipe(c);

    sack_found(c, tcp_rack_detect(c), flight, 0, false);
}

/* ---- long silence ---- */

/*
 * All is acknowledged, and nothing came for so long that no report of a duplicate will: a cut is
 * not undone any more, and a probe that was a retransmission has repaired a loss (RFC 8985 7.4.2).
 */
void tcp_rec_quiet(struct tcp_conn *c) {
    if (c->rtxq.n > 0 || c->rec.fast || c->rec.timeout ||
        inl_time_sub(c->tcp->env->now, c->tmr.heard) < QUIET_NS) {
        return;
    }
    tcp_undo_close(c);
    if (c->rack.tlp_out) {
        tcp_tlp_init(c);
        tcp_cc_enter_recovery(&c->cc, c->rack.tlp_flight);
        tcp_cc_exit_recovery(&c->cc);
        tcp_undo_close(c);
    }
}

/* ---- an ACK ---- */

void tcp_rec_ack(struct tcp_conn *c, const struct tcp_acked *a, bool *ret_restart_rto) {
    *ret_restart_rto = true;
    if (c->undo.open && tcp_undo_ack(c, a)) {
        rec_undone(c);
    }
    if (!c->rec.fast && seq_diff(c->snd.una, c->rec.recover) > RECOVER_BEHIND_MAX) {
        c->rec.recover = seq_sub(c->snd.una, RECOVER_BEHIND_MAX); /* stays comparable */
    }
    if (c->opt.sack_ok) {
        sack_ack(c, a);
    } else if (a->acked > 0) {
        reno_acked(c, a->acked, ret_restart_rto);
    } else if (a->dup) {
        reno_dupack(c);
    }
    if (c->rec.timeout && seq_ge(c->snd.una, c->rec.recover)) {
        timeout_over(c);
    }
}
