/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mptcp.c - Multipath TCP's option (RFC 8684, and version 0: RFC 6824)
 *
 * One kind of option (30) carries all of its signals; four bits say which (RFC 8684 3). A signal's
 * fields follow from its length, for those of the handshake from the segment's flags as well. A
 * length that no form has, or that is not what the signal's own flags ask for, makes the option a bad one.
 *
 * Invariant: all of the option was captured (the caller has looked), so nothing here reads beyond it.
 *
 * Does not do: the data that keys and tokens stand for; nothing is checked but lengths.
 */
#include "tools/decode/dec.h"

#include <inttypes.h>

enum { SYN = 2, ACK = 16 };
enum { CAPABLE, JOIN, DSS, ADD_ADDR, REMOVE_ADDR, PRIO, FAIL, FASTCLOSE };

/* Signals are told from one another, and their flags found, in the first two bytes behind the length. */
enum { CHECKSUM = 0x80 };                                                /* 3.1: flag A */
enum { BACKUP = 1 };                                                     /* 3.2, 3.3.8: flag B */
enum { DATA_ACK = 1, ACK_8 = 2, MAPPING = 4, SEQ_8 = 8, DATA_FIN = 16 }; /* 3.3: A, a, M, m, F */

/* An option. @size: its bytes, kind and length with them. */
struct signal {
    size_t off;
    unsigned size;
    const uint8_t *p;
    bool syn, ack;
};

static uint64_t number(const uint8_t *p, unsigned n) {
    uint64_t v = 0;

    while (n-- > 0) {
        v = v << 8 | *p++;
    }
    return v;
}

/* Keys, tokens and the like are numbers: zeros before them are left out. */
static void word_print(struct decode *d, const char *before, const uint8_t *p, unsigned n) {
    dec_fmt(d, "%s%" PRIx64, before, number(p, n));
}

/* 3.1. Nothing at all and one key come with SYN, both keys with the ACK that ends the handshake;
 * behind them may be the length of the data that it carries, and that data's checksum (version 1). */
static bool capable_print(struct decode *d, const struct signal *s) {
    unsigned version = s->p[2] & 15, size = s->size;
    bool plain = s->ack && !s->syn;

    if (!(s->syn && (size == 4 || size == 12)) && !(plain && (size == 20 || size == 22)) &&
        !(plain && size == 24 && version == 1)) {
        return false;
    }
    if (version > 1) {
        dec_fmt(d, " Unknown Version (%u)", version);
        return true;
    }
    dec_fmt(d, " v%u", version);
    if ((s->p[3] & CHECKSUM) != 0) {
        DEC_LIT(d, " csum");
    }
    if (size > 4) {
        word_print(d, " {0x", s->p + 4, 8);
        if (size > 12) {
            word_print(d, ",0x", s->p + 12, 8);
        }
        DEC_LIT(d, "}");
    }
    return true;
}

/* 3.2: three forms, one for each segment of a subflow's handshake. */
static bool join_print(struct decode *d, const struct signal *s) {
    if (!(s->syn && s->size == 12) && !(s->syn && s->ack && s->size == 16) &&
        !(s->ack && s->size == 24)) {
        return false;
    }
    if (s->size == 24) {
        DEC_LIT(d, " hmac 0x");
        dec_hex_bytes(d, s->off + 4, 20);
        return true;
    }
    if ((s->p[2] & BACKUP) != 0) {
        DEC_LIT(d, " backup");
    }
    dec_fmt(d, " id %u", s->p[3]);
    word_print(d, s->size == 12 ? " token 0x" : " hmac 0x", s->p + 4, s->size - 8);
    word_print(d, " nonce 0x", s->p + s->size - 4, 4);
    return true;
}

/* A number of 4 or 8 bytes; 0: they are not there. */
static unsigned number_print(struct decode *d, const uint8_t *p, unsigned left, bool wide) {
    unsigned n = wide ? 8 : 4;

    if (left < n) {
        return 0;
    }
    dec_num(d, number(p, n));
    return n;
}

/* 3.3.1: which bytes of the whole stream the subflow's are. A checksum ends it, if it was agreed. */
static bool mapping_print(struct decode *d, const uint8_t *p, unsigned left, bool wide) {
    DEC_LIT(d, " seq ");
    unsigned n = number_print(d, p, left, wide);

    if (n == 0 || left - n < 4) {
        return false;
    }
    p += n;
    left -= n;
    DEC_LIT(d, " subseq ");
    dec_num(d, rd_load32(p));
    if (left < 6) {
        return false;
    }
    DEC_LIT(d, " len ");
    dec_num(d, rd_load16(p + 4));
    if (left < 8) {
        return left == 6;
    }
    word_print(d, " csum 0x", p + 6, 2);
    return left == 8;
}

