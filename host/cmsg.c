/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmsg.c - control data of messages, between Linux's form and ours
 *
 * Received: TTL or hop limit, TOS or traffic class, local address and link (RFC 3542 6), the time
 * of reception, IP options, extension headers of IPv6 (their first octet is 0, where the next header
 * would stand), and what stands in the error queue. To be sent: the same without time and errors.
 *
 * Links are told by the host's own numbers: 1 is its first one, 0 its loopback.
 */
#include "host/sup.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
/* behind <netinet/in.h> */
#include <linux/errqueue.h>
#include <string.h>
#include <time.h>

/* Puts one element at the end of what is there. */
static size_t put(uint8_t *buf, size_t at, int level, int type, const void *data, size_t len) {
    struct cmsghdr c = {.cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type};

    if (at + CMSG_SPACE(len) > CMSG_BYTES_MAX) {
        return at;
    }
    memset(buf + at, 0, CMSG_SPACE(len));
    memcpy(buf + at, &c, sizeof(c));
    memcpy(buf + at + CMSG_LEN(0), data, len);
    return at + CMSG_SPACE(len);
}

static size_t put_info(uint8_t *buf, size_t at, bool v6, const struct proto_token *token) {
    struct in_pktinfo i4 = {.ipi_ifindex = (int)token->link};
    struct in6_pktinfo i6 = {.ipi6_ifindex = token->link};

    memcpy(&i4.ipi_addr, token->local.addr + 12, sizeof(i4.ipi_addr));
    memcpy(&i4.ipi_spec_dst, token->answer_from, sizeof(i4.ipi_spec_dst));
    memcpy(&i6.ipi6_addr, token->local.addr, sizeof(i6.ipi6_addr));
    return v6 ? put(buf, at, IPPROTO_IPV6, IPV6_PKTINFO, &i6, sizeof(i6))
              : put(buf, at, IPPROTO_IP, IP_PKTINFO, &i4, sizeof(i4));
}

static size_t put_ttl(uint8_t *buf, size_t at, bool v6, unsigned wants, int ttl) {
    if (wants & SUP_WANTS_TTL) {
        at = v6 ? put(buf, at, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl))
                : put(buf, at, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
    }
    if (wants & SUP_WANTS_TTL_2292) {
        at = put(buf, at, IPPROTO_IPV6, IPV6_2292HOPLIMIT, &ttl, sizeof(ttl));
    }
    return at;
}

size_t cmsg_echo_options(const uint8_t *opts, size_t len, uint8_t out[PROTO_IPOPTS_MAX]) {
    size_t n = 0;

    for (size_t at = 0, step; at < len && opts[at] != IPOPT_EOL; at += step) {
        step = opts[at] == IPOPT_NOP ? 1 : at + 1 < len ? opts[at + 1] : 0;
        if (step == 0 || step > len - at || (step == 1 && opts[at] != IPOPT_NOP)) {
            break;
        }
        if ((opts[at] == IPOPT_RR || opts[at] == IPOPT_TS) && step <= PROTO_IPOPTS_MAX - n) {
            memcpy(out + n, opts + at, step);
            n += step;
        }
    }
    while (n % 4 != 0) {
        out[n++] = IPOPT_EOL; /* 40 is a multiple, too */
    }
    return n;
}

static size_t put_options(uint8_t *buf, size_t at, unsigned wants,
                          const struct proto_token *token) {
    uint8_t back[PROTO_IPOPTS_MAX];
    size_t len = !token->opts_are_ext && token->opts_len <= PROTO_IPOPTS_MAX ? token->opts_len : 0;
    size_t back_len = cmsg_echo_options(token->opts, len, back);

    if ((wants & SUP_WANTS_OPTS) != 0 && len > 0) {
        at = put(buf, at, IPPROTO_IP, IP_RECVOPTS, token->opts, len);
    }
    if ((wants & SUP_WANTS_RETOPTS) != 0 && back_len > 0) {
        at = put(buf, at, IPPROTO_IP, IP_RETOPTS, back, back_len);
    }
    return at;
}

