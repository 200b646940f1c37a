/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stop.h - Ctrl-C asks a tool to come to its end: it says what it has found, and stops
 *
 * A tool that runs long calls stop_begin() before it starts and polls stop_fd() beside its own
 * descriptors. The second Ctrl-C ends the process as always, should the first not be enough.
 */
#ifndef TOOLS_COMMON_STOP_H
#define TOOLS_COMMON_STOP_H

#include <stdbool.h>

/* From now on SIGINT and SIGTERM ask to stop, and SIGQUIT asks for a word in between. 0 or -errno. */
int stop_begin(void);

/* Readable once there is something to know: call stop_read() then. -1 before stop_begin(). */
int stop_fd(void);

enum stop_wish { STOP_NONE, STOP_REPORT, STOP_NOW };

/* What was asked since the last call; never blocks. */
enum stop_wish stop_read(void);

/* Was STOP_NOW ever asked? */
bool stop_asked(void);

#endif
