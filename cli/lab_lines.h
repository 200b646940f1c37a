/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_lines.h - how a lab shows frames and events: as lines, by the decoder of tools/decode
 */
#ifndef CLI_LAB_LINES_H
#define CLI_LAB_LINES_H

#include "host/lab.h"

/* For start_private() and start_daemon(). The decoder behind it is one for the whole process: it
 * remembers where connections began, for relative sequence numbers. */
const struct trace_format *lab_lines(void);

#endif
