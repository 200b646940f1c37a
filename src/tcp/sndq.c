/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sndq.c - the send stream
 *
 * Owns tcp_conn.snd: bytes of the application in a paged ring from una to the end, how far they
 * are sent, and the peer's window. Unless the application has fixed its size the buffer grows with
 * the congestion window, so that a write can always fill it. The ring begins at the first byte that
 * is not acknowledged.
 */
#include "tcp/internal.h"

#include <errno.h>

static uint32_t min32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

void tcp_snd_init(struct tcp_conn *c, seq_t iss) {
    c->snd.iss = iss;
    c->snd.una = iss;
    c->snd.nxt = iss;
    c->snd.una_off = UINT64_MAX; /* of the SYN: the byte behind it is number 0 */
    c->snd.end_off = 0;
    c->snd.fixed = c->opts.sndbuf_bytes > 0;
    c->snd.sndbuf_bytes = c->snd.fixed ? c->opts.sndbuf_bytes : c->tcp->cfg.sndbuf_bytes;
    if (!c->snd.fixed && tcp_mem_pressure(c->tcp)) {
        c->snd.sndbuf_bytes = min32(c->snd.sndbuf_bytes, TCP_SMALL_BUF_BYTES);
    }
    ring_init(&c->snd.ring, &c->tcp->env->mem, c->snd.sndbuf_bytes);
}

void tcp_snd_window(struct tcp_conn *c, seq_t seq, seq_t ack, uint32_t wnd_bytes) {
    c->snd.wnd_bytes = wnd_bytes;
    c->snd.wl1 = seq;
    c->snd.wl2 = ack;
    if (wnd_bytes > c->snd.max_wnd_bytes) {
        c->snd.max_wnd_bytes = wnd_bytes;
    }
}

static size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t max_size(size_t a, size_t b) {
    return a > b ? a : b;
}

/* What the limit on unsent bytes leaves: while there is less, at least a segment. */
static size_t snd_lowat_room(const struct tcp_conn *c) {
    uint32_t lowat = c->opts.notsent_lowat_bytes;
    uint64_t unsent;
    size_t left;

    if (lowat == 0) {
        return SIZE_MAX;
    }
    unsent = tcp_state_synced(c) ? tcp_snd_unsent(c) : 0;
    if (unsent >= lowat) {
        return 0;
    }
    left = lowat - (size_t)unsent;
    return left > c->opt.snd_mss_bytes ? left : c->opt.snd_mss_bytes;
}

/* The limit of all connections is reached, and this one has its share: what it sends has to be
 * acknowledged first. */
static bool snd_refused(const struct tcp_conn *c) {
    return tcp_mem_full(c->tcp) && ring_held(&c->snd.ring) > 0;
}

size_t tcp_snd_room(const struct tcp_conn *c) {
    uint64_t used = c->snd.end_off - ring_head(&c->snd.ring);

    if (snd_refused(c)) {
        return 0;
    }
    return min_size(used < c->snd.sndbuf_bytes ? c->snd.sndbuf_bytes - (size_t)used : 0,
                    snd_lowat_room(c));
}

/* A quarter of the buffer is worth waking the application for; anything, if it keeps it empty. */
static void snd_tell_room(struct tcp_conn *c) {
    size_t worth = c->opts.notsent_lowat_bytes > 0 ? 1 : c->snd.sndbuf_bytes / 4;

    if (c->snd.want_room && !c->snd.fin_wanted && tcp_snd_room(c) >= worth) {
        c->snd.want_room = false;
        tcp_conn_event(c, INL_EV_WRITABLE);
    }
}

/* Twice the congestion window: one in flight, one to follow while that is acknowledged. */
static void snd_grow(struct tcp_conn *c) {
    uint32_t want = c->cc.cwnd_bytes < UINT32_MAX / 2 ? 2 * c->cc.cwnd_bytes : UINT32_MAX;

    want = min32(want, c->tcp->cfg.sndbuf_max_bytes);
    if (!c->snd.fixed && want > c->snd.sndbuf_bytes && !tcp_mem_pressure(c->tcp)) {
        c->snd.sndbuf_bytes = want;
        ring_set_cap(&c->snd.ring, want);
    }
}

void tcp_snd_acked(struct tcp_conn *c, seq_t ack) {
    c->snd.una_off = tcp_snd_off(c, ack);
    c->snd.una = ack;
    ring_release(&c->snd.ring, c->snd.una_off < c->snd.end_off ? c->snd.una_off : c->snd.end_off);
    if (c->urg.sending) {
        tcp_urg_acked(c);
    }
    if (!c->snd.fixed) {
        snd_grow(c);
    }
    if (c->snd.want_room) {
        snd_tell_room(c);
    }
}

void tcp_snd_sent(struct tcp_conn *c, uint32_t seq_len, bool fin) {
    c->snd.nxt = seq_add(c->snd.nxt, seq_len);
    c->snd.fin_sent |= fin;
    if (c->snd.want_room) {
        snd_tell_room(c);
    }
}

void tcp_snd_fin(struct tcp_conn *c) {
    c->snd.fin_wanted = true;
}

/* Writes what memory allows: all, or half as much, ... */
int tcp_snd_write(struct tcp_conn *c, const void *buf, size_t len) {
    size_t room = tcp_snd_room(c);
    size_t n = len < room ? len : room;

    n = n < INT32_MAX ? n : INT32_MAX;
    if (c->snd.ring.tail > c->snd.end_off) {
        ring_trim(&c->snd.ring, c->snd.end_off); /* ends a loan that was not committed */
    }
    c->tcp->mem_refused += len > 0 && snd_refused(c);
    n = min_size(n, max_size(tcp_mem_left(c->tcp), RING_PAGE_BYTES));
    while (n > 0) {
        int err = ring_write_at(&c->snd.ring, c->snd.end_off, buf, n, NULL);

        if (err == 0) {
            c->snd.end_off += n;
            return (int)n;
        }
        if (err != -ENOMEM) {
            return err;
        }
        n /= 2;
    }
    return room == 0 ? -EAGAIN : -ENOBUFS;
}

void tcp_snd_wrote(struct tcp_conn *c, size_t len) {
    c->snd.end_off += len;
    ring_trim(&c->snd.ring, c->snd.end_off);
}

void tcp_snd_want_room(struct tcp_conn *c, bool want) {
    c->snd.want_room = want;
}

void tcp_snd_more(struct tcp_conn *c, bool more) {
    c->snd.more = more;
}

void tcp_snd_purge(struct tcp_conn *c) {
    ring_done(&c->snd.ring);
    c->snd.end_off = ring_head(&c->snd.ring);
}

void tcp_snd_set_buf(struct tcp_conn *c, uint32_t bytes) {
    c->snd.fixed = true;
    c->snd.sndbuf_bytes = bytes;
    ring_set_cap(&c->snd.ring, bytes);
    snd_tell_room(c);
}
