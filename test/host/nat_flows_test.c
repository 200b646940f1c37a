/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nat_flows_test.c - the gateway in this process: its map, its limits, its time, its end
 *
 * The lab of `inlet run` without a program: the test has the engine's sockets of the host in its
 * own hands, and the real peers are kernel sockets of the loopback. Time is given to the gateway,
 * so that a minute of silence takes none.
 */
#include "cli/run.h"
#include "host/dns.h"
#include "host/nat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define BOUND_NS (20 * INL_S)
#define HOST 0

struct rig {
    struct labfile *file;
    struct lab *lab;
    struct inl_stack *host;
    int fds; /* open descriptors before */
};

static int count_fds(void) {
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(d);
    while (readdir(d) != NULL) {
        n++;
    }
    closedir(d);
    return n;
}

static void rig_init(struct rig *r, const char *dns) {
    struct run_options o = {0};

    if (dns != NULL) {
        o.has_dns = true;
        assert_int_equal(dns_parse_server(dns, &o.dns), 0);
    }
    r->fds = count_fds();
    assert_int_equal(private_lab(&o, &r->file), 0);
    assert_int_equal(lab_new(r->file, NULL, &r->lab), 0);
    r->host = lab_stack(r->lab, HOST);
    assert_non_null(r->lab->nat);
}

static void rig_done(struct rig *r) {
    lab_free(r->lab);
    labfile_free(r->file);
    assert_int_equal(count_fds(), r->fds);
}

static void run_world(struct rig *r) {
    struct inl_event ev;
    int host;
    bool any;

    do {
        any = false;
        inl_world_advance(r->lab->world, loop_now());
        while (inl_world_next_event(r->lab->world, &host, &ev)) {
            any = true;
            service_event(r->lab, host, &ev);
        }
    } while (any);
}

/* What lab_run() does in one round; waits at most for `wait_ns`. */
static void turn(struct rig *r, inl_dur wait_ns) {
    run_world(r);
    inl_time until =
        inl_time_min(inl_world_next_deadline(r->lab->world), inl_time_add(loop_now(), wait_ns));

    assert_int_equal(loop_round(&r->lab->loop, until), 0);
    run_world(r);
}

#define WAIT(r, condition)                                                                         \
    do {                                                                                           \
        inl_time end_ = inl_time_add(loop_now(), BOUND_NS);                                        \
        while (!(condition)) {                                                                     \
            assert_true(inl_time_before(loop_now(), end_));                                        \
            turn(r, INL_MS);                                                                       \
        }                                                                                          \
    } while (0)

/* Turns until nothing happens any more. */
static void settle(struct rig *r) {
    struct epoll_event ev;

    do {
        turn(r, 0);
    } while (epoll_wait(r->lab->loop.epoll_fd, &ev, 1, 20) > 0 ||
             inl_time_before(inl_world_next_deadline(r->lab->world), loop_now()));
}

static struct inl_sockaddr at(const char *addr, uint16_t port) {
    struct inl_sockaddr sa = {.port = port};

    assert_int_equal(inl_addr_parse(addr, &sa.addr), 0);
    return sa;
}

/* A kernel socket on the loopback; returns its port. */
static uint16_t kernel_server(int type, int *ret_fd) {
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sa);

    *ret_fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(*ret_fd >= 0);
    assert_int_equal(bind(*ret_fd, (struct sockaddr *)&sa, len), 0);
    assert_true(type != SOCK_STREAM || listen(*ret_fd, 4096) == 0);
    assert_int_equal(getsockname(*ret_fd, (struct sockaddr *)&sa, &len), 0);
    return ntohs(sa.sin_port);
}

/* ---- the map ---- */

