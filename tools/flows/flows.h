/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flows.h - the connections of a capture: what each of them went through
 *
 * Packets go in one by one, in the order of the capture. A flow is a pair of addresses and ports
 * with TCP or UDP; who was seen first is side 0, but who sends the first SYN is always that. A SYN
 * with another sequence number on a connection that has ended begins a new flow. Of TCP, sequence
 * numbers are followed in 64 bits from the SYN (0; the first byte is 1), or from the first segment
 * where the SYN was not captured.
 *
 * What a capture cannot know for sure it does not claim: a segment that fills a hole came late, or
 * was lost before it got here and was sent again. The first is believed if it comes less than a
 * round trip (FLOWS_REORDER_NS where that is unknown) after what stands behind it, and the receiver
 * has not asked for it with three duplicate ACKs (RFC 5681 3.2) or by SACK.
 *
 * Memory is bounded: options.max flows, with FLOWS_HOLES ranges and FLOWS_SENT segments under way
 * each, and options.events for all ladders together. What is beyond is counted, not kept: nothing is
 * forgotten for what comes later. Flows are found by a hash with a secret key, and one that a new flow of the
 * same ends has replaced is not looked at again: nobody who writes packets makes that slow.
 *
 * Nothing is printed here (report.h), no packet is read (tools/decode/packet.h).
 */
#ifndef TOOLS_FLOWS_FLOWS_H
#define TOOLS_FLOWS_FLOWS_H

#include "tools/decode/decode.h"
#include "tools/decode/packet.h"

#include <inlet/addr.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOWS_HOLES 64
#define FLOWS_SENT 64
#define FLOWS_QUERIES 16
#define FLOWS_NAME_MAX 160
#define FLOWS_REORDER_NS 3000000

enum flow_flag {
    FLOW_FIN = 0x01,
    FLOW_SYN = 0x02,
    FLOW_RST = 0x04,
    FLOW_PSH = 0x08,
    FLOW_ACK = 0x10,
    FLOW_URG = 0x20,
    FLOW_ECE = 0x40,
    FLOW_CWR = 0x80,
};

/* What is remarkable about a packet. */
enum flow_mark {
    FLOW_AGAIN = 1 << 0,    /* a retransmission: its bytes were seen, or the hole it fills is old */
    FLOW_NEEDLESS = 1 << 1, /* a retransmission of what the peer has acknowledged */
    FLOW_LATE = 1 << 2,     /* out of order: fills a hole that is young */
    FLOW_GAP = 1 << 3,      /* bytes before it were not seen */
    FLOW_DUP_ACK = 1 << 4,  /* the same acknowledgment once more, while data is under way */
    FLOW_ZERO_WINDOW = 1 << 5, /* its sender can take nothing */
    FLOW_WINDOW = 1 << 6,      /* only tells a new window */
    FLOW_FULL = 1 << 7,        /* reaches the end of the peer's window */
    FLOW_PROBE = 1 << 8,       /* a byte into a window of zero */
    FLOW_KEEPALIVE = 1 << 9,   /* asks whether the peer is there (RFC 9293 3.8.4) */
    FLOW_UNSEEN = 1 << 10,     /* acknowledges what this capture does not have */
    FLOW_SACK = 1 << 11,       /* tells of bytes beyond a hole */
    FLOW_DSACK = 1 << 12,      /* tells of bytes that came twice (RFC 2883) */
    FLOW_CE = 1 << 13,         /* a router marked congestion */
    FLOW_BAD_SUM = 1 << 14,
    FLOW_DNS = 1 << 15, /* `name` has the question or answer */
};

/* Durations: count, least, sum, most; in ns. */
struct flow_times {
    uint64_t n;
    int64_t min, sum, max;
};

struct flow_sent {
    uint64_t hi;
    int64_t time_ns;
    bool again;
};

