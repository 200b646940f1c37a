/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4_server.c - a small DHCP server for IPv4 (RFC 2131 4.3)
 *
 * One range of addresses on one link of a router, kept in a pool (pool.h): the
 * client's present or last address first, then the one that it asks for, then
 * any (4.3.1). An offer is kept for half a minute.
 *
 * Static leases (an address for a MAC address) may lie in the range or beside
 * it: entries behind those of the range, which nobody else can get.
 *
 * Does not do: relays (giaddr), BOOTP, asking by ping whether an address is
 * free (the client does that by ARP, and declines), leases that outlive the
 * process, a lease time of the client's wish.
 */
#include "conf/dhcp4_lease.h"
#include "conf/pool.h"
#include "ip/addr.h"
#include "ip/link.h"
#include "ip/state.h"

#include <errno.h>
#include <string.h>

#define OFFER_NS (30 * INL_S)

struct dhcp4_server {
    struct conf *conf;
    int link;
    struct inl_dhcp4_server_config config; /* server, router and prefix filled in */
    uint32_t first;
    uint32_t range_n; /* entries of the range; behind them those of config.hosts */
    struct pool pool;
};

/* ---- addresses ---- */

static uint32_t entry_addr(const struct dhcp4_server *s, const struct pool_entry *e) {
    uint32_t i = pool_index(e);

    return i < s->range_n ? s->first + i : inl_addr_to4(&s->config.hosts[i - s->range_n].addr);
}

/* Static leases are few, and made by the configuration. */
static struct pool_entry *entry_of_mac(const struct dhcp4_server *s, const uint8_t mac[6]) {
    for (unsigned i = 0; i < s->config.hosts_n; i++) {
        if (memcmp(s->config.hosts[i].mac, mac, 6) == 0) {
            return &s->pool.entries[s->range_n + i];
        }
    }
    return NULL;
}

/* RFC 2131 4.2: who has no identifier is known by his hardware address. */
static void client_read(const struct dhcp4_msg *m, struct pool_id *id) {
    int len = dhcp4_opt(m, DHCP4_OPT_CLIENT_ID, id->b, INL_DHCP_ID_BYTES);

    if (len < 2 || len > INL_DHCP_ID_BYTES) {
        id->b[0] = 1;
        memcpy(id->b + 1, m->chaddr, 6);
        len = 7;
    }
    id->len = (uint8_t)len;
}

static struct pool_entry *entry_of(const struct dhcp4_server *s, const struct dhcp4_msg *m,
                                   const struct pool_id *id) {
    struct pool_entry *e = entry_of_mac(s, m->chaddr);

    return e ? e : pool_of_client(&s->pool, id);
}

/* 4.3.1 */
static struct pool_entry *choose(const struct dhcp4_server *s, const struct dhcp4_msg *m,
                                 const struct pool_id *id) {
    struct pool_entry *e = entry_of(s, m, id);
    struct inl_addr wish;

    if (e) {
        return e->state == POOL_DECLINED ? NULL : e;
    }
    if (dhcp4_opt_addr(m, DHCP4_OPT_REQUESTED, &wish) &&
        inl_addr_to4(&wish) - s->first < s->range_n) {
        e = &s->pool.entries[inl_addr_to4(&wish) - s->first];
        if (e->state == POOL_FREE && !e->fixed) {
            return e;
        }
    }
    return pool_any(&s->pool);
}

/* ---- answers ---- */

static void put_params(const struct dhcp4_server *s, struct wr *w) {
    const struct inl_dhcp4_server_config *c = &s->config;
    uint8_t list[4 * INL_DHCP_DNS_MAX];

    dhcp4_put_u32(w, DHCP4_OPT_MASK,
                  c->prefix_len_bits ? UINT32_MAX << (32 - c->prefix_len_bits) : 0);
    if (!inl_addr_is_any(&c->router)) {
        dhcp4_put_addr(w, DHCP4_OPT_ROUTERS, &c->router);
    }
    for (unsigned i = 0; i < c->dns_n; i++) {
        wr_store32(list + (size_t)4 * i, inl_addr_to4(&c->dns[i]));
    }
    if (c->dns_n) {
        dhcp4_put(w, DHCP4_OPT_DNS, list, (size_t)4 * c->dns_n);
    }
    if (c->domain[0]) {
        dhcp4_put(w, DHCP4_OPT_DOMAIN, c->domain, strlen(c->domain));
    }
    if (c->mtu_bytes) {
        const uint8_t mtu[2] = {(uint8_t)(c->mtu_bytes >> 8), (uint8_t)c->mtu_bytes};

        dhcp4_put(w, DHCP4_OPT_MTU, mtu, sizeof(mtu));
    }
}

