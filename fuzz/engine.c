/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.c - fuzz target: a whole stack, with time, frames and application calls in the input
 *
 * The input is a list of actions: let time pass, hand in a frame, call a socket function, make
 * an allocation fail. One stack has a listener and connects out; the input plays all its peers,
 * over one link of bare IP packets. Random segments would all be dropped at the first check, so
 * most frames are TCP segments whose sequence and ACK numbers are given relative to what that
 * flow has seen, with right checksums; the input can still be wrong in each field.
 *
 * Frames come one by one or in bursts, and the link may take segments larger than the MTU: what it
 * is handed is cut before it is checked.
 *
 * What must hold, whatever the input:
 * - no crash, no sanitizer report, and tcp_check() after each action;
 * - every packet that the stack sends parses, has right checksums, fits the MTU and has a cause;
 * - payload byte k of a stream is a function of its sequence number: what the stack sends and
 *   what the application reads is checked byte by byte. (Frames that the input makes up whole
 *   go to a flow of their own, whose data is not checked.)
 * - deadlines come: inl_next_deadline() after inl_advance(now) is later than now, but for a
 *   bounded number of times;
 * - in the end all memory has been given back.
 */
#include "engine.h"
#include "base/csum.h"
#include "stack/state.h"
#include "wire/ip4.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include "wire/tcp.h"
#include "wire/tcpopt.h"
#include "wire/udp.h"

/* ---- allocation with failures from the input ---- */

static void *fuzz_alloc(void *ctx, size_t size) {
    struct harness *h = ctx;
    void *p = NULL;

    if (h->fail_in < 0 || h->fail_in-- > 0) {
        p = malloc(size);
    }
    h->mem_blocks += p != NULL;
    return p;
}

static void fuzz_free(void *ctx, void *ptr, size_t size) {
    struct harness *h = ctx;

    (void)size;
    h->mem_blocks--;
    free(ptr);
}

/* ---- what the stack sends ---- */

static void check_segment(struct harness *h, const struct ip4_hdr *ip, const struct tcp_hdr *th) {
    struct flow *f;
    struct rd data = th->payload;
    struct tcp_opts opts;
    uint32_t off;

    FUZZ_CHECK(l4_csum_ok(&ip->src, &ip->dst, IP_PROTO_TCP, ip->payload));
    if (th->dport < PEER_PORT || th->dport >= PEER_PORT + FLOWS) {
        return;
    }
    f = &h->flow[th->dport - PEER_PORT];
    tcp_opts_parse(th->opts, &opts);
    FUZZ_CHECK(!opts.bad);
    f->ts_seen = opts.present & TCP_HAS_TS ? opts.ts_val : f->ts_seen;
    if (th->flags & TCP_SYN) {
        f->seen = true;
        f->port = th->sport;
        f->iss = th->seq;
        f->rcv_nxt = seq_add(th->seq, 1);
    }
    if (th->flags & TCP_RST || !f->seen || th->sport != f->port) {
        return;
    }
    off = th->seq.v - seq_add(f->iss, 1).v;
    FUZZ_CHECK(memcmp(rd_ptr(&data), fuzz_stream(off), rd_left(&data)) == 0);
    f->rcv_nxt = seq_max(f->rcv_nxt, seq_add(th->seq, (uint32_t)rd_left(&th->payload) +
                                                          ((th->flags & TCP_FIN) != 0)));
}

static void check_frame(struct harness *h, const struct inl_tx_frame *frame) {
    struct rd r = rd_init(frame->data, frame->len_bytes);
    struct ip4_hdr ip;
    struct tcp_hdr th;
    struct udp_hdr uh;

    FUZZ_CHECK(frame->cause > INL_CAUSE_NONE && frame->cause < INL_CAUSE_MAX);
    FUZZ_CHECK(frame->len_bytes <= MTU);
    if (frame->len_bytes > 0 && frame->data[0] >> 4 == 6) {
        return; /* an answer to a frame of the input's own */
    }
    FUZZ_CHECK(ip4_parse(&r, &ip) == INL_DROP_NONE && rd_left(&r) == 0);
    FUZZ_CHECK(ip4_csum_ok(frame->data, ip.hdr_len_bytes));
    r = ip.payload;
    if (ip4_is_fragment(&ip)) {
        return;
    }
    if (ip.proto == IP_PROTO_TCP) {
        FUZZ_CHECK(tcp_parse(&r, &th) == INL_DROP_NONE);
        check_segment(h, &ip, &th);
    } else if (ip.proto == IP_PROTO_UDP) {
        FUZZ_CHECK(udp_parse(&r, &uh) == INL_DROP_NONE);
        FUZZ_CHECK(udp_csum_ok(&ip.src, &ip.dst, ip.payload));
    }
}

