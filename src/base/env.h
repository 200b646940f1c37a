/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * env.h - what the layers of one stack share
 *
 * Memory, randomness, timers, the present time, the event queue, counters and the trace sink.
 * ip, udp and tcp take a `struct env *` instead of the stack, so they know nothing above them.
 * The stack sets `now` on entry to each of its verbs; nobody else writes it.
 */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include "base/evq.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/timer.h"

#include <inlet/alloc.h>
#include <inlet/cause.h>
#include <inlet/trace.h>
#include <inlet/types.h>

#include <stddef.h>
#include <stdint.h>

#define ENV_PLACES 17 /* the links that a stack can have, and one more */
#define ENV_NOWHERE (ENV_PLACES - 1)

/**
 * struct env - shared services; must not be moved in memory after env_init()
 * @mem:       all memory of this stack
 * @rng:       random numbers
 * @wheel:     all timers
 * @now:       present time
 * @evq:       sockets with news
 * @drop:      packets dropped, by reason
 * @drop_at:   the same, by the link at which that was decided; the last row: none
 * @place:     the row that counts now: of the frame that is looked at, or ENV_NOWHERE
 * @cause:     packets sent, by cause
 * @trace:     told about every packet, or NULL
 * @trace_ctx: handed to @trace
 */
struct env {
    struct mem mem;
    struct rng rng;
    struct wheel wheel;
    inl_time now;
    struct evq evq;
    uint64_t drop[INL_DROP_MAX];
    uint64_t drop_at[ENV_PLACES][INL_DROP_MAX];
    unsigned place;
    uint64_t cause[INL_CAUSE_MAX];
    inl_trace_fn trace;
    void *trace_ctx;
};

/**
 * env_init() - makes the services ready
 * @alloc:       the embedder's allocator (copied)
 * @limit_bytes: most memory that the stack may hold, 0 for no limit
 * @seed:        16 bytes of entropy
 * @now:         present time
 */
void env_init(struct env *e, const struct inl_alloc *alloc, size_t limit_bytes,
              const uint8_t seed[16], inl_time now);

/** env_drop() - counts a dropped packet and returns the reason; NONE is not counted */
static inline enum inl_drop env_drop(struct env *e, enum inl_drop why) {
    if (why != INL_DROP_NONE) {
        e->drop[why]++;
        e->drop_at[e->place][why]++;
    }
    return why;
}

/** env_cause() - counts a packet that is sent */
static inline void env_cause(struct env *e, enum inl_cause why) {
    e->cause[why]++;
}

#endif
