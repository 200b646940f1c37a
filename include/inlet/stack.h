/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.h - one TCP/IP host as a pure engine
 *
 * Bytes and time go in, bytes and a deadline come out. The engine makes no system call, reads
 * no clock, starts no thread and keeps no global: all that it is, is in one struct inl_stack,
 * which one thread at a time may use.
 *
 * A driver's loop:
 *
 *     inl_rx(stack, link, frames, n, now);            frames arrived
 *     inl_advance(stack, now);                        run what is due
 *     while (inl_next_event(stack, &ev)) ...          tell the application
 *     while ((n = inl_tx(stack, link, out, MAX, now)) > 0) write them out
 *     wait for input until inl_next_deadline(stack)
 *
 * Time is monotonic and in nanoseconds; a `now` earlier than the last one counts as the last
 * one. Calls of the socket API (socket.h) happen at the time of the last verb. After a socket
 * call the driver pulls with inl_tx() again.
 */
#ifndef INLET_STACK_H
#define INLET_STACK_H

#include <inlet/addr.h>
#include <inlet/alloc.h>
#include <inlet/cause.h>
#include <inlet/export.h>
#include <inlet/group.h>
#include <inlet/offload.h>
#include <inlet/trace.h>
#include <inlet/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inl_stack;

/* ---- configuration ---- */

/* Explicit congestion notification: what a TCP does about it. Each includes the one before. */
enum inl_ecn {
    INL_ECN_OFF,
    INL_ECN_SERVER,   /* takes what a peer's SYN offers, RFC 9768 or RFC 3168 */
    INL_ECN_ON,       /* asks for RFC 3168 */
    INL_ECN_ACCURATE, /* asks for accurate feedback (RFC 9768), which falls back to RFC 3168 */
};

/* Finding path MTUs where ICMP does not tell (RFC 4821, 8899). */
enum inl_mtu_probing {
    INL_MTU_PROBING_OFF,        /* believe ICMP, and nothing else */
    INL_MTU_PROBING_BLACK_HOLE, /* when large segments vanish */
    INL_MTU_PROBING_ALWAYS,     /* begin with small packets, and probe from there */
};

/* When a SYN is answered without keeping anything of it (RFC 4987 3.6). */
enum inl_syn_cookies {
    INL_SYN_COOKIES_ON_OVERFLOW, /* when max_half_open is reached */
    INL_SYN_COOKIES_NEVER,       /* then the oldest half-open connection is given up */
    INL_SYN_COOKIES_ALWAYS,
};

