/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.h - where the headers of a captured packet lie
 *
 * One walk over the bytes finds the layers, from the link's header to the payload: kind, offset,
 * length, and what is wrong with each (cut off by the capture, lengths that cannot be, a checksum
 * that does not fit). For everything that wants the fields of packets rather than a line about them:
 * flows, JSON, drawings. The line itself (decode.h) is printed in a walk of its own, which has to go
 * on where this one stops.
 *
 * Nothing is allocated or copied: offsets are into the packet's own bytes. Packets in packets are
 * followed to PACKET_LAYERS_MAX layers; `src` and the like are those of the innermost. No offset plus
 * length ever lies beyond the captured bytes.
 */
#ifndef DECODE_PACKET_H
#define DECODE_PACKET_H

#include "tools/decode/capfile.h"

#include <inlet/addr.h>

#include <stdbool.h>
#include <stdint.h>

#define PACKET_LAYERS_MAX 16

enum packet_kind {
    PACKET_ETHERNET,
    PACKET_VLAN, /* the four bytes of a tag: TCI and type */
    PACKET_SLL,
    PACKET_SLL2,
    PACKET_NULL, /* the four bytes of a loopback's family */
    PACKET_ARP,
    PACKET_IP4,
    PACKET_IP6,
    PACKET_HOPOPTS, /* extension headers of IPv6 */
    PACKET_ROUTING,
    PACKET_FRAGMENT,
    PACKET_DSTOPTS,
    PACKET_ICMP4,
    PACKET_ICMP6,
    PACKET_IGMP,
    PACKET_UDP,
    PACKET_TCP,
    PACKET_PAYLOAD, /* what the last header carries, if anything */
};

enum packet_flag {
    PACKET_CUT = 1,       /* the header, or what its length promises, was not captured whole */
    PACKET_BAD = 2,       /* a length or version that cannot be; nothing behind it is looked at */
    PACKET_SUM_BAD = 4,   /* the checksum does not fit; `sum_expected` would */
    PACKET_SUM_OK = 8,    /* it does. Neither: there is none, or not all bytes are there */
    PACKET_SUM_NONE = 16, /* UDP over IPv4 without checksum */
};

struct packet_layer {
    uint8_t kind;  /* enum packet_kind */
    uint8_t flags; /* enum packet_flag */
    uint16_t sum_expected;
    uint32_t off_bytes;
    uint32_t len_bytes; /* of the header with its options; of PAYLOAD: captured bytes */
};

struct packet {
    const uint8_t *data;
    int64_t time_ns;
    uint32_t cap_bytes, len_bytes; /* captured; on the wire */
    uint32_t link;                 /* enum capfile_link */
    unsigned n;
    struct packet_layer layer[PACKET_LAYERS_MAX];
    uint8_t flags;               /* those of all layers together */
    bool fragment;               /* part of a datagram: only the first one has ports */
    uint8_t proto;               /* of what lies in IP: 6 is TCP; 0 without IP */
    uint16_t ether_type;         /* behind all tags; 0 if none */
    struct inl_addr src, dst;    /* of the innermost IP header; all zero without */
    uint8_t ip_version;          /* 4, 6, or 0: no IP, and src and dst mean nothing */
    uint16_t src_port, dst_port; /* UDP and TCP */
    uint32_t payload_off;        /* in data */
    uint32_t payload_bytes;      /* captured */
    uint32_t payload_wire_bytes; /* by the headers' lengths: TCP's sequence space goes by it */
};

/* Finds the layers. Always succeeds: what is wrong stands in flags. */
void packet_parse(struct packet *ret, const struct capfile_packet *from);

/* The first layer of a kind, or NULL. */
const struct packet_layer *packet_layer(const struct packet *p, enum packet_kind kind);

/* TCP's flags as letters: "S.", "FP.", "none". */
#define PACKET_FLAGS_MAX 10
void packet_flags_text(unsigned flags, char buf[PACKET_FLAGS_MAX]);

/* Words: "Ethernet", "VLAN tag", "IPv4", ... */
const char *packet_kind_text(enum packet_kind kind);

#endif
