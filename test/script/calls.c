/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - the application of a script: system calls by name, made on the engine's sockets
 *
 * A table of names. Script descriptors are those that the script itself expects as results
 * ("socket(...) = 3"). Data that is written follows pattern_out() of the offset in the stream,
 * and data that is read is held against pattern_in().
 *
 * The engine never blocks. What would block sets *again; run.c repeats a call that has an end
 * time until it succeeds, and takes EAGAIN or EINPROGRESS as the result of any other.
 */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
/* behind <netinet/tcp.h> */
#include "host/linux_sockopts.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct call_entry {
    const char *name;
    unsigned min_args, max_args;
    int64_t (*fn)(struct run *r, const struct ps_call *c, bool *ret_again);
};

int64_t int_arg(const struct ps_call *c, unsigned i, int64_t other) {
    return i < c->nargs && c->args[i].kind == PS_ARG_INT ? c->args[i].v : other;
}

struct ps_fd *fd_arg(struct run *r, const struct ps_call *c, unsigned i) {
    int64_t fd = int_arg(c, i, -1);

    if (fd < 0 || fd >= PS_FDS || !r->fds[fd].used) {
        run_fail(r, "%s(): descriptor %lld is not open", c->name, (long long)fd);
        return NULL;
    }
    return &r->fds[fd];
}

struct ps_fd *fd_take(struct run *r, const struct ps_call *c, int64_t fd) {
    if (c->any_result || c->result < 0 || fd < 0 || fd >= PS_FDS || r->fds[fd].used) {
        run_fail(r, "%s() succeeded: a result between 0 and %d that is not in use must be expected",
                 c->name, PS_FDS - 1);
        return NULL;
    }
    r->fds[fd] = (struct ps_fd){.used = true};
    return &r->fds[fd];
}

/* Gives the socket the descriptor that the script expects. */
static int64_t fd_new(struct run *r, const struct ps_call *c, inl_sock sock, bool dgram) {
    struct ps_fd *fd = fd_take(r, c, c->result);

    if (!fd) {
        return -1;
    }
    fd->sock = sock;
    fd->dgram = dgram;
    return c->result;
}

/* "local:80", "remote:9", "any:0", "192.0.2.1:80", "[2001:db8::1]:80" or ... */
static bool addr_arg(struct run *r, const struct ps_call *c, unsigned i, struct inl_sockaddr *a) {
    char host[64];
    const char *colon;
    size_t n;
    int err = 0;

    if (i >= c->nargs || c->args[i].kind != PS_ARG_TEXT) {
        return true;
    }
    colon = strrchr(c->args[i].text, ':');
    if (!colon) {
        return run_fail(r, "expected \"address:port\", found \"%s\"", c->args[i].text);
    }
    n = (size_t)(colon - c->args[i].text);
    memcpy(host, c->args[i].text, n);
    host[n] = '\0';
    a->port = (uint16_t)atoi(colon + 1);
    if (strcmp(host, "local") == 0) {
        a->addr = r->local;
    } else if (strcmp(host, "remote") == 0) {
        a->addr = r->remote;
    } else if (strcmp(host, "any") == 0) {
        a->addr = r->var.ip == PS_IPV4 ? INL_ADDR_ANY4 : INL_ADDR_ANY;
    } else if (host[0] == '[' && n > 2) {
        host[n - 1] = '\0';
        err = inl_addr_parse(host + 1, &a->addr);
    } else {
        err = inl_addr_parse(host, &a->addr);
    }
    return err == 0 || run_fail(r, "not an address: \"%s\"", c->args[i].text);
}

static struct inl_sockaddr remote_default(struct run *r, const struct ps_fd *fd) {
    struct inl_sockaddr a = {.addr = r->remote, .port = (uint16_t)r->opt.connect_port};

    if (fd->dgram && r->udp[0].bound) {
        a.port = r->udp[0].remote_port;
    }
    return a;
}

