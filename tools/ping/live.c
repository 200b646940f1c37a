/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - several targets on a terminal: a row for each, with its curve, drawn over and over
 *
 * As many columns are shown as the terminal has room for; the curve takes what is left. What does not
 * fit can be scrolled to. At the end the rows stand there once more, all of them, as text.
 */
#include "tools/common/out.h"
#include "tools/common/screen.h"
#include "tools/common/spark.h"
#include "tools/ping/ping.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_COLUMNS 24
#define CURVE_LEAST 10
#define CURVE_PRINTED 30
#define MIN_COLUMNS 40
#define MIN_LINES 4

enum figure { SENT, LOSS, LAST, MIN, AVG, MAX, FIGURES };

#define FIGURE_COLUMNS 8 /* with the blank before it */

static const char *const names[] = {"sent", "loss", "last", "min", "avg", "max"};

static struct {
    size_t first, shown;
    bool numbers, one_scale;
} view;

static void live_start(const struct target *t) {
    (void)t;
}

static void live_sent(struct target *t) {
    (void)t;
}

static void live_reply(struct target *t, const struct reply *r) {
    (void)t;
    (void)r;
}

static void live_error(const struct target *t, const struct probe_event *e) {
    (void)t;
    (void)e;
}

static void live_silence(const struct target *t, uint16_t seq) {
    (void)t;
    (void)seq;
}

static void live_failed(const struct target *t, int err) {
    (void)t;
    (void)err;
}

/* ---- figures ---- */

static double loss_of(const struct target *t) {
    /* The probe that is under way is not lost yet. */
    uint64_t due = t->sent > t->received && !t->done ? t->sent - 1 : t->sent;

    return stats_loss(due > t->received ? due : t->received, t->received);
}

static void put_figure(const struct target *t, enum figure f, char buf[32]) {
    const struct stats *s = &t->rtt;
    const double times[FIGURES] = {[LAST] = (double)s->last_ns,
                                   [MIN] = (double)s->min_ns,
                                   [AVG] = stats_avg_ns(s),
                                   [MAX] = (double)s->max_ns};

    if (f == SENT) {
        snprintf(buf, 32, "%llu", (unsigned long long)t->sent);
    } else if (f == LOSS) {
        snprintf(buf, 32, "%.1f%%", loss_of(t));
    } else if (s->n > 0) {
        snprintf(buf, 32, "%.2f", times[f] / 1e6);
    } else {
        snprintf(buf, 32, "-");
    }
}

/* ---- the screen ---- */

static const char *label(const struct target *t) {
    return view.numbers ? t->number : t->host;
}

static unsigned name_width(const struct target *targets, size_t n) {
    unsigned most = (unsigned)COLS * 2 / 5, widest = 8;

    for (size_t i = 0; i < n; i++) {
        unsigned width = cells_width(label(&targets[i])) + 1;

        widest = width > widest ? width : widest;
    }
    return widest < most ? widest : most;
}

static unsigned room_for_curve(unsigned taken) {
    unsigned room = (unsigned)COLS > taken + 2 ? (unsigned)COLS - taken - 2 : 0;

    return room < STATS_CURVE ? room : STATS_CURVE;
}

static void put_curve(struct cells *c, const struct stats *s, double high) {
    char line[STATS_CURVE * SPARK_CHAR_MAX + 1];
    double values[STATS_CURVE];
    unsigned n = stats_curve_get(s, values, room_for_curve(c->width)), before = c->n + 2;

    if (high > 0) {
        spark_between(values, n, 0, high, spark_utf8(), line, sizeof(line));
    } else {
        spark(values, n, spark_utf8(), line, sizeof(line));
    }
    cells_blanks(c, 2);
    cells_text(c, line, CELLS_MAX);
    for (unsigned i = before; i < c->n; i++) {
        c->colours[i] = (unsigned char)(values[i - before] < 0 ? OUT_BAD : OUT_GOOD);
    }
}

static void show_row(int y, const struct target *t, unsigned name, unsigned figures, double high) {
    struct cells c;
    char text[32];

    cells_init(&c);
    c.colour = OUT_NAME;
    cells_field(&c, label(t), name - 1, false);
    for (unsigned i = 0; i < figures; i++) {
        put_figure(t, i, text);
        c.colour = i != LOSS ? OUT_PLAIN : loss_of(t) > 0 ? OUT_BAD : OUT_GOOD;
        cells_print(&c, "%*s", FIGURE_COLUMNS, text);
    }
    put_curve(&c, &t->rtt, high);
    screen_show(y, &c, 0, SCREEN_NORMAL);
}

