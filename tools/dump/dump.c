/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump.c - packets as lines: the command, and the way of each packet from its source to the output
 *
 * A packet passes the filter (the language of libpcap), is counted, and goes either into a file or,
 * as text, into a buffer that is written 64 KiB at a time.
 */
#include "tools/tools.h"

#include "tools/common/opt.h"
#include "tools/common/out.h"
#include "tools/common/ports.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/decode/decode.h"
#include "tools/dump/file.h"
#include "tools/dump/filter.h"
#include "tools/dump/hostnames.h"
#include "tools/dump/labcap.h"
#include "tools/dump/live.h"
#include "tools/dump/session.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *read, *write, *filter_file;
    unsigned numeric, times;
    bool codes, list, four, six;
    struct live_options live;
    struct labcap_options lab;
    struct session *s;
};

#define FLOWS_MAX 100000
#define LADDER_MAX 10000
#define INTERFACES 64u /* whose names are kept */

#define WAY "[-e] [-n] [-q] [-S] [-t] [-v] [-x|-X|-A] [-c N] [-w FILE]"

static int set_ladder(void *to, const char *value) {
    struct view_options *view = to;

    if (value != NULL && strcmp(value, "svg") != 0) {
        return -EINVAL;
    }
    view->ladder = value != NULL ? VIEW_LADDER_SVG : VIEW_LADDER_TEXT;
    return 0;
}

static int set_lab(void *to, const char *value) {
    struct labcap_options *lab = to;

    lab->lab = value != NULL ? value : "";
    return 0;
}

static int set_style(void *to, const char *value) {
    bool *windump = to;

    if (strcmp(value, "windump") != 0 && strcmp(value, "tcpdump") != 0) {
        return -EINVAL;
    }
    *windump = strcmp(value, "windump") == 0;
    return 0;
}

/* The index of the first word of the filter, or what opt_parse() says. */
static int parse(int argc, char **argv, struct options *o) {
    struct decode_options *d = &o->s->text;
    struct view_options *view = &o->s->view_options;
    const struct opt opts[] = {
        {OPT_TITLE, .help = "where packets come from:"},
        {OPT_TEXT, 'r', "read", "FILE", "a capture file, pcap or pcapng; - for stdin", &o->read},
        {OPT_TEXT, 'i', "interface", "NAME", "an interface, by name or number; any: all of them",
         &o->live.interface},
        {OPT_FLAG, 'D', "list-interfaces", NULL, "the interfaces, and nothing else", &o->list},
        {OPT_NUMBER, 's', "snapshot-length", "BYTES", "keep so much of each packet (262144)",
         &o->live.snap_bytes, .max = CAPFILE_PACKET_MAX},
        {OPT_FLAG, 'p', "no-promiscuous-mode", NULL, "only what the interface itself takes",
         &o->live.not_promiscuous},
        {OPT_FLAG, 0, "immediate-mode", NULL, "each packet within 20 ms, not several at a time",
         &o->live.at_once},
        {OPT_CALL, 0, "lab", "[NAME]", "the links of a running lab, with why each was sent",
         &o->lab, .call = set_lab, .expected = "the name of a lab, or its file"},
        {OPT_TEXT, 0, "host", "NAME", "only what this host of the lab sends or is sent",
         &o->lab.host},
        {OPT_TITLE, .help = "which of them:"},
        {OPT_NUMBER, 'c', "count", "N", "stop after N packets", &o->s->count, .min = 1},
        {OPT_TEXT, 'F', "filter-file", "FILE", "the filter expression, from a file",
         &o->filter_file},
        OPT_IPV4(&o->four),
        OPT_IPV6(&o->six),
        {OPT_TITLE, .help = "what is shown:"},
        {OPT_COUNT, 'v', "verbose", NULL, "more of each packet, and its checksums; up to -vvv",
         &d->verbose},
        {OPT_FLAG, 'e', "link", NULL, "the link's header, too", &d->link_header},
        {OPT_COUNT, 'n', "numeric", NULL, "addresses and ports as numbers: no nameserver is asked",
         &o->numeric},
        {OPT_COUNT, 'q', "quiet", NULL, "less of each packet", &d->quiet},
        {OPT_FLAG, 'S', "absolute", NULL,
         "TCP's sequence numbers as they are, not from the beginning", &d->absolute},
        {OPT_FLAG, 'K', "no-checksums", NULL, "checksums are not looked at", &d->no_sums},
        {OPT_COUNT, 't', "time", NULL,
         "-t: no time; -tt: seconds since 1970; -ttt: since the packet before;\n"
         "-tttt: date and time; -ttttt: since the first packet",
         &o->times},
        {OPT_FLAG, 0, "nano", NULL, "times in nanoseconds", &o->s->when.nano},
        {OPT_FLAG, '#', "number", NULL, "a number before each line", &o->s->numbers},
        {OPT_CALL, 0, "style", "NAME", "tcpdump, or windump for the lines of old", &d->windump,
         .call = set_style, .expected = "tcpdump or windump"},
        {OPT_FLAG, 0, "why", NULL,
         "what the capture says of each packet: why it was sent, what became of it;\n"
         "of a lab always",
         &o->s->why},
        {OPT_COUNT, 'x', "hex", NULL, "bytes in hexadecimal; -xx: with the link's header", &d->hex},
        {OPT_COUNT, 'X', "hex-ascii", NULL,
         "bytes in hexadecimal and ASCII; -XX: with the link's header", &d->hex_ascii},
        {OPT_COUNT, 'A', "ascii", NULL, "bytes as ASCII; -AA: with the link's header", &d->ascii},
        {OPT_FLAG, 'l', "line-buffered", NULL, "each line at once", &o->s->at_once},
        {OPT_TITLE, .help = "or, instead of lines:"},
        {OPT_TEXT, 'w', "write", "FILE", "into a capture file; - for stdout", &o->write},
        {OPT_FLAG, 0, "explain", NULL,
         "each packet field by field: diagram, bytes, meaning, what is wrong", &view->explain},
        {OPT_FLAG, 0, "flows", NULL,
         "the connections: handshake, what was sent again, round trips, how each\n"
         "ended; with -v details of each, however many there are",
         &view->flows},
        {OPT_CALL, 0, "ladder", "[svg]",
         "the packets of each connection as arrows between its ends", view, .call = set_ladder,
         .expected = "--ladder for text or --ladder=svg for a drawing"},
        {OPT_NUMBER, 0, "flows-max", "N", "follow so many connections (100000)", &view->flows_max,
         .min = 1, .max = 10000000},
        {OPT_NUMBER, 0, "ladder-max", "N", "draw so many packets (10000)", &view->ladder_max,
         .min = 1, .max = 100000000},
        {OPT_FLAG, 0, "json", NULL,
         "one JSON object a packet; with --explain, --flows or --ladder those of them",
         &view->json},
        {OPT_FLAG, 'd', "filter-code", NULL, "the filter as a program, and nothing else",
         &o->codes},
    };
    static const struct opt_command command = {
        .name = "dump",
        .usage = "-r FILE " WAY " [EXPRESSION]\n"
                 "[-i NAME] " WAY " [EXPRESSION]\n"
                 "--lab[=NAME] [--host NAME] [OPTIONS] [EXPRESSION]\n"
                 "-D",
        .about =
            "Shows packets, a line each, in the form of tcpdump. EXPRESSION says which, in the\n"
            "language of libpcap (pcap-filter(7)): tcp port 80 and host 192.0.2.1",
        .operands = "file",
    };

    return opt_parse(&command, opts, OPT_N(opts), argc, argv);
}

