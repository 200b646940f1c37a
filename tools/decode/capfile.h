/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capfile.h - reads capture files: pcap (both byte orders, us and ns) and pcapng
 *
 * The caller gives a function that fills bytes, so a file, a pipe and a fuzzer's input are all the
 * same, and this file makes no system call. Records are handed out where they lie in the reader's
 * buffer: no copy, and valid until the next call.
 *
 * Hostile files are normal. Every length is compared with what is left before it is used; a block
 * larger than the buffer, a second section of other byte order, packets of an interface that was
 * never described, options that run over their block: each has an answer, and none ends in reading
 * beyond what was filled. The first error sticks.
 *
 * Does not do: writing (link/pcapng.h); secrets, name resolution and statistics blocks (skipped);
 * compressed files.
 */
#ifndef DECODE_CAPFILE_H
#define DECODE_CAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Link types, by their numbers in files (draft-ietf-opsawg-pcaplinktype). */
enum capfile_link {
    CAPFILE_NULL = 0,
    CAPFILE_ETHERNET = 1,
    CAPFILE_RAW_BSD = 12, /* how Linux's libpcap numbers CAPFILE_RAW inside programs */
    CAPFILE_RAW = 101,
    CAPFILE_LOOP = 108,
    CAPFILE_SLL = 113,
    CAPFILE_IP4 = 228,
    CAPFILE_IP6 = 229,
    CAPFILE_SLL2 = 276,
};

#define CAPFILE_PACKET_MAX 262144u  /* captured bytes of one packet */
#define CAPFILE_BUFFER (1u << 20)   /* the reader's buffer; the largest block */
#define CAPFILE_INTERFACES_MAX 256u /* of one section of a pcapng file */

/* Fills up to @n bytes; 0 at the end, or a negative errno. */
typedef int64_t capfile_fill_fn(void *ctx, void *buf, size_t n);

/* One packet of a file. */
struct capfile_packet {
    int64_t time_ns; /* since 1970 */
    const uint8_t *data;
    uint32_t cap_bytes;   /* how many are there */
    uint32_t len_bytes;   /* how many were on the wire; never fewer */
    uint32_t link;        /* enum capfile_link, or a type that we do not know */
    uint32_t interface;   /* pcapng: its number in the section */
    const char *comment;  /* pcapng: opt_comment, not terminated; NULL: none */
    uint32_t comment_len; /* its bytes */
    const char *process; /* of a lab: who has sent it, "123/curl", not terminated; NULL: not said */
    uint32_t process_len;
};

struct capfile_interface {
    uint32_t link, snap_bytes;
    uint64_t ticks_per_s; /* of its timestamps: 10^n or 2^n */
    int64_t offset_s;
};

struct capfile {
    capfile_fill_fn *fill;
    void *ctx;
    uint8_t *buf; /* CAPFILE_BUFFER bytes, the caller's */
    size_t at, have;
    uint64_t done_bytes;  /* of the file, before buf */
    bool ended, ng, swap; /* swap: the file's byte order is not ours */
    uint32_t ns_per_tick; /* pcap: 1 or 1000 */
    uint32_t link;        /* pcap: of all; pcapng: of the first interface */
    uint32_t snap_bytes;
    unsigned interfaces;
    struct capfile_interface interface[CAPFILE_INTERFACES_MAX];
    int err;
    char error[160]; /* what is wrong, for people, once a call gave a negative result */
};

/*
 * Begins: reads the file's header. @buf: CAPFILE_BUFFER bytes that stay the caller's and must live as
 * long as the reader. 0, -EINVAL (no capture file, or a version that nobody knows) or what @fill gave.
 * A pcapng file is read on to its first interface, so that `link` is known.
 */
int capfile_begin(struct capfile *f, void *buf, capfile_fill_fn *fill, void *ctx);

/* The next packet: 1, or 0 at the end of the file, or -EINVAL (damaged), -ENODATA (cut off in the
 * middle of a record) or what @fill gave; `error` has the words. */
int capfile_next(struct capfile *f, struct capfile_packet *ret);

/* The name tcpdump and others show for a link type ("EN10MB"), and the words for it; "" if not known. */
const char *capfile_link_name(uint32_t link);
const char *capfile_link_text(uint32_t link);

#endif
