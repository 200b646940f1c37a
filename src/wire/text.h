/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - one line of text for a whole frame
 *
 * What the tracer, the dump command and a failing test print. The line resembles tcpdump's, so
 * that nobody has to learn another one:
 *
 *     10.0.0.1.51234 > 10.0.0.2.80: Flags [S], seq 123, win 65535, options [mss 1460], length 0
 *
 * Never fails: what cannot be decoded is named ("[truncated]", "[bad-length]") and the line
 * ends. Checksums are verified where all bytes are there.
 */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include "base/text.h"

#include <inlet/stack.h>

#include <stddef.h>
#include <stdint.h>

/**
 * wire_frame_text() - appends the line, without newline
 * @kind: INL_LINK_ETHERNET, or INL_LINK_IP or INL_LINK_LOOPBACK for bare IP packets
 */
void wire_frame_text(struct text *t, enum inl_link_kind kind, const uint8_t *data, size_t len);

#endif
