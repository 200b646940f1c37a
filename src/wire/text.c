/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.c - one line of text for a whole frame
 *
 * Goes down the layers as input does, but tolerant: what the strict parser refuses as cut is
 * tried again as a quoted packet, so that the beginning of a cut capture is shown and marked.
 * A checksum is judged only if every byte that it covers is there, and never in a fragment.
 *
 * Call order: frame -> Ethernet -> ARP or IP -> transport. No layer calls upwards.
 */
#include "wire/text.h"

#include "base/csum.h"
#include "wire/arp.h"
#include "wire/dhcp4.h"
#include "wire/dhcp6.h"
#include "wire/dns.h"
#include "wire/eth.h"
#include "wire/group.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/nd.h"
#include "wire/pseudo.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <stdbool.h>

/* What the IP layer knows about a transport message. */
struct message {
    struct inl_addr src;
    struct inl_addr dst;
    struct rd bytes;
    uint8_t proto;
    bool whole; /* all bytes are there */
};

static void drop_text(struct text *t, enum inl_drop drop) {
    text_str(t, " [");
    text_str(t, inl_drop_name(drop));
    text_chr(t, ']');
}

/* @sum: over everything that the checksum covers, including @field. Taking the field out of
 * the sum again gives what it should have been. */
static void bad_csum_text(struct text *t, uint16_t field, uint64_t sum) {
    uint16_t expected = csum_fold(csum_add16(sum, (uint16_t)~field));

    text_str(t, " [bad cksum ");
    text_hex(t, field, 4);
    text_str(t, ", expected ");
    text_hex(t, expected, 4);
    text_chr(t, ']');
}

static void message_csum_text(struct text *t, const struct message *m, uint16_t field) {
    size_t len = rd_left(&m->bytes);
    uint64_t acc = 0;

    if (!m->whole || (m->proto == IP_PROTO_UDP && field == 0 && inl_addr_is4(&m->src))) {
        return;
    }
    if (m->proto != IP_PROTO_ICMP4) {
        acc = l4_pseudo_csum(&m->src, &m->dst, m->proto, (uint32_t)len);
    }
    acc = csum_add(acc, rd_ptr(&m->bytes), len);
    if (!csum_ok(acc)) {
        bad_csum_text(t, field, acc);
    }
}

static void truncated_text(struct text *t, const struct message *m) {
    if (!m->whole) {
        text_str(t, " [truncated]");
    }
}

/* ---- transports ---- */

static void ends_text(struct text *t, const struct message *m, uint16_t sport, uint16_t dport) {
    text_addr(t, &m->src);
    text_chr(t, '.');
    text_u64(t, sport);
    text_str(t, " > ");
    text_addr(t, &m->dst);
    text_chr(t, '.');
    text_u64(t, dport);
    text_str(t, ": ");
}

static void addrs_text(struct text *t, const struct message *m) {
    text_addr(t, &m->src);
    text_str(t, " > ");
    text_addr(t, &m->dst);
    text_str(t, ": ");
}

static void refused_text(struct text *t, const struct message *m, enum inl_drop drop) {
    addrs_text(t, m);
    ip_proto_text(t, m->proto);
    drop_text(t, drop);
}

static void tcp_message_text(struct text *t, const struct message *m) {
    struct rd r = m->bytes;
    struct tcp_hdr h;
    enum inl_drop drop = tcp_parse(&r, &h);

    if (drop != INL_DROP_NONE) {
        refused_text(t, m, drop);
        return;
    }
    ends_text(t, m, h.sport, h.dport);
    tcp_text(t, &h);
    message_csum_text(t, m, h.csum);
    truncated_text(t, m);
}

/* A datagram whose end is missing: the header alone, without the length check. */
static void udp_cut_text(struct text *t, const struct message *m) {
    struct rd r = m->bytes;
    struct udp_hdr h = {0};

    h.sport = rd_be16(&r);
    h.dport = rd_be16(&r);
    h.len_bytes = rd_be16(&r);
    if (r.bad || h.len_bytes < UDP_HDR_BYTES) {
        refused_text(t, m, r.bad ? INL_DROP_TRUNCATED : INL_DROP_BAD_LENGTH);
        return;
    }
    ends_text(t, m, h.sport, h.dport);
    udp_text(t, &h);
    truncated_text(t, m);
}

