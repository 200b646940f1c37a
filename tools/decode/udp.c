/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp.c - UDP (RFC 768), and who is asked about what it carries
 */
#include "tools/decode/dec.h"

#include "wire/ipproto.h"

enum {
    PORT_DNS = 53,
    PORT_DHCP_SERVER = 67,
    PORT_DHCP_CLIENT = 68,
    PORT_DHCP6_CLIENT = 546,
    PORT_DHCP6_SERVER = 547,
    PORT_MDNS = 5353,
};

static void sum_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len) {
    uint16_t field = dec_u16(d, off + 6);

    if (field == 0 && ip->version == 4) {
        if (d->o.verbose > 1) {
            DEC_LIT(d, "[no cksum] ");
        }
    } else if (dec_has(d, off, len)) {
        struct dec_sum s = dec_sum(d, ip, IP_PROTO_UDP, off, len, field);

        if (s.ok) {
            if (d->o.verbose > 1 || ip->version == 6) {
                DEC_LIT(d, "[udp sum ok] ");
            }
        } else {
            dec_fmt(d, "[bad udp cksum 0x%04x -> 0x%04x!] ", field, s.expected);
        }
    }
}

static bool known_print(struct decode *d, uint16_t src, uint16_t dst, size_t off, size_t len) {
#define EITHER(port) (src == (port) || dst == (port))
    if (EITHER(PORT_DNS)) {
        dns_print(d, off, len, false, false);
    } else if (EITHER(PORT_DHCP_SERVER) || EITHER(PORT_DHCP_CLIENT)) {
        dhcp4_print(d, off, len);
    } else if (EITHER(PORT_DHCP6_SERVER) || EITHER(PORT_DHCP6_CLIENT)) {
        dhcp6_print(d, off, len);
    } else if (EITHER(PORT_MDNS)) {
        dns_print(d, off, len, false, true);
    } else {
        return false;
    }
    return true;
#undef EITHER
}

void udp_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len) {
    d->proto = "udp";
    if (!dec_has(d, off, 4)) {
        if (ip->direct) {
            dec_ends(d, ip);
        }
        dec_cut(d);
        return;
    }
    uint16_t src = dec_u16(d, off), dst = dec_u16(d, off + 2);

    dec_ends_ports(d, ip, src, dst, false);
    if (len < 8) {
        dec_fmt(d, "truncated-udp %zu", len);
        return;
    }
    if (!dec_has(d, off, 6)) {
        dec_cut(d);
        return;
    }
    size_t told = dec_u16(d, off + 4);

    if (told == 0 && len > 65535) {
        told = len;
    }
    if (told < 8) {
        dec_fmt(d, "truncated-udplength %zu", told);
        return;
    }
    told -= 8;
    len -= 8;
    if (told < len) {
        len = told;
    }
    if (!dec_has(d, off, 8)) {
        dec_cut(d);
        return;
    }
    if (d->o.verbose > 0 && !d->o.no_sums && !ip->fragmented) {
        sum_print(d, ip, off, len + 8);
    }
    if (d->o.quiet == 0 && known_print(d, src, dst, off + 8, len)) {
        return;
    }
    if (told > len && !ip->fragmented) {
        dec_fmt(d, "UDP, bad length %zu > %zu", told, len);
    } else {
        DEC_LIT(d, "UDP, length ");
        dec_num(d, told);
    }
}
