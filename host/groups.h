/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * groups.h - what programs want of multicast groups, on the lab's side
 */
#ifndef HOST_GROUPS_H
#define HOST_GROUPS_H

#include "host/proto.h"

struct inl_stack;

/* Does what *g says, which need not be true; answers stand in *g. 0 or -errno. */
int groups_do(struct inl_stack *stack, inl_sock s, struct proto_group *g);

#endif
