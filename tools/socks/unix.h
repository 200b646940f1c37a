/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unix.h - the machine's sockets of AF_UNIX, which have no addresses but names
 *
 * sock_diag(7) is asked; how many hold a socket only /proc/net/unix tells, which serves alone where
 * there is no sock_diag, and then knows neither peers nor queues.
 */
#ifndef TOOLS_SOCKS_UNIX_H
#define TOOLS_SOCKS_UNIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct owners;

enum unix_state {
    UNIX_FREE, /* bound or not, without peer */
    UNIX_LISTENING,
    UNIX_CONNECTED,
    UNIX_CONNECTING, /* nobody has accepted it yet */
    UNIX_DISCONNECTING,
    UNIX_STATES,
};

#define UNIX_NAME_MAX 108

struct unix_sock {
    uint8_t type; /* SOCK_STREAM, ... */
    uint8_t state;
    bool abstract;   /* its name is no file's; "@" stands for each NUL of it */
    bool has_detail; /* what follows "uid" is known */
    uint32_t refs;   /* 0: not known */
    uint32_t pid;    /* 0: not known */
    uint32_t uid;
    uint64_t inode;      /* 0: it belongs to no descriptor */
    uint64_t peer;       /* inode; 0: none */
    uint64_t rcvq, sndq; /* bytes; of a listener: waiting connections, and how many may wait */
    bool rcv_shut, snd_shut;
    char program[16];             /* any byte */
    char name[UNIX_NAME_MAX + 1]; /* any byte; "": none */
};

struct unix_list {
    struct unix_sock *at;
    size_t n, room;
    struct owners *known; /* made at the first need */
};

/* Fills the list anew; with owners, too, if asked. 0 or -errno. */
int unix_read(struct unix_list *list, bool owners);
void unix_done(struct unix_list *list);

/* The socket with this inode, or NULL. */
const struct unix_sock *unix_find(const struct unix_list *list, uint64_t inode);

/* "STREAM"; and by the names of net-tools, "" where there is none to speak of: "LISTENING" */
const char *unix_type(const struct unix_sock *s);
const char *unix_state(const struct unix_sock *s);

/* One line of /proc/net/unix, without its newline: 0 or -EINVAL. */
int unix_line(const char *line, struct unix_sock *ret);
/* A name as the kernel has it, which may hold NULs. */
void unix_set_name(struct unix_sock *s, const void *name, size_t len);

#endif
