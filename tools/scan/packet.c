/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.c - packets that ask
 *
 * Nothing is remembered of a probe. What makes it ours is a keyed hash (SipHash) of the target's
 * address, port and protocol: TCP carries it as sequence number (and as acknowledgment, where there
 * is one), UDP as source port, ICMP as identifier and sequence number. All of them come back in an
 * answer, and in the first eight bytes that an ICMP error quotes (RFC 792).
 */
#include "tools/scan/packet_hash.h"

#include "base/csum.h"
#include "base/siphash.h"
#include "base/wr.h"

#include <string.h>

#define TTL 64
#define HEADER4 20
#define HEADER6 40
#define WINDOW 64240
#define MSS4 1460
#define MSS6 1440

uint32_t packet_hash(const struct packet_keys *keys, const struct inl_addr *target, uint8_t proto,
                     uint16_t port) {
    uint8_t text[19];

    memcpy(text, target->b, 16);
    text[16] = (uint8_t)(port >> 8);
    text[17] = (uint8_t)port;
    text[18] = proto;
    return (uint32_t)siphash(keys->key, text, sizeof(text));
}

static uint64_t pseudo(const struct probe *p, uint8_t proto, size_t len) {
    bool four = inl_addr_is4(&p->target);
    uint64_t acc = csum_add(0, p->source.b + (four ? 12 : 0), four ? 4 : 16);

    acc = csum_add(acc, p->target.b + (four ? 12 : 0), four ? 4 : 16);
    return csum_add32(csum_add16(acc, proto), (uint32_t)len);
}

static void write_tcp(struct wr *w, const struct probe *p, uint32_t hash, uint16_t port) {
    static const uint8_t flags[] = {
        [SCAN_SYN] = TCP_SYN,
        [SCAN_ACK] = TCP_ACK,
        [SCAN_FIN] = TCP_FIN,
        [SCAN_NULL] = 0,
        [SCAN_XMAS] = TCP_FIN | TCP_PSH | TCP_URG,
    };
    bool syn = p->kind == SCAN_SYN;

    wr_be16(w, port);
    wr_be16(w, p->port);
    wr_be32(w, hash);
    wr_be32(w, p->kind == SCAN_ACK ? hash : 0);
    wr_u8(w, syn ? 0x60 : 0x50);
    wr_u8(w, flags[p->kind]);
    wr_be16(w, WINDOW);
    wr_be32(w, 0); /* checksum, urgent pointer */
    if (syn) {
        wr_be16(w, 0x0204);
        wr_be16(w, inl_addr_is4(&p->target) ? MSS4 : MSS6);
    }
}

