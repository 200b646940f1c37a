/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf.c - life of the layer, its datagrams, its timers, its events
 *
 * Datagrams to the ports of DHCP go to the client or server of the link they
 * came by; all others, and those of links where none runs, go to UDP. The
 * checksum is verified before anybody looks at a message.
 *
 * Does not do: relays (RFC 1542, RFC 8415 19).
 */
#include "base/csum.h"
#include "conf/pool.h"
#include "conf/state.h"
#include "ip/addr.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/dhcp4.h"
#include "wire/dhcp6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <errno.h>
#include <string.h>

#define CONF_TTL 64

/* ---- in ---- */

/* Does somebody on this link take what comes to this port? */
static bool conf_has(const struct conf *c, int link, uint16_t dport, bool is4) {
    switch (dport) {
    case DHCP4_CLIENT_PORT:
        return is4 && c->dhcp4[link];
    case DHCP4_SERVER_PORT:
        return is4 && c->dhcp4_server[link];
    case DHCP6_CLIENT_PORT:
        return !is4 && c->dhcp6[link];
    case DHCP6_SERVER_PORT:
        return !is4 && c->dhcp6_server[link];
    default:
        return false;
    }
}

static enum inl_drop conf_deliver(struct conf *c, const struct ip_rx *rx, const struct udp_hdr *h) {
    switch (h->dport) {
    case DHCP4_CLIENT_PORT:
        return dhcp4_input(c->dhcp4[rx->link], rx, h->payload);
    case DHCP4_SERVER_PORT:
        return dhcp4_server_input(c->dhcp4_server[rx->link], h->payload);
    case DHCP6_CLIENT_PORT:
        return dhcp6_input(c->dhcp6[rx->link], h->payload);
    default:
        return dhcp6_server_input(c->dhcp6_server[rx->link], rx, h->payload);
    }
}

static bool conf_wants(const struct conf *c, const struct ip_rx *rx) {
    struct rd r = rx->payload;

    rd_skip(&r, 2);
    return rx->link > 0 && conf_has(c, rx->link, rd_be16(&r), inl_addr_is4(&rx->dst));
}

static enum inl_drop conf_udp_input(void *ctx, const struct ip_rx *rx) {
    struct conf *c = ctx;
    struct rd r = rx->payload;
    struct rd datagram = rx->payload;
    struct udp_hdr h;
    enum inl_drop why;

    if (!conf_wants(c, rx)) {
        return c->udp.input(c->udp.ctx, rx);
    }
    why = udp_parse(&r, &h);
    if (!why && !rx->csum_done &&
        !udp_csum_ok(&rx->src, &rx->dst, rd_sub(&datagram, h.len_bytes))) {
        why = INL_DROP_BAD_CHECKSUM;
    }
    if (why) {
        c->in_errors++;
        return why;
    }
    c->in_datagrams++; /* delivered, whatever is thought of what it says */
    return conf_deliver(c, rx, &h);
}

static enum inl_drop conf_udp_error(void *ctx, const struct ip_err *err) {
    struct conf *c = ctx;

    return c->udp.error(c->udp.ctx, err);
}

void conf_use(struct conf *c) {
    const struct ip_proto ours = {conf_udp_input, conf_udp_error, c};

    c->users++;
    ip_proto_set(c->ip, IP_PROTO_UDP, &ours);
}

void conf_unuse(struct conf *c) {
    c->users--;
    if (c->users == 0) {
        ip_proto_set(c->ip, IP_PROTO_UDP, &c->udp);
    }
}

/* ---- out ---- */

static struct pkt *conf_build(struct conf *c, const struct conf_msg *m, const uint8_t *data,
                              size_t len_bytes) {
    struct udp_hdr h = {
        .sport = m->sport, .dport = m->dport, .len_bytes = (uint16_t)(UDP_HDR_BYTES + len_bytes)};
    size_t len = UDP_HDR_BYTES + len_bytes;
    struct pkt *pkt = pkt_new(&c->env->mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + len);
    uint64_t acc;
    struct wr w;

    if (!pkt) {
        return NULL;
    }
    w = wr_init(pkt_put(pkt, len), len);
    acc = l4_pseudo_csum(&m->src, &m->dst, IP_PROTO_UDP, (uint32_t)len);
    acc = csum_add16(csum_add16(csum_add16(acc, h.sport), h.dport), h.len_bytes);
    h.csum = udp_csum_field(csum_add(acc, data, len_bytes));
    udp_emit(&w, &h);
    wr_put(&w, data, len_bytes);
    return pkt;
}

