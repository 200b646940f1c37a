/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rounds.h - the way to a host, measured again and again
 *
 * A round sends one probe to each hop, spread over the interval. The first rounds go no farther than
 * some hops behind the last that has answered; once the host itself has, its hop is the last.
 */
#ifndef TOOLS_TRACE_ROUNDS_H
#define TOOLS_TRACE_ROUNDS_H

#include "tools/probe/stats.h"
#include "tools/trace/walk.h"

#include <stdbool.h>
#include <stdint.h>

#define ROUNDS_ADDRS 8  /* of one hop; of further ones is only known that there are */
#define ROUNDS_SILENT 5 /* hops without an answer in a row: no further */

struct rounds_hop {
    uint64_t sent, received, waiting;
    struct stats rtt;
    union names_addr addrs[ROUNDS_ADDRS];
    unsigned n_addrs;
    bool more_addrs;
    bool unanswered; /* the newest probe */
    bool translated; /* by a NAT on the way */
    char mark[12];   /* of the last error: !H */
    char ext[PARSE_EXT_MAX];
};

struct rounds {
    struct walk_conf conf;
    struct probe *probe;
    struct rounds_hop hops[WALK_HOPS_MAX + 1];
    unsigned end; /* the last hop that is probed */
    bool reached;
    uint64_t count; /* of rounds; 0: for ever */
    uint64_t round; /* which is under way, from 1 */
    unsigned ttl;   /* is sent next */
    int64_t interval_ns, next_ns, last_sent_ns;
    int failed;
    uint16_t seq, oldest; /* the newest probe, and the oldest that may have no answer yet */
    struct {
        int64_t sent_ns; /* 0: answered, or given up */
        uint8_t ttl;
    } by_seq[65536];
};

int rounds_open(const struct walk_conf *conf, struct rounds **ret);
void rounds_close(struct rounds *r);
void rounds_work(struct rounds *r, int64_t now_ns);
/* True if something was heard. */
bool rounds_hear(struct rounds *r);
int64_t rounds_due_ns(const struct rounds *r);
bool rounds_is_done(const struct rounds *r, int64_t now_ns);
/* The last hop that somebody has answered from; the first, if nobody has. */
unsigned rounds_last(const struct rounds *r);
/* Whatever is under way is lost. */
void rounds_forget(struct rounds *r);
/* Counts from nothing; who the hops are is kept. */
void rounds_reset(struct rounds *r);
/* Probes that are not under way any more, and the share of them that has no answer. */
double rounds_loss(const struct rounds_hop *h);

#endif
