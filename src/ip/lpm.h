/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lpm.h - longest-prefix match over both families at a cost that the number of prefixes hardly
 * moves
 *
 * A trie of six bits a step. A node stands at a depth (bits that lead to it) and knows the prefixes
 * that end one to six bits further down, as bits of two words, and which of the 64 children exist,
 * as bits of a third. The prefixes and children themselves lie in one dense array, in the order of
 * those bits: counting bits finds an entry (the "tree bitmap" of Eatherton, Varghese and Dittia,
 * 2004). Steps at which nothing branches have no node: each node carries the bits that lead to it
 * and a search compares them. So a match touches at most six nodes for IPv4 and 22 for IPv6, in
 * practice three or four, however many prefixes there are; a node is one cache line.
 *
 * IPv4 lies under its own root at 96 bits, so that ::/0 is no default route of IPv4. With many
 * prefixes of IPv4 a table tells for each beginning of twelve bits where a search may begin, two
 * steps below the root; only lpm_spot() uses it.
 *
 * Each prefix has one struct lpm_leaf, inside the caller's struct, which the caller owns. It also has
 * a value that is found without a look at that struct: a hundred thousand of these lie anywhere in
 * memory, and the nodes with the values in a megabyte and a half.
 */
#ifndef IP_LPM_H
#define IP_LPM_H

#include "base/linepool.h"
#include "base/mem.h"

#include <inlet/addr.h>
#include <stddef.h>
#include <stdint.h>

#define LPM_BITS_MAX 128
#define LPM_FRONTS 4096 /* beginnings of twelve bits */
#define LPM_FRONT_MIN 1024

/** struct lpm_leaf - a prefix; @bits counts in the 16-byte form of an address */
struct lpm_leaf {
    struct inl_addr dst;
    uint8_t bits;
};

/**
 * struct lpm_node - see above
 * @hi, @lo: the first @depth bits of every address below, then zeros
 * @kids:    bit v: there is a child for the six bits v
 * @six:     bit v: there is a prefix of depth + 6 bits that ends in v
 * @fewer:   bit 2^n + v: there is a prefix of depth + n bits that ends in v, n < 6
 * @slots:   children, then the prefixes of @six, then those of @fewer: @cap places; then as many
 *           with the values
 * @page:    where it was taken from
 */
struct lpm_node {
    uint64_t hi, lo;
    uint64_t kids, six, fewer;
    void **slots;
    struct linepool_page *page;
    uint8_t depth;
    uint8_t cap;
};

/**
 * struct lpm_front - where a search of lpm_spot() begins
 * @start: the first node on the way that knows the whole beginning, or NULL
 * @above: of the nodes before that, the last one with a prefix of these addresses, or NULL
 */
struct lpm_front {
    const struct lpm_node *start;
    const struct lpm_node *above;
};

struct lpm {
    struct mem *mem;
    struct linepool nodes;
    size_t count;             /* prefixes */
    size_t count4;            /* of IPv4 */
    size_t front_min;         /* from so many of IPv4 on there is a front */
    uint64_t changes;         /* how often one came or went */
    struct lpm_front *front;  /* LPM_FRONTS of them, or NULL */
    struct lpm_node roots[2]; /* IPv6, IPv4 */
};

/** lpm_init() - an empty table, which must not be moved in memory */
void lpm_init(struct lpm *t, struct mem *mem);
/** lpm_done() - the table must be empty again */
void lpm_done(struct lpm *t);

/** lpm_insert() - @leaf->dst is masked, and no other leaf has the same prefix. 0 or -ENOMEM */
int lpm_insert(struct lpm *t, struct lpm_leaf *leaf);
/** lpm_remove() - cannot fail */
void lpm_remove(struct lpm *t, const struct lpm_leaf *leaf);

/**
 * lpm_match() - the longest prefix of @addr with fewer than @below bits, or NULL
 *
 * LPM_BITS_MAX + 1 asks for the longest of all, the bits of what was found for the next shorter.
 */
struct lpm_leaf *lpm_match(const struct lpm *t, const struct inl_addr *addr, unsigned below);

/**
 * lpm_spot() - where the value of the longest prefix of @addr is, or NULL
 *
 * It is not looked at, and stays there as long as @t->changes does.
 */
void *const *lpm_spot(const struct lpm *t, const struct inl_addr *addr);
/** lpm_value() - that value; NULL: there is no prefix, or it has none */
static inline void *lpm_value(const struct lpm *t, const struct inl_addr *addr) {
    void *const *spot = lpm_spot(t, addr);

    return spot ? *spot : NULL;
}
/** lpm_set_value() - gives @leaf, which is in the table, that one; a new one has none */
void lpm_set_value(struct lpm *t, const struct lpm_leaf *leaf, void *value);

/** lpm_find() - exactly the prefix of @bits bits that @addr begins with, or NULL */
struct lpm_leaf *lpm_find(const struct lpm *t, const struct inl_addr *addr, unsigned bits);

/** lpm_each() - calls @fn for every prefix, of IPv4 first; it must not change the table */
void lpm_each(const struct lpm *t, void (*fn)(void *ctx, struct lpm_leaf *leaf), void *ctx);

/** lpm_any() - some prefix, or NULL: to empty the table */
struct lpm_leaf *lpm_any(const struct lpm *t);

#endif
