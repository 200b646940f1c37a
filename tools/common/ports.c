/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ports.c - names of ports: /etc/services first, then IANA's registry
 *
 * The file is read once, when the first name is asked for, into a table of all ports; the registry
 * has its own. So a name costs one step, however many packets a capture holds.
 */
#include "tools/common/ports.h"

#include "tools/common/etc_services.h"
#include "tools/common/registry.h"

#include <errno.h>
#include <stdlib.h>

static struct etc_services etc;
/* Of each port the number of its row plus one. */
static uint16_t etc_rows[2][65536];

static const uint8_t bit_of[] = {[PORTS_TCP] = REGISTRY_TCP, [PORTS_UDP] = REGISTRY_UDP};

static void load(void) {
    static bool loaded;

    if (loaded) {
        return;
    }
    loaded = true;
    if (etc_services_load(ETC_SERVICES, &etc) < 0) {
        return; /* then the registry alone */
    }
    for (size_t i = etc.n; i-- > 0;) { /* the first row of a port counts */
        const struct etc_service *row = &etc.rows[i];

        if (row->transport == REGISTRY_TCP || row->transport == REGISTRY_UDP) {
            etc_rows[row->transport == REGISTRY_UDP][row->port] = (uint16_t)(i + 1);
        }
    }
}

const char *ports_name(uint16_t port, enum ports_transport transport) {
    const uint16_t *rows;

    load();
    if (etc_rows[transport][port] != 0) {
        return etc.rows[etc_rows[transport][port] - 1].name;
    }
    unsigned n = registry_of_port(port, &rows);

    for (unsigned i = 0; i < n; i++) {
        const struct registry_row *row = registry_at(rows[i]);
        unsigned transports = row->flags & REGISTRY_TRANSPORTS;

        if ((transports == 0 || (transports & bit_of[transport]) != 0) &&
            registry_name(row)[0] != '\0') {
            return registry_name(row);
        }
    }
    return NULL;
}

static int number_of_name(const char *name, uint8_t transport) {
    const uint16_t *rows;

    for (size_t i = 0; i < etc.n; i++) {
        if (etc.rows[i].transport == transport && etc_service_is(&etc.rows[i], name)) {
            return etc.rows[i].port;
        }
    }
    unsigned n = registry_of_name(name, &rows);

    for (unsigned i = 0; i < n; i++) {
        const struct registry_row *row = registry_at(rows[i]);
        unsigned transports = row->flags & REGISTRY_TRANSPORTS;

        if ((transports == 0 || (transports & transport) != 0) &&
            (row->flags & REGISTRY_NO_PORT) == 0) {
            return row->low;
        }
    }
    return -ENOENT;
}

int ports_number(const char *text, enum ports_transport transport) {
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (text[0] >= '0' && text[0] <= '9' && *end == '\0') {
        return number <= 65535 ? (int)number : -ENOENT;
    }
    load();
    return number_of_name(text, bit_of[transport]);
}
