/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open.c - opening: CONNECT, SYN-SENT, simultaneous open, and becoming ESTABLISHED
 *
 * RFC 9293 3.10.1, 3.10.7.3, 3.5. The passive side's part before SYN-RECEIVED is in listen.c.
 */
#include "tcp/internal.h"

#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <errno.h>

static uint32_t initial_window_segs(const struct tcp_conn *c) {
    uint32_t segs = c->tcp->cfg.initial_window_segs;

    if (segs == 0 && c->rtt.syn_rtx == 0) { /* RFC 5681 3.1: the smaller, the more */
        return c->opt.snd_mss_bytes > 2190 ? 2 : c->opt.snd_mss_bytes > 1095 ? 3 : 4;
    }
    /* RFC 5681 takes any lost SYN as a sign that the path is in trouble, RFC 6928 2 forgives one */
    return segs == 0 || c->rtt.syn_rtx > 1 ? 1 : segs;
}

int tcp_open_init(struct tcp_conn *c, const struct inl_sockaddr *local,
                  const struct inl_sockaddr *remote) {
    struct inl_addr from = local->addr;
    int err;

    if (inl_addr_is_any(&from)) {
        from = inl_addr_any6();
    }
    c->remote = *remote;
    err = ip_path_recall(c->tcp->ip, &remote->addr, &from, remote->scope, &c->path);
    if (err < 0) {
        return err;
    }
    c->local = *local;
    if (inl_addr_is_any(&local->addr)) {
        c->local.addr = c->path.src;
    }
    c->pseudo = l4_pseudo_csum(&c->local.addr, &c->remote.addr, IP_PROTO_TCP, 0);
    tcp_conn_flow(c);
    tcp_pmtud_init(c);
    tcp_opt_init(c);
    tcp_ts_init(c);
    tcp_sackr_init(c);
    tcp_ecn_init(c);
    tcp_snd_init(c, tcp_isn(c->tcp, &c->local, &c->remote));
    tcp_rwnd_init(c);
    tcp_ackd_init(c);
    tcp_uto_init(c);
    tcp_rec_init(c);
    c->opened = true;
    c->tmr.heard = c->tcp->env->now;
    return 0;
}

/* Another connection of this tuple is in TIME-WAIT, and has been long enough (RFC 6191). */
static void open_reuse(struct tcp_conn *c) {
    struct tcp *tcp = c->tcp;
    uint64_t hash =
        tcp_tuple_hash(tcp, &c->local.addr, c->local.port, &c->remote.addr, c->remote.port);
    struct tcp_tw *tw =
        tcp_find_tw(tcp, hash, &c->local.addr, c->local.port, &c->remote.addr, c->remote.port);

    if (tw) {
        tcp_snd_init(c, tcp_isn_above(tcp, c->snd.iss, tcp_tw_reuse(tcp, tw)));
        tcp_rec_init(c);
    }
}

int tcp_connect(struct tcp *tcp, struct tcp_conn *conn, struct port_bind *bind,
                const struct inl_sockaddr *local, const struct inl_sockaddr *remote) {
    struct inl_sockaddr from = *local;
    int err;

    if (ip_addr_is_group(tcp->ip, &remote->addr) || remote->port == 0) {
        return -EADDRNOTAVAIL;
    }
    from.port = bind->port;
    err = tcp_open_init(conn, &from, remote);
    if (err < 0) {
        return err;
    }
    if (tcp_tuple_used(tcp, &conn->local, &conn->remote)) {
        conn->opened = false;
        return -EADDRINUSE;
    }
    tcp_route_opened(conn);
    open_reuse(conn);
    tcp_tfo_connect(conn);
    tcp_ecn_connect(conn);
    conn->bind = bind;
    tcp->active_opens++;
    tcp_hash_conn(conn);
    tcp_state_set(conn, INL_TCP_SYN_SENT);
    tcp_conn_settle(conn);
    return 0;
}

void tcp_established_fast(struct tcp_conn *c) {
    tcp_cc_select(c);
    tcp_cc_start(&c->cc, c->opt.snd_mss_bytes, initial_window_segs(c));
}

