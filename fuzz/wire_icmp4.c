/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_icmp4.c - fuzz target: ICMP for IPv4
 */
#include "fuzz.h"

#include "wire/icmp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    struct icmp4_msg m, again;
    uint8_t *out = malloc(size + 1);
    struct wr w = wr_init(out, size);

    if (icmp4_parse(&r, &m) == INL_DROP_NONE) {
        (void)icmp4_csum_ok(rd_init(in, size));
        FUZZ_CHECK(rd_left(&m.data) + 8 == size);
        icmp4_emit(&w, &m);
        FUZZ_CHECK(!w.bad && wr_len(&w) == size);
        r = rd_init(out, size);
        FUZZ_CHECK(icmp4_csum_ok(r));
        FUZZ_CHECK(icmp4_parse(&r, &again) == INL_DROP_NONE);
        FUZZ_CHECK(m.type == again.type && m.code == again.code);
        FUZZ_CHECK(m.id == again.id && m.seq == again.seq && m.pointer == again.pointer);
        FUZZ_CHECK(m.quoted_bytes == again.quoted_bytes);
        FUZZ_CHECK(m.mtu_bytes == again.mtu_bytes && inl_addr_eq(&m.gateway, &again.gateway));
        FUZZ_CHECK(fuzz_same_bytes(m.data, again.data));
    }
    free(out);
    fuzz_exact_free(in, size);
    return 0;
}
