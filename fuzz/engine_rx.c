/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_rx.c - the peers of the engine fuzz target: segments, messages, ICMP errors and packets
 * that the input describes, of both IP versions, whole or in fragments
 */
#include "base/csum.h"
#include "engine.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include "wire/tcp.h"
#include "wire/tcpopt.h"

void engine_flush(struct harness *h) {
    inl_rx(h->stack, h->link, h->burst, h->burst_n, h->now);
    while (h->burst_n > 0) {
        struct inl_rx_frame *f = &h->burst[--h->burst_n];

        fuzz_exact_free((uint8_t *)(uintptr_t)f->data, f->len_bytes);
    }
}

static void rx(struct harness *h, const uint8_t *data, size_t len) {
    uint8_t *p = fuzz_exact(data, len);

    h->burst[h->burst_n++] = (struct inl_rx_frame){.data = p, .len_bytes = len};
    h->queued = true;
    if (!h->bursts || h->burst_n == BURST_MAX) {
        engine_flush(h);
    }
}

/* Octets [off, end) of the transport message at buf + HDR, with IP's header before them */
static void rx_piece(struct harness *h, bool v6, uint8_t proto, size_t off, size_t end, bool more) {
    static uint8_t packet[HDR + 8 + MTU];
    bool whole = off == 0 && !more;
    size_t ext = v6 && !whole ? 8 : 0;
    struct ip4_hdr h4 = {.src = peer_addr(false),
                         .dst = our_addr(false),
                         .total_len_bytes = (uint16_t)(20 + end - off),
                         .id = whole ? 0 : h->frag_id,
                         .frag_off_bytes = (uint16_t)off,
                         .ttl = 64,
                         .proto = proto,
                         .df = whole,
                         .mf = more};
    struct ip6_hdr h6 = {.src = peer_addr(true),
                         .dst = our_addr(true),
                         .payload_len_bytes = (uint16_t)(ext + end - off),
                         .next = ext > 0 ? IP_PROTO_FRAGMENT : proto,
                         .hop_limit = 64};
    struct wr w = wr_init(packet, sizeof(packet));

    if (v6) {
        ip6_emit(&w, &h6);
    } else {
        ip4_emit(&w, &h4);
    }
    if (ext > 0) {
        wr_be16(&w, (uint16_t)(proto << 8));
        wr_be16(&w, (uint16_t)(off | more));
        wr_be32(&w, h->frag_id);
    }
    wr_put(&w, h->buf + HDR + off, end - off);
    FUZZ_CHECK(!w.bad);
    rx(h, packet, wr_len(&w));
}

/* Puts IP's header before a transport message at buf + HDR and hands the packet in, perhaps in
 * fragments: of what length, in which order, one of them missing or twice. */
static void rx_ip(struct harness *h, bool v6, uint8_t proto, size_t len) {
    size_t step = 8 * (1 + (size_t)(h->cut & 15) * 8);
    size_t n = (len + step - 1) / step;
    uint8_t how = h->cut;

    h->cut = 0;
    if (how == 0 || n < 2) {
        rx_piece(h, v6, proto, 0, len, false);
        return;
    }
    h->frag_id++;
    for (size_t i = 0; i < n && i < 16; i++) {
        size_t k = how & 16 ? n - 1 - i : i;
        size_t end = k + 1 < n ? (k + 1) * step : len;

        if (how & 32 && k == 1) {
            continue;
        }
        rx_piece(h, v6, proto, k * step, end, k + 1 < n);
        if (how & 64 && k == 0) {
            rx_piece(h, v6, proto, 0, end, true);
        }
    }
}

static void fix_csum(struct harness *h, bool v6, uint8_t proto, size_t len, size_t at) {
    struct inl_addr src = peer_addr(v6);
    struct inl_addr dst = our_addr(v6);
    struct wr w = wr_init(h->buf + HDR, len);
    uint64_t acc = proto == IP_PROTO_ICMP4 ? 0 : l4_pseudo_csum(&src, &dst, proto, (uint32_t)len);

    (void)wr_take(&w, len);
    wr_set_be16(&w, at, 0);
    wr_set_be16(&w, at, csum_fold(csum_add(acc, h->buf + HDR, len)));
}

