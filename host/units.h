/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * units.h - numbers with units, as people write them in options and lab files
 *
 * No guess is made: a number without its unit is refused (but 0, which needs none), and so is
 * anything that follows the unit. Decimal fractions are allowed: "0.5%", "1.5ms".
 */
#ifndef HOST_UNITS_H
#define HOST_UNITS_H

#include <inlet/addr.h>
#include <inlet/types.h>
#include <stdbool.h>
#include <stdint.h>

/* "20ms": ns us ms s; up to one hour. 0 or -EINVAL, -ERANGE. */
int units_duration(const char *text, inl_dur *ret_ns);
/* The same with another limit. */
int units_duration_to(const char *text, inl_dur max_ns, inl_dur *ret_ns);
/* Whole seconds: "30s", "15m", "2h", "1d", "forever" (UINT32_MAX). 0 or -EINVAL, -ERANGE. */
int units_seconds(const char *text, uint32_t *ret_s);
/* "1%", "250ppm": parts per million, up to 100%. 0 or -EINVAL, -ERANGE. */
int units_ratio(const char *text, uint32_t *ret_ppm);
/* "100mbit": bit kbit mbit gbit a second, powers of 1000; up to 1000gbit. 0 or -EINVAL, -ERANGE. */
int units_rate(const char *text, uint64_t *ret_bps);
/* "256kb": b kb mb, powers of 1024; up to 1 GiB. 0 or -EINVAL, -ERANGE. */
int units_bytes(const char *text, uint32_t *ret_bytes);
/* A decimal number of at most `max`. 0 or -EINVAL, -ERANGE. */
int units_number(const char *text, uint64_t max, uint64_t *ret);
/* "yes" or "no". 0 or -EINVAL. */
int units_bool(const char *text, bool *ret);
/* "10.0.0.1/24", "fd00::1/64". 0 or -EINVAL. */
int units_prefix(const char *text, struct inl_addr *ret_addr, unsigned *ret_len_bits);

#define UNITS_DURATION "a time like 20ms (ns, us, ms, s)"
#define UNITS_RATIO "a share like 1% or 250ppm"
#define UNITS_RATE "a rate like 100mbit (bit, kbit, mbit, gbit)"
#define UNITS_BYTES "a size like 256kb (b, kb, mb)"
#define UNITS_BOOL "yes or no"
#define UNITS_PREFIX "an address with a prefix length, like 10.0.0.1/24 or fd00::1/64"

#endif
