/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * top.c - sockets live: reads them again and again, and shows what happens to them
 *
 * On a terminal by ncurses (screen.c), else as plain text or JSON.
 */
#include "tools/top/top.h"

#include "host/client.h"
#include "host/loop.h"
#include "tools/common/lab.h"
#include "tools/common/opt.h"
#include "tools/common/out.h"
#include "tools/common/screen.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/tools.h"
#include "tools/top/save.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct options {
    bool tcp, udp, raw, listening, connected, four, six, numeric, once, reverse, tree, plain, json;
    bool has_lab;
    const char *lab, *host, *filter;
    enum column sort;
    uint64_t count;
    inl_dur interval_ns, hold_ns;
};

/* ---- the command line ---- */

static int set_lab(void *to, const char *value) {
    struct options *o = to;

    o->has_lab = true;
    o->lab = value;
    return 0;
}

static int set_sort(void *to, const char *value) {
    enum column c = column_find(value);

    if (c == COLUMNS_N) {
        return -EINVAL;
    }
    *(enum column *)to = c;
    return 0;
}

static int take_rest(struct options *o, int first, int argc, char **argv) {
    if (first < argc && o->has_lab && o->lab == NULL) {
        o->lab = argv[first++];
    }
    o->has_lab |= o->host != NULL;
    if (first < argc) {
        tool_usage("unexpected argument: %s", argv[first]);
        return OPT_WRONG;
    }
    if (o->listening && o->connected) {
        tool_usage("-l and --connected exclude each other");
        return OPT_WRONG;
    }
    return 0;
}

static int parse(int argc, char **argv, struct options *o) {
    const struct opt opts[] = {
        {OPT_TITLE, .help = "which sockets:"},
        {OPT_FLAG, 't', "tcp", NULL, "TCP", &o->tcp},
        {OPT_FLAG, 'u', "udp", NULL, "UDP and UDP-Lite", &o->udp},
        {OPT_FLAG, 'w', "raw", NULL, "raw sockets, and those of ICMP echo", &o->raw},
        OPT_IPV4(&o->four),
        OPT_IPV6(&o->six),
        {OPT_FLAG, 'l', "listening", NULL, "only those that wait for peers", &o->listening},
        {OPT_FLAG, 0, "connected", NULL, "only those with a peer", &o->connected},
        {OPT_TEXT, 'f', "filter", "WORDS", "only lines with all these words in them", &o->filter},
        {OPT_TITLE, .help = "how:"},
        {OPT_SECONDS, 'd', "delay", "SECONDS", "from one refresh to the next: 1", &o->interval_ns,
         .min = 100000000, .max = UINT64_C(3600000000000)},
        {OPT_NUMBER, 'c', "count", "N", "end after N refreshes", &o->count, .min = 1,
         .max = UINT32_MAX},
        {OPT_FLAG, '1', "once", NULL, "the same as --plain --count 1", &o->once},
        {OPT_SECONDS, 0, "hold", "SECONDS", "how long new, changed and closed lines are marked: 3",
         &o->hold_ns, .min = 0, .max = UINT64_C(3600000000000)},
        {OPT_CALL, 's', "sort", "COLUMN",
         "program, pid, proto, local, remote, state, rx, tx, rtt, ...", &o->sort, .call = set_sort,
         .expected =
             "host, program, pid, proto, local, remote, state, rx, tx, rtt or retransmissions"},
        {OPT_FLAG, 'r', "reverse", NULL, "sort the other way round", &o->reverse},
        {OPT_FLAG, 0, "tree", NULL, "by process", &o->tree},
        OPT_NUMERIC(&o->numeric),
        {OPT_FLAG, 0, "plain", NULL, "text, as without a terminal", &o->plain},
        OPT_JSON(&o->json),
        {OPT_CALL, 0, "lab", "[NAME]", "of a lab, not of this machine", o, .call = set_lab},
        {OPT_TEXT, 0, "host", "NAME", "one host of the lab; all if not given", &o->host},
    };
    static const struct opt_command command = {
        .name = "top",
        .usage = "[OPTIONS]",
        .about = "Shows sockets live: new ones green, changed ones yellow, closed ones red for a\n"
                 "moment. The key ? tells the others. Without a terminal it prints text.",
    };
    int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);

    return first < 0 ? first : take_rest(o, first, argc, argv);
}

/* ---- reading ---- */

