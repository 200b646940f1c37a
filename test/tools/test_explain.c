/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_explain.c - fields, values and meanings of whole packets; and of every part of them
 */
#include "tools/explain/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char syn_hex[] =
    "02000000000202000000000108004500003c00010000400666b90a0000010a000002a02800500000000100000000"
    "a002200073830000020405b40402080a000000010000000001030307";

static const char arp_hex[] =
    "020000000002020000000001080600010800060400010200000000010a0000010000000000000a000009";

static const char vlan_dns_hex[] =
    "0200000000020200000000018100600708004500005c00010000401166840a0000050a00000800359c4000485d97"
    "004d8100000100010000000003777777076578616d706c65036f7267000001000103777777076578616d706c6503"
    "6f726700000100010000003c0004c0000207";

static const char unreach_hex[] =
    "02000000000202000000000108004500003b00010000400165bf0a0101010a0000010303131e000000004500001f"
    "00010000401164c90a0000010a02020200050006000b2566616263";

static const char ra_hex[] =
    "02000000000202000000000186dd6000000000383afffe800000000000000000000000000001ff02000000000000"
    "00000000000000018600f880008807080000000000000000030440c0ffffffffffffffff0000000020010db80000"
    "000000000000000000000501000000000578";

static const char ext_hex[] =
    "02000000000202000000000186dd6000000000200040fd000000000000000000000000000001fd00000000000000"
    "00000000000000022c000502000001003a000001000000058000a3cb000100027878787878787878";

static const char dhcp_hex[] =
    "02000000000202000000000108004500011800010000401179d500000000ffffffff004400430104446201010600"
    "00000005000000000000000000000000000000000000000002000000000100000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000638253633501010c06781b5b33316dff";

static const char igmp_hex[] =
    "0200000000020200000000010800460000280001000001023ab80a000001e0000016940400002200f9d700000001"
    "04000000e1010203";

#define BYTES_MAX 512

static size_t from_hex(const char *hex, uint8_t buf[BYTES_MAX]) {
    size_t n = 0;
    unsigned byte;

    for (; hex[2 * n] != '\0'; n++) {
        assert_true(n < BYTES_MAX);
        assert_int_equal(sscanf(hex + 2 * n, "%2x", &byte), 1);
        buf[n] = (uint8_t)byte;
    }
    return n;
}

static struct explain explained;
static uint8_t bytes[BYTES_MAX];

static void explain(const char *hex) {
    size_t n = from_hex(hex, bytes);

    explain_packet(&explained, bytes, n, n, EXPLAIN_LINK_ETHERNET);
    assert_false(explained.full);
}

/* The field of that name, number `nth` of them, in the layer of that name. */
static const struct explain_field *field(const char *layer, const char *name, unsigned nth) {
    for (size_t i = 0; i < explained.layers_n; i++) {
        const struct explain_layer *l = &explained.layers[i];

        for (size_t j = 0; strcmp(l->name, layer) == 0 && j < l->fields_n; j++) {
            const struct explain_field *f = &explained.fields[l->field + j];

            if (strcmp(f->name, name) == 0 && nth-- == 0) {
                return f;
            }
        }
    }
    fail_msg("no field %s in %s", name, layer);
    return NULL;
}

struct wanted {
    const char *layer, *name;
    unsigned nth;
    size_t first_byte;
    const char *value, *meaning;
};

static void expect(const struct wanted *wanted, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct explain_field *f = field(wanted[i].layer, wanted[i].name, wanted[i].nth);

        assert_int_equal(f->bit / 8, wanted[i].first_byte);
        if (wanted[i].value != NULL) {
            assert_string_equal(f->value, wanted[i].value);
        }
        assert_string_equal(f->meaning, wanted[i].meaning);
    }
}
#define EXPECT(...)                                                                                \
    do {                                                                                           \
        static const struct wanted wanted[] = {__VA_ARGS__};                                       \
        expect(wanted, sizeof(wanted) / sizeof(wanted[0]));                                        \
    } while (0)

