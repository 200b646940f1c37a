/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.c - lets the kernel join a segment
 *
 * A link with `tap = NAME` gets one more port, whose other end is the TAP device NAME. Frames go
 * both ways through the link's impairments. The kernel may hand over segments larger than the MTU,
 * which saves both sides a call each; they are cut before the world sees them, because what a link
 * does, it does to each packet. The device must exist and belong to the user, or the lab needs
 * CAP_NET_ADMIN; addresses on the kernel's side are the administrator's business.
 */
#include "host/tap.h"

#include "link/tun.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAX 65600

struct tap {
    struct tap *next;
    struct lab *lab;
    struct tun tun;
    struct loop_source io;
    int port;
};

/* To the segment, packet by packet; what is none of TCP's and no frame at all is lost. */
static void tap_cut(struct tap *tap, const struct inl_rx_frame *frame) {
    static uint8_t buf[FRAME_MAX];
    size_t pos = 0;
    int n;

    while ((n = inl_gso_cut(INL_LINK_ETHERNET, frame->data, frame->len_bytes, &frame->offload, &pos,
                            buf, sizeof(buf))) > 0) {
        inl_world_port_rx(tap->lab->world, tap->port, buf, (size_t)n, loop_now());
    }
}

static void on_tap(struct loop_source *source, uint32_t events) {
    struct tap *tap = source->ctx;
    struct inl_rx_frame frames[TUN_BATCH];
    int n = tun_read(&tap->tun, frames);

    (void)events;
    if (n < 0) {
        if (n != -EIO) { /* an interface that is down may come up again */
            loop_del(&tap->lab->loop, source);
        }
        return;
    }
    for (int i = 0; i < n; i++) {
        tap_cut(tap, &frames[i]);
    }
}

static int tap_open(struct lab *lab, int segment, const struct labfile_link *link) {
    struct tap *tap = calloc(1, sizeof(*tap));

    if (tap == NULL) {
        return -ENOMEM;
    }
    tap->lab = lab;
    tap->io.fd = -1;
    tap->io.fn = on_tap;
    tap->io.ctx = tap;
    int err = tun_open(&tap->tun, link->tap, INL_LINK_ETHERNET, TUN_OFFLOAD);

    if (err < 0) {
        fprintf(stderr,
                "inlet: cannot open TAP device %s: %s\n"
                "inlet: make it with: sudo ip tuntap add dev %s mode tap user \"$USER\"\n",
                link->tap, strerror(-err), link->tap);
        free(tap);
        return err;
    }
    tap->next = lab->taps;
    lab->taps = tap;
    tap->port = inl_world_attach_external(lab->world, segment, &link->impair);
    return tap->port < 0 ? tap->port : loop_add(&lab->loop, &tap->io, tap->tun.fd, EPOLLIN);
}

int taps_open(struct lab *lab) {
    int err = 0;

    for (unsigned i = 0; err == 0 && i < lab->file->links_n; i++) {
        if (lab->file->links[i].tap[0] != '\0') {
            err = tap_open(lab, (int)i, &lab->file->links[i]);
        }
    }
    return err;
}

void taps_close(struct lab *lab) {
    while (lab->taps != NULL) {
        struct tap *tap = lab->taps;

        lab->taps = tap->next;
        loop_del(&lab->loop, &tap->io);
        tun_close(&tap->tun);
        free(tap);
    }
}

void taps_flush(struct lab *lab) {
    static uint8_t buf[FRAME_MAX];

    for (struct tap *tap = lab->taps; tap != NULL; tap = tap->next) {
        int64_t n;

        while ((n = inl_world_port_tx(lab->world, tap->port, buf, sizeof(buf), loop_now())) > 0) {
            struct inl_tx_frame frame = {.data = buf, .len_bytes = (size_t)n};

            tun_write(&tap->tun, &frame,
                      1); /* a device that is full or down loses it, as cables do */
        }
    }
}
