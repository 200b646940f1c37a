/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenes_block.c - calls that block in the second thread, and the virtual clock
 */
#include "scenes.h"

#include <errno.h>
#include <string.h>

#define MS 1000

static void syn_in(struct tool *t) {
    tool_in(t, &(struct seg){.flags = SYN, .opts = {2, 4, 1000 >> 8, 1000 & 255}, .opts_len = 4});
}

static long job_accept(struct tool *t, void *arg) {
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    int fd = t->itf.accept(t->u, *(int *)arg, (struct sockaddr *)&ss, &len);
    struct address want = tool_address(t, true, t->remote_port);

    CHECK(fd < 0 || (len == want.len && memcmp(&ss, &want.ss, len) == 0));
    return fd;
}

/* The call returns when the handshake ends, and at that very time. */
void scene_accept(struct tool *t) {
    int fd = tool_listen(t);
    long long begun;
    long long ended;

    tool_start(t, job_accept, &fd);
    begun = tool_now(t);
    tool_pass(t, 200 * MS);
    CHECK(tool_asleep(t));
    syn_in(t);
    tool_expect(t, SYN | ACK, 0, 1, 0);
    tool_pass(t, 100 * MS);
    tool_in(t, &(struct seg){.flags = ACK, .seq = 1, .ack = 1});
    tool_pass(t, 500 * MS); /* the clock goes on: the time of return stays */
    CHECK(tool_result(t, &ended, NULL) > fd);
    CHECK(ended == begun + 300 * MS);
}

static long job_connect(struct tool *t, void *arg) {
    struct address a = tool_address(t, true, 9999);

    return t->itf.connect(t->u, *(int *)arg, (struct sockaddr *)&a.ss, a.len);
}

void scene_connect(struct tool *t) {
    int fd = t->itf.socket(t->u, tool_family(t), SOCK_STREAM, IPPROTO_TCP);
    struct seg syn;
    struct seg again;
    long long ended;
    int error;

    t->remote_port = 9999;
    tool_start(t, job_connect, &fd);
    syn = tool_expect(t, SYN, 0, 0, 0);
    CHECK(syn.dport == 9999);
    again = tool_expect(t, SYN, 0, 0, 0); /* time passes by waiting for a packet */
    CHECK(again.time_us == syn.time_us + 1000 * MS);
    CHECK(tool_asleep(t));
    tool_in(t, &(struct seg){.flags = SYN | ACK, .ack = 1});
    tool_expect(t, ACK, 1, 1, 0);
    CHECK(tool_result(t, &ended, NULL) == 0 && ended == again.time_us);
    /* and one that is refused */
    fd = t->itf.socket(t->u, tool_family(t), SOCK_STREAM, IPPROTO_TCP);
    tool_start(t, job_connect, &fd);
    tool_expect(t, SYN, 0, 0, 0);
    tool_in(t, &(struct seg){.flags = RST | ACK, .ack = 1});
    CHECK(tool_result(t, &ended, &error) == -1 && error == ECONNREFUSED);
}

static long job_read(struct tool *t, void *arg) {
    char buf[100];
    long n = t->itf.read(t->u, *(int *)arg, buf, sizeof(buf));

    for (long i = 0; i < n; i++) {
        CHECK(buf[i] == (char)(1 + i));
    }
    return n;
}

void scene_read(struct tool *t) {
    int fd = tool_established(t);
    long long sent;
    long long ended;
    struct seg ack;

    tool_start(t, job_read, &fd);
    tool_pass(t, 50 * MS);
    sent = tool_now(t);
    tool_in(t, &(struct seg){.flags = PSH | ACK, .seq = 1, .ack = 1, .len = 10});
    ack = tool_expect(t, ACK, 1, 11, 0);
    CHECK(ack.time_us >= sent && ack.time_us <= sent + 41 * MS);
    CHECK(tool_result(t, &ended, NULL) == 10 && ended == sent);
    tool_start(t, job_read, &fd);
    tool_in(t, &(struct seg){.flags = FIN | ACK, .seq = 11, .ack = 1});
    CHECK(tool_result(t, &ended, NULL) == 0);
}

static long job_fastopen(struct tool *t, void *arg) {
    struct address a = tool_address(t, true, 9999);

    return t->itf.sendto(t->u, *(int *)arg, "hello", 5, MSG_FASTOPEN, (struct sockaddr *)&a.ss,
                         a.len);
}

/* Without a cookie the data waits for the handshake; with the one that it brings it goes in the
 * SYN. */
