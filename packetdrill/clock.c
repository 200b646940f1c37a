/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.c - virtual time, packets, and calls that block
 *
 * See plug.h for the rules. The one place where real time counts is owed(): the tool's second
 * thread has returned from a blocking call and must get to run before the clock moves on. It is
 * given REAL_MS at most; what it reads then is right in any case.
 *
 * A call that would block in the script's own thread makes time pass itself, since nobody else
 * would; it ends with EAGAIN when its own time is over, or that of the flag timeout.
 */
#include "packetdrill/plug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REAL_MS 5
#define IP_FRAME_MAX 65536

/* ---- steps ---- */

static void take_events(struct plug *p) {
    struct inl_event ev;

    while (inl_next_event(p->stack, &ev)) {
        for (int i = 0; i < PLUG_FDS; i++) {
            struct plug_fd *f = &p->fds[i];

            if (f->kind != PLUG_SOCK || f->sock != ev.sock) {
                continue;
            }
            if (ev.events &
                (INL_EV_READABLE | INL_EV_ACCEPT | INL_EV_RDHUP | INL_EV_CLOSED | INL_EV_ERROR)) {
                f->changes_in++;
            }
            if (ev.events & (INL_EV_WRITABLE | INL_EV_CONNECTED | INL_EV_CLOSED | INL_EV_ERROR)) {
                f->changes_out++;
            }
        }
    }
}

static void take_packets(struct plug *p) {
    static uint8_t buf[IP_FRAME_MAX + INL_FRAME_OVERHEAD]; /* under the lock of the one instance */
    struct inl_tx_frame f = {.data = buf, .cap_bytes = sizeof(buf)};

    while (p->out_n < PLUG_QUEUE_MAX && inl_tx(p->stack, p->link, &f, 1, p->now) == 1) {
        struct plug_packet *k = malloc(sizeof(*k) + f.len_bytes);

        if (!k) {
            return; /* lost, as on a wire */
        }
        k->next = NULL;
        k->when = p->now;
        k->len = f.len_bytes;
        memcpy(k->data, buf, f.len_bytes);
        *p->out_tail = k;
        p->out_tail = &k->next;
        p->out_n++;
    }
}

/* Lets a blocked call try again, and comes back when it has. */
static void kick(struct plug *p) {
    struct plug_waiter *w = &p->waiter;

    if (!w->present || pthread_equal(w->thread, pthread_self())) {
        return;
    }
    w->kicked = true;
    pthread_cond_broadcast(&p->cond);
    while (w->present && w->kicked && !p->closing) {
        pthread_cond_wait(&p->cond, &p->lock);
    }
}

void plug_settle(struct plug *p) {
    if (!p->stack) {
        return;
    }
    inl_advance(p->stack, p->now);
    take_packets(p);
    take_events(p);
    kick(p);
}

/* A thread that has just woken shall read the clock before it moves. */
static void owed(struct plug *p) {
    struct timespec limit;

    if (!p->waiter.owed || p->waiter.given_up || pthread_equal(p->waiter.thread, pthread_self())) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &limit);
    limit.tv_nsec += REAL_MS * INL_MS;
    if (limit.tv_nsec >= INL_S) {
        limit.tv_nsec -= INL_S;
        limit.tv_sec++;
    }
    while (p->waiter.owed && pthread_cond_timedwait(&p->cond, &p->lock, &limit) == 0) {
    }
    p->waiter.given_up = p->waiter.owed;
}

/* The next time at which something can happen by itself. */
static inl_time next_due(const struct plug *p) {
    inl_time due = p->stack ? inl_next_deadline(p->stack) : INL_TIME_NEVER;

    return p->waiter.present ? inl_time_min(due, p->waiter.until) : due;
}

void plug_clock_to(struct plug *p, inl_time t) {
    owed(p);
    for (unsigned spins = 0; spins < 1000; spins++) {
        inl_time due = next_due(p);

        if (inl_time_before(t, due)) {
            break;
        }
        if (inl_time_before(p->now, due)) {
            p->now = due;
            spins = 0;
        }
        plug_settle(p);
        owed(p);
    }
    p->now = inl_time_max(p->now, t);
    plug_settle(p);
}

/* ---- calls that block ---- */

static int64_t block_here(struct plug *p, inl_time until,
                          int64_t (*attempt)(struct plug *p, void *ctx), void *ctx) {
    inl_time limit = inl_time_min(until, inl_time_add(p->now, p->receive_timeout_ns));
    int64_t rc = -EAGAIN;

    while (rc == -EAGAIN && inl_time_before(p->now, limit)) {
        plug_clock_to(p, inl_time_max(inl_time_min(next_due(p), limit), p->now));
        rc = attempt(p, ctx);
    }
    return rc;
}