static int64_t do_socket(struct run *r, const struct ps_call *c, bool *again) {
    int64_t type = int_arg(c, 1, SOCK_STREAM);
    bool dgram = (type & ~SOCK_NONBLOCK) == SOCK_DGRAM;
    int64_t af = int_arg(c, 0, r->var.ip == PS_IPV4 ? AF_INET : AF_INET6);
    inl_sock s = inl_socket(r->stack, af == AF_INET ? INL_AF_INET : INL_AF_INET6,
                            dgram ? INL_SOCK_DGRAM : INL_SOCK_STREAM);

    (void)again;
    return s < 0 ? s : fd_new(r, c, s, dgram);
}

static int64_t do_bind(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);
    struct inl_sockaddr a = {.addr = r->var.ip == PS_IPV4 ? INL_ADDR_ANY4 : INL_ADDR_ANY,
                             .port = (uint16_t)r->opt.bind_port};

    (void)again;
    return fd && addr_arg(r, c, 1, &a) ? inl_bind(r->stack, fd->sock, &a) : -1;
}

static int64_t do_listen(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);

    (void)again;
    return fd ? inl_listen(r->stack, fd->sock, (int)int_arg(c, 1, 1)) : -1;
}

static int64_t do_connect(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);
    struct inl_sockaddr a;
    int64_t rc;

    if (!fd) {
        return -1;
    }
    a = remote_default(r, fd);
    if (!addr_arg(r, c, 1, &a)) {
        return -1;
    }
    r->last_conn_fd = (int)c->args[0].v;
    rc = inl_connect(r->stack, fd->sock, &a);
    *again = rc == -EINPROGRESS || rc == -EALREADY;
    return rc;
}

static int64_t do_accept(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);
    inl_sock s;

    if (!fd) {
        return -1;
    }
    s = inl_accept(r->stack, fd->sock, NULL);
    *again = s == -EAGAIN;
    if (s < 0) {
        return s;
    }
    r->last_conn_fd = (int)c->result;
    return fd_new(r, c, s, false);
}

/* ---- data ---- */

int64_t receive(struct run *r, const struct ps_call *c, int64_t want, int64_t flags, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);
    uint8_t *buf;
    int64_t n;

    if (!fd || want < 0 || want > (64 << 20)) {
        return fd ? -EINVAL : -1;
    }
    if (fd->kind == PS_FD_PIPE) {
        n = want < (int64_t)fd->readn ? want : (int64_t)fd->readn;
        fd->readn -= (uint64_t)n;
        *again = n == 0;
        return n ? n : -EAGAIN;
    }
    if (c->blocking && fd->sock >= 0 && !(inl_poll(r->stack, fd->sock) & INL_EV_READABLE)) {
        *again = true; /* the low-water mark */
        return -EAGAIN;
    }
    buf = malloc((size_t)want + 1);
    if (!buf) {
        run_fail(r, "out of memory");
        return -1;
    }
    n = inl_recv(r->stack, fd->sock, buf, (size_t)want,
                 (flags & MSG_PEEK ? INL_MSG_PEEK : 0) | (flags & MSG_TRUNC ? INL_MSG_TRUNC : 0));
    *again = n == -EAGAIN;
    for (int64_t i = 0; i < n && i < want; i++) {
        uint64_t off = fd->dgram ? (uint64_t)i : fd->readn + (uint64_t)i;

        if (buf[i] != pattern_in(off)) {
            run_fail(r, "%s(): byte %lld of the result is not what was sent in (offset %llu)",
                     c->name, (long long)i, (unsigned long long)off);
            break;
        }
    }
    if (n > 0 && !(flags & MSG_PEEK)) {
        fd->readn += (uint64_t)n;
    }
    free(buf);
    return n;
}

static int64_t do_read(struct run *r, const struct ps_call *c, bool *again) {
    return receive(r, c, int_arg(c, 2, 0), int_arg(c, 3, 0), again);
}

