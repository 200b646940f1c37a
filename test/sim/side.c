/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * side.c - what one side of a connection does (see side.h)
 *
 * A side is pumped whenever its socket has an event. What it sees must be what the plan allows:
 *
 *  - a connection that is not aborted delivers every byte and both ends of stream, without error;
 *  - an aborted one delivers a right prefix, and the other side learns of the reset, if need
 *    be by keep-alive, because the reset itself may be lost;
 *  - one to a port where nobody listens is refused.
 */
#include "side.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT 7000
#define CLOSED_PORT 7001
#define BACKLOG 256
#define BUF_BYTES 16384
#define KEEP_IDLE_NS (20 * INL_S)
#define KEEP_INTVL_NS (5 * INL_S)

static _Noreturn void side_die(const struct side *s, const char *what, long long detail) {
    const struct plan *p = s->c ? &s->c->plan : NULL;

    die("seed %" PRIu64 " connection %" PRId64 " (%s, h%d to h%d, up %" PRIu64 " down %" PRIu64
        ") %s at %" PRId64 " us: %s: %lld; sent %" PRIu64 " received %" PRIu64
        "\nreplay: sim-many --seed %" PRIu64 " --connections %u --trace %" PRId64,
        s->sim->config->seed, p ? (int64_t)p->number : -1, p ? plan_kind_name(p->kind) : "unknown",
        p ? p->client : -1, p ? p->server : -1, p ? p->bytes[PLAN_UP] : 0,
        p ? p->bytes[PLAN_DOWN] : 0, s->server ? "server" : "client", s->sim->now.ns / 1000, what,
        detail, s->sent, s->received, s->sim->config->seed, s->sim->config->connections,
        p ? (int64_t)p->number : -1);
}

/* ---- sides by socket ---- */

struct side_key {
    int host;
    inl_sock sock;
};

static uint64_t side_hash(int host, inl_sock sock) {
    uint64_t h = ((uint64_t)sock ^ (uint64_t)host << 56) * UINT64_C(0x9e3779b97f4a7c15);

    return h ^ h >> 32;
}

static bool side_match(const struct hnode *n, const void *key) {
    const struct side *s = HTAB_ENTRY(n, const struct side, node);
    const struct side_key *k = key;

    return s->host == k->host && s->sock == k->sock;
}

struct side *side_find(struct sim *sim, int host, inl_sock sock) {
    const struct side_key key = {host, sock};
    struct hnode *n = htab_find(&sim->sides, side_hash(host, sock), side_match, &key);

    return n ? HTAB_ENTRY(n, struct side, node) : NULL;
}

static struct side *side_new(struct sim *sim, int host, inl_sock sock, bool server) {
    struct side *s = calloc(1, sizeof(*s));

    if (!s) {
        die("no memory for the test");
    }
    s->sim = sim;
    s->host = host;
    s->sock = sock;
    s->server = server;
    timer_init(&s->resume, TIMER_APP_RESUME);
    htab_insert(&sim->sides, &s->node, side_hash(host, sock));
    sim->anonymous += server;
    return s;
}

static struct inl_stack *stack_of(const struct side *s) {
    return net_stack(&s->sim->net, s->host);
}

static void set_option(const struct side *s, enum inl_opt opt, int64_t value) {
    int err = inl_setsockopt(stack_of(s), s->sock, opt, value);

    if (err) {
        side_die(s, "setsockopt", err);
    }
}

static void side_options(const struct side *s) {
    const struct plan *p = &s->c->plan;

    /* Only where a reset may get lost: elsewhere it would hide a sender that fell asleep. */
    bool keepalive = p->kind == PLAN_ABORT_CLIENT || p->kind == PLAN_ABORT_SERVER;

    set_option(s, INL_OPT_KEEPALIVE, keepalive);
    set_option(s, INL_OPT_TCP_KEEPIDLE_NS, KEEP_IDLE_NS);
    set_option(s, INL_OPT_TCP_KEEPINTVL_NS, KEEP_INTVL_NS);
    set_option(s, INL_OPT_TCP_NODELAY, p->nodelay);
    if (p->rcvbuf_bytes > 0) {
        set_option(s, INL_OPT_RCVBUF, p->rcvbuf_bytes);
    }
    if (inl_set_owner(stack_of(s), s->sock, (uint64_t)p->number + 1)) {
        side_die(s, "set_owner", 0);
    }
}

