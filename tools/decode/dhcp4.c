/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4.c - BOOTP (RFC 951) and DHCP (RFC 2131) with the options of RFC 2132 and later ones
 */
#include "tools/decode/dec.h"

enum { NAME_AT = 44, FILE_AT = 108, VENDOR_AT = 236, COOKIE = 0x63825363 };
enum { OVERLOAD = 52, MESSAGE = 53, REQUESTED = 55, CLIENT_ID = 61, USER_CLASS = 77, FQDN = 81 };
enum { AGENT = 82, NODE = 46, ROUTES = 121, ROUTES_OLD = 249, PAD = 0, END = 255 };

/*
 * How an option's bytes are shown: i addresses, p pairs of them, a text, s and l numbers of two and
 * four bytes, S signed ones of four, B yes or no, b bytes, $ each in a way of its own.
 */
static const struct {
    uint8_t code;
    char kind;
    const char *name;
} options[] = {
    {1, 'i', "Subnet-Mask"},
    {2, 'S', "Time-Zone"},
    {3, 'i', "Default-Gateway"},
    {4, 'i', "Time-Server"},
    {5, 'i', "IEN-Name-Server"},
    {6, 'i', "Domain-Name-Server"},
    {7, 'i', "LOG"},
    {8, 'i', "CS"},
    {9, 'i', "LPR-Server"},
    {10, 'i', "IM"},
    {11, 'i', "RL"},
    {12, 'a', "Hostname"},
    {13, 's', "BS"},
    {14, 'a', "DP"},
    {15, 'a', "Domain-Name"},
    {16, 'i', "SS"},
    {17, 'a', "RP"},
    {18, 'a', "EP"},
    {19, 'B', "IPF"},
    {20, 'B', "SRT"},
    {21, 'p', "PF"},
    {22, 's', "RSZ"},
    {23, 'b', "TTL"},
    {24, 'l', "MTU-Timeout"},
    {25, 's', "MTU-Table"},
    {26, 's', "MTU"},
    {27, 'B', "LSN"},
    {28, 'i', "BR"},
    {29, 'B', "MD"},
    {30, 'B', "MS"},
    {31, 'B', "Router-Discovery"},
    {32, 'i', "RSA"},
    {33, 'p', "Static-Route"},
    {34, 'B', "UT"},
    {35, 'l', "AT"},
    {36, 'B', "IE"},
    {37, 'b', "TT"},
    {38, 'l', "KI"},
    {39, 'B', "KG"},
    {40, 'a', "YD"},
    {41, 'i', "YS"},
    {42, 'i', "NTP"},
    {43, 'b', "Vendor-Option"},
    {44, 'i', "Netbios-Name-Server"},
    {45, 'i', "WDD"},
    {46, '$', "Netbios-Node"},
    {47, 'a', "Netbios-Scope"},
    {48, 'i', "XFS"},
    {49, 'i', "XDM"},
    {50, 'i', "Requested-IP"},
    {51, 'l', "Lease-Time"},
    {52, '$', "OO"},
    {53, '$', "DHCP-Message"},
    {54, 'i', "Server-ID"},
    {55, '$', "Parameter-Request"},
    {56, 'a', "MSG"},
    {57, 's', "MSZ"},
    {58, 'l', "RN"},
    {59, 'l', "RB"},
    {60, 'a', "Vendor-Class"},
    {61, '$', "Client-ID"},
    {64, 's', "N+D"},
    {65, 'i', "N+S"},
    {66, 'a', "TFTP"},
    {67, 'a', "BF"},
    {68, 'i', "MH"},
    {69, 'i', "SMTP"},
    {70, 'i', "POP3"},
    {71, 'i', "NNTP"},
    {72, 'i', "WWW"},
    {73, 'i', "FG"},
    {74, 'i', "IRC"},
    {75, 'i', "STS"},
    {76, 'i', "STDA"},
    {77, '$', "User-Class"},
    {78, 'b', "SLP-DA"},
    {79, 'b', "SLP-SCOPE"},
    {80, 'a', "SLP-NA"},
    {81, '$', "FQDN"},
    {82, '$', "Agent-Information"},
    {83, 'b', "ARMT"},
    {88, 'a', "TZSTR"},
    {89, 'b', "FQDNS"},
    {90, 'b', "AUTH"},
    {91, 'S', "Last-Transaction-Time"},
    {92, 'i', "Associated-IP"},
    {93, 's', "ARCH"},
    {94, 'b', "NDI"},
    {95, 'a', "LDAP"},
    {97, 'b', "GUID"},
    {98, 'a', "UAP"},
    {100, 'a', "POSIX-TZ"},
    {101, 'a', "TZ-Name"},
    {112, 'i', "NI"},
    {113, 'a', "NITAG"},
    {114, 'a', "URL"},
    {116, 'B', "NOAUTO"},
    {117, 's', "NSSEARCH"},
    {118, 'i', "SUBNET"},
    {121, '$', "Classless-Static-Route"},
    {150, 'i', "TFTP-Server-Address"},
    {161, 'a', "MUD-URL"},
    {249, '$', "Classless-Static-Route-Microsoft"},
};

