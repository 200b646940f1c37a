/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store_test.c - ring, ranges, allocator, lines, packets, lists and the event queue
 */
#include "base_test.h"

#include "base/csum.h"
#include "base/env.h"
#include "base/linepool.h"
#include "base/pkt.h"
#include "base/ranges.h"
#include "base/ring.h"

#include <errno.h>

/* ---- ring ---- */

enum { STREAM = 150000 };

struct stream {
    struct mem mem;
    struct ring ring;
    uint64_t base; /* offset of byte[0]: far into a long stream */
    uint8_t byte[STREAM];
    bool valid[STREAM]; /* written and not forgotten */
};

static void stream_write(struct stream *s, struct rng *g) {
    uint64_t head = ring_head(&s->ring);
    uint64_t off = head + rng_below(g, ring_cap(&s->ring) + 2);
    size_t len = rng_below(g, rng_chance(g, 500000) ? 20000 : 50);
    bool fits = off - head <= ring_cap(&s->ring) && len <= ring_cap(&s->ring) - (off - head);
    size_t before = s->mem.used_bytes;
    uint8_t *src;
    uint64_t acc = 0;
    int err;

    if (off - s->base + len > STREAM) {
        return;
    }
    src = malloc(len);
    rng_bytes(g, src, len);
    if (rng_chance(g, 150000)) {
        mem_fail_after(&s->mem, (int64_t)rng_below(g, 4));
    }
    err = ring_write_at(&s->ring, off, src, len, rng_chance(g, 500000) ? &acc : NULL);
    if (!fits) {
        assert_int_equal(err, -ENOBUFS);
    } else if (err == -ENOMEM) {
        assert_int_equal(s->mem.fail_after, -1);
        /* the table may have grown; no page was kept */
        assert_true(s->mem.used_bytes < before + RING_PAGE_BYTES);
    } else {
        assert_int_equal(err, 0);
        memcpy(&s->byte[off - s->base], src, len);
        memset(&s->valid[off - s->base], true, len);
        assert_true(acc == 0 || csum_fold(acc) == csum_ref(src, len, 0));
    }
    mem_fail_after(&s->mem, -1);
    free(src);
}

/* Reads some valid bytes in both ways */
static void stream_read(struct stream *s, struct rng *g) {
    size_t at = ring_head(&s->ring) - s->base + rng_below(g, ring_cap(&s->ring) + 1);
    size_t want = rng_below(g, 30000);
    size_t len = 0;
    struct ring_span span[30000 / RING_PAGE_BYTES + 2];
    size_t n, got = 0;
    uint64_t acc = 0;
    uint8_t *dst;

    if (at >= STREAM) {
        return;
    }
    while (at + len < STREAM && len < want && s->valid[at + len]) {
        len++;
    }
    dst = malloc(len);
    assert_int_equal(ring_read_at(&s->ring, s->base + at, dst, len, &acc), 0);
    assert_memory_equal(dst, &s->byte[at], len);
    assert_int_equal(csum_fold(acc), csum_ref(dst, len, 0));
    n = ring_peek(&s->ring, s->base + at, len, span, COUNT_OF(span));
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(span[i].p, &s->byte[at + got], span[i].len);
        got += span[i].len;
    }
    assert_int_equal(got, len);
    free(dst);
}

/* head or tail moves; memory follows */
static void stream_forget(struct stream *s, struct rng *g) {
    size_t head = ring_head(&s->ring) - s->base;
    size_t at = head + rng_below(g, rng_chance(g, 800000) ? 6000 : 60000);

    if (rng_chance(g, 300000)) { /* near the end of what was written */
        at = s->ring.tail - s->base - rng_below(g, s->ring.tail - s->ring.head + 1) % 5;
    } else if (rng_chance(g, 300000)) { /* just at a page */
        at += (size_t)(0 - (at + s->base)) % RING_PAGE_BYTES;
    }
    if (at >= STREAM) {
        return;
    }
    if (rng_chance(g, 700000)) {
        ring_release(&s->ring, s->base + at);
        assert_true(ring_head(&s->ring) == s->base + at);
        memset(s->valid, false, at);
    } else {
        ring_trim(&s->ring, s->base + at);
        memset(&s->valid[at], false, STREAM - at);
    }
    if (s->ring.tail == s->ring.head) {
        assert_int_equal(s->mem.used_bytes, 0); /* idle: no memory */
        assert_null(memchr(s->valid, true, sizeof(s->valid)));
    }
}

