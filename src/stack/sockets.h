/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockets.h - what the files of the socket API share
 */
#ifndef STACK_SOCKETS_H
#define STACK_SOCKETS_H

#include "stack/state.h"

#include <errno.h>

/* The connection of a socket has gone to rest, or is back (tcp_moved_fn). */
void sock_moved(void *user, struct tcp_conn *conn, struct tcp_rest *rest);

/* The socket of a handle, with its connection awake, or NULL. Each call that has a handle begins
 * here, but for those that can say what they are asked about a connection at rest. */
static inline struct sock *sock_find(struct inl_stack *stack, inl_sock handle) {
    struct sock *s = socktab_find(&stack->socks, handle);

    if (s && s->kind == SOCK_CONN) {
        tcp_conn_soon(stack->tcp, s->u.conn);
    }
    stack_called(stack);
    if (s && s->kind == SOCK_RESTING && !tcp_wake(stack->tcp, s->u.rest)) {
        return NULL;
    }
    return s;
}

/* Why sock_find() found nothing. */
static inline int sock_missing(const struct inl_stack *stack, inl_sock handle) {
    return socktab_find(&stack->socks, handle) ? -ENOBUFS : -EBADF;
}

/* A stream that has, had or is getting a peer. */
static inline bool sock_is_opened(const struct sock *s) {
    return s->kind == SOCK_CONN && s->opened;
}

/* May the socket speak to, or be bound to, this address? 0 or -EAFNOSUPPORT. */
int sock_family_check(const struct sock *s, const struct inl_addr *addr);

/* As BSD does: who wants to talk to "any" talks to this host. */
struct inl_sockaddr sock_destination(const struct inl_sockaddr *to);

/* Does it carry messages, not a stream? */
static inline bool sock_is_messages(const struct sock *s) {
    return s->kind == SOCK_UDP || s->kind == SOCK_RAW;
}

/* The protocol number behind it. */
uint8_t sock_proto(const struct sock *s);

/* UDP and ping: binds to an ephemeral port unless bound. */
int sock_autobind(struct inl_stack *stack, struct sock *s);

/* The connected peer of a socket of messages, or NULL. */
const struct inl_sockaddr *sock_peer(const struct sock *s);

/* The unspecified address of its family. */
struct inl_addr sock_any(const struct sock *s);

enum inl_sock_type sock_type(const struct sock *s);

/* What UDP and raw sockets have in common. */
struct msg_opts *msg_opts(const struct sock *s);

/* Options of sockets of messages; range and kind are checked. 0 or -errno. */
int msgopts_set(struct inl_stack *stack, struct sock *s, enum inl_opt opt, int64_t value);
int msgopts_get(struct inl_stack *stack, struct sock *s, enum inl_opt opt, int64_t *ret_value);

#endif
