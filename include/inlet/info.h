/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * info.h - what a stack holds: sockets and counters, as snapshots
 */
#ifndef INLET_INFO_H
#define INLET_INFO_H

#include <inlet/addr.h>
#include <inlet/cause.h>
#include <inlet/export.h>
#include <inlet/socket.h>
#include <inlet/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inl_stack;

/* The states of RFC 9293 3.3.2. UDP sockets are CLOSED, or ESTABLISHED when connected. */
enum inl_tcp_state {
    INL_TCP_CLOSED,
    INL_TCP_LISTEN,
    INL_TCP_SYN_SENT,
    INL_TCP_SYN_RECEIVED,
    INL_TCP_ESTABLISHED,
    INL_TCP_FIN_WAIT_1,
    INL_TCP_FIN_WAIT_2,
    INL_TCP_CLOSE_WAIT,
    INL_TCP_CLOSING,
    INL_TCP_LAST_ACK,
    INL_TCP_TIME_WAIT,
    INL_TCP_STATES_MAX
};

/* "ESTABLISHED", ...: the names of RFC 9293; "?" if out of range. */
INL_API const char *inl_tcp_state_name(enum inl_tcp_state state);

/* Episodes of loss recovery; the numbers are those of Linux' tcpi_ca_state. */
enum inl_tcp_repair {
    INL_TCP_REPAIR_NONE = 0,
    INL_TCP_REPAIR_SACKED = 1, /* something is missing: reordered or lost, one does not know yet */
    INL_TCP_REPAIR_FAST = 3,   /* fast recovery */
    INL_TCP_REPAIR_LOSS = 4,   /* after a timeout */
};

struct inl_tcp_info {
    enum inl_tcp_state state;
    uint32_t snd_mss_bytes;
    uint32_t rcv_mss_bytes;
    uint32_t cwnd_bytes;
    uint32_t ssthresh_bytes;
    uint32_t flight_bytes;                 /* sent and not acknowledged */
    uint64_t pacing_rate;                  /* bytes a second; 0: not paced */
    uint64_t delivery_rate;                /* bytes a second that arrived lately; 0: not measured */
    uint8_t congestion;                    /* enum inl_cc_algo */
    uint32_t sacked_bytes;                 /* of these, the peer has beyond a hole */
    uint32_t lost_bytes;                   /* of these, to be sent again */
    uint64_t notsent_bytes;                /* written and never sent */
    uint32_t ooo_ranges;                   /* separate pieces received beyond a hole */
    uint32_t pmtu_bytes;                   /* of the path, as far as it is known */
    uint32_t adv_mss_bytes;                /* what our SYN said */
    bool timestamps, sack, window_scaling; /* agreed on */
    uint8_t ecn;                           /* agreed on: 0 no, 1 RFC 3168, 2 RFC 9768 */
    uint32_t delivered_ce;                 /* segments of ours that came marked; RFC 9768 only */
    uint32_t snd_wnd_bytes;                /* the peer's window */
    uint32_t rcv_wnd_bytes;                /* ours */
    uint32_t rcvbuf_bytes;                 /* as large as it has grown, or been set */
    uint32_t sndbuf_bytes;
    uint32_t rcv_space_bytes; /* the most that was read in a round trip */
    uint32_t urgent_bytes;    /* to be read up to the end of urgent data; 0: none is pending */
    inl_dur rcv_rtt_ns;       /* round trip as the receiver sees it; 0: not known */
    inl_dur srtt_ns;          /* 0: no sample */
    inl_dur rttvar_ns;
    inl_dur rto_ns;
    inl_dur min_rtt_ns;         /* of some minutes; 0: no sample */
    enum inl_tcp_repair repair; /* what is being done about losses */
    uint8_t reo_wnd_mult;       /* RACK's reordering window in quarters of min_rtt */
    bool reordering;            /* the path has reordered segments */
    uint32_t backoff;           /* consecutive expirations of the RTO */
    uint64_t segs_out;          /* segments sent, retransmissions included */
    uint64_t segs_in;
    uint64_t rtx_segs;       /* of these, retransmissions */
    uint64_t bytes_acked;    /* payload that the peer has acknowledged */
    uint64_t bytes_received; /* payload received in order */
    uint8_t snd_wscale;
    uint8_t rcv_wscale;
    int soft_error; /* -errno of the last ICMP error that did not end it: why it may be stuck */
};

struct inl_sock_info {
    inl_sock sock; /* -1 for a connection without a socket (orphan, TIME-WAIT, not accepted) */
    enum inl_sock_type type;
    enum inl_family family;
    struct inl_sockaddr local;
    struct inl_sockaddr remote;
    enum inl_tcp_state state;
    uint64_t rcvq;  /* bytes to read; a listener: connections to accept */
    uint64_t sndq;  /* bytes not acknowledged; a listener: its backlog */
    uint64_t owner; /* inl_set_owner() */
};

/**
 * inl_sockets_snapshot - every socket and every connection
 * @out: room for @max entries; may be NULL when @max is 0
 * Returns how many there are (may exceed @max; only @max are written).
 */
