/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * streams.c - data through sockets: send, receive, loans, shutdown
 *
 * Checks what the transports do not: what kind of socket it is, and whether it ever had a peer.
 * shutdown() of a socket of messages is this file's: there is no such thing on the wire.
 */
#include "stack/sockets.h"

#include <errno.h>

/* A stream that may carry data. 0, -EBADF, -EOPNOTSUPP (UDP, for loans), -ENOTCONN. */
static int stream_find(struct inl_stack *stack, inl_sock handle, struct sock **ret_sock) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (sock_is_messages(s)) {
        return -EOPNOTSUPP;
    }
    if (!sock_is_opened(s)) {
        return -ENOTCONN;
    }
    *ret_sock = s;
    return 0;
}

/* ---- send ---- */

static int64_t send_message(struct inl_stack *stack, struct sock *s, const void *buf,
                            size_t len_bytes, const struct inl_sockaddr *to,
                            const struct inl_msg *extra) {
    struct inl_sockaddr real;
    int err;

    if (s->shut & SOCK_SHUT_WR) {
        return -EPIPE;
    }
    if (to) {
        real = sock_destination(to);
        err = sock_family_check(s, &real.addr);
        if (err) {
            return err;
        }
    } else if (!sock_peer(s)) {
        return -EDESTADDRREQ;
    }
    err = sock_autobind(stack, s);
    if (err) {
        return err;
    }
    if (s->kind == SOCK_RAW) {
        return raw_send(stack->raw, s->u.raw, buf, len_bytes, to ? &real : NULL, extra);
    }
    return udp_send(udp_pcb_home(s->u.pcb), s->u.pcb, buf, len_bytes, to ? &real : NULL, extra);
}

/* Connects before it sends. 0 if the data may go with the SYN. */
static int fastopen(struct inl_stack *stack, struct sock *s, inl_sock handle,
                    const struct inl_sockaddr *to) {
    if (s->kind != SOCK_CONN || !to) {
        return -EINVAL;
    }
    if (s->opened) {
        return -EISCONN;
    }
    tcp_conn_opts(s->u.conn)->fastopen_connect = true;
    return inl_connect(stack, handle, to);
}

int64_t inl_sendto(struct inl_stack *stack, inl_sock handle, const void *buf, size_t len_bytes,
                   int flags, const struct inl_sockaddr *to) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (s->kind == SOCK_UDP && !to && flags == 0 && s->shut == 0) {
        int64_t n = udp_send_again(s->u.pcb, buf, len_bytes);

        if (n != -EAGAIN) {
            return n;
        }
    }
    if (flags & ~(sock_is_messages(s) ? 0 : INL_MSG_MORE | INL_MSG_OOB | INL_MSG_FASTOPEN)) {
        return -EINVAL;
    }
    if (sock_is_messages(s)) {
        return send_message(stack, s, buf, len_bytes, to, NULL);
    }
    if (flags & INL_MSG_FASTOPEN) {
        int err = fastopen(stack, s, handle, to);

        if (err) {
            return err;
        }
    } else if (!sock_is_opened(s)) {
        return -ENOTCONN;
    } else if (to) {
        return -EISCONN;
    }
    return tcp_send(stack->tcp, s->u.conn, buf, len_bytes, flags);
}

int64_t inl_send(struct inl_stack *stack, inl_sock handle, const void *buf, size_t len_bytes,
                 int flags) {
    return inl_sendto(stack, handle, buf, len_bytes, flags, NULL);
}

int64_t inl_sendmsg(struct inl_stack *stack, inl_sock handle, const struct inl_msg *msg) {
    struct sock *s = sock_find(stack, handle);
    const struct inl_addr none = {{0}};
    bool to_peer = inl_addr_eq(&msg->peer.addr, &none) && msg->peer.port == 0;

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (!sock_is_messages(s)) {
        return -EOPNOTSUPP;
    }
    if (msg->ttl < 0 || msg->ttl > 255 || msg->tos < -1 || msg->tos > 255 || msg->link < 0 ||
        (msg->opts && !ip_opts_sendable(stack->ip, rd_init(msg->opts, msg->opts_len))) ||
        (msg->ext && !ip6_chain_check_all(rd_init(msg->ext, msg->ext_len)))) {
        return -EINVAL;
    }
    return send_message(stack, s, msg->buf, msg->len_bytes, to_peer ? NULL : &msg->peer, msg);
}

/* ---- receive ---- */

static int64_t recv_message(struct inl_stack *stack, const struct sock *s, struct inl_msg *msg,
                            int flags) {
    int64_t n = s->kind == SOCK_RAW ? raw_recv(stack->raw, s->u.raw, msg, flags)
                                    : udp_recv(udp_pcb_home(s->u.pcb), s->u.pcb, msg, flags);

    /* What had come before shutdown() is still read. */
    return n == -EAGAIN && (s->shut & SOCK_SHUT_RD) && !(flags & INL_MSG_ERRQUEUE) ? 0 : n;
}

