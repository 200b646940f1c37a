/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys.c - what the keys of top do
 *
 * While something is asked (filter, file name, whether to end a connection) keys go to the answer.
 */
#include "tools/common/clean.h"
#include "tools/common/screen.h"
#include "tools/top/save.h"
#include "tools/top/top.h"

#include <curses.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define ESCAPE 27
#define BACKSPACE 127
#define CTRL_U 21

static void say(struct top *t, const char *text) {
    snprintf(t->message, sizeof(t->message), "%s", text);
}

/* ---- moving ---- */

static void move_cursor(struct top *t, long by) {
    long to = (long)t->cursor + by;
    long last = t->view.n > 0 ? (long)t->view.n - 1 : 0;

    t->cursor = (size_t)(to < 0 ? 0 : to > last ? last : to);
    t->selected = t->cursor < t->view.n ? t->view.line[t->cursor].row->sock.id : 0;
    t->on_process = t->cursor < t->view.n && t->view.line[t->cursor].process;
}

static bool move_by_key(struct top *t, int key) {
    long by;

    if (screen_key_moves(key, t->lines_shown > 1 ? (long)t->lines_shown - 1 : 1, (long)t->view.n,
                         &by)) {
        move_cursor(t, by);
    } else if (key == KEY_LEFT) {
        t->left -= t->left >= 8 ? 8 : t->left;
    } else if (key == KEY_RIGHT) {
        t->left += t->left < 400 ? 8 : 0;
    } else {
        return false;
    }
    return true;
}

/* ---- answers ---- */

static void end_target(struct top *t) {
    int err = top_end(t, &t->target);
    const char *why = err == -EPERM || err == -EACCES   ? "only root may end connections"
                      : err == -ENOENT                  ? "it has ended already"
                      : err == -EOPNOTSUPP && t->is_lab ? "a lab ends connections of programs only"
                      : err == -EOPNOTSUPP
                          ? "the kernel cannot end connections: it was built without "
                            "INET_DIAG_DESTROY"
                          : strerror(-err);

    if (err == 0) {
        say(t, "ended");
    } else {
        snprintf(t->message, sizeof(t->message), "not ended: %s", why);
    }
}

static void save_view(struct top *t) {
    int err = save_file(t->input, &t->view);

    if (err == 0) {
        snprintf(t->message, sizeof(t->message), "saved in %s", t->input);
    } else {
        snprintf(t->message, sizeof(t->message), "%s: %s", t->input, strerror(-err));
    }
}

static enum key_result finish(struct top *t) {
    enum top_ask asked = t->ask;

    t->ask = ASK_NOTHING;
    if (asked == ASK_FILTER) {
        snprintf(t->view.filter, sizeof(t->view.filter), "%.*s", VIEW_FILTER_MAX - 1, t->input);
        return KEY_ARRANGE;
    }
    if (t->input[0] != '\0') {
        save_view(t);
    }
    return KEY_NOTHING;
}

/* A character beyond ASCII, as the terminal writes it. */
static void append_wide(struct top *t, wchar_t wc, size_t max) {
    char bytes[MB_LEN_MAX];
    mbstate_t state = {0};
    size_t len = strlen(t->input);
    size_t n = wcrtomb(bytes, wc, &state);

    if (n != (size_t)-1 && len + n < max && wcwidth(wc) >= 0) {
        memcpy(t->input + len, bytes, n);
        t->input[len + n] = '\0';
    }
}

/* Takes the last character away, all bytes of it. */
static void erase_last(char *text) {
    size_t len = strlen(text);

    while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80) {
        len--;
    }
    text[len > 0 ? len - 1 : 0] = '\0';
}

/* A line of text is typed in. */
static enum key_result edit(struct top *t, int key) {
    size_t len = strlen(t->input);
    size_t max = t->ask == ASK_FILTER ? VIEW_FILTER_MAX : TOP_INPUT_MAX;

    if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        return finish(t);
    }
    if (key == ESCAPE) {
        t->ask = ASK_NOTHING;
    } else if (key == KEY_BACKSPACE || key == BACKSPACE || key == '\b') {
        erase_last(t->input);
    } else if (key == CTRL_U) {
        t->input[0] = '\0';
    } else if (key >= SCREEN_WIDE) {
        append_wide(t, (wchar_t)(key - SCREEN_WIDE), max);
    } else if (key >= ' ' && key < BACKSPACE && len + 1 < max) {
        t->input[len] = (char)key;
        t->input[len + 1] = '\0';
    }
    return KEY_NOTHING;
}

static void answer_end(struct top *t, int key) {
    t->ask = ASK_NOTHING;
    if (key == 'y' || key == 'Y') {
        end_target(t);
    } else {
        say(t, "not ended");
    }
}

