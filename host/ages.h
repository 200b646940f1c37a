/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ages.h - a list of things that end when they have not been used for a time
 *
 * Intrusive: a node lives in what ends. All nodes of a list wait equally long, so the order in
 * which they are added is that of their deadlines, and the oldest one has the earliest.
 */
#ifndef HOST_AGES_H
#define HOST_AGES_H

#include <inlet/types.h>
#include <stddef.h>
#include <stdint.h>

struct age_node {
    struct age_node *older, *newer;
    inl_time deadline;
};

/* All zero: empty. */
struct ages {
    struct age_node *oldest, *newest;
    unsigned count;
};

/* The struct that a node is a member of. */
#define AGES_ENTRY(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

/* @deadline: not before those of the list. */
void ages_add(struct ages *a, struct age_node *node, inl_time deadline);
void ages_remove(struct ages *a, struct age_node *node);
/* It was used: from now on it is the newest. */
void ages_renew(struct ages *a, struct age_node *node, inl_time deadline);
/* Of the oldest; INL_TIME_NEVER if there is none. */
inl_time ages_deadline(const struct ages *a);
/* The oldest, if its time has come; else NULL. */
struct age_node *ages_due(const struct ages *a, inl_time now);

#endif
