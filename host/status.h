/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status.h - what a lab tells about itself
 */
#ifndef HOST_STATUS_H
#define HOST_STATUS_H

#include "host/lab.h"

/* Answers with every socket of a host, or of all hosts (-1). */
void status_netstat(struct lab *lab, int host, uint64_t client, uint64_t id);
/* Answers with every counter of a host, or of all hosts (-1), and of its links. */
void status_counters(struct lab *lab, int host, uint64_t client, uint64_t id);
/* status_net.c: answers with links, addresses, routes or neighbours: PROTO_LINKS ... */
void status_net(struct lab *lab, int host, enum proto_op op, uint64_t client, uint64_t id);
/* A part of an answer that is a list: n items, in as many messages as they need. */
void status_send(struct lab *lab, uint64_t client, uint64_t id, enum proto_op op, const void *items,
                 size_t item_bytes, size_t n);
/* Nothing follows. */
void status_end(struct lab *lab, uint64_t client, uint64_t id, enum proto_op op);
/* Answers with hosts, links, totals and programs, for people. */
void status_text(struct lab *lab, uint64_t client, uint64_t id);

#endif
