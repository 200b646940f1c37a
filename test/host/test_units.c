/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_units.c - numbers with units: every form that is taken, and every form that is not
 */
#include "host/units.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void test_duration(void **state) {
    static const struct {
        const char *text;
        int err;
        inl_dur ns;
    } cases[] = {
        {"0", 0, 0},
        {"0s", 0, 0},
        {"1ns", 0, 1},
        {"20ms", 0, 20 * INL_MS},
        {"1.5ms", 0, 1500 * INL_US},
        {"0.000001ms", 0, 1},
        {"3600s", 0, 3600 * INL_S},
        {"", -EINVAL, 0},
        {"ms", -EINVAL, 0},
        {"20", -EINVAL, 0},
        {"20 ms", -EINVAL, 0},
        {" 20ms", -EINVAL, 0},
        {"20ms ", -EINVAL, 0},
        {"20msx", -EINVAL, 0},
        {"20MS", -EINVAL, 0},
        {"-1ms", -EINVAL, 0},
        {"+1ms", -EINVAL, 0},
        {"1e3ms", -EINVAL, 0},
        {"0x10ms", -EINVAL, 0},
        {".5ms", -EINVAL, 0},
        {"5.ms", -EINVAL, 0},
        {"1..5ms", -EINVAL, 0},
        {"1.5ns", -EINVAL, 0},
        {"1.0000001s", -EINVAL, 0},
        {"1,5ms", -EINVAL, 0},
        {"3601s", -ERANGE, 0},
        {"3600.5s", -ERANGE, 0},
        {"99999999999999999999999999999s", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        inl_dur ns = 77;

        assert_int_equal(units_duration(cases[i].text, &ns), cases[i].err);
        assert_int_equal(ns, cases[i].err ? 77 : cases[i].ns);
    }
}

static void test_seconds(void **state) {
    static const struct {
        const char *text;
        int err;
        uint32_t s;
    } cases[] = {
        {"0", 0, 0},
        {"0s", 0, 0},
        {"30s", 0, 30},
        {"1.5m", 0, 90},
        {"2h", 0, 7200},
        {"1d", 0, 86400},
        {"forever", 0, UINT32_MAX},
        {"49710d", 0, 4294944000},
        {"49711d", -ERANGE, 0},
        {"4294967295s", -ERANGE, 0},
        {"30", -EINVAL, 0},
        {"1.5s", -EINVAL, 0},
        {"30ms", -EINVAL, 0},
        {"for ever", -EINVAL, 0},
        {"", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint32_t s = 77;

        assert_int_equal(units_seconds(cases[i].text, &s), cases[i].err);
        assert_int_equal(s, cases[i].err ? 77 : cases[i].s);
    }
}

static void test_ratio(void **state) {
    uint32_t ppm = 77;

    (void)state;
    assert_int_equal(units_ratio("1%", &ppm), 0);
    assert_int_equal(ppm, 10000);
    assert_int_equal(units_ratio("0.0001%", &ppm), 0);
    assert_int_equal(ppm, 1);
    assert_int_equal(units_ratio("250ppm", &ppm), 0);
    assert_int_equal(ppm, 250);
    assert_int_equal(units_ratio("100%", &ppm), 0);
    assert_int_equal(ppm, 1000000);
    assert_int_equal(units_ratio("100.0001%", &ppm), -ERANGE);
    assert_int_equal(units_ratio("1000001ppm", &ppm), -ERANGE);
    assert_int_equal(units_ratio("0.5", &ppm), -EINVAL);
    assert_int_equal(units_ratio("%", &ppm), -EINVAL);
    assert_int_equal(units_ratio("1%%", &ppm), -EINVAL);
    assert_int_equal(ppm, 1000000);
}

static void test_rate(void **state) {
    uint64_t bps = 77;

    (void)state;
    assert_int_equal(units_rate("100mbit", &bps), 0);
    assert_int_equal(bps, 100000000);
    assert_int_equal(units_rate("2.5gbit", &bps), 0);
    assert_int_equal(bps, 2500000000);
    assert_int_equal(units_rate("1000gbit", &bps), 0);
    assert_int_equal(units_rate("1001gbit", &bps), -ERANGE);
    assert_int_equal(units_rate("100mb", &bps), -EINVAL);
    assert_int_equal(units_rate("100", &bps), -EINVAL);
}

static void test_bytes(void **state) {
    uint32_t bytes = 77;

    (void)state;
    assert_int_equal(units_bytes("256kb", &bytes), 0);
    assert_int_equal(bytes, 262144);
    assert_int_equal(units_bytes("1024mb", &bytes), 0);
    assert_int_equal(bytes, 1u << 30);
    assert_int_equal(units_bytes("1025mb", &bytes), -ERANGE);
    assert_int_equal(units_bytes("1gb", &bytes), -EINVAL);
    assert_int_equal(units_bytes("0.3b", &bytes), -EINVAL);
}

static void test_number(void **state) {
    uint64_t v = 77;

    (void)state;
    assert_int_equal(units_number("18446744073709551615", UINT64_MAX, &v), 0);
    assert_true(v == UINT64_MAX);
    assert_int_equal(units_number("18446744073709551616", UINT64_MAX, &v), -ERANGE);
    assert_int_equal(units_number("65536", 65535, &v), -ERANGE);
    assert_int_equal(units_number("9", 5, &v), -ERANGE);
    assert_int_equal(units_number("", 5, &v), -EINVAL);
    assert_int_equal(units_number("-1", 5, &v), -EINVAL);
    assert_int_equal(units_number("1x", 5, &v), -EINVAL);
}

static void test_prefix(void **state) {
    struct inl_addr a = {{0}};
    unsigned len = 77;
    bool yes = false;

    (void)state;
    assert_int_equal(units_prefix("10.0.0.1/24", &a, &len), 0);
    assert_int_equal(inl_addr_to4(&a), 0x0a000001);
    assert_int_equal(len, 24);
    assert_int_equal(units_prefix("fd00::1/64", &a, &len), 0);
    assert_int_equal(len, 64);
    assert_int_equal(units_prefix("10.0.0.1/33", &a, &len), -EINVAL);
    assert_int_equal(units_prefix("10.0.0.1", &a, &len), -EINVAL);
    assert_int_equal(units_prefix("10.0.0.1/", &a, &len), -EINVAL);
    assert_int_equal(units_prefix("10.0.0.1/8/8", &a, &len), -EINVAL);
    assert_int_equal(units_prefix("/24", &a, &len), -EINVAL);
    assert_int_equal(units_prefix("0000:0000:0000:0000:0000:0000:0000:0000:0000:0001/64", &a, &len),
                     -EINVAL);
    assert_int_equal(units_bool("yes", &yes), 0);
    assert_true(yes);
    assert_int_equal(units_bool("true", &yes), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration), cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_ratio),    cmocka_unit_test(test_rate),
        cmocka_unit_test(test_bytes),    cmocka_unit_test(test_number),
        cmocka_unit_test(test_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
