/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * redirect.c - better first hops: told by us as a router, believed by us as a host (see redirect.h)
 *
 * A redirect moves traffic to whoever it names, so it is believed only if it is allowed by
 * configuration, we are no router (RFC 1812 5.2.7.2), it comes from the very gateway that we use
 * for that destination, and names a neighbour on the same link. With IPv6 a hop limit of 255 proves
 * that the sender is on the link; with IPv4 nothing does, which is why those are not believed by
 * default.
 *
 * As a router: the packet goes out of the link that it came by, and its sender is on that link and
 * could reach the next hop by himself. IPv4 speaks of single hosts only (code 1), never of
 * networks.
 */
#include "ip/redirect.h"
#include "base/siphash.h"
#include "ip/addr.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ipproto.h"

#define REDIRECT_LIFE_NS (300 * INL_S)
#define ND_HOP_LIMIT 255
#define CODE_HOST 1

struct redirect {
    struct hnode node;
    struct list age;
    struct inl_addr dst;
    struct inl_addr src; /* any: for all */
    struct ip_hop hop;
    inl_time until;
};

struct redirect_key {
    const struct inl_addr *dst, *src;
};

static uint64_t redirect_hash(const struct ip *ip, const struct inl_addr *dst) {
    return siphash_addrs(ip->hash_key, dst, &INL_ADDR_ANY, 0);
}

static bool redirect_match(const struct hnode *n, const void *key) {
    const struct redirect *r = HTAB_ENTRY(n, struct redirect, node);
    const struct redirect_key *k = key;

    return inl_addr_eq(&r->dst, k->dst) &&
           (inl_addr_is_any(&r->src) || inl_addr_eq(&r->src, k->src));
}

static struct redirect *redirect_get(const struct ip *ip, const struct inl_addr *dst,
                                     const struct inl_addr *src) {
    const struct redirect_key key = {dst, src};
    struct hnode *n = htab_find(&ip->redirects.table, redirect_hash(ip, dst), redirect_match, &key);

    return n ? HTAB_ENTRY(n, struct redirect, node) : NULL;
}

bool ip_redirect_find(const struct ip *ip, const struct inl_addr *dst, const struct inl_addr *src,
                      struct ip_hop *ret_hop) {
    const struct redirect *r = htab_count(&ip->redirects.table) ? redirect_get(ip, dst, src) : NULL;

    if (!r || !ip_link_is_up(ip, r->hop.link)) {
        return false;
    }
    *ret_hop = r->hop;
    return true;
}

static struct redirect *oldest(const struct ip *ip) {
    struct list *n = list_first(&ip->redirects.age);

    return n ? LIST_ENTRY(n, struct redirect, age) : NULL;
}

static void redirect_free(struct ip *ip, struct redirect *r) {
    htab_remove(&ip->redirects.table, &r->node);
    list_del(&r->age);
    mem_free(&ip->env->mem, r, sizeof(*r));
    ip->gen++;
}

static void arm(struct ip *ip) {
    const struct redirect *r = oldest(ip);

    timer_arm(&ip->env->wheel, &ip->redirects.timer, r ? r->until : INL_TIME_NEVER);
}

void ip_redirect_timer(struct ip *ip) {
    struct redirect *r;

    while ((r = oldest(ip)) && !inl_time_before(ip->env->now, r->until)) {
        redirect_free(ip, r);
    }
    arm(ip);
}

void ip_redirect_forget(struct ip *ip, int link, const struct inl_addr *gateway) {
    struct list *it, *next;

    for (it = ip->redirects.age.next; it != &ip->redirects.age; it = next) {
        struct redirect *r = LIST_ENTRY(it, struct redirect, age);

        next = it->next;
        if (r->hop.link == link && (!gateway || inl_addr_eq(&r->hop.gateway, gateway))) {
            redirect_free(ip, r);
        }
    }
    arm(ip);
}

