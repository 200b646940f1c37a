/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sock.h - sockets of a stack in the shape that c-ares wants
 */
#ifndef RESOLVE_SOCK_H
#define RESOLVE_SOCK_H

#include <inlet/socket.h>

#include <ares.h>
#include <stdbool.h>
#include <stddef.h>

#define RESOLVE_SOCKS_MAX 16 /* of one lookup: one a server and protocol */

/**
 * struct resolve_socks - the sockets of one c-ares channel
 * @sock:    by what c-ares takes for a descriptor; -1: free
 * @servers: to know the scope of a link-local one; lent
 */
struct resolve_socks {
    struct inl_stack *stack;
    ares_channel channel;
    const struct inl_sockaddr *servers;
    size_t servers_n;
    inl_sock sock[RESOLVE_SOCKS_MAX];
};

/** resolve_socks_init() - the channel opens its sockets here from now on; @s must outlive it */
void resolve_socks_init(struct resolve_socks *s, struct inl_stack *stack,
                        const struct inl_sockaddr *servers, size_t servers_n, ares_channel channel);

/** resolve_socks_event() - false if the event is for another socket */
bool resolve_socks_event(struct resolve_socks *s, const struct inl_event *event);

#endif
