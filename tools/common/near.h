/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * near.h - of several names the one that a word may have been meant for
 */
#ifndef TOOLS_COMMON_NEAR_H
#define TOOLS_COMMON_NEAR_H

struct near {
    const char *word;
    const char *found; /* the nearest of those tried; NULL: none is near enough */
    unsigned limit;    /* how near a better one has to be */
};

/* Begins to look for @word, which is lent. A third of its letters may differ, and at most three:
 * beyond that a suggestion is a guess. */
struct near near_begin(const char *word);

/* How far it is: letters to insert, leave out, change or swap. Of equals the first stays. Capitals are
 * as small ones; words of more than 32 letters are near to none. */
void near_try(struct near *near, const char *name);

#endif
