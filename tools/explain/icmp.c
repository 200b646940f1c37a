/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp.c - ICMP, ICMPv6 with neighbour discovery and MLD, and IGMP
 *
 * Errors quote the packet that they are about: it is explained, too, and what a router says behind
 * it (RFC 4884). Quotes in quotes are not, so a packet cannot lead us down without end.
 */
#include "tools/explain/walk.h"

#include "base/csum.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/icmpext.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <inttypes.h>

static const struct walk_row head[] = {
    {"Type", 8, WALK_DEC, NULL},
    {"Code", 8, WALK_DEC, NULL},
    {"Checksum", 16, WALK_HEX, NULL},
};
static const struct walk_row echo[] = {
    {"Identifier", 16, WALK_DEC, NULL},
    {"Sequence Number", 16, WALK_DEC, NULL},
};
static const struct walk_row unused[] = {{"Unused", 32, WALK_HEX, NULL}};

/* The quoted packet comes next; before it, the objects of RFC 4884 that stand behind it. */
static void quote(struct walk *w, size_t quoted_bytes, bool six) {
    struct rd data = rd_init(w->e->data + w->at, walk_left(w, w->at)), objects;
    size_t first = w->at;

    icmpext_split(&data, quoted_bytes, true, &objects);
    size_t end = rd_left(&objects) > 0 ? first + rd_left(&data) : w->end;

    if (rd_left(&objects) > 0 && !w->quoted) {
        char buf[512];
        struct text t = text_init(buf, sizeof(buf));

        icmpext_text(&t, objects);
        w->at = end;
        walk_layer(w, "ICMP extension", "RFC 4884 7");
        walk_field(w, "Objects", walk_left(w, end), "%s", buf[0] == ',' ? buf + 2 : buf);
        w->at = first;
    }
    walk_quote(w, six, end);
}

/* ---- ICMP ---- */

static const char *unreach4(unsigned code) {
    static const char *const texts[] = {
        "the network cannot be reached",
        "the host cannot be reached",
        "the host does not know the protocol",
        "nobody listens on the port",
        "too large, and Don't Fragment is set",
        "the source route failed",
        "the network is unknown",
        "the host is unknown",
        "the source host is isolated",
        "the network is administratively prohibited",
        "the host is administratively prohibited",
        "the network cannot be reached with this type of service",
        "the host cannot be reached with this type of service",
        "administratively prohibited: a filter",
        "host precedence violation",
        "precedence cutoff",
    };

    return code < sizeof(texts) / sizeof(texts[0]) ? texts[code] : "unknown";
}

static const char *code4(unsigned type, unsigned code) {
    switch (type) {
    case ICMP4_UNREACH:
        return unreach4(code);
    case ICMP4_TIME_EXCEEDED:
        return code == 0   ? "the TTL ran out on the way"
               : code == 1 ? "not all fragments came in time"
                           : "unknown";
    case ICMP4_REDIRECT:
        return code == 1 ? "for the host" : code == 0 ? "for the network" : "with type of service";
    case ICMP4_PARAM_PROBLEM:
        return code == 0   ? "the pointer shows the wrong byte"
               : code == 1 ? "a required option is missing"
                           : "bad length";
    default:
        return "";
    }
}

static void icmp4_error(struct walk *w, size_t first, unsigned type) {
    static const struct walk_row unreach[] = {
        {"Unused", 8, WALK_DEC, NULL}, {"Length", 8, WALK_DEC, NULL}, {"MTU", 16, WALK_DEC, NULL}};
    static const struct walk_row exceeded[] = {{"Unused", 8, WALK_DEC, NULL},
                                               {"Length", 8, WALK_DEC, NULL},
                                               {"Unused2", 16, WALK_DEC, NULL}};
    static const struct walk_row param[] = {{"Pointer", 8, WALK_DEC, NULL},
                                            {"Length", 8, WALK_DEC, NULL},
                                            {"Unused", 16, WALK_DEC, NULL}};
    static const struct walk_row gateway[] = {{"Gateway Address", 32, WALK_IP4, NULL}};
    bool has_length = type != ICMP4_REDIRECT && type != ICMP4_QUENCH;
    bool ok = type == ICMP4_UNREACH         ? WALK_ROWS(w, unreach)
              : type == ICMP4_TIME_EXCEEDED ? WALK_ROWS(w, exceeded)
              : type == ICMP4_PARAM_PROBLEM ? WALK_ROWS(w, param)
              : type == ICMP4_REDIRECT      ? WALK_ROWS(w, gateway)
                                            : WALK_ROWS(w, unused);
    size_t words = has_length ? walk_u8(w, first + 5) : 0;

    if (!ok) {
        return;
    }
    if (type == ICMP4_UNREACH && walk_u8(w, first + 1) == ICMP4_UNREACH_FRAG_NEEDED) {
        walk_mean(w, "MTU", "what the next link takes (RFC 1191 4)");
    }
    if (words > 0) {
        walk_mean(w, "Length", "the quote has %zu bytes (RFC 4884)", words * 4);
    }
    quote(w, words * 4, false);
}

