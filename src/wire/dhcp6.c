/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6.c - DHCP messages for IPv6
 *
 * Each option becomes a sub-reader of what holds it, so no length can lead out. What is not known
 * is passed over (RFC 8415 16).
 */
#include "wire/dhcp6.h"

#include "base/text.h"

#define IA_FIXED_BYTES 12
#define IA_ADDR_FIXED_BYTES 24
#define LABEL_MAX 63

/* ---- parse ---- */

/* The next option: false at the end, or if it is cut (then the reader is bad). */
static bool opt_next(struct rd *r, uint16_t *ret_code, struct rd *ret_value) {
    if (rd_left(r) == 0) {
        return false;
    }
    *ret_code = rd_be16(r);
    *ret_value = rd_sub(r, rd_be16(r));
    return !r->bad;
}

static bool status_read(struct rd *value, uint16_t *ret_status) {
    *ret_status = rd_be16(value);
    return !value->bad;
}

/* The options of an address: a status at most. */
static bool addr_read(struct rd *value, struct dhcp6_ia_addr *a) {
    struct rd inner;
    uint16_t code;

    rd_copy(value, a->addr.b, sizeof(a->addr.b));
    a->preferred_s = rd_be32(value);
    a->valid_s = rd_be32(value);
    a->status = DHCP6_SUCCESS;
    while (opt_next(value, &code, &inner)) {
        if (code == DHCP6_OPT_STATUS && !status_read(&inner, &a->status)) {
            return false;
        }
    }
    return !value->bad;
}

static bool ia_read(struct rd *value, struct dhcp6_ia *ia) {
    struct dhcp6_ia_addr a;
    struct rd inner;
    uint16_t code;

    ia->iaid = rd_be32(value);
    ia->t1_s = rd_be32(value);
    ia->t2_s = rd_be32(value);
    ia->status = DHCP6_SUCCESS;
    ia->addrs_n = 0;
    while (opt_next(value, &code, &inner)) {
        if (code == DHCP6_OPT_STATUS && !status_read(&inner, &ia->status)) {
            return false;
        }
        if (code != DHCP6_OPT_IA_ADDR) {
            continue;
        }
        if (!addr_read(&inner, &a)) {
            return false;
        }
        if (a.preferred_s <= a.valid_s && ia->addrs_n < DHCP6_ADDRS_MAX) {
            ia->addrs[ia->addrs_n++] = a;
        }
    }
    return !value->bad;
}

static bool duid_read(struct rd *value, struct dhcp6_duid *duid) {
    size_t len = rd_left(value);

    if (duid->len != 0 || len < DHCP6_DUID_MIN_BYTES || len > DHCP6_DUID_MAX_BYTES) {
        return false;
    }
    duid->len = (uint8_t)len;
    return rd_copy(value, duid->b, len);
}

static bool u32_read(struct rd *value, uint32_t *ret) {
    *ret = rd_be32(value);
    return !value->bad && rd_left(value) == 0;
}

static bool ia_take(struct rd *value, uint32_t iaid, struct dhcp6_msg *m) {
    struct dhcp6_ia ia;

    if (!ia_read(value, &ia)) {
        return false;
    }
    if (!m->has_ia && (iaid == 0 || ia.iaid == iaid) &&
        (ia.t1_s <= ia.t2_s || ia.t1_s == 0 || ia.t2_s == 0)) {
        m->has_ia = true;
        m->ia = ia;
    }
    return true;
}

static bool option_read(uint16_t code, struct rd value, uint32_t iaid, struct dhcp6_msg *m) {
    switch (code) {
    case DHCP6_OPT_CLIENT_ID:
        return duid_read(&value, &m->client);
    case DHCP6_OPT_SERVER_ID:
        return duid_read(&value, &m->server);
    case DHCP6_OPT_IA_NA:
        return ia_take(&value, iaid, m);
    case DHCP6_OPT_PREFERENCE:
        m->preference = rd_u8(&value);
        return !value.bad;
    case DHCP6_OPT_STATUS:
        return status_read(&value, &m->status);
    case DHCP6_OPT_RAPID_COMMIT:
        m->rapid_commit = true;
        return true;
    case DHCP6_OPT_DNS:
        m->dns = value;
        return rd_left(&value) % 16 == 0;
    case DHCP6_OPT_DOMAINS:
        m->domains = value;
        return true;
    case DHCP6_OPT_REFRESH:
        return u32_read(&value, &m->refresh_s);
    case DHCP6_OPT_SOL_MAX_RT:
        return u32_read(&value, &m->sol_max_rt_s);
    case DHCP6_OPT_INF_MAX_RT:
        return u32_read(&value, &m->inf_max_rt_s);
    default:
        return true;
    }
}

