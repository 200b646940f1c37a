/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag.c - a packet is cut into fragments (RFC 791 3.2, RFC 8200 4.5, RFC 6864, RFC 6946)
 *
 * What we send ourselves, in both IP versions; what we forward, in IPv4 only, if DF allows it. All
 * fragments but the last have the same length, a multiple of 8. In IPv4 the first fragment has all
 * options, the others those whose type says so. A fragment that is forwarded may be cut again.
 *
 * A packet that fits is never given a fragment header: there are no atomic fragments of ours.
 *
 * A partial checksum is completed before, as no device could do that any more.
 */
#include "ip/frag.h"
#include "base/csum.h"
#include "ip/io.h"
#include "ip/ipid.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/ip6chain.h"
#include "wire/ipproto.h"

#include <errno.h>

#define FRAG_HDR_BYTES 8u
#define OPT_COPIED 0x80u

/* What is cut, and where it goes. */
struct frag_job {
    struct ip *ip;
    const struct ip_path *path;
    struct rd data;
    uint64_t owner;
    enum inl_cause cause;
    uint16_t from;     /* link */
    uint16_t opts_len; /* at most, of each fragment */
    struct ip_mib *mib;
};

/* A packet with the next piece of the data, and room for headers in front. */
static struct pkt *frag_piece(struct frag_job *job, size_t len) {
    size_t room = IP_HEADROOM_BYTES + FRAG_HDR_BYTES + job->opts_len;
    struct pkt *pkt = pkt_new(&job->ip->env->mem, room, room + len);

    if (pkt) {
        rd_copy(&job->data, pkt_put(pkt, len), len);
        pkt->cause = job->cause;
        pkt->owner = job->owner;
        pkt->link = job->from;
    }
    return pkt;
}

static int frag_send(const struct frag_job *job, struct pkt *pkt) {
    int err;

    job->mib->n[IP_MIB_OUT_FRAG_CREATES]++;
    err = ip_link_output(job->ip, pkt, job->path->link, &job->path->next_hop, job->path->group);

    return err < 0 ? err : IP_OUT_QUEUED;
}

/* How much data the next fragment has, behind headers of that length. */
static size_t frag_len(const struct frag_job *job, size_t hdr_len, uint32_t mtu) {
    size_t left = rd_left(&job->data);

    return hdr_len + left <= mtu ? left : (mtu - hdr_len) & ~(size_t)7;
}

/* ---- IPv4 ---- */

/* Those options that belong into every fragment. */
static struct rd copied_options(struct rd opts, uint8_t buf[IP4_OPTS_MAX_BYTES]) {
    struct wr w = wr_init(buf, IP4_OPTS_MAX_BYTES);
    const uint8_t *at = rd_ptr(&opts);
    struct ip4_opt o;

    while (ip4_opts_next(&opts, &o) > 0) {
        if (o.type & OPT_COPIED) {
            wr_put(&w, at, (size_t)(rd_ptr(&opts) - at));
        }
        at = rd_ptr(&opts);
    }
    return rd_init(buf, wr_len(&w));
}

/* h: of the first fragment; its flag and offset say what comes before and behind the data. */
static int frag4_send_all(struct frag_job *job, struct ip4_hdr h, uint32_t mtu) {
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    const struct rd copied = copied_options(h.opts, opts);
    bool more = h.mf;
    int err = 0;

    while (rd_left(&job->data) > 0 && err == 0) {
        size_t hdr_len = ip4_hdr_len(&h);
        size_t len = frag_len(job, hdr_len, mtu);
        struct pkt *pkt = frag_piece(job, len);
        struct wr w;

        if (!pkt) {
            env_drop(job->ip->env, INL_DROP_NO_MEMORY);
            return -ENOBUFS;
        }
        h.mf = more || rd_left(&job->data) > 0;
        h.total_len_bytes = (uint16_t)(hdr_len + len);
        w = wr_init(pkt_push(pkt, hdr_len), hdr_len);
        ip4_emit(&w, &h);
        err = frag_send(job, pkt);
        h.frag_off_bytes = (uint16_t)(h.frag_off_bytes + len);
        h.opts = copied;
    }
    return err;
}

/* ---- IPv6 ---- */

/* The headers in front of a fragment: those that all have, and the one that says which it is. */
static void frag6_push(struct pkt *pkt, struct ip6_hdr *h, struct rd each, const uint8_t frag[8]) {
    size_t hdr_len = IP6_HDR_BYTES + rd_left(&each) + FRAG_HDR_BYTES;
    struct wr w;

    h->payload_len_bytes = (uint16_t)(hdr_len - IP6_HDR_BYTES + pkt->len);
    w = wr_init(pkt_push(pkt, hdr_len), hdr_len);
    ip6_emit(&w, h);
    ip6_chain_emit(&w, each, IP_PROTO_FRAGMENT);
    wr_put(&w, frag, FRAG_HDR_BYTES);
}

