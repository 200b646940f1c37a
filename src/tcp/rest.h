/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rest.h - what is kept of a connection at rest (see rest.c, its only owner)
 */
#ifndef TCP_REST_H
#define TCP_REST_H

#include "tcp/conn.h"

/* Options of sockets, shared by the connections at rest that have the same. */
#define TCP_REST_OPTS 8
struct tcp_rest_opts {
    uint32_t refs;
    struct tcp_sock_opts opts;
};

struct tcp_rest_cc {
    uint32_t cwnd_bytes;
    uint32_t ssthresh_bytes;
    uint32_t initial_bytes;
    uint32_t cwv_max_now;
    uint32_t cwv_max_before;
    uint32_t w_max; /* CUBIC: this, */
    uint32_t k;
    uint32_t prior_bytes;
    inl_time cwv_since;
    inl_time cwv_half;
    inl_time epoch; /* and from here on */
    uint64_t w_est;
    inl_time last_ack;
    uint32_t credit;
    bool running : 1;
    bool flat : 1;
    bool paused : 1;
    bool hystart : 1;
    bool cwv_known : 1;
    bool cwv_unproven : 1;
};

/* A connection at rest: what rest.c keeps of it. */
struct tcp_rest {
    struct hnode node;
    void *user;
    struct port_bind *bind;
    struct tcp_rest_opts *opts;
    struct inl_addr local;
    struct inl_addr remote;
    uint32_t scope;
    uint16_t lport;
    uint16_t rport;
    inl_time last_sent;
    inl_time heard;
    uint64_t snd_off; /* of snd_una; nothing lies beyond */
    uint64_t rcv_off;
    uint64_t segs_out;
    uint64_t segs_in;
    uint64_t rtx_segs;
    seq_t snd_una;
    seq_t snd_wl1;
    seq_t iss;
    seq_t irs;
    seq_t rcv_nxt;
    seq_t ack_sent;
    uint32_t snd_wnd_bytes;
    uint32_t max_wnd_bytes;
    uint32_t sndbuf_bytes;
    uint32_t rcv_cap_bytes; /* of the ring */
    uint32_t rcv_mss_bytes;
    uint32_t srtt_us;
    uint32_t rttvar_us;
    uint32_t rto_us;
    uint32_t min_rtt_us;
    uint32_t uto_s;
    uint32_t pmtu_raise_s;
    uint16_t pmtu;
    uint16_t pmtu_high;
    uint16_t pmtu_acked;
    uint8_t pmtu_state;
    uint8_t pmtu_tries;
    uint8_t quick;
    uint8_t reo_mult;
    uint8_t reo_persist;
    bool reordering : 1;
    bool pingpong : 1;
    bool snd_fixed : 1;
    bool passive : 1;
    struct tcp_rwnd rwnd;
    struct tcp_opt opt;
    struct tcp_ts ts;
    struct tcp_ecn ecn;
    struct tcp_rest_cc cc;
};

#endif
