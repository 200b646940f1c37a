/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp.c - attempts to connect: works without privileges, through every firewall that lets the
 * service through
 *
 * One socket a probe. An answer is a connection, which is closed at once, or its refusal: either
 * way the host has spoken. A socket that hears nothing is closed when its place is needed.
 */
#include "tools/probe/backend.h"
#include "tools/probe/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SLOTS 128

struct slot {
    int fd; /* -1: free */
    uint16_t seq;
};

struct tcp {
    struct slot slots[SLOTS];
    unsigned next; /* the oldest */
};

static int tcp_open(struct probe *p) {
    struct tcp *t = calloc(1, sizeof(*t));

    if (t == NULL) {
        return -ENOMEM;
    }
    p->state = t;
    for (unsigned i = 0; i < SLOTS; i++) {
        t->slots[i].fd = -1;
    }
    p->how = "connecting";
    p->fd = epoll_create1(EPOLL_CLOEXEC);
    names_set_port(&p->conf.to, p->conf.port);
    return p->fd < 0 ? -errno : 0;
}

static void end_slot(struct slot *slot) {
    if (slot->fd >= 0) {
        close(slot->fd);
        slot->fd = -1;
    }
}

static void tcp_close(struct probe *p) {
    struct tcp *t = p->state;

    for (unsigned i = 0; t != NULL && i < SLOTS; i++) {
        end_slot(&t->slots[i]);
    }
    if (p->fd >= 0) {
        close(p->fd);
    }
}

static int start(struct probe *p, const struct probe_shot *shot, unsigned index, int fd) {
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT, .data.u32 = index};
    struct linger at_once = {1, 0};
    int err = sock_setup(fd, &p->conf);

    if (err != 0) {
        return err;
    }
    (void)sock_want_errors(fd, p->conf.to.any.sa_family);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    if (shot->ttl != 0) {
        err = sock_set_ttl(fd, p->conf.to.any.sa_family, shot->ttl);
    }
    if (err != 0) {
        return err;
    }
    if (connect(fd, &p->conf.to.any, names_len(&p->conf.to)) < 0 && errno != EINPROGRESS &&
        errno != ECONNREFUSED) {
        return -errno;
    }
    return epoll_ctl(p->fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int tcp_send(struct probe *p, const struct probe_shot *shot) {
    struct tcp *t = p->state;
    struct slot *slot = &t->slots[t->next];
    int fd = socket(p->conf.to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -errno;
    }
    end_slot(slot);
    int err = start(p, shot, t->next, fd);

    if (err != 0) {
        close(fd);
        return err;
    }
    slot->fd = fd;
    slot->seq = shot->seq;
    t->next = (t->next + 1) % SLOTS;
    return 0;
}

static void judge(const struct probe *p, int fd, struct probe_event *ret) {
    struct sock_in in;
    socklen_t len = sizeof(ret->err);

    ret->from = p->conf.to;
    if (sock_read(fd, true, probe_buffer, &in) > 0) {
        sock_error_event(&in, probe_buffer, 0, ret);
        ret->ext[0] = '\0';
        if (ret->what == PROBE_ICMP) {
            return;
        }
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &ret->err, &len) < 0) {
        ret->err = errno;
    }
    ret->what = ret->err == 0              ? PROBE_REPLY
                : ret->err == ECONNREFUSED ? PROBE_CLOSED
                                           : PROBE_FAILED;
}

static int tcp_read(struct probe *p, struct probe_event *ret) {
    struct tcp *t = p->state;
    struct epoll_event ev;

    if (epoll_wait(p->fd, &ev, 1, 0) <= 0 || ev.data.u32 >= SLOTS) {
        return 0;
    }
    struct slot *slot = &t->slots[ev.data.u32];

    ret->has_seq = true;
    ret->seq = slot->seq;
    judge(p, slot->fd, ret);
    end_slot(slot);
    return 1;
}

const struct probe_backend probe_tcp = {tcp_open, tcp_close, tcp_send, tcp_read};
