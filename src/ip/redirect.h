/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * redirect.h - better first hops that routers have told of (RFC 1122 3.2.2.2, RFC 4861 8)
 *
 * One entry for each redirected destination: for the others behind the same route nothing changes.
 * If it leads to another router by IPv6, it is for packets of the source that it was told of, too
 * (RFC 8028 3.4): packets of others may have to leave by another provider.
 * An entry ends when its gateway does not answer, when its link goes down, five minutes after it
 * was last told, or when it is the oldest of max_redirects and a new one comes.
 */
#ifndef IP_REDIRECT_H
#define IP_REDIRECT_H

#include "base/htab.h"
#include "base/list.h"
#include "base/timer.h"
#include "ip/ip.h"
#include "ip/route.h"
#include "wire/icmp4.h"
#include "wire/nd.h"

struct ip_redirects {
    struct htab table;
    struct list age; /* oldest first */
    struct timer timer;
    uint32_t max;
};

void ip_redirect_init(struct ip *ip, uint32_t max);
void ip_redirect_done(struct ip *ip);
void ip_redirect_timer(struct ip *ip);

/* Is there one for @dst, from @src (any: not known yet)? */
bool ip_redirect_find(const struct ip *ip, const struct inl_addr *dst, const struct inl_addr *src,
                      struct ip_hop *ret_hop);

/* Forgets those through a gateway that does not answer; all of the link if @gateway is NULL. */
void ip_redirect_forget(struct ip *ip, int link, const struct inl_addr *gateway);

/* One has come. */
enum inl_drop ip_redirect4_input(struct ip *ip, const struct ip_rx *rx, const struct icmp4_msg *m);
enum inl_drop ip_redirect6_input(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m);

/* We forward rx by @path: tells its sender, if he could do without us. */
void ip_redirect_send(struct ip *ip, const struct ip_rx *rx, const struct ip_path *path);

#endif
