/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_member.c - what one socket wants of groups (group_member.h), RFC 3678
 *
 * Each call either succeeds, or leaves socket and link as they were. A filter that wants nobody is
 * no membership.
 */
#include "ip/group_member.h"
#include "ip/group_state.h"
#include "ip/link.h"
#include "ip/route.h"

#include <errno.h>

static struct ip_member *member_find(const struct ip_members *ms, int link,
                                     const struct inl_addr *group) {
    const struct list *it;

    if (!ms) {
        return NULL;
    }
    LIST_FOREACH(it, &ms->list) {
        struct ip_member *m = LIST_ENTRY(it, struct ip_member, node);

        if ((link == 0 || m->group->on->link == link) && inl_addr_eq(&m->group->group, group)) {
            return m;
        }
    }
    return NULL;
}

static void member_free(struct ip *ip, struct ip_members **ms, struct ip_member *m) {
    struct mem *mem = &ip->env->mem;

    list_del(&m->node);
    group_filter_done(&m->filter, mem);
    mem_free(mem, m, sizeof(*m));
    if (--(*ms)->count == 0) {
        mem_free(mem, *ms, sizeof(**ms));
        *ms = NULL;
    }
}

static void member_leave(struct ip *ip, struct ip_members **ms, struct ip_member *m) {
    struct ip_group *g = m->group;

    list_del(&m->group_node);
    member_free(ip, ms, m);
    (void)ip_group_update(ip, g); /* without memory the link hears more than is wanted */
    ip_group_settle(ip, g);
}

/* A member without a group yet. */
static struct ip_member *member_new(struct mem *mem, struct ip_members **ms) {
    struct ip_member *m = mem_zalloc(mem, sizeof(*m));

    if (m && !*ms) {
        *ms = mem_zalloc(mem, sizeof(**ms));
        if (*ms) {
            list_init(&(*ms)->list);
        }
    }
    if (!m || !*ms) {
        mem_free(mem, m, sizeof(*m));
        return NULL;
    }
    list_add_tail(&(*ms)->list, &m->node);
    (*ms)->count++;
    return m;
}

/* A new member with a filter, which it takes over. */
static int member_enter(struct ip *ip, struct ip_members **ms, int link,
                        const struct inl_addr *group, struct group_filter *f) {
    struct mem *mem = &ip->env->mem;
    struct ip_member *m;
    int err;

    if (*ms && (*ms)->count >= ip->groups.config.max_per_socket) {
        return -ENOBUFS;
    }
    m = member_new(mem, ms);
    if (!m) {
        return -ENOMEM;
    }
    err = ip_group_get(ip, link, group, &m->group);
    if (err) {
        member_free(ip, ms, m);
        return err;
    }
    list_add_tail(&m->group->members, &m->group_node);
    m->filter = *f;
    err = ip_group_update(ip, m->group);
    if (err) {
        struct ip_group *g = m->group;

        list_del(&m->group_node);
        m->filter = (struct group_filter){0};
        member_free(ip, ms, m);
        ip_group_settle(ip, g);
        return err;
    }
    *f = (struct group_filter){0};
    return 0;
}

/* Gives a member another filter, which is taken over. */
static int member_change(struct ip *ip, struct ip_members **ms, struct ip_member *m,
                         struct group_filter *f) {
    struct group_filter old = m->filter;
    int err;

    if (group_filter_is_none(f)) {
        member_leave(ip, ms, m);
        return 0;
    }
    m->filter = *f;
    err = ip_group_update(ip, m->group);
    if (err) {
        m->filter = old;
        return err;
    }
    *f = old; /* for the caller to free */
    return 0;
}

/* ---- which link ---- */

int ip_group_default_link(const struct ip *ip, const struct inl_addr *group) {
    struct ip_hop hop;

    if (ip_route_lookup(ip, group, NULL, &hop) == 0 && hop.link != IP_LOOPBACK_LINK) {
        return hop.link;
    }
    for (int i = 1; i < INL_LINKS_MAX; i++) {
        if (ip_link_is_up(ip, i)) {
            return i;
        }
    }
    return 0;
}

static int join_link(const struct ip *ip, int link, const struct inl_addr *group, int *ret_link) {
    *ret_link = link ? link : ip_group_default_link(ip, group);
    return *ret_link > 0 && ip_link_exists(ip, *ret_link) ? 0 : -ENODEV;
}

/* ---- calls ---- */

static int join_any(struct ip *ip, struct ip_members **ms, int link, const struct inl_addr *group) {
    struct group_filter f = {.exclude = true};
    int err = join_link(ip, link, group, &link);

    if (err) {
        return err;
    }
    return member_find(*ms, link, group) ? -EADDRINUSE : member_enter(ip, ms, link, group, &f);
}

/* May this sender be put into the filter, or out of it? */
static int source_check(const struct ip *ip, const struct ip_member *m, bool exclude, bool add,
                        const struct inl_addr *source) {
    if (!m) {
        return add && !exclude ? 0 : -EADDRNOTAVAIL;
    }
    if (m->filter.exclude != exclude) {
        return -EINVAL;
    }
    if (group_filter_names(&m->filter, source) == add) {
        return -EADDRNOTAVAIL;
    }
    return add && m->filter.count >= ip->groups.config.max_sources ? -ENOBUFS : 0;
}

