/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * siphash.h - SipHash, a keyed hash: 2-4 for sequence numbers and cookies, 1-3 for tables
 *
 * Without the key nobody can choose inputs that collide or predict an output. Output and key
 * are read as little-endian words on every machine, so values are the published ones.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <inlet/addr.h>

#include <stddef.h>
#include <stdint.h>

/** siphash() - 64-bit keyed hash of @len bytes at @p; @p may be NULL if @len is 0 */
uint64_t siphash(const uint8_t key[16], const void *p, size_t len);

/** siphash_u64() - the same of the eight bytes of @v, the lowest first, on every machine */
uint64_t siphash_u64(const uint8_t key[16], uint64_t v);

/**
 * siphash_words() - SipHash-1-3 of @n words (at most 31) and four bytes more, for hash tables
 *
 * Whoever sees neither the values nor how long a search takes to the nanosecond learns nothing of
 * the key; for what leaves the stack there is siphash().
 */
uint64_t siphash_words(const uint8_t key[16], const uint64_t *w, size_t n, uint32_t tail);

/** siphash_addrs() - the same of two addresses and four bytes; quick if both are IPv4 or any */
uint64_t siphash_addrs(const uint8_t key[16], const struct inl_addr *a, const struct inl_addr *b,
                       uint32_t tail);

#endif
