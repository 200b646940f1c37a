/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sackblocks.c - what we tell the peer about data beyond a hole (RFC 2018 4, RFC 2883)
 *
 * Owns tcp_conn.sackr. The ranges themselves are rcvq.c's; here is in which order they are told.
 * The first block has the segment that came last, then the blocks before it in time, so that each
 * is told several times and lost ACKs do no harm; what room remains goes to any other ranges. When
 * a burst asks for several pure ACKs at once, the room behind the first block moves on from one to
 * the next, so that together they tell more than one.
 *
 * D-SACK: a segment, or part of one, that was there before is named in front, once. If it lies
 * beyond a hole, the block that it lies in follows (RFC 2883 4.2).
 *
 * Invariant: nothing is told that is not in the ranges, but a D-SACK block.
 */
#include "tcp/internal.h"

void tcp_sackr_init(struct tcp_conn *c) {
    c->sackr = (struct tcp_sackr){0};
}

static bool sackr_off(const struct tcp_conn *c) {
    return !c->opt.sack_ok;
}

void tcp_sackr_arrived(struct tcp_conn *c, seq_t seq) {
    struct tcp_sackr *s = &c->sackr;
    unsigned i = 0;

    if (sackr_off(c)) {
        return;
    }
    /* to the front: out of its place, if its range is known, else the oldest goes */
    while (i < s->n && i < TCP_SACKR_RECENT - 1u &&
           ranges_find(&c->rcv.ooo, tcp_rcv_off(c, s->recent[i])) !=
               ranges_find(&c->rcv.ooo, tcp_rcv_off(c, seq))) {
        i++;
    }
    if (i == s->n) {
        s->n++;
    }
    for (; i > 0; i--) {
        s->recent[i] = s->recent[i - 1];
    }
    s->recent[0] = seq;
    s->turn = 0;
}

void tcp_sackr_duplicate(struct tcp_conn *c, seq_t left, seq_t right) {
    if (sackr_off(c) || !c->tcp->cfg.dsack || !seq_lt(left, right)) {
        return;
    }
    c->sackr.dup = (struct tcp_sack_block){left, right};
    c->sackr.has_dup = true;
}

bool tcp_sackr_due(const struct tcp_conn *c) {
    return c->opt.sack_ok && (c->sackr.has_dup || c->rcv.ooo.n > 0);
}

void tcp_sackr_sent(struct tcp_conn *c) {
    struct tcp_sackr *s = &c->sackr;

    s->has_dup = false;
    s->turn++;
    if (c->rcv.ooo.n == 0) {
        s->n = 0;
    }
}

static bool block_told(const struct tcp_opts *o, unsigned from, seq_t left) {
    for (unsigned i = from; i < o->sack_n; i++) {
        if (seq_eq(o->sack[i].left, left)) {
            return true;
        }
    }
    return false;
}

/* Adds a range unless it is among the blocks from index @from on. */
static void block_add(const struct tcp_conn *c, const struct range *r, unsigned from,
                      struct tcp_opts *o) {
    seq_t left;

    if (!r) {
        return;
    }
    left = seq_add(c->rcv.nxt, (uint32_t)(r->lo - c->rcv.nxt_off));
    if (!block_told(o, from, left)) {
        o->sack[o->sack_n].left = left;
        o->sack[o->sack_n].right = seq_add(left, (uint32_t)(r->hi - r->lo));
        o->sack_n++;
    }
}

static const struct range *recent_range(const struct tcp_conn *c, seq_t seq) {
    return seq_gt(seq, c->rcv.nxt) ? ranges_find(&c->rcv.ooo, tcp_rcv_off(c, seq)) : NULL;
}

void tcp_sackr_fill(const struct tcp_conn *c, unsigned max, struct tcp_opts *ret) {
    const struct tcp_sackr *s = &c->sackr;
    const struct ranges *ooo = &c->rcv.ooo;
    unsigned first = 0;

    max = max < TCP_SACK_MAX ? max : TCP_SACK_MAX;
    if (max == 0 || sackr_off(c)) {
        return;
    }
    ret->sack_n = 0;
    if (s->has_dup) {
        ret->sack[ret->sack_n++] = s->dup;
        first = 1;
        if (ret->sack_n < max) {
            block_add(c, recent_range(c, s->dup.left), first, ret);
        }
    }
    for (unsigned i = 0; i < s->n && ret->sack_n < max && (i == 0 || s->turn == 0); i++) {
        block_add(c, recent_range(c, s->recent[i]), first, ret);
    }
    for (size_t i = 0; i < ooo->n && i < TCP_SACK_MAX + 1u && ret->sack_n < max; i++) {
        block_add(c, &ooo->v[(i + (size_t)s->turn * (max - 1)) % ooo->n], first, ret);
    }
    if (ret->sack_n > 0) {
        ret->present |= TCP_HAS_SACK;
    }
}

unsigned tcp_sackr_count(const struct tcp_conn *c) {
    size_t n = c->rcv.ooo.n + (c->sackr.has_dup ? 1u : 0u);

    return tcp_sackr_due(c) ? (unsigned)(n < TCP_SACK_MAX ? n : TCP_SACK_MAX) : 0;
}
