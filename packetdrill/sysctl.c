/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl.c - settings that Linux's scripts make by sysctl, read before the stack starts
 *
 * Scripts run shell commands that write files below /proc/sys/net; whatever they say at the first
 * call that needs the stack becomes its configuration. A file that does not exist changes nothing.
 * What a value cannot say to this stack is in docs/packetdrill.md.
 */
#include "packetdrill/plug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Up to three numbers of a file; how many. */
static int read_numbers(const struct plug *p, const char *name, long long ret[3]) {
    char path[300];
    FILE *f;
    int n;

    snprintf(path, sizeof(path), "%s/net/%s", p->sysctl_root, name);
    f = fopen(path, "re");
    if (!f) {
        return 0;
    }
    n = fscanf(f, "%lld %lld %lld", &ret[0], &ret[1], &ret[2]);
    fclose(f);
    return n < 0 ? 0 : n;
}

static void read_bool(const struct plug *p, const char *name, bool *value) {
    long long v[3];

    if (read_numbers(p, name, v) > 0) {
        *value = v[0] != 0;
    }
}

static void read_seconds(const struct plug *p, const char *name, inl_dur *value) {
    long long v[3];

    if (read_numbers(p, name, v) > 0 && v[0] > 0 && v[0] < 1000000) {
        *value = v[0] * INL_S;
    }
}

static uint32_t bytes_of(long long v) {
    return v < 4096 ? 4096 : v > (1 << 30) ? 1u << 30 : (uint32_t)v;
}

/* Minimum, default, maximum of a buffer. */
static void read_buffers(struct plug *p) {
    long long v[3];

    if (read_numbers(p, "ipv4/tcp_rmem", v) == 3) {
        p->config.tcp.rcvbuf_bytes = bytes_of(v[1]);
    }
    if (read_numbers(p, "ipv4/tcp_wmem", v) == 3) {
        p->config.tcp.sndbuf_bytes = bytes_of(v[2]); /* Linux starts small and grows at once */
    }
}

static void read_ports(struct plug *p) {
    long long v[3];

    if (read_numbers(p, "ipv4/ip_local_port_range", v) == 2 && v[0] > 0 && v[0] <= v[1] &&
        v[1] < 65536) {
        p->config.port_first = (uint16_t)v[0];
        p->config.port_last = (uint16_t)v[1];
    }
}

void plug_sysctls(struct plug *p) {
    struct inl_tcp_config *tcp = &p->config.tcp;
    long long v[3];

    read_bool(p, "ipv4/tcp_sack", &tcp->sack);
    read_bool(p, "ipv4/tcp_dsack", &tcp->dsack);
    read_bool(p, "ipv4/tcp_timestamps", &tcp->timestamps);
    read_bool(p, "ipv4/tcp_window_scaling", &tcp->window_scaling);
    read_seconds(p, "ipv4/tcp_fin_timeout", &tcp->fin_wait2_ns);
    read_buffers(p);
    read_ports(p);
    if (read_numbers(p, "ipv4/ip_default_ttl", v) > 0 && v[0] > 0 && v[0] < 256) {
        p->config.ttl = (uint8_t)v[0];
    }
}
