/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mib_test.c - the counters of RFC 4293: for each one the smallest event that raises it, both IP
 * versions, with all that goes up and nothing else
 */
#include "mib_net.h"

#include <stdio.h>

/* ---- events: what comes in ---- */

static void ev_deliver(struct event *e) {
    struct frame f;

    make_ours(e, &f, IP_PROTO_TCP);
    feed(e, &f);
}

static void ev_short(struct event *e) {
    struct frame f;

    make_ours(e, &f, IP_PROTO_TCP);
    f.len = ETH_BYTES + 12;
    feed(e, &f);
}

static void ev_version(struct event *e) {
    struct frame f;

    make_ours(e, &f, IP_PROTO_TCP);
    f.b[ETH_BYTES] ^= 0x10;
    feed(e, &f);
}

static void ev_header_checksum(struct event *e) {
    struct frame f;

    make_ours(e, &f, IP_PROTO_TCP);
    f.b[ETH_BYTES + 10] ^= 1;
    feed(e, &f);
}

static void ev_truncated(struct event *e) {
    struct frame f;

    make_ours(e, &f, IP_PROTO_TCP);
    f.len -= 5;
    feed(e, &f);
}

static void ev_truncated_bad(struct event *e) {
    struct frame f;

    make_ours(e, &f, IP_PROTO_TCP);
    f.b[ETH_BYTES + 10] ^= 1;
    f.len -= 5;
    feed(e, &f);
}

static void ev_option(struct event *e) { /* a length that cannot be */
    struct ip4_hdr h4 = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_HOPOPTS);
    static const uint8_t opts4[] = {7, 40, 4, 0};
    static const uint8_t opts6[] = {IP_PROTO_TCP, 0, 0x1e, 40, 0, 0, 0, 0};
    struct frame f;

    h4.opts = rd_init(opts4, sizeof(opts4));
    if (e->v6) {
        frame_ip6(&f, h6, opts6, sizeof(opts6));
    } else {
        frame_ip4(&f, h4, data, 40);
    }
    feed(e, &f);
}

static void ev_source(struct event *e) {
    struct frame f;

    make(e, &f, pick(e, "224.0.0.5", "ff02::5"), pick(e, "10.0.0.1", "2001:db8::1"), IP_PROTO_TCP,
         64, 40);
    feed(e, &f);
}

static void ev_other(struct event *e) {
    struct frame f;

    make_to(e, &f, "10.0.0.77", "2001:db8::77");
    feed(e, &f);
}

static void ev_loopback(struct event *e) {
    struct frame f;

    make_to(e, &f, "127.0.0.1", "::1");
    feed(e, &f);
}

static void ev_foreign_group(struct event *e) {
    struct frame f;

    make_to(e, &f, "224.0.0.99", "ff02::99");
    feed(e, &f);
}

static void ev_group(struct event *e) {
    struct frame f;

    make_to(e, &f, "224.0.0.1", "ff02::1");
    feed(e, &f);
}

static void ev_broadcast(struct event *e) {
    struct frame f;

    make_to(e, &f, "10.0.0.255", "");
    frame_to(&f, MAC_ALL);
    feed(e, &f);
}

static void ev_frame_group(struct event *e) { /* a host's packet in everybody's frame */
    struct frame f;

    make_ours(e, &f, IP_PROTO_TCP);
    frame_to(&f, MAC_ALL);
    feed(e, &f);
}

static void ev_protocol(struct event *e) {
    struct frame f;

    make_ours(e, &f, 253);
    feed(e, &f);
}

static void ev_no_next(struct event *e) {
    struct frame f;

    make_ours(e, &f, IP_PROTO_NONE);
    feed(e, &f);
}

static void ev_reverse_path(struct event *e) {
    struct frame f;

    e->n->ip->rp_filter = INL_RP_FILTER_STRICT;
    make(e, &f, pick(e, "10.0.0.9", "2001:db8::9"), pick(e, "10.0.0.2", "2001:db8::2"),
         IP_PROTO_TCP, 64, 40);
    memcpy(f.b, MAC_HOST1, 6);
    feed_on(e, ETH1, &f);
}