/* What is in the datagram, as far as its port tells. */
static void udp_payload_text(struct text *t, const struct udp_hdr *h) {
    struct rd r = h->payload;
    struct dhcp4_msg dhcp4;
    struct dhcp6_msg dhcp6;

    if ((h->dport == DHCP4_SERVER_PORT || h->dport == DHCP4_CLIENT_PORT) &&
        dhcp4_parse(&r, &dhcp4) == INL_DROP_NONE) {
        text_str(t, ", ");
        dhcp4_text(t, &dhcp4);
    }
    r = h->payload;
    if ((h->dport == DHCP6_SERVER_PORT || h->dport == DHCP6_CLIENT_PORT) &&
        dhcp6_parse(&r, 0, &dhcp6) == INL_DROP_NONE) {
        text_str(t, ", ");
        dhcp6_text(t, &dhcp6);
    }
    if (h->sport == DNS_PORT || h->dport == DNS_PORT) {
        text_str(t, ", ");
        dns_text(t, h->payload);
    }
}

static void udp_message_text(struct text *t, const struct message *m) {
    struct rd r = m->bytes;
    struct message cut = *m;
    struct udp_hdr h;
    enum inl_drop drop = udp_parse(&r, &h);

    if (drop != INL_DROP_NONE && !m->whole) {
        udp_cut_text(t, m);
        return;
    }
    if (drop != INL_DROP_NONE) {
        refused_text(t, m, drop);
        return;
    }
    ends_text(t, m, h.sport, h.dport);
    udp_text(t, &h);
    udp_payload_text(t, &h);
    r = m->bytes;
    cut.bytes = rd_sub(&r, h.len_bytes);
    message_csum_text(t, &cut, h.csum);
    truncated_text(t, m);
}

static void icmp4_message_text(struct text *t, const struct message *m) {
    struct rd r = m->bytes;
    struct icmp4_msg icmp;
    enum inl_drop drop = icmp4_parse(&r, &icmp);

    if (drop != INL_DROP_NONE) {
        refused_text(t, m, drop);
        return;
    }
    addrs_text(t, m);
    icmp4_text(t, &icmp);
    text_str(t, ", length ");
    text_u64(t, rd_left(&m->bytes));
    message_csum_text(t, m, icmp.csum);
    truncated_text(t, m);
}

static void igmp_message_text(struct text *t, const struct message *m) {
    struct group_msg group;
    enum inl_drop drop = igmp_parse(m->bytes, &group);

    if (drop != INL_DROP_NONE) {
        refused_text(t, m, drop);
        return;
    }
    addrs_text(t, m);
    group_text(t, &group, false);
    if (m->whole && !igmp_csum_ok(m->bytes)) {
        text_str(t, ", bad checksum");
    }
    truncated_text(t, m);
}

static void icmp6_message_text(struct text *t, const struct message *m) {
    struct rd r = m->bytes;
    struct icmp6_msg icmp;
    struct group_msg group;
    struct nd_msg nd;
    enum inl_drop drop = icmp6_parse(&r, &icmp);

    if (drop != INL_DROP_NONE) {
        refused_text(t, m, drop);
        return;
    }
    addrs_text(t, m);
    drop = nd_parse(&icmp, &nd);
    if (drop == INL_DROP_NONE) {
        text_str(t, "ICMP6, ");
        nd_text(t, &nd);
    } else if (mld_parse(&icmp, &group) == INL_DROP_NONE) {
        text_str(t, "ICMP6, ");
        group_text(t, &group, true);
    } else {
        icmp6_text(t, &icmp);
    }
    text_str(t, ", length ");
    text_u64(t, rd_left(&m->bytes));
    if (drop != INL_DROP_NONE && drop != INL_DROP_UNKNOWN_ICMP) {
        drop_text(t, drop);
    }
    message_csum_text(t, m, icmp.csum);
    truncated_text(t, m);
}

static void message_text(struct text *t, const struct message *m) {
    switch (m->proto) {
    case IP_PROTO_TCP:
        tcp_message_text(t, m);
        return;
    case IP_PROTO_UDP:
        udp_message_text(t, m);
        return;
    case IP_PROTO_ICMP4:
        icmp4_message_text(t, m);
        return;
    case IP_PROTO_ICMP6:
        icmp6_message_text(t, m);
        return;
    case IP_PROTO_IGMP:
        igmp_message_text(t, m);
        return;
    default:
        addrs_text(t, m);
        ip_proto_text(t, m->proto);
        text_str(t, ", length ");
        text_u64(t, rd_left(&m->bytes));
        truncated_text(t, m);
        return;
    }
}

/* ---- IP ---- */

static void fragment_tail_text(struct text *t, uint8_t proto, size_t len, bool whole) {
    text_str(t, ": ");
    ip_proto_text(t, proto);
    text_str(t, ", length ");
    text_u64(t, len);
    text_str(t, whole ? "" : " [truncated]");
}

