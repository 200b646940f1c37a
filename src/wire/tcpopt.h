/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpopt.h - TCP options (RFC 9293 3.2, RFC 7323, RFC 2018, RFC 7413, RFC 9768)
 *
 * A walk over at most 40 bytes that consumes at least one of them in each step, whatever they
 * say (RFC 9293 MUST-7). Options need not be aligned (MUST-64), unknown ones are skipped by
 * their length (MUST-6, MUST-68).
 *
 * Does not do: MD5 signatures, TCP-AO, multipath; they are skipped.
 */
#ifndef WIRE_TCPOPT_H
#define WIRE_TCPOPT_H

#include "base/rd.h"
#include "base/seq.h"
#include "base/wr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_OPTS_MAX_BYTES 40
#define TCP_WSCALE_MAX 14 /* RFC 7323 2.3: larger values count as 14 */
#define TCP_SACK_MAX 4
#define TCP_ACCECN_MAX 3
#define TCP_TFO_COOKIE_MIN_BYTES 4
#define TCP_TFO_COOKIE_MAX_BYTES 16

enum tcp_opt_kind {
    TCP_OPT_EOL = 0,
    TCP_OPT_NOP = 1,
    TCP_OPT_MSS = 2,
    TCP_OPT_WSCALE = 3,
    TCP_OPT_SACK_OK = 4,
    TCP_OPT_SACK = 5,
    TCP_OPT_TS = 8,
    TCP_OPT_UTO = 28,
    TCP_OPT_TFO = 34,
    TCP_OPT_ACCECN0 = 172,
    TCP_OPT_ACCECN1 = 174,
};

enum tcp_opt_has {
    TCP_HAS_MSS = 0x01,
    TCP_HAS_WSCALE = 0x02,
    TCP_HAS_SACK_OK = 0x04,
    TCP_HAS_SACK = 0x08,
    TCP_HAS_TS = 0x10,
    TCP_HAS_TFO = 0x20,
    TCP_HAS_ACCECN0 = 0x40,
    TCP_HAS_ACCECN1 = 0x80,
    TCP_HAS_UTO = 0x100,
};

/** struct tcp_sack_block - received bytes [@left, @right); not checked for sense */
struct tcp_sack_block {
    seq_t left;
    seq_t right;
};

/**
 * struct tcp_opts - options of one segment
 * @sack:    first @sack_n are set
 * @ts_val, @ts_ecr: timestamps
 * @mss:     as sent: may be absurdly small
 * @wscale:  0..14
 * @accecn:  byte counters of 24 bits, first @accecn_n are set: echoed ECT(0), CE, ECT(1) with
 *           ACCECN0, and the other way round with ACCECN1 (of which a segment has one)
 * @tfo:     Fast Open cookie of @tfo_len bytes; 0 bytes ask for a cookie
 * @uto:     user timeout: 15 bits, in minutes if the top bit is set
 * @present: enum tcp_opt_has
 * @bad:     an option had an impossible length. It was ignored, and nothing was read behind a
 *           length that led nowhere; the other fields are good.
 */
struct tcp_opts {
    struct tcp_sack_block sack[TCP_SACK_MAX];
    uint32_t accecn[TCP_ACCECN_MAX];
    uint32_t ts_val;
    uint32_t ts_ecr;
    uint16_t mss;
    uint16_t uto;
    uint8_t wscale;
    uint8_t sack_n;
    uint8_t accecn_n;
    uint8_t tfo[TCP_TFO_COOKIE_MAX_BYTES];
    uint8_t tfo_len;
    uint16_t present;
    bool bad;
};

/** tcp_opts_parse() - reads the options of a segment (tcp_hdr.opts); cannot fail: see @bad */
void tcp_opts_parse(struct rd opts, struct tcp_opts *ret);

/** TCP_TS_ALONE - how timestamps with their padding begin, if a segment has no other option */
#define TCP_TS_ALONE 0x0101080au

/** tcp_opts_len() - bytes that tcp_opts_emit() will write: a multiple of 4; may exceed 40 */
size_t tcp_opts_len(const struct tcp_opts *o);

/**
 * tcp_opts_emit() - writes the present options, each group padded to 4 bytes with NOPs
 *
 * Order: MSS, SACK-permitted, timestamps, window scale, Fast Open, AccECN, user timeout, SACK. Bad
 * writer when they need more than 40 bytes, or the cookie or scale is out of range.
 */
void tcp_opts_emit(struct wr *w, const struct tcp_opts *o);

#endif
