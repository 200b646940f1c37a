/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns.c - messages of the domain name system
 *
 * Owns nothing. Name compression (RFC 1035 4.1.4) is where parsers of DNS have failed (RFC 9267):
 * pointers that lead in circles, forwards or out of the message, names that grow beyond 255 bytes,
 * counts and lengths that lie. Here a pointer must lead before the beginning of the piece of name
 * that it ends. Each jump leads to an earlier place, so it ends; and a name's bytes are counted
 * before they are stored. Counts are only used to know which section a record is in.
 *
 * Does not do: EDNS (the record is read as any other); TCP's length prefix, which belongs to the stream.
 */
#include "wire/dns.h"

#include <string.h>

#define FLAG_QR 0x8000
#define FLAG_AA 0x0400
#define FLAG_TC 0x0200
#define FLAG_RD 0x0100
#define FLAG_RA 0x0080

#define POINTER 0xc0

/* ---- reading ---- */

bool dns_parse(struct rd message, struct dns_msg *ret) {
    struct dns_msg m = {.all = message, .at = message};
    const uint8_t *p = rd_take(&m.at, DNS_HDR_BYTES);

    if (!p) {
        return false;
    }
    uint16_t flags = rd_load16(p + 2);

    m.hdr = (struct dns_hdr){
        .id = rd_load16(p),
        .response = flags & FLAG_QR,
        .opcode = (uint8_t)(flags >> 11 & 15),
        .authoritative = flags & FLAG_AA,
        .truncated = flags & FLAG_TC,
        .recursion_desired = flags & FLAG_RD,
        .recursion_available = flags & FLAG_RA,
        .rcode = (uint8_t)(flags & 15),
        .questions = rd_load16(p + 4),
        .answers = rd_load16(p + 6),
        .authorities = rd_load16(p + 8),
        .additionals = rd_load16(p + 10),
    };
    m.questions_left = m.hdr.questions;
    *ret = m;
    return true;
}

/* Appends a label with its length byte; room for the root's zero stays. */
static bool name_append(struct dns_name *name, const uint8_t *label, uint8_t len) {
    if (name->len + 1 + len + 1 > DNS_NAME_MAX) {
        return false;
    }
    name->b[name->len++] = len;
    memcpy(name->b + name->len, label, len);
    name->len = (uint8_t)(name->len + len);
    return true;
}

bool dns_name_parse(const struct rd *all, struct rd *at, struct dns_name *ret) {
    struct rd r = *at;
    const uint8_t *piece = rd_ptr(&r); /* where the labels read now begin */
    bool jumped = false;
    struct dns_name name = {0};

    for (;;) {
        uint8_t len = rd_u8(&r);

        if ((len & POINTER) == POINTER) {
            size_t to = (size_t)(len & ~POINTER) << 8 | rd_u8(&r);

            if (r.bad || to >= (size_t)(piece - all->p)) {
                return false;
            }
            if (!jumped) {
                *at = r;
                jumped = true;
            }
            r = rd_init(all->p + to, (size_t)(all->end - all->p) - to);
            piece = rd_ptr(&r);
            continue;
        }
        const uint8_t *label = len <= DNS_LABEL_MAX ? rd_take(&r, len) : NULL;

        if (!label || r.bad) {
            return false;
        }
        if (len == 0) {
            break;
        }
        if (!name_append(&name, label, len)) {
            return false;
        }
    }
    name.b[name.len++] = 0;
    if (!jumped) {
        *at = r;
    }
    *ret = name;
    return true;
}

bool dns_next_question(struct dns_msg *m, struct dns_question *ret) {
    struct dns_question q;

    if (m->questions_left == 0 || !dns_name_parse(&m->all, &m->at, &q.name)) {
        return false;
    }
    q.type = rd_be16(&m->at);
    q.qclass = rd_be16(&m->at);
    if (m->at.bad) {
        return false;
    }
    m->questions_left--;
    *ret = q;
    return true;
}

