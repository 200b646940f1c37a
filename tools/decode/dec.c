/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dec.c - writing with a limit: numbers, addresses, names, words
 */
#include "tools/decode/dec.h"

#include "base/csum.h"

#include <stdio.h>

#define MARK_MAX 32 /* " [|domain]": the room kept behind `end` */

void decode_init(struct decode *d, const struct decode_options *o) {
    d->o = *o;
    for (unsigned i = 0; i < 256; i++) {
        char *to = d->octet[i];
        unsigned n = 0;

        if (i >= 100) {
            to[n++] = (char)('0' + i / 100);
        }
        if (i >= 10) {
            to[n++] = (char)('0' + i / 10 % 10);
        }
        to[n++] = (char)('0' + i % 10);
        to[3] = (char)n;
    }
}

void dec_cut(struct decode *d) {
    if (!d->stopped) {
        d->stopped = true;
        d->end = d->limit; /* the mark's own room */
        DEC_LIT(d, " [|");
        dec_str(d, d->proto);
        dec_chr(d, ']');
        d->end = d->p;
    }
}

void dec_cut_early(struct decode *d) {
    d->early |= !d->stopped;
    dec_cut(d);
}

void dec_go_on(struct decode *d) {
    char *end = d->limit - MARK_MAX;

    d->stopped = false;
    d->end = d->p > end ? d->p : end;
}

void dec_invalid(struct decode *d) {
    DEC_LIT(d, " (invalid)");
}

