/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gso.c - fuzz target: what a device says of a frame, and the cutting of super-frames
 *
 * Ten bytes of description, then the frame. What inl_gso_cut() makes of it must be frames that
 * parse, with right checksums, whose data is that of the whole. The same frame is then given to a
 * host and to a router, which must survive it.
 */
#include "fuzz.h"

#include "base/csum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include "wire/tcp.h"

#include <inlet/inlet.h>

#define PIECES_MAX 65536 /* of one byte each */

/* The TCP segment of a frame that was cut. */
static struct tcp_hdr segment(enum inl_link_kind kind, const uint8_t *p, size_t len) {
    struct rd r = rd_init(p, len);
    struct rd message;
    struct eth_hdr eth;
    struct ip4_hdr h4;
    struct ip6_hdr h6;
    struct ip6_walk walk;
    struct tcp_hdr tcp;

    if (kind == INL_LINK_ETHERNET) {
        FUZZ_CHECK(eth_parse(&r, &eth) == INL_DROP_NONE);
    }
    if (rd_ptr(&r)[0] >> 4 == 4) {
        FUZZ_CHECK(ip4_csum_ok(rd_ptr(&r), (size_t)(rd_ptr(&r)[0] & 15) * 4));
        FUZZ_CHECK(ip4_parse(&r, &h4) == INL_DROP_NONE);
        message = h4.payload;
        FUZZ_CHECK(l4_csum_ok(&h4.src, &h4.dst, IP_PROTO_TCP, message));
    } else {
        FUZZ_CHECK(ip6_parse(&r, &h6) == INL_DROP_NONE);
        FUZZ_CHECK(ip6_ext_walk(&h6.payload, h6.next, &walk) == INL_DROP_NONE);
        message = walk.payload;
        FUZZ_CHECK(l4_csum_ok(&h6.src, &h6.dst, IP_PROTO_TCP, message));
    }
    FUZZ_CHECK(rd_left(&r) == 0);
    FUZZ_CHECK(tcp_parse(&message, &tcp) == INL_DROP_NONE);
    return tcp;
}

static void check_cut(enum inl_link_kind kind, const uint8_t *frame, size_t len,
                      const struct inl_offload *o) {
    static uint8_t buf[1 << 17];
    struct tcp_hdr first = {0};
    size_t data = 0;
    size_t pos = 0;
    unsigned n = 0;
    int got;

    while ((got = inl_gso_cut(kind, frame, len, o, &pos, buf, sizeof(buf))) > 0) {
        FUZZ_CHECK(n++ < PIECES_MAX && (size_t)got <= len);
        if (o->gso_size_bytes > 0) {
            struct tcp_hdr tcp = segment(kind, buf, (size_t)got);

            first = n == 1 ? tcp : first;
            FUZZ_CHECK(tcp.seq.v == (uint32_t)(first.seq.v + data));
            FUZZ_CHECK(rd_left(&tcp.payload) <= o->gso_size_bytes);
            FUZZ_CHECK(pos == SIZE_MAX || rd_left(&tcp.payload) == o->gso_size_bytes);
            data += rd_left(&tcp.payload);
        }
    }
    FUZZ_CHECK(got == 0 || n == 0); /* refused at once, or cut to the end */
    FUZZ_CHECK(data <= len);
}

/* A host that has the address 10.0.0.2, or a router beside it. */
static void check_host(enum inl_link_kind kind, const uint8_t *frame, size_t len,
                       const struct inl_offload *o, bool router) {
    const struct inl_link_config link = {
        .kind = kind, .mtu_bytes = 1500, .mac = {2, 0, 0, 0, 0, 2}, .name = "fuzz"};
    const struct inl_addr addr = inl_addr_from4(0x0a000002);
    const struct inl_rx_frame rx = {.data = frame, .len_bytes = len, .offload = *o};
    static uint8_t buf[1500 + INL_FRAME_OVERHEAD];
    struct inl_tx_frame tx = {.data = buf, .cap_bytes = sizeof(buf)};
    struct inl_sockaddr any = {.port = 80};
    struct inl_config config;
    struct inl_stack *stack;
    inl_sock s;

    inl_config_init(&config);
    config.alloc = inl_malloc();
    config.forward = router;
    FUZZ_CHECK(inl_stack_new(&config, &stack) == 0);
    FUZZ_CHECK(inl_link_add(stack, &link) == 1 && inl_addr_add(stack, 1, &addr, 24) == 0);
    s = inl_socket(stack, INL_AF_INET6, INL_SOCK_STREAM);
    FUZZ_CHECK(inl_bind(stack, s, &any) == 0 && inl_listen(stack, s, 4) == 0);
    inl_rx(stack, 1, &rx, 1, (inl_time){0});
    while (inl_tx(stack, 1, &tx, 1, (inl_time){0}) > 0) {
        FUZZ_CHECK(tx.offload.flags == 0); /* the link has said that it completes nothing */
    }
    inl_stack_free(stack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum inl_link_kind kind;
    struct inl_offload o;
    uint8_t *frame;

    if (size <= 10) {
        return 0;
    }
    kind = data[0] & 4 ? INL_LINK_ETHERNET : INL_LINK_IP;
    o = (struct inl_offload){
        .flags = data[0] & 3,
        .gso_size_bytes = (uint16_t)(data[2] << 8 | data[3]),
        .hdr_len_bytes = (uint16_t)(data[4] << 8 | data[5]),
        .csum_start_bytes = (uint16_t)(data[6] << 8 | data[7]),
        .csum_off_bytes = (uint16_t)(data[8] << 8 | data[9]),
    };
    frame = fuzz_exact(data + 10, size - 10);
    check_cut(kind, frame, size - 10, &o);
    check_host(kind, frame, size - 10, &o, false);
    check_host(kind, frame, size - 10, &o, true);
    fuzz_exact_free(frame, size - 10);
    return 0;
}
