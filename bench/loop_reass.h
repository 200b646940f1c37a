/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop_reass.h - inlet as the receiver of fragments
 */
#ifndef BENCH_LOOP_REASS_H
#define BENCH_LOOP_REASS_H

#include "bench.h"

/* A host at which n datagrams wait for their second half, one of each source. */
void loop_reass_open(uint32_t n);
/* n times: one of them, drawn at random, is completed and read; the next one of its source begins.
 */
void loop_reass(uint32_t n, uint32_t among);
/* The same at a router (loop_forward.h) with a table of n entries, from whose destinations the
 * fragments come. */
void loop_reass_beside(enum bench_table kind, uint32_t n, uint32_t open);

#endif
