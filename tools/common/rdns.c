/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rdns.c - names of addresses, asked in the background by c-ares
 *
 * Whoever sends packets chooses the addresses, so they are found by a hash with a secret key. The
 * entries are a ring: the oldest that no question is open for makes room.
 */
#include "tools/common/rdns.h"

#include "base/siphash.h"
#include "host/loop.h"
#include "tools/common/clean.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS (2 * RDNS_CACHE)
#define AS_MAX 64
#define OPEN_MAX 64 /* questions at once */

struct entry {
    struct rdns *rdns;
    union names_addr addr;
    bool used, asked_name, asked_as;
    unsigned open; /* questions under way: such an entry stays */
    bool name_open;
    struct entry *next; /* of its bucket */
    char name[NAMES_HOST_MAX];
    char as[AS_MAX];
};

struct rdns {
    ares_channel channel;
    unsigned open;
    bool asked, answered, checked;
    size_t next; /* the oldest entry */
    uint8_t key[16];
    struct entry *buckets[BUCKETS];
    struct entry entries[RDNS_CACHE];
};

struct rdns *rdns_new(void) {
    struct ares_options options = {.timeout = 2000, .tries = 2};
    struct rdns *r = calloc(1, sizeof(*r));

    if (r == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        free(r);
        return NULL;
    }
    if (getrandom(r->key, sizeof(r->key), 0) < 0 ||
        ares_init_options(&r->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) !=
            ARES_SUCCESS) {
        ares_library_cleanup();
        free(r);
        return NULL;
    }
    return r;
}

void rdns_free(struct rdns *r) {
    if (r != NULL) {
        ares_destroy(r->channel); /* ends what is under way: the callbacks find their entries */
        ares_library_cleanup();
        free(r);
    }
}

static struct entry **bucket_of(struct rdns *r, const union names_addr *addr) {
    bool v6 = addr->any.sa_family == AF_INET6;
    const void *bytes = v6 ? (const void *)&addr->v6.sin6_addr : (const void *)&addr->v4.sin_addr;

    return &r->buckets[siphash(r->key, bytes, v6 ? 16 : 4) % BUCKETS];
}

static void forget(struct rdns *r, struct entry *e) {
    struct entry **at = bucket_of(r, &e->addr);

    while (*at != e) {
        at = &(*at)->next;
    }
    *at = e->next;
}

/* The entry of an address, perhaps new; NULL if each is in use. */
static struct entry *entry_of(struct rdns *r, const union names_addr *addr) {
    struct entry **bucket = bucket_of(r, addr);

    for (struct entry *e = *bucket; e != NULL; e = e->next) {
        if (names_same(&e->addr, addr)) {
            return e;
        }
    }
    for (size_t i = 0; i < RDNS_CACHE; i++) {
        struct entry *e = &r->entries[r->next];

        r->next = (r->next + 1) % RDNS_CACHE;
        if (e->open == 0) {
            if (e->used) {
                forget(r, e);
            }
            memset(e, 0, sizeof(*e));
            e->rdns = r;
            e->used = true;
            e->addr = *addr;
            e->next = *bucket;
            *bucket = e;
            return e;
        }
    }
    return NULL;
}

/* What a nameserver has said, be it that it does not know or does not like to. */
static bool is_answer(int status) {
    return status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND ||
           status == ARES_EFORMERR || status == ARES_ESERVFAIL || status == ARES_ENOTIMP ||
           status == ARES_EREFUSED;
}

static void on_check(void *arg, int status, int timeouts, unsigned char *answer, int len) {
    struct rdns *r = arg;

    (void)timeouts;
    (void)answer;
    (void)len;
    r->open--;
    r->answered |= is_answer(status);
}

/* c-ares says the same of a name that there is not and of one that it could not ask for. So the first
 * time a nameserver is asked for something that each knows. */
static void check(struct rdns *r) {
    if (!r->answered && !r->checked) {
        r->checked = true;
        r->open++;
        ares_query(r->channel, ".", ns_c_in, ns_t_ns, on_check, r);
    }
}

static void over(struct entry *e) {
    e->open--;
    e->rdns->open--;
}

static void on_name(void *arg, int status, int timeouts, struct hostent *host) {
    struct entry *e = arg;

    (void)timeouts;
    over(e);
    e->name_open = false;
    e->rdns->answered |= status == ARES_SUCCESS;
    if (status == ARES_SUCCESS && host->h_name != NULL) {
        clean_text(host->h_name, e->name, sizeof(e->name));
    } else if (status == ARES_ENOTFOUND) {
        check(e->rdns);
    }
}

/* "64500 64501 | 192.0.2.0/24 | ...": the first field, if it is numbers. */
static void on_as(void *arg, int status, int timeouts, unsigned char *answer, int len) {
    struct ares_txt_reply *list = NULL;
    struct entry *e = arg;
    size_t n = 0;

    (void)timeouts;
    over(e);
    e->rdns->answered |= is_answer(status);
    if (status != ARES_SUCCESS || ares_parse_txt_reply(answer, len, &list) != ARES_SUCCESS) {
        return;
    }
    for (size_t i = 0; i < list->length && n + 1 < sizeof(e->as); i++) {
        if (!isdigit(list->txt[i]) && list->txt[i] != ' ') {
            break;
        }
        e->as[n++] = (char)list->txt[i];
    }
    while (n > 0 && e->as[n - 1] == ' ') {
        n--;
    }
    e->as[n] = '\0';
    ares_free_data(list);
}

