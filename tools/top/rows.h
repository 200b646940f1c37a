/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows.h - sockets over time: what is new, what has changed, what is gone, and how fast bytes flow
 *
 * A list of sockets is taken in by rows_update(). Sockets are told apart by struct sock's id, in a
 * hash table: a refresh costs time in proportion to the sockets, however many come and go. A row
 * that is new, changed or gone keeps its mark for a moment, and one that is gone leaves after it.
 */
#ifndef TOOLS_TOP_ROWS_H
#define TOOLS_TOP_ROWS_H

#include "host/table.h"
#include "tools/socks/sock.h"

enum row_mark { ROW_STEADY, ROW_NEW, ROW_CHANGED, ROW_CLOSED };

struct row {
    struct table_node node; /* the key is the socket's id */
    struct sock sock;
    enum row_mark mark;
    inl_dur mark_until_ns;
    uint64_t seen;           /* the refresh that had it last */
    double rx_rate, tx_rate; /* bytes a second; below 0: not known */
};

struct rows {
    struct table table;
    struct row **at; /* in no order */
    size_t n, room;
    uint64_t refreshes;
    inl_dur last_ns;
    inl_dur hold_ns;                  /* how long marks stay */
    uint64_t opened, changed, closed; /* since the first refresh */
    size_t alive;                     /* rows that are not gone */
    double rx_rate, tx_rate;          /* of all that are known */
};

void rows_init(struct rows *r, inl_dur hold_ns);
void rows_done(struct rows *r);

/* Takes in what sockets there are at a time (of a clock that never jumps). 0 or -ENOMEM. */
int rows_update(struct rows *r, const struct sock_list *list, inl_dur now_ns);

#endif
