/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cli.h - what the subcommands share
 *
 * Exit statuses are those of the tools (tools/common/tool.h). `inlet run` has its program's status
 * instead, and 125 when it could not start it.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#define CLI_RUN_FAILED 125

/* Subcommands: argv[0] is the subcommand's name. They return the exit status. */
int cli_run(int argc, char **argv);
int cli_lab(int argc, char **argv);

#endif
