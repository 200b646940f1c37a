/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - a program that knows nothing of inlet, and minds how socket calls behave
 *
 * usage: calls CASE [ADDRESS PORT]. Each case is a scene that works the same on Linux's own
 * sockets (run it without inlet to see that; "kinds" not as root), played on the loopback address
 * or against a peer. Status 0, or 1 with the line that was wrong.
 */
#include "calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

int make(int type) {
    int fd = socket(AF_INET, type, 0);

    CHECK(fd >= 0);
    return fd;
}

/* A listener on any port of the loopback address; *ret is its address. */
static int listener(struct sockaddr_in *ret) {
    int fd = make(SOCK_STREAM);
    socklen_t len = sizeof(*ret);
    int one = 1;

    *ret = loopback(0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
    CHECK(bind(fd, (struct sockaddr *)ret, sizeof(*ret)) == 0);
    CHECK(listen(fd, 5) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)ret, &len) == 0);
    CHECK(len == sizeof(*ret) && ret->sin_port != 0);
    return fd;
}

/* A connected pair: out[0] connected, out[1] was accepted. */
static void stream_pair(int out[2]) {
    struct sockaddr_in a;
    int l = listener(&a);

    out[0] = make(SOCK_STREAM);
    CHECK(connect(out[0], (struct sockaddr *)&a, sizeof(a)) == 0);
    out[1] = accept(l, NULL, NULL);
    CHECK(out[1] >= 0);
    close(l);
}

int wait_for(int fd, short events) {
    struct pollfd p = {.fd = fd, .events = events};

    CHECK(poll(&p, 1, 10000) == 1);
    return p.revents;
}

static int so_error(int fd) {
    int err = -1;
    socklen_t len = sizeof(err);

    CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0);
    return err;
}

/* ---- names, options ---- */

static void case_names(void) {
    struct sockaddr_in la, a, b;
    socklen_t len = sizeof(a);
    int l = listener(&la), c = make(SOCK_STREAM);

    CHECK(getsockname(c, (struct sockaddr *)&a, &len) == 0 && a.sin_port == 0);
    CHECK_ERR(getpeername(c, (struct sockaddr *)&a, &len), ENOTCONN);
    CHECK(connect(c, (struct sockaddr *)&la, sizeof(la)) == 0);
    int s = accept(l, (struct sockaddr *)&a, &len);

    CHECK(s >= 0 && len == sizeof(a) && a.sin_family == AF_INET);
    CHECK(getsockname(c, (struct sockaddr *)&b, &len) == 0);
    CHECK(a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr);
    CHECK(getpeername(c, (struct sockaddr *)&b, &len) == 0 && b.sin_port == la.sin_port);
    CHECK(getpeername(s, (struct sockaddr *)&b, &len) == 0 && b.sin_port == a.sin_port);
    len = 4; /* too short: cut, but the real length is told */
    memset(&b, 0xee, sizeof(b));
    CHECK(getsockname(s, (struct sockaddr *)&b, &len) == 0 && len == sizeof(b));
    CHECK(b.sin_port == la.sin_port && b.sin_addr.s_addr == 0xeeeeeeee);
    CHECK_ERR(bind(c, (struct sockaddr *)&la, sizeof(la)), EINVAL);
    CHECK_ERR(connect(c, (struct sockaddr *)&la, sizeof(la)), EISCONN);
    CHECK_ERR(accept(c, NULL, NULL), EINVAL);
}

