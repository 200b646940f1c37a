/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenes_setup.c - flags, the system's settings, and TCP_INFO by a preloaded getsockopt()
 */
#include "scenes.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

static void write_file(const char *folder, const char *name, const char *text) {
    char path[300];
    FILE *f;

    snprintf(path, sizeof(path), "%s/net/ipv4/%s", folder, name);
    f = fopen(path, "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static bool has_option(const struct seg *s, uint8_t kind) {
    for (unsigned i = 0; i < s->opts_len && s->opts[i]; i += s->opts[i] == 1 ? 1 : s->opts[i + 1]) {
        if (s->opts[i] == kind) {
            return true;
        }
    }
    return false;
}

static struct seg first_syn(struct tool *t) {
    int fd = t->itf.socket(t->u, tool_family(t), SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
    struct address a = tool_address(t, true, 9999);

    t->itf.connect(t->u, fd, (struct sockaddr *)&a.ss, a.len);
    return tool_expect(t, SYN, 0, 0, 0);
}

static void with_sysctls(struct tool *t, const char *folder, const char *name, const char *text) {
    char flags[300];

    write_file(folder, name, text);
    snprintf(flags, sizeof(flags), "sysctl=%s", folder);
    tool_begin(t, t->mode, flags);
}

/* Removes what write_file() has made. */
static void remove_files(const char *folder, const char *const *names) {
    char path[300];

    for (; *names; names++) {
        snprintf(path, sizeof(path), "%s/net/ipv4/%s", folder, *names);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/net/ipv4", folder);
    rmdir(path);
    snprintf(path, sizeof(path), "%s/net", folder);
    rmdir(path);
    rmdir(folder);
}

void scene_sysctls(struct tool *t) {
    static const char *const names[] = {"tcp_sack", "tcp_timestamps", "tcp_window_scaling",
                                        "tcp_rmem", "ip_default_ttl", NULL};
    static const struct {
        const char *name;
        uint8_t option;
    } switches[] = {{"tcp_sack", 4}, {"tcp_timestamps", 8}, {"tcp_window_scaling", 3}};
    char folder[] = "/tmp/inlet-sysctl-XXXXXX";
    char path[300];
    struct seg s;

    CHECK(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/net", folder);
    CHECK(mkdir(path, 0700) == 0);
    snprintf(path, sizeof(path), "%s/net/ipv4", folder);
    CHECK(mkdir(path, 0700) == 0);
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        with_sysctls(t, folder, switches[i].name, "1\n");
        s = first_syn(t);
        CHECK(has_option(&s, switches[i].option));
        tool_end(t);
        with_sysctls(t, folder, switches[i].name, "0\n");
        s = first_syn(t);
        CHECK(!has_option(&s, switches[i].option));
        tool_end(t);
    }
    with_sysctls(t, folder, "tcp_rmem", "4096\t20000\t6000000\n");
    s = first_syn(t);
    CHECK(s.win == 20000);
    tool_end(t);
    with_sysctls(t, folder, "ip_default_ttl", "77\n");
    first_syn(t);
    CHECK(t->last[t->v6 ? 7 : 8] == 77);
    tool_end(t);
    remove_files(folder, names);
}

void scene_flags_given(struct tool *t) {
    struct seg s;

    tool_begin(t, t->mode, "local=198.51.100.7,local=2001:db8:7::7,mtu=1300,sysctl=/nonexistent");
    inet_pton(t->v6 ? AF_INET6 : AF_INET, t->v6 ? "2001:db8:7::7" : "198.51.100.7", t->local);
    s = first_syn(t);
    CHECK(s.opts[0] == 2 && s.opts[2] * 256 + s.opts[3] == (t->v6 ? 1240 : 1260));
    tool_end(t);
    /* an address that no flag names is learnt from the first packet to it */
    tool_begin(t, t->mode, NULL);
    inet_pton(t->v6 ? AF_INET6 : AF_INET, t->v6 ? "2001:db8:9::9" : "10.1.2.3", t->local);
    tool_in(t, &(struct seg){.flags = SYN});
    tool_expect(t, RST | ACK, 0, 1, 0);
    tool_end(t);
}

/* ---- preloaded ---- */

void scene_preload(void) {
    static struct tool t;
    struct tcp_info i;
    uint32_t mem[SK_MEMINFO_VARS];
    socklen_t len = sizeof(i);
    int v = -1;
    int kernels = socket(AF_INET, SOCK_DGRAM, 0);
    int fd;

    tool_begin(&t, MODE_IPV4, "sysctl=none");
    fd = tool_established(&t);
    CHECK(t.itf.write(t.u, fd, "0123456789", 10) == 10);
    tool_expect(&t, PSH | ACK, 1, 1, 10);
    memset(&i, 0xff, sizeof(i));
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len) == 0 && len == sizeof(i));
    CHECK(i.tcpi_state == 1 && i.tcpi_snd_mss == 1000 && i.tcpi_unacked == 1);
    CHECK(i.tcpi_snd_cwnd == 10 && i.tcpi_bytes_acked == 0 && i.tcpi_total_retrans == 0);
    CHECK(i.tcpi_segs_in >= 1 && i.tcpi_segs_out == 2 && i.tcpi_notsent_bytes == 0);
    CHECK(i.tcpi_snd_ssthresh == 0x7fffffff);
    tool_in(&t, &(struct seg){.flags = ACK, .seq = 1, .ack = 11});
    len = 8 + sizeof(i.tcpi_rto); /* a part of it, as an older program asks */
    memset(&i, 0xff, sizeof(i));
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len) == 0 && len == 12);
    CHECK(i.tcpi_state == 1 && i.tcpi_rto >= 200000 && i.tcpi_ato == UINT32_MAX);
    len = sizeof(i);
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, &i, &len) == 0 && len == 0);
    len = sizeof(mem);
    CHECK(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len) == 0 && len == sizeof(mem));
    CHECK(mem[SK_MEMINFO_RCVBUF] > 0 && mem[SK_MEMINFO_WMEM_QUEUED] == 0);
    len = sizeof(v);
    CHECK(getsockopt(kernels, SOL_SOCKET, SO_TYPE, &v, &len) == 0 && v == SOCK_DGRAM);
    tool_end(&t);                                                 /* closes all descriptors */
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len) == -1); /* it is nobody's now */
}
