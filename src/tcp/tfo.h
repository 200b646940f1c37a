/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tfo.h - the part of tcp/'s map about Fast Open (RFC 7413)
 *
 * internal.h includes it; nobody else does.
 */
#ifndef TCP_TFO_H
#define TCP_TFO_H

#include "tcp/conn.h"

struct tcp_listener;
struct tcp_seg;

/* Owner: tfo.c. */
struct tcp_tfo {
    uint8_t key[16];
    struct htab servers; /* what we know of them as a client */
    struct list order;   /* of servers, used longest ago first */
    inl_time resets_until;
    uint32_t pending; /* opened by a SYN with data and not ESTABLISHED yet */
    uint32_t resets;  /* that came to nothing lately */
    uint64_t active, active_fails, passive, passive_fails, overflows, asked;
};

enum tcp_tfo_verdict {
    TCP_TFO_NO,          /* as if the SYN had not said it */
    TCP_TFO_GIVE_COOKIE, /* a common handshake, with a cookie in the SYN-ACK */
    TCP_TFO_OPEN_FAST,   /* the SYN's data is taken */
};
void tcp_tfo_init(struct tcp *tcp);
void tcp_tfo_done(struct tcp *tcp);
enum tcp_tfo_verdict tcp_tfo_syn(struct tcp *tcp, const struct tcp_listener *l,
                                 const struct tcp_seg *seg);
void tcp_tfo_opened(struct tcp_conn *c);
void tcp_tfo_settled(struct tcp_conn *c, bool established); /* its handshake is over */
void tcp_tfo_connect(struct tcp_conn *c);                   /* what this connect() may do */
bool tcp_tfo_waits(const struct tcp_conn *c);               /* the SYN waits for the first write */
void tcp_tfo_go(struct tcp_conn *c);
void tcp_tfo_fill(const struct tcp_conn *c, struct tcp_opts *ret); /* the option of a SYN */
uint32_t tcp_tfo_syn_data(const struct tcp_conn *c);               /* data that goes with it */
void tcp_tfo_timeout(struct tcp_conn *c);                          /* the SYN goes again */
void tcp_tfo_synack(struct tcp_conn *c, const struct tcp_seg *seg);
void tcp_tfo_refused(struct tcp_conn *c); /* no connection came of it */
void tcp_tfo_stats(const struct tcp *tcp, struct inl_stats *stats);

#endif
