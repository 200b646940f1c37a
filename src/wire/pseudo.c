/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pseudo.c - the pseudo-header that transport checksums begin with
 *
 * The two pseudo-headers have their fields in different places, but a sum of 16-bit words does
 * not care where a word stands: addresses, protocol and length are all that counts. IPv4's
 * 16-bit length is IPv6's 32-bit length with a zero upper half.
 */
#include "wire/pseudo.h"

#include "base/csum.h"

uint64_t l4_pseudo_csum(const struct inl_addr *src, const struct inl_addr *dst, uint8_t proto,
                        uint32_t len_bytes) {
    uint64_t acc = csum_add16(csum_add32(0, len_bytes), proto);
    uint32_t v4[2];

    if (inl_addr_is4(src)) {
        memcpy(&v4[0], src->b + 12, 4);
        memcpy(&v4[1], dst->b + 12, 4);
        return acc + v4[0] + v4[1];
    }
    return csum_add_words(csum_add_words(acc, src->b, 4), dst->b, 4);
}

bool l4_csum_ok(const struct inl_addr *src, const struct inl_addr *dst, uint8_t proto,
                struct rd message) {
    size_t len = rd_left(&message);

    return csum_ok(csum_add(l4_pseudo_csum(src, dst, proto, (uint32_t)len), rd_ptr(&message), len));
}
