/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_icmp.c - ICMP of both versions and neighbour discovery
 */
#include "bytes.h"

#include "captured.h"

#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/nd.h"
#include "wire/pseudo.h"

/* The ICMP messages of captured frames, by the sizes of the headers before them. */
#define SKIP4 34
#define SKIP6 54

static struct bytes icmp_of(const char *frame, size_t skip) {
    struct bytes b = bytes_hex(frame);
    struct bytes m = bytes_copy(b.p + skip, b.len - skip);

    bytes_free(&b);
    return m;
}

/* ---- ICMPv4 ---- */

static void icmp4_round_trips_captured_messages(void **state) {
    static const char *const frames[] = {CAP_ECHO4_REQUEST, CAP_ECHO4_REPLY, CAP_UNREACH4};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bytes b = icmp_of(frames[i], SKIP4);
        struct rd r = bytes_rd(&b);
        struct icmp4_msg m;
        uint8_t out[128];
        struct wr w = wr_init(out, b.len);

        assert_true(icmp4_csum_ok(bytes_rd(&b)));
        assert_int_equal(icmp4_parse(&r, &m), INL_DROP_NONE);
        assert_int_equal(rd_left(&r), 0);
        icmp4_emit(&w, &m);
        assert_false(w.bad);
        assert_int_equal(wr_len(&w), b.len);
        assert_memory_equal(out, b.p, b.len);
        w = wr_init(out, b.len - 1);
        icmp4_emit(&w, &m);
        assert_true(w.bad && wr_len(&w) == 0);
        w = wr_init(out, 7);
        icmp4_emit(&w, &m);
        assert_true(w.bad && wr_len(&w) == 0);
        b.p[b.len - 1] ^= 1;
        assert_false(icmp4_csum_ok(bytes_rd(&b)));
        bytes_free(&b);
    }
}

