/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pair.h - the Unix socket pair that stands between a program and the engine
 *
 * Datagrams use SOCK_SEQPACKET: it keeps boundaries like SOCK_DGRAM, and tells the lab when the
 * program's end was closed, which SOCK_DGRAM does not.
 *
 * Streams are prepared in two ways. One byte, the seed, is sent from the program's end: the lab
 * always leaves a byte unread (splice_tcp.c says why). And the program's send buffer is doubled:
 * the byte that lies unread keeps the whole buffer of its write charged to the program, and the
 * kernel wakes a writer only when less than a quarter of the send buffer is charged. One buffer is
 * 36 KiB for write(), and 64 KiB for sendfile(), which is more than a quarter of the usual 208 KiB.
 */
#ifndef HOST_PAIR_H
#define HOST_PAIR_H

#include <stdbool.h>
#include <stdint.h>

/* Makes a pair; both ends are close-on-exec. ret_cookie is SO_COOKIE of the program's end. 0 or
 * -errno. */
int pair_make(bool stream, int *ret_program_fd, int *ret_lab_fd, uint64_t *ret_cookie);

#endif
