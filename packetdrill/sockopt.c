/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockopt.c - socket options, in the numbers and structures of Linux
 *
 * A table gives the engine's option and the value of one unit. What is not in it and not handled
 * by name (time-outs, linger, TCP_INFO and its like) is ENOPROTOOPT: no option is taken and
 * then ignored.
 *
 * The tool asks for TCP_INFO by libc's getsockopt() and not through the table, so the object is
 * preloaded too and answers that call for its own descriptors; all other calls are passed on.
 */
#include "packetdrill/plug.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
/* behind <linux/tcp.h> */
#include "host/linux_sockopts.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

static const struct linux_sockopt options[] = {
    LINUX_SOCKOPTS,
    {SOL_SOCKET, SO_TYPE, INL_OPT_TYPE, 1}, /* SOCK_STREAM and SOCK_DGRAM have the same numbers */
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, INL_OPT_TTL, 1},
    {IPPROTO_IPV6, IPV6_TCLASS, INL_OPT_TOS, 1},
    {SOL_SOCKET, SO_RCVLOWAT, INL_OPT_RCVLOWAT, 1},
    {SOL_SOCKET, SO_OOBINLINE, INL_OPT_OOBINLINE, 1},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

static size_t find_option(int level, int name) {
    return linux_sockopt_find(options, OPTIONS, level, name);
}

/* Writes as much as there is room for, as Linux does. */
static int answer(const void *value, size_t size, void *optval, socklen_t *optlen) {
    *optlen = *optlen < size ? *optlen : (socklen_t)size;
    memcpy(optval, value, *optlen);
    return 0;
}

/* ---- structures ---- */

static int get_linger(struct plug *p, const struct plug_fd *f, void *optval, socklen_t *optlen) {
    struct linger l = {0};
    int64_t v;
    int rc = inl_getsockopt(p->stack, f->sock, INL_OPT_LINGER, &v);

    if (rc == 0) {
        l.l_onoff = v >= 0;
        l.l_linger = v >= 0 ? (int)v : 0;
        answer(&l, sizeof(l), optval, optlen);
    }
    return rc;
}

static int set_linger(struct plug *p, const struct plug_fd *f, const void *optval,
                      socklen_t optlen) {
    struct linger l;

    if (optlen < sizeof(l)) {
        return -EINVAL;
    }
    memcpy(&l, optval, sizeof(l));
    return inl_setsockopt(p->stack, f->sock, INL_OPT_LINGER, l.l_onoff ? l.l_linger : -1);
}

static int set_timeout(inl_dur *ret, const void *optval, socklen_t optlen) {
    struct timeval tv;

    if (optlen < sizeof(tv)) {
        return -EINVAL;
    }
    memcpy(&tv, optval, sizeof(tv));
    if (tv.tv_sec < 0 || tv.tv_sec > 1000000000 || tv.tv_usec < 0 || tv.tv_usec >= 1000000) {
        return -EDOM;
    }
    *ret = tv.tv_sec * INL_S + tv.tv_usec * INL_US;
    return 0;
}

static int get_timeout(inl_dur ns, void *optval, socklen_t *optlen) {
    struct timeval tv = {.tv_sec = ns / INL_S, .tv_usec = ns % INL_S / INL_US};

    return answer(&tv, sizeof(tv), optval, optlen);
}

/* What SO_MEMINFO can say of us: bytes queued and their limits. */
static int get_meminfo(struct plug *p, const struct plug_fd *f, void *optval, socklen_t *optlen) {
    static const struct {
        unsigned at;
        enum inl_opt opt;
    } parts[] = {
        {SK_MEMINFO_RMEM_ALLOC, INL_OPT_RCVQ},  {SK_MEMINFO_RCVBUF, INL_OPT_RCVBUF},
        {SK_MEMINFO_WMEM_ALLOC, INL_OPT_SNDQ},  {SK_MEMINFO_SNDBUF, INL_OPT_SNDBUF},
        {SK_MEMINFO_WMEM_QUEUED, INL_OPT_SNDQ},
    };
    uint32_t mem[SK_MEMINFO_VARS] = {0};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        int64_t v;

        if (inl_getsockopt(p->stack, f->sock, parts[i].opt, &v) == 0) {
            mem[parts[i].at] = (uint32_t)v;
        }
    }
    return answer(mem, sizeof(mem), optval, optlen);
}

/* By name; Linux calls NewReno "reno". */
static int set_congestion(struct plug *p, const struct plug_fd *f, const void *optval,
                          socklen_t optlen) {
    char name[16] = "";

    memcpy(name, optval, optlen < sizeof(name) ? optlen : sizeof(name) - 1);
    for (int i = 0; inl_cc_name((enum inl_cc_algo)i); i++) {
        if (strcmp(name, inl_cc_name((enum inl_cc_algo)i)) == 0 ||
            (i == INL_CC_NEWRENO && strcmp(name, "reno") == 0)) {
            return inl_setsockopt(p->stack, f->sock, INL_OPT_TCP_CONGESTION, i);
        }
    }
    return -ENOENT;
}

static int get_congestion(struct plug *p, const struct plug_fd *f, void *optval,
                          socklen_t *optlen) {
    char name[16] = "";
    int64_t v;
    int rc = inl_getsockopt(p->stack, f->sock, INL_OPT_TCP_CONGESTION, &v);

    if (rc == 0) {
        const char *text = v == INL_CC_NEWRENO ? "reno" : inl_cc_name((enum inl_cc_algo)v);

        memcpy(name, text, strlen(text));
        answer(name, sizeof(name), optval, optlen);
    }
    return rc;
}

