/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ip.c - Ethernet, ARP, IPv4 and IPv6 headers
 *
 * Each format: a frame from a real capture is read right and emitted again byte for byte, every
 * prefix of it is refused, and each illegal length has a row.
 */
#include "bytes.h"

#include "captured.h"

#include "base/csum.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

#include <errno.h>

/* ---- Ethernet ---- */

static void eth_reads_and_writes_a_captured_header(void **state) {
    struct bytes b = bytes_hex(CAP_ARP_REQUEST);
    struct rd r = bytes_rd(&b);
    struct eth_hdr h;
    uint8_t out[ETH_HDR_BYTES];
    struct wr w = wr_init(out, sizeof(out));

    (void)state;
    assert_int_equal(eth_parse(&r, &h), INL_DROP_NONE);
    assert_int_equal(h.type, ETH_TYPE_ARP);
    assert_true(eth_is_broadcast(h.dst) && eth_is_group(h.dst) && !eth_is_group(h.src));
    assert_int_equal(h.src[5], 1);
    assert_int_equal(rd_left(&r), 28);
    eth_emit(&w, &h);
    assert_false(w.bad);
    assert_memory_equal(out, b.p, sizeof(out));
    bytes_free(&b);
}

static void eth_refuses_short_headers_and_lengths(void **state) {
    struct bytes whole = bytes_hex("020000000002 020000000001 05ff");
    struct eth_hdr h;

    (void)state;
    for (size_t n = 0; n < whole.len; n++) {
        struct bytes b = bytes_copy(whole.p, n);
        struct rd r = bytes_rd(&b);

        assert_int_equal(eth_parse(&r, &h), INL_DROP_TRUNCATED);
        bytes_free(&b);
    }
    struct rd r = bytes_rd(&whole);
    assert_int_equal(eth_parse(&r, &h), INL_DROP_UNKNOWN_ETHERTYPE);
    whole.p[12] = 6;
    whole.p[13] = 0;
    r = bytes_rd(&whole);
    assert_int_equal(eth_parse(&r, &h), INL_DROP_NONE);
    bytes_free(&whole);
}

static void eth_maps_multicast_addresses(void **state) {
    static const uint8_t want4[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
    static const uint8_t want6[6] = {0x33, 0x33, 0xff, 0x00, 0x00, 0x02};
    struct inl_addr a = addr_of("239.129.2.3");
    uint8_t mac[6];

    (void)state;
    eth_multicast(&a, mac);
    assert_memory_equal(mac, want4, 6);
    a = addr_of("ff02::1:ff00:2");
    eth_multicast(&a, mac);
    assert_memory_equal(mac, want6, 6);
}

/* ---- ARP ---- */

static struct rd after_eth(const struct bytes *b) {
    struct rd r = bytes_rd(b);

    assert_true(rd_skip(&r, ETH_HDR_BYTES));
    return r;
}

static void arp_reads_and_writes_captured_messages(void **state) {
    static const char *const frames[] = {CAP_ARP_REQUEST, CAP_ARP_REPLY};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bytes b = bytes_hex(frames[i]);
        struct rd r = after_eth(&b);
        struct arp_msg m;
        uint8_t out[ARP_BYTES];
        struct wr w = wr_init(out, sizeof(out));

        assert_int_equal(arp_parse(&r, &m), INL_DROP_NONE);
        assert_int_equal(m.op, i == 0 ? ARP_REQUEST : ARP_REPLY);
        assert_int_equal(inl_addr_to4(&m.spa), i == 0 ? 0x0a000001 : 0x0a000002);
        assert_int_equal(inl_addr_to4(&m.tpa), i == 0 ? 0x0a000002 : 0x0a000001);
        arp_emit(&w, &m);
        assert_false(w.bad);
        assert_memory_equal(out, b.p + ETH_HDR_BYTES, sizeof(out));
        bytes_free(&b);
    }
}

