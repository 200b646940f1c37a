/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.c - IGMP and MLD (group.h)
 *
 * A code of eight bits says times: below 128 itself, above a number with an exponent (RFC 3376
 * 4.1.1); MLDv2 has the same in sixteen bits (RFC 3810 5.1.3).
 */
#include "wire/group.h"

#include "base/csum.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#define IGMP_HDR_BYTES 8
#define IGMP_QUERY 0x11
#define IGMP_REPORT1 0x12
#define IGMP_REPORT2 0x16
#define IGMP_LEAVE 0x17
#define IGMP_REPORT3 0x22
#define MLD_QUERY 130
#define MLD_REPORT1 131
#define MLD_DONE 132
#define MLD_REPORT2 143

static size_t addr_bytes(bool v6) {
    return v6 ? 16 : 4;
}

static struct inl_addr take_addr(struct rd *r, bool v6) {
    uint8_t b[16] = {0};

    if (!v6) {
        return inl_addr_from4(rd_be32(r));
    }
    rd_copy(r, b, sizeof(b));
    return inl_addr_from6(b);
}

struct inl_addr group_source_next(struct rd *sources, bool v6) {
    return take_addr(sources, v6);
}

static uint32_t code8(uint8_t code) {
    return code < 128 ? code : (uint32_t)((code & 0xf) | 0x10) << ((code >> 4 & 7) + 3);
}

static uint32_t code16(uint16_t code) {
    return code < 32768 ? code : (uint32_t)((code & 0xfff) | 0x1000) << ((code >> 12 & 7) + 3);
}

bool group_record_next(struct rd *body, bool v6, struct group_record *ret) {
    struct group_record rec = {.type = rd_u8(body)};
    size_t aux = (size_t)rd_u8(body) * 4;

    rec.count = rd_be16(body);
    rec.group = take_addr(body, v6);
    rec.sources = rd_sub(body, rec.count * addr_bytes(v6));
    rd_skip(body, aux);
    if (body->bad) {
        return false;
    }
    *ret = rec;
    return true;
}

static enum inl_drop check_records(const struct group_msg *m, bool v6) {
    struct rd r = m->body;
    struct group_record rec;

    for (unsigned i = 0; i < m->count; i++) {
        if (!group_record_next(&r, v6, &rec)) {
            return INL_DROP_BAD_LENGTH;
        }
        if (!inl_addr_is_multicast(&rec.group)) {
            return INL_DROP_BAD_OPTION;
        }
    }
    return INL_DROP_NONE;
}

static enum inl_drop check_group(const struct group_msg *m) {
    bool general = m->kind == GROUP_QUERY && inl_addr_is_any(&m->group);

    return general || inl_addr_is_multicast(&m->group) ? INL_DROP_NONE : INL_DROP_BAD_OPTION;
}

/* The second half of a query of the newest version: flags, interval, sources. */
static enum inl_drop parse_query(struct rd *r, bool v6, struct group_msg *m) {
    uint8_t flags = rd_u8(r);

    m->suppress = (flags & 8) != 0;
    m->robustness = flags & 7;
    m->interval_s = code8(rd_u8(r));
    m->count = rd_be16(r);
    m->body = rd_sub(r, m->count * addr_bytes(v6));
    return r->bad || m->body.bad ? INL_DROP_BAD_LENGTH : check_group(m);
}

static enum inl_drop igmp_query(struct rd *r, uint8_t code, struct group_msg *m) {
    m->kind = GROUP_QUERY;
    m->group = take_addr(r, false);
    if (rd_left(r) == 0) { /* RFC 3376 7.1 */
        m->version = code == 0 ? 1 : 2;
        m->max_resp_ns = code == 0 ? 10 * INL_S : code * (100 * INL_MS);
        return check_group(m);
    }
    if (rd_left(r) < 4) {
        return INL_DROP_BAD_LENGTH;
    }
    m->version = 3;
    m->max_resp_ns = code8(code) * (100 * INL_MS);
    return parse_query(r, false, m);
}

enum inl_drop igmp_parse(struct rd message, struct group_msg *ret) {
    struct group_msg m = {.group = inl_addr_any4()};
    uint8_t type = rd_u8(&message);
    uint8_t code = rd_u8(&message);
    enum inl_drop why;

