/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6_server.c - a small DHCP server for IPv6 (RFC 8415 18.3)
 *
 * Addresses of a range on one link of a router, kept in a pool (pool.h) whose
 * clients are a DUID and an IAID; and, for who wants no address, name servers
 * and a domain. A client with Rapid Commit gets its address at once. Each
 * client's first IA_NA is served.
 *
 * What lacks the identifiers that 16 asks for, or names another server, is
 * dropped.
 *
 * Does not do: relays, IA_TA, IA_PD, Reconfigure, unicast from clients (told
 * UseMulticast would be against RFC 9915: dropped), leases that outlive the
 * process.
 */
#include "conf/pool.h"
#include "conf/state.h"
#include "ip/addr.h"
#include "ip/group.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/dhcp6.h"

#include <errno.h>
#include <string.h>

#define OFFER_NS (30 * INL_S)
#define MESSAGE_BYTES 1024
#define LEASE_MIN_S 10

struct dhcp6_server {
    struct conf *conf;
    int link;
    struct inl_dhcp6_server_config config;
    unsigned prefix_bits; /* of the link's prefix that the range is in; 0: no
                             addresses */
    bool joined;
    struct pool pool;
};

static void server_duid(const struct dhcp6_server *s, struct dhcp6_duid *ret) {
    memset(ret, 0, sizeof(*ret));
    conf_duid(s->conf, ret->b);
    ret->len = CONF_DUID_BYTES;
}

/* ---- addresses ---- */

static struct inl_addr entry_addr(const struct dhcp6_server *s, const struct pool_entry *e) {
    struct inl_addr a = s->config.first;
    uint64_t carry = pool_index(e);

    for (int i = 15; i >= 0 && carry; i--) {
        carry += a.b[i];
        a.b[i] = (uint8_t)carry;
        carry >>= 8;
    }
    return a;
}

static void client_read(const struct dhcp6_msg *m, struct pool_id *id) {
    memcpy(id->b, m->client.b, m->client.len);
    wr_store32(id->b + m->client.len, m->ia.iaid);
    id->len = (uint8_t)(m->client.len + 4);
}

static struct pool_entry *entry_of(const struct dhcp6_server *s, const struct pool_id *id) {
    struct pool_entry *e = s->config.range_n ? pool_of_client(&s->pool, id) : NULL;

    return e && e->state != POOL_DECLINED ? e : NULL;
}

/* The client's present or last address, or any. */
static struct pool_entry *choose(const struct dhcp6_server *s, const struct pool_id *id) {
    struct pool_entry *e = entry_of(s, id);

    return e || s->config.range_n == 0 ? e : pool_any(&s->pool);
}

static void ia_fill(const struct dhcp6_server *s, const struct pool_entry *e, struct dhcp6_ia *ia) {
    uint32_t valid = s->config.lease_s;

    ia->t1_s = valid / 4;
    ia->t2_s = (uint32_t)((uint64_t)valid * 2 / 5);
    ia->addrs[ia->addrs_n++] = (struct dhcp6_ia_addr){
        .addr = entry_addr(s, e), .preferred_s = valid / 2, .valid_s = valid};
}

/* ---- answers ---- */

static void put_params(const struct dhcp6_server *s, struct wr *w) {
    uint8_t list[16 * INL_DHCP_DNS_MAX];

    for (unsigned i = 0; i < s->config.dns_n; i++) {
        memcpy(list + (size_t)16 * i, s->config.dns[i].b, 16);
    }
    if (s->config.dns_n) {
        dhcp6_put(w, DHCP6_OPT_DNS, list, (size_t)16 * s->config.dns_n);
    }
    if (s->config.domain[0]) {
        dhcp6_put_domain(w, s->config.domain);
    }
}

struct answer {
    enum dhcp6_type type;
    enum inl_cause cause;
    bool rapid_commit;
    bool has_ia;
    uint16_t status; /* of the whole message, sent if @say_status */
    bool say_status;
    struct dhcp6_ia ia;
};

