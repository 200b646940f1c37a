/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ecn.c - explicit congestion notification in TCP (RFC 3168 6.1, with the freedoms of RFC 8311)
 *
 * Owns tcp_conn.ecn. A router that would drop a packet for a queue too long may mark it instead,
 * if the sender said that it understands marks: ECT(0) in the IP header. Three flags of the TCP
 * header agree on that in the handshake, and then carry what was seen back to the sender.
 *
 * The handshake ends in a mode, fixed by the first SYN or SYN-ACK (RFC 9768 3.1, table 2): none;
 * classic, where ECE says "a mark was seen" until CWR says "I have slowed down"; accurate, where
 * the flags count marks (accecn.c). A SYN that asks in vain is sent again without asking, because
 * some paths drop what they do not know; ecn_paths.c remembers them. So is one that a RST met, at once:
 * there were firewalls that did this (RFC 3168 6.1.1.1), and a true refusal comes a second time.
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

#define ECN_FLAGS (TCP_AE | TCP_CWR | TCP_ECE)

/* ---- handshake ---- */

enum tcp_ecn_mode tcp_ecn_offered(enum inl_ecn wanted, uint16_t syn_flags) {
    if (wanted == INL_ECN_OFF || !(syn_flags & ECN_FLAGS)) {
        return TCP_ECN_NONE;
    }
    /* RFC 9768 3.1.3: what has no meaning yet counts as its successors will want it to */
    return (syn_flags & ECN_FLAGS) == (TCP_CWR | TCP_ECE) ? TCP_ECN_CLASSIC : TCP_ECN_ACCURATE;
}

bool tcp_ecn_contradicts(uint16_t syn_flags, uint16_t later_syn_flags) {
    return syn_flags & ECN_FLAGS && later_syn_flags & ECN_FLAGS &&
           tcp_ecn_offered(INL_ECN_ON, syn_flags) != tcp_ecn_offered(INL_ECN_ON, later_syn_flags);
}

void tcp_ecn_init(struct tcp_conn *c) {
    const struct tcp_cc_ops *cc = tcp_cc_ops_of((enum inl_cc_algo)c->opts.congestion);

    c->ecn = (struct tcp_ecn){
        .asked = c->opts.ecn == INL_ECN_ACCURATE              ? TCP_ECN_ACCURATE
                 : c->opts.ecn == INL_ECN_ON || cc->exact_ecn ? TCP_ECN_CLASSIC
                                                              : TCP_ECN_NONE,
    };
}

void tcp_ecn_connect(struct tcp_conn *c) {
    c->ecn.asked = (uint8_t)tcp_ecn_paths_may_ask(c, (enum tcp_ecn_mode)c->ecn.asked);
}

void tcp_ecn_give_up(struct tcp_conn *c) {
    c->ecn.no_ect = true;
}

void tcp_ecn_syn(struct tcp_conn *c, const struct tcp_seg *seg) {
    uint8_t mode = (uint8_t)tcp_ecn_offered((enum inl_ecn)c->opts.ecn, seg->flags);

    if (!c->passive && mode > c->ecn.asked) {
        mode = c->ecn.asked; /* both ends asked: the lesser holds */
    }
    c->ecn.syn_field = seg->rx->tos & IP_ECN_MASK;
    if (!c->ecn.decided) {
        c->ecn.mode = mode;
        c->ecn.decided = true;
    } else if (mode == TCP_ECN_NONE) {
        c->ecn.no_ect = true; /* the peer has given up asking */
    }
}

/* What a SYN-ACK makes of what we asked for: RFC 3168 6.1.1, RFC 9768 table 2. */
static enum tcp_ecn_mode ecn_answer(const struct tcp_conn *c, uint16_t flags) {
    unsigned bits = flags & ECN_FLAGS;

    if (c->ecn.asked == TCP_ECN_CLASSIC) {
        /* ECE and CWR: reflected by a fool. AE has no meaning here */
        return (bits & (TCP_CWR | TCP_ECE)) == TCP_ECE ? TCP_ECN_CLASSIC : TCP_ECN_NONE;
    }
    if (c->ecn.asked == TCP_ECN_NONE || bits == 0 || bits == ECN_FLAGS) {
        return TCP_ECN_NONE;
    }
    return bits == TCP_ECE ? TCP_ECN_CLASSIC : TCP_ECN_ACCURATE;
}

static uint16_t ecn_syn_flags(const struct tcp_conn *c) {
    if (c->ecn.asked == TCP_ECN_ACCURATE && c->rtt.syn_rtx <= 1) {
        return ECN_FLAGS; /* RFC 9768 3.1.4.1: twice */
    }
    return c->ecn.asked == TCP_ECN_CLASSIC && c->rtt.syn_rtx == 0 ? TCP_ECE | TCP_CWR : 0;
}

