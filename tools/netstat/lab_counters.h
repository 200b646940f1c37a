/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_counters.h - `inlet netstat -s`
 */
#ifndef TOOLS_NETSTAT_LAB_COUNTERS_H
#define TOOLS_NETSTAT_LAB_COUNTERS_H

#include <stdbool.h>

struct counters_options {
    bool links; /* of each link instead of each host */
    bool all;   /* those that are 0, too */
    bool json;
};

/* Asks the lab behind fd, and prints. 0 or -errno. */
int print_counters(int fd, const struct counters_options *options);

#endif
