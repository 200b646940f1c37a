/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_ip4.c - fuzz target: IPv4 header and options, whole and quoted
 */
#include "fuzz.h"

#include "wire/ip4.h"

/* The option walk ends, and the two ways to walk agree. */
static void walk_options(struct rd opts) {
    struct rd walk = opts;
    struct ip4_opt opt;
    uint8_t off = 0;
    int calls = 0;
    bool routed = false;
    int got;
    enum inl_drop verdict = ip4_opts_check(opts, &off);

    while ((got = ip4_opts_next(&walk, &opt)) > 0) {
        routed = routed || opt.type == IP4_OPT_LSRR || opt.type == IP4_OPT_SSRR;
        FUZZ_CHECK(++calls <= 41);
        FUZZ_CHECK(rd_left(&opt.data) <= 38);
    }
    if (verdict == INL_DROP_NONE) {
        FUZZ_CHECK(got == 0 && !routed);
    } else if (verdict == INL_DROP_BAD_OPTION) {
        FUZZ_CHECK(off >= 20 && off < 60);
    } else {
        FUZZ_CHECK(verdict == INL_DROP_SOURCE_ROUTED && routed);
    }
}

static void same_header(const struct ip4_hdr *a, const struct ip4_hdr *b) {
    FUZZ_CHECK(inl_addr_eq(&a->src, &b->src) && inl_addr_eq(&a->dst, &b->dst));
    FUZZ_CHECK(a->total_len_bytes == b->total_len_bytes && a->id == b->id);
    FUZZ_CHECK(a->frag_off_bytes == b->frag_off_bytes && a->hdr_len_bytes == b->hdr_len_bytes);
    FUZZ_CHECK(a->tos == b->tos && a->ttl == b->ttl && a->proto == b->proto);
    FUZZ_CHECK(a->df == b->df && a->mf == b->mf && fuzz_same_bytes(a->opts, b->opts));
}

static void round_trip(const struct ip4_hdr *h) {
    uint8_t out[60];
    struct wr w = wr_init(out, sizeof(out));
    struct ip4_hdr again;
    struct rd r;

    ip4_emit(&w, h);
    FUZZ_CHECK(!w.bad && wr_len(&w) == h->hdr_len_bytes && ip4_hdr_len(h) == h->hdr_len_bytes);
    FUZZ_CHECK(ip4_csum_ok(out, wr_len(&w)));
    r = rd_init(out, wr_len(&w));
    FUZZ_CHECK(ip4_parse_quoted(&r, &again) == INL_DROP_NONE);
    same_header(h, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    struct rd q = rd_init(in, size);
    struct ip4_hdr h, quoted;
    bool whole = ip4_parse(&r, &h) == INL_DROP_NONE;

    if (whole) {
        FUZZ_CHECK(rd_left(&h.payload) + h.hdr_len_bytes == h.total_len_bytes);
        FUZZ_CHECK(rd_left(&r) + h.total_len_bytes == size);
        (void)ip4_csum_ok(in, h.hdr_len_bytes);
        walk_options(h.opts);
        round_trip(&h);
    }
    if (ip4_parse_quoted(&q, &quoted) == INL_DROP_NONE) {
        FUZZ_CHECK(rd_left(&quoted.payload) + quoted.hdr_len_bytes <= size);
    } else {
        FUZZ_CHECK(!whole); /* what is good whole is good as a quotation */
    }
    fuzz_exact_free(in, size);
    return 0;
}
