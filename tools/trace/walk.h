/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.h - the way to a host, hop by hop, with many probes under way
 *
 * Probes go out with hop limits from the first to the last, so many for each, as long as no more
 * than in_flight are without answer. The way ends at the smallest hop limit to which something else
 * than "time exceeded" was the answer; what was sent beyond is forgotten.
 *
 * How long an answer is waited for: wait_ns; less where others show how far away it is: `here` times
 * the round trip of another answer of the same hop, `near` times that of the next hop, or, where both
 * are silent, `far` times the longest of all, though at least WALK_FAR_NS. Who goes on (`go_on`) does not
 * stop for probes without answer any longer than is likely: they do not count as under way then, and
 * still may be answered.
 *
 * Of a path MTU (mtu): probes as large as the path is thought to take, which nobody may cut. A
 * router that cannot pass one on says what it takes; the same probe then goes once more, smaller.
 */
#ifndef TOOLS_TRACE_WALK_H
#define TOOLS_TRACE_WALK_H

#include "tools/probe/probe.h"

#include <inlet/types.h>
#include <stdbool.h>
#include <stdint.h>

#define WALK_HOPS_MAX 255
#define WALK_QUERIES_MAX 160
#define WALK_FAR_NS (2 * INL_S)

struct walk_conf {
    struct probe_conf probe;
    unsigned first, last; /* hop limits */
    unsigned queries;     /* for each hop */
    unsigned flows;       /* the queries take turns in so many flows */
    unsigned in_flight;
    int64_t wait_ns, gap_ns;
    unsigned here, near, far; /* 0: no matter */
    bool go_on;
    bool mtu;
};

enum walk_state { WALK_UNSENT, WALK_WAITING, WALK_ANSWERED, WALK_LOST };

struct walk_answer {
    enum walk_state state;
    uint16_t seq; /* of the last time that it was sent */
    bool overdue; /* waiting, but not counted as under way */
    int64_t sent_ns, rtt_ns;
    int64_t held_ns; /* waits behind another of its flow from here on: next_of_flow(); 0: no */
    uint8_t again;   /* how often one of its flow went once more since the last answer */
    union names_addr from;
    enum probe_what what;
    uint8_t type, code;
    uint32_t info;
    int ttl;            /* of the answer; -1: not known */
    unsigned mtu_bytes; /* found out at this hop; 0: nothing new */
    bool translated;    /* by a NAT on the way: walk_is_translated() */
    bool has_quote;
    uint8_t quote_ttl;
    char ext[PARSE_EXT_MAX];
};

struct walk_hop {
    struct walk_answer *answers;
};

struct walk {
    struct walk_conf conf;
    struct probe *probe;
    struct walk_hop hops[WALK_HOPS_MAX + 1];
    unsigned end;        /* the way's last hop, as far as is known: conf.last at first */
    unsigned ttl, index; /* what is sent next */
    unsigned in_flight;
    int64_t longest_ns; /* round trip so far */
    unsigned mtu_bytes;
    bool mtu_told; /* the first one stands at the first answer */
    uint16_t seq;
    int64_t next_ns;
    int failed; /* errno: our own system does not send */
    struct {
        uint8_t ttl, index;
    } by_seq[65536];
};

/* 0 or -errno; *ret is to be closed. */
int walk_open(const struct walk_conf *conf, struct walk **ret);
void walk_close(struct walk *w);

/* Sends what may be sent; gives up what has waited too long. */
void walk_work(struct walk *w, int64_t now_ns);
void walk_hear(struct walk *w, int64_t now_ns);
int64_t walk_due_ns(const struct walk *w);

/* Is everything about that hop known that there will be? */
bool walk_hop_is_done(const struct walk *w, unsigned ttl);
bool walk_is_done(const struct walk *w);

/* Octets of a packet before its data: headers of IP and of what is in it. */
unsigned walk_headers(const struct probe_conf *conf);

/* Does what came back show that somebody has rewritten our packet? Its quote has another checksum; or
 * the target itself says "time exceeded", which only who passes a packet on has reason to say. */
bool walk_is_translated(const struct probe_conf *conf, const struct probe_event *e);

/* Is that the last hop's answer: anything else than "time exceeded"? */
bool walk_is_final(const struct walk *w, const struct walk_answer *a);

#endif
