/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * splice_tcp.c - a stream between a program's Unix socket and the engine's TCP socket
 *
 * Back-pressure needs no buffer of our own: what the engine cannot take stays in the pair, whose
 * size the kernel bounds, and what the program does not read stays in the engine's receive buffer,
 * where it closes the window. Bytes are copied once each way, between the pair and the engine's
 * rings.
 *
 *   the program                       the peer sees             how
 *   shutdown(SHUT_WR), close()        FIN                       end of file at our end
 *   close() with unread bytes         RST (RFC 9293 3.6.1)      our end reports ECONNRESET
 *   the peer                          the program sees          how
 *   FIN                               end of file               shutdown(SHUT_WR) of our end
 *   RST, or the engine gives up       ECONNRESET, then EPIPE    our end is closed with a byte
 * unread
 *
 * The held byte. A Unix socket reports ECONNRESET only when its peer closed with bytes unread. So
 * our end always keeps one: at first the seed (pair.h), later the last byte of
 * what was taken, which was *peeked* and not read. FIONREAD says how many bytes lie there; one of
 * them is old.
 *
 * When both directions have ended, our end cannot tell any more whether the program still has its
 * own (a hang-up shows in both cases), and need not: the conn ends then, without a held byte, and
 * what the program has not read yet stays readable.
 *
 * Fast Open (RFC 7413): with a cookie inl_connect() is done at once, and the SYN goes with the
 * first bytes of the program. Until then nobody reads from the engine, for that would let the SYN
 * go; and the FIN waits for INL_EV_CONNECTED. A program that ends without a word is connected for
 * all that.
 *
 * Invariants: in CONN_OPEN `held` bytes at the head of our end's queue were handed to the engine
 * already; a listener's and an idle socket's held byte is the seed.
 */
#include "host/lab.h"
#include "host/pair.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define ROUNDS_MAX 16 /* pumps of one socket before others have their turn */

static struct inl_stack *stack_of(const struct conn *conn) {
    return lab_stack(conn->lab, conn->host);
}

/* Bytes in our end's queue that are new. */
static size_t fresh_bytes(const struct conn *conn) {
    int n = 0;

    if (ioctl(conn->io.fd, FIONREAD, &n) < 0 || n <= (int)conn->held) {
        return 0;
    }
    return (size_t)n - conn->held;
}

/* ---- program to engine ---- */

/* Reads away the held byte and up to `want` new ones into the loaned pieces; the last byte stays
 * in the queue as the next held byte. Returns how many bytes are in the pieces now, or -errno. */
