/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * types.h - points in time and spans of time
 *
 * Time is a parameter of the engine: monotonic nanoseconds since any origin that the embedder
 * likes, never negative. A point in time is a struct, so that the compiler refuses to mix it up
 * with a duration or a plain number. Nanoseconds in 63 bits last 292 years.
 *
 * Invariant: INL_TIME_NEVER is later than every other time, and stays so when a duration is
 * added: additions saturate.
 */
#ifndef INLET_TYPES_H
#define INLET_TYPES_H

#include <stdbool.h>
#include <stdint.h>

/** inl_time - a point in time, in ns since the embedder's origin */
typedef struct {
    int64_t ns;
} inl_time;

/** inl_dur - a span of time in ns; may be negative */
typedef int64_t inl_dur;

#define INL_US ((inl_dur)1000)
#define INL_MS ((inl_dur)1000000)
#define INL_S ((inl_dur)1000000000)

/** INL_TIME_NEVER - a deadline that does not come */
#define INL_TIME_NEVER ((inl_time){INT64_MAX})

/** inl_time_add() - @t plus @d ns; NEVER stays NEVER, and overflow gives NEVER */
static inline inl_time inl_time_add(inl_time t, inl_dur d) {
    int64_t ns;

    if (t.ns == INT64_MAX) {
        return t;
    }
    if (__builtin_add_overflow(t.ns, d, &ns)) {
        return (inl_time){d < 0 ? INT64_MIN : INT64_MAX};
    }
    return (inl_time){ns};
}

/** inl_time_sub() - ns from @b to @a (negative when @a is earlier); both must be >= 0 */
static inline inl_dur inl_time_sub(inl_time a, inl_time b) {
    return a.ns - b.ns;
}

/** inl_time_before() - is @a strictly earlier than @b? */
static inline bool inl_time_before(inl_time a, inl_time b) {
    return a.ns < b.ns;
}

/** inl_time_min() - the earlier of two times */
static inline inl_time inl_time_min(inl_time a, inl_time b) {
    return a.ns < b.ns ? a : b;
}

/** inl_time_max() - the later of two times */
static inline inl_time inl_time_max(inl_time a, inl_time b) {
    return a.ns > b.ns ? a : b;
}

/** inl_time_is_never() - is @t the deadline that does not come? */
static inline bool inl_time_is_never(inl_time t) {
    return t.ns == INT64_MAX;
}

#endif
