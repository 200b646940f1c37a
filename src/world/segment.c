/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * segment.c - a medium with ports: frames go in at one and come out at others
 *
 * All impairments belong to the port at which a frame enters; after that the segment is perfect.
 * When the frame comes out, its destination decides. A group address: every other port. The
 * address of a host's port on this segment: that port alone. Any other: the external ports and
 * switches, for nobody else can have it. MAC addresses of hosts say which host and link they are,
 * so there is no table and nothing to learn.
 *
 * Frames that come out at the same moment for the same host are handed to its stack as one
 * burst, as a network card would do it.
 *
 * An external port keeps what nobody fetches up to a limit, then drops at the tail.
 *
 * Deliberately not here: bridging between segments (switch.c), VLANs.
 */
#include "world/state.h"

#include <errno.h>
#include <string.h>

#define OUT_FRAMES_MAX 4096
#define MTU_MIN_BYTES 68 /* for IPv4; IPv6 needs 1280 */
#define MTU_MAX_BYTES 65535

/* ---- in ---- */

static void tell(struct inl_world *w, const struct port *from, const struct frame *f,
                 const struct verdict *v, inl_time now) {
    const struct inl_world_frame t = {
        .now = now,
        .segment = from->segment->index,
        .from_port = from->index,
        .from_host = from->host ? from->host->index : -1,
        .from_switch = from->sw ? from->sw->index : -1,
        .data = f->data,
        .len_bytes = f->len_bytes,
        .cause = f->cause,
        .fate = v->fate,
        .corrupted = v->corrupted,
        .duplicated = v->duplicated,
        .reordered = v->reordered,
        .owner = f->owner,
    };

    if (w->on_frame) {
        w->on_frame(w->on_frame_ctx, &t);
    }
}

static void count(struct inl_world_stats *s, size_t len_bytes, const struct verdict *v) {
    s->frames++;
    s->bytes += len_bytes;
    s->lost += v->fate == INL_DROP_WORLD_LOSS;
    s->queue_dropped += v->fate == INL_DROP_WORLD_QUEUE;
    s->corrupted += v->corrupted;
    s->duplicated += v->duplicated;
    s->reordered += v->reordered;
}

static struct frame *frame_copy(struct inl_world *w, const struct frame *f) {
    struct frame *copy = frame_new(w, f->from->segment);

    if (copy) {
        copy->from = f->from;
        copy->len_bytes = f->len_bytes;
        copy->cause = f->cause;
        copy->owner = f->owner;
        memcpy(copy->data, f->data, f->len_bytes);
    }
    return copy;
}

void segment_enter(struct inl_world *w, struct port *from, struct frame *f, inl_time now) {
    struct verdict v = path_enter(&from->path, f->len_bytes, now);
    struct frame *twin = NULL;

    f->from = from;
    if (v.congested && v.fate == INL_DROP_NONE && frame_mark(f->data, f->len_bytes)) {
        w->stats.marked++;
    }
    if (v.corrupted) {
        f->data[v.flip_bit / 8] ^= (uint8_t)(1u << (v.flip_bit % 8));
    }
    if (v.duplicated) {
        twin = frame_copy(w, f);
        v.duplicated = twin != NULL;
    }
    count(&w->stats, f->len_bytes, &v);
    tell(w, from, f, &v, now);
    if (v.fate != INL_DROP_NONE) {
        frame_free(w, from->segment, f);
        return;
    }
    timer_arm(&w->wheel, &f->timer, v.due);
    if (twin) {
        timer_arm(&w->wheel, &twin->timer, v.due);
    }
}

void inl_world_port_rx(struct inl_world *w, int port, const uint8_t *data, size_t len_bytes,
                       inl_time now) {
    struct port *p = world_port(w, port);
    struct frame *f;

    if (!p || p->host || p->sw || len_bytes < INL_FRAME_OVERHEAD ||
        len_bytes > frame_cap(p->segment)) {
        return; /* no Ethernet frame of this segment */
    }
    f = frame_new(w, p->segment);
    if (!f) {
        return;
    }
    memcpy(f->data, data, len_bytes);
    f->len_bytes = len_bytes;
    f->cause = INL_CAUSE_NONE;
    f->owner = 0;
    segment_enter(w, p, f, inl_time_max(w->now, now));
}

