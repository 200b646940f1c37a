/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listen.c - listeners: half-open connections, accept queue
 *
 * A SYN makes a half-open entry (synq.c; in all at most max_half_open: above that SYNs are
 * answered by cookies, syncookie.c, or the oldest entry is given up, RFC 4987 3.5). When the
 * handshake is complete it becomes a connection in its listener's accept queue, which holds
 * `backlog` at most: while it is full, SYNs are dropped, and so is the last ACK of a handshake (the
 * peer sends again).
 *
 * A gateway wants to know whether the far end can be reached before it says yes. So a listener can
 * hold SYNs (INL_OPT_TCP_HOLD_SYN): the connection goes to the accept queue at once, and nothing
 * is sent. Whoever accepts it either lets it go on, and its handshake begins, or closes it with a
 * reset, which the peer in SYN-SENT takes as a refusal. It is not half-open in the sense above:
 * backlog and owner bound it.
 */
#include "tcp/internal.h"

#include <errno.h>

int tcp_listen(struct tcp *tcp, struct port_bind *bind, const struct inl_sockaddr *local,
               const struct tcp_sock_opts *opts, int backlog, void *user,
               struct tcp_listener **ret_listener) {
    struct tcp_listener *l = mem_zalloc(&tcp->env->mem, sizeof(*l));

    if (!l) {
        return -ENOMEM;
    }
    l->tcp = tcp;
    l->local = *local;
    l->local.port = bind->port;
    l->bind = bind;
    l->salt = bind->flags & PORTS_SHARE ? rng_u64(&tcp->env->rng) : 0;
    l->opts = *opts;
    l->user = user;
    tcp_listener_set_backlog(l, backlog);
    list_init(&l->accept_queue);
    list_init(&l->syns);
    list_init(&l->all);
    list_add_tail(&tcp->listener_list, &l->all);
    evnode_init(&l->ev, user);
    htab_insert(&tcp->listeners, &l->node, tcp_listener_hash(tcp, &l->local.addr, l->local.port));
    *ret_listener = l;
    return 0;
}

void tcp_listener_set_backlog(struct tcp_listener *listener, int backlog) {
    listener->backlog = backlog < 1 ? 1 : backlog;
}

struct evnode *tcp_listener_evnode(struct tcp_listener *listener) {
    return &listener->ev;
}

struct tcp_sock_opts *tcp_listener_opts(struct tcp_listener *listener) {
    return &listener->opts;
}

bool tcp_listener_ready(const struct tcp_listener *listener) {
    return !list_empty(&listener->accept_queue);
}

void tcp_listen_forget(struct tcp_conn *c) {
    struct tcp_listener *l = c->listener;

    list_del(&c->queue);
    if (!l) {
        return;
    }
    if (c->half_open) {
        c->half_open = false;
        l->half_n--;
        c->tcp->half_open--;
    } else {
        l->accept_n--;
    }
    c->listener = NULL;
}

void tcp_listener_close(struct tcp *tcp, struct tcp_listener *listener) {
    struct list *it;
    struct list *next;

    LIST_FOREACH_SAFE(it, next, &tcp->half_open_list) {
        struct tcp_conn *c = LIST_ENTRY(it, struct tcp_conn, queue);

        if (listener->half_n == 0) {
            break;
        }
        if (c->listener == listener) {
            tcp_conn_reset(c, 0, INL_CAUSE_TCP_RST_NOT_ACCEPTED);
        }
    }
    tcp_synq_reset_all(tcp, listener);
    while ((it = list_first(&listener->accept_queue))) {
        tcp_conn_reset(LIST_ENTRY(it, struct tcp_conn, queue), 0, INL_CAUSE_TCP_RST_NOT_ACCEPTED);
    }
    evnode_cancel(&listener->ev);
    htab_remove(&tcp->listeners, &listener->node);
    list_del(&listener->all);
    ports_put(tcp->ports, listener->bind);
    mem_free(&tcp->env->mem, listener, sizeof(*listener));
    tcp_reap(tcp);
}

struct tcp_conn *tcp_accept(struct tcp *tcp, struct tcp_listener *listener, void *user) {
    struct list *n = list_first(&listener->accept_queue);
    struct tcp_conn *c;