static void test_map(void **state) {
    static const struct {
        const char *dns, *to;
        uint16_t port;
        const char *real; /* NULL: nowhere */
        uint16_t real_port;
    } rows[] = {
        {"192.0.2.53:5353", "10.0.2.2", 80, "127.0.0.1", 80},
        {"192.0.2.53:5353", "10.0.2.2", 53, "127.0.0.1", 53},
        {"192.0.2.53:5353", "fd00:2::2", 80, "::1", 80},
        {"192.0.2.53:5353", "10.0.2.3", 53, "192.0.2.53", 5353},
        {"192.0.2.53:5353", "fd00:2::3", 53, "192.0.2.53", 5353},
        {"[2001:db8::53]:54", "10.0.2.3", 53, "2001:db8::53", 54},
        {"192.0.2.53", "10.0.2.3", 54, NULL, 0},
        {"192.0.2.53", "198.51.100.1", 443, "198.51.100.1", 443},
        {"192.0.2.53", "2001:db8::1", 443, "2001:db8::1", 443},
        {"192.0.2.53", "0.0.0.0", 443, NULL, 0},
        {"192.0.2.53", "127.0.0.2", 443, NULL, 0},
        {"192.0.2.53", "::1", 443, NULL, 0},
        {"192.0.2.53", "224.0.0.251", 5353, NULL, 0},
        {"192.0.2.53", "255.255.255.255", 67, NULL, 0},
        {"192.0.2.53", "ff02::fb", 5353, NULL, 0},
        {"192.0.2.53", "fe80::1", 80, NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct inl_sockaddr to = at(rows[i].to, rows[i].port), real = {0};
        struct rig r;

        rig_init(&r, rows[i].dns);
        int err = nat_map(r.lab->nat, &to, &real);

        assert_int_equal(err, rows[i].real != NULL ? 0 : -ECONNREFUSED);
        if (rows[i].real != NULL) {
            struct inl_sockaddr want = at(rows[i].real, rows[i].real_port);

            assert_true(inl_addr_eq(&real.addr, &want.addr) && real.port == want.port);
        }
        rig_done(&r);
    }
}

/* Which nameservers are forwarded depends on the machine; here it has these. */
static void test_map_nameservers(void **state) {
    struct inl_sockaddr near = at("127.0.0.53", 53), far = at("198.51.100.53", 53), real = {0};
    struct inl_sockaddr web = at("198.51.100.53", 443);
    struct rig r;

    (void)state;
    rig_init(&r, NULL);
    struct nat *nat = r.lab->nat;

    nat->nameservers[0] = near.addr;
    nat->nameservers[1] = far.addr;
    nat->nameservers_n = 2;
    nat->has_dns = true;
    nat->dns = near;
    assert_int_equal(nat_map(nat, &near, &real), 0);
    assert_true(inl_addr_eq(&real.addr, &near.addr));
    assert_int_equal(nat_map(nat, &far, &real), 0);
    assert_true(inl_addr_eq(&real.addr, &far.addr));
    /* One that was chosen stands in for both. */
    nat->dns_chosen = true;
    nat->dns = at("192.0.2.1", 5353);
    assert_int_equal(nat_map(nat, &far, &real), 0);
    assert_true(inl_addr_eq(&real.addr, &nat->dns.addr) && real.port == 5353);
    assert_int_equal(nat_map(nat, &web, &real), 0);
    assert_true(inl_addr_eq(&real.addr, &web.addr));
    nat->has_dns = false;
    assert_int_equal(nat_map(nat, &far, &real), -ECONNREFUSED);
    rig_done(&r);
}

/* ---- nameservers ---- */

static void test_resolv_conf(void **state) {
    static const char text[] = "# nameserver 192.0.2.1\n"
                               "search example.test\n"
                               "\n"
                               "nameserver\t127.0.0.53\r\n"
                               "  nameserver 2001:db8::1 # second\n"
                               "nameserver\n"
                               "nameserver name.test\n"
                               "nameserver fe80::1%no-such-link\n"
                               "nameserverx 192.0.2.2\n"
                               "nameserver ::1%lo\n"
                               "nameserver 192.0.2.4";
    char path[] = "/tmp/inlet-resolv.XXXXXX";
    struct inl_sockaddr out[8];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    assert_int_equal(dns_read_resolv(path, out, 8), 4);
    for (int i = 0; i < 4; i++) {
        static const char *const want[] = {"127.0.0.53", "2001:db8::1", "::1", "192.0.2.4"};
        struct inl_sockaddr sa = at(want[i], 53);

        assert_true(inl_addr_eq(&out[i].addr, &sa.addr));
        assert_int_equal(out[i].port, 53);
        assert_int_equal(out[i].scope != 0, i == 2);
    }
    assert_int_equal(dns_read_resolv(path, out, 1), 1);
    unlink(path);
    assert_int_equal(dns_read_resolv(path, out, 8), 0);
}

static void test_parse_server(void **state) {
    static const struct {
        const char *text, *addr;
        uint16_t port;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1", 53},
        {"192.0.2.1:1", "192.0.2.1", 1},
        {"192.0.2.1:65535", "192.0.2.1", 65535},
        {"::1", "::1", 53},
        {"2001:db8::1", "2001:db8::1", 53},
        {"[2001:db8::1]", "2001:db8::1", 53},
        {"[2001:db8::1]:5353", "2001:db8::1", 5353},
    };
    static const char *const bad[] = {
        "",
        "x",
        ":53",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:x",
        "[::1",
        "[::1]x",
        "[::1]:",
        "[]:53",
        "[::1]:0",
        "192.0.2:53",
        "1:2:3:53",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:53"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct inl_sockaddr sa = {0}, want = at(rows[i].addr, rows[i].port);

        assert_int_equal(dns_parse_server(rows[i].text, &sa), 0);
        assert_true(inl_addr_eq(&sa.addr, &want.addr) && sa.port == want.port);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct inl_sockaddr sa = {.port = 7};

        assert_int_equal(dns_parse_server(bad[i], &sa), -EINVAL);
        assert_int_equal(sa.port, 7);
    }
}

/* ---- datagrams ---- */

static inl_sock udp_to(struct rig *r, const struct inl_sockaddr *to) {
    inl_sock s = inl_socket(r->host, INL_AF_INET, INL_SOCK_DGRAM);

    assert_true(s >= 0);
    assert_int_equal(inl_connect(r->host, s, to), 0);
    return s;
}

/* Receives one datagram at a kernel socket. */
static bool kernel_got(int fd, struct sockaddr_in *ret_from) {
    char buf[16];
    socklen_t len = sizeof(*ret_from);

    return recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)ret_from, &len) >= 0;
}

