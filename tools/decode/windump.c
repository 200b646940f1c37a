/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * windump.c - the lines of old: as tcpdump and WinDump printed them before version 4
 *
 *     192.168.1.100.10459 > 192.168.1.200.80: S [tcp sum ok] 3153110659:3153110659(0) win 32768
 *     <mss 536> (ttl 63, id 60989, len 44)
 *
 * on one line: the letters of the flags ("." if none), the checksum, sequence numbers with the bytes in
 * brackets, options in angle brackets, and IP's own fields at the end. TCP, UDP, ICMP and ARP have this
 * form; whatever else, and what is damaged, is printed as it is without it.
 */
#include "tools/decode/dec.h"

#include "tools/decode/packet.h"

static const struct packet_layer *ip_layer(const struct packet *p) {
    for (unsigned i = p->n; i-- > 0;) {
        if (p->layer[i].kind == PACKET_IP4 || p->layer[i].kind == PACKET_IP6) {
            return &p->layer[i];
        }
    }
    return NULL;
}

static void sum_print(struct decode *d, const struct packet_layer *l, const char *what,
                      uint16_t field) {
    if ((l->flags & PACKET_SUM_OK) != 0) {
        dec_fmt(d, " [%s sum ok]", what);
    } else if ((l->flags & PACKET_SUM_BAD) != 0) {
        dec_fmt(d, " [bad %s cksum %x (->%x)!]", what, field, l->sum_expected);
    } else if ((l->flags & PACKET_SUM_NONE) != 0) {
        DEC_LIT(d, " [no cksum]");
    }
}

static void flags_print(struct decode *d, unsigned flags) {
    static const struct dec_word letters[] = {{2, "S"}, {1, "F"}, {4, "R"}, {8, "P"}};
    static const struct dec_word ecn[] = {{64, "ECN-Echo"}, {128, "CWR"}};

    dec_bits(d, letters, 4, flags, ".", "");
    if ((flags & 0xc0) != 0) {
        DEC_LIT(d, " [");
        dec_bits(d, ecn, 2, flags, "", ",");
        DEC_LIT(d, "]");
    }
}

/* @off: of the options' first byte. */
static void options_print(struct decode *d, size_t off, size_t len, uint32_t sack_base) {
    const char *sep = " <";

    while (len > 0) {
        uint8_t kind = dec_u8(d, off);
        size_t size = kind < 2 ? 1 : len > 1 ? dec_u8(d, off + 1) : 0;

        dec_str(d, sep);
        sep = ",";
        if (size == 0 || size > len || (kind > 1 && size < 2)) {
            DEC_LIT(d, "[bad opt]");
            break;
        }
        if (kind == 0) {
            DEC_LIT(d, "eol");
            break;
        }
        if (kind == 1) {
            DEC_LIT(d, "nop");
        } else if (kind == 2 && size == 4) {
            dec_fmt(d, "mss %u", dec_u16(d, off + 2));
        } else if (kind == 3 && size == 3) {
            dec_fmt(d, "wscale %u", dec_u8(d, off + 2));
        } else if (kind == 4 && size == 2) {
            DEC_LIT(d, "sackOK");
        } else if (kind == 5 && size % 8 == 2) {
            dec_fmt(d, "sack sack %zu ", size / 8);
            for (size_t i = 2; i < size; i += 8) {
                dec_fmt(d, "{%u:%u}", dec_u32(d, off + i) - sack_base,
                        dec_u32(d, off + i + 4) - sack_base);
            }
        } else if (kind == 8 && size == 10) {
            dec_fmt(d, "timestamp %u %u", dec_u32(d, off + 2), dec_u32(d, off + 6));
        } else {
            dec_fmt(d, "opt-%u:", kind);
            dec_hex_bytes(d, off + 2, size - 2);
        }
        off += size;
        len -= size;
    }
    if (sep[0] == ',') {
        DEC_LIT(d, ">");
    }
}

static void tcp_old(struct decode *d, const struct packet *p, const struct packet_layer *l,
                    const struct dec_ip *ip) {
    const uint8_t *h = p->data + l->off_bytes;
    unsigned flags = h[13];
    struct tcp_relative r = {rd_load32(h + 4), rd_load32(h + 8), 0};

    if (!d->o.absolute && (flags & 0x10) != 0) {
        r = tcp_relative(d, ip, h, (flags & 2) != 0);
    }
    dec_ends_ports(d, ip, p->src_port, p->dst_port, true);
    flags_print(d, flags);
    sum_print(d, l, "tcp", rd_load16(h + 16));
    if (p->payload_wire_bytes > 0 || (flags & 7) != 0) {
        dec_fmt(d, " %u:%u(%u)", r.seq, r.seq + p->payload_wire_bytes, p->payload_wire_bytes);
    }
    if ((flags & 0x10) != 0) {
        dec_fmt(d, " ack %u", r.ack);
    }
    dec_fmt(d, " win %u", rd_load16(h + 14));
    if ((flags & 0x20) != 0) {
        dec_fmt(d, " urg %u", rd_load16(h + 18));
    }
    options_print(d, l->off_bytes + 20, l->len_bytes - 20, r.sack_base);
}