static void case_options(void) {
    int p[2], v;
    socklen_t len = sizeof(v);
    struct linger lin = {1, 7};
    char name[16];
    struct tcp_info info;

    stream_pair(p);
    CHECK(getsockopt(p[0], SOL_SOCKET, SO_TYPE, &v, &len) == 0 && v == SOCK_STREAM);
    CHECK(getsockopt(p[0], SOL_SOCKET, SO_DOMAIN, &v, &len) == 0 && v == AF_INET);
    CHECK(getsockopt(p[0], SOL_SOCKET, SO_PROTOCOL, &v, &len) == 0 && v == IPPROTO_TCP);
    CHECK(getsockopt(p[0], SOL_SOCKET, SO_ACCEPTCONN, &v, &len) == 0 && v == 0);
    v = 1;
    CHECK(setsockopt(p[0], IPPROTO_TCP, TCP_NODELAY, &v, sizeof(v)) == 0);
    v = 0;
    CHECK(getsockopt(p[0], IPPROTO_TCP, TCP_NODELAY, &v, &len) == 0 && v == 1);
    CHECK(setsockopt(p[0], SOL_SOCKET, SO_KEEPALIVE, &v, sizeof(v)) == 0);
    v = 33;
    CHECK(setsockopt(p[0], IPPROTO_TCP, TCP_KEEPIDLE, &v, sizeof(v)) == 0);
    v = 0;
    CHECK(getsockopt(p[0], IPPROTO_TCP, TCP_KEEPIDLE, &v, &len) == 0 && v == 33);
    CHECK(setsockopt(p[0], SOL_SOCKET, SO_LINGER, &lin, sizeof(lin)) == 0);
    memset(&lin, 0, sizeof(lin));
    len = sizeof(lin);
    CHECK(getsockopt(p[0], SOL_SOCKET, SO_LINGER, &lin, &len) == 0);
    CHECK(lin.l_onoff == 1 && lin.l_linger == 7);
    len = sizeof(info);
    CHECK(getsockopt(p[0], IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
    CHECK(info.tcpi_state == TCP_ESTABLISHED && info.tcpi_snd_mss > 500);
    memset(name, 1, sizeof(name));
    len = sizeof(name);
    CHECK(getsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, name, &len) == 0);
    CHECK(strcmp(name, "cubic") == 0 && len == 16);
    CHECK(setsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, "newreno", 7) == 0);
    len = sizeof(name);
    CHECK(getsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, name, &len) == 0);
    CHECK(strcmp(name, "newreno") == 0);
    CHECK(setsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, "reno", 5) == 0); /* the kernel's word */
    CHECK_ERR(setsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6), ENOENT);
    CHECK_ERR(setsockopt(p[0], SOL_SOCKET, 12345, &v, sizeof(v)), ENOPROTOOPT);
    CHECK_ERR(setsockopt(p[0], IPPROTO_TCP, TCP_NODELAY, &v, 1), EINVAL);
    CHECK(so_error(p[0]) == 0);
}

static void case_kinds(void) {
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in a;
    int c = make(SOCK_STREAM);

    CHECK_ERR(socket(AF_PACKET, SOCK_RAW, 0), EPERM);
    CHECK_ERR(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
    CHECK_ERR(bind(c, (struct sockaddr *)&a6, sizeof(a6)), EAFNOSUPPORT);
    CHECK_ERR(bind(c, (struct sockaddr *)&a6, 5), EINVAL);
    CHECK_ERR(connect(c, (struct sockaddr *)&a6, sizeof(a6)), EAFNOSUPPORT);
    CHECK_ERR(connect(c, NULL, sizeof(a)), EFAULT);
    a = loopback(0);
    CHECK(inet_pton(AF_INET, "192.0.2.77", &a.sin_addr) == 1);
    CHECK_ERR(bind(c, (struct sockaddr *)&a, sizeof(a)), EADDRNOTAVAIL);
    int pair[2]; /* sockets that are none of ours work as ever */

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct sockaddr_un_like {
        sa_family_t family;
        char path[16];
    } un;
    socklen_t len = sizeof(un);

    CHECK(getsockname(pair[0], (struct sockaddr *)&un, &len) == 0 && un.family == AF_UNIX);
    CHECK_ERR(getsockname(0x7fff, (struct sockaddr *)&un, &len), EBADF);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    CHECK(s >= 0 && (fcntl(s, F_GETFD) & FD_CLOEXEC) && (fcntl(s, F_GETFL) & O_NONBLOCK));
    CHECK((fcntl(c, F_GETFD) & FD_CLOEXEC) == 0 && (fcntl(c, F_GETFL) & O_NONBLOCK) == 0);
}

/* ---- connecting ---- */

static void case_refused(void) {
    struct sockaddr_in a = loopback(1);
    int c = make(SOCK_STREAM);

    CHECK_ERR(connect(c, (struct sockaddr *)&a, sizeof(a)), ECONNREFUSED);
    CHECK_ERR(connect(c, (struct sockaddr *)&a, sizeof(a)), ECONNREFUSED);
    close(c);
    c = make(SOCK_STREAM | SOCK_NONBLOCK);
    CHECK_ERR(connect(c, (struct sockaddr *)&a, sizeof(a)), EINPROGRESS);
    CHECK(wait_for(c, POLLOUT) & POLLOUT);
    CHECK(so_error(c) == ECONNREFUSED);
    CHECK(so_error(c) == 0);
}

/* Against a peer behind a delay: not writable before the handshake has ended. */
static void case_connecting(const struct sockaddr_in *peer) {
    int c = make(SOCK_STREAM | SOCK_NONBLOCK), ep = epoll_create1(0);
    struct epoll_event ev = {.events = EPOLLOUT};
    struct pollfd now = {.fd = c, .events = POLLOUT};

    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, c, &ev) == 0);
    CHECK_ERR(connect(c, (const struct sockaddr *)peer, sizeof(*peer)), EINPROGRESS);
    CHECK(poll(&now, 1, 0) == 0);
    CHECK_ERR(write(c, "x", 1), EAGAIN);
    CHECK_ERR(read(c, &ev, 1), EAGAIN);
    CHECK_ERR(connect(c, (const struct sockaddr *)peer, sizeof(*peer)), EALREADY);
    CHECK(epoll_wait(ep, &ev, 1, 10000) == 1 && (ev.events & EPOLLOUT) && !(ev.events & EPOLLERR));
    CHECK(so_error(c) == 0);
    CHECK(connect(c, (const struct sockaddr *)peer, sizeof(*peer)) == 0);
    CHECK_ERR(connect(c, (const struct sockaddr *)peer, sizeof(*peer)), EISCONN);
}

