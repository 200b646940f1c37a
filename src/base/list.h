/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * list.h - intrusive circular doubly linked list
 *
 * Head and nodes are the same struct. A node that is on no list points to itself, so list_del()
 * may be called twice and list_empty() on a node asks "is it on no list?".
 *
 * Invariant: n->next->prev == n and n->prev->next == n.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct list - a list's head, or a node inside a struct */
struct list {
    struct list *next;
    struct list *prev;
};

/** list_init() - makes an empty head, or a node on no list; needed before anything else */
static inline void list_init(struct list *l) {
    l->next = l;
    l->prev = l;
}

/** list_empty() - has the head no nodes (or: is the node on no list)? */
static inline bool list_empty(const struct list *l) {
    return l->next == l;
}

static inline void list_insert_between(struct list *n, struct list *prev, struct list *next) {
    n->prev = prev;
    n->next = next;
    prev->next = n;
    next->prev = n;
}

/** list_add_tail() - puts @n last; it must be on no list */
static inline void list_add_tail(struct list *head, struct list *n) {
    list_insert_between(n, head->prev, head);
}

/** list_add_head() - puts @n first; it must be on no list */
static inline void list_add_head(struct list *head, struct list *n) {
    list_insert_between(n, head, head->next);
}

/** list_del() - takes @n off its list and initialises it; harmless if it is on none */
static inline void list_del(struct list *n) {
    n->prev->next = n->next;
    n->next->prev = n->prev;
    list_init(n);
}

/** list_first() - the first node, or NULL */
static inline struct list *list_first(const struct list *head) {
    return list_empty(head) ? NULL : head->next;
}

/** list_pop() - takes the first node off and returns it, or NULL */
static inline struct list *list_pop(struct list *head) {
    struct list *n = head->next;

    if (n == head) {
        return NULL;
    }
    head->next = n->next;
    n->next->prev = head;
    list_init(n);
    return n;
}

/** list_splice_tail() - moves all nodes of @from behind those of @to; @from becomes empty */
static inline void list_splice_tail(struct list *to, struct list *from) {
    if (list_empty(from)) {
        return;
    }
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

/** LIST_ENTRY() - the struct of @type whose @member is the node at @ptr (not NULL) */
#define LIST_ENTRY(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

/** LIST_FOREACH() - @it (struct list *) over all nodes; the list must not change */
#define LIST_FOREACH(it, head) for ((it) = (head)->next; (it) != (head); (it) = (it)->next)

/** LIST_FOREACH_SAFE() - the same; the body may delete @it. @tmp is another struct list *. */
#define LIST_FOREACH_SAFE(it, tmp, head)                                                           \
    for ((it) = (head)->next, (tmp) = (it)->next; (it) != (head); (it) = (tmp), (tmp) = (it)->next)

#endif
