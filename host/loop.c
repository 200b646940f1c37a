/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - epoll, one batch at a time
 */
#include "host/loop.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int loop_init(struct loop *loop) {
    memset(loop, 0, sizeof(*loop));
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll_fd < 0 ? -errno : 0;
}

void loop_done(struct loop *loop) {
    if (loop->epoll_fd >= 0) {
        close(loop->epoll_fd);
    }
    loop->epoll_fd = -1;
}

int loop_add(struct loop *loop, struct loop_source *source, int fd, uint32_t events) {
    struct epoll_event ev = {.events = events, .data.ptr = source};

    source->fd = -1;
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0) {
        return -errno;
    }
    source->fd = fd;
    return 0;
}

int loop_mod(struct loop *loop, struct loop_source *source, uint32_t events) {
    struct epoll_event ev = {.events = events, .data.ptr = source};

    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &ev) < 0 ? -errno : 0;
}

void loop_del(struct loop *loop, struct loop_source *source) {
    if (source->fd < 0) {
        return;
    }
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    source->fd = -1;
    for (int i = loop->batch_at; i < loop->batch_len; i++) {
        if (loop->batch[i].data.ptr == source) {
            loop->batch[i].data.ptr = NULL;
        }
    }
}

inl_time loop_now(void) {
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (inl_time){(int64_t)ts.tv_sec * INL_S + ts.tv_nsec};
}

int loop_round(struct loop *loop, inl_time until) {
    struct timespec ts = {0}, *timeout = NULL;

    if (!inl_time_is_never(until)) {
        inl_dur left = inl_time_sub(until, loop_now());

        if (left > 0) {
            ts.tv_sec = left / INL_S;
            ts.tv_nsec = left % INL_S;
        }
        timeout = &ts;
    }
    int n = epoll_pwait2(loop->epoll_fd, loop->batch, LOOP_BATCH, timeout, NULL);

    if (n < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    if (n > 0 && loop->on_wake != NULL) {
        loop->on_wake(loop->on_wake_ctx);
    }
    loop->batch_len = n;
    for (loop->batch_at = 0; loop->batch_at < loop->batch_len;) {
        struct epoll_event ev = loop->batch[loop->batch_at++];
        struct loop_source *source = ev.data.ptr;

        if (source != NULL) {
            source->fn(source, ev.events);
        }
    }
    loop->batch_len = 0;
    return 0;
}
