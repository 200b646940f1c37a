/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * switch.c - a switch that learns (IEEE 802.1D 7.8, 7.9): joins segments, each by a port
 *
 * A segment alone is a cable with taps: nobody has to be learned. A switch hears every frame on the
 * segments that it has a port on, remembers behind which port a source address was heard last, and
 * sends a frame on through the port of its destination: to nobody, if that is where it came from;
 * through all others, if the destination is a group or not known. What goes out suffers the
 * impairment of the port that it leaves by, as it enters that port's segment.
 *
 * The table has a cap and forgets what was not heard for a while (300 s). When it is full, new
 * addresses are not learned: a flood of false ones makes unicasts to new hosts come to everybody,
 * but cannot push out a host that is known. The list is in order of hearing, so what is too old is
 * at its head.
 *
 * Two segments are joined by one way at most: a second one is refused (-ELOOP), and so no frame
 * runs in a circle. For that each segment knows its domain, and joining two makes them one.
 *
 * Not sent on: frames from group addresses, those to 01:80:c2:00:00:00 to 0f, which belong to the
 * link alone, and frames that are longer than the other segment takes.
 *
 * Does not do: spanning trees, VLANs, snooping of multicast groups.
 */
#include "base/siphash.h"
#include "world/state.h"

#include <errno.h>
#include <string.h>

#define MACS_DEFAULT 1024
#define AGE_DEFAULT_NS (300 * INL_S)

struct learned {
    struct hnode node;
    struct list age;
    struct port *port;
    inl_time heard;
    uint8_t mac[WORLD_MAC_BYTES];
};

/* ---- the table ---- */

static uint64_t mac_hash(const struct inl_world *w, const uint8_t mac[WORLD_MAC_BYTES]) {
    return siphash(w->key, mac, WORLD_MAC_BYTES);
}

static bool mac_match(const struct hnode *n, const void *key) {
    return memcmp(HTAB_ENTRY(n, struct learned, node)->mac, key, WORLD_MAC_BYTES) == 0;
}

static void learned_free(struct inl_world *w, struct world_switch *sw, struct learned *l) {
    htab_remove(&sw->macs, &l->node);
    list_del(&l->age);
    mem_free(&w->mem, l, sizeof(*l));
}

static struct learned *learned_find(struct inl_world *w, struct world_switch *sw,
                                    const uint8_t mac[WORLD_MAC_BYTES]) {
    struct hnode *n = htab_find(&sw->macs, mac_hash(w, mac), mac_match, mac);

    return n ? HTAB_ENTRY(n, struct learned, node) : NULL;
}

static void forget_old(struct inl_world *w, struct world_switch *sw) {
    struct list *n;

    while ((n = list_first(&sw->age))) {
        struct learned *l = LIST_ENTRY(n, struct learned, age);

        if (inl_time_before(w->now, inl_time_add(l->heard, sw->age_ns))) {
            return;
        }
        learned_free(w, sw, l);
    }
}

/* A frame from @mac was heard at @port. */
static void learn(struct inl_world *w, struct world_switch *sw, struct port *port,
                  const uint8_t mac[WORLD_MAC_BYTES]) {
    struct learned *l = learned_find(w, sw, mac);

    if (l) {
        list_del(&l->age);
        w->stats.switch_moves += l->port != port;
    } else if (htab_count(&sw->macs) >= sw->max_macs || !(l = mem_zalloc(&w->mem, sizeof(*l)))) {
        w->stats.switch_full++;
        return;
    } else {
        memcpy(l->mac, mac, WORLD_MAC_BYTES);
        htab_insert(&sw->macs, &l->node, mac_hash(w, mac));
    }
    l->port = port;
    l->heard = w->now;
    list_add_tail(&sw->age, &l->age);
}

/* ---- frames ---- */

/* Copies the frame into the segment of another port. */
static void send_on(struct inl_world *w, struct port *out, const struct frame *f) {
    struct frame *copy;

    if (f->len_bytes > frame_cap(out->segment)) {
        w->stats.switch_too_long++;
        return;
    }
    copy = frame_new(w, out->segment);
    if (!copy) {
        return;
    }
    memcpy(copy->data, f->data, f->len_bytes);
    copy->len_bytes = f->len_bytes;
    copy->cause = f->cause;
    copy->owner = f->owner;
    segment_enter(w, out, copy, w->now);
}

/* 01:80:c2:00:00:0x: for the bridges at both ends of a cable. */
static bool stays_on_link(const uint8_t dst[WORLD_MAC_BYTES]) {
    static const uint8_t reserved[5] = {0x01, 0x80, 0xc2, 0x00, 0x00};

    return memcmp(dst, reserved, sizeof(reserved)) == 0 && dst[5] < 0x10;
}

