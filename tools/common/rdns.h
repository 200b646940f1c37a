/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rdns.h - names of addresses, asked in the background
 *
 * rdns_name() answers at once: the name if it is known by now, else nothing, and then the question
 * is on its way. So output never waits for a nameserver that does not answer. The same for the
 * number of the autonomous system that an address belongs to, which is a TXT record (asked only by
 * rdns_as()). Names come from anybody: they are cleaned for terminals (clean.h).
 *
 * Bounded: RDNS_CACHE addresses are remembered; the oldest make room.
 */
#ifndef TOOLS_COMMON_RDNS_H
#define TOOLS_COMMON_RDNS_H

#include "tools/common/names.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define RDNS_CACHE 4096
#define RDNS_FDS 16

struct rdns;

/* NULL: there are no nameservers, or memory is short. The functions below take NULL. */
struct rdns *rdns_new(void);
void rdns_free(struct rdns *r);

/* The host's name, or NULL: not known (yet). */
const char *rdns_name(struct rdns *r, const union names_addr *addr);
/* "64500", or "64500 64501" of an address that several announce; NULL: not known (yet). */
const char *rdns_as(struct rdns *r, const union names_addr *addr);

/* Is a question still open? */
bool rdns_is_busy(const struct rdns *r);

/* Was something asked, and has no nameserver ever answered, as far as one can tell? */
bool rdns_is_deaf(const struct rdns *r);

/* Descriptors to poll; returns how many. */
size_t rdns_fds(struct rdns *r, struct pollfd fds[RDNS_FDS]);
/* Takes what came, and asks again what was not answered. After each poll(), and now and then. */
void rdns_work(struct rdns *r, const struct pollfd *fds, size_t n);

/*
 * The name, waited for; NULL: there is none, or it is not known in time, or stop_fd() (-1: none) asks
 * to stop. @ret_over: the answer is known.
 */
const char *rdns_wait(struct rdns *r, const union names_addr *addr, int timeout_ms, int stop_fd,
                      bool *ret_over);

/* Works until all is known, or so much time is over. */
void rdns_finish(struct rdns *r, int timeout_ms);

#endif
