/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop_forward.c - inlet as a router: from one link to another, one stack in one thread
 *
 * Packets of UDP with 64 bytes of payload, each to a destination drawn at random, go in as frames
 * in bursts and come out with other link-layer addresses and a smaller TTL. The destinations are
 * spread over the routes of a table (prefixes of 24 bits with one of 20 over each sixteenth; 48 and
 * 44 bits for IPv6; sixteen gateways), or over the neighbours of one link. Neighbours are entered
 * by hand, so nothing but forwarding is measured.
 */
#include "loop_forward.h"
#include "bench.h"
#include "inlet_time.h"

#include <inlet/inlet.h>
#include <inlet/malloc.h>
#include <string.h>

#define BURST 64
#define GATEWAYS 16
#define PAYLOAD_BYTES 64
#define FRAME_BYTES 2048
#define OUT_ADDR 0x0b000001
#define LINK_IN 1
#define LINK_OUT 2

static const uint8_t ROUTER_MAC[6] = {2, 0, 0, 0, 1, 1}, SENDER_MAC[6] = {2, 0, 0, 0, 1, 2};

static struct inl_stack *router;
static enum bench_table table;
static uint8_t in_buf[BURST][FRAME_BYTES], out_buf[BURST][FRAME_BYTES];

/* 2001:db8:<a>::<d>, the parts where the tables differ */
static struct inl_addr addr6(uint32_t a, uint8_t d) {
    struct inl_addr r = {{0x20, 1, 0x0d, 0xb8}};

    r.b[3] = (uint8_t)(a >> 16);
    r.b[4] = (uint8_t)(a >> 8);
    r.b[5] = (uint8_t)a;
    r.b[15] = d;
    return r;
}

static struct inl_addr gateway(uint32_t i) {
    return table == BENCH_ROUTES6 ? addr6(0xffffff, (uint8_t)(2 + i))
                                  : inl_addr_from4(0x0b000002 + i);
}

/* A host that the nth entry of the table leads to. */
static struct inl_addr destination(uint32_t n) {
    switch (table) {
    case BENCH_ROUTES:
        return inl_addr_from4(0x14000000 + (n << 8) + 7);
    case BENCH_ROUTES6:
        return addr6(n, 7);
    default:
        return inl_addr_from4(0x0b000100 + n);
    }
}

static void link_add(int number, const char *name, struct inl_addr addr, unsigned bits) {
    struct inl_link_config link = {.kind = INL_LINK_ETHERNET, .mtu_bytes = 1500};

    memcpy(link.mac, ROUTER_MAC, sizeof(link.mac));
    strncpy(link.name, name, sizeof(link.name) - 1);
    if (inl_link_add(router, &link) != number || inl_addr_add(router, number, &addr, bits) < 0) {
        bench_die("link or address refused");
    }
}

static void neigh_add(struct inl_addr addr) {
    static const uint8_t mac[6] = {2, 0, 0, 0, 1, 3};

    if (inl_neigh_add(router, LINK_OUT, &addr, mac) < 0) {
        bench_die("neighbour refused");
    }
}

static void route_add(uint32_t n) {
    bool is6 = table == BENCH_ROUTES6;
    struct inl_addr host = destination(n);
    unsigned bits = (n % 16 == 0 ? 20U : 24U) + (is6 ? 24U : 0);
    struct inl_route route = {.dst = inl_addr_mask(&host, is6 ? bits : 96 + bits),
                              .prefix_len_bits = bits,
                              .gateway = gateway(n % GATEWAYS),
                              .link = LINK_OUT};

    if (inl_route_add(router, &route) < 0) {
        bench_die("route refused");
    }
}

