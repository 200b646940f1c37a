/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain_in.c - the next segment of a plain connection (plain.h)
 *
 * Header prediction, with its reasons: the segment begins at RCV.NXT, all of it lies in the window,
 * it has no flag but ACK and PSH and no option but a timestamp that is not old. So of RFC 9293
 * 3.10.7.4 nothing is left but the ACK and the text, and of RFC 7323's PAWS nothing but to take the
 * timestamp. It says something (new data, or an ACK of new data): what says nothing may be a
 * duplicate ACK, and is for the long way (input.c), as is a window that opens.
 *
 * An ACK of all that is in flight, if that is one segment that was sent once, is worked out here:
 * no loss can be found by it, and no list is left to look at. Other ACKs go to ack.c. The text goes
 * where the long way would take it. Rules stay with their owners: what is called here is theirs.
 *
 * Owns nothing.
 */
#include "tcp/plain.h"
#include "tcp/quick.h"

#include "base/csum.h"

/* Every so many segments the neighbour's entry is told that the peer is reachable (ack.c). */
#define CONFIRM_MASK 63u
#define BEHIND_MAX (1 << 29) /* recovery.c keeps its numbers comparable beyond that */

/* Reads the header, if it is that of the next segment, with the timestamps and nothing else. */
static bool read_header(const struct tcp_conn *c, const struct ip_rx *rx, struct tcp_seg *seg) {
    const uint8_t *p = rd_ptr(&rx->payload);
    size_t len = rd_left(&rx->payload);
    uint32_t hdr_len = TCP_HDR_BYTES + (c->ts.ok ? TCP_TS_OPT_BYTES : 0);

    if (len < hdr_len || (rd_load16(p + 12) & ~TCP_PSH) != (hdr_len / 4 << 12 | TCP_ACK)) {
        return false;
    }
    seg->o.present = 0;
    if (c->ts.ok) {
        if (rd_load32(p + 20) != TCP_TS_ALONE) {
            return false;
        }
        seg->o.present = TCP_HAS_TS;
        seg->o.ts_val = rd_load32(p + 24);
        seg->o.ts_ecr = rd_load32(p + 28);
        if ((int32_t)(seg->o.ts_val - c->ts.recent) < 0) {
            return false;
        }
    }
    seg->rx = rx;
    seg->data = p + hdr_len;
    seg->data_len = (uint32_t)(len - hdr_len);
    seg->seq = seq_mk(rd_load32(p + 4));
    seg->ack = seq_mk(rd_load32(p + 8));
    seg->win = rd_load16(p + 14);
    seg->flags = rd_load16(p + 12) & (TCP_ACK | TCP_PSH);
    return true;
}

/* The pseudo-header's sum is the same both ways. */
static inline bool sum_is_right(const struct tcp_conn *c, const struct ip_rx *rx) {
    size_t len = rd_left(&rx->payload);

    return csum_ok(csum_add(csum_add32(c->pseudo, (uint32_t)len), rd_ptr(&rx->payload), len));
}

/* Is it in order, in the windows, and does it say something? */
static bool is_next(const struct tcp_conn *c, const struct tcp_seg *seg) {
    uint32_t acked = (uint32_t)seq_diff(seg->ack, c->snd.una);

    return seq_eq(seg->seq, c->rcv.nxt) && seg->data_len <= tcp_rwnd_bytes(c) &&
           acked <= tcp_snd_flight(c) && (acked | seg->data_len) != 0 && c->snd.wnd_bytes > 0;
}

/* The whole flight is one segment, which was sent once, and this ACK covers it. */
static bool acks_the_only(const struct tcp_conn *c, const struct tcp_seg *seg) {
    return c->rtxq.n == 1 && seq_eq(seg->ack, c->snd.nxt) &&
           (tcp_rtxq_at(&c->rtxq, 0)->flags & ~TCP_RTX_PSH) == 0 &&
           seq_diff(c->snd.nxt, c->rec.recover) < BEHIND_MAX;
}

/* What tcp_ack_input() comes to then. */
static void ack_the_only(struct tcp_conn *c, const struct tcp_seg *seg) {
    struct tcp_rtx *rtx = tcp_rtxq_at(&c->rtxq, 0);

    tcp_rate_begin(c);
    tcp_rate_acked(c, rtx->len);
    tcp_rate_delivered(c, rtx, rtx->len);
    if (c->opt.sack_ok) {
        tcp_rack_delivered(c, rtx, seg);
    }
    tcp_rtt_sample(c, inl_time_sub(c->tcp->env->now, rtx->sent));
    tcp_tlp_rtt(c);
    tcp_rtxq_pop_only(&c->rtxq);
    if (c->rtxq.v) {
        tcp_rtxq_trim(&c->rtxq, &c->tcp->env->mem);
    }
    tcp_snd_acked(c, seg->ack);
    tcp_timers_progress(c, true);
    tcp_pmtud_ack(c);
    tcp_rate_end(c);
    if ((c->segs_in & CONFIRM_MASK) == 1) {
        ip_neigh_confirm(c->tcp->ip, &c->path);
    }
    tcp_snd_window(c, seg->seq, seg->ack, seg->win << c->opt.snd_scale);
    if (tcp_snd_unsent(c) == 0) {
        tcp_conn_event(c, INL_EV_SENT);
    }
}

/* False: the connection may have ceased to be plain. */
static bool take_ack(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (seq_eq(seg->ack, c->snd.una)) {
        if (list_empty(&c->turn)) { /* once in a burst: congestion control sees that time passes */
            tcp_rate_begin(c);
            tcp_rate_end(c);
        }
        tcp_snd_window(c, seg->seq, seg->ack, seg->win << c->opt.snd_scale);
        return true;
    }
    if (acks_the_only(c, seg)) {
        ack_the_only(c, seg);
        return true;
    }
    (void)tcp_ack_input(c, seg); /* it is acceptable: that has been seen */
    return false;
}

static enum inl_drop take_text(struct tcp_conn *c, const struct tcp_seg *seg) {
    enum inl_drop drop;

    tcp_ts_update(c, seg);
    if (seg->data_len == 0) {
        return INL_DROP_NONE;
    }
    drop = tcp_rcv_data(c, seg->seq, seg->data, seg->data_len);
    if (drop == INL_DROP_NONE && !c->rwnd.fixed) {
        tcp_rwnd_measure(c, seg);
    }
    return drop;
}

bool tcp_plain_input(struct tcp_conn *c, const struct ip_rx *rx, enum inl_drop *ret_drop) {
    struct tcp *tcp = c->tcp;
    struct tcp_seg seg;

    if (rx->offload || rx->group || tcp->env->trace || rd_left(&rx->opts) > 0 ||
        !read_header(c, rx, &seg) || !is_next(c, &seg) ||
        (!rx->csum_done && !sum_is_right(c, rx))) {
        return false;
    }
    tcp->in_segs++;
    c->segs_in++;
    tcp->train.on = false; /* the short way is as short as a train's (gro.c) */
    tcp_timers_heard(c);
    c->plain = take_ack(c, &seg);
    *ret_drop = take_text(c, &seg);
    if (!c->plain || c->in_ready || *ret_drop != INL_DROP_NONE) {
        tcp_conn_touch(c);
    } else if (list_empty(&c->turn)) {
        list_add_tail(&tcp->touched, &c->turn);
    }
    return true;
}
