/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp.h - TCP header (RFC 9293 3.1)
 *
 * Header only; options are in tcpopt.h, the protocol in src/tcp/.
 */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include "base/rd.h"
#include "base/seq.h"
#include "base/wr.h"

#include <inlet/cause.h>

#include <stdint.h>

#define TCP_HDR_BYTES 20
#define TCP_HDR_MAX_BYTES 60
#define TCP_FLAGS_LOW_OFF 13 /* of the eight flags of RFC 9293 */
#define TCP_CSUM_OFF 16      /* of the checksum field */

enum tcp_flag {
    TCP_FIN = 0x001,
    TCP_SYN = 0x002,
    TCP_RST = 0x004,
    TCP_PSH = 0x008,
    TCP_ACK = 0x010,
    TCP_URG = 0x020,
    TCP_ECE = 0x040,
    TCP_CWR = 0x080,
    TCP_AE = 0x100, /* accurate ECN; formerly the nonce sum */
};

/**
 * struct tcp_hdr - the header
 * @flags:         enum tcp_flag, nine bits
 * @rsrvd:         the three reserved bits, to be ignored; emitted as 0
 * @win:           as on the wire, not scaled
 * @urg:           urgent pointer
 * @hdr_len_bytes: 20..60. tcp_emit() writes it: 20 plus the options that the caller appends
 * @opts:          option bytes; lent; not used by tcp_emit()
 * @payload:       lent; not used by tcp_emit()
 */
struct tcp_hdr {
    uint16_t sport;
    uint16_t dport;
    seq_t seq;
    seq_t ack;
    uint16_t flags;
    uint16_t win;
    uint16_t csum;
    uint16_t urg;
    uint8_t hdr_len_bytes;
    uint8_t rsrvd;
    struct rd opts;
    struct rd payload;
};

/**
 * tcp_parse() - reads a segment
 * @r: the whole IP payload; consumed
 *
 * TRUNCATED below 20 bytes or below the data offset; BAD_LENGTH when that is below 20.
 */
enum inl_drop tcp_parse(struct rd *r, struct tcp_hdr *ret);

/**
 * tcp_emit() - writes the 20 fixed bytes, checksum as given (usually 0, set later)
 *
 * Bad writer when hdr_len_bytes is not 20..60 and a multiple of 4.
 */
void tcp_emit(struct wr *w, const struct tcp_hdr *h);

#endif
