/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpopt.c - TCP options
 *
 * One step of the walk, tcp_opt_next(), returns an option with its data as a sub-reader; what the
 * data means is decided by functions that cannot reach outside it. So neither a length of 0 or 1 nor
 * one beyond the header can loop or over-read.
 */
#include "wire/tcpopt.h"

#define TCP_HAS_ACCECN (TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1)

/* One option on the wire. */
struct tcp_opt {
    uint8_t kind;
    struct rd data;
};

enum tcp_opt_step {
    TCP_OPT_STEP_END, /* EOL, or nothing left */
    TCP_OPT_STEP_ONE, /* an option */
    TCP_OPT_STEP_BAD, /* a length below 2 or beyond the end */
};

static enum tcp_opt_step tcp_opt_next(struct rd *opts, struct tcp_opt *ret) {
    uint8_t len;

    ret->kind = rd_u8(opts);
    ret->data = rd_init(NULL, 0);
    if (opts->bad || ret->kind == TCP_OPT_EOL) {
        return TCP_OPT_STEP_END;
    }
    if (ret->kind == TCP_OPT_NOP) {
        return TCP_OPT_STEP_ONE;
    }
    len = rd_u8(opts);
    if (opts->bad || len < 2) {
        return TCP_OPT_STEP_BAD;
    }
    ret->data = rd_sub(opts, len - 2u);
    return opts->bad ? TCP_OPT_STEP_BAD : TCP_OPT_STEP_ONE;
}

/* ---- parse: each returns false for a length that the option cannot have ---- */

static bool tcp_opt_mss(struct rd data, struct tcp_opts *o) {
    uint16_t mss = rd_be16(&data);

    if (data.bad || rd_left(&data)) {
        return false;
    }
    o->mss = mss;
    o->present |= TCP_HAS_MSS;
    return true;
}

static bool tcp_opt_wscale(struct rd data, struct tcp_opts *o) {
    uint8_t shift = rd_u8(&data);

    if (data.bad || rd_left(&data)) {
        return false;
    }
    o->wscale = shift > TCP_WSCALE_MAX ? TCP_WSCALE_MAX : shift;
    o->present |= TCP_HAS_WSCALE;
    return true;
}

static bool tcp_opt_sack_ok(struct rd data, struct tcp_opts *o) {
    if (rd_left(&data)) {
        return false;
    }
    o->present |= TCP_HAS_SACK_OK;
    return true;
}

static bool tcp_opt_sack(struct rd data, struct tcp_opts *o) {
    size_t n = rd_left(&data) / 8;

    if (n == 0 || n > TCP_SACK_MAX || rd_left(&data) % 8 != 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        o->sack[i].left = seq_mk(rd_be32(&data));
        o->sack[i].right = seq_mk(rd_be32(&data));
    }
    o->sack_n = (uint8_t)n;
    o->present |= TCP_HAS_SACK;
    return true;
}

static bool tcp_opt_ts(struct rd data, struct tcp_opts *o) {
    uint32_t val = rd_be32(&data);
    uint32_t ecr = rd_be32(&data);

    if (data.bad || rd_left(&data)) {
        return false;
    }
    o->ts_val = val;
    o->ts_ecr = ecr;
    o->present |= TCP_HAS_TS;
    return true;
}

static bool tcp_tfo_len_ok(size_t len) {
    return len == 0 ||
           (len >= TCP_TFO_COOKIE_MIN_BYTES && len <= TCP_TFO_COOKIE_MAX_BYTES && len % 2 == 0);
}

static bool tcp_opt_tfo(struct rd data, struct tcp_opts *o) {
    size_t len = rd_left(&data);

    if (!tcp_tfo_len_ok(len)) {
        return false;
    }
    rd_copy(&data, o->tfo, len);
    o->tfo_len = (uint8_t)len;
    o->present |= TCP_HAS_TFO;
    return true;
}

/* RFC 9768 3.2.3: as many whole fields as there are; what follows is padding. */
static bool tcp_opt_accecn(struct rd data, enum tcp_opt_has which, struct tcp_opts *o) {
    size_t n = rd_left(&data) / 3;

    o->accecn_n = (uint8_t)(n > TCP_ACCECN_MAX ? TCP_ACCECN_MAX : n);
    for (unsigned i = 0; i < o->accecn_n; i++) {
        o->accecn[i] = (uint32_t)rd_be16(&data) << 8;
        o->accecn[i] |= rd_u8(&data);
    }
    o->present &= (uint16_t) ~(TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1);
    o->present |= (uint16_t)which;
    return true;
}

