/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * screen.c - top on a terminal, by ncurses
 *
 * Only the lines in sight are made into text. A sign in front of each line says what its colour
 * says: + new, ~ changed, x closed.
 */
#include "tools/common/screen.h"
#include "tools/common/clean.h"
#include "tools/top/top.h"

#include <arpa/inet.h>
#include <curses.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MIN_COLUMNS 40
#define MIN_LINES 6
#define WIDE_COLUMNS 110 /* from there on there is room for long names of programs */

/* ---- lines ---- */

/* A host's name in place of its address, where it is known by now. */
static void cell_text(const struct top *t, const struct row *row, enum column c,
                      char text[COLUMN_TEXT_MAX]) {
    const struct inl_addr *a = c == COL_LOCAL    ? &row->sock.local.addr
                               : c == COL_REMOTE ? &row->sock.remote.addr
                                                 : NULL;
    union names_addr addr = {.any.sa_family = AF_INET};
    char address[COLUMN_TEXT_MAX];

    column_text(row, c, t->view.flags, text);
    if (!t->resolve || a == NULL || inl_addr_is_any(a)) {
        return;
    }
    if (inl_addr_is4(a)) {
        addr.v4.sin_addr.s_addr = htonl(inl_addr_to4(a));
    } else {
        addr.any.sa_family = AF_INET6;
        memcpy(&addr.v6.sin6_addr, a, sizeof(addr.v6.sin6_addr));
    }
    const char *name = rdns_name(t->rdns, &addr);

    if (name != NULL) {
        memcpy(address, text, sizeof(address));
        snprintf(text, COLUMN_TEXT_MAX, "%.60s%s", name, strrchr(address, ':'));
    }
}

/* In a tree the line of the process says what its sockets have in common. */
static bool shows(const struct top *t, enum column c) {
    switch (c) {
    case COL_HOST:
        return t->is_lab && !t->view.tree;
    case COL_PROGRAM:
    case COL_PID:
        return !t->view.tree;
    default:
        return true;
    }
}

static unsigned indent(const struct top *t) {
    return t->view.tree ? 4 : 2;
}

/* Columns grow with what is in sight, and do not shrink: nothing jumps. */
static void measure(struct top *t, size_t end) {
    unsigned most = COLS < WIDE_COLUMNS ? 12 : 24;
    char text[COLUMN_TEXT_MAX];

    for (enum column c = COL_HOST; c < COLUMNS_N; c++) {
        unsigned width = t->widths[c] > columns[c].min_width ? t->widths[c] : columns[c].min_width;

        for (size_t i = t->first; i < end; i++) {
            cell_text(t, t->view.line[i].row, c, text);
            unsigned own = cells_width(text);

            width = own > width ? own : width;
        }
        t->widths[c] = c == COL_PROGRAM && width > most ? most : width;
    }
}

static void draw_heading(const struct top *t) {
    struct cells c;

    cells_init(&c);
    cells_blanks(&c, indent(t));
    for (enum column col = COL_HOST; col < COLUMNS_N; col++) {
        char text[32];

        if (!shows(t, col)) {
            continue;
        }
        snprintf(text, sizeof(text), "%s%s", columns[col].heading,
                 col != t->view.sort ? ""
                 : t->view.reverse   ? "^"
                                     : "v");
        cells_field(&c, text, t->widths[col], columns[col].right);
    }
    screen_show(1, &c, t->left, SCREEN_REVERSE);
}

static void draw_process(int y, const struct top *t, const struct view_line *line, unsigned style) {
    struct cells c;
    char text[COLUMN_TEXT_MAX], rx[16], tx[16];

    column_text(line->row, COL_PROGRAM, 0, text);
    column_bytes(line->rx_rate, rx);
    column_bytes(line->tx_rate, tx);
    cells_init(&c);
    cells_text(&c, line->folded ? "> " : "v ", 2);
    if (t->is_lab) {
        cells_field(&c, line->row->sock.host, 16, false);
    }
    cells_text(&c, line->row->sock.pid != 0 ? text : "(no process)", 40);
    if (line->row->sock.pid != 0) {
        cells_print(&c, "  %" PRIu32, line->row->sock.pid);
    }
    cells_print(&c, "  %u socket%s  rx %sB/s  tx %sB/s", line->sockets,
                line->sockets == 1 ? "" : "s", rx, tx);
    screen_show(y, &c, t->left, SCREEN_BOLD | style);
}