static int64_t take_bytes(struct conn *conn, const struct inl_piece pieces[2], int n, size_t want) {
    struct iovec iov[3];
    uint8_t old;
    size_t left = want - 1, got = 0;
    int k = 0;

    if (conn->held) {
        iov[k++] = (struct iovec){&old, 1};
    }
    for (int i = 0; i < n && left > 0; i++) {
        size_t len = pieces[i].len_bytes < left ? pieces[i].len_bytes : left;

        iov[k++] = (struct iovec){pieces[i].data, len};
        left -= len;
    }
    if (k > 0) {
        struct msghdr mh = {.msg_iov = iov, .msg_iovlen = (size_t)k};
        ssize_t r = recvmsg(conn->io.fd, &mh, MSG_DONTWAIT);

        if (r <= 0) {
            return r < 0 ? -errno : 0;
        }
        got = (size_t)r - conn->held;
        conn->held = false;
    }
    uint8_t *last = got < pieces[0].len_bytes ? pieces[0].data + got
                                              : pieces[1].data + (got - pieces[0].len_bytes);

    if (recv(conn->io.fd, last, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
        return (int64_t)got;
    }
    conn->held = true;
    return (int64_t)got + 1;
}

/* The program will write no more. With Fast Open the FIN waits for the handshake, which waits for
 * nothing any more: who reads has nothing to say first. */
static void end_out(struct conn *conn) {
    if (conn->says_first) {
        struct inl_piece pieces[2];

        conn->says_first = false;
        inl_recv_loan(stack_of(conn), conn->sock, pieces);
    }
    if (!conn->opens_fast) {
        conn->out_done = true;
        inl_shutdown(stack_of(conn), conn->sock, INL_SHUT_WR);
    }
}

/* Hands what the program wrote to the engine. 0 or -errno (the connection is dead). */
static int pump_out(struct conn *conn) {
    struct inl_stack *stack = stack_of(conn);

    for (int round = 0; !conn->out_done; round++) {
        struct inl_piece pieces[2] = {{0}};
        size_t fresh = fresh_bytes(conn);

        if (fresh == 0) {
            break;
        }
        if (round == ROUNDS_MAX) {
            return loop_mod(&conn->lab->loop, &conn->io,
                            EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET); /* ask for a new edge */
        }
        int n = inl_send_loan(stack, conn->sock, pieces);

        if (n <= 0) {
            return n == -EAGAIN || n == 0 ? 0 : n;
        }
        size_t room = pieces[0].len_bytes + (n > 1 ? pieces[1].len_bytes : 0);
        int64_t got = take_bytes(conn, pieces, n, fresh < room ? fresh : room);

        if (got <= 0) {
            return got == -EAGAIN ? 0 : (int)got;
        }
        int err = inl_send_commit(stack, conn->sock, (size_t)got);

        if (err < 0) {
            return err;
        }
        conn->says_first = false;
    }
    if (conn->program_eof && !conn->out_done && fresh_bytes(conn) == 0) {
        end_out(conn);
    }
    return 0;
}

/* ---- engine to program ---- */

/* Hands what the peer sent to the program. 0 or -errno (the connection is dead). */
static int pump_in(struct conn *conn) {
    struct inl_stack *stack = stack_of(conn);

    while (!conn->in_done) {
        struct inl_piece pieces[2] = {{0}};
        int n = inl_recv_loan(stack, conn->sock, pieces);

        if (n < 0) {
            return n == -EAGAIN ? 0 : n;
        }
        if (n == 0) {
            conn->in_done = true;
            shutdown(conn->io.fd, SHUT_WR);
            break;
        }
        struct iovec iov[2] = {{pieces[0].data, pieces[0].len_bytes},
                               {pieces[1].data, pieces[1].len_bytes}};
        struct msghdr mh = {.msg_iov = iov, .msg_iovlen = (size_t)n};
        ssize_t sent = sendmsg(conn->io.fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0 && errno != EPIPE && errno != ECONNRESET) {
            return errno == EAGAIN ? 0 : -errno;
        }
        if (sent < 0) { /* shutdown(SHUT_RD): what still comes is not wanted */
            if (conn->program_gone) {
                return 0; /* left unread, so that closing resets */
            }
            sent = (ssize_t)(pieces[0].len_bytes + (n > 1 ? pieces[1].len_bytes : 0));
        }
        int err = inl_recv_done(stack, conn->sock, (size_t)sent);

        if (err < 0) {
            return err;
        }
    }
    return 0;
}

/* ---- the end ---- */

/* The program has closed its last copy: FIN, or RST if it left bytes unread. */
static void close_for_program(struct conn *conn) {
    int err = 0;
    socklen_t len = sizeof(err);

    getsockopt(conn->io.fd, SOL_SOCKET, SO_ERROR, &err, &len);
    if (err == ECONNRESET && conn->state == CONN_OPEN) {
        inl_setsockopt(stack_of(conn), conn->sock, INL_OPT_LINGER, 0);
        conn_free(conn);
    } else if (conn->state != CONN_OPEN || conn->out_done) {
        conn_free(conn);
    }
    /* else: what it wrote is still on its way into the engine */
}

/* Moves what can be moved, then ends what has ended. */
static void pump(struct conn *conn) {
    int err = 0;
    uint8_t held;

    if (conn->awaits_fill && !conn->program_gone) {
        return; /* what lies in the pair is filler, or will be */
    }
    if (conn->state == CONN_OPEN) {
        int in = conn->says_first ? 0 : pump_in(conn);

        err = pump_out(conn);
        err = in < 0 ? in : err;
    } else if ((conn->state == CONN_IDLE || conn->state == CONN_FAILED) && fresh_bytes(conn) > 0) {
        err = -ENOTCONN; /* wrote without a connection */
    }
    if (err < 0) {
        conn_free(conn); /* with its held byte: the program sees ECONNRESET */
    } else if (conn->in_done && conn->out_done) {
        recv(conn->io.fd, &held, 1, MSG_DONTWAIT);
        conn_free(conn); /* without: it sees the end of file */
    } else if (conn->program_gone) {
        close_for_program(conn);
    }
}

/* ---- connect ---- */

/* Reads the filler away: the program's end becomes writable. */
static void drain_filler(struct conn *conn) {
    uint8_t *buf = conn->lab->buffer;

    while (conn->filler_bytes > 0) {
        size_t want = (size_t)conn->filler_bytes < sizeof(conn->lab->buffer)
                          ? (size_t)conn->filler_bytes
                          : sizeof(conn->lab->buffer);
        ssize_t n = recv(conn->io.fd, buf, want, MSG_DONTWAIT);

        if (n <= 0) {
            break;
        }
        conn->filler_bytes -= n;
    }
    conn->filler_bytes = 0;
}

static void answer_waiter(struct conn *conn, int result) {
    struct proto_msg msg;

    if (conn->waiter_id == 0) {
        return;
    }
    proto_init(&msg, PROTO_CONNECT);
    msg.result = result;
    control_answer(conn->lab, conn->waiter_client, conn->waiter_id, &msg, NULL, 0);
    conn->waiter_id = 0;
    conn->result_known = true;
}

static void connect_done(struct conn *conn, int error) {
    conn->connect_error = error;
    conn->result_known = false;
    conn->state = error ? CONN_FAILED : CONN_OPEN;
    answer_waiter(conn, -error);
    if (!conn->awaits_fill) {
        drain_filler(conn);
    }
}

void splice_tcp_filled(struct conn *conn, int64_t bytes) {
    if (!conn->awaits_fill || bytes < 0) {
        return;
    }
    conn->awaits_fill = false;
    conn->filler_bytes = bytes;
    if (conn->state != CONN_CONNECTING) {
        drain_filler(conn);
        pump(conn);
    }
}

int splice_tcp_take_error(struct conn *conn) {
    int error = conn->state == CONN_FAILED && !conn->result_known ? conn->connect_error : 0;

    conn->result_known = conn->result_known || error != 0;
    return error;
}

static int connect_start(struct conn *conn, const struct inl_sockaddr *to, bool nonblocking,
                         uint64_t client, uint64_t id, bool *ret_fill) {
    int r = inl_connect(stack_of(conn), conn->sock, to);

    conn->result_known = true;
    if (r == 0) { /* a Fast Open cookie is known: the engine waits for data */
        conn->state = CONN_OPEN;
        conn->opens_fast = conn->says_first = true;
        return 0;
    }
    if (r != -EINPROGRESS) {
        return r;
    }
    conn->state = CONN_CONNECTING;
    conn->result_known = false;
    if (!nonblocking) {
        conn->waiter_client = client;
        conn->waiter_id = id;
        return CONN_WAITS;
    }
    conn->awaits_fill = true;
    *ret_fill = true;
    return r;
}

int splice_tcp_connect(struct conn *conn, const struct inl_sockaddr *to, bool nonblocking,
                       uint64_t client, uint64_t id, bool *ret_fill) {
    switch (conn->state) {
    case CONN_CONNECTING:
        if (nonblocking) {
            return -EALREADY;
        }
        answer_waiter(conn, -EALREADY);
        conn->waiter_client = client;
        conn->waiter_id = id;
        return CONN_WAITS;
    case CONN_OPEN:
        if (conn->result_known) {
            return -EISCONN;
        }
        conn->result_known = true;
        return 0;
    case CONN_FAILED:
        if (!conn->result_known) {
            conn->result_known = true;
            return -conn->connect_error;
        }
        return connect_start(conn, to, nonblocking, client, id, ret_fill);
    case CONN_IDLE:
        return connect_start(conn, to, nonblocking, client, id, ret_fill);
    default:
        return -EISCONN; /* what Linux says of a listener */
    }
}

/* ---- listen ---- */

/* Sends a token with the program's end of a new connection. 0 or -errno. */
static int send_token(struct conn *listener, const struct conn *fresh, int program_fd) {
    struct inl_stack *stack = stack_of(fresh);
    struct inl_sockaddr local = {0}, remote = {0};
    struct proto_token token = {.magic = PROTO_MAGIC, .family = fresh->family};
    struct iovec iov = {&token, sizeof(token)};

    inl_getsockname(stack, fresh->sock, &local);
    inl_getpeername(stack, fresh->sock, &remote);
    token.cookie = fresh->by_cookie.key;
    token.local = proto_addr_from(&local, fresh->family);
    token.remote = proto_addr_from(&remote, fresh->family);
    return proto_pass(listener->io.fd, &iov, 1, program_fd);
}

/* A pair and a conn for a connection that the engine has accepted. 0 or -errno. */
static int adopt(struct conn *listener, inl_sock sock, struct conn **ret_conn, int *ret_fd) {
    struct lab *lab = listener->lab;
    uint64_t cookie;
    int program_fd, lab_fd;
    int err = pair_make(true, &program_fd, &lab_fd, &cookie);

    if (err < 0) {
        return err;
    }
    err = conn_new(lab, listener->host, sock, lab_fd, cookie, listener->family, INL_SOCK_STREAM,
                   ret_conn);
    if (err < 0) {
        close(program_fd);
        return err;
    }
    (*ret_conn)->state = CONN_OPEN;
    (*ret_conn)->result_known = true;
    (*ret_conn)->client_id = listener->client_id;
    (*ret_conn)->pid = listener->pid;
    memcpy((*ret_conn)->program, listener->program, sizeof(listener->program));
    *ret_fd = program_fd;
    return 0;
}

/* Offers the connection in hand to the program. True when the next one may be taken. */
static bool offer(struct conn *listener) {
    int err = send_token(listener, listener->untaken, listener->untaken_fd);

    if (err == -EAGAIN) {
        return false;
    }
    close(listener->untaken_fd); /* after another failure: the last copy; it will be reset */
    listener->untaken = NULL;
    listener->untaken_fd = -1;
    return err == 0 || err == -ETOOMANYREFS;
}

static void accept_all(struct conn *listener) {
    struct inl_stack *stack = stack_of(listener);

    for (;;) {
        if (listener->untaken != NULL && !offer(listener)) {
            return;
        }
        inl_sock sock = inl_accept(stack, listener->sock, NULL);

        if (sock < 0) {
            return;
        }
        if (adopt(listener, sock, &listener->untaken, &listener->untaken_fd) < 0) {
            listener->untaken = NULL;
            inl_setsockopt(stack, sock, INL_OPT_LINGER, 0);
            inl_close(stack, sock);
        }
    }
}

int splice_tcp_listen(struct conn *conn, int backlog) {
    if (conn->state != CONN_IDLE && conn->state != CONN_LISTENING) {
        return -EINVAL;
    }
    int err = inl_listen(stack_of(conn), conn->sock, backlog);

    if (err == 0) {
        conn->state = CONN_LISTENING;
        accept_all(conn);
    }
    return err;
}

/* ---- what happens ---- */

void splice_tcp_io(struct conn *conn, uint32_t events) {
    if ((events & (EPOLLHUP | EPOLLERR)) != 0 && !conn->in_done) {
        conn->program_gone = true;
    }
    if ((events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
        conn->program_eof = true;
    }
    if (conn->state == CONN_LISTENING && !conn->program_gone) {
        if (conn->program_eof) {
            conn_free(conn); /* shutdown() of a listener ends it */
        } else {
            accept_all(conn);
        }
        return;
    }
    pump(conn);
}

static int engine_error(const struct conn *conn, int unknown) {
    int64_t err = 0;

    if (inl_getsockopt(stack_of(conn), conn->sock, INL_OPT_ERROR, &err) < 0 || err == 0) {
        return unknown;
    }
    return (int)err;
}

void splice_tcp_event(struct conn *conn, uint32_t events) {
    if (conn->state == CONN_LISTENING) {
        accept_all(conn);
        return;
    }
    if ((events & (INL_EV_CONNECTED | INL_EV_ERROR | INL_EV_CLOSED)) != 0) {
        conn->opens_fast = false;
    }
    if (conn->state == CONN_CONNECTING) {
        if ((events & (INL_EV_ERROR | INL_EV_CLOSED)) != 0) {
            connect_done(conn, engine_error(conn, ECONNABORTED));
        } else if ((events & INL_EV_CONNECTED) != 0) {
            connect_done(conn, 0);
        }
    }
    pump(conn);
}
