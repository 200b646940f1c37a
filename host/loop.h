/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.h - the event loop of the lab and of the supervisor
 *
 * One epoll instance and one deadline. A source is a descriptor with a function; its owner may
 * delete any source, itself included, from inside any function: events of deleted sources that
 * were already fetched are dropped. The loop holds no timer list: its owner says before each
 * round when it wants to be woken at the latest.
 */
#ifndef HOST_LOOP_H
#define HOST_LOOP_H

#include <inlet/types.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_BATCH 64

struct loop_source {
    int fd; /* -1 when not in a loop */
    void (*fn)(struct loop_source *source, uint32_t events);
    void *ctx;
};

struct loop {
    int epoll_fd;
    void (*on_wake)(void *ctx); /* NULL, or called before the functions of a round */
    void *on_wake_ctx;
    int batch_len, batch_at;
    struct epoll_event batch[LOOP_BATCH];
};

int loop_init(struct loop *loop);
void loop_done(struct loop *loop);

/* Watches source->fd for EPOLL* events. 0 or -errno (then source->fd is -1, but still open). */
int loop_add(struct loop *loop, struct loop_source *source, int fd, uint32_t events);
int loop_mod(struct loop *loop, struct loop_source *source, uint32_t events);
/* Stops watching; the descriptor stays open and source->fd becomes -1. No-op if it is -1. */
void loop_del(struct loop *loop, struct loop_source *source);

/* Waits until something happens or until `until` of loop_now() (INL_TIME_NEVER: no limit), and
 * runs the functions of what happened. 0 or -errno; a signal is not an error. */
int loop_round(struct loop *loop, inl_time until);

/* The monotonic clock. */
inl_time loop_now(void);

#endif
