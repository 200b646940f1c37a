/* SPDX-License-Identifier: BSD-2-Clause */
/* Losses are put down to nodes and links (tools/pathping/split.c), and shown (show.c). */
#include "tools/pathping/pathping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The table of a way with one hop. */
static char *shown(uint64_t sent, uint64_t received, uint64_t waiting) {
    struct hop hop = {.sent = sent, .received = received, .waiting = waiting};
    struct pathping p = {.trace = {.host = "h", .numeric = true}, .hops = &hop, .n = 1};
    FILE *was = stdout;
    char *text = NULL;
    size_t len = 0;

    stdout = open_memstream(&text, &len);
    assert_non_null(stdout);
    show_result(&p);
    fclose(stdout);
    stdout = was;
    assert_non_null(text);
    return text;
}

static void expect_shown(uint64_t sent, uint64_t received, uint64_t waiting, const char *words) {
    char *text = shown(sent, received, waiting);

    if (strstr(text, words) == NULL) {
        fail_msg("no %s in %s", words, text);
    }
    free(text);
}

/* What is still under way is neither sent nor lost; a loss is a whole number of probes. */
static void test_shown(void **state) {
    (void)state;
    expect_shown(10, 8, 2, "    0/    8 =  0%");
    expect_shown(10, 6, 2, "    2/    8 = 25%");
    for (uint64_t sent = 1; sent <= 200; sent++) {
        for (uint64_t lost = 0; lost < sent; lost++) {
            char words[64];

            snprintf(words, sizeof(words), "%33s%5u/%5u =", "", (unsigned)lost, (unsigned)sent);
            expect_shown(sent, sent - lost, 0, words); /* of the link: by its share */
        }
    }
    expect_shown(200, 199, 0, "    1/  200 =  0%");
    expect_shown(1000, 994, 0, "    6/ 1000 =  1%");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_lost), cmocka_unit_test(test_link),
        cmocka_unit_test(test_node),         cmocka_unit_test(test_silent),
        cmocka_unit_test(test_all_lost),     cmocka_unit_test(test_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
