/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ahead_test.c - a burst whose frames are looked at before their turn comes out as frame by frame
 *
 * Two routers from the same seed, with tables large enough that it pays (src/ip/ahead.c). One gets
 * bursts of 64, the other the same frames one at a time; what leaves both must be the same bytes,
 * and so must the counters. The frames: to hosts behind routes and on the link, of both versions,
 * some at the end of their time, so that the router answers somebody else than it would send to;
 * fragments for us that complete datagrams or do not, and frames cut short anywhere. Routes and
 * neighbours come and go in the midst of a burst.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include <inlet/inlet.h>
#include <inlet/malloc.h>
#include <stdbool.h>

#define ENTRIES 1200 /* routes of each version, and neighbours of each */
#define BURST 64
#define BURSTS 200
#define OPEN 2400 /* datagrams, in all the time */
#define FRAME_BYTES 200

struct frame {
    size_t len;
    uint8_t data[FRAME_BYTES];
};

struct router {
    struct inl_stack *stack;
    uint32_t frames;
    bool gone[ENTRIES], left[ENTRIES]; /* routes, neighbours of version 4 */
};

static const uint8_t OURS[6] = {2, 0, 0, 0, 1, 1};

static void put16(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* Of version 4: 20.x.y.7 behind a route, 11.1.x.y on the link; 6 likewise. */
static struct inl_addr host(bool is4, bool routed, uint32_t n) {
    struct inl_addr a = {{0x20, 1, 0x0d, 0xb8, routed, 0, (uint8_t)(n >> 8), (uint8_t)n}};

    if (is4) {
        return inl_addr_from4(routed ? 0x14000007 + (n << 8) : 0x0b010000 + n);
    }
    if (!routed) {
        memset(a.b + 6, 0, 2);
        a.b[14] = (uint8_t)(n >> 8);
    }
    a.b[15] = (uint8_t)(routed ? 7 : n);
    return a;
}

/* By a route of version 4. */
static struct inl_route route4(uint32_t n) {
    struct inl_addr far = host(true, true, n);

    return (struct inl_route){
        .dst = inl_addr_mask(&far, 120),
        .prefix_len_bits = 24,
        .gateway = host(true, false, 16 + n % 8),
        .link = 2,
    };
}

/* A neighbour goes, or comes back. */
static void turn_neighbour(struct router *r, uint32_t n) {
    const uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(2 * n >> 8), (uint8_t)(2 * n)};
    struct inl_addr near = host(true, false, 16 + n);

    assert_int_equal(
        r->left[n] ? inl_neigh_add(r->stack, 2, &near, mac) : inl_neigh_del(r->stack, 2, &near), 0);
    r->left[n] = !r->left[n];
}

/* Behind every fifth frame a route goes, or comes back; behind others of the eight neighbours that
 * are gateways, too, one. */
static void on_frame(void *ctx, const struct inl_trace *t) {
    struct router *r = ctx;

    if (t->kind == INL_TRACE_RX && ++r->frames % 5 == 0) {
        uint32_t n = r->frames * 7 % ENTRIES;
        struct inl_route route = route4(n);

        assert_int_equal(
            r->gone[n] ? inl_route_add(r->stack, &route) : inl_route_del(r->stack, &route), 0);
        r->gone[n] = !r->gone[n];
    } else if (t->kind == INL_TRACE_RX && r->frames % 5 == 2) {
        turn_neighbour(r, r->frames * 7 % 8);
    }
}

static struct inl_stack *router_new(struct router *r) {
    uint8_t mac[6] = {2, 0, 0, 0, 1, 3};
    struct inl_stack *s;
    struct inl_config config;