static int send_flags(const struct ps_call *c) {
    unsigned at = strcmp(c->name, "sendmsg") == 0 ? 2 : 3;
    int64_t flags = c->nargs > at ? int_arg(c, at, 0) : 0;

    return (flags & MSG_FASTOPEN ? INL_MSG_FASTOPEN : 0) | (flags & MSG_MORE ? INL_MSG_MORE : 0) |
           (flags & MSG_OOB ? INL_MSG_OOB : 0);
}

int64_t transmit(struct run *r, const struct ps_call *c, int64_t len, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);
    struct inl_sockaddr to;
    bool addressed = strcmp(c->name, "sendto") == 0;
    int64_t left;
    int64_t n;
    uint8_t *buf;

    if (!fd || len < 0 || len > (64 << 20)) {
        return fd ? -EINVAL : -1;
    }
    if (fd->kind == PS_FD_PIPE) {
        r->fds[fd->peer_fd].readn += (uint64_t)len;
        return len;
    }
    to = remote_default(r, fd);
    if (addressed && !addr_arg(r, c, 4, &to)) {
        return -1;
    }
    left = c->blocking ? len - r->pending_done : len;
    buf = malloc((size_t)left + 1);
    if (!buf) {
        run_fail(r, "out of memory");
        return -1;
    }
    for (int64_t i = 0; i < left; i++) {
        buf[i] = pattern_out(fd->dgram ? (uint64_t)i : fd->written + (uint64_t)i);
    }
    n = addressed ? inl_sendto(r->stack, fd->sock, buf, (size_t)left, send_flags(c), &to)
                  : inl_send(r->stack, fd->sock, buf, (size_t)left, send_flags(c));
    free(buf);
    *again = n == -EAGAIN;
    if (n > 0) {
        fd->written += (uint64_t)n;
    }
    if (n > 0 && c->blocking) {
        r->pending_done += n;
        *again = r->pending_done < len;
        n = r->pending_done;
    }
    return n;
}

static int64_t do_write(struct run *r, const struct ps_call *c, bool *again) {
    return transmit(r, c, int_arg(c, 2, 0), again);
}

static int64_t do_shutdown(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);

    (void)again;
    return fd ? inl_shutdown(r->stack, fd->sock, (enum inl_shutdown_how)int_arg(c, 1, 0)) : -1;
}

static int64_t do_close(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);

    (void)again;
    if (!fd) {
        return -1;
    }
    fd->used = false;
    return fd->kind == PS_FD_SOCKET ? inl_close(r->stack, fd->sock) : 0;
}

/* ---- options ---- */

static const struct linux_sockopt options[] = {
    LINUX_SOCKOPTS,
    {SOL_SOCKET, SO_LINGER, INL_OPT_LINGER, 1},
    {SOL_SOCKET, SO_TYPE, INL_OPT_TYPE, 1},
    {IPPROTO_TCP, PS_TCP_ECN, INL_OPT_TCP_ECN, 1},
    {IPPROTO_TCP, TCP_CONGESTION, INL_OPT_TCP_CONGESTION, 1},
    {SOL_SOCKET, SO_RCVLOWAT, INL_OPT_RCVLOWAT, 1},
    {IPPROTO_TCP, 0x10001, INL_OPT_TCP_UTO, 1},
    {IPPROTO_TCP, 0x10002, INL_OPT_TCP_UTO_ADV_NS, INL_S},
    {IPPROTO_TCP, 0x10003, INL_OPT_TCP_UTO_CHANGEABLE, 1},
    {IPPROTO_TCP, 0x10004, INL_OPT_TCP_UTO_REMOTE_NS, INL_S},
    {SOL_SOCKET, SO_OOBINLINE, INL_OPT_OOBINLINE, 1},
};

static const struct linux_sockopt *option_arg(struct run *r, const struct ps_call *c) {
    size_t n = sizeof(options) / sizeof(options[0]);
    size_t i = linux_sockopt_find(options, n, int_arg(c, 1, -1), int_arg(c, 2, -1));

    if (i == n) {
        run_fail(r, "%s(): the runner does not know this option", c->name);
        return NULL;
    }
    return &options[i];
}