static uint64_t pages_between(uint64_t head, uint64_t tail) {
    return tail == head ? 0 : (tail - 1) / RING_PAGE_BYTES - head / RING_PAGE_BYTES + 1;
}

static void ring_against_array(void **state) {
    struct stream *s = calloc(1, sizeof(*s));

    (void)state;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct rng g = test_rng(seed);

        memset(s->valid, false, sizeof(s->valid));
        s->mem = test_mem(0);
        ring_init(&s->ring, &s->mem, 1 + rng_below(&g, rng_chance(&g, 300000) ? 9000 : 60000));
        s->base = rng_chance(&g, 500000) ? 0 : rng_u64(&g) >> 8;
        ring_release(&s->ring, s->base);
        for (int step = 0; step < 40; step++) {
            uint64_t what = rng_below(&g, 10);

            if (what < 5) {
                stream_write(s, &g);
            } else if (what < 7) {
                stream_read(s, &g);
            } else {
                stream_forget(s, &g);
            }
            assert_true(s->ring.pages * RING_PAGE_BYTES <= s->mem.used_bytes);
            assert_true(s->ring.pages <= pages_between(s->ring.head, s->ring.tail));
        }
        ring_done(&s->ring);
        assert_int_equal(s->mem.used_bytes, 0);
    }
    free(s);
}

static void ring_edges(void **state) {
    struct mem m = test_mem(0);
    struct ring r;
    struct ring_span span[4];
    uint8_t buf[16] = "0123456789abcde";
    uint8_t out[16];

    (void)state;
    ring_init(&r, &m, 10);
    assert_int_equal(ring_write_at(&r, 0, buf, 11, NULL), -ENOBUFS);
    assert_int_equal(ring_write_at(&r, 11, buf, 0, NULL), -ENOBUFS);
    assert_int_equal(ring_write_at(&r, 10, buf, 0, NULL), 0);
    assert_int_equal(ring_write_at(&r, 1, buf, SIZE_MAX, NULL), -ENOBUFS);
    assert_int_equal(ring_write_at(&r, 2, buf, 8, NULL), 0);
    assert_int_equal(m.used_bytes, RING_PAGE_BYTES);
    ring_set_cap(&r, 4); /* smaller: what is there stays readable */
    assert_int_equal(ring_read_at(&r, 2, out, 8, NULL), 0);
    assert_memory_equal(out, buf, 8);
    assert_int_equal(ring_write_at(&r, 2, buf, 3, NULL), -ENOBUFS);
    ring_release(&r, 5);
    assert_int_equal(ring_read_at(&r, 4, out, 1, NULL), -ENOENT);
    assert_int_equal(ring_peek(&r, 4, 1, span, 4), 0);
    assert_int_equal(ring_write_at(&r, 4, buf, 1, NULL), -ENOBUFS);
    ring_release(&r, 3); /* never goes back */
    assert_int_equal(ring_head(&r), 5);
    ring_release(&r, 10);
    assert_int_equal(m.used_bytes, 0);
    /* lent room: three pages, of which one is used in the end */
    ring_set_cap(&r, 10000);
    assert_int_equal(ring_reserve(&r, 10, 9000), 0);
    assert_int_equal(ring_peek(&r, 10, 9000, span, 4), 3);
    assert_int_equal(ring_peek(&r, 10, 9000, span, 2), 2);
    memcpy(span[0].p, buf, 3);
    ring_trim(&r, 13);
    assert_int_equal(r.pages, 1);
    assert_int_equal(m.used_bytes, RING_PAGE_BYTES + r.slots * sizeof(*r.table));
    assert_int_equal(ring_read_at(&r, 10, out, 3, NULL), 0);
    assert_memory_equal(out, buf, 3);
    ring_release(&r, 100); /* beyond what was written */
    assert_int_equal(ring_head(&r), 100);
    assert_int_equal(m.used_bytes, 0);
    ring_done(&r);
}

/* ---- ranges ---- */

enum { UNIVERSE = 120 };

static size_t model_runs(const bool *in) {
    size_t runs = 0;

    for (int i = 0; i < UNIVERSE; i++) {
        runs += in[i] && (i == 0 || !in[i - 1]);
    }
    return runs;
}