static bool views_fit(const struct view_options *v, bool writes) {
    if (writes && view_wanted(v)) {
        tool_usage("--explain, --flows and --ladder show packets, -w writes them: one of both");
        return false;
    }
    if (v->json && writes) {
        tool_usage("--json shows packets, -w writes them: one of both");
        return false;
    }
    if (v->json && v->ladder == VIEW_LADDER_SVG) {
        tool_usage("--ladder=svg is a drawing, --json is none: one of both");
        return false;
    }
    if ((v->flows_max != 0 && !v->flows && v->ladder == VIEW_NO_LADDER) ||
        (v->ladder_max != 0 && v->ladder == VIEW_NO_LADDER)) {
        tool_usage("--flows-max goes with --flows or --ladder, --ladder-max with --ladder");
        return false;
    }
    return true;
}

static const char *port_name(void *ctx, uint16_t port, bool tcp) {
    (void)ctx;
    return ports_name(port, tcp ? PORTS_TCP : PORTS_UDP);
}

/* Of this machine, as in a capture that was made here: what another machine called it no file says. */
static const char *interface_name(void *ctx, uint32_t index) {
    static struct {
        uint32_t index;
        char name[IF_NAMESIZE];
    } known[INTERFACES];
    (void)ctx;
    unsigned at = index % INTERFACES;

    if (known[at].index != index) {
        known[at].index = index;
        if (if_indextoname(index, known[at].name) == NULL) {
            known[at].name[0] = '\0';
        }
    }
    return known[at].name[0] != '\0' ? known[at].name : NULL;
}

/* The filter with "ip" or "ip6" before it. Takes @expression over; NULL: memory is short, told. */
static char *of_version(char *expression, const char *version) {
    char *both = NULL;
    int n = expression[0] != '\0' ? asprintf(&both, "%s and (%s)", version, expression)
                                  : asprintf(&both, "%s", version);

    free(expression);
    if (n < 0) {
        tool_say("memory is short");
        return NULL;
    }
    return both;
}

static void before_wait(void *ctx) {
    (void)session_flush(ctx);
}

