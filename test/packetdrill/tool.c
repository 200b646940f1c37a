/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool.c - loads the plug-in, plays the wire and keeps the second thread (see tool.h)
 */
#include "tool.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the tool does it; a sanitizer's runtime must be found, though. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HOW RTLD_NODELETE
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HOW RTLD_NODELETE
#endif
#endif
#ifndef HOW
#define HOW (RTLD_NODELETE | RTLD_DEEPBIND)
#endif

const char *tool_plugin;

_Noreturn void tool_fail(const char *file, int line, const char *what) {
    fflush(stdout);
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    exit(1);
}

/* ---- load ---- */

void tool_begin(struct tool *t, enum mode mode, const char *flags) {
    void *so = dlopen(tool_plugin, RTLD_NOW | RTLD_LOCAL | HOW);
    void (*init)(const char *, struct packetdrill_interface *);

    if (!so) {
        fprintf(stderr, "%s\n", dlerror());
    }
    CHECK(so);
    *(void **)&init = dlsym(so, "packetdrill_interface_init");
    CHECK(init);
    memset(t, 0, sizeof(*t));
    memset(&t->itf, 0xff, sizeof(t->itf));
    init(flags, &t->itf);
    for (size_t i = 0; i < sizeof(t->itf) / sizeof(void *); i++) {
        void *member;

        memcpy(&member, (const char *)&t->itf + i * sizeof(member), sizeof(member));
        CHECK(member && member != (void *)UINTPTR_MAX); /* every function is there */
    }
    t->u = t->itf.userdata;
    t->mode = mode;
    t->v6 = mode == MODE_IPV6;
    inet_pton(t->v6 ? AF_INET6 : AF_INET, t->v6 ? "fd3d:a0b:17d6::1" : "192.168.0.1", t->local);
    inet_pton(t->v6 ? AF_INET6 : AF_INET, t->v6 ? "2001:db8::1" : "192.0.2.1", t->remote);
    t->local_port = 8080;
    t->remote_port = 40001;
    t->remote_isn = 0xfffffff0;
}

int tool_family(const struct tool *t) {
    return t->mode == MODE_IPV4 ? AF_INET : AF_INET6;
}

struct address tool_address(struct tool *t, bool remote, uint16_t port) {
    struct address a = {0};
    const uint8_t *ip = remote ? t->remote : t->local;

    if (t->mode == MODE_IPV4) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

        memcpy(&in.sin_addr, ip, 4);
        memcpy(&a.ss, &in, sizeof(in));
        a.len = sizeof(in);
    } else {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

        if (t->v6) {
            memcpy(&in6.sin6_addr, ip, 16);
        } else {
            memset(in6.sin6_addr.s6_addr + 10, 0xff, 2);
            memcpy(in6.sin6_addr.s6_addr + 12, ip, 4);
        }
        memcpy(&a.ss, &in6, sizeof(in6));
        a.len = sizeof(in6);
    }
    return a;
}

/* ---- time ---- */

long long tool_now(struct tool *t) {
    struct timeval tv;

    CHECK(t->itf.gettimeofday(t->u, &tv, NULL) == 0);
    return tv.tv_sec * 1000000LL + tv.tv_usec;
}

void tool_pass(struct tool *t, unsigned us) {
    int (*wait)(void *, useconds_t) = t->itf.usleep;

    CHECK(wait(t->u, us) == 0);
}

/* ---- the wire ---- */

