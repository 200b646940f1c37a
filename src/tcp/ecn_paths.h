/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ecn_paths.h - the part of tcp/'s map about paths that drop SYNs which ask for ECN
 *
 * internal.h includes it; nobody else does.
 */
#ifndef TCP_ECN_PATHS_H
#define TCP_ECN_PATHS_H

#include "tcp/conn.h"

/* Owner: ecn_paths.c. */
struct tcp_ecn_paths {
    struct htab table;
    struct list lru;    /* used longest ago first */
    uint64_t fallbacks; /* handshakes that passed only without */
    uint64_t spared;    /* connections that did not ask, for that */
};

void tcp_ecn_paths_init(struct tcp *tcp);
void tcp_ecn_paths_done(struct tcp *tcp);
/* The most that a SYN of this connection may ask for: asked, or less. */
enum tcp_ecn_mode tcp_ecn_paths_may_ask(struct tcp_conn *c, enum tcp_ecn_mode asked);
/* A SYN-ACK has come: to the SYN that asked, or only to one that did not. */
void tcp_ecn_paths_passed(struct tcp_conn *c, enum tcp_ecn_mode asked);
void tcp_ecn_paths_failed(struct tcp_conn *c, enum tcp_ecn_mode asked);
void tcp_ecn_paths_stats(const struct tcp *tcp, struct inl_stats *stats);

#endif
