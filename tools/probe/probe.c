/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe.c - probes and what comes back: what all ways have in common
 */
#include "tools/probe/probe.h"

#include "tools/common/tool.h"
#include "tools/probe/backend.h"
#include "tools/probe/sock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint8_t probe_buffer[SOCK_READ_MAX];

/* Each backend would find out with its first probe only, and some not even then. */
static int check_wishes(const struct probe_conf *conf) {
    union names_addr from = conf->from;
    int fd = socket(conf->to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

    if (fd < 0) {
        return -errno;
    }
    names_set_port(&from, 0);
    if (from.any.sa_family != 0 && bind(fd, &from.any, names_len(&from)) < 0) {
        err = -errno;
    }
    if (err == 0 && conf->mark != 0 &&
        setsockopt(fd, SOL_SOCKET, SO_MARK, &conf->mark, sizeof(conf->mark)) < 0) {
        err = -errno;
    }

    close(fd);
    return err;
}

int probe_open(const struct probe_conf *conf, struct probe **ret) {
    static const struct probe_backend *const backends[] = {
        [PROBE_ECHO] = &probe_echo, [PROBE_UDP] = &probe_udp, [PROBE_TCP] = &probe_tcp};
    int err = check_wishes(conf);

    if (err != 0) {
        return err;
    }
    struct probe *p = calloc(1, sizeof(*p));

    if (p == NULL) {
        return -ENOMEM;
    }
    p->conf = *conf;
    p->backend = backends[conf->kind];
    p->fd = -1;
    if (conf->kind == PROBE_TCP && conf->quotes) {
        p->backend = &probe_syn;
    }
    err = p->backend->open(p);

    if (err == -EPERM && p->backend == &probe_syn) {
        p->backend->close(p);
        free(p->state);
        *p = (struct probe){.conf = *conf, .backend = &probe_tcp, .fd = -1};
        err = p->backend->open(p);
    }
    if (err != 0) {
        probe_close(p);
        return err;
    }
    *ret = p;
    return 0;
}

void probe_close(struct probe *p) {
    if (p != NULL) {
        p->backend->close(p);
        free(p->state);
        free(p);
    }
}

void probe_tell(const struct probe_conf *conf, const char *host, int err) {
    if (err == -EACCES && !conf->broadcast && conf->kind != PROBE_TCP) {
        tool_say("%s: it is a broadcast address; inlet ping -b asks those", host);
    } else if (err == -EPERM && conf->mark != 0) {
        tool_say("%s: packets are marked by root only, or with CAP_NET_ADMIN", host);
    } else if (err == -EPERM && conf->kind != PROBE_ECHO) {
        tool_say("%s: not permitted; a packet filter may forbid it", host);
    } else if (err == -EPERM || err == -EACCES) {
        tool_say("%s: not permitted; root may, or whose group is in net.ipv4.ping_group_range",
                 host);
    } else if (err == -ENODEV) {
        tool_say("%s: no such interface; `ip link` lists them", conf->link);
    } else if (err == -EINVAL && conf->to.any.sa_family == AF_INET6 &&
               IN6_IS_ADDR_LINKLOCAL(&conf->to.v6.sin6_addr) && conf->to.v6.sin6_scope_id == 0) {
        tool_say("%s: it is link-local: say on which interface, as in %s%%eth0", host, host);
    } else if (err == -EADDRNOTAVAIL) {
        tool_say("%s: the source address is not one of this machine's", host);
    } else {
        tool_say("%s: %s", host, strerror(-err));
    }
}

int probe_fd(const struct probe *p) {
    return p->fd;
}

bool probe_has_quotes(const struct probe *p) {
    return p->has_quotes;
}

const char *probe_how(const struct probe *p) {
    return p->how;
}

int probe_send(struct probe *p, const struct probe_shot *shot) {
    return p->backend->send(p, shot);
}

int probe_read(struct probe *p, struct probe_event *ret) {
    memset(ret, 0, sizeof(*ret));
    ret->ttl = -1;
    return p->backend->read(p, ret);
}

void probe_fill(const struct probe_conf *conf, uint8_t *data, size_t at, size_t len) {
    for (size_t i = at; i < at + len; i++) {
        *data++ = conf->pattern_bytes > 0 ? conf->pattern[i % conf->pattern_bytes] : (uint8_t)i;
    }
}

/* Connecting a datagram socket sends nothing, but the system looks for the way. */
static int connected(const union names_addr *to, const char *link, bool broadcast) {
    union names_addr addr = *to;
    int fd = socket(addr.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;

    if (fd < 0) {
        return -errno;
    }
    if (link != NULL) {
        (void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link) + 1);
    }
    if (broadcast) {
        (void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
    }
    names_set_port(&addr, 1025);
    if (connect(fd, &addr.any, names_len(&addr)) < 0) {
        int err = -errno;

        close(fd);
        return err;
    }
    return fd;
}

int probe_reach(const struct probe_conf *conf) {
    int fd = connected(&conf->to, conf->link, conf->broadcast);

    if (fd >= 0) {
        close(fd);
    }
    return fd < 0 ? fd : 0;
}

unsigned probe_mtu(const union names_addr *to) {
    bool v6 = to->any.sa_family == AF_INET6;
    int mtu = 0, fd = connected(to, NULL, true);
    socklen_t len = sizeof(mtu);

    if (fd < 0) {
        return 0;
    }
    if (getsockopt(fd, v6 ? (int)IPPROTO_IPV6 : (int)IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu,
                   &len) < 0) {
        mtu = 0;
    }
    close(fd);
    return mtu > 0 ? (unsigned)mtu : 0;
}

int probe_source(const struct probe_conf *conf, union names_addr *ret) {
    if (conf->from.any.sa_family != 0) {
        *ret = conf->from;
        return 0;
    }
    int fd = connected(&conf->to, conf->link, true);
    socklen_t len = sizeof(*ret);

    if (fd < 0) {
        return fd;
    }
    memset(ret, 0, sizeof(*ret));
    int err = getsockname(fd, &ret->any, &len) < 0 ? -errno : 0;

    names_set_port(ret, 0);
    close(fd);
    return err;
}
