/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * transport.c - TCP with its options, UDP, and who speaks behind them
 */
#include "tools/explain/walk.h"

#include "base/csum.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <inttypes.h>
#include <string.h>

/* ---- TCP ---- */

static void tcp_flags(struct walk *w, unsigned flags) {
    static const struct {
        const char *name;
        unsigned bit;
        const char *set;
    } texts[] = {
        {"CWR", 0x80, "set: the sender has slowed down (RFC 3168)"},
        {"ECE", 0x40, "set: congestion was marked (RFC 3168)"},
        {"URG", 0x20, "set: the urgent pointer counts"},
        {"ACK", 0x10, "set: the acknowledgement number counts"},
        {"PSH", 0x08, "set: give the data to the application"},
        {"RST", 0x04, "set: the connection is reset"},
        {"SYN", 0x02, "set: begins a connection; the sequence number is its first"},
        {"FIN", 0x01, "set: the sender sends no more data"},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (flags & texts[i].bit) {
            walk_mean(w, texts[i].name, "%s", texts[i].set);
        }
    }
    if ((flags & 3) == 3 || (flags & 6) == 6 || (flags & 0x17) == 0) {
        walk_wrong(w,
                   flags & 2   ? "SYN"
                   : flags & 1 ? "FIN"
                               : "ACK",
                   "%s",
                   flags & 0x17 ? "no such combination is in use: a probe, or an attack"
                                : "no flag at all: a probe, or an attack");
    }
}

static void tcp_sack(struct walk *w, size_t first, unsigned len) {
    char text[256] = "";

    for (unsigned i = 2; i + 8 <= len; i += 8) {
        size_t n = strlen(text);

        snprintf(text + n, sizeof(text) - n, "%s%" PRIu32 " to %" PRIu32, n > 0 ? ", " : "",
                 walk_u32(w, first + i), walk_u32(w, first + i + 4));
    }
    walk_mean(w, "Option", "SACK: has come, too: %s (RFC 2018)", text);
}

/* Four bits say which of its signals it is; each has an RFC 8684 section of its own. */
static void tcp_multipath(struct walk *w, size_t first, unsigned len) {
    static const char *const signals[] = {
        "begins a connection that may have several paths (MP_CAPABLE)",
        "adds this path to a connection (MP_JOIN)",
        "which bytes of the whole connection these are (DSS)",
        "another address of the sender (ADD_ADDR)",
        "an address that is gone (REMOVE_ADDR)",
        "how willingly this path is used (MP_PRIO)",
        "a checksum was wrong: one path is left (MP_FAIL)",
        "ends the whole connection at once (MP_FASTCLOSE)",
        "why this path is reset (MP_TCPRST)",
    };
    unsigned signal = len > 2 ? walk_u8(w, first + 2) >> 4 : 15;

    walk_mean(w, "Option", "multipath TCP: %s (RFC 8684)",
              signal < sizeof(signals) / sizeof(signals[0]) ? signals[signal] : "unknown signal");
}

static void tcp_option(struct walk *w, size_t first, unsigned kind, unsigned len) {
    switch (kind) {
    case 0:
        walk_mean(w, "Option", "end of options");
        return;
    case 1:
        walk_mean(w, "Option", "no operation: padding");
        return;
    case 2:
        walk_mean(w, "Option", "maximum segment size %u", walk_u16(w, first + 2));
        return;
    case 3:
        walk_mean(w, "Option", "window scale: times %u (RFC 7323)",
                  1u << (walk_u8(w, first + 2) & 15));
        return;
    case 4:
        walk_mean(w, "Option", "SACK permitted (RFC 2018)");
        return;
    case 5:
        tcp_sack(w, first, len);
        return;
    case 8:
        walk_mean(w, "Option", "timestamps: value %" PRIu32 ", echo of %" PRIu32 " (RFC 7323)",
                  walk_u32(w, first + 2), walk_u32(w, first + 6));
        return;
    case 28:
        walk_mean(w, "Option", "user timeout %u %s (RFC 5482)", walk_u16(w, first + 2) & 0x7fffu,
                  walk_u16(w, first + 2) & 0x8000 ? "min" : "s");
        return;
    case 30:
        tcp_multipath(w, first, len);
        return;
    case 34:
        walk_mean(w, "Option", "fast open: %s (RFC 7413)",
                  len == 2 ? "asks for a cookie" : "shows a cookie");
        return;
    case 172:
    case 174:
        walk_mean(w, "Option", "accurate ECN counters (RFC 9768)");
        return;
    default:
        walk_mean(w, "Option", "unknown: to be skipped");
        return;
    }
}