/* A frame as the link is handed it: what its wire carries is checked, and the sum left undone. */
static void check_handed(struct harness *h, const struct inl_tx_frame *frame) {
    static uint8_t buf[65535];
    struct inl_offload whole = frame->offload;
    struct inl_tx_frame piece = {.data = buf, .cause = frame->cause};
    size_t pos = 0;
    int n;

    FUZZ_CHECK(h->super || frame->offload.flags == 0);
    while ((n = inl_gso_cut(INL_LINK_IP, frame->data, frame->len_bytes, &frame->offload, &pos, buf,
                            sizeof(buf))) > 0) {
        piece.len_bytes = (size_t)n;
        check_frame(h, &piece);
    }
    FUZZ_CHECK(n == 0);
    if (frame->offload.gso_size_bytes > 0) {
        struct rd r;
        struct ip4_hdr ip;

        whole.gso_size_bytes = 0;
        pos = 0;
        n = inl_gso_cut(INL_LINK_IP, frame->data, frame->len_bytes, &whole, &pos, buf, sizeof(buf));
        FUZZ_CHECK(n == (int)frame->len_bytes);
        r = rd_init(buf, frame->len_bytes);
        FUZZ_CHECK(ip4_parse(&r, &ip) == INL_DROP_NONE);
        FUZZ_CHECK(l4_csum_ok(&ip.src, &ip.dst, IP_PROTO_TCP, ip.payload));
    }
}

/* Pulls what wants to leave. A stack that never stops sending would be found here. */
static void drain(struct harness *h) {
    static uint8_t buf[65535 + INL_FRAME_OVERHEAD];
    struct inl_tx_frame frame = {.data = buf,
                                 .cap_bytes = h->super ? sizeof(buf) : MTU + INL_FRAME_OVERHEAD};
    struct inl_event ev;
    int n = 0;

    while (inl_tx(h->stack, h->link, &frame, 1, h->now) == 1) {
        check_handed(h, &frame);
        FUZZ_CHECK(++n < 20000);
    }
    FUZZ_CHECK(!inl_tx_pending(h->stack, h->link));
    for (n = 0; inl_next_event(h->stack, &ev); n++) {
        FUZZ_CHECK(ev.sock >= 0 && ev.events != 0);
        FUZZ_CHECK(n < 1000);
    }
}

/* ---- frames ---- */

static void flush(struct harness *h) {
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
        flush(h);
    }
}

/* Puts an IPv4 header before a transport message at buf + 20 and hands the packet in. */
static void rx_ip4(struct harness *h, uint8_t proto, size_t len) {
    struct ip4_hdr ip = {.src = inl_addr_from4(PEER_IP),
                         .dst = inl_addr_from4(OUR_IP),
                         .total_len_bytes = (uint16_t)(20 + len),
                         .ttl = 64,
                         .proto = proto,
                         .df = true};
    struct wr w = wr_init(h->buf, 20);

    ip4_emit(&w, &ip);
    FUZZ_CHECK(!w.bad);
    rx(h, h->buf, 20 + len);
}

