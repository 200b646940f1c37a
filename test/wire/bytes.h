/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bytes.h - test helpers: hex to bytes, and buffers of exactly their length
 *
 * Input always stands in a malloc of exactly its own size, so that a read past the end is a
 * sanitizer report and not luck.
 */
#ifndef TEST_WIRE_BYTES_H
#define TEST_WIRE_BYTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rd.h"

#include <inlet/addr.h>

#include <stdlib.h>
#include <string.h>

/** struct bytes - an owned buffer of exactly @len bytes */
struct bytes {
    uint8_t *p;
    size_t len;
};

static inline struct bytes bytes_copy(const void *p, size_t len) {
    struct bytes b = {malloc(len ? len : 1), len};

    assert_non_null(b.p);
    if (len == 0) { /* even one byte would be too many */
        free(b.p);
        b.p = NULL;
        return b;
    }
    memcpy(b.p, p, len);
    return b;
}

static inline void bytes_free(struct bytes *b) {
    free(b->p);
    b->p = NULL;
}

static inline unsigned bytes_nibble(char c) {
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, c);

    assert_non_null(at);
    return (unsigned)(at - digits);
}

/** bytes_hex() - bytes from lower-case hex; spaces are ignored */
static inline struct bytes bytes_hex(const char *hex) {
    uint8_t buf[2048];
    size_t n = 0;

    while (*hex) {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        assert_true(n < sizeof(buf) && hex[1]);
        buf[n++] = (uint8_t)(bytes_nibble(hex[0]) << 4 | bytes_nibble(hex[1]));
        hex += 2;
    }
    return bytes_copy(buf, n);
}

static inline struct rd bytes_rd(const struct bytes *b) {
    return rd_init(b->p, b->len);
}

static inline struct inl_addr addr_of(const char *text) {
    struct inl_addr a;

    assert_int_equal(inl_addr_parse(text, &a), 0);
    return a;
}

#endif