/* The highest of all curves in sight, if they are to have one scale. */
static double highest(const struct target *targets, size_t n, unsigned taken) {
    double values[STATS_CURVE], high = 0;

    for (size_t i = view.first; view.one_scale && i < n; i++) {
        unsigned count = stats_curve_get(&targets[i].rtt, values, room_for_curve(taken));

        for (unsigned k = 0; k < count; k++) {
            high = values[k] > high ? values[k] : high;
        }
    }
    return high;
}

static void show_rows(const struct target *targets, size_t n) {
    unsigned name = name_width(targets, n), figures = FIGURES;
    struct cells c;

    while (figures > LOSS + 1 &&
           name + figures * FIGURE_COLUMNS + CURVE_LEAST + 2 > (unsigned)COLS) {
        figures--;
    }
    double high = highest(targets, n, name + figures * FIGURE_COLUMNS);

    cells_init(&c);
    cells_field(&c, "host", name - 1, false);
    for (unsigned i = 0; i < figures; i++) {
        cells_print(&c, "%*s", FIGURE_COLUMNS, names[i]);
    }
    cells_text(&c, view.one_scale ? "  curve, one scale" : "  curve", CELLS_MAX);
    screen_show(0, &c, 0, SCREEN_REVERSE);
    view.shown = (size_t)LINES - 2;
    view.first = n <= view.shown ? 0 : view.first > n - view.shown ? n - view.shown : view.first;
    for (size_t i = view.first; i < n && i < view.first + view.shown; i++) {
        show_row(1 + (int)(i - view.first), &targets[i], name, figures, high);
    }
    if (n > view.shown) {
        char text[120];

        snprintf(text, sizeof(text),
                 "%zu to %zu of %zu hosts; arrows, Page  q quit  n numbers  s scale",
                 view.first + 1, view.first + view.shown, n);
        screen_show_text(LINES - 1, text, SCREEN_NORMAL);
    } else {
        screen_show_text(LINES - 1, "q quit  n names, numbers  s scale of curves  ! is a lost one",
                         SCREEN_NORMAL);
    }
}

static void live_draw(const struct target *targets, size_t n) {
    erase();
    if (screen_has_room(MIN_COLUMNS, MIN_LINES)) {
        show_rows(targets, n);
    }
    refresh();
}

static bool live_keys(void) {
    size_t page = view.shown > 1 ? view.shown - 1 : 1;
    int key;

    while ((key = screen_key()) >= 0) {
        switch (key) {
        case 'q':
        case 'Q':
            return false;
        case 'n':
            view.numbers = !view.numbers;
            break;
        case 's':
            view.one_scale = !view.one_scale;
            break;
        case KEY_UP:
            view.first -= view.first > 0;
            break;
        case KEY_DOWN:
            view.first++; /* drawing knows the end */
            break;
        case KEY_PPAGE:
            view.first -= view.first > page ? page : view.first;
            break;
        case KEY_NPAGE:
            view.first += page;
            break;
        case KEY_HOME:
            view.first = 0;
            break;
        case KEY_END:
            view.first = PING_TARGETS_MAX;
            break;
        default:
            break;
        }
    }
    return true;
}

static int live_begin(void) {
    return screen_begin();
}

/* ---- afterwards ---- */

static void print_row(const struct target *t, bool colour) {
    char curve[CURVE_PRINTED * SPARK_CHAR_MAX + 1], text[32];
    double values[CURVE_PRINTED];

    spark(values, stats_curve_get(&t->rtt, values, CURVE_PRINTED), spark_utf8(), curve,
          sizeof(curve));
    printf("%s%-*s%s", out_sgr(colour, OUT_NAME), NAME_COLUMNS, t->host,
           out_sgr(colour, OUT_PLAIN));
    for (enum figure i = 0; i < FIGURES; i++) {
        enum out_colour c = i != LOSS ? OUT_PLAIN : loss_of(t) > 0 ? OUT_BAD : OUT_GOOD;

        put_figure(t, i, text);
        printf("%s%*s%s", out_sgr(colour, c), FIGURE_COLUMNS, text, out_sgr(colour, OUT_PLAIN));
    }
    printf("  %s\n", curve);
}

static void live_end(const struct target *targets, size_t n) {
    bool colour = out_wants_colour(STDOUT_FILENO);

    screen_end();
    printf("%s%-*s", out_sgr(colour, OUT_STRONG), NAME_COLUMNS, "host");
    for (enum figure i = 0; i < FIGURES; i++) {
        printf("%*s", FIGURE_COLUMNS, names[i]);
    }
    printf("%s\n", out_sgr(colour, OUT_PLAIN));
    for (size_t i = 0; i < n; i++) {
        print_row(&targets[i], colour);
    }
}

static void live_summary(const struct target *t) {
    ping_text.summary(t);
}

const struct voice ping_live = {live_start,   live_sent,   live_reply,   live_error,
                                live_silence, live_failed, live_summary, live_begin,
                                live_draw,    live_keys,   live_end};
