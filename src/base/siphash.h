/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * siphash.h - SipHash-2-4, a keyed hash for tables, sequence numbers and cookies
 *
 * Without the key nobody can choose inputs that collide or predict an output. Output and key
 * are read as little-endian words on every machine, so values are the published ones.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/** siphash() - 64-bit keyed hash of @len bytes at @p; @p may be NULL if @len is 0 */
uint64_t siphash(const uint8_t key[16], const void *p, size_t len);

#endif
