/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ping.c - is a host there, and how far away? Options and the clock
 *
 * Several targets are asked side by side, each with its own probe and its own end. One poll() waits
 * for all of them.
 */
#include "tools/ping/ping.h"
#include "host/loop.h"
#include "tools/common/opt.h"
#include "tools/common/out.h"
#include "tools/common/ports.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/tools.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inlet/types.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRAW_NS (INL_S / 10)
#define USER_INTERVAL_NS (2 * INL_MS)

/* ---- options that are more than a number ---- */

static int take_df(void *to, const char *value) {
    static const char *const words[] = {[PROBE_DF_DO] = "do",
                                        [PROBE_DF_WANT] = "want",
                                        [PROBE_DF_DONT] = "dont",
                                        [PROBE_DF_PROBE] = "probe"};

    for (size_t i = PROBE_DF_DO; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(value, words[i]) == 0) {
            *(enum probe_df *)to = (enum probe_df)i;
            return 0;
        }
    }
    return -EINVAL;
}

static int take_tos(void *to, const char *value) {
    char *end;
    unsigned long v = strtoul(value, &end, 0);

    if (!isxdigit((unsigned char)value[0]) || *end != '\0' || v > 255) {
        return -EINVAL;
    }
    *(int *)to = (int)v;
    return 0;
}

