/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.h - sockets of a lab's hosts that the lab itself serves
 *
 * The gateway (nat.c) and the name server (names_serve.c) live on hosts of the lab, beside the
 * programs. Each of their sockets is a struct service_sock, inside of a struct of theirs.
 */
#ifndef HOST_SERVICE_H
#define HOST_SERVICE_H

#include "host/lab.h"

struct service_sock {
    struct table_node by_sock; /* in lab_host->services */
    struct lab *lab;
    int host;
    inl_sock sock;
    void (*on_event)(struct service_sock *s, uint32_t events);
};

struct inl_stack *service_stack(const struct service_sock *s);

/* Begins to give the engine's events of s->sock to s; s->lab, host, sock, on_event are set.
 * 0 or -ENOMEM. */
int service_add(struct service_sock *s);

/* Ends that, and closes the engine's socket. */
void service_close(struct service_sock *s);

/* An event of a host: false if it is for a socket of somebody else. */
bool service_event(struct lab *lab, int host, const struct inl_event *ev);

#endif
