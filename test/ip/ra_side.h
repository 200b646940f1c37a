/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ra_side.h - what tests of a link that configures itself need: router advertisements, and looks at
 * what became of them
 *
 * The routers are fe80::a, fe80::b and so on; ETH0 has no other default route. An advertisement is
 * put together option by option.
 */
#ifndef IP_TEST_RA_SIDE_H
#define IP_TEST_RA_SIDE_H

#include "ip/autoconf.h"
#include "net.h"

#define R_A "fe80::a"
#define R_B "fe80::b"

struct ra {
    const char *src;
    uint8_t hop_limit, flags, ttl;
    uint16_t lifetime_s;
    uint32_t reachable_ms, retrans_ms;
    uint8_t opts[400];
    size_t len;
};

struct ra ra_from(const char *src, uint16_t lifetime_s);
void put(struct ra *ra, const void *p, size_t n);
void put_mac(struct ra *ra, uint8_t last);
void put_u32(struct ra *ra, uint32_t v);
void put_prefix(struct ra *ra, const char *prefix, uint8_t bits, uint8_t flags, uint32_t valid_s,
                uint32_t preferred_s);
void put_route(struct ra *ra, const char *prefix, uint8_t bits, uint8_t pref, uint32_t lifetime_s);
void put_mtu(struct ra *ra, uint32_t mtu);
void put_server(struct ra *ra, const char *server, uint32_t lifetime_s);

enum inl_drop hear(struct net *n, const struct ra *ra);

/* Without the routes and addresses that the harness gives. */
void start(struct net *n, const struct inl_autoconf *config);

void drain(struct net *n);
void pass(struct net *n, inl_dur by); /* time passes, nobody listens */

/* Does a packet to @dst go by way of @via? NULL: to itself. */
bool way(struct net *n, const char *dst, const char *via);

/* The first address of ETH0 with that prefix of 64 bits. */
bool address(struct net *n, const char *prefix, struct inl_addr_info *ret);

/* The next frame, and after what time. */
inl_dur next_frame(struct net *n, struct seen *s);

#endif
