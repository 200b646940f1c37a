/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grow.h - room for one more at the end of a list
 */
#ifndef TOOLS_COMMON_GROW_H
#define TOOLS_COMMON_GROW_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define GROW_FIRST 16

/* @list has @n entries of @each bytes and room for *@room; NULL with none and 0. Returns the list, which
 * may have moved and has room for another one, or NULL: memory is short, and the list is as it was. */
static inline void *grow(void *list, size_t n, size_t *room, size_t each) {
    if (n < *room) {
        return list;
    }
    size_t more = *room > 0 ? 2 * *room : GROW_FIRST;
    void *grown = more > *room && more <= SIZE_MAX / each ? realloc(list, more * each) : NULL;

    if (grown != NULL) {
        *room = more;
    }
    return grown;
}

#endif