void walk_icmp4(struct walk *w) {
    static const struct walk_name types[] = {
        {ICMP4_ECHO_REPLY, "echo reply"},
        {ICMP4_UNREACH, "destination unreachable"},
        {ICMP4_QUENCH, "source quench (RFC 6633: to be ignored)"},
        {ICMP4_REDIRECT, "redirect: there is a better first hop"},
        {ICMP4_ECHO_REQUEST, "echo request"},
        {ICMP4_ROUTER_ADVERT, "router advertisement"},
        {ICMP4_ROUTER_SOLICIT, "router solicitation"},
        {ICMP4_TIME_EXCEEDED, "time exceeded"},
        {ICMP4_PARAM_PROBLEM, "parameter problem"},
        {ICMP4_TIMESTAMP, "timestamp request"},
        {ICMP4_TIMESTAMP_REPLY, "timestamp reply"},
        {ICMP4_MASK_REQUEST, "address mask request"},
        {ICMP4_MASK_REPLY, "address mask reply"},
        {0, NULL},
    };
    static const struct walk_row timestamps[] = {
        {"Originate Timestamp", 32, WALK_DEC, NULL},
        {"Receive Timestamp", 32, WALK_DEC, NULL},
        {"Transmit Timestamp", 32, WALK_DEC, NULL},
    };
    size_t first = w->at;

    walk_layer(w, "ICMP", "RFC 792");
    if (!WALK_ROWS(w, head)) {
        return;
    }
    unsigned type = walk_u8(w, first);

    walk_mean(w, "Type", "%s", walk_named(types, type));
    walk_mean(w, "Code", "%s", code4(type, walk_u8(w, first + 1)));
    walk_checksum(w, "Checksum", 0, first, w->end, first + 2);
    switch (type) {
    case ICMP4_ECHO_REPLY:
    case ICMP4_ECHO_REQUEST:
        WALK_ROWS(w, echo);
        break;
    case ICMP4_TIMESTAMP:
    case ICMP4_TIMESTAMP_REPLY:
        if (WALK_ROWS(w, echo)) {
            WALK_ROWS(w, timestamps);
        }
        break;
    case ICMP4_UNREACH:
    case ICMP4_QUENCH:
    case ICMP4_REDIRECT:
    case ICMP4_TIME_EXCEEDED:
    case ICMP4_PARAM_PROBLEM:
        icmp4_error(w, first, type);
        return;
    default:
        break;
    }
    walk_data(w, "Data");
}

/* ---- ICMPv6 ---- */

static const struct walk_name types6[] = {
    {ICMP6_UNREACH, "destination unreachable"},
    {ICMP6_TOO_BIG, "packet too big"},
    {ICMP6_TIME_EXCEEDED, "time exceeded"},
    {ICMP6_PARAM_PROBLEM, "parameter problem"},
    {ICMP6_ECHO_REQUEST, "echo request"},
    {ICMP6_ECHO_REPLY, "echo reply"},
    {ICMP6_MLD_QUERY, "multicast listener query"},
    {ICMP6_MLD_REPORT, "multicast listener report"},
    {ICMP6_MLD_DONE, "multicast listener done"},
    {ICMP6_ROUTER_SOLICIT, "router solicitation: which routers are there?"},
    {ICMP6_ROUTER_ADVERT, "router advertisement"},
    {ICMP6_NEIGH_SOLICIT, "neighbour solicitation"},
    {ICMP6_NEIGH_ADVERT, "neighbour advertisement"},
    {ICMP6_REDIRECT, "redirect: there is a better first hop"},
    {ICMP6_MLD2_REPORT, "multicast listener report, version 2"},
    {0, NULL},
};

