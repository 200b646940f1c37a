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
 * A question has a socket of its own, so a port that the stack chose, and a random id (RFC 5452). What
 * came by TCP is asked by TCP. At QUESTIONS_MAX, in all hosts together, the oldest one fails.
 */
#include "host/ages.h"
#include "host/dns.h"
#include "host/names.h"
#include "host/service.h"

#include <inlet/conf.h>
#include <inlet/net.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define QUESTIONS_MAX 64
#define SERVERS_MAX 8
#define TRY_NS (2 * INL_S)
#define MESSAGE_MAX 65535

struct question {
    struct service_sock ss; /* sock -1: none at the moment */
    struct names_learned *owner;
    struct age_node age; /* of this try */
    struct names_asker asker;
    struct inl_addr servers[SERVERS_MAX];
    unsigned servers_n, server_at;
    uint8_t asked_id[2], own_id[2];
    size_t len;              /* of the query */
    size_t sent;             /* tcp: of length and query */
    size_t got;              /* tcp: of length and answer */
    uint8_t *answer;         /* tcp */
    uint8_t query[2 + 1024]; /* with the length that TCP puts in front */
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
    free(q->answer);
    free(q);
}

/* Nobody has answered. */
static void question_fail(struct question *q) {
    struct names_learned *l = q->owner;
    struct names_asker asker = q->asker;
    uint8_t query[sizeof(q->query)];
    size_t len = q->len;

    memcpy(query, q->query + 2, len);
    memcpy(query, q->asked_id, 2);
    question_free(q);
    if (l->forward != NULL) {
        names_forward(l->forward, &asker, query, len);
    } else {
        names_tell_failed(l->lab, &asker, query, len);
    }
}

/* Is it the answer? Then it goes to the asker, under the asker's id. */
static bool question_end(struct question *q, uint8_t *answer, size_t len) {
    struct names_asker asker = q->asker;
    struct lab *lab = q->owner->lab;

    if (len < 2 || memcmp(answer, q->own_id, 2) != 0 ||
        !names_same_question(rd_init(q->query + 2, q->len), rd_init(answer, len))) {
        return false;
    }
    memcpy(answer, q->asked_id, 2);
    names_reply(lab, &asker, answer, len);
    question_free(q);
    return true;
}

/* ---- asking ---- */

static void on_event(struct service_sock *ss, uint32_t events);

/* Opens a socket towards the server whose turn it is. */
static bool ask_one(struct question *q, const struct inl_addr *server) {
    struct inl_stack *stack = service_stack(&q->ss);
    const struct inl_sockaddr to = {.addr = *server, .port = DNS_PORT};
    bool tcp = q->asker.tcp;

    q->sent = 0;
    q->got = 0;
    q->ss.sock = inl_socket(stack, inl_addr_is4(server) ? INL_AF_INET : INL_AF_INET6,
                            tcp ? INL_SOCK_STREAM : INL_SOCK_DGRAM);
    if (q->ss.sock < 0) {
        return false;
    }
    int err = inl_connect(stack, q->ss.sock, &to);

    if ((err == 0 || err == -EINPROGRESS) &&
        (tcp || inl_send(stack, q->ss.sock, q->query + 2, q->len, 0) == (int64_t)q->len) &&
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

        if (n == -EAGAIN || (n >= 0 && question_end(q, buf, (size_t)n))) {
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
    int64_t n =
        inl_send(service_stack(&q->ss), q->ss.sock, q->query + q->sent, 2 + q->len - q->sent, 0);

    if (n < 0) {
        return n == -EAGAIN || n == -ENOTCONN;
    }
    q->sent += (size_t)n;
    return true;
}

/* Takes what has come: 1, that was the answer, and the question has gone; 0, more follows; or
 * -errno. */
static int stream_read(struct question *q) {
    for (;;) {
        int64_t n = inl_recv(service_stack(&q->ss), q->ss.sock, q->answer + q->got,
                             2 + MESSAGE_MAX - q->got, 0);

        if (n <= 0) {
            return n == -EAGAIN ? 0 : -ECONNRESET;
        }
        q->got += (size_t)n;
        size_t len = q->got >= 2 ? (size_t)(q->answer[0] << 8 | q->answer[1]) : MESSAGE_MAX;

        if (q->got >= 2 + len) {
            return question_end(q, q->answer + 2, len) ? 1 : -EPROTO;
        }
    }
}

static void on_event(struct service_sock *ss, uint32_t events) {
    struct question *q = (struct question *)ss;

    if (!q->asker.tcp) {
        on_datagrams(q);
        return;
    }
    bool ok = (events & INL_EV_ERROR) == 0 && (q->sent == 2 + q->len || stream_write(q));

    if (ok && (events & (INL_EV_READABLE | INL_EV_RDHUP | INL_EV_CLOSED)) != 0) {
        int n = stream_read(q);

        if (n == 1) {
            return;
        }
        ok = n == 0;
    }
    if (!ok) {
        ask_next(q);
    }
}

void names_learned_ask(struct names_learned *l, const struct names_asker *asker,
                       const uint8_t *query, size_t len) {
    struct question *q = len >= 2 && len <= sizeof(q->query) - 2 ? calloc(1, sizeof(*q)) : NULL;

    if (q != NULL && asker->tcp) {
        q->answer = malloc(2 + MESSAGE_MAX);
    }
    if (q == NULL || (asker->tcp && q->answer == NULL)) {
        free(q);
        names_tell_failed(l->lab, asker, query, len);
        return;
    }
    q->ss =
        (struct service_sock){.lab = l->lab, .host = asker->host, .sock = -1, .on_event = on_event};
    q->owner = l;
    q->asker = *asker;
    q->servers_n = learned(l->lab, asker->host, q->servers);
    q->len = len;
    q->query[0] = (uint8_t)(len >> 8);
    q->query[1] = (uint8_t)len;
    memcpy(q->query + 2, query, len);
    memcpy(q->asked_id, query, 2);
    if (getrandom(q->own_id, 2, 0) != 2) {
        memcpy(q->own_id, query, 2);
    }
    memcpy(q->query + 2, q->own_id, 2);
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
