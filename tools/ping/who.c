/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * who.c - the names of those who answer
 */
#include "tools/ping/who.h"

#include "host/loop.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool who_is_number(const char *host) {
    struct in_addr v4;

    return inet_aton(host, &v4) != 0 || strchr(host, ':') != NULL;
}

const char *who_name(struct who *w, const union names_addr *addr) {
    const char *name = rdns_name(w->rdns, addr);

    if (name == NULL && w->left_ms > 0 && rdns_is_busy(w->rdns)) {
        int64_t before = loop_now().ns;

        rdns_finish(w->rdns, w->left_ms);
        w->left_ms -= (int)((loop_now().ns - before) / INL_MS);
        name = rdns_name(w->rdns, addr);
    }
    return name;
}

void who_say(struct who *w, const union names_addr *addr, const char *host, char buf[WHO_MAX]) {
    const char *name = who_name(w, addr);
    char number[NAMES_ADDR_MAX];

    name = name != NULL ? name : host;
    names_number(addr, number);
    if (name != NULL) {
        snprintf(buf, WHO_MAX, "%.*s (%s)", NAMES_HOST_MAX, name, number);
    } else {
        snprintf(buf, WHO_MAX, "%s", number);
    }
}
