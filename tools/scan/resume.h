/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resume.h - a scan that was stopped, in a file, to go on from there
 */
#ifndef TOOLS_SCAN_RESUME_H
#define TOOLS_SCAN_RESUME_H

#include "tools/scan/sweep.h"
#include "tools/scan/targets.h"

#include <jansson.h>

/* Can it be written there? Before the work, for afterwards is too late. 0, or -errno (told). */
int resume_check(const char *path);

/* Writes command line, place in the order, hosts and answers. 0, or -errno (told on stderr). */
int resume_save(const char *path, int argc, char **argv, const struct sweep *sweep);

/* Reads such a file. NULL: told on stderr. The caller drops it with json_decref(). */
json_t *resume_load(const char *path);

/* Is it such a file's text at all? */
bool resume_fits(const json_t *o);

/* The command line in it, with an end; NULL: told. Its words belong to the object. */
char **resume_argv(const json_t *saved, int *ret_argc);

/* Leaves those hosts that were up. Then job and sweep can be made, and go on. False (told): the file
 * does not fit the targets. */
bool resume_targets(const json_t *saved, struct targets *targets);
bool resume_sweep(const json_t *saved, struct sweep *sweep);

/* The key of the order. */
uint64_t resume_seed(const json_t *saved);

#endif
