/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * split.c - where losses happen: in the nodes of a way, or on the links between them
 */
#include "tools/pathping/split.h"

static double loss_of(const struct split *s) {
    return s->sent > 0 ? (double)s->lost / (double)s->sent : 1;
}

void split_losses(struct split *nodes, size_t n) {
    double least = 1, before = 0;

    /* From the far end: the least loss of each node and all behind it, kept in `link`. */
    for (size_t i = n; i-- > 0;) {
        double loss = loss_of(&nodes[i]);

        least = nodes[i].sent > 0 && loss < least ? loss : least;
        nodes[i].link = least;
    }
    for (size_t i = 0; i < n; i++) {
        double here = nodes[i].link;

        nodes[i].node = 0;
        nodes[i].link = 0;
        if (nodes[i].sent > 0) {
            nodes[i].node = loss_of(&nodes[i]) - here;
            nodes[i].link = here - before;
            before = here;
        }
    }
}
