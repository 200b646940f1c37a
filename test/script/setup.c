/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup.c - the host under test: its configuration from the script's settings, and its one link
 *
 * The allocator counts, so that run.c can see that freeing the stack gives back every byte, and
 * fills what it hands out, so that nothing relies on zeroes.
 */
#include "run.h"

#include "packetdrill/sysctl_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *count_alloc(void *ctx, size_t size) {
    struct run *r = ctx;
    void *p = malloc(size);

    if (p) {
        r->alloc_bytes += size;
        memset(p, 0xa5, size);
    }
    return p;
}

static void count_free(void *ctx, void *ptr, size_t size) {
    struct run *r = ctx;

    r->alloc_bytes -= size;
    free(ptr);
}

enum field_kind { F_CC, F_DUR, F_U32, F_U16, F_U8, F_BOOL, F_SIZE };

static const struct {
    const char *name;
    enum field_kind kind;
    size_t off;
} fields[] = {
#define TCP(n, k)                                                                                  \
    { #n, k, offsetof(struct inl_config, tcp.n) }
#define ICMP(n, k)                                                                                 \
    { "icmp_" #n, k, offsetof(struct inl_config, icmp.n) }
#define TOP(n, k)                                                                                  \
    { #n, k, offsetof(struct inl_config, n) }
    ICMP(echo, F_BOOL),
    ICMP(echo_broadcast, F_BOOL),
    ICMP(echo_multicast, F_BOOL),
    ICMP(timestamp, F_BOOL),
    ICMP(accept_redirects4, F_BOOL),
    ICMP(accept_redirects6, F_BOOL),
    ICMP(max_redirects, F_U32),
    TCP(rcvbuf_bytes, F_U32),
    TCP(sndbuf_bytes, F_U32),
    TCP(rcvbuf_max_bytes, F_U32),
    TCP(sndbuf_max_bytes, F_U32),
    TCP(mem_bytes, F_SIZE),
    TCP(max_conns, F_U32),
    TCP(max_half_open, F_U32),
    TCP(syn_cookies, F_U8),
    TCP(challenge_acks, F_U8),
    TCP(challenge_ns, F_DUR),
    TCP(ecn_paths, F_U32),
    TCP(ecn_retry_ns, F_DUR),
    TCP(fastopen_cache, F_U32),
    TCP(max_source_routes, F_U32),
    TCP(fastopen_retry_ns, F_DUR),
    TCP(max_orphans, F_U32),
    TCP(max_time_wait, F_U32),
    TCP(initial_window_segs, F_U32),
    TCP(abc_limit_segs, F_U32),
    TCP(congestion, F_CC),
    TCP(hystart, F_BOOL),
    TCP(pacing, F_BOOL),
    TCP(cwnd_validation, F_BOOL),
    TCP(rto_initial_ns, F_DUR),
    TCP(rto_min_ns, F_DUR),
    TCP(rto_max_ns, F_DUR),
    TCP(delack_ns, F_DUR),
    TCP(rest_ns, F_DUR),
    TCP(quickack_segs, F_U32),
    TCP(quickack_hole_segs, F_U32),
    TCP(msl_ns, F_DUR),
    TCP(syn_give_up_ns, F_DUR),
    TCP(give_up_ns, F_DUR),
    TCP(fin_wait2_ns, F_DUR),
    TCP(orphan_ns, F_DUR),
    TCP(uto_min_ns, F_DUR),
    TCP(uto_max_ns, F_DUR),
    TCP(keep_idle_ns, F_DUR),
    TCP(keep_intvl_ns, F_DUR),
    TCP(keep_count, F_U32),
    TCP(ecn, F_U32),
    TCP(mtu_probing, F_U32),
    TCP(min_pmtu_bytes, F_U32),
    TCP(window_scaling, F_BOOL),
    TCP(timestamps, F_BOOL),
    TCP(sack, F_BOOL),
    TCP(dsack, F_BOOL),
    TOP(reass_bytes, F_U32),
    TOP(reass_source_bytes, F_U32),
    TOP(reass_datagrams, F_U32),
    TOP(reass_source_datagrams, F_U32),
    TOP(reass_timeout_ns, F_DUR),
    TOP(max_paths, F_U32),
    TOP(mem_limit_bytes, F_SIZE),
    TOP(max_sockets, F_U32),
    TOP(udp_rcvbuf_bytes, F_U32),
    TOP(port_first, F_U16),
    TOP(port_last, F_U16),
    TOP(ttl, F_U8),
    TOP(forward, F_BOOL),
    TOP(source_routes, F_BOOL),
    TOP(transparent, F_BOOL),
#undef TCP
#undef ICMP
#undef TOP
};

static bool duration(const char *s, int64_t *ret_ns) {
    char *end;
    long long v = strtoll(s, &end, 10);

    if (end == s || v < 0 || v > 1000000000) {
        return false;
    }
    if (strcmp(end, "s") == 0) {
        *ret_ns = v * INL_S;
    } else if (strcmp(end, "ms") == 0) {
        *ret_ns = v * INL_MS;
    } else if (strcmp(end, "us") == 0) {
        *ret_ns = v * INL_US;
    } else {
        return false;
    }
    return true;
}

/* "msl=30s", "msl_ns=30s", "rcvbuf=4096": a field of struct inl_config, its unit may be left out */
static bool config_set(struct run *r, struct inl_config *config, const char *text) {
    const char *eq = strchr(text, '=');
    size_t n = eq ? (size_t)(eq - text) : 0;

    for (size_t i = 0; eq && i < sizeof(fields) / sizeof(fields[0]); i++) {
        char *at = (char *)config + fields[i].off;
        const char *rest = fields[i].name + n;
        int64_t ns = 0;
        char *end;
        unsigned long long v;

        if (strncmp(fields[i].name, text, n) != 0 ||
            (*rest && strcmp(rest, "_ns") != 0 && strcmp(rest, "_bytes") != 0)) {
            continue;
        }
        if (fields[i].kind == F_DUR) {
            if (!duration(eq + 1, &ns)) {
                return run_fail(r, "--config=%s: expected a time such as 30s, 200ms", text);
            }
            memcpy(at, &ns, sizeof(ns));
            return true;
        }
        if (fields[i].kind == F_CC) {
            *at = (char)calls_cc_algo(eq + 1);
            return *at >= 0 || run_fail(r, "--config=%s: no such algorithm", text);
        }
        v = strtoull(eq + 1, &end, 0);
        if (*end || end == eq + 1) {
            return run_fail(r, "--config=%s: expected a number", text);
        }
        switch (fields[i].kind) {
        case F_U32:
            memcpy(at, &(uint32_t){(uint32_t)v}, 4);
            break;
        case F_U16:
            memcpy(at, &(uint16_t){(uint16_t)v}, 2);
            break;
        case F_U8:
            *at = (char)v;
            break;
        case F_BOOL:
            *(bool *)(void *)at = v != 0;
            break;
        case F_SIZE:
            memcpy(at, &(size_t){(size_t)v}, sizeof(size_t));
            break;
        case F_CC:
        case F_DUR:
            break;
        }
        return true;
    }
    return run_fail(r, "--config=%s: no such field", text);
}

static bool set_profile(struct run *r, struct inl_config *config, const char *name) {
    static const char *const names[] = {"inlet", "linux", "strict"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], name) == 0) {
            return inl_config_profile(config, (enum inl_profile)i) == 0;
        }
    }
    return run_fail(r, "--profile=%s: is none of inlet, linux, strict", name);
}

