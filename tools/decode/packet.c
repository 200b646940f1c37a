/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.c - where the headers of a captured packet lie
 *
 * A walk holds the place, the end of what was captured and the end of what the headers so far promise
 * on the wire. Each step adds one layer and names the next, or ends the walk.
 */
#include "tools/decode/packet.h"

#include "base/csum.h"
#include "base/rd.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <string.h>

/* @at, @end: of the captured bytes; @wire: where the packet ends by its headers, >= at, may be > end. */
struct walk {
    struct packet *p;
    uint64_t at, end, wire;
};

enum { NEXT_ETHER_TYPE = 0x10000, NEXT_LLC = 0x20000, NEXT_NONE = 0x30000 };

static struct packet_layer *add(struct walk *w, enum packet_kind kind, uint32_t len) {
    struct packet *p = w->p;
    uint64_t left = w->end - w->at;
    struct packet_layer *l = &p->layer[p->n < PACKET_LAYERS_MAX ? p->n : PACKET_LAYERS_MAX - 1];

    if (p->n < PACKET_LAYERS_MAX) {
        p->n++;
    }
    *l = (struct packet_layer){.kind = (uint8_t)kind, .off_bytes = (uint32_t)w->at};
    l->len_bytes = (uint32_t)(len < left ? len : left);
    if (len > left) {
        l->flags = PACKET_CUT;
    }
    return l;
}

/* Is there a header of @len bytes? If not, it is added as cut off, and the walk ends. */
static bool has(struct walk *w, enum packet_kind kind, uint32_t len) {
    if (w->end - w->at >= len && w->wire - w->at >= len && w->p->n < PACKET_LAYERS_MAX - 1) {
        return true;
    }
    struct packet_layer *l = add(w, kind, len);

    if (w->wire - w->at < len) {
        l->flags |= PACKET_BAD;
    }
    return false;
}

static const uint8_t *here(const struct walk *w) {
    return w->p->data + w->at;
}

static void payload(struct walk *w) {
    struct packet *p = w->p;

    p->payload_off = (uint32_t)w->at;
    p->payload_bytes = (uint32_t)((w->wire < w->end ? w->wire : w->end) - w->at);
    p->payload_wire_bytes = (uint32_t)(w->wire - w->at);
    if (p->payload_wire_bytes > 0 && p->n < PACKET_LAYERS_MAX) {
        struct packet_layer *l = add(w, PACKET_PAYLOAD, p->payload_bytes);

        if (p->payload_bytes < p->payload_wire_bytes) {
            l->flags |= PACKET_CUT;
        }
    }
}

/* A checksum over @n bytes from here, at byte @field of them, if all were captured. */
static void check_sum(struct walk *w, struct packet_layer *l, uint64_t acc, uint64_t n,
                      unsigned field) {
    if (w->end - w->at < n || n < field + 2) {
        return;
    }
    const uint8_t *p = here(w);
    uint16_t is = rd_load16(p + field);

    acc = csum_add(acc, p, n);
    if (csum_ok(acc)) {
        l->flags |= PACKET_SUM_OK;
        return;
    }
    /* the sum with the field taken out again: subtracting is adding the complement */
    l->sum_expected = csum_fold(csum_add16(acc, (uint16_t)~is));
    l->flags |= PACKET_SUM_BAD;
}

static uint64_t pseudo(const struct walk *w, uint8_t proto) {
    return l4_pseudo_csum(&w->p->src, &w->p->dst, proto, (uint32_t)(w->wire - w->at));
}

static void step_tcp(struct walk *w) {
    if (!has(w, PACKET_TCP, 20)) {
        return;
    }
    const uint8_t *b = here(w);
    uint32_t len = (uint32_t)b[12] >> 4 << 2;
    struct packet_layer *l = add(w, PACKET_TCP, len < 20 ? 20 : len);

    w->p->src_port = rd_load16(b);
    w->p->dst_port = rd_load16(b + 2);
    if (len < 20 || w->wire - w->at < len) {
        l->flags |= PACKET_BAD;
        return;
    }
    if (!w->p->fragment) {
        check_sum(w, l, pseudo(w, IP_PROTO_TCP), w->wire - w->at, 16);
    }
    w->at += l->len_bytes;
    payload(w);
}

static void step_udp(struct walk *w) {
    if (!has(w, PACKET_UDP, 8)) {
        return;
    }
    const uint8_t *b = here(w);
    uint32_t len = rd_load16(b + 4);
    struct packet_layer *l = add(w, PACKET_UDP, 8);

    w->p->src_port = rd_load16(b);
    w->p->dst_port = rd_load16(b + 2);
    if (len < 8 || (len > w->wire - w->at && !w->p->fragment)) {
        l->flags |= PACKET_BAD;
        return;
    }
    if (len < w->wire - w->at) {
        w->wire = w->at + len;
    }
    if (rd_load16(b + 6) == 0 && w->p->ip_version == 4) {
        l->flags |= PACKET_SUM_NONE;
    } else if (!w->p->fragment) {
        check_sum(w, l, pseudo(w, IP_PROTO_UDP), len, 6);
    }
    w->at += 8;
    payload(w);
}

