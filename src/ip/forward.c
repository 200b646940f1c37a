/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forward.c - a packet for another host passes through (RFC 1812 5, RFC 8200 3)
 *
 * Only with config.forward, in this order: may these addresses be forwarded
 * (special.c), could the source be reached by this link (config.rp_filter, or what the link has of
 * its own, RFC 3704), is there time to live, is there a route, does the packet fit. Then its
 * sender is told of a better first hop, if there is one (redirect_send.c).
 *
 * The TTL is taken down by one and the IPv4 checksum corrected by that
 * difference only (RFC 1624), so an error in the rest of the header stays
 * visible. With config.mss_clamp the MSS that SYNs offer is lowered to what the
 * links on both sides carry (wire/tcpmss.c).
 *
 * A source that fails the reverse-path check is told nothing (RFC 1812 5.3.8):
 * it is forged, and the error would go to whoever owns it.
 *
 * A packet of IPv4 that is too large is cut (frag.c), unless DF is set; then, and in IPv6, its
 * sender is told. Record route and timestamp are filled in (ip4opt.c), and so is the stage of a
 * source route (srcroute.c).
 *
 * Does not do: the hop-by-hop header (RFC 8200 4.3 lets routers ignore it), multicast.
 */
#include "base/csum.h"
#include "ip/addr.h"
#include "ip/frag.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/ip4opt.h"
#include "ip/link.h"
#include "ip/redirect.h"
#include "ip/route.h"
#include "ip/special.h"
#include "ip/srcroute.h"
#include "ip/state.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipproto.h"
#include "wire/tcp.h"
#include "wire/tcpmss.h"

#include <errno.h>
#include <string.h>

#define IP4_TTL_OFF 8
#define IP4_CSUM_OFF 10
#define IP4_DST_OFF 16
#define IP6_HOP_LIMIT_OFF 7

static enum inl_drop forward_refuse(struct ip *ip, const struct ip_rx *rx, uint8_t type,
                                    uint8_t code, uint32_t rest, enum inl_cause cause,
                                    enum inl_drop why) {
    const struct ip_icmp_error e = {
        .type = type,
        .code = code,
        .rest = rest,
        .even_group = type == ICMP6_TOO_BIG && !inl_addr_is4(&rx->dst),
        .cause = cause,
    };

    ip_icmp_error(ip, rx, &e);
    return why;
}

/* What may not leave its link, may not be, or comes from where it cannot come from. */
static enum inl_drop forward_check(struct ip *ip, const struct ip_rx *rx) {
    const struct ip_link *l = &ip->links[rx->link];
    enum inl_rp_filter rp = l->own_rp_filter ? l->rp_filter : ip->rp_filter;

    if (!inl_addr_is4(&rx->dst) && inl_addr_is_link_local(&rx->src) &&
        !inl_addr_is_link_local(&rx->dst) && !inl_addr_is_multicast(&rx->dst)) {
        return forward_refuse(ip, rx, ICMP6_UNREACH, ICMP6_UNREACH_SCOPE, 0, INL_CAUSE_ICMP_SCOPE,
                              INL_DROP_NOT_FOR_US);
    }
    if (ip_addr_is_tentative(ip, &rx->dst)) { /* RFC 4862 5.4: nobody's yet */
        return INL_DROP_NOT_FOR_US;
    }
    if (!ip_special_forwardable(&rx->src, true, ip->strict_martians) ||
        !ip_special_forwardable(&rx->dst, false, ip->strict_martians)) {
        return INL_DROP_MARTIAN;
    }
    if (rp != INL_RP_FILTER_OFF &&
        !ip_route_leads_back(ip, &rx->src, rp == INL_RP_FILTER_STRICT ? rx->link : IP_LINK_ANY)) {
        return INL_DROP_REVERSE_PATH;
    }
    return INL_DROP_NONE;
}

/* There is no way, or a route says that there shall be none. */
static enum inl_drop forward_no_way(struct ip *ip, const struct ip_rx *rx, int err) {
    bool is4 = inl_addr_is4(&rx->dst);
    uint8_t type = is4 ? ICMP4_UNREACH : ICMP6_UNREACH;

