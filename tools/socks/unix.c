/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unix.c - the machine's sockets of AF_UNIX
 *
 * The list is the kernel's dump. A name in /proc/net/unix may hold any byte, a newline, too, and so
 * look like a line of another socket; therefore little is taken from there as long as the dump
 * works: counts of references, and sockets that have no inode, which the dump leaves out. Sockets
 * come and go between the two: one that the second list does not have has an unknown count.
 *
 * The list is kept in the order of inodes, so that a peer is found by halving.
 */
#include "tools/socks/unix.h"

#include "tools/common/grow.h"
#include "tools/socks/attr.h"
#include "tools/socks/diag.h"
#include "tools/socks/owners.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PROC_UNIX "/proc/net/unix"
#define LISTENS 0x10000 /* of the flags in /proc/net/unix */

/* ---- names ---- */

const char *unix_type(const struct unix_sock *s) {
    return s->type == SOCK_STREAM      ? "STREAM"
           : s->type == SOCK_DGRAM     ? "DGRAM"
           : s->type == SOCK_SEQPACKET ? "SEQPACKET"
                                       : "UNKNOWN";
}

const char *unix_state(const struct unix_sock *s) {
    static const char *const names[UNIX_STATES] = {"", "LISTENING", "CONNECTED", "CONNECTING",
                                                   "DISCONNECTING"};

    return s->state < UNIX_STATES ? names[s->state] : "";
}

void unix_set_name(struct unix_sock *s, const void *name, size_t len) {
    const char *from = name;

    len = len < UNIX_NAME_MAX ? len : UNIX_NAME_MAX;
    s->abstract = len > 0 && from[0] == '\0';
    if (!s->abstract) {
        len = strnlen(from, len);
    }
    for (size_t i = 0; i < len; i++) {
        s->name[i] = from[i];
        if (from[i] == '\0') {
            s->name[i] = '@';
        }
    }
    s->name[len] = '\0';
}

/* ---- lists ---- */

static struct unix_sock *add(struct unix_list *list) {
    struct unix_sock *at = grow(list->at, list->n, &list->room, sizeof(*at));

    if (at == NULL) {
        return NULL;
    }
    list->at = at;
    struct unix_sock *s = &list->at[list->n++];

    *s = (struct unix_sock){0};
    return s;
}

void unix_done(struct unix_list *list) {
    free(list->at);
    owners_free(list->known);
    *list = (struct unix_list){0};
}

static int by_inode(const void *a, const void *b) {
    const struct unix_sock *x = a, *y = b;

    return (x->inode > y->inode) - (x->inode < y->inode);
}

static struct unix_sock *find(const struct unix_list *list, size_t n, uint64_t inode) {
    struct unix_sock key = {.inode = inode};

    return inode != 0 && n > 0 ? bsearch(&key, list->at, n, sizeof(*list->at), by_inode) : NULL;
}

const struct unix_sock *unix_find(const struct unix_list *list, uint64_t inode) {
    return find(list, list->n, inode);
}

static void sort(struct unix_list *list) {
    if (list->n > 0) {
        qsort(list->at, list->n, sizeof(*list->at), by_inode);
    }
}

/* ---- /proc/net/unix ---- */

int unix_line(const char *line, struct unix_sock *ret) {
    struct unix_sock s = {0};
    unsigned flags, type, state;
    int used = 0;

    if (sscanf(line, "%*[0-9a-fA-F]: %8" SCNx32 " %*8x %8x %4x %2x %20" SCNu64 "%n", &s.refs,
               &flags, &type, &state, &s.inode, &used) != 5) {
        return -EINVAL;
    }
    static const uint8_t states[] = {UNIX_FREE, UNIX_FREE, UNIX_CONNECTING, UNIX_CONNECTED,
                                     UNIX_DISCONNECTING};

    s.type = (uint8_t)type;
    s.state = state < sizeof(states) ? states[state] : (uint8_t)UNIX_FREE;
    if (s.state == UNIX_FREE && (flags & LISTENS)) {
        s.state = UNIX_LISTENING;
    }
    const char *name = line + used;

    name += name[0] == ' ';
    unix_set_name(&s, name, strlen(name));
    s.abstract = name[0] == '@';
    *ret = s;
    return 0;
}

/* @known: how many the dump had, in order. What it has not is taken only if it cannot have it. */
static int take_line(struct unix_list *list, size_t known, const struct unix_sock *s) {
    struct unix_sock *to = find(list, known, s->inode);

    if (to != NULL) {
        to->refs = s->refs;
    } else if (known == 0 || (s->inode == 0 && s->state >= UNIX_CONNECTING)) {
        to = add(list);
        if (to == NULL) {
            return -ENOMEM;
        }
        *to = *s;
    }
    return 0;
}

