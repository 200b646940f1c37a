/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socket.h - sockets of the engine, BSD-shaped and never blocking
 *
 * A handle carries a generation: a stale one is -EBADF, never another socket. All calls return
 * 0, a count or a handle, or a negative errno value; outputs are untouched on failure. Where
 * BSD would block, they return -EAGAIN (connect: -EINPROGRESS), and inl_next_event() tells when
 * to try again. Events are edge-triggered: one is queued when a condition becomes true;
 * inl_poll() gives the conditions that hold now.
 */
#ifndef INLET_SOCKET_H
#define INLET_SOCKET_H

#include <inlet/addr.h>
#include <inlet/export.h>
#include <inlet/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inl_stack;

typedef int64_t inl_sock; /* a handle (0 or more), or a negative errno */

enum inl_family {
    INL_AF_INET = 4,
    INL_AF_INET6 = 6, /* takes IPv4 too (as ::ffff:a.b.c.d) unless INL_OPT_V6ONLY */
};

enum inl_sock_type {
    INL_SOCK_STREAM = 1,  /* TCP */
    INL_SOCK_DGRAM = 2,   /* UDP */
    INL_SOCK_RAW = 3,     /* one IP protocol: inl_socket_raw() */
    INL_SOCK_PING = 4,    /* ICMP echo, with the identifier as port */
    INL_SOCK_UDPLITE = 5, /* UDP-Lite (RFC 3828): as UDP, and the checksum may leave out a part */
};

enum inl_events {
    INL_EV_READABLE = 1,  /* data (INL_OPT_RCVLOWAT bytes of it) or end of stream */
    INL_EV_WRITABLE = 2,  /* room in the send buffer (see INL_OPT_TCP_NOTSENT_LOWAT) */
    INL_EV_ACCEPT = 4,    /* a listener has a connection to accept */
    INL_EV_CONNECTED = 8, /* inl_connect() succeeded */
    INL_EV_RDHUP = 16,    /* the peer has sent its FIN */
    INL_EV_CLOSED = 32,   /* both directions are closed or the connection is gone */
    INL_EV_ERROR = 64,    /* INL_OPT_ERROR holds an error */
    INL_EV_SENT = 128,    /* all that was sent has been acknowledged, the FIN included */
    INL_EV_TROUBLE = 512, /* R1: retransmitted three times in a row, and nothing came back */
    INL_EV_URGENT = 256,  /* urgent data is on its way, or there is more of it: INL_OPT_URGENT */
};

enum inl_msg_flags {
    INL_MSG_PEEK = 1,  /* recv: leave the data in the buffer */
    INL_MSG_TRUNC = 2, /* recv of a datagram: return its real length */
    INL_MSG_MORE = 4,  /* send, TCP: more follows at once; an incomplete segment may wait for it, as
                          with INL_OPT_TCP_CORK, until the next send without this flag */
    INL_MSG_OOB = 8,   /* send, TCP: urgent data ends with the last of these bytes (RFC 6093). It is
                          received in the stream, and read() stops before its last byte once */
    INL_MSG_FASTOPEN = 16, /* sendto, TCP: connects too, as INL_OPT_TCP_FASTOPEN_CONNECT. Without a
                              cookie nothing is sent but the SYN: -EINPROGRESS */
    INL_MSG_ERRQUEUE = 32, /* recvmsg, not TCP: the next error about what was sent, see
                              INL_OPT_RECVERR; in inl_msg.flags: this is one */
};

enum inl_shutdown_how {
    INL_SHUT_RD = 0,
    INL_SHUT_WR = 1,
    INL_SHUT_RDWR = 2,
};

/* Congestion control of a TCP sender: docs/congestion.md says which is for what. */
enum inl_cc_algo {
    INL_CC_NEWRENO, /* RFC 5681, 6582 */
    INL_CC_CUBIC,   /* RFC 9438, with HyStart++ (9406) */
    INL_CC_DCTCP,   /* RFC 8257: for data centres with ECN only */
    INL_CC_BBR,     /* draft-ietf-ccwg-bbr: a model of the path; paced */
    INL_CC_ALGOS_MAX
};

/* "newreno", "cubic", ...; NULL: no such algorithm. */
INL_API const char *inl_cc_name(enum inl_cc_algo algo);

#define INL_UTO_MAX_S (32767 * 60) /* the longest user timeout that the option can say */