/*
 * Options that mean something: timestamps about now, SACK blocks about what the stack has sent.
 * Which ones, is one byte of the input.
 */
static void read_options(struct harness *h, struct flow *f, seq_t ack, struct tcp_opts *ret) {
    struct rd *in = &h->in;
    uint8_t which = rd_u8(in);

    memset(ret, 0, sizeof(*ret));
    ret->present = which & 0x3f;
    ret->mss = (uint16_t)(536 + read_delta(in));
    ret->wscale = which >> 5;
    f->ts_mine++;
    ret->ts_val = f->ts_mine + read_delta(in);
    ret->ts_ecr = f->ts_seen + read_delta(in);
    ret->tfo_len = which & TCP_HAS_TFO ? (uint8_t)(4 + rd_u8(in) % 7 * 2) : 0;
    ret->tfo_len = ret->tfo_len > TCP_TFO_COOKIE_MAX_BYTES ? 0 : ret->tfo_len;
    ret->sack_n = which & TCP_HAS_SACK ? 1 + (which >> 6) % TCP_SACK_MAX : 0;
    for (unsigned i = 0; i < ret->sack_n; i++) {
        ret->sack[i].left = seq_add(ack, rd_u8(in) * 100u + read_delta(in));
        ret->sack[i].right = seq_add(ret->sack[i].left, rd_u8(in) * 100u + read_delta(in));
    }
    while (tcp_opts_len(ret) > TCP_OPTS_MAX_BYTES) {
        ret->present &= (uint8_t)(ret->present - 1); /* without the lowest bit */
    }
}

/* A segment of one of the flows */
void engine_do_segment(struct harness *h, int i) {
    struct rd *in = &h->in;
    struct flow *f = &h->flow[i];
    uint16_t flags = rd_u8(in);
    seq_t seq = seq_add(f->snd_nxt, read_delta(in));
    seq_t ack = seq_add(f->rcv_nxt, read_delta(in));
    uint16_t win = rd_be16(in);
    uint8_t shape = rd_u8(in);
    struct tcp_opts meant = {0};
    size_t opts = (size_t)(shape & 15) % 11 * 4;
    size_t room = MTU - 20 - 40 - (i < FLOWS4 ? 20u : 40u);
    size_t len = shape >> 4 == 0 ? 0 : rd_be16(in) % (room + 1);
    struct wr w = wr_init(h->buf + HDR, sizeof(h->buf) - HDR);
    seq_t first = seq_add(seq, (flags & TCP_SYN) != 0);

    if ((shape & 15) > 10) {
        read_options(h, f, ack, &meant);
        opts = tcp_opts_len(&meant);
    }
    struct tcp_hdr th = {.sport = (uint16_t)(PEER_PORT + i),
                         .dport = f->port,
                         .seq = seq,
                         .ack = ack,
                         .flags = flags,
                         .win = win,
                         .hdr_len_bytes = (uint8_t)(20 + opts)};

    tcp_emit(&w, &th);
    if (meant.present) {
        tcp_opts_emit(&w, &meant);
        opts = 0;
    }
    for (size_t k = 0; k < opts; k++) {
        wr_u8(&w, rd_u8(in));
    }
    for (uint32_t k = 0; k < len; k++) {
        wr_u8(&w, peer_byte(seq_add(first, k)));
    }
    FUZZ_CHECK(!w.bad);
    fix_csum(h, i >= FLOWS4, IP_PROTO_TCP, wr_len(&w), 16);
    if (flags & TCP_SYN && f->syns <= SYNS) {
        if (f->syns < SYNS) {
            f->syn[f->syns] = seq;
        }
        f->syns++;
    }
    rx_ip(h, i >= FLOWS4, IP_PROTO_TCP, wr_len(&w));
    if (seq_eq(seq, f->snd_nxt)) {
        f->snd_nxt = seq_add(first, (uint32_t)len + ((flags & TCP_FIN) != 0));
    }
}