/* ---- the end of a side, and of a connection ---- */

static void connection_check(struct sim *sim, struct connection *c) {
    if (c->client_done && c->server_done) {
        sim->active--;
        sim->last_progress = sim->now;
        timer_arm(&sim->wheel, &sim->start,
                  inl_time_min(sim->start.armed ? sim->start.due : INL_TIME_NEVER,
                               inl_time_add(sim->now, c->plan.gap_ns)));
    }
}

/* Closes the socket and forgets the side. */
static void side_close(struct side *s) {
    struct sim *sim = s->sim;
    struct connection *c = s->c;
    int err = inl_close(stack_of(s), s->sock);

    if (err) {
        side_die(s, "close", err);
    }
    htab_remove(&sim->sides, &s->node);
    timer_cancel(&sim->wheel, &s->resume);
    if (!c) {
        sim->anonymous--;
    } else if (s->server) {
        c->server_done = true;
        c->server = NULL;
    } else {
        c->client_done = true;
        c->client = NULL;
        /* A server that nobody ever reached has nothing to do. */
        c->server_done |=
            c->plan.kind == PLAN_REFUSED || (c->plan.kind == PLAN_ABORT_CLIENT && !c->server_known);
    }
    free(s);
    if (c) {
        connection_check(sim, c);
    }
}

static void side_abort(struct side *s) {
    set_option(s, INL_OPT_LINGER, 0);
    side_close(s);
}

/* The socket says that it is in error: is that part of the plan? */
static void side_failed(struct side *s, int err) {
    enum plan_kind kind = s->c ? s->c->plan.kind : PLAN_ABORT_CLIENT;
    bool aborted = kind == PLAN_ABORT_CLIENT || kind == PLAN_ABORT_SERVER;
    bool by_peer = s->server == (kind == PLAN_ABORT_CLIENT);

    if (kind == PLAN_REFUSED ? err != ECONNREFUSED
                             : !aborted || !by_peer || (err != ECONNRESET && err != EPIPE)) {
        side_die(s, "unexpected error", err);
    }
    s->sim->r.resets++;
    side_close(s);
}

/* ---- reading ---- */

static uint64_t side_expects(const struct side *s) {
    return s->c->plan.bytes[s->server ? PLAN_UP : PLAN_DOWN];
}

static void side_verify(struct side *s, const uint8_t *got, size_t len) {
    uint8_t want[BUF_BYTES];

    if (s->received + len > side_expects(s)) {
        side_die(s, "more bytes than were sent", (long long)len);
    }
    plan_bytes(&s->c->plan, s->server ? PLAN_UP : PLAN_DOWN, s->received, want, len);
    for (size_t i = 0; i < len; i++) {
        if (got[i] != want[i]) {
            side_die(s, "wrong byte at", (long long)(s->received + i));
        }
    }
    s->received += len;
    s->sim->r.bytes += len;
    s->sim->last_progress = s->sim->now;
}

/* An accepted connection says which it is. */
static void side_identify(struct side *s, const uint8_t *got, size_t len) {
    struct sim *sim = s->sim;
    int64_t number;

    memcpy(s->header + s->received, got, len);
    s->received += len;
    if (s->received < PLAN_HEADER_BYTES) {
        return;
    }
    number = plan_header_number(sim->config->seed, s->header);
    if (number < 0 || number >= (int64_t)sim->started) {
        side_die(s, "the header is wrong", (long long)number);
    }
    s->c = &sim->conns[number];
    if (s->c->server_known || s->c->plan.server != s->host) {
        side_die(s, "the header came twice, or to the wrong host", (long long)number);
    }
    s->c->server = s;
    s->c->server_known = true;
    s->c->server_done = false;
    if (s->c->client_done && s->c->plan.kind == PLAN_ABORT_CLIENT) {
        sim->active++; /* it was thought to be over */
    }
    sim->anonymous--;
    side_options(s);
}

