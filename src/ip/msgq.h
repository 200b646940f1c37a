/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msgq.h - what has come for a socket of messages: UDP, ping, raw
 *
 * Two queues. Received messages are bounded by the socket's receive buffer, each counted with its
 * overhead; a newcomer that does not fit is dropped. Errors about what was sent (RFC 1122 4.1.3.3)
 * are bounded by MSGQ_ERRORS_MAX: the newest is dropped, since the first ones say what went wrong.
 */
#ifndef IP_MSGQ_H
#define IP_MSGQ_H

#include "base/list.h"
#include "ip/ip.h"
#include "wire/ip6chain.h"
#include <inlet/socket.h>

#define MSGQ_ERRORS_MAX 64        /* messages */
#define MSGQ_ERROR_BYTES_MAX 1024 /* of each quoted message */

/* Options that all such sockets have, written by the socket layer. */
struct ip_members;

struct msg_opts {
    uint32_t rcvbuf_bytes;
    uint8_t ttl;       /* 0: default */
    uint8_t group_ttl; /* of what goes to groups: 1 (RFC 1112 6.1); 0: it stays in this host */
    uint8_t tos;
    uint8_t pmtud; /* enum inl_pmtud */
    bool broadcast;
    bool v6only;
    bool recverr;
    bool group_loop;           /* we hear what we send to groups */
    bool group_all;            /* groups that others have joined, too */
    uint16_t group_link;       /* where to send to groups; 0: by the route */
    struct ip_members *groups; /* group_member.c: NULL: none */
    bool no_check4;            /* UDP: IPv4 is sent without a checksum, */
    bool no_check6_tx;         /* and IPv6; */
    bool no_check6_rx;         /* IPv6 may come without (RFC 6935) */
    bool want_check;           /* IPv4 may not */
    uint8_t ip_opts_len;
    uint8_t ip_opts[40]; /* IPv4: options of what is sent, well-formed */
    uint8_t ip6_ext_len;
    uint8_t *ip6_ext;  /* IPv6: extension headers of what is sent (wire/ip6chain.h), allocated */
    uint16_t cover_tx; /* UDP-Lite: octets from the header on that the checksum is to cover, */
    uint16_t cover_rx; /* and that it must cover at least; 0: all */
};

/* As a new socket has them. */
static inline void msg_opts_init(struct msg_opts *o, uint32_t rcvbuf_bytes) {
    o->rcvbuf_bytes = rcvbuf_bytes;
    o->group_ttl = 1;
    o->group_loop = true;
    o->group_all = true;
}

static inline void msg_opts_done(struct msg_opts *o, struct mem *mem) {
    mem_free(mem, o->ip6_ext, o->ip6_ext_len);
}

/* The IP options of a message to dst, or its extension headers: its own, or the socket's. Bad: they
 * are too long together. */
static inline struct rd msg_opts_ip(const struct msg_opts *o, const struct inl_msg *extra,
                                    const struct inl_addr *dst,
                                    uint8_t buf[INL_IP6_EXT_MAX_BYTES]) {
    if (!inl_addr_is4(dst)) {
        const struct rd own =
            extra && extra->ext ? rd_init(extra->ext, extra->ext_len) : rd_init(NULL, 0);

        return rd_left(&own) + o->ip6_ext_len > 0
                   ? ip6_chain_merge(own, rd_init(o->ip6_ext, o->ip6_ext_len), buf)
                   : own;
    }
    return extra && extra->opts ? rd_init(extra->opts, extra->opts_len)
                                : rd_init(o->ip_opts, o->ip_opts_len);
}

/* How long the IP header will be with these. */
static inline size_t msg_opts_ip_hdr(const struct rd *opts, const struct inl_addr *dst) {
    return (inl_addr_is4(dst) ? 20u : 40u) + ((rd_left(opts) + 3) & ~(size_t)3);
}

/* What a datagram to a group needs of them. */
static inline void msg_opts_group(const struct msg_opts *o, struct ip_tx *tx) {
    tx->ttl = o->group_ttl ? o->group_ttl : 1;
    tx->loop = o->group_loop;
    tx->host_only = o->group_ttl == 0;
}

/* A message with what is known of it. */
struct msg {
    struct list node;
    struct inl_sockaddr from;
    struct inl_sockaddr to;
    uint32_t len;
    uint32_t cost; /* the memory that it takes */
    uint16_t link;
    uint8_t ttl;
    uint8_t tos;
    uint16_t opts_len; /* its options, or extension headers, stand behind the data */
    uint8_t ext_first; /* IPv6: the next-header value in front of them */
    uint8_t data[];
};

struct msgq {
    struct list msgs;   /* struct msg */
    struct list errors; /* struct msg_error, msgq.c's own */
    size_t bytes;       /* payload that waits */
    size_t cost;        /* with overhead */
    uint32_t error_count;
    uint32_t sender; /* for ip_sent_by() */
};

void msgq_init(struct msgq *q);
void msgq_done(struct msgq *q, struct mem *mem);

/* Queues a message that rx has brought, or a part of it. @sport, @dport: 0 for protocols without
 * ports. NONE, SOCKET_FULL, NO_MEMORY. */
enum inl_drop msgq_push(struct msgq *q, struct mem *mem, size_t limit_bytes, const struct ip_rx *rx,
                        uint16_t sport, uint16_t dport, const struct rd *payload);

/* The same in two steps, for who copies the payload himself, to m->data: room for so much, or NULL
 * if there is none; then it is queued, or given up. */
struct msg *msgq_room(const struct msgq *q, struct mem *mem, size_t limit_bytes, size_t len,
                      size_t opts_len);
void msgq_add(struct msgq *q, struct msg *m, const struct ip_rx *rx, uint16_t sport,
              uint16_t dport);
void msgq_give_up(struct mem *mem, struct msg *m);

/* The oldest message, taken: of it, its addresses and what fits; or -EAGAIN. */
int64_t msgq_next(struct msgq *q, struct mem *mem, void *buf, size_t len_bytes,
                  struct inl_sockaddr *ret_from, struct inl_sockaddr *ret_to);
/* The oldest message to a caller, as inl_recvmsg(): its length, or -EAGAIN. */
int64_t msgq_take(struct msgq *q, struct mem *mem, struct inl_msg *msg, int flags);

static inline bool msgq_empty(const struct msgq *q) {
    return list_empty(&q->msgs);
}

static inline bool msgq_has_error(const struct msgq *q) {
    return q->error_count > 0;
}

/* An error about a message that went to `dst`; `payload` is what is known of that message. False:
 * the queue is full, or there is no memory. */
bool msgq_push_error(struct msgq *q, struct mem *mem, const struct inl_msg_error *error,
                     const struct inl_sockaddr *dst, const struct rd *payload);
/* What ICMP said, as a socket is told it. */
struct inl_msg_error msgq_error_from(const struct ip_err *err);
/* The oldest error, as inl_recvmsg() with INL_MSG_ERRQUEUE. */
int64_t msgq_take_error(struct msgq *q, struct mem *mem, struct inl_msg *msg, int flags);

#endif