bool dns_next_rr(struct dns_msg *m, struct dns_rr *ret) {
    struct dns_rr rr;

    if (m->questions_left > 0 || rd_left(&m->at) == 0 ||
        !dns_name_parse(&m->all, &m->at, &rr.name)) {
        return false;
    }
    rr.type = rd_be16(&m->at);
    rr.rclass = rd_be16(&m->at);
    rr.ttl_s = rd_be32(&m->at);
    rr.data = rd_sub(&m->at, rd_be16(&m->at));
    if (m->at.bad) {
        return false;
    }
    *ret = rr;
    return true;
}

bool dns_rr_addr(const struct dns_rr *rr, struct inl_addr *ret) {
    struct rd r = rr->data;

    if (rr->type == DNS_A && rd_left(&r) == 4) {
        *ret = inl_addr_from4(rd_be32(&r));
        return true;
    }
    return rr->type == DNS_AAAA && rd_left(&r) == 16 && rd_copy(&r, ret->b, 16);
}

/* ---- names ---- */

bool dns_name_set(struct dns_name *name, const char *text) {
    struct dns_name out = {0};

    if (strcmp(text, ".") == 0) {
        text = "";
    }
    while (*text != '\0') {
        size_t len = 0;

        while (text[len] != '\0' && text[len] != '.') {
            len++;
        }
        if (len == 0 || len > DNS_LABEL_MAX ||
            !name_append(&out, (const uint8_t *)text, (uint8_t)len)) {
            return false;
        }
        text += len;
        text += *text == '.';
    }
    out.b[out.len++] = 0;
    *name = out;
    return true;
}

