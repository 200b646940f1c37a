/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpmss.h - lower the MSS in a SYN that passes by
 */
#ifndef WIRE_TCPMSS_H
#define WIRE_TCPMSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * tcp_clamp_mss() - makes the MSS option of a SYN say @mss at most
 * @seg: the TCP header and what follows, @len bytes, which may be any
 * @mss: in bytes
 * @partial: the checksum field has the pseudo-header's sum only: it stays
 *
 * True if something was changed. A segment without SYN, or without an MSS option, is left alone;
 * so is what a malformed option hides.
 */
bool tcp_clamp_mss(uint8_t *seg, size_t len, uint16_t mss, bool partial);

#endif