static void test_udp_time(void **state) {
    struct sockaddr_in from;
    struct rig r;
    char buf[8];
    int fd;

    (void)state;
    rig_init(&r, "127.0.0.1:9");
    struct inl_sockaddr to = at("10.0.2.2", kernel_server(SOCK_DGRAM, &fd));
    inl_sock a = udp_to(&r, &to), b = udp_to(&r, &to);

    assert_true(inl_time_is_never(nat_deadline(r.lab)));
    assert_int_equal(inl_send(r.host, a, "1", 1, 0), 1);
    WAIT(&r, kernel_got(fd, &from));
    assert_int_equal(inl_send(r.host, b, "1", 1, 0), 1);
    WAIT(&r, kernel_got(fd, &from));
    assert_int_equal(r.lab->nat->udp.count, 2);

    /* The second one was used last: the first one's time is over before. */
    inl_time first = nat_deadline(r.lab);

    nat_advance(r.lab, inl_time_add(first, -1));
    assert_int_equal(r.lab->nat->udp.count, 2);
    nat_advance(r.lab, first);
    assert_int_equal(r.lab->nat->udp.count, 1);
    assert_true(inl_time_before(first, nat_deadline(r.lab)));

    /* An answer counts as use. */
    inl_time second = nat_deadline(r.lab);

    assert_int_equal(sendto(fd, "2", 1, 0, (struct sockaddr *)&from, sizeof(from)), 1);
    WAIT(&r, inl_recv(r.host, b, buf, sizeof(buf), 0) == 1);
    nat_advance(r.lab, second);
    assert_int_equal(r.lab->nat->udp.count, 1);

    /* Who comes back gets a new flow. */
    assert_int_equal(inl_send(r.host, a, "3", 1, 0), 1);
    WAIT(&r, kernel_got(fd, &from));
    assert_int_equal(r.lab->nat->udp.count, 2);
    nat_advance(r.lab, inl_time_add(loop_now(), NAT_UDP_IDLE_NS));
    assert_int_equal(r.lab->nat->udp.count, 0);
    assert_true(inl_time_is_never(nat_deadline(r.lab)));
    close(fd);
    rig_done(&r);
}

