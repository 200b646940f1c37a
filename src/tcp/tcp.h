/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp.h - TCP as the stack and the socket layer see it
 *
 * What is inside a connection is known to tcp/ only (conn.h). The life of a struct tcp_conn:
 * made by tcp_conn_new() for a socket (CLOSED), or by a listener for an incoming SYN; it
 * belongs to a socket from tcp_conn_new() or tcp_accept() until tcp_close() or tcp_abort(), after
 * which the pointer is not to be used: what remains to be done (FIN, TIME-WAIT) TCP does alone.
 * A connection that was reset or timed out stays with its socket, in CLOSED, with an error.
 *
 * Sending is by pull: a connection with something to send stands in the ready list of its link,
 * and tcp_pull() builds one segment in the buffer it is given. Events go to the environment's
 * event queue through the evnode of connection or listener.
 */
#ifndef TCP_TCP_H
#define TCP_TCP_H

#include "base/evq.h"
#include "ip/ip.h"
#include "ip/ports.h"
#include <inlet/info.h>
#include <inlet/socket.h>

struct tcp;
struct tcp_conn;
struct tcp_listener;

int tcp_new(struct env *env, struct ip *ip, struct ports *ports, const struct inl_config *config,
            struct tcp **ret_tcp);
void tcp_free(struct tcp *tcp);

/* ---- the stack's side ---- */

/* The protocol table's entries for 6. */
enum inl_drop tcp_input(void *ctx, const struct ip_rx *rx);
enum inl_drop tcp_error(void *ctx, const struct ip_err *err);

/* True if a connection waits to send through this link. */
bool tcp_ready(const struct tcp *tcp, int link);

/**
 * tcp_pull - let the next ready connection of a link build one segment
 * @pkt: borrowed: the driver's buffer; pkt->link is set
 * Returns true if the frame is complete in pkt (cause and owner set); false if nothing more is
 * ready. Connections take turns, a segment each.
 */
bool tcp_pull(struct tcp *tcp, int link, struct pkt *pkt);

/* A burst of received frames is over: send what acknowledgements it asks for (MUST-58, 59). */
void tcp_rx_done(struct tcp *tcp);

/* A timer of kind TIMER_TCP_* (base/timer.h) is due. */
void tcp_timer(struct tcp *tcp, struct timer *timer);

/* True if a connection or TIME-WAIT entry has this four-tuple. */
bool tcp_tuple_used(const struct tcp *tcp, const struct inl_sockaddr *local,
                    const struct inl_sockaddr *remote);

/* The source route by which all that a connection sends goes, in place of any that its peer uses; 0
 * bytes: none. Before it is opened, or later. 0, -EINVAL (IPv6), -ENOBUFS (config.tcp). */
int tcp_conn_route(struct tcp_conn *conn, const void *opts, size_t len_bytes);
/* The present one: its length; at most @max bytes are written. */
size_t tcp_conn_route_get(const struct tcp_conn *conn, void *opts, size_t max);
/* The same of extension headers (wire/ip6chain.h), for IPv6. */
int tcp_conn_ext(struct tcp_conn *conn, struct rd chain);
struct rd tcp_conn_ext_get(const struct tcp_conn *conn);

/* Adds TCP's counters. */
void tcp_stats(const struct tcp *tcp, struct inl_stats *stats);

/* Calls fn for each connection, listener and TIME-WAIT entry, with info->sock = -1 and the user
 * pointer of its socket (NULL if none). */
void tcp_each(const struct tcp *tcp,
              void (*fn)(void *ctx, void *user, const struct inl_sock_info *info), void *ctx);

/* ---- the socket layer's side ---- */

enum tcp_ack_mode { TCP_ACK_MODE_CONFIG, TCP_ACK_MODE_QUICK, TCP_ACK_MODE_DELAY };

/* Options of one socket, written by the socket layer before or while it is used. Changes of a
 * live connection are made known by tcp_opts_changed(). Accepted connections inherit. */
struct tcp_sock_opts {
    uint64_t owner;          /* what a segment or a call asks comes first: TCP_CONN_HOT_BYTES */
    inl_dur user_timeout_ns; /* 0: config */
    uint32_t rcvlowat_bytes;
    uint32_t notsent_lowat_bytes; /* 0: none */
    uint8_t ttl;                  /* 0: default */
    uint8_t tos;                  /* without its ECN bits */
    bool nodelay;
    bool cork;
    int32_t linger_s; /* -1: off */
    inl_dur keep_idle_ns;
    inl_dur keep_intvl_ns;
    uint32_t rcvbuf_bytes; /* 0: config, and it grows by itself */
    uint32_t sndbuf_bytes;
    uint16_t keep_count;
    uint16_t max_seg_bytes; /* 0: from the MTU */
    uint32_t uto_adv_s;     /* user timeout to suggest to the peer; 0: config */
    uint8_t ack_mode;       /* enum tcp_ack_mode: how a new connection begins */
    uint8_t ecn;            /* enum inl_ecn */
    uint8_t congestion;     /* enum inl_cc_algo */
    bool uto;               /* the user timeout option is used */
    bool uto_fixed;         /* and what the peer suggests changes nothing here */
    bool keepalive;
    bool v6only;
    bool fastopen_connect; /* client: RFC 7413 */
    uint16_t fastopen;     /* listener: how many may be pending; 0: off */
    bool hold_syn;         /* SYNs are accepted first and answered later: see listen.c */
};

/*
 * Connections at rest (rest.c). @moved is called when a socket's connection goes to rest (@conn is
 * NULL) and when it is back (@rest is NULL): what the socket had before is gone then.
 */
