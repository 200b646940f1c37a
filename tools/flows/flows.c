/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flows.c - which flow a packet belongs to, and what is kept of it
 */
#include "tools/flows/flows.h"

#include "base/siphash.h"
#include "wire/ipproto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEFAULT 100000
#define REASON_MAX 160
#define DNS_PORT_NUMBER 53
#define MDNS_PORT_NUMBER 5353

static const struct {
    const char *name, *text;
} marks[] = {
    {"retransmission", "retransmission"},
    {"needless", "needless retransmission"},
    {"out_of_order", "out of order"},
    {"gap", "bytes before it are missing"},
    {"duplicate_ack", "duplicate ACK"},
    {"zero_window", "zero window"},
    {"window_update", "window update"},
    {"window_full", "window full"},
    {"zero_window_probe", "zero window probe"},
    {"keep_alive", "keep-alive"},
    {"unseen", "acknowledges what was not captured"},
    {"sack", "SACK"},
    {"dsack", "D-SACK"},
    {"ce", "congestion marked"},
    {"bad_checksum", "wrong checksum"},
    {"dns", "DNS"},
};

const char *flow_mark_name(unsigned bit) {
    return marks[bit].name;
}

const char *flow_mark_text(unsigned bit) {
    return marks[bit].text;
}

const char *flow_end_text(enum flow_end end) {
    static const char *const texts[] = {
        [FLOW_OPEN] = "open at the end of the capture",
        [FLOW_CLOSED] = "closed",
        [FLOW_CLOSING] = "closing at the end of the capture",
        [FLOW_RESET] = "reset",
        [FLOW_REFUSED] = "refused",
        [FLOW_SILENT] = "no answer",
    };

    return texts[end];
}

void flow_times_add(struct flow_times *t, int64_t ns) {
    t->min = t->n == 0 || ns < t->min ? ns : t->min;
    t->max = t->n == 0 || ns > t->max ? ns : t->max;
    t->sum += ns;
    t->n++;
}

/* ---- the table ---- */

int flows_begin(struct flows *f, const struct flows_options *options) {
    *f = (struct flows){.o = *options, .buckets = 1024};
    f->o.max = f->o.max != 0 ? f->o.max : MAX_DEFAULT;
    f->table = calloc(f->buckets, sizeof(*f->table));
    f->decode = f->o.events > 0 ? calloc(1, sizeof(*f->decode)) : NULL;
    if (f->table == NULL || (f->o.events > 0 && f->decode == NULL)) {
        flows_done(f);
        return -ENOMEM;
    }
    if (f->decode != NULL) {
        struct decode_options text = {.numeric = true};

        memcpy(text.key, f->o.key, sizeof(text.key));
        decode_init(f->decode, &text);
    }
    return 0;
}

void flows_done(struct flows *f) {
    struct flow *next;

    for (struct flow *flow = f->first; flow != NULL; flow = next) {
        next = flow->next;
        for (size_t i = 0; i < flow->events_n; i++) {
            free(flow->events[i].text);
        }
        free(flow->events);
        free(flow);
    }
    free(f->table);
    free(f->decode);
    *f = (struct flows){0};
}

/* The same for both directions: the lower end first. */
static uint64_t hash_of(const struct flows *f, const struct packet *p) {
    uint8_t key[37];
    int order = memcmp(p->src.b, p->dst.b, sizeof(p->src.b));
    bool swap = order > 0 || (order == 0 && p->src_port > p->dst_port);
    const struct inl_addr *a = swap ? &p->dst : &p->src, *b = swap ? &p->src : &p->dst;
    uint16_t port_a = swap ? p->dst_port : p->src_port;
    uint16_t port_b = swap ? p->src_port : p->dst_port;

    memcpy(key, a->b, 16);
    memcpy(key + 16, b->b, 16);
    key[32] = (uint8_t)(port_a >> 8);
    key[33] = (uint8_t)port_a;
    key[34] = (uint8_t)(port_b >> 8);
    key[35] = (uint8_t)port_b;
    key[36] = p->proto;
    return siphash(f->o.key, key, sizeof(key));
}

static bool from(const struct flow_side *s, const struct inl_addr *addr, uint16_t port) {
    return s->port == port && inl_addr_eq(&s->addr, addr);
}

/* Which side has sent it; -1: it is not of this flow. */
static int side_of(const struct flow *flow, const struct packet *p) {
    if (flow->proto != p->proto) {
        return -1;
    }
    for (int side = 0; side < 2; side++) {
        if (from(&flow->side[side], &p->src, p->src_port) &&
            from(&flow->side[1 - side], &p->dst, p->dst_port)) {
            return side;
        }
    }
    return -1;
}

/* More buckets; where memory is short the chains get longer instead. */
static void grow(struct flows *f) {
    size_t buckets = f->buckets * 4;
    struct flow **table = calloc(buckets, sizeof(*table));

    if (table == NULL) {
        return;
    }
    for (struct flow *flow = f->first; flow != NULL; flow = flow->next) {
        if (flow->replaced) {
            continue;
        }
        struct packet p = {.proto = flow->proto,
                           .src = flow->side[0].addr,
                           .dst = flow->side[1].addr,
                           .src_port = flow->side[0].port,
                           .dst_port = flow->side[1].port};
        size_t bucket = hash_of(f, &p) & (buckets - 1);

        flow->next_same = table[bucket];
        table[bucket] = flow;
    }
    free(f->table);
    f->table = table;
    f->buckets = buckets;
}

