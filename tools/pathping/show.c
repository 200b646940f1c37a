/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * show.c - what pathping has found, as a table or as JSON (docs/schema/pathping.json)
 *
 * The table is that of the namesake: a row for each node, and before it one for the link to it.
 */
#include "tools/common/out.h"
#include "tools/pathping/pathping.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void who_of(const struct pathping *p, const struct hop *h, char buf[TRACE_WHO_MAX]) {
    if (h->addr.any.sa_family == 0) {
        snprintf(buf, TRACE_WHO_MAX, "*");
    } else {
        trace_who(&p->trace, &h->addr, buf);
    }
}

void show_way(const struct pathping *p) {
    char who[TRACE_WHO_MAX];

    if (p->trace.json) {
        json_t *o = json_pack("{s:s, s:o, s:s, s:i, s:I, s:b}", "type", "start", "host",
                              out_json_text(p->trace.host), "address", p->trace.number, "hops",
                              (int)p->n, "queries", (json_int_t)p->queries, "reached", p->reached);

        out_json(o);
        return;
    }
    printf("Tracing route to %s [%s]\n", p->trace.host, p->trace.number);
    names_number(&p->source, who);
    printf("%3u  %s\n", 0, who);
    for (unsigned i = 0; i < p->n; i++) {
        who_of(p, &p->hops[i], who);
        printf("%3u  %s\n", i + 1, who);
    }
    printf("\nComputing statistics for %g seconds...\n",
           (double)p->queries * (double)p->period_ns / 1e9);
    fflush(stdout);
}

static uint64_t of(double share, uint64_t sent) {
    return (uint64_t)(share * (double)sent + 0.5);
}

static void print_share(double share, uint64_t sent, bool colour) {
    printf("%s%5" PRIu64 "/%5" PRIu64 " =%3.0f%%%s",
           out_sgr(colour, share > 0 ? OUT_BAD : OUT_GOOD), of(share, sent), sent, 100 * share,
           out_sgr(colour, OUT_PLAIN));
}

static void print_table(const struct pathping *p, const struct split *s) {
    bool colour = out_wants_colour(STDOUT_FILENO);
    char who[TRACE_WHO_MAX];

    names_number(&p->source, who);
    printf("%s              Source to Here      This Node/Link%s\n", out_sgr(colour, OUT_STRONG),
           out_sgr(colour, OUT_PLAIN));
    printf("%sHop       RTT    Lost/Sent = Pct    Lost/Sent = Pct  Address%s\n",
           out_sgr(colour, OUT_STRONG), out_sgr(colour, OUT_PLAIN));
    printf("%3u  %44s%s\n", 0, "", who);
    for (unsigned i = 0; i < p->n; i++) {
        const struct hop *h = &p->hops[i];

        who_of(p, h, who);
        if (s[i].sent == 0) {
            printf("%3u %8s %36s%s\n", i + 1, "---", "", who);
            continue;
        }
        printf("%33s", "");
        print_share(s[i].link, s[i].sent, colour);
        printf("   |\n%3u ", i + 1);
        if (h->rtt.n > 0) {
            double ms = stats_avg_ns(&h->rtt) / 1e6;

            printf("%6.*fms  ", ms < 99.95 ? 2 : 1, ms);
        } else {
            printf("%8s  ", "---");
        }
        print_share((double)s[i].lost / (double)s[i].sent, s[i].sent, colour);
        printf("   ");
        print_share(s[i].node, s[i].sent, colour);
        printf("  %s%s%s\n", out_sgr(colour, OUT_NAME), who, out_sgr(colour, OUT_PLAIN));
    }
    printf("\n%s\n", p->stopped ? "Stopped early." : "Trace complete.");
}

static void print_json(const struct pathping *p, const struct split *s) {
    for (unsigned i = 0; i < p->n; i++) {
        const struct hop *h = &p->hops[i];
        json_t *o = json_pack("{s:s, s:i, s:I, s:I}", "type", "hop", "hop", (int)i + 1, "sent",
                              (json_int_t)s[i].sent, "lost", (json_int_t)s[i].lost);

        if (o != NULL && h->addr.any.sa_family != 0) {
            const char *name = p->trace.numeric ? NULL : rdns_name(p->trace.rdns, &h->addr);
            char number[NAMES_ADDR_MAX];

            names_number(&h->addr, number);
            json_object_set_new(o, "address", json_string(number));
            if (name != NULL) {
                json_object_set_new(o, "name", out_json_text(name));
            }
        }
        if (o != NULL && s[i].sent > 0) {
            json_object_set_new(o, "link_loss_percent", json_real(100 * s[i].link));
            json_object_set_new(o, "node_loss_percent", json_real(100 * s[i].node));
        }
        if (o != NULL && h->rtt.n > 0) {
            json_object_set_new(o, "rtt_ms", json_real(stats_avg_ns(&h->rtt) / 1e6));
        }
        out_json(o);
    }
    out_json(
        json_pack("{s:s, s:b, s:b}", "type", "end", "reached", p->reached, "stopped", p->stopped));
}

void show_result(struct pathping *p) {
    struct split *s = calloc(p->n + 1, sizeof(*s));

    if (s == NULL) {
        return;
    }
    for (unsigned i = 0; i < p->n; i++) {
        const struct hop *h = &p->hops[i];

        s[i].sent = h->sent - h->waiting; /* what is under way is not lost */
        s[i].lost = s[i].sent - h->received;
    }
    split_losses(s, p->n);
    trace_names(&p->trace);
    if (p->trace.json) {
        print_json(p, s);
    } else {
        print_table(p, s);
    }
    free(s);
}