static void case_accepting(void) {
    struct sockaddr_in a;
    int l = listener(&a), c = make(SOCK_STREAM);
    struct pollfd none = {.fd = l, .events = POLLIN};

    CHECK(fcntl(l, F_SETFL, O_NONBLOCK) == 0);
    CHECK_ERR(accept(l, NULL, NULL), EAGAIN);
    CHECK(poll(&none, 1, 0) == 0);
    CHECK(connect(c, (struct sockaddr *)&a, sizeof(a)) == 0);
    CHECK(wait_for(l, POLLIN) == POLLIN);
    int s = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    CHECK(s >= 0 && (fcntl(s, F_GETFD) & FD_CLOEXEC) && (fcntl(s, F_GETFL) & O_NONBLOCK));
    CHECK_ERR(accept(l, NULL, NULL), EAGAIN);
    struct timeval tv = {0, 50000};

    CHECK(fcntl(l, F_SETFL, 0) == 0);
    CHECK(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
    CHECK_ERR(accept(l, NULL, NULL), EAGAIN);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig) {
    (void)sig;
    alarms++;
}

/* A signal ends a blocking call with EINTR, or restarts it, as it was installed. */
static void case_signals(void) {
    struct sockaddr_in a;
    int l = listener(&a);
    struct sigaction sa = {.sa_handler = on_alarm};
    struct itimerval it = {.it_value = {0, 100000}};

    CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
    CHECK_ERR(accept(l, NULL, NULL), EINTR);
    CHECK(alarms == 1);
    sa.sa_flags = SA_RESTART;
    CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
    pid_t pid = fork();

    if (pid == 0) {
        struct pollfd nothing = {.fd = -1};
        int c = make(SOCK_STREAM);

        poll(&nothing, 1, 300); /* the peer must be in accept() by then; if not, no harm */
        CHECK(connect(c, (struct sockaddr *)&a, sizeof(a)) == 0);
        _exit(0);
    }
    CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
    CHECK(accept(l, NULL, NULL) >= 0);
    CHECK(alarms == 2);
    CHECK(waitpid(pid, NULL, 0) == pid);
    /* Many signals, many calls: none may be done twice. */
    it.it_value.tv_usec = it.it_interval.tv_usec = 500;
    CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
    for (int i = 0; i < 200; i++) {
        int fd = make(SOCK_STREAM);
        struct sockaddr_in b = loopback(0);

        CHECK(bind(fd, (struct sockaddr *)&b, sizeof(b)) == 0);
        close(fd);
    }
}

/* ---- bytes and ends ---- */

static void *echo_thread(void *arg) {
    int fd = *(int *)arg;
    char buf[10000];
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        for (ssize_t done = 0; done < n;) {
            ssize_t w = write(fd, buf + done, (size_t)(n - done));

            CHECK(w > 0);
            done += w;
        }
    }
    CHECK(n == 0);
    CHECK(shutdown(fd, SHUT_WR) == 0);
    return NULL;
}

