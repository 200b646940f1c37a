/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.c - the life of a connection
 *
 * Born by tcp_conn_alloc(), over with tcp_conn_finish(), freed by tcp_reap(). In between every
 * event ends in tcp_conn_settle() (settle.c). A connection that a socket owns outlives its end as a
 * shell (CLOSED or TIME-WAIT): unread data and the error are the socket's to fetch.
 */
#include "tcp/internal.h"
#include "wire/ipproto.h"

#include <assert.h>

void tcp_conn_init(struct tcp_conn *c, struct tcp *tcp) {
    c->tcp = tcp;
    list_init(&c->turn);
    list_init(&c->queue);
    list_init(&c->all);
    evnode_init(&c->ev, NULL);
    tcp_sock_opts_init(tcp, &c->opts);
    tcp_tmr_init(c);
    tcp_rtt_init(c);
    tcp_rtxq_init(&c->rtxq);
    tcp_cc_init(&c->cc, &tcp->cfg);
    tcp_snd_init(c, seq_mk(0));
    tcp_rcv_init(c);
    tcp_rate_init(c);
}

struct tcp_conn *tcp_conn_alloc(struct tcp *tcp) {
    struct tcp_conn *c;

    if (tcp->conn_count >= tcp->cfg.max_conns) {
        return NULL;
    }
    c = mem_zalloc(&tcp->env->mem, sizeof(*c));
    if (!c) {
        return NULL;
    }
    tcp_conn_init(c, tcp);
    tcp->conn_count++;
    list_add_tail(&tcp->all, &c->all);
    return c;
}

void tcp_conn_event(struct tcp_conn *c, uint32_t events) {
    if (c->owned) {
        evq_post(&c->tcp->env->evq, &c->ev, events);
    }
}

void tcp_conn_unready(struct tcp_conn *c) {
    list_del(&c->turn);
    c->in_ready = false;
}

void tcp_conn_unhash(struct tcp_conn *c) {
    tcp_route_forget(c);
    if (c->hashed) {
        tcp_unhash_conn(c);
        c->hashed = false;
    }
}

/* Nobody will ask for this connection again. */
static void conn_bury(struct tcp_conn *c) {
    list_del(&c->all);
    list_add_tail(&c->tcp->dead, &c->all);
}

/* What the network side holds; a shell keeps received data. */
static void conn_release(struct tcp_conn *c) {
    tcp_conn_unhash(c);
    tcp_conn_unready(c);
    tcp_timers_stop(c);
    tcp_snd_purge(c);
    tcp_rtxq_done(&c->rtxq, &c->tcp->env->mem);
    tcp_ecn_done(c);
    tcp_cc_done(&c->cc, &c->tcp->env->mem);
    tcp_listen_forget(c);
    tcp_mem_update(c);
    if (c->orphan) {
        c->orphan = false;
        c->tcp->orphans--;
    }
}

void tcp_conn_finish(struct tcp_conn *c, int err) {
    conn_release(c);
    tcp_tw_forget_conn(c);
    tcp_tfo_settled(c, false);
    if (err && c->state == INL_TCP_SYN_SENT) {
        tcp_tfo_refused(c);
    }
    if (c->state != INL_TCP_CLOSED) {
        tcp_state_set(c, INL_TCP_CLOSED);
    }
    if (err) {
        c->err = err;
    }
    if (!c->owned) {
        conn_bury(c);
        return;
    }
    tcp_conn_event(c, INL_EV_CLOSED | INL_EV_READABLE | INL_EV_WRITABLE |
                          (c->err ? (unsigned)INL_EV_ERROR : 0u));
}

/* RFC 9293 3.10.5: these states tell the peer, the others have nothing to tell. */
static bool conn_reset_wants_rst(const struct tcp_conn *c) {
    switch (c->state) {
    case INL_TCP_SYN_RECEIVED:
    case INL_TCP_ESTABLISHED:
    case INL_TCP_FIN_WAIT_1:
    case INL_TCP_FIN_WAIT_2:
    case INL_TCP_CLOSE_WAIT:
        return true;
    default:
        return false;
    }
}

void tcp_conn_reset(struct tcp_conn *c, int err, enum inl_cause cause) {
    if (conn_reset_wants_rst(c)) {
        struct tcp_reply rst = {
            .src = &c->local.addr,
            .dst = &c->remote.addr,
            .sport = c->local.port,
            .dport = c->remote.port,
            .seq = c->snd.nxt,
            .ack = c->rcv.nxt,
            .flags = TCP_RST | TCP_ACK,
            .scope = c->remote.scope,
            .ttl = c->opts.ttl,
            .tos = c->opts.tos,
            .owner = c->opts.owner,
            .cause = cause,
        };

        if (c->ts.ok) {
            tcp_ts_fill(c, &rst.opts); /* RFC 7323 3.2: SHOULD */
        }
        c->segs_out++;
        tcp_reply_send(c->tcp, &rst);
    }
    tcp_conn_finish(c, err);
}

void tcp_conn_discard(struct tcp_conn *c) {
    assert(c->state == INL_TCP_CLOSED);
    evnode_cancel(&c->ev);
    c->owned = false;
    c->user = NULL;
    conn_bury(c);
}

static void conn_free(struct tcp_conn *c) {
    struct tcp *tcp = c->tcp;

    list_del(&c->all);
    evnode_cancel(&c->ev);
    tcp_rcv_purge(c);
    tcp_route_forget(c);
    tcp_cc_done(&c->cc, &tcp->env->mem);
    tcp_mem_update(c);
    ports_put(tcp->ports, c->bind);
    tcp->conn_count--;
    mem_free(&tcp->env->mem, c, sizeof(*c));
}

void tcp_reap_dead(struct tcp *tcp) {
    struct list *n;

    while ((n = list_first(&tcp->dead))) {
        conn_free(LIST_ENTRY(n, struct tcp_conn, all));
    }
}

void tcp_conn_flow(struct tcp_conn *c) {
    if (!inl_addr_is4(&c->remote.addr)) {
        c->path.flow = ip_flow_label(c->tcp->ip, &c->local.addr, &c->remote.addr, IP_PROTO_TCP,
                                     c->local.port, c->remote.port);
    }
}

int tcp_conn_path(struct tcp_conn *c) {
    struct ip_path path;
    int err;

    if (c->path.gen == ip_path_gen(c->tcp->ip)) {
        return 0;
    }
    err = ip_path_recall(c->tcp->ip, &c->remote.addr, &c->local.addr, c->remote.scope, &path);
    if (err == 0) {
        c->path = path;
        tcp_conn_flow(c);
        tcp_pmtud_path_changed(c);
    }
    return err;
}
