/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.c - finds hosts, and which of their ports are open: the command
 *
 * First the hosts that are there (discover.c), then a probe for each of their ports (job.h, sweep.h),
 * by connect() (connect.c) or by packets of our own (raw.c), then the report.
 */
#include "tools/scan/scan.h"

#include "tools/common/opt.h"
#include "tools/common/out.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/scan/exclude.h"
#include "tools/scan/portlist.h"
#include "tools/scan/resume.h"
#include "tools/tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#define TOP_DEFAULT 1000

/* Templates of -T: gap between probes, at first and at least; answer awaited, connections at once. */
static const struct timing templates[] = {
    {5000000000, 5000000000, 10000000000, 1, 10}, {400000000, 400000000, 5000000000, 1, 10},
    {10000000, 10000000, 2000000000, 16, 10},     {1000000, 100000, 1000000000, 256, 10},
    {100000, 10000, 500000000, 512, 10},          {20000, 100, 250000000, 1024, 10},
};

struct request {
    struct scan_options o;
    bool ipv4, ipv6, json, all, numeric, permission;
    const char *ports, *from_file, *grepable, *xml, *state, *resume;
    FILE *grepable_to, *xml_to;
    json_t *saved;
    uint64_t top, timing, rate, retries, parallel;
    inl_dur timeout_ns;
    struct targets targets;
    struct exclude excluded;
    struct slot *slots;
    uint32_t slots_n;
    uint64_t seed;
};

#define NOTHING_ASKED                                                                              \
    { .timing = 3, .retries = UINT64_MAX }

/* ---- the command line ---- */

static int take_kinds(void *to, const char *value) {
    static const char letters[] = "TSAFNXU";
    struct scan_options *o = to;

    for (const char *p = value; *p != '\0'; p++) {
        const char *at = strchr(letters, *p);

        if (*p == 'n') {
            o->only_hosts = true;
        } else if (*p == 'U') {
            o->udp = true;
        } else if (at == NULL || o->has_tcp) {
            return -EINVAL;
        } else {
            o->tcp = (enum scan_kind)(at - letters);
            o->has_tcp = true;
        }
    }
    return value[0] != '\0' ? 0 : -EINVAL;
}

static int take_discovery(void *to, const char *value) {
    struct scan_options *o = to;

    o->discovery = value;
    return value[0] != '\0' && value[strspn(value, "EPSAURn")] == '\0' &&
                   (strchr(value, 'n') == NULL || value[1] == '\0')
               ? 0
               : -EINVAL;
}

static int take_source(void *to, const char *value) {
    struct scan_options *o = to;

    o->has_source = true;
    return inl_addr_parse(value, &o->source);
}

static int take_exclude(void *to, const char *value) {
    return exclude_add(to, value);
}

static int take_exclude_file(void *to, const char *value) {
    return exclude_add_file(to, value);
}

