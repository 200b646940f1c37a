/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcapng.h - capture files that say why each packet was sent
 *
 * Writes the pcapng format (draft-ietf-opsawg-pcapng): one section, one interface description
 * for each link, then one enhanced packet block for each frame, with times in ns, a direction,
 * and the cause as a comment, which tshark and Wireshark show as "Packet comment"
 * (frame.comment). All numbers are big-endian, which the format allows, so the bytes do not
 * depend on the machine.
 *
 * Writing goes through one buffer to a descriptor. A write error sticks: later frames are
 * dropped and pcapng_close() reports it, so that a full disk does not stop the network.
 *
 * Does not do: read files; sections after the first; name resolution and statistics blocks.
 */
#ifndef LINK_PCAPNG_H
#define LINK_PCAPNG_H

#include <inlet/stack.h>
#include <inlet/types.h>

#include <stddef.h>
#include <stdint.h>

struct pcapng;

enum pcapng_dir {
    PCAPNG_DIR_UNKNOWN = 0,
    PCAPNG_DIR_IN = 1,
    PCAPNG_DIR_OUT = 2,
};

/**
 * pcapng_open() - begins a file; an existing one is replaced
 * @path:     file name
 * @epoch_ns: what the engine's time 0 is in Unix time (0: leave times as they are)
 *
 * The caller owns *ret. 0, or the negative errno of open(), -ENOMEM.
 */
int pcapng_open(const char *path, int64_t epoch_ns, struct pcapng **ret);

/** pcapng_open_fd() - the same into a descriptor, which it takes over (also on failure) */
int pcapng_open_fd(int fd, int64_t epoch_ns, struct pcapng **ret);

/**
 * pcapng_add_link() - describes an interface
 * @name: for people, at most 63 bytes are kept; may be NULL
 *
 * Returns its number for pcapng_frame(), from 0 upwards, or the error that stuck.
 */
int pcapng_add_link(struct pcapng *p, const char *name, enum inl_link_kind kind);

/**
 * struct pcapng_frame - one frame
 * @link:    number from pcapng_add_link()
 * @time:    engine time
 * @data:    the frame, @len_bytes of it (at most 262,144 are kept)
 * @comment: text, cut to 1000 bytes; NULL or "" for none
 * @process: a second comment, for who sent it; the same
 */
struct pcapng_frame {
    int link;
    inl_time time;
    const uint8_t *data;
    size_t len_bytes;
    const char *comment;
    const char *process;
    enum pcapng_dir dir;
};

/**
 * pcapng_may_lose() - a reader behind a pipe that is too slow loses frames, rather than stops us
 *
 * From then on the descriptor never blocks: what it does not take stays in the buffer, and frames
 * that find no room there are counted. Only whole frames are lost, so the file stays good.
 */
void pcapng_may_lose(struct pcapng *p);

/** pcapng_lost() - how many frames found no room so far */
uint64_t pcapng_lost(const struct pcapng *p);

/** pcapng_write() - appends a frame. 0, -EINVAL (no such link), or the error that stuck. */
int pcapng_write(struct pcapng *p, const struct pcapng_frame *frame);

/** pcapng_flush() - hands everything to the kernel. 0, or the error that stuck. */
int pcapng_flush(struct pcapng *p);

/** pcapng_close() - flushes, closes and frees; NULL is allowed. 0, or the error that stuck. */
int pcapng_close(struct pcapng *p);

#endif
