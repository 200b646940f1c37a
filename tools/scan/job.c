/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * job.c - what is to be probed, and what the answers mean
 *
 * The states are those that scanners have named for decades: a SYN that is answered by SYN-ACK found
 * an open port, by RST a closed one (RFC 9293 3.10.7.1 and 3.10.7.2). FIN, nothing and
 * FIN-PSH-URG draw a RST from closed ports and silence from open ones (3.10.7.1, 3.10.7.2), so
 * silence has two meanings. An ACK draws a RST from both, and tells only whether a filter stands
 * between. For UDP silence has two meanings, too, and a closed port is told by ICMP (RFC 1122
 * 4.1.3.1, RFC 4443 3.1).
 */
#include "tools/scan/job.h"

#include <errno.h>
#include <stdlib.h>

static const struct reason {
    const char *name;
    int type4, code4, type6, code6; /* -1: there is none */
} reasons[SCAN_REASONS] = {
    [SCAN_NO_RESPONSE] = {"no-response", -1, 0, -1, 0},
    [SCAN_SYN_ACK] = {"syn-ack", -1, 0, -1, 0},
    [SCAN_RESET] = {"reset", -1, 0, -1, 0},
    [SCAN_REFUSED] = {"conn-refused", -1, 0, -1, 0},
    [SCAN_UDP_RESPONSE] = {"udp-response", -1, 0, -1, 0},
    [SCAN_ECHO_REPLY] = {"echo-reply", -1, 0, -1, 0},
    [SCAN_TIMESTAMP_REPLY] = {"timestamp-reply", -1, 0, -1, 0},
    [SCAN_ARP_RESPONSE] = {"arp-response", -1, 0, -1, 0},
    [SCAN_ND_RESPONSE] = {"nd-response", -1, 0, -1, 0},
    [SCAN_LOCALHOST] = {"localhost-response", -1, 0, -1, 0},
    [SCAN_USER_SET] = {"user-set", -1, 0, -1, 0},
    [SCAN_PORT_UNREACH] = {"port-unreach", 3, 3, 1, 4},
    [SCAN_NET_UNREACH] = {"net-unreach", 3, 0, 1, 0},
    [SCAN_HOST_UNREACH] = {"host-unreach", 3, 1, 1, 3},
    [SCAN_PROTO_UNREACH] = {"proto-unreach", 3, 2, 4, 1},
    [SCAN_NET_PROHIBITED] = {"net-prohibited", 3, 9, 1, 6},
    [SCAN_HOST_PROHIBITED] = {"host-prohibited", 3, 10, 1, 5},
    [SCAN_ADMIN_PROHIBITED] = {"admin-prohibited", 3, 13, 1, 1},
    [SCAN_NOT_ASKED] = {"not-asked", -1, 0, -1, 0},
    [SCAN_TIME_EXCEEDED] = {"time-exceeded", 11, 0, 3, 0},
};

int job_init(struct job *job, struct target *targets, uint32_t targets_n, const struct slot *slots,
             uint32_t slots_n) {
    *job = (struct job){
        .targets = targets, .slots = slots, .targets_n = targets_n, .slots_n = slots_n};
    if (job_total(job) > JOB_MAX) {
        return -E2BIG;
    }
    job->answers = calloc(job_total(job) + 1, 1);
    return job->answers != NULL ? 0 : -ENOMEM;
}

void job_done(struct job *job) {
    free(job->answers);
    job->answers = NULL;
}

bool job_note(struct job *job, uint64_t probe, enum scan_reason reason) {
    uint8_t *known = &job->answers[probe];
    bool first = *known == SCAN_NO_RESPONSE;

    if (reason == SCAN_NO_RESPONSE ||
        (!first && (*known < SCAN_PORT_UNREACH || reason >= SCAN_PORT_UNREACH))) {
        return false;
    }
    *known = (uint8_t)reason;
    job->answered += first;
    return true;
}

enum scan_state scan_state_of(enum scan_kind kind, enum scan_reason reason) {
    bool quiet_if_open = kind == SCAN_FIN || kind == SCAN_NULL || kind == SCAN_XMAS;

    switch (reason) {
    case SCAN_NO_RESPONSE:
        return quiet_if_open || kind == SCAN_UDP ? SCAN_OPEN_FILTERED : SCAN_FILTERED;
    case SCAN_SYN_ACK:
    case SCAN_UDP_RESPONSE:
        return SCAN_OPEN;
    case SCAN_RESET:
        return kind == SCAN_ACK ? SCAN_UNFILTERED : SCAN_CLOSED;
    case SCAN_REFUSED:
        return SCAN_CLOSED;
    case SCAN_PORT_UNREACH:
        return kind == SCAN_UDP ? SCAN_CLOSED : SCAN_FILTERED;
    default:
        return SCAN_FILTERED;
    }
}

const char *scan_state_name(enum scan_state state) {
    static const char *const names[] = {"open", "closed", "filtered", "unfiltered",
                                        "open|filtered"};

    return names[state];
}

const char *scan_reason_name(enum scan_reason reason) {
    return reasons[reason].name;
}

const char *scan_kind_name(enum scan_kind kind) {
    static const char *const names[] = {"connect", "syn", "ack",  "fin",       "null",
                                        "xmas",    "udp", "echo", "timestamp", "neighbour"};

    return names[kind];
}

const char *scan_transport(enum scan_kind kind) {
    return kind == SCAN_UDP ? "udp" : "tcp";
}

bool scan_reason_icmp(enum scan_reason reason, bool six, int *ret_type, int *ret_code) {
    const struct reason *r = &reasons[reason];

    *ret_type = six ? r->type6 : r->type4;
    *ret_code = six ? r->code6 : r->code4;
    return *ret_type >= 0;
}

enum scan_reason scan_reason_of_icmp(bool six, unsigned type, unsigned code) {
    for (unsigned i = SCAN_PORT_UNREACH; i < SCAN_REASONS; i++) {
        const struct reason *r = &reasons[i];

        if ((unsigned)(six ? r->type6 : r->type4) == type &&
            (unsigned)(six ? r->code6 : r->code4) == code) {
            return (enum scan_reason)i;
        }
    }
    return !six && type == 3 && code != 4 ? SCAN_HOST_UNREACH : SCAN_NO_RESPONSE;
}
