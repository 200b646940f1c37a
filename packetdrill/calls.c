/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - the calls that make, name and end sockets
 *
 * Descriptors that are not of the stack go to libc (pipes, files): see passthrough in each call.
 */
#include "packetdrill/plug.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef SIOCINQ
#define SIOCINQ 0x541b
#endif
#define SIOCOUTQ 0x5411
#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif
#define SIOCOUTQNSD 0x894b

/* ---- addresses ---- */

bool plug_addr_in(const struct plug_fd *f, const struct sockaddr *addr, socklen_t len,
                  struct inl_sockaddr *ret, int *ret_err) {
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    memset(ret, 0, sizeof(*ret));
    *ret_err = -EINVAL;
    if (!addr || len < sizeof(addr->sa_family)) {
        return false;
    }
    if (addr->sa_family == AF_INET && len >= sizeof(in)) {
        memcpy(&in, addr, sizeof(in));
        ret->addr = inl_addr_from4(ntohl(in.sin_addr.s_addr));
        ret->port = ntohs(in.sin_port);
    } else if (addr->sa_family == AF_INET6 && len >= sizeof(in6)) {
        memcpy(&in6, addr, sizeof(in6));
        ret->addr = inl_addr_from6(in6.sin6_addr.s6_addr);
        ret->port = ntohs(in6.sin6_port);
        ret->scope = in6.sin6_scope_id;
    } else {
        *ret_err = -EAFNOSUPPORT;
        return false;
    }
    if (f->family != addr->sa_family) {
        *ret_err = f->family == AF_INET ? -EAFNOSUPPORT : -EINVAL;
        return false;
    }
    return true;
}

void plug_addr_out(const struct plug_fd *f, const struct inl_sockaddr *a, struct sockaddr *addr,
                   socklen_t *len) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};

    if (!addr || !len) {
        return;
    }
    if (f->family == AF_INET) {
        in.sin_addr.s_addr = htonl(inl_addr_to4(&a->addr));
        memcpy(addr, &in, *len < sizeof(in) ? *len : sizeof(in));
        *len = sizeof(in);
    } else {
        memcpy(in6.sin6_addr.s6_addr, a->addr.b, 16);
        in6.sin6_scope_id = a->scope;
        memcpy(addr, &in6, *len < sizeof(in6) ? *len : sizeof(in6));
        *len = sizeof(in6);
    }
}

/* ---- sockets ---- */

static int64_t socket_new(struct plug *p, int domain, int type, int protocol) {
    struct plug_fd f = {.kind = PLUG_SOCK, .family = domain};
    int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    int rc = plug_stack(p);

    if (rc) {
        return rc;
    }
    if (domain != AF_INET && domain != AF_INET6) {
        return -EAFNOSUPPORT;
    }
    if (!(kind == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP)) &&
        !(kind == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP))) {
        return -EPROTONOSUPPORT;
    }
    f.dgram = kind == SOCK_DGRAM;
    f.nonblock = (type & SOCK_NONBLOCK) != 0;
    f.sock = inl_socket(p->stack, domain == AF_INET ? INL_AF_INET : INL_AF_INET6,
                        f.dgram ? INL_SOCK_DGRAM : INL_SOCK_STREAM);
    if (f.sock < 0) {
        return f.sock;
    }
    rc = plug_fd_new(p, &f);
    if (rc < 0) {
        inl_close(p->stack, f.sock);
    }
    return rc;
}

static int do_socket(void *userdata, int domain, int type, int protocol) {
    struct plug *p = userdata;

    plug_lock(p);
    return plug_unlock(p, socket_new(p, domain, type, protocol));
}

static int do_bind(void *userdata, int fd, const struct sockaddr *addr, socklen_t len) {
    struct plug *p = userdata;
    struct plug_fd *f;
    struct inl_sockaddr a;
    int rc = -ENOTSOCK;

    plug_lock(p);
    f = plug_find(p, fd, PLUG_SOCK);
    if (f && plug_addr_in(f, addr, len, &a, &rc)) {
        rc = inl_bind(p->stack, f->sock, &a);
    }
    return plug_unlock(p, rc);
}

static int do_listen(void *userdata, int fd, int backlog) {
    struct plug *p = userdata;
    const struct plug_fd *f;

    plug_lock(p);
    f = plug_find(p, fd, PLUG_SOCK);
    return plug_unlock(p, f ? inl_listen(p->stack, f->sock, backlog) : -ENOTSOCK);
}

struct accept_try {
    const struct plug_fd *f;
    struct inl_sockaddr peer;
};

static int64_t accept_try(struct plug *p, void *ctx) {
    struct accept_try *t = ctx;

    return inl_accept(p->stack, t->f->sock, &t->peer);
}

/* When a call gives up that has a time-out of its own (SO_RCVTIMEO, SO_SNDTIMEO). */
static inl_time call_until(const struct plug *p, inl_dur timeout_ns) {
    return timeout_ns ? inl_time_add(p->now, timeout_ns) : INL_TIME_NEVER;
}

static int do_accept(void *userdata, int fd, struct sockaddr *addr, socklen_t *len) {
    struct plug *p = userdata;
    struct accept_try t = {0};
    int64_t rc;

    plug_lock(p);
    t.f = plug_find(p, fd, PLUG_SOCK);
    if (!t.f) {
        return plug_unlock(p, -ENOTSOCK);
    }
    rc = plug_block(p, t.f->nonblock, call_until(p, t.f->rcv_timeout_ns), accept_try, &t);
    if (rc >= 0) {
        struct plug_fd f = {.kind = PLUG_SOCK, .family = t.f->family, .sock = rc};

        rc = plug_fd_new(p, &f);
        if (rc < 0) {
            inl_close(p->stack, f.sock);
        } else {
            plug_addr_out(&f, &t.peer, addr, len);
        }
    }
    return plug_unlock(p, rc);
}

