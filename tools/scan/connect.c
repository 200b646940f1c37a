/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect.c - probes that are connect() of ordinary sockets
 *
 * A probe under way is a socket that does not block, in one epoll set and in a ring by age: all wait
 * equally long, so the oldest is the first to give up. A connection that comes about is reset at once
 * (SO_LINGER 0), which spares both ends TIME-WAIT.
 */
#include "tools/scan/connect.h"

#include "host/loop.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define SPARE_FDS 32

struct flight {
    int fd; /* -1: it has landed */
    uint64_t probe;
    int64_t until;
};

struct run {
    struct sweep *sweep;
    struct flight *ring;
    unsigned cap, first, n; /* the ring holds n, some of which have landed */
    int epoll_fd;
    int stop; /* 1: Ctrl-C */
    inl_dur wait_ns;
};

void connect_addr(const struct target *target, uint16_t port, union names_addr *ret) {
    memset(ret, 0, sizeof(*ret));
    if (inl_addr_is4(&target->addr)) {
        ret->v4.sin_family = AF_INET;
        memcpy(&ret->v4.sin_addr, target->addr.b + 12, 4);
    } else {
        ret->v6.sin6_family = AF_INET6;
        memcpy(&ret->v6.sin6_addr, target->addr.b, 16);
        ret->v6.sin6_scope_id = target->scope;
    }
    names_set_port(ret, port);
}

static enum scan_reason reason_of(int err) {
    switch (err) {
    case 0:
        return SCAN_SYN_ACK;
    case ECONNREFUSED:
    case ECONNRESET:
        return SCAN_REFUSED;
    case EHOSTUNREACH:
    case EHOSTDOWN:
        return SCAN_HOST_UNREACH;
    case ENETUNREACH:
    case EADDRNOTAVAIL: /* no address of ours reaches there */
        return SCAN_NET_UNREACH;
    case ENOPROTOOPT:
        return SCAN_PROTO_UNREACH;
    case EACCES:
    case EPERM:
        return SCAN_ADMIN_PROHIBITED;
    default:
        return SCAN_NO_RESPONSE; /* ETIMEDOUT, and what has to do with ourselves */
    }
}

static void land(struct run *r, struct flight *f, int err) {
    struct linger now = {.l_onoff = 1};

    job_note(r->sweep->job, f->probe, reason_of(err));
    setsockopt(f->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(f->fd);
    f->fd = -1;
}

/* 0; -EAGAIN: not now, for there are no descriptors or ports; or another -errno. */
static int start(struct run *r, uint64_t probe, int64_t now) {
    const struct job *job = r->sweep->job;
    const struct slot *slot = &job->slots[probe % job->slots_n];
    struct flight *f = &r->ring[(r->first + r->n) % r->cap];
    union names_addr addr;

    connect_addr(&job->targets[probe / job->slots_n], slot->port, &addr);
    *f = (struct flight){.probe = probe, .until = now + r->sweep->timing.timeout_ns};
    f->fd = socket(addr.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (f->fd < 0) {
        return errno == EMFILE || errno == ENFILE || errno == ENOBUFS ? -EAGAIN : -errno;
    }
    if (connect(f->fd, &addr.any, names_len(&addr)) < 0 && errno != EINPROGRESS) {
        if ((errno == EADDRNOTAVAIL || errno == EAGAIN) && r->n > 0) {
            close(f->fd);
            return -EAGAIN;
        }
        land(r, f, errno);
        return 0;
    }
    struct epoll_event ev = {.events = EPOLLOUT | EPOLLERR, .data.u32 = (r->first + r->n) % r->cap};

    if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, f->fd, &ev) < 0) {
        int err = -errno;

        close(f->fd);
        return err;
    }
    r->n++;
    return 0;
}

/* Takes from the ring what has landed, and what is too old. */
static void expire(struct run *r, int64_t now) {
    while (r->n > 0) {
        struct flight *f = &r->ring[r->first];

        if (f->fd >= 0 && f->until > now) {
            return;
        }
        if (f->fd >= 0) {
            land(r, f, ETIMEDOUT);
        }
        r->first = (r->first + 1) % r->cap;
        r->n--;
    }
}

