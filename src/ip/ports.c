/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ports.c - who owns which local port (see ports.h)
 *
 * All bindings of one (protocol, port) hang in one hash chain, so a question touches only the
 * bindings that could conflict: one as a rule, a few when several addresses or SO_REUSEADDR
 * share a port. Accepted connections and TIME-WAIT add references, not bindings.
 *
 * Two bindings of a port conflict if their addresses overlap, unless both say PORTS_SHARE (then the
 * transports choose, see ports_pick_weight()), or both say PORTS_REUSE and
 * at most one of them listens later: a listener's port cannot be bound a second time, and a
 * second listener is refused by ports_set_flags(). connect() shares what connect() took: there
 * the four-tuple decides, which the caller looks up (`taken`).
 *
 * Ephemeral ports (RFC 6056): with a destination, algorithm 4 (3.3.4): a keyed hash of local
 * address, destination and protocol gives each destination its own start, and one of many counters
 * walks on from there. So a port is reused late, and who sees the ports towards one destination
 * learns neither the ports towards another nor, but for the few that share its counter, how many
 * connections there were. Without a destination, algorithm 1 (3.3.1): a random start.
 * Either way the search goes on to the next port until it has been around.
 *
 * A binding that only TIME-WAIT holds any more is put away (port_waits.c) and counts in every
 * question like the others; connect(), which may share it, gets it back.
 *
 * Invariant: refs > 0 for every binding in the table.
 *
 * Does not do: stealing a binding that only TIME-WAIT still holds from an owner who did not say
 * PORTS_REUSE.
 */
#include "ip/ports.h"
#include "base/siphash.h"
#include "base/wr.h"
#include "ip/port_waits.h"

#include <assert.h>
#include <errno.h>

#define WALKS 1024u /* RFC 6056's TABLE_LENGTH */

struct ports {
    struct env *env;
    struct htab table;
    struct port_waits waits;
    uint8_t hash_key[16];
    uint8_t offset_key[16];
    uint16_t next[WALKS]; /* RFC 6056's table[] */
    uint16_t first;
    uint16_t last;
};

struct port_key {
    uint16_t port;
    uint8_t proto;
};

/* What a binding would be: for questions before it exists. */
struct port_want {
    struct inl_addr addr;
    uint16_t port;
    uint8_t proto;
    uint8_t flags;
};

static struct port_bind *bind_of(struct hnode *n) {
    return n ? HTAB_ENTRY(n, struct port_bind, node) : NULL;
}

static uint64_t key_hash(const struct ports *ports, uint8_t proto, uint16_t port) {
    return siphash_words(ports->hash_key, NULL, 0, (uint32_t)proto << 16 | port);
}

static bool key_match(const struct hnode *n, const void *key) {
    const struct port_bind *b = HTAB_ENTRY(n, struct port_bind, node);
    const struct port_key *k = key;

    return b->port == k->port && b->proto == k->proto;
}

static struct port_bind *first_on(const struct ports *ports, uint8_t proto, uint16_t port) {
    const struct port_key key = {port, proto};

    return bind_of(htab_find(&ports->table, key_hash(ports, proto, port), key_match, &key));
}

/* The next binding of the same protocol and port: they share a hash, hence a chain. */
static struct port_bind *next_on(const struct port_bind *b) {
    const struct port_key key = {b->port, b->proto};
    struct hnode *n = b->node.next;

    while (n && (n->hash != b->node.hash || !key_match(n, &key))) {
        n = n->next;
    }
    return bind_of(n);
}

/* ---- conflicts ---- */

static bool covers(const struct inl_addr *a, unsigned flags, const struct inl_addr *b) {
    if (inl_addr_eq(a, b)) {
        return true;
    }
    if (!inl_addr_is_any(a)) {
        return false;
    }
    if (inl_addr_is4(a)) {
        return inl_addr_is4(b);
    }
    return !inl_addr_is4(b) || !(flags & PORTS_V6ONLY);
}

