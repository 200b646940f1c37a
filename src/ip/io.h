/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.h - the steps of a packet's way in and out, between the files of ip/
 *
 * In:  eth.c (ip_rx_frame) -> ip4_in.c, ip6_in.c -> icmp4.c, icmp6.c, a
 * transport, or forward.c. Out: out.c (ip_out) -> ip4_out.c, ip6_out.c -> eth.c
 * -> link.c, or neigh.c on the way.
 */
#ifndef IP_IO_H
#define IP_IO_H

#include "base/pkt.h"
#include "ip/ip.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* ---- in ---- */

/* How a packet came. */
struct ip_from {
    int link;
    int via;                           /* our own packet to a group, heard where it has left: that
                                          link; 0: no such */
    bool group;                        /* in a link-layer broadcast or multicast */
    const struct inl_offload *offload; /* NULL: as on the wire */
};

/* One packet, at the IP header. */
enum inl_drop ip4_input(struct ip *ip, const struct ip_from *from, struct rd packet);
enum inl_drop ip6_input(struct ip *ip, const struct ip_from *from, struct rd packet);

/* Is the transport checksum the link's business? */
bool ip_from_csum_done(const struct ip *ip, const struct ip_from *from);

/* To the transport that has registered for rx->proto: false if there is none.
 */
bool ip_deliver(struct ip *ip, const struct ip_rx *rx, enum inl_drop *ret_drop);

/* To raw sockets: did one want it? */
bool ip_raw_deliver(const struct ip *ip, const struct ip_rx *rx);
bool ip_raw_error(const struct ip *ip, const struct ip_err *err);

/* For another host. @rx describes the packet; its payload is not looked at. */
enum inl_drop ip4_forward(struct ip *ip, const struct ip_rx *rx, const struct ip4_hdr *h);
enum inl_drop ip6_forward(struct ip *ip, const struct ip_rx *rx, const struct ip6_hdr *h);

/* Describes a packet of ours or one that we forward, from its bytes: false if
 * it is no packet. */
bool ip_rx_describe(const uint8_t *packet, size_t len_bytes, int link, struct ip_rx *ret_rx);

/* ---- out ---- */

/* Where a packet for @dst goes next, without choosing a source. @src: all zero
 * if not known. */
int ip_path_hop(const struct ip *ip, const struct inl_addr *dst, const struct inl_addr *src,
                uint32_t scope, struct ip_path *ret_path);

/* The same for a packet that passes through, to one of several next hops. */
struct ip_flow;
int ip_path_flow(const struct ip *ip, const struct inl_addr *dst, const struct ip_flow *flow,
                 struct ip_path *ret_path);

/* The header of so much payload. */
struct ip4_hdr ip4_header(struct ip *ip, const struct ip_tx *tx, const struct inl_addr *src,
                          size_t payload_bytes);
struct ip6_hdr ip6_header(struct ip *ip, const struct ip_tx *tx, const struct inl_addr *src,
                          struct rd payload);

/* The hop limit in it. */
uint8_t ip6_hop_limit(const struct ip *ip, const struct ip_tx *tx);

/* Prepends it. */
void ip4_push(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx, const struct inl_addr *src);
void ip6_push(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx, const struct inl_addr *src);

/* Sends a packet that has its IP header. Result and ownership as ip_out(). */
int ip_link_output(struct ip *ip, struct pkt *pkt, int link, const struct inl_addr *next_hop,
                   bool group);

/* Prepends an Ethernet header and hands the frame to the link. */
int ip_eth_output(struct ip *ip, struct pkt *pkt, int link, const uint8_t dst[6], uint16_t type);

#endif
