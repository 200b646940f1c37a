/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sup.h - the supervisor's inside: what its files share
 *
 *   filter.c      which calls stop the program, as a seccomp filter
 *   supervisor.c  starts the program, waits for it and for all that it started
 *   notify.c      takes notifications, finds the handler, answers; the program's memory
 *   ask.c         questions to the lab, and their answers
 *   calls_sock.c  socket, bind, listen, connect, accept
 *   calls_name.c  getsockname, getpeername
 *   calls_opt.c   getsockopt, setsockopt
 *   calls_group.c the same about multicast groups
 *   calls_msg.c   addressed datagrams
 *   calls_plain.c those without address
 *   calls_err.c   their errors, and poll()
 *   cmsg.c        their control data
 *
 * One notification is one struct call, from its arrival to its answer. A handler returns what the
 * program shall see (0, a count, or -errno), or CALL_CONTINUE (the kernel does it: not our
 * socket), CALL_PENDING (a lab's answer or a readable descriptor will resume it), or CALL_DONE
 * (answered already). A program may be killed or interrupted at any moment; then the kernel forgets
 * the notification, and the call is dropped as soon as that is noticed.
 */
#ifndef HOST_SUP_H
#define HOST_SUP_H

#include "host/loop.h"
#include "host/proto.h"
#include "host/table.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/types.h>

#define CALL_CONTINUE INT64_MAX
#define CALL_PENDING (INT64_MAX - 1)
#define CALL_DONE (INT64_MAX - 2)

#define SUP_REPLAYS 32

struct sup;
struct call;

/* A socket of ours, by the cookie of the program's end. */
struct sup_sock {
    struct table_node node;
    uint8_t family; /* 4 or 6 */
    uint8_t type;   /* enum inl_sock_type */
    bool listening;
    uint8_t erring; /* enum sup_erring */
    bool has_queue; /* of errors */
    uint16_t wants; /* enum sup_wants */
};

/* Where an error waits. */
enum sup_erring {
    SUP_ERR_PENDING = 1, /* in SO_ERROR */
    SUP_ERR_QUEUED = 2,  /* in the error queue */
};

/* The descriptors that sockets of datagrams get, if one is free (calls_plain.c): a power of two of
 * them, below what select() can take. */
#define SUP_FD_FIRST 896
#define SUP_FDS 128

/* What a program wants to know of what it receives. */
enum sup_wants {
    SUP_WANTS_TTL = 1,
    SUP_WANTS_TOS = 2,
    SUP_WANTS_INFO = 4, /* local address and link */
    SUP_WANTS_TIME = 8,
    SUP_WANTS_TTL_2292 = 16, /* in the form of RFC 2292, which tracepath wants */
    SUP_WANTS_OPTS = 32,     /* IP options as they came, */
    SUP_WANTS_RETOPTS = 64,  /* and as they may go back */
    SUP_WANTS_HOPOPTS = 128, /* extension headers of IPv6 */
    SUP_WANTS_DSTOPTS = 256,
    SUP_WANTS_RTHDR = 512,
};

typedef int64_t (*call_resume_fn)(struct sup *sup, struct call *call);
typedef int64_t (*call_answer_fn)(struct sup *sup, struct call *call, const struct proto_msg *msg,
                                  const void *payload);

struct call {
    struct call *prev, *next; /* in sup->calls */
    struct sup *sup;
    uint64_t id; /* of the notification */
    pid_t pid;   /* the thread that called */
    int nr;
    uint64_t args[6];
    int fd;                   /* our copy of the program's descriptor args[0]; or the new one; -1:
                                 none any more (notify_sweep()) */
    int lab_fd;               /* socket(): the lab's end until it is sent; -1 */
    uint64_t cookie;          /* of fd */
    uint8_t family;           /* of the socket */
    uint8_t type;             /* of the socket */
    bool listening;           /* of the socket */
    bool has_effect;          /* an answer that does not arrive must be kept for a restarted call */
    uint32_t fd_flags;        /* of the descriptor to be added: O_CLOEXEC */
    int fd_at;                /* the number to add it as; 0: the lowest one */
    struct table_node by_id;  /* waits for the lab's answer (key is the message id), or key 0 */
    call_answer_fn on_answer; /* what to do with it */
    struct proto_msg *held;   /* an interrupted call's answer, payload behind it; NULL */
    struct loop_source wait;  /* waits for fd to become readable */
    call_resume_fn on_ready;  /* what to do then */
    inl_time deadline;        /* SO_RCVTIMEO, SO_SNDTIMEO */
    int deadline_result;
    int64_t value[2]; /* handlers' own */
};

/* The answer of a call that the program gave up (a signal came) just before it was sent. If the
 * same thread makes the very same call next, the kernel has restarted it, and gets it. */
struct replay {
    pid_t pid; /* 0: empty */
    int nr;
    uint64_t args[6];
    int64_t value;
    int fd; /* to be added to the program, or -1 */
    uint32_t fd_flags;
};

struct sup {
    struct loop loop;
    struct loop_source notify, lab, signals;
    int notify_fd, lab_fd;
    bool lab_lost;      /* the lab has gone: every socket call is ENETDOWN */
    bool stop;          /* the last process has ended */
    pid_t child;        /* the program */
    int child_status;   /* of waitpid() */
    uint64_t next_id;   /* of questions to the lab */
    inl_time sweep_at;  /* when calls are looked through next */
    struct table socks; /* struct sup_sock by cookie */
    unsigned erring;    /* how many of them have an error waiting */
    unsigned fd_next;   /* where to look for a free descriptor next, from SUP_FD_FIRST on */
    struct table asked; /* struct call by message id */
    struct call calls;  /* head of all calls under way */
    struct replay replay[SUP_REPLAYS];
    unsigned replay_at;
    size_t notif_size, resp_size; /* what the kernel says of its structs */
    struct seccomp_notif *notif;
    struct seccomp_notif_resp *resp;
    uint8_t payload[PROTO_PAYLOAD_MAX];
};

/* ---- notify.c ---- */

int notify_init(struct sup *sup, int notify_fd);
void notify_done(struct sup *sup);
/* Drops calls whose program has gone, and ends those whose deadline has come. */
void notify_sweep(struct sup *sup, inl_time now);
/* When notify_sweep() is wanted next. */
inl_time notify_deadline(const struct sup *sup, inl_time now);
/* Ends a call with a handler's result; the call is freed unless that is CALL_PENDING. */
void call_finish(struct sup *sup, struct call *call, int64_t result);
/* Adds call->fd to the program, and makes its number the call's answer: CALL_DONE or -errno. */
int64_t call_finish_fd(struct sup *sup, struct call *call);
/* Does the program still wait for this call? */
bool call_valid(const struct sup *sup, const struct call *call);
/* Copies from and to the program's memory. 0 or -EFAULT; writing checks call_valid(). */
int call_read(const struct call *call, uint64_t addr, void *buf, size_t len);
int call_write(const struct call *call, uint64_t addr, const void *buf, size_t len);
/* Our copy of a descriptor of the program, or -errno; the cookie of it, or 0. */
int call_copy_fd(const struct call *call, int fd);
uint64_t call_cookie(int fd);
/* Finds the socket behind args[0]: 0, or CALL_CONTINUE if it is none of ours. */
int64_t call_lookup(struct sup *sup, struct call *call);
/* Waits for call->fd to become readable; then on_ready runs. CALL_PENDING or -errno. */
int64_t call_wait(struct sup *sup, struct call *call, call_resume_fn on_ready, int timeout_opt,
                  int timeout_result);
bool call_is_nonblocking(const struct call *call);
/* Writes an address where getsockname and its like want it: a buffer and its length, both in
 * the program's memory. Either may be 0. 0 or -errno. */
int call_write_addr(const struct call *call, const struct proto_addr *addr, uint64_t at,
                    uint64_t len_at);

/* ---- ask.c ---- */

int ask_init(struct sup *sup, int lab_fd);
void ask_done(struct sup *sup);
/* Asks the lab; `answer` makes the call's result of what it says. Fills in id, cookie and pid.
 * CALL_PENDING, or -ENETDOWN when there is no lab. */
int64_t ask(struct sup *sup, struct call *call, struct proto_msg *msg, const void *payload,
            size_t payload_len, int pass_fd, call_answer_fn answer);
/* Ends a call with what the lab has answered. */
void ask_answered(struct sup *sup, struct call *call, const struct proto_msg *msg,
                  const void *payload);
/* Takes in what the lab has said by now. It may end other calls, and uses sup->payload. */
void ask_drain(struct sup *sup);
/* Tells the lab something that needs no answer. */
void ask_notice(struct sup *sup, struct call *call, struct proto_msg *msg);
/* An answer function: the result is what the lab says. */
int64_t ask_result(struct sup *sup, struct call *call, const struct proto_msg *msg,
                   const void *payload);
/* Nothing will come of a descriptor any more: because the program has shut it down itself, which is
 * `result`, or because there is no lab: -ENETDOWN. */
int64_t call_ended(struct sup *sup, struct call *call, int result);
/* Remembers a socket. 0 or -ENOMEM. */
int sup_sock_add(struct sup *sup, uint64_t cookie, uint8_t family, uint8_t type);

/* ---- the calls ---- */

int64_t call_socket(struct sup *sup, struct call *call);
int64_t call_bind(struct sup *sup, struct call *call);
int64_t call_listen(struct sup *sup, struct call *call);
int64_t call_connect(struct sup *sup, struct call *call);
int64_t call_accept(struct sup *sup, struct call *call);
int64_t call_accept4(struct sup *sup, struct call *call);
int64_t call_getsockname(struct sup *sup, struct call *call);
int64_t call_getpeername(struct sup *sup, struct call *call);
int64_t call_getsockopt(struct sup *sup, struct call *call);
int64_t call_setsockopt(struct sup *sup, struct call *call);
int64_t call_sendto(struct sup *sup, struct call *call);
int64_t call_recvfrom(struct sup *sup, struct call *call);
int64_t call_sendmsg(struct sup *sup, struct call *call);
int64_t call_recvmsg(struct sup *sup, struct call *call);
int64_t call_sendmmsg(struct sup *sup, struct call *call);
int64_t call_recvmmsg(struct sup *sup, struct call *call);
int64_t call_poll(struct sup *sup, struct call *call);
int64_t call_plain_read(struct sup *sup, struct call *call);
int64_t call_plain_readv(struct sup *sup, struct call *call);
int64_t call_plain_write(struct sup *sup, struct call *call);

/* ---- calls_plain.c ---- */

/* A number for a new socket of datagrams; 0: none is free. */
int plain_fd(struct sup *sup, const struct call *call);
/* A datagram to the connected peer, of a socket that was looked up: the kernel moves it, unless an
 * error waits. */
int64_t plain_send(struct sup *sup, struct call *call);

/* ---- calls_msg.c, for calls_plain.c and calls_err.c ---- */

/* One datagram into sup->payload, or -errno. -EAGAIN is not final, see msg_wait(). */
int64_t msg_take(struct sup *sup, struct call *call, int flags, struct proto_token *ret_token);
/* What to do when msg_take() has found nothing: wait, and `again`; or tell the error first, and
 * then perhaps `again`. */
int64_t msg_wait(struct sup *sup, struct call *call, int flags, call_resume_fn again);
/* recvfrom(), also without an address. */
int64_t msg_recvfrom(struct sup *sup, struct call *call);
/* Forgets the word at the head of the queue that an error waits, which is true no more. */
void msg_drop_words(const struct call *call);

/* Spreads n bytes of sup->payload over the program's vector: what had room, or -errno. */
int64_t msg_scatter(struct sup *sup, const struct call *call, const struct msghdr *mh, size_t n);
/* Writes back a header that was received into, with its address and control data. 0 or -EFAULT. */
int msg_finish(const struct call *call, uint64_t at, struct msghdr *mh,
               const struct proto_addr *from, const uint8_t *control, size_t control_len);

/* ---- calls_fastopen.c, and what it uses of others ---- */

/* sendto() and sendmsg() of a stream, with an address and MSG_FASTOPEN. */
int64_t call_fastopen(struct sup *sup, struct call *call);
/* An answer function: what connect() says. */
int64_t connect_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                       const void *payload);
/* Gathers a message into sup->payload: its length or -errno. */
int64_t msg_gather(struct sup *sup, const struct call *call, const struct msghdr *mh);