static void *write_thread(void *arg) {
    int fd = *(int *)arg;
    static unsigned char buf[65536];
    uint32_t x = 1;

    for (int i = 0; i < 64; i++) {
        for (size_t k = 0; k < sizeof(buf); k++) {
            x = x * 1664525 + 1013904223;
            buf[k] = (unsigned char)(x >> 24);
        }
        for (size_t done = 0; done < sizeof(buf);) {
            ssize_t w = write(fd, buf + done, sizeof(buf) - done);

            CHECK(w > 0);
            done += (size_t)w;
        }
    }
    CHECK(shutdown(fd, SHUT_WR) == 0);
    return NULL;
}

/* 4 MiB there and back, by threads. */
static void case_echo(void) {
    static unsigned char buf[70001];
    pthread_t echo, writer;
    int p[2];
    uint32_t x = 1;
    size_t sum = 0;
    ssize_t n;

    stream_pair(p);
    CHECK(pthread_create(&echo, NULL, echo_thread, &p[1]) == 0);
    CHECK(pthread_create(&writer, NULL, write_thread, &p[0]) == 0);
    while ((n = recv(p[0], buf, sizeof(buf), 0)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            x = x * 1664525 + 1013904223;
            CHECK(buf[i] == (unsigned char)(x >> 24));
        }
        sum += (size_t)n;
    }
    CHECK(n == 0 && sum == 64 * 65536);
    CHECK(pthread_join(echo, NULL) == 0 && pthread_join(writer, NULL) == 0);
}

static void *count_thread(void *arg) {
    int fd = *(int *)arg;
    static char buf[100000];
    static size_t sum;
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        sum += (size_t)n;
    }
    CHECK(n == 0);
    return &sum;
}

/* sendfile() queues larger pieces than write() does. */
static void case_sendfile(void) {
    const off_t size = 16 << 20;
    int p[2], file = memfd_create("file", 0);
    pthread_t reader;
    void *sum;

    CHECK(file >= 0 && ftruncate(file, size) == 0);
    stream_pair(p);
    CHECK(pthread_create(&reader, NULL, count_thread, &p[1]) == 0);
    for (off_t at = 0; at < size;) {
        CHECK(sendfile(p[0], file, &at, (size_t)(size - at)) > 0);
    }
    close(p[0]);
    CHECK(pthread_join(reader, &sum) == 0 && *(size_t *)sum == (size_t)size);
}

static void case_ends(void) {
    char c;
    int p[2], v = 0;

    stream_pair(p);
    CHECK(send(p[0], "abc", 3, 0) == 3);
    CHECK(wait_for(p[1], POLLIN) & POLLIN);
    CHECK(recv(p[1], &c, 1, MSG_PEEK) == 1 && c == 'a');
    CHECK(recv(p[1], &c, 1, 0) == 1 && c == 'a');
    CHECK(shutdown(p[0], SHUT_WR) == 0); /* half closed: the other way goes on */
    CHECK(send(p[1], "x", 1, 0) == 1);
    CHECK(recv(p[0], &c, 1, 0) == 1 && c == 'x');
    CHECK(recv(p[1], &c, 1, 0) == 1 && recv(p[1], &c, 1, 0) == 1 && recv(p[1], &c, 1, 0) == 0);
    CHECK_ERR(send(p[0], "y", 1, MSG_NOSIGNAL), EPIPE);
    close(p[1]);
    CHECK(recv(p[0], &c, 1, 0) == 0);
    close(p[0]);

    stream_pair(p); /* closed with unread bytes: a reset */
    CHECK(send(p[0], "abc", 3, 0) == 3);
    CHECK(wait_for(p[1], POLLIN) & POLLIN);
    close(p[1]);
    CHECK(wait_for(p[0], POLLIN) & (POLLERR | POLLHUP));
    CHECK_ERR(recv(p[0], &c, 1, 0), ECONNRESET);
    CHECK(recv(p[0], &c, 1, 0) == 0);
    CHECK_ERR(send(p[0], "y", 1, MSG_NOSIGNAL), EPIPE);
    close(p[0]);

    stream_pair(p); /* an abort by SO_LINGER 0 */
    struct linger lin = {1, 0};

    CHECK(setsockopt(p[1], SOL_SOCKET, SO_LINGER, &lin, sizeof(lin)) == 0);
    close(p[1]);
    CHECK(wait_for(p[0], POLLIN) & (POLLERR | POLLHUP));
    v = so_error(p[0]);
    CHECK(v == ECONNRESET);
}

