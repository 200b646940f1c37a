/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input.c - a segment arrives (RFC 9293 3.10.7)
 *
 * conn_input() is the whole procedure: one short list of steps, each of which lets the segment
 * pass (INL_DROP_NONE) or says why it ends here. The state is asked inside the steps. Options
 * are read where they mean something: in SYNs. A malformed option is skipped by the parser
 * (MUST-7) and costs nothing else.
 *
 * Does not do: security and precedence.
 */
#include "tcp/plain.h"
#include "tcp/quick.h"

#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <errno.h>

/* ---- step 1: sequence number ---- */

bool tcp_seg_acceptable(const struct tcp_seg *seg, seq_t rcv_nxt, uint32_t wnd_bytes) {
    uint32_t len = tcp_seg_len(seg);

    if (len == 0) {
        return wnd_bytes == 0 ? seq_eq(seg->seq, rcv_nxt) : seq_in(seg->seq, rcv_nxt, wnd_bytes);
    }
    return wnd_bytes > 0 && (seq_in(seg->seq, rcv_nxt, wnd_bytes) ||
                             seq_in(seq_add(seg->seq, len - 1), rcv_nxt, wnd_bytes));
}

static bool seq_acceptable(const struct tcp_conn *c, const struct tcp_seg *seg) {
    return tcp_seg_acceptable(seg, c->rcv.nxt, tcp_rwnd_bytes(c));
}

/* Answers a segment outside the window with the present ACK, by what it probably was. */
static enum inl_drop seq_refuse(struct tcp_conn *c, const struct tcp_seg *seg) {
    int32_t ahead = seq_diff(seg->seq, c->rcv.nxt);
    uint32_t len = tcp_seg_len(seg);

    if (ahead == -1 && len <= 1 && !(seg->flags & TCP_FIN)) {
        /* limited: an ACK of a peer who lags by one looks the same, and must not be answered by
         * one that looks the same to him, for ever */
        tcp_challenge(c, INL_CAUSE_TCP_ACK_KEEPALIVE);
        return INL_DROP_TCP_DUPLICATE;
    }
    if (len > 0 && seq_le(seq_add(seg->seq, len), c->rcv.nxt)) {
        tcp_sackr_duplicate(c, seg->seq, seq_add(seg->seq, len));
        tcp_ackd_pure(c, seg->flags & TCP_FIN ? INL_CAUSE_TCP_ACK_FIN : INL_CAUSE_TCP_ACK_DUP_DATA);
        return INL_DROP_TCP_DUPLICATE;
    }
    tcp_challenge(c, INL_CAUSE_TCP_ACK_UNACCEPTABLE);
    return INL_DROP_TCP_OUT_OF_WINDOW;
}

/* In SYN-RECEIVED the peer's SYN may come again, alone or with the ACK of ours. */
static bool step_syn_again(struct tcp_conn *c, struct tcp_seg *seg) {
    if (c->state != INL_TCP_SYN_RECEIVED || !(seg->flags & TCP_SYN) || (seg->flags & TCP_RST) ||
        !seq_eq(seg->seq, c->rcv.irs)) {
        return false;
    }
    if (seg->flags & TCP_ACK) {
        if (c->passive) {
            return false; /* who sent us the SYN does not also answer ours with one */
        }
        /* simultaneous open: the SYN is known; what remains begins at rcv_nxt */
        tcp_ecn_synack(c, seg);
        seg->seq = seq_add(seg->seq, 1);
        seg->flags &= (uint16_t) ~(TCP_SYN | TCP_URG); /* ECN flags read as those of an ACK */
        return false;
    }
    tcp_ecn_syn(c, seg);
    tcp_rec_force(c, TCP_FORCE_SYN_DUP);
    return true;
}

