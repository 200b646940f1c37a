/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user.c - SEND, RECEIVE and STATUS of RFC 9293 3.10, as the socket layer calls them
 *
 * Nothing here sends: calls change the streams, and tcp_conn_settle() sees what follows. CONNECT
 * and LISTEN are in open.c and listen.c, CLOSE and ABORT in close.c.
 */
#include "tcp/plain.h"
#include "tcp/quick.h"

#include <errno.h>

void tcp_sock_opts_init(const struct tcp *tcp, struct tcp_sock_opts *opts) {
    *opts = (struct tcp_sock_opts){
        .keep_idle_ns = tcp->cfg.keep_idle_ns,
        .keep_intvl_ns = tcp->cfg.keep_intvl_ns,
        .keep_count = (uint16_t)tcp->cfg.keep_count,
        .rcvlowat_bytes = 1,
        .linger_s = -1,
        .congestion = tcp->cfg.congestion,
        .ttl = tcp->ttl,
        .ecn = (uint8_t)tcp->cfg.ecn,
    };
}

int tcp_conn_new(struct tcp *tcp, void *user, struct tcp_conn **ret_conn) {
    struct tcp_conn *c = tcp_conn_alloc(tcp);

    if (!c) {
        return -ENOMEM;
    }
    c->owned = true;
    tcp_conn_set_user(c, user);
    *ret_conn = c;
    return 0;
}

void tcp_conn_soon(const struct tcp *tcp, const struct tcp_conn *conn) {
    quick_conn_fetch(tcp, conn);
}

void *tcp_conn_user(const struct tcp_conn *conn) {
    return conn->user;
}

void tcp_conn_set_user(struct tcp_conn *conn, void *user) {
    conn->user = user;
    conn->ev.owner = user;
}

struct evnode *tcp_conn_evnode(struct tcp_conn *conn) {
    return &conn->ev;
}

/* Who asks may change them. */
struct tcp_sock_opts *tcp_conn_opts(struct tcp_conn *conn) {
    tcp_plain_forget(conn);
    return &conn->opts;
}

void tcp_cc_select(struct tcp_conn *c) {
    if (!tcp_state_synced(c)) {
        return; /* when it is established */
    }
    tcp_cc_use(&c->cc, &c->tcp->env->mem, tcp_cc_ops_of((enum inl_cc_algo)c->opts.congestion));
    c->opts.congestion = (uint8_t)c->cc.ops->algo; /* without memory: as it was */
}

/*
 * A larger buffer makes room without a read. Whom a window too small for a segment stops hears of
 * it now (RFC 9293 3.8.6.2.2); the others with what is sent next.
 */
static void room_made(struct tcp_conn *c) {
    if (tcp_rwnd_bytes(c) < c->rcv.mss_bytes) {
        (void)tcp_rwnd_tell(c);
    }
}

static void opt_apply(struct tcp_conn *c, enum inl_opt opt) {
    switch (opt) {
    case INL_OPT_SNDBUF:
        tcp_snd_set_buf(c, c->opts.sndbuf_bytes);
        break;
    case INL_OPT_RCVBUF:
        tcp_rwnd_set_buf(c, c->opts.rcvbuf_bytes);
        room_made(c);
        break;
    case INL_OPT_RCVLOWAT:
        tcp_rwnd_lowat(c);
        room_made(c);
        tcp_rcv_lowat(c);
        break;
    case INL_OPT_KEEPALIVE:
    case INL_OPT_TCP_KEEPIDLE_NS:
    case INL_OPT_TCP_KEEPINTVL_NS:
        if (tcp_state_synced(c)) {
            tcp_timers_established(c);
        }
        break;
    case INL_OPT_TCP_USER_TIMEOUT_NS:
        tcp_timers_limit_changed(c);
        break;
    case INL_OPT_TCP_UTO:
    case INL_OPT_TCP_UTO_ADV_NS:
    case INL_OPT_TCP_UTO_CHANGEABLE:
        tcp_uto_changed(c);
        break;
    case INL_OPT_TCP_CONGESTION:
        tcp_cc_select(c);
        break;
    case INL_OPT_TCP_QUICKACK:
        tcp_ackd_mode(c, c->opts.ack_mode == TCP_ACK_MODE_QUICK);
        break;
    default:
        break;
    }
}

void tcp_opts_changed(struct tcp *tcp, struct tcp_conn *conn, enum inl_opt opt) {
    (void)tcp;
    if (!conn->opened || conn->state == INL_TCP_CLOSED || conn->state == INL_TCP_TIME_WAIT) {
        return;
    }
    opt_apply(conn, opt);
    tcp_conn_settle(conn);
}