static void icmp4_fields_follow_the_type(void **state) {
    static const struct {
        const char *hex;
        struct icmp4_msg want;
    } rows[] = {
        {"0800 0000 12345678", {.type = 8, .id = 0x1234, .seq = 0x5678}},
        {"0000 0000 12345678", {.type = 0, .id = 0x1234, .seq = 0x5678}},
        {"0d00 0000 12345678", {.type = 13, .id = 0x1234, .seq = 0x5678}},
        {"0e00 0000 12345678", {.type = 14, .id = 0x1234, .seq = 0x5678}},
        {"1100 0000 12345678", {.type = 17, .id = 0x1234, .seq = 0x5678}},
        {"1200 0000 12345678", {.type = 18, .id = 0x1234, .seq = 0x5678}},
        {"0304 0000 000005dc", {.type = 3, .code = 4, .mtu_bytes = 1500}},
        {"0303 0000 00000000", {.type = 3, .code = 3}},
        {"0c00 0000 14000000", {.type = 12, .pointer = 20}},
        {"0c01 0000 00000000", {.type = 12, .code = 1}},
        {"0b00 0000 00000000", {.type = 11}},
        {"0501 0000 0a000001", {.type = 5, .code = 1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes b = bytes_hex(rows[i].hex);
        struct rd r = bytes_rd(&b);
        const struct icmp4_msg *want = &rows[i].want;
        struct icmp4_msg m;
        uint8_t out[8];
        struct wr w = wr_init(out, sizeof(out));

        assert_int_equal(icmp4_parse(&r, &m), INL_DROP_NONE);
        assert_int_equal(m.type, want->type);
        assert_int_equal(m.code, want->code);
        assert_int_equal(m.id, want->id);
        assert_int_equal(m.seq, want->seq);
        assert_int_equal(m.mtu_bytes, want->mtu_bytes);
        assert_int_equal(m.pointer, want->pointer);
        assert_int_equal(inl_addr_to4(&m.gateway), m.type == ICMP4_REDIRECT ? 0x0a000001 : 0);
        icmp4_emit(&w, &m);
        assert_false(w.bad);
        assert_memory_equal(out, b.p, 2);
        assert_memory_equal(out + 4, b.p + 4, 4);
        assert_true(icmp4_csum_ok(rd_init(out, sizeof(out))));
        bytes_free(&b);
    }
}

/* SEC-11 */
static void icmp4_refuses_every_prefix_of_its_header(void **state) {
    struct bytes b = icmp_of(CAP_ECHO4_REQUEST, SKIP4);
    struct icmp4_msg m;

    (void)state;
    for (size_t n = 0; n <= b.len; n++) {
        struct bytes cut = bytes_copy(b.p, n);
        struct rd r = bytes_rd(&cut);

        assert_int_equal(icmp4_parse(&r, &m), n < 8 ? INL_DROP_TRUNCATED : INL_DROP_NONE);
        bytes_free(&cut);
    }
    bytes_free(&b);
}

static void icmp4_quotes_the_packet_that_was_sent(void **state) {
    struct bytes b = icmp_of(CAP_UNREACH4, SKIP4);
    struct rd r = bytes_rd(&b);
    struct icmp4_msg m;
    struct ip4_hdr h;

    (void)state;
    assert_int_equal(icmp4_parse(&r, &m), INL_DROP_NONE);
    assert_int_equal(m.type, ICMP4_UNREACH);
    assert_int_equal(m.code, ICMP4_UNREACH_PORT);
    assert_int_equal(ip4_parse_quoted(&m.data, &h), INL_DROP_NONE);
    assert_int_equal(h.proto, IP_PROTO_UDP);
    assert_int_equal(rd_be16(&h.payload), 39822);
    assert_int_equal(rd_be16(&h.payload), 9);
    bytes_free(&b);
}

static void icmp4_knows_errors_and_names(void **state) {
    unsigned errors = 0;

    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        errors += icmp4_is_error((uint8_t)type);
    }
    assert_int_equal(errors, 5);
    assert_true(icmp4_is_error(ICMP4_QUENCH) && !icmp4_is_error(ICMP4_ECHO_REPLY));
}

/* ---- ICMPv6 ---- */

static void icmp6_round_trips_captured_messages(void **state) {
    static const char *const frames[] = {CAP_ECHO6_REQUEST, CAP_ECHO6_REPLY, CAP_UNREACH6, CAP_NS,
                                         CAP_NA};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct bytes whole = bytes_hex(frames[i]);
        struct rd ip = rd_init(whole.p + 14, whole.len - 14);
        struct ip6_hdr h;
        struct icmp6_msg m;
        uint8_t out[128];
        struct wr w;

        assert_int_equal(ip6_parse(&ip, &h), INL_DROP_NONE);
        assert_true(l4_csum_ok(&h.src, &h.dst, IP_PROTO_ICMP6, h.payload));
        w = wr_init(out, rd_left(&h.payload));
        struct rd r = h.payload;
        assert_int_equal(icmp6_parse(&r, &m), INL_DROP_NONE);
        icmp6_emit(&w, &m, &h.src, &h.dst);
        assert_false(w.bad);
        assert_int_equal(wr_left(&w), 0);
        assert_memory_equal(out, rd_ptr(&h.payload), rd_left(&h.payload));
        w = wr_init(out, rd_left(&h.payload) - 1);
        icmp6_emit(&w, &m, &h.src, &h.dst);
        assert_true(w.bad && wr_len(&w) == 0);
        w = wr_init(out, 7);
        icmp6_emit(&w, &m, &h.src, &h.dst);
        assert_true(w.bad && wr_len(&w) == 0);
        whole.p[whole.len - 1] ^= 1;
        assert_false(l4_csum_ok(&h.src, &h.dst, IP_PROTO_ICMP6, h.payload));
        bytes_free(&whole);
    }
}

