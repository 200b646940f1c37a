/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ack.c - what an ACK says (RFC 9293 3.10.7.4 step 5, RFC 5681, RFC 5961 5)
 *
 * Owns nothing: it reads the segment, and calls the owners in a fixed order: delivery rate,
 * retransmission queue, send stream, SACK, RTT, recovery, timers, congestion window, state.
 */
#include "tcp/quick.h"

/* Every so many segments the neighbour's entry is told that the peer is reachable. */
#define CONFIRM_MASK 63u

static inline void ack_delivered(struct tcp_conn *c, const struct tcp_rtx *rtx, uint32_t bytes,
                                 struct tcp_acked *a) {
    seq_t end = seq_add(rtx->seq, bytes);

    tcp_rate_delivered(c, rtx, bytes);
    a->high = a->delivered > 0 ? seq_max(a->high, end) : end;
    a->delivered += bytes;
    if (rtx->flags & TCP_RTX_AGAIN) {
        a->again = true;
    } else {
        a->sent = inl_time_min(a->sent, rtx->sent);
    }
    if (c->opt.sack_ok && bytes == rtx->len) {
        tcp_rack_delivered(c, rtx, a->seg);
    }
}

/* So many bytes of a segment are known to have arrived. */
void tcp_ack_delivered(struct tcp_conn *c, const struct tcp_rtx *rtx, uint32_t bytes,
                       struct tcp_acked *a) {
    ack_delivered(c, rtx, bytes, a);
}

/* The queue forgets what ack covers. */
static void ack_queue(struct tcp_conn *c, seq_t ack, struct tcp_acked *a) {
    struct tcp_rtx *rtx;

    while ((rtx = tcp_rtxq_covered(&c->rtxq, ack))) {
        if (!(rtx->flags & (TCP_RTX_SACKED | TCP_RTX_TOLD))) {
            ack_delivered(c, rtx, rtx->len, a);
        }
        tcp_rtxq_pop(&c->rtxq);
    }
    if (c->rtxq.n == 0) {
        tcp_rtxq_trim(&c->rtxq, &c->tcp->env->mem);
        return;
    }
    rtx = tcp_rtxq_at(&c->rtxq, 0);
    if (seq_lt(rtx->seq, ack)) {
        if (!(rtx->flags & (TCP_RTX_SACKED | TCP_RTX_TOLD))) {
            tcp_ack_delivered(c, rtx, (uint32_t)seq_diff(ack, rtx->seq), a);
        }
        tcp_rtxq_cut_head(&c->rtxq, ack);
    }
    tcp_sack_renege(c);
}

static void ack_rtt(struct tcp_conn *c, const struct tcp_acked *a) {
    inl_dur rtt;

    if (!inl_time_is_never(a->sent) && !a->again) {
        rtt = inl_time_sub(c->tcp->env->now, a->sent);
    } else if (a->acked == 0 || a->dsack || !tcp_ts_rtt(c, a->seg, &rtt)) {
        /*
         * Sent more than once: only the echo tells which one this is. Not with a D-SACK: then this
         * ACK answers a later copy, and the time since the echoed one is no round trip; the ACK
         * that answered that one was lost.
         */
        return;
    }
    tcp_rtt_sample(c, rtt);
    tcp_tlp_rtt(c);
}

/* What the ACK says of the queue: by its number if that is new, and by SACK. */
static void ack_work(struct tcp_conn *c, struct tcp_acked *a) {
    seq_t ack = a->seg->ack;
    bool restart_rto = true;

    a->sent = INL_TIME_NEVER;
    if (seq_gt(ack, c->snd.una)) {
        a->acked = (uint32_t)seq_diff(ack, c->snd.una);
        tcp_rate_acked(c, a->acked);
        ack_queue(c, ack, a);
        tcp_snd_acked(c, ack);
        if (c->rec.force != TCP_FORCE_NONE) {
            tcp_rec_forced(c);
        }
    }
    if (a->seg->o.present & TCP_HAS_SACK && tcp_state_synced(c)) {
        tcp_sack_input(c, a);
    }
    ack_rtt(c, a);
    if (tcp_state_synced(c)) {
        tcp_rec_ack(c, a, &restart_rto);
    }
    if (a->acked > 0) {
        tcp_timers_progress(c, restart_rto);
        if (c->rtxq.n > 0) {
            tcp_tlp_schedule(c);
        }
    }
}

