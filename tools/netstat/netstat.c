/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netstat.c - sockets, counters and networks of this machine or of a lab's hosts
 */
#include "tools/netstat/netstat.h"

#include "host/client.h"
#include "tools/common/lab.h"
#include "tools/common/opt.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/netstat/lab_counters.h"
#include "tools/netstat/lab_lists.h"
#include "tools/tools.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where sockets come from; kept from one round to the next. */
struct sources {
    struct socks socks;
    struct unix_list unix_;
};

/* ---- the command line ---- */

bool netstat_wants_sockets(const struct netstat_options *o) {
    bool lists = o->routes || o->neighbours || o->groups || o->statistics;

    return !lists &&
           (!o->info || o->tcp || o->udp || o->raw || o->unix_ || o->listening || o->states != 0);
}

const char *netstat_which(const struct netstat_options *o) {
    return o->all || o->states != 0 ? "servers and established"
           : o->listening           ? "only servers"
                                    : "w/o servers";
}

/* Sockets, counters or one of the lists: not several at once. */
static bool fits(const struct netstat_options *o) {
    bool sockets = o->tcp || o->udp || o->raw || o->unix_ || o->listening || o->states != 0;
    int lists = o->routes + o->neighbours + o->groups;

    if (o->statistics) {
        return !sockets && lists == 0;
    }
    return lists + (sockets || o->info) <= 1;
}

static int set_style(void *to, const char *value) {
    struct netstat_options *o = to;

    if (strcmp(value, "linux") != 0 && strcmp(value, "windows") != 0) {
        return -EINVAL;
    }
    o->style = value[0] == 'w' ? STYLE_WINDOWS : STYLE_LINUX;
    return 0;
}

static int set_states(void *to, const char *value) {
    return sk_states_parse(value, to);
}

static int set_lab(void *to, const char *value) {
    struct netstat_options *o = to;

    o->has_lab = true;
    o->lab = value;
    return 0;
}

/* Behind the options: the interval of -c, the name behind --lab. */
static int take_operand(struct netstat_options *o, const char *text) {
    char *end;
    double seconds = strtod(text, &end);

    bool number = end != text && *end == '\0';

    if (o->continuous && number && seconds >= 0.01 && seconds <= 86400) {
        o->interval_ns = (inl_dur)(seconds * 1e9);
        return 0;
    }
    if (number) {
        tool_usage("%s: a number is the seconds of -c, from 0.01 to 86400", text);
        return OPT_WRONG;
    }
    if (o->has_lab && o->lab == NULL) {
        o->lab = text;
        return 0;
    }
    tool_usage("unexpected argument: %s", text);
    return OPT_WRONG;
}

static int check(const struct netstat_options *o) {
    if (!fits(o)) {
        tool_usage(
            "-i, -r, -N and -g are lists of their own; -s goes with -i and -a only;\n"
            "-i with sockets (-t, -l, --state ...) shows what each connection says of itself");
        return OPT_WRONG;
    }
    if (o->unix_ && (o->has_lab || o->style == STYLE_WINDOWS || o->four || o->six)) {
        tool_usage("-x shows sockets of this machine that have no address: a lab, Windows' layout, "
                   "-4 and -6 have none of them");
        return OPT_WRONG;
    }
    if (o->unix_ && o->info && !(o->tcp || o->udp || o->raw)) {
        tool_usage(
            "-i tells of connections of TCP; what is known of a socket of AF_UNIX, -xe shows");
        return OPT_WRONG;
    }
    if (o->style == STYLE_WINDOWS &&
        (!netstat_wants_sockets(o) || o->extend || o->info || o->json)) {
        tool_usage(
            "Windows' layout is one of sockets: it goes with -t, -u, -w, -l, -a, --state, -n, "
            "-o and -p");
        return OPT_WRONG;
    }
    if (o->count != 0 && !o->continuous) {
        tool_usage("--count goes with -c");
        return OPT_WRONG;
    }
    return 0;
}

