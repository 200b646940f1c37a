/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * services.c - looks up ports and services, by number, name, range or text
 *
 * What /etc/services says comes first, since the machine's programs believe it; then IANA's registry
 * (tools/common/registry.h). A row that both have is printed once. A word that is no service's name
 * is looked for in names and descriptions.
 *
 * A port is registered for a transport, whichever IP carries it: there is nothing for -4 and -6 to
 * choose from, and they are not taken.
 */
#include "tools/services/services.h"

#include "tools/common/clean.h"
#include "tools/common/opt.h"
#include "tools/common/out.h"
#include "tools/common/tool.h"
#include "tools/tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *file;
    bool tcp, udp, sctp, dccp, all, text, numeric, json;
    uint8_t transports;
    struct etc_services etc;
    bool colour;
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

/* -n: ports alone, each transport a line, none twice. A range of many ports stays a range. */
static void print_numbers(const struct found_list *list, const struct query *q) {
    for (unsigned t = 0; t < TRANSPORTS; t++) {
        uint32_t next = 0; /* below it all is printed */

        for (size_t i = 0; i < list->n; i++) {
            const struct found *f = &list->at[i];
            bool is = (f->flags & q->transports & 1u << t) && (f->flags & REGISTRY_NO_PORT) == 0;

            if (!is || f->high < next) {
                continue;
            }
            if (f->low == f->high) {
                printf("%u/%s\n", f->low, transport_names[t]);
            } else {
                printf("%u-%u/%s\n", f->low, f->high, transport_names[t]);
            }
            next = f->high + 1u;
        }
    }
}

static void print(const struct options *o, const struct query *q, const struct found_list *list) {
    if (o->numeric) {
        print_numbers(list, q);
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        if (o->json) {
            print_json(&list->at[i]);
        } else {
            print_line(o, &list->at[i]);
        }
    }
}

/* A port that nobody has. */
static void print_nobody(const struct options *o, uint16_t port) {
    const char *range = registry_range(port);
    bool dynamic = range[0] == 'd';

    if (o->json) {
        out_json(json_pack("{s:s, s:i, s:s, s:s}", "type", "unassigned", "port", (int)port, "range",
                           range, "why", dynamic ? "never assigned" : "unassigned"));
    } else if (o->numeric) {
        return;
    } else if (dynamic) {
        printf("%u: dynamic range (49152-65535): never assigned; programs take these for a while\n",
               port);
    } else {
        printf("%u: %s range (%s): unassigned\n", port, range,
               range[0] == 's' ? "0-1023" : "1024-49151");
    }
}

/* ---- answering ---- */

/* Nobody has it; or somebody has, over another transport. */
static void tell_nothing(const struct options *o, const char *asked, const struct query *q) {
    struct query any = *q;
    struct found_list list = {0};
    char text[64], clean[QUERY_WORD_MAX];

    any.transports = REGISTRY_TRANSPORTS;
    clean_text(asked, clean, sizeof(clean));
    if (q->transports != any.transports && find(&o->etc, &any, &list) == 0 && list.n > 0) {
        clean_text(q->word, text, sizeof(text));
        tool_say("%s: not over that transport; `inlet services %s` tells the others", clean, text);
    } else if (q->kind == QUERY_PORTS && q->low == q->high) {
        print_nobody(o, q->low);
    } else if (q->kind == QUERY_PORTS) {
        tool_say("%s: no port of these is assigned", clean);
    } else {
        const char *near = suggest_name(&o->etc, q->word);

        clean_text(near != NULL ? near : "", text, sizeof(text));
        tool_say("%s: no such service%s%s%s", clean, near != NULL ? "; did you mean " : "", text,
                 near != NULL ? "?" : "");
    }
    found_done(&list);
}

/* TOOL_OK, TOOL_FAILED (nothing found) or TOOL_USAGE (told). */
static int answer(const struct options *o, const char *word) {
    struct found_list list = {0};
    struct query q;

    if (query_parse(word, o->transports, o->text, &q) < 0) {
        return TOOL_USAGE;
    }
    q.by_port = o->numeric;
    int err = find(&o->etc, &q, &list);

    if (err == 0 && list.n == 0 && q.kind == QUERY_NAME) {
        struct query text = q;

        text.kind = QUERY_TEXT;
        err = find(&o->etc, &text, &list);
    }
    if (err < 0) {
        tool_say("%s", strerror(-err));
    } else if (list.n > 0) {
        print(o, &q, &list);
    } else {
        tell_nothing(o, word, &q);
    }
    size_t n = list.n;

    found_done(&list);
    return n > 0 ? TOOL_OK : TOOL_FAILED;
}

/* Ports and names may be joined by commas; in text, which has blanks, a comma is one. */
static int answer_each(const struct options *o, char *words) {
    char *rest = words + strspn(words, ",");
    int status = TOOL_OK;

    if (o->text || strchr(words, ' ') != NULL) {
        return answer(o, words);
    }
    if (*rest == '\0') {
        return answer(o, rest); /* nothing between the commas: told */
    }
    for (const char *word = strtok_r(NULL, ",", &rest); word != NULL && status != TOOL_USAGE;
         word = strtok_r(NULL, ",", &rest)) {
        int one = answer(o, word);

        status = one > status ? one : status;
    }
    return status;
}

static int answer_all(const struct options *o) {
    const struct query everything = {.kind = QUERY_TEXT, .transports = o->transports};
    struct found_list list = {0};
    int err = find(&o->etc, &everything, &list);

    if (err == 0) {
        print(o, &everything, &list);
    } else {
        tool_say("%s", strerror(-err));
    }
    size_t n = list.n;

    found_done(&list);
    return err == 0 && n > 0 ? TOOL_OK : TOOL_FAILED;
}

/* ---- the command line ---- */

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
        {OPT_FLAG, 'n', "numeric", NULL, "only the ports: 443/tcp", &o->numeric},
        {OPT_TEXT, 0, "file", "FILE", "a list like /etc/services, instead of that one", &o->file},
        OPT_JSON(&o->json),
    };
    static const struct opt_command command = {
        .name = "services",
        .usage = "[-t] [-u] [--sctp] [--dccp] [-k] [-n | --json] [--file FILE] QUERY...\n"
                 "-a [-t] [-u] [--sctp] [--dccp] [-n | --json] [--file FILE]",
        .about = "Looks up ports and services: \"443\", \"53/udp\", \"6000-6063\", \"22,80\", "
                 "\"mysql\", or a\nword of a description. /etc/services comes first, then IANA's "
                 "registry.\nThere is no -4 and no -6: ports are the same in both versions of IP.",
    };
    int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);

    if (first >= 0 && o->all == (first < argc)) {
        tool_usage(o->all ? "--all takes no query"
                          : "which service? expected a port, a range, a name or a word");
        return OPT_WRONG;
    }
    if (first >= 0 && o->numeric && o->json) {
        tool_usage("-n and --json exclude each other: an object has both name and port");
        return OPT_WRONG;
    }
    o->transports = chosen(o);
    return first;
}

int tool_services(int argc, char **argv) {
    struct options o = {.file = ETC_SERVICES};
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
    if (o.all) {
        status = answer_all(&o);
    }
    for (int i = first; i < argc && status != TOOL_USAGE; i++) {
        int one = answer_each(&o, argv[i]);

        status = one > status ? one : status;
    }
    etc_services_free(&o.etc);
    return status;
}
