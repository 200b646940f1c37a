/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srcroute.c - source routes of connections (RFC 1122 4.2.3.8, RFC 9293 3.9.2.1: MUST-51 to 53,
 * SHLD-24), and extension headers (RFC 3542 4.1)
 *
 * A route is the program's (tcp_conn_route()), or was made of the one by which a segment of a
 * passively opened connection came: then the last one counts. All that the connection sends goes by
 * it. Hardly any connection has one, so they lie beside the connections, by tuple (half-open ones
 * have theirs as well), and of a connection there is only its length: route_bytes, which comes off
 * the data of each segment.
 *
 * With IPv6 it is extension headers, and the program alone has a say: what peers send is for
 * receivers on the way. They are here as the row that wire/ip6chain.h describes.
 *
 * Invariants: at most max_source_routes; of those that peers gave, the oldest gives way. A route
 * goes with its connection. A connection with a route does not rest.
 *
 * Does not do: routes and extension headers in TIME-WAIT, where what is sent goes the ordinary way.
 */
#include "tcp/srcroute.h"
#include "base/siphash.h"
#include "tcp/internal.h"
#include "wire/ip4.h"
#include "wire/ip6chain.h"

#include <errno.h>
#include <string.h>

struct tcp_route {
    struct hnode node;
    struct list order;
    const struct tcp_conn *waits; /* not opened yet: it has no tuple */
    struct inl_addr local;
    struct inl_addr remote;
    uint16_t lport;
    uint16_t rport;
    bool given; /* by the program: no segment changes it */
    bool is6;   /* extension headers */
    uint8_t len;
    uint8_t opts[INL_IP6_EXT_MAX_BYTES];
};

static bool same_tuple(const struct hnode *n, const void *key) {
    const struct tcp_route *r = HTAB_ENTRY(n, struct tcp_route, node);
    const struct tcp_route *k = key;

    return r->waits == k->waits && r->lport == k->lport && r->rport == k->rport &&
           inl_addr_eq(&r->local, &k->local) && inl_addr_eq(&r->remote, &k->remote);
}

static uint64_t route_hash(const struct tcp *tcp, const struct tcp_route *k) {
    return k->waits ? siphash(tcp->hash_key, &k->waits, sizeof(k->waits))
                    : tcp_tuple_hash(tcp, &k->local, k->lport, &k->remote, k->rport);
}

static struct tcp_route *route_find(const struct tcp *tcp, const struct tcp_route *key) {
    struct hnode *n = tcp_routes_any(&tcp->routes)
                          ? htab_find(&tcp->routes.table, route_hash(tcp, key), same_tuple, key)
                          : NULL;

    return n ? HTAB_ENTRY(n, struct tcp_route, node) : NULL;
}

static struct tcp_route key_of_seg(const struct tcp_seg *seg) {
    return (struct tcp_route){
        .local = seg->rx->dst, .remote = seg->rx->src, .lport = seg->dport, .rport = seg->sport};
}

static struct tcp_route key_of_conn(const struct tcp_conn *c) {
    return c->opened ? (struct tcp_route){.local = c->local.addr,
                                          .remote = c->remote.addr,
                                          .lport = c->local.port,
                                          .rport = c->remote.port}
                     : (struct tcp_route){.waits = c};
}

static void route_free(struct tcp *tcp, struct tcp_route *r) {
    if (r) {
        htab_remove(&tcp->routes.table, &r->node);
        list_del(&r->order);
        mem_free(&tcp->env->mem, r, sizeof(*r));
    }
}

/* Room for one more: the oldest of a peer goes. False if all are programs'. */
static bool route_make_room(struct tcp *tcp) {
    struct list *it;

    if (htab_count(&tcp->routes.table) < tcp->cfg.max_source_routes) {
        return true;
    }
    LIST_FOREACH(it, &tcp->routes.order) {
        struct tcp_route *r = LIST_ENTRY(it, struct tcp_route, order);

        if (!r->given) {
            route_free(tcp, r);
            return true;
        }
    }
    return false;
}

/* Sets the route of that key; NULL: no room. */
static struct tcp_route *route_set(struct tcp *tcp, const struct tcp_route *key, struct rd opts) {
    struct tcp_route *r = route_find(tcp, key);

    if (!r) {
        r = route_make_room(tcp) ? mem_alloc(&tcp->env->mem, sizeof(*r)) : NULL;
        if (!r) {
            return NULL;
        }
        *r = *key;
        htab_insert(&tcp->routes.table, &r->node, route_hash(tcp, key));
        list_init(&r->order);
        list_add_tail(&tcp->routes.order, &r->order);
    }
    r->len = (uint8_t)rd_left(&opts);
    memcpy(r->opts, rd_ptr(&opts), r->len);
    return r;
}

static uint8_t route_bytes(const struct tcp_route *r) {
    return r ? (uint8_t)((r->len + 3u) & ~3u) : 0;
}

/* ---- the program's ---- */