static const struct dec_word messages[] = {
    {1, "Discover"},         {2, "Offer"},         {3, "Request"},
    {4, "Decline"},          {5, "ACK"},           {6, "NACK"},
    {7, "Release"},          {8, "Inform"},        {10, "LeaseQuery"},
    {11, "LeaseUnassigned"}, {12, "LeaseUnknown"}, {13, "LeaseActive"},
};
static const struct dec_word nodes[] = {{1, "b-node"}, {2, "p-node"}, {4, "m-node"}, {8, "h-node"}};
static const struct dec_word overloads[] = {{1, "file"}, {2, "sname"}, {3, "file+sname"}};
static const struct dec_word agents[] = {{1, "Circuit-ID"}, {2, "Remote-ID"}, {6, "Subscriber-ID"}};
static const struct dec_word fqdn_bits[] = {{1, "S"}, {2, "O"}, {4, "E"}, {8, "N"}};

static int find(uint8_t code) {
    for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (options[i].code == code) {
            return (int)i;
        }
    }
    return -1;
}

static void quoted(struct decode *d, size_t off, size_t len) {
    DEC_LIT(d, "\"");
    dec_text(d, off, len);
    DEC_LIT(d, "\"");
}

/* The kinds of equal pieces: returns how many bytes are left over. */
static unsigned pieces_print(struct decode *d, char kind, size_t off, unsigned len) {
    unsigned size = kind == 'p' ? 8 : kind == 's' ? 2 : kind == 'b' || kind == 'B' ? 1 : 4;

    for (unsigned i = 0; i + size <= len; i += size) {
        size_t at = off + i;

        if (i > 0) {
            dec_chr(d, kind == 'b' ? '.' : ',');
        }
        switch (kind) {
        case 'i':
            dec_ip4_at(d, at);
            break;
        case 'p':
            dec_ip4_behind(d, "(", at);
            dec_ip4_behind(d, ":", at + 4);
            DEC_LIT(d, ")");
            break;
        case 's':
            dec_num(d, dec_u16(d, at));
            break;
        case 'l':
            dec_num(d, dec_u32(d, at));
            break;
        case 'S':
            dec_fmt(d, "%d", (int)dec_u32(d, at));
            break;
        case 'B': {
            uint8_t v = dec_u8(d, at);

            dec_fmt(d, v == 0 ? "N" : v == 1 ? "Y" : "%u?", v);
            break;
        }
        default:
            dec_num(d, dec_u8(d, at));
        }
    }
    return len % size;
}

