/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tun_peer.c - the kernel's end of the TUN benchmarks (see tun_peer.h)
 *
 * Exit status 77: no namespace or no device to be had here.
 */
#define _GNU_SOURCE /* unshare() */
#include "tun_peer.h"

#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK_BYTES (256 * 1024)
#define SKIPPED 77

static const struct tun_row {
    const char *name;
    bool in;
    bool vnet;
    uint64_t amount;
    uint64_t quick;
} rows[] = {
    {"tun-in", true, false, UINT64_C(1) << 30, 4 << 20},
    {"tun-out", false, false, UINT64_C(1) << 30, 4 << 20},
    {"tun-in-vnet", true, true, UINT64_C(1) << 33, 16 << 20},
    {"tun-out-vnet", false, true, UINT64_C(1) << 33, 16 << 20},
};

static char chunk[CHUNK_BYTES];

/* ---- the namespace and the device ---- */

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool enter_namespace(void) {
    char uid[32];
    char gid[32];

    if (unshare(CLONE_NEWNET) == 0) {
        return true;
    }
    (void)snprintf(uid, sizeof(uid), "0 %u 1", geteuid());
    (void)snprintf(gid, sizeof(gid), "0 %u 1", getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", uid) &&
           write_text("/proc/self/gid_map", gid);
}

static struct sockaddr_in at(uint32_t addr) {
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(TUN_PORT)};

    sin.sin_addr.s_addr = htonl(addr);
    return sin;
}

static void set_addr(int s, const char *name, unsigned long what, uint32_t addr) {
    struct sockaddr_in sin = at(addr);
    struct ifreq ifr = {0};

    sin.sin_port = 0;
    memcpy(ifr.ifr_name, name, strlen(name) + 1);
    memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
    if (ioctl(s, what, &ifr) < 0) {
        bench_die("the device refuses an address");
    }
}

static void configure(const char *name) {
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq ifr = {0};

    if (s < 0) {
        bench_die("no socket");
    }
    set_addr(s, name, SIOCSIFADDR, TUN_KERNEL_ADDR);
    set_addr(s, name, SIOCSIFNETMASK, 0xffffff00U);
    memcpy(ifr.ifr_name, name, strlen(name) + 1);
    if (ioctl(s, SIOCGIFFLAGS, &ifr) < 0) {
        bench_die("no such device");
    }
    ifr.ifr_flags |= IFF_UP;
    if (ioctl(s, SIOCSIFFLAGS, &ifr) < 0) {
        bench_die("the device does not come up");
    }
    close(s);
}

/* ---- the child ---- */

_Noreturn static void child_sends(uint64_t bytes) {
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = at(TUN_STACK_ADDR);

    if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof(to)) < 0) {
        _exit(1);
    }
    while (bytes > 0) {
        ssize_t n = write(s, chunk, bytes < CHUNK_BYTES ? bytes : CHUNK_BYTES);

        if (n <= 0) {
            _exit(1);
        }
        bytes -= (uint64_t)n;
    }
    _exit(close(s) < 0);
}

_Noreturn static void child_receives(int listener, uint64_t bytes) {
    int s = accept(listener, NULL, NULL);
    ssize_t n;

    while ((n = read(s, chunk, CHUNK_BYTES)) > 0) {
        bytes -= (uint64_t)n;
    }
    _exit(n < 0 || bytes != 0);
}

static int listen_on_kernel(void) {
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in here = at(TUN_KERNEL_ADDR);

    if (s < 0 || bind(s, (struct sockaddr *)&here, sizeof(here)) < 0 || listen(s, 1) < 0) {
        bench_die("the kernel cannot listen");
    }
    return s;
}

/* Ends with us, whatever becomes of us. */
static pid_t child(bool sends, int listener, uint64_t bytes) {
    pid_t pid;

    fflush(stdout); /* what waits there is to be written once */
    pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (sends) {
            child_sends(bytes);
        }
        child_receives(listener, bytes);
    }
    if (pid < 0) {
        bench_die("fork failed");
    }
    return pid;
}

/* ---- a run ---- */

static uint64_t transfer(const struct tun_subject *subject, bool in, uint64_t bytes) {
    int listener = in ? -1 : listen_on_kernel();
    uint64_t begin;
    uint64_t end;
    int status;
    pid_t pid;

    if (in) {
        subject->listen();
    }
    pid = child(in, listener, bytes);
    begin = in ? subject->take(bytes) : subject->give(bytes);
    end = bench_now_ns();
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        bench_die("the kernel's end failed");
    }
    if (listener >= 0) {
        close(listener);
    }
    return end - begin;
}

static int run(const struct tun_subject *subject, const struct tun_row *row, bool quick) {
    uint64_t amount = quick ? row->quick : row->amount;
    char name[16];
    double seconds;

    if (!enter_namespace() || access("/dev/net/tun", R_OK | W_OK) < 0) {
        fprintf(stderr, "no network namespace or no /dev/net/tun\n");
        return SKIPPED;
    }
    printf("{\"stack\": \"%s\", \"version\": \"%s\", \"row\": \"%s\", \"unit\": \"Gbit/s\", ",
           subject->name, subject->version, row->name);
    if (!subject->open(row->vnet, name)) {
        printf("\"amount\": 0, \"seconds\": null, \"value\": null}\n");
        return 0;
    }
    configure(name);
    seconds = (double)transfer(subject, row->in, amount) / 1e9;
    printf("\"amount\": %llu, \"seconds\": %.6f, \"value\": %.6g}\n", (unsigned long long)amount,
           seconds, (double)amount * 8 / 1e9 / seconds);
    return 0;
}

int tun_bench_main(const struct tun_subject *subject, int argc, char **argv) {
    bool quick = argc == 3 && strcmp(argv[2], "--quick") == 0;
    bool list = argc == 2 && strcmp(argv[1], "--rows") == 0;

    for (size_t i = 0; (argc == 2 || quick) && i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (list) {
            puts(rows[i].name);
        } else if (strcmp(argv[1], rows[i].name) == 0) {
            return run(subject, &rows[i], quick);
        }
    }
    if (!list) {
        fprintf(stderr, "usage: %s ROW [--quick]\n       %s --rows\n", argv[0], argv[0]);
    }
    return list ? 0 : 2;
}
