/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labcap.c - packets of a lab's links, with why each was sent and by which program
 *
 * The lab writes a pcapng stream into a pipe, with the sender, the cause and the fate of each frame
 * as its comment, and PID and program as a second one. It does not wait for us: where we are too slow
 * frames are missing, and the next one's comment says how many.
 */
#include "tools/dump/labcap.h"

#include "host/client.h"
#include "tools/common/lab.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MACS_MAX 16
#define SNAP_BYTES CAPFILE_PACKET_MAX

struct labcap {
    struct session *s;
    int fd;     /* the lab's control socket */
    int frames; /* the pipe */
    const char *host;
    uint8_t macs[MACS_MAX][6];
    unsigned macs_n;
    struct capfile reader;
    uint8_t buf[CAPFILE_BUFFER];
};

/* ---- which frames ---- */

static int on_links(void *ctx, const void *data, size_t len) {
    struct labcap *l = ctx;
    struct proto_net net;

    while (l->macs_n < MACS_MAX && client_next(&data, &len, &net, sizeof(net))) {
        net.host[sizeof(net.host) - 1] = '\0';
        if (strcmp(net.host, l->host) == 0) {
            memcpy(l->macs[l->macs_n++], net.info_link.mac, 6);
        }
    }
    return 0;
}

static bool is_for_host(const struct labcap *l, const struct capfile_packet *p) {
    for (unsigned i = 0; i < l->macs_n && p->cap_bytes >= 12; i++) {
        if (memcmp(p->data, l->macs[i], 6) == 0 || memcmp(p->data + 6, l->macs[i], 6) == 0) {
            return true;
        }
    }
    return l->host == NULL;
}

/* ---- the stream ---- */

/* Lines are written before we wait, so that a quiet lab's last packet is seen. */
static int64_t fill(void *ctx, void *buf, size_t n) {
    struct labcap *l = ctx;
    struct pollfd fds[2] = {{.fd = l->frames, .events = POLLIN},
                            {.fd = stop_fd(), .events = POLLIN}};

    while (stop_read() != STOP_NOW) {
        ssize_t got = read(l->frames, buf, n);

        if (got >= 0) {
            return got;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return -errno;
        }
        int err = session_flush(l->s);

        if (err < 0) {
            return err;
        }
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static int take_all(struct labcap *l, const char *expression) {
    struct capfile_packet p;
    int err = capfile_begin(&l->reader, l->buf, fill, l);

    if (err == 0) {
        err = filter_set(&l->s->filter, expression, CAPFILE_ETHERNET, SNAP_BYTES);
        if (err < 0) {
            return err;
        }
    }
    while (err == 0 && capfile_next(&l->reader, &p) == 1) {
        if (is_for_host(l, &p)) {
            err = session_packet(l->s, &p);
        }
    }
    return err < 0 && !stop_asked() ? err : 0;
}

/* The lab's side of the pipe is given away. */
static int subscribe(struct labcap *l) {
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0) {
        return -errno;
    }
    l->frames = fds[0];
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    fcntl(fds[1], F_SETPIPE_SZ, 1 << 20); /* less would only lose more */
    int err = client_trace(l->fd, fds[1], PROTO_TRACE_PCAPNG, true);

    close(fds[1]);
    return err;
}

static int start(struct labcap *l, const struct labcap_options *o) {
    const char *name = o->lab != NULL && o->lab[0] != '\0' ? o->lab : NULL;

    l->host = o->host;
    l->fd = lab_find(name, true);
    if (l->fd < 0) {
        return l->fd;
    }
    int err = o->host != NULL ? client_ask(l->fd, PROTO_LINKS, on_links, l) : 0;

    if (err == 0 && o->host != NULL && l->macs_n == 0) {
        tool_say("the lab has no host %s with a link; inlet lab status shows them", o->host);
        return -ENOENT;
    }
    err = err == 0 ? subscribe(l) : err;
    if (err < 0) {
        tool_say("the lab does not answer: %s", strerror(-err));
    }
    return err;
}

static void close_if(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

int labcap_run(struct session *s, const struct labcap_options *o, const char *expression) {
    struct labcap *l = calloc(1, sizeof(*l));
    int err = -ENOMEM;

    if (l == NULL) {
        tool_say("memory is short");
        return TOOL_FAILED;
    }
    l->s = s;
    l->fd = l->frames = -1;
    err = start(l, o);
    if (err == 0) {
        s->of_lab = true;
        fprintf(stderr, "listening on the links of the lab; Ctrl-C ends it\n");
        err = take_all(l, expression);
        int end = session_end(s, CAPFILE_ETHERNET, SNAP_BYTES);

        err = err < 0 ? err : end;
        fprintf(stderr, "\n%llu packet%s captured\n", (unsigned long long)s->shown,
                s->shown == 1 ? "" : "s");
    }
    close_if(l->frames);
    close_if(l->fd);
    free(l);
    return err < 0 ? TOOL_FAILED : TOOL_OK;
}