static void requested_print(struct decode *d, size_t off, unsigned len) {
    for (unsigned i = 0; i < len && !d->stopped; i++) {
        uint8_t code = dec_u8(d, off + i);
        int known = find(code);

        dec_str(d, i % 4 == 0 ? "\n\t      " : ", ");
        const char *name = code == PAD   ? "PAD"
                           : code == END ? "END"
                           : known < 0   ? "Unknown"
                                         : options[known].name;

        dec_fmt(d, "%s (%u)", name, code);
    }
}

static void client_id_print(struct decode *d, size_t off, unsigned len) {
    uint8_t type = dec_u8(d, off);

    if (type == 0) {
        quoted(d, off + 1, len - 1);
        return;
    }
    if (type == 1) {
        DEC_LIT(d, "ether ");
    } else {
        dec_fmt(d, "hardware-type %u, ", type);
    }
    for (unsigned i = 1; i < len && !d->stopped; i++) {
        dec_str(d, i > 1 ? ":" : "");
        dec_hex(d, dec_u8(d, off + i), 2);
    }
}

static void fqdn_print(struct decode *d, size_t off, unsigned len) {
    uint8_t flags = dec_u8(d, off), a = dec_u8(d, off + 1), b = dec_u8(d, off + 2);

    if (flags >> 4 != 0) {
        dec_fmt(d, "[ERROR: MBZ nibble 0x%x != 0] ", flags >> 4);
    }
    if ((flags & 15) != 0) {
        DEC_LIT(d, "[");
        dec_bits(d, fqdn_bits, 4, flags, "none", "");
        DEC_LIT(d, "] ");
    }
    if (a != 0 || b != 0) {
        dec_fmt(d, "%u/%u ", a, b);
    }
    quoted(d, off + 3, len - 3);
}

static unsigned agent_print(struct decode *d, size_t off, unsigned len) {
    while (len >= 2 && !d->stopped) {
        uint8_t code = dec_u8(d, off), size = dec_u8(d, off + 1);

        off += 2;
        len -= 2;
        const char *word = DEC_WORD(agents, code);

        dec_fmt(d, "\n\t      %s SubOption %u, length %u: ", word != NULL ? word : "Unknown", code,
                size);
        if (size > len) {
            DEC_LIT(d, "length goes past end of option");
            return 0;
        }
        if (code == 1 || code == 2 || code == 6) {
            dec_text(d, off, size);
        } else if (word == NULL) {
            dec_dump_inner(d, "\n\t\t", off, size);
        }
        off += size;
        len -= size;
    }
    return len;
}

/* RFC 3442: as many bytes of the prefix as its length needs, then the gateway. */
static void routes_print(struct decode *d, size_t off, unsigned len) {
    for (bool first = true; len > 0 && !d->stopped; first = false) {
        unsigned bits = dec_u8(d, off), bytes = (bits + 7) / 8;

        dec_str(d, first ? "" : ",");
        if (bits > 32) {
            dec_fmt(d, "[ERROR: Mask width (%u) > 32]", bits);
            return;
        }
        if (1 + bytes + 4 > len) {
            dec_fmt(d, "[ERROR: Remaining length (%u) < %u bytes]", len - 1, bytes + 4);
            return;
        }
        const uint8_t *p = dec_bytes(d, off + 1, bytes);
        uint8_t prefix[4] = {0};

        if (p == NULL) {
            return;
        }
        memcpy(prefix, p, bytes);
        if (bits == 0) {
            DEC_LIT(d, "(default");
        } else {
            dec_fmt(d, "(%u.%u.%u.%u/%u", prefix[0], prefix[1], prefix[2], prefix[3], bits);
        }
        dec_ip4_behind(d, ":", off + 1 + bytes);
        DEC_LIT(d, ")");
        off += 5 + bytes;
        len -= 5 + bytes;
    }
}