static int conn_set(struct tcp_conn *conn, struct rd opts, bool is6) {
    const struct tcp_route key = key_of_conn(conn);
    struct tcp_route *r;

    if (rd_left(&opts) == 0) {
        tcp_route_forget(conn);
    } else {
        if (conn->opened && inl_addr_is4(&conn->remote.addr) == is6) {
            return -EINVAL;
        }
        r = route_set(conn->tcp, &key, opts);
        if (!r) {
            return -ENOBUFS;
        }
        r->given = true;
        r->is6 = is6;
        conn->route_bytes = route_bytes(r);
    }
    if (conn->opened && conn->state != INL_TCP_CLOSED) {
        tcp_opt_mss_changed(conn);
        tcp_conn_settle(conn);
    }
    return 0;
}

static struct rd conn_get(const struct tcp_conn *conn, bool is6) {
    const struct tcp_route key = key_of_conn(conn);
    const struct tcp_route *r = route_find(conn->tcp, &key);

    return r && r->is6 == is6 ? rd_init(r->opts, r->len) : rd_init(NULL, 0);
}

int tcp_conn_route(struct tcp_conn *conn, const void *opts, size_t len_bytes) {
    return conn_set(conn, rd_init(opts, len_bytes), false);
}

size_t tcp_conn_route_get(const struct tcp_conn *conn, void *opts, size_t max) {
    const struct rd r = conn_get(conn, false);
    size_t n = rd_left(&r);

    if (n > 0 && max > 0) {
        memcpy(opts, rd_ptr(&r), n < max ? n : max);
    }
    return n;
}

int tcp_conn_ext(struct tcp_conn *conn, struct rd chain) {
    return conn_set(conn, chain, true);
}

struct rd tcp_conn_ext_get(const struct tcp_conn *conn) {
    return conn_get(conn, true);
}

void tcp_route_opened(struct tcp_conn *c) {
    const struct tcp_route waiting = {.waits = c};
    struct tcp_route *r = c->route_bytes ? route_find(c->tcp, &waiting) : NULL;

    if (!r) {
        return;
    }
    if (inl_addr_is4(&c->remote.addr) == r->is6) {
        c->route_bytes = 0;
        route_free(c->tcp, r);
        return;
    }
    htab_remove(&c->tcp->routes.table, &r->node);
    r->waits = NULL;
    r->local = c->local.addr;
    r->remote = c->remote.addr;
    r->lport = c->local.port;
    r->rport = c->remote.port;
    htab_insert(&c->tcp->routes.table, &r->node, route_hash(c->tcp, r));
}

/* ---- the peer's ---- */

void tcp_route_syn(struct tcp *tcp, const struct tcp_seg *seg) {
    const struct tcp_route key = key_of_seg(seg);
    uint8_t buf[IP4_OPTS_MAX_BYTES];
    struct rd back = ip_source_route_back(tcp->ip, seg->rx, buf);

    if (rd_left(&back) > 0) {
        route_set(tcp, &key, back);
    }
}

void tcp_route_syn_over(struct tcp *tcp, const struct inl_addr *local, uint16_t lport,
                        const struct inl_addr *remote, uint16_t rport) {
    const struct tcp_route key = {
        .local = *local, .remote = *remote, .lport = lport, .rport = rport};

    route_free(tcp, route_find(tcp, &key));
}

uint8_t tcp_route_taken(const struct tcp *tcp, const struct tcp_seg *seg) {
    const struct tcp_route key = key_of_seg(seg);

    return route_bytes(route_find(tcp, &key));
}

void tcp_route_input(struct tcp_conn *c, const struct tcp_seg *seg) {
    const struct tcp_route key = key_of_conn(c);
    const struct tcp_route *r = route_find(c->tcp, &key);
    uint8_t before = c->route_bytes;
    uint8_t buf[IP4_OPTS_MAX_BYTES];
    struct rd back = ip_source_route_back(c->tcp->ip, seg->rx, buf);

    if (rd_left(&back) == 0 || !c->passive || (r && r->given)) {
        return;
    }
    c->route_bytes = route_bytes(route_set(c->tcp, &key, back));
    if (c->route_bytes != before) {
        tcp_opt_mss_changed(c);
    }
}

/* ---- of what is sent, and the end ---- */

struct rd tcp_route_of(const struct tcp *tcp, const struct inl_addr *local, uint16_t lport,
                       const struct inl_addr *remote, uint16_t rport) {
    const struct tcp_route key = {
        .local = *local, .remote = *remote, .lport = lport, .rport = rport};
    const struct tcp_route *r = route_find(tcp, &key);

    return r ? rd_init(r->opts, r->len) : rd_init(NULL, 0);
}

void tcp_route_forget(struct tcp_conn *c) {
    const struct tcp_route key = key_of_conn(c);

    if (c->route_bytes) {
        route_free(c->tcp, route_find(c->tcp, &key));
        c->route_bytes = 0;
    }
}

void tcp_routes_init(struct tcp *tcp) {
    htab_init(&tcp->routes.table, &tcp->env->mem);
    list_init(&tcp->routes.order);
}

void tcp_routes_done(struct tcp *tcp) {
    struct list *n;

    while ((n = list_first(&tcp->routes.order))) {
        route_free(tcp, LIST_ENTRY(n, struct tcp_route, order));
    }
    htab_done(&tcp->routes.table);
}
