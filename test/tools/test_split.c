/* SPDX-License-Identifier: BSD-2-Clause */
/* Losses are put down to nodes and links (tools/pathping/split.c). */
#include "tools/pathping/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const uint64_t (*in)[2], size_t n, const int (*wanted)[2]) {
    struct split s[8] = {0};

    for (size_t i = 0; i < n; i++) {
        s[i].sent = in[i][0];
        s[i].lost = in[i][1];
    }
    split_losses(s, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal((int)(100 * s[i].link + 0.5), wanted[i][0]);
        assert_int_equal((int)(100 * s[i].node + 0.5), wanted[i][1]);
    }
}

static void test_nothing_lost(void **state) {
    const uint64_t in[][2] = {{100, 0}, {100, 0}};
    const int wanted[][2] = {{0, 0}, {0, 0}};

    (void)state;
    check(in, 2, wanted);
    check(in, 0, wanted);
}

static void test_link(void **state) {
    const uint64_t in[][2] = {{100, 0}, {100, 20}, {100, 20}, {100, 30}};
    const int wanted[][2] = {{0, 0}, {20, 0}, {0, 0}, {10, 0}};

    (void)state;
    check(in, 4, wanted);
}

static void test_node(void **state) {
    const uint64_t in[][2] = {{100, 5}, {100, 100}, {100, 8}, {100, 5}};
    const int wanted[][2] = {{5, 0}, {0, 95}, {0, 3}, {0, 0}};

    (void)state;
    check(in, 4, wanted);
}

/* A hop that nobody knows neither loses nor hides anything; different numbers asked do not matter. */
static void test_silent(void **state) {
    const uint64_t in[][2] = {{200, 20}, {0, 0}, {50, 10}};
    const int wanted[][2] = {{10, 0}, {0, 0}, {10, 0}};

    (void)state;
    check(in, 3, wanted);
}

static void test_all_lost(void **state) {
    const uint64_t in[][2] = {{100, 0}, {100, 100}, {100, 100}};
    const int wanted[][2] = {{0, 0}, {100, 0}, {0, 0}};

    (void)state;
    check(in, 3, wanted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_lost), cmocka_unit_test(test_link),
        cmocka_unit_test(test_node),         cmocka_unit_test(test_silent),
        cmocka_unit_test(test_all_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