uint32_t tcp_rcvbuf(const struct tcp_conn *conn) {
    return conn->opened ? conn->rwnd.buf_bytes : conn->opts.rcvbuf_bytes;
}

uint32_t tcp_sndbuf(const struct tcp_conn *conn) {
    return conn->opened ? conn->snd.sndbuf_bytes : conn->opts.sndbuf_bytes;
}

uint32_t tcp_uto_remote_s(const struct tcp_conn *conn) {
    return conn->uto.remote_s;
}

uint32_t tcp_urgent(const struct tcp_conn *conn) {
    return tcp_urg_left(conn);
}

bool tcp_quickack(const struct tcp_conn *conn) {
    return conn->opened ? !conn->ackd.pingpong : conn->opts.ack_mode != TCP_ACK_MODE_DELAY;
}

int tcp_take_error(struct tcp_conn *conn) {
    int err = conn->err;

    conn->err = 0;
    return err;
}

/* ---- SEND ---- */

/* 0 if bytes may be queued now, else why not. */
static int send_check(struct tcp_conn *c) {
    if (c->err) {
        return -tcp_take_error(c);
    }
    if (c->snd.fin_wanted) {
        return -EPIPE;
    }
    switch (c->state) {
    case INL_TCP_ESTABLISHED:
    case INL_TCP_CLOSE_WAIT:
        return 0;
    case INL_TCP_SYN_SENT:
    case INL_TCP_SYN_RECEIVED:
        if (tcp_tfo_waits(c) || tcp_opened_fast(c)) {
            return 0;
        }
        tcp_snd_want_room(c, true);
        return -EAGAIN;
    default:
        return c->opened ? -EPIPE : -ENOTCONN;
    }
}

/* There is data: a SYN that waited for it (Fast Open) may go. */
static void send_begins(struct tcp_conn *c) {
    if (c->state == INL_TCP_SYN_SENT) {
        tcp_tfo_go(c);
    }
}

/* Refused or not writable any more: tell when that changes. */
static void send_want(struct tcp_conn *c, bool refused) {
    tcp_snd_want_room(c, refused || tcp_snd_room(c) == 0);
}

int64_t tcp_send(struct tcp *tcp, struct tcp_conn *conn, const void *buf, size_t len_bytes,
                 int flags) {
    int n;

    if (conn->plain && flags == 0 && len_bytes > 0 && tcp_plain_send(conn, buf, len_bytes)) {
        return (int64_t)len_bytes;
    }
    n = send_check(conn);
    if (n < 0 || len_bytes == 0) {
        return n;
    }
    send_begins(conn);
    n = tcp_snd_write(conn, buf, len_bytes);
    tcp_snd_more(conn, n > 0 && (flags & INL_MSG_MORE));
    if (n > 0 && (flags & INL_MSG_OOB)) {
        tcp_urg_mark(conn);
    }
    send_want(conn, n < 0 || (size_t)n < len_bytes);
    tcp_conn_settle(conn);
    tcp_reap(tcp);
    return n;
}

int tcp_send_loan(struct tcp *tcp, struct tcp_conn *conn, struct inl_piece ret_pieces[2]) {
    struct ring_span span[2];
    size_t room;
    size_t n;
    int err = send_check(conn);

    (void)tcp;
    if (err < 0) {
        return err;
    }
    room = tcp_snd_room(conn);
    tcp_snd_want_room(conn, room == 0);
    if (room == 0) {
        return -EAGAIN;
    }
    room = room < RING_PAGE_BYTES ? room : RING_PAGE_BYTES;
    err = ring_reserve(&conn->snd.ring, conn->snd.end_off, room);
    tcp_mem_update(conn); /* also if it failed half-way */
    if (err < 0) {
        return -ENOBUFS;
    }
    n = ring_peek(&conn->snd.ring, conn->snd.end_off, room, span, 2);
    for (size_t i = 0; i < n; i++) {
        ret_pieces[i] = (struct inl_piece){.data = span[i].p, .len_bytes = span[i].len};
    }
    return (int)n;
}

int tcp_send_commit(struct tcp *tcp, struct tcp_conn *conn, size_t used_bytes) {
    uint64_t reserved = conn->snd.ring.tail - conn->snd.end_off;
    int err = send_check(conn);

    (void)tcp;
    if (err < 0) {
        return err;
    }
    if (used_bytes > reserved) {
        return -EINVAL;
    }
    if (used_bytes > 0) {
        send_begins(conn);
    }
    tcp_snd_wrote(conn, used_bytes);
    tcp_snd_more(conn, false);
    send_want(conn, false);
    tcp_conn_settle(conn);
    return 0;
}

/* ---- RECEIVE ---- */

