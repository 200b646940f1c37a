/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp.h - UDP as the socket layer sees it (RFC 768, RFC 1122 4.1, RFC 8200 8.1)
 *
 * A struct udp_pcb is one UDP socket: local binding, optional peer, a bounded queue of received
 * datagrams. Demultiplexing is by hash: connected ones first, then bound to the address, then
 * bound to any. Events go to the environment's event queue through pcb's evnode.
 */
#ifndef UDP_UDP_H
#define UDP_UDP_H

#include "base/evq.h"
#include "ip/ip.h"
#include "ip/msgq.h"
#include "ip/ports.h"
#include <inlet/info.h>
#include <inlet/socket.h>

struct udp;
struct udp_pcb;

/* @proto: UDP or UDP-Lite, each of which has its own sockets. 0 or -ENOMEM. */
int udp_new(struct env *env, struct ip *ip, struct ports *ports, const struct inl_config *config,
            uint8_t proto, struct udp **ret_udp);
void udp_free(struct udp *udp);

/* The protocol table's entries for 17 and 136. */
enum inl_drop udp_input(void *ctx, const struct ip_rx *rx);
enum inl_drop udp_error(void *ctx, const struct ip_err *err);

int udp_pcb_new(struct udp *udp, void *user, struct udp_pcb **ret_pcb);
void udp_pcb_free(struct udp *udp, struct udp_pcb *pcb);
/* Where it was made, and which protocol that is. */
struct udp *udp_pcb_home(const struct udp_pcb *pcb);
uint8_t udp_pcb_proto(const struct udp_pcb *pcb);
struct msg_opts *udp_pcb_opts(struct udp_pcb *pcb);
void *udp_pcb_user(const struct udp_pcb *pcb);
struct evnode *udp_pcb_evnode(struct udp_pcb *pcb);
void udp_pcb_set_owner(struct udp_pcb *pcb, uint64_t owner);

/* Makes pcb reachable under a binding, whose reference pcb takes over. */
void udp_bind(struct udp *udp, struct udp_pcb *pcb, struct port_bind *bind);
/* Fixes the peer and the source address; a peer with port 0 dissolves it. 0, -ENETUNREACH,
 * -EADDRNOTAVAIL. The pcb must be bound. */
int udp_connect(struct udp *udp, struct udp_pcb *pcb, const struct inl_sockaddr *peer);

/* to NULL: the connected peer. As inl_sendto(); the pcb must be bound. @extra: what else
 * inl_sendmsg() was told, or NULL. */
int64_t udp_send(struct udp *udp, struct udp_pcb *pcb, const void *buf, size_t len_bytes,
                 const struct inl_sockaddr *to, const struct inl_msg *extra);
/* The same to the peer, if the datagram is like the last one in all but its bytes; -EAGAIN: nothing
 * was done, udp_send() is to be asked. */
int64_t udp_send_again(struct udp_pcb *pcb, const void *buf, size_t len_bytes);
/* As inl_recvfrom() without flags, if a datagram is there and no error; -EAGAIN: udp_recv() knows
 * what there is. */
int64_t udp_recv_next(struct udp_pcb *pcb, void *buf, size_t len_bytes,
                      struct inl_sockaddr *ret_from, struct inl_sockaddr *ret_to);
/* As inl_recvmsg(); of a datagram that was cut, the rest is lost. */
int64_t udp_recv(struct udp *udp, struct udp_pcb *pcb, struct inl_msg *msg, int flags);
/* The path MTU to the peer, or -ENOTCONN, or why there is no path. */
int64_t udp_path_mtu(struct udp *udp, struct udp_pcb *pcb);

unsigned udp_poll(const struct udp_pcb *pcb); /* enum inl_events that hold now */
int udp_take_error(struct udp_pcb *pcb);      /* pending errno, cleared */
void udp_info(const struct udp_pcb *pcb, struct inl_sock_info *ret_info);
const struct inl_sockaddr *udp_local(const struct udp_pcb *pcb);
const struct inl_sockaddr *udp_peer(const struct udp_pcb *pcb); /* NULL if not connected */

/* Adds UDP's counters. */
void udp_stats(const struct udp *udp, struct inl_stats *stats);

#endif
