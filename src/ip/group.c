/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.c - groups of a link, and what their members want taken together (group.h)
 *
 * RFC 3376 3.2, RFC 3810 4.2: if one member excludes senders, the link excludes those that all such
 * members exclude and nobody includes; else it includes what any member does.
 */
#include "ip/group.h"
#include "base/siphash.h"
#include "ip/group_state.h"
#include "ip/link.h"

#include <errno.h>

struct group_key {
    const struct inl_addr *group;
    int link;
};

static uint64_t group_hash(const struct ip *ip, const struct group_key *k) {
    return siphash_addrs(ip->hash_key, k->group, &INL_ADDR_ANY, (uint32_t)k->link);
}

static bool group_match(const struct hnode *n, const void *key) {
    const struct ip_group *g = HTAB_ENTRY(n, struct ip_group, node);
    const struct group_key *k = key;

    return g->on->link == k->link && inl_addr_eq(&g->group, k->group);
}

struct ip_group *ip_group_find(const struct ip *ip, int link, const struct inl_addr *group) {
    const struct group_key key = {group, link};
    struct hnode *n = htab_find(&ip->groups.table, group_hash(ip, &key), group_match, &key);

    return n ? HTAB_ENTRY(n, struct ip_group, node) : NULL;
}

/* ---- life ---- */

void ip_groups_init(struct ip *ip, const struct inl_group_config *config) {
    htab_init(&ip->groups.table, &ip->env->mem);
    ip->groups.config = *config;
}

struct ip_group_link *ip_group_on(struct ip *ip, int link, bool v6) {
    struct ip_group_link *on = ip->groups.links[link][v6];

    if (on) {
        return on;
    }
    on = mem_zalloc(&ip->env->mem, sizeof(*on));
    if (!on) {
        return NULL;
    }
    on->link = link;
    on->v6 = v6;
    on->level = GROUP_LEVEL_V3;
    on->robustness = GROUP_ROBUSTNESS;
    on->interval_s = GROUP_INTERVAL_S;
    on->answered = (inl_time){-GROUP_ANSWER_GAP_NS};
    list_init(&on->groups);
    list_init(&on->pending);
    timer_init(&on->change, TIMER_IP_GROUP_CHANGE);
    timer_init(&on->answer, TIMER_IP_GROUP_ALL);
    ip->groups.links[link][v6] = on;
    return on;
}

static void group_free(struct ip *ip, struct ip_group *g) {
    struct mem *mem = &ip->env->mem;

    ip_group_forget(ip, g);
    htab_remove(&ip->groups.table, &g->node);
    list_del(&g->link_node);
    g->on->count--;
    group_filter_done(&g->filter, mem);
    mem_free(mem, g->changes, g->change_room * sizeof(g->changes[0]));
    mem_free(mem, g, sizeof(*g));
}

void ip_groups_done(struct ip *ip) {
    for (int i = 0; i < INL_LINKS_MAX; i++) {
        for (int v6 = 0; v6 < 2; v6++) {
            struct ip_group_link *on = ip->groups.links[i][v6];
            struct list *n;

            if (!on) {
                continue;
            }
            while ((n = list_first(&on->groups)) != NULL) {
                group_free(ip, LIST_ENTRY(n, struct ip_group, link_node));
            }
            ip_group_hush(ip, on);
            mem_free(&ip->env->mem, on, sizeof(*on));
        }
    }
    htab_done(&ip->groups.table);
}

void ip_group_settle(struct ip *ip, struct ip_group *g) {
    if (!g->busy && list_empty(&g->members) && g->holds == 0 && list_empty(&g->pending_node)) {
        group_free(ip, g);
    }
}

/* One that nobody wants any more goes before its time. */
static void group_make_room(struct ip *ip, struct ip_group_link *on) {
    struct list *it;

    LIST_FOREACH(it, &on->pending) {
        struct ip_group *g = LIST_ENTRY(it, struct ip_group, pending_node);

        if (!ip_group_live(g)) {
            group_free(ip, g);
            return;
        }
    }
}