static void classes_print(struct decode *d, size_t off, unsigned len) {
    for (unsigned n = 1; len > 0 && !d->stopped; n++) {
        unsigned size = dec_u8(d, off);

        dec_fmt(d, "\n\t      instance#%u: ", n);
        if (size == 0 || size > len - 1) {
            dec_str(d, size == 0 ? "[ERROR: suboption length must be non-zero]"
                                 : "[ERROR: invalid option]");
            return;
        }
        quoted(d, off + 1, size);
        dec_fmt(d, ", length %u", size);
        off += 1 + size;
        len -= 1 + size;
    }
}

/* Those with ways of their own. Returns how many bytes are left over. */
static unsigned special_print(struct decode *d, uint8_t code, size_t off, unsigned len) {
    switch (code) {
    case MESSAGE:
        if (len != 1) {
            return pieces_print(d, 'b', off, len);
        }
        DEC_WORD_OR(d, messages, dec_u8(d, off), "Unknown (%u)");
        return 0;
    case NODE:
        DEC_WORD_OR(d, nodes, dec_u8(d, off), "#%u");
        return len - 1;
    case OVERLOAD:
        DEC_WORD_OR(d, overloads, dec_u8(d, off), "#%u");
        return len - 1;
    case REQUESTED:
        requested_print(d, off, len);
        return 0;
    case CLIENT_ID:
        client_id_print(d, off, len);
        return 0;
    case FQDN:
        fqdn_print(d, off, len);
        return 0;
    case AGENT:
        return agent_print(d, off, len);
    case USER_CLASS:
        classes_print(d, off, len);
        return 0;
    default:
        routes_print(d, off, len);
        return 0;
    }
}

/* What those with ways of their own need, in bytes. */
static unsigned min_size(uint8_t code) {
    switch (code) {
    case NODE:
    case OVERLOAD:
    case CLIENT_ID:
        return 1;
    case USER_CLASS:
        return 2;
    case FQDN:
        return 3;
    case ROUTES:
    case ROUTES_OLD:
        return 5;
    default:
        return 0;
    }
}

static void option_print(struct decode *d, uint8_t code, size_t off, unsigned len) {
    int known = find(code);
    char kind = known < 0 ? '?' : options[known].kind;
    unsigned left = 0;

    if (kind == '?') {
        kind = (len & 1) != 0 ? 'b' : (len & 2) != 0 ? 's' : 'l';
    }
    unsigned min = min_size(code);

    if (len < min) {
        dec_fmt(d, "[ERROR: length < %u bytes]", min);
        return;
    }
    if (len == 0) {
        if (kind == 'a') {
            DEC_LIT(d, "\"\"");
        }
        return;
    }
    if (kind == '$') {
        left = special_print(d, code, off, len);
    } else if (kind == 'a') {
        quoted(d, off, len);
    } else {
        left = pieces_print(d, kind, off, len);
    }
    if (left > 0) {
        dec_fmt(d, "\n\t  trailing data length %u", left);
    }
}

static void options_print(struct decode *d, size_t off) {
    while (off < d->snap && !d->stopped) {
        uint8_t code = d->data[off++];
        int known = find(code);
        unsigned times = 1;

        if (code == PAD || code == END) {
            for (; code == PAD && off < d->snap && dec_u8(d, off) == PAD; off++) {
                times++;
            }
            if (d->o.verbose > 2) {
                dec_str(d,
                        code == PAD ? "\n\t    PAD (0), length 0" : "\n\t    END (255), length 0");
                if (times > 1) {
                    dec_fmt(d, ", occurs %u", times);
                }
            }
            continue; /* behind the end are pads, unless somebody hides something there */
        }
        unsigned len = dec_u8(d, off++);

        if (d->stopped) {
            return;
        }

        dec_fmt(d, "\n\t    %s (%u), length %u%s", known < 0 ? "Unknown" : options[known].name,
                code, len, len > 0 ? ": " : "");
        if (dec_here(d, off, len)) {
            option_print(d, code, off, len);
        }
        off += len;
    }
}

