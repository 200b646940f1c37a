/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp6.c - ICMP for IPv6
 */
#include "wire/icmp6.h"

#include "base/csum.h"
#include "wire/icmpext.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <stddef.h>

enum inl_drop icmp6_parse(struct rd *r, struct icmp6_msg *ret) {
    struct icmp6_msg m = {0};

    m.type = rd_u8(r);
    m.code = rd_u8(r);
    m.csum = rd_be16(r);
    m.rest = rd_be32(r);
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
    switch (m.type) {
    case ICMP6_ECHO_REQUEST:
    case ICMP6_ECHO_REPLY:
        m.id = (uint16_t)(m.rest >> 16);
        m.seq = (uint16_t)m.rest;
        break;
    case ICMP6_UNREACH:
    case ICMP6_TIME_EXCEEDED:
        m.quoted_bytes = (uint16_t)((m.rest >> 24) * 8);
        break;
    case ICMP6_TOO_BIG:
        m.mtu_bytes = m.rest;
        break;
    case ICMP6_PARAM_PROBLEM:
        m.pointer = m.rest;
        break;
    default:
        break;
    }
    m.data = rd_rest(r);
    *ret = m;
    return INL_DROP_NONE;
}

static uint32_t icmp6_rest(const struct icmp6_msg *m) {
    switch (m->type) {
    case ICMP6_ECHO_REQUEST:
    case ICMP6_ECHO_REPLY:
        return (uint32_t)m->id << 16 | m->seq;
    case ICMP6_TOO_BIG:
        return m->mtu_bytes;
    case ICMP6_PARAM_PROBLEM:
        return m->pointer;
    default:
        return m->rest;
    }
}

void icmp6_emit(struct wr *w, const struct icmp6_msg *m, const struct inl_addr *src,
                const struct inl_addr *dst) {
    size_t at = wr_len(w);
    size_t len = rd_left(&m->data);
    uint64_t acc;
    uint8_t *data;

    if (wr_left(w) < ICMP6_HDR_BYTES || len > wr_left(w) - ICMP6_HDR_BYTES) {
        w->bad = true;
        return;
    }
    wr_u8(w, m->type);
    wr_u8(w, m->code);
    wr_be16(w, 0);
    wr_be32(w, icmp6_rest(m));
    acc = l4_pseudo_csum(src, dst, IP_PROTO_ICMP6, (uint32_t)(ICMP6_HDR_BYTES + len));
    acc = csum_add(acc, w->start + at, ICMP6_HDR_BYTES);
    data = wr_take(w, len);
    if (len) {
        acc = csum_copy(data, rd_ptr(&m->data), len, acc);
    }
    wr_set_be16(w, at + 2, csum_fold(acc));
}
