/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lpm.c - longest-prefix match (see lpm.h)
 *
 * Depths are multiples of six (96, the root of IPv4, is one). A prefix of n bits belongs to the
 * node at the multiple of six below n, so that one that ends with a step needs no node of its own;
 * only prefixes of no bits at all end at a node itself, the root.
 *
 * Invariant: a node other than the roots has a prefix, or two children. So there are at most twice
 * as many nodes as prefixes.
 *
 * A node's array has a second half of the same size with the values of its prefixes, in the same
 * places. lpm_spot(), which is asked for every packet, reads that half and no prefix; and as it
 * wants the longest of all, it has less to ask in each node than match_slot().
 */
#include "ip/lpm.h"
#include "base/rd.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define STEP 6
#define SLOTS_MIN 2
#define FRONT_DEPTH 108 /* of addresses that begin alike for the front */
#define LEVELS_MAX (LPM_BITS_MAX / STEP + 1)

/* An address as two numbers, to shift and compare. */
struct key {
    uint64_t hi, lo;
};

/* Where something of a node is: which of its words, and which bit there. */
struct spot {
    uint64_t *word;
    unsigned bit;
};

static struct key key_of(const struct inl_addr *a) {
    return (struct key){(uint64_t)rd_load32(a->b) << 32 | rd_load32(a->b + 4),
                        (uint64_t)rd_load32(a->b + 8) << 32 | rd_load32(a->b + 12)};
}

/* The first @bits bits of a word are ones. */
static uint64_t ones(unsigned bits) {
    return bits == 0 ? 0 : UINT64_MAX << (64 - bits);
}

static struct key key_mask(struct key k, unsigned bits) {
    return bits < 64 ? (struct key){k.hi & ones(bits), 0}
                     : (struct key){k.hi, k.lo & ones(bits - 64)};
}

/* The six bits that follow the first @depth; zeros follow an address. */
static unsigned key_step(struct key k, unsigned depth) {
    uint64_t top;

    if (depth >= 64) {
        top = k.lo << (depth - 64);
    } else {
        top = k.hi << depth | (depth ? k.lo >> (64 - depth) : 0);
    }
    return (unsigned)(top >> (64 - STEP));
}

/* How many first bits two addresses share. */
static unsigned key_common(struct key a, struct key b) {
    if (a.hi != b.hi) {
        return (unsigned)__builtin_clzll(a.hi ^ b.hi);
    }
    return a.lo == b.lo ? LPM_BITS_MAX : 64 + (unsigned)__builtin_clzll(a.lo ^ b.lo);
}

static bool node_leads_to(const struct lpm_node *n, struct key k) {
    struct key m = key_mask(k, n->depth);

    return m.hi == n->hi && m.lo == n->lo;
}

/* Written out, since without a processor's own instruction the compiler would call a library. */
static unsigned count_ones(uint64_t w) {
    w -= w >> 1 & 0x5555555555555555U;
    w = (w & 0x3333333333333333U) + (w >> 2 & 0x3333333333333333U);
    w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fU;
    return (unsigned)(w * 0x0101010101010101U >> 56);
}

static uint64_t bit_of(unsigned bit) {
    return UINT64_C(1) << bit;
}

static unsigned slots_used(const struct lpm_node *n) {
    return count_ones(n->kids) + count_ones(n->six) + count_ones(n->fewer);
}

/* ---- the words and the array of a node ---- */

static struct spot kid_spot(struct lpm_node *n, struct key k) {
    return (struct spot){&n->kids, key_step(k, n->depth)};
}

/* Where a prefix of that many bits is; it belongs to this node. */
static struct spot leaf_spot(struct lpm_node *n, struct key k, unsigned bits) {
    unsigned v = key_step(k, n->depth);
    unsigned more = bits - n->depth;

    return more == STEP ? (struct spot){&n->six, v}
                        : (struct spot){&n->fewer, (1U << more) + (v >> (STEP - more))};
}

static bool spot_taken(struct spot at) {
    return *at.word >> at.bit & 1;
}

