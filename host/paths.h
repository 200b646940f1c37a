/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paths.h - where labs are found
 *
 * A running lab NAME listens at $XDG_RUNTIME_DIR/inlet/NAME.sock, or /tmp/inlet-UID/NAME.sock when
 * there is no such folder. The folder has mode 0700 and belongs to the user, which is checked
 * before anything in it is trusted: /tmp is everybody's.
 */
#ifndef HOST_PATHS_H
#define HOST_PATHS_H

#include <stddef.h>

#define PATHS_NAME_MAX 32
#define PATHS_LABS_MAX 64

/* Listens for lab NAME. A socket file that nobody listens at any more is replaced. Returns the
 * descriptor, -EADDRINUSE (runs already), or -errno. */
int paths_listen(const char *name);
/* Connects to lab NAME: the descriptor, -ECONNREFUSED or -ENOENT (does not run), or -errno. */
int paths_connect(const char *name);
/* Removes NAME's socket file. */
void paths_remove(const char *name);
/* The path of NAME's socket, for people. */
void paths_of(const char *name, char *buf, size_t cap);
/* Names of the labs that answer: how many. */
int paths_running(char names[PATHS_LABS_MAX][PATHS_NAME_MAX]);

#endif