/* TCP's run-time choices. inl_config_init() fills in the defaults given here. */
struct inl_tcp_config {
    uint32_t rcvbuf_bytes;        /* receive buffer of a new socket: 128 KiB. It grows with what */
    uint32_t rcvbuf_max_bytes;    /* the application reads in a round trip, up to this: 6 MiB */
    uint32_t sndbuf_bytes;        /* send buffer of a new socket: 128 KiB. It grows to twice the */
    uint32_t sndbuf_max_bytes;    /* congestion window, up to this: 6 MiB */
    size_t mem_bytes;             /* buffers of all connections: 0 means half of mem_limit_bytes.
                                     Above three quarters of it nothing grows, and new connections
                                     get 16 KiB to send and 64 KiB to receive; at the limit data is
                                     refused */
    uint32_t max_conns;           /* connections in all, TIME-WAIT not counted: 1,048,576 */
    uint32_t max_half_open;       /* SYN-RECEIVED of all listeners: 1,024 */
    uint32_t fastopen_cache;      /* servers whose Fast Open cookie is remembered: 128 */
    uint32_t max_source_routes;   /* connections that have one (config.source_routes): 256 */
    inl_dur fastopen_retry_ns;    /* after Fast Open failed, for how long not again: 1 h; doubles */
    uint8_t challenge_acks;       /* of one connection (RFC 5961 7): 10, 1 .. 255, */
    inl_dur challenge_ns;         /* in so much time: 1 s; 1 ms .. 1 h */
    uint8_t syn_cookies;          /* enum inl_syn_cookies: ON_OVERFLOW */
    uint32_t max_orphans;         /* connections without a socket: 4,096 */
    uint32_t max_time_wait;       /* 65,536 */
    uint32_t initial_window_segs; /* 10 (RFC 6928); 0: two to four, by RFC 5681 3.1 */
    uint32_t abc_limit_segs;      /* segments that an ACK may add in slow start (RFC 3465 2.2):
                                     0, no limit; 2 is what the RFC wants, 8 RFC 9406 */
    uint8_t congestion;           /* enum inl_cc_algo of a new socket: INL_CC_CUBIC */
    bool hystart;                 /* leave slow start when the delay grows (RFC 9406): true */
    bool pacing;                  /* spread segments over the round trip, whatever the algorithm:
                                     false. BBR always does */
    bool cwnd_validation;         /* after a pause: true, keep cwnd for five minutes (RFC 7661);
                                     false, restart from the initial window (RFC 5681 4.1) */
    inl_dur rto_initial_ns;       /* 1 s (RFC 6298 2.1) */
    inl_dur rto_min_ns;           /* 200 ms; RFC 6298 2.4 says SHOULD be 1 s */
    inl_dur rto_max_ns;           /* 60 s */
    inl_dur delack_ns;            /* delayed ACK: 40 ms; RFC 9293 MUST-40: below 500 ms */
    inl_dur rest_ns;              /* a connection quiet for so long is packed into a third of its
                                     memory until it is used again: 60 s; an eighth of that while
                                     more than half of mem_limit_bytes is in use; 0: never */
    uint32_t quickack_segs;       /* data segments that a new connection acknowledges at once: 0 */
    uint32_t quickack_hole_segs; /* and that any acknowledges at once after a hole was filled: 32 */
    inl_dur msl_ns;              /* maximum segment lifetime: 30 s; TIME-WAIT lasts twice that */
    inl_dur syn_give_up_ns;      /* R2 for SYN: 180 s (RFC 9293 MUST-23) */
    inl_dur give_up_ns;          /* R2 for data: 900 s (RFC 9293 SHLD-11: at least 100 s) */
    inl_dur fin_wait2_ns;        /* an orphan's time in FIN-WAIT-2: 60 s */
    inl_dur orphan_ns;           /* R2 once the socket is closed: 120 s (SHLD-11) */
    inl_dur uto_min_ns;          /* RFC 5482: L_LIMIT: 100 s */
    inl_dur uto_max_ns;          /* U_LIMIT: 3,600 s */
    inl_dur keep_idle_ns;        /* keep-alive: 7,200 s without a word (RFC 9293 MUST-28), */
    inl_dur keep_intvl_ns;       /* then a probe each 75 s, */
    uint32_t keep_count;         /* 9 without an answer are the end (MUST-29: more than one) */
    bool window_scaling;         /* RFC 7323 2: true */
    bool timestamps;             /* RFC 7323 3: true */
    bool sack;                   /* RFC 2018: true */
    enum inl_mtu_probing mtu_probing; /* INL_MTU_PROBING_BLACK_HOLE */
    uint32_t min_pmtu_bytes;          /* no path of IPv4 counts as smaller, 68 .. 1280: 576 */
    enum inl_ecn ecn;                 /* of new sockets: INL_ECN_SERVER */
    uint32_t ecn_paths;               /* on which a SYN that asks for ECN got no answer are
                                         remembered: 128; 0: none */
    inl_dur ecn_retry_ns;             /* after three such handshakes in a row, for how long not to
                                         ask: 1 h; doubles. At most 7 days */
    bool dsack;                       /* tell the peer of duplicates, RFC 2883: true */
};

/* Must the source of a packet to be forwarded be reachable (RFC 3704)? */
enum inl_rp_filter {
    INL_RP_FILTER_OFF,
    INL_RP_FILTER_LOOSE,  /* by some route */
    INL_RP_FILTER_STRICT, /* out of the link that the packet came by */
};

/* ICMP's run-time choices; of both versions where none is named. */
struct inl_icmp_config {
    bool echo;              /* answer echo requests: true (RFC 1122 3.2.2.6, RFC 4443 4.2) */
    bool echo_broadcast;    /* IPv4, to all hosts of a network or of a group, too: false, for the
                               answers would go to whoever the source names (smurf) */
    bool echo_multicast;    /* IPv6, to groups: true (RFC 4443 4.2), if the source is on the link */
    bool timestamp;         /* IPv4: answer timestamp requests: false */
    bool accept_redirects4; /* as a host: false, for anybody can send them from anywhere */
    bool accept_redirects6; /* as a host: true; they come from the link (RFC 4861 8.1) */
    bool send_redirects;    /* as a router: true (RFC 1812 5.2.7.2, RFC 4861 8.2) */
    uint32_t max_redirects; /* destinations for which one is remembered: 256 */
};

