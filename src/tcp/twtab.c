/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * twtab.c - where TIME-WAIT entries lie: at most 64 bytes each, all included
 *
 * A server has many of them, and each waits equally long. So they stand in a queue of pages in the
 * order in which they came, which is the order of expiry, and need no links for it: what is
 * appended at the tail is freed at the head. An entry has a number, which counts up for ever; its
 * place follows from that. One removed in the middle stays as DEAD until it is the first.
 *
 * The hash table is one of linear hashing (see base/htab.h) whose buckets and links are such
 * numbers, 4 bytes each, with three entries a bucket. Hashes are not kept: a bucket that is split
 * computes them again. IPv4 and IPv6 have a queue and a table each: 36 and 60 bytes an entry.
 *
 * Invariants: an entry that is not DEAD is in the table; a page exists iff it holds a place of
 * [head, tail), and no queue that is empty has one. The number TW_NIL is never a living entry's.
 */
#include "tcp/internal.h"

#include <string.h>

#define TW_NIL UINT32_MAX
#define PAGE_ENTRIES (1u << TW_PAGE_SHIFT)
#define CHUNK_BUCKETS (1u << TW_CHUNK_SHIFT)
#define BUCKET_ENTRIES 3u

static uint64_t tuple_hash(const struct tcp *tcp, const struct tcp_tuple *t) {
    return tcp_tuple_hash(tcp, &t->local, t->lport, &t->remote, t->rport);
}

static bool tuple_v6(const struct tcp_tuple *t) {
    return !inl_addr_is4(&t->local);
}

/* ---- places ---- */

static struct tcp_tw *queue_at(const struct tcp_tw_queue *q, uint32_t number) {
    uint8_t *page = q->pages[number >> TW_PAGE_SHIFT & (q->cap - 1)];

    return (struct tcp_tw *)(void *)(page + (size_t)(number & (PAGE_ENTRIES - 1)) * q->entry_bytes);
}

static size_t page_bytes(const struct tcp_tw_queue *q) {
    return (size_t)PAGE_ENTRIES * q->entry_bytes;
}

static void page_free(struct mem *mem, struct tcp_tw_queue *q, uint32_t page) {
    mem_free(mem, q->pages[page & (q->cap - 1)], page_bytes(q));
}

/* Pages from the head's to the tail's, the tail's included. */
static uint32_t queue_pages(const struct tcp_tw_queue *q) {
    return ((q->tail - (q->head & ~(PAGE_ENTRIES - 1))) >> TW_PAGE_SHIFT) + 1;
}

static bool queue_grow(struct mem *mem, struct tcp_tw_queue *q) {
    uint32_t cap = q->cap ? 2 * q->cap : 1;
    uint32_t first = q->head >> TW_PAGE_SHIFT;
    uint8_t **pages = mem_zalloc(mem, cap * sizeof(*pages));

    if (!pages) {
        return false;
    }
    for (uint32_t i = 0; i < q->cap; i++) {
        pages[(first + i) & (cap - 1)] = q->pages[(first + i) & (q->cap - 1)];
    }
    mem_free(mem, q->pages, q->cap * sizeof(*pages));
    q->pages = pages;
    q->cap = cap;
    return true;
}

/* An empty queue has no pages. */
static void queue_forget(struct mem *mem, struct tcp_tw_queue *q) {
    mem_free(mem, q->pages, q->cap * sizeof(*q->pages));
    q->pages = NULL;
    q->cap = 0;
}

/* A place at the tail, all zero. */
static struct tcp_tw *queue_push(struct mem *mem, struct tcp_tw_queue *q) {
    uint32_t page = q->tail >> TW_PAGE_SHIFT;

    if ((q->tail & (PAGE_ENTRIES - 1)) == 0) {
        uint8_t *p;

        if (queue_pages(q) > q->cap && !queue_grow(mem, q)) {
            return NULL;
        }
        p = mem_alloc(mem, page_bytes(q));
        if (!p) {
            if (q->head == q->tail) {
                queue_forget(mem, q);
            }
            return NULL;
        }
        q->pages[page & (q->cap - 1)] = p;
    }
    q->tail++;
    return memset(queue_at(q, q->tail - 1), 0, q->entry_bytes);
}

static void queue_pop(struct mem *mem, struct tcp_tw_queue *q) {
    uint32_t page = q->head >> TW_PAGE_SHIFT;

    q->head++;
    if (q->head == q->tail || (q->head & (PAGE_ENTRIES - 1)) == 0) {
        page_free(mem, q, page);
    }
    if (q->head == q->tail) {
        q->head = q->tail = (page + 1) << TW_PAGE_SHIFT; /* a page of its own for the next */
        queue_forget(mem, q);
    }
}

