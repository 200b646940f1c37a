/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packets.c - what the attacker writes, and his end of a connection (see lab.h)
 *
 * Packets are correct to begin with; a test that wants them wrong spoils them afterwards.
 */
#include "base/csum.h"
#include "lab.h"

#define BIG 65536

const uint32_t wraps[3] = {0, 0x80000000u, 0xffffffffu};

void put16(uint8_t *p, unsigned v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void put32(uint8_t *p, uint32_t v) {
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

void fix_ip4(uint8_t *packet) {
    size_t hdr = (size_t)(packet[0] & 15) * 4;

    put16(packet + 10, 0);
    put16(packet + 10, csum_fold(csum_add(0, packet, hdr)));
}

/* The checksum of TCP or ICMP behind a header of @hdr_len bytes */
void fix_l4(uint8_t *packet, size_t hdr_len, size_t len) {
    struct inl_addr src, dst;
    uint8_t proto = packet[0] >> 4 == 4 ? packet[9] : packet[6];
    size_t off = hdr_len + (proto == IP_PROTO_TCP ? 16 : 2);
    uint64_t acc = 0;

    if (packet[0] >> 4 == 4) {
        src = inl_addr_from4((uint32_t)packet[12] << 24 | (uint32_t)packet[13] << 16 |
                             (uint32_t)packet[14] << 8 | packet[15]);
        dst = inl_addr_from4((uint32_t)packet[16] << 24 | (uint32_t)packet[17] << 16 |
                             (uint32_t)packet[18] << 8 | packet[19]);
    } else {
        src = inl_addr_from6(packet + 8);
        dst = inl_addr_from6(packet + 24);
    }
    if (off + 2 > len) {
        return;
    }
    if (proto != IP_PROTO_ICMP4) {
        acc = l4_pseudo_csum(&src, &dst, proto, (uint32_t)(len - hdr_len));
    }
    put16(packet + off, 0);
    put16(packet + off, csum_fold(csum_add(acc, packet + hdr_len, len - hdr_len)));
}

size_t make_ip(uint8_t *out, const struct inl_addr *src, const struct inl_addr *dst, uint8_t proto,
               uint8_t ttl, const void *payload, size_t len) {
    struct wr w = wr_init(out, BIG);

    if (inl_addr_is4(dst)) {
        const struct ip4_hdr h = {
            .src = *src,
            .dst = *dst,
            .total_len_bytes = (uint16_t)(20 + len),
            .ttl = ttl,
            .proto = proto,
        };

        ip4_emit(&w, &h);
    } else {
        const struct ip6_hdr h = {
            .src = *src,
            .dst = *dst,
            .payload_len_bytes = (uint16_t)len,
            .next = proto,
            .hop_limit = ttl,
        };

        ip6_emit(&w, &h);
    }
    wr_put(&w, payload, len);
    assert_false(w.bad);
    return wr_len(&w);
}

size_t make_tcp(uint8_t *out, const struct seg *s) {
    static uint8_t body[BIG];
    const struct inl_addr src = ip(s->src ? s->src : EVIL4);
    const struct inl_addr dst = ip(s->dst ? s->dst : VICTIM4);
    size_t opts = (s->opts_len + 3) & ~(size_t)3;
    const struct tcp_hdr h = {
        .sport = s->sport ? s->sport : EVIL_PORT,
        .dport = s->dport ? s->dport : OPEN_PORT,
        .seq = seq_mk(s->seq),
        .ack = seq_mk(s->ack),
        .flags = s->flags,
        .win = s->win,
        .urg = s->urg,
        .hdr_len_bytes = (uint8_t)(20 + opts),
    };
    struct wr w = wr_init(body, sizeof(body));
    size_t len;

    tcp_emit(&w, &h);
    wr_put(&w, s->opts, s->opts_len);
    wr_zero(&w, opts - s->opts_len);
    wr_put(&w, s->data, s->len);
    assert_false(w.bad);
    len = make_ip(out, &src, &dst, IP_PROTO_TCP, 64, body, wr_len(&w));
    fix_l4(out, len - wr_len(&w), len);
    return len;
}

size_t make_udp(uint8_t *out, const struct inl_sockaddr *src, const struct inl_sockaddr *dst,
                const void *data, size_t len) {
    static uint8_t body[BIG];
    struct wr w = wr_init(body, sizeof(body));
    uint64_t acc = l4_pseudo_csum(&src->addr, &dst->addr, IP_PROTO_UDP, (uint32_t)len + 8);

    wr_be16(&w, src->port);
    wr_be16(&w, dst->port);
    wr_be16(&w, (uint16_t)(len + 8));
    wr_be16(&w, 0);
    wr_put(&w, data, len);
    assert_false(w.bad);
    put16(body + 6, csum_fold(csum_add(acc, body, len + 8)));
    return make_ip(out, &src->addr, &dst->addr, IP_PROTO_UDP, 64, body, len + 8);
}

size_t make_icmp(uint8_t *out, const struct inl_addr *src, const struct inl_addr *dst, uint8_t ttl,
                 uint8_t type, uint8_t code, uint32_t rest, const void *data, size_t len) {
    static uint8_t body[BIG];
    struct wr w = wr_init(body, sizeof(body));
    bool is4 = inl_addr_is4(dst);
    size_t n;

    wr_u8(&w, type);
    wr_u8(&w, code);
    wr_be16(&w, 0);
    wr_be32(&w, rest);
    wr_put(&w, data, len);
    assert_false(w.bad);
    n = make_ip(out, src, dst, is4 ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6, ttl, body, len + 8);
    fix_l4(out, is4 ? 20 : 40, n);
    return n;
}

void lab_seg(struct lab *lab, const struct seg *seg) {
    static uint8_t p[BIG];
    size_t n = make_tcp(p, seg);

    lab_packet(lab, p, n);
}

/* ---- a connection ---- */

void lab_seek_isn(struct lab *lab, const char *local, uint16_t lport, const char *remote,
                  uint16_t rport, uint32_t iss) {
    const struct inl_sockaddr l = at(local, lport), r = at(remote, rport);

    /* The clock of ISNs ticks every 4 us: wait until it stands right. */
    lab_pass(lab, 0);
    inl_advance(lab->victim, lab->now);
    lab_pass(lab, (inl_dur)(uint32_t)(iss - tcp_isn(lab->victim->tcp, &l, &r).v) * 4 * INL_US);
    inl_advance(lab->victim, lab->now);
    assert_int_equal(tcp_isn(lab->victim->tcp, &l, &r).v, iss);
}

static void peer_init(struct peer *p, struct lab *lab) {
    lab->next_port = lab->next_port < 10000 || lab->next_port > 60000 ? 10000 : lab->next_port;
    *p = (struct peer){
        .lab = lab,
        .src = EVIL4,
        .dst = VICTIM4,
        .port = lab->next_port++,
        .vport = OPEN_PORT,
        .snd_nxt = 1000,
        .win = 65535,
        .sock = -1,
    };
}

static struct seg peer_seg(const struct peer *p, uint16_t flags) {
    return (struct seg){
        .src = p->src,
        .dst = p->dst,
        .sport = p->port,
        .dport = p->vport,
        .seq = p->snd_nxt,
        .ack = p->rcv_nxt,
        .flags = flags,
        .win = p->win,
    };
}

static void peer_handshake(struct peer *p, const void *opts, size_t opts_len) {
    struct seg s = peer_seg(p, TCP_SYN);
    size_t before;

    lab_settle(p->lab);
    before = p->lab->n;

    s.ack = 0;
    s.opts = opts;
    s.opts_len = opts_len;
    lab_seg(p->lab, &s);
    assert_int_equal(p->lab->n, before + 1);
    assert_int_equal(lab_last(p->lab)->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST),
                     TCP_SYN | TCP_ACK);
    p->irs = lab_last(p->lab)->tcp.seq.v;
    p->rcv_nxt = p->irs + 1;
    p->snd_nxt++;
    s = peer_seg(p, TCP_ACK);
    lab_seg(p->lab, &s);
    p->sock = lab_accept(p->lab);
    assert_true(p->sock >= 0);
    assert_int_equal(peer_state(p), INL_TCP_ESTABLISHED);
    lab_mark(p->lab);
}

void peer_open(struct peer *p, struct lab *lab) {
    peer_init(p, lab);
    peer_handshake(p, NULL, 0);
}

void peer_open_opts(struct peer *p, struct lab *lab, const void *opts, size_t opts_len) {
    peer_init(p, lab);
    peer_handshake(p, opts, opts_len);
}

void peer_open_at(struct peer *p, struct lab *lab, uint32_t mine, uint32_t theirs) {
    peer_init(p, lab);
    p->snd_nxt = mine - 1;
    lab_seek_isn(lab, p->dst, p->vport, p->src, p->port, theirs - 1);
    peer_handshake(p, "\2\4\5\264", 4); /* MSS 1,460 */
    assert_int_equal(p->rcv_nxt, theirs);
}

void peer_raw(struct peer *p, uint16_t flags, int32_t dseq, int32_t dack, const void *data,
              size_t len) {
    struct seg s = peer_seg(p, flags);

    s.seq += (uint32_t)dseq;
    s.ack += (uint32_t)dack;
    s.data = data;
    s.len = len;
    lab_seg(p->lab, &s);
}

void peer_send(struct peer *p, const void *data, size_t len) {
    peer_raw(p, TCP_ACK | TCP_PSH, 0, 0, data, len);
    p->snd_nxt += (uint32_t)len;
}

struct tcp_conn *peer_conn(const struct peer *p) {
    const struct inl_addr local = ip(p->dst), remote = ip(p->src);
    const struct tcp *tcp = p->lab->victim->tcp;
    uint64_t h = tcp_tuple_hash(tcp, &local, p->vport, &remote, p->port);

    return tcp_find_conn(tcp, h, &local, p->vport, &remote, p->port);
}

struct tcp_syn *peer_syn(const struct peer *p) {
    const struct inl_addr local = ip(p->dst), remote = ip(p->src);
    const struct tcp *tcp = p->lab->victim->tcp;
    uint64_t h = tcp_tuple_hash(tcp, &local, p->vport, &remote, p->port);

    return tcp_find_syn(tcp, h, &local, p->vport, &remote, p->port);
}

enum inl_tcp_state peer_state(const struct peer *p) {
    const struct inl_addr local = ip(p->dst), remote = ip(p->src);
    const struct tcp *tcp = p->lab->victim->tcp;
    uint64_t h = tcp_tuple_hash(tcp, &local, p->vport, &remote, p->port);
    const struct tcp_conn *c = peer_conn(p);

    if (c) {
        return tcp_state(c);
    }
    if (peer_syn(p)) {
        return INL_TCP_SYN_RECEIVED;
    }
    return tcp_find_tw(tcp, h, &local, p->vport, &remote, p->port) ? INL_TCP_TIME_WAIT
                                                                   : INL_TCP_CLOSED;
}

void peer_ack_all(struct peer *p) {
    const struct tcp_conn *c = peer_conn(p);

    assert_non_null(c);
    p->rcv_nxt = c->snd.nxt.v;
    peer_raw(p, TCP_ACK, 0, 0, NULL, 0);
}
