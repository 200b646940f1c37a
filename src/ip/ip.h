/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip.h - what the Internet layer offers to those above it
 *
 * Owns links (as the stack sees them), addresses, routes, neighbours, input,
 * output, forwarding and ICMP. Transports know this page and nothing else of
 * ip/.
 *
 * Upwards there is one function pointer: the protocol table, filled by stack/.
 * Downwards everything goes through ip_out().
 */
#ifndef IP_IP_H
#define IP_IP_H

#include "base/env.h"
#include "base/pkt.h"
#include "base/rd.h"
#include "base/timer.h"
#include "ip/mib.h"
#include <inlet/net.h>
#include <inlet/stack.h>

struct ip;

/* ---- life, configuration (the public calls of stack.h end here) ---- */

/* config is not kept. 0, -ENOMEM. Makes link 0 (loopback) with 127.0.0.1/8 and
 * ::1/128. */
int ip_new(struct env *env, const struct inl_config *config, struct ip **ret_ip);
void ip_free(struct ip *ip);

int ip_link_add(struct ip *ip, const struct inl_link_config *config);
int ip_link_set_up(struct ip *ip, int link, bool up);
int ip_link_set_rp_filter(struct ip *ip, int link, enum inl_rp_filter mode);
int ip_addr_add(struct ip *ip, int link, const struct inl_addr *addr, unsigned prefix_len_bits);
int ip_addr_set(struct ip *ip, int link, const struct inl_addr_config *config);
size_t ip_link_list(const struct ip *ip, struct inl_link_info *out, size_t max);
size_t ip_route_list(const struct ip *ip, struct inl_route_info *out, size_t max);
size_t ip_addr_list(const struct ip *ip, struct inl_addr_info *out, size_t max);
int ip_addr_del(struct ip *ip, int link, const struct inl_addr *addr);
int ip_route_add(struct ip *ip, const struct inl_route *route);
int ip_route_del(struct ip *ip, const struct inl_route *route);

int ip_neigh_add(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t mac[6]);
int ip_neigh_del(struct ip *ip, int link, const struct inl_addr *addr);
size_t ip_neigh_list(const struct ip *ip, struct inl_neigh_info *out, size_t max);

int ip_autoconf_start(struct ip *ip, int link, const struct inl_autoconf *config);
int ip_autoconf_stop(struct ip *ip, int link);
int ip_autoconf_get(const struct ip *ip, int link, struct inl_autoconf_info *ret_info);

int ip_ra_start(struct ip *ip, int link, const struct inl_ra_config *config);
int ip_ra_stop(struct ip *ip, int link);

/* Puts destinations in the order in which to try them (RFC 6724 6). */
void ip_addr_sort(const struct ip *ip, struct inl_sockaddr *dsts, size_t n);

/* Is told when the routers of a link change their minds about DHCPv6 (RFC 4861 4.2: M and O), and
 * of the first thing that they say about it. One listener; NULL: none. */
typedef void (*ip_ra_flags_fn)(void *ctx, int link, bool managed, bool other);
void ip_autoconf_on_flags(struct ip *ip, ip_ra_flags_fn fn, void *ctx);

/* True for an address of any link of ours (or for any address, if
 * config.transparent). */
bool ip_addr_is_local(const struct ip *ip, const struct inl_addr *addr);
/* True for multicast, limited broadcast, and the directed broadcast of a prefix
 * of ours. */
bool ip_addr_is_group(const struct ip *ip, const struct inl_addr *addr);

/* ---- input ---- */

/* A packet on its way up: everything that a transport needs, host order,
 * nothing owned. */
