/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_fastopen.c - sendto and sendmsg that connect: MSG_FASTOPEN (RFC 7413 A)
 *
 * Three steps, each after the lab's answer to the one before: the socket shall ask for a cookie or
 * use the one that is known (TCP_FASTOPEN_CONNECT); connect; and, when that is done, the data is
 * put into the program's end of the pair, as if it had been written. With a cookie connect is done
 * at once, and the lab sends the SYN with what it finds in the pair. Without one a call that does
 * not wait ends in EINPROGRESS and nothing of the data is taken, as on Linux; one that waits goes
 * on after the handshake.
 *
 * Data that has no room in the pair, or is longer than 64 KiB, is taken in part: the call says how
 * much.
 */
#include "host/sup.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

/* Address, and for sendmsg its header. 0 or -errno. */
static int read_target(const struct call *call, struct msghdr *mh, struct proto_addr *ret) {
    uint64_t at = call->args[4];
    uint32_t len = (uint32_t)call->args[5];
    uint8_t buf[128];

    if (call->nr == SYS_sendmsg) {
        if (call_read(call, call->args[1], mh, sizeof(*mh)) < 0) {
            return -EFAULT;
        }
        at = (uint64_t)(uintptr_t)mh->msg_name;
        len = mh->msg_namelen;
    }
    if ((int32_t)len < 0) {
        return -EINVAL;
    }
    len = len < sizeof(buf) ? len : sizeof(buf);
    if (call_read(call, at, buf, len) < 0) {
        return -EFAULT;
    }
    int err = proto_addr_from_kernel(buf, len, ret);

    return err == 0 && ret->family != call->family ? -EINVAL : err;
}

static int64_t read_data(struct sup *sup, const struct call *call) {
    size_t len =
        call->args[2] < sizeof(sup->payload) ? (size_t)call->args[2] : sizeof(sup->payload);
    struct msghdr mh;

    if (call->nr == SYS_sendmsg) {
        return call_read(call, call->args[1], &mh, sizeof(mh)) < 0 ? -EFAULT
                                                                   : msg_gather(sup, call, &mh);
    }
    return call_read(call, call->args[1], sup->payload, len) < 0 ? -EFAULT : (int64_t)len;
}

static int64_t connected(struct sup *sup, struct call *call, const struct proto_msg *msg,
                         const void *payload) {
    int64_t r = connect_answer(sup, call, msg, payload);

    if (r == 0) {
        r = read_data(sup, call);
    }
    if (r > 0) {
        r = send(call->fd, sup->payload, (size_t)r, MSG_DONTWAIT | MSG_NOSIGNAL);
        r = r < 0 ? -errno : r;
    }
    return r;
}

/* That the option was refused says only what connect will say, too: the socket is open. */
static int64_t allowed(struct sup *sup, struct call *call, const struct proto_msg *msg,
                       const void *payload) {
    struct proto_msg connect;
    struct msghdr mh;

    (void)msg, (void)payload;
    proto_init(&connect, PROTO_CONNECT);
    int err = read_target(call, &mh, &connect.addr[0]);

    if (err < 0) {
        return err;
    }
    int flags = (int)(call->nr == SYS_sendmsg ? call->args[2] : call->args[3]);

    connect.arg[0] = (flags & MSG_DONTWAIT) != 0 || call_is_nonblocking(call);
    return ask(sup, call, &connect, NULL, 0, -1, connected);
}

int64_t call_fastopen(struct sup *sup, struct call *call) {
    struct proto_addr addr;
    struct proto_msg msg;
    struct msghdr mh;
    int err = read_target(call, &mh, &addr);

    if (err < 0) {
        return err;
    }
    proto_init(&msg, PROTO_SETOPT);
    msg.arg[0] = INL_OPT_TCP_FASTOPEN_CONNECT;
    msg.arg[1] = 1;
    return ask(sup, call, &msg, NULL, 0, -1, allowed);
}