static bool tcp_opt_uto(struct rd data, struct tcp_opts *o) {
    uint16_t uto = rd_be16(&data);

    if (data.bad || rd_left(&data)) {
        return false;
    }
    o->uto = uto;
    o->present |= TCP_HAS_UTO;
    return true;
}

static bool tcp_opt_store(const struct tcp_opt *opt, struct tcp_opts *o) {
    switch (opt->kind) {
    case TCP_OPT_MSS:
        return tcp_opt_mss(opt->data, o);
    case TCP_OPT_WSCALE:
        return tcp_opt_wscale(opt->data, o);
    case TCP_OPT_SACK_OK:
        return tcp_opt_sack_ok(opt->data, o);
    case TCP_OPT_SACK:
        return tcp_opt_sack(opt->data, o);
    case TCP_OPT_TS:
        return tcp_opt_ts(opt->data, o);
    case TCP_OPT_TFO:
        return tcp_opt_tfo(opt->data, o);
    case TCP_OPT_ACCECN0:
        return tcp_opt_accecn(opt->data, TCP_HAS_ACCECN0, o);
    case TCP_OPT_ACCECN1:
        return tcp_opt_accecn(opt->data, TCP_HAS_ACCECN1, o);
    case TCP_OPT_UTO:
        return tcp_opt_uto(opt->data, o);
    default:
        return true;
    }
}

/* Timestamps and their padding, as most segments carry them and nothing else (RFC 7323, A). */
#define TCP_TS_ALONE_BYTES 12

static bool tcp_opts_ts_alone(struct rd opts, struct tcp_opts *ret) {
    const uint8_t *p = rd_left(&opts) == TCP_TS_ALONE_BYTES ? rd_ptr(&opts) : NULL;

    if (!p || rd_load32(p) != TCP_TS_ALONE) {
        return false;
    }
    ret->present = TCP_HAS_TS;
    ret->ts_val = rd_load32(p + 4);
    ret->ts_ecr = rd_load32(p + 8);
    return true;
}

void tcp_opts_parse(struct rd opts, struct tcp_opts *ret) {
    struct tcp_opt opt;
    enum tcp_opt_step step;

    memset(ret, 0, sizeof(*ret));
    if (tcp_opts_ts_alone(opts, ret)) {
        return;
    }
    while ((step = tcp_opt_next(&opts, &opt)) == TCP_OPT_STEP_ONE) {
        if (!tcp_opt_store(&opt, ret)) {
            ret->bad = true;
        }
    }
    if (step == TCP_OPT_STEP_BAD) {
        ret->bad = true;
    }
}

/* ---- emit ---- */

static size_t tcp_round4(size_t n) {
    return (n + 3) & ~(size_t)3;
}

/* SACK-permitted shares its four bytes' padding with timestamps when both are present. */
size_t tcp_opts_len(const struct tcp_opts *o) {
    size_t len = 0;

    len += o->present & TCP_HAS_MSS ? 4 : 0;
    len += o->present & TCP_HAS_TS ? 12 : o->present & TCP_HAS_SACK_OK ? 4 : 0;
    len += o->present & TCP_HAS_WSCALE ? 4 : 0;
    len += o->present & TCP_HAS_TFO ? tcp_round4(2 + (size_t)o->tfo_len) : 0;
    len += o->present & TCP_HAS_ACCECN ? tcp_round4(2 + 3 * (size_t)o->accecn_n) : 0;
    len += o->present & TCP_HAS_UTO ? 4 : 0;
    len += o->present & TCP_HAS_SACK ? 4 + (size_t)o->sack_n * 8 : 0;
    return len;
}

static void tcp_emit_nops(struct wr *w, size_t n) {
    while (n-- > 0) {
        wr_u8(w, TCP_OPT_NOP);
    }
}

