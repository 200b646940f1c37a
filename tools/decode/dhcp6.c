/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6.c - DHCP for IPv6 (RFC 8415) with its prefixes, relays and the options that hosts ask for
 *
 * Options hold options, and relays hold messages: how deep is counted. An option that says more than
 * there is ends its list with "[|dhcp6]", the lists around it go on.
 */
#include "tools/decode/dec.h"

enum {
    CLIENT_ID = 1,
    SERVER_ID,
    IA_NA,
    IA_TA,
    IA_ADDR,
    REQUESTED,
    PREFERENCE,
    ELAPSED,
    RELAYED,
    AUTHENTICATION = 11,
    STATUS = 13,
    INTERFACE = 18,
    RECONFIGURE = 19,
    SIP_DOMAIN = 21,
    SIP_ADDRESS = 22,
    DNS_SERVER = 23,
    DNS_DOMAIN = 24,
    IA_PD = 25,
    IA_PREFIX = 26,
    NIS = 27,
    NISP = 28,
    SNTP = 31,
    LIFETIME = 32,
    BCMCS = 34,
    REMOTE = 37,
    SUBSCRIBER = 38,
    PANA = 40,
    ZONE = 41,
    ZONE_NAME = 42,
    ECHOED = 43,
    LEASE_QUERY = 44,
    CLIENT_DATA = 45,
    CLT_TIME = 46,
    RELAY_DATA = 47,
    LINK = 48,
    NTP = 56,
    AFTR_NAME = 64,
    MUD_URL = 112,
};

static const struct dec_word types[] = {
    {1, "solicit"},      {2, "advertise"},   {3, "request"},
    {4, "confirm"},      {5, "renew"},       {6, "rebind"},
    {7, "reply"},        {8, "release"},     {9, "decline"},
    {10, "reconfigure"}, {11, "inf-req"},    {12, "relay-fwd"},
    {13, "relay-reply"}, {14, "leasequery"}, {15, "leasequery-reply"},
};
static const struct dec_word options[] = {
    {1, "client-ID"},
    {2, "server-ID"},
    {3, "IA_NA"},
    {4, "IA_TA"},
    {5, "IA_ADDR"},
    {6, "option-request"},
    {7, "preference"},
    {8, "elapsed-time"},
    {9, "relay-message"},
    {11, "authentication"},
    {12, "server-unicast"},
    {13, "status-code"},
    {14, "rapid-commit"},
    {15, "user-class"},
    {16, "vendor-class"},
    {17, "vendor-specific-info"},
    {18, "interface-ID"},
    {19, "reconfigure-message"},
    {20, "reconfigure-accept"},
    {21, "SIP-servers-domain"},
    {22, "SIP-servers-address"},
    {23, "DNS-server"},
    {24, "DNS-search-list"},
    {25, "IA_PD"},
    {26, "IA_PD-prefix"},
    {27, "NIS-server"},
    {28, "NIS+-server"},
    {29, "NIS-domain-name"},
    {30, "NIS+-domain-name"},
    {31, "SNTP-servers"},
    {32, "lifetime"},
    {33, "BCMCS-domain-name"},
    {34, "BCMCS-server"},
    {36, "Geoconf-Civic"},
    {37, "Remote-ID"},
    {38, "Subscriber-ID"},
    {39, "Client-FQDN"},
    {40, "PANA-agent"},
    {41, "POSIX-timezone"},
    {42, "POSIX-tz-database"},
    {43, "Echo-request-option"},
    {44, "Lease-query"},
    {45, "LQ-client-data"},
    {46, "Clt-time"},
    {47, "LQ-relay-data"},
    {48, "LQ-client-link"},
    {56, "NTP-server"},
    {64, "AFTR-Name"},
    {112, "MUD-URL"},
};
static const struct dec_word codes[] = {
    {0, "Success"},        {1, "UnspecFail"},    {2, "NoAddrsAvail"},  {3, "NoBinding"},
    {4, "NotOnLink"},      {5, "UseMulticast"},  {6, "NoPrefixAvail"}, {7, "UnknownQueryType"},
    {8, "MalformedQuery"}, {9, "NotConfigured"}, {10, "NotAllowed"},
};

static void message_print(struct decode *d, size_t off, size_t len);
static void options_print(struct decode *d, size_t off, size_t len);

