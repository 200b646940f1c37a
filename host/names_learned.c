/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names_learned.c - asks the nameservers that a host has learned about
 *
 * Routers (RFC 8106), DHCPv4 and DHCPv6 servers tell a host whom to ask. Its programs know nothing
 * of that: they ask the door on their host (names_serve.c). What the lab does not know is asked of
 * the servers that this host knows at the moment, one after the other, through the host's own stack
 * and so over the lab's links: TRY_NS each, less if somebody says that nobody is there. DHCPv4's come
 * first, then DHCPv6's, then the routers'. If none answers, the machine's nameserver is asked if the
 * lab may, else the asker is told that it failed (SERVFAIL).
 *
 * Only for a host's own programs. A question that came over a link goes no further this way, so two
 * name servers that have learned of each other do not ask each other for ever.
 *
 * A question has a socket of its own, so a port that the stack chose (RFC 5452). What came by TCP is
 * asked by TCP. At QUESTIONS_MAX, in all hosts together, the oldest one fails.
 */
#include "host/ages.h"
#include "host/dns.h"
#include "host/names.h"
#include "host/service.h"

#include <inlet/conf.h>
#include <inlet/net.h>

#include <errno.h>
#include <stdlib.h>

#define QUESTIONS_MAX 64
#define SERVERS_MAX 8
#define TRY_NS (2 * INL_S)

struct question {
    struct service_sock ss; /* sock -1: none at the moment */
    struct names_question ask;
    struct names_learned *owner;
    struct age_node age; /* of this try */
    struct inl_addr servers[SERVERS_MAX];
    unsigned servers_n, server_at;
};

struct names_learned {
    struct lab *lab;
    struct names_forward *forward; /* NULL: there is nobody else */
    struct ages questions;
};

static struct question *question_of(struct age_node *node) {
    return AGES_ENTRY(node, struct question, age);
}

/* ---- who is known ---- */

struct servers {
    const struct inl_stack *stack;
    struct inl_addr *out;
    unsigned n;
};

static bool is_own(const struct inl_stack *stack, const struct inl_addr *a) {
    struct inl_addr_info info[NAMES_ADDRS_MAX * 2];
    size_t n = inl_addr_snapshot(stack, info, NAMES_ADDRS_MAX * 2);

    for (size_t i = 0; i < n && i < NAMES_ADDRS_MAX * 2; i++) {
        if (inl_addr_eq(&info[i].addr, a)) {
            return true;
        }
    }
    return inl_addr_is_loopback(a);
}

/* Link-local ones would need a zone; who asks itself asks for ever. */
static void add(struct servers *s, const struct inl_addr *a) {
    bool known = s->n == SERVERS_MAX || inl_addr_is_any(a) || inl_addr_is_link_local(a) ||
                 is_own(s->stack, a);

    for (unsigned i = 0; !known && i < s->n; i++) {
        known = inl_addr_eq(&s->out[i], a);
    }
    if (!known) {
        s->out[s->n++] = *a;
    }
}

static unsigned learned(const struct lab *lab, int host, struct inl_addr out[SERVERS_MAX]) {
    struct inl_stack *stack = lab_stack(lab, host);
    struct servers s = {.stack = stack, .out = out};
    int links = (int)lab->file->hosts[host].ports_n;

    for (int link = 1; link <= links; link++) {
        struct inl_dhcp4_info four;

        if (inl_dhcp4_get(stack, link, &four) == 0 && four.bound) {
            for (unsigned i = 0; i < four.dns_n; i++) {
                add(&s, &four.dns[i]);
            }
        }
    }
    for (int link = 1; link <= links; link++) {
        struct inl_dhcp6_info six;

        if (inl_dhcp6_get(stack, link, &six) == 0) {
            for (unsigned i = 0; i < six.dns_n; i++) {
                add(&s, &six.dns[i]);
            }
        }
    }
    for (int link = 1; link <= links; link++) {
        struct inl_autoconf_info ra;

        if (inl_autoconf_get(stack, link, &ra) == 0) {
            for (unsigned i = 0; i < ra.dns_count; i++) {
                add(&s, &ra.dns[i].addr);
            }
        }
    }
    return s.n;
}

bool names_learned_any(const struct lab *lab, const struct names_asker *asker) {
    struct inl_addr servers[SERVERS_MAX];

    return is_own(lab_stack(lab, asker->host), &asker->from.addr) &&
           learned(lab, asker->host, servers) > 0;
}

/* ---- a question's life ---- */

static void hang_up(struct question *q) {
    if (q->ss.sock >= 0) {
        service_close(&q->ss);
        q->ss.sock = -1;
    }
}

static void question_free(struct question *q) {
    ages_remove(&q->owner->questions, &q->age);
    hang_up(q);
    names_question_done(&q->ask);
    free(q);
}

/* Nobody has answered. */
static void question_fail(struct question *q) {
    struct names_learned *l = q->owner;
    const uint8_t *query = names_question_asked(&q->ask);

    if (l->forward != NULL) {
        names_forward(l->forward, &q->ask.asker, query, q->ask.len);
    } else {
        names_tell_failed(l->lab, &q->ask.asker, query, q->ask.len);
    }
    question_free(q);
}

/* ---- asking ---- */

