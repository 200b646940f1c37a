/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pair.c - fuzz target: two whole stacks talk over a wire that the input tampers with
 *
 * The input is a list of actions: time goes to the next deadline or by some amount; a frame on
 * the way arrives, is lost, doubled, or put behind the others; an application opens, writes, reads,
 * closes or sets an option; memory runs out. Where the first byte allows it, a frame's TCP header
 * or an option is changed and the checksum put right, as an attacker in the middle does it.
 *
 * What must hold: no crash, and inl_check() after each action; without tampering, every byte
 * that is read is the right one, whatever was lost, doubled or overtaken; in the end all memory is
 * given back.
 */
#include "fuzz.h"

#include "base/csum.h"
#include "wire/ip4.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <inlet/inlet.h>

enum {
    WIRE_FRAMES = 64,
    WIRE_MTU = 1500,
    SOCKS = 6,
    ACTIONS = 600,
    PORT = 80,
};

struct frame {
    uint8_t to; /* host */
    uint16_t len;
    uint8_t data[WIRE_MTU + INL_FRAME_OVERHEAD];
};

struct sock {
    inl_sock s; /* negative: none */
    bool listener;
    uint64_t sent, got;
};

struct pair {
    struct rd in;
    struct inl_stack *host[2];
    int link[2];
    inl_time now;
    bool tampers;
    unsigned frames;
    uint8_t
        order[WIRE_FRAMES]; /* slots: those on the way, the next one first; then the free ones */
    struct sock sock[2][SOCKS];
    uint64_t blocks;
    int64_t fail_in;                /* allocations until one fails; negative: none */
    struct frame slot[WIRE_FRAMES]; /* last: not cleared between inputs */
};

static void *pair_alloc(void *ctx, size_t size) {
    struct pair *p = ctx;
    void *block = p->fail_in < 0 || p->fail_in-- > 0 ? malloc(size) : NULL;

    p->blocks += block != NULL;
    return block;
}

static void pair_free(void *ctx, void *block, size_t size) {
    struct pair *p = ctx;

    (void)size;
    p->blocks--;
    free(block);
}

/* What a host says from byte @off on, on any connection. */
static const uint8_t *bytes_at(int host, uint64_t off) {
    return fuzz_stream(off + (unsigned)host * 1009u);
}

/* ---- the wire ---- */

static struct frame *frame_at(struct pair *p, unsigned i) {
    return &p->slot[p->order[i]];
}

static void pull(struct pair *p) {
    for (int from = 0; from < 2; from++) {
        while (p->frames < WIRE_FRAMES) {
            struct frame *f = frame_at(p, p->frames);
            struct inl_tx_frame out = {.data = f->data, .cap_bytes = sizeof(f->data)};

            if (inl_tx(p->host[from], p->link[from], &out, 1, p->now) <= 0) {
                break;
            }
            FUZZ_CHECK(out.len_bytes > 0 && out.len_bytes <= sizeof(f->data) &&
                       out.cause != INL_CAUSE_NONE);
            f->to = (uint8_t)(1 - from);
            f->len = (uint16_t)out.len_bytes;
            p->frames++;
        }
    }
}

static void take_out(struct pair *p, unsigned i) {
    uint8_t slot = p->order[i];

    p->frames--;
    memmove(&p->order[i], &p->order[i + 1], p->frames - i);
    p->order[p->frames] = slot;
}

static void arrive(struct pair *p, unsigned i) {
    const struct frame *f = frame_at(p, i);
    uint8_t *copy = fuzz_exact(f->data, f->len);
    const struct inl_rx_frame rx = {.data = copy, .len_bytes = f->len};

    inl_rx(p->host[f->to], p->link[f->to], &rx, 1, p->now);
    fuzz_exact_free(copy, f->len);
}

/* Changes bytes of the TCP header or its options; the checksum is right again afterwards. */
static void tamper(struct pair *p, struct frame *f) {
    struct rd r = rd_init(f->data, f->len);
    struct ip4_hdr ip;
    struct wr w;
    size_t at, len;

    if (ip4_parse(&r, &ip) != INL_DROP_NONE || ip.proto != IP_PROTO_TCP ||
        rd_left(&ip.payload) < 20) {
        return;
    }
    len = rd_left(&ip.payload);
    w = wr_init(f->data + (f->len - len), len);
    (void)wr_take(&w, len);
    for (int n = rd_u8(&p->in) % 4; n >= 0; n--) {
        at = rd_u8(&p->in) % (len < 60 ? len : 60);
        f->data[f->len - len + at] = rd_u8(&p->in);
    }
    wr_set_be16(&w, 16, 0);
    wr_set_be16(&w, 16,
                csum_fold(csum_add(l4_pseudo_csum(&ip.src, &ip.dst, IP_PROTO_TCP, (uint32_t)len),
                                   f->data + (f->len - len), len)));
}

