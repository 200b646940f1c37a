/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4.c - DHCP messages for IPv4
 *
 * Options are bytes: a code, a length, a value; each value becomes a sub-reader. Option 52 counts
 * in the options field only (RFC 2131 4.1), so it cannot lead in a circle. Each walk is over at
 * most one datagram.
 */
#include "wire/dhcp4.h"

#define COOKIE 0x63825363u
#define HTYPE_ETHERNET 1
#define CHADDR_BYTES 16
#define SNAME_BYTES 64
#define FILE_BYTES 128
#define OPT_PIECE_MAX 255
#define ROUTES_BYTES_MAX 512

enum overload {
    OVERLOAD_FILE = 1,
    OVERLOAD_SNAME = 2,
};

/* ---- parse ---- */

/* The next option of a field: false at its end. The end option is missing from some senders'
 * messages, and its place is clear without it. */
static bool opt_next(struct rd *r, uint8_t *ret_code, struct rd *ret_value) {
    while (rd_left(r) > 0) {
        uint8_t code = rd_u8(r);

        if (code == DHCP4_OPT_END) {
            return false;
        }
        if (code != DHCP4_OPT_PAD) {
            *ret_code = code;
            *ret_value = rd_sub(r, rd_u8(r));
            return !r->bad;
        }
    }
    return false;
}

/* Is no option cut? */
static bool field_ok(struct rd r) {
    struct rd value;
    uint8_t code;

    while (opt_next(&r, &code, &value)) {
    }
    return !r.bad;
}

/* Appends the pieces of an option in one field to what *ret_len says; true if there was one. */
static bool field_collect(struct rd r, uint8_t code, uint8_t *buf, size_t cap, size_t *ret_len) {
    bool found = false;
    struct rd value;
    uint8_t c;

    while (opt_next(&r, &c, &value)) {
        if (c != code) {
            continue;
        }
        found = true;
        while (rd_left(&value) > 0) {
            uint8_t b = rd_u8(&value);

            if (*ret_len < cap) {
                buf[*ret_len] = b;
            }
            ++*ret_len;
        }
    }
    return found;
}

int dhcp4_opt(const struct dhcp4_msg *m, uint8_t code, uint8_t *buf, size_t cap) {
    size_t len = 0;
    bool found = field_collect(m->options, code, buf, cap, &len);

    found |= field_collect(m->file, code, buf, cap, &len);
    found |= field_collect(m->sname, code, buf, cap, &len);
    return found ? (int)len : -1;
}

bool dhcp4_opt_u32(const struct dhcp4_msg *m, uint8_t code, uint32_t *ret) {
    uint8_t b[4];

    if (dhcp4_opt(m, code, b, sizeof(b)) != sizeof(b)) {
        return false;
    }
    *ret = rd_load32(b);
    return true;
}

bool dhcp4_opt_addr(const struct dhcp4_msg *m, uint8_t code, struct inl_addr *ret) {
    uint32_t v;

    if (!dhcp4_opt_u32(m, code, &v)) {
        return false;
    }
    *ret = inl_addr_from4(v);
    return true;
}

size_t dhcp4_opt_addrs(const struct dhcp4_msg *m, uint8_t code, struct inl_addr *ret, size_t max) {
    uint8_t b[OPT_PIECE_MAX];
    int len = dhcp4_opt(m, code, b, sizeof(b));
    size_t n = 0;

    if (len <= 0 || len % 4 != 0) {
        return 0;
    }
    for (size_t at = 0; n < max && at + 4 <= sizeof(b) && at < (size_t)len; at += 4) {
        ret[n++] = inl_addr_from4(rd_load32(b + at));
    }
    return n;
}

/* RFC 3442: the length of the prefix, as many of its bytes as count, the gateway. */
static bool route_read(struct rd *r, struct dhcp4_route *ret) {
    unsigned bits = rd_u8(r);
    uint32_t dst = 0;

    for (unsigned i = 0; i < (bits + 7) / 8 && i < 4; i++) {
        dst |= (uint32_t)rd_u8(r) << (24 - 8 * i);
    }
    ret->gateway = inl_addr_from4(rd_be32(r));
    if (r->bad || bits > 32) {
        return false;
    }
    dst &= bits ? UINT32_MAX << (32 - bits) : 0; /* bits beyond the mask are to be ignored */
    ret->dst = inl_addr_from4(dst);
    ret->prefix_len_bits = bits;
    return true;
}

int dhcp4_opt_routes(const struct dhcp4_msg *m, struct dhcp4_route *ret, size_t max) {
    uint8_t b[ROUTES_BYTES_MAX];
    int len = dhcp4_opt(m, DHCP4_OPT_ROUTES, b, sizeof(b));
    struct dhcp4_route route;
    struct rd r;
    size_t n = 0;

    if (len < 5 || (size_t)len > sizeof(b)) {
        return -1;
    }
    r = rd_init(b, (size_t)len);
    while (rd_left(&r) > 0) {
        if (!route_read(&r, &route)) {
            return -1;
        }
        if (n < max) {
            ret[n++] = route;
        }
    }
    return (int)n;
}

