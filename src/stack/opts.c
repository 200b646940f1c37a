/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opts.c - socket options
 *
 * A table says for each option on which sockets it exists and which values it takes; what follows
 * is where the value lives. TCP's options lie in struct tcp_sock_opts of connection or listener
 * (accepted connections inherit), UDP's in struct msg_opts, those about binding in the socket.
 * An option that a socket does not have is -ENOPROTOOPT: none is taken and then ignored.
 */
#include "stack/sockets.h"
#include "wire/ipproto.h"

#include <errno.h>

#define ON_TCP 1
#define ON_UDP 2
#define READ_ONLY 4
#define ON_RAW 8 /* raw */
#define ON_PING 16
#define ON_LITE 32
#define ON_DGRAM (ON_UDP | ON_LITE)
#define ON_MSG (ON_DGRAM | ON_RAW | ON_PING)
#define ON_BOTH (ON_TCP | ON_DGRAM)
#define ON_ALL (ON_TCP | ON_MSG)

#define BUFFER_BYTES_MIN 256
#define BUFFER_BYTES_MAX ((int64_t)1 << 30)
#define OPT_MSS_MIN 64
#define KEEP_MAX_NS (32767 * INL_S)
#define USER_TIMEOUT_MAX_NS (INT32_MAX * INL_MS)
#define OPT_MSS_MAX 65495

struct opt_rule {
    int64_t min;
    int64_t max;
    unsigned where;
};

