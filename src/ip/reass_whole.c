/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reass_whole.c - what is complete becomes a packet, as its source would have sent it whole
 *
 * One header, no fragment header, lengths and sums made anew (RFC 791 3.2, RFC 8200 4.5).
 * Congestion marks (RFC 3168 5.3): CE in one fragment is CE of the whole; reass.c has seen to it
 * that no other one is of a sender that knows nothing of ECN.
 */
#include "base/csum.h"
#include "base/wr.h"
#include "ip/reass_datagram.h"
#include "ip/state.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

#include <string.h>

static uint8_t ecn_of(const struct reass *d) {
    return d->ecn_seen & 1u << IP_ECN_CE ? IP_ECN_CE : d->ecn_first;
}

static void finish4(struct reass *d) {
    uint8_t *h = fragbuf_data(&d->buf) - d->hdr_len;
    struct wr w = wr_init(h, d->hdr_len);

    wr_take(&w, d->hdr_len); /* it is there: fields change */
    wr_set_u8(&w, 1, (uint8_t)((h[1] & ~IP_ECN_MASK) | ecn_of(d)));
    wr_set_be16(&w, 2, (uint16_t)(d->hdr_len + d->total_bytes));
    wr_set_be16(&w, 6, 0);
    wr_set_be16(&w, 10, 0);
    wr_set_be16(&w, 10, csum_fold(csum_add(0, h, d->hdr_len)));
}

/* Cuts out the fragment header, which stands last. */
static void finish6(struct reass *d) {
    uint8_t *h = fragbuf_data(&d->buf) - d->hdr_len;
    uint8_t next = h[d->hdr_len - REASS_FRAG_HDR_BYTES];
    struct wr w;

    memmove(h + REASS_FRAG_HDR_BYTES, h, d->hdr_len - REASS_FRAG_HDR_BYTES);
    d->hdr_len -= REASS_FRAG_HDR_BYTES;
    h += REASS_FRAG_HDR_BYTES;
    w = wr_init(h, d->hdr_len);
    wr_take(&w, d->hdr_len);
    wr_set_u8(&w, 1, (uint8_t)((h[1] & ~(IP_ECN_MASK << 4)) | ecn_of(d) << 4));
    wr_set_be16(&w, 4, (uint16_t)(d->hdr_len - IP6_HDR_BYTES + d->total_bytes));
    wr_set_u8(&w, d->next_field_off, next);
}

void reass_finish(struct reass *d) {
    if (inl_addr_is4(&d->key.src)) {
        finish4(d);
    } else {
        finish6(d);
    }
}

struct rd ip_reass_packet(const struct reass *whole) {
    return rd_init(fragbuf_data(&whole->buf) - whole->hdr_len, whole->hdr_len + whole->total_bytes);
}
