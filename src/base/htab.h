/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * htab.h - intrusive hash table that grows without a stop (linear hashing)
 *
 * The table has n buckets, n between 2^k and 2^(k+1). A hash belongs to bucket h mod 2^(k+1) if
 * that exists, else h mod 2^k. When nodes outnumber buckets, an insertion splits *one* bucket:
 * n grows by one, and bucket n - 2^k gives about half of its nodes to the new one. So no
 * operation ever touches more than a few chains. Buckets lie in segments of doubling size that
 * need no clearing; a failed allocation of a segment only lets chains grow longer, hence
 * insertion cannot fail. Insertions into a table that is far too large merge buckets back.
 *
 * Who searches mostly in vain, or among nodes that lie in no cache, has a table made sparse: four
 * buckets for each node. Then hardly any node is looked at that is not the one.
 *
 * The caller hashes with a secret key (siphash.h), which is what makes chains short.
 * Removal moves no other node. Nodes belong to the caller.
 */
#ifndef BASE_HTAB_H
#define BASE_HTAB_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTAB_MIN_BUCKETS 8
#define HTAB_SEGMENTS 29

/** struct hnode - a node inside the caller's struct */
struct hnode {
    struct hnode *next;
    uint64_t hash;
};

/**
 * struct htab - the table; must not be moved in memory after htab_init()
 * @mem:     where segments come from
 * @count:   nodes
 * @buckets: n, at least HTAB_MIN_BUCKETS
 * @spread:  buckets that there should be for each node
 * @seg:     seg[0] is @first; seg[i] has HTAB_MIN_BUCKETS << (i - 1) buckets, or is NULL
 */
struct htab {
    struct mem *mem;
    size_t count;
    size_t buckets;
    size_t spread;
    struct hnode **seg[HTAB_SEGMENTS];
    struct hnode *first[HTAB_MIN_BUCKETS];
};

/** htab_match_fn - is this node the one with @key? Called only for nodes with the same hash. */
typedef bool (*htab_match_fn)(const struct hnode *n, const void *key);

/** htab_init() - empty table; takes no memory yet */
void htab_init(struct htab *t, struct mem *m);

/** htab_init_sparse() - the same, for a sparse table */
void htab_init_sparse(struct htab *t, struct mem *m);

/** htab_done() - frees the table's memory; nodes that are still in it are forgotten */
void htab_done(struct htab *t);

/** htab_insert() - adds @n (which must not be in a table) under @hash. Cannot fail. */
void htab_insert(struct htab *t, struct hnode *n, uint64_t hash);

/** htab_remove() - takes @n out; it must be in @t */
void htab_remove(struct htab *t, struct hnode *n);

/** htab_find() - the first node with @hash for which @match says true, or NULL */
struct hnode *htab_find(const struct htab *t, uint64_t hash, htab_match_fn match, const void *key);

/**
 * htab_ahead(), htab_first_of(), htab_likely() - a search in steps, by somebody who has other things
 * to do while memory is waited for: the bucket is fetched; the first node of a bucket that is at
 * hand (to be fetched, not looked at); of a first node that is at hand, itself if it has @hash, else
 * the one after it, which is the one that is sought nearly always
 */
void htab_ahead(const struct htab *t, uint64_t hash);
const struct hnode *htab_first_of(const struct htab *t, uint64_t hash);
static inline const struct hnode *htab_likely(const struct htab *t, uint64_t hash) {
    const struct hnode *n = htab_first_of(t, hash);

    return n && n->hash != hash ? n->next : n;
}

/** htab_chain() - where the first node of a hash's bucket is named: as long as nothing is inserted */
struct hnode *const *htab_chain(const struct htab *t, uint64_t hash);

/** htab_count() - number of nodes */
static inline size_t htab_count(const struct htab *t) {
    return t->count;
}

/**
 * htab_first(), htab_next() - all nodes, in no useful order
 *
 * No insertion in between. Removing a node is allowed if its successor was fetched before.
 */
struct hnode *htab_first(const struct htab *t);
struct hnode *htab_next(const struct htab *t, const struct hnode *n);

/** htab_pop() - takes out any node, or NULL; emptying a table this way costs O(n) in all */
struct hnode *htab_pop(struct htab *t);

/** HTAB_ENTRY() - the struct of @type whose @member is the node at @ptr (not NULL) */
#define HTAB_ENTRY(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

#endif
