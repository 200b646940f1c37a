/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip.c - IPv4 with its options, IPv6 with its extension headers, and what follows them
 */
#include "tools/explain/walk.h"

#include "wire/ipproto.h"

#include <inttypes.h>
#include <string.h>

const struct walk_name walk_protocols[] = {
    {IP_PROTO_HOPOPTS, "hop-by-hop options"},
    {IP_PROTO_ICMP4, "ICMP"},
    {IP_PROTO_IGMP, "IGMP"},
    {IP_PROTO_IPIP, "IPv4"},
    {IP_PROTO_TCP, "TCP"},
    {IP_PROTO_UDP, "UDP"},
    {IP_PROTO_IP6, "IPv6"},
    {IP_PROTO_ROUTING, "routing header"},
    {IP_PROTO_FRAGMENT, "fragment header"},
    {IP_PROTO_GRE, "GRE"},
    {IP_PROTO_ESP, "ESP"},
    {IP_PROTO_AH, "AH"},
    {IP_PROTO_ICMP6, "ICMPv6"},
    {IP_PROTO_NONE, "nothing follows"},
    {IP_PROTO_DSTOPTS, "destination options"},
    {IP_PROTO_SCTP, "SCTP"},
    {IP_PROTO_UDPLITE, "UDP-Lite"},
    {0, NULL},
};

static const struct walk_name dscp_names[] = {
    {0, "default"}, {8, "CS1"},   {10, "AF11"}, {12, "AF12"},          {14, "AF13"},
    {16, "CS2"},    {18, "AF21"}, {20, "AF22"}, {22, "AF23"},          {24, "CS3"},
    {26, "AF31"},   {28, "AF32"}, {30, "AF33"}, {32, "CS4"},           {34, "AF41"},
    {36, "AF42"},   {38, "AF43"}, {40, "CS5"},  {46, "EF: expedited"}, {48, "CS6: network control"},
    {56, "CS7"},    {0, NULL},
};

static const struct walk_name ecn_names[] = {
    {0, "Not-ECT: routers may not mark, only drop"},
    {1, "ECT(1): routers may mark"},
    {2, "ECT(0): routers may mark"},
    {3, "CE: a router marked congestion"},
    {0, NULL},
};

/* ---- IPv4 ---- */

static void ip4_options(struct walk *w, size_t end) {
    static const struct walk_name names[] = {
        {0, "end of options"},
        {1, "no operation"},
        {7, "record route"},
        {68, "timestamp"},
        {130, "security"},
        {131, "loose source route"},
        {137, "strict source route"},
        {148, "router alert"},
        {0, NULL},
    };

    while (w->at < end && walk_has(w, w->at + 1)) {
        unsigned kind = walk_u8(w, w->at);
        unsigned len = kind < 2 ? 1 : walk_u8(w, w->at + 1);
        size_t first = w->at;

        if (len == 0 || (kind > 1 && len < 2) || first + len > end) {
            walk_field(w, "Option", end - first, "%u", kind);
            walk_wrong(w, "Option", "its length %u does not fit", len);
            return;
        }
        walk_field(w, "Option", len, "%u", kind);
        walk_mean(w, "Option", "%s", walk_named(names, kind));
        if (kind == 0) {
            if (w->at < end) {
                walk_field(w, "Padding", end - w->at, "%zu bytes", end - w->at);
            }
            return;
        }
        bool route = kind == 7 || kind == 131 || kind == 137;

        if (route && len >= 3) {
            char text[9 * (INL_ADDR_TEXT_MAX + 2)] = "";
            unsigned pointer = walk_u8(w, first + 2);

            for (unsigned i = 3; i + 4 <= len; i += 4) {
                char addr[INL_ADDR_TEXT_MAX];
                size_t n = strlen(text);

                walk_addr_text(w, first + i, false, addr);
                snprintf(text + n, sizeof(text) - n, "%s%s%s", n > 0 ? " " : "",
                         i + 1 == pointer ? "^" : "", addr);
            }
            walk_mean(w, "Option", "%s: %s", walk_named(names, kind), text);
        }
    }
}