int calls_cc_algo(const char *name) {
    for (int i = 0; inl_cc_name((enum inl_cc_algo)i); i++) {
        if (strcmp(inl_cc_name((enum inl_cc_algo)i), name) == 0) {
            return i;
        }
    }
    return -1;
}

/* The algorithm whose name an argument is, in quotation marks or not. */
static int64_t cc_arg(const struct ps_call *c, unsigned i) {
    return c->args[i].kind == PS_ARG_TEXT ? calls_cc_algo(c->args[i].text) : INT64_MAX;
}

static int64_t do_setsockopt(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);
    const struct linux_sockopt *o;
    const struct ps_arg *a = &c->args[3];
    int64_t v = a->v;

    (void)again;
    if (ext_option(r, c, &v)) {
        return v;
    }
    o = option_arg(r, c);
    if (!fd || !o) {
        return -1;
    }
    if (o->opt == INL_OPT_LINGER) {
        if (a->kind != PS_ARG_LINGER) {
            run_fail(r, "SO_LINGER takes {onoff=N, linger=N}");
            return -1;
        }
        v = a->v ? a->w : -1;
    }
    if (o->opt == INL_OPT_TCP_CONGESTION) {
        v = cc_arg(c, 3);
    }
    return inl_setsockopt(r->stack, fd->sock, o->opt, v * o->unit);
}

static int64_t expect_value(struct run *r, const struct ps_call *c, unsigned i, int64_t v) {
    const struct ps_arg *a = &c->args[i];

    if (a->kind != PS_ARG_ANY && a->v != v) {
        run_fail(r, "%s() gave %lld, expected %lld", c->name, (long long)v, (long long)a->v);
    }
    return 0;
}

static int64_t do_getsockopt(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);
    const struct linux_sockopt *o = option_arg(r, c);
    int64_t v = 0;
    int64_t rc;

    (void)again;
    if (!fd || !o) {
        return -1;
    }
    rc = inl_getsockopt(r->stack, fd->sock, o->opt, &v);
    if (o->opt == INL_OPT_TCP_CONGESTION && cc_arg(c, 3) == v) {
        return rc;
    }
    return rc ? rc : expect_value(r, c, 3, v / o->unit);
}

static int64_t do_ioctl(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);
    enum inl_opt opt;
    int64_t v = 0;
    int64_t rc;

    (void)again;
    if (!fd) {
        return -1;
    }
    switch (int_arg(c, 1, 0)) {
    case 0x541b:
        opt = INL_OPT_RCVQ;
        break;
    case 0x8905:
        opt = INL_OPT_ATMARK;
        break;
    default:
        opt = INL_OPT_SNDQ;
        break;
    }
    rc = inl_getsockopt(r->stack, fd->sock, opt, &v);
    return rc ? rc : expect_value(r, c, 2, v);
}

static int64_t do_fcntl(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);

    (void)again;
    if (!fd) {
        return -1;
    }
    if (int_arg(c, 1, -1) == F_GETFL) {
        return O_RDWR | (fd->nonblock ? O_NONBLOCK : 0);
    }
    fd->nonblock = (int_arg(c, 2, 0) & O_NONBLOCK) != 0;
    return 0;
}

unsigned poll_bits(int ev) {
    return (ev & (INL_EV_READABLE | INL_EV_ACCEPT | INL_EV_RDHUP) ? POLLIN : 0u) |
           (ev & INL_EV_WRITABLE ? POLLOUT : 0u) | (ev & INL_EV_ERROR ? POLLERR : 0u) |
           (ev & INL_EV_CLOSED ? POLLHUP : 0u) | (ev & INL_EV_RDHUP ? 0x2000u : 0u) |
           (ev & INL_EV_URGENT ? POLLPRI : 0u) | (ev & INL_EV_TROUBLE ? 0x4000u : 0u);
}

