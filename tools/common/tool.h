/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool.h - what every tool does alike: exit statuses, messages, the end
 *
 * A tool is one function, `int tool_NAME(int argc, char **argv)`, declared in tools/tools.h; its
 * argv[0] is its name and it returns the exit status. What it finds goes to stdout. Everything
 * else, be it an error or progress, goes to stderr, so that pipes carry results only.
 *
 * SIGPIPE keeps its default: who reads no more ends us, as it ends every filter.
 */
#ifndef TOOLS_COMMON_TOOL_H
#define TOOLS_COMMON_TOOL_H

#include <stdbool.h>

enum tool_status {
    TOOL_OK = 0,
    TOOL_FAILED = 1, /* it ran, and what was asked is not so: no reply, nothing found */
    TOOL_USAGE = 2,  /* a mistake on the command line, or the machine does not let us */
};

/* Says who speaks in the messages that follow: "inlet NAME: ...". Called by opt_parse(). */
void tool_begin(const char *name);

/* A line on stderr, "inlet NAME: " before it and a newline behind it. What is wrong, then what to do
 * about it. Written after what stands in stdout's buffer. */
void tool_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same for a mistake on the command line, with a hint to --help. Returns TOOL_USAGE. */
int tool_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Flushes stdout and returns @status, or TOOL_FAILED (told) where the output could not be written:
 * a full disk must not look like success. Called by the program when the tool returns. */
int tool_end(int status);

#endif
