/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - struct conf, and what the files of conf/ offer each other
 *
 * A link has at most one of each kind of client and server; a slot is written
 * by the file whose struct it points to.
 */
#ifndef CONF_STATE_H
#define CONF_STATE_H

#include "base/env.h"
#include "conf/conf.h"
#include "wire/udp.h"

struct dhcp4;
struct dhcp4_server;
struct dhcp6;
struct dhcp6_follow;
struct dhcp6_server;
struct ll4;

/* Kinds of timers that conf_timer() knows. */
enum conf_timer_kind {
    TIMER_CONF_DHCP4 = TIMER_CONF + 1,
    TIMER_CONF_DHCP4_EXPIRY,
    TIMER_CONF_DHCP6,
    TIMER_CONF_DHCP6_EXPIRY,
    TIMER_CONF_POOL,
};

#define CONF_START_MAX_NS (3600 * INL_S) /* most that a client may be told to wait at first */

#define CONF_DUID_BYTES 10 /* DUID-LL of an Ethernet address (RFC 8415 11.4) */

struct conf {
    struct env *env;
    struct ip *ip;
    struct ip_proto udp; /* takes what we do not want */
    unsigned users;      /* clients and servers that run; none: UDP stands in the table itself */
    struct dhcp4 *dhcp4[INL_LINKS_MAX];
    struct dhcp4_server *dhcp4_server[INL_LINKS_MAX];
    struct dhcp6 *dhcp6[INL_LINKS_MAX];
    struct dhcp6_follow *dhcp6_follow[INL_LINKS_MAX];
    struct dhcp6_server *dhcp6_server[INL_LINKS_MAX];
    struct ll4 *ll4[INL_LINKS_MAX];
    uint32_t news[INL_LINKS_MAX];                    /* enum inl_conf_what that was not told yet */
    uint64_t in_datagrams, in_errors, out_datagrams; /* RFC 4113, beside those of udp/ */
};

/* One more, or one less, that runs. */
void conf_use(struct conf *c);
void conf_unuse(struct conf *c);

void conf_tell(struct conf *c, int link, uint32_t what);

/* ---- messages ---- */

struct conf_msg {
    struct inl_addr src; /* need not be ours: 0.0.0.0 before there is an address */
    struct inl_addr dst;
    const uint8_t *mac; /* of a host that does not answer ARP yet; NULL: as usual */
    enum inl_cause cause;
    int link;
    uint16_t sport;
    uint16_t dport;
    bool routed; /* may lead over a gateway; otherwise it leaves through the link */
};

/* Sends a datagram; a failure is counted as for any packet, and made good by
 * retransmission. */
void conf_send(struct conf *c, const struct conf_msg *m, const uint8_t *data, size_t len);

/* A random duration of [least, most]. */
inl_dur conf_random(struct conf *c, inl_dur least, inl_dur most);

/* The host's DUID: of its first Ethernet link's address. */
void conf_duid(const struct conf *c, uint8_t ret[CONF_DUID_BYTES]);

/* A group of IPv6 that a server listens to. 0 or -ENOMEM. */
int conf_group_join(struct conf *c, int link, const struct inl_addr *group);
void conf_group_leave(struct conf *c, int link, const struct inl_addr *group);

/* ---- clients and servers ---- */

enum inl_drop dhcp4_input(struct dhcp4 *d, const struct ip_rx *rx, struct rd payload);
void dhcp4_timer(struct dhcp4 *d, const struct timer *timer);
struct dhcp4 *dhcp4_of_timer(struct timer *timer);
void dhcp4_link_changed(struct dhcp4 *d, bool up);
void dhcp4_free(struct dhcp4 *d);

enum inl_drop dhcp6_input(struct dhcp6 *d, struct rd payload);
void dhcp6_timer(struct dhcp6 *d, const struct timer *timer);
struct dhcp6 *dhcp6_of_timer(struct timer *timer);
void dhcp6_link_changed(struct dhcp6 *d, bool up);
void dhcp6_free(struct dhcp6 *d);

/* dhcp6_follow.c: routers say what there is; ends the following of a link, if there is one. */
void dhcp6_follow_flags(void *conf, int link, bool managed, bool other);
bool dhcp6_follow_end(struct conf *c, int link);

enum inl_drop dhcp4_server_input(struct dhcp4_server *s, struct rd payload);
void dhcp4_server_free(struct dhcp4_server *s);

enum inl_drop dhcp6_server_input(struct dhcp6_server *s, const struct ip_rx *rx, struct rd payload);
void dhcp6_server_free(struct dhcp6_server *s);

void ll4_free(struct ll4 *l);

#endif
