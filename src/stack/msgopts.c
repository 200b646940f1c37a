/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msgopts.c - options of sockets of messages: UDP, ping, raw (opts.c says who has which)
 */
#include "stack/sockets.h"
#include "wire/ip4.h"
#include "wire/ipproto.h"

#include <errno.h>
#include <string.h>

struct msg_opts *msg_opts(const struct sock *s) {
    return s->kind == SOCK_RAW ? &raw_pcb_opts(s->u.raw)->msg : udp_pcb_opts(s->u.pcb);
}

static int set_raw(const struct sock *s, enum inl_opt opt, int64_t value) {
    struct raw_opts *o = raw_pcb_opts(s->u.raw);
    bool is4 = s->family == INL_AF_INET;

    if (opt == INL_OPT_HDRINCL) {
        if (!is4) {
            return -ENOPROTOOPT;
        }
        o->hdrincl = value != 0;
        return 0;
    }
    if (is4) {
        return -ENOPROTOOPT;
    }
    if (raw_pcb_proto(s->u.raw) == IP_PROTO_ICMP6) {
        return value == 2 ? 0 : -EINVAL; /* RFC 3542 3.1 */
    }
    if (value > 0 && value % 2 != 0) {
        return -EINVAL;
    }
    o->csum_off = (int32_t)value;
    return 0;
}

/* What a checksum is to cover, or must: never less than the header (RFC 3828 3.1). */
static int set_cover(uint16_t *field, int64_t value) {
    if (value > 0 && value < 8) {
        return -EINVAL;
    }
    *field = (uint16_t)value;
    return 0;
}

/* Where an option that is on or off is kept; NULL: it is of another kind. */
static bool *flag_of(struct msg_opts *o, enum inl_opt opt) {
    switch (opt) {
    case INL_OPT_BROADCAST:
        return &o->broadcast;
    case INL_OPT_RECVERR:
        return &o->recverr;
    case INL_OPT_MULTICAST_LOOP:
        return &o->group_loop;
    case INL_OPT_MULTICAST_ALL:
        return &o->group_all;
    case INL_OPT_UDP_NO_CHECK:
        return &o->no_check4;
    case INL_OPT_UDP_WANT_CHECK:
        return &o->want_check;
    case INL_OPT_UDP_NO_CHECK6_TX:
        return &o->no_check6_tx;
    case INL_OPT_UDP_NO_CHECK6_RX:
        return &o->no_check6_rx;
    default:
        return NULL;
    }
}

int msgopts_set(struct inl_stack *stack, struct sock *s, enum inl_opt opt, int64_t value) {
    struct msg_opts *o = msg_opts(s);
    bool *flag = flag_of(o, opt);

    if (flag) {
        *flag = value != 0;
        return 0;
    }
    switch (opt) {
    case INL_OPT_RCVBUF:
        o->rcvbuf_bytes = (uint32_t)value;
        return 0;
    case INL_OPT_TTL:
        o->ttl = (uint8_t)value;
        return 0;
    case INL_OPT_TOS:
        o->tos = (uint8_t)value;
        return 0;
    case INL_OPT_MTU_DISCOVER:
        o->pmtud = (uint8_t)value;
        return 0;
    case INL_OPT_MULTICAST_TTL:
        o->group_ttl = (uint8_t)value;
        return 0;
    case INL_OPT_MULTICAST_LINK:
        if (value > 0 && !ip_link_exists(stack->ip, (int)value)) {
            return -ENODEV;
        }
        o->group_link = (uint16_t)value;
        return 0;
    case INL_OPT_UDPLITE_SEND_COVER:
        return set_cover(&o->cover_tx, value);
    case INL_OPT_UDPLITE_RECV_COVER:
        return set_cover(&o->cover_rx, value);
    default:
        return set_raw(s, opt, value);
    }
}

