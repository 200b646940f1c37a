/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.c - datagrams leave
 *
 * The path to the last destination is kept, so that who talks to one peer looks it up once. Who
 * sends there again gets a stamp (ip/stamp.h): finished headers, with the ports, and their sums. As
 * long as it holds, and the call wants nothing of its own, that is all there is to do. It is
 * dropped with every change of what the socket says: options, peer, a pending error.
 *
 * What is longer than the path takes is cut by ip/, unless the socket says otherwise
 * (INL_OPT_MTU_DISCOVER): then the caller hears -EMSGSIZE, and with INL_OPT_RECVERR the size that
 * would have passed.
 *
 * Sections: RFC 768; RFC 1122 4.1.3.4 (a checksum unless the program wants none; over IPv6 RFC 6936
 * says when it may want that), RFC 3828 (UDP-Lite); RFC 1122 4.1.4 (what an application may
 * choose); RFC 1112 6.1; RFC 8085 3.2.
 */
#include "base/csum.h"
#include "ip/sent.h"
#include "udp/internal.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <errno.h>
#include <string.h>

#define UDP_HEADROOM_BYTES 64
#define UDP_MAX_BYTES 65535

/* The path to a destination, kept for the next datagram. 0 or as ip_path_find(); 1: it is the one
 * that the last datagram took. */
static int send_path(struct udp *udp, struct udp_pcb *pcb, const struct inl_sockaddr *to,
                     const struct inl_msg *extra) {
    const struct inl_addr *src = &pcb->local.addr;
    struct inl_addr any;
    uint32_t scope = to->scope;
    int err;

    if (extra) {
        src = inl_addr_is_any(&extra->local.addr) ? src : &extra->local.addr;
        scope = scope ? scope : (uint32_t)extra->link;
    }
    if (scope == 0 && inl_addr_is_multicast(&to->addr)) {
        scope = pcb->opts.group_link;
    }
    if (inl_addr_is_multicast(src)) { /* bound to a group, to hear nothing else */
        any = inl_addr_is4(&to->addr) ? inl_addr_any4() : inl_addr_any6();
        src = &any;
    }
    if (pcb->path.gen == ip_path_gen(udp->ip) && inl_addr_eq(&pcb->path_dst, &to->addr) &&
        inl_addr_eq(&pcb->path_src, src) && pcb->path_scope == scope) {
        return 1;
    }
    pcb->path.gen = 0;
    pcb->path_dst = to->addr;
    pcb->path_src = *src;
    pcb->path_scope = scope;
    err = ip_path_find(udp->ip, &to->addr, src, scope, &pcb->path);
    pcb->path_pseudo = l4_pseudo_csum(&pcb->path.src, &to->addr, udp->proto, 0);
    return err;
}

/* What a datagram that must not be cut has to fit in. */
static uint32_t send_mtu(struct udp *udp, const struct udp_pcb *pcb, const struct inl_addr *dst) {
    return pcb->opts.pmtud == INL_PMTUD_PROBE ? pcb->path.mtu_bytes
                                              : ip_path_mtu(udp->ip, &pcb->path, dst);
}

/* It is too long, and must not be cut. */
static int too_long(struct udp *udp, struct udp_pcb *pcb, const struct inl_sockaddr *to,
                    const void *buf, size_t len_bytes) {
    const struct inl_msg_error e = {
        .offender = inl_addr_is4(&to->addr) ? inl_addr_any4() : inl_addr_any6(),
        .err = EMSGSIZE,
        .info = send_mtu(udp, pcb, &to->addr),
        .origin = INL_ERR_LOCAL,
    };
    const struct rd payload = rd_init(buf, len_bytes);

    if (pcb->opts.recverr) {
        msgq_push_error(&pcb->q, &udp->env->mem, &e, to, &payload);
        evq_post(&udp->env->evq, &pcb->evnode, INL_EV_ERROR);
    }
    return -EMSGSIZE;
}

/* May it be sent, behind an IP header of that length? Then the path is there. @ret_again: it is the
 * last datagram's. */
static int send_check(struct udp *udp, struct udp_pcb *pcb, const struct inl_sockaddr *to,
                      const void *buf, size_t len_bytes, const struct inl_msg *extra, size_t ip_hdr,
                      bool *ret_again) {
    int err;

    if (to->port == 0) {
        return -EINVAL;
    }
    err = send_path(udp, pcb, to, extra);
    if (err == -ENETUNREACH) {
        ip_no_route(udp->ip, inl_addr_is4(&to->addr));
    }
    if (err < 0) {
        return err;
    }
    *ret_again = err > 0;
    if (pcb->path.group && !inl_addr_is_multicast(&to->addr) && !pcb->opts.broadcast) {
        return -EACCES;
    }
    if (len_bytes > UDP_MAX_BYTES - UDP_HDR_BYTES - ip_hdr ||
        (pcb->opts.pmtud >= INL_PMTUD_DO &&
         len_bytes + UDP_HDR_BYTES + ip_hdr > send_mtu(udp, pcb, &to->addr))) {
        return too_long(udp, pcb, to, buf, len_bytes);
    }
    return 0;
}