static bool side_wants_rest(const struct side *s) {
    const struct plan *p = s->c ? &s->c->plan : NULL;

    return p && !s->rested && p->pause_at > 0 && s->received >= p->pause_at;
}

/* Reads all there is. False if the side is gone. */
static bool side_read(struct side *s) {
    uint8_t buf[BUF_BYTES];

    while (!s->eof && !timer_armed(&s->resume)) {
        size_t want = s->c ? sizeof(buf) : PLAN_HEADER_BYTES - s->received;
        int64_t n = inl_recv(stack_of(s), s->sock, buf, want, 0);

        if (n == -EAGAIN || n == -ENOTCONN) {
            return true;
        }
        if (n < 0) {
            side_failed(s, (int)-n);
            return false;
        }
        if (n == 0) {
            s->eof = true;
        } else if (!s->c) {
            side_identify(s, buf, (size_t)n);
        } else {
            side_verify(s, buf, (size_t)n);
        }
        if (side_wants_rest(s)) {
            s->rested = true;
            timer_arm(&s->sim->wheel, &s->resume, inl_time_add(s->sim->now, s->c->plan.pause_ns));
        }
    }
    return true;
}

/* ---- writing ---- */

/* How much the side may have sent by now. */
static uint64_t side_may_send(const struct side *s) {
    const struct plan *p = &s->c->plan;
    uint64_t all = p->bytes[s->server ? PLAN_DOWN : PLAN_UP];

    if (p->kind == PLAN_REQUEST && s->server && !s->eof) {
        return 0;
    }
    if (p->kind == PLAN_SERVER_FIRST && !s->server && !s->eof) {
        return PLAN_HEADER_BYTES;
    }
    return all;
}

static bool side_write(struct side *s) {
    const struct plan *p = &s->c->plan;
    enum plan_dir dir = s->server ? PLAN_DOWN : PLAN_UP;
    uint8_t buf[65536];

    while (s->sent < side_may_send(s)) {
        uint64_t left = side_may_send(s) - s->sent;
        size_t len = left < p->chunk_bytes[dir] ? (size_t)left : p->chunk_bytes[dir];
        int64_t n;

        plan_bytes(p, dir, s->sent, buf, len);
        n = inl_send(stack_of(s), s->sock, buf, len, 0);
        if (n == -EAGAIN || n == -ENOTCONN) {
            return true;
        }
        if (n < 0) {
            side_failed(s, (int)-n);
            return false;
        }
        if (n == 0 || n > (int64_t)len) {
            side_die(s, "send returned", n);
        }
        s->sent += (uint64_t)n;
    }
    if (s->sent == p->bytes[dir] && !s->shut && p->kind != PLAN_ONE_WAY) {
        int err = inl_shutdown(stack_of(s), s->sock, INL_SHUT_WR);

        if (err && err != -ENOTCONN) {
            side_failed(s, -err);
            return false;
        }
        s->shut = err == 0;
    }
    return true;
}

/* ---- what a side does when something has changed ---- */

static bool side_is_aborting(const struct side *s) {
    const struct plan *p = &s->c->plan;
    enum plan_kind mine = s->server ? PLAN_ABORT_SERVER : PLAN_ABORT_CLIENT;

    return p->kind == mine && s->sent + s->received >= p->abort_at;
}

