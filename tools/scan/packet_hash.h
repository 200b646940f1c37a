/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet_hash.h - what writer and reader of probes share
 */
#ifndef TOOLS_SCAN_PACKET_HASH_H
#define TOOLS_SCAN_PACKET_HASH_H

#include "tools/scan/packet.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };

/* What makes a probe ours. */
uint32_t packet_hash(const struct packet_keys *keys, const struct inl_addr *target, uint8_t proto,
                     uint16_t port);
uint8_t packet_proto(enum scan_kind kind, bool four);

/* In the upper half, where programs of this machine rarely wait. */
static inline uint16_t packet_udp_port(uint32_t hash) {
    return (uint16_t)(0x8000 | (hash & 0x7fff));
}

#endif
