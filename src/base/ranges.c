/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranges.c - a bounded set of ranges (see ranges.h)
 */
#include "base/ranges.h"

#include <errno.h>
#include <string.h>

#define RANGES_MIN_ROOM 4

void ranges_init(struct ranges *r, struct mem *m, uint32_t cap) {
    *r = (struct ranges){.mem = m, .cap = cap};
}

static struct range *array(const struct ranges *r) {
    return r->v ? r->v - r->skip : NULL;
}

void ranges_done(struct ranges *r) {
    mem_free(r->mem, array(r), r->room * sizeof(*r->v));
    ranges_init(r, r->mem, r->cap);
}

/* The first range whose end is at or behind @x: the first that contains or meets x. */
static size_t first_reaching(const struct ranges *r, uint64_t x) {
    size_t lo = 0;
    size_t hi = r->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (r->v[mid].hi < x) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static int grow(struct ranges *r) {
    uint32_t room = r->room ? r->room * 2 : RANGES_MIN_ROOM;
    struct range *v;

    room = room < 2 * r->cap ? room : 2 * r->cap;
    v = mem_alloc(r->mem, room * sizeof(*v));
    if (!v) {
        return -ENOMEM;
    }
    if (r->n) {
        memcpy(v, r->v, r->n * sizeof(*v));
    }
    mem_free(r->mem, array(r), r->room * sizeof(*r->v));
    r->v = v;
    r->room = room;
    r->skip = 0;
    return 0;
}

/* Room behind the last one. To the begin all move only from the second half: not often. */
static int make_room(struct ranges *r) {
    if (r->n >= r->cap) {
        return -ENOSPC;
    }
    if (r->skip + r->n < r->room) {
        return 0;
    }
    if (r->skip < r->n || r->skip == 0) {
        return grow(r);
    }
    memcpy(array(r), r->v, r->n * sizeof(*r->v));
    r->v = array(r);
    r->skip = 0;
    return 0;
}

static int insert_at(struct ranges *r, size_t i, uint64_t lo, uint64_t hi) {
    int err = make_room(r);

    if (err < 0) {
        return err;
    }
    if (r->skip > 0 && i < r->n / 2) {
        r->v--;
        r->skip--;
        memmove(r->v, r->v + 1, i * sizeof(*r->v));
    } else {
        memmove(&r->v[i + 1], &r->v[i], (r->n - i) * sizeof(*r->v));
    }
    r->v[i] = (struct range){lo, hi};
    r->n++;
    return 0;
}

/* Removes ranges [i, j). */
static void erase(struct ranges *r, size_t i, size_t j) {
    uint32_t gone = (uint32_t)(j - i);

    if (i < r->n - j) {
        memmove(&r->v[gone], r->v, i * sizeof(*r->v));
        r->v += gone;
        r->skip += gone;
    } else if (gone > 0) {
        memmove(&r->v[i], &r->v[j], (r->n - j) * sizeof(*r->v));
    }
    r->n -= gone;
    if (r->n == 0 && gone > 0) {
        ranges_done(r);
    }
}

int ranges_add(struct ranges *r, uint64_t lo, uint64_t hi) {
    size_t i = first_reaching(r, lo);
    size_t j = i;

    if (lo >= hi) {
        return 0;
    }
    while (j < r->n && r->v[j].lo <= hi) {
        j++;
    }
    if (i == j) {
        return insert_at(r, i, lo, hi);
    }
    /* ranges i..j-1 meet the new one: they become one */
    r->v[i].lo = r->v[i].lo < lo ? r->v[i].lo : lo;
    r->v[i].hi = r->v[j - 1].hi > hi ? r->v[j - 1].hi : hi;
    erase(r, i + 1, j);
    return 0;
}

int ranges_del(struct ranges *r, uint64_t lo, uint64_t hi) {
    size_t i = first_reaching(r, lo);
    size_t j;

    if (lo >= hi) {
        return 0;
    }
    if (i < r->n && r->v[i].lo < lo && r->v[i].hi > hi) {
        int err = insert_at(r, i + 1, hi, r->v[i].hi);

        if (err == 0) {
            r->v[i].hi = lo;
        }
        return err;
    }
    if (i < r->n && r->v[i].lo < lo) {
        r->v[i++].hi = lo;
    }
    for (j = i; j < r->n && r->v[j].hi <= hi; j++) {
    }
    if (j < r->n && r->v[j].lo < hi) {
        r->v[j].lo = hi;
    }
    erase(r, i, j);
    return 0;
}

const struct range *ranges_find(const struct ranges *r, uint64_t x) {
    size_t i = first_reaching(r, x);

    /* x may be just the end of range i, and then (ranges never meet) in no other */
    if (i < r->n && r->v[i].hi > x && r->v[i].lo <= x) {
        return &r->v[i];
    }
    return NULL;
}

const struct range *ranges_from(const struct ranges *r, uint64_t x) {
    size_t i = first_reaching(r, x);

    i += i < r->n && r->v[i].hi == x;
    return i < r->n ? &r->v[i] : NULL;
}

bool ranges_contains(const struct ranges *r, uint64_t lo, uint64_t hi) {
    const struct range *v = ranges_find(r, lo);

    return lo >= hi || (v && v->hi >= hi);
}

uint64_t ranges_total(const struct ranges *r) {
    uint64_t sum = 0;

    for (size_t i = 0; i < r->n; i++) {
        sum += r->v[i].hi - r->v[i].lo;
    }
    return sum;
}

void ranges_drop_below(struct ranges *r, uint64_t lo) {
    size_t i = first_reaching(r, lo);

    if (i < r->n && r->v[i].hi == lo) {
        i++;
    }
    if (i < r->n && r->v[i].lo < lo) {
        r->v[i].lo = lo;
    }
    erase(r, 0, i);
}
