/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nat.h - the gateway of a private lab to the machine's real network
 */
#ifndef HOST_NAT_H
#define HOST_NAT_H

#include "host/lab.h"

int nat_open(struct lab *lab);
void nat_close(struct lab *lab);
/* True if the event was for a socket of the gateway. */
bool nat_event(struct lab *lab, int host, const struct inl_event *ev);
inl_time nat_deadline(const struct lab *lab);
/* Does it hold data that has yet to leave? */
bool nat_busy(const struct lab *lab);

#endif
