/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_gso.c - super-frames are cut into what a wire would carry, and nothing else is cut
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/csum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <inlet/offload.h>

#include <errno.h>
#include <string.h>

#define OPTS_BYTES 12
#define SEQ0 0xfffffc00U /* the numbers wrap inside the frame */

struct super {
    uint8_t b[70000];
    size_t len;
    size_t ip_off, tcp_off, hdr_len;
    struct inl_offload o;
};

static struct super super;
static uint8_t piece[70000];

static uint8_t pattern(size_t i) {
    return (uint8_t)(i * 7 + i / 251);
}

static const struct inl_addr *src(bool v6) {
    static struct inl_addr a4, a6;

    a4 = inl_addr_from4(0x0a000001);
    inl_addr_parse("2001:db8::1", &a6);
    return v6 ? &a6 : &a4;
}

static const struct inl_addr *dst(bool v6) {
    static struct inl_addr a4, a6;

    a4 = inl_addr_from4(0x0a000002);
    inl_addr_parse("2001:db8::2", &a6);
    return v6 ? &a6 : &a4;
}

static void emit_ip(struct wr *w, bool v6, size_t payload, uint8_t proto, bool df) {
    if (v6) {
        const struct ip6_hdr h = {
            .src = *src(true),
            .dst = *dst(true),
            .payload_len_bytes = (uint16_t)payload,
            .next = proto,
            .hop_limit = 64,
        };

        ip6_emit(w, &h);
    } else {
        const struct ip4_hdr h = {
            .src = *src(false),
            .dst = *dst(false),
            .total_len_bytes = (uint16_t)(IP4_HDR_BYTES + payload),
            .id = 0xfffe,
            .ttl = 64,
            .proto = proto,
            .df = df,
        };

        ip4_emit(w, &h);
    }
}

/* A frame of one TCP segment with 12 bytes of options, its checksum partial. */
static void make(bool ether, bool v6, size_t payload, uint16_t size, uint16_t flags, bool df) {
    struct wr w = wr_init(super.b, sizeof(super.b));
    struct tcp_hdr tcp = {
        .sport = 1000,
        .dport = 80,
        .seq = seq_mk(SEQ0),
        .ack = seq_mk(77),
        .flags = flags,
        .win = 500,
        .hdr_len_bytes = TCP_HDR_BYTES + OPTS_BYTES,
    };
    size_t tcp_len = tcp.hdr_len_bytes + payload;

    if (ether) {
        const struct eth_hdr eth = {
            {2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 1}, v6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4};
        eth_emit(&w, &eth);
    }
    super.ip_off = wr_len(&w);
    emit_ip(&w, v6, tcp_len, IP_PROTO_TCP, df);
    super.tcp_off = wr_len(&w);
    tcp.csum =
        (uint16_t)~csum_fold(l4_pseudo_csum(src(v6), dst(v6), IP_PROTO_TCP, (uint32_t)tcp_len));
    tcp_emit(&w, &tcp);
    for (size_t i = 0; i < OPTS_BYTES; i++) {
        wr_u8(&w, 1); /* NOPs */
    }
    super.hdr_len = wr_len(&w);
    for (size_t i = 0; i < payload; i++) {
        wr_u8(&w, pattern(i));
    }
    assert_false(w.bad);
    super.len = wr_len(&w);
    super.o = (struct inl_offload){
        .flags = INL_OFFLOAD_CSUM_PARTIAL,
        .gso_size_bytes = size,
        .hdr_len_bytes = (uint16_t)super.hdr_len,
        .csum_start_bytes = (uint16_t)super.tcp_off,
        .csum_off_bytes = TCP_CSUM_OFF,
    };
}

static int cut(bool ether, size_t *pos) {
    return inl_gso_cut(ether ? INL_LINK_ETHERNET : INL_LINK_IP, super.b, super.len, &super.o, pos,
                       piece, sizeof(piece));
}

/* The segment of a piece, everything that a receiver would verify verified. */
static struct tcp_hdr parse(bool ether, bool v6, size_t len, uint16_t *ret_id) {
    struct rd r = rd_init(piece, len);
    struct rd message;
    struct eth_hdr eth;
    struct tcp_hdr tcp;