static int parse(int argc, char **argv, struct netstat_options *o) {
    const struct opt opts[] = {
        {OPT_TITLE, .help = "sockets:"},
        {OPT_FLAG, 't', "tcp", NULL, "TCP", &o->tcp},
        {OPT_FLAG, 'u', "udp", NULL, "UDP and UDP-Lite", &o->udp},
        {OPT_FLAG, 'w', "raw", NULL, "raw sockets, and those of ICMP echo", &o->raw},
        {OPT_FLAG, 'x', "unix", NULL, "sockets of AF_UNIX", &o->unix_},
        {OPT_FLAG, 'l', "listening", NULL, "only those that wait for peers", &o->listening},
        {OPT_FLAG, 'a', "all", NULL, "with and without peer; with -s: counters that are 0, too",
         &o->all},
        {OPT_CALL, 0, "state", "LIST", "only these states: established, time-wait, ...", &o->states,
         .call = set_states,
         .expected = "states like established,time-wait; or connected, synchronized, all"},
        {OPT_FLAG, 'p', "programs", NULL, "PID and program", &o->programs},
        {OPT_FLAG, 'e', "extend", NULL, "user and inode; with -x: the peer; with -i: addresses",
         &o->extend},
        {OPT_FLAG, 'o', "timers", NULL, "which timer runs; in Windows' style: the PID", &o->timers},
        {OPT_FLAG, 'i', "interfaces", NULL,
         "interfaces. With sockets (-ti): round trip time, window, what was\n"
         "sent again, congestion control. With -s: counters of each",
         &o->info},
        {OPT_TITLE, .help = "other lists:"},
        {OPT_FLAG, 'r', "routes", NULL, "routes; with -a those of all tables", &o->routes},
        {OPT_FLAG, 'N', "neighbours", NULL, "what is known of neighbours", &o->neighbours},
        {OPT_FLAG, 'g', "groups", NULL, "multicast groups", &o->groups},
        {OPT_FLAG, 's', "statistics", NULL, "counters by their MIB names, those that are not 0",
         &o->statistics},
        {OPT_TITLE, .help = "how:"},
        OPT_IPV4(&o->four),
        OPT_IPV6(&o->six),
        {OPT_FLAG, 'n', "numeric", NULL, "ports and users as numbers; addresses always are",
         &o->numeric},
        {OPT_CALL, 0, "style", "STYLE", "layout: linux or windows", o, .call = set_style,
         .expected = "linux or windows"},
        {OPT_FLAG, 'c', "continuous", NULL, "again and again, each second or each INTERVAL",
         &o->continuous},
        {OPT_NUMBER, 0, "count", "N", "with -c: so many times", &o->count, .min = 1,
         .max = UINT32_MAX},
        OPT_JSON(&o->json),
        {OPT_CALL, 0, "lab", "[NAME]", "of a lab, not of this machine", o, .call = set_lab},
        {OPT_TEXT, 0, "host", "NAME", "one host of the lab; all if not given", &o->host},
    };
    static const struct opt_command command = {
        .name = "netstat",
        .usage = "[-t] [-u] [-w] [-x] [-l | -a] [-4 | -6] [-n] [-p] [-e] [-o] [-i] [OPTIONS]\n"
                 "-i | -r | -N | -g | -s [-4 | -6] [-a] [OPTIONS]",
        .about =
            "Lists sockets of this machine, or of a lab: those with a peer; with -l those that\n"
            "wait for one.",
    };
    int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);
    int err = first < 0 ? first : 0;

    for (int i = first; err == 0 && i < argc; i++) {
        err = take_operand(o, argv[i]);
    }
    o->has_lab |= o->host != NULL;
    return err < 0 ? err : check(o);
}

/* ---- sockets ---- */

static bool wanted(const struct netstat_options *o, const struct sock *s) {
    if (o->states != 0) {
        return s->kind == SK_TCP ? (o->states & 1u << s->state) != 0 : o->udp || o->raw;
    }
    return o->all || (o->listening ? sk_listens(s) : sk_has_peer(s));
}

static unsigned kinds(const struct netstat_options *o) {
    unsigned all = (1u << SK_KINDS) - 1;
    unsigned some = (o->tcp ? 1u << SK_TCP : 0) | (o->udp ? 1u << SK_UDP | 1u << SK_UDPLITE : 0) |
                    (o->raw ? 1u << SK_RAW | 1u << SK_PING : 0);

    return some != 0 ? some : o->states != 0 ? 1u << SK_TCP : all;
}

static int print_inet_sockets(const struct netstat_options *o, struct socks *socks) {
    bool windows = o->style == STYLE_WINDOWS;

    socks->kinds = kinds(o);
    socks->four = o->four || !o->six;
    socks->six = o->six || !o->four;
    socks->details = o->info || o->timers;
    socks->owners = o->programs || o->json || (windows && o->timers);
    int err = socks_read(socks);

    if (err < 0) {
        return err;
    }
    if (!o->json) {
        windows ? windows_head(o) : linux_head(o);
    }
    for (size_t i = 0; i < socks->list.n; i++) {
        const struct sock *s = &socks->list.at[i];

        if (!wanted(o, s)) {
            continue;
        }
        if (o->json) {
            json_line(o, s);
        } else if (windows) {
            windows_line(o, s);
        } else {
            linux_line(o, s);
        }
    }
    return 0;
}