static void ranges_compare(const struct ranges *r, const bool *in) {
    size_t total = 0;

    for (size_t i = 0; i < r->n; i++) {
        assert_true(r->v[i].lo < r->v[i].hi);
        assert_true(i == 0 || r->v[i - 1].hi < r->v[i].lo);
    }
    assert_true(r->n <= r->cap);
    for (uint64_t x = 0; x < UNIVERSE; x++) {
        const struct range *v = ranges_find(r, x);
        const struct range *from = ranges_from(r, x);

        assert_int_equal(v != NULL, in[x]);
        assert_true(!from || from->hi > x);
        for (uint64_t y = x; y < (from ? from->lo : UNIVERSE); y++) {
            assert_false(in[y]);
        }
        assert_true(!v || (v->lo <= x && x < v->hi));
        total += in[x];
    }
    assert_int_equal(ranges_total(r), total);
    assert_ptr_equal(ranges_first(r), r->n ? &r->v[0] : NULL);
}

static void ranges_step(struct ranges *r, bool *in, struct rng *g) {
    bool after[UNIVERSE];
    uint64_t lo = rng_below(g, UNIVERSE);
    uint64_t hi = lo + rng_below(g, rng_chance(g, 800000) ? 6 : 60);
    uint64_t what = rng_below(g, 10);
    bool whole = true;
    int err;

    hi = hi < UNIVERSE ? hi : UNIVERSE;
    memcpy(after, in, sizeof(after));
    for (uint64_t x = lo; x < hi; x++) {
        whole = whole && in[x];
        after[x] = what < 6;
    }
    assert_int_equal(ranges_contains(r, lo, hi), whole);
    if (what == 9) {
        lo /= 4;
        ranges_drop_below(r, lo);
        memset(in, false, lo);
        return;
    }
    if (rng_chance(g, 100000)) {
        mem_fail_after(r->mem, 0);
    }
    err = what < 6 ? ranges_add(r, lo, hi) : ranges_del(r, lo, hi);
    if (err == 0) {
        memcpy(in, after, sizeof(after));
    } else if (err == -ENOSPC) {
        assert_true(model_runs(after) > r->cap);
    } else {
        assert_int_equal(err, -ENOMEM);
        assert_int_equal(r->mem->fail_after, -1);
    }
    mem_fail_after(r->mem, -1);
}

static void ranges_against_bitmap(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct rng g = test_rng(seed);
        struct mem m = test_mem(0);
        bool in[UNIVERSE] = {false};
        struct ranges r;

        ranges_init(&r, &m, 1 + (uint32_t)rng_below(&g, 20));
        for (int step = 0; step < 60; step++) {
            ranges_step(&r, in, &g);
            ranges_compare(&r, in);
            assert_true(r.n > 0 || m.used_bytes == 0);
        }
        ranges_done(&r);
        assert_int_equal(m.used_bytes, 0);
    }
}

/* As a stream does it: pieces come at the back, holes are filled at the front. */
static void ranges_as_a_queue(void **state) {
    struct mem m = test_mem(0);
    struct ranges r;

    (void)state;
    ranges_init(&r, &m, 1000);
    for (uint64_t i = 0; i < 50000; i++) {
        assert_int_equal(ranges_add(&r, 2 * i + 1, 2 * i + 2), 0);
        if (i >= 999) {
            ranges_drop_below(&r, 2 * (i - 999) + 2);
        }
        assert_int_equal(ranges_first(&r)->lo, i < 999 ? 1 : 2 * (i - 999) + 3);
        assert_int_equal(r.v[r.n - 1].hi, 2 * i + 2);
        assert_in_range(r.room, r.n + r.skip, 2000);
    }
    r.cap = 10; /* a lower bound holds for what is new */
    assert_int_equal(ranges_add(&r, 200000, 200001), -ENOSPC);
    ranges_drop_below(&r, 2 * 49995 + 1);
    assert_int_equal(r.n, 5);
    assert_int_equal(ranges_add(&r, 200000, 200001), 0);
    ranges_done(&r);
    assert_int_equal(m.used_bytes, 0);
}

static void ranges_at_the_ends(void **state) {
    struct mem m = test_mem(0);
    struct ranges r;

    (void)state;
    ranges_init(&r, &m, 2);
    assert_int_equal(ranges_add(&r, UINT64_MAX - 5, UINT64_MAX), 0);
    assert_int_equal(ranges_add(&r, 0, 5), 0);
    assert_int_equal(ranges_add(&r, 10, 11), -ENOSPC);
    assert_int_equal(ranges_add(&r, 5, 7), 0); /* meets: no third range */
    assert_int_equal(ranges_del(&r, 2, 3), -ENOSPC);
    assert_true(ranges_contains(&r, 0, 7));
    assert_true(ranges_contains(&r, 9, 9));
    assert_int_equal(ranges_add(&r, 7, 6), 0);
    assert_int_equal(ranges_total(&r), 12);
    ranges_drop_below(&r, UINT64_MAX);
    assert_int_equal(r.n, 0);
    assert_int_equal(m.used_bytes, 0);
}

