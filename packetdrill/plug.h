/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plug.h - the plug-in's state: one stack, one virtual clock, the tool's descriptors
 *
 * Two threads of the tool come in: the one that runs the script (and loaded us) and one that makes
 * the script's blocking calls, one at a time. One lock is held during every call; a call that
 * blocks waits on a condition variable, so that the tool sees its thread sleep.
 *
 * Virtual time: `now` moves only in plug_clock_to() (the tool sleeps, waits for a packet, or its
 * script thread makes a call that would block) and by 1 us in each gettimeofday(). It goes from
 * one deadline of the engine to the next, and at each one what leaves is taken and stamped, and
 * a blocked call tried again. A call that has returned has a claim on the time of its return:
 * the clock waits for its thread to read it (plug_clock_to), and that thread is told that time even
 * if the clock has moved (packetdrill_gettimeofday()).
 *
 * Descriptors are the kernel's (of /dev/null), since the tool may close them behind our back: an
 * entry whose number comes again is a socket that was closed that way.
 */
#ifndef PACKETDRILL_PLUG_H
#define PACKETDRILL_PLUG_H

#include "packetdrill/interface.h"

#include <inlet/inlet.h>
#include <pthread.h>
#include <stdbool.h>

#define PLUG_FDS 1024
#define PLUG_QUEUE_MAX 4096
#define PLUG_EPOLL_ITEMS 64

enum plug_kind { PLUG_NONE, PLUG_SOCK, PLUG_EPOLL };

struct plug_watch {
    int fd;
    uint32_t events;
    epoll_data_t data;
    bool spent;                 /* EPOLLONESHOT has fired */
    uint64_t seen_in, seen_out; /* EPOLLET: what had happened when it was last reported */
};

struct plug_epoll {
    unsigned n;
    struct plug_watch items[PLUG_EPOLL_ITEMS];
};

struct plug_fd {
    enum plug_kind kind;
    inl_sock sock;
    int family; /* AF_INET or AF_INET6 */
    bool dgram, nonblock;
    inl_dur rcv_timeout_ns, snd_timeout_ns; /* 0: none */
    uint64_t changes_in, changes_out;       /* events so far, for EPOLLET */
    struct plug_epoll *epoll;
};

struct plug_packet {
    struct plug_packet *next;
    inl_time when;
    size_t len;
    uint8_t data[];
};

/* A blocked call of the tool's second thread. */
struct plug_waiter {
    bool present;
    bool kicked; /* the condition may have come true: to be tried */
    inl_time until;
    pthread_t thread;
    bool owed;     /* it has returned and not yet asked what time it is */
    bool given_up; /* the clock does not wait for that any longer */
    inl_time woke;
};

struct plug {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    pthread_t script_thread;
    bool closing;
    struct plug *next_kept;  /* see plug_free() */
    struct inl_stack *stack; /* made by the first call that needs it */
    int link;
    inl_time now;
    struct plug_waiter waiter;
    struct plug_packet *out_head, **out_tail;
    unsigned out_n;
    struct plug_fd fds[PLUG_FDS];
    /* flags */
    struct inl_addr local4, local6;
    struct inl_config config;
    uint32_t mtu_bytes;
    inl_dur receive_timeout_ns;
    char sysctl_root[200];
};

/* plug.c */
int plug_stack(struct plug *p); /* makes the stack: 0 or a negative errno */
void plug_lock(struct plug *p);
/* Takes what the call caused to leave, tries a blocked call, unlocks; result as libc has it. */
int plug_unlock(struct plug *p, int64_t result);
struct plug_fd *plug_find(struct plug *p, int fd, enum plug_kind kind);
/* A kernel descriptor for the entry: its number, or a negative errno. */
int plug_fd_new(struct plug *p, const struct plug_fd *entry);
void plug_fd_drop(struct plug *p, struct plug_fd *f);

/* clock.c */
void plug_clock_to(struct plug *p, inl_time t);
void plug_settle(struct plug *p); /* after any call: packets, events, the blocked call */
/* Repeats @attempt while it gives -EAGAIN, unless @nonblock or until @until. */
int64_t plug_block(struct plug *p, bool nonblock, inl_time until,
                   int64_t (*attempt)(struct plug *p, void *ctx), void *ctx);
int plug_netdev_send(void *userdata, const void *buf, size_t count);
int plug_netdev_receive(void *userdata, void *buf, size_t *count, long long *time_us);
int plug_usleep(void *userdata, useconds_t us);
int plug_gettimeofday(void *userdata, struct timeval *tv, struct timezone *tz);

/* calls.c, data.c, wait.c, sockopt.c: fill their part of the table */
void plug_calls(struct packetdrill_interface *itf);
void plug_data(struct packetdrill_interface *itf);
void plug_waits(struct packetdrill_interface *itf);
void plug_sockopts(struct packetdrill_interface *itf);

/* calls.c */
bool plug_addr_in(const struct plug_fd *f, const struct sockaddr *addr, socklen_t len,
                  struct inl_sockaddr *ret, int *ret_err);
void plug_addr_out(const struct plug_fd *f, const struct inl_sockaddr *a, struct sockaddr *addr,
                   socklen_t *len);

/* sockopt.c: TCP_INFO, TCP_CC_INFO, SO_MEMINFO of a socket. False: another option. */
bool plug_info_option(struct plug *p, const struct plug_fd *f, int level, int optname, void *optval,
                      socklen_t *optlen, int *ret_err);

/* sockopt.c: the instance that an exported getsockopt() asks; set to @to if it was @from, or if
 * @from is NULL */
void plug_current(struct plug *from, struct plug *to);

/* info.c: the kernel's struct tcp_info */
int plug_tcp_info(struct plug *p, const struct plug_fd *f, void *out, socklen_t *len);

/* sysctl.c: the system's settings under p->sysctl_root, and single ones */
void plug_sysctls(struct plug *p);

#endif
