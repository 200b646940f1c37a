/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lex.c - characters, words and numbers of a script, and complaints about them (see lex.h)
 */
#include "lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool lex_fail(struct parser *ps, const char *fmt, ...) {
    if (!ps->failed) {
        va_list ap;
        int n = snprintf(ps->err, ps->err_cap, "%s:%d: ", ps->file, ps->line);

        ps->failed = true;
        if (n >= 0 && (size_t)n < ps->err_cap) {
            va_start(ap, fmt);
            vsnprintf(ps->err + n, ps->err_cap - (size_t)n, fmt, ap);
            va_end(ap);
        }
    }
    return false;
}

bool lex_is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool lex_is_word(char c) {
    return lex_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_line(struct parser *ps) {
    while (*ps->p && *ps->p != '\n') {
        ps->p++;
    }
}

void lex_skip(struct parser *ps) {
    for (;;) {
        if (*ps->p == '\n') {
            ps->line++;
            ps->p++;
        } else if (*ps->p == ' ' || *ps->p == '\t' || *ps->p == '\r') {
            ps->p++;
        } else if (*ps->p == '#' || (ps->p[0] == '/' && ps->p[1] == '/')) {
            skip_line(ps);
        } else if (ps->p[0] == '/' && ps->p[1] == '*') {
            const char *end = strstr(ps->p + 2, "*/");

            if (!end) {
                lex_fail(ps, "the comment has no end: expected */");
                ps->p += strlen(ps->p);
                return;
            }
            for (; ps->p < end + 2; ps->p++) {
                ps->line += *ps->p == '\n';
            }
        } else {
            return;
        }
    }
}

char lex_peek(struct parser *ps) {
    lex_skip(ps);
    return *ps->p;
}

bool lex_take(struct parser *ps, char c) {
    if (lex_peek(ps) != c) {
        return false;
    }
    ps->p++;
    return true;
}

const char *lex_found(struct parser *ps, char buf[24]) {
    size_t n = 0;

    lex_skip(ps);
    if (!*ps->p) {
        return "the end of the script";
    }
    buf[n++] = '\'';
    for (const char *q = ps->p; *q && *q != '\n' && n < 20; q++) {
        if (n > 1 && !lex_is_word(*q)) {
            break;
        }
        buf[n++] = *q;
    }
    buf[n++] = '\'';
    buf[n] = '\0';
    return buf;
}

bool lex_expect(struct parser *ps, char c, const char *where) {
    char buf[24];

    return lex_take(ps, c) ||
           lex_fail(ps, "expected '%c' %s, found %s", c, where, lex_found(ps, buf));
}

bool lex_word(struct parser *ps, char *buf, size_t cap, const char *what) {
    size_t n = 0;
    char fb[24];

    lex_skip(ps);
    while (lex_is_word(ps->p[n])) {
        n++;
    }
    if (n == 0 || n >= cap) {
        return lex_fail(ps, "expected %s, found %s", what, lex_found(ps, fb));
    }
    memcpy(buf, ps->p, n);
    buf[n] = '\0';
    ps->p += n;
    return true;
}

bool lex_keyword(struct parser *ps, const char *w) {
    size_t n = strlen(w);

    lex_skip(ps);
    if (strncmp(ps->p, w, n) != 0 || lex_is_word(ps->p[n])) {
        return false;
    }
    ps->p += n;
    return true;
}

bool lex_number(struct parser *ps, uint64_t max, uint64_t *ret, const char *what) {
    char *end;
    char fb[24];
    unsigned long long v;

    lex_skip(ps);
    if (!lex_is_digit(*ps->p)) {
        return lex_fail(ps, "expected %s, found %s", what, lex_found(ps, fb));
    }
    v = strtoull(ps->p, &end, 0);
    if (v > max) {
        return lex_fail(ps, "%s is %llu, at most %llu can be", what, v, (unsigned long long)max);
    }
    ps->p = end;
    *ret = v;
    return true;
}

bool lex_number32(struct parser *ps, uint32_t *ret, const char *what) {
    uint64_t v;

    if (!lex_number(ps, UINT32_MAX, &v, what)) {
        return false;
    }
    *ret = (uint32_t)v;
    return true;
}

bool lex_seqnum(struct parser *ps, uint32_t *ret, const char *what) {
    bool minus = lex_take(ps, '-');

    if (!lex_number32(ps, ret, what)) {
        return false;
    }
    if (minus) {
        *ret = 0u - *ret;
    }
    return true;
}

bool lex_hex(struct parser *ps, uint8_t *buf, size_t cap, unsigned *ret_n) {
    size_t n = 0;

    lex_skip(ps);
    while (lex_is_word(*ps->p)) {
        char two[3] = {ps->p[0], ps->p[0] ? ps->p[1] : '\0', '\0'};
        char *end;
        unsigned long v = strtoul(two, &end, 16);

        if (*end || two[1] == '\0' || n >= cap) {
            return lex_fail(ps, "expected pairs of hexadecimal digits, at most %zu", cap);
        }
        buf[n++] = (uint8_t)v;
        ps->p += 2;
    }
    *ret_n = (unsigned)n;
    return n > 0 || lex_fail(ps, "expected hexadecimal digits");
}

bool lex_quoted(struct parser *ps, char *buf, size_t cap) {
    size_t n = 0;

    if (!lex_expect(ps, '"', "before text")) {
        return false;
    }
    while (ps->p[n] && ps->p[n] != '"' && ps->p[n] != '\n') {
        n++;
    }
    if (ps->p[n] != '"' || n >= cap) {
        return lex_fail(ps, "the text has no end, or is too long");
    }
    memcpy(buf, ps->p, n);
    buf[n] = '\0';
    ps->p += n + 1;
    return true;
}