int64_t inl_recvmsg(struct inl_stack *stack, inl_sock handle, struct inl_msg *msg, int flags) {
    const struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (!sock_is_messages(s)) {
        return -EOPNOTSUPP;
    }
    if (flags & ~(INL_MSG_PEEK | INL_MSG_TRUNC | INL_MSG_ERRQUEUE)) {
        return -EINVAL;
    }
    return recv_message(stack, s, msg, flags);
}

static int64_t recv_tcp(struct inl_stack *stack, struct sock *s, void *buf, size_t len_bytes,
                        int flags, struct inl_sockaddr *ret_from, struct inl_sockaddr *ret_to) {
    int64_t n;

    if (!sock_is_opened(s)) {
        return -ENOTCONN;
    }
    if (flags & INL_MSG_TRUNC) {
        return -EINVAL;
    }
    n = tcp_recv(stack->tcp, s->u.conn, buf, len_bytes, flags);
    if (n >= 0 && ret_from) {
        *ret_from = *tcp_remote(s->u.conn);
    }
    if (n >= 0 && ret_to) {
        *ret_to = *tcp_local(s->u.conn);
    }
    return n;
}

int64_t inl_recvfrom(struct inl_stack *stack, inl_sock handle, void *buf, size_t len_bytes,
                     int flags, struct inl_sockaddr *ret_from, struct inl_sockaddr *ret_to) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (s->kind == SOCK_UDP && flags == 0) {
        int64_t n = udp_recv_next(s->u.pcb, buf, len_bytes, ret_from, ret_to);

        if (n != -EAGAIN) {
            return n;
        }
    }
    if (flags & ~(INL_MSG_PEEK | INL_MSG_TRUNC)) {
        return -EINVAL;
    }
    if (sock_is_messages(s)) {
        struct inl_msg msg; /* what else is in it, no one reads, for it wants no options */
        int64_t n;

        msg.buf = buf;
        msg.len_bytes = len_bytes;
        msg.opts = NULL;
        msg.ext = NULL;
        msg.peer = (struct inl_sockaddr){0}; /* after shutdown() there is no message */
        msg.local = (struct inl_sockaddr){0};
        n = recv_message(stack, s, &msg, flags);

        if (n >= 0 && ret_from) {
            *ret_from = msg.peer;
        }
        if (n >= 0 && ret_to) {
            *ret_to = msg.local;
        }
        return n;
    }
    return recv_tcp(stack, s, buf, len_bytes, flags, ret_from, ret_to);
}

int64_t inl_recv(struct inl_stack *stack, inl_sock handle, void *buf, size_t len_bytes, int flags) {
    return inl_recvfrom(stack, handle, buf, len_bytes, flags, NULL, NULL);
}

/* ---- loans ---- */

int inl_recv_loan(struct inl_stack *stack, inl_sock handle, struct inl_piece ret_pieces[2]) {
    struct sock *s;
    int err = stream_find(stack, handle, &s);

    return err ? err : tcp_recv_loan(stack->tcp, s->u.conn, ret_pieces);
}

int inl_recv_done(struct inl_stack *stack, inl_sock handle, size_t used_bytes) {
    struct sock *s;
    int err = stream_find(stack, handle, &s);

    return err ? err : tcp_recv_done(stack->tcp, s->u.conn, used_bytes);
}

int inl_send_loan(struct inl_stack *stack, inl_sock handle, struct inl_piece ret_pieces[2]) {
    struct sock *s;
    int err = stream_find(stack, handle, &s);

    return err ? err : tcp_send_loan(stack->tcp, s->u.conn, ret_pieces);
}

int inl_send_commit(struct inl_stack *stack, inl_sock handle, size_t used_bytes) {
    struct sock *s;
    int err = stream_find(stack, handle, &s);

    return err ? err : tcp_send_commit(stack->tcp, s->u.conn, used_bytes);
}

/* ---- shutdown ---- */

static int shutdown_messages(struct inl_stack *stack, struct sock *s, enum inl_shutdown_how how) {
    if (!sock_peer(s)) {
        return -ENOTCONN;
    }
    if (how != INL_SHUT_WR) {
        s->shut |= SOCK_SHUT_RD;
        evq_post(&stack->env.evq, s->evnode, INL_EV_READABLE | INL_EV_RDHUP);
    }
    if (how != INL_SHUT_RD) {
        s->shut |= SOCK_SHUT_WR;
    }
    return 0;
}

int inl_shutdown(struct inl_stack *stack, inl_sock handle, enum inl_shutdown_how how) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (how != INL_SHUT_RD && how != INL_SHUT_WR && how != INL_SHUT_RDWR) {
        return -EINVAL;
    }
    if (sock_is_messages(s)) {
        return shutdown_messages(stack, s, how);
    }
    return sock_is_opened(s) ? tcp_shutdown(stack->tcp, s->u.conn, how) : -ENOTCONN;
}