static void reply(struct dhcp6_server *s, const struct ip_rx *rx, const struct dhcp6_msg *m,
                  const struct answer *a) {
    struct conf_msg out = {
        .dst = rx->src,
        .cause = a->cause,
        .link = s->link,
        .sport = DHCP6_SERVER_PORT,
        .dport = DHCP6_CLIENT_PORT,
    };
    uint8_t buf[MESSAGE_BYTES];
    struct wr w = wr_init(buf, sizeof(buf));
    struct dhcp6_duid me;

    if (ip_addr_select(s->conf->ip, s->link, &out.dst, &out.src) != 0) {
        return;
    }
    server_duid(s, &me);
    dhcp6_emit(&w, (uint8_t)a->type, m->xid);
    dhcp6_put(&w, DHCP6_OPT_SERVER_ID, me.b, me.len);
    if (m->client.len) {
        dhcp6_put(&w, DHCP6_OPT_CLIENT_ID, m->client.b, m->client.len);
    }
    if (a->rapid_commit) {
        dhcp6_put(&w, DHCP6_OPT_RAPID_COMMIT, NULL, 0);
    }
    if (a->say_status) {
        dhcp6_put_status(&w, a->status);
    }
    if (a->has_ia) {
        dhcp6_put_ia(&w, &a->ia);
    }
    put_params(s, &w);
    if (!w.bad) {
        conf_send(s->conf, &out, buf, wr_len(&w));
    }
}

/* ---- questions ---- */

static inl_dur lease_ns(const struct dhcp6_server *s) {
    return (inl_dur)s->config.lease_s * INL_S;
}

/* 18.3.1: an offer, or with Rapid Commit the address itself. */
static enum inl_drop solicit_input(struct dhcp6_server *s, const struct ip_rx *rx,
                                   const struct dhcp6_msg *m) {
    bool rapid = m->rapid_commit && s->config.rapid_commit;
    struct answer a = {.type = rapid ? DHCP6_REPLY : DHCP6_ADVERTISE,
                       .cause = rapid ? INL_CAUSE_DHCP6_REPLY : INL_CAUSE_DHCP6_ADVERTISE,
                       .rapid_commit = rapid,
                       .has_ia = m->has_ia};
    struct pool_entry *e;
    struct pool_id id;

    if (!m->has_ia) {
        return INL_DROP_DHCP_UNASKED;
    }
    client_read(m, &id);
    e = choose(s, &id);
    a.ia.iaid = m->ia.iaid;
    if (!e) {
        a.type = DHCP6_ADVERTISE;
        a.rapid_commit = false;
        a.ia.status = DHCP6_NO_ADDRS;
        reply(s, rx, m, &a);
        return INL_DROP_DHCP_NO_ADDRESS;
    }
    if (rapid) {
        pool_give(e, &id, NULL, POOL_LEASED, lease_ns(s));
    } else if (e->state == POOL_FREE) {
        pool_give(e, &id, NULL, POOL_OFFERED, OFFER_NS);
    }
    ia_fill(s, e, &a.ia);
    reply(s, rx, m, &a);
    return INL_DROP_NONE;
}

/* Is what the client has on this link? */
static bool on_link(const struct dhcp6_server *s, const struct dhcp6_ia *ia) {
    for (unsigned i = 0; i < ia->addrs_n; i++) {
        if (!inl_addr_match(&ia->addrs[i].addr, &s->config.first, s->prefix_bits)) {
            return false;
        }
    }
    return true;
}

static struct answer plain_reply(const struct dhcp6_msg *m) {
    struct answer a = {.type = DHCP6_REPLY, .cause = INL_CAUSE_DHCP6_REPLY, .has_ia = m->has_ia};

    a.ia.iaid = m->ia.iaid;
    return a;
}

/* 18.3.2, 18.3.4, 18.3.5: an address, or more time for it. */
static enum inl_drop lease_input(struct dhcp6_server *s, const struct ip_rx *rx,
                                 const struct dhcp6_msg *m) {
    struct answer a = plain_reply(m);
    struct pool_entry *e;
    struct pool_id id;

    if (!m->has_ia) {
        return INL_DROP_DHCP_UNASKED;
    }
    client_read(m, &id);
    e = m->type == DHCP6_REQUEST ? choose(s, &id) : entry_of(s, &id);
    if (m->type == DHCP6_REQUEST && !on_link(s, &m->ia)) {
        a.ia.status = DHCP6_NOT_ON_LINK;
    } else if (e) {
        pool_give(e, &id, NULL, POOL_LEASED, lease_ns(s));
        ia_fill(s, e, &a.ia);
    } else if (m->type == DHCP6_REQUEST) {
        a.ia.status = DHCP6_NO_ADDRS;
    } else if (!on_link(s, &m->ia)) { /* told at once that it is over: lifetimes 0 */
        a.ia.addrs_n = m->ia.addrs_n;
        for (unsigned i = 0; i < m->ia.addrs_n; i++) {
            a.ia.addrs[i] = (struct dhcp6_ia_addr){.addr = m->ia.addrs[i].addr};
        }
    } else if (m->type == DHCP6_REBIND) {
        return INL_DROP_DHCP_UNASKED; /* perhaps another server's */
    } else {
        a.ia.status = DHCP6_NO_BINDING;
    }
    reply(s, rx, m, &a);
    return INL_DROP_NONE;
}