static unsigned spot_index(const struct lpm_node *n, struct spot at) {
    unsigned index = count_ones(*at.word & (bit_of(at.bit) - 1));

    if (at.word != &n->kids) {
        index += count_ones(n->kids);
    }
    if (at.word == &n->fewer) {
        index += count_ones(n->six);
    }
    return index;
}

static size_t slots_bytes(unsigned cap) {
    return 2 * (size_t)cap * sizeof(void *);
}

/* In both halves. */
static void slots_move(struct lpm_node *n, unsigned to, unsigned from, unsigned count) {
    for (unsigned half = 0; half <= n->cap; half += n->cap) {
        memmove(n->slots + half + to, n->slots + half + from, count * sizeof(*n->slots));
    }
}

static int node_put(struct mem *mem, struct lpm_node *n, struct spot at, void *what) {
    unsigned used = slots_used(n);
    unsigned index = spot_index(n, at);

    if (used == n->cap) {
        unsigned cap = used ? 2 * used : SLOTS_MIN;
        void **slots;

        cap = cap > UINT8_MAX ? UINT8_MAX : cap; /* at most 64 + 64 + 63 are used */
        slots = mem_alloc(mem, slots_bytes(cap));
        if (!slots) {
            return -ENOMEM;
        }
        if (used > 0) {
            memcpy(slots, n->slots, used * sizeof(*slots));
            memcpy(slots + cap, n->slots + n->cap, used * sizeof(*slots));
        }
        mem_free(mem, n->slots, slots_bytes(n->cap));
        n->slots = slots;
        n->cap = (uint8_t)cap;
    }
    slots_move(n, index + 1, index, used - index);
    n->slots[index] = what;
    n->slots[n->cap + index] = NULL;
    *at.word |= bit_of(at.bit);
    return 0;
}

static void node_take(struct mem *mem, struct lpm_node *n, struct spot at) {
    unsigned index = spot_index(n, at);
    unsigned used = slots_used(n) - 1;

    slots_move(n, index, index + 1, used - index);
    *at.word &= ~bit_of(at.bit);
    if (used == 0) {
        mem_free(mem, n->slots, slots_bytes(n->cap));
        n->slots = NULL;
        n->cap = 0;
    }
}

static struct lpm_node *node_new(struct lpm *t, struct key k, unsigned depth) {
    struct linepool_page *page;
    struct lpm_node *n = linepool_alloc(&t->nodes, &page);
    struct key m = key_mask(k, depth);

    if (n) {
        *n = (struct lpm_node){.hi = m.hi, .lo = m.lo, .page = page, .depth = (uint8_t)depth};
    }
    return n;
}

static void node_free(struct lpm *t, struct lpm_node *n) {
    mem_free(t->mem, n->slots, slots_bytes(n->cap));
    linepool_free(&t->nodes, n->page, n);
}

/* ---- search ---- */

/* Those of a node's prefixes that @k begins with and that end fewer than @more bits below it, as
 * bits of @fewer. */
static uint64_t fewer_of(const struct lpm_node *n, unsigned v, unsigned more) {
    uint64_t of_address = bit_of(32 + (v >> 1)) | bit_of(16 + (v >> 2)) | bit_of(8 + (v >> 3)) |
                          bit_of(4 + (v >> 4)) | bit_of(2 + (v >> 5)) | 2;
    uint64_t found = n->fewer & of_address;

    return more < STEP ? found & (bit_of(1U << more) - 1) : found;
}

static void **node_longest(const struct lpm_node *n, struct key k, unsigned below) {
    unsigned v = key_step(k, n->depth);
    unsigned more = below - n->depth;
    unsigned kids = count_ones(n->kids);
    uint64_t found;

    if (more > STEP && n->six >> v & 1) {
        return &n->slots[kids + count_ones(n->six & (bit_of(v) - 1))];
    }
    found = fewer_of(n, v, more);
    if (!found) {
        return NULL;
    }
    found = bit_of(63 - (unsigned)__builtin_clzll(found));
    return &n->slots[kids + count_ones(n->six) + count_ones(n->fewer & (found - 1))];
}