/* ---- commands ---- */

static void ask_end(struct top *t) {
    const struct view_line *line = t->cursor < t->view.n ? &t->view.line[t->cursor] : NULL;

    if (line == NULL || line->process) {
        say(t, "select a connection first");
    } else if (line->row->mark == ROW_CLOSED) {
        say(t, "it has ended already");
    } else {
        t->target = line->row->sock;
        t->ask = ASK_END;
    }
}

static void ask_text(struct top *t, enum top_ask ask, const char *begin) {
    t->ask = ask;
    snprintf(t->input, sizeof(t->input), "%s", begin);
}

static void sort_by(struct top *t, int step) {
    int first = t->is_lab ? COL_HOST : COL_PROGRAM;
    int c = (int)t->view.sort + step;

    c = c < first ? COLUMNS_N - 1 : c >= COLUMNS_N ? first : c;
    t->view.sort = (enum column)c;
    snprintf(t->message, sizeof(t->message), "sorted by %s", columns[c].name);
}

/* All, those with a peer, those that wait for one. */
static void next_kind(struct top *t) {
    if (t->view.all) {
        t->view.all = t->view.listening = false;
        say(t, "only sockets with a peer");
    } else if (!t->view.listening) {
        t->view.listening = true;
        say(t, "only listening sockets");
    } else {
        t->view.all = true;
        say(t, "all sockets");
    }
}

/* The process of the selected line. */
static enum key_result fold_one(struct top *t) {
    if (!t->view.tree || t->cursor >= t->view.n) {
        say(t, "Enter folds processes; the key t shows them");
        return KEY_NOTHING;
    }
    t->selected = t->view.line[t->cursor].row->sock.id;
    t->on_process = true;
    if (view_fold(&t->view, t->view.line[t->cursor].row) < 0) {
        say(t, strerror(ENOMEM));
    }
    return KEY_ARRANGE;
}

static void fold_all(struct top *t, bool on) {
    t->view.tree = true;
    view_fold_all(&t->view, on);
    say(t, on ? "all folded; Enter opens one" : "all open; Enter folds one");
}

static void toggle_names(struct top *t) {
    t->view.flags ^= SOCK_SERVICES;
    memset(t->widths, 0, sizeof(t->widths));
}

static void toggle_hosts(struct top *t) {
    t->resolve = !t->resolve;
    if (t->resolve && t->rdns == NULL) {
        t->rdns = rdns_new();
    }
    say(t, t->resolve ? "names of hosts, as nameservers tell them" : "addresses as numbers");
    memset(t->widths, 0, sizeof(t->widths));
}

static enum key_result change_view(struct top *t, int key) {
    switch (key) {
    case 's':
    case '>':
        sort_by(t, 1);
        break;
    case 'S':
    case '<':
        sort_by(t, -1);
        break;
    case 'r':
        t->view.reverse = !t->view.reverse;
        break;
    case 't':
        t->view.tree = !t->view.tree;
        break;
    case '-':
    case '+':
        fold_all(t, key == '-');
        break;
    case '\r':
    case '\n':
    case KEY_ENTER:
        return fold_one(t);
    case 'l':
        next_kind(t);
        break;
    case 'n':
        toggle_names(t);
        break;
    case 'd':
        toggle_hosts(t);
        break;
    case ESCAPE:
        t->view.filter[0] = '\0';
        break;
    default:
        return KEY_NOTHING;
    }
    return KEY_ARRANGE;
}

enum key_result key_take(struct top *t, int key) {
    if (key == KEY_RESIZE) {
        memset(t->widths, 0, sizeof(t->widths));
        return KEY_NOTHING;
    }
    t->message[0] = '\0';
    switch (t->ask) {
    case ASK_FILTER:
    case ASK_SAVE:
        return edit(t, key);
    case ASK_END:
        answer_end(t, key);
        return KEY_NOTHING;
    case ASK_HELP:
        t->ask = ASK_NOTHING;
        return KEY_NOTHING;
    case ASK_NOTHING:
        break;
    }
    if (move_by_key(t, key)) {
        return KEY_NOTHING;
    }
    switch (key) {
    case 'q':
        return KEY_QUIT;
    case ' ':
    case 'p':
        t->paused = !t->paused;
        return KEY_NOTHING;
    case '/':
        ask_text(t, ASK_FILTER, t->view.filter);
        return KEY_NOTHING;
    case 'w':
        ask_text(t, ASK_SAVE, "sockets.csv");
        return KEY_NOTHING;
    case 'k':
        ask_end(t);
        return KEY_NOTHING;
    case '?':
    case 'h':
        t->ask = ASK_HELP;
        return KEY_NOTHING;
    default:
        return change_view(t, key);
    }
}
