/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * split.h - where losses happen: in the nodes of a way, or on the links between them
 *
 * Each node of the way was asked so often, and so many answers are missing. A probe to a node passes
 * every link before it, so what a link loses is missing of all nodes behind it. Hence the least loss
 * of a node and of all behind it is what the way up to there loses, and where it grows, the link
 * between is to blame. What a node loses beyond that it loses itself: routers answer when they have
 * nothing better to do.
 */
#ifndef TOOLS_PATHPING_SPLIT_H
#define TOOLS_PATHPING_SPLIT_H

#include <stddef.h>
#include <stdint.h>

struct split {
    uint64_t sent, lost; /* given */
    double link, node;   /* found: shares, 0 to 1; @link: of the link before the node */
};

/* @n nodes in the order of the way. One with sent == 0 (it is not known) has no part in it. */
void split_losses(struct split *nodes, size_t n);

#endif
