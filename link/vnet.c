/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vnet.c - the virtio-net header (see vnet.h)
 *
 * hdr_len is a hint that drivers may get wrong: it is written, and not read.
 */
#include "link/vnet.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>

#define ETH_BYTES 14

_Static_assert(sizeof(struct virtio_net_hdr) == VNET_HDR_BYTES, "the header without num_buffers");

int vnet_parse(const uint8_t hdr[VNET_HDR_BYTES], size_t frame_len, struct inl_offload *ret) {
    struct virtio_net_hdr h;
    struct inl_offload o = {0};

    memcpy(&h, hdr, sizeof(h));
    switch (h.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_NONE:
        break;
    case VIRTIO_NET_HDR_GSO_TCPV4:
    case VIRTIO_NET_HDR_GSO_TCPV6:
        if (h.gso_size == 0) {
            return -EINVAL;
        }
        o.gso_size_bytes = h.gso_size;
        break;
    default:
        return -EINVAL;
    }
    if (h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        if ((size_t)h.csum_start + h.csum_offset + 2 > frame_len) {
            return -EINVAL;
        }
        o.flags = INL_OFFLOAD_CSUM_PARTIAL;
        o.csum_start_bytes = h.csum_start;
        o.csum_off_bytes = h.csum_offset;
    } else if (h.flags & VIRTIO_NET_HDR_F_DATA_VALID) {
        o.flags = INL_OFFLOAD_CSUM_OK;
    }
    *ret = o;
    return 0;
}

void vnet_emit(const struct inl_offload *offload, enum inl_link_kind kind, const uint8_t *frame,
               size_t frame_len, uint8_t ret_hdr[VNET_HDR_BYTES]) {
    size_t ip = kind == INL_LINK_ETHERNET ? ETH_BYTES : 0;
    struct virtio_net_hdr h = {0};

    if (offload->flags & INL_OFFLOAD_CSUM_PARTIAL) {
        h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        h.csum_start = offload->csum_start_bytes;
        h.csum_offset = offload->csum_off_bytes;
    }
    if (offload->gso_size_bytes > 0 && frame_len > ip) {
        h.gso_type = frame[ip] >> 4 == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
        h.gso_size = offload->gso_size_bytes;
        h.hdr_len = offload->hdr_len_bytes;
    }
    memcpy(ret_hdr, &h, sizeof(h));
}
