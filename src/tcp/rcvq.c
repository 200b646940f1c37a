/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rcvq.c - the received stream: order out of disorder
 *
 * Owns tcp_conn.rcv. Bytes go straight to their place in the ring, in order or not; a bounded
 * list of ranges remembers what lies beyond a hole. What was received once is not overwritten
 * in order (nxt only moves forward); beyond a hole a second copy may overwrite the first.
 *
 * A FIN ahead of a hole is remembered by its offset and taken when nxt gets there; data that
 * claims to lie behind it is ignored.
 */
#include "tcp/internal.h"

#include <errno.h>

void tcp_rcv_init(struct tcp_conn *c) {
    c->rcv.mss_bytes = 536;
    ring_init(&c->rcv.ring, &c->tcp->env->mem, 0);
    ranges_init(&c->rcv.ooo, &c->tcp->env->mem, TCP_OOO_RANGES);
}

void tcp_rcv_start(struct tcp_conn *c, seq_t irs) {
    c->rcv.irs = irs;
    c->rcv.nxt = seq_add(irs, 1);
}

void tcp_rcv_mss(struct tcp_conn *c, uint32_t mss_bytes) {
    c->rcv.mss_bytes = mss_bytes;
}

size_t tcp_rcv_waiting(const struct tcp_conn *c) {
    return (size_t)(c->rcv.nxt_off - c->rcv.fin_got - ring_head(&c->rcv.ring));
}

/* Less than the low-water mark is enough if no full segment more has room, or there is no memory:
 * the peer may be waiting for room just as we for data. */
bool tcp_rcv_readable(const struct tcp_conn *c) {
    size_t waiting = tcp_rcv_waiting(c);

    return waiting > 0 && (waiting >= c->opts.rcvlowat_bytes ||
                           waiting + c->rcv.mss_bytes > c->rwnd.buf_bytes || tcp_mem_full(c->tcp));
}

void tcp_rcv_lowat(struct tcp_conn *c) {
    if (tcp_rcv_readable(c)) {
        tcp_conn_event(c, INL_EV_READABLE);
    }
}

/* nxt moves to new_off, and on over ranges that it reaches. True if a hole was filled. */
static bool rcv_advance(struct tcp_conn *c, uint64_t new_off) {
    const struct range *r;
    bool filled = c->rcv.ooo.n > 0;

    while ((r = ranges_first(&c->rcv.ooo)) && r->lo <= new_off) {
        uint64_t hi = r->hi;

        new_off = hi > new_off ? hi : new_off;
        ranges_drop_below(&c->rcv.ooo, hi);
    }
    c->rcv.nxt = seq_add(c->rcv.nxt, (uint32_t)(new_off - c->rcv.nxt_off));
    c->rcv.nxt_off = new_off;
    return filled;
}

static void rcv_in_order(struct tcp_conn *c, uint64_t end) {
    bool filled = rcv_advance(c, end);

    if (c->rcv.shut) {
        ring_release(&c->rcv.ring, c->rcv.nxt_off);
    } else if (tcp_rcv_readable(c)) {
        tcp_conn_event(c, INL_EV_READABLE);
    }
    tcp_ackd_data(c, filled);
}

/* Part of the segment was there before: the first such part is told (RFC 2883 4). */
static void rcv_overlap(struct tcp_conn *c, uint64_t off, uint64_t end) {
    const struct range *r = ranges_from(&c->rcv.ooo, off);

    if (r && r->lo < end) {
        uint64_t lo = r->lo > off ? r->lo : off;
        uint64_t hi = r->hi < end ? r->hi : end;
        seq_t left = seq_add(c->rcv.nxt, (uint32_t)(lo - c->rcv.nxt_off));

        tcp_sackr_duplicate(c, left, seq_add(left, (uint32_t)(hi - lo)));
    }
}

/*
 * How many pieces may wait. Slow start overshoots a long path by a window, and what arrives of that
 * has as many holes; what is refused here is lost a second time.
 */
static uint32_t ooo_cap(const struct tcp_conn *c) {
    uint32_t cap = c->rwnd.buf_bytes / TCP_OOO_RANGE_BYTES;

    cap = cap > TCP_OOO_RANGES ? cap : TCP_OOO_RANGES;
    return cap < TCP_OOO_RANGES_MAX ? cap : TCP_OOO_RANGES_MAX;
}

static enum inl_drop rcv_out_of_order(struct tcp_conn *c, uint64_t off, uint64_t end) {
    seq_t seq = seq_add(c->rcv.nxt, (uint32_t)(off - c->rcv.nxt_off));
    int err;

    rcv_overlap(c, off, end);
    c->rcv.ooo.cap = ooo_cap(c);
    err = ranges_add(&c->rcv.ooo, off, end);
    tcp_mem_update(c);
    if (err == 0) {
        tcp_sackr_arrived(c, seq);
    }
    tcp_ackd_pure(c, INL_CAUSE_TCP_ACK_OOO);
    if (err == -ENOSPC) {
        return INL_DROP_TCP_OOO_LIMIT;
    }
    return err < 0 ? INL_DROP_NO_MEMORY : INL_DROP_NONE;
}

