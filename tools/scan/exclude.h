/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exclude.h - whom not to scan, though a prefix or a range among the targets has them
 *
 * Addresses, prefixes and ranges, but no names: a name may have more addresses than the one that is
 * found, and who excludes a host does not want any of them to be asked.
 */
#ifndef TOOLS_SCAN_EXCLUDE_H
#define TOOLS_SCAN_EXCLUDE_H

#include "tools/scan/targets.h"

struct exclude {
    struct range *list;
    uint32_t n;
    size_t room;
};

#define EXCLUDE_EXPECTED "addresses, prefixes or ranges, with commas between; no names"

/* Adds what stands in @words, with commas or white space between. 0, -EINVAL (one is none of
 * these), -ENOMEM. */
int exclude_add(struct exclude *e, const char *words);
/* The same from a file of words (wordfile.h). 0, or -errno (told on stderr). */
int exclude_add_file(struct exclude *e, const char *path);
/* Takes them out of the targets. Needs targets_finish(). */
void exclude_from(struct exclude *e, struct targets *targets);
void exclude_free(struct exclude *e);

#endif