/* The answer to a SYN comes from side 1, also where only the answer was captured. */
static bool from_listener(const struct packet *p) {
    return (flow_tcp_flags(p) & (FLOW_SYN | FLOW_ACK)) == (FLOW_SYN | FLOW_ACK);
}

static struct flow *add(struct flows *f, const struct packet *p, uint64_t hash) {
    if (f->n >= f->o.max) {
        return NULL;
    }
    if (f->n >= f->buckets) {
        grow(f);
    }
    struct flow *flow = calloc(1, sizeof(*flow));

    if (flow == NULL) {
        f->short_of_memory = true;
        return NULL;
    }
    bool swap = from_listener(p);

    flow->id = ++f->n;
    flow->proto = p->proto;
    flow->side[swap].addr = p->src;
    flow->side[swap].port = p->src_port;
    flow->side[!swap].addr = p->dst;
    flow->side[!swap].port = p->dst_port;
    flow->first_ns = p->time_ns;
    flow->closer = -1;
    flow->next_same = f->table[hash & (f->buckets - 1)];
    f->table[hash & (f->buckets - 1)] = flow;
    if (f->last != NULL) {
        f->last->next = flow;
    } else {
        f->first = flow;
    }
    f->last = flow;
    return flow;
}

/* Takes the flow out that @at points to: a newer one has its ends. */
static void replace(struct flow **at) {
    (*at)->replaced = true;
    *at = (*at)->next_same;
}

static struct flow *find(struct flows *f, const struct packet *p, int *ret_side) {
    uint64_t hash = hash_of(f, p);
    struct flow **at = &f->table[hash & (f->buckets - 1)];

    for (; *at != NULL; at = &(*at)->next_same) {
        f->steps++;
        *ret_side = side_of(*at, p);
        if (*ret_side >= 0) {
            break;
        }
    }
    struct flow *flow = *at;

    if (flow == NULL || flow_is_over(flow, p)) {
        if (flow != NULL && f->n < f->o.max) {
            replace(at);
        }
        flow = add(f, p, hash);
        *ret_side = flow != NULL ? side_of(flow, p) : 0;
    }
    return flow;
}

/* ---- packets ---- */

static void keep_event(struct flows *f, struct flow *flow, const struct flow_event *e,
                       const char *text, size_t text_len) {
    if (f->o.events == 0) {
        return;
    }
    if (f->events >= f->o.events) {
        flow->events_left_out++;
        return;
    }
    if (flow->events_n == flow->events_room) {
        size_t room = flow->events_room > 0 ? flow->events_room * 2 : 16;
        struct flow_event *events = realloc(flow->events, room * sizeof(*events));

        if (events == NULL) {
            f->short_of_memory = true;
            flow->events_left_out++;
            return;
        }
        flow->events = events;
        flow->events_room = room;
    }
    struct flow_event *kept = &flow->events[flow->events_n++];

    *kept = *e;
    kept->text = text_len > 0 ? strndup(text, text_len < REASON_MAX ? text_len : REASON_MAX) : NULL;
    f->events++;
}

static bool is_dns(const struct packet *p) {
    return p->src_port == DNS_PORT_NUMBER || p->dst_port == DNS_PORT_NUMBER ||
           p->dst_port == MDNS_PORT_NUMBER;
}

void flows_packet(struct flows *f, const struct packet *p, uint64_t number, const char *reason,
                  size_t reason_len) {
    bool tcp = packet_layer(p, PACKET_TCP) != NULL, udp = packet_layer(p, PACKET_UDP) != NULL;
    char name[FLOWS_NAME_MAX];
    int side = 0;

    if ((!tcp && !udp) || (p->flags & PACKET_BAD) != 0) {
        f->others++;
        return;
    }
    struct flow *flow = find(f, p, &side);

    if (flow == NULL) {
        f->left_out++;
        return;
    }
    struct flow_event e = {.time_ns = p->time_ns,
                           .number = number,
                           .side = (uint8_t)side,
                           .len_bytes = p->payload_wire_bytes};

    f->packets++;
    flow->last_ns = p->time_ns;
    flow->side[side].packets++;
    flow->side[side].bytes += p->payload_wire_bytes;
    if (tcp) {
        flow_tcp(flow, (unsigned)side, p, &e);
    } else if (is_dns(p)) {
        flow_dns(flow, p, &e);
    }
    e.marks |= (p->flags & PACKET_SUM_BAD) != 0 ? FLOW_BAD_SUM : 0;
    for (unsigned bit = 0; bit < 16; bit++) {
        flow->side[side].marked[bit] += e.marks >> bit & 1;
    }
    if (reason_len == 0 && (e.marks & FLOW_DNS) != 0 && f->decode != NULL) {
        reason = name;
        reason_len =
            decode_dns(f->decode, p->data + p->payload_off, p->payload_bytes, p->payload_wire_bytes,
                       p->dst_port == MDNS_PORT_NUMBER, name, sizeof(name));
    }
    keep_event(f, flow, &e, reason, reason_len);
}

void flows_end(struct flows *f) {
    for (struct flow *flow = f->first; flow != NULL; flow = flow->next) {
        const struct flow_side *a = &flow->side[0], *b = &flow->side[1];

        if (flow->end != FLOW_OPEN || flow->proto != IP_PROTO_TCP) {
            continue;
        }
        if (a->fin_acked && b->fin_acked) {
            flow->end = FLOW_CLOSED;
        } else if (a->has_fin || b->has_fin) {
            flow->end = FLOW_CLOSING;
        } else if (a->has_syn && b->packets == 0) {
            flow->end = FLOW_SILENT;
        }
    }
}
