/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bulk.c - transfers without end (see bulk.h)
 */
#include "bulk.h"

#include "net.h"

#include <inlet/malloc.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORT 5001

struct bulk {
    struct bulk_config config;
    struct inl_world *world;
    int port; /* where data enters the path */
    inl_sock listener;
    inl_sock client[BULK_FLOWS_MAX];
    inl_sock server[BULK_FLOWS_MAX]; /* in order of acceptance */
    int which[BULK_FLOWS_MAX];       /* the flow of a server socket, by the client's port */
    uint64_t received[BULK_FLOWS_MAX];
    uint64_t all;
    int started, accepted;
    inl_time now;
    inl_time tick; /* when a slow reader comes next */
};

static struct inl_addr host_addr(int host) {
    return inl_addr_from4(0x0a000001u + (uint32_t)host);
}

static void must(int err, const char *what) {
    if (err < 0 && err != -EINPROGRESS) {
        die("%s: %s", what, strerror(-err));
    }
}

static void hosts_make(struct bulk *b) {
    struct inl_config config;

    inl_config_init(&config);
    config.mem_limit_bytes = (size_t)8 << 30;
    if (b->config.tune) {
        b->config.tune(&config);
    }
    for (int host = 0; host < 2; host++) {
        struct inl_addr addr = host_addr(host);
        int link, port;

        must(inl_world_host_add(b->world, "host", &config), "host");
        port = inl_world_attach(b->world, host, 0, host == 0 ? &b->config.data : &b->config.acks,
                                &link);

        must(port, "attach");
        b->port = host == 0 ? port : b->port;
        must(inl_addr_add(inl_world_stack(b->world, host), link, &addr, 24), "address");
    }
}

static void buffers(struct bulk *b, int host, inl_sock s) {
    struct inl_stack *stack = inl_world_stack(b->world, host);
    int64_t bytes = b->config.window_bytes;

    if (bytes > 0) {
        must(inl_setsockopt(stack, s, INL_OPT_RCVBUF, bytes), "receive buffer");
        must(inl_setsockopt(stack, s, INL_OPT_SNDBUF, bytes), "send buffer");
    }
}

static void listener_make(struct bulk *b) {
    const struct inl_sockaddr any = {.addr = inl_addr_any4(), .port = PORT};
    struct inl_stack *stack = inl_world_stack(b->world, 1);

    b->listener = inl_socket(stack, INL_AF_INET, INL_SOCK_STREAM);
    buffers(b, 1, b->listener);
    must(inl_bind(stack, b->listener, &any), "bind");
    must(inl_listen(stack, b->listener, BULK_FLOWS_MAX), "listen");
}

static void flow_start(struct bulk *b) {
    const struct inl_sockaddr to = {.addr = host_addr(1), .port = PORT};
    struct inl_stack *stack = inl_world_stack(b->world, 0);
    int flow = b->started++;

    b->client[flow] = inl_socket(stack, INL_AF_INET, INL_SOCK_STREAM);
    buffers(b, 0, b->client[flow]);
    if (b->config.congestion[flow] >= 0) {
        must(inl_setsockopt(stack, b->client[flow], INL_OPT_TCP_CONGESTION,
                            b->config.congestion[flow]),
             "congestion control");
    }
    must(inl_connect(stack, b->client[flow], &to), "connect");
}

struct bulk *bulk_new(const struct bulk_config *config) {
    const struct inl_world_config world = {.alloc = inl_malloc(), .seed = config->seed};
    struct bulk *b = calloc(1, sizeof(*b));

    if (!b || inl_world_new(&world, &b->world)) {
        die("no memory");
    }
    b->config = *config;
    must(inl_world_segment_add(b->world, "wire", config->mtu_bytes ? config->mtu_bytes : 1500),
         "segment");
    hosts_make(b);
    listener_make(b);
    return b;
}

void bulk_free(struct bulk *b) {
    inl_world_free(b->world);
    free(b);
}

