/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - the name server of a lab
 *
 *   names.c          what it knows: a query in, an answer out
 *   names_serve.c    where queries come in: doors on the hosts, UDP and TCP
 *   names_forward.c  what it does not know, and asks the machine's nameserver
 *   names_learned.c  or those that the asking host has learned about
 *   names_question.c what the two have in common
 *
 * The lab calls the first group; the second is what these files share.
 */
#ifndef HOST_NAMES_H
#define HOST_NAMES_H

#include "base/rd.h"
#include "base/wr.h"
#include "host/lab.h"

/* Opens the doors. A lab with a gateway has none: the gateway's programs ask the machine's. 0 or
 * -errno. */
int names_open(struct lab *lab);
void names_close(struct lab *lab);
/* When names_advance() is wanted next. */
inl_time names_deadline(const struct lab *lab);
void names_advance(struct lab *lab, inl_time now);
/* A program of this host wants the port of name servers: closes the host's doors. True if there
 * were any. */
bool names_yield(struct lab *lab, int host);

/* ---- names.c ---- */

#define NAMES_UDP_MAX 512    /* RFC 1035 4.2.1 */
#define NAMES_REPLY_MAX 8192 /* more than a host's addresses fill */
#define NAMES_ADDRS_MAX (LABFILE_PORTS_MAX * LABFILE_ADDRS_MAX)

struct names_host {
    const char *name;
    unsigned addrs_n;
    struct inl_addr addrs[NAMES_ADDRS_MAX];
};

struct names_zone {
    unsigned hosts_n;
    const struct names_host *hosts;
    bool forward; /* there is somebody else to ask */
};

enum names_result {
    NAMES_DROP,     /* nobody gets an answer to this */
    NAMES_ANSWERED, /* the answer was written */
    NAMES_FORWARD,  /* for somebody else; nothing was written */
};

enum names_result names_answer(const struct names_zone *zone, struct rd query, struct wr *w);

/* An answer without records that says what went wrong: enum dns_rcode. */
enum names_result names_fail(struct rd query, uint8_t rcode, struct wr *w);

/* Does this answer belong to that query: the same question, whatever the id? */
bool names_same_question(struct rd query, struct rd answer);

/* ---- names_serve.c ---- */

/* Who waits for an answer. */
struct names_asker {
    int host;
    bool tcp;
    struct inl_sockaddr from, to; /* udp */
    uint64_t stream;              /* tcp: which connection; it may have gone */
};

/* Gives an answer to whoever asked; an answer that does not fit UDP is cut, and says so. */
void names_reply(struct lab *lab, const struct names_asker *asker, const uint8_t *answer,
                 size_t len);

/* ---- names_question.c ---- */

#define NAMES_QUERY_MAX 1024
#define NAMES_STREAM_MAX (2 + 65535) /* by TCP: length and message */

struct names_question {
    struct lab *lab;
    struct names_asker asker;
    uint8_t asked_id[2], own_id[2];
    size_t len;                         /* of the query */
    size_t sent;                        /* tcp: of length and query */
    size_t got;                         /* tcp: of length and answer */
    uint8_t *answer;                    /* tcp: room for both */
    uint8_t query[2 + NAMES_QUERY_MAX]; /* with the length that TCP puts in front, and our id */
};

/* False: the query is too long or too short, or there is no memory; there is nothing to undo. */
bool names_question_init(struct names_question *q, struct lab *lab, const struct names_asker *asker,
                         const uint8_t *query, size_t len);
void names_question_done(struct names_question *q);
/* Gives up: the query under the asker's id, as long as the question is there. */
const uint8_t *names_question_asked(struct names_question *q);
/* Is it the answer? Then the asker has it now; `answer` is changed. */
bool names_question_end(struct names_question *q, uint8_t *answer, size_t len);
/* By TCP n bytes more were put into q->answer. 0: more must come; 1: that was the answer, and the
 * asker has it; -1: it was no answer to this. */
int names_question_got(struct names_question *q, size_t n);
/* Tells an asker that it failed. */
void names_tell_failed(struct lab *lab, const struct names_asker *asker, const uint8_t *query,
                       size_t len);

/* ---- names_forward.c ---- */

struct names_forward;

struct names_forward *names_forward_new(struct lab *lab, const struct inl_sockaddr *server);
void names_forward_free(struct names_forward *f);
/* Asks; the answer, or that there is none, goes to the asker. */
void names_forward(struct names_forward *f, const struct names_asker *asker, const uint8_t *query,
                   size_t len);
inl_time names_forward_deadline(const struct names_forward *f);
void names_forward_advance(struct names_forward *f, inl_time now);

/* ---- names_learned.c ---- */

struct names_learned;

/* @forward: whom to ask then; or NULL. */
struct names_learned *names_learned_new(struct lab *lab, struct names_forward *forward);
void names_learned_free(struct names_learned *l);
/* Is the asker a program of a host that has learned of a nameserver? */
bool names_learned_any(const struct lab *lab, const struct names_asker *asker);
/* As names_forward(). */
void names_learned_ask(struct names_learned *l, const struct names_asker *asker,
                       const uint8_t *query, size_t len);
inl_time names_learned_deadline(const struct names_learned *l);
void names_learned_advance(struct names_learned *l, inl_time now);

#endif
