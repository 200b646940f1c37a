/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * screen.c - top on a terminal, by ncurses
 *
 * Only the lines in sight are made into text. A line is put together in cells as wide as it is, and
 * the part that the terminal has room for is shown, so that narrow terminals can scroll sideways. A
 * sign in front of each line says what its colour says: + new, ~ changed, x closed.
 *
 * ncurses handles SIGTSTP (the terminal is given back, and taken again) and SIGWINCH (a key says so).
 */
#include "tools/common/clean.h"
#include "tools/common/out.h"
#include "tools/top/top.h"

#include <arpa/inet.h>
#include <curses.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define MIN_COLUMNS 40
#define MIN_LINES 6
#define CELLS_MAX 512

enum { PAIR_NEW = 1, PAIR_CHANGED, PAIR_CLOSED };

static SCREEN *terminal; /* NULL: not in use */
static bool coloured;

int screen_begin(void) {
    setlocale(LC_CTYPE, "");
    terminal = newterm(NULL, stdout, stdin);
    if (terminal == NULL) {
        return -ENOTSUP;
    }
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(50);
    curs_set(0);
    coloured = out_wants_colour(STDOUT_FILENO) && has_colors();
    if (coloured) {
        start_color();
        use_default_colors();
        init_pair(PAIR_NEW, COLOR_GREEN, -1);
        init_pair(PAIR_CHANGED, COLOR_YELLOW, -1);
        init_pair(PAIR_CLOSED, COLOR_RED, -1);
    }
    return 0;
}

void screen_end(void) {
    if (terminal != NULL) {
        endwin();
        delscreen(terminal);
        terminal = NULL;
    }
}

int screen_key(void) {
    int key = getch();

    return key == ERR ? -1 : key;
}

/* ---- cells ---- */

struct cells {
    wchar_t at[CELLS_MAX];
    unsigned n;     /* characters */
    unsigned width; /* columns of the terminal */
};

static void put_char(struct cells *c, wchar_t wc) {
    int width = wcwidth(wc);

    if (width < 0) {
        wc = L'?';
        width = 1;
    }
    if (c->n + 1 < CELLS_MAX) {
        c->at[c->n++] = wc;
        c->width += (unsigned)width;
    }
}

static void put_blanks(struct cells *c, unsigned n) {
    while (n-- > 0) {
        put_char(c, L' ');
    }
}

/* Characters of the text up to a width; where the locale has no such characters, '?'. */
static void put_text(struct cells *c, const char *text, unsigned max) {
    unsigned end = c->width + max;
    mbstate_t state = {0};
    size_t left = strlen(text);

    while (left > 0 && c->width < end) {
        wchar_t wc;
        size_t len = mbrtowc(&wc, text, left, &state);

        if (len == 0 || len > left) {
            memset(&state, 0, sizeof(state));
            wc = L'?';
            len = 1;
        }
        if (wcwidth(wc) > (int)(end - c->width)) {
            break;
        }
        put_char(c, wc);
        text += len;
        left -= len;
    }
}

static unsigned text_width(const char *text) {
    struct cells c = {.n = 0};

    put_text(&c, text, CELLS_MAX);
    return c.width;
}

static void put_field(struct cells *c, const char *text, unsigned width, bool right) {
    unsigned own = text_width(text);
    unsigned blanks = own < width ? width - own : 0;

    if (right) {
        put_blanks(c, blanks);
    }
    put_text(c, text, width);
    if (!right) {
        put_blanks(c, blanks);
    }
    put_char(c, L' ');
}

/* What stands from column `left` on, as far as the terminal goes. */
static void show(int y, const struct cells *c, unsigned left, attr_t attr, short pair) {
    unsigned skip = 0, width = 0, n = 0;

    while (skip < c->n && width < left) {
        width += (unsigned)wcwidth(c->at[skip++]);
    }
    for (width = 0; skip + n < c->n; n++) {
        width += (unsigned)wcwidth(c->at[skip + n]);
        if (width > (unsigned)COLS) {
            break;
        }
    }
    attr_set(attr, pair, NULL);
    mvaddnwstr(y, 0, c->at + skip, (int)n);
    for (; width < (unsigned)COLS && (attr & A_REVERSE); width++) {
        addch(' ');
    }
    attr_set(A_NORMAL, 0, NULL);
}

static void show_text(int y, const char *text, attr_t attr) {
    struct cells c = {.n = 0};

    put_text(&c, text, CELLS_MAX - 1);
    show(y, &c, 0, attr, 0);
}

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

static enum column first_column(const struct top *t) {
    return t->is_lab ? COL_HOST : COL_PROGRAM;
}

/* Columns grow with what is in sight, and do not shrink: nothing jumps. */
static void measure(struct top *t, size_t end) {
    char text[COLUMN_TEXT_MAX];

    for (enum column c = COL_HOST; c < COLUMNS_N; c++) {
        unsigned width = t->widths[c] > columns[c].min_width ? t->widths[c] : columns[c].min_width;

        for (size_t i = t->first; i < end; i++) {
            cell_text(t, t->view.line[i].row, c, text);
            unsigned own = text_width(text);

            width = own > width ? own : width;
        }
        t->widths[c] = c == COL_PROGRAM && width > 20 ? 20 : width;
    }
}

