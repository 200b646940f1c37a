/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * htab.c - linear hashing (see htab.h)
 */
#include "base/htab.h"
#include "base/prefetch.h"

#include <assert.h>

#define SPARSE_BUCKETS 4

/* The highest power of two that is not above n; n > 0 */
static size_t floor_pow2(size_t n) {
    return (size_t)1 << (63 - __builtin_clzll((unsigned long long)n));
}

/* Which segment bucket i lies in: 0 has the first HTAB_MIN_BUCKETS, 1 as many, 2 twice ... */
static size_t segment_of(size_t i) {
    size_t power = (size_t)(63 - __builtin_clzll((unsigned long long)(i | 1)));
    size_t min_power = (size_t)__builtin_ctzll(HTAB_MIN_BUCKETS);

    return i < HTAB_MIN_BUCKETS ? 0 : power - min_power + 1;
}

static size_t segment_bytes(size_t seg) {
    return ((size_t)HTAB_MIN_BUCKETS << (seg - 1)) * sizeof(struct hnode *);
}

static struct hnode **bucket_at(const struct htab *t, size_t i) {
    size_t seg = segment_of(i);

    return &t->seg[seg][seg == 0 ? i : i - ((size_t)HTAB_MIN_BUCKETS << (seg - 1))];
}

static size_t bucket_index(const struct htab *t, uint64_t hash) {
    size_t low = floor_pow2(t->buckets);
    size_t i = (size_t)hash & (2 * low - 1);

    return i < t->buckets ? i : i - low;
}

/* Splits one bucket in two; without memory for the new one, chains just stay longer. */
static void htab_split(struct htab *t) {
    size_t i = t->buckets;
    size_t low = floor_pow2(i);
    size_t seg = segment_of(i);
    struct hnode **from = bucket_at(t, i - low);
    struct hnode **to;

    assert(seg > 0); /* the first segment is there from the beginning */
    if (seg >= HTAB_SEGMENTS || i > SIZE_MAX / sizeof(struct hnode *) / 4) {
        return;
    }
    if (!t->seg[seg]) {
        t->seg[seg] = mem_alloc(t->mem, segment_bytes(seg));
        if (!t->seg[seg]) {
            return;
        }
    }
    t->buckets++;
    to = bucket_at(t, i);
    *to = NULL;
    while (*from) {
        struct hnode *n = *from;

        if (((size_t)n->hash & low) == 0) {
            from = &n->next;
            continue;
        }
        *from = n->next;
        n->next = *to;
        *to = n;
    }
}

/* Gives the last bucket's nodes back to the bucket that it was split from. */
static void htab_merge(struct htab *t) {
    size_t i = t->buckets - 1;
    size_t seg = segment_of(i);
    struct hnode **end = bucket_at(t, i - floor_pow2(i));

    while (*end) {
        end = &(*end)->next;
    }
    *end = *bucket_at(t, i);
    t->buckets--;
    if (segment_of(i - 1) != seg) {
        mem_free(t->mem, t->seg[seg], segment_bytes(seg));
        t->seg[seg] = NULL;
    }
}

void htab_init(struct htab *t, struct mem *m) {
    *t = (struct htab){.mem = m, .buckets = HTAB_MIN_BUCKETS, .spread = 1};
    t->seg[0] = t->first;
}

void htab_init_sparse(struct htab *t, struct mem *m) {
    htab_init(t, m);
    t->spread = SPARSE_BUCKETS;
}

void htab_done(struct htab *t) {
    for (size_t seg = 1; seg < HTAB_SEGMENTS; seg++) {
        mem_free(t->mem, t->seg[seg], segment_bytes(seg));
    }
    *t = (struct htab){.mem = t->mem, .buckets = HTAB_MIN_BUCKETS, .spread = t->spread};
    t->seg[0] = t->first;
}

/* Buckets that there should be. */
static size_t wanted(const struct htab *t) {
    return t->count * t->spread;
}

void htab_insert(struct htab *t, struct hnode *n, uint64_t hash) {
    struct hnode **b = bucket_at(t, bucket_index(t, hash));

    n->hash = hash;
    n->next = *b;
    *b = n;
    t->count++;
    for (size_t i = 0; i < t->spread && wanted(t) > t->buckets; i++) {
        htab_split(t);
    }
    /* Two at a time, so that a table emptied to an eighth shrinks faster than it fills. */
    for (int i = 0; i < 2 && t->buckets > HTAB_MIN_BUCKETS && wanted(t) < t->buckets / 8; i++) {
        htab_merge(t);
    }
}

void htab_remove(struct htab *t, struct hnode *n) {
    struct hnode **b = bucket_at(t, bucket_index(t, n->hash));

    while (*b != n) {
        assert(*b);
        b = &(*b)->next;
    }
    *b = n->next;
    n->next = NULL;
    t->count--;
}

struct hnode *htab_find(const struct htab *t, uint64_t hash, htab_match_fn match, const void *key) {
    struct hnode *n = *bucket_at(t, bucket_index(t, hash));

    while (n && (n->hash != hash || !match(n, key))) {
        n = n->next;
    }
    return n;
}

struct hnode *const *htab_chain(const struct htab *t, uint64_t hash) {
    return bucket_at(t, bucket_index(t, hash));
}

void htab_ahead(const struct htab *t, uint64_t hash) {
    prefetch_block(bucket_at(t, bucket_index(t, hash)), sizeof(struct hnode *));
}

const struct hnode *htab_first_of(const struct htab *t, uint64_t hash) {
    return *bucket_at(t, bucket_index(t, hash));
}

static struct hnode *first_from(const struct htab *t, size_t i) {
    for (; i < t->buckets; i++) {
        struct hnode *n = *bucket_at(t, i);

        if (n) {
            return n;
        }
    }
    return NULL;
}

struct hnode *htab_first(const struct htab *t) {
    return first_from(t, 0);
}

struct hnode *htab_next(const struct htab *t, const struct hnode *n) {
    return n->next ? n->next : first_from(t, bucket_index(t, n->hash) + 1);
}

struct hnode *htab_pop(struct htab *t) {
    struct hnode *n;

    while (t->buckets > HTAB_MIN_BUCKETS && !*bucket_at(t, t->buckets - 1)) {
        htab_merge(t);
    }
    n = t->buckets > HTAB_MIN_BUCKETS ? *bucket_at(t, t->buckets - 1) : htab_first(t);
    if (n) {
        htab_remove(t, n);
    }
    return n;
}