static void arp_refuses_prefixes_and_other_types(void **state) {
    struct bytes b = bytes_hex(CAP_ARP_REQUEST);
    static const size_t type_bytes[] = {0, 1, 2, 3, 4, 5};
    struct arp_msg m;

    (void)state;
    for (size_t n = 0; n < ARP_BYTES; n++) {
        struct bytes cut = bytes_copy(b.p + ETH_HDR_BYTES, n);
        struct rd r = bytes_rd(&cut);

        assert_int_equal(arp_parse(&r, &m), INL_DROP_TRUNCATED);
        bytes_free(&cut);
    }
    for (size_t i = 0; i < sizeof(type_bytes) / sizeof(type_bytes[0]); i++) {
        struct bytes odd = bytes_copy(b.p + ETH_HDR_BYTES, ARP_BYTES);
        struct rd r = bytes_rd(&odd);

        odd.p[type_bytes[i]] ^= 0x10;
        assert_int_equal(arp_parse(&r, &m), INL_DROP_BAD_LENGTH);
        bytes_free(&odd);
    }
    bytes_free(&b);
}

/* ---- IPv4 ---- */

static void ip4_reads_and_writes_a_captured_header(void **state) {
    struct bytes b = bytes_hex(CAP_ECHO4_REQUEST);
    struct rd r = after_eth(&b);
    struct ip4_hdr h;
    uint8_t out[IP4_HDR_BYTES];
    struct wr w = wr_init(out, sizeof(out));

    (void)state;
    assert_int_equal(ip4_parse(&r, &h), INL_DROP_NONE);
    assert_int_equal(h.total_len_bytes, 44);
    assert_int_equal(h.hdr_len_bytes, 20);
    assert_int_equal(h.id, 0xc0da);
    assert_true(h.df && !h.mf);
    assert_int_equal(h.frag_off_bytes, 0);
    assert_int_equal(h.ttl, 64);
    assert_int_equal(h.proto, IP_PROTO_ICMP4);
    assert_int_equal(inl_addr_to4(&h.src), 0x0a000001);
    assert_int_equal(inl_addr_to4(&h.dst), 0x0a000002);
    assert_int_equal(rd_left(&h.payload), 24);
    assert_int_equal(rd_left(&h.opts), 0);
    assert_true(ip4_csum_ok(b.p + ETH_HDR_BYTES, 20));
    b.p[ETH_HDR_BYTES + 8]--;
    assert_false(ip4_csum_ok(b.p + ETH_HDR_BYTES, 20));
    b.p[ETH_HDR_BYTES + 8]++;
    ip4_emit(&w, &h);
    assert_false(w.bad);
    assert_memory_equal(out, b.p + ETH_HDR_BYTES, sizeof(out));
    bytes_free(&b);
}

static void ip4_keeps_options_through_a_round_trip(void **state) {
    struct bytes b = bytes_hex(CAP_RECORD_ROUTE);
    struct rd r = after_eth(&b);
    struct ip4_hdr h;
    struct ip4_opt o;
    struct rd opts;
    uint8_t out[IP4_HDR_MAX_BYTES];
    struct wr w = wr_init(out, sizeof(out));

    (void)state;
    assert_int_equal(ip4_parse(&r, &h), INL_DROP_NONE);
    assert_int_equal(h.hdr_len_bytes, 60);
    assert_int_equal(ip4_hdr_len(&h), 60);
    opts = h.opts;
    assert_int_equal(ip4_opts_next(&opts, &o), 1);
    assert_int_equal(o.type, IP4_OPT_NOP);
    assert_int_equal(ip4_opts_next(&opts, &o), 1);
    assert_int_equal(o.type, IP4_OPT_RR);
    assert_int_equal(rd_left(&o.data), 37);
    assert_int_equal(ip4_opts_next(&opts, &o), 0);
    assert_int_equal(ip4_opts_check(h.opts, NULL), INL_DROP_NONE);
    ip4_emit(&w, &h);
    assert_false(w.bad);
    assert_int_equal(wr_len(&w), 60);
    assert_memory_equal(out, b.p + ETH_HDR_BYTES, 60);
    bytes_free(&b);
}