static const char *code6(unsigned type, unsigned code) {
    static const char *const unreach[] = {
        "no route",
        "administratively prohibited",
        "beyond the scope of the source address",
        "the address cannot be reached",
        "nobody listens on the port",
        "the source address is refused by policy",
        "a route says reject",
    };
    static const char *const param[] = {"erroneous field", "unknown next header", "unknown option",
                                        "the first fragment lacks headers (RFC 7112)"};

    switch (type) {
    case ICMP6_UNREACH:
        return code < 7 ? unreach[code] : "unknown";
    case ICMP6_TIME_EXCEEDED:
        return code == 0 ? "the hop limit ran out on the way" : "not all fragments came in time";
    case ICMP6_PARAM_PROBLEM:
        return code < 4 ? param[code] : "unknown";
    default:
        return "";
    }
}

static void nd_prefix(struct walk *w, size_t first) {
    char prefix[INL_ADDR_TEXT_MAX];

    walk_addr_text(w, first + 16, true, prefix);
    walk_mean(w, "Option", "prefix %s/%u%s%s, valid %" PRIu32 " s, preferred %" PRIu32 " s", prefix,
              walk_u8(w, first + 2), walk_u8(w, first + 3) & 0x80 ? ", on-link" : "",
              walk_u8(w, first + 3) & 0x40 ? ", for addresses" : "", walk_u32(w, first + 4),
              walk_u32(w, first + 8));
}

static void nd_option(struct walk *w, size_t first, unsigned kind, size_t len) {
    char addr[INL_ADDR_TEXT_MAX];

    switch (kind) {
    case 1:
    case 2:
        walk_mean(w, "Option", "%s link-layer address %02x:%02x:%02x:%02x:%02x:%02x",
                  kind == 1 ? "source" : "target", walk_u8(w, first + 2), walk_u8(w, first + 3),
                  walk_u8(w, first + 4), walk_u8(w, first + 5), walk_u8(w, first + 6),
                  walk_u8(w, first + 7));
        return;
    case 3:
        nd_prefix(w, first);
        return;
    case 4:
        walk_mean(w, "Option", "redirected packet, %zu bytes of it", len - 8);
        return;
    case 5:
        walk_mean(w, "Option", "MTU of the link: %" PRIu32, walk_u32(w, first + 4));
        return;
    case 14:
        walk_mean(w, "Option", "nonce: my own question, should it come back (RFC 7527)");
        return;
    case 24:
        walk_mean(w, "Option", "route of %u bits (RFC 4191)", walk_u8(w, first + 2));
        return;
    case 25:
        walk_addr_text(w, first + 8, true, addr);
        walk_mean(w, "Option", "nameserver %s for %" PRIu32 " s (RFC 8106)", addr,
                  walk_u32(w, first + 4));
        return;
    case 31:
        walk_mean(w, "Option", "search list (RFC 8106)");
        return;
    default:
        walk_mean(w, "Option", "unknown: to be skipped");
        return;
    }
}

static void nd_options(struct walk *w) {
    while (w->at < w->end && walk_has(w, w->at + 2)) {
        unsigned kind = walk_u8(w, w->at);
        size_t len = walk_u8(w, w->at + 1) * 8u, first = w->at;

        if (len == 0 || first + len > w->end) {
            walk_field(w, "Option", w->end - first, "%u", kind);
            walk_wrong(w, "Option", "a length of %zu bytes: drop the message (RFC 4861 4.6)", len);
            return;
        }
        walk_field(w, "Option", len, "%u", kind);
        nd_option(w, first, kind, len);
    }
}

/* MLDv1's messages, and queries of MLDv2, which go on (RFC 3810 5.1). */
static void mld(struct walk *w, unsigned type) {
    static const struct walk_row rows[] = {{"Maximum Response Delay", 16, WALK_DEC, NULL},
                                           {"Reserved", 16, WALK_DEC, NULL},
                                           {"Multicast Address", 128, WALK_IP6, NULL}};
    static const struct walk_row query2[] = {{"Reserved2", 4, WALK_DEC, NULL},
                                             {"S", 1, WALK_FLAG, NULL},
                                             {"QRV", 3, WALK_DEC, NULL},
                                             {"QQIC", 8, WALK_DEC, NULL},
                                             {"Number of Sources", 16, WALK_DEC, NULL}};

    if (WALK_ROWS(w, rows) && type == ICMP6_MLD_QUERY && w->end >= w->at + 4) {
        WALK_ROWS(w, query2);
    }
}

