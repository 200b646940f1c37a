/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backend.h - what each way of probing offers: echo.c, udp.c, tcp.c, syn.c
 */
#ifndef TOOLS_PROBE_BACKEND_H
#define TOOLS_PROBE_BACKEND_H

#include "tools/probe/probe.h"

struct probe_backend {
    int (*open)(struct probe *p);
    void (*close)(struct probe *p);
    int (*send)(struct probe *p, const struct probe_shot *shot);
    int (*read)(struct probe *p, struct probe_event *ret);
};

struct probe {
    struct probe_conf conf;
    const struct probe_backend *backend;
    const char *how;
    int fd; /* what is waited for */
    bool has_quotes;
    void *state; /* the backend's */
};

extern const struct probe_backend probe_echo, probe_udp, probe_tcp, probe_syn;

/* Writes @len octets of the pattern that the configuration asks for, beginning with its @at-th. */
void probe_fill(const struct probe_conf *conf, uint8_t *data, size_t at, size_t len);

/* One buffer for all that is read: what an event lends lies there. */
extern uint8_t probe_buffer[];

#endif