static void tcp_options(struct walk *w, size_t end) {
    /* lengths that an option must have; 0: any */
    static const uint8_t lengths[] = {[2] = 4, [3] = 3, [4] = 2, [8] = 10, [28] = 4};

    while (w->at < end && walk_has(w, w->at + 1)) {
        unsigned kind = walk_u8(w, w->at);
        unsigned len = kind < 2 ? 1 : walk_u8(w, w->at + 1);
        unsigned wanted = kind < sizeof(lengths) ? lengths[kind] : 0;
        size_t first = w->at;

        if (len == 0 || (kind > 1 && len < 2) || first + len > end ||
            (wanted != 0 && len != wanted)) {
            walk_field(w, "Option", end - first, "%u", kind);
            walk_wrong(w, "Option", "its length %u does not fit", len);
            return;
        }
        walk_field(w, "Option", len, "%u", kind);
        tcp_option(w, first, kind, len);
        if (kind == 0) {
            if (w->at < end) {
                walk_field(w, "Padding", end - w->at, "%zu bytes", end - w->at);
            }
            return;
        }
    }
}

void walk_tcp(struct walk *w) {
    static const struct walk_row rows[] = {
        {"Source Port", 16, WALK_DEC, NULL},
        {"Destination Port", 16, WALK_DEC, NULL},
        {"Sequence Number", 32, WALK_DEC, NULL},
        {"Acknowledgment Number", 32, WALK_DEC, NULL},
        {"Data Offset", 4, WALK_DEC, NULL},
        {"Reserved", 3, WALK_DEC, NULL},
        {"AE", 1, WALK_FLAG, NULL},
        {"CWR", 1, WALK_FLAG, NULL},
        {"ECE", 1, WALK_FLAG, NULL},
        {"URG", 1, WALK_FLAG, NULL},
        {"ACK", 1, WALK_FLAG, NULL},
        {"PSH", 1, WALK_FLAG, NULL},
        {"RST", 1, WALK_FLAG, NULL},
        {"SYN", 1, WALK_FLAG, NULL},
        {"FIN", 1, WALK_FLAG, NULL},
        {"Window", 16, WALK_DEC, NULL},
        {"Checksum", 16, WALK_HEX, NULL},
        {"Urgent Pointer", 16, WALK_DEC, NULL},
    };
    size_t first = w->at;

    walk_layer(w, "TCP", "RFC 9293 3.1");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    unsigned header_bytes = (walk_u8(w, first + 12) >> 4) * 4u;
    unsigned flags = walk_u8(w, first + 13);

    tcp_flags(w, flags);
    walk_mean(w, "Window",
              flags & 2 ? "bytes it can take"
                        : "to be multiplied by what its SYN said of window scale");
    walk_checksum(w, "Checksum",
                  l4_pseudo_csum(&w->src, &w->dst, IP_PROTO_TCP, (uint32_t)(w->end - first)), first,
                  w->end, first + 16);
    if (header_bytes < 20 || first + header_bytes > w->end) {
        walk_wrong(w, "Data Offset", "%u bytes: %s", header_bytes,
                   header_bytes < 20 ? "a header has at least 20" : "longer than the segment");
        return;
    }
    walk_mean(w, "Data Offset", "words of 4 bytes: a header of %u", header_bytes);
    tcp_options(w, first + header_bytes);
    w->at = first + header_bytes;
    if (walk_u16(w, first) == 53 || walk_u16(w, first + 2) == 53) {
        walk_dns(w, true);
    }
    walk_data(w, "Data");
}

/* ---- UDP ---- */

static bool port_is(const struct walk *w, size_t first, uint16_t port) {
    return walk_u16(w, first) == port || walk_u16(w, first + 2) == port;
}

void walk_udp(struct walk *w) {
    static const struct walk_row rows[] = {
        {"Source Port", 16, WALK_DEC, NULL},
        {"Destination Port", 16, WALK_DEC, NULL},
        {"Length", 16, WALK_DEC, NULL},
        {"Checksum", 16, WALK_HEX, NULL},
    };
    size_t first = w->at;

    walk_layer(w, "UDP", "RFC 768");
    if (!WALK_ROWS(w, rows)) {
        return;
    }
    unsigned len = walk_u16(w, first + 4);

    if (len < 8 || (first + len > w->end && !w->is_fragment && !w->quoted)) {
        walk_wrong(w, "Length", "%s",
                   len < 8 ? "a header alone has 8 bytes" : "longer than the packet");
        return;
    }
    walk_mean(w, "Length", "header and %u bytes", len - 8);
    if (first + len < w->end) {
        w->end = first + len;
    }
    if (walk_u16(w, first + 6) != 0) {
        walk_checksum(w, "Checksum",
                      l4_pseudo_csum(&w->src, &w->dst, IP_PROTO_UDP, (uint32_t)(w->end - first)),
                      first, w->end, first + 6);
    } else if (inl_addr_is4(&w->src)) {
        walk_mean(w, "Checksum", "none was computed");
    } else {
        walk_wrong(w, "Checksum", "IPv6 wants one (RFC 8200 8.1)");
    }
    if (port_is(w, first, 53) || port_is(w, first, 5353)) {
        walk_dns(w, false);
    } else if (port_is(w, first, 67) || port_is(w, first, 68)) {
        walk_dhcp4(w);
    } else if (port_is(w, first, 546) || port_is(w, first, 547)) {
        walk_dhcp6(w);
    }
    walk_data(w, "Data");
}
