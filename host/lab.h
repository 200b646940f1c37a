/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.h - a world of hosts under the real clock, and the programs' sockets on it
 *
 *   lab.c         makes the world from a lab file, and drives it
 *   control.c     clients: supervisors, netstat, lab commands
 *   conn.c        the life of a struct conn, and where engine events go
 *   splice_tcp.c  moves a stream between a program's pair and an engine's socket
 *   splice_udp.c  the same for datagrams
 *   trace.c       frames to lines or to a pcapng file
 *   service.c     sockets of hosts that the lab itself serves
 *   nat.c         the gateway of a private lab to the machine's real network
 *   names.c       the name server of a lab
 *   tap.c         a segment that the kernel joins
 *
 * One thread, one loop. A struct conn is one socket of one program: the lab's end of the pair on
 * one side, the engine's socket on the other. It exists from the SOCKET message (or from accept)
 * until the program's last copy of its end is closed and everything has been handed to the engine,
 * or until the engine's connection has failed.
 */
#ifndef HOST_LAB_H
#define HOST_LAB_H

#include "host/labfile.h"
#include "host/loop.h"
#include "host/proto.h"
#include "host/table.h"

#include <inlet/inlet.h>
#include <stdbool.h>
#include <stdio.h>

struct lab;
struct client;
struct names;
struct nat;
struct tap;

enum conn_state {
    CONN_IDLE,       /* stream: new, or bound */
    CONN_CONNECTING, /* stream: the handshake is under way */
    CONN_FAILED,     /* stream: it failed; connect() may be tried again */
    CONN_OPEN,       /* stream: bytes flow */
    CONN_LISTENING,  /* stream: tokens flow */
    CONN_DATAGRAM,   /* datagrams flow */
};

#define CONN_PEERS 4

/* What goes along with datagrams, and the memfd that says so. */
struct conn_peer {
    struct proto_token token;
    int memfd; /* -1: empty */
};

struct conn {
    struct table_node by_cookie; /* in lab->conns */
    struct table_node by_sock;   /* in lab_host->socks */
    struct lab *lab;
    int host;
    inl_sock sock;
    uint8_t family, type;
    enum conn_state state;
    struct loop_source io; /* the lab's end of the pair */
    uint64_t client_id;    /* who is told that it closed; 0: nobody */
    uint32_t pid;
    char program[16];
    struct proto_addr bound_to; /* what bind() asked for; family 0: nothing */

    /* streams */
    bool held;         /* one byte lies unread in our end, that was taken already */
    bool program_eof;  /* the program will write no more */
    bool program_gone; /* the program has closed its last copy */
    bool out_done;     /* all of it was handed to the engine, and the FIN */
    bool in_done;      /* the program has been told of the end */
    bool awaits_fill;  /* PROTO_FILLED has yet to come */
    bool opens_fast;   /* Fast Open: the program was told that it is connected, but it is not yet */
    bool says_first;   /* ... and the SYN waits for what the program writes, so nobody reads */
    bool result_known; /* connect: the program was told how it ended */
    int connect_error; /* errno of the last connect; of datagrams: for SO_ERROR */
    uint64_t waiter_id; /* a blocking connect: whom to answer, and under which id; 0: none */
    uint64_t waiter_client;
    int64_t filler_bytes; /* to be read away */
    struct conn *untaken; /* listener: accepted, but its token found no room */
    int untaken_fd;       /* the program's end of that */

    /* datagrams */
    struct conn_peer peers[CONN_PEERS];
    unsigned peer_at;
    uint8_t *late; /* a datagram that found no room in the pair */
    size_t late_len;
    struct proto_token late_token;
    bool recverr; /* errors wait in the engine's queue, and the program is told */
};

struct lab;
struct lab_host {
    struct lab *lab;
    const char *name;
    struct table socks;    /* struct conn by engine handle */
    struct table services; /* struct service_sock by engine handle */
};

/* Whoever wants to see frames. */
struct trace_sink;

/* A program that has sockets, or had some: frames may outlive them. */
struct lab_program {
    uint32_t pid; /* 0: none */
    char name[16];
};

#define LAB_PROGRAMS 1024u /* of PIDs that differ by that the newer one is kept */

/* Makes one line of a frame, for people; returns its length. `since` is the time since the lab began. */
typedef size_t (*trace_line_fn)(void *ctx, const struct inl_world_frame *frame, const char *sender,
                                inl_dur since, bool colour, char *buf, size_t cap);

/* Why a frame was sent and what became of it, ended by a NUL. */
typedef size_t (*trace_reason_fn)(const struct inl_world_frame *frame, char *buf, size_t cap);

/* Makes one line of JSON of what a host's stack tells; returns its length, 0 if it cannot. */
typedef size_t (*trace_event_fn)(void *ctx, const struct inl_trace *trace, const char *host,
                                 inl_dur since, char *buf, size_t cap);

/* How frames and events are shown as text; the decoder is the program's. */
struct trace_format {
    void *ctx;
    trace_line_fn line;
    trace_reason_fn reason;
    trace_event_fn event;
};

