/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registry.h - IANA's registry of service names and port numbers (RFC 6335)
 */
#ifndef TOOLS_COMMON_REGISTRY_H
#define TOOLS_COMMON_REGISTRY_H

#include <stdint.h>

enum { REGISTRY_TCP = 1, REGISTRY_UDP = 2, REGISTRY_SCTP = 4, REGISTRY_DCCP = 8 };
#define REGISTRY_TRANSPORTS 0x0f
#define REGISTRY_NO_PORT 0x80 /* a name that is registered without a port */

struct registry_row {
    uint32_t name, text; /* in the pool of texts */
    uint16_t reference;
    uint16_t low, high;
    uint8_t flags; /* transports, and REGISTRY_NO_PORT; no transport: whatever there is */
};

/* How many rows there are; 0: the program was built without the registry. */
unsigned registry_count(void);
const struct registry_row *registry_at(unsigned i);

/* The row numbers of a port, in one step. */
unsigned registry_of_port(uint16_t port, const uint16_t **ret_rows);
/* The row numbers of a name, letters in either case alike. */
unsigned registry_of_name(const char *name, const uint16_t **ret_rows);

const char *registry_name(const struct registry_row *row); /* "": reserved, and for nobody */
const char *registry_text(const struct registry_row *row);
const char *registry_reference(const struct registry_row *row); /* "[RFC9110]", or "" */

/* RFC 6335 section 6: "system", "user" or "dynamic". */
const char *registry_range(uint16_t port);

#endif
