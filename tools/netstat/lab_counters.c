/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_counters.c - the counters of a lab's hosts by their MIB names (include/inlet/info.h)
 */
#include "tools/netstat/lab_counters.h"

#include "host/client.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct printing {
    const struct counters_options *options;
    char host[32], link[32]; /* of the last line */
    int err;
};

static int print_json(const struct proto_counter *c) {
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:I}", "type", "counter", "host", c->host,
                             "link", c->link, "name", c->name, "value", (json_int_t)c->value);

    if (line == NULL) {
        return -ENOMEM;
    }
    if (c->link[0] == '\0') {
        json_object_set_new(line, "link", json_null());
    }
    int err = json_dumpf(line, stdout, JSON_COMPACT) < 0 ? -EIO : 0;

    json_decref(line);
    putchar('\n');
    return err;
}

static void print_line(struct printing *p, const struct proto_counter *c) {
    if (strcmp(p->host, c->host) != 0 || strcmp(p->link, c->link) != 0) {
        printf("%s%s%s:\n", c->host, c->link[0] != '\0' ? " " : "", c->link);
        memcpy(p->host, c->host, sizeof(p->host));
        memcpy(p->link, c->link, sizeof(p->link));
    }
    printf("    %-40s %12" PRIu64 "\n", c->name, c->value);
}

static void on_counters(void *ctx, const void *data, size_t len) {
    struct printing *p = ctx;
    const uint8_t *at = data;
    struct proto_counter c;

    for (; len >= sizeof(c); len -= sizeof(c), at += sizeof(c)) {
        memcpy(&c, at, sizeof(c));
        c.host[sizeof(c.host) - 1] = '\0';
        c.link[sizeof(c.link) - 1] = '\0';
        c.name[sizeof(c.name) - 1] = '\0';
        if ((c.link[0] != '\0') != p->options->links || (c.value == 0 && !p->options->all)) {
            continue;
        }
        if (!p->options->json) {
            print_line(p, &c);
        } else if (p->err == 0) {
            p->err = print_json(&c);
        }
    }
}

int print_counters(int fd, const struct counters_options *options) {
    struct printing p = {.options = options};
    int err = client_ask(fd, PROTO_COUNTERS, on_counters, &p);

    return err < 0 ? err : p.err;
}
