/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c - chains behind a power-of-two array that doubles when it is full
 *
 * The doubling moves all nodes at once: tables here hold sockets of real programs, thousands at
 * most, and no packet waits for it.
 */
#include "host/table.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_BUCKETS 64

static size_t slot(const struct table *t, uint64_t key) {
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (t->buckets - 1);
}

void table_init(struct table *t) {
    *t = (struct table){0};
}

void table_done(struct table *t) {
    free(t->bucket);
    *t = (struct table){0};
}

static int grow(struct table *t) {
    struct table bigger = {.buckets = t->buckets ? t->buckets * 2 : FIRST_BUCKETS};

    bigger.bucket = calloc(bigger.buckets, sizeof(struct table_node *));
    if (bigger.bucket == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < t->buckets; i++) {
        while (t->bucket[i] != NULL) {
            struct table_node *node = t->bucket[i];
            size_t to = slot(&bigger, node->key);

            t->bucket[i] = node->next;
            node->next = bigger.bucket[to];
            bigger.bucket[to] = node;
        }
    }
    free(t->bucket);
    t->bucket = bigger.bucket;
    t->buckets = bigger.buckets;
    return 0;
}

int table_insert(struct table *t, struct table_node *node, uint64_t key) {
    if (t->count >= t->buckets && grow(t) < 0 && t->buckets == 0) {
        return -ENOMEM;
    }
    size_t at = slot(t, key);

    node->key = key;
    node->next = t->bucket[at];
    t->bucket[at] = node;
    t->count++;
    return 0;
}

void table_remove(struct table *t, struct table_node *node) {
    if (t->buckets == 0) {
        return;
    }
    struct table_node **link = &t->bucket[slot(t, node->key)];

    while (*link != NULL && *link != node) {
        link = &(*link)->next;
    }
    if (*link == node) {
        *link = node->next;
        node->next = NULL;
        t->count--;
    }
}

struct table_node *table_find(const struct table *t, uint64_t key) {
    struct table_node *node = t->buckets ? t->bucket[slot(t, key)] : NULL;

    while (node != NULL && node->key != key) {
        node = node->next;
    }
    return node;
}

struct table_node *table_next(const struct table *t, const struct table_node *node) {
    size_t at = 0;

    if (node != NULL) {
        if (node->next != NULL) {
            return node->next;
        }
        at = slot(t, node->key) + 1;
    }
    while (at < t->buckets && t->bucket[at] == NULL) {
        at++;
    }
    return at < t->buckets ? t->bucket[at] : NULL;
}

struct table_node *table_any(const struct table *t) {
    return table_next(t, NULL);
}
