/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * routers.c - three routers in a row, links of different MTUs, losses: does everything get through?
 *
 *     A ---- R0 ---- R1 ---- R2 ---- B
 *       mtu0    mtu1    mtu2    mtu3
 *
 * TCP sends a stream in each direction, every octet compared. UDP sends datagrams of all sizes in
 * each direction: cut by the sender and by routers of IPv4 (DONT), cut by the sender only once it
 * knows the path (WANT), and by the program, which hears EMSGSIZE and asks for the path MTU (DO).
 * With losses UDP repeats until all have arrived. The same paths again, with a black hole in the
 * middle: TCP has to find out by itself; a UDP program has to choose a size that fits.
 */
#include "net.h"

#include <inlet/malloc.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PORT 5001
#define STREAM_BYTES 300000
#define LINKS 4
#define HOSTS 5 /* A, three routers, B */
#define STEP_NS (10 * INL_MS)
#define ROUND_NS (500 * INL_MS)

struct path {
    const char *name;
    bool v6;
    uint32_t mtu[LINKS];
    uint32_t loss_ppm;
    uint32_t hole_bytes; /* of frames on the third link; 0: none */
};

struct row {
    const struct path *path;
    struct inl_world *world;
    inl_time now;
    uint64_t too_big; /* that routers reported */
};

static int64_t must(int64_t result, const char *what) {
    if (result < 0 && result != -EINPROGRESS) {
        die("%s: %s", what, strerror((int)-result));
    }
    return result;
}

static void check(const struct row *r, bool ok, const char *what) {
    if (!ok) {
        die("%s: %s", r->path->name, what);
    }
}

/* Host h on link l: the left end of a link has 1, the right end 2. */
static struct inl_addr end_addr(bool v6, int l, int end) {
    if (v6) {
        return (struct inl_addr){{0xfd, 0, 0, (uint8_t)(l + 1), [15] = (uint8_t)end}};
    }
    return inl_addr_from4(0x0a000000u | (uint32_t)(l + 1) << 8 | (uint32_t)end);
}

static void on_frame(void *ctx, const struct inl_world_frame *f) {
    struct row *r = ctx;

    r->too_big += f->cause == INL_CAUSE_ICMP_TOO_BIG;
}

static void route_add(struct inl_stack *stack, bool v6, int to, struct inl_addr gateway, int link) {
    struct inl_route route = {
        .dst = end_addr(v6, to, 0),
        .prefix_len_bits = v6 ? 64 : 24,
        .gateway = gateway,
        .link = link,
    };

    must(inl_route_add(stack, &route), "route");
}

/* Host h stands between the links h - 1 and h. */
static void host_make(struct row *r, int h) {
    const struct path *p = r->path;
    struct inl_config config;
    struct inl_stack *stack;
    int left = 0, right = 0;

    inl_config_init(&config);
    config.forward = h > 0 && h < HOSTS - 1;
    must(inl_world_host_add(r->world, "host", &config), "host");
    stack = inl_world_stack(r->world, h);
    for (int side = 0; side < 2; side++) {
        int l = h - 1 + side;
        struct inl_impair impair = {.delay_ns = INL_MS, .rate_bps = 50000000};
        struct inl_addr addr;
        int *link = side ? &right : &left;

        if (l < 0 || l >= LINKS) {
            continue;
        }
        impair.loss_ppm = p->loss_ppm;
        impair.black_hole_bytes = l == 2 ? p->hole_bytes : 0;
        must(inl_world_attach(r->world, h, l, &impair, link), "attach");
        addr = end_addr(p->v6, l, side ? 1 : 2);
        must(inl_addr_add(stack, *link, &addr, p->v6 ? 64 : 24), "address");
    }
    for (int l = 0; l < LINKS; l++) {
        if (l < h - 1) {
            route_add(stack, p->v6, l, end_addr(p->v6, h - 1, 1), left);
        } else if (l > h) {
            route_add(stack, p->v6, l, end_addr(p->v6, h, 2), right);
        }
    }
}

static void row_init(struct row *r, const struct path *path) {
    const struct inl_world_config config = {
        .alloc = inl_malloc(), .seed = 11, .on_frame = on_frame, .on_frame_ctx = r};

    *r = (struct row){.path = path};
    must(inl_world_new(&config, &r->world), "world");
    for (int l = 0; l < LINKS; l++) {
        must(inl_world_segment_add(r->world, "link", path->mtu[l]), "segment");
    }
    for (int h = 0; h < HOSTS; h++) {
        host_make(r, h);
    }
    r->now = (inl_time){5 * INL_S}; /* addresses have been claimed by then */
    inl_world_advance(r->world, r->now);
}

static void pass(struct row *r, inl_dur by) {
    r->now = inl_time_add(r->now, by);
    inl_world_advance(r->world, r->now);
}

