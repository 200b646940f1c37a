/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.h - what the parts of trace share
 *
 * trace.c reads options; walk.c finds the way once, rounds.c measures it again and again; text.c and
 * json.c say what walk.c found, live.c, table.c and json.c what rounds.c counts.
 */
#ifndef TOOLS_TRACE_TRACE_H
#define TOOLS_TRACE_TRACE_H

#include "tools/common/rdns.h"
#include "tools/trace/rounds.h"
#include "tools/trace/walk.h"

#include <stdbool.h>

struct trace {
    const char *host; /* as it was typed */
    char number[NAMES_ADDR_MAX];
    bool numeric, json, as_numbers;
    struct rdns *rdns; /* NULL: no names are asked for */
    int rdns_left_ms;  /* so long output may still wait for names, in all */
};

/* "name (number)" or "number", with "[AS64500]" if asked for. */
#define TRACE_WHO_MAX (NAMES_HOST_MAX + NAMES_ADDR_MAX + 80)
void trace_who(const struct trace *t, const union names_addr *addr, char buf[TRACE_WHO_MAX]);
/* Asks for the name of who has answered. */
void trace_ask(const struct trace *t, const union names_addr *addr);
/* Waits a little for names that were asked for. */
void trace_names(struct trace *t);

void text_start(const struct trace *t, const struct walk *w);
void text_hop(const struct trace *t, const struct walk *w, unsigned ttl);
void text_end(const struct trace *t, const struct walk *w);

void json_start(const struct trace *t, const struct walk_conf *conf);
void json_hop(const struct trace *t, const struct walk *w, unsigned ttl);
void json_end(const struct trace *t, const struct walk *w);
void json_rounds(const struct trace *t, const struct rounds *r);

/* The table, as it stands. */
void table_print(const struct trace *t, const struct rounds *r);

/* Does the whole way of a flow: the first answer of each hop. Returns how many hops were written;
 * a hop without answer has family 0. */
unsigned trace_path(const struct walk *w, unsigned flow, union names_addr ret[WALK_HOPS_MAX + 1]);

#endif
