/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ecn.c - explicit congestion notification in TCP (RFC 3168 6.1, with the freedoms of RFC 8311)
 *
 * Owns tcp_conn.ecn. A router that would drop a packet for a queue too long may mark it instead,
 * if the sender said that it understands marks: ECT(0) in the IP header. Three flags of the TCP
 * header agree on that in the handshake, and then carry what was seen back to the sender.
 *
 * The handshake ends in a mode, fixed by the first SYN or SYN-ACK: none, or classic, where ECE
 * says "a mark was seen" until CWR says "I have slowed down". A SYN that asks in vain is sent again
 * without asking, because some paths drop what they do not know.
 *
 * The sender answers a mark as it answers a loss, once a window of data: after a reduction it
 * hears no more of it until something sent later than the reduction is acknowledged. CWR goes out
 * on the next new data. ECT stands on new data only: not on a SYN, a pure ACK, a retransmission or
 * a probe, for nobody would notice the loss of those, or would retransmit them (6.1.4 to 6.1.6).
 * Who ever sent or received a handshake segment without ECN sends no ECT (6.1.1), but still
 * answers what it sees.
 *
 * With a window of one segment there is nothing left to reduce: new data then waits for an RTO
 * (6.1.2).
 *
 * Invariant: mode none means that no flag and no ECT is sent after the handshake.
 *
 * Does not do: ECT on control packets (RFC 8311 4.3 allows experiments), the nonce (historic).
 */
#include "tcp/internal.h"
#include "wire/ipproto.h"

/* ---- handshake ---- */

enum tcp_ecn_mode tcp_ecn_offered(enum inl_ecn wanted, uint16_t syn_flags) {
    bool setup = (syn_flags & (TCP_CWR | TCP_ECE)) == (TCP_CWR | TCP_ECE);

    return wanted != INL_ECN_OFF && setup ? TCP_ECN_CLASSIC : TCP_ECN_NONE;
}

void tcp_ecn_init(struct tcp_conn *c) {
    c->ecn = (struct tcp_ecn){
        .asked = c->opts.ecn >= INL_ECN_ON || c->cc.ops->exact_ecn ? TCP_ECN_CLASSIC : TCP_ECN_NONE,
    };
}

void tcp_ecn_give_up(struct tcp_conn *c) {
    c->ecn.no_ect = true;
}

void tcp_ecn_syn(struct tcp_conn *c, const struct tcp_seg *seg) {
    uint8_t mode = (uint8_t)tcp_ecn_offered((enum inl_ecn)c->opts.ecn, seg->flags);

    if (!c->passive && mode > c->ecn.asked) {
        mode = c->ecn.asked; /* both ends asked: the lesser holds */
    }
    if (!c->ecn.decided) {
        c->ecn.mode = mode;
        c->ecn.decided = true;
    } else if (mode == TCP_ECN_NONE) {
        c->ecn.no_ect = true; /* the peer has given up asking */
    }
}

void tcp_ecn_synack(struct tcp_conn *c, const struct tcp_seg *seg) {
    bool setup = (seg->flags & (TCP_CWR | TCP_ECE)) == TCP_ECE; /* both: reflected by a fool */

    if (c->ecn.decided) {
        c->ecn.no_ect |= !setup;
        return;
    }
    c->ecn.decided = true;
    c->ecn.mode = setup && c->ecn.asked != TCP_ECN_NONE ? TCP_ECN_CLASSIC : TCP_ECN_NONE;
}

/* ---- what leaves ---- */

static uint16_t ecn_syn_flags(const struct tcp_conn *c) {
    bool ask = c->ecn.asked != TCP_ECN_NONE && c->rtt.syn_rtx == 0;

    return ask ? TCP_ECE | TCP_CWR : 0;
}

static bool ecn_is_new_data(const struct tcp_plan *plan) {
    return plan->kind == TCP_PLAN_NEW && plan->data_len > 0 && !(plan->flags & TCP_SYN) &&
           plan->cause != INL_CAUSE_TCP_PROBE_WINDOW;
}

