/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sock.c - sockets of probes: set up as configured, and read with all that comes along
 */
#include "tools/probe/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define NS 1000000000LL

static int set(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

int sock_set_ttl(int fd, int family, unsigned ttl) {
    if (family == AF_INET6) {
        (void)set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, (int)ttl); /* TCP has none */
        return set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, (int)ttl);
    }
    (void)set(fd, IPPROTO_IP, IP_MULTICAST_TTL, (int)ttl);
    return set(fd, IPPROTO_IP, IP_TTL, (int)ttl);
}

int sock_want_errors(int fd, int family) {
    return family == AF_INET6 ? set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1)
                              : set(fd, IPPROTO_IP, IP_RECVERR, 1);
}

static int set_df(int fd, int family, enum probe_df df) {
    static const int values[] = {
        [PROBE_DF_DO] = IP_PMTUDISC_DO,
        [PROBE_DF_WANT] = IP_PMTUDISC_WANT,
        [PROBE_DF_DONT] = IP_PMTUDISC_DONT,
        [PROBE_DF_PROBE] = IP_PMTUDISC_PROBE,
    };

    if (df == PROBE_DF_DEFAULT) {
        return 0;
    }
    if (family == AF_INET6) {
        int err = set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, values[df]);

        if (err == 0 && (df == PROBE_DF_DO || df == PROBE_DF_PROBE)) {
            (void)set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1); /* not all systems have it */
        }
        return err;
    }
    return set(fd, IPPROTO_IP, IP_MTU_DISCOVER, values[df]);
}

/* Binding to an interface needs privileges in old kernels; choosing it for what is sent does not. */
static int set_link(int fd, const struct probe_conf *conf) {
    unsigned index = if_nametoindex(conf->link);
    int number = (int)htonl(index);

    if (index == 0) {
        return -ENODEV;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, conf->link,
                   (socklen_t)strlen(conf->link) + 1) == 0) {
        return 0;
    }
    return conf->to.any.sa_family == AF_INET6 ? set(fd, IPPROTO_IPV6, IPV6_UNICAST_IF, number)
                                              : set(fd, IPPROTO_IP, IP_UNICAST_IF, number);
}

/* Room for nine addresses behind type, length and pointer (RFC 791 3.1). */
static int set_record_route(int fd) {
    uint8_t opts[40] = {IPOPT_NOP, IPOPT_RR, 39, IPOPT_MINOFF};

    if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, opts, sizeof(opts)) < 0) {
        return -errno;
    }
    (void)set(fd, IPPROTO_IP, IP_RECVOPTS, 1);
    return 0;
}

/* What we can do without: an answer with less beside it is still an answer. */
static void set_wishes(int fd, int family) {
    if (set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) < 0) {
        (void)set(fd, SOL_SOCKET, SO_TIMESTAMP, 1);
    }
    if (family == AF_INET6) {
        (void)set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    } else {
        (void)set(fd, IPPROTO_IP, IP_RECVTTL, 1);
    }
}

static int set_sending(int fd, const struct probe_conf *conf) {
    int family = conf->to.any.sa_family, err = 0;

    if (conf->link != NULL) {
        err = set_link(fd, conf);
    }
    if (err == 0 && conf->ttl != 0) {
        err = sock_set_ttl(fd, family, conf->ttl);
    }
    if (err == 0 && conf->tos >= 0) {
        err = family == AF_INET6 ? set(fd, IPPROTO_IPV6, IPV6_TCLASS, conf->tos)
                                 : set(fd, IPPROTO_IP, IP_TOS, conf->tos);
    }
    if (err == 0 && conf->mark != 0) {
        err = set(fd, SOL_SOCKET, SO_MARK, (int)conf->mark);
    }
    if (err == 0 && conf->no_route) {
        err = set(fd, SOL_SOCKET, SO_DONTROUTE, 1);
    }
    if (err == 0 && conf->no_loop) {
        err = family == AF_INET6 ? set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0)
                                 : set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    }
    if (err == 0 && conf->broadcast) {
        err = set(fd, SOL_SOCKET, SO_BROADCAST, 1);
    }
    if (err == 0 && conf->record_route) {
        err = set_record_route(fd);
    }
    return err != 0 ? err : set_df(fd, family, conf->df);
}

