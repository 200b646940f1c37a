/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_dhcp.c - fuzz target: DHCP messages of both families
 *
 * What is accepted is asked for every option that anybody reads, written again from what was
 * understood, and must mean the same.
 */
#include "fuzz.h"

#include "wire/dhcp4.h"
#include "wire/dhcp6.h"

static void again4(const struct dhcp4_msg *m) {
    uint8_t opt[700], out[1600];
    struct wr w = wr_init(out, sizeof(out));
    struct dhcp4_msg n;
    struct rd r;

    dhcp4_emit(&w, m);
    for (unsigned code = 1; code < 255; code++) {
        int len = dhcp4_opt(m, (uint8_t)code, opt, sizeof(opt));

        FUZZ_CHECK(len >= -1);
        if (len > 0 && (size_t)len <= sizeof(opt) && wr_left(&w) > (size_t)len + 16 &&
            code != DHCP4_OPT_TYPE && code != DHCP4_OPT_OVERLOAD) {
            dhcp4_put(&w, (uint8_t)code, opt, (size_t)len);
        }
    }
    dhcp4_end(&w);
    FUZZ_CHECK(!w.bad);
    r = rd_init(out, wr_len(&w));
    FUZZ_CHECK(dhcp4_parse(&r, &n) == INL_DROP_NONE);
    FUZZ_CHECK(n.type == m->type && n.xid == m->xid && inl_addr_eq(&n.yiaddr, &m->yiaddr));
}

static void try4(struct rd r) {
    struct dhcp4_route routes[4];
    struct inl_addr addrs[4];
    struct dhcp4_msg m;
    int n;

    if (dhcp4_parse(&r, &m) != INL_DROP_NONE) {
        return;
    }
    FUZZ_CHECK(dhcp4_opt_addrs(&m, DHCP4_OPT_DNS, addrs, 4) <= 4);
    n = dhcp4_opt_routes(&m, routes, 4);
    FUZZ_CHECK(n >= -1 && n <= 4);
    for (int i = 0; i < n; i++) {
        struct inl_addr net = inl_addr_mask(&routes[i].dst, 96 + routes[i].prefix_len_bits);

        FUZZ_CHECK(inl_addr_eq(&net, &routes[i].dst));
    }
    again4(&m);
}

static void try6(struct rd r) {
    struct dhcp6_msg m, n;
    uint8_t out[1024];
    struct wr w = wr_init(out, sizeof(out));
    char domain[INL_ADDR_TEXT_MAX];

    if (dhcp6_parse(&r, 0, &m) != INL_DROP_NONE) {
        return;
    }
    FUZZ_CHECK(m.client.len <= DHCP6_DUID_MAX_BYTES && m.ia.addrs_n <= DHCP6_ADDRS_MAX);
    dhcp6_emit(&w, m.type, m.xid);
    if (m.client.len) {
        dhcp6_put(&w, DHCP6_OPT_CLIENT_ID, m.client.b, m.client.len);
    }
    if (m.has_ia) {
        dhcp6_put_ia(&w, &m.ia);
    }
    if (dhcp6_domain(m.domains, domain, sizeof(domain))) {
        dhcp6_put_domain(&w, domain);
    }
    FUZZ_CHECK(!w.bad);
    r = rd_init(out, wr_len(&w));
    FUZZ_CHECK(dhcp6_parse(&r, 0, &n) == INL_DROP_NONE);
    FUZZ_CHECK(n.type == m.type && n.xid == m.xid && n.has_ia == m.has_ia);
    FUZZ_CHECK(n.ia.addrs_n == m.ia.addrs_n && n.ia.status == m.ia.status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);

    try4(rd_init(in, size));
    try6(rd_init(in, size));
    fuzz_exact_free(in, size);
    return 0;
}
