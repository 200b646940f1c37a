/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * columns.h - the columns: heading, text, order
 */
#ifndef TOOLS_TOP_COLUMNS_H
#define TOOLS_TOP_COLUMNS_H

#include "tools/top/rows.h"

enum column {
    COL_HOST, /* of labs only */
    COL_PROGRAM,
    COL_PID,
    COL_PROTO,
    COL_LOCAL,
    COL_REMOTE,
    COL_STATE,
    COL_RX,
    COL_TX,
    COL_RTT,
    COL_RTX,
    COLUMNS_N,
};

struct column_kind {
    const char *heading;
    const char *name; /* of --sort, in JSON and CSV */
    unsigned min_width;
    bool right; /* aligned to the right, and the largest first */
};

extern const struct column_kind columns[COLUMNS_N];

#define COLUMN_TEXT_MAX 128

/* The cell's text, harmless for a terminal. @flags: enum sock_text. */
void column_text(const struct row *row, enum column column, unsigned flags,
                 char buf[COLUMN_TEXT_MAX]);

/* Orders two rows by a column: below 0 if @a stands first. Equal ones are ordered by the rest. */
int column_compare(const struct row *a, const struct row *b, enum column column);

/* By name: a column, or COLUMNS_N. */
enum column column_find(const char *name);

/* "1.2K", "34M": at most five characters. */
void column_bytes(double bytes, char buf[16]);

#endif
