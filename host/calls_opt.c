/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_opt.c - getsockopt and setsockopt
 *
 * Four kinds of options:
 *  - the engine's: translated by the table below and asked of the lab, where they take effect;
 *  - those of the descriptor itself (time-outs, SO_COOKIE): the kernel applies them to the
 *    program's end of the pair, where they do what the program expects;
 *  - what a Unix socket would betray (SO_TYPE, SO_DOMAIN, SO_PROTOCOL): answered here;
 *  - what is to go along with received messages (IP_RECVTTL and its like) is remembered here, and
 *    heeded by calls_msg.c.
 * Everything else is ENOPROTOOPT: an option that is not implemented is not accepted either.
 */
#include "host/sup.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
/* behind <netinet/tcp.h> */
#include "host/linux_sockopts.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/* udplite(7): they stand in no header of the C library. */
#define UDPLITE_SEND_CSCOV 10
#define UDPLITE_RECV_CSCOV 11

static const struct linux_sockopt options[] = {
    LINUX_SOCKOPTS,
    {SOL_SOCKET, SO_LINGER, INL_OPT_LINGER, 1},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, INL_OPT_TTL, 1},
    {IPPROTO_IPV6, IPV6_TCLASS, INL_OPT_TOS, 1},
    {IPPROTO_TCP, TCP_CONGESTION, INL_OPT_TCP_CONGESTION, 1},
    {SOL_SOCKET, SO_PROTOCOL, INL_OPT_PROTOCOL, 1},
    {IPPROTO_IP, IP_RECVERR, INL_OPT_RECVERR, 1},
    {IPPROTO_IPV6, IPV6_RECVERR, INL_OPT_RECVERR, 1},
    {IPPROTO_IP, IP_MTU_DISCOVER, INL_OPT_MTU_DISCOVER, 1},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, INL_OPT_MTU_DISCOVER, 1},
    {IPPROTO_IP, IP_MTU, INL_OPT_MTU, 1},
    {IPPROTO_IPV6, IPV6_MTU, INL_OPT_MTU, 1},
    {IPPROTO_IP, IP_MULTICAST_TTL, INL_OPT_MULTICAST_TTL, 1},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, INL_OPT_MULTICAST_TTL, 1},
    {IPPROTO_IP, IP_MULTICAST_LOOP, INL_OPT_MULTICAST_LOOP, 1},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, INL_OPT_MULTICAST_LOOP, 1},
    {IPPROTO_IP, IP_MULTICAST_ALL, INL_OPT_MULTICAST_ALL, 1},
    {IPPROTO_IPV6, IPV6_MULTICAST_ALL, INL_OPT_MULTICAST_ALL, 1},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, INL_OPT_MULTICAST_LINK, 1},
    {IPPROTO_IP, IP_HDRINCL, INL_OPT_HDRINCL, 1},
    {IPPROTO_IPV6, IPV6_CHECKSUM, INL_OPT_CSUM_OFFSET, 1},
    {SOL_RAW, IPV6_CHECKSUM, INL_OPT_CSUM_OFFSET, 1},
    {SOL_SOCKET, SO_NO_CHECK, INL_OPT_UDP_NO_CHECK, 1},
    {IPPROTO_UDP, UDP_NO_CHECK6_TX, INL_OPT_UDP_NO_CHECK6_TX, 1},
    {IPPROTO_UDP, UDP_NO_CHECK6_RX, INL_OPT_UDP_NO_CHECK6_RX, 1},
    {IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV, INL_OPT_UDPLITE_SEND_COVER, 1},
    {IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV, INL_OPT_UDPLITE_RECV_COVER, 1},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

static size_t find_option(int level, int name) {
    return linux_sockopt_find(options, OPTIONS, level, name);
}

/* Options that the kernel may apply to the program's end. */
static bool is_native(int level, int name) {
    if (level != SOL_SOCKET) {
        return false;
    }
    switch (name) {
    case SO_RCVTIMEO_OLD:
    case SO_SNDTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
    case SO_SNDTIMEO_NEW:
    case SO_RCVLOWAT:
    case SO_COOKIE:
        return true;
    default:
        return false;
    }
}

