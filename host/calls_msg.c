/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_msg.c - datagrams with addresses: sendto, recvfrom, sendmsg, recvmsg, sendmmsg, recvmmsg
 *
 * Streams, and datagrams to a connected peer, need nothing of this: the kernel moves their bytes
 * through the pair, and these calls go on there (CALL_CONTINUE).
 *
 * Sending: a datagram with an address travels to the lab as a message of its own.
 *
 * Receiving: the lab puts every datagram into the pair with a descriptor attached, a memfd that
 * holds a struct proto_token with the sender's address. read() and recv() never see it (the kernel
 * discards descriptors for which the receiver has no room), MSG_PEEK sees it again, and whichever
 * of several threads takes a datagram takes its address along: no second queue that could get out
 * of step. So recvfrom() and recvmsg() read a copy of the program's descriptor here, look into
 * the memfd, and write data and address into the program's memory.
 *
 * Control data are cmsg.c's, errors calls_err.c's, calls without an address calls_plain.c's. Not
 * done: recvmmsg() waits for its first datagram only.
 */
#include "host/sup.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MSGS_MAX 1024 /* UIO_MAXIOV: what the kernel takes of sendmmsg's vector */

/* ---- sending ---- */

static int read_addr(const struct call *call, uint64_t at, uint32_t len, struct proto_addr *ret) {
    uint8_t buf[128];
    size_t n = len < sizeof(buf) ? len : sizeof(buf);

    if ((int32_t)len < 0) {
        return -EINVAL;
    }
    return call_read(call, at, buf, n) < 0 ? -EFAULT : proto_addr_from_kernel(buf, n, ret);
}

/* Asks the lab to send `len` bytes of sup->payload; msg says where and how. */
static int64_t send_payload(struct sup *sup, struct call *call, struct proto_msg *msg, size_t len,
                            call_answer_fn answer) {
    const struct proto_addr *to = &msg->addr[0];

    if (to->family != 0 && to->family != call->family) {
        return -EAFNOSUPPORT;
    }
    return ask(sup, call, msg, sup->payload, len, -1, answer);
}

int64_t call_sendto(struct sup *sup, struct call *call) {
    struct proto_msg msg;

    if (call->args[4] == 0) {
        return call_plain_write(sup, call);
    }
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    if (call->type == INL_SOCK_STREAM) {
        return ((int)call->args[3] & MSG_FASTOPEN) != 0 ? call_fastopen(sup, call) : -EISCONN;
    }
    /* what is too long for any packet is cut here, and still too long for the engine to say so */
    size_t len =
        call->args[2] < sizeof(sup->payload) ? (size_t)call->args[2] : sizeof(sup->payload);

    proto_init(&msg, PROTO_SENDTO);
    int err = read_addr(call, call->args[4], (uint32_t)call->args[5], &msg.addr[0]);

    if (err == 0 && msg.addr[0].family == 0) {
        err = -EINVAL;
    }
    if (err == 0) {
        err = call_read(call, call->args[1], sup->payload, len);
    }
    return err < 0 ? err : send_payload(sup, call, &msg, len, ask_result);
}

/* Reads a struct msghdr's vector. */
static int read_iov(const struct call *call, const struct msghdr *mh, struct iovec iov[IOV_MAX]) {
    if (mh->msg_iovlen > IOV_MAX) {
        return -EMSGSIZE;
    }
    return call_read(call, (uint64_t)(uintptr_t)mh->msg_iov, iov,
                     mh->msg_iovlen * sizeof(struct iovec));
}

int64_t msg_gather(struct sup *sup, const struct call *call, const struct msghdr *mh) {
    struct iovec iov[IOV_MAX];
    int err = read_iov(call, mh, iov);
    size_t len = 0;

    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < mh->msg_iovlen; i++) {
        if (iov[i].iov_len > sizeof(sup->payload) - len) {
            return -EMSGSIZE;
        }
        if (call_read(call, (uint64_t)(uintptr_t)iov[i].iov_base, sup->payload + len,
                      iov[i].iov_len) < 0) {
            return -EFAULT;
        }
        len += iov[i].iov_len;
    }
    return (int64_t)len;
}

