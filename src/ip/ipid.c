/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipid.c - identification of datagrams that may be cut into fragments (RFC 6864, RFC 7739)
 *
 * A number must not come again for the same source, destination and protocol while fragments with
 * it may be under way. Nor may it tell anything: a counter that flows share, be it by the chance of
 * a hash, counts for one what is sent to others (idle scans; CVE-2020-36516), and one that can be
 * guessed lets strangers put in fragments of their own.
 *
 * IPv4: each flow has its own sequence. It runs through all 65,536 numbers in an order that a key
 * of the flow decides, a small cipher over a counter, so none comes twice before all have come.
 * The flows used last are kept, under 64 bits of keyed hash: enough to be exact. A flow that was
 * given up and comes back has another key. What others do can take a flow out of the table, and
 * then its numbers go on in another random order, which looks the same.
 *
 * IPv6: 32 random bits. Nothing needs to be kept, and at the rates at which packets are cut a
 * number that comes again within a minute is rare (RFC 7739 5.3 has the reckoning).
 *
 * Datagrams that are atomic (DF, whole) have 0; the field means nothing there.
 */
#include "ip/ipid.h"
#include "base/siphash.h"
#include "ip/state.h"

#define ROUNDS 3

/* A permutation of 16 bits, for each key another one: each step of a round can be undone, the factor
 * being odd, and the upper half, which the lower one is mixed with, being the same afterwards. */
static uint16_t permute(uint64_t key, uint16_t n) {
    for (int i = 0; i < ROUNDS; i++, key >>= 16) {
        n = (uint16_t)((n ^ (uint32_t)key) * (uint32_t)(key >> 16 | 1));
        n ^= n >> 8;
    }
    return n;
}

uint64_t ip4_id_tag(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                    uint8_t proto) {
    return siphash_addrs(ip->hash_key, src, dst, 0x69640000u | proto) | 1;
}

/* Datagrams come in trains: the last hash is kept. */
static uint64_t tag_of(struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                       uint8_t proto) {
    struct ip_ids *ids = &ip->ids;

    if (ids->last == 0 || ids->proto != proto || !inl_addr_eq(&ids->dst, dst) ||
        !inl_addr_eq(&ids->src, src)) {
        ids->last = ip4_id_tag(ip, src, dst, proto);
        ids->src = *src;
        ids->dst = *dst;
        ids->proto = proto;
    }
    return ids->last;
}

/* Its flow, now the first of its set; the one that was used least recently makes room. */
static struct ipid_flow *flow_of(struct ip *ip, uint64_t tag) {
    struct ipid_flow *set = ip->ids.set[tag % IPID_SETS];
    struct ipid_flow found = {.tag = tag};
    size_t i = 0;

    if (set[0].tag == tag) {
        return &set[0];
    }
    while (i < IPID_WAYS && set[i].tag != tag) {
        i++;
    }
    if (i < IPID_WAYS) {
        found = set[i];
    } else {
        i = IPID_WAYS - 1;
        found.key = rng_u32(&ip->env->rng);
    }
    for (; i > 0; i--) {
        set[i] = set[i - 1];
    }
    set[0] = found;
    return &set[0];
}

uint16_t ip4_id_of(struct ip *ip, uint64_t tag) {
    struct ipid_flow *f = flow_of(ip, tag);

    return permute(tag ^ (uint64_t)f->key << 16, f->next++);
}

uint16_t ip4_id_next(struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                     uint8_t proto) {
    return ip4_id_of(ip, tag_of(ip, src, dst, proto));
}

uint32_t ip6_id_next(struct ip *ip) {
    return rng_u32(&ip->env->rng);
}
