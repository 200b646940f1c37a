/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6chain.h - extension headers as programs give and get them (RFC 3542 7 to 9, 12)
 *
 * A chain is a row of headers, each as on the wire but for its first octet: that says which it is
 * (enum inl_ip6_ext), as what follows is not known yet, or of no interest. One to be sent is in the
 * order of RFC 8200 4.1 and has each of them once at most; one that was received is as it came.
 *
 * A chain to be sent has been through ip6_chain_check(). It is one that a receiver can pass over: no
 * routing header of type 0 (RFC 5095), and none with segments left, as nobody here could say where
 * the packet goes first; no jumbo payload, as there are no jumbograms here.
 */
#ifndef WIRE_IP6CHAIN_H
#define WIRE_IP6CHAIN_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/socket.h>

/** ip6_chain_next() - takes the next header, of at least 8 octets; false: no more whole one */
bool ip6_chain_next(struct rd *chain, struct rd *ret_header);

/**
 * ip6_chain_check() - is that header one that may be sent?
 * @header: as on the wire, with anything in its first octet
 */
bool ip6_chain_check(enum inl_ip6_ext which, struct rd header);

/** ip6_chain_check_all() - the same of a message's chain, which may have INL_IP6_EXT_WITHOUT in it */
bool ip6_chain_check_all(struct rd chain);

/** ip6_chain_find() - the header of that kind, or nothing */
struct rd ip6_chain_find(struct rd chain, enum inl_ip6_ext which);

/**
 * ip6_chain_merge() - a message's headers in place of its socket's, each of the same kind
 * @buf: for the answer
 *
 * Without a routing header there is no INL_IP6_EXT_RTHDRDSTOPTS (RFC 3542 9.2). The answer is bad if
 * it would be too long.
 */
struct rd ip6_chain_merge(struct rd own, struct rd sticky, uint8_t buf[INL_IP6_EXT_MAX_BYTES]);

/** ip6_chain_fixed() - how much of it goes into each fragment (RFC 8200 4.5: the unfragmentable part) */
size_t ip6_chain_fixed(struct rd chain);

/** ip6_chain_first() - the next-header value that leads to it; @proto: if it is empty */
uint8_t ip6_chain_first(struct rd chain, uint8_t proto);

/** ip6_chain_emit() - writes it as on the wire; @proto: what follows */
void ip6_chain_emit(struct wr *w, struct rd chain, uint8_t proto);

/**
 * ip6_chain_read() - a chain from headers as they came
 * @wire:  all of them, from the fixed header's end on, good (ip6_ext_walk())
 * @first: the next-header value of the fixed header
 * @out:   room for @max octets: as many whole headers as fit; fragment headers are none
 */
size_t ip6_chain_read(struct rd wire, uint8_t first, uint8_t *out, size_t max);

#endif
