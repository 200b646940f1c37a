/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_udp.c - fuzz target: UDP header
 */
#include "fuzz.h"

#include "wire/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct inl_addr a = inl_addr_from4(0x0a000001);
    const struct inl_addr b = {{0xfe, 0x80, [15] = 1}};
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    struct udp_hdr h;
    uint8_t out[8];
    struct wr w = wr_init(out, sizeof(out));

    if (udp_parse(&r, &h) == INL_DROP_NONE) {
        FUZZ_CHECK(rd_left(&h.payload) + 8 == h.len_bytes && h.len_bytes <= size);
        udp_emit(&w, &h);
        FUZZ_CHECK(!w.bad && wr_len(&w) == 8 && memcmp(out, in, 8) == 0);
        if (h.csum == 0) { /* no checksum: fine over IPv4 only */
            FUZZ_CHECK(udp_csum_ok(&a, &a, rd_init(in, h.len_bytes)));
            FUZZ_CHECK(!udp_csum_ok(&b, &b, rd_init(in, h.len_bytes)));
        }
    }
    fuzz_exact_free(in, size);
    return 0;
}
