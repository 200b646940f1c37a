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

#define FIGURES 57 /* columns right of the host, without the curve */
#define HOST_LEAST 20

static void print_head(unsigned host, bool colour, const char *erase) {
    printf("%s     %-*s %6s %5s %6s %6s %6s %6s %6s %6s%s%s\n", out_sgr(colour, OUT_STRONG),
           (int)host, "Host", "Loss%", "Snt", "Last", "Avg", "Best", "Wrst", "StDev", "Jttr",
           out_sgr(colour, OUT_PLAIN), erase);
}

static void print_row(const struct trace *t, const struct rounds *r, unsigned ttl, unsigned host,
                      unsigned curve, const char *erase) {
    const struct rounds_hop *h = &r->hops[ttl];
    bool colour = out_wants_colour(STDOUT_FILENO);
    char who[TRACE_WHO_MAX] = "???", line[STATS_CURVE * SPARK_CHAR_MAX + 1];
    const struct stats *s = &h->rtt;
    double values[STATS_CURVE], loss = rounds_loss(h);

    if (h->n_addrs > 0) {
        trace_who(t, &h->addrs[0], who);
    }
    spark(values, stats_curve_get(s, values, curve), spark_utf8(), line, sizeof(line));
    printf("%3u. %s%-*.*s%s %s%5.1f%%%s %5llu", ttl, out_sgr(colour, OUT_NAME), (int)host,
           (int)host, who, out_sgr(colour, OUT_PLAIN),
           out_sgr(colour, loss > 0 ? OUT_BAD : OUT_GOOD), loss, out_sgr(colour, OUT_PLAIN),
           (unsigned long long)h->sent);
    if (s->n > 0) {
        printf(" %6.2f %6.2f %6.2f %6.2f %6.2f %6.2f", (double)s->last_ns / 1e6,
               stats_avg_ns(s) / 1e6, (double)s->min_ns / 1e6, (double)s->max_ns / 1e6,
               stats_dev_ns(s) / 1e6, s->jitter_ns / 1e6);
    }
    printf("%s%s %s%s\n", h->mark[0] != '\0' ? " " : "", h->mark, s->n > 0 ? line : "", erase);
}

/* Other addresses that have answered for the hop, and what it says of itself. */
static unsigned print_more(const struct trace *t, const struct rounds_hop *h, const char *erase) {
    char who[TRACE_WHO_MAX];
    unsigned lines = 0;

    for (unsigned i = 1; i < h->n_addrs; i++, lines++) {
        trace_who(t, &h->addrs[i], who);
        printf("     %s%s\n", who, erase);
    }
    if (h->ext[0] != '\0') {
        printf("     <%s>%s\n", h->ext + 2, erase);
        lines++;
    }
    return lines;
}

void table_print(const struct trace *t, const struct rounds *r, bool live) {
    static unsigned drawn;
    const char *erase = live ? "\033[K" : "";
    unsigned columns, rows, lines = 1, last = r->conf.first;

    out_size(STDOUT_FILENO, &columns, &rows);
    unsigned host = columns > FIGURES + 30 + HOST_LEAST ? columns - FIGURES - 30 : HOST_LEAST;
    unsigned curve = live && columns > FIGURES + host + 2 ? columns - FIGURES - host - 2 : 20;

    host = live ? host : 40;
    curve = curve < STATS_CURVE ? curve : STATS_CURVE;
    for (unsigned ttl = r->conf.first; ttl <= r->end; ttl++) {
        last = r->hops[ttl].received > 0 ? ttl : last;
    }
    if (live && drawn > 0) {
        printf("\033[%uA", drawn);
    }
    print_head(host, out_wants_colour(STDOUT_FILENO), erase);
    for (unsigned ttl = r->conf.first; ttl <= last && (!live || lines + 3 < rows); ttl++) {
        print_row(t, r, ttl, host, curve, erase);
        lines += 1 + print_more(t, &r->hops[ttl], erase);
    }
    if (live) {
        printf("\033[J");
    }
    drawn = lines;
    fflush(stdout);
}
