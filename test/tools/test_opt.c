/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_opt.c - every kind of option: what is taken, where it goes, and what is refused
 */
#include "tools/common/opt.h"

#include <errno.h>
#include <inlet/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 8

struct values {
    bool flag;
    unsigned count;
    const char *text;
    uint64_t number;
    inl_dur wait;
    char called[16];
};

static int set_even(void *to, const char *value) {
    if (value != NULL && strlen(value) % 2 != 0) {
        return -EINVAL;
    }
    snprintf(to, sizeof(((struct values *)NULL)->called), "%s", value != NULL ? value : "nothing");
    return 0;
}

static const struct opt_command command = {.name = "test", .usage = "[OPTIONS] WORD..."};
static const struct opt_command stops = {
    .name = "test", .usage = "WORD...", .stop_at_operand = true};

/* The words are taken apart at blanks. Returns what opt_parse() does; *ret_operand: the first one. */
static int parse_with(const struct opt_command *c, const char *line, struct values *v,
                      char *ret_operand, size_t cap) {
    const struct opt opts[] = {
        {OPT_TITLE, .help = "A title:"},
        {OPT_FLAG, 'f', "flag", NULL, "a flag", &v->flag},
        {OPT_COUNT, 'v', "verbose", NULL, "more words", &v->count},
        {OPT_TEXT, 't', "text", "TEXT", "a text", &v->text},
        {OPT_NUMBER, 'n', "number", "N", "a number", &v->number, .min = 1, .max = 10},
        {OPT_SECONDS, 'W', NULL, "TIME", "a time", &v->wait, .min = INL_MS, .max = 60 * INL_S},
        {OPT_CALL, 0, "even", "[WORD]", "an even one", v->called, .call = set_even,
         .expected = "letters by the pair"},
        {OPT_TEXT, 0, "text-long", "TEXT", "shares its beginning", &v->text},
    };
    static char copy[128];
    char *argv[WORDS_MAX + 2] = {(char[]){"test"}};
    int argc = 1;

    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(argc <= WORDS_MAX);
        argv[argc++] = word;
    }
    int first = opt_parse(c, opts, OPT_N(opts), argc, argv);

    snprintf(ret_operand, cap, "%s", first >= 0 && first < argc ? argv[first] : "");
    return first;
}

static int parse(const char *line, struct values *v) {
    char operand[64];

    *v = (struct values){.number = 7};
    return parse_with(&command, line, v, operand, sizeof(operand));
}

static void test_values(void **state) {
    (void)state;
    struct values v;

    assert_int_equal(parse("", &v), 1);
    assert_int_equal(v.number, 7);
    assert_int_equal(parse("-fvvn3 -v --text=a", &v), 4);
    assert_true(v.flag);
    assert_int_equal(v.count, 3);
    assert_int_equal(v.number, 3);
    assert_string_equal(v.text, "a");
    assert_true(parse("--numb 10 --text b", &v) > 0);
    assert_int_equal(v.number, 10);
    assert_string_equal(v.text, "b");
    assert_true(parse("-t -f", &v) > 0); /* a value may look like an option */
    assert_string_equal(v.text, "-f");
    assert_false(v.flag);
}

static void test_seconds(void **state) {
    (void)state;
    static const struct {
        const char *line;
        inl_dur ns; /* 0: refused */
    } cases[] = {{"-W 2", 2 * INL_S},
                 {"-W0.2", 200 * INL_MS},
                 {"-W 200ms", 200 * INL_MS},
                 {"-W 60s", 60 * INL_S},
                 {"-W 61", 0},
                 {"-W 0", 0},
                 {"-W 0.001", INL_MS},
                 {"-W 0.0005", 0},
                 {"-W x", 0},
                 {"-W -1", 0},
                 {"-W 1m", 0}};

    for (size_t i = 0; i < OPT_N(cases); i++) {
        struct values v;
        int first = parse(cases[i].line, &v);

        assert_int_equal(first < 0, cases[i].ns == 0);
        assert_int_equal(v.wait, cases[i].ns);
    }
}