/* Records of an IGMPv3 or MLDv2 report: RFC 3376 4.2.4, RFC 3810 5.2.5. */
static void group_records(struct walk *w, unsigned records, bool six) {
    static const char *const texts[] = {"?",
                                        "now from the sources only",
                                        "now from all but the sources",
                                        "from now on from the sources only",
                                        "from now on from all but the sources",
                                        "sources allowed",
                                        "sources blocked"};
    size_t addr_bytes = six ? 16 : 4;

    for (unsigned i = 0; i < records && walk_has(w, w->at + 4 + addr_bytes); i++) {
        unsigned type = walk_u8(w, w->at), sources = walk_u16(w, w->at + 2);
        size_t len = 4 + addr_bytes * (1 + (size_t)sources) + walk_u8(w, w->at + 1) * 4u;
        char group[INL_ADDR_TEXT_MAX];

        walk_addr_text(w, w->at + 4, six, group);
        walk_field(w, "Group Record", len, "%s", group);
        walk_mean(w, "Group Record", "%s, %u source%s", type < 7 ? texts[type] : "unknown type",
                  sources, sources == 1 ? "" : "s");
    }
}

static void ra_flags(struct walk *w, unsigned flags) {
    static const char *const preferences[] = {"medium", "high", "reserved: as medium", "low"};

    walk_mean(w, "M", "%s", flags & 0x80 ? "addresses by DHCPv6" : "no addresses by DHCPv6");
    walk_mean(w, "O", "%s", flags & 0x40 ? "settings by DHCPv6" : "no settings by DHCPv6");
    walk_mean(w, "H", "%s", flags & 0x20 ? "a home agent (RFC 6275)" : "no home agent");
    walk_mean(w, "Prf", "preference %s (RFC 4191)", preferences[flags >> 3 & 3]);
}

static void na_flags(struct walk *w, unsigned flags) {
    walk_mean(w, "R", "%s", flags & 0x80 ? "a router" : "not a router");
    walk_mean(w, "S", "%s", flags & 0x40 ? "answers a solicitation" : "nobody asked");
    walk_mean(w, "O", "%s", flags & 0x20 ? "overrides what is known" : "does not override");
}

static void icmp6_body(struct walk *w, size_t first, unsigned type) {
    static const struct walk_row mtu[] = {{"MTU", 32, WALK_DEC, NULL}};
    static const struct walk_row pointer[] = {{"Pointer", 32, WALK_DEC, NULL}};
    static const struct walk_row exceeded[] = {{"Length", 8, WALK_DEC, NULL},
                                               {"Unused", 24, WALK_DEC, NULL}};
    static const struct walk_row ra[] = {{"Cur Hop Limit", 8, WALK_DEC, NULL},
                                         {"M", 1, WALK_FLAG, NULL},
                                         {"O", 1, WALK_FLAG, NULL},
                                         {"H", 1, WALK_FLAG, NULL},
                                         {"Prf", 2, WALK_DEC, NULL},
                                         {"Reserved", 3, WALK_DEC, NULL},
                                         {"Router Lifetime", 16, WALK_DEC, NULL},
                                         {"Reachable Time", 32, WALK_DEC, NULL},
                                         {"Retrans Timer", 32, WALK_DEC, NULL}};
    static const struct walk_row ns[] = {{"Reserved", 32, WALK_DEC, NULL},
                                         {"Target Address", 128, WALK_IP6, NULL}};
    static const struct walk_row na[] = {{"R", 1, WALK_FLAG, NULL},
                                         {"S", 1, WALK_FLAG, NULL},
                                         {"O", 1, WALK_FLAG, NULL},
                                         {"Reserved", 29, WALK_DEC, NULL},
                                         {"Target Address", 128, WALK_IP6, NULL}};
    static const struct walk_row redirect[] = {{"Reserved", 32, WALK_DEC, NULL},
                                               {"Target Address", 128, WALK_IP6, NULL},
                                               {"Destination Address", 128, WALK_IP6, NULL}};
    static const struct walk_row report[] = {{"Reserved", 16, WALK_DEC, NULL},
                                             {"Number of Records", 16, WALK_DEC, NULL}};
    size_t words = 0;

    switch (type) {
    case ICMP6_ECHO_REQUEST:
    case ICMP6_ECHO_REPLY:
        WALK_ROWS(w, echo);
        return;
    case ICMP6_UNREACH:
    case ICMP6_TIME_EXCEEDED:
        words = walk_u8(w, first + 4);
        if (WALK_ROWS(w, exceeded)) {
            quote(w, words * 8, true);
        }
        return;
    case ICMP6_TOO_BIG:
        if (WALK_ROWS(w, mtu)) {
            walk_mean(w, "MTU", "what the next link takes (RFC 8201)");
            quote(w, 0, true);
        }
        return;
    case ICMP6_PARAM_PROBLEM:
        if (WALK_ROWS(w, pointer)) {
            quote(w, 0, true);
        }
        return;
    case ICMP6_ROUTER_SOLICIT:
        WALK_ROWS(w, unused);
        break;
    case ICMP6_ROUTER_ADVERT:
        WALK_ROWS(w, ra);
        ra_flags(w, walk_u8(w, first + 5));
        walk_mean(w, "Router Lifetime", "%s",
                  walk_u16(w, first + 6) == 0 ? "s: not a default router" : "s");
        break;
    case ICMP6_NEIGH_SOLICIT:
        WALK_ROWS(w, ns);
        break;
    case ICMP6_NEIGH_ADVERT:
        WALK_ROWS(w, na);
        na_flags(w, walk_u8(w, first + 4));
        break;
    case ICMP6_REDIRECT:
        WALK_ROWS(w, redirect);
        break;
    case ICMP6_MLD_QUERY:
    case ICMP6_MLD_REPORT:
    case ICMP6_MLD_DONE:
        mld(w, type);
        return;
    case ICMP6_MLD2_REPORT:
        if (WALK_ROWS(w, report)) {
            group_records(w, walk_u16(w, first + 6), true);
        }
        return;
    default:
        return;
    }
    nd_options(w);
}

