/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_side.h - what tests of groups need: sockets that join, a querier that asks, and what the
 * host says as text
 *
 * Each test runs for both families, groups and senders by number: group 1 is 239.1.1.1 or ff15::1,
 * sender 1 is 10.9.0.1 or 2001:db8:9::1. The querier is 10.0.0.2 or fe80::2. Every message is
 * checked for its envelope: TTL, router alert, destination, checksum.
 */
#ifndef IP_TEST_GROUP_SIDE_H
#define IP_TEST_GROUP_SIDE_H

#include "ip/group.h"
#include "ip/group_member.h"
#include "net.h"

#define JOIN INL_GROUP_JOIN
#define LEAVE INL_GROUP_LEAVE
#define JOIN_SOURCE INL_GROUP_JOIN_SOURCE
#define LEAVE_SOURCE INL_GROUP_LEAVE_SOURCE
#define BLOCK INL_GROUP_BLOCK
#define UNBLOCK INL_GROUP_UNBLOCK

struct t {
    struct net n;
    bool v6;
    struct ip_members *a, *b; /* two sockets */
};

struct query {
    unsigned version; /* of IGMP; MLD: one less */
    unsigned group;   /* 0: all */
    unsigned sources; /* 1 .. so many */
    unsigned code;    /* of the response time; 0: 10 s */
    unsigned qrv, qqic;
    int ttl; /* 0: 1 */
    bool no_alert;
    const char *src, *dst;
    unsigned kind; /* 0: query; else the type */
    bool bad_csum;
    unsigned extra; /* octets behind all that */
};

void t_start(struct t *t, bool v6);
void t_stop(struct t *t);

struct inl_addr group(const struct t *t, unsigned i);
struct inl_addr sender(const struct t *t, unsigned i);

/* A socket joins or leaves group g on ETH0. @src 0: no sender is named. must(): it succeeds. */
int act(struct t *t, struct ip_members **ms, enum inl_group_op op, unsigned g, unsigned src);
void must(struct t *t, struct ip_members **ms, enum inl_group_op op, unsigned g, unsigned src);

/* The next message of the host, "" if there is none: "igmp v3 report G1 to_ex {S1}". */
const char *heard(struct t *t);
void said(struct t *t, const char *igmp, const char *mld);
void told(struct t *t, const char *records); /* newest version */
void silent(struct t *t, inl_dur d);
/* Told at once, once more within a second, and no more. */
void told_twice(struct t *t, const char *records);
void quiet(struct t *t); /* a minute passes, whatever is said */

enum inl_drop ask(struct t *t, struct query q);

/* Runs a test for both families. */
void both(void (*test)(struct t *));

#define BOTH(name)                                                                                 \
    static void test_##name(void **state) {                                                        \
        (void)state;                                                                               \
        both(name);                                                                                \
    }

#endif