/* What is asked to go along with received messages; 0: it is no such option. */
static unsigned wanted_by(int level, int name) {
    static const struct {
        int level, name;
        unsigned what;
    } table[] = {
        {IPPROTO_IP, IP_RECVTTL, SUP_WANTS_TTL},
        {IPPROTO_IP, IP_RECVTOS, SUP_WANTS_TOS},
        {IPPROTO_IP, IP_PKTINFO, SUP_WANTS_INFO},
        {IPPROTO_IP, IP_RECVOPTS, SUP_WANTS_OPTS},
        {IPPROTO_IP, IP_RETOPTS, SUP_WANTS_RETOPTS},
        {IPPROTO_IPV6, IPV6_RECVHOPOPTS, SUP_WANTS_HOPOPTS},
        {IPPROTO_IPV6, IPV6_RECVDSTOPTS, SUP_WANTS_DSTOPTS},
        {IPPROTO_IPV6, IPV6_RECVRTHDR, SUP_WANTS_RTHDR},
        {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, SUP_WANTS_TTL},
        {IPPROTO_IPV6, IPV6_2292HOPLIMIT, SUP_WANTS_TTL_2292},
        {IPPROTO_IPV6, IPV6_RECVTCLASS, SUP_WANTS_TOS},
        {IPPROTO_IPV6, IPV6_RECVPKTINFO, SUP_WANTS_INFO},
        {SOL_SOCKET, SO_TIMESTAMP, SUP_WANTS_TIME},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].level == level && table[i].name == name) {
            return table[i].what;
        }
    }
    return 0;
}

static struct sup_sock *sock_of(const struct sup *sup, const struct call *call) {
    struct table_node *node = table_find(&sup->socks, call->cookie);

    return node != NULL ? TABLE_ENTRY(node, struct sup_sock, node) : NULL;
}

unsigned sup_sock_wants(const struct sup *sup, uint64_t cookie) {
    struct table_node *node = table_find(&sup->socks, cookie);

    return node != NULL ? TABLE_ENTRY(node, struct sup_sock, node)->wants : 0;
}

static int64_t set_wants(struct sup *sup, const struct call *call, unsigned what, bool on) {
    struct sup_sock *sock = sock_of(sup, call);

    if (sock == NULL || call->type == INL_SOCK_STREAM) {
        return -ENOPROTOOPT;
    }
    sock->wants = (uint16_t)(on ? sock->wants | what : sock->wants & ~what);
    return 0;
}

/* Which types of ICMP a raw socket does not want: ICMP_FILTER has a word, ICMP6_FILTER eight. */
static bool is_filter(const struct call *call, int level, int name) {
    return call->type == INL_SOCK_RAW && name == 1 &&
           level == (call->family == INL_AF_INET ? SOL_RAW : (int)IPPROTO_ICMPV6);
}

static int64_t set_filter(struct sup *sup, struct call *call) {
    size_t len = call->family == INL_AF_INET ? sizeof(uint32_t) : 8 * sizeof(uint32_t);
    uint32_t blocked[8] = {0};
    struct proto_msg msg;

    if ((uint32_t)call->args[4] < len) {
        return -EINVAL;
    }
    if (call_read(call, call->args[3], blocked, len) < 0) {
        return -EFAULT;
    }
    proto_init(&msg, PROTO_FILTER);
    return ask(sup, call, &msg, blocked, sizeof(blocked), -1, ask_result);
}

static int64_t give_bytes(const struct call *call, const void *buf, size_t len) {
    int32_t room;

    if (call_read(call, call->args[4], &room, sizeof(room)) < 0) {
        return -EFAULT;
    }
    if (room < 0) {
        return -EINVAL;
    }
    int32_t n = (size_t)room < len ? room : (int32_t)len;

    if (call_write(call, call->args[3], buf, (size_t)n) < 0) {
        return -EFAULT;
    }
    return call_write(call, call->args[4], &n, sizeof(n));
}

/* ---- IP_OPTIONS: up to 40 octets, padded as they will stand in the header; of a stream a source
 * route alone ---- */

static int64_t set_ip_options(struct sup *sup, struct call *call) {
    uint8_t opts[PROTO_IPOPTS_MAX] = {0};
    size_t len = (uint32_t)call->args[4];
    struct proto_msg msg;

    if (len > sizeof(opts)) {
        return -EINVAL;
    }
    if (call_read(call, call->args[3], opts, len) < 0) {
        return -EFAULT;
    }
    proto_init(&msg, PROTO_IPOPTS);
    msg.arg[0] = 1;
    return ask(sup, call, &msg, opts, (len + 3) & ~(size_t)3, -1, ask_result);
}

