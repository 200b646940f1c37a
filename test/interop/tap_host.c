/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap_host.c - one inlet host on a TAP device, for tests against the kernel
 *
 *     tap_host TAP [ADDR/LEN...] [OPTION...]
 *
 *     --offload            segments larger than the MTU cross the device; the capture shows them
 *                          cut. Exit status 3: the kernel has no such device
 *     --auto               makes addresses of what routers on the device advertise
 *     --tell               says so: report_autoconf() of driver.h
 *     --advertise PREFIX   is the router: advertises PREFIX/64, and has PREFIX1
 *     --write FILE.pcapng  captures; --write-sent FILE.pcapng only what is sent
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
 *     join GROUP [SENDER]        listens to a multicast group, or to one sender there; prints "join
 *                                0" or "join -ERRNO"
 *     leave GROUP                and no more
 *     state                      prints what the stack holds: report_state() of driver.h
 *     quit
 *
 * Ends with standard input, too.
 */
#include "driver.h"
#include "link/pcapng.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    struct driver d;
    struct pcapng *pcap;
    inl_sock http, echo, udp;
    unsigned supers_in, supers_out;
    bool sent_only; /* what is received is not captured */
    bool tell;
    bool quit;
    struct job jobs[JOBS_MAX];
};

static struct host host;

/* ---- what is seen ---- */

/* What the capture says of a frame: why it was sent, or what became of it. */
static const char *reason(const struct inl_trace *trace) {
    return trace->kind == INL_TRACE_TX    ? inl_cause_text(trace->cause)
           : trace->drop != INL_DROP_NONE ? inl_drop_text(trace->drop)
                                          : NULL;
}

