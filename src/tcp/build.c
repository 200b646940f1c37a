/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build.c - how a segment is encoded
 *
 * Straight into the driver's buffer: header, options, and the payload by a copy from the ring
 * that sums on the way, so each byte is touched once. The pseudo-header's sum is kept in the
 * connection.
 */
#include "tcp/internal.h"

#include "base/csum.h"
#include "wire/ipproto.h"

#include <errno.h>

static void build_header(struct tcp_conn *c, const struct tcp_plan *plan, size_t hdr_len,
                         struct wr *w) {
    struct tcp_hdr h = {
        .sport = c->local.port,
        .dport = c->remote.port,
        .seq = plan->seq,
        .ack = plan->flags & TCP_ACK ? c->rcv.nxt : seq_mk(0),
        .flags = plan->flags,
        .win = tcp_rwnd_advertise(c, (plan->flags & TCP_SYN) != 0),
        .hdr_len_bytes = (uint8_t)hdr_len,
    };

    tcp_emit(w, &h);
}

static int build_out(struct tcp_conn *c, enum inl_cause cause, struct pkt *pkt) {
    struct ip_tx tx = {
        .src = c->local.addr,
        .dst = c->remote.addr,
        .path = &c->path,
        .owner = c->opts.owner,
        .cause = cause,
        .proto = IP_PROTO_TCP,
        .ttl = c->opts.ttl,
        .tos = c->opts.tos,
        .dont_fragment = true,
    };

    return ip_out(c->tcp->ip, pkt, &tx);
}

int tcp_build(struct tcp_conn *c, const struct tcp_plan *plan, struct pkt *pkt) {
    struct tcp_opts opts;
    size_t hdr_len = TCP_HDR_BYTES;
    uint64_t acc;
    uint8_t *p;
    struct wr w;

    tcp_opt_fill(c, plan->flags, plan->data_len, &opts);
    if (opts.present) {
        hdr_len += tcp_opts_len(&opts);
    }
    pkt->off = c->path.headroom_bytes;
    pkt->len = 0;
    p = pkt->off <= pkt->cap ? pkt_put(pkt, hdr_len + plan->data_len) : NULL;
    if (!p) {
        return -ENOBUFS;
    }
    w = wr_init(p, hdr_len);
    build_header(c, plan, hdr_len, &w);
    if (opts.present) {
        tcp_opts_emit(&w, &opts);
    }
    acc = csum_add32(c->pseudo, (uint32_t)(hdr_len + plan->data_len));
    acc = csum_add(acc, p, hdr_len);
    if (plan->data_len > 0 && ring_read_at(&c->snd.ring, tcp_snd_off(c, plan->seq), p + hdr_len,
                                           plan->data_len, &acc) < 0) {
        return -EFAULT; /* cannot be: see tcp_check() */
    }
    wr_set_be16(&w, TCP_CSUM_OFF, csum_fold(acc));
    return w.bad ? -ENOBUFS : build_out(c, plan->cause, pkt);
}
