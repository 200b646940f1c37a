/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * urgent.c - urgent data (RFC 9293 3.8.5, RFC 6093)
 *
 * Owns tcp_conn.urg. Urgent data is not out of band: it is a mark in the stream. The pointer names
 * the octet that follows the urgent data (RFC 6093 4.1, RFC 9293 MUST-62), and is kept as a
 * sequence number, whatever the length of what precedes it (MUST-31).
 *
 * Sending: every segment that begins before the mark has URG; the field holds 16 bits, so
 * further away it says 65535, and the peer learns the rest as it goes on. Once the mark is
 * acknowledged it is gone.
 *
 * Receiving: the bytes stay in the stream. The application is told (INL_EV_URGENT) when a mark
 * appears or moves on; it can ask how much is left up to it (INL_OPT_URGENT), and whether the
 * next byte is the last urgent one (INL_OPT_ATMARK, sockatmark()), where each read stops first. A
 * pointer to what was read already says nothing, nor does one beyond the end of the stream. A
 * mark that was not reached can only move on (RCV.UP), so a peer can cost us one event a segment
 * and no memory.
 *
 * Invariant: pending implies that unread urgent data lies, or is to come, before rcv_up.
 *
 * Does not do: delivery out of band (RFC 6093 3.1 calls it broken).
 */
#include "tcp/internal.h"

#define URG_FIELD_MAX 65535

/* ---- send ---- */

void tcp_urg_mark(struct tcp_conn *c) {
    uint64_t ahead = c->snd.end_off - tcp_snd_off(c, c->snd.una);

    c->urg.snd_up = seq_add(c->snd.una, (uint32_t)ahead);
    c->urg.sending = true;
}

void tcp_urg_acked(struct tcp_conn *c) {
    if (c->urg.sending && seq_ge(c->snd.una, c->urg.snd_up)) {
        c->urg.sending = false;
    }
}

uint16_t tcp_urg_field(const struct tcp_conn *c, seq_t seq) {
    int32_t ahead = seq_diff(c->urg.snd_up, seq);

    if (!c->urg.sending || ahead <= 0) {
        return 0;
    }
    return (uint16_t)(ahead < URG_FIELD_MAX ? ahead : URG_FIELD_MAX);
}

/* ---- receive ---- */

static seq_t urg_read_seq(const struct tcp_conn *c) {
    return seq_sub(c->rcv.nxt, (uint32_t)tcp_rcv_waiting(c) + c->rcv.fin_got);
}

void tcp_urg_input(struct tcp_conn *c, const struct tcp_seg *seg) {
    seq_t up = seq_add(seg->seq, seg->urg);

    if (!(seg->flags & TCP_URG) || c->rcv.shut || c->rcv.fin_got || seq_le(up, urg_read_seq(c)) ||
        (c->urg.pending && seq_le(up, c->urg.rcv_up))) {
        return;
    }
    c->urg.rcv_up = up;
    c->urg.pending = true;
    tcp_conn_event(c, INL_EV_URGENT);
}

uint32_t tcp_urg_left(const struct tcp_conn *c) {
    return c->urg.pending ? (uint32_t)seq_diff(c->urg.rcv_up, urg_read_seq(c)) : 0;
}

size_t tcp_urg_limit(const struct tcp_conn *c, size_t len) {
    uint32_t left = tcp_urg_left(c);

    return left > 1 && len > left - 1 ? left - 1 : len;
}

void tcp_urg_read(struct tcp_conn *c) {
    if (c->urg.pending && seq_le(c->urg.rcv_up, urg_read_seq(c))) {
        c->urg.pending = false;
    }
}

void tcp_urg_fin(struct tcp_conn *c) {
    if (c->urg.pending && seq_ge(c->urg.rcv_up, c->rcv.nxt)) {
        c->urg.pending = false; /* the stream ended before the mark */
    }
}
