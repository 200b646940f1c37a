/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_state.h - what the files of group*.c share (group.h is the map)
 *
 * Invariants: a group has a member or is held, or has yet to tell that it has neither. `filter` is
 * what members and the host want, taken together. A group is on its link's `pending` list while
 * something is to be told again (newest version only).
 */
#ifndef IP_GROUP_STATE_H
#define IP_GROUP_STATE_H

#include "ip/group.h"
#include "ip/group_filter.h"
#include "ip/state.h"
#include "wire/group.h"

/* Which version is spoken, as of IGMP: MLDv1 is as IGMPv2, MLDv2 as IGMPv3. */
enum group_level {
    GROUP_LEVEL_V1 = 1,
    GROUP_LEVEL_V2,
    GROUP_LEVEL_V3,
};

#define GROUP_ROBUSTNESS 2 /* RFC 3376 8.1, RFC 3810 9.1 */
#define GROUP_INTERVAL_S 125
#define GROUP_INTERVAL_MAX_S 3600          /* longer ones are not believed */
#define GROUP_REPEAT_NS (1 * INL_S)        /* RFC 3376 8.11, RFC 3810 9.11 */
#define GROUP_REPEAT_OLD_NS (10 * INL_S)   /* RFC 2236 8.10, RFC 2710 7.10 */
#define GROUP_ANSWER_GAP_NS (200 * INL_MS) /* at least, between two answers to the same */
#define GROUP_CHANGES_MAX 256              /* more than that, and all is told anew */

/* What has been told of a link, and is to be told: one a family. */
struct ip_group_link {
    int link;
    bool v6;
    bool sourceless;    /* IPv6: was told from :: */
    uint8_t level;      /* enum group_level */
    uint8_t robustness; /* as the routers have it */
    uint32_t interval_s;
    struct list groups;  /* struct ip_group */
    struct list pending; /* those with something to tell */
    uint32_t count;
    struct timer change;                  /* what is pending is told */
    struct timer answer;                  /* all is told: a general query */
    inl_time answered;                    /* when that was done last */
    inl_time older_until[GROUP_LEVEL_V3]; /* V1, V2: such a querier is there */
};

/* A sender that has become wanted or unwanted, and is to be told about so many times. */
struct group_change {
    struct inl_addr source;
    uint8_t left;
};

struct ip_group {
    struct hnode node;
    struct list link_node;
    struct list pending_node;
    struct inl_addr group;
    struct ip_group_link *on;
    struct list members; /* struct ip_member */
    uint32_t holds;      /* by the host itself */
    struct group_filter filter;

    /* group_report.c */
    struct group_change *changes;
    uint16_t change_count;
    uint16_t change_room;
    uint8_t mode_left;   /* all of the filter is to be told so many times */
    uint8_t repeats;     /* older versions: so many unasked reports more */
    bool busy;           /* must not go now */
    bool last_reporter;  /* older versions: nobody else has reported since we did */
    struct timer answer; /* to a query about this group; older versions: every report */
    inl_time answered;
    struct group_filter asked; /* about these senders only, if there are any */
};

/* One socket's, or none's (src/ip/group_member.h). */
struct ip_member {
    struct list node;       /* of the socket's */
    struct list group_node; /* of the group's */
    struct ip_group *group;
    struct group_filter filter;
};

/* ---- group.c ---- */

struct ip_group *ip_group_find(const struct ip *ip, int link, const struct inl_addr *group);

/* What is kept of a family on a link, made if there is nothing yet; or NULL. */
struct ip_group_link *ip_group_on(struct ip *ip, int link, bool v6);

/* All nodes, in the scope of a node or a link. */
bool ip_group_is_everybodys(const struct inl_addr *group);

/* The group's entry, made if there is none. -ENOMEM, -ENOBUFS (limit). */
int ip_group_get(struct ip *ip, int link, const struct inl_addr *group, struct ip_group **ret);

/* Members have come, gone, or want something else: 0; -ENOMEM, -ENOBUFS: the group is as before. */
int ip_group_update(struct ip *ip, struct ip_group *g);

/* Frees the entry if nobody needs it. */
void ip_group_settle(struct ip *ip, struct ip_group *g);

/* Is it wanted by anybody? */
static inline bool ip_group_live(const struct ip_group *g) {
    return !group_filter_is_none(&g->filter);
}

/* ---- group_report.c ---- */

/* The filter was `old` before. */
void ip_group_changed(struct ip *ip, struct ip_group *g, const struct group_filter *old);
/* Everything is told anew. */
void ip_group_tell_all(struct ip *ip, struct ip_group_link *on);
/* Nothing is told any more, for now. */
void ip_group_hush(struct ip *ip, struct ip_group_link *on);
void ip_group_forget(struct ip *ip, struct ip_group *g);
/* Does an older querier begin or end to rule? Whoever acts on the level asks first. True: what was
 * under way has ended, and groups that nobody wants are gone. */
bool ip_group_level(struct ip *ip, struct ip_group_link *on);
/* Are routers told of this group at all? */
bool ip_group_reported(const struct ip *ip, const struct ip_group *g);

/* ---- group_send.c ---- */

/* A report or leave of the older versions. */
void ip_group_send_old(struct ip *ip, struct ip_group *g, enum group_kind kind,
                       enum inl_cause cause);

/* A report of the newest version, filled record by record. */
struct group_report {
    struct ip *ip;
    struct ip_group_link *on;
    struct pkt *pkt; /* NULL: none begun */
    struct wr w;
    uint16_t records;
    struct inl_addr src;
    enum inl_cause cause;
};

void ip_group_report_add(struct group_report *r, enum group_record_type type,
                         const struct inl_addr *group, const struct inl_addr *sources,
                         uint16_t count);
void ip_group_report_end(struct group_report *r);

#endif
