/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netstat.c - sockets, counters and networks of a lab's hosts, as the tool of that name prints them
 */
#include "tools/tools.h"

#include "host/client.h"
#include "tools/common/lab.h"
#include "tools/common/opt.h"
#include "tools/common/out.h"
#include "tools/common/tool.h"
#include "tools/netstat/lab_counters.h"
#include "tools/netstat/lab_lists.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *lab, *host;
    bool tcp, udp, listening, all, json, statistics, links, routes, neighbours, groups;
};

/* Sockets, counters or one of the lists: not several at once. */
static bool fits(const struct options *o) {
    bool sockets = o->tcp || o->udp || o->listening;

    if (o->statistics) {
        return !sockets && !o->routes && !o->neighbours && !o->groups;
    }
    return o->links + o->routes + o->neighbours + o->groups + (sockets || o->all) <= 1;
}

/* 0, or what opt_parse() says. */
static int parse(int argc, char **argv, struct options *o) {
    bool numeric = false; /* always so */
    const struct opt opts[] = {
        {OPT_FLAG, 't', "tcp", NULL, "only TCP", &o->tcp},
        {OPT_FLAG, 'u', "udp", NULL, "only UDP", &o->udp},
        {OPT_FLAG, 'l', "listening", NULL,
         "those that wait for peers: TCP in LISTEN, UDP unconnected", &o->listening},
        {OPT_FLAG, 'a', "all", NULL, "both kinds; with -s: those that are 0, too", &o->all},
        {OPT_FLAG, 'n', "numeric", NULL,
         "addresses as numbers: always so, accepted because fingers type it", &numeric},
        {OPT_FLAG, 's', "statistics", NULL,
         "counters of each host by their MIB names, those that are not 0", &o->statistics},
        {OPT_FLAG, 'i', "interfaces", NULL,
         "links and their addresses; with -s: counters of each link", &o->links},
        {OPT_FLAG, 'r', "routes", NULL, "routes, who added them, and for how long", &o->routes},
        {OPT_FLAG, 'N', "neighbours", NULL, "what is known of neighbours", &o->neighbours},
        {OPT_FLAG, 'g', "groups", NULL,
         "multicast groups of links, and of programs with the senders they name", &o->groups},
        OPT_JSON(&o->json),
        OPT_LAB(&o->lab),
        OPT_HOST(&o->host),
    };
    static const struct opt_command command = {
        .name = "netstat",
        .usage = "[-t] [-u] [-l | -a] [-n] [--json] [--lab NAME|FILE] [--host NAME]\n"
                 "-i | -r | -N | -g [--json] [--lab NAME|FILE] [--host NAME]\n"
                 "-s [-i] [-a] [--json] [--lab NAME|FILE] [--host NAME]",
        .about = "Lists sockets of a running lab: those with a peer; with -l the listening ones.",
    };
    int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);

    if (first >= 0 && first < argc) {
        tool_usage("unexpected argument: %s", argv[first]);
        return OPT_WRONG;
    }
    if (first >= 0 && !fits(o)) {
        tool_usage("-i, -r, -N and -g are lists of their own; -s goes with -i and -a only");
        return OPT_WRONG;
    }
    return first < 0 ? first : 0;
}

static bool has_peer(const struct proto_sock *s) {
    if (s->type == INL_SOCK_STREAM) {
        return s->state != INL_TCP_LISTEN && s->state != INL_TCP_CLOSED;
    }
    return s->remote.port != 0;
}

static bool is_bound(const struct proto_sock *s) {
    return s->local.port != 0;
}

static bool wanted(const struct options *o, const struct proto_sock *s) {
    bool stream = s->type == INL_SOCK_STREAM;

    if ((o->tcp || o->udp) && !(stream ? o->tcp : o->udp)) {
        return false;
    }
    if (o->all) {
        return true;
    }
    if (!o->listening) {
        return has_peer(s);
    }
    /* a TCP socket that is bound but does not listen yet refuses its peers */
    return stream ? s->state == INL_TCP_LISTEN : !has_peer(s) && is_bound(s);
}

/* "10.0.0.1:80", "[fd00::1]:80", "0.0.0.0:*" */
static void format_end(const struct proto_addr *a, bool brackets, char *buf, size_t cap) {
    struct inl_sockaddr sa = proto_addr_to(a);
    char text[INL_ADDR_TEXT_MAX] = "?";
    char port[8] = "*";

    inl_addr_format(&sa.addr, text, sizeof(text));
    if (a->port != 0) {
        snprintf(port, sizeof(port), "%u", a->port);
    }
    bool six = strchr(text, ':') != NULL && brackets;

    snprintf(buf, cap, "%s%s%s:%s", six ? "[" : "", text, six ? "]" : "", port);
}