static void icmp6_fields_follow_the_type(void **state) {
    static const struct {
        const char *hex;
        struct icmp6_msg want;
    } rows[] = {
        {"8000 0000 12345678", {.type = 128, .id = 0x1234, .seq = 0x5678}},
        {"8100 0000 12345678", {.type = 129, .id = 0x1234, .seq = 0x5678}},
        {"0200 0000 00000500", {.type = 2, .mtu_bytes = 1280}},
        {"0401 0000 00000006", {.type = 4, .code = 1, .pointer = 6}},
        {"0104 0000 00000000", {.type = 1, .code = 4}},
        {"8800 0000 e0000000", {.type = 136}},
    };
    struct inl_addr a = addr_of("fe80::1");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes b = bytes_hex(rows[i].hex);
        struct rd r = bytes_rd(&b);
        struct icmp6_msg m;
        uint8_t out[8];
        struct wr w = wr_init(out, sizeof(out));

        assert_int_equal(icmp6_parse(&r, &m), INL_DROP_NONE);
        assert_int_equal(m.type, rows[i].want.type);
        assert_int_equal(m.code, rows[i].want.code);
        assert_int_equal(m.id, rows[i].want.id);
        assert_int_equal(m.seq, rows[i].want.seq);
        assert_int_equal(m.mtu_bytes, rows[i].want.mtu_bytes);
        assert_int_equal(m.pointer, rows[i].want.pointer);
        icmp6_emit(&w, &m, &a, &a);
        assert_memory_equal(out + 4, b.p + 4, 4);
        assert_int_equal(icmp6_is_error(m.type), m.type < 128);
        bytes_free(&b);
    }
}

static void icmp6_refuses_every_prefix_of_its_header(void **state) {
    struct bytes b = icmp_of(CAP_ECHO6_REQUEST, SKIP6);
    struct icmp6_msg m;

    (void)state;
    for (size_t n = 0; n <= b.len; n++) {
        struct bytes cut = bytes_copy(b.p, n);
        struct rd r = bytes_rd(&cut);

        assert_int_equal(icmp6_parse(&r, &m), n < 8 ? INL_DROP_TRUNCATED : INL_DROP_NONE);
        bytes_free(&cut);
    }
    bytes_free(&b);
}

/* ---- neighbour discovery ---- */

static enum inl_drop nd_read(const struct bytes *b, struct nd_msg *m) {
    struct rd r = bytes_rd(b);
    struct icmp6_msg icmp;
    enum inl_drop drop = icmp6_parse(&r, &icmp);

    return drop != INL_DROP_NONE ? drop : nd_parse(&icmp, m);
}

static void nd_reads_and_writes_captured_messages(void **state) {
    static const char *const frames[] = {CAP_NS, CAP_NA};
    struct inl_addr target = addr_of("2001:db8::2");
    struct inl_addr ns_src = addr_of("2001:db8::1");
    struct inl_addr group = nd_solicited_node(&target);
    struct inl_addr want_group = addr_of("ff02::1:ff00:2");

    (void)state;
    assert_true(inl_addr_eq(&group, &want_group));
    for (size_t i = 0; i < 2; i++) {
        struct bytes b = icmp_of(frames[i], SKIP6);
        struct nd_msg m;
        uint8_t out[64];
        struct wr w;

        assert_int_equal(nd_read(&b, &m), INL_DROP_NONE);
        assert_true(inl_addr_eq(&m.target, &target));
        assert_int_equal(m.has_source_ll, i == 0);
        assert_int_equal(m.has_target_ll, i == 1);
        assert_int_equal(i == 0 ? m.source_ll[5] : m.target_ll[5], i + 1);
        assert_int_equal(m.solicited, i == 1);
        assert_int_equal(m.override, i == 1);
        assert_false(m.router);
        assert_int_equal(nd_len(&m), 32);
        for (size_t cap = 0; cap <= 32; cap++) {
            w = wr_init(out, cap);
            nd_emit(&w, &m, i == 0 ? &ns_src : &target, i == 0 ? &group : &ns_src);
            assert_int_equal(w.bad, cap < 32);
            assert_int_equal(wr_len(&w), cap < 32 ? 0 : 32);
        }
        assert_memory_equal(out, b.p, b.len);
        bytes_free(&b);
    }
}