static void ip4_emit_pads_odd_options_and_refuses_what_does_not_fit(void **state) {
    static const uint8_t nops[41] = {1, 1, 1, 1, 1};
    struct ip4_hdr h = {.total_len_bytes = 24, .src = INL_ADDR_ANY4, .dst = INL_ADDR_ANY4};
    uint8_t out[64];
    struct wr w;

    (void)state;
    for (size_t n = 0; n <= 41; n++) {
        h.opts = rd_init(nops, n);
        for (size_t cap = 0; cap <= sizeof(out); cap++) {
            size_t need = 20 + (n + 3) / 4 * 4;

            w = wr_init(out, cap);
            ip4_emit(&w, &h);
            assert_int_equal(w.bad, n > 40 || cap < need);
            assert_int_equal(wr_len(&w), w.bad ? 0 : need);
            if (!w.bad) {
                assert_true(ip4_csum_ok(out, need));
            }
        }
    }
    h.opts = rd_init(NULL, 0);
    h.frag_off_bytes = 4;
    w = wr_init(out, sizeof(out));
    ip4_emit(&w, &h);
    assert_true(w.bad);
}

static void ip4_refuses_every_prefix(void **state) {
    static const char *const frames[] = {CAP_ECHO4_REQUEST, CAP_RECORD_ROUTE};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bytes b = bytes_hex(frames[i]);

        for (size_t n = 0; n < b.len - ETH_HDR_BYTES; n++) {
            struct bytes cut = bytes_copy(b.p + ETH_HDR_BYTES, n);
            size_t hdr_len = i == 0 ? 20 : 60;
            struct rd r = bytes_rd(&cut);
            struct rd quoted = r;
            struct ip4_hdr h;

            assert_int_equal(ip4_parse(&r, &h), INL_DROP_TRUNCATED);
            assert_int_equal(ip4_parse_quoted(&quoted, &h),
                             n < hdr_len ? INL_DROP_TRUNCATED : INL_DROP_NONE);
            if (n >= hdr_len) {
                assert_int_equal(rd_left(&h.payload), n - hdr_len);
            }
            bytes_free(&cut);
        }
        bytes_free(&b);
    }
}

static void ip4_cuts_link_padding(void **state) {
    struct bytes b = bytes_hex(CAP_TCP_RST "000000000000");
    struct rd r = after_eth(&b);
    struct rd quoted = r;
    struct ip4_hdr h;

    (void)state;
    assert_int_equal(ip4_parse(&r, &h), INL_DROP_NONE);
    assert_int_equal(rd_left(&h.payload), 20);
    assert_int_equal(rd_left(&r), 6);
    assert_int_equal(ip4_parse_quoted(&quoted, &h), INL_DROP_NONE);
    assert_int_equal(rd_left(&h.payload), 20);
    bytes_free(&b);
}

/* Version, header length, total length and fragment fields that cannot be. */
static void ip4_refuses_lies_about_length(void **state) {
    static const struct {
        uint8_t vihl;
        uint16_t total;
        uint16_t frag;
        enum inl_drop want;
    } rows[] = {
        {0x45, 44, 0, INL_DROP_NONE},
        {0x45, 20, 0, INL_DROP_NONE},
        {0x35, 44, 0, INL_DROP_BAD_VERSION},
        {0x65, 44, 0, INL_DROP_BAD_VERSION},
        {0x40, 44, 0, INL_DROP_BAD_LENGTH},
        {0x44, 44, 0, INL_DROP_BAD_LENGTH},
        {0x4f, 44, 0, INL_DROP_BAD_LENGTH},
        {0x4c, 48, 0, INL_DROP_TRUNCATED},
        {0x45, 0, 0, INL_DROP_BAD_LENGTH},
        {0x45, 19, 0, INL_DROP_BAD_LENGTH},
        {0x45, 45, 0, INL_DROP_TRUNCATED},
        {0x45, 65535, 0, INL_DROP_TRUNCATED},
        {0x45, 44, 0x2000, INL_DROP_NONE},
        {0x45, 43, 0x2000, INL_DROP_BAD_LENGTH}, /* not a multiple of 8 */
        {0x45, 43, 0x0001, INL_DROP_NONE},       /* the last one may be odd */
        {0x45, 20, 0x2000, INL_DROP_BAD_LENGTH}, /* empty */
        {0x45, 20, 0x0001, INL_DROP_BAD_LENGTH},
        {0x45, 39, 0x1ffb, INL_DROP_NONE},       /* ends at 65,535 */
        {0x45, 40, 0x1ffb, INL_DROP_BAD_LENGTH}, /* at 65,536 */
        {0x45, 44, 0x1fff, INL_DROP_BAD_LENGTH}, /* ping of death */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes b = bytes_hex(CAP_ECHO4_REQUEST);
        struct bytes ip = bytes_copy(b.p + ETH_HDR_BYTES, b.len - ETH_HDR_BYTES);
        struct rd r = bytes_rd(&ip);
        struct ip4_hdr h;

        ip.p[0] = rows[i].vihl;
        ip.p[2] = (uint8_t)(rows[i].total >> 8);
        ip.p[3] = (uint8_t)rows[i].total;
        ip.p[6] = (uint8_t)(rows[i].frag >> 8);
        ip.p[7] = (uint8_t)rows[i].frag;
        assert_int_equal(ip4_parse(&r, &h), rows[i].want);
        bytes_free(&ip);
        bytes_free(&b);
    }
}

