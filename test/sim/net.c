/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.c - the network of the simulation (see net.h)
 */
#include "net.h"

#include "base/siphash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MTU_BYTES 1500
#define NET_BEHIND_HOLE 2
#define HOLE_BYTES (1340 + INL_FRAME_OVERHEAD)

_Noreturn void die(const char *format, ...) {
    va_list args;

    fflush(stdout);
    fprintf(stderr, "FAILED: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    exit(1);
}

static void *net_alloc(void *ctx, size_t size) {
    struct net *net = ctx;

    net->live_bytes += (int64_t)size;
    return malloc(size);
}

static void net_free(void *ctx, void *ptr, size_t size) {
    struct net *net = ctx;

    net->live_bytes -= (int64_t)size;
    free(ptr);
}

struct rng net_rng(uint64_t seed, const char *what, uint64_t index) {
    uint8_t key[16] = {0};
    uint8_t derived[16];
    struct rng rng;

    for (int i = 0; i < 8; i++) {
        key[i] = (uint8_t)(seed >> (8 * i));
        key[8 + i] = (uint8_t)(index >> (8 * i));
    }
    for (int half = 0; half < 2; half++) {
        uint64_t v = siphash(key, what, strlen(what) + (size_t)half); /* with and without the NUL */

        memcpy(derived + 8 * half, &v, sizeof(v));
    }
    rng_init(&rng, derived);
    return rng;
}

/* ---- addresses ---- */

static struct inl_addr addr_of(int segment, int number, bool v6) {
    uint8_t b[16] = {0xfd, 0, 0, (uint8_t)(segment + 1)};

    if (!v6) {
        return inl_addr_from4(0x0a000000u | (uint32_t)(segment + 1) << 8 | (uint32_t)number);
    }
    b[15] = (uint8_t)number;
    return inl_addr_from6(b);
}

static int segment_of(int host) {
    return host / (NET_HOSTS / 2);
}

struct inl_addr net_addr(int host, bool v6) {
    return addr_of(segment_of(host), host + 1, v6);
}

struct inl_stack *net_stack(const struct net *net, int host) {
    return inl_world_stack(net->world, host);
}

/* ---- building ---- */

static struct inl_impair impair_draw(struct rng *rng) {
    static const uint64_t rates[] = {0, 20000000, 100000000, 1000000000};
    struct inl_impair i = {
        .delay_ns = (inl_dur)rng_below(rng, 15000) * INL_US,
        .jitter_ns = (inl_dur)rng_below(rng, 3000) * INL_US + 1,
        .loss_ppm = (uint32_t)rng_below(rng, 30000),
        .dup_ppm = (uint32_t)rng_below(rng, 20000),
        .reorder_ppm = (uint32_t)rng_below(rng, 30000),
        .corrupt_ppm = (uint32_t)rng_below(rng, 10000),
        .rate_bps = rates[rng_below(rng, sizeof(rates) / sizeof(rates[0]))],
        .queue_bytes = 32768 + (uint32_t)rng_below(rng, 262144),
        .ecn_mark_bytes = (uint32_t)rng_below(rng, 65536),
    };

    return i;
}

static void add_addr(struct net *net, int host, int link, int segment, int number) {
    for (int v6 = 0; v6 < 2; v6++) {
        struct inl_addr a = addr_of(segment, number, v6);

        if (inl_addr_add(net_stack(net, host), link, &a, v6 ? 64 : 24)) {
            die("cannot add an address");
        }
    }
}

/* One host sits behind a black hole: what it sends in long frames vanishes. */
static int attach(struct net *net, int host, int segment, struct rng *rng) {
    struct inl_impair impair = impair_draw(rng);
    int link = -1;

    if (host == NET_ROUTER) {
        /*
         * One flipped bit is always found by a checksum; two, one on either side of the router, can
         * cancel each other out. That is TCP's weakness, not ours: in some 50,000 connections one
         * is met by it.
         */
        impair.corrupt_ppm = 0;
    }
    impair.black_hole_bytes = host == NET_BEHIND_HOLE ? HOLE_BYTES : 0;
    if (inl_world_attach(net->world, host, segment, &impair, &link) < 0) {
        die("cannot attach host %d", host);
    }
    return link;
}

static void default_routes(struct net *net, int host, int link) {
    for (int v6 = 0; v6 < 2; v6++) {
        const struct inl_route r = {
            .dst = v6 ? inl_addr_any6() : inl_addr_any4(),
            .gateway = addr_of(segment_of(host), 254, v6),
            .link = link,
        };

        if (inl_route_add(net_stack(net, host), &r)) {
            die("cannot add a route");
        }
    }
}

static void add_host(struct net *net, int host, struct rng *rng) {
    struct inl_config config;
    char name[8];
    int link;

    inl_config_init(&config);
    config.tcp.orphan_ns = config.tcp.give_up_ns; /* in a million, some have to be that patient */
    config.tcp.ecn = (enum inl_ecn)(host % (INL_ECN_ACCURATE + 1)); /* every pair of choices */
    config.tcp.mtu_probing =
        host == NET_BEHIND_HOLE ? INL_MTU_PROBING_BLACK_HOLE : (enum inl_mtu_probing)(host % 3);
    snprintf(name, sizeof(name), "h%d", host);
    if (inl_world_host_add(net->world, name, &config) != host) {
        die("cannot add host %d", host);
    }
    link = attach(net, host, segment_of(host), rng);
    add_addr(net, host, link, segment_of(host), host + 1);
    default_routes(net, host, link);
}

static void add_router(struct net *net, struct rng *rng) {
    struct inl_config config;

    inl_config_init(&config);
    config.forward = true;
    if (inl_world_host_add(net->world, "router", &config) != NET_ROUTER) {
        die("cannot add the router");
    }
    for (int segment = 0; segment < 2; segment++) {
        add_addr(net, NET_ROUTER, attach(net, NET_ROUTER, segment, rng), segment, 254);
    }
}

void net_init(struct net *net, uint64_t seed, inl_world_frame_fn on_frame, void *ctx) {
    const struct inl_world_config config = {
        .alloc = {net_alloc, net_free, net},
        .seed = seed,
        .on_frame = on_frame,
        .on_frame_ctx = ctx,
    };
    struct rng rng = net_rng(seed, "impairments", 0);

    *net = (struct net){0};
    if (inl_world_new(&config, &net->world) ||
        inl_world_segment_add(net->world, "left", MTU_BYTES) != 0 ||
        inl_world_segment_add(net->world, "right", MTU_BYTES) != 1) {
        die("cannot make the world");
    }
    for (int host = 0; host < NET_HOSTS; host++) {
        add_host(net, host, &rng);
    }
    add_router(net, &rng);
}

void net_done(struct net *net) {
    inl_world_free(net->world);
    if (net->live_bytes != 0) {
        die("%lld bytes were not given back", (long long)net->live_bytes);
    }
}