static void ev_pieces(struct event *e) {
    struct frame f;

    make_piece(e, &f, 0, 64, true);
    feed(e, &f);
    make_piece(e, &f, 64, 10, false);
    feed(e, &f);
}

static void ev_piece_twice(struct event *e) {
    struct frame f;

    make_piece(e, &f, 0, 64, true);
    feed(e, &f);
    feed(e, &f);
}

static void ev_overlap(struct event *e) {
    struct frame f;

    make_piece(e, &f, 0, 64, true);
    feed(e, &f);
    make_piece(e, &f, 56, 64, true);
    feed(e, &f);
}

static void ev_tiny(struct event *e) {
    struct frame f;

    make_piece(e, &f, 0, 8, true);
    feed(e, &f);
}

static void ev_piece_late(struct event *e) {
    struct frame f;

    make_piece(e, &f, 64, 64, true);
    feed(e, &f);
    e->n->ip->reass.timeout_ns = INL_MS;
    make_piece(e, &f, 128, 64, true);
    feed(e, &f);
    net_advance(e->n, 60 * INL_S);
}

/* ---- ICMP ---- */

static void ping(struct event *e, struct frame *f) {
    const struct icmp4_msg m4 = {.type = ICMP4_ECHO_REQUEST, .data = rd_init(data, 32)};
    const struct icmp6_msg m6 = {.type = ICMP6_ECHO_REQUEST, .data = rd_init(data, 32)};

    if (e->v6) {
        frame_icmp6(f, hdr6(IP_PROTO_ICMP6), m6);
    } else {
        frame_icmp4(f, hdr4(IP_PROTO_ICMP4), m4);
    }
}

static void ev_echo(struct event *e) {
    struct frame f;

    ping(e, &f);
    feed(e, &f);
}

static void ev_echo_bad(struct event *e) {
    struct frame f;

    ping(e, &f);
    f.b[f.len - 1] ^= 1;
    feed(e, &f);
}

static void ev_echo_no_memory(struct event *e) {
    struct frame f;

    ping(e, &f);
    e->n->env.mem.limit_bytes = e->n->env.mem.used_bytes;
    feed(e, &f);
    e->n->env.mem.limit_bytes = SIZE_MAX;
}

static void ev_icmp_unknown(struct event *e) {
    const struct icmp4_msg m4 = {.type = 200, .data = rd_init(data, 32)};
    const struct icmp6_msg m6 = {.type = 200, .data = rd_init(data, 32)};
    struct frame f;

    if (e->v6) {
        frame_icmp6(&f, hdr6(IP_PROTO_ICMP6), m6);
    } else {
        frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), m4);
    }
    feed(e, &f);
}

static void ev_solicit(struct event *e) {
    const struct nd_msg ns = {.type = ICMP6_NEIGH_SOLICIT,
                              .target = addr("2001:db8::1"),
                              .source_ll = {2, 0, 0, 0, 0, 2},
                              .has_source_ll = true};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    h.hop_limit = 255;
    frame_nd(&f, h, &ns);
    feed(e, &f);
}

static void ev_solicit_far(struct event *e) {
    const struct nd_msg ns = {.type = ICMP6_NEIGH_SOLICIT, .target = addr("2001:db8::1")};
    struct frame f;

    frame_nd(&f, hdr6(IP_PROTO_ICMP6), &ns);
    feed(e, &f);
}

/* ---- what passes through: from ETH1 to the neighbour PEER on ETH0 ---- */

static void pass(struct event *e, const char *four, const char *six, uint8_t ttl, size_t len,
                 bool df) {
    struct ip4_hdr h4 = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_TCP);
    struct frame f;

    h4.src = addr("192.168.5.9");
    h6.src = addr("2001:db8:5::9");
    h4.dst = h6.dst = addr(pick(e, four, six));
    h4.ttl = h6.hop_limit = ttl;
    h4.df = df;
    if (e->v6) {
        frame_ip6(&f, h6, data, len);
    } else {
        frame_ip4(&f, h4, data, len);
    }
    memcpy(f.b, MAC_HOST1, 6);
    feed_on(e, ETH1, &f);
}

static void ev_forward(struct event *e) {
    pass(e, "10.0.0.2", "2001:db8::2", 64, 100, false);
}

