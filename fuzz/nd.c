/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nd.c - fuzz target: neighbour discovery, router advertisements and ARP into a whole Internet
 * layer, whose state is kept between the packets of an input
 *
 * An input is a list of packets, each with a head of four bytes: who it comes from and goes to,
 * what it is, how much time passes before, how long it is. The rest of each packet is the input's;
 * the IPv6 header with a hop limit of 255 and the checksum are made here, so that the bytes reach
 * the parsers and the tables behind them. First bit of the input: a host that configures itself, or
 * a router that advertises. All limits must hold after each packet, and nothing be left at the end.
 */
#include "fuzz.h"

#include "base/csum.h"
#include "base/env.h"
#include "ip/autoconf.h"
#include "ip/ip.h"
#include "ip/state.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#define NEIGHBOURS 16
#define LINK 1

static struct inl_addr source_of(uint8_t how) {
    struct inl_addr a = {{0xfe, 0x80, [15] = (uint8_t)(2 + (how & 15))}};

    if ((how & 15) == 0) {
        return INL_ADDR_ANY;
    }
    if ((how & 15) == 1) {
        return (struct inl_addr){{0x20, 1, 0xd, 0xb8, [15] = 9}};
    }
    return a;
}

static struct inl_addr dest_of(const struct ip *ip, uint8_t how, const struct rd *body) {
    const struct inl_addr all = {{0xff, 2, [15] = 1}};
    const struct ip_link *l = ip_link_get(ip, LINK);
    struct rd r = *body;
    struct inl_addr target;

    switch (how >> 4 & 3) {
    case 0:
        return all;
    case 1:
        return (struct inl_addr){{0xff, 2, [15] = 2}};
    case 2: /* the group of the target */
        rd_skip(&r, 4);
        return rd_copy(&r, target.b, 16) ? nd_solicited_node(&target) : all;
    default:
        return list_empty(&l->addrs)
                   ? all
                   : LIST_ENTRY(list_first(&l->addrs), struct ip_addr, link_node)->addr;
    }
}

/* A neighbour message: type from @what, then the bytes of @body after the first four of ICMPv6. */
static void feed_nd(struct ip *ip, uint8_t how, uint8_t what, struct rd body) {
    size_t len = 4 + rd_left(&body);
    size_t all = ETH_HDR_BYTES + IP6_HDR_BYTES + len;
    uint8_t *frame = malloc(all);
    struct wr w = wr_init(frame, all);
    struct eth_hdr eth = {.src = {2, 0, 0, 0, 0, 9}, .type = ETH_TYPE_IP6};
    struct ip6_hdr h = {.src = source_of(how),
                        .dst = dest_of(ip, how, &body),
                        .payload_len_bytes = (uint16_t)len,
                        .next = IP_PROTO_ICMP6,
                        .hop_limit = 255};

    FUZZ_CHECK(frame);
    if (inl_addr_is_multicast(&h.dst)) {
        eth_multicast(&h.dst, eth.dst);
    } else {
        memcpy(eth.dst, ip_link_get(ip, LINK)->config.mac, 6);
    }
    eth_emit(&w, &eth);
    ip6_emit(&w, &h);
    wr_u8(&w, (uint8_t)(ICMP6_ROUTER_SOLICIT + what % 5));
    wr_u8(&w, 0);
    wr_be16(&w, 0);
    wr_put(&w, rd_ptr(&body), rd_left(&body));
    FUZZ_CHECK(!w.bad);
    wr_set_be16(&w, ETH_HDR_BYTES + IP6_HDR_BYTES + 2,
                csum_fold(csum_add(l4_pseudo_csum(&h.src, &h.dst, IP_PROTO_ICMP6, (uint32_t)len),
                                   frame + ETH_HDR_BYTES + IP6_HDR_BYTES, len)));
    ip_rx_frame(ip, LINK, frame, all, NULL);
    free(frame);
}