/* Lengths are below 'A', so they stay what they are. */
static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool bytes_eq(const uint8_t *a, const uint8_t *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

bool dns_name_eq(const struct dns_name *a, const struct dns_name *b) {
    return a->len == b->len && bytes_eq(a->b, b->b, a->len);
}

bool dns_name_cut(struct dns_name *name, const struct dns_name *suffix) {
    size_t at = 0;

    while (name->len - at > suffix->len) { /* only at the beginning of a label */
        at += 1U + name->b[at];
    }
    if (name->len - at != suffix->len || !bytes_eq(name->b + at, suffix->b, suffix->len)) {
        return false;
    }
    name->b[at] = 0;
    name->len = (uint8_t)(at + 1);
    return true;
}

static void label_text(struct text *t, const uint8_t *label, uint8_t len) {
    for (uint8_t i = 0; i < len; i++) {
        uint8_t c = label[i];

        if (c == '.' || c == '\\') {
            text_chr(t, '\\');
        }
        if (c > 0x20 && c < 0x7f) {
            text_chr(t, (char)c);
        } else {
            text_chr(t, '\\');
            text_chr(t, (char)('0' + c / 100));
            text_chr(t, (char)('0' + c / 10 % 10));
            text_chr(t, (char)('0' + c % 10));
        }
    }
}

void dns_name_text(struct text *t, const struct dns_name *name) {
    size_t at = 0;

    if (name->len <= 1) {
        text_chr(t, '.');
    }
    while (at + 1 < name->len) {
        label_text(t, name->b + at + 1, name->b[at]);
        text_chr(t, '.');
        at += 1U + name->b[at];
    }
}

static const uint8_t in_addr_arpa[] = {7,   'i', 'n', '-', 'a', 'd', 'd',
                                       'r', 4,   'a', 'r', 'p', 'a', 0};
static const uint8_t ip6_arpa[] = {3, 'i', 'p', '6', 4, 'a', 'r', 'p', 'a', 0};

void dns_name_reverse(struct dns_name *name, const struct inl_addr *addr) {
    static const char digits[] = "0123456789abcdef";
    struct text t;
    char label[4];

    name->len = 0;
    for (int i = 15; i >= (inl_addr_is4(addr) ? 12 : 0); i--) {
        if (inl_addr_is4(addr)) {
            t = text_init(label, sizeof(label));
            text_u64(&t, addr->b[i]);
            name_append(name, (const uint8_t *)label, (uint8_t)t.len);
        } else {
            name_append(name, (const uint8_t *)&digits[addr->b[i] & 15], 1);
            name_append(name, (const uint8_t *)&digits[addr->b[i] >> 4], 1);
        }
    }
    if (inl_addr_is4(addr)) {
        memcpy(name->b + name->len, in_addr_arpa, sizeof(in_addr_arpa));
        name->len = (uint8_t)(name->len + sizeof(in_addr_arpa));
    } else {
        memcpy(name->b + name->len, ip6_arpa, sizeof(ip6_arpa));
        name->len = (uint8_t)(name->len + sizeof(ip6_arpa));
    }
}

/* A label as a decimal number below 256, without leading zeros: -1 if it is none. */
static int label_octet(const uint8_t *label, uint8_t len) {
    int v = 0;

    if (len < 1 || len > 3 || (len > 1 && label[0] == '0')) {
        return -1;
    }
    for (uint8_t i = 0; i < len; i++) {
        if (label[i] < '0' || label[i] > '9') {
            return -1;
        }
        v = 10 * v + (label[i] - '0');
    }
    return v < 256 ? v : -1;
}

static int label_nibble(const uint8_t *label, uint8_t len) {
    uint8_t c = len == 1 ? lower(label[0]) : 0;

    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool reverse4(const struct dns_name *name, struct inl_addr *ret) {
    uint32_t a = 0;
    size_t at = 0;

    for (unsigned i = 0; i < 4; i++) {
        int v = at < name->len ? label_octet(name->b + at + 1, name->b[at]) : -1;

        if (v < 0) {
            return false;
        }
        a |= (uint32_t)v << (8 * i);
        at += 1U + name->b[at];
    }
    *ret = inl_addr_from4(a);
    return at + 1 == name->len;
}

static bool reverse6(const struct dns_name *name, struct inl_addr *ret) {
    struct inl_addr a = {{0}};

    if (name->len != 2 * 32 + 1) {
        return false;
    }
    for (unsigned i = 0; i < 32; i++) {
        int v = label_nibble(name->b + (size_t)2 * i + 1, name->b[2 * i]);

        if (v < 0) {
            return false;
        }
        a.b[15 - i / 2] |= (uint8_t)(i % 2 ? v << 4 : v);
    }
    *ret = a;
    return true;
}

bool dns_name_addr(const struct dns_name *name, struct inl_addr *ret) {
    struct dns_name suffix = {.len = sizeof(in_addr_arpa)}, rest = *name;

    memcpy(suffix.b, in_addr_arpa, sizeof(in_addr_arpa));
    if (dns_name_cut(&rest, &suffix)) {
        return reverse4(&rest, ret);
    }
    suffix.len = sizeof(ip6_arpa);
    memcpy(suffix.b, ip6_arpa, sizeof(ip6_arpa));
    return dns_name_cut(&rest, &suffix) && reverse6(&rest, ret);
}

/* ---- writing ---- */

void dns_hdr_emit(struct wr *w, const struct dns_hdr *h) {
    uint16_t flags = (uint16_t)((h->response ? FLAG_QR : 0) | (h->opcode & 15) << 11 |
                                (h->authoritative ? FLAG_AA : 0) | (h->truncated ? FLAG_TC : 0) |
                                (h->recursion_desired ? FLAG_RD : 0) |
                                (h->recursion_available ? FLAG_RA : 0) | (h->rcode & 15));

    wr_be16(w, h->id);
    wr_be16(w, flags);
    wr_be16(w, h->questions);
    wr_be16(w, h->answers);
    wr_be16(w, h->authorities);
    wr_be16(w, h->additionals);
}

void dns_name_emit(struct wr *w, const struct dns_name *name) {
    wr_put(w, name->b, name->len);
}

void dns_question_emit(struct wr *w, const struct dns_question *q) {
    dns_name_emit(w, &q->name);
    wr_be16(w, q->type);
    wr_be16(w, q->qclass);
}

void dns_rr_emit(struct wr *w, const struct dns_rr *rr) {
    size_t len = rd_left(&rr->data);

    dns_name_emit(w, &rr->name);
    wr_be16(w, rr->type);
    wr_be16(w, rr->rclass);
    wr_be32(w, rr->ttl_s);
    wr_be16(w, (uint16_t)len);
    wr_put(w, rd_ptr(&rr->data), len);
    w->bad = w->bad || len > UINT16_MAX;
}
