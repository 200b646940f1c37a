/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_tun.c - a TAP and a TUN device against the kernel
 *
 * The process moves into a network namespace of its own (as an ordinary user through a user
 * namespace), so nothing outside is touched. The kernel sends a datagram into the TAP: its ARP
 * request is read and answered, and the datagram arrives. Skipped (exit 77) where namespaces
 * or /dev/net/tun are not to be had.
 */
#define _GNU_SOURCE /* unshare() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/tun.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 5000 /* a bound, not a pause: poll() returns when a frame is there */

static bool write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool enter_namespace(void) {
    unsigned uid = geteuid();
    unsigned gid = getegid();
    char map[64];

    if (unshare(CLONE_NEWNET) == 0) {
        return true;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
        return false;
    }
    (void)write_file("/proc/self/setgroups", "deny");
    (void)snprintf(map, sizeof(map), "0 %u 1", uid);
    if (!write_file("/proc/self/uid_map", map)) {
        return false;
    }
    (void)snprintf(map, sizeof(map), "0 %u 1", gid);
    return write_file("/proc/self/gid_map", map);
}

static struct ifreq request(const char *name) {
    struct ifreq ifr;

    memset(&ifr, 0, sizeof(ifr));
    (void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
    return ifr;
}

static void set_ip(int s, const char *name, unsigned long what, const char *ip) {
    struct ifreq ifr = request(name);
    struct sockaddr_in sin = {.sin_family = AF_INET};

    assert_int_equal(inet_pton(AF_INET, ip, &sin.sin_addr), 1);
    memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
    assert_int_equal(ioctl(s, what, &ifr), 0);
}

/* The kernel's end: 10.9.0.1/24, up. */
static void configure(const char *name) {
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq ifr = request(name);

    assert_true(s >= 0);
    set_ip(s, name, SIOCSIFADDR, "10.9.0.1");
    set_ip(s, name, SIOCSIFNETMASK, "255.255.255.0");
    assert_int_equal(ioctl(s, SIOCGIFFLAGS, &ifr), 0);
    ifr.ifr_flags |= IFF_UP;
    assert_int_equal(ioctl(s, SIOCSIFFLAGS, &ifr), 0);
    close(s);
}

static void kernel_sends(const char *text) {
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7777)};

    assert_true(s >= 0);
    assert_int_equal(inet_pton(AF_INET, "10.9.0.2", &to.sin_addr), 1);
    assert_int_equal(sendto(s, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to)),
                     (ssize_t)strlen(text));
    close(s);
}

/* Reads until `wanted` accepts a frame; the kernel also sends IPv6 housekeeping. */
static void read_until(struct tun *t, bool (*wanted)(struct rd frame, void *ctx), void *ctx) {
    struct inl_rx_frame frames[TUN_BATCH];
    struct pollfd pfd = {.fd = t->fd, .events = POLLIN};

    for (int rounds = 0; rounds < 100; rounds++) {
        int n = tun_read(t, frames);

        assert_true(n >= 0);
        for (int i = 0; i < n; i++) {
            if (wanted(rd_init(frames[i].data, frames[i].len_bytes), ctx)) {
                return;
            }
        }
        if (n == 0) {
            assert_int_equal(poll(&pfd, 1, WAIT_MS), 1);
        }
    }
    fail_msg("the frame did not come");
}

static bool is_arp_request(struct rd r, void *ctx) {
    struct eth_hdr eth;

    return eth_parse(&r, &eth) == INL_DROP_NONE && eth.type == ETH_TYPE_ARP &&
           arp_parse(&r, ctx) == INL_DROP_NONE;
}

static bool is_datagram(struct rd r, void *ctx) {
    struct eth_hdr eth;
    struct ip4_hdr ip;
    struct udp_hdr udp;
    const struct tun *t = ctx;

    if (t->kind == INL_LINK_ETHERNET) {
        if (eth_parse(&r, &eth) != INL_DROP_NONE || eth.type != ETH_TYPE_IP4) {
            return false;
        }
        assert_memory_equal(eth.src, t->kernel_mac, 6);
        assert_memory_equal(eth.dst, t->mac, 6);
    }
    if (ip4_parse(&r, &ip) != INL_DROP_NONE || ip.proto != 17) {
        return false;
    }
    struct rd message = ip.payload;
    assert_int_equal(udp_parse(&ip.payload, &udp), INL_DROP_NONE);
    assert_true(udp_csum_ok(&ip.src, &ip.dst, message)); /* no offload was asked for */
    assert_int_equal(rd_left(&udp.payload), 5);
    assert_memory_equal(rd_ptr(&udp.payload), "hello", 5);
    return true;
}

static void answer_arp(struct tun *t, const struct arp_msg *question) {
    uint8_t buf[64];
    struct wr w = wr_init(buf, sizeof(buf));
    struct eth_hdr eth = {.type = ETH_TYPE_ARP};
    struct arp_msg reply = {.op = ARP_REPLY, .spa = question->tpa, .tpa = question->spa};
    struct inl_tx_frame frame = {.data = buf};

    memcpy(eth.dst, question->sha, 6);
    memcpy(eth.src, t->mac, 6);
    memcpy(reply.sha, t->mac, 6);
    memcpy(reply.tha, question->sha, 6);
    eth_emit(&w, &eth);
    arp_emit(&w, &reply);
    frame.len_bytes = wr_len(&w);
    assert_int_equal(tun_write(t, &frame, 1), 1);
}

