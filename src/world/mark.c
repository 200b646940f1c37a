/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mark.c - a router's mark on a frame: Congestion Experienced (RFC 3168 5)
 *
 * Sets the two bits in a packet that says ECT, and corrects the checksum of IPv4's header (RFC
 * 1624). Everything else is left as it is, also what is no IP.
 */
#include "base/csum.h"
#include "base/rd.h"
#include "base/wr.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "world/state.h"

#define ETHERTYPE_OFF 12
#define IP4_CSUM_OFF 10
#define IP6_ECN_SHIFT 4 /* the traffic class begins in the middle of a byte */

static bool is_ect(unsigned field) {
    return field == IP_ECN_ECT0 || field == IP_ECN_ECT1;
}

static bool mark_ip4(uint8_t *ip, size_t len) {
    struct wr w = wr_init(ip, len);
    struct rd r = rd_init(ip, len);
    uint16_t word = rd_be16(&r); /* version and length, TOS */
    uint16_t csum;

    if (!is_ect(word & IP_ECN_MASK) || len < IP4_HDR_BYTES) {
        return false;
    }
    rd_take(&r, IP4_CSUM_OFF - 2);
    csum = rd_be16(&r);
    wr_take(&w, len);
    wr_set_be16(&w, 0, word | IP_ECN_CE);
    wr_set_be16(&w, IP4_CSUM_OFF, csum_replace16(csum, word, word | IP_ECN_CE));
    return true;
}

static bool mark_ip6(uint8_t *ip, size_t len) {
    struct wr w = wr_init(ip, len);
    struct rd r = rd_init(ip, len);
    uint16_t word = rd_be16(&r);

    if (!is_ect(word >> IP6_ECN_SHIFT & IP_ECN_MASK) || len < IP6_HDR_BYTES) {
        return false;
    }
    wr_take(&w, len);
    wr_set_be16(&w, 0, (uint16_t)(word | IP_ECN_CE << IP6_ECN_SHIFT));
    return true;
}

bool frame_mark(uint8_t *data, size_t len_bytes) {
    struct rd r = rd_init(data, len_bytes);
    uint16_t type;

    rd_take(&r, ETHERTYPE_OFF);
    type = rd_be16(&r);
    if (r.bad) {
        return false;
    }
    if (type == ETH_TYPE_IP4) {
        return mark_ip4(data + INL_FRAME_OVERHEAD, len_bytes - INL_FRAME_OVERHEAD);
    }
    return type == ETH_TYPE_IP6 &&
           mark_ip6(data + INL_FRAME_OVERHEAD, len_bytes - INL_FRAME_OVERHEAD);
}