static void side_finish(struct side *s) {
    const struct plan *p = &s->c->plan;
    bool all_sent = s->sent == p->bytes[s->server ? PLAN_DOWN : PLAN_UP];

    if (side_is_aborting(s)) {
        side_abort(s);
        return;
    }
    if (p->kind == PLAN_ONE_WAY && !s->server && all_sent) {
        side_close(s); /* what is still in the buffer is the stack's business */
        return;
    }
    if (!s->eof || (!s->shut && p->kind != PLAN_ONE_WAY)) {
        return;
    }
    if (s->received != side_expects(s)) {
        side_die(s, "end of stream too early, expected", (long long)side_expects(s));
    }
    s->sim->r.complete++;
    side_close(s);
}

void side_pump(struct side *s) {
    if (!side_read(s)) {
        return;
    }
    if (!s->c) {
        if (s->eof) {
            side_die(s, "end of stream inside the header", (long long)s->received);
        }
        return;
    }
    if (side_write(s)) {
        side_finish(s);
    }
}

void side_print(const struct side *s) {
    struct inl_tcp_info info = {0};

    (void)inl_tcp_info(stack_of(s), s->sock, &info);
    fprintf(stderr,
            "stuck: connection %" PRId64 " %s %s on h%d: %s sent %" PRIu64 " received %" PRIu64
            " of %" PRIu64 " eof %d shut %d flight %u snd_wnd %u rcv_wnd %u cwnd %u backoff %u\n",
            s->c ? (int64_t)s->c->plan.number : -1,
            s->c ? plan_kind_name(s->c->plan.kind) : "unknown", s->server ? "server" : "client",
            s->host, inl_tcp_state_name(info.state), s->sent, s->received,
            s->c ? side_expects(s) : 0, s->eof, s->shut, info.flight_bytes, info.snd_wnd_bytes,
            info.rcv_wnd_bytes, info.cwnd_bytes, info.backoff);
}

/* ---- opening ---- */

void listener_open(struct sim *sim, int host) {
    const struct inl_sockaddr any = {.addr = inl_addr_any6(), .port = PORT};
    struct inl_stack *st = net_stack(&sim->net, host);
    inl_sock s = inl_socket(st, INL_AF_INET6, INL_SOCK_STREAM);

    if (s < 0 || inl_setsockopt(st, s, INL_OPT_KEEPALIVE, 1) ||
        inl_setsockopt(st, s, INL_OPT_TCP_KEEPIDLE_NS, KEEP_IDLE_NS) ||
        inl_setsockopt(st, s, INL_OPT_TCP_KEEPINTVL_NS, KEEP_INTVL_NS) || inl_bind(st, s, &any) ||
        inl_listen(st, s, BACKLOG)) {
        die("cannot listen on host %d", host);
    }
    sim->listeners[host] = s;
}

void listener_accept(struct sim *sim, int host) {
    struct inl_stack *st = net_stack(&sim->net, host);
    inl_sock s;

    while ((s = inl_accept(st, sim->listeners[host], NULL)) >= 0) {
        side_pump(side_new(sim, host, s, true));
    }
    if (s != -EAGAIN) {
        die("accept on host %d: %" PRId64, host, s);
    }
}

void connection_start(struct sim *sim) {
    struct connection *c = &sim->conns[sim->started];
    struct inl_sockaddr to;
    struct side *s;
    inl_sock sock;
    int err;

    c->plan = plan_draw(sim->config->seed, sim->started);
    sim->started++;
    sim->active++;
    sim->r.kinds[c->plan.kind]++;
    sock = inl_socket(net_stack(&sim->net, c->plan.client), c->plan.v6 ? INL_AF_INET6 : INL_AF_INET,
                      INL_SOCK_STREAM);
    if (sock < 0) {
        die("socket: %" PRId64, sock);
    }
    s = side_new(sim, c->plan.client, sock, false);
    s->c = c;
    c->client = s;
    side_options(s);
    to = (struct inl_sockaddr){.addr = net_addr(c->plan.server, c->plan.v6),
                               .port = c->plan.kind == PLAN_REFUSED ? CLOSED_PORT : PORT};
    err = inl_connect(stack_of(s), sock, &to);
    if (err != -EINPROGRESS) {
        side_die(s, "connect", err);
    }
}
