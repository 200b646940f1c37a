/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ports.c - names of ports, as /etc/services has them
 *
 * A name is asked for once: the answers stand in a table of all ports, since a capture of a million
 * packets must not read a file a million times.
 */
#include "tools/common/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

static const char *const transport_names[] = {[PORTS_TCP] = "tcp", [PORTS_UDP] = "udp"};
static const char none[] = "";

const char *ports_name(uint16_t port, enum ports_transport transport) {
    static const char *known[2][65536];
    const char **entry = &known[transport][port];

    if (*entry == NULL) {
        struct servent *s = getservbyport(htons(port), transport_names[transport]);
        char *copy = s != NULL ? strdup(s->s_name) : NULL;

        *entry = copy != NULL ? copy : none;
    }
    return *entry == none ? NULL : *entry;
}

int ports_number(const char *text, enum ports_transport transport) {
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (text[0] >= '0' && text[0] <= '9' && *end == '\0') {
        return number <= 65535 ? (int)number : -ENOENT;
    }
    struct servent *s = getservbyname(text, transport_names[transport]);

    return s != NULL ? ntohs((uint16_t)s->s_port) : -ENOENT;
}
