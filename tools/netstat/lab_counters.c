/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_counters.c - the counters of a lab's hosts by their MIB names (include/inlet/info.h)
 */
#include "tools/netstat/lab_counters.h"

#include "host/client.h"
#include "tools/common/clean.h"
#include "tools/common/out.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct printing {
    const struct counters_options *options;
    char host[32], link[32]; /* of the last line */
};

static void print_json(const struct proto_counter *c) {
    out_json(json_pack("{s:s, s:s, s:o, s:s, s:I}", "type", "counter", "host", c->host, "link",
                       c->link[0] != '\0' ? json_string(c->link) : json_null(), "name", c->name,
                       "value", (json_int_t)c->value));
}

static void print_line(struct printing *p, const struct proto_counter *c) {
    if (strcmp(p->host, c->host) != 0 || strcmp(p->link, c->link) != 0) {
        printf("%s%s%s:\n", c->host, c->link[0] != '\0' ? " " : "", c->link);
        memcpy(p->host, c->host, sizeof(p->host));
        memcpy(p->link, c->link, sizeof(p->link));
    }
    printf("    %-40s %12" PRIu64 "\n", c->name, c->value);
}

static int on_counters(void *ctx, const void *data, size_t len) {
    struct printing *p = ctx;
    struct proto_counter c;

    while (client_next(&data, &len, &c, sizeof(c))) {
        clean_name(c.host, sizeof(c.host));
        clean_name(c.link, sizeof(c.link));
        clean_name(c.name, sizeof(c.name));
        if ((c.link[0] != '\0') != p->options->links || (c.value == 0 && !p->options->all)) {
            continue;
        }
        if (p->options->json) {
            print_json(&c);
        } else {
            print_line(p, &c);
        }
    }
    return 0;
}

int print_counters(int fd, const struct counters_options *options) {
    struct printing p = {.options = options};
    return client_ask(fd, PROTO_COUNTERS, on_counters, &p);
}