/* The data of our SYN that the peer did not take goes with the ACK (RFC 7413 4.2.2). */
static void open_syn_data(struct tcp_conn *c) {
    if (c->rtxq.n > 0) {
        tcp_rtxq_split(&c->rtxq, &c->tcp->env->mem, c->opt.snd_mss_bytes);
        tcp_rec_force(c, TCP_FORCE_SYN_DATA);
    }
}

bool tcp_connect_waits(const struct tcp_conn *conn) {
    return tcp_tfo_waits(conn);
}

void tcp_established(struct tcp_conn *c, const struct tcp_seg *seg) {
    uint32_t wnd = seg->win;

    if (!(seg->flags & TCP_SYN)) {
        wnd <<= c->opt.snd_scale; /* RFC 7323 2.2: never in a SYN */
    }
    tcp_tfo_settled(c, true);
    tcp_state_set(c, INL_TCP_ESTABLISHED);
    tcp_snd_window(c, seg->seq, seg->ack, wnd);
    tcp_rwnd_established(c);
    tcp_rtt_established(c);
    tcp_cc_select(c);
    tcp_pmtud_established(c);
    tcp_cc_start(&c->cc, c->opt.snd_mss_bytes, initial_window_segs(c));
    tcp_ecn_established(c);
    tcp_timers_established(c);
    if (c->passive) {
        tcp_listen_established(c);
    }
    tcp_conn_event(c, INL_EV_CONNECTED | INL_EV_WRITABLE);
    tcp_close_deferred(c);
}

/* Step 4 without ACK: both ends have sent a SYN (RFC 9293 3.5, figure 7). */
static enum inl_drop syn_sent_simultaneous(struct tcp_conn *c, struct tcp_seg *seg) {
    tcp_rcv_start(c, seg->seq);
    tcp_opt_from_syn(c, &seg->o);
    tcp_ecn_syn(c, seg);
    tcp_rwnd_start(c);
    tcp_snd_window(c, seg->seq, seg->ack, seg->win);
    tcp_state_set(c, INL_TCP_SYN_RECEIVED);
    tcp_rec_force(c, TCP_FORCE_SYN_BOTH);
    return INL_DROP_NONE;
}

static enum inl_drop syn_sent_synack(struct tcp_conn *c, struct tcp_seg *seg) {
    tcp_rcv_start(c, seg->seq);
    tcp_opt_from_syn(c, &seg->o);
    tcp_ecn_synack(c, seg);
    tcp_rwnd_start(c);
    tcp_tfo_synack(c, seg);
    tcp_ack_new(c, seg);
    tcp_established(c, seg);
    open_syn_data(c);
    if (c->ecn.acc) {
        tcp_ackd_pure(c, INL_CAUSE_TCP_HANDSHAKE_ACK); /* RFC 9768 3.2.2.1: before any data */
    } else {
        tcp_ackd_now(c, INL_CAUSE_TCP_HANDSHAKE_ACK);
    }
    seg->seq = seq_add(seg->seq, 1);
    seg->flags &= (uint16_t) ~(TCP_SYN | TCP_URG); /* nothing is urgent in a SYN */
    return tcp_segment_text(c, seg);
}

/* RFC 9293 3.10.7.3 */
enum inl_drop tcp_syn_sent_input(struct tcp_conn *c, struct tcp_seg *seg) {
    bool ack = (seg->flags & TCP_ACK) != 0;

    if (ack && (seq_le(seg->ack, c->snd.iss) || seq_gt(seg->ack, c->snd.nxt))) {
        tcp_reply_rst(c->tcp, seg, INL_CAUSE_TCP_RST_BAD_ACK);
        return INL_DROP_TCP_ACK_UNSENT;
    }
    if (seg->flags & TCP_RST) {
        if (!ack) {
            return INL_DROP_TCP_BAD_RST;
        }
        if (!tcp_ecn_refused(c)) {
            tcp_conn_finish(c, ECONNREFUSED);
            return INL_DROP_NONE;
        }
        tcp_tfo_timeout(c); /* nor does it have anything else that is new */
        tcp_rec_force(c, TCP_FORCE_SYN_PLAIN);
        return INL_DROP_NONE;
    }
    if (!(seg->flags & TCP_SYN)) {
        return INL_DROP_TCP_BAD_FLAGS;
    }
    return ack ? syn_sent_synack(c, seg) : syn_sent_simultaneous(c, seg);
}