static void ip4_leaves_output_alone_on_failure(void **state) {
    struct rd r = rd_init("\x45", 1);
    struct ip4_hdr h;
    struct ip4_hdr before;

    (void)state;
    memset(&h, 0xa5, sizeof(h));
    memset(&before, 0xa5, sizeof(before));
    assert_int_equal(ip4_parse(&r, &h), INL_DROP_TRUNCATED);
    assert_memory_equal(&h, &before, sizeof(h));
}

static void ip4_options_are_checked(void **state) {
    static const struct {
        const char *opts;
        enum inl_drop want;
        uint8_t problem_off;
    } rows[] = {
        {"", INL_DROP_NONE, 0},
        {"01010101", INL_DROP_NONE, 0},
        {"00ffffff", INL_DROP_NONE, 0}, /* nothing behind EOL is looked at */
        {"07030400", INL_DROP_NONE, 0}, /* record route without slots */
        {"07070400000000 00", INL_DROP_NONE, 0},
        {"07070800000000 00", INL_DROP_NONE, 0},        /* full */
        {"07070300000000 00", INL_DROP_BAD_OPTION, 20}, /* pointer below 4 */
        {"07070500000000 00", INL_DROP_BAD_OPTION, 20}, /* not at a slot */
        {"07060400000000 00", INL_DROP_BAD_OPTION, 20}, /* no whole slots */
        {"07020000", INL_DROP_BAD_OPTION, 20},          /* no pointer */
        {"83070400000000 00", INL_DROP_SOURCE_ROUTED, 0},
        {"89070400000000 00", INL_DROP_SOURCE_ROUTED, 0},
        {"83070400000000 89 03 04 00", INL_DROP_SOURCE_ROUTED, 0},
        {"83070400000000 07 00", INL_DROP_BAD_OPTION, 27},
        {"44080500 00000000", INL_DROP_NONE, 0},
        {"44080400 00000000", INL_DROP_BAD_OPTION, 20},
        {"44080600 00000000", INL_DROP_BAD_OPTION, 20},
        {"44080501 00000000", INL_DROP_BAD_OPTION, 20}, /* needs 8 a slot */
        {"440c0501 0000000000000000", INL_DROP_NONE, 0},
        {"440c0503 0000000000000000", INL_DROP_NONE, 0},
        {"440c0502 0000000000000000", INL_DROP_BAD_OPTION, 20},
        {"44030500", INL_DROP_BAD_OPTION, 20},
        {"94040000", INL_DROP_NONE, 0},
        {"94030000", INL_DROP_BAD_OPTION, 20},
        {"2a040000", INL_DROP_NONE, 0},        /* unknown: skipped */
        {"0101012a", INL_DROP_BAD_OPTION, 23}, /* no length */
        {"012a0000", INL_DROP_BAD_OPTION, 21}, /* length 0 */
        {"012a0100", INL_DROP_BAD_OPTION, 21},
        {"012a0400", INL_DROP_BAD_OPTION, 21}, /* beyond the end */
        {"012aff00", INL_DROP_BAD_OPTION, 21},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes b = bytes_hex(rows[i].opts);
        uint8_t off = 0;

        assert_int_equal(ip4_opts_check(bytes_rd(&b), &off), rows[i].want);
        assert_int_equal(off, rows[i].problem_off);
        assert_int_equal(ip4_opts_check(bytes_rd(&b), NULL), rows[i].want);
        bytes_free(&b);
    }
}