/* Packets of a file. Returns the exit status. */
static int read_file(struct session *s, const struct options *o, const char *expression) {
    struct file *f = calloc(1, sizeof(*f));
    struct capfile_packet p;

    if (f != NULL) {
        f->idle = before_wait;
        f->ctx = s;
    }
    int got = 1, err = f != NULL ? file_open(f, o->read) : -ENOMEM;

    if (err < 0) {
        free(f);
        return TOOL_FAILED;
    }
    uint32_t link = f->reader.link;

    if (!o->codes) {
        fprintf(stderr, "reading from file %s, link-type %s%s%s%s, snapshot length %u\n", o->read,
                capfile_link_name(link), *capfile_link_text(link) != '\0' ? " (" : "unknown",
                capfile_link_text(link), *capfile_link_text(link) != '\0' ? ")" : "",
                f->reader.snap_bytes);
    }
    err = filter_set(&s->filter, expression, link, f->reader.snap_bytes);
    if (err == 0 && o->codes) {
        filter_print(&s->filter);
        got = 0;
    } else if (err == 0) {
        /* asking costs a system call */
        for (unsigned n = 0; (got = file_next(f, &p)) == 1; n++) {
            if (n % 1024 == 0 && stop_asked()) {
                break;
            }
            err = session_packet(s, &p);
            if (err != 0) {
                break;
            }
        }
    }
    int end = session_end(s, link, f->reader.snap_bytes);

    if (stop_asked()) {
        fprintf(stderr, "\n%llu packet%s %s, the rest of the file was not read\n",
                (unsigned long long)s->shown, s->shown == 1 ? "" : "s",
                s->writes ? "written" : "shown");
    }

    file_close(f);
    free(f);
    return got < 0 || err < 0 || end < 0 ? TOOL_FAILED : TOOL_OK;
}

/* Is there a line that could show the name of a host? The addresses of a lab are nobody's elsewhere. */
static bool names_wanted(const struct options *o) {
    return o->numeric == 0 && o->lab.lab == NULL && o->write == NULL && !o->codes &&
           !view_wanted(&o->s->view_options);
}

int tool_dump(int argc, char **argv) {
    struct session *s = session_new();
    struct options o = {.s = s};

    if (s == NULL) {
        tool_say("memory is short");
        return TOOL_FAILED;
    }
    int first = parse(argc, argv, &o), status = TOOL_USAGE;
    char *expression = NULL;
    struct hostnames *names = NULL;

    if (first < 0) {
        status = opt_status(first);
        goto done;
    }
    if (o.lab.host != NULL && o.lab.lab == NULL) {
        o.lab.lab = "";
    }
    if ((o.read != NULL) + (o.live.interface != NULL || o.list) + (o.lab.lab != NULL) > 1) {
        tool_usage("-r reads a file, -i an interface, --lab a lab: one of them");
        goto done;
    }
    if (o.lab.lab != NULL && o.codes) {
        tool_usage("-d shows a filter for files and interfaces: --lab has none of its own");
        goto done;
    }
    if (o.list) {
        status = live_list();
        goto done;
    }
    if (o.filter_file != NULL && first < argc) {
        tool_usage("a filter comes from -F or from the command line, not from both");
        goto done;
    }
    if (!views_fit(&s->view_options, o.write != NULL)) {
        goto done;
    }
    expression = o.filter_file != NULL ? filter_read(o.filter_file)
                                       : filter_join(argc - first, argv + first);
    if (expression != NULL && o.four != o.six) {
        expression = of_version(expression, o.four ? "ip" : "ip6");
    }
    if (expression == NULL) {
        status = TOOL_FAILED;
        goto done;
    }
    s->text.numeric = o.numeric > 0;
    s->text.port = port_name;
    s->text.interface = interface_name;
    if (names_wanted(&o)) {
        names = hostnames_new(o.read != NULL);
        s->text.host = names != NULL ? hostnames_of : NULL;
        s->text.ctx = names;
    }
    s->when.form = o.times;
    s->view_options.details = s->text.verbose > 0;
    s->view_options.flows_max =
        s->view_options.flows_max != 0 ? s->view_options.flows_max : FLOWS_MAX;
    s->view_options.ladder_max =
        s->view_options.ladder_max != 0 ? s->view_options.ladder_max : LADDER_MAX;
    s->json = s->view_options.json && !view_wanted(&s->view_options);
    s->why = s->why || o.lab.lab != NULL;
    s->colour = s->why && out_wants_colour(STDOUT_FILENO);
    if (session_begin(s, o.write) < 0) {
        status = TOOL_FAILED;
        goto done;
    }
    stop_begin();
    if (o.read != NULL) {
        status = read_file(s, &o, expression);
    } else if (o.lab.lab != NULL) {
        status = labcap_run(s, &o.lab, expression);
    } else {
        o.live.snap_bytes = o.live.snap_bytes != 0 ? o.live.snap_bytes : CAPFILE_PACKET_MAX;
        o.live.codes = o.codes;
        o.live.at_once = o.live.at_once || s->at_once;
        status = live_run(s, &o.live, expression);
    }
done:
    free(expression);
    session_free(s);
    hostnames_free(names);
    return status;
}