/* 4.1: to the address that the client has; else to everybody if it wishes so;
 * else to the one that it gets, by the link address in its message, since it
 * does not answer ARP yet. */
static void server_send(struct dhcp4_server *s, const struct dhcp4_msg *q,
                        const struct dhcp4_msg *m, enum inl_cause cause, const struct wr *w) {
    struct conf_msg out = {
        .src = s->config.server,
        .dst = inl_addr_from4(UINT32_MAX),
        .cause = cause,
        .link = s->link,
        .sport = DHCP4_SERVER_PORT,
        .dport = DHCP4_CLIENT_PORT,
    };

    if (m->type == DHCP4_NAK) {
        out.dst = inl_addr_from4(UINT32_MAX); /* 4.3.2: he may have a wrong address */
    } else if (!inl_addr_is_any(&q->ciaddr)) {
        out.dst = q->ciaddr;
    } else if (!(q->flags & DHCP4_BROADCAST)) {
        out.dst = m->yiaddr;
        out.mac = q->chaddr;
    }
    conf_send(s->conf, &out, w->start, wr_len(w));
}

static void reply(struct dhcp4_server *s, const struct dhcp4_msg *q, enum dhcp4_type type,
                  const struct pool_entry *e, enum inl_cause cause) {
    uint8_t buf[DHCP4_MAX_BYTES], id[INL_DHCP_ID_BYTES];
    struct wr w = wr_init(buf, sizeof(buf));
    int id_len = dhcp4_opt(q, DHCP4_OPT_CLIENT_ID, id, sizeof(id));
    struct dhcp4_msg m = {
        .op = DHCP4_BOOTREPLY,
        .type = (uint8_t)type,
        .xid = q->xid,
        .flags = q->flags,
        .ciaddr = type == DHCP4_ACK ? q->ciaddr : inl_addr_any4(),
        .yiaddr = e ? inl_addr_from4(entry_addr(s, e)) : inl_addr_any4(),
        .siaddr = inl_addr_any4(),
        .giaddr = inl_addr_any4(),
    };

    memcpy(m.chaddr, q->chaddr, sizeof(m.chaddr));
    dhcp4_emit(&w, &m);
    dhcp4_put_addr(&w, DHCP4_OPT_SERVER, &s->config.server);
    if (id_len > 0 && (size_t)id_len <= sizeof(id)) { /* RFC 6842 */
        dhcp4_put(&w, DHCP4_OPT_CLIENT_ID, id, (size_t)id_len);
    }
    if (e) {
        uint32_t lease_s = s->config.lease_s;

        dhcp4_put_u32(&w, DHCP4_OPT_LEASE, lease_s);
        dhcp4_put_u32(&w, DHCP4_OPT_T1, lease_s / 2);
        dhcp4_put_u32(&w, DHCP4_OPT_T2, (uint32_t)((uint64_t)lease_s * 7 / 8));
    }
    if (type != DHCP4_NAK) {
        put_params(s, &w);
    }
    dhcp4_end(&w);
    if (!w.bad) {
        server_send(s, q, &m, cause, &w);
    }
}

/* ---- questions ---- */

static enum inl_drop discover_input(struct dhcp4_server *s, const struct dhcp4_msg *m,
                                    const struct pool_id *id) {
    struct pool_entry *e = choose(s, m, id);

    if (!e) {
        return INL_DROP_DHCP_NO_ADDRESS;
    }
    if (e->state == POOL_FREE) {
        pool_give(e, id, m->chaddr, POOL_OFFERED, OFFER_NS);
    }
    reply(s, m, DHCP4_OFFER, e, INL_CAUSE_DHCP4_OFFER);
    return INL_DROP_NONE;
}

static enum inl_drop refuse(struct dhcp4_server *s, const struct dhcp4_msg *m) {
    reply(s, m, DHCP4_NAK, NULL, INL_CAUSE_DHCP4_NAK);
    return INL_DROP_NONE;
}

/* Is the address of this network at all? */
static bool on_network(const struct dhcp4_server *s, const struct inl_addr *a) {
    return inl_addr_match(a, &s->config.server, 96 + s->config.prefix_len_bits);
}

/* 4.3.2, by what the message has: a server (SELECTING), an address asked for
 * (INIT-REBOOT), or the client's own address (RENEWING, REBINDING). */
