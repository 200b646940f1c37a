/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.c - fuzz target: sockets that join and leave groups, and messages of IGMP and MLD from the
 * link, in any order
 *
 * An input is a list of steps. Each begins with what to do, about which group and sender, and how
 * much time passes before; a message brings its own bytes, behind a TTL of 1, router alert and
 * checksum that are made here. After each step, what a link wants is held against what its members
 * want, sender by sender, and all limits must hold; nothing may be left at the end.
 */
#include "fuzz.h"

#include "base/csum.h"
#include "base/env.h"
#include "ip/group_member.h"
#include "ip/group_state.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#define LINK 1
#define SOCKETS 4
#define GROUPS 8
#define SENDERS 16
#define GROUPS_MAX 10 /* of a link, those of its addresses included */
#define SOURCES_MAX 5

struct scene {
    struct env env;
    struct ip *ip;
    struct ip_members *sockets[SOCKETS];
};

static struct inl_addr group(bool v6, unsigned i) {
    const struct inl_addr six = {{0xff, 0x15, [15] = (uint8_t)(i % GROUPS)}};

    return v6 ? six : inl_addr_from4(0xef010100u + i % GROUPS);
}

static struct inl_addr sender(bool v6, unsigned i) {
    const struct inl_addr six = {{0x20, 1, 0xd, 0xb8, [15] = (uint8_t)(1 + i % SENDERS)}};

    return v6 ? six : inl_addr_from4(0x0a090001u + i % SENDERS);
}

static void pass(struct scene *s, inl_dur by) {
    inl_time end = inl_time_add(s->env.now, by);
    struct timer *t;
    struct pkt *p;

    while ((t = wheel_pop(&s->env.wheel, end)) != NULL) {
        s->env.now = inl_time_max(s->env.now, t->due);
        ip_timer(s->ip, t);
        while ((p = ip_txq_pop(s->ip, LINK)) != NULL) {
            FUZZ_CHECK(p->len <= 1500 + ETH_HDR_BYTES);
            pkt_free(p);
        }
    }
    s->env.now = end;
    while ((p = ip_txq_pop(s->ip, LINK)) != NULL) {
        pkt_free(p);
    }
}

/* ---- messages ---- */

static void feed4(struct ip *ip, uint8_t what, struct rd body) {
    static const uint8_t alert[] = {IP4_OPT_ALERT, 4, 0, 0};
    static const uint8_t types[] = {0x11, 0x16, 0x12, 0x17, 0x22};
    uint8_t b[ETH_HDR_BYTES + 24 + 260];
    struct wr w = wr_init(b, sizeof(b));
    struct eth_hdr eth = {.src = {2, 0, 0, 0, 0, 9}, .type = ETH_TYPE_IP4};
    struct ip4_hdr h = {.src = inl_addr_from4(0x0a000002),
                        .dst = what & 0x40 ? group(false, what) : inl_addr_from4(0xe0000001),
                        .ttl = 1,
                        .proto = IP_PROTO_IGMP,
                        .opts = rd_init(alert, sizeof(alert))};
    size_t at;

    h.total_len_bytes = (uint16_t)(24 + 4 + rd_left(&body));
    eth_multicast(&h.dst, eth.dst);
    eth_emit(&w, &eth);
    ip4_emit(&w, &h);
    at = wr_len(&w);
    wr_u8(&w, types[what % sizeof(types)]);
    wr_u8(&w, (uint8_t)(what << 2));
    wr_be16(&w, 0);
    wr_put(&w, rd_ptr(&body), rd_left(&body));
    FUZZ_CHECK(!w.bad);
    wr_set_be16(&w, at + 2, csum_fold(csum_add(0, b + at, wr_len(&w) - at)));
    ip_rx_frame(ip, LINK, b, wr_len(&w), NULL);
}

static void feed6(struct ip *ip, uint8_t what, struct rd body) {
    static const uint8_t alert[] = {IP_PROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0};
    static const uint8_t types[] = {130, 131, 132, 143};
    const struct inl_addr all = {{0xff, 2, [15] = 1}};
    uint8_t b[ETH_HDR_BYTES + IP6_HDR_BYTES + 8 + 260];
    struct wr w = wr_init(b, sizeof(b));
    struct eth_hdr eth = {.src = {2, 0, 0, 0, 0, 9}, .type = ETH_TYPE_IP6};
    struct ip6_hdr h = {.src = {{0xfe, 0x80, [15] = 9}},
                        .dst = what & 0x40 ? group(true, what) : all,
                        .next = IP_PROTO_HOPOPTS,
                        .hop_limit = 1};
    size_t at;
    size_t len = 4 + rd_left(&body);

    h.payload_len_bytes = (uint16_t)(8 + len);
    eth_multicast(&h.dst, eth.dst);
    eth_emit(&w, &eth);
    ip6_emit(&w, &h);
    wr_put(&w, alert, sizeof(alert));
    at = wr_len(&w);
    wr_u8(&w, types[what % sizeof(types)]);
    wr_zero(&w, 3);
    wr_put(&w, rd_ptr(&body), rd_left(&body));
    FUZZ_CHECK(!w.bad);
    wr_set_be16(&w, at + 2,
                csum_fold(csum_add(l4_pseudo_csum(&h.src, &h.dst, IP_PROTO_ICMP6, (uint32_t)len),
                                   b + at, len)));
    ip_rx_frame(ip, LINK, b, wr_len(&w), NULL);
}

/* ---- what must be so ---- */

static bool members_want(const struct ip_group *g, const struct inl_addr *src) {
    const struct list *it;

    LIST_FOREACH(it, &g->members) {
        if (group_filter_wants(&LIST_ENTRY(it, struct ip_member, group_node)->filter, src)) {
            return true;
        }
    }
    return g->holds > 0;
}