void switch_input(struct inl_world *w, struct port *in, const struct frame *f) {
    const uint8_t *dst = f->data, *src = f->data + WORLD_MAC_BYTES;
    struct world_switch *sw = in->sw;
    const struct learned *to;
    struct list *it;

    forget_old(w, sw);
    if (src[0] & MAC_GROUP_BIT) {
        return;
    }
    learn(w, sw, in, src);
    if (stays_on_link(dst)) {
        return;
    }
    to = dst[0] & MAC_GROUP_BIT ? NULL : learned_find(w, sw, dst);
    if (to) {
        if (to->port != in) {
            send_on(w, to->port, f);
        }
        return;
    }
    w->stats.switch_floods++;
    LIST_FOREACH(it, &sw->ports) {
        struct port *out = LIST_ENTRY(it, struct port, sw_node);

        if (out != in) {
            send_on(w, out, f);
        }
    }
}

/* ---- life ---- */

static struct world_switch *world_switch(const struct inl_world *w, int index) {
    return index >= 0 && (size_t)index < w->switches.n ? w->switches.v[index] : NULL;
}

int inl_world_switch_add(struct inl_world *w, const char *name,
                         const struct inl_switch_config *config) {
    static const struct inl_switch_config defaults;
    struct world_switch *sw;

    config = config ? config : &defaults;
    if (config->age_ns < 0) {
        return -EINVAL;
    }
    if (ptrs_reserve(&w->mem, &w->switches)) {
        return -ENOMEM;
    }
    sw = mem_zalloc(&w->mem, sizeof(*sw));
    if (!sw) {
        return -ENOMEM;
    }
    htab_init(&sw->macs, &w->mem);
    list_init(&sw->age);
    list_init(&sw->ports);
    name_set(sw->name, name);
    sw->max_macs = config->max_macs ? config->max_macs : MACS_DEFAULT;
    sw->age_ns = config->age_ns ? config->age_ns : AGE_DEFAULT_NS;
    sw->index = (int)w->switches.n;
    sw->domain = -1;
    w->switches.v[w->switches.n++] = sw;
    return sw->index;
}

const char *inl_world_switch_name(const struct inl_world *w, int index) {
    const struct world_switch *sw = world_switch(w, index);

    return sw ? sw->name : NULL;
}

void switch_free(struct inl_world *w, struct world_switch *sw) {
    struct list *n;

    while ((n = list_first(&sw->age))) {
        learned_free(w, sw, LIST_ENTRY(n, struct learned, age));
    }
    htab_done(&sw->macs);
    mem_free(&w->mem, sw, sizeof(*sw));
}

/* Everything of the one domain belongs to the other from now on. */
static void domain_join(struct inl_world *w, int from, int to) {
    for (size_t i = 0; i < w->segments.n; i++) {
        struct world_segment *seg = w->segments.v[i];

        seg->domain = seg->domain == from ? to : seg->domain;
    }
    for (size_t i = 0; i < w->switches.n; i++) {
        struct world_switch *sw = w->switches.v[i];

        sw->domain = sw->domain == from ? to : sw->domain;
    }
}

int inl_world_switch_attach(struct inl_world *w, int index, int segment,
                            const struct inl_impair *impair) {
    struct world_switch *sw = world_switch(w, index);
    struct world_segment *seg = world_segment(w, segment);
    struct port *p;
    int err;

    if (!sw || !seg) {
        return -EINVAL;
    }
    if (sw->domain == seg->domain) {
        return -ELOOP;
    }
    err = port_new(w, segment, impair, &p);
    if (err) {
        return err;
    }
    p->sw = sw;
    list_add_tail(&sw->ports, &p->sw_node);
    if (sw->domain >= 0) {
        domain_join(w, seg->domain, sw->domain);
    }
    sw->domain = seg->domain;
    seg->switch_ports++;
    return p->index;
}

size_t inl_world_switch_macs(struct inl_world *w, int index, struct inl_switch_mac *out,
                             size_t max) {
    struct world_switch *sw = world_switch(w, index);
    struct list *it;
    size_t n = 0;

    if (!sw) {
        return 0;
    }
    forget_old(w, sw);
    LIST_FOREACH(it, &sw->age) {
        const struct learned *l = LIST_ENTRY(it, struct learned, age);

        if (n < max) {
            out[n].port = l->port->index;
            out[n].age_ns = inl_time_sub(w->now, l->heard);
            memcpy(out[n].mac, l->mac, WORLD_MAC_BYTES);
        }
        n++;
    }
    return n;
}
