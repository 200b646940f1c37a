/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own_host.c - a host of our own beside the kernel's
 *
 * An address that the kernel does not have needs somebody who answers ARP and ND for it, and who says
 * no (RST, port unreachable) to what comes back, so that peers do not wait for a handshake's end. That
 * is a TCP/IP host: the engine, with a packet socket as its link, and no sockets. It uses the Ethernet
 * address of the interface. The kernel sees the same frames, finds that the address is not its own, and
 * drops them, unless it is a router.
 */
#include "tools/scan/own_host.h"

#include "host/loop.h"
#include "tools/scan/route.h"
#include "tools/scan/sweep.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inlet/malloc.h>
#include <inlet/stack.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define MTU 1500
#define FRAME_MAX (MTU + INL_FRAME_OVERHEAD)
#define FRAMES_A_RUN 256

struct own_host {
    struct inl_stack *stack;
    int fd, link;
    uint8_t frame[FRAME_MAX];
};

static int open_socket(int link) {
    struct sockaddr_ll at = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = link};
    struct packet_mreq all = {.mr_ifindex = link, .mr_type = PACKET_MR_ALLMULTI};
    int yes = 1;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return -errno;
    }
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
        int err = -errno;

        close(fd);
        return err;
    }
    return fd;
}

/* Without a router the prefix is as wide as it gets: whoever asks for the address is answered on the link.
 * With one it is the interface's, and what is outside goes to the router. */
static int give_address(struct own_host *host, int link, const struct inl_addr *addr,
                        const struct inl_addr *gateway) {
    bool four = inl_addr_is4(addr);
    int bits = gateway == NULL ? (four ? 8 : 64) : route_prefix(link, addr);
    struct inl_route route = {.dst = four ? INL_ADDR_ANY4 : INL_ADDR_ANY, .link = host->link};
    int err = bits < 0 ? bits : inl_addr_add(host->stack, host->link, addr, (unsigned)bits);

    if (err < 0 || gateway == NULL) {
        return err;
    }
    route.gateway = *gateway;
    return inl_route_add(host->stack, &route);
}

static int make_stack(struct own_host *host, const uint8_t mac[6]) {
    struct inl_config config;
    struct inl_link_config link = {
        .kind = INL_LINK_ETHERNET, .name = "scan", .mtu_bytes = MTU, .flags = INL_LINK_RX_CSUM_OK};

    inl_config_init(&config);
    config.alloc = inl_malloc();
    config.now = loop_now();
    if (getrandom(config.seed, sizeof(config.seed), 0) < 0) {
        return -errno;
    }
    for (unsigned i = 0; i < 6; i++) {
        link.mac[i] = mac[i];
    }
    int err = inl_stack_new(&config, &host->stack);

    if (err < 0) {
        return err;
    }
    host->link = inl_link_add(host->stack, &link);
    return host->link < 0 ? host->link : 0;
}

int own_host_open(int link, const struct inl_addr *addr, const struct inl_addr *gateway,
                  struct own_host **ret) {
    struct own_host *host = calloc(1, sizeof(*host));
    uint8_t mac[6];

    if (host == NULL) {
        return -ENOMEM;
    }
    int err = route_mac(link, mac) ? 0 : -ENODEV;

    host->fd = err == 0 ? open_socket(link) : err;
    err = host->fd < 0 ? host->fd : make_stack(host, mac);
    err = err == 0 ? give_address(host, link, addr, gateway) : err;
    if (err < 0) {
        own_host_close(host);
        return err;
    }
    own_host_run(host);
    *ret = host;
    return 0;
}

void own_host_close(struct own_host *host) {
    if (host == NULL) {
        return;
    }
    if (host->stack != NULL) {
        own_host_run(host);
    }
    inl_stack_free(host->stack);
    if (host->fd >= 0) {
        close(host->fd);
    }
    free(host);
}

int own_host_fd(const struct own_host *host) {
    return host->fd;
}

void own_host_run(struct own_host *host) {
    inl_time now = loop_now();
    struct inl_tx_frame out = {.data = host->frame, .cap_bytes = sizeof(host->frame)};
    ssize_t n;

    for (unsigned i = 0;
         i < FRAMES_A_RUN && (n = recv(host->fd, host->frame, sizeof(host->frame), MSG_TRUNC)) > 0;
         i++) {
        struct inl_rx_frame in = {.data = host->frame, .len_bytes = (size_t)n};

        if ((size_t)n <= sizeof(host->frame)) {
            inl_rx(host->stack, host->link, &in, 1, now);
        }
        while (inl_tx(host->stack, host->link, &out, 1, now) > 0) {
            /* what does not fit is lost, as on any link */
            if (send(host->fd, out.data, out.len_bytes, 0) < 0) {
                break;
            }
        }
    }
    inl_advance(host->stack, now);
    while (inl_tx(host->stack, host->link, &out, 1, now) > 0) {
        if (send(host->fd, out.data, out.len_bytes, 0) < 0) {
            break;
        }
    }
}
