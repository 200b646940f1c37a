/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * when.h - the time before each line, in the five forms of -t
 */
#ifndef DUMP_WHEN_H
#define DUMP_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEN_MAX 48

struct when {
    unsigned form; /* how often -t was given: 0 the time of day, ... 5 since the first packet */
    bool nano;
    bool begun;
    int64_t from_ns; /* what forms 3 and 5 count from */
    /* where the zone was asked last: zones change at quarters of hours, if at all */
    int64_t slot, offset_s;
    int64_t day;
    char date[12];
};

/* Writes the time of a packet and a space; returns how many characters. */
size_t when_print(struct when *w, int64_t time_ns, char buf[WHEN_MAX]);

#endif
