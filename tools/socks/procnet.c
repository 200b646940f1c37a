/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procnet.c - the machine's sockets as /proc/net/tcp and its like list them
 *
 * Addresses stand there as the words of the kernel's memory, in hexadecimal; ports in host order.
 * The timers are given in ticks of USER_HZ, which is 100 everywhere.
 */
#include "tools/socks/socks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TICK_NS 10000000

/* "0100007F:0016" */
static int end_of(const char *text, bool six, struct sock_end *ret) {
    uint32_t word[4] = {0};
    unsigned words = six ? 4 : 1;
    uint8_t bytes[16];
    unsigned port;

    for (unsigned i = 0; i < words; i++) {
        if (strspn(text, "0123456789ABCDEFabcdef") < 8 ||
            sscanf(text, "%8" SCNx32, &word[i]) != 1) {
            return -EINVAL;
        }
        text += 8;
    }
    if (sscanf(text, ":%4x", &port) != 1) {
        return -EINVAL;
    }
    memcpy(bytes, word, sizeof(bytes));
    *ret = (struct sock_end){.port = (uint16_t)port};
    ret->addr = six ? inl_addr_from6(bytes) : inl_addr_from4(ntohl(word[0]));
    return 0;
}

int procnet_line(const char *line, enum sock_kind kind, bool six, struct sock *ret) {
    char local[48], remote[48];
    unsigned state, timer;
    uint64_t expires;
    struct sock s = {.kind = (uint8_t)kind, .six = six};

    if (sscanf(line,
               " %*[0-9]: %47s %47s %2x %16" SCNx64 ":%16" SCNx64 " %2x:%16" SCNx64 " %8" SCNx32
               " %10" SCNu32 " %10" SCNu32 " %20" SCNu64,
               local, remote, &state, &s.sndq, &s.rcvq, &timer, &expires, &s.retrans, &s.uid,
               &s.probes, &s.inode) != 11) {
        return -EINVAL;
    }
    if (end_of(local, six, &s.local) < 0 || end_of(remote, six, &s.remote) < 0) {
        return -EINVAL;
    }
    s.state = sk_state_of_kernel(state);
    s.timer = kind == SK_TCP && timer < SOCK_TIMERS ? (uint8_t)timer : SOCK_TIMER_OFF;
    s.timer_ns = expires < UINT32_MAX ? (inl_dur)expires * TICK_NS : 0;
    s.id = sk_hash(&s);
    *ret = s;
    return 0;
}

int procnet_one(enum sock_kind kind, bool six, struct sock_list *list) {
    static const char *const files[SK_KINDS][2] = {
        [SK_TCP] = {"/proc/net/tcp", "/proc/net/tcp6"},
        [SK_UDP] = {"/proc/net/udp", "/proc/net/udp6"},
        [SK_UDPLITE] = {"/proc/net/udplite", "/proc/net/udplite6"},
        [SK_RAW] = {"/proc/net/raw", "/proc/net/raw6"},
        [SK_PING] = {"/proc/net/icmp", "/proc/net/icmp6"},
    };
    FILE *f = fopen(files[kind][six], "re");
    char line[512];
    struct sock s;
    int err = 0;

    if (f == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    while (err == 0 && fgets(line, sizeof(line), f) != NULL) {
        if (procnet_line(line, kind, six, &s) == 0) {
            struct sock *to = sk_list_add(list);

            err = to != NULL ? 0 : -ENOMEM;
            if (err == 0) {
                *to = s;
            }
        }
    }
    fclose(f);
    return err;
}

int procnet_read(const struct socks *want, struct sock_list *list) {
    int err = 0;

    for (unsigned kind = 0; err == 0 && kind < SK_KINDS; kind++) {
        for (int six = 0; err == 0 && six < 2; six++) {
            if ((want->kinds & 1u << kind) && (six ? want->six : want->four)) {
                err = procnet_one((enum sock_kind)kind, six, list);
            }
        }
    }
    return err;
}
