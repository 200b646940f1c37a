/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.h - a host without a stack, for tests of ip/ and udp/: frames in, frames out, virtual time
 *
 * The host has 10.0.0.1/24 and 2001:db8::1/64 on link ETH0, 192.168.5.1/24 and 2001:db8:5::1/64
 * on ETH1, and a default route to 10.0.0.254 and 2001:db8::fe. Its neighbour PEER is 10.0.0.2
 * and 2001:db8::2. Every frame is fed in a block of exactly its length, so that a read beyond
 * it is an ASan error.
 */
#ifndef IP_TEST_NET_H
#define IP_TEST_NET_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/env.h"
#include "base/text.h"
#include "ip/ip.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/nd.h"
#include "wire/pseudo.h"
#include "wire/udp.h"

#define ETH0 1
#define ETH1 2

enum net_flags {
    NET_FORWARD = 1,
    NET_TRANSPARENT = 2,
    NET_BARE = 4, /* ETH0 is a bare-IP link */
    NET_MSS_CLAMP = 8,
};

struct net {
    struct env env;
    struct ip *ip;
    int inputs; /* packets that reached the transport */
    struct ip_rx rx;
    int errors; /* ICMP errors that did */
    struct ip_err err;
    uint8_t quoted[64];
    uint8_t payload[65536]; /* of the last packet that reached the transport */
    size_t payload_len;
};

struct frame {
    uint8_t b[4096];
    size_t len;
};

/* A frame that left, taken apart. */
struct seen {
    uint8_t b[4096];
    size_t len;
    enum inl_cause cause;
    struct eth_hdr eth;
    struct arp_msg arp;
    struct ip4_hdr ip4;
    struct ip6_hdr ip6;
    struct icmp4_msg icmp4;
    struct icmp6_msg icmp6;
    struct nd_msg nd;
    struct udp_hdr udp;
};

extern const uint8_t MAC_HOST[6], MAC_HOST1[6], MAC_PEER[6], MAC_OTHER[6], MAC_ALL[6];

struct inl_addr addr(const char *text);

void net_start(struct net *n, unsigned flags);
void net_stop(struct net *n); /* frees everything, and asserts that nothing is left */
void net_config(struct inl_config *config, unsigned flags);
void net_advance(struct net *n, inl_dur by); /* runs timers on the way */

/* Makes PEER a resolved neighbour on ETH0, for both families. */
void net_resolve(struct net *n);

enum inl_drop net_feed(struct net *n, int link, const struct frame *f);
enum inl_drop net_feed_bytes(struct net *n, int link, const uint8_t *b, size_t len);

/* The next frame that leaves through a link; false if none. Checks all checksums. */
bool net_take(struct net *n, int link, struct seen *s);
/* Router @src, known by its last octet, advertises itself to all on ETH0. */
enum inl_drop net_feed_ra(struct net *n, const char *src, const struct inl_ra_config *c);

bool net_idle(struct net *n); /* no frame leaves through any link */

/* Frames from PEER to the host on an Ethernet link. */
void frame_arp(struct frame *f, uint16_t op, const char *spa, const uint8_t sha[6],
               const char *tpa);
void frame_ip4(struct frame *f, struct ip4_hdr h, const void *payload, size_t len);
void frame_ip6(struct frame *f, struct ip6_hdr h, const void *payload, size_t len);
void frame_icmp4(struct frame *f, struct ip4_hdr h, struct icmp4_msg m);
void frame_icmp6(struct frame *f, struct ip6_hdr h, struct icmp6_msg m);
void frame_nd(struct frame *f, struct ip6_hdr h, const struct nd_msg *m);
void frame_udp(struct frame *f, const char *src, uint16_t sport, const char *dst, uint16_t dport,
               const void *data, size_t len);
void frame_to(struct frame *f, const uint8_t dst[6]); /* changes the Ethernet destination */

/* Headers from PEER to the host. */
struct ip4_hdr hdr4(uint8_t proto);
struct ip6_hdr hdr6(uint8_t next);

#endif
