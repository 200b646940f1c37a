/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.c - the life of a host, and its links, addresses and routes
 *
 * Ties the layers together: makes them in the order in which they need each other, and fills
 * IP's protocol table, the only place where IP learns of what is above it. The configuration
 * is checked here once, so that no layer meets an absurd value.
 */
#include "stack/sockets.h"
#include "wire/ipproto.h"

#include <assert.h>
#include <errno.h>
#include <inlet/net.h>
#include <string.h>

#define DEFAULT_MEM_LIMIT_BYTES ((size_t)1 << 30)
#define SOCKETS_LIMIT (1u << 26)
#define GROUP_SOURCES_LIMIT 4096u
#define REDIRECTS_LIMIT (1u << 20)
#define SOURCE_ROUTES_LIMIT (1u << 16)
#define NEW_NEIGHBOURS_PER_S_LIMIT 1000000u
#define SPARE_BLOCKS 64   /* of each size: half a megabyte at most, */
#define SPARE_PAGES 1024  /* and 4 megabytes of pages while they are used (advance.c) */
#define PMTU_FLOOR_MIN 68 /* RFC 791: every link carries that */
#define PMTU_FLOOR_MAX 1280
#define BUFFER_BYTES_MIN 256u
#define BUFFER_BYTES_MAX (1u << 30) /* the largest scaled window (RFC 7323 2.3) */

void inl_config_init(struct inl_config *config) {
    *config = (struct inl_config){
        .max_sockets = 1048576,
        .max_neighbours = 1024,
        .new_neighbours_per_s = 256,
        .new_neighbours_burst = 256,
        .dad_transmits = 1,
        .reass_bytes = 4 << 20,
        .reass_source_bytes = 1 << 20,
        .reass_datagrams = 4096,
        .reass_source_datagrams = 256,
        .reass_timeout_ns = 60 * INL_S,
        .max_paths = 1024,
        .groups = {.report = true, .max_per_socket = 64, .max_per_link = 1024, .max_sources = 64},
        .udp_rcvbuf_bytes = 256 * 1024,
        .port_first = 49152,
        .port_last = 65535,
        .ttl = 64,
        .icmp =
            {
                .echo = true,
                .echo_multicast = true,
                .accept_redirects6 = true,
                .send_redirects = true,
                .max_redirects = 256,
            },
        .tcp =
            {
                .rcvbuf_bytes = 128 << 10,
                .rcvbuf_max_bytes = 6 << 20,
                .sndbuf_bytes = 128 << 10,
                .sndbuf_max_bytes = 6 << 20,
                .max_conns = 1048576,
                .max_half_open = 1024,
                .fastopen_cache = 128,
                .max_source_routes = 256,
                .fastopen_retry_ns = 3600 * INL_S,
                .challenge_acks = 10,
                .challenge_ns = INL_S,
                .syn_cookies = INL_SYN_COOKIES_ON_OVERFLOW,
                .max_orphans = 4096,
                .max_time_wait = 65536,
                .initial_window_segs = 10,
                .congestion = INL_CC_CUBIC,
                .hystart = true,
                .cwnd_validation = true,
                .rto_initial_ns = 1 * INL_S,
                .rto_min_ns = 200 * INL_MS,
                .rto_max_ns = 60 * INL_S,
                .delack_ns = 40 * INL_MS,
                .quickack_hole_segs = 32,
                .rest_ns = 60 * INL_S,
                .msl_ns = 30 * INL_S,
                .syn_give_up_ns = 180 * INL_S,
                .give_up_ns = 900 * INL_S,
                .fin_wait2_ns = 60 * INL_S,
                .orphan_ns = 120 * INL_S,
                .uto_min_ns = 100 * INL_S,
                .uto_max_ns = 3600 * INL_S,
                .keep_idle_ns = 7200 * INL_S,
                .keep_intvl_ns = 75 * INL_S,
                .keep_count = 9,
                .window_scaling = true,
                .timestamps = true,
                .sack = true,
                .dsack = true,
                .ecn = INL_ECN_SERVER,
                .ecn_paths = 128,
                .ecn_retry_ns = 3600 * INL_S,
                .mtu_probing = INL_MTU_PROBING_BLACK_HOLE,
                .min_pmtu_bytes = 576,
            },
    };
}

static bool buffer_ok(uint32_t bytes) {
    return bytes >= BUFFER_BYTES_MIN && bytes <= BUFFER_BYTES_MAX;
}

static bool tcp_buffers_ok(const struct inl_tcp_config *c) {
    return buffer_ok(c->rcvbuf_bytes) && buffer_ok(c->rcvbuf_max_bytes) &&
           buffer_ok(c->sndbuf_bytes) && buffer_ok(c->sndbuf_max_bytes);
}

static bool retry_ok(inl_dur ns) {
    return ns >= 0 && ns <= 7 * 86400 * INL_S;
}