void tcp_twtab_tuple(const struct tcp_tw *tw, struct tcp_tuple *ret) {
    ret->lport = tw->lport;
    ret->rport = tw->rport;
    if (tw->flags & TCP_TW_V6) {
        const struct tcp_tw6 *six = (const void *)tw;

        ret->local = six->local;
        ret->remote = six->remote;
    } else {
        const struct tcp_tw4 *four = (const void *)tw;

        ret->local = inl_addr_from4(four->local);
        ret->remote = inl_addr_from4(four->remote);
    }
}

static void entry_name(struct tcp_tw *tw, const struct tcp_tuple *t) {
    tw->lport = t->lport;
    tw->rport = t->rport;
    if (tuple_v6(t)) {
        struct tcp_tw6 *six = (void *)tw;

        six->local = t->local;
        six->remote = t->remote;
        tw->flags = TCP_TW_V6;
    } else {
        struct tcp_tw4 *four = (void *)tw;

        four->local = inl_addr_to4(&t->local);
        four->remote = inl_addr_to4(&t->remote);
        tw->flags = 0;
    }
}

static bool entry_is(const struct tcp_tw *tw, const struct tcp_tuple *t) {
    struct tcp_tuple got;

    if (tw->rport != t->rport || tw->lport != t->lport) {
        return false;
    }
    tcp_twtab_tuple(tw, &got);
    return inl_addr_eq(&got.remote, &t->remote) && inl_addr_eq(&got.local, &t->local);
}

/* ---- buckets ---- */

static uint32_t *bucket_at(struct tcp_tw_buckets *h, uint32_t i) {
    if (i < TW_FIRST_BUCKETS) {
        return &h->first[i];
    }
    return &h->chunks[i >> TW_CHUNK_SHIFT][i & (CHUNK_BUCKETS - 1)];
}

static uint32_t bucket_index(const struct tcp_tw_buckets *h, uint64_t hash) {
    uint32_t low = 1u << (31 - __builtin_clz(h->n)); /* low <= n < 2 low */
    uint32_t i = (uint32_t)hash & (2 * low - 1);

    return i < h->n ? i : i - low;
}

static void buckets_init(struct tcp_tw_buckets *h) {
    *h = (struct tcp_tw_buckets){.n = TW_FIRST_BUCKETS};
    for (unsigned i = 0; i < TW_FIRST_BUCKETS; i++) {
        h->first[i] = TW_NIL;
    }
}

static void buckets_done(struct mem *mem, struct tcp_tw_buckets *h) {
    for (uint32_t i = 0; i < h->chunk_cap; i++) {
        mem_free(mem, h->chunks[i], CHUNK_BUCKETS * sizeof(uint32_t));
    }
    mem_free(mem, h->chunks, h->chunk_cap * sizeof(*h->chunks));
    buckets_init(h);
}

/* Room for bucket number i. */
static bool chunk_reserve(struct mem *mem, struct tcp_tw_buckets *h, uint32_t i) {
    uint32_t chunk = i >> TW_CHUNK_SHIFT;

    if (chunk >= h->chunk_cap) {
        uint32_t cap = h->chunk_cap ? 2 * h->chunk_cap : 1;
        uint32_t **chunks = mem_zalloc(mem, cap * sizeof(*chunks));

        if (!chunks) {
            return false;
        }
        for (uint32_t k = 0; k < h->chunk_cap; k++) {
            chunks[k] = h->chunks[k];
        }
        mem_free(mem, h->chunks, h->chunk_cap * sizeof(*chunks));
        h->chunks = chunks;
        h->chunk_cap = cap;
    }
    if (!h->chunks[chunk]) {
        h->chunks[chunk] = mem_alloc(mem, CHUNK_BUCKETS * sizeof(uint32_t));
    }
    return h->chunks[chunk] != NULL;
}

/* One bucket more, which takes its share of another. Without memory chains get longer. */
static void buckets_split(struct tcp *tcp, bool v6) {
    struct tcp_tw_buckets *h = &tcp->tw.hash[v6];
    const struct tcp_tw_queue *q = &tcp->tw.queue[v6];
    uint32_t new = h->n;
    uint32_t low = 1u << (31 - __builtin_clz(new));
    uint32_t *from;
    uint32_t number;

    if (!chunk_reserve(&tcp->env->mem, h, new)) {
        return;
    }
    h->n++;
    *bucket_at(h, new) = TW_NIL;
    from = bucket_at(h, new - low);
    number = *from;
    *from = TW_NIL;
    while (number != TW_NIL) {
        struct tcp_tw *tw = queue_at(q, number);
        uint32_t next = tw->next;
        struct tcp_tuple t;
        uint32_t *to;

        tcp_twtab_tuple(tw, &t);
        to = bucket_at(h, bucket_index(h, tuple_hash(tcp, &t)));
        tw->next = *to;
        *to = number;
        number = next;
    }
}

