/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * offload.h - frames that are not yet, or no longer, as they stand on a wire
 *
 * A super-frame is one TCP segment whose payload is too long for the link: all its headers once,
 * and a size at which to cut it. It is worth as much as the segments into which it can be cut, and
 * costs as much as one of them. Devices cut (transmit) and join (receive) them; inl_gso_cut() cuts
 * in software, for links that cannot and for whoever wants to see what a wire would carry.
 *
 * A partial checksum is one that is left to the device: its field holds the sum of the
 * pseudo-header (not complemented), and the sum of what lies from csum_start_bytes on belongs
 * there. Both descriptions are those of the virtio-net header (OASIS virtio 1.2, 5.1.6).
 */
#ifndef INLET_OFFLOAD_H
#define INLET_OFFLOAD_H

#include <inlet/export.h>
#include <stddef.h>
#include <stdint.h>

enum inl_link_kind {
    INL_LINK_ETHERNET, /* frames with a 14-byte Ethernet II header; ARP and ND are used */
    INL_LINK_IP,       /* bare IPv4 and IPv6 packets (TUN, VPN) */
    INL_LINK_LOOPBACK, /* link 0; the engine's own */
};

enum inl_offload_flags {
    INL_OFFLOAD_CSUM_PARTIAL = 1, /* the transport checksum is left to whoever puts it on a wire */
    INL_OFFLOAD_CSUM_OK = 2,      /* received: the device has verified the transport checksum */
};

/**
 * struct inl_offload - what is still to be done with a frame, or was done with it; zero: nothing
 * @flags:            enum inl_offload_flags
 * @gso_size_bytes:   TCP payload of each segment but the last; 0: this is one segment
 * @hdr_len_bytes:    with gso_size_bytes: all headers, link to TCP, that each segment begins with.
 *                    Set by inl_tx(); not looked at in frames that are received
 * @csum_start_bytes: with CSUM_PARTIAL: where the transport header begins in the frame
 * @csum_off_bytes:   with CSUM_PARTIAL: place of the checksum's field from there
 */
struct inl_offload {
    uint16_t flags;
    uint16_t gso_size_bytes;
    uint16_t hdr_len_bytes;
    uint16_t csum_start_bytes;
    uint16_t csum_off_bytes;
};

/**
 * inl_gso_cut - the next of the frames that a wire would carry for this one
 * @kind:      how @frame begins
 * @frame:     @len_bytes, described by @offload; not changed
 * @pos_bytes: where the cutting stands; 0 to begin with
 * @buf:       @cap_bytes; headers and up to gso_size_bytes of payload must fit. Not in @frame
 *
 * Lengths, IPv4 identification and header checksum, sequence number, flags (CWR on the first, FIN
 * and PSH on the last) and the transport checksum are those of separate segments; a frame without
 * gso_size_bytes comes out as one, with its checksum completed. Nothing is believed: a frame that
 * does not fit its description is refused.
 * Returns the length of the frame in @buf; 0: there are no more; -EINVAL: no such frame (not TCP,
 * a fragment, SYN, RST or URG set, lengths that do not add up); -EMSGSIZE: cap_bytes too small.
 */
INL_API int inl_gso_cut(enum inl_link_kind kind, const uint8_t *frame, size_t len_bytes,
                        const struct inl_offload *offload, size_t *pos_bytes, uint8_t *buf,
                        size_t cap_bytes);

#endif
