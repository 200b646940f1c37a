/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portlist.h - which ports
 */
#ifndef TOOLS_SCAN_PORTLIST_H
#define TOOLS_SCAN_PORTLIST_H

#include <stdbool.h>
#include <stdint.h>

enum portlist_of { PORTLIST_TCP, PORTLIST_UDP };

struct portlist {
    bool has[2][65536]; /* by enum portlist_of */
};

/* Adds "22,80,8000-8100,http,-100,60000-,-,T:25,U:53". Without T: or U: a part is for both. False:
 * that is no list. */
bool portlist_add(struct portlist *list, const char *text);

/* Adds the @n ports most worth a look. */
void portlist_add_top(struct portlist *list, enum portlist_of transport, unsigned n);

unsigned portlist_count(const struct portlist *list, enum portlist_of transport);

#endif