static struct inl_stack *end_stack(const struct row *r, int end) {
    return inl_world_stack(r->world, end ? HOSTS - 1 : 0);
}

static struct inl_sockaddr end_at(const struct row *r, int end) {
    return (struct inl_sockaddr){
        .addr = end ? end_addr(r->path->v6, LINKS - 1, 2) : end_addr(r->path->v6, 0, 1),
        .port = PORT,
    };
}

static enum inl_family family(const struct row *r) {
    return r->path->v6 ? INL_AF_INET6 : INL_AF_INET;
}

static uint8_t octet(uint64_t i) {
    return (uint8_t)(i * 31 + i / 251);
}

/* ---- TCP ---- */

static void stream(struct row *r, int from) {
    struct inl_stack *tx = end_stack(r, from), *rx = end_stack(r, !from);
    const struct inl_sockaddr to = end_at(r, !from);
    inl_sock listener = inl_socket(rx, family(r), INL_SOCK_STREAM);
    inl_sock out = inl_socket(tx, family(r), INL_SOCK_STREAM), in = -1;
    inl_time end = inl_time_add(r->now, 120 * INL_S);
    uint64_t sent = 0, got = 0;
    uint8_t buf[4096];

    must(inl_bind(rx, listener, &to), "bind");
    must(inl_listen(rx, listener, 1), "listen");
    must(inl_connect(tx, out, &to), "connect");
    while (got < STREAM_BYTES && inl_time_before(r->now, end)) {
        int64_t n;

        do {
            size_t len = STREAM_BYTES - sent < sizeof(buf) ? STREAM_BYTES - sent : sizeof(buf);

            for (size_t i = 0; i < len; i++) {
                buf[i] = octet(sent + i);
            }
            n = len > 0 ? inl_send(tx, out, buf, len, 0) : 0;
            sent += n > 0 ? (uint64_t)n : 0;
        } while (n > 0);
        pass(r, STEP_NS);
        in = in < 0 ? inl_accept(rx, listener, NULL) : in;
        while (in >= 0 && (n = inl_recv(rx, in, buf, sizeof(buf), 0)) > 0) {
            for (int64_t i = 0; i < n; i++) {
                check(r, buf[i] == octet(got++), "a wrong octet");
            }
        }
    }
    check(r, got == STREAM_BYTES, "the stream stalls");
    inl_close(tx, out);
    inl_close(rx, in);
    inl_close(rx, listener);
    pass(r, INL_S);
}

/* ---- UDP ---- */

static const size_t sizes[] = {1,    500,  548,  549,  1232, 1233, 1252,
                               1372, 1400, 1472, 1473, 4000, 9000};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void datagram_fill(uint8_t *buf, size_t which) {
    for (size_t i = 0; i < sizes[which]; i++) {
        buf[i] = octet(i + which);
    }
}

/* Marks what has arrived. */
static void datagrams_take(struct row *r, struct inl_stack *rx, inl_sock in, bool arrived[SIZES]) {
    static uint8_t buf[10000], want[10000];
    int64_t n;

    while ((n = inl_recv(rx, in, buf, sizeof(buf), 0)) >= 0) {
        size_t k = 0;

        while (k < SIZES && sizes[k] != (size_t)n) {
            k++;
        }
        check(r, k < SIZES, "a datagram of a wrong size");
        datagram_fill(want, k);
        check(r, memcmp(buf, want, (size_t)n) == 0, "a datagram with wrong octets");
        arrived[k] = true;
    }
}

/* What a program does that must not have its datagrams cut: the largest that goes, so it seems. */
static size_t most(struct inl_stack *tx, inl_sock out, bool v6) {
    int64_t mtu = 0;

    must(inl_getsockopt(tx, out, INL_OPT_MTU, &mtu), "INL_OPT_MTU");
    return (size_t)mtu - (v6 ? 48 : 28);
}

/* Sends each size until all have arrived; how many rounds that took. With DO only those that the
 * path takes count. */
static int datagrams(struct row *r, int from, enum inl_pmtud mode) {
    static uint8_t buf[10000];
    struct inl_stack *tx = end_stack(r, from), *rx = end_stack(r, !from);
    const struct inl_sockaddr to = end_at(r, !from);
    inl_sock in = inl_socket(rx, family(r), INL_SOCK_DGRAM);
    inl_sock out = inl_socket(tx, family(r), INL_SOCK_DGRAM);
    bool arrived[SIZES] = {false};
    size_t left = SIZES;
    int rounds = 0;

    must(inl_bind(rx, in, &to), "bind");
    must(inl_connect(tx, out, &to), "connect");
    must(inl_setsockopt(tx, out, INL_OPT_MTU_DISCOVER, mode), "INL_OPT_MTU_DISCOVER");
    for (; left > 0 && rounds < 60; rounds++) {
        left = 0;
        for (size_t k = 0; k < SIZES; k++) {
            int64_t n;

            if (arrived[k]) {
                continue;
            }
            datagram_fill(buf, k);
            n = inl_send(tx, out, buf, sizes[k], 0);
            if (n == -EMSGSIZE && mode >= INL_PMTUD_DO && sizes[k] > most(tx, out, r->path->v6)) {
                continue; /* the program knows, and would send less */
            }
            if (n != -EMSGSIZE) { /* that was the news of an earlier one */
                must(n, "send");
            }
            left++;
            pass(r, ROUND_NS / 10);
        }
        pass(r, ROUND_NS);
        datagrams_take(r, rx, in, arrived);
    }
    check(r, left == 0, "datagrams do not get through");
    inl_close(tx, out);
    inl_close(rx, in);
    return rounds;
}