/* Reads address and control data of a message. 0 or -errno. */
static int read_header(const struct call *call, const struct msghdr *mh, struct proto_msg *msg,
                       uint8_t ext[INL_IP6_EXT_MAX_BYTES]) {
    uint8_t control[CMSG_BYTES_MAX];
    int err = 0;

    proto_init(msg, PROTO_SENDTO);
    if (mh->msg_name != NULL) {
        err = read_addr(call, (uint64_t)(uintptr_t)mh->msg_name, mh->msg_namelen, &msg->addr[0]);
        if (err == 0 && msg->addr[0].family == 0) {
            err = -EINVAL;
        }
    }
    if (err < 0 || mh->msg_controllen == 0) {
        return err;
    }
    if (mh->msg_controllen > sizeof(control)) {
        return -EINVAL;
    }
    if (call_read(call, (uint64_t)(uintptr_t)mh->msg_control, control, mh->msg_controllen) < 0) {
        return -EFAULT;
    }
    return cmsg_to_send(control, mh->msg_controllen, msg, ext);
}

static int64_t send_header(struct sup *sup, struct call *call, const struct msghdr *mh,
                           call_answer_fn answer) {
    uint8_t ext[INL_IP6_EXT_MAX_BYTES];
    struct proto_msg msg;
    int err = read_header(call, mh, &msg, ext);

    if (err < 0) {
        return err;
    }
    int64_t len = msg_gather(sup, call, mh);

    if (len < 0) {
        return len;
    }
    if (msg.ext_len > sizeof(sup->payload) - (size_t)len) {
        return -EMSGSIZE;
    }
    memcpy(sup->payload + len, ext, msg.ext_len);
    return send_payload(sup, call, &msg, (size_t)len + msg.ext_len, answer);
}

int64_t call_sendmsg(struct sup *sup, struct call *call) {
    struct msghdr mh;
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    if (call_read(call, call->args[1], &mh, sizeof(mh)) < 0) {
        return -EFAULT;
    }
    if (call->type == INL_SOCK_STREAM && mh.msg_name != NULL &&
        ((int)call->args[2] & MSG_FASTOPEN) != 0) {
        return call_fastopen(sup, call);
    }
    if (call->type == INL_SOCK_STREAM) {
        return CALL_CONTINUE;
    }
    if (mh.msg_name == NULL && mh.msg_controllen == 0) {
        return plain_send(sup, call);
    }
    return send_header(sup, call, &mh, ask_result);
}

/* sendmmsg: call->value[0] is how many were sent, value[1] whether any needs us at all. */
static int64_t sendmmsg_next(struct sup *sup, struct call *call);

static int64_t sendmmsg_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                               const void *payload) {
    uint64_t at = call->args[1] + (uint64_t)call->value[0] * sizeof(struct mmsghdr) +
                  offsetof(struct mmsghdr, msg_len);
    uint32_t len = (uint32_t)msg->result;

    (void)payload;
    if (msg->result < 0) {
        return call->value[0] > 0 ? call->value[0] : msg->result;
    }
    if (call_write(call, at, &len, sizeof(len)) < 0) {
        return -EFAULT;
    }
    call->value[0]++;
    return sendmmsg_next(sup, call);
}

static int64_t sendmmsg_next(struct sup *sup, struct call *call) {
    struct mmsghdr mm;
    uint64_t at = call->args[1] + (uint64_t)call->value[0] * sizeof(mm);
    int64_t r;

    if ((uint64_t)call->value[0] >= (uint32_t)call->args[2] || call->value[0] >= MSGS_MAX) {
        return call->value[0];
    }
    if (call_read(call, at, &mm, sizeof(mm)) < 0) {
        r = -EFAULT;
    } else if (mm.msg_hdr.msg_name == NULL) {
        r = -EDESTADDRREQ; /* a mixture of both kinds in one call */
    } else {
        r = send_header(sup, call, &mm.msg_hdr, sendmmsg_answer);
    }
    return r < 0 && call->value[0] > 0 ? call->value[0] : r;
}

int64_t call_sendmmsg(struct sup *sup, struct call *call) {
    struct mmsghdr first;
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    if ((uint32_t)call->args[2] == 0) {
        return 0;
    }
    if (call_read(call, call->args[1], &first, sizeof(first)) < 0) {
        return -EFAULT;
    }
    if (call->type == INL_SOCK_STREAM || first.msg_hdr.msg_name == NULL) {
        return CALL_CONTINUE;
    }
    return sendmmsg_next(sup, call);
}

