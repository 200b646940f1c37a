/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtxlist.c - the two lists inside the retransmission queue
 *
 * An entry that is neither LOST nor SACKED is in `flight`, in order of (re)transmission: RACK
 * looks only at its beginning (RFC 8985 6.2 step 5). An entry that is LOST is in `lost`, in the
 * order in which they go again: retransmissions that were lost in their turn before all others,
 * each kind as it was found, which is nearly always by sequence number. Links are slots of the
 * ring array, so they stay good while the queue moves on.
 *
 * What moves entries or takes marks back from many of them at once (cuts, timeouts, undo) builds
 * both lists anew: originals are in order of time by their sequence numbers, what was sent again is
 * merge-sorted and merged in. O(N + R log R) for R retransmitted entries.
 *
 * Invariants: as above; SACKED entries are in no list.
 */
#include "tcp/internal.h"

#define SORT_BINS 32

void tcp_rtxl_init(struct tcp_rtxq *q) {
    q->flight = (struct tcp_rtx_list){TCP_RTX_NIL, TCP_RTX_NIL};
    q->lost = q->flight;
    q->lost_mark = TCP_RTX_NIL;
}

/* Behind the entry in slot prev, or first of all. */
static void list_insert(struct tcp_rtxq *q, struct tcp_rtx_list *l, struct tcp_rtx *rtx,
                        uint32_t prev) {
    uint32_t slot = tcp_rtxq_slot(q, rtx);

    rtx->prev = prev;
    if (prev == TCP_RTX_NIL) {
        rtx->next = l->first;
        l->first = slot;
    } else {
        struct tcp_rtx *before = tcp_rtxq_in_slot(q, prev);

        rtx->next = before->next;
        before->next = slot;
    }
    if (rtx->next == TCP_RTX_NIL) {
        l->last = slot;
    } else {
        tcp_rtxq_in_slot(q, rtx->next)->prev = slot;
    }
}

void tcp_rtxl_remove(struct tcp_rtxq *q, struct tcp_rtx *rtx) {
    struct tcp_rtx_list *l = rtx->flags & TCP_RTX_LOST ? &q->lost : &q->flight;

    if (rtx->flags & TCP_RTX_SACKED) {
        return;
    }
    if (q->lost_mark == tcp_rtxq_slot(q, rtx)) {
        q->lost_mark = rtx->prev;
    }
    if (rtx->prev == TCP_RTX_NIL) {
        l->first = rtx->next;
    } else {
        tcp_rtxq_in_slot(q, rtx->prev)->next = rtx->next;
    }
    if (rtx->next == TCP_RTX_NIL) {
        l->last = rtx->prev;
    } else {
        tcp_rtxq_in_slot(q, rtx->next)->prev = rtx->prev;
    }
}

void tcp_rtxl_add_flight(struct tcp_rtxq *q, struct tcp_rtx *rtx) {
    uint32_t slot = tcp_rtxq_slot(q, rtx);

    rtx->prev = q->flight.last;
    rtx->next = TCP_RTX_NIL;
    if (q->flight.last == TCP_RTX_NIL) {
        q->flight.first = slot;
    } else {
        tcp_rtxq_array(q)[q->flight.last].next = slot;
    }
    q->flight.last = slot;
}

void tcp_rtxl_add_lost(struct tcp_rtxq *q, struct tcp_rtx *rtx, bool first) {
    bool again = (rtx->flags & TCP_RTX_AGAIN) != 0;

    list_insert(q, &q->lost, rtx, first ? TCP_RTX_NIL : again ? q->lost_mark : q->lost.last);
    if (first ? q->lost_mark == TCP_RTX_NIL : again) {
        q->lost_mark = tcp_rtxq_slot(q, rtx);
    }
}

/* Of two chains (by next only) in order of time one; a first where they are equal. */
static uint32_t chain_merge(const struct tcp_rtxq *q, uint32_t a, uint32_t b) {
    uint32_t first = TCP_RTX_NIL;
    uint32_t *tail = &first;

    while (a != TCP_RTX_NIL && b != TCP_RTX_NIL) {
        struct tcp_rtx *ra = tcp_rtxq_in_slot(q, a);
        struct tcp_rtx *rb = tcp_rtxq_in_slot(q, b);

        if (rb->sent.ns < ra->sent.ns) {
            *tail = b;
            tail = &rb->next;
            b = rb->next;
        } else {
            *tail = a;
            tail = &ra->next;
            a = ra->next;
        }
    }
    *tail = a != TCP_RTX_NIL ? a : b;
    return first;
}

/* Adds one entry to a merge sort: bin i has 2^i entries, or none. */
static void sort_add(const struct tcp_rtxq *q, uint32_t bins[SORT_BINS], uint32_t slot) {
    unsigned i = 0;

    while (i < SORT_BINS - 1 && bins[i] != TCP_RTX_NIL) {
        slot = chain_merge(q, bins[i], slot);
        bins[i++] = TCP_RTX_NIL;
    }
    bins[i] = chain_merge(q, bins[i], slot);
}

static void flight_from_chain(struct tcp_rtxq *q, uint32_t slot) {
    uint32_t prev = TCP_RTX_NIL;

    q->flight.first = slot;
    while (slot != TCP_RTX_NIL) {
        struct tcp_rtx *rtx = tcp_rtxq_in_slot(q, slot);

        rtx->prev = prev;
        prev = slot;
        slot = rtx->next;
    }
    q->flight.last = prev;
}

static uint32_t slot_moved(const struct tcp_rtxq *q, uint32_t slot) {
    return slot == TCP_RTX_NIL ? slot : (slot - q->head) & (q->cap - 1);
}

void tcp_rtxl_moved(struct tcp_rtxq *q, struct tcp_rtx *v) {
    for (uint32_t i = 0; i < q->n; i++) {
        if (!(v[i].flags & TCP_RTX_SACKED)) { /* those are in no list, and count with next */
            v[i].next = slot_moved(q, v[i].next);
            v[i].prev = slot_moved(q, v[i].prev);
        }
    }
    q->flight =
        (struct tcp_rtx_list){slot_moved(q, q->flight.first), slot_moved(q, q->flight.last)};
    q->lost = (struct tcp_rtx_list){slot_moved(q, q->lost.first), slot_moved(q, q->lost.last)};
    q->lost_mark = slot_moved(q, q->lost_mark);
}

void tcp_rtxl_rebuild(struct tcp_rtxq *q) {
    uint32_t bins[SORT_BINS];
    uint32_t chain = TCP_RTX_NIL;

    for (unsigned i = 0; i < SORT_BINS; i++) {
        bins[i] = TCP_RTX_NIL;
    }
    tcp_rtxl_init(q);
    for (uint32_t i = q->n; i-- > 0;) { /* from the end, to put each in front */
        struct tcp_rtx *rtx = tcp_rtxq_at(q, i);
        uint32_t slot = tcp_rtxq_slot(q, rtx);

        if (rtx->flags & TCP_RTX_SACKED) {
            rtx->next = 1;
        } else if (rtx->flags & TCP_RTX_LOST) {
            list_insert(q, &q->lost, rtx, TCP_RTX_NIL);
        } else if (rtx->flags & TCP_RTX_AGAIN) {
            rtx->next = TCP_RTX_NIL;
            sort_add(q, bins, slot);
        } else {
            rtx->next = chain;
            chain = slot;
        }
    }
    for (unsigned i = 0; i < SORT_BINS; i++) {
        chain = chain_merge(q, chain, bins[i]);
    }
    flight_from_chain(q, chain);
}