/* A router that says nothing: only what fits gets through, whatever the path MTU seems to be. */
static void datagrams_hole(struct row *r) {
    struct inl_stack *tx = end_stack(r, 0), *rx = end_stack(r, 1);
    const struct inl_sockaddr to = end_at(r, 1);
    inl_sock in = inl_socket(rx, family(r), INL_SOCK_DGRAM);
    inl_sock out = inl_socket(tx, family(r), INL_SOCK_DGRAM);
    size_t small = r->path->hole_bytes - 14 - (r->path->v6 ? 48 : 28);
    uint8_t buf[2000] = {0};

    must(inl_bind(rx, in, &to), "bind");
    must(inl_connect(tx, out, &to), "connect");
    must(inl_setsockopt(tx, out, INL_OPT_MTU_DISCOVER, INL_PMTUD_DO), "INL_OPT_MTU_DISCOVER");
    for (int round = 0; round < 60; round++) {
        must(inl_send(tx, out, buf, small + 1, 0), "send");
        pass(r, STEP_NS);
        check(r, inl_recv(rx, in, buf, sizeof(buf), 0) == -EAGAIN, "the hole lets something pass");
        must(inl_send(tx, out, buf, small, 0), "send");
        pass(r, 10 * STEP_NS);
        if (inl_recv(rx, in, buf, sizeof(buf), 0) == (int64_t)small) {
            inl_close(tx, out);
            inl_close(rx, in);
            return;
        }
    }
    check(r, false, "what fits does not get through");
}

static void run_udp(const struct path *path) {
    static const enum inl_pmtud modes[] = {INL_PMTUD_DONT, INL_PMTUD_WANT, INL_PMTUD_DO};
    struct row r;

    row_init(&r, path);
    if (path->hole_bytes > 0) {
        datagrams_hole(&r);
        inl_world_free(r.world);
        return;
    }
    for (int from = 0; from < 2; from++) {
        for (int m = 0; m < 3; m++) {
            printf("%s: UDP from %c, mode %d: %d rounds\n", path->name, from ? 'B' : 'A',
                   (int)modes[m], datagrams(&r, from, modes[m]));
        }
    }
    check(&r, r.too_big > 0, "no router had anything to say");
    inl_world_free(r.world);
}

static void run_tcp(const struct path *path) {
    struct row r;

    row_init(&r, path);
    for (int from = 0; from < 2; from++) {
        inl_time start = r.now;

        stream(&r, from);
        printf("%s: TCP from %c: %lld ms, %llu times too big\n", path->name, from ? 'B' : 'A',
               (long long)(inl_time_sub(r.now, start) / INL_MS), (unsigned long long)r.too_big);
    }
    /* where an end has the smallest link itself, the MSS says all */
    check(&r, (r.too_big > 0) == (path->mtu[2] < path->mtu[3]),
          "path MTU discovery did not happen");
    inl_world_free(r.world);
}

int main(void) {
    static const struct path paths[] = {
        {"IPv4 down", false, {1500, 1400, 1280, 576}, 0, 0},
        {"IPv4 down, losses", false, {1500, 1400, 1280, 576}, 10000, 0},
        {"IPv4 neck", false, {1500, 1400, 576, 1500}, 0, 0},
        {"IPv4 neck, losses", false, {1500, 1400, 576, 1500}, 10000, 0},
        {"IPv6 down", true, {1500, 1400, 1320, 1280}, 0, 0},
        {"IPv6 down, losses", true, {1500, 1400, 1320, 1280}, 10000, 0},
        {"IPv6 neck", true, {1500, 1400, 1280, 1500}, 0, 0},
        {"IPv6 neck, losses", true, {1500, 1400, 1280, 1500}, 10000, 0},
        {"IPv4 hole", false, {1500, 1500, 1500, 1500}, 0, 1300 + 14},
        {"IPv6 hole", true, {1500, 1500, 1500, 1500}, 0, 1300 + 14},
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        run_tcp(&paths[i]);
        run_udp(&paths[i]);
    }
    return 0;
}