    (void)tcp;
    if (!n) {
        return NULL;
    }
    c = LIST_ENTRY(n, struct tcp_conn, queue);
    tcp_listen_forget(c);
    c->owned = true;
    tcp_conn_set_user(c, user);
    tcp_conn_event(c, tcp_poll(c));
    tcp_rest_later(c);
    return c;
}

/* ---- the handshake ---- */

int tcp_listen_take_syn(struct tcp_conn *c, const struct tcp_listener *l, const struct tcp_seg *seg,
                        seq_t iss) {
    struct inl_sockaddr local = {.addr = seg->rx->dst, .port = seg->dport};
    struct inl_sockaddr remote = {.addr = seg->rx->src, .port = seg->sport};
    int err;

    if (inl_addr_is_link_local(&remote.addr) && !inl_addr_is4(&remote.addr)) {
        remote.scope = (uint32_t)seg->rx->link;
    }
    c->opts = l->opts;
    c->passive = true;
    c->route_bytes = tcp_route_taken(c->tcp, seg);
    err = tcp_open_init(c, &local, &remote);
    if (err < 0) {
        return err;
    }
    tcp_snd_init(c, iss);
    tcp_rec_init(c);
    tcp_rcv_start(c, seg->seq);
    tcp_opt_from_syn(c, &seg->o);
    tcp_ecn_syn(c, seg);
    tcp_rwnd_start(c);
    tcp_snd_window(c, seg->seq, seg->ack, seg->win);
    tcp_state_set(c, INL_TCP_SYN_RECEIVED);
    return 0;
}

void tcp_listen_adopt(struct tcp_conn *c, struct tcp_listener *l) {
    c->bind = ports_get(l->bind);
    c->listener = l;
    c->half_open = true;
    l->half_n++;
    l->tcp->half_open++;
    list_add_tail(&l->tcp->half_open_list, &c->queue);
}

static void listen_make_room(struct tcp *tcp) {
    while (tcp->half_open >= tcp->cfg.max_half_open && tcp->half_open > 0) {
        struct list *n = list_first(&tcp->half_open_list);

        env_drop(tcp->env, INL_DROP_TCP_BACKLOG_FULL);
        if (list_empty(&tcp->syn_list)) {
            tcp_conn_finish(LIST_ENTRY(n, struct tcp_conn, queue), 0);
        } else {
            tcp_synq_free_oldest(tcp);
        }
    }
}

/* A connection at once, that can be found; NULL and why not. */
static struct tcp_conn *listen_conn(struct tcp *tcp, struct tcp_listener *l,
                                    const struct tcp_seg *seg, seq_t iss, enum inl_drop *ret_why) {
    struct tcp_conn *c = tcp_conn_alloc(tcp);

    if (!c) {
        *ret_why = INL_DROP_NO_MEMORY;
        return NULL;
    }
    if (tcp_listen_take_syn(c, l, seg, iss) < 0) {
        tcp_conn_finish(c, 0);
        *ret_why = INL_DROP_NO_ROUTE;
        return NULL;
    }
    tcp->passive_opens++;
    tcp_listen_adopt(c, l);
    tcp_hash_conn(c);
    return c;
}

/* One that waits for its owner's word. */
static enum inl_drop listen_hold(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg,
                                 seq_t iss) {
    enum inl_drop why = INL_DROP_NONE;
    struct tcp_conn *c = listen_conn(tcp, l, seg, iss, &why);

    if (c) {
        tcp_listen_established(c);
        tcp_conn_touch(c);
    }
    return why;
}

/* The same, with the SYN's data, and its handshake goes on by itself (RFC 7413). */
static enum inl_drop listen_open_fast(struct tcp *tcp, struct tcp_listener *l,
                                      const struct tcp_seg *seg, seq_t iss) {
    enum inl_drop why = INL_DROP_NONE;
    struct tcp_conn *c = listen_conn(tcp, l, seg, iss, &why);
    uint32_t len = seg->data_len;

    if (!c) {
        return why;
    }
    tcp_tfo_opened(c);
    tcp_established_fast(c);
    if (len > 0) {
        len = len < tcp_rwnd_bytes(c) ? len : tcp_rwnd_bytes(c);
        tcp_rcv_data(c, c->rcv.nxt, seg->data, len);
    }
    tcp_listen_established(c);
    tcp_conn_touch(c);
    return INL_DROP_NONE;
}

