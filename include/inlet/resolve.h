/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resolve.h - names to addresses and back: the DNS client of libinlet-resolve
 *
 * An optional library beside the engine: c-ares does the work over sockets of a stack. It never
 * blocks. Its owner hands it the stack's events, calls inl_resolver_advance() when it is due, and
 * gets results through functions. Each question has a socket and thereby a port of its own, and is
 * connected to one server, so that nobody else's answers get in (RFC 5452).
 *
 * Not for several threads at once, as the stack is not. Waiting is measured by c-ares, which reads
 * the machine's monotonic clock: in virtual time answers come as ever, but time-outs take real
 * time.
 */
#ifndef INLET_RESOLVE_H
#define INLET_RESOLVE_H

#include <inlet/addr.h>
#include <inlet/export.h>
#include <inlet/socket.h>
#include <inlet/types.h>
#include <stdbool.h>
#include <stddef.h>

struct inl_stack;
struct inl_resolver;

/**
 * struct inl_resolve_config - whom to ask, and how long
 * @servers:    name servers in the order they are asked; port 0 means 53. A link-local address
 *              wants its scope
 * @search:     domains that are tried behind a name with fewer than @ndots dots; may be NULL
 * @ndots:      0: 1
 * @timeout_ns: for the first answer of a server, doubled in each round; 0: 2 s
 * @tries:      rounds through all servers; 0: 3
 */
struct inl_resolve_config {
    const struct inl_sockaddr *servers;
    size_t servers_n;
    const char *const *search;
    size_t search_n;
    unsigned ndots;
    inl_dur timeout_ns;
    unsigned tries;
};

/**
 * inl_addrs_fn - the end of inl_resolve_name()
 * @err:   0; -ENOENT: no such name; -ENODATA: it has no such address; -ETIMEDOUT: nobody answers;
 *         -ECONNREFUSED: every server refused or failed; -EBADMSG: nonsense came; -ECANCELED: the
 *         resolver is being freed; -EINVAL: no name can look like that; -ENOMEM
 * @addrs: as many as @n, best first by RFC 6724 (inl_addr_sort()); lent for the call
 */
typedef void (*inl_addrs_fn)(void *ctx, int err, const struct inl_addr *addrs, size_t n);

/** inl_name_fn - the end of inl_resolve_addr(); @name: lent for the call, NULL if @err is not 0 */
typedef void (*inl_name_fn)(void *ctx, int err, const char *name);

/** inl_resolver_new() - config is not kept. 0, -EINVAL (no server, a bad address), -ENOMEM */
INL_API int inl_resolver_new(struct inl_stack *stack, const struct inl_resolve_config *config,
                             struct inl_resolver **ret_resolver);

/** inl_resolver_free() - ends all questions (-ECANCELED) first; not from within a result */
INL_API void inl_resolver_free(struct inl_resolver *r);

/** inl_resolver_event() - hands over an event of the stack: false if it is for somebody else */
INL_API bool inl_resolver_event(struct inl_resolver *r, const struct inl_event *event);

/** inl_resolver_wait_ns() - how long until inl_resolver_advance() is due; -1: nothing is waited for
 */
INL_API inl_dur inl_resolver_wait_ns(const struct inl_resolver *r);

/** inl_resolver_advance() - runs what is due, and gives the results that have come */
INL_API void inl_resolver_advance(struct inl_resolver *r);

/**
 * inl_resolve_name() - asks for the addresses of a name
 * @name:   a name, or an address as text
 * @family: INL_AF_INET, INL_AF_INET6, or 0 for both
 *
 * @done is called once, from inl_resolver_advance() or inl_resolver_free(). 0, -EINVAL, -ENOMEM.
 */
INL_API int inl_resolve_name(struct inl_resolver *r, const char *name, int family,
                             inl_addrs_fn done, void *ctx);

/** inl_resolve_addr() - asks for the name of an address; as inl_resolve_name() */
INL_API int inl_resolve_addr(struct inl_resolver *r, const struct inl_addr *addr, inl_name_fn done,
                             void *ctx);

#endif
