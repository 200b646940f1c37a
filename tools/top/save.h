/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * save.h - the view without a terminal: as text, JSON Lines or CSV
 */
#ifndef TOOLS_TOP_SAVE_H
#define TOOLS_TOP_SAVE_H

#include "tools/top/view.h"

#include <jansson.h>
#include <stdio.h>

/* One socket as docs/schema/top.json says. NULL: memory is short. */
json_t *save_object(const struct row *row);

void save_text(FILE *f, const struct view *v, bool with_host);

/* Writes all that the view shows to a file: CSV, or JSON Lines if its name ends in .json or .jsonl.
 * 0 or -errno; a file that is there is not overwritten (-EEXIST). */
int save_file(const char *path, const struct view *v);

#endif
