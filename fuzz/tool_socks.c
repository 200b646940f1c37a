/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool_socks.c - fuzz target: what netstat and top are told of sockets, by /proc and by a lab
 *
 * The first byte says what the rest is: a line of /proc/net/tcp and its like, one of /proc/net/unix,
 * or a lab's answers: then each is {length, bytes}, put behind a right head, unless the length is odd,
 * when the bytes are the message. Everything is printed, as text and as JSON.
 */
#include "fuzz.h"

#include "host/client.h"
#include "tools/common/out.h"
#include "tools/netstat/lab_counters.h"
#include "tools/netstat/lab_lists.h"
#include "tools/netstat/netstat.h"
#include "tools/top/save.h"

#include <sys/socket.h>
#include <unistd.h>

#define ANSWERS_MAX 16

static void show(const struct sock_list *list) {
    struct netstat_options o = {.programs = true, .extend = true, .timers = true, .info = true};
    struct view v = {.all = true, .tree = list->n % 2 != 0, .flags = SOCK_BRACKETS | SOCK_SERVICES};
    struct rows rows;

    o.has_lab = true;
    for (size_t i = 0; i < list->n; i++) {
        const struct sock *s = &list->at[i];

        FUZZ_CHECK(s->kind < SK_KINDS && s->state < INL_TCP_STATES_MAX);
        FUZZ_CHECK(memchr(s->host, 0, sizeof(s->host)) && memchr(s->program, 0, 16));
        linux_line(&o, s);
        windows_line(&o, s);
        json_line(&o, s);
    }
    rows_init(&rows, 1);
    FUZZ_CHECK(rows_update(&rows, list, 1) == 0 && rows_update(&rows, list, 2) == 0);
    FUZZ_CHECK(view_make(&v, &rows) == 0);
    save_text(stdout, &v, true);
    for (size_t i = 0; i < v.n; i++) {
        out_json(save_object(v.line[i].row));
    }
    view_done(&v);
    rows_done(&rows);
}

static void try_line(const char *line, uint8_t how) {
    struct sock_list list = {0};
    struct sock *s = sk_list_add(&list);

    FUZZ_CHECK(s != NULL);
    if (procnet_line(line, (enum sock_kind)(how % SK_KINDS), how / 16 % 2, s) == 0) {
        show(&list);
    }
    sk_list_done(&list);
}

static void try_unix(const char *line) {
    struct unix_sock s;

    if (unix_line(line, &s) == 0) {
        FUZZ_CHECK(s.state < UNIX_STATES && strlen(s.name) <= UNIX_NAME_MAX);
        FUZZ_CHECK(unix_state(&s) != NULL && unix_type(&s) != NULL);
    }
}

/* What a lab might send, into a socket whose other end is asked. */
static void answer(int fd, enum proto_op op, struct rd *r) {
    for (unsigned i = 0; i < ANSWERS_MAX && rd_left(r) > 2; i++) {
        size_t len = rd_be16(r);
        bool raw = len % 2 != 0;
        struct proto_msg msg;

        len = len < rd_left(r) ? len : rd_left(r);
        uint8_t *bytes = fuzz_exact(rd_take(r, len), len);

        proto_init(&msg, op);
        msg.is_reply = 1;
        msg.id = 1;
        msg.arg[0] = rd_left(r) > 2;
        ssize_t n = raw ? send(fd, bytes, len, MSG_DONTWAIT) : proto_send(fd, &msg, bytes, len, -1);

        FUZZ_CHECK(n <= (ssize_t)len);
        fuzz_exact_free(bytes, len);
    }
    shutdown(fd, SHUT_WR);
}

static void ask(int fd, enum proto_op op, bool json) {
    struct socks want = {.kinds = (1u << SK_KINDS) - 1, .four = true, .six = true, .lab_fd = fd};
    const struct counters_options counters = {.links = json, .all = true, .json = json};

    if (op == PROTO_NETSTAT) {
        struct sock_list list = {0};

        lab_socks_read(&want, &list);
        show(&list);
        sk_list_done(&list);
    } else if (op == PROTO_COUNTERS) {
        print_counters(fd, &counters);
    } else {
        print_net_list(fd, op, json);
    }
}

static void try_lab(struct rd *r, uint8_t how) {
    static const enum proto_op ops[] = {PROTO_NETSTAT, PROTO_COUNTERS, PROTO_LINKS,  PROTO_ADDRS,
                                        PROTO_ROUTES,  PROTO_NEIGHS,   PROTO_GROUPS, PROTO_MEMBERS};
    enum proto_op op = ops[how % (sizeof(ops) / sizeof(ops[0]))];
    int fds[2];

    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
    answer(fds[0], op, r);
    ask(fds[1], op, how / 16 % 2);
    close(fds[0]);
    close(fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool quiet;
    struct rd r = rd_init(data, size);
    uint8_t how = rd_u8(&r);

    if (!quiet) {
        FUZZ_CHECK(freopen("/dev/null", "w", stdout) != NULL);
        quiet = true;
    }
    if (how >= 64) {
        try_lab(&r, how);
        return 0;
    }
    size_t len = rd_left(&r);
    char *line = malloc(len + 1);

    FUZZ_CHECK(line != NULL);
    memcpy(line, len > 0 ? (const void *)rd_take(&r, len) : "", len);
    line[len] = '\0';
    if (how >= 32) {
        try_unix(line);
    } else {
        try_line(line, how);
    }
    free(line);
    return 0;
}
