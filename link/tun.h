/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tun.h - frames to and from a Linux TAP or TUN device
 *
 * A TAP device is a cable whose other end is a network interface of the kernel: what the
 * kernel sends there is read here, what is written here the kernel receives. A TUN device is
 * the same without Ethernet. Plain, nothing stands in front of a frame (IFF_NO_PI) and no offload
 * is asked for, so checksums are whole and frames fit the MTU. With TUN_OFFLOAD a virtio-net header
 * (vnet.h) comes with each frame, and TCP segments of up to 64 KiB cross in one piece, in both
 * directions, their checksums left undone where nobody can have spoilt them: a system call and a
 * way through each stack for 45 segments instead of one. A kernel that refuses any of that gives a
 * plain device.
 *
 * Reading and writing never block and move up to TUN_BATCH frames a call. The device makes one
 * system call a frame; the batch is what lets the engine see a burst as a burst.
 *
 * Does not do: UDP segmentation, several queues, setting addresses or bringing the interface up:
 * that is the administrator's.
 */
#ifndef LINK_TUN_H
#define LINK_TUN_H

#include <inlet/stack.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUN_BATCH 64

enum tun_flags {
    TUN_OFFLOAD = 1, /* super-frames and partial checksums, if the kernel has them */
};

/**
 * struct tun - an open device; fields are for reading
 * @fd:        for poll(): readable when frames wait
 * @kind:      INL_LINK_ETHERNET (TAP) or INL_LINK_IP (TUN)
 * @name:      of the kernel's interface
 * @mtu_bytes: of the kernel's interface, when it was opened
 * @kernel_mac: TAP: address of the kernel's end
 * @mac:       TAP: an address for our end, made from the kernel's and different from it
 * @offload:   TUN_OFFLOAD was asked for and granted
 * @store:     receive buffers, @store_bytes in all
 * @frame_cap_bytes: of the largest frame, and of its virtio-net header
 */
struct tun {
    int fd;
    enum inl_link_kind kind;
    char name[16];
    uint32_t mtu_bytes;
    uint8_t kernel_mac[6];
    uint8_t mac[6];
    bool offload;
    uint8_t *store;
    size_t store_bytes;
    size_t frame_cap_bytes;
};

/**
 * tun_open() - opens the device @name, and makes it if it is not there
 * @kind: INL_LINK_ETHERNET for TAP, INL_LINK_IP for TUN
 * @flags: enum tun_flags
 *
 * Opening needs CAP_NET_ADMIN or to be the device's owner (ip tuntap add ... user NAME). A
 * device that was made here goes away with tun_close(). Returns 0, or -EINVAL (name empty or
 * too long, kind), -EPERM, -EBUSY (somebody has it open), -ENOENT or -ENODEV (no /dev/net/tun),
 * -ENOMEM, or another negative errno.
 */
int tun_open(struct tun *ret, const char *name, enum inl_link_kind kind, unsigned flags);

/** tun_close() - closes it and frees its buffers; the struct may be opened again */
void tun_close(struct tun *t);

/** tun_link_config() - describes our end for inl_link_add(), with what the device takes over */
void tun_link_config(const struct tun *t, struct inl_link_config *ret);

/**
 * tun_read() - takes frames that wait
 * @ret_frames: lent until the next call
 *
 * Returns how many, 0 if none waits; fewer than wait if they are large. -EBADFD or -ENODEV when the
 * device has gone, -EIO when the interface is down. A frame that is larger than the MTU was when
 * the device was opened is cut by the kernel.
 */
int tun_read(struct tun *t, struct inl_rx_frame ret_frames[TUN_BATCH]);

/**
 * tun_write() - sends frames
 * @frames: @n of them; data, len_bytes and offload count, cause and owner do not matter
 *
 * Returns how many the device took; fewer than @n when its queue is full: wait for POLLOUT. A
 * negative errno if the first one failed for another reason: -EIO (interface is down), -EINVAL
 * (not a frame), -ENODEV, -EBADFD.
 */
int tun_write(struct tun *t, const struct inl_tx_frame *frames, size_t n);

#endif
