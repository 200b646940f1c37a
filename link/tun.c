/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tun.c - frames to and from a Linux TAP or TUN device
 *
 * The kernel's documentation of the device is Documentation/networking/tuntap.rst.
 */
#include "link/tun.h"
#include "link/vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(((struct tun *)0)->name) == IFNAMSIZ, "interface names fit");

/* Some interfaces, once opened, are raised in MTU by their administrator. Frames up to this
 * size are then still received whole. */
#define TUN_FRAME_MIN_CAP_BYTES 2048

/* With super-frames a batch ends when this much is full: more would not stay in the cache. */
#define TUN_STORE_BYTES (512u * 1024)
#define TUN_SUPER_BYTES 65535

#define ALIGN_BYTES 64

static int tun_attach(struct tun *t, const char *name, int extra) {
    struct ifreq ifr;

    memset(&ifr, 0, sizeof(ifr));
    memcpy(ifr.ifr_name, name, strlen(name));
    ifr.ifr_flags = (short)((t->kind == INL_LINK_ETHERNET ? IFF_TAP : IFF_TUN) | IFF_NO_PI | extra);
    if (ioctl(t->fd, TUNSETIFF, &ifr) < 0) {
        return -errno;
    }
    memcpy(t->name, ifr.ifr_name, sizeof(t->name)); /* the kernel has filled in any %d */
    return 0;
}

static int tun_attach_offload(struct tun *t, const char *name) {
    int size = VNET_HDR_BYTES;
    int rc = tun_attach(t, name, IFF_VNET_HDR);

    if (rc < 0) {
        return rc;
    }
    if (ioctl(t->fd, TUNSETVNETHDRSZ, &size) < 0 ||
        ioctl(t->fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0) {
        return -errno;
    }
    t->offload = true;
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
    t->store_bytes = TUN_BATCH * t->frame_cap_bytes;
    if (t->offload) {
        t->frame_cap_bytes = VNET_HDR_BYTES + INL_FRAME_OVERHEAD + TUN_SUPER_BYTES;
        t->store_bytes = TUN_STORE_BYTES;
    }
    t->store = malloc(t->store_bytes);
    return t->store ? 0 : -ENOMEM;
}

static int tun_device(struct tun *t) {
    t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return t->fd < 0 ? -errno : 0;
}

static int tun_attach_best(struct tun *t, const char *name, unsigned flags) {
    int rc = tun_device(t);

    if (rc == 0 && flags & TUN_OFFLOAD && tun_attach_offload(t, name) < 0) {
        close(t->fd); /* half of it may have been granted: begin anew */
        rc = tun_device(t);
    }
    if (rc == 0 && !t->offload) {
        rc = tun_attach(t, name, 0);
        /* a device that outlives its users may have been told otherwise by the last one */
        (void)(rc == 0 && ioctl(t->fd, TUNSETOFFLOAD, 0));
    }
    return rc;
}

int tun_open(struct tun *ret, const char *name, enum inl_link_kind kind, unsigned flags) {
    struct tun t = {.kind = kind, .fd = -1};
    size_t len = strlen(name);
    int rc;

    if (len == 0 || len >= sizeof(t.name) || (kind != INL_LINK_ETHERNET && kind != INL_LINK_IP)) {
        return -EINVAL;
    }
    rc = tun_attach_best(&t, name, flags);
    rc = rc < 0 ? rc : tun_query(&t);
    rc = rc < 0 ? rc : tun_alloc(&t);
    if (rc < 0) {
        if (t.fd >= 0) {
            close(t.fd);
        }
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
    ret->flags = t->offload ? INL_LINK_TX_CSUM | INL_LINK_TX_GSO : 0;
}

static bool tun_would_block(int err) {
    return err == EAGAIN || err == EWOULDBLOCK || err == ENOBUFS;
}

/* What was read becomes a frame; false: the device says of it what makes no sense. */
static bool tun_frame(const struct tun *t, const uint8_t *buf, size_t got,
                      struct inl_rx_frame *ret) {
    size_t skip = t->offload ? VNET_HDR_BYTES : 0;

    *ret = (struct inl_rx_frame){.data = buf + skip, .len_bytes = got - skip};
    return !t->offload || (got >= skip && vnet_parse(buf, ret->len_bytes, &ret->offload) == 0);
}

int tun_read(struct tun *t, struct inl_rx_frame ret_frames[TUN_BATCH]) {
    size_t used = 0;
    int n = 0;

    while (n < TUN_BATCH && t->store_bytes - used >= t->frame_cap_bytes) {
        uint8_t *buf = t->store + used;
        ssize_t got = read(t->fd, buf, t->frame_cap_bytes);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return n > 0 || tun_would_block(errno) ? n : -errno;
        }
        if (tun_frame(t, buf, (size_t)got, &ret_frames[n])) {
            used += ((size_t)got + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
            n++;
        }
    }
    return n;
}

static ssize_t tun_put(struct tun *t, const struct inl_tx_frame *frame) {
    uint8_t hdr[VNET_HDR_BYTES];
    struct iovec v[2] = {{.iov_base = hdr, .iov_len = sizeof(hdr)},
                         {.iov_base = frame->data, .iov_len = frame->len_bytes}};

    if (!t->offload) {
        return write(t->fd, frame->data, frame->len_bytes);
    }
    vnet_emit(&frame->offload, t->kind, frame->data, frame->len_bytes, hdr);
    return writev(t->fd, v, 2);
}

int tun_write(struct tun *t, const struct inl_tx_frame *frames, size_t n) {
    size_t done = 0;

    while (done < n) {
        ssize_t put = tun_put(t, &frames[done]);

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
