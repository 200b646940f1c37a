/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raw.h - sockets of one IP protocol (RFC 1122 3.4, RFC 3542 3), and ping sockets, which have ICMP
 * echo only
 *
 * A raw socket gets a copy of every packet of its protocol that is for this host, whoever else
 * handles it, and sends packets of that protocol. A ping socket sends echo requests and gets the
 * replies to these: its port is the identifier, as UDP's tell sockets apart. No privilege is asked
 * for here: who may open what is its caller's to say.
 */
#ifndef RAW_RAW_H
#define RAW_RAW_H

#include "base/evq.h"
#include "ip/ip.h"
#include "ip/msgq.h"
#include "ip/ports.h"
#include <inlet/info.h>
#include <inlet/socket.h>

struct raw;
struct raw_pcb;

/* Options of one socket, written by the socket layer. */
struct raw_opts {
    struct msg_opts msg;
    int32_t csum_off;   /* IPv6: where the checksum lies that we make and check; -1: nowhere */
    uint32_t filter[8]; /* one bit a type of ICMP: set, it is not delivered */
    bool hdrincl;       /* IPv4: what is sent has its IP header */
};

int raw_new(struct env *env, struct ip *ip, struct ports *ports, const struct inl_config *config,
            struct raw **ret_raw);
void raw_free(struct raw *raw);
/* Tells ip/ what we want of its packets. */
void raw_register(struct raw *raw);

/* @ping: proto is that of the family's ICMP. */
int raw_pcb_new(struct raw *raw, void *user, enum inl_family family, uint8_t proto, bool ping,
                struct raw_pcb **ret_pcb);
void raw_pcb_free(struct raw *raw, struct raw_pcb *pcb);
struct raw_opts *raw_pcb_opts(struct raw_pcb *pcb);
struct evnode *raw_pcb_evnode(struct raw_pcb *pcb);
void raw_pcb_set_owner(struct raw_pcb *pcb, uint64_t owner);
uint8_t raw_pcb_proto(const struct raw_pcb *pcb);
bool raw_pcb_is_ping(const struct raw_pcb *pcb);

/* A raw socket's local address. */
void raw_bind(struct raw_pcb *pcb, const struct inl_addr *addr);
/* A ping socket's address and identifier; pcb takes the reference over. */
void raw_bind_ping(struct raw *raw, struct raw_pcb *pcb, struct port_bind *bind);
/* Fixes peer and source; family "any" dissolves it. 0, -ENETUNREACH, -EADDRNOTAVAIL. */
int raw_connect(struct raw *raw, struct raw_pcb *pcb, const struct inl_sockaddr *peer);

/* As udp_send() and udp_recv(). -EINVAL: no echo request, or no IP header where one is due. */
int64_t raw_send(struct raw *raw, struct raw_pcb *pcb, const void *buf, size_t len_bytes,
                 const struct inl_sockaddr *to, const struct inl_msg *extra);
int64_t raw_recv(struct raw *raw, struct raw_pcb *pcb, struct inl_msg *msg, int flags);
int64_t raw_path_mtu(struct raw *raw, struct raw_pcb *pcb);

unsigned raw_poll(const struct raw_pcb *pcb);
int raw_take_error(struct raw_pcb *pcb);
void raw_info(const struct raw_pcb *pcb, struct inl_sock_info *ret_info);
const struct inl_sockaddr *raw_local(const struct raw_pcb *pcb);
const struct inl_sockaddr *raw_peer(const struct raw_pcb *pcb); /* NULL if not connected */

#endif