    if (ether) {
        assert_int_equal(eth_parse(&r, &eth), INL_DROP_NONE);
        assert_memory_equal(piece, super.b, ETH_HDR_BYTES);
    }
    if (v6) {
        struct ip6_hdr h;

        assert_int_equal(ip6_parse(&r, &h), INL_DROP_NONE);
        message = h.payload;
        *ret_id = 0;
    } else {
        struct ip4_hdr h;

        assert_int_equal(ip4_parse(&r, &h), INL_DROP_NONE);
        assert_true(ip4_csum_ok(piece + super.ip_off, IP4_HDR_BYTES));
        message = h.payload;
        *ret_id = h.id;
    }
    assert_int_equal(rd_left(&r), 0); /* nothing behind the packet */
    assert_true(l4_csum_ok(src(v6), dst(v6), IP_PROTO_TCP, message));
    assert_int_equal(tcp_parse(&message, &tcp), INL_DROP_NONE);
    assert_memory_equal(rd_ptr(&tcp.opts), super.b + super.tcp_off + TCP_HDR_BYTES, OPTS_BYTES);
    assert_int_equal(tcp.ack.v, 77);
    assert_int_equal(tcp.win, 500);
    return tcp;
}

static void check_cut(bool ether, bool v6, size_t payload, uint16_t size, bool df) {
    const uint16_t flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_ECE | TCP_CWR | TCP_AE;
    size_t pos = 0;
    size_t got = 0;
    unsigned n = 0;
    int len;

    make(ether, v6, payload, size, flags, df);
    while ((len = cut(ether, &pos)) > 0) {
        uint16_t id;
        struct tcp_hdr tcp = parse(ether, v6, (size_t)len, &id);
        size_t data = rd_left(&tcp.payload);
        bool last = got + data == payload;
        uint16_t want = flags;

        assert_int_equal(tcp.seq.v, (uint32_t)(SEQ0 + got));
        assert_true(data == size || (last && data < size));
        assert_memory_equal(rd_ptr(&tcp.payload), super.b + super.hdr_len + got, data);
        want &= (uint16_t) ~(last ? 0 : TCP_PSH | TCP_FIN);
        want &= (uint16_t) ~(n > 0 ? TCP_CWR : 0);
        assert_int_equal(tcp.flags, want);
        assert_int_equal(id, v6 ? 0 : (uint16_t)(0xfffe + (df ? 0 : n)));
        got += data;
        n++;
    }
    assert_int_equal(len, 0);
    assert_int_equal(cut(ether, &pos), 0); /* and stays so */
    assert_int_equal(got, payload);
    assert_int_equal(n, payload == 0 ? 1 : (payload + size - 1) / size);
}

static void pieces_are_the_segments(void **state) {
    static const size_t payloads[] = {0, 1, 99, 100, 101, 200, 1460, 64000};

    (void)state;
    for (unsigned how = 0; how < 8; how++) {
        for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
            check_cut(how & 1, how & 2, payloads[i], 100, how & 4);
            check_cut(how & 1, how & 2, payloads[i], 1447, how & 4);
        }
    }
}

static void one_frame_comes_out_whole(void **state) {
    size_t pos = 0;
    uint16_t id;
    int len;

    (void)state;
    make(true, false, 333, 0, TCP_ACK | TCP_PSH, true);
    len = cut(true, &pos);
    assert_int_equal(len, super.len);
    assert_int_equal(parse(true, false, (size_t)len, &id).flags, TCP_ACK | TCP_PSH);
    assert_int_equal(cut(true, &pos), 0);
    /* nothing is left to be done: not a byte changes, whatever it is */
    super.o.flags = 0;
    super.len = 5;
    pos = 0;
    assert_int_equal(cut(true, &pos), 5);
    assert_memory_equal(piece, super.b, 5);
}