/* Asks for an entry's name, unless that was done. */
static void ask_name(struct rdns *r, struct entry *e) {
    const union names_addr *addr = &e->addr;
    bool v6 = addr->any.sa_family == AF_INET6;

    if (e->asked_name || r->open >= OPEN_MAX) {
        return;
    }
    e->asked_name = e->name_open = true;
    r->asked = true;
    e->open++;
    r->open++;
    ares_gethostbyaddr(r->channel,
                       v6 ? (const void *)&addr->v6.sin6_addr : (const void *)&addr->v4.sin_addr,
                       v6 ? 16 : 4, addr->any.sa_family, on_name, e);
}

const char *rdns_name(struct rdns *r, const union names_addr *addr) {
    struct entry *e = r != NULL ? entry_of(r, addr) : NULL;

    if (e != NULL) {
        ask_name(r, e);
    }
    return e != NULL && e->name[0] != '\0' ? e->name : NULL;
}

/* Reversed octets or digits, as in the tree of PTR records. */
static void zone_of(const union names_addr *addr, char *buf, size_t cap) {
    const uint8_t *b = addr->any.sa_family == AF_INET6 ? addr->v6.sin6_addr.s6_addr
                                                       : (const uint8_t *)&addr->v4.sin_addr.s_addr;
    size_t at = 0;

    if (addr->any.sa_family == AF_INET) {
        snprintf(buf, cap, "%u.%u.%u.%u.origin.asn.cymru.com", b[3], b[2], b[1], b[0]);
        return;
    }
    for (int i = 15; i >= 0; i--) {
        at += (size_t)snprintf(buf + at, cap - at, "%x.%x.", b[i] & 15U, (unsigned)b[i] >> 4);
    }
    snprintf(buf + at, cap - at, "origin6.asn.cymru.com");
}

const char *rdns_as(struct rdns *r, const union names_addr *addr) {
    struct entry *e = r != NULL ? entry_of(r, addr) : NULL;
    char zone[128];

    if (e != NULL && !e->asked_as && r->open < OPEN_MAX) {
        zone_of(addr, zone, sizeof(zone));
        e->asked_as = true;
        e->open++;
        r->open++;
        r->asked = true;
        ares_query(r->channel, zone, ns_c_in, ns_t_txt, on_as, e);
    }
    return e != NULL && e->as[0] != '\0' ? e->as : NULL;
}

bool rdns_is_busy(const struct rdns *r) {
    return r != NULL && r->open > 0;
}

bool rdns_is_deaf(const struct rdns *r) {
    return r != NULL && r->asked && !r->answered;
}

size_t rdns_fds(struct rdns *r, struct pollfd fds[RDNS_FDS]) {
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    size_t n = 0;

    if (r == NULL) {
        return 0;
    }
    unsigned bits = (unsigned)ares_getsock(r->channel, sockets, ARES_GETSOCK_MAXNUM);

    for (int i = 0; i < ARES_GETSOCK_MAXNUM && n < RDNS_FDS; i++) {
        /* as ARES_GETSOCK_READABLE() and its like, whose shifts are of int, and go too far */
        bool in = bits & 1u << i, out = bits & 1u << (i + ARES_GETSOCK_MAXNUM);

        if (in || out) {
            fds[n++] = (struct pollfd){
                .fd = sockets[i],
                .events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0)),
            };
        }
    }
    return n;
}

void rdns_work(struct rdns *r, const struct pollfd *fds, size_t n) {
    bool any = false;

    for (size_t i = 0; r != NULL && i < n; i++) {
        bool in = (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
        bool out = (fds[i].revents & POLLOUT) != 0;

        if (in || out) {
            ares_process_fd(r->channel, in ? fds[i].fd : ARES_SOCKET_BAD,
                            out ? fds[i].fd : ARES_SOCKET_BAD);
            any = true;
        }
    }
    if (r != NULL && !any) {
        ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what is over time */
    }
}

static void work_once(struct rdns *r, int more_fd) {
    struct pollfd fds[RDNS_FDS + 1];
    size_t n = rdns_fds(r, fds);

    fds[n] = (struct pollfd){.fd = more_fd, .events = POLLIN};
    (void)poll(fds, n + 1, 50);
    rdns_work(r, fds, n);
}

void rdns_finish(struct rdns *r, int timeout_ms) {
    int64_t end_ns = loop_now().ns + timeout_ms * INL_MS;

    while (rdns_is_busy(r) && loop_now().ns < end_ns) {
        work_once(r, -1);
    }
}

const char *rdns_wait(struct rdns *r, const union names_addr *addr, int timeout_ms, int stop_fd,
                      bool *ret_over) {
    struct entry *e = r != NULL ? entry_of(r, addr) : NULL;
    int64_t end_ns = loop_now().ns + timeout_ms * INL_MS;
    struct pollfd stop = {.fd = stop_fd, .events = POLLIN};

    *ret_over = true;
    if (e == NULL) {
        return NULL;
    }
    ask_name(r, e);
    while (e->name_open || !e->asked_name) {
        if (loop_now().ns >= end_ns || poll(&stop, 1, 0) > 0) {
            *ret_over = false;
            break;
        }
        work_once(r, stop_fd);
        ask_name(r, e);
    }
    return e->name[0] != '\0' ? e->name : NULL;
}