struct tcp_rest;
typedef void (*tcp_moved_fn)(void *user, struct tcp_conn *conn, struct tcp_rest *rest);
void tcp_on_moved(struct tcp *tcp, tcp_moved_fn moved);
/* NULL: no memory; it goes on resting. */
struct tcp_conn *tcp_wake(struct tcp *tcp, struct tcp_rest *rest);
/* The socket closes, and there was no memory to wake it: reset. */
void tcp_rest_abort(struct tcp *tcp, struct tcp_rest *rest);
void tcp_rest_info(const struct tcp_rest *rest, struct inl_sock_info *ret_info);

void tcp_sock_opts_init(const struct tcp *tcp, struct tcp_sock_opts *opts);

/* @user: the socket, given back by tcp_conn_user() and in events. 0, -ENOMEM. */
int tcp_conn_new(struct tcp *tcp, void *user, struct tcp_conn **ret_conn);
/* A call on it follows: its memory is asked for. */
void tcp_conn_soon(const struct tcp *tcp, const struct tcp_conn *conn);
void *tcp_conn_user(const struct tcp_conn *conn);
void tcp_conn_set_user(struct tcp_conn *conn, void *user);
struct evnode *tcp_conn_evnode(struct tcp_conn *conn);
struct tcp_sock_opts *tcp_conn_opts(struct tcp_conn *conn);
void tcp_opts_changed(struct tcp *tcp, struct tcp_conn *conn, enum inl_opt opt);
bool tcp_quickack(const struct tcp_conn *conn);
uint32_t tcp_rcvbuf(const struct tcp_conn *conn); /* bytes; 0: not fixed, and not known yet */
uint32_t tcp_sndbuf(const struct tcp_conn *conn);
/* Bytes to be read up to the end of urgent data; 0: none is pending. */
uint32_t tcp_uto_remote_s(const struct tcp_conn *conn); /* 0: the peer has suggested none */
uint32_t tcp_urgent(const struct tcp_conn *conn);

/* Active open. Takes over the reference to @bind; local.port is bind's, local.addr is chosen by
 * ip_path_find() if any. 0 (the SYN is on its way), -ENETUNREACH, -EADDRNOTAVAIL, -EADDRINUSE
 * (four-tuple exists), -ENOMEM, -ENOBUFS (max_conns). On failure the reference stays. */
int tcp_connect(struct tcp *tcp, struct tcp_conn *conn, struct port_bind *bind,
                const struct inl_sockaddr *local, const struct inl_sockaddr *remote);

/* A connect() with Fast Open whose SYN waits for the first write. */
bool tcp_connect_waits(const struct tcp_conn *conn);

/* Passive open: a listener under a binding, whose reference it takes over. 0, -ENOMEM. */
int tcp_listen(struct tcp *tcp, struct port_bind *bind, const struct inl_sockaddr *local,
               const struct tcp_sock_opts *opts, int backlog, void *user,
               struct tcp_listener **ret_listener);
void tcp_listener_set_backlog(struct tcp_listener *listener, int backlog);
struct evnode *tcp_listener_evnode(struct tcp_listener *listener);
struct tcp_sock_opts *tcp_listener_opts(struct tcp_listener *listener);
bool tcp_listener_ready(const struct tcp_listener *listener);
void tcp_listener_info(const struct tcp_listener *listener, struct inl_sock_info *ret_info);
/* Ends it; connections that nobody accepted are reset. */
void tcp_listener_close(struct tcp *tcp, struct tcp_listener *listener);
/* The next established connection, with @user set, or NULL. */
struct tcp_conn *tcp_accept(struct tcp *tcp, struct tcp_listener *listener, void *user);

/* As inl_send(), inl_recv() and their loans. */
int64_t tcp_send(struct tcp *tcp, struct tcp_conn *conn, const void *buf, size_t len_bytes,
                 int flags);
int64_t tcp_recv(struct tcp *tcp, struct tcp_conn *conn, void *buf, size_t len_bytes, int flags);
int tcp_send_loan(struct tcp *tcp, struct tcp_conn *conn, struct inl_piece ret_pieces[2]);
int tcp_send_commit(struct tcp *tcp, struct tcp_conn *conn, size_t used_bytes);
int tcp_recv_loan(struct tcp *tcp, struct tcp_conn *conn, struct inl_piece ret_pieces[2]);
int tcp_recv_done(struct tcp *tcp, struct tcp_conn *conn, size_t used_bytes);

int tcp_shutdown(struct tcp *tcp, struct tcp_conn *conn, enum inl_shutdown_how how);
void tcp_close(struct tcp *tcp, struct tcp_conn *conn); /* CLOSE of RFC 9293 3.10.4 */
void tcp_abort(struct tcp *tcp, struct tcp_conn *conn); /* ABORT of 3.10.5 */

unsigned tcp_poll(const struct tcp_conn *conn); /* enum inl_events that hold now */
int tcp_take_error(struct tcp_conn *conn);      /* pending errno (positive), cleared */
enum inl_tcp_state tcp_state(const struct tcp_conn *conn);
const struct inl_sockaddr *tcp_local(const struct tcp_conn *conn);
const struct inl_sockaddr *tcp_remote(const struct tcp_conn *conn);
void tcp_info(const struct tcp_conn *conn, struct inl_tcp_info *ret_info);
void tcp_sock_info(const struct tcp_conn *conn, struct inl_sock_info *ret_info);

/* Looks at every invariant of a connection; of all, with conn NULL. NULL, or the text of what does
 * not hold: "broken: ..." or "stalled: ...". For debug and fuzz builds. */
const char *tcp_problem(const struct tcp *tcp, const struct tcp_conn *conn);
/* The same, and traps. */
void tcp_check(const struct tcp *tcp, const struct tcp_conn *conn);

#endif