static int digit(char c) {
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

static int take_pattern(void *to, const char *value) {
    struct probe_conf *conf = to;
    size_t len = strlen(value), n = 0;

    if (len == 0 || len > 2 * PROBE_PATTERN_MAX) {
        return -EINVAL;
    }
    for (size_t i = 0; i < len; i += 2) {
        int high = digit(value[i]), low = i + 1 < len ? digit(value[i + 1]) : -1;

        if (high < 0 || (i + 1 < len && low < 0)) {
            return -EINVAL;
        }
        conf->pattern[n++] = (uint8_t)(low < 0 ? high : high << 4 | low);
    }
    conf->pattern_bytes = n;
    return 0;
}

/* An address of ours or the name of an interface. */
static int take_from(void *to, const char *value) {
    struct probe_conf *conf = to;

    if (inet_pton(AF_INET, value, &conf->from.v4.sin_addr) == 1) {
        conf->from.any.sa_family = AF_INET;
    } else if (strchr(value, ':') != NULL) {
        return names_lookup(value, AF_INET6, &conf->from);
    } else if (if_nametoindex(value) != 0) {
        conf->link = value;
    } else {
        return -ENODEV;
    }
    return 0;
}

static int take_port(struct probe_conf *conf, const char *value, enum probe_kind kind) {
    int port = ports_number(value, kind == PROBE_TCP ? PORTS_TCP : PORTS_UDP);

    if (port <= 0) {
        return -EINVAL;
    }
    conf->kind = kind;
    conf->port = (uint16_t)port;
    return 0;
}

static int take_tcp(void *to, const char *value) {
    return take_port(to, value, PROBE_TCP);
}

static int take_udp(void *to, const char *value) {
    return take_port(to, value, PROBE_UDP);
}

static const struct opt_command command = {
    .name = "ping",
    .usage = "[OPTIONS] HOST...",
    .about = "Asks hosts whether they are there, and how long the way there and back takes.",
    .more = "Exit status: 0 with replies, 1 without, 2 where the question could not be asked.",
    .operands = "host",
};

struct numbers {
    uint64_t data_bytes, ttl, sndbuf, mark;
};

static int parse(struct ping_opts *o, struct numbers *n, int argc, char **argv) {
    const struct opt opts[] = {
        OPT_IPV4(&o->ipv4),
        OPT_IPV6(&o->ipv6),
        OPT_NUMERIC(&o->numeric),
        {OPT_FLAG, 'H', "lookup", NULL,
         "names of who answers, though the host was given as a number", &o->lookup},
        OPT_JSON(&o->json),
        {OPT_TITLE, .help = "How often, how long"},
        {OPT_NUMBER, 'c', "count", "N", "stop after N requests", &o->count, .min = 1},
        {OPT_SECONDS, 'i', "interval", "SECONDS", "between requests; 1 if not given",
         &o->interval_ns, .max = (uint64_t)INL_S * 86400 * 24},
        {OPT_SECONDS, 'W', "timeout", "SECONDS",
         "wait so long if nothing was ever heard; 0: for ever", &o->wait_ns,
         .max = (uint64_t)INL_S * 86400 * 24},
        {OPT_SECONDS, 'w', "deadline", "SECONDS",
         "stop after so long, whatever was sent or heard; -c then counts replies", &o->deadline_ns,
         .max = (uint64_t)INL_S * 86400 * 24},
        {OPT_FLAG, 'f', "flood", NULL,
         "as fast as replies come, or 100 a second; dots are what is missing", &o->flood},
        {OPT_FLAG, 'A', "adaptive", NULL, "about one request under way at any time", &o->adaptive},
        {OPT_NUMBER, 'l', "preload", "N", "send N at once before waiting", &o->preload, .min = 1,
         .max = 65535},
        {OPT_TITLE, .help = "What is sent"},
        {OPT_CALL, 0, "tcp", "PORT", "connect to PORT instead of asking by ICMP", &o->conf,
         .call = take_tcp, .expected = "a port, as a number or a name"},
        {OPT_CALL, 0, "udp", "PORT",
         "send datagrams to PORT instead; \"nobody here\" is an answer, too", &o->conf,
         .call = take_udp, .expected = "a port, as a number or a name"},
        {OPT_NUMBER, 's', "size", "BYTES", "of data; 56 if not given", &n->data_bytes,
         .max = PROBE_DATA_MAX},
        {OPT_CALL, 'p', "pattern", "HEX", "fill the data with these octets", &o->conf,
         .call = take_pattern, .expected = "up to 16 octets as hexadecimal digits"},
        {OPT_NUMBER, 't', "ttl", "N", "hop limit", &n->ttl, .min = 1, .max = 255},
        {OPT_CALL, 'Q', "tos", "TOS", "type of service or traffic class", &o->conf.tos,
         .call = take_tos, .expected = "a number up to 255 or 0xff"},
        {OPT_CALL, 'M', "pmtudisc", "HOW", "do, want, dont or probe: may packets be cut",
         &o->conf.df, .call = take_df, .expected = "do, want, dont or probe"},
        {OPT_CALL, 'I', "interface", "INTERFACE", "interface or source address", &o->conf,
         .call = take_from, .expected = "an interface or an address of this machine"},
        {OPT_FLAG, 'R', "record-route", NULL, "have IPv4 routers write down where it went",
         &o->conf.record_route},
        {OPT_FLAG, 'r', "no-route", NULL, "only to neighbours, past the routing tables",
         &o->conf.no_route},
        {OPT_FLAG, 'B', "same-source", NULL, "keep the source address of the first request",
         &o->same_source},
        {OPT_FLAG, 'L', "no-loop", NULL, "to a group: not to ourselves", &o->conf.no_loop},
        {OPT_FLAG, 'b', "broadcast", NULL, "a broadcast address is meant", &o->conf.broadcast},
        {OPT_NUMBER, 'S', "sndbuf", "BYTES", "of the socket's send buffer", &n->sndbuf, .min = 1,
         .max = INT32_MAX},
        {OPT_NUMBER, 'm', "mark", "MARK", "mark of the packets, for routing policies", &n->mark,
         .min = 1, .max = UINT32_MAX},
        {OPT_TITLE, .help = "What is told"},
        {OPT_FLAG, 'q', "quiet", NULL, "only the summary", &o->quiet},
        {OPT_FLAG, 'D', "dates", NULL, "the time before each line, in seconds since 1970",
         &o->dates},
        {OPT_FLAG, 'U', "user-latency", NULL,
         "times end when the reply is read, not when the system has it", &o->user_latency},
        {OPT_FLAG, 'O', "outstanding", NULL, "tell what has no answer when the next is sent",
         &o->outstanding},
        {OPT_FLAG, 'a', "audible", NULL, "a beep for each reply", &o->audible},
        {OPT_FLAG, 'v', "verbose", NULL, "how it is done, too", &o->verbose},
        {OPT_FLAG, 0, "graph", NULL, "curves on the terminal, for a single host, too", &o->graph},
    };

    return opt_parse(&command, opts, OPT_N(opts), argc, argv);
}

/* What options must not be together, or not without privileges. 0 or the exit status. */
static int check(struct ping_opts *o, int hosts) {
    if (o->ipv4 && o->ipv6) {
        return tool_usage("-4 and -6 exclude each other");
    }
    if (hosts == 0) {
        return tool_usage("a host is missing: a name or an address");
    }
    if (hosts > PING_TARGETS_MAX) {
        return tool_usage("at most %d hosts at once", PING_TARGETS_MAX);
    }
    o->has_interval = o->interval_ns >= 0;
    if (!o->has_interval) {
        o->interval_ns = o->flood ? INL_S / 100 : INL_S;
    }
    if (geteuid() != 0 && ((o->flood && !o->has_interval) ||
                           (o->has_interval && o->interval_ns < USER_INTERVAL_NS))) {
        return tool_usage("only root may flood: give -i 0.002 or more");
    }
    if (geteuid() != 0 && o->preload > 3) {
        return tool_usage("only root may preload more than 3");
    }
    if (o->adaptive && geteuid() != 0 && o->interval_ns < INL_S / 5) {
        o->interval_ns = INL_S / 5;
    }
    return 0;
}

/* ---- the clock ---- */

struct run {
    struct target *targets;
    size_t n;
    bool refused; /* some could not even be asked */
    const struct voice *voice;
    struct who who;
    int64_t drawn_ns;
};

static void report(const struct run *run) {
    for (size_t i = 0; i < run->n; i++) {
        const struct target *t = &run->targets[i];
        const struct stats *s = &t->rtt;

        fprintf(stderr, "\r%llu/%llu packets, %.0f%% loss", (unsigned long long)t->received,
                (unsigned long long)t->sent, stats_loss(t->sent, t->received));
        if (s->n > 0) {
            fprintf(stderr, ", min/avg/ewma/max = %.3f/%.3f/%.3f/%.3f ms", (double)s->min_ns / 1e6,
                    stats_avg_ns(s) / 1e6, s->ewma_ns / 1e6, (double)s->max_ns / 1e6);
        }
        fputc('\n', stderr);
    }
}

static void draw(struct run *run, int64_t now_ns) {
    if (run->voice->draw != NULL && now_ns - run->drawn_ns >= DRAW_NS) {
        run->drawn_ns = now_ns;
        run->voice->draw(run->targets, run->n);
    }
}

/* All that is due; when the next is. INT64_MAX: all have come to their end. */
static int64_t work(struct run *run) {
    int64_t now = loop_now().ns, due = INT64_MAX;

    for (size_t i = 0; i < run->n; i++) {
        struct target *t = &run->targets[i];

        target_work(t, now);
        if (!t->done) {
            int64_t mine = target_due_ns(t);

            due = mine < due ? mine : due;
        }
    }
    draw(run, now);
    if (due != INT64_MAX && run->voice->draw != NULL && run->drawn_ns + DRAW_NS < due) {
        due = run->drawn_ns + DRAW_NS;
    }
    return due;
}

static void wait_until(struct run *run, struct pollfd *fds, int64_t due_ns) {
    int64_t left = due_ns - loop_now().ns;
    struct timespec ts = {0, 0};

    if (left > 0) {
        ts.tv_sec = left / INL_S;
        ts.tv_nsec = left % INL_S;
    }
    size_t own = run->n + 2, asked = rdns_fds(run->who.rdns, fds + own);

    if (ppoll(fds, own + asked, &ts, NULL) <= 0) {
        return;
    }
    for (size_t i = 0; i < run->n; i++) {
        if (fds[i].revents != 0) {
            target_hear(&run->targets[i]);
        }
    }
    rdns_work(run->who.rdns, fds + own, asked);
}

static void loop(struct run *run, struct pollfd *fds) {
    int64_t due;

    for (size_t i = 0; i < run->n; i++) {
        fds[i] = (struct pollfd){.fd = probe_fd(run->targets[i].probe), .events = POLLIN};
    }
    fds[run->n] = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
    fds[run->n + 1] =
        (struct pollfd){.fd = run->voice->keys != NULL ? STDIN_FILENO : -1, .events = POLLIN};
    while ((due = work(run)) != INT64_MAX) {
        wait_until(run, fds, due);
        enum stop_wish wish = fds[run->n].revents != 0 ? stop_read() : STOP_NONE;

        if (wish == STOP_REPORT && run->voice->draw == NULL) {
            report(run);
        } else if (wish == STOP_NOW || (fds[run->n + 1].revents & (POLLHUP | POLLERR)) ||
                   (run->voice->keys != NULL && !run->voice->keys())) {
            break;
        }
    }
    if (run->voice->end != NULL) {
        run->voice->end(run->targets, run->n);
    }
}

/* 2 if any could not be asked, else 1 if any has not replied. */
static int finish(const struct run *run) {
    int status = run->refused ? TOOL_USAGE : TOOL_OK;

    for (size_t i = 0; i < run->n; i++) {
        int mine = target_status(&run->targets[i]);

        run->voice->summary(&run->targets[i]);
        status = mine > status ? mine : status;
    }
    return status;
}

/* The names of all targets are known before the first request leaves, or after a while nevertheless. */
static void ask_names(struct run *run) {
    for (size_t i = 0; i < run->n; i++) {
        const struct target *t = &run->targets[i];

        if (t->named) {
            run->who.rdns = run->who.rdns != NULL ? run->who.rdns : rdns_new();
            (void)rdns_name(run->who.rdns, &t->addr);
        }
    }
    rdns_finish(run->who.rdns, WHO_MS);
    if (rdns_is_deaf(run->who.rdns) && run->voice->draw == NULL) {
        tool_say("no nameserver answers yet: names may be missing; -n asks none");
    }
}

/* One that cannot be asked does not keep the others from being asked. */
static void open_all(struct run *run, const struct ping_opts *o, char **hosts, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct target *t = &run->targets[run->n];

        if (target_open(t, o, hosts[i]) == 0) {
            run->n++;
        } else {
            target_close(t);
            memset(t, 0, sizeof(*t));
            run->refused = true;
        }
    }
}

