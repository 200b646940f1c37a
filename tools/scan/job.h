/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * job.h - what is to be probed, and what was heard
 *
 * A job is each slot (a kind of probe, and a port) at each target. Of a probe one byte is kept: the
 * reason why we know something, or SCAN_NO_RESPONSE. Everything else follows from that: the state
 * from kind and reason, the order from a permutation, and what has to be sent again from the bytes
 * that are still 0.
 */
#ifndef TOOLS_SCAN_JOB_H
#define TOOLS_SCAN_JOB_H

#include <inlet/addr.h>
#include <inlet/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scan_kind {
    SCAN_CONNECT,
    SCAN_SYN,
    SCAN_ACK,
    SCAN_FIN,
    SCAN_NULL,
    SCAN_XMAS,
    SCAN_UDP,
    SCAN_ECHO, /* this one and the following find hosts only */
    SCAN_TIMESTAMP,
    SCAN_NEIGHBOUR, /* ARP or ND */
};

enum scan_state {
    SCAN_OPEN,
    SCAN_CLOSED,
    SCAN_FILTERED,
    SCAN_UNFILTERED,
    SCAN_OPEN_FILTERED,
    SCAN_STATES,
};

enum scan_reason {
    SCAN_NO_RESPONSE,
    SCAN_SYN_ACK,
    SCAN_RESET,
    SCAN_REFUSED, /* connect() said so, whatever the packet was */
    SCAN_UDP_RESPONSE,
    SCAN_ECHO_REPLY,
    SCAN_TIMESTAMP_REPLY,
    SCAN_ARP_RESPONSE,
    SCAN_ND_RESPONSE,
    SCAN_LOCALHOST,    /* an address of this machine */
    SCAN_USER_SET,     /* nobody was asked */
    SCAN_PORT_UNREACH, /* this one and the following are ICMP errors */
    SCAN_NET_UNREACH,
    SCAN_HOST_UNREACH,
    SCAN_PROTO_UNREACH,
    SCAN_NET_PROHIBITED,
    SCAN_HOST_PROHIBITED,
    SCAN_ADMIN_PROHIBITED,
    SCAN_TIME_EXCEEDED,
    SCAN_NOT_ASKED, /* while hosts are looked for: there was no need */
    SCAN_REASONS,
};

struct slot {
    uint16_t port;
    uint8_t kind; /* enum scan_kind */
};

struct target {
    struct inl_addr addr;
    uint32_t scope;          /* of a link-local address: the interface's index */
    uint8_t up;              /* enum scan_reason: why we believe that it is there; 0: unknown */
    bool on_link;            /* no router between */
    struct inl_addr gateway; /* the router; INL_ADDR_ANY: none, or one of the other version of IP */
    bool is_local;           /* an address of this machine */
    int link;                /* the interface that leads there; 0: unknown */
    struct inl_addr source;
    const char *name; /* as the user wrote it; NULL: a number */
};

struct job {
    struct target *targets;
    const struct slot *slots;
    uint32_t targets_n, slots_n;
    uint8_t *answers; /* enum scan_reason of targets_n * slots_n probes, a target's side by side */
    uint64_t answered;
};

/* 0, -ENOMEM, -E2BIG (more than JOB_MAX probes). */
#define JOB_MAX ((uint64_t)1 << 32)
int job_init(struct job *job, struct target *targets, uint32_t targets_n, const struct slot *slots,
             uint32_t slots_n);
void job_done(struct job *job);

static inline uint64_t job_total(const struct job *job) {
    return (uint64_t)job->targets_n * job->slots_n;
}

/* Notes an answer. Better ones replace worse: an error that a router sends does not hide a word of
 * the host itself. False: it was known. */
bool job_note(struct job *job, uint64_t probe, enum scan_reason reason);

enum scan_state scan_state_of(enum scan_kind kind, enum scan_reason reason);
const char *scan_state_name(enum scan_state state);    /* "open|filtered" */
const char *scan_reason_name(enum scan_reason reason); /* "syn-ack" */
const char *scan_kind_name(enum scan_kind kind);       /* "syn" */
const char *scan_transport(enum scan_kind kind);       /* "tcp", "udp" */

/* Type and code of the ICMP error behind a reason; false: it is none. */
bool scan_reason_icmp(enum scan_reason reason, bool six, int *ret_type, int *ret_code);
/* What an ICMP error of that type and code means; SCAN_NO_RESPONSE: nothing to us. */
enum scan_reason scan_reason_of_icmp(bool six, unsigned type, unsigned code);

#endif
