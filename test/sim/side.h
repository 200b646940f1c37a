/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * side.h - the application of the simulation: the two sides of each connection
 *
 * Each connection has a client side, opened by connection_start(), and a server side, accepted by
 * a listener; the first bytes that a server side reads say which plan it belongs to.
 */
#ifndef SIM_SIDE_H
#define SIM_SIDE_H

#include "base/htab.h"
#include "base/timer.h"
#include "net.h"
#include "plan.h"
#include "sim.h"

enum app_timer { TIMER_APP_START, TIMER_APP_RESUME };

struct connection;

struct side {
    struct sim *sim;
    struct connection *c; /* NULL: accepted, and has not yet said which it is */
    struct hnode node;    /* in sim.sides by (host, socket) */
    struct timer resume;  /* armed: it rests */
    inl_sock sock;
    int host;
    bool server;
    bool shut, eof, rested;
    uint64_t sent, received;
    uint8_t header[PLAN_HEADER_BYTES];
};

struct connection {
    struct plan plan;
    struct side *client, *server; /* NULL: not yet, or closed */
    bool client_done, server_done, server_known;
};

struct sim {
    const struct sim_config *config;
    struct net net;
    struct mem mem;
    struct htab sides;
    struct wheel wheel; /* of the application */
    struct timer start;
    inl_time now, last_progress;
    inl_sock listeners[NET_HOSTS];
    size_t baseline_bytes[NET_HOSTS + 1];
    struct connection *conns;
    uint32_t started, active, anonymous;
    uint64_t spins; /* steps since time last moved */
    struct sim_result r;
};

/* The side of a socket, or NULL. */
struct side *side_find(struct sim *sim, int host, inl_sock sock);

/* Something has changed: reads and checks all there is, writes all that fits, and closes when
 * the plan says so. The side may be gone afterwards. */
void side_pump(struct side *s);

/* Says on stderr where it stands. */
void side_print(const struct side *s);

void listener_open(struct sim *sim, int host);
void listener_accept(struct sim *sim, int host);
/* Starts the next connection. */
void connection_start(struct sim *sim);

#endif