static int64_t path_mtu(const struct inl_stack *stack, const struct sock *s) {
    return s->kind == SOCK_RAW ? raw_path_mtu(stack->raw, s->u.raw)
                               : udp_path_mtu(udp_pcb_home(s->u.pcb), s->u.pcb);
}

static int64_t value_of(const struct inl_stack *stack, const struct sock *s, enum inl_opt opt) {
    struct msg_opts *o = msg_opts(s);
    const bool *flag = flag_of(o, opt);

    if (flag) {
        return *flag;
    }
    switch (opt) {
    case INL_OPT_RCVBUF:
        return o->rcvbuf_bytes;
    case INL_OPT_TTL:
        return o->ttl ? o->ttl : stack->config.ttl;
    case INL_OPT_TOS:
        return o->tos;
    case INL_OPT_MTU_DISCOVER:
        return o->pmtud;
    case INL_OPT_MULTICAST_TTL:
        return o->group_ttl;
    case INL_OPT_MULTICAST_LINK:
        return o->group_link;
    case INL_OPT_UDPLITE_SEND_COVER:
        return o->cover_tx;
    case INL_OPT_UDPLITE_RECV_COVER:
        return o->cover_rx;
    case INL_OPT_HDRINCL:
        return raw_pcb_opts(s->u.raw)->hdrincl;
    default:
        return raw_pcb_opts(s->u.raw)->csum_off;
    }
}

int msgopts_get(struct inl_stack *stack, struct sock *s, enum inl_opt opt, int64_t *ret_value) {
    int64_t value = opt == INL_OPT_MTU ? path_mtu(stack, s) : value_of(stack, s, opt);

    if (opt == INL_OPT_MTU && value < 0) {
        return (int)value;
    }
    *ret_value = value;
    return 0;
}

int inl_icmp_filter(struct inl_stack *stack, inl_sock handle, const uint32_t blocked[8]) {
    const struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (s->kind != SOCK_RAW || raw_pcb_is_ping(s->u.raw)) {
        return -EOPNOTSUPP;
    }
    memcpy(raw_pcb_opts(s->u.raw)->filter, blocked, 8 * sizeof(blocked[0]));
    return 0;
}

/* Of a stream that is none yet, or has a peer: a source route alone, perhaps behind NOPs that align
 * its addresses. */
static int set_route(struct sock *s, const uint8_t *opts, size_t len_bytes) {
    size_t i = 0;

    if (s->kind != SOCK_CONN) {
        return -EOPNOTSUPP;
    }
    while (i < len_bytes && opts[i] == IP4_OPT_NOP) {
        i++;
    }
    if (len_bytes > 0 && (i == len_bytes || (opts[i] != IP4_OPT_LSRR && opts[i] != IP4_OPT_SSRR))) {
        return -EINVAL;
    }
    return tcp_conn_route(s->u.conn, opts, len_bytes);
}

int inl_set_ip_options(struct inl_stack *stack, inl_sock handle, const void *opts,
                       size_t len_bytes) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (!ip_opts_sendable(stack->ip, rd_init(opts, len_bytes))) {
        return -EINVAL;
    }
    if (!sock_is_messages(s)) {
        return set_route(s, opts, len_bytes);
    }
    struct msg_opts *o = msg_opts(s);

    o->ip_opts_len = (uint8_t)len_bytes;
    if (len_bytes) {
        memcpy(o->ip_opts, opts, len_bytes);
    }
    return 0;
}

int64_t inl_get_ip_options(struct inl_stack *stack, inl_sock handle, void *opts, size_t max) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (s->kind == SOCK_CONN) {
        return (int64_t)tcp_conn_route_get(s->u.conn, opts, max);
    }
    if (!sock_is_messages(s)) {
        return -EOPNOTSUPP;
    }
    const struct msg_opts *o = msg_opts(s);
    size_t n = o->ip_opts_len < max ? o->ip_opts_len : max;

    if (n) {
        memcpy(opts, o->ip_opts, n);
    }
    return o->ip_opts_len;
}
