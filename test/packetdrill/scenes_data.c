/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenes_data.c - bytes in and out by every call, options, descriptors
 */
#include "scenes.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void data_in(struct tool *t, uint32_t seq, uint32_t ack, uint32_t len) {
    tool_in(t, &(struct seg){.flags = PSH | ACK, .seq = seq, .ack = ack, .len = len});
}

/* Bytes as tool_in() makes them. */
static bool is_stream(const void *data, uint32_t seq, size_t n) {
    const uint8_t *p = data;

    for (size_t i = 0; i < n; i++) {
        if (p[i] != (uint8_t)(seq + i)) {
            return false;
        }
    }
    return true;
}

void scene_buffers(struct tool *t) {
    int fd = tool_established(t);
    char a[10];
    char b[30];
    struct iovec iov[2] = {{a, sizeof(a)}, {b, sizeof(b)}};
    struct seg s;

    data_in(t, 1, 1, 100);
    CHECK(t->itf.read(t->u, fd, a, 10) == 10 && is_stream(a, 1, 10));
    CHECK(t->itf.readv(t->u, fd, iov, 2) == 40 && is_stream(a, 11, 10) && is_stream(b, 21, 30));
    CHECK(t->itf.recv(t->u, fd, a, 10, MSG_PEEK) == 10 && is_stream(a, 51, 10));
    CHECK(t->itf.recv(t->u, fd, a, 10, 0) == 10 && is_stream(a, 51, 10));
    CHECK(t->itf.recvfrom(t->u, fd, a, 10, 0, NULL, NULL) == 10 && is_stream(a, 61, 10));
    memset(a, 'x', sizeof(a));
    CHECK(t->itf.recv(t->u, fd, a, 10, MSG_TRUNC) == 10 && a[0] == 'x'); /* thrown away */
    CHECK(t->itf.recv(t->u, fd, b, 30, MSG_DONTWAIT) == 20 && is_stream(b, 81, 20));
    CHECK_ERRNO(t->itf.recv(t->u, fd, b, 30, MSG_DONTWAIT), EAGAIN);
    CHECK_ERRNO(t->itf.recv(t->u, fd, b, 30, MSG_ERRQUEUE | MSG_DONTWAIT), EAGAIN);
    tool_expect(t, ACK, 1, 101, 0);
    memcpy(a, "0123456789", 10);
    memset(b, 'b', sizeof(b));
    CHECK(t->itf.write(t->u, fd, a, 10) == 10);
    s = tool_expect(t, PSH | ACK, 1, 101, 10);
    CHECK(memcmp(s.payload, "0123456789", 10) == 0);
    data_in(t, 101, 11, 0);
    CHECK(t->itf.writev(t->u, fd, iov, 2) == 40);
    s = tool_expect(t, PSH | ACK, 11, 101, 40);
    CHECK(memcmp(s.payload, "0123456789bbb", 13) == 0);
    data_in(t, 101, 51, 0);
    CHECK(t->itf.send(t->u, fd, a, 5, MSG_NOSIGNAL) == 5);
    tool_expect(t, PSH | ACK, 51, 101, 5);
    data_in(t, 101, 56, 0);
    CHECK(t->itf.sendto(t->u, fd, a, 5, 0, NULL, 0) == 5);
    tool_expect(t, PSH | ACK, 56, 101, 5);
    CHECK_ERRNO(t->itf.send(t->u, 900, a, 5, 0), ENOTSOCK);
    CHECK_ERRNO(t->itf.recv(t->u, 900, a, 5, 0), ENOTSOCK);
}

void scene_messages(struct tool *t) {
    int fd = tool_established(t);
    char a[10];
    char control[64];
    struct iovec iov = {a, sizeof(a)};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control};

    data_in(t, 1, 1, 10);
    m.msg_controllen = sizeof(control);
    CHECK(t->itf.recvmsg(t->u, fd, &m, MSG_WAITALL) == 10 && is_stream(a, 1, 10));
    CHECK(m.msg_controllen == 0 && m.msg_flags == 0);
    tool_expect(t, ACK, 1, 11, 0);
    m.msg_control = NULL;
    CHECK(t->itf.sendmsg(t->u, fd, &m, 0) == 10);
    tool_expect(t, PSH | ACK, 1, 11, 10);
    CHECK_ERRNO(t->itf.sendmsg(t->u, fd, &m, MSG_PEEK), EOPNOTSUPP);
    data_in(t, 11, 11, 0);
    CHECK(t->itf.sendmsg(t->u, fd, &m, MSG_MORE) == 10); /* waits for more */
    CHECK(t->itf.sendmsg(t->u, fd, &m, MSG_OOB) == 10);
    tool_expect(t, PSH | ACK | 32, 11, 11, 20);
}

