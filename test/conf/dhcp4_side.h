/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4_side.h - the other side of a DHCP client: a server that says what a
 * test wants it to say
 */
#ifndef CONF_TEST_DHCP4_SIDE_H
#define CONF_TEST_DHCP4_SIDE_H

#include "lan.h"

#define SERVER "10.0.0.254"
#define MINE "10.0.0.7"
#define ALL "255.255.255.255"

/* What the test's server says; what is 0 or empty is left out. */
struct answer {
    uint8_t type;
    const char *yiaddr;
    const char *server;
    uint32_t lease_s, t1_s, t2_s, mask;
    const char *router;
    uint16_t mtu;
    bool wrong_xid, wrong_mac, request_op;
    const uint8_t *extra; /* raw options */
    size_t extra_len;
};

extern const struct answer OFFER;

struct answer ack(void);
struct dhcp4_msg parsed(const struct lan_msg *m);
enum inl_drop answer_to(struct lan *l, const struct answer *a, const struct dhcp4_msg *q,
                        const char *dst);
enum inl_drop answer(struct lan *l, const struct answer *a, const struct dhcp4_msg *q);
struct inl_dhcp4_info info(const struct lan *l);
void start(struct lan *l, bool conflict_check);
struct dhcp4_msg expect(struct lan *l, enum dhcp4_type type, inl_dur within, struct lan_msg *m);

#endif
