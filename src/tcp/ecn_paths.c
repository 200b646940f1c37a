/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ecn_paths.c - which paths let no SYN pass that asks for ECN (RFC 9768 3.1.4.1)
 *
 * Owns struct tcp_ecn_paths. Some middleboxes drop a SYN with flags that they do not know. Then a
 * connection waits for one or two time-outs, until its SYN goes without them (ecn.c). What came of
 * that is remembered, by source and destination address, for each of the two things that a SYN can
 * ask for, RFC 3168 or accurate feedback.
 *
 * One lost SYN says nothing, for congestion loses SYNs, too. Only when PATH_TRIES handshakes in a
 * row were answered after the flags had gone, and none before, is the path believed to be blocked,
 * and by these flags: a peer that answers nothing counts neither way. Then the next connections ask
 * for less (accurate, RFC 3168, nothing) during ecn_retry_ns. The first one after that asks again:
 * one more failure, and the pause is twice as long, up to 64 times; one success, and all is
 * forgotten.
 *
 * An entry is made by a failure only, so that a network without such boxes costs no lookup.
 * ecn_paths entries at most; the one that was used longest ago gives way. Nobody but the
 * application chooses the addresses, for only a connect() gets here.
 *
 * Does not do: to remember whether the option of accurate feedback passes (3.2.3.2.2, MAY).
 */
#include "base/siphash.h"
#include "tcp/internal.h"

#define PATH_TRIES 3u
#define PATH_SHIFT_MAX 6u
#define PATH_KINDS 2u
#define PATH_SALT 0x65636e70u

struct ecn_path {
    struct hnode node;
    struct list lru;
    struct inl_addr src;
    struct inl_addr dst;
    struct {
        inl_time not_before;
        uint8_t failures; /* in a row */
    } kind[PATH_KINDS];   /* of enum tcp_ecn_mode, without none */
};

static bool path_matches(const struct hnode *n, const void *key) {
    const struct ecn_path *p = HTAB_ENTRY(n, struct ecn_path, node);
    const struct tcp_conn *c = key;

    return inl_addr_eq(&p->src, &c->local.addr) && inl_addr_eq(&p->dst, &c->remote.addr);
}

static uint64_t path_hash(const struct tcp_conn *c) {
    return siphash_addrs(c->tcp->hash_key, &c->local.addr, &c->remote.addr, PATH_SALT);
}

/* It is the last one used, then. */
static struct ecn_path *path_find(const struct tcp_conn *c) {
    struct tcp_ecn_paths *paths = &c->tcp->ecn_paths;
    struct hnode *n = htab_count(&paths->table) > 0
                          ? htab_find(&paths->table, path_hash(c), path_matches, c)
                          : NULL;
    struct ecn_path *p = n ? HTAB_ENTRY(n, struct ecn_path, node) : NULL;

    if (p) {
        list_del(&p->lru);
        list_add_tail(&paths->lru, &p->lru);
    }
    return p;
}

static void path_free(struct tcp *tcp, struct ecn_path *p) {
    htab_remove(&tcp->ecn_paths.table, &p->node);
    list_del(&p->lru);
    mem_free(&tcp->env->mem, p, sizeof(*p));
}

static struct ecn_path *path_new(const struct tcp_conn *c) {
    struct tcp *tcp = c->tcp;
    struct tcp_ecn_paths *paths = &tcp->ecn_paths;
    struct ecn_path *p;

    if (tcp->cfg.ecn_paths == 0) {
        return NULL;
    }
    if (htab_count(&paths->table) >= tcp->cfg.ecn_paths) {
        path_free(tcp, LIST_ENTRY(list_first(&paths->lru), struct ecn_path, lru));
    }
    p = mem_zalloc(&tcp->env->mem, sizeof(*p));
    if (p) {
        p->src = c->local.addr;
        p->dst = c->remote.addr;
        list_init(&p->lru);
        list_add_tail(&paths->lru, &p->lru);
        htab_insert(&paths->table, &p->node, path_hash(c));
    }
    return p;
}

void tcp_ecn_paths_init(struct tcp *tcp) {
    htab_init(&tcp->ecn_paths.table, &tcp->env->mem);
    list_init(&tcp->ecn_paths.lru);
}

void tcp_ecn_paths_done(struct tcp *tcp) {
    struct list *n;

    while ((n = list_first(&tcp->ecn_paths.lru))) {
        path_free(tcp, LIST_ENTRY(n, struct ecn_path, lru));
    }
    htab_done(&tcp->ecn_paths.table);
}

enum tcp_ecn_mode tcp_ecn_paths_may_ask(struct tcp_conn *c, enum tcp_ecn_mode asked) {
    const struct ecn_path *p = asked != TCP_ECN_NONE ? path_find(c) : NULL;
    unsigned may = asked;

    while (p && may > TCP_ECN_NONE &&
           inl_time_before(c->tcp->env->now, p->kind[may - 1].not_before)) {
        may--;
    }
    c->tcp->ecn_paths.spared += may != asked;
    return (enum tcp_ecn_mode)may;
}

void tcp_ecn_paths_passed(struct tcp_conn *c, enum tcp_ecn_mode asked) {
    struct ecn_path *p = path_find(c);

    if (!p) {
        return;
    }
    p->kind[asked - 1].failures = 0;
    p->kind[asked - 1].not_before = (inl_time){0};
    if (p->kind[0].failures == 0 && p->kind[1].failures == 0) {
        path_free(c->tcp, p);
    }
}

void tcp_ecn_paths_failed(struct tcp_conn *c, enum tcp_ecn_mode asked) {
    struct ecn_path *p = path_find(c);
    uint8_t n;

    c->tcp->ecn_paths.fallbacks++;
    p = p ? p : path_new(c);
    if (!p) {
        return;
    }
    n = p->kind[asked - 1].failures;
    if (n < PATH_TRIES + PATH_SHIFT_MAX) {
        n++;
    }
    if (n >= PATH_TRIES) {
        p->kind[asked - 1].not_before = inl_time_add(
            c->tcp->env->now, c->tcp->cfg.ecn_retry_ns * ((inl_dur)1 << (n - PATH_TRIES)));
    }
    p->kind[asked - 1].failures = n;
}

void tcp_ecn_paths_stats(const struct tcp *tcp, struct inl_stats *stats) {
    stats->tcp_ecn_fallbacks += tcp->ecn_paths.fallbacks;
    stats->tcp_ecn_spared += tcp->ecn_paths.spared;
}