/* @src: of packets that it is about; any: of all. */
static enum inl_drop redirect_learn(struct ip *ip, const struct inl_addr *dst,
                                    const struct inl_addr *src, const struct ip_hop *hop) {
    struct redirect *r = redirect_get(ip, dst, src);

    if (ip->redirects.max == 0) {
        return INL_DROP_ICMP_REDIRECT;
    }
    if (r) {
        redirect_free(ip, r);
    } else if (htab_count(&ip->redirects.table) >= ip->redirects.max) {
        redirect_free(ip, oldest(ip));
    }
    r = mem_zalloc(&ip->env->mem, sizeof(*r));
    if (!r) {
        arm(ip);
        return INL_DROP_NO_MEMORY;
    }
    r->dst = *dst;
    r->src = *src;
    r->hop = *hop;
    r->until = inl_time_add(ip->env->now, REDIRECT_LIFE_NS);
    htab_insert(&ip->redirects.table, &r->node, redirect_hash(ip, dst));
    list_add_tail(&ip->redirects.age, &r->age);
    ip->gen++;
    arm(ip);
    return INL_DROP_NONE;
}

/* ---- they come in ---- */

/* From the gateway that we use for @dst, about a link of ours, to somebody else on it? */
static bool redirect_credible(const struct ip *ip, const struct ip_rx *rx,
                              const struct inl_addr *dst, const struct inl_addr *target) {
    struct ip_path path;

    return !ip->forward && ip_path_hop(ip, dst, &rx->dst, 0, &path) == 0 && !path.group &&
           path.link == rx->link && inl_addr_eq(&path.next_hop, &rx->src) &&
           !inl_addr_eq(dst, &rx->src) && !inl_addr_eq(target, &rx->src) &&
           !ip_addr_is_ours(ip, target) && !ip_addr_is_group(ip, target);
}

enum inl_drop ip_redirect4_input(struct ip *ip, const struct ip_rx *rx, const struct icmp4_msg *m) {
    const struct ip_hop hop = {m->gateway, rx->link};
    struct rd quoted = m->data;
    struct ip4_hdr h;
    enum inl_drop why = ip4_parse_quoted(&quoted, &h);

    if (!ip->icmp.accept_redirects4) {
        return INL_DROP_ICMP_REDIRECT;
    }
    if (why) {
        return why;
    }
    if (rx->group || m->code > 3 || !inl_addr_eq(&h.src, &rx->dst) ||
        !ip_addr_on_link(ip, rx->link, &m->gateway) ||
        !redirect_credible(ip, rx, &h.dst, &m->gateway)) {
        return INL_DROP_ICMP_REDIRECT;
    }
    return redirect_learn(ip, &h.dst, &INL_ADDR_ANY,
                          &hop); /* one for a network counts as one for the host */
}

enum inl_drop ip_redirect6_input(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m) {
    const struct ip_hop hop = {m->target, rx->link};
    bool on_link = inl_addr_eq(&m->target, &m->dst);
    enum inl_drop why;

    if (!ip->icmp.accept_redirects6 || !inl_addr_is_link_local(&rx->src) || rx->group ||
        inl_addr_is_multicast(&m->dst) || !(on_link || inl_addr_is_link_local(&m->target)) ||
        !redirect_credible(ip, rx, &m->dst, &m->target)) {
        return INL_DROP_ICMP_REDIRECT;
    }
    why = redirect_learn(ip, &m->dst, on_link ? &INL_ADDR_ANY : &rx->dst, &hop); /* RFC 8028 3.4 */
    if (!why && m->has_target_ll && !eth_is_group(m->target_ll)) {
        ip_neigh_asked(ip, rx->link, &m->target, m->target_ll);
    }
    if (!why && !on_link) { /* 8.3: then it is one */
        ip_neigh_router(ip, rx->link, &m->target, NULL);
    }
    return why;
}

void ip_redirect_init(struct ip *ip, uint32_t max) {
    htab_init(&ip->redirects.table, &ip->env->mem);
    list_init(&ip->redirects.age);
    timer_init(&ip->redirects.timer, TIMER_IP_REDIRECT);
    ip->redirects.max = max;
}

void ip_redirect_done(struct ip *ip) {
    struct redirect *r;

    while ((r = oldest(ip))) {
        redirect_free(ip, r);
    }
    timer_cancel(&ip->env->wheel, &ip->redirects.timer);
    htab_done(&ip->redirects.table);
}