static void test_tcp(void **state) {
    (void)state;
    explain(syn_hex);
    EXPECT({"Ethernet", "EtherType", 0, 12, "0x0800", "IPv4"},
           {"IPv4", "IHL", 0, 14, "5", "words of 4 bytes: a header of 20"},
           {"IPv4", "Total Length", 0, 16, "60", "header and 40 bytes"},
           {"IPv4", "Header Checksum", 0, 24, "0x66b9", "right"},
           {"TCP", "Source Port", 0, 34, "41000", ""},
           {"TCP", "SYN", 0, 47, "1", "set: begins a connection; the sequence number is its first"},
           {"TCP", "ACK", 0, 47, "0", "not set"},
           {"TCP", "Option", 0, 54, "2", "maximum segment size 1460"},
           {"TCP", "Option", 2, 60, "8", "timestamps: value 1, echo of 0 (RFC 7323)"},
           {"TCP", "Option", 4, 71, "3", "window scale: times 128 (RFC 7323)"});
    assert_string_equal(field("TCP", "Checksum", 0)->meaning, "right");
}

static void test_tcp_multipath(void **state) {
    (void)state;
    size_t n = from_hex(syn_hex, bytes);

    bytes[60] = 30; /* in the place of the timestamps */
    bytes[62] = 0x70;
    explain_packet(&explained, bytes, n, n, EXPLAIN_LINK_ETHERNET);
    EXPECT({"TCP", "Option", 2, 60, "30",
            "multipath TCP: ends the whole connection at once (MP_FASTCLOSE) (RFC 8684)"});
    bytes[62] = 0x90;
    explain_packet(&explained, bytes, n, n, EXPLAIN_LINK_ETHERNET);
    EXPECT({"TCP", "Option", 2, 60, "30", "multipath TCP: unknown signal (RFC 8684)"});
}

/* One bit of the data turns every checksum above it wrong, and the expected value is told. */
static void test_wrong(void **state) {
    (void)state;
    size_t n = from_hex(syn_hex, bytes);
    char right[8];

    snprintf(right, sizeof(right), "0x%02x%02x", bytes[50], bytes[51]);
    bytes[57] ^= 1;
    explain_packet(&explained, bytes, n, n, EXPLAIN_LINK_ETHERNET);
    assert_true(field("TCP", "Checksum", 0)->wrong);
    assert_null(strstr(field("TCP", "Checksum", 0)->meaning, right));
    assert_non_null(strstr(field("TCP", "Checksum", 0)->meaning, "expected 0x"));
    assert_false(field("IPv4", "Header Checksum", 0)->wrong);
    bytes[22] = 0; /* TTL */
    bytes[14] = 0x44;
    explain_packet(&explained, bytes, n, n, EXPLAIN_LINK_ETHERNET);
    assert_true(field("IPv4", "Time to Live", 0)->wrong);
    assert_true(field("IPv4", "IHL", 0)->wrong);
}

static void test_others(void **state) {
    (void)state;
    explain(arp_hex);
    EXPECT({"ARP", "Operation", 0, 20, "1", "request: who has 10.0.0.9? Tell 10.0.0.1"});
    explain(vlan_dns_hex);
    EXPECT({"VLAN tag", "VLAN ID", 0, 14, "7", ""}, {"VLAN tag", "Priority", 0, 14, "3", ""},
           {"DNS", "ID", 0, 46, "0x004d", ""}, {"DNS", "QR", 0, 48, "1", "a response"},
           {"DNS", "Question", 0, 58, "www.example.org.", "A: an IPv4 address"},
           {"DNS", "Answer", 0, 79, "www.example.org.", "A: an IPv4 address 192.0.2.7, for 60 s"});
    assert_string_equal(field("UDP", "Checksum", 0)->meaning, "right");
    explain(unreach_hex);
    EXPECT({"ICMP", "Code", 0, 35, "3", "nobody listens on the port"},
           {"UDP", "Destination Port", 0, 64, "6", ""},
           {"UDP", "Checksum", 0, 68, NULL, "not verified: the quoted packet is not whole"});
    explain(igmp_hex);
    EXPECT({"IPv4", "Option", 0, 34, "148", "router alert"},
           {"IGMP", "Group Record", 0, 46, "225.1.2.3",
            "from now on from all but the sources, 0 sources"});
    explain(dhcp_hex);
    EXPECT({"DHCP", "Option", 0, 282, "53", "message type: DISCOVER: who leases addresses?"},
           {"DHCP", "Option", 1, 285, "12", "host name: \"x\\033[31m\""});
}

