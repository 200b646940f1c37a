/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c - which way do packets take to a host? Options, and the loop
 */
#include "tools/trace/trace.h"
#include "tools/trace/live.h"

#include "host/loop.h"
#include "tools/common/opt.h"
#include "tools/common/ports.h"
#include "tools/common/screen.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/tools.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inlet/types.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UDP_PORT 33434
#define TCP_PORT 80
#define IN_FLIGHT 16
#define NAMES_MS 2000 /* so long names may hold up output in all */

struct options {
    struct walk_conf walk;
    bool ipv4, ipv6, numeric, json, as_numbers, icmp, udp, tcp, df, report, live;
    uint64_t first, last, queries, flows, in_flight, cycles;
    int64_t interval_ns;
    const char *port;
};

/* "5", "0.5", or "5,3,10,10": how long at most, times the same hop's, the next hop's, the longest. */
static int take_wait(void *to, const char *value) {
    struct walk_conf *conf = to;
    char *end;
    double max = strtod(value, &end);

    if (end == value || max <= 0 || max > 86400) {
        return -EINVAL;
    }
    conf->wait_ns = (int64_t)(max * (double)INL_S);
    if (*end == ',') {
        conf->here = (unsigned)strtoul(end + 1, &end, 10);
        conf->near = *end == ',' ? (unsigned)strtoul(end + 1, &end, 10) : conf->near;
        conf->far = *end == ',' ? (unsigned)strtoul(end + 1, &end, 10) : conf->far;
    }
    return *end == '\0' ? 0 : -EINVAL;
}

static int take_source(void *to, const char *value) {
    struct probe_conf *conf = to;

    if (inet_pton(AF_INET, value, &conf->from.v4.sin_addr) == 1) {
        conf->from.any.sa_family = AF_INET;
        return 0;
    }
    return strchr(value, ':') != NULL ? names_lookup(value, AF_INET6, &conf->from) : -EINVAL;
}

static int take_link(void *to, const char *value) {
    *(const char **)to = value;
    return if_nametoindex(value) != 0 ? 0 : -ENODEV;
}

static int take_tos(void *to, const char *value) {
    char *end;
    unsigned long v = strtoul(value, &end, 0);

    *(int *)to = (int)v;
    return *value != '\0' && *value != '-' && *end == '\0' && v <= 255 ? 0 : -EINVAL;
}

