/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gso.c - cuts a super-frame into the frames of a wire (see inlet/offload.h)
 *
 * Every piece begins with a copy of all headers, in which only that changes which differs between
 * segments of one stream: the IP length, the identification of an IPv4 datagram that could be
 * fragmented (RFC 6864 4.1: of others it means nothing), the sequence number, the flags, and the
 * checksums. CWR answers one congestion signal, so it stays on the first (RFC 3168 6.1.2); PSH and
 * FIN speak of the end of the data. The payload is copied and summed in one pass.
 *
 * The headers are parsed again for every piece. That costs less than the copy of a piece, and the
 * position is the only state.
 *
 * Does not do: fragments, SYN, RST and urgent data (their meaning does not divide), UDP,
 * jumbograms.
 */
#include "base/csum.h"
#include "base/rd.h"
#include "base/wr.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include "wire/tcp.h"

#include <errno.h>
#include <inlet/offload.h>
#include <limits.h>

#define CUT_DONE SIZE_MAX

#define IP4_LEN_OFF 2
#define IP4_ID_OFF 4
#define IP4_CSUM_OFF 10
#define IP6_LEN_OFF 4
#define TCP_SEQ_OFF 4
#define TCP_FLAGS_OFF 12 /* the data offset stands in the same 16 bits */
#define UDP_CSUM_OFF 6

/* What was found out about a super-frame. Offsets are from its beginning. */
struct cut {
    struct inl_addr src;
    struct inl_addr dst;
    struct tcp_hdr tcp;
    size_t ip_off;
    size_t tcp_off;
    size_t hdr_len; /* up to the payload */
    uint16_t id;
    bool v4;
    bool atomic; /* IPv4 with DF */
};

static bool cut_parse_ip4(struct rd *r, struct cut *c, struct rd *ret_message) {
    struct ip4_hdr h;

    if (ip4_parse(r, &h) != INL_DROP_NONE || ip4_is_fragment(&h) || h.proto != IP_PROTO_TCP) {
        return false;
    }
    c->v4 = true;
    c->atomic = h.df;
    c->id = h.id;
    c->src = h.src;
    c->dst = h.dst;
    *ret_message = h.payload;
    return true;
}

static bool cut_parse_ip6(struct rd *r, struct cut *c, struct rd *ret_message) {
    struct ip6_hdr h;
    struct ip6_walk walk;

    if (ip6_parse(r, &h) != INL_DROP_NONE ||
        ip6_ext_walk(&h.payload, h.next, &walk) != INL_DROP_NONE || walk.fragment || walk.atomic ||
        walk.proto != IP_PROTO_TCP) {
        return false;
    }
    c->src = h.src;
    c->dst = h.dst;
    *ret_message = walk.payload;
    return true;
}

/* Is it a TCP segment that may be cut? */
static bool cut_parse(enum inl_link_kind kind, const uint8_t *frame, size_t len, struct cut *c) {
    struct rd r = rd_init(frame, len);
    struct rd peek;
    struct rd message = r;
    struct eth_hdr eth;
    uint16_t type = 0;
    bool v4;
    bool ok;

    if (kind == INL_LINK_ETHERNET) {
        if (eth_parse(&r, &eth) != INL_DROP_NONE) {
            return false;
        }
        type = eth.type;
    }
    c->ip_off = (size_t)(rd_ptr(&r) - frame);
    peek = r;
    v4 = rd_u8(&peek) >> 4 == 4;
    ok = v4 ? cut_parse_ip4(&r, c, &message) : cut_parse_ip6(&r, c, &message);
    if (!ok || (type != 0 && type != (v4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6))) {
        return false;
    }
    c->tcp_off = (size_t)(rd_ptr(&message) - frame);
    if (tcp_parse(&message, &c->tcp) != INL_DROP_NONE ||
        c->tcp.flags & (TCP_SYN | TCP_RST | TCP_URG)) {
        return false;
    }
    c->hdr_len = c->tcp_off + c->tcp.hdr_len_bytes;
    return true;
}

static void cut_ip_header(const struct cut *c, uint8_t *buf, size_t piece_len, size_t index) {
    size_t ip_len = c->hdr_len - c->ip_off + piece_len;
    struct wr w = wr_init(buf + c->ip_off, c->tcp_off - c->ip_off);
    uint8_t *header = wr_take(&w, c->tcp_off - c->ip_off); /* it is there: fields change */

    if (!c->v4) {
        wr_set_be16(&w, IP6_LEN_OFF, (uint16_t)(ip_len - IP6_HDR_BYTES));
        return;
    }
    wr_set_be16(&w, IP4_LEN_OFF, (uint16_t)ip_len);
    if (!c->atomic) {
        wr_set_be16(&w, IP4_ID_OFF, (uint16_t)(c->id + index));
    }
    wr_set_be16(&w, IP4_CSUM_OFF, 0);
    wr_set_be16(&w, IP4_CSUM_OFF, csum_fold(csum_add(0, header, wr_len(&w))));
}

