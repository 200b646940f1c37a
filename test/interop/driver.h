/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.h - the smallest complete driver of the engine: one stack, one TAP device, one loop
 *
 * rx, advance, events, tx and poll, on the monotonic clock. Frames can be lost on purpose. Only the
 * public API and link/ are used. What goes wrong ends the program.
 */
#ifndef INTEROP_DRIVER_H
#define INTEROP_DRIVER_H

#include "link/tun.h"

#include <inlet/inlet.h>

#include <stdbool.h>
#include <stdint.h>

struct driver {
    struct tun tun;
    struct inl_stack *stack;
    int link;
    unsigned lose_every;         /* every Nth frame of each direction is lost; 0: none */
    unsigned rx_count, tx_count; /* frames since the last loss */
    uint8_t frames[TUN_BATCH][INL_FRAME_OVERHEAD + 65535];
};

_Noreturn void driver_die(const char *what, int rc);
inl_time driver_now(void);

/* Memory, secret and time of a configuration; the rest has its defaults. */
void driver_config(struct inl_config *ret);
/* A stack with the open device d->tun as its link. */
void driver_start(struct driver *d, const struct inl_config *config);
void driver_stop(struct driver *d);

/* Sends all that wants to leave. */
void driver_transmit(struct driver *d);
/* Waits for frames, which the stack gets, for a deadline, or for standard input: true. */
bool driver_wait(struct driver *d);

/* ---- report.c: what the stack holds, one line on standard output ---- */

/* Addresses, neighbours, routers, memory and counters, as JSON. */
void report_state(const struct driver *d);

/* News of autoconfiguration, once each: "auto ADDR ROUTER MTU DNS SEARCH" when an address is free
 * to use and all the others are known, and "gone" when there is no default router any more. */
void report_autoconf(const struct driver *d);

#endif
