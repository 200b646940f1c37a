/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.h - what the files with calls share: calls.c has the table, calls_more.c packets of
 * buffers, epoll and pipes
 */
#ifndef SCRIPT_CALLS_H
#define SCRIPT_CALLS_H

#include "run.h"

/* calls.c */
int64_t int_arg(const struct ps_call *c, unsigned i, int64_t other);
struct ps_fd *fd_arg(struct run *r, const struct ps_call *c, unsigned i);
/* The descriptor that the script expects, now in use, or NULL after run_fail(). */
struct ps_fd *fd_take(struct run *r, const struct ps_call *c, int64_t fd);
int64_t receive(struct run *r, const struct ps_call *c, int64_t want, int64_t flags, bool *again);
int64_t transmit(struct run *r, const struct ps_call *c, int64_t len, bool *again);
unsigned poll_bits(int ev);

/* calls_more.c: all of the table's form */
int64_t do_readv(struct run *r, const struct ps_call *c, bool *again);
int64_t do_writev(struct run *r, const struct ps_call *c, bool *again);
int64_t do_recvmsg(struct run *r, const struct ps_call *c, bool *again);
int64_t do_sendmsg(struct run *r, const struct ps_call *c, bool *again);
int64_t do_epoll_create(struct run *r, const struct ps_call *c, bool *again);
int64_t do_epoll_ctl(struct run *r, const struct ps_call *c, bool *again);
int64_t do_epoll_wait(struct run *r, const struct ps_call *c, bool *again);
int64_t do_pipe(struct run *r, const struct ps_call *c, bool *again);
int64_t do_splice(struct run *r, const struct ps_call *c, bool *again);

/* calls_ext.c: is it an option that takes extension headers? Then what it gave. */
bool ext_option(struct run *r, const struct ps_call *c, int64_t *ret);

/* calls_ext.c: a datagram with the extension headers that msg_control has */
int64_t receive_ext(struct run *r, const struct ps_call *c, const struct ps_arg *m, bool *again);
int64_t transmit_ext(struct run *r, const struct ps_call *c, const struct ps_arg *m, bool *again);

#endif