/* A question that the usual service at a port understands; others get an empty datagram. */
static void write_payload(struct wr *w, uint16_t port) {
    /* DNS: the name servers of the root (RFC 1035 4.1); NTP: version 4, a client (RFC 5905 7.3) */
    static const uint8_t dns[] = {0x13, 0x57, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
    static const uint8_t ntp[48] = {0x23};

    if (port == 53 || port == 5353) {
        wr_put(w, dns, sizeof(dns));
    } else if (port == 123) {
        wr_put(w, ntp, sizeof(ntp));
    }
}

static void write_udp(struct wr *w, const struct probe *p, uint32_t hash) {
    size_t start = wr_len(w);

    wr_be16(w, packet_udp_port(hash));
    wr_be16(w, p->port);
    wr_be32(w, 0);
    write_payload(w, p->port);
    wr_set_be16(w, start + 4, (uint16_t)(wr_len(w) - start));
}

static void write_icmp(struct wr *w, const struct probe *p, uint32_t hash) {
    bool four = inl_addr_is4(&p->target);
    bool stamp = p->kind == SCAN_TIMESTAMP;

    wr_u8(w, stamp ? 13 : four ? 8 : 128);
    wr_u8(w, 0);
    wr_be16(w, 0);
    wr_be32(w, hash);
    wr_zero(w, stamp ? 12 : 8);
}

/* RFC 4861 4.3. */
static void write_solicitation(struct wr *w, const struct probe *p, const uint8_t mac[6]) {
    wr_be32(w, 135u << 24);
    wr_be32(w, 0);
    wr_put(w, p->target.b, 16);
    wr_be16(w, 0x0101);
    wr_put(w, mac, 6);
}

/* Into the bytes before the body, of which there are @body. */
static void write_ip(uint8_t *to, const struct probe *p, uint8_t proto, uint32_t hash,
                     size_t body) {
    if (inl_addr_is4(&p->target)) {
        memset(to, 0, HEADER4);
        to[0] = 0x45;
        wr_store16(to + 2, (uint16_t)(HEADER4 + body));
        wr_store16(to + 4, (uint16_t)(hash >> 7 | 1));
        to[8] = TTL;
        to[9] = proto;
        memcpy(to + 12, p->source.b + 12, 4);
        memcpy(to + 16, p->target.b + 12, 4);
        wr_store16(to + 10, csum_fold(csum_add(0, to, HEADER4)));
        return;
    }
    memset(to, 0, 8);
    to[0] = 0x60;
    wr_store16(to + 4, (uint16_t)body);
    to[6] = proto;
    to[7] = p->kind == SCAN_NEIGHBOUR ? 255 : TTL;
    memcpy(to + 8, p->source.b, 16);
    memcpy(to + 24, p->target.b, 16);
}

static void write_checksum(struct wr *w, const struct probe *p, uint8_t proto,
                           const uint8_t *body) {
    size_t len = wr_len(w);
    size_t at = proto == PROTO_TCP ? 16 : proto == PROTO_UDP ? 6 : 2;
    uint64_t acc = proto == PROTO_ICMP ? 0 : pseudo(p, proto, len);
    uint16_t sum = csum_fold(csum_add(acc, body, len));

    wr_set_be16(w, at, proto == PROTO_UDP && sum == 0 ? 0xffff : sum);
}

uint8_t packet_proto(enum scan_kind kind, bool four) {
    if (kind == SCAN_UDP) {
        return PROTO_UDP;
    }
    return kind < SCAN_UDP ? PROTO_TCP : four ? PROTO_ICMP : PROTO_ICMP6;
}

size_t packet_write(const struct packet_keys *keys, const struct probe *probe, const uint8_t mac[6],
                    uint8_t buf[PACKET_MAX]) {
    bool four = inl_addr_is4(&probe->target);
    size_t header = four ? HEADER4 : HEADER6;
    struct wr w = wr_init(buf + header, PACKET_MAX - header);
    uint8_t proto = packet_proto(probe->kind, four);
    uint32_t hash = packet_hash(keys, &probe->target, proto, probe->port);
    struct probe group = *probe;

    if (probe->kind == SCAN_TIMESTAMP && !four) {
        return 0;
    }
    if (probe->kind == SCAN_NEIGHBOUR) { /* to the group of its last 24 bits, RFC 4291 2.7.1 */
        static const uint8_t prefix[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

        memcpy(group.target.b, prefix, sizeof(prefix));
        write_solicitation(&w, probe, mac);
    } else if (proto == PROTO_TCP) {
        write_tcp(&w, probe, hash, keys->port);
    } else if (proto == PROTO_UDP) {
        write_udp(&w, probe, hash);
    } else {
        write_icmp(&w, probe, hash);
    }
    write_checksum(&w, &group, proto, buf + header);
    write_ip(buf, &group, proto, hash, wr_len(&w));
    return header + wr_len(&w);
}

void packet_write_arp(const struct probe *probe, const uint8_t mac[6],
                      uint8_t buf[PACKET_ARP_LEN]) {
    static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 1}; /* Ethernet, IPv4, a request */

    memset(buf, 0, PACKET_ARP_LEN);
    memcpy(buf, head, sizeof(head));
    memcpy(buf + 8, mac, 6);
    memcpy(buf + 14, probe->source.b + 12, 4);
    memcpy(buf + 24, probe->target.b + 12, 4);
}
