/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - inlet against itself: two stacks in one thread, joined by memory
 *
 * Every frame that one stack's inl_tx() writes is given to the other's inl_rx() from the same
 * buffer. Checksums are computed and verified; ARP, the handshake and all timers run. Time is
 * the machine's monotonic clock, read once a round.
 */
#include "bench.h"

#include <errno.h>
#include <inlet/inlet.h>
#include <stdlib.h>
#include <string.h>

#define BURST 64
#define FRAME_BYTES (BENCH_MTU_BYTES + INL_FRAME_OVERHEAD)
#define CHUNK_BYTES 65536

static struct inl_stack *client, *server;
static struct inl_sockaddr server_addr;
static inl_sock listener;
static uint8_t frames[BURST][FRAME_BYTES];
static struct inl_tx_frame tx[BURST]; /* inl_tx() leaves buffers and sizes as they are */
static uint8_t chunk[CHUNK_BYTES];
static uint64_t full_segments;

static void *heap_alloc(void *ctx, size_t size) {
    (void)ctx;
    return malloc(size);
}

static void heap_free(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)size;
    free(ptr);
}

static inl_time now(void) {
    return (inl_time){(int64_t)bench_now_ns()};
}

static struct inl_stack *host_new(uint8_t id) {
    struct inl_config config;
    struct inl_stack *stack;
    struct inl_link_config link = {.kind = INL_LINK_ETHERNET,
                                   .name = "eth0",
                                   .mtu_bytes = BENCH_MTU_BYTES,
                                   .mac = {2, 0, 0, 0, 0, id}};
    struct inl_addr addr = inl_addr_from4(0x0a000000U | id);
    int index;

    inl_config_init(&config);
    config.alloc = (struct inl_alloc){heap_alloc, heap_free, NULL};
    config.now = now();
    config.seed[0] = id;
    config.port_first = 1024;
    if (inl_stack_new(&config, &stack) < 0) {
        bench_die("inl_stack_new failed");
    }
    index = inl_link_add(stack, &link);
    if (index < 0 || inl_addr_add(stack, index, &addr, 24) < 0) {
        bench_die("link or address refused");
    }
    return stack;
}

static size_t carry(struct inl_stack *from, struct inl_stack *to, inl_time t) {
    struct inl_rx_frame in[BURST];
    int n;

    n = inl_tx(from, 1, tx, BURST, t);
    if (n < 0) {
        bench_die("inl_tx failed");
    }
    for (int i = 0; i < n; i++) {
        in[i] = (struct inl_rx_frame){tx[i].data, tx[i].len_bytes};
        full_segments += tx[i].len_bytes == FRAME_BYTES;
    }
    if (n > 0) {
        inl_rx(to, 1, in, (size_t)n, t);
    }
    return (size_t)n;
}

static void drain_events(struct inl_stack *stack) {
    struct inl_event event;

    while (inl_next_event(stack, &event)) {
    }
}

/* Carries a burst each way. */
static void pump(void) {
    inl_time t = now();

    inl_advance(client, t);
    inl_advance(server, t);
    carry(client, server, t);
    carry(server, client, t);
    drain_events(client);
    drain_events(server);
}

static void setup(void) {
    for (size_t i = 0; i < BURST; i++) {
        tx[i] = (struct inl_tx_frame){.data = frames[i], .cap_bytes = FRAME_BYTES};
    }
    client = host_new(1);
    server = host_new(2);
    server_addr = (struct inl_sockaddr){.addr = inl_addr_from4(0x0a000002), .port = 80};
    listener = inl_socket(server, INL_AF_INET, INL_SOCK_STREAM);
    if (inl_bind(server, listener, &server_addr) < 0 || inl_listen(server, listener, 128) < 0) {
        bench_die("listen failed");
    }
}

