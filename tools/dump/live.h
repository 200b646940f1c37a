/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.h - packets of the machine's interfaces
 */
#ifndef DUMP_LIVE_H
#define DUMP_LIVE_H

#include "tools/dump/session.h"

#include <stdbool.h>

struct live_options {
    const char *interface; /* NULL: the first that is up; a number: of the list */
    uint64_t snap_bytes;
    bool not_promiscuous, at_once;
    bool codes; /* only the filter's program */
};

/* The interfaces, a line each. Returns the exit status. */
int live_list(void);
/* Captures until told to stop, or until the session has enough. Returns the exit status. */
int live_run(struct session *s, const struct live_options *o, const char *expression);

#endif
