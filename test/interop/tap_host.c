/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap_host.c - one inlet host on a TAP device, for tests against the kernel
 *
 *     tap_host TAP ADDR/LEN... [--offload] [--write FILE.pcapng] [--dump]
 *
 * Serves HTTP on port 80 (GET /N answers N bytes of a known pattern), TCP and UDP echo on port
 * 7. Prints "ready" when the device is open, and then obeys lines on standard input:
 *
 *     get ADDR PORT PATH FILE    fetch by HTTP/1.0 into FILE; prints "get N" (body bytes) or
 *                                "get -ERRNO"
 *     udp ADDR PORT TEXT         send a datagram, wait for the answer; prints "udp TEXT" or
 *                                "udp -ERRNO"
 *     lose N                     from now on every Nth frame, of each direction, is lost; 0: none
 *     supers                     prints "supers IN OUT": how many super-frames crossed the device
 *     quit
 *
 * With --offload segments larger than the MTU cross the device; the capture shows them cut. Exit
 * status 3: the kernel has no such device.
 *
 * It is also the smallest complete driver of the engine: one loop of rx, advance, events, tx
 * and poll. Only the public API and link/ are used.
 */
#define _GNU_SOURCE /* ppoll() */
#include "cli/dump_line.h"
#include "link/pcapng.h"
#include "link/tun.h"

#include <inlet/inlet.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 256
#define BUF_BYTES 65536
#define PATTERN 251 /* byte i of a body is i % PATTERN */

enum job_kind {
    JOB_FREE,
    JOB_HTTP,
    JOB_ECHO,
    JOB_GET,
    JOB_UDP_ASK,
};

/* One connection or question, and what is left to do for it. */
struct job {
    enum job_kind kind;
    inl_sock sock;
    char buf[BUF_BYTES];
    size_t len;         /* bytes in buf that wait to be sent, or of the header so far */
    size_t off;         /* of these, already sent */
    uint64_t body_left; /* JOB_HTTP: pattern bytes to send */
    uint64_t body_pos;  /* JOB_HTTP: sent; JOB_GET: received */
    FILE *file;         /* JOB_GET */
    bool answered;      /* JOB_HTTP: the request was read; JOB_GET: the header was passed */
};

struct host {
    struct tun tun;
    struct inl_stack *stack;
    struct pcapng *pcap;
    inl_sock http, echo, udp;
    int link;
    unsigned lose_every;         /* 0: nothing is lost */
    unsigned rx_count, tx_count; /* frames since the last loss */
    unsigned supers_in, supers_out;
    bool dump;
    bool quit;
    inl_time start;
    struct job jobs[JOBS_MAX];
    uint8_t frames[TUN_BATCH][INL_FRAME_OVERHEAD + 65535];
};

static struct host host;

static void die(const char *what, int rc) {
    fprintf(stderr, "tap_host: %s: %s\n", what, strerror(-rc));
    exit(1);
}

static inl_time clock_now(void) {
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (inl_time){(int64_t)ts.tv_sec * INL_S + ts.tv_nsec};
}

static void *host_alloc(void *ctx, size_t size) {
    (void)ctx;
    return malloc(size);
}

static void host_free(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)size;
    free(ptr);
}

/* ---- what is seen ---- */

static void trace_frame(struct host *h, const struct inl_trace *trace) {
    struct dump_frame f = dump_frame_of_trace(trace, NULL, h->start);
    char line[DUMP_LINE_MAX];
    struct text t = text_init(line, sizeof(line));

    if (h->dump) {
        dump_line(&t, &f, dump_wants_colour(STDERR_FILENO));
        fprintf(stderr, "%s\n", line);
    }
    if (h->pcap && trace->link == h->link) {
        struct pcapng_frame pf = {
            .link = 0,
            .time = trace->now,
            .data = trace->data,
            .len_bytes = trace->len_bytes,
            .comment = line,
            .dir = trace->kind == INL_TRACE_RX ? PCAPNG_DIR_IN : PCAPNG_DIR_OUT,
        };

        t = text_init(line, sizeof(line));
        dump_reason(&t, &f);
        (void)pcapng_write(h->pcap, &pf);
    }
}

