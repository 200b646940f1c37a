/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_app.c - the application of the engine fuzz target: socket calls, with what they return
 * held against what the peers sent
 */
#include "engine.h"
#include "wire/ipproto.h"

#define OPTIONS 64 /* more than there are */

static struct app *app_slot(struct harness *h, bool free_one) {
    int from = rd_u8(&h->in) % SOCKS;

    for (int i = 0; i < SOCKS; i++) {
        struct app *a = &h->app[(from + i) % SOCKS];

        if ((a->sock < 0) == free_one) {
            return a;
        }
    }
    return NULL;
}

void engine_app_opened(struct app *a, inl_sock sock, int flow) {
    *a = (struct app){.sock = sock, .flow = flow};
}

void engine_do_socket(struct harness *h) {
    struct app *a = app_slot(h, true);
    uint8_t how = rd_u8(&h->in);
    int flow = how & 128 ? 5 : 2 + (how & 1);
    struct inl_sockaddr to = {peer_addr(how & 128), (uint16_t)(PEER_PORT + flow), 0};
    struct inl_sockaddr at = {INL_ADDR_ANY4, how & 2 ? LISTEN_PORT : UDP_PORT, 0};
    inl_sock s;

    if (!a) {
        return;
    }
    s = inl_socket(h->stack, how & 192 ? INL_AF_INET6 : INL_AF_INET,
                   how & 4 ? INL_SOCK_DGRAM : INL_SOCK_STREAM);
    if (s < 0) {
        return;
    }
    engine_app_opened(a, s, -1);
    if (how & 8 || how & 4) {
        if (how & 192) {
            at.addr = INL_ADDR_ANY;
        }
        (void)inl_bind(h->stack, s, &at);
        (void)inl_listen(h->stack, s, how >> 4 & 3);
        return;
    }
    if (inl_connect(h->stack, s, &to) == -EINPROGRESS) {
        h->flow[flow].seen = false; /* a new connection: its SYN tells the rest */
        a->flow = flow;
    }
}

void engine_do_accept(struct harness *h) {
    struct app *slot = app_slot(h, true);

    for (int i = 0; slot && i < SOCKS; i++) {
        struct inl_sockaddr peer;
        inl_sock s = h->app[i].sock < 0 ? -EBADF : inl_accept(h->stack, h->app[i].sock, &peer);

        if (s >= 0) {
            int flow = peer.port - PEER_PORT;

            engine_app_opened(slot, s, flow == 0 || flow == 1 || flow == FLOWS4 ? flow : -1);
            return;
        }
    }
}

void engine_do_send(struct harness *h) {
    struct app *a = app_slot(h, false);
    size_t len = rd_be16(&h->in);
    int64_t n;

    if (!a) {
        return;
    }
    n = inl_send(h->stack, a->sock, fuzz_stream(a->sent), len,
                 (len & 0x4000 ? INL_MSG_MORE : 0) | (len & 0x8000 ? INL_MSG_OOB : 0));
    FUZZ_CHECK(n <= (int64_t)len);
    if (n > 0) {
        a->sent += (uint64_t)n;
    }
}

/* Are these bytes what a stream that began with one of the SYNs has at this place? */
static void app_check(struct harness *h, struct app *a, const uint8_t *p, size_t len) {
    const struct flow *f;
    size_t kept = 0;

    if (a->flow < 0 || len == 0) {
        return;
    }
    f = &h->flow[a->flow];
    if (f->syns > SYNS) {
        a->flow = -1;
        return;
    }
    if (a->rcvd == 0) {
        memcpy(a->irs, f->syn, sizeof(a->irs));
        a->n = f->syns;
    }
    for (size_t i = 0; i < a->n; i++) {
        seq_t at = seq_add(a->irs[i], 1 + (uint32_t)a->rcvd);
        size_t k = 0;

        while (k < len && p[k] == peer_byte(seq_add(at, (uint32_t)k))) {
            k++;
        }
        if (k == len) {
            a->irs[kept++] = a->irs[i];
        }
    }
    a->n = kept;
    FUZZ_CHECK(a->n > 0);
}

void engine_do_recv(struct harness *h) {
    struct app *a = app_slot(h, false);
    size_t len = rd_be16(&h->in);
    bool peek = rd_u8(&h->in) & 1;
    int64_t n;

    if (!a) {
        return;
    }
    n = inl_recv(h->stack, a->sock, h->buf, len, peek ? INL_MSG_PEEK : 0);
    FUZZ_CHECK(n <= (int64_t)len);
    if (n > 0) {
        app_check(h, a, h->buf, (size_t)n);
        a->rcvd += peek ? 0 : (uint64_t)n;
    }
}

