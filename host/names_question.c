/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names_question.c - a question that is asked elsewhere on somebody's behalf
 *
 * What is the same whoever is asked and over whose sockets (names_forward.c, names_learned.c): the
 * query goes out under a random id of our own, and an answer counts only with that id and the same
 * question (RFC 5452). Then the asker gets it under the asker's id. By TCP each message has its
 * length in front (RFC 1035 4.2.2).
 */
#include "host/names.h"

#include "wire/dns.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool names_question_init(struct names_question *q, struct lab *lab, const struct names_asker *asker,
                         const uint8_t *query, size_t len) {
    if (len < 2 || len > sizeof(q->query) - 2) {
        return false;
    }
    *q = (struct names_question){.lab = lab, .asker = *asker, .len = len};
    q->query[0] = (uint8_t)(len >> 8);
    q->query[1] = (uint8_t)len;
    memcpy(q->query + 2, query, len);
    memcpy(q->asked_id, query, 2);
    if (getrandom(q->own_id, 2, 0) != 2) {
        memcpy(q->own_id, query, 2);
    }
    memcpy(q->query + 2, q->own_id, 2);
    q->answer = asker->tcp ? malloc(NAMES_STREAM_MAX) : NULL;
    return !asker->tcp || q->answer != NULL;
}

void names_question_done(struct names_question *q) {
    free(q->answer);
    q->answer = NULL;
}

const uint8_t *names_question_asked(struct names_question *q) {
    memcpy(q->query + 2, q->asked_id, 2);
    return q->query + 2;
}

bool names_question_end(struct names_question *q, uint8_t *answer, size_t len) {
    if (len < 2 || memcmp(answer, q->own_id, 2) != 0 ||
        !names_same_question(rd_init(q->query + 2, q->len), rd_init(answer, len))) {
        return false;
    }
    memcpy(answer, q->asked_id, 2);
    names_reply(q->lab, &q->asker, answer, len);
    return true;
}

int names_question_got(struct names_question *q, size_t n) {
    size_t len;

    q->got += n;
    len = q->got >= 2 ? (size_t)(q->answer[0] << 8 | q->answer[1]) : NAMES_STREAM_MAX;
    if (q->got < 2 + len) {
        return 0;
    }
    return names_question_end(q, q->answer + 2, len) ? 1 : -1;
}

void names_tell_failed(struct lab *lab, const struct names_asker *asker, const uint8_t *query,
                       size_t len) {
    uint8_t buf[NAMES_UDP_MAX];
    struct wr w = wr_init(buf, sizeof(buf));

    if (names_fail(rd_init(query, len), DNS_SERVFAIL, &w) == NAMES_ANSWERED && !w.bad) {
        names_reply(lab, asker, buf, wr_len(&w));
    }
}
