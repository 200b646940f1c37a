/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tun.c - frames to and from a Linux TAP or TUN device
 *
 * The kernel's documentation of the device is Documentation/networking/tuntap.rst.
 */
#include "link/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(sizeof(((struct tun *)0)->name) == IFNAMSIZ, "interface names fit");

/* Some interfaces, once opened, are raised in MTU by their administrator. Frames up to this
 * size are then still received whole. */
#define TUN_FRAME_MIN_CAP_BYTES 2048

static int tun_attach(struct tun *t, const char *name) {
    struct ifreq ifr;

    memset(&ifr, 0, sizeof(ifr));
    memcpy(ifr.ifr_name, name, strlen(name));
    ifr.ifr_flags = (short)((t->kind == INL_LINK_ETHERNET ? IFF_TAP : IFF_TUN) | IFF_NO_PI);
    if (ioctl(t->fd, TUNSETIFF, &ifr) < 0) {
        return -errno;
    }
    memcpy(t->name, ifr.ifr_name, sizeof(t->name)); /* the kernel has filled in any %d */
    return 0;
}

/* Ours must differ from the kernel's, be unicast and locally administered. */
static void tun_make_mac(struct tun *t) {
    memcpy(t->mac, t->kernel_mac, sizeof(t->mac));
    t->mac[0] = (uint8_t)((t->mac[0] | 0x02) & 0xfe);
    t->mac[5] ^= 0x01;
}

/* Interface properties are asked for through any socket. */
static int tun_query(struct tun *t) {
    struct ifreq ifr;
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int rc = 0;

    if (s < 0) {
        return -errno;
    }
    memset(&ifr, 0, sizeof(ifr));
    memcpy(ifr.ifr_name, t->name, sizeof(t->name));
    if (ioctl(s, SIOCGIFMTU, &ifr) < 0) {
        rc = -errno;
    } else {
        t->mtu_bytes = (uint32_t)ifr.ifr_mtu;
    }
    if (rc == 0 && t->kind == INL_LINK_ETHERNET) {
        if (ioctl(s, SIOCGIFHWADDR, &ifr) < 0) {
            rc = -errno;
        } else {
            memcpy(t->kernel_mac, ifr.ifr_hwaddr.sa_data, sizeof(t->kernel_mac));
            tun_make_mac(t);
        }
    }
    close(s);
    return rc;
}

static int tun_alloc(struct tun *t) {
    t->frame_cap_bytes = INL_FRAME_OVERHEAD + (size_t)t->mtu_bytes;
    if (t->frame_cap_bytes < TUN_FRAME_MIN_CAP_BYTES) {
        t->frame_cap_bytes = TUN_FRAME_MIN_CAP_BYTES;
    }
    t->store = malloc(TUN_BATCH * t->frame_cap_bytes);
    return t->store ? 0 : -ENOMEM;
}

int tun_open(struct tun *ret, const char *name, enum inl_link_kind kind) {
    struct tun t = {.kind = kind};
    size_t len = strlen(name);
    int rc;

    if (len == 0 || len >= sizeof(t.name) || (kind != INL_LINK_ETHERNET && kind != INL_LINK_IP)) {
        return -EINVAL;
    }
    t.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (t.fd < 0) {
        return -errno;
    }
    rc = tun_attach(&t, name);
    rc = rc < 0 ? rc : tun_query(&t);
    rc = rc < 0 ? rc : tun_alloc(&t);
    if (rc < 0) {
        close(t.fd);
        return rc;
    }
    *ret = t;
    return 0;
}

void tun_close(struct tun *t) {
    if (t->fd >= 0) {
        close(t->fd);
    }
    free(t->store);
    memset(t, 0, sizeof(*t));
    t->fd = -1;
}

void tun_link_config(const struct tun *t, struct inl_link_config *ret) {
    memset(ret, 0, sizeof(*ret));
    ret->kind = t->kind;
    memcpy(ret->name, t->name, sizeof(ret->name));
    ret->mtu_bytes = t->mtu_bytes;
    memcpy(ret->mac, t->mac, sizeof(ret->mac));
}

static bool tun_would_block(int err) {
    return err == EAGAIN || err == EWOULDBLOCK || err == ENOBUFS;
}

int tun_read(struct tun *t, struct inl_rx_frame ret_frames[TUN_BATCH]) {
    int n = 0;

    while (n < TUN_BATCH) {
        uint8_t *buf = t->store + (size_t)n * t->frame_cap_bytes;
        ssize_t got = read(t->fd, buf, t->frame_cap_bytes);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return n > 0 || tun_would_block(errno) ? n : -errno;
        }
        ret_frames[n].data = buf;
        ret_frames[n].len_bytes = (size_t)got;
        n++;
    }
    return n;
}

int tun_write(struct tun *t, const struct inl_tx_frame *frames, size_t n) {
    size_t done = 0;

    while (done < n) {
        ssize_t put = write(t->fd, frames[done].data, frames[done].len_bytes);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return done > 0 || tun_would_block(errno) ? (int)done : -errno;
        }
        done++;
    }
    return (int)done;
}
