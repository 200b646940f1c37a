/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socks.h - all sockets of the machine, or of a lab, as one list
 *
 * The machine is asked by sock_diag (diag.c); where the kernel has none, or some container hides it,
 * /proc/net serves (procnet.c), which knows less. Who owns a socket is found in /proc/PID/fd
 * (owners.c): what we may not look into stays without owner.
 */
#ifndef TOOLS_SOCKS_SOCKS_H
#define TOOLS_SOCKS_SOCKS_H

#include "tools/socks/sock.h"

struct owners;

enum socks_source { SOCKS_DIAG, SOCKS_PROC, SOCKS_LAB };

struct socks {
    unsigned kinds; /* 1 << enum sock_kind */
    bool four, six; /* which versions of IP */
    bool details;   /* struct sock_tcp, too */
    bool owners;    /* pid and program, too */
    int lab_fd;     /* -1: this machine */

    /* the answer */
    struct sock_list list;
    enum socks_source source;
    int diag_err;         /* why it is SOCKS_PROC: -errno */
    struct owners *known; /* made at the first need */
};

/* Fills the list anew. 0 or -errno. */
int socks_read(struct socks *s);
void socks_done(struct socks *s);

/* diag.c: -EOPNOTSUPP and the like where there is no sock_diag */
int diag_read(const struct socks *want, struct sock_list *list);
/* procnet.c */
int procnet_read(const struct socks *want, struct sock_list *list);
/* One file of them. One that is not there has no sockets. */
int procnet_one(enum sock_kind kind, bool six, struct sock_list *list);
/* One line of /proc/net/tcp and its like, without its newline: 0 or -EINVAL. */
int procnet_line(const char *line, enum sock_kind kind, bool six, struct sock *ret);
/* lab_socks.c */
int lab_socks_read(const struct socks *want, struct sock_list *list);

/* diag_end.c: ends a connection; its peer gets a RST. 0, -EPERM, -ENOENT (gone already),
 * -EOPNOTSUPP (the kernel was built without it). */
int diag_end(const struct sock *s);

#endif
