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
    struct tcp_hdr h;
    uint16_t off_flags;
    size_t hdr_len;

    h.sport = rd_be16(r);
    h.dport = rd_be16(r);
    h.seq = seq_mk(rd_be32(r));
    h.ack = seq_mk(rd_be32(r));
    off_flags = rd_be16(r);
    h.win = rd_be16(r);
    h.csum = rd_be16(r);
    h.urg = rd_be16(r);
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
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
    if (h->hdr_len_bytes < TCP_HDR_BYTES || h->hdr_len_bytes > TCP_HDR_MAX_BYTES ||
        h->hdr_len_bytes % 4 != 0 || wr_left(w) < TCP_HDR_BYTES) {
        w->bad = true;
        return;
    }
    wr_be16(w, h->sport);
    wr_be16(w, h->dport);
    wr_be32(w, h->seq.v);
    wr_be32(w, h->ack.v);
    wr_be16(w, (uint16_t)(h->hdr_len_bytes / 4 << 12 | (h->flags & 0x1ff)));
    wr_be16(w, h->win);
    wr_be16(w, h->csum);
    wr_be16(w, h->urg);
}

void tcp_flags_text(struct text *t, uint16_t flags) {
    static const char letters[] = "FSRP.UEWe"; /* in the order of the bits */

    if ((flags & 0x1ff) == 0) {
        text_str(t, "none");
        return;
    }
    for (unsigned i = 0; i < sizeof(letters) - 1; i++) {
        if (flags & 1u << i) {
            text_chr(t, letters[i]);
        }
    }
}

static void tcp_seq_text(struct text *t, const struct tcp_hdr *h, size_t len) {
    if (len == 0 && !(h->flags & (TCP_SYN | TCP_FIN | TCP_RST))) {
        return;
    }
    text_str(t, ", seq ");
    text_u64(t, h->seq.v);
    if (len) {
        text_chr(t, ':');
        text_u64(t, seq_add(h->seq, (uint32_t)len).v);
    }
}

void tcp_text(struct text *t, const struct tcp_hdr *h) {
    size_t len = rd_left(&h->payload);

    text_str(t, "Flags [");
    tcp_flags_text(t, h->flags);
    text_chr(t, ']');
    tcp_seq_text(t, h, len);
    if (h->flags & TCP_ACK) {
        text_str(t, ", ack ");
        text_u64(t, h->ack.v);
    }
    text_str(t, ", win ");
    text_u64(t, h->win);
    if (h->flags & TCP_URG) {
        text_str(t, ", urg ");
        text_u64(t, h->urg);
    }
    if (rd_left(&h->opts)) {
        text_str(t, ", options [");
        tcp_opts_text(t, h->opts);
        text_chr(t, ']');
    }
    text_str(t, ", length ");
    text_u64(t, len);
}