void scene_fastopen(struct tool *t) {
    int fd = t->itf.socket(t->u, tool_family(t), SOCK_STREAM, IPPROTO_TCP);
    long long ended;

    t->remote_port = 9999;
    tool_start(t, job_fastopen, &fd);
    tool_expect(t, SYN, 0, 0, 0);
    tool_in(t, &(struct seg){.flags = SYN | ACK,
                             .ack = 1,
                             .opts = {34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1},
                             .opts_len = 12});
    CHECK(tool_result(t, &ended, NULL) == 5);
    tool_expect(t, ACK, 1, 1, 0);
    tool_expect(t, PSH | ACK, 1, 1, 5);
    fd = t->itf.socket(t->u, tool_family(t), SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
    CHECK(job_fastopen(t, &fd) == 5);
    tool_expect(t, SYN, 0, 0, 5);
}

#define MANY 400000

static long job_write(struct tool *t, void *arg) {
    static char buf[MANY];

    return t->itf.write(t->u, *(int *)arg, buf, sizeof(buf));
}

/* All bytes are taken before it returns. */
void scene_write(struct tool *t) {
    int fd = tool_established(t);
    int size = 20000;
    uint32_t next = 1;
    long long ended;
    unsigned acks = 0;

    CHECK(t->itf.setsockopt(t->u, fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
    tool_start(t, job_write, &fd);
    CHECK(tool_asleep(t));
    while (next < 1 + MANY) {
        struct seg s = tool_out(t);

        CHECK(s.seq == next && s.len > 0);
        next += s.len;
        tool_in(t, &(struct seg){.flags = ACK, .seq = 1, .ack = next});
        acks++;
    }
    CHECK(tool_result(t, &ended, NULL) == MANY);
    CHECK(acks > 100);
}

/* ---- poll ---- */

static long job_poll(struct tool *t, void *arg) {
    struct pollfd p = {.fd = *(int *)arg, .events = POLLIN};
    long n = t->itf.poll(t->u, &p, 1, 2000);

    CHECK(n != 1 || p.revents == POLLIN);
    return n;
}

void scene_poll(struct tool *t) {
    int fd = tool_established(t);
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN | POLLOUT}, {.fd = -1, .events = POLLIN}};
    long long begun;
    long long ended;

    CHECK(t->itf.poll(t->u, p, 2, 0) == 1 && p[0].revents == POLLOUT && p[1].revents == 0);
    p[1].fd = 900;
    CHECK(t->itf.poll(t->u, p + 1, 1, 0) == 1 && p[1].revents == POLLNVAL);
    tool_start(t, job_poll, &fd);
    begun = tool_now(t);
    tool_pass(t, 300 * MS);
    tool_in(t, &(struct seg){.flags = PSH | ACK, .seq = 1, .ack = 1, .len = 10});
    CHECK(tool_result(t, &ended, NULL) == 1 && ended == begun + 300 * MS);
    CHECK(job_read(t, &fd) == 10);
    tool_expect(t, ACK, 1, 11, 0);
    begun = tool_now(t);
    tool_start(t, job_poll, &fd); /* and its own time-out */
    tool_pass(t, 3000 * MS);
    CHECK(tool_result(t, &ended, NULL) == 0 && ended == begun + 2000 * MS);
    begun = tool_now(t);
    CHECK(job_poll(t, &fd) == 0); /* in the script's own thread, time passes by itself */
    CHECK(tool_now(t) == begun + 2000 * MS + 1);
}

/* ---- epoll ---- */

static long job_epoll(struct tool *t, void *arg) {
    struct epoll_event ev;
    long n = t->itf.epoll_wait(t->u, *(int *)arg, &ev, 1, -1);

    CHECK(n != 1 || (ev.events & EPOLLIN && ev.data.u64 == 77));
    return n;
}

static unsigned epoll_now(struct tool *t, int ep) {
    struct epoll_event ev[2] = {{.events = 0}};

    return t->itf.epoll_wait(t->u, ep, ev, 2, 0) == 1 ? ev[0].events : 0;
}

void scene_epoll(struct tool *t) {
    int fd = tool_established(t);
    int ep = t->itf.epoll_create(t->u, 1);
    struct epoll_event ev = {.events = EPOLLIN, .data = {.u64 = 77}};
    long long ended;
    char buf[5];

    CHECK(ep >= 0 && ep != fd);
    CHECK_ERRNO(t->itf.epoll_ctl(t->u, ep, EPOLL_CTL_MOD, fd, &ev), ENOENT);
    CHECK(t->itf.epoll_ctl(t->u, ep, EPOLL_CTL_ADD, fd, &ev) == 0);
    CHECK_ERRNO(t->itf.epoll_ctl(t->u, ep, EPOLL_CTL_ADD, fd, &ev), EEXIST);
    tool_start(t, job_epoll, &ep);
    tool_in(t, &(struct seg){.flags = PSH | ACK, .seq = 1, .ack = 1, .len = 10});
    CHECK(tool_result(t, &ended, NULL) == 1);
    CHECK(epoll_now(t, ep) == EPOLLIN && epoll_now(t, ep) == EPOLLIN); /* a level stays */
    ev.events = EPOLLIN | EPOLLET;
    CHECK(t->itf.epoll_ctl(t->u, ep, EPOLL_CTL_MOD, fd, &ev) == 0);
    CHECK(epoll_now(t, ep) == EPOLLIN && epoll_now(t, ep) == 0); /* an edge does not */
    CHECK(t->itf.read(t->u, fd, buf, 5) == 5 && epoll_now(t, ep) == 0);
    tool_in(t, &(struct seg){.flags = PSH | ACK, .seq = 11, .ack = 1, .len = 10});
    CHECK(epoll_now(t, ep) == EPOLLIN && epoll_now(t, ep) == 0); /* more bytes are a new one */
    ev.events = EPOLLOUT | EPOLLONESHOT;
    CHECK(t->itf.epoll_ctl(t->u, ep, EPOLL_CTL_MOD, fd, &ev) == 0);
    CHECK(epoll_now(t, ep) == EPOLLOUT && epoll_now(t, ep) == 0);
    CHECK(t->itf.epoll_ctl(t->u, ep, EPOLL_CTL_DEL, fd, NULL) == 0);
    CHECK_ERRNO(t->itf.epoll_ctl(t->u, ep, EPOLL_CTL_DEL, fd, NULL), ENOENT);
    CHECK_ERRNO(t->itf.epoll_ctl(t->u, fd, EPOLL_CTL_ADD, fd, &ev), EBADF);
    CHECK_ERRNO(t->itf.epoll_ctl(t->u, ep, EPOLL_CTL_ADD, 900, &ev), EPERM);
    CHECK(t->itf.close(t->u, ep) == 0);
}

/* ---- the clock ---- */

void scene_clock(struct tool *t) {
    long long a = tool_now(t);
    long long b = tool_now(t);

    CHECK(b > a && b - a < 10);
    tool_pass(t, 12345);
    CHECK(tool_now(t) == b + 12345 + 1);
    a = tool_now(t);
    tool_nothing(t); /* nothing leaves: ends by itself, at the time-out of the flags */
    CHECK(tool_now(t) == a + 7000 * MS + 1);
    tool_listen(t);
    a = tool_now(t);
    syn_in(t);
    b = tool_expect(t, SYN | ACK, 0, 1, 0).time_us;
    CHECK(b == a); /* packets bear the time at which they left, on the same clock */
    CHECK(tool_expect(t, SYN | ACK, 0, 1, 0).time_us == b + 1000 * MS);
    tool_pass(t, 5500 * MS); /* those that left in the meantime have their own times */
    CHECK(tool_expect(t, SYN | ACK, 0, 1, 0).time_us == b + 3000 * MS);
}

static long job_read_timeout(struct tool *t, void *arg) {
    struct timeval tv = {.tv_sec = 1, .tv_usec = 500000};

    CHECK(t->itf.setsockopt(t->u, *(int *)arg, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
    return job_read(t, arg);
}

/* Calls that end because their time is over, or because nothing can happen any more. */
void scene_give_up(struct tool *t) {
    int fd = tool_established(t);
    struct timeval none = {0};
    long long begun = tool_now(t);
    long long ended;
    int error;

    tool_start(t, job_read_timeout, &fd);
    tool_pass(t, 5000 * MS);
    CHECK(tool_result(t, &ended, &error) == -1 && error == EAGAIN && ended == begun + 1500 * MS);
    CHECK(t->itf.setsockopt(t->u, fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none)) == 0);
    CHECK_ERRNO(job_read(t, &fd), EAGAIN);
}

/* The tool ends while a call blocks: the call ends too. */
void scene_free(struct tool *t) {
    int fd = tool_listen(t);

    tool_start(t, job_accept, &fd);
    CHECK(tool_asleep(t));
    /* the caller frees it now */
}