static void put16(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v) {
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

static uint32_t get16(const uint8_t *p) {
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p) {
    return get16(p) << 16 | get16(p + 2);
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static uint32_t l4_sum(const struct tool *t, const uint8_t *p, size_t n, uint8_t proto) {
    uint8_t tail[8] = {0};
    uint32_t sum;

    put32(tail, (uint32_t)n);
    tail[7] = proto;
    sum = sum16(0, t->local, t->v6 ? 16 : 4);
    sum = sum16(sum, t->remote, t->v6 ? 16 : 4);
    return sum16(sum16(sum, tail, 8), p, n);
}

static void ip_in(struct tool *t, uint8_t *pkt, size_t l4_len, uint8_t proto) {
    size_t hl = t->v6 ? 40 : 20;

    memset(pkt, 0, hl);
    if (t->v6) {
        pkt[0] = 0x60;
        put16(pkt + 4, (uint32_t)l4_len);
        pkt[6] = proto;
        pkt[7] = 64;
        memcpy(pkt + 8, t->remote, 16);
        memcpy(pkt + 24, t->local, 16);
    } else {
        pkt[0] = 0x45;
        put16(pkt + 2, (uint32_t)(hl + l4_len));
        pkt[8] = 64;
        pkt[9] = proto;
        memcpy(pkt + 12, t->remote, 4);
        memcpy(pkt + 16, t->local, 4);
        put16(pkt + 10, 0xffff ^ sum16(0, pkt, hl));
    }
    CHECK(t->itf.netdev_send(t->u, pkt, hl + l4_len) == 0);
}

void tool_in(struct tool *t, const struct seg *s) {
    uint8_t pkt[4096] = {0};
    uint8_t *p = pkt + (t->v6 ? 40 : 20);
    size_t hl = 20 + s->opts_len;

    put16(p, t->remote_port);
    put16(p + 2, t->local_port);
    put32(p + 4, s->seq + t->remote_isn);
    put32(p + 8, s->flags & ACK ? s->ack + t->local_isn : 0);
    p[12] = (uint8_t)(hl / 4 << 4);
    p[13] = s->flags;
    put16(p + 14, s->win ? s->win : 65535);
    memcpy(p + 20, s->opts, s->opts_len);
    for (uint32_t i = 0; i < s->len; i++) {
        p[hl + i] = (uint8_t)(s->seq + i);
    }
    put16(p + 16, 0xffff ^ l4_sum(t, p, hl + s->len, 6));
    ip_in(t, pkt, hl + s->len, 6);
}

/* The next packet that leaves: its transport header; every checksum and length is right. */
static uint8_t *ip_out(struct tool *t, uint8_t proto, size_t *ret_len, long long *ret_us) {
    size_t n = sizeof(t->last);
    size_t hl = t->v6 ? 40 : 20;
    uint8_t *p = t->last;

    CHECK(t->itf.netdev_receive(t->u, t->last, &n, ret_us) == 0);
    CHECK(n >= hl + 8);
    if (t->v6) {
        CHECK(p[0] >> 4 == 6 && get16(p + 4) + 40 == n && p[6] == proto);
        CHECK(memcmp(p + 8, t->local, 16) == 0 && memcmp(p + 24, t->remote, 16) == 0);
    } else {
        CHECK(p[0] == 0x45 && get16(p + 2) == n && p[9] == proto && sum16(0, p, 20) == 0xffff);
        CHECK(memcmp(p + 12, t->local, 4) == 0 && memcmp(p + 16, t->remote, 4) == 0);
    }
    CHECK(l4_sum(t, p + hl, n - hl, proto) == 0xffff);
    *ret_len = n - hl;
    return p + hl;
}

struct seg tool_out(struct tool *t) {
    struct seg s = {0};
    size_t n;
    const uint8_t *p = ip_out(t, 6, &n, &s.time_us);
    size_t hl = (size_t)(p[12] >> 4) * 4;

    CHECK(n >= 20 && hl >= 20 && hl <= n);
    s.sport = (uint16_t)get16(p);
    s.dport = (uint16_t)get16(p + 2);
    s.flags = p[13];
    if (s.flags & SYN) {
        t->local_isn = get32(p + 4);
        t->local_port = s.sport;
    }
    s.seq = get32(p + 4) - t->local_isn;
    s.ack = s.flags & ACK ? get32(p + 8) - t->remote_isn : 0;
    s.win = (uint16_t)get16(p + 14);
    s.opts_len = (unsigned)hl - 20;
    memcpy(s.opts, p + 20, s.opts_len);
    s.len = (uint32_t)(n - hl);
    s.payload = p + hl;
    return s;
}

struct seg tool_expect(struct tool *t, unsigned flags, uint32_t seq, uint32_t ack, uint32_t len) {
    struct seg s = tool_out(t);

    if (s.flags != flags || s.seq != seq || s.ack != ack || s.len != len) {
        fprintf(stderr, "left: flags 0x%x seq %u ack %u len %u; expected 0x%x %u %u %u\n", s.flags,
                s.seq, s.ack, s.len, flags, seq, ack, len);
    }
    CHECK(s.flags == flags && s.seq == seq && s.ack == ack && s.len == len);
    return s;
}

void tool_nothing(struct tool *t) {
    size_t n = sizeof(t->last);
    long long us = 0;

    CHECK(t->itf.netdev_receive(t->u, t->last, &n, &us) == 0 && n == 0);
}

void tool_udp_in(struct tool *t, const void *data, size_t len) {
    uint8_t pkt[2048] = {0};
    uint8_t *p = pkt + (t->v6 ? 40 : 20);

    put16(p, t->remote_port);
    put16(p + 2, t->local_port);
    put16(p + 4, (uint32_t)(8 + len));
    memcpy(p + 8, data, len);
    put16(p + 6, 0xffff ^ l4_sum(t, p, 8 + len, 17));
    ip_in(t, pkt, 8 + len, 17);
}

size_t tool_udp_out(struct tool *t, void *data, size_t cap) {
    long long us;
    size_t n;
    const uint8_t *p = ip_out(t, 17, &n, &us);

    CHECK(get16(p + 4) == n && n - 8 <= cap);
    memcpy(data, p + 8, n - 8);
    return n - 8;
}

/* ---- openings ---- */

int tool_listen(struct tool *t) {
    struct address a = tool_address(t, false, 8080);
    int fd = t->itf.socket(t->u, tool_family(t), SOCK_STREAM, IPPROTO_TCP);

    t->local_port = 8080;
    CHECK(fd >= 0);
    CHECK(t->itf.bind(t->u, fd, (struct sockaddr *)&a.ss, a.len) == 0);
    CHECK(t->itf.listen(t->u, fd, 5) == 0);
    return fd;
}

int tool_established(struct tool *t) {
    int listener = tool_listen(t);
    int fd;

    tool_in(t, &(struct seg){.flags = SYN, .opts = {2, 4, 1000 >> 8, 1000 & 255}, .opts_len = 4});
    tool_expect(t, SYN | ACK, 0, 1, 0);
    tool_in(t, &(struct seg){.flags = ACK, .seq = 1, .ack = 1});
    fd = t->itf.accept(t->u, listener, NULL, NULL);
    CHECK(fd >= 0 && fd != listener);
    CHECK(t->itf.close(t->u, listener) == 0);
    return fd;
}

/* ---- the second thread ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool started, wanted, done;
    pid_t tid;
    struct tool *tool;
    tool_job job;
    void *arg;
    long result;
    int error;
    long long time_us;
} second = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

static void *second_main(void *arg) {
    (void)arg;
    pthread_mutex_lock(&second.lock);
    second.tid = (pid_t)syscall(SYS_gettid);
    for (;;) {
        long result;
        int error;
        long long us;

        while (!second.wanted) {
            pthread_cond_wait(&second.cond, &second.lock);
        }
        second.wanted = false;
        pthread_mutex_unlock(&second.lock);
        errno = 0;
        result = second.job(second.tool, second.arg);
        error = errno;
        us = tool_now(second.tool); /* when it ended: read before any lock of the tool's */
        pthread_mutex_lock(&second.lock);
        second.result = result;
        second.error = error;
        second.time_us = us;
        second.done = true;
        pthread_cond_broadcast(&second.cond);
    }
    return NULL;
}

