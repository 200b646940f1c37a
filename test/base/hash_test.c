/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash_test.c - SipHash, random numbers and the hash table
 */
#include "base_test.h"

#include "base/htab.h"
#include "base/siphash.h"

/* Published outputs for key 00..0f and input 00, 01, 02, ... of the given length */
static void siphash_vectors(void **state) {
    struct {
        size_t len;
        uint64_t out;
    } const rows[] = {
        {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {2, 0x0d6c8009d9a94f5a},
        {3, 0x85676696d7fb7e2d}, {7, 0xab0200f58b01d137},  {8, 0x93f5f5799a932462},
        {9, 0x9e0082df0ba9e4b0}, {15, 0xa129ca6149be45e5}, {63, 0x958a324ceb064572},
    };
    uint8_t key[16];
    uint8_t in[64];

    (void)state;
    for (uint8_t i = 0; i < 64; i++) {
        in[i] = i;
        key[i % 16] = i % 16;
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t *p = exact(in, rows[i].len);

        assert_true(siphash(key, p, rows[i].len) == rows[i].out);
        free(p);
    }
    assert_true(siphash(key, NULL, 0) == rows[0].out);
    assert_true(siphash_u64(key, UINT64_C(0x0706050403020100)) ==
                siphash(key, (const uint8_t[]){0, 1, 2, 3, 4, 5, 6, 7}, 8));
}

/* SipHash-1-3 by a second implementation, which agrees with the hash() of bytes in Python 3.11;
 * key and input as above */
static void siphash_words_vectors(void **state) {
    static const uint64_t out[] = {0xcf75576088d38328, 0x78a384b157b4d9a2, 0xc0dc2f46a6cce040, 0,
                                   0x2cf508d3ada26206};
    struct inl_addr a = {{0}};
    struct inl_addr b = {{0}};
    uint8_t key[16];
    uint64_t w[4];

    (void)state;
    for (uint8_t i = 0; i < 16; i++) {
        key[i] = i;
    }
    for (size_t n = 0; n < COUNT_OF(out); n++) {
        uint32_t tail = 0;

        for (size_t i = 0; i < 8 * n + 4; i++) {
            if (i < 8 * n) {
                w[i / 8] = (i % 8 ? w[i / 8] : 0) | (uint64_t)i << (i % 8 * 8);
            } else {
                tail |= (uint32_t)i << (i % 4 * 8);
            }
        }
        assert_true(out[n] == 0 || siphash_words(key, w, n, tail) == out[n]);
    }
    for (uint8_t i = 0; i < 8; i++) {
        a.b[8 + i] = i;
        b.b[8 + i] = (uint8_t)(8 + i);
    }
    assert_true(siphash_addrs(key, &a, &b, 0x13121110) == out[2]);
    a.b[0] = 1;
    assert_true(siphash_addrs(key, &a, &b, 0x13121110) != out[2]);
}

static void rng_repeats(void **state) {
    struct rng a = test_rng(7);
    struct rng b = test_rng(7);
    struct rng c = test_rng(8);
    uint8_t buf[2][37];

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_true(rng_u64(&a) == rng_u64(&b));
        assert_true(rng_u32(&a) == rng_u32(&b));
    }
    rng_bytes(&a, buf[0], 37);
    rng_bytes(&b, buf[1], 37);
    assert_memory_equal(buf[0], buf[1], 37);
    rng_bytes(&c, buf[1], 37);
    assert_memory_not_equal(buf[0], buf[1], 37);
}

/* 70,000 draws from 7 values: 10,000 each with a deviation of 93; 6 deviations are 555 */
static void rng_below_is_even(void **state) {
    struct rng g = test_rng(9);
    int seen[7] = {0};
    int hits = 0;
    int upper = 0;

    (void)state;
    for (int i = 0; i < 70000; i++) {
        seen[rng_below(&g, 7)]++;
        hits += rng_chance(&g, 250000);
    }
    for (int i = 0; i < 7; i++) {
        assert_in_range(seen[i], 9445, 10555);
    }
    assert_in_range(hits, 17500 - 700, 17500 + 700);
    assert_int_equal(rng_below(&g, 1), 0);
    assert_false(rng_chance(&g, 0));
    assert_true(rng_chance(&g, 1000000));
    /* A plain remainder by 3 * 2^62 would give the lower third twice as often as the rest. */
    for (int i = 0; i < 30000; i++) {
        upper += rng_below(&g, UINT64_C(3) << 62) >= UINT64_C(1) << 62;
    }
    assert_in_range(upper, 20000 - 500, 20000 + 500);
}

struct item {
    struct hnode node;
    uint32_t key;
    bool in;
    bool seen;
};

static bool item_match(const struct hnode *n, const void *key) {
    const struct item *it = (const struct item *)(const void *)n;

    return it->key == *(const uint32_t *)key;
}

static uint64_t item_hash(uint32_t key) {
    const uint8_t secret[16] = {1, 2, 3};

    return siphash(secret, &key, sizeof(key));
}

static void check_iteration(struct htab *t, struct item *items, size_t n) {
    size_t seen = 0;

    for (struct hnode *h = htab_first(t); h; h = htab_next(t, h)) {
        struct item *it = HTAB_ENTRY(h, struct item, node);

        assert_true(it->in && !it->seen);
        it->seen = true;
        seen++;
    }
    assert_int_equal(seen, htab_count(t));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(items[i].seen, items[i].in);
        items[i].seen = false;
    }
}