static const struct opt_rule *opt_rule(enum inl_opt opt) {
    static const struct opt_rule rules[] = {
        [INL_OPT_REUSEADDR] = {0, 1, ON_BOTH},
        [INL_OPT_REUSEPORT] = {0, 1, ON_BOTH},
        [INL_OPT_V6ONLY] = {0, 1, ON_BOTH},
        [INL_OPT_RCVBUF] = {BUFFER_BYTES_MIN, BUFFER_BYTES_MAX, ON_ALL},
        [INL_OPT_SNDBUF] = {BUFFER_BYTES_MIN, BUFFER_BYTES_MAX, ON_TCP},
        [INL_OPT_ERROR] = {0, 0, ON_ALL | READ_ONLY},
        [INL_OPT_LINGER] = {-1, 65535, ON_TCP},
        [INL_OPT_KEEPALIVE] = {0, 1, ON_TCP},
        [INL_OPT_TTL] = {1, 255, ON_ALL},
        [INL_OPT_TOS] = {0, 255, ON_ALL},
        [INL_OPT_BROADCAST] = {0, 1, ON_MSG},
        [INL_OPT_TYPE] = {0, 0, ON_ALL | READ_ONLY},
        [INL_OPT_ACCEPTCONN] = {0, 0, ON_ALL | READ_ONLY},
        [INL_OPT_RCVQ] = {0, 0, ON_ALL | READ_ONLY},
        [INL_OPT_SNDQ] = {0, 0, ON_ALL | READ_ONLY},
        [INL_OPT_TCP_NODELAY] = {0, 1, ON_TCP},
        [INL_OPT_TCP_MAXSEG] = {OPT_MSS_MIN, OPT_MSS_MAX, ON_TCP},
        [INL_OPT_TCP_KEEPIDLE_NS] = {INL_S, KEEP_MAX_NS, ON_TCP},
        [INL_OPT_TCP_KEEPINTVL_NS] = {INL_S, KEEP_MAX_NS, ON_TCP},
        [INL_OPT_TCP_KEEPCNT] = {1, 127, ON_TCP},
        [INL_OPT_TCP_USER_TIMEOUT_NS] = {0, USER_TIMEOUT_MAX_NS, ON_TCP},
        [INL_OPT_TCP_ECN] = {INL_ECN_OFF, INL_ECN_ACCURATE, ON_TCP},
        [INL_OPT_TCP_HOLD_SYN] = {0, 1, ON_TCP},
        [INL_OPT_TCP_FASTOPEN] = {0, UINT16_MAX, ON_TCP},
        [INL_OPT_TCP_FASTOPEN_CONNECT] = {0, 1, ON_TCP},
        [INL_OPT_RCVLOWAT] = {0, BUFFER_BYTES_MAX, ON_TCP},
        [INL_OPT_SNDLOWAT] = {0, 0, ON_TCP | READ_ONLY},
        [INL_OPT_TCP_NOTSENT_LOWAT] = {0, UINT32_MAX, ON_TCP},
        [INL_OPT_TCP_CORK] = {0, 1, ON_TCP},
        [INL_OPT_TCP_QUICKACK] = {0, 1, ON_TCP},
        [INL_OPT_TCP_UTO] = {0, 1, ON_TCP},
        [INL_OPT_TCP_UTO_ADV_NS] = {0, INL_UTO_MAX_S * INL_S, ON_TCP},
        [INL_OPT_TCP_UTO_CHANGEABLE] = {0, 1, ON_TCP},
        [INL_OPT_TCP_UTO_REMOTE_NS] = {0, 0, ON_TCP | READ_ONLY},
        [INL_OPT_OOBINLINE] = {1, 1, ON_TCP},
        [INL_OPT_ATMARK] = {0, 0, ON_TCP | READ_ONLY},
        [INL_OPT_URGENT] = {0, 0, ON_TCP | READ_ONLY},
        [INL_OPT_TCP_CONGESTION] = {INT64_MIN, INT64_MAX, ON_TCP},
        [INL_OPT_RECVERR] = {0, 1, ON_MSG},
        [INL_OPT_MTU_DISCOVER] = {INL_PMTUD_DONT, INL_PMTUD_PROBE, ON_MSG},
        [INL_OPT_MULTICAST_TTL] = {0, 255, ON_MSG},
        [INL_OPT_MULTICAST_LOOP] = {0, 1, ON_MSG},
        [INL_OPT_MULTICAST_ALL] = {0, 1, ON_MSG},
        [INL_OPT_MULTICAST_LINK] = {0, INL_LINKS_MAX - 1, ON_MSG},
        [INL_OPT_PROTOCOL] = {0, 0, ON_ALL | READ_ONLY},
        [INL_OPT_HDRINCL] = {0, 1, ON_RAW},
        [INL_OPT_CSUM_OFFSET] = {-1, UINT16_MAX - 1, ON_RAW},
        [INL_OPT_UDP_NO_CHECK] = {0, 1, ON_UDP},
        [INL_OPT_UDP_WANT_CHECK] = {0, 1, ON_UDP},
        [INL_OPT_UDP_NO_CHECK6_TX] = {0, 1, ON_UDP},
        [INL_OPT_UDP_NO_CHECK6_RX] = {0, 1, ON_UDP},
        [INL_OPT_UDPLITE_SEND_COVER] = {0, UINT16_MAX, ON_LITE},
        [INL_OPT_UDPLITE_RECV_COVER] = {0, UINT16_MAX, ON_LITE},
        [INL_OPT_MTU] = {0, 0, ON_MSG | READ_ONLY},
    };
    unsigned i = (unsigned)opt;

    return i < sizeof(rules) / sizeof(rules[0]) && rules[i].where ? &rules[i] : NULL;
}

static unsigned opt_where(const struct sock *s) {
    switch (s->kind) {
    case SOCK_UDP:
        return udp_pcb_proto(s->u.pcb) == IP_PROTO_UDP ? ON_UDP : ON_LITE;
    case SOCK_RAW:
        return raw_pcb_is_ping(s->u.raw) ? ON_PING : ON_RAW;
    default:
        return ON_TCP;
    }
}

/* The rule, if this socket has the option. */
static const struct opt_rule *opt_find(const struct sock *s, enum inl_opt opt) {
    const struct opt_rule *rule = opt_rule(opt);

    if (!rule || !(rule->where & opt_where(s))) {
        return NULL;
    }
    return opt == INL_OPT_V6ONLY && s->family != INL_AF_INET6 ? NULL : rule;
}

static struct tcp_sock_opts *stream_opts(const struct sock *s) {
    return s->kind == SOCK_LISTENER ? tcp_listener_opts(s->u.listener) : tcp_conn_opts(s->u.conn);
}

