/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_msg.c - the scenes of calls.c about datagrams
 */
#include "calls.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
/* behind <netinet/in.h> */
#include <linux/errqueue.h>

/* ---- what goes along with datagrams ---- */

/* The data of one element of a message's control data; it must be there, and of that size. */
static void control_of(struct msghdr *mh, int type, void *data, size_t len) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == type) {
            CHECK(c->cmsg_len >= CMSG_LEN(len));
            memcpy(data, CMSG_DATA(c), len);
            return;
        }
    }
    CHECK(0); /* no such control data */
}

void case_control(void) {
    union {
        struct cmsghdr align;
        char buf[256];
    } in, out = {0};
    struct sockaddr_in a = loopback(0);
    struct in_pktinfo info;
    socklen_t len = sizeof(a);
    int s = make(SOCK_DGRAM), c = make(SOCK_DGRAM), on = 1, ttl;
    uint8_t tos;
    char x[8];
    struct iovec iov = {x, sizeof(x)}, data = {(char[]){"abc"}, 3};
    struct msghdr mh = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = in.buf, .msg_controllen = sizeof(in.buf)};
    struct msghdr mo = {.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &data};

    mo.msg_iovlen = 1;
    mo.msg_control = out.buf;
    mo.msg_controllen = 2 * CMSG_SPACE(sizeof(int));
    CHECK(bind(s, (struct sockaddr *)&a, sizeof(a)) == 0);
    CHECK(getsockname(s, (struct sockaddr *)&a, &len) == 0);
    CHECK(setsockopt(s, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)) == 0);
    CHECK(setsockopt(s, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)) == 0);
    CHECK(setsockopt(s, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == 0);
    struct cmsghdr *one = CMSG_FIRSTHDR(&mo);

    *one = (struct cmsghdr){CMSG_LEN(sizeof(int)), IPPROTO_IP, IP_TTL};
    memcpy(CMSG_DATA(one), &(int){9}, sizeof(int));
    one = (struct cmsghdr *)(void *)(out.buf + CMSG_SPACE(sizeof(int)));
    *one = (struct cmsghdr){CMSG_LEN(sizeof(int)), IPPROTO_IP, IP_TOS};
    memcpy(CMSG_DATA(one), &(int){0x28}, sizeof(int));
    CHECK(sendmsg(c, &mo, 0) == 3);
    CHECK(wait_for(s, POLLIN) & POLLIN);
    CHECK(recvmsg(s, &mh, 0) == 3 && mh.msg_flags == 0);
    control_of(&mh, IP_TTL, &ttl, sizeof(ttl));
    control_of(&mh, IP_TOS, &tos, sizeof(tos));
    control_of(&mh, IP_PKTINFO, &info, sizeof(info));
    CHECK(ttl == 9 && tos == 0x28 && info.ipi_addr.s_addr == htonl(INADDR_LOOPBACK));
    /* what finds no room is said to be cut */
    mh.msg_controllen = 1;
    CHECK(sendmsg(c, &mo, 0) == 3);
    CHECK(wait_for(s, POLLIN) & POLLIN);
    CHECK(recvmsg(s, &mh, 0) == 3 && mh.msg_flags == MSG_CTRUNC);
    one->cmsg_len = 4096;
    CHECK_ERR(sendmsg(c, &mo, 0), EINVAL);
}