void tcp_ack_new(struct tcp_conn *c, const struct tcp_seg *seg) {
    struct tcp_acked a = {.seg = seg};

    ack_work(c, &a);
    if ((c->segs_in & CONFIRM_MASK) == 1) {
        ip_neigh_confirm(c->tcp->ip, &c->path);
    }
}

/* RFC 5681 2: is it a duplicate ACK? */
static bool ack_is_duplicate(const struct tcp_conn *c, const struct tcp_seg *seg, uint32_t wnd) {
    return c->rtxq.n > 0 && seg->data_len == 0 && !(seg->flags & (TCP_SYN | TCP_FIN)) &&
           wnd == c->snd.wnd_bytes && wnd > 0;
}

static void ack_window(struct tcp_conn *c, const struct tcp_seg *seg, uint32_t wnd) {
    bool was_closed = c->snd.wnd_bytes == 0;

    if (seq_lt(c->snd.wl1, seg->seq) ||
        (seq_eq(c->snd.wl1, seg->seq) && seq_le(c->snd.wl2, seg->ack))) {
        tcp_snd_window(c, seg->seq, seg->ack, wnd);
    }
    if (was_closed && c->snd.wnd_bytes > 0) {
        tcp_timers_window_opened(c);
    }
}

static void ack_completed(struct tcp_conn *c) {
    if (tcp_snd_fin_acked(c)) {
        tcp_conn_event(c, INL_EV_SENT);
        tcp_fin_acked(c);
    } else if (seq_eq(c->snd.una, c->snd.nxt) && !c->snd.fin_wanted && tcp_snd_unsent(c) == 0) {
        tcp_conn_event(c, INL_EV_SENT);
    }
}

static void ack_apply(struct tcp_conn *c, const struct tcp_seg *seg, uint32_t wnd) {
    struct tcp_acked a = {.seg = seg};

    a.dup = seq_eq(seg->ack, c->snd.una) && ack_is_duplicate(c, seg, wnd);
    tcp_rate_begin(c);
    ack_work(c, &a);
    if (c->tcp->ack.delivered_segs > 0) {
        tcp_pmtud_ack(c);
    }
    if (c->ecn.mode != TCP_ECN_NONE && seq_eq(seg->ack, c->snd.una)) { /* not an old one */
        tcp_ecn_ack(c, seg);
    }
    tcp_rate_end(c);
    if (a.acked > 0 && (c->segs_in & CONFIRM_MASK) == 1) {
        ip_neigh_confirm(c->tcp->ip, &c->path);
    }
}

enum inl_drop tcp_ack_input(struct tcp_conn *c, const struct tcp_seg *seg) {
    uint32_t wnd = seg->win << c->opt.snd_scale;
    bool news;

    if (seq_gt(seg->ack, c->snd.nxt)) {
        tcp_challenge(c, INL_CAUSE_TCP_ACK_UNSENT);
        return INL_DROP_TCP_ACK_UNSENT;
    }
    if (seq_lt(seg->ack, c->snd.una)) {
        if ((uint32_t)seq_diff(c->snd.una, seg->ack) > c->snd.max_wnd_bytes) {
            tcp_challenge(c, INL_CAUSE_TCP_CHALLENGE_ACK);
            return INL_DROP_TCP_OLD_ACK;
        }
        ack_apply(c, seg, wnd); /* an old one: its data may be good, and its SACK blocks are */
        return INL_DROP_NONE;
    }
    news = seq_gt(seg->ack, c->snd.una);
    ack_apply(c, seg, wnd);
    ack_window(c, seg, wnd);
    if (tcp_undo_probing(c)) {
        tcp_undo_window(c);
    }
    if (news) {
        ack_completed(c);
    }
    return INL_DROP_NONE;
}
