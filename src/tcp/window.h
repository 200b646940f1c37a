/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * window.h - the part of tcp/'s map about buffers, windows, and what rides on ACKs
 *
 * internal.h includes it; nobody else does. memory.c counts what all buffers hold; rwnd.c decides
 * how much the peer may send, delack.c when it hears of it; urgent.c keeps marks in both streams,
 * uto.c what the ends suggest to each other about patience.
 */
#ifndef TCP_WINDOW_H
#define TCP_WINDOW_H

#include "tcp/conn.h"

struct tcp_seg;
struct tcp_opts;

/* ---- memory.c ---- */
void tcp_mem_update(struct tcp_conn *c);
bool tcp_mem_is_right(const struct tcp_conn *c);
bool tcp_mem_pressure(const struct tcp *tcp); /* nothing grows by itself now */
bool tcp_mem_full(const struct tcp *tcp);
size_t tcp_mem_left(const struct tcp *tcp);

/* ---- rwnd.c ---- */
void tcp_rwnd_init(struct tcp_conn *c);
void tcp_rwnd_start(struct tcp_conn *c);
void tcp_rwnd_established(struct tcp_conn *c);
uint16_t tcp_rwnd_advertise(struct tcp_conn *c, bool syn); /* moves the edge if that is worth it */
bool tcp_rwnd_update_due(const struct tcp_conn *c);
bool tcp_rwnd_tell(struct tcp_conn *c); /* room was made; true: an ACK is due that says so */
void tcp_rwnd_set_buf(struct tcp_conn *c, uint32_t bytes); /* and no other from now on */
uint32_t tcp_rwnd_of_syn(const struct tcp *tcp, const struct tcp_sock_opts *o);
void tcp_rwnd_lowat(struct tcp_conn *c); /* makes room for the low-water mark */
void tcp_rwnd_measure(struct tcp_conn *c, const struct tcp_seg *seg); /* data arrived: the RTT */
void tcp_rwnd_read(struct tcp_conn *c); /* the application has read: perhaps the buffer grows */
void tcp_rwnd_no_scale(struct tcp_conn *c);
static inline uint32_t tcp_rwnd_bytes(const struct tcp_conn *c) {
    int32_t wnd = seq_diff(c->rwnd.edge, c->rcv.nxt);
    return wnd > 0 ? (uint32_t)wnd : 0;
}

/* ---- urgent.c ---- */
void tcp_urg_mark(struct tcp_conn *c); /* what was written last is urgent */
void tcp_urg_acked(struct tcp_conn *c);
uint16_t tcp_urg_field(const struct tcp_conn *c, seq_t seq); /* of a segment; 0: without URG */
void tcp_urg_input(struct tcp_conn *c, const struct tcp_seg *seg); /* before it is cut */
uint32_t tcp_urg_left(const struct tcp_conn *c);                   /* to be read up to the mark */
size_t tcp_urg_limit(const struct tcp_conn *c, size_t len); /* a read stops before the last octet */
void tcp_urg_read(struct tcp_conn *c);
void tcp_urg_fin(struct tcp_conn *c);

/* ---- uto.c ---- */
void tcp_uto_init(struct tcp_conn *c);
void tcp_uto_changed(struct tcp_conn *c); /* the application has */
void tcp_uto_input(struct tcp_conn *c, const struct tcp_opts *o);
void tcp_uto_fill(const struct tcp_conn *c, bool syn, uint32_t data_len, struct tcp_opts *ret);
void tcp_uto_sent(struct tcp_conn *c, bool syn); /* a segment with the option */
inl_dur tcp_uto_ns(const struct tcp_conn *c);    /* the user timeout that follows; 0: none does */

/* ---- delack.c ---- */
void tcp_ackd_data(struct tcp_conn *c, bool filled);          /* data in order arrived */
void tcp_ackd_now(struct tcp_conn *c, enum inl_cause cause);  /* one ACK, may ride on data */
void tcp_ackd_pure(struct tcp_conn *c, enum inl_cause cause); /* one pure ACK for this segment */
void tcp_ackd_sent(struct tcp_conn *c);      /* a segment with the present ACK has left */
void tcp_ackd_pure_sent(struct tcp_conn *c); /* it was one of a run */
void tcp_ackd_data_sent(struct tcp_conn *c); /* that segment carries data */
void tcp_ackd_mode(struct tcp_conn *c, bool quick);
void tcp_ackd_on_timer(struct tcp_conn *c);
void tcp_ackd_init(struct tcp_conn *c);

#endif
