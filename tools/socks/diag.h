/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diag.h - what questions by sock_diag share
 */
#ifndef TOOLS_SOCKS_DIAG_H
#define TOOLS_SOCKS_DIAG_H

#include "tools/socks/sock.h"

#include <linux/inet_diag.h>

/* IPPROTO_TCP, ... of enum sock_kind */
extern const uint8_t diag_protocols[SK_KINDS];

#endif
