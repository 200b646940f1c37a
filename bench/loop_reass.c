/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop_reass.c - inlet as the receiver of fragments: one stack in one thread
 *
 * UDP datagrams of 1,408 bytes in two fragments. So many are open all the time, each of another
 * source; the fragment that comes completes one drawn at random, and the first half of another
 * takes its place. What is measured is one datagram: two fragments, and the call that reads it.
 *
 * However few are open, they come from SOURCES sources in turn, and the drawing touches as many
 * counters: rows differ only in what the stack holds. (If one source sent all, what the stack
 * remembers of the last datagram would spare it the search for the socket, in that row alone.)
 *
 * Beside a table of routes or neighbours the receiver is the router of loop_forward.c, and the
 * sources are spread over the table's destinations; what is open does not grow with the table.
 */
#include "loop_reass.h"
#include "bench.h"
#include "inlet_time.h"
#include "loop_forward.h"

#include <inlet/inlet.h>
#include <inlet/malloc.h>
#include <string.h>

#define BURST 32       /* datagrams, so twice as many frames */
#define HALF_BYTES 704 /* of each fragment's payload */
#define IP_BYTES 20
#define ETH_BYTES 14
#define IP_OFF 16 /* in the buffer, where a frame of Ethernet begins two bytes behind its start */
#define SOURCES 10000
#define PORT 53

static struct inl_stack *host;
static inl_sock sock;
static int link_in = 1;
static uint32_t own = 0x0a000002;
static size_t eth_bytes; /* of what is before the packet */
static uint32_t sources[SOURCES];
static uint32_t turns[SOURCES]; /* datagrams that each place has had */
static uint8_t frames[2 * BURST][IP_OFF + IP_BYTES + HALF_BYTES];

static void put16(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* One half of the datagram that is open in a place, one of @n; UDP's checksum is 0: none. */
static struct inl_rx_frame half(uint8_t *frame, uint32_t place, uint32_t n, bool last) {
    static const uint8_t fixed[12] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0};
    uint32_t nth = place + turns[place] * n; /* no two that are open have the same */
    uint32_t source = sources[nth % SOURCES];
    uint8_t *ip = frame + IP_OFF;
    uint32_t sum = 0;

    if (eth_bytes) {
        loop_router_ether(ip - eth_bytes);
    }
    memcpy(ip, fixed, sizeof(fixed));
    put16(ip + 2, IP_BYTES + HALF_BYTES);
    put16(ip + 4, nth);
    put16(ip + 6, last ? HALF_BYTES / 8 : 0x2000);
    put16(ip + 12, source >> 16);
    put16(ip + 14, source);
    put16(ip + 16, own >> 16);
    put16(ip + 18, own);
    for (int i = 0; i < IP_BYTES; i += 2) {
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, (uint16_t) ~(sum + (sum >> 16)));
    if (!last) {
        put16(ip + IP_BYTES, 1000);
        put16(ip + IP_BYTES + 2, PORT);
        put16(ip + IP_BYTES + 4, 2 * HALF_BYTES);
        put16(ip + IP_BYTES + 6, 0);
    }
    return (struct inl_rx_frame){.data = ip - eth_bytes,
                                 .len_bytes = eth_bytes + IP_BYTES + HALF_BYTES};
}

/* The socket, and the first half of n datagrams. */
static void begin(const struct inl_addr *addr, uint32_t n) {
    const struct inl_sockaddr local = {.addr = *addr, .port = PORT};

    sock = inl_socket(host, INL_AF_INET, INL_SOCK_DGRAM);
    if (inl_bind(host, sock, &local) < 0) {
        bench_die("bind failed");
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct inl_rx_frame first = half(frames[0], i, n, false);

        inl_rx(host, link_in, &first, 1, bench_now());
    }
}

void loop_reass_open(uint32_t n) {
    const struct inl_link_config link = {.kind = INL_LINK_IP, .name = "in", .mtu_bytes = 1500};
    const struct inl_addr addr = inl_addr_from4(0x0a000002);
    struct inl_config config;

    inl_config_init(&config);
    config.alloc = inl_malloc();
    config.now = bench_now();
    config.mem_limit_bytes = (size_t)1 << 30;
    config.udp_rcvbuf_bytes = 1 << 20;
    config.reass_bytes = (uint32_t)1 << 29;
    config.reass_datagrams = 2 * n + BURST;
    if (inl_stack_new(&config, &host) < 0 || inl_link_add(host, &link) != 1 ||
        inl_addr_add(host, 1, &addr, 8) < 0) {
        bench_die("no stack");
    }
    for (uint32_t i = 0; i < SOURCES; i++) {
        sources[i] = 0x14000000 + i;
    }
    begin(&addr, n);
}

void loop_reass_beside(enum bench_table kind, uint32_t n, uint32_t open) {
    const struct inl_addr addr = loop_router_addr();
    uint32_t step = n > SOURCES ? n / SOURCES : 1;

    loop_router(kind, n);
    host = loop_router_stack();
    link_in = loop_router_link();
    eth_bytes = ETH_BYTES;
    own = inl_addr_to4(&addr);
    for (uint32_t i = 0; i < SOURCES; i++) {
        const struct inl_addr far = loop_router_destination(i * step % n);

        sources[i] = inl_addr_to4(&far);
    }
    begin(&addr, open);
}

void loop_reass(uint32_t n, uint32_t among) {
    static uint8_t datagram[2 * HALF_BYTES];
    struct inl_rx_frame in[2 * BURST];

    for (uint32_t done = 0; done < n; done += BURST) {
        inl_time t = bench_now();

        for (int i = 0; i < 2 * BURST; i += 2) {
            uint32_t place = bench_random(SOURCES) % among;

            in[i] = half(frames[i], place, among, true);
            turns[place]++;
            in[i + 1] = half(frames[i + 1], place, among, false);
        }
        inl_advance(host, t);
        inl_rx(host, link_in, in, 2 * BURST, t);
        for (int i = 0; i < BURST; i++) {
            if (inl_recv(host, sock, datagram, sizeof(datagram), 0) != 2 * HALF_BYTES - 8) {
                bench_die("a datagram was not reassembled");
            }
        }
    }
}
