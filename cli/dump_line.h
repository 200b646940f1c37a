/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump_line.h - one line for one packet, with the reason why it was sent
 *
 *     0.020113 client   10.0.0.1.51234 > 10.0.0.2.80: Flags [S], seq 1, ... length 0
 *              <- handshake: the application connects
 *
 * on one line; colours only if asked for. The same line serves a single stack's trace
 * (inl_trace) and a world's segments (inl_world_frame).
 */
#ifndef CLI_DUMP_LINE_H
#define CLI_DUMP_LINE_H

#include "base/text.h"

#include <inlet/trace.h>
#include <inlet/world.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** DUMP_LINE_MAX - bytes that hold nearly every line; longer ones are cut */
#define DUMP_LINE_MAX 1024

/**
 * struct dump_frame - what a line tells
 * @time:  shown in seconds: subtract where you want to count from
 * @who:   the host that sent it, or a direction; padded to 8 columns
 * @kind:  how the data begins
 * @cause: INL_CAUSE_NONE: nothing is said (a frame from outside)
 * @drop:  INL_DROP_NONE: it was not dropped
 */
struct dump_frame {
    inl_time time;
    const char *who;
    enum inl_link_kind kind;
    const uint8_t *data;
    size_t len_bytes;
    enum inl_cause cause;
    enum inl_drop drop;
    bool corrupted;
    bool duplicated;
    bool reordered;
};

/** dump_frame_of_trace() - from an engine's trace; @who NULL: "in" and "out" */
struct dump_frame dump_frame_of_trace(const struct inl_trace *trace, const char *who,
                                      inl_time start);

/** dump_frame_of_world() - from a world's segment; @who: name of the sending host or port */
struct dump_frame dump_frame_of_world(const struct inl_world_frame *frame, const char *who,
                                      inl_time start);

/** dump_line() - appends the line without newline */
void dump_line(struct text *t, const struct dump_frame *f, bool colour);

/**
 * dump_world_line() - a lab's frame as a line: what host/trace.c is given to print with
 * @since: the time to show
 *
 * Returns the line's length. @link is not shown: the sender's address tells where it is.
 */
size_t dump_world_line(const struct inl_world_frame *frame, const char *host, const char *link,
                       inl_dur since, bool colour, char *buf, size_t cap);

/**
 * dump_reason() - appends only what stands behind the packet: cause, fate
 *
 * For packet comments in capture files. Empty if there is nothing to say.
 */
void dump_reason(struct text *t, const struct dump_frame *f);

/** dump_wants_colour() - is @fd a terminal that shows colours, and NO_COLOR not set? */
bool dump_wants_colour(int fd);

#endif
