/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp.h - ICMP inside ip/: input, and the errors that we send
 */
#ifndef IP_ICMP_H
#define IP_ICMP_H

#include "ip/ip.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

/* Messages for us: rx->payload is the whole message. */
enum inl_drop ip_icmp4_input(struct ip *ip, const struct ip_rx *rx);
enum inl_drop ip_icmp6_input(struct ip *ip, const struct ip_rx *rx);
enum inl_drop ip_nd_input(struct ip *ip, const struct ip_rx *rx);

/* An error to be sent. */
struct ip_icmp_error {
    uint8_t type;
    uint8_t code;
    uint32_t rest;   /* MTU, pointer or gateway, else 0 */
    bool even_group; /* RFC 4443 2.4 (e.3): packet too big, parameter problem code 2 */
    enum inl_cause cause;
};

/* Sends it about rx, in the family of rx, unless the rules or the rate limit forbid it. */
void ip_icmp_error(struct ip *ip, const struct ip_rx *rx, const struct ip_icmp_error *e);

/* A message about or in answer to rx, of either version. */
struct ip_icmp_out {
    size_t len_bytes;
    uint8_t type;
    bool from_dst; /* sent from where rx went to; else from an address of ours */
    bool limited;  /* takes from the rate of errors */
};

/* Finds the way back to rx->src, and a packet with room for the message: the part of sending one
 * that IPv4 and IPv6 have in common. NONE without a packet: the rate limit is used up. */
enum inl_drop ip_icmp_begin(struct ip *ip, const struct ip_rx *rx, const struct ip_icmp_out *out,
                            struct ip_path *ret_path, struct pkt **ret_pkt);

/* What a received error says before its quoted packet is looked at: of the message's type and code,
 * with @data behind its first 8 octets, of which @quoted_bytes are the packet (RFC 4884; 0: all). */
struct ip_err ip_icmp_err(const struct ip_rx *rx, uint8_t type, uint8_t code, struct rd data,
                          size_t quoted_bytes);

/* How many octets of a packet an error may quote. */
size_t ip_icmp_quote_len(const struct ip_rx *rx);

/* May an error be sent about rx (RFC 1122 3.2.2, RFC 4443 2.4 (e))? Input has refused sources that
 * are no host's, and rx->group tells of destinations: this asks about what the packet carries. */
bool ip_icmp4_may_answer(const struct ip_rx *rx);
bool ip_icmp6_may_answer(const struct ip_rx *rx);

/* What a received error means: err, hard, mtu_bytes and info. */
void ip_icmp4_meaning(const struct icmp4_msg *m, struct ip_err *e);
void ip_icmp6_meaning(const struct icmp6_msg *m, struct ip_err *e);

/* Tells the transport of rx (a packet of our own that did not get away) of an
 * error. */
void ip_icmp_local_error(struct ip *ip, const struct ip_rx *rx, int err);

/* Tells the transport of err->proto: NONE, or ICMP_NO_MATCH if there is none, or nothing to go
 * by. */
enum inl_drop ip_icmp_report(struct ip *ip, const struct ip_err *err);

#endif
