/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spark.h - a curve in one line of text
 */
#ifndef TOOLS_COMMON_SPARK_H
#define TOOLS_COMMON_SPARK_H

#include <stdbool.h>
#include <stddef.h>

#define SPARK_CHAR_MAX 3 /* bytes of one column */

/*
 * Draws @n values, one column each, from the smallest to the largest of them; a negative value is
 * something missing, drawn as "!". @utf8: by blocks of eight heights, else by four ASCII characters.
 * @cap: of @buf, n * SPARK_CHAR_MAX + 1 hold all.
 */
void spark(const double *values, size_t n, bool utf8, char *buf, size_t cap);

/* The same between two values: what is beyond is drawn as if it were there. */
void spark_between(const double *values, size_t n, double low, double high, bool utf8, char *buf,
                   size_t cap);

/* Does the locale write UTF-8? */
bool spark_utf8(void);

#endif
