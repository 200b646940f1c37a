/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.c - bounded text (see text.h)
 *
 * text_addr() lives in addr.c, next to its inverse.
 */
#include "base/text.h"

#include <string.h>

struct text text_init(char *buf, size_t cap) {
    if (cap) {
        buf[0] = '\0';
    }
    return (struct text){buf, cap, 0, false};
}

static void text_put(struct text *t, const char *s, size_t n) {
    size_t room = t->cap ? t->cap - 1 - t->len : 0;

    if (n > room) {
        n = room;
        t->cut = true;
    }
    if (n) {
        memcpy(t->buf + t->len, s, n);
        t->len += n;
        t->buf[t->len] = '\0';
    }
}

void text_str(struct text *t, const char *s) {
    text_put(t, s, strlen(s));
}

void text_mem(struct text *t, const void *p, size_t n) {
    const uint8_t *b = p;

    for (size_t i = 0; i < n && !t->cut; i++) {
        text_chr(t, b[i] >= 0x20 && b[i] < 0x7f ? (char)b[i] : '.');
    }
}

void text_chr(struct text *t, char c) {
    text_put(t, &c, 1);
}

void text_u64(struct text *t, uint64_t v) {
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    text_put(t, &digits[at], sizeof(digits) - at);
}

/* Magnitude of a negative number, INT64_MIN included */
static uint64_t magnitude(int64_t v) {
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

void text_i64(struct text *t, int64_t v) {
    if (v < 0) {
        text_chr(t, '-');
    }
    text_u64(t, magnitude(v));
}

void text_hex(struct text *t, uint64_t v, unsigned digits) {
    char out[16];
    size_t at = sizeof(out);

    if (digits > sizeof(out)) {
        digits = sizeof(out);
    }
    do {
        out[--at] = "0123456789abcdef"[v & 15];
        v >>= 4;
    } while (v || sizeof(out) - at < digits);
    text_put(t, &out[at], sizeof(out) - at);
}

void text_fixed(struct text *t, int64_t value, unsigned decimals) {
    char frac[18];
    uint64_t v = magnitude(value);

    if (decimals > sizeof(frac)) {
        decimals = sizeof(frac);
    }
    for (unsigned i = decimals; i > 0; i--) {
        frac[i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
    if (value < 0) {
        text_chr(t, '-');
    }
    text_u64(t, v);
    if (decimals) {
        text_chr(t, '.');
        text_put(t, frac, decimals);
    }
}

void text_mac(struct text *t, const uint8_t mac[6]) {
    for (int i = 0; i < 6; i++) {
        if (i > 0) {
            text_chr(t, ':');
        }
        text_hex(t, mac[i], 2);
    }
}

void text_time(struct text *t, inl_time v) {
    if (inl_time_is_never(v)) {
        text_str(t, "never");
    } else {
        text_fixed(t, v.ns / INL_US, 6);
    }
}
