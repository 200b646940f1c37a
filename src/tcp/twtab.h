/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * twtab.h - the table of TIME-WAIT entries: see twtab.c
 */
#ifndef TCP_TWTAB_H
#define TCP_TWTAB_H

#include "base/mem.h"
#include "base/seq.h"
#include "base/timer.h"

#include <inlet/addr.h>

#define TW_PAGE_SHIFT 6 /* entries in a page */
#define TW_FIRST_BUCKETS 8
#define TW_CHUNK_SHIFT 10 /* buckets in a chunk */

enum tcp_tw_flags {
    TCP_TW_V6 = 1,
    TCP_TW_DEAD = 2,   /* its place in the queue is not free yet */
    TCP_TW_AGAIN = 4,  /* its 2 MSL began anew: goes to the tail when it is the first */
    TCP_TW_SHELL = 8,  /* a socket still shows it */
    TCP_TW_STAMPS = 16 /* the connection had timestamps */
};

/* What is left of a connection; addresses follow it. */
struct tcp_tw {
    uint32_t next; /* in its bucket */
    uint32_t due;  /* in ticks: see timewait.c */
    seq_t snd_nxt;
    seq_t rcv_nxt;
    uint32_t ts_recent;
    uint16_t lport;
    uint16_t rport;
    uint8_t ttl;
    uint8_t tos;
    uint8_t scope;
    uint8_t flags; /* enum tcp_tw_flags */
};

struct tcp_tw4 {
    struct tcp_tw tw;
    uint32_t local;
    uint32_t remote;
};

struct tcp_tw6 {
    struct tcp_tw tw;
    struct inl_addr local;
    struct inl_addr remote;
};

/* 1.5 bytes of bucket, a share of page pointers and of the port (ip/port_waits.h) come on top. */
_Static_assert(sizeof(struct tcp_tw4) <= 36 && sizeof(struct tcp_tw6) <= 60, "64 bytes in all");

struct tcp_tuple {
    struct inl_addr local;
    struct inl_addr remote;
    uint16_t lport;
    uint16_t rport;
};

/* Entries of one kind in order of arrival: [head, tail) in pages. Numbers wrap. */
struct tcp_tw_queue {
    uint8_t **pages; /* page n is pages[n & (cap - 1)] */
    uint32_t cap;
    uint32_t head;
    uint32_t tail;
    uint32_t entry_bytes;
};

/* One hash table a kind: linear hashing, buckets hold numbers of entries. */
struct tcp_tw_buckets {
    uint32_t **chunks;
    uint32_t chunk_cap;
    uint32_t n;
    uint32_t live;
    uint32_t first[TW_FIRST_BUCKETS];
};

struct tcp_twtab {
    struct tcp_tw_queue queue[2]; /* IPv4, IPv6 */
    struct tcp_tw_buckets hash[2];
};

struct tcp;

void tcp_twtab_init(struct tcp_twtab *t);
void tcp_twtab_done(struct tcp *tcp);
/* The entry, or NULL. @hash: tcp_tuple_hash() of the tuple */
struct tcp_tw *tcp_twtab_find(const struct tcp *tcp, uint64_t hash, const struct tcp_tuple *tuple);
/* The last one now, with nothing set but its tuple, or NULL without memory. */
struct tcp_tw *tcp_twtab_add(struct tcp *tcp, const struct tcp_tuple *tuple);
/* Nobody finds it any more; its place is free when it is the first. */
void tcp_twtab_remove(struct tcp *tcp, struct tcp_tw *tw);
/* The first one of a kind (dead or not), or NULL; then free the place of a dead one. */
struct tcp_tw *tcp_twtab_first(const struct tcp *tcp, bool v6);
void tcp_twtab_drop_first(struct tcp *tcp, bool v6);
/* The i-th one, for listings. */
struct tcp_tw *tcp_twtab_at(const struct tcp *tcp, bool v6, uint32_t i);
void tcp_twtab_tuple(const struct tcp_tw *tw, struct tcp_tuple *ret);

static inline uint32_t tcp_twtab_places(const struct tcp_twtab *t) {
    return t->queue[0].tail - t->queue[0].head + (t->queue[1].tail - t->queue[1].head);
}

static inline uint32_t tcp_twtab_live(const struct tcp_twtab *t) {
    return t->hash[0].live + t->hash[1].live;
}

#endif