static void fixed_part(struct rd *r, struct dhcp4_msg *m, uint8_t *ret_htype, uint8_t *ret_hlen) {
    m->op = rd_u8(r);
    *ret_htype = rd_u8(r);
    *ret_hlen = rd_u8(r);
    m->hops = rd_u8(r);
    m->xid = rd_be32(r);
    m->secs = rd_be16(r);
    m->flags = rd_be16(r);
    m->ciaddr = inl_addr_from4(rd_be32(r));
    m->yiaddr = inl_addr_from4(rd_be32(r));
    m->siaddr = inl_addr_from4(rd_be32(r));
    m->giaddr = inl_addr_from4(rd_be32(r));
    rd_copy(r, m->chaddr, sizeof(m->chaddr));
    rd_skip(r, CHADDR_BYTES - sizeof(m->chaddr));
    m->sname = rd_sub(r, SNAME_BYTES);
    m->file = rd_sub(r, FILE_BYTES);
}

/* Which fields hold options? False if option 52 says what it cannot. */
static bool overload_apply(struct dhcp4_msg *m, const struct rd *file, const struct rd *sname) {
    uint8_t overload = 0;
    int len = dhcp4_opt(m, DHCP4_OPT_OVERLOAD, &overload, 1);

    if (len >= 0 && (len != 1 || overload < 1 || overload > 3)) {
        return false;
    }
    if (overload & OVERLOAD_FILE) {
        m->file = *file;
    }
    if (overload & OVERLOAD_SNAME) {
        m->sname = *sname;
    }
    return true;
}

enum inl_drop dhcp4_parse(struct rd *r, struct dhcp4_msg *ret) {
    struct dhcp4_msg m;
    struct rd file, sname;
    uint8_t htype, hlen;
    uint32_t cookie;

    fixed_part(r, &m, &htype, &hlen);
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
    if (htype != HTYPE_ETHERNET || hlen != sizeof(m.chaddr) || m.op < DHCP4_BOOTREQUEST ||
        m.op > DHCP4_BOOTREPLY) {
        return INL_DROP_BAD_LENGTH;
    }
    cookie = rd_be32(r);
    if (r->bad || cookie != COOKIE) {
        return INL_DROP_BAD_OPTION;
    }
    file = m.file;
    sname = m.sname;
    m.file = rd_init(NULL, 0);
    m.sname = rd_init(NULL, 0);
    m.options = rd_rest(r);
    if (!field_ok(m.options) || !overload_apply(&m, &file, &sname) || !field_ok(m.file) ||
        !field_ok(m.sname) || dhcp4_opt(&m, DHCP4_OPT_TYPE, &m.type, 1) != 1 ||
        m.type < DHCP4_DISCOVER || m.type > DHCP4_INFORM) {
        return INL_DROP_BAD_OPTION;
    }
    *ret = m;
    return INL_DROP_NONE;
}

/* ---- emit ---- */

void dhcp4_emit(struct wr *w, const struct dhcp4_msg *m) {
    wr_u8(w, m->op);
    wr_u8(w, HTYPE_ETHERNET);
    wr_u8(w, sizeof(m->chaddr));
    wr_u8(w, m->hops);
    wr_be32(w, m->xid);
    wr_be16(w, m->secs);
    wr_be16(w, m->flags);
    wr_be32(w, inl_addr_to4(&m->ciaddr));
    wr_be32(w, inl_addr_to4(&m->yiaddr));
    wr_be32(w, inl_addr_to4(&m->siaddr));
    wr_be32(w, inl_addr_to4(&m->giaddr));
    wr_put(w, m->chaddr, sizeof(m->chaddr));
    wr_zero(w, CHADDR_BYTES - sizeof(m->chaddr) + SNAME_BYTES + FILE_BYTES);
    wr_be32(w, COOKIE);
    dhcp4_put(w, DHCP4_OPT_TYPE, &m->type, 1);
}

void dhcp4_put(struct wr *w, uint8_t code, const void *value, size_t len) {
    const uint8_t *p = value;

    do {
        size_t n = len < OPT_PIECE_MAX ? len : OPT_PIECE_MAX;

        wr_u8(w, code);
        wr_u8(w, (uint8_t)n);
        wr_put(w, p, n);
        len -= n;
        p = len ? p + n : p;
    } while (len > 0);
}

void dhcp4_put_u32(struct wr *w, uint8_t code, uint32_t v) {
    uint8_t b[4];

    wr_store32(b, v);
    dhcp4_put(w, code, b, sizeof(b));
}

void dhcp4_put_addr(struct wr *w, uint8_t code, const struct inl_addr *a) {
    dhcp4_put_u32(w, code, inl_addr_to4(a));
}

void dhcp4_end(struct wr *w) {
    wr_u8(w, DHCP4_OPT_END);
    if (!w->bad && wr_len(w) < DHCP4_MIN_BYTES) {
        wr_zero(w, DHCP4_MIN_BYTES - wr_len(w));
    }
}