void case_errors(void) {
    union {
        struct cmsghdr align;
        char buf[256];
    } in;
    struct sockaddr_in a = loopback(1), from;
    int c = make(SOCK_DGRAM), on = 1;
    struct {
        struct sock_extended_err err;
        struct sockaddr_in offender;
    } what;
    char x[8];
    struct iovec iov = {x, sizeof(x)};
    struct msghdr mh = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov};

    mh.msg_iovlen = 1;
    mh.msg_control = in.buf;
    mh.msg_controllen = sizeof(in.buf);
    CHECK(setsockopt(c, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == 0);
    CHECK_ERR(recvmsg(c, &mh, MSG_ERRQUEUE), EAGAIN);
    CHECK(sendto(c, "abc", 3, 0, (struct sockaddr *)&a, sizeof(a)) == 3);
    wait_for(c, POLLIN);
    CHECK_ERR(recvfrom(c, x, sizeof(x), MSG_DONTWAIT, (struct sockaddr *)&from,
                       &(socklen_t){sizeof(from)}),
              ECONNREFUSED);
    /* told once, but the queue has it, and poll() says so */
    CHECK_ERR(recvfrom(c, x, sizeof(x), MSG_DONTWAIT, (struct sockaddr *)&from,
                       &(socklen_t){sizeof(from)}),
              EAGAIN);
    CHECK(wait_for(c, POLLIN) & POLLERR);
    CHECK(recvmsg(c, &mh, MSG_ERRQUEUE) == 3 && (mh.msg_flags & MSG_ERRQUEUE));
    control_of(&mh, IP_RECVERR, &what, sizeof(what));
    CHECK(memcmp(x, "abc", 3) == 0 && from.sin_port == htons(1));
    CHECK(what.err.ee_errno == ECONNREFUSED && what.err.ee_origin == SO_EE_ORIGIN_ICMP);
    CHECK(what.err.ee_type == 3 && what.err.ee_code == 3);
    CHECK(what.offender.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK_ERR(recvmsg(c, &mh, MSG_ERRQUEUE), EAGAIN);
    struct pollfd p = {.fd = c, .events = POLLIN};

    CHECK(poll(&p, 1, 0) == 0);
}

/* A connected socket is told, and woken, without asking: once, and nothing is in the queue. */
void case_unreachable(void) {
    struct sockaddr_in a = loopback(1), from;
    socklen_t len = sizeof(from);
    int c = make(SOCK_DGRAM);
    struct pollfd p = {.fd = c, .events = POLLIN};
    char x[8];
    struct iovec iov = {x, sizeof(x)};
    struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};

    CHECK(connect(c, (struct sockaddr *)&a, sizeof(a)) == 0);
    CHECK(send(c, "abc", 3, 0) == 3);
    CHECK_ERR(recvfrom(c, x, sizeof(x), 0, (struct sockaddr *)&from, &len), ECONNREFUSED);
    CHECK(poll(&p, 1, 0) == 0);
    CHECK(send(c, "abc", 3, 0) == 3);
    CHECK_ERR(recvmsg(c, &mh, 0), ECONNREFUSED);
    CHECK_ERR(recvmsg(c, &mh, MSG_ERRQUEUE), EAGAIN);
    CHECK(poll(&p, 1, 0) == 0);
}

