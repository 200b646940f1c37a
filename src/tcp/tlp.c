/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlp.c - tail loss probes (RFC 8985 7)
 *
 * Owns tcp_rack.tlp_*. When nothing is heard of the last segments for two round trips, one more
 * segment, new data if there is some, else the last one again, brings an ACK that lets RACK see
 * what is lost, long before the timeout and its small window. One probe at a time, and only after
 * an RTT was measured since the last one, so that probes cannot keep the RTT from growing. 7.3 asks
 * for both when the timer expires and restarts the RTO in any case; here they are asked before it
 * is armed, since a peer that is gone must not keep the RTO from expiring while data is written.
 *
 * If the probe was a retransmission and the ACK shows no duplicate, it has repaired a loss that
 * nobody else saw: the window falls as for any other (7.4.2).
 *
 * Only with SACK, and while nothing is SACKED or being repaired.
 */
#include "tcp/quick.h"

#define MAX_ACK_DELAY_NS (200 * INL_MS) /* TLP.max_ack_delay */

void tcp_tlp_init(struct tcp_conn *c) {
    c->rack.tlp_due = false;
    c->rack.tlp_out = false;
    c->rack.tlp_again = false;
    tcp_tmr_clear(c, TCP_TMR_TLP);
}

static bool tlp_wanted(const struct tcp_conn *c) {
    return c->opt.sack_ok && tcp_state_synced(c) && c->rtxq.n > 0 && !c->rec.fast &&
           !c->rec.timeout && c->rtxq.sacked_n == 0 && c->rtxq.lost_bytes == 0 &&
           !c->rack.tlp_out && c->rack.tlp_rtt && !tcp_wnd_closed(c);
}

void tcp_tlp_settle(struct tcp_conn *c) {
    if (!tlp_wanted(c)) {
        tcp_tmr_clear(c, TCP_TMR_TLP);
        c->rack.tlp_due = false;
    }
}

/* 7.2: new data was sent, or data acknowledged */
void tcp_tlp_schedule(struct tcp_conn *c) {
    inl_dur pto = 2 * c->rtt.srtt_ns + (c->rtxq.n == 1 ? MAX_ACK_DELAY_NS : 0);
    inl_time rto;

    if (!tlp_wanted(c)) {
        return;
    }
    rto = tcp_tmr_armed(c, TCP_TMR_RTO) ? c->tmr.due[TCP_TMR_RTO]
                                        : inl_time_add(c->tcp->env->now, tcp_rto_ns(c));
    quick_tmr_set(c, TCP_TMR_TLP, inl_time_min(inl_time_add(c->tcp->env->now, pto), rto));
}

/* 7.3 */
void tcp_tlp_on_timer(struct tcp_conn *c) {
    if (!tlp_wanted(c)) {
        return;
    }
    c->rack.tlp_due = true;
    tcp_tmr_set(c, TCP_TMR_RTO, inl_time_add(c->tcp->env->now, tcp_rto_ns(c)));
}

void tcp_tlp_sent(struct tcp_conn *c, bool again) {
    c->rack.tlp_due = false;
    c->rack.tlp_out = true;
    c->rack.tlp_again = again;
    c->rack.tlp_end = c->snd.nxt;
    c->rack.tlp_flight = tcp_rec_pipe(c);
    c->rack.tlp_rtt = false;
    c->tcp->loss_probes++;
    tcp_tmr_clear(c, TCP_TMR_TLP);
    tcp_trace_event(c, INL_TCP_EVENT_PROBE_TAIL);
}

void tcp_tlp_rtt(struct tcp_conn *c) {
    c->rack.tlp_rtt = true;
}

/* 7.4.2 */
bool tcp_tlp_ack(struct tcp_conn *c, const struct tcp_acked *a) {
    struct tcp_rack *r = &c->rack;
    bool dup_both = a->dsack && seq_eq(a->dsack_block.right, r->tlp_end);

    if (a->acked > 0) {
        r->tlp_due = false;
    }
    if (!r->tlp_out || seq_lt(a->seg->ack, r->tlp_end)) {
        return false;
    }
    if (r->tlp_again && !dup_both && seq_gt(a->seg->ack, r->tlp_end)) {
        r->tlp_out = false;
        return true;
    }
    if (!r->tlp_again || dup_both || (a->dup && !(a->seg->o.present & TCP_HAS_SACK))) {
        r->tlp_out = false;
    }
    return false;
}