static void check_group(const struct scene *s, const struct ip_group *g, bool v6) {
    const struct inl_addr other = v6 ? (struct inl_addr){{0x20, 2}} : inl_addr_from4(0x01010101);

    for (unsigned i = 0; i < SENDERS; i++) {
        const struct inl_addr src = sender(v6, i);

        FUZZ_CHECK(group_filter_wants(&g->filter, &src) == members_want(g, &src));
    }
    FUZZ_CHECK(group_filter_wants(&g->filter, &other) == members_want(g, &other));
    FUZZ_CHECK(!list_empty(&g->members) || g->holds || !list_empty(&g->pending_node));
    FUZZ_CHECK(g->change_count <= GROUP_CHANGES_MAX && g->asked.count <= SOURCES_MAX);
    FUZZ_CHECK(list_empty(&g->pending_node) || timer_armed(&g->on->change));
    FUZZ_CHECK(list_empty(&g->pending_node) || g->on->level == GROUP_LEVEL_V3);
    FUZZ_CHECK(!timer_armed(&g->answer) || ip_group_live(g));
    FUZZ_CHECK(s->ip->links[LINK].up || (!timer_armed(&g->answer) && g->mode_left == 0));
}

static void check(const struct scene *s) {
    for (int v6 = 0; v6 < 2; v6++) {
        const struct ip_group_link *on = s->ip->groups.links[LINK][v6];
        const struct list *it;
        uint32_t n = 0;

        if (!on) {
            continue;
        }
        LIST_FOREACH(it, &on->groups) {
            check_group(s, LIST_ENTRY(it, struct ip_group, link_node), v6);
            n++;
        }
        FUZZ_CHECK(n == on->count && n <= GROUPS_MAX);
        FUZZ_CHECK(on->level >= GROUP_LEVEL_V1 + v6 && on->level <= GROUP_LEVEL_V3);
        FUZZ_CHECK(on->robustness >= 1 && on->robustness <= 7);
    }
    for (int i = 0; i < SOCKETS; i++) {
        FUZZ_CHECK(!s->sockets[i] || (s->sockets[i]->count > 0 && s->sockets[i]->count <= 4));
    }
}

static void start(struct scene *s) {
    static const uint8_t seed[16] = "fuzz";
    const struct inl_alloc alloc = inl_malloc();
    struct inl_link_config link = {
        .kind = INL_LINK_ETHERNET, .name = "eth0", .mtu_bytes = 1500, .mac = {2, 0, 0, 0, 0, 1}};
    const struct inl_addr a4 = inl_addr_from4(0x0a000001);
    struct inl_config config;

    memset(s, 0, sizeof(*s));
    env_init(&s->env, &alloc, 0, seed, (inl_time){1000});
    inl_config_init(&config);
    config.groups = (struct inl_group_config){.report = true,
                                              .max_per_socket = 4,
                                              .max_per_link = GROUPS_MAX,
                                              .max_sources = SOURCES_MAX};
    FUZZ_CHECK(ip_new(&s->env, &config, &s->ip) == 0);
    FUZZ_CHECK(ip_link_add(s->ip, &link) == LINK);
    FUZZ_CHECK(ip_addr_add(s->ip, LINK, &a4, 24) == 0);
}

static void step(struct scene *s, uint8_t what, uint8_t about, struct rd *r) {
    bool v6 = what & 0x80;
    const struct inl_addr g = group(v6, about);
    const struct inl_addr src = sender(v6, about / GROUPS);
    struct ip_members **socket = &s->sockets[(what >> 4 & 7) % SOCKETS];
    struct inl_addr list[SOURCES_MAX];
    uint8_t len;

    switch (what & 15) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
        (void)ip_member_do(s->ip, socket, (enum inl_group_op)(what & 15), LINK, &g, &src);
        break;
    case 6:
    case 7:
        len = rd_u8(r) % (SOURCES_MAX + 1);
        for (uint8_t i = 0; i < len; i++) {
            list[i] = sender(v6, rd_u8(r));
        }
        (void)ip_member_set(s->ip, socket, LINK, &g, what & 1, list, len);
        break;
    case 8:
        (void)ip_link_set_up(s->ip, LINK, about & 1);
        break;
    case 9:
        ip_members_free(s->ip, socket);
        break;
    case 10: /* the next allocation fails, or one soon after */
        mem_fail_after(&s->env.mem, about % 8);
        break;
    default:
        len = rd_u8(r);
        (v6 ? feed6 : feed4)(s->ip, about, rd_sub(r, len < rd_left(r) ? len : rd_left(r)));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *in = fuzz_exact(data, size);
    struct rd r = rd_init(in, size);
    static struct scene s;

    start(&s);
    while (rd_left(&r) >= 3) {
        uint8_t what = rd_u8(&r), about = rd_u8(&r), wait = rd_u8(&r);

        pass(&s, (inl_dur)wait * wait * 5 * INL_MS); /* up to five minutes */
        step(&s, what, about, &r);
        if (s.env.mem.fail_after < 0 && s.env.mem.fails == 0) {
            check(&s); /* without memory a link may hear more than is wanted */
        }
    }
    mem_fail_after(&s.env.mem, -1);
    for (int i = 0; i < SOCKETS; i++) {
        ip_members_free(s.ip, &s.sockets[i]);
    }
    pass(&s, 100 * INL_S);
    ip_free(s.ip);
    FUZZ_CHECK(s.env.mem.used_bytes == 0);
    FUZZ_CHECK(s.env.wheel.count == 0);
    fuzz_exact_free(in, size);
    return 0;
}