/* A transport message of the input's own, from a port of its own, checksum right if asked */
void engine_do_message(struct harness *h, bool v6) {
    const uint8_t protos[] = {IP_PROTO_TCP, IP_PROTO_UDP, v6 ? IP_PROTO_ICMP6 : IP_PROTO_ICMP4,
                              IP_PROTO_IGMP};
    const uint8_t csum_at[] = {16, 6, 2, 0};
    uint8_t how = rd_u8(&h->in);
    uint8_t proto = protos[how & 3];
    size_t len = rd_u8(&h->in);
    struct wr w = wr_init(h->buf + HDR, len);

    for (size_t k = 0; k < len; k++) {
        wr_u8(&w, rd_u8(&h->in));
    }
    if (proto == IP_PROTO_TCP || proto == IP_PROTO_UDP) {
        wr_set_be16(&w, 0, RAW_PORT);
    }
    if (how & 8 && proto == IP_PROTO_UDP) { /* to a socket that there may be */
        wr_set_be16(&w, 2, UDP_PORT);
        wr_set_be16(&w, 4, (uint16_t)len);
    }
    if (how & 4 && (how & 3) < 3 && len >= csum_at[how & 3] + 4u) {
        fix_csum(h, v6, proto, len, csum_at[how & 3]);
    }
    rx_ip(h, v6, proto, len);
}

/* An ICMP error about a segment that the stack may have sent on a flow */
void engine_do_icmp_error(struct harness *h, int i) {
    struct flow *f = &h->flow[i];
    bool v6 = i >= FLOWS4;
    uint8_t type = rd_u8(&h->in);
    uint8_t code = rd_u8(&h->in);
    uint32_t rest = rd_be32(&h->in);
    struct ip4_hdr h4 = {.src = our_addr(false),
                         .dst = peer_addr(false),
                         .total_len_bytes = 1500,
                         .ttl = 60,
                         .proto = IP_PROTO_TCP,
                         .df = true};
    struct ip6_hdr h6 = {.src = our_addr(true),
                         .dst = peer_addr(true),
                         .payload_len_bytes = 1460,
                         .next = IP_PROTO_TCP,
                         .hop_limit = 60};
    struct wr w = wr_init(h->buf + HDR, 100);

    wr_u8(&w, type);
    wr_u8(&w, code);
    wr_be16(&w, 0);
    wr_be32(&w, rest);
    if (v6) {
        ip6_emit(&w, &h6);
    } else {
        ip4_emit(&w, &h4);
    }
    wr_be16(&w, f->port);
    wr_be16(&w, (uint16_t)(PEER_PORT + i));
    wr_be32(&w, seq_add(f->rcv_nxt, read_delta(&h->in)).v);
    FUZZ_CHECK(!w.bad);
    fix_csum(h, v6, v6 ? IP_PROTO_ICMP6 : IP_PROTO_ICMP4, wr_len(&w), 2);
    rx_ip(h, v6, v6 ? IP_PROTO_ICMP6 : IP_PROTO_ICMP4, wr_len(&w));
}

/* A packet of the input's own from the first byte on, of any IP version; but not one that
 * could put foreign bytes into a flow's stream */
void engine_do_packet(struct harness *h) {
    size_t len = rd_u8(&h->in);
    struct rd body = rd_sub(&h->in, len < rd_left(&h->in) ? len : rd_left(&h->in));
    struct rd r = body;
    struct ip4_hdr ip;
    struct tcp_hdr th;

    if (ip4_parse(&r, &ip) == INL_DROP_NONE && ip.proto == IP_PROTO_TCP &&
        tcp_parse(&ip.payload, &th) == INL_DROP_NONE && th.sport >= PEER_PORT &&
        th.sport < PEER_PORT + FLOWS) {
        return;
    }
    rx(h, rd_ptr(&body), rd_left(&body));
}
