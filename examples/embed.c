/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * embed.c - a whole conversation over TCP/IP inside one process
 *
 * Two hosts, 192.0.2.1 and 192.0.2.2, joined by nothing but a loop that carries packets from one
 * to the other, 5 ms each way. The first fetches a page from the second. No socket, thread, clock
 * or privilege of the operating system is used: time is the number that we pass. A VPN client
 * would hand the same packets to its tunnel, a firmware to its radio.
 *
 * Build:  cc embed.c $(pkg-config --cflags --libs inlet)
 */
#include <inlet/inlet.h>
#include <inlet/malloc.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_NS (5 * INL_MS)
#define MTU_BYTES 1500
#define PIPE_PACKETS 256

static void fail(const char *what, int64_t err) {
    fprintf(stderr, "embed: %s: %s\n", what, strerror((int)-err));
    exit(1);
}

/* One direction of the wire: packets in the order in which they were sent. */
struct pipe {
    struct {
        inl_time due;
        size_t len_bytes;
        uint8_t data[INL_FRAME_OVERHEAD + MTU_BYTES];
    } packets[PIPE_PACKETS];
    size_t first, count;
};

struct host {
    const char *name;
    struct inl_stack *stack;
    int link;
    struct pipe out;
};

static void host_init(struct host *host, const char *name, const char *address) {
    struct inl_link_config link = {.kind = INL_LINK_IP, .name = "wire0", .mtu_bytes = MTU_BYTES};
    struct inl_config config;
    struct inl_addr addr;
    int err;

    inl_config_init(&config);
    config.alloc = inl_malloc();
    memcpy(config.seed, name, strlen(name)); /* an example may be predictable; you may not */
    host->name = name;
    err = inl_stack_new(&config, &host->stack);
    if (err < 0) {
        fail("inl_stack_new", err);
    }
    host->link = inl_link_add(host->stack, &link);
    if (host->link < 0) {
        fail("inl_link_add", host->link);
    }
    err = inl_addr_parse(address, &addr);
    if (err == 0) {
        err = inl_addr_add(host->stack, host->link, &addr, 24);
    }
    if (err < 0) {
        fail(address, err);
    }
}

/* Lets a host run, and puts what it sends on the wire. While the wire is full, nothing is
 * pulled: then the host keeps its data, and the application is slowed down by itself. */
static void host_run(struct host *host, inl_time now) {
    struct pipe *out = &host->out;

    inl_advance(host->stack, now);
    while (out->count < PIPE_PACKETS) {
        size_t slot = (out->first + out->count) % PIPE_PACKETS;
        struct inl_tx_frame frame = {.data = out->packets[slot].data,
                                     .cap_bytes = sizeof(out->packets[slot].data)};
        int n = inl_tx(host->stack, host->link, &frame, 1, now);

        if (n < 0) {
            fail("inl_tx", n);
        }
        if (n == 0) {
            return;
        }
        printf("%7.3f s  %s sends %4zu bytes: %s\n", (double)now.ns / 1e9, host->name,
               frame.len_bytes, inl_cause_text(frame.cause));
        out->packets[slot].len_bytes = frame.len_bytes;
        out->packets[slot].due = inl_time_add(now, DELAY_NS);
        out->count++;
    }
}

/* Hands over the packets that have crossed the wire. */
static void deliver(struct pipe *from, struct host *to, inl_time now) {
    while (from->count > 0 && !inl_time_before(now, from->packets[from->first].due)) {
        struct inl_rx_frame frame = {.data = from->packets[from->first].data,
                                     .len_bytes = from->packets[from->first].len_bytes};

        inl_rx(to->stack, to->link, &frame, 1, now);
        from->first = (from->first + 1) % PIPE_PACKETS;
        from->count--;
    }
}

static inl_time next_moment(const struct host *a, const struct host *b) {
    inl_time next = inl_time_min(inl_next_deadline(a->stack), inl_next_deadline(b->stack));

    if (a->out.count > 0) {
        next = inl_time_min(next, a->out.packets[a->out.first].due);
    }
    if (b->out.count > 0) {
        next = inl_time_min(next, b->out.packets[b->out.first].due);
    }
    return next;
}

/* ---- the two applications, driven by events ---- */

static const char request[] = "GET / HTTP/1.0\r\n\r\n";
static const char header[] = "HTTP/1.0 200 OK\r\n\r\n";
#define BODY_BYTES 20000

struct server {
    inl_sock listener, conn;
    size_t asked; /* bytes of the request that came */
    size_t sent;  /* bytes of the answer that were taken */
    char answer[sizeof(header) - 1 + BODY_BYTES];
};

struct client {
    inl_sock sock;
    size_t got;
    bool asked, done;
    char answer[sizeof(header) - 1 + BODY_BYTES];
};

