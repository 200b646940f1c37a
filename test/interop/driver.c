/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.c - see driver.h
 */
#define _GNU_SOURCE /* ppoll() */
#include "driver.h"

#include <inlet/malloc.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

void driver_die(const char *what, int rc) {
    fprintf(stderr, "tap_host: %s: %s\n", what, strerror(-rc));
    exit(1);
}

inl_time driver_now(void) {
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (inl_time){(int64_t)ts.tv_sec * INL_S + ts.tv_nsec};
}

void driver_config(struct inl_config *ret) {
    inl_config_init(ret);
    ret->alloc = inl_malloc();
    if (getrandom(ret->seed, sizeof(ret->seed), 0) != sizeof(ret->seed)) {
        driver_die("getrandom", -errno);
    }
    ret->now = driver_now();
}

void driver_start(struct driver *d, const struct inl_config *config) {
    struct inl_link_config link;
    int rc = inl_stack_new(config, &d->stack);

    if (rc < 0) {
        driver_die("inl_stack_new", rc);
    }
    tun_link_config(&d->tun, &link);
    d->link = inl_link_add(d->stack, &link);
    if (d->link < 0) {
        driver_die("inl_link_add", d->link);
    }
}

void driver_stop(struct driver *d) {
    inl_stack_free(d->stack);
    tun_close(&d->tun);
}

static bool is_lost(const struct driver *d, unsigned *count) {
    if (d->lose_every == 0 || ++*count < d->lose_every) {
        return false;
    }
    *count = 0;
    return true;
}

static void receive(struct driver *d) {
    struct inl_rx_frame rx[TUN_BATCH];
    size_t kept = 0;
    int n = tun_read(&d->tun, rx);

    if (n < 0 && n != -EIO && n != -EAGAIN) { /* EIO: the interface is not up yet */
        driver_die("read", n);
    }
    for (int i = 0; i < n; i++) {
        if (!is_lost(d, &d->rx_count)) {
            rx[kept++] = rx[i];
        }
    }
    if (kept > 0) {
        inl_rx(d->stack, d->link, rx, kept, driver_now());
    }
}

void driver_transmit(struct driver *d) {
    struct inl_tx_frame tx[TUN_BATCH];
    size_t kept;
    int n;

    do {
        for (size_t i = 0; i < TUN_BATCH; i++) {
            tx[i].data = d->frames[i];
            tx[i].cap_bytes = sizeof(d->frames[i]);
        }
        n = inl_tx(d->stack, d->link, tx, TUN_BATCH, driver_now());
        if (n < 0) {
            driver_die("inl_tx", n);
        }
        kept = 0;
        for (int i = 0; i < n; i++) {
            if (!is_lost(d, &d->tx_count)) {
                tx[kept++] = tx[i];
            }
        }
        /* What the device does not take is lost, as on a real wire. */
        (void)tun_write(&d->tun, tx, kept);
    } while (n == TUN_BATCH);
}

bool driver_wait(struct driver *d) {
    struct pollfd fds[2] = {{.fd = d->tun.fd, .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};
    inl_time due = inl_next_deadline(d->stack);
    inl_dur left = inl_time_sub(due, driver_now());
    struct timespec ts = {0};

    if (left > 0) {
        ts.tv_sec = (time_t)(left / INL_S);
        ts.tv_nsec = (long)(left % INL_S);
    }
    if (ppoll(fds, 2, inl_time_is_never(due) ? NULL : &ts, NULL) < 0 && errno != EINTR) {
        driver_die("poll", -errno);
    }
    if (fds[0].revents) {
        receive(d);
    }
    return fds[1].revents != 0;
}