    if (rx->routed && err != -EINVAL) { /* RFC 1812 5.2.4.3 */
        return forward_refuse(ip, rx, ICMP4_UNREACH, ICMP4_UNREACH_SOURCE_ROUTE, 0,
                              INL_CAUSE_ICMP_SOURCE_ROUTE, INL_DROP_SOURCE_ROUTE_FAILED);
    }
    switch (err) {
    case -EINVAL:
        return INL_DROP_ROUTE_BLACKHOLE;
    case -EHOSTUNREACH:
        return forward_refuse(ip, rx, type, is4 ? ICMP4_UNREACH_HOST : ICMP6_UNREACH_REJECT, 0,
                              INL_CAUSE_ICMP_HOST_UNREACH, INL_DROP_ROUTE_UNREACHABLE);
    case -EACCES:
        return forward_refuse(ip, rx, type, is4 ? ICMP4_UNREACH_FILTERED : ICMP6_UNREACH_PROHIBITED,
                              0, INL_CAUSE_ICMP_PROHIBITED, INL_DROP_ROUTE_PROHIBIT);
    default:
        return forward_refuse(ip, rx, type, is4 ? ICMP4_UNREACH_NET : ICMP6_UNREACH_NO_ROUTE, 0,
                              INL_CAUSE_ICMP_NET_UNREACH, INL_DROP_NO_ROUTE);
    }
}

/* What both versions begin with: may it pass, has it time left, and where does it go? */
static inline enum inl_drop forward_begin(struct ip *ip, const struct ip_rx *rx, bool is4,
                                          const struct ip_flow *flow, struct ip_path *ret_path) {
    struct ip_mib *mib = ip_mib(ip, rx->link, is4);
    enum inl_drop why = forward_check(ip, rx);
    int err;

    if (why) {
        (void)ip_mib_refuse(mib, why);
        return why;
    }
    if (rx->ttl <= 1) {
        mib->n[IP_MIB_IN_HDR_ERRORS]++;
        return forward_refuse(ip, rx, is4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED,
                              is4 ? ICMP4_TIME_TTL : ICMP6_TIME_HOP_LIMIT, 0,
                              INL_CAUSE_ICMP_TIME_EXCEEDED, INL_DROP_TTL_EXCEEDED);
    }
    err = ip_path_flow(ip, &rx->dst, flow, ret_path);
    if (err) {
        mib->n[IP_MIB_IN_FORW_DATAGRAMS]++;
        mib->n[IP_MIB_IN_NO_ROUTES]++;
        return forward_no_way(ip, rx, err);
    }
    return INL_DROP_NONE;
}

/* It goes: the counters of the link that it leaves by. */
static inline struct ip_mib *forward_count(struct ip *ip, const struct ip_rx *rx, bool is4,
                                           const struct ip_path *path) {
    struct ip_mib *out = ip_mib(ip, path->link, is4);

    ip_mib(ip, rx->link, is4)->n[IP_MIB_IN_FORW_DATAGRAMS]++;
    out->n[IP_MIB_OUT_FORW_DATAGRAMS]++;
    return out;
}

/* Both ports, for protocols that have them in this place. */
static uint32_t flow_ports(uint8_t proto, struct rd payload) {
    return proto == IP_PROTO_TCP || proto == IP_PROTO_UDP || proto == IP_PROTO_UDPLITE
               ? rd_be32(&payload)
               : 0;
}

/* An owned copy with room for a link header, on its way from rx->link. */
static struct pkt *forward_copy(struct ip *ip, const struct ip_rx *rx) {
    struct pkt *pkt = pkt_new(&ip->env->mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + rx->packet_len);

    if (pkt) {
        memcpy(pkt_put(pkt, rx->packet_len), rx->packet, rx->packet_len);
        pkt->cause = INL_CAUSE_FORWARDED;
        pkt->link = (uint16_t)rx->link;
    }
    return pkt;
}

/*
 * config.mss_clamp: neither end of a connection through us shall offer segments that one of our
 * links cannot carry. What lies behind extension headers is left alone.
 */