/* IP options: of a socket, of a message, as they came and to go back. */
void case_ip_options(void) {
    static const uint8_t route[] = {1, IPOPT_RR, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t bad[] = {IPOPT_RR, 11, 4, 0}, stamp[] = {IPOPT_TS, 8, 5, 0, 0, 0, 0, 0};
    union {
        struct cmsghdr align;
        char buf[256];
    } in, out = {0};
    struct sockaddr_in a = loopback(0);
    socklen_t len = sizeof(a);
    int s = make(SOCK_DGRAM), c = make(SOCK_DGRAM), on = 1;
    uint8_t got[44];
    char x[8];
    struct iovec iov = {x, sizeof(x)}, data = {(char[]){"abc"}, 3};
    struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = in.buf};
    struct msghdr mo = {
        .msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &data, .msg_iovlen = 1};

    CHECK(bind(s, (struct sockaddr *)&a, sizeof(a)) == 0);
    CHECK(getsockname(s, (struct sockaddr *)&a, &len) == 0);
    CHECK(setsockopt(s, IPPROTO_IP, IP_RECVOPTS, &on, sizeof(on)) == 0);
    CHECK(setsockopt(s, IPPROTO_IP, IP_RETOPTS, &on, sizeof(on)) == 0);
    len = sizeof(got);
    CHECK(getsockopt(c, IPPROTO_IP, IP_OPTIONS, got, &len) == 0 && len == 0);
    CHECK_ERR(setsockopt(c, IPPROTO_IP, IP_OPTIONS, bad, sizeof(bad)), EINVAL);
    CHECK_ERR(setsockopt(c, IPPROTO_IP, IP_OPTIONS, got, 41), EINVAL);
    CHECK(setsockopt(c, IPPROTO_IP, IP_OPTIONS, route, sizeof(route)) == 0);
    len = sizeof(got);
    CHECK(getsockopt(c, IPPROTO_IP, IP_OPTIONS, got, &len) == 0 && len == sizeof(route));
    CHECK(memcmp(got + 1, route + 1, 3) == 0);

    CHECK(sendto(c, "abc", 3, 0, (struct sockaddr *)&a, sizeof(a)) == 3);
    CHECK(wait_for(s, POLLIN) & POLLIN);
    mh.msg_controllen = sizeof(in.buf);
    CHECK(recvmsg(s, &mh, 0) == 3);
    control_of(&mh, IP_RECVOPTS, got, sizeof(route));
    CHECK(got[0] == IPOPT_NOP && got[1] == IPOPT_RR && got[2] == 11);
    control_of(&mh, IP_RETOPTS, got, sizeof(route));
    CHECK(got[0] == IPOPT_RR && got[1] == 11 && got[11] == IPOPT_EOL);

    /* a message's own, in place of the socket's */
    mo.msg_control = out.buf;
    mo.msg_controllen = CMSG_SPACE(sizeof(stamp));
    *CMSG_FIRSTHDR(&mo) = (struct cmsghdr){CMSG_LEN(sizeof(stamp)), IPPROTO_IP, IP_RETOPTS};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&mo)), stamp, sizeof(stamp));
    CHECK(sendmsg(c, &mo, 0) == 3);
    CHECK(wait_for(s, POLLIN) & POLLIN);
    mh.msg_controllen = sizeof(in.buf);
    CHECK(recvmsg(s, &mh, 0) == 3);
    control_of(&mh, IP_RECVOPTS, got, sizeof(stamp));
    CHECK(got[0] == IPOPT_TS && got[1] == 8);

    /* none again: nothing comes along */
    CHECK(setsockopt(c, IPPROTO_IP, IP_OPTIONS, NULL, 0) == 0);
    CHECK(sendto(c, "abc", 3, 0, (struct sockaddr *)&a, sizeof(a)) == 3);
    CHECK(wait_for(s, POLLIN) & POLLIN);
    mh.msg_controllen = sizeof(in.buf);
    CHECK(recvmsg(s, &mh, 0) == 3 && mh.msg_controllen == 0);

    /* A connection has none, and may have a source route alone; but this host refuses them. */
    c = make(SOCK_STREAM);
    len = sizeof(got);
    CHECK(getsockopt(c, IPPROTO_IP, IP_OPTIONS, got, &len) == 0 && len == 0);
    CHECK(setsockopt(c, IPPROTO_IP, IP_OPTIONS, NULL, 0) == 0);
    CHECK_ERR(setsockopt(c, IPPROTO_IP, IP_OPTIONS, route, sizeof(route)), EINVAL);
}

/* The error of a connected socket is told once, by whatever call comes first, in whatever way it
 * waits; and it is seen before what has arrived. */
