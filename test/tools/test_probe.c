/* SPDX-License-Identifier: BSD-2-Clause */
/* What probes hear, taken apart and put into words (tools/probe/), and curves (tools/common/spark.c). */
#include "tools/common/spark.h"
#include "tools/probe/parse.h"
#include "tools/probe/stats.h"
#include "tools/probe/words.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Time exceeded about a datagram from 10.0.1.1:4000 to 10.0.4.2:33434 with number 0x0102. */
static const uint8_t exceeded[] = {
    0x45, 0, 0, 60, 0,  1, 0, 0, 64,   1,    0,    0,    10, 0,  2,    2,    10, 0,  1, 1,
    11,   0, 0, 0,  0,  0, 0, 0, 0x45, 0,    0,    32,   7,  7,  0,    0,    1,  17, 0, 0,
    10,   0, 1, 1,  10, 0, 4, 2, 0x0f, 0xa0, 0x82, 0x9a, 0,  12, 0xab, 0xcd, 1,  2,  3, 4,
};

static void test_quote(void **state) {
    struct parse_msg m;

    (void)state;
    assert_true(parse_icmp4(exceeded, sizeof(exceeded), true, &m));
    assert_int_equal(m.type, 11);
    assert_int_equal(m.ttl, 64);
    assert_false(m.csum_ok);
    assert_true(m.quote.has && m.quote.has_upper);
    assert_int_equal(m.quote.proto, 17);
    assert_int_equal(m.quote.sport, 4000);
    assert_int_equal(m.quote.dport, 33434);
    assert_int_equal(m.quote.csum, 0xabcd);
    assert_int_equal(m.quote.id, 0x0707);
    assert_int_equal(m.quote.ttl, 1);
    assert_int_equal(rd_be16(&m.quote.payload), 0x0102);
    assert_string_equal(m.ext, "");
}

/* A fragment that is not the first quotes no ports; what is no ICMP is nothing to us. */
static void test_quote_of_others(void **state) {
    uint8_t other[sizeof(exceeded)];
    struct parse_msg m;

    (void)state;
    memcpy(other, exceeded, sizeof(exceeded));
    other[28 + 7] = 1; /* the quoted packet's offset */
    assert_true(parse_icmp4(other, sizeof(other), true, &m));
    assert_false(m.quote.has);
    memcpy(other, exceeded, sizeof(exceeded));
    other[9] = 17;
    assert_false(parse_icmp4(other, sizeof(other), true, &m));
}

/* Cut anywhere, nothing is made up, and nothing is read beyond (ASan says so). */
static void test_cut(void **state) {
    struct parse_msg m;

    (void)state;
    for (size_t len = 0; len < sizeof(exceeded); len++) {
        uint8_t *exact = malloc(len > 0 ? len : 1);

        assert_non_null(exact);
        memcpy(exact, exceeded, len);
        if (parse_icmp4(exact, len, true, &m)) {
            assert_true(len >= 28);
            assert_int_equal(m.quote.has, len >= 48);
            assert_int_equal(m.quote.has_ports, len >= 52);
            assert_int_equal(m.quote.has_upper, len >= 56);
        }
        free(exact);
    }
}

static void test_words(void **state) {
    static const struct {
        bool v6;
        uint8_t type, code;
        uint32_t info;
        const char *words, *mark;
    } rows[] = {
        {false, 3, 0, 0, "Destination Net Unreachable", "!N"},
        {false, 3, 1, 0, "Destination Host Unreachable", "!H"},
        {false, 3, 2, 0, "Destination Protocol Unreachable", "!P"},
        {false, 3, 3, 0, "Destination Port Unreachable", ""},
        {false, 3, 4, 1400, "Frag needed and DF set (mtu = 1400)", "!F-1400"},
        {false, 3, 13, 0, "Packet filtered", "!X"},
        {false, 3, 77, 0, "Dest Unreachable, Bad Code: 77", "!77"},
        {false, 5, 1, 0x0a000001, "Redirect Host(New nexthop: 10.0.0.1)", "!<5-1>"},
        {false, 11, 0, 0, "Time to live exceeded", ""},
        {false, 12, 0, 20, "Parameter problem: pointer = 20", "!<12-0>"},
        {true, 1, 0, 0, "Destination unreachable: No route", "!N"},
        {true, 1, 1, 0, "Destination unreachable: Administratively prohibited", "!X"},
        {true, 1, 3, 0, "Destination unreachable: Address unreachable", "!H"},
        {true, 1, 4, 0, "Destination unreachable: Port unreachable", ""},
        {true, 2, 0, 1280, "Packet too big: mtu=1280", "!F-1280"},
        {true, 3, 0, 0, "Time exceeded: Hop limit", ""},
        {true, 1, 7, 0, "Destination unreachable: Unknown code 7", "!7"},
        {true, 3, 2, 0, "Time exceeded: code 2", "!<3-2>"},
        {true, 4, 1, 40, "Parameter problem: Unknown header at position 40", "!<4-1>"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char words[WORDS_MAX], mark[WORDS_MARK_MAX];

        words_icmp(rows[i].v6, rows[i].type, rows[i].code, rows[i].info, words);
        words_mark(rows[i].v6, rows[i].type, rows[i].code, rows[i].info, mark);
        assert_string_equal(words, rows[i].words);
        assert_string_equal(mark, rows[i].mark);
    }
    for (unsigned type = 0; type < 256; type++) { /* each fits */
        for (unsigned code = 0; code < 256; code++) {
            char words[WORDS_MAX];

            words_icmp(type % 2 == 0, (uint8_t)type, (uint8_t)code, UINT32_MAX, words);
            assert_in_range(strlen(words), 1, WORDS_MAX - 2);
        }
    }
}

static void test_stats(void **state) {
    struct stats s = {0};
    double got[3];

    (void)state;
    for (int64_t ms = 1; ms <= 4; ms++) {
        stats_add(&s, ms * 1000000);
        stats_curve(&s, (double)ms);
    }
    assert_int_equal(s.min_ns, 1000000);
    assert_int_equal(s.max_ns, 4000000);
    assert_true(fabs(stats_avg_ns(&s) - 2.5e6) < 1);
    assert_true(fabs(stats_dev_ns(&s) - sqrt(1.25) * 1e6) < 1);
    assert_int_equal(stats_curve_get(&s, got, 3), 3);
    assert_true(got[0] < 2.1 && got[2] > 3.9);
    assert_true(stats_loss(3, 2) > 33.3 && stats_loss(3, 4) < 0.1 && stats_loss(0, 0) < 0.1);
}

static void test_spark(void **state) {
    const double values[] = {1, 2, -1, 8}, flat[] = {5, 5};
    char buf[4 * SPARK_CHAR_MAX + 1];

    (void)state;
    spark(values, 4, true, buf, sizeof(buf));
    assert_string_equal(buf, "▁▂!█");
    spark(values, 4, false, buf, sizeof(buf));
    assert_string_equal(buf, "__!^");
    spark(flat, 2, true, buf, sizeof(buf));
    assert_string_equal(buf, "▁▁");
    spark(values, 4, true, buf, 5); /* no room for the second */
    assert_string_equal(buf, "▁");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote), cmocka_unit_test(test_quote_of_others),
        cmocka_unit_test(test_cut),   cmocka_unit_test(test_words),
        cmocka_unit_test(test_stats), cmocka_unit_test(test_spark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
