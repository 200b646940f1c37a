/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_l4.c - UDP, TCP, TCP options and the pseudo-header
 */
#include "bytes.h"

#include "captured.h"

#include "base/csum.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include "wire/tcp.h"
#include "wire/tcpopt.h"
#include "wire/udp.h"

struct packet {
    struct bytes frame;
    struct inl_addr src;
    struct inl_addr dst;
    struct rd upper;
};

static struct packet packet_of(const char *hex) {
    struct packet p = {.frame = bytes_hex(hex)};
    struct rd r = rd_init(p.frame.p + 14, p.frame.len - 14);

    if (p.frame.p[14] >> 4 == 4) {
        struct ip4_hdr h;

        assert_int_equal(ip4_parse(&r, &h), INL_DROP_NONE);
        p.src = h.src;
        p.dst = h.dst;
        p.upper = h.payload;
    } else {
        struct ip6_hdr h;

        assert_int_equal(ip6_parse(&r, &h), INL_DROP_NONE);
        p.src = h.src;
        p.dst = h.dst;
        p.upper = h.payload;
    }
    return p;
}

/* ---- pseudo-header ---- */

/* The pseudo-headers written out as the RFCs draw them, summed by the slow reference. */
static void pseudo_header_equals_the_drawing(void **state) {
    static const uint8_t drawn4[12] = {10, 0, 0, 1, 10, 0, 0, 2, 0, 6, 0x12, 0x34};
    uint8_t drawn6[40] = {0x20, 1, 0xd, 0xb8};
    struct inl_addr a = addr_of("10.0.0.1");
    struct inl_addr b = addr_of("10.0.0.2");

    (void)state;
    assert_int_equal(csum_fold(l4_pseudo_csum(&a, &b, 6, 0x1234)), csum_ref(drawn4, 12, 0));
    a = addr_of("2001:db8::1");
    b = addr_of("2001:db8::2");
    memcpy(drawn6, a.b, 16);
    memcpy(drawn6 + 16, b.b, 16);
    drawn6[33] = 1; /* length 0x00012345 */
    drawn6[34] = 0x23;
    drawn6[35] = 0x45;
    drawn6[39] = 17;
    assert_int_equal(csum_fold(l4_pseudo_csum(&a, &b, 17, 0x12345)), csum_ref(drawn6, 40, 0));
}

/* ---- UDP ---- */

static void udp_reads_and_writes_captured_datagrams(void **state) {
    static const char *const frames[] = {CAP_UDP4, CAP_UDP6};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct packet p = packet_of(frames[i]);
        struct rd r = p.upper;
        struct udp_hdr h;
        uint8_t out[UDP_HDR_BYTES];
        struct wr w = wr_init(out, sizeof(out));

        assert_int_equal(udp_parse(&r, &h), INL_DROP_NONE);
        assert_int_equal(h.dport, 9);
        assert_int_equal(h.len_bytes, 14);
        assert_int_equal(rd_left(&h.payload), 6);
        assert_memory_equal(rd_ptr(&h.payload), "hello\n", 6);
        assert_true(udp_csum_ok(&p.src, &p.dst, p.upper));
        udp_emit(&w, &h);
        assert_false(w.bad);
        assert_memory_equal(out, rd_ptr(&p.upper), sizeof(out));

        p.frame.p[p.frame.len - 1] ^= 1;
        assert_false(udp_csum_ok(&p.src, &p.dst, p.upper));
        p.frame.p[p.frame.len - 8] = 0; /* no checksum */
        p.frame.p[p.frame.len - 7] = 0;
        assert_int_equal(udp_csum_ok(&p.src, &p.dst, p.upper), i == 0);
        bytes_free(&p.frame);
    }
}

static void udp_csum_field_is_never_zero(void **state) {
    uint64_t acc = csum_add16(0, 0xffff);

    (void)state;
    assert_int_equal(csum_fold(acc), 0);
    assert_int_equal(udp_csum_field(acc), 0xffff);
    assert_int_equal(udp_csum_field(csum_add16(0, 0x1234)), 0xedcb);
}