/* The program's port is closed: its host says so, and the flow goes. */
static void test_udp_closed(void **state) {
    struct sockaddr_in from;
    struct rig r;
    int fd;

    (void)state;
    rig_init(&r, "127.0.0.1:9");
    struct inl_sockaddr to = at("10.0.2.2", kernel_server(SOCK_DGRAM, &fd));
    inl_sock a = udp_to(&r, &to);

    assert_int_equal(inl_send(r.host, a, "1", 1, 0), 1);
    WAIT(&r, kernel_got(fd, &from));
    assert_int_equal(inl_close(r.host, a), 0);
    assert_int_equal(sendto(fd, "2", 1, 0, (struct sockaddr *)&from, sizeof(from)), 1);
    WAIT(&r, r.lab->nat->udp.count == 0);
    close(fd);
    rig_done(&r);
}

static void test_udp_limit(void **state) {
    struct sockaddr_in from, first = {0};
    struct rig r;
    int fd;

    (void)state;
    rig_init(&r, "127.0.0.1:9");
    struct inl_sockaddr to = at("10.0.2.2", kernel_server(SOCK_DGRAM, &fd));

    for (unsigned i = 0; i < NAT_UDP_MAX + 3; i++) {
        inl_sock s = udp_to(&r, &to);

        assert_int_equal(inl_send(r.host, s, "1", 1, 0), 1);
        WAIT(&r, kernel_got(fd, &from));
        first = i == 0 ? from : first;
        assert_int_equal(r.lab->nat->udp.count, i < NAT_UDP_MAX ? i + 1 : NAT_UDP_MAX);
    }
    /* The oldest one's kernel socket is closed, the newest one's is not. */
    assert_int_equal(sendto(fd, "2", 1, 0, (struct sockaddr *)&first, sizeof(first)), 1);
    assert_int_equal(recv(fd, &from, 1, 0), -1);
    assert_true(errno == EAGAIN || errno == ECONNREFUSED);
    close(fd);
    rig_done(&r); /* with all flows open */
}

/* ---- connections ---- */

static inl_sock tcp_to(struct rig *r, const char *addr, uint16_t port) {
    struct inl_sockaddr to = at(addr, port);
    inl_sock s = inl_socket(r->host, INL_AF_INET, INL_SOCK_STREAM);

    assert_true(s >= 0);
    assert_int_equal(inl_connect(r->host, s, &to), -EINPROGRESS);
    return s;
}

static bool has_event(struct rig *r, inl_sock s, int event) {
    return (inl_poll(r->host, s) & event) != 0;
}

static int sock_error(struct rig *r, inl_sock s) {
    int64_t err = 0;

    assert_int_equal(inl_getsockopt(r->host, s, INL_OPT_ERROR, &err), 0);
    return (int)err;
}

static void test_tcp_refused(void **state) {
    static const char *const to[] = {"10.0.2.2", "10.0.2.3"};
    struct rig r;
    int fd;

    (void)state;
    rig_init(&r, "127.0.0.1:9");
    uint16_t port = kernel_server(SOCK_STREAM, &fd);

    close(fd);
    for (size_t i = 0; i < COUNT_OF(to); i++) {
        inl_sock s = tcp_to(&r, to[i], port);

        WAIT(&r, has_event(&r, s, INL_EV_ERROR));
        assert_int_equal(sock_error(&r, s), ECONNREFUSED);
        assert_int_equal(r.lab->nat->tcp_n, 0);
        assert_false(nat_busy(r.lab));
    }
    rig_done(&r);
}

