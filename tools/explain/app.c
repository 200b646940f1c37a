/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * app.c - DNS and DHCP, the two that stand beneath all others
 */
#include "tools/explain/walk.h"

#include "wire/dns.h"

#include <inttypes.h>
#include <string.h>

/* ---- DNS ---- */

static const struct walk_name dns_types[] = {
    {DNS_A, "A: an IPv4 address"},
    {DNS_NS, "NS: a nameserver"},
    {DNS_CNAME, "CNAME: an alias"},
    {DNS_SOA, "SOA: the zone's own record"},
    {DNS_PTR, "PTR: a name"},
    {DNS_MX, "MX: takes mail"},
    {DNS_TXT, "TXT: text"},
    {DNS_AAAA, "AAAA: an IPv6 address"},
    {DNS_SRV, "SRV: a service"},
    {DNS_OPT, "OPT: extensions (RFC 6891)"},
    {65, "HTTPS: how to connect"},
    {DNS_ANY, "ANY: all there are"},
    {0, NULL},
};

static void dns_header(struct walk *w, size_t first) {
    static const struct walk_name opcodes[] = {
        {0, "standard query"}, {2, "status"}, {4, "notify"}, {5, "update"}, {0, NULL}};
    static const struct walk_name rcodes[] = {{0, "no error"},
                                              {1, "the server could not read the question"},
                                              {2, "the server failed"},
                                              {3, "there is no such name"},
                                              {4, "not implemented"},
                                              {5, "refused"},
                                              {0, NULL}};
    static const struct walk_row rows[] = {
        {"ID", 16, WALK_HEX, NULL},       {"QR", 1, WALK_FLAG, NULL},
        {"Opcode", 4, WALK_DEC, opcodes}, {"AA", 1, WALK_FLAG, NULL},
        {"TC", 1, WALK_FLAG, NULL},       {"RD", 1, WALK_FLAG, NULL},
        {"RA", 1, WALK_FLAG, NULL},       {"Z", 1, WALK_FLAG, NULL},
        {"AD", 1, WALK_FLAG, NULL},       {"CD", 1, WALK_FLAG, NULL},
        {"RCODE", 4, WALK_DEC, rcodes},   {"QDCOUNT", 16, WALK_DEC, NULL},
        {"ANCOUNT", 16, WALK_DEC, NULL},  {"NSCOUNT", 16, WALK_DEC, NULL},
        {"ARCOUNT", 16, WALK_DEC, NULL},
    };

    if (!WALK_ROWS(w, rows)) {
        return;
    }
    unsigned flags = walk_u16(w, first + 2);

    walk_mean(w, "QR", "%s", flags & 0x8000 ? "a response" : "a query");
    walk_mean(w, "AA", "%s",
              flags & 0x400 ? "from a server of the zone itself" : "not authoritative");
    walk_mean(w, "TC", "%s", flags & 0x200 ? "cut off: ask again by TCP" : "whole");
    walk_mean(w, "RD", "%s", flags & 0x100 ? "please ask others, too" : "do not ask others");
    walk_mean(w, "RA", "%s", flags & 0x80 ? "asks others" : "does not ask others");
}

static void dns_record(struct walk *w, const struct dns_msg *m, const struct dns_rr *rr,
                       const char *section, size_t len) {
    char name[1024], value[1100];
    struct text t = text_init(name, sizeof(name));
    struct inl_addr addr;
    struct dns_name target;
    struct rd data = rr->data;

    dns_name_text(&t, &rr->name);
    walk_field(w, section, len, "%s", name);
    t = text_init(value, sizeof(value));
    if (dns_rr_addr(rr, &addr)) {
        text_addr(&t, &addr);
    } else if ((rr->type == DNS_CNAME || rr->type == DNS_NS || rr->type == DNS_PTR) &&
               dns_name_parse(&m->all, &data, &target)) {
        dns_name_text(&t, &target);
    } else {
        text_u64(&t, rd_left(&rr->data));
        text_str(&t, " bytes");
    }
    if (rr->type == DNS_OPT) {
        walk_mean(w, section, "%s: answers of up to %u bytes", walk_named(dns_types, rr->type),
                  rr->rclass);
        return;
    }
    const char *type = walk_named(dns_types, rr->type);

    walk_mean(w, section, "%s%s%.0u %s, for %" PRIu32 " s", type, type[0] != '\0' ? "" : "type ",
              type[0] != '\0' ? 0u : (unsigned)rr->type, value, rr->ttl_s);
}

