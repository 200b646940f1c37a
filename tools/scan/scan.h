/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.h - the parts of a scan
 */
#ifndef TOOLS_SCAN_SCAN_H
#define TOOLS_SCAN_SCAN_H

#include "tools/scan/report.h"
#include "tools/scan/sweep.h"
#include "tools/scan/targets.h"

struct raw;
struct own_host;

struct scan_options {
    struct timing timing;
    enum scan_kind tcp; /* how TCP ports are probed */
    bool has_tcp, udp, only_hosts, versions;
    const char *discovery; /* letters; NULL: as we may */
    struct raw *raw;       /* NULL: connect() only */
    bool has_source;
    struct inl_addr source; /* whose probes are from; the kernel does not have it */
    struct own_host *host;  /* that has it */
};

/* Opens what the kinds of probes need; chooses what was not. 0, or -errno (told on stderr). */
int scan_prepare(struct scan_options *o);
void scan_done(struct scan_options *o);

/* Runs a sweep by connect() or by packets. @one_is_enough: an answer of a target spares it its other
 * probes. 0, or -errno (told). */
int scan_run(struct scan_options *o, struct sweep *sweep, bool one_is_enough);

/* Lets the probes come from o->source. Needs what route_ask() says. 0, or -errno (told). */
int scan_take_source(struct scan_options *o, struct targets *targets);

/* Leaves in the list those that are there. Adds to *sent. 0, or -errno (told). */
int discover(struct scan_options *o, struct targets *targets, uint64_t seed, uint64_t *sent);

/* Asks each open TCP port of the job what it is; the report gets the answers. */
int versions_ask(const struct job *job, const struct timing *timing, struct report *report);

#endif
