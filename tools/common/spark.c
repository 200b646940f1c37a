/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spark.c - a curve in one line of text
 */
#include "tools/common/spark.h"

#include <stdlib.h>
#include <string.h>

/* Without setlocale(), which nobody else here needs: the three that decide, in their order. */
bool spark_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *v = getenv(names[i]);

        if (v != NULL && v[0] != '\0') {
            return strstr(v, "UTF-8") != NULL || strstr(v, "utf8") != NULL;
        }
    }
    return false;
}

static const char *column(double value, double low, double high, bool utf8) {
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {"_", ".", "-", "^"};
    int steps = utf8 ? 8 : 4;
    double share = high > low ? (value - low) / (high - low) : 0;
    int step = share >= 1 ? steps - 1 : share <= 0 ? 0 : (int)(share * steps);

    return value < 0 ? "!" : utf8 ? blocks[step] : ascii[step];
}

void spark_between(const double *values, size_t n, double low, double high, bool utf8, char *buf,
                   size_t cap) {
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        const char *c = column(values[i], low, high, utf8);
        size_t len = strlen(c);

        if (at + len + 1 > cap) {
            break;
        }
        memcpy(buf + at, c, len);
        at += len;
    }
    if (cap > 0) {
        buf[at] = '\0';
    }
}

void spark(const double *values, size_t n, bool utf8, char *buf, size_t cap) {
    double low = -1, high = 0;

    for (size_t i = 0; i < n; i++) {
        if (values[i] >= 0) {
            low = low < 0 || values[i] < low ? values[i] : low;
            high = values[i] > high ? values[i] : high;
        }
    }
    spark_between(values, n, low, high, utf8, buf, cap);
}
