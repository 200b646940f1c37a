/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ping.h - one target of ping, and the ways to speak about it
 *
 * ping.c reads the options and keeps the clock; target.c sends, counts and decides when enough was
 * heard; text.c, json.c and live.c are three voices that say it.
 */
#ifndef TOOLS_PING_PING_H
#define TOOLS_PING_PING_H

#include "tools/common/names.h"
#include "tools/ping/who.h"
#include "tools/probe/probe.h"
#include "tools/probe/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PING_TARGETS_MAX 256

struct ping_opts {
    struct probe_conf conf; /* of every probe, without the target */
    bool ipv4, ipv6, numeric, lookup, json;
    uint64_t count; /* 0: for ever */
    int64_t interval_ns, wait_ns, deadline_ns;
    bool has_interval;
    bool quiet, flood, dates, outstanding, adaptive, audible, verbose, graph;
    bool user_latency; /* until we have read the reply, not until the kernel has it */
    bool same_source;
    uint64_t preload;
    struct who *who;
};

struct voice;

struct target {
    const struct ping_opts *opts;
    const struct voice *voice;
    const char *host; /* as it was typed */
    bool named;       /* names stand beside numbers */
    char number[NAMES_ADDR_MAX];
    union names_addr addr;
    struct probe *probe;
    int64_t *sent_at;  /* by number */
    uint8_t *answered; /* a bit a number */
    uint64_t sent, received, duplicates, corrupted, errors, pipe;
    struct stats rtt;
    int64_t first_ns, last_ns; /* when the first and the last were sent */
    int64_t next_ns;           /* when the next is due */
    bool done, failed;
    uint8_t route[40], route_len; /* the last recorded */
};

/* A reply that was counted. */
struct reply {
    const struct probe_event *event;
    bool has_time, duplicate;
    int64_t rtt_ns;
};

struct voice {
    void (*start)(const struct target *t);
    void (*sent)(struct target *t);
    void (*reply)(struct target *t, const struct reply *r);
    void (*error)(const struct target *t, const struct probe_event *e);
    void (*silence)(const struct target *t, uint16_t seq); /* -O */
    void (*failed)(const struct target *t, int err);       /* our own system did not send it */
    void (*summary)(const struct target *t);
    /* Of several targets, on a terminal: takes it (0 or -errno), draws all, does what keys say
     * (false: the end), gives it back. NULL, all or none of them. */
    int (*begin)(void);
    void (*draw)(const struct target *targets, size_t n);
    bool (*keys)(void);
    void (*end)(const struct target *targets, size_t n);
};

extern const struct voice ping_text, ping_json, ping_live;

/* Opens the target's probe. 0, or -errno (told). */
int target_open(struct target *t, const struct ping_opts *opts, const char *host);
void target_close(struct target *t);

/* Sends if it is time; gives up when nothing more can come. */
void target_work(struct target *t, int64_t now_ns);
/* Takes what has come. */
void target_hear(struct target *t);
/* When target_work() has something to do again. */
int64_t target_due_ns(const struct target *t);
/* 0: there were replies; 1: none, or fewer than asked for in time; 2: it could not be asked. */
int target_status(const struct target *t);

/* "icmp_seq", "tcp_seq", "udp_seq" */
const char *target_seq_name(const struct target *t);

#endif
