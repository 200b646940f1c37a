/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srcroute.h - source routes of IPv4
 *
 * Option bytes are well-formed here (ip4_opts_check()). "To be sent" is the form in which a program
 * gives a route, and in which ip_tx.opts has it: the stages in their order, without the
 * destination.
 */
#ifndef IP_SRCROUTE_H
#define IP_SRCROUTE_H

#include "ip/ip.h"

/* Does a packet go to its next stage? What was asked of the way there. */
enum ip_routed {
    IP_ROUTED_NO,
    IP_ROUTED_LOOSE,
    IP_ROUTED_STRICT, /* by one link only */
};

/* NONE; or BAD_OPTION for a second source route, and where it stands from the start of the IP
 * header. */
enum inl_drop ip4_srcroute_check(struct rd opts, uint8_t *ret_problem_off);

/* Is one there, and a strict one? */
enum ip_routed ip4_srcroute_kind(struct rd opts);

/**
 * ip4_srcroute_advance() - a packet has come to an address of ours: where does its route lead now?
 * @opts: lent; if the route moves on, they are moved to @buf
 * @ret_next: the next stage that is not ours, unless NO (we are the end)
 */
enum ip_routed ip4_srcroute_advance(const struct ip *ip, struct rd *opts, uint8_t buf[40],
                                    struct inl_addr *ret_next);

/* Our address takes the place of the next stage, in place. */
void ip4_srcroute_record(uint8_t *opts, size_t len, const struct inl_addr *own);

/* The way back to @src, to be sent, in buf: what the route says up to its pointer, the other way
 * round. Empty if it says nothing. */
struct rd ip4_srcroute_back(struct rd opts, const struct inl_addr *src, uint8_t buf[40]);

/* The last stage of an unfinished route: where a quoted packet was to go. False: no such route. */
bool ip4_srcroute_last(struct rd opts, struct inl_addr *ret_dst);

/**
 * ip4_srcroute_start() - options to be sent become those of the packet
 * @dst: where the packet is to go in the end; NO: it goes there, and nothing changes
 * @ret_opts, @ret_first: the options, in buf, and where the packet goes first
 */
enum ip_routed ip4_srcroute_start(struct rd opts, const struct inl_addr *dst, uint8_t buf[40],
                                  struct rd *ret_opts, struct inl_addr *ret_first);

#endif