static void **match_slot(const struct lpm *t, const struct inl_addr *addr, unsigned below) {
    const struct lpm_node *n = &t->roots[inl_addr_is4(addr)];
    const struct lpm_node *best = NULL;
    struct key k = key_of(addr);

    while (n->depth < below && node_leads_to(n, k)) {
        unsigned v = key_step(k, n->depth);
        unsigned more = below - n->depth;

        if ((more > STEP && n->six >> v & 1) || fewer_of(n, v, more)) {
            best = n;
        }
        if (!(n->kids >> v & 1)) {
            break;
        }
        n = n->slots[count_ones(n->kids & (bit_of(v) - 1))];
    }
    return best ? node_longest(best, k, below) : NULL;
}

struct lpm_leaf *lpm_match(const struct lpm *t, const struct inl_addr *addr, unsigned below) {
    void **slot = match_slot(t, addr, below);

    return slot ? *slot : NULL;
}

/* An address of IPv4: its first twelve bits. */
static unsigned front_of(struct key k) {
    return (uint32_t)k.lo >> (LPM_BITS_MAX - FRONT_DEPTH);
}

/* Do the addresses below a node begin as this one? Those of IPv4 differ in the second half only. */
static bool node_fits(const struct lpm_node *n, struct key k) {
    if (n->depth > 64) {
        return n->hi == k.hi && (n->lo ^ k.lo) >> (LPM_BITS_MAX - n->depth) == 0;
    }
    return ((n->hi ^ k.hi) & ones(n->depth)) == 0;
}

void *const *lpm_spot(const struct lpm *t, const struct inl_addr *addr) {
    bool is4 = inl_addr_is4(addr);
    const struct lpm_node *n = &t->roots[is4];
    const struct lpm_node *best = NULL;
    struct key k = key_of(addr);
    void **slot;

    if (is4 && t->front) {
        const struct lpm_front *f = &t->front[front_of(k)];

        best = f->above;
        n = f->start;
    }
    while (n && node_fits(n, k)) {
        unsigned v = key_step(k, n->depth);

        if (n->six >> v & 1 || (n->fewer && fewer_of(n, v, STEP))) {
            best = n;
        }
        n = n->kids >> v & 1 ? n->slots[count_ones(n->kids & (bit_of(v) - 1))] : NULL;
    }
    slot = best ? node_longest(best, k, LPM_BITS_MAX + STEP) : NULL;
    return slot ? slot + best->cap : NULL;
}

struct lpm_leaf *lpm_find(const struct lpm *t, const struct inl_addr *addr, unsigned bits) {
    struct lpm_leaf *leaf = lpm_match(t, addr, bits + 1);

    return leaf && leaf->bits == bits ? leaf : NULL;
}

struct lpm_leaf *lpm_any(const struct lpm *t) {
    const struct lpm_node *n = t->roots[0].cap > 0 ? &t->roots[0] : &t->roots[1];

    if (n->cap == 0) {
        return NULL;
    }
    while (n->kids) {
        n = n->slots[0];
    }
    return n->slots[0];
}

#define NODES_DEEP (LPM_BITS_MAX / STEP + 2) /* from a root down to a leaf */

static void node_leaves(const struct lpm_node *n, void (*fn)(void *ctx, struct lpm_leaf *leaf),
                        void *ctx) {
    unsigned kids = count_ones(n->kids);
    unsigned end = kids + count_ones(n->six) + count_ones(n->fewer);

    while (end > kids) { /* those of fewer bits lie last */
        fn(ctx, n->slots[--end]);
    }
}

static void tree_each(const struct lpm_node *root, void (*fn)(void *ctx, struct lpm_leaf *leaf),
                      void *ctx) {
    struct {
        const struct lpm_node *node;
        unsigned next; /* child */
    } at[NODES_DEEP] = {{root, 0}};
    int deep = 0;

    node_leaves(root, fn, ctx);
    while (deep >= 0) {
        const struct lpm_node *n = at[deep].node;

        if (at[deep].next == count_ones(n->kids)) {
            deep--;
            continue;
        }
        n = n->slots[at[deep].next++];
        at[++deep].node = n;
        at[deep].next = 0;
        node_leaves(n, fn, ctx);
    }
}