static void tcp_emit_sack_ok_ts(struct wr *w, const struct tcp_opts *o) {
    if (o->present & TCP_HAS_SACK_OK) {
        wr_u8(w, TCP_OPT_SACK_OK);
        wr_u8(w, 2);
    }
    if (o->present & TCP_HAS_TS) {
        tcp_emit_nops(w, o->present & TCP_HAS_SACK_OK ? 0 : 2);
        wr_u8(w, TCP_OPT_TS);
        wr_u8(w, 10);
        wr_be32(w, o->ts_val);
        wr_be32(w, o->ts_ecr);
    } else if (o->present & TCP_HAS_SACK_OK) {
        tcp_emit_nops(w, 2);
    }
}

static void tcp_emit_tfo(struct wr *w, const struct tcp_opts *o) {
    size_t len = 2 + (size_t)o->tfo_len;

    wr_u8(w, TCP_OPT_TFO);
    wr_u8(w, (uint8_t)len);
    wr_put(w, o->tfo, o->tfo_len);
    tcp_emit_nops(w, tcp_round4(len) - len);
}

static void tcp_emit_accecn(struct wr *w, const struct tcp_opts *o) {
    size_t len = 2 + 3 * (size_t)o->accecn_n;

    wr_u8(w, o->present & TCP_HAS_ACCECN0 ? TCP_OPT_ACCECN0 : TCP_OPT_ACCECN1);
    wr_u8(w, (uint8_t)len);
    for (unsigned i = 0; i < o->accecn_n; i++) {
        wr_u8(w, (uint8_t)(o->accecn[i] >> 16));
        wr_be16(w, (uint16_t)o->accecn[i]);
    }
    tcp_emit_nops(w, tcp_round4(len) - len);
}

static void tcp_emit_sack(struct wr *w, const struct tcp_opts *o) {
    tcp_emit_nops(w, 2);
    wr_u8(w, TCP_OPT_SACK);
    wr_u8(w, (uint8_t)(2 + o->sack_n * 8));
    for (size_t i = 0; i < o->sack_n; i++) {
        wr_be32(w, o->sack[i].left.v);
        wr_be32(w, o->sack[i].right.v);
    }
}

static bool tcp_opts_can_emit(const struct tcp_opts *o) {
    if ((o->present & TCP_HAS_SACK) && (o->sack_n == 0 || o->sack_n > TCP_SACK_MAX)) {
        return false;
    }
    if ((o->present & TCP_HAS_TFO) && !tcp_tfo_len_ok(o->tfo_len)) {
        return false;
    }
    if ((o->present & TCP_HAS_ACCECN) &&
        ((o->present & TCP_HAS_ACCECN) == TCP_HAS_ACCECN || o->accecn_n > TCP_ACCECN_MAX)) {
        return false;
    }
    return o->wscale <= TCP_WSCALE_MAX && tcp_opts_len(o) <= TCP_OPTS_MAX_BYTES;
}

static void tcp_emit_ts_alone(struct wr *w, const struct tcp_opts *o) {
    uint8_t *p = wr_take(w, TCP_TS_ALONE_BYTES);

    if (p) {
        wr_store32(p, TCP_TS_ALONE);
        wr_store32(p + 4, o->ts_val);
        wr_store32(p + 8, o->ts_ecr);
    }
}

void tcp_opts_emit(struct wr *w, const struct tcp_opts *o) {
    if (o->present == TCP_HAS_TS) {
        tcp_emit_ts_alone(w, o);
        return;
    }
    if (!tcp_opts_can_emit(o) || tcp_opts_len(o) > wr_left(w)) {
        w->bad = true;
        return;
    }
    if (o->present & TCP_HAS_MSS) {
        wr_u8(w, TCP_OPT_MSS);
        wr_u8(w, 4);
        wr_be16(w, o->mss);
    }
    tcp_emit_sack_ok_ts(w, o);
    if (o->present & TCP_HAS_WSCALE) {
        tcp_emit_nops(w, 1);
        wr_u8(w, TCP_OPT_WSCALE);
        wr_u8(w, 3);
        wr_u8(w, o->wscale);
    }
    if (o->present & TCP_HAS_TFO) {
        tcp_emit_tfo(w, o);
    }
    if (o->present & TCP_HAS_ACCECN) {
        tcp_emit_accecn(w, o);
    }
    if (o->present & TCP_HAS_UTO) {
        wr_u8(w, TCP_OPT_UTO);
        wr_u8(w, 4);
        wr_be16(w, o->uto);
    }
    if (o->present & TCP_HAS_SACK) {
        tcp_emit_sack(w, o);
    }
}
