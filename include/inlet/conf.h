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
    inl_dur start_min_ns;     /* waits so long before the first message: between 1 s and 10 s */
    inl_dur start_max_ns;     /* (RFC 2131 4.4.1) */
    bool conflict_check;      /* asks by ARP whether somebody has the address (RFC 5227): true */
    bool link_local;          /* an address of 169.254/16 (RFC 3927) from the third question that no
                                 server answers until one does: false */
    uint32_t metric;          /* of its routes: 0 */
    struct inl_addr previous; /* asks for this one first (INIT-REBOOT); any: none */
    char hostname[64];        /* told to the server; "": nothing */
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

/* ---- IPv4 addresses without a server (RFC 3927) ---- */

/* Takes an address of 169.254/16 that nobody else has, and defends it. It goes with the stop. 0,
 * -ENODEV, -EINVAL (not Ethernet), -EEXIST, -ENOMEM / -ENOENT. */
INL_API int inl_link_local4_start(struct inl_stack *stack, int link);
INL_API int inl_link_local4_stop(struct inl_stack *stack, int link);
/* False as long as there is none. */
INL_API bool inl_link_local4_get(const struct inl_stack *stack, int link,
                                 struct inl_addr *ret_addr);

/* ---- DHCP client for IPv6 (RFC 8415) ---- */

struct inl_dhcp6_config {
    bool address;         /* asks for an address (IA_NA); false: for parameters only. true */
    bool rapid_commit;    /* takes an address in two messages if a server does that: false */
    bool conflict_check;  /* duplicate address detection before it is used: true */
    inl_dur start_max_ns; /* waits at random up to this before an exchange: 1 s */
};

enum inl_dhcp6_state {
    INL_DHCP6_OFF,
    INL_DHCP6_INIT,
    INL_DHCP6_SOLICITING,
    INL_DHCP6_REQUESTING,
    INL_DHCP6_PROVING, /* has the lease; duplicate address detection is under way */
    INL_DHCP6_BOUND,
    INL_DHCP6_RENEWING,
    INL_DHCP6_REBINDING,
    INL_DHCP6_CONFIRMING, /* the link was down: is the address still right? */
    INL_DHCP6_DECLINING,
    INL_DHCP6_RELEASING,
    INL_DHCP6_INFORMING,
    INL_DHCP6_INFORMED,
};

INL_API const char *inl_dhcp6_state_name(enum inl_dhcp6_state state);

#define INL_DHCP6_T1_MIN_S 10 /* no renewal is sooner, whatever a server says */

struct inl_dhcp6_info {
    enum inl_dhcp6_state state;
    bool bound; /* addr and the times are valid */
    struct inl_addr addr;
    inl_time renew, rebind, expires;
    unsigned dns_n;
    struct inl_addr dns[INL_DHCP_DNS_MAX];
    char domain[INL_DHCP_DOMAIN_BYTES]; /* the first of the search list; "": not told */
};

/* As the functions for IPv4. A release is sent again up to four times after the stop, unless
 * another start ends that. */
INL_API void inl_dhcp6_config_init(struct inl_dhcp6_config *config);
INL_API int inl_dhcp6_start(struct inl_stack *stack, int link,
                            const struct inl_dhcp6_config *config);
INL_API int inl_dhcp6_stop(struct inl_stack *stack, int link, bool release);

/* Begins as soon as a router of a link that configures itself (inl_autoconf_start()) says that
 * there is a server: for an address with the flag M, for parameters only with the flag O (RFC 4861
 * 4.2). What has begun goes on whatever routers say later, and flag M after O asks for an address,
 * too. @config: config.address is not used. inl_dhcp6_stop() ends it. Returns as
 * inl_dhcp6_start(). */
INL_API int inl_dhcp6_follow(struct inl_stack *stack, int link,
                             const struct inl_dhcp6_config *config);
INL_API int inl_dhcp6_get(const struct inl_stack *stack, int link, struct inl_dhcp6_info *ret);

/* ---- servers ---- */

#define INL_DHCP_SERVER_RANGE_MAX 4096
#define INL_DHCP_SERVER_HOSTS_MAX 32

struct inl_dhcp_lease {
    struct inl_addr addr;
    uint8_t mac[6]; /* IPv4 */
    inl_time expires;
};

struct inl_dhcp4_server_config {
    struct inl_addr first, last; /* the range, at most 4,096 addresses, in a prefix of ours */
    struct inl_addr router;      /* any: our own address */
    bool no_router;              /* tells of none */
    uint32_t lease_s;            /* 3,600; at least 10 */
    uint32_t mtu_bytes;          /* 0: not told */
    unsigned dns_n, hosts_n;
    struct inl_addr dns[INL_DHCP_DNS_MAX];
    struct { /* always the same address for this host, in the range or not */
        uint8_t mac[6];
        struct inl_addr addr;
    } hosts[INL_DHCP_SERVER_HOSTS_MAX];
    char domain[INL_DHCP_DOMAIN_BYTES]; /* "": not told */
    struct inl_addr server;             /* our address and its prefix: set by the start */
    unsigned prefix_len_bits;
};

INL_API void inl_dhcp4_server_config_init(struct inl_dhcp4_server_config *config);

/* Serves an Ethernet link. 0, -ENODEV, -EINVAL, -EADDRNOTAVAIL (no address of ours has the range in
 * its prefix), -EEXIST, -ENOMEM. */
INL_API int inl_dhcp4_server_start(struct inl_stack *stack, int link,
                                   const struct inl_dhcp4_server_config *config);
INL_API int inl_dhcp4_server_stop(struct inl_stack *stack, int link); /* 0 or -ENOENT */

struct inl_dhcp6_server_config {
    struct inl_addr first; /* the range, in a prefix of ours */
    uint32_t range_n;      /* addresses of it, at most 4,096; 0: parameters only */
    uint32_t lease_s;      /* valid lifetime; preferred is half of it: 3,600; at least 10 */
    bool rapid_commit;     /* answers with the address at once who asks for that: true */
    unsigned dns_n;
    struct inl_addr dns[INL_DHCP_DNS_MAX];
    char domain[INL_DHCP_DOMAIN_BYTES];
};

INL_API void inl_dhcp6_server_config_init(struct inl_dhcp6_server_config *config);
INL_API int inl_dhcp6_server_start(struct inl_stack *stack, int link,
                                   const struct inl_dhcp6_server_config *config);
INL_API int inl_dhcp6_server_stop(struct inl_stack *stack, int link);

/* What is leased on a link. Returns how many there are (may exceed @max; only @max are written). */
INL_API size_t inl_dhcp4_server_leases(const struct inl_stack *stack, int link,
                                       struct inl_dhcp_lease *out, size_t max);
INL_API size_t inl_dhcp6_server_leases(const struct inl_stack *stack, int link,
                                       struct inl_dhcp_lease *out, size_t max);

#endif