static void ip4_judge(struct walk *w, size_t first, unsigned header_bytes, unsigned total) {
    if (walk_u8(w, first) >> 4 != 4) {
        walk_wrong(w, "Version", "must be 4");
    }
    if (header_bytes < 20) {
        walk_wrong(w, "IHL", "a header has at least 20 bytes");
    } else {
        walk_mean(w, "IHL", "words of 4 bytes: a header of %u", header_bytes);
    }
    if (total < header_bytes) {
        walk_wrong(w, "Total Length", "shorter than the header");
    } else if (first + total > w->end) {
        walk_wrong(w, "Total Length", "more than the %zu bytes that came", w->end - first);
    } else {
        walk_mean(w, "Total Length", "header and %u bytes", total - header_bytes);
    }
    if (walk_u8(w, first + 8) == 0) {
        walk_wrong(w, "Time to Live", "0 must not be on the wire (RFC 1122 3.2.1.7)");
    } else {
        walk_mean(w, "Time to Live", "may pass %u routers", walk_u8(w, first + 8) - 1u);
    }
    uint16_t fragment = walk_u16(w, first + 6);

    if ((fragment & 0x1fff) != 0) {
        walk_mean(w, "Fragment Offset", "in units of 8 bytes: byte %u", (fragment & 0x1fffu) * 8);
    }
    walk_mean(w, "DF",
              fragment & 0x4000 ? "routers must not fragment it" : "routers may fragment it");
    walk_mean(w, "MF", fragment & 0x2000 ? "others follow" : "the last or only fragment");
    if (fragment & 0x8000) {
        walk_wrong(w, "Reserved", "must be 0");
    }
}

void walk_ip4(struct walk *w) {
    static const struct walk_row rows[] = {
        {"Version", 4, WALK_DEC, NULL},
        {"IHL", 4, WALK_DEC, NULL},
        {"DSCP", 6, WALK_DEC, dscp_names},
        {"ECN", 2, WALK_DEC, ecn_names},
        {"Total Length", 16, WALK_DEC, NULL},
        {"Identification", 16, WALK_DEC, NULL},
        {"Reserved", 1, WALK_FLAG, NULL},
        {"DF", 1, WALK_FLAG, NULL},
        {"MF", 1, WALK_FLAG, NULL},
        {"Fragment Offset", 13, WALK_DEC, NULL},
        {"Time to Live", 8, WALK_DEC, NULL},
        {"Protocol", 8, WALK_DEC, walk_protocols},
        {"Header Checksum", 16, WALK_HEX, NULL},
        {"Source Address", 32, WALK_IP4, NULL},
        {"Destination Address", 32, WALK_IP4, NULL},
    };
    size_t first = w->at;

    walk_layer(w, "IPv4", "RFC 791 3.1");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    unsigned header_bytes = (walk_u8(w, first) & 15u) * 4u;
    unsigned total = walk_u16(w, first + 2);

    ip4_judge(w, first, header_bytes, total);
    if (header_bytes < 20) {
        return;
    }
    walk_checksum(w, "Header Checksum", 0, first, first + header_bytes, first + 10);
    if (w->quoted && walk_has(w, first + header_bytes)) {
        walk_mean(w, "Header Checksum", "of the packet as it was when it was quoted");
    }
    ip4_options(w, first + header_bytes);
    w->src = inl_addr_from4(walk_u32(w, first + 12));
    w->dst = inl_addr_from4(walk_u32(w, first + 16));
    w->at = first + header_bytes;
    if (total >= header_bytes && first + total < w->end) {
        w->end = first + total; /* what follows is a trailer */
    }
    uint16_t fragment = walk_u16(w, first + 6);

    w->is_fragment = (fragment & 0x3fff) != 0;
    if ((fragment & 0x1fff) != 0) {
        walk_data(w, "Rest of a datagram (a later fragment)");
        return;
    }
    walk_protocol(w, walk_u8(w, first + 9));
}