static void forward_clamp(const struct ip *ip, const struct ip_rx *rx, struct pkt *pkt, int out,
                          size_t ip_hdr, size_t fixed_hdr) {
    uint32_t in_mtu = ip_link_mtu(ip, rx->link);
    uint32_t mtu = ip_link_mtu(ip, out) < in_mtu ? ip_link_mtu(ip, out) : in_mtu;
    uint32_t mss = mtu - (uint32_t)fixed_hdr - TCP_HDR_BYTES;

    if (ip->mss_clamp && pkt->len > ip_hdr) {
        tcp_clamp_mss(pkt_data(pkt) + ip_hdr, pkt->len - ip_hdr,
                      (uint16_t)(mss < UINT16_MAX ? mss : UINT16_MAX), rx->offload != NULL);
    }
}

/* Record route and timestamp, in a copy: false if that is not possible. */
static bool forward_options(struct ip *ip, const struct ip_rx *rx, const struct ip_path *path,
                            struct ip4_hdr *h, uint8_t buf[IP4_OPTS_MAX_BYTES],
                            uint8_t *ret_problem_off) {
    size_t len = rd_left(&h->opts);
    struct inl_addr own = inl_addr_any4();

    memcpy(buf, rd_ptr(&h->opts), len);
    h->opts = rd_init(buf, len);
    ip_addr_select(ip, path->link, &rx->dst, &own);
    if (rx->routed) {
        ip4_srcroute_record(buf, len, &own);
    }
    return ip4_opts_fill(ip, buf, len, &own, ret_problem_off);
}

/* A strict route leads from stage to stage by one link: what is on its way between two of them is
 * not for us (RFC 1812 5.2.2), and the next one is a neighbour (5.2.4.3). */
static enum inl_drop forward_strict(struct ip *ip, const struct ip_rx *rx, const struct ip4_hdr *h,
                                    const struct ip_path *path) {
    if (!rx->routed && ip4_srcroute_kind(h->opts) == IP_ROUTED_STRICT) {
        return forward_refuse(ip, rx, ICMP4_PARAM_PROBLEM, ICMP4_PARAM_POINTER, IP4_DST_OFF,
                              INL_CAUSE_ICMP_PARAM_PROBLEM, INL_DROP_SOURCE_ROUTE_FAILED);
    }
    if (rx->routed == IP_ROUTED_STRICT && !inl_addr_eq(&path->next_hop, &rx->dst)) {
        return forward_refuse(ip, rx, ICMP4_UNREACH, ICMP4_UNREACH_SOURCE_ROUTE, 0,
                              INL_CAUSE_ICMP_SOURCE_ROUTE, INL_DROP_SOURCE_ROUTE_FAILED);
    }
    return INL_DROP_NONE;
}

/* Options of a packet on its way: what they want of us goes into buf, and h. */
static enum inl_drop forward_with_options(struct ip *ip, const struct ip_rx *rx,
                                          const struct ip_path *path, struct ip4_hdr *h,
                                          uint8_t buf[IP4_OPTS_MAX_BYTES]) {
    uint8_t problem_off;
    enum inl_drop why;

    if (rd_left(&h->opts) == 0) {
        return INL_DROP_NONE;
    }
    why = forward_strict(ip, rx, h, path);
    if (!why && !forward_options(ip, rx, path, h, buf, &problem_off)) {
        why = forward_refuse(ip, rx, ICMP4_PARAM_PROBLEM, ICMP4_PARAM_POINTER, problem_off,
                             INL_CAUSE_ICMP_PARAM_PROBLEM, INL_DROP_BAD_OPTION);
    }
    return why;
}

/* Who names the way himself is not told of a better one (RFC 1812 5.2.7.2). */
static void forward_redirect(struct ip *ip, const struct ip_rx *rx, const struct ip4_hdr *h,
                             const struct ip_path *path) {
    if (ip4_srcroute_kind(h->opts) == IP_ROUTED_NO) {
        ip_redirect_send(ip, rx, path);
    }
}

enum inl_drop ip4_forward(struct ip *ip, const struct ip_rx *rx, const struct ip4_hdr *h) {
    const struct ip_flow flow = {
        .src = rx->src,
        .ports = ip4_is_fragment(h) ? 0 : flow_ports(h->proto, h->payload),
        .proto = h->proto,
    };
    struct ip_mib *mib_out;
    struct ip_path path;
    struct pkt *pkt;
    struct ip4_hdr out = *h;
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    struct wr w;
    uint16_t ttl_word = (uint16_t)(h->ttl << 8 | h->proto);
    enum inl_drop why = forward_begin(ip, rx, true, &flow, &path);

