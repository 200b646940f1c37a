/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp.c - TCP segments, with sequence numbers relative to their conversation's beginning
 */
#include "tools/decode/dec.h"
#include "tools/decode/packet.h"

#include "base/siphash.h"
#include "wire/ipproto.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64, CWR = 128 };

static struct decode_flow *flow_find(struct decode *d, const uint8_t ends[36], bool *ret_new) {
    uint64_t w[4];
    uint32_t ports;

    memcpy(w, ends, 32);
    memcpy(&ports, ends + 32, 4);
    uint64_t h = siphash_words(d->o.key, w, 4, ports);
    struct decode_flow *bucket =
        &d->flows[h % (DECODE_FLOWS / DECODE_FLOW_WAYS) * DECODE_FLOW_WAYS];

    *ret_new = false;
    for (unsigned i = 0; i < DECODE_FLOW_WAYS; i++) {
        if (bucket[i].used && memcmp(bucket[i].ends, ends, 36) == 0) {
            return &bucket[i];
        }
    }
    *ret_new = true;
    for (unsigned i = 0; i < DECODE_FLOW_WAYS; i++) {
        if (!bucket[i].used) {
            return &bucket[i];
        }
    }
    return &bucket[d->turn++ % DECODE_FLOW_WAYS];
}

/* Which of the two ends comes first is agreed by their order, so both directions find one entry. */
struct tcp_relative tcp_relative(struct decode *d, const struct dec_ip *ip, const uint8_t *h,
                                 bool syn) {
    struct tcp_relative r = {rd_load32(h + 4), rd_load32(h + 8), 0};
    unsigned n = ip->version == 4 ? 4 : 16;
    const uint8_t *a = d->data + ip->at + (n == 4 ? 12 : 8), *b = a + n;
    int order = memcmp(a, b, n);
    bool fresh, back = order > 0 || (order == 0 && memcmp(h, h + 2, 2) > 0);
    uint8_t ends[36] = {0};

    memcpy(ends, back ? b : a, n);
    memcpy(ends + 16, back ? a : b, n);
    memcpy(ends + 32, back ? h + 2 : h, 2);
    memcpy(ends + 34, back ? h : h + 2, 2);
    struct decode_flow *f = flow_find(d, ends, &fresh);

    if (fresh || syn) {
        memcpy(f->ends, ends, 36);
        f->used = true;
        f->seq = back ? r.ack - 1 : r.seq;
        f->ack = back ? r.seq : r.ack - 1;
    } else {
        r.seq -= back ? f->ack : f->seq;
        r.ack -= back ? f->seq : f->ack;
    }
    r.sack_base = back ? f->seq : f->ack;
    return r;
}

static void sum_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len) {
    if (!dec_has(d, off, len)) {
        return;
    }
    uint16_t field = rd_load16(d->data + off + 16);
    struct dec_sum s = dec_sum(d, ip, IP_PROTO_TCP, off, len, field);

    DEC_LIT(d, ", cksum 0x");
    dec_hex(d, field, 4);
    if (s.ok) {
        DEC_LIT(d, " (correct)");
    } else {
        DEC_LIT(d, " (incorrect -> 0x");
        dec_hex(d, s.expected, 4);
        DEC_LIT(d, ")");
    }
}

static void numbers_print(struct decode *d, const struct dec_ip *ip, const uint8_t *h,
                          unsigned flags, size_t text, uint32_t *ret_sack_base) {
    struct tcp_relative r = {rd_load32(h + 4), rd_load32(h + 8), 0};

    if (!d->o.absolute && (flags & ACK) != 0) {
        r = tcp_relative(d, ip, h, (flags & SYN) != 0);
    }
    *ret_sack_base = r.sack_base;
    if (d->o.verbose > 1 || text > 0 || (flags & (SYN | FIN | RST)) != 0) {
        DEC_LIT(d, ", seq ");
        dec_num(d, r.seq);
        if (text > 0) {
            dec_chr(d, ':');
            dec_num(d, (uint32_t)(r.seq + text));
        }
    }
    if ((flags & ACK) != 0) {
        DEC_LIT(d, ", ack ");
        dec_num(d, r.ack);
    }
    DEC_LIT(d, ", win ");
    dec_num(d, rd_load16(h + 14));
    if ((flags & URG) != 0) {
        DEC_LIT(d, ", urg ");
        dec_num(d, rd_load16(h + 18));
    }
}

/* What a peer says when it refuses (RFC 1122 4.2.2.12). */
static void reset_print(struct decode *d, size_t off, size_t len) {
    size_t left = off < d->snap ? d->snap - off : 0;

    dec_str(d, left >= len ? " [RST" : " [!RST");
    dec_str(d, len > 30 ? "+ " : " ");
    len = len > 30 ? 30 : len;
    dec_text(d, off, len < left ? len : left);
    DEC_LIT(d, "]");
}

static void payload_print(struct decode *d, const uint8_t *h, unsigned flags, size_t off,
                          size_t len) {
    uint16_t src = rd_load16(h), dst = rd_load16(h + 2);

    if (len == 0) {
        return;
    }
    if ((flags & RST) != 0 && d->o.verbose > 0) {
        reset_print(d, off, len);
    } else if (src == 53 || dst == 53) {
        dns_print(d, off, len, true, false);
    }
}

void tcp_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len) {
    d->proto = "tcp";
    if (!dec_has(d, off, 4)) {
        dec_ends(d, ip);
        if (d->p > d->base && d->p[-1] == ' ') {
            d->p--; /* the mark brings its own */
        }
        dec_cut(d);
        return;
    }
    const uint8_t *h = d->data + off;

    dec_ends_ports(d, ip, rd_load16(h), rd_load16(h + 2), true);
    if (!dec_has(d, off, 20)) {
        dec_cut(d);
        return;
    }
    unsigned hlen = (unsigned)h[12] >> 4 << 2, flags = h[13];
    size_t text = len >= hlen ? len - hlen : 0;
    uint32_t sack_base;
    char letters[PACKET_FLAGS_MAX];

    if (hlen < 20) {
        dec_fmt(d, " tcp %u [bad hdr length %u - too short, < 20]", (unsigned)(len - hlen), hlen);
        return;
    }
    if (d->o.quiet > 0) {
        DEC_LIT(d, "tcp ");
        dec_num(d, (uint32_t)(len - hlen));
        if (hlen > len) {
            dec_fmt(d, " [bad hdr length %u - too long, > %zu]", hlen, len);
        }
        return;
    }
    DEC_LIT(d, "Flags [");
    packet_flags_text(flags, letters);
    dec_str(d, letters);
    DEC_LIT(d, "]");
    if (hlen > len) {
        dec_fmt(d, " [bad hdr length %u - too long, > %zu]", hlen, len);
        return;
    }
    if (d->o.verbose > 0 && !d->o.no_sums && !ip->fragmented) {
        sum_print(d, ip, off, len);
    }
    numbers_print(d, ip, h, flags, text, &sack_base);
    if (hlen > 20 && !tcp_options_print(d, off + 20, hlen - 20, flags, sack_base)) {
        return;
    }
    DEC_LIT(d, ", length ");
    dec_num(d, text);
    payload_print(d, h, flags, off + hlen, text);
}
