/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pmtu.c - path MTU discovery for all that is not TCP, and the memory that TCP shares (RFC 1191,
 * RFC 8201, RFC 5927 7)
 *
 * One entry a destination, made when a router has said that a packet of ours was too big and quotes
 * one that really left (sent.c). TCP has more to check before (tcp/pmtud.c), and tells the outcome.
 * An entry only ever gets smaller, and is forgotten ten minutes after it last did (RFC 1191 6.3,
 * RFC 8201 4): then the link's MTU is tried again.
 *
 * What is not believed: a size that is not below that of the packet it is about (RFC 5927 7.2);
 * below 1280 in IPv6 (RFC 8201 4). Below the configured floor in IPv4 the floor is taken. Old
 * routers say nothing; then the next plateau below the packet's size is it (RFC 1191 7.1).
 *
 * The cache has a cap; the destination that was asked for least recently goes.
 */
#include "ip/pmtu.h"
#include "base/siphash.h"
#include "ip/state.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <errno.h>

#define PMTU_AGE_NS (600 * INL_S)

struct pmtu {
    struct hnode node;
    struct list lru;
    struct inl_addr dst;
    inl_time until;
    uint32_t mtu_bytes;
};

static bool pmtu_match(const struct hnode *n, const void *key) {
    return inl_addr_eq(&HTAB_ENTRY(n, struct pmtu, node)->dst, key);
}

static uint64_t pmtu_hash(const struct ip *ip, const struct inl_addr *dst) {
    return siphash_addrs(ip->hash_key, dst, &INL_ADDR_ANY, 0x6d7475);
}

static void pmtu_free(struct ip *ip, struct pmtu *p) {
    ip->stamp_gen++;
    list_del(&p->lru);
    htab_remove(&ip->pmtus.table, &p->node);
    mem_free(&ip->env->mem, p, sizeof(*p));
}

/* What is known and not too old. */
static struct pmtu *pmtu_find(struct ip *ip, const struct inl_addr *dst) {
    struct hnode *n = htab_find(&ip->pmtus.table, pmtu_hash(ip, dst), pmtu_match, dst);
    struct pmtu *p = n ? HTAB_ENTRY(n, struct pmtu, node) : NULL;

    if (p && !inl_time_before(ip->env->now, p->until)) {
        pmtu_free(ip, p);
        return NULL;
    }
    return p;
}

static struct pmtu *pmtu_new(struct ip *ip, const struct inl_addr *dst) {
    struct ip_pmtus *c = &ip->pmtus;
    struct pmtu *p;

    if (c->max == 0) {
        return NULL;
    }
    if (htab_count(&c->table) >= c->max) {
        pmtu_free(ip, LIST_ENTRY(list_first(&c->lru), struct pmtu, lru));
    }
    p = mem_zalloc(&ip->env->mem, sizeof(*p));
    if (p) {
        p->dst = *dst;
        list_init(&p->lru);
        list_add_tail(&c->lru, &p->lru);
        htab_insert(&c->table, &p->node, pmtu_hash(ip, dst));
    }
    return p;
}

uint32_t ip_pmtu_known(struct ip *ip, const struct inl_addr *dst) {
    struct pmtu *p = htab_count(&ip->pmtus.table) > 0 ? pmtu_find(ip, dst) : NULL;

    if (!p) {
        return 0;
    }
    list_del(&p->lru);
    list_add_tail(&ip->pmtus.lru, &p->lru);
    return p->mtu_bytes;
}

uint32_t ip_path_mtu(struct ip *ip, const struct ip_path *path, const struct inl_addr *dst) {
    uint32_t known = ip_pmtu_known(ip, dst);

    return known > 0 && known < path->mtu_bytes ? known : path->mtu_bytes;
}

void ip_pmtu_learn(struct ip *ip, const struct inl_addr *dst, uint32_t mtu_bytes) {
    struct pmtu *p = pmtu_find(ip, dst);

    if (p && p->mtu_bytes <= mtu_bytes) {
        return;
    }
    p = p ? p : pmtu_new(ip, dst);
    if (p) {
        ip->stamp_gen++;
        p->mtu_bytes = mtu_bytes;
        p->until = inl_time_add(ip->env->now, PMTU_AGE_NS);
    }
}

uint32_t ip_pmtu_plateau(uint32_t size_bytes) {
    static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296};

    for (size_t i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
        if (plateaus[i] < size_bytes) {
            return plateaus[i];
        }
    }
    return 68;
}

/* How long the packet was that an error quotes; 0 if it does not say. */
static uint32_t quoted_size(const struct ip_err *err) {
    struct rd r = err->packet;
    struct ip4_hdr h4;
    struct ip6_hdr h6;

    if (inl_addr_is4(&err->dst)) {
        return ip4_parse_quoted(&r, &h4) ? 0 : h4.total_len_bytes;
    }
    return ip6_parse_quoted(&r, &h6) ? 0 : (uint32_t)IP6_HDR_BYTES + h6.payload_len_bytes;
}

enum inl_drop ip_pmtu_claim(struct ip *ip, const struct ip_err *err) {
    bool is4 = inl_addr_is4(&err->dst);
    uint32_t size = quoted_size(err);
    uint32_t mtu = err->mtu_bytes;

    if (err->err != EMSGSIZE) {
        return INL_DROP_NONE;
    }
    if (!ip_sent_lately(ip, err)) {
        return INL_DROP_ICMP_NO_MATCH;
    }
    if (mtu == 0 && is4) {
        mtu = ip_pmtu_plateau(size);
    }
    if (mtu >= size || (!is4 && mtu < IP6_MIN_MTU_BYTES)) {
        return INL_DROP_ICMP_BAD_MTU;
    }
    if (is4 && mtu < ip->pmtus.floor4_bytes) {
        mtu = ip->pmtus.floor4_bytes;
    }
    ip_pmtu_learn(ip, &err->dst, mtu);
    return INL_DROP_NONE;
}

void ip_pmtu_init(struct ip *ip, const struct inl_config *config) {
    htab_init(&ip->pmtus.table, &ip->env->mem);
    list_init(&ip->pmtus.lru);
    ip->pmtus.max = config->max_paths;
    ip->pmtus.floor4_bytes = config->tcp.min_pmtu_bytes;
}

void ip_pmtu_done(struct ip *ip) {
    struct list *n;

    while ((n = list_first(&ip->pmtus.lru)) != NULL) {
        pmtu_free(ip, LIST_ENTRY(n, struct pmtu, lru));
    }
    htab_done(&ip->pmtus.table);
}