/* SEC-60 */
static void udp_lengths(void **state) {
    static const struct {
        size_t have;
        uint16_t len;
        enum inl_drop want;
    } rows[] = {
        {14, 14, INL_DROP_NONE},       {14, 13, INL_DROP_NONE},
        {14, 8, INL_DROP_NONE},        {14, 7, INL_DROP_BAD_LENGTH},
        {14, 0, INL_DROP_BAD_LENGTH},  {14, 15, INL_DROP_BAD_LENGTH},
        {8, 8, INL_DROP_NONE},         {14, 65535, INL_DROP_BAD_LENGTH},
        {7, 7, INL_DROP_TRUNCATED},    {0, 0, INL_DROP_TRUNCATED},
        {13, 14, INL_DROP_BAD_LENGTH},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t raw[14] = {0, 1, 0, 2, (uint8_t)(rows[i].len >> 8), (uint8_t)rows[i].len};
        struct bytes b = bytes_copy(raw, rows[i].have);
        struct rd r = bytes_rd(&b);
        struct udp_hdr h;

        assert_int_equal(udp_parse(&r, &h), rows[i].want);
        if (rows[i].want == INL_DROP_NONE) {
            assert_int_equal(rd_left(&h.payload), rows[i].len - 8);
        }
        bytes_free(&b);
    }
    assert_false(udp_csum_ok(&INL_ADDR_ANY4, &INL_ADDR_ANY4, rd_init(NULL, 0)));
}

/* ---- TCP ---- */

static void tcp_reads_and_writes_captured_segments(void **state) {
    static const char *const frames[] = {CAP_TCP_SYN, CAP_TCP_SYN_ACK, CAP_TCP_RST, CAP_TCP_ACK,
                                         CAP_TCP_FIN};
    static const uint16_t flags[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_RST | TCP_ACK, TCP_ACK,
                                     TCP_FIN | TCP_ACK};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct packet p = packet_of(frames[i]);
        struct rd r = p.upper;
        struct tcp_hdr h;
        uint8_t out[TCP_HDR_BYTES];
        struct wr w = wr_init(out, sizeof(out));

        assert_int_equal(tcp_parse(&r, &h), INL_DROP_NONE);
        assert_int_equal(rd_left(&r), 0);
        assert_int_equal(h.flags, flags[i]);
        assert_int_equal(h.hdr_len_bytes, rd_left(&p.upper)); /* none carries data */
        assert_int_equal(rd_left(&h.payload), 0);
        assert_int_equal(rd_left(&h.opts), h.hdr_len_bytes - 20);
        /* The first is as the sender's offload left it (captured.h). */
        assert_int_equal(l4_csum_ok(&p.src, &p.dst, IP_PROTO_TCP, p.upper), i != 0);
        tcp_emit(&w, &h);
        assert_false(w.bad);
        assert_memory_equal(out, rd_ptr(&p.upper), sizeof(out));
        bytes_free(&p.frame);
    }
}

static void tcp_refuses_every_prefix(void **state) {
    struct packet p = packet_of(CAP_TCP_SYN);
    struct tcp_hdr h;

    (void)state;
    for (size_t n = 0; n < 40; n++) {
        struct bytes cut = bytes_copy(rd_ptr(&p.upper), n);
        struct rd r = bytes_rd(&cut);

        assert_int_equal(tcp_parse(&r, &h), INL_DROP_TRUNCATED);
        bytes_free(&cut);
    }
    bytes_free(&p.frame);
}

/* SEC-18: each data offset against each length. */
static void tcp_data_offset_and_length(void **state) {
    (void)state;
    for (unsigned off = 0; off < 16; off++) {
        for (size_t len = 20; len <= 64; len++) {
            uint8_t raw[64] = {0};
            struct bytes b;
            struct rd r;
            struct tcp_hdr h;
            enum inl_drop want = off < 5           ? INL_DROP_BAD_LENGTH
                                 : off * 4ul > len ? INL_DROP_TRUNCATED
                                                   : INL_DROP_NONE;

            raw[12] = (uint8_t)(off << 4);
            b = bytes_copy(raw, len);
            r = bytes_rd(&b);
            assert_int_equal(tcp_parse(&r, &h), want);
            if (want == INL_DROP_NONE) {
                assert_int_equal(rd_left(&h.opts), off * 4 - 20);
                assert_int_equal(rd_left(&h.payload), len - off * 4);
            }
            bytes_free(&b);
        }
    }
}