const char *dec_word(const struct dec_word *words, size_t n, uint32_t value) {
    for (size_t i = 0; i < n; i++) {
        if (words[i].value == value) {
            return words[i].text;
        }
    }
    return NULL;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void dec_word_or(struct decode *d, const struct dec_word *words, size_t n, uint32_t value,
                 const char *otherwise) {
    const char *word = dec_word(words, n, value);

    if (word != NULL) {
        dec_str(d, word);
    } else {
        dec_fmt(d, otherwise, value);
    }
}
#pragma GCC diagnostic pop

void dec_bits(struct decode *d, const struct dec_word *words, size_t n, uint32_t value,
              const char *none, const char *sep) {
    bool first = true;

    for (size_t i = 0; i < n; i++) {
        if ((value & words[i].value) != 0) {
            dec_str(d, first ? "" : sep);
            dec_str(d, words[i].text);
            first = false;
        }
    }
    if (first) {
        dec_str(d, none);
    }
}

void dec_num(struct decode *d, uint64_t v) {
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char buf[20];
    char *p = buf + sizeof(buf);

    if (v < 10) {
        dec_chr(d, (char)('0' + v));
        return;
    }
    while (v >= 100) {
        p -= 2;
        memcpy(p, pairs + v % 100 * 2, 2);
        v /= 100;
    }
    if (v >= 10) {
        p -= 2;
        memcpy(p, pairs + v * 2, 2);
    } else {
        *--p = (char)('0' + v);
    }
    dec_mem(d, p, (size_t)(buf + sizeof(buf) - p));
}

void dec_fmt(struct decode *d, const char *fmt, ...) {
    char buf[256];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(buf, sizeof(buf), fmt, args);

    va_end(args);
    if (n > 0) {
        dec_mem(d, buf, (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
    }
}

void dec_hex_bytes(struct decode *d, size_t off, size_t n) {
    for (size_t i = 0; i < n && dec_here(d, off + i, 1); i++) {
        dec_hex(d, d->data[off + i], 2);
    }
}

/* Nothing that moves a terminal's cursor gets through: "^J", "M-a". */
void dec_char(struct decode *d, uint8_t c) {
    if (c >= 0x80) {
        c &= 0x7f;
        DEC_LIT(d, "M-");
    }
    if (c < 0x20 || c == 0x7f) {
        c ^= 0x40;
        dec_chr(d, '^');
    }
    dec_chr(d, (char)c);
}

void dec_text(struct decode *d, size_t off, size_t n) {
    for (size_t i = 0; i < n && dec_here(d, off + i, 1); i++) {
        dec_char(d, d->data[off + i]);
    }
}

static bool name_print(struct decode *d, const uint8_t *p, unsigned len) {
    const char *name = d->o.numeric || d->o.host == NULL ? NULL : d->o.host(d->o.ctx, p, len);

    if (name == NULL) {
        return false;
    }
    for (; *name != '\0'; name++) {
        dec_char(d, (uint8_t)*name);
    }
    return true;
}

void dec_ip4(struct decode *d, const uint8_t *p) {
    if (!d->o.numeric && name_print(d, p, 4)) {
        return;
    }
    if (!dec_room(d, 16)) {
        return;
    }
    char *to = d->p;

    for (unsigned i = 0; i < 4; i++) {
        const char *from = d->octet[p[i]];

        memcpy(to, from, 4);
        to += from[3];
        *to++ = '.';
    }
    d->p = to - 1;
}

/* RFC 5952, with the IPv4 forms that C libraries print. */
void dec_ip6_number(struct decode *d, const uint8_t *p) {
    unsigned best = 8, best_len = 1, run = 0;
    uint16_t g[8];

    for (unsigned i = 0; i < 8; i++) {
        g[i] = rd_load16(p + 2 * i);
        run = g[i] == 0 ? run + 1 : 0;
        if (run > best_len) {
            best_len = run;
            best = i + 1 - run;
        }
    }
    bool embedded = best == 0 && (best_len == 6 || (best_len == 7 && g[7] != 1) ||
                                  (best_len == 5 && g[5] == 0xffff));

    for (unsigned i = 0; i < 8;) {
        if (i == best) {
            DEC_LIT(d, "::");
            i += best_len;
            continue;
        }
        if (i > 0 && i != best + best_len) {
            dec_chr(d, ':');
        }
        if (i == 6 && embedded) {
            bool numeric = d->o.numeric;

            d->o.numeric = true;
            dec_ip4(d, p + 12);
            d->o.numeric = numeric;
            return;
        }
        unsigned digits = g[i] > 0xfff ? 4 : g[i] > 0xff ? 3 : g[i] > 0xf ? 2 : 1;

        dec_hex(d, g[i], digits);
        i++;
    }
}

void dec_ip6(struct decode *d, const uint8_t *p) {
    if (d->o.numeric || !name_print(d, p, 16)) {
        dec_ip6_number(d, p);
    }
}

void dec_ip4_at(struct decode *d, size_t off) {
    const uint8_t *p = dec_bytes(d, off, 4);

    if (p != NULL) {
        dec_ip4(d, p);
    }
}

void dec_ip6_at(struct decode *d, size_t off) {
    const uint8_t *p = dec_bytes(d, off, 16);

    if (p != NULL) {
        dec_ip6(d, p);
    }
}

void dec_ip4_behind(struct decode *d, const char *before, size_t off) {
    const uint8_t *p = dec_bytes(d, off, 4);

    if (p != NULL) {
        dec_str(d, before);
        dec_ip4(d, p);
    }
}

void dec_ip6_behind(struct decode *d, const char *before, size_t off) {
    const uint8_t *p = dec_bytes(d, off, 16);

    if (p != NULL) {
        dec_str(d, before);
        dec_ip6(d, p);
    }
}

void dec_port(struct decode *d, uint16_t port, bool tcp) {
    const char *name = d->o.numeric || d->o.port == NULL ? NULL : d->o.port(d->o.ctx, port, tcp);

    if (name != NULL) {
        dec_str(d, name);
    } else {
        dec_num(d, port);
    }
}

void dec_span(struct decode *d, uint32_t seconds) {
    static const struct {
        uint32_t s;
        char unit;
    } units[] = {{31536000, 'y'}, {604800, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};

    if (seconds == 0) {
        DEC_LIT(d, "0s");
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (seconds >= units[i].s) {
            dec_num(d, seconds / units[i].s);
            dec_chr(d, units[i].unit);
            seconds %= units[i].s;
        }
    }
}

static void address(struct decode *d, const struct dec_ip *ip, bool dst) {
    if (ip->version == 4) {
        dec_ip4_at(d, ip->at + (dst ? 16 : 12));
    } else {
        dec_ip6_at(d, ip->at + (dst ? 24 : 8));
    }
}

void dec_ends(struct decode *d, const struct dec_ip *ip) {
    address(d, ip, false);
    DEC_LIT(d, " > ");
    address(d, ip, true);
    DEC_LIT(d, ": ");
}

void dec_ends_ports(struct decode *d, const struct dec_ip *ip, uint16_t src, uint16_t dst,
                    bool tcp) {
    if (ip->direct) {
        address(d, ip, false);
        dec_chr(d, '.');
    }
    dec_port(d, src, tcp);
    DEC_LIT(d, " > ");
    if (ip->direct) {
        address(d, ip, true);
        dec_chr(d, '.');
    }
    dec_port(d, dst, tcp);
    DEC_LIT(d, ": ");
}

/* Where a packet goes in the end, which is what its pseudo-header has: a source route says it. */
static size_t last_stage4(const struct decode *d, size_t at) {
    unsigned left = (d->data[at] & 0xfu) * 4 - 20;

    for (size_t off = at + 20; left > 0 && dec_has(d, off, 2);) {
        uint8_t kind = d->data[off];
        unsigned len = kind < 2 ? 1 : d->data[off + 1];

        if (len == 0 || (kind > 1 && len < 2) || len > left || !dec_has(d, off, len)) {
            break;
        }
        if ((kind == 131 || kind == 137) && len >= 7) {
            return off + len - 4;
        }
        off += len;
        left -= len;
    }
    return at + 16;
}

struct dec_sum dec_sum(const struct decode *d, const struct dec_ip *ip, uint8_t proto, size_t off,
                       size_t n, uint16_t field) {
    uint64_t acc = 0;

    if (proto != 0) {
        if (ip->version == 6) {
            acc = csum_add(0, d->data + ip->at + 8, 16);
            acc = csum_add(acc, d->data + (ip->last != 0 ? ip->last : ip->at + 24), 16);
        } else if ((d->data[ip->at] & 0xf) == 5) {
            acc = csum_add_words(0, d->data + ip->at + 12, 2);
        } else {
            acc = csum_add_words(0, d->data + ip->at + 12, 1);
            acc = csum_add_words(acc, d->data + last_stage4(d, ip->at), 1);
        }
        acc = csum_add16(csum_add32(acc, (uint32_t)n), proto);
    }
    acc = csum_add(acc, d->data + off, n);
    if (csum_ok(acc)) {
        return (struct dec_sum){true, field};
    }
    uint16_t expected = csum_fold(csum_add16(acc, (uint16_t)~field));

    return (struct dec_sum){false, expected != 0 ? expected : 0xffff}; /* the zero that is sent */
}