/* ---- the table ---- */

void tcp_twtab_init(struct tcp_twtab *t) {
    *t = (struct tcp_twtab){
        .queue = {{.entry_bytes = sizeof(struct tcp_tw4)}, {.entry_bytes = sizeof(struct tcp_tw6)}},
    };
    buckets_init(&t->hash[0]);
    buckets_init(&t->hash[1]);
}

void tcp_twtab_done(struct tcp *tcp) {
    for (int v6 = 0; v6 < 2; v6++) {
        struct tcp_tw_queue *q = &tcp->tw.queue[v6];

        while (q->head != q->tail) {
            queue_pop(&tcp->env->mem, q);
        }
        buckets_done(&tcp->env->mem, &tcp->tw.hash[v6]);
    }
}

struct tcp_tw *tcp_twtab_find(const struct tcp *tcp, uint64_t hash, const struct tcp_tuple *tuple) {
    bool v6 = tuple_v6(tuple);
    const struct tcp_tw_buckets *h = &tcp->tw.hash[v6];
    uint32_t i = bucket_index(h, hash);
    uint32_t number;

    if (h->live == 0) {
        return NULL;
    }
    number = i < TW_FIRST_BUCKETS ? h->first[i]
                                  : h->chunks[i >> TW_CHUNK_SHIFT][i & (CHUNK_BUCKETS - 1)];
    while (number != TW_NIL) {
        struct tcp_tw *tw = queue_at(&tcp->tw.queue[v6], number);

        if (entry_is(tw, tuple)) {
            return tw;
        }
        number = tw->next;
    }
    return NULL;
}

struct tcp_tw *tcp_twtab_add(struct tcp *tcp, const struct tcp_tuple *tuple) {
    bool v6 = tuple_v6(tuple);
    struct tcp_tw_buckets *h = &tcp->tw.hash[v6];
    struct tcp_tw_queue *q = &tcp->tw.queue[v6];
    struct tcp_tw *tw;
    uint32_t *bucket;

    if (q->tail == TW_NIL) {
        tw = queue_push(&tcp->env->mem, q);
        if (!tw) {
            return NULL;
        }
        tw->flags = TCP_TW_DEAD; /* this number means nobody */
    }
    tw = queue_push(&tcp->env->mem, q);
    if (!tw) {
        return NULL;
    }
    entry_name(tw, tuple);
    if (h->live >= BUCKET_ENTRIES * h->n) {
        buckets_split(tcp, v6);
    }
    bucket = bucket_at(h, bucket_index(h, tuple_hash(tcp, tuple)));
    tw->next = *bucket;
    *bucket = q->tail - 1;
    h->live++;
    return tw;
}

void tcp_twtab_remove(struct tcp *tcp, struct tcp_tw *tw) {
    bool v6 = (tw->flags & TCP_TW_V6) != 0;
    struct tcp_tw_buckets *h = &tcp->tw.hash[v6];
    struct tcp_tuple t;
    uint32_t *link;

    tcp_twtab_tuple(tw, &t);
    link = bucket_at(h, bucket_index(h, tuple_hash(tcp, &t)));
    while (queue_at(&tcp->tw.queue[v6], *link) != tw) {
        link = &queue_at(&tcp->tw.queue[v6], *link)->next;
    }
    *link = tw->next;
    tw->flags |= TCP_TW_DEAD;
    if (--h->live == 0) {
        buckets_done(&tcp->env->mem, h);
    }
}

struct tcp_tw *tcp_twtab_first(const struct tcp *tcp, bool v6) {
    const struct tcp_tw_queue *q = &tcp->tw.queue[v6];

    return q->head == q->tail ? NULL : queue_at(q, q->head);
}

void tcp_twtab_drop_first(struct tcp *tcp, bool v6) {
    queue_pop(&tcp->env->mem, &tcp->tw.queue[v6]);
}

struct tcp_tw *tcp_twtab_at(const struct tcp *tcp, bool v6, uint32_t i) {
    const struct tcp_tw_queue *q = &tcp->tw.queue[v6];

    return i < q->tail - q->head ? queue_at(q, q->head + i) : NULL;
}
