/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ack.c - what an ACK says (RFC 9293 3.10.7.4 step 5, RFC 5681, RFC 5961 5)
 *
 * Owns nothing: it reads the segment, and calls the owners in a fixed order: delivery rate,
 * retransmission queue, send stream, RTT, recovery, timers, congestion window, state.
 */
#include "tcp/internal.h"

/* Every so many segments the neighbour's entry is told that the peer is reachable. */
#define CONFIRM_MASK 63u

void tcp_ack_new(struct tcp_conn *c, const struct tcp_seg *seg) {
    struct tcp *tcp = c->tcp;
    seq_t ack = seg->ack;
    uint32_t acked = (uint32_t)seq_diff(ack, c->snd.una);
    bool restart_rto = true;
    inl_time sent;
    inl_dur rtt;

    tcp_rate_acked(c, ack);
    tcp_rtxq_ack(&c->rtxq, &tcp->env->mem, ack, &sent);
    tcp_snd_acked(c, ack);
    tcp_rec_forced(c);
    if (!inl_time_is_never(sent)) {
        tcp_rtt_sample(c, inl_time_sub(tcp->env->now, sent));
    } else if (tcp_ts_rtt(c, seg, &rtt)) {
        tcp_rtt_sample(c, rtt); /* sent more than once: only the echo tells which one this is */
    }
    if (tcp_state_synced(c)) {
        tcp_rec_acked(c, acked, &restart_rto);
    }
    tcp_timers_progress(c, restart_rto);
    if ((c->segs_in & CONFIRM_MASK) == 1) {
        ip_neigh_confirm(tcp->ip, &c->path);
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
    tcp_rate_begin(c);
    if (seq_gt(seg->ack, c->snd.una)) {
        tcp_ack_new(c, seg);
    } else if (ack_is_duplicate(c, seg, wnd)) {
        tcp_rec_dupack(c);
    }
    tcp_ecn_ack(c, seg);
    tcp_rate_end(c);
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
        return INL_DROP_NONE; /* an old one: its data may be good */
    }
    news = seq_gt(seg->ack, c->snd.una);
    ack_apply(c, seg, wnd);
    ack_window(c, seg, wnd);
    if (news) {
        ack_completed(c);
    }
    return INL_DROP_NONE;
}
