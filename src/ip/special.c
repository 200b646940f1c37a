/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * special.c - the special-purpose address registries of both versions as one table (RFC 6890
 * 2.2.2, 2.2.3)
 *
 * Multicast is not in those registries and stands here as well: as a source it is no host's
 * (RFC 1812 5.3.7), as a destination it is not forwarded, for there is no multicast routing.
 *
 * IPv4-mapped addresses are missing: here they are IPv4 addresses, and the parser refuses them in
 * IPv6 headers.
 *
 * Longer prefixes stand before those that contain them; the first that matches counts. Addresses
 * whose first octet does not begin any row are settled by one look at a bitmap.
 */
#include "ip/special.h"

#include <stddef.h>
#include <stdint.h>

#define V4(a, b, c, d)                                                                             \
    {                                                                                              \
        { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d }                                   \
    }

/* What the registry says, and whether lab networks use the block all the same. */
struct special {
    struct inl_addr prefix;
    uint8_t bits; /* in the 16-byte form */
    bool source, destination, forwardable;
    bool lab;
};

static const struct special table[] = {
    {V4(0, 0, 0, 0), 104, true, false, false, false},         /* this host on this network */
    {V4(10, 0, 0, 0), 104, true, true, true, false},          /* private */
    {V4(100, 64, 0, 0), 106, true, true, true, false},        /* shared, of carriers */
    {V4(127, 0, 0, 0), 104, false, false, false, false},      /* loopback */
    {V4(169, 254, 0, 0), 112, true, true, false, false},      /* link-local */
    {V4(172, 16, 0, 0), 108, true, true, true, false},        /* private */
    {V4(192, 0, 0, 0), 125, true, true, true, false},         /* DS-Lite */
    {V4(192, 0, 0, 0), 120, false, false, false, false},      /* protocol assignments */
    {V4(192, 0, 2, 0), 120, false, false, false, true},       /* documentation */
    {V4(192, 88, 99, 0), 120, true, true, true, false},       /* 6to4 relay */
    {V4(192, 168, 0, 0), 112, true, true, true, false},       /* private */
    {V4(198, 18, 0, 0), 111, true, true, true, false},        /* benchmarks */
    {V4(198, 51, 100, 0), 120, false, false, false, true},    /* documentation */
    {V4(203, 0, 113, 0), 120, false, false, false, true},     /* documentation */
    {V4(224, 0, 0, 0), 100, false, false, false, false},      /* multicast */
    {V4(255, 255, 255, 255), 128, false, true, false, false}, /* limited broadcast */
    {V4(240, 0, 0, 0), 100, false, false, false, false},      /* reserved */
    {{{[15] = 1}}, 128, false, false, false, false},          /* loopback */
    {{{0}}, 128, true, false, false, false},                  /* unspecified */
    {{{0, 0x64, 0xff, 0x9b}}, 96, true, true, true, false},   /* translation */
    {{{1}}, 64, true, true, true, false},                     /* discard only */
    {{{0x20, 1}}, 32, true, true, true, false},               /* Teredo */
    {{{0x20, 1, 0, 2}}, 48, true, true, true, false},         /* benchmarks */
    {{{0x20, 1, 0, 0x10}}, 28, false, false, false, false},   /* ORCHID */
    {{{0x20, 1}}, 23, false, false, false, false},            /* protocol assignments */
    {{{0x20, 1, 0x0d, 0xb8}}, 32, false, false, false, true}, /* documentation */
    {{{0x20, 2}}, 16, true, true, true, false},               /* 6to4 */
    {{{0xfc}}, 7, true, true, true, false},                   /* unique local */
    {{{0xfe, 0x80}}, 10, true, true, false, false},           /* link-local */
    {{{0xff}}, 8, false, false, false, false},                /* multicast */
};

/* First octets that a row begins with: a bit each. IPv4, then IPv6. */
#define BIT(n) (UINT64_C(1) << ((n) % 64))
static const uint64_t first4[4] = {
    BIT(0) | BIT(10), BIT(100) | BIT(127), BIT(169) | BIT(172),
    BIT(192) | BIT(198) | BIT(203) | UINT64_C(0xffffffff00000000), /* 224 and above */
};
static const uint64_t first6[4] = {
    BIT(0) | BIT(1) | BIT(0x20),
    0,
    0,
    BIT(0xfc) | BIT(0xfd) | BIT(0xfe) | BIT(0xff),
};

bool ip_special_forwardable(const struct inl_addr *addr, bool as_source, bool strict) {
    bool is4 = inl_addr_is4(addr);
    uint8_t first = is4 ? addr->b[12] : addr->b[0];

    if (!((is4 ? first4 : first6)[first / 64] & BIT(first))) {
        return true;
    }
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct special *s = &table[i];

        if (inl_addr_match(addr, &s->prefix, s->bits)) {
            return (s->lab && !strict) ||
                   (s->forwardable && (as_source ? s->source : s->destination));
        }
    }
    return true;
}
