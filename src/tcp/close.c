/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * close.c - FINs in every order, CLOSE, ABORT and what a closed application loses
 *
 * RFC 9293 3.6, 3.10.4, 3.10.5 and step 8 of 3.10.7.4. The state changes when the application
 * closes; the FIN goes out behind the last byte (output.c). A connection that its socket has
 * closed is an orphan: it ends by itself, and there is a limit to how many do. Closing with
 * unread data, or with SO_LINGER 0, is a reset: the peer must not believe that its data was
 * read (RFC 9293 3.6.1, RFC 2525 2.17).
 */
#include "tcp/internal.h"

#include <errno.h>

void tcp_fin_received(struct tcp_conn *c) {
    tcp_ackd_now(c, INL_CAUSE_TCP_ACK_FIN);
    tcp_conn_event(c, INL_EV_READABLE | INL_EV_RDHUP);
    switch (c->state) {
    case INL_TCP_ESTABLISHED:
        tcp_state_set(c, INL_TCP_CLOSE_WAIT);
        break;
    case INL_TCP_FIN_WAIT_1:
        /* had it acknowledged our FIN, the ACK step would have moved on to FIN-WAIT-2 */
        tcp_state_set(c, INL_TCP_CLOSING);
        break;
    case INL_TCP_FIN_WAIT_2:
        tcp_tw_enter(c);
        break;
    default:
        break;
    }
}

void tcp_fin_acked(struct tcp_conn *c) {
    switch (c->state) {
    case INL_TCP_FIN_WAIT_1:
        tcp_state_set(c, INL_TCP_FIN_WAIT_2);
        tcp_timers_orphaned(c);
        break;
    case INL_TCP_CLOSING:
        tcp_tw_enter(c);
        break;
    case INL_TCP_LAST_ACK:
        tcp_conn_finish(c, 0);
        break;
    default:
        break;
    }
}

/* The application wants to send no more: the state follows at once, the FIN when its turn is. */
static void close_send_side(struct tcp_conn *c) {
    tcp_snd_fin(c);
    if (c->state == INL_TCP_ESTABLISHED) {
        tcp_state_set(c, INL_TCP_FIN_WAIT_1);
    } else if (c->state == INL_TCP_CLOSE_WAIT) {
        tcp_state_set(c, INL_TCP_LAST_ACK);
    }
}

void tcp_close_deferred(struct tcp_conn *c) {
    if (c->snd.fin_wanted) {
        close_send_side(c);
    }
}

static bool close_connected(const struct tcp_conn *c) {
    return tcp_state_synced(c) && c->state != INL_TCP_TIME_WAIT;
}

int tcp_shutdown(struct tcp *tcp, struct tcp_conn *conn, enum inl_shutdown_how how) {
    if (!close_connected(conn) && conn->state != INL_TCP_SYN_RECEIVED) {
        return -ENOTCONN;
    }
    if (how != INL_SHUT_WR && !conn->rcv.shut) {
        tcp_rcv_shut(conn);
        (void)tcp_rwnd_tell(conn); /* what was unread is gone, and there is room */
        tcp_conn_event(conn, INL_EV_READABLE | INL_EV_RDHUP);
    }
    if (how != INL_SHUT_RD && !conn->snd.fin_wanted) {
        close_send_side(conn);
    }
    tcp_conn_settle(conn);
    tcp_reap(tcp);
    return 0;
}

static void close_orphan(struct tcp *tcp, struct tcp_conn *c) {
    evnode_cancel(&c->ev);
    c->owned = false;
    c->user = NULL;
    if (tcp->orphans >= tcp->cfg.max_orphans || tcp_mem_full(tcp)) {
        tcp_conn_reset(c, 0, INL_CAUSE_TCP_RST_NO_MEMORY);
        return;
    }
    c->orphan = true;
    tcp->orphans++;
    c->opts.hold_syn = false; /* nobody is left to say so later */
    if (!c->snd.fin_wanted) {
        close_send_side(c);
    }
    tcp_timers_orphaned(c);
    tcp_conn_settle(c);
}

/* Why a close is a reset, or NONE. */
static enum inl_cause close_reset_cause(const struct tcp_conn *c) {
    if (c->opts.linger_s == 0) {
        return INL_CAUSE_TCP_RST_ABORT;
    }
    if (tcp_rcv_waiting(c) > 0 && c->state != INL_TCP_CLOSING && c->state != INL_TCP_LAST_ACK) {
        return INL_CAUSE_TCP_RST_UNREAD;
    }
    return INL_CAUSE_NONE;
}

static void close_discard(struct tcp_conn *c) {
    if (c->state != INL_TCP_CLOSED) {
        tcp_conn_finish(c, 0);
    }
    tcp_conn_discard(c);
}

void tcp_close(struct tcp *tcp, struct tcp_conn *conn) {
    enum inl_cause reset = close_reset_cause(conn);

    switch (conn->state) {
    case INL_TCP_CLOSED:
    case INL_TCP_SYN_SENT:
        close_discard(conn);
        break;
    case INL_TCP_TIME_WAIT:
        if (reset == INL_CAUSE_TCP_RST_ABORT) {
            tcp_tw_abort(conn);
        }
        tcp_tw_forget_conn(conn);
        close_discard(conn);
        break;
    default:
        if (reset != INL_CAUSE_NONE) {
            tcp_conn_reset(conn, 0, reset);
            tcp_conn_discard(conn);
        } else {
            close_orphan(tcp, conn);
        }
        break;
    }
    tcp_reap(tcp);
}

void tcp_abort(struct tcp *tcp, struct tcp_conn *conn) {
    tcp_tw_forget_conn(conn);
    tcp_conn_reset(conn, 0, INL_CAUSE_TCP_RST_ABORT);
    tcp_conn_discard(conn);
    tcp_reap(tcp);
}
