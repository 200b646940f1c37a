/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipid.h - identification of datagrams that may be cut into fragments
 */
#ifndef IP_IPID_H
#define IP_IPID_H

#include "ip/ip.h"

#define IPID_SETS 128
#define IPID_WAYS 4

/**
 * struct ipid_flow - the numbers of one source, destination and protocol
 * @tag:  which; 0: free
 * @key:  makes the order of its numbers
 * @next: how many were given
 */
struct ipid_flow {
    uint64_t tag;
    uint32_t key;
    uint16_t next;
};

/**
 * struct ip_ids - flows; each set has them in the order of their last use
 * @src, @dst, @proto: of the last datagram, whose flow is the first of its set
 * @last: the tag that follows from these; 0: none yet
 */
struct ip_ids {
    struct ipid_flow set[IPID_SETS][IPID_WAYS];
    struct inl_addr src;
    struct inl_addr dst;
    uint64_t last;
    uint8_t proto;
};

/* The identification of an IPv4 datagram that is not atomic (RFC 6864 4.1). */
uint16_t ip4_id_next(struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                     uint8_t proto);

/* The same in two steps, for who sends to one destination again and again: whose it is (never 0),
 * and the next one. */
uint64_t ip4_id_tag(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                    uint8_t proto);
uint16_t ip4_id_of(struct ip *ip, uint64_t tag);

/* The identification of an IPv6 packet that is sent in fragments (RFC 7739). */
uint32_t ip6_id_next(struct ip *ip);

#endif