/* 18.3.3 */
static enum inl_drop confirm_input(struct dhcp6_server *s, const struct ip_rx *rx,
                                   const struct dhcp6_msg *m) {
    struct answer a = plain_reply(m);

    if (!m->has_ia || m->ia.addrs_n == 0 || s->config.range_n == 0) {
        return INL_DROP_DHCP_UNASKED;
    }
    a.has_ia = false;
    a.say_status = true;
    a.status = on_link(s, &m->ia) ? DHCP6_SUCCESS : DHCP6_NOT_ON_LINK;
    reply(s, rx, m, &a);
    return INL_DROP_NONE;
}

/* 18.3.7, 18.3.8: the answer is the same, whatever was there. */
static enum inl_drop end_input(struct dhcp6_server *s, const struct ip_rx *rx,
                               const struct dhcp6_msg *m) {
    struct answer a = plain_reply(m);
    struct pool_entry *e = NULL;
    struct inl_addr addr;
    struct pool_id id;

    a.say_status = true;
    if (m->has_ia) {
        client_read(m, &id);
        e = entry_of(s, &id);
    }
    if (e && m->ia.addrs_n > 0 && e->state != POOL_FREE) {
        addr = entry_addr(s, e);
        if (!inl_addr_eq(&addr, &m->ia.addrs[0].addr)) {
            a.ia.status = DHCP6_NO_BINDING;
        } else if (m->type == DHCP6_DECLINE) {
            pool_decline(e);
        } else {
            pool_release(e);
        }
    } else {
        a.ia.status = DHCP6_NO_BINDING;
    }
    a.has_ia = a.ia.status != DHCP6_SUCCESS && m->has_ia;
    reply(s, rx, m, &a);
    return INL_DROP_NONE;
}

static enum inl_drop inform_input(struct dhcp6_server *s, const struct ip_rx *rx,
                                  const struct dhcp6_msg *m) {
    struct answer a = plain_reply(m);

    if (m->has_ia) { /* 16.12 */
        return INL_DROP_DHCP_UNASKED;
    }
    reply(s, rx, m, &a);
    return INL_DROP_NONE;
}

/* Section 16: who must be named, and who must not. */
static bool identifiers_ok(const struct dhcp6_server *s, const struct dhcp6_msg *m) {
    struct dhcp6_duid me;
    bool ours;

    server_duid(s, &me);
    ours = m->server.len == me.len && memcmp(m->server.b, me.b, me.len) == 0;
    switch (m->type) {
    case DHCP6_SOLICIT:
    case DHCP6_CONFIRM:
    case DHCP6_REBIND:
        return m->client.len && !m->server.len;
    case DHCP6_REQUEST:
    case DHCP6_RENEW:
    case DHCP6_RELEASE:
    case DHCP6_DECLINE:
        return m->client.len && ours;
    case DHCP6_INFORMATION:
        return ours || !m->server.len;
    default:
        return false;
    }
}

enum inl_drop dhcp6_server_input(struct dhcp6_server *s, const struct ip_rx *rx,
                                 struct rd payload) {
    struct dhcp6_msg m;
    enum inl_drop why = dhcp6_parse(&payload, 0, &m);

    if (why) {
        return why;
    }
    if (!identifiers_ok(s, &m) || !rx->group || inl_addr_is_any(&rx->src)) {
        return INL_DROP_DHCP_UNASKED;
    }
    switch (m.type) {
    case DHCP6_SOLICIT:
        return solicit_input(s, rx, &m);
    case DHCP6_REQUEST:
    case DHCP6_RENEW:
    case DHCP6_REBIND:
        return lease_input(s, rx, &m);
    case DHCP6_CONFIRM:
        return confirm_input(s, rx, &m);
    case DHCP6_RELEASE:
    case DHCP6_DECLINE:
        return end_input(s, rx, &m);
    default:
        return inform_input(s, rx, &m);
    }
}

/* ---- life ---- */