/* In the order in which they stood (RFC 3542 12). */
static size_t put_ext(uint8_t *buf, size_t at, unsigned wants, const struct proto_token *token) {
    static const struct {
        int type;
        unsigned what;
    } known[INL_IP6_EXTS] = {
        [INL_IP6_EXT_HOPOPTS] = {IPV6_HOPOPTS, SUP_WANTS_HOPOPTS},
        [INL_IP6_EXT_RTHDRDSTOPTS] = {IPV6_DSTOPTS, SUP_WANTS_DSTOPTS},
        [INL_IP6_EXT_RTHDR] = {IPV6_RTHDR, SUP_WANTS_RTHDR},
        [INL_IP6_EXT_DSTOPTS] = {IPV6_DSTOPTS, SUP_WANTS_DSTOPTS},
    };
    size_t end = token->opts_len <= sizeof(token->opts) ? token->opts_len : 0;

    for (size_t from = 0, len; end - from >= 8; from += len) {
        uint8_t header[sizeof(token->opts)], which = token->opts[from];

        len = ((size_t)token->opts[from + 1] + 1) * 8;
        if (which >= INL_IP6_EXTS || len > end - from) {
            break;
        }
        memcpy(header, token->opts + from, len);
        header[0] = 0;
        if ((wants & known[which].what) != 0) {
            at = put(buf, at, IPPROTO_IPV6, known[which].type, header, len);
        }
    }
    return at;
}

size_t cmsg_received(unsigned family, unsigned wants, const struct proto_token *token,
                     uint8_t buf[CMSG_BYTES_MAX]) {
    bool v6 = family == INL_AF_INET6;
    int tclass = token->tos;
    size_t at = 0;

    if (wants & SUP_WANTS_TIME) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        const struct timeval tv = {now.tv_sec, now.tv_nsec / 1000};

        at = put(buf, at, SOL_SOCKET, SO_TIMESTAMP, &tv, sizeof(tv));
    }
    if (wants & SUP_WANTS_INFO) {
        at = put_info(buf, at, v6, token);
    }
    at = put_ttl(buf, at, v6, wants, token->ttl);
    if (wants & SUP_WANTS_TOS) {
        at = v6 ? put(buf, at, IPPROTO_IPV6, IPV6_TCLASS, &tclass, sizeof(tclass))
                : put(buf, at, IPPROTO_IP, IP_TOS, &token->tos, 1);
    }
    return token->opts_are_ext ? put_ext(buf, at, wants, token)
                               : put_options(buf, at, wants, token);
}

size_t cmsg_error(unsigned family, unsigned wants, const struct proto_error *e,
                  uint8_t buf[CMSG_BYTES_MAX]) {
    bool v6 = family == INL_AF_INET6;
    size_t at;
    static const uint8_t origins[] = {
        [INL_ERR_LOCAL] = SO_EE_ORIGIN_LOCAL,
        [INL_ERR_ICMP4] = SO_EE_ORIGIN_ICMP,
        [INL_ERR_ICMP6] = SO_EE_ORIGIN_ICMP6,
    };
    struct {
        struct sock_extended_err err;
        uint8_t offender[sizeof(struct sockaddr_in6)];
    } data = {
        .err = {.ee_errno = (uint32_t)e->err,
                .ee_origin = e->origin < sizeof(origins) ? origins[e->origin] : 0,
                .ee_type = e->type,
                .ee_code = e->code,
                .ee_info = e->info},
    };
    struct sockaddr_storage sa = {0};
    size_t len = proto_addr_to_kernel(&e->offender, family, &sa);

    if (e->origin == INL_ERR_LOCAL) {
        memset(&sa, 0, sizeof(sa)); /* family "none" */
    }
    memcpy(data.offender, &sa, len);
    len += sizeof(data.err);
    at = v6 ? put(buf, 0, IPPROTO_IPV6, IPV6_RECVERR, &data, len)
            : put(buf, 0, IPPROTO_IP, IP_RECVERR, &data, len);
    return e->origin == INL_ERR_LOCAL ? at : put_ttl(buf, at, v6, wants, e->ttl);
}

/* ---- to be sent ---- */

static void take_info4(const uint8_t *data, struct proto_msg *msg) {
    struct in_pktinfo i;

    memcpy(&i, data, sizeof(i));
    msg->addr[1].scope = (uint32_t)i.ipi_ifindex;
    if (i.ipi_spec_dst.s_addr != 0) {
        msg->addr[1].family = INL_AF_INET;
        memset(msg->addr[1].addr + 10, 0xff, 2);
        memcpy(msg->addr[1].addr + 12, &i.ipi_spec_dst, 4);
    }
}

static void take_info6(const uint8_t *data, struct proto_msg *msg) {
    struct in6_pktinfo i;

    memcpy(&i, data, sizeof(i));
    msg->addr[1].scope = i.ipi6_ifindex;
    msg->addr[1].family = INL_AF_INET6;
    memcpy(msg->addr[1].addr, &i.ipi6_addr, sizeof(i.ipi6_addr));
}

enum inl_ip6_ext cmsg_ip6_ext(int name) {
    switch (name) {
    case IPV6_HOPOPTS:
        return INL_IP6_EXT_HOPOPTS;
    case IPV6_RTHDRDSTOPTS:
        return INL_IP6_EXT_RTHDRDSTOPTS;
    case IPV6_RTHDR:
        return INL_IP6_EXT_RTHDR;
    case IPV6_DSTOPTS:
        return INL_IP6_EXT_DSTOPTS;
    default:
        return INL_IP6_EXTS;
    }
}

