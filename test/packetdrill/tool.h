/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool.h - the part of packetdrill that a plug-in sees, played by a test
 *
 * The plug-in is loaded as the tool loads it; the test's thread runs scenes, and a second one makes
 * blocking calls and is watched until it sleeps. Packets are built and verified here, apart from
 * the engine's code: lengths, header checksums, TCP and UDP checksums.
 *
 * Sequence numbers in struct seg are relative to the initial number of their side.
 */
#ifndef TEST_PACKETDRILL_TOOL_H
#define TEST_PACKETDRILL_TOOL_H

#include "packetdrill/interface.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(e)                                                                                   \
    do {                                                                                           \
        if (!(e)) {                                                                                \
            tool_fail(__FILE__, __LINE__, #e);                                                     \
        }                                                                                          \
    } while (0)
/* A call that fails with this error. */
#define CHECK_ERRNO(e, err) CHECK((e) == -1 && errno == (err))

enum mode { MODE_IPV4, MODE_IPV6, MODE_MAPPED };

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct seg {
    uint8_t flags;
    uint32_t seq, ack, len;
    uint16_t win, sport, dport;
    uint8_t opts[40];
    unsigned opts_len;
    long long time_us;
    const uint8_t *payload;
};

struct tool {
    struct packetdrill_interface itf;
    void *u; /* itf.userdata, which every call wants first */
    enum mode mode;
    bool v6; /* on the wire */
    uint8_t local[16], remote[16];
    uint16_t local_port, remote_port;
    uint32_t local_isn, remote_isn;
    uint8_t last[65536];
};

extern const char *tool_plugin; /* path of the shared object */

_Noreturn void tool_fail(const char *file, int line, const char *what);

void tool_begin(struct tool *t, enum mode mode, const char *flags);
void tool_end(struct tool *t);

/* ---- time ---- */

long long tool_now(struct tool *t);          /* gettimeofday in us */
void tool_pass(struct tool *t, unsigned us); /* the tool sleeps */

/* ---- packets ---- */

void tool_in(struct tool *t, const struct seg *s); /* a segment of the remote side */
struct seg tool_out(struct tool *t);               /* the next one of ours; none is a failure */
void tool_nothing(struct tool *t);                 /* nothing leaves until the time-out */
/* The next one, which must be this: flags, relative numbers, payload length. */
struct seg tool_expect(struct tool *t, unsigned flags, uint32_t seq, uint32_t ack, uint32_t len);
void tool_udp_in(struct tool *t, const void *data, size_t len);
size_t tool_udp_out(struct tool *t, void *data, size_t cap);

/* ---- addresses ---- */

struct address {
    struct sockaddr_storage ss;
    socklen_t len;
};
struct address tool_address(struct tool *t, bool remote, uint16_t port);
int tool_family(const struct tool *t);

/* A socket that listens, and one that was accepted. */
int tool_listen(struct tool *t);
int tool_established(struct tool *t);

/* ---- the second thread ---- */

typedef long (*tool_job)(struct tool *t, void *arg);
/* Starts a blocking call in the second thread and returns when it sleeps in it. */
void tool_start(struct tool *t, tool_job job, void *arg);
/* The result of the call, which must have ended by now; and when, in us. */
long tool_result(struct tool *t, long long *ret_time_us, int *ret_errno);
/* Does it still sleep in its call? */
bool tool_asleep(struct tool *t);

#endif