static bool overlaps(const struct port_want *b, const struct port_want *w) {
    return covers(&b->addr, b->flags, &w->addr) || covers(&w->addr, w->flags, &b->addr);
}

static bool conflicts(const struct port_want *b, const struct port_want *w) {
    unsigned both = b->flags & w->flags;
    unsigned any = b->flags | w->flags;

    return overlaps(b, w) && !(both & PORTS_SHARE) &&
           !((both & PORTS_REUSE) && !(any & PORTS_LISTEN));
}

/* The i-th kind of those that were put away, if w's port is one of it. */
static bool put_away(const struct ports *ports, uint32_t i, const struct port_want *w,
                     struct port_want *ret) {
    const struct port_waits_set *s = ports->waits.set[i];

    *ret = (struct port_want){s->addr, w->port, w->proto, s->flags};
    return s->proto == w->proto && port_waits_count(&ports->waits, i, w->port) > 0;
}

/* Does a binding of the same port stand against w, by that rule? */
static bool any_stands(const struct ports *ports, const struct port_want *w,
                       bool (*rule)(const struct port_want *b, const struct port_want *w)) {
    struct port_want other;

    for (struct port_bind *b = first_on(ports, w->proto, w->port); b; b = next_on(b)) {
        other = (struct port_want){b->addr, b->port, b->proto, b->flags};
        if (rule(&other, w)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < ports->waits.n; i++) {
        if (put_away(ports, i, w, &other) && rule(&other, w)) {
            return true;
        }
    }
    return false;
}

static bool is_free(const struct ports *ports, const struct port_want *w) {
    return !any_stands(ports, w, conflicts);
}

/* Nobody at all may overlap with a port that is picked: not even PORTS_REUSE makes it one that
 * its owner has not asked to share. */
static bool is_untouched(const struct ports *ports, const struct port_want *w) {
    return !any_stands(ports, w, overlaps);
}

/* ---- life ---- */

int ports_new(struct env *env, const struct inl_config *config, struct ports **ret_ports) {
    struct ports *ports;
    uint16_t walk;

    if (config->port_first == 0 || config->port_last < config->port_first) {
        return -EINVAL;
    }
    ports = mem_zalloc(&env->mem, sizeof(*ports));
    if (!ports) {
        return -ENOMEM;
    }
    ports->env = env;
    ports->first = config->port_first;
    ports->last = config->port_last;
    rng_bytes(&env->rng, ports->hash_key, sizeof(ports->hash_key));
    rng_bytes(&env->rng, ports->offset_key, sizeof(ports->offset_key));
    walk = (uint16_t)rng_u32(&env->rng);
    for (unsigned i = 0; i < WALKS; i++) {
        ports->next[i] = walk;
    }
    htab_init(&ports->table, &env->mem);
    port_waits_init(&ports->waits, &env->mem);
    *ret_ports = ports;
    return 0;
}

void ports_free(struct ports *ports) {
    struct hnode *n;

    if (!ports) {
        return;
    }
    while ((n = htab_pop(&ports->table)) != NULL) {
        mem_free(&ports->env->mem, bind_of(n), sizeof(struct port_bind));
    }
    htab_done(&ports->table);
    port_waits_done(&ports->waits);
    mem_free(&ports->env->mem, ports, sizeof(*ports));
}

static int bind_new(struct ports *ports, const struct port_want *w, struct port_bind **ret_bind) {
    struct port_bind *b = mem_zalloc(&ports->env->mem, sizeof(*b));

    if (!b) {
        return -ENOMEM;
    }
    b->addr = w->addr;
    b->refs = 1;
    b->port = w->port;
    b->proto = w->proto;
    b->flags = w->flags;
    htab_insert(&ports->table, &b->node, key_hash(ports, w->proto, w->port));
    *ret_bind = b;
    return 0;
}

int ports_bind(struct ports *ports, uint8_t proto, const struct inl_addr *addr, uint16_t port,
               unsigned flags, struct port_bind **ret_bind) {
    const struct port_want w = {*addr, port, proto, (uint8_t)flags};

    return is_free(ports, &w) ? bind_new(ports, &w, ret_bind) : -EADDRINUSE;
}

int ports_set_flags(struct ports *ports, struct port_bind *bind, unsigned flags) {
    const struct port_want w = {bind->addr, bind->port, bind->proto, (uint8_t)flags};

    for (struct port_bind *b = first_on(ports, w.proto, w.port); b; b = next_on(b)) {
        /* Those that were let in beside it stay; a second listener does not become one. */
        const struct port_want other = {b->addr, b->port, b->proto, b->flags};

        if (b != bind && overlaps(&other, &w) && (b->flags & flags & PORTS_LISTEN) &&
            !(b->flags & flags & PORTS_SHARE)) {
            return -EADDRINUSE;
        }
    }
    bind->flags = (uint8_t)flags;
    return 0;
}

/* ---- ephemeral ports ---- */

/* RFC 6056 3.3.4's F() and G(), the lower and the upper half: where the walk begins for this pair
 * of hosts and destination port, and which counter it has. */
static uint64_t walk_hash(const struct ports *ports, const struct port_want *w,
                          const struct inl_sockaddr *remote) {
    uint8_t key[35];
    struct wr out = wr_init(key, sizeof(key));

    wr_put(&out, w->addr.b, 16);
    wr_put(&out, remote->addr.b, 16);
    wr_be16(&out, remote->port);
    wr_u8(&out, w->proto);
    assert(!out.bad);
    return siphash(ports->offset_key, key, sizeof(key));
}

/* The binding that connect() took on exactly this address and port before, or NULL; one that was
 * put away is number *ret_away. */
static struct port_bind *shared_by_connects(const struct ports *ports, const struct port_want *w,
                                            uint32_t *ret_away) {
    for (struct port_bind *b = first_on(ports, w->proto, w->port); b; b = next_on(b)) {
        if ((b->flags & PORTS_EPHEMERAL) && inl_addr_eq(&b->addr, &w->addr)) {
            return b;
        }
    }
    for (uint32_t i = 0; i < ports->waits.n; i++) {
        struct port_want other;

        if (put_away(ports, i, w, &other) && (other.flags & PORTS_EPHEMERAL) &&
            inl_addr_eq(&other.addr, &w->addr)) {
            *ret_away = i;
        }
    }
    return NULL;
}

/* A binding that was put away, with one reference more. */
static int bind_again(struct ports *ports, uint32_t i, const struct port_want *w,
                      struct port_bind **ret_bind) {
    uint32_t count = port_waits_count(&ports->waits, i, w->port);
    struct port_want old;
    int err;

    put_away(ports, i, w, &old);
    err = bind_new(ports, &old, ret_bind);
    if (!err) {
        (*ret_bind)->refs += count;
        (*ret_bind)->waiting = count;
        port_waits_take(&ports->waits, i, w->port, count);
    }
    return err;
}

int ports_bind_ephemeral(struct ports *ports, uint8_t proto, const struct inl_addr *addr,
                         const struct inl_sockaddr *remote, unsigned flags,
                         bool (*taken)(void *ctx, uint16_t port), void *ctx,
                         struct port_bind **ret_bind) {
    struct port_want w = {*addr, 0, proto, (uint8_t)flags};
    uint32_t count = (uint32_t)(ports->last - ports->first) + 1;
    uint64_t walk = remote ? walk_hash(ports, &w, remote) : 0;
    uint16_t *next = remote ? &ports->next[(walk >> 32) % WALKS] : NULL;
    uint32_t start = next ? (uint32_t)walk + *next : (uint32_t)rng_below(&ports->env->rng, count);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t away = PORT_WAITS_SETS;
        struct port_bind *shared = NULL;

        w.port = (uint16_t)(ports->first + (start + i) % count);
        if (next) {
            ++*next;
        }
        if (remote && (flags & PORTS_EPHEMERAL)) {
            shared = shared_by_connects(ports, &w, &away);
        }
        if (!shared && away == PORT_WAITS_SETS && !is_untouched(ports, &w)) {
            continue;
        }
        if (taken && taken(ctx, w.port)) {
            continue;
        }
        if (shared) {
            *ret_bind = ports_get(shared);
            return 0;
        }
        return away < PORT_WAITS_SETS ? bind_again(ports, away, &w, ret_bind)
                                      : bind_new(ports, &w, ret_bind);
    }
    return -EADDRNOTAVAIL;
}

