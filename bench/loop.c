/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - inlet against itself: two stacks in one thread, joined by memory
 *
 * Every frame that one stack's inl_tx() writes is given to the other's inl_rx() from the same
 * buffer. Checksums are computed and verified; ARP, the handshake and all timers run. Time is
 * the machine's monotonic clock, read once a round. With MTU 65535 the link is one of bare IP
 * packets, since an Ethernet frame of that size would be longer than one can be.
 */
#include "bench.h"
#include "inlet_time.h"
#include "loop_forward.h"
#include "loop_reass.h"

#include <errno.h>
#include <inlet/inlet.h>
#include <inlet/malloc.h>
#include <string.h>

#define BURST 64
#define LISTENERS 20 /* a port each: one alone can be reached from 64 k ports only */
#define FIRST_PORT 80
#define UDP_PORT 53

static struct setting setting;
static struct inl_stack *client, *server;
static inl_sock listener[LISTENERS];
static inl_sock udp_in = -1, udp_out = -1;
static inl_sock *pairs; /* client's and server's end of each open connection */
static uint32_t pairs_n;
static uint32_t connects;
static struct inl_tx_frame tx[BURST]; /* inl_tx() leaves buffers and sizes as they are */
static uint8_t chunk[BENCH_PAYLOAD_MAX];

static int64_t waited_ns;

static inl_time now(void) {
    return inl_time_add(bench_now(), waited_ns);
}

static struct inl_sockaddr server_at(uint16_t port) {
    return (struct inl_sockaddr){.addr = inl_addr_from4(0x0a000002), .port = port};
}

/* ---- two hosts ---- */

static struct inl_stack *host_new(uint8_t id) {
    struct inl_config config;
    struct inl_stack *stack;
    struct inl_link_config link = {.kind = INL_LINK_ETHERNET,
                                   .name = "eth0",
                                   .mtu_bytes = setting.mtu_bytes,
                                   .mac = {2, 0, 0, 0, 0, id}};
    struct inl_addr addr = inl_addr_from4(0x0a000000U | id);
    int index;

    if (setting.mtu_bytes == 65535) {
        link.kind = INL_LINK_IP;
    }
    inl_config_init(&config);
    config.alloc = inl_malloc();
    config.now = now();
    config.seed[0] = id;
    config.port_first = 1024;
    config.mem_limit_bytes = (size_t)8 << 30;
    config.max_sockets = setting.conns_max + 64;
    config.tcp.max_conns = setting.conns_max + 64;
    config.tcp.max_half_open = setting.conns_max;
    config.tcp.rcvbuf_bytes = setting.window_bytes;
    config.tcp.sndbuf_bytes = setting.window_bytes;
    if (inl_stack_new(&config, &stack) < 0) {
        bench_die("inl_stack_new failed");
    }
    index = inl_link_add(stack, &link);
    if (index < 0 || inl_addr_add(stack, index, &addr, 24) < 0) {
        bench_die("link or address refused");
    }
    return stack;
}

static bool setup(const struct setting *s) {
    size_t frame_bytes = s->mtu_bytes + INL_FRAME_OVERHEAD;

    setting = *s;
    pairs = bench_room(2 * (size_t)s->conns_max, sizeof(*pairs));
    for (size_t i = 0; i < BURST; i++) {
        tx[i] = (struct inl_tx_frame){.data = bench_room(1, frame_bytes), .cap_bytes = frame_bytes};
    }
    client = host_new(1);
    server = host_new(2);
    for (uint16_t i = 0; i < LISTENERS; i++) {
        struct inl_sockaddr addr = server_at((uint16_t)(FIRST_PORT + i));

        listener[i] = inl_socket(server, INL_AF_INET, INL_SOCK_STREAM);
        if (inl_bind(server, listener[i], &addr) < 0 ||
            inl_listen(server, listener[i], (int)s->conns_max) < 0) {
            bench_die("listen failed");
        }
    }
    return true;
}

/* ---- the wire ---- */

