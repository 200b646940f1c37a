/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.h - segments that the kernel joins through a TAP device
 */
#ifndef HOST_TAP_H
#define HOST_TAP_H

#include "host/lab.h"

/* Opens the devices that the lab's description names. 0 or -errno (told on stderr). */
int taps_open(struct lab *lab);
void taps_close(struct lab *lab);
/* Writes out what the world has for the devices. */
void taps_flush(struct lab *lab);

#endif
