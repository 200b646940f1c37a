/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpopt.c - the options of TCP (RFC 9293 3.1, 7323, 2018, 7413, 5482, 5925, 2385)
 *
 * Does not do: Multipath TCP's, which mptcp.c does.
 */
#include "tools/decode/dec.h"

enum {
    EOL,
    NOP,
    MSS,
    WSCALE,
    SACK_OK,
    SACK,
    ECHO,
    ECHO_REPLY,
    STAMPS,
    CC = 11,
    CC_NEW,
    CC_ECHO,
    MD5 = 19,
    SCPS,
    UTO = 28,
    AO,
    MPTCP,
    FASTOPEN = 34,
    EXP1 = 253,
    EXP2,
};

static const struct dec_word names[] = {
    {EOL, "eol"},        {NOP, "nop"},      {MSS, "mss"},      {WSCALE, "wscale"},
    {SACK_OK, "sackOK"}, {SACK, "sack"},    {ECHO, "echo"},    {ECHO_REPLY, "echoreply"},
    {STAMPS, "TS"},      {CC, "cc"},        {CC_NEW, "ccnew"}, {CC_ECHO, ""},
    {MD5, "md5"},        {SCPS, "scps"},    {UTO, "uto"},      {AO, "tcp-ao"},
    {MPTCP, "mptcp"},    {FASTOPEN, "tfo"}, {EXP2, "exp"},
};

static void cookie_print(struct decode *d, size_t off, unsigned len, bool experimental) {
    dec_str(d, experimental ? "tfo" : " ");
    if (len == 0) {
        DEC_LIT(d, " cookiereq");
    } else if (len % 2 != 0 || len < 4 || len > 16) {
        dec_invalid(d);
    } else {
        DEC_LIT(d, " cookie ");
        dec_hex_bytes(d, off, len);
    }
}

/* One option's contents. @data: how many bytes it has by its length, @left: how many there are. */
struct one {
    uint8_t kind;
    size_t off;
    unsigned data, left;
    uint32_t sack_base;
    unsigned flags; /* the segment's */
    bool first;
};

static bool captured(struct decode *d, const struct one *o, unsigned n) {
    return dec_here(d, o->off, n);
}

/* What was captured ends in a list that has begun: it is closed in an unusual way. */
static void cut_close(struct decode *d) {
    d->end = d->limit;
    dec_chr(d, '>');
    d->end = d->p;
}

/* Each returns how many bytes it has printed, or -1: they are not there. */
static int fixed_print(struct decode *d, const struct one *o) {
    unsigned need = o->kind == WSCALE                                     ? 1
                    : o->kind == STAMPS                                   ? 8
                    : o->kind == MD5                                      ? 16
                    : o->kind == MSS || o->kind == UTO || o->kind == SCPS ? 2
                                                                          : 4;

    if (need > o->left) {
        return -1;
    }
    if (!captured(d, o, need)) {
        return (int)need;
    }
    const uint8_t *p = d->data + o->off;

    switch (o->kind) {
    case MSS:
        dec_chr(d, ' ');
        dec_num(d, rd_load16(p));
        break;
    case WSCALE:
        dec_chr(d, ' ');
        dec_num(d, *p);
        break;
    case STAMPS:
        DEC_LIT(d, " val ");
        dec_num(d, rd_load32(p));
        DEC_LIT(d, " ecr ");
        dec_num(d, rd_load32(p + 4));
        break;
    case MD5:
        DEC_LIT(d, " can't check - ");
        dec_hex_bytes(d, o->off, 16);
        break;
    case SCPS:
        dec_fmt(d, " cap %02x id %u", p[0], p[1]);
        break;
    case UTO: {
        unsigned v = rd_load16(p);

        dec_fmt(d, " 0x%x %u", v, (v & 0x8000) != 0 ? (v & 0x7fff) * 60 : v & 0x7fff);
        break;
    }
    default:
        dec_chr(d, ' ');
        dec_num(d, rd_load32(p));
    }
    return (int)need;
}

static int sack_print(struct decode *d, const struct one *o) {
    if (o->data % 8 != 0) {
        DEC_LIT(d, " invalid sack");
        return (int)o->data;
    }
    DEC_LIT(d, " ");
    dec_num(d, o->data / 8);
    DEC_LIT(d, " ");
    for (unsigned i = 0; i < o->data; i += 8) {
        if (i + 8 > o->left) {
            return -1;
        }
        if (!captured(d, o, i + 8)) {
            break;
        }
        uint32_t begin = dec_u32(d, o->off + i), end = dec_u32(d, o->off + i + 4);

        DEC_LIT(d, "{");
        dec_num(d, begin - o->sack_base);
        DEC_LIT(d, ":");
        dec_num(d, end - o->sack_base);
        DEC_LIT(d, "}");
    }
    return (int)o->data;
}

