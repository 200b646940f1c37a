/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_line.h - what a stack tells (inl_trace), as one line of JSON
 *
 * In the manner of qlog: a time in ms, a name "category:event", and data. docs/events.md lists
 * names and fields.
 */
#ifndef CLI_EVENT_LINE_H
#define CLI_EVENT_LINE_H

#include "tools/decode/decode.h"

#include <inlet/trace.h>

#include <stddef.h>

/* Writes the line without a newline into buf; returns its length, or 0 if it did not fit or memory
 * is short. @d: makes the text of what is no TCP. @host: the name of the host whose stack tells. @since:
 * the time to show. */
size_t event_line(struct decode *d, const struct inl_trace *trace, const char *host, inl_dur since,
                  char *buf, size_t cap);

#endif
