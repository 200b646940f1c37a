/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srcaddr.c - source address selection and the order of destinations (see srcaddr.h), RFC 6724
 *
 * Candidates are the addresses of the link that the packet leaves by. Those of other links, which
 * the weak host model allows, come in only when no address of the link is wide enough in scope or
 * all of these are deprecated: rule 5 would decide for the link in every other case, so that it
 * need not be asked. Link-local addresses of other links and loopback addresses mean nothing on a
 * link. For IPv4 the rules are the same, on the table of section 2.1, which maps it in.
 *
 * Rule 1 (the destination itself) is the loopback case of path.c.
 *
 * Rule 5.5, the prefix of the next hop, is for links that routers configure (ways.c).
 *
 * Does not do: rules 4 and 7 of mobile and tunnelled hosts, a policy table to be configured.
 */
#include "ip/srcaddr.h"
#include "ip/autoconf.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"

#include <errno.h>

#define SCOPE_LINK 2
#define SCOPE_SITE 5
#define SCOPE_GLOBAL 14

struct policy {
    struct inl_addr prefix;
    uint8_t bits;
    uint8_t precedence;
    uint8_t label;
};

/* RFC 6724 2.1, the longest prefixes first. */
static const struct policy table[] = {
    {{{[15] = 1}}, 128, 50, 0},  {{{[10] = 0xff, 0xff}}, 96, 35, 4},
    {{{0}}, 96, 1, 3},           {{{0x20, 0x01}}, 32, 5, 5},
    {{{0x20, 0x02}}, 16, 30, 2}, {{{0x3f, 0xfe}}, 16, 1, 12},
    {{{0xfe, 0xc0}}, 10, 1, 11}, {{{0xfc}}, 7, 3, 13},
    {{{0}}, 0, 40, 1},
};

static const struct policy *policy_of(const struct inl_addr *a) {
    const struct policy *p = table;

    while (!inl_addr_match(a, &p->prefix, p->bits)) {
        p++; /* the last one matches everything */
    }
    return p;
}

unsigned ip_addr_label(const struct inl_addr *a) {
    return policy_of(a)->label;
}

unsigned ip_addr_precedence(const struct inl_addr *a) {
    return policy_of(a)->precedence;
}

unsigned ip_addr_scope_of(const struct inl_addr *a) {
    if (inl_addr_is_multicast(a)) {
        if (!inl_addr_is4(a)) {
            return a->b[1] & 0xf;
        }
        return a->b[12] == 224 && a->b[13] == 0 && a->b[14] == 0 ? SCOPE_LINK : SCOPE_GLOBAL;
    }
    if (inl_addr_is_link_local(a) || inl_addr_is_loopback(a) || inl_addr_is_broadcast(a)) {
        return SCOPE_LINK; /* 3.1, 3.2 */
    }
    return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0xc0 ? SCOPE_SITE : SCOPE_GLOBAL;
}

/* Leading bits that are the same. */
static unsigned common_bits(const struct inl_addr *a, const struct inl_addr *b) {
    unsigned n = 0;

    while (n < 16 && a->b[n] == b->b[n]) {
        n++;
    }
    return n == 16 ? 128 : n * 8 + (unsigned)__builtin_clz((unsigned)(a->b[n] ^ b->b[n])) - 24;
}

/* Rule 8 counts no more than the prefix of the source; an address from a router has 64 bits. */
static unsigned source_common(const struct ip_addr *s, const struct inl_addr *dst) {
    unsigned most = s->prefix_bits == 128 && !inl_addr_is4(&s->addr) ? 64 : s->prefix_bits;
    unsigned n = common_bits(&s->addr, dst);

    return n < most ? n : most;
}

static bool source_possible(const struct ip_addr *s, int link, const struct inl_addr *dst) {
    if (s->kind != IP_ADDR_UNICAST || inl_addr_is4(&s->addr) != inl_addr_is4(dst)) {
        return false;
    }
    if (inl_addr_is_loopback(&s->addr)) {
        return inl_addr_is_loopback(dst);
    }
    return s->link == link || !inl_addr_is_link_local(&s->addr);
}

/* Rule 5.5: does the next hop advertise its prefix? */
static bool source_of_hop(const struct ip *ip, const struct ip_addr *s,
                          const struct inl_addr *hop) {
    return hop && ip_way_gives(ip, s->link, hop, &s->addr);
}

/* Negative: @a is the better one, by the rules in their order. 0: the one that was there first. */
static int source_compare(const struct ip *ip, const struct ip_addr *a, const struct ip_addr *b,
                          int link, const struct inl_addr *dst, const struct inl_addr *hop) {
    unsigned sa = ip_addr_scope_of(&a->addr), sb = ip_addr_scope_of(&b->addr);
    unsigned want = ip_addr_scope_of(dst), label = ip_addr_label(dst);
    bool da = a->state == INL_ADDR_DEPRECATED, db = b->state == INL_ADDR_DEPRECATED;
    bool la = ip_addr_label(&a->addr) == label, lb = ip_addr_label(&b->addr) == label;
    bool ta = a->origin == INL_ADDR_TEMPORARY, tb = b->origin == INL_ADDR_TEMPORARY;

    if (sa != sb) { /* 2: the smallest that is wide enough */
        return sa < sb ? (sa < want ? 1 : -1) : (sb < want ? -1 : 1);
    }
    if (da != db) { /* 3 */
        return da ? 1 : -1;
    }
    if ((a->link == link) != (b->link == link)) { /* 5 */
        return a->link == link ? -1 : 1;
    }
    if (source_of_hop(ip, a, hop) != source_of_hop(ip, b, hop)) { /* 5.5 */
        return source_of_hop(ip, a, hop) ? -1 : 1;
    }
    if (la != lb) { /* 6 */
        return la ? -1 : 1;
    }
    if (ta != tb) { /* 7 */
        return ta ? -1 : 1;
    }
    return (int)source_common(b, dst) - (int)source_common(a, dst); /* 8 */
}

