/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_socks.c - the sockets of a lab's hosts
 *
 * What answers may be another program than a lab, or an evil one: numbers are held against their
 * range, and names against what a lab's configuration allows.
 */
#include "tools/socks/socks.h"

#include "host/client.h"
#include "tools/common/clean.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LAB_SOCKS_MAX (1 << 20) /* so that a lab that never ends its list ends us with a message */

struct asking {
    const struct socks *want;
    struct sock_list *list;
    int err;
};

static enum sock_kind kind_of(uint8_t type) {
    static const enum sock_kind kinds[] = {
        [INL_SOCK_STREAM] = SK_TCP, [INL_SOCK_DGRAM] = SK_UDP,       [INL_SOCK_RAW] = SK_RAW,
        [INL_SOCK_PING] = SK_PING,  [INL_SOCK_UDPLITE] = SK_UDPLITE,
    };

    return type < sizeof(kinds) / sizeof(kinds[0]) ? kinds[type] : SK_UDP;
}

static struct sock_end end_of(const struct proto_addr *a) {
    struct inl_sockaddr sa = proto_addr_to(a);

    return (struct sock_end){.addr = sa.addr, .scope = a->scope, .port = a->port};
}

static uint32_t segments(uint32_t bytes, uint32_t mss) {
    return mss > 0 ? (bytes + mss - 1) / mss : 0;
}

static struct sock_tcp tcp_of(const struct proto_tcp *p) {
    const char *name = inl_cc_name((enum inl_cc_algo)p->congestion);
    struct sock_tcp t = {.srtt_ns = p->srtt_us * INL_US,
                         .rttvar_ns = p->rttvar_us * INL_US,
                         .rto_ns = p->rto_us * INL_US,
                         .min_rtt_ns = p->min_rtt_us * INL_US,
                         .rcv_rtt_ns = p->rcv_rtt_us * INL_US,
                         .mss_bytes = p->mss_bytes,
                         .pmtu_bytes = p->pmtu_bytes,
                         .cwnd_bytes = p->cwnd_bytes,
                         .ssthresh_bytes = p->ssthresh_bytes < 0x3fffffff ? p->ssthresh_bytes : 0,
                         .flight_segs = segments(p->flight_bytes, p->mss_bytes),
                         .lost_segs = segments(p->lost_bytes, p->mss_bytes),
                         .sacked_segs = segments(p->sacked_bytes, p->mss_bytes),
                         .bytes_acked = p->bytes_acked,
                         .bytes_received = p->bytes_received,
                         .segs_out = p->segs_out,
                         .segs_in = p->segs_in,
                         .rtx_segs = p->rtx_segs,
                         .notsent_bytes = p->notsent_bytes,
                         .pacing_rate = p->pacing_rate,
                         .delivery_rate = p->delivery_rate,
                         .snd_wscale = p->snd_wscale,
                         .rcv_wscale = p->rcv_wscale,
                         .wscale = p->wscale != 0,
                         .timestamps = p->timestamps != 0,
                         .sack = p->sack != 0,
                         .ecn = p->ecn != 0};

    snprintf(t.congestion, sizeof(t.congestion), "%s", name != NULL ? name : "");
    return t;
}

static void add(struct asking *a, const struct proto_sock *from) {
    struct sock s = {.kind = (uint8_t)kind_of(from->type),
                     .state = from->state < INL_TCP_STATES_MAX ? from->state : INL_TCP_CLOSED,
                     .six = from->local.family == INL_AF_INET6,
                     .pid = from->pid,
                     .rcvq = from->rcvq,
                     .sndq = from->sndq,
                     .cookie = from->cookie,
                     .has_tcp = from->tcp.known != 0,
                     .local = end_of(&from->local),
                     .remote = end_of(&from->remote)};

    if (!(a->want->kinds & 1u << s.kind) || !(s.six ? a->want->six : a->want->four)) {
        return;
    }
    memcpy(s.host, from->host, sizeof(s.host));
    clean_name(s.host, sizeof(s.host));
    memcpy(s.program, from->program, sizeof(s.program) - 1);
    if (s.kind != SK_TCP) {
        s.state = s.remote.port != 0 ? INL_TCP_ESTABLISHED : INL_TCP_CLOSED;
    }
    if (s.has_tcp) {
        s.tcp = tcp_of(&from->tcp);
    }
    s.id = s.cookie != 0 ? s.cookie : sk_hash(&s);
    struct sock *to = a->list->n < LAB_SOCKS_MAX ? sk_list_add(a->list) : NULL;

    if (to == NULL) {
        a->err = a->list->n < LAB_SOCKS_MAX ? -ENOMEM : -E2BIG;
        return;
    }
    *to = s;
}

static int on_socks(void *ctx, const void *data, size_t len) {
    struct asking *a = ctx;
    struct proto_sock s;

    while (a->err == 0 && client_next(&data, &len, &s, sizeof(s))) {
        add(a, &s);
    }
    return a->err;
}

int lab_socks_read(const struct socks *want, struct sock_list *list) {
    struct asking a = {want, list, 0};

    return client_ask(want->lab_fd, PROTO_NETSTAT, on_socks, &a);
}
