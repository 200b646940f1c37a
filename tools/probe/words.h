/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.h - errors of ICMP in words, and as the marks that traceroute has for them
 */
#ifndef TOOLS_PROBE_WORDS_H
#define TOOLS_PROBE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define WORDS_MAX 96
#define WORDS_MARK_MAX 12

/* "Destination Host Unreachable", "Frag needed and DF set (mtu = 1400)". @info: MTU, pointer, or
 * the gateway of a redirect. */
void words_icmp(bool v6, uint8_t type, uint8_t code, uint32_t info, char buf[WORDS_MAX]);

/* "!H", "!N", "!P", "!X", "!F-1400", ...; "" for time exceeded and for a closed port. */
void words_mark(bool v6, uint8_t type, uint8_t code, uint32_t info, char buf[WORDS_MARK_MAX]);

/* Does it say that a hop limit ran out on the way? */
bool words_is_on_the_way(bool v6, uint8_t type, uint8_t code);
/* Does it say that there is nobody at that port, so that the host itself has spoken? */
bool words_is_closed(bool v6, uint8_t type, uint8_t code);
/* Does it say that the packet was too large for a link? */
bool words_is_too_big(bool v6, uint8_t type, uint8_t code);

#endif
