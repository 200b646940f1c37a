/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input.c - datagrams and errors arrive
 *
 * A datagram for one host goes to one socket; one for a group to all that are bound to its port.
 *
 * Sections: RFC 768; RFC 1122 4.1 (checksums 4.1.3.4, errors 4.1.3.3, addresses 4.1.3.6);
 * RFC 8200 8.1 with RFC 6935 and RFC 6936; RFC 3828.
 */
#include "base/csum.h"
#include "ip/group_member.h"
#include "ip/sent.h"
#include "udp/internal.h"

#include <errno.h>

/*
 * Is enough of it covered by the checksum? RFC 1122 4.1.3.4 and RFC 6935 3 leave none to the
 * socket, RFC 3828 3.3 a part.
 */
static bool input_covered(const struct udp_pcb *pcb, const struct ip_rx *rx,
                          const struct udp_hdr *h) {
    const struct msg_opts *o = &pcb->opts;

    if (udp_is_lite(pcb->home)) {
        size_t len = UDP_HDR_BYTES + rd_left(&h->payload);

        return h->len_bytes == len || (o->cover_rx > 0 && h->len_bytes >= o->cover_rx);
    }
    return h->csum != 0 || (inl_addr_is4(&rx->src) ? !o->want_check : o->no_check6_rx);
}

/* Queues one datagram at one socket. */
static enum inl_drop input_to(struct udp *udp, struct udp_pcb *pcb, const struct ip_rx *rx,
                              const struct udp_hdr *h) {
    enum inl_drop why;

    if (!input_covered(pcb, rx, h)) {
        return INL_DROP_NO_CHECKSUM;
    }
    why = msgq_push(&pcb->q, &udp->env->mem, pcb->opts.rcvbuf_bytes, rx, h->sport, h->dport,
                    &h->payload);
    if (!why) {
        udp->in_partial += udp_is_lite(udp) && h->len_bytes < UDP_HDR_BYTES + rd_left(&h->payload);
        evq_post(&udp->env->evq, &pcb->evnode, INL_EV_READABLE);
    }
    return why;
}

static enum inl_drop input_group(struct udp *udp, const struct ip_rx *rx, const struct udp_hdr *h) {
    struct udp_key keys[UDP_KEYS_MAX];
    int n = udp_bound_keys(udp, &rx->dst, h->dport, keys);
    enum inl_drop why = INL_DROP_NO_SOCKET;

    for (int i = 0; i < n; i++) {
        for (struct udp_pcb *pcb = udp_table_find(udp, &keys[i]); pcb; pcb = udp_table_next(pcb)) {
            if (udp_pcb_wants(pcb, &rx->dst) &&
                ip_members_want(pcb->opts.groups, pcb->opts.group_all, rx)) {
                enum inl_drop one = input_to(udp, pcb, rx, h);

                why = why == INL_DROP_NONE ? why : one;
            }
        }
    }
    return why;
}

/* Reads the header, and makes sure that its checksum is right, if it has one. */
static enum inl_drop input_parse(const struct udp *udp, const struct ip_rx *rx,
                                 struct udp_hdr *ret) {
    const struct rd whole = rx->payload;
    struct rd r = rx->payload;
    bool lite = udp_is_lite(udp);
    enum inl_drop why = lite ? udplite_parse(&r, ret) : udp_parse(&r, ret);

    if (why) {
        return why;
    }
    if (lite) {
        return rx->csum_done || udplite_csum_ok(&rx->src, &rx->dst, whole, ret->len_bytes)
                   ? INL_DROP_NONE
                   : INL_DROP_BAD_CHECKSUM;
    }
    r = whole;
    return ret->csum == 0 || rx->csum_done ||
                   udp_csum_ok(&rx->src, &rx->dst, rd_sub(&r, ret->len_bytes))
               ? INL_DROP_NONE
               : INL_DROP_BAD_CHECKSUM;
}

static enum inl_drop udp_deliver(struct udp *udp, const struct ip_rx *rx) {
    struct udp_hdr h;
    struct udp_pcb *pcb;
    enum inl_drop why = input_parse(udp, rx, &h);

    if (why) {
        return why;
    }
    if (rx->group) {
        why = h.dport ? input_group(udp, rx, &h) : INL_DROP_NO_SOCKET;
    } else {
        pcb = h.dport ? udp_find_unicast(udp, rx, &h) : NULL;
        if (!pcb && h.csum == 0 && !inl_addr_is4(&rx->src)) {
            return INL_DROP_NO_CHECKSUM; /* RFC 6936 4 (10): without a word */
        }
        if (!pcb) {
            ip_icmp_unreach(udp->ip, rx, IP_UNREACH_PORT);
            return INL_DROP_NO_SOCKET;
        }
        why = input_to(udp, pcb, rx, &h);
    }
    return why;
}

/*
 * The same for one more of a train (table.c), with a checksum, for a socket that has room: it is
 * copied and summed at once. False: nothing was done.
 */