/* ---- out ---- */

void batch_flush(struct inl_world *w) {
    struct rx_batch *b = &w->batch;

    if (b->n == 0) {
        return;
    }
    inl_rx(b->to->host->stack, b->to->link, b->rx, b->n, w->now);
    host_touch(w, b->to->host);
    for (size_t i = 0; i < b->n; i++) {
        frame_free(w, b->to->segment, b->frames[i]);
    }
    b->n = 0;
}

static void batch_add(struct inl_world *w, struct port *to, struct frame *f) {
    struct rx_batch *b = &w->batch;

    if (b->to != to || b->n == RX_BATCH_MAX) {
        batch_flush(w);
    }
    b->to = to;
    b->rx[b->n] = (struct inl_rx_frame){.data = f->data, .len_bytes = f->len_bytes};
    b->frames[b->n] = f;
    b->n++;
}

/* A copy of the frame for one port. */
static void port_deliver_copy(struct inl_world *w, struct port *to, const struct frame *f) {
    if (to->sw) {
        switch_input(w, to, f);
        return;
    }
    if (to->host) {
        const struct inl_rx_frame rx = {.data = f->data, .len_bytes = f->len_bytes};

        inl_rx(to->host->stack, to->link, &rx, 1, w->now);
        host_touch(w, to->host);
    } else if (to->out_frames >= OUT_FRAMES_MAX) {
        w->stats.queue_dropped++;
    } else {
        struct frame *copy = frame_copy(w, f);

        if (copy) {
            copy->timer.due = w->now;
            list_add_tail(&to->out, &copy->node);
            to->out_frames++;
        }
    }
}

static void flood(struct inl_world *w, const struct frame *f, bool to_hosts) {
    struct list *it;

    LIST_FOREACH(it, &f->from->segment->ports) {
        struct port *to = LIST_ENTRY(it, struct port, node);

        if (to != f->from && (to_hosts || !to->host)) {
            port_deliver_copy(w, to, f);
        }
    }
}

/* Switches hear all frames, those between neighbours as well. */
static void tell_switches(struct inl_world *w, const struct frame *f) {
    struct list *it;

    LIST_FOREACH(it, &f->from->segment->ports) {
        struct port *p = LIST_ENTRY(it, struct port, node);

        if (p->sw && p != f->from) {
            switch_input(w, p, f);
        }
    }
}

void segment_deliver(struct inl_world *w, struct frame *f) {
    struct world_segment *seg = f->from->segment;
    bool group = f->data[0] & MAC_GROUP_BIT;
    struct port *to = group ? NULL : host_port_by_mac(w, seg, f->data);

    w->stats.delivered++;
    if (to && seg->switch_ports) {
        tell_switches(w, f);
    }
    if (to && to != f->from) {
        batch_add(w, to, f);
        return;
    }
    if (!to) {
        batch_flush(w);
        flood(w, f, group);
    }
    frame_free(w, seg, f);
}

int64_t inl_world_port_tx(struct inl_world *w, int port, uint8_t *buf, size_t cap_bytes,
                          inl_time now) {
    struct port *p = world_port(w, port);
    struct list *n = p ? list_first(&p->out) : NULL;
    struct frame *f = n ? LIST_ENTRY(n, struct frame, node) : NULL;
    int64_t result;

    if (!f || inl_time_before(now, f->timer.due)) {
        return 0;
    }
    result = f->len_bytes <= cap_bytes ? (int64_t)f->len_bytes : -EMSGSIZE;
    if (result > 0) {
        memcpy(buf, f->data, f->len_bytes);
    }
    p->out_frames--;
    frame_free(w, p->segment, f);
    return result;
}

/* ---- segments and ports ---- */

