/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6_send.c - what a DHCPv6 client says (RFC 8415 18.2.1 to 18.2.8)
 *
 * All messages go to the group of servers, from the link-local address: no
 * server has allowed anything else (18.2.4, and RFC 9915 has taken the
 * permission away).
 */
#include "conf/dhcp6.h"
#include "ip/addr.h"
#include "ip/link.h"
#include "ip/state.h"

#include <string.h>

#define MESSAGE_BYTES 512
#define ELAPSED_MAX 0xffff

uint32_t dhcp6_iaid(const struct dhcp6 *d) {
    return (uint32_t)d->link;
}

void dhcp6_client_duid(const struct dhcp6 *d, struct dhcp6_duid *ret) {
    memset(ret, 0, sizeof(*ret));
    conf_duid(d->conf, ret->b);
    ret->len = CONF_DUID_BYTES;
}

static uint16_t elapsed(const struct dhcp6 *d) {
    inl_dur t = inl_time_sub(d->conf->env->now, d->began) / (INL_S / 100);

    return (uint16_t)(d->tries == 0 ? 0 : t < ELAPSED_MAX ? t : ELAPSED_MAX);
}

static void put_wishes(struct wr *w, enum dhcp6_type type) {
    wr_be16(w, DHCP6_OPT_ORO);
    if (type == DHCP6_INFORMATION) {
        wr_be16(w, 8);
        wr_be16(w, DHCP6_OPT_INF_MAX_RT);
        wr_be16(w, DHCP6_OPT_REFRESH);
    } else {
        wr_be16(w, 6);
        wr_be16(w, DHCP6_OPT_SOL_MAX_RT);
    }
    wr_be16(w, DHCP6_OPT_DNS);
    wr_be16(w, DHCP6_OPT_DOMAINS);
}

static bool wants_answer_of_one(enum dhcp6_type type) {
    return type == DHCP6_REQUEST || type == DHCP6_RENEW || type == DHCP6_RELEASE ||
           type == DHCP6_DECLINE;
}

static void put_ia(const struct dhcp6 *d, struct wr *w, enum dhcp6_type type) {
    struct dhcp6_ia ia = {.iaid = dhcp6_iaid(d)};

    if (type != DHCP6_SOLICIT) {
        ia.addrs_n = 1; /* lifetimes 0: the server decides (21.6) */
        ia.addrs[0].addr = d->addr;
    }
    dhcp6_put_ia(w, &ia);
}

bool dhcp6_send(struct dhcp6 *d, enum dhcp6_type type, enum inl_cause cause) {
    struct conf_msg out = {
        .dst = DHCP6_ALL_SERVERS,
        .cause = cause,
        .link = d->link,
        .sport = DHCP6_CLIENT_PORT,
        .dport = DHCP6_SERVER_PORT,
    };
    uint8_t buf[MESSAGE_BYTES];
    struct wr w = wr_init(buf, sizeof(buf));
    struct dhcp6_duid me;

    if (ip_addr_select(d->conf->ip, d->link, &out.dst, &out.src) != 0 ||
        !inl_addr_is_link_local(&out.src)) {
        return false;
    }
    dhcp6_client_duid(d, &me);
    dhcp6_emit(&w, (uint8_t)type, d->xid);
    dhcp6_put(&w, DHCP6_OPT_CLIENT_ID, me.b, me.len);
    if (wants_answer_of_one(type)) {
        dhcp6_put(&w, DHCP6_OPT_SERVER_ID, d->server.b, d->server.len);
    }
    dhcp6_put_u16(&w, DHCP6_OPT_ELAPSED, elapsed(d));
    if (type != DHCP6_RELEASE && type != DHCP6_DECLINE && type != DHCP6_CONFIRM) {
        put_wishes(&w, type);
    }
    if (type == DHCP6_SOLICIT && d->config.rapid_commit) {
        dhcp6_put(&w, DHCP6_OPT_RAPID_COMMIT, NULL, 0);
    }
    if (type != DHCP6_INFORMATION) {
        put_ia(d, &w, type);
    }
    conf_send(d->conf, &out, buf, wr_len(&w));
    return true;
}
