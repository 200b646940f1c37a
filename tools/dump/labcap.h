/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labcap.h - packets of a lab's links, with why each was sent and by which program
 */
#ifndef DUMP_LABCAP_H
#define DUMP_LABCAP_H

#include "tools/dump/session.h"

struct labcap_options {
    const char *lab;  /* its name or file; "": the only one that runs */
    const char *host; /* only what this one sends and what is sent to it; NULL: everything */
};

/* Captures until told to stop, until the lab ends, or until the session has enough. Returns the exit
 * status. */
int labcap_run(struct session *s, const struct labcap_options *o, const char *expression);

#endif