static void dns_body(struct walk *w, size_t first, size_t len) {
    struct dns_msg m;
    struct dns_question q;
    struct dns_rr rr;
    char name[1024];

    if (!dns_parse(rd_init(w->e->data + first, len), &m)) {
        return;
    }
    const uint8_t *before = rd_ptr(&m.at);

    while (dns_next_question(&m, &q)) {
        struct text t = text_init(name, sizeof(name));

        dns_name_text(&t, &q.name);
        walk_field(w, "Question", (size_t)(rd_ptr(&m.at) - before), "%s", name);
        walk_mean(w, "Question", "%s", walk_named(dns_types, q.type));
        before = rd_ptr(&m.at);
    }
    for (unsigned i = 0; dns_next_rr(&m, &rr); i++) {
        const char *section = i < m.hdr.answers                            ? "Answer"
                              : i < m.hdr.answers + m.hdr.authorities + 0u ? "Authority"
                                                                           : "Additional";

        dns_record(w, &m, &rr, section, (size_t)(rd_ptr(&m.at) - before));
        before = rd_ptr(&m.at);
    }
}

void walk_dns(struct walk *w, bool with_length) {
    static const struct walk_row length[] = {{"Length", 16, WALK_DEC, NULL}};

    if (w->at >= w->end) {
        return;
    }
    walk_layer(w, "DNS", "RFC 1035 4.1");
    if (with_length) {
        w->e->layers[w->e->layers_n - 1].diagram = false;
        if (!WALK_ROWS(w, length)) {
            return;
        }
    }
    size_t first = w->at;

    dns_header(w, first);
    if (walk_left(w, first) >= DNS_HDR_BYTES) {
        dns_body(w, first, walk_left(w, first));
    }
}

/* ---- DHCP ---- */

static const struct walk_name dhcp4_types[] = {
    {1, "DISCOVER: who leases addresses?"},
    {2, "OFFER: you could have this one"},
    {3, "REQUEST: this one, please"},
    {4, "DECLINE: somebody has it already"},
    {5, "ACK: it is yours"},
    {6, "NAK: it is not"},
    {7, "RELEASE: no longer needed"},
    {8, "INFORM: only the settings, please"},
    {0, NULL},
};

static const struct walk_name dhcp4_options[] = {
    {1, "subnet mask"},
    {3, "routers"},
    {6, "nameservers"},
    {12, "host name"},
    {15, "domain"},
    {26, "MTU"},
    {28, "broadcast address"},
    {42, "time servers"},
    {50, "requested address"},
    {51, "lease time"},
    {52, "options go on in other fields"},
    {53, "message type"},
    {54, "server"},
    {55, "wanted options"},
    {56, "message"},
    {57, "maximum message size"},
    {58, "renewal time (T1)"},
    {59, "rebinding time (T2)"},
    {60, "vendor class"},
    {61, "client identifier"},
    {119, "search list"},
    {121, "classless routes"},
    {0, NULL},
};

static void dhcp4_value(struct walk *w, size_t first, unsigned code, unsigned len) {
    const char *name = walk_named(dhcp4_options, code);
    char text[300];

    switch (code) {
    case 53:
        walk_mean(w, "Option", "message type: %s", walk_named(dhcp4_types, walk_u8(w, first + 2)));
        return;
    case 1:
    case 28:
    case 50:
    case 54:
    case 3:
    case 6:
        walk_addr_text(w, first + 2, false, text);
        walk_mean(w, "Option", "%s: %s%s", name, text, len > 4 ? ", and others" : "");
        return;
    case 51:
    case 58:
    case 59:
        walk_mean(w, "Option", "%s: %" PRIu32 " s", name, walk_u32(w, first + 2));
        return;
    case 26:
    case 57:
        walk_mean(w, "Option", "%s: %u", name, walk_u16(w, first + 2));
        return;
    case 12:
    case 15:
    case 56:
    case 60:
        walk_printable(w->e->data + first + 2,
                       walk_left(w, first + 2) < len ? walk_left(w, first + 2) : len, text,
                       sizeof(text));
        walk_mean(w, "Option", "%s: \"%s\"", name, text);
        return;
    default:
        walk_mean(w, "Option", "%s", name);
        return;
    }
}

