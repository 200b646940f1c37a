/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cli.h - what the subcommands share
 *
 * Exit status: 0; 1 when something failed or was not found; 2 for a mistake on the command line.
 * `inlet run` has its program's status instead, and 125 when it could not start it.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "host/lab.h"

#include <stdbool.h>

#define CLI_FAILED 1
#define CLI_USAGE 2
#define CLI_RUN_FAILED 125

/* Subcommands: argv[0] is the subcommand's name. They return the exit status. */
int cli_run(int argc, char **argv);
int cli_lab(int argc, char **argv);
int cli_netstat(int argc, char **argv);

/* ---- find.c ---- */

/*
 * Finds a running lab. @lab: a name, or a lab file's path (then the lab has its name), or NULL for
 * the only one that runs. Returns a control socket, -ENOENT (none; told if `tell`), or another
 * -errno (told on stderr).
 */
int find_lab(const char *lab, bool tell);
/* Is it the path of a lab file rather than a name? */
bool find_is_file(const char *lab);

#endif
