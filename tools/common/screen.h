/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * screen.h - a terminal that is drawn as a whole, for the tools that are watched
 *
 * By ncurses, which handles SIGTSTP (the terminal is given back, and taken again) and SIGWINCH (a key
 * says so). A line is put together in cells as wide as it is, and the part that the terminal has room
 * for is shown, so that narrow terminals can scroll sideways. Who draws includes <curses.h> for the
 * rest: erase(), refresh(), LINES, names of keys.
 */
#ifndef TOOLS_COMMON_SCREEN_H
#define TOOLS_COMMON_SCREEN_H

#include "tools/common/out.h"

#include <stdbool.h>
#include <wchar.h>

#define CELLS_MAX 512

struct cells {
    wchar_t at[CELLS_MAX];
    unsigned char colours[CELLS_MAX]; /* of each character */
    unsigned n;                       /* characters */
    unsigned width;                   /* columns of the terminal */
    enum out_colour colour;           /* of what is put next */
};

/* A line without characters. */
void cells_init(struct cells *c);
void cells_char(struct cells *c, wchar_t wc);
void cells_blanks(struct cells *c, unsigned n);
/* Characters of the text up to a width; where the locale has no such characters, '?'. */
void cells_text(struct cells *c, const char *text, unsigned max);
/* The text in a field of that width, a blank behind it. */
void cells_field(struct cells *c, const char *text, unsigned width, bool right);
/* printf() into cells. */
void cells_print(struct cells *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* How many columns a text takes. */
unsigned cells_width(const char *text);

/* 0, or -ENOTSUP if the terminal is not known, or cannot move its cursor. */
int screen_begin(void);
/* The next key (of ncurses), or -1; never waits. A character beyond ASCII is its number and
 * SCREEN_WIDE. */
#define SCREEN_WIDE 0x1000000
int screen_key(void);
/* Gives the terminal back as it was; may be called twice. */
void screen_end(void);
/* Is there room for so much? If not, that is said on the screen. */
bool screen_has_room(int columns, int lines);

/* Styles; they may be joined. */
enum { SCREEN_NORMAL = 0, SCREEN_BOLD = 1, SCREEN_REVERSE = 2 };

/* What stands from column @left on, as far as the terminal goes. */
void screen_show(int y, const struct cells *c, unsigned left, unsigned style);
void screen_show_text(int y, const char *text, unsigned style);
/* @n lines from row @y on, as far as there is room. */
void screen_show_lines(int y, const char *const *lines, unsigned n);

/* Does this key move up or down? Then by so many lines; @page: those of a page, @whole: more than all. */
bool screen_key_moves(int key, long page, long whole, long *ret_by);

#endif
