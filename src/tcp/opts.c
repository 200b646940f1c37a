/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opts.c - what the two ends agree on: MSS (RFC 9293 3.7.1, RFC 6691), window scale (RFC 7323 2),
 * SACK (RFC 2018 2); timestamps are in ts.c
 *
 * Owns tcp_conn.opt. The MSS that we announce is the link's MTU less fixed headers; the one
 * that we send is the least of the peer's, the path's and the application's. Absurdly small offers
 * count as TCP_MSS_MIN: a peer may not make us send a packet for each byte.
 *
 * An MSS counts no options (RFC 6691): what a segment carries of them goes off its data, and what
 * its IP header carries, too (RFC 1122 4.2.2.6).
 */
#include "tcp/internal.h"

#define MSS_DEFAULT4 536u  /* MUST-15 */
#define MSS_DEFAULT6 1220u /* MUST-15 */
#define TS_BYTES TCP_TS_OPT_BYTES
#define SACK_FIXED_BYTES 4u /* SACK without its blocks, with padding */
#define SACK_BLOCK_BYTES 8u
#define SACK_BLOCKS_FIRST 2u
#define DATA_MIN 8u /* whatever the options leave */

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

uint32_t tcp_opt_fixed(const struct tcp_conn *c) {
    return (c->ts.ok ? TS_BYTES : 0) + c->route_bytes;
}

uint32_t tcp_opt_mss_for(const struct tcp_conn *c, uint32_t mtu_bytes) {
    uint32_t mss = min32(c->opt.peer_mss_bytes, opt_mtu_mss(c, mtu_bytes));

    if (c->opts.max_seg_bytes > 0) {
        mss = min32(mss, max32(c->opts.max_seg_bytes, TCP_MSS_MIN));
    }
    return mss - tcp_opt_fixed(c); /* TCP_MSS_MIN is more than that */
}