static int source_do(struct ip *ip, struct ip_members **ms, enum inl_group_op op, int link,
                     const struct inl_addr *group, const struct inl_addr *source) {
    bool exclude = op == INL_GROUP_BLOCK || op == INL_GROUP_UNBLOCK;
    bool add = op == INL_GROUP_BLOCK || op == INL_GROUP_JOIN_SOURCE;
    struct group_filter f = {.exclude = exclude};
    struct mem *mem = &ip->env->mem;
    struct ip_member *m;
    int err = op == INL_GROUP_JOIN_SOURCE ? join_link(ip, link, group, &link) : 0;

    if (err) {
        return err;
    }
    m = member_find(*ms, link, group);
    err = source_check(ip, m, exclude, add, source);
    if (err) {
        return err;
    }
    if (m && !group_filter_copy(&f, mem, &m->filter)) {
        return -ENOMEM;
    }
    if (!add) {
        group_filter_remove(&f, source);
    } else if (!group_filter_add(&f, mem, source)) {
        err = -ENOMEM;
    }
    if (!err) {
        err = m ? member_change(ip, ms, m, &f) : member_enter(ip, ms, link, group, &f);
    }
    group_filter_done(&f, mem);
    return err;
}

static bool source_ok(const struct inl_addr *source, const struct inl_addr *group) {
    return source && !inl_addr_is_any(source) && !inl_addr_is_multicast(source) &&
           inl_addr_is4(source) == inl_addr_is4(group);
}

int ip_member_do(struct ip *ip, struct ip_members **ms, enum inl_group_op op, int link,
                 const struct inl_addr *group, const struct inl_addr *source) {
    struct ip_member *m;

    if (!inl_addr_is_multicast(group) || link < 0 || link >= INL_LINKS_MAX) {
        return -EINVAL;
    }
    switch (op) {
    case INL_GROUP_JOIN:
        return join_any(ip, ms, link, group);
    case INL_GROUP_LEAVE:
        m = member_find(*ms, link, group);
        if (!m) {
            return -EADDRNOTAVAIL;
        }
        member_leave(ip, ms, m);
        return 0;
    case INL_GROUP_BLOCK:
    case INL_GROUP_UNBLOCK:
    case INL_GROUP_JOIN_SOURCE:
    case INL_GROUP_LEAVE_SOURCE:
        return source_ok(source, group) ? source_do(ip, ms, op, link, group, source) : -EINVAL;
    default:
        return -EINVAL;
    }
}

static int set_fill(struct ip *ip, const struct inl_addr *group, const struct inl_addr *sources,
                    size_t count, struct group_filter *f) {
    if (count > ip->groups.config.max_sources) {
        return -ENOBUFS;
    }
    for (size_t i = 0; i < count; i++) {
        if (!source_ok(&sources[i], group)) {
            return -EINVAL;
        }
        if (!group_filter_add(f, &ip->env->mem, &sources[i])) {
            return -ENOMEM;
        }
    }
    return 0;
}

int ip_member_set(struct ip *ip, struct ip_members **ms, int link, const struct inl_addr *group,
                  bool exclude, const struct inl_addr *sources, size_t count) {
    struct group_filter f = {.exclude = exclude};
    struct ip_member *m;
    int err;

    if (!inl_addr_is_multicast(group) || link < 0 || link >= INL_LINKS_MAX) {
        return -EINVAL;
    }
    err = join_link(ip, link, group, &link);
    err = err ? err : set_fill(ip, group, sources, count, &f);
    if (!err) {
        m = member_find(*ms, link, group);
        if (m) {
            err = member_change(ip, ms, m, &f);
        } else if (!group_filter_is_none(&f)) {
            err = member_enter(ip, ms, link, group, &f);
        }
    }
    group_filter_done(&f, &ip->env->mem);
    return err;
}

int ip_member_get(const struct ip_members *ms, int link, const struct inl_addr *group,
                  bool *ret_exclude, struct inl_addr *out, size_t max) {
    const struct ip_member *m = member_find(ms, link, group);

    if (!m) {
        return -EADDRNOTAVAIL;
    }
    *ret_exclude = m->filter.exclude;
    for (size_t i = 0; i < m->filter.count && i < max; i++) {
        out[i] = m->filter.sources[i];
    }
    return m->filter.count;
}

void ip_members_free(struct ip *ip, struct ip_members **ms) {
    while (*ms) {
        member_leave(ip, ms, LIST_ENTRY((*ms)->list.next, struct ip_member, node));
    }
}

bool ip_members_want(const struct ip_members *ms, bool all, const struct ip_rx *rx) {
    const struct ip_member *m;

    if (!inl_addr_is_multicast(&rx->dst)) {
        return true;
    }
    m = rx->link ? member_find(ms, rx->link, &rx->dst) : NULL;
    return m ? group_filter_wants(&m->filter, &rx->src) : all;
}