static int64_t ip_options_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                                 const void *payload) {
    (void)sup;
    return msg->result < 0 ? msg->result : give_bytes(call, payload, msg->payload_len);
}

static int64_t get_ip_options(struct sup *sup, struct call *call) {
    struct proto_msg msg;

    proto_init(&msg, PROTO_IPOPTS);
    return ask(sup, call, &msg, NULL, 0, -1, ip_options_answer);
}

/* ---- IPV6_HOPOPTS and its like: one extension header each (RFC 3542) ---- */

static bool is_ip6_ext(const struct call *call, int level, int name) {
    return level == IPPROTO_IPV6 && call->family == INL_AF_INET6 &&
           cmsg_ip6_ext(name) != INL_IP6_EXTS;
}

static int64_t set_ip6_ext(struct sup *sup, struct call *call, int name) {
    uint8_t header[INL_IP6_EXT_MAX_BYTES];
    size_t len = (uint32_t)call->args[4];
    struct proto_msg msg;

    if (len > sizeof(header)) {
        return -EINVAL;
    }
    if (call_read(call, call->args[3], header, len) < 0) {
        return -EFAULT;
    }
    proto_init(&msg, PROTO_IP6EXT);
    msg.arg[0] = cmsg_ip6_ext(name);
    msg.arg[1] = 1;
    return ask(sup, call, &msg, header, len, -1, ask_result);
}

static int64_t get_ip6_ext(struct sup *sup, struct call *call, int name) {
    struct proto_msg msg;

    proto_init(&msg, PROTO_IP6EXT);
    msg.arg[0] = cmsg_ip6_ext(name);
    return ask(sup, call, &msg, NULL, 0, -1, ip_options_answer);
}

/* ---- setsockopt(fd, level, name, value, len) ---- */

/* Congestion control has names: of at most 15 characters, with or without a zero behind them. */
static int cc_value(const struct call *call, int64_t *ret) {
    char name[16] = {0};
    size_t len = (size_t)call->args[4];

    len = len < sizeof(name) ? len : sizeof(name) - 1;
    if (len == 0) {
        return -EINVAL;
    }
    if (call_read(call, call->args[3], name, len) < 0) {
        return -EFAULT;
    }
    for (int i = 0; inl_cc_name((enum inl_cc_algo)i); i++) {
        const char *known = inl_cc_name((enum inl_cc_algo)i);

        if (strcmp(known, name) == 0 || (i == INL_CC_NEWRENO && strcmp(name, "reno") == 0)) {
            *ret = i;
            return 0;
        }
    }
    return -ENOENT;
}

static int set_value(const struct call *call, int name, int64_t *ret) {
    size_t len = (size_t)call->args[4];

    if (call->args[1] == SOL_SOCKET && name == SO_LINGER) {
        struct linger lin;

        if (len < sizeof(lin)) {
            return -EINVAL;
        }
        if (call_read(call, call->args[3], &lin, sizeof(lin)) < 0) {
            return -EFAULT;
        }
        *ret = lin.l_onoff ? lin.l_linger : -1;
        return 0;
    }
    if (call->args[1] == IPPROTO_TCP && name == TCP_CONGESTION) {
        return cc_value(call, ret);
    }
    int32_t v = 0;

    if (len < sizeof(v)) {
        if (len != 1 || call->args[1] != IPPROTO_IP) {
            return -EINVAL;
        }
        len = 1; /* IPPROTO_IP takes a byte, too */
    }
    if (call_read(call, call->args[3], &v, len == 1 ? 1 : sizeof(v)) < 0) {
        return -EFAULT;
    }
    *ret = v;
    return 0;
}

