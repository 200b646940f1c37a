/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resolve.c - the DNS client: c-ares over sockets of a stack
 *
 * c-ares (1.18) builds questions, judges answers, repeats itself, goes from server to server and
 * from UDP to TCP. What it wants of a socket goes through resolve/sock.c to the engine. Each lookup
 * has a c-ares channel of its own: so it has a socket, and by RFC 6056 a port, of its own, and its
 * end takes all of that along.
 *
 * A lookup's life: it waits in `waiting` until c-ares calls on_addrs() or on_host(), which keep the
 * result and mark it as done; inl_resolver_advance() takes it off the list, ends the channel and
 * calls the owner. So no channel ends within a call of c-ares, and an owner may ask the next
 * question from within a result.
 *
 * Nothing of the machine is read: no resolv.conf, no hosts file. c-ares' own sorting of addresses
 * (RFC 6724) would ask the kernel for its routes, so it is off: inl_addr_sort() asks the stack.
 */
#include "resolve/sock.h"

#include <inlet/net.h>
#include <inlet/resolve.h>
#include <inlet/stack.h>

#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define TIMEOUT_NS (2 * INL_S)
#define TRIES 3
#define ADDRS_MAX 256
#define NAMESERVER_PORT 53

struct lookup {
    struct lookup *next;
    struct resolve_socks socks;
    ares_channel channel;
    bool done;
    int err;
    inl_addrs_fn on_addrs; /* one of the two */
    inl_name_fn on_name;
    void *ctx;
    struct inl_addr *addrs;
    size_t addrs_n;
    char *name;
};

struct inl_resolver {
    struct inl_stack *stack;
    struct inl_sockaddr *servers;
    size_t servers_n;
    char **search;
    size_t search_n;
    struct ares_options options;
    struct lookup *waiting;
    bool advancing;
};

/* ---- results ---- */

static int err_of(int status) {
    switch (status) {
    case ARES_SUCCESS:
        return 0;
    case ARES_ENOTFOUND:
        return -ENOENT;
    case ARES_ENODATA:
        return -ENODATA;
    case ARES_ETIMEOUT:
        return -ETIMEDOUT;
    case ARES_ECONNREFUSED:
    case ARES_EREFUSED:
    case ARES_ESERVFAIL:
        return -ECONNREFUSED;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
        return -ECANCELED;
    case ARES_EBADNAME:
        return -EINVAL;
    case ARES_ENOMEM:
        return -ENOMEM;
    default:
        return -EBADMSG;
    }
}

static bool node_addr(const struct ares_addrinfo_node *node, struct inl_addr *ret) {
    if (node->ai_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)node->ai_addr;

        *ret = inl_addr_from4(ntohl(in->sin_addr.s_addr));
        return true;
    }
    if (node->ai_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)node->ai_addr;

        *ret = inl_addr_from6(in6->sin6_addr.s6_addr);
        return true;
    }
    return false;
}

static void on_addrs(void *ctx, int status, int timeouts, struct ares_addrinfo *info) {
    struct lookup *l = ctx;

    (void)timeouts;
    l->done = true;
    l->err = err_of(status);
    if (info == NULL) {
        return;
    }
    for (const struct ares_addrinfo_node *n = info->nodes; n != NULL && l->addrs_n < ADDRS_MAX;
         n = n->ai_next) {
        l->addrs_n += node_addr(n, &l->addrs[l->addrs_n]);
    }
    if (l->err == 0 && l->addrs_n == 0) {
        l->err = -ENODATA;
    }
    ares_freeaddrinfo(info);
}

static void on_host(void *ctx, int status, int timeouts, struct hostent *host) {
    struct lookup *l = ctx;

    (void)timeouts;
    l->done = true;
    l->err = err_of(status);
    if (l->err == 0) {
        l->name = host != NULL && host->h_name != NULL ? strdup(host->h_name) : NULL;
        l->err = l->name != NULL ? 0 : -ENOMEM;
    }
}

static void lookup_free(struct lookup *l) {
    if (l->channel != NULL) {
        ares_destroy(l->channel);
    }
    free(l->addrs);
    free(l->name);
    free(l);
}

