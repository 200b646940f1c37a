/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.h - multicast groups: what a socket listens to, and what the stack does
 *
 * A socket of messages (UDP, raw) joins groups link by link, with a filter of senders (RFC 3678).
 * The stack tells the routers of the link by IGMP (RFC 3376) or MLD (RFC 3810), in the version that
 * they speak. What is sent to groups: INL_OPT_MULTICAST_TTL, _LOOP, _LINK (inlet/socket.h).
 *
 * Which socket gets what: a packet to a group goes to each socket that is bound to its port and to
 * the group or to no address. If that socket has joined the group on the link, its filter decides;
 * else INL_OPT_MULTICAST_ALL does, as Linux has it: by default it gets what others of this host
 * have joined.
 */
#ifndef INLET_GROUP_H
#define INLET_GROUP_H

#include <inlet/addr.h>
#include <inlet/export.h>
#include <inlet/socket.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inl_stack;

/* Limits, and whether anybody is told. In struct inl_config. */
struct inl_group_config {
    bool report;             /* tell routers and switches of the groups joined here: true. Without
                                it, they are heard only where links carry every group */
    uint32_t max_per_socket; /* memberships: 64 */
    uint32_t max_per_link;   /* groups of one family: 1,024; those of our addresses included */
    uint32_t max_sources;    /* of one filter: 64, up to 4,096; all of a group on a link together:
                                four times that */
};

/* RFC 3678 3. */
enum inl_group_op {
    INL_GROUP_JOIN,         /* from any sender */
    INL_GROUP_LEAVE,        /* however it was joined */
    INL_GROUP_BLOCK,        /* joined from any: not from this sender, */
    INL_GROUP_UNBLOCK,      /* and again */
    INL_GROUP_JOIN_SOURCE,  /* from this sender, too, and from others that were named only */
    INL_GROUP_LEAVE_SOURCE, /* no more; the last one leaves the group */
};

/**
 * inl_group - joins or leaves a group, or changes from whom it is heard
 * @link:   0: the link that the route to the group leads to; to leave or change: any
 * @group:  of the socket's family; sockets that take both may join groups of both
 * @source: for those operations that are about one; else NULL
 *
 * 0, -EBADF, -EOPNOTSUPP (socket of another type), -EINVAL (no group, no sender, or the filter is
 * of the other mode), -ENODEV (no such link), -EADDRINUSE (joined already), -EADDRNOTAVAIL (not
 * joined; the sender is in the filter already, or is not), -ENOBUFS (limits), -ENOMEM.
 */
INL_API int inl_group(struct inl_stack *stack, inl_sock s, enum inl_group_op op, int link,
                      const struct inl_addr *group, const struct inl_addr *source);

/**
 * inl_group_set_filter - the whole filter of a group at once (RFC 3678 4.2, 5.2)
 * @exclude: all but these senders; else these only. Nobody at all leaves the group, everything else
 *           joins it
 * As inl_group().
 */
INL_API int inl_group_set_filter(struct inl_stack *stack, inl_sock s, int link,
                                 const struct inl_addr *group, bool exclude,
                                 const struct inl_addr *sources, size_t count);

/* How many senders the filter names (may exceed @max; only @max are written), or -EADDRNOTAVAIL. */
INL_API int inl_group_get_filter(struct inl_stack *stack, inl_sock s, int link,
                                 const struct inl_addr *group, bool *ret_exclude,
                                 struct inl_addr *out, size_t max);

/* A group that is listened to on a link. */
struct inl_group_info {
    struct inl_addr group;
    int link;
    uint32_t sockets; /* that have joined it; 0: the host itself */
    bool exclude;     /* the filter of all together */
    uint32_t sources;
    uint8_t version; /* of IGMP or MLD, as the link's routers speak it */
};

/**
 * inl_group_snapshot - every group of the stack
 * @out: room for @max entries; may be NULL when @max is 0
 * Returns how many there are (may exceed @max; only @max are written).
 */
INL_API size_t inl_group_snapshot(const struct inl_stack *stack, struct inl_group_info *out,
                                  size_t max);

#endif