static bool tcp_listen_ok(const struct inl_tcp_config *c) {
    return c->max_half_open > 0 && c->max_source_routes <= SOURCE_ROUTES_LIMIT &&
           c->syn_cookies <= INL_SYN_COOKIES_ALWAYS && retry_ok(c->fastopen_retry_ns) &&
           c->challenge_acks > 0 && c->challenge_ns >= INL_MS && c->challenge_ns <= 3600 * INL_S;
}

static bool tcp_limits_ok(const struct inl_tcp_config *c) {
    return c->orphan_ns > 0 && c->uto_min_ns > 0 && c->uto_max_ns >= c->uto_min_ns &&
           c->uto_max_ns <= INL_UTO_MAX_S * INL_S && c->keep_idle_ns >= INL_S &&
           c->keep_intvl_ns >= INL_S && c->keep_count > 1 && c->keep_count <= 127;
}

static bool tcp_path_ok(const struct inl_tcp_config *c) {
    return (int)c->mtu_probing >= INL_MTU_PROBING_OFF && c->mtu_probing <= INL_MTU_PROBING_ALWAYS &&
           c->min_pmtu_bytes >= PMTU_FLOOR_MIN && c->min_pmtu_bytes <= PMTU_FLOOR_MAX &&
           (int)c->ecn >= INL_ECN_OFF && c->ecn <= INL_ECN_ACCURATE && retry_ok(c->ecn_retry_ns);
}

static bool tcp_config_ok(const struct inl_tcp_config *c) {
    return tcp_buffers_ok(c) && tcp_limits_ok(c) && c->max_conns > 0 &&
           c->congestion < INL_CC_ALGOS_MAX && tcp_listen_ok(c) && c->rto_min_ns > 0 &&
           c->rto_initial_ns >= c->rto_min_ns && c->rto_max_ns >= c->rto_initial_ns &&
           c->delack_ns >= 0 && c->delack_ns < 500 * INL_MS && c->rest_ns >= 0 &&
           c->quickack_segs <= UINT8_MAX && c->quickack_hole_segs <= UINT8_MAX && c->msl_ns > 0 &&
           c->syn_give_up_ns > 0 && c->give_up_ns > 0 && c->fin_wait2_ns > 0 && tcp_path_ok(c);
}

static bool reass_ok(const struct inl_config *c) {
    return c->reass_bytes <= BUFFER_BYTES_MAX && c->reass_source_bytes <= BUFFER_BYTES_MAX &&
           c->reass_timeout_ns > 0;
}

static bool groups_ok(const struct inl_group_config *c) {
    return c->max_sources <= GROUP_SOURCES_LIMIT;
}

static bool neighs_ok(const struct inl_config *c) {
    return c->max_neighbours > 0 && c->new_neighbours_per_s <= NEW_NEIGHBOURS_PER_S_LIMIT &&
           c->new_neighbours_burst > 0;
}

static bool config_ok(const struct inl_config *c) {
    return c->alloc.alloc && c->alloc.free && c->now.ns >= 0 && c->max_sockets > 0 &&
           c->max_sockets <= SOCKETS_LIMIT && neighs_ok(c) && c->dad_transmits <= 10 &&
           buffer_ok(c->udp_rcvbuf_bytes) && c->port_first > 0 && c->port_last >= c->port_first &&
           c->ttl > 0 && c->icmp.max_redirects <= REDIRECTS_LIMIT && reass_ok(c) &&
           groups_ok(&c->groups) && (int)c->rp_filter >= INL_RP_FILTER_OFF &&
           c->rp_filter <= INL_RP_FILTER_STRICT && tcp_config_ok(&c->tcp);
}

static size_t mem_limit(const struct inl_config *c) {
    return c->mem_limit_bytes ? c->mem_limit_bytes : DEFAULT_MEM_LIMIT_BYTES;
}

static int layers_new(struct inl_stack *stack) {
    struct env *env = &stack->env;
    const struct inl_config *c = &stack->config;
    int err = ip_new(env, c, &stack->ip);

    err = err ? err : ports_new(env, c, &stack->ports);
    err = err ? err : udp_new(env, stack->ip, stack->ports, c, IP_PROTO_UDP, &stack->udp);
    err = err ? err : udp_new(env, stack->ip, stack->ports, c, IP_PROTO_UDPLITE, &stack->udplite);
    err = err ? err : raw_new(env, stack->ip, stack->ports, c, &stack->raw);
    err = err ? err : tcp_new(env, stack->ip, stack->ports, c, &stack->tcp);
    if (!err) {
        const struct ip_proto udp = {udp_input, udp_error, stack->udp};

        err = conf_new(env, stack->ip, &udp, &stack->conf);
    }
    return err;
}

static void layers_register(struct inl_stack *stack) {
    const struct ip_proto udp = {udp_input, udp_error, stack->udp};
    const struct ip_proto lite = {udp_input, udp_error, stack->udplite};
    const struct ip_proto tcp = {tcp_input, tcp_error, stack->tcp};

    ip_proto_set(stack->ip, IP_PROTO_UDP, &udp);
    ip_proto_set(stack->ip, IP_PROTO_UDPLITE, &lite);
    ip_proto_set(stack->ip, IP_PROTO_TCP, &tcp);
    raw_register(stack->raw);
    tcp_on_moved(stack->tcp, sock_moved);
}