void conf_send(struct conf *c, const struct conf_msg *m, const uint8_t *data, size_t len) {
    struct ip_path path;
    struct ip_tx tx = {
        .src = m->src,
        .dst = m->dst,
        .path = &path,
        .cause = m->cause,
        .proto = IP_PROTO_UDP,
        .ttl = inl_addr_is_multicast(&m->dst) ? 1 : CONF_TTL,
    };
    struct pkt *pkt;

    if (m->routed) {
        if (ip_path_find(c->ip, &m->dst, &m->src, 0, &path)) {
            env_drop(c->env, INL_DROP_NO_ROUTE);
            ip_no_route(c->ip, inl_addr_is4(&m->dst));
            return;
        }
    } else {
        ip_path_direct(c->ip, m->link, &m->dst, &m->src, &path);
    }
    if (m->mac) {
        ip_neigh_asked(c->ip, m->link, &m->dst, m->mac);
    }
    pkt = conf_build(c, m, data, len);
    if (!pkt) {
        env_drop(c->env, INL_DROP_NO_MEMORY);
        return;
    }
    c->out_datagrams += ip_out(c->ip, pkt, &tx) >= 0;
}

inl_dur conf_random(struct conf *c, inl_dur least, inl_dur most) {
    return least + (inl_dur)rng_below(&c->env->rng, (uint64_t)(most - least) + 1);
}

void conf_duid(const struct conf *c, uint8_t ret[CONF_DUID_BYTES]) {
    static const uint8_t kind[4] = {0, 3, 0, 1}; /* DUID-LL, Ethernet */
    int link = 1;

    while (link < INL_LINKS_MAX - 1 && ip_link_kind(c->ip, link) != INL_LINK_ETHERNET) {
        link++;
    }
    memcpy(ret, kind, sizeof(kind));
    memcpy(ret + sizeof(kind), c->ip->links[link].config.mac, 6);
}

/* ---- events ---- */

void conf_tell(struct conf *c, int link, uint32_t what) {
    c->news[link] |= what;
}

bool conf_next_event(struct conf *c, struct inl_conf_event *ret_event) {
    for (int i = 1; i < INL_LINKS_MAX; i++) {
        if (c->news[i]) {
            *ret_event = (struct inl_conf_event){.link = i, .what = c->news[i]};
            c->news[i] = 0;
            return true;
        }
    }
    return false;
}

/* ---- life ---- */

int conf_new(struct env *env, struct ip *ip, const struct ip_proto *udp, struct conf **ret_conf) {
    struct conf *c = mem_zalloc(&env->mem, sizeof(*c));

    if (!c) {
        return -ENOMEM;
    }
    c->env = env;
    c->ip = ip;
    c->udp = *udp;
    ip_autoconf_on_flags(ip, dhcp6_follow_flags, c);
    *ret_conf = c;
    return 0;
}

void conf_free(struct conf *c) {
    if (!c) {
        return;
    }
    for (int i = 0; i < INL_LINKS_MAX; i++) {
        dhcp4_free(c->dhcp4[i]);
        dhcp4_server_free(c->dhcp4_server[i]);
        dhcp6_free(c->dhcp6[i]);
        (void)dhcp6_follow_end(c, i);
        dhcp6_server_free(c->dhcp6_server[i]);
        ll4_free(c->ll4[i]);
    }
    mem_free(&c->env->mem, c, sizeof(*c));
}

void conf_timer(struct conf *c, struct timer *timer) {
    (void)c;
    switch (timer->kind) {
    case TIMER_CONF_DHCP4:
    case TIMER_CONF_DHCP4_EXPIRY:
        dhcp4_timer(dhcp4_of_timer(timer), timer);
        break;
    case TIMER_CONF_DHCP6:
    case TIMER_CONF_DHCP6_EXPIRY:
        dhcp6_timer(dhcp6_of_timer(timer), timer);
        break;
    case TIMER_CONF_POOL:
        pool_timer(timer);
        break;
    default:
        break;
    }
}

void conf_link_changed(struct conf *c, int link, bool up) {
    if (c->dhcp4[link]) {
        dhcp4_link_changed(c->dhcp4[link], up);
    }
    if (c->dhcp6[link]) {
        dhcp6_link_changed(c->dhcp6[link], up);
    }
}

void conf_stats(const struct conf *c, struct inl_stats *stats) {
    stats->udp_in_datagrams += c->in_datagrams;
    stats->udp_in_errors += c->in_errors;
    stats->udp_out_datagrams += c->out_datagrams;
}
