/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quote.h - text of the packet that an ICMP error quotes
 */
#ifndef WIRE_QUOTE_H
#define WIRE_QUOTE_H

#include "base/rd.h"
#include "base/text.h"

/**
 * wire_quote_text() - appends ", for 10.0.0.1.40000 > 10.0.0.2.53 UDP"
 * @quoted: the error's data: an IP packet of either version of which the end may be missing
 *
 * Appends " [truncated]" if not even the IP header is there. An error inside an error is only
 * named, so there is no recursion.
 */
void wire_quote_text(struct text *t, struct rd quoted);

#endif