static void ev_forward_ttl(struct event *e) {
    pass(e, "10.0.0.2", "2001:db8::2", 1, 100, false);
}

static void ev_forward_no_route(struct event *e) {
    pass(e, "10.66.0.1", "2001:db8:66::1", 64, 100, false);
}

static void ev_forward_df(struct event *e) {
    pass(e, "10.0.0.2", "2001:db8::2", 64, 1400, true);
}

static void ev_forward_cut(struct event *e) {
    pass(e, "10.0.0.2", "2001:db8::2", 64, 1400, false);
}

static void ev_forward_martian(struct event *e) {
    pass(e, "192.0.0.99", "fe80::99", 64, 100, false);
}

static void ev_forward_no_memory(struct event *e) {
    e->n->env.mem.limit_bytes = e->n->env.mem.used_bytes;
    ev_forward(e);
    e->n->env.mem.limit_bytes = SIZE_MAX;
}

/* ---- what is ours ---- */

static void ev_send(struct event *e) {
    assert_true(send_own(e, "10.0.0.2", "2001:db8::2", 100, false) >= 0);
}

static void ev_send_no_route(struct event *e) {
    assert_true(send_own(e, "10.66.0.1", "2001:db8:66::1", 100, false) < 0);
}

static void ev_send_cut(struct event *e) {
    assert_true(send_own(e, "10.0.0.2", "2001:db8::2", 2400, false) >= 0);
}

static void ev_send_df(struct event *e) {
    assert_int_equal(send_own(e, "10.0.0.2", "2001:db8::2", 2400, true), -EMSGSIZE);
}

static void ev_send_group(struct event *e) {
    assert_true(send_own(e, "224.9.9.9", "ff05::99", 100, false) >= 0);
}

static void ev_send_broadcast(struct event *e) {
    assert_true(send_own(e, "10.0.0.255", "", 100, false) >= 0);
}

static void ev_send_full(struct event *e) {
    e->n->ip->links[ETH0].txq_cap = 0;
    assert_int_equal(send_own(e, "10.0.0.2", "2001:db8::2", 100, false), -ENOBUFS);
}

static void ev_send_no_neighbour(struct event *e) { /* nobody is there: it waits, and goes */
    const struct inl_addr a = addr(pick(e, "10.0.0.2", "2001:db8::2"));

    assert_int_equal(ip_neigh_del(e->n->ip, ETH0, &a), 0);
    ip_link_edit(e->n->ip, ETH0)->retrans_ns = INL_MS;
    assert_true(send_own(e, "10.0.0.2", "2001:db8::2", 100, false) >= 0);
    net_advance(e->n, 10 * INL_S);
}

/* ---- the table ---- */

enum row_flags {
    FOUR = 1, /* only in this version */
    SIX = 2,
    GROUP_IN = 16, /* all octets count as multicast, too */
};