/* ---- receiving ---- */

/* Takes one datagram of the pair; its length or -errno. */
static ssize_t take_one(int fd, void *buf, size_t cap, int flags, struct proto_token *ret_token) {
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {buf, cap};
    struct msghdr mh = {.msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control.buf,
                        .msg_controllen = sizeof(control.buf)};
    ssize_t n = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC | flags);

    memset(ret_token, 0, sizeof(*ret_token));
    if (n < 0) {
        return -errno;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

    if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
        struct proto_token token;
        int memfd;

        memcpy(&memfd, CMSG_DATA(c), sizeof(memfd));
        if (pread(memfd, &token, sizeof(token), 0) == (ssize_t)sizeof(token) &&
            token.magic == PROTO_MAGIC) {
            *ret_token = token;
        }
        close(memfd);
    }
    return n;
}

/* Nothing comes any more. */
static bool hung_up(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP)) != 0;
}

/* Returns the real length; the token is all zero if nothing is known of its sender. The word that
 * an error waits is no datagram: it goes, and is remembered as what it says. */
int64_t msg_take(struct sup *sup, struct call *call, int flags, struct proto_token *ret_token) {
    if (sup_sock_is_pending(sup, call->cookie)) {
        return -EAGAIN; /* errors come first, and msg_wait() tells them */
    }
    ssize_t n = take_one(call->fd, sup->payload, sizeof(sup->payload), flags & MSG_PEEK, ret_token);

    if (n == 0 && ret_token->magic == 0 && hung_up(call->fd)) {
        return -EAGAIN;
    }
    if (n != 0 || ret_token->error == 0) {
        return n;
    }
    if ((flags & MSG_PEEK) != 0) {
        take_one(call->fd, sup->payload, sizeof(sup->payload), 0, ret_token);
    }
    sup_sock_erring(sup, call->cookie, SUP_ERR_PENDING, 0);
    return -EAGAIN;
}

static bool may_wait(const struct call *call, int flags) {
    return (flags & MSG_DONTWAIT) == 0 && !call_is_nonblocking(call);
}

int64_t msg_wait(struct sup *sup, struct call *call, int flags, call_resume_fn again) {
    if (sup_sock_is_pending(sup, call->cookie)) {
        return call_pending_error(sup, call, again);
    }
    if (hung_up(call->fd)) {
        return call_ended(sup, call, 0);
    }
    return may_wait(call, flags) ? call_wait(sup, call, again, SO_RCVTIMEO, -EAGAIN) : -EAGAIN;
}

void msg_drop_words(const struct call *call) {
    struct proto_token token;
    uint8_t byte;

    while (take_one(call->fd, &byte, sizeof(byte), MSG_PEEK, &token) == 0 && token.error != 0) {
        take_one(call->fd, &byte, sizeof(byte), 0, &token);
    }
}

/* What the program gets of a datagram of n bytes: call->value[0] are its flags. */
static int64_t told_length(int flags, int64_t n, size_t room) {
    return (flags & MSG_TRUNC) != 0 || (size_t)n <= room ? n : (int64_t)room;
}

int64_t msg_recvfrom(struct sup *sup, struct call *call) {
    int flags = (int)call->args[3];
    size_t room = (size_t)call->args[2];
    struct proto_token token;
    int64_t n = msg_take(sup, call, flags, &token);

    if (n < 0) {
        return n == -EAGAIN ? msg_wait(sup, call, flags, msg_recvfrom) : n;
    }
    if (call_write(call, call->args[1], sup->payload, (size_t)n < room ? (size_t)n : room) < 0) {
        return -EFAULT;
    }
    int err = call_write_addr(call, &token.remote, call->args[4], call->args[5]);

    call->has_effect = (flags & MSG_PEEK) == 0;
    return err < 0 ? err : told_length(flags, n, room);
}

int64_t call_recvfrom(struct sup *sup, struct call *call) {
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    return call->type == INL_SOCK_STREAM ? CALL_CONTINUE : msg_recvfrom(sup, call);
}