/* Options; values are int64_t. (rw) unless said otherwise. Boolean: 0 or 1. */
enum inl_opt {
    INL_OPT_REUSEADDR = 1,       /* bool */
    INL_OPT_V6ONLY,              /* bool, before bind */
    INL_OPT_RCVBUF,              /* bytes. TCP's buffers grow by themselves until they are set */
    INL_OPT_SNDBUF,              /* bytes */
    INL_OPT_ERROR,               /* (r) pending errno (positive) or 0; reading clears it */
    INL_OPT_LINGER,              /* seconds; -1 off; 0: close aborts with RST */
    INL_OPT_KEEPALIVE,           /* bool */
    INL_OPT_TTL,                 /* 1..255 */
    INL_OPT_TOS,                 /* DSCP and ECN byte; TCP keeps the ECN bits for itself: zero */
    INL_OPT_BROADCAST,           /* bool: datagrams to broadcast addresses allowed */
    INL_OPT_TYPE,                /* (r) enum inl_sock_type */
    INL_OPT_ACCEPTCONN,          /* (r) bool: is a listener */
    INL_OPT_RCVQ,                /* (r) bytes waiting to be read */
    INL_OPT_SNDQ,                /* (r) bytes not yet acknowledged */
    INL_OPT_TCP_NODELAY,         /* bool: no Nagle */
    INL_OPT_TCP_MAXSEG,          /* bytes; before connect or listen: cap on the MSS */
    INL_OPT_TCP_KEEPIDLE_NS,     /* idle time before keep-alive: 2 h by default */
    INL_OPT_TCP_KEEPINTVL_NS,    /* between probes: 75 s */
    INL_OPT_TCP_KEEPCNT,         /* probes before giving up: 9 */
    INL_OPT_TCP_USER_TIMEOUT_NS, /* unacknowledged data for that long aborts; 0: default */
    INL_OPT_TCP_ECN,             /* enum inl_ecn; before connect or listen */
    INL_OPT_TCP_HOLD_SYN,        /* bool. A listener's: a SYN can be accepted before it is answered;
                                    the accepted socket answers it when this is set to 0, and its
                                    close with INL_OPT_LINGER 0 refuses it. Connections: 0 only */
    INL_OPT_RCVLOWAT,            /* TCP: bytes that make it readable: 1. A smaller number does if
                                    there is no room for more. The receive buffer grows for it
                                    unless INL_OPT_RCVBUF has fixed its size */
    INL_OPT_SNDLOWAT,            /* (r) TCP: always 1 */
    INL_OPT_TCP_NOTSENT_LOWAT,   /* writable only while less than that is not sent yet: keeps what
                                    is queued young. 0: no such limit */
    INL_OPT_TCP_CORK,            /* bool: incomplete segments wait, for 200 ms at most */
    INL_OPT_TCP_QUICKACK,        /* bool. 1: what is owed is acknowledged now, and so are the next
                                    16 segments; 0: ACKs wait for data to ride on. Not for ever:
                                    the connection goes back and forth by itself */
    INL_OPT_TCP_UTO,             /* bool: the user timeout option (RFC 5482) is sent and heeded */
    INL_OPT_TCP_UTO_ADV_NS,      /* what it suggests to the peer, in whole seconds: 1 s to 22 d;
                                    0: the default limit */
    INL_OPT_TCP_UTO_CHANGEABLE,  /* bool: what the peer suggests may change the limit here: 1, until
                                    INL_OPT_TCP_USER_TIMEOUT_NS is set */
    INL_OPT_TCP_UTO_REMOTE_NS,   /* (r) what the peer has suggested; 0: nothing */
    INL_OPT_OOBINLINE,           /* TCP: always 1: urgent data stays in the stream (RFC 6093 6) */
    INL_OPT_ATMARK,              /* (r) TCP, bool: the next byte is the last urgent one */
    INL_OPT_URGENT,              /* (r) TCP: bytes to be read up to the end of urgent data */
    INL_OPT_TCP_CONGESTION,      /* enum inl_cc_algo; -ENOENT: no such algorithm */
    INL_OPT_REUSEPORT,           /* bool, before bind: listeners (or UDP sockets) of one address and
                                    port that all say so share it; each connection (or peer) goes to
                                    one of them, by a hash that does not change with time */
    INL_OPT_TCP_FASTOPEN,        /* a listener's: SYNs may bring data (RFC 7413), and so many such
                                    connections may be pending: 0, off. The data may come twice */
    INL_OPT_TCP_FASTOPEN_CONNECT, /* bool, before connect: asks the server for a cookie; with one,
                                     connect gives 0 and the SYN goes with the first write */
    INL_OPT_RECVERR,        /* not TCP, bool: errors about what was sent wait for inl_recvmsg()
                               with INL_MSG_ERRQUEUE, 64 at most; unconnected sockets learn of
                               them, too */
    INL_OPT_MTU_DISCOVER,   /* not TCP: enum inl_pmtud: DONT */
    INL_OPT_MULTICAST_TTL,  /* not TCP: TTL or hop limit of what goes to groups, 0..255: 1;
                               0: it stays in this host */
    INL_OPT_PROTOCOL,       /* (r) of IP: 6, 17, ... */
    INL_OPT_HDRINCL,        /* raw and IPv4, bool: what is sent begins with its IP header */
    INL_OPT_CSUM_OFFSET,    /* raw and IPv6: where in the message lies the checksum that is made
                               and checked here; -1: nowhere. ICMPv6: always 2 */
    INL_OPT_MULTICAST_LOOP, /* not TCP, bool: what is sent to a group is heard here, too, if this
                               host listens to it: 1 */
    INL_OPT_MULTICAST_LINK, /* not TCP: the link for what goes to groups; 0: where the route to the
                               group leads. -ENODEV */
    INL_OPT_MULTICAST_ALL,  /* not TCP, bool: hears groups that it has not joined itself, if
                               another socket has (inlet/group.h): 1 */
    INL_OPT_UDP_NO_CHECK,   /* UDP, bool: what goes by IPv4 has no checksum */
    INL_OPT_UDP_WANT_CHECK, /* UDP, bool: what comes by IPv4 must have one */
    INL_OPT_UDP_NO_CHECK6_TX, /* UDP, bool: what goes by IPv6 has no checksum: only for tunnels that
                                 keep to RFC 6936 */
    INL_OPT_UDP_NO_CHECK6_RX, /* UDP, bool: what comes by IPv6 need not have one (RFC 6935) */
    INL_OPT_UDPLITE_SEND_COVER, /* UDP-Lite: octets that the checksum covers, header included: 8 or
                                   more; 0, the default: all */
    INL_OPT_UDPLITE_RECV_COVER, /* UDP-Lite: octets that it must cover at least: 8 or more; 0, the
                                   default: all (RFC 3828 3.3) */
    INL_OPT_MTU,                /* (r) not TCP: the path MTU to the peer; -ENOTCONN */
};