static void host_trace(void *ctx, const struct inl_trace *trace) {
    static uint8_t buf[INL_FRAME_OVERHEAD + 65535];
    struct inl_trace piece = *trace;
    size_t pos = 0;
    int n;

    if (trace->kind > INL_TRACE_DROP) {
        return; /* tells of a connection, not of a frame */
    }
    if (trace->offload == NULL) {
        trace_frame(ctx, trace);
        return;
    }
    if (trace->offload->gso_size_bytes > 0) {
        trace->kind == INL_TRACE_RX ? host.supers_in++ : host.supers_out++;
    }
    while ((n = inl_gso_cut((enum inl_link_kind)trace->frame, trace->data, trace->len_bytes,
                            trace->offload, &pos, buf, sizeof(buf))) > 0) {
        piece.data = buf;
        piece.len_bytes = (size_t)n;
        trace_frame(ctx, &piece);
    }
    if (n < 0) {
        die("inl_gso_cut", n);
    }
}

/* ---- jobs ---- */

static struct job *job_new(enum job_kind kind, inl_sock sock) {
    for (size_t i = 0; i < JOBS_MAX; i++) {
        if (host.jobs[i].kind == JOB_FREE) {
            memset(&host.jobs[i], 0, sizeof(host.jobs[i]));
            host.jobs[i].kind = kind;
            host.jobs[i].sock = sock;
            return &host.jobs[i];
        }
    }
    (void)inl_close(host.stack, sock);
    return NULL;
}

static struct job *job_of(inl_sock sock) {
    for (size_t i = 0; i < JOBS_MAX; i++) {
        if (host.jobs[i].kind != JOB_FREE && host.jobs[i].sock == sock) {
            return &host.jobs[i];
        }
    }
    return NULL;
}

static void job_close_file(struct job *j) {
    if (j->file) {
        fclose(j->file);
        j->file = NULL;
    }
}

static void job_end(struct job *j) {
    (void)inl_close(host.stack, j->sock);
    job_close_file(j);
    j->kind = JOB_FREE;
}

static void job_report(struct job *j, const char *what, int64_t result) {
    job_close_file(j); /* whoever reads the line may read the file */
    printf("%s %lld\n", what, (long long)result);
    fflush(stdout);
    job_end(j);
}

/* Sends what waits in buf. True when all is sent; the job is over if it cannot be. */
static bool job_flush(struct job *j) {
    while (j->off < j->len) {
        int64_t n = inl_send(host.stack, j->sock, j->buf + j->off, j->len - j->off, 0);

        if (n < 0) {
            if (n != -EAGAIN) {
                job_end(j);
            }
            return false;
        }
        j->off += (size_t)n;
    }
    j->off = j->len = 0;
    return true;
}

static void echo_run(struct job *j) {
    while (job_flush(j)) {
        int64_t n = inl_recv(host.stack, j->sock, j->buf, sizeof(j->buf), 0);

        if (n == -EAGAIN) {
            return;
        }
        if (n <= 0) { /* 0: all was echoed, so the close says FIN */
            job_end(j);
            return;
        }
        j->len = (size_t)n;
    }
}

/* Reads the request until its empty line; false: not there yet, or the job is over. */
static bool http_request(struct job *j) {
    for (;;) {
        int64_t n = inl_recv(host.stack, j->sock, j->buf + j->len, sizeof(j->buf) - 1 - j->len, 0);

        if (n == -EAGAIN) {
            return false;
        }
        if (n <= 0) {
            job_end(j);
            return false;
        }
        j->len += (size_t)n;
        j->buf[j->len] = 0;
        if (strstr(j->buf, "\r\n\r\n")) {
            return true;
        }
    }
}