static void tcp_flags_and_reserved_bits(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < 0x1000; bits++) {
        uint8_t raw[20] = {0};
        uint8_t out[20];
        struct rd r = rd_init(raw, sizeof(raw));
        struct wr w = wr_init(out, sizeof(out));
        struct tcp_hdr h;

        raw[12] = (uint8_t)(0x50 | bits >> 8);
        raw[13] = (uint8_t)bits;
        assert_int_equal(tcp_parse(&r, &h), INL_DROP_NONE);
        assert_int_equal(h.flags, bits & 0x1ff);
        assert_int_equal(h.rsrvd, bits >> 9);
        tcp_emit(&w, &h);
        assert_int_equal(out[12], 0x50 | (bits >> 8 & 1)); /* reserved bits are sent as 0 */
        assert_int_equal(out[13], bits & 0xff);
    }
}

static void tcp_emit_refuses_impossible_headers(void **state) {
    uint8_t out[TCP_HDR_BYTES];
    struct tcp_hdr h = {0};

    (void)state;
    for (unsigned len = 0; len < 256; len++) {
        struct wr w = wr_init(out, sizeof(out));

        h.hdr_len_bytes = (uint8_t)len;
        tcp_emit(&w, &h);
        assert_int_equal(w.bad, len < 20 || len > 60 || len % 4 != 0);
    }
    struct wr w = wr_init(out, sizeof(out) - 1);
    h.hdr_len_bytes = 20;
    tcp_emit(&w, &h);
    assert_true(w.bad && wr_len(&w) == 0);
}

/* ---- TCP options ---- */

static void opts_of_captured_segments(void **state) {
    struct packet p = packet_of(CAP_TCP_SYN_ACK);
    struct rd r = p.upper;
    struct tcp_hdr h;
    struct tcp_opts o;
    uint8_t out[40];
    struct wr w = wr_init(out, sizeof(out));

    (void)state;
    assert_int_equal(tcp_parse(&r, &h), INL_DROP_NONE);
    tcp_opts_parse(h.opts, &o);
    assert_false(o.bad);
    assert_int_equal(o.present, TCP_HAS_MSS | TCP_HAS_SACK_OK | TCP_HAS_TS | TCP_HAS_WSCALE);
    assert_int_equal(o.mss, 1460);
    assert_int_equal(o.wscale, 10);
    assert_int_equal(o.ts_val, 929918896);
    assert_int_equal(o.ts_ecr, 3993667947);
    /* We use the kernel's order, so its bytes come out again. */
    assert_int_equal(tcp_opts_len(&o), rd_left(&h.opts));
    tcp_opts_emit(&w, &o);
    assert_false(w.bad);
    assert_memory_equal(out, rd_ptr(&h.opts), wr_len(&w));
    bytes_free(&p.frame);
}

