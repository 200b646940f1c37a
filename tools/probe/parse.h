/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse.h - what a raw ICMP socket reads, taken apart
 *
 * An answer to an echo request, or an error and the probe that it quotes, with what routers say
 * behind the quote (RFC 4884). Bytes from the network: nothing of them is believed before it was
 * counted. Pure: no sockets, no time.
 */
#ifndef TOOLS_PROBE_PARSE_H
#define TOOLS_PROBE_PARSE_H

#include "base/rd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARSE_EXT_MAX 200 /* text of an ICMP extension */

/* What a packet quoted in an error was, as far as it is there. */
struct parse_quote {
    bool has;          /* an error with a readable IP header of our version */
    bool has_ports;    /* at least four octets of the upper layer */
    bool has_upper;    /* at least eight */
    uint8_t to[16];    /* destination; IPv4: the first four octets */
    uint16_t id;       /* IPv4: identification */
    uint8_t proto;     /* of the upper layer */
    uint8_t ttl;       /* as it was when the router had enough */
    uint8_t tos;       /* or traffic class */
    uint16_t sport;    /* UDP, TCP; echo: the type and code */
    uint16_t dport;    /* UDP, TCP */
    uint16_t csum;     /* UDP; echo: the message's */
    uint16_t echo_id;  /* echo */
    uint16_t echo_seq; /* echo */
    uint32_t tcp_seq;  /* TCP: the first 32 bits behind the ports */
    struct rd payload; /* of UDP and echo: lent */
};

/* A message. */
struct parse_msg {
    bool v6;
    uint8_t type, code;
    bool csum_ok; /* IPv4; of IPv6 the kernel has looked */
    uint16_t id, seq;
    uint32_t info; /* MTU, pointer, or (IPv4 redirect) the gateway */
    uint8_t ttl;   /* of the IP header, if @ip */
    uint8_t opts[40], opts_len;
    uint8_t from[4];
    struct rd data; /* of an echo: lent */
    struct parse_quote quote;
    char ext[PARSE_EXT_MAX]; /* ", MPLS label 16 exp 0 ttl 1", or empty */
};

/* A message of ICMP. @ip: an IPv4 header stands before it, as in what raw sockets read. */
bool parse_icmp4(const void *bytes, size_t len, bool ip, struct parse_msg *ret);
/* A message of ICMPv6, without header. */
bool parse_icmp6(const void *bytes, size_t len, struct parse_msg *ret);

/* The extension of an error of which only what follows @before octets of the quoted packet is
 * there, as an error queue has it. @buf becomes "" without. */
void parse_ext_behind(const void *bytes, size_t len, size_t before, char buf[PARSE_EXT_MAX]);

/* A segment of TCP, as a raw socket reads it (IPv4: with header). */
struct parse_tcp {
    uint16_t sport, dport;
    uint32_t seq, ack;
    bool is_syn, is_ack, is_rst;
    uint8_t ttl; /* IPv4 */
};
bool parse_tcp(const void *bytes, size_t len, bool ip, struct parse_tcp *ret);

#endif
