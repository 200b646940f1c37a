/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c - names of hosts and ports to numbers, and numbers to text
 */
#include "tools/common/names.h"

#include "tools/common/tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

static int tell(const char *host, int family, int err) {
    const char *of = family == AF_INET ? "IPv4 " : family == AF_INET6 ? "IPv6 " : "";

    if (err == EAI_SYSTEM) {
        int saved = errno;

        tool_say("%s: %s", host, strerror(saved));
        return saved != 0 ? -saved : -EIO;
    }
    if (err == EAI_NONAME || err == EAI_NODATA || err == EAI_ADDRFAMILY) {
        tool_say("%s: no %saddress of that name is known", host, of);
        return -ENOENT;
    }
    if (err == EAI_AGAIN) {
        tool_say("%s: no nameserver answers; try its address", host);
        return -EAGAIN;
    }
    tool_say("%s: %s", host, gai_strerror(err));
    return -EINVAL;
}

int names_lookup(const char *host, int family, union names_addr *ret) {
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list = NULL;
    int err = getaddrinfo(host, NULL, &hints, &list);

    if (err != 0) {
        return tell(host, family, err);
    }
    memset(ret, 0, sizeof(*ret));
    if (list->ai_addrlen <= sizeof(*ret)) {
        memcpy(ret, list->ai_addr, list->ai_addrlen);
    }
    freeaddrinfo(list);
    return 0;
}

socklen_t names_len(const union names_addr *addr) {
    return addr->any.sa_family == AF_INET6 ? sizeof(addr->v6) : sizeof(addr->v4);
}

void names_number(const union names_addr *addr, char buf[NAMES_ADDR_MAX]) {
    if (getnameinfo(&addr->any, names_len(addr), buf, NAMES_ADDR_MAX, NULL, 0, NI_NUMERICHOST)) {
        snprintf(buf, NAMES_ADDR_MAX, "?");
    }
}

void names_number_port(const union names_addr *addr, char buf[NAMES_ADDR_MAX + 8]) {
    char number[NAMES_ADDR_MAX];

    names_number(addr, number);
    snprintf(buf, NAMES_ADDR_MAX + 8, addr->any.sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", number,
             (unsigned)names_port(addr));
}

void names_host(const union names_addr *addr, char buf[NAMES_HOST_MAX]) {
    char number[NAMES_ADDR_MAX];

    if (getnameinfo(&addr->any, names_len(addr), buf, NAMES_HOST_MAX, NULL, 0, NI_NAMEREQD)) {
        names_number(addr, number);
        snprintf(buf, NAMES_HOST_MAX, "%s", number);
    }
}

uint16_t names_port(const union names_addr *addr) {
    return ntohs(addr->any.sa_family == AF_INET6 ? addr->v6.sin6_port : addr->v4.sin_port);
}

void names_set_port(union names_addr *addr, uint16_t port) {
    if (addr->any.sa_family == AF_INET6) {
        addr->v6.sin6_port = htons(port);
    } else {
        addr->v4.sin_port = htons(port);
    }
}

bool names_same(const union names_addr *a, const union names_addr *b) {
    if (a->any.sa_family != b->any.sa_family) {
        return false;
    }
    if (a->any.sa_family == AF_INET) {
        return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    }
    return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0 &&
           a->v6.sin6_scope_id == b->v6.sin6_scope_id;
}