/* SEC-03: every type with every length at every size of the option area ends in time. */
static void ip4_option_walk_always_ends(void **state) {
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        for (unsigned len = 0; len < 256; len++) {
            for (size_t cut = 0; cut <= 40; cut += 4) {
                struct rd r;
                struct ip4_opt o;
                uint8_t buf[40];
                int steps = 0;

                memset(buf, (int)len, sizeof(buf));
                for (size_t i = 0; i < sizeof(buf); i += 2) {
                    buf[i] = (uint8_t)type;
                }
                r = rd_init(buf, cut);
                while (ip4_opts_next(&r, &o) > 0) {
                    steps++;
                }
                assert_true(steps <= 40);
            }
        }
    }
}

/* ---- IPv6 ---- */

static void ip6_reads_and_writes_a_captured_header(void **state) {
    struct bytes b = bytes_hex(CAP_ECHO6_REQUEST);
    struct rd r = after_eth(&b);
    struct ip6_hdr h;
    struct inl_addr src = addr_of("2001:db8::1");
    struct inl_addr dst = addr_of("2001:db8::2");
    uint8_t out[IP6_HDR_BYTES];
    struct wr w = wr_init(out, sizeof(out));

    (void)state;
    assert_int_equal(ip6_parse(&r, &h), INL_DROP_NONE);
    assert_true(inl_addr_eq(&h.src, &src) && inl_addr_eq(&h.dst, &dst));
    assert_int_equal(h.flow, 0x3940f);
    assert_int_equal(h.tclass, 0);
    assert_int_equal(h.payload_len_bytes, 24);
    assert_int_equal(h.next, IP_PROTO_ICMP6);
    assert_int_equal(h.hop_limit, 64);
    assert_int_equal(rd_left(&h.payload), 24);
    ip6_emit(&w, &h);
    assert_false(w.bad);
    assert_memory_equal(out, b.p + ETH_HDR_BYTES, sizeof(out));
    w = wr_init(out, sizeof(out) - 1);
    ip6_emit(&w, &h);
    assert_true(w.bad);
    assert_int_equal(wr_len(&w), 0);
    h.flow = 0x100000;
    w = wr_init(out, sizeof(out));
    ip6_emit(&w, &h);
    assert_true(w.bad);
    bytes_free(&b);
}

static void ip6_refuses_every_prefix(void **state) {
    struct bytes b = bytes_hex(CAP_ECHO6_REQUEST);

    (void)state;
    for (size_t n = 0; n < b.len - ETH_HDR_BYTES; n++) {
        struct bytes cut = bytes_copy(b.p + ETH_HDR_BYTES, n);
        struct rd r = bytes_rd(&cut);
        struct rd quoted = r;
        struct ip6_hdr h;

        assert_int_equal(ip6_parse(&r, &h), INL_DROP_TRUNCATED);
        assert_int_equal(ip6_parse_quoted(&quoted, &h),
                         n < 40 ? INL_DROP_TRUNCATED : INL_DROP_NONE);
        if (n >= 40) {
            assert_int_equal(rd_left(&h.payload), n - 40);
        }
        bytes_free(&cut);
    }
    bytes_free(&b);
}

static void ip6_refuses_versions_and_mapped_addresses(void **state) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct bytes b = bytes_hex(CAP_ECHO6_REQUEST);
    struct bytes ip = bytes_copy(b.p + ETH_HDR_BYTES, b.len - ETH_HDR_BYTES);
    struct ip6_hdr h;
    struct rd r = bytes_rd(&ip);

    (void)state;
    ip.p[0] = 0x40;
    assert_int_equal(ip6_parse(&r, &h), INL_DROP_BAD_VERSION);
    ip.p[0] = 0x60;
    memcpy(ip.p + 24, mapped, sizeof(mapped));
    r = bytes_rd(&ip);
    assert_int_equal(ip6_parse(&r, &h), INL_DROP_BAD_DESTINATION);
    memcpy(ip.p + 8, mapped, sizeof(mapped));
    r = bytes_rd(&ip);
    assert_int_equal(ip6_parse(&r, &h), INL_DROP_BAD_SOURCE);
    bytes_free(&ip);
    bytes_free(&b);
}