/* A connection above the limit is refused; one that ends makes room; nothing moves: no event. */
static void test_tcp_limit(void **state) {
    static inl_sock s[NAT_TCP_MAX];
    struct rlimit lim;
    struct epoll_event ev;
    struct rig r;
    int fd;

    (void)state;
    if (getrlimit(RLIMIT_NOFILE, &lim) < 0 || lim.rlim_max < 2 * NAT_TCP_MAX) {
        skip();
    }
    rig_init(&r, "127.0.0.1:9");
    uint16_t port = kernel_server(SOCK_STREAM, &fd);

    for (unsigned i = 0; i < NAT_TCP_MAX; i++) {
        s[i] = tcp_to(&r, "10.0.2.2", port);
        WAIT(&r, has_event(&r, s[i], INL_EV_CONNECTED));
    }
    assert_int_equal(r.lab->nat->tcp_n, NAT_TCP_MAX);
    inl_sock more = tcp_to(&r, "10.0.2.2", port);

    WAIT(&r, has_event(&r, more, INL_EV_ERROR));
    assert_int_equal(sock_error(&r, more), ECONNREFUSED);

    settle(&r);
    assert_int_equal(epoll_wait(r.lab->loop.epoll_fd, &ev, 1, 0), 0);
    assert_true(nat_busy(r.lab));

    assert_int_equal(inl_setsockopt(r.host, s[0], INL_OPT_LINGER, 0), 0);
    assert_int_equal(inl_close(r.host, s[0]), 0);
    WAIT(&r, r.lab->nat->tcp_n == NAT_TCP_MAX - 1);
    more = tcp_to(&r, "10.0.2.2", port);
    WAIT(&r, has_event(&r, more, INL_EV_CONNECTED));
    close(fd);
    rig_done(&r);
}

/* Accepts the one connection that waits. */
static int kernel_accept(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    assert_true(fd >= 0);
    return fd;
}

static void connected(struct rig *r, inl_sock *ret_s, int *ret_fd) {
    int listener;
    uint16_t port = kernel_server(SOCK_STREAM, &listener);

    *ret_s = tcp_to(r, "10.0.2.2", port);
    WAIT(r, has_event(r, *ret_s, INL_EV_CONNECTED));
    *ret_fd = kernel_accept(listener);
    close(listener);
}

/* The gateway ends: what was handed over whole ends well, the rest is cut off. */
static void test_tcp_end(void **state) {
    struct rig r;
    inl_sock whole, part;
    int whole_fd, part_fd, err = -1;
    socklen_t len = sizeof(err);
    char buf[8];

    (void)state;
    rig_init(&r, "127.0.0.1:9");
    connected(&r, &whole, &whole_fd);
    connected(&r, &part, &part_fd);
    assert_int_equal(inl_send(r.host, whole, "all", 3, 0), 3);
    assert_int_equal(inl_shutdown(r.host, whole, INL_SHUT_WR), 0);
    assert_int_equal(inl_send(r.host, part, "abc", 3, 0), 3);
    WAIT(&r, recv(whole_fd, buf, 8, MSG_PEEK) == 3);
    WAIT(&r, recv(part_fd, buf, 8, MSG_PEEK) == 3);
    assert_int_equal(r.lab->nat->tcp_n, 2);
    assert_true(nat_busy(r.lab));
    settle(&r);
    nat_close(r.lab);
    assert_int_equal(recv(whole_fd, buf, 8, 0), 3);
    assert_int_equal(recv(whole_fd, buf, 8, 0), 0);
    assert_int_equal(getsockopt(whole_fd, SOL_SOCKET, SO_ERROR, &err, &len), 0);
    assert_int_equal(err, 0);
    ssize_t n = recv(part_fd, buf, 8, 0);

    assert_true(n == 3 || (n < 0 && errno == ECONNRESET));
    assert_true(n < 0 || (recv(part_fd, buf, 8, 0) < 0 && errno == ECONNRESET));
    close(whole_fd);
    close(part_fd);
    rig_done(&r);
}