static void opt_effective_mss(struct tcp_conn *c) {
    c->opt.snd_mss_bytes = tcp_opt_mss_for(c, tcp_pmtud_mtu(c));
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

void tcp_opt_from_syn(struct tcp_conn *c, const struct tcp_opts *o) {
    const struct inl_tcp_config *cfg = &c->tcp->cfg;

    if (o->present & TCP_HAS_MSS) {
        c->opt.peer_mss_bytes = max32(o->mss, TCP_MSS_MIN);
    }
    c->opt.wscale_ok = cfg->window_scaling && (o->present & TCP_HAS_WSCALE) != 0;
    c->opt.snd_scale = c->opt.wscale_ok ? o->wscale : 0;
    if (!c->opt.wscale_ok) {
        tcp_rwnd_no_scale(c);
    }
    c->opt.sack_ok = cfg->sack && (o->present & TCP_HAS_SACK_OK) != 0;
    tcp_ts_from_syn(c, o);
    tcp_uto_input(c, o);
    opt_effective_mss(c);
    tcp_rcv_mss(c, min32(c->opt.adv_mss_bytes, c->opt.snd_mss_bytes));
    tcp_cc_mss(&c->cc, c->opt.snd_mss_bytes);
}

/* A SYN offers everything; a SYN-ACK only what the SYN offered. */
static void opt_syn(const struct tcp_conn *c, bool synack, struct tcp_opts *ret) {
    const struct inl_tcp_config *cfg = &c->tcp->cfg;

    ret->mss = c->opt.adv_mss_bytes;
    ret->present |= TCP_HAS_MSS;
    if (synack ? c->opt.wscale_ok : cfg->window_scaling) {
        ret->wscale = c->rwnd.scale;
        ret->present |= TCP_HAS_WSCALE;
    }
    if (synack ? c->opt.sack_ok : cfg->sack) {
        ret->present |= TCP_HAS_SACK_OK;
    }
    if (synack ? c->ts.ok : cfg->timestamps) {
        tcp_ts_fill(c, ret);
    }
    tcp_tfo_fill(c, ret);
    if (synack) {
        tcp_accecn_fill(c, TCP_SYN | TCP_ACK, 0, TCP_OPTS_MAX_BYTES - (uint32_t)tcp_opts_len(ret),
                        ret);
    }
}

/* Bytes for options beside so much data and the timestamps. */
static uint32_t opt_bytes_room(const struct tcp_conn *c, uint32_t data_len) {
    uint32_t bytes = TCP_OPTS_MAX_BYTES - (c->ts.ok ? TS_BYTES : 0);

    if (data_len > 0) {
        uint32_t mss = c->opt.snd_mss_bytes;

        bytes = min32(bytes, mss > data_len ? mss - data_len : 0);
    }
    return bytes;
}

static unsigned opt_sack_fits(uint32_t bytes) {
    return bytes > SACK_FIXED_BYTES ? (bytes - SACK_FIXED_BYTES) / SACK_BLOCK_BYTES : 0;
}

static uint32_t opt_sack_bytes(uint32_t blocks) {
    return blocks > 0 ? SACK_FIXED_BYTES + blocks * SACK_BLOCK_BYTES : 0;
}

/* RFC 9768 3.2.3.3: two SACK blocks go before feedback of marks, and that before more blocks. */
static void opt_accecn(const struct tcp_conn *c, uint16_t flags, uint32_t data_len,
                       struct tcp_opts *ret) {
    uint32_t room = opt_bytes_room(c, data_len);
    uint32_t blocks = tcp_sackr_due(c) ? min32(tcp_sackr_count(c), SACK_BLOCKS_FIRST) : 0;
    uint32_t sack = opt_sack_bytes(min32(blocks, opt_sack_fits(room)));

    tcp_accecn_fill(c, flags, data_len, room - sack, ret);
}

void tcp_opt_fill(const struct tcp_conn *c, uint16_t flags, uint32_t data_len,
                  struct tcp_opts *ret) {
    ret->present = 0;
    ret->wscale = 0;
    if (flags & TCP_SYN) {
        opt_syn(c, (flags & TCP_ACK) != 0, ret);
        tcp_uto_fill(c, true, data_len, ret);
        return;
    }
    if (c->ts.ok) {
        tcp_ts_fill(c, ret);
    }
    if (c->ecn.acc) {
        opt_accecn(c, flags, data_len, ret);
    }
    if (tcp_sackr_due(c)) {
        uint32_t taken = (uint32_t)tcp_opts_len(ret) - (c->ts.ok ? TS_BYTES : 0);

        tcp_sackr_fill(c, opt_sack_fits(opt_bytes_room(c, data_len) - taken), ret);
    }
    if (c->uto.due) {
        tcp_uto_fill(c, false, data_len, ret);
    }
}

uint32_t tcp_opt_room(const struct tcp_conn *c) {
    uint32_t marks = c->ecn.acc ? tcp_accecn_reserve(c) : 0;
    uint32_t blocks = tcp_sackr_count(c);
    uint32_t bytes;

    if (marks == 0 && blocks == 0) {
        return c->opt.snd_mss_bytes;
    }
    blocks = min32(blocks, opt_sack_fits(opt_bytes_room(c, 0) - marks));
    bytes = marks + opt_sack_bytes(blocks);
    return c->opt.snd_mss_bytes > bytes + DATA_MIN ? c->opt.snd_mss_bytes - bytes
                                                   : c->opt.snd_mss_bytes;
}

void tcp_opt_mss_changed(struct tcp_conn *c) {
    uint32_t before = c->opt.snd_mss_bytes;

    opt_effective_mss(c);
    if (c->opt.snd_mss_bytes == before) {
        return;
    }
    tcp_cc_mss(&c->cc, c->opt.snd_mss_bytes);
    if (c->opt.snd_mss_bytes < before) {
        tcp_rtxq_split(&c->rtxq, &c->tcp->env->mem, c->opt.snd_mss_bytes);
    }
    tcp_trace_event(c, INL_TCP_EVENT_PATH_MTU);
}
