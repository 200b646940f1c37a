/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lpm_test.c - the table of prefixes against a plain list, and without memory
 */
#include "net.h"

#include "ip/lpm.h"

#include <inlet/malloc.h>

enum { PREFIXES = 700, STEPS = 20000, FRONT_MIN = 160 }; /* as many of IPv4 come and go */

struct model {
    struct mem mem;
    struct lpm table;
    struct rng rng;
    struct lpm_leaf leaf[PREFIXES];
    bool in[PREFIXES];
    void *value[PREFIXES]; /* of two in three */
    bool seen[PREFIXES], last_is4;
    size_t seen_count;
    size_t count;
};

static void model_start(struct model *m) {
    const struct inl_alloc alloc = inl_malloc();

    *m = (struct model){.count = 0};
    mem_init(&m->mem, &alloc, 0);
    lpm_init(&m->table, &m->mem);
    m->table.front_min = FRONT_MIN;
    rng_init(&m->rng, (const uint8_t *)"sixteen bytes...");
}

static void model_stop(struct model *m) {
    struct lpm_leaf *leaf;

    while ((leaf = lpm_any(&m->table)) != NULL) {
        lpm_remove(&m->table, leaf);
        assert_true(!m->table.front || m->table.count4 >= FRONT_MIN / 2);
    }
    assert_int_equal(m->mem.blocks, 0);
    lpm_done(&m->table);
}

/* Few values for each byte, so that prefixes lie inside each other at every length. */
static struct inl_addr some_addr(struct model *m) {
    bool is4 = rng_u32(&m->rng) & 1;
    struct inl_addr a = is4 ? inl_addr_any4() : inl_addr_any6();

    for (unsigned i = is4 ? 12 : 0; i < 16; i++) {
        static const uint8_t bytes[] = {0, 0, 0x80, 0x81, 0xff, 0x10};

        a.b[i] = bytes[rng_below(&m->rng, sizeof(bytes))];
    }
    return a;
}

static struct lpm_leaf *model_match(struct model *m, const struct inl_addr *addr, unsigned below) {
    struct lpm_leaf *best = NULL;

    for (int i = 0; i < PREFIXES; i++) {
        struct lpm_leaf *l = &m->leaf[i];

        if (m->in[i] && l->bits < below && inl_addr_is4(&l->dst) == inl_addr_is4(addr) &&
            inl_addr_match(addr, &l->dst, l->bits) && (!best || l->bits > best->bits)) {
            best = l;
        }
    }
    return best;
}

/* Draws a prefix for an unused leaf: false if it is in the table already. */
static bool some_leaf(struct model *m, int i) {
    struct inl_addr a = some_addr(m);
    bool is4 = inl_addr_is4(&a);
    unsigned bits = (is4 ? 96 : 0) + (unsigned)rng_below(&m->rng, is4 ? 33 : 129);

    m->leaf[i] = (struct lpm_leaf){inl_addr_mask(&a, bits), (uint8_t)bits};
    if (inl_addr_is4(&m->leaf[i].dst) != is4) {
        return false;
    }
    return !lpm_find(&m->table, &a, bits);
}

static void model_step(struct model *m) {
    int i = (int)rng_below(&m->rng, PREFIXES);

    if (m->in[i]) {
        lpm_remove(&m->table, &m->leaf[i]);
        m->in[i] = false;
        m->count--;
    } else if (some_leaf(m, i)) {
        assert_int_equal(lpm_insert(&m->table, &m->leaf[i]), 0);
        m->in[i] = true;
        m->count++;
        m->value[i] = rng_below(&m->rng, 3) > 0 ? &m->value[i] : NULL;
        if (m->value[i] || rng_below(&m->rng, 2)) {
            lpm_set_value(&m->table, &m->leaf[i], m->value[i]);
        }
    }
    assert_int_equal(m->table.count, m->count);
    /* a node and its array for each prefix, and as many where ways part; the roots' arrays, and the
     * front */
    assert_true(m->mem.blocks <= 4 * m->count + 3);
    assert_true(m->table.front || m->table.count4 < FRONT_MIN);
}

static void count_leaf(void *ctx, struct lpm_leaf *leaf) {
    struct model *m = ctx;
    ptrdiff_t i = leaf - m->leaf;

    assert_in_range(i, 0, PREFIXES - 1);
    assert_true(m->in[i]);
    assert_false(m->seen[i]); /* each once */
    m->seen[i] = true;
    assert_true(m->seen_count == 0 || !inl_addr_is4(&leaf->dst) || m->last_is4);
    m->last_is4 = inl_addr_is4(&leaf->dst);
    m->seen_count++;
}

/* Every prefix is visited once, those of IPv4 first. */
static void check_each(struct model *m) {
    memset(m->seen, 0, sizeof(m->seen));
    m->seen_count = 0;
    lpm_each(&m->table, count_leaf, m);
    assert_int_equal(m->seen_count, m->count);
}

static void test_model(void **state) {
    static struct model m;
    int with_front = 0;

    (void)state;
    model_start(&m);
    check_each(&m);
    for (int n = 0; n < STEPS; n++) {
        struct inl_addr a = some_addr(&m);
        unsigned below = LPM_BITS_MAX + 1;
        struct lpm_leaf *found = lpm_match(&m.table, &a, below);

        void *const *spot = lpm_spot(&m.table, &a);
        uint64_t changes = m.table.changes;
        size_t count = m.table.count;

        assert_true(spot ? *spot == m.value[found - m.leaf] : !found);
        assert_ptr_equal(lpm_value(&m.table, &a), spot ? *spot : NULL);
        model_step(&m);
        assert_true(m.table.changes != changes || m.table.count == count);
        with_front += m.table.front != NULL;
        if (n % 100 == 0) {
            check_each(&m);
        }
        do {
            found = lpm_match(&m.table, &a, below);
            assert_ptr_equal(found, model_match(&m, &a, below));
            below = found ? found->bits : 0;
        } while (found);
    }
    assert_in_range(with_front, STEPS / 4, STEPS - STEPS / 100);
    model_stop(&m);
}

/* A refused allocation leaves the table as it was. */
static void test_no_memory(void **state) {
    static struct model m;
    unsigned refused = 0;

    (void)state;
    model_start(&m);
    for (int i = 0; i < PREFIXES; i++) {
        uint64_t blocks = m.mem.blocks;

        if (!some_leaf(&m, i)) {
            continue;
        }
        /* the front is another matter: without it the prefix is in all the same */
        for (int64_t n = 0;; n++) {
            int err;

            mem_fail_after(&m.mem, n);
            err = lpm_insert(&m.table, &m.leaf[i]);
            mem_fail_after(&m.mem, -1);
            if (err == 0) {
                break;
            }
            assert_int_equal(err, -ENOMEM);
            assert_int_equal(m.mem.blocks, blocks);
            assert_null(lpm_find(&m.table, &m.leaf[i].dst, m.leaf[i].bits));
            refused++;
        }
        assert_ptr_equal(lpm_find(&m.table, &m.leaf[i].dst, m.leaf[i].bits), &m.leaf[i]);
        assert_non_null(lpm_spot(&m.table, &m.leaf[i].dst));
    }
    assert_true(refused > PREFIXES / 2);
    model_stop(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
