/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * special.h - addresses that a router must not pass on (RFC 6890, RFC 1812 5.3.7)
 */
#ifndef IP_SPECIAL_H
#define IP_SPECIAL_H

#include <inlet/addr.h>
#include <stdbool.h>

/**
 * ip_special_forwardable() - may a packet with this source (or destination) be forwarded?
 * @strict: no to documentation prefixes, too, which are what labs are made of
 */
bool ip_special_forwardable(const struct inl_addr *addr, bool as_source, bool strict);

#endif
