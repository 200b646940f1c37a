/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtxq.c - what was sent and is not acknowledged, segment by segment
 *
 * Owns struct tcp_rtxq: a ring array of entries in order of sequence numbers that meet each
 * other. Loss detection marks entries LOST; output sends the first lost one again. Everything
 * but marking all (once a timeout) and splitting (once a path MTU change) is O(1), amortised:
 * the search for lost entries goes on from a cursor. Two entries have room in the struct, so that
 * handshakes and small exchanges allocate nothing; the array goes when the queue gets empty.
 *
 * Invariant: lost_bytes is the sum over LOST entries; no LOST entry lies before cursor.
 */
#include "tcp/internal.h"

#include <assert.h>
#include <errno.h>

void tcp_rtxq_init(struct tcp_rtxq *q) {
    *q = (struct tcp_rtxq){.cap = TCP_RTXQ_SMALL};
}

void tcp_rtxq_done(struct tcp_rtxq *q, struct mem *mem) {
    mem_free(mem, q->v, q->cap * sizeof(*q->v));
    tcp_rtxq_init(q);
}

struct tcp_rtx *tcp_rtxq_at(const struct tcp_rtxq *q, uint32_t i) {
    const struct tcp_rtx *v = q->v ? q->v : q->small;

    /* the entries are the queue's: only the caller's pointer to it was const */
    return (struct tcp_rtx *)(uintptr_t)&v[(q->head + i) & (q->cap - 1)];
}

/* Moves the entries into a new array of cap entries. */
static int rtxq_resize(struct tcp_rtxq *q, struct mem *mem, uint32_t cap) {
    struct tcp_rtx *v = mem_alloc(mem, cap * sizeof(*v));

    if (!v) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < q->n; i++) {
        v[i] = *tcp_rtxq_at(q, i);
    }
    mem_free(mem, q->v, q->cap * sizeof(*q->v));
    q->v = v;
    q->cap = cap;
    q->head = 0;
    return 0;
}

int tcp_rtxq_reserve(struct tcp_rtxq *q, struct mem *mem, uint32_t max) {
    if (q->n < q->cap) {
        return 0;
    }
    if (q->n >= max) {
        return -ENOBUFS;
    }
    return rtxq_resize(q, mem, q->cap < 8 ? 16 : q->cap * 2);
}

void tcp_rtxq_push(struct tcp_rtxq *q, seq_t seq, uint32_t len, unsigned flags, inl_time now) {
    assert(q->n < q->cap);
    *tcp_rtxq_at(q, q->n) =
        (struct tcp_rtx){.sent = now, .seq = seq, .len = len, .flags = (uint8_t)flags};
    q->n++;
}

static void rtxq_unmark(struct tcp_rtxq *q, struct tcp_rtx *rtx) {
    if (rtx->flags & TCP_RTX_LOST) {
        rtx->flags &= (uint8_t)~TCP_RTX_LOST;
        q->lost_bytes -= rtx->len;
    }
}

static void rtxq_pop(struct tcp_rtxq *q) {
    rtxq_unmark(q, tcp_rtxq_at(q, 0));
    q->head = (q->head + 1) & (q->cap - 1);
    q->n--;
    if (q->cursor > 0) {
        q->cursor--;
    }
}

/* The ACK ends inside the first entry. */
static void rtxq_cut_head(struct tcp_rtxq *q, seq_t ack) {
    struct tcp_rtx *rtx = tcp_rtxq_at(q, 0);
    uint32_t cut = (uint32_t)seq_diff(ack, rtx->seq);

    if (rtx->flags & TCP_RTX_LOST) {
        q->lost_bytes -= cut;
    }
    rtx->seq = ack;
    rtx->len -= cut;
    rtx->flags &= (uint8_t)~TCP_RTX_SYN;
}

void tcp_rtxq_ack(struct tcp_rtxq *q, struct mem *mem, seq_t ack, inl_time *ret_sent) {
    inl_time oldest = INL_TIME_NEVER;
    bool again = false;

    while (q->n > 0) {
        struct tcp_rtx *rtx = tcp_rtxq_at(q, 0);

        if (seq_ge(rtx->seq, ack)) {
            break;
        }
        oldest = inl_time_min(oldest, rtx->sent);
        again |= (rtx->flags & TCP_RTX_AGAIN) != 0;
        if (seq_gt(seq_add(rtx->seq, rtx->len), ack)) {
            rtxq_cut_head(q, ack);
            break;
        }
        rtxq_pop(q);
    }
    if (q->n == 0 && q->v) {
        tcp_rtxq_done(q, mem);
    }
    *ret_sent = again ? INL_TIME_NEVER : oldest;
}

