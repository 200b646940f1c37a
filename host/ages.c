/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ages.c - lists by age (ages.h)
 */
#include "host/ages.h"

void ages_add(struct ages *a, struct age_node *node, inl_time deadline) {
    node->older = a->newest;
    node->newer = NULL;
    node->deadline = deadline;
    if (node->older != NULL) {
        node->older->newer = node;
    } else {
        a->oldest = node;
    }
    a->newest = node;
    a->count++;
}

void ages_remove(struct ages *a, struct age_node *node) {
    if (node->older != NULL) {
        node->older->newer = node->newer;
    } else {
        a->oldest = node->newer;
    }
    if (node->newer != NULL) {
        node->newer->older = node->older;
    } else {
        a->newest = node->older;
    }
    a->count--;
}

void ages_renew(struct ages *a, struct age_node *node, inl_time deadline) {
    ages_remove(a, node);
    ages_add(a, node, deadline);
}

inl_time ages_deadline(const struct ages *a) {
    return a->oldest != NULL ? a->oldest->deadline : INL_TIME_NEVER;
}

struct age_node *ages_due(const struct ages *a, inl_time now) {
    return a->oldest != NULL && !inl_time_before(now, a->oldest->deadline) ? a->oldest : NULL;
}
