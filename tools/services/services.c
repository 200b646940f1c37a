/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * services.c - looks up ports and services, by number, name, range or text
 *
 * What /etc/services says comes first, since the machine's programs believe it; then IANA's registry
 * (tools/common/registry.h). A row that both have is printed once. A word that is no service's name
 * is looked for in names and descriptions.
 */
#include "tools/tools.h"

#include "tools/common/clean.h"
#include "tools/common/etc_services.h"
#include "tools/common/opt.h"
#include "tools/common/out.h"
#include "tools/common/registry.h"
#include "tools/common/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TRANSPORTS 4
static const char *const transport_names[TRANSPORTS] = {"tcp", "udp", "sctp", "dccp"};

struct options {
    const char *file;
    bool tcp, udp, sctp, dccp, all, text, json;
    uint8_t transports;
    struct etc_services etc;
    bool colour;
};

/* What is asked for: ports, or words. */
struct query {
    const char *word;
    uint8_t transports;
    uint16_t low, high;
    bool is_port, in_text;
};

/* A row of either list. */
struct found {
    const char *name, *aliases, *text, *reference, *source;
    uint16_t low, high;
    uint8_t flags;
};

/* ---- printing ---- */

/* "tcp,udp", or "-" for what names none. */
static void format_transports(uint8_t flags, char buf[32]) {
    size_t n = 0;

    buf[0] = '\0';
    for (unsigned i = 0; i < TRANSPORTS; i++) {
        if ((flags & (1u << i)) != 0) {
            n += (size_t)snprintf(buf + n, 32 - n, "%s%s", n > 0 ? "," : "", transport_names[i]);
        }
    }
}

static void print_line(const struct options *o, const struct found *f) {
    char name[64], text[256], aliases[128], ports[48] = "-", transports[32];

    format_transports(f->flags, transports);
    if ((f->flags & REGISTRY_NO_PORT) == 0) {
        size_t n = f->low == f->high
                       ? (size_t)snprintf(ports, sizeof(ports), "%u", f->low)
                       : (size_t)snprintf(ports, sizeof(ports), "%u-%u", f->low, f->high);

        if (transports[0] != '\0') {
            snprintf(ports + n, sizeof(ports) - n, "/%s", transports);
        }
    }
    clean_text(f->name[0] != '\0' ? f->name : "-", name, sizeof(name));
    clean_text(f->text, text, sizeof(text));
    clean_text(f->aliases, aliases, sizeof(aliases));
    printf("%s%-16s%s %-20s %-7s", out_sgr(o->colour, OUT_NAME), name,
           out_sgr(o->colour, OUT_PLAIN), ports,
           (f->flags & REGISTRY_NO_PORT) != 0 ? "none" : registry_range(f->low));
    printf("%s%s%s%s%s%s", text[0] != '\0' ? " " : "", text, aliases[0] != '\0' ? " (also " : "",
           aliases, aliases[0] != '\0' ? ")" : "", f->reference[0] != '\0' ? " " : "");
    printf("%s%s%s%s\n", out_sgr(o->colour, OUT_DIM), f->reference,
           f->source[0] == '/' ? " /etc/services" : "", out_sgr(o->colour, OUT_PLAIN));
}

static void print_json(const struct found *f) {
    json_t *transports = json_array();
    json_t *object;

    for (unsigned i = 0; i < TRANSPORTS; i++) {
        if ((f->flags & (1u << i)) != 0) {
            json_array_append_new(transports, json_string(transport_names[i]));
        }
    }
    object = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "type", "service", "name",
                       out_json_text(f->name), "transports", transports, "aliases",
                       out_json_text(f->aliases), "description", out_json_text(f->text),
                       "reference", f->reference, "source", f->source);
    if (object != NULL && (f->flags & REGISTRY_NO_PORT) == 0) {
        json_object_set_new(object, "port", json_integer(f->low));
        json_object_set_new(object, "port_to", json_integer(f->high));
        json_object_set_new(object, "range", json_string(registry_range(f->low)));
    }
    out_json(object);
}

static void print(const struct options *o, const struct found *f) {
    if (o->json) {
        print_json(f);
    } else {
        print_line(o, f);
    }
}

