/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * near.h - how far a word is from another one, to say what may have been meant
 */
#ifndef TOOLS_COMMON_NEAR_H
#define TOOLS_COMMON_NEAR_H

/* How many letters to insert, leave out, change or swap make @b of @a; @limit + 1: more than that, or
 * words of more than 32 letters. Capitals are as small ones. */
unsigned near_distance(const char *a, const char *b, unsigned limit);

/* How far a word may be from @word to be worth a suggestion: a third of the letters, at most three. */
unsigned near_enough(const char *word);

#endif
