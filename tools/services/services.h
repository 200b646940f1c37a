/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * services.h - a question of `inlet services`, and the rows that answer it
 *
 * query.c reads the question, find.c looks through both lists, suggest.c knows what may have been
 * meant, services.c prints.
 */
#ifndef TOOLS_SERVICES_SERVICES_H
#define TOOLS_SERVICES_SERVICES_H

#include "tools/common/etc_services.h"
#include "tools/common/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSPORTS 4
extern const char *const transport_names[TRANSPORTS]; /* bit 0 first: REGISTRY_TCP, ... */

/* ---- query.c ---- */

enum query_kind { QUERY_PORTS, QUERY_NAME, QUERY_TEXT };

#define QUERY_WORD_MAX 256

struct query {
    enum query_kind kind;
    char word[QUERY_WORD_MAX]; /* of a name or text; without its transport */
    uint16_t low, high;        /* of ports */
    uint8_t transports;        /* REGISTRY_TCP, ... */
    bool by_port;              /* the order of the answer, though it is a name */
};

/* "443", "80-90", "mysql", each with "/tcp" or another behind it, or before it. @transports: those
 * that the options allow. @text: it is text whatever it looks like. 0, or -EINVAL (told). */
int query_parse(const char *word, uint8_t transports, bool text, struct query *ret);

/* ---- find.c ---- */

/* A row of either list. */
struct found {
    const char *name, *aliases, *text, *reference, *source;
    uint16_t low, high;
    uint8_t flags;
    bool local; /* of /etc/services */
};

struct found_list {
    struct found *at;
    size_t n, room;
};

/* All rows that answer, in the order of their ports; of a name those of /etc/services first,
 * unless by_port. 0 or
 * -ENOMEM. */
int find(const struct etc_services *etc, const struct query *q, struct found_list *ret);
void found_done(struct found_list *list);

/* ---- suggest.c ---- */

/* The name that is most like one that nobody has, or NULL if none is near. */
const char *suggest_name(const struct etc_services *etc, const char *word);

#endif
