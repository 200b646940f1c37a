/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest.c - what may have been meant by a name that no service has
 *
 * Damerau's distance by three rows of the table of prefixes. A third of the letters may differ, and
 * at most three: beyond that a suggestion is a guess.
 */
#include "tools/services/services.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 32

static int lower(char c) {
    return tolower((unsigned char)c);
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

unsigned suggest_distance(const char *a, const char *b, unsigned limit) {
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

const char *suggest_name(const struct etc_services *etc, const char *word) {
    unsigned best = (unsigned)least((unsigned)strlen(word) / 3, 3) + 1;
    const char *found = NULL;

    for (size_t i = 0; i < etc->n; i++) {
        unsigned d = suggest_distance(word, etc->rows[i].name, best);

        if (d < best) {
            best = d;
            found = etc->rows[i].name;
        }
    }
    for (unsigned i = 0; i < registry_count(); i++) {
        const char *name = registry_name(registry_at(i));
        unsigned d = name[0] != '\0' ? suggest_distance(word, name, best) : best;

        if (d < best) {
            best = d;
            found = name;
        }
    }
    return found;
}