/* What is done with datagrams that are longer than the path takes. */
enum inl_pmtud {
    INL_PMTUD_DONT,  /* they are cut, here and by IPv4 routers: DF is not set */
    INL_PMTUD_WANT,  /* they are cut here, to what is known of the path; DF is set on the others */
    INL_PMTUD_DO,    /* -EMSGSIZE, and DF is set: the program finds its own size */
    INL_PMTUD_PROBE, /* the same, but only the link's MTU counts (RFC 8899) */
};

/* A new socket, unbound. -EAFNOSUPPORT, -EPROTONOSUPPORT, -EMFILE (limit), -ENOMEM. */
INL_API inl_sock inl_socket(struct inl_stack *stack, enum inl_family family,
                            enum inl_sock_type type);

/*
 * A raw socket: it gets copies of all packets of a protocol that are for this host (IPv4: with
 * their IP header), and sends such packets. Which program may have one is the caller's to say.
 */
INL_API inl_sock inl_socket_raw(struct inl_stack *stack, enum inl_family family, uint8_t protocol);

/*
 * A raw socket's filter, RFC 3542 3.2: one bit a type of ICMP; 1: it is not delivered.
 * -EOPNOTSUPP: the socket is not raw.
 */
INL_API int inl_icmp_filter(struct inl_stack *stack, inl_sock s, const uint32_t blocked[8]);

/* Gives a local address and port; port 0 picks an ephemeral one (RFC 6056). -EBADF, -EINVAL
 * (bound already), -EADDRNOTAVAIL (not ours), -EADDRINUSE, -EAFNOSUPPORT. */
INL_API int inl_bind(struct inl_stack *stack, inl_sock s, const struct inl_sockaddr *addr);

/* Begins to take connections; binds to an ephemeral port first if unbound. backlog below 1
 * counts as 1. -EBADF, -EOPNOTSUPP, -EINVAL (connected), -EADDRINUSE, -ENOMEM. */
INL_API int inl_listen(struct inl_stack *stack, inl_sock s, int backlog);

/* TCP: sends a SYN and returns -EINPROGRESS; later -EALREADY, then 0 or -EISCONN, or the error.
 * UDP: fixes the peer and returns 0; an addr with family "any" and port 0 dissolves it.
 * -EBADF, -EAFNOSUPPORT, -ENETUNREACH, -EADDRNOTAVAIL, -EADDRINUSE, -EISCONN, -EINVAL
 * (broadcast or multicast, port 0), -EOPNOTSUPP (listener). */
