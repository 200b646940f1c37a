/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proto.h - what a supervisor and a lab say to each other
 *
 * A SOCK_SEQPACKET Unix socket carries one message a packet: a struct proto_msg of fixed size,
 * then payload_len bytes, and at most one descriptor. Both ends are the same build on the same
 * machine, so numbers are in host order; magic and version refuse everything else. A request has
 * an id of its sender's choice and gets exactly one answer with the same id and op, at any later
 * time and in any order; a CONNECT may take minutes and holds up nobody. Notices (id 0) get none.
 *
 * A program's socket is named by its cookie: SO_COOKIE of the program's end of the socket pair,
 * unique on the machine, and the same through dup, fork, exec and SCM_RIGHTS.
 *
 * Every byte from the other side is untrusted: proto_check() is the only gate, and a message that
 * it refuses ends the conversation.
 *
 * What each operation carries stands beside it in enum proto_op.
 */
#ifndef HOST_PROTO_H
#define HOST_PROTO_H

#include <inlet/group.h>
#include <inlet/info.h>
#include <inlet/net.h>
#include <inlet/socket.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PROTO_MAGIC 0x74656c6eu /* "nlet" */
#define PROTO_VERSION 5
#define PROTO_TEXT_MAX 64
#define PROTO_IPOPTS_MAX 40
#define PROTO_PAYLOAD_MAX 65536
#define PROTO_BUFFER_BYTES (1 << 20)

/*
 * The operations. "->" is what the answer brings beside its result; where nothing is said of who
 * sends it, a supervisor or a command asks the lab.
 */
enum proto_op {
    /* text: the host that what follows is about ("": the only one) -> text: its name.
     * A client that does not say HELLO asks about all hosts, and has no sockets. */
    PROTO_HELLO = 1,

    /* ---- calls of a program; the cookie says on which socket ---- */

    /* arg0 family (4, 6), arg1 enum inl_sock_type + 256 * protocol (of raw ones), pid,
     * text: the program, descriptor: the lab's end of the pair */
    PROTO_SOCKET,
    /* addr0 */
    PROTO_BIND,
    /* arg0 backlog */
    PROTO_LISTEN,
    /* addr0 (family 0: dissolve), arg0 1: the program does not wait, answer at once
     * -> with -EINPROGRESS, arg1 1: FILLED must follow */
    PROTO_CONNECT,
    /* -> addr0 */
    PROTO_SOCKNAME,
    /* -> addr0 */
    PROTO_PEERNAME,
    /* arg0 enum inl_opt -> arg1 value */
    PROTO_GETOPT,
    /* arg0 enum inl_opt, arg1 value */
    PROTO_SETOPT,
    /* -> payload: struct inl_tcp_info */
    PROTO_TCPINFO,
    /* addr0 (family 0: the connected peer), addr1 source (family 0: any; scope: the link),
     * arg0 TTL (0: the socket's), arg1 TOS + 1 (0: the socket's), text: opts_len octets of IP
     * options (0: the socket's), payload: the datagram, and ext_len octets of extension headers
     * (0: the socket's) */
    PROTO_SENDTO,
    /* arg0 1: payload are the IP options of what the socket sends; 0 -> payload: they */
    PROTO_IPOPTS,
    /* arg0 enum inl_ip6_ext, arg1 1: payload is that header of what the socket sends; 0 -> payload:
     * it */
    PROTO_IP6EXT,
    /* -> payload: struct proto_error, then bytes of the message that met it */
    PROTO_RECVERR,
    /* payload: the 8 words of inl_icmp_filter() */
    PROTO_FILTER,
    /* payload: struct proto_group -> the same, filled in */
    PROTO_GROUP,

    /* ---- notices: id 0, no answer ---- */

    /* cookie, pid, text: who took a connection */
    PROTO_ACCEPTED,
    /* cookie, arg0: bytes that now keep the program's end unwritable (see splice_tcp.c) */
    PROTO_FILLED,
    /* the lab to a supervisor: nobody holds this cookie any more */
    PROTO_CLOSED,
    /* the lab to a supervisor: SO_ERROR of this cookie's datagrams says something; arg0 1: so does
     * the error queue */
    PROTO_TROUBLE,