static enum inl_drop step_sequence(struct tcp_conn *c, struct tcp_seg *seg) {
    if (seq_acceptable(c, seg)) {
        return INL_DROP_NONE;
    }
    if (seg->flags & TCP_RST) {
        return INL_DROP_TCP_BAD_RST;
    }
    if (tcp_rwnd_bytes(c) == 0 && seq_eq(seg->seq, c->rcv.nxt) && !(seg->flags & TCP_SYN)) {
        /* zero window: the text is refused, but its ACK is good (RFC 9293 3.10.7.4, MUST-66) */
        tcp_ackd_pure(c, INL_CAUSE_TCP_ACK_KEEPALIVE);
        env_drop(c->tcp->env, INL_DROP_TCP_OUT_OF_WINDOW);
        seg->data_len = 0;
        seg->flags &= (uint16_t)~TCP_FIN;
        return INL_DROP_NONE;
    }
    if (seg->flags & TCP_SYN) {
        tcp_accecn_synack_again(c, seg);
        tcp_challenge(c, INL_CAUSE_TCP_CHALLENGE_SYN); /* RFC 5961 4.2: whatever its number */
        return INL_DROP_TCP_BAD_SYN;
    }
    return seq_refuse(c, seg);
}

/* Cuts off what lies outside the window; SYNs were dealt with before. */
static void trim(struct tcp_conn *c, struct tcp_seg *seg) {
    int32_t old = seq_diff(c->rcv.nxt, seg->seq);
    uint32_t wnd = tcp_rwnd_bytes(c);
    uint32_t ahead;

    if (old > 0) {
        uint32_t cut = (uint32_t)old < seg->data_len ? (uint32_t)old : seg->data_len;

        tcp_sackr_duplicate(c, seg->seq, seq_add(seg->seq, cut));
        seg->data += cut;
        seg->data_len -= cut;
        seg->seq = seq_add(seg->seq, (uint32_t)old);
    }
    ahead = (uint32_t)seq_diff(seg->seq, c->rcv.nxt);
    if (seg->data_len > wnd - ahead) {
        seg->data_len = wnd - ahead;
        seg->flags &= (uint16_t)~TCP_FIN;
    }
}

/* ---- step 2: RST (RFC 5961 3.2) ---- */

static int reset_errno(const struct tcp_conn *c) {
    switch (c->state) {
    case INL_TCP_SYN_RECEIVED:
        return ECONNREFUSED;
    case INL_TCP_CLOSE_WAIT:
        return EPIPE;
    case INL_TCP_CLOSING:
    case INL_TCP_LAST_ACK:
        return 0;
    default:
        return ECONNRESET;
    }
}

static enum inl_drop step_rst(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (!(seg->flags & TCP_RST)) {
        return INL_DROP_NONE;
    }
    if (!seq_eq(seg->seq, c->rcv.nxt)) {
        tcp_challenge(c, INL_CAUSE_TCP_CHALLENGE_RST);
        return INL_DROP_TCP_BAD_RST;
    }
    tcp_conn_finish(c, reset_errno(c));
    return INL_DROP_NONE;
}

/* ---- step 4: SYN (RFC 5961 4.2) ---- */

static enum inl_drop step_syn(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (!(seg->flags & TCP_SYN)) {
        return INL_DROP_NONE;
    }
    tcp_challenge(c, INL_CAUSE_TCP_CHALLENGE_SYN);
    return INL_DROP_TCP_BAD_SYN;
}

/* ---- step 5: ACK ---- */

static enum inl_drop syn_received_ack(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (seq_le(seg->ack, c->snd.una) || seq_gt(seg->ack, c->snd.nxt)) {
        tcp_reply_rst(c->tcp, seg, INL_CAUSE_TCP_RST_BAD_ACK);
        return INL_DROP_TCP_ACK_UNSENT;
    }
    if (!tcp_listen_may_establish(c)) {
        return INL_DROP_TCP_BACKLOG_FULL;
    }
    tcp_ecn_handshake(c, seg);
    tcp_ack_new(c, seg);
    tcp_established(c, seg);
    return INL_DROP_NONE;
}

