/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp.c - ICMP errors about our segments (RFC 9293 3.9.2.2, RFC 1122 4.2.3.9, RFC 5927)
 *
 * Anybody can forge one, so the quoted segment must belong to a connection and its sequence
 * number must be in flight. Then: a soft error is remembered until data is acknowledged, as the
 * reason to report should the connection time out. A hard one ends a connection attempt, but never
 * an established connection (RFC 5927 4.2). What is said about the path MTU is for pmtud.c.
 */
#include "tcp/internal.h"

#include <errno.h>

static void icmp_error(struct tcp_conn *c, const struct ip_err *err, seq_t seq) {
    if (err->err == EMSGSIZE) {
        enum inl_drop drop = tcp_pmtud_icmp(c, seq, err->mtu_bytes);

        if (drop != INL_DROP_NONE) {
            env_drop(c->tcp->env, drop);
        }
    } else if (err->hard && !tcp_state_synced(c)) {
        tcp_conn_finish(c, err->err);
        return;
    } else {
        c->soft_err = err->err;
    }
    tcp_conn_settle(c);
}

enum inl_drop tcp_error(void *ctx, const struct ip_err *err) {
    struct tcp *tcp = ctx;
    struct rd r = err->quoted;
    uint16_t lport = rd_be16(&r);
    uint16_t rport = rd_be16(&r);
    seq_t seq = seq_mk(rd_be32(&r));
    struct tcp_conn *c;
    struct tcp_syn *s;
    uint64_t hash;

    if (r.bad) {
        return INL_DROP_TRUNCATED;
    }
    hash = tcp_tuple_hash(tcp, &err->src, lport, &err->dst, rport);
    s = tcp_find_syn(tcp, hash, &err->src, lport, &err->dst, rport);
    if (s && tcp_synq_error(tcp, s, err, seq)) {
        return INL_DROP_NONE;
    }
    c = tcp_find_conn(tcp, hash, &err->src, lport, &err->dst, rport);
    if (!c || !seq_in(seq, c->snd.una, tcp_snd_flight(c))) {
        return INL_DROP_ICMP_NO_MATCH;
    }
    icmp_error(c, err, seq);
    tcp_reap(tcp);
    return INL_DROP_NONE;
}
