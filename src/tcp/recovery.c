/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recovery.c - episodes of loss recovery (RFC 5681 3.2, RFC 6582, RFC 3042)
 *
 * Owns tcp_conn.rec. Decides that a segment is lost and marks it; output.c sends it. The first
 * loss found by duplicate ACKs, by a partial ACK or by the timer goes out whatever cwnd says
 * (`force`); those that a timeout declares lost besides go out in slow start.
 *
 * Duplicate ACKs are counted only while something is outstanding. A new fast recovery begins
 * only if all data of the last episode is acknowledged (RFC 6582 3.2 step 1), so that duplicate
 * ACKs for needlessly retransmitted segments do not cut the window again.
 *
 * Does not do: SACK, RACK, F-RTO.
 */
#include "tcp/internal.h"

#define DUPACK_THRESHOLD 3u
#define RECOVER_BEHIND_MAX (1 << 30)

void tcp_rec_init(struct tcp_conn *c) {
    c->rec = (struct tcp_recovery){.recover = c->snd.iss};
}

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

uint32_t tcp_rec_cwnd(const struct tcp_conn *c) {
    uint32_t cwnd = c->cc.cwnd_bytes;

    if (!c->rec.fast && !c->rec.timeout && c->rec.dupacks < DUPACK_THRESHOLD) {
        cwnd += c->rec.dupacks * c->opt.snd_mss_bytes;
    }
    return cwnd;
}

static void fast_acked(struct tcp_conn *c, uint32_t acked_bytes, bool *ret_restart_rto) {
    if (seq_ge(c->snd.una, c->rec.recover)) {
        c->rec.fast = false;
        tcp_cc_recovered(&c->cc, tcp_snd_flight(c));
        return;
    }
    tcp_cc_partial(&c->cc, acked_bytes);
    *ret_restart_rto = !c->rec.had_partial; /* RFC 6582 3.2 step 3: for the first one only */
    c->rec.had_partial = true;
    tcp_rec_force(c, TCP_FORCE_PARTIAL);
}

void tcp_rec_acked(struct tcp_conn *c, uint32_t acked_bytes, bool *ret_restart_rto) {
    *ret_restart_rto = true;
    c->rec.dupacks = 0;
    if (c->rec.fast) {
        fast_acked(c, acked_bytes, ret_restart_rto);
        return;
    }
    if (seq_diff(c->snd.una, c->rec.recover) > RECOVER_BEHIND_MAX) {
        c->rec.recover = seq_sub(c->snd.una, RECOVER_BEHIND_MAX); /* stays comparable */
    }
    if (c->rec.timeout && seq_ge(c->snd.una, c->rec.recover)) {
        c->rec.timeout = false; /* RFC 3465 2.3: the ACK that ends it belonged to it */
    }
}

static void fast_begin(struct tcp_conn *c) {
    uint32_t flight = (uint32_t)seq_diff(c->rec.before_lt, c->snd.una);

    if (c->cc.limited && flight < c->cc.cwnd_bytes) {
        /*
         * The duplicate ACKs came in one burst with an ACK of new data, before cwnd could be
         * filled again. One by one they would have found it full.
         */
        flight = c->cc.cwnd_bytes;
    }
    c->rec.fast = true;
    c->rec.had_partial = false;
    c->rec.recover = c->snd.nxt;
    tcp_cc_fast(&c->cc, flight);
    tcp_ecn_reduced(c);
    tcp_rec_force(c, TCP_FORCE_FAST);
}

void tcp_rec_dupack(struct tcp_conn *c) {
    if (c->rec.dupacks == 0) {
        c->rec.before_lt = c->snd.nxt;
    }
    if (c->rec.dupacks < UINT32_MAX) {
        c->rec.dupacks++;
    }
    if (c->rec.fast) {
        tcp_cc_inflate(&c->cc);
    } else if (c->rec.dupacks == DUPACK_THRESHOLD && seq_gt(c->snd.una, c->rec.recover)) {
        fast_begin(c);
    }
}

/* RFC 5681 3.1: ssthresh is set for the first timeout of a segment, and then held. */
void tcp_rec_timeout(struct tcp_conn *c) {
    bool first = !c->rec.timeout || !seq_eq(c->rec.rto_una, c->snd.una);

    tcp_cc_timeout(&c->cc, tcp_snd_flight(c), first);
    tcp_ecn_reduced(c);
    tcp_ecn_on_rto(c);
    c->rec.fast = false;
    c->rec.timeout = true;
    c->rec.dupacks = 0;
    c->rec.recover = c->snd.nxt;
    c->rec.rto_una = c->snd.una;
    tcp_rtxq_mark_all(&c->rtxq);
    tcp_rec_force(c, TCP_FORCE_RTO);
}
