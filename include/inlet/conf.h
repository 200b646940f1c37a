/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf.h - links that configure themselves: DHCP, link-local addresses, and servers for them
 *
 * A client runs on one link until it is stopped. What it obtains it gives to the stack itself:
 * address, routes, MTU; what it cannot apply (name servers, the domain) is to be read here. A
 * change shows as an event (inl_conf_next_event()). All of it happens in the verbs of stack.h;
 * nothing waits.
 *
 * A server answers clients on a link of a router. It is small: for labs and tests.
 */
#ifndef INLET_CONF_H
#define INLET_CONF_H

#include <inlet/addr.h>
#include <inlet/export.h>
#include <inlet/stack.h>
#include <inlet/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- events ---- */

enum inl_conf_what {
    INL_CONF_DHCP4 = 1,
    INL_CONF_DHCP6 = 2,
    INL_CONF_LINK_LOCAL4 = 4,
};

struct inl_conf_event {
    int link;
    uint32_t what; /* enum inl_conf_what: whose address or parameters have changed */
};

/* Takes the next link on which something was obtained or lost; false if none. */
INL_API bool inl_conf_next_event(struct inl_stack *stack, struct inl_conf_event *ret_event);

/* ---- DHCP client for IPv4 (RFC 2131) ---- */

#define INL_DHCP_DNS_MAX 4
#define INL_DHCP_ROUTES_MAX 16
#define INL_DHCP_DOMAIN_BYTES 256
#define INL_DHCP_ID_BYTES 64

struct inl_dhcp4_config {
    inl_dur start_min_ns; /* waits so long before the first message: between 1 s and 10 s */
    inl_dur start_max_ns; /* (RFC 2131 4.4.1) */
    bool conflict_check;  /* asks by ARP whether somebody has the address (RFC 5227): true */
    bool link_local;      /* while no server answers, an address of 169.254/16 (RFC 3927): false */
    uint32_t metric;      /* of its routes: 0 */
    struct inl_addr previous;             /* asks for this one first (INIT-REBOOT); any: none */
    char hostname[64];                    /* told to the server; "": nothing */
    uint8_t client_id[INL_DHCP_ID_BYTES]; /* option 61, type included */
    uint32_t client_id_bytes; /* 0: made from the MAC address, as RFC 4361 says; else 2 .. 64 */
};

enum inl_dhcp4_state {
    INL_DHCP4_OFF,
    INL_DHCP4_INIT,
    INL_DHCP4_SELECTING,
    INL_DHCP4_REQUESTING,
    INL_DHCP4_REBOOTING,
    INL_DHCP4_CHECKING, /* has the lease, and asks whether somebody else uses the address */
    INL_DHCP4_BOUND,
    INL_DHCP4_RENEWING,
    INL_DHCP4_REBINDING,
};

/* "init", "bound", ... */
INL_API const char *inl_dhcp4_state_name(enum inl_dhcp4_state state);

struct inl_dhcp4_info {
    enum inl_dhcp4_state state;
    bool bound; /* the rest is valid: in BOUND, RENEWING and REBINDING */
    struct inl_addr addr;
    unsigned prefix_len_bits;
    struct inl_addr server;
    inl_time renew, rebind, expires; /* INL_TIME_NEVER: an infinite lease */
    uint32_t mtu_bytes;              /* 0: not told */
    unsigned routes_n, dns_n;
    struct inl_route routes[INL_DHCP_ROUTES_MAX];
    struct inl_addr dns[INL_DHCP_DNS_MAX];
    char domain[INL_DHCP_DOMAIN_BYTES]; /* "": not told */
};

/* Fills in the defaults above. */
INL_API void inl_dhcp4_config_init(struct inl_dhcp4_config *config);

/* Begins on an Ethernet link. @config: NULL for the defaults. 0, -ENODEV, -EINVAL (not Ethernet,
 * or a value out of range), -EEXIST (runs already), -ENOMEM. */
INL_API int inl_dhcp4_start(struct inl_stack *stack, int link,
                            const struct inl_dhcp4_config *config);

/* Ends: address and routes go. @release: the server is told. 0 or -ENOENT. */
INL_API int inl_dhcp4_stop(struct inl_stack *stack, int link, bool release);

/* 0, -ENODEV; a link without a client is in state OFF. */
INL_API int inl_dhcp4_get(const struct inl_stack *stack, int link, struct inl_dhcp4_info *ret);

#endif
