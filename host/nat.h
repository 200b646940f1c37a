/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nat.h - the gateway of a private lab to the machine's real network
 *
 *   nat.c       doors, where packets come in; the map of addresses
 *   nat_tcp.c   a connection and its kernel socket
 *   nat_udp.c   a flow of datagrams and its kernel socket
 *   dns.c       which nameservers the machine has
 *
 * The lab calls the first group; the second is what these files share.
 */
#ifndef HOST_NAT_H
#define HOST_NAT_H

#include "host/ages.h"
#include "host/lab.h"
#include "host/service.h"

/* Makes the gateway if the lab has a transparent host. 0 or -errno. */
int nat_open(struct lab *lab);
void nat_close(struct lab *lab);
/* When nat_advance() is wanted next. */
inl_time nat_deadline(const struct lab *lab);
/* Ends the flows whose time is over. */
void nat_advance(struct lab *lab, inl_time now);
/* Does it hold data of programs that has yet to leave? */
bool nat_busy(const struct lab *lab);

/* ---- between nat*.c ---- */

#define NAT_TCP_MAX 1024
#define NAT_UDP_MAX 512
#define NAT_UDP_IDLE_NS (60 * INL_S)
#define NAT_NAMESERVERS_MAX 8
#define NAT_DOORS_MAX (1 + NAT_NAMESERVERS_MAX)

/* Where programs' packets come in: one socket a protocol. */
struct nat_door {
    struct service_sock tcp, udp;
};

struct nat {
    struct lab *lab;
    int gateway; /* its host */
    struct nat_door doors[NAT_DOORS_MAX];
    unsigned doors_n;
    struct nat_tcp *tcp; /* all connections */
    unsigned tcp_n;
    struct ages udp;                                  /* all flows, by when they were last used */
    struct inl_addr nameservers[NAT_NAMESERVERS_MAX]; /* that programs may ask */
    unsigned nameservers_n;
    bool has_dns, dns_chosen; /* dns_chosen: by the user, in place of the machine's */
    struct inl_sockaddr dns;  /* who is asked in truth */
};

/* Where a program that speaks to `to` gets in truth. 0, or -ECONNREFUSED: nowhere. */
int nat_map(const struct nat *nat, const struct inl_sockaddr *to, struct inl_sockaddr *ret_real);
/* A kernel socket that is connected to it, or is going to be. The descriptor or -errno. */
int nat_kernel_socket(const struct inl_sockaddr *to, int type);

void nat_tcp_accept(struct service_sock *door, uint32_t events);
bool nat_tcp_busy(const struct nat *nat);
void nat_tcp_done(struct nat *nat);

void nat_udp_receive(struct service_sock *door, uint32_t events);
inl_time nat_udp_deadline(const struct nat *nat);
void nat_udp_advance(struct nat *nat, inl_time now);
void nat_udp_done(struct nat *nat);

#endif