struct inl_config {
    struct inl_alloc alloc;    /* required */
    uint8_t seed[16];          /* secret of ISNs, ports and hashes: from a good random source.
                                  The same seed and the same calls give the same bytes. */
    inl_time now;              /* the time at creation */
    size_t mem_limit_bytes;    /* cap on all memory of the stack: 0 means 1 GiB */
    uint32_t max_sockets;      /* 1,048,576 */
    uint32_t max_neighbours;   /* 1,024 */
    uint8_t dad_transmits;     /* questions before an IPv6 address counts as free, up to 10: 1;
                                  0: none is asked (RFC 4862 5.1) */
    uint32_t udp_rcvbuf_bytes; /* 256 KiB a socket */
    uint16_t port_first;       /* ephemeral range: 49152 .. 65535 (RFC 6335) */
    uint16_t port_last;
    uint8_t ttl;      /* TTL and hop limit of what we send: 64 */
    bool forward;     /* act as a router: false (RFC 1122 3.1) */
    bool mss_clamp;   /* as a router, lower the MSS in SYNs to what the links on both sides
                         carry: false */
    bool transparent; /* take packets to any destination as ours, and let sockets bind
                         to any address and listen on any port: for gateways. false */
    enum inl_rp_filter rp_filter; /* as a router: INL_RP_FILTER_OFF (RFC 1812 5.3.8) */
    bool strict_martians;         /* as a router, refuse documentation prefixes, too: false */
    bool source_routes;           /* of IPv4: take packets with a source route, answer by the way
                                     back, let sockets send some, and as a router be a stage of
                                     them: false, they are refused (RFC 7126 4.3.5) */
    struct inl_icmp_config icmp;
    inl_trace_fn trace; /* NULL: none */
    void *trace_ctx;
    struct inl_tcp_config tcp;

    /* Fragments that wait for the rest of their datagram (RFC 8200 4.5). A source is an IPv4
     * address, an IPv6 /64, or a link-local address. At a cap the oldest datagram goes, of the
     * source itself, of the heaviest one, or of all if none has a 32nd of reass_bytes. */
    uint32_t reass_bytes;            /* in all: 4 MiB; 0: fragments are refused */
    uint32_t reass_source_bytes;     /* of one source: 1 MiB */
    uint32_t reass_datagrams;        /* 4,096 */
    uint32_t reass_source_datagrams; /* 256 */
    inl_dur reass_timeout_ns;        /* from the first fragment on: 60 s */
    uint32_t max_paths;              /* destinations whose path MTU is remembered: 1,024 */
    struct inl_group_config groups;  /* multicast: inlet/group.h */

    /* How often neighbours that are not known yet are asked for on each link, ARP and ND together;
     * above it the packet is dropped (RFC 6583). Gateways of routes do not count. */
    uint32_t new_neighbours_per_s; /* up to 1,000,000: 256; 0: no limit */
    uint32_t new_neighbours_burst; /* at once, 1 or more: 256 */
};

/* Fills *config with the defaults above (alloc, seed, now and trace zeroed). */
INL_API void inl_config_init(struct inl_config *config);

/* Where a TCP may choose, and known ones choose differently. */
enum inl_profile {
    INL_PROFILE_INLET,  /* the defaults above */
    INL_PROFILE_LINUX,  /* what Linux does */
    INL_PROFILE_STRICT, /* each SHOULD of the standards-track RFCs, to the letter */
};

/* Sets the fields in which the profile differs; docs/profiles.md lists them. 0 or -EINVAL. */
INL_API int inl_config_profile(struct inl_config *config, enum inl_profile profile);

/**
 * inl_stack_new - make a host: no links but the loopback (127.0.0.1/8, ::1/128), no sockets
 * @config: copied
 * @ret_stack: the new stack; freed with inl_stack_free()
 * Returns 0, -EINVAL (a value out of range), -ENOMEM.
 */
INL_API int inl_stack_new(const struct inl_config *config, struct inl_stack **ret_stack);

/* Frees the stack with all sockets, without sending anything. NULL is allowed. */
INL_API void inl_stack_free(struct inl_stack *stack);

/* ---- links, addresses, routes ---- */

enum inl_link_flags {
    INL_LINK_RX_CSUM_OK = 1, /* the device has verified TCP, UDP and ICMP checksums of all frames */
    INL_LINK_TX_CSUM = 2,    /* the device completes partial checksums (inl_tx_frame.offload) */
    INL_LINK_TX_GSO = 4,     /* and takes TCP segments longer than the MTU, to cut them itself */
};

#define INL_DAD_NONE UINT8_MAX

struct inl_link_config {
    enum inl_link_kind kind;
    char name[16];             /* for people: "eth0" */
    uint32_t mtu_bytes;        /* IP packet size: 68 .. 65535; 1500 is usual; IPv6 needs 1280 */
    uint8_t mac[6];            /* Ethernet: our unicast address */
    uint32_t flags;            /* enum inl_link_flags; TX_GSO needs TX_CSUM */
    uint32_t gso_max_bytes;    /* TX_GSO: longest IP packet, mtu_bytes .. 65535; 0 means 65535 */
    uint8_t dad_transmits;     /* on this link: 0 means config.dad_transmits; INL_DAD_NONE: none */
    uint32_t tx_queue_packets; /* cap of the queue of non-TCP packets: 0 means 512 */
};

#define INL_LINKS_MAX 16

