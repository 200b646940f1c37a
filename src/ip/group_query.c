/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_query.c - what routers ask about groups, and what other hosts report (group.h)
 *
 * Believed is only what a router of this link can have sent: a TTL or hop limit of 1, the router
 * alert, in IPv6 a link-local source (RFC 3376 9.1, RFC 3810 6.2); what asks about all groups comes
 * to all nodes, or to us alone. A fast series of questions gets no fast series of answers: between
 * two of them GROUP_ANSWER_GAP_NS pass, and one that waits stands for all.
 *
 * Versions: a query of an older version makes us speak that one for as long as RFC 3376 8.12 and
 * RFC 3810 9.12 say; the oldest wins.
 */
#include "ip/group_state.h"
#include "ip/io.h"

#define IGMP_ALL_NODES 0xe0000001u

/* ---- questions ---- */

static void query_heed_version(struct ip *ip, struct ip_group_link *on, const struct group_msg *m) {
    unsigned level = (unsigned)m->version + on->v6;
    inl_dur until;

    if (level == GROUP_LEVEL_V3) {
        on->robustness = m->robustness ? m->robustness : GROUP_ROBUSTNESS;
        on->interval_s = m->interval_s ? m->interval_s : GROUP_INTERVAL_S;
        if (on->interval_s > GROUP_INTERVAL_MAX_S) {
            on->interval_s = GROUP_INTERVAL_MAX_S;
        }
    } else if (inl_addr_is_any(&m->group)) {
        until = (inl_dur)on->robustness * on->interval_s * INL_S + m->max_resp_ns;
        on->older_until[level] = inl_time_add(ip->env->now, until);
    }
    ip_group_level(ip, on);
}

static inl_time query_answer_at(struct ip *ip, const struct group_msg *m, inl_time answered) {
    inl_dur wait = (inl_dur)rng_below(&ip->env->rng, (uint64_t)m->max_resp_ns + 1);

    return inl_time_max(inl_time_add(ip->env->now, wait),
                        inl_time_add(answered, GROUP_ANSWER_GAP_NS));
}

/* RFC 2236 3, RFC 2710 4: a report that waits is moved only if it would come too late. */
static void query_old_group(struct ip *ip, struct ip_group *g, const struct group_msg *m) {
    inl_time latest = inl_time_add(ip->env->now, m->max_resp_ns);

    if (!ip_group_live(g) || !ip_group_reported(ip, g)) {
        return;
    }
    if (!timer_armed(&g->answer) || inl_time_before(latest, g->answer.due)) {
        timer_arm(&ip->env->wheel, &g->answer, query_answer_at(ip, m, g->answered));
    }
}

static void query_all(struct ip *ip, struct ip_group_link *on, const struct group_msg *m) {
    inl_time at;
    struct list *it;

    if (on->level < GROUP_LEVEL_V3) {
        LIST_FOREACH(it, &on->groups) {
            query_old_group(ip, LIST_ENTRY(it, struct ip_group, link_node), m);
        }
        return;
    }
    at = query_answer_at(ip, m, on->answered);
    if (!timer_armed(&on->answer) || inl_time_before(at, on->answer.due)) {
        timer_arm(&ip->env->wheel, &on->answer, at);
    }
}

/* Remembers about whom is asked. Too many: then about all. */
static void query_remember(struct ip *ip, struct ip_group *g, const struct group_msg *m) {
    struct mem *mem = &ip->env->mem;
    struct rd r = m->body;
    bool whole = m->count == 0 || (timer_armed(&g->answer) && g->asked.count == 0);

    for (unsigned i = 0; i < m->count && !whole; i++) {
        const struct inl_addr a = group_source_next(&r, g->on->v6);

        whole = g->asked.count >= ip->groups.config.max_sources ||
                !group_filter_add(&g->asked, mem, &a);
    }
    if (whole) {
        group_filter_done(&g->asked, mem);
    }
}