static int parse(struct options *o, int argc, char **argv) {
    static const struct opt_command command = {
        .name = "trace",
        .usage = "[OPTIONS] HOST [BYTES]",
        .about = "Shows which way packets take to a host, by the routers that have enough of them.",
        .more =
            "BYTES is the size of the packets. Exit status: 0; 1 where the host was not reached\n"
            "by a report; 2 where the question could not be asked.",
        .operands = "host",
    };
    const struct opt opts[] = {
        OPT_IPV4(&o->ipv4),
        OPT_IPV6(&o->ipv6),
        OPT_NUMERIC(&o->numeric),
        OPT_JSON(&o->json),
        {OPT_TITLE, .help = "Probes"},
        {OPT_FLAG, 'U', "udp", NULL, "datagrams; that is so if nothing is said", &o->udp},
        {OPT_FLAG, 'I', "icmp", NULL, "echo requests", &o->icmp},
        {OPT_FLAG, 'T', "tcp", NULL, "attempts to connect", &o->tcp},
        {OPT_TEXT, 'p', "port", "PORT", "where to; 33434 of UDP, 80 of TCP if not given", &o->port},
        {OPT_NUMBER, 'f', "first", "HOP", "begin there", &o->first, .min = 1, .max = WALK_HOPS_MAX},
        {OPT_NUMBER, 'm', "max-hops", "N", "go no farther; 30 if not given", &o->last, .min = 1,
         .max = WALK_HOPS_MAX},
        {OPT_NUMBER, 'q', "queries", "N", "probes for each hop; 3 if not given", &o->queries,
         .min = 1, .max = 10},
        {OPT_NUMBER, 0, "flows", "N",
         "vary the source port, and see the ways that routers share traffic over", &o->flows,
         .min = 1, .max = 16},
        {OPT_NUMBER, 'N', "in-flight", "N",
         "probes under way at once; 16 if not given, and on past silent hops", &o->in_flight,
         .min = 1, .max = 1000},
        {OPT_CALL, 'w', "wait", "MAX[,HERE[,NEAR[,FAR]]]",
         "seconds at most, times an answer of the same hop,\ntimes one of the next, or times the "
         "longest of all, but\n2 seconds at least; 5,3,10,10 if not given",
         &o->walk, .call = take_wait, .expected = "seconds, or up to four numbers like 5,3,10,10"},
        {OPT_SECONDS, 'z', "gap", "SECONDS", "between probes", &o->walk.gap_ns,
         .max = (uint64_t)INL_S * 3600},
        {OPT_FLAG, 'F', "dont-fragment", NULL, "routers may not cut", &o->df},
        {OPT_FLAG, 0, "mtu", NULL, "find out what the way takes, hop by hop", &o->walk.mtu},
        {OPT_CALL, 's', "source", "ADDRESS", "the source address", &o->walk.probe,
         .call = take_source, .expected = "an address of this machine"},
        {OPT_CALL, 'i', "interface", "INTERFACE", "the interface", &o->walk.probe.link,
         .call = take_link, .expected = "an interface of this machine"},
        {OPT_CALL, 't', "tos", "TOS", "type of service or traffic class", &o->walk.probe.tos,
         .call = take_tos, .expected = "a number up to 255 or 0xff"},
        {OPT_TITLE, .help = "What is told"},
        {OPT_FLAG, 'A', "as", NULL,
         "whose routers: numbers of autonomous systems, asked of the DNS", &o->as_numbers},
        {OPT_FLAG, 'r', "report", NULL, "go again and again, then a table with losses and times",
         &o->report},
        {OPT_FLAG, 'l', "live", NULL, "the table while it grows, until Ctrl-C", &o->live},
        {OPT_NUMBER, 'c', "cycles", "N", "so many rounds; 10 of a report", &o->cycles, .min = 1},
        {OPT_SECONDS, 'W', "interval", "SECONDS", "of a round; 1 if not given", &o->interval_ns,
         .min = (uint64_t)INL_MS, .max = (uint64_t)INL_S * 3600},
    };

    return opt_parse(&command, opts, OPT_N(opts), argc, argv);
}

/* What the options say together. 0 or the exit status. */
static int settle(struct options *o, int operands, char **argv) {
    struct probe_conf *p = &o->walk.probe;
    unsigned long bytes = 60;
    char *end = NULL;

    if (operands < 1 || operands > 2) {
        return tool_usage("expected a host, and perhaps the size of packets");
    }
    if ((o->ipv4 && o->ipv6) || o->icmp + o->udp + o->tcp > 1) {
        return tool_usage("-4 and -6 exclude each other, and so do -U, -I and -T");
    }
    if (o->first > o->last) {
        return tool_usage("--first is behind --max-hops");
    }
    if (o->walk.mtu && (o->tcp || o->report || o->live)) {
        return tool_usage("--mtu goes with -U and -I, once");
    }
    if (operands == 2) {
        bytes = strtoul(argv[1], &end, 10);
        if (*end != '\0' || bytes < 30 || bytes > 65000) {
            return tool_usage("size: found \"%s\", expected octets from 30 to 65000", argv[1]);
        }
    }
    p->kind = o->icmp ? PROBE_ECHO : o->tcp ? PROBE_TCP : PROBE_UDP;
    p->port = o->tcp ? TCP_PORT : UDP_PORT;
    if (o->port != NULL) {
        int port = ports_number(o->port, o->tcp ? PORTS_TCP : PORTS_UDP);

        if (port <= 0) {
            return tool_usage("--port: found \"%s\", expected a number or a name", o->port);
        }
        p->port = (uint16_t)port;
    }
    p->data_bytes = (size_t)bytes; /* less the headers, once the family is known */
    p->df = o->df ? PROBE_DF_DO : PROBE_DF_DEFAULT;
    p->same_flow = true;
    p->quotes = true;
    o->walk.first = (unsigned)o->first;
    o->walk.last = (unsigned)o->last;
    o->walk.flows = (unsigned)o->flows;
    o->walk.queries = (unsigned)(o->queries * o->flows);
    o->walk.go_on = o->in_flight == 0 && !o->walk.mtu;
    o->walk.in_flight = o->in_flight == 0 ? IN_FLIGHT : (unsigned)o->in_flight;
    return 0;
}