/* "net.ipv4.tcp_sack=0", of a shell command in the script */
static bool set_sysctl(struct run *r, struct inl_config *config, const char *text) {
    char name[64];
    const char *eq = strchr(text, '=');

    snprintf(name, sizeof(name), "%.*s", (int)(eq - text), text);
    switch (sysctl_apply(config, name + 4, eq + 1)) {
    case SYSCTL_BAD:
        return run_fail(r, "the sysctl %s cannot be set: no such value", text);
    case SYSCTL_UNKNOWN:
        return run_fail(r, "the sysctl %s says nothing here: use --config=NAME=VALUE", text);
    default:
        return true;
    }
}

/* An address counts in the variants of its IP version. */
static bool set_address(struct run *r, const char *text, struct inl_addr *ret) {
    struct inl_addr a;

    if (inl_addr_parse(text, &a) != 0) {
        return run_fail(r, "not an address: %s", text);
    }
    if (inl_addr_is4(&a) != r->v6) {
        *ret = a;
    }
    return true;
}

static bool settings(struct run *r, struct inl_config *config) {
    for (unsigned i = 0; i < r->script->nsettings; i++) {
        const struct ps_setting *s = &r->script->settings[i];

        if (strcmp(s->name, "profile") == 0) {
            if (!set_profile(r, config, s->value)) {
                return false;
            }
        } else if (strcmp(s->name, "sysctl") == 0) {
            if (!set_sysctl(r, config, s->value)) {
                return false;
            }
        } else if (strcmp(s->name, "config") == 0) {
            if (!config_set(r, config, s->value)) {
                return false;
            }
        } else if (strcmp(s->name, "tolerance_usecs") == 0) {
            r->opt.tolerance_ns = atoll(s->value) * 1000;
        } else if (strcmp(s->name, "mtu") == 0) {
            r->opt.mtu = (uint32_t)atoi(s->value);
        } else if (strcmp(s->name, "gso") == 0) {
            if (strcmp(s->value, "cut") != 0 && strcmp(s->value, "whole") != 0) {
                return run_fail(r, "line %d: --gso is one of cut, whole", s->line);
            }
            r->opt.gso = s->value[0] == 'c' ? PS_GSO_CUT : PS_GSO_WHOLE;
        } else if (strcmp(s->name, "gso_max") == 0) {
            r->opt.gso_max = (uint32_t)atoi(s->value);
        } else if (strcmp(s->name, "mss") == 0) {
            r->opt.mtu = (uint32_t)atoi(s->value) + 40;
        } else if (strcmp(s->name, "bind_port") == 0) {
            r->opt.bind_port = atoi(s->value);
        } else if (strcmp(s->name, "connect_port") == 0) {
            r->opt.connect_port = atoi(s->value);
        } else if (strcmp(s->name, "local_ip") == 0) {
            if (!set_address(r, s->value, &r->local)) {
                return false;
            }
        } else if (strcmp(s->name, "remote_ip") == 0) {
            if (!set_address(r, s->value, &r->remote)) {
                return false;
            }
        } else if (strcmp(s->name, "gateway_ip") != 0 && strcmp(s->name, "netmask_ip") != 0 &&
                   strcmp(s->name, "ip_version") != 0 && strcmp(s->name, "isn") != 0) {
            return run_fail(r, "line %d: unknown setting --%s", s->line, s->name);
        }
    }
    return true;
}