void walk_dhcp4(struct walk *w) {
    static const struct walk_name ops[] = {{1, "from a client"}, {2, "from a server"}, {0, NULL}};
    static const struct walk_row rows[] = {
        {"op", 8, WALK_DEC, ops},
        {"htype", 8, WALK_DEC, NULL},
        {"hlen", 8, WALK_DEC, NULL},
        {"hops", 8, WALK_DEC, NULL},
        {"xid", 32, WALK_HEX, NULL},
        {"secs", 16, WALK_DEC, NULL},
        {"flags", 16, WALK_HEX, NULL},
        {"ciaddr", 32, WALK_IP4, NULL},
        {"yiaddr", 32, WALK_IP4, NULL},
        {"siaddr", 32, WALK_IP4, NULL},
        {"giaddr", 32, WALK_IP4, NULL},
        {"chaddr", 128, WALK_MAC, NULL},
        {"sname", 512, WALK_BYTES, NULL},
        {"file", 1024, WALK_BYTES, NULL},
        {"magic cookie", 32, WALK_HEX, NULL},
    };
    size_t first = w->at;

    walk_layer(w, "DHCP", "RFC 2131 2");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    walk_mean(w, "flags", "%s", walk_u16(w, first + 10) & 0x8000 ? "answer by broadcast" : "");
    walk_mean(w, "yiaddr", "your address");
    walk_mean(w, "ciaddr", "the client's address, where it has one");
    walk_mean(w, "giaddr", "the relay between them");
    if (walk_u32(w, first + 236) != 0x63825363) {
        walk_wrong(w, "magic cookie", "expected 0x63825363: these are no options of DHCP");
        return;
    }
    while (walk_has(w, w->at + 1)) {
        unsigned code = walk_u8(w, w->at), len = walk_u8(w, w->at + 1);
        size_t at = w->at;

        if (code == 0 || code == 255) {
            walk_field(w, "Option", code == 0 ? 1 : w->end - at, "%u", code);
            walk_mean(w, "Option", "%s", code == 0 ? "padding" : "end of options");
            continue;
        }
        if (at + 2 + len > w->end) {
            walk_field(w, "Option", w->end - at, "%u", code);
            walk_wrong(w, "Option", "its length %u does not fit", len);
            return;
        }
        walk_field(w, "Option", 2 + len, "%u", code);
        dhcp4_value(w, at, code, len);
    }
}

void walk_dhcp6(struct walk *w) {
    static const struct walk_name types[] = {
        {1, "SOLICIT: which servers are there?"},
        {2, "ADVERTISE"},
        {3, "REQUEST"},
        {4, "CONFIRM"},
        {5, "RENEW"},
        {6, "REBIND"},
        {7, "REPLY"},
        {8, "RELEASE"},
        {9, "DECLINE"},
        {10, "RECONFIGURE"},
        {11, "INFORMATION-REQUEST"},
        {12, "RELAY-FORW"},
        {13, "RELAY-REPL"},
        {0, NULL},
    };
    static const struct walk_name names[] = {
        {1, "client identifier"},
        {2, "server identifier"},
        {3, "addresses (IA_NA)"},
        {4, "temporary addresses (IA_TA)"},
        {5, "address"},
        {6, "wanted options"},
        {7, "preference"},
        {8, "time since the client began"},
        {13, "status"},
        {14, "rapid commit"},
        {23, "nameservers"},
        {24, "search list"},
        {25, "prefixes (IA_PD)"},
        {32, "refresh time"},
        {82, "largest time between SOLICITs"},
        {0, NULL},
    };
    static const struct walk_row rows[] = {
        {"msg-type", 8, WALK_DEC, types},
        {"transaction-id", 24, WALK_HEX, NULL},
    };

    if (w->at >= w->end) {
        return;
    }
    walk_layer(w, "DHCPv6", "RFC 8415 8");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    while (walk_has(w, w->at + 4)) {
        unsigned code = walk_u16(w, w->at), len = walk_u16(w, w->at + 2);

        if (w->at + 4 + len > w->end) {
            walk_field(w, "Option", w->end - w->at, "%u", code);
            walk_wrong(w, "Option", "its length %u does not fit", len);
            return;
        }
        walk_field(w, "Option", 4 + len, "%u", code);
        walk_mean(w, "Option", "%s", walk_named(names, code));
    }
}