    inl_config_init(&config);
    config.alloc = inl_malloc();
    config.forward = true;
    config.max_neighbours = 4 * ENTRIES;
    config.trace = on_frame;
    config.trace_ctx = r;
    assert_int_equal(inl_stack_new(&config, &s), 0);
    *r = (struct router){.stack = s};
    for (int i = 1; i <= 2; i++) {
        struct inl_link_config link = {.kind = INL_LINK_ETHERNET, .mtu_bytes = 1500};
        struct inl_addr own4 = inl_addr_from4(i == 1 ? 0x0a000001 : 0x0b000001);
        struct inl_addr own6 = host(false, false, 0);

        own6.b[4] = (uint8_t)(i == 1 ? 9 : 0);
        own6.b[15] = 1;
        memcpy(link.mac, OURS, sizeof(OURS));
        link.name[0] = (char)('a' + i);
        assert_int_equal(inl_link_add(s, &link), i);
        assert_int_equal(inl_addr_add(s, i, &own4, 8), 0);
        assert_int_equal(inl_addr_add(s, i, &own6, 64), 0);
    }
    for (uint32_t n = 0; n < 2 * ENTRIES; n++) {
        bool is4 = n % 2 == 0;
        struct inl_addr near = host(is4, false, 16 + n / 2);
        struct inl_addr far = host(is4, true, n / 2);
        struct inl_route route = {
            .dst = inl_addr_mask(&far, is4 ? 120 : 64),
            .prefix_len_bits = is4 ? 24 : 64,
            .gateway = host(is4, false, 16 + n / 2 % 8),
            .link = 2,
        };

        put16(mac + 4, n);
        assert_int_equal(inl_neigh_add(s, 2, &near, mac), 0);
        assert_int_equal(inl_route_add(s, &route), 0);
    }
    return s;
}