/* Who somebody is: by hardware address and time, by a vendor's number, by hardware address. */
static void duid_print(struct decode *d, size_t off, unsigned len) {
    if (len < 2) {
        DEC_LIT(d, " ?)");
        return;
    }
    unsigned type = dec_u16(d, off);

    if (type == 1 && len >= 6) {
        dec_fmt(d, " hwaddr/time type %u time %u ", dec_u16(d, off + 2), dec_u32(d, off + 4));
        dec_hex_bytes(d, off + 8, len > 8 ? len - 8 : 0);
    } else if (type == 2 && len >= 10) {
        DEC_LIT(d, " vid ");
        dec_hex_bytes(d, off + 2, len - 2 < 8 ? len - 2 : 8);
    } else if (type == 3 && len >= 4) {
        dec_fmt(d, " hwaddr type %u ", dec_u16(d, off + 2));
        dec_hex_bytes(d, off + 4, len - 4);
    } else if (type >= 1 && type <= 3) {
        DEC_LIT(d, " ?");
    } else {
        dec_fmt(d, " type %u", type);
    }
    DEC_LIT(d, ")");
}

/* An association with its options. @head: bytes before those. */
static void association_print(struct decode *d, uint16_t code, size_t off, unsigned len) {
    unsigned head = code == IA_TA ? 4 : 12;

    if (len < head) {
        DEC_LIT(d, " ?)");
        return;
    }
    dec_fmt(d, " IAID:%u", dec_u32(d, off));
    if (code != IA_TA) {
        dec_fmt(d, " T1:%u T2:%u", dec_u32(d, off + 4), dec_u32(d, off + 8));
    }
    options_print(d, off + head, len - head);
    DEC_LIT(d, ")");
}

static void address_print(struct decode *d, uint16_t code, size_t off, unsigned len) {
    unsigned head = code == IA_ADDR ? 24 : 25;

    if (len < head) {
        DEC_LIT(d, " ?)");
        return;
    }
    if (code == IA_ADDR) {
        dec_ip6_behind(d, " ", off);
        off += 16;
        dec_fmt(d, " pltime:%u vltime:%u", dec_u32(d, off), dec_u32(d, off + 4));
        off += 8;
    } else {
        dec_ip6_behind(d, " ", off + 9);
        dec_fmt(d, "/%u pltime:%u vltime:%u", dec_u8(d, off + 8), dec_u32(d, off),
                dec_u32(d, off + 4));
        off += 25;
    }
    options_print(d, off, len - head);
    DEC_LIT(d, ")");
}

static void list_print(struct decode *d, uint16_t code, size_t off, unsigned len) {
    unsigned size = code == REQUESTED || code == ECHOED ? 2 : 16;

    if (len % size != 0) {
        DEC_LIT(d, " ?)");
        return;
    }
    for (unsigned i = 0; i < len && !d->stopped; i += size) {
        if (size == 16) {
            dec_ip6_behind(d, " ", off + i);
        } else {
            DEC_LIT(d, " ");
            DEC_WORD_OR(d, options, dec_u16(d, off + i), "opt_%u");
        }
    }
    DEC_LIT(d, ")");
}

/* Returns what follows the name, or 0: it ends beyond what is there. @end: the option's. */
static size_t name_print(struct decode *d, size_t off, size_t end) {
    DEC_LIT(d, " ");
    off = dns_name_print(d, off, end, d->snap);
    if (d->stopped) {
        dec_go_on(d);
        return 0;
    }
    if (off == 0) {
        DEC_LIT(d, " [|dhcp6]");
    }
    return off;
}

static bool names_print(struct decode *d, size_t off, unsigned len) {
    for (size_t end = off + len; off < end;) {
        off = name_print(d, off, end);
        if (off == 0) {
            return false;
        }
    }
    DEC_LIT(d, ")");
    return true;
}

static void number_print(struct decode *d, uint16_t code, size_t off, unsigned len) {
    unsigned size = code == PREFERENCE ? 1 : code == ELAPSED ? 2 : 4;

    if (len != size) {
        DEC_LIT(d, " ?)");
        return;
    }
    dec_fmt(d, " %u)", size == 1 ? dec_u8(d, off) : size == 2 ? dec_u16(d, off) : dec_u32(d, off));
}

