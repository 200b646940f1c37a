/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raw.h - probes that are packets of our own
 */
#ifndef TOOLS_SCAN_RAW_H
#define TOOLS_SCAN_RAW_H

#include "tools/scan/sweep.h"

struct raw;

/* 0, -EPERM (CAP_NET_RAW is missing), or another -errno; nothing is told. */
int raw_open(struct raw **ret);
void raw_close(struct raw *raw);

/* A host that lives while we send and wait; NULL: none. It stays the caller's. */
struct own_host;
void raw_set_host(struct raw *raw, struct own_host *host);

/* Runs the sweep to its end, or until Ctrl-C. @one_is_enough: an answer of a target spares it its
 * other probes. 0, or -errno (told on stderr). */
int raw_run(struct raw *raw, struct sweep *sweep, bool one_is_enough);

#endif