static void udp_old(struct decode *d, const struct packet *p, const struct packet_layer *l,
                    const struct dec_ip *ip) {
    dec_ends_ports(d, ip, p->src_port, p->dst_port, false);
    d->p--;
    sum_print(d, l, "udp", rd_load16(p->data + l->off_bytes + 6));
    dec_fmt(d, " udp %u", p->payload_wire_bytes);
}

/* "icmp: echo request": the words are those of today, without what they add. */
static void icmp_old(struct decode *d, const struct packet_layer *l, const struct dec_ip *ip) {
    const uint8_t *h = d->data + l->off_bytes;

    dec_ends(d, ip);
    if (h[0] == 8 || h[0] == 0) {
        dec_fmt(d, "icmp: echo %s (id %u, seq %u)", h[0] == 8 ? "request" : "reply",
                rd_load16(h + 4), rd_load16(h + 6));
    } else {
        DEC_LIT(d, "icmp: ");
        icmp4_words(d, l->off_bytes);
    }
    sum_print(d, l, "icmp", rd_load16(h + 2));
}

/* " (DF) (tos 0x10, ttl 63, id 60989, len 44)" */
static void ip_old(struct decode *d, const struct packet_layer *l) {
    const uint8_t *h = d->data + l->off_bytes;

    if (l->kind == PACKET_IP6) {
        dec_fmt(d, " (len %u, hlim %u)", rd_load16(h + 4), h[7]);
        return;
    }
    if ((h[6] & 0x40) != 0) {
        DEC_LIT(d, " (DF)");
    }
    DEC_LIT(d, " (");
    if (h[1] != 0) {
        dec_fmt(d, "tos 0x%x, ", h[1]);
    }
    dec_fmt(d, "ttl %u, id %u, len %u", h[8], rd_load16(h + 4), rd_load16(h + 2));
    if ((l->flags & PACKET_SUM_BAD) != 0) {
        dec_fmt(d, ", bad cksum %x (->%x)!", rd_load16(h + 10), l->sum_expected);
    }
    DEC_LIT(d, ")");
}

static bool arp_old(struct decode *d, const struct packet *p) {
    const struct packet_layer *l = packet_layer(p, PACKET_ARP);

    if (l == NULL || (p->flags & (PACKET_CUT | PACKET_BAD)) != 0) {
        return false;
    }
    const uint8_t *h = p->data + l->off_bytes;

    if (rd_load32(h) != 0x00010800 || rd_load16(h + 4) != 0x0604 || h[6] != 0 ||
        (h[7] != 1 && h[7] != 2)) {
        return false;
    }
    dec_ip4_behind(d, h[7] == 1 ? "arp who-has " : "arp reply ",
                   l->off_bytes + (h[7] == 1 ? 24 : 14));
    if (h[7] == 1) {
        dec_ip4_behind(d, " tell ", l->off_bytes + 14);
    } else {
        DEC_LIT(d, " is-at ");
        dec_mac_number(d, l->off_bytes + 8);
    }
    return true;
}

bool windump_print(struct decode *d, const struct capfile_packet *from) {
    struct packet p;

    packet_parse(&p, from);
    const struct packet_layer *ip = ip_layer(&p), *last = NULL;

    if (ip == NULL) {
        return arp_old(d, &p);
    }
    for (unsigned i = 0; i < p.n; i++) {
        if (p.layer[i].kind == PACKET_TCP || p.layer[i].kind == PACKET_UDP ||
            p.layer[i].kind == PACKET_ICMP4) {
            last = &p.layer[i];
        }
    }
    /* a payload that is cut off is no matter, a header that is cut off is */
    if (last == NULL || p.fragment || (last->flags & (PACKET_CUT | PACKET_BAD)) != 0 ||
        (ip->flags & PACKET_BAD) != 0) {
        return false;
    }
    struct dec_ip ends = {
        .version = p.ip_version, .at = ip->off_bytes, .proto = p.proto, .direct = true};

    if (last->kind == PACKET_TCP) {
        tcp_old(d, &p, last, &ends);
    } else if (last->kind == PACKET_UDP) {
        udp_old(d, &p, last, &ends);
    } else {
        icmp_old(d, last, &ends);
    }
    ip_old(d, ip);
    return true;
}
