/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - several targets on a terminal: a row for each, with its curve, drawn over and over
 *
 * The rows are drawn over themselves with the two sequences that every terminal knows: so many lines
 * up, and erase to the end of the line. What does not fit on the screen is left out, and said.
 */
#include "tools/common/out.h"
#include "tools/common/spark.h"
#include "tools/ping/ping.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_COLUMNS 24
#define FIXED_COLUMNS (NAME_COLUMNS + 46)

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

static void draw_row(const struct target *t, unsigned columns, bool colour) {
    const struct stats *s = &t->rtt;
    /* The probe that is under way is not lost yet. */
    uint64_t due = t->sent > t->received ? t->sent - 1 : t->sent;
    double loss = stats_loss(due > t->received ? due : t->received, t->received);
    unsigned room = columns > FIXED_COLUMNS ? columns - FIXED_COLUMNS : 0;
    char curve[STATS_CURVE * SPARK_CHAR_MAX + 1];
    double values[STATS_CURVE];
    unsigned n = stats_curve_get(s, values, room < STATS_CURVE ? room : STATS_CURVE);

    spark(values, n, spark_utf8(), curve, sizeof(curve));
    printf("%s%-*.*s%s %6llu %s%5.1f%%%s", out_sgr(colour, OUT_NAME), NAME_COLUMNS, NAME_COLUMNS,
           t->host, out_sgr(colour, OUT_PLAIN), (unsigned long long)t->sent,
           out_sgr(colour, loss > 0 ? OUT_BAD : OUT_GOOD), loss, out_sgr(colour, OUT_PLAIN));
    if (s->n > 0) {
        printf(" %7.2f %7.2f %7.2f %7.2f ", (double)s->last_ns / 1e6, (double)s->min_ns / 1e6,
               stats_avg_ns(s) / 1e6, (double)s->max_ns / 1e6);
    } else {
        printf(" %7s %7s %7s %7s ", "-", "-", "-", "-");
    }
    printf("%s\033[K\n", curve);
}

static void live_draw(const struct target *targets, size_t n) {
    static unsigned drawn;
    bool colour = out_wants_colour(STDOUT_FILENO);
    unsigned columns, rows;

    out_size(STDOUT_FILENO, &columns, &rows);
    size_t fit = rows > 3 ? rows - 3 : 1;
    size_t shown = n < fit ? n : fit;

    if (drawn > 0) {
        printf("\033[%uA", drawn);
    }
    printf("%s%-*s %6s %6s %7s %7s %7s %7s%s\033[K\n", out_sgr(colour, OUT_STRONG), NAME_COLUMNS,
           "host", "sent", "loss", "last", "min", "avg", "max", out_sgr(colour, OUT_PLAIN));
    for (size_t i = 0; i < shown; i++) {
        draw_row(&targets[i], columns, colour);
    }
    if (shown < n) {
        printf("and %zu more: the terminal has no room\033[K\n", n - shown);
    }
    drawn = (unsigned)shown + 1 + (shown < n);
    fflush(stdout);
}

static void live_summary(const struct target *t) {
    ping_text.summary(t);
}

const struct voice ping_live = {live_start,   live_sent,   live_reply,   live_error,
                                live_silence, live_failed, live_summary, live_draw};
