/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nomem_test.c - memory runs out while a link configures itself, checks addresses, resolves
 * neighbours and advertises: each allocation fails once (SEC-68)
 *
 * Nothing may crash, and nothing may be left. What could not be had is tried again or missing, and
 * then the rest works.
 */
#include "ip/autoconf.h"
#include "net.h"

struct heap {
    long until_failure; /* negative: never again */
    long blocks;
    bool failed;
};

static void *heap_alloc(void *ctx, size_t size) {
    struct heap *h = ctx;

    if (h->until_failure-- == 0) {
        h->failed = true;
        return NULL;
    }
    h->blocks++;
    return malloc(size);
}

static void heap_free(void *ctx, void *p, size_t size) {
    (void)size;
    ((struct heap *)ctx)->blocks -= p != NULL;
    free(p);
}

static void advertise(struct net *n) {
    struct inl_ra_config c = {.lifetime_s = 9000, .prefix_count = 1, .dns_count = 1};

    c.dns[0] = addr("2001:db8::53");
    c.prefixes[0] = (struct inl_ra_prefix){
        .prefix = addr("2001:db8:1::"), .len_bits = 64, .valid_s = 90000, .preferred_s = 80000};
    net_feed_ra(n, "fe80::a", &c);
}

static void pass(struct net *n, inl_dur by) {
    struct pkt *p;

    net_advance(n, by);
    while ((p = ip_txq_pop(n->ip, ETH0)) != NULL) {
        pkt_free(p);
    }
}

/* A packet to a neighbour that nobody knows. */
static void send_one(struct net *n, const char *to) {
    struct pkt *p = pkt_new(&n->env.mem, 64, 84);
    const struct ip_tx tx = {.dst = addr(to), .proto = IP_PROTO_TCP, .cause = INL_CAUSE_TCP_DATA};

    if (p) {
        memset(pkt_put(p, 20), 0, 20);
        ip_out(n->ip, p, &tx);
    }
}

/* A whole life; true if it came to its end with all that it wanted. */
static bool live(struct heap *heap, bool router) {
    static const uint8_t seed[16] = "no memory";
    const struct inl_alloc alloc = {heap_alloc, heap_free, heap};
    const struct inl_autoconf autoconf = {.temporary = true};
    struct inl_link_config link = {
        .kind = INL_LINK_ETHERNET, .name = "eth0", .mtu_bytes = 1500, .mac = {2, 0, 0, 0, 0, 1}};
    struct inl_addr_config a4 = {.addr = addr("10.0.0.1"),
                                 .prefix_len_bits = 24,
                                 .preferred_s = INL_FOREVER,
                                 .valid_s = INL_FOREVER,
                                 .check = true};
    struct inl_autoconf_info info = {0};
    struct inl_config config;
    struct inl_ra_config ra;
    struct inl_addr peer = addr("10.0.0.9");
    struct net n;
    bool good;

    memset(&n, 0, sizeof(n));
    env_init(&n.env, &alloc, 0, seed, (inl_time){1000});
    net_config(&config, router ? NET_FORWARD : 0);
    if (ip_new(&n.env, &config, &n.ip) != 0) {
        return false;
    }
    good = ip_link_add(n.ip, &link) == ETH0;
    if (good) {
        inl_ra_init(&ra);
        good &=
            (router ? ip_ra_start(n.ip, ETH0, &ra) : ip_autoconf_start(n.ip, ETH0, &autoconf)) == 0;
        good &= ip_addr_set(n.ip, ETH0, &a4) == 0;
        advertise(&n);
        pass(&n, 3 * INL_S);
        advertise(&n);
        pass(&n, 20 * INL_S);
        good &= ip_neigh_add(n.ip, ETH0, &peer, MAC_OTHER) == 0;
        send_one(&n, "10.0.0.7");
        send_one(&n, "2001:db8:1::7");
        pass(&n, 100 * INL_S);
        good &= router || (ip_autoconf_get(n.ip, ETH0, &info) == 0 && info.router_count == 1);
    }
    ip_free(n.ip);
    assert_int_equal(n.env.mem.used_bytes, 0);
    assert_int_equal(n.env.wheel.count, 0);
    return good;
}

static void test_each(void **state) {
    (void)state;
    for (int router = 0; router < 2; router++) {
        long k = 0;

        for (;; k++) {
            struct heap heap = {.until_failure = k};
            bool good = live(&heap, router);

            assert_int_equal(heap.blocks, 0);
            if (!heap.failed) {
                assert_true(good); /* with all the memory all works */
                break;
            }
        }
        assert_true(k > 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