/* ---- allocator, packets, lists, events ---- */

static void mem_counts_and_limits(void **state) {
    struct mem m = test_mem(100);
    void *a = mem_alloc(&m, 60);
    void *b;

    (void)state;
    assert_non_null(a);
    assert_null(mem_alloc(&m, 41));
    assert_null(mem_alloc(&m, SIZE_MAX));
    b = mem_zalloc(&m, 40);
    assert_non_null(b);
    assert_int_equal(((char *)b)[39], 0);
    assert_int_equal(m.used_bytes, 100);
    assert_int_equal(m.fails, 2);
    mem_free(&m, a, 60);
    mem_free(&m, NULL, 7);
    assert_int_equal(m.used_bytes, 40);
    assert_int_equal(m.peak_bytes, 100);
    assert_int_equal(m.blocks, 1);
    mem_fail_after(&m, 1);
    a = mem_alloc(&m, 1);
    assert_non_null(a);
    assert_null(mem_alloc(&m, 1)); /* this one only */
    mem_free(&m, a, 1);
    a = mem_alloc(&m, 1);
    assert_non_null(a);
    mem_free(&m, a, 1);
    mem_free(&m, b, 40);
    assert_int_equal(m.blocks, 0);
}

static void pkt_moves_its_ends(void **state) {
    struct mem m = test_mem(0);
    struct pkt *p = pkt_new(&m, 16, 64);
    struct pkt *c;
    struct pkt lent;
    uint8_t *buf = malloc(20);

    (void)state;
    memcpy(pkt_put(p, 5), "hello", 5);
    assert_null(pkt_put(p, 44));
    assert_int_equal(pkt_tailroom(p), 43);
    memcpy(pkt_push(p, 16), "0123456789abcdef", 16);
    assert_null(pkt_push(p, 1));
    assert_int_equal(p->len, 21);
    assert_memory_equal(pkt_data(p), "0123456789abcdefhello", 21);
    assert_ptr_equal(pkt_pull(p, 10), p->buf + 10);
    assert_null(pkt_pull(p, 12));
    assert_true(pkt_trim(p, 8));
    assert_false(pkt_trim(p, 9));
    p->cause = INL_CAUSE_TCP_RTX_RTO;
    p->owner = 77;
    c = pkt_clone(&m, p);
    pkt_free(p);
    assert_memory_equal(pkt_data(c), "abcdefhe", 8);
    assert_int_equal(c->len, 8);
    assert_int_equal(c->off, 10);
    assert_int_equal(c->cause, INL_CAUSE_TCP_RTX_RTO);
    assert_true(c->owner == 77);
    pkt_free(c);
    pkt_borrow(&lent, buf, 20, 4);
    memset(pkt_put(&lent, 16), 'x', 16);
    memset(pkt_push(&lent, 4), 'y', 4);
    c = pkt_clone(&m, &lent);
    pkt_free(&lent);
    memset(buf, 0, 20);
    free(buf);
    assert_memory_equal(pkt_data(c), "yyyyxxxxxxxxxxxxxxxx", 20);
    assert_int_equal(c->flags & PKT_BORROWED, 0);
    pkt_free(c);
    pkt_free(NULL);
    mem_fail_after(&m, 0);
    assert_null(pkt_new(&m, 0, 1));
    assert_int_equal(m.used_bytes, 0);
}

struct node {
    int value;
    struct list link;
};

static void list_text(struct list *head, char *out) {
    struct list *it;

    LIST_FOREACH(it, head) {
        assert_ptr_equal(it->next->prev, it);
        *out++ = (char)('0' + LIST_ENTRY(it, struct node, link)->value);
    }
    *out = '\0';
}