void lpm_each(const struct lpm *t, void (*fn)(void *ctx, struct lpm_leaf *leaf), void *ctx) {
    tree_each(&t->roots[1], fn, ctx);
    tree_each(&t->roots[0], fn, ctx);
}

/* ---- the front of IPv4 ---- */

/* Two steps below the root nothing can be left out in between: a node leads to @k. */
static struct lpm_front front_find(const struct lpm *t, struct key k) {
    struct lpm_front f = {.start = &t->roots[1]};

    while (f.start && f.start->depth < FRONT_DEPTH) {
        const struct lpm_node *n = f.start;
        unsigned v = key_step(k, n->depth);

        f.above = n->six >> v & 1 || fewer_of(n, v, STEP) ? n : f.above;
        f.start = n->kids >> v & 1 ? n->slots[count_ones(n->kids & (bit_of(v) - 1))] : NULL;
    }
    return f;
}

/* A prefix has come or gone. What it has to do with are the addresses that begin with it: another
 * of the same node has its node still, and nodes that come or go with it have no more. */
static void front_update(struct lpm *t, struct key k, unsigned bits) {
    unsigned first = front_of(k);
    unsigned end = first + (bits < FRONT_DEPTH ? 1U << (FRONT_DEPTH - bits) : 1);

    for (unsigned i = first; i < end; i++) {
        k.lo = (k.lo & ~(uint64_t)UINT32_MAX) | (uint64_t)i << (LPM_BITS_MAX - FRONT_DEPTH);
        t->front[i] = front_find(t, k);
    }
}

/* One of IPv4 more, or less. Without memory there is no front. */
static void front_count(struct lpm *t, const struct lpm_leaf *leaf, bool more) {
    const size_t bytes = LPM_FRONTS * sizeof(*t->front);

    t->count4 += more ? 1 : SIZE_MAX;
    if (t->front && t->count4 < t->front_min / 2) {
        mem_free(t->mem, t->front, bytes);
        t->front = NULL;
    } else if (t->front) {
        front_update(t, key_of(&leaf->dst), leaf->bits);
    } else if (more && t->count4 >= t->front_min && (t->front = mem_alloc(t->mem, bytes))) {
        struct inl_addr any = inl_addr_any4();

        front_update(t, key_of(&any), t->roots[1].depth);
    }
}

/* ---- change ---- */

/* The depth of the node that a prefix belongs to. */
static unsigned leaf_depth(unsigned bits, const struct lpm_node *root) {
    return bits == root->depth ? bits : (bits - 1) / STEP * STEP;
}

/* Puts a new node between @n and its child at @at, where the ways to @k and to the child part. */
static struct lpm_node *node_split(struct lpm *t, struct lpm_node *n, struct spot at, struct key k,
                                   unsigned depth) {
    void **slot = &n->slots[spot_index(n, at)];
    struct lpm_node *kid = *slot;
    struct lpm_node *mid = node_new(t, k, depth);

    if (!mid) {
        return NULL;
    }
    if (node_put(t->mem, mid, kid_spot(mid, (struct key){kid->hi, kid->lo}), kid) != 0) {
        node_free(t, mid);
        return NULL;
    }
    *slot = mid;
    return mid;
}

static struct lpm_node *node_add(struct lpm *t, struct lpm_node *n, struct key k, unsigned depth) {
    struct lpm_node *kid = node_new(t, k, depth);

    if (kid && node_put(t->mem, n, kid_spot(n, k), kid) != 0) {
        node_free(t, kid);
        return NULL;
    }
    return kid;
}

/* From the root to the node at @depth for @k, as far as there are nodes. Returns how many; the
 * last is the deepest. */
static int way_to(struct lpm *t, bool is4, struct key k, unsigned depth,
                  struct lpm_node *way[LEVELS_MAX]) {
    int n = 0;

    way[n++] = &t->roots[is4];
    while (way[n - 1]->depth < depth) {
        struct spot at = kid_spot(way[n - 1], k);
        struct lpm_node *kid;

        if (!spot_taken(at)) {
            break;
        }
        kid = way[n - 1]->slots[spot_index(way[n - 1], at)];
        if (kid->depth > depth || !node_leads_to(kid, k)) {
            break;
        }
        way[n++] = kid;
    }
    return n;
}

