/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * colour.h - what colours mean, the same in all tools
 *
 * Whether a descriptor may be given any is out_wants_colour()'s to say. Depends on nothing, so that
 * what prints packets may use it, too.
 */
#ifndef TOOLS_COMMON_COLOUR_H
#define TOOLS_COMMON_COLOUR_H

#include <stdbool.h>

enum out_colour {
    OUT_GOOD,   /* green: an answer, open, new */
    OUT_WARN,   /* yellow: late, changed, sent again */
    OUT_BAD,    /* red: lost, wrong, closed */
    OUT_DIM,    /* what one may skip */
    OUT_STRONG, /* what one looks for */
    OUT_NAME,   /* cyan: hosts, names */
    OUT_PLAIN,  /* ends each of the others */
};

/* The sequence that begins a colour, or "" if not @on: printf("%s%s%s", out_sgr(on, OUT_BAD), text,
 * out_sgr(on, OUT_PLAIN)). */
static inline const char *out_sgr(bool on, enum out_colour colour) {
    static const char *const sequences[] = {
        [OUT_GOOD] = "\033[32m", [OUT_WARN] = "\033[33m",  [OUT_BAD] = "\033[31m",
        [OUT_DIM] = "\033[2m",   [OUT_STRONG] = "\033[1m", [OUT_NAME] = "\033[36m",
        [OUT_PLAIN] = "\033[0m",
    };

    return on ? sequences[colour] : "";
}

#endif
