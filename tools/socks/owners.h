/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owners.h - which process has a socket open, found in /proc/PID/fd
 *
 * Reading every descriptor of every process costs far more than the list of sockets. What was found
 * is therefore kept, and looked for again only when a socket appears that is not known; then the
 * processes that had sockets before come first, and the search ends when nothing is missing. Whose
 * sockets cannot be found (other people's, without root) are not looked for again until the next
 * full round, which comes every OWNERS_ROUND calls and also notices sockets that were handed over.
 */
#ifndef TOOLS_SOCKS_OWNERS_H
#define TOOLS_SOCKS_OWNERS_H

#include <stddef.h>
#include <stdint.h>

#define OWNERS_ROUND 16
#define OWNERS_NAME 16 /* of a program; any byte may be in it */

/* Sockets whose owners are asked for. */
struct owners_ask {
    void *list;
    size_t n;
    uint64_t (*inode)(const void *list, size_t i); /* 0: it has none */
    void (*set)(void *list, size_t i, uint32_t pid, const char program[OWNERS_NAME]);
};

struct owners;

struct owners *owners_new(void);
void owners_free(struct owners *o);

/* Calls set() for each socket whose owner is found. 0 or -errno. */
int owners_find(struct owners *o, const struct owners_ask *ask);

#endif
