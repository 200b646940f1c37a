/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codel.c - a queue that does not stay full (RFC 8289)
 *
 * A queue is good if it empties within a round trip, and bad if it stands. So CoDel looks at how
 * long each frame has waited. When that was above the target for a whole interval, a frame is
 * dropped, and then another after interval / sqrt(drops), until a frame has waited less.
 *
 * Our queue is kept as time (impair.c): since frames leave in order at a known rate, the waiting
 * time of a frame is known when it enters, and the decisions are taken then, in the same order and
 * with the same clock readings as if each were taken at the head.
 *
 * Does not do: the rule that less than one MTU waiting is never too much; at such rates 5 ms are.
 */
#include "world/state.h"

#define TARGET_NS (5 * INL_MS)
#define INTERVAL_NS (100 * INL_MS)
#define COUNT_MAX (1u << 20)

void codel_init(struct codel *c) {
    *c = (struct codel){.above_since = INL_TIME_NEVER};
}

/* The root of n * 2^32: 16 bits behind the point. */
static uint64_t root(uint32_t n) {
    uint64_t x = (uint64_t)n << 32;
    uint64_t r = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1) {
        if ((r + bit) * (r + bit) <= x) {
            r += bit;
        }
    }
    return r;
}

static inl_time control_law(const struct codel *c, inl_time t) {
    return inl_time_add(t, (inl_dur)(((uint64_t)INTERVAL_NS << 16) / root(c->count)));
}

/* True if the wait was above the target for an interval. */
static bool above_for_long(struct codel *c, inl_dur sojourn_ns, inl_time now) {
    if (sojourn_ns < TARGET_NS) {
        c->above_since = INL_TIME_NEVER;
        return false;
    }
    if (inl_time_is_never(c->above_since)) {
        c->above_since = now;
        return false;
    }
    return inl_time_sub(now, c->above_since) >= INTERVAL_NS;
}

static void start_dropping(struct codel *c, inl_time now) {
    uint32_t delta = c->count - c->last_count;

    /* soon after the last time: go on with nearly the rate that controlled the queue then */
    c->count = delta > 1 && inl_time_sub(now, c->drop_next) < 16 * INTERVAL_NS ? delta : 1;
    c->last_count = c->count;
    c->dropping = true;
    c->drop_next = control_law(c, now);
}

bool codel_drops(struct codel *c, inl_dur sojourn_ns, inl_time now) {
    bool high = above_for_long(c, sojourn_ns, now);

    if (!high) {
        c->dropping = false;
        return false;
    }
    if (!c->dropping) {
        start_dropping(c, now);
        return true;
    }
    if (inl_time_before(now, c->drop_next)) {
        return false;
    }
    if (c->count < COUNT_MAX) {
        c->count++;
    }
    c->drop_next = control_law(c, c->drop_next);
    return true;
}