/* Takes out the nodes at the end of a way that have become needless. */
static void way_tidy(struct lpm *t, struct lpm_node **way, int n, struct key k) {
    while (--n > 0) {
        struct lpm_node *node = way[n];
        struct lpm_node *parent = way[n - 1];
        struct spot at = kid_spot(parent, k);
        unsigned used = slots_used(node);

        if (used > 1 || (used == 1 && !node->kids)) {
            return;
        }
        assert(parent->slots && spot_taken(at));
        if (used == 1) {
            parent->slots[spot_index(parent, at)] = node->slots[0];
        } else {
            node_take(t->mem, parent, at);
        }
        node_free(t, node);
    }
}

int lpm_insert(struct lpm *t, struct lpm_leaf *leaf) {
    struct lpm_node *way[LEVELS_MAX + 2];
    struct key k = key_of(&leaf->dst);
    bool is4 = inl_addr_is4(&leaf->dst);
    unsigned depth = leaf_depth(leaf->bits, &t->roots[is4]);
    int n = way_to(t, is4, k, depth, way);
    struct lpm_node *last = way[n - 1];

    t->changes++; /* arrays move even if it fails */
    while (last->depth < depth) {
        struct spot at = kid_spot(last, k);

        if (spot_taken(at)) {
            const struct lpm_node *kid = last->slots[spot_index(last, at)];
            unsigned common = key_common(k, (struct key){kid->hi, kid->lo}) / STEP * STEP;

            last = node_split(t, last, at, k, common < depth ? common : depth);
        } else {
            last = node_add(t, last, k, depth);
        }
        if (!last) {
            way_tidy(t, way, n, k);
            return -ENOMEM;
        }
        way[n++] = last;
    }
    if (node_put(t->mem, last, leaf_spot(last, k, leaf->bits), leaf) != 0) {
        way_tidy(t, way, n, k);
        return -ENOMEM;
    }
    t->count++;
    if (is4) {
        front_count(t, leaf, true);
    }
    return 0;
}

void lpm_remove(struct lpm *t, const struct lpm_leaf *leaf) {
    struct lpm_node *way[LEVELS_MAX];
    struct key k = key_of(&leaf->dst);
    bool is4 = inl_addr_is4(&leaf->dst);
    int n = way_to(t, is4, k, leaf_depth(leaf->bits, &t->roots[is4]), way);
    struct spot at = leaf_spot(way[n - 1], k, leaf->bits);

    assert(spot_taken(at) && way[n - 1]->slots[spot_index(way[n - 1], at)] == leaf);
    node_take(t->mem, way[n - 1], at);
    way_tidy(t, way, n, k);
    t->count--;
    t->changes++;
    if (is4) {
        front_count(t, leaf, false);
    }
}

void lpm_set_value(struct lpm *t, const struct lpm_leaf *leaf, void *value) {
    struct lpm_node *way[LEVELS_MAX];
    struct key k = key_of(&leaf->dst);
    bool is4 = inl_addr_is4(&leaf->dst);
    int n = way_to(t, is4, k, leaf_depth(leaf->bits, &t->roots[is4]), way);
    struct lpm_node *last = way[n - 1];
    struct spot at = leaf_spot(last, k, leaf->bits);

    assert(spot_taken(at) && last->slots[spot_index(last, at)] == leaf);
    last->slots[last->cap + spot_index(last, at)] = value;
}

void lpm_init(struct lpm *t, struct mem *mem) {
    struct inl_addr any4 = inl_addr_any4();
    struct key four = key_of(&any4);

    _Static_assert(sizeof(struct lpm_node) <= LINEPOOL_BYTES, "a node is a line of the cache");
    *t = (struct lpm){.mem = mem, .front_min = LPM_FRONT_MIN};
    linepool_init(&t->nodes, mem);
    t->roots[1] = (struct lpm_node){.hi = four.hi, .lo = four.lo, .depth = 96};
}

void lpm_done(struct lpm *t) {
    assert(t->count == 0);
    lpm_init(t, t->mem);
}