static void ip4_options_text(struct text *t, const struct ip4_hdr *h) {
    enum inl_drop drop = ip4_opts_check(h->opts, NULL);

    if (drop != INL_DROP_NONE) {
        drop_text(t, drop);
    }
}

static void ip4_packet_text(struct text *t, struct rd r) {
    const uint8_t *start = rd_ptr(&r);
    struct rd again = r;
    struct ip4_hdr h;
    struct message m = {.whole = true};
    enum inl_drop drop = ip4_parse(&r, &h);

    if (drop == INL_DROP_TRUNCATED) {
        m.whole = false;
        drop = ip4_parse_quoted(&again, &h);
    }
    if (drop != INL_DROP_NONE) {
        text_str(t, "IP");
        drop_text(t, drop);
        return;
    }
    if (ip4_is_fragment(&h)) {
        ip4_text(t, &h);
        fragment_tail_text(t, h.proto, rd_left(&h.payload), m.whole);
    } else {
        m.src = h.src;
        m.dst = h.dst;
        m.proto = h.proto;
        m.bytes = h.payload;
        message_text(t, &m);
    }
    if (!ip4_csum_ok(start, h.hdr_len_bytes)) {
        text_str(t, " [ip]");
        bad_csum_text(t, h.csum, csum_add(0, start, h.hdr_len_bytes));
    }
    ip4_options_text(t, &h);
}

static void ip6_fragment_text(struct text *t, const struct ip6_hdr *h, const struct ip6_walk *walk,
                              bool whole) {
    ip6_text(t, h);
    text_str(t, " frag (id ");
    text_u64(t, walk->frag_id);
    text_str(t, ", offset ");
    text_u64(t, walk->frag_off_bytes);
    text_str(t, walk->frag_more ? ", more)" : ", last)");
    fragment_tail_text(t, walk->proto, rd_left(&walk->payload), whole);
}

static void ip6_packet_text(struct text *t, struct rd r) {
    struct rd again = r;
    struct ip6_hdr h;
    struct ip6_walk walk;
    struct message m = {.whole = true};
    enum inl_drop drop = ip6_parse(&r, &h);

    if (drop == INL_DROP_TRUNCATED) {
        m.whole = false;
        drop = ip6_parse_quoted(&again, &h);
    }
    if (drop != INL_DROP_NONE) {
        text_str(t, "IP6");
        drop_text(t, drop);
        return;
    }
    drop = ip6_ext_walk(&h.payload, h.next, &walk);
    if (drop != INL_DROP_NONE) {
        ip6_text(t, &h);
        text_str(t, ": IP6");
        drop_text(t, drop);
        return;
    }
    if (walk.fragment) {
        ip6_fragment_text(t, &h, &walk, m.whole);
        return;
    }
    m.src = h.src;
    m.dst = h.dst;
    m.proto = walk.proto;
    m.bytes = walk.payload;
    message_text(t, &m);
}

static void ip_packet_text(struct text *t, struct rd r) {
    struct rd peek = r;

    if (rd_u8(&peek) >> 4 == 6) {
        ip6_packet_text(t, r);
    } else {
        ip4_packet_text(t, r);
    }
}

/* ---- link ---- */

static void arp_frame_text(struct text *t, struct rd r) {
    struct arp_msg m;
    size_t len = rd_left(&r);
    enum inl_drop drop = arp_parse(&r, &m);

    text_str(t, "ARP");
    if (drop != INL_DROP_NONE) {
        drop_text(t, drop);
        return;
    }
    text_str(t, ", ");
    arp_text(t, &m);
    text_str(t, ", length ");
    text_u64(t, len);
}

static void eth_frame_text(struct text *t, struct rd r) {
    struct eth_hdr h;
    enum inl_drop drop = eth_parse(&r, &h);

    if (drop != INL_DROP_NONE) {
        text_str(t, "Ethernet");
        drop_text(t, drop);
        return;
    }
    switch (h.type) {
    case ETH_TYPE_ARP:
        arp_frame_text(t, r);
        return;
    case ETH_TYPE_IP4:
        ip4_packet_text(t, r);
        return;
    case ETH_TYPE_IP6:
        ip6_packet_text(t, r);
        return;
    default:
        eth_text(t, &h);
        text_str(t, ", length ");
        text_u64(t, rd_left(&r));
        return;
    }
}

void wire_frame_text(struct text *t, enum inl_link_kind kind, const uint8_t *data, size_t len) {
    struct rd r = rd_init(data, len);

    if (kind == INL_LINK_ETHERNET) {
        eth_frame_text(t, r);
    } else {
        ip_packet_text(t, r);
    }
}
