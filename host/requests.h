/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * requests.h - what a lab does when a supervisor asks it for something about a socket
 */
#ifndef HOST_REQUESTS_H
#define HOST_REQUESTS_H

#include "host/lab.h"
#include "host/proto.h"

#include <limits.h>

#define NO_ANSWER INT_MIN /* of a handler: it was sent, or will be */

struct request {
    struct lab *lab;
    uint64_t client_id; /* who asks */
    int *host;          /* where it lives; -1 before HELLO */
    struct conn *conn;  /* NULL if the op names no socket */
    const struct proto_msg *msg;
    const uint8_t *payload;
    int *fd; /* that came along; a handler that takes it over sets it to -1 */
    struct proto_msg answer;
};

/* Each is named like its op in proto.h. The result of the answer, or NO_ANSWER. */
int request_socket(struct request *r);
int request_bind(struct request *r);
int request_listen(struct request *r);
int request_connect(struct request *r);
int request_filled(struct request *r);
int request_sockname(struct request *r);
int request_peername(struct request *r);
int request_getopt(struct request *r);
int request_setopt(struct request *r);
int request_filter(struct request *r);
int request_ipopts(struct request *r);
int request_ip6ext(struct request *r);
int request_group(struct request *r);
int request_recverr(struct request *r);
int request_tcpinfo(struct request *r);
int request_sendto(struct request *r);
int request_accepted(struct request *r);
int request_end(struct request *r);

#endif
