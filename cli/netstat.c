/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netstat.c - sockets, counters and networks of a lab's hosts, as the tool of that name prints them
 */
#include "cli/cli.h"
#include "cli/counters.h"
#include "cli/net_lists.h"

#include "host/client.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *lab, *host;
    bool tcp, udp, listening, all, json, statistics, links, routes, neighbours, groups;
    int err; /* of printing */
};

static void print_usage(FILE *f) {
    fputs(
        "usage: inlet netstat [-t] [-u] [-l | -a] [-n] [--json] [--lab NAME|FILE] [--host NAME]\n"
        "       inlet netstat -i | -r | -N | -g [--json] [--lab NAME|FILE] [--host NAME]\n"
        "       inlet netstat -s [-i] [-a] [--json] [--lab NAME|FILE] [--host NAME]\n"
        "\n"
        "Lists sockets of a running lab: those with a peer; with -l the listening ones.\n"
        "  -t, --tcp        only TCP\n"
        "  -u, --udp        only UDP\n"
        "  -l, --listening  those that wait for peers: TCP in LISTEN, UDP unconnected\n"
        "  -a, --all        both kinds; with -s: those that are 0, too\n"
        "  -n, --numeric    addresses as numbers: always so, accepted because fingers type it\n"
        "  -s, --statistics counters of each host by their MIB names, those that are not 0\n"
        "  -i, --interfaces links and their addresses; with -s: counters of each link\n"
        "  -r, --routes     routes, who added them, and for how long\n"
        "  -N, --neighbours what is known of neighbours\n"
        "  -g, --groups     multicast groups of links, and of programs with the senders they name\n"
        "      --json       one JSON object a line\n"
        "      --lab NAME   which lab; needed only if several run\n"
        "      --host NAME  one host; all if not given\n",
        f);
}

/* Sockets, counters or one of the lists: not several at once. */
static int check_choice(const struct options *o) {
    bool sockets = o->tcp || o->udp || o->listening;

    if (o->statistics
            ? sockets || o->routes || o->neighbours || o->groups
            : o->links + o->routes + o->neighbours + o->groups + (sockets || o->all) > 1) {
        fputs("inlet netstat: -i, -r, -N and -g are lists of their own; -s goes with -i and -a "
              "only\n",
              stderr);
        return -EINVAL;
    }
    return 0;
}

static int parse(int argc, char **argv, struct options *o) {
    static const struct option longs[] = {{"tcp", no_argument, NULL, 't'},
                                          {"udp", no_argument, NULL, 'u'},
                                          {"listening", no_argument, NULL, 'l'},
                                          {"all", no_argument, NULL, 'a'},
                                          {"statistics", no_argument, NULL, 's'},
                                          {"interfaces", no_argument, NULL, 'i'},
                                          {"routes", no_argument, NULL, 'r'},
                                          {"neighbours", no_argument, NULL, 'N'},
                                          {"groups", no_argument, NULL, 'g'},
                                          {"numeric", no_argument, NULL, 'n'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"lab", required_argument, NULL, 'L'},
                                          {"host", required_argument, NULL, 'H'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "tulansirNgh", longs, NULL)) != -1) {
        switch (c) {
        case 't':
            o->tcp = true;
            break;
        case 'u':
            o->udp = true;
            break;
        case 'l':
            o->listening = true;
            break;
        case 'a':
            o->all = true;
            break;
        case 'n':
            break;
        case 's':
            o->statistics = true;
            break;
        case 'i':
            o->links = true;
            break;
        case 'r':
            o->routes = true;
            break;
        case 'N':
            o->neighbours = true;
            break;
        case 'g':
            o->groups = true;
            break;
        case 'j':
            o->json = true;
            break;
        case 'L':
            o->lab = optarg;
            break;
        case 'H':
            o->host = optarg;
            break;
        case 'h':
            print_usage(stdout);
            return -ECANCELED;
        default:
            print_usage(stderr);
            return -EINVAL;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "inlet netstat: unexpected argument: %s\n", argv[optind]);
        return -EINVAL;
    }
    return check_choice(o);
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

/* How many bytes the UTF-8 character at s has; 0: there is none. */
static size_t char_len(const char *s) {
    size_t left = strnlen(s, 4);

    for (size_t len = 1; len <= left; len++) {
        json_t *text = json_stringn(s, len);

        if (text != NULL) {
            json_decref(text);
            return len;
        }
    }
    return 0;
}

/*
 * A string that may hold any byte: a program can have any name, and Linux cuts it off in the
 * middle of a character. JSON is UTF-8, so each byte that is not becomes U+FFFD, which has three.
 */
static json_t *json_text(const char *s) {
    char clean[3 * sizeof(((struct proto_sock *)NULL)->host)];
    size_t n = 0;

    while (*s != '\0' && n + 4 <= sizeof(clean)) {
        size_t len = char_len(s);

        memcpy(clean + n, len > 0 ? s : "\xef\xbf\xbd", len > 0 ? len : 3);
        n += len > 0 ? len : 3;
        s += len > 0 ? len : 1;
    }
    return json_stringn(clean, n);
}

static int print_json(const struct proto_sock *s) {
    char local[64], remote[64];

    format_end(&s->local, true, local, sizeof(local));
    format_end(&s->remote, true, remote, sizeof(remote));
    json_t *line =
        json_pack("{s:o, s:s, s:I, s:I, s:s, s:s, s:s, s:I, s:o}", "host", json_text(s->host),
                  "proto", proto_name(s), "recv_q", (json_int_t)s->rcvq, "send_q",
                  (json_int_t)s->sndq, "local", local, "foreign", remote, "state", state_name(s),
                  "pid", (json_int_t)s->pid, "program", json_text(s->program));

    if (line == NULL) {
        return -ENOMEM;
    }
    int err = json_dumpf(line, stdout, JSON_COMPACT) < 0 ? -EIO : 0;

    json_decref(line);
    putchar('\n');
    return err;
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
    struct options *o = ctx;
    const uint8_t *p = data;
    struct proto_sock s;

    for (; len >= sizeof(s); len -= sizeof(s), p += sizeof(s)) {
        memcpy(&s, p, sizeof(s));
        s.host[sizeof(s.host) - 1] = '\0';
        s.program[sizeof(s.program) - 1] = '\0';
        if (!wanted(o, &s)) {
            continue;
        }
        if (!o->json) {
            print_line(&s);
        } else if (o->err == 0) {
            o->err = print_json(&s);
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

int cli_netstat(int argc, char **argv) {
    struct options o = {0};
    int err = parse(argc, argv, &o);

    if (err < 0) {
        return err == -ECANCELED ? 0 : CLI_USAGE;
    }
    int fd = find_lab(o.lab, true);

    if (fd < 0) {
        return CLI_FAILED;
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
    if (err == 0) {
        err = o.err;
    }
done:
    close(fd);
    if (err < 0) {
        fprintf(stderr, "inlet netstat: %s\n",
                err == -ENOENT ? "the lab has no such host" : strerror(-err));
        return CLI_FAILED;
    }
    return 0;
}
