/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp4.c - ICMP for IPv4 comes in (RFC 792, RFC 1122 3.2.2, RFC 5927, RFC 6633)
 *
 * Echo requests are answered from the address that they were sent to; those to groups only by
 * configuration (RFC 1122 3.2.2.6 allows silence; smurf), and then from an address of ours, within
 * the rate limit of errors. Errors are believed as far as: whole, checksum right, and about a packet
 * from us; whether such a packet was ever sent, and what follows, is the transport's to say.
 * Timestamp requests are answered by configuration only; Source Quench and mask requests are
 * obsolete and change nothing. What is as in icmp6.c stands in icmp.c.
 */
#include "wire/icmp4.h"
#include "ip/addr.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/ip4opt.h"
#include "ip/link.h"
#include "ip/srcroute.h"
#include "ip/state.h"
#include "wire/ipproto.h"

#define TIMESTAMP_BYTES 12

/* Sends an answer to rx->src, of the type and with the data of @reply. */
static enum inl_drop answer(struct ip *ip, const struct ip_rx *rx, const struct icmp4_msg *reply,
                            enum inl_cause cause) {
    const struct ip_icmp_out out = {
        .len_bytes = ICMP4_HDR_BYTES + rd_left(&reply->data),
        .type = reply->type,
        .from_dst = !rx->group,
        .limited = rx->group,
    };
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    struct ip_path path;
    struct pkt *pkt;
    enum inl_drop why = ip_icmp_begin(ip, rx, &out, &path, &pkt);
    struct wr w;

    if (!pkt) {
        return why;
    }
    const struct ip_tx tx = {
        .src = path.src,
        .dst = rx->src,
        .path = &path,
        .cause = cause,
        .proto = IP_PROTO_ICMP4,
        .tos = rx->tos,
        .opts = ip4_opts_echo(ip, rx, opts),
    };
    w = wr_init(pkt_put(pkt, out.len_bytes), out.len_bytes);
    icmp4_emit(&w, reply);
    ip_out(ip, pkt, &tx);
    return INL_DROP_NONE;
}

static enum inl_drop echo_input(struct ip *ip, const struct ip_rx *rx, const struct icmp4_msg *m) {
    const struct icmp4_msg reply = {
        .type = ICMP4_ECHO_REPLY,
        .id = m->id,
        .seq = m->seq,
        .gateway = inl_addr_any4(),
        .data = m->data,
    };

    if (!ip->icmp.echo) {
        return INL_DROP_ICMP_SILENT;
    }
    if (rx->group && !ip->icmp.echo_broadcast) {
        return INL_DROP_BROADCAST;
    }
    return answer(ip, rx, &reply, INL_CAUSE_ECHO_REPLY);
}

/* We do not know the time of day, and say so with the upper bit (RFC 792, RFC 1122 3.2.2.8). */
static enum inl_drop timestamp_input(struct ip *ip, const struct ip_rx *rx,
                                     const struct icmp4_msg *m) {
    uint32_t now = 0x80000000u | (uint32_t)(ip->env->now.ns / INL_MS % (86400 * 1000));
    uint8_t times[TIMESTAMP_BYTES];
    struct wr w = wr_init(times, sizeof(times));
    struct rd r = m->data;
    struct icmp4_msg reply = {
        .type = ICMP4_TIMESTAMP_REPLY,
        .id = m->id,
        .seq = m->seq,
        .gateway = inl_addr_any4(),
    };

    if (!ip->icmp.timestamp) {
        return INL_DROP_ICMP_SILENT;
    }
    if (rx->group) {
        return INL_DROP_BROADCAST;
    }
    wr_be32(&w, rd_be32(&r)); /* as the asker has it */
    wr_be32(&w, now);
    wr_be32(&w, now);
    if (r.bad) {
        return INL_DROP_TRUNCATED;
    }
    reply.data = rd_init(times, sizeof(times));
    return answer(ip, rx, &reply, INL_CAUSE_TIMESTAMP_REPLY);
}

static enum inl_drop error_input(struct ip *ip, const struct ip_rx *rx, const struct icmp4_msg *m) {
    struct ip4_hdr h;
    struct ip_err e = ip_icmp_err(rx, m->type, m->code, m->data, m->quoted_bytes);
    struct rd quoted = e.packet;
    enum inl_drop why;

    why = ip4_parse_quoted(&quoted, &h);
    if (why) {
        return why;
    }
    if (rx->group || h.frag_off_bytes != 0 || !inl_addr_eq(&h.src, &rx->dst)) {
        return INL_DROP_ICMP_NO_MATCH;
    }
    e.src = h.src;
    e.dst = h.dst;
    if (ip->source_routes && rd_left(&h.opts) > 0) {
        ip4_srcroute_last(h.opts, &e.dst); /* it was on its way to a stage */
    }
    e.proto = h.proto;
    e.quoted = h.payload;
    ip_icmp4_meaning(m, &e);
    return ip_icmp_report(ip, &e);
}

static enum inl_drop message(struct ip *ip, const struct ip_rx *rx) {
    struct rd r = rx->payload;
    struct icmp4_msg m;
    enum inl_drop why;

    if (!rx->csum_done && !icmp4_csum_ok(rx->payload)) {
        return rd_left(&r) < ICMP4_HDR_BYTES ? INL_DROP_TRUNCATED : INL_DROP_BAD_CHECKSUM;
    }
    why = icmp4_parse(&r, &m);
    if (why) {
        return why;
    }
    ip_icmp_mib(ip, true)->in_type[m.type]++;
    switch (m.type) {
    case ICMP4_ECHO_REQUEST:
        return echo_input(ip, rx, &m);
    case ICMP4_TIMESTAMP:
        return timestamp_input(ip, rx, &m);
    case ICMP4_ECHO_REPLY: /* to whoever has registered for ICMP */
        return ip_deliver(ip, rx, &why) ? why : INL_DROP_ICMP_NO_MATCH;
    case ICMP4_UNREACH:
    case ICMP4_TIME_EXCEEDED:
    case ICMP4_PARAM_PROBLEM:
        return error_input(ip, rx, &m);
    case ICMP4_REDIRECT:
        return ip_redirect4_input(ip, rx, &m);
    case ICMP4_QUENCH:
        return INL_DROP_ICMP_QUENCH;
    default:
        return INL_DROP_UNKNOWN_ICMP;
    }
}

enum inl_drop ip_icmp4_input(struct ip *ip, const struct ip_rx *rx) {
    enum inl_drop why = message(ip, rx);

    ip_mib_icmp_in(ip_icmp_mib(ip, true), why);
    return why;
}

/* What an error of ours would be about, with its fragment offset. */
bool ip_icmp4_may_answer(const struct ip_rx *rx) {
    struct rd packet = rd_init(rx->packet, rx->packet_len);
    struct ip4_hdr h;
    struct rd payload;
    uint8_t type;

    if (ip4_parse_quoted(&packet, &h) || h.frag_off_bytes != 0) {
        return false;
    }
    if (h.proto != IP_PROTO_ICMP4) {
        return true;
    }
    payload = h.payload;
    type = rd_u8(&payload);
    return !payload.bad && !icmp4_is_error(type);
}