int ip_group_get(struct ip *ip, int link, const struct inl_addr *group, struct ip_group **ret) {
    const struct group_key key = {group, link};
    struct ip_group *g = ip_group_find(ip, link, group);
    struct ip_group_link *on;

    if (g) {
        *ret = g;
        return 0;
    }
    on = ip_group_on(ip, link, !inl_addr_is4(group));
    if (!on) {
        return -ENOMEM;
    }
    if (on->count >= ip->groups.config.max_per_link) {
        group_make_room(ip, on);
    }
    if (on->count >= ip->groups.config.max_per_link) {
        return -ENOBUFS;
    }
    g = mem_zalloc(&ip->env->mem, sizeof(*g));
    if (!g) {
        return -ENOMEM;
    }
    g->group = *group;
    g->on = on;
    g->answered = (inl_time){-GROUP_ANSWER_GAP_NS};
    list_init(&g->members);
    list_init(&g->pending_node);
    timer_init(&g->answer, TIMER_IP_GROUP);
    list_add_tail(&on->groups, &g->link_node);
    on->count++;
    htab_insert(&ip->groups.table, &g->node, group_hash(ip, &key));
    *ret = g;
    return 0;
}

/* ---- what all want together ---- */

static const struct group_filter *member_filter(const struct list *it) {
    return &LIST_ENTRY(it, struct ip_member, group_node)->filter;
}

/* Somebody wants everything: then the others need not be asked. Somebody excludes: NULL or who. */
static bool merge_is_all(const struct ip_group *g, const struct group_filter **ret_excluder) {
    const struct list *it;

    *ret_excluder = NULL;
    if (g->holds > 0) {
        return true;
    }
    LIST_FOREACH(it, &g->members) {
        const struct group_filter *f = member_filter(it);

        if (group_filter_is_all(f)) {
            return true;
        }
        *ret_excluder = f->exclude ? f : *ret_excluder;
    }
    return false;
}

static bool merge_excluders(struct mem *mem, const struct ip_group *g,
                            const struct group_filter *first, struct group_filter *f) {
    const struct list *it;

    if (!group_filter_copy(f, mem, first)) {
        return false;
    }
    LIST_FOREACH(it, &g->members) {
        const struct group_filter *one = member_filter(it);

        group_filter_keep(f, one, one->exclude);
    }
    return true;
}

static bool merge_includers(struct mem *mem, const struct ip_group *g, struct group_filter *f) {
    const struct list *it;

    LIST_FOREACH(it, &g->members) {
        const struct group_filter *one = member_filter(it);

        for (uint16_t i = 0; i < one->count; i++) {
            if (!group_filter_add(f, mem, &one->sources[i])) {
                return false;
            }
        }
    }
    return true;
}

static int group_merge(struct ip *ip, const struct ip_group *g, struct group_filter *f) {
    struct mem *mem = &ip->env->mem;
    const struct group_filter *excluder;

    if (merge_is_all(g, &excluder)) {
        f->exclude = true;
        return 0;
    }
    if (!(excluder ? merge_excluders(mem, g, excluder, f) : merge_includers(mem, g, f))) {
        return -ENOMEM;
    }
    return f->count > 4 * ip->groups.config.max_sources ? -ENOBUFS : 0;
}

int ip_group_update(struct ip *ip, struct ip_group *g) {
    struct group_filter old = g->filter;
    struct group_filter f = {0};
    int err = group_merge(ip, g, &f);

    if (err || group_filter_eq(&f, &old)) {
        group_filter_done(&f, &ip->env->mem);
        return err;
    }
    g->filter = f;
    g->busy = true;
    ip_group_changed(ip, g, &old);
    g->busy = false;
    group_filter_done(&old, &ip->env->mem);
    return 0;
}

