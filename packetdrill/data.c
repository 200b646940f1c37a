/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * data.c - the calls that move bytes: read to recvmsg, write to sendmsg, pipes and splices
 *
 * Each is turned into one struct transfer over a list of buffers. A blocking write goes on until
 * all is taken, as Linux does; what it has taken counts when an error or the end of its time comes.
 * A pipe is the kernel's; splice copies between it and a socket.
 */
#include "packetdrill/plug.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRANSFER_MAX ((size_t)64 << 20)
#define KNOWN_RECV                                                                                 \
    (MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC)
#define KNOWN_SEND                                                                                 \
    (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR | MSG_ZEROCOPY | MSG_MORE | MSG_OOB | MSG_FASTOPEN)

struct transfer {
    const struct plug_fd *f;
    uint8_t *buf; /* all buffers in a row */
    size_t len;
    size_t done;
    int flags;
    bool addressed;
    struct inl_sockaddr peer; /* to, or from */
};

static size_t iov_total(const struct iovec *iov, size_t n) {
    size_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (iov[i].iov_len > TRANSFER_MAX - sum) {
            return TRANSFER_MAX;
        }
        sum += iov[i].iov_len;
    }
    return sum;
}

static inl_time until(const struct plug *p, inl_dur timeout_ns) {
    return timeout_ns ? inl_time_add(p->now, timeout_ns) : INL_TIME_NEVER;
}

/* ---- receive ---- */

static int64_t recv_try(struct plug *p, void *ctx) {
    struct transfer *t = ctx;
    int flags = (t->flags & MSG_PEEK ? INL_MSG_PEEK : 0) | (t->f->dgram ? INL_MSG_TRUNC : 0);
    int64_t n = inl_recvfrom(p->stack, t->f->sock, t->buf + t->done, t->len - t->done, flags,
                             &t->peer, NULL);

    if (n < 0) {
        return n != -EAGAIN && t->done ? (int64_t)t->done : n;
    }
    if (!(t->flags & MSG_WAITALL) || t->f->dgram || (t->flags & MSG_PEEK)) {
        return n;
    }
    t->done += (size_t)n;
    return n == 0 || t->done == t->len ? (int64_t)t->done : -EAGAIN;
}

static int64_t receive(struct plug *p, struct transfer *t) {
    bool nonblock = t->f->nonblock || (t->flags & MSG_DONTWAIT);
    int64_t n;

    if (t->flags & ~KNOWN_RECV) {
        return t->flags & MSG_ERRQUEUE ? -EAGAIN : -EOPNOTSUPP; /* no error queue: it is empty */
    }
    t->buf = malloc(t->len + 1);
    if (!t->buf) {
        return -ENOMEM;
    }
    n = plug_block(p, nonblock, until(p, t->f->rcv_timeout_ns), recv_try, t);
    return n == -EAGAIN && t->done ? (int64_t)t->done : n;
}

/* MSG_TRUNC of a stream throws the bytes away. */
static void scatter(const struct transfer *t, const struct iovec *iov, size_t n, int64_t got) {
    size_t left = got > 0 ? (size_t)got : 0;
    const uint8_t *from = t->buf;

    left = left < t->len ? left : t->len;
    for (size_t i = 0; i < n && left && (t->f->dgram || !(t->flags & MSG_TRUNC)); i++) {
        size_t part = iov[i].iov_len < left ? iov[i].iov_len : left;

        memcpy(iov[i].iov_base, from, part);
        from += part;
        left -= part;
    }
}

static ssize_t recv_iov(struct plug *p, int fd, const struct iovec *iov, size_t n, int flags,
                        struct sockaddr *src, socklen_t *srclen, int *ret_flags) {
    struct transfer t = {.flags = flags, .len = iov_total(iov, n)};
    int64_t got = -ENOTSOCK;

    plug_lock(p);
    t.f = plug_find(p, fd, PLUG_SOCK);
    if (t.f) {
        got = receive(p, &t);
        scatter(&t, iov, n, got);
        *ret_flags = t.f->dgram && got > (int64_t)t.len ? MSG_TRUNC : 0;
        if (*ret_flags && !(flags & MSG_TRUNC)) {
            got = (int64_t)t.len;
        }
        if (got >= 0 && t.f->dgram) {
            plug_addr_out(t.f, &t.peer, src, srclen);
        } else if (srclen) {
            *srclen = 0; /* a stream names nobody */
        }
    }
    free(t.buf);
    return plug_unlock(p, got);
}

