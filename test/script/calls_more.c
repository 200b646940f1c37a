/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_more.c - lists of buffers, messages, epoll, pipes and splices
 *
 * A pipe of a script is a count of bytes: what is spliced in was verified when it was received, and
 * what is spliced out continues the pattern of its socket, as all that a script writes.
 *
 * An edge (EPOLLET) is an event of the engine, or bytes received, since the item was reported last.
 */
#include "calls.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#ifndef SPLICE_F_NONBLOCK
#define SPLICE_F_NONBLOCK 2
#endif

/* ---- lists of buffers ---- */

int64_t do_readv(struct run *r, const struct ps_call *c, bool *again) {
    if (c->args[1].kind != PS_ARG_IOV) {
        run_fail(r, "readv() takes [{..., N}, ...]");
        return -1;
    }
    return receive(r, c, c->args[1].v, 0, again);
}

int64_t do_writev(struct run *r, const struct ps_call *c, bool *again) {
    if (c->args[1].kind != PS_ARG_IOV) {
        run_fail(r, "writev() takes [{..., N}, ...]");
        return -1;
    }
    return transmit(r, c, c->args[1].v, again);
}

static const struct ps_arg *message(struct run *r, const struct ps_call *c) {
    if (c->args[1].kind == PS_ARG_MSG) {
        return &c->args[1];
    }
    run_fail(r, "%s() takes {msg_name(...)=..., msg_iov(1)=[{..., N}], msg_flags=0}", c->name);
    return NULL;
}

int64_t do_recvmsg(struct run *r, const struct ps_call *c, bool *again) {
    const struct ps_arg *m = message(r, c);
    const struct ps_fd *fd = m ? fd_arg(r, c, 0) : NULL;
    int64_t flags = int_arg(c, 2, 0);
    int64_t told;
    int64_t n;

    if (!fd) {
        return -1;
    }
    if (m->text[0]) {
        return receive_ext(r, c, m, again);
    }
    n = receive(r, c, m->v, flags | (fd->dgram ? MSG_TRUNC : 0), again);
    told = fd->dgram && n > m->v ? MSG_TRUNC : 0;
    if (n >= 0 && m->w >= 0 && m->w != told) {
        run_fail(r, "recvmsg() gave msg_flags 0x%llx, expected 0x%llx", (unsigned long long)told,
                 (unsigned long long)m->w);
    }
    return n > m->v && !(flags & MSG_TRUNC) ? m->v : n;
}

int64_t do_sendmsg(struct run *r, const struct ps_call *c, bool *again) {
    const struct ps_arg *m = message(r, c);

    if (m && m->text[0]) {
        return transmit_ext(r, c, m, again);
    }
    return m ? transmit(r, c, m->v, again) : -1;
}

/* ---- epoll ---- */

int64_t do_epoll_create(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd;

    (void)again;
    if (int_arg(c, 0, 0) < 1) {
        return -EINVAL;
    }
    fd = fd_take(r, c, c->result);
    if (!fd) {
        return -1;
    }
    fd->kind = PS_FD_EPOLL;
    return c->result;
}

static struct ps_fd *epoll_arg(struct run *r, const struct ps_call *c) {
    struct ps_fd *fd = fd_arg(r, c, 0);

    if (fd && fd->kind != PS_FD_EPOLL) {
        run_fail(r, "%s(): descriptor %lld is not of epoll_create()", c->name,
                 (long long)c->args[0].v);
        return NULL;
    }
    return fd;
}

int64_t do_epoll_ctl(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *ep = epoll_arg(r, c);
    const struct ps_fd *fd = fd_arg(r, c, 2);
    int64_t op = int_arg(c, 1, 0);
    struct ps_watch *w = NULL;

    (void)again;
    if (!ep || !fd) {
        return -1;
    }
    for (unsigned i = 0; i < PS_WATCHES; i++) {
        if (ep->watches[i].used && ep->watches[i].fd == c->args[2].v) {
            w = &ep->watches[i];
        } else if (!w && !ep->watches[i].used && op == EPOLL_CTL_ADD) {
            w = &ep->watches[i];
        }
    }
    if (op == EPOLL_CTL_ADD ? w && w->used : !w) {
        return op == EPOLL_CTL_ADD ? -EEXIST : -ENOENT;
    }
    if (!w) {
        return -ENOSPC;
    }
    *w = (struct ps_watch){.used = op != EPOLL_CTL_DEL,
                           .fd = (int)c->args[2].v,
                           .events = (uint32_t)c->args[3].v,
                           .data = c->args[3].w,
                           .seen_in = UINT64_MAX,
                           .seen_out = UINT64_MAX};
    return 0;
}