/* @each: extension headers of every fragment; @next: what the data begin with. */
static int frag6_send_all(struct frag_job *job, struct ip6_hdr h, struct rd each, uint8_t next,
                          uint32_t mtu) {
    size_t hdr_len = IP6_HDR_BYTES + rd_left(&each) + FRAG_HDR_BYTES;
    uint8_t frag[FRAG_HDR_BYTES] = {next};
    uint32_t off = 0;
    int err = 0;

    wr_store32(frag + 4, ip6_id_next(job->ip));
    h.next = ip6_chain_first(each, IP_PROTO_FRAGMENT);
    while (rd_left(&job->data) > 0 && err == 0) {
        size_t len = frag_len(job, hdr_len, mtu);
        struct pkt *pkt = frag_piece(job, len);

        if (!pkt) {
            env_drop(job->ip->env, INL_DROP_NO_MEMORY);
            return -ENOBUFS;
        }
        wr_store16(frag + 2, (uint16_t)(off | (rd_left(&job->data) > 0)));
        frag6_push(pkt, &h, each, frag);
        err = frag_send(job, pkt);
        off += (uint32_t)len;
    }
    return err;
}

/* RFC 8200 4.5: the headers up to a routing header, or to hop-by-hop options, stand in every
 * fragment; those behind are cut with the rest. */
static int frag6_cut(struct frag_job *job, struct pkt **pkt, const struct ip_tx *tx,
                     const struct inl_addr *src, uint32_t mtu) {
    size_t fixed = ip6_chain_fixed(tx->opts);
    struct rd rest = tx->opts;
    struct rd each = rd_sub(&rest, fixed);
    const struct ip6_hdr h = ip6_header(job->ip, tx, src, job->data);
    struct wr w;

    if (rd_left(&rest) > 0) {
        struct pkt *roomy = ip_pkt_room(job->ip, *pkt, rd_left(&rest));

        if (!roomy) {
            env_drop(job->ip->env, INL_DROP_NO_MEMORY);
            return -ENOBUFS;
        }
        *pkt = roomy;
        w = wr_init(pkt_push(*pkt, rd_left(&rest)), rd_left(&rest));
        ip6_chain_emit(&w, rest, tx->proto);
        job->data = rd_init(pkt_data(*pkt), (*pkt)->len);
    }
    return frag6_send_all(job, h, each, ip6_chain_first(rest, tx->proto), mtu);
}

/* ---- who wants something cut ---- */

/* RFC 4293 3.2.3 (7): all of it became fragments, or it failed. */
static void frag_count(const struct frag_job *job) {
    bool all = rd_left(&job->data) == 0;

    job->mib->n[all ? IP_MIB_OUT_FRAG_OKS : IP_MIB_OUT_FRAG_FAILS]++;
}

static void complete_csum(struct pkt *pkt, uint8_t proto) {
    const struct pkt_l4 *l4 = &pkt->l4;
    uint8_t *p = pkt_data(pkt);
    struct wr w = wr_init(p, pkt->len);
    uint16_t sum;

    if (!(pkt->flags & PKT_CSUM_PARTIAL)) {
        return;
    }
    wr_take(&w, pkt->len);
    sum = csum_fold(csum_add(0, p + (pkt->len - l4->len_bytes), l4->len_bytes));
    if (proto == IP_PROTO_UDP && sum == 0) {
        sum = 0xffff; /* RFC 768: 0 means none */
    }
    wr_set_be16(&w, pkt->len - l4->len_bytes + l4->csum_off_bytes, sum);
    pkt->flags &= ~PKT_CSUM_PARTIAL;
}

int ip_frag_out(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx, const struct ip_path *path,
                uint32_t mtu) {
    const struct inl_addr *src = inl_addr_is_any(&tx->src) ? &path->src : &tx->src;
    struct frag_job job = {
        ip, path, {0}, tx->owner, tx->cause, pkt->link, (uint16_t)(rd_left(&tx->opts) + 3), NULL};
    struct ip_tx cut = *tx;
    int err;

    cut.df_if_fits = false; /* it does not */
    job.mib = ip_mib(ip, path->link, inl_addr_is4(&tx->dst));
    complete_csum(pkt, tx->proto);
    job.data = rd_init(pkt_data(pkt), pkt->len);
    if (inl_addr_is4(&tx->dst)) {
        err = frag4_send_all(&job, ip4_header(ip, &cut, src, pkt->len), mtu);
    } else {
        err = frag6_cut(&job, &pkt, &cut, src, mtu);
    }
    frag_count(&job);
    pkt_free(pkt);
    return err;
}

enum inl_drop ip4_frag_forward(struct ip *ip, const struct ip_rx *rx, const struct ip4_hdr *h,
                               const struct ip_path *path) {
    struct frag_job job = {
        ip, path, h->payload, 0, INL_CAUSE_FORWARDED, (uint16_t)rx->link, IP4_OPTS_MAX_BYTES, NULL};

    job.mib = ip_mib(ip, path->link, true);
    frag4_send_all(&job, *h, path->mtu_bytes);
    frag_count(&job);
    return INL_DROP_NONE;
}
