/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtxq.c - what was sent and is not acknowledged, segment by segment
 *
 * Owns struct tcp_rtxq: a ring array of entries in order of sequence numbers that meet each
 * other. An entry is in flight, LOST (loss detection says so; output sends it again) or SACKED
 * (the peer has it). Marking one and taking the next lost one are O(1), finding one by its
 * sequence number is a binary search. O(N) are only rare events: growth (amortised), a timeout,
 * a smaller path MTU, taking marks back. One entry has room in the struct, so that handshakes and
 * small exchanges allocate nothing; the array goes when the queue gets empty.
 *
 * An entry may be cut in two where a SACK block ends inside it. That moves the entries behind it,
 * and a peer chooses when: so a cut costs a token, of which there are RTXQ_CUTS, and one comes
 * back for every RTXQ_CUT_PAY entries that are acknowledged.
 *
 * Invariants: lost_bytes, sacked_bytes and sacked_n are sums over entries; no entry is LOST and
 * SACKED; see rtxlist.c for the lists.
 */
#include "tcp/internal.h"

#include <assert.h>
#include <errno.h>

#define RTXQ_CUTS 64u
#define RTXQ_SHORT 8u
#define RTXQ_LONG 64u
#define RTXQ_CUT_PAY 16u

void tcp_rtxq_init(struct tcp_rtxq *q) {
    *q = (struct tcp_rtxq){.cap = TCP_RTXQ_SMALL};
    tcp_rtxl_init(q);
}

void tcp_rtxq_done(struct tcp_rtxq *q, struct mem *mem) {
    mem_free(mem, q->v, q->cap * sizeof(*q->v));
    tcp_rtxq_init(q);
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
    tcp_rtxl_moved(q, v);
    mem_free(mem, q->v, q->cap * sizeof(*q->v));
    q->v = v;
    q->cap = cap;
    q->head = 0;
    return 0;
}

/* Few entries, then a page of them: most queues that need more than one get long. */
static uint32_t rtxq_more(const struct tcp_rtxq *q) {
    if (q->cap < RTXQ_LONG) {
        return q->cap < RTXQ_SHORT ? RTXQ_SHORT : RTXQ_LONG;
    }
    return q->cap * 2;
}

int tcp_rtxq_reserve_two(struct tcp_rtxq *q, struct mem *mem) {
    return q->cap - q->n >= 2 ? 0 : rtxq_resize(q, mem, rtxq_more(q));
}

int tcp_rtxq_reserve(struct tcp_rtxq *q, struct mem *mem, uint32_t max) {
    if (q->n < q->cap) {
        return 0;
    }
    if (q->n >= max) {
        return -ENOBUFS;
    }
    return rtxq_resize(q, mem, rtxq_more(q));
}

void tcp_rtxq_push(struct tcp_rtxq *q, seq_t seq, uint32_t len, unsigned flags, inl_time now) {
    struct tcp_rtx *rtx;

    assert(q->n < q->cap);
    rtx = tcp_rtxq_at(q, q->n);
    *rtx = (struct tcp_rtx){.sent = now, .seq = seq, .len = len, .flags = (uint8_t)flags};
    q->n++;
    tcp_rtxl_add_flight(q, rtx);
}

/* ---- marks ---- */

static void rtxq_clear(struct tcp_rtxq *q, struct tcp_rtx *rtx, unsigned flags) {
    if (rtx->flags & flags & TCP_RTX_LOST) {
        q->lost_bytes -= rtx->len;
    }
    if (rtx->flags & flags & TCP_RTX_SACKED) {
        q->sacked_bytes -= rtx->len;
        q->sacked_n--;
        rtx->flags |= TCP_RTX_TOLD;
    }
    rtx->flags &= (uint8_t)~flags;
}

void tcp_rtxq_mark_lost(struct tcp_rtxq *q, struct tcp_rtx *rtx) {
    if (!(rtx->flags & (TCP_RTX_LOST | TCP_RTX_SACKED))) {
        tcp_rtxl_remove(q, rtx);
        rtx->flags |= TCP_RTX_LOST;
        q->lost_bytes += rtx->len;
        tcp_rtxl_add_lost(q, rtx, false);
    }
}

