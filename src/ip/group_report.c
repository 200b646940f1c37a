/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_report.c - when routers are told what is listened to (group.h)
 *
 * The newest version (RFC 3376 5, RFC 3810 6): a change is told at once, and robustness - 1 times
 * more, each after a random time of up to a second; all groups of a link together. A change of mode
 * is told with the whole filter, another one sender by sender. Answers to queries say what is so.
 *
 * Older versions (RFC 2236 3, RFC 2710 4 and 5, RFC 1112): a group has one timer for all its
 * reports, and another host's report takes its place. Filters are not told, only whether there is
 * anything that is wanted. Who reported last says when he leaves.
 *
 * What cannot be remembered for lack of memory is told as a whole: that takes none.
 */
#include "ip/group_state.h"
#include "ip/link.h"
#include "wire/ip6.h"

#include <string.h>

/* RFC 3376 5 and RFC 3810 6: all but all nodes, and what never leaves the host (scopes 0 and 1).
 * Where there are no link-layer addresses nobody solicits a node, so nobody needs to know. */
bool ip_group_reported(const struct ip *ip, const struct ip_group *g) {
    const struct ip_link *l = &ip->links[g->on->link];

    if (!ip->groups.config.report || !l->up || l->config.kind == INL_LINK_LOOPBACK) {
        return false;
    }
    if (list_empty(&g->members) && g->holds > 0 && l->config.kind != INL_LINK_ETHERNET) {
        return false;
    }
    return !ip_group_is_everybodys(&g->group) &&
           (inl_addr_is4(&g->group) || (g->group.b[1] & 0xf) > 1);
}

static inl_time report_in(struct ip *ip, inl_dur at_most) {
    return inl_time_add(ip->env->now, (inl_dur)rng_below(&ip->env->rng, (uint64_t)at_most) + 1);
}

void ip_group_forget(struct ip *ip, struct ip_group *g) {
    timer_cancel(&ip->env->wheel, &g->answer);
    list_del(&g->pending_node);
    group_filter_done(&g->asked, &ip->env->mem);
    g->change_count = 0;
    g->mode_left = 0;
    g->repeats = 0;
}

void ip_group_hush(struct ip *ip, struct ip_group_link *on) {
    struct list *it;
    struct list *tmp;

    timer_cancel(&ip->env->wheel, &on->change);
    timer_cancel(&ip->env->wheel, &on->answer);
    LIST_FOREACH_SAFE(it, tmp, &on->groups) {
        struct ip_group *g = LIST_ENTRY(it, struct ip_group, link_node);

        ip_group_forget(ip, g);
        g->last_reporter = false;
        ip_group_settle(ip, g);
    }
}

/* RFC 3376 7.2.1, RFC 3810 8.2.1: with another version all that is under way ends. */
bool ip_group_level(struct ip *ip, struct ip_group_link *on) {
    uint8_t level = GROUP_LEVEL_V3;

    if (inl_time_before(ip->env->now, on->older_until[GROUP_LEVEL_V1])) {
        level = GROUP_LEVEL_V1;
    } else if (inl_time_before(ip->env->now, on->older_until[GROUP_LEVEL_V2])) {
        level = GROUP_LEVEL_V2;
    }
    if (level == on->level) {
        return false;
    }
    on->level = level;
    ip_group_hush(ip, on);
    return true;
}

/* ---- changes, newest version ---- */

static struct group_change *change_find(struct ip_group *g, const struct inl_addr *source) {
    for (uint16_t i = 0; i < g->change_count; i++) {
        if (inl_addr_eq(&g->changes[i].source, source)) {
            return &g->changes[i];
        }
    }
    return NULL;
}

static bool change_room(struct ip *ip, struct ip_group *g) {
    uint16_t room = g->change_room ? (uint16_t)(g->change_room * 2) : 4;
    struct group_change *more;

    if (g->change_count < g->change_room) {
        return true;
    }
    more = room <= GROUP_CHANGES_MAX ? mem_alloc(&ip->env->mem, room * sizeof(*more)) : NULL;
    if (!more) {
        return false;
    }
    if (g->change_count) {
        memcpy(more, g->changes, g->change_count * sizeof(*more));
    }
    mem_free(&ip->env->mem, g->changes, g->change_room * sizeof(*more));
    g->changes = more;
    g->change_room = room;
    return true;
}

