/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool_probe.c - fuzz target: what the raw sockets of ping and trace read (tools/probe/parse.c)
 *
 * The first octet says what the rest is. Quotes stay inside the input, text ends, and who has the
 * upper layer's eight octets also has its four.
 */
#include "fuzz.h"

#include "tools/probe/parse.h"

static void check_inside(const struct rd *r, const uint8_t *in, size_t size) {
    FUZZ_CHECK(rd_left(r) == 0 || (r->p >= in && r->end <= in + size));
}

static void check_message(const struct parse_msg *m, const uint8_t *in, size_t size) {
    FUZZ_CHECK(strlen(m->ext) < sizeof(m->ext));
    FUZZ_CHECK(m->opts_len <= sizeof(m->opts));
    FUZZ_CHECK(!m->quote.has_upper || m->quote.has_ports);
    FUZZ_CHECK(!m->quote.has_ports || m->quote.has);
    check_inside(&m->data, in, size);
    check_inside(&m->quote.payload, in, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char ext[PARSE_EXT_MAX];
    struct parse_msg m;
    struct parse_tcp t;

    if (size == 0) {
        return 0;
    }
    uint8_t kind = data[0];
    uint8_t *in = fuzz_exact(data + 1, size - 1);

    size--;
    switch (kind % 5) {
    case 0:
    case 1:
        if (parse_icmp4(in, size, kind % 5 == 0, &m)) {
            check_message(&m, in, size);
        }
        break;
    case 2:
        if (parse_icmp6(in, size, &m)) {
            check_message(&m, in, size);
        }
        break;
    case 3:
        parse_ext_behind(in, size, kind & 0x80 ? 48 : 28, ext);
        FUZZ_CHECK(strlen(ext) < sizeof(ext));
        break;
    default:
        (void)parse_tcp(in, size, (kind & 0x80) != 0, &t);
    }
    fuzz_exact_free(in, size);
    return 0;
}