static bool input_train(struct udp *udp, const struct ip_rx *rx, enum inl_drop *ret_why) {
    const struct udp_memo *m = &udp->memo;
    const uint8_t *p = rd_ptr(&rx->payload);
    struct udp_pcb *pcb = m->pcb;
    uint16_t len;
    struct msg *msg;
    uint64_t acc;

    if (rd_left(&rx->payload) < UDP_HDR_BYTES || rx->group || rx->csum_done || udp_is_lite(udp) ||
        rd_left(&rx->opts) > 0 || !udp_memo_is(m, rx, rd_load16(p), rd_load16(p + 2))) {
        return false;
    }
    len = rd_load16(p + 4);
    if (len < UDP_HDR_BYTES || len > rd_left(&rx->payload) || (p[6] | p[7]) == 0) {
        return false;
    }
    msg =
        msgq_room(&pcb->q, &udp->env->mem, pcb->opts.rcvbuf_bytes, len - (size_t)UDP_HDR_BYTES, 0);
    if (!msg) {
        return false;
    }
    acc = csum_add_words(csum_add16(m->pseudo, len), p, UDP_HDR_BYTES / 4);
    if (!csum_ok(csum_copy(msg->data, p + UDP_HDR_BYTES, msg->len, acc))) {
        msgq_give_up(&udp->env->mem, msg);
        *ret_why = INL_DROP_BAD_CHECKSUM;
        return true;
    }
    msgq_add(&pcb->q, msg, rx, m->key.peer_port, m->key.local_port);
    evq_post(&udp->env->evq, &pcb->evnode, INL_EV_READABLE);
    *ret_why = INL_DROP_NONE;
    return true;
}

enum inl_drop udp_input(void *ctx, const struct ip_rx *rx) {
    struct udp *udp = ctx;
    enum inl_drop why;

    if (!input_train(udp, rx, &why)) {
        why = udp_deliver(udp, rx);
    }

    udp->in_datagrams += why == INL_DROP_NONE;
    udp->no_ports += why == INL_DROP_NO_SOCKET;
    udp->in_errors += why != INL_DROP_NONE && why != INL_DROP_NO_SOCKET;
    return why;
}

/* The socket that has sent what an error is about: of those without a peer only one that has a
 * queue of errors and has really sent just that, unless any will do. */
static struct udp_pcb *error_socket(const struct udp *udp, const struct ip_err *err, uint16_t sport,
                                    uint16_t dport, bool any) {
    const struct udp_key full = {err->src, err->dst, sport, dport};
    struct udp_pcb *pcb = udp_table_find(udp, &full);
    struct udp_key keys[UDP_KEYS_MAX];
    int n = pcb ? 0 : udp_bound_keys(udp, &err->src, sport, keys);

    for (int i = 0; !pcb && i < n; i++) {
        pcb = udp_table_find(udp, &keys[i]);
        while (pcb && !((any || (pcb->opts.recverr && ip_sent_by(udp->ip, pcb->q.sender, err))) &&
                        udp_pcb_wants(pcb, &err->src))) {
            pcb = udp_table_next(pcb);
        }
    }
    return pcb;
}

/*
 * Connected sockets are told of every error about what they sent (RFC 1122 4.1.3.3). An unconnected
 * one could not say which of its datagrams is meant, unless it looks into its queue of errors.
 */
enum inl_drop udp_error(void *ctx, const struct ip_err *err) {
    struct udp *udp = ctx;
    struct rd r = err->quoted;
    uint16_t sport = rd_be16(&r);
    uint16_t dport = rd_be16(&r);
    bool too_big = err->err == EMSGSIZE;
    enum inl_drop why = INL_DROP_NONE;
    struct udp_pcb *pcb;

    if (r.bad || !error_socket(udp, err, sport, dport, true)) {
        return INL_DROP_ICMP_NO_MATCH;
    }
    if (too_big) {
        why = ip_pmtu_claim(udp->ip, err);
    }
    pcb = error_socket(udp, err, sport, dport, false);
    if (why || !pcb) {
        return why;
    }
    if (pcb->opts.recverr) {
        const struct inl_msg_error e = msgq_error_from(err);
        const struct inl_sockaddr dst = {.addr = err->dst, .port = dport};

        rd_skip(&r, UDP_HDR_BYTES - 4);
        msgq_push_error(&pcb->q, &udp->env->mem, &e, &dst, &r);
    }
    if (too_big && pcb->opts.pmtud < INL_PMTUD_DO && !pcb->opts.recverr) {
        return INL_DROP_NONE; /* the next one is cut, and the program need not know */
    }
    ip_stamp_drop(&pcb->stamp); /* the next to send is told */
    pcb->error = err->err;
    evq_post(&udp->env->evq, &pcb->evnode, INL_EV_ERROR);
    return INL_DROP_NONE;
}
