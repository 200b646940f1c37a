/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wait.c - poll and epoll
 *
 * Conditions are the engine's (inl_poll()). For edges (EPOLLET) an item remembers what had
 * happened on its socket when it was last reported: bytes received and events so far.
 */
#include "packetdrill/plug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define POLL_IN (POLLIN | POLLRDNORM)
#define POLL_OUT (POLLOUT | POLLWRNORM)

static unsigned poll_bits(struct plug *p, const struct plug_fd *f) {
    int ev = inl_poll(p->stack, f->sock);

    if (ev < 0) {
        return POLLNVAL;
    }
    return (ev & (INL_EV_READABLE | INL_EV_ACCEPT | INL_EV_RDHUP) ? POLL_IN : 0u) |
           (ev & INL_EV_WRITABLE ? POLL_OUT : 0u) | (ev & INL_EV_ERROR ? POLLERR : 0u) |
           (ev & INL_EV_CLOSED ? POLLHUP : 0u) | (ev & INL_EV_RDHUP ? POLLRDHUP : 0u) |
           (ev & INL_EV_URGENT ? POLLPRI : 0u);
}

static inl_time timeout_end(const struct plug *p, int timeout_ms) {
    return timeout_ms < 0 ? INL_TIME_NEVER : inl_time_add(p->now, timeout_ms * INL_MS);
}

/* ---- poll ---- */

struct poll_try {
    struct pollfd *fds;
    nfds_t n;
};

static int64_t poll_try(struct plug *p, void *ctx) {
    struct poll_try *t = ctx;
    int64_t ready = 0;

    for (nfds_t i = 0; i < t->n; i++) {
        const struct plug_fd *f = plug_find(p, t->fds[i].fd, PLUG_SOCK);
        unsigned bits = 0;

        if (t->fds[i].fd >= 0) {
            bits = f ? poll_bits(p, f) : POLLNVAL;
        }
        t->fds[i].revents =
            (short)(bits & ((unsigned)t->fds[i].events | POLLERR | POLLHUP | POLLNVAL));
        ready += t->fds[i].revents != 0;
    }
    return ready ? ready : -EAGAIN;
}

static int do_poll(void *userdata, struct pollfd *fds, nfds_t nfds, int timeout_ms) {
    struct plug *p = userdata;
    struct poll_try t = {fds, nfds};
    int64_t rc;

    plug_lock(p);
    rc = plug_stack(p);
    if (rc == 0) {
        rc = plug_block(p, timeout_ms == 0, timeout_end(p, timeout_ms), poll_try, &t);
    }
    return plug_unlock(p, rc == -EAGAIN ? 0 : rc);
}

/* ---- epoll ---- */

static int do_epoll_create(void *userdata, int size) {
    struct plug *p = userdata;
    struct plug_fd f = {.kind = PLUG_EPOLL};
    int rc = -EINVAL;

    plug_lock(p);
    if (size > 0) {
        rc = plug_stack(p);
        f.epoll = calloc(1, sizeof(*f.epoll));
        rc = rc ? rc : f.epoll ? plug_fd_new(p, &f) : -ENOMEM;
        if (rc < 0) {
            free(f.epoll);
        }
    }
    return plug_unlock(p, rc);
}

static struct plug_watch *watch_find(struct plug_epoll *ep, int fd) {
    for (unsigned i = 0; i < ep->n; i++) {
        if (ep->items[i].fd == fd) {
            return &ep->items[i];
        }
    }
    return NULL;
}

static int watch_change(struct plug_epoll *ep, int op, int fd, const struct epoll_event *event) {
    struct plug_watch *w = watch_find(ep, fd);

    if (op == EPOLL_CTL_DEL) {
        if (!w) {
            return -ENOENT;
        }
        *w = ep->items[--ep->n];
        return 0;
    }
    if (!event) {
        return -EFAULT;
    }
    if (op == EPOLL_CTL_ADD) {
        if (w) {
            return -EEXIST;
        }
        if (ep->n == PLUG_EPOLL_ITEMS) {
            return -ENOSPC;
        }
        w = &ep->items[ep->n++];
    } else if (op != EPOLL_CTL_MOD) {
        return -EINVAL;
    } else if (!w) {
        return -ENOENT;
    }
    *w = (struct plug_watch){.fd = fd, .events = event->events, .data = event->data};
    w->seen_in = w->seen_out = UINT64_MAX; /* what is ready now is an edge */
    return 0;
}

static int do_epoll_ctl(void *userdata, int epfd, int op, int fd, struct epoll_event *event) {
    struct plug *p = userdata;
    const struct plug_fd *e;
    int rc = -EBADF;

    plug_lock(p);
    e = plug_find(p, epfd, PLUG_EPOLL);
    if (e) {
        rc = plug_find(p, fd, PLUG_SOCK) ? watch_change(e->epoll, op, fd, event) : -EPERM;
    }
    return plug_unlock(p, rc);
}

/* What is reported of an edge-triggered item: the halves in which something new has happened. */
static unsigned edges(struct plug *p, const struct plug_fd *f, struct plug_watch *w,
                      unsigned bits) {
    struct inl_tcp_info info = {0};
    uint64_t in;
    uint64_t out = f->changes_out;

    inl_tcp_info(p->stack, f->sock, &info);
    in = f->changes_in + info.bytes_received;
    if (w->seen_in == in) {
        bits &= ~(unsigned)(POLL_IN | POLLRDHUP);
    }
    if (w->seen_out == out) {
        bits &= ~(unsigned)POLL_OUT;
    }
    if (w->seen_in == in && w->seen_out == out) {
        bits = 0;
    }
    if (bits & (w->events | POLLERR | POLLHUP)) {
        w->seen_in = in;
        w->seen_out = out;
    }
    return bits;
}

struct epoll_try {
    struct plug_epoll *ep;
    struct epoll_event *events;
    int max;
};

static int64_t epoll_try(struct plug *p, void *ctx) {
    struct epoll_try *t = ctx;
    int n = 0;

    for (unsigned i = 0; i < t->ep->n && n < t->max; i++) {
        struct plug_watch *w = &t->ep->items[i];
        const struct plug_fd *f = plug_find(p, w->fd, PLUG_SOCK);
        unsigned bits = f && !w->spent ? poll_bits(p, f) : 0;

        if (bits && (w->events & EPOLLET)) {
            bits = edges(p, f, w, bits);
        }
        bits &= (w->events & 0xffff) | EPOLLERR | EPOLLHUP;
        if (bits) {
            t->events[n++] = (struct epoll_event){.events = bits, .data = w->data};
            w->spent = (w->events & EPOLLONESHOT) != 0;
        }
    }
    return n ? n : -EAGAIN;
}

static int do_epoll_wait(void *userdata, int epfd, struct epoll_event *events, int maxevents,
                         int timeout_ms) {
    struct plug *p = userdata;
    struct epoll_try t = {.events = events, .max = maxevents};
    const struct plug_fd *e;
    int64_t rc = -EBADF;

    plug_lock(p);
    e = plug_find(p, epfd, PLUG_EPOLL);
    if (e && maxevents > 0) {
        t.ep = e->epoll;
        rc = plug_block(p, timeout_ms == 0, timeout_end(p, timeout_ms), epoll_try, &t);
    } else if (e) {
        rc = -EINVAL;
    }
    return plug_unlock(p, rc == -EAGAIN ? 0 : rc);
}

void plug_waits(struct packetdrill_interface *itf) {
    itf->poll = do_poll;
    itf->epoll_create = do_epoll_create;
    itf->epoll_ctl = do_epoll_ctl;
    itf->epoll_wait = do_epoll_wait;
}
