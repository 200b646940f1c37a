/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_vnet.c - the virtio-net header, byte by byte
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/vnet.h"

#include <errno.h>
#include <string.h>

/* flags, type, then hdr_len, gso_size, csum_start, csum_offset in the machine's order */
static void header(uint8_t h[VNET_HDR_BYTES], uint8_t flags, uint8_t type, uint16_t size,
                   uint16_t start, uint16_t off) {
    const uint16_t words[4] = {0xdead, size, start, off};

    h[0] = flags;
    h[1] = type;
    memcpy(h + 2, words, sizeof(words));
}

static int parse(uint8_t flags, uint8_t type, uint16_t size, uint16_t start, uint16_t off,
                 size_t len, struct inl_offload *ret) {
    uint8_t h[VNET_HDR_BYTES];

    header(h, flags, type, size, start, off);
    return vnet_parse(h, len, ret);
}

static void parses_what_the_kernel_says(void **state) {
    struct inl_offload o;

    (void)state;
    assert_int_equal(parse(0, 0, 0, 0, 0, 60, &o), 0);
    assert_int_equal(o.flags | o.gso_size_bytes, 0);
    assert_int_equal(parse(2, 0, 0, 0, 0, 60, &o), 0);
    assert_int_equal(o.flags, INL_OFFLOAD_CSUM_OK);
    assert_int_equal(parse(1, 0, 0, 34, 16, 60, &o), 0);
    assert_int_equal(o.flags, INL_OFFLOAD_CSUM_PARTIAL);
    assert_int_equal(o.csum_start_bytes, 34);
    assert_int_equal(o.csum_off_bytes, 16);
    assert_int_equal(o.gso_size_bytes, 0);
    assert_int_equal(parse(1, 1, 1448, 34, 16, 60000, &o), 0); /* TCP over IPv4 */
    assert_int_equal(o.gso_size_bytes, 1448);
    assert_int_equal(parse(1, 4, 1428, 54, 16, 60000, &o), 0); /* TCP over IPv6 */
    assert_int_equal(o.gso_size_bytes, 1428);
    assert_int_equal(parse(1, 0x81, 1448, 34, 16, 60000, &o), 0); /* with CWR */
    assert_int_equal(o.gso_size_bytes, 1448);
}

static void refuses_what_was_not_asked_for(void **state) {
    struct inl_offload o = {.flags = 77};

    (void)state;
    assert_int_equal(parse(0, 3, 1448, 0, 0, 60000, &o), -EINVAL); /* UDP fragments */
    assert_int_equal(parse(0, 5, 1448, 0, 0, 60000, &o), -EINVAL); /* UDP segments */
    assert_int_equal(parse(0, 2, 1448, 0, 0, 60000, &o), -EINVAL);
    assert_int_equal(parse(0, 1, 0, 0, 0, 60000, &o), -EINVAL);
    assert_int_equal(parse(1, 0, 0, 34, 25, 60, &o), -EINVAL); /* ends one byte outside */
    assert_int_equal(parse(1, 0, 0, 65535, 65535, 60, &o), -EINVAL);
    assert_int_equal(parse(1, 0, 0, 34, 24, 60, &o), 0);
    assert_int_equal(o.csum_off_bytes, 24);
}

static void emits_what_it_parses(void **state) {
    static const uint8_t v4[60] = {[0] = 0x45, [14] = 0x45};
    static const uint8_t v6[60] = {[0] = 0x60, [14] = 0x60};
    const struct inl_offload in = {
        .flags = INL_OFFLOAD_CSUM_PARTIAL,
        .gso_size_bytes = 1448,
        .hdr_len_bytes = 66,
        .csum_start_bytes = 34,
        .csum_off_bytes = 16,
    };
    uint8_t h[VNET_HDR_BYTES];
    uint8_t want[VNET_HDR_BYTES];
    const uint16_t hdr_len = 66;
    struct inl_offload out;

    (void)state;
    header(want, 1, 1, 1448, 34, 16);
    memcpy(want + 2, &hdr_len, 2);
    vnet_emit(&in, INL_LINK_ETHERNET, v4, sizeof(v4), h);
    assert_memory_equal(h, want, sizeof(h));
    assert_int_equal(vnet_parse(h, sizeof(v4), &out), 0);
    assert_int_equal(out.gso_size_bytes, 1448);
    vnet_emit(&in, INL_LINK_IP, v4, sizeof(v4), h);
    assert_memory_equal(h, want, sizeof(h));
    want[1] = 4;
    vnet_emit(&in, INL_LINK_ETHERNET, v6, sizeof(v6), h);
    assert_memory_equal(h, want, sizeof(h));
    vnet_emit(&in, INL_LINK_IP, v6, sizeof(v6), h);
    assert_memory_equal(h, want, sizeof(h));
    memset(want, 0, sizeof(want));
    vnet_emit(&(struct inl_offload){0}, INL_LINK_IP, v4, sizeof(v4), h);
    assert_memory_equal(h, want, sizeof(h));
    vnet_emit(&in, INL_LINK_ETHERNET, v4, 14, h); /* no IP header: its version is not read */
    assert_int_equal(h[1], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_the_kernel_says),
        cmocka_unit_test(refuses_what_was_not_asked_for),
        cmocka_unit_test(emits_what_it_parses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
