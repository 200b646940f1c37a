/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbols.c - names of the socket API that scripts use, and of ICMP messages
 *
 * Two tables. The numbers of the first are the host system's, which is of no weight: calls.c
 * compares with the same constants. The second holds, for one name, type and code in both IP
 * versions, so that one script serves both (RFC 792, RFC 4443); -1 where a version has none.
 */
#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct symbol {
    const char *name;
    int64_t value;
};

#define S(name)                                                                                    \
    { #name, (int64_t)name }

static const struct symbol symbols[] = {
    S(AF_INET),
    S(AF_INET6),
    S(SOCK_STREAM),
    S(SOCK_DGRAM),
    S(SOCK_NONBLOCK),
    S(IPPROTO_IP),
    S(IPPROTO_IPV6),
    S(IPPROTO_TCP),
    S(IPPROTO_UDP),
    S(SOL_SOCKET),
    {"SOL_TCP", IPPROTO_TCP},
    {"SOL_IP", IPPROTO_IP},
    S(SO_REUSEADDR),
    S(SO_REUSEPORT),
    S(SO_RCVBUF),
    S(SO_SNDBUF),
    S(SO_ERROR),
    S(SO_LINGER),
    S(SO_KEEPALIVE),
    S(SO_BROADCAST),
    S(SO_TYPE),
    S(SO_ACCEPTCONN),
    S(IP_TTL),
    S(IP_TOS),
    S(IPV6_V6ONLY),
    S(IPV6_HOPOPTS),
    S(IPV6_RTHDRDSTOPTS),
    S(IPV6_RTHDR),
    S(IPV6_DSTOPTS),
    S(TCP_NODELAY),
    S(TCP_FASTOPEN),
    S(TCP_FASTOPEN_CONNECT),
    {"MSG_FASTOPEN", 0x20000000},
    S(TCP_MAXSEG),
    S(TCP_KEEPIDLE),
    S(TCP_KEEPINTVL),
    S(TCP_KEEPCNT),
    S(TCP_USER_TIMEOUT),
    S(SO_RCVLOWAT),
    S(SO_SNDLOWAT),
    S(TCP_CORK),
    S(TCP_QUICKACK),
    S(TCP_NOTSENT_LOWAT),
    S(MSG_MORE),
    S(MSG_OOB),
    S(SO_OOBINLINE),
    S(POLLPRI),
    {"SIOCATMARK", 0x8905},
    {"TCP_UTO", 0x10001}, /* ours: no system has them */
    {"TCP_UTO_ADV", 0x10002},
    {"TCP_UTO_CHANGEABLE", 0x10003},
    {"TCP_UTO_REMOTE", 0x10004},
    {"TCP_ECN", PS_TCP_ECN},
    S(TCP_CONGESTION),
    S(MSG_PEEK),
    S(MSG_TRUNC),
    S(MSG_DONTWAIT),
    S(SHUT_RD),
    S(SHUT_WR),
    S(SHUT_RDWR),
    S(F_GETFL),
    S(F_SETFL),
    S(O_RDWR),
    S(O_NONBLOCK),
    S(POLLIN),
    S(POLLOUT),
    S(POLLERR),
    S(POLLHUP),
    {"NULL", 0},
    S(EPOLLIN),
    S(EPOLLOUT),
    S(EPOLLERR),
    S(EPOLLHUP),
    S(EPOLLRDHUP),
    S(EPOLLPRI),
    {"EPOLLET", (int64_t)1 << 31},
    S(EPOLLONESHOT),
    S(EPOLL_CTL_ADD),
    S(EPOLL_CTL_MOD),
    S(EPOLL_CTL_DEL),
    {"SPLICE_F_MOVE", 1},
    {"SPLICE_F_NONBLOCK", 2},
    {"SPLICE_F_MORE", 4},
    {"POLLRDHUP", 0x2000},
    {"POLLTROUBLE", 0x4000}, /* ours: INL_EV_TROUBLE */
    {"SIOCINQ", 0x541b},
    {"SIOCOUTQ", 0x5411},
};

static const struct symbol errnos[] = {
    S(ENOENT),          S(EEXIST),        S(ENOSPC),       S(EBUSY),
    S(EAGAIN),          S(EINPROGRESS),   S(EALREADY),     S(EISCONN),
    S(ENOTCONN),        S(ECONNREFUSED),  S(ECONNRESET),   S(ECONNABORTED),
    S(ETIMEDOUT),       S(EPIPE),         S(EHOSTUNREACH), S(ENETUNREACH),
    S(EADDRINUSE),      S(EADDRNOTAVAIL), S(EINVAL),       S(EBADF),
    S(EOPNOTSUPP),      S(EMSGSIZE),      S(EDESTADDRREQ), S(EAFNOSUPPORT),
    S(EPROTONOSUPPORT), S(EMFILE),        S(ENOMEM),       S(ENOBUFS),
    S(ENOPROTOOPT),     S(EACCES),        S(ENETDOWN),     S(EPROTO),
    S(EPERM),           S(EHOSTDOWN),     S(ENONET),       {"EWOULDBLOCK", EAGAIN},
};

static const struct symbol *find(const struct symbol *table, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

bool ps_symbol(const char *name, int64_t *ret_value) {
    const struct symbol *s = find(symbols, sizeof(symbols) / sizeof(symbols[0]), name);

    if (!s) {
        int err;

        if (!ps_errno_value(name, &err)) {
            return false;
        }
        *ret_value = err;
        return true;
    }
    *ret_value = s->value;
    return true;
}

bool ps_errno_value(const char *name, int *ret_errno) {
    const struct symbol *s = find(errnos, sizeof(errnos) / sizeof(errnos[0]), name);

    if (s) {
        *ret_errno = (int)s->value;
    }
    return s != NULL;
}

const char *ps_errno_name(int err) {
    for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
        if (errnos[i].value == err) {
            return errnos[i].name;
        }
    }
    return "E?";
}

struct icmp_name {
    const char *type, *code; /* code "": the type has no codes with names */
    int type4, code4, type6, code6;
};

static const struct icmp_name icmp_names[] = {
    {"unreachable", "net_unreachable", 3, 0, 1, 0},
    {"unreachable", "host_unreachable", 3, 1, 1, 3},
    {"unreachable", "protocol_unreachable", 3, 2, 4, 1},
    {"unreachable", "port_unreachable", 3, 3, 1, 4},
    {"unreachable", "frag_needed", 3, 4, 2, 0},
    {"unreachable", "source_route_failed", 3, 5, -1, 0},
    {"unreachable", "admin_prohibited", 3, 13, 1, 1},
    {"source_quench", "", 4, 0, -1, 0},
    {"time_exceeded", "ttl", 11, 0, 3, 0},
    {"time_exceeded", "reassembly", 11, 1, 3, 1},
    {"parameter_problem", "", 12, 0, 4, 0},
    {"echo_request", "", 8, 0, 128, 0},
    {"echo_reply", "", 0, 0, 129, 0},
};

#define ICMP_NAMES ((int)(sizeof(icmp_names) / sizeof(icmp_names[0])))

bool ps_icmp_type_needs_code(const char *type) {
    for (int i = 0; i < ICMP_NAMES; i++) {
        if (strcmp(icmp_names[i].type, type) == 0) {
            return icmp_names[i].code[0] != '\0';
        }
    }
    return false;
}

int ps_icmp_find(const char *type, const char *code) {
    for (int i = 0; i < ICMP_NAMES; i++) {
        if (strcmp(icmp_names[i].type, type) == 0 && strcmp(icmp_names[i].code, code) == 0) {
            return i;
        }
    }
    return -1;
}

bool ps_icmp_wire(int index, bool v6, uint8_t *ret_type, uint8_t *ret_code) {
    const struct icmp_name *n = &icmp_names[index];

    if ((v6 ? n->type6 : n->type4) < 0) {
        return false;
    }
    *ret_type = (uint8_t)(v6 ? n->type6 : n->type4);
    *ret_code = (uint8_t)(v6 ? n->code6 : n->code4);
    return true;
}

const char *ps_icmp_name(bool v6, uint8_t type, uint8_t code) {
    for (int i = 0; i < ICMP_NAMES; i++) {
        const struct icmp_name *n = &icmp_names[i];

        if ((v6 ? n->type6 : n->type4) == type && (v6 ? n->code6 : n->code4) == code) {
            return n->code[0] ? n->code : n->type;
        }
    }
    return "?";
}

bool ps_icmp_is_error(bool v6, uint8_t type) {
    return v6 ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}