/* How much of a datagram of that length the checksum covers. */
static size_t send_cover(const struct udp_pcb *pcb, size_t len) {
    size_t cover = udp_is_lite(pcb->home) ? pcb->opts.cover_tx : 0;

    return cover == 0 || cover > len ? len : cover;
}

/* RFC 1122 4.1.3.4 and RFC 6935: has the program asked for none? */
static bool send_unchecked(const struct udp_pcb *pcb, const struct inl_addr *dst) {
    return !udp_is_lite(pcb->home) &&
           (inl_addr_is4(dst) ? pcb->opts.no_check4 : pcb->opts.no_check6_tx);
}

static struct pkt *send_build(struct udp *udp, const struct udp_pcb *pcb,
                              const struct inl_sockaddr *to, const void *buf, size_t len_bytes) {
    size_t len = UDP_HDR_BYTES + len_bytes;
    size_t cover = send_cover(pcb, len);
    size_t summed = cover - UDP_HDR_BYTES; /* of the payload */
    struct udp_hdr h = {
        .sport = pcb->local.port,
        .dport = to->port,
        .len_bytes = (uint16_t)cover, /* UDP: always all */
    };
    struct pkt *pkt = pkt_new(&udp->env->mem, UDP_HEADROOM_BYTES, UDP_HEADROOM_BYTES + len);
    uint64_t acc;
    struct wr w;

    if (!pkt) {
        return NULL;
    }
    w = wr_init(pkt_put(pkt, len), len);
    acc = csum_add16(csum_add16(pcb->path_pseudo, h.sport), h.dport);
    acc = csum_add16(csum_add16(acc, (uint16_t)len), h.len_bytes); /* of pseudo-header and header */
    if (summed) {
        acc = csum_copy(pkt_data(pkt) + UDP_HDR_BYTES, buf, summed, acc);
    }
    if (summed < len_bytes) {
        memcpy(pkt_data(pkt) + cover, (const uint8_t *)buf + summed, len_bytes - summed);
    }
    h.csum = send_unchecked(pcb, &to->addr) ? 0 : udp_csum_field(acc);
    udp_emit(&w, &h);
    return pkt;
}

/* What the header of this datagram says, and who has decided that: the message, the socket. */
static void send_header(const struct udp_pcb *pcb, const struct inl_msg *extra, struct ip_tx *tx) {
    tx->ttl = pcb->opts.ttl;
    if (inl_addr_is_multicast(&tx->dst)) {
        msg_opts_group(&pcb->opts, tx);
    }
    tx->tos = pcb->opts.tos;
    if (extra && extra->ttl > 0) {
        tx->ttl = (uint8_t)extra->ttl;
        tx->host_only = false;
    }
    if (extra && extra->tos >= 0) {
        tx->tos = (uint8_t)extra->tos;
    }
    tx->dont_fragment = pcb->opts.pmtud >= INL_PMTUD_DO;
    tx->df_if_fits = pcb->opts.pmtud == INL_PMTUD_WANT;
    tx->any_mtu = pcb->opts.pmtud == INL_PMTUD_PROBE;
}

static bool same_place(const struct inl_sockaddr *a, const struct inl_sockaddr *b) {
    return inl_addr_eq(&a->addr, &b->addr) && a->port == b->port && a->scope == b->scope;
}

/* Is each datagram remembered, so that an error about it is believed? Those of a socket with a peer
 * need no more than that. */
static bool send_is_noted(const struct udp_pcb *pcb) {
    return pcb->opts.recverr && !pcb->connected;
}

/* Makes a stamp for the datagrams that follow, if they are of the plain kind: for UDP-Lite, those
 * without a checksum, and those that are noted nobody is in a hurry. */
static void send_stamp(struct udp *udp, struct udp_pcb *pcb, const struct inl_sockaddr *to,
                       const struct ip_tx *tx) {
    uint8_t start[IP_STAMP_START_BYTES] = {0};

    if (udp_is_lite(udp) || send_unchecked(pcb, &to->addr) || send_is_noted(pcb)) {
        return;
    }
    wr_store16(start, pcb->local.port);
    wr_store16(start + 2, to->port);
    if (ip_stamp_make(udp->ip, &pcb->stamp, tx, start)) {
        pcb->stamp_to = *to;
        pcb->stamp_is_peer = pcb->connected && same_place(to, &pcb->peer);
        pcb->stamp_sum = csum_add16(csum_add16(pcb->path_pseudo, pcb->local.port), to->port);
    }
}