typedef void (*htab_init_fn)(struct htab *, struct mem *);

/* Random insertions, removals and look-ups against a flag per item; filling and emptying */
static void htab_against_model(struct mem *m, htab_init_fn init) {
    enum { N = 3000 };
    struct item *items = calloc(N, sizeof(*items));
    struct rng g = test_rng(11);
    struct htab t;
    size_t count = 0;

    init(&t, m);
    for (uint32_t step = 0; step < 60000; step++) {
        /* for 10,000 steps mostly insertions, then as many with mostly removals, and again */
        uint32_t grow_ppm = step / 10000 % 2 ? 200000 : 800000;
        uint32_t i = (uint32_t)rng_below(&g, N);
        size_t before = t.buckets;
        struct item *it = &items[i];
        struct hnode *found = htab_find(&t, item_hash(i), item_match, &i);

        assert_ptr_equal(found, it->in ? &it->node : NULL);
        if (it->in && !rng_chance(&g, grow_ppm)) {
            htab_remove(&t, &it->node);
            it->in = false;
            count--;
            assert_int_equal(t.buckets, before);
        } else if (!it->in && rng_chance(&g, grow_ppm)) {
            it->key = i;
            htab_insert(&t, &it->node, item_hash(i));
            it->in = true;
            count++;
            assert_true(t.buckets <= before + t.spread && t.buckets + 2 >= before);
        }
        assert_int_equal(htab_count(&t), count);
        if (step % 5000 == 0) {
            check_iteration(&t, items, N);
        }
    }
    while (count > 0) {
        struct hnode *h = htab_pop(&t);

        assert_non_null(h);
        assert_true(HTAB_ENTRY(h, struct item, node)->in);
        HTAB_ENTRY(h, struct item, node)->in = false;
        count--;
    }
    assert_null(htab_pop(&t));
    assert_null(htab_first(&t));
    htab_done(&t);
    assert_int_equal(m->used_bytes, 0);
    free(items);
}

static void htab_behaves(void **state) {
    struct mem m = test_mem(0);

    (void)state;
    htab_against_model(&m, htab_init);
    htab_against_model(&m, htab_init_sparse);
    assert_true(m.allocs > 5);
    assert_int_equal(m.fails, 0);
}

static void htab_works_without_memory(void **state) {
    struct mem none = test_mem(1);
    struct mem little = test_mem(1000);

    (void)state;
    htab_against_model(&none, htab_init);
    assert_int_equal(none.allocs, 0);
    assert_true(none.fails > 0);
    htab_against_model(&little, htab_init);
    htab_against_model(&little, htab_init_sparse);
    assert_true(little.allocs > 0 && little.fails > 0);
}

/* Nodes that have another one before them in their bucket; and the longest of these chains. */
static size_t htab_behind(const struct htab *t, size_t *ret_longest) {
    size_t behind = 0;

    *ret_longest = 0;
    for (struct hnode *h = htab_first(t); h; h = htab_next(t, h)) {
        size_t len = 0;

        for (struct hnode *c = h; c; c = c->next) {
            len++;
        }
        behind += h->next != NULL;
        *ret_longest = len > *ret_longest ? len : *ret_longest;
    }
    return behind;
}

/* Growing from 0 to @n nodes, no insertion splits more buckets than there should be for one node, and
 * chains stay short; a table that was filled and emptied gives its memory back as it is used. */
static size_t htab_fill_and_empty(htab_init_fn init, uint32_t n, size_t spread) {
    struct mem m = test_mem(0);
    struct item *items = calloc(n, sizeof(*items));
    struct htab t;
    size_t longest, behind;

    init(&t, &m);
    for (uint32_t i = 0; i < n; i++) {
        size_t before = t.buckets;

        items[i].key = i;
        htab_insert(&t, &items[i].node, item_hash(i));
        assert_true(t.buckets - before <= spread);
    }
    assert_int_equal(t.buckets, spread * n);
    behind = htab_behind(&t, &longest);
    assert_in_range(longest, 2, 24);
    for (uint32_t i = 1; i < n; i++) {
        htab_remove(&t, &items[i].node);
    }
    for (uint32_t i = 0; i < spread * n; i++) { /* one node comes and goes */
        htab_insert(&t, &items[1].node, item_hash(1));
        htab_remove(&t, &items[1].node);
    }
    assert_true(t.buckets < 24 * spread); /* eight times what two nodes want, and a little */
    assert_true(m.used_bytes < 1000 * spread);
    htab_done(&t);
    assert_int_equal(m.used_bytes, 0);
    free(items);
    return behind;
}

static void htab_grows_without_a_stop(void **state) {
    (void)state;
    htab_fill_and_empty(htab_init, 200000, 1);
}

/* With four buckets for each node one of eight shares its bucket with another; with one, more than a
 * third. */
static void htab_sparse_has_few_chains(void **state) {
    enum { N = 50000 };

    (void)state;
    assert_true(htab_fill_and_empty(htab_init, N, 1) > N / 3);
    assert_true(htab_fill_and_empty(htab_init_sparse, N, 4) < N / 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_vectors),
        cmocka_unit_test(siphash_words_vectors),
        cmocka_unit_test(rng_repeats),
        cmocka_unit_test(rng_below_is_even),
        cmocka_unit_test(htab_behaves),
        cmocka_unit_test(htab_works_without_memory),
        cmocka_unit_test(htab_grows_without_a_stop),
        cmocka_unit_test(htab_sparse_has_few_chains),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