static void tap_carries_frames_both_ways(void **state) {
    struct tun t;
    struct inl_link_config config;
    struct arp_msg question;

    (void)state;
    assert_int_equal(tun_open(&t, "inlettap%d", INL_LINK_ETHERNET, 0), 0);
    assert_string_equal(t.name, "inlettap0");
    assert_int_equal(t.mtu_bytes, 1500);
    assert_false(eth_is_group(t.mac));
    assert_memory_not_equal(t.mac, t.kernel_mac, 6);
    tun_link_config(&t, &config);
    assert_int_equal(config.kind, INL_LINK_ETHERNET);
    assert_int_equal(config.mtu_bytes, 1500);
    assert_memory_equal(config.mac, t.mac, 6);
    configure(t.name);
    kernel_sends("hello");
    read_until(&t, is_arp_request, &question);
    assert_int_equal(inl_addr_to4(&question.tpa), 0x0a090002);
    answer_arp(&t, &question);
    read_until(&t, is_datagram, &t);
    tun_close(&t);
    assert_int_equal(t.fd, -1);
}

static void tun_carries_bare_packets(void **state) {
    struct tun t;

    (void)state;
    assert_int_equal(tun_open(&t, "inlettun", INL_LINK_IP, 0), 0);
    configure(t.name);
    kernel_sends("hello");
    read_until(&t, is_datagram, &t);
    tun_close(&t);
}

/* The kernel leaves the checksum of its own datagrams to us, and says so. */
static void tun_with_offloads(void **state) {
    struct inl_rx_frame frames[TUN_BATCH];
    struct inl_link_config config;
    static uint8_t buf[2048];
    bool found = false;
    struct tun t;

    (void)state;
    assert_int_equal(tun_open(&t, "inletoff", INL_LINK_IP, TUN_OFFLOAD), 0);
    tun_link_config(&t, &config);
    assert_int_equal(config.flags, t.offload ? INL_LINK_TX_CSUM | INL_LINK_TX_GSO : 0);
    configure(t.name);
    kernel_sends("hello");
    for (int rounds = 0; !found && rounds < 100; rounds++) {
        struct pollfd pfd = {.fd = t.fd, .events = POLLIN};
        int n = tun_read(&t, frames);

        assert_true(n >= 0);
        for (int i = 0; i < n && !found; i++) {
            size_t pos = 0;
            int len = inl_gso_cut(INL_LINK_IP, frames[i].data, frames[i].len_bytes,
                                  &frames[i].offload, &pos, buf, sizeof(buf));

            assert_int_equal(len, frames[i].len_bytes);
            found = is_datagram(rd_init(buf, (size_t)len), &t);
            assert_true(!found || !t.offload ||
                        frames[i].offload.flags == INL_OFFLOAD_CSUM_PARTIAL);
        }
        if (n == 0) {
            assert_int_equal(poll(&pfd, 1, WAIT_MS), 1);
        }
    }
    assert_true(found);
    tun_close(&t);
}

static void nothing_to_read_is_zero(void **state) {
    struct tun t;
    struct inl_rx_frame frames[TUN_BATCH];
    uint8_t one = 0;
    struct inl_tx_frame bad = {.data = &one, .len_bytes = 1};

    (void)state;
    assert_int_equal(tun_open(&t, "inletdown", INL_LINK_ETHERNET, 0), 0);
    assert_int_equal(tun_read(&t, frames), 0);
    assert_true(tun_write(&t, &bad, 1) < 0); /* one byte is no frame */
    assert_int_equal(tun_write(&t, &bad, 0), 0);
    tun_close(&t);
}

static void names_and_kinds_are_checked(void **state) {
    struct tun t;
    struct tun first;

    (void)state;
    assert_int_equal(tun_open(&t, "", INL_LINK_IP, 0), -EINVAL);
    assert_int_equal(tun_open(&t, "a-name-of-16-byt", INL_LINK_IP, 0), -EINVAL);
    assert_int_equal(tun_open(&t, "x", INL_LINK_LOOPBACK, 0), -EINVAL);
    assert_int_equal(tun_open(&t, "a/b", INL_LINK_IP, 0), -EINVAL);
    assert_int_equal(tun_open(&first, "twice", INL_LINK_IP, 0), 0);
    assert_int_equal(tun_open(&t, "twice", INL_LINK_IP, 0), -EBUSY);
    assert_int_equal(tun_open(&t, "twice", INL_LINK_ETHERNET, 0), -EINVAL); /* is a TUN */
    tun_close(&first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tap_carries_frames_both_ways),
        cmocka_unit_test(tun_carries_bare_packets),
        cmocka_unit_test(tun_with_offloads),
        cmocka_unit_test(nothing_to_read_is_zero),
        cmocka_unit_test(names_and_kinds_are_checked),
    };

    if (!enter_namespace() || access("/dev/net/tun", R_OK | W_OK) < 0) {
        printf("no network namespace or no /dev/net/tun (%s): skipped\n", strerror(errno));
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
