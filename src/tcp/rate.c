/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rate.c - how fast the network delivers, and what an ACK says to congestion control
 *
 * Owns tcp_conn.rate, the `rate` part of struct tcp_rtx, and tcp->ack, the one struct tcp_cc_ack
 * that is filled while an ACK is worked on (one at a time in a stack, so it is no part of a
 * connection).
 *
 * Delivery rate (draft-cheng-iccrg-delivery-rate-estimation): each segment notes, when it is sent,
 * how much was delivered by then, and since when. When it is delivered itself, the difference is
 * what the network delivered in that time: a sample. The time is the longer one of how long sending
 * took and how long the ACKs took, so that neither ACKs in a heap nor a burst of ours makes the
 * rate look higher than it is. Among the segments of an ACK the one sent last counts. A sample in a
 * time without enough to send says too little and is marked; one over less than the least RTT is
 * none.
 *
 * Segments keep times as spans before their sending, in 32 bits of ns: 4 s. Longer ones give no
 * sample.
 *
 * An ACK's way: tcp_rate_begin(), then tcp_rate_delivered() for each segment that it newly covers
 * by its number or by a SACK block, and tcp_rate_lost() for each that the detection of losses
 * marks, tcp_rate_acked(), tcp_rate_end(), which tells congestion control.
 */
#include "tcp/internal.h"

#define SPAN_NONE UINT32_MAX

static uint32_t span(inl_time from, inl_time to) {
    inl_dur d = inl_time_sub(to, from);

    return d < 0 ? 0 : d >= SPAN_NONE ? SPAN_NONE : (uint32_t)d;
}

void tcp_rate_init(struct tcp_conn *c) {
    c->rate = (struct tcp_rate){.delivered_at = c->tcp->env->now, .first_sent = c->tcp->env->now};
}

/* @rtx was sent just now, and counts as in flight already. */
void tcp_rate_sent(struct tcp_conn *c, struct tcp_rtx *rtx) {
    uint32_t pipe = tcp_rec_pipe(c);

    if (pipe <= rtx->len) { /* nothing else is in flight: a new measurement begins */
        c->rate.first_sent = rtx->sent;
        c->rate.delivered_at = rtx->sent;
    }
    rtx->rate = (struct tcp_rtx_rate){
        .delivered = c->rate.delivered,
        .lost = c->rate.lost,
        .in_flight = pipe < INT32_MAX ? pipe & INT32_MAX : INT32_MAX,
        .app_limited = c->rate.app_limited,
        .since_first_ns = span(c->rate.first_sent, rtx->sent),
        .since_delivered_ns = span(c->rate.delivered_at, rtx->sent),
    };
}

void tcp_rate_begin(struct tcp_conn *c) {
    struct tcp_cc_ack *a = &c->tcp->ack;

    a->now = c->tcp->env->now; /* field by field, which is quicker than to clear all of it */
    a->acked_bytes = a->delivered_bytes = a->delivered_segs = a->lost_bytes = 0;
    a->prior_bytes = tcp_rec_pipe(c);
    a->flight_bytes = a->delivered = a->una = a->nxt = 0;
    a->rtt_ns = a->srtt_ns = 0;
    a->ce_bytes = 0;
    a->ece = false;
    a->rate.bytes_per_s = 0;
    a->rate.interval_ns = 0;
    a->rate.delivered_bytes = a->rate.prior_delivered = 0;
    a->rate.lost_bytes = a->rate.in_flight_bytes = 0;
    a->rate.app_limited = false;
    a->phase = c->rec.fast ? TCP_CC_RECOVERY : c->rec.timeout ? TCP_CC_LOSS : TCP_CC_OPEN;
    c->tcp->ack_sent = INL_TIME_NEVER;
}

void tcp_rate_lost(struct tcp_conn *c, const struct tcp_rtx *rtx) {
    c->rate.lost += rtx->len;
    c->tcp->ack.lost_bytes += rtx->len;
    tcp_cc_on_lost(&c->cc, &(struct tcp_cc_loss){
                               .len = rtx->len,
                               .in_flight = rtx->rate.in_flight,
                               .lost_since = c->rate.lost - rtx->rate.lost,
                               .app_limited = rtx->rate.app_limited,
                           });
}

static uint64_t rate_of(uint32_t bytes, inl_dur ns) {
    return (uint64_t)bytes * (uint64_t)INL_S / (uint64_t)ns;
}

static void rate_sample(struct tcp_conn *c) {
    const struct tcp_rtx_rate *r = &c->tcp->ack_rate;
    struct tcp_rate_sample *s = &c->tcp->ack.rate;
    inl_dur acks;

    if (c->rate.app_limited && (int32_t)(c->rate.delivered - c->rate.app_limited_end) > 0) {
        c->rate.app_limited = false; /* all that was sent before the pause has gone */
    }
    if (inl_time_is_never(c->tcp->ack_sent) || r->since_first_ns == SPAN_NONE ||
        r->since_delivered_ns == SPAN_NONE) {
        return;
    }
    c->rate.first_sent = inl_time_max(c->rate.first_sent, c->tcp->ack_sent);
    if (r->app_limited && c->rate.shown_bytes > 0 && !c->cc.ops->own_cwnd) {
        return; /* nobody wants it: neither the algorithm nor who shows it */
    }
    acks = inl_time_sub(c->rate.delivered_at, c->tcp->ack_sent) + r->since_delivered_ns;
    s->interval_ns = acks > r->since_first_ns ? acks : r->since_first_ns;
    s->delivered_bytes = c->rate.delivered - r->delivered;
    s->prior_delivered = r->delivered;
    s->lost_bytes = c->rate.lost - r->lost;
    s->in_flight_bytes = r->in_flight;
    s->app_limited = r->app_limited;
    if ((c->tcp->ack_again && s->interval_ns < c->rtt.min_ns) || s->interval_ns == 0) {
        return; /* less than a round trip: sent again, and its first copy has arrived. (Of segments
                   sent once the interval may be less than min_ns: that is taken of the oldest
                   segment of an ACK, which has waited for the others.) */
    }
    if (c->cc.ops->own_cwnd) { /* nobody else needs the division at each ACK */
        s->bytes_per_s = rate_of(s->delivered_bytes, s->interval_ns);
    }
    if (!s->app_limited || c->rate.shown_bytes == 0) {
        c->rate.shown_bytes = s->delivered_bytes;
        c->rate.shown_ns = s->interval_ns;
    }
}

uint64_t tcp_rate_delivery(const struct tcp_conn *c) {
    return c->rate.shown_bytes > 0 ? rate_of(c->rate.shown_bytes, c->rate.shown_ns) : 0;
}

void tcp_rate_end(struct tcp_conn *c) {
    struct tcp_cc_ack *a = &c->tcp->ack;

    rate_sample(c);
    if (!tcp_state_synced(c)) {
        return;
    }
    if (c->rec.fast) {
        a->phase = TCP_CC_RECOVERY;
    }
    a->flight_bytes = tcp_rec_pipe(c);
    a->delivered = c->rate.delivered;
    a->una = c->snd.una.v;
    a->nxt = c->snd.nxt.v;
    a->srtt_ns = c->rtt.srtt_ns;
    tcp_cc_on_ack(&c->cc, a);
    if (c->cc.hold_back) {
        c->rate.app_limited = true;
        c->rate.app_limited_end = c->rate.delivered + a->flight_bytes;
    }
}
