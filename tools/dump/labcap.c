/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labcap.c - packets of a lab's links, with why each was sent and by which program
 *
 * The lab writes a pcapng stream into a pipe, with the sender, the cause and the fate of each frame
 * as its comment. It does not wait for us: where we are too slow frames are missing, and the next
 * one's comment says how many.
 *
 * Which program a socket belongs to is asked of the lab when an end is seen for the first time, and
 * remembered (CACHE_N ends). An echo request has its socket's number for an identifier. A socket that
 * lived for less than that takes is not found.
 */
#include "tools/dump/labcap.h"

#include "host/client.h"
#include "host/loop.h"
#include "tools/common/clean.h"
#include "tools/common/lab.h"
#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/socks/socks.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CACHE_N 1024u
#define ASK_NS 100000000 /* the list of sockets is not asked for more often */
#define OWNER_MAX 80
#define MACS_MAX 16
#define HOST_MAX 32
#define ECHO4 8 /* types of echo requests (RFC 792, RFC 4443 4.1) */
#define ECHO6 128
#define SNAP_BYTES CAPFILE_PACKET_MAX

struct owner {
    bool used;
    char host[HOST_MAX];
    uint8_t proto;
    uint16_t port;
    struct inl_addr addr;
    char text[OWNER_MAX]; /* "": not found */
    int64_t asked_ns;
};

struct labcap {
    struct session *s;
    int fd;     /* the lab's control socket */
    int frames; /* the pipe */
    const char *host;
    uint8_t macs[MACS_MAX][6];
    unsigned macs_n;
    struct socks socks;
    int64_t asked_ns;
    struct owner cache[CACHE_N];
    struct capfile reader;
    uint8_t buf[CAPFILE_BUFFER];
};

/* ---- whose socket ---- */

/* Who sent it stands at the comment's beginning: "client: handshake: ...". */
static void sender_of(const struct capfile_packet *raw, char buf[HOST_MAX]) {
    const char *colon = raw->comment != NULL ? memchr(raw->comment, ':', raw->comment_len) : NULL;
    size_t len = colon != NULL ? (size_t)(colon - raw->comment) : 0;

    len = len < HOST_MAX ? len : 0;
    memcpy(buf, raw->comment != NULL ? raw->comment : "", len);
    buf[len] = '\0';
}

/* The port, or of an echo request the identifier, which is what its socket has for a port. 0: neither. */
static uint16_t port_of(const struct packet *p) {
    bool v6 = p->ip_version == 6;
    const struct packet_layer *icmp = packet_layer(p, v6 ? PACKET_ICMP6 : PACKET_ICMP4);

    if (icmp == NULL || (icmp->flags & PACKET_CUT) != 0 || icmp->off_bytes + 6 > p->cap_bytes ||
        p->data[icmp->off_bytes] != (v6 ? ECHO6 : ECHO4)) {
        return p->src_port;
    }
    return (uint16_t)(p->data[icmp->off_bytes + 4] << 8 | p->data[icmp->off_bytes + 5]);
}

static uint8_t proto_of(const struct sock *sock) {
    switch (sock->kind) {
    case SK_TCP:
        return IPPROTO_TCP;
    case SK_UDP:
        return IPPROTO_UDP;
    case SK_PING:
        return sock->six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    default:
        return 0;
    }
}

static bool is_of(const struct sock *sock, const struct owner *o) {
    uint8_t proto = proto_of(sock);

    return proto == o->proto && sock->local.port == o->port && strcmp(sock->host, o->host) == 0 &&
           (inl_addr_is_any(&sock->local.addr) || inl_addr_eq(&sock->local.addr, &o->addr));
}

static void ask(struct labcap *l, struct owner *o) {
    int64_t now = loop_now().ns;

    if (now - l->asked_ns >= ASK_NS) {
        l->asked_ns = now;
        if (socks_read(&l->socks) < 0) {
            return;
        }
    }
    o->asked_ns = l->asked_ns;
    for (size_t i = 0; i < l->socks.list.n; i++) {
        const struct sock *sock = &l->socks.list.at[i];

        if (sock->pid != 0 && is_of(sock, o)) {
            char program[4 * sizeof(sock->program) + 1];

            clean_text(sock->program, program, sizeof(program));
            snprintf(o->text, sizeof(o->text), "%u/%.60s", sock->pid, program);
            return;
        }
    }
}

static const char *owner_of(void *ctx, const struct packet *p, const struct capfile_packet *raw) {
    struct labcap *l = ctx;
    struct owner wanted = {.used = true, .proto = p->proto, .port = port_of(p), .addr = p->src};

    if (p->ip_version == 0 || wanted.port == 0) {
        return NULL;
    }
    sender_of(raw, wanted.host);
    unsigned at = (wanted.port * 31u + wanted.proto + wanted.addr.b[15] * 7u +
                   (uint8_t)wanted.host[0] * 131u) %
                  CACHE_N;
    struct owner *o = &l->cache[at];
    bool same = o->used && o->port == wanted.port && o->proto == wanted.proto &&
                inl_addr_eq(&o->addr, &wanted.addr) && strcmp(o->host, wanted.host) == 0;

    if (!same) {
        *o = wanted;
        ask(l, o);
    } else if (o->text[0] == '\0' && loop_now().ns - o->asked_ns >= ASK_NS) {
        ask(l, o);
    }
    return o->text[0] != '\0' ? o->text : NULL;
}

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
    l->socks.lab_fd = lab_find(name, true);
    if (l->socks.lab_fd < 0) {
        return l->socks.lab_fd;
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
    l->socks = (struct socks){.kinds = 1u << SK_TCP | 1u << SK_UDP | 1u << SK_PING,
                              .four = true,
                              .six = true,
                              .owners = true,
                              .lab_fd = -1};
    err = start(l, o);
    if (err == 0) {
        s->of_lab = true;
        s->owner = owner_of;
        s->owner_ctx = l;
        fprintf(stderr, "listening on the links of the lab; Ctrl-C ends it\n");
        err = take_all(l, expression);
        int end = session_end(s, CAPFILE_ETHERNET, SNAP_BYTES);

        err = err < 0 ? err : end;
        fprintf(stderr, "\n%llu packet%s captured\n", (unsigned long long)s->shown,
                s->shown == 1 ? "" : "s");
    }
    close_if(l->frames);
    close_if(l->fd);
    close_if(l->socks.lab_fd);
    socks_done(&l->socks);
    free(l);
    return err < 0 ? TOOL_FAILED : TOOL_OK;
}
