/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip4_in.c - an IPv4 packet arrives (RFC 791, RFC 1122 3.2.1, 3.3.6, RFC 6274,
 * RFC 7126)
 *
 * In order: is it a packet (lengths, version, checksum), can its addresses be
 * true, is it for us, may its options be, is it whole, and who wants it.
 * Everything up to the last question is dropped in silence, as RFC 1122
 * demands.
 *
 * Fragments of TCP that hide its header from filters are refused: a first one without the whole
 * fixed header, and one that begins 8 octets in (RFC 1858 3, RFC 3128).
 *
 * Host model: weak, see path.c. A TTL of 0 or 1 is good enough for ourselves
 * (RFC 1122 3.2.1.7).
 *
 * Groups: those that are listened to on the link (group.h), and senders that are wanted there.
 *
 * Source routes are refused, or lead on (srcroute.c).
 */
#include "ip/addr.h"
#include "ip/group.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/ip4opt.h"
#include "ip/link.h"
#include "ip/srcroute.h"
#include "ip/state.h"
#include "wire/icmp4.h"
#include "wire/ipproto.h"
#include "wire/tcp.h"

enum ip4_dst {
    IP4_DST_OURS,
    IP4_DST_GROUP, /* multicast */
    IP4_DST_BROADCAST,
    IP4_DST_OTHER,
};

/* Addresses that no packet from outside can have, whoever it is for. */
static enum inl_drop ip4_check_source(struct ip *ip, int link, const struct ip4_hdr *h) {
    const struct ip_addr *known = ip_addr_recall(ip, IP_MEMO_SRC, &h->src);
    uint32_t src = inl_addr_to4(&h->src);

    if (src >> 24 == 0) { /* "this host": only when asking for an address (RFC 1122 3.2.1.3 a),
                             and in IGMP (RFC 3376 4.2.13, RFC 4541 2.1.1) */
        bool asks = h->proto == IP_PROTO_UDP && inl_addr_is_broadcast(&h->dst);
        bool igmp = h->proto == IP_PROTO_IGMP && inl_addr_is_multicast(&h->dst);

        return src == 0 && (asks || igmp) ? INL_DROP_NONE : INL_DROP_BAD_SOURCE;
    }
    if (src >> 28 >= 0xe || (known && known->kind == IP_ADDR_BROADCAST)) { /* classes D and E */
        return INL_DROP_BAD_SOURCE;
    }
    if (link != IP_LOOPBACK_LINK && (known || src >> 24 == 127)) {
        return INL_DROP_MARTIAN;
    }
    return INL_DROP_NONE;
}

static enum inl_drop ip4_check_dest(int link, const struct ip4_hdr *h) {
    uint32_t dst = inl_addr_to4(&h->dst);

    if (dst >> 24 == 0 || (dst >> 28 == 0xf && dst != UINT32_MAX)) {
        return INL_DROP_BAD_DESTINATION;
    }
    if (dst >> 24 == 127 && link != IP_LOOPBACK_LINK) {
        return INL_DROP_MARTIAN;
    }
    return INL_DROP_NONE;
}

/* Whose is it? ret_home is set where a link has that address. */
static enum ip4_dst ip4_classify(struct ip *ip, const struct inl_addr *dst, int *ret_home) {
    const struct ip_addr *known;

    if (inl_addr_is_multicast(dst)) {
        return IP4_DST_GROUP;
    }
    if (inl_addr_is_broadcast(dst)) {
        return IP4_DST_BROADCAST;
    }
    known = ip_addr_recall(ip, IP_MEMO_DST, dst);
    if (known) {
        *ret_home = known->link;
        return known->kind == IP_ADDR_BROADCAST ? IP4_DST_BROADCAST : IP4_DST_OURS;
    }
    return ip->transparent || inl_addr_is_loopback(dst) ? IP4_DST_OURS : IP4_DST_OTHER;
}

/* For us, and whole: to whom? */
static enum inl_drop ip4_deliver(struct ip *ip, const struct ip_rx *rx) {
    static const struct ip_icmp_error unknown = {
        .type = 3, .code = 2, .cause = INL_CAUSE_ICMP_PROTO_UNREACH};
    struct ip_mib *mib = ip_mib(ip, rx->home, true);
    bool raw = ip_raw_deliver(ip, rx);
    enum inl_drop why;

