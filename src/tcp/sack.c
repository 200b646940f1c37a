/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sack.c - the sender's scoreboard: what the peer says it has beyond a hole (RFC 2018, 2883)
 *
 * Owns nothing but the SACKED marks in the retransmission queue, which it sets. A block is found
 * by binary search; then each entry in it is marked, or, if it is marked already, skipped together
 * with those behind it: a SACKED entry knows how many from it on are, and each walk makes these
 * jumps longer (halving them as in a union-find). So the same blocks again cost next to nothing,
 * and an ACK costs O(newly SACKED + log N).
 *
 * A block that covers part of an entry cuts it there, as long as the queue lets: cuts are
 * limited. If it does not, that entry counts as not received, which is safe.
 *
 * What is believed: blocks above the ACK number and SND.UNA, below SND.NXT, left before right. The
 * first block may report a duplicate instead (RFC 2883 4): it lies below the ACK number, or inside
 * the second block. Anything else is counted and ignored.
 *
 * A SACK is advisory (RFC 2018 8): data stays until the ACK number covers it. If an ACK stops just
 * where a SACKED entry begins, the peer has thrown that away, since otherwise it would have
 * acknowledged it: all marks go, and RACK finds what is missing. After a timeout they go, too.
 */
#include "tcp/internal.h"

/* Plausible report of a duplicate: old data of ours, and of no more than a window. */
static bool dsack_valid(const struct tcp_conn *c, const struct tcp_sack_block *b) {
    return seq_lt(b->left, b->right) && seq_le(b->right, c->snd.nxt) &&
           seq_diff(c->snd.nxt, b->left) > 0 &&
           (uint64_t)seq_diff(c->snd.nxt, b->left) <=
               (uint64_t)c->snd.max_wnd_bytes + tcp_snd_flight(c);
}

/* RFC 2883 4 */
static bool is_dsack(const struct tcp_acked *a) {
    const struct tcp_opts *o = &a->seg->o;
    const struct tcp_sack_block *b = o->sack;

    if (seq_lt(b[0].left, a->seg->ack)) {
        return seq_le(b[0].right, a->seg->ack);
    }
    return o->sack_n > 1 && seq_ge(b[0].left, b[1].left) && seq_le(b[0].right, b[1].right);
}

/* SND.UNA is the ACK number, or beyond it if the ACK was overtaken. */
static bool block_valid(const struct tcp_conn *c, const struct tcp_sack_block *b) {
    return seq_lt(b->left, b->right) && seq_gt(b->left, c->snd.una) && seq_le(b->right, c->snd.nxt);
}

/* From a SACKED entry on: the first that is not, or the end. */
static uint32_t skip_sacked(const struct tcp_rtxq *q, uint32_t i) {
    while (i < q->n) {
        struct tcp_rtx *rtx = tcp_rtxq_at(q, i);
        uint32_t then = i + rtx->next;

        if (!(rtx->flags & TCP_RTX_SACKED)) {
            break;
        }
        if (then < q->n && tcp_rtxq_at(q, then)->flags & TCP_RTX_SACKED) {
            rtx->next += tcp_rtxq_at(q, then)->next;
        }
        i += rtx->next;
    }
    return i;
}

static void sack_mark(struct tcp_conn *c, struct tcp_rtx *rtx, struct tcp_acked *a) {
    if (!(rtx->flags & TCP_RTX_TOLD)) {
        a->sacked += rtx->len;
        tcp_ack_delivered(c, rtx, rtx->len, a);
    }
    tcp_rtxq_mark_sacked(&c->rtxq, rtx);
}

/* The first entry that begins at left or beyond; the one around left is cut there. */
static uint32_t sack_first(struct tcp_conn *c, seq_t left) {
    uint32_t i = tcp_rtxq_find(&c->rtxq, left);
    const struct tcp_rtx *rtx = tcp_rtxq_at(&c->rtxq, i);

    if (i < c->rtxq.n && seq_lt(rtx->seq, left) && !(rtx->flags & TCP_RTX_SACKED)) {
        tcp_rtxq_cut(&c->rtxq, &c->tcp->env->mem, i, (uint32_t)seq_diff(left, rtx->seq));
        return i + 1; /* also if it could not be cut: what is not covered whole is not marked */
    }
    return i;
}

static void sack_block(struct tcp_conn *c, const struct tcp_sack_block *b, struct tcp_acked *a) {
    struct tcp_rtxq *q = &c->rtxq;
    uint32_t first = sack_first(c, b->left);
    uint32_t i = first;

    while (i < q->n) {
        struct tcp_rtx *rtx = tcp_rtxq_at(q, i);
        seq_t end = seq_add(rtx->seq, rtx->len);

        if (seq_ge(rtx->seq, b->right)) {
            break;
        }
        if (rtx->flags & TCP_RTX_SACKED) {
            i = skip_sacked(q, i);
            continue;
        }
        if (seq_gt(end, b->right)) {
            if (tcp_rtxq_cut(q, &c->tcp->env->mem, i, (uint32_t)seq_diff(b->right, rtx->seq)) < 0) {
                break;
            }
            rtx = tcp_rtxq_at(q, i);
        }
        sack_mark(c, rtx, a);
        i++;
    }
    if (i > first && tcp_rtxq_at(q, first)->flags & TCP_RTX_SACKED) {
        tcp_rtxq_at(q, first)->next = i - first;
    }
}

/* Those that are good, in order: RACK sees reordering by it. */
static unsigned sack_sort(struct tcp_conn *c, const struct tcp_acked *a, unsigned from,
                          struct tcp_sack_block out[TCP_SACK_MAX]) {
    unsigned n = 0;

    for (unsigned i = from; i < a->seg->o.sack_n; i++) {
        const struct tcp_sack_block *b = &a->seg->o.sack[i];
        unsigned k = n;

        if (!block_valid(c, b)) {
            c->tcp->sack_discards++;
            continue;
        }
        for (; k > 0 && seq_lt(b->left, out[k - 1].left); k--) {
            out[k] = out[k - 1];
        }
        out[k] = *b;
        n++;
    }
    return n;
}

void tcp_sack_input(struct tcp_conn *c, struct tcp_acked *a) {
    const struct tcp_opts *o = &a->seg->o;
    struct tcp_sack_block blocks[TCP_SACK_MAX];
    unsigned n;

    if (!c->opt.sack_ok || !(o->present & TCP_HAS_SACK) || o->sack_n == 0) {
        return;
    }
    if (is_dsack(a)) {
        if (dsack_valid(c, &o->sack[0])) {
            a->dsack = true;
            a->dsack_block = o->sack[0];
            c->tcp->dsacks_in++;
        } else {
            c->tcp->sack_discards++;
        }
    }
    n = sack_sort(c, a, is_dsack(a) ? 1 : 0, blocks);
    for (unsigned i = 0; i < n; i++) {
        sack_block(c, &blocks[i], a);
    }
}

void tcp_sack_renege(struct tcp_conn *c) {
    if (c->rtxq.n > 0 && tcp_rtxq_at(&c->rtxq, 0)->flags & TCP_RTX_SACKED) {
        c->tcp->sack_reneges++;
        tcp_rtxq_unmark_all(&c->rtxq, TCP_RTX_SACKED);
        tcp_trace_event(c, INL_TCP_EVENT_RENEGED);
    }
}
