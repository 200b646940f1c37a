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
    uint16_t from; /* link */
    struct ip_mib *mib;
};

/* A packet with the next piece of the data, and room for headers in front. */
static struct pkt *frag_piece(struct frag_job *job, size_t len) {
    size_t room = IP_HEADROOM_BYTES + IP4_OPTS_MAX_BYTES;
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

static int frag6_send_all(struct frag_job *job, struct ip6_hdr h, uint32_t mtu) {
    uint8_t next = h.next;
    uint32_t id = ip6_id_next(job->ip);
    uint32_t off = 0;
    int err = 0;

    h.next = IP_PROTO_FRAGMENT;
    while (rd_left(&job->data) > 0 && err == 0) {
        size_t len = frag_len(job, IP6_HDR_BYTES + FRAG_HDR_BYTES, mtu);
        struct pkt *pkt = frag_piece(job, len);
        struct wr w;

        if (!pkt) {
            env_drop(job->ip->env, INL_DROP_NO_MEMORY);
            return -ENOBUFS;
        }
        h.payload_len_bytes = (uint16_t)(FRAG_HDR_BYTES + len);
        w = wr_init(pkt_push(pkt, IP6_HDR_BYTES + FRAG_HDR_BYTES), IP6_HDR_BYTES + FRAG_HDR_BYTES);
        ip6_emit(&w, &h);
        wr_u8(&w, next);
        wr_u8(&w, 0);
        wr_be16(&w, (uint16_t)(off | (rd_left(&job->data) > 0)));
        wr_be32(&w, id);
        err = frag_send(job, pkt);
        off += (uint32_t)len;
    }
    return err;
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
    struct frag_job job = {ip, path, {0}, tx->owner, tx->cause, pkt->link, NULL};
    struct ip_tx cut = *tx;
    int err;

    cut.df_if_fits = false; /* it does not */
    job.mib = ip_mib(ip, path->link, inl_addr_is4(&tx->dst));
    complete_csum(pkt, tx->proto);
    job.data = rd_init(pkt_data(pkt), pkt->len);
    if (inl_addr_is4(&tx->dst)) {
        err = frag4_send_all(&job, ip4_header(ip, &cut, src, pkt->len), mtu);
    } else {
        err = frag6_send_all(&job, ip6_header(ip, &cut, src, job.data), mtu);
    }
    frag_count(&job);
    pkt_free(pkt);
    return err;
}

enum inl_drop ip4_frag_forward(struct ip *ip, const struct ip_rx *rx, const struct ip4_hdr *h,
                               const struct ip_path *path) {
    struct frag_job job = {ip, path, h->payload, 0, INL_CAUSE_FORWARDED, (uint16_t)rx->link, NULL};

    job.mib = ip_mib(ip, path->link, true);
    frag4_send_all(&job, *h, path->mtu_bytes);
    frag_count(&job);
    return INL_DROP_NONE;
}