/* Data in order goes before what is held beyond the hole. */
static void rcv_prune(struct tcp_conn *c) {
    env_drop(c->tcp->env, INL_DROP_TCP_OOO_PRUNED);
    ring_trim(&c->rcv.ring, c->rcv.nxt_off);
    ranges_done(&c->rcv.ooo);
    tcp_sackr_init(c);
    tcp_mem_update(c);
}

/* The limit of all connections is reached: see memory.c. */
static bool rcv_refused(struct tcp_conn *c, uint64_t off) {
    if (!tcp_mem_full(c->tcp)) {
        return false;
    }
    if (off > c->rcv.nxt_off) {
        tcp_ackd_pure(c, INL_CAUSE_TCP_ACK_OOO);
        return true;
    }
    if (c->rcv.ooo.n > 0) {
        rcv_prune(c);
    }
    if (!tcp_mem_full(c->tcp) || tcp_rcv_waiting(c) == 0) {
        return false;
    }
    tcp_conn_event(c, INL_EV_READABLE);
    return true;
}

enum inl_drop tcp_rcv_data(struct tcp_conn *c, seq_t seq, const uint8_t *data, uint32_t len) {
    uint64_t off = tcp_rcv_off(c, seq);
    uint64_t end = off + len;

    if (len > c->rcv.mss_bytes && len <= c->opt.adv_mss_bytes) {
        c->rcv.mss_bytes = len; /* the peer's full size is more than its own MSS made believe */
    }
    if (c->rcv.fin_early && end > c->rcv.fin_off) {
        end = c->rcv.fin_off;
    }
    if (end <= off || (off > c->rcv.nxt_off && ranges_contains(&c->rcv.ooo, off, end))) {
        if (end > off) {
            tcp_sackr_duplicate(c, seq, seq_add(seq, (uint32_t)(end - off)));
        }
        tcp_ackd_pure(c, INL_CAUSE_TCP_ACK_DUP_DATA);
        return INL_DROP_TCP_DUPLICATE;
    }
    if (rcv_refused(c, off)) {
        return INL_DROP_TCP_MEMORY;
    }
    if (ring_write_at(&c->rcv.ring, off, data, (size_t)(end - off), NULL) < 0) {
        return INL_DROP_NO_MEMORY;
    }
    if (off > c->rcv.nxt_off) {
        return rcv_out_of_order(c, off, end);
    }
    if (c->rcv.ooo.n > 0) {
        rcv_overlap(c, off, end);
    }
    rcv_in_order(c, end);
    return INL_DROP_NONE;
}

static void rcv_take_fin(struct tcp_conn *c) {
    c->rcv.nxt = seq_add(c->rcv.nxt, 1);
    c->rcv.nxt_off++;
    c->rcv.fin_got = true;
    c->rcv.fin_early = false;
    tcp_urg_fin(c);
    ranges_done(&c->rcv.ooo); /* nothing that came from beyond is good */
}

bool tcp_rcv_fin(struct tcp_conn *c, seq_t seq, bool alone) {
    uint64_t off = tcp_rcv_off(c, seq);

    if (off == c->rcv.nxt_off) {
        rcv_take_fin(c);
        return true;
    }
    if (!c->rcv.fin_early && off > c->rcv.nxt_off) {
        c->rcv.fin_early = true;
        c->rcv.fin_off = off;
    }
    if (alone) {
        tcp_ackd_pure(c, INL_CAUSE_TCP_ACK_OOO);
    }
    return tcp_rcv_fin_due(c);
}

bool tcp_rcv_fin_due(struct tcp_conn *c) {
    if (!c->rcv.fin_early || c->rcv.nxt_off < c->rcv.fin_off) {
        return false;
    }
    rcv_take_fin(c);
    return true;
}

int64_t tcp_rcv_read(struct tcp_conn *c, void *buf, size_t len, bool peek) {
    size_t n = tcp_rcv_waiting(c);

    n = n < len ? n : len;
    if (c->urg.pending) {
        n = tcp_urg_limit(c, n);
    }
    if (ring_read_at(&c->rcv.ring, ring_head(&c->rcv.ring), buf, n, NULL) < 0) {
        return -EFAULT; /* cannot be: see tcp_check() */
    }
    if (!peek) {
        tcp_rcv_consume(c, n);
    }
    return (int64_t)n;
}

void tcp_rcv_consume(struct tcp_conn *c, size_t len) {
    ring_release(&c->rcv.ring, ring_head(&c->rcv.ring) + len);
    if (c->urg.pending) {
        tcp_urg_read(c);
    }
}

void tcp_rcv_shut(struct tcp_conn *c) {
    c->rcv.shut = true;
    tcp_rcv_consume(c, tcp_rcv_waiting(c));
}

void tcp_rcv_purge(struct tcp_conn *c) {
    ring_done(&c->rcv.ring);
    ranges_done(&c->rcv.ooo);
}
