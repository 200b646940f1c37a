/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_member.h - what one socket wants of groups (RFC 3678)
 */
#ifndef IP_GROUP_MEMBER_H
#define IP_GROUP_MEMBER_H

#include "base/list.h"
#include "ip/ip.h"
#include <inlet/group.h>

/* The groups of one socket; a socket without any has none. */
struct ip_members {
    struct list list; /* struct ip_member */
    uint32_t count;
};

/* As inl_group() and its like; *ms is made when the first group is joined, and freed with the
 * last. */
int ip_member_do(struct ip *ip, struct ip_members **ms, enum inl_group_op op, int link,
                 const struct inl_addr *group, const struct inl_addr *source);
int ip_member_set(struct ip *ip, struct ip_members **ms, int link, const struct inl_addr *group,
                  bool exclude, const struct inl_addr *sources, size_t count);
int ip_member_get(const struct ip_members *ms, int link, const struct inl_addr *group,
                  bool *ret_exclude, struct inl_addr *out, size_t max);

/* The socket goes. */
void ip_members_free(struct ip *ip, struct ip_members **ms);

/* Does a socket want this packet to a group? @all: also of groups that it has not joined itself. */
bool ip_members_want(const struct ip_members *ms, bool all, const struct ip_rx *rx);

/* The link that a group is joined on or sent to, if nobody says; 0: none. */
int ip_group_default_link(const struct ip *ip, const struct inl_addr *group);

#endif
