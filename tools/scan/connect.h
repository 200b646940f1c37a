/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect.h - probes that are connect() of ordinary sockets: nothing special is allowed or needed
 */
#ifndef TOOLS_SCAN_CONNECT_H
#define TOOLS_SCAN_CONNECT_H

#include "tools/common/names.h"
#include "tools/scan/sweep.h"

/* Runs the sweep to its end, or until Ctrl-C. 0, or -errno (told on stderr). */
int connect_run(struct sweep *sweep);

void connect_addr(const struct target *target, uint16_t port, union names_addr *ret);

#endif
