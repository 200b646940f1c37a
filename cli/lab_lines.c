/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_lines.c - how a lab shows frames and events (see lab_lines.h)
 */
#include "cli/lab_lines.h"

#include "cli/event_line.h"
#include "tools/decode/lab_line.h"

static size_t line(void *ctx, const struct inl_world_frame *frame, const char *sender,
                   inl_dur since, bool colour, char *buf, size_t cap) {
    return lab_line_frame(ctx, frame, sender, since, colour, buf, cap);
}

static size_t event(void *ctx, const struct inl_trace *trace, const char *host, inl_dur since,
                    char *buf, size_t cap) {
    return event_line(ctx, trace, host, since, buf, cap);
}

const struct trace_format *lab_lines(void) {
    static struct decode decoder; /* some MB, of which only what is used is ever touched */
    static const struct trace_format format = {
        .ctx = &decoder, .line = line, .reason = lab_reason, .event = event};

    decode_init(&decoder, &lab_line_options);
    return &format;
}