static void status_print(struct decode *d, uint16_t code, size_t off, unsigned len) {
    if (code == STATUS) {
        if (len < 2) {
            DEC_LIT(d, " ?)");
            return;
        }
        uint16_t status = dec_u16(d, off);

        DEC_LIT(d, " ");
        if (status < 256) {
            DEC_WORD_OR(d, codes, status, "code%u");
        } else {
            DEC_LIT(d, "INVALID code");
        }
    } else {
        if (len != 1) {
            DEC_LIT(d, " ?)");
            return;
        }
        uint8_t what = dec_u8(d, off);

        dec_fmt(d,
                what == 5    ? " for renew"
                : what == 11 ? " for inf-req"
                             : " for ?\?\?(%02x)",
                what);
    }
    DEC_LIT(d, ")");
}

/* Who vouches, how, and the counter against replays (RFC 8415 21.11); what it says is not taken apart. */
static void authentication_print(struct decode *d, size_t off, unsigned len) {
    static const struct dec_word protocols[] = {{2, "delayed"}, {3, "reconfigure"}};

    if (len < 11) {
        DEC_LIT(d, " ?)");
        return;
    }
    uint8_t algorithm = d->data[off + 1], replay = d->data[off + 2];

    DEC_LIT(d, " proto: ");
    DEC_WORD_OR(d, protocols, d->data[off], "%u");
    dec_fmt(d, algorithm == 1 ? ", alg: HMAC-MD5" : ", alg: %u", algorithm);
    dec_fmt(d, replay == 0 ? ", RDM: mono" : ", RDM: %u", replay);
    DEC_LIT(d, ", RD:");
    for (unsigned i = 3; i < 11; i += 2) {
        dec_fmt(d, " %04x", dec_u16(d, off + i));
    }
    DEC_LIT(d, " ?\?)");
}

/* Questions of and about leases (RFC 5007). */
static void query_print(struct decode *d, uint16_t code, size_t off, unsigned len) {
    static const struct dec_word kinds[] = {{1, "by-address"}, {2, "by-clientID"}};
    unsigned least = code == LEASE_QUERY ? 17 : code == RELAY_DATA ? 16 : 0;

    if (len < least) {
        DEC_LIT(d, " ?)");
        return;
    }
    if (code == RELAY_DATA) {
        dec_ip6_behind(d, " ", off);
        DEC_LIT(d, " ");
        dec_hex_bytes(d, off + 16, len - 16 < 10 ? len - 16 : 10);
        DEC_LIT(d, "...)");
        return;
    }
    if (code == LEASE_QUERY) {
        DEC_LIT(d, " ");
        DEC_WORD_OR(d, kinds, d->data[off], "type_%u");
        dec_ip6_behind(d, " ", off + 1);
    }
    options_print(d, off + least, len - least);
    DEC_LIT(d, ")");
}

/* Time servers: by address, by group, by name (RFC 5908). */
static bool ntp_print(struct decode *d, size_t off, unsigned len) {
    size_t end = off + len;

    if (len < 4) {
        DEC_LIT(d, " ?)");
        return true;
    }
    while (end - off > 4) {
        uint16_t kind = dec_u16(d, off), size = dec_u16(d, off + 2);

        off += 4;
        if (size > end - off) {
            DEC_LIT(d, " [|dhcp6]");
            return false;
        }
        dec_fmt(d, " subopt:%u", kind);
        if ((kind == 1 || kind == 2) && size == 16) {
            dec_ip6_behind(d, " ", off);
        } else if (kind == 3) {
            if (name_print(d, off, off + size) == 0) {
                return false;
            }
        } else {
            DEC_LIT(d, " ?");
        }
        off += size;
    }
    DEC_LIT(d, ")");
    return true;
}

/* The name of who carries IPv4 for us (RFC 6334). */
static void aftr_print(struct decode *d, size_t off, unsigned len) {
    if (len < 3) {
        DEC_LIT(d, " ?)");
        return;
    }
    DEC_LIT(d, " ");
    while (len > 0 && d->data[off] != 0) {
        unsigned n = d->data[off++];

        if (n + 1 >= len) {
            DEC_LIT(d, " ?");
            break;
        }
        dec_text(d, off, n);
        off += n;
        len -= n + 1;
        if (d->data[off] != 0) {
            DEC_LIT(d, ".");
        }
    }
    DEC_LIT(d, ")");
}

static void opaque_print(struct decode *d, size_t off, unsigned len) {
    DEC_LIT(d, " ");
    dec_hex_bytes(d, off, len < 10 ? len : 10);
    DEC_LIT(d, "...)");
}