static void tell_mode(struct ip_group *g) {
    g->mode_left = g->on->robustness;
    g->change_count = 0;
}

static void change_note(struct ip *ip, struct ip_group *g, const struct inl_addr *source) {
    struct group_change *c = change_find(g, source);

    if (!c && change_room(ip, g)) {
        c = &g->changes[g->change_count++];
        c->source = *source;
    }
    if (c) {
        c->left = g->on->robustness;
    } else {
        tell_mode(g);
    }
}

/* Those that one list names and the other does not. */
static void change_note_all(struct ip *ip, struct ip_group *g, const struct group_filter *in,
                            const struct group_filter *not_in) {
    for (uint16_t i = 0; i < in->count; i++) {
        if (!group_filter_names(not_in, &in->sources[i])) {
            change_note(ip, g, &in->sources[i]);
        }
    }
}

static void tell_now(struct ip *ip, struct ip_group *g) {
    if (list_empty(&g->pending_node)) {
        list_add_tail(&g->on->pending, &g->pending_node);
    }
    timer_arm(&ip->env->wheel, &g->on->change, ip->env->now);
}

/* ---- changes, older versions ---- */

static void old_begin(struct ip *ip, struct ip_group *g) {
    g->repeats = g->on->robustness;
    g->last_reporter = false;
    timer_arm(&ip->env->wheel, &g->answer, ip->env->now);
}

static void old_end(struct ip *ip, struct ip_group *g) {
    timer_cancel(&ip->env->wheel, &g->answer);
    g->repeats = 0;
    if (g->last_reporter && g->on->level == GROUP_LEVEL_V2) { /* version 1 has no leaving */
        ip_group_send_old(ip, g, GROUP_LEAVE, INL_CAUSE_GROUP_LEAVE);
    }
    g->last_reporter = false;
}

static void old_timer(struct ip *ip, struct ip_group *g) {
    ip_group_send_old(ip, g, GROUP_REPORT,
                      g->repeats ? INL_CAUSE_GROUP_CHANGE : INL_CAUSE_GROUP_ANSWER);
    g->last_reporter = true;
    g->answered = ip->env->now;
    g->repeats = (uint8_t)(g->repeats ? g->repeats - 1 : 0);
    if (g->repeats > 0) {
        timer_arm(&ip->env->wheel, &g->answer, report_in(ip, GROUP_REPEAT_OLD_NS));
    }
}

void ip_group_changed(struct ip *ip, struct ip_group *g, const struct group_filter *old) {
    bool was = !group_filter_is_none(old);

    ip_group_level(ip, g->on);
    if (!ip_group_live(g)) { /* nobody is left to be told about by an answer */
        timer_cancel(&ip->env->wheel, &g->answer);
        group_filter_done(&g->asked, &ip->env->mem);
    }
    if (!ip_group_reported(ip, g)) {
        return;
    }
    if (g->on->level < GROUP_LEVEL_V3) {
        if (was != ip_group_live(g)) {
            (was ? old_end : old_begin)(ip, g);
        }
        return;
    }
    if (old->exclude != g->filter.exclude) {
        tell_mode(g);
    } else {
        change_note_all(ip, g, old, &g->filter);
        change_note_all(ip, g, &g->filter, old);
    }
    tell_now(ip, g);
}

void ip_group_tell_all(struct ip *ip, struct ip_group_link *on) {
    struct list *it;

    LIST_FOREACH(it, &on->groups) {
        struct ip_group *g = LIST_ENTRY(it, struct ip_group, link_node);

        if (!ip_group_live(g) || !ip_group_reported(ip, g)) {
            continue;
        }
        if (on->level < GROUP_LEVEL_V3) {
            old_begin(ip, g);
        } else {
            tell_mode(g);
            tell_now(ip, g);
        }
    }
}

/* Senders that are wanted by now, or are not, out of those that have changed. */
static void add_changes(struct group_report *r, struct ip_group *g, bool wanted) {
    struct inl_addr sources[GROUP_CHANGES_MAX];
    uint16_t n = 0;

    for (uint16_t i = 0; i < g->change_count; i++) {
        if (group_filter_wants(&g->filter, &g->changes[i].source) == wanted) {
            sources[n++] = g->changes[i].source;
        }
    }
    if (n > 0) {
        ip_group_report_add(r, wanted ? GROUP_ALLOW : GROUP_BLOCK, &g->group, sources, n);
    }
}

