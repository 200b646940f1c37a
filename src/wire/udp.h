/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp.h - headers of UDP (RFC 768, RFC 8200 8.1) and UDP-Lite (RFC 3828)
 */
#ifndef WIRE_UDP_H
#define WIRE_UDP_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdbool.h>
#include <stdint.h>

#define UDP_HDR_BYTES 8

/**
 * struct udp_hdr - the header
 * @len_bytes: header and payload
 * @csum:      the field; 0: none was made (IPv4 only)
 * @payload:   cut to len_bytes; lent; not used by udp_emit()
 */
struct udp_hdr {
    uint16_t sport;
    uint16_t dport;
    uint16_t len_bytes;
    uint16_t csum;
    struct rd payload;
};

/**
 * udp_parse() - reads a datagram
 * @r: the whole IP payload; consumed to the end of the datagram
 *
 * TRUNCATED below 8 bytes; BAD_LENGTH when the length is below 8 or beyond the IP payload. A
 * shorter one cuts.
 */
enum inl_drop udp_parse(struct rd *r, struct udp_hdr *ret);

/** udp_emit() - writes the header as it is, checksum included */
void udp_emit(struct wr *w, const struct udp_hdr *h);

/** udp_csum_field() - what belongs in the field for a sum over pseudo-header and datagram */
uint16_t udp_csum_field(uint64_t acc);

/**
 * udp_csum_ok() - is the checksum right?
 * @datagram: header and payload, cut to the UDP length
 *
 * 0 means "none" and is right over IPv4 (RFC 1122 4.1.3.4), wrong over IPv6.
 */
bool udp_csum_ok(const struct inl_addr *src, const struct inl_addr *dst, struct rd datagram);

/**
 * udplite_parse() - reads a datagram of UDP-Lite (RFC 3828 3.1)
 * @r: the whole IP payload, which is the datagram
 *
 * ret->len_bytes is what the checksum covers. TRUNCATED below 8 bytes; BAD_LENGTH when that is
 * below 8, or more than there is. 0 stands for all.
 */
enum inl_drop udplite_parse(struct rd *r, struct udp_hdr *ret);

/** udplite_csum_ok() - is it right over the first @covered bytes? There is always one. */
bool udplite_csum_ok(const struct inl_addr *src, const struct inl_addr *dst, struct rd datagram,
                     uint16_t covered);

#endif
