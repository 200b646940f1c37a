/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opts.c - what the two ends agree on: MSS (RFC 9293 3.7.1, RFC 6691), window scale (RFC 7323 2)
 *
 * Owns tcp_conn.opt. The MSS that we announce is the link's MTU less fixed headers; the one
 * that we send is the least of the peer's, the path's and the application's. Absurdly small offers
 * count as TCP_MSS_MIN: a peer may not make us send a packet for each byte.
 *
 * Does not do: SACK-permitted and timestamps; a peer's offer of them is not answered.
 */
#include "tcp/internal.h"

#define MSS_DEFAULT4 536u  /* MUST-15 */
#define MSS_DEFAULT6 1220u /* MUST-15 */
#define MTU_MIN4 576u      /* ICMP may not push IPv4 below this (RFC 1191 says 68) */
#define MTU_MIN6 1280u

static uint32_t min32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t max32(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static bool opt_is4(const struct tcp_conn *c) {
    return inl_addr_is4(&c->remote.addr);
}

static uint32_t opt_mtu_mss(const struct tcp_conn *c, uint32_t mtu) {
    uint32_t hdrs = tcp_opt_hdrs(c);

    return mtu > hdrs + TCP_MSS_MIN ? mtu - hdrs : TCP_MSS_MIN;
}

static void opt_effective_mss(struct tcp_conn *c) {
    uint32_t mtu = c->path.mtu_bytes;
    uint32_t mss;

    if (c->opt.pmtu_bytes > 0) {
        mtu = min32(mtu, c->opt.pmtu_bytes);
    }
    mss = min32(c->opt.peer_mss_bytes, opt_mtu_mss(c, mtu));
    if (c->opts.max_seg_bytes > 0) {
        mss = min32(mss, max32(c->opts.max_seg_bytes, TCP_MSS_MIN));
    }
    c->opt.snd_mss_bytes = mss;
}

void tcp_opt_init(struct tcp_conn *c) {
    uint32_t adv = opt_mtu_mss(c, c->path.mtu_bytes);

    if (c->opts.max_seg_bytes > 0) {
        adv = min32(adv, max32(c->opts.max_seg_bytes, TCP_MSS_MIN));
    }
    c->opt = (struct tcp_opt){
        .peer_mss_bytes = opt_is4(c) ? MSS_DEFAULT4 : MSS_DEFAULT6,
        .adv_mss_bytes = (uint16_t)min32(adv, UINT16_MAX),
    };
    opt_effective_mss(c);
}

void tcp_opt_from_syn(struct tcp_conn *c, struct rd opts) {
    struct tcp_opts o;

    tcp_opts_parse(opts, &o);
    if (o.present & TCP_HAS_MSS) {
        c->opt.peer_mss_bytes = max32(o.mss, TCP_MSS_MIN);
    }
    c->opt.wscale_ok = (o.present & TCP_HAS_WSCALE) != 0; /* we always offer it */
    c->opt.snd_scale = c->opt.wscale_ok ? o.wscale : 0;
    if (!c->opt.wscale_ok) {
        tcp_rwnd_no_scale(c);
    }
    opt_effective_mss(c);
    tcp_rcv_mss(c, min32(c->opt.adv_mss_bytes, c->opt.snd_mss_bytes));
    tcp_cc_mss(&c->cc, c->opt.snd_mss_bytes);
}

/* A SYN offers everything; a SYN-ACK only what the SYN offered. */
void tcp_opt_syn(const struct tcp_conn *c, bool synack, struct tcp_opts *ret) {
    ret->mss = c->opt.adv_mss_bytes;
    ret->present = TCP_HAS_MSS;
    if (!synack || c->opt.wscale_ok) {
        ret->wscale = c->rwnd.scale;
        ret->present |= TCP_HAS_WSCALE;
    }
}

bool tcp_opt_pmtu(struct tcp_conn *c, uint32_t mtu_bytes) {
    uint32_t floor = opt_is4(c) ? MTU_MIN4 : MTU_MIN6;
    uint32_t mtu = max32(mtu_bytes, floor);
    uint32_t before = c->opt.snd_mss_bytes;

    /* the link's own MTU is nothing learnt */
    if (mtu < (c->opt.pmtu_bytes == 0 ? c->path.mtu_bytes : c->opt.pmtu_bytes)) {
        c->opt.pmtu_bytes = mtu;
    }
    opt_effective_mss(c);
    if (c->opt.snd_mss_bytes >= before) {
        return false;
    }
    tcp_cc_mss(&c->cc, c->opt.snd_mss_bytes);
    tcp_rtxq_split(&c->rtxq, &c->tcp->env->mem, c->opt.snd_mss_bytes);
    return true;
}
