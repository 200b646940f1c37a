/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tun_peer.h - the other end of the TUN benchmarks: the kernel's TCP, and the frame of a run
 *
 * The process moves into a network namespace of its own, makes a TUN device and gives the kernel's
 * end 10.9.0.1/24. A child process talks TCP through the kernel with 10.9.0.2, which is the stack
 * under test, in the parent. Rows: the kernel sends ("tun-in") or receives ("tun-out"), on a plain
 * device or ("-vnet") with virtio-net headers and segments of up to 64 KiB.
 */
#ifndef BENCH_TUN_PEER_H
#define BENCH_TUN_PEER_H

#include <stdbool.h>
#include <stdint.h>

#define TUN_PORT 5000
#define TUN_MTU_BYTES 1500
#define TUN_KERNEL_ADDR 0x0a090001U /* 10.9.0.1 */
#define TUN_STACK_ADDR 0x0a090002U  /* 10.9.0.2 */

struct tun_subject {
    const char *name;
    const char *version;
    /* Opens the device and the stack behind it; then ret_name is the device's. False: not so. */
    bool (*open)(bool vnet, char ret_name[16]);
    void (*listen)(void);
    /* Takes a connection and that many bytes until the peer closes; returns when the first came. */
    uint64_t (*take)(uint64_t bytes);
    /* Connects, sends that many bytes, closes, and returns when the peer has closed too; gives when
     * the first was sent. */
    uint64_t (*give)(uint64_t bytes);
};

int tun_bench_main(const struct tun_subject *subject, int argc, char **argv);

#endif
