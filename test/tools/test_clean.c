/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_clean.c - nothing that a terminal obeys gets through
 */
#include "tools/common/clean.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *from, const char *clean) {
    char buf[256];

    assert_int_equal(clean_text(from, buf, sizeof(buf)), strlen(clean));
    assert_string_equal(buf, clean);
}

static void texts(void **state) {
    (void)state;
    expect("", "");
    expect("SSH-2.0 \"x\"", "SSH-2.0 \"x\"");
    expect("\033]0;title\007", "\\x1b]0;title\\x07");
    expect("a\tb\r\n\x7f", "a\\x09b\\x0d\\x0a\\x7f");
    expect("C:\\", "C:\\\\");
    expect("K\303\274rbis \342\202\254 \360\237\230\200",
           "K\303\274rbis \342\202\254 \360\237\230\200");
    expect("\302\233"
           "2J",
           "\\xc2\\x9b2J");                          /* CSI, as a character */
    expect("\2332J", "\\x9b2J");                     /* CSI, as a byte */
    expect("\342\200\256txt", "\\xe2\\x80\\xaetxt"); /* right to left */
    expect("\300\200 \355\240\200 \364\220\200\200",
           "\\xc0\\x80 \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80");
    expect("\342\202", "\\xe2\\x82"); /* cut off */
    expect("a\342\200\213b\342\200\217c\342\201\240d\342\201\257e\357\273\277f",
           "a\\xe2\\x80\\x8bb\\xe2\\x80\\x8fc\\xe2\\x81\\xa0d\\xe2\\x81\\xafe\\xef\\xbb\\xbff");
    expect("\303(\340\200\257\360\200\200\257", /* no continuation; longer than need be */
           "\\xc3(\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf");
}

static void cuts(void **state) {
    char buf[8];

    (void)state;
    assert_int_equal(clean_text("abc\033x", buf, 7), 3); /* "\x1b" stays whole */
    assert_string_equal(buf, "abc");
    assert_int_equal(clean_bytes("a\0b", 3, buf, sizeof(buf)), 6);
    assert_string_equal(buf, "a\\x00b");
    assert_int_equal(clean_bytes("\342\202\254", 1, buf, sizeof(buf)),
                     4); /* no further than told */
    assert_string_equal(buf, "\\xe2");
    assert_int_equal(clean_text("abc", buf, 1), 0);
    assert_string_equal(buf, "");
}

static void names(void **state) {
    char name[] = "a\033b\377 c~", cut[] = {'x', 'y', 'z'};

    (void)state;
    clean_name(name, sizeof(name));
    assert_string_equal(name, "a?b??c~");
    clean_name(cut, sizeof(cut));
    assert_string_equal(cut, "xy");
    assert_int_equal(clean_blanks("Gr\303\266\303\237e", 7), 2);
    assert_int_equal(clean_blanks("long", 3), 0);
    assert_int_equal(clean_blanks("", 3), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(cuts),
                                       cmocka_unit_test(names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
