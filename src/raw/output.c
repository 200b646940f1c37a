/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.c - raw packets and echo requests leave
 *
 * A ping socket's message is the whole echo request; identifier and checksum are ours. A raw
 * socket's is what follows the IP header, and of IPv4 with INL_OPT_HDRINCL that header, too: its
 * length and checksum are ours, source and identification if they are zero.
 *
 * Sections: RFC 792, RFC 4443 4.1; RFC 3542 3.1: an IPv6 checksum is made where the socket says,
 * for ICMPv6 always.
 *
 * Does not do: cut what has its own header and exceeds the MTU (-EMSGSIZE).
 */
#include "base/csum.h"
#include "ip/sent.h"
#include "raw/internal.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <errno.h>
#include <string.h>

#define RAW_HEADROOM_BYTES 64
#define RAW_MAX_BYTES 65535

int raw_path(struct raw *raw, struct raw_pcb *pcb, const struct inl_sockaddr *to,
             const struct inl_msg *extra) {
    const struct inl_addr any = inl_addr_is4(&to->addr) ? inl_addr_any4() : inl_addr_any6();
    const struct inl_addr *src = &pcb->local.addr;
    uint32_t scope = to->scope;

    if (extra) {
        src = inl_addr_is_any(&extra->local.addr) ? src : &extra->local.addr;
        scope = scope ? scope : (uint32_t)extra->link;
    }
    if (scope == 0 && inl_addr_is_multicast(&to->addr)) {
        scope = pcb->opts.msg.group_link;
    }
    if (inl_addr_is_multicast(src)) {
        src = &any;
    }
    return ip_path_find(raw->ip, &to->addr, src, scope, &pcb->path);
}

static int send_check(struct raw *raw, struct raw_pcb *pcb, const struct inl_sockaddr *to,
                      const void *buf, size_t len_bytes, const struct inl_msg *extra,
                      size_t ip_hdr) {
    int err = raw_path(raw, pcb, to, extra);
    uint32_t mtu;

    if (err) {
        return err;
    }
    if (pcb->path.group && !inl_addr_is_multicast(&to->addr) && !pcb->opts.msg.broadcast) {
        return -EACCES;
    }
    mtu = pcb->opts.msg.pmtud == INL_PMTUD_PROBE ? pcb->path.mtu_bytes
                                                 : ip_path_mtu(raw->ip, &pcb->path, &to->addr);
    if (len_bytes > RAW_MAX_BYTES - ip_hdr ||
        (pcb->opts.msg.pmtud >= INL_PMTUD_DO && len_bytes + ip_hdr > mtu)) {
        const struct inl_msg_error e = {
            .offender = inl_addr_is4(&to->addr) ? inl_addr_any4() : inl_addr_any6(),
            .err = EMSGSIZE,
            .info = mtu,
            .origin = INL_ERR_LOCAL,
        };
        const struct rd bytes = rd_init(buf, len_bytes);

        if (pcb->opts.msg.recverr) {
            msgq_push_error(&pcb->q, &raw->env->mem, &e, to, &bytes);
            evq_post(&raw->env->evq, &pcb->evnode, INL_EV_ERROR);
        }
        return -EMSGSIZE;
    }
    return 0;
}

static void put16(uint8_t *b, uint16_t v) {
    b[0] = (uint8_t)(v >> 8);
    b[1] = (uint8_t)v;
}

/* An echo request: type and code as given, the rest of the header ours. */
static int make_ping(const struct raw_pcb *pcb, uint8_t *b, size_t len,
                     const struct inl_addr *dst) {
    bool is4 = pcb->family == INL_AF_INET;

    if (len < ICMP4_HDR_BYTES || b[0] != (is4 ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST) || b[1]) {
        return -EINVAL;
    }
    put16(b + 2, 0);
    put16(b + 4, pcb->local.port);
    put16(b + 2, csum_fold(csum_add(
                     is4 ? 0 : l4_pseudo_csum(&pcb->path.src, dst, IP_PROTO_ICMP6, (uint32_t)len),
                     b, len)));
    return 0;
}

/* The checksum that the socket has asked for (RFC 3542 3.1). */
static int make_csum(const struct raw_pcb *pcb, uint8_t *b, size_t len,
                     const struct inl_addr *dst) {
    size_t at = (size_t)pcb->opts.csum_off;
    if (pcb->opts.csum_off < 0) {
        return 0;
    }
    if (len < 2 || at > len - 2) {
        return -EINVAL;
    }
    put16(b + at, 0);
    uint16_t sum =
        csum_fold(csum_add(l4_pseudo_csum(&pcb->path.src, dst, pcb->proto, (uint32_t)len), b, len));

    put16(b + at, sum || pcb->proto != IP_PROTO_UDP ? sum : 0xffff);
    return 0;
}

/* An IPv4 header that the program has made: what is ours in it. */
static int make_header(const struct raw_pcb *pcb, struct raw *raw, uint8_t *b, size_t len) {
    size_t hdr = len < IP4_HDR_BYTES ? 0 : (size_t)(b[0] & 0xf) * 4;
    if (hdr < IP4_HDR_BYTES || hdr > len || b[0] >> 4 != 4) {
        return -EINVAL;
    }
    put16(b + 2, (uint16_t)len);
    if (b[4] == 0 && b[5] == 0) {
        put16(b + 4, (uint16_t)rng_u32(&raw->env->rng));
    }
    if ((b[12] | b[13] | b[14] | b[15]) == 0) {
        memcpy(b + 12, pcb->path.src.b + 12, 4);
    }
    put16(b + 10, 0);
    put16(b + 10, csum_fold(csum_add(0, b, hdr)));
    return 0;
}

