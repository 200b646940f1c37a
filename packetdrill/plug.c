/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plug.c - the plug-in's life: flags, table, stack, descriptors
 *
 * Flags are a list "name=value,name=value":
 *   local=ADDRESS    an address of the stack, once of each family; else the tool's own defaults
 *                    192.168.0.1 and fd3d:a0b:17d6::1. A packet to another address gives it to us.
 *   profile=NAME     inlet, linux or strict (docs/profiles.md); linux if not given
 *   sysctl=PATH      where net/ipv4/tcp_sack and the like are read; /proc/sys; "none" reads nothing
 *   mtu=BYTES        1500
 *   timeout=SECONDS  of virtual time in netdev_receive: 1000
 * A mistake in them is told on stderr and ends the program: the interface has no other way.
 */
#include "packetdrill/plug.h"

#include <inlet/malloc.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void flag_error(const char *what, const char *text) {
    fprintf(stderr, "libinlet-packetdrill: %s: '%s'\n", what, text);
    exit(2);
}

/* ---- flags ---- */

static void flag_local(struct plug *p, const char *value) {
    struct inl_addr a;

    if (inl_addr_parse(value, &a) != 0) {
        flag_error("local= wants an address", value);
    }
    *(inl_addr_is4(&a) ? &p->local4 : &p->local6) = a;
}

static long flag_number(const char *name, const char *value, long min, long max) {
    char *end;
    long v = strtol(value, &end, 10);

    if (*end || end == value || v < min || v > max) {
        flag_error(name, value);
    }
    return v;
}

static void flag_profile(struct plug *p, const char *value) {
    static const char *const names[] = {"inlet", "linux", "strict"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], value) == 0) {
            inl_config_profile(&p->config, (enum inl_profile)i);
            return;
        }
    }
    flag_error("profile= is none of inlet, linux, strict", value);
}

static void flag(struct plug *p, const char *name, const char *value) {
    if (strcmp(name, "local") == 0) {
        flag_local(p, value);
    } else if (strcmp(name, "profile") == 0) {
        flag_profile(p, value);
    } else if (strcmp(name, "sysctl") == 0) {
        snprintf(p->sysctl_root, sizeof(p->sysctl_root), "%s", value);
    } else if (strcmp(name, "mtu") == 0) {
        p->mtu_bytes = (uint32_t)flag_number("mtu= wants 1280 to 65535", value, 1280, 65535);
    } else if (strcmp(name, "timeout") == 0) {
        p->receive_timeout_ns = flag_number("timeout= wants seconds", value, 1, 1000000) * INL_S;
    } else {
        flag_error("unknown flag", name);
    }
}

static void flags_parse(struct plug *p, const char *flags) {
    char *text = strdup(flags ? flags : "");
    char *rest = text;
    char *part;

    if (!text) {
        abort();
    }
    while ((part = strsep(&rest, ",")) != NULL) {
        char *eq = strchr(part, '=');

        if (!*part) {
            continue;
        }
        if (!eq) {
            flag_error("a flag is name=value", part);
        } else {
            *eq = '\0';
            flag(p, part, eq + 1);
        }
    }
    free(text);
}

/* ---- the stack ---- */

static int add_address(struct plug *p, const struct inl_addr *local) {
    struct inl_route route = {.link = p->link,
                              .dst = inl_addr_is4(local) ? INL_ADDR_ANY4 : INL_ADDR_ANY};
    int err = inl_addr_add(p->stack, p->link, local, inl_addr_is4(local) ? 16 : 64);

    return err ? err : inl_route_add(p->stack, &route);
}

int plug_stack(struct plug *p) {
    struct inl_link_config link = {.kind = INL_LINK_IP, .name = "tool"};
    int err;

    if (p->stack) {
        return 0;
    }
    if (strcmp(p->sysctl_root, "none") != 0) {
        plug_sysctls(p);
    }
    p->config.alloc = inl_malloc();
    memcpy(p->config.seed, "packetdrill plug", sizeof(p->config.seed));
    p->config.now = p->now;
    err = inl_stack_new(&p->config, &p->stack);
    if (err) {
        fprintf(stderr, "libinlet-packetdrill: the stack does not start: %s\n", strerror(-err));
        return err;
    }
    link.mtu_bytes = p->mtu_bytes;
    p->link = inl_link_add(p->stack, &link);
    err = p->link < 0 ? p->link : add_address(p, &p->local4);
    if (!err) {
        err = add_address(p, &p->local6);
    }
    if (err) {
        fprintf(stderr, "libinlet-packetdrill: an address is refused: %s\n", strerror(-err));
        inl_stack_free(p->stack);
        p->stack = NULL;
    }
    return err;
}

