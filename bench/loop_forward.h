/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop_forward.h - inlet as a router, for loop.c's table of what it can do (struct subject)
 */
#ifndef BENCH_LOOP_FORWARD_H
#define BENCH_LOOP_FORWARD_H

#include "bench.h"

#include <inlet/inlet.h>

void loop_router(enum bench_table kind, uint32_t n);
void loop_forward(uint32_t n, uint32_t among);
/* For what else is measured at that router: its stack, the link behind which the table's
 * destinations are, its address there (IPv4), the nth destination, and what a frame from there
 * begins with: 14 bytes. */
struct inl_stack *loop_router_stack(void);
int loop_router_link(void);
struct inl_addr loop_router_addr(void);
struct inl_addr loop_router_destination(uint32_t n);
void loop_router_ether(uint8_t *frame);

#endif
