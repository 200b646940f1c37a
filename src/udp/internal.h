/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - what the files of udp/ share
 *
 *   udp.c     life of a socket's half, its peer, questions
 *   table.c   which socket a datagram belongs to
 *   input.c   datagrams and errors arrive
 *   output.c  datagrams leave
 *
 * UDP-Lite is a second struct udp with its own sockets: only the header's third field differs.
 *
 * Each field of struct udp_pcb is written by the file that its comment names, else by udp.c.
 */
#ifndef UDP_INTERNAL_H
#define UDP_INTERNAL_H

#include "base/htab.h"
#include "ip/msgq.h"
#include "ip/stamp.h"
#include "udp/udp.h"
#include "wire/ipproto.h"
#include "wire/udp.h"

/* What a socket stands under in the table; zero means "whoever". No padding: it is compared. */
struct udp_key {
    struct inl_addr local;
    struct inl_addr peer;
    uint16_t local_port;
    uint16_t peer_port;
};

/* The last datagram's addresses and ports, and whose it was; the table has not changed since. */
struct udp_memo {
    struct udp_key key;
    struct udp_pcb *pcb; /* NULL: not known */
    uint64_t pseudo;     /* sum of the pseudo-header between these addresses, without the length */
};

struct udp {
    struct env *env;
    struct ip *ip;
    struct ports *ports;
    struct htab table; /* bound sockets */
    uint32_t peers;    /* how many of them have a peer */
    struct udp_memo memo;
    struct list all; /* every socket */
    uint32_t rcvbuf_bytes;
    uint8_t proto; /* UDP, or UDP-Lite */
    bool transparent;
    uint8_t hash_key[16];
    uint64_t in_datagrams;
    uint64_t no_ports;  /* nobody is bound: RFC 4113 udpNoPorts */
    uint64_t in_errors; /* every other reason */
    uint64_t out_datagrams;
    uint64_t in_partial, out_partial; /* UDP-Lite: of these, with less than all covered */
};

struct udp_pcb {
    struct udp *home;
    struct hnode node; /* table.c */
    struct list all;
    struct msgq q; /* input.c */
    struct evnode evnode;
    void *user;
    uint64_t owner;
    struct udp_key key;     /* table.c */
    struct port_bind *bind; /* NULL: not bound */
    uint64_t salt;          /* among those that share the port */
    struct inl_sockaddr local;
    struct inl_sockaddr peer;
    struct inl_addr path_dst; /* output.c: what `path` leads to */
    struct inl_addr path_src; /* output.c: what was asked for */
    uint32_t path_scope;      /* output.c: through which link */
    struct ip_path path;      /* output.c */
    uint64_t path_pseudo;     /* output.c: sum of the pseudo-header on it, without the length */
    struct msg_opts opts;
    struct ip_stamp stamp; /* output.c: for the peer, or where the last ones went; dropped by */
    struct inl_sockaddr stamp_to; /* whoever changes an option, the peer, or the error */
    uint64_t stamp_sum;           /* output.c: path_pseudo and the ports */
    int error;
    bool connected;
    bool stamp_is_peer; /* output.c */
};

static inline bool udp_is_lite(const struct udp *udp) {
    return udp->proto == IP_PROTO_UDPLITE;
}

/* ---- table.c ---- */

/* Puts the socket where its local half and peer say; @placed: it stands there already. */
void udp_table_place(struct udp *udp, struct udp_pcb *pcb, bool placed);
void udp_table_leave(struct udp *udp, struct udp_pcb *pcb);
/* The socket under a key, and the next one under the same; or NULL. */
struct udp_pcb *udp_table_find(const struct udp *udp, const struct udp_key *key);
struct udp_pcb *udp_table_next(const struct udp_pcb *pcb);

#define UDP_KEYS_MAX 5

/* The keys without a peer that a datagram may be found under, most specific first. */
int udp_bound_keys(const struct udp *udp, const struct inl_addr *local, uint16_t port,
                   struct udp_key keys[UDP_KEYS_MAX]);
/* Does a socket that was found want what was sent to this address? :: with V6ONLY stands where IPv4
 * looks, too. */
bool udp_pcb_wants(const struct udp_pcb *pcb, const struct inl_addr *local);
/* Is it from and to where the last one was? */
static inline bool udp_memo_is(const struct udp_memo *m, const struct ip_rx *rx, uint16_t sport,
                               uint16_t dport) {
    return m->pcb && m->key.peer_port == sport && m->key.local_port == dport &&
           inl_addr_eq(&m->key.peer, &rx->src) && inl_addr_eq(&m->key.local, &rx->dst);
}

/* The one socket that a datagram for one host belongs to, or NULL. */
struct udp_pcb *udp_find_unicast(struct udp *udp, const struct ip_rx *rx, const struct udp_hdr *h);

#endif
