/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timer.c - hierarchical wheel (see timer.h)
 *
 * Opening a slot moves `cur` to the earliest deadline in it (or to now, if that is earlier), not
 * to the slot's begin: so a lone timer goes down to level 0 in one move.
 */
#include "base/timer.h"

/* So many timers of a slot are looked at to tell its earliest deadline exactly. */
#define WHEEL_PEEK 8

static unsigned digit(uint64_t t, unsigned level) {
    return (unsigned)(t >> (WHEEL_BITS * level)) & (WHEEL_SLOTS - 1);
}

/* The first ns of slot s of a level, given that all higher digits are those of cur */
static uint64_t slot_start(uint64_t cur, unsigned level, unsigned s) {
    unsigned shift = WHEEL_BITS * level;
    uint64_t above = level + 1 < WHEEL_LEVELS ? cur >> (shift + WHEEL_BITS) : 0;

    return (above << WHEEL_BITS | s) << shift;
}

/* The first occupied slot of the lowest occupied level: it holds the earliest deadline. */
static bool earliest_slot(const struct wheel *w, unsigned *ret_level, unsigned *ret_slot) {
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        if (w->map[level]) {
            *ret_level = level;
            *ret_slot = (unsigned)__builtin_ctzll(w->map[level]);
            return true;
        }
    }
    return false;
}

static void place(struct wheel *w, struct timer *t) {
    uint64_t due = t->due.ns > 0 ? (uint64_t)t->due.ns : 0;
    unsigned level = 0;
    unsigned s;

    if (due < w->cur) {
        due = w->cur;
    }
    if (due != w->cur) {
        level = (unsigned)(63 - __builtin_clzll(due ^ w->cur)) / WHEEL_BITS;
    }
    s = digit(due, level);
    t->slot = (uint16_t)(level * WHEEL_SLOTS + s);
    list_add_tail(&w->slot[level][s], &t->node);
    w->map[level] |= UINT64_C(1) << s;
    w->quiet_until = due < w->quiet_until ? due : w->quiet_until;
    w->steps++;
}

static void unplace(struct wheel *w, struct timer *t) {
    unsigned level = t->slot / WHEEL_SLOTS;
    unsigned s = t->slot % WHEEL_SLOTS;

    list_del(&t->node);
    if (list_empty(&w->slot[level][s])) {
        w->map[level] &= ~(UINT64_C(1) << s);
    }
}

void wheel_init(struct wheel *w, inl_time now) {
    w->cur = now.ns > 0 ? (uint64_t)now.ns : 0;
    w->quiet_until = UINT64_MAX;
    w->count = 0;
    w->steps = 0;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        w->map[level] = 0;
        for (unsigned s = 0; s < WHEEL_SLOTS; s++) {
            list_init(&w->slot[level][s]);
        }
    }
}

void timer_cancel(struct wheel *w, struct timer *t) {
    if (t->armed) {
        unplace(w, t);
        t->armed = false;
        w->count--;
    }
}

void timer_arm(struct wheel *w, struct timer *t, inl_time due) {
    timer_cancel(w, t);
    t->due = due;
    if (!inl_time_is_never(due)) {
        place(w, t);
        t->armed = true;
        w->count++;
    }
}

/*
 * The earliest deadline among the first @max timers of a slot; ret_all says whether that was
 * all of them. Timers above level 0 are never overdue, so `due` is the truth.
 */
static uint64_t earliest_due(const struct list *slot, unsigned max, bool *ret_all) {
    uint64_t min = UINT64_MAX;
    struct list *it;

    LIST_FOREACH(it, slot) {
        uint64_t due = (uint64_t)LIST_ENTRY(it, struct timer, node)->due.ns;

        if (max-- == 0) {
            *ret_all = false;
            return min;
        }
        min = due < min ? due : min;
    }
    *ret_all = true;
    return min;
}

inl_time wheel_next(const struct wheel *w) {
    unsigned level;
    unsigned s;
    uint64_t due;
    bool all;

    if (!earliest_slot(w, &level, &s)) {
        return INL_TIME_NEVER;
    }
    if (level > 0) {
        due = earliest_due(&w->slot[level][s], WHEEL_PEEK, &all);
        if (all) {
            return (inl_time){(int64_t)due};
        }
    }
    due = slot_start(w->cur, level, s);
    due = due > w->quiet_until ? due : w->quiet_until; /* as wheel_pop() will see it */
    return (inl_time){(int64_t)due};
}

/* Time has reached a slot above level 0: its timers move down, in the same order. */
static void open_slot(struct wheel *w, unsigned level, unsigned s, uint64_t now) {
    struct list moving;
    struct list *n;
    bool all;
    uint64_t first = earliest_due(&w->slot[level][s], UINT32_MAX, &all);

    list_init(&moving);
    list_splice_tail(&moving, &w->slot[level][s]);
    w->map[level] &= ~(UINT64_C(1) << s);
    w->cur = first < now ? first : now;
    while ((n = list_pop(&moving))) {
        place(w, LIST_ENTRY(n, struct timer, node));
    }
}

struct timer *wheel_pop(struct wheel *w, inl_time now) {
    uint64_t now_ns = now.ns > 0 ? (uint64_t)now.ns : 0;
    unsigned level;
    unsigned s;

    if (now_ns < w->quiet_until) {
        return NULL;
    }
    w->quiet_until = UINT64_MAX;
    while (earliest_slot(w, &level, &s)) {
        uint64_t start = slot_start(w->cur, level, s);

        if (start > now_ns) {
            w->quiet_until = start;
            break;
        }
        if (level == 0) {
            struct timer *t = LIST_ENTRY(list_first(&w->slot[0][s]), struct timer, node);

            w->cur = start;
            w->quiet_until = start;
            timer_cancel(w, t);
            return t;
        }
        open_slot(w, level, s, now_ns);
    }
    /* Nothing lies between cur and now, so cur may jump; digits above stay as they were. */
    if (now_ns > w->cur) {
        w->cur = now_ns;
    }
    return NULL;
}
