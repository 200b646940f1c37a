/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.c - the way as everybody knows it: a line a hop
 */
#include "host/loop.h"
#include "tools/common/out.h"
#include "tools/probe/words.h"
#include "tools/trace/trace.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool colour(void) {
    static int on = -1;

    on = on < 0 ? out_wants_colour(STDOUT_FILENO) : on;
    return on > 0;
}

void trace_ask(const struct trace *t, const union names_addr *addr) {
    if (t->rdns != NULL && !t->numeric) {
        (void)rdns_name(t->rdns, addr);
    }
    if (t->as_numbers) {
        (void)rdns_as(t->rdns, addr);
    }
}

void trace_names(struct trace *t) {
    int64_t before = loop_now().ns;

    if (t->rdns_left_ms > 0 && rdns_is_busy(t->rdns)) {
        rdns_finish(t->rdns, t->rdns_left_ms);
        t->rdns_left_ms -= (int)((loop_now().ns - before) / 1000000);
    }
}

void trace_who(const struct trace *t, const union names_addr *addr, char buf[TRACE_WHO_MAX]) {
    const char *name = t->numeric ? NULL : rdns_name(t->rdns, addr);
    const char *as = t->as_numbers ? rdns_as(t->rdns, addr) : NULL;
    char number[NAMES_ADDR_MAX];

    names_number(addr, number);
    snprintf(buf, TRACE_WHO_MAX, "%s%s%s%s%s%s%s", name != NULL ? name : number,
             name != NULL ? " (" : "", name != NULL ? number : "", name != NULL ? ")" : "",
             t->as_numbers ? " [" : "",
             !t->as_numbers ? ""
             : as != NULL   ? "AS"
                            : "*",
             as != NULL ? as : "");
    if (t->as_numbers) {
        strncat(buf, "]", TRACE_WHO_MAX - strlen(buf) - 1);
    }
}

void text_start(const struct trace *t, const struct walk *w) {
    printf("traceroute to %s (%s), %u hops max, %u byte packets\n", t->host, t->number,
           w->conf.last,
           (unsigned)(walk_headers(&w->conf.probe) +
                      (w->conf.probe.kind == PROBE_TCP ? 0 : w->conf.probe.data_bytes)));
    fflush(stdout);
}

static void print_answer(const struct walk *w, const struct walk_answer *a) {
    bool v6 = w->conf.probe.to.any.sa_family == AF_INET6;
    char mark[WORDS_MARK_MAX] = "";

    printf("  %.3f ms", (double)a->rtt_ns / 1e6);
    if (a->mtu_bytes != 0) {
        printf(" F=%u", a->mtu_bytes);
    }
    if (a->what == PROBE_ICMP) {
        words_mark(v6, a->type, a->code, a->info, mark);
    }
    if (mark[0] != '\0') {
        printf(" %s%s%s", out_sgr(colour(), OUT_BAD), mark, out_sgr(colour(), OUT_PLAIN));
    }
}

void text_hop(const struct trace *t, const struct walk *w, unsigned ttl) {
    const struct walk_answer *before = NULL;
    char who[TRACE_WHO_MAX];

    printf("%2u ", ttl);
    for (unsigned i = 0; i < w->conf.queries; i++) {
        const struct walk_answer *a = &w->hops[ttl].answers[i];

        if (a->state != WALK_ANSWERED) {
            printf(" *");
            continue;
        }
        if (before == NULL || !names_same(&before->from, &a->from)) {
            trace_who(t, &a->from, who);
            printf(" %s%s%s", out_sgr(colour(), OUT_NAME), who, out_sgr(colour(), OUT_PLAIN));
            if (a->ext[0] != '\0') {
                printf(" <%s>", a->ext + 2);
            }
        }
        before = a;
        print_answer(w, a);
    }
    if (before != NULL && before->translated) {
        printf(" %s[NAT]%s", out_sgr(colour(), OUT_WARN), out_sgr(colour(), OUT_PLAIN));
    }
    putchar('\n');
    fflush(stdout);
}

unsigned trace_path(const struct walk *w, unsigned flow, union names_addr ret[WALK_HOPS_MAX + 1]) {
    unsigned n = 0;

    for (unsigned ttl = w->conf.first; ttl <= w->end; ttl++, n++) {
        memset(&ret[n], 0, sizeof(ret[n]));
        for (unsigned i = flow; i < w->conf.queries; i += w->conf.flows) {
            const struct walk_answer *a = &w->hops[ttl].answers[i];

            if (a->state == WALK_ANSWERED && ret[n].any.sa_family == 0) {
                ret[n] = a->from;
            }
        }
    }
    return n;
}

static void print_path(const struct walk *w, unsigned flow, char *buf, size_t cap) {
    union names_addr path[WALK_HOPS_MAX + 1];
    unsigned n = trace_path(w, flow, path);
    size_t at = 0;

    buf[0] = '\0';
    for (unsigned i = 0; i < n && at < cap; i++) {
        char number[NAMES_ADDR_MAX] = "*";

        if (path[i].any.sa_family != 0) {
            names_number(&path[i], number);
        }
        at += (size_t)snprintf(buf + at, cap - at, "%s%s", i > 0 ? " > " : "", number);
    }
}

/* The ways that the flows have taken, each once, with the flows that took it. */
void text_end(const struct trace *t, const struct walk *w) {
    static char paths[64][4096];
    unsigned flows = w->conf.flows < 64 ? w->conf.flows : 64;

    (void)t;
    if (w->conf.mtu) {
        printf("path MTU %u\n", w->mtu_bytes);
    }
    for (unsigned flow = 0; flow < flows; flow++) {
        print_path(w, flow, paths[flow], sizeof(paths[flow]));
    }
    for (unsigned flow = 0; flows > 1 && flow < flows; flow++) {
        const char *before = "flow ";
        bool known = false;

        for (unsigned i = 0; i < flow; i++) {
            known |= strcmp(paths[i], paths[flow]) == 0;
        }
        for (unsigned i = flow; !known && i < flows; i++) {
            if (strcmp(paths[i], paths[flow]) == 0) {
                printf("%s%u", before, i);
                before = ",";
            }
        }
        if (!known) {
            printf(": %s\n", paths[flow]);
        }
    }
}
