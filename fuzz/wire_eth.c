/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_eth.c - fuzz target: Ethernet header
 */
#include "fuzz.h"

#include "wire/eth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    struct eth_hdr h;
    uint8_t out[14];
    struct wr w = wr_init(out, sizeof(out));

    if (eth_parse(&r, &h) == INL_DROP_NONE) {
        FUZZ_CHECK(rd_left(&r) == size - sizeof(out));
        eth_emit(&w, &h);
        FUZZ_CHECK(!w.bad && wr_len(&w) == sizeof(out) && memcmp(out, in, sizeof(out)) == 0);
    }
    fuzz_exact_free(in, size);
    return 0;
}
