/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_arg.c - the arguments of a call: numbers, names, texts, and packetdrill's notation of the
 * structures that calls take
 */
#include "lex.h"

#include <stdio.h>
#include <string.h>

/* A sum of numbers and names joined by '|'. */
bool parse_int(struct parser *ps, int64_t *ret) {
    int64_t sum = 0;

    do {
        bool minus = lex_take(ps, '-');
        int64_t v;

        if (lex_is_digit(lex_peek(ps))) {
            uint64_t u;

            if (!lex_number(ps, INT64_MAX, &u, "a number")) {
                return false;
            }
            v = minus ? -(int64_t)u : (int64_t)u;
        } else {
            char name[32];

            if (!lex_word(ps, name, sizeof(name), "a number or a name")) {
                return false;
            }
            if (!ps_symbol(name, &v)) {
                return lex_fail(ps, "unknown name '%s'", name);
            }
        }
        sum |= v;
    } while (lex_take(ps, '|'));
    *ret = sum;
    return true;
}

static bool field(struct parser *ps, const char *name, int64_t *ret) {
    char fb[24];

    if (!lex_keyword(ps, name)) {
        return lex_fail(ps, "expected %s=..., found %s", name, lex_found(ps, fb));
    }
    return lex_expect(ps, '=', "after the name") && parse_int(ps, ret);
}

static bool poll_list(struct parser *ps, struct ps_arg *a) {
    a->kind = PS_ARG_POLL;
    do {
        int64_t fd;
        int64_t events;
        int64_t revents = 0;

        if (a->n == 4) {
            return lex_fail(ps, "poll() of more than four sockets");
        }
        if (!lex_expect(ps, '{', "before fd=") || !field(ps, "fd", &fd) ||
            !lex_expect(ps, ',', "after fd") || !field(ps, "events", &events)) {
            return false;
        }
        if (lex_take(ps, ',') && !field(ps, "revents", &revents)) {
            return false;
        }
        if (!lex_expect(ps, '}', "after revents")) {
            return false;
        }
        a->polls[a->n++] = (struct ps_pollfd){(int)fd, (unsigned)events, (unsigned)revents};
    } while (lex_take(ps, ','));
    return true;
}

static bool ellipsis(struct parser *ps) {
    char fb[24];

    lex_skip(ps);
    if (strncmp(ps->p, "...", 3) != 0) {
        return lex_fail(ps, "expected ..., found %s", lex_found(ps, fb));
    }
    ps->p += 3;
    return true;
}

/* ---- structures of packetdrill ---- */

/* [{..., 10}, {..., 20}]: behind the bracket */
static bool iov_list(struct parser *ps, struct ps_arg *a) {
    uint64_t n;

    a->kind = PS_ARG_IOV;
    do {
        if (!lex_expect(ps, '{', "before a buffer") || !ellipsis(ps) ||
            !lex_expect(ps, ',', "after the buffer") ||
            !lex_number(ps, 64 << 20, &n, "the length of the buffer") ||
            !lex_expect(ps, '}', "after the length")) {
            return false;
        }
        a->v += (int64_t)n;
        a->n++;
    } while (lex_take(ps, ','));
    return lex_expect(ps, ']', "after the buffers");
}

/* msg_iov(1)=[{..., 10}] */
static bool msg_iov(struct parser *ps, struct ps_arg *a) {
    uint64_t count;
    bool ok = lex_expect(ps, '(', "after msg_iov") &&
              lex_number(ps, 64, &count, "the number of buffers") &&
              lex_expect(ps, ')', "after the number of buffers") &&
              lex_expect(ps, '=', "after msg_iov(N)") &&
              lex_expect(ps, '[', "before the buffers") && iov_list(ps, a);

    a->kind = PS_ARG_MSG;
    return ok &&
           (a->n == count || lex_fail(ps, "msg_iov(%u) has %u buffers", (unsigned)count, a->n));
}

/* {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0}: behind the brace */
static bool message(struct parser *ps, struct ps_arg *a) {
    char fb[24];

    a->w = -1;
    do {
        if (lex_keyword(ps, "msg_name")) {
            if (!lex_expect(ps, '(', "after msg_name") || !ellipsis(ps) ||
                !lex_expect(ps, ')', "after msg_name(...") ||
                !lex_expect(ps, '=', "after msg_name(...)") || !ellipsis(ps)) {
                return false;
            }
        } else if (lex_keyword(ps, "msg_iov")) {
            if (!msg_iov(ps, a)) {
                return false;
            }
        } else if (lex_keyword(ps, "msg_control")) {
            if (!lex_expect(ps, '=', "after msg_control") ||
                !lex_quoted(ps, a->text, sizeof(a->text))) {
                return false;
            }
        } else if (!field(ps, "msg_flags", &a->w)) {
            return lex_fail(ps, "expected msg_name, msg_iov, msg_control or msg_flags, found %s",
                            lex_found(ps, fb));
        }
    } while (lex_take(ps, ','));
    a->kind = PS_ARG_MSG;
    return lex_expect(ps, '}', "after the message");
}

