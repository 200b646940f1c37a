/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ports.h - names of ports, for every tool that prints or takes one
 */
#ifndef TOOLS_COMMON_PORTS_H
#define TOOLS_COMMON_PORTS_H

#include <stdint.h>

enum ports_transport { PORTS_TCP, PORTS_UDP };

/* The service that a port is registered for, or NULL. The text stays until the program ends. */
const char *ports_name(uint16_t port, enum ports_transport transport);

/* "443" or "https". Returns the port, or -ENOENT. */
int ports_number(const char *text, enum ports_transport transport);

#endif
