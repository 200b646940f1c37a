/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux_sockopts.h - the engine's socket options under Linux's numbers
 *
 * Who speaks to programs in these numbers (the supervisor, the packetdrill plug-in, the script
 * runner) has a table of struct linux_sockopt that begins with LINUX_SOCKOPTS and goes on with what
 * it alone knows. Include <netinet/tcp.h> or <linux/tcp.h> before: they exclude each other.
 */
#ifndef HOST_LINUX_SOCKOPTS_H
#define HOST_LINUX_SOCKOPTS_H

#include <inlet/socket.h>

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

struct linux_sockopt {
    int level, name;
    enum inl_opt opt;
    int64_t unit; /* the engine's value for 1 of the caller's */
};

/* clang-format off */
#define LINUX_SOCKOPTS \
    {SOL_SOCKET, SO_REUSEADDR, INL_OPT_REUSEADDR, 1}, \
    {SOL_SOCKET, SO_REUSEPORT, INL_OPT_REUSEPORT, 1}, \
    {SOL_SOCKET, SO_RCVBUF, INL_OPT_RCVBUF, 1}, \
    {SOL_SOCKET, SO_SNDBUF, INL_OPT_SNDBUF, 1}, \
    {SOL_SOCKET, SO_ERROR, INL_OPT_ERROR, 1}, \
    {SOL_SOCKET, SO_KEEPALIVE, INL_OPT_KEEPALIVE, 1}, \
    {SOL_SOCKET, SO_BROADCAST, INL_OPT_BROADCAST, 1}, \
    {SOL_SOCKET, SO_ACCEPTCONN, INL_OPT_ACCEPTCONN, 1}, \
    {IPPROTO_IP, IP_TTL, INL_OPT_TTL, 1}, \
    {IPPROTO_IP, IP_TOS, INL_OPT_TOS, 1}, \
    {IPPROTO_IPV6, IPV6_V6ONLY, INL_OPT_V6ONLY, 1}, \
    {IPPROTO_TCP, TCP_NODELAY, INL_OPT_TCP_NODELAY, 1}, \
    {IPPROTO_TCP, TCP_MAXSEG, INL_OPT_TCP_MAXSEG, 1}, \
    {IPPROTO_TCP, TCP_KEEPIDLE, INL_OPT_TCP_KEEPIDLE_NS, INL_S}, \
    {IPPROTO_TCP, TCP_KEEPINTVL, INL_OPT_TCP_KEEPINTVL_NS, INL_S}, \
    {IPPROTO_TCP, TCP_KEEPCNT, INL_OPT_TCP_KEEPCNT, 1}, \
    {IPPROTO_TCP, TCP_USER_TIMEOUT, INL_OPT_TCP_USER_TIMEOUT_NS, INL_MS}, \
    {SOL_SOCKET, SO_SNDLOWAT, INL_OPT_SNDLOWAT, 1}, \
    {IPPROTO_TCP, TCP_CORK, INL_OPT_TCP_CORK, 1}, \
    {IPPROTO_TCP, TCP_QUICKACK, INL_OPT_TCP_QUICKACK, 1}, \
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, INL_OPT_TCP_NOTSENT_LOWAT, 1}, \
    {IPPROTO_TCP, TCP_FASTOPEN, INL_OPT_TCP_FASTOPEN, 1}, \
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, INL_OPT_TCP_FASTOPEN_CONNECT, 1}
/* clang-format on */

/* The index of an option in a table, or n. */
static inline size_t linux_sockopt_find(const struct linux_sockopt *table, size_t n, int64_t level,
                                        int64_t name) {
    size_t i = 0;

    while (i < n && (table[i].level != level || table[i].name != name)) {
        i++;
    }
    return i;
}

#endif