static int ao_print(struct decode *d, const struct one *o) {
    if (o->data < 2) {
        dec_invalid(d);
        return (int)o->data;
    }
    if (!dec_here(d, o->off, 1)) {
        return (int)o->data;
    }
    dec_fmt(d, " keyid %u", dec_u8(d, o->off));
    if (!dec_here(d, o->off + 1, 1)) {
        return (int)o->data;
    }
    dec_fmt(d, " rnextkeyid %u", dec_u8(d, o->off + 1));
    if (o->data > 2) {
        DEC_LIT(d, " mac 0x");
        dec_hex_bytes(d, o->off + 2, o->data - 2);
    }
    return (int)o->data;
}

static int experiment_print(struct decode *d, const struct one *o) {
    if (!captured(d, o, o->data)) {
        return (int)o->data;
    }
    if (o->data < 2) {
        return -1;
    }
    uint16_t magic = dec_u16(d, o->off);

    DEC_LIT(d, "-");
    if (magic == 0xf989) {
        cookie_print(d, o->off + 2, o->data - 2, true);
    } else {
        dec_hex(d, magic, 4);
    }
    return (int)o->data;
}

static int multipath_print(struct decode *d, const struct one *o) {
    return !captured(d, o, o->data) || mptcp_print(d, o->off - 2, o->data + 2, o->flags)
               ? (int)o->data
               : -1;
}

static int unknown_print(struct decode *d, const struct one *o) {
    if (o->data > o->left) {
        return -1;
    }
    if (o->data > 0) {
        DEC_LIT(d, " 0x");
        dec_hex_bytes(d, o->off, o->data);
    }
    return (int)o->data;
}

static int option_print(struct decode *d, const struct one *o) {
    switch (o->kind) {
    case EOL:
    case NOP:
    case SACK_OK:
        return 0;
    case SACK:
        return sack_print(d, o);
    case AO:
        return ao_print(d, o);
    case FASTOPEN:
        if (captured(d, o, o->data)) {
            cookie_print(d, o->off, o->data, false);
        }
        return (int)o->data;
    case EXP2:
        return experiment_print(d, o);
    case MPTCP:
        return multipath_print(d, o);
    case MSS:
    case WSCALE:
    case STAMPS:
    case MD5:
    case SCPS:
    case UTO:
    case ECHO:
    case ECHO_REPLY:
    case CC:
    case CC_NEW:
    case CC_ECHO:
        return fixed_print(d, o);
    default:
        return unknown_print(d, o);
    }
}

/* The order that most segments have: NOP, NOP, timestamps. */
static bool plain_stamps(struct decode *d, size_t off, size_t len) {
    const uint8_t *p = d->data + off;

    if (len != 12 || !dec_has(d, off, 12) || rd_load32(p) != 0x0101080a) {
        return false;
    }
    DEC_LIT(d, ", options [nop,nop,TS val ");
    dec_num(d, rd_load32(p + 4));
    DEC_LIT(d, " ecr ");
    dec_num(d, rd_load32(p + 8));
    DEC_LIT(d, "]");
    return true;
}

bool tcp_options_print(struct decode *d, size_t off, size_t len, unsigned flags,
                       uint32_t sack_base) {
    const char *sep = "";

    if (plain_stamps(d, off, len)) {
        return true;
    }
    DEC_LIT(d, ", options [");
    while (len > 0 && !d->stopped) {
        struct one o = {.sack_base = sack_base, .flags = flags, .first = sep[0] == '\0'};
        unsigned size = 1;

        dec_str(d, sep);
        o.kind = dec_u8(d, off);
        if (o.kind > NOP) {
            size = dec_u8(d, off + 1);
        }
        if (d->stopped) {
            return false;
        }
        if (o.kind > NOP && (size < 2 || size > len)) {
            goto bad;
        }
        unsigned head = o.kind > NOP ? 2 : 1;

        o.off = off + head;
        o.data = size - head;
        o.left = (unsigned)len - head;
        DEC_WORD_OR(d, names, o.kind, "unknown-%u");
        int done = option_print(d, &o);

        if (d->stopped && !o.first) {
            cut_close(d);
        }
        if (done < 0) {
            goto bad;
        }
        sep = ",";
        off += head + (unsigned)done;
        len -= head + (unsigned)done;
        if (head + (unsigned)done != size) {
            dec_fmt(d, "[len %u]", size);
        }
        if (o.kind == EOL) {
            break;
        }
    }
    DEC_LIT(d, "]");
    return true;
bad:
    DEC_LIT(d, "[bad opt]");
    if (sep[0] != '\0') {
        DEC_LIT(d, "]");
    }
    return false;
}