struct connect_try {
    const struct plug_fd *f;
    struct inl_sockaddr to;
    bool begun; /* by this call */
};

static int64_t connect_try(struct plug *p, void *ctx) {
    struct connect_try *t = ctx;
    int rc = inl_connect(p->stack, t->f->sock, &t->to);
    bool wait = (rc == -EINPROGRESS && !t->f->nonblock) || (rc == -EALREADY && t->begun);

    t->begun = t->begun || rc == -EINPROGRESS;
    return wait ? -EAGAIN : rc;
}

static int do_connect(void *userdata, int fd, const struct sockaddr *addr, socklen_t len) {
    struct plug *p = userdata;
    struct connect_try t = {0};
    struct sockaddr any = {.sa_family = AF_UNSPEC};
    int rc = -ENOTSOCK;

    plug_lock(p);
    t.f = plug_find(p, fd, PLUG_SOCK);
    if (t.f && t.f->dgram && addr && addr->sa_family == any.sa_family) {
        rc = inl_connect(p->stack, t.f->sock, &t.to); /* dissolves the association */
    } else if (t.f && plug_addr_in(t.f, addr, len, &t.to, &rc)) {
        int64_t got =
            plug_block(p, t.f->nonblock, call_until(p, t.f->snd_timeout_ns), connect_try, &t);

        rc = got == -EAGAIN ? -EINPROGRESS : (int)got;
    }
    return plug_unlock(p, rc);
}

static int do_shutdown(void *userdata, int fd, int how) {
    struct plug *p = userdata;
    const struct plug_fd *f;
    int rc = -ENOTSOCK;

    plug_lock(p);
    f = plug_find(p, fd, PLUG_SOCK);
    if (f) {
        rc = how < SHUT_RD || how > SHUT_RDWR
                 ? -EINVAL
                 : inl_shutdown(p->stack, f->sock, (enum inl_shutdown_how)how);
    }
    return plug_unlock(p, rc);
}

static int do_close(void *userdata, int fd) {
    struct plug *p = userdata;

    plug_lock(p);
    if (fd >= 0 && fd < PLUG_FDS && p->fds[fd].kind != PLUG_NONE) {
        plug_fd_drop(p, &p->fds[fd]);
    }
    return plug_unlock(p, close(fd) == 0 ? 0 : -errno);
}

/* ---- fcntl, ioctl ---- */

static int set_flags(struct plug_fd *f, int flags) {
    f->nonblock = (flags & O_NONBLOCK) != 0;
    return 0;
}

static int do_fcntl(void *userdata, int fd, int cmd, ...) {
    struct plug *p = userdata;
    struct plug_fd *f;
    va_list ap;
    long arg;
    int rc;

    va_start(ap, cmd);
    arg = va_arg(ap, long);
    va_end(ap);
    plug_lock(p);
    f = plug_find(p, fd, PLUG_SOCK);
    if (f && cmd == F_GETFL) {
        rc = O_RDWR | (f->nonblock ? O_NONBLOCK : 0);
    } else if (f && cmd == F_SETFL) {
        rc = set_flags(f, (int)arg);
    } else { /* flags of the descriptor itself, or none of ours */
        rc = fcntl(fd, cmd, arg);
        rc = rc < 0 ? -errno : rc;
    }
    return plug_unlock(p, rc);
}

static int64_t unsent(struct plug *p, const struct plug_fd *f, int64_t queued) {
    struct inl_tcp_info info;

    return inl_tcp_info(p->stack, f->sock, &info) == 0 ? (int64_t)info.notsent_bytes : queued;
}

static int queue_length(struct plug *p, const struct plug_fd *f, unsigned long request, int *ret) {
    int64_t v;
    int rc =
        inl_getsockopt(p->stack, f->sock, request == SIOCINQ ? INL_OPT_RCVQ : INL_OPT_SNDQ, &v);

    if (rc == 0) {
        *ret = (int)(request == SIOCOUTQNSD ? unsent(p, f, v) : v);
    }
    return rc;
}

static int at_mark(struct plug *p, const struct plug_fd *f, int *ret) {
    int64_t v;
    int rc = inl_getsockopt(p->stack, f->sock, INL_OPT_ATMARK, &v);

    if (rc == 0) {
        *ret = (int)v;
    }
    return rc;
}

static int do_ioctl(void *userdata, int fd, unsigned long request, ...) {
    struct plug *p = userdata;
    struct plug_fd *f;
    va_list ap;
    void *arg;
    int rc;

    va_start(ap, request);
    arg = va_arg(ap, void *);
    va_end(ap);
    plug_lock(p);
    f = plug_find(p, fd, PLUG_SOCK);
    if (!f) {
        rc = ioctl(fd, request, arg);
        rc = rc < 0 ? -errno : rc;
    } else if (request == FIONBIO) {
        rc = set_flags(f, *(int *)arg ? O_NONBLOCK : 0);
    } else if (request == SIOCATMARK) {
        rc = at_mark(p, f, arg);
    } else if (request == SIOCINQ || request == SIOCOUTQ || request == SIOCOUTQNSD) {
        rc = queue_length(p, f, request, arg);
    } else {
        rc = -ENOTTY;
    }
    return plug_unlock(p, rc);
}

void plug_calls(struct packetdrill_interface *itf) {
    itf->socket = do_socket;
    itf->bind = do_bind;
    itf->listen = do_listen;
    itf->accept = do_accept;
    itf->connect = do_connect;
    itf->fcntl = do_fcntl;
    itf->ioctl = do_ioctl;
    itf->close = do_close;
    itf->shutdown = do_shutdown;
}
