/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names_forward.c - asks the machine's nameserver what the lab does not know
 *
 * One kernel socket a question, so each has a port of its own that the kernel chose, and a random
 * id (RFC 5452): an answer counts only if it comes from the server, with that id and the same
 * question. What came by TCP is asked by TCP. After WAIT_NS the asker is told that it failed
 * (SERVFAIL); there is no second try, since askers repeat themselves. At QUESTIONS_MAX the oldest
 * one fails to make room.
 */
#include "host/ages.h"
#include "host/names.h"

#include "wire/dns.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTIONS_MAX 64
#define WAIT_NS (5 * INL_S)
#define MESSAGE_MAX 65535

struct question {
    struct names_forward *owner;
    struct age_node age;
    struct loop_source io;
    struct names_asker asker;
    uint8_t asked_id[2], own_id[2];
    size_t len;              /* of the query */
    size_t sent;             /* tcp: of length and query */
    uint8_t *answer;         /* tcp: what has come: length and answer */
    size_t got;              /* of that */
    uint8_t query[2 + 1024]; /* with the length that TCP puts in front */
};

struct names_forward {
    struct lab *lab;
    struct inl_sockaddr server;
    struct ages questions;
};

static struct question *question_of(struct age_node *node) {
    return AGES_ENTRY(node, struct question, age);
}

static void question_free(struct question *q) {
    struct names_forward *f = q->owner;
    int fd = q->io.fd;

    ages_remove(&f->questions, &q->age);
    loop_del(&f->lab->loop, &q->io);
    close(fd);
    free(q->answer);
    free(q);
}

void names_tell_failed(struct lab *lab, const struct names_asker *asker, const uint8_t *query,
                       size_t len) {
    uint8_t buf[NAMES_UDP_MAX];
    struct wr w = wr_init(buf, sizeof(buf));

    if (names_fail(rd_init(query, len), DNS_SERVFAIL, &w) == NAMES_ANSWERED && !w.bad) {
        names_reply(lab, asker, buf, wr_len(&w));
    }
}

/* Ends a question without an answer. */
static void question_fail(struct question *q) {
    struct names_asker asker = q->asker;
    struct lab *lab = q->owner->lab;
    uint8_t query[sizeof(q->query)];
    size_t len = q->len;

    memcpy(query, q->query + 2, len);
    memcpy(query, q->asked_id, 2);
    question_free(q);
    names_tell_failed(lab, &asker, query, len);
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

/* ---- udp ---- */

static void on_datagram(struct loop_source *source, uint32_t events) {
    struct question *q = source->ctx;
    uint8_t *buf = q->owner->lab->buffer;
    ssize_t n;

    (void)events;
    while ((n = recv(source->fd, buf, PROTO_PAYLOAD_MAX, MSG_DONTWAIT)) >= 0) {
        if (question_end(q, buf, (size_t)n)) {
            return;
        }
    }
    if (errno != EAGAIN) {
        question_fail(q); /* nobody is there */
    }
}

/* ---- tcp ---- */

/* False: the connection has failed. */
static bool stream_write(struct question *q) {
    ssize_t n = send(q->io.fd, q->query + q->sent, 2 + q->len - q->sent, MSG_NOSIGNAL);

    if (n < 0) {
        return errno == EAGAIN || errno == ENOTCONN;
    }
    q->sent += (size_t)n;
    return q->sent < 2 + q->len || loop_mod(&q->owner->lab->loop, &q->io, EPOLLIN) == 0;
}

static bool stream_read(struct question *q, bool *ret_done) {
    ssize_t n = recv(q->io.fd, q->answer + q->got, 2 + MESSAGE_MAX - q->got, MSG_DONTWAIT);

    *ret_done = false;
    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    q->got += (size_t)n;
    size_t len = q->got >= 2 ? (size_t)(q->answer[0] << 8 | q->answer[1]) : MESSAGE_MAX;

    if (q->got < 2 + len) {
        return true;
    }
    *ret_done = question_end(q, q->answer + 2, len);
    return *ret_done;
}

static void on_stream(struct loop_source *source, uint32_t events) {
    struct question *q = source->ctx;
    bool done = false;
    bool ok = (events & EPOLLOUT) == 0 || q->sent == 2 + q->len || stream_write(q);

    if (ok && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        ok = stream_read(q, &done);
    }
    if (!ok && !done) {
        question_fail(q);
    }
}

/* ---- asking ---- */

static int open_socket(const struct inl_sockaddr *server, bool tcp) {
    unsigned family = inl_addr_is4(&server->addr) ? 4 : 6;
    struct proto_addr addr = proto_addr_from(server, family == 4 ? INL_AF_INET : INL_AF_INET6);
    struct sockaddr_storage sa;
    size_t len = proto_addr_to_kernel(&addr, family, &sa);
    int type = tcp ? SOCK_STREAM : SOCK_DGRAM;
    int fd = socket(sa.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&sa, (socklen_t)len) < 0 &&
        errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Opens the socket and asks. False: it cannot be. */
static bool question_ask(struct question *q) {
    struct names_forward *f = q->owner;
    int fd = open_socket(&f->server, q->asker.tcp);

    if (fd < 0) {
        return false;
    }
    q->io.fn = q->asker.tcp ? on_stream : on_datagram;
    q->io.ctx = q;
    q->answer = q->asker.tcp ? malloc(2 + MESSAGE_MAX) : NULL;
    if ((q->asker.tcp && q->answer == NULL) ||
        (!q->asker.tcp && send(fd, q->query + 2, q->len, MSG_NOSIGNAL) < 0) ||
        loop_add(&f->lab->loop, &q->io, fd, q->asker.tcp ? EPOLLIN | EPOLLOUT : EPOLLIN) < 0) {
        free(q->answer);
        close(fd);
        return false;
    }
    return true;
}

void names_forward(struct names_forward *f, const struct names_asker *asker, const uint8_t *query,
                   size_t len) {
    struct question *q = len >= 2 && len <= sizeof(q->query) - 2 ? calloc(1, sizeof(*q)) : NULL;

    if (q != NULL) {
        q->owner = f;
        q->asker = *asker;
        q->len = len;
        q->query[0] = (uint8_t)(len >> 8);
        q->query[1] = (uint8_t)len;
        memcpy(q->query + 2, query, len);
        memcpy(q->asked_id, query, 2);
        if (getrandom(q->own_id, 2, 0) != 2) {
            memcpy(q->own_id, query, 2);
        }
        memcpy(q->query + 2, q->own_id, 2);
    }
    if (q == NULL || !question_ask(q)) {
        free(q);
        names_tell_failed(f->lab, asker, query, len);
        return;
    }
    ages_add(&f->questions, &q->age, inl_time_add(loop_now(), WAIT_NS));
    if (f->questions.count > QUESTIONS_MAX) {
        question_fail(question_of(f->questions.oldest));
    }
}

/* ---- its life ---- */

struct names_forward *names_forward_new(struct lab *lab, const struct inl_sockaddr *server) {
    struct names_forward *f = calloc(1, sizeof(*f));

    if (f != NULL) {
        f->lab = lab;
        f->server = *server;
    }
    return f;
}

void names_forward_free(struct names_forward *f) {
    while (f != NULL && f->questions.oldest != NULL) {
        question_free(question_of(f->questions.oldest));
    }
    free(f);
}

inl_time names_forward_deadline(const struct names_forward *f) {
    return ages_deadline(&f->questions);
}

void names_forward_advance(struct names_forward *f, inl_time now) {
    struct age_node *due;

    while ((due = ages_due(&f->questions, now)) != NULL) {
        question_fail(question_of(due));
    }
}
