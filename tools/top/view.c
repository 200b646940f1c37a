/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.c - which rows are shown, in which order
 *
 * qsort_r() carries the view to the comparison, so that there is no global. A tree is the rows sorted
 * by process first; a line is put before those of each process, and stands alone if it is folded.
 */
#include "tools/top/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- filter ---- */

static bool has_word(const struct view *v, const struct row *row, const char *word) {
    char text[COLUMN_TEXT_MAX];

    for (enum column c = COL_HOST; c <= COL_STATE; c++) {
        column_text(row, c, v->flags, text);
        if (strcasestr(text, word) != NULL) {
            return true;
        }
    }
    return false;
}

bool view_matches(const struct view *v, const struct row *row) {
    char words[VIEW_FILTER_MAX];
    char *rest;

    memcpy(words, v->filter, sizeof(words));
    words[sizeof(words) - 1] = '\0';
    for (const char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        if (!has_word(v, row, word)) {
            return false;
        }
    }
    return true;
}

static bool wanted(const struct view *v, const struct row *row) {
    const struct sock *s = &row->sock;
    bool kind = v->all || (v->listening ? sk_listens(s) : sk_has_peer(s));

    return kind && (v->filter[0] == '\0' || view_matches(v, row));
}

/* ---- order ---- */

bool view_same_process(const struct row *a, const struct row *b) {
    return a->sock.pid == b->sock.pid && strcmp(a->sock.host, b->sock.host) == 0;
}

static int by_process(const struct row *a, const struct row *b) {
    int order = strcmp(a->sock.host, b->sock.host);

    if (order == 0) {
        order = strcmp(a->sock.program, b->sock.program);
    }
    return order != 0 ? order : (a->sock.pid > b->sock.pid) - (a->sock.pid < b->sock.pid);
}

static int by_view(const void *a, const void *b, void *ctx) {
    const struct row *const *x = a, *const *y = b;
    const struct view *v = ctx;
    int order = v->tree ? by_process(*x, *y) : 0;

    if (order != 0) {
        return order;
    }
    order = column_compare(*x, *y, v->sort);
    return v->reverse ? -order : order;
}

/* ---- folding ---- */

/* PIDs are below 2^22; a host's name makes the rest. */
static uint64_t process_key(const struct row *row) {
    uint64_t h = 0;

    for (const char *p = row->sock.host; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    }
    return h << 24 ^ row->sock.pid;
}

static bool is_folded(const struct view *v, const struct row *row) {
    return (table_find(&v->folds, process_key(row)) != NULL) != v->fold_all;
}

int view_fold(struct view *v, const struct row *row) {
    struct table_node *node = table_find(&v->folds, process_key(row));

    if (node != NULL) {
        table_remove(&v->folds, node);
        free(node);
        return 0;
    }
    node = calloc(1, sizeof(*node));
    if (node == NULL || table_insert(&v->folds, node, process_key(row)) < 0) {
        free(node);
        return -ENOMEM;
    }
    return 0;
}

void view_fold_all(struct view *v, bool on) {
    struct table_node *node;

    while ((node = table_any(&v->folds)) != NULL) {
        table_remove(&v->folds, node);
        free(node);
    }
    v->fold_all = on;
}

/* ---- lines ---- */

static int make_room(struct view *v, size_t rows) {
    if (rows > v->picked_room) {
        const struct row **picked = realloc(v->picked, rows * sizeof(const struct row *));

        if (picked == NULL) {
            return -ENOMEM;
        }
        v->picked = picked;
        v->picked_room = rows;
    }
    if (2 * rows > v->room) {
        struct view_line *line = realloc(v->line, 2 * rows * sizeof(*line));

        if (line == NULL) {
            return -ENOMEM;
        }
        v->line = line;
        v->room = 2 * rows;
    }
    return 0;
}

static void add_lines(struct view *v, size_t picked) {
    struct view_line *process = NULL;

    v->n = 0;
    for (size_t i = 0; i < picked; i++) {
        const struct row *row = v->picked[i];

        if (v->tree && (process == NULL || !view_same_process(process->row, row))) {
            process = &v->line[v->n++];
            *process = (struct view_line){.row = row, .process = true, .folded = is_folded(v, row)};
        }
        if (process != NULL) {
            process->sockets++;
            process->rx_rate += row->rx_rate > 0 ? row->rx_rate : 0;
            process->tx_rate += row->tx_rate > 0 ? row->tx_rate : 0;
        }
        if (process == NULL || !process->folded) {
            v->line[v->n++] = (struct view_line){.row = row};
        }
    }
}

int view_make(struct view *v, const struct rows *rows) {
    size_t picked = 0;
    int err = make_room(v, rows->n + 1);

    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < rows->n; i++) {
        if (wanted(v, rows->at[i])) {
            v->picked[picked++] = rows->at[i];
        }
    }
    qsort_r(v->picked, picked, sizeof(const struct row *), by_view, v);
    add_lines(v, picked);
    return 0;
}

void view_done(struct view *v) {
    view_fold_all(v, false);
    table_done(&v->folds);
    free(v->line);
    free(v->picked);
    v->line = NULL;
    v->picked = NULL;
    v->n = v->room = v->picked_room = 0;
}