static enum inl_drop request_input(struct dhcp4_server *s, const struct dhcp4_msg *m,
                                   const struct pool_id *id) {
    struct pool_entry *mine = entry_of(s, m, id);
    struct inl_addr server, wish = m->ciaddr;
    bool chosen = dhcp4_opt_addr(m, DHCP4_OPT_SERVER, &server);

    if (chosen && !inl_addr_eq(&server, &s->config.server)) {
        if (mine && mine->state == POOL_OFFERED) {
            pool_release(mine); /* he has taken another one's offer */
        }
        return INL_DROP_DHCP_UNASKED;
    }
    if (inl_addr_is_any(&wish) && !dhcp4_opt_addr(m, DHCP4_OPT_REQUESTED, &wish)) {
        return INL_DROP_BAD_OPTION;
    }
    if (!on_network(s, &wish)) {
        return refuse(s, m);
    }
    if (!mine || mine->state == POOL_DECLINED) {
        /* Nothing is known of him: another server's client, which is left in peace.
         * But who wants what we offered, and comes too late, has to begin again. */
        return chosen ? refuse(s, m) : INL_DROP_DHCP_UNASKED;
    }
    if (entry_addr(s, mine) != inl_addr_to4(&wish)) {
        return refuse(s, m);
    }
    pool_give(mine, id, m->chaddr, POOL_LEASED, (inl_dur)s->config.lease_s * INL_S);
    reply(s, m, DHCP4_ACK, mine, INL_CAUSE_DHCP4_ACK);
    return INL_DROP_NONE;
}

static enum inl_drop decline_input(struct dhcp4_server *s, const struct dhcp4_msg *m,
                                   const struct pool_id *id) {
    struct pool_entry *e = entry_of(s, m, id);
    struct inl_addr addr;

    if (!e || !pool_is_of(e, id) || e->state == POOL_FREE ||
        !dhcp4_opt_addr(m, DHCP4_OPT_REQUESTED, &addr) || entry_addr(s, e) != inl_addr_to4(&addr)) {
        return INL_DROP_DHCP_UNASKED;
    }
    pool_decline(e);
    return INL_DROP_NONE;
}

static enum inl_drop release_input(struct dhcp4_server *s, const struct dhcp4_msg *m,
                                   const struct pool_id *id) {
    struct pool_entry *e = entry_of(s, m, id);

    if (!e || !pool_is_of(e, id) || e->state != POOL_LEASED ||
        entry_addr(s, e) != inl_addr_to4(&m->ciaddr)) {
        return INL_DROP_DHCP_UNASKED;
    }
    pool_release(e); /* but it is remembered whose it was (4.3.4) */
    return INL_DROP_NONE;
}

enum inl_drop dhcp4_server_input(struct dhcp4_server *s, struct rd payload) {
    struct dhcp4_msg m;
    struct pool_id id;
    enum inl_drop why = dhcp4_parse(&payload, &m);

    if (why) {
        return why;
    }
    if (m.op != DHCP4_BOOTREQUEST || !inl_addr_is_any(&m.giaddr)) {
        return INL_DROP_DHCP_UNASKED;
    }
    if (!inl_addr_is_any(&m.ciaddr) && !dhcp4_addr_ok(&m.ciaddr)) {
        return INL_DROP_BAD_SOURCE;
    }
    client_read(&m, &id);
    switch (m.type) {
    case DHCP4_DISCOVER:
        return discover_input(s, &m, &id);
    case DHCP4_REQUEST:
        return request_input(s, &m, &id);
    case DHCP4_DECLINE:
        return decline_input(s, &m, &id);
    case DHCP4_RELEASE:
        return release_input(s, &m, &id);
    case DHCP4_INFORM:
        if (inl_addr_is_any(&m.ciaddr) || !on_network(s, &m.ciaddr)) {
            return INL_DROP_DHCP_UNASKED;
        }
        reply(s, &m, DHCP4_ACK, NULL, INL_CAUSE_DHCP4_ACK);
        return INL_DROP_NONE;
    default:
        return INL_DROP_DHCP_UNASKED;
    }
}

/* ---- life ---- */

void inl_dhcp4_server_config_init(struct inl_dhcp4_server_config *config) {
    memset(config, 0, sizeof(*config));
    config->first = config->last = config->router = config->server = inl_addr_any4();
    config->lease_s = 3600;
}

static bool in_range(const struct inl_dhcp4_server_config *c, const struct inl_addr *a) {
    return inl_addr_to4(a) >= inl_addr_to4(&c->first) && inl_addr_to4(a) <= inl_addr_to4(&c->last);
}

/* The address that we have in the network of the range: server, and router
 * unless said otherwise.
 */
static bool find_own(const struct conf *conf, int link, struct inl_dhcp4_server_config *c) {
    const struct list *it;

    LIST_FOREACH(it, &conf->ip->links[link].addrs) {
        const struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (inl_addr_is4(&a->addr) && a->prefix_bits >= 96 &&
            inl_addr_match(&a->addr, &c->first, a->prefix_bits) &&
            inl_addr_match(&a->addr, &c->last, a->prefix_bits)) {
            c->server = a->addr;
            c->prefix_len_bits = a->prefix_bits - 96;
            return true;
        }
    }
    return false;
}

