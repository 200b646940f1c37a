/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * supervisor.h - run an unmodified program on a lab's host
 */
#ifndef HOST_SUPERVISOR_H
#define HOST_SUPERVISOR_H

struct supervisor_options {
    char *const *argv; /* the program and its arguments, NULL at the end */
    int lab_fd;        /* a connected control socket that has said HELLO */
};

/* Runs the program until it and all that it started have ended. Returns its exit status, 128 plus
 * the signal that killed it, 127 if it was not found, 126 if it could not be run, or -errno if
 * the supervisor could not be set up (told on stderr). */
int supervisor_run(const struct supervisor_options *options);

#endif
