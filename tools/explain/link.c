/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.c - Ethernet (with VLANs), ARP, and the other ways in which captured bytes begin
 */
#include "tools/explain/walk.h"

#include <string.h>

const struct walk_name walk_ethertypes[] = {
    {0x0800, "IPv4"},          {0x0806, "ARP"},
    {0x8100, "VLAN (802.1Q)"}, {0x86dd, "IPv6"},
    {0x8847, "MPLS"},          {0x8863, "PPPoE discovery"},
    {0x8864, "PPPoE session"}, {0x88a8, "VLAN of a provider (802.1ad)"},
    {0x88cc, "LLDP"},          {0, NULL},
};

static void ethernet(struct walk *w) {
    static const struct walk_row rows[] = {
        {"Destination", 48, WALK_MAC, NULL},
        {"Source", 48, WALK_MAC, NULL},
        {"EtherType", 16, WALK_HEX, walk_ethertypes},
    };
    size_t first = w->at;

    walk_layer(w, "Ethernet", "IEEE 802.3");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    if (walk_u8(w, first) & 1) {
        walk_mean(w, "Destination", "%s",
                  walk_u32(w, first) == UINT32_MAX && walk_u16(w, first + 4) == UINT16_MAX
                      ? "broadcast: all stations"
                      : "multicast: a group of stations");
    } else if (walk_u8(w, first) & 2) {
        walk_mean(w, "Destination", "locally administered");
    }
    if (walk_u8(w, first + 6) & 1) {
        walk_wrong(w, "Source", "a group cannot send (IEEE 802.3)");
    } else if (walk_u8(w, first + 6) & 2) {
        walk_mean(w, "Source", "locally administered");
    }
    uint16_t type = walk_u16(w, first + 12);

    if (type <= 1500) {
        walk_mean(w, "EtherType", "a length: an 802.2 frame");
        walk_data(w, "802.2 frame");
        return;
    }
    walk_ethertype(w, type);
}

static void vlan(struct walk *w) {
    static const struct walk_row rows[] = {
        {"Priority", 3, WALK_DEC, NULL},
        {"DEI", 1, WALK_FLAG, NULL},
        {"VLAN ID", 12, WALK_DEC, NULL},
        {"EtherType", 16, WALK_HEX, walk_ethertypes},
    };
    size_t first = w->at;

    walk_layer(w, "VLAN tag", "IEEE 802.1Q");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    unsigned id = walk_u16(w, first) & 0xfff;

    if (id == 0) {
        walk_mean(w, "VLAN ID", "none: the tag is there for its priority");
    } else if (id == 0xfff) {
        walk_wrong(w, "VLAN ID", "reserved");
    }
    walk_ethertype(w, walk_u16(w, first + 2));
}

static void arp_meaning(struct walk *w, size_t first) {
    uint16_t oper = walk_u16(w, first + 6);
    char sender[INL_ADDR_TEXT_MAX], target[INL_ADDR_TEXT_MAX];

    walk_addr_text(w, first + 14, false, sender);
    walk_addr_text(w, first + 24, false, target);
    if (strcmp(sender, target) == 0) {
        walk_mean(w, "Operation", "%s: %s announces itself", oper == 1 ? "request" : "reply",
                  sender);
    } else if (oper == 1 && strcmp(sender, "0.0.0.0") == 0) {
        walk_mean(w, "Operation", "request: does anybody use %s? (RFC 5227 probe)", target);
    } else if (oper == 1) {
        walk_mean(w, "Operation", "request: who has %s? Tell %s", target, sender);
    } else if (oper == 2) {
        walk_mean(w, "Operation", "reply: %s is at this hardware address", sender);
    }
}

static void arp(struct walk *w) {
    static const struct walk_name hardware[] = {{1, "Ethernet"}, {6, "IEEE 802"}, {0, NULL}};
    static const struct walk_row head[] = {
        {"Hardware Type", 16, WALK_DEC, hardware}, {"Protocol Type", 16, WALK_HEX, walk_ethertypes},
        {"Hardware Length", 8, WALK_DEC, NULL},    {"Protocol Length", 8, WALK_DEC, NULL},
        {"Operation", 16, WALK_DEC, NULL},
    };
    static const struct walk_row ethernet_ip4[] = {
        {"Sender Hardware Address", 48, WALK_MAC, NULL},
        {"Sender Protocol Address", 32, WALK_IP4, NULL},
        {"Target Hardware Address", 48, WALK_MAC, NULL},
        {"Target Protocol Address", 32, WALK_IP4, NULL},
    };
    size_t first = w->at;

    walk_layer(w, "ARP", "RFC 826");
    if (!WALK_ROWS(w, head)) {
        return;
    }
    if (walk_u8(w, first + 4) == 6 && walk_u8(w, first + 5) == 4) {
        if (WALK_ROWS(w, ethernet_ip4)) {
            arp_meaning(w, first);
        }
        walk_data(w, "Padding");
    } else {
        walk_data(w, "Addresses of other lengths");
    }
}

