/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msgq.c - the queues of a socket of messages (msgq.h)
 *
 * An error keeps what it quotes of our message, so that the program can tell which one is meant; of
 * a long quote, the beginning.
 */
#include "ip/msgq.h"
#include "base/prefetch.h"
#include "wire/ip6.h"

#include <errno.h>
#include <string.h>

struct msg_error {
    struct list node;
    struct inl_msg_error error;
    struct inl_sockaddr dst;
    size_t len;
    uint8_t data[];
};

static size_t msg_cost(size_t len) {
    return mem_round(sizeof(struct msg) + len);
}

static size_t error_cost(size_t len) {
    return mem_round(sizeof(struct msg_error) + len);
}

/* It is not in the queue any more. */
static inline void msg_took(struct msgq *q, struct mem *mem, struct msg *m) {
    q->bytes -= m->len;
    q->cost -= m->cost;
    mem_quick_free(mem, m, m->cost);
}

static void msg_drop_first(struct msgq *q, struct mem *mem) {
    struct list *first = list_pop(&q->msgs);

    if (first) {
        msg_took(q, mem, LIST_ENTRY(first, struct msg, node));
    }
}

static void error_drop_first(struct msgq *q, struct mem *mem) {
    struct msg_error *e = LIST_ENTRY(list_pop(&q->errors), struct msg_error, node);

    q->error_count--;
    mem_free(mem, e, error_cost(e->len));
}

void msgq_init(struct msgq *q) {
    *q = (struct msgq){0};
    list_init(&q->msgs);
    list_init(&q->errors);
}

void msgq_done(struct msgq *q, struct mem *mem) {
    while (!list_empty(&q->msgs)) {
        msg_drop_first(q, mem);
    }
    while (!list_empty(&q->errors)) {
        error_drop_first(q, mem);
    }
}

struct msg *msgq_room(const struct msgq *q, struct mem *mem, size_t limit_bytes, size_t len,
                      size_t opts_len) {
    size_t cost = msg_cost(len + opts_len);
    struct msg *m = q->cost + cost > limit_bytes ? NULL : mem_quick_alloc(mem, cost);

    if (m) {
        m->len = (uint32_t)len;
        m->cost = (uint32_t)cost;
        m->opts_len = (uint16_t)opts_len;
    }
    return m;
}

void msgq_give_up(struct mem *mem, struct msg *m) {
    mem_quick_free(mem, m, m->cost);
}

void msgq_add(struct msgq *q, struct msg *m, const struct ip_rx *rx, uint16_t sport,
              uint16_t dport) {
    m->from.addr = rx->src;
    m->from.port = sport;
    m->from.scope = inl_addr_is_link_local(&rx->src) ? (uint32_t)rx->link : 0;
    m->to.addr = rx->dst;
    m->to.port = dport;
    m->to.scope = 0;
    m->link = (uint16_t)rx->link;
    m->ttl = rx->ttl;
    m->tos = rx->tos;
    list_add_tail(&q->msgs, &m->node);
    q->bytes += m->len;
    q->cost += m->cost;
}

enum inl_drop msgq_push(struct msgq *q, struct mem *mem, size_t limit_bytes, const struct ip_rx *rx,
                        uint16_t sport, uint16_t dport, const struct rd *payload) {
    size_t len = rd_left(payload);
    size_t opts_len = rd_left(&rx->opts);
    struct msg *m = msgq_room(q, mem, limit_bytes, len, opts_len);

    if (!m) {
        return q->cost + msg_cost(len + opts_len) > limit_bytes ? INL_DROP_SOCKET_FULL
                                                                : INL_DROP_NO_MEMORY;
    }
    if (len) {
        memcpy(m->data, rd_ptr(payload), len);
    }
    if (opts_len) {
        memcpy(m->data + len, rd_ptr(&rx->opts), opts_len);
        m->ext_first = rx->packet[IP6_NEXT_OFF];
    }
    msgq_add(q, m, rx, sport, dport);
    return INL_DROP_NONE;
}

/* Copies what fits, and says whether that was all. */
static int64_t copy_out(struct inl_msg *msg, const uint8_t *data, size_t len, int flags) {
    size_t n = len < msg->len_bytes ? len : msg->len_bytes;

    if (n) {
        memcpy(msg->buf, data, n);
    }
    msg->flags = n < len ? INL_MSG_TRUNC : 0;
    return (int64_t)(flags & INL_MSG_TRUNC ? len : n);
}