static void trace_frame(struct host *h, const struct inl_trace *trace) {
    if (h->pcap && trace->link == h->d.link && (trace->kind == INL_TRACE_TX || !h->sent_only)) {
        struct pcapng_frame frame = {
            .link = 0,
            .time = trace->now,
            .data = trace->data,
            .len_bytes = trace->len_bytes,
            .comment = reason(trace),
            .dir = trace->kind == INL_TRACE_RX ? PCAPNG_DIR_IN : PCAPNG_DIR_OUT,
        };

        (void)pcapng_write(h->pcap, &frame);
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
        driver_die("inl_gso_cut", n);
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
    (void)inl_close(host.d.stack, sock);
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
    (void)inl_close(host.d.stack, j->sock);
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
        int64_t n = inl_send(host.d.stack, j->sock, j->buf + j->off, j->len - j->off, 0);

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
        int64_t n = inl_recv(host.d.stack, j->sock, j->buf, sizeof(j->buf), 0);

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
        int64_t n =
            inl_recv(host.d.stack, j->sock, j->buf + j->len, sizeof(j->buf) - 1 - j->len, 0);

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

        (void)inl_getsockopt(host.d.stack, j->sock, INL_OPT_ERROR, &err);
        job_report(j, "get", -err);
        return;
    }
    if (events & INL_EV_CONNECTED) { /* the request is in buf; it fits into any send buffer */
        int64_t n = inl_send(host.d.stack, j->sock, j->buf, j->len, 0);

        if (n != (int64_t)j->len) {
            job_report(j, "get", n < 0 ? n : -ENOBUFS);
            return;
        }
        j->len = 0;
    }
    while (j->kind == JOB_GET) {
        int64_t n =
            inl_recv(host.d.stack, j->sock, j->buf + j->len, sizeof(j->buf) - 1 - j->len, 0);

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
    int64_t n = inl_recv(host.d.stack, j->sock, j->buf, sizeof(j->buf) - 1, 0);

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

    while ((n = inl_recvfrom(host.d.stack, host.udp, buf, sizeof(buf), 0, &from, NULL)) >= 0) {
        (void)inl_sendto(host.d.stack, host.udp, buf, (size_t)n, 0, &from);
    }
}

/* ---- events ---- */

static void accept_all(inl_sock listener, enum job_kind kind) {
    inl_sock s;

    while ((s = inl_accept(host.d.stack, listener, NULL)) >= 0) {
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

    while (inl_next_event(host.d.stack, &ev)) {
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
    s = inl_socket(host.d.stack, inl_addr_is4(&to.addr) ? INL_AF_INET : INL_AF_INET6, type);
    if (s < 0) {
        return s;
    }
    rc = inl_connect(host.d.stack, s, &to);
    if (rc < 0 && rc != -EINPROGRESS) {
        (void)inl_close(host.d.stack, s);
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
    n = inl_send(host.d.stack, s, text, strlen(text), 0);
    if (n < 0) {
        job_report(j, "udp", n);
    }
}

/* One socket has all groups of a family. */
static void command_group(enum inl_group_op op, const char *group, const char *sender) {
    static inl_sock socks[2] = {-1, -1};
    struct inl_addr g, s;
    int rc = inl_addr_parse(group, &g);

    rc = !rc && *sender ? inl_addr_parse(sender, &s) : rc;
    if (!rc) {
        inl_sock *sock = &socks[inl_addr_is4(&g)];

        if (*sock < 0) {
            *sock = inl_socket(host.d.stack, inl_addr_is4(&g) ? INL_AF_INET : INL_AF_INET6,
                               INL_SOCK_DGRAM);
        }
        rc = inl_group(host.d.stack, *sock, op, 0, &g, *sender ? &s : NULL);
    }
    printf("%s %d\n", op == INL_GROUP_LEAVE ? "leave" : "join", rc);
    fflush(stdout);
}

static void command(char *line) {
    char a[64], port[16], path[256], file[512];

    if (sscanf(line, "get %63s %15s %255s %511s", a, port, path, file) == 4) {
        command_get(a, port, path, file);
    } else if (sscanf(line, "udp %63s %15s %255s", a, port, path) == 3) {
        command_udp(a, port, path);
    } else if (sscanf(line, "lose %u", &host.d.lose_every) == 1) {
        printf("lose %u\n", host.d.lose_every);
        fflush(stdout);
    } else if (strncmp(line, "supers", 6) == 0) {
        printf("supers %u %u\n", host.supers_in, host.supers_out);
        fflush(stdout);
    } else if (sscanf(line, "join %63s %255s", a, path) == 2) {
        command_group(INL_GROUP_JOIN_SOURCE, a, path);
    } else if (sscanf(line, "join %63s", a) == 1) {
        command_group(INL_GROUP_JOIN, a, "");
    } else if (sscanf(line, "leave %63s", a) == 1) {
        command_group(INL_GROUP_LEAVE, a, "");
    } else if (strcmp(line, "state") == 0) {
        report_state(&host.d);
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

/* ---- setting up ---- */

static inl_sock serve(enum inl_sock_type type, uint16_t port) {
    struct inl_sockaddr any = {.port = port};
    inl_sock s = inl_socket(host.d.stack, INL_AF_INET6, type);
    int rc = s < 0 ? (int)s : inl_bind(host.d.stack, s, &any);

    if (rc == 0 && type == INL_SOCK_STREAM) {
        rc = inl_listen(host.d.stack, s, 64);
    }
    if (rc < 0) {
        driver_die("listen", rc);
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
        rc = inl_addr_add(host.d.stack, host.d.link, &addr, (unsigned)strtoul(slash + 1, NULL, 10));
    }
    if (rc < 0) {
        driver_die(arg, rc);
    }
}

static void be_router(const char *prefix) {
    struct inl_ra_config ra;
    struct inl_addr addr;
    int rc;

    inl_ra_init(&ra);
    ra.max_interval_s = 4;
    ra.min_interval_s = 3;
    ra.lifetime_s = 600;
    ra.mtu_bytes = 1400;
    ra.prefix_count = 1;
    ra.prefixes[0] = (struct inl_ra_prefix){.len_bits = 64, .valid_s = 900, .preferred_s = 600};
    rc = inl_addr_parse(prefix, &ra.prefixes[0].prefix);
    if (rc == 0) {
        addr = ra.prefixes[0].prefix;
        addr.b[15] = 1;
        rc = inl_addr_add(host.d.stack, host.d.link, &addr, 64);
    }
    rc = rc ? rc : inl_ra_start(host.d.stack, host.d.link, &ra);
    if (rc < 0) {
        driver_die("inl_ra_start", rc);
    }
}

static void configure_itself(void) {
    int rc = inl_autoconf_start(host.d.stack, host.d.link, NULL);

    if (rc < 0) {
        driver_die("inl_autoconf_start", rc);
    }
}

static void open_capture(const char *path) {
    struct timespec ts;
    int rc;

    clock_gettime(CLOCK_REALTIME, &ts);
    rc = pcapng_open(path, (int64_t)ts.tv_sec * INL_S + ts.tv_nsec - driver_now().ns, &host.pcap);
    if (rc == 0) {
        rc = pcapng_add_link(host.pcap, host.d.tun.name, host.d.tun.kind);
    }
    if (rc < 0) {
        driver_die(path, rc);
    }
}

static bool has_option(char **argv, const char *name) {
    while (*argv && strcmp(*argv, name) != 0) {
        argv++;
    }
    return *argv != NULL;
}

static void start(char **argv) {
    bool offload = has_option(argv, "--offload");
    struct inl_config config;
    int rc = tun_open(&host.d.tun, argv[1], INL_LINK_ETHERNET, offload ? TUN_OFFLOAD : 0);

    if (rc < 0) {
        driver_die(argv[1], rc);
    }
    if (offload && !host.d.tun.offload) {
        exit(3);
    }
    driver_config(&config);
    config.forward = has_option(argv, "--advertise");
    config.trace = host_trace;
    config.trace_ctx = &host;
    driver_start(&host.d, &config);
}

static void obey_options(char **arg) {
    for (; *arg; arg++) {
        if (strcmp(*arg, "--tell") == 0) {
            host.tell = true;
        } else if (strcmp(*arg, "--auto") == 0) {
            configure_itself();
        } else if (strcmp(*arg, "--advertise") == 0 && arg[1]) {
            be_router(*++arg);
        } else if (strncmp(*arg, "--write", 7) == 0 && arg[1]) {
            host.sent_only = strcmp(*arg, "--write-sent") == 0;
            open_capture(*++arg);
        } else if (strcmp(*arg, "--offload") != 0) {
            add_addr(*arg);
        }
    }
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: tap_host TAP [ADDR/LEN...] [OPTION...]\n");
        return 2;
    }
    start(argv);
    obey_options(argv + 2);
    host.http = serve(INL_SOCK_STREAM, 80);
    host.echo = serve(INL_SOCK_STREAM, 7);
    host.udp = serve(INL_SOCK_DGRAM, 7);
    printf("ready\n");
    fflush(stdout);
    while (!host.quit) {
        inl_advance(host.d.stack, driver_now());
        handle_events();
        driver_transmit(&host.d);
        if (host.tell) {
            report_autoconf(&host.d);
        }
        if (driver_wait(&host.d)) {
            read_commands();
        }
    }
    (void)inl_ra_stop(host.d.stack, host.d.link);
    driver_transmit(&host.d);
    driver_stop(&host.d);
    return pcapng_close(host.pcap) < 0;
}
