/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_arp.c - fuzz target: ARP
 */
#include "fuzz.h"

#include "wire/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    struct arp_msg m;
    uint8_t out[28];
    struct wr w = wr_init(out, sizeof(out));

    if (arp_parse(&r, &m) == INL_DROP_NONE) {
        FUZZ_CHECK(rd_left(&r) == size - sizeof(out));
        arp_emit(&w, &m);
        FUZZ_CHECK(!w.bad && wr_len(&w) == sizeof(out) && memcmp(out, in, sizeof(out)) == 0);
    }
    fuzz_exact_free(in, size);
    return 0;
}
