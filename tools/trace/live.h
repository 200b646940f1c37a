/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.h - the way on a terminal, while it is measured
 */
#ifndef TOOLS_TRACE_LIVE_H
#define TOOLS_TRACE_LIVE_H

#include "tools/trace/trace.h"

#include <stdbool.h>
#include <stdint.h>

enum live_view { LIVE_BOTH, LIVE_FIGURES, LIVE_CURVE };
enum live_who { LIVE_NAMES, LIVE_NUMBERS, LIVE_NAMES_NUMBERS };

struct live {
    enum live_view view;
    enum live_who who;
    bool paused, help;
    bool own_scale;   /* each curve from its own least to its own most */
    bool hide_more;   /* only a line a hop */
    unsigned first;   /* lines that are scrolled away */
    unsigned lines;   /* that there were, and */
    unsigned room;    /* for so many there was room, as of the last drawing */
    int64_t drawn_ns; /* when that was */
};

/* Takes the terminal. 0, or -ENOTSUP if it is not known. */
int live_begin(struct live *l, const struct trace *t);
/* Does what the keys say that were pressed. False: it shall end. */
bool live_keys(struct live *l, struct trace *t, struct rounds *r);
/* Draws if it is time. */
void live_draw(struct live *l, const struct trace *t, const struct rounds *r, int64_t now_ns);
int64_t live_due_ns(const struct live *l);

#endif