static void step_icmp(struct walk *w, enum packet_kind kind) {
    uint32_t len = kind == PACKET_ICMP6 ? 4 : 8;

    if (!has(w, kind, len)) {
        return;
    }
    struct packet_layer *l = add(w, kind, len);

    if (!w->p->fragment) {
        check_sum(w, l, kind == PACKET_ICMP6 ? pseudo(w, IP_PROTO_ICMP6) : 0, w->wire - w->at, 2);
    }
    w->at += len;
    payload(w);
}

/* What lies behind an IP header. */
static void step_transport(struct walk *w, uint8_t proto) {
    w->p->proto = proto;
    switch (proto) {
    case IP_PROTO_TCP:
        step_tcp(w);
        return;
    case IP_PROTO_UDP:
        step_udp(w);
        return;
    case IP_PROTO_ICMP4:
        step_icmp(w, PACKET_ICMP4);
        return;
    case IP_PROTO_ICMP6:
        step_icmp(w, PACKET_ICMP6);
        return;
    case IP_PROTO_IGMP:
        step_icmp(w, PACKET_IGMP);
        return;
    default:
        payload(w);
    }
}

/* Returns the protocol to go on with, or NEXT_NONE. */
static unsigned step_ip4(struct walk *w) {
    if (!has(w, PACKET_IP4, 20)) {
        return NEXT_NONE;
    }
    const uint8_t *b = here(w);
    uint32_t len = (b[0] & 0xfu) * 4, total = rd_load16(b + 2);
    struct packet_layer *l = add(w, PACKET_IP4, len < 20 ? 20 : len);

    if (b[0] >> 4 != 4 || len < 20 || total < len) {
        l->flags |= PACKET_BAD;
        return NEXT_NONE;
    }
    w->p->ip_version = 4;
    w->p->src = inl_addr_from4(rd_load32(b + 12));
    w->p->dst = inl_addr_from4(rd_load32(b + 16));
    check_sum(w, l, 0, len, 10);
    if (w->wire - w->at < total) {
        l->flags |= PACKET_BAD; /* longer than the frame that brought it */
    }
    w->wire = w->at + total;
    w->at += l->len_bytes;
    if (w->end > w->wire) {
        w->end = w->wire; /* what fills the frame up is nobody's payload */
    }
    if ((l->flags & (PACKET_CUT | PACKET_BAD)) != 0 && l->len_bytes < len) {
        return NEXT_NONE;
    }
    uint16_t off = rd_load16(b + 6);

    w->p->fragment = w->p->fragment || (off & 0x3fff) != 0;
    if ((off & 0x1fff) != 0) {
        w->p->proto = b[9];
        payload(w);
        return NEXT_NONE;
    }
    return b[9];
}

static bool is_extension(uint8_t next) {
    return next == 0 || next == 43 || next == 44 || next == 60;
}

static enum packet_kind extension_kind(uint8_t next) {
    return next == 0    ? PACKET_HOPOPTS
           : next == 43 ? PACKET_ROUTING
           : next == 44 ? PACKET_FRAGMENT
                        : PACKET_DSTOPTS;
}

static unsigned step_extensions(struct walk *w, uint8_t next) {
    while (is_extension(next)) {
        enum packet_kind kind = extension_kind(next);

        if (!has(w, kind, 8)) {
            return NEXT_NONE;
        }
        const uint8_t *b = here(w);
        uint32_t len = kind == PACKET_FRAGMENT ? 8 : (b[1] + 1u) * 8;
        struct packet_layer *l = add(w, kind, len);

        if (w->wire - w->at < len) {
            l->flags |= PACKET_BAD;
        }
        if (l->flags != 0) {
            return NEXT_NONE;
        }
        w->at += len;
        next = b[0];
        if (kind == PACKET_FRAGMENT) {
            w->p->fragment = w->p->fragment || (rd_load16(b + 2) & 0xfff9) != 0;
            if ((rd_load16(b + 2) & 0xfff8) != 0) {
                w->p->proto = next;
                payload(w);
                return NEXT_NONE;
            }
        }
    }
    return next;
}

static unsigned step_ip6(struct walk *w) {
    if (!has(w, PACKET_IP6, 40)) {
        return NEXT_NONE;
    }
    const uint8_t *b = here(w);
    uint32_t total = 40 + (uint32_t)rd_load16(b + 4);
    struct packet_layer *l = add(w, PACKET_IP6, 40);

    if (b[0] >> 4 != 6) {
        l->flags |= PACKET_BAD;
        return NEXT_NONE;
    }
    w->p->ip_version = 6;
    memcpy(w->p->src.b, b + 8, 16);
    memcpy(w->p->dst.b, b + 24, 16);
    if (w->wire - w->at < total) {
        l->flags |= PACKET_BAD;
    }
    w->wire = w->at + total;
    if (w->end > w->wire) {
        w->end = w->wire;
    }
    w->at += 40;
    return step_extensions(w, b[6]);
}

