/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rwnd.c - the window that we offer (RFC 9293 3.8.6.2.2, RFC 7323 2)
 *
 * Owns tcp_conn.rwnd. The window is kept as its right edge, a sequence number which never moves
 * left (SHLD-14): bytes that were promised will be taken. It moves right only by steps worth a
 * segment, min(half the buffer, MSS) (MUST-39). A window on the wire counts units of
 * 2^scale bytes and is rounded up, so that rounding does not take back what was promised; the
 * ring has that much more room than the buffer size says. But each rounding moves the edge, and a
 * reader that rests would be promised more with every ACK: where the ring ends it is rounded down,
 * and what the edge promises is taken all the same (RFC 7323 2.4).
 *
 * The buffer grows by itself until the application fixes its size. What is needed is what the
 * application reads in a round trip, and as much again for the next one; more if that is growing,
 * so that a peer in slow start is not held back. An application that leaves data unread for a
 * round trip is what holds the peer back itself, and gets no larger buffer. The receiver's round
 * trip is that of the timestamps which data echoes; without timestamps the time in which a whole
 * window is filled, the least that was seen (a peer that sends less than it may makes it look
 * longer). It begins as the handshake's. The scale is chosen for the largest size that the buffer
 * may grow to.
 */
#include "tcp/internal.h"

#define WND_MAX 65535u
#define LOWAT_MARGIN 65536u /* a full segment of any size: with less room it is readable anyway */
#define INITIAL_SEGS 10u    /* what a peer sends in its first round trip (RFC 6928) */