/* ---- once ---- */

/* Waits for answers, keys, names, Ctrl-C, or the time. False: it shall end. @keys: -1 for none. */
static bool wait_for(int fd, int keys, struct rdns *rdns, int64_t due_ns) {
    struct pollfd fds[3 + RDNS_FDS];
    int64_t left = due_ns - loop_now().ns;
    struct timespec ts = {0, 0};

    if (left > 0) {
        left = left < INL_S ? left : INL_S;
        ts.tv_sec = left / INL_S;
        ts.tv_nsec = left % INL_S;
    }
    fds[0] = (struct pollfd){.fd = fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
    fds[2] = (struct pollfd){.fd = keys, .events = POLLIN};
    size_t n = rdns_fds(rdns, fds + 3);

    if (ppoll(fds, n + 3, &ts, NULL) < 0) {
        return !stop_asked();
    }
    rdns_work(rdns, fds + 3, n);
    return !stop_asked() && (fds[2].revents & (POLLHUP | POLLERR)) == 0;
}

static void ask_names(const struct trace *t, const struct walk *w, unsigned ttl) {
    for (unsigned i = 0; i < w->conf.queries; i++) {
        if (w->hops[ttl].answers[i].state == WALK_ANSWERED) {
            trace_ask(t, &w->hops[ttl].answers[i].from);
        }
    }
}

static unsigned print_ready(struct trace *t, const struct walk *w, unsigned next, bool all) {
    while (next <= w->end && (all || walk_hop_is_done(w, next))) {
        ask_names(t, w, next);
        trace_names(t);
        if (t->json) {
            json_hop(t, w, next);
        } else {
            text_hop(t, w, next);
        }
        next++;
    }
    return next;
}

static int tell_failed(const struct trace *t, int err) {
    if (err == EMSGSIZE) {
        tool_say("%s: the packet is larger than the link takes; give a smaller size", t->host);
    } else {
        tool_say("%s: sending: %s", t->host, strerror(err));
    }
    return TOOL_USAGE;
}

static int run_once(struct trace *t, const struct walk_conf *conf) {
    struct walk *w = NULL;
    int err = walk_open(conf, &w);
    bool stop = false;

    if (err != 0) {
        probe_tell(&conf->probe, t->host, err);
        walk_close(w);
        return TOOL_USAGE;
    }
    if (t->json) {
        json_start(t, &w->conf);
    } else {
        text_start(t, w);
    }
    unsigned next = conf->first;

    while (!stop && !walk_is_done(w)) {
        walk_hear(w, loop_now().ns);
        walk_work(w, loop_now().ns);
        next = print_ready(t, w, next, false);
        if (!walk_is_done(w)) {
            stop = !wait_for(probe_fd(w->probe), -1, t->rdns, walk_due_ns(w));
        }
    }
    int failed = w->failed;

    print_ready(t, w, next, !stop && failed == 0);
    if (t->json) {
        json_end(t, w);
    } else {
        text_end(t, w);
    }
    walk_close(w);
    return failed != 0 ? tell_failed(t, failed) : TOOL_OK;
}

/* ---- again and again ---- */

static struct rounds *open_rounds(const struct trace *t, const struct options *o) {
    struct rounds *r = NULL;
    int err = rounds_open(&o->walk, &r);

    if (err != 0) {
        probe_tell(&o->walk.probe, t->host, err);
        rounds_close(r);
        return NULL;
    }
    r->interval_ns = o->interval_ns;
    r->count = o->cycles != 0 ? o->cycles : o->live ? 0 : 10;
    return r;
}

static void ask_hops(const struct trace *t, const struct rounds *r) {
    for (unsigned ttl = r->conf.first; ttl <= r->end; ttl++) {
        for (unsigned i = 0; i < r->hops[ttl].n_addrs; i++) {
            trace_ask(t, &r->hops[ttl].addrs[i]);
        }
    }
}

/* Measures until its end. @l: on the terminal; else NULL. */
static void measure(struct trace *t, struct rounds *r, struct live *l) {
    bool go_on = true;

    while (go_on && !rounds_is_done(r, loop_now().ns)) {
        int64_t due = l != NULL && l->paused ? INT64_MAX : rounds_due_ns(r);

        if (l != NULL && live_due_ns(l) < due) {
            due = live_due_ns(l);
        }
        go_on = wait_for(probe_fd(r->probe), l != NULL ? STDIN_FILENO : -1, t->rdns, due);
        (void)rounds_hear(r);
        if (l == NULL || !l->paused) {
            rounds_work(r, loop_now().ns);
        }
        ask_hops(t, r);
        if (l != NULL) {
            go_on = live_keys(l, t, r) && go_on;
            live_draw(l, t, r, loop_now().ns);
        }
    }
    if (go_on) {
        rounds_forget(r); /* they were waited for long enough; after Ctrl-C they were not */
    }
}

static int run_rounds(struct trace *t, const struct options *o) {
    struct rounds *r = open_rounds(t, o);
    bool live = o->live && !t->json && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
    struct live l;

    if (r == NULL) {
        return TOOL_USAGE;
    }
    if (live && live_begin(&l, t) != 0) {
        tool_say("this terminal is not known to ncurses: set TERM; the table comes at the end");
        live = false;
    }
    if (t->json) {
        json_start(t, &r->conf);
    }
    measure(t, r, live ? &l : NULL);
    screen_end();
    trace_names(t);
    if (t->json) {
        json_rounds(t, r);
    } else {
        table_print(t, r);
    }
    int status = r->failed != 0 ? tell_failed(t, r->failed) : r->reached ? TOOL_OK : TOOL_FAILED;

    rounds_close(r);
    return status;
}

int tool_trace(int argc, char **argv) {
    struct options o = {
        .walk = {.probe = {.tos = -1}, .wait_ns = 5 * INL_S, .here = 3, .near = 10, .far = 10},
        .first = 1,
        .last = 30,
        .queries = 3,
        .flows = 1,
        .interval_ns = INL_S,
    };
    int first = parse(&o, argc, argv);

    if (first < 0) {
        return opt_status(first);
    }
    int status = settle(&o, argc - first, argv + first);
    struct trace t = {.host = argv[first],
                      .numeric = o.numeric,
                      .json = o.json,
                      .as_numbers = o.as_numbers,
                      .rdns_left_ms = NAMES_MS};
    struct probe_conf *p = &o.walk.probe;
    int family = o.ipv6 ? AF_INET6 : o.ipv4 ? AF_INET : p->from.any.sa_family;

    if (status != 0) {
        return status;
    }
    if (names_lookup(t.host, family, &p->to) != 0 || stop_begin() != 0) {
        return TOOL_USAGE;
    }
    names_number(&p->to, t.number);
    unsigned headers = walk_headers(p);

    p->data_bytes = p->data_bytes > headers ? p->data_bytes - headers : 0;
    p->data_bytes = p->kind == PROBE_ECHO && p->data_bytes < 4 ? 4 : p->data_bytes;
    if (!o.numeric || o.as_numbers || o.live) {
        t.rdns = rdns_new();
    }
    status = o.report || o.live ? run_rounds(&t, &o) : run_once(&t, &o.walk);
    if (rdns_is_deaf(t.rdns)) {
        tool_say(o.numeric && o.as_numbers
                     ? "no nameserver answers: whose routers they are is not known; without -A "
                       "none is asked"
                     : "no nameserver answers: names are missing; -n asks none");
    }
    rdns_free(t.rdns);
    return status;
}