/* The same as udp_send() to where the stamp leads; -EAGAIN if it does not do. */
static int64_t send_stamped(struct udp *udp, struct udp_pcb *pcb, const void *buf,
                            size_t len_bytes) {
    size_t len = UDP_HDR_BYTES + len_bytes;
    struct pkt *pkt = ip_stamp_pkt(udp->ip, &pcb->stamp, len);
    uint64_t acc = csum_add16(pcb->stamp_sum, (uint16_t)len);
    uint8_t *p;
    int err;

    if (!pkt) {
        return -EAGAIN;
    }
    p = pkt->buf + IP_STAMP_ROOM_BYTES;
    acc = csum_add16(acc, (uint16_t)len); /* of pseudo-header and header */
    wr_store16(p + 4, (uint16_t)len);
    wr_store16(p + 6, udp_csum_field(csum_copy(p + UDP_HDR_BYTES, buf, len_bytes, acc)));
    err = ip_stamp_send(udp->ip, &pcb->stamp, pkt);
    if (err < 0) {
        return err;
    }
    udp->out_datagrams++;
    return (int64_t)len_bytes;
}

/* The long way, by which every datagram may go. */
static int64_t send_anew(struct udp *udp, struct udp_pcb *pcb, const void *buf, size_t len_bytes,
                         const struct inl_sockaddr *to, const struct inl_msg *extra) {
    struct ip_tx tx = {
        .path = &pcb->path,
        .owner = pcb->owner,
        .cause = INL_CAUSE_UDP_SEND,
        .proto = udp->proto,
    };
    uint8_t ext[INL_IP6_EXT_MAX_BYTES];
    struct pkt *pkt;
    bool again;
    int err;

    if (pcb->error) {
        return -udp_take_error(pcb);
    }
    if (!to && !pcb->connected) {
        return -EDESTADDRREQ;
    }
    to = to ? to : &pcb->peer;
    tx.opts = msg_opts_ip(&pcb->opts, extra, &to->addr, ext);
    if (tx.opts.bad) {
        return -EMSGSIZE;
    }
    err = send_check(udp, pcb, to, buf, len_bytes, extra, msg_opts_ip_hdr(&tx.opts, &to->addr),
                     &again);
    if (err) {
        return err;
    }
    pkt = send_build(udp, pcb, to, buf, len_bytes);
    if (!pkt) {
        return -ENOBUFS;
    }
    tx.src = pcb->path.src;
    tx.dst = to->addr;
    send_header(pcb, extra, &tx);
    if (send_is_noted(pcb)) {
        ip_sent_note_by(udp->ip, &pcb->q.sender, &tx, pkt_data(pkt), pkt->len);
    }
    err = ip_out(udp->ip, pkt, &tx);
    if (err < 0) {
        return err;
    }
    if (again && !extra) {
        send_stamp(udp, pcb, to, &tx);
    }
    udp->out_datagrams++;
    udp->out_partial += send_cover(pcb, UDP_HDR_BYTES + len_bytes) < UDP_HDR_BYTES + len_bytes;
    return (int64_t)len_bytes;
}

int64_t udp_send(struct udp *udp, struct udp_pcb *pcb, const void *buf, size_t len_bytes,
                 const struct inl_sockaddr *to, const struct inl_msg *extra) {
    if (!extra && len_bytes <= UDP_MAX_BYTES &&
        (to ? same_place(to, &pcb->stamp_to) : pcb->stamp_is_peer)) {
        int64_t n = send_stamped(udp, pcb, buf, len_bytes);

        if (n != -EAGAIN) {
            return n;
        }
    }
    return send_anew(udp, pcb, buf, len_bytes, to, extra);
}

int64_t udp_send_again(struct udp_pcb *pcb, const void *buf, size_t len_bytes) {
    return pcb->stamp_is_peer && len_bytes <= UDP_MAX_BYTES
               ? send_stamped(pcb->home, pcb, buf, len_bytes)
               : -EAGAIN;
}

int64_t udp_path_mtu(struct udp *udp, struct udp_pcb *pcb) {
    int err = pcb->connected ? send_path(udp, pcb, &pcb->peer, NULL) : -ENOTCONN;

    return err < 0 ? err : (int64_t)ip_path_mtu(udp->ip, &pcb->path, &pcb->peer.addr);
}
