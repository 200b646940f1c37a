/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostnames.h - names instead of addresses in a capture's lines
 *
 * Each address is asked for once (rdns.h remembers RDNS_CACHE of them). A file can wait, so its
 * lines have the names; but once nameservers have been waited for HOSTNAMES_PATIENCE_MS in vain, all
 * told, nothing is waited for any more, and a name stands in the lines after its answer. Live packets
 * never wait.
 */
#ifndef DUMP_HOSTNAMES_H
#define DUMP_HOSTNAMES_H

#include <stdbool.h>
#include <stdint.h>

#define HOSTNAMES_PATIENCE_MS 3000

struct hostnames;

/* @wait: the source can wait. NULL: there are no nameservers, or memory is short. */
struct hostnames *hostnames_new(bool wait);
void hostnames_free(struct hostnames *h);

/* For decode_options.host; @ctx: struct hostnames. */
const char *hostnames_of(void *ctx, const uint8_t *addr, unsigned len_bytes);

#endif
