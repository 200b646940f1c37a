/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - what the buffers of all connections hold, against one limit
 *
 * Owns tcp.mem_bytes and tcp_conn.mem_bytes. Counted is what is really taken: pages of streams,
 * their tables, out-of-order ranges, the retransmission queue. So a segment of one byte that
 * lies alone counts as the page that it costs. After each event the connection's share is
 * counted anew.
 *
 * Two marks. Above three quarters (pressure) no buffer grows by itself, and new connections get
 * small ones. At the limit nothing is taken but the first data of a connection that holds none (a
 * page of a write, a segment):
 * writes wait, data beyond a hole is dropped, and data in order costs the connection what
 * it holds beyond the hole (RFC 2018 8 allows that). Nobody's window shrinks for it (RFC 9293
 * 3.8.6, SHLD-14): what is dropped the peer sends again.
 */
#include "tcp/internal.h"

static uint32_t mem_held(const struct tcp_conn *c) {
    size_t bytes = ring_held(&c->rcv.ring) + ring_held(&c->snd.ring) +
                   c->rcv.ooo.room * sizeof(struct range) +
                   (c->rtxq.v ? c->rtxq.cap * sizeof(*c->rtxq.v) : 0);

    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

void tcp_mem_update(struct tcp_conn *c) {
    uint32_t held = mem_held(c);

    c->tcp->mem_bytes += held;
    c->tcp->mem_bytes -= c->mem_bytes;
    c->mem_bytes = held;
}

bool tcp_mem_is_right(const struct tcp_conn *c) {
    return c->mem_bytes == mem_held(c);
}

static size_t mem_limit(const struct tcp *tcp) {
    return tcp->cfg.mem_bytes;
}

bool tcp_mem_pressure(const struct tcp *tcp) {
    return tcp->mem_bytes > mem_limit(tcp) - mem_limit(tcp) / 4;
}

size_t tcp_mem_left(const struct tcp *tcp) {
    return tcp->mem_bytes < mem_limit(tcp) ? mem_limit(tcp) - tcp->mem_bytes : 0;
}

bool tcp_mem_full(const struct tcp *tcp) {
    return tcp->mem_bytes >= mem_limit(tcp);
}
