/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gso.c - consecutive segments that leave as one frame
 *
 * Where the link cuts (INL_LINK_TX_GSO), segments of new data that follow each other, and that may
 * all go now, are built as one super-frame: one header, one copy, one turn in the ready list. Each
 * is planned, noted in rtxq and counted as if it left alone, by the same code; only the building
 * waits for the last of them. So loss recovery, windows, pacing and Nagle know nothing of this, and
 * what is sent again goes in segments. Where nothing but the windows and the data decides, output.c
 * plans the full-sized segments in one step; whatever is special falls back to one at a time.
 *
 * All segments of a frame have the header of the first but for PSH and FIN, which only the last may
 * have. A segment with CWR goes alone: devices leave it on the first piece, which is right for RFC
 * 3168 and wrong where the bit counts (RFC 9768).
 *
 * Owns nothing: struct tcp_frame lives during one pull.
 */
#include "tcp/internal.h"

#include "wire/ip4.h"
#include "wire/ip6.h"

#define GSO_ENDS (TCP_PSH | TCP_FIN)

uint32_t tcp_gso_room(const struct tcp_conn *c, const struct tcp_frame *frame) {
    size_t max = ip_link_gso_max(c->tcp->ip, c->path.link);
    size_t hdr = frame->hdr_len + (inl_addr_is4(&c->remote.addr) ? IP4_HDR_BYTES : IP6_HDR_BYTES);
    size_t tail = pkt_tailroom(frame->pkt);
    size_t room = max > hdr ? max - hdr : 0;

    /* only what is full-sized and unremarkable begins a frame; devices copy no IP options */
    if (c->route_bytes || frame->cause != INL_CAUSE_TCP_DATA ||
        frame->flags & (GSO_ENDS | TCP_CWR | TCP_URG)) {
        return 0;
    }
    return (uint32_t)(room < tail ? room : tail);
}

bool tcp_gso_join(const struct tcp_conn *c, struct tcp_frame *f, const struct tcp_plan *next,
                  uint32_t room) {
    uint32_t size = f->gso_size ? f->gso_size : f->data_len;
    uint16_t flags = tcp_build_flags(c, next);

    if (next->kind != TCP_PLAN_NEW || next->data_len == 0 || next->data_len > size ||
        next->data_len > room - f->data_len || next->cause == INL_CAUSE_TCP_DATA_LIMITED ||
        (flags & ~GSO_ENDS) != f->flags || !seq_eq(next->seq, seq_add(f->seq, f->data_len))) {
        return false;
    }
    f->gso_size = size;
    f->data_len += next->data_len;
    f->cause = next->cause;
    f->flags = flags;
    wr_set_u8(&f->w, TCP_FLAGS_LOW_OFF, (uint8_t)flags);
    return true;
}

void tcp_gso_add(struct tcp_frame *f, uint32_t n) {
    f->gso_size = f->data_len;
    f->data_len += n * f->gso_size;
}

/* Nothing can follow a segment that is shorter, or that ends something. */
bool tcp_gso_open(const struct tcp_frame *f) {
    return !(f->flags & GSO_ENDS) && (f->gso_size == 0 || f->data_len % f->gso_size == 0);
}