    if (why) {
        return why;
    }
    why = forward_with_options(ip, rx, &path, &out, opts);
    if (why) {
        return ip_mib_refuse(ip_mib(ip, rx->link, true), why);
    }
    mib_out = forward_count(ip, rx, true, &path);
    if (h->total_len_bytes > path.mtu_bytes) {
        mib_out->n[IP_MIB_OUT_FRAG_REQDS]++;
        if (!h->df) {
            forward_redirect(ip, rx, h, &path);
            out.ttl = (uint8_t)(h->ttl - 1);
            return ip4_frag_forward(ip, rx, &out, &path);
        }
        mib_out->n[IP_MIB_OUT_FRAG_FAILS]++;
        return forward_refuse(ip, rx, ICMP4_UNREACH, ICMP4_UNREACH_FRAG_NEEDED, path.mtu_bytes,
                              INL_CAUSE_ICMP_TOO_BIG, INL_DROP_TOO_BIG);
    }
    forward_redirect(ip, rx, h, &path);
    pkt = forward_copy(ip, rx);
    if (!pkt) {
        mib_out->n[IP_MIB_OUT_DISCARDS]++;
        return INL_DROP_NO_MEMORY;
    }
    w = wr_init(pkt_data(pkt), pkt->len);
    wr_take(&w, IP4_HDR_BYTES); /* the header is there already: only two fields change */
    wr_set_u8(&w, IP4_TTL_OFF, (uint8_t)(h->ttl - 1));
    wr_set_be16(&w, IP4_CSUM_OFF, csum_replace16(h->csum, ttl_word, (uint16_t)(ttl_word - 0x100)));
    if (rd_left(&out.opts) > 0) {
        w = wr_init(pkt_data(pkt), h->hdr_len_bytes);
        out.ttl = (uint8_t)(h->ttl - 1);
        ip4_emit(&w, &out);
    }
    if (h->proto == IP_PROTO_TCP && h->frag_off_bytes == 0) {
        forward_clamp(ip, rx, pkt, path.link, h->hdr_len_bytes, IP4_HDR_BYTES);
    }
    ip_link_output(ip, pkt, path.link, &path.next_hop, path.group);
    return INL_DROP_NONE;
}

enum inl_drop ip6_forward(struct ip *ip, const struct ip_rx *rx, const struct ip6_hdr *h) {
    const struct ip_flow flow = {
        /* RFC 6438: the label stands for the ports */
        .src = rx->src,
        .ports = h->flow ? h->flow : flow_ports(h->next, h->payload),
        .proto = h->next,
    };
    struct ip_mib *mib_out;
    struct ip_path path;
    struct pkt *pkt;
    struct wr w;
    enum inl_drop why = forward_begin(ip, rx, false, &flow, &path);

    if (why) {
        return why;
    }
    mib_out = forward_count(ip, rx, false, &path);
    if (rx->packet_len > path.mtu_bytes) {
        mib_out->n[IP_MIB_OUT_FRAG_REQDS]++;
        mib_out->n[IP_MIB_OUT_FRAG_FAILS]++;
        return forward_refuse(ip, rx, ICMP6_TOO_BIG, 0, path.mtu_bytes, INL_CAUSE_ICMP_TOO_BIG,
                              INL_DROP_TOO_BIG);
    }
    ip_redirect_send(ip, rx, &path);
    pkt = forward_copy(ip, rx);
    if (!pkt) {
        mib_out->n[IP_MIB_OUT_DISCARDS]++;
        return INL_DROP_NO_MEMORY;
    }
    w = wr_init(pkt_data(pkt), pkt->len);
    wr_take(&w, IP6_HDR_BYTES);
    wr_set_u8(&w, IP6_HOP_LIMIT_OFF, (uint8_t)(h->hop_limit - 1));
    if (h->next == IP_PROTO_TCP) {
        forward_clamp(ip, rx, pkt, path.link, IP6_HDR_BYTES, IP6_HDR_BYTES);
    }
    ip_link_output(ip, pkt, path.link, &path.next_hop, path.group);
    return INL_DROP_NONE;
}