/* RFC 768: a checksum that comes out as zero is sent as all ones. */
static void datagram_of_sum_zero(void **state) {
    struct wr w = wr_init(super.b, sizeof(super.b));
    struct udp_hdr udp = {.sport = 5, .dport = 6, .len_bytes = UDP_HDR_BYTES + 2};
    uint64_t acc = l4_pseudo_csum(src(false), dst(false), IP_PROTO_UDP, UDP_HDR_BYTES + 2);
    struct rd r;
    struct ip4_hdr h;
    size_t pos = 0;

    (void)state;
    emit_ip(&w, false, UDP_HDR_BYTES + 2, IP_PROTO_UDP, true);
    udp.csum = (uint16_t)~csum_fold(acc);
    udp_emit(&w, &udp);
    acc = csum_add16(csum_add16(csum_add16(acc, 5), 6), UDP_HDR_BYTES + 2);
    wr_be16(&w, csum_fold(acc)); /* the two bytes of data that make the sum zero */
    super.len = wr_len(&w);
    super.ip_off = 0;
    super.o = (struct inl_offload){
        .flags = INL_OFFLOAD_CSUM_PARTIAL, .csum_start_bytes = 20, .csum_off_bytes = 6};
    assert_int_equal(cut(false, &pos), super.len);
    r = rd_init(piece, super.len);
    assert_int_equal(ip4_parse(&r, &h), INL_DROP_NONE);
    assert_int_equal(piece[26] << 8 | piece[27], 0xffff);
    assert_true(udp_csum_ok(src(false), dst(false), h.payload));
}

static void refused(bool ether, int err) {
    size_t pos = 0;

    assert_int_equal(cut(ether, &pos), err);
}

static void what_cannot_be_cut_is_refused(void **state) {
    static const uint16_t flags[] = {TCP_SYN, TCP_ACK | TCP_RST, TCP_ACK | TCP_URG};
    size_t pos = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        make(false, false, 500, 100, flags[i], true);
        refused(false, -EINVAL);
    }
    for (size_t len = 0; len < super.hdr_len + 500; len++) { /* cut short at each byte */
        make(true, true, 500, 100, TCP_ACK, true);
        super.len = len;
        refused(true, -EINVAL);
    }
    make(false, false, 500, 100, TCP_ACK, true);
    super.b[9] = IP_PROTO_UDP;
    refused(false, -EINVAL);
    make(false, false, 500, 100, TCP_ACK, true);
    super.b[6] = 0x20; /* more fragments */
    refused(false, -EINVAL);
    make(true, false, 500, 100, TCP_ACK, true);
    super.b[12] = 0x86; /* says IPv6, is IPv4 */
    super.b[13] = 0xdd;
    refused(true, -EINVAL);
    make(true, false, 500, 100, TCP_ACK, true);
    pos = 501; /* a position that is none */
    assert_int_equal(cut(true, &pos), -EINVAL);
}

static void room_is_respected(void **state) {
    size_t pos = 0;

    (void)state;
    make(true, false, 500, 100, TCP_ACK, true);
    for (size_t cap = 0; cap < super.hdr_len + 100; cap++) {
        assert_int_equal(
            inl_gso_cut(INL_LINK_ETHERNET, super.b, super.len, &super.o, &pos, piece, cap),
            -EMSGSIZE);
        assert_int_equal(pos, 0);
    }
    assert_int_equal(inl_gso_cut(INL_LINK_ETHERNET, super.b, super.len, &super.o, &pos, piece,
                                 super.hdr_len + 100),
                     super.hdr_len + 100);
    super.o.gso_size_bytes = 0;
    pos = 0;
    assert_int_equal(
        inl_gso_cut(INL_LINK_ETHERNET, super.b, super.len, &super.o, &pos, piece, super.len - 1),
        -EMSGSIZE);
    super.o.csum_start_bytes = (uint16_t)(super.len - TCP_CSUM_OFF - 1);
    refused(true, -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_the_segments), cmocka_unit_test(one_frame_comes_out_whole),
        cmocka_unit_test(datagram_of_sum_zero),    cmocka_unit_test(what_cannot_be_cut_is_refused),
        cmocka_unit_test(room_is_respected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
