/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * info.c - snapshots for people and programs
 */
#include "tcp/internal.h"

static enum inl_tcp_repair info_repair(const struct tcp_conn *c) {
    if (c->rec.timeout) {
        return INL_TCP_REPAIR_LOSS;
    }
    if (c->rec.fast) {
        return INL_TCP_REPAIR_FAST;
    }
    return c->rtxq.sacked_n > 0 || c->rec.dupacks > 0 ? INL_TCP_REPAIR_SACKED : INL_TCP_REPAIR_NONE;
}

void tcp_info(const struct tcp_conn *conn, struct inl_tcp_info *ret_info) {
    *ret_info = (struct inl_tcp_info){
        .state = tcp_state(conn),
        .snd_mss_bytes = conn->opt.snd_mss_bytes,
        .rcv_mss_bytes = conn->rcv.mss_bytes,
        .cwnd_bytes = conn->cc.cwnd_bytes,
        .ssthresh_bytes = conn->cc.ssthresh_bytes,
        .flight_bytes = tcp_snd_flight(conn),
        .pacing_rate = tcp_pace_rate(conn),
        .delivery_rate = tcp_rate_delivery(conn),
        .congestion = conn->opts.congestion,
        .sacked_bytes = conn->rtxq.sacked_bytes,
        .lost_bytes = conn->rtxq.lost_bytes,
        .notsent_bytes = tcp_state_synced(conn) ? tcp_snd_unsent(conn) : conn->snd.end_off,
        .ooo_ranges = (uint32_t)conn->rcv.ooo.n,
        .pmtu_bytes = tcp_pmtud_mtu(conn),
        .adv_mss_bytes = conn->opt.adv_mss_bytes,
        .timestamps = conn->ts.ok,
        .sack = conn->opt.sack_ok,
        .window_scaling = conn->opt.wscale_ok,
        .ecn = conn->ecn.mode,
        .delivered_ce = tcp_accecn_delivered_ce(conn),
        .snd_wnd_bytes = conn->snd.wnd_bytes,
        .rcv_wnd_bytes = tcp_rwnd_bytes(conn),
        .rcvbuf_bytes = conn->rwnd.buf_bytes,
        .sndbuf_bytes = conn->snd.sndbuf_bytes,
        .urgent_bytes = tcp_urg_left(conn),
        .rcv_space_bytes = conn->rwnd.space_bytes,
        .rcv_rtt_ns = (inl_dur)conn->rwnd.rtt_us * INL_US,
        .srtt_ns = conn->rtt.srtt_ns,
        .rttvar_ns = conn->rtt.rttvar_ns,
        .rto_ns = tcp_rto_ns(conn),
        .min_rtt_ns = conn->rtt.min_ns,
        .repair = info_repair(conn),
        .reo_wnd_mult = conn->rack.reo_mult,
        .reordering = conn->rack.reordering,
        .backoff = conn->rtt.backoff,
        .segs_out = conn->segs_out,
        .segs_in = conn->segs_in,
        .rtx_segs = conn->rtx_segs,
        .bytes_acked = conn->snd.una_off == UINT64_MAX         ? 0
                       : conn->snd.una_off > conn->snd.end_off ? conn->snd.end_off
                                                               : conn->snd.una_off,
        .bytes_received = conn->rcv.nxt_off - conn->rcv.fin_got,
        .snd_wscale = conn->opt.snd_scale,
        .rcv_wscale = conn->rwnd.scale,
        .soft_error = -conn->soft_err,
    };
}

static enum inl_family info_family(const struct inl_addr *addr) {
    return inl_addr_is4(addr) ? INL_AF_INET : INL_AF_INET6;
}

void tcp_sock_info(const struct tcp_conn *conn, struct inl_sock_info *ret_info) {
    *ret_info = (struct inl_sock_info){
        .sock = -1,
        .type = INL_SOCK_STREAM,
        .family = info_family(conn->opened ? &conn->remote.addr : &conn->local.addr),
        .local = conn->local,
        .remote = conn->remote,
        .state = tcp_state(conn),
        .rcvq = tcp_rcv_waiting(conn),
        .sndq = conn->snd.end_off - ring_head(&conn->snd.ring),
        .owner = conn->opts.owner,
    };
}

void tcp_listener_info(const struct tcp_listener *listener, struct inl_sock_info *ret_info) {
    *ret_info = (struct inl_sock_info){
        .sock = -1,
        .type = INL_SOCK_STREAM,
        .family = info_family(&listener->local.addr),
        .local = listener->local,
        .state = INL_TCP_LISTEN,
        .rcvq = listener->accept_n,
        .sndq = (uint64_t)listener->backlog,
        .owner = listener->opts.owner,
    };
}

static void each_waiting(const struct tcp *tcp, bool v6,
                         void (*fn)(void *ctx, void *user, const struct inl_sock_info *info),
                         void *ctx) {
    struct inl_sock_info info;
    bool listed;

    for (uint32_t i = 0; tcp_tw_info(tcp, v6, i, &listed, &info); i++) {
        if (listed) {
            fn(ctx, NULL, &info);
        }
    }
}

void tcp_each(const struct tcp *tcp,
              void (*fn)(void *ctx, void *user, const struct inl_sock_info *info), void *ctx) {
    struct inl_sock_info info;
    struct list *it;

    LIST_FOREACH(it, &tcp->listener_list) {
        const struct tcp_listener *l = LIST_ENTRY(it, struct tcp_listener, all);

        tcp_listener_info(l, &info);
        fn(ctx, l->user, &info);
    }
    LIST_FOREACH(it, &tcp->all) {
        const struct tcp_conn *c = LIST_ENTRY(it, struct tcp_conn, all);

        tcp_sock_info(c, &info);
        fn(ctx, c->user, &info);
    }
    for (struct hnode *n = htab_first(&tcp->rests); n; n = htab_next(&tcp->rests, n)) {
        const struct tcp_rest *r = HTAB_ENTRY(n, struct tcp_rest, node);

        tcp_rest_info(r, &info);
        fn(ctx, r->user, &info);
    }
    LIST_FOREACH(it, &tcp->syn_list) {
        tcp_syn_info(LIST_ENTRY(it, struct tcp_syn, order), &info);
        fn(ctx, NULL, &info);
    }
    each_waiting(tcp, false, fn, ctx);
    each_waiting(tcp, true, fn, ctx);
}