void walk_ethertype(struct walk *w, uint16_t type) {
    switch (type) {
    case 0x0800:
        w->next = walk_ip4;
        return;
    case 0x86dd:
        w->next = walk_ip6;
        return;
    case 0x0806:
        w->next = arp;
        return;
    case 0x8100:
    case 0x88a8:
        w->next = vlan;
        return;
    default:
        walk_data(w, "Data");
        return;
    }
}

static const struct walk_name sll_kinds[] = {
    {0, "sent to us"}, {1, "broadcast by somebody else"},
    {2, "multicast"},  {3, "sent by somebody else to somebody else"},
    {4, "sent by us"}, {0, NULL},
};

static void sll(struct walk *w) {
    static const struct walk_row rows[] = {
        {"Packet Type", 16, WALK_DEC, sll_kinds},     {"ARPHRD Type", 16, WALK_DEC, NULL},
        {"Address Length", 16, WALK_DEC, NULL},       {"Address", 64, WALK_BYTES, NULL},
        {"EtherType", 16, WALK_HEX, walk_ethertypes},
    };
    size_t first = w->at;

    walk_layer(w, "Linux cooked capture", "LINKTYPE_LINUX_SLL");
    if (WALK_ROWS(w, rows)) {
        walk_ethertype(w, walk_u16(w, first + 14));
    }
}

static void sll2(struct walk *w) {
    static const struct walk_row rows[] = {
        {"EtherType", 16, WALK_HEX, walk_ethertypes},
        {"Reserved", 16, WALK_HEX, NULL},
        {"Interface", 32, WALK_DEC, NULL},
        {"ARPHRD Type", 16, WALK_DEC, NULL},
        {"Packet Type", 8, WALK_DEC, sll_kinds},
        {"Address Length", 8, WALK_DEC, NULL},
        {"Address", 64, WALK_BYTES, NULL},
    };
    size_t first = w->at;

    walk_layer(w, "Linux cooked capture v2", "LINKTYPE_LINUX_SLL2");
    if (WALK_ROWS(w, rows)) {
        walk_ethertype(w, walk_u16(w, first));
    }
}

/* What the first four bits of an IP header say. */
static void by_version(struct walk *w) {
    unsigned version = walk_u8(w, w->at) >> 4;

    if (version == 4) {
        w->next = walk_ip4;
    } else if (version == 6) {
        w->next = walk_ip6;
    } else {
        walk_data(w, "Data");
    }
}

static void loopback(struct walk *w) {
    static const struct walk_row rows[] = {{"Address Family", 32, WALK_HEX, NULL}};

    walk_layer(w, "Loopback", "LINKTYPE_NULL");
    if (WALK_ROWS(w, rows)) {
        by_version(w);
    }
}

void explain_packet(struct explain *e, const uint8_t *data, size_t captured, size_t original,
                    enum explain_link link) {
    struct walk w = {.e = e, .end = original < captured ? captured : original};

    e->data = data;
    e->captured = captured;
    e->original = w.end;
    e->layers_n = e->fields_n = e->texts_n = 0;
    e->full = false;
    switch (link) {
    case EXPLAIN_LINK_ETHERNET:
        ethernet(&w);
        break;
    case EXPLAIN_LINK_SLL:
        sll(&w);
        break;
    case EXPLAIN_LINK_SLL2:
        sll2(&w);
        break;
    case EXPLAIN_LINK_NULL:
    case EXPLAIN_LINK_LOOP:
        loopback(&w);
        break;
    case EXPLAIN_LINK_RAW:
    case EXPLAIN_LINK_RAW_OLD:
    case EXPLAIN_LINK_IP4:
    case EXPLAIN_LINK_IP6:
        by_version(&w);
        break;
    default:
        walk_data(&w, "Data");
        break;
    }
    while (w.next != NULL && ++w.headers < EXPLAIN_LAYERS_MAX) {
        void (*header)(struct walk * w) = w.next;

        w.next = NULL;
        header(&w);
    }
    w.at = w.quoted ? w.quote_behind : w.at;
    w.end = e->original;
    walk_data(&w, "Trailer");
}