static const char *proto_name(const struct proto_sock *s) {
    bool six = s->local.family == INL_AF_INET6;

    if (s->type == INL_SOCK_STREAM) {
        return six ? "tcp6" : "tcp";
    }
    if (s->type == INL_SOCK_UDPLITE) {
        return six ? "udpl6" : "udpl";
    }
    return six ? "udp6" : "udp";
}

static const char *state_name(const struct proto_sock *s) {
    if (s->type != INL_SOCK_STREAM && s->remote.port == 0) {
        return "";
    }
    return inl_tcp_state_name((enum inl_tcp_state)s->state);
}

static void print_json(const struct proto_sock *s) {
    char local[64], remote[64];

    format_end(&s->local, true, local, sizeof(local));
    format_end(&s->remote, true, remote, sizeof(remote));
    out_json(json_pack("{s:o, s:s, s:I, s:I, s:s, s:s, s:s, s:I, s:o}", "host",
                       out_json_text(s->host), "proto", proto_name(s), "recv_q",
                       (json_int_t)s->rcvq, "send_q", (json_int_t)s->sndq, "local", local,
                       "foreign", remote, "state", state_name(s), "pid", (json_int_t)s->pid,
                       "program", out_json_text(s->program)));
}

static void print_line(const struct proto_sock *s) {
    char local[64], remote[64], owner[32] = "-";

    format_end(&s->local, false, local, sizeof(local));
    format_end(&s->remote, false, remote, sizeof(remote));
    if (s->pid != 0) {
        snprintf(owner, sizeof(owner), "%u/%s", s->pid, s->program);
    }
    printf("%-10s %-5s %7" PRIu64 " %7" PRIu64 " %-23s %-23s %-12s %s\n", s->host, proto_name(s),
           s->rcvq, s->sndq, local, remote, state_name(s), owner);
}

static void on_socks(void *ctx, const void *data, size_t len) {
    const struct options *o = ctx;
    const uint8_t *p = data;
    struct proto_sock s;

    for (; len >= sizeof(s); len -= sizeof(s), p += sizeof(s)) {
        memcpy(&s, p, sizeof(s));
        s.host[sizeof(s.host) - 1] = '\0';
        s.program[sizeof(s.program) - 1] = '\0';
        if (!wanted(o, &s)) {
            continue;
        }
        if (o->json) {
            print_json(&s);
        } else {
            print_line(&s);
        }
    }
}

static int print_lists(int fd, const struct options *o) {
    if (!o->links && !o->groups) {
        return print_net_list(fd, o->routes ? PROTO_ROUTES : PROTO_NEIGHS, o->json);
    }
    int err = print_net_list(fd, o->links ? PROTO_LINKS : PROTO_GROUPS, o->json);

    if (err == 0 && !o->json) {
        putchar('\n');
    }
    return err < 0 ? err : print_net_list(fd, o->links ? PROTO_ADDRS : PROTO_MEMBERS, o->json);
}

int tool_netstat(int argc, char **argv) {
    struct options o = {0};
    int err = parse(argc, argv, &o);

    if (err < 0) {
        return opt_status(err);
    }
    int fd = lab_find(o.lab, true);

    if (fd < 0) {
        return TOOL_FAILED;
    }
    if (o.host != NULL) {
        err = client_hello(fd, o.host, NULL);
    }
    if (err == 0 && o.statistics) {
        const struct counters_options c = {.links = o.links, .all = o.all, .json = o.json};

        err = print_counters(fd, &c);
        goto done;
    }
    if (err == 0 && (o.links || o.routes || o.neighbours || o.groups)) {
        err = print_lists(fd, &o);
        goto done;
    }
    if (err == 0 && !o.json) {
        printf("%-10s %-5s %7s %7s %-23s %-23s %-12s %s\n", "Host", "Proto", "Recv-Q", "Send-Q",
               "Local Address", "Foreign Address", "State", "PID/Program");
    }
    if (err == 0) {
        err = client_ask(fd, PROTO_NETSTAT, on_socks, &o);
    }
done:
    close(fd);
    if (err < 0) {
        tool_say("%s", err == -ENOENT ? "the lab has no such host" : strerror(-err));
        return TOOL_FAILED;
    }
    return 0;
}
