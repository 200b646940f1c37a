/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pathping.c - where on the way to a host are packets lost? Options, and the clock
 *
 * First the way, as trace finds it; then echo requests to each of its hops, in rounds. To the hop
 * itself, not through it: routers send as many echo replies as they are asked for, but only a few
 * "time exceeded" a second.
 */
#include "tools/pathping/pathping.h"

#include "host/loop.h"
#include "tools/common/opt.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/tools.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inlet/types.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MS 2000

struct options {
    bool ipv4, ipv6, numeric, json;
    uint64_t last, queries;
    int64_t period_ns, wait_ns;
    union names_addr from;
};

static int take_source(void *to, const char *value) {
    union names_addr *from = to;

    if (inet_pton(AF_INET, value, &from->v4.sin_addr) == 1) {
        from->any.sa_family = AF_INET;
        return 0;
    }
    return strchr(value, ':') != NULL ? names_lookup(value, AF_INET6, from) : -EINVAL;
}

static int parse(struct options *o, int argc, char **argv) {
    static const struct opt_command command = {
        .name = "pathping",
        .usage = "[OPTIONS] HOST",
        .about =
            "Finds the way to a host, then asks each hop again and again, and says how much each\n"
            "node and each link loses. Ctrl-C shows what is known by then.",
        .more =
            "Exit status: 0; 1 where the host was not reached; 2 where the question could not be\n"
            "asked.",
        .operands = "host",
    };
    const struct opt opts[] = {
        OPT_IPV4(&o->ipv4),
        OPT_IPV6(&o->ipv6),
        OPT_NUMERIC(&o->numeric),
        OPT_JSON(&o->json),
        {OPT_NUMBER, 'm', "max-hops", "N", "go no farther; 30 if not given", &o->last, .min = 1,
         .max = WALK_HOPS_MAX},
        {OPT_NUMBER, 'q', "queries", "N", "to each hop; 100 if not given", &o->queries, .min = 1,
         .max = PATHPING_QUERIES_MAX},
        {OPT_SECONDS, 'p', "period", "SECONDS", "between two to the same hop; 0.25 if not given",
         &o->period_ns, .min = (uint64_t)INL_MS, .max = (uint64_t)INL_S * 3600},
        {OPT_SECONDS, 'w', "wait", "SECONDS", "for an answer; 3 if not given", &o->wait_ns,
         .min = (uint64_t)INL_MS, .max = (uint64_t)INL_S * 3600},
        {OPT_CALL, 'i', "source", "ADDRESS", "the source address", &o->from, .call = take_source,
         .expected = "an address of this machine"},
    };

    return opt_parse(&command, opts, OPT_N(opts), argc, argv);
}

/* ---- the way ---- */

static void step(struct walk *w, struct rdns *rdns) {
    struct pollfd fds[2 + RDNS_FDS];
    int64_t left = walk_due_ns(w) - loop_now().ns;

    left = left < 0 ? 0 : left < INL_S ? left : INL_S;
    fds[0] = (struct pollfd){.fd = probe_fd(w->probe), .events = POLLIN};
    fds[1] = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
    size_t n = rdns_fds(rdns, fds + 2);

    (void)ppoll(fds, n + 2, &(struct timespec){left / INL_S, left % INL_S}, NULL);
    rdns_work(rdns, fds + 2, n);
    walk_hear(w, loop_now().ns);
    walk_work(w, loop_now().ns);
}

static int take_way(struct pathping *p, const struct walk *w) {
    p->hops = calloc(WALK_HOPS_MAX + 1, sizeof(struct hop));
    if (p->hops == NULL) {
        return -ENOMEM;
    }
    for (unsigned ttl = 1; ttl <= w->end; ttl++) {
        struct hop *h = &p->hops[ttl - 1];

        for (unsigned i = 0; i < w->conf.queries; i++) {
            const struct walk_answer *a = &w->hops[ttl].answers[i];

            if (a->state == WALK_ANSWERED && h->addr.any.sa_family == 0) {
                h->addr = a->from;
                names_set_port(&h->addr, 0);
                p->n = ttl; /* silent hops behind the last that answers are no part of it */
                p->reached |= a->what == PROBE_REPLY;
                trace_ask(&p->trace, &h->addr);
            }
        }
    }
    return 0;
}