int ip_group_hold(struct ip *ip, int link, const struct inl_addr *group) {
    struct ip_group *g;
    int err = ip_group_get(ip, link, group, &g);

    if (err) {
        return err;
    }
    g->holds++;
    return ip_group_update(ip, g); /* everything is wanted: cannot fail */
}

void ip_group_release(struct ip *ip, int link, const struct inl_addr *group) {
    struct ip_group *g = ip_group_find(ip, link, group);

    if (g && g->holds > 0) {
        g->holds--;
        (void)ip_group_update(ip, g); /* without memory the link hears more than is wanted */
        ip_group_settle(ip, g);
    }
}

/* ---- questions ---- */

bool ip_group_is_everybodys(const struct inl_addr *group) {
    const struct inl_addr node = {{0xff, 1, [15] = 1}};
    const struct inl_addr link = {{0xff, 2, [15] = 1}};

    return inl_addr_is4(group) ? inl_addr_to4(group) == 0xe0000001u
                               : inl_addr_eq(group, &node) || inl_addr_eq(group, &link);
}

bool ip_group_joined(const struct ip *ip, int link, const struct inl_addr *group) {
    const struct ip_group *g;

    if (ip_group_is_everybodys(group)) {
        return true;
    }
    g = ip_group_find(ip, link, group);
    return g && ip_group_live(g);
}

enum inl_drop ip_group_hears(const struct ip *ip, int link, const struct inl_addr *group,
                             const struct inl_addr *src) {
    const struct ip_group *g;

    if (ip_group_is_everybodys(group)) {
        return INL_DROP_NONE;
    }
    g = ip_group_find(ip, link, group);
    if (!g || !ip_group_live(g)) {
        return INL_DROP_NOT_FOR_US;
    }
    return group_filter_wants(&g->filter, src) ? INL_DROP_NONE : INL_DROP_GROUP_SOURCE;
}

void ip_group_set_up(struct ip *ip, int link, bool up) {
    for (int v6 = 0; v6 < 2; v6++) {
        struct ip_group_link *on = ip->groups.links[link][v6];

        if (on) {
            ip_group_hush(ip, on);
            on->older_until[GROUP_LEVEL_V1] = ip->env->now; /* other queriers, perhaps */
            on->older_until[GROUP_LEVEL_V2] = ip->env->now;
            ip_group_level(ip, on);
        }
        if (on && up) {
            ip_group_tell_all(ip, on);
        }
    }
}

void ip_group_sourced(struct ip *ip, int link) {
    struct ip_group_link *on = ip->groups.links[link][1];

    if (on && on->sourceless) {
        on->sourceless = false;
        ip_group_tell_all(ip, on);
    }
}

static struct inl_group_info group_info(const struct ip_group *g) {
    struct inl_group_info info = {
        .group = g->group,
        .link = g->on->link,
        .exclude = g->filter.exclude,
        .sources = g->filter.count,
        .version = (uint8_t)(g->on->level - g->on->v6),
    };
    const struct list *it;

    LIST_FOREACH(it, &g->members) {
        info.sockets++;
    }
    return info;
}

static size_t snapshot_link(const struct ip_group_link *on, struct inl_group_info *out, size_t max,
                            size_t n) {
    const struct list *it;

    LIST_FOREACH(it, &on->groups) {
        const struct ip_group *g = LIST_ENTRY(it, struct ip_group, link_node);

        if (ip_group_live(g)) {
            if (n < max) {
                out[n] = group_info(g);
            }
            n++;
        }
    }
    return n;
}

size_t ip_group_snapshot(const struct ip *ip, struct inl_group_info *out, size_t max) {
    size_t n = 0;

    for (int i = 0; i < INL_LINKS_MAX; i++) {
        for (int v6 = 0; v6 < 2; v6++) {
            if (ip->groups.links[i][v6]) {
                n = snapshot_link(ip->groups.links[i][v6], out, max, n);
            }
        }
    }
    return n;
}