static void http_answer(struct job *j) {
    unsigned long long size = 0;
    int n;

    if (sscanf(j->buf, "GET /%llu ", &size) != 1) {
        n = snprintf(j->buf, sizeof(j->buf), "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    } else {
        n = snprintf(j->buf, sizeof(j->buf),
                     "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n"
                     "Content-Length: %llu\r\n\r\n",
                     size);
        j->body_left = size;
    }
    j->len = (size_t)n;
    j->answered = true;
}

static void http_fill(struct job *j) {
    size_t n = j->body_left < sizeof(j->buf) ? (size_t)j->body_left : sizeof(j->buf);

    for (size_t i = 0; i < n; i++) {
        j->buf[i] = (char)(uint8_t)((j->body_pos + i) % PATTERN);
    }
    j->len = n;
    j->body_left -= n;
    j->body_pos += n;
}

static void http_run(struct job *j) {
    if (!j->answered) {
        if (!http_request(j)) {
            return;
        }
        http_answer(j);
    }
    while (job_flush(j)) {
        if (j->body_left == 0) {
            job_end(j);
            return;
        }
        http_fill(j);
    }
}

/* Passes over the header; what is left in buf is body. */
static bool get_header(struct job *j) {
    char *end;
    size_t used;

    j->buf[j->len] = 0;
    end = strstr(j->buf, "\r\n\r\n");
    if (!end) {
        return false;
    }
    if (!strstr(j->buf, " 200 ")) {
        job_report(j, "get", -ENOENT);
        return false;
    }
    used = (size_t)(end + 4 - j->buf);
    j->len -= used;
    memmove(j->buf, j->buf + used, j->len);
    j->answered = true;
    return true;
}

static void get_take(struct job *j, int64_t n) {
    j->len += (size_t)n;
    if (!j->answered && !get_header(j)) {
        return;
    }
    j->body_pos += j->len;
    (void)fwrite(j->buf, 1, j->len, j->file);
    j->len = 0;
}

static void get_run(struct job *j, uint32_t events) {
    if (events & INL_EV_ERROR) {
        int64_t err = 0;

        (void)inl_getsockopt(host.stack, j->sock, INL_OPT_ERROR, &err);
        job_report(j, "get", -err);
        return;
    }
    if (events & INL_EV_CONNECTED) { /* the request is in buf; it fits into any send buffer */
        int64_t n = inl_send(host.stack, j->sock, j->buf, j->len, 0);

        if (n != (int64_t)j->len) {
            job_report(j, "get", n < 0 ? n : -ENOBUFS);
            return;
        }
        j->len = 0;
    }
    while (j->kind == JOB_GET) {
        int64_t n = inl_recv(host.stack, j->sock, j->buf + j->len, sizeof(j->buf) - 1 - j->len, 0);

        if (n == -EAGAIN || n == -ENOTCONN) {
            return;
        }
        if (n <= 0) {
            job_report(j, "get", n < 0 ? n : (int64_t)j->body_pos);
            return;
        }
        get_take(j, n);
    }
}

static void udp_ask_run(struct job *j) {
    int64_t n = inl_recv(host.stack, j->sock, j->buf, sizeof(j->buf) - 1, 0);

    if (n == -EAGAIN) {
        return;
    }
    if (n < 0) {
        job_report(j, "udp", n);
        return;
    }
    printf("udp %.*s\n", (int)n, j->buf);
    fflush(stdout);
    job_end(j);
}

static void udp_echo_run(void) {
    static char buf[65536];
    struct inl_sockaddr from;
    int64_t n;

    while ((n = inl_recvfrom(host.stack, host.udp, buf, sizeof(buf), 0, &from, NULL)) >= 0) {
        (void)inl_sendto(host.stack, host.udp, buf, (size_t)n, 0, &from);
    }
}

/* ---- events ---- */

static void accept_all(inl_sock listener, enum job_kind kind) {
    inl_sock s;

    while ((s = inl_accept(host.stack, listener, NULL)) >= 0) {
        struct job *j = job_new(kind, s);

        if (j && kind == JOB_HTTP) {
            http_run(j); /* the request may be here already */
        } else if (j) {
            echo_run(j);
        }
    }
}

static void job_run(struct job *j, uint32_t events) {
    switch (j->kind) {
    case JOB_HTTP:
        http_run(j);
        return;
    case JOB_ECHO:
        echo_run(j);
        return;
    case JOB_GET:
        get_run(j, events);
        return;
    case JOB_UDP_ASK:
        udp_ask_run(j);
        return;
    case JOB_FREE:
        return;
    }
}

static void handle_events(void) {
    struct inl_event ev;

    while (inl_next_event(host.stack, &ev)) {
        struct job *j = job_of(ev.sock);

        if (ev.sock == host.http) {
            accept_all(ev.sock, JOB_HTTP);
        } else if (ev.sock == host.echo) {
            accept_all(ev.sock, JOB_ECHO);
        } else if (ev.sock == host.udp) {
            udp_echo_run();
        } else if (j) {
            job_run(j, ev.events);
        }
    }
}

/* ---- commands ---- */

static bool parse_end(const char *addr, const char *port, struct inl_sockaddr *ret) {
    memset(ret, 0, sizeof(*ret));
    ret->port = (uint16_t)strtoul(port, NULL, 10);
    return inl_addr_parse(addr, &ret->addr) == 0;
}

static inl_sock connected_socket(const char *addr, const char *port, enum inl_sock_type type) {
    struct inl_sockaddr to;
    inl_sock s;
    int rc;

    if (!parse_end(addr, port, &to)) {
        return -EINVAL;
    }
    s = inl_socket(host.stack, inl_addr_is4(&to.addr) ? INL_AF_INET : INL_AF_INET6, type);
    if (s < 0) {
        return s;
    }
    rc = inl_connect(host.stack, s, &to);
    if (rc < 0 && rc != -EINPROGRESS) {
        (void)inl_close(host.stack, s);
        return rc;
    }
    return s;
}

static void command_get(const char *addr, const char *port, const char *path, const char *file) {
    inl_sock s = connected_socket(addr, port, INL_SOCK_STREAM);
    struct job *j = s < 0 ? NULL : job_new(JOB_GET, s);

    if (!j) {
        printf("get %lld\n", (long long)s);
        fflush(stdout);
        return;
    }
    j->len = (size_t)snprintf(j->buf, sizeof(j->buf), "GET %s HTTP/1.0\r\n\r\n", path);
    j->file = fopen(file, "wb");
    if (!j->file) {
        job_report(j, "get", -errno);
    }
}

static void command_udp(const char *addr, const char *port, const char *text) {
    inl_sock s = connected_socket(addr, port, INL_SOCK_DGRAM);
    struct job *j = s < 0 ? NULL : job_new(JOB_UDP_ASK, s);
    int64_t n;

    if (!j) {
        printf("udp %lld\n", (long long)s);
        fflush(stdout);
        return;
    }
    n = inl_send(host.stack, s, text, strlen(text), 0);
    if (n < 0) {
        job_report(j, "udp", n);
    }
}

static void command(char *line) {
    char a[64], port[16], path[256], file[512];

    if (sscanf(line, "get %63s %15s %255s %511s", a, port, path, file) == 4) {
        command_get(a, port, path, file);
    } else if (sscanf(line, "udp %63s %15s %255s", a, port, path) == 3) {
        command_udp(a, port, path);
    } else if (sscanf(line, "lose %u", &host.lose_every) == 1) {
        printf("lose %u\n", host.lose_every);
        fflush(stdout);
    } else if (strncmp(line, "supers", 6) == 0) {
        printf("supers %u %u\n", host.supers_in, host.supers_out);
        fflush(stdout);
    } else if (strncmp(line, "quit", 4) == 0) {
        host.quit = true;
    } else {
        printf("what? %s\n", line);
        fflush(stdout);
    }
}

static void read_commands(void) {
    static char buf[4096];
    static size_t len;
    ssize_t n = read(STDIN_FILENO, buf + len, sizeof(buf) - 1 - len);
    char *nl;

    if (n <= 0) {
        host.quit = true;
        return;
    }
    len += (size_t)n;
    buf[len] = 0;
    while ((nl = strchr(buf, '\n')) != NULL) {
        size_t used = (size_t)(nl + 1 - buf);

        *nl = 0;
        command(buf);
        len -= used;
        memmove(buf, buf + used, len + 1);
    }
}

/* ---- the driver's loop ---- */

static bool is_lost(unsigned *count) {
    if (host.lose_every == 0 || ++*count < host.lose_every) {
        return false;
    }
    *count = 0;
    return true;
}

static void receive(void) {
    struct inl_rx_frame rx[TUN_BATCH];
    size_t kept = 0;
    int n = tun_read(&host.tun, rx);

    if (n < 0 && n != -EIO) { /* EIO: the interface is not up yet */
        die("read", n);
    }
    for (int i = 0; i < n; i++) {
        if (!is_lost(&host.rx_count)) {
            rx[kept++] = rx[i];
        }
    }
    if (kept > 0) {
        inl_rx(host.stack, host.link, rx, kept, clock_now());
    }
}

static void transmit(void) {
    struct inl_tx_frame tx[TUN_BATCH];
    size_t kept;
    int n;

    do {
        for (size_t i = 0; i < TUN_BATCH; i++) {
            tx[i].data = host.frames[i];
            tx[i].cap_bytes = sizeof(host.frames[i]);
        }
        n = inl_tx(host.stack, host.link, tx, TUN_BATCH, clock_now());
        if (n < 0) {
            die("inl_tx", n);
        }
        kept = 0;
        for (int i = 0; i < n; i++) {
            if (!is_lost(&host.tx_count)) {
                tx[kept++] = tx[i];
            }
        }
        /* What the device does not take is lost, as on a real wire. */
        (void)tun_write(&host.tun, tx, kept);
    } while (n == TUN_BATCH);
}

static void wait_for_something(void) {
    struct pollfd fds[2] = {{.fd = host.tun.fd, .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};
    inl_time due = inl_next_deadline(host.stack);
    inl_dur left = inl_time_sub(due, clock_now());
    struct timespec ts = {0};

    if (left > 0) {
        ts.tv_sec = (time_t)(left / INL_S);
        ts.tv_nsec = (long)(left % INL_S);
    }
    if (ppoll(fds, 2, inl_time_is_never(due) ? NULL : &ts, NULL) < 0 && errno != EINTR) {
        die("poll", -errno);
    }
    if (fds[0].revents) {
        receive();
    }
    if (fds[1].revents) {
        read_commands();
    }
}

/* ---- setting up ---- */

static inl_sock serve(enum inl_sock_type type, uint16_t port) {
    struct inl_sockaddr any = {.port = port};
    inl_sock s = inl_socket(host.stack, INL_AF_INET6, type);
    int rc = s < 0 ? (int)s : inl_bind(host.stack, s, &any);

    if (rc == 0 && type == INL_SOCK_STREAM) {
        rc = inl_listen(host.stack, s, 64);
    }
    if (rc < 0) {
        die("listen", rc);
    }
    return s;
}

static void add_addr(char *arg) {
    char *slash = strchr(arg, '/');
    struct inl_addr addr;
    int rc = -EINVAL;

    if (slash) {
        *slash = 0;
        rc = inl_addr_parse(arg, &addr);
    }
    if (rc == 0) {
        rc = inl_addr_add(host.stack, host.link, &addr, (unsigned)strtoul(slash + 1, NULL, 10));
    }
    if (rc < 0) {
        die(arg, rc);
    }
}

static void make_stack(void) {
    struct inl_config config;
    struct inl_link_config link;
    int rc;

    inl_config_init(&config);
    config.alloc = (struct inl_alloc){host_alloc, host_free, NULL};
    if (getrandom(config.seed, sizeof(config.seed), 0) != sizeof(config.seed)) {
        die("getrandom", -errno);
    }
    config.now = host.start;
    config.trace = host_trace;
    config.trace_ctx = &host;
    rc = inl_stack_new(&config, &host.stack);
    if (rc < 0) {
        die("inl_stack_new", rc);
    }
    tun_link_config(&host.tun, &link);
    host.link = inl_link_add(host.stack, &link);
    if (host.link < 0) {
        die("inl_link_add", host.link);
    }
}

static void open_capture(const char *path) {
    struct timespec ts;
    int rc;

    clock_gettime(CLOCK_REALTIME, &ts);
    rc = pcapng_open(path, (int64_t)ts.tv_sec * INL_S + ts.tv_nsec - clock_now().ns, &host.pcap);
    if (rc == 0) {
        rc = pcapng_add_link(host.pcap, host.tun.name, host.tun.kind);
    }
    if (rc < 0) {
        die(path, rc);
    }
}

int main(int argc, char **argv) {
    bool offload = false;
    int rc;

    if (argc < 3) {
        fprintf(stderr, "usage: tap_host TAP ADDR/LEN... [--offload] [--write FILE] [--dump]\n");
        return 2;
    }
    host.start = clock_now();
    for (int i = 2; i < argc; i++) {
        offload |= strcmp(argv[i], "--offload") == 0;
    }
    rc = tun_open(&host.tun, argv[1], INL_LINK_ETHERNET, offload ? TUN_OFFLOAD : 0);
    if (rc < 0) {
        die(argv[1], rc);
    }
    if (offload && !host.tun.offload) {
        return 3;
    }
    make_stack();
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--dump") == 0) {
            host.dump = true;
        } else if (strcmp(argv[i], "--offload") == 0) {
            continue;
        } else if (strcmp(argv[i], "--write") == 0 && i + 1 < argc) {
            open_capture(argv[++i]);
        } else {
            add_addr(argv[i]);
        }
    }
    host.http = serve(INL_SOCK_STREAM, 80);
    host.echo = serve(INL_SOCK_STREAM, 7);
    host.udp = serve(INL_SOCK_DGRAM, 7);
    printf("ready\n");
    fflush(stdout);
    while (!host.quit) {
        inl_advance(host.stack, clock_now());
        handle_events();
        transmit();
        wait_for_something();
    }
    inl_stack_free(host.stack);
    tun_close(&host.tun);
    return pcapng_close(host.pcap) < 0;
}
