/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pseudo.h - the pseudo-header that transport checksums begin with
 *
 * RFC 9293 3.1 and RFC 768 for IPv4, RFC 8200 8.1 for IPv6. Both families come out of one
 * function because addresses have one type.
 */
#ifndef WIRE_PSEUDO_H
#define WIRE_PSEUDO_H

#include "base/rd.h"

#include <inlet/addr.h>

#include <stdbool.h>
#include <stdint.h>

/**
 * l4_pseudo_csum() - accumulator (base/csum.h) over the pseudo-header
 * @src, @dst: of one family
 * @proto:     protocol number, of the transport, not of an extension header
 * @len_bytes: transport header and payload
 */
uint64_t l4_pseudo_csum(const struct inl_addr *src, const struct inl_addr *dst, uint8_t proto,
                        uint32_t len_bytes);

/**
 * l4_csum_ok() - is the checksum of a whole transport message right?
 * @message: transport header and payload, including the checksum field
 *
 * TCP and ICMPv6 as they are. UDP has the special value 0: see udp_csum_ok().
 */
bool l4_csum_ok(const struct inl_addr *src, const struct inl_addr *dst, uint8_t proto,
                struct rd message);

#endif
