/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build.c - how a segment is encoded
 *
 * Straight into the driver's buffer: header, options, and the payload by a copy from the ring
 * that sums on the way, so each byte is touched once. The pseudo-header's sum is kept in the
 * connection. In between the frame may get longer (gso.c). A link that completes checksums gets the
 * pseudo-header's sum in the field, over the length of the whole frame.
 */
#include "tcp/quick.h"

#include "base/csum.h"
#include "wire/ipproto.h"

#include <errno.h>

static uint16_t build_urg_flag(const struct tcp_conn *c, const struct tcp_plan *plan) {
    return quick_urg_field(c, plan->seq) > 0 ? TCP_URG : 0;
}

static void build_header(struct tcp_conn *c, const struct tcp_plan *plan, uint16_t flags,
                         size_t hdr_len, struct wr *w) {
    struct tcp_hdr h = {
        .sport = c->local.port,
        .dport = c->remote.port,
        .seq = plan->seq,
        .ack = plan->flags & TCP_ACK ? c->rcv.nxt : seq_mk(0),
        .flags = flags,
        .win = tcp_rwnd_advertise(c, (plan->flags & TCP_SYN) != 0),
        .hdr_len_bytes = (uint8_t)hdr_len,
        .urg = flags & TCP_URG ? tcp_urg_field(c, plan->seq) : 0,
    };

    tcp_emit(w, &h);
}

static int build_out(struct tcp_conn *c, const struct tcp_frame *f) {
    struct ip_tx tx = {
        .src = c->local.addr,
        .dst = c->remote.addr,
        .path = &c->path,
        .owner = c->opts.owner,
        .cause = f->cause,
        .proto = IP_PROTO_TCP,
        .ttl = c->opts.ttl,
        .tos = c->opts.tos | f->ecn,
        .dont_fragment = true,
        .any_mtu = true, /* pmtud.c */
    };

    if (c->route_bytes) {
        tx.opts = tcp_route_of(c->tcp, &tx.src, c->local.port, &tx.dst, c->remote.port);
    }
    return ip_out(c->tcp->ip, f->pkt, &tx);
}

uint16_t tcp_build_flags(const struct tcp_conn *c, const struct tcp_plan *plan) {
    uint16_t ecn = quick_no_ecn(c, plan) ? 0 : tcp_ecn_flags(c, plan);

    return plan->flags | ecn | build_urg_flag(c, plan);
}

/* Which options, and their length. */
static size_t build_opts(const struct tcp_conn *c, const struct tcp_plan *plan,
                         struct tcp_opts *ret) {
    if (plan->flags & TCP_SYN || !quick_no_options(c)) {
        tcp_opt_fill(c, plan->flags, plan->data_len, ret);
        return ret->present ? tcp_opts_len(ret) : 0;
    }
    ret->present = 0;
    if (!c->ts.ok) {
        return 0;
    }
    tcp_ts_fill(c, ret);
    return TCP_TS_OPT_BYTES;
}

int tcp_build_begin(struct tcp_conn *c, const struct tcp_plan *plan, struct pkt *pkt,
                    struct tcp_frame *ret_frame) {
    uint16_t flags = tcp_build_flags(c, plan);
    struct tcp_opts opts;
    size_t hdr_len = TCP_HDR_BYTES;
    uint8_t *p;
    struct wr w;

    hdr_len += build_opts(c, plan, &opts);
    pkt->off = c->path.headroom_bytes;
    pkt->len = 0;
    p = pkt->off <= pkt->cap ? pkt_put(pkt, hdr_len) : NULL;
    if (!p || plan->data_len > pkt_tailroom(pkt)) {
        return -ENOBUFS;
    }
    w = wr_init(p, hdr_len);
    build_header(c, plan, flags, hdr_len, &w);
    if (opts.present) {
        tcp_opts_emit(&w, &opts);
    }
    if (opts.present & TCP_HAS_UTO) {
        tcp_uto_sent(c, (plan->flags & TCP_SYN) != 0);
    }
    *ret_frame = (struct tcp_frame){
        .pkt = pkt,
        .w = w,
        .cause = plan->cause,
        .seq = plan->seq,
        .hdr_len = (uint32_t)hdr_len,
        .data_len = plan->data_len,
        .flags = flags,
        .ecn = quick_no_ecn(c, plan) ? IP_ECN_NOT_ECT : tcp_ecn_field(c, plan),
    };
    return w.bad ? -ENOBUFS : 0;
}

/* The link completes the checksum: what it has to know. */
static void build_partial(const struct tcp_conn *c, struct tcp_frame *f) {
    uint64_t acc = csum_add32(c->pseudo, f->hdr_len + f->data_len);

    wr_set_be16(&f->w, TCP_CSUM_OFF, (uint16_t)~csum_fold(acc));
    f->pkt->flags |= PKT_CSUM_PARTIAL;
    f->pkt->l4 = (struct pkt_l4){
        .len_bytes = f->hdr_len + f->data_len,
        .gso_size_bytes = (uint16_t)f->gso_size,
        .hdr_len_bytes = (uint8_t)f->hdr_len,
        .csum_off_bytes = TCP_CSUM_OFF,
    };
}

int tcp_build_end(struct tcp_conn *c, struct tcp_frame *f) {
    bool partial = c->path.tx_csum && c->path.gen == ip_path_gen(c->tcp->ip);
    uint8_t *data = pkt_put(f->pkt, f->data_len);
    uint64_t acc = 0;

    if (f->data_len > 0 &&
        (!data ||
         ring_read_at(&c->snd.ring, tcp_snd_off(c, seq_add(f->seq, (f->flags & TCP_SYN) != 0)),
                      data, f->data_len, partial ? NULL : &acc) < 0)) {
        return -EFAULT; /* cannot be: see tcp_check() */
    }
    if (partial) {
        build_partial(c, f);
    } else {
        acc = csum_add_words(acc, pkt_data(f->pkt), f->hdr_len / 4);
        acc += csum_add32(c->pseudo, f->hdr_len + f->data_len);
        wr_set_be16(&f->w, TCP_CSUM_OFF, csum_fold(acc));
    }
    return f->w.bad ? -ENOBUFS : build_out(c, f);
}

int tcp_build(struct tcp_conn *c, const struct tcp_plan *plan, struct pkt *pkt) {
    struct tcp_frame frame;
    int err = tcp_build_begin(c, plan, pkt, &frame);

    return err < 0 ? err : tcp_build_end(c, &frame);
}
