/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line.c - a lab's frame as a line: what host/trace.c is given to print with
 */
#include "cli/cli.h"

#include "cli/dump_line.h"

size_t cli_frame_line(const struct inl_world_frame *frame, const char *host, const char *link,
                      inl_dur since, bool colour, char *buf, size_t cap) {
    struct text t = text_init(buf, cap);
    struct dump_frame f =
        dump_frame_of_world(frame, host, (inl_time){inl_time_sub(frame->now, (inl_time){since})});

    (void)link; /* the sender's address tells where it is */
    dump_line(&t, &f, colour);
    return t.len;
}
