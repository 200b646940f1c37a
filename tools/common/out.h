/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out.h - colours that mean something, and lines of JSON
 *
 * Colour is for terminals: never in a file or a pipe, nor where NO_COLOR is set and not empty
 * (no-color.org) or TERM is "dumb". The meanings are the same in all tools.
 *
 * JSON: one object a line, each with "type" first; docs/schema/NAME.json describes those of each
 * tool, and a test holds what is printed against it. Times are seconds since 1970 as a number,
 * durations end in their unit ("rtt_ms"), addresses are text.
 */
#ifndef TOOLS_COMMON_OUT_H
#define TOOLS_COMMON_OUT_H

#include "tools/common/colour.h"

#include <jansson.h>
#include <stdbool.h>

/* May this descriptor (STDOUT_FILENO, STDERR_FILENO) be given colours? */
bool out_wants_colour(int fd);

/* Columns and rows of the terminal behind @fd; 80 and 24 where it is none. */
void out_size(int fd, unsigned *ret_columns, unsigned *ret_rows);

/* Prints an object as a line on stdout, at once, and takes it over. NULL (memory is short when it
 * was made) is told on stderr, once. */
void out_json(json_t *object);

/* A string that may hold any byte: a program can have any name, and Linux cuts it off in the middle
 * of a character. What is not UTF-8 becomes U+FFFD. NULL when memory is short. */
json_t *out_json_text(const char *s);

#endif
