/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4_lease.c - the content of OFFER and ACK (RFC 2131 4.3.1, RFC 2132, RFC
 * 3442)
 *
 * A message that lacks what a lease needs is no lease. What is merely absurd
 * beside it is put right or left out, so that a careless server's clients still
 * work: a mask with holes counts as none (then the class of the address says
 * it), T1 and T2 out of order give way to the defaults (4.4.5), routers that
 * are no host's address are skipped. With classless routes (option 121) the
 * router option does not count (RFC 3442).
 *
 * Does not do: static routes of option 33 (classful), which option 121 has
 * replaced; the options of a link's own parameters (TTL, ARP timeout, ...).
 */
#include "conf/dhcp4_lease.h"
#include "ip/addr.h"
#include "ip/link.h"
#include "ip/route.h"

#include <errno.h>
#include <string.h>

#define ROUTERS_MAX 4

bool dhcp4_addr_ok(const struct inl_addr *addr) {
    uint32_t v = inl_addr_to4(addr);

    return v >> 24 != 0 && v >> 24 != 127 && v >> 28 < 0xe;
}

/* ---- reading ---- */

static unsigned class_prefix(const struct inl_addr *addr) {
    uint32_t v = inl_addr_to4(addr);

    if (v >> 31 == 0) {
        return 8;
    }
    return v >> 30 == 2 ? 16 : 24;
}

static unsigned read_prefix(const struct dhcp4_msg *m) {
    uint32_t mask;

    if (!dhcp4_opt_u32(m, DHCP4_OPT_MASK, &mask) || mask == 0 || (~mask & (~mask + 1)) != 0) {
        return class_prefix(&m->yiaddr);
    }
    return mask == UINT32_MAX ? 32 : (unsigned)__builtin_clz(~mask);
}

static void read_times(const struct dhcp4_msg *m, struct dhcp4_lease *l) {
    uint32_t t1 = 0, t2 = 0;

    if (l->lease_s == DHCP4_FOREVER) {
        l->t1_s = l->t2_s = DHCP4_FOREVER;
        return;
    }
    l->t1_s = l->lease_s / 2;
    l->t2_s = (uint32_t)((uint64_t)l->lease_s * 7 / 8);
    dhcp4_opt_u32(m, DHCP4_OPT_T1, &t1);
    dhcp4_opt_u32(m, DHCP4_OPT_T2, &t2);
    t1 = t1 ? t1 : l->t1_s;
    t2 = t2 ? t2 : l->t2_s;
    if (t1 < t2 && t2 < l->lease_s) { /* MUST be, or the defaults are */
        l->t1_s = t1;
        l->t2_s = t2;
    }
}

static void add_route(struct dhcp4_params *p, const struct inl_route *route) {
    bool direct = inl_addr_is_any(&route->gateway);

    if (p->routes_n < INL_DHCP_ROUTES_MAX &&
        (direct || (dhcp4_addr_ok(&route->gateway) && !inl_addr_eq(&route->gateway, &p->addr)))) {
        p->routes[p->routes_n] = *route;
        if (direct) {
            p->routes[p->routes_n].gateway = inl_addr_any6();
        }
        p->routes_n++;
    }
}

static void read_routes(const struct dhcp4_msg *m, int link, uint32_t metric,
                        struct dhcp4_params *p) {
    struct dhcp4_route routes[INL_DHCP_ROUTES_MAX];
    struct inl_addr routers[ROUTERS_MAX];
    int n = dhcp4_opt_routes(m, routes, INL_DHCP_ROUTES_MAX);
    size_t routers_n = 0;

    for (int i = 0; i < n; i++) {
        const struct inl_route route = {.dst = routes[i].dst,
                                        .prefix_len_bits = routes[i].prefix_len_bits,
                                        .gateway = routes[i].gateway,
                                        .link = link,
                                        .metric = metric};

        add_route(p, &route);
    }
    if (n < 0) {
        routers_n = dhcp4_opt_addrs(m, DHCP4_OPT_ROUTERS, routers, ROUTERS_MAX);
    }
    for (size_t i = 0; i < routers_n; i++) { /* in order of preference (RFC 2132 3.5) */
        const struct inl_route route = {.dst = inl_addr_any4(),
                                        .gateway = routers[i],
                                        .link = link,
                                        .metric = metric + (uint32_t)i};

        if (!inl_addr_is_any(&routers[i])) {
            add_route(p, &route);
        }
    }
}