static void fix_csum(struct harness *h, uint8_t proto, size_t len, size_t at) {
    struct inl_addr src = inl_addr_from4(PEER_IP);
    struct inl_addr dst = inl_addr_from4(OUR_IP);
    struct wr w = wr_init(h->buf + 20, len);
    uint64_t acc;

    (void)wr_take(&w, len);
    wr_set_be16(&w, at, 0);
    acc = csum_add(l4_pseudo_csum(&src, &dst, proto, (uint32_t)len), h->buf + 20, len);
    wr_set_be16(&w, at, csum_fold(acc));
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
static void do_segment(struct harness *h) {
    struct rd *in = &h->in;
    int i = rd_u8(in) % FLOWS;
    struct flow *f = &h->flow[i];
    uint16_t flags = rd_u8(in);
    seq_t seq = seq_add(f->snd_nxt, read_delta(in));
    seq_t ack = seq_add(f->rcv_nxt, read_delta(in));
    uint16_t win = rd_be16(in);
    uint8_t shape = rd_u8(in);
    struct tcp_opts meant = {0};
    size_t opts = (size_t)(shape & 15) % 11 * 4;
    size_t len = shape >> 4 == 0 ? 0 : rd_be16(in) % (MTU - 20 - 20 - 40 + 1);
    struct wr w = wr_init(h->buf + 20, sizeof(h->buf) - 20);
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
    fix_csum(h, IP_PROTO_TCP, wr_len(&w), 16);
    if (flags & TCP_SYN && f->syns <= SYNS) {
        if (f->syns < SYNS) {
            f->syn[f->syns] = seq;
        }
        f->syns++;
    }
    rx_ip4(h, IP_PROTO_TCP, wr_len(&w));
    if (seq_eq(seq, f->snd_nxt)) {
        f->snd_nxt = seq_add(first, (uint32_t)len + ((flags & TCP_FIN) != 0));
    }
}

/* A transport message of the input's own, from a port of its own, checksum right if asked */
static void do_message(struct harness *h) {
    const uint8_t protos[] = {IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_ICMP4, IP_PROTO_IGMP};
    uint8_t how = rd_u8(&h->in);
    uint8_t proto = protos[how & 3];
    size_t len = rd_u8(&h->in);
    struct wr w = wr_init(h->buf + 20, len);

    for (size_t k = 0; k < len; k++) {
        wr_u8(&w, rd_u8(&h->in));
    }
    if (proto == IP_PROTO_TCP || proto == IP_PROTO_UDP) {
        wr_set_be16(&w, 0, RAW_PORT);
    }
    if (how & 4 && proto == IP_PROTO_TCP && len >= 20) {
        fix_csum(h, proto, len, 16);
    } else if (how & 4 && proto == IP_PROTO_UDP && len >= 8) {
        fix_csum(h, proto, len, 6);
    } else if (how & 4 && proto == IP_PROTO_ICMP4 && len >= 8) {
        wr_set_be16(&w, 2, 0);
        wr_set_be16(&w, 2, csum_fold(csum_add(0, h->buf + 20, len)));
    }
    rx_ip4(h, proto, len);
}

/* An ICMP error about a segment that the stack may have sent on a flow */
static void do_icmp_error(struct harness *h) {
    struct flow *f = &h->flow[rd_u8(&h->in) % FLOWS];
    uint8_t type = rd_u8(&h->in);
    uint8_t code = rd_u8(&h->in);
    uint32_t rest = rd_be32(&h->in);
    struct ip4_hdr ip = {.src = inl_addr_from4(OUR_IP),
                         .dst = inl_addr_from4(PEER_IP),
                         .total_len_bytes = 1500,
                         .ttl = 60,
                         .proto = IP_PROTO_TCP,
                         .df = true};
    struct wr w = wr_init(h->buf + 20, 36);

    wr_u8(&w, type);
    wr_u8(&w, code);
    wr_be16(&w, 0);
    wr_be32(&w, rest);
    ip4_emit(&w, &ip);
    wr_be16(&w, f->port);
    wr_be16(&w, (uint16_t)(PEER_PORT + (f - h->flow)));
    wr_be32(&w, seq_add(f->rcv_nxt, read_delta(&h->in)).v);
    FUZZ_CHECK(!w.bad);
    wr_set_be16(&w, 2, csum_fold(csum_add(0, h->buf + 20, 36)));
    rx_ip4(h, IP_PROTO_ICMP4, 36);
}

/* A packet of the input's own from the first byte on, of any IP version; but not one that
 * could put foreign bytes into a flow's stream */
static void do_packet(struct harness *h) {
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

/* ---- time ---- */

static void do_wait(struct harness *h) {
    uint8_t how = rd_u8(&h->in);
    inl_time due = inl_next_deadline(h->stack);

    if (how < 128) { /* to the next deadline, if one is near */
        if (!inl_time_is_never(due) && inl_time_sub(due, h->now) < 7200 * INL_S) {
            h->now = inl_time_max(h->now, due);
        }
    } else { /* 1 us .. 4 h */
        h->now = inl_time_add(h->now, INL_US << (how % 34));
    }
    inl_advance(h->stack, h->now);
    for (int i = 0; !inl_time_before(h->now, inl_next_deadline(h->stack)); i++) {
        FUZZ_CHECK(i < 100); /* a deadline in the past that never goes away is a busy loop */
        drain(h);
        inl_advance(h->stack, h->now);
    }
}

/* ---- the whole ---- */

static void do_action(struct harness *h) {
    switch (rd_u8(&h->in) % 18) {
    case 0:
    case 1:
    case 2:
    case 3:
        do_segment(h);
        break;
    case 4:
    case 5:
        do_wait(h);
        break;
    case 6:
        do_message(h);
        break;
    case 7:
        do_icmp_error(h);
        break;
    case 8:
        do_packet(h);
        break;
    case 9:
        engine_do_socket(h);
        break;
    case 10:
        engine_do_accept(h);
        break;
    case 11:
        engine_do_send(h);
        break;
    case 12:
        engine_do_recv(h);
        break;
    case 13:
        engine_do_loan(h);
        break;
    case 14:
        engine_do_close(h);
        break;
    case 15:
        engine_do_option(h);
        break;
    case 16:
        h->fail_in = rd_u8(&h->in) % 32;
        break;
    default:
        engine_do_look(h);
        break;
    }
}

/* One stack with a link, an address and a listener; limits as the first byte says */
static void set_up(struct harness *h) {
    uint8_t how = rd_u8(&h->in);
    struct inl_sockaddr at = {INL_ADDR_ANY4, LISTEN_PORT, 0};
    struct inl_link_config link = {.kind = INL_LINK_IP, .name = "fuzz0", .mtu_bytes = MTU};
    struct inl_addr us = inl_addr_from4(OUR_IP);
    struct inl_config config;
    inl_sock s;

    h->super = how & 32;
    h->bursts = how & 64;
    link.flags = h->super ? INL_LINK_TX_CSUM | INL_LINK_TX_GSO : 0;
    inl_config_init(&config);
    config.alloc = (struct inl_alloc){fuzz_alloc, fuzz_free, h};
    config.now = h->now;
    if (how & 1) {
        config.tcp.rcvbuf_bytes = 8192;
        config.tcp.sndbuf_bytes = 8192;
        config.tcp.rcvbuf_max_bytes = 65536;
        config.tcp.sndbuf_max_bytes = 65536;
        config.tcp.mem_bytes = 1 << 20;
    }
    if (how & 2) {
        config.tcp.max_half_open = 2;
        config.tcp.max_orphans = 1;
        config.tcp.max_time_wait = 1;
    }
    if (how & 8) {
        config.tcp.mem_bytes = 32768;
        config.tcp.quickack_segs = 4;
    }
    config.tcp.congestion = (uint8_t)((how >> 3 & 3) % INL_CC_ALGOS_MAX);
    config.tcp.ecn = (enum inl_ecn)(how >> 5 & 3);
    config.tcp.syn_cookies = how & 0x80 ? INL_SYN_COOKIES_ALWAYS : INL_SYN_COOKIES_ON_OVERFLOW;
    config.tcp.mtu_probing = how & 0x80 ? INL_MTU_PROBING_ALWAYS : INL_MTU_PROBING_BLACK_HOLE;
    config.tcp.pacing = (how & 0x60) == 0x60;
    FUZZ_CHECK(inl_stack_new(&config, &h->stack) == 0);
    h->link = inl_link_add(h->stack, &link);
    FUZZ_CHECK(h->link > 0);
    FUZZ_CHECK(inl_addr_add(h->stack, h->link, &us, 24) == 0);
    s = inl_socket(h->stack, INL_AF_INET, INL_SOCK_STREAM);
    FUZZ_CHECK(s >= 0 && inl_bind(h->stack, s, &at) == 0);
    FUZZ_CHECK(inl_listen(h->stack, s, how & 4 ? 1 : 16) == 0);
    engine_app_opened(&h->app[0], s, -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct harness harness;
    struct harness *h = &harness;
    const char *problem;

    memset(h, 0, offsetof(struct harness, buf));
    h->in = rd_init(data, size);
    h->fail_in = -1;
    h->now = (inl_time){1000 * INL_S};
    for (int i = 0; i < SOCKS; i++) {
        h->app[i].sock = -1;
    }
    for (uint32_t i = 0; i < FLOWS; i++) {
        h->flow[i].port = LISTEN_PORT;
        h->flow[i].snd_nxt = seq_mk(0xfffff000 + 0x40000000 * i); /* flow 0 wraps soon */
    }
    set_up(h);
    for (int i = 0; i < ACTIONS_MAX && rd_left(&h->in) > 0; i++) {
        h->queued = false;
        do_action(h);
        if (h->queued && h->burst_n > 0) {
            continue; /* the burst is not over */
        }
        flush(h);
        drain(h);
        problem = inl_check(h->stack);
        if (problem) {
            fprintf(stderr, "after action %d: %s\n", i, problem);
            abort();
        }
    }
    flush(h);
    inl_stack_free(h->stack);
    FUZZ_CHECK(h->mem_blocks == 0);
    return 0;
}