void scene_flags(struct tool *t) {
    int fd = tool_established(t);
    char b[20];
    int n = -1;
    int on = 1;

    CHECK(t->itf.fcntl(t->u, fd, F_GETFL, 0) == O_RDWR);
    CHECK(t->itf.fcntl(t->u, fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
    CHECK(t->itf.fcntl(t->u, fd, F_GETFL, 0) == (O_RDWR | O_NONBLOCK));
    CHECK(t->itf.fcntl(t->u, fd, F_GETFD, 0) == FD_CLOEXEC); /* the kernel's part */
    CHECK_ERRNO(t->itf.read(t->u, fd, b, 20), EAGAIN);
    data_in(t, 1, 1, 10);
    CHECK(t->itf.ioctl(t->u, fd, FIONREAD, &n) == 0 && n == 10);
    CHECK(t->itf.write(t->u, fd, b, 20) == 20);
    CHECK(t->itf.ioctl(t->u, fd, TIOCOUTQ, &n) == 0 && n == 20);
    CHECK(t->itf.ioctl(t->u, fd, 0x894b, &n) == 0 && n == 0); /* SIOCOUTQNSD: all is sent */
    tool_expect(t, PSH | ACK, 1, 11, 20);
    data_in(t, 11, 21, 0);
    CHECK(t->itf.ioctl(t->u, fd, TIOCOUTQ, &n) == 0 && n == 0);
    CHECK(t->itf.ioctl(t->u, fd, FIONBIO, &on) == 0);
    CHECK_ERRNO(t->itf.ioctl(t->u, fd, TIOCGWINSZ, &n), ENOTTY);
    fd = t->itf.socket(t->u, tool_family(t), SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
    CHECK(t->itf.fcntl(t->u, fd, F_GETFL, 0) == (O_RDWR | O_NONBLOCK));
    struct address a = tool_address(t, true, 9999);
    CHECK_ERRNO(t->itf.connect(t->u, fd, (struct sockaddr *)&a.ss, a.len), EINPROGRESS);
    CHECK_ERRNO(t->itf.connect(t->u, fd, (struct sockaddr *)&a.ss, a.len), EALREADY);
}

static int number(struct tool *t, int fd, int level, int name) {
    int v = -1;
    socklen_t len = sizeof(v);

    CHECK(t->itf.getsockopt(t->u, fd, level, name, &v, &len) == 0 && len == sizeof(v));
    return v;
}

static void set_number(struct tool *t, int fd, int level, int name, int v) {
    CHECK(t->itf.setsockopt(t->u, fd, level, name, &v, sizeof(v)) == 0);
    CHECK(number(t, fd, level, name) == v);
}

void scene_options(struct tool *t) {
    int fd = tool_established(t);
    struct linger l = {1, 5};
    struct timeval tv = {.tv_usec = 250000};
    socklen_t len;
    char name[16];
    int v = 1;

    CHECK(number(t, fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM);
    CHECK(number(t, fd, SOL_SOCKET, SO_DOMAIN) == tool_family(t));
    CHECK(number(t, fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP);
    CHECK(number(t, fd, SOL_SOCKET, SO_ERROR) == 0);
    set_number(t, fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_number(t, fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set_number(t, fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1500);
    set_number(t, fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_number(t, fd, IPPROTO_TCP, TCP_CORK, 1);
    set_number(t, fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 5000);
    set_number(t, fd, SOL_SOCKET, SO_RCVLOWAT, 10);
    len = sizeof(name);
    CHECK(t->itf.setsockopt(t->u, fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4) == 0);
    CHECK(t->itf.getsockopt(t->u, fd, IPPROTO_TCP, TCP_CONGESTION, name, &len) == 0);
    CHECK(strcmp(name, "reno") == 0);
    CHECK_ERRNO(t->itf.setsockopt(t->u, fd, IPPROTO_TCP, TCP_CONGESTION, "vegas", 5), ENOENT);
    CHECK(t->itf.setsockopt(t->u, fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)) == 0);
    memset(&l, 0xff, sizeof(l));
    len = sizeof(l);
    CHECK(t->itf.getsockopt(t->u, fd, SOL_SOCKET, SO_LINGER, &l, &len) == 0);
    CHECK(l.l_onoff == 1 && l.l_linger == 5);
    CHECK(t->itf.setsockopt(t->u, fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == 0);
    memset(&tv, 0, sizeof(tv));
    len = sizeof(tv);
    CHECK(t->itf.getsockopt(t->u, fd, SOL_SOCKET, SO_SNDTIMEO, &tv, &len) == 0);
    CHECK(tv.tv_sec == 0 && tv.tv_usec == 250000);
    tv.tv_usec = 1000000;
    CHECK_ERRNO(t->itf.setsockopt(t->u, fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), EDOM);
    CHECK_ERRNO(t->itf.setsockopt(t->u, fd, IPPROTO_TCP, 9999, &v, sizeof(v)), ENOPROTOOPT);
    len = sizeof(v);
    CHECK_ERRNO(t->itf.getsockopt(t->u, fd, SOL_SOCKET, 9999, &v, &len), ENOPROTOOPT);
    CHECK_ERRNO(t->itf.setsockopt(t->u, fd, IPPROTO_TCP, TCP_NODELAY, &v, 1), EINVAL);
    CHECK_ERRNO(t->itf.setsockopt(t->u, 900, IPPROTO_TCP, TCP_NODELAY, &v, sizeof(v)), ENOTSOCK);
}

void scene_splice(struct tool *t) {
    int fd = tool_established(t);
    int fds[2];
    char buf[3000];

    CHECK(t->itf.pipe(t->u, fds) == 0);
    data_in(t, 1, 1, 500);
    CHECK(t->itf.splice(t->u, fd, NULL, fds[1], NULL, 500, 0) == 500);
    CHECK(t->itf.read(t->u, fds[0], buf, sizeof(buf)) == 500 && is_stream(buf, 1, 500));
    CHECK_ERRNO(t->itf.splice(t->u, fd, NULL, fds[1], NULL, 500, SPLICE_F_NONBLOCK), EAGAIN);
    tool_expect(t, ACK, 1, 501, 0);
    CHECK(t->itf.write(t->u, fds[1], buf, 300) == 300);
    CHECK(t->itf.splice(t->u, fds[0], NULL, fd, NULL, 300, 0) == 300);
    tool_expect(t, PSH | ACK, 1, 501, 300);
    CHECK_ERRNO(t->itf.splice(t->u, fds[0], NULL, fds[1], NULL, 1, 0), EINVAL);
    CHECK(t->itf.close(t->u, fds[0]) == 0 && t->itf.close(t->u, fds[1]) == 0);
}

void scene_shutdown(struct tool *t) {
    int fd = tool_established(t);
    char c;

    CHECK_ERRNO(t->itf.shutdown(t->u, fd, 7), EINVAL);
    CHECK(t->itf.shutdown(t->u, fd, SHUT_WR) == 0);
    tool_expect(t, FIN | ACK, 1, 1, 0);
    CHECK_ERRNO(t->itf.write(t->u, fd, &c, 1), EPIPE);
    tool_in(t, &(struct seg){.flags = FIN | ACK, .seq = 1, .ack = 2});
    tool_expect(t, ACK, 2, 2, 0);
    CHECK(t->itf.read(t->u, fd, &c, 1) == 0);
    CHECK(t->itf.close(t->u, fd) == 0);
    CHECK_ERRNO(t->itf.close(t->u, fd), EBADF);
    CHECK_ERRNO(t->itf.shutdown(t->u, fd, SHUT_WR), ENOTSOCK);
}

void scene_datagrams(struct tool *t) {
    int fd = t->itf.socket(t->u, tool_family(t), SOCK_DGRAM, IPPROTO_UDP);
    struct address a = tool_address(t, false, 5000);
    struct address to = tool_address(t, true, 40001);
    struct sockaddr_storage from;
    char buf[100];
    struct iovec iov = {buf, 3};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_name = &from};

    CHECK(t->itf.bind(t->u, fd, (struct sockaddr *)&a.ss, a.len) == 0);
    CHECK(t->itf.sendto(t->u, fd, "hello", 5, 0, (struct sockaddr *)&to.ss, to.len) == 5);
    CHECK(tool_udp_out(t, buf, sizeof(buf)) == 5 && memcmp(buf, "hello", 5) == 0);
    t->local_port = 5000;
    tool_udp_in(t, "answer", 6);
    m.msg_namelen = sizeof(from);
    CHECK(t->itf.recvmsg(t->u, fd, &m, 0) == 3 && m.msg_flags == MSG_TRUNC);
    CHECK(m.msg_namelen == to.len && memcmp(&from, &to.ss, to.len) == 0);
    CHECK(t->itf.connect(t->u, fd, (struct sockaddr *)&to.ss, to.len) == 0);
    CHECK(t->itf.send(t->u, fd, "x", 1, 0) == 1);
    CHECK(tool_udp_out(t, buf, sizeof(buf)) == 1);
    CHECK_ERRNO(t->itf.recv(t->u, fd, buf, 1, MSG_DONTWAIT), EAGAIN);
    CHECK(t->itf.close(t->u, fd) == 0);
}

void scene_refuse(struct tool *t) {
    struct address a = tool_address(t, false, 80);
    struct address far = tool_address(t, true, 80);
    int fd;

    /* a packet before any socket: the stack is there and resets */
    tool_in(t, &(struct seg){.flags = SYN});
    t->local_isn = 0;
    tool_expect(t, RST | ACK, 0, 1, 0);
    CHECK_ERRNO(t->itf.socket(t->u, AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT);
    CHECK_ERRNO(t->itf.socket(t->u, AF_INET, SOCK_RAW, 0), EPROTONOSUPPORT);
    fd = t->itf.socket(t->u, tool_family(t), SOCK_STREAM, 0);
    CHECK_ERRNO(t->itf.bind(t->u, fd, (struct sockaddr *)&a.ss, 1), EINVAL);
    CHECK_ERRNO(t->itf.bind(t->u, fd, (struct sockaddr *)&far.ss, far.len), EADDRNOTAVAIL);
    CHECK(t->itf.bind(t->u, fd, (struct sockaddr *)&a.ss, a.len) == 0);
    CHECK_ERRNO(t->itf.bind(t->u, fd, (struct sockaddr *)&a.ss, a.len), EINVAL);
    CHECK_ERRNO(t->itf.accept(t->u, fd, NULL, NULL), EINVAL);
    CHECK_ERRNO(t->itf.listen(t->u, 900, 1), ENOTSOCK);
    CHECK_ERRNO(t->itf.bind(t->u, 900, (struct sockaddr *)&a.ss, a.len), ENOTSOCK);
    CHECK_ERRNO(t->itf.connect(t->u, 900, (struct sockaddr *)&a.ss, a.len), ENOTSOCK);
    CHECK_ERRNO(t->itf.accept(t->u, 900, NULL, NULL), ENOTSOCK);
    CHECK_ERRNO(t->itf.epoll_create(t->u, 0), EINVAL);
}

/* What a script leaves open the tool closes with libc; the number comes again. */
void scene_closed_behind(struct tool *t) {
    int fd = tool_established(t);
    int filler = dup(0); /* the number of the listener, which is free and lower */
    int again;
    char c;

    CHECK(close(fd) == 0);
    again = t->itf.socket(t->u, tool_family(t), SOCK_STREAM, IPPROTO_TCP);
    CHECK(again == fd);
    tool_expect(t, FIN | ACK, 1, 1, 0); /* the old socket is closed now */
    CHECK_ERRNO(t->itf.recv(t->u, again, &c, 1, MSG_DONTWAIT), ENOTCONN);
    close(filler);
}