static int64_t block_asleep(struct plug *p, inl_time until,
                            int64_t (*attempt)(struct plug *p, void *ctx), void *ctx) {
    struct plug_waiter *w = &p->waiter;
    int64_t rc = -EAGAIN;

    if (w->present) {
        return -EBUSY;
    }
    *w = (struct plug_waiter){.present = true, .until = until, .thread = pthread_self()};
    do {
        while (!w->kicked && !p->closing) {
            pthread_cond_wait(&p->cond, &p->lock);
        }
        rc = p->closing ? -EINTR : attempt(p, ctx);
        if (rc != -EAGAIN || !inl_time_before(p->now, until)) {
            break;
        }
        w->kicked = false;
        pthread_cond_broadcast(&p->cond);
    } while (true);
    w->present = false;
    w->owed = true;
    w->woke = p->now;
    pthread_cond_broadcast(&p->cond);
    return rc;
}

int64_t plug_block(struct plug *p, bool nonblock, inl_time until,
                   int64_t (*attempt)(struct plug *p, void *ctx), void *ctx) {
    int64_t rc = attempt(p, ctx);

    if (rc != -EAGAIN || nonblock) {
        return rc;
    }
    plug_settle(p); /* what it began, such as a SYN, leaves now */
    return pthread_equal(p->script_thread, pthread_self()) ? block_here(p, until, attempt, ctx)
                                                           : block_asleep(p, until, attempt, ctx);
}

/* ---- the tool's wire and clock ---- */

/* The address that the tool's packets go to becomes ours, if no flag has told us before. */
static void learn_address(struct plug *p, const uint8_t *ip, size_t len) {
    struct inl_addr dst;

    if (len >= 20 && ip[0] >> 4 == 4) {
        dst = inl_addr_from4((uint32_t)ip[16] << 24 | (uint32_t)ip[17] << 16 |
                             (uint32_t)ip[18] << 8 | ip[19]);
    } else if (len >= 40 && ip[0] >> 4 == 6) {
        dst = inl_addr_from6(ip + 24);
    } else {
        return;
    }
    if (!inl_addr_is_any(&dst) && !inl_addr_is_multicast(&dst) && !inl_addr_is_broadcast(&dst) &&
        !inl_addr_is_loopback(&dst)) {
        inl_addr_add(p->stack, p->link, &dst, inl_addr_is4(&dst) ? 32 : 128); /* or has it */
    }
}

int plug_netdev_send(void *userdata, const void *buf, size_t count) {
    struct plug *p = userdata;
    struct inl_rx_frame f = {.data = buf, .len_bytes = count};
    int err;

    plug_lock(p);
    err = plug_stack(p);
    if (!err) {
        learn_address(p, buf, count);
        owed(p);
        inl_rx(p->stack, p->link, &f, 1, p->now);
    }
    return plug_unlock(p, err);
}

int plug_netdev_receive(void *userdata, void *buf, size_t *count, long long *time_us) {
    struct plug *p = userdata;
    struct plug_packet *k;
    inl_time limit;

    plug_lock(p);
    limit = inl_time_add(p->now, p->receive_timeout_ns);
    while (!p->out_head && inl_time_before(p->now, limit)) {
        inl_time due = next_due(p);

        plug_clock_to(p, inl_time_max(p->now, inl_time_min(due, limit)));
    }
    k = p->out_head;
    if (!k) {
        *count = 0;
        return plug_unlock(p, 0);
    }
    *count = k->len < *count ? k->len : *count;
    memcpy(buf, k->data, *count);
    *time_us = k->when.ns / INL_US;
    p->out_head = k->next;
    p->out_n--;
    if (!p->out_head) {
        p->out_tail = &p->out_head;
    }
    free(k);
    return plug_unlock(p, 0);
}

int plug_usleep(void *userdata, useconds_t us) {
    struct plug *p = userdata;

    plug_lock(p);
    plug_clock_to(p, inl_time_add(p->now, us * INL_US));
    return plug_unlock(p, 0);
}

int plug_gettimeofday(void *userdata, struct timeval *tv, struct timezone *tz) {
    struct plug *p = userdata;
    inl_time t;

    (void)tz;
    pthread_mutex_lock(&p->lock);
    if (p->waiter.owed && pthread_equal(p->waiter.thread, pthread_self())) {
        t = p->waiter.woke;
        p->waiter.owed = false;
        pthread_cond_broadcast(&p->cond);
    } else {
        plug_clock_to(p, inl_time_add(p->now, INL_US));
        t = p->now;
    }
    tv->tv_sec = (time_t)(t.ns / INL_S);
    tv->tv_usec = (suseconds_t)(t.ns % INL_S / INL_US);
    return plug_unlock(p, 0);
}