static int parse(int argc, char **argv, struct request *q) {
    const struct opt opts[] = {
        {OPT_TITLE, 0, NULL, NULL, "What is probed:"},
        {OPT_TEXT, 'p', "ports", "LIST", "\"22,80,8000-8100,http,-100,T:25,U:53\"; \"-\": all",
         &q->ports},
        {OPT_NUMBER, 0, "top-ports", "N", "the N ports most worth a look: 1000", &q->top, 1, 65535},
        {OPT_CALL, 's', "scan", "KINDS",
         "T connect, S SYN, A ACK, F FIN, N nothing, X Xmas, U UDP;\n"
         "n: only find hosts. S if we may, else T",
         &q->o, .call = take_kinds, .expected = "one of T, S, A, F, N, X, then U if wanted, or n"},
        {OPT_CALL, 'P', "discovery", "KINDS",
         "how hosts are found: E echo, P timestamp, S SYN, A ACK, U UDP,\n"
         "R ARP and ND; n: not at all, each counts as there",
         &q->o, .call = take_discovery, .expected = "some of E, P, S, A, U, R, or n"},
        {OPT_FLAG, 'V', "versions", NULL, "ask open TCP ports what they are, by their banner",
         &q->o.versions},
        {OPT_CALL, 0, "source-addr", "ADDR",
         "probe from an address of the network that nobody has: a host of our\n"
         "own answers for it, and the kernel sends no RST",
         &q->o, .call = take_source, .expected = "an IPv4 or IPv6 address"},
        {OPT_TEXT, 0, "targets", "FILE", "those that stand in a file, too; \"-\": stdin",
         &q->from_file},
        {OPT_CALL, 0, "exclude", "LIST", "leave out these addresses, prefixes and ranges",
         &q->excluded, .call = take_exclude, .expected = EXCLUDE_EXPECTED},
        {OPT_CALL, 0, "exclude-file", "FILE", "leave out those that stand in a file", &q->excluded,
         .call = take_exclude_file, .expected = "a file of addresses, prefixes and ranges"},
        OPT_IPV4(&q->ipv4),
        OPT_IPV6(&q->ipv6),
        {OPT_FLAG, 0, "i-have-permission", NULL, "scan public addresses, too", &q->permission},
        {OPT_TITLE, 0, NULL, NULL, "How fast:"},
        {OPT_NUMBER, 'T', "timing", "0-5",
         "a template, from 1 probe in 5 s to 50,000 a second and more: 3", &q->timing, 0, 5},
        {OPT_NUMBER, 0, "rate", "N", "probes a second, at most, of all hosts together", &q->rate, 1,
         10000000},
        {OPT_NUMBER, 0, "retries", "N", "further passes over what gave no answer, at most: 10",
         &q->retries, 0, 100},
        {OPT_SECONDS, 0, "timeout", "TIME", "how long an answer is waited for: 1 s", &q->timeout_ns,
         .min = 1000000, .max = 60000000000},
        {OPT_NUMBER, 0, "parallel", "N", "connections at once, at most: 256", &q->parallel, 1,
         65536},
        {OPT_TEXT, 0, "state", "FILE", "where Ctrl-C leaves what is needed to go on", &q->state},
        {OPT_TEXT, 0, "resume", "FILE", "go on with the scan of that file, and its options",
         &q->resume},
        {OPT_TITLE, 0, NULL, NULL, "What is told:"},
        {OPT_FLAG, 'a', "all", NULL, "each port, not only sums where more than 25 are alike",
         &q->all},
        {OPT_FLAG, 'n', "numeric", NULL, "no names of services", &q->numeric},
        OPT_JSON(&q->json),
        {OPT_TEXT, 0, "grepable", "FILE", "lines as nmap's -oG, too; \"-\": instead", &q->grepable},
        {OPT_TEXT, 0, "xml", "FILE", "XML as nmap's -oX, too; \"-\": instead", &q->xml},
    };
    static const struct opt_command command = {
        .name = "scan",
        .usage = "[OPTIONS] TARGET...\n[OPTIONS] --targets FILE [TARGET...]\n--resume FILE",
        .about = "Finds hosts and their open ports. A target is a name, an address, 10.0.0.0/24,\n"
                 "10.0.0.1-20 or fd00::/120. Scan only what is yours, or whose owner agrees.",
        .more = "Ctrl-C ends a scan and tells what is known by then.",
        .operands = "host",
    };
    int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);

    if (first >= 0 && q->resume != NULL) {
        if (argc > first || argc > 3) {
            tool_usage("--resume stands alone: the file has targets and options");
            return OPT_WRONG;
        }
        return first;
    }
    if (first >= 0 && first == argc && q->from_file == NULL) {
        tool_usage("whom to scan? expected a host, 10.0.0.0/24, 10.0.0.1-20 or fd00::/120");
        return OPT_WRONG;
    }
    if (first >= 0 && ((q->ipv4 && q->ipv6) || (q->ports != NULL && q->top != 0))) {
        tool_usage(q->ipv4 && q->ipv6 ? "-4 or -6, not both" : "-p or --top-ports, not both");
        return OPT_WRONG;
    }
    return first;
}

/* ---- what follows from it ---- */

static void make_timing(struct request *q) {
    struct timing *t = &q->o.timing;

    *t = templates[q->timing];
    if (q->rate != 0) {
        t->gap_ns = t->fastest_ns = (inl_dur)(1000000000 / q->rate);
    }
    if (q->timeout_ns != 0) {
        t->timeout_ns = q->timeout_ns;
    }
    if (q->parallel != 0) {
        t->parallel = (unsigned)q->parallel;
    }
    if (q->retries != UINT64_MAX) {
        t->retries = (unsigned)q->retries;
    }
}

