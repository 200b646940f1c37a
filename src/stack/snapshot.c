/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snapshot.c - what the stack holds: sockets, connections without one, counters
 *
 * Sockets come from the socket table, so that each is there exactly once whatever its state.
 * What TCP goes on with alone (closed in the background, TIME-WAIT, not accepted yet) has no
 * socket and comes from TCP's own list.
 */
#include "ip/addr.h"
#include "stack/sockets.h"

#include <errno.h>
#include <inlet/net.h>
#include <string.h>

struct snapshot {
    struct inl_sock_info *out;
    size_t max;
    size_t n;
};

static void snapshot_add(struct snapshot *snap, const struct inl_sock_info *info) {
    if (snap->n < snap->max) {
        snap->out[snap->n] = *info;
    }
    snap->n++;
}

static void snapshot_add_unowned(void *ctx, void *user, const struct inl_sock_info *info) {
    if (!user) {
        snapshot_add(ctx, info);
    }
}

/* A stream that was never opened, as far as it is anything. */
static void fresh_info(const struct sock *s, struct inl_sock_info *info) {
    *info = (struct inl_sock_info){.state = INL_TCP_CLOSED};
    if (s->bind) {
        info->local.addr = s->bind->addr;
        info->local.port = s->bind->port;
    } else if (s->family == INL_AF_INET) {
        info->local.addr = inl_addr_any4();
    }
}

static void sock_info(const struct sock *s, struct inl_sock_info *info) {
    switch (s->kind) {
    case SOCK_UDP:
        udp_info(s->u.pcb, info);
        if (!s->bind && s->family == INL_AF_INET) {
            info->local.addr = inl_addr_any4();
        }
        break;
    case SOCK_RAW:
        raw_info(s->u.raw, info);
        break;
    case SOCK_RESTING:
        tcp_rest_info(s->u.rest, info);
        break;
    case SOCK_LISTENER:
        tcp_listener_info(s->u.listener, info);
        break;
    default:
        if (s->opened) {
            tcp_sock_info(s->u.conn, info);
        } else {
            fresh_info(s, info);
        }
        break;
    }
    info->sock = socktab_handle(s);
    info->type = sock_type(s);
    info->family = (enum inl_family)s->family;
    info->owner = s->owner;
}

size_t inl_sockets_snapshot(const struct inl_stack *stack, struct inl_sock_info *out, size_t max) {
    struct snapshot snap = {.out = out, .max = max};
    struct inl_sock_info info;

    for (struct sock *s = socktab_next(&stack->socks, NULL); s;
         s = socktab_next(&stack->socks, s)) {
        sock_info(s, &info);
        snapshot_add(&snap, &info);
    }
    tcp_each(stack->tcp, snapshot_add_unowned, &snap);
    return snap.n;
}

int inl_tcp_info(struct inl_stack *stack, inl_sock handle, struct inl_tcp_info *ret_info) {
    const struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    switch (s->kind) {
    case SOCK_UDP:
    case SOCK_RAW:
        return -EOPNOTSUPP;
    case SOCK_LISTENER:
        *ret_info = (struct inl_tcp_info){.state = INL_TCP_LISTEN};
        return 0;
    default:
        tcp_info(s->u.conn, ret_info);
        return 0;
    }
}

size_t inl_neigh_snapshot(const struct inl_stack *stack, struct inl_neigh_info *out, size_t max) {
    return ip_neigh_list(stack->ip, out, max);
}

size_t inl_link_snapshot(const struct inl_stack *stack, struct inl_link_info *out, size_t max) {
    return ip_link_list(stack->ip, out, max);
}

/* What is left of a lease of IPv4: its client counts, not the address. */
static uint32_t lease_left_s(const struct inl_stack *stack, int link) {
    struct inl_dhcp4_info info;

    if (conf_dhcp4_get(stack->conf, link, &info) || !info.bound) {
        return INL_FOREVER;
    }
    return ip_addr_left_s(stack->ip, info.expires);
}

size_t inl_addr_snapshot(const struct inl_stack *stack, struct inl_addr_info *out, size_t max) {
    size_t n = ip_addr_list(stack->ip, out, max);

    for (size_t i = 0; i < n && i < max; i++) {
        if (out[i].origin == INL_ADDR_DHCP && inl_addr_is4(&out[i].addr)) {
            out[i].preferred_s = out[i].valid_s = lease_left_s(stack, out[i].link);
        }
    }
    return n;
}

size_t inl_route_snapshot(const struct inl_stack *stack, struct inl_route_info *out, size_t max) {
    size_t n = ip_route_list(stack->ip, out, max);

    for (size_t i = 0; i < n && i < max; i++) {
        if (out[i].origin == INL_ROUTE_DHCP) {
            out[i].expires_s = lease_left_s(stack, out[i].link);
        }
    }
    return n;
}

const char *inl_check(const struct inl_stack *stack) {
    return tcp_problem(stack->tcp, NULL);
}

void inl_stats_get(const struct inl_stack *stack, struct inl_stats *ret_stats) {
    const struct env *env = &stack->env;

    *ret_stats = (struct inl_stats){
        .rx_frames = stack->rx_frames,
        .rx_bytes = stack->rx_bytes,
        .tx_frames = stack->tx_frames,
        .tx_bytes = stack->tx_bytes,
        .mem_used_bytes = env->mem.used_bytes,
        .mem_peak_bytes = env->mem.peak_bytes,
    };
    memcpy(ret_stats->cause, env->cause, sizeof(ret_stats->cause));
    memcpy(ret_stats->drop, env->drop, sizeof(ret_stats->drop));
    tcp_stats(stack->tcp, ret_stats);
    udp_stats(stack->udp, ret_stats);
    udp_stats(stack->udplite, ret_stats);
    conf_stats(stack->conf, ret_stats);
}