static void server_start(struct server *server, struct inl_stack *stack) {
    struct inl_sockaddr any = {.addr = inl_addr_any4(), .port = 80};
    int err;

    memcpy(server->answer, header, sizeof(header) - 1);
    for (size_t i = 0; i < BODY_BYTES; i++) {
        server->answer[sizeof(header) - 1 + i] = (char)('a' + i % 26);
    }
    server->conn = -1;
    server->listener = inl_socket(stack, INL_AF_INET, INL_SOCK_STREAM);
    if (server->listener < 0) {
        fail("inl_socket", server->listener);
    }
    err = inl_bind(stack, server->listener, &any);
    if (err == 0) {
        err = inl_listen(stack, server->listener, 5);
    }
    if (err < 0) {
        fail("listen on port 80", err);
    }
}

static void server_run(struct server *server, struct inl_stack *stack) {
    char buf[64];
    int64_t n;

    if (server->conn < 0) {
        server->conn = inl_accept(stack, server->listener, NULL);
        if (server->conn < 0) {
            return;
        }
    }
    while ((n = inl_recv(stack, server->conn, buf, sizeof(buf), 0)) > 0) {
        server->asked += (size_t)n;
    }
    if (server->asked < sizeof(request) - 1 || server->sent == sizeof(server->answer)) {
        return;
    }
    n = inl_send(stack, server->conn, server->answer + server->sent,
                 sizeof(server->answer) - server->sent, 0);
    if (n < 0 && n != -EAGAIN) {
        fail("inl_send", n);
    }
    server->sent += n > 0 ? (size_t)n : 0;
    if (server->sent == sizeof(server->answer)) {
        inl_shutdown(stack, server->conn, INL_SHUT_WR);
    }
}

static void client_start(struct client *client, struct inl_stack *stack) {
    struct inl_sockaddr to = {.port = 80};
    int err = inl_addr_parse("192.0.2.2", &to.addr);

    client->sock = inl_socket(stack, INL_AF_INET, INL_SOCK_STREAM);
    if (client->sock < 0) {
        fail("inl_socket", client->sock);
    }
    if (err == 0) {
        err = inl_connect(stack, client->sock, &to);
    }
    if (err != -EINPROGRESS) {
        fail("inl_connect", err);
    }
}

static void client_run(struct client *client, struct inl_stack *stack, uint32_t events) {
    if (events & INL_EV_ERROR) {
        int64_t err = 0;

        inl_getsockopt(stack, client->sock, INL_OPT_ERROR, &err);
        fail("connection", -err);
    }
    if ((events & INL_EV_CONNECTED) && !client->asked) {
        int64_t n = inl_send(stack, client->sock, request, sizeof(request) - 1, 0);

        if (n != (int64_t)sizeof(request) - 1) {
            fail("inl_send", n);
        }
        client->asked = true;
    }
    while (client->asked && !client->done) {
        int64_t n = inl_recv(stack, client->sock, client->answer + client->got,
                             sizeof(client->answer) - client->got, 0);

        if (n == -EAGAIN) {
            return;
        }
        if (n < 0) {
            fail("inl_recv", n);
        }
        client->got += (size_t)n;
        client->done = n == 0 || client->got == sizeof(client->answer);
    }
}

static struct host a, b; /* large: the packets on the wire are in them */
static struct server server;
static struct client client;

int main(void) {
    inl_time now = {0};
    struct inl_event event;

    host_init(&a, "client", "192.0.2.1");
    host_init(&b, "server", "192.0.2.2");
    server_start(&server, b.stack);
    client_start(&client, a.stack);

    while (!client.done) {
        host_run(&a, now);
        host_run(&b, now);
        now = inl_time_max(now, next_moment(&a, &b));
        if (inl_time_is_never(now)) {
            fputs("embed: nothing will happen any more\n", stderr);
            return 1;
        }
        deliver(&a.out, &b, now);
        deliver(&b.out, &a, now);
        inl_advance(a.stack, now);
        inl_advance(b.stack, now);
        while (inl_next_event(b.stack, &event)) {
            server_run(&server, b.stack);
        }
        while (inl_next_event(a.stack, &event)) {
            client_run(&client, a.stack, event.events);
        }
    }

    if (client.got != sizeof(server.answer) ||
        memcmp(client.answer, server.answer, client.got) != 0) {
        fputs("embed: the answer is not what was sent\n", stderr);
        return 1;
    }
    printf("%zu bytes arrived, each of them right, after %.3f s of virtual time\n", client.got,
           (double)now.ns / 1e9);
    inl_stack_free(a.stack);
    inl_stack_free(b.stack);
    return 0;
}
