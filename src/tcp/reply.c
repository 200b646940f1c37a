/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reply.c - segments that no connection's turn is waited for: resets, ACKs of TIME-WAIT
 *
 * They are small packets of their own, handed to IP at once. Without memory or route they are
 * not sent: every one of them is an answer that the peer can ask for again. Resets for segments of
 * no connection are limited (ip/rate.c), but to ourselves they are free.
 */
#include "tcp/internal.h"

#include "base/csum.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#define LOOPBACK_LINK 0

static size_t reply_len(const struct tcp_reply *r) {
    return TCP_HDR_BYTES + tcp_opts_len(&r->opts);
}

static void reply_encode(const struct tcp_reply *r, uint8_t *p) {
    size_t len = reply_len(r);
    struct wr w = wr_init(p, len);
    struct tcp_hdr h = {
        .sport = r->sport,
        .dport = r->dport,
        .seq = r->seq,
        .ack = r->flags & TCP_ACK ? r->ack : seq_mk(0),
        .flags = r->flags,
        .win = r->win,
        .hdr_len_bytes = (uint8_t)len,
    };
    uint64_t acc = l4_pseudo_csum(r->src, r->dst, IP_PROTO_TCP, (uint32_t)len);

    tcp_emit(&w, &h);
    tcp_opts_emit(&w, &r->opts);
    wr_set_be16(&w, TCP_CSUM_OFF, csum_fold(csum_add(acc, p, len)));
}

void tcp_reply_send(struct tcp *tcp, const struct tcp_reply *reply) {
    struct ip_path path;
    struct ip_tx tx = {
        .src = *reply->src,
        .dst = *reply->dst,
        .path = &path,
        .owner = reply->owner,
        .cause = reply->cause,
        .proto = IP_PROTO_TCP,
        .ttl = reply->ttl,
        .tos = reply->tos,
        .dont_fragment = true,
        .any_mtu = true,
    };
    struct pkt *pkt;

    if (ip_path_recall(tcp->ip, reply->dst, reply->src, reply->scope, &path) < 0) {
        return;
    }
    pkt = pkt_new(&tcp->env->mem, path.headroom_bytes, path.headroom_bytes + reply_len(reply));
    if (!pkt) {
        return;
    }
    tx.opts = tcp_route_of(tcp, reply->src, reply->sport, reply->dst, reply->dport);
    reply_encode(reply, pkt_put(pkt, reply_len(reply)));
    tcp->out_segs++;
    tcp->out_rsts += (reply->flags & TCP_RST) != 0;
    ip_out(tcp->ip, pkt, &tx);
}

void tcp_reply_rst(struct tcp *tcp, const struct tcp_seg *seg, enum inl_cause cause) {
    const struct ip_rx *rx = seg->rx;
    struct tcp_reply r = {
        .src = &rx->dst,
        .dst = &rx->src,
        .sport = seg->dport,
        .dport = seg->sport,
        .flags = TCP_RST,
        .cause = cause,
    };

    if (seg->flags & TCP_RST || rx->group || ip_addr_is_group(tcp->ip, &rx->src)) {
        return;
    }
    if (rx->link != LOOPBACK_LINK && !ip_rate_ok(tcp->ip, IP_RATE_RESETS, &rx->src)) {
        return;
    }
    if (!inl_addr_is4(&rx->src) && inl_addr_is_link_local(&rx->src)) {
        r.scope = (uint32_t)rx->link;
    }
    if (seg->flags & TCP_ACK) {
        r.seq = seg->ack;
    } else {
        r.flags |= TCP_ACK;
        r.ack = seq_add(seg->seq, tcp_seg_len(seg));
    }
    tcp_reply_send(tcp, &r);
}