/* A process is found again by any of its sockets. */
static bool is_selected(const struct top *t, const struct view_line *line) {
    struct table_node *node = table_find(&t->rows.table, t->selected);
    const struct row *row = node != NULL ? TABLE_ENTRY(node, struct row, node) : NULL;

    if (!line->process) {
        return !t->on_process && line->row->sock.id == t->selected;
    }
    return (t->on_process || line->folded) && row != NULL && view_same_process(line->row, row);
}

int top_arrange(struct top *t) {
    int err = view_make(&t->view, &t->rows);

    for (size_t i = 0; err == 0 && t->selected != 0 && i < t->view.n; i++) {
        if (is_selected(t, &t->view.line[i])) {
            t->cursor = i;
            return 0;
        }
    }
    if (t->cursor >= t->view.n) {
        t->cursor = t->view.n > 0 ? t->view.n - 1 : 0;
    }
    return err;
}

static int refresh_rows(struct top *t) {
    int err = socks_read(&t->socks);

    if (err == 0) {
        err = rows_update(&t->rows, &t->socks.list, loop_now().ns);
    }
    return err == 0 ? top_arrange(t) : err;
}

int top_end(struct top *t, const struct sock *s) {
    if (!t->is_lab) {
        return diag_end(s);
    }
    int err = client_end(t->socks.lab_fd, s->cookie);

    return err == -EBADF ? -ENOENT : err;
}

/* ---- without a terminal ---- */

static void print_json(const struct top *t) {
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    out_json(json_pack("{s:s, s:f, s:I, s:I, s:I, s:I, s:f, s:f}", "type", "refresh", "time",
                       (double)ts.tv_sec + (double)ts.tv_nsec / 1e9, "sockets",
                       (json_int_t)t->rows.alive, "opened", (json_int_t)t->rows.opened, "changed",
                       (json_int_t)t->rows.changed, "closed", (json_int_t)t->rows.closed,
                       "rx_bytes_per_s", t->rows.rx_rate, "tx_bytes_per_s", t->rows.tx_rate));
    for (size_t i = 0; i < t->view.n; i++) {
        if (!t->view.line[i].process) {
            out_json(save_object(t->view.line[i].row));
        }
    }
}

/* Waits; false: Ctrl-C. */
static bool wait_plain(const struct top *t) {
    struct pollfd pfd = {.fd = stop_fd(), .events = POLLIN};

    fflush(stdout);
    while (poll(&pfd, 1, (int)(t->interval_ns / 1000000)) > 0) {
        if (stop_read() == STOP_NOW) {
            return false;
        }
    }
    return !ferror(stdout);
}

static int run_plain(struct top *t, const struct options *o) {
    uint64_t rounds = 0;
    int err;

    for (;;) {
        err = refresh_rows(t);
        if (err < 0) {
            return err;
        }
        if (o->json) {
            print_json(t);
        } else {
            save_text(stdout, &t->view, t->is_lab);
        }
        if (++rounds == o->count || !wait_plain(t)) {
            return 0;
        }
        if (!o->json) {
            putchar('\n');
        }
    }
}

/* ---- on a terminal ---- */

/* Waits for a key, a signal or the next refresh. Returns whether to go on. */
static bool wait_keys(struct top *t, inl_dur until_ns) {
    struct pollfd pfd[2 + RDNS_FDS] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                       {.fd = stop_fd(), .events = POLLIN}};
    size_t asked = rdns_fds(t->rdns, pfd + 2);
    inl_dur left_ns = until_ns - loop_now().ns;
    int key;

    poll(pfd, 2 + asked, left_ns > 0 ? (int)(left_ns / 1000000 + 1) : 0);
    rdns_work(t->rdns, pfd + 2, asked);
    if (stop_read() == STOP_NOW || (pfd[0].revents & (POLLHUP | POLLERR))) {
        return false;
    }
    while ((key = screen_key()) >= 0) {
        enum key_result result = key_take(t, key);

        if (result == KEY_QUIT) {
            return false;
        }
        if (result == KEY_ARRANGE && top_arrange(t) < 0) {
            return false;
        }
    }
    return true;
}

static int run_screen(struct top *t, const struct options *o) {
    inl_dur next_ns = loop_now().ns;
    uint64_t rounds = 0;
    int err = screen_begin();

    if (err < 0) {
        return err;
    }
    do {
        if (!t->paused && loop_now().ns >= next_ns) {
            if (o->count != 0 && rounds++ == o->count) {
                break;
            }
            err = refresh_rows(t);
            next_ns += t->interval_ns;
            if (next_ns < loop_now().ns) { /* after a stop, or what is too slow: do not catch up */
                next_ns = loop_now().ns + t->interval_ns;
            }
        } else if (t->paused && loop_now().ns >= next_ns) {
            next_ns = loop_now().ns + t->interval_ns;
        }
        screen_draw(t);
    } while (err == 0 && wait_keys(t, next_ns));
    screen_end();
    return err;
}

