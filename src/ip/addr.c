/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr.c - our addresses, and what they imply (see addr.h); which one to send
 * from says srcaddr.c
 *
 * An address brings with it the route to its prefix, for IPv4 the prefix's
 * broadcast address (RFC 1122 3.2.1.3 (d)), for IPv6 its solicited-node group
 * (RFC 4291 2.7.1). The groups 224.0.0.1 and ff02::1 are everybody's (RFC 1112
 * 4, RFC 4291 2.8) and need no entry; the others are in group.c.
 *
 * Does not do: duplicate address detection (dad.c), address lifetimes
 * (addr_life.c), the old broadcast form with host bits zero.
 */
#include "ip/addr.h"
#include "base/siphash.h"
#include "ip/dad.h"
#include "ip/group.h"
#include "ip/link.h"
#include "ip/route.h"
#include "ip/state.h"
#include "wire/ip6.h"
#include "wire/nd.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct addr_key {
    const struct inl_addr *addr;
    int link;
    bool unproven;
};

static uint64_t addr_hash(const struct ip *ip, const struct inl_addr *addr) {
    return siphash_addrs(ip->hash_key, addr, &INL_ADDR_ANY, 0);
}

static bool addr_match(const struct hnode *n, const void *key) {
    const struct ip_addr *a = HTAB_ENTRY(n, struct ip_addr, node);
    const struct addr_key *k = key;

    return inl_addr_eq(&a->addr, k->addr) && (k->link == IP_LINK_ANY || k->link == a->link) &&
           (a->kind != IP_ADDR_UNPROVEN || k->unproven);
}

static uint64_t addr_ending(const struct inl_addr *addr) {
    return (uint64_t)1 << (addr->b[15] & 63);
}

/* Most questions are about other hosts' addresses: few of them end like one of ours, and the rest
 * need no hash. */
static struct ip_addr *addr_search(const struct ip *ip, const struct inl_addr *addr, int link,
                                   bool unproven) {
    const struct addr_key key = {addr, link, unproven};
    struct hnode *n;

    if (!(ip->addrs.endings & addr_ending(addr))) {
        return NULL;
    }
    n = htab_find(&ip->addrs.table, addr_hash(ip, addr), addr_match, &key);
    return n ? HTAB_ENTRY(n, struct ip_addr, node) : NULL;
}

static struct ip_addr *addr_lookup(const struct ip *ip, const struct inl_addr *addr, int link) {
    return addr_search(ip, addr, link, false);
}

const struct ip_addr *ip_addr_find(const struct ip *ip, const struct inl_addr *addr, int link) {
    return addr_lookup(ip, addr, link);
}

struct ip_addr *ip_addr_edit(struct ip *ip, const struct inl_addr *addr, int link) {
    return addr_search(ip, addr, link, true);
}

const struct ip_addr *ip_addr_recall(struct ip *ip, enum ip_addr_memo_use use,
                                     const struct inl_addr *addr) {
    struct ip_addr_memo *m = &ip->addrs.memo[use];

    if (m->gen != ip->gen || !inl_addr_eq(&m->addr, addr)) {
        m->found = addr_lookup(ip, addr, IP_LINK_ANY);
        m->addr = *addr;
        m->gen = ip->gen;
    }
    return m->found;
}

int ip_prefix_bits(const struct inl_addr *addr, unsigned prefix_len_bits) {
    if (inl_addr_is4(addr)) {
        return prefix_len_bits <= 32 ? (int)(96 + prefix_len_bits) : -EINVAL;
    }
    return prefix_len_bits <= 128 ? (int)prefix_len_bits : -EINVAL;
}

static struct ip_addr *addr_insert(struct ip *ip, const struct inl_addr *addr, int link,
                                   enum ip_addr_kind kind) {
    struct ip_addr *a = mem_zalloc(&ip->env->mem, sizeof(*a));

    if (!a) {
        return NULL;
    }
    list_init(&a->link_node);
    timer_init(&a->life, TIMER_IP_ADDR);
    a->preferred_until = INL_TIME_NEVER;
    a->valid_until = INL_TIME_NEVER;
    a->addr = *addr;
    a->link = link;
    a->refs = 1;
    a->kind = kind;
    htab_insert(&ip->addrs.table, &a->node, addr_hash(ip, addr));
    ip->addrs.endings |= addr_ending(addr);
    return a;
}

static void addr_free(struct ip *ip, struct ip_addr *a) {
    timer_cancel(&ip->env->wheel, &a->life);
    ip_dad_done(ip, a);
    htab_remove(&ip->addrs.table, &a->node);
    list_del(&a->link_node);
    mem_free(&ip->env->mem, a, sizeof(*a));
}