/* SEC-50 */
static void ip6_payload_length_decides_the_payload(void **state) {
    static const struct {
        uint16_t len;
        enum inl_drop want;
    } rows[] = {
        {0, INL_DROP_NONE},       {23, INL_DROP_NONE},      {24, INL_DROP_NONE},
        {25, INL_DROP_TRUNCATED}, {64, INL_DROP_TRUNCATED}, {65535, INL_DROP_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes b = bytes_hex(CAP_ECHO6_REQUEST);
        struct rd r = after_eth(&b);
        struct rd quoted = r;
        struct ip6_hdr h;

        b.p[ETH_HDR_BYTES + 4] = (uint8_t)(rows[i].len >> 8);
        b.p[ETH_HDR_BYTES + 5] = (uint8_t)rows[i].len;
        assert_int_equal(ip6_parse(&r, &h), rows[i].want);
        if (rows[i].want == INL_DROP_NONE) {
            assert_int_equal(rd_left(&h.payload), rows[i].len);
        }
        assert_int_equal(ip6_parse_quoted(&quoted, &h), INL_DROP_NONE);
        assert_int_equal(rd_left(&h.payload), rows[i].len < 24 ? rows[i].len : 24);
        bytes_free(&b);
    }
}

/* One row a packet: bytes after the fixed header, and what the walk says. */
struct walk_row {
    const char *what;
    const char *hex;
    uint8_t first;
    enum inl_drop want;
    enum ip6_problem problem;
    uint8_t code;
    uint16_t problem_off;
    uint8_t proto;
    uint16_t upper_off;
    uint16_t next_off;
};

#define HOP IP_PROTO_HOPOPTS
#define DST IP_PROTO_DSTOPTS
#define RT IP_PROTO_ROUTING
#define FRAG IP_PROTO_FRAGMENT
#define UDP IP_PROTO_UDP
#define NONE INL_DROP_NONE, IP6_PROBLEM_NONE, 0, 0
#define PARAM IP6_PROBLEM_PARAM
#define ALWAYS IP6_PROBLEM_PARAM_ALWAYS

static const struct walk_row walk_rows[] = {
    {"no extension header", "aabb", UDP, NONE, UDP, 40, 6},
    {"no next header", "", IP_PROTO_NONE, NONE, IP_PROTO_NONE, 40, 6},
    {"unknown protocol", "aabb", 200, NONE, 200, 40, 6},
    {"hop-by-hop, PadN", "11000104 00000000 aa", HOP, NONE, UDP, 48, 40},
    {"destination options, Pad1 x 6", "11000000 00000000 aa", DST, NONE, UDP, 48, 40},
    {"hop-by-hop, then destination", "3c000104 00000000 11000104 00000000", HOP, NONE, UDP, 56, 48},
    {"longer header", "11010104 00000000 010600000000 0000", DST, NONE, UDP, 56, 40},
    {"router alert", "11000502 00000100", HOP, NONE, UDP, 48, 40},
    {"unknown option, skip", "11001e02 00000100", DST, NONE, UDP, 48, 40},
    {"router alert of wrong size", "11000503 00000000", HOP, NONE, UDP, 48, 40},
    {"option 01: drop", "11005e02 00000100", DST, INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_NONE, 2, 0,
     0, 0, 0},
    {"option 10: always tell", "11009e02 00000100", DST, INL_DROP_BAD_EXT_HEADER, ALWAYS, 2, 42, 0,
     0, 0},
    {"option 11: tell", "11000000 de000000", DST, INL_DROP_BAD_EXT_HEADER, PARAM, 2, 44, 0, 0, 0},
    {"jumbogram", "1100c204 00010000", HOP, INL_DROP_BAD_EXT_HEADER, PARAM, 2, 42, 0, 0, 0},
    {"option overruns", "11001e05 00000000", DST, INL_DROP_BAD_OPTION, PARAM, 0, 43, 0, 0, 0},
    {"option without length", "11000102 0000001e", DST, INL_DROP_BAD_OPTION, PARAM, 0, 47, 0, 0, 0},
    {"hop-by-hop not first", "00000104 00000000 11000104 00000000", DST, INL_DROP_BAD_EXT_HEADER,
     PARAM, 1, 40, 0, 0, 0},
    {"hop-by-hop twice", "00000104 00000000 11000104 00000000", HOP, INL_DROP_BAD_EXT_HEADER, PARAM,
     1, 40, 0, 0, 0},
    {"routing, none left", "11000000 00000000 aa", RT, NONE, UDP, 48, 40},
    {"routing 0, one left", "11020001 00000000 0000000000000000 0000000000000000", RT,
     INL_DROP_SOURCE_ROUTED, PARAM, 0, 42, 0, 0, 0},
    {"routing 4, one left", "11000401 00000000", RT, INL_DROP_SOURCE_ROUTED, PARAM, 0, 42, 0, 0, 0},
    {"routing cut", "11010000 00000000", RT, INL_DROP_TRUNCATED, IP6_PROBLEM_NONE, 0, 0, 0, 0, 0},
    {"options cut", "11010104 00000000", DST, INL_DROP_TRUNCATED, IP6_PROBLEM_NONE, 0, 0, 0, 0, 0},
    {"length 255", "11ff0104 00000000", DST, INL_DROP_TRUNCATED, IP6_PROBLEM_NONE, 0, 0, 0, 0, 0},
    {"nothing at all", "", DST, INL_DROP_TRUNCATED, IP6_PROBLEM_NONE, 0, 0, 0, 0, 0},
    {"one byte", "11", RT, INL_DROP_TRUNCATED, IP6_PROBLEM_NONE, 0, 0, 0, 0, 0},
    {"first fragment", "11000001 00000007 0011223344556677", FRAG, NONE, UDP, 48, 40},
    {"last fragment, odd", "11000008 00000007 001122", FRAG, NONE, UDP, 48, 40},
    {"atomic fragment", "11000000 00000007 0011", FRAG, NONE, UDP, 48, 40},
    {"atomic, reserved bits", "1100 0006 00000007 0011", FRAG, NONE, UDP, 48, 40},
    {"nested atomic fragments", "2c000000 00000007 11000000 00000007 00", FRAG,
     INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_NONE, 0, 0, 0, 0, 0},
    {"fragment not multiple of 8", "11000001 00000007 001122", FRAG, INL_DROP_BAD_EXT_HEADER, PARAM,
     0, 4, 0, 0, 0},
    {"fragment beyond 65,535", "1100fff8 00000007 0011223344556677", FRAG, INL_DROP_BAD_EXT_HEADER,
     PARAM, 0, 42, 0, 0, 0},
    {"empty fragment", "11000008 00000007", FRAG, INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_NONE, 0, 0,
     0, 0, 0},
    {"fragment header cut", "11000001 000000", FRAG, INL_DROP_TRUNCATED, IP6_PROBLEM_NONE, 0, 0, 0,
     0, 0},
};

static void ip6_walk_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(walk_rows) / sizeof(walk_rows[0]); i++) {
        const struct walk_row *row = &walk_rows[i];
        struct bytes b = bytes_hex(row->hex);
        struct rd r = bytes_rd(&b);
        struct ip6_walk w;

        enum inl_drop got = ip6_ext_walk(&r, row->first, &w);
        if (got != row->want || w.problem != row->problem || w.problem_off != row->problem_off) {
            fail_msg("%s: drop %d problem %d at %d", row->what, got, w.problem, w.problem_off);
        }
        if (row->problem != IP6_PROBLEM_NONE) {
            assert_int_equal(w.problem_code, row->code);
        }
        if (row->want == INL_DROP_NONE) {
            assert_int_equal(w.proto, row->proto);
            assert_int_equal(w.upper_off, row->upper_off);
            assert_int_equal(w.next_off, row->next_off);
            assert_int_equal(rd_left(&w.payload), 40 + b.len - row->upper_off);
        }
        bytes_free(&b);
    }
}

