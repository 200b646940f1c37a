/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arp.h - address resolution of IPv4 over Ethernet (RFC 826)
 *
 * Only hardware type 1 with 6-byte and protocol 0x0800 with 4-byte addresses.
 */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdint.h>

#define ARP_BYTES 28

enum arp_op {
    ARP_REQUEST = 1,
    ARP_REPLY = 2,
};

/**
 * struct arp_msg - a message
 * @op:  enum arp_op, or another number
 * @sha: sender's link-layer address
 * @tha: target's link-layer address
 * @spa: sender's IPv4 address
 * @tpa: target's IPv4 address
 */
struct arp_msg {
    uint16_t op;
    uint8_t sha[6];
    uint8_t tha[6];
    struct inl_addr spa;
    struct inl_addr tpa;
};

/** arp_parse() - reads a message; link padding stays in @r. TRUNCATED, BAD_LENGTH (other types) */
enum inl_drop arp_parse(struct rd *r, struct arp_msg *ret);

/** arp_emit() - writes the 28 bytes */
void arp_emit(struct wr *w, const struct arp_msg *m);

#endif