struct flow_side {
    struct inl_addr addr;
    uint16_t port;
    uint64_t packets, bytes; /* of payload, each time they were sent */
    uint64_t marked[16];     /* how many packets had each mark, by its bit */
    /* TCP */
    bool has_seq, has_syn, has_fin, fin_acked, has_ack;
    uint32_t isn;
    uint64_t next;   /* behind the last byte seen */
    uint64_t acked;  /* what the peer has of it */
    uint64_t probed; /* behind the byte that went into a window of zero */
    uint32_t mss;    /* what it can take; 0: not told */
    uint8_t scale;
    bool has_scale, has_sack, has_ts, ecn;
    uint64_t window, edge; /* what it can take now, and up to where */
    unsigned dup_acks;     /* in a row, of this side */
    uint64_t sack_edge;    /* the highest that it told of by SACK */
    int64_t next_time_ns;  /* when `next` was sent */
    struct flow_times rtt; /* from the capture to this side and back */
    struct flow_sent sent[FLOWS_SENT];
    unsigned sent_at, sent_n;
    struct flow_range {
        uint64_t lo, hi;
    } seen[FLOWS_HOLES]; /* beyond the first hole: ascending, apart */
    unsigned seen_n;
    uint64_t whole; /* all below was seen */
};

enum flow_end {
    FLOW_OPEN,    /* the capture ends before */
    FLOW_CLOSED,  /* both FINs were acknowledged */
    FLOW_CLOSING, /* one has said FIN, or both, but not all was acknowledged */
    FLOW_RESET,
    FLOW_REFUSED, /* an RST for a SYN */
    FLOW_SILENT,  /* a SYN, and no answer */
};

struct flow_event {
    int64_t time_ns;
    uint64_t number; /* of the packet in the capture, from 1 */
    uint8_t side;
    uint8_t flags;
    uint32_t marks;
    uint64_t seq, ack; /* relative */
    uint64_t window;
    uint32_t len_bytes;
    int64_t rtt_ns; /* that it ends; 0: none */
    char *text;     /* why it was sent, as far as the capture tells; or DNS; NULL */
};

struct flow_query {
    uint16_t id;
    bool used;
    int64_t time_ns;
};

struct flow {
    uint64_t id; /* from 1, by first packet */
    uint8_t proto;
    struct flow_side side[2];
    int64_t first_ns, last_ns;
    enum flow_end end;
    int closer;                        /* who sent the first FIN, or the RST; -1: nobody */
    int64_t end_ns;                    /* when it did */
    int64_t syn_ns, synack_ns, ack_ns; /* the handshake; 0: not seen */
    struct flow_query query[FLOWS_QUERIES];
    uint64_t queries, answers;
    struct flow_times answer; /* from question to answer, of DNS */
    struct flow_event *events;
    size_t events_n, events_room, events_left_out;
    struct flow *next_same; /* of the table */
    bool replaced;          /* not in the table any more */
    struct flow *next;      /* by id */
};

struct flows_options {
    size_t max;      /* flows; 0: 100,000 */
    size_t events;   /* of all flows together; 0: none are kept */
    uint8_t key[16]; /* of the table's hash: a secret, random */
};

struct flows {
    struct flows_options o;
    struct flow **table;
    size_t buckets, n;
    struct flow *first, *last;
    struct decode *decode; /* makes text of DNS; NULL where no events are kept */
    size_t events;
    uint64_t packets;  /* that belong to a flow */
    uint64_t others;   /* of other kinds, or fragments without ports */
    uint64_t left_out; /* of flows beyond the limit */
    uint64_t steps;    /* flows that were looked at to find those of packets */
    bool short_of_memory;
};

/* 0 or -ENOMEM. */
int flows_begin(struct flows *f, const struct flows_options *options);
/* @number: of the packet, from 1. @reason: what the capture says about it, @reason_len bytes; NULL: nothing. */
void flows_packet(struct flows *f, const struct packet *p, uint64_t number, const char *reason,
                  size_t reason_len);
/* Judges how each flow ended. Before anything is read. */
void flows_end(struct flows *f);
void flows_done(struct flows *f);

/* ---- words ---- */
const char *flow_end_text(enum flow_end end);
/* "retransmission", ...; @bit: 0 to 15. */
const char *flow_mark_text(unsigned bit);
/* The same as one word, for JSON. */
const char *flow_mark_name(unsigned bit);

/* ---- between the files ---- */
void flow_tcp(struct flow *flow, unsigned side, const struct packet *p, struct flow_event *e);
void flow_dns(struct flow *flow, const struct packet *p, struct flow_event *e);
void flow_times_add(struct flow_times *t, int64_t ns);
/* The flags of a packet of TCP; 0 where they were not captured. */
uint8_t flow_tcp_flags(const struct packet *p);
/* Would this SYN begin another connection than the flow is? */
bool flow_is_over(const struct flow *flow, const struct packet *p);

#endif