/* {events=EPOLLIN, fd=4}: behind "events" */
static bool epoll_event(struct parser *ps, struct ps_arg *a) {
    static const char *const names[] = {"fd", "u32", "u64", "ptr"};
    char fb[24];

    a->kind = PS_ARG_EPOLL;
    if (!lex_expect(ps, '=', "after events") || !parse_int(ps, &a->v) ||
        !lex_expect(ps, ',', "after the events")) {
        return false;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (lex_keyword(ps, names[i])) {
            return lex_expect(ps, '=', "after the name") && parse_int(ps, &a->w) &&
                   lex_expect(ps, '}', "after the event");
        }
    }
    return lex_fail(ps, "expected fd=, u32=, u64= or ptr=, found %s", lex_found(ps, fb));
}

/* {sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("1.2.3.4")}: behind sa_family */
static bool socket_address(struct parser *ps, struct ps_arg *a) {
    char host[48];
    int64_t family;
    uint64_t port;

    a->kind = PS_ARG_TEXT;
    if (!lex_expect(ps, '=', "after sa_family") || !parse_int(ps, &family) ||
        !lex_expect(ps, ',', "after the family") ||
        !(lex_keyword(ps, "sin_port") || lex_fail(ps, "expected sin_port=htons(N)")) ||
        !lex_expect(ps, '=', "after sin_port") ||
        !(lex_keyword(ps, "htons") || lex_fail(ps, "expected htons(N)")) ||
        !lex_expect(ps, '(', "after htons") || !lex_number(ps, 65535, &port, "a port") ||
        !lex_expect(ps, ')', "after the port") || !lex_expect(ps, ',', "after the port") ||
        !(lex_keyword(ps, "sin_addr") || lex_fail(ps, "expected sin_addr=inet_addr(...)")) ||
        !lex_expect(ps, '=', "after sin_addr") ||
        !(lex_keyword(ps, "inet_addr") || lex_fail(ps, "expected inet_addr(\"...\")")) ||
        !lex_expect(ps, '(', "after inet_addr") || !lex_quoted(ps, host, sizeof(host)) ||
        !lex_expect(ps, ')', "after the address") || !lex_expect(ps, '}', "after the address")) {
        return false;
    }
    snprintf(a->text, sizeof(a->text), "%s:%u", host, (unsigned)port);
    return true;
}

/* Behind a brace. */
static bool structure(struct parser *ps, struct ps_arg *a) {
    if (lex_keyword(ps, "events")) {
        return epoll_event(ps, a);
    }
    if (lex_keyword(ps, "sa_family")) {
        return socket_address(ps, a);
    }
    if (strncmp(ps->p, "msg_", 4) == 0) {
        return message(ps, a);
    }
    a->kind = PS_ARG_LINGER;
    return field(ps, "onoff", &a->v) && lex_expect(ps, ',', "after onoff") &&
           field(ps, "linger", &a->w) && lex_expect(ps, '}', "after linger");
}

/* Behind a bracket: buffers, what poll() waits for, one number or two. */
static bool bracket(struct parser *ps, struct ps_arg *a) {
    if (lex_peek(ps) == '{') {
        const char *q = ps->p + 1;

        while (*q == ' ' || *q == '\t') {
            q++;
        }
        if (strncmp(q, "...", 3) == 0) {
            return iov_list(ps, a);
        }
        return poll_list(ps, a) && lex_expect(ps, ']', "after the argument");
    }
    a->kind = PS_ARG_BOX;
    if (strncmp(ps->p, "...", 3) == 0) {
        a->kind = PS_ARG_ANY;
        return ellipsis(ps) && lex_expect(ps, ']', "after the argument");
    }
    if (!parse_int(ps, &a->v)) {
        return false;
    }
    if (lex_take(ps, ',')) {
        a->kind = PS_ARG_PAIR;
        if (!parse_int(ps, &a->w)) {
            return false;
        }
    }
    return lex_expect(ps, ']', "after the argument");
}

bool parse_argument(struct parser *ps, struct ps_arg *a) {
    memset(a, 0, sizeof(*a));
    lex_skip(ps);
    if (strncmp(ps->p, "...", 3) == 0) {
        ps->p += 3;
        a->kind = PS_ARG_ANY;
        return true;
    }
    if (*ps->p == '"') {
        a->kind = PS_ARG_TEXT;
        return lex_quoted(ps, a->text, sizeof(a->text));
    }
    if (lex_take(ps, '{')) {
        lex_skip(ps);
        return structure(ps, a);
    }
    if (lex_take(ps, '[')) {
        return bracket(ps, a);
    }
    a->kind = PS_ARG_INT;
    return parse_int(ps, &a->v);
}
