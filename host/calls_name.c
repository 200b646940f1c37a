/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_name.c - getsockname and getpeername
 *
 * The lab answers from the engine. A socket whose connection was reset is gone there while the
 * program still holds its end; then the answer is that of a socket without a peer.
 */
#include "host/sup.h"

#include <errno.h>

static int64_t name_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                           const void *payload) {
    (void)sup, (void)payload;
    if (msg->result < 0) {
        return msg->result == -EBADF ? -ENOTCONN : msg->result;
    }
    return call_write_addr(call, &msg->addr[0], call->args[1], call->args[2]);
}

static int64_t ask_name(struct sup *sup, struct call *call, enum proto_op op) {
    struct proto_msg msg;
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    if (call->args[1] == 0 || call->args[2] == 0) {
        return -EFAULT;
    }
    proto_init(&msg, op);
    return ask(sup, call, &msg, NULL, 0, -1, name_answer);
}

int64_t call_getsockname(struct sup *sup, struct call *call) {
    return ask_name(sup, call, PROTO_SOCKNAME);
}

int64_t call_getpeername(struct sup *sup, struct call *call) {
    return ask_name(sup, call, PROTO_PEERNAME);
}