static void list_keeps_order(void **state) {
    struct node n[5];
    struct list head, other;
    struct list *it, *tmp;
    char out[8];

    (void)state;
    list_init(&head);
    list_init(&other);
    assert_null(list_pop(&head));
    for (int i = 0; i < 5; i++) {
        n[i].value = i;
        list_init(&n[i].link);
        assert_true(list_empty(&n[i].link));
    }
    list_add_tail(&head, &n[1].link);
    list_add_tail(&head, &n[2].link);
    list_add_head(&head, &n[0].link);
    list_add_tail(&other, &n[3].link);
    list_add_tail(&other, &n[4].link);
    list_splice_tail(&head, &other);
    list_splice_tail(&head, &other);
    list_text(&head, out);
    assert_string_equal(out, "01234");
    assert_true(list_empty(&other));
    LIST_FOREACH_SAFE(it, tmp, &head) {
        if (LIST_ENTRY(it, struct node, link)->value % 2) {
            list_del(it);
            list_del(it);
        }
    }
    list_text(&head, out);
    assert_string_equal(out, "024");
    assert_ptr_equal(list_pop(&head), &n[0].link);
    assert_true(list_empty(&n[0].link));
    assert_ptr_equal(list_first(&head), &n[2].link);
}

static void evq_queues_once(void **state) {
    struct evq q;
    struct evnode a, b;
    int owner;

    (void)state;
    evq_init(&q);
    evnode_init(&a, &owner);
    evnode_init(&b, NULL);
    evq_post(&q, &a, 0);
    assert_true(evq_empty(&q));
    evq_post(&q, &a, 1);
    evq_post(&q, &b, 2);
    evq_post(&q, &a, 4);
    assert_ptr_equal(evq_pop(&q), &a);
    assert_ptr_equal(a.owner, &owner);
    assert_int_equal(evnode_take(&a), 5);
    assert_int_equal(evnode_take(&a), 0);
    evq_post(&q, &a, 8); /* posted again while handled: comes again */
    evnode_cancel(&b);
    assert_int_equal(b.flags, 0);
    assert_ptr_equal(evq_pop(&q), &a);
    assert_null(evq_pop(&q));
}

static void env_counts(void **state) {
    const struct inl_alloc alloc = inl_malloc();
    const uint8_t seed[16] = {3};
    struct env *e = malloc(sizeof(*e));

    (void)state;
    env_init(e, &alloc, 0, seed, (inl_time){INL_S});
    assert_int_equal(env_drop(e, INL_DROP_BAD_CHECKSUM), INL_DROP_BAD_CHECKSUM);
    assert_int_equal(env_drop(e, INL_DROP_NONE), INL_DROP_NONE);
    env_cause(e, INL_CAUSE_TCP_SYN);
    assert_int_equal(e->drop[INL_DROP_BAD_CHECKSUM], 1);
    assert_int_equal(e->drop[INL_DROP_NONE], 0);
    assert_int_equal(e->cause[INL_CAUSE_TCP_SYN], 1);
    assert_true(e->now.ns == INL_S && e->mem.limit_bytes == SIZE_MAX && evq_empty(&e->evq));
    free(e);
}

/* Blocks of a page's size are kept for the next one, count as free, and are given back before
 * anybody is refused. */
static void test_spare_blocks(void **state) {
    struct mem m = test_mem(10 * MEM_SPARE_BYTES);
    uint8_t *p[3], *q;

    (void)state;
    mem_keep_spares(&m, 2, 2);
    for (int i = 0; i < 3; i++) {
        p[i] = mem_alloc(&m, MEM_SPARE_BYTES);
        assert_non_null(p[i]);
    }
    for (int i = 0; i < 3; i++) {
        mem_free(&m, p[i], MEM_SPARE_BYTES);
    }
    assert_int_equal(m.spares[MEM_SPARE_SIZES - 1], 2); /* not the third */
    assert_int_equal(m.used_bytes, 0);
    assert_int_equal(m.blocks, 0);
    q = mem_alloc(&m, MEM_SPARE_BYTES);
    assert_ptr_equal(q, p[1]); /* the one that was used last */
    memset(q, 0xff, MEM_SPARE_BYTES);
    mem_free(&m, q, MEM_SPARE_BYTES);
    q = mem_alloc(&m, 9 * MEM_SPARE_BYTES); /* fits, if the spares go */
    assert_non_null(q);
    assert_int_equal(m.spares[MEM_SPARE_SIZES - 1], 0);
    assert_null(mem_alloc(&m, 2 * MEM_SPARE_BYTES));
    mem_free(&m, q, 9 * MEM_SPARE_BYTES);
    mem_free(&m, mem_alloc(&m, MEM_SPARE_BYTES), MEM_SPARE_BYTES);
    assert_int_equal(m.spares[MEM_SPARE_SIZES - 1], 1);
    mem_fail_after(&m, 0); /* a made-up failure is one, spares or not */
    assert_null(mem_alloc(&m, MEM_SPARE_BYTES));
    mem_keep_spares(&m, 0, 0);
    assert_int_equal(m.spares[MEM_SPARE_SIZES - 1], 0);
}

