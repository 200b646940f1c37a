/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.h - interfaces as the Internet layer sees them
 *
 * A link is a kind, an MTU, an Ethernet address, a list of our addresses on it,
 * and a bounded queue of finished frames that a driver pulls. Link 0 is the
 * loopback: the stack pulls its queue and feeds the packets back in.
 *
 * Invariant: txq.count is the length of txq.packets and at most txq_cap; a link that
 * is down has an empty queue.
 */
#ifndef IP_LINK_H
#define IP_LINK_H

#include "base/list.h"
#include "base/pkt.h"
#include "ip/ip.h"
#include "ip/rate.h"

#define IP_LOOPBACK_LINK 0
#define IP_LOOPBACK_MTU_BYTES 65535
#define IP_GSO_MAX_BYTES 65535 /* what the lengths in IP headers can say */
#define IP_TXQ_PACKETS 512
/* Room for an IPv6 header and an Ethernet header: what every packet of ours
 * begins with. */
#define IP_HEADROOM_BYTES 54

struct ip_auto;
struct ip_ra_send;

struct ip_link {
    struct inl_link_config config;
    struct list addrs; /* struct ip_addr */
    struct list acds;  /* struct ip_acd: IPv4 addresses that are asked for or defended */
    struct ip_txq txq;
    uint32_t addr_count;
    uint32_t txq_cap;
    struct ip_auto *autoconf;     /* ra.c: NULL if addresses and routes are given by hand */
    struct ip_ra_send *ra_send;   /* ra_send.c: NULL if we do not advertise */
    uint32_t mtu6_bytes;          /* ra.c: what a router said, 0: nothing */
    uint8_t hop_limit6;           /* the same */
    inl_dur base_reachable_ns;    /* neigh.c: BaseReachableTime and RetransTimer of RFC 4861, */
    inl_dur retrans_ns;           /* 0: the default */
    inl_dur reachable_ns;         /* drawn from the base; */
    inl_time reachable_redraw;    /* when again */
    uint32_t acd_conflicts;       /* addresses in turn that were taken already (RFC 5227 2.1.1) */
    uint32_t mtu_limit_bytes;     /* what the network says; 0: nothing */
    struct rate_bucket asks;      /* neigh_rate.c: for neighbours that are not known yet */
    enum inl_rp_filter rp_filter; /* if own_rp_filter: instead of config.rp_filter */
    bool own_rp_filter;
    bool used;
    bool up;
};

/* The link, or NULL if there is none with that index. */
const struct ip_link *ip_link_get(const struct ip *ip, int link);
struct ip_link *ip_link_edit(struct ip *ip, int link);

/* Makes link 0; frees the queues of all links. */
void ip_link_init(struct ip *ip);
void ip_link_done(struct ip *ip);

/* Hands a complete frame to the link: queues an owned packet (consumed), or
 * says that a borrowed one is where it belongs. Result as ip_out(). */
int ip_link_place(struct ip *ip, struct pkt *pkt, int link);

/* Counts and traces a packet that is dropped on its way out, and frees it (if
 * owned). The data begins with the IP header. */
void ip_link_drop(struct ip *ip, struct pkt *pkt, int link, enum inl_drop why);

/* The same for a packet that has its IP header, which tells whose counter it is. */
void ip_link_discard(struct ip *ip, struct pkt *pkt, int link, enum inl_drop why);

/* An owned packet with the same data and enough headroom for every header: @pkt
 * itself if it is owned and has that, else a copy (and an owned @pkt is freed).
 * NULL: no memory. */
struct pkt *ip_pkt_own(struct ip *ip, struct pkt *pkt);

/* The same with so much headroom. */
struct pkt *ip_pkt_room(struct ip *ip, struct pkt *pkt, size_t headroom_bytes);

#endif
