/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pair.c - makes socket pairs (pair.h)
 */
#include "host/pair.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_BUFFER_BYTES 212992 /* the kernel doubles what is asked for, up to its own limit */

int pair_make(bool stream, int *ret_program_fd, int *ret_lab_fd, uint64_t *ret_cookie) {
    int ends[2], room = SEND_BUFFER_BYTES, err = 0;
    socklen_t len = sizeof(*ret_cookie);

    if (socketpair(AF_UNIX, (stream ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC, 0, ends) < 0) {
        return -errno;
    }
    if (stream) {
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
        if (send(ends[0], "", 1, MSG_DONTWAIT) != 1) {
            err = -ENOBUFS;
        }
    }
    if (err == 0 && getsockopt(ends[0], SOL_SOCKET, SO_COOKIE, ret_cookie, &len) < 0) {
        err = -errno;
    }
    if (err < 0) {
        close(ends[0]);
        close(ends[1]);
        return err;
    }
    *ret_program_fd = ends[0];
    *ret_lab_fd = ends[1];
    return 0;
}