static int read_proc(struct unix_list *list) {
    FILE *f = fopen(PROC_UNIX, "re");
    char line[64 + 2 * UNIX_NAME_MAX];
    struct unix_sock s;
    size_t known = list->n;
    int err = 0;

    if (f == NULL) {
        return errno == ENOENT || known > 0 ? 0 : -errno;
    }
    while (err == 0 && fgets(line, sizeof(line), f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (unix_line(line, &s) == 0) {
            err = take_line(list, known, &s);
        }
    }
    fclose(f);
    return err;
}

/* ---- sock_diag ---- */

enum { KERNEL_ESTABLISHED = 1, KERNEL_LISTEN = 10 };

static uint8_t state_of(unsigned state, bool held) {
    if (state == KERNEL_LISTEN) {
        return UNIX_LISTENING;
    }
    if (state == KERNEL_ESTABLISHED) {
        return held ? UNIX_CONNECTED : UNIX_CONNECTING;
    }
    return held ? UNIX_FREE : UNIX_DISCONNECTING;
}

static void attr_of(struct unix_sock *s, const struct nlattr *attr) {
    const void *data = mnl_attr_get_payload(attr);
    size_t len = mnl_attr_get_payload_len(attr);
    struct unix_diag_rqlen queues;
    uint32_t number = 0;

    memcpy(&number, data, len < sizeof(number) ? len : sizeof(number));
    switch (mnl_attr_get_type(attr)) {
    case UNIX_DIAG_NAME:
        unix_set_name(s, data, len);
        break;
    case UNIX_DIAG_PEER:
        s->peer = number;
        break;
    case UNIX_DIAG_RQLEN:
        if (len >= sizeof(queues)) {
            memcpy(&queues, data, sizeof(queues));
            s->rcvq = queues.udiag_rqueue;
            s->sndq = queues.udiag_wqueue;
        }
        break;
    case UNIX_DIAG_SHUTDOWN:
        s->rcv_shut = len > 0 && (*(const uint8_t *)data & 1);
        s->snd_shut = len > 0 && (*(const uint8_t *)data & 2);
        break;
    case UNIX_DIAG_UID:
        s->uid = number;
        break;
    default:
        break;
    }
}

static int on_message(const struct nlmsghdr *nlh, void *data) {
    const struct unix_diag_msg *m = mnl_nlmsg_get_payload(nlh);
    struct unix_list *list = data;
    const struct nlattr *attr;

    if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m)) {
        return MNL_CB_OK;
    }
    struct unix_sock *s = add(list);

    if (s == NULL) {
        errno = ENOMEM;
        return MNL_CB_ERROR;
    }
    s->type = m->udiag_type;
    s->inode = m->udiag_ino;
    s->state = state_of(m->udiag_state, m->udiag_ino != 0);
    s->has_detail = true;
    ATTR_EACH_OF(attr, nlh, sizeof(*m)) {
        attr_of(s, attr);
    }
    return MNL_CB_OK;
}

static int read_diag(struct unix_list *list) {
    _Alignas(struct nlmsghdr) char buf[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);

    if (nl == NULL) {
        return -errno;
    }
    nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    struct unix_diag_req *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

    req->sdiag_family = AF_UNIX;
    req->udiag_states = UINT32_MAX;
    req->udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID;
    int err = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno
                                                             : diag_ask(nl, nlh, on_message, list);

    mnl_socket_close(nl);
    return err;
}

/* ---- */

static uint64_t owner_inode(const void *list, size_t i) {
    return ((const struct unix_list *)list)->at[i].inode;
}

static void owner_set(void *list, size_t i, uint32_t pid, const char program[OWNERS_NAME]) {
    struct unix_sock *s = &((struct unix_list *)list)->at[i];

    s->pid = pid;
    memcpy(s->program, program, sizeof(s->program));
}

int unix_read(struct unix_list *list, bool owners) {
    list->n = 0;
    int err = read_diag(list);

    if (err == -ENOMEM) {
        return err;
    }
    if (err < 0) {
        list->n = 0;
    }
    sort(list);
    err = read_proc(list);
    sort(list);
    if (err == 0 && owners) {
        const struct owners_ask ask = {list, list->n, owner_inode, owner_set};

        if (list->known == NULL) {
            list->known = owners_new();
        }
        err = list->known != NULL ? owners_find(list->known, &ask) : -ENOMEM;
    }
    return err;
}