/* Without a choice all that has a name of the machine's is shown, as net-tools does. */
static int print_sockets(const struct netstat_options *o, struct sources *from) {
    bool inet = o->tcp || o->udp || o->raw || o->four || o->six || o->states != 0;
    bool both = !inet && !o->unix_ && !o->has_lab && o->style == STYLE_LINUX;
    int err = 0;

    if (inet || !o->unix_) {
        err = print_inet_sockets(o, &from->socks);
    }
    if (err == 0 && (o->unix_ || both)) {
        err = print_unix_sockets(o, &from->unix_);
    }
    return err;
}

/* ---- the other lists ---- */

static int print_lab_lists(int fd, const struct netstat_options *o) {
    if (o->statistics) {
        const struct counters_options c = {.links = o->info, .all = o->all, .json = o->json};

        return print_counters(fd, &c);
    }
    if (!o->info && !o->groups) {
        return print_net_list(fd, o->routes ? PROTO_ROUTES : PROTO_NEIGHS, o->json);
    }
    int err = print_net_list(fd, o->info ? PROTO_LINKS : PROTO_GROUPS, o->json);

    if (err == 0 && !o->json) {
        putchar('\n');
    }
    return err < 0 ? err : print_net_list(fd, o->info ? PROTO_ADDRS : PROTO_MEMBERS, o->json);
}

static int print_machine_lists(const struct netstat_options *o) {
    return o->statistics   ? print_machine_counters(o)
           : o->routes     ? print_machine_routes(o)
           : o->neighbours ? print_machine_neighbours(o)
           : o->groups     ? print_machine_groups(o)
                           : print_machine_links(o);
}

static int print_once(const struct netstat_options *o, struct sources *from) {
    if (netstat_wants_sockets(o)) {
        return print_sockets(o, from);
    }
    return o->has_lab ? print_lab_lists(from->socks.lab_fd, o) : print_machine_lists(o);
}

/* Waits for the next round; false: Ctrl-C. */
static bool again(const struct netstat_options *o) {
    struct pollfd pfd = {.fd = stop_fd(), .events = POLLIN};
    int ms = (int)(o->interval_ns / 1000000);

    fflush(stdout);
    while (poll(&pfd, 1, ms) > 0) {
        if (stop_read() == STOP_NOW) {
            return false;
        }
    }
    return !ferror(stdout);
}

static bool has_unknown(const struct sources *from) {
    for (size_t i = 0; i < from->socks.list.n; i++) {
        if (from->socks.list.at[i].pid == 0 && from->socks.list.at[i].inode != 0) {
            return true;
        }
    }
    for (size_t i = 0; i < from->unix_.n; i++) {
        if (from->unix_.at[i].pid == 0 && from->unix_.at[i].inode != 0) {
            return true;
        }
    }
    return false;
}

/* What was asked for and /proc does not know. */
static void tell_proc(const struct netstat_options *o, const struct socks *socks) {
    if (socks->source == SOCKS_PROC && o->info && netstat_wants_sockets(o)) {
        tool_say("the kernel does not answer by sock_diag (%s): /proc serves, which knows no round "
                 "trip times",
                 strerror(-socks->diag_err));
    }
}

/* Without root one sees the descriptors of one's own processes only. */
static void tell_unknown(const struct netstat_options *o, const struct sources *from) {
    if (o->programs && !o->json && !o->has_lab && geteuid() != 0 && has_unknown(from)) {
        tool_say("the programs of others are told to root only");
    }
}

static int print_all(const struct netstat_options *o, struct sources *from) {
    int err = o->continuous ? stop_begin() : 0;
    uint64_t rounds = 0;

    if (err == 0) {
        err = print_once(o, from);
    }
    while (err == 0 && o->continuous && ++rounds != o->count && again(o)) {
        if (!o->json) {
            putchar('\n');
        }
        err = print_once(o, from);
    }
    return err;
}

int tool_netstat(int argc, char **argv) {
    struct netstat_options o = {.interval_ns = INL_S};
    struct sources from = {.socks.lab_fd = -1};
    int err = parse(argc, argv, &o);

    if (err < 0) {
        return opt_status(err);
    }
    if (o.has_lab) {
        from.socks.lab_fd = lab_find(o.lab, true);
        if (from.socks.lab_fd < 0) {
            return TOOL_FAILED;
        }
        o.programs = true;
    }
    if (o.host != NULL) {
        err = client_hello(from.socks.lab_fd, o.host, NULL);
    }
    if (err == 0) {
        err = print_all(&o, &from);
        tell_unknown(&o, &from);
        tell_proc(&o, &from.socks);
    }
    if (from.socks.lab_fd >= 0) {
        close(from.socks.lab_fd);
    }
    socks_done(&from.socks);
    unix_done(&from.unix_);
    if (err < 0) {
        tool_say("%s", o.has_lab ? lab_error(err) : strerror(-err));
        return TOOL_FAILED;
    }
    return TOOL_OK;
}