/* A port that nobody has. */
static void print_nobody(const struct options *o, uint16_t port) {
    const char *range = registry_range(port);
    bool dynamic = range[0] == 'd';

    if (o->json) {
        out_json(json_pack("{s:s, s:i, s:s, s:s}", "type", "unassigned", "port", (int)port, "range",
                           range, "why", dynamic ? "never assigned" : "unassigned"));
    } else if (dynamic) {
        printf("%u: dynamic range (49152-65535): never assigned; programs take these for a while\n",
               port);
    } else {
        printf("%u: %s range (%s): unassigned\n", port, range,
               range[0] == 's' ? "0-1023" : "1024-49151");
    }
}

/* ---- looking ---- */

static bool has_text(const char *in, const char *word) {
    return strcasestr(in, word) != NULL;
}

static bool wanted(const struct query *q, const struct found *f) {
    bool no_port = (f->flags & REGISTRY_NO_PORT) != 0;
    uint8_t transports = f->flags & REGISTRY_TRANSPORTS;

    if (transports != 0 && (transports & q->transports) == 0) {
        return false;
    }
    if (q->is_port) {
        return !no_port && f->low <= q->high && f->high >= q->low;
    }
    if (q->in_text) {
        return has_text(f->name, q->word) || has_text(f->text, q->word) ||
               has_text(f->aliases, q->word);
    }
    return strcasecmp(f->name, q->word) == 0;
}

static struct found of_registry(const struct registry_row *row) {
    return (struct found){.name = registry_name(row),
                          .aliases = "",
                          .text = registry_text(row),
                          .reference = registry_reference(row),
                          .source = "iana",
                          .low = row->low,
                          .high = row->high,
                          .flags = row->flags};
}

/* Has the registry the same name at the same port? Then its row says more. */
static bool registry_has(const struct etc_service *row) {
    const uint16_t *rows;
    unsigned n = registry_of_port(row->port, &rows);

    for (unsigned i = 0; i < n; i++) {
        const struct registry_row *r = registry_at(rows[i]);

        if ((r->flags & row->transport) != 0 && strcasecmp(registry_name(r), row->name) == 0 &&
            row->aliases[0] == '\0') {
            return true;
        }
    }
    return false;
}

static unsigned look_in_etc(const struct options *o, const struct query *q) {
    unsigned n = 0;

    for (size_t i = 0; i < o->etc.n; i++) {
        const struct etc_service *row = &o->etc.rows[i];
        struct found f = {.name = row->name,
                          .aliases = row->aliases,
                          .text = row->comment,
                          .reference = "",
                          .source = ETC_SERVICES,
                          .low = row->port,
                          .high = row->port,
                          .flags = row->transport};
        bool by_name = !q->is_port && !q->in_text && (row->transport & q->transports) != 0 &&
                       etc_service_is(row, q->word);

        if ((by_name || wanted(q, &f)) && !registry_has(row)) {
            print(o, &f);
            n++;
        }
    }
    return n;
}

static unsigned look_in_registry(const struct options *o, const struct query *q) {
    unsigned n = 0;

    for (unsigned i = 0; i < registry_count(); i++) {
        struct found f = of_registry(registry_at(i));

        if (wanted(q, &f)) {
            print(o, &f);
            n++;
        }
    }
    return n;
}

static unsigned look(const struct options *o, struct query *q) {
    unsigned n = look_in_etc(o, q);

    n += look_in_registry(o, q);
    if (n == 0 && !q->is_port && !q->in_text) {
        q->in_text = true;
        n = look_in_etc(o, q);
        n += look_in_registry(o, q);
    }
    return n;
}

/* ---- what is asked ---- */

static bool read_port(const char **p, uint16_t *ret) {
    char *end;
    unsigned long n = strtoul(*p, &end, 10);

    if (**p < '0' || **p > '9' || n > 65535) {
        return false;
    }
    *p = end;
    *ret = (uint16_t)n;
    return true;
}

/* "443", "80-90", each with "/tcp" or another behind it. */
static bool read_ports(const char *p, struct query *q) {
    if (!read_port(&p, &q->low)) {
        return false;
    }
    q->high = q->low;
    if (*p == '-') {
        p++;
        if (!read_port(&p, &q->high) || q->high < q->low) {
            return false;
        }
    }
    if (*p == '/') {
        for (unsigned i = 0; i < TRANSPORTS; i++) {
            if (strcasecmp(p + 1, transport_names[i]) == 0) {
                q->transports = (uint8_t)(1u << i);
                return true;
            }
        }
    }
    return *p == '\0';
}