static const struct ip_addr *source_best_on(const struct ip *ip, int on, int link,
                                            const struct inl_addr *dst, const struct inl_addr *hop,
                                            const struct ip_addr *best) {
    const struct ip_link *l = ip_link_get(ip, on);
    const struct list *it;

    if (!l) {
        return best;
    }
    LIST_FOREACH(it, &l->addrs) {
        const struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (source_possible(a, link, dst) &&
            (!best || source_compare(ip, a, best, link, dst, hop) < 0)) {
            best = a;
        }
    }
    return best;
}

const struct ip_addr *ip_source_best(const struct ip *ip, int link, const struct inl_addr *dst,
                                     const struct inl_addr *hop) {
    const struct ip_addr *best = source_best_on(ip, link, link, dst, hop, NULL);
    bool bound = inl_addr_is_multicast(dst) || inl_addr_is_link_local(dst);

    if (best && (bound || (best->state != INL_ADDR_DEPRECATED &&
                           ip_addr_scope_of(&best->addr) >= ip_addr_scope_of(dst)))) {
        return best;
    }
    for (int i = 1; i < INL_LINKS_MAX; i++) {
        if (i != link) {
            best = source_best_on(ip, i, link, dst, hop, best);
        }
    }
    return best;
}

int ip_addr_select(const struct ip *ip, int link, const struct inl_addr *dst,
                   struct inl_addr *ret_src) {
    return ip_addr_select_by(ip, link, dst, NULL, ret_src);
}

int ip_addr_select_by(const struct ip *ip, int link, const struct inl_addr *dst,
                      const struct inl_addr *hop, struct inl_addr *ret_src) {
    const struct ip_addr *best = ip_source_best(ip, link, dst, hop);

    if (!best) {
        return -EADDRNOTAVAIL;
    }
    *ret_src = best->addr;
    return 0;
}

/* ---- section 6 ---- */

/* What the rules ask about a destination. */
struct dst_facts {
    bool usable;
    bool same_scope;
    bool deprecated;
    bool same_label;
    unsigned precedence;
    unsigned scope;
    unsigned common;
    bool is4;
};

static struct dst_facts dst_facts(const struct ip *ip, const struct inl_sockaddr *d) {
    struct dst_facts f = {.scope = ip_addr_scope_of(&d->addr),
                          .precedence = ip_addr_precedence(&d->addr),
                          .is4 = inl_addr_is4(&d->addr)};
    const struct inl_addr none = INL_ADDR_ANY;
    const struct ip_addr *s;
    struct ip_path path;

    if (ip_path_find(ip, &d->addr, &none, d->scope, &path) != 0) {
        return f;
    }
    s = ip_addr_find(ip, &path.src, IP_LINK_ANY);
    f.usable = true;
    f.same_scope = ip_addr_scope_of(&path.src) == f.scope;
    f.same_label = ip_addr_label(&path.src) == ip_addr_label(&d->addr);
    f.deprecated = s && s->state == INL_ADDR_DEPRECATED;
    f.common = s ? source_common(s, &d->addr) : common_bits(&path.src, &d->addr);
    return f;
}

static int prefer(bool a, bool b) {
    return (int)b - (int)a;
}

/* Negative: @a comes first; 0: as they were. */
static int dst_compare(const struct dst_facts *a, const struct dst_facts *b) {
    int by = prefer(a->usable, b->usable); /* 1 */

    by = by ? by : prefer(a->same_scope, b->same_scope);    /* 2 */
    by = by ? by : prefer(!a->deprecated, !b->deprecated);  /* 3 */
    by = by ? by : prefer(a->same_label, b->same_label);    /* 5 */
    by = by ? by : (int)b->precedence - (int)a->precedence; /* 6 */
    by = by ? by : (int)a->scope - (int)b->scope;           /* 8 */
    if (by == 0 && a->is4 == b->is4) {
        by = (int)b->common - (int)a->common; /* 9 */
    }
    return by;
}

void ip_addr_sort(const struct ip *ip, struct inl_sockaddr *dsts, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const struct inl_sockaddr moving = dsts[i];
        const struct dst_facts facts = dst_facts(ip, &moving);
        size_t at = i;

        while (at > 0) {
            const struct dst_facts before = dst_facts(ip, &dsts[at - 1]);

            if (dst_compare(&facts, &before) >= 0) {
                break;
            }
            dsts[at] = dsts[at - 1];
            at--;
        }
        dsts[at] = moving;
    }
}
