/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_filter.h - from whom packets to a group are wanted (RFC 3376 2, RFC 3810 4.1)
 *
 * A filter is a mode and a sorted list of senders without duplicates: INCLUDE wants those of the
 * list, EXCLUDE all others. INCLUDE with an empty list wants nobody and is what a filter of zero
 * bytes means.
 */
#ifndef IP_GROUP_FILTER_H
#define IP_GROUP_FILTER_H

#include "base/mem.h"
#include <inlet/addr.h>

#include <stdbool.h>
#include <stdint.h>

struct group_filter {
    struct inl_addr *sources; /* sorted; NULL while room is 0 */
    uint16_t count;
    uint16_t room;
    bool exclude;
};

void group_filter_done(struct group_filter *f, struct mem *mem);

/* Does it name this sender? */
bool group_filter_names(const struct group_filter *f, const struct inl_addr *source);

/* Does it want packets from this sender? */
static inline bool group_filter_wants(const struct group_filter *f, const struct inl_addr *source) {
    return group_filter_names(f, source) == !f->exclude;
}

/* Wants nobody, wants everybody? */
static inline bool group_filter_is_none(const struct group_filter *f) {
    return !f->exclude && f->count == 0;
}

static inline bool group_filter_is_all(const struct group_filter *f) {
    return f->exclude && f->count == 0;
}

bool group_filter_eq(const struct group_filter *a, const struct group_filter *b);

/* Adds a sender to the list: false if there is no memory. It may be there already. */
bool group_filter_add(struct group_filter *f, struct mem *mem, const struct inl_addr *source);
void group_filter_remove(struct group_filter *f, const struct inl_addr *source);

/* A copy of src into *f, which is freed before. False, and *f as before: no memory. */
bool group_filter_copy(struct group_filter *f, struct mem *mem, const struct group_filter *src);

/* Keeps only those of the list that the other one names, or only those that it does not. */
void group_filter_keep(struct group_filter *f, const struct group_filter *other, bool named);

#endif