static bool config_ok(const struct inl_dhcp4_server_config *c) {
    if (!inl_addr_is4(&c->first) || !inl_addr_is4(&c->last) ||
        inl_addr_to4(&c->last) < inl_addr_to4(&c->first) ||
        inl_addr_to4(&c->last) - inl_addr_to4(&c->first) >= INL_DHCP_SERVER_RANGE_MAX ||
        c->lease_s < DHCP4_LEASE_MIN_S || c->hosts_n > INL_DHCP_SERVER_HOSTS_MAX ||
        c->dns_n > INL_DHCP_DNS_MAX || !inl_addr_is4(&c->router) ||
        (c->mtu_bytes && (c->mtu_bytes < 68 || c->mtu_bytes > UINT16_MAX)) ||
        memchr(c->domain, '\0', sizeof(c->domain)) == NULL) {
        return false;
    }
    for (unsigned i = 0; i < c->hosts_n; i++) {
        if (!inl_addr_is4(&c->hosts[i].addr)) {
            return false;
        }
    }
    return true;
}

/* What not everybody can get: our own address, and those of static leases. */
static void fix_entries(struct dhcp4_server *s) {
    const struct inl_dhcp4_server_config *c = &s->config;

    if (in_range(c, &c->server)) {
        pool_fix(&s->pool.entries[inl_addr_to4(&c->server) - s->first]);
    }
    for (unsigned k = 0; k < c->hosts_n; k++) {
        pool_fix(&s->pool.entries[s->range_n + k]);
        if (in_range(c, &c->hosts[k].addr)) {
            pool_fix(&s->pool.entries[inl_addr_to4(&c->hosts[k].addr) - s->first]);
        }
    }
}

int conf_dhcp4_server_start(struct conf *c, int link,
                            const struct inl_dhcp4_server_config *config) {
    struct dhcp4_server *s;

    if (!ip_link_exists(c->ip, link)) {
        return -ENODEV;
    }
    if (ip_link_kind(c->ip, link) != INL_LINK_ETHERNET || !config_ok(config)) {
        return -EINVAL;
    }
    if (c->dhcp4_server[link]) {
        return -EEXIST;
    }
    s = mem_zalloc(&c->env->mem, sizeof(*s));
    if (!s) {
        return -ENOMEM;
    }
    s->conf = c;
    s->link = link;
    s->config = *config;
    s->first = inl_addr_to4(&config->first);
    s->range_n = inl_addr_to4(&config->last) - s->first + 1;
    if (!find_own(c, link, &s->config)) {
        mem_free(&c->env->mem, s, sizeof(*s));
        return -EADDRNOTAVAIL;
    }
    if (inl_addr_is_any(&s->config.router) && !config->no_router) {
        s->config.router = s->config.server;
    }
    if (pool_init(&s->pool, c->env, s->range_n + config->hosts_n, TIMER_CONF_POOL)) {
        mem_free(&c->env->mem, s, sizeof(*s));
        return -ENOMEM;
    }
    fix_entries(s);
    c->dhcp4_server[link] = s;
    conf_use(c);
    return 0;
}

void dhcp4_server_free(struct dhcp4_server *s) {
    if (!s) {
        return;
    }
    pool_done(&s->pool);
    s->conf->dhcp4_server[s->link] = NULL;
    conf_unuse(s->conf);
    mem_free(&s->conf->env->mem, s, sizeof(*s));
}

int conf_dhcp4_server_stop(struct conf *c, int link) {
    if (!ip_link_exists(c->ip, link) || !c->dhcp4_server[link]) {
        return -ENOENT;
    }
    dhcp4_server_free(c->dhcp4_server[link]);
    return 0;
}

size_t conf_dhcp4_server_leases(const struct conf *c, int link, struct inl_dhcp_lease *out,
                                size_t max) {
    const struct dhcp4_server *s = ip_link_exists(c->ip, link) ? c->dhcp4_server[link] : NULL;
    size_t n = 0;

    for (uint32_t i = 0; s && i < s->pool.n; i++) {
        const struct pool_entry *e = &s->pool.entries[i];

        if (e->state != POOL_LEASED) {
            continue;
        }
        if (n < max) {
            out[n] = (struct inl_dhcp_lease){.addr = inl_addr_from4(entry_addr(s, e)),
                                             .expires = e->expires};
            memcpy(out[n].mac, e->mac, 6);
        }
        n++;
    }
    return n;
}
