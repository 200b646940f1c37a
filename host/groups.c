/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * groups.c - what programs want of multicast groups, on the lab's side
 */
#include "host/groups.h"

#include <errno.h>
#include <inlet/group.h>
#include <inlet/net.h>

#define ADDRS_MAX 256

/* The link that has an address of ours, or -EADDRNOTAVAIL; an address of a link: of IPv4, any. */
static int link_of(const struct inl_stack *stack, const struct inl_addr *via) {
    struct inl_addr_info infos[ADDRS_MAX];
    size_t n = inl_addr_snapshot(stack, infos, ADDRS_MAX);

    for (size_t i = 0; i < n && i < ADDRS_MAX; i++) {
        if (inl_addr_eq(&infos[i].addr, via)) {
            return infos[i].link;
        }
    }
    return -ENODEV;
}

static struct inl_addr address_of(const struct inl_stack *stack, int link) {
    struct inl_addr_info infos[ADDRS_MAX];
    size_t n = link ? inl_addr_snapshot(stack, infos, ADDRS_MAX) : 0;

    for (size_t i = 0; i < n && i < ADDRS_MAX; i++) {
        if (infos[i].link == link && inl_addr_is4(&infos[i].addr)) {
            return infos[i].addr;
        }
    }
    return inl_addr_any4();
}

static int do_link(struct inl_stack *stack, inl_sock s, int link) {
    return inl_setsockopt(stack, s, INL_OPT_MULTICAST_LINK, link);
}

static int get_link(struct inl_stack *stack, inl_sock s, struct proto_group *g) {
    int64_t link = 0;
    int err = inl_getsockopt(stack, s, INL_OPT_MULTICAST_LINK, &link);

    g->via = address_of(stack, (int)link);
    return err;
}

int groups_do(struct inl_stack *stack, inl_sock s, struct proto_group *g) {
    int link = (int)g->link;
    bool exclude = false;
    int n;

    if (g->count > PROTO_GROUP_SOURCES_MAX || link < 0) {
        return -EINVAL;
    }
    if (link == 0 && !inl_addr_is_any(&g->via)) {
        link = link_of(stack, &g->via);
        if (link < 0) {
            return g->op == PROTO_GROUP_LINK ? -EADDRNOTAVAIL : link;
        }
    }
    switch (g->op) {
    case PROTO_GROUP_LINK:
        return do_link(stack, s, link);
    case PROTO_GROUP_GET_LINK:
        return get_link(stack, s, g);
    case PROTO_GROUP_SET:
        return inl_group_set_filter(stack, s, link, &g->group, g->exclude, g->sources, g->count);
    case PROTO_GROUP_GET:
        n = inl_group_get_filter(stack, s, link, &g->group, &exclude, g->sources,
                                 PROTO_GROUP_SOURCES_MAX);
        g->exclude = exclude;
        g->count = n > 0 ? (uint32_t)n : 0;
        return n < 0 ? n : 0;
    default:
        return inl_group(stack, s, (enum inl_group_op)g->op, link, &g->group,
                         g->count ? &g->sources[0] : NULL);
    }
}