static bool only_digits(const char *word) {
    return word[0] >= '0' && word[0] <= '9' && word[strspn(word, "0123456789-/")] == '\0';
}

/* How many rows were found, or -EINVAL (told). */
static int answer(const struct options *o, const char *word) {
    struct query q = {.word = word, .transports = o->transports, .in_text = o->text};

    q.is_port = !o->text && read_ports(word, &q);
    if (!q.is_port && !o->text && only_digits(word)) {
        tool_usage("\"%s\" is no port: expected a number from 0 to 65535, or a range like 80-90",
                   word);
        return -EINVAL;
    }
    unsigned n = look(o, &q);

    if (n == 0 && q.is_port && q.low == q.high) {
        print_nobody(o, q.low);
    } else if (n == 0) {
        tool_say("%s: %s", word, q.is_port ? "no port of these is assigned" : "no such service");
    }
    return (int)n;
}

static uint8_t chosen(const struct options *o) {
    unsigned set = (o->tcp ? REGISTRY_TCP : 0u) | (o->udp ? REGISTRY_UDP : 0u) |
                   (o->sctp ? REGISTRY_SCTP : 0u) | (o->dccp ? REGISTRY_DCCP : 0u);

    return (uint8_t)(set != 0 ? set : REGISTRY_TRANSPORTS);
}

static int parse(int argc, char **argv, struct options *o) {
    const struct opt opts[] = {
        {OPT_FLAG, 't', "tcp", NULL, "only TCP", &o->tcp},
        {OPT_FLAG, 'u', "udp", NULL, "only UDP", &o->udp},
        {OPT_FLAG, 0, "sctp", NULL, "only SCTP", &o->sctp},
        {OPT_FLAG, 0, "dccp", NULL, "only DCCP", &o->dccp},
        {OPT_FLAG, 'k', "text", NULL, "look for the words in names and descriptions", &o->text},
        {OPT_FLAG, 'a', "all", NULL, "every service that is known", &o->all},
        {OPT_TEXT, 0, "file", "FILE", "a list like /etc/services, instead of that one", &o->file},
        OPT_JSON(&o->json),
    };
    static const struct opt_command command = {
        .name = "services",
        .usage = "[-t] [-u] [--sctp] [--dccp] [-k] [--file FILE] [--json] QUERY...\n"
                 "-a [-t] [-u] [--sctp] [--dccp] [--file FILE] [--json]",
        .about =
            "Looks up ports and services: \"443\", \"53/udp\", \"6000-6063\", \"mysql\", or a word "
            "of\na description. /etc/services comes first, then IANA's registry.",
    };
    int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);

    if (first >= 0 && o->all == (first < argc)) {
        tool_usage(o->all ? "--all takes no query"
                          : "which service? expected a port, a range, a name or a word");
        return OPT_WRONG;
    }
    o->transports = chosen(o);
    return first;
}

int tool_services(int argc, char **argv) {
    struct options o = {.file = ETC_SERVICES};
    struct query everything = {.high = 65535, .word = "", .in_text = true};
    int status = TOOL_OK;
    int first = parse(argc, argv, &o);

    if (first < 0) {
        return opt_status(first);
    }
    o.colour = out_wants_colour(1);
    int err = etc_services_load(o.file, &o.etc);

    if (err < 0) {
        tool_say("%s: %s", o.file, strerror(-err));
        if (strcmp(o.file, ETC_SERVICES) != 0 || registry_count() == 0) {
            return TOOL_USAGE;
        }
    }
    if (registry_count() == 0) {
        tool_say("built without IANA's registry (Debian's package ipv6toolkit has it): only %s is "
                 "asked",
                 o.file);
    }
    everything.transports = o.transports;
    if (o.all) {
        status = look(&o, &everything) > 0 ? TOOL_OK : TOOL_FAILED;
    }
    for (int i = first; i < argc && status != TOOL_USAGE; i++) {
        int n = answer(&o, argv[i]);

        status = n < 0 ? TOOL_USAGE : n == 0 ? TOOL_FAILED : status;
    }
    etc_services_free(&o.etc);
    return status;
}
