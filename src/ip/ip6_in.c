/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6_in.c - an IPv6 packet arrives (RFC 8200, RFC 4291, RFC 8504)
 *
 * As ip4_in.c, with two differences: there is no header checksum, and what is
 * wrong with the extension headers is told to the sender, if the header says
 * so.
 *
 * A first fragment has to hold the headers of all layers (RFC 7112). A fragment that is the whole
 * packet is taken by itself, whatever else waits under its number (RFC 6946).
 *
 * Groups: those that are listened to on the link (group.h), and senders that are wanted there.
 */
#include "ip/addr.h"
#include "ip/group.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/icmp6.h"
#include "wire/ipproto.h"

static enum inl_drop ip6_check_source(struct ip *ip, int link, const struct ip6_hdr *h) {
    if (inl_addr_is_multicast(&h->src)) {
        return INL_DROP_BAD_SOURCE;
    }
    if (link != IP_LOOPBACK_LINK &&
        (inl_addr_is_link_local(&h->src) ? ip_addr_find(ip, &h->src, link)
                                         : ip_addr_recall(ip, IP_MEMO_SRC, &h->src))) {
        return INL_DROP_MARTIAN;
    }
    return INL_DROP_NONE;
}

static enum inl_drop ip6_check_dest(int link, const struct ip6_hdr *h) {
    if (inl_addr_is_any(&h->dst)) {
        return INL_DROP_BAD_DESTINATION;
    }
    if (link == IP_LOOPBACK_LINK) {
        return INL_DROP_NONE;
    }
    if (inl_addr_is_loopback(&h->dst)) {
        return INL_DROP_MARTIAN;
    }
    /* Scopes 0 (reserved) and 1 (within one interface) are never on a wire (RFC
     * 4291 2.7). */
    if (inl_addr_is_multicast(&h->dst) && (h->dst.b[1] & 0xf) <= 1) {
        return INL_DROP_BAD_DESTINATION;
    }
    return INL_DROP_NONE;
}

/* Ours, and unicast: a link-local address on its own link only. */
static bool ip6_is_ours(struct ip *ip, const struct inl_addr *dst, int link, int *ret_home) {
    const struct ip_addr *known =
        inl_addr_is_link_local(dst)
            ? ip_addr_find(ip, dst, link == IP_LOOPBACK_LINK ? IP_LINK_ANY : link)
            : ip_addr_recall(ip, IP_MEMO_DST, dst);

    if (known) {
        *ret_home = known->link;
        return true;
    }
    return ip->transparent && !inl_addr_is_link_local(dst);
}

/* The walk over the extension headers failed. */
static enum inl_drop ip6_problem(struct ip *ip, const struct ip_rx *rx, const struct ip6_walk *walk,
                                 enum inl_drop why) {
    const struct ip_icmp_error e = {
        .type = ICMP6_PARAM_PROBLEM,
        .code = walk->problem_code,
        .rest = walk->problem_off,
        .even_group = walk->problem == IP6_PROBLEM_PARAM_ALWAYS,
        .cause = INL_CAUSE_ICMP_PARAM_PROBLEM,
    };

    if (walk->problem != IP6_PROBLEM_NONE) {
        ip_icmp_error(ip, rx, &e);
    }
    ip_mib(ip, rx->home, false)->n[IP_MIB_IN_HDR_ERRORS]++;
    return why;
}

static enum inl_drop ip6_upper(struct ip *ip, struct ip_rx *rx, const struct ip6_walk *walk) {
    const struct ip_icmp_error unknown = {
        .type = ICMP6_PARAM_PROBLEM,
        .code = ICMP6_PARAM_NEXT_HEADER,
        .rest = walk->next_off,
        .cause = INL_CAUSE_ICMP_PARAM_PROBLEM,
    };
    struct ip_mib *mib = ip_mib(ip, rx->home, false);
    enum inl_drop why;
    bool raw;

    rx->fragmented |= walk->atomic;
    rx->alert = walk->has_alert;
    rx->alert_value = walk->alert;
    rx->proto = walk->proto;
    rx->payload = walk->payload;
    rx->opts = rd_init(rx->packet + IP6_HDR_BYTES, (size_t)walk->upper_off - IP6_HDR_BYTES);
    raw = ip_raw_deliver(ip, rx);
    if (walk->proto == IP_PROTO_ICMP6) {
        mib->n[IP_MIB_IN_DELIVERS]++;
        why = ip_icmp6_input(ip, rx);
        return raw && why == INL_DROP_ICMP_NO_MATCH ? INL_DROP_NONE : why;
    }
    if (inl_addr_is_any(&rx->src)) { /* who has no address yet may only look for neighbours */
        return ip_mib_refuse(mib, INL_DROP_BAD_SOURCE);
    }
    if (walk->proto == IP_PROTO_NONE) { /* RFC 8200 4.7: nothing to do, nothing wrong */
        mib->n[IP_MIB_IN_DELIVERS]++;
        return INL_DROP_NONE;
    }
    if (walk->proto != IP_PROTO_ICMP4 && ip_deliver(ip, rx, &why)) {
        mib->n[IP_MIB_IN_DELIVERS]++;
        return why;
    }
    if (raw) {
        mib->n[IP_MIB_IN_DELIVERS]++;
        return INL_DROP_NONE;
    }
    mib->n[IP_MIB_IN_UNKNOWN_PROTOS]++;
    ip_icmp_error(ip, rx, &unknown);
    return INL_DROP_UNKNOWN_PROTOCOL;
}

