/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop_forward.h - inlet as a router, for loop.c's table of what it can do (struct subject)
 */
#ifndef BENCH_LOOP_FORWARD_H
#define BENCH_LOOP_FORWARD_H

#include "bench.h"

void loop_router(enum bench_table kind, uint32_t n);
void loop_forward(uint32_t n, uint32_t among);

#endif
