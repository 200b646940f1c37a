/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6ext.c - the extension headers of what a socket sends over IPv6 (RFC 3542 4, 7 to 9)
 *
 * A socket has one row of them, each kind once at most (wire/ip6chain.h): of messages in its struct
 * msg_opts, of a connection beside it (tcp/srcroute.c). What a single message brings along is merged
 * with that when it is sent.
 *
 * Of a stream, destination options that belong in front of a routing header are taken only if there
 * is one.
 */
#include "stack/sockets.h"
#include "wire/ip6chain.h"

#include <errno.h>
#include <string.h>

static struct rd chain_of(const struct sock *s) {
    const struct msg_opts *o;

    if (s->kind == SOCK_CONN) {
        return tcp_conn_ext_get(s->u.conn);
    }
    o = msg_opts(s);
    return rd_init(o->ip6_ext, o->ip6_ext_len);
}

static int chain_set(struct inl_stack *stack, const struct sock *s, struct rd chain) {
    size_t len = rd_left(&chain);
    struct msg_opts *o;
    uint8_t *copy = NULL;

    if (s->kind == SOCK_CONN) {
        return tcp_conn_ext(s->u.conn, chain);
    }
    if (len > 0) {
        copy = mem_alloc(&stack->env.mem, len);
        if (!copy) {
            return -ENOMEM;
        }
        memcpy(copy, rd_ptr(&chain), len);
    }
    o = msg_opts(s);
    msg_opts_done(o, &stack->env.mem);
    o->ip6_ext = copy;
    o->ip6_ext_len = (uint8_t)len;
    return 0;
}

/* The row of a socket with another header of one kind; bad if it does not fit. */
static struct rd chain_with(struct rd old, enum inl_ip6_ext which, struct rd header,
                            uint8_t buf[INL_IP6_EXT_MAX_BYTES]) {
    struct wr w = wr_init(buf, INL_IP6_EXT_MAX_BYTES);

    for (unsigned i = 0; i < INL_IP6_EXTS; i++) {
        struct rd r = i == which ? header : ip6_chain_find(old, (enum inl_ip6_ext)i);

        if (rd_left(&r) > 0) {
            (void)rd_u8(&r);
            wr_u8(&w, (uint8_t)i);
            wr_put(&w, rd_ptr(&r), rd_left(&r));
        }
    }
    return (struct rd){buf, w.p, w.bad};
}

/* A socket that may have some; 0 or -errno. */
static int find(struct inl_stack *stack, inl_sock handle, struct sock **ret_s) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (s->family != INL_AF_INET6 || (s->kind != SOCK_CONN && !sock_is_messages(s))) {
        return -EOPNOTSUPP;
    }
    *ret_s = s;
    return 0;
}

int inl_set_ip6_ext(struct inl_stack *stack, inl_sock handle, enum inl_ip6_ext which,
                    const void *header, size_t len_bytes) {
    const struct rd h = rd_init(header, len_bytes);
    uint8_t buf[INL_IP6_EXT_MAX_BYTES], sent[INL_IP6_EXT_MAX_BYTES];
    struct sock *s;
    struct rd chain;
    int err = find(stack, handle, &s);

    if (err) {
        return err;
    }
    if ((unsigned)which >= INL_IP6_EXTS || (len_bytes > 0 && !ip6_chain_check(which, h))) {
        return -EINVAL;
    }
    chain = chain_with(chain_of(s), which, h, buf);
    if (chain.bad) {
        return -EINVAL;
    }
    if (s->kind == SOCK_CONN) {
        chain = ip6_chain_merge(rd_init(NULL, 0), chain, sent);
    }
    return chain_set(stack, s, chain);
}

int64_t inl_get_ip6_ext(struct inl_stack *stack, inl_sock handle, enum inl_ip6_ext which,
                        void *header, size_t max) {
    struct sock *s;
    struct rd h;
    int err = find(stack, handle, &s);

    if (err) {
        return err;
    }
    if ((unsigned)which >= INL_IP6_EXTS) {
        return -EINVAL;
    }
    h = ip6_chain_find(chain_of(s), which);
    if (rd_left(&h) > 0 && max > 0) {
        memcpy(header, rd_ptr(&h), rd_left(&h) < max ? rd_left(&h) : max);
        *(uint8_t *)header = 0;
    }
    return (int64_t)rd_left(&h);
}