/* ---- references ---- */

struct port_bind *ports_get(struct port_bind *bind) {
    if (bind) {
        assert(bind->refs > 0 && bind->refs < UINT32_MAX);
        bind->refs++;
    }
    return bind;
}

/* Only TIME-WAIT holds it, if anybody: is it noted elsewhere? One for every port (0) is not found
 * there by its connections. */
static bool bind_put_away(struct ports *ports, const struct port_bind *b) {
    return b->waiting == 0 ||
           (b->port != 0 && !(b->flags & PORTS_LISTEN) &&
            port_waits_add(&ports->waits, b->proto, &b->addr, b->flags, b->port, b->waiting));
}

void ports_put(struct ports *ports, struct port_bind *bind) {
    if (!bind) {
        return;
    }
    assert(bind->refs > bind->waiting);
    if (--bind->refs == bind->waiting && bind_put_away(ports, bind)) {
        htab_remove(&ports->table, &bind->node);
        mem_free(&ports->env->mem, bind, sizeof(*bind));
    }
}

void ports_get_waiting(struct port_bind *bind) {
    ports_get(bind)->waiting++;
}

/*
 * Which binding a reference came from nobody knows, and it does not matter: addresses that bindings
 * of a port cover are nested in each other or disjoint. As long as the most specific one pays
 * first, each has paid as often as it gave when all are back.
 */
