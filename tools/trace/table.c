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
#define CURVE 20

static void print_head(bool colour) {
    printf("%s     %-*s %6s %5s %6s %6s %6s %6s %6s %6s%s\n", out_sgr(colour, OUT_STRONG),
           HOST_COLUMNS, "Host", "Loss%", "Snt", "Last", "Avg", "Best", "Wrst", "StDev", "Jttr",
           out_sgr(colour, OUT_PLAIN));
}

static void print_row(const struct trace *t, const struct rounds *r, unsigned ttl) {
    const struct rounds_hop *h = &r->hops[ttl];
    bool colour = out_wants_colour(STDOUT_FILENO);
    char who[TRACE_WHO_MAX] = "???", line[CURVE * SPARK_CHAR_MAX + 1];
    const struct stats *s = &h->rtt;
    double values[CURVE], loss = rounds_loss(h);

    if (h->n_addrs > 0) {
        trace_who(t, &h->addrs[0], who);
    }
    spark(values, stats_curve_get(s, values, CURVE), spark_utf8(), line, sizeof(line));
    printf("%3u. %s%-*s%s %s%5.1f%%%s %5llu", ttl, out_sgr(colour, OUT_NAME), HOST_COLUMNS, who,
           out_sgr(colour, OUT_PLAIN), out_sgr(colour, loss > 0 ? OUT_BAD : OUT_GOOD), loss,
           out_sgr(colour, OUT_PLAIN), (unsigned long long)h->sent);
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

    print_head(out_wants_colour(STDOUT_FILENO));
    for (unsigned ttl = r->conf.first; ttl <= last; ttl++) {
        print_row(t, r, ttl);
        print_more(t, &r->hops[ttl]);
    }
    fflush(stdout);
}
