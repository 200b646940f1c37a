/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labfile_reader.h - between labfile.c, which takes lines apart, and labfile_keys.c, which knows
 * what their keys mean
 */
#ifndef HOST_LABFILE_READER_H
#define HOST_LABFILE_READER_H

#include "host/labfile.h"

#include <stdio.h>

#define LINE_MAX_BYTES 512 /* with a line's end and a NUL */

enum section { SECTION_NONE, SECTION_BAD, SECTION_LAB, SECTION_HOST, SECTION_LINK, SECTION_SWITCH };

struct reader {
    struct labfile *file;
    const char *path;
    FILE *stream;
    unsigned line; /* that inih has now */
    unsigned mistakes;
    bool announce;        /* the line was a section: an empty key is next */
    enum section section; /* where the reader is */
    int index;            /* which host, link or switch */
};

/* Tells of a mistake on stderr, and counts it. */
void labfile_mistake(struct reader *r, unsigned line, const char *found, const char *expected);

/* Cuts surrounding blanks off in place. */
char *labfile_trim(char *s);

/* Letters, digits, '_', '-' and '.', at most 31. */
bool labfile_is_name(const char *name);

/* A name of the DNS, but not of its root. */
bool labfile_is_domain(const char *name);

#define LABFILE_HOST_KEYS                                                                          \
    "a key of a [host]: forward, mss-clamp, name-server, reverse-path, source-routes, "            \
    "route, advertise, ra-interval, ra-lifetime, ra-prefix-lifetime, ra-preference, ra-flags, "    \
    "ra-route, offer-dns, "                                                                        \
    "offer-search, offer-mtu, dhcp-server, dhcp-lease, temporary-addresses, interface-ids"

/* ---- labfile_conf.c ---- */

void labfile_conf_init(struct labfile_host *h);

/* A word in place of an address: false if it is none. */
bool labfile_conf_word(struct labfile_port *port, const char *word);

/* A key of a host about addresses from the network: false if it is another one. */
bool labfile_conf_key(struct reader *r, unsigned line, struct labfile_host *h, const char *key,
                      const char *value);

/* At the end of the file: what does not fit together is told. */
void labfile_conf_check(struct reader *r, struct labfile_host *h);

/* A key of the section where the reader is. */
void labfile_read_key(struct reader *r, unsigned line, const char *key, const char *value);

#endif
