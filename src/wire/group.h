/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.h - what hosts and routers say about membership in groups: IGMP versions 1 to 3 (RFC 1112,
 * 2236, 3376) and MLD versions 1 and 2 (RFC 2710, 3810)
 *
 * Both families say the same in different formats; one struct has both. Counts inside a message are
 * held against its length: what claims more than it has is refused as a whole.
 *
 * No state: who is a member of what is not known here.
 */
#ifndef WIRE_GROUP_H
#define WIRE_GROUP_H

#include "base/rd.h"
#include "base/wr.h"
#include "wire/icmp6.h"
#include <inlet/cause.h>
#include <inlet/types.h>

enum group_kind {
    GROUP_QUERY,
    GROUP_REPORT,  /* "I am a member of group": IGMPv1, IGMPv2, MLDv1 */
    GROUP_LEAVE,   /* "no more" */
    GROUP_RECORDS, /* IGMPv3, MLDv2: records with sources */
};

/* What a record says (RFC 3376 4.2.12, RFC 3810 5.2.12). */
enum group_record_type {
    GROUP_IS_INCLUDE = 1,
    GROUP_IS_EXCLUDE = 2,
    GROUP_TO_INCLUDE = 3,
    GROUP_TO_EXCLUDE = 4,
    GROUP_ALLOW = 5,
    GROUP_BLOCK = 6,
};

/**
 * struct group_msg - a message
 * @kind:        enum group_kind
 * @version:     of its protocol
 * @group:       query: the group that is asked about, or any; report and leave: which
 * @max_resp_ns: query: answers are spread over this time; IGMPv1: 10 s
 * @suppress:    query of the newest version: routers do not update their timers
 * @robustness:  query of the newest version: 0 to 7; 0: more than can be said
 * @interval_s:  query of the newest version: time between queries
 * @count:       sources of a query, or records
 * @body:        these; lent
 */
struct group_msg {
    enum group_kind kind;
    uint8_t version;
    bool suppress;
    uint8_t robustness;
    uint16_t count;
    uint32_t interval_s;
    inl_dur max_resp_ns;
    struct inl_addr group;
    struct rd body;
};

/* One record. @sources: count addresses of the family's size; lent. */
struct group_record {
    uint8_t type; /* enum group_record_type, or another */
    uint16_t count;
    struct inl_addr group;
    struct rd sources;
};

/**
 * igmp_parse() - reads a message
 * @message: the whole IP payload; its checksum is igmp_csum_ok()'s business
 *
 * TRUNCATED below 8 bytes, BAD_LENGTH when counts claim more than there is, BAD_OPTION when a group
 * is no multicast address, UNKNOWN_ICMP for types that are neither query nor report nor leave.
 */
enum inl_drop igmp_parse(struct rd message, struct group_msg *ret);
bool igmp_csum_ok(struct rd message);

/** mld_parse() - the same for a message of ICMPv6; UNKNOWN_ICMP: it is not about groups */
enum inl_drop mld_parse(const struct icmp6_msg *icmp, struct group_msg *ret);

/** group_record_next() - takes the next record of a parsed message; false: there is none */
bool group_record_next(struct rd *body, bool v6, struct group_record *ret);

/** group_source_next() - takes the next address of a parsed list */
struct inl_addr group_source_next(struct rd *sources, bool v6);

/* ---- writing ---- */

#define GROUP_MSG_BYTES_MAX 24 /* of the older versions */

/** group_emit() - begins a REPORT or LEAVE of IGMP version @version (MLDv1: 2): all but checksum */
void group_emit(struct wr *w, bool v6, enum group_kind kind, unsigned version,
                const struct inl_addr *group);

/** group_emit_begin() - begins a message of records */
void group_emit_begin(struct wr *w, bool v6);

/** group_emit_record() - one record */
void group_emit_record(struct wr *w, bool v6, enum group_record_type type,
                       const struct inl_addr *group, const struct inl_addr *sources,
                       uint16_t count);

/** group_emit_end() - makes the checksum; @records: how many were written */
void group_emit_end(struct wr *w, bool v6, uint16_t records, const struct inl_addr *src,
                    const struct inl_addr *dst);

#endif