INL_API int inl_connect(struct inl_stack *stack, inl_sock s, const struct inl_sockaddr *addr);

/* Takes the next established connection of a listener: its handle, or -EAGAIN, -EINVAL (not
 * listening), -EMFILE. @ret_peer may be NULL. */
INL_API inl_sock inl_accept(struct inl_stack *stack, inl_sock s, struct inl_sockaddr *ret_peer);

/* TCP: copies as much as the send buffer takes, returns how much, at least 1 of len > 0. UDP: one
 * datagram. -EAGAIN, -EPIPE (after own shutdown), -ENOTCONN, -EDESTADDRREQ, -EMSGSIZE, -ENOBUFS,
 * the pending error. */
INL_API int64_t inl_send(struct inl_stack *stack, inl_sock s, const void *buf, size_t len_bytes,
                         int flags);
INL_API int64_t inl_sendto(struct inl_stack *stack, inl_sock s, const void *buf, size_t len_bytes,
                           int flags, const struct inl_sockaddr *to);

/* TCP: up to len bytes; 0 at the end of the stream. UDP: one datagram, cut to len. -EAGAIN,
 * -ENOTCONN, the pending error (ECONNRESET, ETIMEDOUT, ECONNREFUSED, ...), once.
 * @ret_from, @ret_to (the local address it was sent to): may be NULL. */
INL_API int64_t inl_recv(struct inl_stack *stack, inl_sock s, void *buf, size_t len_bytes,
                         int flags);
INL_API int64_t inl_recvfrom(struct inl_stack *stack, inl_sock s, void *buf, size_t len_bytes,
                             int flags, struct inl_sockaddr *ret_from, struct inl_sockaddr *ret_to);

/* Who says that something went wrong with a message that was sent. */
enum inl_err_origin {
    INL_ERR_NONE,
    INL_ERR_LOCAL, /* we do: it was never sent */
    INL_ERR_ICMP4,
    INL_ERR_ICMP6,
};

struct inl_msg_error {
    struct inl_addr offender; /* who has said so; any for INL_ERR_LOCAL */
    int err;                  /* as an errno, positive */
    uint32_t info;            /* EMSGSIZE: the MTU that was told or is known */
    uint8_t origin;           /* enum inl_err_origin */
    uint8_t type, code, ttl;  /* of the ICMP message */
};

/*
 * Extension headers of IPv6 that programs send and are shown (RFC 3542), in the order in which they
 * are sent. In this interface a header's first octet says which it is; the rest is as on the wire.
 */
enum inl_ip6_ext {
    INL_IP6_EXT_HOPOPTS,      /* hop-by-hop options */
    INL_IP6_EXT_RTHDRDSTOPTS, /* destination options in front of a routing header; with none, those
                                  of a socket or message are not sent */
    INL_IP6_EXT_RTHDR,        /* a routing header. To be sent: not type 0, no segments left */
    INL_IP6_EXT_DSTOPTS,      /* destination options */
    INL_IP6_EXTS,
    INL_IP6_EXT_WITHOUT = 128, /* added to one of them, in a message of 8 octets: without the
                                  socket's */
};

#define INL_IP6_EXT_MAX_BYTES 248 /* of all that go with one packet */

/* A message with all that goes along with it. Not for TCP. */
struct inl_msg {
    void *buf; /* sending: is not written to */
    size_t len_bytes;
    struct inl_sockaddr peer;  /* sending: the destination, or all zero for the
                                   connected peer. An error's: where the message went */
    struct inl_sockaddr local; /* received: the address and port that it was sent to. Sending: the
                                   source address, any for the socket's own */
    int link;                  /* received: on which link; sending: the link for destinations that
                                   need one, 0: none */
    int ttl;                   /* TTL or hop limit; sending: 0 for the socket's own */
    int tos;                   /* DSCP and ECN byte; sending: -1 for the socket's own */
    int flags;                 /* received: enum inl_msg_flags: TRUNC, it was longer; ERRQUEUE */
    void *opts;                /* IPv4. Received: where its IP options shall go, NULL: nowhere.
                                   Sending: those to go with it, NULL: the socket's own */
    size_t opts_len;           /* received: the room there, and then how many octets came */
    void *ext;                 /* IPv6. The same for extension headers, one behind the other. Sent,
                                   each stands for the socket's of its kind; received, those come
                                   whole that there is room for */
    size_t ext_len;
    struct inl_msg_error error; /* with INL_MSG_ERRQUEUE: what went wrong; the bytes are then what
                                   is known of the message */
};