static void accept_all(struct bulk *b) {
    struct inl_stack *stack = inl_world_stack(b->world, 1);
    struct inl_sockaddr peer, own;
    inl_sock s;

    while ((s = inl_accept(stack, b->listener, &peer)) >= 0) {
        for (int flow = 0; flow < b->started; flow++) {
            if (inl_getsockname(inl_world_stack(b->world, 0), b->client[flow], &own) == 0 &&
                own.port == peer.port) {
                b->which[b->accepted] = flow;
            }
        }
        b->server[b->accepted++] = s;
    }
}

/* What the reader may have by now; all flows together. */
static bool may_read(const struct bulk *b) {
    uint64_t ms = (uint64_t)(b->now.ns / INL_MS);

    return b->config.read_bps == 0 || b->all < b->config.read_bps / 8 * ms / 1000;
}

static void server_read(struct bulk *b, int i) {
    static uint8_t buf[65536];
    struct inl_stack *stack = inl_world_stack(b->world, 1);
    int64_t n;

    while (may_read(b) && (n = inl_recv(stack, b->server[i], buf, sizeof(buf), 0)) > 0) {
        b->received[b->which[i]] += (uint64_t)n;
        b->all += (uint64_t)n;
    }
}

static void server_event(struct bulk *b, inl_sock s) {
    if (s == b->listener) {
        accept_all(b);
    }
    for (int i = 0; i < b->accepted; i++) {
        if (b->server[i] == s || s == b->listener) {
            server_read(b, i);
        }
    }
}

/* A reader with a rate of its own comes by each 10 ms. */
static void slow_read(struct bulk *b) {
    if (b->config.read_bps > 0 && !inl_time_before(b->now, b->tick)) {
        b->tick = inl_time_add(b->now, 10 * INL_MS);
        for (int i = 0; i < b->accepted; i++) {
            server_read(b, i);
        }
    }
}

static void client_write(struct bulk *b, inl_sock s) {
    static const uint8_t buf[65536];
    struct inl_stack *stack = inl_world_stack(b->world, 0);

    while (inl_send(stack, s, buf, sizeof(buf), 0) > 0) {
    }
}

static inl_time next_start(const struct bulk *b) {
    if (b->started == b->config.flows) {
        return INL_TIME_NEVER;
    }
    return (inl_time){b->started * b->config.start_gap_ns};
}

void bulk_run(struct bulk *b, inl_time end, uint64_t bytes) {
    uint64_t enough = bytes > UINT64_MAX - b->all ? UINT64_MAX : b->all + bytes;

    while (b->all < enough && inl_time_before(b->now, end)) {
        struct inl_event ev;
        int host;

        b->now = inl_time_min(inl_world_next_deadline(b->world), end);
        b->now = inl_time_min(b->now, next_start(b));
        if (b->config.read_bps > 0) {
            b->now = inl_time_min(b->now, b->tick);
        }
        inl_world_advance(b->world, b->now);
        if (!inl_time_before(b->now, next_start(b))) {
            flow_start(b);
        }
        while (inl_world_next_event(b->world, &host, &ev)) {
            if (host == 0) {
                client_write(b, ev.sock);
            } else {
                server_event(b, ev.sock);
            }
        }
        slow_read(b);
    }
}

void bulk_impair(struct bulk *b, const struct inl_impair *data) {
    must(inl_world_impair(b->world, b->port, data), "impair");
}

struct inl_world *bulk_world(const struct bulk *b) {
    return b->world;
}

inl_time bulk_now(const struct bulk *b) {
    return b->now;
}

uint64_t bulk_received(const struct bulk *b, int flow) {
    return b->received[flow];
}

uint64_t bulk_received_all(const struct bulk *b) {
    return b->all;
}

void bulk_info(const struct bulk *b, int flow, struct inl_tcp_info *ret_info) {
    memset(ret_info, 0, sizeof(*ret_info));
    inl_tcp_info(inl_world_stack(b->world, 0), b->client[flow], ret_info);
}

void bulk_info_receiver(const struct bulk *b, int i, struct inl_tcp_info *ret_info) {
    memset(ret_info, 0, sizeof(*ret_info));
    inl_tcp_info(inl_world_stack(b->world, 1), b->server[i], ret_info);
}
