/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.h - start a lab as a process of its own
 */
#ifndef HOST_START_H
#define HOST_START_H

#include "host/lab.h"

struct private_lab {
    int control_fd; /* the client's end of its control socket */
    int alive_fd;   /* end of file when the lab has ended */
};

/* Forks a lab that serves one client and ends with it. 0, or -errno (told on stderr). The lab is
 * no child of the caller. */
int start_private(const struct labfile *file, const struct trace_format *format,
                  struct private_lab *ret);

/* Closes the control socket, and waits until the lab has ended. */
void start_wait(struct private_lab *lab);

/* Runs a lab that listens at its control socket. `foreground`: returns when it ends; otherwise
 * when it is ready. 0 or -errno (told on stderr). */
int start_daemon(const struct labfile *file, const struct trace_format *format, bool foreground);

#endif