static int find_way(struct pathping *p, const struct walk_conf *conf) {
    struct walk *w = NULL;
    int err = walk_open(conf, &w);

    while (err == 0 && !walk_is_done(w) && !stop_asked()) {
        step(w, p->trace.rdns);
    }
    if (err == 0) {
        err = w->failed != 0 ? -w->failed : take_way(p, w);
    }
    if (err != 0) {
        probe_tell(&conf->probe, p->trace.host, err);
    }
    walk_close(w);
    return err;
}

/* ---- losses ---- */

static int open_hops(struct pathping *p, const struct options *o) {
    for (unsigned i = 0; i < p->n; i++) {
        struct hop *h = &p->hops[i];
        struct probe_conf conf = {
            .kind = PROBE_ECHO, .to = h->addr, .from = o->from, .tos = -1, .data_bytes = 32};

        if (h->addr.any.sa_family == 0) {
            continue;
        }
        h->sent_at = calloc((size_t)p->queries + 1, sizeof(h->sent_at[0]));
        h->oldest = 1;
        int err = h->sent_at == NULL ? -ENOMEM : probe_open(&conf, &h->probe);

        if (err != 0) {
            probe_tell(&conf, p->trace.host, err);
            return err;
        }
    }
    return 0;
}

static void close_hops(struct pathping *p) {
    for (unsigned i = 0; i < p->n; i++) {
        probe_close(p->hops[i].probe);
        free(p->hops[i].sent_at);
    }
    free(p->hops);
}

static void ask(struct hop *h) {
    struct probe_shot shot = {.seq = (uint16_t)(h->sent + 1)};

    h->sent++;
    h->waiting++;
    h->sent_at[shot.seq] = loop_now().ns;
    if (probe_send(h->probe, &shot) != 0) {
        h->sent_at[shot.seq] = 0; /* what does not even leave us is lost */
        h->waiting--;
    }
}

static void hear(struct pathping *p, struct hop *h) {
    struct probe_event e;

    for (int i = 0; i < 1000 && probe_read(h->probe, &e) > 0; i++) {
        if (!e.has_seq || e.seq > p->queries || h->sent_at[e.seq] == 0) {
            continue;
        }
        if (e.what == PROBE_REPLY) {
            stats_add(&h->rtt, loop_now().ns - e.age_ns - h->sent_at[e.seq]);
            h->received++;
        }
        h->sent_at[e.seq] = 0;
        h->waiting--;
    }
}

static void give_up(const struct pathping *p, struct hop *h, int64_t now_ns) {
    for (; h->oldest <= h->sent; h->oldest++) {
        int64_t *sent = &h->sent_at[h->oldest];

        if (*sent != 0 && now_ns - *sent < p->wait_ns) {
            return;
        }
        h->waiting -= *sent != 0;
        *sent = 0;
    }
}

/* A line on the terminal, drawn over itself; none elsewhere. */
static void progress(const struct pathping *p, uint64_t rounds, bool end) {
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    if (end) {
        fputs("\r\033[K", stderr);
    } else {
        fprintf(stderr, "\r%3.0f%%, %.0f s left\033[K", 100.0 * (double)rounds / (double)p->queries,
                (double)(p->queries - rounds) * (double)p->period_ns / 1e9);
    }
}

/* Waits until something comes or is due, and takes it. True while something is waited for. */
static bool wait_and_hear(struct pathping *p, struct pollfd *fds, int64_t due_ns) {
    int64_t left = due_ns - loop_now().ns;
    uint64_t waiting = 0;

    left = left < 0 ? 0 : left;
    fds[p->n] = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
    for (unsigned i = 0; i < p->n; i++) {
        fds[i] = (struct pollfd){.fd = p->hops[i].probe ? probe_fd(p->hops[i].probe) : -1,
                                 .events = POLLIN};
    }
    (void)ppoll(fds, p->n + 1, &(struct timespec){left / INL_S, left % INL_S}, NULL);
    for (unsigned i = 0; i < p->n; i++) {
        struct hop *h = &p->hops[i];

        if (h->probe != NULL) {
            if (fds[i].revents != 0) {
                hear(p, h);
            }
            give_up(p, h, loop_now().ns);
            waiting += h->waiting;
        }
    }
    p->stopped = stop_asked();
    return waiting > 0;
}

