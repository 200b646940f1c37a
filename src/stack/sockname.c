/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockname.c - what a socket is asked: its names, its owner, what holds now
 */
#include "stack/sockets.h"

#include <errno.h>

/* What an unconnected socket is bound to. */
static struct inl_sockaddr bound_name(const struct sock *s) {
    struct inl_sockaddr name = {.addr = sock_any(s)};

    if (s->bind) {
        name.addr = s->bind->addr;
        name.port = s->bind->port;
    }
    return name;
}

int inl_getsockname(struct inl_stack *stack, inl_sock handle, struct inl_sockaddr *ret_addr) {
    const struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (sock_is_opened(s)) {
        *ret_addr = *tcp_local(s->u.conn);
    } else if (s->kind == SOCK_UDP && s->bind) {
        *ret_addr = *udp_local(s->u.pcb);
    } else if (s->kind == SOCK_RAW) {
        *ret_addr = *raw_local(s->u.raw);
    } else {
        *ret_addr = bound_name(s);
    }
    return 0;
}

static bool conn_has_peer(const struct tcp_conn *conn) {
    enum inl_tcp_state state = tcp_state(conn);

    return state != INL_TCP_CLOSED && state != INL_TCP_SYN_SENT;
}

int inl_getpeername(struct inl_stack *stack, inl_sock handle, struct inl_sockaddr *ret_addr) {
    const struct sock *s = sock_find(stack, handle);
    const struct inl_sockaddr *peer = NULL;

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (sock_is_messages(s)) {
        peer = sock_peer(s);
    } else if (sock_is_opened(s) && conn_has_peer(s->u.conn)) {
        peer = tcp_remote(s->u.conn);
    }
    if (!peer) {
        return -ENOTCONN;
    }
    *ret_addr = *peer;
    return 0;
}

int inl_set_owner(struct inl_stack *stack, inl_sock handle, uint64_t owner) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    s->owner = owner;
    switch (s->kind) {
    case SOCK_UDP:
        udp_pcb_set_owner(s->u.pcb, owner);
        break;
    case SOCK_RAW:
        raw_pcb_set_owner(s->u.raw, owner);
        break;
    case SOCK_LISTENER:
        tcp_listener_opts(s->u.listener)->owner = owner;
        break;
    default:
        tcp_conn_opts(s->u.conn)->owner = owner;
        break;
    }
    return 0;
}

int inl_poll(struct inl_stack *stack, inl_sock handle) {
    const struct sock *s = socktab_find(&stack->socks, handle);

    stack_called(stack);
    if (!s) {
        return -EBADF;
    }
    switch (s->kind) {
    case SOCK_RESTING: /* it need not wake, and so needs no memory: nothing is under way */
        return INL_EV_CONNECTED | INL_EV_SENT | INL_EV_WRITABLE;
    case SOCK_UDP:
    case SOCK_RAW:
        return (int)((s->kind == SOCK_UDP ? udp_poll(s->u.pcb) : raw_poll(s->u.raw)) |
                     (s->shut & SOCK_SHUT_RD ? INL_EV_READABLE | INL_EV_RDHUP : 0u));
    case SOCK_LISTENER:
        return tcp_listener_ready(s->u.listener) ? INL_EV_ACCEPT : 0;
    default:
        return s->opened ? (int)tcp_poll(s->u.conn) : 0;
    }
}
