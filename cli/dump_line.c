/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump_line.c - one line for one packet, with the reason why it was sent
 *
 * The packet's text is the decoder's (wire/text.h), cause and drop are the texts of
 * <inlet/cause.h>: this file only puts them side by side.
 */
#include "cli/dump_line.h"

#include "wire/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DUMP_WHO_COLUMNS 8

#define SGR_RESET "\033[0m"
#define SGR_DIM "\033[2m"
#define SGR_BOLD "\033[1m"
#define SGR_CYAN "\033[36m"
#define SGR_YELLOW "\033[33m"
#define SGR_RED "\033[31m"

static inl_time dump_since(inl_time now, inl_time start) {
    return (inl_time){inl_time_sub(now, start)};
}

static const char *dump_direction(enum inl_trace_kind kind) {
    return kind == INL_TRACE_RX ? "in" : "out";
}

struct dump_frame dump_frame_of_trace(const struct inl_trace *trace, const char *who,
                                      inl_time start) {
    return (struct dump_frame){
        .time = dump_since(trace->now, start),
        .who = who ? who : dump_direction(trace->kind),
        .kind = (enum inl_link_kind)trace->frame,
        .data = trace->data,
        .len_bytes = trace->len_bytes,
        .cause = trace->kind == INL_TRACE_RX ? INL_CAUSE_NONE : trace->cause,
        .drop = trace->kind == INL_TRACE_TX ? INL_DROP_NONE : trace->drop,
    };
}

struct dump_frame dump_frame_of_world(const struct inl_world_frame *frame, const char *who,
                                      inl_time start) {
    return (struct dump_frame){
        .time = dump_since(frame->now, start),
        .who = who,
        .kind = INL_LINK_ETHERNET,
        .data = frame->data,
        .len_bytes = frame->len_bytes,
        .cause = frame->cause,
        .drop = frame->fate,
        .corrupted = frame->corrupted,
        .duplicated = frame->duplicated,
        .reordered = frame->reordered,
    };
}

static void dump_paint(struct text *t, bool colour, const char *sgr) {
    if (colour) {
        text_str(t, sgr);
    }
}

/* Repairs stand out: they are what one looks for. */
static const char *dump_cause_colour(enum inl_cause cause) {
    const char *name = inl_cause_name(cause);

    return strstr(name, "rtx") || strstr(name, "retry") || strstr(name, "probe") ? SGR_YELLOW
                                                                                 : SGR_CYAN;
}

static void dump_marked(struct text *t, bool marked, const char *what) {
    if (marked) {
        text_str(t, what);
    }
}

static void dump_fate(struct text *t, const struct dump_frame *f) {
    dump_marked(t, f->corrupted, " [corrupted]");
    dump_marked(t, f->duplicated, " [duplicated]");
    dump_marked(t, f->reordered, " [reordered]");
    if (f->drop != INL_DROP_NONE) {
        text_str(t, " [dropped: ");
        text_str(t, inl_drop_text(f->drop));
        text_chr(t, ']');
    }
}

void dump_reason(struct text *t, const struct dump_frame *f) {
    char buf[256];
    struct text fate = text_init(buf, sizeof(buf));

    if (f->cause != INL_CAUSE_NONE) {
        text_str(t, inl_cause_text(f->cause));
    }
    dump_fate(&fate, f);
    /* The fate begins with a space, which nothing needs if there is no cause before it. */
    text_str(t, f->cause != INL_CAUSE_NONE || fate.len == 0 ? buf : buf + 1);
}

static void dump_who(struct text *t, const char *who) {
    size_t width = strlen(who);

    text_str(t, who);
    for (; width < DUMP_WHO_COLUMNS; width++) {
        text_chr(t, ' ');
    }
}

void dump_line(struct text *t, const struct dump_frame *f, bool colour) {
    dump_paint(t, colour, SGR_DIM);
    text_time(t, f->time);
    dump_paint(t, colour, SGR_RESET SGR_BOLD);
    text_chr(t, ' ');
    dump_who(t, f->who);
    dump_paint(t, colour, SGR_RESET);
    text_chr(t, ' ');
    wire_frame_text(t, f->kind, f->data, f->len_bytes);
    if (f->cause != INL_CAUSE_NONE) {
        dump_paint(t, colour, dump_cause_colour(f->cause));
        text_str(t, "  <- ");
        text_str(t, inl_cause_text(f->cause));
    }
    dump_paint(t, colour, SGR_RED);
    dump_fate(t, f);
    dump_paint(t, colour, SGR_RESET);
}

size_t dump_world_line(const struct inl_world_frame *frame, const char *host, const char *link,
                       inl_dur since, bool colour, char *buf, size_t cap) {
    struct text t = text_init(buf, cap);
    struct dump_frame f = dump_frame_of_world(frame, host, frame->now);

    (void)link;
    f.time = (inl_time){since};
    dump_line(&t, &f, colour);
    return t.len;
}

bool dump_wants_colour(int fd) {
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (no_color && no_color[0] != '\0') {
        return false;
    }
    return isatty(fd) && term && strcmp(term, "dumb") != 0;
}
