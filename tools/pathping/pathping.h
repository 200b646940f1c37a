/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pathping.h - what the parts of pathping share
 *
 * pathping.c finds the way with tools/trace/walk.c, then asks each hop; split.c says where what is
 * missing was lost; show.c prints it.
 */
#ifndef TOOLS_PATHPING_PATHPING_H
#define TOOLS_PATHPING_PATHPING_H

#include "tools/pathping/split.h"
#include "tools/probe/stats.h"
#include "tools/trace/trace.h"

#define PATHPING_QUERIES_MAX 10000

struct hop {
    union names_addr addr; /* family 0: nobody has answered */
    struct probe *probe;
    int64_t *sent_at; /* by number, from 1; 0: answered or given up */
    uint64_t sent, received, waiting;
    uint16_t oldest; /* the first number that may still wait */
    struct stats rtt;
};

struct pathping {
    struct trace trace;
    union names_addr source;
    struct hop *hops; /* [0] is the hop after ours */
    unsigned n;
    uint64_t queries;
    int64_t period_ns, wait_ns;
    bool reached, stopped;
};

void show_way(const struct pathping *p);
void show_result(struct pathping *p);

#endif
