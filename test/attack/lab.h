/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.h - one host under attack, in virtual time
 *
 * The victim is a whole stack, 10.0.0.1 and fd00::1. On its link are an honest host, 10.0.0.2 and
 * fd00::2, which is a whole stack too, and the attacker, who is the test: what the victim sends to
 * any other address is his to read (he is the default router), and he writes every byte himself.
 * Packets are handed over in buffers of exactly their own length, so that a read past the end is
 * found by the sanitizer; tcp_check() runs after each.
 *
 * lab_free() is the second half of every test. The honest host pings the victim and sends and
 * receives 20,000 bytes on a fresh connection, every byte compared. Then 120 seconds pass, and
 * every pool must be as it was at the start: connections, half-open ones, orphans, TIME-WAIT,
 * waiting packets, memory. At last the victim is freed, and no block may be left.
 *
 * Timeouts that are longer than those 120 seconds by default are configured shorter.
 */
#ifndef ATTACK_LAB_H
#define ATTACK_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip/state.h"
#include "stack/state.h"
#include "tcp/internal.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include <errno.h>
#include <inlet/inlet.h>
#include <stdbool.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

#define VICTIM4 "10.0.0.1"
#define VICTIM6 "fd00::1"
#define HONEST4 "10.0.0.2"
#define HONEST6 "fd00::2"
#define EVIL4 "10.0.0.66"
#define EVIL6 "fd00::66"
#define OPEN_PORT 80   /* the victim listens here, TCP; and UDP for datagrams */
#define CLOSED_PORT 81 /* nobody does */
#define EVIL_PORT 6666

#define LAB_KEEP 64 /* so many of the last packets to the attacker are kept */

struct heap {
    size_t blocks;
    size_t bytes;
    int64_t fail_in; /* allocations until one fails; negative: none does */
    bool failed;
};

/* A packet that the victim has sent to the attacker. */
struct sent {
    uint8_t data[2048]; /* from the IP header on; Ethernet: ARP messages too */
    size_t len;
    enum inl_cause cause;
    bool arp;
    uint8_t proto;
    uint8_t ttl;
    struct inl_addr src, dst;
    struct rd payload; /* behind the IP header */
    struct tcp_hdr tcp;
    uint8_t dst_mac[6];
};

struct lab {
    struct heap heap;
    struct inl_config config; /* of the victim */
    struct inl_stack *victim;
    struct inl_stack *honest;
    int link, honest_link;
    enum inl_link_kind kind;
    bool resolves; /* Ethernet: the attacker answers ARP and ND for all addresses but the honest */
    inl_time now;
    uint8_t fill; /* the driver's transmit buffers hold this before */
    uint64_t sum; /* hash of all that was sent, to compare two runs */
    inl_sock listener4, listener6, udp;
    struct sent sent[LAB_KEEP];
    size_t n;            /* sent to the attacker in all; the last LAB_KEEP are kept */
    uint64_t sent_bytes; /* IP bytes of these */
    size_t base_used;
    uint16_t next_port; /* of the attacker */
};

void lab_config(struct inl_config *config);
struct lab *lab_new(void); /* a bare-IP link */
struct lab *lab_new_ether(void);
struct lab *lab_new_with(enum inl_link_kind kind, const struct inl_config *config);
/* The honest host still gets what it wants. */
void lab_serves(struct lab *lab);
/* lab_serves(), all pools at their baseline after 120 s, nothing leaks. */
void lab_free(struct lab *lab);
/* Only frees: for tests that make thousands of labs. Fails if a block is left. */
void lab_drop(struct lab *lab);

/* Everything that can happen now, happens. */
void lab_settle(struct lab *lab);
void lab_pass(struct lab *lab, inl_dur d);

/* The attacker sends: a packet from the IP header on, or a whole frame. */
void lab_packet(struct lab *lab, const void *data, size_t len);
void lab_frame(struct lab *lab, const void *data, size_t len);
/* The same without lab_settle(): one burst */
void lab_queue(struct lab *lab, const void *data, size_t len);

