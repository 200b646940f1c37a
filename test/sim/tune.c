/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tune.c - buffers that tune themselves against buffers that are large from the start
 *
 * Two hosts, one link without loss whose queue holds one bandwidth-delay product. One transfer
 * with the default buffers, and one with fixed buffers of the largest size: tuning may cost a
 * tenth of the goodput at most. A reader that is slower than the link must keep a small buffer, and
 * a connection that says little small ones both ways. All in virtual time; no machine matters.
 */
#include "net.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PORT 80
#define LARGE_BYTES (6 << 20)
#define SECONDS 60

struct cell {
    uint64_t rate_bps;
    int rtt_ms;
    uint64_t bytes;
};

static const struct cell cells[] = {
    {10000000, 20, 10000000},    {100000000, 1, 20000000},   {100000000, 20, 40000000},
    {100000000, 100, 80000000},  {1000000000, 1, 100000000}, {1000000000, 20, 200000000},
    {1000000000, 40, 400000000},
};

struct run {
    struct inl_world *world;
    inl_sock client, listener, server;
    uint64_t received;
    uint64_t written;
    uint64_t bytes;
    uint64_t read_bps; /* 0: as fast as it comes */
    bool fixed;
};

static void *heap_alloc(void *ctx, size_t size) {
    (void)ctx;
    return malloc(size);
}

static void heap_free(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)size;
    free(ptr);
}

static struct inl_addr host_addr(int host) {
    return inl_addr_from4(0x0a000001u + (uint32_t)host);
}

static void run_hosts(struct run *r, const struct inl_impair *impair) {
    struct inl_config config;

    inl_config_init(&config);
    if (r->fixed) {
        config.tcp.rcvbuf_bytes = LARGE_BYTES;
        config.tcp.sndbuf_bytes = LARGE_BYTES;
    }
    for (int host = 0; host < 2; host++) {
        struct inl_addr addr = host_addr(host);
        int link;

        if (inl_world_host_add(r->world, "host", &config) != host ||
            inl_world_attach(r->world, host, 0, impair, &link) < 0 ||
            inl_addr_add(inl_world_stack(r->world, host), link, &addr, 24)) {
            die("cannot make host %d", host);
        }
    }
}

static void run_open(struct run *r) {
    const struct inl_sockaddr any = {.addr = inl_addr_any4(), .port = PORT};
    const struct inl_sockaddr to = {.addr = host_addr(1), .port = PORT};
    struct inl_stack *a = inl_world_stack(r->world, 0);
    struct inl_stack *b = inl_world_stack(r->world, 1);

    r->server = -1;
    r->listener = inl_socket(b, INL_AF_INET, INL_SOCK_STREAM);
    r->client = inl_socket(a, INL_AF_INET, INL_SOCK_STREAM);
    if (inl_bind(b, r->listener, &any) || inl_listen(b, r->listener, 1) ||
        inl_connect(a, r->client, &to) != -EINPROGRESS) {
        die("cannot connect");
    }
}

static void server_read(struct run *r, inl_time now) {
    static uint8_t buf[65536];
    struct inl_stack *b = inl_world_stack(r->world, 1);
    uint64_t may = r->read_bps ? r->read_bps / 8 * (uint64_t)(now.ns / INL_MS) / 1000 : UINT64_MAX;
    int64_t n;

    if (r->server < 0) {
        r->server = inl_accept(b, r->listener, NULL);
    }
    while (r->server >= 0 && r->received < may &&
           (n = inl_recv(b, r->server, buf, sizeof(buf), 0)) > 0) {
        r->received += (uint64_t)n;
    }
}

static void client_write(struct run *r) {
    static const uint8_t buf[65536];
    struct inl_stack *a = inl_world_stack(r->world, 0);
    int64_t n = 1;

    while (r->written < r->bytes && n > 0) {
        uint64_t left = r->bytes - r->written;

        n = inl_send(a, r->client, buf, left < sizeof(buf) ? (size_t)left : sizeof(buf), 0);
        r->written += n > 0 ? (uint64_t)n : 0;
    }
}

