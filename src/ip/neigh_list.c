/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh_list.c - the neighbour cache as people see it (inlet/info.h)
 */
#include "ip/neigh.h"
#include "ip/state.h"

#include <string.h>

static enum inl_neigh_state neigh_public_state(enum neigh_state state) {
    static const enum inl_neigh_state names[] = {
        [NEIGH_INCOMPLETE] = INL_NEIGH_INCOMPLETE, [NEIGH_REACHABLE] = INL_NEIGH_REACHABLE,
        [NEIGH_STALE] = INL_NEIGH_STALE,           [NEIGH_DELAY] = INL_NEIGH_DELAY,
        [NEIGH_PROBE] = INL_NEIGH_PROBE,           [NEIGH_UNREACHABLE] = INL_NEIGH_UNREACHABLE,
        [NEIGH_FAILED] = INL_NEIGH_FAILED,         [NEIGH_PERMANENT] = INL_NEIGH_PERMANENT,
    };

    return names[state];
}

size_t ip_neigh_list(const struct ip *ip, struct inl_neigh_info *out, size_t max) {
    const struct list *lists[] = {&ip->neighs.permanent, &ip->neighs.resolved,
                                  &ip->neighs.unresolved};
    size_t count = 0;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct list *it;

        LIST_FOREACH(it, lists[i]) {
            const struct neigh *n = LIST_ENTRY(it, struct neigh_rest, lru)->neigh;

            if (count < max) {
                out[count] =
                    (struct inl_neigh_info){.addr = n->addr,
                                            .link = n->link,
                                            .state = neigh_public_state((enum neigh_state)n->state),
                                            .router = n->router};
                memcpy(out[count].mac, n->mac, sizeof(n->mac));
            }
            count++;
        }
    }
    return count;
}
