/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * top.h - all that `inlet top` knows at a moment
 *
 * top.c reads sockets and keeps time, keys.c changes what is shown, screen.c shows it.
 */
#ifndef TOOLS_TOP_TOP_H
#define TOOLS_TOP_TOP_H

#include "tools/common/rdns.h"
#include "tools/socks/socks.h"
#include "tools/top/view.h"

enum top_ask { ASK_NOTHING, ASK_FILTER, ASK_SAVE, ASK_END, ASK_HELP };

#define TOP_INPUT_MAX 200

struct top {
    struct socks socks;
    struct rows rows;
    struct view view;
    inl_dur interval_ns;
    bool paused, is_lab;
    bool resolve;      /* names of hosts, as they become known */
    struct rdns *rdns; /* made at the first need */

    /* the screen */
    size_t first;         /* line at the top */
    size_t cursor;        /* selected line; it follows its socket: */
    uint64_t selected;    /* its id */
    bool on_process;      /* it is the line of that socket's process */
    unsigned left;        /* columns of the terminal that are scrolled away */
    unsigned lines_shown; /* room for them, as of the last drawing */
    unsigned widths[COLUMNS_N];
    enum top_ask ask;
    char input[TOP_INPUT_MAX];
    char message[256];
    struct sock target; /* of ASK_END */
};

/* Makes the lines anew, and finds the selected one again. 0 or -errno. */
int top_arrange(struct top *t);

/* Ends a connection: of this machine, or of a lab. 0 or -errno. */
int top_end(struct top *t, const struct sock *s);

enum key_result { KEY_NOTHING, KEY_ARRANGE, KEY_QUIT };

/* keys.c: what a key (of ncurses) does. */
enum key_result key_take(struct top *t, int key);

/* screen.c */
void screen_draw(struct top *t);

#endif
