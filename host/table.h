/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h - a small intrusive hash table with 64-bit keys
 *
 * Owns nothing but its bucket array; nodes live inside the caller's structs. Keys are socket
 * cookies, engine handles and message ids: all of them counters that no stranger chooses, so a
 * multiplicative hash is enough here (the engine's own tables are keyed, see base/htab.h).
 * Invariant: a key occurs at most once; the caller looks before it inserts.
 */
#ifndef HOST_TABLE_H
#define HOST_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_node {
    struct table_node *next;
    uint64_t key;
};

struct table {
    struct table_node **bucket;
    size_t buckets; /* a power of two, or 0 before the first insertion */
    size_t count;
};

#define TABLE_ENTRY(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

void table_init(struct table *t);
void table_done(struct table *t); /* frees the buckets, not the nodes */
int table_insert(struct table *t, struct table_node *node, uint64_t key); /* 0, -ENOMEM */
void table_remove(struct table *t, struct table_node *node);
struct table_node *table_find(const struct table *t, uint64_t key);
/* Any node, or NULL when the table is empty: to take a table apart. */
struct table_node *table_any(const struct table *t);
/* The node after @node in some order, the first for NULL; no insertion or removal meanwhile. */
struct table_node *table_next(const struct table *t, const struct table_node *node);

#endif