/* icmp: "in8": a message of type 8 came, "inE": a bad one, "out3", "outE": none could be made. */
static const struct row {
    const char *name;
    void (*event)(struct event *e);
    const char *up;      /* each by one, or "Name=2"; besides octets */
    const char *icmp[2]; /* IPv4, IPv6 */
    unsigned flags;
} rows[] = {
    {"delivered", ev_deliver, "HCInReceives HCInDelivers", {"", ""}, 0},
    {"shorter than a header", ev_short, "HCInReceives InHdrErrors", {"", ""}, 0},
    {"wrong version", ev_version, "HCInReceives InHdrErrors", {"", ""}, 0},
    {"header checksum", ev_header_checksum, "HCInReceives InHdrErrors", {"", ""}, FOUR},
    {"truncated", ev_truncated, "HCInReceives InTruncatedPkts", {"", ""}, 0},
    {"truncated and wrong", ev_truncated_bad, "HCInReceives InHdrErrors", {"", ""}, FOUR},
    {"bad option",
     ev_option,
     "HCInReceives InHdrErrors HCOutRequests HCOutTransmits",
     {"out12", "out4"},
     0},
    {"source is no host's", ev_source, "HCInReceives InHdrErrors", {"", ""}, 0},
    {"another host's", ev_other, "HCInReceives InAddrErrors", {"", ""}, 0},
    {"for the loopback", ev_loopback, "HCInReceives InAddrErrors", {"", ""}, 0},
    {"a group that we are not in",
     ev_foreign_group,
     "HCInReceives InAddrErrors HCInMcastPkts",
     {"", ""},
     GROUP_IN},
    {"a group", ev_group, "HCInReceives HCInDelivers HCInMcastPkts", {"", ""}, GROUP_IN},
    {"broadcast", ev_broadcast, "HCInReceives HCInDelivers HCInBcastPkts", {"", ""}, FOUR},
    {"in a group's frame", ev_frame_group, "HCInReceives InAddrErrors", {"", ""}, 0},
    {"unknown protocol",
     ev_protocol,
     "HCInReceives InUnknownProtos HCOutRequests HCOutTransmits",
     {"out3", "out4"},
     0},
    {"no next header", ev_no_next, "HCInReceives HCInDelivers", {"", ""}, SIX},
    {"reverse path", ev_reverse_path, "HCInReceives InDiscards", {"", ""}, ROUTER},
    {"reassembly", ev_pieces, "HCInReceives=2 ReasmReqds=2 ReasmOKs HCInDelivers", {"", ""}, 0},
    {"the same fragment", ev_piece_twice, "HCInReceives=2 ReasmReqds=2", {"", ""}, 0},
    {"overlap", ev_overlap, "HCInReceives=2 ReasmReqds=2 ReasmFails", {"", ""}, 0},
    {"first fragment too short", ev_tiny, "HCInReceives ReasmReqds ReasmFails", {"", ""}, FOUR},
    {"first fragment too short",
     ev_tiny,
     "HCInReceives ReasmReqds ReasmFails HCOutRequests HCOutTransmits",
     {"", "out4"},
     SIX},
    {"not all fragments", ev_piece_late, "HCInReceives=2 ReasmReqds=2 ReasmFails", {"", ""}, 0},
    {"echo",
     ev_echo,
     "HCInReceives HCInDelivers HCOutRequests HCOutTransmits",
     {"in8 out0", "in128 out129"},
     0},
    {"bad ICMP", ev_echo_bad, "HCInReceives HCInDelivers", {"inE", "inE"}, 0},
    {"echo, no memory",
     ev_echo_no_memory,
     "HCInReceives HCInDelivers",
     {"in8 outE", "in128 outE"},
     0},
    {"unknown ICMP", ev_icmp_unknown, "HCInReceives HCInDelivers", {"in200", "in200"}, 0},
    {"neighbour solicitation",
     ev_solicit,
     "HCInReceives HCInDelivers HCOutRequests HCOutTransmits",
     {"", "in135 out136"},
     SIX},
    {"solicitation from afar", ev_solicit_far, "HCInReceives HCInDelivers", {"", "in135 E"}, SIX},
    {"forwarded",
     ev_forward,
     "HCInReceives HCInForwDatagrams HCOutForwDatagrams HCOutTransmits",
     {"", ""},
     ROUTER},
    {"hop limit",
     ev_forward_ttl,
     "HCInReceives InHdrErrors HCOutRequests HCOutTransmits",
     {"out11", "out3"},
     ROUTER},
    {"forwarded without a route",
     ev_forward_no_route,
     "HCInReceives HCInForwDatagrams InNoRoutes",
     {"", ""},
     ROUTER},
    {"too big",
     ev_forward_df,
     "HCInReceives HCInForwDatagrams HCOutForwDatagrams OutFragReqds OutFragFails HCOutRequests "
     "HCOutTransmits",
     {"out3", "out2"},
     ROUTER | SMALL},
    {"forwarded in fragments",
     ev_forward_cut,
     "HCInReceives HCInForwDatagrams HCOutForwDatagrams OutFragReqds OutFragOKs OutFragCreates=2 "
     "HCOutTransmits=2",
     {"", ""},
     ROUTER | SMALL | FOUR},
    {"may not be forwarded", ev_forward_martian, "HCInReceives InAddrErrors", {"", ""}, ROUTER},
    {"forwarded, no memory",
     ev_forward_no_memory,
     "HCInReceives HCInForwDatagrams HCOutForwDatagrams OutDiscards",
     {"", ""},
     ROUTER},
    {"sent", ev_send, "HCOutRequests HCOutTransmits", {"", ""}, 0},
    {"sent without a route", ev_send_no_route, "HCOutRequests OutNoRoutes", {"", ""}, 0},
    {"sent in fragments",
     ev_send_cut,
     "HCOutRequests OutFragReqds OutFragOKs OutFragCreates=2 HCOutTransmits=2",
     {"", ""},
     0},
    {"must not be cut", ev_send_df, "HCOutRequests OutFragReqds OutFragFails", {"", ""}, 0},
    {"sent to a group", ev_send_group, "HCOutRequests HCOutTransmits HCOutMcastPkts", {"", ""}, 0},
    {"sent to all",
     ev_send_broadcast,
     "HCOutRequests HCOutTransmits HCOutBcastPkts",
     {"", ""},
     FOUR},
    {"queue full", ev_send_full, "HCOutRequests OutDiscards", {"", ""}, 0},
    {"nobody is there", ev_send_no_neighbour, "HCOutRequests OutDiscards", {"", ""}, FOUR},
    {"nobody is there",
     ev_send_no_neighbour,
     "HCOutRequests=4 OutDiscards HCOutTransmits=3 HCOutMcastPkts=3",
     {"", "out135=3"},
     SIX},
};

