/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * screen.c - a terminal that is drawn as a whole, by ncurses
 */
#include "tools/common/screen.h"

#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static SCREEN *terminal; /* NULL: not in use */
static bool coloured;

int screen_begin(void) {
    static const short colours[] = {[OUT_GOOD] = COLOR_GREEN,
                                    [OUT_WARN] = COLOR_YELLOW,
                                    [OUT_BAD] = COLOR_RED,
                                    [OUT_NAME] = COLOR_CYAN};

    const char *term = getenv("TERM");

    if (term == NULL || strcmp(term, "dumb") == 0) {
        return -ENOTSUP; /* ncurses would make do, but it is no sight */
    }
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
        for (int i = OUT_GOOD; i <= OUT_NAME; i++) {
            if (i != OUT_DIM && i != OUT_STRONG) {
                init_pair((short)(i + 1), colours[i], -1);
            }
        }
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
    wint_t key;
    int kind = get_wch(&key);

    if (kind == ERR || key >= SCREEN_WIDE) {
        return -1;
    }
    return kind == OK && key > 127 ? (int)key + SCREEN_WIDE : (int)key;
}

bool screen_has_room(int columns, int lines) {
    char text[64];

    if (COLS >= columns && LINES >= lines) {
        return true;
    }
    snprintf(text, sizeof(text), "too small: %dx%d needed", columns, lines);
    screen_show_text(0, text, SCREEN_NORMAL);
    return false;
}

/* ---- cells ---- */

void cells_init(struct cells *c) {
    c->n = 0;
    c->width = 0;
    c->colour = OUT_PLAIN;
}

void cells_char(struct cells *c, wchar_t wc) {
    int width = wcwidth(wc);

    if (width < 0) {
        wc = L'?';
        width = 1;
    }
    if (c->n + 1 < CELLS_MAX) {
        c->colours[c->n] = (unsigned char)c->colour;
        c->at[c->n++] = wc;
        c->width += (unsigned)width;
    }
}

void cells_blanks(struct cells *c, unsigned n) {
    while (n-- > 0) {
        cells_char(c, L' ');
    }
}

void cells_text(struct cells *c, const char *text, unsigned max) {
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
        cells_char(c, wc);
        text += len;
        left -= len;
    }
}

unsigned cells_width(const char *text) {
    struct cells c;

    cells_init(&c);
    cells_text(&c, text, CELLS_MAX);
    return c.width;
}

void cells_field(struct cells *c, const char *text, unsigned width, bool right) {
    unsigned own = cells_width(text);
    unsigned blanks = own < width ? width - own : 0;

    if (right) {
        cells_blanks(c, blanks);
    }
    cells_text(c, text, width);
    if (!right) {
        cells_blanks(c, blanks);
    }
    cells_char(c, L' ');
}

void cells_print(struct cells *c, const char *fmt, ...) {
    char text[CELLS_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    cells_text(c, text, CELLS_MAX);
}

/* ---- lines ---- */

static void set_style(unsigned style, unsigned char colour) {
    attr_t attr = style & SCREEN_BOLD ? A_BOLD : A_NORMAL;

    attr |= style & SCREEN_REVERSE ? A_REVERSE : A_NORMAL;
    attr |= colour == OUT_STRONG ? A_BOLD : colour == OUT_DIM ? A_DIM : A_NORMAL;
    attr_set(attr, coloured && colour <= OUT_NAME ? (short)(colour + 1) : 0, NULL);
}

void screen_show(int y, const struct cells *c, unsigned left, unsigned style) {
    unsigned skip = 0, width = 0;

    while (skip < c->n && width < left) {
        width += (unsigned)wcwidth(c->at[skip++]);
    }
    move(y, 0);
    width = 0;
    for (; skip < c->n; skip++) {
        width += (unsigned)wcwidth(c->at[skip]);
        if (width > (unsigned)COLS) {
            break;
        }
        set_style(style, c->colours[skip]);
        addnwstr(c->at + skip, 1);
    }
    set_style(style, OUT_PLAIN);
    for (; width < (unsigned)COLS && (style & SCREEN_REVERSE); width++) {
        addch(' ');
    }
    set_style(SCREEN_NORMAL, OUT_PLAIN);
}

void screen_show_text(int y, const char *text, unsigned style) {
    struct cells c;

    cells_init(&c);
    cells_text(&c, text, CELLS_MAX - 1);
    screen_show(y, &c, 0, style);
}

void screen_show_lines(int y, const char *const *lines, unsigned n) {
    for (unsigned i = 0; i < n && y + (int)i < LINES - 1; i++) {
        screen_show_text(y + (int)i, lines[i], SCREEN_NORMAL);
    }
}

/* ---- keys ---- */

bool screen_key_moves(int key, long page, long whole, long *ret_by) {
    switch (key) {
    case KEY_UP:
        *ret_by = -1;
        return true;
    case KEY_DOWN:
        *ret_by = 1;
        return true;
    case KEY_PPAGE:
        *ret_by = -page;
        return true;
    case KEY_NPAGE:
        *ret_by = page;
        return true;
    case KEY_HOME:
        *ret_by = -whole;
        return true;
    case KEY_END:
        *ret_by = whole;
        return true;
    default:
        return false;
    }
}
