/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp6.c - ICMP for IPv6 comes in (RFC 4443); neighbour discovery goes on to nd.c
 *
 * As icmp4.c, but an echo request to a group is answered, from a unicast address
 * (RFC 4443 4.2), if the asker is on the link. An error of unknown type goes to the transport, one
 * of unknown informational type goes nowhere (RFC 4443 2.4 (a), (b)).
 */
#include "wire/icmp6.h"
#include "ip/addr.h"
#include "ip/group.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

/*
 * One answer for each host of the group is what a smurf attack lives from, so the asker must be on
 * the link: he can hurt his neighbours only, and each of us answers within the limit of errors.
 */
static bool group_echo_allowed(const struct ip *ip, const struct ip_rx *rx) {
    return ip->icmp.echo_multicast && inl_addr_is_multicast(&rx->dst) &&
           (inl_addr_is_link_local(&rx->src) || ip_addr_on_link(ip, rx->link, &rx->src));
}

static enum inl_drop echo_reply(struct ip *ip, const struct ip_rx *rx, const struct icmp6_msg *m) {
    const struct icmp6_msg reply = {
        .type = ICMP6_ECHO_REPLY,
        .id = m->id,
        .seq = m->seq,
        .data = m->data,
    };
    const struct ip_icmp_out out = {
        .len_bytes = ICMP6_HDR_BYTES + rd_left(&m->data),
        .type = reply.type,
        .from_dst = !rx->group,
        .limited = rx->group,
    };
    struct ip_path path;
    struct pkt *pkt;
    enum inl_drop why;
    struct wr w;

    if (!ip->icmp.echo) {
        return INL_DROP_ICMP_SILENT;
    }
    if (rx->group && !group_echo_allowed(ip, rx)) {
        return INL_DROP_BROADCAST;
    }
    why = ip_icmp_begin(ip, rx, &out, &path, &pkt);
    if (!pkt) {
        return why;
    }
    const struct ip_tx tx = {
        .src = path.src,
        .dst = rx->src,
        .path = &path,
        .cause = INL_CAUSE_ECHO_REPLY,
        .proto = IP_PROTO_ICMP6,
        .tos = rx->tos,
    };
    w = wr_init(pkt_put(pkt, out.len_bytes), out.len_bytes);
    icmp6_emit(&w, &reply, &tx.src, &tx.dst);
    ip_out(ip, pkt, &tx);
    return INL_DROP_NONE;
}

/* A quoted packet of ours may be a fragment, of which the first alone shows the transport. */
static enum inl_drop error_input(struct ip *ip, const struct ip_rx *rx, const struct icmp6_msg *m) {
    struct ip6_hdr h;
    struct ip6_walk walk;
    struct ip_err e = ip_icmp_err(rx, m->type, m->code, m->data, m->quoted_bytes);
    struct rd quoted = e.packet;
    enum inl_drop why;

    why = ip6_parse_quoted(&quoted, &h);
    if (why) {
        return why;
    }
    if (rx->group || !inl_addr_eq(&h.src, &rx->dst) ||
        ip6_ext_walk_quoted(&h.payload, h.next, &walk) || walk.frag_off_bytes != 0) {
        return INL_DROP_ICMP_NO_MATCH;
    }
    e.src = h.src;
    e.dst = h.dst;
    e.proto = walk.proto;
    e.quoted = walk.payload;
    ip_icmp6_meaning(m, &e);
    return ip_icmp_report(ip, &e);
}

static enum inl_drop message(struct ip *ip, const struct ip_rx *rx) {
    struct rd r = rx->payload;
    struct icmp6_msg m;
    enum inl_drop why;

    if (!rx->csum_done && !l4_csum_ok(&rx->src, &rx->dst, IP_PROTO_ICMP6, rx->payload)) {
        return rd_left(&r) < ICMP6_HDR_BYTES ? INL_DROP_TRUNCATED : INL_DROP_BAD_CHECKSUM;
    }
    why = icmp6_parse(&r, &m);
    if (why) {
        return why;
    }
    ip_icmp_mib(ip, false)->in_type[m.type]++;
    if (m.type >= ICMP6_ROUTER_SOLICIT && m.type <= ICMP6_REDIRECT) {
        return rx->fragmented ? INL_DROP_FRAGMENT : ip_nd_input(ip, rx); /* RFC 6980 5 */
    }
    if (inl_addr_is_any(&rx->src)) {
        return INL_DROP_BAD_SOURCE;
    }
    if (m.type == ICMP6_ECHO_REQUEST) {
        return echo_reply(ip, rx, &m);
    }
    if (m.type == ICMP6_ECHO_REPLY) { /* to whoever has registered for ICMPv6 */
        return ip_deliver(ip, rx, &why) ? why : INL_DROP_ICMP_NO_MATCH;
    }
    if ((m.type >= ICMP6_MLD_QUERY && m.type <= ICMP6_MLD_DONE) || m.type == ICMP6_MLD2_REPORT) {
        return ip_mld_input(ip, rx, &m);
    }
    return icmp6_is_error(m.type) ? error_input(ip, rx, &m) : INL_DROP_UNKNOWN_ICMP;
}

enum inl_drop ip_icmp6_input(struct ip *ip, const struct ip_rx *rx) {
    enum inl_drop why = message(ip, rx);

    ip_mib_icmp_in(ip_icmp_mib(ip, false), why);
    return why;
}

bool ip_icmp6_may_answer(const struct ip_rx *rx) {
    struct rd packet = rd_init(rx->packet, rx->packet_len);
    struct ip6_walk walk;
    struct ip6_hdr h;
    uint8_t type;

    if (ip6_parse_quoted(&packet, &h)) {
        return false;
    }
    if (ip6_ext_walk_quoted(&h.payload, h.next, &walk) || walk.proto != IP_PROTO_ICMP6 ||
        walk.frag_off_bytes != 0) {
        return true; /* no ICMP message, or none that can be seen */
    }
    type = rd_u8(&walk.payload);
    return !walk.payload.bad && !icmp6_is_error(type) && type != ICMP6_REDIRECT;
}
