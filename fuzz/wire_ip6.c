/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_ip6.c - fuzz target: IPv6 header and extension headers
 */
#include "fuzz.h"

#include "wire/ip6.h"

/* Wherever the walk ends, it ends inside the packet. */
static void walk(const struct ip6_hdr *h) {
    struct rd payload = h->payload;
    size_t packet = 40 + rd_left(&payload);
    struct ip6_walk k;
    enum inl_drop verdict = ip6_ext_walk(&payload, h->next, &k);

    if (verdict == INL_DROP_NONE) {
        FUZZ_CHECK(k.upper_off >= 40 && k.upper_off + rd_left(&k.payload) <= packet);
        FUZZ_CHECK(rd_ptr(&k.payload) == rd_ptr(&h->payload) + (k.upper_off - 40));
        FUZZ_CHECK(k.next_off == 6 || (k.next_off >= 40 && k.next_off < k.upper_off));
        FUZZ_CHECK(!k.fragment || k.frag_off_bytes % 8 == 0);
        FUZZ_CHECK(!(k.fragment && k.frag_off_bytes == 0 && !k.frag_more));
    } else if (k.problem != IP6_PROBLEM_NONE) {
        FUZZ_CHECK(k.problem_off < packet);
        FUZZ_CHECK(k.problem_code <= 3);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    struct rd q = rd_init(in, size);
    struct ip6_hdr h;
    uint8_t out[40];
    struct wr w = wr_init(out, sizeof(out));

    if (ip6_parse(&r, &h) == INL_DROP_NONE) {
        FUZZ_CHECK(rd_left(&h.payload) == h.payload_len_bytes);
        FUZZ_CHECK(rd_left(&r) + 40 + h.payload_len_bytes == size);
        ip6_emit(&w, &h);
        FUZZ_CHECK(!w.bad && wr_len(&w) == 40 && memcmp(out, in, 40) == 0);
        walk(&h);
    }
    if (ip6_parse_quoted(&q, &h) == INL_DROP_NONE) {
        FUZZ_CHECK(rd_left(&h.payload) + 40 <= size);
        walk(&h);
    }
    fuzz_exact_free(in, size);
    return 0;
}
