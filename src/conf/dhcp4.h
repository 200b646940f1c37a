/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4.h - one DHCP client: what its state machine (dhcp4.c) and its messages
 * (dhcp4_send.c) share
 */
#ifndef CONF_DHCP4_H
#define CONF_DHCP4_H

#include "conf/dhcp4_lease.h"
#include "ip/acd.h"

struct dhcp4 {
    struct conf *conf;
    int link;
    struct inl_dhcp4_config config;
    enum inl_dhcp4_state state;
    struct timer timer;
    struct timer expiry;
    struct ip_acd acd;
    uint32_t xid;
    unsigned tries;    /* messages of this exchange */
    unsigned refusals; /* in turn */
    inl_time began;    /* `secs` counts from here */
    inl_time sent;     /* the last request */
    inl_time t1, t2, expires;
    struct dhcp4_lease lease; /* asked for, or had */
    uint32_t routes;          /* of the lease: that we have added */
    bool applied;             /* the stack has it */
    bool fallen_back;         /* the link has a link-local address because of us */
    bool known;               /* lease.params.addr is worth asking for again (INIT-REBOOT) */
};

/* BOUND, RENEWING, REBINDING: the address is ours. */
static inline bool dhcp4_has_address(const struct dhcp4 *d) {
    return d->state == INL_DHCP4_BOUND || d->state == INL_DHCP4_RENEWING ||
           d->state == INL_DHCP4_REBINDING;
}

/* Sends a message as the present state wants it. */
void dhcp4_send(struct dhcp4 *d, enum dhcp4_type type, enum inl_cause cause);

/* Option 61: its length. */
size_t dhcp4_client_id(const struct dhcp4 *d, uint8_t ret[INL_DHCP_ID_BYTES]);

#endif