static void ip6_walk_reports_fragments_alerts_and_routing(void **state) {
    struct bytes first = bytes_hex("06000031 00c0ffee 0011223344556677");
    struct bytes alert = bytes_hex("11000502 00030100");
    struct bytes atomic = bytes_hex("2b000000 00000007 11000000 00000000");
    struct rd r = bytes_rd(&first);
    struct ip6_walk w;

    (void)state;
    assert_int_equal(ip6_ext_walk(&r, FRAG, &w), INL_DROP_NONE);
    assert_true(w.fragment && w.frag_more && !w.atomic);
    assert_int_equal(w.frag_off_bytes, 48);
    assert_int_equal(w.frag_id, 0xc0ffee);
    assert_int_equal(w.proto, IP_PROTO_TCP);
    r = bytes_rd(&alert);
    assert_int_equal(ip6_ext_walk(&r, HOP, &w), INL_DROP_NONE);
    assert_true(w.has_alert && !w.fragment);
    assert_int_equal(w.alert, 3);
    r = bytes_rd(&alert); /* the option means nothing in destination options */
    assert_int_equal(ip6_ext_walk(&r, DST, &w), INL_DROP_NONE);
    assert_false(w.has_alert);
    r = bytes_rd(&atomic);
    assert_int_equal(ip6_ext_walk(&r, FRAG, &w), INL_DROP_NONE);
    assert_true(w.atomic && !w.fragment && w.routing);
    assert_int_equal(w.proto, UDP);
    bytes_free(&first);
    bytes_free(&alert);
    bytes_free(&atomic);
}

