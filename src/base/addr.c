/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr.c - text of addresses, both ways
 *
 * Text comes from people and configuration files, so the parser is strict: no leading zeros in
 * dotted quads (some programs read them as octal), no shortened quads, nothing behind the
 * address. Text goes out in the one canonical form of RFC 5952: lower case, no leading zeros,
 * the first longest run of two or more zero groups becomes "::".
 */
#include "base/text.h"

#include <inlet/addr.h>

#include <errno.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One number 0..255 without leading zeros; returns what follows, or NULL. */
static const char *parse_octet(const char *p, uint8_t *ret) {
    unsigned v = 0;
    int digits = 0;

    while (*p >= '0' && *p <= '9') {
        v = v * 10 + (unsigned)(*p++ - '0');
        digits++;
        if (v > 255 || (digits > 1 && v < 10)) {
            return NULL;
        }
    }
    if (digits == 0) {
        return NULL;
    }
    *ret = (uint8_t)v;
    return p;
}

static int parse_quad(const char *p, uint8_t ret[4]) {
    uint8_t b[4];

    for (int i = 0; i < 4; i++) {
        if (i > 0 && *p++ != '.') {
            return -EINVAL;
        }
        p = parse_octet(p, &b[i]);
        if (!p) {
            return -EINVAL;
        }
    }
    if (*p) {
        return -EINVAL;
    }
    memcpy(ret, b, sizeof(b));
    return 0;
}

/* One group of one to four hex digits; returns what follows, or NULL. */
static const char *parse_group(const char *p, uint8_t ret[2]) {
    unsigned v = 0;
    int digits = 0;

    while (hex_digit(*p) >= 0) {
        v = v << 4 | (unsigned)hex_digit(*p++);
        if (++digits > 4) {
            return NULL;
        }
    }
    ret[0] = (uint8_t)(v >> 8);
    ret[1] = (uint8_t)v;
    return digits ? p : NULL;
}

/* The groups before and after "::" go to the front of b; then the tail moves to the end. */
static int parse_groups(const char *p, struct inl_addr *ret) {
    uint8_t b[16] = {0};
    size_t n = 0;
    size_t gap = SIZE_MAX;

    if (p[0] == ':') {
        if (p[1] != ':') {
            return -EINVAL;
        }
        gap = 0;
        p += 2;
    }
    while (*p) {
        const char *next = n < 16 ? parse_group(p, &b[n]) : NULL;

        if (!next) {
            return -EINVAL;
        }
        if (*next == '.') {
            if (n > 12 || parse_quad(p, &b[n]) < 0) {
                return -EINVAL;
            }
            n += 4;
            break;
        }
        n += 2;
        p = next;
        if (!*p) {
            break;
        }
        if (*p++ != ':' || (!*p)) {
            return -EINVAL;
        }
        if (*p == ':') {
            if (gap != SIZE_MAX) {
                return -EINVAL;
            }
            gap = n;
            p++;
        }
    }
    if (gap == SIZE_MAX ? n != 16 : n >= 16) {
        return -EINVAL;
    }
    if (gap != SIZE_MAX) {
        memmove(&b[16 - (n - gap)], &b[gap], n - gap);
        memset(&b[gap], 0, 16 - n);
    }
    memcpy(ret->b, b, sizeof(b));
    return 0;
}

int inl_addr_parse(const char *text, struct inl_addr *ret) {
    uint8_t b[4];

    if (strchr(text, ':')) {
        return parse_groups(text, ret);
    }
    if (parse_quad(text, b) < 0) {
        return -EINVAL;
    }
    *ret = INL_ADDR_ANY4;
    memcpy(&ret->b[12], b, sizeof(b));
    return 0;
}

static void format_quad(struct text *t, const uint8_t b[4]) {
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            text_chr(t, '.');
        }
        text_u64(t, b[i]);
    }
}

static unsigned group_at(const struct inl_addr *a, int i) {
    return (unsigned)(a->b[2 * i] << 8 | a->b[2 * i + 1]);
}

/* RFC 5952 4.2: the first longest run of at least two zero groups; length 0 if none */
static int longest_zero_run(const struct inl_addr *a, int *ret_at) {
    int best = 1;
    int run = 0;

    *ret_at = -1;
    for (int i = 0; i < 8; i++) {
        run = group_at(a, i) == 0 ? run + 1 : 0;
        if (run > best) {
            best = run;
            *ret_at = i - run + 1;
        }
    }
    return *ret_at < 0 ? 0 : best;
}

static void format_groups(struct text *t, const struct inl_addr *a) {
    int gap;
    int gap_len = longest_zero_run(a, &gap);

    for (int i = 0; i < 8; i++) {
        if (i == gap) {
            text_str(t, "::");
            i += gap_len - 1;
            continue;
        }
        if (i > 0 && i != gap + gap_len) {
            text_chr(t, ':');
        }
        text_hex(t, group_at(a, i), 1);
    }
}

void text_addr(struct text *t, const struct inl_addr *a) {
    if (inl_addr_is4(a)) {
        format_quad(t, &a->b[12]);
    } else {
        format_groups(t, a);
    }
}

int inl_addr_format(const struct inl_addr *a, char *buf, size_t cap) {
    struct text t = text_init(buf, cap);

    text_addr(&t, a);
    return t.cut ? -ENOSPC : (int)t.len;
}
