/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockets.c - the life of a socket: socket, bind, listen, connect, accept, close
 *
 * A socket is a thin thing: a handle, the binding that it holds, and one object of a transport: a
 * connection (from the start, in CLOSED, so that options have a place to live), a listener
 * (inl_listen() turns the one into the other), or a UDP pcb. Data and state are the transports'.
 *
 * A binding is held by reference: the socket has one, and what the transport makes of it (the
 * connection, the listener) has its own. So a port stays taken while any of them lives, and an
 * inl_connect() that fails leaves the socket bound as it was.
 *
 * After a connection attempt has failed and the error was told, the socket may try again: the
 * spent connection is replaced by a new one with the same options.
 */
#include "stack/sockets.h"
#include "wire/ipproto.h"

#include <errno.h>
#include <string.h>

/* ---- addresses ---- */

int sock_family_check(const struct sock *s, const struct inl_addr *addr) {
    bool is4 = inl_addr_is4(addr);

    if (s->family == INL_AF_INET) {
        return is4 ? 0 : -EAFNOSUPPORT;
    }
    return is4 && s->v6only ? -EAFNOSUPPORT : 0;
}

struct inl_sockaddr sock_destination(const struct inl_sockaddr *to) {
    struct inl_sockaddr real = *to;

    if (inl_addr_is_any(&to->addr)) {
        if (inl_addr_is4(&to->addr)) {
            real.addr = inl_addr_from4(0x7f000001);
        } else {
            real.addr.b[15] = 1;
        }
    }
    return real;
}

struct inl_addr sock_any(const struct sock *s) {
    return s->family == INL_AF_INET ? inl_addr_any4() : inl_addr_any6();
}

uint8_t sock_proto(const struct sock *s) {
    switch (s->kind) {
    case SOCK_UDP:
        return udp_pcb_proto(s->u.pcb);
    case SOCK_RAW:
        return raw_pcb_proto(s->u.raw);
    default:
        return IP_PROTO_TCP;
    }
}

enum inl_sock_type sock_type(const struct sock *s) {
    if (s->kind == SOCK_RAW) {
        return raw_pcb_is_ping(s->u.raw) ? INL_SOCK_PING : INL_SOCK_RAW;
    }
    if (s->kind == SOCK_UDP) {
        return udp_pcb_proto(s->u.pcb) == IP_PROTO_UDP ? INL_SOCK_DGRAM : INL_SOCK_UDPLITE;
    }
    return INL_SOCK_STREAM;
}

/* Has it no ports? */
static bool sock_is_portless(const struct sock *s) {
    return s->kind == SOCK_RAW && !raw_pcb_is_ping(s->u.raw);
}

const struct inl_sockaddr *sock_peer(const struct sock *s) {
    return s->kind == SOCK_RAW ? raw_peer(s->u.raw) : udp_peer(s->u.pcb);
}

static unsigned sock_port_flags(const struct sock *s) {
    return (s->reuse ? PORTS_REUSE : 0u) | (s->share ? PORTS_SHARE : 0u) |
           (s->v6only ? PORTS_V6ONLY : 0u) | (s->kind == SOCK_LISTENER ? PORTS_LISTEN : 0u);
}

/* ---- socket ---- */

static void sock_hold(struct sock *s, struct evnode *evnode) {
    s->evnode = evnode;
    evnode->owner = s;
}

/* Its events are nobody's from now on. */
static void sock_let_go(struct sock *s) {
    if (!s->evnode) {
        return;
    }
    evnode_cancel(s->evnode);
    s->evnode->owner = NULL;
}

void sock_moved(void *user, struct tcp_conn *conn, struct tcp_rest *rest) {
    struct sock *s = user;

    if (conn) {
        s->kind = SOCK_CONN;
        s->u.conn = conn;
        sock_hold(s, tcp_conn_evnode(conn));
    } else {
        s->kind = SOCK_RESTING;
        s->u.rest = rest;
        s->evnode = NULL;
    }
}

static int sock_make_transport(struct inl_stack *stack, struct sock *s, enum inl_sock_type type) {
    int err;

    if (type != INL_SOCK_STREAM) {
        s->kind = SOCK_UDP;
        err = udp_pcb_new(type == INL_SOCK_DGRAM ? stack->udp : stack->udplite, s, &s->u.pcb);
        if (!err) {
            sock_hold(s, udp_pcb_evnode(s->u.pcb));
        }
        return err;
    }
    s->kind = SOCK_CONN;
    err = tcp_conn_new(stack->tcp, s, &s->u.conn);
    if (!err) {
        sock_hold(s, tcp_conn_evnode(s->u.conn));
    }
    return err;
}