/* ---- set ---- */

static int set_reuse(struct inl_stack *stack, struct sock *s, bool on) {
    if (s->bind) {
        unsigned flags = s->bind->flags & ~(unsigned)PORTS_REUSE;
        int err = ports_set_flags(stack->ports, s->bind, flags | (on ? PORTS_REUSE : 0u));

        if (err) {
            return err;
        }
    }
    s->reuse = on;
    return 0;
}

static int set_share(struct sock *s, bool on) {
    if (s->bind || s->kind == SOCK_LISTENER || sock_is_opened(s)) {
        return -EINVAL; /* others have found the port taken, or shared */
    }
    s->share = on;
    return 0;
}

static int set_v6only(struct sock *s, bool on) {
    if (s->bind || s->kind == SOCK_LISTENER || sock_is_opened(s)) {
        return -EINVAL;
    }
    s->v6only = on;
    if (s->kind == SOCK_UDP) {
        udp_pcb_opts(s->u.pcb)->v6only = on;
    } else {
        stream_opts(s)->v6only = on;
    }
    return 0;
}

static int set_tcp_generic(struct tcp_sock_opts *o, enum inl_opt opt, int64_t value) {
    switch (opt) {
    case INL_OPT_RCVBUF:
        o->rcvbuf_bytes = (uint32_t)value;
        return 0;
    case INL_OPT_SNDBUF:
        o->sndbuf_bytes = (uint32_t)value;
        return 0;
    case INL_OPT_RCVLOWAT:
        o->rcvlowat_bytes = value > 0 ? (uint32_t)value : 1;
        return 0;
    case INL_OPT_LINGER:
        o->linger_s = (int32_t)value;
        return 0;
    case INL_OPT_KEEPALIVE:
        o->keepalive = value != 0;
        return 0;
    case INL_OPT_TTL:
        o->ttl = (uint8_t)value;
        return 0;
    case INL_OPT_TOS:
        o->tos = (uint8_t)value & (uint8_t)~IP_ECN_MASK;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

static int set_tcp(const struct sock *s, enum inl_opt opt, int64_t value) {
    struct tcp_sock_opts *o = stream_opts(s);

    switch (opt) {
    case INL_OPT_TCP_NODELAY:
        o->nodelay = value != 0;
        return 0;
    case INL_OPT_TCP_CORK:
        o->cork = value != 0;
        return 0;
    case INL_OPT_OOBINLINE:
        return 0; /* as it is */
    case INL_OPT_TCP_QUICKACK:
        o->ack_mode = value ? TCP_ACK_MODE_QUICK : TCP_ACK_MODE_DELAY;
        return 0;
    case INL_OPT_TCP_NOTSENT_LOWAT:
        o->notsent_lowat_bytes = (uint32_t)value;
        return 0;
    case INL_OPT_TCP_MAXSEG:
        if (sock_is_opened(s)) {
            return -EINVAL;
        }
        o->max_seg_bytes = (uint16_t)value;
        return 0;
    case INL_OPT_TCP_KEEPIDLE_NS:
        o->keep_idle_ns = value;
        return 0;
    case INL_OPT_TCP_KEEPINTVL_NS:
        o->keep_intvl_ns = value;
        return 0;
    case INL_OPT_TCP_KEEPCNT:
        o->keep_count = (uint16_t)value;
        return 0;
    case INL_OPT_TCP_USER_TIMEOUT_NS:
        o->user_timeout_ns = value;
        o->uto_fixed |= value > 0; /* RFC 5482 3 */
        return 0;
    case INL_OPT_TCP_UTO:
        o->uto = value != 0;
        return 0;
    case INL_OPT_TCP_UTO_ADV_NS:
        o->uto_adv_s = (uint32_t)(value / INL_S);
        return 0;
    case INL_OPT_TCP_UTO_CHANGEABLE:
        o->uto_fixed = value == 0;
        return 0;
    case INL_OPT_TCP_ECN:
        if (sock_is_opened(s)) {
            return -EINVAL;
        }
        o->ecn = (uint8_t)value;
        return 0;
    case INL_OPT_TCP_CONGESTION:
        if (value < 0 || value >= INL_CC_ALGOS_MAX) {
            return -ENOENT;
        }
        o->congestion = (uint8_t)value;
        return 0;
    case INL_OPT_TCP_FASTOPEN:
        o->fastopen = (uint16_t)value;
        return 0;
    case INL_OPT_TCP_FASTOPEN_CONNECT:
        if (sock_is_opened(s)) {
            return -EINVAL;
        }
        o->fastopen_connect = value != 0;
        return 0;
    case INL_OPT_TCP_HOLD_SYN:
        if (value && sock_is_opened(s)) {
            return -EINVAL;
        }
        o->hold_syn = value != 0;
        return 0;
    default:
        return set_tcp_generic(o, opt, value);
    }
}

int inl_setsockopt(struct inl_stack *stack, inl_sock handle, enum inl_opt opt, int64_t value) {
    struct sock *s = sock_find(stack, handle);
    const struct opt_rule *rule;
    int err;

    if (!s) {
        return sock_missing(stack, handle);
    }
    rule = opt_find(s, opt);
    if (!rule || (rule->where & READ_ONLY)) {
        return -ENOPROTOOPT;
    }
    if (value < rule->min || value > rule->max) {
        return -EINVAL;
    }
    if (opt == INL_OPT_REUSEADDR) {
        return set_reuse(stack, s, value != 0);
    }
    if (opt == INL_OPT_REUSEPORT) {
        return set_share(s, value != 0);
    }
    if (opt == INL_OPT_V6ONLY) {
        return set_v6only(s, value != 0);
    }
    if (sock_is_messages(s)) {
        return msgopts_set(stack, s, opt, value);
    }
    err = set_tcp(s, opt, value);
    if (!err && s->kind == SOCK_CONN) {
        tcp_opts_changed(stack->tcp, s->u.conn, opt);
    }
    return err;
}

/* ---- get ---- */

static int64_t get_error(struct sock *s) {
    switch (s->kind) {
    case SOCK_UDP:
        return udp_take_error(s->u.pcb);
    case SOCK_RAW:
        return raw_take_error(s->u.raw);
    case SOCK_CONN:
        return tcp_take_error(s->u.conn);
    default:
        return 0;
    }
}

static int64_t get_queue(const struct sock *s, enum inl_opt opt) {
    struct inl_sock_info info;

    switch (s->kind) {
    case SOCK_UDP:
        udp_info(s->u.pcb, &info);
        break;
    case SOCK_RAW:
        raw_info(s->u.raw, &info);
        break;
    case SOCK_CONN:
        tcp_sock_info(s->u.conn, &info);
        break;
    default:
        return 0; /* a listener has no bytes */
    }
    return (int64_t)(opt == INL_OPT_RCVQ ? info.rcvq : info.sndq);
}

/* The cap that was asked for; on a connection what segments really carry. */
static int64_t get_maxseg(const struct sock *s) {
    struct inl_tcp_info info;

    if (!sock_is_opened(s)) {
        return stream_opts(s)->max_seg_bytes;
    }
    tcp_info(s->u.conn, &info);
    return info.snd_mss_bytes;
}

static uint32_t get_urgent(const struct sock *s) {
    return s->kind == SOCK_CONN ? tcp_urgent(s->u.conn) : 0;
}

/* What was set, what it has grown to, or how it will begin. */
static int64_t get_buffer(const struct sock *s, enum inl_opt opt, const struct inl_config *config) {
    const struct tcp_sock_opts *o = stream_opts(s);
    bool rcv = opt == INL_OPT_RCVBUF;
    uint32_t bytes = rcv ? o->rcvbuf_bytes : o->sndbuf_bytes;

    if (s->kind == SOCK_CONN) {
        bytes = rcv ? tcp_rcvbuf(s->u.conn) : tcp_sndbuf(s->u.conn);
    }
    if (bytes > 0) {
        return bytes;
    }
    return rcv ? config->tcp.rcvbuf_bytes : config->tcp.sndbuf_bytes;
}

static int64_t get_tcp(const struct sock *s, enum inl_opt opt, const struct inl_config *config) {
    const struct tcp_sock_opts *o = stream_opts(s);

    switch (opt) {
    case INL_OPT_RCVBUF:
    case INL_OPT_SNDBUF:
        return get_buffer(s, opt, config);
    case INL_OPT_LINGER:
        return o->linger_s;
    case INL_OPT_KEEPALIVE:
        return o->keepalive;
    case INL_OPT_TTL:
        return o->ttl ? o->ttl : config->ttl;
    case INL_OPT_TOS:
        return o->tos;
    case INL_OPT_RCVLOWAT:
        return o->rcvlowat_bytes;
    case INL_OPT_SNDLOWAT:
    case INL_OPT_OOBINLINE:
        return 1;
    case INL_OPT_TCP_UTO:
        return o->uto;
    case INL_OPT_TCP_UTO_ADV_NS:
        return o->uto_adv_s * INL_S;
    case INL_OPT_TCP_UTO_CHANGEABLE:
        return !o->uto_fixed;
    case INL_OPT_TCP_UTO_REMOTE_NS:
        return s->kind == SOCK_CONN ? tcp_uto_remote_s(s->u.conn) * INL_S : 0;
    case INL_OPT_ATMARK:
        return get_urgent(s) == 1;
    case INL_OPT_URGENT:
        return get_urgent(s);
    case INL_OPT_TCP_NODELAY:
        return o->nodelay;
    case INL_OPT_TCP_CORK:
        return o->cork;
    case INL_OPT_TCP_NOTSENT_LOWAT:
        return o->notsent_lowat_bytes;
    case INL_OPT_TCP_QUICKACK:
        return s->kind == SOCK_LISTENER ? o->ack_mode != TCP_ACK_MODE_DELAY
                                        : tcp_quickack(s->u.conn);
    case INL_OPT_TCP_MAXSEG:
        return get_maxseg(s);
    case INL_OPT_TCP_KEEPIDLE_NS:
        return o->keep_idle_ns;
    case INL_OPT_TCP_KEEPINTVL_NS:
        return o->keep_intvl_ns;
    case INL_OPT_TCP_KEEPCNT:
        return o->keep_count;
    case INL_OPT_TCP_ECN:
        return o->ecn;
    case INL_OPT_TCP_CONGESTION:
        return o->congestion;
    case INL_OPT_TCP_HOLD_SYN:
        return o->hold_syn;
    case INL_OPT_TCP_FASTOPEN:
        return o->fastopen;
    case INL_OPT_TCP_FASTOPEN_CONNECT:
        return o->fastopen_connect;
    default:
        return o->user_timeout_ns;
    }
}

int inl_getsockopt(struct inl_stack *stack, inl_sock handle, enum inl_opt opt, int64_t *ret_value) {
    struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (!opt_find(s, opt)) {
        return -ENOPROTOOPT;
    }
    switch (opt) {
    case INL_OPT_REUSEADDR:
        *ret_value = s->reuse;
        break;
    case INL_OPT_REUSEPORT:
        *ret_value = s->share;
        break;
    case INL_OPT_V6ONLY:
        *ret_value = s->v6only;
        break;
    case INL_OPT_ERROR:
        *ret_value = get_error(s);
        break;
    case INL_OPT_TYPE:
        *ret_value = sock_type(s);
        break;
    case INL_OPT_ACCEPTCONN:
        *ret_value = s->kind == SOCK_LISTENER;
        break;
    case INL_OPT_RCVQ:
    case INL_OPT_SNDQ:
        *ret_value = get_queue(s, opt);
        break;
    case INL_OPT_PROTOCOL:
        *ret_value = sock_proto(s);
        break;
    default:
        if (sock_is_messages(s)) {
            return msgopts_get(stack, s, opt, ret_value);
        }
        *ret_value = get_tcp(s, opt, &stack->config);
        break;
    }
    return 0;
}
