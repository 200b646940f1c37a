/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * find.c - looks through /etc/services and the registry
 *
 * A row that both have is taken once, from the registry, whose row says more. What matches is kept
 * and sorted, so that a range is one list and not two.
 */
#include "tools/services/services.h"

#include "tools/common/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool has_text(const char *in, const char *word) {
    return strcasestr(in, word) != NULL;
}

static bool wanted(const struct query *q, const struct found *f) {
    uint8_t transports = f->flags & REGISTRY_TRANSPORTS;

    if (transports != 0 && (transports & q->transports) == 0) {
        return false;
    }
    switch (q->kind) {
    case QUERY_PORTS:
        return (f->flags & REGISTRY_NO_PORT) == 0 && f->low <= q->high && f->high >= q->low;
    case QUERY_TEXT:
        return has_text(f->name, q->word) || has_text(f->text, q->word) ||
               has_text(f->aliases, q->word);
    case QUERY_NAME:
        break;
    }
    return strcasecmp(f->name, q->word) == 0;
}

static int add(struct found_list *list, const struct found *f) {
    struct found *at = grow(list->at, list->n, &list->room, sizeof(*at));

    if (at == NULL) {
        return -ENOMEM;
    }
    list->at = at;
    list->at[list->n++] = *f;
    return 0;
}

void found_done(struct found_list *list) {
    free(list->at);
    *list = (struct found_list){0};
}

/* Has the registry the same name at the same port? */
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

static int find_in_etc(const struct etc_services *etc, const struct query *q,
                       struct found_list *list) {
    int err = 0;

    for (size_t i = 0; err == 0 && i < etc->n; i++) {
        const struct etc_service *row = &etc->rows[i];
        const struct found f = {.name = row->name,
                                .aliases = row->aliases,
                                .text = row->comment,
                                .reference = "",
                                .source = ETC_SERVICES,
                                .low = row->port,
                                .high = row->port,
                                .flags = row->transport,
                                .local = true};
        bool by_name = q->kind == QUERY_NAME && (row->transport & q->transports) != 0 &&
                       etc_service_is(row, q->word);

        if ((by_name || wanted(q, &f)) && !registry_has(row)) {
            err = add(list, &f);
        }
    }
    return err;
}

static int find_in_registry(const struct query *q, struct found_list *list) {
    int err = 0;

    for (unsigned i = 0; err == 0 && i < registry_count(); i++) {
        const struct registry_row *row = registry_at(i);
        const struct found f = {.name = registry_name(row),
                                .aliases = "",
                                .text = registry_text(row),
                                .reference = registry_reference(row),
                                .source = "iana",
                                .low = row->low,
                                .high = row->high,
                                .flags = row->flags};

        if (wanted(q, &f)) {
            err = add(list, &f);
        }
    }
    return err;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A service without a port stands behind all others. */
static uint32_t place(const struct found *f) {
    return (f->flags & REGISTRY_NO_PORT) != 0 ? 65536u : f->low;
}

static int compare(const void *a, const void *b, void *ctx) {
    const struct found *x = a, *y = b;
    const struct query *q = ctx;
    int by_port = ORDER(place(x), place(y)), by_list = ORDER(y->local, x->local);

    if (q->kind == QUERY_NAME && !q->by_port) {
        return by_list != 0 ? by_list : by_port;
    }
    return by_port != 0 ? by_port : by_list;
}

/* glibc's qsort_r() is a merge sort, which keeps the order of equal rows, unless there is no memory
 * for it; then that order is lost, and nothing else. */
int find(const struct etc_services *etc, const struct query *q, struct found_list *ret) {
    struct query query = *q;
    int err = find_in_etc(etc, q, ret);

    if (err == 0) {
        err = find_in_registry(q, ret);
    }
    if (err == 0 && ret->n > 0) {
        qsort_r(ret->at, ret->n, sizeof(*ret->at), compare, &query);
    }
    return err;
}
