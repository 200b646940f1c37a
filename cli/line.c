/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line.c - one line a frame: when, who, what, and why
 */
#include "cli/cli.h"

#include "base/text.h"
#include "wire/text.h"

#include <stdlib.h>
#include <unistd.h>

#define DIM "\033[2m"
#define RED "\033[31m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

bool cli_wants_colour(int fd) {
    const char *no = getenv("NO_COLOR");

    return isatty(fd) && (no == NULL || no[0] == '\0');
}

static void put_fate(struct text *t, const struct inl_world_frame *frame, bool colour) {
    if (frame->fate != INL_DROP_NONE) {
        text_str(t, colour ? RED : "");
        text_str(t, "  !! ");
        text_str(t, inl_drop_text(frame->fate));
        text_str(t, colour ? PLAIN : "");
    }
    if (frame->corrupted) {
        text_str(t, "  !! corrupted by the link");
    }
    if (frame->duplicated) {
        text_str(t, "  !! duplicated by the link");
    }
    if (frame->reordered) {
        text_str(t, "  !! reordered by the link");
    }
}

size_t cli_frame_line(const struct inl_world_frame *frame, const char *host, const char *link,
                      inl_dur since, bool colour, char *buf, size_t cap) {
    struct text t = text_init(buf, cap);

    text_str(&t, colour ? DIM : "");
    text_fixed(&t, since / INL_US, 6);
    text_chr(&t, ' ');
    text_str(&t, host);
    text_chr(&t, '@');
    text_str(&t, link);
    text_str(&t, colour ? PLAIN " " : " ");
    wire_frame_text(&t, INL_LINK_ETHERNET, frame->data, frame->len_bytes);
    if (frame->cause != INL_CAUSE_NONE) {
        text_str(&t, colour ? "  " BOLD "# " : "  # ");
        text_str(&t, inl_cause_text(frame->cause));
        text_str(&t, colour ? PLAIN : "");
    }
    put_fate(&t, frame, colour);
    return t.len;
}