/* 3.3: its flags say which fields there are. There is nothing to map before the handshake's end. */
static bool dss_print(struct decode *d, const struct signal *s) {
    if (s->size < 4 || s->syn) {
        return false;
    }
    const uint8_t *p = s->p + 4;
    unsigned flags = s->p[3], left = s->size - 4;

    if ((flags & DATA_FIN) != 0) {
        DEC_LIT(d, " fin");
    }
    if ((flags & DATA_ACK) != 0) {
        DEC_LIT(d, " ack ");
        unsigned n = number_print(d, p, left, (flags & ACK_8) != 0);

        if (n == 0) {
            return false;
        }
        p += n;
        left -= n;
    }
    return (flags & MAPPING) != 0 ? mapping_print(d, p, left, (flags & SEQ_8) != 0) : left == 0;
}

/* 3.4.1. Either address may have a port, a proof, or both behind it: 2 and 8 bytes. */
static bool add_addr_print(struct decode *d, const struct signal *s) {
    static const struct dec_word forms[] = {
        {0, "v1"}, {1, "v1-echo"}, {4, "v0-ip4"}, {6, "v0-ip6"}};
    bool six = s->size >= 20;
    unsigned behind = s->size - (six ? 20 : 8);

    if (s->size < 8 || (behind != 0 && behind != 2 && behind != 8 && behind != 10)) {
        return false;
    }
    const char *form = DEC_WORD(forms, s->p[2] & 15u);

    dec_chr(d, ' ');
    dec_str(d, form != NULL ? form : "[bad version/echo]");
    dec_fmt(d, " id %u ", s->p[3]);
    if (six) {
        dec_ip6(d, s->p + 4);
    } else {
        dec_ip4(d, s->p + 4);
    }
    if (behind % 8 == 2) {
        dec_fmt(d, ":%u", rd_load16(s->p + (six ? 20 : 8)));
    }
    if (behind >= 8) {
        word_print(d, " hmac 0x", s->p + s->size - 8, 8);
    }
    return true;
}

/* 3.4.2: one address or several. */
static bool remove_addr_print(struct decode *d, const struct signal *s) {
    if (s->size < 4) {
        return false;
    }
    DEC_LIT(d, " id");
    for (unsigned i = 3; i < s->size; i++) {
        dec_chr(d, ' ');
        dec_num(d, s->p[i]);
    }
    return true;
}

/* 3.3.8. Which address it is about was said in version 0 only. */
static bool prio_print(struct decode *d, const struct signal *s) {
    if (s->size != 3 && s->size != 4) {
        return false;
    }
    dec_str(d, (s->p[2] & BACKUP) != 0 ? " backup" : " non-backup");
    if (s->size == 4) {
        dec_fmt(d, " id %u", s->p[3]);
    }
    return true;
}

/* 3.7 */
static bool fail_print(struct decode *d, const struct signal *s) {
    if (s->size != 12) {
        return false;
    }
    DEC_LIT(d, " seq ");
    return number_print(d, s->p + 4, 8, true) != 0;
}

/* 3.5 */
static bool fastclose_print(struct decode *d, const struct signal *s) {
    if (s->size != 12) {
        return false;
    }
    word_print(d, " key 0x", s->p + 4, 8);
    return true;
}

bool mptcp_print(struct decode *d, size_t off, unsigned size, unsigned tcp_flags) {
    static const struct {
        const char *name;
        bool (*print)(struct decode *, const struct signal *);
    } kinds[] = {
        [CAPABLE] = {" capable", capable_print},
        [JOIN] = {" join", join_print},
        [DSS] = {" dss", dss_print},
        [ADD_ADDR] = {" add-addr", add_addr_print},
        [REMOVE_ADDR] = {" rem-addr", remove_addr_print},
        [PRIO] = {" prio", prio_print},
        [FAIL] = {" fail", fail_print},
        [FASTCLOSE] = {" fast-close", fastclose_print},
    };
    struct signal s = {off, size, d->data + off, (tcp_flags & SYN) != 0, (tcp_flags & ACK) != 0};

    d->proto = "mptcp";
    if (size < 3) {
        return false;
    }
    unsigned kind = s.p[2] >> 4;

    dec_fmt(d, " %u", size);
    if (kind >= sizeof(kinds) / sizeof(kinds[0])) {
        DEC_LIT(d, " unknown");
        return true;
    }
    dec_str(d, kinds[kind].name);
    return kinds[kind].print(d, &s);
}