static enum inl_drop step_ack(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (!(seg->flags & TCP_ACK)) {
        return INL_DROP_TCP_NO_ACK;
    }
    if (c->state == INL_TCP_SYN_RECEIVED) {
        return syn_received_ack(c, seg);
    }
    return tcp_ack_input(c, seg);
}

/* ---- steps 7 and 8: text and FIN ---- */

static bool takes_text(const struct tcp_conn *c) {
    return c->state == INL_TCP_ESTABLISHED || c->state == INL_TCP_FIN_WAIT_1 ||
           c->state == INL_TCP_FIN_WAIT_2;
}

static enum inl_drop step_text(struct tcp_conn *c, const struct tcp_seg *seg) {
    enum inl_drop drop;

    if (seg->data_len == 0 || !takes_text(c)) {
        return INL_DROP_NONE; /* behind a FIN there is no text */
    }
    if (c->orphan) {
        tcp_conn_reset(c, 0, INL_CAUSE_TCP_RST_AFTER_CLOSE);
        return INL_DROP_TCP_AFTER_CLOSE;
    }
    if (seq_gt(seg->seq, c->rcv.nxt)) {
        tcp_gro_beyond(c, seg);
    }
    drop = tcp_rcv_data(c, seg->seq, seg->data, seg->data_len);
    if (drop == INL_DROP_NONE) {
        tcp_rwnd_measure(c, seg);
    }
    return drop;
}

static void step_fin(struct tcp_conn *c, const struct tcp_seg *seg) {
    bool taken;

    if (!takes_text(c)) {
        return;
    }
    if (seg->flags & TCP_FIN) {
        taken = tcp_rcv_fin(c, seq_add(seg->seq, seg->data_len), seg->data_len == 0);
    } else {
        taken = tcp_rcv_fin_due(c);
    }
    if (taken) {
        tcp_fin_received(c);
    }
}

/* Just the next text, as a whole, and nothing with it: nothing is to be cut, and no FIN is due. */
static bool is_next_text(const struct tcp_conn *c, const struct tcp_seg *seg) {
    return c->state == INL_TCP_ESTABLISHED && seq_eq(seg->seq, c->rcv.nxt) && seg->data_len > 0 &&
           seg->data_len <= tcp_rwnd_bytes(c) && !(seg->flags & (TCP_FIN | TCP_URG)) &&
           !c->orphan && !c->rcv.fin_early;
}

enum inl_drop tcp_segment_text(struct tcp_conn *c, struct tcp_seg *seg) {
    enum inl_drop drop;

    if (is_next_text(c, seg)) {
        drop = tcp_rcv_data(c, seg->seq, seg->data, seg->data_len);
        if (drop == INL_DROP_NONE && !c->rwnd.fixed) {
            tcp_rwnd_measure(c, seg);
        }
        return drop;
    }
    if (takes_text(c)) {
        tcp_urg_input(c, seg);
    }
    trim(c, seg);
    drop = step_text(c, seg);
    if (drop == INL_DROP_NONE && c->state != INL_TCP_CLOSED) {
        step_fin(c, seg);
    }
    return drop;
}

/* ---- all of it ---- */

/* Nothing was said yet that the peer could speak to: its SYN again, or a reset. */
static enum inl_drop syn_held_input(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (!(seg->flags & TCP_RST)) {
        return INL_DROP_TCP_DUPLICATE;
    }
    if (!seq_eq(seg->seq, c->rcv.nxt)) {
        return INL_DROP_TCP_BAD_RST;
    }
    tcp_conn_finish(c, reset_errno(c));
    return INL_DROP_NONE;
}

/*
 * Header prediction: the next segment in the window of an established connection, with a timestamp
 * that is not old, and without SYN, RST, FIN and URG. Nothing that stands before the ACK step has
 * anything to say about it.
 */
