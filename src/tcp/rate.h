/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rate.h - the part of tcp/'s map about rates: how fast the network delivers, how fast we send
 *
 * internal.h includes it; nobody else does. cc.h is what congestion control itself offers.
 */
#ifndef TCP_RATE_H
#define TCP_RATE_H

#include "tcp/conn.h"

/* ---- user.c ---- */
void tcp_cc_select(struct tcp_conn *c); /* the algorithm that the socket wants */

/* ---- pace.c ---- */
uint64_t tcp_pace_rate(const struct tcp_conn *c); /* bytes a second; 0: not paced */
bool tcp_pace_fills(const struct tcp_conn *c, uint32_t pipe_bytes);
void tcp_pace_sent(struct tcp_conn *c, uint32_t bytes);
void tcp_pace_settle(struct tcp_conn *c);

/* ---- rate.c: delivery rate, and what an ACK says to congestion control ---- */
void tcp_rate_init(struct tcp_conn *c);
void tcp_rate_sent(struct tcp_conn *c, struct tcp_rtx *rtx); /* just now, also again */
void tcp_rate_begin(struct tcp_conn *c);                     /* an ACK came */
/* quick.h has what else an ACK tells: delivered, acked, rtt. */
/* To be called for each segment that is newly marked lost (by ACKs, not by a path MTU change). */
void tcp_rate_lost(struct tcp_conn *c, const struct tcp_rtx *rtx);
void tcp_rate_end(struct tcp_conn *c);                /* all is marked: tells congestion control */
uint64_t tcp_rate_delivery(const struct tcp_conn *c); /* bytes a second; 0: not measured */

#endif