void tcp_rtxq_mark_sacked(struct tcp_rtxq *q, struct tcp_rtx *rtx) {
    tcp_rtxl_remove(q, rtx);
    rtxq_clear(q, rtx, TCP_RTX_LOST);
    rtx->flags |= TCP_RTX_SACKED;
    rtx->next = 1;
    q->sacked_bytes += rtx->len;
    q->sacked_n++;
}

void tcp_rtxq_mark_head(struct tcp_rtxq *q) {
    if (q->n > 0) {
        struct tcp_rtx *rtx = tcp_rtxq_at(q, 0);

        tcp_rtxl_remove(q, rtx);
        rtxq_clear(q, rtx, TCP_RTX_LOST | TCP_RTX_SACKED);
        rtx->flags |= TCP_RTX_LOST;
        q->lost_bytes += rtx->len;
        tcp_rtxl_add_lost(q, rtx, true);
    }
}

void tcp_rtxq_mark_all(struct tcp_rtxq *q) {
    for (uint32_t i = 0; i < q->n; i++) {
        struct tcp_rtx *rtx = tcp_rtxq_at(q, i);

        if (!(rtx->flags & (TCP_RTX_LOST | TCP_RTX_SACKED))) {
            rtx->flags |= TCP_RTX_LOST;
            q->lost_bytes += rtx->len;
        }
    }
    tcp_rtxl_rebuild(q);
}

void tcp_rtxq_unmark_all(struct tcp_rtxq *q, unsigned flags) {
    for (uint32_t i = 0; i < q->n; i++) {
        rtxq_clear(q, tcp_rtxq_at(q, i), flags);
    }
    tcp_rtxl_rebuild(q);
}

void tcp_rtxq_resent(struct tcp_rtxq *q, struct tcp_rtx *rtx, inl_time now) {
    tcp_rtxl_remove(q, rtx);
    rtxq_clear(q, rtx, TCP_RTX_LOST | TCP_RTX_SACKED);
    rtx->flags &= (uint8_t)~TCP_RTX_TOLD;
    rtx->flags |= TCP_RTX_AGAIN;
    rtx->sent = now;
    tcp_rtxl_add_flight(q, rtx);
}

/* ---- acknowledged ---- */

void tcp_rtxq_pop(struct tcp_rtxq *q) {
    struct tcp_rtx *rtx = tcp_rtxq_at(q, 0);

    if (rtx->flags & (TCP_RTX_LOST | TCP_RTX_SACKED) || rtx->prev != TCP_RTX_NIL) {
        tcp_rtxl_remove(q, rtx);
        rtxq_clear(q, rtx, TCP_RTX_LOST | TCP_RTX_SACKED);
    } else { /* the first in flight */
        q->flight.first = rtx->next;
        if (rtx->next == TCP_RTX_NIL) {
            q->flight.last = TCP_RTX_NIL;
        } else {
            tcp_rtxq_array(q)[rtx->next].prev = TCP_RTX_NIL;
        }
    }
    q->head = (q->head + 1) & (q->cap - 1);
    q->n--;
    if (q->cuts > 0) {
        q->cuts--;
    }
}

void tcp_rtxq_cut_head(struct tcp_rtxq *q, seq_t ack) {
    struct tcp_rtx *rtx = tcp_rtxq_at(q, 0);
    uint32_t cut = (uint32_t)seq_diff(ack, rtx->seq);

    q->lost_bytes -= rtx->flags & TCP_RTX_LOST ? cut : 0;
    q->sacked_bytes -= rtx->flags & TCP_RTX_SACKED ? cut : 0;
    rtx->seq = ack;
    rtx->len -= cut;
    rtx->flags &= (uint8_t)~TCP_RTX_SYN;
}

void tcp_rtxq_trim(struct tcp_rtxq *q, struct mem *mem) {
    if (q->n == 0 && q->v) {
        tcp_rtxq_done(q, mem);
    }
}

