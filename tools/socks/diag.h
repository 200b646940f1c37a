/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diag.h - what questions by sock_diag share
 */
#ifndef TOOLS_SOCKS_DIAG_H
#define TOOLS_SOCKS_DIAG_H

#include "tools/socks/sock.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>

/* IPPROTO_TCP, ... of enum sock_kind */
extern const uint8_t diag_protocols[SK_KINDS];

/* Asks for a dump, whose type and header are in @nlh, and hands each message of the answer to @fn. 0
 * or -errno. */
int diag_ask(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t fn, void *data);

#endif