int64_t call_setsockopt(struct sup *sup, struct call *call) {
    int level = (int)call->args[1], name = (int)call->args[2];
    size_t at = find_option(level, name);
    struct proto_msg msg;
    int64_t value;
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    if (is_native(level, name)) {
        return CALL_CONTINUE;
    }
    if (is_filter(call, level, name)) {
        return set_filter(sup, call);
    }
    if (is_group_option(level, name)) {
        return set_group(sup, call);
    }
    if (level == IPPROTO_IP && name == IP_OPTIONS) {
        return set_ip_options(sup, call);
    }
    if (is_ip6_ext(call, level, name)) {
        return set_ip6_ext(sup, call, name);
    }
    unsigned what = wanted_by(level, name);

    if (at == OPTIONS && what == 0) {
        return -ENOPROTOOPT;
    }
    int err = set_value(call, name, &value);

    if (err < 0) {
        return err;
    }
    if (what != 0) {
        return set_wants(sup, call, what, value != 0);
    }
    switch (options[at].opt) {
    case INL_OPT_REUSEADDR:
    case INL_OPT_KEEPALIVE:
    case INL_OPT_BROADCAST:
    case INL_OPT_V6ONLY:
    case INL_OPT_TCP_NODELAY:
    case INL_OPT_TCP_CORK:
    case INL_OPT_TCP_QUICKACK:
    case INL_OPT_TCP_FASTOPEN_CONNECT:
    case INL_OPT_RECVERR:
    case INL_OPT_HDRINCL:
    case INL_OPT_MULTICAST_LOOP:
    case INL_OPT_MULTICAST_ALL:
    case INL_OPT_UDP_NO_CHECK:
    case INL_OPT_UDP_NO_CHECK6_TX:
    case INL_OPT_UDP_NO_CHECK6_RX:
        value = value != 0;
        break;
    case INL_OPT_UDPLITE_SEND_COVER: /* Linux takes what cannot be for the nearest that can */
    case INL_OPT_UDPLITE_RECV_COVER:
        value = value == 0 ? 0 : value < 8 ? 8 : value > UINT16_MAX ? UINT16_MAX : value;
        break;
    case INL_OPT_MULTICAST_TTL: /* -1: the default */
        value = value == -1 ? 1 : value;
        break;
    case INL_OPT_MTU_DISCOVER: /* the numbers are the same; name servers set _OMIT to be cut */
        value = value == IP_PMTUDISC_OMIT ? INL_PMTUD_DONT : value;
        break;
    default:
        break;
    }
    proto_init(&msg, PROTO_SETOPT);
    msg.arg[0] = options[at].opt;
    msg.arg[1] = value * options[at].unit;
    return ask(sup, call, &msg, NULL, 0, -1, ask_result);
}

/* ---- getsockopt(fd, level, name, value, len *) ---- */

static int64_t give_int(const struct call *call, int64_t value) {
    int32_t v = value > INT32_MAX ? INT32_MAX : (int32_t)value;

    return give_bytes(call, &v, sizeof(v));
}

/* An error that the kernel set on the program's end: the lab closed it, which stands for a reset.
 */
static int native_error(const struct call *call) {
    int err = 0;
    socklen_t len = sizeof(err);

    return getsockopt(call->fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 ? err : 0;
}

static int64_t get_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                          const void *payload) {
    size_t at = (size_t)call->value[0];
    int64_t value = msg->arg[1];

    (void)payload;
    if (options[at].opt == INL_OPT_ERROR) {
        int native = native_error(call);

        if (call->type != INL_SOCK_STREAM) {
            sup_sock_erring(sup, call->cookie, 0, SUP_ERR_PENDING);
            msg_drop_words(call);
        }

        return give_int(call, msg->result == 0 && value != 0 ? value : native);
    }
    if (msg->result < 0) {
        return msg->result == -EBADF ? -EINVAL : msg->result;
    }
    if (options[at].opt == INL_OPT_LINGER) {
        struct linger lin = {.l_onoff = value >= 0, .l_linger = value >= 0 ? (int)value : 0};

        return give_bytes(call, &lin, sizeof(lin));
    }
    if (options[at].opt == INL_OPT_MTU_DISCOVER) {
        return give_int(call, (int)value);
    }
    if (options[at].opt == INL_OPT_TCP_CONGESTION) {
        char name[16] = {0};

        snprintf(name, sizeof(name), "%s", inl_cc_name((enum inl_cc_algo)value));
        return give_bytes(call, name, sizeof(name));
    }
    return give_int(call, value / options[at].unit);
}

static uint8_t kernel_state(enum inl_tcp_state state) {
    static const uint8_t map[INL_TCP_STATES_MAX] = {
        [INL_TCP_CLOSED] = TCP_CLOSE,
        [INL_TCP_LISTEN] = TCP_LISTEN,
        [INL_TCP_SYN_SENT] = TCP_SYN_SENT,
        [INL_TCP_SYN_RECEIVED] = TCP_SYN_RECV,
        [INL_TCP_ESTABLISHED] = TCP_ESTABLISHED,
        [INL_TCP_FIN_WAIT_1] = TCP_FIN_WAIT1,
        [INL_TCP_FIN_WAIT_2] = TCP_FIN_WAIT2,
        [INL_TCP_CLOSE_WAIT] = TCP_CLOSE_WAIT,
        [INL_TCP_CLOSING] = TCP_CLOSING,
        [INL_TCP_LAST_ACK] = TCP_LAST_ACK,
        [INL_TCP_TIME_WAIT] = TCP_TIME_WAIT,
    };

    return (unsigned)state < INL_TCP_STATES_MAX ? map[state] : TCP_CLOSE;
}