/* How long the last ones are waited for: the longest way there and back so far is a measure, where
 * each hop has one. */
static int64_t patience(const struct pathping *p) {
    int64_t most = INL_S / 4;

    for (unsigned i = 0; i < p->n; i++) {
        const struct hop *h = &p->hops[i];

        if (h->probe != NULL && h->rtt.n == 0) {
            return p->wait_ns;
        }
        most = 4 * h->rtt.max_ns > most ? 4 * h->rtt.max_ns : most;
    }
    return most < p->wait_ns ? most : p->wait_ns;
}

static int measure(struct pathping *p) {
    struct pollfd *fds = calloc(p->n + 1, sizeof(*fds));
    int64_t next = loop_now().ns, last;

    if (fds == NULL) {
        return -ENOMEM;
    }
    for (uint64_t round = 0; round < p->queries && !p->stopped; round++) {
        for (unsigned i = 0; i < p->n; i++) {
            if (p->hops[i].probe != NULL) {
                ask(&p->hops[i]);
            }
        }
        progress(p, round, false);
        next += p->period_ns;
        while (loop_now().ns < next && !p->stopped) {
            (void)wait_and_hear(p, fds, next);
        }
    }
    last = loop_now().ns;
    while (!p->stopped && wait_and_hear(p, fds, loop_now().ns + INL_S / 20) &&
           loop_now().ns - last < patience(p)) {
    }
    for (unsigned i = 0; i < p->n && !p->stopped; i++) {
        p->hops[i].waiting = 0; /* they are lost */
    }
    progress(p, 0, true);
    free(fds);
    return 0;
}

static int run(struct pathping *p, const struct options *o, const struct walk_conf *conf) {
    int status = TOOL_USAGE;

    int err = probe_source(&conf->probe, &p->source);

    if (err == -EINVAL) { /* link-local, and on no link: echo requests would go somewhere */
        probe_tell(&conf->probe, p->trace.host, err);
        return status;
    }
    if (err != 0) {
        p->source = conf->probe.from;
    }
    if (find_way(p, conf) != 0) {
        return status;
    }
    trace_names(&p->trace);
    show_way(p);
    if (open_hops(p, o) == 0) {
        p->stopped = stop_asked();
        status = measure(p) == 0 && p->reached ? TOOL_OK : TOOL_FAILED;
        show_result(p);
    }
    return status;
}

int tool_pathping(int argc, char **argv) {
    struct options o = {.last = 30, .queries = 100, .period_ns = INL_S / 4, .wait_ns = 3 * INL_S};
    int first = parse(&o, argc, argv);

    if (first < 0) {
        return opt_status(first);
    }
    if (argc - first != 1) {
        return tool_usage("expected one host");
    }
    if (o.ipv4 && o.ipv6) {
        return tool_usage("-4 and -6 exclude each other");
    }
    struct pathping p = {
        .trace = {.host = argv[first],
                  .numeric = o.numeric,
                  .json = o.json,
                  .rdns_left_ms = NAMES_MS},
        .queries = o.queries,
        .period_ns = o.period_ns,
        .wait_ns = o.wait_ns,
    };
    struct walk_conf conf = {
        .probe =
            {.kind = PROBE_ECHO, .from = o.from, .tos = -1, .data_bytes = 32, .same_flow = true},
        .first = 1,
        .last = (unsigned)o.last,
        .queries = 3,
        .flows = 1,
        .in_flight = 16,
        .wait_ns = o.wait_ns, /* in full: a hop that is missed here is missed for good */
        .here = 4,            /* but one answer is enough */
    };
    int family = o.ipv6 ? AF_INET6 : o.ipv4 ? AF_INET : o.from.any.sa_family;

    if (names_lookup(p.trace.host, family, &conf.probe.to) != 0 || stop_begin() != 0) {
        return TOOL_USAGE;
    }
    names_number(&conf.probe.to, p.trace.number);
    p.trace.rdns = o.numeric ? NULL : rdns_new();
    int status = run(&p, &o, &conf);

    close_hops(&p);
    rdns_free(p.trace.rdns);
    return status;
}