struct lab {
    struct loop loop;
    const struct labfile *file;
    struct inl_world *world;
    struct lab_host *hosts;
    struct table conns;   /* struct conn by cookie */
    struct table clients; /* struct client by id */
    uint64_t next_client;
    struct loop_source listener; /* the control socket of a daemon; fd -1 for a private lab */
    bool is_private;             /* ends with its last client */
    bool stop;
    inl_time started;
    inl_time drain_until; /* a private lab without clients waits for its data to leave */
    struct trace_sink *sinks;
    struct lab_program programs[LAB_PROGRAMS]; /* by PID */
    const struct trace_format *format;
    struct nat *nat;
    struct names *names;
    struct tap *taps;
    uint8_t buffer[PROTO_PAYLOAD_MAX]; /* scratch for one datagram or payload */
    uint8_t datagram[UINT16_MAX + 1];  /* scratch for one that goes out while a request is read */
};

/* ---- lab.c ---- */

/* Makes a lab. @file must outlive it. 0 or -errno (told on stderr). */
int lab_new(const struct labfile *file, const struct trace_format *format, struct lab **ret_lab);
void lab_free(struct lab *lab);
/* Runs until each host has its addresses, at most as long as the file says; then tells on stderr
 * who has none. 0 or -errno. */
int lab_settle(struct lab *lab);
/* Runs until DOWN, or for a private lab until its client has gone and its data has left. */
int lab_run(struct lab *lab);
struct inl_stack *lab_stack(const struct lab *lab, int host);

/* ---- control.c ---- */

/* Takes over a connected control socket. 0 or -errno (then it is closed). */
int control_add(struct lab *lab, int fd);
/* Accepts clients from a listening control socket, which the lab takes over. */
int control_listen(struct lab *lab, int fd);
void control_done(struct lab *lab);
/* Answers a question of a client that may have gone meanwhile. */
void control_answer(struct lab *lab, uint64_t client, uint64_t id, struct proto_msg *msg,
                    const void *payload, size_t payload_len);
/* Tells a client that a cookie is dead. */
void control_closed(struct lab *lab, uint64_t client, uint64_t cookie);
/* Tells it that an error waits for the program: in SO_ERROR, and perhaps in the queue, too. */
void control_trouble(struct lab *lab, uint64_t client, uint64_t cookie, bool queued);

/* ---- conn.c ---- */

/* Makes a conn around the lab's end of a pair, which it takes over in any case. 0 or -errno. */
int conn_new(struct lab *lab, int host, inl_sock sock, int fd, uint64_t cookie, uint8_t family,
             uint8_t type, struct conn **ret_conn);
void conn_free(struct conn *conn);
struct conn *conn_find(const struct lab *lab, uint64_t cookie);
/* An engine event of a host. */
void conn_event(struct lab *lab, int host, const struct inl_event *ev);
void conns_done(struct lab *lab);

/* ---- splice_tcp.c ---- */

void splice_tcp_io(struct conn *conn, uint32_t events);    /* something happened at the pair */
void splice_tcp_event(struct conn *conn, uint32_t events); /* something happened in the engine */
/* connect(): 0, -EINPROGRESS (*ret_fill: FILLED must follow), or the error; CONN_WAITS when a
 * blocking caller will be answered later. */
#define CONN_WAITS 1
int splice_tcp_connect(struct conn *conn, const struct inl_sockaddr *to, bool nonblocking,
                       uint64_t client, uint64_t id, bool *ret_fill);
void splice_tcp_filled(struct conn *conn, int64_t bytes);
int splice_tcp_listen(struct conn *conn, int backlog);
/* SO_ERROR of a connect that failed: the errno, once. */
int splice_tcp_take_error(struct conn *conn);

/* ---- splice_udp.c ---- */

/* Tells the program of an error that waits in the engine. */
void splice_udp_take_error(struct conn *conn);
/* Sends what the program has written. */
void splice_udp_out(struct conn *conn);
void splice_udp_io(struct conn *conn, uint32_t events);
void splice_udp_event(struct conn *conn, uint32_t events);
void splice_udp_done(struct conn *conn);

/* ---- trace.c ---- */

/* Adds a sink that writes to fd, which the lab takes over. `may_lose`: makes fd non-blocking, and
 * loses lines that find no room. 0 or -errno. */
int trace_add(struct lab *lab, int fd, enum proto_trace kind, bool may_lose, uint64_t client);
/* Frames of this program are told with its name from now on. */
void trace_program(struct lab *lab, uint32_t pid, const char *name);
void trace_frame(void *ctx, const struct inl_world_frame *frame);
void trace_event(void *ctx, const struct inl_trace *trace); /* ctx: struct lab_host */
/* Hands what was written to the kernel. */
void trace_flush(struct lab *lab);
/* Removes the sinks of a client, or all (client 0). */
void trace_remove(struct lab *lab, uint64_t client);

/* ---- lab_conf.c: addresses from the network ---- */

/* Is a host on a link that a TAP device joins? */
bool lab_conf_strangers(const struct labfile *file, const struct labfile_host *h);
/* Starts what gives a port its addresses. @index: its link in the stack. 0 or -errno, as others. */
int lab_conf_port(const struct labfile *file, struct inl_stack *stack, int index,
                  const struct labfile_host *h, const struct labfile_port *port);
/* Starts a host's servers and advertisements. @index: the links of its ports. */
int lab_conf_servers(struct inl_stack *stack, const int *index, const struct labfile_host *h);
/* Is a host without an address that another one will give it? */
bool lab_conf_waits(const struct lab *lab);
/* Says on stderr who has not got what the file promises. */
void lab_conf_tell(const struct lab *lab);
/* What a host has, and how far its clients are. */
void lab_conf_print(FILE *f, const struct inl_stack *stack, const struct labfile_host *h);

#endif