/* The broadcast address of an IPv4 prefix: false for none. */
static bool addr_broadcast(const struct inl_addr *addr, unsigned bits, struct inl_addr *ret) {
    assert(bits <= 128);
    if (!inl_addr_is4(addr) || bits < 96 || bits > 126) { /* /31 and /32: none (RFC 3021) */
        return false;
    }
    *ret = inl_addr_from4(inl_addr_to4(addr) | UINT32_MAX >> (bits - 96));
    return true;
}

static int addr_hold(struct ip *ip, int link, const struct inl_addr *addr) {
    struct ip_addr *a = addr_lookup(ip, addr, link);

    if (a && a->kind == IP_ADDR_BROADCAST) {
        a->refs++;
        return 0;
    }
    return addr_insert(ip, addr, link, IP_ADDR_BROADCAST) ? 0 : -ENOMEM;
}

static void addr_let_go(struct ip *ip, int link, const struct inl_addr *addr) {
    struct ip_addr *a = addr_lookup(ip, addr, link);

    if (a && a->kind == IP_ADDR_BROADCAST && --a->refs == 0) {
        addr_free(ip, a);
    }
}

/* What an address brings with it. */
static int addr_imply(struct ip *ip, int link, const struct inl_addr *addr, unsigned bits) {
    struct inl_addr extra;

    if (!inl_addr_is4(addr)) {
        extra = nd_solicited_node(addr);
        return ip_group_hold(ip, link, &extra);
    }
    return addr_broadcast(addr, bits, &extra) ? addr_hold(ip, link, &extra) : 0;
}

static void addr_unimply(struct ip *ip, int link, const struct inl_addr *addr, unsigned bits) {
    struct inl_addr extra;

    if (!inl_addr_is4(addr)) {
        extra = nd_solicited_node(addr);
        ip_group_release(ip, link, &extra);
    } else if (addr_broadcast(addr, bits, &extra)) {
        addr_let_go(ip, link, &extra);
    }
}

/* Unicast, and one host's: not the prefix's own broadcast address. */
static bool addr_usable(const struct inl_addr *addr, unsigned bits) {
    struct inl_addr extra;

    if (inl_addr_is_any(addr) || inl_addr_is_multicast(addr) || inl_addr_is_broadcast(addr)) {
        return false;
    }
    return !addr_broadcast(addr, bits, &extra) || !inl_addr_eq(addr, &extra);
}

/* Link-local addresses are unique on a link only; all others in the host. */
static int addr_scope(const struct inl_addr *addr, int link) {
    return inl_addr_is_link_local(addr) && !inl_addr_is4(addr) ? link : IP_LINK_ANY;
}

int ip_addr_activate(struct ip *ip, struct ip_addr *a) {
    if (ip_route_add_connected(ip, &a->addr, a->prefix_bits, a->link)) {
        return -ENOMEM;
    }
    a->kind = IP_ADDR_UNICAST;
    a->state = inl_time_before(ip->env->now, a->preferred_until) ? INL_ADDR_PREFERRED
                                                                 : INL_ADDR_DEPRECATED;
    ip->gen++;
    if (!inl_addr_is4(&a->addr) && inl_addr_is_link_local(&a->addr)) {
        ip_group_sourced(ip, a->link);
    }
    return 0;
}

void ip_addr_deactivate(struct ip *ip, struct ip_addr *a, enum inl_addr_state state) {
    if (a->kind == IP_ADDR_UNICAST) {
        ip_route_del_connected(ip, &a->addr, a->prefix_bits, a->link);
    }
    a->kind = IP_ADDR_UNPROVEN;
    a->state = state;
    ip->gen++;
}

/* 0 or why there can be no such address. */
static int addr_check(struct ip *ip, int link, const struct inl_addr *addr, int bits) {
    const struct ip_link *l = ip_link_get(ip, link);

    if (!l) {
        return -ENODEV;
    }
    if (bits < 0 || !addr_usable(addr, (unsigned)bits)) {
        return -EINVAL;
    }
    if (addr_search(ip, addr, addr_scope(addr, link), true)) {
        return -EEXIST;
    }
    return l->addr_count >= IP_ADDRS_PER_LINK_MAX ? -ENOSPC : 0;
}

