/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_text.c - the one-line text of frames
 *
 * Captured frames give the lines that tcpdump -n -t -S gives (without its "IP " in front, and
 * ICMP errors name what they quote in our own words). Every prefix of every frame, and frames
 * with each single byte changed, give some line without reading outside the buffer.
 */
#include "bytes.h"

#include "captured.h"

#include "wire/text.h"

#include <stdio.h>

struct line_row {
    const char *hex;
    const char *want;
};

static const struct line_row captured[] = {
    {CAP_ARP_REQUEST, "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28"},
    {CAP_ARP_REPLY, "ARP, Reply 10.0.0.2 is-at 02:00:00:00:00:02, length 28"},
    {CAP_ECHO4_REQUEST, "10.0.0.1 > 10.0.0.2: ICMP echo request, id 10197, seq 1, length 24"},
    {CAP_ECHO4_REPLY, "10.0.0.2 > 10.0.0.1: ICMP echo reply, id 10197, seq 1, length 24"},
    {CAP_NS, "2001:db8::1 > ff02::1:ff00:2: ICMP6, neighbor solicitation, who has 2001:db8::2, "
             "source 02:00:00:00:00:01, length 32"},
    {CAP_NA, "2001:db8::2 > 2001:db8::1: ICMP6, neighbor advertisement, tgt is 2001:db8::2, "
             "Flags [SO], target 02:00:00:00:00:02, length 32"},
    {CAP_ECHO6_REQUEST,
     "2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 10198, seq 1, length 24"},
    {CAP_ECHO6_REPLY, "2001:db8::2 > 2001:db8::1: ICMP6, echo reply, id 10198, seq 1, length 24"},
    {CAP_TCP_SYN, "10.0.0.1.51982 > 10.0.0.2.8000: Flags [S], seq 1206006129, win 64240, options "
                  "[mss 1460,sackOK,TS val 238420320 ecr 0,nop,wscale 10], length 0 "
                  "[bad cksum 1431, expected c5d1]"},
    {CAP_TCP_SYN_ACK,
     "10.0.0.2.8000 > 10.0.0.1.52150: Flags [S.], seq 3921760520, ack 4122708426, win 65160, "
     "options [mss 1460,sackOK,TS val 929918896 ecr 3993667947,nop,wscale 10], length 0"},
    {CAP_TCP_RST, "10.0.0.2.8000 > 10.0.0.1.51982: Flags [R.], seq 0, ack 1206006130, win 0, "
                  "length 0"},
    {CAP_TCP_ACK, "10.0.0.2.8000 > 10.0.0.1.52150: Flags [.], ack 4122708509, win 64, options "
                  "[nop,nop,TS val 929918896 ecr 3993667947], length 0"},
    {CAP_TCP_FIN, "10.0.0.2.8000 > 10.0.0.1.52150: Flags [F.], seq 3921760805, ack 4122708509, "
                  "win 64, options [nop,nop,TS val 929918901 ecr 3993667951], length 0"},
    {CAP_UDP4, "10.0.0.1.39822 > 10.0.0.2.9: UDP, length 6"},
    {CAP_UNREACH4, "10.0.0.2 > 10.0.0.1: ICMP port unreachable, for 10.0.0.1.39822 > 10.0.0.2.9 "
                   "UDP, length 42"},
    {CAP_UDP6, "2001:db8::1.58736 > 2001:db8::2.9: UDP, length 6"},
    {CAP_UNREACH6, "2001:db8::2 > 2001:db8::1: ICMP6, destination unreachable, unreachable port, "
                   "for 2001:db8::1.58736 > 2001:db8::2.9 UDP, length 62"},
    {CAP_RECORD_ROUTE, "10.0.0.1 > 10.0.0.2: ICMP echo request, id 10266, seq 1, length 64"},
};

#define CAPTURED_N (sizeof(captured) / sizeof(captured[0]))

static void expect_line(enum inl_link_kind kind, const char *hex, const char *want) {
    struct bytes b = bytes_hex(hex);
    char line[512];
    struct text t = text_init(line, sizeof(line));

    wire_frame_text(&t, kind, b.p, b.len);
    assert_string_equal(line, want);
    bytes_free(&b);
}

static void captured_frames_read_as_tcpdump_reads_them(void **state) {
    (void)state;
    for (size_t i = 0; i < CAPTURED_N; i++) {
        expect_line(INL_LINK_ETHERNET, captured[i].hex, captured[i].want);
    }
}