static bool add_link(struct run *r) {
    struct inl_link_config lc = {.kind = INL_LINK_IP, .name = "script"};
    struct inl_route route = {.prefix_len_bits = 0};

    if (r->v6) { /* the longer IP header leaves the same MSS: scripts need not know */
        r->opt.mtu += 20;
    }
    lc.mtu_bytes = r->opt.mtu;
    lc.flags = r->opt.gso == PS_GSO_OFF ? 0 : INL_LINK_TX_CSUM | INL_LINK_TX_GSO;
    lc.gso_max_bytes = r->opt.gso_max && r->v6 ? r->opt.gso_max + 20 : r->opt.gso_max;
    r->link = inl_link_add(r->stack, &lc);
    route.dst = r->v6 ? INL_ADDR_ANY : INL_ADDR_ANY4;
    route.link = r->link;
    if (r->link < 0 || inl_addr_add(r->stack, r->link, &r->local, r->v6 ? 64 : 24) != 0 ||
        inl_route_add(r->stack, &route) != 0) {
        return run_fail(r, "the link could not be set up");
    }
    return true;
}

/* Our ISN moves with the clock, one in 4 us (RFC 6528 3): so a start time can be chosen at which
 * it has a wanted value. */
bool setup_stack(struct run *r) {
    struct inl_config config;
    int rc;

    inl_config_init(&config);
    config.alloc = (struct inl_alloc){count_alloc, count_free, r};
    memcpy(config.seed, "a packet script", 16);
    config.seed[0] ^= r->var.other_secret;
    inl_addr_parse(r->v6 ? "2001:db8::1" : "192.0.2.1", &r->local);
    inl_addr_parse(r->v6 ? "2001:db8:1::2" : "198.51.100.2", &r->remote);
    if (r->opt.rest) {
        config.tcp.rest_ns = INL_MS;
    }
    if (!settings(r, &config)) {
        return false;
    }
    r->start.ns = 1000 * INL_S;
    if (r->var.shift_local) {
        r->start = inl_time_add(r->start, (int64_t)r->var.local_isn * 4 * INL_US);
    }
    r->now = r->event_time = config.now = r->start;
    rc = inl_stack_new(&config, &r->stack);
    if (rc != 0) {
        return run_fail(r, "inl_stack_new() gave %s", ps_errno_name(-rc));
    }
    for (int i = 0; i < PS_FLOWS; i++) {
        r->tcp[i].remote_isn = r->var.remote_isn;
        r->tcp[i].remote_ts_off = r->var.remote_isn ? r->var.remote_isn - 500 : 0;
    }
    return add_link(r);
}