static void test_ip6(void **state) {
    (void)state;
    explain(ra_hex);
    EXPECT({"ICMPv6", "M", 0, 59, "1", "addresses by DHCPv6"},
           {"ICMPv6", "Prf", 0, 59, "1", "preference high (RFC 4191)"},
           {"ICMPv6", "Option", 1, 102, "5", "MTU of the link: 1400"});
    assert_string_equal(field("ICMPv6", "Checksum", 0)->meaning, "right");
    explain(ext_hex);
    EXPECT({"Hop-by-Hop Options", "Option", 0, 56, "5",
            "router alert; who does not know it should skip it"},
           {"Fragment", "MF", 0, 65, "1", "others follow"},
           {"ICMPv6", "Checksum", 0, 72, NULL, "not verified: it covers all fragments"});
}

static const char *const all[] = {syn_hex, arp_hex, vlan_dns_hex, unreach_hex,
                                  ra_hex,  ext_hex, dhcp_hex,     igmp_hex};
#define ALL_N (sizeof(all) / sizeof(all[0]))

static void check_shape(size_t captured) {
    for (size_t i = 0; i < explained.layers_n; i++) {
        const struct explain_layer *l = &explained.layers[i];

        assert_true(l->first + l->len_bytes <= captured);
        for (size_t j = 0; j < l->fields_n; j++) {
            const struct explain_field *f = &explained.fields[l->field + j];

            assert_true(f->bit >= l->first * 8);
            assert_true((f->bit + f->bits + 7) / 8 <= l->first + l->len_bytes);
        }
    }
}

/* Each prefix, as captured and as sent: nothing beyond it is read or told. */
static void test_prefixes(void **state) {
    (void)state;
    for (size_t i = 0; i < ALL_N; i++) {
        size_t n = from_hex(all[i], bytes);

        for (size_t len = 0; len <= n; len++) {
            uint8_t *exact = malloc(len > 0 ? len : 1); /* so that ASan sees a byte too much */

            memcpy(exact, bytes, len);
            explain_packet(&explained, exact, len, n, EXPLAIN_LINK_ETHERNET);
            check_shape(len);
            explain_packet(&explained, exact, len, len, EXPLAIN_LINK_ETHERNET);
            check_shape(len);
            free(exact);
        }
    }
}

/* Each byte with each value, printed: lengths and pointers lie in all ways. */
static void test_lies(void **state) {
    (void)state;
    FILE *null = fopen("/dev/null", "w");

    assert_non_null(null);
    for (size_t i = 0; i < ALL_N; i++) {
        size_t n = from_hex(all[i], bytes);

        for (size_t at = 12; at < n; at++) {
            uint8_t was = bytes[at];

            for (unsigned value = 0; value < 256; value += at % 4 == 0 ? 1 : 17) {
                bytes[at] = (uint8_t)value;
                explain_packet(&explained, bytes, n, n, EXPLAIN_LINK_ETHERNET);
                check_shape(n);
                if (value % 51 == 0) {
                    explain_text(null, &explained, true);
                }
            }
            bytes[at] = was;
        }
    }
    fclose(null);
}

/* An IPv6 packet of @len bytes, with nothing behind its header yet. */
static uint8_t *long_packet(size_t len, uint8_t next) {
    uint8_t *p = calloc(1, 54 + len);

    assert_non_null(p);
    p[12] = 0x86;
    p[13] = 0xdd;
    p[14] = 0x60;
    p[18] = (uint8_t)(len >> 8);
    p[19] = (uint8_t)len;
    p[20] = next;
    return p;
}