static void check_told(int family) {
    struct sockaddr_storage a = {.ss_family = (sa_family_t)family};
    socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    char x[8];
    struct iovec iov = {x, sizeof(x)};
    struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
    int c = socket(family, SOCK_DGRAM, 0), s = socket(family, SOCK_DGRAM, 0), err = 0;
    struct pollfd p = {.fd = c, .events = POLLIN};
    socklen_t errlen = sizeof(err);

    if (family == AF_INET) {
        *(struct sockaddr_in *)&a = loopback(0);
    } else {
        ((struct sockaddr_in6 *)&a)->sin6_addr = in6addr_loopback;
    }
    CHECK(bind(s, (struct sockaddr *)&a, len) == 0);
    CHECK(getsockname(s, (struct sockaddr *)&a, &len) == 0);
    close(s); /* nobody is there */
    CHECK(connect(c, (struct sockaddr *)&a, len) == 0);
    CHECK(getsockname(c, (struct sockaddr *)&a, &len) == 0);

    CHECK(send(c, "a", 1, 0) == 1);
    CHECK_ERR(recv(c, x, sizeof(x), 0), ECONNREFUSED);
    CHECK_ERR(recv(c, x, sizeof(x), MSG_DONTWAIT), EAGAIN);
    CHECK(write(c, "a", 1) == 1);
    CHECK_ERR(read(c, x, sizeof(x)), ECONNREFUSED);
    CHECK(write(c, "a", 1) == 1);
    CHECK_ERR(readv(c, &iov, 1), ECONNREFUSED);

    CHECK(send(c, "a", 1, 0) == 1);
    wait_for(c, POLLIN);
    CHECK(poll(&p, 1, 0) == 1 && (p.revents & POLLERR));
    CHECK_ERR(recv(c, x, sizeof(x), MSG_PEEK), ECONNREFUSED);
    CHECK(poll(&p, 1, 0) == 0);

    CHECK(send(c, "a", 1, 0) == 1);
    wait_for(c, POLLIN);
    CHECK_ERR(send(c, "a", 1, 0), ECONNREFUSED); /* and is not sent */
    CHECK(poll(&p, 1, 0) == 0);
    CHECK(send(c, "a", 1, 0) == 1);
    wait_for(c, POLLIN);
    CHECK_ERR(sendmsg(c, &mh, 0), ECONNREFUSED);
    CHECK(send(c, "a", 1, 0) == 1);
    wait_for(c, POLLIN);
    CHECK_ERR(writev(c, &iov, 1), ECONNREFUSED);

    CHECK(send(c, "a", 1, 0) == 1);
    wait_for(c, POLLIN);
    CHECK(getsockopt(c, SOL_SOCKET, SO_ERROR, &err, &errlen) == 0 && err == ECONNREFUSED);
    CHECK(getsockopt(c, SOL_SOCKET, SO_ERROR, &err, &errlen) == 0 && err == 0);
    CHECK(poll(&p, 1, 0) == 0);
    CHECK_ERR(recv(c, x, sizeof(x), MSG_DONTWAIT), EAGAIN);

    /* data go the same ways, and so does a copy of the descriptor below */
    CHECK(connect(c, (struct sockaddr *)&a, len) == 0);
    CHECK(send(c, "one", 3, 0) == 3 && recv(c, x, sizeof(x), 0) == 3 && x[2] == 'e');
    CHECK(write(c, "two", 3) == 3 && read(c, x, 2) == 2 && x[1] == 'w');
    CHECK(send(c, "", 0, 0) == 0 && read(c, x, sizeof(x)) == 0);
    CHECK(write(c, "six", 3) == 3 && readv(c, &iov, 1) == 3 && x[2] == 'x');
    s = dup(c);
    CHECK(s >= 0 && write(s, "ten", 3) == 3 && read(s, x, sizeof(x)) == 3 && x[2] == 'n');
    close(s);
    close(c);
}

void case_told(void) {
    check_told(AF_INET);
    check_told(AF_INET6);
}

/* ---- datagrams ---- */

