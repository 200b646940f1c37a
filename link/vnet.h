/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vnet.h - the virtio-net header that stands before a frame and describes its offloads
 *
 * Ten bytes in the machine's order (OASIS virtio 1.2, 5.1.6; linux/virtio_net.h), as TUN and TAP
 * devices speak it when asked to. It says the same as struct inl_offload.
 */
#ifndef LINK_VNET_H
#define LINK_VNET_H

#include <inlet/offload.h>

#include <stddef.h>
#include <stdint.h>

#define VNET_HDR_BYTES 10

/**
 * vnet_parse() - reads the header of a frame from the device
 * @frame_len: of the frame behind it
 *
 * Returns 0, or -EINVAL: not TCP (UDP fragmentation is not asked for), a size of zero, or a
 * checksum that would lie outside the frame.
 */
int vnet_parse(const uint8_t hdr[VNET_HDR_BYTES], size_t frame_len, struct inl_offload *ret);

/**
 * vnet_emit() - writes the header for a frame to the device
 * @frame: begins as @kind says; of a super-frame, the IP version is looked at
 */
void vnet_emit(const struct inl_offload *offload, enum inl_link_kind kind, const uint8_t *frame,
               size_t frame_len, uint8_t ret_hdr[VNET_HDR_BYTES]);

#endif