struct ip_rx {
    struct inl_addr src;
    struct inl_addr dst;
    struct rd payload;     /* what follows the IP header and extension headers */
    const uint8_t *packet; /* the whole IP packet as received, for quoting in ICMP errors */
    size_t packet_len;
    int link;
    int home; /* the link that has dst; `link` if none has, or several */
    uint8_t proto;
    uint8_t ttl;
    uint8_t tos;
    bool group;      /* dst is broadcast or multicast, or the frame was link-layer
                        broadcast */
    bool fragmented; /* came in fragments, or with a fragment header */
    bool alert;      /* routers are to look at it (RFC 2113, 2711) */
    uint16_t alert_value;
    uint32_t flow;                     /* IPv6: flow label */
    struct rd opts;                    /* IPv4: option bytes. IPv6: extension headers */
    bool csum_done;                    /* the link has verified the transport checksum */
    uint8_t routed;                    /* enum ip_routed: dst is the next stage of a source route */
    const struct inl_offload *offload; /* NULL: as on the wire */
};

/*
 * An ICMP error that was received, or that we would have sent to ourselves. All readers are lent.
 * It says nothing that a forger could not say: whether such a packet is under way is for the
 * transport to find out (RFC 5927).
 */
struct ip_err {
    struct inl_addr reporter; /* who sent it, */
    uint8_t ttl;              /* and what its TTL was; 0: we did */
    struct inl_addr src;      /* of the quoted packet: one of our addresses */
    struct inl_addr dst;
    struct rd quoted;     /* the quoted transport header, and what follows: at least 8 bytes */
    struct rd packet;     /* the whole quote, from its IP header; empty if we report to ourselves */
    struct rd extensions; /* objects behind the quote (wire/icmpext.h), or empty */
    uint32_t mtu_bytes;   /* fragmentation needed / packet too big; else 0 */
    uint32_t info;        /* that MTU, or the pointer of a parameter problem; else 0 */
    int err;              /* what it means as an errno: EHOSTUNREACH, EMSGSIZE, ... */
    int link;             /* on which it came; 0 if we report to ourselves */
    bool hard;            /* no use trying again (src/ip/icmp_errno.c) */
    uint8_t proto;        /* of the quoted packet */
    uint8_t type, code;   /* as on the wire */
};

/* input() returns why it dropped the packet, error() why nobody was told, or NONE; ip_rx_frame()
 * counts that (once). */
struct ip_proto {
    enum inl_drop (*input)(void *ctx, const struct ip_rx *rx);
    enum inl_drop (*error)(void *ctx, const struct ip_err *err);
    void *ctx;
};

/* Registers the transport for a protocol number. */
void ip_proto_set(struct ip *ip, uint8_t proto, const struct ip_proto *handler);

/* Raw sockets: input() is shown each packet for us whose protocol somebody wants, before anyone
 * else has it, error() each ICMP error about one; they say whether a socket took it. */
struct ip_raw {
    bool (*input)(void *ctx, const struct ip_rx *rx);
    bool (*error)(void *ctx, const struct ip_err *err);
    void *ctx;
    uint32_t wanted[8]; /* one bit a protocol; ip_raw_want() */
};

void ip_raw_set(struct ip *ip, const struct ip_raw *handler);
void ip_raw_want(struct ip *ip, uint8_t proto, bool want);

/* One frame as it arrived on a link; offload: NULL for one as on the wire. Returns what became of
 * it. */
enum inl_drop ip_rx_frame(struct ip *ip, int link, const uint8_t *data, size_t len_bytes,
                          const struct inl_offload *offload);

/* A packet of ours to a group that has come round the loopback link: `via` is the link that it has
 * left through. */
enum inl_drop ip_rx_looped(struct ip *ip, int via, const uint8_t *data, size_t len_bytes);

/* The way back by which rx came, as options to be sent, in buf; empty if it came by no source
 * route, or if they are not taken. */
struct rd ip_source_route_back(const struct ip *ip, const struct ip_rx *rx, uint8_t buf[40]);
/* Are these IPv4 options that a packet of ours may have? */
bool ip_opts_sendable(const struct ip *ip, struct rd opts);

/* ---- routing ---- */

/*
 * The way to a destination, found once and kept by whoever sends often. Valid
 * as long as path.gen equals ip_path_gen(ip): any change of links, addresses or
 * routes changes that.
 */