/* The thread's state as the kernel tells it. */
static bool sleeps(void) {
    char path[64];
    char text[256] = "";
    const char *paren;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", second.tid);
    f = fopen(path, "r");
    CHECK(f && fgets(text, sizeof(text), f));
    fclose(f);
    paren = strrchr(text, ')');
    CHECK(paren);
    return paren[2] == 'S';
}

bool tool_asleep(struct tool *t) {
    bool asleep = false;
    bool done = false;

    (void)t;
    while (!asleep && !done) { /* it may be on its way */
        sched_yield();
        asleep = sleeps();
        pthread_mutex_lock(&second.lock);
        done = second.done;
        pthread_mutex_unlock(&second.lock);
    }
    return !done;
}

void tool_start(struct tool *t, tool_job job, void *arg) {
    pthread_t thread;

    pthread_mutex_lock(&second.lock);
    second.tool = t;
    second.job = job;
    second.arg = arg;
    second.wanted = true;
    second.done = false;
    if (!second.started) {
        second.started = true;
        CHECK(pthread_create(&thread, NULL, second_main, NULL) == 0);
        pthread_detach(thread);
    }
    pthread_cond_broadcast(&second.cond);
    pthread_mutex_unlock(&second.lock);
    for (bool picked = false; !picked;) { /* as the tool does: until it sleeps in the call */
        pthread_mutex_lock(&second.lock);
        picked = !second.wanted;
        pthread_mutex_unlock(&second.lock);
        sched_yield();
    }
    CHECK(tool_asleep(t));
}

long tool_result(struct tool *t, long long *ret_time_us, int *ret_errno) {
    long result;

    (void)t;
    pthread_mutex_lock(&second.lock);
    while (!second.done) {
        pthread_cond_wait(&second.cond, &second.lock);
    }
    result = second.result;
    *ret_time_us = second.time_us;
    if (ret_errno) {
        *ret_errno = second.error;
    }
    pthread_mutex_unlock(&second.lock);
    return result;
}

/* The tool closes what is open behind the plug-in's back; the plug-in ends whatever blocks in it.
 */
void tool_end(struct tool *t) {
    CHECK(close_range(3, ~0U, 0) == 0);
    t->itf.free(t->u);
    pthread_mutex_lock(&second.lock);
    while (second.tool && !second.done) {
        pthread_cond_wait(&second.cond, &second.lock);
    }
    pthread_mutex_unlock(&second.lock);
}
