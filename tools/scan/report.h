/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - what was found, in four forms
 */
#ifndef TOOLS_SCAN_REPORT_H
#define TOOLS_SCAN_REPORT_H

#include "tools/scan/job.h"

#include <stdio.h>

#define REPORT_BANNER_MAX 200

/* What a program said of itself. */
struct version {
    uint64_t probe;
    char service[24]; /* "ssh"; "": not recognized */
    char product[64]; /* as it said, bytes of any kind */
    char banner[REPORT_BANNER_MAX];
};

struct report {
    const struct job *job;
    struct version *versions; /* in order of probes */
    uint32_t versions_n;
    const char *const *argv;
    int argc;
    double began, ended; /* seconds since 1970 */
    uint64_t sent;
    bool all;     /* print each port, not only sums of the many */
    bool numeric; /* no names of ports */
    bool only_hosts;
    uint32_t hosts; /* that were asked for; those that are up are in the job */
    bool stopped;   /* Ctrl-C */
};

/* How many ports of a host are in a state for a reason. */
struct tally {
    uint32_t of[SCAN_STATES][SCAN_REASONS];
    uint32_t states[SCAN_STATES];
};

void report_tally(const struct report *r, uint32_t target, struct tally *ret);
/* States of which so many ports are that only their sum is told. */
bool report_hides(const struct report *r, const struct tally *tally, enum scan_state state);
const struct version *report_version(const struct report *r, uint64_t probe);
/* NULL: it has none, or names are not wanted. */
const char *report_service(const struct report *r, const struct slot *slot);
uint32_t report_up(const struct report *r);

void report_text(const struct report *r);
void report_json(const struct report *r);
/* As nmap's -oG and -oX: what reads those reads these. */
void report_grepable(const struct report *r, FILE *f);
void report_xml(const struct report *r, FILE *f);

#endif