    rd_skip(&message, 2);
    if (rd_left(&message) < IGMP_HDR_BYTES - 4) {
        return INL_DROP_TRUNCATED;
    }
    switch (type) {
    case IGMP_QUERY:
        why = igmp_query(&message, code, &m);
        break;
    case IGMP_REPORT1:
    case IGMP_REPORT2:
    case IGMP_LEAVE:
        m.kind = type == IGMP_LEAVE ? GROUP_LEAVE : GROUP_REPORT;
        m.version = type == IGMP_REPORT1 ? 1 : 2;
        m.group = take_addr(&message, false);
        why = check_group(&m);
        break;
    case IGMP_REPORT3:
        m.kind = GROUP_RECORDS;
        m.version = 3;
        rd_skip(&message, 2);
        m.count = rd_be16(&message);
        m.body = rd_rest(&message);
        why = check_records(&m, false);
        break;
    default:
        return INL_DROP_UNKNOWN_ICMP;
    }
    if (!why) {
        *ret = m;
    }
    return why;
}

bool igmp_csum_ok(struct rd message) {
    return rd_left(&message) >= IGMP_HDR_BYTES &&
           csum_ok(csum_add(0, rd_ptr(&message), rd_left(&message)));
}

enum inl_drop mld_parse(const struct icmp6_msg *icmp, struct group_msg *ret) {
    struct group_msg m = {.version = 1};
    struct rd r = icmp->data;
    uint16_t delay = (uint16_t)(icmp->rest >> 16);
    enum inl_drop why;

    if (icmp->type == MLD_REPORT2) {
        m.kind = GROUP_RECORDS;
        m.version = 2;
        m.count = (uint16_t)icmp->rest;
        m.body = r;
        why = check_records(&m, true);
    } else if (icmp->type >= MLD_QUERY && icmp->type <= MLD_DONE) {
        if (rd_left(&r) < 16) {
            return INL_DROP_TRUNCATED;
        }
        m.kind = icmp->type == MLD_QUERY     ? GROUP_QUERY
                 : icmp->type == MLD_REPORT1 ? GROUP_REPORT
                                             : GROUP_LEAVE;
        m.group = take_addr(&r, true);
        m.max_resp_ns = m.kind == GROUP_QUERY ? delay * INL_MS : 0;
        why = check_group(&m);
        if (m.kind == GROUP_QUERY && rd_left(&r) > 0) { /* RFC 3810 8.1 */
            if (rd_left(&r) < 4) {
                return INL_DROP_BAD_LENGTH;
            }
            m.version = 2;
            m.max_resp_ns = code16(delay) * INL_MS;
            why = parse_query(&r, true, &m);
        }
    } else {
        return INL_DROP_UNKNOWN_ICMP;
    }
    if (!why) {
        *ret = m;
    }
    return why;
}

/* ---- writing ---- */

static void put_addr(struct wr *w, bool v6, const struct inl_addr *a) {
    wr_put(w, a->b + 16 - addr_bytes(v6), addr_bytes(v6));
}

void group_emit(struct wr *w, bool v6, enum group_kind kind, unsigned version,
                const struct inl_addr *group) {
    if (v6) {
        wr_u8(w, kind == GROUP_LEAVE ? MLD_DONE : MLD_REPORT1);
        wr_zero(w, 7);
    } else {
        wr_u8(w, kind == GROUP_LEAVE ? IGMP_LEAVE : version == 1 ? IGMP_REPORT1 : IGMP_REPORT2);
        wr_zero(w, 3);
    }
    put_addr(w, v6, group);
}

void group_emit_begin(struct wr *w, bool v6) {
    wr_u8(w, v6 ? MLD_REPORT2 : IGMP_REPORT3);
    wr_zero(w, 7);
}

void group_emit_record(struct wr *w, bool v6, enum group_record_type type,
                       const struct inl_addr *group, const struct inl_addr *sources,
                       uint16_t count) {
    wr_u8(w, (uint8_t)type);
    wr_u8(w, 0); /* no auxiliary data (RFC 3376 4.2.6) */
    wr_be16(w, count);
    put_addr(w, v6, group);
    for (uint16_t i = 0; i < count; i++) {
        put_addr(w, v6, &sources[i]);
    }
}

void group_emit_end(struct wr *w, bool v6, uint16_t records, const struct inl_addr *src,
                    const struct inl_addr *dst) {
    uint32_t len = (uint32_t)wr_len(w);
    uint64_t acc = v6 ? l4_pseudo_csum(src, dst, IP_PROTO_ICMP6, len) : 0;

    if (records) {
        wr_set_be16(w, 6, records);
    }
    wr_set_be16(w, 2, csum_fold(csum_add(acc, w->start, len)));
}