/* Extension headers as they come, in any order, each once (RFC 3542 12). */
struct exts {
    const uint8_t *data[INL_IP6_EXTS]; /* NULL: there is none */
    size_t len[INL_IP6_EXTS];
};

static int take_ext(struct exts *e, enum inl_ip6_ext which, const uint8_t *data, size_t len) {
    if (e->data[which] != NULL || (len > 0 && (len < 8 || len != ((size_t)data[1] + 1) * 8))) {
        return -EINVAL;
    }
    e->data[which] = data;
    e->len[which] = len;
    return 0;
}

/* One behind the other, as inl_sendmsg() takes them. An empty one means: none this time (RFC 3542
 * 4.2). */
static int put_exts(const struct exts *e, struct proto_msg *msg,
                    uint8_t ext[INL_IP6_EXT_MAX_BYTES]) {
    for (unsigned i = 0; i < INL_IP6_EXTS; i++) {
        size_t len = e->len[i] > 0 ? e->len[i] : 8;

        if (e->data[i] == NULL) {
            continue;
        }
        if (len > INL_IP6_EXT_MAX_BYTES - msg->ext_len) {
            return -EINVAL;
        }
        memset(ext + msg->ext_len, 0, 8);
        memcpy(ext + msg->ext_len, e->data[i], e->len[i]);
        ext[msg->ext_len] = (uint8_t)(e->len[i] > 0 ? i : i + INL_IP6_EXT_WITHOUT);
        msg->ext_len += (uint32_t)len;
    }
    return 0;
}

/* A number that is an int, or (IP_TOS) may be one byte. -1: it is neither. */
static int64_t take_number(const uint8_t *data, size_t len) {
    int v;

    if (len == 1) {
        return data[0];
    }
    if (len != sizeof(v)) {
        return -1;
    }
    memcpy(&v, data, sizeof(v));
    return v;
}

static int take_one(const struct cmsghdr *c, const uint8_t *data, size_t len, struct proto_msg *msg,
                    struct exts *exts) {
    bool v6 = c->cmsg_level == IPPROTO_IPV6;
    int64_t number = take_number(data, len);

    if (c->cmsg_level != IPPROTO_IP && !v6) {
        return -EINVAL;
    }
    if (v6 && cmsg_ip6_ext(c->cmsg_type) != INL_IP6_EXTS) {
        return take_ext(exts, cmsg_ip6_ext(c->cmsg_type), data, len);
    }
    if (!v6 && c->cmsg_type == IP_PKTINFO && len == sizeof(struct in_pktinfo)) {
        take_info4(data, msg);
    } else if (v6 && c->cmsg_type == IPV6_PKTINFO && len == sizeof(struct in6_pktinfo)) {
        take_info6(data, msg);
    } else if (!v6 && c->cmsg_type == IP_RETOPTS && len <= PROTO_IPOPTS_MAX) {
        memcpy(msg->text, data, len);
        msg->opts_len = (uint32_t)len;
    } else if (c->cmsg_type == (v6 ? IPV6_HOPLIMIT : IP_TTL) && number >= !v6 && number <= 255) {
        msg->arg[0] = number;
    } else if (c->cmsg_type == (v6 ? IPV6_TCLASS : IP_TOS) && number >= 0 && number <= 255) {
        msg->arg[1] = number + 1;
    } else if (v6 && number == -1 && len == sizeof(int) &&
               (c->cmsg_type == IPV6_HOPLIMIT || c->cmsg_type == IPV6_TCLASS)) {
        return 0; /* RFC 3542 6.3: the socket's */
    } else {
        return -EINVAL;
    }
    return 0;
}

int cmsg_to_send(const uint8_t *buf, size_t len, struct proto_msg *msg,
                 uint8_t ext[INL_IP6_EXT_MAX_BYTES]) {
    struct exts exts = {0};
    size_t at = 0;

    while (len - at >= CMSG_LEN(0)) {
        struct cmsghdr c;

        memcpy(&c, buf + at, sizeof(c));
        if (c.cmsg_len < CMSG_LEN(0) || c.cmsg_len > len - at) {
            return -EINVAL;
        }
        int err = take_one(&c, buf + at + CMSG_LEN(0), c.cmsg_len - CMSG_LEN(0), msg, &exts);

        if (err < 0) {
            return err;
        }
        at += CMSG_ALIGN(c.cmsg_len);
        at = at < len ? at : len;
    }
    return put_exts(&exts, msg, ext);
}