static int64_t do_poll(struct run *r, const struct ps_call *c, bool *again) {
    const struct ps_arg *a = &c->args[0];
    unsigned got[4];
    int64_t n = 0;

    if (a->kind != PS_ARG_POLL || (!c->blocking && int_arg(c, 2, 0) != 0)) {
        run_fail(r,
                 "poll() takes [{fd=N, events=..., revents=...}], a count and 0, or an end time");
        return -1;
    }
    for (unsigned i = 0; i < a->n; i++) {
        int fd = a->polls[i].fd;
        int ev;

        if (fd < 0 || fd >= PS_FDS || !r->fds[fd].used) {
            run_fail(r, "poll(): descriptor %d is not open", fd);
            return -1;
        }
        ev = inl_poll(r->stack, r->fds[fd].sock);
        if (ev < 0) {
            return ev;
        }
        got[i] = poll_bits(ev) & (a->polls[i].events | POLLERR | POLLHUP);
        n += got[i] != 0;
    }
    *again = n == 0;
    for (unsigned i = 0; i < a->n && (n || !c->blocking); i++) {
        if (got[i] != a->polls[i].revents) {
            run_fail(r, "poll(): descriptor %d has revents 0x%x, expected 0x%x", a->polls[i].fd,
                     got[i], a->polls[i].revents);
        }
    }
    return n;
}

static int64_t name_call(struct run *r, const struct ps_call *c, bool *again) {
    struct ps_fd *fd = fd_arg(r, c, 0);
    struct inl_sockaddr got;
    struct inl_sockaddr want;
    char text[INL_ADDR_TEXT_MAX];
    int rc;

    (void)again;
    if (!fd) {
        return -1;
    }
    rc = c->name[3] == 's' ? inl_getsockname(r->stack, fd->sock, &got)
                           : inl_getpeername(r->stack, fd->sock, &got);
    if (rc == 0 && c->args[1].kind == PS_ARG_TEXT) {
        memset(&want, 0, sizeof(want));
        if (!addr_arg(r, c, 1, &want)) {
            return -1;
        }
        if (want.port != got.port || !inl_addr_eq(&want.addr, &got.addr)) {
            inl_addr_format(&got.addr, text, sizeof(text));
            run_fail(r, "%s() gave %s port %u", c->name, text, got.port);
        }
    }
    return rc;
}

static const struct call_entry table[] = {
    {"socket", 3, 3, do_socket},
    {"bind", 3, 3, do_bind},
    {"listen", 2, 2, do_listen},
    {"connect", 3, 3, do_connect},
    {"accept", 3, 3, do_accept},
    {"read", 3, 3, do_read},
    {"recv", 4, 4, do_read},
    {"recvfrom", 6, 6, do_read},
    {"write", 3, 3, do_write},
    {"send", 4, 4, do_write},
    {"sendto", 6, 6, do_write},
    {"readv", 3, 3, do_readv},
    {"writev", 3, 3, do_writev},
    {"recvmsg", 3, 3, do_recvmsg},
    {"sendmsg", 3, 3, do_sendmsg},
    {"epoll_create", 1, 1, do_epoll_create},
    {"epoll_ctl", 4, 4, do_epoll_ctl},
    {"epoll_wait", 4, 4, do_epoll_wait},
    {"pipe", 1, 1, do_pipe},
    {"splice", 6, 6, do_splice},
    {"shutdown", 2, 2, do_shutdown},
    {"close", 1, 1, do_close},
    {"setsockopt", 5, 5, do_setsockopt},
    {"getsockopt", 5, 5, do_getsockopt},
    {"ioctl", 3, 3, do_ioctl},
    {"fcntl", 2, 3, do_fcntl},
    {"poll", 3, 3, do_poll},
    {"getsockname", 3, 3, name_call},
    {"getpeername", 3, 3, name_call},
};

int64_t call_do(struct run *r, const struct ps_call *c, bool *ret_again) {
    *ret_again = false;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, c->name) == 0) {
            if (c->nargs < table[i].min_args || c->nargs > table[i].max_args) {
                run_fail(r, "%s() takes %u arguments, found %u", c->name, table[i].min_args,
                         c->nargs);
                return -1;
            }
            return table[i].fn(r, c, ret_again);
        }
    }
    run_fail(r, "the runner does not know the call %s()", c->name);
    return -1;
}