static bool is_usual(const struct tcp_conn *c, const struct tcp_seg *seg) {
    return c->state == INL_TCP_ESTABLISHED && (seg->flags & ~TCP_PSH) == TCP_ACK &&
           seq_eq(seg->seq, c->rcv.nxt) && seg->data_len <= tcp_rwnd_bytes(c) &&
           (!c->ts.ok ||
            (seg->o.present & TCP_HAS_TS && (int32_t)(seg->o.ts_val - c->ts.recent) >= 0));
}

/* The steps before the ACK. */
static enum inl_drop steps_to_ack(struct tcp_conn *c, struct tcp_seg *seg) {
    enum inl_drop drop = tcp_ts_input(c, seg);

    if (drop == INL_DROP_NONE) {
        drop = step_sequence(c, seg);
    }
    if (drop == INL_DROP_NONE) {
        drop = step_rst(c, seg);
    }
    if (drop == INL_DROP_NONE && c->state != INL_TCP_CLOSED) {
        drop = step_syn(c, seg);
    }
    return drop;
}

static enum inl_drop conn_input(struct tcp_conn *c, struct tcp_seg *seg) {
    enum inl_drop drop = INL_DROP_NONE;
    bool usual = is_usual(c, seg);

    if (c->state == INL_TCP_SYN_SENT) {
        return tcp_syn_sent_input(c, seg);
    }
    if (tcp_syn_held(c)) {
        return syn_held_input(c, seg);
    }
    if (step_syn_again(c, seg)) {
        return INL_DROP_NONE;
    }
    if (!usual) {
        drop = steps_to_ack(c, seg);
    }
    if (drop == INL_DROP_NONE && c->state != INL_TCP_CLOSED) {
        drop = step_ack(c, seg);
    }
    if (drop == INL_DROP_NONE && c->state != INL_TCP_CLOSED) {
        tcp_ts_update(c, seg);
        if (rd_left(&seg->rx->opts) > 0) {
            tcp_route_input(c, seg);
        }
        if (c->ecn.mode != TCP_ECN_NONE) {
            tcp_ecn_input(c, seg);
        }
        if (seg->o.present & TCP_HAS_UTO) {
            tcp_uto_input(c, &seg->o);
        }
        drop = tcp_segment_text(c, seg);
    }
    return drop;
}

static enum inl_drop seg_parse(const struct ip_rx *rx, struct tcp_seg *seg) {
    struct rd r = rx->payload;
    struct tcp_hdr h;
    enum inl_drop drop = tcp_parse(&r, &h);

    if (drop != INL_DROP_NONE) {
        return drop;
    }
    if (!rx->csum_done && !l4_csum_ok(&rx->src, &rx->dst, IP_PROTO_TCP, rx->payload)) {
        return INL_DROP_BAD_CHECKSUM;
    }
    seg->rx = rx;
    seg->data = rd_ptr(&h.payload);
    seg->data_len = (uint32_t)rd_left(&h.payload);
    seg->seq = h.seq;
    seg->ack = h.ack;
    seg->win = h.win;
    seg->flags = h.flags;
    seg->urg = h.urg;
    seg->sport = h.sport;
    seg->dport = h.dport;
    seg->o.present = 0;
    if (rd_left(&h.opts) > 0) {
        tcp_opts_parse(h.opts, &seg->o);
    }
    return INL_DROP_NONE;
}

/* A segment of a connection. */
static enum inl_drop known_input(struct tcp_conn *c, struct tcp_seg *seg) {
    struct tcp *tcp = c->tcp;
    enum inl_drop drop;

    c->segs_in += quick_gro_segs(seg);
    if (!tcp->train.on || !tcp_gro_take(c, seg, &drop)) {
        tcp_timers_heard(c);
        if (seg->rx->offload) {
            tcp_gro_super(c, seg);
        }
        drop = conn_input(c, seg);
        tcp_gro_note(tcp, c, seg, drop);
    }
    tcp_conn_touch(c);
    if (tcp->env->trace && drop == INL_DROP_NONE && seg->flags & TCP_ACK) {
        tcp_trace_metrics(c);
    }
    return drop;
}

