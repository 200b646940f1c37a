/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_group.c - IGMP and MLD: each form, each length that lies (RFC 2236, 2710, 3376, 3810)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "group_text.h"

/* A message in a block of exactly its length. */
static enum inl_drop parse4(const void *bytes, size_t len, struct group_msg *m, char *text) {
    uint8_t *b = malloc(len + 1);
    struct text t = text_init(text, 120);
    enum inl_drop why;

    memcpy(b + 1, bytes, len);
    why = igmp_parse(rd_init(b + 1, len), m);
    if (!why) {
        group_text(&t, m, false);
    }
    free(b);
    return why;
}

static enum inl_drop parse6(const void *bytes, size_t len, struct group_msg *m, char *text) {
    uint8_t *b = malloc(len + 1);
    struct text t = text_init(text, 120);
    struct rd r = rd_init(b + 1, len);
    struct icmp6_msg icmp;
    enum inl_drop why;

    memcpy(b + 1, bytes, len);
    why = icmp6_parse(&r, &icmp);
    why = why ? why : mld_parse(&icmp, m);
    if (!why) {
        group_text(&t, m, true);
    }
    free(b);
    return why;
}

static void test_igmp(void **state) {
    const uint8_t v1[] = {0x11, 0, 0xee, 0xff, 0, 0, 0, 0};
    const uint8_t v2[] = {0x11, 20, 0, 0, 239, 1, 2, 3};
    const uint8_t v3[] = {0x11, 0x9c, 0, 0, 239, 1, 2, 3, 0x0a, 125, 0, 1, 10, 0, 0, 9};
    const uint8_t report[] = {0x16, 0, 0, 0, 239, 1, 2, 3};
    const uint8_t leave[] = {0x17, 0, 0, 0, 239, 1, 2, 3};
    struct group_msg m;
    char text[120];

    (void)state;
    assert_int_equal(parse4(v1, 8, &m, text), INL_DROP_NONE);
    assert_int_equal(m.max_resp_ns, 10 * INL_S);
    assert_string_equal(text, "igmp v1 query");
    assert_true(igmp_csum_ok(rd_init(v1, 8)));
    assert_false(igmp_csum_ok(rd_init(v2, 8)));
    assert_int_equal(parse4(v2, 8, &m, text), INL_DROP_NONE);
    assert_int_equal(m.max_resp_ns, 2 * INL_S);
    assert_string_equal(text, "igmp v2 query 239.1.2.3");
    assert_int_equal(parse4(v3, sizeof(v3), &m, text), INL_DROP_NONE);
    assert_int_equal(m.max_resp_ns, (0x1c << 4) * (100 * INL_MS));
    assert_true(m.suppress);
    assert_int_equal(m.robustness, 2);
    assert_int_equal(m.interval_s, 125);
    assert_string_equal(text, "igmp v3 query 239.1.2.3 {10.0.0.9}");
    assert_int_equal(parse4(report, 8, &m, text), INL_DROP_NONE);
    assert_string_equal(text, "igmp v2 report 239.1.2.3");
    assert_int_equal(parse4(leave, 8, &m, text), INL_DROP_NONE);
    assert_string_equal(text, "igmp v2 leave 239.1.2.3");
}

/* Two records, the first with a source and with auxiliary data, which is skipped. */
static const uint8_t records4[] = {0x22, 0, 0, 0, 0, 0, 0, 2, 1, 1, 0, 1, 239, 1, 2, 3,
                                   10,   0, 0, 9, 7, 7, 7, 7, 4, 0, 0, 0, 239, 1, 2, 4};

static void test_records(void **state) {
    uint8_t b[sizeof(records4)];
    struct group_msg m;
    char text[120];

    (void)state;
    assert_int_equal(parse4(records4, sizeof(records4), &m, text), INL_DROP_NONE);
    assert_string_equal(text, "igmp v3 report 239.1.2.3 is_in {10.0.0.9}, 239.1.2.4 to_ex");
    memcpy(b, records4, sizeof(b));
    b[12] = 10; /* no group */
    assert_int_equal(parse4(b, sizeof(b), &m, text), INL_DROP_BAD_OPTION);
}

