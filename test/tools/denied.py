#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""denied - runs a command that the kernel gives no sock_diag, as some sandboxes do

    denied.py COMMAND...

A seccomp filter lets socket(AF_NETLINK, ..., NETLINK_SOCK_DIAG) fail with EPERM. Status 77 where this
machine's system calls are not known to it.
"""

import ctypes
import os
import platform
import struct
import sys

AF_NETLINK, NETLINK_SOCK_DIAG = 16, 4
SOCKET = {"x86_64": 41, "aarch64": 198, "riscv64": 198}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, EPERM = 0x7fff0000, 0x00050001


def main():
    number = SOCKET.get(platform.machine())
    if number is None:
        print(f"skipped: the system calls of {platform.machine()} are not known")
        sys.exit(77)
    program = [(LOAD, 0, 0, 0), (JUMP_EQUAL, 0, 5, number),     # struct seccomp_data: the number,
               (LOAD, 0, 0, 16), (JUMP_EQUAL, 0, 3, AF_NETLINK),    # the first argument
               (LOAD, 0, 0, 32), (JUMP_EQUAL, 0, 1, NETLINK_SOCK_DIAG),     # and the third
               (RETURN, 0, 0, EPERM), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_void_p] * 4
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
            libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(head), 0, 0) != 0:
        print(f"skipped: no seccomp: {os.strerror(ctypes.get_errno())}")
        sys.exit(77)
    os.execvp(sys.argv[1], sys.argv[1:])


main()
