/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * who.h - the names of those who answer
 *
 * As the namesake: names are looked up where the target was given by its name, and -n forbids it; -H
 * demands it in any case. The names of the targets are asked for before the first probe leaves. Those of
 * others who send errors hold up a line for WHO_MS in all; who is not known by then stands there as
 * number, and with its name as soon as that has come. Round trips are not longer for it: they end in
 * the kernel.
 */
#ifndef TOOLS_PING_WHO_H
#define TOOLS_PING_WHO_H

#include "tools/common/names.h"
#include "tools/common/rdns.h"

#include <stdbool.h>

#define WHO_MS 1000
#define WHO_MAX (NAMES_HOST_MAX + NAMES_ADDR_MAX + 4)

struct who {
    struct rdns *rdns; /* NULL: nobody is asked */
    int left_ms;       /* so long lines may still be held up */
};

/* Is it a number rather than a name? */
bool who_is_number(const char *host);
/* "name (number)", or "number"; @host: what to say where no name is known, or NULL. */
void who_say(struct who *w, const union names_addr *addr, const char *host, char buf[WHO_MAX]);
/* The name, or NULL, now or after some waiting. */
const char *who_name(struct who *w, const union names_addr *addr);

#endif
