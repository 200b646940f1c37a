/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire_dns.c - fuzz target: messages of the domain name system
 */
#include "fuzz.h"

#include "wire/dns.h"

static void check_name(const struct dns_name *name) {
    uint8_t buf[DNS_NAME_MAX];
    struct wr w = wr_init(buf, sizeof(buf));
    struct dns_name again, cut = *name;
    struct inl_addr addr;
    char line[16];
    struct text t = fuzz_text(line, sizeof(line));

    FUZZ_CHECK(name->len >= 1 && name->b[name->len - 1] == 0);
    dns_name_emit(&w, name);
    FUZZ_CHECK(!w.bad);
    struct rd all = rd_init(buf, wr_len(&w)), at = all;

    FUZZ_CHECK(dns_name_parse(&all, &at, &again) && rd_left(&at) == 0);
    FUZZ_CHECK(dns_name_eq(name, &again));
    FUZZ_CHECK(dns_name_cut(&cut, name) && cut.len == 1);
    if (dns_name_addr(name, &addr)) {
        dns_name_reverse(&again, &addr);
        FUZZ_CHECK(dns_name_eq(name, &again));
    }
    dns_name_text(&t, name);
    fuzz_text_check(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct dns_question q;
    struct dns_msg m;
    struct dns_rr rr;

    if (dns_parse(rd_init(in, size), &m)) {
        while (dns_next_question(&m, &q)) {
            check_name(&q.name);
        }
        while (dns_next_rr(&m, &rr)) {
            struct dns_name name;
            struct inl_addr addr;

            check_name(&rr.name);
            (void)dns_rr_addr(&rr, &addr);
            if (dns_name_parse(&m.all, &rr.data, &name)) {
                check_name(&name);
            }
        }
    }
    fuzz_exact_free(in, size);
    return 0;
}
