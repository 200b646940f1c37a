/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_group.c - fuzz target: IGMP and MLD; the first byte chooses
 */
#include "fuzz.h"

#include "wire/group.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bool v6 = size > 0 && data[0] & 1;
    size_t len = size > 0 ? size - 1 : 0;
    uint8_t *in = fuzz_exact(size > 0 ? data + 1 : data, len);
    struct rd r = rd_init(in, len);
    struct icmp6_msg icmp;
    struct group_msg m;
    enum inl_drop why;

    if (v6) {
        why = icmp6_parse(&r, &icmp);
        why = why ? why : mld_parse(&icmp, &m);
    } else {
        (void)igmp_csum_ok(r);
        why = igmp_parse(r, &m);
    }
    if (why == INL_DROP_NONE) {
        struct group_record rec;
        struct rd body = m.body;
        unsigned n = 0;

        FUZZ_CHECK(inl_addr_is_multicast(&m.group) || inl_addr_is_any(&m.group));
        while (m.kind == GROUP_RECORDS && n < m.count && group_record_next(&body, v6, &rec)) {
            FUZZ_CHECK(rd_left(&rec.sources) == rec.count * (v6 ? 16u : 4u));
            n++;
        }
        FUZZ_CHECK(m.kind != GROUP_RECORDS || n == m.count); /* counts were true */
    }
    fuzz_exact_free(in, len);
    return 0;
}
