/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf.h - address configuration as the stack sees it
 *
 * The layer between IP and the stack that talks to servers about addresses:
 * DHCP for both families, IPv4 link-local addresses, and small servers. It uses
 * UDP on the wire, but not the layer udp/: its messages come and go before
 * there is an address, and no socket must be able to take them away. While
 * something runs, its entry stands in IP's protocol table and hands on what it
 * does not want.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "ip/ip.h"

#include <inlet/conf.h>

struct conf;

/* @udp: what stands in the protocol table for UDP otherwise. 0 or -ENOMEM. */
int conf_new(struct env *env, struct ip *ip, const struct ip_proto *udp, struct conf **ret_conf);
void conf_free(struct conf *conf); /* sends nothing */

/* A timer of kind TIMER_CONF_* is due. */
void conf_timer(struct conf *conf, struct timer *timer);

/* A link went up or down. */
void conf_link_changed(struct conf *conf, int link, bool up);

/* Adds what conf/ sends and receives by UDP. */
void conf_stats(const struct conf *conf, struct inl_stats *stats);

bool conf_next_event(struct conf *conf, struct inl_conf_event *ret_event);

/* As the functions of inlet/conf.h. */
int conf_dhcp4_start(struct conf *conf, int link, const struct inl_dhcp4_config *config);
int conf_dhcp4_stop(struct conf *conf, int link, bool release);
int conf_dhcp4_get(const struct conf *conf, int link, struct inl_dhcp4_info *ret);
int conf_ll4_start(struct conf *conf, int link);
int conf_ll4_stop(struct conf *conf, int link);
bool conf_ll4_get(const struct conf *conf, int link, struct inl_addr *ret_addr);
int conf_dhcp6_start(struct conf *conf, int link, const struct inl_dhcp6_config *config);
int conf_dhcp6_follow(struct conf *conf, int link, const struct inl_dhcp6_config *config);
int conf_dhcp6_stop(struct conf *conf, int link, bool release);
int conf_dhcp6_get(const struct conf *conf, int link, struct inl_dhcp6_info *ret);
int conf_dhcp4_server_start(struct conf *conf, int link,
                            const struct inl_dhcp4_server_config *config);
int conf_dhcp4_server_stop(struct conf *conf, int link);
size_t conf_dhcp4_server_leases(const struct conf *conf, int link, struct inl_dhcp_lease *out,
                                size_t max);
int conf_dhcp6_server_start(struct conf *conf, int link,
                            const struct inl_dhcp6_server_config *config);
int conf_dhcp6_server_stop(struct conf *conf, int link);
size_t conf_dhcp6_server_leases(const struct conf *conf, int link, struct inl_dhcp_lease *out,
                                size_t max);

#endif
