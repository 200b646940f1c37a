/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sock.h - sockets of probes: set up as configured, and read with all that comes along
 */
#ifndef TOOLS_PROBE_SOCK_H
#define TOOLS_PROBE_SOCK_H

#include "tools/probe/probe.h"

#define SOCK_READ_MAX 65536

/* What one recvmsg() gave. */
struct sock_in {
    size_t len;
    union names_addr from; /* who sent it; of an error: who reported it */
    union names_addr to;   /* of an error: where the probe went */
    int64_t age_ns;
    int ttl; /* -1: not told */
    uint8_t opts[40], opts_len;
    bool is_error;
    uint8_t origin; /* SO_EE_ORIGIN_* */
    uint8_t type, code;
    uint32_t info;
    int err;
};

/* Non-blocking, source, link, TTL, TOS, fragments, options; asks for times and TTLs. 0 or -errno. */
int sock_setup(int fd, const struct probe_conf *conf);
/* Asks for errors through the error queue. */
int sock_want_errors(int fd, int family);
int sock_set_ttl(int fd, int family, unsigned ttl);

/* One message into @buf (SOCK_READ_MAX octets); @queue: from the error queue. 1, 0 (nothing), -errno. */
int sock_read(int fd, bool queue, uint8_t *buf, struct sock_in *ret);

/* Takes an error that the next call would report; it stays in the error queue. */
void sock_clear_error(int fd);

/* The part of an event that comes from an error queue. @before: octets of the probe's headers. */
void sock_error_event(const struct sock_in *in, const uint8_t *data, size_t before,
                      struct probe_event *ret);

#endif
