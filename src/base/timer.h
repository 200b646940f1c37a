/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timer.h - timers with exact ns deadlines, at the same cost for ten and a million
 *
 * A hierarchical wheel. A deadline is a number of eleven digits in base 64. A timer hangs in
 * the level of the highest digit in which its deadline differs from the wheel's time `cur`, in
 * the slot that this digit names. So everything in level k is earlier than everything in level
 * k + 1, slots of a level are in order, and all timers of a level-0 slot are due at the same ns.
 * One bitmap a level finds the earliest slot with one instruction. When time reaches a slot
 * above level 0, its timers move down, at most ten times in a timer's life. Timers with the
 * same deadline expire in the order in which they were armed.
 *
 * Invariant: cur <= due for every armed timer (an overdue one hangs at cur); a slot's bit is set
 * iff its list is not empty.
 */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include "base/list.h"

#include <inlet/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_BITS 6
#define WHEEL_SLOTS (1 << WHEEL_BITS)
#define WHEEL_LEVELS 11

/**
 * enum timer_layer - to whom an expired timer is handed
 *
 * A timer's kind is its layer plus a small number that the layer chooses, say
 * `enum { TIMER_TCP_CONN = TIMER_TCP + 1, ... }`. base gives them no other meaning.
 */
enum timer_layer {
    TIMER_STACK = 0x000,
    TIMER_IP = 0x100,
    TIMER_UDP = 0x200,
    TIMER_TCP = 0x300,
    TIMER_WORLD = 0x400,
    TIMER_CONF = 0x500,
};

/**
 * struct timer - a deadline inside the owner's struct
 * @node:  place in the wheel
 * @due:   when it expires; valid while armed, kept after expiry
 * @kind:  enum timer_layer plus the layer's own number
 * @slot:  level * WHEEL_SLOTS + slot, while armed
 * @armed: is it in the wheel?
 */
struct timer {
    struct list node;
    inl_time due;
    uint16_t kind;
    uint16_t slot;
    bool armed;
};

/**
 * struct wheel - all timers; must not be moved in memory after wheel_init()
 * @cur:   time that the wheel has reached
 * @quiet_until: nothing is due before this time; until then nobody needs to look
 * @count: armed timers
 * @steps: list insertions ever, which is what the work is proportional to
 * @map:   occupied slots, one bit each, a word a level
 */
struct wheel {
    uint64_t cur;
    uint64_t quiet_until;
    uint64_t count;
    uint64_t steps;
    uint64_t map[WHEEL_LEVELS];
    struct list slot[WHEEL_LEVELS][WHEEL_SLOTS];
};

/** wheel_init() - empty wheel at @now (>= 0) */
void wheel_init(struct wheel *w, inl_time now);

/**
 * timer_init() - a timer that is not armed; needed before anything else
 * @kind: enum timer_layer plus the layer's own number
 */
static inline void timer_init(struct timer *t, unsigned kind) {
    list_init(&t->node);
    t->due = INL_TIME_NEVER;
    t->kind = (uint16_t)kind;
    t->slot = 0;
    t->armed = false;
}

/** timer_arm() - (re-)arms @t for @due; a time in the past is due at once; NEVER disarms */
void timer_arm(struct wheel *w, struct timer *t, inl_time due);

/** timer_cancel() - disarms @t; harmless if it is not armed */
void timer_cancel(struct wheel *w, struct timer *t);

/** timer_layer() - the layer that the timer belongs to */
static inline enum timer_layer timer_layer(const struct timer *t) {
    return (enum timer_layer)(t->kind & 0xff00u);
}

/** timer_armed() - will it expire? */
static inline bool timer_armed(const struct timer *t) {
    return t->armed;
}

/**
 * wheel_next() - when to call wheel_pop() again, INL_TIME_NEVER if no timer is armed
 *
 * May be earlier than the first deadline (then wheel_pop() gives NULL, and the next answer is
 * nearer to it), never later. After wheel_pop(w, now) gave NULL it is later than now.
 */
inl_time wheel_next(const struct wheel *w);

/**
 * wheel_pop() - one expired timer, disarmed, in order of deadlines; NULL when none is due
 * @now: must not go backwards
 */
struct timer *wheel_pop(struct wheel *w, inl_time now);

/** TIMER_ENTRY() - the struct of @type whose @member is the timer at @ptr (not NULL) */
#define TIMER_ENTRY(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

#endif