    /* ---- about the lab; lists come in several answers, with arg0 1 if more follow ---- */

    /* -> payload: struct proto_sock[] */
    PROTO_NETSTAT,
    /* -> payload: struct proto_counter[] */
    PROTO_COUNTERS,
    /* -> payload: struct proto_net[] */
    PROTO_LINKS,
    PROTO_ADDRS,
    PROTO_ROUTES,
    PROTO_NEIGHS,
    PROTO_GROUPS,  /* multicast groups of links, */
    PROTO_MEMBERS, /* and of programs' sockets */
    /* -> payload: text for people */
    PROTO_STATUS,
    /* arg0 enum proto_trace, arg1 1: lose what finds no room, descriptor: where to write */
    PROTO_TRACE,
    /* cookie: of a connection, which ends with a reset. -EOPNOTSUPP: it is none, or not yet */
    PROTO_END,
    /* the lab ends */
    PROTO_DOWN,

    PROTO_OP_MAX
};

enum proto_trace {
    PROTO_TRACE_TEXT = 1,
    PROTO_TRACE_PCAPNG = 2,
    PROTO_TRACE_TEXT_COLOUR = 3,
    PROTO_TRACE_EVENTS = 4, /* JSON Lines */
};

/* An address as it travels; family 0 is "none". */
struct proto_addr {
    uint8_t family; /* 0, 4, 6 */
    uint8_t pad;
    uint16_t port; /* host order */
    uint32_t scope;
    uint8_t addr[16]; /* struct inl_addr */
};

struct proto_msg {
    uint32_t magic;
    uint16_t version;
    uint8_t op;       /* enum proto_op */
    uint8_t is_reply; /* 0 or 1 */
    uint64_t id;
    uint64_t cookie;
    int32_t result; /* answers: 0, a count, or -errno */
    uint32_t pid;
    int64_t arg[2];
    struct proto_addr addr[2];
    char text[PROTO_TEXT_MAX]; /* NUL-terminated */
    uint32_t payload_len;
    uint32_t opts_len; /* of SENDTO */
    uint32_t ext_len;
    uint32_t pad;
};

/* What netstat tells of a connection: from struct inl_tcp_info. */
struct proto_tcp {
    uint64_t bytes_acked, bytes_received, segs_out, segs_in, rtx_segs, notsent_bytes;
    uint64_t pacing_rate, delivery_rate;
    uint32_t srtt_us, rttvar_us, rto_us, min_rtt_us, rcv_rtt_us;
    uint32_t mss_bytes, pmtu_bytes, cwnd_bytes, ssthresh_bytes;
    uint32_t flight_bytes, lost_bytes, sacked_bytes;
    uint8_t congestion; /* enum inl_cc_algo */
    uint8_t snd_wscale, rcv_wscale, wscale, timestamps, sack, ecn;
    uint8_t known; /* 0: it has nothing to tell, or no socket any more */
};

/* One line of netstat. */
struct proto_sock {
    uint8_t type;  /* enum inl_sock_type */
    uint8_t state; /* enum inl_tcp_state */
    uint8_t pad[2];
    uint32_t pid; /* 0: none */
    struct proto_addr local, remote;
    uint64_t rcvq, sndq;
    uint64_t cookie; /* 0: no program's */
    char host[32];
    char program[16];
    struct proto_tcp tcp;
};

/* One counter of a host, or of one of its links. */
struct proto_counter {
    char host[32];
    char link[32]; /* "": of the whole host */
    char name[48]; /* as of inl_mib_get() */
    uint64_t value;
};

#define PROTO_MEMBER_SOURCES 16

/* A socket's membership in a multicast group. */
struct proto_member {
    struct inl_addr group;
    uint32_t link, pid;
    char program[16];
    uint32_t exclude; /* all but these senders; else these only */
    uint32_t count;   /* of them; so many at most stand here */
    struct inl_addr sources[PROTO_MEMBER_SOURCES];
};

/* One line of a list about a host's network: the member that the op names. */
struct proto_net {
    char host[32];
    char link[32];
    union {
        struct inl_link_info info_link;
        struct inl_addr_info info_addr;
        struct inl_route_info info_route;
        struct inl_neigh_info info_neigh;
        struct inl_group_info info_group;
        struct proto_member member;
    };
};