static void do_wire(struct pair *p, uint8_t how) {
    unsigned i;

    if (p->frames == 0) {
        return;
    }
    i = rd_u8(&p->in) % p->frames;
    i = i < p->frames * 3 / 4 ? 0 : i; /* mostly in order */
    switch (how) {
    case 0:
        break; /* lost */
    case 1:
        arrive(p, i); /* comes twice */
        arrive(p, i);
        break;
    case 2:
        if (p->tampers) {
            tamper(p, frame_at(p, i));
        }
        arrive(p, i);
        break;
    case 3:
        for (unsigned k = 0; k < 8 && p->frames > 1; k++) { /* a burst */
            arrive(p, 0);
            take_out(p, 0);
        }
        arrive(p, 0);
        i = 0;
        break;
    default:
        arrive(p, i);
        break;
    }
    take_out(p, i);
}

static void do_time(struct pair *p) {
    uint8_t how = rd_u8(&p->in);
    inl_time due = inl_time_min(inl_next_deadline(p->host[0]), inl_next_deadline(p->host[1]));

    if (how < 160 && !inl_time_is_never(due) && inl_time_sub(due, p->now) < 7200 * INL_S) {
        p->now = inl_time_max(p->now, due);
    } else if (how >= 160) {
        p->now = inl_time_add(p->now, INL_US << (how % 30));
    }
    for (int i = 0; i < 2; i++) {
        inl_advance(p->host[i], p->now);
    }
}

/* ---- the applications ---- */

static struct sock *slot(struct pair *p, int host, bool empty) {
    unsigned first = rd_u8(&p->in) % SOCKS;

    for (unsigned k = 0; k < SOCKS; k++) {
        struct sock *s = &p->sock[host][(first + k) % SOCKS];

        if ((s->s < 0) == empty && (empty || !s->listener)) {
            return s;
        }
    }
    return NULL;
}

static void opened(struct sock *s, inl_sock sock, bool listener) {
    *s = (struct sock){.s = sock, .listener = listener};
}

static struct inl_sockaddr address(int host) {
    return (struct inl_sockaddr){.addr = inl_addr_from4(0x0a000001u + (unsigned)host),
                                 .port = PORT};
}

static void do_open(struct pair *p, int host) {
    struct sock *s = slot(p, host, true);
    struct inl_sockaddr to = address(1 - host);
    inl_sock sock = s ? inl_socket(p->host[host], INL_AF_INET, INL_SOCK_STREAM) : -1;

    if (sock >= 0) {
        opened(s, sock, false);
        inl_connect(p->host[host], sock, &to);
    }
}

static void do_accept(struct pair *p, int host) {
    struct sock *s = slot(p, host, true);
    inl_sock sock = s ? inl_accept(p->host[host], p->sock[host][0].s, NULL) : -1;

    if (sock >= 0) {
        opened(s, sock, false);
    }
}

static void do_send(struct pair *p, int host) {
    struct sock *s = slot(p, host, false);
    size_t len = rd_be16(&p->in) % 20000;
    int64_t n;

    if (!s) {
        return;
    }
    n = inl_send(p->host[host], s->s, bytes_at(host, s->sent), len, len & 1 ? INL_MSG_MORE : 0);
    s->sent += n > 0 ? (uint64_t)n : 0;
}

static void do_recv(struct pair *p, int host) {
    struct sock *s = slot(p, host, false);
    static uint8_t buf[30000];
    int64_t n = s ? inl_recv(p->host[host], s->s, buf, rd_be16(&p->in) % sizeof(buf), 0) : 0;

    if (n > 0 && !p->tampers) {
        FUZZ_CHECK(memcmp(buf, bytes_at(1 - host, s->got), (size_t)n) == 0);
    }
    if (s) {
        s->got += n > 0 ? (uint64_t)n : 0;
    }
}

