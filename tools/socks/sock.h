/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sock.h - one socket, wherever it is: of this machine or of a lab's host
 *
 * netstat and top know sockets only in this form. diag.c, procnet.c and lab_socks.c fill it in;
 * what a source does not know stays 0.
 */
#ifndef TOOLS_SOCKS_SOCK_H
#define TOOLS_SOCKS_SOCK_H

#include <inlet/addr.h>
#include <inlet/info.h>
#include <inlet/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sock_kind { SK_TCP, SK_UDP, SK_UDPLITE, SK_RAW, SK_PING, SK_KINDS };

enum sock_timer {
    SOCK_TIMER_OFF,
    SOCK_TIMER_RTO,
    SOCK_TIMER_KEEPALIVE,
    SOCK_TIMER_TIMEWAIT,
    SOCK_TIMER_PROBE,
    SOCK_TIMERS,
};

struct sock_end {
    struct inl_addr addr;
    uint32_t scope; /* of link-local addresses: the interface */
    uint16_t port;  /* of raw sockets the protocol, of pings the identifier; 0: none */
};

/* What a connection says of itself. */
struct sock_tcp {
    char congestion[16];
    inl_dur srtt_ns, rttvar_ns, rto_ns, min_rtt_ns, rcv_rtt_ns; /* 0: no sample */
    uint32_t mss_bytes, pmtu_bytes;
    uint64_t cwnd_bytes, ssthresh_bytes; /* ssthresh 0: none yet */
    uint32_t flight_segs, lost_segs, sacked_segs;
    uint64_t bytes_acked, bytes_received; /* payload, both ways */
    uint64_t segs_out, segs_in, rtx_segs; /* rtx: all that were sent again */
    uint32_t rtx_now; /* of what is in flight, sent again and not acknowledged */
    uint64_t notsent_bytes;
    uint64_t pacing_rate, delivery_rate; /* bytes a second */
    uint8_t snd_wscale, rcv_wscale;
    bool wscale, timestamps, sack, ecn;
    uint64_t mem_bytes; /* that its queues hold */
};

struct sock {
    uint64_t id;   /* the same as long as the socket lives */
    uint8_t kind;  /* enum sock_kind */
    uint8_t state; /* enum inl_tcp_state; of the others CLOSED, or ESTABLISHED with a peer */
    uint8_t timer; /* enum sock_timer */
    bool six;      /* of IPv6, maybe with an IPv4 peer */
    bool has_tcp;
    uint32_t uid, pid; /* pid 0: not known, or nobody's */
    uint32_t retrans, probes;
    inl_dur timer_ns;
    uint64_t inode, cookie;
    uint64_t rcvq, sndq; /* of a listener: waiting connections, and how many may wait */
    struct sock_end local, remote;
    char host[32];    /* "": this machine */
    char program[16]; /* any byte: it is up to the program */
    struct sock_tcp tcp;
};

struct sock_list {
    struct sock *at;
    size_t n, room;
};

/* Room for one more at the end, zeroed; NULL: no memory. */
struct sock *sk_list_add(struct sock_list *list);
void sk_list_clear(struct sock_list *list);
void sk_list_done(struct sock_list *list);

/* The state (enum inl_tcp_state) of the kernel's number for it, from TCP_ESTABLISHED = 1 on. */
uint8_t sk_state_of_kernel(unsigned state);

/* "tcp", "udp6", "udpl", ... */
const char *sk_proto(const struct sock *s);
/* By the names of net-tools: "SYN_RECV"; "" where there is none to speak of. */
const char *sk_state(const struct sock *s);
/* By those of Windows: "LISTENING". */
const char *sk_state_windows(const struct sock *s);
/* By those of RFC 9293, as JSON has them: "SYN-RECEIVED". */
const char *sk_state_rfc(const struct sock *s);

/* Has it a peer, does it wait for some? A socket may do neither. */
bool sk_has_peer(const struct sock *s);
bool sk_listens(const struct sock *s);

/* An identity of what has no cookie. */
uint64_t sk_hash(const struct sock *s);

/* A set of states: bit 1 << enum inl_tcp_state. @text: "established,time-wait", by any of the names
 * above or the groups of ss (all, connected, synchronized, bucket, big). Returns 0 or -EINVAL. */
int sk_states_parse(const char *text, uint32_t *ret_states);

#define SOCK_END_MAX (INL_ADDR_TEXT_MAX + 40)

enum sock_text {
    SOCK_BRACKETS = 1, /* [::1]:80 */
    SOCK_SERVICES = 2, /* ports by name */
};

/* "10.0.0.1:80", "0.0.0.0:*". @flags: enum sock_text. */
void sk_end_text(const struct sock *s, const struct sock_end *end, unsigned flags,
                 char buf[SOCK_END_MAX]);

#endif