/* Payload in kbit/s of virtual time; what the buffers came to. */
static uint64_t run_all(struct run *r, const struct cell *c, struct inl_tcp_info *ret_snd,
                        struct inl_tcp_info *ret_rcv) {
    const struct inl_world_config config = {.alloc = {heap_alloc, heap_free, NULL}, .seed = 1};
    const struct inl_impair impair = {
        .delay_ns = c->rtt_ms * INL_MS / 2,
        .rate_bps = c->rate_bps,
        .queue_bytes = (uint32_t)(c->rate_bps / 8 * (uint64_t)c->rtt_ms / 1000) + 65536,
    };
    const inl_time end = {SECONDS * INL_S};
    inl_time now = {0};
    inl_time tick = {0};

    if (inl_world_new(&config, &r->world) || inl_world_segment_add(r->world, "wire", 1500) != 0) {
        die("cannot make the world");
    }
    r->bytes = c->bytes;
    run_hosts(r, &impair);
    run_open(r);
    while (r->received < r->bytes && inl_time_before(now, end)) {
        struct inl_event ev;
        int host;

        now = inl_time_min(inl_world_next_deadline(r->world), end);
        now = r->read_bps > 0 ? inl_time_min(now, tick) : now;
        inl_world_advance(r->world, now);
        while (inl_world_next_event(r->world, &host, &ev)) {
            if (host == 0) {
                client_write(r);
            } else if (r->read_bps == 0) {
                server_read(r, now);
            }
        }
        if (!inl_time_before(now, tick)) { /* a slow reader comes by each 10 ms */
            tick = inl_time_add(now, 10 * INL_MS);
            server_read(r, now);
        }
    }
    inl_tcp_info(inl_world_stack(r->world, 0), r->client, ret_snd);
    inl_tcp_info(inl_world_stack(r->world, 1), r->server, ret_rcv);
    inl_world_free(r->world);
    return r->received * 8 / (uint64_t)(now.ns / INL_MS);
}

static bool compare(const struct cell *c) {
    struct run tuned = {0};
    struct run fixed = {.fixed = true};
    struct inl_tcp_info snd;
    struct inl_tcp_info rcv;
    uint64_t large = run_all(&fixed, c, &snd, &rcv);
    uint64_t small = run_all(&tuned, c, &snd, &rcv);
    bool ok = small * 10 >= large * 9 && rcv.rcvbuf_bytes <= LARGE_BYTES &&
              snd.sndbuf_bytes <= LARGE_BYTES;

    printf("%4" PRIu64 " Mbit/s %3d ms: %7" PRIu64 " kbit/s, fixed %7" PRIu64
           ", receive buffer %7u, send buffer %7u%s\n",
           c->rate_bps / 1000000, c->rtt_ms, small, large, rcv.rcvbuf_bytes, snd.sndbuf_bytes,
           ok ? "" : "  FAIL");
    return ok;
}

/* A reader of 1 Mbit/s at 20 ms needs 5 KB; what it has is what it began with. */
static bool slow_reader(void) {
    const struct cell c = {100000000, 20, 2000000};
    struct run r = {.read_bps = 1000000};
    struct inl_tcp_info snd;
    struct inl_tcp_info rcv;
    uint64_t kbps = run_all(&r, &c, &snd, &rcv);
    bool ok = rcv.rcvbuf_bytes <= 256 << 10 && kbps >= 900;

    printf("slow reader: %" PRIu64 " kbit/s, receive buffer %u%s\n", kbps, rcv.rcvbuf_bytes,
           ok ? "" : "  FAIL");
    return ok;
}

int main(void) {
    bool ok = slow_reader();

    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        ok &= compare(&cells[i]);
    }
    return ok ? 0 : 1;
}
