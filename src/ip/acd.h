/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * acd.h - is an IPv4 address free, and does it stay ours? (RFC 5227)
 *
 * For whoever wants to use an address of which he is not sure: a DHCP client, a link-local
 * address, a person. He keeps a struct ip_acd and is called back:
 *
 *   ip_acd_start() --probes--> CONFLICT (over)
 *                     |
 *                    FREE --announcements, watch--> LOST (over)
 *
 * In his answer to FREE he adds the address (ip_addr_add()). LOST means that another host has it
 * and did not give way: he takes it away.
 */
#ifndef IP_ACD_H
#define IP_ACD_H

#include "base/list.h"
#include "base/timer.h"
#include "ip/ip.h"

struct arp_msg;

/* RFC 5227 1.1 */
#define ACD_PROBE_WAIT_NS (1 * INL_S)
#define ACD_PROBE_NUM 3
#define ACD_PROBE_MIN_NS (1 * INL_S)
#define ACD_PROBE_MAX_NS (2 * INL_S)
#define ACD_ANNOUNCE_WAIT_NS (2 * INL_S)
#define ACD_ANNOUNCE_NUM 2
#define ACD_ANNOUNCE_INTERVAL_NS (2 * INL_S)
#define ACD_MAX_CONFLICTS 10
#define ACD_RATE_LIMIT_NS (60 * INL_S)
#define ACD_DEFEND_INTERVAL_NS (10 * INL_S)

enum ip_acd_result {
    IP_ACD_FREE,     /* nobody else has it: use it now */
    IP_ACD_CONFLICT, /* it is taken; nothing more will come */
    IP_ACD_LOST,     /* it was ours, and is taken from us; nothing more will come */
};

/* When somebody claims an address that we use already (RFC 5227 2.4). */
enum ip_acd_policy {
    IP_ACD_YIELD,       /* (a): gives it up */
    IP_ACD_DEFEND_ONCE, /* (b): says once that it is ours; gives it up if he insists within 10 s */
    IP_ACD_DEFEND,      /* (c): keeps it, and says so once in 10 s */
};

enum ip_acd_state {
    ACD_IDLE,
    ACD_PROBING,
    ACD_ANNOUNCING,
    ACD_WATCHING,
};

typedef void (*ip_acd_fn)(void *ctx, enum ip_acd_result result);

struct ip_acd {
    struct list node; /* in ip_link.acds, unless IDLE */
    struct timer timer;
    struct inl_addr addr;
    inl_time defended;
    ip_acd_fn done;
    void *ctx;
    int link;
    enum ip_acd_policy policy;
    enum ip_acd_state state;
    uint8_t sent;  /* probes or announcements of this state */
    bool held;     /* FREE was said: the address is in use */
    bool conflict; /* `defended` says when */
};

/* Needed before anything else. */
void ip_acd_init(struct ip_acd *a);

/* Begins to probe for an address on an Ethernet link; a start while one runs begins anew. On
 * other links nobody can be asked: FREE follows, from the timer. */
void ip_acd_start(struct ip *ip, struct ip_acd *a, int link, const struct inl_addr *addr,
                  enum ip_acd_policy policy, ip_acd_fn done, void *ctx);

/* Nothing more is sent or said. Harmless when it does not run. May be called from done(). */
void ip_acd_stop(struct ip *ip, struct ip_acd *a);

/* ---- for arp.c, link.c and ip.c ---- */

/* Looks at each ARP message of other hosts: true if it is a conflict. */
bool ip_acd_input(struct ip *ip, int link, const struct arp_msg *m);

/* The link went down, or came up: then what is held is probed for again (RFC 5227 2.1). */
void ip_acd_link(struct ip *ip, int link, bool up);

void ip_acd_timer(struct ip *ip, struct ip_acd *a);

#endif