bool plug_info_option(struct plug *p, const struct plug_fd *f, int level, int optname, void *optval,
                      socklen_t *optlen, int *ret_err) {
    if (level == IPPROTO_TCP && optname == TCP_INFO) {
        *ret_err = plug_tcp_info(p, f, optval, optlen);
        return true;
    }
    if (level == IPPROTO_TCP && optname == TCP_CC_INFO) {
        *optlen = 0; /* as of an algorithm that tells nothing */
        *ret_err = 0;
        return true;
    }
    if (level == SOL_SOCKET && optname == SO_MEMINFO) {
        *ret_err = get_meminfo(p, f, optval, optlen);
        return true;
    }
    return false;
}

/* ---- the calls ---- */

static int get_number(struct plug *p, const struct plug_fd *f, size_t i, void *optval,
                      socklen_t *optlen) {
    int64_t v;
    int n;
    int rc = inl_getsockopt(p->stack, f->sock, options[i].opt, &v);

    if (rc) {
        return rc;
    }
    n = (int)(v / options[i].unit);
    return answer(&n, sizeof(n), optval, optlen);
}

static int get_option(struct plug *p, const struct plug_fd *f, int level, int optname, void *optval,
                      socklen_t *optlen) {
    size_t i = find_option(level, optname);
    int rc;

    if (plug_info_option(p, f, level, optname, optval, optlen, &rc)) {
        return rc;
    }
    if (level == IPPROTO_TCP && optname == TCP_CONGESTION) {
        return get_congestion(p, f, optval, optlen);
    }
    if (i < OPTIONS) {
        return get_number(p, f, i, optval, optlen);
    }
    if (level != SOL_SOCKET) {
        return -ENOPROTOOPT;
    }
    switch (optname) {
    case SO_LINGER:
        return get_linger(p, f, optval, optlen);
    case SO_RCVTIMEO:
        return get_timeout(f->rcv_timeout_ns, optval, optlen);
    case SO_SNDTIMEO:
        return get_timeout(f->snd_timeout_ns, optval, optlen);
    case SO_DOMAIN:
        return answer(&f->family, sizeof(f->family), optval, optlen);
    case SO_PROTOCOL:
        rc = f->dgram ? IPPROTO_UDP : IPPROTO_TCP;
        return answer(&rc, sizeof(rc), optval, optlen);
    default:
        return -ENOPROTOOPT;
    }
}

static int do_getsockopt(void *userdata, int fd, int level, int optname, void *optval,
                         socklen_t *optlen) {
    struct plug *p = userdata;
    const struct plug_fd *f;

    plug_lock(p);
    f = plug_find(p, fd, PLUG_SOCK);
    return plug_unlock(p, f ? get_option(p, f, level, optname, optval, optlen) : -ENOTSOCK);
}

static int set_option(struct plug *p, struct plug_fd *f, int level, int optname, const void *optval,
                      socklen_t optlen) {
    size_t i = find_option(level, optname);
    int v;

    if (level == IPPROTO_TCP && optname == TCP_CONGESTION) {
        return set_congestion(p, f, optval, optlen);
    }
    if (level == SOL_SOCKET && optname == SO_LINGER) {
        return set_linger(p, f, optval, optlen);
    }
    if (level == SOL_SOCKET && (optname == SO_RCVTIMEO || optname == SO_SNDTIMEO)) {
        return set_timeout(optname == SO_RCVTIMEO ? &f->rcv_timeout_ns : &f->snd_timeout_ns, optval,
                           optlen);
    }
    if (i == OPTIONS) {
        return -ENOPROTOOPT;
    }
    if (optlen < sizeof(v)) {
        return -EINVAL;
    }
    memcpy(&v, optval, sizeof(v));
    return inl_setsockopt(p->stack, f->sock, options[i].opt, v * options[i].unit);
}

static int do_setsockopt(void *userdata, int fd, int level, int optname, const void *optval,
                         socklen_t optlen) {
    struct plug *p = userdata;
    struct plug_fd *f;

    plug_lock(p);
    f = plug_find(p, fd, PLUG_SOCK);
    return plug_unlock(p, f ? set_option(p, f, level, optname, optval, optlen) : -ENOTSOCK);
}

void plug_sockopts(struct packetdrill_interface *itf) {
    itf->getsockopt = do_getsockopt;
    itf->setsockopt = do_setsockopt;
}

/* ---- preloaded ---- */

static pthread_mutex_t current_lock = PTHREAD_MUTEX_INITIALIZER;
static struct plug *current; /* the one instance of a process */

void plug_current(struct plug *from, struct plug *to) {
    pthread_mutex_lock(&current_lock);
    if (!from || current == from) {
        current = to;
    }
    pthread_mutex_unlock(&current_lock);
}

__attribute__((visibility("default"))) int
getsockopt(int fd, int level, int optname, void *restrict optval, socklen_t *restrict optlen) {
    struct plug *p;
    bool ours;

    pthread_mutex_lock(&current_lock);
    p = current;
    pthread_mutex_unlock(&current_lock);
    if (p) {
        pthread_mutex_lock(&p->lock);
        ours = plug_find(p, fd, PLUG_SOCK) != NULL;
        pthread_mutex_unlock(&p->lock);
        if (ours) {
            return do_getsockopt(p, fd, level, optname, optval, optlen);
        }
    }
    return (int)syscall(SYS_getsockopt, fd, level, optname, optval, optlen);
}