static int make_slots(struct request *q) {
    static struct portlist list;
    bool tcp = q->o.has_tcp || !q->o.udp;

    memset(&list, 0, sizeof(list));
    if (q->ports != NULL && !portlist_add(&list, q->ports)) {
        tool_usage("--ports: found \"%s\", expected ports like \"22,80,8000-8100,http,T:25,U:53\"",
                   q->ports);
        return -EINVAL;
    }
    if (q->ports == NULL) {
        portlist_add_top(&list, PORTLIST_TCP, q->top != 0 ? (unsigned)q->top : TOP_DEFAULT);
        portlist_add_top(&list, PORTLIST_UDP, q->top != 0 ? (unsigned)q->top : TOP_DEFAULT);
    }
    uint32_t n = (tcp ? portlist_count(&list, PORTLIST_TCP) : 0) +
                 (q->o.udp ? portlist_count(&list, PORTLIST_UDP) : 0);

    if (n == 0) {
        tool_usage("-p %s: no port of the transports that are scanned", q->ports);
        return -EINVAL;
    }
    q->slots = calloc(n, sizeof(*q->slots));
    if (q->slots == NULL) {
        tool_say("memory is short");
        return -ENOMEM;
    }
    for (unsigned udp = tcp ? 0 : 1; udp <= q->o.udp; udp++) {
        for (unsigned port = 0; port < 65536; port++) {
            if (list.has[udp][port]) {
                q->slots[q->slots_n++] =
                    (struct slot){(uint16_t)port, (uint8_t)(udp != 0 ? SCAN_UDP : q->o.tcp)};
            }
        }
    }
    return 0;
}

static int make_targets(struct request *q, int argc, char **argv, int first) {
    int family = q->ipv4 ? AF_INET : q->ipv6 ? AF_INET6 : AF_UNSPEC;

    for (int i = first; i < argc; i++) {
        int err = targets_add(&q->targets, argv[i], family);

        if (err < 0) {
            return err;
        }
    }
    if (q->from_file != NULL) {
        int err = targets_add_file(&q->targets, q->from_file, family);

        if (err < 0) {
            return err;
        }
    }
    if (q->targets.n == 0) {
        tool_usage("no target stands in %s", q->from_file);
        return -EINVAL;
    }
    targets_finish(&q->targets);
    exclude_from(&q->excluded, &q->targets);
    if (q->targets.n == 0) {
        tool_usage("each of the targets is excluded");
        return -EINVAL;
    }
    for (uint32_t i = 0; i < q->targets.n; i++) {
        char text[INL_ADDR_TEXT_MAX] = "?";
        bool never;
        const char *what = targets_class(&q->targets.list[i].addr, &never);

        inl_addr_format(&q->targets.list[i].addr, text, sizeof(text));
        if (never) {
            tool_say("%s is no host's address (%s)", text, what);
            return -EINVAL;
        }
        if (what == NULL && !q->permission) {
            tool_say("%s is a public address: who scans it needs its owner's consent. "
                     "Whoever has that, says so with --i-have-permission",
                     text);
            return -EPERM;
        }
    }
    return 0;
}

/* ---- the scan ---- */

