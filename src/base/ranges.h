/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranges.h - a bounded set of numbers kept as ranges
 *
 * Sorted, disjoint, never touching: ranges that meet become one. Kept in one array, so a search is
 * a binary search. Room is left at both ends, and what changes moves the ranges on its shorter
 * side: at the front, where holes of a stream are filled, and at the back, where it goes on, that
 * is next to nothing, however many there are. The array is taken with the first range, grows up to
 * twice the bound and goes with the last one.
 *
 * Invariant: v[i].lo < v[i].hi < v[i+1].lo.
 */
#ifndef BASE_RANGES_H
#define BASE_RANGES_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct range - the numbers in [lo, hi) */
struct range {
    uint64_t lo;
    uint64_t hi;
};

/**
 * struct ranges - the set
 * @v:    the ranges, ascending; NULL when empty
 * @mem:  where @v comes from
 * @n:    how many
 * @cap:  bound of @n; may be changed at any time, and holds for what is added then
 * @room: how many the array has room for
 * @skip: of these, before @v
 */
struct ranges {
    struct range *v;
    struct mem *mem;
    uint32_t n;
    uint32_t cap;
    uint32_t room;
    uint32_t skip;
};

/** ranges_init() - empty set of at most @cap ranges; takes no memory yet */
void ranges_init(struct ranges *r, struct mem *m, uint32_t cap);

/** ranges_done() - gives the memory back; the set is empty afterwards and may be used again */
void ranges_done(struct ranges *r);

/**
 * ranges_add() - adds [@lo, @hi); an empty range changes nothing
 *
 * Returns 0; -ENOSPC when the bound would be passed, -ENOMEM; the set is unchanged then.
 */
int ranges_add(struct ranges *r, uint64_t lo, uint64_t hi);

/** ranges_del() - removes [@lo, @hi), perhaps splitting a range; returns as ranges_add() */
int ranges_del(struct ranges *r, uint64_t lo, uint64_t hi);

/** ranges_contains() - is all of [@lo, @hi) in the set? True for an empty range. */
bool ranges_contains(const struct ranges *r, uint64_t lo, uint64_t hi);

/** ranges_first() - the lowest range, or NULL */
static inline const struct range *ranges_first(const struct ranges *r) {
    return r->n ? &r->v[0] : NULL;
}

/** ranges_find() - the range that contains @x, or NULL */
const struct range *ranges_find(const struct ranges *r, uint64_t x);

/** ranges_from() - the lowest range that has numbers at or above @x, or NULL */
const struct range *ranges_from(const struct ranges *r, uint64_t x);

/** ranges_total() - how many numbers are in the set */
uint64_t ranges_total(const struct ranges *r);

/** ranges_drop_below() - removes all numbers below @lo. Cannot fail. */
void ranges_drop_below(struct ranges *r, uint64_t lo);

#endif
