/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clean.c - text from outside, made harmless for a terminal
 *
 * Names, banners and answers come from whoever likes to send them. A terminal obeys control
 * characters: those below space and DEL, and the C1 controls, which are U+0080 to U+009F in UTF-8 and
 * single bytes elsewhere. None of them passes. Nor do characters that turn the direction of writing
 * or that cannot be seen (U+200B-U+200F, U+2028-U+202E, U+2060-U+206F, U+FEFF).
 */
#include "tools/common/clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* How many bytes the character at p has, and which it is; 0: none that is well formed. */
static size_t character(const uint8_t *p, size_t n, uint32_t *ret) {
    size_t len = p[0] < 0x80   ? 1
                 : p[0] < 0xc2 ? 0
                 : p[0] < 0xe0 ? 2
                 : p[0] < 0xf0 ? 3
                 : p[0] < 0xf5 ? 4
                               : 0;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    if (len == 0 || len > n) {
        return 0;
    }
    uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);

    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (p[i] & 0x3fu);
    }
    *ret = c;
    return c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : len;
}

static bool is_harmless(uint32_t c) {
    return c >= 0x20 && c != '\\' && (c < 0x7f || c > 0x9f) && (c < 0x200b || c > 0x200f) &&
           (c < 0x2028 || c > 0x202e) && (c < 0x2060 || c > 0x206f) && c != 0xfeff &&
           (c & 0xfffe) != 0xfffe;
}

size_t clean_bytes(const void *from, size_t n, char *to, size_t cap) {
    const uint8_t *p = from;
    size_t out = 0;

    for (size_t i = 0; i < n;) {
        char piece[8];
        uint32_t c = 0;
        size_t len = character(p + i, n - i, &c);
        size_t size = len;

        if (len > 0 && is_harmless(c)) {
            memcpy(piece, p + i, len);
        } else if (len == 1 && c == '\\') {
            memcpy(piece, "\\\\", size = 2);
        } else {
            len = 1;
            size = (size_t)snprintf(piece, sizeof(piece), "\\x%02x", p[i]);
        }
        if (out + size >= cap) {
            break;
        }
        memcpy(to + out, piece, size);
        out += size;
        i += len;
    }
    if (cap > 0) {
        to[out] = '\0';
    }
    return out;
}

size_t clean_text(const char *from, char *to, size_t cap) {
    return clean_bytes(from, strlen(from), to, cap);
}

void clean_name(char *text, size_t cap) {
    text[cap - 1] = '\0';
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~') {
            *text = '?';
        }
    }
}

int clean_blanks(const char *text, int columns) {
    for (; *text != '\0' && columns > 0; text++) {
        columns -= ((unsigned char)*text & 0xc0) != 0x80; /* not inside a character */
    }
    return columns;
}