static bool is_ours(struct plug *p, int fd) {
    bool ours;

    pthread_mutex_lock(&p->lock);
    ours = plug_find(p, fd, PLUG_SOCK) != NULL;
    pthread_mutex_unlock(&p->lock);
    return ours;
}

static ssize_t do_readv(void *userdata, int fd, const struct iovec *iov, int iovcnt) {
    int flags;

    if (!is_ours(userdata, fd)) {
        return readv(fd, iov, iovcnt);
    }
    return recv_iov(userdata, fd, iov, (size_t)iovcnt, 0, NULL, NULL, &flags);
}

static ssize_t do_read(void *userdata, int fd, void *buf, size_t count) {
    struct iovec iov = {buf, count};

    return do_readv(userdata, fd, &iov, 1);
}

static ssize_t do_recvfrom(void *userdata, int fd, void *buf, size_t len, int flags,
                           struct sockaddr *src, socklen_t *srclen) {
    struct iovec iov = {buf, len};
    int out;

    return recv_iov(userdata, fd, &iov, 1, flags, src, srclen, &out);
}

static ssize_t do_recv(void *userdata, int fd, void *buf, size_t len, int flags) {
    return do_recvfrom(userdata, fd, buf, len, flags, NULL, NULL);
}

static ssize_t do_recvmsg(void *userdata, int fd, struct msghdr *msg, int flags) {
    socklen_t namelen = msg->msg_namelen;
    int out = 0;
    ssize_t n = recv_iov(userdata, fd, msg->msg_iov, msg->msg_iovlen, flags, msg->msg_name,
                         msg->msg_name ? &namelen : NULL, &out);

    if (n >= 0) {
        msg->msg_namelen = msg->msg_name ? namelen : 0;
        msg->msg_controllen = 0;
        msg->msg_flags = out;
    }
    return n;
}

/* ---- send ---- */

static int64_t send_try(struct plug *p, void *ctx) {
    struct transfer *t = ctx;
    const uint8_t *from = t->buf + t->done;
    size_t left = t->len - t->done;
    bool nonblock = t->f->nonblock || (t->flags & MSG_DONTWAIT);
    int flags = (t->flags & MSG_MORE ? INL_MSG_MORE : 0) | (t->flags & MSG_OOB ? INL_MSG_OOB : 0) |
                (t->flags & MSG_FASTOPEN ? INL_MSG_FASTOPEN : 0);
    int64_t n = t->addressed ? inl_sendto(p->stack, t->f->sock, from, left, flags, &t->peer)
                             : inl_send(p->stack, t->f->sock, from, left, flags);

    if (n == -EINPROGRESS && (t->flags & MSG_FASTOPEN) && !nonblock) {
        t->flags &= ~MSG_FASTOPEN; /* no cookie: the data waits for the handshake */
        t->addressed = false;
        return -EAGAIN;
    }
    if (n < 0) {
        return n != -EAGAIN && t->done ? (int64_t)t->done : n;
    }
    t->done += (size_t)n;
    if (t->f->dgram || t->done == t->len || nonblock) {
        return (int64_t)t->done;
    }
    return -EAGAIN;
}

static int64_t transmit(struct plug *p, struct transfer *t, const struct iovec *iov, size_t n) {
    bool nonblock = t->f->nonblock || (t->flags & MSG_DONTWAIT);
    size_t at = 0;
    int64_t rc;

    if (t->flags & ~KNOWN_SEND) {
        return -EOPNOTSUPP;
    }
    t->buf = malloc(t->len + 1);
    if (!t->buf) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        size_t part = iov[i].iov_len < t->len - at ? iov[i].iov_len : t->len - at;

        if (part) {
            memcpy(t->buf + at, iov[i].iov_base, part);
        }
        at += part;
    }
    rc = plug_block(p, nonblock, until(p, t->f->snd_timeout_ns), send_try, t);
    return rc == -EAGAIN && t->done ? (int64_t)t->done : rc;
}

static ssize_t send_iov(struct plug *p, int fd, const struct iovec *iov, size_t n, int flags,
                        const struct sockaddr *dest, socklen_t destlen) {
    struct transfer t = {.flags = flags, .len = iov_total(iov, n)};
    int64_t rc = -ENOTSOCK;
    int err = 0;

    plug_lock(p);
    t.f = plug_find(p, fd, PLUG_SOCK);
    if (t.f) {
        t.addressed = dest != NULL;
        rc = !dest || plug_addr_in(t.f, dest, destlen, &t.peer, &err) ? transmit(p, &t, iov, n)
                                                                      : err;
    }
    free(t.buf);
    return plug_unlock(p, rc);
}