int sock_setup(int fd, const struct probe_conf *conf) {
    int err = set_sending(fd, conf);

    if (err != 0) {
        return err;
    }
    if (conf->sndbuf_bytes != 0) {
        (void)set(fd, SOL_SOCKET, SO_SNDBUF, (int)conf->sndbuf_bytes);
    }
    (void)set(fd, SOL_SOCKET, SO_RCVBUF, 1 << 20);
    set_wishes(fd, conf->to.any.sa_family);
    if (conf->from.any.sa_family != 0 && bind(fd, &conf->from.any, names_len(&conf->from)) < 0) {
        return -errno;
    }
    return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int64_t age_of(int64_t stamp_ns) {
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = now.tv_sec * NS + now.tv_nsec - stamp_ns;

    return age > 0 && age < 60 * NS ? age : 0; /* else the clock was set in between */
}

static void take_error(const struct cmsghdr *c, struct sock_in *ret) {
    struct sock_extended_err e;
    size_t have = c->cmsg_len - CMSG_LEN(0);

    if (have < sizeof(e)) {
        return;
    }
    memcpy(&e, CMSG_DATA(c), sizeof(e));
    ret->is_error = true;
    ret->origin = e.ee_origin;
    ret->type = e.ee_type;
    ret->code = e.ee_code;
    ret->info = e.ee_info;
    ret->err = (int)e.ee_errno;
    have -= sizeof(e);
    memset(&ret->from, 0, sizeof(ret->from));
    memcpy(&ret->from, CMSG_DATA(c) + sizeof(e),
           have < sizeof(ret->from) ? have : sizeof(ret->from));
}

static void take_cmsg(const struct cmsghdr *c, struct sock_in *ret) {
    size_t len = c->cmsg_len - CMSG_LEN(0);
    const unsigned char *data = CMSG_DATA(c);
    bool ip4 = c->cmsg_level == IPPROTO_IP, ip6 = c->cmsg_level == IPPROTO_IPV6;
    int number = 0;

    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
        struct timespec ts;

        memcpy(&ts, data, sizeof(ts));
        ret->age_ns = age_of(ts.tv_sec * NS + ts.tv_nsec);
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMP) {
        struct timeval tv;

        memcpy(&tv, data, sizeof(tv));
        ret->age_ns = age_of(tv.tv_sec * NS + tv.tv_usec * 1000);
    } else if ((ip4 && c->cmsg_type == IP_TTL) || (ip6 && c->cmsg_type == IPV6_HOPLIMIT)) {
        memcpy(&number, data, len < sizeof(number) ? len : sizeof(number));
        ret->ttl = number;
    } else if (ip4 && c->cmsg_type == IP_RECVOPTS && len <= sizeof(ret->opts)) {
        memcpy(ret->opts, data, len);
        ret->opts_len = (uint8_t)len;
    } else if ((ip4 && c->cmsg_type == IP_RECVERR) || (ip6 && c->cmsg_type == IPV6_RECVERR)) {
        take_error(c, ret);
    }
}

int sock_read(int fd, bool queue, uint8_t *buf, struct sock_in *ret) {
    union {
        char bytes[512];
        struct cmsghdr align;
    } control;
    struct iovec iov = {buf, SOCK_READ_MAX};
    struct msghdr m = {.msg_name = &ret->to,
                       .msg_namelen = sizeof(ret->to),
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};

    memset(ret, 0, sizeof(*ret));
    ret->ttl = -1;
    ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | (queue ? MSG_ERRQUEUE : 0));

    if (n < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
    }
    ret->len = (size_t)n;
    ret->from = ret->to;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
        take_cmsg(c, ret);
    }
    return 1;
}

void sock_clear_error(int fd) {
    int err;
    socklen_t len = sizeof(err);

    (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
}

void sock_error_event(const struct sock_in *in, const uint8_t *data, size_t before,
                      struct probe_event *ret) {
    bool icmp = in->origin == SO_EE_ORIGIN_ICMP || in->origin == SO_EE_ORIGIN_ICMP6;

    ret->what = icmp ? PROBE_ICMP : PROBE_FAILED;
    ret->from = in->from;
    ret->age_ns = in->age_ns;
    ret->ttl = in->ttl;
    ret->type = in->type;
    ret->code = in->code;
    ret->info = in->info;
    ret->err = in->err;
    if (icmp) {
        parse_ext_behind(data, in->len, before, ret->ext);
    }
}
