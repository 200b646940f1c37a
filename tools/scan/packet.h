/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.h - packets that ask, and packets that answer, without a list of what was asked
 */
#ifndef TOOLS_SCAN_PACKET_H
#define TOOLS_SCAN_PACKET_H

#include "tools/scan/job.h"

#define PACKET_MAX 160 /* bytes of the longest */

struct packet_keys {
    uint8_t key[16];
    uint16_t port; /* ours, of all TCP probes */
};

struct probe {
    enum scan_kind kind;
    uint16_t port;
    struct inl_addr source, target;
};

/* Writes the IP packet; SCAN_NEIGHBOUR: a neighbour solicitation of IPv6 with @mac as its sender's.
 * Returns its length; 0: that cannot be asked. */
size_t packet_write(const struct packet_keys *keys, const struct probe *probe, const uint8_t mac[6],
                    uint8_t buf[PACKET_MAX]);

/* The body of an ARP request (RFC 826) for the target. */
#define PACKET_ARP_LEN 28
void packet_write_arp(const struct probe *probe, const uint8_t mac[6], uint8_t buf[PACKET_ARP_LEN]);

struct answer {
    enum scan_kind kind; /* SCAN_SYN stands for all of TCP */
    enum scan_reason reason;
    uint16_t port;
    struct inl_addr target;
};

/* Reads a packet, bytes of any kind. True: it answers one of our probes, as nobody could who has not
 * seen it. */
bool packet_read(const struct packet_keys *keys, const uint8_t *packet, size_t n,
                 struct answer *ret);
bool packet_read_arp(const uint8_t *packet, size_t n, struct answer *ret);

#endif
