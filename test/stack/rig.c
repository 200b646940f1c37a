/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rig.c - two hosts on a wire, in virtual time (see rig.h)
 */
#include "rig.h"

static void *block_alloc(void *ctx, size_t size) {
    struct heap *heap = ctx;
    void *p;

    if (heap->fail_in == 0) {
        heap->failed = true;
        heap->fail_in = --heap->fail_run > 0 ? 0 : -1;
        return NULL;
    }
    heap->fail_in -= heap->fail_in > 0;
    p = malloc(size);
    if (p) {
        heap->blocks++;
        heap->bytes += size;
    }
    return p;
}

static void block_free(void *ctx, void *ptr, size_t size) {
    struct heap *heap = ctx;

    heap->blocks--;
    heap->bytes -= size;
    free(ptr);
}

struct inl_alloc heap_alloc(struct heap *heap) {
    return (struct inl_alloc){block_alloc, block_free, heap};
}

void rig_config(struct inl_config *config) {
    inl_config_init(config);
    config->tcp.msl_ns = RIG_MSL_NS;
}

struct inl_sockaddr at(const char *addr, uint16_t port) {
    struct inl_sockaddr sa = {.port = port};

    assert_int_equal(inl_addr_parse(addr, &sa.addr), 0);
    return sa;
}

bool is_addr(const struct inl_sockaddr *sa, const char *addr) {
    const struct inl_sockaddr want = at(addr, 0);

    return inl_addr_eq(&sa->addr, &want.addr);
}

static int host_try(struct rig *r, int i, const struct inl_config *config) {
    const struct inl_link_config wire = {
        .kind = INL_LINK_IP,
        .name = "wire",
        .mtu_bytes = RIG_MTU,
    };
    const struct inl_addr v4 = at(i ? "10.0.0.2" : "10.0.0.1", 0).addr;
    const struct inl_addr v6 = at(i ? "fd00::2" : "fd00::1", 0).addr;
    struct inl_config c = *config;
    int err;

    c.alloc = heap_alloc(&r->heap);
    c.seed[0] = (uint8_t)(i + 1);
    c.now = r->now;
    err = inl_stack_new(&c, &r->host[i]);
    if (err) {
        return err;
    }
    r->link[i] = inl_link_add(r->host[i], &wire);
    if (r->link[i] < 0) {
        return r->link[i];
    }
    err = inl_addr_add(r->host[i], r->link[i], &v4, 24);
    return err ? err : inl_addr_add(r->host[i], r->link[i], &v6, 64);
}

int rig_try(struct rig *r, const struct inl_config *config) {
    struct inl_config defaults;

    rig_config(&defaults);
    for (int i = 0; i < RIG_HOSTS; i++) {
        int err = host_try(r, i, config ? config : &defaults);

        if (err) {
            return err;
        }
    }
    return 0;
}

void rig_init_with(struct rig *r, const struct inl_config *config) {
    memset(r, 0, sizeof(*r));
    r->heap.fail_in = -1;
    r->now = (inl_time){1000 * INL_S};
    assert_int_equal(rig_try(r, config), 0);
}

void rig_init(struct rig *r) {
    rig_init_with(r, NULL);
}

void rig_done(struct rig *r) {
    for (int i = 0; i < RIG_HOSTS; i++) {
        inl_stack_free(r->host[i]);
    }
    assert_int_equal(r->heap.blocks, 0);
    assert_int_equal(r->heap.bytes, 0);
}

/* Carries a few frames from one host to the other. False if there are none. */
static bool carry(struct rig *r, int from) {
    static uint8_t buf[8][RIG_MTU + INL_FRAME_OVERHEAD];
    struct inl_tx_frame tx[8];
    struct inl_rx_frame rx[8];
    int n;

    for (int i = 0; i < 8; i++) {
        tx[i] = (struct inl_tx_frame){.data = buf[i], .cap_bytes = sizeof(buf[i])};
    }
    n = inl_tx(r->host[from], r->link[from], tx, 8, r->now);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        assert_true(tx[i].cause > INL_CAUSE_NONE && tx[i].cause < INL_CAUSE_MAX);
        assert_in_range(tx[i].len_bytes, 20, RIG_MTU);
        rx[i] = (struct inl_rx_frame){.data = buf[i], .len_bytes = tx[i].len_bytes};
    }
    if (n > 0 && !r->cut) {
        inl_rx(r->host[!from], r->link[!from], rx, (size_t)n, r->now);
    }
    return n > 0;
}

void rig_settle(struct rig *r) {
    bool busy = true;

    for (int turns = 0; busy; turns++) {
        assert_true(turns < 1000000); /* a chatter that never ends */
        busy = false;
        for (int i = 0; i < RIG_HOSTS; i++) {
            if (inl_next_deadline(r->host[i]).ns <= r->now.ns) {
                inl_advance(r->host[i], r->now);
            }
            busy |= carry(r, i);
            busy |= inl_next_deadline(r->host[i]).ns <= r->now.ns;
        }
    }
}

void rig_pass(struct rig *r, inl_dur d) {
    const inl_time end = inl_time_add(r->now, d);

    rig_settle(r);
    while (inl_time_before(r->now, end)) {
        inl_time next = end;

        for (int i = 0; i < RIG_HOSTS; i++) {
            next = inl_time_min(next, inl_next_deadline(r->host[i]));
        }
        assert_true(inl_time_before(r->now, next));
        r->now = next;
        rig_settle(r);
    }
}

inl_sock rig_listen(struct rig *r, int host, const char *addr, uint16_t port, int backlog) {
    const struct inl_sockaddr sa = at(addr, port);
    inl_sock s = inl_socket(r->host[host], inl_addr_is4(&sa.addr) ? INL_AF_INET : INL_AF_INET6,
                            INL_SOCK_STREAM);

    assert_true(s >= 0);
    assert_int_equal(inl_setsockopt(r->host[host], s, INL_OPT_REUSEADDR, 1), 0);
    assert_int_equal(inl_bind(r->host[host], s, &sa), 0);
    assert_int_equal(inl_listen(r->host[host], s, backlog), 0);
    return s;
}

void rig_pair(struct rig *r, inl_sock *ret_a, inl_sock *ret_b) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    inl_sock l = rig_listen(r, 1, "0.0.0.0", 80, 8);

    *ret_a = inl_socket(r->host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(r->host[0], *ret_a, &to), -EINPROGRESS);
    rig_settle(r);
    *ret_b = inl_accept(r->host[1], l, NULL);
    assert_true(*ret_b >= 0);
    assert_int_equal(inl_close(r->host[1], l), 0);
    assert_true(rig_events(r, 0, *ret_a) & INL_EV_CONNECTED);
    rig_events(r, 1, *ret_b);
}

uint32_t rig_events(struct rig *r, int host, inl_sock s) {
    struct inl_event ev;
    uint32_t all = 0;

    while (inl_next_event(r->host[host], &ev)) {
        assert_true(ev.events != 0);
        all |= ev.sock == s ? ev.events : 0;
    }
    return all;
}
