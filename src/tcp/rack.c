/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rack.c - what is lost, by time (RFC 8985 6)
 *
 * Owns tcp_conn.rack but for the probe (tlp.c). RACK.segment is, of all segments known to have
 * arrived, the one sent last. What was sent before it, and has not arrived within a round trip and
 * a reordering window since, is lost; that holds for originals and retransmissions alike. The
 * queue keeps what is in flight by time of sending, so that looking for losses stops at the first
 * segment that is not late yet.
 *
 * The window is 0 while no reordering was seen and three segments are SACKED or losses are being
 * repaired; otherwise a quarter of the least RTT, times a factor that grows by one in each round
 * trip that brings a D-SACK, and never above the smoothed RTT.
 *
 * The timer is armed for the segment that will be late first, not, as 6.2 step 5 has it, last of
 * those sent before RACK.segment: the same segments are found lost by the same rule, the early ones
 * sooner, and nothing needs a walk.
 *
 * Only with SACK. Entries sent in the same nanosecond are told apart by sequence number.
 */
#include "tcp/quick.h"

#define DUP_THRESH 3u
#define REO_PERSIST 16u
#define REO_MULT_MAX 255u

void tcp_rack_init(struct tcp_conn *c) {
    c->rack = (struct tcp_rack){
        .fack = c->snd.una, .end_seq = c->snd.una, .reo_mult = 1, .reo_persist = REO_PERSIST};
}

static bool sent_after(inl_time t1, seq_t end1, inl_time t2, seq_t end2) {
    return t1.ns > t2.ns || (t1.ns == t2.ns && seq_gt(end1, end2));
}

/* Step 2: is it the retransmission that arrived, or the original? */
static bool perhaps_original(const struct tcp_conn *c, const struct tcp_rtx *rtx,
                             const struct tcp_seg *seg, inl_dur rtt) {
    return rtx->flags & TCP_RTX_AGAIN &&
           (tcp_ts_echo_before(c, seg, tcp_ts_at(c, rtx->sent)) || rtt < c->rtt.min_ns);
}

void tcp_rack_delivered(struct tcp_conn *c, const struct tcp_rtx *rtx, const struct tcp_seg *seg) {
    struct tcp_rack *r = &c->rack;
    seq_t end = seq_add(rtx->seq, rtx->len);
    inl_dur rtt = inl_time_sub(c->tcp->env->now, rtx->sent);

    /* step 3 */
    if (seq_gt(end, r->fack)) {
        r->fack = end;
    } else if (seq_lt(end, r->fack) && !(rtx->flags & TCP_RTX_AGAIN)) {
        r->reordering = true;
    }
    /* step 2 */
    if (perhaps_original(c, rtx, seg, rtt)) {
        return;
    }
    r->rtt_ns = rtt;
    if (!r->valid || sent_after(rtx->sent, end, r->xmit, r->end_seq)) {
        r->valid = true;
        r->xmit = rtx->sent;
        r->end_seq = end;
    }
}

/* Step 4, the part about D-SACK. */
void tcp_rack_on_ack(struct tcp_conn *c, const struct tcp_acked *a) {
    struct tcp_rack *r = &c->rack;

    r->fack = seq_max(r->fack, c->snd.una);
    if (r->in_dsack_round && seq_ge(c->snd.una, r->dsack_round)) {
        r->in_dsack_round = false;
    }
    if (a->dsack && !r->in_dsack_round) {
        r->in_dsack_round = true;
        r->dsack_round = c->snd.nxt;
        if (r->reo_mult < REO_MULT_MAX) {
            r->reo_mult++;
        }
        r->reo_persist = REO_PERSIST;
    }
}

/*
 * Retransmissions were needless: what seemed to be the arrival of one was that of its original. The
 * next segment that arrives becomes RACK.segment. A fast recovery that was a false alarm shows
 * reordering, too, which step 3 does not see because what came late had been sent again.
 */
void tcp_rack_forget(struct tcp_conn *c) {
    c->rack.valid = false;
    c->rack.reordering |= c->rec.fast;
}

void tcp_rack_recovered(struct tcp_conn *c) {
    if (c->rack.reo_persist > 0 && --c->rack.reo_persist == 0) {
        c->rack.reo_mult = 1;
    }
}

/* Step 4, the rest. */
static inl_dur reo_wnd(const struct tcp_conn *c) {
    inl_dur wnd = c->rtt.min_ns / 4 * c->rack.reo_mult;

    if (!c->rack.reordering && (c->rec.fast || c->rec.timeout || c->rtxq.sacked_n >= DUP_THRESH)) {
        return 0;
    }
    return wnd < c->rtt.srtt_ns ? wnd : c->rtt.srtt_ns;
}

static inl_time late_at(const struct tcp_conn *c, const struct tcp_rtx *rtx, inl_dur wnd) {
    return inl_time_add(rtx->sent, c->rack.rtt_ns + wnd);
}

/* A probe for a larger MTU is repaired, too, but it is no sign of congestion. */
static uint32_t rack_lost(struct tcp_conn *c, struct tcp_rtx *rtx) {
    if (tcp_pmtud_lost(c, rtx)) {
        return 0;
    }
    tcp_rate_lost(c, rtx);
    tcp_rtxq_mark_lost(&c->rtxq, rtx);
    return rtx->len;
}

/* Step 5 */
uint32_t tcp_rack_detect(struct tcp_conn *c) {
    const struct tcp_rack *r = &c->rack;
    struct tcp_rtx *rtx = tcp_rtxq_flight_first(&c->rtxq);
    uint32_t lost = 0;
    inl_dur wnd;

    quick_tmr_clear(c, TCP_TMR_RACK);
    if (!r->valid || !rtx) {
        return 0;
    }
    wnd = reo_wnd(c);
    while ((rtx = tcp_rtxq_flight_first(&c->rtxq)) &&
           sent_after(r->xmit, r->end_seq, rtx->sent, seq_add(rtx->seq, rtx->len))) {
        inl_time late = late_at(c, rtx, wnd);

        if (inl_time_before(c->tcp->env->now, late)) {
            tcp_tmr_set(c, TCP_TMR_RACK, late);
            tcp_tmr_clear(c, TCP_TMR_RTO); /* section 8: it starts anew behind this one */
            break;
        }
        lost += rack_lost(c, rtx);
    }
    return lost;
}

/* 6.3, but for the first segment, which goes again in any case. */
void tcp_rack_mark_on_rto(struct tcp_conn *c) {
    inl_dur wnd = reo_wnd(c) + (c->rack.valid ? c->rack.rtt_ns : c->rtt.srtt_ns);
    struct tcp_rtx *rtx;

    while ((rtx = tcp_rtxq_flight_first(&c->rtxq)) &&
           !inl_time_before(c->tcp->env->now, inl_time_add(rtx->sent, wnd))) {
        rack_lost(c, rtx);
    }
}