/* SEC-51: a chain of n destination-options headers, each pointing to the next. */
static void ip6_walk_has_a_limit_of_headers(void **state) {
    static uint8_t buf[8 * 100];

    (void)state;
    for (size_t n = 1; n <= 100; n++) {
        struct rd r = rd_init(buf, n * 8);
        struct ip6_walk w;

        memset(buf, 0, sizeof(buf));
        for (size_t i = 0; i < n; i++) {
            buf[i * 8] = i + 1 < n ? DST : UDP;
        }
        assert_int_equal(ip6_ext_walk(&r, DST, &w),
                         n <= IP6_EXT_MAX ? INL_DROP_NONE : INL_DROP_BAD_EXT_HEADER);
    }
}

static void ip6_walk_has_a_limit_of_options(void **state) {
    (void)state;
    for (uint8_t n = 0; n < 12; n++) {
        uint8_t buf[8 * 4] = {UDP, 3};
        struct rd r = rd_init(buf, sizeof(buf));
        struct ip6_walk w;

        for (size_t i = 0; i < n; i++) {
            buf[2 + i * 2] = 0x1e; /* unknown, to be skipped, no data */
        }
        assert_int_equal(ip6_ext_walk(&r, DST, &w),
                         n <= IP6_OPTS_MAX ? INL_DROP_NONE : INL_DROP_BAD_EXT_HEADER);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eth_reads_and_writes_a_captured_header),
        cmocka_unit_test(eth_refuses_short_headers_and_lengths),
        cmocka_unit_test(eth_maps_multicast_addresses),
        cmocka_unit_test(arp_reads_and_writes_captured_messages),
        cmocka_unit_test(arp_refuses_prefixes_and_other_types),
        cmocka_unit_test(ip4_reads_and_writes_a_captured_header),
        cmocka_unit_test(ip4_keeps_options_through_a_round_trip),
        cmocka_unit_test(ip4_emit_pads_odd_options_and_refuses_what_does_not_fit),
        cmocka_unit_test(ip4_refuses_every_prefix),
        cmocka_unit_test(ip4_cuts_link_padding),
        cmocka_unit_test(ip4_refuses_lies_about_length),
        cmocka_unit_test(ip4_leaves_output_alone_on_failure),
        cmocka_unit_test(ip4_options_are_checked),
        cmocka_unit_test(ip4_option_walk_always_ends),
        cmocka_unit_test(ip6_reads_and_writes_a_captured_header),
        cmocka_unit_test(ip6_refuses_every_prefix),
        cmocka_unit_test(ip6_refuses_versions_and_mapped_addresses),
        cmocka_unit_test(ip6_payload_length_decides_the_payload),
        cmocka_unit_test(ip6_walk_rows),
        cmocka_unit_test(ip6_walk_reports_fragments_alerts_and_routing),
        cmocka_unit_test(ip6_walk_has_a_limit_of_headers),
        cmocka_unit_test(ip6_walk_has_a_limit_of_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
