/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool.c - messages and the end of a tool
 */
#include "tools/common/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *tool_name = "";

void tool_begin(const char *name) {
    tool_name = name;
}

static void say(const char *fmt, va_list args) {
    fflush(stdout);
    fprintf(stderr, "inlet %s: ", tool_name);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
}

void tool_say(const char *fmt, ...) {
    va_list args;

    va_start(args, fmt);
    say(fmt, args);
    va_end(args);
}

int tool_usage(const char *fmt, ...) {
    va_list args;

    va_start(args, fmt);
    say(fmt, args);
    va_end(args);
    fprintf(stderr, "`inlet %s --help` tells what it takes.\n", tool_name);
    return TOOL_USAGE;
}

int tool_end(int status) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    tool_say("cannot write the output: %s", strerror(errno != 0 ? errno : EIO));
    return status == TOOL_OK ? TOOL_FAILED : status;
}
