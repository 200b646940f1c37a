/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr.h - IP addresses of both families in one type
 *
 * An address is 16 bytes in network order. An IPv4 address a.b.c.d is held as ::ffff:a.b.c.d
 * (RFC 4291 2.5.5.2), so tables, sockets and connections have one key type, and a prefix of
 * n bits of an IPv4 address is a prefix of 96 + n bits here. Such an address never appears in
 * an IPv6 header.
 *
 * Two "any" addresses exist: :: (any of IPv6; for a bound socket, any of both families) and
 * ::ffff:0.0.0.0 (any of IPv4). inl_addr_is_any() is true for both.
 */
#ifndef INLET_ADDR_H
#define INLET_ADDR_H

#include <inlet/export.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** struct inl_addr - an IPv6 address, or an IPv4 address in its mapped form */
struct inl_addr {
    uint8_t b[16];
};

/**
 * struct inl_sockaddr - one end of a conversation
 * @addr:  address
 * @port:  port in host order
 * @scope: link index for link-local addresses, 0 when not needed
 */
struct inl_sockaddr {
    struct inl_addr addr;
    uint16_t port;
    uint32_t scope;
};

/** INL_ADDR_TEXT_MAX - bytes that hold the text of any address and its NUL */
#define INL_ADDR_TEXT_MAX 46

/** INL_ADDR_ANY - ::, INL_ADDR_ANY4 - 0.0.0.0 */
#define INL_ADDR_ANY ((struct inl_addr){{0}})
#define INL_ADDR_ANY4 ((struct inl_addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}})

/** inl_addr_any4() - 0.0.0.0, the same as INL_ADDR_ANY4 */
static inline struct inl_addr inl_addr_any4(void) {
    return INL_ADDR_ANY4;
}

/** inl_addr_any6() - ::, the same as INL_ADDR_ANY */
static inline struct inl_addr inl_addr_any6(void) {
    return INL_ADDR_ANY;
}

/** inl_addr_is4() - is it an IPv4 address? */
static inline bool inl_addr_is4(const struct inl_addr *a) {
    static const uint8_t mapped[4] = {0, 0, 0xff, 0xff};
    uint64_t zero;

    memcpy(&zero, a->b, sizeof(zero));
    return zero == 0 && memcmp(a->b + 8, mapped, sizeof(mapped)) == 0;
}

/** inl_addr_eq() - same family and same address? */
static inline bool inl_addr_eq(const struct inl_addr *a, const struct inl_addr *b) {
    uint64_t p[2], q[2];

    memcpy(p, a->b, sizeof(p));
    memcpy(q, b->b, sizeof(q));
    return ((p[0] ^ q[0]) | (p[1] ^ q[1])) == 0;
}

/** inl_addr_from4() - address from 32 bits in host order: 0x7f000001 is 127.0.0.1 */
static inline struct inl_addr inl_addr_from4(uint32_t v4) {
    struct inl_addr a = INL_ADDR_ANY4;

    a.b[12] = (uint8_t)(v4 >> 24);
    a.b[13] = (uint8_t)(v4 >> 16);
    a.b[14] = (uint8_t)(v4 >> 8);
    a.b[15] = (uint8_t)v4;
    return a;
}

/** inl_addr_to4() - the last 32 bits in host order; meaningful if inl_addr_is4() */
static inline uint32_t inl_addr_to4(const struct inl_addr *a) {
    return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 | a->b[15];
}

/** inl_addr_from6() - address from 16 bytes in network order */
static inline struct inl_addr inl_addr_from6(const uint8_t b[16]) {
    struct inl_addr a;

    memcpy(a.b, b, sizeof(a.b));
    return a;
}

/** inl_addr_is_any() - is it :: or 0.0.0.0? */
static inline bool inl_addr_is_any(const struct inl_addr *a) {
    return inl_addr_to4(a) == 0 && (inl_addr_eq(a, &INL_ADDR_ANY) || inl_addr_is4(a));
}

/** inl_addr_is_multicast() - 224.0.0.0/4 or ff00::/8 */
static inline bool inl_addr_is_multicast(const struct inl_addr *a) {
    return inl_addr_is4(a) ? a->b[12] >> 4 == 0xe : a->b[0] == 0xff;
}

/** inl_addr_is_broadcast() - 255.255.255.255; a subnet's broadcast address is known to its link */
static inline bool inl_addr_is_broadcast(const struct inl_addr *a) {
    return inl_addr_is4(a) && inl_addr_to4(a) == UINT32_MAX;
}

/** inl_addr_is_loopback() - 127.0.0.0/8 or ::1 */
static inline bool inl_addr_is_loopback(const struct inl_addr *a) {
    static const struct inl_addr one = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

    return inl_addr_is4(a) ? a->b[12] == 127 : inl_addr_eq(a, &one);
}

/** inl_addr_is_link_local() - 169.254.0.0/16 or fe80::/10 */
static inline bool inl_addr_is_link_local(const struct inl_addr *a) {
    return inl_addr_is4(a) ? a->b[12] == 169 && a->b[13] == 254
                           : a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/**
 * inl_addr_match() - do two addresses share their first @bits bits?
 * @bits: 0..128, counted in the 16-byte form: an IPv4 /24 is 120; more counts as 128
 */
static inline bool inl_addr_match(const struct inl_addr *a, const struct inl_addr *b,
                                  unsigned bits) {
    unsigned whole = bits > 128 ? 16 : bits / 8;
    unsigned rest = bits > 128 ? 0 : bits % 8;

    if (memcmp(a->b, b->b, whole) != 0) {
        return false;
    }
    return rest == 0 || ((a->b[whole] ^ b->b[whole]) >> (8 - rest)) == 0;
}

/**
 * inl_addr_mask() - the address with all but its first @bits bits cleared
 * @bits: 0..128 in the 16-byte form
 */
static inline struct inl_addr inl_addr_mask(const struct inl_addr *a, unsigned bits) {
    struct inl_addr r = *a;

    for (unsigned i = 0; i < 16; i++) {
        unsigned left = bits > i * 8 ? bits - i * 8 : 0;
        unsigned keep = left < 8 ? left : 8;

        r.b[i] = (uint8_t)(r.b[i] & (0xff00u >> keep));
    }
    return r;
}

/**
 * inl_addr_parse() - address from text
 * @text: "192.0.2.1", "2001:db8::1" or "::ffff:192.0.2.1"; nothing may follow, no zone
 * @ret:  the address
 *
 * IPv4 is strict: four decimal numbers without leading zeros. Returns 0, or -EINVAL.
 */
INL_API int inl_addr_parse(const char *text, struct inl_addr *ret);

/**
 * inl_addr_format() - text of an address, as RFC 5952 wants it
 * @buf: always NUL-terminated if @cap > 0; INL_ADDR_TEXT_MAX is enough for all
 *
 * An IPv4 address is written as a dotted quad. Returns the text's length, or -ENOSPC.
 */
INL_API int inl_addr_format(const struct inl_addr *a, char *buf, size_t cap);

#endif