static void cut_segment(const struct cut *c, uint8_t *buf, size_t off, size_t n, bool last) {
    size_t tcp_len = c->tcp.hdr_len_bytes + n;
    struct wr w = wr_init(buf + c->tcp_off, c->tcp.hdr_len_bytes);
    uint8_t *header = wr_take(&w, c->tcp.hdr_len_bytes);
    uint16_t flags = c->tcp.flags;
    uint32_t seq = seq_add(c->tcp.seq, (uint32_t)off).v;
    uint64_t acc = l4_pseudo_csum(&c->src, &c->dst, IP_PROTO_TCP, (uint32_t)tcp_len);

    flags &= (uint16_t) ~((off > 0 ? TCP_CWR : 0) | (last ? 0 : TCP_PSH | TCP_FIN));
    wr_set_be16(&w, TCP_SEQ_OFF, (uint16_t)(seq >> 16));
    wr_set_be16(&w, TCP_SEQ_OFF + 2, (uint16_t)seq);
    wr_set_be16(&w, TCP_FLAGS_OFF,
                (uint16_t)(c->tcp.hdr_len_bytes << 10 | c->tcp.rsrvd << 9 | flags));
    wr_set_be16(&w, TCP_CSUM_OFF, 0);
    acc = csum_add(acc, header, wr_len(&w));
    acc = csum_copy(buf + c->hdr_len, rd_ptr(&c->tcp.payload) + off, n, acc);
    wr_set_be16(&w, TCP_CSUM_OFF, csum_fold(acc));
}

/* @pos: bytes of payload that have been cut off. */
static int cut_next(enum inl_link_kind kind, const uint8_t *frame, size_t len, uint16_t size,
                    size_t *pos, uint8_t *buf, size_t cap) {
    struct cut c = {0};
    size_t left;
    size_t n;
    bool last;

    if (!cut_parse(kind, frame, len, &c) || *pos > rd_left(&c.tcp.payload)) {
        return -EINVAL;
    }
    left = rd_left(&c.tcp.payload) - *pos;
    last = left <= size;
    n = last ? left : size;
    if (c.hdr_len + n > cap) {
        return -EMSGSIZE;
    }
    csum_copy(buf, frame, c.hdr_len, 0);
    cut_ip_header(&c, buf, n, *pos / size);
    cut_segment(&c, buf, *pos, n, last);
    *pos = last ? CUT_DONE : *pos + n;
    return (int)(c.hdr_len + n);
}

/* One frame: copied, its checksum completed. */
static int cut_whole(const uint8_t *frame, size_t len, const struct inl_offload *o, uint8_t *buf,
                     size_t cap) {
    size_t start = o->csum_start_bytes;
    struct wr w;
    uint16_t sum;

    if (len > cap) {
        return -EMSGSIZE;
    }
    if (!(o->flags & INL_OFFLOAD_CSUM_PARTIAL)) {
        csum_copy(buf, frame, len, 0);
        return (int)len;
    }
    if (start + o->csum_off_bytes + 2 > len) {
        return -EINVAL;
    }
    csum_copy(buf, frame, start, 0);
    sum = csum_fold(csum_copy(buf + start, frame + start, len - start, 0));
    if (sum == 0 && o->csum_off_bytes == UDP_CSUM_OFF) {
        sum = UINT16_MAX; /* RFC 768: zero says that there is none */
    }
    w = wr_init(buf, len);
    wr_take(&w, len);
    wr_set_be16(&w, start + o->csum_off_bytes, sum);
    return (int)len;
}

int inl_gso_cut(enum inl_link_kind kind, const uint8_t *frame, size_t len_bytes,
                const struct inl_offload *offload, size_t *pos_bytes, uint8_t *buf,
                size_t cap_bytes) {
    int n;

    if (*pos_bytes == CUT_DONE) {
        return 0;
    }
    if (len_bytes == 0 || len_bytes > INT_MAX) {
        return -EINVAL;
    }
    if (offload->gso_size_bytes > 0) {
        return cut_next(kind, frame, len_bytes, offload->gso_size_bytes, pos_bytes, buf, cap_bytes);
    }
    n = cut_whole(frame, len_bytes, offload, buf, cap_bytes);
    if (n > 0) {
        *pos_bytes = CUT_DONE;
    }
    return n;
}