/* Puts the best address first, as the stack sees it. */
static void sort_addrs(struct lookup *l) {
    struct inl_sockaddr sas[ADDRS_MAX];

    for (size_t i = 0; i < l->addrs_n; i++) {
        sas[i] = (struct inl_sockaddr){.addr = l->addrs[i]};
    }
    inl_addr_sort(l->socks.stack, sas, l->addrs_n);
    for (size_t i = 0; i < l->addrs_n; i++) {
        l->addrs[i] = sas[i].addr;
    }
}

/* Tells the owner, and forgets the lookup. */
static void lookup_end(struct lookup *l) {
    if (l->channel != NULL) {
        ares_destroy(l->channel); /* may call on_addrs() or on_host() for the last time */
        l->channel = NULL;
    }
    if (l->on_addrs != NULL) {
        sort_addrs(l);
        l->on_addrs(l->ctx, l->err, l->addrs, l->err == 0 ? l->addrs_n : 0);
    } else {
        l->on_name(l->ctx, l->err, l->err == 0 ? l->name : NULL);
    }
    lookup_free(l);
}

/* ---- questions ---- */

/* c-ares takes servers as a list. */
static int set_servers(const struct inl_resolver *r, ares_channel channel) {
    struct ares_addr_port_node *nodes = calloc(r->servers_n, sizeof(*nodes));

    if (nodes == NULL) {
        return ARES_ENOMEM;
    }
    for (size_t i = 0; i < r->servers_n; i++) {
        const struct inl_addr *a = &r->servers[i].addr;

        nodes[i].next = i + 1 < r->servers_n ? &nodes[i + 1] : NULL;
        nodes[i].udp_port = nodes[i].tcp_port = r->servers[i].port;
        if (inl_addr_is4(a)) {
            nodes[i].family = AF_INET;
            memcpy(&nodes[i].addr.addr4, a->b + 12, 4);
        } else {
            nodes[i].family = AF_INET6;
            memcpy(&nodes[i].addr.addr6, a->b, 16);
        }
    }
    int status = ares_set_servers_ports(channel, nodes);

    free(nodes);
    return status;
}

static int lookup_new(struct inl_resolver *r, void *ctx, struct lookup **ret) {
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
                     ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST;
    struct lookup *l = calloc(1, sizeof(*l));

    if (l == NULL) {
        return -ENOMEM;
    }
    l->ctx = ctx;
    l->addrs = calloc(ADDRS_MAX, sizeof(*l->addrs));
    int status = l->addrs != NULL ? ares_init_options(&l->channel, &r->options, mask) : ARES_ENOMEM;

    if (status == ARES_SUCCESS) {
        status = set_servers(r, l->channel);
    }
    if (status != ARES_SUCCESS) {
        lookup_free(l);
        return err_of(status);
    }
    resolve_socks_init(&l->socks, r->stack, r->servers, r->servers_n, l->channel);
    l->next = r->waiting;
    r->waiting = l;
    *ret = l;
    return 0;
}

int inl_resolve_name(struct inl_resolver *r, const char *name, int family, inl_addrs_fn done,
                     void *ctx) {
    struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_NOSORT,
                                        .ai_family = family == INL_AF_INET    ? AF_INET
                                                     : family == INL_AF_INET6 ? AF_INET6
                                                                              : AF_UNSPEC};
    struct lookup *l;

    if (done == NULL || name == NULL ||
        (family != 0 && family != INL_AF_INET && family != INL_AF_INET6)) {
        return -EINVAL;
    }
    int err = lookup_new(r, ctx, &l);

    if (err == 0) {
        l->on_addrs = done;
        ares_getaddrinfo(l->channel, name, NULL, &hints, on_addrs, l);
    }
    return err;
}

int inl_resolve_addr(struct inl_resolver *r, const struct inl_addr *addr, inl_name_fn done,
                     void *ctx) {
    struct lookup *l;

    if (done == NULL) {
        return -EINVAL;
    }
    int err = lookup_new(r, ctx, &l);

    if (err == 0) {
        bool is4 = inl_addr_is4(addr);

        l->on_name = done;
        ares_gethostbyaddr(l->channel, addr->b + (is4 ? 12 : 0), is4 ? 4 : 16,
                           is4 ? AF_INET : AF_INET6, on_host, l);
    }
    return err;
}

/* ---- events and time ---- */

bool inl_resolver_event(struct inl_resolver *r, const struct inl_event *event) {
    for (struct lookup *l = r->waiting; l != NULL; l = l->next) {
        if (resolve_socks_event(&l->socks, event)) {
            return true;
        }
    }
    return false;
}