    if (rx->proto == IP_PROTO_ICMP4) {
        mib->n[IP_MIB_IN_DELIVERS]++;
        why = ip_icmp4_input(ip, rx);
        return raw && why == INL_DROP_ICMP_NO_MATCH ? INL_DROP_NONE : why;
    }
    if (rx->proto == IP_PROTO_IGMP) {
        mib->n[IP_MIB_IN_DELIVERS]++;
        return ip_igmp_input(ip, rx);
    }
    if (rx->proto != IP_PROTO_ICMP6 && ip_deliver(ip, rx, &why)) {
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

static bool ip4_hides_header(const struct ip4_hdr *h) {
    if (h->proto != IP_PROTO_TCP) {
        return false;
    }
    return h->frag_off_bytes == 8 ||
           (h->frag_off_bytes == 0 && rd_left(&h->payload) < TCP_HDR_BYTES);
}

/* A piece of something for us. The rest of the way is that of a packet that came whole. */
static enum inl_drop ip4_fragment(struct ip *ip, struct ip_rx *rx, const struct ip4_hdr *h) {
    const struct reass_piece piece = {
        .rx = rx,
        .data = h->payload,
        .id = h->id,
        .off_bytes = h->frag_off_bytes,
        .proto = h->proto,
        .more = h->mf,
    };
    struct ip_mib *mib = ip_mib(ip, rx->home, true);
    struct reass *whole;
    struct ip4_hdr hw;
    struct rd packet;
    enum inl_drop why;

    mib->n[IP_MIB_REASM_REQDS]++;
    why = ip4_hides_header(h) ? INL_DROP_FRAG_TINY : ip_reass_add(ip, &piece, &whole);
    if (why || !whole) {
        mib->n[IP_MIB_REASM_FAILS] += why != INL_DROP_NONE && why != INL_DROP_FRAG_DUPLICATE;
        return why;
    }
    mib->n[IP_MIB_REASM_OKS]++;
    packet = ip_reass_packet(whole);
    rx->packet = rd_ptr(&packet);
    rx->packet_len = rd_left(&packet);
    rx->csum_done = false;
    rx->offload = NULL;
    rx->fragmented = true;
    why = ip4_parse(&packet, &hw);
    if (!why) {
        rx->payload = hw.payload;
        rx->ttl = hw.ttl;
        rx->tos = hw.tos;
        rx->opts = hw.opts;
        why = ip4_deliver(ip, rx);
    } else {
        ip_mib_refuse(mib, why);
    }
    ip_reass_free(ip, whole);
    return why;
}

/* A stage of its source route is reached, and the next one is not ours (RFC 1812 5.2.4.1). */
static enum inl_drop ip4_next_stage(struct ip *ip, struct ip_rx *rx, const struct ip4_hdr *h) {
    static const struct ip_icmp_error failed = {.type = ICMP4_UNREACH,
                                                .code = ICMP4_UNREACH_SOURCE_ROUTE,
                                                .cause = INL_CAUSE_ICMP_SOURCE_ROUTE};
    struct ip4_hdr on = *h;

    if (!ip->forward || ip_addr_is_group(ip, &rx->dst)) { /* RFC 1122 3.3.5: it says so */
        rx->dst = h->dst;
        ip_icmp_error(ip, rx, &failed);
        return ip_mib_refuse(ip_mib(ip, rx->link, true), INL_DROP_SOURCE_ROUTE_FAILED);
    }
    on.dst = rx->dst;
    on.opts = rx->opts;
    return ip4_forward(ip, rx, &on);
}

static enum inl_drop ip4_route(struct ip *ip, struct ip_rx *rx, const struct ip4_hdr *h,
                               bool link_group) {
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    struct ip_mib *mib = ip_mib(ip, rx->link, true);
    enum inl_drop why;

    switch (ip4_classify(ip, &h->dst, &rx->home)) {
    case IP4_DST_GROUP:
        ip_mib_received_group(mib, rx->packet_len, true);
        why = ip_group_hears(ip, rx->link, &h->dst, &h->src);
        if (why) {
            return ip_mib_refuse(mib, why);
        }
        rx->home = rx->link;
        rx->group = true;
        break;
    case IP4_DST_BROADCAST:
        ip_mib_received_group(mib, rx->packet_len, false);
        rx->home = rx->link;
        rx->group = true;
        break;
    case IP4_DST_OURS:
        if (link_group) { /* RFC 1122 3.3.6: one host's packet in everybody's frame */
            return ip_mib_refuse(mib, INL_DROP_BAD_DESTINATION);
        }
        if (rd_left(&rx->opts) > 0) {
            struct inl_addr next;

            rx->routed = (uint8_t)ip4_srcroute_advance(ip, &rx->opts, opts, &next);
            if (rx->routed) {
                rx->dst = next;
                return ip4_next_stage(ip, rx, h);
            }
        }
        break;
    case IP4_DST_OTHER:
        return ip->forward && !link_group ? ip4_forward(ip, rx, h)
                                          : ip_mib_refuse(mib, INL_DROP_NOT_FOR_US);
    }
    return ip4_is_fragment(h) ? ip4_fragment(ip, rx, h) : ip4_deliver(ip, rx);
}

/* Options are looked at before anything else is done. What is wrong with one is told to a sender
 * who means us (RFC 1122 3.2.2.5). */
static enum inl_drop ip4_options(struct ip *ip, struct ip_rx *rx, const struct ip4_hdr *h) {
    struct ip_icmp_error problem = {
        .type = ICMP4_PARAM_PROBLEM,
        .code = ICMP4_PARAM_POINTER,
        .cause = INL_CAUSE_ICMP_PARAM_PROBLEM,
    };
    uint8_t off = 0;
    enum inl_drop why = ip4_opts_check(h->opts, &off);

    if (why == INL_DROP_SOURCE_ROUTED && ip->source_routes) {
        why = ip4_srcroute_check(h->opts, &off);
    }
    if (why == INL_DROP_BAD_OPTION && ip4_classify(ip, &h->dst, &rx->home) == IP4_DST_OURS) {
        problem.rest = off;
        ip_icmp_error(ip, rx, &problem);
    }
    rx->alert = !why && ip4_opts_alert(h->opts, &rx->alert_value);
    return why;
}

/* What is too short in spite of a good header counts otherwise (RFC 4293 3.2.3 (5)). */
static enum inl_drop ip4_malformed(struct ip_mib *mib, struct rd whole, enum inl_drop why) {
    struct ip4_hdr h;
    const uint8_t *start = rd_ptr(&whole);

    if (why == INL_DROP_TRUNCATED && !ip4_parse_quoted(&whole, &h) &&
        ip4_csum_ok(start, h.hdr_len_bytes)) {
        mib->n[IP_MIB_IN_TRUNCATED_PKTS]++;
        return why;
    }
    return ip_mib_refuse(mib, why);
}

enum inl_drop ip4_input(struct ip *ip, const struct ip_from *from, struct rd packet) {
    struct ip_mib *mib = ip_mib(ip, from->link, true);
    const struct rd whole = packet;
    const uint8_t *start = rd_ptr(&packet);
    struct ip4_hdr h;
    struct ip_rx rx;
    enum inl_drop why = ip4_parse(&packet, &h);

    ip_mib_received(mib, why ? rd_left(&whole) : h.total_len_bytes);
    if (why) {
        return ip4_malformed(mib, whole, why);
    }
    if (!ip4_csum_ok(start, h.hdr_len_bytes)) {
        return ip_mib_refuse(mib, INL_DROP_BAD_CHECKSUM);
    }
    why = ip4_check_source(ip, from->link, &h);
    why = why ? why : ip4_check_dest(from->link, &h);
    if (why) {
        return ip_mib_refuse(mib, why);
    }
    rx = (struct ip_rx){
        .src = h.src,
        .dst = h.dst,
        .payload = h.payload,
        .packet = start,
        .packet_len = h.total_len_bytes,
        .link = from->via ? from->via : from->link,
        .home = from->link,
        .proto = h.proto,
        .ttl = h.ttl,
        .tos = h.tos,
        .group = from->group,
        .opts = h.opts,
        .csum_done = ip_from_csum_done(ip, from),
        .offload = from->offload,
    };
    if (h.hdr_len_bytes > IP4_HDR_BYTES) {
        why = ip4_options(ip, &rx, &h);
    }
    return why ? ip_mib_refuse(mib, why) : ip4_route(ip, &rx, &h, from->group);
}