/* ---- */

static void begin(struct top *t, const struct options *o) {
    unsigned all = (1u << SK_KINDS) - 1;
    unsigned some = (o->tcp ? 1u << SK_TCP : 0) | (o->udp ? 1u << SK_UDP | 1u << SK_UDPLITE : 0) |
                    (o->raw ? 1u << SK_RAW | 1u << SK_PING : 0);

    t->socks.kinds = some != 0 ? some : all;
    t->socks.four = o->four || !o->six;
    t->socks.six = o->six || !o->four;
    t->socks.details = t->socks.owners = true;
    t->is_lab = o->has_lab;
    t->interval_ns = o->interval_ns;
    t->view.sort = o->sort;
    t->view.reverse = o->reverse;
    t->view.tree = o->tree;
    t->view.listening = o->listening;
    t->view.all = !o->listening && !o->connected;
    t->view.flags = SOCK_BRACKETS | (o->numeric ? 0 : SOCK_SERVICES);
    snprintf(t->view.filter, sizeof(t->view.filter), "%s", o->filter != NULL ? o->filter : "");
    rows_init(&t->rows, o->hold_ns);
}

static void print_summary(const struct top *t, const struct options *o, inl_dur span_ns) {
    if (o->json) {
        out_json(json_pack("{s:s, s:f, s:I, s:I, s:I, s:I, s:I}", "type", "summary", "seconds",
                           (double)span_ns / 1e9, "refreshes", (json_int_t)t->rows.refreshes,
                           "sockets", (json_int_t)t->rows.alive, "opened",
                           (json_int_t)t->rows.opened, "changed", (json_int_t)t->rows.changed,
                           "closed", (json_int_t)t->rows.closed));
    } else if (!o->once) {
        printf("\n%zu sockets; %" PRIu64 " opened, %" PRIu64 " changed, %" PRIu64
               " closed in %.0f s\n",
               t->rows.alive, t->rows.opened, t->rows.changed, t->rows.closed,
               (double)span_ns / 1e9);
    }
}

static int find_lab(struct top *t, const struct options *o) {
    t->socks.lab_fd = -1;
    if (!o->has_lab) {
        return 0;
    }
    t->socks.lab_fd = lab_find(o->lab, true);
    if (t->socks.lab_fd < 0) {
        return -ENOLINK; /* told */
    }
    int err = o->host != NULL ? client_hello(t->socks.lab_fd, o->host, NULL) : 0;

    if (err == -ENOENT) {
        tool_say("the lab has no host %s", o->host);
        return -ENOLINK;
    }
    return err;
}

int tool_top(int argc, char **argv) {
    struct options o = {.interval_ns = INL_S, .hold_ns = 3 * INL_S, .sort = COL_PROGRAM};
    struct top t = {.paused = false};
    int err = parse(argc, argv, &o);
    inl_dur start_ns = loop_now().ns;

    if (err < 0) {
        return opt_status(err);
    }
    o.count = o.once ? 1 : o.count;
    err = find_lab(&t, &o);
    begin(&t, &o);
    if (err == 0) {
        err = stop_begin();
    }
    if (err == 0 &&
        (o.plain || o.json || o.once || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))) {
        err = run_plain(&t, &o);
    } else if (err == 0) {
        err = run_screen(&t, &o);
    }
    if (err == 0 && t.socks.source == SOCKS_PROC) {
        tool_say("the kernel does not answer by sock_diag (%s): /proc serves, which knows no rates "
                 "and round trip times",
                 strerror(-t.socks.diag_err));
    }
    if (err == 0) {
        print_summary(&t, &o, loop_now().ns - start_ns);
    } else if (err == -ENOTSUP) {
        tool_say("this terminal is not known to ncurses: set TERM, or use --plain");
    } else if (err != -ENOLINK) {
        tool_say("%s", t.is_lab ? lab_error(err) : strerror(-err));
    }
    rdns_free(t.rdns);
    view_done(&t.view);
    rows_done(&t.rows);
    socks_done(&t.socks);
    if (t.socks.lab_fd >= 0) {
        close(t.socks.lab_fd);
    }
    return err == 0 ? TOOL_OK : TOOL_FAILED;
}
