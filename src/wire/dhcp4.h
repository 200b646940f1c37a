/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4.h - DHCP messages for IPv4 (RFC 2131 2, RFC 2132, RFC 3396, RFC 3442)
 *
 * A message is a fixed part of 236 bytes, a cookie, and options, which may go on in the unused
 * fields `file` and `sname` (option 52). dhcp4_parse() looks at the form of all of it once; after
 * that dhcp4_opt() cannot fail for its form. What one option says may stand in several pieces
 * (RFC 3396): dhcp4_opt() joins them in the caller's buffer.
 */
#ifndef WIRE_DHCP4_H
#define WIRE_DHCP4_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP4_SERVER_PORT 67
#define DHCP4_CLIENT_PORT 68
#define DHCP4_MIN_BYTES 300 /* what is shorter, old relays and servers do not take */
#define DHCP4_MAX_BYTES 576 /* that every client can take (RFC 2131 2) */
#define DHCP4_BROADCAST 0x8000u
#define DHCP4_FOREVER UINT32_MAX /* of a lease (RFC 2131 3.3) */

enum dhcp4_op {
    DHCP4_BOOTREQUEST = 1,
    DHCP4_BOOTREPLY = 2,
};

enum dhcp4_type {
    DHCP4_DISCOVER = 1,
    DHCP4_OFFER = 2,
    DHCP4_REQUEST = 3,
    DHCP4_DECLINE = 4,
    DHCP4_ACK = 5,
    DHCP4_NAK = 6,
    DHCP4_RELEASE = 7,
    DHCP4_INFORM = 8,
};

enum dhcp4_opt_code {
    DHCP4_OPT_PAD = 0,
    DHCP4_OPT_MASK = 1,
    DHCP4_OPT_ROUTERS = 3,
    DHCP4_OPT_DNS = 6,
    DHCP4_OPT_HOSTNAME = 12,
    DHCP4_OPT_DOMAIN = 15,
    DHCP4_OPT_MTU = 26,
    DHCP4_OPT_REQUESTED = 50,
    DHCP4_OPT_LEASE = 51,
    DHCP4_OPT_OVERLOAD = 52,
    DHCP4_OPT_TYPE = 53,
    DHCP4_OPT_SERVER = 54,
    DHCP4_OPT_PARAMS = 55,
    DHCP4_OPT_MAX_SIZE = 57,
    DHCP4_OPT_T1 = 58,
    DHCP4_OPT_T2 = 59,
    DHCP4_OPT_CLIENT_ID = 61,
    DHCP4_OPT_ROUTES = 121,
    DHCP4_OPT_END = 255,
};

/**
 * struct dhcp4_msg - a message
 * @options, @file, @sname: readers over options, the last two empty unless option 52 says that
 *                          options stand there; not used by dhcp4_emit()
 * @type: enum dhcp4_type
 */
struct dhcp4_msg {
    uint8_t op;
    uint8_t type;
    uint8_t hops;
    uint8_t chaddr[6];
    uint16_t secs;
    uint16_t flags;
    uint32_t xid;
    struct inl_addr ciaddr;
    struct inl_addr yiaddr;
    struct inl_addr siaddr;
    struct inl_addr giaddr;
    struct rd options;
    struct rd file;
    struct rd sname;
};

/**
 * dhcp4_parse() - reads a message of the Ethernet kind
 * @r: the UDP payload
 *
 * TRUNCATED (shorter than the fixed part), BAD_LENGTH (not an Ethernet client's), BAD_OPTION (no
 * cookie: BOOTP; an option that goes beyond its field; no, or no known, message type; an impossible
 * option 52).
 */
enum inl_drop dhcp4_parse(struct rd *r, struct dhcp4_msg *ret);

/**
 * dhcp4_opt() - the value of an option, its pieces joined
 * @cap: of @buf
 *
 * Returns its length (it may exceed @cap; only @cap bytes are written), or -1 if it is not there.
 */
int dhcp4_opt(const struct dhcp4_msg *m, uint8_t code, uint8_t *buf, size_t cap);

/** dhcp4_opt_u32() - an option of exactly four bytes; false if there is none such */
bool dhcp4_opt_u32(const struct dhcp4_msg *m, uint8_t code, uint32_t *ret);

/** dhcp4_opt_addr() - the same as an address */
bool dhcp4_opt_addr(const struct dhcp4_msg *m, uint8_t code, struct inl_addr *ret);

/** dhcp4_opt_addrs() - up to @max addresses; 0 if the option is missing or not a list of them */
size_t dhcp4_opt_addrs(const struct dhcp4_msg *m, uint8_t code, struct inl_addr *ret, size_t max);

/** struct dhcp4_route - a classless static route (RFC 3442) */
struct dhcp4_route {
    struct inl_addr dst;
    struct inl_addr gateway; /* 0.0.0.0: on the link */
    unsigned prefix_len_bits;
};

/** dhcp4_opt_routes() - up to @max routes; -1 if the option is missing, or malformed */
int dhcp4_opt_routes(const struct dhcp4_msg *m, struct dhcp4_route *ret, size_t max);

/** dhcp4_emit() - writes the fixed part, the cookie and the message type */
void dhcp4_emit(struct wr *w, const struct dhcp4_msg *m);

/** dhcp4_put() - appends an option; longer than 255 bytes: in pieces */
void dhcp4_put(struct wr *w, uint8_t code, const void *value, size_t len);
void dhcp4_put_u32(struct wr *w, uint8_t code, uint32_t v);
void dhcp4_put_addr(struct wr *w, uint8_t code, const struct inl_addr *a);

/** dhcp4_end() - writes the end option, and pads up to DHCP4_MIN_BYTES */
void dhcp4_end(struct wr *w);

#endif