int64_t msg_scatter(struct sup *sup, const struct call *call, const struct msghdr *mh, size_t n) {
    struct iovec iov[IOV_MAX];
    int err = read_iov(call, mh, iov);
    size_t done = 0;

    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < mh->msg_iovlen; i++) {
        size_t piece = iov[i].iov_len < n - done ? iov[i].iov_len : n - done;

        if (call_write(call, (uint64_t)(uintptr_t)iov[i].iov_base, sup->payload + done, piece) <
            0) {
            return -EFAULT;
        }
        done += piece;
    }
    return (int64_t)done;
}

int msg_finish(const struct call *call, uint64_t at, struct msghdr *mh,
               const struct proto_addr *from, const uint8_t *control, size_t control_len) {
    struct sockaddr_storage sa;

    if (mh->msg_name != NULL) {
        size_t len = proto_addr_to_kernel(from, call->family, &sa);
        size_t room = mh->msg_namelen < len ? mh->msg_namelen : len;

        mh->msg_namelen = (socklen_t)len;
        if (call_write(call, (uint64_t)(uintptr_t)mh->msg_name, &sa, room) < 0) {
            return -EFAULT;
        }
    }
    if (control_len > mh->msg_controllen) {
        mh->msg_flags |= MSG_CTRUNC;
        control_len = 0;
    }
    mh->msg_controllen = control_len;
    if (control_len > 0 &&
        call_write(call, (uint64_t)(uintptr_t)mh->msg_control, control, control_len) < 0) {
        return -EFAULT;
    }
    return call_write(call, at, mh, sizeof(*mh));
}

/* Receives one datagram into the struct msghdr at `at`; its length or -errno. */
static int64_t receive_at(struct sup *sup, struct call *call, uint64_t at, int flags) {
    uint8_t control[CMSG_BYTES_MAX];
    struct proto_token token;
    struct msghdr mh;

    if (call_read(call, at, &mh, sizeof(mh)) < 0) {
        return -EFAULT;
    }
    int64_t n = msg_take(sup, call, flags, &token);

    if (n < 0) {
        return n;
    }
    int64_t got = msg_scatter(sup, call, &mh, (size_t)n);

    if (got < 0) {
        return got;
    }
    mh.msg_flags = got < n ? MSG_TRUNC : 0;
    size_t len = cmsg_received(call->family, sup_sock_wants(sup, call->cookie), &token, control);

    if (msg_finish(call, at, &mh, &token.remote, control, len) < 0) {
        return -EFAULT;
    }
    call->has_effect = (flags & MSG_PEEK) == 0;
    return (flags & MSG_TRUNC) != 0 ? n : got;
}

static int64_t recvmsg_try(struct sup *sup, struct call *call) {
    int flags = (int)call->args[2];

    if ((flags & MSG_ERRQUEUE) != 0) {
        return call_recverr(sup, call);
    }
    int64_t n = receive_at(sup, call, call->args[1], flags);

    return n == -EAGAIN ? msg_wait(sup, call, flags, recvmsg_try) : n;
}

int64_t call_recvmsg(struct sup *sup, struct call *call) {
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    return call->type == INL_SOCK_STREAM ? CALL_CONTINUE : recvmsg_try(sup, call);
}

static int64_t recvmmsg_try(struct sup *sup, struct call *call) {
    uint32_t want = (uint32_t)call->args[2], done = 0;
    int flags = (int)call->args[3];
    int64_t n = 0;

    while (done < want && done < MSGS_MAX) {
        uint64_t at = call->args[1] + (uint64_t)done * sizeof(struct mmsghdr);

        n = receive_at(sup, call, at, flags);
        uint32_t len = (uint32_t)n;

        if (n < 0 || call_write(call, at + offsetof(struct mmsghdr, msg_len), &len, sizeof(len))) {
            break;
        }
        done++;
    }
    if (done == 0 && n == -EAGAIN) {
        return msg_wait(sup, call, flags, recvmmsg_try);
    }
    return done > 0 ? done : n;
}

int64_t call_recvmmsg(struct sup *sup, struct call *call) {
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    return call->type == INL_SOCK_STREAM ? CALL_CONTINUE : recvmmsg_try(sup, call);
}