/* One connection a child; the parent takes none of its bytes. */
static void case_forking(void) {
    struct sockaddr_in a;
    int l = listener(&a), status;

    for (int i = 0; i < 8; i++) {
        pid_t client = fork();

        if (client == 0) {
            char c = (char)('a' + i), back = 0;
            int fd = make(SOCK_STREAM);

            close(l);
            CHECK(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
            CHECK(write(fd, &c, 1) == 1);
            CHECK(read(fd, &back, 1) == 1 && back == c);
            CHECK(read(fd, &back, 1) == 0);
            _exit(0);
        }
        int s = accept(l, NULL, NULL);

        CHECK(s >= 0);
        if (fork() == 0) {
            char c;

            close(l);
            CHECK(read(s, &c, 1) == 1 && write(s, &c, 1) == 1);
            _exit(0);
        }
        close(s);
    }
    for (int i = 0; i < 16; i++) {
        CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    /* Nobody holds the listener any more: its port can be listened at again. */
    close(l);
    int again = make(SOCK_STREAM), one = 1;

    CHECK(setsockopt(again, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
    CHECK(bind(again, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(again, 1) == 0);
}

/* ---- helpers of other tests ---- */

/* Waits in accept() until it is killed; says when it is ready. */
static void case_wait(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(7777)};
    int l = make(SOCK_STREAM);

    CHECK(bind(l, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(l, 1) == 0);
    puts("ready");
    fflush(stdout);
    accept(l, NULL, NULL);
    puts("accepted");
}

/* Reads from a peer until something ends it, and says what. */
static void case_until_end(const struct sockaddr_in *peer) {
    int c = make(SOCK_STREAM);
    char buf[1000];
    ssize_t n;

    CHECK(connect(c, (const struct sockaddr *)peer, sizeof(*peer)) == 0);
    puts("connected");
    fflush(stdout);
    while ((n = read(c, buf, sizeof(buf))) > 0) {
    }
    puts(n == 0 ? "end" : strerror(errno));
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*fn)(void);
    } alone[] = {{"names", case_names},
                 {"options", case_options},
                 {"kinds", case_kinds},
                 {"refused", case_refused},
                 {"echo", case_echo},
                 {"ends", case_ends},
                 {"accepting", case_accepting},
                 {"signals", case_signals},
                 {"forking", case_forking},
                 {"sendfile", case_sendfile},
                 {"udp", case_udp},
                 {"control", case_control},
                 {"errors", case_errors},
                 {"unreachable", case_unreachable},
                 {"ip-options", case_ip_options},
                 {"told", case_told},
                 {"six", case_six},
                 {"wait", case_wait}};
    const char *name = argc > 1 ? argv[1] : "";
    struct sockaddr_in peer = {.sin_family = AF_INET};

    if (argc == 2) {
        for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
            if (strcmp(alone[i].name, name) == 0) {
                alone[i].fn();
                return 0;
            }
        }
    }
    if (argc == 4 && inet_pton(AF_INET, argv[2], &peer.sin_addr) == 1) {
        peer.sin_port = htons((uint16_t)atoi(argv[3]));
        if (strcmp(name, "connecting") == 0) {
            case_connecting(&peer);
            return 0;
        }
        if (strcmp(name, "until-end") == 0) {
            case_until_end(&peer);
            return 0;
        }
    }
    fprintf(stderr, "calls: no such case: %s\n", name);
    return 2;
}
