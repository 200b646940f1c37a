/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socks_unix.c - sockets of AF_UNIX, in net-tools' layout or as JSON
 *
 * The columns of net-tools, and with -e what the kernel knows beyond them: user, queues, and who is
 * at the other end.
 */
#include "tools/common/clean.h"
#include "tools/common/out.h"
#include "tools/netstat/netstat.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#define OWNER_MAX (4 * (int)sizeof(((struct unix_sock *)0)->program) + 16)

/* "1234/dbus-daemon", "-" */
static const char *owner_text(const struct unix_sock *s, char buf[OWNER_MAX]) {
    char program[4 * sizeof(s->program) + 1];

    snprintf(buf, (size_t)OWNER_MAX, "-");
    if (s != NULL && s->pid != 0) {
        clean_text(s->program, program, sizeof(program));
        snprintf(buf, (size_t)OWNER_MAX, "%" PRIu32 "/%s", s->pid, program);
    }
    return buf;
}

static void print_head(const struct netstat_options *o) {
    printf("Active UNIX domain sockets (%s)\n", netstat_which(o));
    printf("Proto RefCnt Flags       Type       State         I-Node  %s%s Path\n",
           o->programs ? " PID/Program name    " : "",
           o->extend ? " User       Recv-Q Send-Q Peer                    " : "");
}

/* What the dump alone tells; "-" where it is missing. */
static void print_extension(const struct netstat_options *o, const struct unix_list *list,
                            const struct unix_sock *s) {
    const struct passwd *pw = o->numeric || !s->has_detail ? NULL : getpwuid(s->uid);
    char user[16] = "-", owner[OWNER_MAX], peer[OWNER_MAX + 24] = "-";

    if (pw != NULL) {
        snprintf(user, sizeof(user), "%s", pw->pw_name);
    } else if (s->has_detail) {
        snprintf(user, sizeof(user), "%" PRIu32, s->uid);
    }
    if (s->peer != 0) {
        const struct unix_sock *other = unix_find(list, s->peer);

        snprintf(peer, sizeof(peer), "%" PRIu64 "%s%s", s->peer, o->programs ? " " : "",
                 o->programs ? owner_text(other, owner) : "");
    }
    printf(" %-10s %6" PRIu64 " %6" PRIu64 " %s%*s", user, s->rcvq, s->sndq, peer,
           clean_blanks(peer, 23), "");
}

static void print_line(const struct netstat_options *o, const struct unix_list *list,
                       const struct unix_sock *s) {
    char owner[OWNER_MAX], name[4 * UNIX_NAME_MAX + 1];

    clean_text(s->name, name, sizeof(name));
    printf("unix  %-6" PRIu32 " %-11s %-10s %-13s %-8" PRIu64, s->refs,
           s->state == UNIX_LISTENING ? "[ ACC ]" : "[ ]", unix_type(s), unix_state(s), s->inode);
    if (o->programs) {
        owner_text(s, owner);
        printf(" %s%*s", owner, clean_blanks(owner, 20), "");
    }
    if (o->extend) {
        print_extension(o, list, s);
    }
    printf(" %s\n", name);
}

static json_t *owner_json(const struct unix_sock *s) {
    return json_pack("{s:I, s:I, s:o}", "inode", (json_int_t)s->inode, "pid", (json_int_t)s->pid,
                     "program", out_json_text(s->program));
}

static void print_json(const struct unix_list *list, const struct unix_sock *s) {
    const struct unix_sock *other = unix_find(list, s->peer);
    const struct unix_sock stranger = {.inode = s->peer};
    json_t *o = json_pack("{s:s, s:n, s:s, s:s, s:o, s:b, s:I, s:I, s:o, s:I}", "type", "unix",
                          "host", "kind", unix_type(s), "state", unix_state(s), "name",
                          out_json_text(s->name), "abstract", (int)s->abstract, "refs",
                          (json_int_t)s->refs, "pid", (json_int_t)s->pid, "program",
                          out_json_text(s->program), "inode", (json_int_t)s->inode);

    if (o != NULL && s->has_detail) {
        json_object_set_new(o, "uid", json_integer((json_int_t)s->uid));
        json_object_set_new(o, "recv_q", json_integer((json_int_t)s->rcvq));
        json_object_set_new(o, "send_q", json_integer((json_int_t)s->sndq));
        json_object_set_new(o, "receives", json_boolean(!s->rcv_shut));
        json_object_set_new(o, "sends", json_boolean(!s->snd_shut));
        json_object_set_new(
            o, "peer", s->peer != 0 ? owner_json(other != NULL ? other : &stranger) : json_null());
    }
    out_json(o);
}

static bool wanted(const struct netstat_options *o, const struct unix_sock *s) {
    if (o->states != 0) {
        unsigned state = s->state == UNIX_LISTENING   ? INL_TCP_LISTEN
                         : s->state == UNIX_CONNECTED ? INL_TCP_ESTABLISHED
                         : s->state == UNIX_FREE      ? INL_TCP_CLOSED
                                                      : INL_TCP_SYN_SENT;

        return o->states & 1u << state;
    }
    return o->all || (s->state == UNIX_LISTENING) == o->listening;
}

int print_unix_sockets(const struct netstat_options *o, struct unix_list *list) {
    int err = unix_read(list, o->programs || o->json);

    if (err < 0) {
        return err;
    }
    if (!o->json) {
        print_head(o);
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct unix_sock *s = &list->at[i];

        if (!wanted(o, s)) {
            continue;
        }
        if (o->json) {
            print_json(list, s);
        } else {
            print_line(o, list, s);
        }
    }
    return 0;
}