static void draw_row(int y, const struct top *t, const struct row *row, unsigned style) {
    static const wchar_t signs[] = {
        [ROW_STEADY] = L' ', [ROW_NEW] = L'+', [ROW_CHANGED] = L'~', [ROW_CLOSED] = L'x'};
    static const enum out_colour colours[] = {[ROW_STEADY] = OUT_PLAIN,
                                              [ROW_NEW] = OUT_GOOD,
                                              [ROW_CHANGED] = OUT_WARN,
                                              [ROW_CLOSED] = OUT_BAD};
    struct cells c;
    char text[COLUMN_TEXT_MAX];

    cells_init(&c);
    c.colour = colours[row->mark];
    cells_char(&c, signs[row->mark]);
    cells_blanks(&c, indent(t) - 1);
    for (enum column col = COL_HOST; col < COLUMNS_N; col++) {
        if (!shows(t, col)) {
            continue;
        }
        cell_text(t, row, col, text);
        cells_field(&c, text, t->widths[col], columns[col].right);
    }
    screen_show(y, &c, t->left, style);
}

/* ---- the screen ---- */

static void draw_status(const struct top *t) {
    const struct rows *r = &t->rows;
    char text[300], rx[16], tx[16];

    column_bytes(r->rx_rate, rx);
    column_bytes(r->tx_rate, tx);
    snprintf(text, sizeof(text),
             "inlet top: %zu sockets, %" PRIu64 " opened, %" PRIu64
             " closed, rx %sB/s, tx %sB/s%s%s%s%s",
             r->alive, r->opened, r->closed, rx, tx, t->paused ? "  PAUSED" : "",
             t->socks.source == SOCKS_PROC ? "  by /proc: no rates" : "",
             t->view.filter[0] != '\0' ? "  filter: " : "", t->view.filter);
    screen_show_text(0, text, SCREEN_BOLD);
}

static void draw_last(const struct top *t) {
    char text[2 * TOP_INPUT_MAX], program[4 * sizeof(t->target.program) + 1];
    char local[SOCK_END_MAX], remote[SOCK_END_MAX];

    switch (t->ask) {
    case ASK_FILTER:
        snprintf(text, sizeof(text), "filter: %s_", t->input);
        break;
    case ASK_SAVE:
        snprintf(text, sizeof(text), "save as (.csv, .json): %s_", t->input);
        break;
    case ASK_END:
        sk_end_text(&t->target, &t->target.local, SOCK_BRACKETS, local);
        sk_end_text(&t->target, &t->target.remote, SOCK_BRACKETS, remote);
        clean_text(t->target.program, program, sizeof(program));
        snprintf(text, sizeof(text), "end %s %s - %s of %s (%" PRIu32 ")? y or n",
                 sk_proto(&t->target), local, remote, program, t->target.pid);
        break;
    case ASK_HELP:
    case ASK_NOTHING:
        snprintf(
            text, sizeof(text), "%s",
            t->message[0] != '\0'
                ? t->message
                : "q quit  ? help  s sort  / filter  t tree  k end  w save  space pause  l kind  "
                  "n ports  d hosts  r reverse");
        break;
    }
    screen_show_text(LINES - 1, text, SCREEN_NORMAL);
}

static void draw_help(void) {
    static const char *const help[] = {
        "+ green: new    ~ yellow: changed    x red: closed",
        "program -: only root sees programs of others",
        "",
        "Up Down Page Home End   select a line",
        "Left Right              scroll sideways",
        "s S                     sort by the next, the previous column",
        "r                       the other way round",
        "/                       filter: words that a line must have; Esc takes it away",
        "t                       tree of processes; Enter folds one, - all, + none",
        "l                       all sockets, connected ones, listening ones",
        "n                       ports by name or by number",
        "d                       hosts by name or by address",
        "w                       save what is shown, as CSV or JSON",
        "k                       end the selected connection, after a question",
        "space                   pause",
        "q                       quit",
        "",
        "any key goes on",
    };

    screen_show_lines(2, help, sizeof(help) / sizeof(help[0]));
}

static void draw_lines(struct top *t) {
    size_t room = (size_t)LINES - 3;

    t->lines_shown = (unsigned)room;
    if (t->cursor < t->first) {
        t->first = t->cursor;
    } else if (t->cursor >= t->first + room) {
        t->first = t->cursor - room + 1;
    }
    if (t->first + room > t->view.n) { /* no room stays empty */
        t->first = t->view.n > room ? t->view.n - room : 0;
    }
    size_t end = t->first + room < t->view.n ? t->first + room : t->view.n;

    measure(t, end);
    for (size_t i = t->first; i < end; i++) {
        unsigned style = i == t->cursor ? SCREEN_REVERSE : SCREEN_NORMAL;
        int y = 2 + (int)(i - t->first);

        if (t->view.line[i].process) {
            draw_process(y, t, &t->view.line[i], style);
        } else {
            draw_row(y, t, t->view.line[i].row, style);
        }
    }
}

void screen_draw(struct top *t) {
    erase();
    if (!screen_has_room(MIN_COLUMNS, MIN_LINES)) {
        refresh();
        return;
    }
    draw_status(t);
    if (t->ask == ASK_HELP) {
        draw_help();
    } else {
        draw_lines(t);
        draw_heading(t);
    }
    draw_last(t);
    refresh();
}
