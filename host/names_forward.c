/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names_forward.c - asks the machine's nameserver what the lab does not know
 *
 * One kernel socket a question, so each has a port of its own that the kernel chose (RFC 5452), and
 * hears the server alone. What came by TCP is asked by TCP. After WAIT_NS the asker is told that it failed
 * (SERVFAIL); there is no second try, since askers repeat themselves. At QUESTIONS_MAX the oldest
 * one fails to make room.
 */
#include "host/ages.h"
#include "host/names.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTIONS_MAX 64
#define WAIT_NS (5 * INL_S)

struct question {
    struct names_question ask;
    struct names_forward *owner;
    struct age_node age;
    struct loop_source io;
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
    names_question_done(&q->ask);
    free(q);
}

/* Ends a question without an answer. */
static void question_fail(struct question *q) {
    names_tell_failed(q->ask.lab, &q->ask.asker, names_question_asked(&q->ask), q->ask.len);
    question_free(q);
}

/* ---- udp ---- */

static void on_datagram(struct loop_source *source, uint32_t events) {
    struct question *q = source->ctx;
    uint8_t *buf = q->owner->lab->buffer;
    ssize_t n;

    (void)events;
    while ((n = recv(source->fd, buf, PROTO_PAYLOAD_MAX, MSG_DONTWAIT)) >= 0) {
        if (names_question_end(&q->ask, buf, (size_t)n)) {
            question_free(q);
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
    struct names_question *ask = &q->ask;
    ssize_t n = send(q->io.fd, ask->query + ask->sent, 2 + ask->len - ask->sent, MSG_NOSIGNAL);

    if (n < 0) {
        return errno == EAGAIN || errno == ENOTCONN;
    }
    ask->sent += (size_t)n;
    return ask->sent < 2 + ask->len || loop_mod(&q->owner->lab->loop, &q->io, EPOLLIN) == 0;
}

/* As names_question_got(). */
static int stream_read(struct question *q) {
    struct names_question *ask = &q->ask;
    ssize_t n = recv(q->io.fd, ask->answer + ask->got, NAMES_STREAM_MAX - ask->got, MSG_DONTWAIT);

    if (n <= 0) {
        return n < 0 && errno == EAGAIN ? 0 : -1;
    }
    return names_question_got(ask, (size_t)n);
}

static void on_stream(struct loop_source *source, uint32_t events) {
    struct question *q = source->ctx;
    bool ok = (events & EPOLLOUT) == 0 || q->ask.sent == 2 + q->ask.len || stream_write(q);
    int got = ok ? 0 : -1;

    if (ok && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        got = stream_read(q);
    }
    if (got > 0) {
        question_free(q);
    } else if (got < 0) {
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
    bool tcp = q->ask.asker.tcp;
    int fd = open_socket(&f->server, tcp);

    if (fd < 0) {
        return false;
    }
    q->io.fn = tcp ? on_stream : on_datagram;
    q->io.ctx = q;
    if ((!tcp && send(fd, q->ask.query + 2, q->ask.len, MSG_NOSIGNAL) < 0) ||
        loop_add(&f->lab->loop, &q->io, fd, tcp ? EPOLLIN | EPOLLOUT : EPOLLIN) < 0) {
        close(fd);
        return false;
    }
    return true;
}

void names_forward(struct names_forward *f, const struct names_asker *asker, const uint8_t *query,
                   size_t len) {
    struct question *q = calloc(1, sizeof(*q));
    bool asked = false;

    if (q != NULL && names_question_init(&q->ask, f->lab, asker, query, len)) {
        q->owner = f;
        asked = question_ask(q);
        if (!asked) {
            names_question_done(&q->ask);
        }
    }
    if (!asked) {
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