void loop_router(enum bench_table kind, uint32_t n) {
    bool is6 = kind == BENCH_ROUTES6;
    struct inl_config config;

    table = kind;
    inl_config_init(&config);
    config.alloc = inl_malloc();
    config.now = bench_now();
    config.forward = true;
    config.mem_limit_bytes = (size_t)1 << 30;
    config.max_neighbours = n + GATEWAYS;
    if (inl_stack_new(&config, &router) < 0) {
        bench_die("inl_stack_new failed");
    }
    link_add(LINK_IN, "in", is6 ? addr6(0xfffffe, 1) : inl_addr_from4(0x0a000001), is6 ? 64 : 24);
    link_add(LINK_OUT, "out", is6 ? addr6(0xffffff, 1) : inl_addr_from4(OUT_ADDR), is6 ? 64 : 8);
    if (kind != BENCH_NEIGHBOURS) {
        for (uint32_t i = 0; i < GATEWAYS; i++) {
            neigh_add(gateway(i));
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        if (kind == BENCH_NEIGHBOURS) {
            neigh_add(destination(i));
        } else {
            route_add(i);
        }
    }
}

struct inl_stack *loop_router_stack(void) {
    return router;
}

int loop_router_link(void) {
    return LINK_OUT;
}

struct inl_addr loop_router_addr(void) {
    return inl_addr_from4(OUT_ADDR);
}

struct inl_addr loop_router_destination(uint32_t n) {
    return destination(n);
}

/* ---- frames ---- */

static void put16(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* The sum of IPv4's header; UDP's is 0 (IPv4) or wrong (IPv6), which is not a router's business. */
static void header_sum(uint8_t *h) {
    uint32_t sum = 0;

    for (int i = 0; i < 20; i += 2) {
        sum += (uint32_t)h[i] << 8 | h[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    put16(h + 10, (uint16_t) ~(sum + (sum >> 16)));
}

static void ether(uint8_t *frame, uint32_t type) {
    memcpy(frame, ROUTER_MAC, 6);
    memcpy(frame + 6, SENDER_MAC, 6);
    put16(frame + 12, type);
}

void loop_router_ether(uint8_t *frame) {
    ether(frame, 0x0800);
}

static size_t frame_to(uint8_t *frame, const struct inl_addr *dst) {
    static const uint8_t four[20] = {
        0x45, 0, 0, 20 + 8 + PAYLOAD_BYTES, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 2};
    static const uint8_t six[24] = {0x60, 0, 0, 0, 0, 8 + PAYLOAD_BYTES, 17, 64};
    bool is4 = inl_addr_is4(dst);
    size_t hdr = is4 ? 20 : 40;
    uint8_t *ip = frame + 14;

    ether(frame, is4 ? 0x0800 : 0x86dd);
    if (is4) {
        memcpy(ip, four, sizeof(four));
        memcpy(ip + 16, dst->b + 12, 4);
        header_sum(ip);
    } else {
        struct inl_addr src = addr6(0xfffffe, 2);

        memcpy(ip, six, sizeof(six));
        memcpy(ip + 8, src.b, 16);
        memcpy(ip + 24, dst->b, 16);
    }
    put16(ip + hdr, 1000);
    put16(ip + hdr + 2, 2000);
    put16(ip + hdr + 4, 8 + PAYLOAD_BYTES);
    put16(ip + hdr + 6, is4 ? 0 : 1);
    return 14 + hdr + 8 + PAYLOAD_BYTES;
}

void loop_forward(uint32_t n, uint32_t among) {
    struct inl_rx_frame in[BURST];
    struct inl_tx_frame out[BURST];

    for (int i = 0; i < BURST; i++) {
        out[i] = (struct inl_tx_frame){.data = out_buf[i], .cap_bytes = FRAME_BYTES};
    }
    for (uint32_t done = 0; done < n; done += BURST) {
        inl_time t = bench_now();

        for (int i = 0; i < BURST; i++) {
            struct inl_addr dst = destination(bench_random(among));

            in[i] =
                (struct inl_rx_frame){.data = in_buf[i], .len_bytes = frame_to(in_buf[i], &dst)};
        }
        inl_advance(router, t);
        inl_rx(router, LINK_IN, in, BURST, t);
        if (inl_tx(router, LINK_OUT, out, BURST, t) != BURST) {
            bench_die("a packet was not forwarded");
        }
    }
}