/* A working set of pages stays while it is used. What was not needed between two settlings goes,
 * but for a few. */
static void test_spare_pages(void **state) {
    struct mem m = test_mem(0);
    void *p[8];

    (void)state;
    mem_keep_spares(&m, 1, 6);
    for (int i = 0; i < 8; i++) {
        p[i] = mem_page_alloc(&m);
        assert_non_null(p[i]);
    }
    for (int i = 0; i < 8; i++) {
        mem_page_free(&m, p[i]);
    }
    assert_int_equal(m.spares[MEM_SPARE_SIZES - 1], 6);
    mem_settle(&m); /* all were in use a moment ago */
    assert_int_equal(m.spares[MEM_SPARE_SIZES - 1], 6);
    for (int i = 0; i < 4; i++) {
        p[i] = i % 2 ? mem_page_alloc(&m) : mem_alloc(&m, MEM_SPARE_BYTES);
    }
    for (int i = 0; i < 4; i++) {
        mem_page_free(&m, p[i]);
    }
    mem_settle(&m); /* four were needed */
    assert_int_equal(m.spares[MEM_SPARE_SIZES - 1], 4);
    mem_settle(&m); /* none was */
    assert_int_equal(m.spares[MEM_SPARE_SIZES - 1], 1);
    mem_keep_spares(&m, 0, 0);
}

/* ---- lines ---- */

enum { LINES = 500, LINES_STEPS = 20000, LINES_OF_PAGE = 62 };

struct line {
    uint8_t *at;
    struct linepool_page *page;
    uint8_t filled;
};

/* What a line was filled with is there until it is given back. */
static void line_turn(struct linepool *pool, struct line *l, uint8_t fill) {
    uint8_t was[LINEPOOL_BYTES];

    if (!l->at) {
        l->at = linepool_alloc(pool, &l->page);
        assert_non_null(l->at);
        assert_int_equal((uintptr_t)l->at % LINEPOOL_BYTES, 0);
        memset(l->at, fill, LINEPOOL_BYTES);
        l->filled = fill;
        return;
    }
    memset(was, l->filled, sizeof(was));
    assert_memory_equal(l->at, was, sizeof(was));
    linepool_free(pool, l->page, l->at);
    l->at = NULL;
}

static void lines_in_pages(void **state) {
    static struct line lines[LINES];
    struct mem m = test_mem(0);
    struct rng rng = test_rng(8);
    struct linepool pool;
    struct linepool_page *page;

    (void)state;
    linepool_init(&pool, &m);
    for (uint64_t i = 0; i < LINES; i++) {
        line_turn(&pool, &lines[i], (uint8_t)i);
        assert_int_equal(m.blocks, i / LINES_OF_PAGE + 1); /* no page before it is needed */
    }
    for (int n = 0; n < LINES_STEPS; n++) {
        line_turn(&pool, &lines[rng_below(&rng, LINES)], (uint8_t)rng_below(&rng, 256));
        assert_true(m.blocks <= LINES / LINES_OF_PAGE + 1); /* what is free is used first */
    }
    for (int i = 0; i < LINES; i++) {
        if (lines[i].at) {
            line_turn(&pool, &lines[i], 0);
        }
    }
    assert_int_equal(m.blocks, 0);
    mem_fail_after(&m, 0);
    assert_null(linepool_alloc(&pool, &page));
    assert_non_null(linepool_alloc(&pool, &page));
    linepool_free(&pool, page, page->rest - LINEPOOL_BYTES);
    assert_int_equal(m.used_bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_pages),
        cmocka_unit_test(test_spare_pages),
        cmocka_unit_test(test_spare_blocks),
        cmocka_unit_test(ring_against_array),
        cmocka_unit_test(ring_edges),
        cmocka_unit_test(ranges_against_bitmap),
        cmocka_unit_test(ranges_as_a_queue),
        cmocka_unit_test(ranges_at_the_ends),
        cmocka_unit_test(mem_counts_and_limits),
        cmocka_unit_test(pkt_moves_its_ends),
        cmocka_unit_test(list_keeps_order),
        cmocka_unit_test(evq_queues_once),
        cmocka_unit_test(env_counts),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
