/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr.h - which addresses are ours
 *
 * One hash table answers, with one lookup for a packet, all that input wants to
 * know about a destination that is no multicast group (group.h): our address, or the
 * broadcast address of one of our prefixes. One that several of our addresses imply
 * is one entry with a count.
 *
 * A tentative address (RFC 4862 5.4) has an entry that only ip_addr_edit() finds:
 * for everybody else it is not there. Neither is one that turned out to be
 * another host's.
 */
#ifndef IP_ADDR_H
#define IP_ADDR_H

#include "base/htab.h"
#include "base/list.h"
#include "base/timer.h"
#include "ip/ip.h"

#define IP_ADDRS_PER_LINK_MAX 256

enum ip_addr_kind {
    IP_ADDR_UNICAST,   /* ours */
    IP_ADDR_BROADCAST, /* all hosts of a prefix of ours */
    IP_ADDR_UNPROVEN,  /* ours perhaps: tentative, or duplicated */
};

struct ip_dad;

struct ip_addr {
    struct hnode node;
    struct list link_node; /* in ip_link.addrs; unicast only */
    struct inl_addr addr;
    int link;
    uint32_t refs;        /* of a broadcast address: how many of our addresses imply it */
    unsigned prefix_bits; /* unicast: in the 16-byte form, an IPv4 /24 is 120 */
    enum ip_addr_kind kind;
    enum inl_addr_state state; /* of ours */
    enum inl_addr_origin origin;
    inl_time preferred_until; /* or NEVER */
    inl_time valid_until;
    struct timer life;  /* for the nearer of these */
    uint8_t counter;    /* slaac.c: DAD_Counter of RFC 7217 */
    uint32_t good_s;    /* tempaddr.c: preferred for so long at most, */
    inl_time made;      /* from then on */
    struct ip_dad *dad; /* dad.c: NULL if it was not to be checked */
    bool conflict;      /* IPv4: somebody else has claimed it, */
    inl_time defended;  /* and then we said last that it is ours */
};

/* The last answer to a question that packets of one flow ask again and again. */
struct ip_addr_memo {
    uint64_t gen; /* of the paths: raised by every change of addresses */
    struct inl_addr addr;
    const struct ip_addr *found;
};

enum ip_addr_memo_use {
    IP_MEMO_SRC,
    IP_MEMO_DST,
    IP_MEMOS,
};

struct ip_addrs {
    struct htab table;
    uint64_t endings; /* by the last six bits: zero if no entry, now or before, ended so */
    struct ip_addr_memo memo[IP_MEMOS];
};

#define IP_LINK_ANY (-1)

/* 127.0.0.1/8, ::1/128. 0 or -ENOMEM. */
int ip_addr_init(struct ip *ip);
void ip_addr_done(struct ip *ip);

/* The entry for an address on a link (or on any: IP_LINK_ANY), or NULL. */
const struct ip_addr *ip_addr_find(const struct ip *ip, const struct inl_addr *addr, int link);

/* Adds an entry for an address of ours, tentative or in use at once; an existing one is -EEXIST.
 * Errors as inl_addr_add(). */
int ip_addr_new(struct ip *ip, int link, const struct inl_addr *addr, unsigned prefix_len_bits,
                bool tentative, struct ip_addr **ret_addr);

/* Takes an unproven address into use: 0, -ENOMEM; and out of it again. */
int ip_addr_activate(struct ip *ip, struct ip_addr *a);
void ip_addr_deactivate(struct ip *ip, struct ip_addr *a, enum inl_addr_state state);

/* addr_life.c: new lifetimes in seconds, from now. */
void ip_addr_lifetimes(struct ip *ip, struct ip_addr *a, uint32_t preferred_s, uint32_t valid_s);
uint32_t ip_addr_left_s(const struct ip *ip, inl_time until);
void ip_addr_timer(struct ip *ip, struct ip_addr *a);

/* The same, for the files that own a part of the entry: unproven ones too. */
struct ip_addr *ip_addr_edit(struct ip *ip, const struct inl_addr *addr, int link);

/* As ip_addr_find() on any link, for input: cheap if the last packet had the same address. */
const struct ip_addr *ip_addr_recall(struct ip *ip, enum ip_addr_memo_use use,
                                     const struct inl_addr *addr);

/* True for an address that really is ours, transparent or not: on a link, or in
 * 127/8. */
bool ip_addr_is_ours(const struct ip *ip, const struct inl_addr *addr);

/* True while it is being asked whether the address may be ours. */
bool ip_addr_is_tentative(const struct ip *ip, const struct inl_addr *addr);

/* True if a prefix of an address of ours on that link covers @addr. */
bool ip_addr_on_link(const struct ip *ip, int link, const struct inl_addr *addr);

/* The address to send to @dst from, out of those of @link; failing these, of
 * other links. 0 or -EADDRNOTAVAIL. */
int ip_addr_select(const struct ip *ip, int link, const struct inl_addr *dst,
                   struct inl_addr *ret_src);

/* The same by way of that next hop (RFC 6724 5, rule 5.5). */
int ip_addr_select_by(const struct ip *ip, int link, const struct inl_addr *dst,
                      const struct inl_addr *hop, struct inl_addr *ret_src);

/* 96 for IPv4 plus @prefix_len_bits, or the number itself; -EINVAL if out of
 * range. */
int ip_prefix_bits(const struct inl_addr *addr, unsigned prefix_len_bits);

#endif
