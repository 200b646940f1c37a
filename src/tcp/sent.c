/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sent.c - a segment has left: who has to know
 *
 * output.c has named it and build.c has built it. Here its data is noted as outstanding, each
 * mechanism that counts or waits is told, and what the segment carried along (an ACK, SACK blocks,
 * a probe) is not due any more. It counts as sent even if the link refused it: then it is lost like
 * any other.
 *
 * Owns nothing.
 */
#include "tcp/quick.h"

static void sent_new(struct tcp_conn *c, const struct tcp_plan *plan) {
    bool syn = (plan->flags & TCP_SYN) != 0;
    bool fin = (plan->flags & TCP_FIN) != 0;
    uint32_t seq_len = plan->data_len + syn + fin;
    unsigned flags = (syn ? TCP_RTX_SYN : 0u) | (fin ? TCP_RTX_FIN : 0u) |
                     (plan->flags & TCP_PSH ? TCP_RTX_PSH : 0u);

    if (syn && plan->data_len > 0) { /* two: the SYN may have to go again alone */
        tcp_rtxq_push(&c->rtxq, plan->seq, 1, TCP_RTX_SYN, c->tcp->env->now);
        tcp_rate_sent(c, tcp_rtxq_at(&c->rtxq, c->rtxq.n - 1));
        tcp_rtxq_push(&c->rtxq, seq_add(plan->seq, 1), plan->data_len, 0, c->tcp->env->now);
    } else {
        tcp_rtxq_push(&c->rtxq, plan->seq, seq_len, flags, c->tcp->env->now);
    }
    tcp_snd_sent(c, seq_len, fin);
    tcp_rate_sent(c, tcp_rtxq_at(&c->rtxq, c->rtxq.n - 1));
    tcp_timers_data_sent(c);
    if (c->rec.fast || c->undo.frto_new > 0) {
        tcp_rec_sent(c, seq_len);
        tcp_undo_new_sent(c);
    }
    if (plan->cause == INL_CAUSE_TCP_TLP_NEW) {
        tcp_tlp_sent(c, false);
    } else {
        tcp_tlp_schedule(c);
    }
}

static void sent_again(struct tcp_conn *c, const struct tcp_plan *plan) {
    tcp_rtxq_resent(&c->rtxq, plan->rtx, c->tcp->env->now);
    tcp_rate_sent(c, plan->rtx);
    tcp_rec_resent(c, plan->rtx);
    tcp_rec_sent(c, plan->rtx->len);
    if (plan->cause == INL_CAUSE_TCP_TLP_RTX) {
        tcp_tlp_sent(c, true);
    }
    c->rtx_segs++;
    c->tcp->retrans_segs++;
}

void tcp_sent(struct tcp_conn *c, const struct tcp_plan *plan) {
    c->segs_out++;
    c->tcp->out_segs++;
    if (!quick_no_ecn(c, plan)) {
        tcp_ecn_sent(c, plan);
    }
    switch (plan->kind) {
    case TCP_PLAN_NEW:
        sent_new(c, plan);
        if (plan->cause == INL_CAUSE_TCP_PROBE_MTU) {
            tcp_pmtud_sent(c, plan);
        }
        break;
    case TCP_PLAN_RTX:
        sent_again(c, plan);
        break;
    case TCP_PLAN_PURE_ACK:
        tcp_ackd_pure_sent(c);
        break;
    case TCP_PLAN_KEEP:
        tcp_timers_keep_sent(c);
        break;
    default:
        break;
    }
    if (plan->cause == INL_CAUSE_TCP_PROBE_WINDOW) {
        tcp_timers_probe_sent(c);
    }
    if (plan->data_len > 0) {
        c->last_sent = c->tcp->env->now;
        quick_pace_sent(c, plan->data_len);
        tcp_ackd_data_sent(c);
    }
    if (plan->flags & TCP_ACK) {
        tcp_ackd_sent(c);
        tcp_sackr_sent(c);
    }
}