void inl_dhcp6_server_config_init(struct inl_dhcp6_server_config *config) {
    memset(config, 0, sizeof(*config));
    config->lease_s = 3600;
    config->rapid_commit = true;
}

static bool config_ok(const struct inl_dhcp6_server_config *c) {
    return c->range_n <= INL_DHCP_SERVER_RANGE_MAX && c->lease_s >= LEASE_MIN_S &&
           c->dns_n <= INL_DHCP_DNS_MAX && memchr(c->domain, '\0', sizeof(c->domain)) != NULL &&
           (c->range_n == 0 ||
            (!inl_addr_is4(&c->first) && !inl_addr_is_any(&c->first) &&
             !inl_addr_is_multicast(&c->first) && !inl_addr_is_link_local(&c->first)));
}

/* The prefix of ours on the link in which the range lies: its length, 0 for
 * none. */
static unsigned find_prefix(const struct conf *conf, int link, const struct inl_addr *first) {
    const struct list *it;

    LIST_FOREACH(it, &conf->ip->links[link].addrs) {
        const struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (!inl_addr_is4(&a->addr) && inl_addr_match(&a->addr, first, a->prefix_bits)) {
            return a->prefix_bits;
        }
    }
    return 0;
}

/* Nobody gets what we have ourselves. */
static void fix_own(struct dhcp6_server *s) {
    for (uint32_t i = 0; i < s->config.range_n; i++) {
        struct inl_addr a = entry_addr(s, &s->pool.entries[i]);

        if (ip_addr_is_ours(s->conf->ip, &a)) {
            pool_fix(&s->pool.entries[i]);
        }
    }
}

int conf_dhcp6_server_start(struct conf *c, int link,
                            const struct inl_dhcp6_server_config *config) {
    const struct inl_addr group = DHCP6_ALL_SERVERS;
    struct dhcp6_server *s;
    unsigned bits = 0;

    if (!ip_link_exists(c->ip, link)) {
        return -ENODEV;
    }
    if (ip_link_kind(c->ip, link) != INL_LINK_ETHERNET || !config_ok(config)) {
        return -EINVAL;
    }
    if (c->dhcp6_server[link]) {
        return -EEXIST;
    }
    if (config->range_n && (bits = find_prefix(c, link, &config->first)) == 0) {
        return -EADDRNOTAVAIL;
    }
    s = mem_zalloc(&c->env->mem, sizeof(*s));
    if (!s) {
        return -ENOMEM;
    }
    s->conf = c;
    s->link = link;
    s->config = *config;
    s->prefix_bits = bits;
    if (pool_init(&s->pool, c->env, config->range_n ? config->range_n : 1, TIMER_CONF_POOL)) {
        mem_free(&c->env->mem, s, sizeof(*s));
        return -ENOMEM;
    }
    fix_own(s);
    c->dhcp6_server[link] = s;
    conf_use(c);
    if (ip_group_hold(c->ip, link, &group)) {
        dhcp6_server_free(s);
        return -ENOMEM;
    }
    s->joined = true;
    return 0;
}

void dhcp6_server_free(struct dhcp6_server *s) {
    const struct inl_addr group = DHCP6_ALL_SERVERS;

    if (!s) {
        return;
    }
    if (s->joined) {
        ip_group_release(s->conf->ip, s->link, &group);
    }
    pool_done(&s->pool);
    s->conf->dhcp6_server[s->link] = NULL;
    conf_unuse(s->conf);
    mem_free(&s->conf->env->mem, s, sizeof(*s));
}

int conf_dhcp6_server_stop(struct conf *c, int link) {
    if (!ip_link_exists(c->ip, link) || !c->dhcp6_server[link]) {
        return -ENOENT;
    }
    dhcp6_server_free(c->dhcp6_server[link]);
    return 0;
}

size_t conf_dhcp6_server_leases(const struct conf *c, int link, struct inl_dhcp_lease *out,
                                size_t max) {
    const struct dhcp6_server *s = ip_link_exists(c->ip, link) ? c->dhcp6_server[link] : NULL;
    size_t n = 0;

    for (uint32_t i = 0; s && i < s->config.range_n; i++) {
        const struct pool_entry *e = &s->pool.entries[i];

        if (e->state == POOL_LEASED) {
            if (n < max) {
                out[n] = (struct inl_dhcp_lease){.addr = entry_addr(s, e), .expires = e->expires};
            }
            n++;
        }
    }
    return n;
}