/* Of an edge-triggered item: the halves in which something new has happened. */
static uint32_t edges(struct run *r, const struct ps_fd *fd, struct ps_watch *w, uint32_t bits) {
    struct inl_tcp_info info = {0};
    uint64_t in;

    inl_tcp_info(r->stack, fd->sock, &info);
    in = fd->events_in + info.bytes_received;
    bits &= w->seen_in == in ? ~(uint32_t)(EPOLLIN | EPOLLRDHUP | EPOLLPRI) : ~0u;
    bits &= w->seen_out == fd->events_out ? ~(uint32_t)EPOLLOUT : ~0u;
    if (w->seen_in == in && w->seen_out == fd->events_out) {
        return 0;
    }
    if (bits & w->events) {
        w->seen_in = in;
        w->seen_out = fd->events_out;
    }
    return bits;
}

static uint32_t watch_bits(struct run *r, struct ps_watch *w) {
    const struct ps_fd *fd = &r->fds[w->fd];
    uint32_t bits = 0;

    if (w->used && !w->spent && fd->used && fd->kind == PS_FD_SOCKET) {
        int ev = inl_poll(r->stack, fd->sock);

        bits = ev < 0 ? 0 : poll_bits(ev); /* the numbers of poll() and epoll are the same */
        bits = w->events & EPOLLET ? edges(r, fd, w, bits) : bits;
    }
    return bits & ((w->events & 0xffff) | EPOLLERR | EPOLLHUP);
}

/* One event a call: what scripts say. */
int64_t do_epoll_wait(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *ep = epoll_arg(r, c);
    const struct ps_arg *want = &c->args[1];

    if (!ep || int_arg(c, 2, 0) < 1) {
        return ep ? -EINVAL : -1;
    }
    for (unsigned i = 0; i < PS_WATCHES; i++) {
        struct ps_watch *w = &ep->watches[i];
        uint32_t bits = watch_bits(r, w);

        if (bits == 0) {
            continue;
        }
        w->spent = (w->events & EPOLLONESHOT) != 0;
        if (want->kind == PS_ARG_EPOLL && ((uint32_t)want->v != bits || want->w != w->data)) {
            run_fail(r, "epoll_wait() gave events 0x%x of %lld, expected 0x%llx of %lld", bits,
                     (long long)w->data, (unsigned long long)want->v, (long long)want->w);
        }
        return 1;
    }
    *again = true;
    return 0;
}

/* ---- pipes ---- */

int64_t do_pipe(struct run *r, const struct ps_call *c, bool *again) {
    const struct ps_arg *a = &c->args[0];
    struct ps_fd *out;
    struct ps_fd *in;

    (void)again;
    if (a->kind != PS_ARG_PAIR) {
        run_fail(r, "pipe() takes the two descriptors that it shall give: [5, 6]");
        return -1;
    }
    out = fd_take(r, c, a->v);
    in = out ? fd_take(r, c, a->w) : NULL;
    if (!in) {
        return -1;
    }
    out->kind = in->kind = PS_FD_PIPE;
    out->peer_fd = in->peer_fd = (int)a->v; /* the bytes are counted at the reading end */
    return 0;
}

static int64_t into_pipe(struct run *r, const struct ps_call *c, struct ps_fd *pipe, int64_t len,
                         bool *again) {
    int64_t room = PS_PIPE_BYTES - (int64_t)r->fds[pipe->peer_fd].readn;
    int64_t n = room > 0 ? receive(r, c, len < room ? len : room, 0, again) : -EAGAIN;

    if (n > 0) {
        r->fds[pipe->peer_fd].readn += (uint64_t)n;
    }
    return n;
}

/* What the socket does not take stays in the pipe. */
static int64_t from_pipe(struct run *r, const struct ps_call *c, struct ps_fd *pipe, int64_t len,
                         bool *again) {
    struct ps_call to = *c; /* transmit() writes to its first argument */
    int64_t have = (int64_t)pipe->readn;
    int64_t n;

    to.args[0] = c->args[2];
    *again = have == 0;
    n = have == 0 ? -EAGAIN : transmit(r, &to, len < have ? len : have, again);
    if (n > 0) {
        pipe->readn -= (uint64_t)n;
    }
    return n;
}

int64_t do_splice(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *in = fd_arg(r, c, 0);
    struct ps_fd *out = in ? fd_arg(r, c, 2) : NULL;
    int64_t len = int_arg(c, 4, 0);

    if (!out) {
        return -1;
    }
    if (in->kind == PS_FD_SOCKET && out->kind == PS_FD_PIPE) {
        return into_pipe(r, c, out, len, again);
    }
    if (in->kind == PS_FD_PIPE && out->kind == PS_FD_SOCKET) {
        return from_pipe(r, c, in, len, again);
    }
    return -EINVAL;
}