/* ---- IPv6 ---- */

static void ip6_judge(struct walk *w, size_t first) {
    unsigned len = walk_u16(w, first + 4);

    if (walk_u8(w, first) >> 4 != 6) {
        walk_wrong(w, "Version", "must be 6");
    }
    if (first + 40 + len > w->end) {
        walk_wrong(w, "Payload Length", "more than the %zu bytes that came", w->end - first - 40);
    } else {
        walk_mean(w, "Payload Length", "bytes behind these 40");
    }
    walk_mean(w, "Hop Limit", "may pass %u routers",
              walk_u8(w, first + 7) > 0 ? walk_u8(w, first + 7) - 1u : 0);
    if (walk_u8(w, first + 8) == 0xff) {
        walk_wrong(w, "Source Address", "a group cannot send (RFC 4291 2.7)");
    }
}

void walk_ip6(struct walk *w) {
    static const struct walk_row rows[] = {
        {"Version", 4, WALK_DEC, NULL},
        {"DSCP", 6, WALK_DEC, dscp_names},
        {"ECN", 2, WALK_DEC, ecn_names},
        {"Flow Label", 20, WALK_HEX, NULL},
        {"Payload Length", 16, WALK_DEC, NULL},
        {"Next Header", 8, WALK_DEC, walk_protocols},
        {"Hop Limit", 8, WALK_DEC, NULL},
        {"Source Address", 128, WALK_IP6, NULL},
        {"Destination Address", 128, WALK_IP6, NULL},
    };
    size_t first = w->at;

    walk_layer(w, "IPv6", "RFC 8200 3");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    ip6_judge(w, first);
    w->src = inl_addr_from6(w->e->data + first + 8);
    w->dst = inl_addr_from6(w->e->data + first + 24);
    size_t len = walk_u16(w, first + 4);

    if (first + 40 + len < w->end) {
        w->end = first + 40 + len;
    }
    w->is_fragment = false;
    walk_protocol(w, walk_u8(w, first + 6));
}

static void ip6_options(struct walk *w, size_t end) {
    static const struct walk_name names[] = {
        {0, "one byte of padding"},
        {1, "padding"},
        {5, "router alert"},
        {0xc2, "jumbo payload"},
        {0xc9, "home address"},
        {0x26, "quick start"},
        {0, NULL},
    };
    static const char *const unknown[] = {"skip it", "drop the packet",
                                          "drop the packet and tell its sender",
                                          "drop the packet and tell its sender, unless multicast"};

    while (w->at < end && walk_has(w, w->at + 1)) {
        unsigned kind = walk_u8(w, w->at);
        size_t len = kind == 0 ? 1 : 2u + walk_u8(w, w->at + 1);

        if (w->at + len > end) {
            walk_field(w, "Option", end - w->at, "%u", kind);
            walk_wrong(w, "Option", "its length %zu does not fit", len);
            return;
        }
        walk_field(w, "Option", len, "%u", kind);
        const char *name = walk_named(names, kind);

        walk_mean(w, "Option", "%s%swho does not know it should %s", name,
                  name[0] != '\0' ? "; " : "", unknown[kind >> 6]);
    }
}

