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
 * Does not do: buffer auto-tuning.
 */
#include "tcp/internal.h"

#define WND_MAX 65535u

static uint32_t min32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
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

void tcp_rwnd_init(struct tcp_conn *c) {
    c->rwnd.buf_bytes = c->opts.rcvbuf_bytes;
    c->rwnd.scale = scale_for(c->rwnd.buf_bytes);
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
    uint32_t wnd = min32(c->rwnd.buf_bytes, WND_MAX << c->rwnd.scale);

    if (wnd > tcp_rwnd_bytes(c)) {
        c->rwnd.edge = seq_add(c->rcv.nxt, wnd);
    }
}

void tcp_rwnd_no_scale(struct tcp_conn *c) {
    c->rwnd.scale = 0;
}

void tcp_rwnd_set_buf(struct tcp_conn *c, uint32_t bytes) {
    c->rwnd.buf_bytes = bytes;
    rwnd_apply(c);
}

/* The largest window that the buffer and the 16 bits of the field allow. */
static uint32_t rwnd_most(const struct tcp_conn *c) {
    return min32(c->rwnd.buf_bytes, WND_MAX << c->rwnd.scale);
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
    uint32_t gain = rwnd_gain(c);
    uint32_t buf = rwnd_most(c);

    if (c->rcv.fin_got || gain < min32(buf / 2, 2 * c->rcv.mss_bytes)) {
        return false;
    }
    return gain >= buf / 4 || tcp_rwnd_bytes(c) <= buf / 4;
}
