/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - what the parts of the engine fuzz target share
 *
 * engine.c plays the clock and the allocator and holds what the stack sends against what must be;
 * engine_rx.c plays the peers, engine_app.c the application.
 * Bytes of streams follow from their place: the peers' from the sequence number, ours from the
 * offset in the stream.
 */
#ifndef FUZZ_ENGINE_H
#define FUZZ_ENGINE_H

#include <errno.h>

#include <inlet/info.h>
#include <inlet/socket.h>
#include <inlet/stack.h>

#include "base/seq.h"
#include "fuzz.h"

enum {
    FLOWS = 6,         /* 0, 1 and 4 connect to our listener; 2, 3 and 5 are connected to */
    FLOWS4 = 4,        /* those from here on are of IPv6 */
    HDR = 40,          /* transport messages are made there in the buffer, behind IP's header */
    SOCKS = 8,         /* the application's open sockets */
    SYNS = 16,         /* of one flow that are remembered */
    MTU = 1500,        /* of the link */
    ACTIONS_MAX = 400, /* of one input */
    LISTEN_PORT = 80,
    PEER_PORT = 6000, /* of flow 0; the next have the next */
    RAW_PORT = 7000,  /* the input's own frames come from here */
    UDP_PORT = 53,
};

#define OUR_IP 0x0a000001u
#define PEER_IP 0x0a000002u

static inline struct inl_addr our_addr(bool v6) {
    return v6 ? (struct inl_addr){{0x20, 1, 0xd, 0xb8, [15] = 1}} : inl_addr_from4(OUR_IP);
}

static inline struct inl_addr peer_addr(bool v6) {
    return v6 ? (struct inl_addr){{0x20, 1, 0xd, 0xb8, [15] = 2}} : inl_addr_from4(PEER_IP);
}

/* What a peer knows of its connection */
struct flow {
    seq_t snd_nxt;    /* where the peer's next byte goes by default */
    seq_t rcv_nxt;    /* what the peer acknowledges by default */
    seq_t iss;        /* the stack's, once its SYN has been seen */
    uint32_t ts_seen; /* the last TSval of the stack's */
    uint32_t ts_mine; /* the peer's next */
    uint16_t port;    /* the stack's */
    bool seen;        /* the stack has sent a SYN */
    seq_t syn[SYNS];  /* sequence numbers of the peer's SYNs */
    size_t syns;      /* how many; SYNS + 1: too many to remember */
};

/*
 * A socket of the application. Which of the peer's SYNs opened the connection is not known, so
 * every one is a candidate for the start of the stream until a byte contradicts.
 */
struct app {
    inl_sock sock;   /* negative: none */
    int flow;        /* -1: a listener, datagram socket, or unknown peer */
    uint64_t sent;   /* bytes handed to inl_send() */
    uint64_t rcvd;   /* bytes read */
    seq_t irs[SYNS]; /* candidates */
    size_t n;
};

#define BURST_MAX 4

struct harness {
    struct rd in;
    struct inl_stack *stack;
    inl_time now;
    int link;
    struct flow flow[FLOWS];
    struct app app[SOCKS];
    uint64_t mem_blocks;
    int64_t fail_in; /* allocations until one fails; negative: none */
    bool super;      /* the link takes segments larger than the MTU */
    bool bursts;     /* frames are handed in several at once */
    bool queued;     /* a frame was added by this action */
    uint8_t cut;     /* the next packet goes in fragments: how; 0: whole */
    uint16_t frag_id;
    struct inl_rx_frame burst[BURST_MAX];
    size_t burst_n;
    uint8_t buf[65536]; /* last: not cleared between inputs */
};

static inline uint8_t peer_byte(seq_t s) {
    return (uint8_t)(s.v * 2654435761u >> 24);
}

/* Small numbers are likely: one byte chooses among 0, near, and 32 bits of the input's own. */
static inline uint32_t read_delta(struct rd *in) {
    uint8_t how = rd_u8(in);

    if (how < 160) {
        return 0;
    }
    return how < 220 ? (uint32_t)(int32_t)(int16_t)rd_be16(in) : rd_be32(in);
}

/* What the peers send; each reads its arguments from the input. */
void engine_do_segment(struct harness *h, int flow);
void engine_do_message(struct harness *h, bool v6);
void engine_do_icmp_error(struct harness *h, int flow);
void engine_do_packet(struct harness *h);
void engine_flush(struct harness *h); /* hands in what is left of a burst */

/* Actions of the application; each reads its arguments from the input. */
void engine_do_socket(struct harness *h);
void engine_do_accept(struct harness *h);
void engine_do_send(struct harness *h);
void engine_do_recv(struct harness *h);
void engine_do_loan(struct harness *h);
void engine_do_close(struct harness *h);
void engine_do_option(struct harness *h);
void engine_do_sendto(struct harness *h);
void engine_do_raw(struct harness *h);
void engine_do_look(struct harness *h);

void engine_app_opened(struct app *a, inl_sock sock, int flow);

#endif