/* The peer ends its direction, then resets: the program hears of both. */
static void test_tcp_reset_after_fin(void **state) {
    const struct linger hard = {.l_onoff = 1, .l_linger = 0};
    struct rig r;
    inl_sock s;
    char buf[8];
    int fd;

    (void)state;
    rig_init(&r, "127.0.0.1:9");
    connected(&r, &s, &fd);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    WAIT(&r, inl_recv(r.host, s, buf, 8, 0) == 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
    close(fd);
    WAIT(&r, has_event(&r, s, INL_EV_ERROR));
    WAIT(&r, r.lab->nat->tcp_n == 0);
    rig_done(&r);
}

/* Both have said all: nothing is left, not even a descriptor. */
static void test_tcp_both_fins(void **state) {
    struct rig r;
    inl_sock s;
    char buf[8];
    int fd;

    (void)state;
    rig_init(&r, "127.0.0.1:9");
    connected(&r, &s, &fd);
    assert_int_equal(inl_shutdown(r.host, s, INL_SHUT_WR), 0);
    WAIT(&r, recv(fd, buf, 8, 0) == 0);
    assert_int_equal(r.lab->nat->tcp_n, 1);
    assert_false(nat_busy(r.lab)); /* what the program said has left */
    assert_int_equal(send(fd, "bye", 3, 0), 3);
    close(fd);
    WAIT(&r, r.lab->nat->tcp_n == 0);
    WAIT(&r, has_event(&r, s, INL_EV_RDHUP));
    assert_int_equal(inl_recv(r.host, s, buf, 8, 0), 3);
    assert_int_equal(inl_recv(r.host, s, buf, 8, 0), 0);
    rig_done(&r);
}

/* The program closes between the loop's wake-up and the read: the end is seen all the same. */
static void test_datagram_program_ends(void **state) {
    struct rig r;
    int pair[2];
    char byte;

    (void)state;
    rig_init(&r, NULL);
    inl_sock s = inl_socket(r.host, INL_AF_INET, INL_SOCK_DGRAM);

    assert_true(s >= 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
    struct conn *conn;

    assert_int_equal(conn_new(r.lab, HOST, s, pair[0], 1, INL_AF_INET, INL_SOCK_DGRAM, &conn), 0);
    assert_int_equal(send(pair[1], "", 0, 0), 0); /* an empty datagram is not the end */
    assert_int_equal(send(pair[1], "x", 1, 0), 1);
    splice_udp_io(conn, EPOLLIN);
    assert_int_equal(recv(pair[0], &byte, 1, MSG_DONTWAIT), -1); /* both were taken */
    assert_int_equal(errno, EAGAIN);
    close(pair[1]);
    alarm(20); /* it would not come back */
    splice_udp_io(conn, EPOLLIN);
    alarm(0);
    conn_free(conn);
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_map_nameservers),
        cmocka_unit_test(test_resolv_conf),
        cmocka_unit_test(test_parse_server),
        cmocka_unit_test(test_udp_time),
        cmocka_unit_test(test_udp_closed),
        cmocka_unit_test(test_udp_limit),
        cmocka_unit_test(test_tcp_refused),
        cmocka_unit_test(test_tcp_limit),
        cmocka_unit_test(test_tcp_end),
        cmocka_unit_test(test_tcp_reset_after_fin),
        cmocka_unit_test(test_tcp_both_fins),
        cmocka_unit_test(test_datagram_program_ends),
    };

    return cmocka_run_group_tests_name("nat-flows", tests, NULL, NULL);
}