static void nd_refuses_every_prefix(void **state) {
    static const char *const frames[] = {CAP_NS, CAP_NA};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bytes b = icmp_of(frames[i], SKIP6);

        for (size_t n = 0; n < b.len; n++) {
            struct bytes cut = bytes_copy(b.p, n);
            struct nd_msg m;

            /* 24 bytes are a message without options: that is legal. */
            assert_int_equal(nd_read(&cut, &m), n < 24    ? INL_DROP_TRUNCATED
                                                : n == 24 ? INL_DROP_NONE
                                                          : INL_DROP_BAD_OPTION);
            bytes_free(&cut);
        }
        bytes_free(&b);
    }
}

#define NS "87000000 00000000 fe800000000000000000000000000001 "
#define RA "86000000 40c00708 00000001 00000002 "

static void nd_rows(void **state) {
    static const struct {
        const char *what;
        const char *hex;
        enum inl_drop want;
    } rows[] = {
        {"no option", NS, INL_DROP_NONE},
        {"option length 0", NS "0100020000000001", INL_DROP_BAD_OPTION},
        {"unknown option of length 0", NS "e700020000000001", INL_DROP_BAD_OPTION},
        {"option beyond the end", NS "0102020000000001", INL_DROP_BAD_OPTION},
        {"unknown option beyond the end", NS "e702020000000001", INL_DROP_BAD_OPTION},
        {"half an option header", NS "01", INL_DROP_BAD_OPTION},
        {"unknown option", NS "e701020000000001 0101020000000001", INL_DROP_NONE},
        {"source of 16 bytes", NS "0102020000000001 0000000000000000", INL_DROP_BAD_OPTION},
        {"target of 16 bytes", NS "0202020000000001 0000000000000000", INL_DROP_BAD_OPTION},
        {"two sources", NS "0101020000000001 0101020000000002", INL_DROP_NONE},
        {"code 1", "87010000 00000000 fe800000000000000000000000000001", INL_DROP_BAD_LENGTH},
        {"multicast target", "87000000 00000000 ff020000000000000000000000000001",
         INL_DROP_BAD_DESTINATION},
        {"mapped target", "87000000 00000000 00000000000000000000ffff0a000001",
         INL_DROP_BAD_DESTINATION},
        {"not neighbour discovery", "80000000 00000000 fe80", INL_DROP_UNKNOWN_ICMP},
        {"router solicitation", "85000000 00000000", INL_DROP_NONE},
        {"router advertisement", RA, INL_DROP_NONE},
        {"router advertisement, cut", "86000000 40c00708 00000001 000000", INL_DROP_TRUNCATED},
        {"MTU", RA "0501 0000 00000578", INL_DROP_NONE},
        {"MTU of 16 bytes", RA "0502 0000 00000578 0000000000000000", INL_DROP_BAD_OPTION},
        {"prefix", RA "0304 40c0 00000e10 00000e10 00000000 20010db8000000000000000000000000",
         INL_DROP_NONE},
        {"prefix /129", RA "0304 81c0 00000e10 00000e10 00000000 20010db8000000000000000000000000",
         INL_DROP_BAD_OPTION},
        {"prefix of 8 bytes", RA "0301 40c0 00000e10", INL_DROP_BAD_OPTION},
        {"redirect",
         "89000000 00000000 fe800000000000000000000000000001 20010db8000000000000000000000002",
         INL_DROP_NONE},
        {"redirect, cut", "89000000 00000000 fe800000000000000000000000000001 2001",
         INL_DROP_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes b = bytes_hex(rows[i].hex);
        struct nd_msg m;
        enum inl_drop got = nd_read(&b, &m);

        if (got != rows[i].want) {
            fail_msg("%s: %s", rows[i].what, inl_drop_name(got));
        }
        bytes_free(&b);
    }
}

static void nd_reads_router_advertisements(void **state) {
    struct bytes b =
        bytes_hex(RA "0501 0000 00000578 0304 40c0 00000e10 00000e10 00000000 "
                     "20010db8000000000000000000000000 0501 0000 00000600 "
                     "0304 30c0 00000e10 00000e10 00000000 20010db9000000000000000000000000");
    struct inl_addr prefix = addr_of("2001:db8::");
    struct nd_msg m;

    (void)state;
    assert_int_equal(nd_read(&b, &m), INL_DROP_NONE);
    assert_int_equal(m.hop_limit, 64);
    assert_true(m.managed && m.other);
    assert_int_equal(m.lifetime_s, 1800);
    assert_int_equal(m.reachable_ms, 1);
    assert_int_equal(m.retrans_ms, 2);
    assert_int_equal(m.mtu_bytes, 1400); /* the first counts */
    assert_true(m.has_prefix && inl_addr_eq(&m.prefix, &prefix));
    assert_int_equal(m.prefix_len_bits, 64);
    bytes_free(&b);
}

static void nd_round_trips_all_flags(void **state) {
    struct inl_addr a = addr_of("fe80::1");

    (void)state;
    for (unsigned i = 0; i < 32; i++) {
        struct nd_msg m = {.type = ICMP6_NEIGH_ADVERT, .target = a};
        struct nd_msg back;
        uint8_t out[64];
        struct wr w = wr_init(out, sizeof(out));
        struct bytes b;

        m.router = i & 1;
        m.solicited = i & 2;
        m.override = i & 4;
        m.has_source_ll = i & 8;
        m.has_target_ll = i & 16;
        m.source_ll[0] = m.has_source_ll ? 2 : 0;
        m.target_ll[0] = m.has_target_ll ? 4 : 0;
        nd_emit(&w, &m, &a, &a);
        assert_false(w.bad);
        assert_int_equal(wr_len(&w), nd_len(&m));
        b = bytes_copy(out, wr_len(&w));
        assert_true(l4_csum_ok(&a, &a, IP_PROTO_ICMP6, bytes_rd(&b)));
        assert_int_equal(nd_read(&b, &back), INL_DROP_NONE);
        assert_int_equal(back.router, m.router);
        assert_int_equal(back.solicited, m.solicited);
        assert_int_equal(back.override, m.override);
        assert_int_equal(back.has_source_ll, m.has_source_ll);
        assert_int_equal(back.has_target_ll, m.has_target_ll);
        assert_memory_equal(back.source_ll, m.source_ll, 6);
        assert_memory_equal(back.target_ll, m.target_ll, 6);
        bytes_free(&b);
    }
}

static void nd_emits_router_solicitations_but_no_advertisements(void **state) {
    struct inl_addr a = addr_of("fe80::1");
    struct nd_msg m = {.type = ICMP6_ROUTER_SOLICIT, .has_source_ll = true};
    uint8_t out[64];
    struct wr w = wr_init(out, sizeof(out));

    (void)state;
    nd_emit(&w, &m, &a, &a);
    assert_false(w.bad);
    assert_int_equal(wr_len(&w), 16);
    m.type = ICMP6_ROUTER_ADVERT;
    nd_emit(&w, &m, &a, &a);
    assert_true(w.bad);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(icmp4_round_trips_captured_messages),
        cmocka_unit_test(icmp4_fields_follow_the_type),
        cmocka_unit_test(icmp4_refuses_every_prefix_of_its_header),
        cmocka_unit_test(icmp4_quotes_the_packet_that_was_sent),
        cmocka_unit_test(icmp4_knows_errors_and_names),
        cmocka_unit_test(icmp6_round_trips_captured_messages),
        cmocka_unit_test(icmp6_fields_follow_the_type),
        cmocka_unit_test(icmp6_refuses_every_prefix_of_its_header),
        cmocka_unit_test(nd_reads_and_writes_captured_messages),
        cmocka_unit_test(nd_refuses_every_prefix),
        cmocka_unit_test(nd_rows),
        cmocka_unit_test(nd_reads_router_advertisements),
        cmocka_unit_test(nd_round_trips_all_flags),
        cmocka_unit_test(nd_emits_router_solicitations_but_no_advertisements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