struct ip_path {
    uint64_t gen;
    struct inl_addr next_hop; /* the destination itself, or a gateway */
    struct inl_addr src;      /* the source address that fits, if the caller had none */
    uint32_t mtu_bytes;       /* of an IP packet on this path */
    int link;
    uint32_t flow;           /* IPv6: the label of the one flow that its keeper sends this way, if
                                he has asked ip_flow_label(); 0: it is found for each packet */
    uint16_t headroom_bytes; /* that ip_out() will prepend: IP header and link
                                header */
    bool group;              /* the destination is multicast or broadcast */
    bool tx_csum;            /* the link completes partial checksums (PKT_CSUM_PARTIAL) */
};

uint64_t ip_path_gen(const struct ip *ip);

/* @src: our address, or all zero to have one chosen. @scope: link index for
 * link-local destinations, else 0. 0, -ENETUNREACH, -EADDRNOTAVAIL (src is not
 * ours). */
int ip_path_find(const struct ip *ip, const struct inl_addr *dst, const struct inl_addr *src,
                 uint32_t scope, struct ip_path *ret_path);

/* The same, remembering the last answer to a caller with a source: an open and what follows it ask
 * several times. */
int ip_path_recall(struct ip *ip, const struct inl_addr *dst, const struct inl_addr *src,
                   uint32_t scope, struct ip_path *ret_path);

/* The path out of a link to a neighbour or a group there, from any source: 0.0.0.0 if the link has
 * no address yet. For whoever configures links. */
void ip_path_direct(const struct ip *ip, int link, const struct inl_addr *dst,
                    const struct inl_addr *src, struct ip_path *ret_path);

/* The flow label of what has these addresses and ports; never 0. */
uint32_t ip_flow_label(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                       uint8_t proto, uint16_t sport, uint16_t dport);

/* ---- output ---- */

struct ip_tx {
    struct inl_addr src;
    struct inl_addr dst;
    const struct ip_path *path; /* NULL: found anew */
    uint64_t owner;             /* tag of the socket, for traces */
    enum inl_cause cause;
    uint8_t proto;
    uint8_t ttl; /* 0: the configured default */
    uint8_t tos;
    bool dont_fragment; /* DF is set, and what is longer than the path takes is refused */
    bool df_if_fits;    /* DF is set; what is longer than the path takes, as is known, is cut */
    bool loop;          /* to a group: we hear it, too, if we listen to it */
    bool host_only;     /* to a group: it does not leave this host */
    bool any_mtu;   /* only the link's MTU counts: the sender finds out about the path himself */
    struct rd opts; /* IPv4: options, well-formed, lent; or empty. With a source route (srcroute.h),
                       dst is its end. IPv6: extension headers (wire/ip6chain.h) */
};

enum ip_out_result {
    IP_OUT_QUEUED = 0, /* in a queue of the link, or waiting for the neighbour */
    IP_OUT_PLACED = 1, /* a borrowed packet: the frame is complete in the lender's buffer */
};

/**
 * ip_out - prepend the IP header and the link header, and send
 * @pkt: the transport header and payload, checksum done, with
 * path.headroom_bytes of headroom
 *
 * A packet of its own (pkt_new()) is consumed in every case. A borrowed one
 * (pkt_borrow(), a driver's buffer for the link in pkt->link) stays the
 * caller's: if it cannot leave through that link right now (the neighbour is
 * not resolved, the route leads elsewhere), a copy is queued and IP_OUT_QUEUED
 * returned. What is too long for the path is sent in fragments, if tx allows that. Returns enum
 * ip_out_result, or -EMSGSIZE, -ENETUNREACH, -EHOSTUNREACH, -ENETDOWN, -ENOBUFS (dropped, counted).
 */
int ip_out(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx);

/* The same for an IPv4 packet that has its header already. -EMSGSIZE: it is not cut. */
int ip_out_made(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx);

/* What the path to dst takes, as far as is known: at most path->mtu_bytes (src/ip/pmtu.c). */
uint32_t ip_path_mtu(struct ip *ip, const struct ip_path *path, const struct inl_addr *dst);