/* All is there again: its headers are read anew, from the first one on. */
static enum inl_drop ip6_whole(struct ip *ip, struct ip_rx *rx, struct rd packet) {
    struct ip6_walk walk;
    struct ip6_hdr h;
    enum inl_drop why;

    rx->packet = rd_ptr(&packet);
    rx->packet_len = rd_left(&packet);
    rx->csum_done = false;
    rx->offload = NULL;
    rx->fragmented = true;
    why = ip6_parse(&packet, &h);
    if (why) {
        return ip_mib_refuse(ip_mib(ip, rx->home, false), why);
    }
    rx->ttl = h.hop_limit;
    rx->tos = h.tclass;
    rx->flow = h.flow;
    why = ip6_ext_walk(&h.payload, h.next, &walk);
    if (why) {
        return ip6_problem(ip, rx, &walk, why);
    }
    if (walk.fragment || walk.atomic) { /* a fragment header within a fragment */
        return ip_mib_refuse(ip_mib(ip, rx->home, false), INL_DROP_BAD_EXT_HEADER);
    }
    return ip6_upper(ip, rx, &walk);
}

static enum inl_drop ip6_fragment(struct ip *ip, struct ip_rx *rx, const struct ip6_walk *walk) {
    const struct ip_icmp_error incomplete = {
        .type = ICMP6_PARAM_PROBLEM,
        .code = ICMP6_PARAM_FIRST_FRAGMENT,
        .cause = INL_CAUSE_ICMP_PARAM_PROBLEM,
    };
    const struct reass_piece piece = {
        .rx = rx,
        .data = walk->payload,
        .id = walk->frag_id,
        .off_bytes = walk->frag_off_bytes,
        .next_field_off = walk->frag_named_off,
        .more = walk->frag_more,
    };
    struct ip_mib *mib = ip_mib(ip, rx->home, false);
    struct reass *whole;
    enum inl_drop why;

    if (inl_addr_is_any(&rx->src)) {
        return ip_mib_refuse(mib, INL_DROP_BAD_SOURCE);
    }
    mib->n[IP_MIB_REASM_REQDS]++;
    if (walk->frag_off_bytes == 0 && !ip6_chain_is_whole(walk->payload, walk->proto)) {
        ip_icmp_error(ip, rx, &incomplete);
        mib->n[IP_MIB_REASM_FAILS]++;
        return INL_DROP_FRAG_TINY;
    }
    why = ip_reass_add(ip, &piece, &whole);
    if (why || !whole) {
        mib->n[IP_MIB_REASM_FAILS] += why != INL_DROP_NONE && why != INL_DROP_FRAG_DUPLICATE;
        return why;
    }
    mib->n[IP_MIB_REASM_OKS]++;
    why = ip6_whole(ip, rx, ip_reass_packet(whole));
    ip_reass_free(ip, whole);
    return why;
}

static enum inl_drop ip6_route(struct ip *ip, struct ip_rx *rx, const struct ip6_hdr *h,
                               bool link_group) {
    struct ip_mib *mib = ip_mib(ip, rx->link, false);
    struct rd payload = h->payload;
    struct ip6_walk walk;
    enum inl_drop why;

    if (inl_addr_is_multicast(&h->dst)) {
        ip_mib_received_group(mib, rx->packet_len, true);
        why = ip_group_hears(ip, rx->link, &h->dst, &h->src);
        if (why) {
            return ip_mib_refuse(mib, why);
        }
        rx->group = true;
    } else if (!ip6_is_ours(ip, &h->dst, rx->link, &rx->home)) {
        return ip->forward && !link_group ? ip6_forward(ip, rx, h)
                                          : ip_mib_refuse(mib, INL_DROP_NOT_FOR_US);
    } else if (link_group) {
        return ip_mib_refuse(mib, INL_DROP_BAD_DESTINATION);
    }
    why = ip6_ext_walk(&payload, h->next, &walk);
    if (why) {
        return ip6_problem(ip, rx, &walk, why);
    }
    return walk.fragment ? ip6_fragment(ip, rx, &walk) : ip6_upper(ip, rx, &walk);
}

enum inl_drop ip6_input(struct ip *ip, const struct ip_from *from, struct rd packet) {
    struct ip_mib *mib = ip_mib(ip, from->link, false);
    const struct rd whole = packet;
    const uint8_t *start = rd_ptr(&packet);
    struct ip6_hdr h;
    struct ip_rx rx;
    enum inl_drop why = ip6_parse(&packet, &h);

    ip_mib_received(mib, why ? rd_left(&whole) : (size_t)IP6_HDR_BYTES + h.payload_len_bytes);
    if (why == INL_DROP_TRUNCATED && rd_left(&whole) >= IP6_HDR_BYTES) {
        mib->n[IP_MIB_IN_TRUNCATED_PKTS]++; /* RFC 4293 3.2.3 (5): its header is good */
        return why;
    }
    why = why ? why : ip6_check_source(ip, from->link, &h);
    why = why ? why : ip6_check_dest(from->link, &h);
    if (why) {
        return ip_mib_refuse(mib, why);
    }
    rx = (struct ip_rx){
        .src = h.src,
        .dst = h.dst,
        .packet = start,
        .packet_len = (size_t)IP6_HDR_BYTES + h.payload_len_bytes,
        .link = from->via ? from->via : from->link,
        .home = from->link,
        .proto = IP_PROTO_NONE,
        .ttl = h.hop_limit,
        .tos = h.tclass,
        .group = from->group,
        .flow = h.flow,
        .csum_done = ip_from_csum_done(ip, from),
        .offload = from->offload,
    };
    return ip6_route(ip, &rx, &h, from->group);
}
