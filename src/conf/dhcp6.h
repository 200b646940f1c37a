/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6.h - one DHCPv6 client: what its state machine (dhcp6.c) and its
 * messages (dhcp6_send.c) share
 */
#ifndef CONF_DHCP6_H
#define CONF_DHCP6_H

#include "conf/state.h"
#include "wire/dhcp6.h"

/* RFC 8415 15: what decides when a message is sent again. */
struct dhcp6_retry {
    inl_dur irt_ns; /* first wait */
    inl_dur mrt_ns; /* longest wait */
    unsigned mrc;   /* so many messages at most; 0: no limit */
    inl_dur mrd_ns; /* for so long at most; 0: no limit */
};

/* What servers say beside addresses. Compared byte by byte. */
struct dhcp6_params {
    unsigned dns_n;
    struct inl_addr dns[INL_DHCP_DNS_MAX];
    char domain[INL_DHCP_DOMAIN_BYTES];
};

struct dhcp6 {
    struct conf *conf;
    int link;
    struct inl_dhcp6_config config;
    enum inl_dhcp6_state state;
    struct timer timer;  /* send again, or the next state */
    struct timer expiry; /* the valid lifetime ends */
    struct dhcp6_retry retry;
    inl_dur rt_ns;  /* the present wait */
    unsigned tries; /* messages of this exchange */
    inl_time began; /* its first one */
    uint32_t xid;
    inl_dur sol_max_rt_ns, inf_max_rt_ns;
    struct dhcp6_duid server;
    struct dhcp6_duid best; /* of the advertisements collected; len 0: none */
    uint8_t best_preference;
    struct inl_addr addr; /* advertised, or ours if @applied */
    bool applied;
    bool confirm; /* the link was down: is the address still right? */
    inl_time t1, t2, expires;
    struct dhcp6_params params;
};

/* Sends a message as the present state wants it; false if the link has no
 * address to send from. */
bool dhcp6_send(struct dhcp6 *d, enum dhcp6_type type, enum inl_cause cause);

/* The exchange of a state begins, after a delay that keeps hosts apart. */
void dhcp6_begin(struct dhcp6 *d, enum inl_dhcp6_state state, const struct dhcp6_retry *retry,
                 inl_dur delay);
/* Sends the message of the state, and arms the timer for the next one. */
void dhcp6_transmit(struct dhcp6 *d);
/* Was it sent as often, or for as long, as it may be? */
bool dhcp6_exhausted(const struct dhcp6 *d);

/* The IAID of the link's only IA. */
uint32_t dhcp6_iaid(const struct dhcp6 *d);
void dhcp6_client_duid(const struct dhcp6 *d, struct dhcp6_duid *ret);

#endif