/* Forgets what was sent. */
void lab_mark(struct lab *lab);
/* The i-th packet since lab_mark(), which must still be kept. */
const struct sent *lab_sent(const struct lab *lab, size_t i);
const struct sent *lab_last(const struct lab *lab);
uint64_t lab_drops(const struct lab *lab, enum inl_drop drop);
uint64_t lab_all_drops(const struct lab *lab);

/* Connections that nobody has accepted are accepted; all but the listeners are closed. */
inl_sock lab_accept(struct lab *lab);
void lab_close_accepted(struct lab *lab);

struct inl_addr ip(const char *text);
struct inl_sockaddr at(const char *addr, uint16_t port);

/* ---- packets ---- */

struct seg {
    const char *src, *dst; /* NULL: EVIL4 and VICTIM4 */
    uint16_t sport, dport; /* 0: EVIL_PORT and OPEN_PORT */
    uint32_t seq, ack;
    uint16_t flags;
    uint16_t win; /* 0 is 0 */
    uint16_t urg;
    const void *opts;
    size_t opts_len; /* padded to 4 with zeroes */
    const void *data;
    size_t len;
};

/* All write into @out, which has room for 65,535 bytes, and return the length. */
size_t make_ip(uint8_t *out, const struct inl_addr *src, const struct inl_addr *dst, uint8_t proto,
               uint8_t ttl, const void *payload, size_t len);
size_t make_tcp(uint8_t *out, const struct seg *seg);
size_t make_udp(uint8_t *out, const struct inl_sockaddr *src, const struct inl_sockaddr *dst,
                const void *data, size_t len);
/* ICMP or ICMPv6: type, code, the second four bytes, data; the checksum is made. */
size_t make_icmp(uint8_t *out, const struct inl_addr *src, const struct inl_addr *dst, uint8_t ttl,
                 uint8_t type, uint8_t code, uint32_t rest, const void *data, size_t len);
/* Puts the checksum of IPv4's header right again. */
void fix_ip4(uint8_t *packet);
void fix_l4(uint8_t *packet, size_t hdr_len, size_t len);
void put16(uint8_t *p, unsigned v);
void put32(uint8_t *p, uint32_t v);

void lab_seg(struct lab *lab, const struct seg *seg);

/* ---- the attacker's end of a connection ---- */

struct peer {
    struct lab *lab;
    const char *src, *dst;
    uint16_t port, vport;
    uint32_t snd_nxt; /* what he sends next */
    uint32_t rcv_nxt; /* what he expects */
    uint32_t irs;     /* the victim's ISN */
    uint16_t win;
    inl_sock sock; /* the victim's end, accepted */
};

/* Opens to OPEN_PORT so that data of both sides begins at the given numbers, and accepts. */
void peer_open_at(struct peer *p, struct lab *lab, uint32_t mine, uint32_t theirs);
void peer_open(struct peer *p, struct lab *lab);
/* As peer_open(), the attacker's SYN with these options. */
void peer_open_opts(struct peer *p, struct lab *lab, const void *opts, size_t opts_len);
/* A segment at snd_nxt + dseq, ack rcv_nxt + dack; moves nothing. */
void peer_raw(struct peer *p, uint16_t flags, int32_t dseq, int32_t dack, const void *data,
              size_t len);
/* In order; moves snd_nxt. */
void peer_send(struct peer *p, const void *data, size_t len);
/* Acknowledges all that the victim has sent on it. */
void peer_ack_all(struct peer *p);
struct tcp_conn *peer_conn(const struct peer *p); /* NULL if gone */
struct tcp_syn *peer_syn(const struct peer *p);   /* its half-open entry, or NULL */
enum inl_tcp_state peer_state(const struct peer *p);
/* Sets the lab's clock so that the victim's ISN for this tuple will be iss. */
void lab_seek_isn(struct lab *lab, const char *local, uint16_t lport, const char *remote,
                  uint16_t rport, uint32_t iss);

/* Where TCP's arithmetic may go wrong. */
extern const uint32_t wraps[3];

#endif
