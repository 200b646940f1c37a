/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4_send.c - what a DHCP client says (RFC 2131 4.4.1 table 5, 4.3.6 table
 * 4)
 *
 * Which field and which option has which address depends on the state; that is
 * all that is decided here. The client identifier is the one of RFC 4361, so
 * that a host is the same one to servers of both families.
 */
#include "conf/dhcp4.h"
#include "ip/link.h"
#include "ip/state.h"

#include <string.h>

/* RFC 4361: type 255, the number of the interface, the DUID that DHCPv6 uses as
 * well. */
size_t dhcp4_client_id(const struct dhcp4 *d, uint8_t ret[INL_DHCP_ID_BYTES]) {
    if (d->config.client_id_bytes) {
        memcpy(ret, d->config.client_id, d->config.client_id_bytes);
        return d->config.client_id_bytes;
    }
    ret[0] = 255;
    wr_store32(ret + 1, (uint32_t)d->link);
    conf_duid(d->conf, ret + 5);
    return 5 + CONF_DUID_BYTES;
}

static void put_client_options(const struct dhcp4 *d, struct wr *w) {
    static const uint8_t params[] = {DHCP4_OPT_MASK, DHCP4_OPT_ROUTES, DHCP4_OPT_ROUTERS,
                                     DHCP4_OPT_DNS,  DHCP4_OPT_DOMAIN, DHCP4_OPT_MTU,
                                     DHCP4_OPT_T1,   DHCP4_OPT_T2};
    const uint8_t max_size[2] = {1500 >> 8, 1500 & 0xff};

    dhcp4_put(w, DHCP4_OPT_PARAMS, params, sizeof(params));
    dhcp4_put(w, DHCP4_OPT_MAX_SIZE, max_size, sizeof(max_size));
    if (d->config.hostname[0]) {
        dhcp4_put(w, DHCP4_OPT_HOSTNAME, d->config.hostname, strlen(d->config.hostname));
    }
}

static uint16_t seconds(const struct dhcp4 *d) {
    inl_dur s = inl_time_sub(d->conf->env->now, d->began) / INL_S;

    return (uint16_t)(s < UINT16_MAX ? s : UINT16_MAX);
}

/* Table 5, and table 4 of RFC 2131: which message has which address where. */
void dhcp4_send(struct dhcp4 *d, enum dhcp4_type type, enum inl_cause cause) {
    const struct inl_addr *addr = &d->lease.params.addr;
    bool configured = dhcp4_has_address(d) && type != DHCP4_DECLINE;
    bool unicast = type == DHCP4_RELEASE || d->state == INL_DHCP4_RENEWING;
    bool ends = type == DHCP4_DECLINE || type == DHCP4_RELEASE;
    uint8_t buf[DHCP4_MAX_BYTES], id[INL_DHCP_ID_BYTES];
    struct wr w = wr_init(buf, sizeof(buf));
    struct dhcp4_msg m = {
        .op = DHCP4_BOOTREQUEST,
        .type = (uint8_t)type,
        .xid = d->xid,
        .secs = ends ? 0 : seconds(d),
        .flags = configured || ends ? 0 : DHCP4_BROADCAST,
        .ciaddr = configured ? *addr : inl_addr_any4(),
        .yiaddr = inl_addr_any4(),
        .siaddr = inl_addr_any4(),
        .giaddr = inl_addr_any4(),
    };
    struct conf_msg out = {
        .src = configured ? *addr : inl_addr_any4(),
        .dst = unicast ? d->lease.server : inl_addr_from4(UINT32_MAX),
        .cause = cause,
        .link = d->link,
        .sport = DHCP4_CLIENT_PORT,
        .dport = DHCP4_SERVER_PORT,
        .routed = unicast,
    };

    memcpy(m.chaddr, d->conf->ip->links[d->link].config.mac, sizeof(m.chaddr));
    dhcp4_emit(&w, &m);
    dhcp4_put(&w, DHCP4_OPT_CLIENT_ID, id, dhcp4_client_id(d, id));
    if (type == DHCP4_DECLINE || (type == DHCP4_REQUEST && !configured)) {
        dhcp4_put_addr(&w, DHCP4_OPT_REQUESTED, addr);
    }
    if (ends || (type == DHCP4_REQUEST && d->state == INL_DHCP4_REQUESTING)) {
        dhcp4_put_addr(&w, DHCP4_OPT_SERVER, &d->lease.server);
    }
    if (!ends) {
        put_client_options(d, &w);
    }
    dhcp4_end(&w);
    conf_send(d->conf, &out, buf, wr_len(&w));
}