static void do_close(struct pair *p, int host) {
    struct sock *s = slot(p, host, false);
    uint8_t how = rd_u8(&p->in);

    if (!s) {
        return;
    }
    if (how < 100) {
        inl_shutdown(p->host[host], s->s, INL_SHUT_WR);
        return;
    }
    if (how > 200) {
        inl_setsockopt(p->host[host], s->s, INL_OPT_LINGER, 0);
    }
    inl_close(p->host[host], s->s);
    s->s = -1;
}

static void do_option(struct pair *p, int host) {
    struct sock *s = slot(p, host, false);
    enum inl_opt opt = (enum inl_opt)(rd_u8(&p->in) % 64);
    int64_t value = (int32_t)rd_be32(&p->in) >> (rd_u8(&p->in) % 32);

    if (s) {
        inl_setsockopt(p->host[host], s->s, opt, value);
        inl_getsockopt(p->host[host], s->s, opt, &value);
    }
}

static void do_action(struct pair *p) {
    uint8_t what = rd_u8(&p->in);
    int host = what >> 7;

    switch (what % 32) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        do_time(p);
        break;
    case 5:
        do_open(p, host);
        break;
    case 6:
        do_accept(p, host);
        break;
    case 7:
    case 8:
    case 9:
        do_send(p, host);
        break;
    case 10:
    case 11:
    case 12:
        do_recv(p, host);
        break;
    case 13:
        do_close(p, host);
        break;
    case 14:
        do_option(p, host);
        break;
    case 15:
        p->fail_in = rd_u8(&p->in) % 64;
        break;
    default:
        do_wire(p, what % 16);
        break;
    }
}

/* ---- the whole ---- */

static void host_make(struct pair *p, int host, uint8_t how) {
    struct inl_link_config link = {.kind = INL_LINK_IP, .name = "wire", .mtu_bytes = WIRE_MTU};
    struct inl_sockaddr any = {.addr = inl_addr_any4(), .port = PORT};
    struct inl_addr addr = address(host).addr;
    struct inl_config config;
    inl_sock s;

    inl_config_init(&config);
    config.alloc = (struct inl_alloc){pair_alloc, pair_free, p};
    config.now = p->now;
    config.seed[0] = (uint8_t)host;
    config.tcp.congestion = (uint8_t)((how & 3) % INL_CC_ALGOS_MAX);
    config.tcp.ecn = (enum inl_ecn)(how >> 2 & 3);
    config.tcp.timestamps = !(how & 0x10);
    config.tcp.sack = !(how & 0x20);
    config.tcp.mtu_probing = how & 0x40 ? INL_MTU_PROBING_ALWAYS : INL_MTU_PROBING_BLACK_HOLE;
    config.tcp.syn_cookies = how & 0x80 ? INL_SYN_COOKIES_ALWAYS : INL_SYN_COOKIES_ON_OVERFLOW;
    FUZZ_CHECK(inl_stack_new(&config, &p->host[host]) == 0);
    p->link[host] = inl_link_add(p->host[host], &link);
    FUZZ_CHECK(p->link[host] > 0 && inl_addr_add(p->host[host], p->link[host], &addr, 24) == 0);
    s = inl_socket(p->host[host], INL_AF_INET, INL_SOCK_STREAM);
    FUZZ_CHECK(s >= 0 && inl_bind(p->host[host], s, &any) == 0 &&
               inl_listen(p->host[host], s, 8) == 0);
    for (int i = 0; i < SOCKS; i++) {
        p->sock[host][i].s = -1;
    }
    opened(&p->sock[host][0], s, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct pair pair;
    struct pair *p = &pair;

    memset(p, 0, offsetof(struct pair, slot));
    for (unsigned i = 0; i < WIRE_FRAMES; i++) {
        p->order[i] = (uint8_t)i;
    }
    p->in = rd_init(data, size);
    p->fail_in = -1;
    p->now = (inl_time){1000 * INL_S};
    p->tampers = rd_u8(&p->in) & 1;
    for (int host = 0; host < 2; host++) {
        host_make(p, host, rd_u8(&p->in));
    }
    for (int i = 0; i < ACTIONS && rd_left(&p->in) > 0; i++) {
        do_action(p);
        pull(p);
        for (int host = 0; host < 2; host++) {
            const char *problem = inl_check(p->host[host]);

            if (problem) {
                fprintf(stderr, "host %d after action %d: %s\n", host, i, problem);
                abort();
            }
        }
    }
    for (int host = 0; host < 2; host++) {
        inl_stack_free(p->host[host]);
    }
    FUZZ_CHECK(p->blocks == 0);
    return 0;
}
