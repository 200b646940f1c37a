/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet_read.c - packets that answer
 *
 * Anybody can send us anything: what does not carry the hash of a probe to that very address and port
 * is not an answer. Extension headers of IPv6 are not followed: answers to such short packets have
 * none.
 */
#include "tools/scan/packet_hash.h"

#include "base/rd.h"

#include <string.h>

struct ip {
    bool four;
    uint8_t proto, hops;
    struct inl_addr source, target;
};

/* Reads the header; @r goes on behind it, to the packet's end if that is there. */
static bool read_ip(struct rd *r, struct ip *ip) {
    struct rd packet = *r;
    uint8_t first = rd_u8(&packet);

    ip->four = first >> 4 == 4;
    if (ip->four) {
        size_t options = (size_t)(first & 15) * 4;

        rd_skip(&packet, 5);
        bool later = (rd_be16(&packet) & 0x1fff) != 0; /* not the first fragment */

        ip->hops = rd_u8(&packet);
        ip->proto = rd_u8(&packet);
        rd_skip(&packet, 2);
        ip->source = ip->target = INL_ADDR_ANY4;
        rd_copy(&packet, ip->source.b + 12, 4);
        rd_copy(&packet, ip->target.b + 12, 4);
        if (options < 20 || later || !rd_skip(&packet, options - 20)) {
            return false;
        }
    } else {
        rd_skip(&packet, 5);
        ip->proto = rd_u8(&packet);
        ip->hops = rd_u8(&packet);
        rd_copy(&packet, ip->source.b, 16);
        rd_copy(&packet, ip->target.b, 16);
        if (first >> 4 != 6 || inl_addr_is4(&ip->source) || inl_addr_is4(&ip->target)) {
            return false;
        }
    }
    *r = packet;
    return !packet.bad;
}

static bool read_tcp(const struct packet_keys *keys, const struct ip *ip, struct rd *r,
                     struct answer *ret) {
    ret->port = rd_be16(r);
    uint16_t to = rd_be16(r);
    uint32_t seq = rd_be32(r);
    uint32_t ack = rd_be32(r);

    rd_skip(r, 1);
    uint8_t flags = rd_u8(r);
    uint32_t hash = packet_hash(keys, &ip->source, PROTO_TCP, ret->port);
    bool acked = (flags & TCP_ACK) != 0;

    if (r->bad || to != keys->port) {
        return false;
    }
    ret->kind = SCAN_SYN;
    if ((flags & TCP_RST) != 0) {
        ret->reason = SCAN_RESET;
        return acked ? ack == hash || ack == hash + 1 : seq == hash;
    }
    ret->reason = SCAN_SYN_ACK;
    return (flags & TCP_SYN) != 0 && acked && ack == hash + 1;
}

static bool read_udp(const struct packet_keys *keys, const struct ip *ip, struct rd *r,
                     struct answer *ret) {
    ret->kind = SCAN_UDP;
    ret->reason = SCAN_UDP_RESPONSE;
    ret->port = rd_be16(r);
    uint16_t to = rd_be16(r);

    return !r->bad && to == packet_udp_port(packet_hash(keys, &ip->source, PROTO_UDP, ret->port));
}

/* An error quotes what it is about: that must be a probe of ours. */
static bool read_quoted(const struct packet_keys *keys, bool six, struct rd *r,
                        struct answer *ret) {
    struct ip quoted;

    if (!read_ip(r, &quoted) || quoted.four == six) {
        return false;
    }
    uint16_t from = rd_be16(r);
    uint16_t port = rd_be16(r);
    uint32_t word = rd_be32(r);
    uint32_t hash;

    ret->target = quoted.target;
    ret->port = port;
    if (r->bad) {
        return false;
    }
    switch (quoted.proto) {
    case PROTO_TCP:
        ret->kind = SCAN_SYN;
        hash = packet_hash(keys, &quoted.target, PROTO_TCP, port);
        return from == keys->port && word == hash;
    case PROTO_UDP:
        ret->kind = SCAN_UDP;
        hash = packet_hash(keys, &quoted.target, PROTO_UDP, port);
        return from == packet_udp_port(hash);
    case PROTO_ICMP:
    case PROTO_ICMP6: /* type and code, checksum; then what we put there */
        ret->kind = from >> 8 == 13 ? SCAN_TIMESTAMP : SCAN_ECHO;
        ret->port = 0;
        return word == packet_hash(keys, &quoted.target, quoted.proto, 0);
    default:
        return false;
    }
}

/* A neighbour advertisement, RFC 4861 7.1.2: whoever sends it stands on the link. */
static bool read_advertisement(const struct ip *ip, struct rd *r, struct answer *ret) {
    ret->kind = SCAN_NEIGHBOUR;
    ret->reason = SCAN_ND_RESPONSE;
    ret->port = 0;
    return rd_copy(r, ret->target.b, 16) && ip->hops == 255 && !inl_addr_is4(&ret->target);
}

static bool read_icmp(const struct packet_keys *keys, const struct ip *ip, struct rd *r,
                      struct answer *ret) {
    uint8_t type = rd_u8(r);
    uint8_t code = rd_u8(r);

    rd_skip(r, 2);
    uint32_t word = rd_be32(r);
    bool six = !ip->four;

    if (r->bad) {
        return false;
    }
    if (type == (six ? 129 : 0) || (!six && type == 14)) {
        ret->kind = type == 14 ? SCAN_TIMESTAMP : SCAN_ECHO;
        ret->reason = type == 14 ? SCAN_TIMESTAMP_REPLY : SCAN_ECHO_REPLY;
        ret->port = 0;
        return word == packet_hash(keys, &ip->source, ip->proto, 0);
    }
    if (six && type == 136) {
        return read_advertisement(ip, r, ret);
    }
    ret->reason = scan_reason_of_icmp(six, type, code);
    return ret->reason != SCAN_NO_RESPONSE && read_quoted(keys, six, r, ret);
}

bool packet_read(const struct packet_keys *keys, const uint8_t *packet, size_t n,
                 struct answer *ret) {
    struct rd r = rd_init(packet, n);
    struct ip ip;

    if (!read_ip(&r, &ip)) {
        return false;
    }
    ret->target = ip.source;
    if (ip.proto == PROTO_TCP) {
        return read_tcp(keys, &ip, &r, ret);
    }
    if (ip.proto == PROTO_UDP) {
        return read_udp(keys, &ip, &r, ret);
    }
    return ip.proto == (ip.four ? PROTO_ICMP : PROTO_ICMP6) && read_icmp(keys, &ip, &r, ret);
}

bool packet_read_arp(const uint8_t *packet, size_t n, struct answer *ret) {
    struct rd r = rd_init(packet, n);

    ret->kind = SCAN_NEIGHBOUR;
    ret->reason = SCAN_ARP_RESPONSE;
    ret->port = 0;
    ret->target = INL_ADDR_ANY4;
    uint32_t kinds = rd_be32(&r);
    uint32_t lengths_and_op = rd_be32(&r);

    if (kinds != 0x00010800 || lengths_and_op != 0x06040002) {
        return false;
    }
    rd_skip(&r, 6);
    return rd_copy(&r, ret->target.b + 12, 4);
}