/* ---- calls_group.c ---- */

/* Is it about multicast groups? Then the calls are these. */
bool is_group_option(int level, int name);
int64_t set_group(struct sup *sup, struct call *call);
int64_t get_group(struct sup *sup, struct call *call);

/* ---- calls_err.c ---- */

/* recvmsg() with MSG_ERRQUEUE. */
int64_t call_recverr(struct sup *sup, struct call *call);
/* Errors wait (enum sup_erring), or do not any more. */
void sup_sock_erring(struct sup *sup, uint64_t cookie, unsigned set, unsigned clear);
/* Is one to be told? When receiving; and when sending, if there is no queue. */
bool sup_sock_refuses(const struct sup *sup, uint64_t cookie);
bool sup_sock_is_pending(const struct sup *sup, uint64_t cookie);
/* Fetches the pending error, which becomes the call's result; if there is none, goes on with
 * `again`. */
int64_t call_pending_error(struct sup *sup, struct call *call, call_resume_fn again);

/* ---- cmsg.c: control data of messages ---- */

#define CMSG_BYTES_MAX 512

/* What goes along with a datagram, for a program that wants it; the length of what was written. */
size_t cmsg_received(unsigned family, unsigned wants, const struct proto_token *token,
                     uint8_t buf[CMSG_BYTES_MAX]);
size_t cmsg_error(unsigned family, unsigned wants, const struct proto_error *e,
                  uint8_t buf[CMSG_BYTES_MAX]);
/* Of options that came, those that may be sent back: recorded routes and timestamps, as Linux has
 * it. Their length, padded. */
size_t cmsg_echo_options(const uint8_t *opts, size_t len, uint8_t out[PROTO_IPOPTS_MAX]);
/* Which extension header the option or the element of that name is about; INL_IP6_EXTS: none. */
enum inl_ip6_ext cmsg_ip6_ext(int name);
/* What the program has asked for: enum sup_wants. */
unsigned sup_sock_wants(const struct sup *sup, uint64_t cookie);
/* What a program has put beside a datagram that it sends; its extension headers go to ext, and
 * their length to msg->ext_len. 0, or -EINVAL: what is not known here. */
int cmsg_to_send(const uint8_t *buf, size_t len, struct proto_msg *msg,
                 uint8_t ext[INL_IP6_EXT_MAX_BYTES]);

/* ---- filter.c ---- */

/* Installs the filter in the calling process. Returns the listener's descriptor, or -errno. */
int filter_install(void);

#endif