void walk_icmp6(struct walk *w) {
    size_t first = w->at;

    walk_layer(w, "ICMPv6", "RFC 4443 2.1");
    if (!WALK_ROWS(w, head)) {
        return;
    }
    unsigned type = walk_u8(w, first);

    walk_mean(w, "Type", "%s", walk_named(types6, type));
    walk_mean(w, "Code", "%s", code6(type, walk_u8(w, first + 1)));
    walk_checksum(w, "Checksum",
                  l4_pseudo_csum(&w->src, &w->dst, IP_PROTO_ICMP6, (uint32_t)(w->end - first)),
                  first, w->end, first + 2);
    icmp6_body(w, first, type);
    if (w->next == NULL) {
        walk_data(w, "Data");
    }
}

/* ---- IGMP ---- */

void walk_igmp(struct walk *w) {
    static const struct walk_name types[] = {
        {0x11, "membership query"},
        {0x12, "version 1 membership report"},
        {0x16, "version 2 membership report"},
        {0x17, "leave group"},
        {0x22, "version 3 membership report"},
        {0, NULL},
    };
    static const struct walk_row rows[] = {{"Type", 8, WALK_HEX, types},
                                           {"Max Resp Code", 8, WALK_DEC, NULL},
                                           {"Checksum", 16, WALK_HEX, NULL}};
    static const struct walk_row group[] = {{"Group Address", 32, WALK_IP4, NULL}};
    static const struct walk_row query3[] = {{"Reserved", 4, WALK_DEC, NULL},
                                             {"S", 1, WALK_FLAG, NULL},
                                             {"QRV", 3, WALK_DEC, NULL},
                                             {"QQIC", 8, WALK_DEC, NULL},
                                             {"Number of Sources", 16, WALK_DEC, NULL}};
    static const struct walk_row report3[] = {{"Reserved", 16, WALK_DEC, NULL},
                                              {"Number of Records", 16, WALK_DEC, NULL}};
    size_t first = w->at;

    walk_layer(w, "IGMP", "RFC 3376 4");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    walk_checksum(w, "Checksum", 0, first, w->end, first + 2);
    if (walk_u8(w, first) == 0x22) {
        if (WALK_ROWS(w, report3)) {
            group_records(w, walk_u16(w, first + 6), false);
        }
    } else if (WALK_ROWS(w, group) && walk_u8(w, first) == 0x11 && w->end >= first + 12) {
        WALK_ROWS(w, query3);
    }
    walk_data(w, "Data");
}
