/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - bounded text in the caller's buffer, without printf
 *
 * The text is NUL-terminated after every call; what does not fit is cut off and sets `cut`.
 * No locale, no allocation, no variable arguments, so the same bytes come out everywhere.
 *
 * Invariant: cap > 0 implies len < cap and buf[len] == 0.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <inlet/addr.h>
#include <inlet/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct text - text under construction
 * @buf: the caller's buffer
 * @cap: its size in bytes, NUL included
 * @len: length of the text so far, without NUL
 * @cut: something did not fit
 */
struct text {
    char *buf;
    size_t cap;
    size_t len;
    bool cut;
};

/** text_init() - empty text in @cap bytes at @buf, which it borrows */
struct text text_init(char *buf, size_t cap);

/** text_str() - appends a string */
void text_str(struct text *t, const char *s);

/** text_mem() - appends @n bytes, with those that are not printable ASCII shown as '.' */
void text_mem(struct text *t, const void *p, size_t n);

/** text_chr() - appends one character */
void text_chr(struct text *t, char c);

/** text_u64() - appends a number in decimal */
void text_u64(struct text *t, uint64_t v);

/** text_i64() - appends a signed number in decimal */
void text_i64(struct text *t, int64_t v);

/** text_hex() - appends @v in lower-case hex without prefix, at least @digits digits (1..16) */
void text_hex(struct text *t, uint64_t v, unsigned digits);

/** text_fixed() - appends @value / 10^@decimals: (12345, 3) is "12.345"; at most 18 decimals */
void text_fixed(struct text *t, int64_t value, unsigned decimals);

/** text_addr() - appends an address: dotted quad, or RFC 5952 */
void text_addr(struct text *t, const struct inl_addr *a);

/** text_mac() - appends "02:00:00:00:00:01" */
void text_mac(struct text *t, const uint8_t mac[6]);

/** text_time() - appends a time as seconds with six decimals, "never" for INL_TIME_NEVER */
void text_time(struct text *t, inl_time v);

#endif