static ssize_t do_writev(void *userdata, int fd, const struct iovec *iov, int iovcnt) {
    if (!is_ours(userdata, fd)) {
        return writev(fd, iov, iovcnt);
    }
    return send_iov(userdata, fd, iov, (size_t)iovcnt, 0, NULL, 0);
}

/* The copy of the pointer drops the const that struct iovec has no place for. */
static struct iovec iov_of(const void *buf, size_t len) {
    struct iovec iov = {.iov_len = len};

    memcpy(&iov.iov_base, &buf, sizeof(buf));
    return iov;
}

static ssize_t do_write(void *userdata, int fd, const void *buf, size_t count) {
    struct iovec iov = iov_of(buf, count);

    return do_writev(userdata, fd, &iov, 1);
}

static ssize_t do_sendto(void *userdata, int fd, const void *buf, size_t len, int flags,
                         const struct sockaddr *dest, socklen_t destlen) {
    struct iovec iov = iov_of(buf, len);

    return send_iov(userdata, fd, &iov, 1, flags, dest, destlen);
}

static ssize_t do_send(void *userdata, int fd, const void *buf, size_t len, int flags) {
    return do_sendto(userdata, fd, buf, len, flags, NULL, 0);
}

static ssize_t do_sendmsg(void *userdata, int fd, const struct msghdr *msg, int flags) {
    return send_iov(userdata, fd, msg->msg_iov, msg->msg_iovlen, flags,
                    msg->msg_namelen ? msg->msg_name : NULL, msg->msg_namelen);
}

/* ---- pipes ---- */

static int do_pipe(void *userdata, int fds[2]) {
    (void)userdata;
    return pipe2(fds, O_NONBLOCK | O_CLOEXEC);
}

#define SPLICE_CHUNK 16384

/* Moves a piece; what the other end did not take is still where it was. */
static ssize_t from_socket(struct plug *p, int fd_in, int fd_out, size_t len, int flags) {
    uint8_t buf[SPLICE_CHUNK];
    ssize_t n = do_recv(p, fd_in, buf, len < sizeof(buf) ? len : sizeof(buf), flags | MSG_PEEK);
    ssize_t put;
    struct iovec iov = {.iov_base = buf};
    int out;

    if (n <= 0) {
        return n;
    }
    put = write(fd_out, buf, (size_t)n);
    if (put <= 0) {
        return put;
    }
    iov.iov_len = (size_t)put;
    return recv_iov(p, fd_in, &iov, 1, 0, NULL, NULL, &out);
}

static ssize_t to_socket(struct plug *p, int fd_in, int fd_out, size_t len, int flags) {
    uint8_t buf[SPLICE_CHUNK];
    ssize_t n = read(fd_in, buf, len < sizeof(buf) ? len : sizeof(buf));

    return n <= 0 ? n : do_send(p, fd_out, buf, (size_t)n, flags);
}

static int do_splice(void *userdata, int fd_in, loff_t *off_in, int fd_out, loff_t *off_out,
                     size_t len, unsigned flags) {
    int dontwait = flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0;
    bool in = is_ours(userdata, fd_in);
    bool out = is_ours(userdata, fd_out);
    int total = 0;

    if (off_in || off_out) {
        errno = ESPIPE;
        return -1;
    }
    if (in == out) {
        errno = EINVAL;
        return -1;
    }
    len = len < TRANSFER_MAX ? len : TRANSFER_MAX;
    while ((size_t)total < len) {
        int wait = total ? MSG_DONTWAIT : dontwait;
        ssize_t n = in ? from_socket(userdata, fd_in, fd_out, len - (size_t)total, wait)
                       : to_socket(userdata, fd_in, fd_out, len - (size_t)total, dontwait);

        if (n <= 0) {
            return total ? total : (int)n;
        }
        total += (int)n;
    }
    return total;
}

void plug_data(struct packetdrill_interface *itf) {
    itf->read = do_read;
    itf->readv = do_readv;
    itf->recv = do_recv;
    itf->recvfrom = do_recvfrom;
    itf->recvmsg = do_recvmsg;
    itf->write = do_write;
    itf->writev = do_writev;
    itf->send = do_send;
    itf->sendto = do_sendto;
    itf->sendmsg = do_sendmsg;
    itf->pipe = do_pipe;
    itf->splice = do_splice;
}
