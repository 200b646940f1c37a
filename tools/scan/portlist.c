/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portlist.c - which ports: what the user lists, or those most worth a look
 *
 * How often ports are open on the Internet we have not measured, and lists of others are theirs. So
 * the order is made of what is known here: some ports by hand, that machines have open for what they
 * are (remote login, web, mail, names, files, databases, printers, management); then those of
 * /etc/services, which Debian keeps short on purpose; then IANA's registry, the system's range first;
 * then the rest by number.
 */
#include "tools/scan/portlist.h"

#include "tools/common/etc_services.h"
#include "tools/common/ports.h"
#include "tools/common/registry.h"

#include <stdlib.h>
#include <string.h>

static const uint16_t first_tcp[] = {
    80,   443,  22,   53,   25,   445,  139, 3389, 21,   23,    8080,  8443, 110,  143,
    993,  995,  587,  465,  3306, 5432, 111, 135,  389,  636,   88,    1433, 1521, 5900,
    6379, 9200, 2049, 631,  9100, 515,  548, 554,  5060, 1723,  8000,  8888, 3000, 5000,
    9090, 5985, 6443, 2375, 2376, 2222, 873, 179,  1883, 11211, 27017, 5672, 9000, 10000,
};
static const uint16_t first_udp[] = {
    53,  67,  68,   123,  161, 137, 138,  500,  1900, 5353, 69,   514,   111,
    443, 631, 4500, 1194, 162, 520, 5060, 5355, 3702, 1812, 2049, 51820, 5004,
};

/* ---- what the user lists ---- */

static bool take_range(struct portlist *list, unsigned transports, unsigned low, unsigned high) {
    for (unsigned port = low; port <= high; port++) {
        list->has[PORTLIST_TCP][port] |= (transports & 1) != 0;
        list->has[PORTLIST_UDP][port] |= (transports & 2) != 0;
    }
    return low <= high;
}

static bool read_number(const char **p, unsigned *ret) {
    char *end;
    unsigned long n = strtoul(*p, &end, 10);

    if (**p < '0' || **p > '9' || n > 65535) {
        return false;
    }
    *p = end;
    *ret = (unsigned)n;
    return true;
}

static bool take_name(struct portlist *list, unsigned transports, const char *name) {
    bool found = false;

    for (unsigned i = 0; i < 2; i++) {
        int port = ports_number(name, i == 0 ? PORTS_TCP : PORTS_UDP);

        if ((transports & (1u << i)) != 0 && port >= 0) {
            found |= take_range(list, 1u << i, (unsigned)port, (unsigned)port);
        }
    }
    return found;
}

static bool take_part(struct portlist *list, unsigned *transports, const char *p) {
    unsigned low = 1, high = 65535;
    const char *word;

    if ((p[0] == 'T' || p[0] == 'U') && p[1] == ':') {
        *transports = p[0] == 'T' ? 1 : 2;
        p += 2;
    }
    word = p;
    bool from = read_number(&p, &low);

    if (from && *p == '\0') {
        return take_range(list, *transports, low, low);
    }
    if (*p++ != '-') {
        return word[0] != '\0' && take_name(list, *transports, word);
    }
    if (*p != '\0' && !read_number(&p, &high)) {
        return false;
    }
    return *p == '\0' && take_range(list, *transports, low, high);
}

bool portlist_add(struct portlist *list, const char *text) {
    unsigned transports = 3;
    bool good = text[0] != '\0';

    while (good && *text != '\0') {
        char part[64];
        size_t n = strcspn(text, ",");

        if (n >= sizeof(part)) {
            return false;
        }
        memcpy(part, text, n);
        part[n] = '\0';
        good = take_part(list, &transports, part);
        text += n + (text[n] == ',');
    }
    return good;
}

/* ---- those most worth a look ---- */

struct top {
    bool *has;
    unsigned left;
};

static void take(struct top *top, uint16_t port) {
    if (top->left > 0 && port != 0 && !top->has[port]) {
        top->has[port] = true;
        top->left--;
    }
}

void portlist_add_top(struct portlist *list, enum portlist_of transport, unsigned n) {
    static bool has[65536];
    struct top top = {.has = has, .left = n};
    const uint16_t *first = transport == PORTLIST_TCP ? first_tcp : first_udp;
    size_t first_n = transport == PORTLIST_TCP ? sizeof(first_tcp) / sizeof(first_tcp[0])
                                               : sizeof(first_udp) / sizeof(first_udp[0]);
    uint8_t bit = transport == PORTLIST_TCP ? REGISTRY_TCP : REGISTRY_UDP;
    struct etc_services etc = {0};

    memset(has, 0, sizeof(has));
    for (size_t i = 0; i < first_n; i++) {
        take(&top, first[i]);
    }
    (void)etc_services_load(ETC_SERVICES, &etc); /* without it the registry goes on */
    for (size_t i = 0; i < etc.n; i++) {
        if (etc.rows[i].transport == bit) {
            take(&top, etc.rows[i].port);
        }
    }
    etc_services_free(&etc);
    for (unsigned i = 0; i < registry_count(); i++) {
        const struct registry_row *row = registry_at(i);
        bool named = registry_name(row)[0] != '\0' && (row->flags & REGISTRY_NO_PORT) == 0;

        for (unsigned port = row->low; named && (row->flags & bit) != 0 && port <= row->high;
             port++) {
            take(&top, (uint16_t)port);
        }
    }
    for (unsigned port = 1; port < 65536; port++) {
        take(&top, (uint16_t)port);
    }
    for (unsigned port = 0; port < 65536; port++) {
        list->has[transport][port] |= has[port];
    }
}

unsigned portlist_count(const struct portlist *list, enum portlist_of transport) {
    unsigned n = 0;

    for (unsigned port = 0; port < 65536; port++) {
        n += list->has[transport][port];
    }
    return n;
}
