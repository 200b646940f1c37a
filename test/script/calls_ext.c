/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_ext.c - extension headers of IPv6 that programs send and are shown (RFC 3542)
 *
 * setsockopt() takes one as text, in hexadecimal digits, all of it; "" for none. Of a message,
 * msg_control has one behind the other, each with its kind as first octet: 00 hop-by-hop options, 01
 * destination options in front of a routing header, 02 a routing header, 03 destination options
 * (include/inlet/socket.h); with 80 added, in a message that is sent: without the socket's. Of a
 * message that is received it says which there must be.
 */
#include "calls.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define TEXT_OCTETS 32

/* Octets of the text, -1 after a failure. */
static int octets_of(struct run *r, const char *text, uint8_t out[TEXT_OCTETS]) {
    size_t n = strlen(text) / 2;

    for (size_t i = 0; i < n; i++) {
        unsigned v;

        if (sscanf(text + 2 * i, "%2x", &v) != 1) {
            run_fail(r, "\"%s\" is not in hexadecimal digits", text);
            return -1;
        }
        out[i] = (uint8_t)v;
    }
    return (int)n;
}

bool ext_option(struct run *r, const struct ps_call *c, int64_t *ret) {
    static const int names[INL_IP6_EXTS] = {[INL_IP6_EXT_HOPOPTS] = IPV6_HOPOPTS,
                                            [INL_IP6_EXT_RTHDRDSTOPTS] = IPV6_RTHDRDSTOPTS,
                                            [INL_IP6_EXT_RTHDR] = IPV6_RTHDR,
                                            [INL_IP6_EXT_DSTOPTS] = IPV6_DSTOPTS};
    uint8_t header[TEXT_OCTETS];

    for (int i = 0; i < INL_IP6_EXTS; i++) {
        if (int_arg(c, 1, -1) == IPPROTO_IPV6 && int_arg(c, 2, -1) == names[i] &&
            c->args[3].kind == PS_ARG_TEXT) {
            const struct ps_fd *fd = fd_arg(r, c, 0);
            int n = octets_of(r, c->args[3].text, header);

            *ret = fd && n >= 0
                       ? inl_set_ip6_ext(r->stack, fd->sock, (enum inl_ip6_ext)i, header, (size_t)n)
                       : -1;
            return true;
        }
    }
    return false;
}

static void check(struct run *r, const struct ps_arg *m, const struct inl_msg *msg, int64_t n) {
    uint8_t want[TEXT_OCTETS];
    int len = octets_of(r, m->text, want);

    for (int64_t i = 0; i < n; i++) {
        if (((const uint8_t *)msg->buf)[i] != pattern_in((uint64_t)i)) {
            run_fail(r, "recvmsg(): byte %lld is not what was sent in", (long long)i);
            return;
        }
    }
    if (len >= 0 && (msg->ext_len != (size_t)len || memcmp(msg->ext, want, (size_t)len) != 0)) {
        run_fail(r, "recvmsg() gave other extension headers, or more or less of them: %zu octets",
                 msg->ext_len);
    }
}

int64_t receive_ext(struct run *r, const struct ps_call *c, const struct ps_arg *m, bool *again) {
    const struct ps_fd *fd = fd_arg(r, c, 0);
    uint8_t buf[2048], ext[256];
    struct inl_msg msg = {
        .buf = buf, .len_bytes = (size_t)m->v, .ext = ext, .ext_len = sizeof(ext)};
    int64_t n;

    if (!fd || m->v > (int64_t)sizeof(buf)) {
        return fd ? -EINVAL : -1;
    }
    n = inl_recvmsg(r->stack, fd->sock, &msg, 0);
    *again = n == -EAGAIN;
    if (n >= 0) {
        check(r, m, &msg, n < m->v ? n : m->v);
    }
    return n;
}

int64_t transmit_ext(struct run *r, const struct ps_call *c, const struct ps_arg *m, bool *again) {
    const struct ps_fd *fd = fd_arg(r, c, 0);
    uint8_t buf[2048], ext[TEXT_OCTETS];
    int len = octets_of(r, m->text, ext);
    struct inl_msg msg = {.buf = buf, .len_bytes = (size_t)m->v, .tos = -1, .ext = ext};
    int64_t n;

    if (!fd || len < 0 || m->v > (int64_t)sizeof(buf)) {
        return fd && len >= 0 ? -EINVAL : -1;
    }
    for (int64_t i = 0; i < m->v; i++) {
        buf[i] = pattern_out((uint64_t)i);
    }
    msg.ext_len = (size_t)len;
    n = inl_sendmsg(r->stack, fd->sock, &msg);
    *again = n == -EAGAIN;
    return n;
}
