/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wires.h - a world for tests, with accounting, and frames that carry a number
 *
 * A numbered frame is an Ethernet frame of the local experimental EtherType 0x88b5, which every
 * stack ignores. Its number stands at byte 14, a pattern fills the rest.
 */
#ifndef WORLD_TEST_WIRES_H
#define WORLD_TEST_WIRES_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <inlet/info.h>
#include <inlet/socket.h>
#include <inlet/world.h>

#define WIRES_SEED 42

/* What came out of a port. */
struct arrived {
    uint32_t number;
    inl_time at;
    size_t len_bytes;
    unsigned flipped_bits; /* against what was sent */
    size_t flipped_at;     /* the last of these, in bits from the start */
};

struct wires {
    struct inl_world *world;
    int segment;
    int in, out; /* external ports */
    int64_t blocks;
    uint64_t told, told_lost, told_queue; /* by on_frame */
};

/* Two external ports on one segment; what enters at `in` suffers @impair. */
void wires_init(struct wires *x, const struct inl_impair *impair);
void wires_done(struct wires *x); /* checks that all memory came back */

/* The bytes of a numbered frame from nobody to @dst (NULL: an address that no host has). */
void wires_frame(uint8_t *buf, size_t len_bytes, uint32_t number, const uint8_t *dst);
void wires_send(struct wires *x, uint32_t number, size_t len_bytes, inl_time now);

/* Runs the world from event to event up to @end and notes what comes out of `out`, at most @max.
 * Returns how many frames came. */
size_t wires_collect(struct wires *x, inl_time end, struct arrived *ret, size_t max);

#define MS(n) ((inl_time){(n)*INL_MS})
#define US(n) ((inl_time){(n)*INL_US})

#endif