/*
 * What a lab attaches to a datagram, and puts in front of an accepted connection's descriptor:
 * who is at the other end. A datagram carries it in a memfd (see splice_udp.h), a connection in
 * the token that makes the listener readable (see splice_tcp.h).
 */
struct proto_token {
    uint32_t magic;
    uint8_t family; /* of the socket: 4 or 6 */
    uint8_t error;  /* errno: no datagram, but the word that SO_ERROR says something, as this did */
    uint8_t ttl;
    uint8_t tos;
    uint32_t link;
    uint8_t opts_len;
    uint8_t opts_are_ext; /* 1: extension headers of IPv6, as inl_recvmsg() gives them */
    uint8_t pad[2];
    uint64_t cookie; /* of the new connection's program end; 0 for a datagram */
    struct proto_addr local, remote;
    uint8_t answer_from[4]; /* IPv4: local, or ours where that is a group or a broadcast address */
    uint8_t pad2[4];
    uint8_t opts[INL_IP6_EXT_MAX_BYTES]; /* of the header that brought it */
};

/* An error about a datagram that was sent. */
struct proto_error {
    struct proto_addr dst, offender;
    int32_t err;
    uint32_t info;
    uint8_t origin; /* enum inl_err_origin */
    uint8_t type, code;
    uint8_t ttl;
    uint8_t more; /* 1: another one waits */
    uint8_t pad[3];
};

/* Beside enum inl_group_op. */
enum proto_group_op {
    PROTO_GROUP_SET = 100, /* a whole filter */
    PROTO_GROUP_GET,
    PROTO_GROUP_LINK, /* the link to send through */
    PROTO_GROUP_GET_LINK,
};

#define PROTO_GROUP_SOURCES_MAX 64

/* What a program wants of a multicast group. */
struct proto_group {
    int32_t op;
    uint32_t link;       /* 0: the one with the address `via`, if there is one */
    struct inl_addr via; /* of IPv4; or any */
    struct inl_addr group;
    uint32_t exclude; /* filters: all but these */
    uint32_t count;
    struct inl_addr sources[PROTO_GROUP_SOURCES_MAX];
};

/* Fills in magic, version and op of a zeroed message. */
void proto_init(struct proto_msg *msg, enum proto_op op);

/* Is it a message that may be acted on? @len: bytes that arrived, payload included. 0 or
 * -EPROTO. The text is NUL-terminated afterwards, addresses have a known family. */
int proto_check(const struct proto_msg *msg, size_t len);

/* Sends a message, with a payload (NULL for none) and a descriptor (-1 for none). Does not
 * block. 0 or -errno. */
int proto_send(int fd, struct proto_msg *msg, const void *payload, size_t payload_len, int pass_fd);

/* What proto_send() and the tokens of connections and datagrams go through: sends the pieces as one
 * packet with a descriptor (-1 for none). Does not block. 0 or -errno. */
int proto_pass(int fd, struct iovec *iov, size_t iov_n, int pass_fd);

/* Receives one message without blocking. @payload holds PROTO_PAYLOAD_MAX bytes. ret_fd is the
 * descriptor that came along, or -1; the caller closes it. 1, 0 at the end, -EAGAIN, -EPROTO. */
int proto_recv(int fd, struct proto_msg *msg, void *payload, int *ret_fd);

struct proto_addr proto_addr_from(const struct inl_sockaddr *addr, enum inl_family family);
struct inl_sockaddr proto_addr_to(const struct proto_addr *addr);

/* Between the kernel's sockaddr and ours. @len: bytes that the program gave. 0, -EINVAL,
 * -EAFNOSUPPORT (family is still returned as 0 for AF_UNSPEC). */
int proto_addr_from_kernel(const void *sa, size_t len, struct proto_addr *ret);
/* @family: of the socket (4 or 6): an IPv4 peer of an IPv6 socket is written as ::ffff:a.b.c.d.
 * Returns the length of what was written to @sa. */
size_t proto_addr_to_kernel(const struct proto_addr *addr, unsigned family,
                            struct sockaddr_storage *sa);

#endif
