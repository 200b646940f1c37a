/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmpext.h - what a router says behind the packet that its ICMP error quotes (RFC 4884)
 *
 * Destination unreachable, time exceeded and (IPv4) parameter problem may say how long the quoted
 * packet is. What follows is a header with a version and a checksum, and objects: the MPLS label
 * stack (RFC 4950), the interface that the packet came in by (RFC 5837), and others.
 *
 * Routers from before RFC 4884 state no length and quote exactly 128 octets. Whoever reads for
 * people may ask for those as well (5.5); the engine does not, as 5.4 wants it.
 *
 * Does not do: send extensions.
 */
#ifndef WIRE_ICMPEXT_H
#define WIRE_ICMPEXT_H

#include "base/rd.h"
#include "base/text.h"

#include <inlet/addr.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICMPEXT_HDR_BYTES 4
#define ICMPEXT_QUOTE_BYTES 128 /* at least so much is quoted before an extension */
#define ICMPEXT_OBJECTS_MAX 32  /* more are not looked at */

enum icmpext_class {
    ICMPEXT_MPLS = 1,      /* RFC 4950 */
    ICMPEXT_INTERFACE = 2, /* RFC 5837 */
};

/* Role of an interface: the upper two bits of the type of an ICMPEXT_INTERFACE. */
enum icmpext_role {
    ICMPEXT_INCOMING = 0,
    ICMPEXT_INCOMING_SUB_IP = 1,
    ICMPEXT_OUTGOING = 2,
    ICMPEXT_NEXT_HOP = 3,
};

/**
 * struct icmpext_object - one object: lent
 * @class, @type: as on the wire
 * @body:         what follows the object's header
 */
struct icmpext_object {
    uint8_t class;
    uint8_t type;
    struct rd body;
};

/* An ICMPEXT_INTERFACE taken apart; what it does not have is zero. */
struct icmpext_interface {
    uint8_t role; /* enum icmpext_role */
    bool has_index, has_addr, has_mtu;
    uint32_t index;
    uint32_t mtu_bytes;
    struct inl_addr addr;
    struct rd name;
};

/**
 * icmpext_split() - parts an error's data into the quoted packet and the extension's objects
 * @data:         all that follows the first eight octets of the message; becomes the quote
 * @quoted_bytes: what the message says of the quote's length; 0: nothing
 * @old:          take an extension behind 128 octets, too, if its checksum is there and right
 * @ret_objects:  for icmpext_next(); empty if there is no good extension
 *
 * A length that lies, a version other than 2 or a wrong checksum: no objects. The quote then ends
 * where the length said, if there is so much.
 */
void icmpext_split(struct rd *data, size_t quoted_bytes, bool old, struct rd *ret_objects);

/** icmpext_next() - takes one object; false at the end, and when the rest is malformed */
bool icmpext_next(struct rd *objects, struct icmpext_object *ret);

/** icmpext_interface() - reads an object of that class; false if it is malformed */
bool icmpext_interface(const struct icmpext_object *o, struct icmpext_interface *ret);

/** icmpext_text() - appends ", MPLS label 16 exp 0 ttl 1", ", interface 2 10.0.0.1 mtu 1500" */
void icmpext_text(struct text *t, struct rd objects);

#endif
