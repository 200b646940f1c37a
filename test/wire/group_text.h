/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_text.h - a message of IGMP or MLD as text, for tests to compare
 */
#ifndef TEST_WIRE_GROUP_TEXT_H
#define TEST_WIRE_GROUP_TEXT_H

#include "base/text.h"
#include "wire/group.h"

static inline struct inl_addr source_addr(struct rd *r, bool v6) {
    uint8_t b[16] = {0};

    if (!v6) {
        return inl_addr_from4(rd_be32(r));
    }
    rd_copy(r, b, sizeof(b));
    return inl_addr_from6(b);
}

static inline const char *record_name(uint8_t type) {
    static const char *const names[] = {"?", "is_in", "is_ex", "to_in", "to_ex", "allow", "block"};

    return type < sizeof(names) / sizeof(names[0]) ? names[type] : "?";
}

static inline void sources_text(struct text *t, struct rd sources, unsigned count, bool v6) {
    for (unsigned i = 0; i < count; i++) {
        const struct inl_addr a = source_addr(&sources, v6);

        text_str(t, i == 0 ? " {" : " ");
        text_addr(t, &a);
    }
    text_str(t, count > 0 ? "}" : "");
}

static inline void records_text(struct text *t, const struct group_msg *m, bool v6) {
    struct rd r = m->body;
    struct group_record rec;

    for (unsigned i = 0; i < m->count && group_record_next(&r, v6, &rec); i++) {
        text_str(t, i == 0 ? " " : ", ");
        text_addr(t, &rec.group);
        text_chr(t, ' ');
        text_str(t, record_name(rec.type));
        sources_text(t, rec.sources, rec.count, v6);
    }
}

/* "igmp v2 report 239.1.2.3" and its like */
static inline void group_text(struct text *t, const struct group_msg *m, bool v6) {
    static const char *const kinds[] = {
        [GROUP_QUERY] = " query",
        [GROUP_REPORT] = " report",
        [GROUP_LEAVE] = " leave",
        [GROUP_RECORDS] = " report",
    };

    text_str(t, v6 ? "mld v" : "igmp v");
    text_u64(t, m->version);
    text_str(t, kinds[m->kind]);
    if (m->kind == GROUP_RECORDS) {
        records_text(t, m, v6);
        return;
    }
    if (!inl_addr_is_any(&m->group)) {
        text_chr(t, ' ');
        text_addr(t, &m->group);
    }
    sources_text(t, m->body, m->count, v6);
}

#endif
