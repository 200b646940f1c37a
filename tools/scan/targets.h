/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * targets.h - whom to scan
 */
#ifndef TOOLS_SCAN_TARGETS_H
#define TOOLS_SCAN_TARGETS_H

#include "tools/scan/job.h"

#define TARGETS_MAX 262144

struct targets {
    struct target *list;
    uint32_t n;
    size_t room;
    struct target_name *names; /* of those that stood in a file */
};

struct range {
    struct inl_addr first, last;
};

/* Reads an address, "10.0.0.0/24" (all of it, from .0 to .255), "10.0.0.1-20" or "fd00::/120". 0,
 * -ENOENT (may be a name), -EINVAL. */
int targets_range(const char *word, struct range *ret);

/* Adds what a word means: a name, an address, "10.0.0.0/24", "10.0.0.1-20", "fd00::/120". @family:
 * AF_UNSPEC, AF_INET or AF_INET6. 0, or -errno (told on stderr): -EINVAL, -E2BIG, -ENOENT, -ENOMEM.
 * An address that stands in the list already is not added again by targets_finish(). */
int targets_add(struct targets *targets, const char *word, int family);
/* The same for each word of a file (wordfile.h). */
int targets_add_file(struct targets *targets, const char *path, int family);
/* Sorts, and drops those that stand there twice. */
void targets_finish(struct targets *targets);
void targets_free(struct targets *targets);

/* The number of a target by its address, or -1. Needs targets_finish(). */
int64_t targets_find(const struct target *list, uint32_t n, const struct inl_addr *addr);

/* RFC 6890: why nobody should be asked first. NULL: it is public, and its owner wants to be asked.
 * *ret_never: it is no host at all (multicast, unspecified, broadcast). */
const char *targets_class(const struct inl_addr *addr, bool *ret_never);

#endif