int inl_world_segment_add(struct inl_world *w, const char *name, uint32_t mtu_bytes) {
    struct world_segment *seg;

    if (mtu_bytes < MTU_MIN_BYTES || mtu_bytes > MTU_MAX_BYTES) {
        return -EINVAL;
    }
    if (ptrs_reserve(&w->mem, &w->segments)) {
        return -ENOMEM;
    }
    seg = mem_zalloc(&w->mem, sizeof(*seg));
    if (!seg) {
        return -ENOMEM;
    }
    list_init(&seg->ports);
    list_init(&seg->pool);
    name_set(seg->name, name);
    seg->mtu_bytes = mtu_bytes;
    seg->index = seg->domain = (int)w->segments.n;
    w->segments.v[w->segments.n++] = seg;
    return seg->index;
}

void segment_free(struct inl_world *w, struct world_segment *seg) {
    frame_pool_done(w, seg);
    mem_free(&w->mem, seg, sizeof(*seg));
}

int port_new(struct inl_world *w, int segment, const struct inl_impair *impair,
             struct port **ret_port) {
    static const struct inl_impair perfect;
    struct world_segment *seg = world_segment(w, segment);
    struct port *p;

    impair = impair ? impair : &perfect;
    if (!seg || !impair_ok(impair)) {
        return -EINVAL;
    }
    if (ptrs_reserve(&w->mem, &w->ports)) {
        return -ENOMEM;
    }
    p = mem_zalloc(&w->mem, sizeof(*p));
    if (!p) {
        return -ENOMEM;
    }
    p->segment = seg;
    p->index = (int)w->ports.n;
    list_init(&p->out);
    path_init(&p->path, impair, w->key, p->index);
    list_add_tail(&seg->ports, &p->node);
    w->ports.v[w->ports.n++] = p;
    *ret_port = p;
    return 0;
}

/* The reverse of port_new(), for the port that was made last. */
static void port_unmake(struct inl_world *w, struct port *p) {
    w->ports.n--;
    port_free(w, p);
}

void port_free(struct inl_world *w, struct port *p) {
    struct list *n;

    while ((n = list_first(&p->out))) {
        frame_free(w, p->segment, LIST_ENTRY(n, struct frame, node));
    }
    list_del(&p->node);
    mem_free(&w->mem, p, sizeof(*p));
}

int inl_world_attach_external(struct inl_world *w, int segment, const struct inl_impair *impair) {
    struct port *p;
    int err = port_new(w, segment, impair, &p);

    return err ? err : p->index;
}

static int link_add(struct world_host *h, struct port *p) {
    struct inl_link_config link = {
        .kind = INL_LINK_ETHERNET,
        .mtu_bytes = p->segment->mtu_bytes,
    };
    int next = h->links_max + 1;

    if (next >= INL_LINKS_MAX) {
        return -ENOSPC;
    }
    memcpy(link.name, "eth", 3);
    if (next > 10) {
        link.name[3] = (char)('0' + (next - 1) / 10);
    }
    link.name[strlen(link.name)] = (char)('0' + (next - 1) % 10);
    host_mac(h->index, next, link.mac);
    return inl_link_add(h->stack, &link);
}

int inl_world_attach(struct inl_world *w, int host, int segment, const struct inl_impair *impair,
                     int *ret_link) {
    struct world_host *h = world_host(w, host);
    struct port *p;
    int link;
    int err = h ? port_new(w, segment, impair, &p) : -EINVAL;

    if (err) {
        return err;
    }
    link = link_add(h, p);
    if (link < 0 || link >= INL_LINKS_MAX || link != h->links_max + 1) {
        /* Links that somebody else has added would make the MAC address say the wrong thing. */
        port_unmake(w, p);
        return link < 0 ? link : -EINVAL;
    }
    p->host = h;
    p->link = link;
    h->ports[link] = p;
    h->links_max = link;
    if (ret_link) {
        *ret_link = link;
    }
    host_touch(w, h);
    return p->index;
}

int inl_world_impair(struct inl_world *w, int port, const struct inl_impair *impair) {
    struct port *p = world_port(w, port);

    if (!p || !impair_ok(impair)) {
        return -EINVAL;
    }
    p->path.impair = *impair;
    p->path.rest = 0;
    return 0;
}
