/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp4.c - ICMP for IPv4
 */
#include "wire/icmp4.h"

#include "base/csum.h"
#include "wire/icmpext.h"
#include "wire/ip4.h"

#include <stddef.h>

static bool icmp4_has_id(uint8_t type) {
    return type == ICMP4_ECHO_REQUEST || type == ICMP4_ECHO_REPLY || type == ICMP4_TIMESTAMP ||
           type == ICMP4_TIMESTAMP_REPLY || type == ICMP4_MASK_REQUEST || type == ICMP4_MASK_REPLY;
}

/* Does an error of this type have the length field of RFC 4884? */
static bool icmp4_has_length(uint8_t type) {
    return type == ICMP4_UNREACH || type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAM_PROBLEM;
}

enum inl_drop icmp4_parse(struct rd *r, struct icmp4_msg *ret) {
    struct icmp4_msg m = {0};
    uint32_t rest;

    m.type = rd_u8(r);
    m.code = rd_u8(r);
    m.csum = rd_be16(r);
    rest = rd_be32(r);
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
    m.gateway = INL_ADDR_ANY4;
    if (icmp4_has_id(m.type)) {
        m.id = (uint16_t)(rest >> 16);
        m.seq = (uint16_t)rest;
    } else if (m.type == ICMP4_UNREACH && m.code == ICMP4_UNREACH_FRAG_NEEDED) {
        m.mtu_bytes = (uint16_t)rest;
    } else if (m.type == ICMP4_PARAM_PROBLEM && m.code == ICMP4_PARAM_POINTER) {
        m.pointer = (uint8_t)(rest >> 24);
    } else if (m.type == ICMP4_REDIRECT) {
        m.gateway = inl_addr_from4(rest);
    }
    if (icmp4_has_length(m.type)) {
        m.quoted_bytes = (uint16_t)((rest >> 16 & 0xff) * 4);
    }
    m.data = rd_rest(r);
    *ret = m;
    return INL_DROP_NONE;
}

bool icmp4_csum_ok(struct rd message) {
    return csum_ok(csum_add(0, rd_ptr(&message), rd_left(&message)));
}

bool icmp4_is_error(uint8_t type) {
    return type == ICMP4_UNREACH || type == ICMP4_QUENCH || type == ICMP4_REDIRECT ||
           type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAM_PROBLEM;
}

/* Bytes 4 to 7 of a message. */
static uint32_t icmp4_rest(const struct icmp4_msg *m) {
    uint32_t length = (uint32_t)(m->quoted_bytes / 4) << 16;

    if (icmp4_has_id(m->type)) {
        return (uint32_t)m->id << 16 | m->seq;
    }
    if (m->type == ICMP4_UNREACH && m->code == ICMP4_UNREACH_FRAG_NEEDED) {
        return length | m->mtu_bytes;
    }
    if (m->type == ICMP4_PARAM_PROBLEM && m->code == ICMP4_PARAM_POINTER) {
        return (uint32_t)m->pointer << 24 | length;
    }
    if (m->type == ICMP4_REDIRECT) {
        return inl_addr_to4(&m->gateway);
    }
    return icmp4_has_length(m->type) ? length : 0;
}

void icmp4_emit(struct wr *w, const struct icmp4_msg *m) {
    size_t at = wr_len(w);
    size_t len = rd_left(&m->data);
    uint64_t acc;
    uint8_t *data;

    if (wr_left(w) < ICMP4_HDR_BYTES || len > wr_left(w) - ICMP4_HDR_BYTES) {
        w->bad = true;
        return;
    }
    wr_u8(w, m->type);
    wr_u8(w, m->code);
    wr_be16(w, 0);
    wr_be32(w, icmp4_rest(m));
    acc = csum_add(0, w->start + at, ICMP4_HDR_BYTES);
    data = wr_take(w, len);
    if (len) {
        acc = csum_copy(data, rd_ptr(&m->data), len, acc);
    }
    wr_set_be16(w, at + 2, csum_fold(acc));
}
