/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_line.h - a lab's packet as a line: who sent it, the packet, why, what became of it, whose it is
 *
 *     0.603761 client   IP 10.0.0.1.52143 > 10.0.0.2.80: Flags [S], ... length 0
 *              <- handshake: the application connects [dropped: lost by the simulated link] [12/curl]
 *
 * on one line. The packet is the decoder's text, as for any other; what stands around it is what only
 * the stack that sent it can know. Lines of `inlet run --dump` and of `inlet dump --lab` are both made
 * here, so they look the same; whose a packet is only the latter say. Bytes as -x and its like show
 * them follow the line, as they would without what a lab knows.
 */
#ifndef DECODE_LAB_LINE_H
#define DECODE_LAB_LINE_H

#include "tools/decode/decode.h"

#include <inlet/stack.h>
#include <inlet/world.h>

/* Cause and fate with all marks fit. */
#define LAB_REASON_MAX 320

/* Texts are printed as they are: what comes from outside has to be clean. */
struct lab_line {
    const char *sender; /* stands before the packet, padded; NULL: nothing */
    const char *reason; /* behind it, as lab_reason() makes it; NULL or "": nothing */
    const char *owner;  /* behind that: "123/curl"; NULL: nothing */
    bool colour;
};

/* What the packet options of a decoder should be, so that each packet is one line. */
extern const struct decode_options lab_line_options;

/* A frame of an engine as the decoder takes it. */
struct capfile_packet lab_packet(enum inl_link_kind kind, const uint8_t *data, size_t len_bytes);

/* As decode_packet(), with what the lab knows. */
size_t lab_line(struct decode *d, const struct capfile_packet *p, const struct lab_line *l,
                char *buf, size_t cap);

/* The same of a frame that passes a lab's link, with the time since the lab began before it. */
size_t lab_line_frame(struct decode *d, const struct inl_world_frame *frame, const char *sender,
                      inl_dur since, bool colour, char *buf, size_t cap);

/* Why a frame was sent, and what became of it. Returns the length; there is a zero behind it. */
size_t lab_reason(const struct inl_world_frame *frame, char *buf, size_t cap);

#endif