/* The rules of RFC 3376 5.2 and RFC 3810 6.2, in their order. */
static void query_group(struct ip *ip, struct ip_group *g, const struct group_msg *m) {
    inl_time at;

    if (g->on->level < GROUP_LEVEL_V3) {
        query_old_group(ip, g, m);
        return;
    }
    if (!ip_group_live(g) || !ip_group_reported(ip, g)) {
        return;
    }
    at = query_answer_at(ip, m, g->answered);
    if (timer_armed(&g->on->answer) && !inl_time_before(at, g->on->answer.due)) {
        return; /* all is told before that */
    }
    query_remember(ip, g, m);
    if (!timer_armed(&g->answer) || inl_time_before(at, g->answer.due)) {
        timer_arm(&ip->env->wheel, &g->answer, at);
    }
}

/* ---- messages ---- */

/* RFC 2236 3, RFC 2710 4: another member has told the routers, so we need not. */
static void heard_report(struct ip *ip, struct ip_group_link *on, const struct inl_addr *group) {
    struct ip_group *g;

    ip_group_level(ip, on);
    g = ip_group_find(ip, on->link, group);
    if (g && on->level < GROUP_LEVEL_V3) {
        timer_cancel(&ip->env->wheel, &g->answer);
        g->repeats = 0;
        g->last_reporter = false;
    }
}

static enum inl_drop group_input(struct ip *ip, const struct ip_rx *rx, const struct group_msg *m) {
    struct ip_group_link *on = ip_group_on(ip, rx->link, !inl_addr_is4(&rx->dst));
    struct ip_group *g;

    if (!on) {
        return INL_DROP_NO_MEMORY;
    }
    if (m->kind == GROUP_QUERY) {
        query_heed_version(ip, on, m);
        g = ip_group_find(ip, rx->link, &m->group);
        if (inl_addr_is_any(&m->group)) {
            query_all(ip, on, m);
        } else if (g) {
            query_group(ip, g, m);
        }
    } else if (m->kind == GROUP_REPORT) {
        heard_report(ip, on, &m->group);
    }
    return INL_DROP_NONE; /* what else there is concerns routers */
}

/* RFC 3376 4.1.12, 9.1; version 1 knows no router alert. */
static bool igmp_query_ok(const struct ip_rx *rx, const struct group_msg *m) {
    bool to_all = inl_addr_to4(&rx->dst) == IGMP_ALL_NODES;

    if (m->version > 1 && !(rx->alert && rx->alert_value == 0)) {
        return false;
    }
    return to_all || !inl_addr_is_any(&m->group) || !inl_addr_is_multicast(&rx->dst);
}

enum inl_drop ip_igmp_input(struct ip *ip, const struct ip_rx *rx) {
    struct group_msg m;
    enum inl_drop why;

    if (!igmp_csum_ok(rx->payload)) {
        return rd_left(&rx->payload) < 8 ? INL_DROP_TRUNCATED : INL_DROP_BAD_CHECKSUM;
    }
    why = igmp_parse(rx->payload, &m);
    if (why) {
        return why;
    }
    if (rx->ttl != 1 || (m.kind == GROUP_QUERY && !igmp_query_ok(rx, &m))) {
        return INL_DROP_GROUP_SENDER;
    }
    return group_input(ip, rx, &m);
}

enum inl_drop ip_mld_input(struct ip *ip, const struct ip_rx *rx, const struct icmp6_msg *icmp) {
    const struct inl_addr all = {{0xff, 2, [15] = 1}};
    struct group_msg m;
    enum inl_drop why = mld_parse(icmp, &m);

    if (why) {
        return why;
    }
    if (rx->ttl != 1 || !inl_addr_is_link_local(&rx->src) || !rx->alert || rx->alert_value != 0) {
        return INL_DROP_GROUP_SENDER;
    }
    if (m.kind == GROUP_QUERY && inl_addr_is_any(&m.group) && inl_addr_is_multicast(&rx->dst) &&
        !inl_addr_eq(&rx->dst, &all)) {
        return INL_DROP_GROUP_SENDER;
    }
    return group_input(ip, rx, &m);
}
