/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop_limit.c - what no stack can beat: bytes are framed, summed and moved, and nothing else
 *
 * A sender copies a payload from the application into a frame, summing it on the way, and writes
 * 54 bytes of Ethernet, IPv4 and TCP header. A receiver sums header and payload, compares four
 * fields, and copies the payload to the application. No state, no acknowledgement but a frame
 * for every second, no timer, no memory but the frames. In the rows without copies the payload
 * is summed where it lies. The sums are the engine's own (src/base/csum.h).
 */
#include "base/csum.h"
#include "bench.h"

#include <string.h>

#define HDR_BYTES 54
#define SUMMED_AT 26 /* addresses, then the transport header */
#define BURST 64

static struct setting setting;
static uint8_t frames[BURST][65536 + HDR_BYTES];
static uint8_t window[4 << 20], chunk[BENCH_PAYLOAD_MAX];
static uint32_t frame_len[BURST], next_seq;

static bool setup(const struct setting *s) {
    setting = *s;
    return s->conns_max <= 100;
}

static void frame_out(uint8_t *frame, const uint8_t *data, uint32_t len, uint32_t *ret_len) {
    uint8_t hdr[HDR_BYTES] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45};
    uint16_t sum;
    uint64_t acc;

    next_seq += len;
    memcpy(hdr + 38, &next_seq, 4);
    memcpy(hdr + 16, &len, 2);
    sum = csum_fold(csum_add(0, hdr + 14, 20));
    memcpy(hdr + 24, &sum, 2);
    acc = csum_add(6 + len, hdr + SUMMED_AT, HDR_BYTES - SUMMED_AT);
    acc =
        setting.zero_copy ? csum_add(acc, data, len) : csum_copy(frame + HDR_BYTES, data, len, acc);
    sum = csum_fold(acc);
    memcpy(hdr + 50, &sum, 2);
    memcpy(frame, hdr, HDR_BYTES);
    *ret_len = len;
}

static void frame_in(const uint8_t *frame, const uint8_t *data, uint32_t len, uint8_t *app) {
    uint64_t acc = csum_add(6 + len, frame + SUMMED_AT, HDR_BYTES - SUMMED_AT);
    uint32_t got;

    memcpy(&got, frame + 16, 2);
    if (frame[12] != 8 || frame[14] != 0x45 || (uint16_t)got != (uint16_t)len) {
        bench_die("limit: header");
    }
    csum_fold(csum_add(0, frame + 14, 20));
    if (csum_fold(csum_add(acc, setting.zero_copy ? data : frame + HDR_BYTES, len)) == 1) {
        bench_die("limit: sum"); /* never: the answer is only used */
    }
    if (!setting.zero_copy) {
        memcpy(app, frame + HDR_BYTES, len);
    }
}

/* A burst of n frames with that much payload each, from offset `at` of the window. */
static void burst(uint32_t n, uint32_t len, uint32_t at) {
    for (uint32_t i = 0; i < n; i++) {
        frame_out(frames[i], window + at + i * len, len, &frame_len[i]);
    }
    for (uint32_t i = 0; i < n; i++) {
        frame_in(frames[i], window + at + i * len, frame_len[i], chunk);
    }
}

static void bulk(uint64_t bytes) {
    uint32_t mss = setting.mtu_bytes - 40;
    uint32_t n = setting.window_bytes / mss < BURST ? setting.window_bytes / mss : BURST;
    uint32_t at = 0;

    for (uint64_t done = 0; done < bytes; done += (uint64_t)n * mss) {
        burst(n, mss, at);
        burst(n / 2, 0, 0);
        at = at + 2 * n * mss <= setting.window_bytes ? at + n * mss : 0;
    }
}

static void open_none(uint32_t n) {
    (void)n;
}

static void trips(uint32_t n, uint32_t among) {
    (void)among;
    for (uint32_t i = 0; i < n; i++) {
        bench_now_ns();
        burst(1, 1, 0);
        bench_now_ns();
        burst(1, 1, 0);
    }
}

/* SYN, SYN|ACK, ACK, FIN, ACK, FIN, ACK */
static void connections(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        for (int k = 0; k < 7; k++) {
            burst(1, 0, 0);
        }
    }
}

static void datagrams(uint32_t n, uint32_t bytes) {
    for (uint32_t done = 0; done < n; done += BURST) {
        burst(BURST, bytes, 0);
    }
}

int main(int argc, char **argv) {
    static const struct subject subject = {
        .name = "limit",
        .version = "",
        .setup = setup,
        .bulk = bulk,
        .open = open_none,
        .trips = trips,
        .connections = connections,
        .datagrams = datagrams,
    };

    return bench_main(&subject, argc, argv);
}
