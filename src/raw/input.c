/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input.c - copies of packets for raw sockets, echo replies for ping sockets, errors for both
 *
 * An IPv4 raw socket gets the packet with its IP header, an IPv6 one what follows the extension
 * headers (RFC 3542 3). Each copy is bounded by its socket's receive buffer.
 *
 * Sections: RFC 3542 3.1 (checksums), 3.2 (filter); RFC 1122 3.2.2 and 4.1.3.3 (errors).
 */
#include "ip/group_member.h"
#include "ip/sent.h"
#include "raw/internal.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

/* Is this packet between the two ends that the socket has fixed? */
static bool ends_match(const struct raw_pcb *pcb, const struct inl_addr *local,
                       const struct inl_addr *peer) {
    if (inl_addr_is4(local) != (pcb->family == INL_AF_INET)) {
        return false;
    }
    if (!inl_addr_is_any(&pcb->local.addr) && !inl_addr_eq(&pcb->local.addr, local)) {
        return false;
    }
    return !pcb->connected || inl_addr_eq(&pcb->peer.addr, peer);
}

static bool filter_ok(const struct raw_pcb *pcb, const struct ip_rx *rx) {
    struct rd r = rx->payload;
    uint8_t type;

    if (rx->proto != IP_PROTO_ICMP4 && rx->proto != IP_PROTO_ICMP6) {
        return true;
    }
    type = rd_u8(&r);
    return !r.bad && !(pcb->opts.filter[type / 32] >> type % 32 & 1);
}

static bool csum_ok(const struct raw_pcb *pcb, const struct ip_rx *rx) {
    return pcb->family != INL_AF_INET6 || pcb->opts.csum_off < 0 || rx->csum_done ||
           l4_csum_ok(&rx->src, &rx->dst, rx->proto, rx->payload);
}

static bool input_to(struct raw *raw, struct raw_pcb *pcb, const struct ip_rx *rx,
                     const struct rd *bytes, uint16_t id) {
    enum inl_drop why =
        msgq_push(&pcb->q, &raw->env->mem, pcb->opts.msg.rcvbuf_bytes, rx, 0, id, bytes);

    if (why) {
        env_drop(raw->env, why);
        return false;
    }
    evq_post(&raw->env->evq, &pcb->evnode, INL_EV_READABLE);
    return true;
}

bool raw_input(void *ctx, const struct ip_rx *rx) {
    struct raw *raw = ctx;
    const struct rd packet = rd_init(rx->packet, rx->packet_len);
    const struct rd *bytes = inl_addr_is4(&rx->dst) ? &packet : &rx->payload;
    bool wanted = false;
    struct list *l;

    LIST_FOREACH(l, &raw->protos[rx->proto % RAW_LISTS]) {
        struct raw_pcb *pcb = LIST_ENTRY(l, struct raw_pcb, node);

        if (pcb->proto == rx->proto && ends_match(pcb, &rx->dst, &rx->src) &&
            ip_members_want(pcb->opts.msg.groups, pcb->opts.msg.group_all, rx)) {
            wanted = true;
            if (filter_ok(pcb, rx) && csum_ok(pcb, rx)) {
                input_to(raw, pcb, rx, bytes, 0);
            }
        }
    }
    return wanted;
}

enum inl_drop raw_ping_input(void *ctx, const struct ip_rx *rx) {
    struct raw *raw = ctx;
    struct rd r = rx->payload;
    enum inl_drop why = INL_DROP_ICMP_NO_MATCH;
    uint16_t id;

    rd_skip(&r, 4); /* type, code and checksum: ip/ has looked at them */
    id = rd_be16(&r);
    if (r.bad) {
        return INL_DROP_TRUNCATED;
    }
    for (struct raw_pcb *pcb = raw_ping_find(raw, rx->proto, id); pcb; pcb = raw_ping_next(pcb)) {
        if (ends_match(pcb, &rx->dst, &rx->src)) {
            why = msgq_push(&pcb->q, &raw->env->mem, pcb->opts.msg.rcvbuf_bytes, rx, 0, id,
                            &rx->payload);
            if (!why) {
                evq_post(&raw->env->evq, &pcb->evnode, INL_EV_READABLE);
            }
            break;
        }
    }
    return why;
}

/* ---- errors ---- */

static void error_to(struct raw *raw, struct raw_pcb *pcb, const struct ip_err *err) {
    const struct inl_msg_error e = msgq_error_from(err);
    const struct inl_sockaddr dst = {.addr = err->dst};

    if (!pcb->connected && !ip_sent_by(raw->ip, pcb->q.sender, err)) {
        return; /* others of this protocol may have sent it */
    }
    if (pcb->opts.msg.recverr) {
        msgq_push_error(&pcb->q, &raw->env->mem, &e, &dst, &err->quoted);
    }
    pcb->error = err->err;
    evq_post(&raw->env->evq, &pcb->evnode, INL_EV_ERROR);
}

bool raw_error(void *ctx, const struct ip_err *err) {
    struct raw *raw = ctx;
    bool taken = false;
    struct list *l;

    LIST_FOREACH(l, &raw->protos[err->proto % RAW_LISTS]) {
        struct raw_pcb *pcb = LIST_ENTRY(l, struct raw_pcb, node);

        if (pcb->proto == err->proto && ends_match(pcb, &err->src, &err->dst)) {
            error_to(raw, pcb, err);
            taken = true;
        }
    }
    return taken;
}

enum inl_drop raw_ping_error(void *ctx, const struct ip_err *err) {
    struct raw *raw = ctx;
    bool is4 = inl_addr_is4(&err->dst);
    enum inl_drop why = INL_DROP_ICMP_NO_MATCH;
    struct rd r = err->quoted;
    uint8_t type = rd_u8(&r);
    uint16_t id;

    rd_skip(&r, 3);
    id = rd_be16(&r);
    if (r.bad || type != (is4 ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST)) {
        return why;
    }
    for (struct raw_pcb *pcb = raw_ping_find(raw, err->proto, id); pcb; pcb = raw_ping_next(pcb)) {
        if (ends_match(pcb, &err->src, &err->dst)) {
            why = ip_pmtu_claim(raw->ip, err);
            if (!why) {
                error_to(raw, pcb, err);
            }
            break;
        }
    }
    return why;
}
