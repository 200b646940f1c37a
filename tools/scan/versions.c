/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * versions.c - connects to open ports once more, and listens to what they say
 *
 * Who speaks first within a second has told; the others are asked for a page, which web servers
 * answer and most others call an error, and that tells, too. At most 512 bytes are taken, and two
 * such waits for each port, several at once.
 */
#include "tools/scan/scan.h"

#include "host/loop.h"
#include "tools/common/grow.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/scan/banner.h"
#include "tools/scan/connect.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE 64
#define TAKE_MAX 512
#define NS_PER_MS 1000000

static const char page[] = "GET / HTTP/1.0\r\nUser-Agent: inlet-scan\r\n\r\n";

struct asked {
    int fd; /* -1: done */
    bool connected, requested;
    size_t n;
    uint8_t data[TAKE_MAX];
    int64_t until;
    uint64_t probe;
};

static bool begin(const struct job *job, struct asked *a, uint64_t probe, int64_t until) {
    union names_addr addr;

    connect_addr(&job->targets[probe / job->slots_n], job->slots[probe % job->slots_n].port, &addr);
    *a = (struct asked){.probe = probe, .until = until};
    a->fd = socket(addr.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (a->fd < 0) {
        return false;
    }
    if (connect(a->fd, &addr.any, names_len(&addr)) < 0 && errno != EINPROGRESS) {
        close(a->fd);
        a->fd = -1;
    }
    return a->fd >= 0;
}

static void end(struct asked *a) {
    struct linger now = {.l_onoff = 1};

    setsockopt(a->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(a->fd);
    a->fd = -1;
}

/* It is time to ask, or to give up. */
static void late(struct asked *a, int64_t now, inl_dur wait_ns) {
    if (!a->connected || a->requested || a->n > 0 ||
        send(a->fd, page, sizeof(page) - 1, MSG_NOSIGNAL) < 0) {
        end(a);
        return;
    }
    a->requested = true;
    a->until = now + wait_ns;
}

static void ready(struct asked *a, short events) {
    if (!a->connected) {
        int err = 0;
        socklen_t len = sizeof(err);

        getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &err, &len);
        a->connected = err == 0;
        if (err != 0) {
            end(a);
        }
        return;
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        ssize_t n = recv(a->fd, a->data + a->n, TAKE_MAX - a->n, 0);

        a->n += n > 0 ? (size_t)n : 0;
        /* a line is enough, a page's head goes on */
        if (n <= 0 || a->n == TAKE_MAX || (!a->requested && memchr(a->data, '\n', a->n) != NULL)) {
            end(a);
        }
    }
}

static void round_of(struct asked *asked, unsigned n, inl_dur wait_ns) {
    struct pollfd polls[AT_ONCE + 1];
    int64_t now = loop_now().ns;
    int64_t until = now + wait_ns;

    for (unsigned i = 0; i < n; i++) {
        short events = asked[i].connected ? POLLIN : POLLOUT;

        polls[i] = (struct pollfd){.fd = asked[i].fd, .events = events};
        if (asked[i].fd >= 0 && asked[i].until < until) {
            until = asked[i].until;
        }
    }
    polls[n] = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
    int ms = until > now ? (int)((until - now) / NS_PER_MS) + 1 : 0;

    if (poll(polls, n + 1, ms) < 0) {
        return;
    }
    now = loop_now().ns;
    for (unsigned i = 0; i < n; i++) {
        if (asked[i].fd >= 0 && polls[i].revents != 0) {
            ready(&asked[i], polls[i].revents);
        }
        if (asked[i].fd >= 0 && asked[i].until <= now) {
            late(&asked[i], now, wait_ns);
        }
    }
}

static bool any_open(const struct asked *asked, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        if (asked[i].fd >= 0) {
            return true;
        }
    }
    return false;
}

static int keep(struct report *r, struct version **list, size_t *room, const struct asked *a) {
    struct version *grown = grow(*list, r->versions_n, room, sizeof(*grown));

    if (grown == NULL) {
        return -ENOMEM;
    }
    *list = grown;
    r->versions = grown;
    struct version *v = &grown[r->versions_n];

    v->probe = a->probe;
    banner_read(a->data, a->n, v);
    r->versions_n++;
    return 0;
}

static bool is_open(const struct job *job, uint64_t probe) {
    enum scan_kind kind = job->slots[probe % job->slots_n].kind;

    return kind != SCAN_UDP && scan_state_of(kind, job->answers[probe]) == SCAN_OPEN;
}

int versions_ask(const struct job *job, const struct timing *timing, struct report *report) {
    struct asked *asked = calloc(AT_ONCE, sizeof(*asked));
    struct version *list = NULL;
    size_t room = 0;
    int err = asked != NULL ? 0 : -ENOMEM;

    for (uint64_t probe = 0; err == 0 && probe < job_total(job) && !stop_asked();) {
        int64_t until = loop_now().ns + timing->timeout_ns;
        unsigned n = 0;

        for (; probe < job_total(job) && n < AT_ONCE; probe++) {
            n += is_open(job, probe) && begin(job, &asked[n], probe, until);
        }
        while (any_open(asked, n) && !stop_asked()) {
            round_of(asked, n, timing->timeout_ns);
        }
        for (unsigned i = 0; i < n && err == 0; i++) {
            if (asked[i].fd >= 0) {
                end(&asked[i]);
            }
            err = asked[i].n > 0 ? keep(report, &list, &room, &asked[i]) : 0;
        }
    }
    if (err < 0) {
        tool_say("memory is short");
    }
    free(asked);
    return err;
}
