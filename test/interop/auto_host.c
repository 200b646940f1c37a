/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * auto_host.c - an inlet host or router on a TAP device that configures itself, for radvd.py
 *
 *     auto_host TAP             makes its addresses of what routers on the device advertise. Prints
 *                               "ready", then "auto ADDR ROUTER MTU DNS SEARCH" when an address is
 *                               free to use and all the others are known, and "gone" when there is
 *                               no default router any more
 *     auto_host TAP PREFIX      is the router: advertises PREFIX/64 and has PREFIX1. Prints "ready"
 *
 * Ends when standard input does; a router says goodbye before. It answers pings; that is all.
 */
#define _GNU_SOURCE /* ppoll() */
#include "link/tun.h"

#include <inlet/inlet.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define ADDRS_MAX 64

static struct tun tun;
static struct inl_stack *stack;
static int eth;
static uint8_t frames[TUN_BATCH][INL_FRAME_OVERHEAD + 65535];

static void die(const char *what, int rc) {
    fprintf(stderr, "auto_host: %s: %s\n", what, strerror(-rc));
    exit(1);
}

static inl_time clock_now(void) {
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (inl_time){(int64_t)ts.tv_sec * INL_S + ts.tv_nsec};
}

static void *host_alloc(void *ctx, size_t size) {
    (void)ctx;
    return malloc(size);
}

static void host_free(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)size;
    free(ptr);
}

static void make_stack(bool router) {
    struct inl_config config;
    struct inl_link_config link;
    int rc;

    inl_config_init(&config);
    config.alloc = (struct inl_alloc){host_alloc, host_free, NULL};
    if (getrandom(config.seed, sizeof(config.seed), 0) != sizeof(config.seed)) {
        die("getrandom", -errno);
    }
    config.now = clock_now();
    config.forward = router;
    rc = inl_stack_new(&config, &stack);
    if (rc < 0) {
        die("inl_stack_new", rc);
    }
    tun_link_config(&tun, &link);
    eth = inl_link_add(stack, &link);
    if (eth < 0) {
        die("inl_link_add", eth);
    }
}

static void be_router(const char *prefix) {
    struct inl_ra_config ra;
    struct inl_addr addr;
    int rc;

    inl_ra_init(&ra);
    ra.max_interval_s = 4;
    ra.min_interval_s = 3;
    ra.lifetime_s = 600;
    ra.mtu_bytes = 1400;
    ra.prefix_count = 1;
    ra.prefixes[0] = (struct inl_ra_prefix){.len_bits = 64, .valid_s = 900, .preferred_s = 600};
    rc = inl_addr_parse(prefix, &ra.prefixes[0].prefix);
    if (rc == 0) {
        addr = ra.prefixes[0].prefix;
        addr.b[15] = 1;
        rc = inl_addr_add(stack, eth, &addr, 64);
    }
    rc = rc ? rc : inl_ra_start(stack, eth, &ra);
    if (rc < 0) {
        die("inl_ra_start", rc);
    }
}

/* The address that was made of a router's prefix, if it may be used. */
static bool own_address(struct inl_addr *ret) {
    struct inl_addr_info all[ADDRS_MAX];
    size_t n = inl_addr_snapshot(stack, all, ADDRS_MAX);

    for (size_t i = 0; i < n && i < ADDRS_MAX; i++) {
        if (all[i].origin == INL_ADDR_SLAAC && all[i].state == INL_ADDR_PREFERRED) {
            *ret = all[i].addr;
            return true;
        }
    }
    return false;
}

/* Says what has changed: 0 nothing is known, 1 all is, 2 the router is gone. */
static int tell(int said) {
    char own[INL_ADDR_TEXT_MAX], router[INL_ADDR_TEXT_MAX], dns[INL_ADDR_TEXT_MAX];
    struct inl_autoconf_info info;
    struct inl_addr addr;

    if (inl_autoconf_get(stack, eth, &info) != 0) {
        return said;
    }
    if (said == 1 && info.router_count == 0) {
        printf("gone\n");
        fflush(stdout);
        return 2;
    }
    if (said == 0 && info.router_count && info.dns_count && info.search_count &&
        own_address(&addr)) {
        (void)inl_addr_format(&addr, own, sizeof(own));
        (void)inl_addr_format(&info.routers[0].addr, router, sizeof(router));
        (void)inl_addr_format(&info.dns[0].addr, dns, sizeof(dns));
        printf("auto %s %s %u %s %s\n", own, router, info.mtu_bytes, dns, info.search[0].name);
        fflush(stdout);
        return 1;
    }
    return said;
}

static void receive(void) {
    struct inl_rx_frame in[TUN_BATCH];
    int n = tun_read(&tun, in);

    if (n > 0) {
        inl_rx(stack, eth, in, (size_t)n, clock_now());
    } else if (n < 0 && n != -EAGAIN) {
        die("tun_read", n);
    }
}

static void transmit(void) {
    struct inl_tx_frame out[TUN_BATCH];
    int n;

    do {
        for (int i = 0; i < TUN_BATCH; i++) {
            out[i] = (struct inl_tx_frame){.data = frames[i], .cap_bytes = sizeof(frames[i])};
        }
        n = inl_tx(stack, eth, out, TUN_BATCH, clock_now());
        if (n > 0) {
            (void)tun_write(&tun, out, (size_t)n);
        }
    } while (n == TUN_BATCH);
}

/* False when standard input has ended. */
static bool wait_for_something(void) {
    struct pollfd fds[2] = {{.fd = tun.fd, .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};
    inl_time due = inl_next_deadline(stack);
    inl_dur left = inl_time_sub(due, clock_now());
    struct timespec ts = {0};

    if (left > 0) {
        ts.tv_sec = (time_t)(left / INL_S);
        ts.tv_nsec = (long)(left % INL_S);
    }
    if (ppoll(fds, 2, inl_time_is_never(due) ? NULL : &ts, NULL) < 0 && errno != EINTR) {
        die("poll", -errno);
    }
    if (fds[0].revents) {
        receive();
    }
    return fds[1].revents == 0;
}

int main(int argc, char **argv) {
    int said = 0;
    int rc;

    if (argc < 2) {
        fprintf(stderr, "usage: auto_host TAP [PREFIX]\n");
        return 2;
    }
    rc = tun_open(&tun, argv[1], INL_LINK_ETHERNET, 0);
    if (rc < 0) {
        die(argv[1], rc);
    }
    make_stack(argc > 2);
    if (argc > 2) {
        be_router(argv[2]);
    } else {
        rc = inl_autoconf_start(stack, eth, NULL);
        if (rc < 0) {
            die("inl_autoconf_start", rc);
        }
    }
    printf("ready\n");
    fflush(stdout);
    do {
        inl_advance(stack, clock_now());
        transmit();
        said = argc > 2 ? said : tell(said);
    } while (wait_for_something());
    (void)inl_ra_stop(stack, eth);
    transmit();
    inl_stack_free(stack);
    tun_close(&tun);
    return 0;
}