/* Bare IP packets, checksums of which are right or named wrong. */
static void bare_packets(void **state) {
    static const struct line_row rows[] = {
        {"", "IP [truncated]"},
        {"45", "IP [truncated]"},
        {"60", "IP6 [truncated]"},
        {"75000014 00000000 40ff0000 0a000001 0a000002", "IP [bad-version]"},
        {"44000014 00000000 40ff0000 0a000001 0a000002", "IP [bad-length]"},
        {"45000014 00000000 40ff6616 0a000001 0a000002",
         "10.0.0.1 > 10.0.0.2: ip-proto-255, length 0 "
         "[ip] [bad cksum 6616, expected 65e9]"},
        {"45000014 00000000 40ff65e9 0a000001 0a000002",
         "10.0.0.1 > 10.0.0.2: ip-proto-255, length 0"},
        {"45000018 00000000 400666de 0a000001 0a000002 00010002",
         "10.0.0.1 > 10.0.0.2: TCP [truncated]"},
        {"46000018 00000000 40ff64e4 0a000001 0a000002 2a000000",
         "10.0.0.1 > 10.0.0.2: ip-proto-255, length 0 [ip] [bad cksum 64e4, expected 3ae5] "
         "[bad-option]"},
        {"4500001c 00070001 401166d1 0a000001 0a000002 0011223344556677",
         "10.0.0.1 > 10.0.0.2 frag (id 7, offset 8, last): UDP, length 8 [ip] "
         "[bad cksum 66d1, expected 66c7]"},
        {"4500001c 00000000 401166cf 0a000001 0a000002 00010002 00070000",
         "10.0.0.1 > 10.0.0.2: UDP [bad-length]"},
        {"4500001c 00000000 401166cf 0a000001 0a000002 00010002 00080000",
         "10.0.0.1.1 > 10.0.0.2.2: UDP, length 0"},
        {"45000020 00000000 401166cb 0a000001 0a000002 00010002 000c0000",
         "10.0.0.1.1 > 10.0.0.2.2: UDP, length 4 [truncated]"},
        {"45000020 00000000 401166cb 0a000001 0a000002 00010002 0007",
         "10.0.0.1 > 10.0.0.2: UDP [bad-length]"},
        {"45000020 00000000 401166cb 0a000001 0a000002 00010002 00",
         "10.0.0.1 > 10.0.0.2: UDP [truncated]"},
        {"4500001a 00000000 401166d1 0a000001 0a000002 00010002 0008",
         "10.0.0.1 > 10.0.0.2: UDP [truncated]"},
        {"60000000 00083c40 20010db8000000000000000000000001 20010db8000000000000000000000002 "
         "3b000104 00000000",
         "2001:db8::1 > 2001:db8::2: no next header, length 0"},
        {"60000000 00082b40 20010db8000000000000000000000001 20010db8000000000000000000000002 "
         "3b000001 00000000",
         "2001:db8::1 > 2001:db8::2: IP6 [source-routed]"},
        {"60000000 00102c40 20010db8000000000000000000000001 20010db8000000000000000000000002 "
         "11000001 00000007 0011223344556677",
         "2001:db8::1 > 2001:db8::2 frag (id 7, offset 0, more): UDP, length 8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_line(INL_LINK_IP, rows[i].hex, rows[i].want);
    }
}

static void ethernet_without_ip(void **state) {
    (void)state;
    expect_line(INL_LINK_ETHERNET, "0200", "Ethernet [truncated]");
    expect_line(INL_LINK_ETHERNET, "020000000002 020000000001 0100 00",
                "Ethernet [unknown-ethertype]");
    expect_line(INL_LINK_ETHERNET, "020000000002 020000000001 88cc 0011",
                "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown (0x88cc), length 2");
    expect_line(INL_LINK_ETHERNET, "020000000002 020000000001 8100 0011",
                "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 802.1Q (0x8100), length 2");
    expect_line(INL_LINK_ETHERNET, "020000000002 020000000001 0806 0001", "ARP [truncated]");
    expect_line(INL_LINK_ETHERNET,
                "020000000002 020000000001 0806 0001080006040003 020000000001 0a000001 "
                "020000000002 0a000002",
                "ARP, op 3, length 28");
}

static void cut_segments_are_marked(void **state) {
    struct bytes b = bytes_hex(CAP_TCP_ACK);
    char line[512];
    struct text t = text_init(line, sizeof(line));

    (void)state;
    b.p[17] = (uint8_t)(b.p[17] + 100); /* total length: 100 bytes are missing */
    wire_frame_text(&t, INL_LINK_ETHERNET, b.p, b.len);
    assert_non_null(strstr(line, "length 0 [truncated] [ip] [bad cksum"));
    bytes_free(&b);
}

/* ICMP bodies behind a 40-byte IPv6 or 20-byte IPv4 header, whose checksum is not looked at
 * because the total length says that more should follow. */
#define V4(tail) "4500ffff 00000000 40010000 0a000001 0a000002 " tail
#define V6(tail)                                                                                   \
    "60000000 ffff3a40 fe800000000000000000000000000001 fe800000000000000000000000000002 " tail
#define QUOTE "4500001c 00000000 40110000 0a000002 0a000001 0035 9c40"

static void expect_part(const char *hex, const char *part) {
    struct bytes b = bytes_hex(hex);
    char line[512];
    struct text t = text_init(line, sizeof(line));

    wire_frame_text(&t, INL_LINK_IP, b.p, b.len);
    if (!strstr(line, part)) {
        fail_msg("\"%s\" is not in \"%s\"", part, line);
    }
    bytes_free(&b);
}

static void icmp_messages_are_named(void **state) {
    static const struct line_row rows[] = {
        {V4("0304 0000 00000578" QUOTE), "ICMP need to frag unreachable (mtu 1400), for "
                                         "10.0.0.2.53 > 10.0.0.1.40000 UDP"},
        {V4("0b00 0000 00000000" QUOTE), "ICMP time exceeded in-transit, for 10.0.0.2.53"},
        {V4("0b01 0000 00000000" QUOTE), "ICMP ip reassembly time exceeded, for"},
        {V4("0c00 0000 14000000" QUOTE), "ICMP parameter problem, octet 20, for"},
        {V4("0501 0000 0a000009" QUOTE), "ICMP redirect to 10.0.0.9, for"},
        {V4("0400 0000 00000000" QUOTE), "ICMP source quench, for"},
        {V4("0303 0000 00000000 4500"), "ICMP port unreachable [truncated], length 10 [truncated]"},
        {V4("0303 0000 00000000 4500001c 00000001 40110000 0a000002 0a000001 00359c40"),
         "for 10.0.0.2 > 10.0.0.1 UDP"}, /* no ports in a later fragment */
        {V4("0303 0000 00000000 4500001c 00000000 40010000 0a000002 0a000001 00359c40"),
         "for 10.0.0.2 > 10.0.0.1 ICMP"},
        {V4("0d00 0000 00000000"), "ICMP type 13 code 0, length 8"},
        {V4("0800 00"), "10.0.0.1 > 10.0.0.2: ICMP [truncated]"},
        {V6("8000 00"), "fe80::1 > fe80::2: ICMP6 [truncated]"},
        {V6("0200 0000 00000500 6000"), "ICMP6, packet too big, mtu 1280 [truncated], length 10"},
        {V6("0300 0000 00000000"), "ICMP6, time exceeded in-transit"},
        {V6("0301 0000 00000000"), "ICMP6, time exceeded (reassembly)"},
        {V6("0401 0000 00000006"), "ICMP6, parameter problem, code 1, octet 6"},
        {V6("0100 0000 00000000 60000000 ffff2b40 fe800000000000000000000000000001 "
            "fe800000000000000000000000000002 3b00"),
         "unreachable route, for fe80::1 > fe80::2 RT"},
        {V6("8500 0000 00000000 0101020000000001"),
         "ICMP6, router solicitation, source 02:00:00:00:00:01"},
        {V6("8600 0000 40000708 00000000 00000000 0501000000000578 0304 40c0 00000e10 00000e10 "
            "00000000 20010db8000000000000000000000000"),
         "ICMP6, router advertisement, hop limit 64, router lifetime 1800s, mtu 1400, prefix "
         "2001:db8::/64, length 56"},
        {V6("8900 0000 00000000 fe800000000000000000000000000009 "
            "20010db8000000000000000000000002"),
         "ICMP6, redirect, 2001:db8::2 to fe80::9"},
        {V6("8800 0000 80000000 fe800000000000000000000000000009"),
         "ICMP6, neighbor advertisement, tgt is fe80::9, Flags [R], length 24"},
        {V6("8800 0000 00000000 fe800000000000000000000000000009"), "tgt is fe80::9, length 24"},
        {V6("8700 0000 00000000 fe800000000000000000000000000009 0100"),
         "ICMP6, type 135 code 0, length 26 [bad-option]"},
        {V6("8200 0000 00000000"), "ICMP6, type 130 code 0, length 8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_part(rows[i].hex, rows[i].want);
    }
}

#define SEGMENT(tail)                                                                              \
    "4500ffff 00000000 40060000 0a000001 0a000002 00010002 00000003 00000004 " tail

static void tcp_options_and_flags_are_named(void **state) {
    static const struct line_row rows[] = {
        {SEGMENT("5000 0005 0000 0000"), "Flags [none], win 5, length 0"},
        {SEGMENT("51ff 0005 0000 0007 aabb"), "Flags [FSRP.UEWe], seq 3:5, ack 4, win 5, urg 7, "
                                              "length 2"},
        {SEGMENT("7010 0005 0000 0000 2202 0101 00000000"), "options [tfo cookiereq,nop,nop,eol]"},
        {SEGMENT("7010 0005 0000 0000 2206 01020304 0101"),
         "options [tfo cookie 01020304,nop,nop]"},
        {SEGMENT("8010 0005 0000 0000 ac0b 000001 000000 000001 01"),
         "options [accecn0 e0b 1 ceb 0 e1b 1,nop]"},
        {SEGMENT("7010 0005 0000 0000 ae05 0003e9 010101"),
         "options [accecn1 e1b 1001,nop,nop,nop]"},
        {SEGMENT("8010 0005 0000 0000 050a 00000001 00000002 0101"),
         "options [sack 1 {1:2},nop,nop]"},
        {SEGMENT("6010 0005 0000 0000 02030000"), "options [bad opt 2,eol]"},
        {SEGMENT("6010 0005 0000 0000 01020000"), "options [nop,[bad opt]]"},
        {SEGMENT("6010 0005 0000 0000 fe04aaaa"), "options [unknown-254]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_part(rows[i].hex, rows[i].want);
    }
}

static void no_prefix_and_no_small_buffer_hurts(void **state) {
    (void)state;
    for (size_t i = 0; i < CAPTURED_N; i++) {
        struct bytes b = bytes_hex(captured[i].hex);

        for (size_t n = 0; n <= b.len; n++) {
            struct bytes cut = bytes_copy(b.p, n);
            char *line = malloc(n + 1); /* sizes from 1 up: the text must end in it */
            struct text t = text_init(line, n + 1);

            assert_non_null(line);
            wire_frame_text(&t, INL_LINK_ETHERNET, cut.p, cut.len);
            assert_true(strlen(line) <= n);
            free(line);
            bytes_free(&cut);
        }
        bytes_free(&b);
    }
}

static void no_single_changed_byte_hurts(void **state) {
    static const uint8_t values[] = {0x00, 0x01, 0x02, 0x03, 0x2b, 0x2c, 0x3a, 0x3c,
                                     0x4f, 0x60, 0x7f, 0x80, 0x86, 0x89, 0xff};

    (void)state;
    for (size_t i = 0; i < CAPTURED_N; i++) {
        struct bytes b = bytes_hex(captured[i].hex);

        for (size_t at = 0; at < b.len; at++) {
            uint8_t keep = b.p[at];

            for (size_t v = 0; v < sizeof(values); v++) {
                char line[400];
                struct text t = text_init(line, sizeof(line));

                b.p[at] = values[v];
                wire_frame_text(&t, INL_LINK_ETHERNET, b.p, b.len);
                assert_true(t.len > 0);
            }
            b.p[at] = keep;
        }
        bytes_free(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captured_frames_read_as_tcpdump_reads_them),
        cmocka_unit_test(bare_packets),
        cmocka_unit_test(ethernet_without_ip),
        cmocka_unit_test(cut_segments_are_marked),
        cmocka_unit_test(icmp_messages_are_named),
        cmocka_unit_test(tcp_options_and_flags_are_named),
        cmocka_unit_test(no_prefix_and_no_small_buffer_hurts),
        cmocka_unit_test(no_single_changed_byte_hurts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
