/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - flows for people: a table, what happened in each, sequence diagrams
 */
#ifndef TOOLS_FLOWS_REPORT_H
#define TOOLS_FLOWS_REPORT_H

#include "tools/flows/flows.h"

#include <stdio.h>

#define REPORT_END_MAX 64

/* A line for each flow. */
void report_table(FILE *f, const struct flows *flows, bool colour);
/* What happened in one, in some lines. */
void report_flow(FILE *f, const struct flow *flow, bool colour);
/* Its packets as arrows between two lines of life; needs options.events. */
void report_ladder(FILE *f, const struct flow *flow, bool colour);
/* The same of all flows as one drawing (SVG 1.1), by time from top to bottom. */
void report_svg(FILE *f, const struct flows *flows);

/* "10.0.0.1.80", "fd00::1.80", as in dump's lines. */
void report_end(const struct flow_side *side, char buf[REPORT_END_MAX]);
/* What stands at an arrow: "S, seq 0, win 64240, mss 1460". */
size_t report_segment(const struct flow *flow, const struct flow_event *e, char *buf, size_t cap);
/* "retransmission, SACK"; "" for nothing. */
void report_marks(uint32_t marks, char *buf, size_t cap);

#endif
