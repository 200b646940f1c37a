/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pace.c - segments spread over time instead of in bursts
 *
 * Owns tcp_conn.pace: a bucket of tokens, kept as the time at which it is not in debt any more.
 * Each segment moves that time on by its length at the pacing rate; sending waits until it is over.
 * A bucket that was left alone holds at most a quantum (what the rate carries in 1 ms, but two
 * segments to 64 KiB), so a pause does not end in a burst. The timer waits until a quantum is
 * there, so that a fast connection wakes up once a quantum and not once a segment; an ACK in
 * between may use what there is.
 *
 * Who is paced: algorithms with a rate of their own (BBR); others if config `pacing` asks for it,
 * at twice cwnd / SRTT in slow start and 1.2 times later; and everybody while cwnd is not
 * validated (RFC 7661 4.4.2) and is more than an initial window, which may go at once anyway. The
 * first segment of a recovery, probes, SYNs, pure ACKs and a FIN alone do not wait.
 *
 * Invariant: a connection that waits for tokens has TCP_TMR_PACE armed, or stands in its link's
 * ready list. Not both: there the wait is not looked at again, and the timer would come at once for
 * ever.
 */
#include "tcp/internal.h"

#define QUANTUM_MAX_BYTES 65536u
#define QUANTUM_SHARE 1000u /* of what goes in a second */

uint64_t tcp_pace_rate(const struct tcp_conn *c) {
    const struct tcp_cc *cc = &c->cc;
    uint64_t rate = tcp_cc_pacing_rate(cc);

    if (rate > 0) {
        return rate;
    }
    if (c->rtt.srtt_ns == 0 || !(c->tcp->cfg.pacing || cc->ops->own_cwnd || tcp_cwv_unproven(cc))) {
        return 0;
    }
    rate = (uint64_t)cc->cwnd_bytes * (uint64_t)INL_S / (uint64_t)c->rtt.srtt_ns;
    rate = cc->cwnd_bytes < cc->ssthresh_bytes ? rate * 2 : rate + rate / 5;
    return rate > 0 ? rate : 1;
}

static inl_dur pace_ns(uint64_t bytes, uint64_t rate) {
    return (inl_dur)(bytes * (uint64_t)INL_S / rate);
}

static uint32_t pace_quantum(const struct tcp_conn *c, uint64_t rate) {
    uint64_t q = rate / QUANTUM_SHARE;

    q = q < QUANTUM_MAX_BYTES ? q : QUANTUM_MAX_BYTES;
    return q > 2 * c->cc.mss_bytes ? (uint32_t)q : 2 * c->cc.mss_bytes;
}

/* Waiting for tokens: is cwnd what holds the sender back in the long run? (RFC 7661 4.5.3) */
bool tcp_pace_fills(const struct tcp_conn *c, uint32_t pipe_bytes) {
    uint32_t cwnd = c->cc.cwnd_bytes;

    if (c->cc.ops->own_cwnd) {
        return pipe_bytes + 2 * c->cc.mss_bytes >= cwnd;
    }
    return pipe_bytes >= (cwnd < c->cc.ssthresh_bytes ? cwnd / 2 : cwnd / 4 * 3);
}

void tcp_pace_sent(struct tcp_conn *c, uint32_t bytes) {
    uint64_t rate = tcp_pace_rate(c);
    inl_time full;

    if (rate == 0) {
        c->pace.next = (inl_time){0};
        return;
    }
    full = inl_time_add(c->tcp->env->now, -pace_ns(pace_quantum(c, rate), rate));
    c->pace.next = inl_time_add(inl_time_max(c->pace.next, full), pace_ns(bytes, rate));
}

void tcp_pace_settle(struct tcp_conn *c) {
    uint64_t rate;
    uint32_t more;

    if (!c->pace.waits || c->in_ready) {
        tcp_tmr_clear(c, TCP_TMR_PACE); /* who is asked to send anyway finds out then */
    } else if (!tcp_tmr_armed(c, TCP_TMR_PACE)) {
        rate = tcp_pace_rate(c);
        more = rate > 0 ? pace_quantum(c, rate) - c->cc.mss_bytes : 0;
        tcp_tmr_set(c, TCP_TMR_PACE,
                    inl_time_add(c->pace.next, rate > 0 ? pace_ns(more, rate) : 0));
    }
}