static uint32_t min32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint64_t min64(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint32_t max32(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t to_us(inl_dur ns) {
    return ns < UINT32_MAX * INL_US ? (uint32_t)(ns / INL_US) : UINT32_MAX;
}

static uint32_t now_us(const struct tcp_conn *c) {
    return (uint32_t)(c->tcp->env->now.ns / INL_US);
}

static uint8_t scale_for(uint32_t bytes) {
    uint8_t scale = 0;

    while (scale < TCP_WSCALE_MAX && bytes >> scale > WND_MAX) {
        scale++;
    }
    return scale;
}

/* A smaller buffer takes nothing back: what is offered still has its place in the ring. */
static void rwnd_apply(struct tcp_conn *c) {
    size_t buf = (size_t)c->rwnd.buf_bytes + ((size_t)1 << c->rwnd.scale);
    size_t promised = tcp_rcv_waiting(c) + tcp_rwnd_bytes(c);

    ring_set_cap(&c->rcv.ring, promised > buf ? promised : buf);
}

static uint32_t rwnd_max(const struct tcp_conn *c) {
    return max32(c->rwnd.buf_bytes, c->rwnd.fixed ? 0 : c->tcp->cfg.rcvbuf_max_bytes);
}

/* Depends on nothing that may change between a SYN-ACK and its ACK (synq.c). */
static uint32_t rwnd_initial(const struct tcp *tcp, const struct tcp_sock_opts *o) {
    uint64_t lowat = o->rcvlowat_bytes > 1 ? (uint64_t)o->rcvlowat_bytes + LOWAT_MARGIN : 0;
    uint32_t max = tcp->cfg.rcvbuf_max_bytes;

    if (o->rcvbuf_bytes > 0) {
        return o->rcvbuf_bytes;
    }
    return max32(tcp->cfg.rcvbuf_bytes, lowat < max ? (uint32_t)lowat : max);
}

uint32_t tcp_rwnd_of_syn(const struct tcp *tcp, const struct tcp_sock_opts *o) {
    return min32(rwnd_initial(tcp, o), WND_MAX);
}

void tcp_rwnd_init(struct tcp_conn *c) {
    c->rwnd = (struct tcp_rwnd){
        .buf_bytes = rwnd_initial(c->tcp, &c->opts),
        .fixed = c->opts.rcvbuf_bytes > 0,
    };
    c->rwnd.scale = scale_for(rwnd_max(c));
    rwnd_apply(c);
}

void tcp_rwnd_start(struct tcp_conn *c) {
    c->rwnd.edge = seq_add(c->rcv.nxt, min32(c->rwnd.buf_bytes, WND_MAX));
}

/*
 * The window of a SYN cannot be scaled: now that scaling is agreed on the whole buffer is open,
 * and the peer hears of it with the next segment. Promising needs no segment of its own.
 */
void tcp_rwnd_established(struct tcp_conn *c) {
    uint32_t wnd;

    if (!c->rwnd.fixed && tcp_mem_pressure(c->tcp)) {
        c->rwnd.buf_bytes = min32(c->rwnd.buf_bytes, WND_MAX); /* so much is promised */
        rwnd_apply(c);
    }
    wnd = min32(c->rwnd.buf_bytes, WND_MAX << c->rwnd.scale);
    if (wnd > tcp_rwnd_bytes(c)) {
        c->rwnd.edge = seq_add(c->rcv.nxt, wnd);
    }
    c->rwnd.space_bytes = INITIAL_SEGS * c->rcv.mss_bytes;
    c->rwnd.rtt_us = c->rtt.srtt_ns > 0 ? to_us(c->rtt.srtt_ns) : 0;
    c->rwnd.read_us = now_us(c);
    c->rwnd.rtt_at_us = c->rwnd.read_us;
    c->rwnd.rtt_edge = seq_add(c->rcv.nxt, c->rwnd.buf_bytes);
}

void tcp_rwnd_no_scale(struct tcp_conn *c) {
    c->rwnd.scale = 0;
}

void tcp_rwnd_set_buf(struct tcp_conn *c, uint32_t bytes) {
    c->rwnd.buf_bytes = bytes;
    c->rwnd.fixed = true;
    rwnd_apply(c);
}

/* ---- the buffer grows ---- */

/* Never down, nor when memory is short; what was promised stays promised. */
static void rwnd_grow(struct tcp_conn *c, uint64_t bytes) {
    uint32_t max = rwnd_max(c);

    if (c->rwnd.fixed || bytes <= c->rwnd.buf_bytes || tcp_mem_pressure(c->tcp)) {
        return;
    }
    c->rwnd.buf_bytes = bytes < max ? (uint32_t)bytes : max;
    rwnd_apply(c);
}

void tcp_rwnd_lowat(struct tcp_conn *c) {
    uint64_t lowat = c->opts.rcvlowat_bytes;

    if (lowat > 1) {
        rwnd_grow(c, lowat + LOWAT_MARGIN);
    }
}

/* A sample of the timestamps: one for each that came back, smoothed. */
static void measure_ts(struct tcp_conn *c, const struct tcp_seg *seg) {
    struct tcp_rwnd *w = &c->rwnd;
    seq_t echo = seq_mk(seg->o.ts_ecr);
    inl_dur rtt_ns;
    int32_t us;

    if (seq_eq(echo, w->rtt_edge) || !tcp_ts_rtt(c, seg, &rtt_ns)) {
        return;
    }
    us = (int32_t)min32(to_us(rtt_ns), INT32_MAX);
    w->rtt_edge = echo;
    w->rtt_us = w->rtt_us > 0 ? (uint32_t)((int32_t)w->rtt_us + (us - (int32_t)w->rtt_us) / 8)
                              : (uint32_t)us;
}

/* A whole window has come since the last mark. */
static void measure_window(struct tcp_conn *c) {
    struct tcp_rwnd *w = &c->rwnd;
    uint32_t us = now_us(c) - w->rtt_at_us;

    if (seq_lt(c->rcv.nxt, w->rtt_edge)) {
        return;
    }
    if (us > 0 && (w->rtt_us == 0 || us < w->rtt_us)) {
        w->rtt_us = us;
    }
    w->rtt_edge = seq_add(c->rcv.nxt, w->buf_bytes); /* more than that cannot come at once */
    w->rtt_at_us = now_us(c);
}

void tcp_rwnd_measure(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (c->rwnd.fixed) {
        return;
    }
    if (!c->ts.ok) {
        measure_window(c);
    } else if (seg->data_len >= c->rcv.mss_bytes) {
        measure_ts(c, seg);
    }
}

/* True while the application leaves data unread for a round trip or more. */
static bool reads_behind(struct tcp_conn *c) {
    struct tcp_rwnd *w = &c->rwnd;
    bool left = tcp_rcv_waiting(c) > c->rcv.mss_bytes;
    bool behind = w->left && now_us(c) - w->left_us >= w->rtt_us;

    if (left && !w->left) {
        w->left_us = now_us(c);
    }
    w->left = left;
    return behind;
}

static void measure_begin(struct tcp_conn *c) {
    c->rwnd.read_us = now_us(c);
    c->rwnd.read_off = (uint32_t)ring_head(&c->rcv.ring);
}

void tcp_rwnd_read(struct tcp_conn *c) {
    struct tcp_rwnd *w = &c->rwnd;
    uint32_t copied = (uint32_t)ring_head(&c->rcv.ring) - w->read_off;
    uint64_t need;

    if (w->fixed || w->rtt_us == 0) {
        return;
    }
    if (reads_behind(c)) {
        measure_begin(c);
        return;
    }
    if (w->left || now_us(c) - w->read_us < w->rtt_us) {
        return;
    }
    copied = min32(copied, w->buf_bytes); /* more cannot have come at once */
    if (copied > w->space_bytes) {
        need = 2 * (uint64_t)copied + 16 * (uint64_t)c->rcv.mss_bytes;
        need += 2 * (need * min32(copied - w->space_bytes, w->space_bytes) / w->space_bytes);
        w->space_bytes = copied;
        rwnd_grow(c, min64(need, (uint64_t)WND_MAX << w->scale));
    }
    measure_begin(c);
}

/* ---- the window ---- */

/* The largest window that the buffer and the 16 bits of the field allow. */
static uint32_t rwnd_most(const struct tcp_conn *c) {
    return min32(c->rwnd.buf_bytes, WND_MAX << c->rwnd.scale);
}

/* What is free of the buffer beyond the edge. */
static uint32_t rwnd_free(const struct tcp_conn *c) {
    uint64_t taken = tcp_rcv_waiting(c) + tcp_rwnd_bytes(c);

    return taken < c->rwnd.buf_bytes ? c->rwnd.buf_bytes - (uint32_t)taken : 0;
}

/* How far the edge could move right now. */
static uint32_t rwnd_gain(const struct tcp_conn *c) {
    uint64_t room = ring_head(&c->rcv.ring) + c->rwnd.buf_bytes;
    uint64_t told = c->rcv.nxt_off + rwnd_most(c);
    uint64_t end = room < told ? room : told;
    uint64_t offered = c->rcv.nxt_off + tcp_rwnd_bytes(c);

    return end > offered ? (uint32_t)(end - offered) : 0;
}

uint16_t tcp_rwnd_advertise(struct tcp_conn *c, bool syn) {
    uint32_t gain = rwnd_gain(c);
    uint32_t wnd = tcp_rwnd_bytes(c);
    uint32_t units;

    if (syn) {
        return (uint16_t)min32(c->rwnd.buf_bytes, WND_MAX);
    }
    if (gain >= min32(c->rwnd.buf_bytes / 2, c->rcv.mss_bytes)) {
        wnd += gain;
    }
    units = (wnd + (1u << c->rwnd.scale) - 1) >> c->rwnd.scale;
    if (tcp_rcv_waiting(c) + ((size_t)units << c->rwnd.scale) > ring_cap(&c->rcv.ring)) {
        units = wnd >> c->rwnd.scale;
    }
    units = min32(units, WND_MAX);
    if (units << c->rwnd.scale > tcp_rwnd_bytes(c)) {
        c->rwnd.edge = seq_add(c->rcv.nxt, units << c->rwnd.scale);
    }
    return (uint16_t)units;
}

/*
 * When the application has read: tell the peer if that opens the window by two segments (or half
 * the buffer), and either the peer is running short or it is a quarter of the buffer. Without
 * the latter each read would cost a packet.
 */
bool tcp_rwnd_update_due(const struct tcp_conn *c) {
    uint32_t buf = rwnd_most(c);
    uint32_t worth = min32(buf / 2, 2 * c->rcv.mss_bytes);
    uint32_t gain;

    if (c->rcv.fin_got || rwnd_free(c) < worth) {
        return false;
    }
    gain = rwnd_gain(c);
    if (gain < worth) {
        return false;
    }
    return gain >= buf / 4 || tcp_rwnd_bytes(c) <= buf / 4;
}

bool tcp_rwnd_tell(struct tcp_conn *c) {
    if (!tcp_state_synced(c) || c->state == INL_TCP_TIME_WAIT || !tcp_rwnd_update_due(c)) {
        return false;
    }
    tcp_ackd_now(c, INL_CAUSE_TCP_WINDOW_UPDATE);
    return true;
}
