/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - what the files of raw/ share
 *
 *   raw.c     life of a socket's half, its peer, questions
 *   input.c   packets and errors arrive
 *   output.c  packets leave
 */
#ifndef RAW_INTERNAL_H
#define RAW_INTERNAL_H

#include "base/htab.h"
#include "ip/msgq.h"
#include "raw/raw.h"

#define RAW_LISTS 16

struct raw {
    struct env *env;
    struct ip *ip;
    struct ports *ports;
    uint32_t rcvbuf_bytes;
    uint8_t hash_key[16];
    struct list protos[RAW_LISTS]; /* raw sockets, by protocol: as many as programs have opened */
    struct htab pings;             /* ping sockets that are bound, by protocol and identifier */
    struct list unbound;           /* those that are not */
};

struct raw_pcb {
    struct hnode hash; /* in pings */
    struct list node;  /* in protos or unbound */
    struct msgq q;
    struct evnode evnode;
    struct port_bind *bind; /* ping; NULL: not bound */
    uint64_t owner;
    struct inl_sockaddr bound; /* what bind() has asked for */
    struct inl_sockaddr local;
    struct inl_sockaddr peer;
    struct ip_path path; /* output.c */
    struct raw_opts opts;
    int error;
    uint8_t family; /* enum inl_family */
    uint8_t proto;
    bool ping;
    bool connected;
};

/* The ping sockets with an identifier: the first one, the next one, or NULL. */
struct raw_pcb *raw_ping_find(const struct raw *raw, uint8_t proto, uint16_t id);
struct raw_pcb *raw_ping_next(const struct raw_pcb *pcb);

/* ---- input.c ---- */

bool raw_input(void *ctx, const struct ip_rx *rx);
bool raw_error(void *ctx, const struct ip_err *err);
enum inl_drop raw_ping_input(void *ctx, const struct ip_rx *rx);
enum inl_drop raw_ping_error(void *ctx, const struct ip_err *err);

/* ---- output.c ---- */

/* Finds the path to a destination into pcb->path. */
int raw_path(struct raw *raw, struct raw_pcb *pcb, const struct inl_sockaddr *to,
             const struct inl_msg *extra);

#endif
