/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostnames.c - names instead of addresses in a capture's lines
 */
#include "tools/dump/hostnames.h"

#include "host/loop.h"
#include "tools/common/rdns.h"
#include "tools/common/stop.h"

#include <stdlib.h>
#include <string.h>

struct hostnames {
    struct rdns *rdns;
    int patience_ms;
};

struct hostnames *hostnames_new(bool wait) {
    struct hostnames *h = calloc(1, sizeof(*h));

    if (h != NULL) {
        h->patience_ms = wait ? HOSTNAMES_PATIENCE_MS : 0;
        h->rdns = rdns_new();
    }
    if (h != NULL && h->rdns == NULL) {
        free(h);
        return NULL;
    }
    return h;
}

void hostnames_free(struct hostnames *h) {
    if (h != NULL) {
        rdns_free(h->rdns);
        free(h);
    }
}

/* Only what has been waited for in vain costs patience: a slow answer is one. */
static const char *wait_for(struct hostnames *h, const union names_addr *addr) {
    int64_t from_ns = loop_now().ns;
    bool over;
    const char *name = rdns_wait(h->rdns, addr, h->patience_ms, stop_fd(), &over);

    if (stop_asked()) {
        h->patience_ms = 0;
    } else if (!over) {
        int64_t waited_ms = (loop_now().ns - from_ns) / INL_MS + 1;

        h->patience_ms = waited_ms < h->patience_ms ? h->patience_ms - (int)waited_ms : 0;
    }
    return name;
}

static void take_answers(struct hostnames *h) {
    struct pollfd fds[RDNS_FDS];
    size_t n = rdns_fds(h->rdns, fds);

    (void)poll(fds, n, 0);
    rdns_work(h->rdns, fds, n);
}

/* As C libraries ask: an IPv4 address in IPv6's clothes is one; "::" is nobody's. */
static bool address_of(const uint8_t *addr, unsigned len_bytes, union names_addr *ret) {
    struct in6_addr v6;

    memset(ret, 0, sizeof(*ret));
    if (len_bytes == 16) {
        memcpy(&v6, addr, 16);
        if (IN6_IS_ADDR_UNSPECIFIED(&v6)) {
            return false;
        }
        if (!IN6_IS_ADDR_V4MAPPED(&v6) && !IN6_IS_ADDR_V4COMPAT(&v6)) {
            ret->v6.sin6_family = AF_INET6;
            ret->v6.sin6_addr = v6;
            return true;
        }
        addr += 12;
    }
    ret->v4.sin_family = AF_INET;
    memcpy(&ret->v4.sin_addr, addr, 4);
    return true;
}

const char *hostnames_of(void *ctx, const uint8_t *addr, unsigned len_bytes) {
    struct hostnames *h = ctx;
    union names_addr who;

    if (!address_of(addr, len_bytes, &who)) {
        return NULL;
    }
    const char *name = rdns_name(h->rdns, &who);

    if (name != NULL || !rdns_is_busy(h->rdns)) {
        return name;
    }
    if (h->patience_ms > 0) {
        return wait_for(h, &who);
    }
    take_answers(h);
    return rdns_name(h->rdns, &who);
}
