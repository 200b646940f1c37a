/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag.h - a packet is cut into fragments
 */
#ifndef IP_FRAG_H
#define IP_FRAG_H

#include "base/pkt.h"
#include "ip/ip.h"
#include "wire/ip4.h"

/* Sends a transport's packet, still without an IP header, in fragments of at most mtu. The packet
 * is consumed; a borrowed one stays the caller's. IP_OUT_QUEUED, or why the rest was not sent. */
int ip_frag_out(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx, const struct ip_path *path,
                uint32_t mtu);

/* Forwards a packet that is larger than the path's MTU, and may be cut. */
enum inl_drop ip4_frag_forward(struct ip *ip, const struct ip_rx *rx, const struct ip4_hdr *h,
                               const struct ip_path *path);

#endif
