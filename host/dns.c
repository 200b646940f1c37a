/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns.c - which nameservers the machine asks
 *
 * The gateway forwards queries as they are (host/nat.c), so nothing here looks into a message. Of
 * resolv.conf(5) only `nameserver` lines matter; the program's resolver reads the rest itself.
 */
#include "host/dns.h"

#include "host/units.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* An address, with an optional zone as in fe80::1%eth0. */
static int parse_zoned(char *text, struct inl_sockaddr *ret) {
    struct inl_sockaddr sa = {.port = DNS_PORT};
    char *zone = strchr(text, '%');

    if (zone != NULL) {
        *zone++ = '\0';
        sa.scope = if_nametoindex(zone);
    }
    if (inl_addr_parse(text, &sa.addr) < 0 || (zone != NULL && sa.scope == 0)) {
        return -EINVAL;
    }
    *ret = sa;
    return 0;
}

unsigned dns_read_resolv(const char *path, struct inl_sockaddr *out, unsigned max) {
    FILE *f = fopen(path, "re");
    char line[512];
    unsigned n = 0;

    if (f == NULL) {
        return 0;
    }
    while (n < max && fgets(line, sizeof(line), f) != NULL) {
        char *rest = NULL;
        char *key = strtok_r(line, " \t\r\n", &rest);
        char *value = strtok_r(NULL, " \t\r\n", &rest);

        if (key != NULL && value != NULL && strcmp(key, "nameserver") == 0 &&
            parse_zoned(value, &out[n]) == 0) {
            n++;
        }
    }
    fclose(f);
    return n;
}

int dns_parse_server(const char *text, struct inl_sockaddr *ret) {
    char host[INL_ADDR_TEXT_MAX + 2];
    const char *port = NULL;
    struct inl_sockaddr sa = {.port = DNS_PORT};
    uint64_t number = DNS_PORT;
    size_t len = strlen(text);
    const char *colon = strrchr(text, ':');

    if (text[0] == '[') {
        const char *close = strchr(text, ']');

        if (close == NULL || (close[1] != '\0' && close[1] != ':')) {
            return -EINVAL;
        }
        port = close[1] == ':' ? close + 2 : NULL;
        text++;
        len = (size_t)(close - text);
    } else if (colon != NULL && strchr(text, ':') == colon) {
        port = colon + 1;
        len = (size_t)(colon - text);
    }
    if (len >= sizeof(host)) {
        return -EINVAL;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    if (inl_addr_parse(host, &sa.addr) < 0 ||
        (port != NULL && (units_number(port, UINT16_MAX, &number) < 0 || number == 0))) {
        return -EINVAL;
    }
    sa.port = (uint16_t)number;
    *ret = sa;
    return 0;
}
