/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.h - which rows are shown, in which order: sorted, filtered, as a tree of processes
 */
#ifndef TOOLS_TOP_VIEW_H
#define TOOLS_TOP_VIEW_H

#include "tools/top/columns.h"

#include "host/table.h"

#define VIEW_FILTER_MAX 64

/* A line of the view: a row, or in a tree a process, with what its rows have together. */
struct view_line {
    const struct row *row; /* of a process: its first */
    bool process;
    bool folded; /* its rows are left out */
    unsigned sockets;
    double rx_rate, tx_rate;
};

struct view {
    enum column sort;
    bool reverse, tree, listening, all;
    unsigned flags; /* enum sock_text */
    char filter[VIEW_FILTER_MAX];

    struct table folds; /* processes that are folded, or with fold_all those that are not */
    bool fold_all;

    struct view_line *line;
    size_t n, room;
    const struct row **picked; /* room for all rows */
    size_t picked_room;
};

/* Makes the lines anew. 0 or -ENOMEM. */
int view_make(struct view *v, const struct rows *rows);
void view_done(struct view *v);

/* Folds the process of a row, or unfolds it. 0 or -ENOMEM. */
int view_fold(struct view *v, const struct row *row);
/* Folds all processes, those to come, too; or none. */
void view_fold_all(struct view *v, bool on);
/* Are the rows of one process? */
bool view_same_process(const struct row *a, const struct row *b);

/* Has a row each of the filter's words in one of its columns? Capitals do not matter. */
bool view_matches(const struct view *v, const struct row *row);

#endif