static void sum4(uint8_t *h) {
    uint32_t sum = 0;

    put16(h + 10, 0);
    for (int i = 0; i < 20; i += 2) {
        sum += (uint32_t)h[i] << 8 | h[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    put16(h + 10, (uint16_t) ~(sum + (sum >> 16)));
}

static void header4(uint8_t *h, size_t len, uint32_t id, uint32_t frag, uint32_t src,
                    const struct inl_addr *dst) {
    h[0] = 0x45;
    put16(h + 2, (uint32_t)len);
    put16(h + 4, id);
    put16(h + 6, frag);
    h[8] = 64;
    h[9] = 17;
    put16(h + 12, src >> 16);
    put16(h + 14, src);
    memcpy(h + 16, dst->b + 12, 4);
    sum4(h);
}

static void header6(uint8_t *h, size_t len, uint8_t next, uint32_t src,
                    const struct inl_addr *dst) {
    struct inl_addr from = host(false, false, 0);

    from.b[4] = 9;
    put16(from.b + 14, src);
    h[0] = 0x60;
    put16(h + 4, (uint32_t)len - 40);
    h[6] = next;
    h[7] = 64;
    memcpy(h + 8, from.b, 16);
    memcpy(h + 24, dst->b, 16);
}

/* Something that may come. */
static void draw(struct rng *rng, struct frame *f) {
    bool is4 = rng_below(rng, 2) == 0;
    bool fragment = rng_below(rng, 3) == 0;
    uint32_t n = (uint32_t)rng_below(rng, ENTRIES);
    struct inl_addr dst = host(is4, rng_below(rng, 2) == 0, 16 + n);
    uint8_t *ip = f->data + 14;
    size_t len = (is4 ? 20 : 40) + 72;

    memset(f, 0, sizeof(*f));
    memcpy(f->data, OURS, 6);
    f->data[6] = 2;
    put16(f->data + 12, is4 ? 0x0800 : 0x86dd);
    if (fragment) { /* for us, one half of a datagram */
        bool last = rng_below(rng, 2) == 0;

        dst = is4 ? inl_addr_from4(0x0a000001) : host(false, false, 0);
        dst.b[4] = (uint8_t)(is4 ? 0 : 9);
        dst.b[15] = 1;
        n %= 300;
        if (is4) {
            header4(ip, len, n, last ? 9 : 0x2000, 0x0a000100 + n % 200, &dst);
        } else {
            len += 8;
            header6(ip, len, 44, 2 + n % 200, &dst);
            ip[40] = 17;
            put16(ip + 42, last ? 72 : 1);
            put16(ip + 46, n);
        }
    } else if (is4) {
        header4(ip, len, n, 0, 0x0a000100 + n % 200, &dst);
    } else {
        header6(ip, len, 17, 2 + n % 200, &dst);
    }
    f->len = 14 + len;
    if (!fragment &&
        rng_below(rng, 8) == 0) { /* its time is over, and it came from the other side */
        struct inl_addr src = host(is4, false, 16 + (n + 5) % ENTRIES);

        memcpy(is4 ? ip + 12 : ip + 8, is4 ? src.b + 12 : src.b, is4 ? 4 : 16);
        ip[is4 ? 8 : 7] = 1;
        if (is4) {
            sum4(ip);
        }
    }
    if (rng_below(rng, 16) == 0) {
        f->len = 1 + (size_t)rng_below(rng, f->len);
    }
}

/* So many datagrams of which the second half never comes that fragments are looked at, too. */
static void open_datagrams(struct inl_stack *a, struct inl_stack *b) {
    struct inl_addr dst = inl_addr_from4(0x0a000001);
    struct frame f;
    struct inl_rx_frame in = {.data = f.data, .len_bytes = 14 + 20 + 72};

    for (uint32_t n = 0; n < OPEN; n++) {
        memset(&f, 0, sizeof(f));
        memcpy(f.data, OURS, 6);
        f.data[6] = 2;
        put16(f.data + 12, 0x0800);
        header4(f.data + 14, 20 + 72, n, 0x2000, 0x0a000200 + n % 16, &dst);
        inl_rx(a, 1, &in, 1, (inl_time){0});
        inl_rx(b, 1, &in, 1, (inl_time){0});
    }
}

/* What leaves both links, in order. */
static size_t pull(struct inl_stack *s, int link, struct frame *out, inl_time now) {
    static uint8_t buf[2048];
    size_t n = 0;

    while (n < 2 * BURST) {
        struct inl_tx_frame tx = {.data = buf, .cap_bytes = sizeof(buf)};

        if (inl_tx(s, link, &tx, 1, now) != 1) {
            break;
        }
        assert_in_range(tx.len_bytes, 1, FRAME_BYTES);
        memcpy(out[n].data, buf, tx.len_bytes);
        out[n++].len = tx.len_bytes;
    }
    return n;
}

static size_t same(struct inl_stack *a, struct inl_stack *b, inl_time now) {
    static struct frame out[2][2 * BURST];
    struct inl_stats stats[2];
    size_t left = 0;

    for (int link = 1; link <= 2; link++) {
        size_t n = pull(a, link, out[0], now);

        assert_int_equal(n, pull(b, link, out[1], now));
        left += n;
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(out[0][i].len, out[1][i].len);
            assert_memory_equal(out[0][i].data, out[1][i].data, out[0][i].len);
        }
    }
    inl_stats_get(a, &stats[0]);
    inl_stats_get(b, &stats[1]);
    assert_memory_equal(stats[0].drop, stats[1].drop, sizeof(stats[0].drop));
    assert_memory_equal(stats[0].cause, stats[1].cause, sizeof(stats[0].cause));
    assert_int_equal(stats[0].mem_used_bytes, stats[1].mem_used_bytes);
    return left;
}

static void test_bursts(void **state) {
    static struct frame frames[BURST];
    static struct router routers[2];
    struct inl_stack *all = router_new(&routers[0]), *single = router_new(&routers[1]);
    const uint8_t key[16] = {1};
    inl_time now = {0};
    size_t forwarded = 0;
    struct rng rng;

    (void)state;
    rng_init(&rng, key);
    open_datagrams(all, single);
    for (int burst = 0; burst < BURSTS; burst++) {
        struct inl_rx_frame in[BURST];
        size_t n = burst % 4 ? BURST : 1 + (size_t)rng_below(&rng, BURST);

        for (size_t i = 0; i < n; i++) {
            draw(&rng, &frames[i]);
            in[i] = (struct inl_rx_frame){.data = frames[i].data, .len_bytes = frames[i].len};
        }
        inl_advance(all, now);
        inl_advance(single, now);
        inl_rx(all, 1, in, n, now);
        for (size_t i = 0; i < n; i++) {
            inl_rx(single, 1, &in[i], 1, now);
        }
        forwarded += same(all, single, now);
        now = inl_time_add(now, 100 * INL_MS);
    }
    assert_true(forwarded > BURSTS * BURST / 4);
    inl_stack_free(all);
    inl_stack_free(single);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bursts)};

    return cmocka_run_group_tests_name("ahead", tests, NULL, NULL);
}