inl_dur inl_resolver_wait_ns(const struct inl_resolver *r) {
    inl_dur least = -1;

    for (const struct lookup *l = r->waiting; l != NULL; l = l->next) {
        struct timeval tv;

        if (l->done) {
            return 0;
        }
        if (ares_timeout(l->channel, NULL, &tv) != NULL) {
            inl_dur ns = tv.tv_sec * INL_S + tv.tv_usec * INL_US;

            least = least < 0 || ns < least ? ns : least;
        }
    }
    return least;
}

/* Takes a lookup that is done off the list, or NULL. */
static struct lookup *take_done(struct inl_resolver *r) {
    for (struct lookup **at = &r->waiting; *at != NULL; at = &(*at)->next) {
        struct lookup *l = *at;

        if (l->done) {
            *at = l->next;
            return l;
        }
    }
    return NULL;
}

void inl_resolver_advance(struct inl_resolver *r) {
    struct lookup *l;

    if (r->advancing) {
        return; /* from within a result */
    }
    r->advancing = true;
    for (l = r->waiting; l != NULL; l = l->next) {
        if (!l->done) {
            ares_process_fd(l->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        }
    }
    while ((l = take_done(r)) != NULL) {
        lookup_end(l);
    }
    r->advancing = false;
}

/* ---- life ---- */

static int copy_servers(struct inl_resolver *r, const struct inl_resolve_config *config) {
    r->servers = calloc(config->servers_n, sizeof(*r->servers));
    if (r->servers == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < config->servers_n; i++) {
        r->servers[i] = config->servers[i];
        if (inl_addr_is_any(&r->servers[i].addr) || inl_addr_is_multicast(&r->servers[i].addr)) {
            return -EINVAL;
        }
        if (r->servers[i].port == 0) {
            r->servers[i].port = NAMESERVER_PORT;
        }
        r->servers_n++;
    }
    return 0;
}

static int copy_search(struct inl_resolver *r, const struct inl_resolve_config *config) {
    r->search = calloc(config->search_n + 1, sizeof(*r->search));
    if (r->search == NULL) {
        return -ENOMEM;
    }
    for (; r->search_n < config->search_n; r->search_n++) {
        r->search[r->search_n] = strdup(config->search[r->search_n]);
        if (r->search[r->search_n] == NULL) {
            return -ENOMEM;
        }
    }
    return 0;
}

int inl_resolver_new(struct inl_stack *stack, const struct inl_resolve_config *config,
                     struct inl_resolver **ret_resolver) {
    static char lookups[] = "b"; /* c-ares copies it: only DNS is asked */
    struct inl_resolver *r;

    if (config->servers_n == 0 || config->timeout_ns < 0 || config->tries > 100 ||
        config->timeout_ns > 3600 * INL_S || config->ndots > 15 || config->search_n > 32) {
        return -EINVAL;
    }
    r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return -ENOMEM;
    }
    int err = copy_servers(r, config);

    if (err == 0) {
        err = copy_search(r, config);
    }
    if (err == 0 && ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        err = -ENOMEM;
    }
    if (err < 0) {
        inl_resolver_free(r);
        return err;
    }
    r->stack = stack;
    r->options = (struct ares_options){
        .flags = ARES_FLAG_NOALIASES,
        .timeout = (int)((config->timeout_ns > 0 ? config->timeout_ns : TIMEOUT_NS) / INL_MS),
        .tries = config->tries > 0 ? (int)config->tries : TRIES,
        .ndots = config->ndots > 0 ? (int)config->ndots : 1,
        .domains = r->search,
        .ndomains = (int)r->search_n,
        .lookups = lookups,
    };
    if (r->options.timeout == 0) {
        r->options.timeout = 1;
    }
    *ret_resolver = r;
    return 0;
}

void inl_resolver_free(struct inl_resolver *r) {
    struct lookup *l;

    if (r == NULL) {
        return;
    }
    while ((l = r->waiting) != NULL) {
        r->waiting = l->next;
        l->err = l->done ? l->err : -ECANCELED;
        lookup_end(l);
    }
    for (size_t i = 0; i < r->search_n; i++) {
        free(r->search[i]);
    }
    if (r->stack != NULL) {
        ares_library_cleanup();
    }
    free(r->search);
    free(r->servers);
    free(r);
}
