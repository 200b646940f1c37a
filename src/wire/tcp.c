/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp.c - TCP header
 *
 * Octets 12 and 13 hold the data offset (4 bits), three reserved bits and nine flags.
 */
#include "wire/tcp.h"

#include "wire/tcpopt.h"

#include <stddef.h>

enum inl_drop tcp_parse(struct rd *r, struct tcp_hdr *ret) {
    const uint8_t *p = rd_take(r, TCP_HDR_BYTES);
    struct tcp_hdr h;
    uint16_t off_flags;
    size_t hdr_len;

    if (!p) {
        return INL_DROP_TRUNCATED;
    }
    h.sport = rd_load16(p);
    h.dport = rd_load16(p + 2);
    h.seq = seq_mk(rd_load32(p + 4));
    h.ack = seq_mk(rd_load32(p + 8));
    off_flags = rd_load16(p + 12);
    h.win = rd_load16(p + 14);
    h.csum = rd_load16(p + 16);
    h.urg = rd_load16(p + 18);
    hdr_len = (size_t)(off_flags >> 12) * 4;
    if (hdr_len < TCP_HDR_BYTES) {
        return INL_DROP_BAD_LENGTH;
    }
    h.hdr_len_bytes = (uint8_t)hdr_len;
    h.rsrvd = (off_flags >> 9) & 0x7;
    h.flags = off_flags & 0x1ff;
    h.opts = rd_sub(r, hdr_len - TCP_HDR_BYTES);
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
    h.payload = rd_rest(r);
    *ret = h;
    return INL_DROP_NONE;
}

void tcp_emit(struct wr *w, const struct tcp_hdr *h) {
    bool sane = h->hdr_len_bytes >= TCP_HDR_BYTES && h->hdr_len_bytes <= TCP_HDR_MAX_BYTES &&
                h->hdr_len_bytes % 4 == 0;
    uint8_t *p = sane ? wr_take(w, TCP_HDR_BYTES) : NULL;

    if (!p) {
        w->bad = true;
        return;
    }
    wr_store16(p, h->sport);
    wr_store16(p + 2, h->dport);
    wr_store32(p + 4, h->seq.v);
    wr_store32(p + 8, h->ack.v);
    wr_store16(p + 12, (uint16_t)(h->hdr_len_bytes / 4 << 12 | (h->flags & 0x1ff)));
    wr_store16(p + 14, h->win);
    wr_store16(p + 16, h->csum);
    wr_store16(p + 18, h->urg);
}