/* One time less. False: that was the last time. */
static bool change_told(struct ip_group *g) {
    uint16_t n = 0;

    g->mode_left = (uint8_t)(g->mode_left ? g->mode_left - 1 : 0);
    for (uint16_t i = 0; i < g->change_count; i++) {
        if (--g->changes[i].left > 0) {
            g->changes[n++] = g->changes[i];
        }
    }
    g->change_count = n;
    return g->mode_left > 0 || n > 0;
}

static void change_timer(struct ip *ip, struct ip_group_link *on) {
    struct group_report r = {.ip = ip, .on = on, .cause = INL_CAUSE_GROUP_CHANGE};
    struct list *it;
    struct list *tmp;

    LIST_FOREACH_SAFE(it, tmp, &on->pending) {
        struct ip_group *g = LIST_ENTRY(it, struct ip_group, pending_node);

        if (g->mode_left > 0) {
            ip_group_report_add(&r, g->filter.exclude ? GROUP_TO_EXCLUDE : GROUP_TO_INCLUDE,
                                &g->group, g->filter.sources, g->filter.count);
        } else {
            add_changes(&r, g, true);
            add_changes(&r, g, false);
        }
        if (!change_told(g)) {
            list_del(&g->pending_node);
            ip_group_settle(ip, g);
        }
    }
    ip_group_report_end(&r);
    if (!list_empty(&on->pending)) {
        timer_arm(&ip->env->wheel, &on->change, report_in(ip, GROUP_REPEAT_NS));
    }
}

/* ---- answers, newest version ---- */

static void answer_whole(struct group_report *r, const struct ip_group *g) {
    ip_group_report_add(r, g->filter.exclude ? GROUP_IS_EXCLUDE : GROUP_IS_INCLUDE, &g->group,
                        g->filter.sources, g->filter.count);
}

static void answer_all(struct ip *ip, struct ip_group_link *on) {
    struct group_report r = {.ip = ip, .on = on, .cause = INL_CAUSE_GROUP_ANSWER};
    struct list *it;

    on->answered = ip->env->now;
    LIST_FOREACH(it, &on->groups) {
        const struct ip_group *g = LIST_ENTRY(it, struct ip_group, link_node);

        if (ip_group_live(g) && ip_group_reported(ip, g)) {
            answer_whole(&r, g);
        }
    }
    ip_group_report_end(&r);
}

/* About the whole group, or those senders of the question that are wanted (RFC 3376 5.2). */
static void answer_group(struct ip *ip, struct ip_group *g) {
    struct group_report r = {.ip = ip, .on = g->on, .cause = INL_CAUSE_GROUP_ANSWER};

    g->answered = ip->env->now;
    if (g->asked.count == 0) {
        answer_whole(&r, g);
    } else {
        group_filter_keep(&g->asked, &g->filter, !g->filter.exclude);
        if (g->asked.count > 0) {
            ip_group_report_add(&r, GROUP_IS_INCLUDE, &g->group, g->asked.sources, g->asked.count);
        }
    }
    group_filter_done(&g->asked, &ip->env->mem);
    ip_group_report_end(&r);
}

/* ---- timers ---- */

static void group_timer(struct ip *ip, struct ip_group *g) {
    if (ip_group_level(ip, g->on) || !ip_group_live(g) || !ip_group_reported(ip, g)) {
        return;
    }
    if (g->on->level < GROUP_LEVEL_V3) {
        old_timer(ip, g);
    } else {
        answer_group(ip, g);
    }
}

void ip_group_timer(struct ip *ip, struct timer *timer) {
    struct ip_group_link *on;

    switch (timer->kind) {
    case TIMER_IP_GROUP:
        group_timer(ip, TIMER_ENTRY(timer, struct ip_group, answer));
        break;
    case TIMER_IP_GROUP_CHANGE:
        on = TIMER_ENTRY(timer, struct ip_group_link, change);
        if (!ip_group_level(ip, on)) {
            change_timer(ip, on);
        }
        break;
    default:
        on = TIMER_ENTRY(timer, struct ip_group_link, answer);
        if (!ip_group_level(ip, on)) {
            answer_all(ip, on);
        }
        break;
    }
}