static int sock_make_raw(struct inl_stack *stack, struct sock *s, uint8_t proto, bool ping) {
    int err;

    s->kind = SOCK_RAW;
    s->v6only = s->family == INL_AF_INET6;
    err = raw_pcb_new(stack->raw, s, (enum inl_family)s->family, proto, ping, &s->u.raw);
    if (!err) {
        sock_hold(s, raw_pcb_evnode(s->u.raw));
    }
    return err;
}

static int sock_make(struct inl_stack *stack, struct sock *s, enum inl_sock_type type,
                     uint8_t proto) {
    switch (type) {
    case INL_SOCK_RAW:
        return sock_make_raw(stack, s, proto, false);
    case INL_SOCK_PING:
        return sock_make_raw(stack, s, s->family == INL_AF_INET ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6,
                             true);
    default:
        return sock_make_transport(stack, s, type);
    }
}

static inl_sock sock_new(struct inl_stack *stack, enum inl_family family, enum inl_sock_type type,
                         uint8_t proto) {
    struct sock *s;
    int err;

    if (family != INL_AF_INET && family != INL_AF_INET6) {
        return -EAFNOSUPPORT;
    }
    err = socktab_new(&stack->socks, &s);
    if (err) {
        return err;
    }
    s->family = (uint8_t)family;
    err = sock_make(stack, s, type, proto);
    if (err) {
        socktab_free(&stack->socks, s);
        return err;
    }
    return socktab_handle(s);
}

inl_sock inl_socket(struct inl_stack *stack, enum inl_family family, enum inl_sock_type type) {
    if (type != INL_SOCK_STREAM && type != INL_SOCK_DGRAM && type != INL_SOCK_PING &&
        type != INL_SOCK_UDPLITE) {
        return -EPROTONOSUPPORT;
    }
    return sock_new(stack, family, type, 0);
}

inl_sock inl_socket_raw(struct inl_stack *stack, enum inl_family family, uint8_t protocol) {
    return sock_new(stack, family, INL_SOCK_RAW, protocol);
}

/* ---- bind ---- */

static int bind_check(const struct inl_stack *stack, const struct sock *s,
                      const struct inl_sockaddr *addr) {
    int err = sock_family_check(s, &addr->addr);

    if (err) {
        return err;
    }
    if (s->bind || s->kind == SOCK_LISTENER || sock_is_opened(s)) {
        return -EINVAL;
    }
    if (!inl_addr_is_any(&addr->addr) && !ip_addr_is_local(stack->ip, &addr->addr)) {
        return -EADDRNOTAVAIL;
    }
    return 0;
}

/* Takes a port. Without one an ephemeral port is picked; but for a transparent stack's bind() port
 * 0 means every port. */
static int bind_take(struct inl_stack *stack, struct sock *s, const struct inl_addr *addr,
                     uint16_t port, bool every) {
    uint8_t proto = sock_proto(s);
    unsigned flags = sock_port_flags(s);
    int err;

    if (port || every) {
        err = ports_bind(stack->ports, proto, addr, port, flags, &s->bind);
    } else {
        err = ports_bind_ephemeral(stack->ports, proto, addr, NULL, flags, NULL, NULL, &s->bind);
    }
    if (!err && s->kind == SOCK_UDP) {
        udp_bind(udp_pcb_home(s->u.pcb), s->u.pcb, ports_get(s->bind));
    }
    if (!err && s->kind == SOCK_RAW) {
        raw_bind_ping(stack->raw, s->u.raw, ports_get(s->bind));
    }
    return err;
}

int sock_autobind(struct inl_stack *stack, struct sock *s) {
    const struct inl_addr any = sock_any(s);

    return s->bind || sock_is_portless(s) ? 0 : bind_take(stack, s, &any, 0, false);
}

int inl_bind(struct inl_stack *stack, inl_sock handle, const struct inl_sockaddr *addr) {
    struct sock *s = sock_find(stack, handle);
    int err;

    if (!s) {
        return sock_missing(stack, handle);
    }
    err = bind_check(stack, s, addr);
    if (!err && sock_is_portless(s)) {
        raw_bind(s->u.raw, &addr->addr);
        return 0;
    }
    return err ? err : bind_take(stack, s, &addr->addr, addr->port, stack->config.transparent);
}

/* ---- listen ---- */