static void field_print(struct decode *d, const char *name, size_t off) {
    if (dec_u32(d, off) != 0) {
        dec_ip4_behind(d, name, off);
    }
}

/* Text that ends at a zero or where its field does. */
static void string_print(struct decode *d, const char *name, size_t off, size_t cap) {
    if (dec_u8(d, off) == 0) {
        return;
    }
    size_t left = d->snap - off;
    const uint8_t *end = memchr(d->data + off, 0, left < cap ? left : cap);

    dec_str(d, name);
    DEC_LIT(d, "\"");
    dec_text(d, off, end != NULL ? (size_t)(end - d->data) - off : left < cap ? left : cap);
    DEC_LIT(d, "\"");
    if (end == NULL) {
        dec_cut(d);
    }
}

static void fields_print(struct decode *d, size_t off, bool ether) {
    if (!dec_here(d, off, 10)) {
        return;
    }
    uint8_t hops = dec_u8(d, off + 3), htype = dec_u8(d, off + 1), hlen = dec_u8(d, off + 2);

    if (htype != 1) {
        dec_fmt(d, ", htype %u", htype);
    }
    if (hlen != 6 || htype != 1) {
        dec_fmt(d, ", hlen %u", hlen);
    }
    if (hops != 0) {
        dec_fmt(d, ", hops %u", hops);
    }
    if (dec_u32(d, off + 4) != 0) {
        dec_fmt(d, ", xid 0x%x", dec_u32(d, off + 4));
    }
    if (dec_u16(d, off + 8) != 0) {
        dec_fmt(d, ", secs %u", dec_u16(d, off + 8));
    }
    uint16_t flags = dec_u16(d, off + 10);

    dec_fmt(d, ", Flags [%s]", (flags & 0x8000) != 0 ? "Broadcast" : "none");
    if (d->o.verbose > 1) {
        dec_fmt(d, " (0x%04x)", flags);
    }
    field_print(d, "\n\t  Client-IP ", off + 12);
    field_print(d, "\n\t  Your-IP ", off + 16);
    field_print(d, "\n\t  Server-IP ", off + 20);
    field_print(d, "\n\t  Gateway-IP ", off + 24);
    if (ether && dec_bytes(d, off + 28, 6) != NULL) {
        DEC_LIT(d, "\n\t  Client-Ethernet-Address ");
        dec_mac(d, off + 28);
    }
    string_print(d, "\n\t  sname ", off + NAME_AT, 64);
    string_print(d, "\n\t  file ", off + FILE_AT, 128);
}

void dhcp4_print(struct decode *d, size_t off, size_t len) {
    static const struct dec_word operations[] = {{1, "Request"}, {2, "Reply"}};

    d->proto = "bootp";
    uint8_t op = dec_u8(d, off);

    DEC_LIT(d, "BOOTP/DHCP, ");
    DEC_WORD_OR(d, operations, op, "unknown (0x%02x)");
    uint8_t htype = dec_u8(d, off + 1), hlen = dec_u8(d, off + 2);
    bool ether = htype == 1 && hlen == 6;

    if (ether && op == 1 && dec_bytes(d, off + 28, 6) != NULL) {
        DEC_LIT(d, " from ");
        dec_mac(d, off + 28);
    }
    dec_fmt(d, ", length %zu", len);
    if (d->o.verbose == 0) {
        return;
    }
    fields_print(d, off, ether);
    if (!dec_here(d, off + VENDOR_AT, 4)) {
        return;
    }
    uint32_t cookie = dec_u32(d, off + VENDOR_AT);

    if (cookie == COOKIE) {
        DEC_LIT(d, "\n\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x63825363");
        options_print(d, off + VENDOR_AT + 4);
    } else if (cookie != 0) {
        dec_fmt(d, "\n\t  Vendor-#0x%x", cookie);
    }
}