static double seconds_now(void) {
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Before the work: to hear of a mistake behind an hour of it is too late. */
static int open_file(const char *path, FILE **ret) {
    if (path != NULL) {
        *ret = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    }
    if (path != NULL && *ret == NULL) {
        int err = errno;

        tool_say("%s: %s", path, strerror(err));
        return -err;
    }
    return 0;
}

static int open_files(struct request *q) {
    int err = open_file(q->grepable, &q->grepable_to);

    if (err == 0) {
        err = open_file(q->xml, &q->xml_to);
    }
    return err == 0 && q->state != NULL ? resume_check(q->state) : err;
}

static int write_file(const struct report *r, const char *path, FILE *f,
                      void (*report)(const struct report *, FILE *)) {
    report(r, f);
    if (f != stdout && (ferror(f) | fclose(f)) != 0) {
        tool_say("%s: cannot write it: %s", path, strerror(errno));
        return -EIO;
    }
    return 0;
}

static bool is_stdout(const char *path) {
    return path != NULL && strcmp(path, "-") == 0;
}

static int report(const struct request *q, const struct report *r) {
    int err = 0;

    if (q->grepable != NULL) {
        err = write_file(r, q->grepable, q->grepable_to, report_grepable);
    }
    if (q->xml != NULL) {
        int other = write_file(r, q->xml, q->xml_to, report_xml);

        err = err < 0 ? err : other;
    }
    if (q->json) {
        report_json(r);
    } else if (!is_stdout(q->grepable) && !is_stdout(q->xml)) {
        report_text(r);
    }
    return err;
}

static int scan(struct request *q, int argc, char **argv) {
    struct job job = {0};
    struct sweep sweep;
    struct report r = {.job = &job,
                       .argv = (const char *const *)argv,
                       .argc = argc,
                       .all = q->all,
                       .numeric = q->numeric,
                       .only_hosts = q->o.only_hosts,
                       .hosts = q->targets.n,
                       .began = seconds_now()};
    int err;

    if (q->saved != NULL) {
        q->o.discovery = "n"; /* was done */
    }
    err = discover(&q->o, &q->targets, q->seed, &r.sent);
    if (err == 0 && q->saved != NULL && !resume_targets(q->saved, &q->targets)) {
        err = -EINVAL;
    }
    if (err == 0) {
        err = job_init(&job, q->targets.list, q->targets.n, q->slots, q->slots_n);
        if (err < 0) {
            tool_say("%s", err == -E2BIG ? "too many probes: scan in parts" : "memory is short");
        }
    }
    if (err == 0 && !q->o.only_hosts && q->targets.n > 0 && !stop_asked()) {
        sweep_init(&sweep, &job, &q->o.timing, q->seed);
        sweep.what = "ports";
        err = q->saved == NULL || resume_sweep(q->saved, &sweep) ? 0 : -EINVAL;
        err = err == 0 ? scan_run(&q->o, &sweep, false) : err;
        r.sent += sweep.sent;
        if (err == 0 && stop_asked() && q->state != NULL) {
            (void)resume_save(q->state, argc, argv, &sweep); /* told; the report goes on */
        } else if (err == 0 && stop_asked()) {
            tool_say("stopped; with --state FILE it could be resumed");
        }
    }
    if (err == 0 && q->o.versions && !stop_asked()) {
        err = versions_ask(&job, &q->o.timing, &r);
    }
    r.ended = seconds_now();
    r.stopped = stop_asked();
    if (err == 0) {
        err = report(q, &r);
    }
    job_done(&job);
    free(r.versions);
    return err < 0 ? TOOL_USAGE : r.stopped ? 130 : report_up(&r) > 0 ? TOOL_OK : TOOL_FAILED;
}

/* From the command line to the exit status. */
static int run(struct request *q, int argc, char **argv, int first) {
    int status = TOOL_USAGE;

    make_timing(q);
    if (q->saved != NULL) {
        q->seed = resume_seed(q->saved);
    } else if (getrandom(&q->seed, sizeof(q->seed), 0) != sizeof(q->seed)) {
        tool_say("no random numbers: %s", strerror(errno));
        return TOOL_USAGE;
    }
    q->seed &= ~(uint64_t)1; /* a file's numbers have 63 bits */
    if (make_targets(q, argc, argv, first) == 0 && scan_prepare(&q->o) == 0 && make_slots(q) == 0 &&
        open_files(q) == 0 && stop_begin() == 0) {
        status = scan(q, argc, argv);
    }
    scan_done(&q->o);
    targets_free(&q->targets);
    free(q->slots);
    return status;
}

static int run_saved(const char *path) {
    struct request q = NOTHING_ASKED;
    int argc = 0, status = TOOL_USAGE;
    json_t *saved = resume_load(path);
    char **argv = saved != NULL ? resume_argv(saved, &argc) : NULL;
    char **words = argv != NULL ? calloc((size_t)argc + 1, sizeof(*words)) : NULL;

    if (words != NULL) {
        memcpy(words, argv, (size_t)argc * sizeof(*words)); /* opt_parse() moves them about */
        int first = parse(argc, words, &q);

        if (first >= 0 && q.resume == NULL) {
            q.saved = saved;
            status = run(&q, argc, words, first);
        }
    }
    for (int i = 0; argv != NULL && i < argc; i++) {
        free(argv[i]);
    }
    exclude_free(&q.excluded);
    free(words);
    free(argv);
    json_decref(saved);
    return status;
}

int tool_scan(int argc, char **argv) {
    struct request q = NOTHING_ASKED;
    int first = parse(argc, argv, &q);

    int status = first < 0          ? opt_status(first)
                 : q.resume != NULL ? run_saved(q.resume)
                                    : run(&q, argc, argv, first);

    exclude_free(&q.excluded);
    return status;
}