void case_udp(void) {
    struct sockaddr_in a = loopback(0), b = loopback(0), from = {0};
    socklen_t len = sizeof(a);
    int s = make(SOCK_DGRAM), c = make(SOCK_DGRAM);
    char buf[2000];

    CHECK(bind(s, (struct sockaddr *)&a, sizeof(a)) == 0);
    CHECK(getsockname(s, (struct sockaddr *)&a, &len) == 0);
    CHECK(bind(c, (struct sockaddr *)&b, sizeof(b)) == 0);
    CHECK(getsockname(c, (struct sockaddr *)&b, &len) == 0);
    CHECK(sendto(c, "one", 3, 0, (struct sockaddr *)&a, sizeof(a)) == 3);
    CHECK(wait_for(s, POLLIN) & POLLIN);
    CHECK(recvfrom(s, buf, sizeof(buf), MSG_PEEK, (struct sockaddr *)&from, &len) == 3);
    CHECK(from.sin_port == b.sin_port);
    CHECK(recvfrom(s, buf, 2, MSG_TRUNC, (struct sockaddr *)&from, &len) == 3);
    CHECK(memcmp(buf, "on", 2) == 0 && len == sizeof(from));
    CHECK(from.sin_port == b.sin_port && from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK_ERR(recvfrom(s, buf, 1, MSG_DONTWAIT, (struct sockaddr *)&from, &len), EAGAIN);

    /* recvmsg and sendmsg with vectors; an empty datagram is one, too */
    char x[4], y[8];
    struct iovec iov[2] = {{x, sizeof(x)}, {y, sizeof(y)}};
    struct msghdr mh = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = iov};
    struct iovec out[2] = {{(char[]){"hello "}, 6}, {(char[]){"world"}, 5}};
    struct msghdr mo = {.msg_name = &b, .msg_namelen = sizeof(b), .msg_iov = out, .msg_iovlen = 2};

    mh.msg_iovlen = 2;
    CHECK(sendmsg(s, &mo, 0) == 11);
    CHECK(recvmsg(c, &mh, 0) == 11 && memcmp(x, "hell", 4) == 0 && memcmp(y, "o world", 7) == 0);
    CHECK(from.sin_port == a.sin_port && mh.msg_namelen == sizeof(from) && mh.msg_flags == 0);
    CHECK(sendto(s, "", 0, 0, (struct sockaddr *)&b, sizeof(b)) == 0);
    CHECK(recvfrom(c, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len) == 0);
    CHECK(from.sin_port == a.sin_port);

    /* several at once */
    struct mmsghdr mm[3] = {{.msg_hdr = mo}, {.msg_hdr = mo}, {.msg_hdr = mo}};

    CHECK(sendmmsg(s, mm, 3, 0) == 3 && mm[2].msg_len == 11);
    CHECK(wait_for(c, POLLIN) & POLLIN);
    for (int got = 0; got < 3;) {
        struct iovec in = {buf, sizeof(buf)};
        struct mmsghdr one[2] = {{.msg_hdr = {.msg_iov = &in, .msg_iovlen = 1}},
                                 {.msg_hdr = {.msg_iov = &in, .msg_iovlen = 1}}};
        int n = recvmmsg(c, one, 2, MSG_WAITFORONE, NULL);

        CHECK(n >= 1 && one[0].msg_len == 11);
        got += n;
    }

    /* connected: plain send and recv, and only the peer's datagrams */
    CHECK(connect(c, (struct sockaddr *)&a, sizeof(a)) == 0);
    CHECK(send(c, "two", 3, 0) == 3);
    CHECK(recv(s, buf, sizeof(buf), 0) == 3 && memcmp(buf, "two", 3) == 0);
    CHECK(sendto(s, "back", 4, 0, (struct sockaddr *)&b, sizeof(b)) == 4);
    CHECK(read(c, buf, sizeof(buf)) == 4 && memcmp(buf, "back", 4) == 0);
    CHECK(getpeername(c, (struct sockaddr *)&from, &len) == 0 && from.sin_port == a.sin_port);
    struct timeval tv = {0, 50000};

    CHECK(setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
    CHECK_ERR(recvfrom(c, buf, 1, 0, (struct sockaddr *)&from, &len), EAGAIN);
    CHECK_ERR(recv(c, buf, 1, 0), EAGAIN);
}

void case_six(void) {
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    struct sockaddr_in6 b = {0};
    socklen_t len = sizeof(a);
    int l = socket(AF_INET6, SOCK_STREAM, 0), c = socket(AF_INET6, SOCK_STREAM, 0);

    CHECK(l >= 0 && c >= 0 && bind(l, (struct sockaddr *)&a, sizeof(a)) == 0);
    CHECK(listen(l, 5) == 0 && getsockname(l, (struct sockaddr *)&a, &len) == 0);
    CHECK(len == sizeof(a) && a.sin6_family == AF_INET6);
    a.sin6_addr = in6addr_loopback;
    CHECK(connect(c, (struct sockaddr *)&a, sizeof(a)) == 0);
    int s = accept(l, (struct sockaddr *)&b, &len);

    CHECK(s >= 0 && len == sizeof(b) && IN6_IS_ADDR_LOOPBACK(&b.sin6_addr));
    /* IPv4 on the same listener shows as a mapped address */
    struct sockaddr_in four = loopback(ntohs(a.sin6_port));
    int c4 = make(SOCK_STREAM);

    CHECK(connect(c4, (struct sockaddr *)&four, sizeof(four)) == 0);
    s = accept(l, (struct sockaddr *)&b, &len);
    CHECK(s >= 0 && len == sizeof(b) && IN6_IS_ADDR_V4MAPPED(&b.sin6_addr));
}