static void read_dns(const struct dhcp4_msg *m, struct dhcp4_params *p) {
    struct inl_addr dns[INL_DHCP_DNS_MAX];
    size_t n = dhcp4_opt_addrs(m, DHCP4_OPT_DNS, dns, INL_DHCP_DNS_MAX);

    for (size_t i = 0; i < n; i++) {
        if (dhcp4_addr_ok(&dns[i])) {
            p->dns[p->dns_n++] = dns[i];
        }
    }
}

/* A name goes into files and onto screens: what no name has in it makes it
 * none. */
static void read_domain(const struct dhcp4_msg *m, struct dhcp4_params *p) {
    int len = dhcp4_opt(m, DHCP4_OPT_DOMAIN, (uint8_t *)p->domain, sizeof(p->domain) - 1);
    bool ok = len > 0 && len < INL_DHCP_DOMAIN_BYTES;

    while (ok && len > 0 && p->domain[len - 1] == '\0') { /* some servers count the NUL */
        len--;
    }
    for (int i = 0; ok && i < len; i++) {
        char ch = p->domain[i];

        ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
             ch == '-' || ch == '.' || ch == '_';
    }
    if (!ok) {
        memset(p->domain, 0, sizeof(p->domain));
    }
}

static void read_mtu(const struct dhcp4_msg *m, struct dhcp4_params *p) {
    uint8_t b[2];

    if (dhcp4_opt(m, DHCP4_OPT_MTU, b, sizeof(b)) == sizeof(b)) {
        p->mtu_bytes = rd_load16(b);
    }
}

bool dhcp4_lease_read(const struct dhcp4_msg *m, int link, uint32_t metric,
                      struct dhcp4_lease *ret_lease) {
    struct dhcp4_lease l;

    memset(&l, 0, sizeof(l));
    if (!dhcp4_opt_addr(m, DHCP4_OPT_SERVER, &l.server) || !dhcp4_addr_ok(&l.server) ||
        !dhcp4_addr_ok(&m->yiaddr) || inl_addr_eq(&m->yiaddr, &l.server) ||
        !dhcp4_opt_u32(m, DHCP4_OPT_LEASE, &l.lease_s) || l.lease_s < DHCP4_LEASE_MIN_S) {
        return false;
    }
    l.params.addr = m->yiaddr;
    l.params.prefix_len_bits = read_prefix(m);
    read_times(m, &l);
    read_routes(m, link, metric, &l.params);
    read_dns(m, &l.params);
    read_domain(m, &l.params);
    read_mtu(m, &l.params);
    *ret_lease = l;
    return true;
}

/* ---- the stack ---- */

int dhcp4_params_apply(struct conf *c, int link, const struct dhcp4_params *p,
                       uint32_t *ret_routes) {
    const struct inl_addr_config own = {.addr = p->addr,
                                        .prefix_len_bits = p->prefix_len_bits,
                                        .preferred_s = INL_FOREVER, /* the client counts */
                                        .valid_s = INL_FOREVER,
                                        .origin = INL_ADDR_DHCP};
    int err = ip_addr_edit(c->ip, &p->addr, link) ? -EEXIST : ip_addr_set(c->ip, link, &own);

    if (err) {
        return err;
    }
    *ret_routes = 0;
    for (unsigned i = 0; i < p->routes_n; i++) { /* what exists, or cannot be, is left out */
        *ret_routes |= ip_route_add_from(c->ip, &p->routes[i], INL_ROUTE_DHCP) == 0 ? 1u << i : 0;
    }
    ip_link_limit_mtu(c->ip, link, p->mtu_bytes);
    return 0;
}

void dhcp4_params_drop(struct conf *c, int link, const struct dhcp4_params *p, uint32_t routes) {
    for (unsigned i = 0; i < p->routes_n; i++) {
        if (routes & 1u << i) {
            (void)ip_route_del(c->ip, &p->routes[i]);
        }
    }
    (void)ip_addr_del(c->ip, link, &p->addr);
    ip_link_limit_mtu(c->ip, link, 0);
}