/* What was learnt about the path to dst, whatever the link; 0: nothing. */
uint32_t ip_pmtu_known(struct ip *ip, const struct inl_addr *dst);

/* The path to dst takes no more than that: from who has made sure of it. */
void ip_pmtu_learn(struct ip *ip, const struct inl_addr *dst, uint32_t mtu_bytes);

/* For all but TCP: believes what an error with EMSGSIZE says about the path MTU, if it quotes a
 * packet that left of late (src/ip/sent.c), or says why not. */
enum inl_drop ip_pmtu_claim(struct ip *ip, const struct ip_err *err);

/* The largest size of common links below that one (RFC 1191 7.1). */
uint32_t ip_pmtu_plateau(uint32_t size_bytes);

/* The link's queue of finished frames (everything but TCP data). Ownership goes
 * to the caller. */
struct pkt *ip_txq_pop(struct ip *ip, int link);

/* The same for who takes many: the queue of a link that exists, until links change. */
struct ip_txq {
    struct list packets; /* struct pkt */
    uint32_t count;
};
struct ip_txq *ip_txq(struct ip *ip, int link);

static inline struct pkt *ip_txq_take(struct ip_txq *q) {
    struct list *n = list_pop(&q->packets);

    if (!n) {
        return NULL;
    }
    q->count--;
    return LIST_ENTRY(n, struct pkt, node);
}

bool ip_txq_pending(const struct ip *ip, int link);

bool ip_link_exists(const struct ip *ip, int link);
bool ip_link_is_up(const struct ip *ip, int link);
enum inl_link_kind ip_link_kind(const struct ip *ip, int link);
uint32_t ip_link_mtu(const struct ip *ip, int link);
/* What the network says of the MTU: used if the link can have it, 1280 up to what it was configured
 * with. 0: nothing any more. */
void ip_link_limit_mtu(struct ip *ip, int link, uint32_t mtu_bytes);
/* The longest IP packet that the link takes to cut it itself; 0 if it does not. */
uint32_t ip_link_gso_max(const struct ip *ip, int link);

/* ---- ICMP for transports ---- */

enum ip_unreach {
    IP_UNREACH_NET,
    IP_UNREACH_HOST,
    IP_UNREACH_PROTOCOL,
    IP_UNREACH_PORT,
    IP_UNREACH_PROHIBITED,
};

/* Tells the sender of rx, if RFC 1122 3.2.2 and RFC 4443 2.4 allow it, rate
 * limited. */
void ip_icmp_unreach(struct ip *ip, const struct ip_rx *rx, enum ip_unreach what);

/* Packets that answer what belongs to nobody: limited for each destination and in all. */
enum ip_rate_kind {
    IP_RATE_ERRORS, /* ICMP errors */
    IP_RATE_RESETS, /* TCP resets for segments of no connection */
    IP_RATE_KINDS,
};

/* May one be sent to dst now? Counts it, or the refusal. */
bool ip_rate_ok(struct ip *ip, enum ip_rate_kind kind, const struct inl_addr *dst);

/* A transport has made progress with this neighbour (RFC 4861 7.3.1). */
void ip_neigh_doubt(struct ip *ip, const struct ip_path *path); /* nothing comes back: ask it */
void ip_neigh_confirm(struct ip *ip, const struct ip_path *path);

/* ---- counters (mib.h) ---- */

/* Of the whole system, and of a link. */
uint64_t ip_stat(const struct ip *ip, bool is4, enum ip_mib_id id);
uint64_t ip_stat_link(const struct ip *ip, int link, bool is4, enum ip_mib_id id);
const struct ip_icmp_mib *ip_stat_icmp(const struct ip *ip, bool is4);

/* A packet is not even made, as there is no way for it. */
void ip_no_route(struct ip *ip, bool is4);

/* A message of ICMP is sent by somebody else than ip/. */
void ip_icmp_sent(struct ip *ip, bool is4, uint8_t type);

/* A timer of kind TIMER_IP_* (base/timer.h) is due. */
void ip_timer(struct ip *ip, struct timer *timer);

#endif
