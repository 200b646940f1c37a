/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * etc_services.h - the machine's own list of services, services(5)
 */
#ifndef TOOLS_COMMON_ETC_SERVICES_H
#define TOOLS_COMMON_ETC_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETC_SERVICES "/etc/services"

struct etc_service {
    const char *name;
    const char *aliases; /* parted by blanks; "" */
    const char *comment; /* what stands behind '#'; "" */
    uint16_t port;
    uint8_t transport; /* one of REGISTRY_TCP... */
};

struct etc_services {
    struct etc_service *rows;
    size_t n;
    char *text; /* the rows point into it */
};

/* Reads a list. Lines that are none are left out; at most ETC_SERVICES_MAX rows and 4 MiB are
 * taken. 0, or -errno. */
#define ETC_SERVICES_MAX 65000
int etc_services_load(const char *path, struct etc_services *ret);
void etc_services_free(struct etc_services *list);

/* Is it the service's name or one of its aliases? Letters in either case alike. */
bool etc_service_is(const struct etc_service *row, const char *name);

#endif