INL_API size_t inl_sockets_snapshot(const struct inl_stack *stack, struct inl_sock_info *out,
                                    size_t max);

/* Details of one TCP socket. -EBADF, -EOPNOTSUPP. */
INL_API int inl_tcp_info(struct inl_stack *stack, inl_sock s, struct inl_tcp_info *ret_info);

struct inl_stats {
    uint64_t rx_frames, rx_bytes;
    uint64_t tx_frames, tx_bytes;
    uint64_t cause[INL_CAUSE_MAX]; /* packets sent, by cause */
    uint64_t drop[INL_DROP_MAX];   /* packets dropped, by reason */
    uint64_t tcp_active_opens, tcp_passive_opens, tcp_attempt_fails, tcp_estab_resets;
    uint64_t tcp_curr_estab;           /* in ESTABLISHED or CLOSE-WAIT now */
    uint64_t tcp_in_segs, tcp_in_errs; /* the damaged ones are among the first, too */
    uint64_t tcp_out_segs, tcp_retrans_segs, tcp_out_rsts;
    uint64_t tcp_listen_overflows; /* handshakes that found the accept queue full */
    uint64_t tcp_listen_drops;     /* SYNs that a listener did not answer, for whatever reason */
    /* Fast Open: connects whose data was taken, and that failed; accepted SYNs with data, with a
       bad cookie, beyond the limit; requests for a cookie */
    uint64_t tcp_fastopen_active, tcp_fastopen_active_fail, tcp_fastopen_passive,
        tcp_fastopen_passive_fail, tcp_fastopen_overflow, tcp_fastopen_cookie_reqd;
    /* handshakes of ours that were answered only once their SYN did not ask for ECN, and connects
       that asked for less because of that */
    uint64_t tcp_ecn_fallbacks, tcp_ecn_spared;
    uint64_t tcp_syncookies_sent, tcp_syncookies_recv, tcp_syncookies_failed;
    uint64_t tcp_sack_discards; /* SACK blocks that made no sense */
    uint64_t tcp_sack_reneges;  /* a peer has thrown away what it had SACKed */
    uint64_t tcp_dsacks_in;     /* ACKs that reported a duplicate */
    uint64_t tcp_undos;         /* recoveries and timeouts that were false alarms */
    uint64_t tcp_loss_probes;
    uint64_t udp_in_datagrams, udp_out_datagrams;
    uint64_t udp_no_ports;  /* nobody was bound */
    uint64_t udp_in_errors; /* damaged, or no room */
    uint64_t udplite_in_datagrams, udplite_out_datagrams, udplite_no_ports, udplite_in_errors;
    uint64_t udplite_in_partial, udplite_out_partial; /* with less than all covered */
    size_t mem_used_bytes, mem_peak_bytes;
    uint64_t tcp_resting;     /* connections at rest: see rest_ns in stack.h */
    size_t tcp_mem_bytes;     /* of these, in buffers of connections */
    uint64_t tcp_mem_refused; /* writes that had to wait because that was at its limit */
};

/**
 * inl_check - looks at every invariant of the stack, for tests and debugging
 * Call it between other calls. Takes time in proportion to all that the stack holds.
 * Returns NULL, or what does not hold: "broken: ...", or "stalled: ..." when a connection has work
 * and nothing that will ever do it. Either is a fault of inlet.
 */
INL_API const char *inl_check(const struct inl_stack *stack);

INL_API void inl_stats_get(const struct inl_stack *stack, struct inl_stats *ret_stats);

/*
 * A counter by the name that management tools know: of RFC 4293 (IP and ICMP), RFC 4022 (TCP) and
 * RFC 4113 (UDP), and, where these have none, of Linux' /proc/net/netstat. A name of a table ends
 * in its index: ipSystemStatsHCInReceives.1 is of IPv4 (2: IPv6), icmpMsgStatsInPkts.1.8 counts
 * ICMP messages of type 8, and ipIfStatsHCInReceives.2.3 is of IPv6 on link 3.
 */
struct inl_mib {
    char name[48];
    uint64_t value;
};

/**
 * inl_mib_get - the counters under their MIB names
 * @out: room for @max entries; may be NULL when @max is 0
 * Returns how many there are (may exceed @max; only @max are written), always in the same order.
 * At the end, types of ICMP messages, reasons of drops ("drop.no-route") and causes of packets
 * ("sent.syn") that have not happened are left out.
 */
INL_API size_t inl_mib_get(const struct inl_stack *stack, struct inl_mib *out, size_t max);

/**
 * inl_mib_link_get - the same for one link: ipIfStatsTable, both IP versions; behind it reasons of
 * drops that have happened ("drop.bad-checksum.3": on link 3). What is dropped later, by time or
 * because there is no way, has no link.
 * Returns how many there are, or 0 if there is no such link.
 */
INL_API size_t inl_mib_link_get(const struct inl_stack *stack, int link, struct inl_mib *out,
                                size_t max);

#endif
