/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c - what a connection tells an observer (include/inlet/trace.h)
 *
 * Owns nothing. The owners call when something has happened; without an observer each call costs
 * one test of a pointer. Packets are told by the stack, where they leave and enter.
 */
#include "tcp/internal.h"

static void trace_tell(const struct tcp_conn *c, enum inl_trace_kind kind,
                       struct inl_trace_tcp *tcp) {
    const struct env *env = c->tcp->env;
    const struct inl_trace t = {
        .kind = kind,
        .now = env->now,
        .link = c->path.link,
        .owner = c->opts.owner,
        .tcp = tcp,
    };

    tcp->local = &c->local;
    tcp->remote = &c->remote;
    tcp->state = (enum inl_tcp_state)c->state;
    tcp->iss = c->snd.iss.v;
    tcp->irs = c->rcv.irs.v;
    tcp->snd_una = c->snd.una.v;
    tcp->snd_nxt = c->snd.nxt.v;
    tcp->rcv_nxt = c->rcv.nxt.v;
    tcp->cwnd_bytes = c->cc.cwnd_bytes;
    tcp->ssthresh_bytes = c->cc.ssthresh_bytes;
    tcp->pipe_bytes = tcp_rec_pipe(c);
    tcp->snd_wnd_bytes = c->snd.wnd_bytes;
    tcp->rcv_wnd_bytes = tcp_rwnd_bytes(c);
    tcp->mss_bytes = c->opt.snd_mss_bytes;
    tcp->srtt_ns = c->rtt.srtt_ns;
    tcp->rttvar_ns = c->rtt.rttvar_ns;
    tcp->rto_ns = tcp_rto_ns(c);
    tcp->retransmissions = c->rtx_segs;
    env->trace(env->trace_ctx, &t);
}

void tcp_trace_state(const struct tcp_conn *c, enum inl_tcp_state from) {
    if (c->tcp->env->trace && c->opened) {
        struct inl_trace_tcp tcp = {.from = from};

        trace_tell(c, INL_TRACE_TCP_STATE, &tcp);
    }
}

void tcp_trace_metrics(const struct tcp_conn *c) {
    if (c->tcp->env->trace && tcp_state_synced(c)) {
        struct inl_trace_tcp tcp = {.from = (enum inl_tcp_state)c->state};

        trace_tell(c, INL_TRACE_TCP_METRICS, &tcp);
    }
}

void tcp_trace_event(const struct tcp_conn *c, enum inl_tcp_event event) {
    if (c->tcp->env->trace) {
        struct inl_trace_tcp tcp = {.from = (enum inl_tcp_state)c->state, .event = event};

        trace_tell(c, INL_TRACE_TCP_EVENT, &tcp);
    }
}