struct counts {
    uint64_t n[2][IP_MIB_MAX];
    struct ip_icmp_mib icmp[2];
};

static void count(const struct net *n, struct counts *c) {
    for (int v = 0; v < 2; v++) {
        for (int i = 0; i < IP_MIB_MAX; i++) {
            c->n[v][i] = ip_stat(n->ip, v == 0, (enum ip_mib_id)i);
        }
        c->icmp[v] = *ip_stat_icmp(n->ip, v == 0);
    }
}

/* Finds "name" or "name=N" among words. */
static uint64_t wanted(const char *words, const char *name) {
    size_t len = strlen(name);

    for (const char *p = words; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
        size_t word = strcspn(p, " =");

        if (word == len && memcmp(p, name, len) == 0) {
            return p[word] == '=' ? strtoul(p + word + 1, NULL, 10) : 1;
        }
    }
    return 0;
}

static void check(const struct row *r, const char *what, uint64_t is, uint64_t want) {
    if (is != want) {
        fail_msg("%s: %s went up by %u instead of %u", r->name, what, (unsigned)is, (unsigned)want);
    }
}

static void check_icmp(const struct row *r, const struct ip_icmp_mib *a,
                       const struct ip_icmp_mib *b, const char *words) {
    uint64_t in = 0, out = 0;

    for (int type = 0; type < 256; type++) {
        char name[8];

        snprintf(name, sizeof(name), "in%d", type);
        check(r, name, b->in_type[type] - a->in_type[type], wanted(words, name));
        in += wanted(words, name);
        snprintf(name, sizeof(name), "out%d", type);
        check(r, name, b->out_type[type] - a->out_type[type], wanted(words, name));
        out += wanted(words, name);
    }
    check(r, "InErrors", b->in_errors - a->in_errors, wanted(words, "inE") + wanted(words, "E"));
    check(r, "InMsgs", b->in_msgs - a->in_msgs, in + wanted(words, "inE"));
    check(r, "OutErrors", b->out_errors - a->out_errors, wanted(words, "outE"));
    check(r, "OutMsgs", b->out_msgs - a->out_msgs, out + wanted(words, "outE"));
}

/* What left since, of one version: the octets of IP. */
static void drain(struct net *n, bool v6, uint64_t *ret_packets, uint64_t *ret_octets) {
    struct seen s;

    *ret_packets = *ret_octets = 0;
    for (int link = ETH0; link <= ETH1; link++) {
        while (net_take(n, link, &s)) {
            if (s.eth.type == (v6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4)) {
                (*ret_packets)++;
                *ret_octets += s.len - ETH_BYTES;
            } else {
                assert_int_equal(s.eth.type, ETH_TYPE_ARP);
            }
        }
    }
}