static size_t carry(struct inl_stack *from, struct inl_stack *to, inl_time t) {
    struct inl_rx_frame in[BURST];
    int n;

    n = inl_tx(from, 1, tx, BURST, t);
    if (n < 0) {
        bench_die("inl_tx failed");
    }
    for (int i = 0; i < n; i++) {
        in[i] = (struct inl_rx_frame){.data = tx[i].data, .len_bytes = tx[i].len_bytes};
    }
    if (n > 0 && to) {
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

/* ---- connections ---- */

static inl_sock connect_begin(uint32_t nth) {
    struct inl_sockaddr addr = server_at((uint16_t)(FIRST_PORT + nth % LISTENERS));
    inl_sock c = inl_socket(client, INL_AF_INET, INL_SOCK_STREAM);

    if (c < 0 || inl_connect(client, c, &addr) != -EINPROGRESS) {
        bench_die("connect failed");
    }
    return c;
}

static void connect_pair(inl_sock *ret_client, inl_sock *ret_server) {
    uint32_t nth = connects++;
    inl_sock c = connect_begin(nth);
    inl_sock s;

    do {
        pump();
        s = inl_accept(server, listener[nth % LISTENERS], NULL);
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
}

static void open_pairs(uint32_t n) {
    for (uint32_t i = 0; i < n; i++, pairs_n++) {
        inl_sock *pair = &pairs[2 * (size_t)pairs_n];

        connect_pair(&pair[0], &pair[1]);
        inl_setsockopt(client, pair[0], INL_OPT_TCP_NODELAY, 1);
        inl_setsockopt(server, pair[1], INL_OPT_TCP_NODELAY, 1);
    }
}

static void wait_a_while(void) {
    pump();
    for (int i = 0; i < 120; i++) {
        waited_ns += INL_S;
        pump();
    }
}

static void connections(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        inl_sock c, s;

        connect_pair(&c, &s);
        close_pair(c, s);
    }
}

static void half_open(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        inl_sock c = connect_begin(i);

        if (i == 0) {
            pump(); /* the addresses of the link */
        }
        carry(client, server, now());
        carry(server, NULL, now());
        inl_close(client, c); /* in SYN-SENT: gone without a word */
    }
}

/* ---- data ---- */

/* As much as the send buffer takes; its bytes are made by nobody if they are not copied. */
static uint64_t fill(inl_sock c, uint64_t most) {
    uint64_t sent = 0;
    int64_t n;

    do {
        size_t want = most - sent < sizeof(chunk) ? (size_t)(most - sent) : sizeof(chunk);

        if (setting.zero_copy && want > 0) {
            struct inl_piece pieces[2];

            n = inl_send_loan(client, c, pieces);
            if (n > 0) {
                n = (int64_t)(pieces[0].len_bytes < want ? pieces[0].len_bytes : want);
                n = inl_send_commit(client, c, (size_t)n) < 0 ? -1 : n;
            }
        } else {
            n = want ? inl_send(client, c, chunk, want, 0) : 0;
        }
        sent += n > 0 ? (uint64_t)n : 0;
    } while (n > 0);
    return sent;
}

static uint64_t empty(inl_sock s) {
    struct inl_piece pieces[2];
    uint64_t received = 0;
    int64_t n;

    do {
        if (setting.zero_copy) {
            n = inl_recv_loan(server, s, pieces);
            if (n > 0) {
                n = (int64_t)(pieces[0].len_bytes + (n > 1 ? pieces[1].len_bytes : 0));
                inl_recv_done(server, s, (size_t)n);
            }
        } else {
            n = inl_recv(server, s, chunk, sizeof(chunk), 0);
        }
        received += n > 0 ? (uint64_t)n : 0;
    } while (n > 0);
    if (n != -EAGAIN) {
        bench_die("the connection broke");
    }
    return received;
}

static void bulk(uint64_t bytes) {
    uint64_t sent = 0, received = 0;
    inl_sock c, s;

    connect_pair(&c, &s);
    while (received < bytes) {
        sent += fill(c, bytes - sent);
        pump();
        received += empty(s);
    }
    close_pair(c, s);
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

static void trips(uint32_t n, uint32_t among) {
    for (uint32_t i = 0; i < n; i++) {
        const inl_sock *pair = &pairs[2 * (size_t)bench_random(among)];

        trip(client, pair[0], server, pair[1]);
        trip(server, pair[1], client, pair[0]);
    }
}

static void datagrams_open(void) {
    struct inl_sockaddr addr = server_at(UDP_PORT);

    udp_in = inl_socket(server, INL_AF_INET, INL_SOCK_DGRAM);
    udp_out = inl_socket(client, INL_AF_INET, INL_SOCK_DGRAM);
    if (inl_bind(server, udp_in, &addr) < 0 || inl_connect(client, udp_out, &addr) < 0) {
        bench_die("UDP sockets failed");
    }
    inl_send(client, udp_out, chunk, 1, 0);
    while (inl_recv(server, udp_in, chunk, sizeof(chunk), 0) != 1) {
        pump(); /* the addresses of the link */
    }
}

static void datagrams(uint32_t n, uint32_t bytes) {
    uint32_t received = 0;

    if (udp_in < 0) {
        datagrams_open();
    }
    while (received < n) {
        inl_time t = now();

        for (int i = 0; i < BURST; i++) {
            if (inl_send(client, udp_out, chunk, bytes, 0) != (int64_t)bytes) {
                bench_die("a datagram was refused");
            }
        }
        inl_advance(client, t);
        inl_advance(server, t);
        carry(client, server, t);
        while (inl_recv(server, udp_in, chunk, sizeof(chunk), 0) == (int64_t)bytes) {
            received++;
        }
    }
}

int main(int argc, char **argv) {
    static const struct subject subject = {
        .name = "inlet",
        .version = INLET_VERSION,
        .setup = setup,
        .bulk = bulk,
        .open = open_pairs,
        .wait = wait_a_while,
        .trips = trips,
        .connections = connections,
        .datagrams = datagrams,
        .half_open = half_open,
        .router = loop_router,
        .forward = loop_forward,
        .reass_open = loop_reass_open,
        .reass = loop_reass,
        .reass_beside = loop_reass_beside,
    };

    return bench_main(&subject, argc, argv);
}