/* Nothing waits: end of stream (0), or the reason to report. */
static int recv_nothing(struct tcp_conn *c) {
    if (c->err) {
        return -tcp_take_error(c);
    }
    if (c->rcv.fin_got || c->rcv.shut) {
        return 0;
    }
    if (c->state == INL_TCP_CLOSED) {
        return c->opened ? 0 : -ENOTCONN;
    }
    if (tcp_tfo_waits(c)) { /* who reads has nothing to say first */
        tcp_tfo_go(c);
        tcp_conn_settle(c);
    }
    return -EAGAIN;
}

static void recv_consumed(struct tcp_conn *c) {
    if (!c->rwnd.fixed) {
        tcp_rwnd_read(c);
    }
    quick_mem_update(c);
    if (tcp_rwnd_tell(c)) {
        tcp_conn_settle(c);
    }
    quick_rest_later(c);
}

int64_t tcp_recv(struct tcp *tcp, struct tcp_conn *conn, void *buf, size_t len_bytes, int flags) {
    bool peek = (flags & INL_MSG_PEEK) != 0;
    int64_t n;

    (void)tcp;
    if (tcp_rcv_waiting(conn) == 0) {
        return recv_nothing(conn);
    }
    n = tcp_rcv_read(conn, buf, len_bytes, peek);
    if (!peek) {
        recv_consumed(conn);
    }
    return n;
}

int tcp_recv_loan(struct tcp *tcp, struct tcp_conn *conn, struct inl_piece ret_pieces[2]) {
    struct ring_span span[2];
    size_t n;

    (void)tcp;
    if (tcp_rcv_waiting(conn) == 0) {
        return recv_nothing(conn);
    }
    n = ring_peek(&conn->rcv.ring, ring_head(&conn->rcv.ring),
                  tcp_urg_limit(conn, tcp_rcv_waiting(conn)), span, 2);
    for (size_t i = 0; i < n; i++) {
        ret_pieces[i] = (struct inl_piece){.data = span[i].p, .len_bytes = span[i].len};
    }
    return (int)n;
}

int tcp_recv_done(struct tcp *tcp, struct tcp_conn *conn, size_t used_bytes) {
    (void)tcp;
    if (used_bytes > tcp_rcv_waiting(conn)) {
        return -EINVAL;
    }
    tcp_rcv_consume(conn, used_bytes);
    recv_consumed(conn);
    return 0;
}

/* ---- STATUS ---- */

static unsigned poll_send_side(const struct tcp_conn *c) {
    unsigned ev = 0;

    if (c->snd.fin_wanted ? tcp_snd_fin_acked(c) : c->snd.una_off == c->snd.end_off) {
        ev |= INL_EV_SENT;
    }
    if ((c->state == INL_TCP_ESTABLISHED || c->state == INL_TCP_CLOSE_WAIT) && !c->snd.fin_wanted &&
        tcp_snd_room(c) > 0) {
        ev |= INL_EV_WRITABLE;
    }
    return ev;
}

unsigned tcp_poll(const struct tcp_conn *conn) {
    unsigned ev = conn->err ? (unsigned)INL_EV_ERROR : 0u;
    bool over = conn->state == INL_TCP_CLOSED || conn->state == INL_TCP_TIME_WAIT;

    if (!conn->opened) {
        return ev;
    }
    if (over) {
        ev |= INL_EV_CLOSED | INL_EV_READABLE | INL_EV_WRITABLE;
    } else if (tcp_tfo_waits(conn)) {
        ev |= INL_EV_WRITABLE;
    } else if (tcp_opened_fast(conn)) {
        ev |= INL_EV_CONNECTED | (tcp_snd_room(conn) > 0 ? (unsigned)INL_EV_WRITABLE : 0u);
    } else if (tcp_state_synced(conn)) {
        ev |= INL_EV_CONNECTED | poll_send_side(conn);
    }
    if (conn->urg.pending) {
        ev |= INL_EV_URGENT;
    }
    if (!over && conn->rtt.backoff >= TCP_R1_RTX) {
        ev |= INL_EV_TROUBLE;
    }
    if (tcp_rcv_readable(conn)) {
        ev |= INL_EV_READABLE;
    }
    if (conn->rcv.fin_got || conn->rcv.shut) {
        ev |= INL_EV_READABLE | INL_EV_RDHUP;
    }
    return ev;
}

enum inl_tcp_state tcp_state(const struct tcp_conn *conn) {
    if (conn->state == INL_TCP_TIME_WAIT && !tcp_tw_of(conn)) {
        return INL_TCP_CLOSED; /* its time is over */
    }
    return (enum inl_tcp_state)conn->state;
}

const struct inl_sockaddr *tcp_local(const struct tcp_conn *conn) {
    return &conn->local;
}

const struct inl_sockaddr *tcp_remote(const struct tcp_conn *conn) {
    return &conn->remote;
}
