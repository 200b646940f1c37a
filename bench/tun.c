/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tun.c - inlet against the kernel's TCP over a TUN device
 *
 * One thread: frames are read in batches, taken by the engine, and what it has for the device is
 * written. It sleeps in poll() when the device has nothing. The application's side reads and writes
 * in place, so the engine's own copy is the only one in user space.
 */
#include "link/tun.h"
#include "bench.h"
#include "inlet_time.h"
#include "tun_peer.h"

#include <inlet/inlet.h>
#include <inlet/malloc.h>

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <string.h>

#define BURST 16
#define FRAME_BYTES (INL_FRAME_OVERHEAD + 65535)
#define BUFFER_BYTES (4 << 20)

static struct tun tun;
static struct inl_stack *stack;
static struct inl_tx_frame tx[BURST];
static inl_sock listener;

/* The heap keeps what it has: pages of the rings come and go with every window. */
static void heap_keep(void) {
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
}

static bool subject_open(bool vnet, char ret_name[16]) {
    const struct inl_addr addr = inl_addr_from4(TUN_STACK_ADDR);
    struct inl_link_config link;
    struct inl_config config;

    heap_keep();
    if (tun_open(&tun, "bench%d", INL_LINK_IP, vnet ? TUN_OFFLOAD : 0) < 0) {
        bench_die("no TUN device");
    }
    if (vnet && !tun.offload) {
        return false;
    }
    memcpy(ret_name, tun.name, sizeof(tun.name));
    inl_config_init(&config);
    config.alloc = inl_malloc();
    config.now = bench_now();
    config.tcp.rcvbuf_bytes = BUFFER_BYTES;
    config.tcp.sndbuf_bytes = BUFFER_BYTES;
    tun_link_config(&tun, &link);
    if (inl_stack_new(&config, &stack) < 0 || inl_link_add(stack, &link) != 1 ||
        inl_addr_add(stack, 1, &addr, 24) < 0) {
        bench_die("no stack");
    }
    for (size_t i = 0; i < BURST; i++) {
        tx[i] = (struct inl_tx_frame){.data = bench_room(1, FRAME_BYTES), .cap_bytes = FRAME_BYTES};
    }
    return true;
}

static void wait_readable(void) {
    struct pollfd pfd = {.fd = tun.fd, .events = POLLIN};
    inl_time due = inl_next_deadline(stack);
    inl_dur left = inl_time_is_never(due) ? INL_S : inl_time_sub(due, bench_now());

    if (left > 0) {
        (void)poll(&pfd, 1, (int)((left + INL_MS - 1) / INL_MS));
    }
}

static void transmit(void) {
    int n;

    do {
        int put;

        n = inl_tx(stack, 1, tx, BURST, bench_now());
        put = n > 0 ? tun_write(&tun, tx, (size_t)n) : 0;
        if (put < 0 && put != -EIO) { /* EIO: not up yet */
            bench_die("the device refuses frames");
        }
    } while (n == BURST);
}

/* Takes what waits; sleeps until something comes if that was nothing. */
static void pump(void) {
    struct inl_rx_frame rx[TUN_BATCH];
    struct inl_event event;
    int n;

    transmit();
    n = tun_read(&tun, rx);
    if (n > 0) {
        inl_rx(stack, 1, rx, (size_t)n, bench_now());
    } else {
        wait_readable();
    }
    inl_advance(stack, bench_now());
    while (inl_next_event(stack, &event)) {
    }
}

static void subject_listen(void) {
    struct inl_sockaddr addr = {.port = TUN_PORT};

    listener = inl_socket(stack, INL_AF_INET6, INL_SOCK_STREAM);
    if (inl_bind(stack, listener, &addr) < 0 || inl_listen(stack, listener, 1) < 0) {
        bench_die("listen failed");
    }
}

/* Reads in place all that is there; false at the end of the stream. */
static bool empty(inl_sock s, uint64_t *left) {
    struct inl_piece pieces[2];
    int n;

    while ((n = inl_recv_loan(stack, s, pieces)) > 0) {
        size_t got = pieces[0].len_bytes + (n > 1 ? pieces[1].len_bytes : 0);

        inl_recv_done(stack, s, got);
        *left -= got;
    }
    if (n < 0 && n != -EAGAIN) {
        bench_die("the connection broke");
    }
    return n != 0;
}

static uint64_t subject_take(uint64_t bytes) {
    uint64_t begin;
    inl_sock s;

    while ((s = inl_accept(stack, listener, NULL)) == -EAGAIN) {
        pump();
    }
    begin = bench_now_ns();
    while (empty(s, &bytes)) {
        pump();
    }
    inl_close(stack, s);
    transmit();
    if (bytes != 0) {
        bench_die("bytes are missing");
    }
    return begin;
}

static uint64_t fill(inl_sock s, uint64_t left) {
    struct inl_piece pieces[2];
    uint64_t sent = 0;

    while (sent < left && inl_send_loan(stack, s, pieces) > 0) {
        uint64_t n = pieces[0].len_bytes < left - sent ? pieces[0].len_bytes : left - sent;

        if (inl_send_commit(stack, s, (size_t)n) < 0) {
            break;
        }
        sent += n;
    }
    return sent;
}

static uint64_t subject_give(uint64_t bytes) {
    struct inl_sockaddr to = {.addr = inl_addr_from4(TUN_KERNEL_ADDR), .port = TUN_PORT};
    inl_sock s = inl_socket(stack, INL_AF_INET, INL_SOCK_STREAM);
    uint64_t begin;
    uint8_t byte;

    if (inl_connect(stack, s, &to) != -EINPROGRESS) {
        bench_die("connect failed");
    }
    while (!(inl_poll(stack, s) & INL_EV_WRITABLE)) {
        pump();
    }
    begin = bench_now_ns();
    while (bytes > 0) {
        bytes -= fill(s, bytes);
        pump();
    }
    inl_shutdown(stack, s, INL_SHUT_WR);
    while (inl_recv(stack, s, &byte, 1, 0) == -EAGAIN) {
        pump();
    }
    inl_close(stack, s);
    transmit();
    return begin;
}

int main(int argc, char **argv) {
    static const struct tun_subject inlet = {
        .name = "inlet",
        .version = INLET_VERSION,
        .open = subject_open,
        .listen = subject_listen,
        .take = subject_take,
        .give = subject_give,
    };

    return tun_bench_main(&inlet, argc, argv);
}