/* As inl_sendto() and inl_recvfrom(), -EOPNOTSUPP for TCP. -EADDRNOTAVAIL: local is not ours. */
INL_API int64_t inl_sendmsg(struct inl_stack *stack, inl_sock s, const struct inl_msg *msg);
INL_API int64_t inl_recvmsg(struct inl_stack *stack, inl_sock s, struct inl_msg *msg, int flags);

/* Zero copy, TCP only. Received bytes are lent as up to two pieces, until inl_recv_done() says
 * how many were used. Space in the send buffer is lent until inl_send_commit() says how many
 * bytes were written. Returns the number of pieces (0 at end of stream), or -EAGAIN etc. Any
 * other call on the socket ends the loan. */
struct inl_piece {
    uint8_t *data;
    size_t len_bytes;
};
INL_API int inl_recv_loan(struct inl_stack *stack, inl_sock s, struct inl_piece ret_pieces[2]);
INL_API int inl_recv_done(struct inl_stack *stack, inl_sock s, size_t used_bytes);
INL_API int inl_send_loan(struct inl_stack *stack, inl_sock s, struct inl_piece ret_pieces[2]);
INL_API int inl_send_commit(struct inl_stack *stack, inl_sock s, size_t used_bytes);

/* -ENOTCONN, -EBADF, -EINVAL. */
INL_API int inl_shutdown(struct inl_stack *stack, inl_sock s, enum inl_shutdown_how how);

/* Frees the handle at once. TCP: what was sent is still delivered and the FIN sent in the
 * background; unread data or INL_OPT_LINGER 0 make it a RST (RFC 9293 3.6.1, RFC 2525 2.17). */
INL_API int inl_close(struct inl_stack *stack, inl_sock s);

/* -ENOPROTOOPT, -EINVAL (out of range), -EBADF. */
INL_API int inl_setsockopt(struct inl_stack *stack, inl_sock s, enum inl_opt opt, int64_t value);
INL_API int inl_getsockopt(struct inl_stack *stack, inl_sock s, enum inl_opt opt,
                           int64_t *ret_value);

/* The IP options that go with what a socket sends over IPv4, at most 40 octets; 0: none. A source
 * route, which takes config.source_routes, has the stages without the destination, and its pointer
 * at the first. TCP: a source route alone, perhaps behind NOPs, best before it is opened; it counts
 * more than the one by which the peer's segments come, which else is used the other way round.
 * -EINVAL: malformed, or not allowed. -EOPNOTSUPP: a listener. -ENOBUFS: too many connections have
 * one.
 */
INL_API int inl_set_ip_options(struct inl_stack *stack, inl_sock s, const void *opts,
                               size_t len_bytes);
/* How many there are; at most @max are written. */
INL_API int64_t inl_get_ip_options(struct inl_stack *stack, inl_sock s, void *opts, size_t max);

/* The extension header of a kind that goes with what a socket sends over IPv6, whatever its first
 * octet says; of length 0: none. TCP: best before it is opened; there is room for as many such
 * connections as for source routes. -EINVAL: malformed, a jumbo payload, a routing header of type 0
 * or with segments left, or more than INL_IP6_EXT_MAX_BYTES with the others. -EOPNOTSUPP: a
 * listener, or no socket of IPv6. -ENOBUFS, -ENOMEM.
 */
INL_API int inl_set_ip6_ext(struct inl_stack *stack, inl_sock s, enum inl_ip6_ext which,
                            const void *header, size_t len_bytes);
/* Its length; at most @max octets are written, of which the first is 0. */
INL_API int64_t inl_get_ip6_ext(struct inl_stack *stack, inl_sock s, enum inl_ip6_ext which,
                                void *header, size_t max);

INL_API int inl_getsockname(struct inl_stack *stack, inl_sock s, struct inl_sockaddr *ret_addr);
INL_API int inl_getpeername(struct inl_stack *stack, inl_sock s, struct inl_sockaddr *ret_addr);

/* A tag for snapshots and traces, for instance a PID; inherited by accepted sockets. */
INL_API int inl_set_owner(struct inl_stack *stack, inl_sock s, uint64_t owner);

/* The enum inl_events that hold now, or -EBADF. */
INL_API int inl_poll(struct inl_stack *stack, inl_sock s);

struct inl_event {
    inl_sock sock;
    uint32_t events; /* enum inl_events that became true since the last report */
};

/* Takes the next socket that changed; false if none. Each socket is queued at most once. */
INL_API bool inl_next_event(struct inl_stack *stack, struct inl_event *ret_event);

#endif
