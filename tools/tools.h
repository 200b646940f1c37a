/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tools.h - the tools: argv[0] is the tool's name, the result is the exit status
 */
#ifndef TOOLS_TOOLS_H
#define TOOLS_TOOLS_H

int tool_dump(int argc, char **argv);
int tool_netstat(int argc, char **argv);
int tool_pathping(int argc, char **argv);
int tool_ping(int argc, char **argv);
int tool_scan(int argc, char **argv);
int tool_services(int argc, char **argv);
int tool_top(int argc, char **argv);
int tool_trace(int argc, char **argv);

#endif
