/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6.h - DHCP messages for IPv6 (RFC 8415 8, 21)
 *
 * A message is a type, a transaction number and options, which may hold options themselves: an
 * IA_NA has addresses, each of these a status. Two levels are looked into, never more, and without
 * recursion.
 */
#ifndef WIRE_DHCP6_H
#define WIRE_DHCP6_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP6_CLIENT_PORT 546
#define DHCP6_SERVER_PORT 547
#define DHCP6_DUID_MIN_BYTES 3 /* a type and something (RFC 8415 11.1) */
#define DHCP6_DUID_MAX_BYTES 130
#define DHCP6_FOREVER UINT32_MAX
#define DHCP6_ADDRS_MAX 4 /* of an IA that are looked at */
#define DHCP6_ALL_SERVERS ((struct inl_addr){{0xff, 2, [13] = 1, [15] = 2}}) /* ff02::1:2 */

enum dhcp6_type {
    DHCP6_SOLICIT = 1,
    DHCP6_ADVERTISE = 2,
    DHCP6_REQUEST = 3,
    DHCP6_CONFIRM = 4,
    DHCP6_RENEW = 5,
    DHCP6_REBIND = 6,
    DHCP6_REPLY = 7,
    DHCP6_RELEASE = 8,
    DHCP6_DECLINE = 9,
    DHCP6_INFORMATION = 11,
};

enum dhcp6_status {
    DHCP6_SUCCESS = 0,
    DHCP6_UNSPEC_FAIL = 1,
    DHCP6_NO_ADDRS = 2,
    DHCP6_NO_BINDING = 3,
    DHCP6_NOT_ON_LINK = 4,
    DHCP6_USE_MULTICAST = 5,
};

enum dhcp6_opt_code {
    DHCP6_OPT_CLIENT_ID = 1,
    DHCP6_OPT_SERVER_ID = 2,
    DHCP6_OPT_IA_NA = 3,
    DHCP6_OPT_IA_ADDR = 5,
    DHCP6_OPT_ORO = 6,
    DHCP6_OPT_PREFERENCE = 7,
    DHCP6_OPT_ELAPSED = 8,
    DHCP6_OPT_STATUS = 13,
    DHCP6_OPT_RAPID_COMMIT = 14,
    DHCP6_OPT_DNS = 23, /* RFC 3646 */
    DHCP6_OPT_DOMAINS = 24,
    DHCP6_OPT_REFRESH = 32,
    DHCP6_OPT_SOL_MAX_RT = 82,
    DHCP6_OPT_INF_MAX_RT = 83,
};

struct dhcp6_duid {
    uint8_t len; /* 0: none */
    uint8_t b[DHCP6_DUID_MAX_BYTES];
};

struct dhcp6_ia_addr {
    struct inl_addr addr;
    uint32_t preferred_s, valid_s;
    uint16_t status;
};

struct dhcp6_ia {
    uint32_t iaid;
    uint32_t t1_s, t2_s;
    uint16_t status;
    uint8_t addrs_n;
    struct dhcp6_ia_addr addrs[DHCP6_ADDRS_MAX];
};

/* What has a number of its own stands as a field; 0 where the option is missing. */
struct dhcp6_msg {
    uint8_t type;
    uint8_t preference;
    bool rapid_commit;
    bool has_ia; /* the first IA_NA, or the one with the wanted IAID */
    uint16_t status;
    uint32_t xid; /* 24 bits */
    uint32_t refresh_s, sol_max_rt_s, inf_max_rt_s;
    struct dhcp6_duid client, server;
    struct dhcp6_ia ia;
    struct rd dns, domains; /* as they stand in the message */
};

/**
 * dhcp6_parse() - reads a message between client and server
 * @r:    the UDP payload
 * @iaid: of the IA_NA that is wanted; 0: the first one
 *
 * TRUNCATED, UNKNOWN_PROTOCOL (a type that is none of those above: relays), BAD_OPTION (an option
 * that goes beyond what it stands in, is too short, or stands twice and must not). IAs whose T1 is
 * greater than T2, and addresses whose preferred lifetime is greater than the valid one, are left
 * out, as RFC 8415 21.4 and 21.6 say.
 */
enum inl_drop dhcp6_parse(struct rd *r, uint32_t iaid, struct dhcp6_msg *ret);

/** dhcp6_domain() - the first name of a search list as text; false if there is none */
bool dhcp6_domain(struct rd domains, char *buf, size_t cap);

/* ---- emit ---- */

void dhcp6_emit(struct wr *w, uint8_t type, uint32_t xid);
void dhcp6_put(struct wr *w, uint16_t code, const void *value, size_t len);
void dhcp6_put_u16(struct wr *w, uint16_t code, uint16_t v);
void dhcp6_put_u32(struct wr *w, uint16_t code, uint32_t v);
void dhcp6_put_status(struct wr *w, uint16_t status);
/* An IA_NA with its addresses; @status: 0, or a status of the whole. */
void dhcp6_put_ia(struct wr *w, const struct dhcp6_ia *ia);
/* A search list of one name; nothing if it is no name. */
void dhcp6_put_domain(struct wr *w, const char *name);

#endif
