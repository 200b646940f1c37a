/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prefetch.h - say early which memory will be needed
 *
 * Of a hundred thousand connections hardly any lies in the processor's caches. If its lines are
 * asked for one after the other, as the code comes to them, each costs a trip to memory; asked for
 * together they arrive together. Nothing but speed depends on this.
 */
#ifndef BASE_PREFETCH_H
#define BASE_PREFETCH_H

#include <stddef.h>

#define PREFETCH_LINE_BYTES 64

/** prefetch_line() - the line at @p, to be read and written soon; @p may be anything */
static inline void prefetch_line(const void *p) {
    __builtin_prefetch(p, 1);
}

/** prefetch_block() - the first @bytes at @p, to be read and written soon */
static inline void prefetch_block(const void *p, size_t bytes) {
    for (size_t i = 0; i < bytes; i += PREFETCH_LINE_BYTES) {
        prefetch_line((const char *)p + i);
    }
}

#endif