static void on_event(struct service_sock *ss, uint32_t events);

/* Opens a socket towards the server whose turn it is. */
static bool ask_one(struct question *q, const struct inl_addr *server) {
    struct inl_stack *stack = service_stack(&q->ss);
    const struct inl_sockaddr to = {.addr = *server, .port = DNS_PORT};
    bool tcp = q->ask.asker.tcp;

    q->ask.sent = 0;
    q->ask.got = 0;
    q->ss.sock = inl_socket(stack, inl_addr_is4(server) ? INL_AF_INET : INL_AF_INET6,
                            tcp ? INL_SOCK_STREAM : INL_SOCK_DGRAM);
    if (q->ss.sock < 0) {
        return false;
    }
    int err = inl_connect(stack, q->ss.sock, &to);

    if ((err == 0 || err == -EINPROGRESS) &&
        (tcp ||
         inl_send(stack, q->ss.sock, q->ask.query + 2, q->ask.len, 0) == (int64_t)q->ask.len) &&
        service_add(&q->ss) == 0) {
        return true;
    }
    inl_close(stack, q->ss.sock);
    q->ss.sock = -1;
    return false;
}

/* The next server, or the end. */
static void ask_next(struct question *q) {
    hang_up(q);
    ages_renew(&q->owner->questions, &q->age, inl_time_add(loop_now(), TRY_NS));
    while (q->server_at < q->servers_n) {
        if (ask_one(q, &q->servers[q->server_at++])) {
            return;
        }
    }
    question_fail(q);
}

static void on_datagrams(struct question *q) {
    uint8_t *buf = q->owner->lab->buffer;

    for (;;) {
        int64_t n = inl_recv(service_stack(&q->ss), q->ss.sock, buf, PROTO_PAYLOAD_MAX, 0);

        if (n == -EAGAIN) {
            return;
        }
        if (n >= 0 && names_question_end(&q->ask, buf, (size_t)n)) {
            question_free(q);
            return;
        }
        if (n < 0) {
            ask_next(q); /* nobody is there */
            return;
        }
    }
}

/* What can be written is; false: the connection has failed. */
static bool stream_write(struct question *q) {
    struct names_question *ask = &q->ask;
    int64_t n = inl_send(service_stack(&q->ss), q->ss.sock, ask->query + ask->sent,
                         2 + ask->len - ask->sent, 0);

    if (n < 0) {
        return n == -EAGAIN || n == -ENOTCONN;
    }
    ask->sent += (size_t)n;
    return true;
}

/* Takes what has come; as names_question_got(). */
static int stream_read(struct question *q) {
    struct names_question *ask = &q->ask;
    int got = 0;

    while (got == 0) {
        int64_t n = inl_recv(service_stack(&q->ss), q->ss.sock, ask->answer + ask->got,
                             NAMES_STREAM_MAX - ask->got, 0);

        if (n <= 0) {
            return n == -EAGAIN ? 0 : -1;
        }
        got = names_question_got(ask, (size_t)n);
    }
    return got;
}

static void on_event(struct service_sock *ss, uint32_t events) {
    struct question *q = (struct question *)ss;

    if (!q->ask.asker.tcp) {
        on_datagrams(q);
        return;
    }
    bool ok = (events & INL_EV_ERROR) == 0 && (q->ask.sent == 2 + q->ask.len || stream_write(q));
    int got = ok ? 0 : -1;

    if (ok && (events & (INL_EV_READABLE | INL_EV_RDHUP | INL_EV_CLOSED)) != 0) {
        got = stream_read(q);
    }
    if (got > 0) {
        question_free(q);
    } else if (got < 0) {
        ask_next(q);
    }
}

void names_learned_ask(struct names_learned *l, const struct names_asker *asker,
                       const uint8_t *query, size_t len) {
    struct question *q = calloc(1, sizeof(*q));

    if (q == NULL || !names_question_init(&q->ask, l->lab, asker, query, len)) {
        free(q);
        names_tell_failed(l->lab, asker, query, len);
        return;
    }
    q->ss =
        (struct service_sock){.lab = l->lab, .host = asker->host, .sock = -1, .on_event = on_event};
    q->owner = l;
    q->servers_n = learned(l->lab, asker->host, q->servers);
    ages_add(&l->questions, &q->age, inl_time_add(loop_now(), TRY_NS));
    if (l->questions.count > QUESTIONS_MAX) {
        question_fail(question_of(l->questions.oldest)); /* not this one: the limit is above one */
    }
    ask_next(q);
}

/* ---- its life ---- */

struct names_learned *names_learned_new(struct lab *lab, struct names_forward *forward) {
    struct names_learned *l = calloc(1, sizeof(*l));

    if (l != NULL) {
        l->lab = lab;
        l->forward = forward;
    }
    return l;
}

void names_learned_free(struct names_learned *l) {
    while (l != NULL && l->questions.oldest != NULL) {
        question_free(question_of(l->questions.oldest));
    }
    free(l);
}

inl_time names_learned_deadline(const struct names_learned *l) {
    return ages_deadline(&l->questions);
}

void names_learned_advance(struct names_learned *l, inl_time now) {
    struct age_node *due;

    while ((due = ages_due(&l->questions, now)) != NULL) {
        ask_next(question_of(due));
    }
}
