/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * eth.h - Ethernet II header (RFC 894, RFC 2464)
 *
 * Does not do: VLAN tags, 802.3 lengths with LLC/SNAP (values below 1536 are refused by
 * eth_parse() as unknown EtherTypes).
 */
#ifndef WIRE_ETH_H
#define WIRE_ETH_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdbool.h>
#include <stdint.h>

#define ETH_HDR_BYTES 14
#define ETH_MIN_PAYLOAD_BYTES 46

enum eth_type {
    ETH_TYPE_IP4 = 0x0800,
    ETH_TYPE_ARP = 0x0806,
    ETH_TYPE_VLAN = 0x8100,
    ETH_TYPE_IP6 = 0x86dd,
};

/**
 * struct eth_hdr - the header
 * @type: EtherType
 */
struct eth_hdr {
    uint8_t dst[6];
    uint8_t src[6];
    uint16_t type;
};

/**
 * eth_parse() - reads the header and leaves @r at the payload
 *
 * TRUNCATED; UNKNOWN_ETHERTYPE for a value that is a length. Whether the type is implemented is
 * the caller's to say.
 */
enum inl_drop eth_parse(struct rd *r, struct eth_hdr *ret);

/** eth_emit() - writes the header */
void eth_emit(struct wr *w, const struct eth_hdr *h);

/** eth_is_group() - multicast or broadcast? */
static inline bool eth_is_group(const uint8_t mac[6]) {
    return mac[0] & 1;
}

/** eth_is_broadcast() - ff:ff:ff:ff:ff:ff? */
static inline bool eth_is_broadcast(const uint8_t mac[6]) {
    return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

/**
 * eth_multicast() - the group address that carries an IP multicast address
 *
 * 01:00:5e and 23 bits for IPv4 (RFC 1112 6.4), 33:33 and 32 bits for IPv6 (RFC 2464 7).
 */
void eth_multicast(const struct inl_addr *group, uint8_t ret_mac[6]);

#endif
