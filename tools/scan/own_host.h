/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own_host.h - a host of our own beside the kernel's, for a source address that the kernel does not have
 */
#ifndef TOOLS_SCAN_OWN_HOST_H
#define TOOLS_SCAN_OWN_HOST_H

#include <inlet/addr.h>

struct own_host;

/* Puts a host with an address on an interface. @gateway: the way to who is not on the link; NULL: all are.
 * 0; -ENODEV: the interface is not Ethernet; -ENETUNREACH: with a gateway the address has to be of one of
 * the interface's networks; or another -errno. Nothing is told. */
int own_host_open(int link, const struct inl_addr *addr, const struct inl_addr *gateway,
                  struct own_host **ret);
void own_host_close(struct own_host *host);

/* For poll(): call own_host_run() when it is readable, and now and then. */
int own_host_fd(const struct own_host *host);
void own_host_run(struct own_host *host);

#endif