/* Adds a link, up. Returns its index (1 or more), -EINVAL, -ENOSPC (INL_LINKS_MAX), -ENOMEM. */
INL_API int inl_link_add(struct inl_stack *stack, const struct inl_link_config *config);

/* Sets a link up or down. Down: nothing is taken in or handed out. 0 or -ENODEV. */
INL_API int inl_link_set_up(struct inl_stack *stack, int link, bool up);

/* What is asked of the sources of packets that came by this link and are to be forwarded, whatever
 * config.rp_filter says. 0, -ENODEV, -EINVAL. */
INL_API int inl_link_set_rp_filter(struct inl_stack *stack, int link, enum inl_rp_filter mode);

/* Gives the stack an address on a link and the route to its prefix, at once and for ever: whoever
 * says so by hand knows that nobody else has it. 0, -ENODEV, -EINVAL, -EEXIST, -ENOSPC, -ENOMEM. */
INL_API int inl_addr_add(struct inl_stack *stack, int link, const struct inl_addr *addr,
                         unsigned prefix_len_bits);
INL_API int inl_addr_del(struct inl_stack *stack, int link, const struct inl_addr *addr);

/* What a route does with a packet; all but INL_ROUTE_UNICAST have neither gateway nor link. */
enum inl_route_kind {
    INL_ROUTE_UNICAST,
    INL_ROUTE_BLACKHOLE,   /* drops it in silence; to a socket EINVAL */
    INL_ROUTE_UNREACHABLE, /* drops it, and tells its sender: host unreachable, EHOSTUNREACH */
    INL_ROUTE_PROHIBIT,    /* ... communication prohibited, EACCES */
};

#define INL_ROUTE_WEIGHT_MAX 32

/* Routes with a weight, to one prefix and with the same metric, share its flows by their weights. A
 * flow (its addresses, protocol and ports or flow label) keeps its next hop while that is there. */
struct inl_route {
    struct inl_addr dst;      /* prefix; host bits must be zero */
    unsigned prefix_len_bits; /* 0..32 for IPv4, 0..128 for IPv6 */
    struct inl_addr gateway;  /* all zero (inl_addr_any6) for on-link */
    int link;
    uint32_t metric;          /* smaller wins among equal prefixes */
    enum inl_route_kind kind; /* INL_ROUTE_UNICAST */
    uint32_t weight;          /* 0: shares with nobody; at most INL_ROUTE_WEIGHT_MAX */
};

/* 0, -ENODEV, -EINVAL, -EEXIST, -ENOMEM / -ENOENT. */
INL_API int inl_route_add(struct inl_stack *stack, const struct inl_route *route);
INL_API int inl_route_del(struct inl_stack *stack, const struct inl_route *route);

/* ---- the verbs ---- */

struct inl_rx_frame {
    const uint8_t *data; /* lent for the call */
    size_t len_bytes;
    struct inl_offload offload; /* all zero: the frame is as it was on the wire */
};

struct inl_tx_frame {
    uint8_t *data;        /* the driver's buffer, which the engine fills from its start */
    size_t cap_bytes;     /* at least INL_FRAME_OVERHEAD + the link's MTU; with INL_LINK_TX_GSO the
                             most that one frame can have */
    size_t len_bytes;     /* out: bytes written */
    enum inl_cause cause; /* out: why it was sent */
    uint64_t owner;       /* out: tag of its socket (inl_set_owner()), else 0 */
    struct inl_offload offload; /* out: all zero unless the link has INL_LINK_TX_CSUM */
};

#define INL_FRAME_OVERHEAD 14 /* an Ethernet header */

/* Frames arrived on a link. Always takes all of them; what it drops, it counts and traces. */
INL_API void inl_rx(struct inl_stack *stack, int link, const struct inl_rx_frame *frames, size_t n,
                    inl_time now);

/**
 * inl_tx - pull what wants to leave through a link
 * @out: @max frames with data and cap_bytes set; the first n are filled
 * Returns n, how many frames are to be sent now; less than @max means nothing more waits.
 * What is not pulled stays: TCP builds a segment only here, in the driver's buffer. -ENODEV,
 * -EMSGSIZE (cap_bytes too small).
 */
INL_API int inl_tx(struct inl_stack *stack, int link, struct inl_tx_frame *out, size_t max,
                   inl_time now);

/* True if inl_tx() on that link would return something. */
INL_API bool inl_tx_pending(const struct inl_stack *stack, int link);

/* Runs every timer that is due, and what waits on the loopback link. */
INL_API void inl_advance(struct inl_stack *stack, inl_time now);

/* When to call inl_advance() at the latest; INL_TIME_NEVER if nothing will happen by itself.
 * May be earlier than needed, never later. */
INL_API inl_time inl_next_deadline(const struct inl_stack *stack);

#endif