/* Counts that claim more than there is (CVE-2019-12259): refused, at each length. */
static void test_counts(void **state) {
    const uint8_t query[] = {0x11, 1, 0, 0, 239, 1, 2, 3, 0, 1, 0, 1, 10, 0, 0, 9};
    uint8_t b[sizeof(records4)];
    struct group_msg m;
    char text[120];

    (void)state;
    for (size_t len = 0; len < sizeof(records4); len++) {
        assert_int_not_equal(parse4(records4, len, &m, text), INL_DROP_NONE);
    }
    for (size_t len = 0; len < sizeof(query); len++) {
        assert_int_equal(parse4(query, len, &m, text), len == 8  ? INL_DROP_NONE
                                                       : len < 8 ? INL_DROP_TRUNCATED
                                                                 : INL_DROP_BAD_LENGTH);
    }
    memcpy(b, query, sizeof(query));
    b[10] = b[11] = 0xff;
    assert_int_equal(parse4(b, sizeof(query), &m, text), INL_DROP_BAD_LENGTH);
    memcpy(b, records4, sizeof(b));
    b[6] = b[7] = 0xff;
    assert_int_equal(parse4(b, sizeof(b), &m, text), INL_DROP_BAD_LENGTH);
    b[6] = 0, b[7] = 2, b[10] = b[11] = 0xff;
    assert_int_equal(parse4(b, sizeof(b), &m, text), INL_DROP_BAD_LENGTH);
    b[0] = 0x13; /* another protocol's (DVMRP) */
    assert_int_equal(parse4(b, sizeof(b), &m, text), INL_DROP_UNKNOWN_ICMP);
}

static void test_mld(void **state) {
    uint8_t query[28 + 16] = {130, 0, 0, 0, 0x83, 0xe8, 0, 0, 0xff, 2};
    uint8_t report[8 + 20] = {143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0xff, 2};
    struct group_msg m;
    char text[120];

    (void)state;
    query[23] = 0x10;
    query[24] = 3;
    query[27] = 1;
    query[43] = 9;
    report[27] = 0x10;
    assert_int_equal(parse6(query, 24, &m, text), INL_DROP_NONE); /* version 1 */
    assert_int_equal(m.max_resp_ns, 0x83e8 * INL_MS);
    assert_string_equal(text, "mld v1 query ff02::10");
    assert_int_equal(parse6(query, 44, &m, text), INL_DROP_NONE);
    assert_int_equal(m.max_resp_ns, (0x13e8 << 3) * INL_MS);
    assert_int_equal(m.robustness, 3);
    assert_string_equal(text, "mld v2 query ff02::10 {::9}");
    for (size_t len = 0; len < 44; len++) {
        assert_int_equal(parse6(query, len, &m, text) == INL_DROP_NONE, len == 24);
    }
    query[0] = 131;
    assert_int_equal(parse6(query, 24, &m, text), INL_DROP_NONE);
    assert_string_equal(text, "mld v1 report ff02::10");
    query[0] = 132;
    assert_int_equal(parse6(query, 24, &m, text), INL_DROP_NONE);
    assert_string_equal(text, "mld v1 leave ff02::10");
    query[8] = 0xfd;
    assert_int_equal(parse6(query, 24, &m, text), INL_DROP_BAD_OPTION);
    assert_int_equal(parse6(report, 28, &m, text), INL_DROP_NONE);
    assert_string_equal(text, "mld v2 report ff02::10 to_ex");
    for (size_t len = 0; len < 28; len++) {
        assert_int_not_equal(parse6(report, len, &m, text), INL_DROP_NONE);
    }
    report[0] = 128;
    assert_int_equal(parse6(report, 28, &m, text), INL_DROP_UNKNOWN_ICMP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_igmp),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_mld),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