static int covers_how_well(const struct inl_addr *any, unsigned flags,
                           const struct inl_addr *addr) {
    if (!covers(any, flags, addr)) {
        return 0;
    }
    if (!inl_addr_is_any(any)) {
        return 3;
    }
    return inl_addr_is4(any) ? 2 : 1;
}

/* The most specific binding that has something to pay. One that was put away is *ret_away. */
static struct port_bind *waiting_on(const struct ports *ports, const struct port_want *w,
                                    uint32_t *ret_away) {
    struct port_bind *best = NULL;
    int how_well = 0;

    for (struct port_bind *b = first_on(ports, w->proto, w->port); b; b = next_on(b)) {
        int this = b->waiting > 0 ? covers_how_well(&b->addr, b->flags, &w->addr) : 0;

        best = this > how_well ? b : best;
        how_well = this > how_well ? this : how_well;
    }
    for (uint32_t i = 0; i < ports->waits.n; i++) {
        struct port_want other;
        int this =
            put_away(ports, i, w, &other) ? covers_how_well(&other.addr, other.flags, &w->addr) : 0;

        *ret_away = this > how_well ? i : *ret_away;
        how_well = this > how_well ? this : how_well;
    }
    return best;
}

void ports_put_waiting(struct ports *ports, uint8_t proto, const struct inl_addr *addr,
                       uint16_t port) {
    struct port_want w = {*addr, port, proto, 0};
    uint32_t away = PORT_WAITS_SETS;
    struct port_bind *b = waiting_on(ports, &w, &away);

    if (away < PORT_WAITS_SETS) {
        port_waits_take(&ports->waits, away, port, 1);
        return;
    }
    w.port = 0;
    b = b ? b : waiting_on(ports, &w, &away); /* a transparent stack's, on every port */
    assert(b);
    b->waiting--;
    ports_put(ports, b);
}

uint64_t ports_pick_weight(uint64_t who, uint64_t salt) {
    uint64_t x = (who ^ salt) * 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}
