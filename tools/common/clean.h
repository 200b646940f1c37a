/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clean.h - text from outside, made harmless for a terminal
 */
#ifndef TOOLS_COMMON_CLEAN_H
#define TOOLS_COMMON_CLEAN_H

#include <stddef.h>

/* Copies @n bytes: what is printable ASCII stays, and so do whole characters of UTF-8 that are no
 * controls; every other byte becomes "\xNN", a backslash two. Cut where @cap ends, which holds the
 * end, too. Returns the length. */
size_t clean_bytes(const void *from, size_t n, char *to, size_t cap);

/* The same for a string. */
size_t clean_text(const char *from, char *to, size_t cap);

/* How many more columns of blanks such a text needs to fill @columns, each character having one. */
int clean_blanks(const char *text, int columns);

/* Ends a text of at most @cap bytes, and puts '?' in place of all that is no printable ASCII: for
 * names that have nothing else in them if all is well. */
void clean_name(char *text, size_t cap);

#endif