static void opts_rows(void **state) {
    static const struct {
        const char *hex;
        uint8_t present;
        bool bad;
    } rows[] = {
        {"", 0, false},
        {"00", 0, false},
        {"01010101", 0, false},
        {"0101010204 05b4", TCP_HAS_MSS, false}, /* not aligned: MUST-64 */
        {"020405b4", TCP_HAS_MSS, false},
        {"00020405b4", 0, false}, /* behind EOL */
        {"fe04aaaa 020405b4", TCP_HAS_MSS, false},
        {"fe02 020405b4", TCP_HAS_MSS, false},
        {"0200 0402", 0, true}, /* length 0 */
        {"0201 0402", 0, true},
        {"0202 0402", TCP_HAS_SACK_OK, true}, /* wrong for its kind: skipped */
        {"020305 0402", TCP_HAS_SACK_OK, true},
        {"020505b400 0402", TCP_HAS_SACK_OK, true},
        {"0402 0205", TCP_HAS_SACK_OK, true}, /* beyond the end */
        {"0402 02", TCP_HAS_SACK_OK, true},   /* no length */
        {"02ff05b4", 0, true},
        {"030302", TCP_HAS_WSCALE, false},
        {"0302", 0, true},
        {"03040202", 0, true},
        {"0402", TCP_HAS_SACK_OK, false},
        {"040300", 0, true},
        {"050a 00000001 00000002", TCP_HAS_SACK, false},
        {"0502", 0, true},
        {"0509 00000001 000000", 0, true},
        {"0522 0000000100000002 0000000300000004 0000000500000006 0000000700000008", TCP_HAS_SACK,
         false},
        {"052a 0000000100000002 0000000300000004 0000000500000006 0000000700000008 "
         "000000090000000a",
         0, true}, /* five blocks do not fit into a header, but into this function */
        {"080a 00000001 00000002", TCP_HAS_TS, false},
        {"0809 00000001 000000", 0, true},
        {"080b 00000001 00000002 00", 0, true},
        {"2202", TCP_HAS_TFO, false},
        {"2206 01020304", TCP_HAS_TFO, false},
        {"2212 0102030405060708 090a0b0c0d0e0f10", TCP_HAS_TFO, false},
        {"2204 0102", 0, true},
        {"2207 0102030405", 0, true},
        {"2214 0102030405060708 090a0b0c0d0e0f10 1112", 0, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes b = bytes_hex(rows[i].hex);
        struct tcp_opts o;

        tcp_opts_parse(bytes_rd(&b), &o);
        if (o.present != rows[i].present || o.bad != rows[i].bad) {
            fail_msg("%s: present %x bad %d", rows[i].hex, o.present, o.bad);
        }
        bytes_free(&b);
    }
}

/* SEC-21 */
static void opts_window_scale_is_capped(void **state) {
    (void)state;
    for (unsigned shift = 0; shift < 256; shift++) {
        const uint8_t raw[3] = {TCP_OPT_WSCALE, 3, (uint8_t)shift};
        struct tcp_opts o;

        tcp_opts_parse(rd_init(raw, sizeof(raw)), &o);
        assert_int_equal(o.wscale, shift > 14 ? 14 : shift);
    }
}

/* SEC-19: each pair of kind and length, repeated, at each size, in a buffer of that size. */
static void opts_walk_survives_every_kind_length_and_cut(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < 256; kind++) {
        for (unsigned len = 0; len < 256; len += len < 44 ? 1 : 53) {
            uint8_t raw[40];

            for (size_t i = 0; i < sizeof(raw); i += 2) {
                raw[i] = (uint8_t)kind;
                raw[i + 1] = (uint8_t)len;
            }
            for (size_t cut = 0; cut <= 40; cut++) {
                struct bytes b = bytes_copy(raw + 40 - cut, cut);
                struct tcp_opts o;

                tcp_opts_parse(bytes_rd(&b), &o);
                assert_true(o.sack_n <= TCP_SACK_MAX && o.tfo_len <= TCP_TFO_COOKIE_MAX_BYTES);
                assert_true(o.wscale <= TCP_WSCALE_MAX);
                bytes_free(&b);
            }
        }
    }
}

