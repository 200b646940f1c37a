/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.h - what one connection of the simulation does, and which bytes it carries
 *
 * All of it is a function of the seed and the connection's number, so that one connection can be
 * looked at alone, and each byte can be checked without keeping any.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <inlet/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum plan_kind {
    PLAN_BOTH,         /* both send at once, half-close when done, read to the end */
    PLAN_REQUEST,      /* the server answers after the client's end */
    PLAN_SERVER_FIRST, /* the client sends after the server's end */
    PLAN_ONE_WAY,      /* the client sends and closes at once, an orphan delivers the rest */
    PLAN_ABORT_CLIENT, /* the client resets somewhere in the middle */
    PLAN_ABORT_SERVER,
    PLAN_REFUSED, /* nobody listens */
    PLAN_KINDS,
};

/* Both directions of a connection; the client's begins with a header that names the plan. */
enum plan_dir { PLAN_UP, PLAN_DOWN };

#define PLAN_HEADER_BYTES 8

struct plan {
    uint64_t seed;
    uint32_t number;
    enum plan_kind kind;
    int client, server; /* hosts; the same: over the loopback link */
    bool v6;
    bool nodelay;
    uint64_t bytes[2];     /* by enum plan_dir; up includes the header */
    uint64_t abort_at;     /* sent and received bytes of the side that aborts */
    uint64_t pause_at;     /* a reader rests after so many bytes; 0: never */
    inl_dur pause_ns;      /* how long */
    inl_dur gap_ns;        /* before the next connection starts */
    int64_t rcvbuf_bytes;  /* 0: default */
    size_t chunk_bytes[2]; /* how much a side writes at once */
};

struct plan plan_draw(uint64_t seed, uint32_t number);
const char *plan_kind_name(enum plan_kind kind);

/* The bytes of one direction from an offset on. */
void plan_bytes(const struct plan *p, enum plan_dir dir, uint64_t off, uint8_t *buf, size_t len);

/* The number in a header, or -1 if it is damaged. */
int64_t plan_header_number(uint64_t seed, const uint8_t header[PLAN_HEADER_BYTES]);

#endif