static void connect_pair(inl_sock *ret_client, inl_sock *ret_server) {
    inl_sock c = inl_socket(client, INL_AF_INET, INL_SOCK_STREAM);
    inl_sock s;

    if (c < 0 || inl_connect(client, c, &server_addr) != -EINPROGRESS) {
        bench_die("connect failed");
    }
    do {
        pump();
        s = inl_accept(server, listener, NULL);
    } while (s == -EAGAIN);
    if (s < 0) {
        bench_die("accept failed");
    }
    while (!(inl_poll(client, c) & INL_EV_WRITABLE)) {
        pump();
    }
    *ret_client = c;
    *ret_server = s;
}

static void close_pair(inl_sock c, inl_sock s) {
    uint8_t byte;

    inl_close(client, c);
    while (inl_recv(server, s, &byte, 1, 0) != 0) {
        pump();
    }
    inl_close(server, s);
    pump();
    pump();
}

static uint64_t bulk(uint64_t bytes) {
    uint64_t sent = 0, received = 0;
    inl_sock c, s;

    connect_pair(&c, &s);
    full_segments = 0;
    while (received < bytes) {
        int64_t n;

        do {
            size_t want = bytes - sent < CHUNK_BYTES ? (size_t)(bytes - sent) : CHUNK_BYTES;

            n = want ? inl_send(client, c, chunk, want, 0) : 0;
            sent += n > 0 ? (uint64_t)n : 0;
        } while (n > 0);
        pump();
        while ((n = inl_recv(server, s, chunk, CHUNK_BYTES, 0)) > 0) {
            received += (uint64_t)n;
        }
        if (n != -EAGAIN) {
            bench_die("the connection broke");
        }
    }
    close_pair(c, s);
    return full_segments;
}

/* Moves one byte from one socket to the other. */
static void trip(struct inl_stack *from, inl_sock out, struct inl_stack *to, inl_sock in) {
    uint8_t byte = 'x';

    if (inl_send(from, out, &byte, 1, 0) != 1) {
        bench_die("send failed");
    }
    do {
        inl_time t = now();

        inl_advance(from, t);
        inl_advance(to, t);
        carry(from, to, t);
        drain_events(to);
    } while (inl_recv(to, in, &byte, 1, 0) != 1);
}

static void pingpong(unsigned n) {
    inl_sock c, s;

    connect_pair(&c, &s);
    inl_setsockopt(client, c, INL_OPT_TCP_NODELAY, 1);
    inl_setsockopt(server, s, INL_OPT_TCP_NODELAY, 1);
    for (unsigned i = 0; i < n; i++) {
        trip(client, c, server, s);
        trip(server, s, client, c);
    }
    close_pair(c, s);
}

static void connections(unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        inl_sock c, s;

        connect_pair(&c, &s);
        close_pair(c, s);
    }
}

static double mem_used(void) {
    struct inl_stats a, b;

    inl_stats_get(client, &a);
    inl_stats_get(server, &b);
    return (double)a.mem_used_bytes + (double)b.mem_used_bytes;
}

static double idle(unsigned n) {
    inl_sock *pairs = calloc(n, 2 * sizeof(*pairs));
    double before, used;

    if (!pairs) {
        bench_die("out of memory");
    }
    pump();
    before = mem_used();
    for (unsigned i = 0; i < n; i++) {
        connect_pair(&pairs[2 * i], &pairs[2 * i + 1]);
    }
    used = mem_used() - before;
    for (unsigned i = 0; i < n; i++) {
        inl_setsockopt(client, pairs[2 * i], INL_OPT_LINGER, 0);
        inl_close(client, pairs[2 * i]);
        pump();
        inl_close(server, pairs[2 * i + 1]);
    }
    free(pairs);
    return used / (2.0 * n);
}

int main(int argc, char **argv) {
    static const struct subject subject = {
        .name = "inlet",
        .version = INLET_VERSION,
        .setup = setup,
        .bulk = bulk,
        .pingpong = pingpong,
        .connections = connections,
        .idle = idle,
    };

    return bench_main(&subject, argc, argv);
}