static int listen_start(struct inl_stack *stack, struct sock *s, int backlog) {
    const struct inl_sockaddr local = {.addr = s->bind->addr, .port = s->bind->port};
    struct tcp_conn *conn = s->u.conn;
    struct tcp_listener *listener;
    int err = ports_set_flags(stack->ports, s->bind, s->bind->flags | PORTS_LISTEN);

    if (err) {
        return err;
    }
    err = tcp_listen(stack->tcp, ports_get(s->bind), &local, tcp_conn_opts(conn), backlog, s,
                     &listener);
    if (err) {
        ports_set_flags(stack->ports, s->bind, sock_port_flags(s));
        ports_put(stack->ports, s->bind);
        return err;
    }
    sock_let_go(s);
    tcp_close(stack->tcp, conn);
    s->kind = SOCK_LISTENER;
    s->u.listener = listener;
    sock_hold(s, tcp_listener_evnode(listener));
    return 0;
}

int inl_listen(struct inl_stack *stack, inl_sock handle, int backlog) {
    struct sock *s = sock_find(stack, handle);
    int err = 0;

    if (!s) {
        return sock_missing(stack, handle);
    }
    backlog = backlog < 1 ? 1 : backlog;
    switch (s->kind) {
    case SOCK_UDP:
    case SOCK_RAW:
        return -EOPNOTSUPP;
    case SOCK_LISTENER:
        tcp_listener_set_backlog(s->u.listener, backlog);
        return 0;
    default:
        break;
    }
    if (sock_is_opened(s)) {
        return -EINVAL;
    }
    if (!s->bind) {
        const struct inl_addr any = sock_any(s);

        err = bind_take(stack, s, &any, 0, false);
    }
    return err ? err : listen_start(stack, s, backlog);
}

/* ---- connect ---- */

struct tuple_question {
    const struct tcp *tcp;
    struct inl_sockaddr local;
    struct inl_sockaddr remote;
};

static bool tuple_taken(void *ctx, uint16_t port) {
    struct tuple_question *q = ctx;

    q->local.port = port;
    return tcp_tuple_used(q->tcp, &q->local, &q->remote);
}

/* A binding for an active open: the socket's own, or an ephemeral port that this destination does
 * not know yet. On success the caller owns a reference. */
static int connect_binding(struct inl_stack *stack, struct sock *s, const struct inl_sockaddr *to,
                           struct port_bind **ret_bind) {
    const struct inl_addr none = sock_any(s);
    const struct inl_addr *src = s->bind ? &s->bind->addr : &none;
    struct tuple_question q = {.tcp = stack->tcp, .remote = *to};
    struct ip_path path;
    int err;

    if (s->bind && s->bind->port != 0) {
        *ret_bind = ports_get(s->bind);
        return 0;
    }
    err = ip_path_find(stack->ip, &to->addr, src, to->scope, &path);
    if (err) {
        return err;
    }
    q.local.addr = path.src;
    return ports_bind_ephemeral(stack->ports, IP_PROTO_TCP, &path.src, to,
                                PORTS_EPHEMERAL | sock_port_flags(s), tuple_taken, &q, ret_bind);
}

/* The connection is spent: another one with the same options takes its place. */
static int connect_again(struct inl_stack *stack, struct sock *s) {
    struct tcp_conn *conn;
    int err = tcp_conn_new(stack->tcp, s, &conn);

    if (err) {
        return err;
    }
    *tcp_conn_opts(conn) = *tcp_conn_opts(s->u.conn);
    sock_let_go(s);
    tcp_close(stack->tcp, s->u.conn);
    s->u.conn = conn;
    sock_hold(s, tcp_conn_evnode(conn));
    s->opened = false;
    s->connect_known = false;
    return 0;
}

/* Where an earlier connect() stands. 1: it has failed and been told, a new one may begin. */
static int connect_progress(struct sock *s) {
    int err;

    switch (tcp_state(s->u.conn)) {
    case INL_TCP_SYN_SENT:
    case INL_TCP_SYN_RECEIVED:
        return -EALREADY;
    case INL_TCP_CLOSED:
        err = tcp_take_error(s->u.conn);
        return err ? -err : 1;
    default:
        break;
    }
    if (s->connect_known) {
        return -EISCONN;
    }
    s->connect_known = true;
    return 0;
}

static int connect_start(struct inl_stack *stack, struct sock *s, const struct inl_sockaddr *to) {
    struct inl_sockaddr local = {.scope = to->scope};
    struct port_bind *bind;
    int err = connect_binding(stack, s, to, &bind);

    if (err) {
        return err;
    }
    local.addr = bind->addr;
    local.port = bind->port;
    err = tcp_connect(stack->tcp, s->u.conn, bind, &local, to);
    if (err) {
        ports_put(stack->ports, bind);
        return err;
    }
    s->opened = true;
    s->connect_known = tcp_connect_waits(s->u.conn);
    return s->connect_known ? 0 : -EINPROGRESS;
}

