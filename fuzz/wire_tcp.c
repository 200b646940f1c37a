/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_tcp.c - fuzz target: TCP header and options
 */
#include "fuzz.h"

#include "wire/tcp.h"
#include "wire/tcpopt.h"

static void same_opts(const struct tcp_opts *a, const struct tcp_opts *b) {
    FUZZ_CHECK(a->present == b->present && !b->bad);
    FUZZ_CHECK(a->mss == b->mss && a->wscale == b->wscale);
    FUZZ_CHECK(a->ts_val == b->ts_val && a->ts_ecr == b->ts_ecr);
    FUZZ_CHECK(a->sack_n == b->sack_n && a->tfo_len == b->tfo_len);
    FUZZ_CHECK(memcmp(a->tfo, b->tfo, a->tfo_len) == 0);
    for (int i = 0; i < a->sack_n; i++) {
        FUZZ_CHECK(seq_eq(a->sack[i].left, b->sack[i].left));
        FUZZ_CHECK(seq_eq(a->sack[i].right, b->sack[i].right));
    }
}

static void check_options(struct rd opts) {
    struct tcp_opts o, again;
    uint8_t out[TCP_OPTS_MAX_BYTES];
    struct wr w = wr_init(out, sizeof(out));

    tcp_opts_parse(opts, &o);
    FUZZ_CHECK(o.sack_n <= TCP_SACK_MAX && o.tfo_len <= TCP_TFO_COOKIE_MAX_BYTES);
    FUZZ_CHECK(o.wscale <= TCP_WSCALE_MAX);
    tcp_opts_emit(&w, &o);
    /* Padding may need more room than the peer needed without it. */
    FUZZ_CHECK(w.bad == (tcp_opts_len(&o) > sizeof(out)));
    if (!w.bad) {
        FUZZ_CHECK(wr_len(&w) == tcp_opts_len(&o) && wr_len(&w) % 4 == 0);
        tcp_opts_parse(rd_init(out, wr_len(&w)), &again);
        same_opts(&o, &again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    struct tcp_hdr h;
    uint8_t out[20];
    struct wr w = wr_init(out, sizeof(out));

    if (tcp_parse(&r, &h) == INL_DROP_NONE) {
        FUZZ_CHECK(rd_left(&h.payload) + h.hdr_len_bytes == size);
        FUZZ_CHECK(rd_left(&h.opts) + 20 == h.hdr_len_bytes);
        check_options(h.opts);
        tcp_emit(&w, &h);
        FUZZ_CHECK(!w.bad && wr_len(&w) == 20);
        in[12] &= 0xf1; /* reserved bits are ignored, and sent as 0 */
        FUZZ_CHECK(memcmp(out, in, 20) == 0);
    }
    fuzz_exact_free(in, size);
    return 0;
}