enum inl_drop dhcp6_parse(struct rd *r, uint32_t iaid, struct dhcp6_msg *ret) {
    struct dhcp6_msg m;
    struct rd value;
    uint16_t code;

    memset(&m, 0, sizeof(m));
    m.type = rd_u8(r);
    m.xid = (uint32_t)rd_u8(r) << 16;
    m.xid |= rd_be16(r);
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
    if (m.type < DHCP6_SOLICIT || m.type > DHCP6_INFORMATION || m.type == 10) {
        return INL_DROP_UNKNOWN_PROTOCOL;
    }
    while (opt_next(r, &code, &value)) {
        if (!option_read(code, value, iaid, &m)) {
            return INL_DROP_BAD_OPTION;
        }
    }
    if (r->bad) {
        return INL_DROP_BAD_OPTION;
    }
    *ret = m;
    return INL_DROP_NONE;
}

static bool is_name_char(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* RFC 1035 3.1 without compression, as RFC 8415 10 wants it. */
bool dhcp6_domain(struct rd r, char *buf, size_t cap) {
    struct text t = text_init(buf, cap);

    for (uint8_t len = rd_u8(&r); len > 0; len = rd_u8(&r)) {
        const uint8_t *label = rd_take(&r, len);

        if (!label || len > LABEL_MAX) {
            return false;
        }
        if (t.len > 0) {
            text_chr(&t, '.');
        }
        for (unsigned i = 0; i < len; i++) {
            if (!is_name_char(label[i])) {
                return false;
            }
        }
        text_mem(&t, label, len);
    }
    return !r.bad && t.len > 0 && !t.cut;
}

/* ---- emit ---- */

void dhcp6_emit(struct wr *w, uint8_t type, uint32_t xid) {
    wr_be32(w, (uint32_t)type << 24 | (xid & 0xffffff));
}

void dhcp6_put(struct wr *w, uint16_t code, const void *value, size_t len) {
    wr_be16(w, code);
    wr_be16(w, (uint16_t)len);
    wr_put(w, value, len);
}

void dhcp6_put_u16(struct wr *w, uint16_t code, uint16_t v) {
    wr_be16(w, code);
    wr_be16(w, 2);
    wr_be16(w, v);
}

void dhcp6_put_u32(struct wr *w, uint16_t code, uint32_t v) {
    wr_be16(w, code);
    wr_be16(w, 4);
    wr_be32(w, v);
}

void dhcp6_put_status(struct wr *w, uint16_t status) {
    dhcp6_put_u16(w, DHCP6_OPT_STATUS, status);
}

void dhcp6_put_ia(struct wr *w, const struct dhcp6_ia *ia) {
    size_t status_bytes = ia->status ? 6 : 0;

    wr_be16(w, DHCP6_OPT_IA_NA);
    wr_be16(w,
            (uint16_t)(IA_FIXED_BYTES + ia->addrs_n * (IA_ADDR_FIXED_BYTES + 4u) + status_bytes));
    wr_be32(w, ia->iaid);
    wr_be32(w, ia->t1_s);
    wr_be32(w, ia->t2_s);
    for (unsigned i = 0; i < ia->addrs_n; i++) {
        wr_be16(w, DHCP6_OPT_IA_ADDR);
        wr_be16(w, IA_ADDR_FIXED_BYTES);
        wr_put(w, ia->addrs[i].addr.b, 16);
        wr_be32(w, ia->addrs[i].preferred_s);
        wr_be32(w, ia->addrs[i].valid_s);
    }
    if (ia->status) {
        dhcp6_put_status(w, ia->status);
    }
}

void dhcp6_put_domain(struct wr *w, const char *name) {
    uint8_t b[256];
    struct wr labels = wr_init(b, sizeof(b));

    while (*name && !labels.bad) {
        const char *dot = strchr(name, '.');
        size_t len = dot ? (size_t)(dot - name) : strlen(name);

        if (len == 0 || len > LABEL_MAX) {
            return;
        }
        wr_u8(&labels, (uint8_t)len);
        wr_put(&labels, name, len);
        name += len + (dot != NULL);
    }
    wr_u8(&labels, 0);
    if (!labels.bad) {
        dhcp6_put(w, DHCP6_OPT_DOMAINS, b, wr_len(&labels));
    }
}
