/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc.h - congestion control as a table of functions
 *
 * cc.c keeps what every algorithm has: cwnd and ssthresh in bytes, slow start, the window
 * after losses by RFC 5681 and 6582. An algorithm says how cwnd grows in congestion avoidance
 * and how far it falls. Integers only. Its own state lies in the union, without memory of its
 * own.
 */
#ifndef TCP_CC_H
#define TCP_CC_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_cc;

/**
 * struct tcp_cc_ops - an algorithm
 * @name:     for people
 * @init:     prepares its part of the union
 * @avoid:    @acked bytes were acknowledged in congestion avoidance: grow cwnd
 * @ssthresh: the window that a loss leaves, given what was in flight
 */
struct tcp_cc_ops {
    const char *name;
    void (*init)(struct tcp_cc *cc);
    void (*avoid)(struct tcp_cc *cc, uint32_t acked_bytes);
    uint32_t (*ssthresh)(const struct tcp_cc *cc, uint32_t flight_bytes);
};

struct tcp_cc {
    const struct tcp_cc_ops *ops;
    uint32_t cwnd_bytes;
    uint32_t ssthresh_bytes;
    uint32_t mss_bytes;
    uint32_t initial_bytes; /* initial window, also after idle */
    bool limited;           /* cwnd was what stopped the sender: only then may it grow */
    union {
        struct {
            uint32_t acked_bytes; /* towards the next segment (byte counting) */
        } newreno;
    } u;
};

extern const struct tcp_cc_ops tcp_cc_newreno;

/* A new connection: initial window (RFC 6928), ssthresh without bound. */
void tcp_cc_init(struct tcp_cc *cc, const struct tcp_cc_ops *ops);
/* The MSS and so the initial window are known: @segs segments of @mss. */
void tcp_cc_start(struct tcp_cc *cc, uint32_t mss_bytes, uint32_t segs);
/* The MSS has changed. */
void tcp_cc_mss(struct tcp_cc *cc, uint32_t mss_bytes);
/* New data acknowledged outside recovery, or in slow start after a timeout. */
void tcp_cc_acked(struct tcp_cc *cc, uint32_t acked_bytes, bool after_timeout);
/* Fast retransmit: RFC 5681 3.2 steps 2 and 3. */
void tcp_cc_fast(struct tcp_cc *cc, uint32_t flight_bytes);
/* A further duplicate ACK: step 4. */
void tcp_cc_inflate(struct tcp_cc *cc);
/* RFC 6582 3.2 step 3, partial. */
void tcp_cc_partial(struct tcp_cc *cc, uint32_t acked_bytes);
/* RFC 6582 3.2 step 3, full: recovery is over. */
void tcp_cc_recovered(struct tcp_cc *cc, uint32_t flight_bytes);
/* RFC 5681 3.1: @first_time for this data (ssthresh is held when it is lost again). */
void tcp_cc_timeout(struct tcp_cc *cc, uint32_t flight_bytes, bool first_time);
/* RFC 5681 4.1: nothing was sent for more than an RTO. */
void tcp_cc_idle(struct tcp_cc *cc);
/* Whether cwnd was what stopped the sender just now. */
void tcp_cc_limited(struct tcp_cc *cc, bool limited);

#endif
