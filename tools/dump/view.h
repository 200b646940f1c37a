/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.h - packets shown in other ways than a line each: field by field, by flows, as ladders
 */
#ifndef DUMP_VIEW_H
#define DUMP_VIEW_H

#include "tools/decode/capfile.h"

#include <stdbool.h>
#include <stdint.h>

enum view_ladder { VIEW_NO_LADDER, VIEW_LADDER_TEXT, VIEW_LADDER_SVG };

struct view_options {
    bool explain, flows;
    enum view_ladder ladder;
    bool json;
    bool details; /* of each flow, however many there are */
    uint64_t flows_max, ladder_max;
};

struct view;

/* Is one of these views asked for? */
bool view_wanted(const struct view_options *o);

/* NULL when memory is short, told. */
struct view *view_new(const struct view_options *o);
/* @number: of the packet, from 1. */
void view_packet(struct view *v, const struct capfile_packet *p, uint64_t number);
/* Shows what could not be shown before all packets were there. */
void view_end(struct view *v);
void view_free(struct view *v);

#endif