/* IP, and IP in it, as often as there is room for layers. */
static void step_ip(struct walk *w, unsigned version) {
    for (;;) {
        unsigned next = version == 4 ? step_ip4(w) : step_ip6(w);

        if (next == NEXT_NONE) {
            return;
        }
        if (next != IP_PROTO_IPIP && next != IP_PROTO_IP6) {
            step_transport(w, (uint8_t)next);
            return;
        }
        version = next == IP_PROTO_IPIP ? 4 : 6;
    }
}

static void step_arp(struct walk *w) {
    if (has(w, PACKET_ARP, 28)) {
        add(w, PACKET_ARP, 28);
        w->at += 28;
    }
}

static void step_type(struct walk *w, uint16_t type) {
    while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
        if (!has(w, PACKET_VLAN, 4)) {
            return;
        }
        type = rd_load16(here(w) + 2);
        add(w, PACKET_VLAN, 4);
        w->at += 4;
    }
    w->p->ether_type = type;
    switch (type) {
    case 0x0800:
        step_ip(w, 4);
        return;
    case 0x86dd:
        step_ip(w, 6);
        return;
    case 0x0806:
        step_arp(w);
        return;
    default:
        payload(w);
    }
}

/* A header of the link: @type_at is where the type of what follows stands. */
static void step_link(struct walk *w, enum packet_kind kind, uint32_t len, uint32_t type_at) {
    if (has(w, kind, len)) {
        uint16_t type = rd_load16(here(w) + type_at);

        add(w, kind, len);
        w->at += len;
        step_type(w, type);
    }
}

static void step_version(struct walk *w) {
    if (w->at < w->end) {
        step_ip(w, *here(w) >> 4 == 6 ? 6 : 4);
    }
}

void packet_parse(struct packet *ret, const struct capfile_packet *from) {
    struct walk w = {ret, 0, from->cap_bytes, from->len_bytes};

    memset(ret, 0, sizeof(*ret));
    ret->data = from->data;
    ret->time_ns = from->time_ns;
    ret->cap_bytes = from->cap_bytes;
    ret->len_bytes = from->len_bytes;
    ret->link = from->link;
    switch (from->link) {
    case CAPFILE_ETHERNET:
        step_link(&w, PACKET_ETHERNET, 14, 12);
        break;
    case CAPFILE_SLL:
        step_link(&w, PACKET_SLL, 16, 14);
        break;
    case CAPFILE_SLL2:
        step_link(&w, PACKET_SLL2, 20, 0);
        break;
    case CAPFILE_RAW:
    case CAPFILE_RAW_BSD:
    case CAPFILE_IP4:
    case CAPFILE_IP6:
        step_version(&w);
        break;
    case CAPFILE_NULL:
    case CAPFILE_LOOP:
        if (has(&w, PACKET_NULL, 4)) {
            add(&w, PACKET_NULL, 4);
            w.at += 4;
            step_version(&w);
        }
        break;
    default:
        payload(&w);
    }
    for (unsigned i = 0; i < ret->n; i++) {
        ret->flags |= ret->layer[i].flags;
    }
}

const struct packet_layer *packet_layer(const struct packet *p, enum packet_kind kind) {
    for (unsigned i = 0; i < p->n; i++) {
        if (p->layer[i].kind == kind) {
            return &p->layer[i];
        }
    }
    return NULL;
}

const char *packet_kind_text(enum packet_kind kind) {
    static const char *const text[] = {
        "Ethernet",
        "VLAN tag",
        "Linux cooked",
        "Linux cooked v2",
        "loopback",
        "ARP",
        "IPv4",
        "IPv6",
        "hop-by-hop options",
        "routing header",
        "fragment header",
        "destination options",
        "ICMP",
        "ICMPv6",
        "IGMP",
        "UDP",
        "TCP",
        "payload",
    };

    return (unsigned)kind < sizeof(text) / sizeof(text[0]) ? text[kind] : "?";
}

void packet_flags_text(unsigned flags, char buf[PACKET_FLAGS_MAX]) {
    static const char letters[] = "FSRP.UEWe"; /* in the order of the bits */
    char *to = buf;

    for (unsigned i = 0; i < sizeof(letters) - 1; i++) {
        if ((flags & 1u << i) != 0) {
            *to++ = letters[i];
        }
    }
    *to = '\0';
    if (to == buf) {
        memcpy(buf, "none", sizeof("none"));
    }
}