static int connect_tcp(struct inl_stack *stack, struct sock *s, const struct inl_sockaddr *addr) {
    const struct inl_sockaddr to = sock_destination(addr);
    int err;

    if (s->kind == SOCK_LISTENER) {
        return -EOPNOTSUPP;
    }
    if (s->opened) {
        err = connect_progress(s);
        if (err <= 0) {
            return err;
        }
        err = connect_again(stack, s);
        if (err) {
            return err;
        }
    }
    err = sock_family_check(s, &to.addr);
    if (err) {
        return err;
    }
    if (to.port == 0 || ip_addr_is_group(stack->ip, &to.addr)) {
        return -EINVAL;
    }
    return connect_start(stack, s, &to);
}

static int connect_raw(struct inl_stack *stack, struct sock *s, const struct inl_sockaddr *addr) {
    const struct inl_sockaddr none = {0};
    const struct inl_sockaddr to = sock_destination(addr);
    int err;

    if (inl_addr_eq(&addr->addr, &none.addr) && addr->port == 0) {
        return raw_connect(stack->raw, s->u.raw, &none);
    }
    err = sock_family_check(s, &to.addr);
    err = err ? err : sock_autobind(stack, s);
    return err ? err : raw_connect(stack->raw, s->u.raw, &to);
}

static int connect_udp(struct inl_stack *stack, struct sock *s, const struct inl_sockaddr *addr) {
    struct inl_sockaddr to = *addr;
    int err;

    if (inl_addr_is_any(&to.addr) && to.port == 0) {
        return s->bind ? udp_connect(udp_pcb_home(s->u.pcb), s->u.pcb, &to) : 0;
    }
    to = sock_destination(addr);
    err = sock_family_check(s, &to.addr);
    if (err) {
        return err;
    }
    if (to.port == 0) {
        return -EINVAL;
    }
    err = sock_autobind(stack, s);
    return err ? err : udp_connect(udp_pcb_home(s->u.pcb), s->u.pcb, &to);
}

int inl_connect(struct inl_stack *stack, inl_sock handle, const struct inl_sockaddr *addr) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    switch (s->kind) {
    case SOCK_UDP:
        return connect_udp(stack, s, addr);
    case SOCK_RAW:
        return connect_raw(stack, s, addr);
    default:
        return connect_tcp(stack, s, addr);
    }
}

/* ---- accept ---- */

inl_sock inl_accept(struct inl_stack *stack, inl_sock handle, struct inl_sockaddr *ret_peer) {
    struct sock *s = sock_find(stack, handle);
    struct sock *child;
    int err;

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (s->kind != SOCK_LISTENER) {
        return sock_is_messages(s) ? -EOPNOTSUPP : -EINVAL;
    }
    if (!tcp_listener_ready(s->u.listener)) {
        return -EAGAIN;
    }
    err = socktab_new(&stack->socks, &child);
    if (err) {
        return err;
    }
    child->kind = SOCK_CONN;
    child->family = s->family;
    child->v6only = s->v6only;
    child->opened = true;
    child->connect_known = true;
    child->u.conn = tcp_accept(stack->tcp, s->u.listener, child);
    if (!child->u.conn) {
        socktab_free(&stack->socks, child);
        return -EAGAIN;
    }
    child->owner = tcp_conn_opts(child->u.conn)->owner;
    sock_hold(child, tcp_conn_evnode(child->u.conn));
    if (ret_peer) {
        *ret_peer = *tcp_remote(child->u.conn);
    }
    return socktab_handle(child);
}

/* ---- close ---- */

int inl_close(struct inl_stack *stack, inl_sock handle) {
    struct sock *s = sock_find(stack, handle);

    if (!s && (s = socktab_find(&stack->socks, handle)) == NULL) {
        return -EBADF;
    }
    sock_let_go(s);
    switch (s->kind) {
    case SOCK_RESTING: /* no memory to wake it */
        tcp_rest_abort(stack->tcp, s->u.rest);
        break;
    case SOCK_UDP:
        udp_pcb_free(udp_pcb_home(s->u.pcb), s->u.pcb);
        break;
    case SOCK_RAW:
        raw_pcb_free(stack->raw, s->u.raw);
        break;
    case SOCK_LISTENER:
        /* Connections that were accepted keep the port, but nobody listens on it any more. */
        ports_set_flags(stack->ports, s->bind, s->bind->flags & ~(unsigned)PORTS_LISTEN);
        tcp_listener_close(stack->tcp, s->u.listener);
        break;
    default:
        tcp_close(stack->tcp, s->u.conn);
        break;
    }
    ports_put(stack->ports, s->bind);
    socktab_free(&stack->socks, s);
    return 0;
}