static int make(struct raw *raw, const struct raw_pcb *pcb, uint8_t *b, size_t len,
                const struct inl_addr *dst) {
    if (pcb->opts.hdrincl) {
        return make_header(pcb, raw, b, len);
    }
    return pcb->ping ? make_ping(pcb, b, len, dst) : make_csum(pcb, b, len, dst);
}

static void header(const struct raw_pcb *pcb, const struct inl_msg *extra, struct ip_tx *tx) {
    tx->ttl = pcb->opts.msg.ttl;
    if (inl_addr_is_multicast(&tx->dst)) {
        msg_opts_group(&pcb->opts.msg, tx);
    }
    tx->tos = pcb->opts.msg.tos;
    if (extra && extra->ttl > 0) {
        tx->ttl = (uint8_t)extra->ttl;
        tx->host_only = false;
    }
    if (extra && extra->tos >= 0) {
        tx->tos = (uint8_t)extra->tos;
    }
    tx->dont_fragment = pcb->opts.msg.pmtud >= INL_PMTUD_DO;
    tx->df_if_fits = pcb->opts.msg.pmtud == INL_PMTUD_WANT;
    tx->any_mtu = pcb->opts.msg.pmtud == INL_PMTUD_PROBE;
}

/* Whoever sends a message of ICMP, it is one of this host (RFC 4293 icmpStatsOutMsgs). */
static void count_icmp(struct raw *raw, const struct raw_pcb *pcb, const uint8_t *b, size_t len) {
    size_t at = pcb->opts.hdrincl ? (size_t)(b[0] & 0xf) * 4 : 0;

    if (pcb->proto == IP_PROTO_ICMP4 || pcb->proto == IP_PROTO_ICMP6) {
        ip_icmp_sent(raw->ip, pcb->proto == IP_PROTO_ICMP4, at < len ? b[at] : 0);
    }
}

/* So that errors about it are believed. A header that the program has made says itself where from,
 * and what follows. */
static void remember(struct raw *raw, struct raw_pcb *pcb, const struct ip_tx *tx, const uint8_t *b,
                     size_t len) {
    struct ip_tx made = *tx;
    size_t hdr = 0;

    if (!pcb->opts.msg.recverr || pcb->connected) {
        return;
    }
    if (pcb->opts.hdrincl) { /* make_header() has checked it */
        hdr = (size_t)(b[0] & 0xf) * 4;
        made.proto = b[9];
        memcpy(made.src.b + 12, b + 12, 4);
        memcpy(made.dst.b + 12, b + 16, 4);
    }
    ip_sent_note_by(raw->ip, &pcb->q.sender, &made, b + hdr, len - hdr);
}

int64_t raw_send(struct raw *raw, struct raw_pcb *pcb, const void *buf, size_t len_bytes,
                 const struct inl_sockaddr *to, const struct inl_msg *extra) {
    struct ip_tx tx = {
        .path = &pcb->path,
        .owner = pcb->owner,
        .cause = pcb->ping ? INL_CAUSE_ECHO_REQUEST : INL_CAUSE_RAW_SEND,
        .proto = pcb->proto,
    };
    uint8_t ext[INL_IP6_EXT_MAX_BYTES];
    struct pkt *pkt;
    int err;

    /* One raw socket speaks to many: what one packet met must not keep the next. Linux's does
     * neither. */
    if (pcb->ping && pcb->error) {
        return -raw_take_error(pcb);
    }
    if (!to && !pcb->connected) {
        return -EDESTADDRREQ;
    }
    to = to ? to : &pcb->peer;
    tx.opts = msg_opts_ip(&pcb->opts.msg, extra, &to->addr, ext);
    if (tx.opts.bad) {
        return -EMSGSIZE;
    }
    err = send_check(raw, pcb, to, buf, len_bytes, extra,
                     pcb->opts.hdrincl ? 0 : msg_opts_ip_hdr(&tx.opts, &to->addr));
    if (err) {
        return err;
    }
    pkt = pkt_new(&raw->env->mem, RAW_HEADROOM_BYTES, RAW_HEADROOM_BYTES + len_bytes);
    if (!pkt) {
        return -ENOBUFS;
    }
    uint8_t *b = pkt_put(pkt, len_bytes);

    if (len_bytes) {
        memcpy(b, buf, len_bytes);
    }
    err = make(raw, pcb, b, len_bytes, &to->addr);
    if (err) {
        pkt_free(pkt);
        return err;
    }
    tx.src = pcb->path.src;
    tx.dst = to->addr;
    header(pcb, extra, &tx);
    remember(raw, pcb, &tx, b, len_bytes);
    count_icmp(raw, pcb, b, len_bytes);
    err = pcb->opts.hdrincl ? ip_out_made(raw->ip, pkt, &tx) : ip_out(raw->ip, pkt, &tx);
    return err < 0 ? err : (int64_t)len_bytes;
}
