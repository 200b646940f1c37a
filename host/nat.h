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

#include "host/lab.h"

/* Makes the gateway if the lab has a transparent host. 0 or -errno. */
int nat_open(struct lab *lab);
void nat_close(struct lab *lab);
/* True if the event was for a socket of the gateway. */
bool nat_event(struct lab *lab, int host, const struct inl_event *ev);
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

/* A socket of the engine that belongs to the gateway. */
struct nat_sock {
    struct table_node by_sock; /* in nat->socks[host] */
    struct nat *nat;
    int host;
    inl_sock sock;
    void (*on_event)(struct nat_sock *s, uint32_t events);
};

/* Where programs' packets come in: one socket a protocol. */
struct nat_door {
    struct nat_sock tcp, udp;
};

struct nat {
    struct lab *lab;
    int gateway;         /* its host */
    struct table *socks; /* one a host: struct nat_sock by handle */
    struct nat_door doors[NAT_DOORS_MAX];
    unsigned doors_n;
    struct nat_tcp *tcp; /* all connections */
    unsigned tcp_n;
    struct nat_udp *udp_oldest, *udp_newest; /* all flows, by when they were last used */
    unsigned udp_n;
    struct inl_addr nameservers[NAT_NAMESERVERS_MAX]; /* that programs may ask */
    unsigned nameservers_n;
    bool has_dns, dns_chosen; /* dns_chosen: by the user, in place of the machine's */
    struct inl_sockaddr dns;  /* who is asked in truth */
};

struct inl_stack *nat_stack(const struct nat_sock *s);
/* Begins to give the engine's events of s->sock to s; s->nat, host, sock, on_event are set.
 * 0 or -ENOMEM. */
int nat_sock_add(struct nat_sock *s);
/* Ends that, and closes the engine's socket. */
void nat_sock_close(struct nat_sock *s);

/* Where a program that speaks to `to` gets in truth. 0, or -ECONNREFUSED: nowhere. */
int nat_map(const struct nat *nat, const struct inl_sockaddr *to, struct inl_sockaddr *ret_real);
/* A kernel socket that is connected to it, or is going to be. The descriptor or -errno. */
int nat_kernel_socket(const struct inl_sockaddr *to, int type);

void nat_tcp_accept(struct nat_sock *door, uint32_t events);
bool nat_tcp_busy(const struct nat *nat);
void nat_tcp_done(struct nat *nat);

void nat_udp_receive(struct nat_sock *door, uint32_t events);
inl_time nat_udp_deadline(const struct nat *nat);
void nat_udp_advance(struct nat *nat, inl_time now);
void nat_udp_done(struct nat *nat);

#endif
