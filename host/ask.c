/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ask.c - the supervisor's side of the conversation with the lab
 *
 * A question carries an id under which its call waits; answers come in any order. When the lab has
 * gone, every question ends with ENETDOWN; sockets that were open have got ECONNRESET from the
 * kernel by then, because the lab's ends of their pairs were closed with it.
 */
#include "host/sup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int sup_sock_add(struct sup *sup, uint64_t cookie, uint8_t family, uint8_t type) {
    struct sup_sock *sock = calloc(1, sizeof(*sock));

    if (sock == NULL) {
        return -ENOMEM;
    }
    sock->family = family;
    sock->type = type;
    if (table_insert(&sup->socks, &sock->node, cookie) < 0) {
        free(sock);
        return -ENOMEM;
    }
    return 0;
}

static void sock_forget(struct sup *sup, uint64_t cookie) {
    struct table_node *node = table_find(&sup->socks, cookie);

    if (node != NULL) {
        sup_sock_erring(sup, cookie, 0, SUP_ERR_PENDING | SUP_ERR_QUEUED);
        table_remove(&sup->socks, node);
        free(TABLE_ENTRY(node, struct sup_sock, node));
    }
}

/* The program's name, for netstat: it may change with every exec. */
static void read_comm(pid_t pid, char *buf, size_t cap) {
    char path[32];

    buf[0] = '\0';
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    FILE *f = fopen(path, "re");

    if (f != NULL) {
        if (fgets(buf, (int)cap, f) == NULL) {
            buf[0] = '\0';
        }
        fclose(f);
    }
    buf[strcspn(buf, "\n")] = '\0';
}

static void sign(struct call *call, struct proto_msg *msg) {
    msg->cookie = call->cookie;
    msg->pid = (uint32_t)call->pid;
    if (msg->op == PROTO_SOCKET || msg->op == PROTO_LISTEN || msg->op == PROTO_CONNECT ||
        msg->op == PROTO_ACCEPTED) {
        read_comm(call->pid, msg->text, sizeof(msg->text));
    }
}

int64_t ask(struct sup *sup, struct call *call, struct proto_msg *msg, const void *payload,
            size_t payload_len, int pass_fd, call_answer_fn answer) {
    if (sup->lab_lost) {
        return -ENETDOWN;
    }
    if (!call_valid(sup, call)) {
        return CALL_DONE;
    }
    sign(call, msg);
    msg->id = ++sup->next_id;
    int err = proto_send(sup->lab_fd, msg, payload, payload_len, pass_fd);

    if (err < 0) {
        return err == -EAGAIN ? -ENOBUFS : -ENETDOWN;
    }
    call->on_answer = answer;
    err = table_insert(&sup->asked, &call->by_id, msg->id);
    if (err < 0) {
        call->by_id.key = 0;
        return err;
    }
    return CALL_PENDING;
}

void ask_notice(struct sup *sup, struct call *call, struct proto_msg *msg) {
    if (!sup->lab_lost) {
        sign(call, msg);
        proto_send(sup->lab_fd, msg, NULL, 0, -1);
    }
}

int64_t ask_result(struct sup *sup, struct call *call, const struct proto_msg *msg,
                   const void *payload) {
    (void)sup, (void)call, (void)payload;
    return msg->result;
}

static int64_t ended_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                            const void *payload) {
    (void)sup, (void)msg, (void)payload;
    return call->value[1];
}

int64_t call_ended(struct sup *sup, struct call *call, int result) {
    struct proto_msg msg;

    call->value[1] = result;
    loop_del(&sup->loop, &call->wait);
    proto_init(&msg, PROTO_GETOPT);
    msg.arg[0] = INL_OPT_TYPE;
    return ask(sup, call, &msg, NULL, 0, -1, ended_answer);
}

void ask_answered(struct sup *sup, struct call *call, const struct proto_msg *msg,
                  const void *payload) {
    call->has_effect = true;
    call_finish(sup, call, call->on_answer(sup, call, msg, payload));
}

/* For a call that may be restarted: false if memory is short. */
static bool hold(struct call *call, const struct proto_msg *msg, const void *payload) {
    call->held = malloc(sizeof(*msg) + msg->payload_len);
    if (call->held != NULL) {
        *call->held = *msg;
        memcpy(call->held + 1, payload, msg->payload_len);
    }
    return call->held != NULL;
}

static void answer_arrived(struct sup *sup, const struct proto_msg *msg) {
    struct table_node *node = table_find(&sup->asked, msg->id);

    if (node == NULL) {
        return; /* the program gave up meanwhile */
    }
    struct call *call = TABLE_ENTRY(node, struct call, by_id);

    table_remove(&sup->asked, node);
    node->key = 0;
    if (call_valid(sup, call) || !hold(call, msg, sup->payload)) {
        ask_answered(sup, call, msg, sup->payload);
    }
}

static void lab_gone(struct sup *sup) {
    loop_del(&sup->loop, &sup->lab);
    if (sup->lab_lost) {
        return;
    }
    sup->lab_lost = true;
    if (!sup->stop) {
        fprintf(stderr, "inlet: the lab has gone: the program's connections are reset, and "
                        "there is no network from now on\n");
    }
    for (struct call *c = sup->calls.next, *next; c != &sup->calls; c = next) {
        next = c->next;
        if (c->by_id.key != 0) {
            call_finish(sup, c, -ENETDOWN);
        }
    }
}

/* Takes in one message; was there one? */
static bool take_message(struct sup *sup) {
    struct proto_msg msg;
    int passed = -1;
    int got = proto_recv(sup->lab_fd, &msg, sup->payload, &passed);

    if (passed >= 0) {
        close(passed); /* a lab has none to give */
    }
    if (got == -EAGAIN) {
        return false;
    }
    if (got <= 0) {
        lab_gone(sup);
    } else if (msg.is_reply) {
        answer_arrived(sup, &msg);
    } else if (msg.op == PROTO_CLOSED) {
        sock_forget(sup, msg.cookie);
    } else if (msg.op == PROTO_TROUBLE) {
        sup_sock_erring(sup, msg.cookie,
                        SUP_ERR_PENDING | (msg.arg[0] != 0 ? (unsigned)SUP_ERR_QUEUED : 0), 0);
    }
    return got > 0;
}

static void on_lab(struct loop_source *source, uint32_t events) {
    (void)events;
    take_message(source->ctx);
}

void ask_drain(struct sup *sup) {
    while (!sup->lab_lost && take_message(sup)) {
    }
}

int ask_init(struct sup *sup, int lab_fd) {
    sup->lab_fd = lab_fd;
    sup->lab.fn = on_lab;
    sup->lab.ctx = sup;
    return loop_add(&sup->loop, &sup->lab, lab_fd, EPOLLIN);
}

void ask_done(struct sup *sup) {
    loop_del(&sup->loop, &sup->lab);
    struct table_node *node;

    while ((node = table_any(&sup->socks)) != NULL) {
        table_remove(&sup->socks, node);
        free(TABLE_ENTRY(node, struct sup_sock, node));
    }
    table_done(&sup->socks);
    table_done(&sup->asked);
}