uint32_t tcp_rtxq_find(const struct tcp_rtxq *q, seq_t seq) {
    uint32_t lo = 0;
    uint32_t hi = q->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const struct tcp_rtx *rtx = tcp_rtxq_at(q, mid);

        if (seq_le(seq_add(rtx->seq, rtx->len), seq)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* ---- sizes ---- */

void tcp_rtxq_extend(struct tcp_rtxq *q, uint32_t bytes, bool push) {
    struct tcp_rtx *rtx = tcp_rtxq_at(q, 0);

    assert(q->n == 1 && !(rtx->flags & (TCP_RTX_SYN | TCP_RTX_FIN)));
    rtx->len += bytes;
    rtx->flags |= push ? TCP_RTX_PSH : 0;
    if (rtx->flags & TCP_RTX_LOST) {
        q->lost_bytes += bytes;
    }
}

/* Takes the first len sequence numbers off *rtx: a SYN goes with them, FIN and PSH stay. */
static struct tcp_rtx rtx_cut_front(struct tcp_rtx *rtx, uint32_t len) {
    struct tcp_rtx front = *rtx;

    front.len = len;
    front.flags &= (uint8_t) ~(TCP_RTX_FIN | TCP_RTX_PSH);
    rtx->flags &= (uint8_t)~TCP_RTX_PROBE; /* its first piece stands for it */
    rtx->seq = seq_add(rtx->seq, len);
    rtx->len -= len;
    rtx->flags &= (uint8_t)~TCP_RTX_SYN;
    return front;
}

int tcp_rtxq_cut(struct tcp_rtxq *q, struct mem *mem, uint32_t i, uint32_t bytes) {
    struct tcp_rtx front;

    if (q->cuts > (RTXQ_CUTS - 1) * RTXQ_CUT_PAY) {
        return -ENOBUFS;
    }
    if (q->n == q->cap && rtxq_resize(q, mem, rtxq_more(q)) < 0) {
        return -ENOMEM;
    }
    assert(i < q->n && bytes > 0 && bytes < tcp_rtxq_at(q, i)->len);
    q->cuts += RTXQ_CUT_PAY;
    front = rtx_cut_front(tcp_rtxq_at(q, i), bytes);
    q->sacked_n += (front.flags & TCP_RTX_SACKED) != 0;
    q->n++;
    for (uint32_t k = q->n - 1; k > i; k--) {
        *tcp_rtxq_at(q, k) = *tcp_rtxq_at(q, k - 1);
    }
    *tcp_rtxq_at(q, i) = front;
    tcp_rtxl_rebuild(q);
    return 0;
}

static uint32_t rtxq_pieces(const struct tcp_rtxq *q, uint32_t mss) {
    uint64_t n = 0;

    for (uint32_t i = 0; i < q->n; i++) {
        uint32_t data = tcp_rtx_data(tcp_rtxq_at(q, i));

        n += data > mss ? (data + mss - 1) / mss : 1;
    }
    return n > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)n;
}

/* Writes the pieces of one entry. */
static uint32_t rtxq_cut_to(struct tcp_rtx rtx, uint32_t mss, struct tcp_rtx *out) {
    uint32_t n = 0;

    while (tcp_rtx_data(&rtx) > mss) {
        out[n++] = rtx_cut_front(&rtx, mss + ((rtx.flags & TCP_RTX_SYN) != 0));
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
        bool too_long = tcp_rtx_data(&rtx) > mss;
        uint32_t got;

        if (too_long && !(rtx.flags & (TCP_RTX_LOST | TCP_RTX_SACKED))) {
            rtx.flags |= TCP_RTX_LOST; /* too long for the path: it did not arrive */
            q->lost_bytes += rtx.len;
        }
        got = rtxq_cut_to(rtx, mss, &v[n]);
        q->sacked_n += rtx.flags & TCP_RTX_SACKED ? got - 1 : 0;
        n += got;
    }
    mem_free(mem, q->v, q->cap * sizeof(*q->v));
    q->v = v;
    q->cap = cap;
    q->head = 0;
    q->n = n;
    tcp_rtxl_rebuild(q);
    return 0;
}
