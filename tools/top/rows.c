/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows.c - sockets over time
 */
#include "tools/top/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void rows_init(struct rows *r, inl_dur hold_ns) {
    *r = (struct rows){.hold_ns = hold_ns};
    table_init(&r->table);
}

void rows_done(struct rows *r) {
    for (size_t i = 0; i < r->n; i++) {
        free(r->at[i]);
    }
    free(r->at);
    table_done(&r->table);
    *r = (struct rows){0};
}

static int make_room(struct rows *r, size_t more) {
    size_t room = r->room > 0 ? r->room : 64;

    while (room < r->n + more) {
        room *= 2;
    }
    if (room > r->room) {
        struct row **at = realloc(r->at, room * sizeof(struct row *));

        if (at == NULL) {
            return -ENOMEM;
        }
        r->at = at;
        r->room = room;
    }
    return 0;
}

static int add(struct rows *r, const struct sock *s, inl_dur now_ns) {
    struct row *row = calloc(1, sizeof(*row));

    if (row == NULL || table_insert(&r->table, &row->node, s->id) < 0) {
        free(row);
        return -ENOMEM;
    }
    row->sock = *s;
    row->seen = r->refreshes;
    row->rx_rate = row->tx_rate = -1;
    if (r->refreshes > 1) { /* at first, all would be new */
        row->mark = ROW_NEW;
        row->mark_until_ns = now_ns + r->hold_ns;
        r->opened++;
    }
    r->at[r->n++] = row;
    return 0;
}

static bool differs(const struct sock *a, const struct sock *b) {
    return a->state != b->state || a->pid != b->pid || a->local.port != b->local.port ||
           a->remote.port != b->remote.port || !inl_addr_eq(&a->local.addr, &b->local.addr) ||
           !inl_addr_eq(&a->remote.addr, &b->remote.addr);
}

static double rate(uint64_t before, uint64_t now, inl_dur span_ns) {
    return now >= before && span_ns > 0 ? (double)(now - before) * 1e9 / (double)span_ns : 0;
}

static void change(struct rows *r, struct row *row, const struct sock *s, inl_dur now_ns) {
    inl_dur span_ns = now_ns - r->last_ns;

    if (row->seen == r->refreshes) {
        return; /* two of one list that cannot be told apart: the first stands for both */
    }
    if (s->has_tcp && row->sock.has_tcp && s->state != INL_TCP_LISTEN && span_ns > 0) {
        row->rx_rate = rate(row->sock.tcp.bytes_received, s->tcp.bytes_received, span_ns);
        row->tx_rate = rate(row->sock.tcp.bytes_acked, s->tcp.bytes_acked, span_ns);
    } else if (!s->has_tcp) {
        row->rx_rate = row->tx_rate = -1;
    }
    if (row->mark == ROW_CLOSED || differs(&row->sock, s)) {
        row->mark = ROW_CHANGED;
        row->mark_until_ns = now_ns + r->hold_ns;
        r->changed++;
    } else if (row->mark != ROW_STEADY && now_ns >= row->mark_until_ns) {
        row->mark = ROW_STEADY;
    }
    row->sock = *s;
    row->seen = r->refreshes;
}

/* Marks what the list did not have, drops what has been gone for long enough, and sums up. */
static void sweep(struct rows *r, inl_dur now_ns) {
    size_t kept = 0;

    r->alive = 0;
    r->rx_rate = r->tx_rate = 0;
    for (size_t i = 0; i < r->n; i++) {
        struct row *row = r->at[i];

        if (row->seen == r->refreshes) {
            r->alive++;
            r->rx_rate += row->rx_rate > 0 ? row->rx_rate : 0;
            r->tx_rate += row->tx_rate > 0 ? row->tx_rate : 0;
        } else if (row->mark != ROW_CLOSED) {
            row->mark = ROW_CLOSED;
            row->mark_until_ns = now_ns + r->hold_ns;
            row->rx_rate = row->tx_rate = -1;
            r->closed++;
        } else if (now_ns >= row->mark_until_ns) {
            table_remove(&r->table, &row->node);
            free(row);
            continue;
        }
        r->at[kept++] = row;
    }
    r->n = kept;
}

int rows_update(struct rows *r, const struct sock_list *list, inl_dur now_ns) {
    int err = make_room(r, list->n);

    r->refreshes++;
    for (size_t i = 0; err == 0 && i < list->n; i++) {
        const struct sock *s = &list->at[i];
        struct table_node *node = table_find(&r->table, s->id);

        if (node == NULL) {
            err = add(r, s, now_ns);
        } else {
            change(r, TABLE_ENTRY(node, struct row, node), s, now_ns);
        }
    }
    if (err == 0) {
        sweep(r, now_ns);
    }
    r->last_ns = now_ns;
    return err;
}