static int64_t tcp_info_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                               const void *payload) {
    struct inl_tcp_info in;
    struct tcp_info out = {0};

    (void)sup;
    if (msg->result < 0 || msg->payload_len != sizeof(in)) {
        return msg->result < 0 ? msg->result : -EPROTO;
    }
    memcpy(&in, payload, sizeof(in));
    uint32_t mss = in.snd_mss_bytes ? in.snd_mss_bytes : 1;

    out.tcpi_state = kernel_state(in.state);
    out.tcpi_backoff = (uint8_t)in.backoff;
    out.tcpi_options = (uint8_t)(in.window_scaling ? TCPI_OPT_WSCALE : 0);
    out.tcpi_options |= (uint8_t)(in.timestamps ? TCPI_OPT_TIMESTAMPS : 0);
    out.tcpi_options |= (uint8_t)(in.sack ? TCPI_OPT_SACK : 0);
    out.tcpi_options |= (uint8_t)(in.ecn != 0 ? TCPI_OPT_ECN : 0);
    out.tcpi_snd_wscale = (uint8_t)in.snd_wscale & 0xfu;
    out.tcpi_rcv_wscale = (uint8_t)in.rcv_wscale & 0xfu;
    out.tcpi_rto = (uint32_t)(in.rto_ns / INL_US);
    out.tcpi_snd_mss = in.snd_mss_bytes;
    out.tcpi_rcv_mss = in.rcv_mss_bytes;
    out.tcpi_unacked = (in.flight_bytes + mss - 1) / mss;
    out.tcpi_rtt = (uint32_t)(in.srtt_ns / INL_US);
    out.tcpi_rttvar = (uint32_t)(in.rttvar_ns / INL_US);
    out.tcpi_snd_ssthresh = in.ssthresh_bytes / mss;
    out.tcpi_snd_cwnd = in.cwnd_bytes / mss;
    out.tcpi_advmss = in.rcv_mss_bytes;
    out.tcpi_total_retrans = (uint32_t)in.rtx_segs;
    return give_bytes(call, &out, sizeof(out));
}

int64_t call_getsockopt(struct sup *sup, struct call *call) {
    int level = (int)call->args[1], name = (int)call->args[2];
    size_t at = find_option(level, name);
    struct proto_msg msg;
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    if (is_native(level, name)) {
        return CALL_CONTINUE;
    }
    bool stream = call->type == INL_SOCK_STREAM;

    if (level == SOL_SOCKET && name == SO_TYPE) {
        return give_int(call, stream                       ? SOCK_STREAM
                              : call->type == INL_SOCK_RAW ? SOCK_RAW
                                                           : SOCK_DGRAM);
    }
    if (level == SOL_SOCKET && name == SO_DOMAIN) {
        return give_int(call, call->family == INL_AF_INET ? AF_INET : AF_INET6);
    }
    if (level == IPPROTO_TCP && name == TCP_INFO && stream) {
        proto_init(&msg, PROTO_TCPINFO);
        return ask(sup, call, &msg, NULL, 0, -1, tcp_info_answer);
    }
    if (is_group_option(level, name)) {
        return get_group(sup, call);
    }
    if (level == IPPROTO_IP && name == IP_OPTIONS) {
        return get_ip_options(sup, call);
    }
    if (is_ip6_ext(call, level, name)) {
        return get_ip6_ext(sup, call, name);
    }
    unsigned what = wanted_by(level, name);

    if (what != 0) {
        const struct sup_sock *sock = sock_of(sup, call);

        return stream || sock == NULL ? -ENOPROTOOPT : give_int(call, (sock->wants & what) != 0);
    }
    if (at == OPTIONS) {
        return -ENOPROTOOPT;
    }
    call->value[0] = (int64_t)at;
    proto_init(&msg, PROTO_GETOPT);
    msg.arg[0] = options[at].opt;
    return ask(sup, call, &msg, NULL, 0, -1, get_answer);
}
