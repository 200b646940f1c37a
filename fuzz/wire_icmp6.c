/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_icmp6.c - fuzz target: ICMP for IPv6, neighbour discovery included
 */
#include "fuzz.h"

#include "wire/icmp6.h"
#include "wire/ipproto.h"
#include "wire/nd.h"
#include "wire/pseudo.h"

static const struct inl_addr src = {{0xfe, 0x80, [15] = 1}};
static const struct inl_addr dst = {{0xff, 0x02, [15] = 1}};

static void same_nd(const struct nd_msg *a, const struct nd_msg *b) {
    FUZZ_CHECK(a->type == b->type && inl_addr_eq(&a->target, &b->target));
    FUZZ_CHECK(a->router == b->router && a->solicited == b->solicited);
    FUZZ_CHECK(a->override == b->override);
    FUZZ_CHECK(a->has_source_ll == b->has_source_ll && a->has_target_ll == b->has_target_ll);
    FUZZ_CHECK(memcmp(a->source_ll, b->source_ll, 6) == 0);
    FUZZ_CHECK(memcmp(a->target_ll, b->target_ll, 6) == 0);
}

/* What has been read from RS, NS and NA can be written, and reads the same again. */
static void nd_round_trip(const struct icmp6_msg *icmp) {
    struct nd_msg m, again;
    struct icmp6_msg outer;
    uint8_t out[128];
    struct wr w = wr_init(out, sizeof(out));
    struct rd r;

    if (nd_parse(icmp, &m) != INL_DROP_NONE) {
        return;
    }
    if (m.type == ICMP6_ROUTER_ADVERT || m.type == ICMP6_REDIRECT) {
        return;
    }
    nd_emit(&w, &m, &src, &dst);
    FUZZ_CHECK(!w.bad && wr_len(&w) == nd_len(&m));
    r = rd_init(out, wr_len(&w));
    FUZZ_CHECK(l4_csum_ok(&src, &dst, IP_PROTO_ICMP6, r));
    FUZZ_CHECK(icmp6_parse(&r, &outer) == INL_DROP_NONE);
    FUZZ_CHECK(nd_parse(&outer, &again) == INL_DROP_NONE);
    same_nd(&m, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    struct icmp6_msg m, again;
    uint8_t *out = malloc(size + 1);
    struct wr w = wr_init(out, size);

    if (icmp6_parse(&r, &m) == INL_DROP_NONE) {
        FUZZ_CHECK(rd_left(&m.data) + 8 == size);
        nd_round_trip(&m);
        icmp6_emit(&w, &m, &src, &dst);
        FUZZ_CHECK(!w.bad && wr_len(&w) == size);
        r = rd_init(out, size);
        FUZZ_CHECK(l4_csum_ok(&src, &dst, IP_PROTO_ICMP6, r));
        FUZZ_CHECK(icmp6_parse(&r, &again) == INL_DROP_NONE);
        FUZZ_CHECK(m.type == again.type && m.code == again.code);
        FUZZ_CHECK(m.id == again.id && m.seq == again.seq && m.pointer == again.pointer);
        FUZZ_CHECK(m.mtu_bytes == again.mtu_bytes && fuzz_same_bytes(m.data, again.data));
    }
    free(out);
    fuzz_exact_free(in, size);
    return 0;
}