/* Every combination of options that fits comes back as it went; the others are refused. */
static void opts_round_trip(void **state) {
    unsigned fitted = 0;

    (void)state;
    for (unsigned i = 0; i < 256 * 5 * 3; i++) {
        struct tcp_opts o = {.mss = 1460, .wscale = 7, .ts_val = 0x80000001, .ts_ecr = 7};
        struct tcp_opts back;
        uint8_t out[40];
        size_t len;

        o.present = (uint8_t)(i % 256);
        o.sack_n = (uint8_t)(i / 256 % 5);
        o.tfo_len = (uint8_t)(i / 1280 * 8);
        o.accecn_n = (uint8_t)((i + o.sack_n) % 4);
        o.accecn[0] = 0x123456;
        o.accecn[1] = i;
        o.accecn[2] = 0xffffff;
        for (size_t k = 0; k < o.sack_n; k++) {
            o.sack[k].left = seq_mk((uint32_t)k * 1000 - 500);
            o.sack[k].right = seq_add(o.sack[k].left, 100);
        }
        memset(o.tfo, 0x5a, o.tfo_len);
        len = tcp_opts_len(&o);
        assert_int_equal(len % 4, 0);
        struct wr w = wr_init(out, sizeof(out));
        tcp_opts_emit(&w, &o);
        bool legal = len <= 40 && !((o.present & TCP_HAS_SACK) && o.sack_n == 0) &&
                     !((o.present & TCP_HAS_ACCECN0) && (o.present & TCP_HAS_ACCECN1));
        assert_int_equal(w.bad, !legal);
        if (!legal) {
            assert_int_equal(wr_len(&w), 0);
            continue;
        }
        fitted++;
        assert_int_equal(wr_len(&w), len);
        tcp_opts_parse(rd_init(out, len), &back);
        assert_false(back.bad);
        assert_int_equal(back.present, o.present);
        if (o.present & TCP_HAS_MSS) {
            assert_int_equal(back.mss, o.mss);
        }
        if (o.present & TCP_HAS_WSCALE) {
            assert_int_equal(back.wscale, o.wscale);
        }
        if (o.present & TCP_HAS_TS) {
            assert_int_equal(back.ts_val, o.ts_val);
            assert_int_equal(back.ts_ecr, o.ts_ecr);
        }
        if (o.present & TCP_HAS_SACK) {
            assert_int_equal(back.sack_n, o.sack_n);
            assert_memory_equal(back.sack, o.sack, sizeof(o.sack[0]) * o.sack_n);
        }
        if (o.present & TCP_HAS_TFO) {
            assert_int_equal(back.tfo_len, o.tfo_len);
            assert_memory_equal(back.tfo, o.tfo, o.tfo_len);
        }
        if (o.present & (TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1)) {
            assert_int_equal(back.accecn_n, o.accecn_n);
            assert_memory_equal(back.accecn, o.accecn, sizeof(o.accecn[0]) * o.accecn_n);
        }
        for (size_t cap = 0; cap < len; cap++) {
            w = wr_init(out, cap);
            tcp_opts_emit(&w, &o);
            assert_true(w.bad && wr_len(&w) == 0);
        }
    }
    assert_true(fitted > 200);
}

static void opts_emit_refuses_values_out_of_range(void **state) {
    uint8_t out[40];
    struct tcp_opts o = {.present = TCP_HAS_WSCALE, .wscale = 15};
    struct wr w = wr_init(out, sizeof(out));

    (void)state;
    tcp_opts_emit(&w, &o);
    assert_true(w.bad);
    o = (struct tcp_opts){.present = TCP_HAS_TFO, .tfo_len = 3};
    w = wr_init(out, sizeof(out));
    tcp_opts_emit(&w, &o);
    assert_true(w.bad);
    o = (struct tcp_opts){.present = TCP_HAS_SACK, .sack_n = 5};
    w = wr_init(out, sizeof(out));
    tcp_opts_emit(&w, &o);
    assert_true(w.bad);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pseudo_header_equals_the_drawing),
        cmocka_unit_test(udp_reads_and_writes_captured_datagrams),
        cmocka_unit_test(udp_csum_field_is_never_zero),
        cmocka_unit_test(udp_lengths),
        cmocka_unit_test(tcp_reads_and_writes_captured_segments),
        cmocka_unit_test(tcp_refuses_every_prefix),
        cmocka_unit_test(tcp_data_offset_and_length),
        cmocka_unit_test(tcp_flags_and_reserved_bits),
        cmocka_unit_test(tcp_emit_refuses_impossible_headers),
        cmocka_unit_test(opts_of_captured_segments),
        cmocka_unit_test(opts_rows),
        cmocka_unit_test(opts_window_scale_is_capped),
        cmocka_unit_test(opts_walk_survives_every_kind_length_and_cut),
        cmocka_unit_test(opts_round_trip),
        cmocka_unit_test(opts_emit_refuses_values_out_of_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