static void feed_arp(struct ip *ip, struct rd body) {
    size_t all = ETH_HDR_BYTES + 6 + rd_left(&body);
    uint8_t *frame = malloc(all);
    struct wr w = wr_init(frame, all);
    const struct eth_hdr eth = {
        .dst = {255, 255, 255, 255, 255, 255}, .src = {2, 0, 0, 0, 0, 9}, .type = ETH_TYPE_ARP};

    FUZZ_CHECK(frame);
    eth_emit(&w, &eth);
    wr_be32(&w, 0x00010800);
    wr_be16(&w, 0x0604);
    wr_put(&w, rd_ptr(&body), rd_left(&body));
    ip_rx_frame(ip, LINK, frame, all, NULL);
    free(frame);
}

static void pass(struct env *env, struct ip *ip, inl_dur by) {
    inl_time end = inl_time_add(env->now, by);
    struct timer *t;
    struct pkt *p;

    while ((t = wheel_pop(&env->wheel, end)) != NULL) {
        env->now = inl_time_max(env->now, t->due);
        ip_timer(ip, t);
        while ((p = ip_txq_pop(ip, LINK)) != NULL) {
            pkt_free(p);
        }
    }
    env->now = end;
    while ((p = ip_txq_pop(ip, LINK)) != NULL) {
        pkt_free(p);
    }
}

static void check(const struct ip *ip) {
    const struct ip_link *l = ip_link_get(ip, LINK);
    unsigned ways = 0;

    FUZZ_CHECK(htab_count(&ip->neighs.table) <= NEIGHBOURS);
    FUZZ_CHECK(ip->neighs.unresolved_count <= NEIGHBOURS / 4);
    FUZZ_CHECK(l->addr_count <= AUTO_ADDRS_MAX + 3);
    FUZZ_CHECK(l->mtu6_bytes == 0 || (l->mtu6_bytes >= 1280 && l->mtu6_bytes <= 1500));
    for (int i = 0; l->autoconf && i < AUTO_WAYS_MAX; i++) {
        const struct auto_way *w = &l->autoconf->ways[i];

        FUZZ_CHECK(!w->installed || w->used);
        FUZZ_CHECK(!w->used || inl_addr_is_link_local(&w->router));
        ways += w->used;
    }
    FUZZ_CHECK(ways <= AUTO_WAYS_MAX);
}

static void start(struct env *env, struct ip **ret_ip, bool router) {
    static const uint8_t seed[16] = "fuzz";
    const struct inl_alloc alloc = inl_malloc();
    struct inl_link_config link = {
        .kind = INL_LINK_ETHERNET, .name = "eth0", .mtu_bytes = 1500, .mac = {2, 0, 0, 0, 0, 1}};
    struct inl_config config;
    struct inl_ra_config ra;
    struct inl_addr a4 = inl_addr_from4(0x0a000001);

    env_init(env, &alloc, 0, seed, (inl_time){1000});
    inl_config_init(&config);
    config.max_neighbours = NEIGHBOURS;
    config.forward = router;
    FUZZ_CHECK(ip_new(env, &config, ret_ip) == 0);
    FUZZ_CHECK(ip_link_add(*ret_ip, &link) == LINK);
    FUZZ_CHECK(ip_addr_add(*ret_ip, LINK, &a4, 24) == 0);
    inl_ra_init(&ra);
    FUZZ_CHECK(
        (router ? ip_ra_start(*ret_ip, LINK, &ra) : ip_autoconf_start(*ret_ip, LINK, NULL)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    static struct env env;
    struct ip *ip;

    start(&env, &ip, rd_u8(&r) & 1);
    while (rd_left(&r) > 4) {
        uint8_t how = rd_u8(&r), what = rd_u8(&r), wait = rd_u8(&r), len = rd_u8(&r);
        struct rd body = rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r));

        pass(&env, ip, (inl_dur)wait * wait * 50 * INL_MS); /* up to an hour */
        if (what & 0x80) {
            feed_arp(ip, body);
        } else {
            feed_nd(ip, how, what, body);
        }
        check(ip);
    }
    pass(&env, ip, 100 * INL_S);
    check(ip);
    ip_free(ip);
    FUZZ_CHECK(env.mem.used_bytes == 0);
    FUZZ_CHECK(env.wheel.count == 0);
    fuzz_exact_free(in, size);
    return 0;
}
