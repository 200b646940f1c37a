/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * when.c - the time before each line, in the five forms of -t
 *
 * The C library takes longer for a time than the decoder for a packet; so it is asked for the zone
 * only once in a quarter of an hour, and for a date once a day.
 */
#include "tools/dump/when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SLOT_S 900
#define DAY_S 86400

static char *two(char *p, unsigned v) {
    p[0] = (char)('0' + v / 10);
    p[1] = (char)('0' + v % 10);
    return p + 2;
}

static char *fraction(const struct when *w, char *p, uint32_t ns) {
    uint32_t v = w->nano ? ns : ns / 1000;
    unsigned digits = w->nano ? 9 : 6;

    *p = '.';
    for (unsigned i = digits; i > 0; i--, v /= 10) {
        p[i] = (char)('0' + v % 10);
    }
    return p + digits + 1;
}

/* "09:09:52.283919" of a second of the day. */
static char *clock_print(const struct when *w, char *p, uint64_t s, uint32_t ns) {
    p = two(p, (unsigned)(s / 3600 % 100));
    *p++ = ':';
    p = two(p, (unsigned)(s / 60 % 60));
    *p++ = ':';
    p = two(p, (unsigned)(s % 60));
    return fraction(w, p, ns);
}

static void zone(struct when *w, int64_t s) {
    if (w->slot != s / SLOT_S + 1) {
        struct tm tm;
        time_t t = (time_t)s;

        w->slot = s / SLOT_S + 1;
        w->offset_s = localtime_r(&t, &tm) != NULL ? tm.tm_gmtoff : 0;
    }
}

static char *date_print(struct when *w, char *p, int64_t local) {
    if (w->day != local / DAY_S + 1) {
        struct tm tm = {0};
        time_t t = (time_t)local;

        w->day = local / DAY_S + 1;
        gmtime_r(&t, &tm);
        char date[40];

        snprintf(date, sizeof(date), "%04d-%02d-%02d ", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday);
        memcpy(w->date, date, 11);
    }
    memcpy(p, w->date, 11);
    return p + 11;
}

/* Since the packet before, or since the first. */
static char *delta_print(struct when *w, char *p, int64_t ns) {
    if (!w->begun) {
        w->begun = true;
        w->from_ns = ns;
    }
    int64_t delta = ns - w->from_ns;

    *p++ = delta < 0 ? '-' : ' ';
    if (delta < 0) {
        delta = -delta;
    }
    if (w->form == 3) {
        w->from_ns = ns;
    }
    return clock_print(w, p, (uint64_t)delta / 1000000000u, (uint32_t)(delta % 1000000000));
}

size_t when_print(struct when *w, int64_t time_ns, char buf[WHEN_MAX]) {
    int64_t s = time_ns / 1000000000;
    uint32_t ns = (uint32_t)(time_ns % 1000000000);
    char *p = buf;

    switch (w->form) {
    case 1:
        return 0;
    case 2:
        p = fraction(w, p + snprintf(p, 24, "%lld", (long long)s), ns);
        break;
    case 3:
    case 5:
        p = delta_print(w, p, time_ns);
        break;
    default:
        zone(w, s);
        s += w->offset_s;
        if (s < 0) {
            s = 0;
        }
        if (w->form >= 4) {
            p = date_print(w, p, s);
        }
        p = clock_print(w, p, (uint64_t)s % DAY_S, ns);
    }
    *p++ = ' ';
    return (size_t)(p - buf);
}
