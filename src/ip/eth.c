/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * eth.c - framing: what kind of packet a frame carries, and the Ethernet header
 * on the way out
 *
 * A frame is for us if its destination is our address or a group (RFC 1122 2.3:
 * which groups matter is decided at the IP layer). Bare-IP links have no
 * header: the version nibble tells.
 *
 * Does not do: VLAN tags, IEEE 802.3 encapsulation (RFC 1122 2.3.3 makes it a
 * MAY to receive), padding of short frames (the device does that).
 */
#include "wire/eth.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"

#include <errno.h>
#include <string.h>

static enum inl_drop eth_input(struct ip *ip, struct ip_from *from, struct rd r) {
    const struct ip_link *l = &ip->links[from->link];
    struct eth_hdr h;
    enum inl_drop why = eth_parse(&r, &h);
    bool group;

    if (why) {
        return why;
    }
    group = eth_is_group(h.dst);
    if (!group && memcmp(h.dst, l->config.mac, sizeof(h.dst)) != 0) {
        return INL_DROP_NOT_FOR_US_LINK;
    }
    if (eth_is_group(h.src)) {
        return INL_DROP_BAD_SOURCE;
    }
    switch (h.type) {
    case ETH_TYPE_IP4:
        from->group = group;
        return ip4_input(ip, from, r);
    case ETH_TYPE_IP6:
        from->group = group;
        return ip6_input(ip, from, r);
    case ETH_TYPE_ARP:
        return ip_arp_input(ip, from->link, r);
    default:
        return INL_DROP_UNKNOWN_ETHERTYPE;
    }
}

static enum inl_drop bare_input(struct ip *ip, const struct ip_from *from, struct rd r) {
    struct rd peek = r;
    unsigned version = rd_u8(&peek) >> 4;

    if (peek.bad) {
        return INL_DROP_TRUNCATED;
    }
    switch (version) {
    case 4:
        return ip4_input(ip, from, r);
    case 6:
        return ip6_input(ip, from, r);
    default:
        return INL_DROP_BAD_VERSION;
    }
}

static enum inl_drop rx_long_way(struct ip *ip, int link, const uint8_t *data, size_t len_bytes,
                                 const struct inl_offload *offload) {
    struct ip_from from = {.link = link, .offload = offload};
    const struct rd r = rd_init(data, len_bytes);

    if (!ip_link_is_up(ip, link)) {
        return INL_DROP_LINK_DOWN;
    }
    return ip_link_kind(ip, link) == INL_LINK_ETHERNET ? eth_input(ip, &from, r)
                                                       : bare_input(ip, &from, r);
}

enum inl_drop ip_rx_frame(struct ip *ip, int link, const uint8_t *data, size_t len_bytes,
                          const struct inl_offload *offload) {
    enum inl_drop why;

    if (offload || (unsigned)link >= INL_LINKS_MAX || !ip->links[link].up ||
        !ip_quick_input(ip, link, data, len_bytes, &why)) {
        why = rx_long_way(ip, link, data, len_bytes, offload);
    }
    return env_drop(ip->env, why);
}

enum inl_drop ip_rx_looped(struct ip *ip, int via, const uint8_t *data, size_t len_bytes) {
    const struct ip_from from = {.link = IP_LOOPBACK_LINK, .via = via};

    return env_drop(ip->env, bare_input(ip, &from, rd_init(data, len_bytes)));
}

/* An IP packet has gone to its link, or the link had no room. Groups: by the Ethernet address. */
static int eth_count(struct ip *ip, int link, const uint8_t dst[6], uint16_t type, size_t octets,
                     int result) {
    struct ip_mib *mib = ip_mib(ip, link, type == ETH_TYPE_IP4);

    if (type == ETH_TYPE_ARP) {
        return result;
    }
    if (result < 0) {
        mib->n[IP_MIB_OUT_DISCARDS]++;
        return result;
    }
    ip_mib_sent(mib, octets);
    if (eth_is_group(dst)) {
        ip_mib_sent_group(mib, octets, dst[0] != 0xff);
    }
    return result;
}

int ip_eth_output(struct ip *ip, struct pkt *pkt, int link, const uint8_t dst[6], uint16_t type) {
    struct eth_hdr h = {.type = type};
    size_t octets = pkt->len;
    struct wr w;

    if (pkt->off < ETH_HDR_BYTES) {
        struct pkt *own = ip_pkt_own(ip, pkt);

        if (!own) {
            ip_link_drop(ip, pkt, link, INL_DROP_NO_MEMORY);
            return eth_count(ip, link, dst, type, octets, -ENOBUFS);
        }
        pkt = own;
    }
    memcpy(h.dst, dst, sizeof(h.dst));
    memcpy(h.src, ip->links[link].config.mac, sizeof(h.src));
    w = wr_init(pkt_push(pkt, ETH_HDR_BYTES), ETH_HDR_BYTES);
    eth_emit(&w, &h);
    return eth_count(ip, link, dst, type, octets, ip_link_place(ip, pkt, link));
}

/* The link-layer address of a group: broadcasts of IPv4 have no number of their
 * own. */
static void group_mac(const struct inl_addr *dst, uint8_t ret_mac[6]) {
    if (inl_addr_is_multicast(dst)) {
        eth_multicast(dst, ret_mac);
    } else {
        memset(ret_mac, 0xff, 6);
    }
}

/* The same for a link without an Ethernet header. */
static int bare_output(struct ip *ip, struct pkt *pkt, int link, const struct inl_addr *next_hop,
                       bool group) {
    struct ip_mib *mib = ip_mib(ip, link, inl_addr_is4(next_hop));
    size_t octets = pkt->len;
    int result = ip_link_place(ip, pkt, link);

    if (result < 0) {
        mib->n[IP_MIB_OUT_DISCARDS]++;
        return result;
    }
    ip_mib_sent(mib, octets);
    if (group) {
        ip_mib_sent_group(mib, octets, inl_addr_is_multicast(next_hop));
    }
    return result;
}

int ip_link_output(struct ip *ip, struct pkt *pkt, int link, const struct inl_addr *next_hop,
                   bool group) {
    uint8_t mac[6];

    if (!ip_link_is_up(ip, link)) {
        ip_link_discard(ip, pkt, link, INL_DROP_LINK_DOWN);
        return -ENETDOWN;
    }
    if (ip_link_kind(ip, link) != INL_LINK_ETHERNET) {
        return bare_output(ip, pkt, link, next_hop, group);
    }
    if (!group) {
        return ip_neigh_output(ip, pkt, link, next_hop);
    }
    group_mac(next_hop, mac);
    return ip_eth_output(ip, pkt, link, mac, inl_addr_is4(next_hop) ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
}