static void rtxq_mark(struct tcp_rtxq *q, struct tcp_rtx *rtx) {
    if (!(rtx->flags & TCP_RTX_LOST)) {
        rtx->flags |= TCP_RTX_LOST;
        q->lost_bytes += rtx->len;
    }
}

void tcp_rtxq_mark_head(struct tcp_rtxq *q) {
    if (q->n > 0) {
        rtxq_mark(q, tcp_rtxq_at(q, 0));
        q->cursor = 0;
    }
}

void tcp_rtxq_mark_all(struct tcp_rtxq *q) {
    for (uint32_t i = 0; i < q->n; i++) {
        rtxq_mark(q, tcp_rtxq_at(q, i));
    }
    q->cursor = 0;
}

void tcp_rtxq_extend(struct tcp_rtxq *q, uint32_t bytes, bool push) {
    struct tcp_rtx *rtx = tcp_rtxq_at(q, 0);

    assert(q->n == 1 && !(rtx->flags & (TCP_RTX_SYN | TCP_RTX_FIN)));
    rtx->len += bytes;
    rtx->flags |= push ? TCP_RTX_PSH : 0;
    if (rtx->flags & TCP_RTX_LOST) {
        q->lost_bytes += bytes;
    }
}

struct tcp_rtx *tcp_rtxq_next_lost(struct tcp_rtxq *q) {
    if (q->lost_bytes == 0) {
        return NULL;
    }
    while (!(tcp_rtxq_at(q, q->cursor)->flags & TCP_RTX_LOST)) {
        q->cursor++;
        assert(q->cursor < q->n);
    }
    return tcp_rtxq_at(q, q->cursor);
}

void tcp_rtxq_resent(struct tcp_rtxq *q, struct tcp_rtx *rtx, inl_time now) {
    rtxq_unmark(q, rtx);
    rtx->flags |= TCP_RTX_AGAIN;
    rtx->sent = now;
}

static uint32_t rtxq_pieces(const struct tcp_rtxq *q, uint32_t mss) {
    uint64_t n = 0;

    for (uint32_t i = 0; i < q->n; i++) {
        uint32_t data = tcp_rtx_data(tcp_rtxq_at(q, i));

        n += data > mss ? (data + mss - 1) / mss : 1;
    }
    return n > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)n;
}

/* Writes the pieces of one entry; a SYN stays with the first, a FIN with the last. */
static uint32_t rtxq_cut(struct tcp_rtx rtx, uint32_t mss, struct tcp_rtx *out) {
    uint32_t n = 0;

    while (tcp_rtx_data(&rtx) > mss) {
        out[n] = rtx;
        out[n].len = mss + ((rtx.flags & TCP_RTX_SYN) != 0);
        out[n].flags &= (uint8_t) ~(TCP_RTX_FIN | TCP_RTX_PSH);
        rtx.seq = seq_add(rtx.seq, out[n].len);
        rtx.len -= out[n].len;
        rtx.flags &= (uint8_t)~TCP_RTX_SYN;
        n++;
    }
    out[n++] = rtx;
    return n;
}

int tcp_rtxq_split(struct tcp_rtxq *q, struct mem *mem, uint32_t mss) {
    uint32_t pieces = rtxq_pieces(q, mss);
    uint32_t cap = 16;
    uint32_t n = 0;
    struct tcp_rtx *v;

    if (pieces == q->n) {
        return 0;
    }
    while (cap <= pieces) {
        cap *= 2;
    }
    v = mem_alloc(mem, cap * sizeof(*v));
    if (!v) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < q->n; i++) {
        struct tcp_rtx rtx = *tcp_rtxq_at(q, i);

        if (tcp_rtx_data(&rtx) > mss) {
            rtxq_mark(q, &rtx); /* too long for the path: it did not arrive */
        }
        n += rtxq_cut(rtx, mss, &v[n]);
    }
    mem_free(mem, q->v, q->cap * sizeof(*q->v));
    q->v = v;
    q->cap = cap;
    q->head = 0;
    q->n = n;
    q->cursor = 0;
    return 0;
}