void engine_do_loan(struct harness *h) {
    struct app *a = app_slot(h, false);
    bool out = rd_u8(&h->in) & 1;
    size_t want = rd_be16(&h->in);
    struct inl_piece piece[2];
    size_t used = 0;
    int n;

    if (!a) {
        return;
    }
    n = out ? inl_send_loan(h->stack, a->sock, piece) : inl_recv_loan(h->stack, a->sock, piece);
    FUZZ_CHECK(n <= 2);
    for (int i = 0; i < n; i++) {
        size_t take = want - used < piece[i].len_bytes ? want - used : piece[i].len_bytes;

        if (out) {
            memcpy(piece[i].data, fuzz_stream(a->sent + used), take);
        } else {
            app_check(h, a, piece[i].data, take);
            a->rcvd += take;
        }
        used += take;
    }
    if (n > 0 && out && inl_send_commit(h->stack, a->sock, used) >= 0) {
        a->sent += used;
    }
    if (n > 0 && !out) {
        FUZZ_CHECK(inl_recv_done(h->stack, a->sock, used) >= 0);
    }
}

void engine_do_close(struct harness *h) {
    struct app *a = app_slot(h, false);
    uint8_t how = rd_u8(&h->in);
    inl_sock s;

    if (!a) {
        return;
    }
    if (how & 3) {
        (void)inl_shutdown(h->stack, a->sock, (enum inl_shutdown_how)((how & 3) - 1));
        return;
    }
    s = a->sock;
    a->sock = -1;
    FUZZ_CHECK(inl_close(h->stack, s) == 0);
    FUZZ_CHECK(inl_close(h->stack, s) == -EBADF); /* a stale handle is nobody's */
}

void engine_do_option(struct harness *h) {
    struct app *a = app_slot(h, false);
    enum inl_opt opt = (enum inl_opt)(rd_u8(&h->in) % OPTIONS);
    int64_t value = (int32_t)read_delta(&h->in);

    if (opt == INL_OPT_TCP_CONGESTION) {
        value &= 7; /* most of them exist */
    }
    if (a) {
        (void)inl_setsockopt(h->stack, a->sock, opt, value);
        (void)inl_getsockopt(h->stack, a->sock, opt, &value);
    }
}

void engine_do_sendto(struct harness *h) {
    struct app *a = app_slot(h, false);
    size_t len = rd_be16(&h->in);
    uint8_t how = rd_u8(&h->in);
    struct inl_sockaddr to = {peer_addr(how & 1), (uint16_t)(PEER_PORT + FLOWS), 0};
    struct inl_sockaddr at;

    if (a && a->flow < 0) {
        (void)inl_sendto(h->stack, a->sock, fuzz_stream(0), len, 0, &to);
        FUZZ_CHECK(inl_recvfrom(h->stack, a->sock, h->buf, 100, 0, &to, &at) <= 100);
    }
}

/* Of protocols whose packets are not checked when the stack sends them. */
void engine_do_raw(struct harness *h) {
    static const uint8_t protos[] = {IP_PROTO_ICMP4, IP_PROTO_ICMP6, 253, IP_PROTO_IGMP};
    struct app *a = app_slot(h, true);
    uint8_t how = rd_u8(&h->in);
    struct inl_sockaddr to = {peer_addr(how & 4), 0, 0};
    inl_sock s;

    if (!a) {
        return;
    }
    s = inl_socket_raw(h->stack, how & 4 ? INL_AF_INET6 : INL_AF_INET, protos[how & 3]);
    if (s >= 0) {
        engine_app_opened(a, s, -1);
        (void)(how & 8 ? inl_connect(h->stack, s, &to) : 0);
    }
}

void engine_do_look(struct harness *h) {
    struct app *a = app_slot(h, false);
    struct inl_sock_info info[4];
    struct inl_sockaddr addr;
    struct inl_tcp_info tcp;
    struct inl_stats stats;

    (void)inl_sockets_snapshot(h->stack, info, 4);
    inl_stats_get(h->stack, &stats);
    if (a) {
        FUZZ_CHECK(inl_poll(h->stack, a->sock) >= 0);
        (void)inl_tcp_info(h->stack, a->sock, &tcp);
        (void)inl_getsockname(h->stack, a->sock, &addr);
        (void)inl_getpeername(h->stack, a->sock, &addr);
    }
}