static enum inl_drop half_open_input(struct tcp *tcp, struct tcp_syn *s, struct tcp_seg *seg) {
    struct tcp_conn *c = NULL;
    enum inl_drop drop = tcp_synq_input(tcp, s, seg, &c);

    return c ? known_input(c, seg) : drop;
}

static enum inl_drop rest_input(struct tcp *tcp, struct tcp_rest *r, struct tcp_seg *seg) {
    struct tcp_conn *c = tcp_wake(tcp, r);

    return c ? known_input(c, seg) : INL_DROP_NO_MEMORY;
}

/* A segment of no connection under way: at rest, half-open, TIME-WAIT, a listener, or nobody. */
static enum inl_drop other_input(struct tcp *tcp, struct tcp_seg *seg, uint64_t hash) {
    const struct ip_rx *rx = seg->rx;
    struct tcp_syn *s = tcp_find_syn(tcp, hash, &rx->dst, seg->dport, &rx->src, seg->sport);
    struct tcp_tw *tw = tcp_find_tw(tcp, hash, &rx->dst, seg->dport, &rx->src, seg->sport);
    struct tcp_rest *r = tcp_find_rest(tcp, hash, &rx->dst, seg->dport, &rx->src, seg->sport);
    struct tcp_conn *c = NULL;
    struct tcp_listener *l;
    enum inl_drop drop;
    bool reopen = false;
    seq_t old_nxt;

    if (r) {
        return rest_input(tcp, r, seg);
    }
    if (s) {
        return half_open_input(tcp, s, seg);
    }
    if (tw) {
        drop = tcp_tw_input(tcp, tw, seg, &reopen, &old_nxt);

        if (!reopen) {
            return drop;
        }
    }
    l = tcp_find_listener(tcp, &rx->dst, seg->dport, hash);
    if (l) {
        drop = tcp_listen_input(tcp, l, seg, reopen ? &old_nxt : NULL, &c);
        return c ? known_input(c, seg) : drop;
    }
    tcp_reply_rst(tcp, seg, INL_CAUSE_TCP_RST_CLOSED);
    return INL_DROP_NO_SOCKET;
}

/* Whose is it? With the hash of its tuple, if that was worked out. */
static struct tcp_conn *input_find(struct tcp *tcp, const struct ip_rx *rx, uint16_t sport,
                                   uint16_t dport, uint64_t *ret_hash) {
    struct tcp_conn *c = tcp_find_last(tcp, &rx->dst, dport, &rx->src, sport);

    tcp->scattered = false;
    if (!c) {
        *ret_hash = tcp_tuple_hash(tcp, &rx->dst, dport, &rx->src, sport);
        c = tcp_find_conn(tcp, *ret_hash, &rx->dst, dport, &rx->src, sport);
        tcp->last = c;
        tcp->scattered = tcp->conn_count >= TCP_MANY_CONNS;
    }
    return c;
}

enum inl_drop tcp_input(void *ctx, const struct ip_rx *rx) {
    struct tcp *tcp = ctx;
    struct tcp_seg seg;
    struct tcp_conn *c = NULL;
    uint64_t hash = 0;
    enum inl_drop drop;

    if (!rx->group && rd_left(&rx->payload) >= TCP_HDR_BYTES) {
        const uint8_t *p = rd_ptr(&rx->payload);

        c = input_find(tcp, rx, rd_load16(p), rd_load16(p + 2), &hash);
        if (c && c->plain && tcp_plain_input(c, rx, &drop)) {
            return drop;
        }
    }
    drop = seg_parse(rx, &seg);
    if (drop != INL_DROP_NONE) {
        tcp->in_segs++;
        tcp->in_errs++;
        return drop;
    }
    if (rx->group) {
        return INL_DROP_BROADCAST; /* MUST-57 */
    }
    tcp->in_segs += quick_gro_segs(&seg);
    drop = c ? known_input(c, &seg) : other_input(tcp, &seg, hash);
    tcp_reap(tcp);
    return drop;
}
