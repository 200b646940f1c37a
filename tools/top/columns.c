/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * columns.c - the columns: heading, text, order
 */
#include "tools/top/columns.h"

#include "tools/common/clean.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct column_kind columns[COLUMNS_N] = {
    [COL_HOST] = {"HOST", "host", 6, false},
    [COL_PROGRAM] = {"PROGRAM", "program", 8, false},
    [COL_PID] = {"PID", "pid", 5, true},
    [COL_PROTO] = {"PROTO", "proto", 5, false},
    [COL_LOCAL] = {"LOCAL", "local", 9, false},
    [COL_REMOTE] = {"REMOTE", "remote", 9, false},
    [COL_STATE] = {"STATE", "state", 11, false},
    [COL_RX] = {"RX/s", "rx", 6, true},
    [COL_TX] = {"TX/s", "tx", 6, true},
    [COL_RTT] = {"RTT ms", "rtt", 7, true},
    [COL_RTX] = {"RETR", "retransmissions", 5, true},
};

void column_bytes(double bytes, char buf[16]) {
    static const char units[] = " KMGTP";
    size_t unit = 0;

    while (bytes >= 999.5 && unit + 2 < sizeof(units)) {
        bytes /= 1000;
        unit++;
    }
    if (unit == 0) {
        snprintf(buf, 16, "%.0f", bytes);
    } else {
        snprintf(buf, 16, "%.*f%c", bytes < 9.95 ? 1 : 0, bytes, units[unit]);
    }
}

static void rate_text(double rate, char buf[16]) {
    if (rate < 0) {
        snprintf(buf, 16, "-");
    } else {
        column_bytes(rate, buf);
    }
}

static void tcp_text(const struct sock *s, enum column column, char buf[16]) {
    if (!s->has_tcp || s->state == INL_TCP_LISTEN) {
        snprintf(buf, 16, "-");
    } else if (column == COL_RTT) {
        double ms = (double)s->tcp.srtt_ns / 1e6;

        snprintf(buf, 16, "%.*f", ms < 99.95 ? 2 : 0, ms);
    } else {
        snprintf(buf, 16, "%" PRIu64, s->tcp.rtx_segs);
    }
}

void column_text(const struct row *row, enum column column, unsigned flags,
                 char buf[COLUMN_TEXT_MAX]) {
    const struct sock *s = &row->sock;

    switch (column) {
    case COL_HOST:
        clean_text(s->host, buf, COLUMN_TEXT_MAX);
        break;
    case COL_PROGRAM:
        clean_text(s->pid != 0 ? s->program : "-", buf, COLUMN_TEXT_MAX);
        break;
    case COL_PID:
        snprintf(buf, COLUMN_TEXT_MAX, s->pid != 0 ? "%" PRIu32 : "-", s->pid);
        break;
    case COL_PROTO:
        snprintf(buf, COLUMN_TEXT_MAX, "%s", sk_proto(s));
        break;
    case COL_LOCAL:
        sk_end_text(s, &s->local, flags, buf);
        break;
    case COL_REMOTE:
        sk_end_text(s, &s->remote, flags, buf);
        break;
    case COL_STATE:
        snprintf(buf, COLUMN_TEXT_MAX, "%s", sk_state(s));
        break;
    case COL_RX:
        rate_text(row->rx_rate, buf);
        break;
    case COL_TX:
        rate_text(row->tx_rate, buf);
        break;
    case COL_RTT:
    case COL_RTX:
        tcp_text(s, column, buf);
        break;
    case COLUMNS_N:
        buf[0] = '\0';
        break;
    }
}

enum column column_find(const char *name) {
    enum column c = COL_HOST;

    while (c < COLUMNS_N && strcmp(columns[c].name, name) != 0) {
        c++;
    }
    return c;
}

/* ---- order ---- */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_ends(const struct sock_end *a, const struct sock_end *b) {
    int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

    return order != 0 ? order : ORDER(a->port, b->port);
}

static uint64_t rtx_of(const struct sock *s) {
    return s->has_tcp ? s->tcp.rtx_segs : 0;
}

static int compare(const struct row *a, const struct row *b, enum column column) {
    const struct sock *x = &a->sock, *y = &b->sock;

    switch (column) {
    case COL_HOST:
        return strcmp(x->host, y->host);
    case COL_PROGRAM:
        return strcmp(x->program, y->program);
    case COL_PID:
        return ORDER(y->pid, x->pid);
    case COL_PROTO:
        return ORDER(2 * x->kind + x->six, 2 * y->kind + y->six);
    case COL_LOCAL:
        return compare_ends(&x->local, &y->local);
    case COL_REMOTE:
        return compare_ends(&x->remote, &y->remote);
    case COL_STATE:
        return ORDER(x->state, y->state);
    case COL_RX:
        return ORDER(b->rx_rate, a->rx_rate);
    case COL_TX:
        return ORDER(b->tx_rate, a->tx_rate);
    case COL_RTT:
        return ORDER(y->tcp.srtt_ns, x->tcp.srtt_ns);
    case COL_RTX:
        return ORDER(rtx_of(y), rtx_of(x));
    case COLUMNS_N:
        break;
    }
    return 0;
}

int column_compare(const struct row *a, const struct row *b, enum column column) {
    static const enum column then[] = {COL_HOST,  COL_PROGRAM, COL_PID,
                                       COL_PROTO, COL_LOCAL,   COL_REMOTE};
    int order = compare(a, b, column);

    for (size_t i = 0; order == 0 && i < sizeof(then) / sizeof(then[0]); i++) {
        order = compare(a, b, then[i]);
    }
    return order != 0 ? order : ORDER(a->sock.id, b->sock.id);
}
