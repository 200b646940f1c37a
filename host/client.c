/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.c - simple conversations with a lab: one question, wait, its answers
 */
#include "host/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS 10000

/* Waits for the next message. 0 or -errno. */
static int next_message(int fd, struct proto_msg *msg, void *payload) {
    int passed = -1;

    for (;;) {
        struct pollfd pfd = {.fd = fd, .events = POLLIN};
        int got = proto_recv(fd, msg, payload, &passed);

        if (passed >= 0) {
            close(passed);
        }
        if (got > 0) {
            return 0;
        }
        if (got != -EAGAIN) {
            return got == 0 ? -ECONNRESET : got;
        }
        int n = poll(&pfd, 1, ANSWER_MS);

        if (n == 0) {
            return -ETIMEDOUT;
        }
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
    }
}

/* Sends a question with id 1, and takes its first answer. */
static int exchange(int fd, struct proto_msg *msg, void *payload, int pass_fd) {
    uint8_t op = msg->op;

    msg->id = 1;
    int err = proto_send(fd, msg, NULL, 0, pass_fd);

    while (err == 0) {
        err = next_message(fd, msg, payload);
        if (err == 0 && msg->is_reply && msg->op == op) {
            return msg->result < 0 ? msg->result : 0;
        }
    }
    return err;
}

int client_hello(int fd, const char *host, char ret_name[PROTO_TEXT_MAX]) {
    struct proto_msg msg;
    uint8_t *payload = malloc(PROTO_PAYLOAD_MAX);
    int err = payload == NULL ? -ENOMEM : 0;

    if (err == 0 && strlen(host) >= sizeof(msg.text)) {
        err = -ENOENT;
    }
    if (err == 0) {
        proto_init(&msg, PROTO_HELLO);
        memcpy(msg.text, host, strlen(host));
        err = exchange(fd, &msg, payload, -1);
    }
    if (err == 0 && ret_name != NULL) {
        memcpy(ret_name, msg.text, PROTO_TEXT_MAX);
    }
    free(payload);
    return err;
}

int client_ask(int fd, enum proto_op op, int (*fn)(void *ctx, const void *data, size_t len),
               void *ctx) {
    struct proto_msg msg;
    uint8_t *payload = malloc(PROTO_PAYLOAD_MAX);

    if (payload == NULL) {
        return -ENOMEM;
    }
    proto_init(&msg, op);
    int err = exchange(fd, &msg, payload, -1);

    while (err == 0) {
        if (msg.payload_len > 0 && fn != NULL) {
            err = fn(ctx, payload, msg.payload_len);
        }
        if (err < 0 || msg.arg[0] != 1) {
            break;
        }
        err = next_message(fd, &msg, payload);
        if (err == 0 && (!msg.is_reply || msg.op != op)) {
            err = -EPROTO;
        }
    }
    free(payload);
    return err;
}

int client_end(int fd, uint64_t cookie) {
    struct proto_msg msg;
    uint8_t *payload = malloc(PROTO_PAYLOAD_MAX);

    if (payload == NULL) {
        return -ENOMEM;
    }
    proto_init(&msg, PROTO_END);
    msg.cookie = cookie;
    int err = exchange(fd, &msg, payload, -1);

    free(payload);
    return err;
}

int client_trace(int fd, int trace_fd, enum proto_trace kind, bool may_lose) {
    struct proto_msg msg;
    uint8_t *payload = malloc(PROTO_PAYLOAD_MAX);

    if (payload == NULL) {
        return -ENOMEM;
    }
    proto_init(&msg, PROTO_TRACE);
    msg.arg[0] = kind;
    msg.arg[1] = may_lose;
    int err = exchange(fd, &msg, payload, trace_fd);

    free(payload);
    return err;
}