/* More headers, or more options, than are told of: told that it is so. */
static void test_too_many(void **state) {
    (void)state;
    size_t headers = 100, options = 2040;
    uint8_t *p = long_packet(8 * headers, 60);

    for (size_t i = 0; i < headers; i++) {
        memcpy(p + 54 + 8 * i, (uint8_t[]){60, 0, 1, 4, 0, 0, 0, 0}, 8);
    }
    explain_packet(&explained, p, 54 + 8 * headers, 54 + 8 * headers, EXPLAIN_LINK_ETHERNET);
    assert_true(explained.full);
    assert_in_range(explained.layers_n, 10, EXPLAIN_LAYERS_MAX);
    check_shape(54 + 8 * headers);
    free(p);
    p = long_packet(options, 60);
    p[54] = 59;
    p[55] = (uint8_t)(options / 8 - 1); /* the rest is Pad1 */
    explain_packet(&explained, p, 54 + options, 54 + options, EXPLAIN_LINK_ETHERNET);
    assert_true(explained.full);
    assert_int_equal(explained.fields_n, EXPLAIN_FIELDS_MAX);
    check_shape(54 + options);
    free(p);
}

/* Many answers about one long name: few bytes each, but the name is told with every one. The texts are
 * bounded; what has no room is told of as nothing, and said so. */
static void test_texts(void **state) {
    (void)state;
    size_t labels = 4 * 62, records = 600, len = 8 + 12 + labels + 1 + 4 + 16 * records;
    uint8_t *p = long_packet(len, 17), *udp = p + 54, *dns = udp + 8, *at = dns + 12;

    udp[1] = udp[3] = 53;
    udp[4] = (uint8_t)(len >> 8);
    udp[5] = (uint8_t)len;
    dns[2] = 0x80;
    dns[5] = 1;
    dns[6] = (uint8_t)(records >> 8);
    dns[7] = (uint8_t)records;
    for (unsigned i = 0; i < 4; i++, at += 62) {
        memset(at, 'a', 62);
        *at = 61;
    }
    at += 1 + 4;
    for (size_t i = 0; i < records; i++, at += 16) {
        memcpy(at, (uint8_t[]){0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, 1}, 16);
    }
    assert_int_equal(at - p, 54 + len);
    explain_packet(&explained, p, 54 + len, 54 + len, EXPLAIN_LINK_ETHERNET);
    assert_true(explained.full);
    assert_in_range(explained.texts_n, EXPLAIN_TEXT_MAX - 300, EXPLAIN_TEXT_MAX);
    assert_in_range(explained.fields_n, 200, 400); /* it was not for them */
    check_shape(54 + len);
    free(p);
}

static bool is_cut(void) {
    bool cut = false;

    for (size_t i = 0; i < explained.layers_n; i++) {
        cut |= explained.layers[i].cut;
    }
    return cut;
}

/* A header that goes on behind what was captured. */
static void test_cut(void **state) {
    size_t n = from_hex(syn_hex, bytes);

    (void)state;
    explain_packet(&explained, bytes, n - 2, n, EXPLAIN_LINK_ETHERNET); /* in the options */
    assert_true(is_cut());
    explain_packet(&explained, bytes, 14 + 20 + 5, n, EXPLAIN_LINK_ETHERNET); /* in the header */
    assert_true(is_cut());
    explain_packet(&explained, bytes, n, n, EXPLAIN_LINK_ETHERNET);
    assert_false(is_cut());
}

static void test_text(void **state) {
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    explain(syn_hex);
    explain_text(f, &explained, false);
    fclose(f);
    assert_non_null(
        strstr(text, "   | Data  |Reser|A|C|E|U|A|P|R|S|F|            Window             |\n"
                     "   |Offset | ved |E|W|C|R|C|S|S|Y|I|                               |\n"
                     "   |       |     | |R|E|G|K|H|T|N|N|                               |\n"
                     "   |  10   |  0  |0|0|0|0|0|0|0|1|0|             8192              |\n"
                     "   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"));
    assert_non_null(strstr(text,
                           "          47  .... ..1.                SYN                      1  "
                           "set: begins"));
    assert_non_null(strstr(text, "   000e  45 00 00 3c 00 01 00 00  40 06 66 b9 0a 00 00 01  "
                                 "E..<....@.f.....\n"));
    assert_null(strchr(text, '\033'));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp),      cmocka_unit_test(test_tcp_multipath),
        cmocka_unit_test(test_wrong),    cmocka_unit_test(test_others),
        cmocka_unit_test(test_ip6),      cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_lies),     cmocka_unit_test(test_text),
        cmocka_unit_test(test_too_many), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
