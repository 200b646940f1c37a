/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpmss.c - lower the MSS in a SYN that passes by (as RFC 4459 3.2 describes it)
 *
 * A router before a link that is smaller than the one behind it can spare both ends the search for
 * the path MTU. It changes two bytes in place, and the checksum by their difference (RFC 1624).
 * The option may stand at an odd place: then its bytes count in two words of the sum, which is the
 * same as one word with its bytes swapped.
 */
#include "wire/tcpmss.h"

#include "base/csum.h"
#include "base/rd.h"
#include "base/wr.h"
#include "wire/tcp.h"
#include "wire/tcpopt.h"

#define MSS_OPT_BYTES 4

/* Where the value stands, from the start of the segment; 0 if there is none. */
static size_t mss_at(const uint8_t *seg, struct rd opts) {
    while (rd_left(&opts) > 0) {
        const uint8_t *at = rd_ptr(&opts);
        uint8_t kind = rd_u8(&opts);
        uint8_t len;

        if (kind == TCP_OPT_EOL) {
            return 0;
        }
        if (kind == TCP_OPT_NOP) {
            continue;
        }
        len = rd_u8(&opts);
        if (opts.bad || len < 2 || !rd_skip(&opts, len - 2u)) {
            return 0;
        }
        if (kind == TCP_OPT_MSS && len == MSS_OPT_BYTES) {
            return (size_t)(at - seg) + 2;
        }
    }
    return 0;
}

static uint16_t swapped(uint16_t v, bool odd) {
    return odd ? (uint16_t)(v << 8 | v >> 8) : v;
}

bool tcp_clamp_mss(uint8_t *seg, size_t len, uint16_t mss, bool partial) {
    struct rd r = rd_init(seg, len);
    struct wr w = wr_init(seg, len);
    struct tcp_hdr h;
    uint16_t old;
    size_t at;

    if (tcp_parse(&r, &h) != INL_DROP_NONE || !(h.flags & TCP_SYN)) {
        return false;
    }
    at = mss_at(seg, h.opts);
    if (at == 0) {
        return false;
    }
    r = rd_init(seg + at, len - at);
    old = rd_be16(&r);
    if (old <= mss) {
        return false;
    }
    wr_take(&w, len);
    wr_set_u8(&w, at, (uint8_t)(mss >> 8));
    wr_set_u8(&w, at + 1, (uint8_t)mss);
    if (!partial) {
        bool odd = at % 2 != 0;

        wr_set_be16(&w, TCP_CSUM_OFF, csum_replace16(h.csum, swapped(old, odd), swapped(mss, odd)));
    }
    return true;
}