bool tcp_ecn_refused(struct tcp_conn *c) {
    bool again = ecn_syn_flags(c) != 0;

    if (again) {
        c->ecn.asked = TCP_ECN_NONE;
    }
    return again;
}

/* The first SYN-ACK shows whether what our SYN asked for arrived. */
static void ecn_learn_path(struct tcp_conn *c, enum tcp_ecn_mode answer) {
    enum tcp_ecn_mode asked = (enum tcp_ecn_mode)c->ecn.asked;

    if (asked == TCP_ECN_NONE) {
        return;
    }
    if (answer != TCP_ECN_NONE || ecn_syn_flags(c) != 0) {
        tcp_ecn_paths_passed(c, asked);
    } else {
        tcp_ecn_paths_failed(c, asked);
    }
}

/* Our SYN was not ECT. A peer that saw it otherwise is behind somebody who changes the field. */
static void ecn_check_syn_field(struct tcp_conn *c, uint16_t flags) {
    unsigned bits = flags & ECN_FLAGS;

    if (bits != TCP_CWR && bits != (TCP_AE | TCP_ECE)) {
        c->ecn.no_ect = true;
        c->ecn.syn_marked = bits == (TCP_AE | TCP_CWR);
    }
}

void tcp_ecn_synack(struct tcp_conn *c, const struct tcp_seg *seg) {
    enum tcp_ecn_mode mode = ecn_answer(c, seg->flags);

    c->ecn.syn_field = seg->rx->tos & IP_ECN_MASK;
    if (c->ecn.decided) {
        c->ecn.no_ect |= mode == TCP_ECN_NONE;
        return;
    }
    c->ecn.decided = true;
    c->ecn.mode = (uint8_t)mode;
    ecn_learn_path(c, mode);
    if (mode != TCP_ECN_ACCURATE) {
        return;
    }
    ecn_check_syn_field(c, seg->flags);
    if (tcp_accecn_begin(c)) {
        tcp_accecn_client(c, seg);
    } else {
        c->ecn.mode = TCP_ECN_NONE; /* the peer takes zeros for a path that wipes flags */
    }
}

void tcp_ecn_handshake(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (c->ecn.mode != TCP_ECN_ACCURATE || c->ecn.acc) {
        return;
    }
    if (!tcp_accecn_begin(c)) {
        c->ecn.mode = TCP_ECN_NONE;
        return;
    }
    c->ecn.no_ect |= c->rtt.syn_rtx >= 2; /* a SYN-ACK has left without a word of ECN */
    c->ecn.syn_marked = tcp_accecn_server(c, seg);
}

void tcp_ecn_established(struct tcp_conn *c) {
    if (c->ecn.syn_marked) {
        c->ecn.syn_marked = false;
        tcp_cc_ecn(&c->cc, c->cc.cwnd_bytes);
        tcp_ecn_reduced(c);
    }
}

void tcp_ecn_done(struct tcp_conn *c) {
    tcp_accecn_end(c);
}

/* ---- what leaves ---- */

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
        return c->ecn.mode == TCP_ECN_ACCURATE ? tcp_accecn_synack(c) : TCP_ECE;
    }
    if (c->ecn.mode == TCP_ECN_ACCURATE) {
        return tcp_accecn_flags(c, plan);
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
    if ((plan->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && c->ecn.asked != TCP_ECN_ACCURATE &&
        ecn_syn_flags(c) == 0) {
        c->ecn.no_ect = true; /* RFC 9768 3.1.5: a client of accurate feedback need not care */
    }
    if (ecn_is_new_data(plan)) {
        c->ecn.cwr_due = false;
    }
    if (c->ecn.acc) {
        struct tcp_opts opts;

        tcp_opt_fill(c, plan->flags, plan->data_len, &opts); /* as it was built */
        tcp_accecn_sent(c, plan, &opts);
    }
}

/* ---- what arrives: the receiver's side ---- */

void tcp_ecn_input(struct tcp_conn *c, const struct tcp_seg *seg) {
    bool ce = (seg->rx->tos & IP_ECN_MASK) == IP_ECN_CE;

    if (c->ecn.acc) {
        tcp_accecn_input(c, seg);
    }
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
    if (c->ecn.acc ? tcp_accecn_ack(c, seg) : (seg->flags & TCP_ECE) != 0) {
        c->tcp->ack.ece = true; /* no growth by this ACK */
        if (!c->ecn.acc) {
            c->tcp->ack.ce_bytes = c->tcp->ack.delivered_bytes; /* it tells no better */
        }
        ecn_congestion(c, seg->ack);
    }
    if (c->ecn.reduced && !c->ecn.cwr_due && seq_gt(seg->ack, c->ecn.reduced_end)) {
        c->ecn.reduced = false;
    }
}

void tcp_ecn_on_rto(struct tcp_conn *c) {
    c->ecn.hold = false;
}
