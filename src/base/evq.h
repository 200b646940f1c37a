/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * evq.h - who has something to tell
 *
 * Sockets collect event flags and stand in the queue once, however much happens to them, so
 * the queue is bounded by the number of sockets and needs no memory of its own.
 */
#ifndef BASE_EVQ_H
#define BASE_EVQ_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct evq - nodes with news, oldest first */
struct evq {
    struct list head;
};

/**
 * struct evnode - a teller, inside its owner's struct
 * @node:  place in the queue
 * @flags: what happened since evnode_take()
 * @owner: whose it is
 */
struct evnode {
    struct list node;
    uint32_t flags;
    void *owner;
};

static inline void evq_init(struct evq *q) {
    list_init(&q->head);
}

static inline void evnode_init(struct evnode *n, void *owner) {
    list_init(&n->node);
    n->flags = 0;
    n->owner = owner;
}

/** evq_post() - adds @flags to the node's and queues it, unless it is queued; 0 changes nothing */
static inline void evq_post(struct evq *q, struct evnode *n, uint32_t flags) {
    n->flags |= flags;
    if (flags && list_empty(&n->node)) {
        list_add_tail(&q->head, &n->node);
    }
}

/** evq_empty() - has nobody anything to tell? */
static inline bool evq_empty(const struct evq *q) {
    return list_empty(&q->head);
}

/** evq_pop() - the node that waits longest, taken off, or NULL; then call evnode_take() */
static inline struct evnode *evq_pop(struct evq *q) {
    struct list *l = list_pop(&q->head);

    return l ? LIST_ENTRY(l, struct evnode, node) : NULL;
}

/** evnode_take() - the node's flags, which are cleared */
static inline uint32_t evnode_take(struct evnode *n) {
    uint32_t flags = n->flags;

    n->flags = 0;
    return flags;
}

/** evnode_cancel() - takes the node off and clears its flags; before its owner goes */
static inline void evnode_cancel(struct evnode *n) {
    list_del(&n->node);
    n->flags = 0;
}

#endif