uint16_t tcp_ecn_flags(const struct tcp_conn *c, const struct tcp_plan *plan) {
    uint16_t flags = 0;

    if ((plan->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        return ecn_syn_flags(c);
    }
    if (c->ecn.mode == TCP_ECN_NONE) {
        return 0;
    }
    if (plan->flags & TCP_SYN) {
        return TCP_ECE;
    }
    if (c->ecn.echo) {
        flags |= TCP_ECE;
    }
    if (c->ecn.cwr_due && ecn_is_new_data(plan)) {
        flags |= TCP_CWR;
    }
    return flags;
}

uint8_t tcp_ecn_field(const struct tcp_conn *c, const struct tcp_plan *plan) {
    if (c->ecn.mode == TCP_ECN_NONE || c->ecn.no_ect || !ecn_is_new_data(plan)) {
        return IP_ECN_NOT_ECT;
    }
    return IP_ECN_ECT0;
}

void tcp_ecn_sent(struct tcp_conn *c, const struct tcp_plan *plan) {
    if ((plan->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && ecn_syn_flags(c) == 0) {
        c->ecn.no_ect = true;
    }
    if (ecn_is_new_data(plan)) {
        c->ecn.cwr_due = false;
    }
}

/* ---- what arrives: the receiver's side ---- */

void tcp_ecn_input(struct tcp_conn *c, const struct tcp_seg *seg) {
    bool ce = (seg->rx->tos & IP_ECN_MASK) == IP_ECN_CE;

    if (c->ecn.mode != TCP_ECN_CLASSIC) {
        return;
    }
    if (seg->flags & TCP_CWR) {
        c->ecn.echo = false;
    }
    if (c->cc.ops->exact_ecn && seg->data_len > 0) {
        if (ce != c->ecn.echo) {
            tcp_ackd_now(c, INL_CAUSE_TCP_ACK_ECN);
        }
        c->ecn.echo = ce; /* RFC 8257 3.2 */
        return;
    }
    if (seg->data_len == 0) {
        return; /* marks count on data */
    }
    if ((ce && !c->ecn.echo) || seg->flags & TCP_CWR) {
        /* the sender shall know soon; one that has cut its window may wait for this ACK */
        tcp_ackd_now(c, INL_CAUSE_TCP_ACK_ECN);
    }
    c->ecn.echo |= ce;
}

/* ---- the sender's side ---- */

void tcp_ecn_reduced(struct tcp_conn *c) {
    if (c->ecn.mode == TCP_ECN_NONE) {
        return;
    }
    c->ecn.reduced = true;
    c->ecn.reduced_end = c->snd.nxt;
    c->ecn.cwr_due = c->ecn.mode == TCP_ECN_CLASSIC;
}

/* Congestion was seen, unless this window of data was answered before, perhaps for a loss. */
static void ecn_congestion(struct tcp_conn *c, seq_t ack) {
    if (c->rec.fast || c->rec.timeout ||
        (c->ecn.reduced && (c->ecn.cwr_due || seq_le(ack, c->ecn.reduced_end)))) {
        return;
    }
    if (c->cc.cwnd_bytes <= c->cc.mss_bytes) {
        c->ecn.hold = true;
        tcp_tmr_clear(c, TCP_TMR_RTO); /* begins anew when the event is over */
    }
    tcp_cc_ecn(&c->cc, c->tcp->ack.prior_bytes);
    tcp_ecn_reduced(c);
}

void tcp_ecn_ack(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (c->ecn.mode == TCP_ECN_NONE) {
        return;
    }
    if (c->ecn.mode == TCP_ECN_CLASSIC && seg->flags & TCP_ECE) {
        c->tcp->ack.ece = true; /* no growth by this ACK */
        ecn_congestion(c, seg->ack);
    }
    if (c->ecn.reduced && !c->ecn.cwr_due && seq_gt(seg->ack, c->ecn.reduced_end)) {
        c->ecn.reduced = false;
    }
}

void tcp_ecn_on_rto(struct tcp_conn *c) {
    c->ecn.hold = false;
}