/* Hop-by-hop, destination options and routing headers share their first two bytes. */
static void ip6_extension(struct walk *w, uint8_t proto) {
    static const struct walk_row head[] = {
        {"Next Header", 8, WALK_DEC, walk_protocols},
        {"Hdr Ext Len", 8, WALK_DEC, NULL},
    };
    static const struct walk_row routing_rows[] = {
        {"Routing Type", 8, WALK_DEC, NULL},
        {"Segments Left", 8, WALK_DEC, NULL},
    };
    size_t first = w->at;

    walk_layer(w,
               proto == IP_PROTO_HOPOPTS   ? "Hop-by-Hop Options"
               : proto == IP_PROTO_ROUTING ? "Routing"
                                           : "Destination Options",
               proto == IP_PROTO_HOPOPTS   ? "RFC 8200 4.3"
               : proto == IP_PROTO_ROUTING ? "RFC 8200 4.4"
                                           : "RFC 8200 4.6");
    if (!WALK_ROWS(w, head)) {
        return;
    }
    size_t end = first + 8 + walk_u8(w, first + 1) * 8u;

    if (end > w->end) {
        walk_wrong(w, "Hdr Ext Len", "longer than the packet");
        return;
    }
    walk_mean(w, "Hdr Ext Len", "%zu bytes in all", end - first);
    if (proto != IP_PROTO_ROUTING) {
        ip6_options(w, end);
    } else if (WALK_ROWS(w, routing_rows)) {
        if (walk_u8(w, first + 2) == 0) {
            walk_wrong(w, "Routing Type", "forbidden (RFC 5095)");
        }
        walk_field(w, "Type-specific Data", end - w->at, "%zu bytes", end - w->at);
    }
    w->at = end;
    walk_protocol(w, walk_u8(w, first));
}

static void ip6_fragment(struct walk *w) {
    static const struct walk_row rows[] = {
        {"Next Header", 8, WALK_DEC, walk_protocols},
        {"Reserved", 8, WALK_DEC, NULL},
        {"Fragment Offset", 13, WALK_DEC, NULL},
        {"Reserved2", 2, WALK_DEC, NULL},
        {"MF", 1, WALK_FLAG, NULL},
        {"Identification", 32, WALK_HEX, NULL},
    };
    size_t first = w->at;

    walk_layer(w, "Fragment", "RFC 8200 4.5");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    uint16_t field = walk_u16(w, first + 2);

    walk_mean(w, "Fragment Offset", "byte %u of the original", field & 0xfff8u);
    walk_mean(w, "MF", field & 1 ? "others follow" : "the last or only fragment");
    w->is_fragment |= (field & 0xfff9) != 0;
    if ((field & 0xfff8) != 0) {
        walk_data(w, "Rest of a packet (a later fragment)");
        return;
    }
    walk_protocol(w, walk_u8(w, first));
}

static void hop_by_hop(struct walk *w) {
    ip6_extension(w, IP_PROTO_HOPOPTS);
}

static void routing(struct walk *w) {
    ip6_extension(w, IP_PROTO_ROUTING);
}

static void destination_options(struct walk *w) {
    ip6_extension(w, IP_PROTO_DSTOPTS);
}

void walk_protocol(struct walk *w, uint8_t proto) {
    static const struct {
        uint8_t proto;
        bool only6;
        void (*header)(struct walk *w);
    } headers[] = {
        {IP_PROTO_ICMP4, false, walk_icmp4},     {IP_PROTO_IGMP, false, walk_igmp},
        {IP_PROTO_IPIP, false, walk_ip4},        {IP_PROTO_IP6, false, walk_ip6},
        {IP_PROTO_TCP, false, walk_tcp},         {IP_PROTO_UDP, false, walk_udp},
        {IP_PROTO_ICMP6, false, walk_icmp6},     {IP_PROTO_HOPOPTS, true, hop_by_hop},
        {IP_PROTO_ROUTING, true, routing},       {IP_PROTO_DSTOPTS, true, destination_options},
        {IP_PROTO_FRAGMENT, true, ip6_fragment},
    };

    if (w->at >= w->end) {
        return;
    }
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (headers[i].proto == proto && !(headers[i].only6 && inl_addr_is4(&w->src))) {
            w->next = headers[i].header;
            return;
        }
    }
    walk_data(w, proto == IP_PROTO_NONE ? "Data behind the last header" : "Data");
}

void walk_quote(struct walk *w, bool six, size_t end) {
    if (w->at >= w->end || w->quoted) {
        walk_data(w, "Data");
        return;
    }
    w->quoted = true;
    w->quote_behind = w->end;
    w->end = end;
    w->next = six ? walk_ip6 : walk_ip4;
}