static int run_all(struct run *run, const struct ping_opts *o, char **hosts, size_t n) {
    struct pollfd *fds = calloc(n + 2 + RDNS_FDS, sizeof(*fds));

    if (fds != NULL && stop_begin() == 0) {
        open_all(run, o, hosts, n);
    }
    if (run->n == 0) {
        free(fds);
        return TOOL_USAGE;
    }
    if (run->voice->begin != NULL && run->voice->begin() != 0) {
        tool_say("this terminal is not known to ncurses: set TERM");
        run->voice = &ping_text;
    }
    for (size_t i = 0; i < run->n; i++) {
        run->targets[i].voice = run->voice;
        run->voice->start(&run->targets[i]);
    }
    ask_names(run);
    loop(run, fds);
    free(fds);
    return finish(run);
}

int tool_ping(int argc, char **argv) {
    struct ping_opts o = {.conf = {.tos = -1}, .interval_ns = -1, .wait_ns = 10 * INL_S};
    struct numbers numbers = {.data_bytes = 56};
    int first = parse(&o, &numbers, argc, argv);

    if (first < 0) {
        return opt_status(first);
    }
    int status = check(&o, argc - first);

    if (status != 0) {
        return status;
    }
    o.conf.data_bytes = (size_t)numbers.data_bytes;
    o.conf.ttl = (unsigned)numbers.ttl;
    o.conf.sndbuf_bytes = (unsigned)numbers.sndbuf;
    o.conf.mark = (unsigned)numbers.mark;
    size_t n = (size_t)(argc - first);
    bool live = (n > 1 || o.graph) && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) && !o.quiet;
    struct run run = {.targets = calloc(n, sizeof(struct target)),
                      .voice = o.json ? &ping_json
                               : live ? &ping_live
                                      : &ping_text,
                      .who = {.left_ms = o.flood ? 0 : WHO_MS}};

    o.who = &run.who;

    if (run.targets == NULL) {
        tool_say("memory is short");
        return TOOL_USAGE;
    }
    status = run_all(&run, &o, argv + first, n);
    for (size_t i = 0; i < run.n; i++) {
        target_close(&run.targets[i]);
    }
    free(run.targets);
    rdns_free(run.who.rdns);
    return status;
}