/* Ours for this tuple; above what the last connection of the tuple sent. */
static seq_t listen_iss(struct tcp *tcp, const struct tcp_seg *seg, const seq_t *old_nxt) {
    const struct inl_sockaddr local = {.addr = seg->rx->dst, .port = seg->dport};
    const struct inl_sockaddr remote = {.addr = seg->rx->src, .port = seg->sport};
    seq_t iss = tcp_isn(tcp, &local, &remote);

    return old_nxt ? tcp_isn_above(tcp, iss, *old_nxt) : iss;
}

bool tcp_listen_has_room(const struct tcp_listener *l) {
    return l->accept_n < (uint32_t)l->backlog;
}

/* Nothing is left of the SYN. */
static void listen_route_over(struct tcp *tcp, const struct tcp_seg *seg) {
    tcp_route_syn_over(tcp, &seg->rx->dst, seg->dport, &seg->rx->src, seg->sport);
}

static enum inl_drop listen_syn(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg,
                                const seq_t *old_nxt) {
    enum tcp_tfo_verdict tfo;
    seq_t iss;

    if (seg->rx->group || ip_addr_is_group(tcp->ip, &seg->rx->src)) {
        return INL_DROP_BROADCAST; /* MUST-57, MUST-63 */
    }
    if (!tcp_listen_has_room(l)) {
        tcp->listen_overflows++;
        return INL_DROP_TCP_BACKLOG_FULL;
    }
    if (l->opts.hold_syn) {
        return listen_hold(tcp, l, seg, listen_iss(tcp, seg, old_nxt));
    }
    tfo = tcp_tfo_syn(tcp, l, seg);
    if (tfo == TCP_TFO_OPEN_FAST) {
        return listen_open_fast(tcp, l, seg, listen_iss(tcp, seg, old_nxt));
    }
    if (tcp_cookie_wanted(tcp)) {
        tcp_cookie_send(tcp, l, seg);
        listen_route_over(tcp, seg); /* that of the ACK will count */
        return INL_DROP_NONE;
    }
    iss = listen_iss(tcp, seg, old_nxt);
    listen_make_room(tcp);
    return tcp_synq_add(tcp, l, seg, iss, tfo == TCP_TFO_GIVE_COOKIE);
}

/* RFC 9293 3.10.7.2 */
enum inl_drop tcp_listen_input(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg,
                               const seq_t *old_nxt, struct tcp_conn **ret_conn) {
    enum inl_drop drop;

    if (seg->flags & TCP_RST) {
        return INL_DROP_TCP_BAD_RST;
    }
    if (seg->flags & TCP_ACK) {
        drop = seg->flags & TCP_SYN ? INL_DROP_TCP_ACK_UNSENT
                                    : tcp_cookie_input(tcp, l, seg, ret_conn);
        if (drop == INL_DROP_TCP_ACK_UNSENT || drop == INL_DROP_TCP_BAD_COOKIE) {
            tcp_reply_rst(tcp, seg, INL_CAUSE_TCP_RST_BAD_ACK);
        }
        return drop;
    }
    if (!(seg->flags & TCP_SYN)) {
        return INL_DROP_TCP_BAD_FLAGS;
    }
    tcp_route_syn(tcp, seg);
    drop = listen_syn(tcp, l, seg, old_nxt);
    tcp->listen_drops += drop != INL_DROP_NONE;
    if (drop != INL_DROP_NONE) {
        listen_route_over(tcp, seg);
    }
    return drop;
}

bool tcp_listen_may_establish(const struct tcp_conn *c) {
    return !c->listener || !c->half_open || tcp_listen_has_room(c->listener);
}

void tcp_listen_established(struct tcp_conn *c) {
    struct tcp_listener *l = c->listener;

    if (!l || !c->half_open) {
        return; /* opened fast: it is there already */
    }
    c->half_open = false;
    l->half_n--;
    c->tcp->half_open--;
    list_del(&c->queue);
    list_add_tail(&l->accept_queue, &c->queue);
    l->accept_n++;
    evq_post(&c->tcp->env->evq, &l->ev, INL_EV_ACCEPT);
}
