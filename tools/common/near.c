/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * near.c - of several names the one that a word may have been meant for
 *
 * Damerau's distance by three rows of the table of prefixes.
 */
#include "tools/common/near.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_LEN 32

static int lower(char c) {
    return tolower((unsigned char)c);
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* @limit + 1: more than that. */
static unsigned distance(const char *a, const char *b, unsigned limit) {
    unsigned rows[3][NAME_MAX_LEN + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n > NAME_MAX_LEN || m > NAME_MAX_LEN || n > m + limit || m > n + limit) {
        return limit + 1;
    }
    for (unsigned j = 0; j <= m; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= n; i++) {
        const unsigned *older = rows[(i + 1) % 3], *before = rows[(i - 1) % 3];
        unsigned *now = rows[i % 3];

        now[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned differ = lower(a[i - 1]) != lower(b[j - 1]);

            now[j] = least(before[j - 1] + differ, least(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1])) {
                now[j] = least(now[j], older[j - 2] + 1);
            }
        }
    }
    return least(rows[n % 3][m], limit + 1);
}

struct near near_begin(const char *word) {
    return (struct near){.word = word, .limit = least((unsigned)strnlen(word, 9) / 3, 3) + 1};
}

void near_try(struct near *near, const char *name) {
    unsigned d = name[0] != '\0' ? distance(near->word, name, near->limit) : near->limit;

    if (d < near->limit) {
        near->limit = d;
        near->found = name;
    }
}