int64_t msgq_next(struct msgq *q, struct mem *mem, void *buf, size_t len_bytes,
                  struct inl_sockaddr *ret_from, struct inl_sockaddr *ret_to) {
    struct list *first = list_pop(&q->msgs);
    struct msg *m;
    size_t n;

    if (!first) {
        return -EAGAIN;
    }
    prefetch_block(q->msgs.next, sizeof(*m)); /* for the next call */
    m = LIST_ENTRY(first, struct msg, node);
    n = m->len < len_bytes ? m->len : len_bytes;
    if (n) {
        memcpy(buf, m->data, n);
    }
    if (ret_from) {
        *ret_from = m->from;
    }
    if (ret_to) {
        *ret_to = m->to;
    }
    msg_took(q, mem, m);
    return (int64_t)n;
}

/* RFC 1122 4.1.3.2, RFC 3542 4.2: what stood between the header and the message. */
static void take_opts(const struct msg *m, struct inl_msg *msg) {
    const struct rd all = rd_init(m->data + m->len, m->opts_len);
    bool is4 = inl_addr_is4(&m->to.addr);

    if (msg->opts) {
        msg->opts_len = !is4 ? 0 : msg->opts_len < m->opts_len ? msg->opts_len : m->opts_len;
        memcpy(msg->opts, rd_ptr(&all), msg->opts_len);
    }
    if (msg->ext) {
        msg->ext_len = is4 ? 0 : ip6_chain_read(all, m->ext_first, msg->ext, msg->ext_len);
    }
}

int64_t msgq_take(struct msgq *q, struct mem *mem, struct inl_msg *msg, int flags) {
    const struct msg *m;
    int64_t n;

    if (list_empty(&q->msgs)) {
        return -EAGAIN;
    }
    m = LIST_ENTRY(list_first(&q->msgs), struct msg, node);
    n = copy_out(msg, m->data, m->len, flags);
    msg->peer = m->from;
    msg->local = m->to;
    msg->link = m->link;
    msg->ttl = m->ttl;
    msg->tos = m->tos;
    take_opts(m, msg);
    if (!(flags & INL_MSG_PEEK)) {
        msg_drop_first(q, mem);
    }
    return n;
}

bool msgq_push_error(struct msgq *q, struct mem *mem, const struct inl_msg_error *error,
                     const struct inl_sockaddr *dst, const struct rd *payload) {
    size_t len = rd_left(payload) < MSGQ_ERROR_BYTES_MAX ? rd_left(payload) : MSGQ_ERROR_BYTES_MAX;
    struct msg_error *e;

    e = q->error_count < MSGQ_ERRORS_MAX ? mem_alloc(mem, error_cost(len)) : NULL;
    if (!e) {
        return false;
    }
    list_init(&e->node);
    e->error = *error;
    e->dst = *dst;
    e->len = len;
    if (len) {
        memcpy(e->data, rd_ptr(payload), len);
    }
    list_add_tail(&q->errors, &e->node);
    q->error_count++;
    return true;
}

struct inl_msg_error msgq_error_from(const struct ip_err *err) {
    return (struct inl_msg_error){
        .offender = err->reporter,
        .err = err->err,
        .info = err->mtu_bytes,
        .origin = inl_addr_is4(&err->dst) ? INL_ERR_ICMP4 : INL_ERR_ICMP6,
        .type = err->type,
        .code = err->code,
        .ttl = err->ttl,
    };
}

int64_t msgq_take_error(struct msgq *q, struct mem *mem, struct inl_msg *msg, int flags) {
    const struct msg_error *e;
    int64_t n;

    if (list_empty(&q->errors)) {
        return -EAGAIN;
    }
    e = LIST_ENTRY(list_first(&q->errors), struct msg_error, node);
    n = copy_out(msg, e->data, e->len, flags);
    msg->flags |= INL_MSG_ERRQUEUE;
    msg->peer = e->dst;
    msg->error = e->error;
    if (!(flags & INL_MSG_PEEK)) {
        error_drop_first(q, mem);
    }
    return n;
}
