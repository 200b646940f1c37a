/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.h - multicast as a host: which groups are listened to, from whom, and who is told
 *
 * One mechanism for both families, with two wires: IGMP and MLD.
 *
 *   group.c         groups of a link, what their members want taken together, is a packet wanted
 *   group_filter.c  lists of senders
 *   group_member.c  what one socket wants (RFC 3678)
 *   group_report.c  when routers are told: changes, answers, the older versions
 *   group_query.c   what routers ask, and what other hosts say
 *   group_send.c    the packets
 *   group_loop.c    what we send to a group, and listen to ourselves
 *
 * The host's own groups (solicited-node, all routers, those of servers) are held by number, without
 * a socket. All nodes (224.0.0.1, ff02::1) is everybody's and has no entry.
 *
 * Sections: RFC 3376 3 to 5, 7; RFC 3810 4 to 6, 8; RFC 2236 3, RFC 2710 4, 5; RFC 1112 4, 6, 7;
 * RFC 3590; RFC 3678.
 *
 * Does not do: what multicast routers and queriers do.
 */
#ifndef IP_GROUP_H
#define IP_GROUP_H

#include "base/htab.h"
#include "ip/ip.h"
#include "wire/icmp6.h"
#include <inlet/group.h>

struct ip_group_link;

/* All groups of a stack. */
struct ip_groups {
    struct htab table;                             /* struct ip_group, by link and address */
    struct ip_group_link *links[INL_LINKS_MAX][2]; /* [1]: IPv6; NULL: none yet */
    struct inl_group_config config;
};

void ip_groups_init(struct ip *ip, const struct inl_group_config *config);
void ip_groups_done(struct ip *ip);

/* The host itself listens to a group of a link, and does so no more. 0, -ENOMEM, -ENOBUFS. */
int ip_group_hold(struct ip *ip, int link, const struct inl_addr *group);
void ip_group_release(struct ip *ip, int link, const struct inl_addr *group);

/* Does anybody here listen to it on that link? And to this sender? NONE, NOT_FOR_US, GROUP_SOURCE
 */
bool ip_group_joined(const struct ip *ip, int link, const struct inl_addr *group);
enum inl_drop ip_group_hears(const struct ip *ip, int link, const struct inl_addr *group,
                             const struct inl_addr *src);

/* A packet is about to leave for a group: a copy for ourselves, if we listen. */
void ip_group_loop(struct ip *ip, const struct pkt *pkt, const struct ip_tx *tx,
                   const struct ip_path *path);

/* A link goes down or comes up; it has a link-local address from now on (RFC 3590). */
void ip_group_set_up(struct ip *ip, int link, bool up);
void ip_group_sourced(struct ip *ip, int link);

/* Messages of IGMP and MLD. */
enum inl_drop ip_igmp_input(struct ip *ip, const struct ip_rx *rx);
enum inl_drop ip_mld_input(struct ip *ip, const struct ip_rx *rx, const struct icmp6_msg *icmp);

void ip_group_timer(struct ip *ip, struct timer *timer);

size_t ip_group_snapshot(const struct ip *ip, struct inl_group_info *out, size_t max);

#endif