int inl_stack_new(const struct inl_config *config, struct inl_stack **ret_stack) {
    struct inl_stack *stack;
    int err;

    if (!config_ok(config)) {
        return -EINVAL;
    }
    stack = config->alloc.alloc(config->alloc.ctx, sizeof(*stack));
    if (!stack) {
        return -ENOMEM;
    }
    memset(stack, 0, sizeof(*stack));
    stack->config = *config;
    if (config->tcp.mem_bytes == 0) {
        stack->config.tcp.mem_bytes = mem_limit(config) / 2;
    }
    env_init(&stack->env, &config->alloc, mem_limit(config), config->seed, config->now);
    mem_keep_spares(&stack->env.mem, SPARE_BLOCKS, SPARE_PAGES);
    stack->env.trace = config->trace;
    stack->env.trace_ctx = config->trace_ctx;
    socktab_init(&stack->socks, &stack->env.mem, config->max_sockets);
    err = layers_new(stack);
    if (err) {
        inl_stack_free(stack);
        return err;
    }
    layers_register(stack);
    *ret_stack = stack;
    return 0;
}

void inl_stack_free(struct inl_stack *stack) {
    struct inl_alloc alloc;

    if (!stack) {
        return;
    }
    alloc = stack->config.alloc;
    conf_free(stack->conf);
    tcp_free(stack->tcp);
    udp_free(stack->udp);
    udp_free(stack->udplite);
    raw_free(stack->raw);
    ports_free(stack->ports);
    ip_free(stack->ip);
    socktab_done(&stack->socks);
    mem_free(&stack->env.mem, stack->lo.frame, stack->lo.frame_bytes);
    mem_keep_spares(&stack->env.mem, 0, 0);
    assert(stack->env.mem.used_bytes == 0);
    alloc.free(alloc.ctx, stack, sizeof(*stack));
}

int inl_link_add(struct inl_stack *stack, const struct inl_link_config *config) {
    stack_called(stack);
    return ip_link_add(stack->ip, config);
}

int inl_link_set_rp_filter(struct inl_stack *stack, int link, enum inl_rp_filter mode) {
    return ip_link_set_rp_filter(stack->ip, link, mode);
}

int inl_link_set_up(struct inl_stack *stack, int link, bool up) {
    int err;

    stack_called(stack);
    if (up == ip_link_is_up(stack->ip, link)) {
        return ip_link_exists(stack->ip, link) ? 0 : -ENODEV;
    }
    err = ip_link_set_up(stack->ip, link, up);
    if (!err) {
        conf_link_changed(stack->conf, link, up);
    }
    return err;
}

int inl_addr_add(struct inl_stack *stack, int link, const struct inl_addr *addr,
                 unsigned prefix_len_bits) {
    stack_called(stack);
    return ip_addr_add(stack->ip, link, addr, prefix_len_bits);
}

int inl_addr_set(struct inl_stack *stack, int link, const struct inl_addr_config *config) {
    stack_called(stack);
    return ip_addr_set(stack->ip, link, config);
}

int inl_addr_del(struct inl_stack *stack, int link, const struct inl_addr *addr) {
    stack_called(stack);
    return ip_addr_del(stack->ip, link, addr);
}

int inl_route_add(struct inl_stack *stack, const struct inl_route *route) {
    stack_called(stack);
    return ip_route_add(stack->ip, route);
}

int inl_route_del(struct inl_stack *stack, const struct inl_route *route) {
    stack_called(stack);
    return ip_route_del(stack->ip, route);
}

int inl_neigh_add(struct inl_stack *stack, int link, const struct inl_addr *addr,
                  const uint8_t mac[6]) {
    stack_called(stack);
    return ip_neigh_add(stack->ip, link, addr, mac);
}

int inl_neigh_del(struct inl_stack *stack, int link, const struct inl_addr *addr) {
    stack_called(stack);
    return ip_neigh_del(stack->ip, link, addr);
}

int inl_autoconf_start(struct inl_stack *stack, int link, const struct inl_autoconf *config) {
    stack_called(stack);
    return ip_autoconf_start(stack->ip, link, config);
}

int inl_autoconf_stop(struct inl_stack *stack, int link) {
    stack_called(stack);
    return ip_autoconf_stop(stack->ip, link);
}

int inl_autoconf_get(const struct inl_stack *stack, int link, struct inl_autoconf_info *ret_info) {
    return ip_autoconf_get(stack->ip, link, ret_info);
}

int inl_ra_start(struct inl_stack *stack, int link, const struct inl_ra_config *config) {
    stack_called(stack);
    return ip_ra_start(stack->ip, link, config);
}

int inl_ra_stop(struct inl_stack *stack, int link) {
    stack_called(stack);
    return ip_ra_stop(stack->ip, link);
}

void inl_addr_sort(const struct inl_stack *stack, struct inl_sockaddr *dsts, size_t n) {
    ip_addr_sort(stack->ip, dsts, n);
}