/* False: nothing of the list follows. */
static bool option_print(struct decode *d, uint16_t code, size_t off, unsigned len) {
    switch (code) {
    case CLIENT_ID:
    case SERVER_ID:
        duid_print(d, off, len);
        break;
    case IA_NA:
    case IA_TA:
    case IA_PD:
        association_print(d, code, off, len);
        break;
    case IA_ADDR:
    case IA_PREFIX:
        address_print(d, code, off, len);
        break;
    case REQUESTED:
    case ECHOED:
    case SIP_ADDRESS:
    case DNS_SERVER:
    case NIS:
    case NISP:
    case SNTP:
    case BCMCS:
    case PANA:
    case LINK:
        list_print(d, code, off, len);
        break;
    case DNS_DOMAIN:
    case SIP_DOMAIN:
        return names_print(d, off, len);
    case PREFERENCE:
    case ELAPSED:
    case LIFETIME:
    case CLT_TIME:
        number_print(d, code, off, len);
        break;
    case STATUS:
    case RECONFIGURE:
        status_print(d, code, off, len);
        break;
    case RELAYED:
        DEC_LIT(d, " (");
        message_print(d, off, len);
        d->proto = "dhcp6";
        DEC_LIT(d, ")");
        break;
    case INTERFACE:
    case SUBSCRIBER:
        opaque_print(d, off, len);
        break;
    case REMOTE:
        if (len < 4) {
            DEC_LIT(d, " ?)");
        } else {
            dec_fmt(d, " %u", dec_u32(d, off));
            opaque_print(d, off + 4, len - 4);
        }
        break;
    case ZONE:
    case ZONE_NAME:
    case MUD_URL:
        if (len < 5) {
            DEC_LIT(d, " ?)");
        } else {
            DEC_LIT(d, " ");
            for (size_t end = off + len; off < end && d->data[off] != 0; off++) {
                dec_char(d, d->data[off]);
            }
            DEC_LIT(d, ")");
        }
        break;
    case AUTHENTICATION:
        authentication_print(d, off, len);
        break;
    case LEASE_QUERY:
    case CLIENT_DATA:
    case RELAY_DATA:
        query_print(d, code, off, len);
        break;
    case NTP:
        return ntp_print(d, off, len);
    case AFTR_NAME:
        aftr_print(d, off, len);
        break;
    default:
        DEC_LIT(d, ")");
    }
    return true;
}

static void options_print(struct decode *d, size_t off, size_t len) {
    if (len == 0 || d->stopped) {
        return;
    }
    if (d->depth >= 3 * DEC_DEPTH_MAX) {
        dec_invalid(d);
        return;
    }
    d->depth++;
    for (size_t end = off + len; off < end && off < d->snap && !d->stopped;) {
        uint16_t size = end - off >= 4 && dec_has(d, off, 4) ? rd_load16(d->data + off + 2) : 0;

        if (end - off < 4 || size > end - off - 4 || !dec_has(d, off, 4u + size)) {
            DEC_LIT(d, " [|dhcp6]");
            break;
        }
        uint16_t code = dec_u16(d, off);

        DEC_LIT(d, " (");
        DEC_WORD_OR(d, options, code, "opt_%u");
        if (!option_print(d, code, off + 4, size)) {
            break;
        }
        off += 4u + size;
    }
    d->depth--;
}

static void relay_print(struct decode *d, size_t off, size_t len) {
    DEC_LIT(d, " (");
    dec_ip6_behind(d, "linkaddr=", off + 2);
    dec_ip6_behind(d, " peeraddr=", off + 18);
    options_print(d, off + 34, len > 34 ? len - 34 : 0);
    DEC_LIT(d, ")");
}

static void message_print(struct decode *d, size_t off, size_t len) {
    d->proto = "dhcp6";
    DEC_LIT(d, "dhcp6");
    if (len < 4 || !dec_has(d, off, 4)) {
        DEC_LIT(d, " [|dhcp6]");
        return;
    }
    uint8_t type = dec_u8(d, off);

    DEC_LIT(d, " ");
    DEC_WORD_OR(d, types, type, "msgtype-%u");
    if (d->o.verbose == 0) {
        return;
    }
    if (type == 12 || type == 13) {
        relay_print(d, off, len);
        return;
    }
    dec_fmt(d, " (xid=%x", dec_u24(d, off + 1));
    options_print(d, off + 4, len - 4);
    DEC_LIT(d, ")");
}

void dhcp6_print(struct decode *d, size_t off, size_t len) {
    message_print(d, off, len);
}
