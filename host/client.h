/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.h - simple conversations with a lab: one question, wait, its answers
 */
#ifndef HOST_CLIENT_H
#define HOST_CLIENT_H

#include "host/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Says HELLO for a host ("" for the only one). `ret_name` (may be NULL) gets the host's name. 0,
 * -ENOENT (no such host), -EDESTADDRREQ (which of several?), or -errno. */
int client_hello(int fd, const char *host, char ret_name[PROTO_TEXT_MAX]);

/* Asks `op` and calls `fn` for each answer that has a payload, until the last, or until `fn` returns
 * an error. 0 or -errno. */
int client_ask(int fd, enum proto_op op, int (*fn)(void *ctx, const void *data, size_t len),
               void *ctx);

/* The next of the records that an answer holds, each of @bytes: false after the last. */
static inline bool client_next(const void **at, size_t *len, void *ret, size_t bytes) {
    if (*len < bytes) {
        return false;
    }
    memcpy(ret, *at, bytes);
    *at = (const uint8_t *)*at + bytes;
    *len -= bytes;
    return true;
}

/* Ends a connection of a program: its cookie is struct proto_sock's. 0, -EBADF (gone already),
 * -EOPNOTSUPP (no connection). */
int client_end(int fd, uint64_t cookie);

/* Has the lab write frames to trace_fd. `may_lose`: it is a pipe of our own, and lines are rather
 * lost than waited for. 0 or -errno. */
int client_trace(int fd, int trace_fd, enum proto_trace kind, bool may_lose);

#endif