static void run(const struct row *r, bool v6) {
    static struct counts a, b;
    struct net n;
    struct event e = {.n = &n, .v6 = v6};
    uint64_t packets, octets;

    start(&n, r->flags);
    drain(&n, v6, &packets, &octets);
    count(&n, &a);
    r->event(&e);
    count(&n, &b);
    drain(&n, v6, &packets, &octets);
    for (int v = 0; v < 2; v++) {
        const char *up = v == v6 ? r->up : "";

        for (int i = 0; i < IP_MIB_MAX; i++) {
            const char *name = ip_mib_name((enum ip_mib_id)i);
            uint64_t is = b.n[v][i] - a.n[v][i];

            if (!strstr(name, "Octets")) {
                check(r, name, is, wanted(up, name));
            }
        }
        check_icmp(r, &a.icmp[v], &b.icmp[v], v == v6 ? r->icmp[v] : "");
    }
    check(r, "InOctets", b.n[v6][IP_MIB_IN_OCTETS] - a.n[v6][IP_MIB_IN_OCTETS], e.octets);
    check(r, "InMcastOctets", b.n[v6][IP_MIB_IN_MCAST_OCTETS] - a.n[v6][IP_MIB_IN_MCAST_OCTETS],
          r->flags & GROUP_IN ? e.octets : 0);
    check(r, "OutTransmits as seen", packets, wanted(r->up, "HCOutTransmits"));
    check(r, "OutOctets", b.n[v6][IP_MIB_OUT_OCTETS] - a.n[v6][IP_MIB_OUT_OCTETS], octets);
    check(r, "OutMcastOctets", b.n[v6][IP_MIB_OUT_MCAST_OCTETS] - a.n[v6][IP_MIB_OUT_MCAST_OCTETS],
          wanted(r->up, "HCOutMcastPkts") ? octets : 0);
    net_stop(&n);
}

static void test_each_counter(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (int v6 = 0; v6 < 2; v6++) {
            if (!(rows[i].flags & (v6 ? FOUR : SIX))) {
                run(&rows[i], v6);
            }
        }
    }
}

/* Each counter but those of octets stands in the table. */
static void test_table_is_whole(void **state) {
    (void)state;
    for (int id = 0; id < IP_MIB_MAX; id++) {
        const char *name = ip_mib_name((enum ip_mib_id)id);
        bool found = strstr(name, "Octets") != NULL;

        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            found |= wanted(rows[i].up, name) > 0;
        }
        if (!found) {
            fail_msg("nothing raises %s", name);
        }
    }
}

/* RFC 4293 3.2.3 (3): what is delivered counts where the address is. */
static void test_where(void **state) {
    struct net n;
    struct frame f;

    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct event e = {.n = &n, .v6 = v6};

        start(&n, 0);
        uint64_t received = ip_stat_link(n.ip, ETH0, !v6, IP_MIB_IN_RECEIVES);
        uint64_t delivered = ip_stat_link(n.ip, ETH0, !v6, IP_MIB_IN_DELIVERS);

        make_to(&e, &f, "192.168.5.1", "2001:db8:5::1");
        feed(&e, &f);
        assert_int_equal(ip_stat_link(n.ip, ETH0, !v6, IP_MIB_IN_RECEIVES), received + 1);
        assert_int_equal(ip_stat_link(n.ip, ETH1, !v6, IP_MIB_IN_RECEIVES), 0);
        assert_int_equal(ip_stat_link(n.ip, ETH0, !v6, IP_MIB_IN_DELIVERS), delivered);
        assert_int_equal(ip_stat_link(n.ip, ETH1, !v6, IP_MIB_IN_DELIVERS), 1);
        net_stop(&n);
    }
}

/* What waits for a driver is lost when the link goes down, and counted. */
static void test_link_down(void **state) {
    struct net n;
    struct event e = {.n = &n};

    (void)state;
    start(&n, 0);
    uint64_t before = n.env.drop[INL_DROP_LINK_DOWN];

    ev_send(&e);
    ev_send(&e);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, false), 0);
    assert_int_equal(n.env.drop[INL_DROP_LINK_DOWN], before + 2);
    assert_true(net_idle(&n));
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_counter),
        cmocka_unit_test(test_table_is_whole),
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_link_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