static void draw_heading(const struct top *t) {
    struct cells c = {.n = 0};

    put_text(&c, t->view.tree ? "    " : "  ", 4);
    for (enum column col = first_column(t); col < COLUMNS_N; col++) {
        char text[32];

        snprintf(text, sizeof(text), "%s%s", columns[col].heading,
                 col != t->view.sort ? ""
                 : t->view.reverse   ? "^"
                                     : "v");
        put_field(&c, text, t->widths[col], columns[col].right);
    }
    show(1, &c, t->left, A_REVERSE, 0);
}

static void draw_process(int y, const struct top *t, const struct view_line *line, attr_t attr) {
    struct cells c = {.n = 0};
    char text[COLUMN_TEXT_MAX], rest[128], rx[16], tx[16];

    column_text(line->row, COL_PROGRAM, 0, text);
    column_bytes(line->rx_rate, rx);
    column_bytes(line->tx_rate, tx);
    put_text(&c, "  ", 2);
    if (t->is_lab) {
        put_field(&c, line->row->sock.host, 16, false);
    }
    put_text(&c, line->row->sock.pid != 0 ? text : "(no process)", 40);
    snprintf(rest, sizeof(rest), "  %" PRIu32 "  %u socket%s  rx %s/s  tx %s/s",
             line->row->sock.pid, line->sockets, line->sockets == 1 ? "" : "s", rx, tx);
    put_text(&c, rest, sizeof(rest));
    show(y, &c, t->left, A_BOLD | attr, 0);
}

static void draw_row(int y, const struct top *t, const struct row *row, attr_t attr) {
    static const wchar_t signs[] = {
        [ROW_STEADY] = L' ', [ROW_NEW] = L'+', [ROW_CHANGED] = L'~', [ROW_CLOSED] = L'x'};
    static const short pairs[] = {[ROW_STEADY] = 0,
                                  [ROW_NEW] = PAIR_NEW,
                                  [ROW_CHANGED] = PAIR_CHANGED,
                                  [ROW_CLOSED] = PAIR_CLOSED};
    struct cells c = {.n = 0};
    char text[COLUMN_TEXT_MAX];

    put_char(&c, signs[row->mark]);
    put_blanks(&c, t->view.tree ? 3 : 1);
    for (enum column col = first_column(t); col < COLUMNS_N; col++) {
        cell_text(t, row, col, text);
        put_field(&c, text, t->widths[col], columns[col].right);
    }
    show(y, &c, t->left, attr, coloured ? pairs[row->mark] : 0);
}

/* ---- the screen ---- */

static void draw_status(const struct top *t) {
    const struct rows *r = &t->rows;
    char text[300], rx[16], tx[16];

    column_bytes(r->rx_rate, rx);
    column_bytes(r->tx_rate, tx);
    snprintf(text, sizeof(text),
             "inlet top: %zu sockets, %" PRIu64 " opened, %" PRIu64
             " closed, rx %s/s, tx %s/s%s%s%s",
             r->alive, r->opened, r->closed, rx, tx, t->paused ? "  PAUSED" : "",
             t->view.filter[0] != '\0' ? "  filter: " : "", t->view.filter);
    show_text(0, text, A_BOLD);
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
        snprintf(text, sizeof(text), "%s",
                 t->message[0] != '\0'
                     ? t->message
                     : "q quit  s sort  r reverse  / filter  t tree  l kind  n names  space pause  "
                       "w save  k end  ? help");
        break;
    }
    show_text(LINES - 1, text, A_NORMAL);
}

static void draw_help(void) {
    static const char *const help[] = {
        "arrows, Page, Home, End   move; left and right scroll sideways",
        "s S     sort by the next, the previous column       r   the other way round",
        "/       filter: words that must occur in a line     Esc no filter",
        "t       tree of processes                           l   all, connected, listening",
        "n       names or numbers of ports                   d   names of hosts",
        "w       save what is shown, as CSV or JSON          k   end a connection",
        "space   pause                                       q   quit",
        "",
        "+ green: new    ~ yellow: changed    x red: closed",
        "any key goes on",
    };

    for (int i = 0; i < (int)(sizeof(help) / sizeof(help[0])) && i + 3 < LINES; i++) {
        show_text(i + 2, help[i], A_NORMAL);
    }
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
        attr_t attr = i == t->cursor ? A_REVERSE : A_NORMAL;
        int y = 2 + (int)(i - t->first);

        if (t->view.line[i].process) {
            draw_process(y, t, &t->view.line[i], attr);
        } else {
            draw_row(y, t, t->view.line[i].row, attr);
        }
    }
}

void screen_draw(struct top *t) {
    erase();
    if (COLS < MIN_COLUMNS || LINES < MIN_LINES) {
        char text[64];

        snprintf(text, sizeof(text), "too small: %dx%d needed", MIN_COLUMNS, MIN_LINES);
        show_text(0, text, A_NORMAL);
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
