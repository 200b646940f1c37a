/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.h - the network of the simulation: two lossy segments, a router between, six hosts
 *
 *     h0  h1  h2            h3  h4  h5
 *      |   |   |             |   |   |
 *     -+---+---+-- router --+---+---+-
 *      10.0.1.0/24           10.0.2.0/24
 *      fd00:1::/64           fd00:2::/64
 *
 * What each port does to its frames is drawn from the seed. The hosts differ in what they want of
 * ECN and of path MTUs, and one sits behind a black hole.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "base/rng.h"

#include <inlet/info.h>
#include <inlet/socket.h>
#include <inlet/world.h>

#define NET_HOSTS 6
#define NET_ROUTER NET_HOSTS

struct net {
    struct inl_world *world;
    int64_t live_bytes; /* asked for and not yet given back */
};

/* Says what is wrong, and ends the program with failure. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A generator of its own for each use: @what names it. */
struct rng net_rng(uint64_t seed, const char *what, uint64_t index);

void net_init(struct net *net, uint64_t seed, inl_world_frame_fn on_frame, void *ctx);
void net_done(struct net *net); /* dies if memory is missing */

struct inl_addr net_addr(int host, bool v6);
struct inl_stack *net_stack(const struct net *net, int host);

#endif