/* ---- calls ---- */

void plug_lock(struct plug *p) {
    pthread_mutex_lock(&p->lock);
    if (p->waiter.owed && pthread_equal(p->waiter.thread, pthread_self())) {
        p->waiter.owed = false; /* it does something else than to read the clock */
    }
}

int plug_unlock(struct plug *p, int64_t result) {
    plug_settle(p);
    pthread_mutex_unlock(&p->lock);
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return (int)result;
}

struct plug_fd *plug_find(struct plug *p, int fd, enum plug_kind kind) {
    return fd >= 0 && fd < PLUG_FDS && p->fds[fd].kind == kind ? &p->fds[fd] : NULL;
}

void plug_fd_drop(struct plug *p, struct plug_fd *f) {
    if (f->kind == PLUG_SOCK) {
        inl_close(p->stack, f->sock);
    }
    free(f->epoll);
    memset(f, 0, sizeof(*f));
}

int plug_fd_new(struct plug *p, const struct plug_fd *entry) {
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        return -errno;
    }
    if (fd >= PLUG_FDS) {
        close(fd);
        return -EMFILE;
    }
    plug_fd_drop(p, &p->fds[fd]);
    p->fds[fd] = *entry;
    return fd;
}

static void free_contents(struct plug *p) {
    for (int i = 0; i < PLUG_FDS; i++) {
        if (p->fds[i].kind != PLUG_NONE) { /* the tool has closed the descriptor by now */
            free(p->fds[i].epoll);
            p->fds[i].kind = PLUG_NONE;
        }
    }
    inl_stack_free(p->stack);
    p->stack = NULL;
    while (p->out_head) {
        struct plug_packet *next = p->out_head->next;

        free(p->out_head);
        p->out_head = next;
    }
}

/* A thread that is in a call still needs the lock, and asks for the time afterwards: then the
 * struct stays, which is a page or two at the end of a process. */
static void plug_free(void *userdata) {
    static struct plug *kept;
    struct plug *p = userdata;
    bool in_use;

    plug_current(p, NULL);
    pthread_mutex_lock(&p->lock);
    in_use = p->waiter.present;
    p->closing = true;
    pthread_cond_broadcast(&p->cond);
    while (p->waiter.present) {
        pthread_cond_wait(&p->cond, &p->lock);
    }
    free_contents(p);
    if (in_use) {
        p->next_kept = kept;
        kept = p;
    }
    pthread_mutex_unlock(&p->lock);
    if (!in_use) {
        pthread_mutex_destroy(&p->lock);
        pthread_cond_destroy(&p->cond);
        free(p);
    }
}

static void cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

__attribute__((visibility("default"))) void
packetdrill_interface_init(const char *flags, struct packetdrill_interface *itf) {
    struct plug *p = calloc(1, sizeof(*p));

    if (!p) {
        abort();
    }
    pthread_mutex_init(&p->lock, NULL);
    cond_init(&p->cond);
    p->script_thread = pthread_self();
    p->out_tail = &p->out_head;
    p->now = (inl_time){1000000 * INL_S};
    p->mtu_bytes = 1500;
    p->receive_timeout_ns = 1000 * INL_S;
    snprintf(p->sysctl_root, sizeof(p->sysctl_root), "/proc/sys");
    inl_addr_parse("192.168.0.1", &p->local4);
    inl_addr_parse("fd3d:a0b:17d6::1", &p->local6);
    inl_config_init(&p->config);
    inl_config_profile(&p->config, INL_PROFILE_LINUX);
    flags_parse(p, flags);
    memset(itf, 0, sizeof(*itf));
    itf->userdata = p;
    itf->free = plug_free;
    itf->netdev_send = plug_netdev_send;
    itf->netdev_receive = plug_netdev_receive;
    itf->usleep = plug_usleep;
    itf->gettimeofday = plug_gettimeofday;
    plug_calls(itf);
    plug_data(itf);
    plug_waits(itf);
    plug_sockopts(itf);
    plug_current(NULL, p);
}
