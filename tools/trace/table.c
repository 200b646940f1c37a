/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c - the way as a table: losses and round trips of each hop, with their curve
 */
#include "tools/common/out.h"
#include "tools/common/spark.h"
#include "tools/trace/trace.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOST_COLUMNS 40
#define HOST_LEAST 15
#define FIGURES 60 /* columns of all but host and curve */
#define CURVE 20

/* On a terminal lines do not wrap: hosts are cut, and there may be no curve. */
struct widths {
    unsigned host, cut, curve;
};

static struct widths widths(void) {
    struct widths w = {HOST_COLUMNS, TRACE_WHO_MAX, CURVE};
    unsigned columns, rows;

    if (isatty(STDOUT_FILENO)) {
        out_size(STDOUT_FILENO, &columns, &rows);
        unsigned left = columns > FIGURES ? columns - FIGURES : 0;

        w.host = left < HOST_LEAST ? HOST_LEAST : left < HOST_COLUMNS ? left : HOST_COLUMNS;
        w.cut = w.host;
        w.curve = left > w.host + 1 ? left - w.host - 1 : 0;
        w.curve = w.curve < CURVE ? w.curve : CURVE;
    }
    return w;
}

static void print_head(bool colour, struct widths w) {
    printf("%s     %-*s %6s %5s %6s %6s %6s %6s %6s %6s%s\n", out_sgr(colour, OUT_STRONG),
           (int)w.host, "Host", "Loss%", "Snt", "Last", "Avg", "Best", "Wrst", "StDev", "Jttr",
           out_sgr(colour, OUT_PLAIN));
}

static void print_row(const struct trace *t, const struct rounds *r, unsigned ttl,
                      struct widths w) {
    const struct rounds_hop *h = &r->hops[ttl];
    bool colour = out_wants_colour(STDOUT_FILENO);
    char who[TRACE_WHO_MAX] = "???", line[CURVE * SPARK_CHAR_MAX + 1];
    const struct stats *s = &h->rtt;
    double values[CURVE], loss = rounds_loss(h);

    if (h->n_addrs > 0) {
        trace_who(t, &h->addrs[0], who);
    }
    spark(values, stats_curve_get(s, values, w.curve), spark_utf8(), line, sizeof(line));
    printf("%3u. %s%-*.*s%s %s%5.1f%%%s %5llu", ttl, out_sgr(colour, OUT_NAME), (int)w.host,
           (int)w.cut, who, out_sgr(colour, OUT_PLAIN),
           out_sgr(colour, loss > 0 ? OUT_BAD : OUT_GOOD), loss, out_sgr(colour, OUT_PLAIN),
           (unsigned long long)h->sent);
    if (s->n > 0) {
        printf(" %6.2f %6.2f %6.2f %6.2f %6.2f %6.2f", (double)s->last_ns / 1e6,
               stats_avg_ns(s) / 1e6, (double)s->min_ns / 1e6, (double)s->max_ns / 1e6,
               stats_dev_ns(s) / 1e6, s->jitter_ns / 1e6);
    }
    printf("%s%s%s %s\n", h->mark[0] != '\0' ? " " : "", h->mark, h->translated ? " [NAT]" : "",
           s->n > 0 ? line : "");
}

/* Other addresses that have answered for the hop, and what it says of itself. */
static void print_more(const struct trace *t, const struct rounds_hop *h) {
    char who[TRACE_WHO_MAX];

    for (unsigned i = 1; i < h->n_addrs; i++) {
        trace_who(t, &h->addrs[i], who);
        printf("     %s\n", who);
    }
    if (h->ext[0] != '\0') {
        printf("     <%s>\n", h->ext + 2);
    }
}

void table_print(const struct trace *t, const struct rounds *r) {
    unsigned last = rounds_last(r);

    struct widths w = widths();

    print_head(out_wants_colour(STDOUT_FILENO), w);
    for (unsigned ttl = r->conf.first; ttl <= last; ttl++) {
        print_row(t, r, ttl, w);
        print_more(t, &r->hops[ttl]);
    }
    fflush(stdout);
}