int ip_addr_new(struct ip *ip, int link, const struct inl_addr *addr, unsigned prefix_len_bits,
                bool tentative, struct ip_addr **ret_addr) {
    int bits = ip_prefix_bits(addr, prefix_len_bits);
    int err = addr_check(ip, link, addr, bits);
    struct ip_addr *a;

    if (!err && !inl_addr_is4(addr) && ip_link_mtu(ip, link) < IP6_MIN_MTU_BYTES) {
        return -EINVAL; /* RFC 8200 5: no link for IPv6 */
    }

    if (err) {
        return err;
    }
    a = addr_insert(ip, addr, link, IP_ADDR_UNPROVEN);
    if (!a) {
        return -ENOMEM;
    }
    a->prefix_bits = (unsigned)bits;
    if (addr_imply(ip, link, addr, (unsigned)bits)) {
        addr_free(ip, a);
        return -ENOMEM;
    }
    if (!tentative && ip_addr_activate(ip, a)) {
        addr_unimply(ip, link, addr, (unsigned)bits);
        addr_free(ip, a);
        return -ENOMEM;
    }
    list_add_tail(&ip->links[link].addrs, &a->link_node);
    ip->links[link].addr_count++;
    *ret_addr = a;
    return 0;
}

int ip_addr_add(struct ip *ip, int link, const struct inl_addr *addr, unsigned prefix_len_bits) {
    struct ip_addr *a;

    return ip_addr_new(ip, link, addr, prefix_len_bits, false, &a);
}

int ip_addr_del(struct ip *ip, int link, const struct inl_addr *addr) {
    struct ip_link *l = ip_link_edit(ip, link);
    struct ip_addr *a = l ? addr_search(ip, addr, link, true) : NULL;
    struct inl_addr gone = *addr; /* may lie in the entry itself */

    if (!l) {
        return -ENODEV;
    }
    if (!a || (a->kind != IP_ADDR_UNICAST && a->kind != IP_ADDR_UNPROVEN)) {
        return -EINVAL;
    }
    addr_unimply(ip, link, &gone, a->prefix_bits);
    ip_addr_deactivate(ip, a, INL_ADDR_TENTATIVE);
    addr_free(ip, a);
    l->addr_count--;
    return 0;
}

int ip_addr_init(struct ip *ip) {
    const struct inl_addr lo4 = inl_addr_from4(0x7f000001);
    const struct inl_addr lo6 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    int err = ip_addr_add(ip, IP_LOOPBACK_LINK, &lo4, 8);

    return err ? err : ip_addr_add(ip, IP_LOOPBACK_LINK, &lo6, 128);
}

void ip_addr_done(struct ip *ip) {
    struct hnode *n;

    while ((n = htab_pop(&ip->addrs.table)) != NULL) {
        struct ip_addr *a = HTAB_ENTRY(n, struct ip_addr, node);

        timer_cancel(&ip->env->wheel, &a->life);
        ip_dad_done(ip, a);
        mem_free(&ip->env->mem, a, sizeof(*a));
    }
    htab_done(&ip->addrs.table);
}

bool ip_addr_is_ours(const struct ip *ip, const struct inl_addr *addr) {
    const struct ip_addr *a = addr_lookup(ip, addr, IP_LINK_ANY);

    return a ? a->kind == IP_ADDR_UNICAST : inl_addr_is4(addr) && inl_addr_is_loopback(addr);
}

bool ip_addr_is_tentative(const struct ip *ip, const struct inl_addr *addr) {
    const struct ip_addr *a = addr_search(ip, addr, IP_LINK_ANY, true);

    return a && a->kind == IP_ADDR_UNPROVEN && a->state == INL_ADDR_TENTATIVE;
}

bool ip_addr_is_local(const struct ip *ip, const struct inl_addr *addr) {
    if (ip->transparent) {
        return !inl_addr_is_any(addr) && !ip_addr_is_group(ip, addr);
    }
    return ip_addr_is_ours(ip, addr);
}

bool ip_addr_is_group(const struct ip *ip, const struct inl_addr *addr) {
    const struct ip_addr *a;

    if (inl_addr_is_multicast(addr) || inl_addr_is_broadcast(addr)) {
        return true;
    }
    a = addr_lookup(ip, addr, IP_LINK_ANY);
    return a && a->kind == IP_ADDR_BROADCAST;
}

bool ip_addr_on_link(const struct ip *ip, int link, const struct inl_addr *addr) {
    const struct ip_link *l = ip_link_get(ip, link);
    const struct list *it;
    struct ip_hop hop;

    if (!l) {
        return false;
    }
    LIST_FOREACH(it, &l->addrs) {
        const struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (a->kind == IP_ADDR_UNICAST && inl_addr_is4(&a->addr) == inl_addr_is4(addr) &&
            inl_addr_match(&a->addr, addr, a->prefix_bits)) {
            return true;
        }
    }
    /* A prefix that a router advertises is on the link without an address of ours in it. */
    return ip_route_lookup(ip, addr, NULL, &hop) == 0 && hop.link == link &&
           inl_addr_is_any(&hop.gateway);
}
