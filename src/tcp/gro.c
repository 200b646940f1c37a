/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gro.c - consecutive segments that arrive in one burst
 *
 * A bulk sender's segments come in trains: same connection, next sequence number, and a header that
 * says nothing which the last one did not say. The first goes through all steps of input.c. What
 * follows it in the same burst needs none of them: the same header in the same state has the same
 * effect. So its data is appended to the stream, and the acknowledgement is left to delack.c, which
 * counts bytes; the state machine has seen one segment, of as many pieces as came. No piece is held
 * back or copied twice, each frame has its verdict at once, and nothing has to be flushed.
 *
 * A segment belongs to the train if it has data, begins at rcv.nxt, lies in the window, has ACK and
 * at most PSH as flags, is not marked CE, has the acknowledgement number, window and timestamps of
 * the one before, and no other option. Nothing may lie beyond a hole. Everything else goes the long
 * way, and may begin another train. The train ends with the burst (tcp_rx_done()).
 *
 * What the skipped steps would have done: sequence number, RST, SYN: nothing for such a segment
 * (RFC 9293 3.10.7.4). PAWS: the timestamp passed already (RFC 7323 5.3). ACK: no news, and with
 * data no duplicate either (RFC 5681 2); of the window only SND.WL1 moves, and that it does here.
 *
 * A device may join segments itself (inlet/offload.h). Then one segment says how many it is worth.
 * Without SACK the sender counts duplicate ACKs, so a joined segment beyond a hole is answered as
 * often as its pieces would have been; with SACK one block says as much (RFC 6675 5).
 *
 * Owns tcp->train.
 */
#include "tcp/internal.h"

#include "wire/ipproto.h"

/* ---- trains ---- */

static bool gro_is_plain(const struct tcp_seg *seg) {
    return (seg->flags & ~TCP_PSH) == TCP_ACK && seg->data_len > 0 &&
           (seg->rx->tos & IP_ECN_MASK) != IP_ECN_CE && (seg->o.present & ~TCP_HAS_TS) == 0;
}

/* Accurate ECN counts packets and bytes for each mark: those need the long way. */
static bool gro_may_begin(const struct tcp_conn *c) {
    return c->state == INL_TCP_ESTABLISHED && !c->orphan && c->ecn.mode <= TCP_ECN_CLASSIC;
}

void tcp_gro_note(struct tcp *tcp, const struct tcp_conn *c, const struct tcp_seg *seg,
                  enum inl_drop drop) {
    struct tcp_train *t = &tcp->train;

    t->on = drop == INL_DROP_NONE && tcp->last == c && gro_is_plain(seg) && gro_may_begin(c);
    if (!t->on) {
        return;
    }
    t->ack = seg->ack;
    t->win = seg->win;
    t->has_ts = (seg->o.present & TCP_HAS_TS) != 0;
    t->ts_val = t->has_ts ? seg->o.ts_val : 0;
    t->ts_ecr = t->has_ts ? seg->o.ts_ecr : 0;
}

static bool gro_same_header(const struct tcp_train *t, const struct tcp_seg *seg) {
    bool has_ts = (seg->o.present & TCP_HAS_TS) != 0;

    return seq_eq(seg->ack, t->ack) && seg->win == t->win && has_ts == t->has_ts &&
           (!has_ts || (seg->o.ts_val == t->ts_val && seg->o.ts_ecr == t->ts_ecr));
}

bool tcp_gro_take(struct tcp_conn *c, const struct tcp_seg *seg, enum inl_drop *ret_drop) {
    struct tcp_train *t = &c->tcp->train;

    if (!t->on || !gro_is_plain(seg) || !gro_same_header(t, seg) || !gro_may_begin(c) ||
        !seq_eq(seg->seq, c->rcv.nxt) || seg->data_len > tcp_rwnd_bytes(c) || c->rcv.ooo.n > 0 ||
        c->rcv.fin_early || seq_lt(seg->ack, c->snd.una)) {
        return false;
    }
    tcp_snd_window(c, seg->seq, seg->ack, seg->win << c->opt.snd_scale);
    *ret_drop = tcp_rcv_data(c, seg->seq, seg->data, seg->data_len);
    t->on = *ret_drop == INL_DROP_NONE;
    if (t->on) {
        tcp_rwnd_measure(c, seg);
    }
    return true;
}

void tcp_gro_end(struct tcp *tcp) {
    tcp->train.on = false;
}

/* ---- joined by the device ---- */

uint32_t tcp_gro_segs(const struct tcp_seg *seg) {
    uint32_t size = seg->rx->offload ? seg->rx->offload->gso_size_bytes : 0;

    return size > 0 && seg->data_len > size ? (seg->data_len + size - 1) / size : 1;
}

void tcp_gro_super(struct tcp_conn *c, const struct tcp_seg *seg) {
    uint32_t size = seg->rx->offload ? seg->rx->offload->gso_size_bytes : 0;

    if (size > c->rcv.mss_bytes && size <= c->opt.adv_mss_bytes) {
        tcp_rcv_mss(c, size); /* the length of the whole says nothing about the peer's segments */
    }
}

void tcp_gro_beyond(struct tcp_conn *c, const struct tcp_seg *seg) {
    uint32_t more = c->opt.sack_ok ? 0 : tcp_gro_segs(seg) - 1;

    for (uint32_t i = 0; i < more; i++) {
        tcp_ackd_pure(c, INL_CAUSE_TCP_ACK_OOO);
    }
}
