/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * banner.h - what a program says of itself when one connects
 */
#ifndef TOOLS_SCAN_BANNER_H
#define TOOLS_SCAN_BANNER_H

#include "tools/scan/report.h"

/* Reads what came, bytes of any kind, and fills service, product and banner. */
void banner_read(const uint8_t *data, size_t n, struct version *ret);

#endif