static int send_due(struct run *r, int64_t now, bool *ret_over) {
    struct sweep *s = r->sweep;
    unsigned room = r->cap - r->n;
    unsigned due = room > 0 ? sweep_due(s, now, room) : 0;
    uint64_t probe;

    while (due-- > 0) {
        if (!sweep_next(s, &probe)) {
            *ret_over = true;
            return 0;
        }
        int err = start(r, probe, now);

        if (err == -EAGAIN && r->n > 0) {
            s->at--; /* as soon as one has landed */
            s->sent--;
            return 0;
        }
        if (err < 0) {
            tool_say("cannot open sockets: %s", strerror(-err));
            return err;
        }
    }
    return 0;
}

static int wait_for(struct run *r, int64_t now, bool over) {
    struct epoll_event events[64];
    int64_t until = r->n > 0 ? r->ring[r->first].until : now + 100 * MS;

    if (!over && r->n < r->cap && r->sweep->next < until) {
        until = r->sweep->next;
    }
    int ms = until > now ? (int)((until - now + MS - 1) / MS) : 0;
    int n = epoll_wait(r->epoll_fd, events, 64, ms);

    for (int i = 0; i < n; i++) {
        int err = 0;
        socklen_t len = sizeof(err);
        struct flight *f;

        if (events[i].data.u32 == UINT32_MAX) {
            enum stop_wish wish = stop_read();

            r->stop = wish == STOP_NOW;
            sweep_tell(r->sweep, now, wish == STOP_REPORT);
            continue;
        }
        f = &r->ring[events[i].data.u32];
        getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &err, &len);
        land(r, f, err);
    }
    return n < 0 && errno != EINTR ? -errno : 0;
}

/* One pass, and the wait for what is under way. */
static int pass(struct run *r) {
    bool over = false;
    int err = 0;

    while (err == 0 && !r->stop && (!over || r->n > 0)) {
        int64_t now = loop_now().ns;

        expire(r, now);
        if (!over) {
            err = send_due(r, now, &over);
        }
        if (err == 0 && (!over || r->n > 0)) {
            err = wait_for(r, now, over);
        }
        sweep_tell(r->sweep, now, false);
    }
    return err;
}

static unsigned descriptors(unsigned wanted) {
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return wanted;
    }
    if (limit.rlim_cur < wanted + SPARE_FDS && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = wanted + SPARE_FDS < limit.rlim_max ? wanted + SPARE_FDS : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* or with fewer */
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur <= SPARE_FDS + 1) {
        return 1;
    }
    return wanted + SPARE_FDS < limit.rlim_cur ? wanted : (unsigned)limit.rlim_cur - SPARE_FDS;
}

int connect_run(struct sweep *sweep) {
    struct run r = {.sweep = sweep, .cap = descriptors(sweep->timing.parallel)};
    struct epoll_event stop = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    int err = 0;

    r.ring = calloc(r.cap, sizeof(*r.ring));
    r.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (r.ring == NULL || r.epoll_fd < 0) {
        err = r.ring == NULL ? -ENOMEM : -errno;
        tool_say("cannot begin: %s", strerror(-err));
    } else if (stop_fd() >= 0 && epoll_ctl(r.epoll_fd, EPOLL_CTL_ADD, stop_fd(), &stop) < 0) {
        err = -errno;
    }
    if (err == 0) {
        do {
            err = pass(&r);
        } while (err == 0 && !r.stop && sweep_again(sweep));
    }
    for (; r.n > 0; r.n--, r.first = (r.first + 1) % r.cap) {
        if (r.ring[r.first].fd >= 0) {
            close(r.ring[r.first].fd);
        }
    }
    sweep_quiet(sweep);
    if (r.epoll_fd >= 0) {
        close(r.epoll_fd);
    }
    free(r.ring);
    return err;
}
