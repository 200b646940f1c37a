/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.c - fuzz target: a whole stack, with time, frames and application calls in the input
 *
 * The input is a list of actions: let time pass, hand in a frame, call a socket function, make
 * an allocation fail. One stack has a listener and connects out; the input plays all its peers,
 * over one link of bare IP packets of both versions, whole or in fragments. Random segments would
 * all be dropped at the first check, so most frames are TCP segments whose sequence and ACK numbers
 * are given relative to what that flow has seen, with right checksums; the input can still be wrong
 * in each field.
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
#include "wire/ip6.h"
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

/* A packet of either version */
struct packet {
    struct inl_addr src, dst;
    struct rd payload;
    uint8_t proto;
    bool fragment;
};

static void packet_parse(const uint8_t *data, size_t len, struct packet *ret) {
    struct rd r = rd_init(data, len);
    struct ip4_hdr h4;
    struct ip6_hdr h6;

    if (data[0] >> 4 == 6) {
        FUZZ_CHECK(ip6_parse(&r, &h6) == INL_DROP_NONE && rd_left(&r) == 0);
        *ret = (struct packet){h6.src, h6.dst, h6.payload, h6.next, false};
        return;
    }
    FUZZ_CHECK(ip4_parse(&r, &h4) == INL_DROP_NONE && rd_left(&r) == 0);
    FUZZ_CHECK(ip4_csum_ok(data, h4.hdr_len_bytes));
    *ret = (struct packet){h4.src, h4.dst, h4.payload, h4.proto, ip4_is_fragment(&h4)};
}

static void check_segment(struct harness *h, const struct packet *ip, const struct tcp_hdr *th) {
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
    struct packet ip;
    struct rd r;
    struct tcp_hdr th;
    struct udp_hdr uh;

    FUZZ_CHECK(frame->cause > INL_CAUSE_NONE && frame->cause < INL_CAUSE_MAX);
    FUZZ_CHECK(frame->len_bytes > 0 && frame->len_bytes <= MTU);
    packet_parse(frame->data, frame->len_bytes, &ip);
    r = ip.payload;
    if (ip.fragment) {
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
        struct packet ip;

        whole.gso_size_bytes = 0;
        pos = 0;
        n = inl_gso_cut(INL_LINK_IP, frame->data, frame->len_bytes, &whole, &pos, buf, sizeof(buf));
        FUZZ_CHECK(n == (int)frame->len_bytes);
        packet_parse(buf, frame->len_bytes, &ip);
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

/* Routes to and addresses of this host come and go. */
static void do_route(struct harness *h) {
    uint8_t how = rd_u8(&h->in);
    bool v6 = how & 1;
    struct inl_addr us = our_addr(v6);
    struct inl_route route = {.dst = peer_addr(v6),
                              .prefix_len_bits = v6 ? 128 : 32,
                              .gateway = v6 ? inl_addr_any6() : inl_addr_any4(),
                              .link = how & 2 ? 0 : h->link};

    switch (how >> 2 & 3) {
    case 0:
        (void)inl_route_add(h->stack, &route);
        break;
    case 1:
        (void)inl_route_del(h->stack, &route);
        break;
    case 2:
        (void)inl_addr_add(h->stack, h->link, &us, v6 ? 64 : 24);
        break;
    default:
        (void)inl_addr_del(h->stack, h->link, &us);
        break;
    }
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

/* Actions that came later; the bytes of the others kept their meaning. */
static void do_more(struct harness *h, unsigned what) {
    switch (what) {
    case 0:
        h->cut = rd_u8(&h->in);
        break;
    case 1:
        engine_do_icmp_error(h, FLOWS4 + (rd_u8(&h->in) & 1));
        break;
    case 2:
        engine_do_message(h, true);
        break;
    case 3:
        do_route(h);
        break;
    case 4:
        engine_do_sendto(h);
        break;
    case 5:
        engine_do_raw(h);
        break;
    default:
        engine_do_segment(h, FLOWS4 + (what & 1));
        break;
    }
}

static void do_action(struct harness *h) {
    uint8_t what = rd_u8(&h->in);

    if (what >= 240) {
        do_more(h, what - 240u);
        return;
    }
    switch (what % 18) {
    case 0:
    case 1:
    case 2:
    case 3:
        engine_do_segment(h, rd_u8(&h->in) % FLOWS4);
        break;
    case 4:
    case 5:
        do_wait(h);
        break;
    case 6:
        engine_do_message(h, false);
        break;
    case 7:
        engine_do_icmp_error(h, rd_u8(&h->in) % FLOWS4);
        break;
    case 8:
        engine_do_packet(h);
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
    struct inl_sockaddr at = {INL_ADDR_ANY, LISTEN_PORT, 0};
    struct inl_link_config link = {.kind = INL_LINK_IP, .name = "fuzz0", .mtu_bytes = MTU};
    struct inl_addr us = our_addr(false);
    struct inl_addr us6 = our_addr(true);
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
    FUZZ_CHECK(inl_addr_add(h->stack, h->link, &us6, 64) == 0);
    s = inl_socket(h->stack, INL_AF_INET6, INL_SOCK_STREAM);
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
        engine_flush(h);
        drain(h);
        problem = inl_check(h->stack);
        if (problem) {
            fprintf(stderr, "after action %d: %s\n", i, problem);
            abort();
        }
    }
    engine_flush(h);
    inl_stack_free(h->stack);
    FUZZ_CHECK(h->mem_blocks == 0);
    return 0;
}