static void test_optional_value(void **state) {
    (void)state;
    struct values v;

    assert_int_equal(parse("--even=abcd x", &v), 2);
    assert_string_equal(v.called, "abcd");
    assert_int_equal(parse("--even ab", &v), 2); /* a word of its own is an operand */
    assert_string_equal(v.called, "nothing");
    assert_int_equal(parse("--even=abc", &v), OPT_WRONG);
}

static void test_operands(void **state) {
    (void)state;
    struct values v = {0};
    char operand[64];

    assert_int_equal(parse_with(&command, "a -f b", &v, operand, sizeof(operand)), 2);
    assert_string_equal(operand, "a");
    assert_true(v.flag);
    v = (struct values){0};
    assert_int_equal(parse_with(&stops, "a -f b", &v, operand, sizeof(operand)), 1);
    assert_false(v.flag);
    assert_int_equal(parse_with(&command, "-f -- -v", &v, operand, sizeof(operand)), 3);
    assert_string_equal(operand, "-v");
    assert_int_equal(v.count, 0);
}

/* What is written to stderr while a line is parsed. */
static void told(const char *line, char *buf, size_t cap) {
    struct values v;
    int pipe_fds[2], saved = dup(STDERR_FILENO);

    assert_int_equal(pipe(pipe_fds), 0);
    dup2(pipe_fds[1], STDERR_FILENO);
    close(pipe_fds[1]);
    int first = parse(line, &v);

    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(pipe_fds[0], buf, cap - 1);

    close(pipe_fds[0]);
    buf[n > 0 ? n : 0] = '\0';
    assert_int_equal(first, OPT_WRONG);
    assert_int_equal(opt_status(first), 2);
}

static void test_mistakes(void **state) {
    (void)state;
    static const struct {
        const char *line, *told;
    } cases[] = {
        {"-n 0", "--number: found \"0\", expected a number from 1 to 10"},
        {"-n 11", "found \"11\""},
        {"-n 1x", "found \"1x\""},
        {"-n 99999999999999999999", "expected a number from 1 to 10"},
        {"-n", "-n needs a value: N"},
        {"--number", "--number needs a value: N"},
        {"-W 61", "-W: found \"61\", expected seconds from 0.001 to 60, or a time like 200ms"},
        {"--even=abc", "--even: found \"abc\", expected letters by the pair"},
        {"--flag=1", "--flag takes no value"},
        {"-fz", "there is no option -z"},
        {"--nothing", "there is no option --nothing"},
        {"--nubmer=3",
         "there is no option --nubmer=3, or it is short for several; did you mean --number?"},
        {"--nubmer=3", "--number?\n"},
        {"--frag", "or it is short for several; did you mean --flag?"},
        {"--none", "or it is short for several\n"},
        {"--tex a", "there is no option --tex, or it is short for several"},
    };

    for (size_t i = 0; i < OPT_N(cases); i++) {
        char text[512];

        told(cases[i].line, text, sizeof(text));
        assert_non_null(strstr(text, "inlet test: "));
        if (strstr(text, cases[i].told) == NULL) {
            fail_msg("%s: told %s", cases[i].line, text);
        }
        assert_non_null(strstr(text, "inlet test --help"));
    }
}

static void test_done(void **state) {
    (void)state;
    struct values v;

    assert_int_equal(parse("--help -n 99", &v), OPT_DONE);
    assert_int_equal(parse("-f -h", &v), OPT_DONE);
    assert_int_equal(parse("--list-options", &v), OPT_DONE);
    assert_int_equal(opt_status(OPT_DONE), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),   cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_operands), cmocka_unit_test(test_optional_value),
        cmocka_unit_test(test_mistakes), cmocka_unit_test(test_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
