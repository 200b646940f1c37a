/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp.c - headers of UDP and UDP-Lite
 */
#include "wire/udp.h"

#include "base/csum.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

/* The four fields, which both have. */
static bool udp_fields(struct rd *r, struct udp_hdr *h) {
    const uint8_t *p = rd_take(r, UDP_HDR_BYTES);

    if (!p) {
        return false;
    }
    h->sport = rd_load16(p);
    h->dport = rd_load16(p + 2);
    h->len_bytes = rd_load16(p + 4);
    h->csum = rd_load16(p + 6);
    return true;
}

enum inl_drop udp_parse(struct rd *r, struct udp_hdr *ret) {
    struct udp_hdr h;

    if (!udp_fields(r, &h)) {
        return INL_DROP_TRUNCATED;
    }
    if (h.len_bytes < UDP_HDR_BYTES) {
        return INL_DROP_BAD_LENGTH;
    }
    h.payload = rd_sub(r, h.len_bytes - (size_t)UDP_HDR_BYTES);
    if (r->bad) {
        return INL_DROP_BAD_LENGTH;
    }
    *ret = h;
    return INL_DROP_NONE;
}

enum inl_drop udplite_parse(struct rd *r, struct udp_hdr *ret) {
    size_t len = rd_left(r);
    struct udp_hdr h;

    if (!udp_fields(r, &h)) {
        return INL_DROP_TRUNCATED;
    }
    h.len_bytes = h.len_bytes ? h.len_bytes : (uint16_t)len;
    if (h.len_bytes < UDP_HDR_BYTES || h.len_bytes > len) {
        return INL_DROP_BAD_LENGTH;
    }
    h.payload = rd_sub(r, rd_left(r));
    *ret = h;
    return INL_DROP_NONE;
}

bool udplite_csum_ok(const struct inl_addr *src, const struct inl_addr *dst, struct rd datagram,
                     uint16_t covered) {
    struct rd peek = datagram;
    uint64_t acc = l4_pseudo_csum(src, dst, IP_PROTO_UDPLITE, (uint32_t)rd_left(&datagram));

    rd_skip(&peek, 6);
    if (rd_be16(&peek) == 0) {
        return false;
    }
    return csum_ok(csum_add(acc, rd_ptr(&datagram), covered));
}

void udp_emit(struct wr *w, const struct udp_hdr *h) {
    uint8_t *p = wr_take(w, UDP_HDR_BYTES);

    if (p) {
        wr_store16(p, h->sport);
        wr_store16(p + 2, h->dport);
        wr_store16(p + 4, h->len_bytes);
        wr_store16(p + 6, h->csum);
    }
}

uint16_t udp_csum_field(uint64_t acc) {
    uint16_t sum = csum_fold(acc);

    return sum ? sum : 0xffff; /* 0 would say "none"; in one's complement both are zero */
}

bool udp_csum_ok(const struct inl_addr *src, const struct inl_addr *dst, struct rd datagram) {
    struct rd peek = datagram;

    rd_skip(&peek, 6);
    if (rd_be16(&peek) == 0) {
        return !peek.bad && inl_addr_is4(src);
    }
    return l4_csum_ok(src, dst, IP_PROTO_UDP, datagram);
}
